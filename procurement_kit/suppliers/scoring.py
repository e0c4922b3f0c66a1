"""How sure is it that two names mean the same supplier, and what speaks for and against it?

A score from 0 to 1 by what kind of difference is left when spelling is set aside; the kinds are ordered by how often
each was right where the truth is known. Words that only one name has make a pair doubtful at best.
"""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from procurement_kit.suppliers.alignment import Alignment, align
from procurement_kit.suppliers.rarity import Rarity
from procurement_kit.suppliers.spelling import Face, empty_words, profession_words, trade_words

SAME, TOGETHER, TURNED, TRADING, SPELLING, EMPTY, CUT = 0.99, 0.97, 0.95, 0.94, 0.93, 0.92, 0.91
LIKELY, WEAK = 0.7, 0.6
ENOUGH = 1.3  # weight of agreeing words from which an almost equal name is one of its own
ENOUGH_EQUAL = 0.85  # the same for a trading name that is equal
ENOUGH_EMPTY = 0.7  # the same where one name only adds words that say little
LONG_WORD = 9
CUT_LENGTH = 26  # letters from which a name can have been cut off by a narrow field
_SURNAME_ENDS = ("sen", "son", "sson")


@dataclass(frozen=True, slots=True)
class Judged:
    """How alike two names are.

    Parameters
    ----------
    score : float
        From 0 to 1.
    reason : str
        What kind of agreement it is, in words.
    alignment : Alignment or None
        Which words agree; None where all do.
    between_firms : bool
        Whether both names are a firm's own, and none is what it trades as or was called.
    """

    score: float
    reason: str
    alignment: Alignment | None = None
    between_firms: bool = True


def judge(one: Face, other: Face, rarity: Rarity) -> Judged:
    """Judge two names.

    Parameters
    ----------
    one, other : Face
        The two names, each with what it is to its supplier.
    rarity : Rarity
        What each word weighs in this list.
    """
    if one.words == other.words:
        return _judge_equal(one, other, rarity)
    if one.joined == other.joined:
        return Judged(TOGETHER if len(one.joined) >= 5 else WEAK, "the same letters, spaced otherwise")
    found = align(one.words, other.words)
    judged = _judge_words(one, other, found, rarity)
    if one.kind == other.kind == "trading":
        return Judged(min(judged.score, WEAK), "both trade as", found, between_firms=False)
    return Judged(judged.score, judged.reason, found, between_firms=one.kind == other.kind == "firm")


def has_digit(word: str) -> bool:
    """Whether a word holds a number; such a word tells names apart."""
    return any(map(str.isdigit, word))


def _judge_equal(one: Face, other: Face, rarity: Rarity) -> Judged:
    kinds = {one.kind, other.kind}
    if kinds == {"firm"}:
        return Judged(SAME, "the same words")
    is_own = rarity.of(one.words) >= ENOUGH_EQUAL or (len(one.words) == 1 and len(one.words[0]) >= LONG_WORD)
    if "firm" not in kinds:
        return Judged(WEAK, "both trade as, or were called, the same")
    word = "was called" if "former" in kinds else "trades as"
    return Judged(TRADING if is_own else LIKELY, f"one {word} what the other is called")


def _judge_words(one: Face, other: Face, found: Alignment, rarity: Rarity) -> Judged:
    agreed = rarity.of(found.same) + sum(_weight(pair, rarity) for pair in found.alike)
    if not agreed:
        return Judged(0.0, "no word in common", found)
    rest = (*found.left, *found.right)
    if any(map(has_digit, rest)):
        return Judged(min(WEAK, _share(agreed, found, rarity)), "the numbers in the names differ", found)
    if rest and not found.alike and not (found.left and found.right):
        if set(rest) <= empty_words():
            return Judged(EMPTY if agreed >= ENOUGH_EMPTY else WEAK, "one name only adds words that say little", found)
        if set(rest) <= profession_words() and agreed >= ENOUGH:
            return Judged(EMPTY, "one name only adds a profession", found)
    if rest:
        return _judge_rest(one, other, found, agreed, rarity)
    if not found.alike:
        return Judged(TURNED if agreed >= ENOUGH else LIKELY, "the same words in another order", found)
    return _judge_alike(one, other, found, agreed, rarity)


def _judge_rest(one: Face, other: Face, found: Alignment, agreed: float, rarity: Rarity) -> Judged:
    share = _share(agreed, found, rarity)
    if found.left and found.right:
        return Judged(share * 0.6, "each name has a word the other lacks", found)
    shorter, longer = sorted((one.joined, other.joined), key=len)
    if longer.startswith(shorter) and len(shorter) >= CUT_LENGTH and agreed >= 2:
        return Judged(CUT, "one name is cut off", found)
    if found.alike:
        return Judged(share * 0.6, "one name has more words, and a word is spelt otherwise", found)
    return Judged(share * (0.8 if agreed >= 1 else 0.6), "one name has more words", found)


def _judge_alike(one: Face, other: Face, found: Alignment, agreed: float, rarity: Rarity) -> Judged:
    kinds = {how for _, _, how in found.alike}
    if kinds == {"together"}:
        return Judged(TOGETHER, "the same letters, spaced otherwise", found)
    if kinds == {"cut"} and len(found.alike) == 1:
        is_last = one.joined.startswith(other.joined) or other.joined.startswith(one.joined)
        is_long = min(len(one.joined), len(other.joined)) >= CUT_LENGTH
        return Judged(CUT if is_last and is_long else LIKELY, "a word is cut short", found)
    if "initial" in kinds:
        return Judged(LIKELY if len(found.alike) == 1 else WEAK * 0.9, "a first name is printed as an initial", found)
    is_misprint = kinds <= {"spelling", "together"} and all(
        _is_misprint(pair, agreed, rarity) for pair in found.alike if pair[2] == "spelling"
    )
    is_sure = is_misprint and (len(found.alike) == 1 or agreed >= 2.5)
    return Judged(SPELLING if is_sure else WEAK, "a word is spelt otherwise", found)


def _is_misprint(pair: tuple[str, str, str], agreed: float, rarity: Rarity) -> bool:
    """Whether two almost equal words are one word misspelt, and not two words: «Pedersen» is not «Petersen»."""
    one, other, _ = pair
    is_doubled = _undoubled(one) == _undoubled(other)
    is_turned = len(one) == len(other) and sorted(one) == sorted(other)
    if one.endswith(_SURNAME_ENDS) and not (is_doubled or is_turned):
        return False
    if min(rarity.counts.get(one, 0), rarity.counts.get(other, 0)) > 2:
        return False  # both are words of their own
    carries = rarity.of([one]) >= 0.5 and rarity.of([other]) >= 0.5 and one not in trade_words()
    if not carries:
        return agreed >= 1 and min(len(one), len(other)) >= 6
    if is_doubled or is_turned:
        return agreed >= 1.2 and min(len(one), len(other)) >= 5
    if agreed < 2 and (one[0] != other[0] or OSA.distance(one, other) > 1):
        return False
    return agreed >= ENOUGH and min(len(one), len(other)) >= 6


def _undoubled(word: str) -> str:
    return "".join(sign for place, sign in enumerate(word) if place == 0 or word[place - 1] != sign)


def _weight(pair: tuple[str, str, str], rarity: Rarity) -> float:
    one, other, how = pair
    if how == "together":
        return 1.0
    return min(rarity.of([one]), rarity.of([other])) if how != "spelling" else max(rarity.of([one]), rarity.of([other]))


def _share(agreed: float, found: Alignment, rarity: Rarity) -> float:
    return 2 * agreed / (2 * agreed + rarity.of(found.left) + rarity.of(found.right))
