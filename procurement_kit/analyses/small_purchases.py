"""How large a part of the invoices is for a few kroner?

An invoice is a document whose lines in scope sum to more than 0; its size is that sum. Documents that sum to 0 or less
are credits and stand apart. The published Danish measure counts purchases under 250 kr.; it counts orders, this counts
invoices, so the two can be compared only with that said.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    key_order,
    lines_in,
    records,
    require_lines,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

LIMIT = Decimal("250")
STEPS = tuple(map(Decimal, ("1000", "5000", "25000", "100000")))
PART = ("invoice_count", "small_invoice_count", "small_invoice_share", "net_amount", "small_amount")
COLUMNS = {
    "by_size": (
        "invoice_size", "from_amount", "below_amount", "invoice_count", "invoice_share", "net_amount", "net_share",
    ),
    "by_unit": ("unit_division_name", "unit_name", *PART),
    "by_area": ("category_code", "category_name_da", "category_name_en", *PART),
}  # fmt: skip


def analyse_small_purchases(
    cube: "ibis.Table", *, period: str, limit: Decimal = LIMIT, tree: "CategoryTree | None" = None
) -> Finding:
    """Show what share of a period's invoices is under a limit, and who sends and receives them.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, category and unit columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025".
    limit : Decimal
        Kroner excluding VAT that a small invoice stays under; 250 in the published Danish measure.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "small_purchases"; tables `by_size` (main), `by_unit`, `by_area`. An invoice with lines in several units or
        areas is counted in each of them, by the size of the whole invoice; kroner are counted once.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If the limit is not above 0.
    """
    if limit <= 0:
        raise ParameterError(
            f"{limit} kr. is no limit for small invoices.", expected="more than 0", todo="choose another"
        )
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    documents = lines.group_by("document_id").aggregate(document_total=exact_sum(lines))
    sizes = _sizes(documents, limit)
    areas = [
        {**row, "category_code": row["category_1_code"]}
        for row in _parts(lines, documents, limit, ("category_1_code",))
    ]
    rows = {
        "by_size": sizes,
        "by_unit": _parts(lines, documents, limit, ("unit_division_name", "unit_name")),
        "by_area": with_category_names(areas, tree.name) if tree else areas,
    }
    analysed = records(lines.aggregate(net_amount=exact_sum(lines)))[0]["net_amount"] or NOTHING
    return Finding(
        key="small_purchases",
        numbers=_numbers(sizes, rows["by_unit"], limit, analysed),
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, analysed),
        caveats=("unlike_orders",),
        definition=_definition(sizes),
        parameters={"period": span.label, "limit": str(limit)},
    )


# --- documents, in the engine ---------------------------------------------------------------------------------------


def _sizes(documents: "ibis.Table", limit: Decimal) -> list[dict]:
    """Invoices and kroner per size, smallest first, then credits."""
    bounds = (NOTHING, limit, *(step for step in STEPS if step > limit))
    value, sums = documents.document_total, {}
    for place, (low, high) in enumerate([*pairwise(bounds), (bounds[-1], None)]):
        is_in = (value > 0) & (value >= low)
        is_in = is_in if high is None else is_in & (value < high)
        sums |= {f"count_{place}": is_in.sum(), f"kroner_{place}": exact_sum(documents, is_in, "document_total")}
    is_credit = value.isnull() | (value <= 0)
    sums |= {"credits": is_credit.sum(), "credited": exact_sum(documents, is_credit, "document_total")}
    found = {name: value or 0 for name, value in records(documents.aggregate(**sums))[0].items()}
    rows = [
        {
            "invoice_size": "small" if place == 0 else "other",
            "from_amount": low,
            "below_amount": high,
            "invoice_count": found[f"count_{place}"],
            "net_amount": found[f"kroner_{place}"] or NOTHING,
        }
        for place, (low, high) in enumerate([*pairwise(bounds), (bounds[-1], None)])
    ]
    rows.append(
        {"invoice_size": "credit", "invoice_count": found["credits"], "net_amount": found["credited"] or NOTHING}
    )
    return _with_shares(rows)


def _with_shares(rows: list[dict]) -> list[dict]:
    """Shares of the invoices, which credits are none of, and of all kroner."""
    invoices = sum(row["invoice_count"] for row in rows if row["invoice_size"] != "credit")
    return [
        {
            **row,
            "invoice_share": None if row["invoice_size"] == "credit" else share(row["invoice_count"], invoices),
            "net_share": share(row["net_amount"], total(rows)),
        }
        for row in rows
    ]


def _parts(lines: "ibis.Table", documents: "ibis.Table", limit: Decimal, by: tuple[str, ...]) -> list[dict]:
    """Per part its invoices and kroner; an invoice is small by its whole size, wherever its lines are booked."""
    pieces = lines.group_by(*by, "document_id").aggregate(net_amount=exact_sum(lines))
    joined = pieces.inner_join(documents, "document_id")
    is_invoice = joined.document_total > 0
    is_small = is_invoice & (joined.document_total < limit)
    grouped = joined.group_by(by).aggregate(
        invoice_count=is_invoice.sum(),
        small_invoice_count=is_small.sum(),
        net_amount=exact_sum(joined),
        small_amount=exact_sum(joined, is_small),
    )
    rows = [
        {
            **row,
            "invoice_count": row["invoice_count"] or 0,
            "small_invoice_count": row["small_invoice_count"] or 0,
            "small_invoice_share": share(row["small_invoice_count"], row["invoice_count"]),
            "net_amount": row["net_amount"] or NOTHING,
            "small_amount": row["small_amount"] or NOTHING,
        }
        for row in records(grouped)
    ]
    return sorted(rows, key=lambda row: (-row["small_invoice_count"], key_order(row[name] for name in by)))


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(
    sizes: Iterable[Mapping], units: Iterable[Mapping], limit: Decimal, analysed: Decimal
) -> dict[str, Number]:
    invoices = [row for row in sizes if row["invoice_size"] != "credit"]
    small, credited = (next(row for row in sizes if row["invoice_size"] == kind) for kind in ("small", "credit"))
    top = next((row for row in units if row["unit_name"] and row["small_invoice_count"]), {})
    return {
        "limit_amount": Number(limit, "kr"),
        "analysed_amount": Number(analysed, "kr"),
        "invoice_count": Number(sum(row["invoice_count"] for row in invoices), "count"),
        "small_invoice_count": Number(small["invoice_count"], "count"),
        "small_invoice_share": Number(small["invoice_share"], "share"),
        "small_amount": Number(small["net_amount"], "kr"),
        "small_amount_share": Number(small["net_share"], "share"),
        "credit_count": Number(credited["invoice_count"], "count"),
        "credit_amount": Number(credited["net_amount"], "kr"),
        "largest_unit_name": Number(top.get("unit_name"), "text"),
        "largest_unit_small_count": Number(top.get("small_invoice_count"), "count"),
    }


def _checks(rows: Mapping[str, list[dict]], analysed: Decimal) -> tuple[Check, ...]:
    small = next(row["net_amount"] for row in rows["by_size"] if row["invoice_size"] == "small")
    return (
        *(adds_up(f"{name} sums to analysed", total(found), analysed) for name, found in rows.items()),
        adds_up("small invoices in by_unit sum to all", total(rows["by_unit"], "small_amount"), small),
        adds_up("small invoices in by_area sum to all", total(rows["by_area"], "small_amount"), small),
    )


def _definition(sizes: Iterable[Mapping]) -> Definition:
    return Definition(
        formula="invoices under the limit / all invoices",
        numerator="documents whose lines in scope sum to more than 0 and less than the limit, excluding VAT",
        denominator="documents whose lines in scope sum to more than 0",
        left_out="credits: documents that sum to 0 or less",
        left_out_amount=total(row for row in sizes if row["invoice_size"] == "credit"),
        source="Dansk Industri 2021 on Kend Din Kommune: orders under 250 kr., close to a quarter on average",
    )
