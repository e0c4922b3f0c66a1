"""Which contracts end when, and what must be decided within eighteen months?

Last day, option, last day of notice and a realistic start of the next tender: nine months before the end. What must be
decided counts each contract and each krone once: a contract that ends, else one whose maximum is nearly used, and
purchases without a known contract above a limit.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from procurement_kit.analyses.tender_parts import amounts_of, asks, last_year_of, month_starts, part_rows
from procurement_kit.exact import LAST_DATE, frame, total, with_category_names
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up
from procurement_kit.tender_basis import KnownContract, TenderBasis, months_before, quarter_of

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

HORIZON_MONTHS, QUARTERS = 18, 12
NEARLY_USED = ("used_up", "warning")
LESSER = ("consider_national", "consider_quotes")
DECISIONS = ("expires", "nearly_used", "free_above_limit")
CATEGORY = ("category_code", "category_name_da", "category_name_en")
COLUMNS = {
    "decisions": (
        "decision_reason", "municipality_title", "contract_number", "decision_name_da", "decision_name_en",
        "net_amount", "end_date", "notice_date", "start_date", "tender_basis", "forty_eight_month_amount",
        "used_share", "tender_status",
    ),
    "calendar": (
        "municipality_title", "contract_number", "contract_title", *CATEGORY, "contract_owner", "net_amount",
        "end_date", "option_date", "notice_date", "start_date", "quarter_name", "expiry_status",
    ),
    "by_quarter": ("quarter_name", "contract_count", "net_amount", "start_count", "notice_count"),
}  # fmt: skip


def analyse_expiries(
    cube: "ibis.Table",
    *,
    period: str,
    tree: "CategoryTree",
    basis: TenderBasis,
    beside: tuple[Finding, ...] = (),
) -> Finding:
    """Show when contracts end, and what must be decided within eighteen months of the end of the period.

    Parameters
    ----------
    cube : ibis.Table
        Lines of one or several municipalities; kroner are those of the period's last twelve months on each contract.
    period : str
        Its last day is the day that is looked forward from.
    tree : CategoryTree
        Names of the categories.
    basis : TenderBasis
        Contracts with their days.
    beside : tuple of Finding
        What `screen_tenders` and `analyse_framework_use` returned; without them their part is not among the decisions.

    Returns
    -------
    Finding
        Key "expiries"; tables `decisions` (main), `calendar`, `by_quarter`.
    """
    span = last_year_of(period)
    today = span.last_date
    spent = [row for row in part_rows(cube, span, tree) if row["contract_status"] == "on_contract"]
    running = [contract for contract in basis.contracts if contract.last >= today]
    calendar = sorted(
        (_row(contract, spent, basis, today) for contract in running),
        key=lambda row: (row["end_date"] or LAST_DATE, row["municipality_key"], row["contract_number"]),
    )
    others = {finding.key: finding for finding in beside}
    decisions = _decisions(calendar, others)
    names = frozenset(tree.codes)
    calendar = with_category_names(
        [{**row, "category_code": row["category_code"] if row["category_code"] in names else None} for row in calendar],
        tree.name,
    )
    tables = {"decisions": decisions, "calendar": calendar, "by_quarter": _quarters(calendar, today)}
    return Finding(
        key="expiries",
        numbers=_numbers(calendar, decisions, others, today),
        tables={name: frame(found, COLUMNS[name]) for name, found in tables.items()},
        checks=_checks(tables, spent, others),
        caveats=_caveats(basis, calendar),
        definition=_definition(spent, calendar),
        parameters={"period": span.label},
    )


def _caveats(basis: TenderBasis, calendar: Iterable[Mapping]) -> tuple[str, ...]:
    if not basis.contracts:
        return ("no_contracts",)
    return ("contracts_without_end",) if any(row["expiry_status"] == "no_end" for row in calendar) else ()


def _row(contract: KnownContract, spent: list[dict], basis: TenderBasis, today: date) -> dict:
    name = contract.municipality
    quarter = quarter_of(contract.end_day) if contract.end_day else "no_end"
    return {
        "municipality_key": name, "municipality_title": basis.titles.get(name, name),
        "contract_number": contract.number, "contract_title": contract.title, "contract_owner": contract.owner,
        "category_code": next(iter(contract.categories), None), "end_date": contract.end_day,
        "option_date": contract.option_last, "notice_date": contract.notice_day, "start_date": contract.start_day,
        "quarter_name": quarter, "expiry_status": _status(contract, today),
        "net_amount": amounts_of(spent, municipality_name=name, contract_number=contract.number),
    }  # fmt: skip


def _status(contract: KnownContract, today: date) -> str:
    if contract.end_day is None:
        return "no_end"
    if contract.end_day > months_before(today, -HORIZON_MONTHS):
        return "later"
    return "start_passed" if contract.start_day <= today else "within_horizon"


# --- what must be decided -------------------------------------------------------------------------------------------


def _decisions(calendar: list[dict], others: Mapping[str, Finding]) -> list[dict]:
    """Contracts that end, then those nearly used, then groups without a contract: each contract once."""
    ending = [row for row in calendar if row["expiry_status"] not in ("later", "no_end")]
    seen = {(row["municipality_key"], row["contract_number"]) for row in ending}
    nearly = [row for row in _rows_of(others, "framework_use", "by_municipality") if row["use_status"] in NEARLY_USED]
    shares = {(row["municipality_key"], row["contract_number"]): row["used_share"] for row in nearly}
    by_key = {(row["municipality_key"], row["contract_number"]): row for row in calendar}
    used = [by_key[key] for key in shares if key in by_key and key not in seen]
    rows = [_of_contract("expires", row, shares) for row in ending]
    rows += [_of_contract("nearly_used", row, shares) for row in used]
    groups = [_of_group(row) for row in _flagged(others)]
    return rows + sorted(groups, key=lambda row: (row["tender_status"] in LESSER, -row["net_amount"]))


def _of_contract(reason: str, row: Mapping, shares: Mapping) -> dict:
    key = row["municipality_key"], row["contract_number"]
    names = dict.fromkeys(("decision_name_da", "decision_name_en"), row["contract_title"])
    return {**row, **names, "decision_reason": reason, "tender_basis": None, "used_share": shares.get(key)}


def _of_group(row: Mapping) -> dict:
    names = {f"decision_name_{tongue}": row[f"category_name_{tongue}"] for tongue in ("da", "en")}
    amount = row.get("twelve_month_amount", row["tested_amount"])
    basis = row.get("tender_basis", "works_largest")
    return {
        **{name: row[name] for name in ("municipality_title", "tender_status")},
        **names, "decision_reason": "free_above_limit", "tender_basis": basis, "net_amount": amount,
        "forty_eight_month_amount": row.get("forty_eight_month_amount"),
    }  # fmt: skip


def _flagged(others: Mapping[str, Finding]) -> list[dict]:
    found = [*_rows_of(others, "tenders", "screen"), *_rows_of(others, "tenders", "works")]
    return [row for row in found if asks(row)]


def _rows_of(others: Mapping[str, Finding], key: str, table: str) -> list[dict]:
    return others[key].tables[table].to_dict("records") if key in others else []


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _quarters(calendar: list[dict], today: date) -> list[dict]:
    """Quarters ahead with what ends, starts and must be given notice in each; then what is later, and without end."""
    rows = []
    for first in month_starts(today, QUARTERS):
        name = quarter_of(first)
        rows.append(_quarter(name, calendar, lambda row, name=name: row["quarter_name"] == name))
    known = {row["quarter_name"] for row in rows} | {"no_end"}
    rows.append(_quarter("later", calendar, lambda row: row["quarter_name"] not in known))
    endless = _quarter("no_end", calendar, lambda row: row["quarter_name"] == "no_end")
    return [*rows, endless] if endless["contract_count"] else rows


def _quarter(name: str, calendar: list[dict], is_in: object) -> dict:
    found = [row for row in calendar if is_in(row)]
    starts = [row["start_date"] for row in calendar if row["start_date"]]
    notices = [row["notice_date"] for row in calendar if row["notice_date"]]
    return {
        "quarter_name": name,
        "contract_count": len(found),
        "net_amount": total(found),
        "start_count": sum(quarter_of(day) == name for day in starts),
        "notice_count": sum(quarter_of(day) == name for day in notices),
    }


def _numbers(
    calendar: list[dict], decisions: list[dict], others: Mapping[str, Finding], today: date
) -> dict[str, Number]:
    of = {reason: [row for row in decisions if row["decision_reason"] == reason] for reason in DECISIONS}
    late = [row for row in calendar if row["expiry_status"] == "start_passed"]
    counts = {
        "contract_count": len(calendar),
        "expiring_count": len(of["expires"]),
        "nearly_used_count": len(of["nearly_used"]),
        "group_count": len(of["free_above_limit"]),
        "decision_contract_count": len(of["expires"]) + len(of["nearly_used"]),
        "decision_count": len(decisions),
        "start_passed_count": len(late),
        "endless_count": sum(row["expiry_status"] == "no_end" for row in calendar),
        "has_screen": int("tenders" in others),
        "has_use": int("framework_use" in others),
    }
    kroner = {
        "expiring_amount": total(of["expires"]),
        "nearly_used_amount": total(of["nearly_used"]),
        "group_amount": total(of["free_above_limit"]),
        "decision_amount": total(decisions),
        "contract_amount": total(calendar),
    }
    return {
        **{name: Number(value, "count") for name, value in counts.items()},
        **{name: Number(value, "kr") for name, value in kroner.items()},
        "horizon_date": Number(months_before(today, -HORIZON_MONTHS), "date"),
    }


def _checks(
    tables: Mapping[str, list[dict]], spent: Iterable[Mapping], others: Mapping[str, Finding]
) -> tuple[Check, ...]:
    known = {(row["municipality_key"], row["contract_number"]) for row in tables["calendar"]}
    on_known = total(row for row in spent if (row["municipality_name"], row["contract_number"]) in known)
    contracts = [r for r in tables["decisions"] if r["decision_reason"] != "free_above_limit"]
    keys = [(row["municipality_key"], row["contract_number"]) for row in contracts]
    free = others["tenders"].numbers["free_amount"].value if "tenders" in others else 0
    groups = total(row for row in tables["decisions"] if row["decision_reason"] == "free_above_limit")
    return (
        adds_up("contracts sum to what is bought on them", total(tables["calendar"]), on_known),
        adds_up("quarters sum to contracts", total(tables["by_quarter"]), total(tables["calendar"])),
        Check("each contract is decided once", len(keys) == len(set(keys)), f"{len(keys)} contracts"),
        Check("groups hold no more than what is free", groups <= max(free, groups and free), f"{groups} of {free}"),
    )


def _definition(spent: Iterable[Mapping], calendar: list[dict]) -> Definition:
    return Definition(
        formula="start = last day - 9 months; notice = last day - months of notice; horizon = 18 months",
        numerator="contracts that end, are used to 80 % of their maximum, or are missing above a limit: each once",
        denominator="contracts in force at the end of the period, and purchases without a known contract",
        left_out="purchases on contracts that have ended since",
        left_out_amount=total(spent) - total(calendar),
        source="Kontraktregistret; udbudsloven; tilbudsloven",
    )
