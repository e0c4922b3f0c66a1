"""What could municipalities put out to tender together, and when at the earliest?

Per category group: the kroner of a year that are free of contracts in each quarter, the first day on which all are
free, the months each must bridge until then, the suppliers they share, and who passes the limit alone or only together.
A start lies nine months ahead at least; options that are not in use are not counted on.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.tender_parts import (
    EU_KINDS,
    YEAR,
    analysed,
    by_keys,
    last_year_of,
    month_starts,
    part_rows,
    parted,
    purchase_type,
    regime_of,
    seen_months,
    tested_value,
)
from procurement_kit.exact import NOTHING, PERSON_PREFIX, exact_sum, frame, records, total, with_category_names
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.tender_basis import LEAD_MONTHS, TenderBasis, month_count, months_before, quarter_of

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

QUARTERS = 12
JOINT_PARTS = ("free", "covered", "undecidable")
CATEGORY = ("category_code", "category_name_da", "category_name_en")
COLUMNS = {
    "joint": (
        *CATEGORY, "municipality_count", "net_amount", "common_start_date", "bridging_month_count",
        "end_spread_month_count", "supplier_count", "shared_supplier_count", "overlap_share", "threshold_kind",
        "threshold_amount", "threshold_check", "tender_basis", "tested_amount", "alone_count", "joint_status",
    ),
    "by_municipality": (
        *CATEGORY, "municipality_title", "net_amount", "tested_amount", "end_date", "option_date", "free_from_date",
        "bridging_month_count", "alone_status",
    ),
    "by_quarter": (*CATEGORY, "quarter_name", "municipality_count", "free_amount"),
}  # fmt: skip


def find_joint_tenders(
    cube: "ibis.Table", *, period: str, tree: "CategoryTree", basis: TenderBasis, notice_date: date | None = None
) -> Finding:
    """Find the category groups that municipalities could put out to tender together.

    Parameters
    ----------
    cube : ibis.Table
        Lines of the municipalities of a community.
    period : str
        Its last twelve months are counted; its last day is the day that is looked forward from.
    tree : CategoryTree
        Names, purchase types, CPV codes, and what is granted to single citizens.
    basis : TenderBasis
        Contracts of all members, and the limits.
    notice_date : date, optional
        When a notice would be published; by default the day after the period.

    Returns
    -------
    Finding
        Key "joint_tenders"; tables `joint` (main), `by_municipality`, `by_quarter`.
    """
    span = last_year_of(period)
    today = span.last_date
    day = notice_date or today + timedelta(days=1)
    spent = [row for row in part_rows(cube, span, tree) if row["tender_part"] in JOINT_PARTS]
    seen, shared = seen_months(cube, span), _shared_suppliers(cube, span, tree)
    groups = []
    for (code,), found in by_keys(spent, "category_code").items():
        members = [_member(name, code, rows, basis, (tree, seen, today)) for (name,), rows in
                   by_keys(found, "municipality_name").items() if total(rows) > 0]  # fmt: skip
        if len(members) > 1:
            regimes = {regime_of(row, basis, tree) for row in found}
            regime = "mixed" if len(regimes) > 1 else next(iter(regimes))
            groups.append(_group(code, members, shared.get(code, {}), (regime, basis, day, tree, today)))
    groups.sort(key=lambda row: (-row["net_amount"], row["category_code"]))
    tables = {"joint": groups, "by_municipality": [m for g in groups for m in g["members"]],
              "by_quarter": [q for g in groups for q in _quarters(g, today)]}  # fmt: skip
    return Finding(
        key="joint_tenders",
        numbers=_numbers(groups),
        tables={n: frame(with_category_names(rows, tree.name), COLUMNS[n]) for n, rows in tables.items()},
        checks=_checks(tables, spent),
        caveats=("tender_few_months",) if any(months < YEAR for months in seen.values()) else (),
        definition=_definition(groups, spent),
        parameters={"period": span.label, "notice_date": day.isoformat()},
    )


# --- members --------------------------------------------------------------------------------------------------------


def _member(name: str, code: str, rows: list[Mapping], basis: TenderBasis, view: tuple) -> dict:
    """What a municipality buys of a group in a year, and from which day it is free to buy it elsewhere."""
    tree, seen, today = view
    held = [
        contract
        for contract in basis.contracts
        if contract.municipality == name and contract.last >= today and _covers(contract.categories, code, tree)
    ]
    ends = [contract.end_day for contract in held]
    free = max((contract.free_from(today) for contract in held), default=today + timedelta(days=1))
    options = [contract.option_last for contract in held if contract.option_last]
    amount = total(rows)
    return {
        "municipality_key": name, "municipality_title": basis.titles.get(name, name), "category_code": code,
        "net_amount": amount, "end_date": None if None in ends else max(ends, default=None),
        "option_date": max(options, default=None),
        "free_from_date": free,
        "tested_amount": tested_value(amount, seen.get(name, 0), purchase_type(code, tree))[1],
    }  # fmt: skip


def _covers(categories: Iterable[str], code: str, tree: "CategoryTree") -> bool:
    """Whether a contract covers the group or a part of it."""
    return any(c in tree and (c in tree.path(code) or code in tree.path(c)) for c in categories)


def _shared_suppliers(cube: "ibis.Table", span: object, tree: "CategoryTree") -> dict[str, dict]:
    """Group → its suppliers: how many, how many sell to several members, and the share of the kroner those have."""
    lines = parted(analysed(cube, span), tree).filter(lambda t: t.tender_part.isin(JOINT_PARTS))
    firms = lines.filter(lines.supplier_key.notnull() & ~lines.supplier_key.startswith(PERSON_PREFIX))
    sold = firms.group_by("category_code", "supplier_key", "municipality_name").aggregate(net_amount=exact_sum(firms))
    sold = sold.filter(sold.net_amount > 0)
    suppliers = sold.group_by("category_code", "supplier_key").aggregate(
        net_amount=exact_sum(sold), member_count=sold.count()
    )
    is_shared = suppliers.member_count > 1
    found = suppliers.group_by("category_code").aggregate(
        supplier_count=suppliers.count(), shared_supplier_count=is_shared.sum(),
        net_amount=exact_sum(suppliers), shared_amount=exact_sum(suppliers, is_shared),
    )  # fmt: skip
    return {
        row["category_code"]: {
            "supplier_count": row["supplier_count"],
            "shared_supplier_count": row["shared_supplier_count"],
            "overlap_share": share(row["shared_amount"] or NOTHING, row["net_amount"]),
        }
        for row in records(found)
    }


# --- groups ---------------------------------------------------------------------------------------------------------


def _group(code: str, members: list[dict], suppliers: Mapping, view: tuple) -> dict:
    regime, basis, day, tree, today = view
    kind = purchase_type(code, tree)
    limit = basis.threshold("eu_works" if kind == "works" else EU_KINDS[regime], day)
    ends = [member["free_from_date"] for member in members]
    start = max(*ends, months_before(today, -LEAD_MONTHS) + timedelta(days=1))
    for member in members:
        member["bridging_month_count"] = month_count(member["free_from_date"], start - timedelta(days=1))
        member["alone_status"] = _passes(member["tested_amount"], limit)
    together = total(members, "tested_amount")
    alone = sum(member["alone_status"] == "reaches" for member in members)
    if limit is None:
        status = "no_threshold"
    else:
        status = "alone" if alone else "only_together" if together >= limit.amount else "below"
    return {
        "category_code": code, "members": members, "municipality_count": len(members), "net_amount": total(members),
        "common_start_date": start, "bridging_month_count": max(m["bridging_month_count"] for m in members),
        "end_spread_month_count": month_count(min(ends), max(ends) - timedelta(days=1)), **suppliers,
        "threshold_kind": limit.kind if limit else None, "threshold_amount": limit.amount if limit else None,
        "threshold_check": ("verified" if limit.is_verified else "unverified") if limit else None,
        "tender_basis": "services_38" if kind == "services" else "recurring_35", "tested_amount": together,
        "alone_count": alone, "joint_status": status,
    }  # fmt: skip


def _passes(value: Decimal, limit: object) -> str:
    return "no_threshold" if limit is None else "reaches" if value >= limit.amount else "below"


def _quarters(group: Mapping, today: date) -> list[dict]:
    """Kroner a year that are free on the first day of each quarter ahead."""
    rows = []
    for first in month_starts(today + timedelta(days=1), QUARTERS):
        free = [member for member in group["members"] if member["free_from_date"] <= first]
        rows.append(
            {"category_code": group["category_code"], "quarter_name": quarter_of(first),
             "municipality_count": len(free), "free_amount": total(free)}
        )  # fmt: skip
    return rows


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(groups: list[dict]) -> dict[str, Number]:
    together = [row for row in groups if row["joint_status"] == "only_together"]
    return {
        "group_count": Number(len(groups), "count"),
        "joint_amount": Number(total(groups), "kr"),
        "together_count": Number(len(together), "count"),
        "together_amount": Number(total(together), "kr"),
        "alone_count": Number(sum(row["joint_status"] == "alone" for row in groups), "count"),
        "first_start_date": Number(min((row["common_start_date"] for row in groups), default=None), "date"),
    }


def _checks(tables: Mapping[str, list[dict]], spent: list[dict]) -> tuple[Check, ...]:
    codes = {row["category_code"] for row in tables["joint"]}
    keys = {(row["category_code"], row["municipality_key"]) for row in tables["by_municipality"]}
    whole = total(row for row in spent if (row["category_code"], row["municipality_name"]) in keys)
    last = {row["category_code"]: row["free_amount"] for row in tables["by_quarter"]}
    within = all(last[row["category_code"]] <= row["net_amount"] for row in tables["joint"])
    return (
        adds_up("municipalities sum to their groups", total(tables["by_municipality"]), total(tables["joint"])),
        adds_up("groups sum to what is bought", total(tables["joint"]), whole),
        Check("no quarter frees more than is bought", within, f"{len(codes)} groups"),
    )


def _definition(groups: list[dict], spent: list[dict]) -> Definition:
    return Definition(
        formula="common start = last day on which a member becomes free, 9 months ahead at least; "
        "bridging = months from own free day to it; overlap = kroner with suppliers of several members / kroner",
        numerator="kroner of twelve months in groups that two or more members buy",
        denominator="the limit that holds on the day of the notice",
        left_out="groups that one member buys alone",
        left_out_amount=total(spent) - total(groups),
        source="Udbudsloven §§ 30, 35, 38",
    )
