"""How is work done once per distinct value of a column, and not at all where a value is plain?

A column is its distinct values and the place of each row's value among them. Plain texts need no cleaning and can
hold no personal number; regular expressions over all values at once tell, and err on the side of looking closer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

# Printable signs of which every text is in Unicode NFC and lower case is the same as case folding: Latin letters
# without the few that fold to something else (ß, µ, İ, ŉ, long s), and without no-break space and soft hyphen.
_SIGNS = r"!-~¡-¬®-´¶-Þà-įı-ňŊ-ž"
_CLEAN = rf"^[{_SIGNS}]+(?: [{_SIGNS}]+)*$"
# No personal number has fewer than ten digits, or fewer than six beside a word that tells of a person.
_TEN_DIGITS = r"(?:[0-9][^0-9]*){10}"
_SIX_DIGITS = r"(?:[0-9][^0-9]*){6}"
# Ten digits and nothing else, as a voucher has, that begin with no day and month, and with no year and month.
_NO_BIRTHDAY = r"^(?:[0-9]{2}(?:00|1[3-9]|[2-9][0-9]))[0-9]{6}$"
_WORDS = r"cpr|f.{1,2}dt|född|fødsels|födels|pers|pnr|borger"


@dataclass(frozen=True)
class Distinct:
    """A column as its distinct values and which of them stands in each row."""

    values: pa.Array
    places: pa.Array

    @classmethod
    def of(cls, cells: pa.Array) -> "Distinct":
        """Tell the distinct values of a column apart; an empty cell is a value too."""
        encoded = cells.dictionary_encode(null_encoding="encode")
        return cls(encoded.dictionary, encoded.indices)

    @classmethod
    def constant(cls, value: object, type_: pa.DataType, count: int) -> "Distinct":
        """A column that holds the same in every row."""
        return cls(pa.array([value], type_), pa.repeat(pa.scalar(0, pa.int32()), count))

    @cached_property
    def rows(self) -> pa.Array:
        """The value of each row.

        Examples
        --------
        >>> Distinct.of(pa.array(["a", None, "a"])).rows.to_pylist()
        ['a', None, 'a']
        """
        return self.values.take(self.places)

    def with_values(self, values: pa.Array) -> "Distinct":
        """The same rows, each value replaced by another."""
        return Distinct(values, self.places)

    def mapped(self, function: Callable, type_: pa.DataType) -> "Distinct":
        """The same rows, each value replaced by what a function says of it."""
        return self.with_values(pa.array([function(value) for value in self.values.to_pylist()], type_))

    def spread(self, marks: pa.Array) -> pa.Array | None:
        """A mark on values becomes a mark on rows; None where no value is marked."""
        return marks.take(self.places) if pc.any(marks).as_py() else None


def is_plain(texts: pa.Array) -> pa.Array:
    """Which texts stand as they are: nothing to clean, and nothing that could be a personal number.

    Examples
    --------
    >>> is_plain(pa.array(["Ærø Færge", " a", "født i 1990 nr. 123456", "22522996", "", None])).to_pylist()
    [True, False, False, True, False, False]
    """
    is_clean = pc.match_substring_regex(texts, _CLEAN)
    is_person = pc.match_substring_regex(texts, _TEN_DIGITS)
    if pc.any(is_person).as_py():
        is_person = pc.and_not(is_person, pc.match_substring_regex(texts, _NO_BIRTHDAY))
    if pc.any(words := pc.match_substring_regex(texts, _WORDS, ignore_case=True)).as_py():
        is_person = pc.or_(is_person, pc.and_(words, pc.match_substring_regex(texts, _SIX_DIGITS)))
    return pc.fill_null(pc.and_not(is_clean, is_person), False)


def looked_closer(texts: pa.Array, plain: pa.Array, function: Callable[[list], list]) -> pa.Array:
    """Texts of which those that are not plain are replaced by what a function makes of them.

    Examples
    --------
    >>> texts = pa.array(["a", " B "])
    >>> looked_closer(texts, is_plain(texts), lambda odd: [text.strip() for text in odd]).to_pylist()
    ['a', 'B']
    """
    odd = texts.filter(pc.invert(plain))
    if not len(odd):
        return texts
    return pc.replace_with_mask(texts, pc.invert(plain), pa.array(function(odd.to_pylist()), pa.string()))
