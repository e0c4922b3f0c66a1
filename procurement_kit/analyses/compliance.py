"""How much of what can be influenced has a contract, and was the contract used?

Every line has exactly one status. Coverage counts addressable kroner with a known, valid contract; loyalty counts the
right supplier where a contract must be used. A rate over several groups is the sum of the parts, never a mean of rates.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    is_person,
    largest_first,
    lines_in,
    require_lines,
    sums_by,
    total,
    with_category_names,
    without_persons,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.tables import CONTRACT_STATUSES

if TYPE_CHECKING:
    import ibis

ADDRESSABLE_STATUSES = ("on_contract", "wrong_supplier", "no_known_contract", "undecidable")
NAMES = ("category_name_da", "category_name_en")
RATES = (
    "net_amount", *(f"{status}_amount" for status in ADDRESSABLE_STATUSES), "coverage_share",
    "binding_on_contract_amount", "leak_amount", "loyalty_share",
)  # fmt: skip
LEAK = ("unit_name", "category_code", "supplier_key", "supplier_label", "contract_number")
COLUMNS = {
    "by_status": ("contract_status", "line_count", "document_count", "net_amount", "net_share"),
    "all_lines": ("contract_status", "line_count", "document_count", "net_amount"),
    "by_area": ("category_code", *NAMES, *RATES),
    "by_group": ("category_code", *NAMES, *RATES),
    "by_division": ("unit_division_name", *RATES),
    "by_unit": ("unit_division_name", "unit_name", *RATES),
    "by_supplier": ("supplier_key", "supplier_label", "supplier_group", *RATES),
    "by_quarter": ("quarter_name", *RATES),
    "undecidable": ("contract_reason", "line_count", "document_count", "net_amount"),
    "leaks": (*LEAK, *NAMES, "line_count", "document_count", "net_amount"),
    "leaks_left_out": ("left_out_reason", "line_count", "net_amount"),
}  # fmt: skip


def analyse_compliance(cube: "ibis.Table", *, period: str, tree: CategoryTree) -> Finding:
    """Show contract coverage and loyalty of a period.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* contract, category, supplier and unit columns, `is_addressable`, `invoice_date`, `document_id`,
        `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    tree : CategoryTree
        Names of the categories, and which are granted to single citizens.

    Returns
    -------
    Finding
        Key "compliance"; tables `by_status` (main: addressable spend), `all_lines` (all five statuses), `by_area`,
        `by_group`, `by_division`, `by_unit`, `by_supplier`, `by_quarter`, `undecidable`, `leaks`, `leaks_left_out`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    whole = sums_by(received)[0]
    require_lines(whole["line_count"], span)
    lines = _marked(received.filter(received.is_addressable))
    addressable = _rated(sums_by(lines, **_measures(lines)))[0]
    rows = _rows(received, lines, tree)
    rows |= _leaks(lines, tree)
    rows["by_status"] = [
        {**row, "net_share": share(row["net_amount"], addressable["net_amount"])} for row in rows["by_status"]
    ]
    numbers = _numbers(addressable, lines, rows)
    return Finding(
        key="compliance",
        numbers=numbers,
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, whole["net_amount"], addressable),
        caveats=_caveats(numbers),
        definition=_definition(whole["net_amount"] - addressable["net_amount"]),
        parameters={"period": span.label},
    )


def _marked(lines: "ibis.Table") -> "ibis.Table":
    reason = lines.contract_reason.fill_null("")
    return lines.mutate(
        is_binding=~reason.contains("voluntary"),
        is_new=reason.contains("first_90_days"),
        year=lines.invoice_date.year(),
        quarter=lines.invoice_date.quarter(),
    )


def _measures(lines: "ibis.Table") -> dict[str, "ibis.Value"]:
    status = lines.contract_status
    sums = {f"{name}_amount": exact_sum(lines, status == name) for name in ADDRESSABLE_STATUSES}
    sums["binding_on_contract_amount"] = exact_sum(lines, (status == "on_contract") & lines.is_binding)
    sums["leak_amount"] = exact_sum(lines, (status == "wrong_supplier") & lines.is_binding)
    return sums


def _rated(rows: Iterable[dict]) -> list[dict]:
    """Rows with coverage and loyalty, each from the sums of the row."""
    return [
        {
            **row,
            "coverage_share": share(row["on_contract_amount"] + row["wrong_supplier_amount"], row["net_amount"]),
            "loyalty_share": share(
                row["binding_on_contract_amount"], row["binding_on_contract_amount"] + row["leak_amount"]
            ),
        }
        for row in rows
    ]


# --- tables ---------------------------------------------------------------------------------------------------------


def _rows(received: "ibis.Table", lines: "ibis.Table", tree: CategoryTree) -> dict[str, list[dict]]:
    def by(*columns: str) -> list[dict]:
        return sums_by(lines, *columns, **_measures(lines))

    areas = [{**row, "category_code": row["category_1_code"]} for row in by("category_1_code")]
    groups = [
        {**row, "category_code": row["category_2_code"] or row["category_1_code"]}
        for row in by("category_1_code", "category_2_code")
    ]
    undecided = lines.filter(lines.contract_status == "undecidable")
    return {
        "by_status": _every_status(sums_by(lines, "contract_status"), ADDRESSABLE_STATUSES),
        "all_lines": _every_status(sums_by(received, "contract_status"), CONTRACT_STATUSES),
        "by_area": with_category_names(sorted(_rated(areas), key=largest_first), tree.name),
        "by_group": with_category_names(sorted(_rated(groups), key=largest_first), tree.name),
        "by_division": _rated(by("unit_division_name")),
        "by_unit": _rated(by("unit_division_name", "unit_name")),
        "by_supplier": _rated(sorted(without_persons(by("supplier_key", "supplier_label")), key=largest_first)),
        "by_quarter": [
            {**row, "quarter_name": f"{row['year']}Q{row['quarter']}"} for row in _rated(by("year", "quarter"))
        ],
        "undecidable": sums_by(undecided, "contract_reason"),
    }


def _every_status(rows: Iterable[dict], statuses: tuple[str, ...]) -> list[dict]:
    found = {row["contract_status"]: row for row in rows}
    nothing = {"line_count": 0, "document_count": 0, "net_amount": NOTHING}
    return [found.get(status, {"contract_status": status, **nothing}) for status in statuses]


def _leaks(lines: "ibis.Table", tree: CategoryTree) -> dict[str, list[dict]]:
    """Purchases past a contract by unit, group and supplier; those nobody should be called about only by reason."""
    wrong = lines.filter(lines.contract_status == "wrong_supplier")
    granted = tree.codes_where("is_granted_to_citizen")
    kept, left_out = [], {}
    for row in sums_by(wrong, *LEAK, "is_binding", "is_new"):
        if reason := _left_out_reason(row, granted):
            sums = left_out.setdefault(reason, {"left_out_reason": reason, "line_count": 0, "net_amount": NOTHING})
            sums["line_count"] += row["line_count"]
            sums["net_amount"] += row["net_amount"]
        else:
            kept.append(row)
    kept.sort(key=lambda row: (-row["net_amount"], *(str(row[name]) for name in LEAK)))
    return {
        "leaks": with_category_names(kept, tree.name),
        "leaks_left_out": [left_out[reason] for reason in sorted(left_out)],
    }


def _left_out_reason(row: Mapping, granted: frozenset[str]) -> str | None:
    reasons = {
        "person": is_person(row["supplier_key"]),
        "granted_to_citizen": row["category_code"] in granted,
        "voluntary": not row["is_binding"],
        "first_90_days": row["is_new"],
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _checks(rows: Mapping[str, list[dict]], received: Decimal, addressable: dict) -> tuple[Check, ...]:
    spend, wrong = addressable["net_amount"], addressable["wrong_supplier_amount"]
    whole = ("by_status", "by_area", "by_group", "by_division", "by_unit", "by_supplier", "by_quarter")
    return (
        adds_up("all_lines sums to received", total(rows["all_lines"]), received),
        *(adds_up(f"{name} sums to addressable", total(rows[name]), spend) for name in whole),
        adds_up("undecidable sums to its status", total(rows["undecidable"]), addressable["undecidable_amount"]),
        adds_up("leaks sum to wrong supplier", total(rows["leaks"]) + total(rows["leaks_left_out"]), wrong),
    )


def _numbers(addressable: dict, lines: "ibis.Table", rows: Mapping[str, list[dict]]) -> dict[str, Number]:
    spend = addressable["net_amount"]
    covered = addressable["on_contract_amount"] + addressable["wrong_supplier_amount"]
    kroner = {
        "addressable_amount": spend,
        "covered_amount": covered,
        "uncovered_amount": addressable["no_known_contract_amount"],
        "binding_amount": addressable["binding_on_contract_amount"] + addressable["leak_amount"],
        "call_list_amount": total(rows["leaks"]),
        **{name: addressable[name] for name in RATES if name.endswith("_amount") and name != "net_amount"},
    }
    shares = {
        "coverage_share": addressable["coverage_share"],
        "uncovered_share": share(addressable["no_known_contract_amount"], spend),
        "undecidable_share": share(addressable["undecidable_amount"], spend),
        "loyalty_share": addressable["loyalty_share"],
    }
    contract_count = sums_by(lines, contract_count=lines.contract_number.nunique())[0]["contract_count"]
    mostly_open = int(2 * addressable["undecidable_amount"] > spend)  # then no rate stands for the whole
    counts = {"contract_count": contract_count, "leak_count": len(rows["leaks"]), "mostly_undecided": mostly_open}
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
    }


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    if not numbers["contract_count"].value:
        return ("no_contracts",)
    return ("undecidable",) if numbers["undecidable_amount"].value else ()


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula="coverage = covered / addressable; loyalty (binding) = on contract / (on contract + wrong supplier)",
        numerator="kroner with a contract valid on the day, for the category, that the municipality takes part in",
        denominator="addressable spend; for loyalty those kroner where a binding contract was valid",
        left_out="lines that are not addressable; for loyalty also voluntary contracts",
        left_out_amount=left_out,
        source="Karjalainen, Kemppainen & van Raaij 2009 (maverick buying); compliance as SKI and FIF count it",
    )
