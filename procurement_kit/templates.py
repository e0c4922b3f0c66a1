"""How is a table that a consultant filled in read, and how is a blank one made?

Headings may be the column names or the Danish headings; CSV with semicolon, comma or tab, or XLSX. Values are Danish
(1.234,50 · 31-01-2025 · ja/nej) or ISO. All problems are reported at once: file, row as Excel shows it, heading.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.columns import DATE, FLAG, TEXT, WHOLE, Column, Table, require
from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.plurals import so_many
from procurement_kit.settings import SETTING_NAMES, SETTINGS_FILE, Municipality
from procurement_kit.tables import INVOICE_LINES, TABLES
from procurement_kit.values import DANISH_DATES, decode, read_amount, read_date, read_flag
from procurement_kit.workbook_guard import READING_FAULTS, inspect_workbook

if TYPE_CHECKING:
    import pyarrow as pa

TEMPLATES = tuple(table for table in TABLES if table.is_template)
MAX_ROWS, MAX_WORKBOOK_BYTES = 2_000_000, 200_000_000
EXACT_DIGITS, EXACT_PLACES = 12, 4
LONGEST_WHOLE = 40
_DECIMAL_TYPE = re.compile(r"decimal\((\d+),(\d+)\)")
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)


def read_template(path: Path, table: Table) -> "pa.Table":
    """Read a filled-in table.

    Parameters
    ----------
    path : Path
        CSV or XLSX file.
    table : Table
        Which table it is; optional columns that are not there are empty.

    Returns
    -------
    pyarrow.Table
        All columns of the table, typed.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        With every problem: file, row, heading, value.
    """
    import pyarrow as pa

    from procurement_kit.store import arrow_schema

    rows, problems = read_usable_rows(path, table)
    if problems:
        raise TableError(
            f"{Path(path).name}: {so_many(len(problems), 'cell')} cannot be used.",
            problems=problems,
            expected=f"the columns and values of data_templates/{table.name}.csv",
            todo="correct the cells named and save the file",
        )
    return pa.Table.from_pylist(list(rows.values()), schema=arrow_schema(table.schema()))


def read_usable_rows(
    path: Path, table: Table, *, check: Callable[[Mapping, Mapping], list[str]] | None = None
) -> tuple[dict[int, dict], list[str]]:
    """Read the rows of a filled-in table that can be used, by their number in Excel, and what is wrong with the others.

    `check` says what else is wrong with a row, from its cells that could be read and from all of them as printed.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all, or columns are missing.
    """
    header, rows = read_cells(Path(path))
    names = [_column_name(heading, table) for heading in header]
    needed = [c.name for c in table.filled_in if c.required]
    require([name or heading for name, heading in zip(names, header, strict=True)], needed, where=Path(path).name)
    usable: dict[int, dict] = {}
    seen: dict[tuple, int] = {}
    problems: list[str] = []
    for number, row in rows:
        found: list[str] = []
        cells = {name: cell for name, cell in zip(names, row) if name}  # noqa: B905  a short row ends in empty cells
        record = _record(number, cells, table, found)
        found += [f"row {number}: {problem}" for problem in (check(record, cells) if check else ())]
        key = tuple(record.get(name) for name in table.key)
        if key and seen.setdefault(key, number) != number:
            found.append(f"row {number}: «{' '.join(map(str, key))}» stands in row {seen[key]} already")
        problems += found
        if not found:
            usable[number] = record
    return usable, problems


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Headings and filled rows of a CSV or XLSX file as texts, each row with its number in Excel."""
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="an existing CSV or XLSX", todo="check the path")
    if path.stat().st_size == 0:
        raise FileFormatError(f"{path.name} is empty.", expected="a heading row and data", todo="fill in the template")
    cells = _xlsx_cells(path) if path.suffix.lower() == ".xlsx" else _csv_cells(path)
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(cell.strip() for cell in row)]
    if not filled:
        raise FileFormatError(f"{path.name} has no filled row.", expected="a heading row and data", todo="fill it in")
    if len(filled) > MAX_ROWS:
        raise FileFormatError(
            f"{path.name} has more than {MAX_ROWS} rows.", expected="a list kept by hand", todo="split it"
        )
    header = [cell.strip() for cell in filled[0][1]]
    return header, filled[1:]


def _csv_cells(path: Path) -> list[list[str]]:
    try:
        text = decode(path.read_bytes())
    except UnicodeDecodeError:
        raise FileFormatError(f"{path.name} is not a text file.", expected="CSV in UTF-8 or Windows-1252") from None
    if "\x00" in text:
        raise FileFormatError(f"{path.name} is not a text file.", expected="CSV in UTF-8 or Windows-1252")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise FileFormatError(
            f"{path.name}, row {len(rows) + 1}: {csv_problem(error)}.",
            expected="cells of ordinary length, every quoted cell closed, one row per line",
            todo="correct the row and save the file",
        ) from None
    return rows


def csv_problem(error: csv.Error) -> str:
    """What is the matter with a row that the CSV reader refuses, in plain words.

    Examples
    --------
    >>> csv_problem(csv.Error("unexpected end of data"))
    'a quotation mark is opened and not closed, or closed too early'
    """
    text = str(error)
    if text.startswith("field larger"):
        limit = f"{csv.field_size_limit():,}"
        return f"a cell holds more than {limit} characters: its text is too long, or a quotation mark is not closed"
    if text.startswith("new-line"):
        return "a line break stands inside a cell that is not quoted"
    return "a quotation mark is opened and not closed, or closed too early"


def _xlsx_cells(path: Path) -> list[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    sheets = inspect_workbook(path, name=path.name, most=MAX_WORKBOOK_BYTES)
    if sheets[0].uncalculated:
        problems = [f"row {row}: the formula in column {letters}" for row, letters in sheets[0].uncalculated.items()]
        raise TableError(
            f"{path.name}: {so_many(len(problems), 'row holds', 'rows hold')} formulas that were never calculated.",
            problems=problems,
            todo="open the file in Excel and save it",
        )
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # they may lie
        rows = [[_cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except (*READING_FAULTS, InvalidFileException):
        raise FileFormatError(f"{path.name} is not an XLSX workbook.", expected="a workbook saved by Excel") from None
    book.close()
    return rows


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, float):
        return float_text(value)
    return value.date().isoformat() if hasattr(value, "date") else str(value)


def float_text(value: float) -> str:
    """A number of a workbook without binary noise: 12 significant digits, but never fewer than 4 decimals.

    Excel stores 0,1 + 0,2 as 0.30000000000000004. What is left after the noise is what was meant, also where it is
    too precise for the column; øre stand even in thousands of billions.

    Examples
    --------
    >>> float_text(0.30000000000000004), float_text(12345678.0)
    ('0,3', '12345678')
    """
    number = Decimal(repr(value))
    if not number.is_finite():
        return str(value)
    places = max(EXACT_DIGITS - 1 - number.adjusted(), EXACT_PLACES)
    if -number.as_tuple().exponent > places:
        number = number.quantize(Decimal(1).scaleb(-places))
    return f"{number.normalize():f}".replace(".", ",")


def _column_name(heading: str, table: Table) -> str | None:
    for column in table.columns:
        if heading.casefold() in (column.name, column.heading.casefold(), *map(str.casefold, column.also)):
            return column.name
    return None


def _record(number: int, cells: Mapping[str, str], table: Table, problems: list[str]) -> dict:
    record = {}
    for column in table.columns:
        try:
            record[column.name] = read_cell(cells.get(column.name, ""), column)
        except ValueError as problem:
            problems.append(f"row {number}, «{column.heading}»: {problem}")
    return record


def read_cell(
    cell: str, column: Column, *, decimal_mark: str = ",", date_formats: tuple[str, ...] = DANISH_DATES
) -> object:
    """Read one cell as its column's type; None where it is empty.

    Parameters
    ----------
    cell : str
        As printed.
    column : Column
        Says type, allowed values, and whether the cell must be filled.
    decimal_mark : {",", "."}
        What separates the decimals.
    date_formats : tuple of str
        Names such as `dd-mm-yyyy`.

    Raises
    ------
    ValueError
        If it cannot be read, is missing where it is required, is not one of the allowed values, or is larger or
        finer than the column's type holds.

    Examples
    --------
    >>> read_cell("1,005", Column("maximum_amount", "decimal(18,2)", "Maksimum", ""))
    Traceback (most recent call last):
    ValueError: has more than 2 decimals
    """
    readers = {TEXT: str, DATE: lambda text: read_date(text, date_formats), FLAG: read_flag, WHOLE: _whole}
    read = readers.get(column.type, lambda text: _decimal(text, column.type, decimal_mark))
    value = read(cell.strip()) if cell.strip() else None
    if value is None and column.required:
        raise ValueError("is empty")
    if value is not None and column.allowed and value not in column.allowed:
        raise ValueError(f"«{value}» is not one of {', '.join(column.allowed)}")
    return value


def _whole(cell: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(cell):
        raise ValueError(f"«{cell}» is not a whole number")
    if len(cell) > LONGEST_WHOLE or not -(2**63) <= int(cell) < 2**63:
        raise ValueError("is too large")
    return int(cell)


def _decimal(cell: str, type_: str, decimal_mark: str) -> Decimal | None:
    amount = read_amount(cell, decimal_mark)
    return None if amount is None else fitted(amount, type_)


def fitted(amount: Decimal, type_: str) -> Decimal:
    """A number with the decimals of an Ibis decimal type; nothing is rounded away.

    Raises
    ------
    ValueError
        If it is too large for the type, or has more decimals.

    Examples
    --------
    >>> fitted(Decimal("1.5000"), "decimal(18,2)")
    Decimal('1.50')
    """
    precision, scale = map(int, _DECIMAL_TYPE.fullmatch(type_).groups())
    if amount and amount.adjusted() >= precision - scale:
        raise ValueError("is too large")
    exact = amount.quantize(Decimal(1).scaleb(-scale), context=Context(prec=precision + 1))
    if exact != amount:
        raise ValueError(f"has more than {scale} decimals")
    return exact


def read_own_table(municipality: Municipality, table: Table, problems: list[str]) -> list[dict]:
    """Read a table in a municipality's folder; no rows where it is missing; what is wrong joins `problems`."""
    path = municipality.folder / f"{table.name}.csv"
    if not path.is_file():
        return []
    try:
        return read_template(path, table).to_pylist()
    except (TableError, FileFormatError) as error:
        problems += [f"{path.name}, {problem}" for problem in error.problems or (error.what,)]
        return []


def template_text(table: Table) -> str:
    """A blank table as CSV: Danish headings, one example row; semicolon and UTF-8 with a byte order mark for Excel."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    columns = table.filled_in
    writer.writerow([c.heading for c in columns])
    writer.writerow([c.example for c in columns])
    return "\ufeff" + out.getvalue()


def write_templates(folder: Path) -> list[Path]:
    """Write blank tables to fill in, as CSV and as XLSX whose text columns stay text, and the settings file.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.

    Returns
    -------
    list of Path
        The files written.
    """
    from procurement_kit.outgoing import outgoing, write_outgoing

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in TEMPLATES:
        path = folder / f"{table.name}.csv"
        with outgoing(path) as unfinished:
            unfinished.write_bytes(template_text(table).encode("utf-8"))
        with outgoing(folder / f"{table.name}.xlsx") as unfinished:
            _write_blank_workbook(unfinished, table)
        written += [path, path.with_suffix(".xlsx")]
    texts = {SETTINGS_FILE: settings_template(), "profiles/invoice_lines.toml": lines_profile()}
    for name, text in texts.items():
        write_outgoing(folder / name, text)
    return [*written, *(folder / name for name in texts)]


def _write_blank_workbook(path: Path, table: Table) -> None:
    from datetime import datetime

    import xlsxwriter

    columns = table.filled_in
    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": table.heading, "created": datetime(2025, 1, 1)})
    sheet = book.add_worksheet(table.heading[:31])
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "text_wrap": True})
    for number, column in enumerate(columns):
        sheet.set_column(number, number, max(14, len(column.heading) + 2), text if column.type == TEXT else None)
        sheet.write_string(0, number, column.heading, bold)
        sheet.write_comment(0, number, f"{column.name}: {column.meaning} {' | '.join(column.allowed)}".strip())
        sheet.write_string(1, number, column.example, text)
    sheet.freeze_panes(1, 0)
    book.close()


def lines_profile() -> str:
    """The import profile that reads a filled-in `invoice_lines` table."""
    filled = [c for c in INVOICE_LINES.filled_in if not c.name.startswith("labelled_")]
    labels = [c for c in INVOICE_LINES.filled_in if c.name.startswith("labelled_")]
    needed = ("document_amount", "supplier_name", "invoice_date", "document_number")
    optional = ", ".join(f'"{c.name}"' for c in (*filled, *labels) if c.name not in needed)
    rows = ["# Reads invoice_lines.csv as it is filled in; council_spend.toml explains every key.", ""]
    rows += ['name = "invoice_lines"', 'version = "1"', 'vat_basis = "ex"', 'sign = "positive_is_spend"']
    rows += [f"optional = [{optional}]", "", "[format]", 'encoding = "auto"', 'delimiter = "auto"']
    rows.append('decimal_mark = ","')
    rows += ['date_formats = ["dd-mm-yyyy", "dd.mm.yyyy", "dd/mm/yyyy", "yyyy-mm-dd"]', "", "[columns]"]
    rows += [f'{c.name} = ["{c.heading}", "{c.name}"]' for c in filled]
    rows += ["", "[constants]", 'document_currency = "DKK"', 'document_type = "posting"']
    rows += ["", "[pad]", "supplier_number = 8", "", "[labels]"]
    rows += [f'{c.name} = ["{c.heading}", "{c.name}"]' for c in labels]
    return "\n".join(rows) + "\n"


def settings_template() -> str:
    """A `municipality.toml` with every setting and its default, explained."""
    from dataclasses import fields

    rows = ["# Settings of a municipality. Lines that start with # are defaults and may be left out.", ""]
    rows += ['title = "Eksempel Kommune"', 'privacy_key = "eksempel-1a2b3c4d"']
    for field in fields(Municipality):
        if field.name in SETTING_NAMES and field.name not in ("title", "privacy_key"):
            rows.append(f'# {field.name} = "{"" if field.default is None else field.default}"')
    return "\n".join(rows) + "\n"
