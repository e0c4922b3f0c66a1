"""Which unit ordered it, and which center and forvaltning did the unit belong to on that day?

The GLN of the invoice is looked up first, then the cost centre, both dated; without a row the name printed for the unit
stands, then the buyer's. A person who ordered is never a unit: `buyer_reference` is not read.
"""

from collections.abc import Iterable
from datetime import date

import ibis
import pyarrow as pa

from procurement_kit.errors import TableError
from procurement_kit.exact import FIRST_DATE, LAST_DATE, SPAN, add_lookup, without
from procurement_kit.settings import Municipality
from procurement_kit.store import arrow_schema
from procurement_kit.tables import INVOICE_LINES, UNITS
from procurement_kit.templates import read_template

KEY_COLUMNS = ("buyer_gln_number", "buyer_unit_number")
NAME_COLUMNS = ("unit_name", "unit_center_name", "unit_division_name")
UNIT_TYPES = dict.fromkeys(("key_column", "unit_key", *NAME_COLUMNS), "string") | SPAN


def read_units(municipality: Municipality) -> pa.Table:
    """Read `units.csv` of the municipality's folder as a lookup; empty where there is none.

    Raises
    ------
    TableError
        As `unit_lookup`.
    """
    path = municipality.folder / "units.csv"
    if not path.is_file():
        return arrow_schema(UNIT_TYPES).empty_table()
    return unit_lookup(read_template(path, UNITS), where=path.name)


def unit_lookup(units: pa.Table, *, where: str = "units") -> pa.Table:
    """One row per GLN or cost centre and span of days.

    Parameters
    ----------
    units : pyarrow.Table
        Columns of `UNITS`.
    where : str
        Name of the file for error messages.

    Raises
    ------
    TableError
        If a row names neither GLN nor cost centre, ends before it starts, or overlaps another row of the same key;
        rows are counted as Excel shows them.
    """
    rows, problems = [], []
    for number, unit in enumerate(units.to_pylist(), start=2):
        first, last = unit["valid_from_date"] or FIRST_DATE, unit["valid_to_date"] or LAST_DATE
        keys = [column for column in KEY_COLUMNS if unit[column]]
        if not keys:
            problems.append(f"row {number}: neither GLN/EAN nor Omkostningssted is filled in.")
        if last < first:
            problems.append(f"row {number}: ends {last:%d-%m-%Y}, before it starts {first:%d-%m-%Y}.")
        names = {name: unit[name] for name in NAME_COLUMNS}
        for column in keys:
            row = {"key_column": column, "unit_key": unit[column], **names, "from_date": first, "to_date": last}
            rows.append((number, row))
    problems += _overlaps(rows)
    if problems:
        raise TableError(
            f"{where}: the units cannot be used.",
            problems=problems,
            expected="for each GLN or cost centre one row per day",
            todo="correct Gælder fra and Gælder til in the rows named",
        )
    return pa.Table.from_pylist([row for _, row in rows], schema=arrow_schema(UNIT_TYPES))


def _overlaps(rows: Iterable[tuple[int, dict]]) -> list[str]:
    latest: dict[tuple[str, str], tuple[date, int]] = {}
    problems = []
    for number, row in sorted(rows, key=lambda found: (found[1]["from_date"], found[0])):
        key = row["key_column"], row["unit_key"]
        until, other = latest.get(key, (None, 0))
        if until and row["from_date"] <= until:
            heading = UNITS[row["key_column"]].heading
            problems.append(f"rows {min(number, other)} and {max(number, other)}: {heading} {key[1]} on the same days.")
        latest[key] = max(latest.get(key, (row["to_date"], number)), (row["to_date"], number))
    return problems


def add_units(lines: ibis.Table, units: ibis.Table) -> ibis.Table:
    """Name the ordering unit of each line.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `buyer_gln_number`, `buyer_unit_number`, `buyer_unit_name`, `buyer_name`, `invoice_date`.
    units : ibis.Table
        As `unit_lookup` gives it.

    Returns
    -------
    ibis.Table
        *Adds* `unit_name`, `unit_center_name`, `unit_division_name`.
    """
    lines = without(lines, INVOICE_LINES.schema("units"))
    joined = lines
    for place, column in zip(("gln", "number"), KEY_COLUMNS, strict=True):
        mine = units.filter(units.key_column == column).drop("key_column")
        mine = mine.rename({f"{place}_{name}": name for name in ("unit_key", *NAME_COLUMNS)})
        joined = add_lookup(joined, mine, {column: f"{place}_unit_key"}, is_dated=True)
    by_gln = joined.gln_unit_name.notnull()
    found = {name: by_gln.ifelse(joined[f"gln_{name}"], joined[f"number_{name}"]) for name in NAME_COLUMNS}
    found["unit_name"] = ibis.coalesce(found["unit_name"], joined.buyer_unit_name, joined.buyer_name)
    return joined.select(lines, **found)
