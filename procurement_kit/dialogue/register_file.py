"""How do rows come into the contract register that a consultant keeps, and what do they change there?

Rows are known again by number, lot and supplier. What a row says is put in; what it leaves empty, and contracts it does
not name, stay as they are. Nothing is written before it has been said what changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procurement_kit import folders
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.decision_log import csv_cell
from procurement_kit.dialogue.kept_tables import column_places, present_rows, write_rows
from procurement_kit.names import normalise_supplier_name
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_template


@dataclass(frozen=True)
class RegisterChange:
    """What rows would change in `contracts.csv`, in words, and how many are in it already or stand there alone."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same_count: int = 0
    kept_count: int = 0

    @property
    def is_change(self) -> bool:
        """Whether anything is added or changed."""
        return bool(self.added or self.changed)


def put_contracts(municipality: Municipality, rows: Iterable[Mapping], *, is_told: bool) -> RegisterChange:
    """Put rows into `contracts.csv` of a municipality's folder, or only say what that would change.

    Parameters
    ----------
    municipality : Municipality
        Whose register; its lock is taken.
    rows : iterable of mapping
        Columns of CONTRACTS; what is empty changes nothing.
    is_told : bool
        Whether the changes have been told and shall be written. Rows that are only added are written in any case.

    Returns
    -------
    RegisterChange

    Raises
    ------
    TableError, FileFormatError
        If the file that is there cannot be read.
    """
    path = municipality.folder / f"{CONTRACTS.name}.csv"
    with folders.locked(municipality):
        header, cells, delimiter = present_rows(path, CONTRACTS)
        present = read_template(path, CONTRACTS).to_pylist() if cells else []
        given = {contract_key(row): _filled(row) for row in rows}
        places = column_places(header, CONTRACTS, {name for row in given.values() for name in row})
        known = {contract_key(row): number for number, row in enumerate(present)}
        changed = {key: _differences(present[known[key]], row) for key, row in given.items() if key in known}
        added = [row for key, row in given.items() if key not in known]
        if is_told or not any(changed.values()):
            for key, names in changed.items():
                _fill(cells[known[key]], given[key], names, places, len(header))
            for row in added:
                cells.append([])
                _fill(cells[-1], row, row, places, len(header))
            if added or any(changed.values()):
                write_rows(path, header, cells, delimiter)
    told = [_told(present[known[key]], given[key], names) for key, names in changed.items() if names]
    same = sum(not names for names in changed.values())
    return RegisterChange(tuple(map(_called, added)), tuple(told), same, len(known) - len(changed))


def contract_key(row: Mapping) -> tuple[str, str, str]:
    """What a row is known by again: number, lot and normalised supplier."""
    return row["contract_number"], row.get("lot_number") or "", normalise_supplier_name(row["supplier_name"])


def _filled(row: Mapping) -> dict:
    return {column.name: row[column.name] for column in CONTRACTS.filled_in if row.get(column.name) is not None}


def _differences(present: Mapping, row: Mapping) -> list[str]:
    return [name for name, value in row.items() if name != "supplier_name" and present[name] != value]


def _fill(cells: list[str], row: Mapping, names: Iterable[str], places: Mapping[str, int], width: int) -> None:
    cells += [""] * (width - len(cells))
    for name in names:
        cells[places[name]] = csv_cell(row[name])


def _called(row: Mapping) -> str:
    return " · ".join(filter(None, (row["contract_number"], row.get("lot_number"), row["supplier_name"])))


def _told(present: Mapping, row: Mapping, names: Iterable[str]) -> str:
    parts = [f"«{CONTRACTS[name].heading}» {_shown(present[name])} → {_shown(row[name])}" for name in names]
    return f"{_called(present)}: {', '.join(parts)}"


def _shown(value: object) -> str:
    return csv_cell(value) or "(empty)"
