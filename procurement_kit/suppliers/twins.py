"""In a list in which most names have a twin, is a name with a word more a twin too?

Of names that differ by added words only, about half are the same supplier in an ordinary list, and nearly all in one
whose names come in pairs. The share of names with a sure twin, found in the list itself, decides; not in short lists.
"""

from collections.abc import Iterable, Sequence

from procurement_kit.names import normalise_text
from procurement_kit.suppliers.alignment import Alignment
from procurement_kit.suppliers.rarity import Rarity
from procurement_kit.suppliers.scoring import Judged, has_digit
from procurement_kit.suppliers.units import Unit

SHORTEST_LIST = 200
HALF = 0.03  # share of names with a twin at which half of the names that differ by added words are the same
SURE = 0.9
LIFTED_FROM = 0.8
ENOUGH, MOST_WORDS_MORE = 0.75, 3
FEW, FEW_ALONE = 4, 2  # names that may hold the rarest word both have, beside others and alone


def twin_share(units: Sequence[Unit], pairs: Iterable[tuple[tuple[int, int], float]]) -> float:
    """Share of distinct names that have a sure twin; 0 in a short list.

    Parameters
    ----------
    units : sequence of Unit
        The printed suppliers.
    pairs : iterable of ((int, int), float)
        Two places in `units` and their score.
    """
    spelt = [{normalise_text(name) for name in unit.lines} for unit in units]
    total = sum(map(len, spelt))
    if total < SHORTEST_LIST:
        return 0.0
    with_twin = {other for (_, other), score in pairs if score >= SURE}
    return (sum(len(names) - 1 for names in spelt) + len(with_twin)) / total


def with_more_words(judged: Judged, share: float, rarity: Rarity) -> Judged:
    """The same judgement, or a surer one where names with a word more are twins in this list.

    Parameters
    ----------
    judged : Judged
        Raised only where one name has all words of the other, a rare one among them, and at most three more; a single
        word counts between firms' own names, not where one is what somebody trades as or was called.
    share : float
        Share of names with a sure twin.
    rarity : Rarity
        How many names hold each word.
    """
    found = judged.alignment
    expected = share / (share + HALF) if share else 0.0
    if found is None or expected < LIFTED_FROM or judged.score >= SURE or not _only_adds(judged, found, rarity):
        return judged
    return Judged(max(SURE, expected), f"{judged.reason}, and {share:.0%} of the names in this list have a twin", found)


def _only_adds(judged: Judged, found: Alignment, rarity: Rarity) -> bool:
    """Whether one name has all words of the other, a rare one among them, and few more."""
    added = (*found.left, *found.right)
    if found.alike or (found.left and found.right) or len(added) > MOST_WORDS_MORE or any(map(has_digit, added)):
        return False
    is_alone = len(found.same) == 1
    few = FEW_ALONE if is_alone else FEW
    is_rare = any(rarity.of([word]) >= ENOUGH and rarity.counts.get(word, 0) <= few for word in found.same)
    return is_rare and (judged.between_firms or not is_alone)
