"""Which units may be the same supplier, and how sure is each pair?

Names are compared once each; a pair of units gets the best score of its names, moved by creditor number and place
where both print one. Two different company numbers are never a pair, but a misprint of one is.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rapidfuzz.distance import OSA
from stdnum.dk import cvr

from procurement_kit.suppliers.blocking import candidate_pairs
from procurement_kit.suppliers.rarity import Rarity, learn_rarity
from procurement_kit.suppliers.scoring import ENOUGH, LIKELY, SAME, TRADING, Judged, judge
from procurement_kit.suppliers.spelling import Face
from procurement_kit.suppliers.twins import twin_share, with_more_words
from procurement_kit.suppliers.units import Unit

MANY = 40
KEPT_FROM = 0.5
SAME_PLACE, OTHER_PLACE = 0.25, 0.1
SURE_PLACES = {"account": "the same creditor number", "address": "the same address"}
WIDE_PLACES = {"postcode": "other postcodes", "city": "other cities"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units that may be the same.

    Parameters
    ----------
    one, other : int
        Places in the list of units, the smaller first.
    score : float
    reason : str
        Evidence in words.
    """

    one: int
    other: int
    score: float
    reason: str


def likely_pairs(units: Sequence[Unit]) -> list[Pair]:
    """Pairs of units that may be the same, the surest first; ties in the order of the units.

    Parameters
    ----------
    units : sequence of Unit
        In an order that does not depend on rows.
    """
    holders: dict[tuple[str, ...], dict[int, str]] = defaultdict(dict)
    for place, unit in enumerate(units):
        for face in unit.faces:
            holders[face.words][place] = face.kind
    words = sorted(holders)
    rarity = learn_rarity(words)
    best: dict[tuple[int, int], Judged] = {}
    for left, right in _compared(words, rarity):
        for pair, judged in _judged(words[left], words[right], holders, units, rarity):
            if judged.score >= KEPT_FROM - SAME_PLACE and (pair not in best or judged.score > best[pair].score):
                best[pair] = judged
    share = twin_share(units, ((pair, judged.score) for pair, judged in best.items()))
    found = [_pair(pair, judged, share, rarity, units) for pair, judged in best.items()]
    kept = [pair for pair in found if pair.score >= KEPT_FROM]
    return sorted(kept, key=lambda pair: (-pair.score, pair.one, pair.other))


def _pair(ends: tuple[int, int], judged: Judged, share: float, rarity: Rarity, units: Sequence[Unit]) -> Pair:
    judged = with_more_words(_registered(judged, units[ends[0]], units[ends[1]]), share, rarity)
    judged = _placed(judged, units[ends[0]], units[ends[1]])
    has_numbers = units[ends[0]].number and units[ends[1]].number
    return Pair(*ends, round(min(judged.score, LIKELY) if has_numbers else judged.score, 4), _words(judged))


def _compared(words: list[tuple[str, ...]], rarity: Rarity) -> Iterator[tuple[int, int]]:
    yield from ((place, place) for place in range(len(words)))
    yield from sorted(candidate_pairs([Face("firm", found) for found in words], rarity))


def _judged(
    left: tuple[str, ...], right: tuple[str, ...], holders: dict, units: Sequence[Unit], rarity: Rarity
) -> Iterator[tuple[tuple[int, int], Judged]]:
    """Every pair of units that hold the two names; each kind of pair is judged once."""
    known: dict[tuple[str, str], Judged] = {}
    for one, other in _holding(holders[left], holders[right], is_same=left == right):
        if units[one].number and units[other].number and not _is_misprinted(units[one], units[other]):
            continue
        kinds = (holders[left][one], holders[right][other])
        judged = known.get(kinds) or known.setdefault(kinds, judge(Face(kinds[0], left), Face(kinds[1], right), rarity))
        judged = _with_firm(judged, units[one], units[other], kinds, rarity)
        if units[one].number and units[other].number:
            if judged.score < LIKELY:
                continue
            judged = Judged(min(judged.score, LIKELY), f"{judged.reason}; {_misprint_words(units[one], units[other])}")
        yield ((one, other) if one < other else (other, one)), judged


def _with_firm(judged: Judged, one: Unit, other: Unit, kinds: tuple[str, str], rarity: Rarity) -> Judged:
    """What the firms behind trading names add: «Nord Service t/a Lindely» is «Lindely Nord»."""
    found = judged.alignment
    if kinds == ("trading", "trading") and found is None and _are_alike(one, other, rarity):
        return Judged(TRADING, "both trade as the same, and their firms are alike")
    if found is None or judged.score >= TRADING or set(kinds) != {"firm", "trading"} or found.alike:
        return judged
    is_left = kinds[0] == "trading"
    short, long, trader = (found.left, found.right, one) if is_left else (found.right, found.left, other)
    if short or not set(long) <= trader.firm_words or rarity.of(found.same) + rarity.of(long) < ENOUGH:
        return judged
    return Judged(TRADING, "one is called what the other is called and trades as", found)


def _are_alike(one: Unit, other: Unit, rarity: Rarity) -> bool:
    """Whether any two names of two firms have most of their words in common."""
    firms = [[face for face in unit.faces if face.kind == "firm"] for unit in (one, other)]
    return any(judge(left, right, rarity).score >= KEPT_FROM for left in firms[0] for right in firms[1])


def _holding(left: dict[int, str], right: dict[int, str], *, is_same: bool) -> Iterator[tuple[int, int]]:
    """Pairs of holders; where very many hold a name, each with the first ones only."""
    if is_same:
        places = sorted(left)
        yield from combinations(places, 2) if len(places) <= MANY else ((places[0], place) for place in places[1:])
        return
    for one in sorted(left)[:MANY]:
        yield from ((one, other) for other in sorted(right)[:MANY] if one != other)


def _is_misprinted(one: Unit, other: Unit) -> bool:
    return one.number != other.number and OSA.distance(one.number, other.number, score_cutoff=1) <= 1


def _registered(judged: Judged, one: Unit, other: Unit) -> Judged:
    """Two registered names of which one has a word more are two companies, such as a firm and its Danish one."""
    found = judged.alignment
    is_longer = found is not None and bool(found.left or found.right) and judged.score < TRADING
    if not (is_longer and judged.score > LIKELY and one.is_registered and other.is_registered):
        return judged
    return replace(judged, score=LIKELY, reason=f"{judged.reason}; both bear a legal form")


def _misprint_words(one: Unit, other: Unit) -> str:
    right = [unit.number for unit in (one, other) if cvr.is_valid(unit.number)]
    which = f", only {right[0]} has a right Danish check digit" if len(right) == 1 else ""
    return f"the company numbers differ in one place{which}"


def _placed(judged: Judged, one: Unit, other: Unit) -> Judged:
    """The judgement moved by what stands beside the names: account and address say more than a city."""
    if not one.places or not other.places or judged.score >= SAME:
        return judged
    for column, words in SURE_PLACES.items():
        if one.places[column] & other.places[column] and judged.score >= LIKELY - 0.1:
            return replace(judged, score=min(SAME, judged.score + SAME_PLACE), reason=f"{judged.reason}; {words}")
    for column, words in WIDE_PLACES.items():
        if one.places[column] and other.places[column]:
            if one.places[column] & other.places[column]:
                return judged
            return replace(judged, score=max(0.0, judged.score - OTHER_PLACE), reason=f"{judged.reason}; {words}")
    return judged


def _words(judged: Judged) -> str:
    found = judged.alignment
    if found is None:
        return judged.reason
    parts = [judged.reason]
    if found.same:
        parts.append(f"agree: {', '.join(found.same)}")
    if found.alike:
        parts.append("almost: " + ", ".join(f"{one}/{other}" for one, other, _ in found.alike))
    if found.left or found.right:
        parts.append(f"only one has: {', '.join((*found.left, *found.right))}")
    return "; ".join(parts)
