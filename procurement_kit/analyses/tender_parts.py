"""Which kroner of the last twelve months belong to which question of a tender?

Twelve months up to the end of the period, per municipality: the buyer is the municipality as a whole. Each krone stands
in exactly one part: exempt, granted to single citizens, of no known group, on a known contract, undecidable, or free.
Months before the first line are months without data; nothing is scaled up for them.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import NOTHING, exact_sum, key_order, lines_in, records, require_lines, total
from procurement_kit.periods import Period, parse_period
from procurement_kit.tender_basis import CPV_LENGTH, TenderBasis, month_count, month_end, months_before

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

YEAR, FOUR_YEARS = 12, 48
TENDER_PARTS = ("free", "covered", "undecidable", "citizen_granted", "exempt", "uncategorised")
KEYS = ("municipality_name", "category_code", "tender_part", "contract_status", "contract_number", "cpv", "is_expired")
EU_KINDS = {"light": "eu_light", "ordinary": "eu_goods_services", "mixed": "eu_goods_services"}


def last_year_of(period: str) -> Period:
    """The twelve months that end with the period.

    Examples
    --------
    >>> last_year_of("2025Q3").label, last_year_of("2024-01..2025-12").label
    ('2024-10..2025-09', '2025')
    """
    last = parse_period(period).last_date
    return parse_period(f"{months_before(last, YEAR - 1):%Y-%m}..{last:%Y-%m}")


def analysed(cube: ibis.Table, span: Period) -> ibis.Table:
    """Lines in scope of the span, with category group and the code of the lowest known level."""
    lines = lines_in(cube, span).filter(lambda t: t.scope_status == "in_scope")
    return lines.mutate(
        leaf_code=ibis.coalesce(lines.category_code, lines.category_2_code, lines.category_1_code),
        category_code=ibis.coalesce(lines.category_2_code, lines.category_1_code),
    )


def parted(lines: ibis.Table, tree: "CategoryTree") -> ibis.Table:
    """Analysed lines with the part they belong to."""
    granted, areas = sorted(granted_codes(tree)), sorted(code for code in tree.at_level(1) if tree.children(code))
    status = lines.contract_status
    part = ibis.cases(
        (~lines.is_addressable.fill_null(False), "exempt"),
        (lines.leaf_code.isin(granted) | lines.category_code.isin(granted), "citizen_granted"),
        (lines.category_code.isnull() | lines.category_code.isin(areas), "uncategorised"),
        (status.isin(["on_contract", "wrong_supplier"]), "covered"),
        (status == "no_known_contract", "free"),
        else_="undecidable",
    )
    return lines.mutate(
        tender_part=part,
        cpv=lines.item_cpv_code.left(CPV_LENGTH),
        is_expired=lines.contract_reason.fill_null("").contains("expired"),
    )


def granted_codes(tree: "CategoryTree") -> frozenset[str]:
    """Codes granted to single citizens, and areas of which every group is."""
    granted = tree.codes_where("is_granted_to_citizen")
    return granted | {code for code in tree.at_level(1) if (below := tree.children(code)) and granted >= {*below}}


def part_rows(cube: ibis.Table, span: Period, tree: "CategoryTree") -> list[dict]:
    """Kroner of the span by municipality, group, part, contract and CPV code."""
    lines = parted(analysed(cube, span), tree)
    grouped = lines.group_by(KEYS).aggregate(line_count=lines.count(), net_amount=exact_sum(lines))
    rows = [{**row, "net_amount": row["net_amount"] or NOTHING} for row in records(grouped)]
    require_lines(sum(row["line_count"] for row in rows), span)
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in KEYS))


def seen_months(cube: ibis.Table, span: Period) -> dict[str, int]:
    """Municipality → months of the span from its first line to its last, whenever the first one was."""
    scoped = cube.filter(cube.scope_status == "in_scope")
    days = scoped.group_by("municipality_name").aggregate(
        first_date=scoped.invoice_date.min(), last_date=scoped.invoice_date.max()
    )
    return {
        row["municipality_name"]: month_count(
            max(row["first_date"], span.first_date), min(row["last_date"], span.last_date)
        )
        for row in records(days)
        if row["first_date"]
    }


def group_sums(cube: ibis.Table, span: Period) -> dict[tuple, Decimal]:
    """(Municipality, group) → kroner analysed in the span."""
    lines = analysed(cube, span)
    grouped = lines.group_by(["municipality_name", "category_code"]).aggregate(net_amount=exact_sum(lines))
    return {(row["municipality_name"], row["category_code"]): row["net_amount"] or NOTHING for row in records(grouped)}


def kroner_by(lines: ibis.Table, *by: str) -> list[dict]:
    """Kroner per group and nothing else, sorted by the keys: counting documents would take most of the time."""
    grouped = lines.group_by(by).aggregate(net_amount=exact_sum(lines))
    rows = [{**row, "net_amount": row["net_amount"] or NOTHING} for row in records(grouped)]
    return sorted(rows, key=lambda row: key_order(row[name] for name in by))


def over_months(amount: Decimal, seen: int, months: int) -> Decimal | None:
    """Kroner of so many months seen, as an average month times a number of months; None where no month was seen.

    Examples
    --------
    >>> over_months(Decimal("411159.50"), 12, 48), over_months(Decimal("100.00"), 0, 48)
    (Decimal('1644638.00'), None)
    """
    return (amount * months / seen).quantize(NOTHING, rounding=ROUND_HALF_UP) if seen else None


def by_keys(rows: Iterable[Mapping], *keys: str) -> dict[tuple, list[Mapping]]:
    """Rows by the values of some columns, in their order."""
    found: dict[tuple, list[Mapping]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def regime_of(row: Mapping, basis: TenderBasis, tree: "CategoryTree") -> str:
    """Light, ordinary or mixed: by the line's own CPV code, else by those of its group."""
    if row["cpv"] and len(row["cpv"]) == CPV_LENGTH:
        return basis.regime([row["cpv"]])
    return basis.regime(tree[row["category_code"]].cpv_codes)


def purchase_type(code: str, tree: "CategoryTree") -> str:
    """Goods, services or works: the group's own, or that of the nearest above that has one; goods if none has."""
    return next((kind for above in reversed(tree.path(code)) if (kind := tree[above].purchase_type)), "goods")


def tested_value(amount: Decimal, seen: int, kind: str) -> tuple[str, Decimal]:
    """The basis and the value that is held against a limit.

    Goods that recur are valued by twelve months (§ 35), services without a total price by an average month × 48 (§ 38).
    Twelve months of which fewer were seen are not scaled.
    """
    if kind == "services":
        return "services_38", over_months(amount, seen, FOUR_YEARS) or NOTHING
    return "recurring_35", amount


def verdict(value: Decimal, regime: str, basis: TenderBasis, day: date) -> dict:
    """What a value of goods or services asks for on the day of the notice; a limit counts from its own kroner on."""
    kind = EU_KINDS[regime]
    eu, national = basis.threshold(kind, day), basis.threshold("national", day)
    if eu is None:
        return _said("no_threshold", None)
    if value >= eu.amount:
        status = {"light": "consider_light", "ordinary": "consider_eu", "mixed": "cpv_decides"}[regime]
        return _said(status, eu)
    if national and value >= national.amount:
        return _said("consider_national", national)
    return _said("below", national or eu)


def works_verdict(value: Decimal, basis: TenderBasis, day: date) -> dict:
    """What a work of a value asks for: quotes from one limit on, a tender above the next, EU rules from theirs."""
    eu, tender, quotes = (basis.threshold(kind, day) for kind in ("eu_works", "works_tender", "works_quotes"))
    if eu and value >= eu.amount:
        return _said("consider_eu_works", eu)
    if tender and value > tender.amount:
        return _said("consider_works_tender", tender)
    if quotes and value >= quotes.amount:
        return _said("consider_quotes", quotes)
    return _said("below" if quotes else "no_threshold", quotes)


def _said(status: str, limit: object) -> dict:
    return {
        "tender_status": status,
        "threshold_kind": limit.kind if limit else None,
        "threshold_amount": limit.amount if limit else None,
        "threshold_check": ("verified" if limit.is_verified else "unverified") if limit else None,
    }


def asks(row: Mapping) -> bool:
    """Whether somebody must take a stand on a row."""
    return row["tender_status"].startswith(("consider", "cpv"))


def month_starts(first: date, count: int, step: int = 3) -> list[date]:
    """First days of so many quarters, from that of a day on."""
    place = first.year * 12 + (first.month - 1) // step * step
    return [month_end(place + step * n - 1) + timedelta(days=1) for n in range(count)]


def amounts_of(rows: Iterable[Mapping], **wanted: object) -> Decimal:
    """Sum of the rows with these values."""
    return total(row for row in rows if all(row[name] == value for name, value in wanted.items()))
