"""Who buys what, and how large are their invoices?

Lines in scope by division (by center where no division is known) and area. An invoice is a document of one buyer with a
sum above 0; a credit note is none. A division's invoices are its own part of them: an invoice that two divisions share
counts in both, so the column of invoices may sum to more than the whole, which is counted by itself.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    lines_in,
    records,
    require_lines,
    sums_by,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis.expr.types as ir

SMALL_INVOICE = Decimal("1000")
FEWEST = 20  # small invoices, before anybody's share of them is said
LEAST_SHOWN = Decimal("500000")  # a smaller field of the heat table stays blank
DIVISION = "unit_division_name"
INVOICES = ("document_count", "mean_invoice_amount", "small_invoice_count", "small_invoice_share", "all_small_share")
COLUMNS = {
    "by_division": (DIVISION, "net_amount", "net_share", *INVOICES),
    "by_division_and_area": (DIVISION, "category_code", "category_name_da", "category_name_en", "net_amount"),
    "by_unit": (DIVISION, "unit_name", "line_count", "document_count", "supplier_count", "net_amount"),
}


def analyse_buyers(cube: "ir.Table", *, period: str, tree: CategoryTree) -> Finding:
    """Show what each division buys in each area, and how large its invoices are.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, category and unit columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    tree : CategoryTree
        Names of the areas.

    Returns
    -------
    Finding
        Key "buyers"; tables `by_division` (main), `by_division_and_area`, `by_unit`. Amounts in kroner.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    lines = lines_in(cube, span)
    lines = lines.filter(lines.scope_status == "in_scope")
    lines = lines.mutate(unit_division_name=ibis.coalesce(lines.unit_division_name, lines.unit_center_name))
    whole = sums_by(lines)[0]
    require_lines(whole["line_count"], span)
    invoices = {row[DIVISION]: row for row in _invoices(lines, DIVISION)}
    areas = [{**row, "category_code": row["category_1_code"]} for row in sums_by(lines, DIVISION, "category_1_code")]
    rows = {
        "by_division": [_division(row, whole, invoices) for row in _largest(sums_by(lines, DIVISION))],
        "by_division_and_area": with_category_names(areas, tree.name),
        "by_unit": _largest(sums_by(lines, DIVISION, "unit_name")),
    }
    all_small = sum(row["small_invoice_count"] for row in rows["by_division"])
    rows["by_division"] = [
        {**row, "all_small_share": share(row["small_invoice_count"], all_small)} for row in rows["by_division"]
    ]
    return Finding(
        key="buyers",
        numbers=_numbers(rows, whole, _invoices(lines)[0]),
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, whole["net_amount"]),
        caveats=(),
        definition=Definition(
            formula="sum of net_amount per division and area; mean = sum of invoices above 0 / their number",
            numerator="lines in scope; invoices are documents with a sum above 0",
            denominator="analysed spend",
            left_out="lines whose ordering unit is not known",
            left_out_amount=total(row for row in rows["by_division"] if row[DIVISION] is None),
        ),
        parameters={"period": span.label},
    )


def _invoices(lines: "ir.Table", *by: str) -> list[dict]:
    """Invoices above 0, those under the limit, and their kroner, per part."""
    documents = lines.group_by(*by, "document_id").aggregate(net_amount=exact_sum(lines))
    is_small = (documents.net_amount > 0) & (documents.net_amount < ibis.literal(SMALL_INVOICE).cast("decimal(38,2)"))
    measures = {
        "document_count": (documents.net_amount > 0).sum(),
        "small_invoice_count": is_small.sum(),
        "invoice_amount": exact_sum(documents, documents.net_amount > 0),
    }
    found = records(documents.group_by(by).aggregate(**measures) if by else documents.aggregate(**measures))
    return [{name: row[name] or (row[name] if name in by else 0) for name in row} for row in found]


def _division(row: Mapping, whole: Mapping, invoices: Mapping) -> dict:
    found = invoices[row[DIVISION]]
    return {
        **row,
        **found,
        "net_share": share(row["net_amount"], whole["net_amount"]),
        "mean_invoice_amount": _mean(found),
        "small_invoice_share": share(found["small_invoice_count"], found["document_count"]),
    }


def _mean(found: Mapping) -> Decimal | None:
    if not found["document_count"]:
        return None
    return (Decimal(found["invoice_amount"]) / found["document_count"]).quantize(NOTHING, rounding=ROUND_HALF_EVEN)


def _largest(rows: list[dict]) -> list[dict]:
    """Most kroner first; lines without a unit last."""
    return sorted(rows, key=lambda row: (row[DIVISION] is None, -row["net_amount"], row[DIVISION] or ""))


def _checks(rows: Mapping[str, list[dict]], spend: Decimal) -> tuple[Check, ...]:
    return tuple(adds_up(f"{name} sums to analysed", total(found), spend) for name, found in rows.items())


def _numbers(rows: Mapping[str, list[dict]], whole: Mapping, invoices: Mapping) -> dict[str, Number]:
    named = [row for row in rows["by_division"] if row[DIVISION] is not None]
    first = named[0] if named else {}
    most = max(named, key=lambda row: (row["small_invoice_count"], row["net_amount"]), default={})
    is_said = invoices["small_invoice_count"] >= FEWEST
    unnamed = whole["net_amount"] - total(named)
    return {
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "division_count": Number(len(named), "count"),
        "largest_division_name": Number(first.get(DIVISION), "text"),
        "largest_division_amount": Number(first.get("net_amount"), "kr"),
        "largest_division_small_share": Number(first.get("all_small_share") if is_said else None, "share"),
        "most_small_division_name": Number(most.get(DIVISION), "text"),
        "most_small_share": Number(most.get("all_small_share") if is_said else None, "share"),
        "document_count": Number(invoices["document_count"], "count"),
        "mean_invoice_amount": Number(_mean(invoices), "kr"),
        "small_invoice_count": Number(invoices["small_invoice_count"], "count"),
        "small_invoice_share": Number(share(invoices["small_invoice_count"], invoices["document_count"]), "share"),
        "small_invoice_limit_amount": Number(SMALL_INVOICE, "kr"),
        "least_shown_amount": Number(LEAST_SHOWN, "kr"),
        "unknown_unit_amount": Number(unnamed, "kr"),
    }
