"""Which pairs are joined, when joining one must not drag strangers along?

The surest pair first. Two groups become one if no two company numbers meet, nobody has decided against it, and either
the pair is as good as certain or the groups agree on the whole, so that no chain of small likenesses joins strangers.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from procurement_kit.suppliers.pairing import Pair

CERTAIN = 0.94
NEAR = 0.02


@dataclass
class Groups:
    """Groups of units, grown one joining at a time.

    Parameters
    ----------
    numbers : list of str
        Company number of each unit, or nothing.
    apart : set of (int, int)
        Pairs of units that people decided to keep apart, the smaller first.
    """

    numbers: list[str]
    apart: set[tuple[int, int]]
    parent: list[int] = field(init=False)
    members: dict[int, list[int]] = field(init=False)
    number: dict[int, str] = field(init=False)

    def __post_init__(self):
        self.parent = list(range(len(self.numbers)))
        self.members = {place: [place] for place in self.parent}
        self.number = dict(enumerate(self.numbers))
        self._kept_apart = {place for pair in self.apart for place in pair}

    def of(self, place: int) -> int:
        """The group a unit is in."""
        while self.parent[place] != place:
            self.parent[place] = self.parent[self.parent[place]]
            place = self.parent[place]
        return place

    def refuses(self, one: int, other: int) -> str:
        """Why two units cannot be in one group; nothing if they can."""
        left, right = self.of(one), self.of(other)
        if self.number[left] and self.number[right] and self.number[left] != self.number[right]:
            return "their company numbers differ"
        if self._kept_apart and any(
            (min(a, b), max(a, b)) in self.apart
            for a in self._kept_apart.intersection(self.members[left])
            for b in self._kept_apart.intersection(self.members[right])
        ):
            return "somebody decided that they are not the same"
        return ""

    def join(self, one: int, other: int) -> None:
        """Make one group of two."""
        left, right = sorted((self.of(one), self.of(other)))
        if left != right:
            self.parent[right] = left
            self.members[left] += self.members.pop(right)
            self.number[left] = self.number[left] or self.number.pop(right)


def join_pairs(groups: Groups, pairs: Iterable[Pair], *, merge_from: float) -> tuple[list[Pair], list[Pair]]:
    """Join what is sure enough.

    Parameters
    ----------
    groups : Groups
        Grown in place; what is one by number or decision is joined already.
    pairs : iterable of Pair
        The surest first.
    merge_from : float
        Score from which a pair is joined.

    Returns
    -------
    tuple of (list of Pair, list of Pair)
        The pairs joined, and the pairs left that may still be the same.
    """
    pairs = list(pairs)
    torn = _between_numbers(groups, pairs, merge_from)
    scores = {(pair.one, pair.other): pair.score for pair in pairs}
    joined, left = [], []
    for pair in pairs:
        if groups.of(pair.one) == groups.of(pair.other):
            continue
        is_sure = pair.score >= merge_from and (pair.one, pair.other) not in torn
        if is_sure and not groups.refuses(pair.one, pair.other) and _agree(groups, pair, scores):
            groups.join(pair.one, pair.other)
            joined.append(pair)
        else:
            left.append(pair)
    return joined, left


def _agree(groups: Groups, pair: Pair, scores: dict[tuple[int, int], float]) -> bool:
    """Whether the groups of a pair agree on the whole, where the pair is not certain in itself."""
    if pair.score >= CERTAIN:
        return True
    left, right = groups.members[groups.of(pair.one)], groups.members[groups.of(pair.other)]
    if len(left) * len(right) > 2_500:
        return False
    found = [scores.get((min(a, b), max(a, b)), 0.0) for a in left for b in right]
    return sum(found) / len(found) >= pair.score / 2


def _between_numbers(groups: Groups, pairs: list[Pair], merge_from: float) -> set[tuple[int, int]]:
    """Pairs of a unit without number that could as well go with another number."""
    reached: dict[int, dict[str, float]] = defaultdict(dict)
    for pair in pairs:
        for place, partner in ((pair.one, pair.other), (pair.other, pair.one)):
            number = groups.number[groups.of(partner)]
            if number and not groups.number[groups.of(place)]:
                reached[place][number] = max(pair.score, reached[place].get(number, 0.0))
    torn = set()
    for pair in pairs:
        for place, partner in ((pair.one, pair.other), (pair.other, pair.one)):
            number = groups.number[groups.of(partner)]
            rivals = [score for other, score in reached.get(place, {}).items() if other != number] if number else []
            if rivals and max(rivals) >= max(merge_from, pair.score - NEAR):
                torn.add((pair.one, pair.other))
    return torn
