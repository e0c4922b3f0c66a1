"""Which category groups matter most, and what is special about each?

The largest groups of analysed spend in one table. Change comes from the spend finding (in fixed prices where the user
has supplied indices), coverage and loyalty from the compliance finding; suppliers and the largest one's share are
counted here. A remark is a key of at most four words, set by one rule, the first that holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.errors import ParameterError
from procurement_kit.exact import NOTHING, frame, is_person, lines_in, require_lines, sums_by, total
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis
    import pandas as pd

GROUPS_SHOWN = 20
FROM_SPEND = ("category_name_da", "category_name_en", "change_share", "fixed_change_share", "ranking_status")
FROM_COMPLIANCE = ("coverage_share", "loyalty_share")
MEASURES = (
    "net_amount", "net_share", "change_share", "fixed_change_share", "supplier_count", "largest_supplier_share",
    "coverage_share", "loyalty_share", "next_expiry_date", "group_remark",
)  # fmt: skip
COLUMNS = ("group_rank", "category_code", "category_name_da", "category_name_en", *MEASURES)
EARLY_DAYS = 548  # eighteen months
FEW_DOCUMENTS = 20  # under these no percentage is said of a group


def analyse_groups(
    cube: "ibis.Table",
    *,
    period: str,
    tree: CategoryTree,
    findings: Sequence[Finding],
    contracts: Iterable[Mapping] = (),
) -> Finding:
    """Show the largest groups with what a buyer needs to know of each.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, category and supplier columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    tree : CategoryTree
        Which groups are granted to single citizens or under a public tariff.
    findings : sequence of Finding
        What `analyse_spend` and `analyse_compliance` said of the same period.
    contracts : iterable of mapping
        Rows of the contract register: the next end of a contract comes from there.

    Returns
    -------
    Finding
        Key "groups"; tables `largest` (main), `others` (one row: all further groups, and what has no group).

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If one of the two findings is missing or of another period.
    """
    span = parse_period(period)
    spend, compliance = (_given(findings, key, span.label) for key in ("spend", "compliance"))
    lines = lines_in(cube, span)
    lines = lines.filter(lines.scope_status == "in_scope")
    whole = sums_by(lines)[0]
    require_lines(whole["line_count"], span)
    named = lines.filter(lines.category_2_code.notnull())
    suppliers = _suppliers(named)
    register = tuple(contracts)
    expiries = {code: _next_expiry(code, register, tree, span.last_date) for code in suppliers}
    groups = sorted(sums_by(named, "category_2_code"), key=lambda row: (-row["net_amount"], row["category_2_code"]))
    found = _looked_up(spend.tables["by_group"], FROM_SPEND), _looked_up(compliance.tables["by_group"], FROM_COMPLIANCE)
    quiet = tree.codes_where("is_granted_to_citizen") | tree.codes_where("is_public_tariff")
    rows = []
    for rank, row in enumerate(groups[:GROUPS_SHOWN], start=1):
        code = row["category_2_code"]
        row |= {"group_rank": rank, "category_code": code, **found[0].get(code, {}), **found[1].get(code, {})}
        row["net_share"] = share(row["net_amount"], whole["net_amount"])
        row["largest_supplier_share"] = _largest_share(suppliers[code], row)
        row["next_expiry_date"] = expiries[code]
        row["group_remark"] = _remark(row, code in quiet, span.last_date)
        rows.append(_without_thin_shares(row))
    return _finding(rows, whole, span.label)


def _finding(rows: list[dict], whole: Mapping, period: str) -> Finding:
    others = whole["net_amount"] - total(rows)
    other_rows = [{"net_amount": others, "net_share": share(others, whole["net_amount"])}]
    return Finding(
        key="groups",
        numbers=_numbers(rows, whole, others),
        tables={"largest": frame(rows, COLUMNS), "others": frame(other_rows, ("net_amount", "net_share"))},
        checks=(
            adds_up("the largest groups and all others sum to analysed", total(rows) + others, whole["net_amount"]),
        ),
        caveats=(),
        definition=Definition(
            formula="groups by kroner, largest first; largest supplier's share = its kroner / kroner of all suppliers",
            numerator="lines in scope that are placed in a group",
            denominator="analysed spend",
            left_out="further groups, and lines that are not placed in a group",
            left_out_amount=others,
        ),
        parameters={"period": period},
    )


def _given(findings: Sequence[Finding], key: str, period: str) -> Finding:
    found = next((finding for finding in findings if finding.key == key), None)
    if found is None or found.parameters.get("period") != period:
        raise ParameterError(
            f"The finding «{key}» of {period} is missing.",
            expected="what analyse_spend and analyse_compliance returned for the same period",
            todo="give both as findings=[spend, compliance]",
        )
    return found


def _looked_up(table: "pd.DataFrame", names: Sequence[str]) -> dict[str, dict]:
    present = [name for name in names if name in table.columns]
    return {row["category_code"]: {name: row[name] for name in present} for row in table.to_dict("records")}


def _suppliers(lines: "ibis.Table") -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in sums_by(lines, "category_2_code", "supplier_key"):
        found.setdefault(row["category_2_code"], []).append(row)
    return found


def _largest_share(suppliers: Sequence[Mapping], group: Mapping) -> Decimal | None:
    """The largest one's share of the group's kroner; persons and unknown suppliers are never the largest one."""
    named = [row["net_amount"] for row in suppliers if row["supplier_key"] and not is_person(row["supplier_key"])]
    return share(max(named), group["net_amount"]) if named and group["net_amount"] > 0 else None


def _next_expiry(code: str, contracts: Sequence[Mapping], tree: CategoryTree, last: date) -> date | None:
    """The first day after the period on which a contract that covers the group ends."""
    covered = {code, *tree.path(code), *tree.descendants(code)}
    ends = [_end(row) for row in contracts if covered & set((row["category_codes"] or "").split())]
    return min((end for end in ends if end and end >= last), default=None)


def _end(contract: Mapping) -> date | None:
    return contract["option_to_date"] if contract.get("is_option_used") else contract["valid_to_date"]


def _remark(row: Mapping, is_quiet: bool, last: date) -> str | None:
    """The first that holds: order open, leave alone, no contract, expires soon, not used, one supplier."""
    expiry, coverage, loyalty = row["next_expiry_date"], row.get("coverage_share"), row.get("loyalty_share")
    rules = {
        "order_undecided": row.get("ranking_status") in ("undecided", "reversed"),
        "leave_alone": is_quiet,
        "no_contract": coverage is not None and coverage == 0,
        "expires_soon": expiry is not None and (expiry - last).days <= EARLY_DAYS,
        "often_past": loyalty is not None and loyalty < Decimal("0.8"),
        "one_supplier": (row["largest_supplier_share"] or 0) >= Decimal("0.8"),
    }
    return next((key for key, holds in rules.items() if holds), None)


def _without_thin_shares(row: dict) -> dict:
    """A group with few invoices gets no percentages: they would jump."""
    thin = ("change_share", "fixed_change_share", "largest_supplier_share", "coverage_share", "loyalty_share")
    return row | dict.fromkeys(thin) if row["document_count"] < FEW_DOCUMENTS else row


def _numbers(rows: Sequence[Mapping], whole: Mapping, others: Decimal) -> dict[str, Number]:
    shown = total(rows)
    uncovered = [row for row in rows if row["group_remark"] == "no_contract"]
    return {
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "group_count": Number(len(rows), "count"),
        "shown_amount": Number(shown if rows else NOTHING, "kr"),
        "shown_share": Number(share(shown, whole["net_amount"]), "share"),
        "others_amount": Number(others, "kr"),
        "uncovered_group_count": Number(len(uncovered), "count"),
        "uncovered_group_amount": Number(total(uncovered), "kr"),
        "few_document_count": Number(FEW_DOCUMENTS, "count"),
        "undecided_group_count": Number(sum(row["group_remark"] == "order_undecided" for row in rows), "count"),
    }
