"""What do the cells of a workbook say? Answered in a process of its own, for `xlsx_cells`.

Run as `python -m procurement_kit.intake.xlsx_child`: what to read comes as JSON on standard input, batches of text go
out on standard output as an Arrow stream. Memory and time are limited before the workbook is opened: what the guard
has let through may still be more than the machine has, and the reader then aborts this process, not the caller's.
"""

import datetime
import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, repeat, zip_longest
from typing import TYPE_CHECKING, BinaryIO

from procurement_kit.templates import float_text
from procurement_kit.workbook_guard import READING_FAULTS

if TYPE_CHECKING:
    import pyarrow as pa

DAMAGED, TOO_LARGE = 21, 22
CODE_BYTES = 2_000_000_000
EXACT_LENGTH, WHOLE_LIMIT = 13, 1e15
_ERRORS = frozenset(("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"))


def main() -> int:
    """Read what standard input asks for; the return value is the exit code where it went wrong."""
    order = json.load(sys.stdin.buffer)
    limit_process(memory=order["memory"], seconds=order["seconds"])
    gc.disable()  # rows are freed as they go: there are no cycles to look for
    try:
        write_batches(order, sys.stdout.buffer)
    except MemoryError:
        return TOO_LARGE
    except READING_FAULTS:
        return DAMAGED
    sys.stdout.flush()
    os._exit(0)  # millions of cells need not be freed one by one


def limit_process(*, memory: int, seconds: int) -> None:
    """Limit this process; no core is dumped, since it would hold the cells. Windows has no such limits."""
    try:
        import resource
    except ImportError:
        return
    limits = {"RLIMIT_CORE": 0, "RLIMIT_DATA": memory, "RLIMIT_AS": memory + CODE_BYTES, "RLIMIT_CPU": seconds}
    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):
            continue  # stricter already, or not known to this system


def write_batches(order: dict, out: BinaryIO) -> None:
    """Write the rows below the headings as an Arrow stream: row number, problem, and one text column per heading."""
    import pyarrow as pa

    fields = [("row", pa.int64()), ("problem", pa.string())]
    schema = pa.schema(fields + [(f"c{place}", pa.string()) for place in range(order["width"])])
    uncalculated = {int(row): letters for row, letters in order["uncalculated"].items()}
    offset, rows = _open_rows(order)
    rows = _padded(rows, max(uncalculated)) if uncalculated else iter(rows)
    first = order["header_row"] + 1
    for _ in islice(rows, order["header_row"]):
        pass
    with pa.ipc.new_stream(out, schema) as stream:
        while chunk := list(islice(rows, order["size"])):
            columns = [()] * offset + _transposed(chunk)
            problems = _problems(columns, first, len(chunk), order["width"], uncalculated)
            texts = [pa.array(range(first, first + len(chunk)), pa.int64()), pa.array(problems, pa.string())]
            texts += [_texts(columns, place, problems, order) for place in range(order["width"])]
            stream.write_batch(_without_blank_rows(pa.record_batch(texts, schema)))
            first += len(chunk)


# --- rows -----------------------------------------------------------------------------------------------------------


def _open_rows(order: dict) -> tuple[int, Iterable[Sequence]]:
    """The place of the first column, and all rows from row 1 on; openpyxl reads what calamine cannot."""
    from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound, XmlError, ZipError

    try:
        sheet = CalamineWorkbook.from_path(order["path"]).get_sheet_by_name(order["sheet"])
    except (CalamineError, XmlError, ZipError, WorksheetNotFound):
        return 0, _openpyxl_rows(order)
    return (sheet.start[1] if sheet.start else 0), sheet.iter_rows()


def _openpyxl_rows(order: dict) -> Iterator[list]:
    from openpyxl import load_workbook

    book = load_workbook(order["path"], read_only=True, data_only=True)
    sheet = book[order["sheet"]]
    sheet.reset_dimensions()  # they may lie
    for row in sheet.iter_rows(values_only=True):
        yield ["" if value is None or value in _ERRORS else value for value in row]


def _padded(rows: Iterable[Sequence], last: int) -> Iterator[Sequence]:
    """Rows up to this one at least: one that holds nothing but a formula never calculated is no row to the reader."""
    count = 0
    for row in rows:
        count += 1
        yield row
    yield from repeat((), last - count)


def _transposed(rows: list[Sequence]) -> list[Sequence]:
    """Rows as columns; short rows end in empty cells."""
    is_even = len(set(map(len, rows))) == 1
    return list(zip(*rows, strict=True) if is_even else zip_longest(*rows, fillvalue=""))


def _problems(
    columns: list[Sequence], first: int, count: int, width: int, uncalculated: dict[int, str]
) -> list[str | None]:
    """Why rows cannot be used: a formula never calculated, or cells filled beyond the headings."""
    problems: list[str | None] = [None] * count
    for place, values in enumerate(columns[width:], start=width + 1):
        if set(values) != {""}:
            for row in (n for n, value in enumerate(values) if not isinstance(value, str) or value.strip()):
                problems[row] = f"row {first + row}: {place} cells, but there are {width} headings"
    for row in uncalculated.keys() & set(range(first, first + count)):
        why = f"the formula in column {uncalculated[row]} was never calculated; open the file in Excel and save it"
        problems[row - first] = f"row {row}: {why}"
    return problems


def _texts(columns: list[Sequence], place: int, problems: list[str | None], order: dict) -> "pa.Array":
    """One column as text; blank where its row cannot be used."""
    import pyarrow as pa

    values = columns[place] if place < len(columns) else ()
    values = values or ("",) * len(problems)
    if any(problems):
        values = ["" if problem else value for value, problem in zip(values, problems, strict=True)]
    return text_column(values, order) if len(values) else pa.array([], pa.string())


def _without_blank_rows(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Leave out rows that hold nothing and have no problem; the first column alone often says that there are none."""
    import pyarrow.compute as pc

    is_blank = pc.is_null(batch.column(1))
    for column in batch.columns[2:]:
        is_blank = pc.and_(is_blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
        if not pc.any(is_blank).as_py():
            return batch
    return batch.filter(pc.invert(is_blank))


# --- cells ----------------------------------------------------------------------------------------------------------


def text_column(values: Sequence, order: dict) -> "pa.Array":
    """The cells of one column as text.

    Parameters
    ----------
    values : sequence
        Text, numbers, dates, times and truth values as calamine or openpyxl gives them.
    order : dict
        Says decimal_mark and date_format.

    Examples
    --------
    >>> order = {"decimal_mark": ",", "date_format": "%d-%m-%Y"}
    >>> text_column(["00001234", 12345678.0, 0.5, True, datetime.date(2025, 1, 31)], order).to_pylist()
    ['00001234', '12345678', '0,5', 'ja', '31-01-2025']
    """
    import pyarrow as pa

    kinds = set(map(type, values))
    if kinds == {str}:
        return pa.array(values, pa.string())
    numbers = number_texts([value for value in values if type(value) is float], order["decimal_mark"])
    if kinds == {float}:
        return numbers
    printed = iter(numbers.to_pylist())
    texts = [
        value
        if type(value) is str
        else next(printed)
        if type(value) is float
        else _other_text(value, type(value), order["date_format"])
        for value in values
    ]
    return pa.array(texts, pa.string())


@lru_cache(maxsize=65_536)
def _other_text(value: object, kind: type, date_format: str) -> str:
    """Dates, times and truth values; the kind keeps 1 and True apart in the cache."""
    if value is None:
        return ""
    if kind is bool:
        return "ja" if value else "nej"
    return value.strftime(date_format) if isinstance(value, datetime.date) else str(value)


def number_texts(values: list[float], decimal_mark: str) -> "pa.Array":
    """Numbers as `float_text` writes them, whole columns at a time.

    Examples
    --------
    >>> number_texts([5799990000019.0, 1234.5600000000001, -0.1], ",").to_pylist()
    ['5799990000019', '1234,56', '-0,1']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pa.array(values, pa.float64())
    is_whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), WHOLE_LIMIT))
    whole = pc.if_else(is_whole, numbers, 0.0).cast(pa.int64()).cast(pa.string())
    printed = numbers.cast(pa.string())
    # Twelve digits and a decimal point hold no binary noise; what is longer is looked at one by one.
    is_short = pc.and_(
        pc.less_equal(pc.utf8_length(printed), EXACT_LENGTH),
        pc.match_substring_regex(printed, r"^-?\d+\.\d+$"),
    )
    short = pc.if_else(is_whole, whole, pc.replace_substring(printed, ".", decimal_mark))
    rest = pc.indices_nonzero(pc.invert(pc.or_(is_whole, is_short))).to_pylist()
    if not rest:
        return short
    texts = short.to_pylist()
    for place in rest:
        texts[place] = float_text(values[place]).replace(",", decimal_mark)
    return pa.array(texts, pa.string())


if __name__ == "__main__":
    sys.exit(main())
