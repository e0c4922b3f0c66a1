"""Which months have no data, and in which do the kroner jump?

A line's month is that of posting, else of the invoice. Each kind of source is a series of its own. A jump lies more
than 3 × 1.4826 × MAD and a quarter from the median of the other months with data; under six months none is looked for.
Worked out on exact monthly sums, with decimals.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, exact_sum, records

if TYPE_CHECKING:
    import ibis

    from procurement_kit.periods import Period

SPREADS, MAD_FACTOR = 3, Decimal("1.4826")  # 1.4826 × MAD is the standard deviation of normal data
LEAST_SHARE = 4  # a jump is more than one in four away from the usual month
FEWEST_MONTHS = 6
LONGEST_GAP = 12  # months; what lies beyond a longer gap is taken for wrongly dated
ODD = ("none", "jump_up", "jump_down", "stray")
RULE = "a month's kroner lie outside median ± 3 × 1.4826 × MAD of the other months with data, and over a quarter off"


def month_sums(lines: "ibis.Table") -> dict[str, dict[int, dict]]:
    """Lines and kroner per kind of source and month (year × 12 + month − 1), counted in the engine."""
    import ibis

    day = ibis.coalesce(lines.posting_date, lines.invoice_date)
    dated = lines.mutate(booked_year=day.year(), booked_month=day.month())
    grouped = dated.group_by("source_kind", "booked_year", "booked_month")
    found: dict[str, dict[int, dict]] = {}
    for row in records(grouped.aggregate(line_count=dated.count(), net_amount=exact_sum(dated))):
        month = row["booked_year"] * 12 + row["booked_month"] - 1
        sums = {"line_count": row["line_count"], "net_amount": row["net_amount"] or NOTHING}
        found.setdefault(row["source_kind"], {})[month] = sums
    return found


def month_rows(sums: Mapping[str, Mapping[int, Mapping]], span: "Period | None") -> list[dict]:
    """One row per kind of source and month, months without data included.

    Parameters
    ----------
    sums : mapping
        As `month_sums` gives them.
    span : Period or None
        Months asked for; without it each source's own, from its first to its last.

    Returns
    -------
    list of dict
        `month_status` is data, none, jump_up, jump_down, stray (far from all others) or outside the period.
    """
    return [row for kind in sorted(sums) for row in _series(kind, sums[kind], span)]


def odd_months(rows: Iterable[Mapping]) -> list[Mapping]:
    """The months that need a question: without data, with a jump, or far from all others."""
    odd = [row for row in rows if row["month_status"] in ODD]
    return sorted(odd, key=lambda row: (ODD.index(row["month_status"]), row["source_kind"], row["month_name"]))


def _series(kind: str, months: Mapping[int, Mapping], span: "Period | None") -> list[dict]:
    inside = range(_index(span.first_date), _index(span.last_date) + 1) if span else _main_block(months)
    amounts = {month: months[month]["net_amount"] for month in inside if month in months}
    rows = []
    for month in sorted({*inside, *months}):
        found = months.get(month)
        row = {"source_kind": kind, "month_name": month_name(month), "line_count": 0, "net_amount": NOTHING}
        if found is None:
            rows.append(row | {"month_status": "none"})
        elif month not in inside:
            rows.append(row | found | {"month_status": "outside" if span else "stray"})
        else:
            rows.append(row | found | judged(amounts, month))
    return rows


def judged(amounts: Mapping[int, Decimal], month: int) -> dict:
    """Whether a month jumps, and between which amounts the others would have it.

    Examples
    --------
    >>> year = {month: Decimal(100 + month) for month in range(11)} | {11: Decimal(400)}
    >>> judged(year, 11)["month_status"], judged(year, 11)["usual_amount"], judged(year, 0)["month_status"]
    ('jump_up', Decimal('105.00'), 'data')
    """
    others = [amount for other, amount in amounts.items() if other != month]
    if len(amounts) < FEWEST_MONTHS:
        return {"month_status": "data"}
    usual = median(others)
    reach = SPREADS * MAD_FACTOR * median(abs(amount - usual) for amount in others)
    away = amounts[month] - usual
    shown = {"usual_amount": usual, "low_amount": usual - reach, "high_amount": usual + reach}
    limits = {name: amount.quantize(NOTHING) for name, amount in shown.items()}
    if abs(away) <= reach or abs(away) * LEAST_SHARE <= abs(usual):
        return {"month_status": "data", **limits}
    return {"month_status": "jump_up" if away > 0 else "jump_down", **limits}


def _main_block(months: Iterable[int]) -> range:
    """From the first to the last month with data, without what lies beyond a gap of more than a year."""
    blocks: list[list[int]] = []
    for month in sorted(months):
        if blocks and month - blocks[-1][-1] - 1 <= LONGEST_GAP:
            blocks[-1].append(month)
        else:
            blocks.append([month])
    main = max(blocks, key=len)
    return range(main[0], main[-1] + 1)


def _index(day) -> int:
    return day.year * 12 + day.month - 1


def month_name(month: int) -> str:
    """A month as 2025-03.

    Examples
    --------
    >>> month_name(2025 * 12 + 2)
    '2025-03'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
