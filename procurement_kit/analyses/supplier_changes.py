"""Which suppliers are new, which are gone, and which have sent one invoice only?

An invoice is a document whose lines in scope sum to more than 0. A supplier is active in a period where it has sent at
least one. New: active in the period and never before it. Back: active in the period, not the year before, but earlier.
Gone: active the year before, not in the period. Nobody is new in the first year of the data. One-time: one invoice in
twelve months.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.analyses.supplier_change_parts import NOT_COMPARED, PART_COLUMNS, Spans, changes_by, statuses
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
    without_persons,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import Period, parse_period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procurement_kit.classifier.tree import CategoryTree

STATUSES = ("new", "back", "kept", "gone", "no_invoice")
MONTHS_IN_WINDOW, QUARTERS_IN_YEAR = 12, 4
CATEGORY = ("category_code", "category_name_da", "category_name_en")
COLUMNS = {
    "by_status": (
        "change_status", "supplier_count", "supplier_share", "net_amount", "net_share", "invoice_count",
        "previous_amount", "one_time_supplier_count",
    ),
    "changes": (
        "change_status", "supplier_key", "supplier_label", "supplier_group", "supplier_count", "net_amount",
        "previous_amount", "invoice_count", "first_invoice_date", "last_invoice_date",
    ),
    "one_time": (
        "supplier_key", "supplier_label", "supplier_group", "supplier_count", "net_amount", "invoice_count",
        "last_invoice_date",
    ),
    "timeline": (
        "quarter_name", "active_supplier_count", "new_supplier_count", "gone_supplier_count",
    ),
    "by_group": (*CATEGORY, *PART_COLUMNS),
    "by_area": (*CATEGORY, *PART_COLUMNS),
    "by_unit": ("unit_division_name", "unit_name", *PART_COLUMNS),
}  # fmt: skip


def analyse_supplier_changes(cube: ibis.Table, *, period: str, tree: "CategoryTree | None" = None) -> Finding:
    """Show new, gone and one-time suppliers of a period, when they came and went, and where.

    Parameters
    ----------
    cube : ibis.Table
        All lines there are, not those of the period only. *Reads* `scope_status`, supplier, category and unit
        columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025"; compared with the same months one year earlier, where these are there in at least three
        quarters of the months.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "supplier_changes"; tables `by_status` (main), `changes`, `one_time`, `timeline`, `by_group`, `by_area`,
        `by_unit`. New and gone are empty where the year before is missing, in the timeline where twelve months before
        or after the quarter are. A supplier in several parts counts in each, its kroner once.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    before, window = span.year_before(), _window(span)
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    lines = cube.filter((cube.scope_status == "in_scope") & (cube.invoice_date <= span.last_date))
    months = _months(lines)
    is_compared = _covers(months, before, span)
    documents = _documents(lines)
    found = _suppliers(documents, span, before, window)
    rows = [{**row, "change_status": _status(row) if is_compared else None} for row in found]
    tables = _tables(rows, documents, span, months)
    tables |= _parts(lines, rows, Spans(span, before, window), tree)
    now = lines_in(lines, span)
    analysed = records(now.aggregate(net_amount=exact_sum(now)))[0]["net_amount"] or NOTHING
    return Finding(
        key="supplier_changes",
        numbers=_numbers(rows, tables, analysed) | _years(span, before, window, months),
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, tables, analysed),
        caveats=() if is_compared else ("no_previous_year",),
        definition=_definition(span, before, rows),
        parameters={"period": span.label, "compared_with": before.label if is_compared else ""},
    )


def _window(span: Period) -> Period:
    """The twelve months that end with the period."""
    last = span.last_date
    year = last.year - (last.month < MONTHS_IN_WINDOW)
    first = date(year, last.month % MONTHS_IN_WINDOW + 1, 1)
    return Period(span.label, first, last)


# --- documents and suppliers, in the engine -------------------------------------------------------------------------


def _months(lines: ibis.Table) -> list[tuple[int, int]]:
    """The months that have at least one line in scope."""
    found = lines.select(year=lines.invoice_date.year(), month=lines.invoice_date.month()).distinct()
    return sorted((row["year"], row["month"]) for row in records(found) if row["year"])


def _covers(months: list[tuple[int, int]], before: Period, span: Period) -> bool:
    """Whether the year before has lines in three quarters as many months as the period."""
    counts = [_month_count(months, part) for part in (before, span)]
    return bool(counts[0]) and counts[0] * 4 >= counts[1] * 3


def _month_count(months: list[tuple[int, int]], part: Period) -> int:
    first, last = ((day.year, day.month) for day in (part.first_date, part.last_date))
    return sum(first <= month <= last for month in months)


def _documents(lines: ibis.Table) -> ibis.Table:
    """One row per document and supplier with its kroner in scope."""
    return lines.group_by("document_id", "invoice_date", "supplier_key", "supplier_label").aggregate(
        net_amount=exact_sum(lines)
    )


def _suppliers(documents: ibis.Table, span: Period, before: Period, window: Period) -> list[dict]:
    """One row per supplier, None for lines without one: kroner and invoices now, the year before and ever."""
    is_invoice = documents.net_amount > 0
    day = documents.invoice_date
    is_now = day.between(span.first_date, span.last_date)
    is_then = day.between(before.first_date, before.last_date)
    is_late = day.between(window.first_date, window.last_date)
    grouped = documents.group_by("supplier_key", "supplier_label").aggregate(
        net_amount=exact_sum(documents, is_now),
        previous_amount=exact_sum(documents, is_then),
        window_amount=exact_sum(documents, is_late),
        invoice_count=(is_invoice & is_now).sum(),
        previous_invoice_count=(is_invoice & is_then).sum(),
        window_invoice_count=(is_invoice & is_late).sum(),
        earlier_invoice_count=(is_invoice & (day < span.first_date)).sum(),
        first_invoice_date=day.min(where=is_invoice),
        last_invoice_date=day.max(where=is_invoice),
    )
    empty = {"amount": NOTHING, "count": 0}
    rows = [
        {name: empty.get(name.rsplit("_", 1)[-1]) if value is None else value for name, value in row.items()}
        for row in records(grouped)
    ]
    return sorted(rows, key=lambda row: key_order([row["supplier_key"]]))


def _status(row: Mapping) -> str:
    if not row["supplier_key"]:
        return "unknown"
    if row["invoice_count"]:
        if row["previous_invoice_count"]:
            return "kept"
        return "back" if row["earlier_invoice_count"] else "new"
    if row["previous_invoice_count"]:
        return "gone"
    return "no_invoice" if row["net_amount"] or row["previous_amount"] else "earlier"


def _timeline(documents: ibis.Table, span: Period, months: list[tuple[int, int]]) -> list[dict]:
    """Suppliers active, come and gone per quarter; who is new needs a year before, who is gone a year after."""
    invoices = documents.filter((documents.net_amount > 0) & documents.supplier_key.notnull())
    invoices = invoices.mutate(quarter=(invoices.invoice_date.year() * 4 + invoices.invoice_date.quarter() - 1))
    lives = invoices.group_by("supplier_key").aggregate(first=invoices.quarter.min(), last=invoices.quarter.max())
    spans = records(lives.group_by("first", "last").aggregate(n=lives.count()))
    came, went = Counter(), Counter()
    for row in spans:
        came[row["first"]] += row["n"]
        went[row["last"]] += row["n"]
    active = records(invoices.group_by("quarter").aggregate(n=invoices.supplier_key.nunique()))
    active = {row["quarter"]: row["n"] for row in active}
    if not months:
        return []
    begun, ended = _quarter(*months[0]), _quarter(span.last_date.year, span.last_date.month)
    return [
        {
            "quarter_name": f"{quarter // 4}Q{quarter % 4 + 1}",
            "active_supplier_count": active.get(quarter, 0),
            "new_supplier_count": came[quarter] if quarter - begun >= QUARTERS_IN_YEAR else None,
            "gone_supplier_count": went[quarter] if ended - quarter >= QUARTERS_IN_YEAR else None,
        }
        for quarter in range(begun, ended + 1)
    ]


def _quarter(year: int, month: int) -> int:
    return year * QUARTERS_IN_YEAR + (month - 1) // 3


# --- tables ---------------------------------------------------------------------------------------------------------


def _tables(
    rows: list[dict], documents: ibis.Table, span: Period, months: list[tuple[int, int]]
) -> dict[str, list[dict]]:
    changed = [row for row in rows if row["change_status"] in ("new", "back", "gone")]
    changed = [{**row, "supplier_count": 1} for row in changed]
    shown = _undated(without_persons(changed, "change_status"))
    once = _undated(without_persons(_once(row) for row in rows if _is_one_time(row)))
    order = {status: place for place, status in enumerate(STATUSES)}
    return {
        "by_status": _by_status(rows),
        "changes": sorted(shown, key=lambda row: (order[row["change_status"]], *_largest(row))),
        "one_time": sorted(once, key=_largest),
        "timeline": _timeline(documents, span, months),
    }


def _undated(rows: Iterable[Mapping]) -> list[dict]:
    """Rows in which the persons put together have no day of their own."""
    days = dict.fromkeys(("first_invoice_date", "last_invoice_date"))
    return [{**row, **(days if row["supplier_group"] == "persons" else {})} for row in rows]


def _largest(row: Mapping) -> tuple:
    return -row["net_amount"], -row.get("previous_amount", NOTHING), row["supplier_key"]


def _is_one_time(row: Mapping) -> bool:
    return bool(row["supplier_key"]) and row["window_invoice_count"] == 1


def _once(row: Mapping) -> dict:
    """The row of a one-time supplier, with the kroner and the invoice of its window."""
    return {**row, "supplier_count": 1, "net_amount": row["window_amount"], "invoice_count": 1}


def _by_status(rows: list[dict]) -> list[dict]:
    whole, suppliers = total(rows), [row for row in rows if row["supplier_key"] and row["invoice_count"]]
    statuses = (*STATUSES, "unknown") if any(row["change_status"] for row in rows) else (None,)
    found = []
    for status in statuses:
        members = [row for row in rows if row["change_status"] == status]
        known = [row for row in members if row["supplier_key"]]
        now = [row for row in known if row["invoice_count"]]
        found.append(
            {
                "change_status": status,
                "supplier_count": len(known),
                "supplier_share": share(len(now), len(suppliers)) if now else None,
                "net_amount": total(members),
                "net_share": share(total(members), whole),
                "invoice_count": sum(row["invoice_count"] for row in members),
                "previous_amount": total(members, "previous_amount"),
                "one_time_supplier_count": sum(_is_one_time(row) for row in known),
            }
        )
    return found


def _parts(lines: ibis.Table, rows: list[dict], spans: Spans, tree: "CategoryTree | None") -> dict[str, list[dict]]:
    """The changes per category group, area and ordering unit."""
    suppliers = statuses(rows, frozenset(row["supplier_key"] for row in rows if _is_one_time(row)))
    coded = lines.mutate(category_code=ibis.coalesce(lines.category_2_code, lines.category_1_code))
    areas = lines.mutate(category_code=lines.category_1_code)
    parts = {
        "by_group": changes_by(coded, suppliers, spans, ("category_code",)),
        "by_area": changes_by(areas, suppliers, spans, ("category_code",)),
    }
    if tree:
        parts = {name: with_category_names(found, tree.name) for name, found in parts.items()}
    parts["by_unit"] = changes_by(lines, suppliers, spans, ("unit_division_name", "unit_name"))
    if any(row["change_status"] for row in rows):
        return parts
    return {name: [{**row, **NOT_COMPARED} for row in found] for name, found in parts.items()}


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: list[dict], tables: Mapping[str, list[dict]], analysed: Decimal) -> dict[str, Number]:
    found = {row["change_status"]: row for row in tables["by_status"]}
    active = sum(bool(row["supplier_key"]) and row["invoice_count"] > 0 for row in rows)
    numbers = {"analysed_amount": Number(analysed, "kr"), "supplier_count": Number(active, "count")}
    for status in ("new", "back", "gone"):
        row = found.get(status, {})
        numbers[f"{status}_supplier_count"] = Number(row.get("supplier_count"), "count")
        amount = "previous_amount" if status == "gone" else "net_amount"
        numbers[f"{status}_amount"] = Number(row.get(amount), "kr")
    numbers["new_supplier_share"] = Number(found.get("new", {}).get("supplier_share"), "share")
    once = [row for row in rows if _is_one_time(row)]
    in_window = sum(bool(row["supplier_key"]) and row["window_invoice_count"] > 0 for row in rows)
    return numbers | {
        "one_time_supplier_count": Number(len(once), "count"),
        "one_time_supplier_share": Number(share(len(once), in_window), "share"),
        "one_time_amount": Number(total(once, "window_amount"), "kr"),
    }


def _years(span: Period, before: Period, window: Period, months: list[tuple[int, int]]) -> dict[str, Number]:
    """The spans compared, by name."""
    return {
        "period_name": Number(span.label, "text"),
        "previous_period_name": Number(before.label, "text"),
        "window_first_date": Number(window.first_date, "date"),
        "window_last_date": Number(window.last_date, "date"),
        "month_count": Number(_month_count(months, span), "count"),
        "previous_month_count": Number(_month_count(months, before), "count"),
    }


def _checks(rows: list[dict], tables: Mapping[str, "Sequence[Mapping]"], analysed: Decimal) -> tuple[Check, ...]:
    listed = total(row for row in tables["changes"] if row["change_status"] != "gone")
    changed = total(row for row in tables["by_status"] if row["change_status"] in ("new", "back"))
    once = total((row for row in rows if _is_one_time(row)), "window_amount")
    sums = {"net": analysed, "one_time": once} | _compared_sums(rows)
    parts = [(name, what) for name in ("by_group", "by_area", "by_unit") for what in sums]
    return (
        *(adds_up(f"{name} sums to {what}", total(tables[name], f"{what}_amount"), sums[what]) for name, what in parts),
        adds_up("by_status sums to analysed", total(tables["by_status"]), analysed),
        adds_up("new and returned suppliers listed sum to their rows", listed, changed),
        adds_up("one-time suppliers listed sum to all of them", total(tables["one_time"]), once),
    )


def _compared_sums(rows: list[dict]) -> dict[str, Decimal]:
    """Kroner of new and of gone suppliers; nothing where the year before is missing."""
    if not any(row["change_status"] for row in rows):
        return {}
    by_status = {status: [row for row in rows if row["change_status"] == status] for status in ("new", "gone")}
    return {"new": total(by_status["new"]), "gone": total(by_status["gone"], "previous_amount")}


def _definition(span: Period, before: Period, rows: Iterable[Mapping]) -> Definition:
    return Definition(
        formula=f"new: invoice in {span.label}, none before; gone: invoice in {before.label}, none in {span.label}; "
        "one-time: one invoice in the twelve months that end with the period",
        numerator="suppliers with at least one invoice: a document whose lines in scope sum to more than 0",
        denominator=f"suppliers with an invoice in {span.label}",
        left_out="lines without a supplier; suppliers in the first year of the data are never new",
        left_out_amount=total(row for row in rows if not row["supplier_key"]),
        source="practice; the rule is named because shares of new suppliers depend on it",
    )
