"""Was there a contract for what was bought, and was it used?

A contract covers its categories and all below them, for the municipalities that take part, on the days it is valid.
Validity is cut into spans of days per municipality and category, in Python, so that every line meets at most one span;
the lines themselves are only joined and compared. A contract whose categories nobody has written yet covers nothing,
but its supplier's lines cannot be decided.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from procurement_kit.exact import FIRST_DATE, LAST_DATE, SPAN, add_lookup, without
from procurement_kit.steps.contract_lists import (
    ITEM_TYPES,
    LIST_TYPES,
    TOGETHER,
    add_item_check,
    item_lookup,
    list_lookup,
)
from procurement_kit.steps.contract_register import (
    ContractRegister,
    Term,
    contract_terms,
    read_contracts,
    suppliers_without_lines,
)
from procurement_kit.store import arrow_schema
from procurement_kit.tables import INVOICE_LINES

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

__all__ = ["ContractRegister", "Term", "contract_terms", "read_contracts", "suppliers_without_lines"]
__all__ += ["CELL_TYPES", "ITEM_TYPES", "LIST_TYPES", "SUPPLIER_CELL_TYPES", "add_contracts", "contract_cells"]
__all__ += ["item_lookup", "list_lookup"]

FIRST_DAYS, ONE_DAY = timedelta(days=90), timedelta(days=1)
_PLACE = {"cell_municipality": "string", "cell_category": "string", **SPAN}
CELL_TYPES = {
    **_PLACE, "cell_contract": "string", "cell_reason": "string",
    "is_covered": "boolean", "is_partly_covered": "boolean",
}  # fmt: skip
SUPPLIER_CELL_TYPES = {
    **_PLACE, "cell_supplier": "string", "supplier_contract": "string", "is_supplier_of_part": "boolean",
    "several_contracts": "string",
}  # fmt: skip
CELL_KEYS = {"municipality_name": "cell_municipality", "category_code": "cell_category"}
SUPPLIER_CELL_KEYS = {**CELL_KEYS, "supplier_key": "cell_supplier"}
GROUP_MARK = "group "  # before the key of a group, so that it is never taken for a supplier's own
GROUP_COLUMN = "supplier_group_key"


# --- cells: spans of days per municipality and category -------------------------------------------------------------


def contract_cells(terms: Iterable[Term], tree: "CategoryTree") -> tuple[pa.Table, pa.Table]:
    """Cut validity into spans that do not overlap.

    Returns
    -------
    tuple of pyarrow.Table
        What holds per municipality, category and span; and per supplier, or group of suppliers, within those. Suppliers
        of contracts without categories stand in the second one under the empty category.
    """
    terms = list(terms)
    cells, supplier_cells = [], []
    for (municipality, category), found in sorted(_terms_by_cell(terms, tree).items()):
        place = {"cell_municipality": municipality, "cell_category": category}
        cells += [{**place, **row} for row in _cells(found)]
        supplier_cells += [{**place, **row} for row in _supplier_rows(found)]
    for municipality in sorted({term.municipality for term in terms}):
        unplaced = [(term, True) for term in terms if term.municipality == municipality and not term.categories]
        place = {"cell_municipality": municipality, "cell_category": None}
        supplier_cells += [{**place, **row} for row in _supplier_rows(unplaced)]
    return (
        pa.Table.from_pylist(cells, schema=arrow_schema(CELL_TYPES)),
        pa.Table.from_pylist(supplier_cells, schema=arrow_schema(SUPPLIER_CELL_TYPES)),
    )


def _terms_by_cell(terms: Iterable[Term], tree: "CategoryTree") -> dict[tuple[str, str], list[tuple[Term, bool]]]:
    """Terms by municipality and category, each with whether it covers that category whole (else only a part of it)."""
    cells: dict[tuple[str, str], list[tuple[Term, bool]]] = defaultdict(list)
    for term in terms:
        covered = {code for category in term.categories for code in (category, *tree.descendants(category))}
        parents = {code for category in term.categories for code in tree.path(category)} - covered
        for code in sorted(covered):
            cells[term.municipality, code].append((term, True))
        for code in sorted(parents):
            cells[term.municipality, code].append((term, False))
    return cells


def _cells(found: list[tuple[Term, bool]]) -> list[dict]:
    """What holds on each day of a municipality and category; days in a row on which the same holds are one row."""
    covering = [term for term, covers in found if covers]
    parts = _merged((term.first, term.last) for term, covers in found if not covers)
    starts = {day for first, last in parts for day in (first, last + ONE_DAY)}
    for term in covering:
        starts |= {term.first, term.last + ONE_DAY, term.first + FIRST_DAYS, term.binding_from or term.first}
    rows: list[dict] = []
    for span in _spans(starts):
        held = _cell(covering, parts, span["from_date"])
        if rows and held.items() <= rows[-1].items():
            rows[-1]["to_date"] = span["to_date"]
        else:
            rows.append({**span, **held})
    return rows


def _merged(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Spans of days put together where they meet or overlap."""
    merged: list[tuple[date, date]] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if merged and first <= merged[-1][1] + ONE_DAY:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def _spans(starts: Iterable[date]) -> list[dict]:
    """All days, cut where something starts."""
    ordered = sorted({FIRST_DATE, *(day for day in starts if FIRST_DATE <= day <= LAST_DATE)})
    ends = [day - ONE_DAY for day in ordered[1:]] + [LAST_DATE]
    return [{"from_date": start, "to_date": end} for start, end in zip(ordered, ends, strict=True)]


def _cell(covering: list[Term], parts: list[tuple[date, date]], day: date) -> dict:
    valid = [term for term in covering if term.first <= day <= term.last]
    binding = [term for term in valid if term.binding_from and term.binding_from <= day]
    chosen = binding or valid
    return {
        "cell_contract": min((term.number for term in chosen), default=None),
        "is_covered": bool(valid),
        "is_partly_covered": any(first <= day <= last for first, last in parts),
        "cell_reason": _marks(chosen, binding, day) if valid else _absence(covering, day),
    }


def _marks(chosen: list[Term], binding: list[Term], day: date) -> str:
    marks = [] if binding else ["voluntary"]
    if all(day < term.first + FIRST_DAYS for term in chosen):
        marks.append("first_90_days")
    return "".join(f" {mark}" for mark in marks)


def _absence(covering: list[Term], day: date) -> str:
    if any(term.last < day for term in covering):
        return "expired"
    return "not_begun" if covering else "no_contract"


def _supplier_rows(found: list[tuple[Term, bool]]) -> list[dict]:
    """What each supplier, and each group, has a contract for, and when; spans of one of them do not overlap."""
    by_supplier: dict[str, list[tuple[Term, bool, date, date]]] = defaultdict(list)
    for term, covers in found:
        for key in term.supplier_keys:
            by_supplier[key].append((term, covers, term.first, term.last))
        for key, first, last in term.groups:
            days = max(first, term.first), min(last, term.last)
            by_supplier[f"{GROUP_MARK}{key}"].append((term, covers, *days))
    return [{"cell_supplier": key, **row} for key in sorted(by_supplier) for row in _of_supplier(by_supplier[key])]


def _of_supplier(found: list[tuple[Term, bool, date, date]]) -> list[dict]:
    starts = {day for _, _, first, last in found for day in (first, last + ONE_DAY) if first <= last}
    rows = []
    for span in _spans(starts):
        valid = [(term, covers) for term, covers, first, last in found if first <= span["from_date"] <= last]
        numbers = {term.number for term, covers in valid if covers}
        several = TOGETHER.join(sorted(numbers)) if len(numbers) > 1 else None
        row = {"supplier_contract": min(numbers, default=None), "several_contracts": several}
        if valid:
            rows.append({**span, **row, "is_supplier_of_part": any(not covers for _, covers in valid)})
    return rows


# --- the step -------------------------------------------------------------------------------------------------------


def add_contracts(
    lines: ibis.Table, cells: ibis.Table, supplier_cells: ibis.Table, lists: ibis.Table, *, currency: str = "DKK"
) -> ibis.Table:
    """Give every line exactly one contract status.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `municipality_name`, `invoice_date`, `scope_status`, `category_code`, `supplier_key`; where it is there
        `supplier_group_key`, the group the supplier belongs to; for the item check `item_seller_number`, `unit_code`,
        `unit_price_amount`, `price_base_quantity`, `price_unit_factor`.
    cells, supplier_cells : ibis.Table
        As `contract_cells` gives them.
    lists : ibis.Table
        As `list_lookup` gives it.
    currency : str
        The currency the agreed prices are in.

    Returns
    -------
    ibis.Table
        *Adds* `contract_number`, `contract_status`, `item_check`, `contract_reason`.
    """
    lines = without(lines, INVOICE_LINES.schema("contracts"))
    joined = _with_suppliers(add_lookup(lines, cells, CELL_KEYS, is_dated=True), supplier_cells)
    status, reason = _status(joined)
    with_status = joined.select(
        lines,
        contract_number=ibis.cases(
            (status == "on_contract", ibis.coalesce(joined.supplier_contract, joined.group_supplier_contract)),
            (status == "wrong_supplier", joined.cell_contract),
        ),
        contract_status=status,
        contract_reason=reason,
        several_contracts=joined.supplier_contract.notnull().ifelse(
            joined.several_contracts, joined.group_several_contracts
        ),
    )
    return add_item_check(with_status, lists, currency).select(
        lines, "contract_number", "contract_status", "item_check", "contract_reason"
    )


def _with_suppliers(lines: ibis.Table, supplier_cells: ibis.Table) -> ibis.Table:
    """Join what the supplier has a contract for: itself, its group, and without a category."""
    joined = add_lookup(lines, supplier_cells, SUPPLIER_CELL_KEYS, is_dated=True)
    of_groups = ("supplier_contract", "is_supplier_of_part", "several_contracts")
    groups = supplier_cells.rename({f"group_{name}": name for name in of_groups})
    if GROUP_COLUMN in lines.columns:
        head = ibis.coalesce(joined[GROUP_COLUMN], joined.supplier_key)
        joined = joined.mutate(group_cell=ibis.literal(GROUP_MARK) + head)
        joined = add_lookup(joined, groups, {**CELL_KEYS, "group_cell": "cell_supplier"}, is_dated=True)
    else:
        joined = joined.mutate(**{f"group_{name}": ibis.null(SUPPLIER_CELL_TYPES[name]) for name in of_groups})
    uncategorised = supplier_cells.filter(supplier_cells.cell_category.isnull())
    uncategorised = uncategorised.select(*SPAN, "cell_municipality", "cell_supplier", open_contract="supplier_contract")
    keys = {"municipality_name": "cell_municipality", "supplier_key": "cell_supplier"}
    return add_lookup(joined, uncategorised, keys, is_dated=True)


def _status(joined: ibis.Table) -> tuple[ibis.Value, ibis.Value]:
    covered, partly = joined.is_covered.fill_null(False), joined.is_partly_covered.fill_null(False)
    marks = joined.cell_reason.fill_null("")
    of_part = joined.is_supplier_of_part.fill_null(False) | joined.group_is_supplier_of_part.fill_null(False)
    choices = (
        (joined.scope_status != "in_scope", "out_of_scope", joined.scope_status),
        (joined.category_code.isnull(), "undecidable", "no_category"),
        (joined.invoice_date.isnull(), "undecidable", "no_date"),
        (joined.supplier_contract.notnull(), "on_contract", ibis.literal("contract_supplier") + marks),
        (joined.group_supplier_contract.notnull(), "on_contract", ibis.literal("group_of_contract_supplier") + marks),
        (of_part, "undecidable", "category_too_broad"),
        (joined.open_contract.notnull(), "undecidable", "contract_without_categories"),
        (covered & joined.supplier_key.isnull(), "undecidable", "no_supplier"),
        (covered, "wrong_supplier", ibis.literal("other_supplier") + marks),
        (partly, "undecidable", "category_too_broad"),
    )
    status = ibis.cases(*((when, then) for when, then, _ in choices), else_="no_known_contract")
    reason = ibis.cases(*((when, why) for when, _, why in choices), else_=joined.cell_reason.fill_null("no_contract"))
    return status, reason
