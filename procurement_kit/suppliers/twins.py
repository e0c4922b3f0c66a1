"""In a list in which most names have a twin, is a name with a word more a twin too?

Of names that differ by added words only, about half are the same supplier in an ordinary list, and nearly all in one
whose names come in pairs. The share of names with a sure twin, found in the list itself, decides; not in short lists.
"""

from collections.abc import Iterable, Sequence

from procurement_kit.names import normalise_text
from procurement_kit.suppliers.rarity import Rarity
from procurement_kit.suppliers.scoring import Judged
from procurement_kit.suppliers.units import Unit

SHORTEST_LIST = 200
HALF = 0.03  # share of names with a twin at which half of the names that differ by added words are the same
SURE = 0.9
ENOUGH, FEW, LIFTED_FROM = 0.7, 3, 0.8


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
        Raised only where one name has all words of the other, one of them found in few names.
    share : float
        Share of names with a sure twin.
    rarity : Rarity
        How many names hold each word.
    """
    found = judged.alignment
    expected = share / (share + HALF) if share else 0.0
    if found is None or expected < LIFTED_FROM or found.alike or (found.left and found.right):
        return judged
    is_rare = any(rarity.counts.get(word, 0) <= FEW for word in found.same)
    has_number = any(any(map(str.isdigit, word)) for word in (*found.left, *found.right))
    if has_number or not is_rare or rarity.of(found.same) < ENOUGH or judged.score >= SURE:
        return judged
    return Judged(max(SURE, expected), f"{judged.reason}, and {share:.0%} of the names in this list have a twin", found)
