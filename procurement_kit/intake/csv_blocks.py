"""How does a block of CSV become columns, fast, and still read exactly as strictly as row by row?

Arrow's parser is lax about quotation marks. It is used where that makes no difference: where every mark of a block
opens or closes a whole cell, which is seen from the bytes beside it. Any other block goes through Python's strict
reader. Blank rows are left out but keep their number; a row of another width is a problem of its own.
"""

import csv
import io
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

LONGEST_ROW = 1 << 25
BOM = b"\xef\xbb\xbf"
WHITE = "".join(chr(n) for n in range(0x3001) if chr(n).isspace())  # what Python strips


@dataclass(frozen=True)
class Dialect:
    """How a CSV file separates and quotes its cells, and how many headings it has."""

    delimiter: str
    quote: str
    width: int

    @property
    def options(self) -> dict:
        """The same, for Python's reader."""
        quoting = {"quotechar": self.quote} if self.quote else {"quoting": csv.QUOTE_NONE}
        return {"delimiter": self.delimiter, "strict": True, **quoting}


@dataclass
class Parsed:
    """Rows of a block: places among all its rows from 0, cells by column, problems, and the bytes that were used."""

    places: np.ndarray
    columns: list[pa.Array]
    problems: dict[int, str] = field(default_factory=dict)  # place in this block → number of cells
    row_count: int = 0
    used: int = 0


class StrictError(Exception):
    """A row that a strict reader refuses: its place in the block, and what the reader says."""

    def __init__(self, place: int, error: csv.Error):
        self.place, self.error = place, error
        super().__init__(str(error))


def parse(block: bytes, dialect: Dialect, *, is_last: bool) -> Parsed:
    """Cut the whole rows at the beginning of a block into columns.

    Parameters
    ----------
    block : bytes
        UTF-8; begins with a row.
    dialect : Dialect
        How the file is written.
    is_last : bool
        Whether the file ends with this block; otherwise a row at its end may go on.

    Raises
    ------
    StrictError
        If a row cannot be read.

    Examples
    --------
    >>> found = parse(b'1;"a;b"\\n\\n2;c\\n3', Dialect(";", '"', 2), is_last=False)
    >>> found.places.tolist(), [column.to_pylist() for column in found.columns], found.used
    ([0, 2], [['1', '2'], ['a;b', 'c']], 13)
    """
    end = regular_end(block, dialect, is_last=is_last)
    found = _fast(block[:end], dialect) if end and not block.startswith(BOM) else None
    if found is None:
        return _strict(block, dialect, is_last=is_last)
    found.used = end
    return found


# --- where reading fast is the same ---------------------------------------------------------------------------------


def regular_end(block: bytes, dialect: Dialect, *, is_last: bool) -> int:
    """Where the last whole row of a block ends; 0 where none does, or where the block is not regular.

    Regular: every odd quotation mark stands at the start of a cell or right after another mark, every even one at the
    end of a cell or right before another. Then a mark is inside a cell exactly where an odd number stands before it,
    and every reader of CSV cuts the same cells.

    Examples
    --------
    >>> dialect = Dialect(";", '"', 2)
    >>> [regular_end(row, dialect, is_last=False) for row in (b'1;"a\\nb"\\n2', b'1;a"b\\n', b'1;"a"b\\n')]
    [8, 0, 0]
    """
    if len(dialect.delimiter.encode()) != 1:
        return 0
    end = len(block) if is_last else _row_end(block, len(block))
    if not dialect.quote or dialect.quote.encode() not in block:
        return end
    content = np.frombuffer(block, np.uint8)
    marks = np.flatnonzero(content == ord(dialect.quote))
    while not is_last and end and np.searchsorted(marks, end) % 2:
        end = _row_end(block, int(marks[np.searchsorted(marks, end) - 1]))
    marks = marks[: np.searchsorted(marks, end)]
    return end if len(marks) % 2 == 0 and _is_regular(content[:end], marks, dialect) else 0


def _row_end(block: bytes, before: int) -> int:
    end = block.rfind(b"\n", 0, before) + 1
    # A carriage return alone ends a row too; the last byte may be half of a pair.
    return end or block.rfind(b"\r", 0, max(before - 1, 0)) + 1


def _is_regular(content: np.ndarray, marks: np.ndarray, dialect: Dialect) -> bool:
    is_edge = np.zeros(256, bool)
    is_edge[[ord(dialect.delimiter), ord(dialect.quote), 10, 13]] = True
    opening, closing = marks[0::2], marks[1::2]
    before = content[opening[opening > 0] - 1]
    after = content[closing[closing < len(content) - 1] + 1]
    return bool(is_edge[before].all() and is_edge[after].all())


def _fast(block: bytes, dialect: Dialect) -> Parsed | None:
    """Arrow's columns; None where a cell is longer than a strict reader allows."""
    odd: list[tuple[int, str]] = []

    def set_apart(row: arrow_csv.InvalidRow) -> str:
        odd.append((row.number - 1, row.text))
        return "skip"

    names = [str(place) for place in range(dialect.width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(block),
        read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=set_apart,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    columns = [_whole(column) for column in table.columns]
    limit = csv.field_size_limit()
    if any(_longest(column) > limit for column in columns) or any(len(text) > limit for _, text in odd):
        return None
    places = np.delete(np.arange(len(table) + len(odd)), [place for place, _ in odd])
    found = Parsed(places, columns, row_count=len(table) + len(odd))
    return _filled(_with_odd(found, odd, dialect))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([pa.array([], pa.string()), *column.chunks])


def _longest(column: pa.Array) -> int:
    return pc.max(pc.binary_length(column)).as_py() or 0


def _with_odd(found: Parsed, odd: list[tuple[int, str]], dialect: Dialect) -> Parsed:
    """Put rows of another width back in their places."""
    if not odd:
        return found
    rows = [next(csv.reader(io.StringIO(text, newline=""), **dialect.options), []) for _, text in odd]
    filled = [(place, row) for (place, _), row in zip(odd, rows, strict=True) if any(map(str.strip, row))]
    apart = _columns(filled, dialect)
    places = np.concatenate([found.places, apart.places])
    order = np.argsort(places, kind="stable")
    columns = [pa.concat_arrays(pair).take(order) for pair in zip(found.columns, apart.columns, strict=True)]
    return Parsed(places[order], columns, apart.problems, found.row_count)


def _filled(found: Parsed) -> Parsed:
    """Leave out the rows in which nothing stands."""
    blank = np.arange(len(found.places))
    for column in found.columns:
        cells = column if len(blank) == len(column) else column.take(blank)
        bare = pc.equal(pc.binary_length(pc.utf8_trim(cells, WHITE)), 0)
        blank = blank[np.asarray(bare, dtype=bool)]
        if not len(blank):
            return found
    blank = blank[~np.isin(found.places[blank], list(found.problems))]
    kept = np.delete(np.arange(len(found.places)), blank)
    return Parsed(found.places[kept], [column.take(kept) for column in found.columns], found.problems, found.row_count)


# --- row by row -----------------------------------------------------------------------------------------------------


def _strict(block: bytes, dialect: Dialect, *, is_last: bool) -> Parsed:
    text = block.decode() if is_last else block[: _row_end(block, len(block))].decode()
    source = io.StringIO(text, newline="")
    rows: list[list[str]] = []
    used = 0
    try:
        for row in csv.reader(source, **dialect.options):
            rows.append(row)
            used = source.tell()
    except csv.Error as error:
        # Between two blocks a quoted cell may be open; it goes on in the next.
        if is_last or source.tell() < len(text) or str(error).startswith("field larger"):
            raise StrictError(len(rows), error) from None
    if not used and len(block) > LONGEST_ROW:
        raise StrictError(0, csv.Error("field larger than a row can be"))
    filled = [(place, row) for place, row in enumerate(rows) if any(map(str.strip, row))]
    found = _columns(filled, dialect)
    found.row_count, found.used = len(rows), len(text[:used].encode())
    return found


def _columns(rows: list[tuple[int, list[str]]], dialect: Dialect) -> Parsed:
    problems: dict[int, str] = {}
    fitted = []
    for place, row in rows:
        if len(row) != dialect.width:
            is_wide = len(row) > dialect.width and not any(map(str.strip, row[dialect.width :]))
            if not is_wide:
                problems[place] = f"{len(row)} cells, but there are {dialect.width} headings"
            row = row[: dialect.width] if is_wide else [""] * dialect.width
        fitted.append(row)
    columns = zip(*fitted, strict=True) if fitted else [()] * dialect.width
    places = np.array([place for place, _ in rows], np.int64)
    return Parsed(places, [pa.array(column, pa.string()) for column in columns], problems)
