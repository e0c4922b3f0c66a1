"""How does an answer come into a table that the consultant keeps by hand?

The file keeps its own columns, their order and all that stands in them; a row with the same key is put right, else one
is added at the end. Cells that Excel would compute get an apostrophe. The file appears whole.
"""

import csv
import io
from collections.abc import Container
from pathlib import Path

from procurement_kit import folders
from procurement_kit.columns import Table
from procurement_kit.decision_log import csv_cell
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_template
from procurement_kit.values import decode


def put_row(municipality: Municipality, table: Table, row: dict, key: tuple[str, ...]) -> bool:
    """Put one row into `<table>.csv` of a municipality's folder, which is made where it is not there.

    Parameters
    ----------
    municipality : Municipality
        Whose folder; its lock is taken.
    table : Table
        Which table.
    row : dict
        Column → value; what is not given stays empty.
    key : tuple of str
        Columns that say which row is meant.

    Returns
    -------
    bool
        Whether the file was changed.

    Raises
    ------
    TableError, FileFormatError
        If the file that is there cannot be read.
    """
    path = municipality.folder / f"{table.name}.csv"
    with folders.locked(municipality):
        header, rows, delimiter = present_rows(path, table)
        places = column_places(header, table, row)
        cells = {name: csv_cell(value) for name, value in row.items()}
        found = _row_of(rows, places, cells, key)
        target = found if found is not None else []
        before = list(target)
        target += [""] * (len(header) - len(target))
        for name in table.names:
            if name in cells:
                target[places[name]] = cells[name]
        if found is not None and before == target:
            return False
        if found is None:
            rows.append(target)
        write_rows(path, header, rows, delimiter)
    return True


def present_rows(path: Path, table: Table) -> tuple[list[str], list[list[str]], str]:
    """Heading, rows and delimiter of a table kept by hand; only the heading where the file is not there.

    Raises
    ------
    TableError, FileFormatError
        If the file cannot be read.
    """
    if not path.is_file():
        return [column.heading for column in table.filled_in], [], ";"
    read_template(path, table)  # refuses what cannot be read, with every problem
    text = decode(path.read_bytes()).lstrip("\ufeff")
    delimiter = max(";,\t", key=text.split("\n", 1)[0].count)
    filled = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    return filled[0], filled[1:], delimiter


def column_places(header: list[str], table: Table, needed: Container[str]) -> dict[str, int]:
    """Where each column stands; what is needed and not there yet is added at the end of the heading."""
    names = {word.casefold(): column.name for column in table.columns for word in (column.name, column.heading)}
    known = {names.get(heading.strip().casefold()): place for place, heading in enumerate(header)}
    places = {name: place for name, place in known.items() if name}
    for column in table.filled_in:
        if column.name in needed and column.name not in places:
            places[column.name] = len(header)
            header.append(column.heading)
    return places


def write_rows(path: Path, header: list[str], rows: list[list[str]], delimiter: str) -> None:
    """Write a table kept by hand, whole; rows that were shorter than the heading stay so."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows([header, *rows])
    folders.write_text(path, "\ufeff" + out.getvalue())


def _row_of(rows: list[list[str]], places: dict[str, int], cells: dict[str, str], key: tuple[str, ...]) -> list | None:
    def cell(row: list[str], name: str) -> str:
        place = places.get(name, len(row))
        return row[place].strip() if place < len(row) else ""

    return next((row for row in rows if all(cell(row, name) == cells.get(name, "") for name in key)), None)
