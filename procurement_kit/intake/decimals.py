"""What are the decimals of a column, each as exact as it was printed?

Ordinary numbers are read by Arrow, many at once; the others, one by one, by `values.read_amount`. Both read the same
value. More decimals than the column holds are rounded half away from zero and marked; nothing is cut off unseen.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.money import round_amount
from procurement_kit.values import read_amount


@dataclass(frozen=True)
class Decimals:
    """Values per distinct cell, and which cells are unreadable, too large, or were rounded."""

    values: pa.Array
    is_unreadable: pa.Array
    is_too_large: pa.Array
    is_rounded: pa.Array


def read_decimals(cells: pa.Array, decimal_mark: str, type_: pa.DataType, *, spare: int = 0) -> Decimals:
    """Read distinct cells as decimals.

    Parameters
    ----------
    cells : pyarrow.Array
        Texts; empty where nothing is there.
    decimal_mark : {",", "."}
        What separates the decimals.
    type_ : pyarrow.DataType
        Decimal type of the column.
    spare : int
        Digits in front of the mark that are kept free for sums.

    Examples
    --------
    >>> found = read_decimals(pa.array(["1.234,50-", "kr. 2", "x", "0,00005"]), ",", pa.decimal128(18, 4))
    >>> [str(value) for value in found.values.to_pylist()], found.is_unreadable.to_pylist()
    (['-1234.5000', '2.0000', 'None', '0.0001'], [False, False, True, False])
    """
    whole = type_.precision - type_.scale - spare
    is_ordinary = pc.fill_null(pc.match_substring_regex(cells, _ordinary(decimal_mark, whole, type_.scale)), False)
    values = _ordinary_values(pc.if_else(is_ordinary, cells, pa.scalar(None, pa.string())), decimal_mark, type_)
    flags = np.zeros((3, len(cells)), bool)
    odd = pc.indices_nonzero(pc.and_not(pc.is_valid(cells), is_ordinary))
    if len(odd):
        read = [_read(text, decimal_mark, whole, type_.scale) for text in cells.take(odd).to_pylist()]
        found = pa.array([value for value, _ in read], type_)
        values = pc.replace_with_mask(values, pc.and_not(pc.is_valid(cells), is_ordinary), found)
        for place, (_, flag) in zip(odd.to_pylist(), read, strict=True):
            if flag is not None:
                flags[flag, place] = True
    return Decimals(values, *(pa.array(flag) for flag in flags))


def _ordinary(mark: str, whole: int, places: int) -> str:
    """Numbers Arrow reads as we do: a minus before or behind, thousands in threes, few enough digits."""
    thousands = {",": r"\.", ".": ","}[mark]
    grouped = rf"|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,{whole // 3 - 1}}}" if whole >= 6 else ""
    number = rf"(?:[0-9]{{1,{whole}}}{grouped})"
    decimals = rf"(?:\{mark}[0-9]{{1,{places}}})?"
    return rf"^(?:-?{number}{decimals}|{number}{decimals}-)$"


def _ordinary_values(texts: pa.Array, mark: str, type_: pa.DataType) -> pa.Array:
    thousands = "." if mark == "," else ","
    bare = pc.replace_substring(texts, thousands, "")
    bare = pc.replace_substring(bare, ",", ".") if mark == "," else bare
    is_behind = pc.ends_with(bare, "-")
    if not pc.any(is_behind).as_py():
        return bare.cast(type_)
    values = pc.utf8_rtrim(bare, "-").cast(type_)
    return pc.if_else(is_behind, pc.negate(values), values)


def _read(text: str, mark: str, whole: int, places: int) -> tuple[Decimal | None, int | None]:
    """A value, and which flag it raises: 0 unreadable, 1 too large, 2 rounded."""
    try:
        amount = read_amount(text, mark)
    except ValueError:
        return None, 0
    if amount is None:
        return None, None
    if abs(amount) >= Decimal(10) ** whole:
        return None, 1
    rounded = round_amount(amount, places)
    if abs(rounded) >= Decimal(10) ** whole:
        return None, 1
    return rounded + 0, None if rounded == amount else 2
