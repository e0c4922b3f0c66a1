"""What is bought, by whom and from whom, and how much of what was received is procurement at all?

Everything is a sum of net amounts of lines whose invoice date lies in the period, and every table sums to its whole.
Amounts are nominal; the year before is the same months one year earlier, and is compared with only where it has lines
in at least three quarters as many months.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.largest_suppliers import largest_suppliers
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    key_order,
    largest_first,
    lines_in,
    require_lines,
    sums_by,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import Period, parse_period
from procurement_kit.price_levels import PriceLevels, sum_known
from procurement_kit.series_breaks import breaks_of, in_words

if TYPE_CHECKING:
    import ibis

COUNTS = ("line_count", "document_count", "supplier_count")
CHANGES = ("previous_amount", "change_share")
FIXED = ("repriced_amount", "fixed_change_share")  # only where the user has supplied price indices
LIMITS = ("true_low_amount", "true_high_amount", "ranking_status")  # only where a sample of lines has been judged
NAMES = ("category_name_da", "category_name_en")
SPEND = (*COUNTS, "net_amount", "net_share")
COLUMNS = {
    "by_area": ("category_code", *NAMES, "purchase_type", *SPEND, "area_only_amount", *CHANGES),
    "by_group": ("category_code", *NAMES, "category_level", "purchase_type", *SPEND, *CHANGES),
    "by_scope": ("scope_status", "line_count", "document_count", "net_amount", "net_share"),
    "by_purchase_type": ("purchase_type", "line_count", "net_amount", "net_share"),
    "by_division": ("unit_division_name", "category_code", *NAMES, *SPEND),
    "by_quarter": ("quarter_name", *SPEND),
    "top_suppliers": (
        "supplier_rank", "supplier_key", "supplier_label", "supplier_group", *SPEND, "area_count", "unit_count",
    ),
    "without_exchange_rate": ("document_currency", "line_count", "document_net_amount"),
}  # fmt: skip
DEFINITION = {
    "formula": "sum of net_amount of lines with scope_status in_scope",
    "numerator": "lines in scope, credits negative, excluding VAT",
    "denominator": "all lines taken in, duplicates and held back lines not among them",
    "left_out": "public payments, transfers, payroll, internal, property, finance, calculated, to be clarified",
    "source": "Budget- og regnskabssystem for kommuner, artskontoplan",
}


def analyse_spend(
    cube: "ibis.Table",
    *,
    period: str,
    tree: CategoryTree,
    audit: Finding | None = None,
    prices: PriceLevels | None = None,
) -> Finding:
    """Show what was bought in a period, and how it comes out of what was received.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, category, supplier and unit columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    tree : CategoryTree
        Names and purchase types of the categories.
    audit : Finding, optional
        What `estimate_accuracy` says of the same period: areas and groups get the ends of the 95 % interval of their
        right total, and whether their rank before the next one is decided.
    prices : PriceLevels, optional
        Confirmed price indices: growth is then also given in fixed prices, the year before at this year's prices.

    Returns
    -------
    Finding
        Key "spend"; tables `by_area` (main), `by_group`, `by_scope`, `by_purchase_type`, `by_division`, `by_quarter`,
        `top_suppliers`, `without_exchange_rate`. Amounts in kroner, shares between 0 and 1.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    whole = sums_by(received, amount_count=received.net_amount.count())[0]
    require_lines(whole["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    analysed = sums_by(lines)[0]
    before = _Before(lines_in(cube, span.year_before()), lines, prices or PriceLevels())
    rows = {**_category_rows(lines, tree, before), **_other_rows(received, lines, tree)}
    rows = {name: _with_share(found, whole if name == "by_scope" else analysed) for name, found in rows.items()}
    limits = {name: _limits(audit, name, span.label) for name in ("by_area", "by_group")}
    rows |= {name: with_limits(rows[name], found) for name, found in limits.items() if found}
    addressable = sums_by(lines.filter(lines.is_addressable))[0]
    rates = _without_rate(received)
    checks = _checks(rows, whole["net_amount"], analysed["net_amount"])
    numbers = _numbers(whole, analysed, addressable, rows, before, rates) | _breaks(span)
    fixed = FIXED if before.repriced is not None else ()
    return Finding(
        key="spend",
        numbers=numbers,
        tables={
            name: frame(found, COLUMNS[name] + (fixed + (LIMITS if limits[name] else ()) if name in limits else ()))
            for name, found in {**rows, "without_exchange_rate": rates}.items()
        },
        checks=checks,
        caveats=_caveats(numbers),
        definition=Definition(**DEFINITION, left_out_amount=whole["net_amount"] - analysed["net_amount"]),
        parameters={"period": span.label},
    )


class _Before:
    """Spend of the year before; everything is None where it has lines in too few months to be compared with."""

    def __init__(self, received: "ibis.Table", now: "ibis.Table", prices: PriceLevels):
        self.prices, self.repriced, self.carried = prices, None, {}
        self.lines = received.filter(received.scope_status == "in_scope")
        months, months_now = month_count(self.lines), month_count(now)
        self.months = {"month_count": months_now, "previous_month_count": months}
        self.analysed = self.addressable = None
        if months and months * 4 >= months_now * 3:
            self.analysed = sums_by(self.lines)[0]["net_amount"]
            self.addressable = sums_by(self.lines.filter(self.lines.is_addressable))[0]["net_amount"]
            self._carry()

    def _carry(self) -> None:
        """The year before at this year's prices, per area and group, where there are indices for all of it."""
        if self.prices.values:
            dated = self.lines.mutate(year=self.lines.invoice_date.year())
            parts = sums_by(dated, "year", "art_code", "category_1_code", "category_2_code")
            self.carried = self.prices.repriced(parts)
            self.repriced = sum_known(self.carried.values())

    def by(self, *columns: str) -> dict[tuple, Decimal]:
        return {tuple(row[c] for c in columns): row["net_amount"] for row in sums_by(self.lines, *columns)}

    def compared(self, row: dict, amounts: Mapping[tuple, Decimal], key: tuple) -> dict:
        """The row with the amount of the year before; a new category has no change in percent."""
        if self.analysed is None:
            return {**row, "previous_amount": None, "change_share": None}
        previous = amounts.get(key, NOTHING)
        fixed = sum_known(amount for codes, amount in self.carried.items() if codes[: len(key)] == key)
        return {
            **row,
            "previous_amount": previous,
            "change_share": change(row["net_amount"], previous),
            "repriced_amount": fixed,
            "fixed_change_share": change(row["net_amount"], fixed),
        }


def month_count(lines: "ibis.Table") -> int:
    """In how many months of the calendar there is at least one line."""
    return len(sums_by(lines.mutate(year=lines.invoice_date.year(), month=lines.invoice_date.month()), "year", "month"))


def change(now: Decimal, before: Decimal | None) -> Decimal | None:
    """Change since the year before as a share of it; None where there was nothing, or less than nothing, to grow from.

    Examples
    --------
    >>> change(Decimal("110.00"), Decimal("100.00")), change(Decimal("110.00"), Decimal("0.00"))
    (Decimal('0.100000'), None)
    """
    return share(now - before, before) if before and before > 0 else None


# --- tables ---------------------------------------------------------------------------------------------------------


def _category_rows(lines: "ibis.Table", tree: CategoryTree, before: _Before) -> dict[str, list[dict]]:
    area_only = exact_sum(lines, lines.category_1_code.notnull() & lines.category_2_code.isnull())
    old_areas, old_groups = before.by("category_1_code"), before.by("category_1_code", "category_2_code")
    areas, groups = [], []
    for row in sums_by(lines, "category_1_code", area_only_amount=area_only):
        code = row["category_1_code"]
        areas.append(before.compared({**row, "category_code": code}, old_areas, (code,)))
    for row in sums_by(lines, "category_1_code", "category_2_code"):
        code = row["category_2_code"] or row["category_1_code"]
        key = row["category_1_code"], row["category_2_code"]
        groups.append(before.compared({**row, "category_code": code}, old_groups, key))
    return {"by_area": _named(areas, tree), "by_group": _named(groups, tree)}


def _named(rows: Iterable[dict], tree: CategoryTree) -> list[dict]:
    rows = with_category_names(sorted(rows, key=largest_first), tree.name)
    return [
        {
            **row,
            "purchase_type": row["category_code"] and tree[row["category_code"]].purchase_type,
            "category_level": row["category_code"] and tree.level(row["category_code"]),
        }
        for row in rows
    ]


def _other_rows(received: "ibis.Table", lines: "ibis.Table", tree: CategoryTree) -> dict[str, list[dict]]:
    dated = lines.mutate(year=lines.invoice_date.year(), quarter=lines.invoice_date.quarter())
    units = [
        {**row, "category_code": row["category_1_code"]}
        for row in sums_by(lines, "unit_division_name", "category_1_code")
    ]
    return {
        "by_scope": sorted(
            sums_by(received, "scope_status"), key=lambda row: (-row["net_amount"], row["scope_status"])
        ),
        "by_purchase_type": _purchase_types(lines, tree),
        "by_division": with_category_names(units, tree.name),
        "by_quarter": [{**r, "quarter_name": f"{r['year']}Q{r['quarter']}"} for r in sums_by(dated, "year", "quarter")],
        "top_suppliers": largest_suppliers(lines, COUNTS),
    }


def _purchase_types(lines: "ibis.Table", tree: CategoryTree) -> list[dict]:
    """By the deepest category claimed; documents are not counted, because one may hold goods and services."""
    sums: dict[str | None, dict] = {}
    for row in sums_by(lines, "category_code"):
        kind = row["category_code"] and tree[row["category_code"]].purchase_type
        found = sums.setdefault(kind, {"purchase_type": kind, "line_count": 0, "net_amount": NOTHING})
        found["line_count"] += row["line_count"]
        found["net_amount"] += row["net_amount"]
    return [sums[kind] for kind in sorted(sums, key=lambda kind: key_order([kind]))]


def _without_rate(received: "ibis.Table") -> list[dict]:
    lines = received.filter(received.scope_status == "no_exchange_rate")
    return sums_by(lines, "document_currency", document_net_amount=exact_sum(lines, column="document_net_amount"))


def _with_share(rows: Iterable[dict], whole: Mapping) -> list[dict]:
    return [{**row, "net_share": share(row["net_amount"], whole["net_amount"])} for row in rows]


# --- what a judged sample adds --------------------------------------------------------------------------------------


def _limits(audit: Finding | None, table: str, period: str) -> dict[str, tuple]:
    """The ends of each category's interval; none where no sample of the period has been judged."""
    if audit is None or audit.parameters.get("period") != period:
        return {}
    found = audit.tables[table]
    ends = zip(found["category_code"], found["true_low_amount"], found["true_high_amount"], strict=True)
    return {code: (low, high) for code, low, high in ends if code is not None}


def with_limits(rows: Iterable[Mapping], limits: Mapping[str, tuple]) -> list[dict]:
    """Rows in their order with the ends of their intervals, each compared with the next one that has any.

    Examples
    --------
    >>> rows = [{"category_code": "01"}, {"category_code": "02"}, {"category_code": "03"}]
    >>> found = with_limits(rows, {"01": (50, 60), "02": (45, 55), "03": (1, 2)})
    >>> [row["ranking_status"] for row in found]
    ['undecided', 'decided', None]
    """
    found = []
    for row in rows:
        low, high = limits.get(row["category_code"], (None, None))
        found.append({**row, "true_low_amount": low, "true_high_amount": high, "ranking_status": None})
    known = [row for row in found if row["true_low_amount"] is not None]
    for row, after in zip(known, known[1:], strict=False):
        row["ranking_status"] = _ranking_status(row, after)
    return found


def _ranking_status(row: Mapping, after: Mapping) -> str:
    """Decided where the intervals part, reversed where they part the other way, else undecided."""
    if row["true_low_amount"] > after["true_high_amount"]:
        return "decided"
    return "reversed" if row["true_high_amount"] < after["true_low_amount"] else "undecided"


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _checks(rows: Mapping[str, list[dict]], received: Decimal, analysed: Decimal) -> tuple[Check, ...]:
    wholes = {name: ("received", received) if name == "by_scope" else ("analysed", analysed) for name in rows}
    parts = [
        adds_up(f"{name} sums to {wholes[name][0]}", total(found), wholes[name][1]) for name, found in rows.items()
    ]
    in_scope = [row for row in rows["by_scope"] if row["scope_status"] == "in_scope"]
    return (*parts, adds_up("in scope in by_scope is analysed spend", total(in_scope), analysed))


def _numbers(
    whole: dict, analysed: dict, addressable: dict, rows: Mapping[str, list[dict]], before: _Before, rates: list[dict]
) -> dict[str, Number]:
    spend, influenced = analysed["net_amount"], addressable["net_amount"]
    unclassified = total(row for row in rows["by_area"] if not row["category_code"])
    goods = total(row for row in rows["by_purchase_type"] if row["purchase_type"] == "goods")
    to_clarify = total(row for row in rows["by_scope"] if row["scope_status"] == "to_clarify")
    kroner = {
        "received_amount": whole["net_amount"],
        "analysed_amount": spend,
        "addressable_amount": influenced,
        "exempt_amount": spend - influenced,
        "left_out_amount": whole["net_amount"] - spend,
        "classified_amount": spend - unclassified,
        "unclassified_amount": unclassified,
        "area_only_amount": total(rows["by_area"], "area_only_amount"),
        "to_clarify_amount": to_clarify,
        "previous_analysed_amount": before.analysed,
        "previous_addressable_amount": before.addressable,
    }
    shares = {
        "analysed_share": share(spend, whole["net_amount"]),
        "addressable_share": share(influenced, spend),
        "unclassified_share": share(unclassified, spend),
        "goods_share": share(goods, spend),
        "change_share": change(spend, before.analysed),
        "addressable_change_share": change(influenced, before.addressable),
    }
    counts = {
        "received_line_count": whole["line_count"],
        "received_document_count": whole["document_count"],
        **{name: analysed[name] for name in COUNTS},
        **before.months,
        "no_exchange_rate_line_count": sum(row["line_count"] for row in rates),
        "unusable_line_count": whole["line_count"] - whole["amount_count"],
    }
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
        **_largest(rows),
        **_fixed(spend, before),
    }


def _fixed(spend: Decimal, before: _Before) -> dict[str, Number]:
    """Growth in fixed prices, and whose indices they are."""
    return {
        "repriced_amount": Number(before.repriced, "kr"),
        "fixed_change_share": Number(change(spend, before.repriced), "share"),
        "price_source": Number(before.prices.source or None, "text"),
    }


def _breaks(span: Period) -> dict[str, Number]:
    """The laws that break the comparison with the year before, in words."""
    found = breaks_of(span)
    words = {f"series_break_{tongue}": Number(in_words(found, tongue), "text") for tongue in ("da", "en")}
    return {**words, "series_break_count": Number(len(found), "count")}


def _largest(rows: Mapping[str, list[dict]]) -> dict[str, Number]:
    area = next((row for row in rows["by_area"] if row["category_code"]), {})
    divisions: dict[str, Decimal] = {}
    for row in rows["by_division"]:
        if row["unit_division_name"]:
            divisions[row["unit_division_name"]] = divisions.get(row["unit_division_name"], NOTHING) + row["net_amount"]
    grouped = sum(row.get("grouped_supplier_count") or 0 for row in rows["top_suppliers"])
    division = min(divisions, key=lambda name: (-divisions[name], name), default=None)
    return {
        "largest_area_name_da": Number(area.get("category_name_da"), "text"),
        "largest_area_name_en": Number(area.get("category_name_en"), "text"),
        "largest_area_amount": Number(area.get("net_amount"), "kr"),
        "largest_division_name": Number(division, "text"),
        "largest_division_amount": Number(divisions.get(division), "kr"),
        "grouped_supplier_count": Number(grouped, "count"),
    }


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    keys = {
        "unclassified": "unclassified_amount",
        "area_only": "area_only_amount",
        "to_clarify": "to_clarify_amount",
        "no_exchange_rate": "no_exchange_rate_line_count",
    }
    said = [key for key, name in keys.items() if numbers[name].value]
    return (*said, *(["no_previous_year"] if numbers["previous_analysed_amount"].value is None else []))
