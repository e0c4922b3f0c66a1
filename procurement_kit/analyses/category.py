"""What should people know about one category before they talk about what to do with it?

Its kroner, who supplies it, who receives it, what is on contract, what other authorities have to do with it, and which
levers could be pulled: all from the lines of the category and those below it. Each krone stands under one lever or is
left alone. New and gone suppliers are those of the category, against the same months the year before.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.category_levers import lever_rows, placed_cells
from procurement_kit.analyses.category_parts import (
    authority_places,
    bought_in,
    cells_of,
    contract_rows,
    covers,
    is_compared,
    public_rows,
    ranked_suppliers,
    require_bought,
    table_rows,
    with_shares,
)
from procurement_kit.category_basis import CategoryBasis
from procurement_kit.contract_tables import LEVER_NAMES
from procurement_kit.exact import NOTHING, lines_in, require_lines, sums_by, total
from procurement_kit.exact import frame as framed
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import Period, parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

COVERED = ("on_contract", "wrong_supplier")
NAMES = ("category_code", "category_name_da", "category_name_en")
COLUMNS = {
    "by_subcategory": (*NAMES, "line_count", "net_amount", "net_share"),
    "suppliers": (
        "supplier_rank", "supplier_key", "supplier_label", "supplier_group", "document_count", "net_amount",
        "net_share", "previous_amount", "change_status",
    ),
    "by_receiver": ("receiver_name", "document_count", "supplier_count", "net_amount", "net_share"),
    "by_division": ("unit_division_name", "document_count", "supplier_count", "net_amount", "net_share"),
    "by_unit": ("unit_division_name", "unit_name", "document_count", "supplier_count", "net_amount", "net_share"),
    "by_status": ("contract_status", "document_count", "supplier_count", "net_amount", "net_share"),
    "contracts": (
        "agreement_number", "contract_title", "contract_owner", "valid_from_date", "valid_to_date", "option_to_date",
        "is_priced", "net_amount",
    ),
    "by_owner": ("contract_owner", "contract_count", "net_amount"),
    "neighbours": ("municipality_title", "agreement_number", "contract_title", "contract_owner", "valid_to_date"),
    "public_payments": (
        "authority_place", "supplier_key", "supplier_label", "supplier_group", "document_count", "net_amount",
    ),
    "levers": (
        "lever", "supplier_count", "net_amount", "range_category_code", "low_share", "high_share", "lever_low_amount",
        "lever_high_amount", "range_source",
    ),
}  # fmt: skip


def analyse_category(
    cube: "ibis.Table", *, period: str, category: str, tree: "CategoryTree", basis: CategoryBasis | None = None
) -> Finding:
    """Gather the facts about one category: key figures, suppliers, receivers, contracts, others' part, levers.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, category, supplier, unit and contract columns, `function_number`, `supplier_kind`, `item_check`,
        `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025".
    category : str
        Code at any level; all below it is in it.
    tree : CategoryTree
        Names of the categories, and which are granted to single citizens.
    basis : CategoryBasis, optional
        Contracts of the register, agreed prices and ranges for levers, as `read_category_basis` gives them.

    Returns
    -------
    Finding
        Key "category"; tables `by_subcategory` (main), `suppliers`, `by_receiver`, `by_division`, `by_unit` (empty
        where the category is granted to single citizens), `by_status`, `contracts`, `by_owner`, `neighbours`,
        `public_payments`, `levers`.

    Raises
    ------
    NoDataError
        If no line lies in the period, or nothing of the category was bought in it.
    TableError
        If there is no such category; names the nearest.
    """
    span, basis = parse_period(period), basis or CategoryBasis()
    received = lines_in(cube, span)
    everything = sums_by(received.filter(received.scope_status == "in_scope"))[0]
    require_lines(sums_by(received)[0]["line_count"], span)
    own, earlier = (bought_in(lines_in(cube, days), category, tree) for days in (span, span.year_before()))
    whole = sums_by(own)[0]
    require_bought(whole, category, tree, span)
    before = sums_by(earlier)[0] if is_compared(cube, span) else None
    rows = table_rows(own, earlier if before else None, category, tree)
    rows |= contract_rows(own, category, tree, (basis, span)) | {"public_payments": public_rows(received, own, whole)}
    rows["levers"] = lever_rows(placed_cells(cells_of(own), tree), tree, basis.ranges)
    rows = {name: with_shares(found, whole["net_amount"]) for name, found in rows.items()}
    numbers = _numbers(rows, whole, everything, before) | _named(category, tree, own, (basis, span))
    is_granted = bool(numbers["is_granted"].value)
    shown = rows | {"suppliers": ranked_suppliers(rows["suppliers"]), "by_unit": [] if is_granted else rows["by_unit"]}
    return Finding(
        key="category",
        numbers=numbers,
        tables={name: framed(shown[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, whole["net_amount"]),
        caveats=_caveats(numbers),
        definition=_definition(everything["net_amount"] - whole["net_amount"]),
        parameters={"period": span.label, "category": category},
    )


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(
    rows: Mapping[str, list[dict]], whole: Mapping, everything: Mapping, before: Mapping | None
) -> dict[str, Number]:
    spend, statuses = whole["net_amount"], {row["contract_status"]: row["net_amount"] for row in rows["by_status"]}
    covered = sum((statuses.get(name, NOTHING) for name in COVERED), NOTHING)
    levers = {name: [row for row in rows["levers"] if row["lever"] == name] for name in LEVER_NAMES}
    ranged = [row for row in rows["levers"] if row["lever_low_amount"] is not None]
    alone = [row for row in rows["levers"] if row["lever"] not in LEVER_NAMES]
    kroner = {
        "category_amount": spend,
        "analysed_amount": everything["net_amount"],
        "previous_amount": before and before["net_amount"],
        "covered_amount": covered,
        **{f"{name}_amount": statuses.get(name, NOTHING) for name in (*COVERED, "no_known_contract", "undecidable")},
        "public_amount": total(rows["public_payments"]),
        **{f"{name}_lever_amount": total(found) for name, found in levers.items()},
        "lever_amount": sum((total(found) for found in levers.values()), NOTHING),
        "left_alone_amount": total(alone),
        "gain_low_amount": total(ranged, "lever_low_amount") if ranged else None,
        "gain_high_amount": total(ranged, "lever_high_amount") if ranged else None,
    }
    shares = {
        "category_share": share(spend, everything["net_amount"]),
        "change_share": share(spend - before["net_amount"], before["net_amount"]) if before else None,
        "covered_share": share(covered, spend),
        "left_alone_share": share(total(alone), spend),
    }
    counts = {name: whole[name] for name in ("line_count", "document_count")}
    counts |= {"contract_count": len(rows["contracts"]), "neighbour_count": len(rows["neighbours"])}
    counts |= {"public_party_count": len({row["supplier_key"] for row in rows["public_payments"]})}
    counts |= {"range_count": len(ranged), "priced_count": sum(r["is_priced"] == "priced" for r in rows["contracts"])}
    by_unit = (("kr", kroner), ("share", shares), ("count", counts))
    found = {name: Number(value, unit) for unit, values in by_unit for name, value in values.items()}
    return found | _supplier_numbers(rows["suppliers"], spend, before) | _place_numbers(rows)


def _supplier_numbers(rows: list[dict], spend: Decimal, before: Mapping | None) -> dict[str, Number]:
    named = [row for row in rows if row["supplier_group"] == "supplier"]
    bought = [row for row in named if row["net_amount"] > 0]
    top, ranked = (bought[0] if bought else {}), total(bought)
    squares = sum((row["net_amount"] ** 2 for row in bought), Decimal(0))
    alike = int((ranked**2 / squares).quantize(Decimal(1), rounding=ROUND_HALF_UP)) if squares else None
    changed = {status: [row for row in named if row["change_status"] == status] for status in ("new", "gone")}
    numbers = {
        "supplier_count": Number(len(bought), "count"),
        "alike_count": Number(alike, "count"),  # the effective number of suppliers, to a whole one
        "has_several": Number(int((alike or 0) > 1), "count"),
        "top_supplier_label": Number(top.get("supplier_label"), "text"),
        "top_supplier_amount": Number(top.get("net_amount"), "kr"),
        "top_supplier_share": Number(share(top.get("net_amount"), spend), "share"),
        "persons_amount": Number(total(row for row in rows if row["supplier_group"] == "persons"), "kr"),
    }
    for status, column in (("new", "net_amount"), ("gone", "previous_amount")):
        found = changed[status]
        numbers[f"{status}_supplier_count"] = Number(len(found) if before else None, "count")
        numbers[f"{status}_amount"] = Number(total(found, column) if before else None, "kr")
    return numbers


def _place_numbers(rows: Mapping[str, list[dict]]) -> dict[str, Number]:
    named = [row for row in rows["by_receiver"] if row["receiver_name"]]
    top = named[0] if named else {}
    return {
        "top_receiver_name": Number(top.get("receiver_name"), "text"),
        "top_receiver_amount": Number(top.get("net_amount"), "kr"),
        "top_receiver_share": Number(top.get("net_share"), "share"),
        "unknown_receiver_amount": Number(total(r for r in rows["by_receiver"] if not r["receiver_name"]), "kr"),
        "unit_count": Number(sum(bool(row["unit_name"]) for row in rows["by_unit"]), "count"),
        "division_count": Number(sum(bool(row["unit_division_name"]) for row in rows["by_division"]), "count"),
    }


def _named(
    category: str, tree: "CategoryTree", own: "ibis.Table", given: tuple[CategoryBasis, Period]
) -> dict[str, Number]:
    """Names and flags of the category, the next contract to end, and where items can be held against a price."""
    basis, span = given
    codes = {row["category_code"] for row in sums_by(own, "category_code")}
    flags = {"is_granted": "is_granted_to_citizen", "is_tariff": "is_public_tariff", "is_grant": "is_possibly_grant"}
    ends = [c for c in basis.contracts if c.municipality == basis.municipality and covers(c, category, tree)]
    following = min(
        (c for c in ends if c.end_day and c.last > span.last_date), key=lambda c: (c.last, c.number), default=None
    )
    tested = own.filter(
        (own.contract_status == "on_contract") & own.item_check.isin(["ok", "wrong_item", "wrong_price"])
    )
    public = own.filter(own.supplier_kind == "public")
    column, places = authority_places(own, sums_by(own)[0]["net_amount"])
    return {
        "category_code": Number(category, "text"),
        **{f"category_name_{tongue}": Number(tree.name(category, tongue), "text") for tongue in ("da", "en")},
        **{name: Number(int(bool(codes & tree.codes_where(flag))), "count") for name, flag in flags.items()},
        "next_end_date": Number(following and following.last, "date"),
        "next_end_title": Number(following and following.title, "text"),
        "tested_amount": Number(sums_by(tested)[0]["net_amount"], "kr"),
        "public_supplier_amount": Number(sums_by(public)[0]["net_amount"], "kr"),
        "is_by_function": Number(int(column == "function_number"), "count"),
        "place_count": Number(len(places), "count"),
        "has_register": Number(int(bool(basis.contracts)), "count"),
    }


def _checks(rows: Mapping[str, list[dict]], spend: Decimal) -> tuple[Check, ...]:
    parts = ("by_subcategory", "suppliers", "by_receiver", "by_division", "by_unit", "by_status", "levers")
    on = total(row for row in rows["by_status"] if row["contract_status"] == "on_contract")
    return (
        *(adds_up(f"{name} sums to the category", total(rows[name]), spend) for name in parts),
        adds_up("contracts sum to on contract", total(rows["contracts"]), on),
        adds_up("owners sum to on contract", total(rows["by_owner"]), on),
    )


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    said = ["category_granted"] if numbers["is_granted"].value else []
    said += [] if numbers["range_count"].value else ["levers_without_range"]
    return (*said, *(["category_not_compared"] if numbers["previous_amount"].value is None else []))


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula="the category's kroner = sum of its lines in scope, credits negative; parts sum to it to the øre",
        numerator="lines in scope placed in the category or below it",
        denominator="spend in scope of the period",
        left_out="spend in scope placed elsewhere, or not placed",
        left_out_amount=left_out,
        source="levers: each krone under the first that holds; a saving only from ranges the user has set",
    )
