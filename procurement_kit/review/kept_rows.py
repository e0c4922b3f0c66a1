"""How are rows added to a table that the consultant keeps by hand, and the last one taken out again?

The file keeps its own columns, their order and all that stands in them. Cells that Excel would compute get an
apostrophe. The file appears whole, under the municipality's lock.
"""

from collections.abc import Callable, Sequence

from procurement_kit import folders
from procurement_kit.columns import Table
from procurement_kit.decision_log import csv_cell
from procurement_kit.dialogue.kept_tables import column_places, present_rows, write_rows
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_template


def kept_rows(municipality: Municipality, table: Table) -> list[dict]:
    """The rows of `<table>.csv` in a municipality's folder, none where it is not there.

    Raises
    ------
    TableError, FileFormatError
        If the file cannot be read.
    """
    path = municipality.folder / f"{table.name}.csv"
    return read_template(path, table).to_pylist() if path.is_file() else []


def add_rows(municipality: Municipality, table: Table, rows: Sequence[dict]) -> None:
    """Add rows at the end of `<table>.csv`, which is made where it is not there.

    Parameters
    ----------
    municipality : Municipality
        Whose folder; its lock is taken.
    table : Table
        Which table.
    rows : sequence of dict
        Column → value; what is not given stays empty.

    Raises
    ------
    TableError, FileFormatError
        If the file that is there cannot be read.
    """
    path = municipality.folder / f"{table.name}.csv"
    with folders.locked(municipality):
        header, cells, delimiter = present_rows(path, table)
        needed = {name for row in rows for name, value in row.items() if value is not None}
        places = column_places(header, table, needed)
        for row in rows:
            added = [""] * len(header)
            for name, place in places.items():
                added[place] = csv_cell(row.get(name))
            cells.append(added)
        filled = [[*row, *[""] * (len(header) - len(row))] for row in cells]
        write_rows(path, header, filled, delimiter)


def take_out_last(municipality: Municipality, table: Table, *, which: Callable[[dict], bool]) -> dict | None:
    """Take the last row out of `<table>.csv` that is meant; the row, or None where there is none.

    Parameters
    ----------
    municipality : Municipality
        Whose folder; its lock is taken.
    table : Table
        Which table.
    which : callable
        Whether a row is one of those meant.

    Raises
    ------
    TableError, FileFormatError
        If the file cannot be read.
    """
    path = municipality.folder / f"{table.name}.csv"
    with folders.locked(municipality):
        rows = kept_rows(municipality, table)
        meant = [place for place, row in enumerate(rows) if which(row)]
        if not meant:
            return None
        header, cells, delimiter = present_rows(path, table)
        del cells[meant[-1]]
        write_rows(path, header, cells, delimiter)
    return rows[meant[-1]]
