"""How much of what can be influenced has a contract, and was the contract used?

Every line has exactly one status. Coverage counts addressable kroner with a known, valid contract; loyalty counts the
right supplier where a contract must be used (level 1), and of the same kroner those whose item and price stand on the
contract's list (level 2). Voluntary contracts stand beside. A rate over groups is a sum of parts, never a mean.
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
from procurement_kit.tables import CONTRACT_STATUSES, ITEM_CHECKS

if TYPE_CHECKING:
    import ibis

ADDRESSABLE_STATUSES = ("on_contract", "wrong_supplier", "no_known_contract", "undecidable")
COVERED = ("on_contract_amount", "wrong_supplier_amount")
BOUND = ("binding_on_contract_amount", "leak_amount", "voluntary_on_contract_amount", "voluntary_other_amount")
NAMES = ("category_name_da", "category_name_en")
RATES = (
    "net_amount", *(f"{status}_amount" for status in ADDRESSABLE_STATUSES), "coverage_share",
    "binding_on_contract_amount", "leak_amount", "loyalty_share",
)  # fmt: skip
LEVELS = (
    "binding_amount", "binding_on_contract_amount", "loyalty_share", "item_ok_amount", "item_not_testable_amount",
    "item_loyalty_share", "leak_amount", "new_leak_amount", "voluntary_on_contract_amount", "voluntary_other_amount",
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
    "levels_by_group": ("category_code", *NAMES, *LEVELS),
    "levels_by_unit": ("unit_division_name", "unit_name", *LEVELS),
    "levels_by_supplier": ("supplier_key", "supplier_label", "supplier_group", *LEVELS),
    "levels_by_quarter": ("quarter_name", *LEVELS),
    "by_item_check": ("item_check", "line_count", "document_count", "net_amount", "net_share"),
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
        `by_group`, `by_division`, `by_unit`, `by_supplier`, `by_quarter`; `levels_by_group` and so on: both levels of
        loyalty, voluntary contracts beside, leaks of a contract's first 90 days marked; `by_item_check`, `undecidable`,
        `leaks`, `leaks_left_out`.

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
        item_check=lines.item_check.fill_null("not_testable"),
        year=lines.invoice_date.year(),
        quarter=lines.invoice_date.quarter(),
    )


def _measures(lines: "ibis.Table") -> dict[str, "ibis.Value"]:
    status = lines.contract_status
    on, other = status == "on_contract", status == "wrong_supplier"
    bound, check = on & lines.is_binding, lines.item_check
    parts = {
        "binding_on_contract": bound,
        "leak": other & lines.is_binding,
        "new_leak": other & lines.is_binding & lines.is_new,
        "voluntary_on_contract": on & ~lines.is_binding,
        "voluntary_other": other & ~lines.is_binding,
        "item_ok": bound & (check == "ok"),
        "item_not_testable": bound & (check == "not_testable"),
    }
    sums = {f"{name}_amount": exact_sum(lines, status == name) for name in ADDRESSABLE_STATUSES}
    sums |= {f"{name}_amount": exact_sum(lines, where) for name, where in parts.items()}
    return {**sums, "tested_line_count": (bound & (check != "not_testable")).sum()}


def _rated(rows: Iterable[dict]) -> list[dict]:
    """Rows with coverage and both levels of loyalty, each from the sums of the row."""
    return [{**row, **_shares(row)} for row in rows]


def _shares(row: Mapping) -> dict:
    """Level 2 is empty where no item could be tested; where some could not, it is the least it can be."""
    binding = row["binding_on_contract_amount"] + row["leak_amount"]
    return {
        "binding_amount": binding,
        "coverage_share": share(row["on_contract_amount"] + row["wrong_supplier_amount"], row["net_amount"]),
        "loyalty_share": share(row["binding_on_contract_amount"], binding),
        "item_loyalty_share": share(row["item_ok_amount"], binding) if row["tested_line_count"] else None,
    }


# --- tables ---------------------------------------------------------------------------------------------------------


def _rows(received: "ibis.Table", lines: "ibis.Table", tree: CategoryTree) -> dict[str, list[dict]]:
    def by(*columns: str) -> list[dict]:
        return sums_by(lines, *columns, **_measures(lines))

    status = "contract_status"
    areas = [{**row, "category_code": row["category_1_code"]} for row in by("category_1_code")]
    groups = [
        {**row, "category_code": row["category_2_code"] or row["category_1_code"]}
        for row in by("category_1_code", "category_2_code")
    ]
    undecided = lines.filter(lines.contract_status == "undecidable")
    on_contract = lines.filter(lines.contract_status == "on_contract")
    rows = {
        "by_status": _with_net_share(_every(sums_by(lines, status), status, ADDRESSABLE_STATUSES)),
        "all_lines": _every(sums_by(received, status), status, CONTRACT_STATUSES),
        "by_area": with_category_names(sorted(_rated(areas), key=largest_first), tree.name),
        "by_group": with_category_names(sorted(_rated(groups), key=largest_first), tree.name),
        "by_division": _rated(by("unit_division_name")),
        "by_unit": _rated(by("unit_division_name", "unit_name")),
        "by_supplier": _rated(sorted(without_persons(by("supplier_key", "supplier_label")), key=largest_first)),
        "by_quarter": [
            {**row, "quarter_name": f"{row['year']}Q{row['quarter']}"} for row in _rated(by("year", "quarter"))
        ],
        "by_item_check": _with_net_share(_every(sums_by(on_contract, "item_check"), "item_check", ITEM_CHECKS)),
        "undecidable": sums_by(undecided, "contract_reason"),
    }
    return rows | {f"levels_{name}": rows[name] for name in ("by_group", "by_unit", "by_supplier", "by_quarter")}


def _every(rows: Iterable[dict], column: str, values: tuple[str, ...]) -> list[dict]:
    """One row per value, in their order, those that do not occur with nothing in them."""
    found = {row[column]: row for row in rows}
    nothing = {"line_count": 0, "document_count": 0, "net_amount": NOTHING}
    return [found.get(value, {column: value, **nothing}) for value in values]


def _with_net_share(rows: list[dict]) -> list[dict]:
    whole = total(rows)
    return [{**row, "net_share": share(row["net_amount"], whole)} for row in rows]


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
        adds_up("by_item_check sums to on contract", total(rows["by_item_check"]), addressable["on_contract_amount"]),
        adds_up("binding and voluntary sum to covered", _sum_of(addressable, BOUND), _sum_of(addressable, COVERED)),
        adds_up("undecidable sums to its status", total(rows["undecidable"]), addressable["undecidable_amount"]),
        adds_up("leaks sum to wrong supplier", total(rows["leaks"]) + total(rows["leaks_left_out"]), wrong),
    )


def _sum_of(row: Mapping, names: Iterable[str]) -> Decimal:
    return sum((row[name] for name in names), NOTHING)


def _numbers(addressable: dict, lines: "ibis.Table", rows: Mapping[str, list[dict]]) -> dict[str, Number]:
    spend = addressable["net_amount"]
    covered, binding = _sum_of(addressable, COVERED), addressable["binding_amount"]
    kroner = {
        "addressable_amount": spend,
        "covered_amount": covered,
        "uncovered_amount": addressable["no_known_contract_amount"],
        "binding_amount": binding,
        "voluntary_amount": covered - binding,
        "call_list_amount": total(rows["leaks"]),
        **{name: addressable[name] for name in (*RATES, *LEVELS) if name.endswith("_amount") and name != "net_amount"},
    }
    shares = {
        "coverage_share": addressable["coverage_share"],
        "uncovered_share": share(addressable["no_known_contract_amount"], spend),
        "undecidable_share": share(addressable["undecidable_amount"], spend),
        "loyalty_share": addressable["loyalty_share"],
        "leak_share": share(addressable["leak_amount"], binding),
        "voluntary_loyalty_share": share(addressable["voluntary_on_contract_amount"], covered - binding),
        "item_tested_share": share(
            addressable["binding_on_contract_amount"] - addressable["item_not_testable_amount"],
            addressable["binding_on_contract_amount"],
        ),
    }
    possible = addressable["item_ok_amount"] + addressable["item_not_testable_amount"]
    least = addressable["item_loyalty_share"]
    most = None if least is None else share(possible, binding)
    contract_count = sums_by(lines, contract_count=lines.contract_number.nunique())[0]["contract_count"]
    unplaced = [row for row in rows["undecidable"] if row["contract_reason"] == "contract_without_categories"]
    kroner["unplaced_contract_amount"] = total(unplaced)
    mostly_open = int(2 * addressable["undecidable_amount"] > spend)  # then no rate stands for the whole
    counts = {"contract_count": contract_count, "leak_count": len(rows["leaks"]), "mostly_undecided": mostly_open}
    counts["unplaced_contract_line_count"] = sum(row["line_count"] for row in unplaced)
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
        "item_loyalty_share": Number(least, "share"),
        "item_possible_share": Number(most, "share"),
        **{name: Number(value, "count") for name, value in counts.items()},
    }


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    unplaced = ("contracts_without_categories",) if numbers["unplaced_contract_line_count"].value else ()
    if not numbers["contract_count"].value:
        return unplaced or ("no_contracts",)
    return (*unplaced, "undecidable") if numbers["undecidable_amount"].value else unplaced


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula="coverage = covered / addressable; loyalty (binding) = on contract / (on contract + wrong supplier); "
        "level 2 = item and price as on the contract's list / the same kroner",
        numerator="kroner with a contract valid on the day, for the category, that the municipality takes part in",
        denominator="addressable spend; for loyalty those kroner where a binding contract was valid",
        left_out="lines that are not addressable; for loyalty also voluntary contracts",
        left_out_amount=left_out,
        source="Karjalainen, Kemppainen & van Raaij 2009 (maverick buying); compliance as SKI and FIF count it",
    )
