"""What should be looked into first, and how many kroner is it about?

Addressable kroner are parted by group and contract status, so that each krone stands under one lever at most: past a
binding contract → use it; no known contract → put it out to tender, or gather suppliers where it is small. What it may
bring is only ever what the user has set; groups granted to citizens or under a public tariff are left alone.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from procurement_kit.category_basis import LeverRange, range_of
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    lines_in,
    require_lines,
    sums_by,
    total,
    with_category_names,
)
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

ROWS_SHOWN, MOST_PER_LEVER = 8, 4  # so that one lever does not fill the page
TENDER_FROM = Decimal("500000")  # kroner in the period without a known contract, from which a tender is the question
FEWEST_SUPPLIERS = 3  # to gather
EFFORT = {"use_contract": "S", "consolidate": "M", "tender": "L"}
NAMES = ("category_name_da", "category_name_en")
ROW = (
    "opportunity_lever", "category_code", *NAMES, "basis_amount", "gain_low_amount", "gain_high_amount", "effort",
    "owner_function", "next_step", "due_date",
)  # fmt: skip
COLUMNS = {
    "first": ("opportunity_rank", *ROW),
    "all": ("opportunity_rank", *ROW, "supplier_count", "range_source"),
    "by_lever": ("opportunity_lever", "group_count", "basis_amount", "basis_share"),
}


def analyse_opportunities(
    cube: "ibis.Table",
    *,
    period: str,
    tree: CategoryTree,
    ranges: Iterable[LeverRange] = (),
    steps: Iterable[Mapping] = (),
) -> Finding:
    """Show the levers with most kroner under them, each krone once.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* contract, category and supplier columns, `is_addressable`, `invoice_date`, `net_amount`.
    period : str
        For instance "2025". Kroner are those of the period: nothing is scaled to a year.
    tree : CategoryTree
        Names, and which groups are left alone.
    ranges : iterable of LeverRange
        What a lever may bring, as the user has set it.
    steps : iterable of mapping
        Rows of `opportunity_steps`: effort, owner, next step and date.

    Returns
    -------
    Finding
        Key "opportunities"; tables `first` (main: at most eight), `all`, `by_lever` (every addressable krone once).

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(sums_by(received)[0]["line_count"], span)
    lines = received.filter(received.is_addressable)
    quiet = tree.codes_where("is_granted_to_citizen") | tree.codes_where("is_public_tariff")
    parts = [{**row, "opportunity_lever": _lever(row, quiet)} for row in _parts(lines)]
    chosen, held = {(row["lever"], row["category_code"] or ""): row for row in steps}, tuple(ranges)
    claimed = [row for row in parts if row["opportunity_lever"] in EFFORT and row["basis_amount"] > 0]
    claimed = [{**row, **_gain(row, held, tree), **_step(row, chosen)} for row in claimed]
    claimed.sort(key=lambda row: (-row["basis_amount"], row["opportunity_lever"], row["category_code"]))
    ranked = [{**row, "opportunity_rank": rank} for rank, row in enumerate(with_category_names(claimed, tree.name), 1)]
    spend = sums_by(lines)[0]["net_amount"]
    tables = {"first": _first(ranked), "all": ranked, "by_lever": _by_lever(parts, spend)}
    return Finding(
        key="opportunities",
        numbers=_numbers(tables, spend),
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=(adds_up("by_lever sums to addressable", total(tables["by_lever"], "basis_amount"), spend),),
        caveats=(),
        definition=Definition(
            formula="addressable kroner by group and contract status; low and high = kroner × the user's shares",
            numerator="leaks, and kroner without a known contract, of groups that are not left alone",
            denominator="addressable spend",
            left_out="on contract, undecidable, voluntary, granted to citizens, too few suppliers to gather",
            left_out_amount=spend - total(ranked, "basis_amount"),
        ),
        parameters={"period": span.label},
    )


def _first(ranked: list[dict]) -> list[dict]:
    """The largest, at most so many of a lever, numbered as they stand."""
    chosen: list[dict] = []
    for row in ranked:
        alike = sum(other["opportunity_lever"] == row["opportunity_lever"] for other in chosen)
        if len(chosen) < ROWS_SHOWN and alike < MOST_PER_LEVER:
            chosen.append({**row, "opportunity_rank": len(chosen) + 1})
    return chosen


def _parts(lines: "ibis.Table") -> list[dict]:
    """Kroner per group and status; a voluntary contract is a status of its own."""
    voluntary = lines.contract_reason.fill_null("").contains("voluntary")
    lines = lines.mutate(is_voluntary=voluntary & lines.contract_status.isin(("on_contract", "wrong_supplier")))
    rows = sums_by(lines, "category_2_code", "contract_status", "is_voluntary", basis_amount=exact_sum(lines))
    return [{**row, "category_code": row["category_2_code"]} for row in rows]


def _lever(row: Mapping, quiet: frozenset[str]) -> str:
    """One lever or one reason to leave the kroner alone."""
    if row["contract_status"] == "on_contract":
        return "on_contract"
    if row["is_voluntary"]:
        return "voluntary"
    if row["category_code"] is None or row["contract_status"] == "undecidable":
        return "undecidable"
    if row["category_code"] in quiet:
        return "left_alone"
    if row["contract_status"] == "wrong_supplier":
        return "use_contract"
    if row["basis_amount"] >= TENDER_FROM:
        return "tender"
    return "consolidate" if row["supplier_count"] >= FEWEST_SUPPLIERS else "too_few"


def _gain(row: Mapping, ranges: tuple[LeverRange, ...], tree: CategoryTree) -> dict:
    held = range_of(ranges, row["opportunity_lever"], tree.path(row["category_code"]))
    if held is None:
        return {}
    return {
        "gain_low_amount": _part(row["basis_amount"], held.low_share),
        "gain_high_amount": _part(row["basis_amount"], held.high_share),
        "range_source": held.source,
    }


def _step(row: Mapping, chosen: Mapping[tuple[str, str], Mapping]) -> dict:
    lever = row["opportunity_lever"]
    said = chosen.get((lever, row["category_code"])) or chosen.get((lever, "")) or {}
    return {
        "effort": said.get("effort") or EFFORT[lever],
        "owner_function": said.get("owner_function") or lever,
        "next_step": said.get("next_step") or lever,
        "due_date": said.get("due_date"),
    }


def _part(amount: Decimal, part: Decimal) -> Decimal:
    return (amount * part).quantize(NOTHING, rounding=ROUND_HALF_EVEN)


def _by_lever(parts: Iterable[Mapping], spend: Decimal) -> list[dict]:
    sums: dict[str, dict] = {}
    for row in parts:
        found = sums.setdefault(
            row["opportunity_lever"],
            {"opportunity_lever": row["opportunity_lever"], "group_count": 0, "basis_amount": NOTHING},
        )
        found["group_count"] += 1
        found["basis_amount"] += row["basis_amount"]
    rows = [{**row, "basis_share": share(row["basis_amount"], spend)} for row in sums.values()]
    return sorted(
        rows, key=lambda row: (row["opportunity_lever"] not in EFFORT, -row["basis_amount"], row["opportunity_lever"])
    )


def _numbers(tables: Mapping[str, list[dict]], spend: Decimal) -> dict[str, Number]:
    first, ranged = tables["first"], [row for row in tables["first"] if row.get("gain_low_amount") is not None]
    return {
        "addressable_amount": Number(spend, "kr"),
        "opportunity_count": Number(len(tables["all"]), "count"),
        "shown_count": Number(len(first), "count"),
        "basis_amount": Number(total(first, "basis_amount"), "kr"),
        "basis_share": Number(share(total(first, "basis_amount"), spend), "share"),
        "low_amount": Number(total(ranged, "gain_low_amount") if ranged else None, "kr"),
        "high_amount": Number(total(ranged, "gain_high_amount") if ranged else None, "kr"),
        "ranged_count": Number(len(ranged), "count"),
        "tender_from_amount": Number(TENDER_FROM, "kr"),
    }
