"""How do many printed values become columns of invoice lines, each distinct value read once?

Values come as long lists, one for each column. What is costly (cleaning, masking, dates, codes) is done on the distinct
values; amounts are whole numbers of small units until they become decimals in Arrow.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain, repeat

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.privacy import Masker
from procurement_kit.tables import SET_ASIDE_LINES

_PLAIN_TYPES = {"string": pa.string(), "date": pa.date32(), "boolean": pa.bool_(), "int64": pa.int64()}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@cache
def line_schema() -> pa.Schema:
    """Arrow schema of the lines; made here, because a process that only reads XML needs no engine."""
    return pa.schema([(name, _arrow_type(kind)) for name, kind in SET_ASIDE_LINES.schema().items()])


def _arrow_type(kind: str) -> pa.DataType:
    decimal = _DECIMAL.fullmatch(kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _PLAIN_TYPES[kind]


def each_once(read: Callable, printed: Sequence) -> list:
    """What a function makes of each value, asked once for each distinct one.

    Examples
    --------
    >>> each_once(str.upper, ["a", "b", "a"])
    ['A', 'B', 'A']
    """
    found = {value: read(value) for value in set(printed)}
    if len(found) == 1:
        return list(found.values()) * len(printed)
    return list(map(found.__getitem__, printed))


class Masking:
    """Masks columns, and counts what was taken out of each row.

    Parameters
    ----------
    masker : Masker
        Of the municipality.
    count : int
        Rows.
    """

    def __init__(self, masker: Masker, count: int):
        self._masker = masker
        self.hits = [0] * count

    def column(self, name: str, texts: Sequence[str | None], read: Callable | None = None) -> list[str | None]:
        """A column of texts, each read and then masked as the named column asks for; what is masked is counted."""
        distinct = dict.fromkeys(texts)
        hits = {}
        for text in distinct:
            masked = self._masker.mask(read(text) if read else text, name)
            distinct[text] = masked.text
            if masked.hit_count:
                hits[text] = masked.hit_count
        if hits:
            self.hits = [old + hits.get(text, 0) for old, text in zip(self.hits, texts, strict=True)]
        if len(distinct) == 1:
            return list(distinct.values()) * len(texts)
        return list(map(distinct.__getitem__, texts))

    def quietly(self, name: str, texts: Sequence[str | None]) -> list[str | None]:
        """A column masked without counting: codes, and what has been masked and counted before."""
        distinct = {text: self._masker.mask(text, name).text for text in set(texts)}
        return list(map(distinct.__getitem__, texts))


def decimals(units: Iterable[int | None], name: str) -> pa.Array:
    """A decimal column out of whole numbers of its smallest unit.

    Examples
    --------
    >>> decimals([12500, None], "document_amount").to_pylist()
    [Decimal('1.2500'), None]
    """
    kind = line_schema().field(name).type
    whole = pa.array(units, pa.int64()).cast(pa.decimal128(19, 0))
    unit = pa.scalar(Decimal(1).scaleb(-kind.scale), pa.decimal128(kind.scale + 1, kind.scale))
    return pc.multiply(whole, unit).cast(kind)


def repeated(values: Sequence, counts: Sequence[int]) -> list:
    """Each value as many times as its document has lines.

    Examples
    --------
    >>> repeated(["a", "b"], [2, 1])
    ['a', 'a', 'b']
    """
    return list(chain.from_iterable(map(repeat, values, counts)))


def table_of(columns: dict[str, pa.Array | Sequence], count: int) -> pa.Table:
    """A table of lines; columns that are not given are empty."""
    schema = line_schema()
    arrays = []
    for place in schema:
        values = columns.get(place.name)
        if values is None:
            arrays.append(pa.nulls(count, place.type))
        else:
            arrays.append(values if isinstance(values, pa.Array) else pa.array(values, place.type))
    return pa.table(arrays, schema)
