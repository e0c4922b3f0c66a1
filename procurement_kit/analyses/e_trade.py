"""How much of what could be ordered electronically was, and of what is that a share?

The same lines read 4 %, 50 % or 70 % by what they are held against, so three siblings stand beside each other, each
with its base in kroner and what it leaves out. What counts as e-traded is said by the municipality: an order number,
the channel, or nothing known; then no rate is given.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.e_trade_basis import (
    ETradeBasis,
    is_e_tradable,
    is_e_trade_known,
    is_e_traded,
    sources,
)
from procurement_kit.exact import (
    exact_sum,
    frame,
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

if TYPE_CHECKING:
    import ibis

READ = (
    "document_id", "municipality_name", "category_1_code", "category_2_code", "unit_division_name", "unit_name",
    "supplier_key", "supplier_label", "net_amount",
)  # fmt: skip
NAMES = ("category_name_da", "category_name_en")
MEASURES = (
    "line_count", "e_traded_line_count", "line_share", "document_count", "e_traded_document_count", "document_share",
    "net_amount", "e_traded_amount", "amount_share",
)  # fmt: skip
COLUMNS = {
    "siblings": ("e_trade_base", *MEASURES, "left_out_amount"),
    "parts": ("e_trade_part", "line_count", "document_count", "net_amount", "net_share"),
    "by_area": ("category_code", *NAMES, *MEASURES),
    "by_group": ("category_code", *NAMES, *MEASURES),
    "by_municipality": ("municipality_name", *MEASURES),
    "by_division": ("unit_division_name", *MEASURES),
    "by_unit": ("unit_division_name", "unit_name", *MEASURES),
    "by_supplier": ("supplier_key", "supplier_label", "supplier_group", *MEASURES),
    "by_quarter": ("quarter_name", *MEASURES),
}  # fmt: skip
PARTS = {  # (could be, was) → name
    (True, True): "e_traded",
    (True, False): "not_e_traded",
    (False, True): "e_traded_outside",
    (False, False): "outside",
}


def analyse_e_trade(
    cube: "ibis.Table", *, period: str, tree: CategoryTree, basis: ETradeBasis | Mapping[str, ETradeBasis]
) -> Finding:
    """Show how much was e-traded, of lines, invoices and kroner, held against three bases.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `order_number`, `source_kind`, `scope_status`, category, supplier and unit columns, `municipality_name`,
        `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    tree : CategoryTree
        Names and purchase types of the categories.
    basis : ETradeBasis or mapping of str to ETradeBasis
        What counts as e-traded, and in which categories it is possible; by municipality where they differ.

    Returns
    -------
    Finding
        Key "e_trade"; tables `siblings` (main: three bases), `parts` (all purchases, in four parts), and of the
        e-tradable base `by_area`, `by_group`, `by_municipality`, `by_division`, `by_unit`, `by_supplier`, `by_quarter`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    whole = sums_by(received)[0]
    require_lines(whole["line_count"], span)
    lines = _marked(received.filter(received.scope_status == "in_scope"), basis, tree)
    rows = _rows(lines, tree)
    analysed = sums_by(lines)[0]["net_amount"]
    numbers = _numbers(rows, analysed, basis)
    return Finding(
        key="e_trade",
        numbers=numbers,
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, analysed),
        caveats=_caveats(numbers),
        definition=_definition(analysed - numbers["eligible_amount"].value, basis),
        parameters={"period": span.label},
    )


# --- tables ---------------------------------------------------------------------------------------------------------


def _marked(lines: "ibis.Table", basis: ETradeBasis | Mapping[str, ETradeBasis], tree: CategoryTree) -> "ibis.Table":
    codes = {kind: sorted(c for c in tree.codes if tree[c].purchase_type == kind) for kind in ("goods", "works")}
    known = is_e_trade_known(lines, basis)
    return lines.select(
        *READ,
        is_e_tradable=is_e_tradable(lines, basis),
        is_e_traded=is_e_traded(lines, basis),
        is_goods=known & lines.category_code.isin(codes["goods"]).fill_null(False),
        is_without_building=known & ~lines.category_code.isin(codes["works"]).fill_null(False),
        year=lines.invoice_date.year(),
        quarter=lines.invoice_date.quarter(),
    )


def _rows(lines: "ibis.Table", tree: CategoryTree) -> dict[str, list[dict]]:
    bases = {
        "e_tradable": lines.filter(lines.is_e_tradable),
        "goods": lines.filter(lines.is_goods),
        "without_building": lines.filter(lines.is_without_building),
    }
    analysed = sums_by(lines)[0]["net_amount"]
    siblings = [{"e_trade_base": name, **_rated(base)[0]} for name, base in bases.items()]
    eligible = bases["e_tradable"]
    areas = [{**row, "category_code": row["category_1_code"]} for row in _rated(eligible, "category_1_code")]
    groups = [
        {**row, "category_code": row["category_2_code"] or row["category_1_code"]}
        for row in _rated(eligible, "category_1_code", "category_2_code")
    ]
    suppliers = without_persons(_rated(eligible, "supplier_key", "supplier_label"))
    return {
        "siblings": [{**row, "left_out_amount": analysed - row["net_amount"]} for row in siblings],
        "parts": _parts(lines, analysed),
        "by_area": with_category_names(sorted(areas, key=largest_first), tree.name),
        "by_group": with_category_names(sorted(groups, key=largest_first), tree.name),
        "by_municipality": _rated(eligible, "municipality_name"),
        "by_division": _rated(eligible, "unit_division_name"),
        "by_unit": _rated(eligible, "unit_division_name", "unit_name"),
        "by_supplier": sorted((_with_shares(row) for row in suppliers), key=largest_first),
        "by_quarter": [
            {**row, "quarter_name": f"{row['year']}Q{row['quarter']}"} for row in _rated(eligible, "year", "quarter")
        ],
    }


def _rated(lines: "ibis.Table", *by: str) -> list[dict]:
    """Lines, invoices and kroner of a base and what was e-traded of them; an invoice counts where one line was."""
    measures = {
        "e_traded_line_count": lines.is_e_traded.sum().fill_null(0).cast("int64"),
        "e_traded_document_count": lines.document_id.nunique(where=lines.is_e_traded),
        "e_traded_amount": exact_sum(lines, lines.is_e_traded),
    }
    return [_with_shares(row) for row in sums_by(lines, *by, **measures)]


def _with_shares(row: Mapping) -> dict:
    return {
        **row,
        "line_share": share(row["e_traded_line_count"], row["line_count"]),
        "document_share": share(row["e_traded_document_count"], row["document_count"]),
        "amount_share": share(row["e_traded_amount"], row["net_amount"]),
    }


def _parts(lines: "ibis.Table", analysed: object) -> list[dict]:
    """All purchases in four parts: could be and was, could be and was not, was without being counted, neither."""
    found = {(row["is_e_tradable"], row["is_e_traded"]): row for row in sums_by(lines, "is_e_tradable", "is_e_traded")}
    nothing = {"line_count": 0, "document_count": 0, "net_amount": total(())}
    return [
        {**row, "e_trade_part": name, "net_share": share(row["net_amount"], analysed)}
        for place, name in PARTS.items()
        for row in [found.get(place, nothing)]
    ]


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _checks(rows: Mapping[str, list[dict]], analysed: object) -> tuple[Check, ...]:
    eligible = rows["siblings"][0]
    tables = ("by_area", "by_group", "by_municipality", "by_division", "by_unit", "by_supplier", "by_quarter")
    parts = {row["e_trade_part"]: row["net_amount"] for row in rows["parts"]}
    return (
        adds_up("parts sum to analysed", total(rows["parts"]), analysed),
        adds_up("e-traded parts sum to e-traded of the base", parts["e_traded"], eligible["e_traded_amount"]),
        *(adds_up(f"{name} sums to e-tradable", total(rows[name]), eligible["net_amount"]) for name in tables),
        *(
            adds_up(f"{name} sums to e-traded", total(rows[name], "e_traded_amount"), eligible["e_traded_amount"])
            for name in tables
        ),
        *(
            adds_up(f"{row['e_trade_base']} and left out sum to analysed", row["net_amount"] + row["left_out_amount"],
                    analysed)
            for row in rows["siblings"]
        ),
    )  # fmt: skip


def _numbers(
    rows: Mapping[str, list[dict]], analysed: object, basis: ETradeBasis | Mapping[str, ETradeBasis]
) -> dict[str, Number]:
    siblings = {row["e_trade_base"]: row for row in rows["siblings"]}
    eligible, known = siblings["e_tradable"], sources(basis) - {"none"}
    numbers = {"analysed_amount": Number(analysed, "kr"), "eligible_amount": Number(eligible["net_amount"], "kr")}
    numbers |= {"e_traded_amount": Number(eligible["e_traded_amount"], "kr")}
    for name, row in siblings.items():
        for measure in ("line_share", "document_share", "amount_share"):
            numbers[f"{name}_{measure}"] = Number(row[measure], "share")
        numbers[f"{name}_amount"] = Number(row["net_amount"], "kr")
    numbers |= {name: Number(eligible[name], "count") for name in ("line_count", "document_count")}
    flags = {
        "is_by_order": known == {"order_number"},
        "is_by_channel": known == {"einvoice"},
        "is_known": bool(known),
        "is_partly_known": bool(known) and "none" in sources(basis),
    }
    return numbers | {name: Number(int(holds), "count") for name, holds in flags.items()}


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    if not numbers["is_known"].value:
        return ("e_trade_not_known",)
    said = {
        "e_trade_several_sources": not (numbers["is_by_order"].value or numbers["is_by_channel"].value),
        "e_trade_partly_known": numbers["is_partly_known"].value,
        "e_trade_nothing_eligible": not numbers["eligible_amount"].value,
    }
    return tuple(key for key, holds in said.items() if holds)


def _definition(left_out: object, basis: ETradeBasis | Mapping[str, ETradeBasis]) -> Definition:
    own: Iterable[ETradeBasis] = [basis] if isinstance(basis, ETradeBasis) else basis.values()
    by = sorted({one.eligible_by for one in own})
    return Definition(
        formula="e-traded kroner / kroner in categories in which e-trade is possible; the same for lines and invoices",
        numerator=f"lines that were e-traded by: {', '.join(sorted(sources(basis)))}",
        denominator=f"purchases in categories in which e-trade is possible, as said by: {', '.join(by)}",
        left_out="purchases in other categories, and those without a category",
        left_out_amount=left_out,
        source="FIF counts e-tradable categories, SKI goods, Copenhagen purchases without taxes and building",
    )
