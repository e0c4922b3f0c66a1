"""Which pairs of names are worth comparing?

Names that share a rare word, two less rare words, all letters, or a rare word spelt almost alike, and neighbours in the
alphabet. Every block is bounded, so that pairs grow with the names, not with their square.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from procurement_kit.suppliers.rarity import Rarity
from procurement_kit.suppliers.spelling import Face

BLOCK = 30
NEIGHBOURS = 3
SHORTEST_MISSPELT = 5


def candidate_pairs(faces: Sequence[Face], rarity: Rarity) -> set[tuple[int, int]]:
    """Pairs of places in `faces` to compare, the smaller place first.

    Parameters
    ----------
    faces : sequence of Face
        Distinct names, in an order of their own (sorted), so that the answer does not depend on rows.
    rarity : Rarity
        How many names hold each word.
    """
    found: set[tuple[int, int]] = set()
    for block in _blocks(faces, rarity):
        found.update(combinations(block, 2))
    found.update(_neighbours(faces))
    found.update(_misspelt(faces, rarity))
    return found


def _blocks(faces: Sequence[Face], rarity: Rarity) -> Iterator[list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    counts = rarity.counts
    for place, face in enumerate(faces):
        blocks[face.joined].append(place)
        ranked = sorted(set(face.words), key=lambda word: (counts[word], word))
        for word in ranked:
            if counts[word] <= BLOCK:
                blocks[f"1 {word}"].append(place)
        for pair in combinations(ranked[:4], 2):
            blocks[f"2 {pair[0]} {pair[1]}"].append(place)
    return (block for block in blocks.values() if 1 < len(block) <= 2 * BLOCK)


def _neighbours(faces: Sequence[Face]) -> Iterator[tuple[int, int]]:
    """Names that stand beside each other in the alphabet, all letters in one word."""
    order = sorted(range(len(faces)), key=lambda place: (faces[place].joined, place))
    for here in range(len(order)):
        for there in range(here + 1, min(here + 1 + NEIGHBOURS, len(order))):
            one, other = order[here], order[there]
            if faces[one].joined[:4] == faces[other].joined[:4]:
                yield (one, other) if one < other else (other, one)


def _misspelt(faces: Sequence[Face], rarity: Rarity) -> Iterator[tuple[int, int]]:
    """Names with a rare word that becomes the other's when one letter is left out of either."""
    holders: dict[str, list[int]] = defaultdict(list)
    for place, face in enumerate(faces):
        for word in set(face.words):
            if (
                len(word) >= SHORTEST_MISSPELT
                and rarity.counts[word] <= BLOCK // 3
                and not any(map(str.isdecimal, word))
            ):
                holders[word].append(place)
    for one, other in _almost_alike(holders):
        for left in holders[one]:
            for right in holders[other]:
                if left != right:
                    yield (left, right) if left < right else (right, left)


def _almost_alike(words: Iterable[str]) -> set[tuple[str, str]]:
    shortened: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for variant in {word, *(word[:cut] + word[cut + 1 :] for cut in range(len(word)))}:
            shortened[variant].append(word)
    found: set[tuple[str, str]] = set()
    for alike in shortened.values():
        if 1 < len(alike) <= BLOCK:
            found.update((min(pair), max(pair)) for pair in combinations(alike, 2))
    return found
