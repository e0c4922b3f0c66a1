"""Where do headings and rows stand in an export nobody has described?

Encoding is byte order mark, strict UTF-8, else Windows-1252; another one is a person's choice. The row of headings is
the one that looks most like headings: known words, and no amounts or dates. Title rows above it are passed over.
"""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError
from procurement_kit.intake.guess_columns import is_known_heading, letters_of, looks_like_value
from procurement_kit.intake.ledgers import open_ledger
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profile_checks import is_encoding
from procurement_kit.intake.profiles import Profile
from procurement_kit.intake.rows import Rows
from procurement_kit.intake.spool_layout import cells_of, is_heading_line
from procurement_kit.values import encoding_of

WORKBOOKS = (".xlsx", ".xlsm")
BLOCK = 1 << 20
TOP_ROWS, SHEETS, ROWS = 20, 5, 5_000
SPOOL_LINES = 2_000
_OF_CJI3 = frozenset(("bol", "coval", "omkart", "vrdcoområdevaluta", "modkontobetegnelse"))


@dataclass(frozen=True)
class Seen:
    """An export as it has been seen.

    Parameters
    ----------
    path : Path
    kind : {"csv", "xlsx", "sap_spool"}
    layout : dict
        Keys of [format] that were found: encoding, delimiter, quote, header_row, sheet.
    header : list of str
    columns : list of list of str
        The first rows, column by column; a number in a workbook is written with decimal comma.
    pointed : list of list of str
        The same with decimal point; where the two differ, the cell holds a number, which has but one meaning.
    """

    path: Path
    kind: str
    layout: dict = field(default_factory=dict)
    header: list[str] = field(default_factory=list)
    columns: list[list[str]] = field(default_factory=list)
    pointed: list[list[str]] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        """Rows that were looked at."""
        return len(self.columns[0]) if self.columns else 0


def look(path: Path, *, encoding: str = "") -> Seen:
    """Find headings and rows of an export.

    Parameters
    ----------
    path : Path
        CSV, XLSX, or a list printed from SAP.
    encoding : str
        A person's choice, such as cp865; found where it is empty.

    Raises
    ------
    InputNotFoundError, FileFormatError
        If there is no such file, or nothing in it looks like headings and rows.
    ParameterError
        If the encoding is unknown.
    """
    name = blank(path.name)
    if not path.is_file():
        raise InputNotFoundError(f"{name} is not a file.", expected="an existing file", todo="check the path")
    if encoding and not is_encoding(encoding):
        raise ParameterError(f"«{encoding}» is not an encoding.", expected="utf-8, cp1252 or cp865")
    if path.name.casefold().endswith(WORKBOOKS):
        return _with_rows(Seen(path, "xlsx", _sheet_layout(path)))
    text, encoding = _start_of(path, encoding)
    if any(_is_printed(line) for line in islice(io.StringIO(text), SPOOL_LINES)):
        return Seen(path, "sap_spool", {"encoding": encoding})
    return _with_rows(Seen(path, "csv", {"encoding": encoding} | _text_layout(path, text)))


def _is_printed(line: str) -> bool:
    """Whether a line is the headings of a CJI3 list; «Periode» beside a date alone is found in many a table."""
    if "\t" not in line and not line.startswith("|"):
        return False
    cells = cells_of(line)
    return is_heading_line(cells) and bool(_OF_CJI3 & {letters_of(cell) for cell in cells})


def probe(seen: Seen, **changed: object) -> Profile:
    """A profile that maps nothing, to read cells with."""
    return Profile("probe", "1", "unknown", "positive_is_spend", {}, **(seen.layout | changed))


def _with_rows(seen: Seen) -> Seen:
    rows = _first_rows(seen, decimal_mark=",")
    pointed = _first_rows(seen, decimal_mark=".") if seen.kind == "xlsx" else rows
    header = open_ledger(seen.path, probe(seen)).header
    if not rows or not rows[0]:
        raise FileFormatError(
            f"{blank(seen.path.name)}: there are headings in row {seen.layout['header_row']}, but no rows below.",
            expected="headings and rows",
            todo="export the file again",
        )
    return Seen(seen.path, seen.kind, seen.layout, header, rows, pointed)


def _first_rows(seen: Seen, *, decimal_mark: str) -> list[list[str]]:
    for rows in open_ledger(seen.path, probe(seen, decimal_mark=decimal_mark)).batches(size=ROWS):
        return columns_of(rows)
    return []


def columns_of(rows: Rows) -> list[list[str]]:
    """The cells of a batch, column by column; rows that cannot be used are left out."""
    kept = [place for place in range(rows.row_count) if place not in rows.problems]
    columns = []
    for column in rows.columns:
        cells = column.to_pylist()
        columns.append([cells[place] or "" for place in kept])
    return columns


# --- text -----------------------------------------------------------------------------------------------------------


def _open(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.name.casefold().endswith(".gz") else path.open("rb")


def _start_of(path: Path, encoding: str) -> tuple[str, str]:
    """The first part of a text file, and its encoding."""
    try:
        with _open(path) as file:
            start = file.read(BLOCK)
            encoding = encoding or encoding_of(start, rest=iter(lambda: file.read(BLOCK), b""))
    except (OSError, EOFError, zlib.error):
        raise FileFormatError(f"{blank(path.name)} is not a whole gzip file.", todo="fetch the file again") from None
    if not start.strip():
        raise FileFormatError(f"{blank(path.name)} is empty.", expected="headings and rows", todo="export it again")
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(start), encoding
    except UnicodeError:
        raise FileFormatError(
            f"{blank(path.name)} is not text in {encoding}.",
            expected="UTF-8 or Windows-1252",
            todo="a file from an old mainframe is often in cp865: answer encoding=cp865 and look at æøå in the sample",
        ) from None


def _text_layout(path: Path, text: str) -> dict:
    """Delimiter, quotation mark and row of headings that look best."""
    skipped = 1 if text.lstrip("\ufeff")[:4].casefold() == "sep=" else 0
    found = []
    for delimiter in ";\t|,":
        for quote in ('"', ""):
            rows = _top_rows(text, delimiter, quote)[skipped:]
            if rows:
                score, row = best_heading_row(rows)
                found.append((score, -len(found), {"delimiter": delimiter, "quote": quote, "header_row": row}))
                break
    if not found or max(found, key=lambda each: each[:2])[0] <= 0:
        raise _no_headings(path)
    return max(found, key=lambda each: each[:2])[2]


def _top_rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    quoting = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    try:
        return [*islice(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, **quoting), TOP_ROWS)]
    except csv.Error:
        return []


def _no_headings(path: Path) -> FileFormatError:
    return FileFormatError(
        f"{blank(path.name)}: no row among the first {TOP_ROWS} looks like headings.",
        expected="a row of headings with rows below, in cells parted by semicolon, comma, tab or an upright stroke",
        todo="check that it is the right file; write a profile by hand if it is",
    )


# --- workbooks ------------------------------------------------------------------------------------------------------


def _sheet_layout(path: Path) -> dict:
    """Sheet and row of headings that look best."""
    found = []
    for sheet in range(1, SHEETS + 1):
        rows = [_heading_cells(path, sheet, row) for row in range(1, TOP_ROWS + 1)]
        if rows[0] is None:
            break
        score, row = best_heading_row([cells or [] for cells in rows])
        found.append((score, -sheet, {"sheet": sheet, "header_row": row}))
    if not found or max(found, key=lambda each: each[:2])[0] <= 0:
        raise _no_headings(path)
    return max(found, key=lambda each: each[:2])[2]


def _heading_cells(path: Path, sheet: int, row: int) -> list[str] | None:
    """The cells of one row; empty where it is blank, None where there is no such sheet."""
    try:
        return open_ledger(path, probe(Seen(path, "xlsx"), sheet=sheet, header_row=row)).header
    except FileFormatError as error:
        if "holds no headings" in error.what:
            return []
        if sheet == 1:
            raise
        return None


# --- headings -------------------------------------------------------------------------------------------------------


def best_heading_row(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How much the best row looks like headings, and which it is, from 1.

    Examples
    --------
    >>> best_heading_row([["Udtræk 2025", ""], ["Fakturadato", "Beløb"], ["01-02-2025", "1,50"]])
    (8, 2)
    """
    scores = [_heading_score(row) for row in rows]
    best = max(scores)
    return best, scores.index(best) + 1


def _heading_score(row: Sequence[str]) -> int:
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(filled) < 2:
        return 0
    values = sum(map(looks_like_value, filled))
    return sum(map(is_known_heading, filled)) * 3 + len({*filled}) - 4 * values
