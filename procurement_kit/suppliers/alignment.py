"""Which words of two names agree, which almost agree, and which stand alone?"""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

SHORTEST_MISSPELT = 4


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the words of two names go together.

    Parameters
    ----------
    same : tuple of str
        Words both hold.
    alike : tuple of (str, str, str)
        Words that almost agree: of one, of the other, and how: "spelling", "initial", "cut" or "together".
    left, right : tuple of str
        Words only one holds.
    """

    same: tuple[str, ...]
    alike: tuple[tuple[str, str, str], ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


def align(one: tuple[str, ...], other: tuple[str, ...]) -> Alignment:
    """Align the words of two names.

    Examples
    --------
    >>> align(("nordby", "vognmand"), ("nordbye", "vognmand", "aps"))
    Alignment(same=('vognmand',), alike=(('nordby', 'nordbye', 'spelling'),), left=(), right=('aps',))
    """
    rest = list(other)
    same, left = [], []
    for word in one:
        if word in rest:
            rest.remove(word)
            same.append(word)
        else:
            left.append(word)
    alike: list[tuple[str, str, str]] = []
    _join_words(left, rest, alike, is_turned=False)
    _join_words(rest, left, alike, is_turned=True)
    for word in list(left):
        for candidate in rest:
            if how := _likeness(word, candidate):
                alike.append((word, candidate, how))
                left.remove(word)
                rest.remove(candidate)
                break
    return Alignment(tuple(same), tuple(alike), tuple(left), tuple(rest))


def _join_words(halves: list[str], wholes: list[str], alike: list, *, is_turned: bool) -> None:
    """Two words of one name are one word of the other: «picture wall» and «picturewall»."""
    for first, second in zip(halves, halves[1:], strict=False):
        if first + second in wholes:
            wholes.remove(first + second)
            halves.remove(first)
            halves.remove(second)
            pair = (f"{first} {second}", first + second)
            alike.append((*(pair[::-1] if is_turned else pair), "together"))
            return


@lru_cache(maxsize=1_000_000)
def _likeness(one: str, other: str) -> str:
    if one[0] == other[0] and (len(one) == 1 or len(other) == 1):
        return "initial"
    shortest = min(len(one), len(other))
    if shortest < SHORTEST_MISSPELT or not (one.isalpha() and other.isalpha()):
        return ""
    allowed = 1 if max(len(one), len(other)) < 9 else 2
    if OSA.distance(one, other, score_cutoff=allowed) <= allowed and JaroWinkler.similarity(one, other) >= 0.88:
        return "spelling"
    is_cut = one.startswith(other) or other.startswith(one)
    return "cut" if is_cut and shortest >= 4 else ""
