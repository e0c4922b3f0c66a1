"""How much does it say that two names share a word?

Learned from the list itself: a word in one name says most, a word in hundreds next to nothing. Words that say what a
supplier does, not who it is, say little in a short list too.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from procurement_kit.suppliers.spelling import trade_words

LEAST, TRADE, LETTER, NUMBER = 0.05, 0.35, 0.3, 0.6
SHORTEST_LIST = 2_000


@dataclass(frozen=True)
class Rarity:
    """What each word of a list weighs.

    Parameters
    ----------
    counts : dict
        Word → names that hold it.
    weights : dict
        Word → weight from 0.05 to 1.
    """

    counts: dict[str, int]
    weights: dict[str, float]

    def of(self, words: Iterable[str]) -> float:
        """Weight of several words together; a word the list does not hold weighs 1."""
        weights = self.weights
        return sum(weights.get(word, 1.0) for word in words)


def learn_rarity(names: Iterable[tuple[str, ...]]) -> Rarity:
    """Learn what each word weighs.

    Parameters
    ----------
    names : iterable of tuple of str
        Folded words of each distinct name.

    Examples
    --------
    >>> rarity = learn_rarity([("nordby", "transport"), ("sydby", "transport")])
    >>> rarity.of(["nordby"]) > rarity.of(["transport"])
    True
    """
    counts: Counter = Counter()
    total = 0
    for words in names:
        counts.update(set(words))
        total += 1
    scale = log(max(total, SHORTEST_LIST) / 4)
    trade = trade_words()
    return Rarity(dict(counts), {word: _weight(word, count, scale, trade) for word, count in counts.items()})


def _weight(word: str, count: int, scale: float, trade: frozenset[str]) -> float:
    weight = max(LEAST, 1 - log(count) / scale)
    if word in trade:
        return min(weight, TRADE)
    if len(word) == 1:
        return min(weight, LETTER)
    return min(weight, NUMBER) if word.isdecimal() else weight
