"""Who was really paid?

Identity is exact: the company number, else the normalised name; persons are known by their keyed token only. A name
without a number joins the one number that bears the same name, never one of several. Found on distinct printed values.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ibis
import pyarrow as pa

from procurement_kit.exact import PERSON_PREFIX, add_lookup, without
from procurement_kit.names import firm_part, normalise_supplier_name, usable_company_number
from procurement_kit.store import arrow_schema
from procurement_kit.tables import INVOICE_LINES

PRINTED = ("supplier_number", "supplier_account_number", "supplier_name", "supplier_kind")
FOUND = ("supplier_key", "supplier_label", "supplier_match")
SUPPLIER_TYPES = dict.fromkeys((*PRINTED, *FOUND), "string")
PERSON_LABEL = "Privatperson"
ROWS_PER_BATCH = 50_000


@dataclass(frozen=True)
class SupplierNames:
    """What the distinct printed values say together.

    Parameters
    ----------
    number_of_name : dict
        Normalised name → the only company number that bears it.
    labels : dict
        Supplier key → the printed name with most lines.
    """

    number_of_name: dict[str, str]
    labels: dict[str, str]


def distinct_suppliers(lines: ibis.Table) -> ibis.Table:
    """Distinct printed suppliers with their number of lines.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `supplier_number`, `supplier_account_number`, `supplier_name`, `supplier_kind`.
    """
    return lines.group_by(PRINTED).aggregate(line_count=lines.count())


def supplier_lookup(printed: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Find the identity of each distinct printed supplier.

    Parameters
    ----------
    printed : iterable of pyarrow.RecordBatch
        As `distinct_suppliers` gives it.

    Yields
    ------
    pyarrow.Table
        The printed values with `supplier_key`, `supplier_label` and `supplier_match`.
    """
    rows = [row for batch in printed for row in batch.to_pylist()]
    names = _names(rows)
    for start in range(0, len(rows), ROWS_PER_BATCH):
        found = [_identified(row, names) for row in rows[start : start + ROWS_PER_BATCH]]
        yield pa.Table.from_pylist(found, schema=arrow_schema(SUPPLIER_TYPES))


def _names(rows: list[dict]) -> SupplierNames:
    numbers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        number = usable_company_number(row["supplier_number"])
        name = normalise_supplier_name(row["supplier_name"])
        if number and name and row["supplier_kind"] != "person":
            numbers[name].add(number)
    number_of_name = {name: next(iter(found)) for name, found in numbers.items() if len(found) == 1}
    return SupplierNames(number_of_name, _labels(rows, number_of_name))


def _labels(rows: list[dict], number_of_name: dict[str, str]) -> dict[str, str]:
    counts: dict[str, Counter] = defaultdict(Counter)
    for row in rows:
        key, match = _identity(row, number_of_name)
        if match in ("number", "name") and (row["supplier_name"] or "").strip():
            counts[key][firm_part(row["supplier_name"].strip())] += row["line_count"]
    return {key: min(found, key=lambda name: (-found[name], name)) for key, found in counts.items()}


def _identified(row: dict, names: SupplierNames) -> dict:
    key, match = _identity(row, names.number_of_name)
    label = PERSON_LABEL if match == "person" else names.labels.get(key or "", key and key[2:])
    return {**row, "supplier_key": key, "supplier_label": label, "supplier_match": match}


def _identity(row: dict, number_of_name: dict[str, str]) -> tuple[str | None, str]:
    if row["supplier_kind"] == "person":
        return f"{PERSON_PREFIX}{row['supplier_account_number'] or 'unknown'}", "person"
    if number := usable_company_number(row["supplier_number"]):
        return f"n:{number}", "number"
    name = normalise_supplier_name(row["supplier_name"])
    if not name:
        return None, "none"
    if name in number_of_name:
        return f"n:{number_of_name[name]}", "name"
    return f"s:{name}", "name"


def add_suppliers(lines: ibis.Table, suppliers: ibis.Table) -> ibis.Table:
    """Say who was really paid.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `supplier_number`, `supplier_account_number`, `supplier_name`, `supplier_kind`.
    suppliers : ibis.Table
        As `supplier_lookup` gives it.

    Returns
    -------
    ibis.Table
        *Adds* `supplier_key` ("n:" and the number, "s:" and the normalised name, "p:" and a person's token; empty where
        neither is printed), `supplier_label` and `supplier_match`.
    """
    lines = without(lines, INVOICE_LINES.schema("suppliers"))
    joined = add_lookup(lines, suppliers, PRINTED)
    return joined.mutate(supplier_match=joined.supplier_match.fill_null("none"))
