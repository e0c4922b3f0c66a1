"""How much of a framework agreement's maximum is used, and when will it be used up?

Counted from the contract's first day on, never before it; a contract older than the data shows the least that can have
been used. The pace is that of the last twelve months with data, fewer where there are fewer, and never scaled up. From
80 % of the maximum on there is a warning.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import LAST_DATE, NOTHING, exact_sum, frame, records, total
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.tender_basis import KnownContract, TenderBasis, months_before

if TYPE_CHECKING:
    import pyarrow as pa

WARNING_SHARE = Decimal("0.80")
PACE_MONTHS, LONGEST_DAYS = 12, 36525
USE_STATUSES = ("used_up", "warning", "runs_out", "within", "not_begun")
COLUMNS = {
    "frameworks": (
        "contract_number", "contract_title", "contract_owner", "municipality_count", "maximum_amount", "used_amount",
        "used_share", "maximum_quantity", "used_quantity", "quantity_unit", "use_basis", "first_date", "last_date",
        "year_amount", "pace_day_count", "exhaustion_date", "use_status",
    ),
    "by_municipality": ("municipality_title", "municipality_key", "contract_number", "contract_title", "used_amount",
                        "use_status", "used_share"),
    "by_month": ("contract_number", "month_date", "net_amount", "running_amount", "maximum_amount"),
}  # fmt: skip


def analyse_framework_use(cube: ibis.Table, *, period: str, basis: TenderBasis) -> Finding:
    """Follow how far each framework agreement with a maximum is used, up to the end of the period.

    Parameters
    ----------
    cube : ibis.Table
        Lines of one or several municipalities. *Reads* `municipality_name`, `contract_number`, `contract_status`,
        `invoice_date`, `net_amount`, `quantity`, `unit_code`.
    period : str
        Its last day is the day that is looked back from.
    basis : TenderBasis
        Contracts with their days and maxima. One of the community is used by all of its members together.

    Returns
    -------
    Finding
        Key "framework_use"; tables `frameworks` (main), `by_municipality`, `by_month`.
    """
    today = parse_period(period).last_date
    held = [c for c in basis.contracts if c.maximum is not None or c.maximum_quantity is not None]
    held = [c for c in held if c.last >= today]
    lines = _lines(cube, held, today)
    used = _used(lines, today) if lines is not None else []
    days = _data_days(cube)
    rows = [_framework(found, used, days, today) for found in _frameworks(held).values()]
    rows.sort(key=lambda row: (-(row["used_share"] or 0), row["contract_number"]))
    tables = {"frameworks": rows, "by_municipality": _members(rows, basis), "by_month": _months(rows)}
    return Finding(
        key="framework_use",
        numbers=_numbers(rows, basis, today),
        tables={name: frame(found, COLUMNS[name]) for name, found in tables.items()},
        checks=_checks(tables, used, lines),
        caveats=("framework_use_at_least",) if any(row["use_basis"] == "at_least" for row in rows) else (),
        definition=_definition(used),
        parameters={"period": parse_period(period).label},
    )


# --- kroner, in the engine ------------------------------------------------------------------------------------------


def _lines(cube: ibis.Table, held: list[KnownContract], today: date) -> ibis.Table | None:
    """Lines on the contracts up to the day, each with the first day of its contract."""
    if not held:
        return None
    firsts = ibis.memtable(_first_days(held))
    lines = cube.filter((cube.contract_status == "on_contract") & (cube.invoice_date <= today))
    keys = [lines.municipality_name == firsts.held_municipality, lines.contract_number == firsts.held_number]
    return lines.inner_join(firsts, keys)


def _first_days(held: list[KnownContract]) -> "pa.Table":
    import pyarrow as pa

    return pa.table(
        {
            "held_municipality": pa.array([c.municipality for c in held], pa.string()),
            "held_number": pa.array([c.number for c in held], pa.string()),
            "held_from": pa.array([c.first for c in held], pa.date32()),
            "held_unit": pa.array([c.quantity_unit or None for c in held], pa.string()),
        }
    )


def _used(lines: ibis.Table, today: date) -> list[dict]:
    """Kroner and quantity per municipality, contract and month; what lies before the contract's start is marked."""
    recent = lines.invoice_date > months_before(today, PACE_MONTHS)
    marked = lines.mutate(
        is_before=lines.invoice_date < lines.held_from,
        month_date=lines.invoice_date.truncate("M").cast("date"),
        is_recent=recent,
    )
    by = ["municipality_name", "contract_number", "is_before", "month_date"]
    grouped = marked.group_by(by).aggregate(
        net_amount=exact_sum(marked),
        year_amount=exact_sum(marked, marked.is_recent),
        used_quantity=marked.quantity.sum(where=marked.unit_code == marked.held_unit),
    )
    rows = [
        {**row, **{name: row[name] or Decimal(0) for name in ("net_amount", "year_amount", "used_quantity")}}
        for row in records(grouped)
    ]
    return sorted(rows, key=lambda row: (row["contract_number"], row["month_date"], row["municipality_name"]))


def _data_days(cube: ibis.Table) -> dict[str, date]:
    """Municipality → first day of the month of its first line: data come by whole months."""
    days = cube.group_by("municipality_name").aggregate(first_date=cube.invoice_date.min())
    return {row["municipality_name"]: row["first_date"].replace(day=1) for row in records(days) if row["first_date"]}


# --- frameworks -----------------------------------------------------------------------------------------------------


def _frameworks(held: Iterable[KnownContract]) -> dict[tuple, list[KnownContract]]:
    """Contracts that share a maximum: a community's is one for all its members, every other one stands alone."""
    found: dict[tuple, list[KnownContract]] = {}
    for contract in held:
        place = "" if contract.owner == "community" else contract.municipality
        found.setdefault((place, contract.number), []).append(contract)
    return found


def _framework(found: list[KnownContract], used: list[dict], days: Mapping[str, date], today: date) -> dict:
    names, head = {c.municipality for c in found}, found[0]
    own = [r for r in used if r["contract_number"] == head.number and r["municipality_name"] in names]
    own = [r for r in own if not r["is_before"]]
    first, last = min(c.first for c in found), max(c.last for c in found)
    maximum = max((c.maximum for c in found if c.maximum is not None), default=None)
    most = max((c.maximum_quantity for c in found if c.maximum_quantity is not None), default=None)
    amount, quantity = total(own), sum((row["used_quantity"] for row in own), Decimal(0))
    shares = [part for part in (share(amount, maximum), share(quantity, most)) if part is not None]
    since = max(first, min((days[name] for name in names if name in days), default=first))
    pace_days = max(0, (today - max(since - timedelta(days=1), months_before(today, PACE_MONTHS))).days)
    row = {
        "contract_number": head.number, "contract_title": head.title, "contract_owner": head.owner,
        "municipality_count": len(names), "maximum_amount": maximum, "used_amount": amount,
        "used_share": max(shares, default=None), "maximum_quantity": most, "used_quantity": quantity if most else None,
        "quantity_unit": head.quantity_unit or None, "first_date": first,
        "last_date": last if last < LAST_DATE else None,
        "use_basis": "whole" if all(days.get(c.municipality, c.first) <= c.first for c in found) else "at_least",
        "year_amount": total(own, "year_amount"), "pace_day_count": pace_days, "months": own, "members": found,
    }  # fmt: skip
    row["exhaustion_date"] = _exhausted(row, today)
    return row | {"use_status": _status(row, today)}


def _exhausted(row: Mapping, today: date) -> date | None:
    """The day the maximum is reached if purchases go on as in the days the pace is counted over; None if never."""
    if row["maximum_amount"] is None or not row["pace_day_count"] or row["year_amount"] <= 0:
        return None
    left = max(NOTHING, row["maximum_amount"] - row["used_amount"])
    days = (left * row["pace_day_count"] / row["year_amount"]).to_integral_value(ROUND_CEILING)
    return today + timedelta(days=int(days)) if days <= LONGEST_DAYS else None


def _status(row: Mapping, today: date) -> str:
    if row["first_date"] > today:
        return "not_begun"
    if row["used_share"] is not None and row["used_share"] >= 1:
        return "used_up"
    if row["used_share"] is not None and row["used_share"] >= WARNING_SHARE:
        return "warning"
    last = row["last_date"] or LAST_DATE
    return "runs_out" if row["exhaustion_date"] and row["exhaustion_date"] <= last else "within"


def _members(rows: list[dict], basis: TenderBasis) -> list[dict]:
    return [
        {
            "municipality_key": contract.municipality,
            "municipality_title": basis.titles.get(contract.municipality, contract.municipality),
            **{name: row[name] for name in ("contract_number", "contract_title", "use_status", "used_share")},
            "used_amount": total(m for m in row["months"] if m["municipality_name"] == contract.municipality),
        }
        for row in rows
        for contract in row["members"]
    ]


def _months(rows: list[dict]) -> list[dict]:
    """Kroner per month with their running sum, up to which the maximum is used."""
    found = []
    for row in rows:
        running = NOTHING
        for month in sorted({m["month_date"] for m in row["months"]}):
            amount = total(m for m in row["months"] if m["month_date"] == month)
            running += amount
            found.append({**row, "month_date": month, "net_amount": amount, "running_amount": running})
    return found


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: list[dict], basis: TenderBasis, today: date) -> dict[str, Number]:
    by_status = {status: sum(row["use_status"] == status for row in rows) for status in USE_STATUSES}
    without = [c for c in basis.contracts if c.maximum is None and c.maximum_quantity is None and c.last >= today]
    head = rows[0] if rows else {}
    return {
        "framework_count": Number(len(rows), "count"),
        "nearly_used_count": Number(by_status["used_up"] + by_status["warning"], "count"),
        "runs_out_count": Number(by_status["runs_out"], "count"),
        "used_amount": Number(total(rows, "used_amount"), "kr"),
        "maximum_amount": Number(sum((row["maximum_amount"] or 0 for row in rows), NOTHING), "kr"),
        "without_maximum_count": Number(len(without), "count"),
        "at_least_count": Number(sum(row["use_basis"] == "at_least" for row in rows), "count"),
        "most_used_title": Number(head.get("contract_title"), "text"),
        "most_used_share": Number(head.get("used_share"), "share"),
        "as_of_date": Number(today, "date"),
    }


def _checks(tables: Mapping[str, list[dict]], used: list[dict], lines: ibis.Table | None) -> tuple[Check, ...]:
    rows = tables["frameworks"]
    whole = NOTHING if lines is None else records(lines.aggregate(net=exact_sum(lines)))[0]["net"] or NOTHING
    before = total(row for row in used if row["is_before"])
    return (
        adds_up("used and before the start sum to on contract", total(rows, "used_amount") + before, whole),
        adds_up("municipalities sum to used", total(tables["by_municipality"], "used_amount"),
                total(rows, "used_amount")),
        adds_up("months sum to used", total(tables["by_month"]), total(rows, "used_amount")),
    )  # fmt: skip


def _definition(used: list[dict]) -> Definition:
    return Definition(
        formula="used / maximum; exhaustion = day + (maximum - used) / kroner a day of the last twelve months",
        numerator="kroner on the contract from its first day on",
        denominator="maximum of the framework agreement, all lots",
        left_out="kroner on the contract before its first day",
        left_out_amount=total(row for row in used if row["is_before"]),
        source="C-23/20 Simonsen & Weel",
    )
