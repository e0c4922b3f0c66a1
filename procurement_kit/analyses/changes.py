"""What has changed since the last report, and why: volume, price, suppliers, categories, late invoices, contracts?

The way goes in two legs. First the old period as it was reported against the same period as the lines say now: each
line that differs has one reason, the first of LINE_REASONS that holds. Then the old period as it is now against the new
one, by supplier: only before, only now, or both; of those in both, what is bought under the same item number and unit
is parted in price and volume, and all else is volume. Nothing is left over, to the øre.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import (
    NOTHING,
    add_lookup,
    exact_sum,
    frame,
    lines_in,
    records,
    require_lines,
    total,
    with_category_names,
    without_persons,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import Period, parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

LINE_REASONS = ("late_invoices", "corrections", "scope", "reclassification", "contracts")
PERIOD_REASONS = ("gone_suppliers", "new_suppliers", "price", "volume")
REASONS = (*LINE_REASONS, *PERIOD_REASONS)
FIGURES = ("net_amount", "addressable_amount", "on_contract_amount")
CELL = ("category_1_code", "is_addressable", "contract_status")
ITEM = ("supplier_key", *CELL, "item_key", "unit_code")
NEEDED = (
    "line_id", "invoice_date", "scope_status", "supplier_key", "supplier_label", "category_code", "category_1_code",
    "is_addressable", "contract_status", "item_gtin_number", "item_seller_number", "unit_code", "quantity",
    "net_amount",
)  # fmt: skip
ANOTHER_PACK = 3  # a unit price that is three times the other is another pack, not another price
SUPPLIERS_SHOWN = 20
ORE = Decimal("0.01")
COLUMNS = {
    "bridge": ("change_reason", *FIGURES, "line_count"),
    "by_area": (
        "category_code", "category_name_da", "category_name_en", "last_amount",
        *(f"{reason}_amount" for reason in REASONS), "net_amount", "difference_amount",
    ),
    "by_supplier": (
        "supplier_key", "supplier_label", "supplier_group", "last_amount", "net_amount", "difference_amount",
    ),
}  # fmt: skip


def analyse_changes(
    old: "ibis.Table", new: "ibis.Table", *, old_period: str, new_period: str, tree: "CategoryTree"
) -> Finding:
    """Part the difference between two reports in reasons that sum to it.

    Parameters
    ----------
    old : ibis.Table
        Lines as they were when the old report was made. *Reads* NEEDED.
    new : ibis.Table
        Lines as they are now; those of the old period too, else it is taken as it was reported.
    old_period, new_period : str
        Periods of the two reports; they may be the same, when only what is known has changed.
    tree : CategoryTree
        Names of the areas.

    Returns
    -------
    Finding
        Key "changes"; tables `bridge` (main: from the old figure by reason to the new one), `by_area`, `by_supplier`
        (those that have moved most). Amounts in kroner: analysed, addressable, and addressable on contract.

    Raises
    ------
    NoDataError
        If no line lies in the new period.
    """
    before, now = parse_period(old_period), parse_period(new_period)
    reported, arrived = lines_in(old, before), lines_in(new, now)
    require_lines(records(arrived.aggregate(n=arrived.count()))[0]["n"], now)
    restated = lines_in(new, before)
    is_restated = now == before or bool(records(restated.aggregate(n=restated.count()))[0]["n"])
    restated = restated if is_restated else reported
    ends = {"before": _cells(reported), "now": _cells(arrived)}
    moves = [*_line_moves(reported, restated), *_period_moves(restated, arrived)]
    tables = {
        "bridge": _bridge(ends, moves),
        "by_area": _by_area(ends, moves, tree),
        "by_supplier": _by_supplier(restated, arrived),
    }
    return Finding(
        key="changes",
        numbers=_numbers(tables["bridge"], before, now),
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(tables),
        caveats=() if is_restated else ("old_period_not_read_again",),
        definition=_definition(before, now),
        parameters={"old_period": before.label, "period": now.label},
    )


def _in_scope(lines: "ibis.Table") -> "ibis.Table":
    return lines.filter(lines.scope_status == "in_scope")


def _cells(lines: "ibis.Table") -> list[dict]:
    """Kroner in scope by area, addressable and contract status."""
    kept = _in_scope(lines)
    return _summed(kept.group_by(CELL).aggregate(net_amount=exact_sum(kept), line_count=kept.count()))


def _summed(table: "ibis.Table") -> list[dict]:
    return [{**row, "net_amount": row["net_amount"] or NOTHING} for row in records(table)]


# --- first leg: the old period, then and now ------------------------------------------------------------------------


def _line_moves(reported: "ibis.Table", restated: "ibis.Table") -> list[dict]:
    """Kroner that left and entered each cell, by the one reason of each line that differs."""
    import ibis

    columns = ("line_id", "scope_status", "category_code", *CELL, "net_amount")
    then = reported.select(**{f"old_{name}": reported[name] for name in columns})
    today = restated.select(*columns)
    both = then.outer_join(today, then.old_line_id == today.line_id)
    both = both.mutate(change_reason=_line_reason(both)).filter(ibis._.change_reason.notnull())
    left = both.filter(both.old_scope_status == "in_scope")
    gone = left.select("change_reason", **{name: left[f"old_{name}"] for name in CELL}, net_amount=-left.old_net_amount)
    came = both.filter(both.scope_status == "in_scope").select("change_reason", *CELL, "net_amount")
    kept = both.filter((both.old_scope_status == "in_scope") | (both.scope_status == "in_scope"))
    counts = records(kept.group_by("change_reason").aggregate(line_count=kept.count()))
    found = [_by_reason(part) for part in (gone, came)]
    return [*found[0], *found[1], *({**row, "net_amount": NOTHING, **dict.fromkeys(CELL)} for row in counts)]


def _by_reason(moves: "ibis.Table") -> list[dict]:
    rows = _summed(moves.group_by("change_reason", *CELL).aggregate(net_amount=exact_sum(moves)))
    return [{**row, "line_count": 0} for row in rows]


def _line_reason(both: "ibis.Table") -> "ibis.Value":
    """The first reason that holds for a line; empty where nothing differs."""
    import ibis

    def differs(*names: str) -> "ibis.Value":
        return ibis.or_(*(~both[name].identical_to(both[f"old_{name}"]) for name in names))

    return ibis.cases(
        (both.old_line_id.isnull(), "late_invoices"),
        (both.line_id.isnull() | differs("net_amount"), "corrections"),
        (differs("scope_status"), "scope"),
        (differs("category_code", "category_1_code", "is_addressable"), "reclassification"),
        (differs("contract_status"), "contracts"),
    )


# --- second leg: the old period as it is now, and the new one -------------------------------------------------------


def _period_moves(restated: "ibis.Table", arrived: "ibis.Table") -> list[dict]:
    """Kroner by cell and reason, from what was bought in the old period to what was in the new."""
    import ibis

    groups = _bought_twice(restated, arrived)
    is_item = groups.item_key.notnull() & groups.unit_code.notnull()
    has_price = ibis.and_(*(groups[name] > 0 for name in ("old_amount", "new_amount", "old_quantity", "new_quantity")))
    is_priced = ((groups.supplier_status == "volume") & is_item & has_price).fill_null(False)
    rest = groups.filter(~is_priced)
    sums = rest.group_by(change_reason=rest.supplier_status, **{name: rest[name] for name in CELL}).aggregate(
        net_amount=exact_sum(rest, column="new_amount"),
        old_amount=exact_sum(rest, column="old_amount"),
        line_count=rest.line_count.sum(),
    )
    moves = [{**row, "net_amount": row["net_amount"] - row["old_amount"]} for row in records(sums)]
    return moves + [move for row in records(groups.filter(is_priced)) for move in _price_and_volume(row)]


def _bought_twice(restated: "ibis.Table", arrived: "ibis.Table") -> "ibis.Table":
    """One row per supplier, cell, item and unit with kroner and quantity of both periods, and what the supplier is."""
    import ibis

    both = _side(restated, "old").union(_side(arrived, "new"))
    seen = both.group_by("supplier_key").aggregate(
        old_count=both.is_new.ifelse(0, 1).sum(), new_count=both.is_new.ifelse(1, 0).sum()
    )
    status = ibis.cases(
        (seen.supplier_key.isnull(), "volume"),
        (seen.new_count == 0, "gone_suppliers"),
        (seen.old_count == 0, "new_suppliers"),
        else_="volume",
    )
    sums = {name: both[name].sum() for name in ("old_quantity", "new_quantity")}
    sums |= {name: exact_sum(both, column=name) for name in ("old_amount", "new_amount")}
    groups = both.group_by(ITEM).aggregate(line_count=both.is_new.ifelse(1, 0).sum(), **sums)
    return add_lookup(groups, seen.select("supplier_key", supplier_status=status), ["supplier_key"])


def _side(lines: "ibis.Table", side: str) -> "ibis.Table":
    """Lines in scope of one period, with 0 in the columns of the other."""
    import ibis

    kept, nothing = _in_scope(lines), ibis.literal(0).cast("int64")
    other = "old" if side == "new" else "new"
    amount, quantity = kept.net_amount, kept.quantity
    values = {
        f"{side}_amount": amount.fill_null(nothing.cast(amount.type())).cast("decimal(18,2)"),
        f"{other}_amount": nothing.cast("decimal(18,2)"),
        f"{side}_quantity": quantity.fill_null(nothing.cast(quantity.type())).cast("decimal(18,6)"),
        f"{other}_quantity": nothing.cast("decimal(18,6)"),
    }
    item = ibis.coalesce(kept.item_gtin_number, kept.item_seller_number)
    return kept.select(
        "supplier_key", *CELL, item_key=item, unit_code=kept.unit_code,
        is_new=ibis.literal(side == "new"), **{name: values[name] for name in sorted(values)},
    )  # fmt: skip


def _price_and_volume(row: Mapping) -> list[dict]:
    """What an item's kroner changed by: the new quantity at the old price is volume, the rest price."""
    old, new = row["old_amount"], row["new_amount"]
    expected = (old * row["new_quantity"] / row["old_quantity"]).quantize(ORE, rounding=ROUND_HALF_EVEN)
    is_same_pack = expected < new * ANOTHER_PACK and new < expected * ANOTHER_PACK
    price = new - expected if is_same_pack else NOTHING
    cell = {name: row[name] for name in CELL}
    return [
        {**cell, "change_reason": "price", "net_amount": price, "line_count": 0},
        {**cell, "change_reason": "volume", "net_amount": new - old - price, "line_count": row["line_count"]},
    ]


# --- tables ---------------------------------------------------------------------------------------------------------


def _is_in(figure: str, row: Mapping) -> bool:
    if figure == "net_amount":
        return True
    return bool(row["is_addressable"]) and (figure == "addressable_amount" or row["contract_status"] == "on_contract")


def _bridge(ends: Mapping[str, list[dict]], moves: list[dict]) -> list[dict]:
    """From the figure of the old report, by reason, to that of the new."""
    by_reason = {reason: [row for row in moves if row["change_reason"] == reason] for reason in REASONS}
    rows = {"before": ends["before"], **by_reason, "now": ends["now"]}
    return [
        {
            "change_reason": name,
            **{figure: total(row for row in members if _is_in(figure, row)) for figure in FIGURES},
            "line_count": sum(row["line_count"] for row in members),
        }
        for name, members in rows.items()
    ]


def _by_area(ends: Mapping[str, list[dict]], moves: list[dict], tree: "CategoryTree") -> list[dict]:
    sums: dict[str | None, dict] = {}

    def add(row: Mapping, column: str) -> None:
        if row["net_amount"]:
            code = row["category_1_code"]
            area = sums.setdefault(code, {"category_code": code, **dict.fromkeys(COLUMNS["by_area"][3:], NOTHING)})
            area[column] += row["net_amount"]

    for row in ends["before"]:
        add(row, "last_amount")
    for row in ends["now"]:
        add(row, "net_amount")
    for row in moves:
        add(row, f"{row['change_reason']}_amount")
    rows = [{**row, "difference_amount": row["net_amount"] - row["last_amount"]} for row in sums.values()]
    return with_category_names(sorted(rows, key=_most_moved), tree.name)


def _by_supplier(restated: "ibis.Table", arrived: "ibis.Table") -> list[dict]:
    """Suppliers whose kroner moved most, the rest as one row, so that the table sums to the second leg."""
    found: dict[str | None, dict] = {}
    for column, lines in (("last_amount", restated), ("net_amount", arrived)):
        kept = _in_scope(lines)
        sums = kept.group_by("supplier_key").aggregate(amount=exact_sum(kept), label=kept.supplier_label.max())
        for row in records(sums):
            empty = {"supplier_key": row["supplier_key"], "last_amount": NOTHING, "net_amount": NOTHING}
            place = found.setdefault(row["supplier_key"], empty)
            place |= {"supplier_label": row["label"], column: row["amount"] or NOTHING}
    rows = [{**r, "difference_amount": r["net_amount"] - r["last_amount"]} for r in without_persons(found.values())]
    rows.sort(key=_most_moved)
    others = rows[SUPPLIERS_SHOWN:]
    amounts = ("last_amount", "net_amount", "difference_amount")
    sums = {"supplier_key": "others", "supplier_group": "others", **{name: total(others, name) for name in amounts}}
    return [*rows[:SUPPLIERS_SHOWN], *([sums] if others else [])]


def _most_moved(row: Mapping) -> tuple:
    key = row.get("category_code", row.get("supplier_key"))
    return -abs(row["difference_amount"]), key is None, key or ""


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(bridge: list[dict], before: Period, now: Period) -> dict[str, Number]:
    found = {row["change_reason"]: row for row in bridge}
    old, new = found["before"], found["now"]
    numbers = {
        "old_period_name": Number(before.label, "text"),
        "period_name": Number(now.label, "text"),
        "previous_amount": Number(old["net_amount"], "kr"),
        "net_amount": Number(new["net_amount"], "kr"),
        "difference_amount": Number(new["net_amount"] - old["net_amount"], "kr"),
        "change_share": Number(share(new["net_amount"] - old["net_amount"], old["net_amount"]), "share"),
    }
    for figure in ("addressable_amount", "on_contract_amount"):
        numbers[figure.replace("amount", "difference_amount")] = Number(new[figure] - old[figure], "kr")
    known_since = total(found[reason] for reason in LINE_REASONS)
    numbers["known_since_amount"] = Number(known_since, "kr")
    largest = min(REASONS, key=lambda reason: (-abs(found[reason]["net_amount"]), REASONS.index(reason)))
    is_moved = bool(found[largest]["net_amount"])
    numbers["largest_reason_name"] = Number(largest if is_moved else None, "text")
    numbers["largest_reason_amount"] = Number(found[largest]["net_amount"] if is_moved else None, "kr")
    return numbers | {f"{reason}_amount": Number(found[reason]["net_amount"], "kr") for reason in REASONS}


def _checks(tables: Mapping[str, list[dict]]) -> tuple[Check, ...]:
    rows = {row["change_reason"]: row for row in tables["bridge"]}
    bridges = [
        adds_up(f"reasons sum to the difference of {figure}", _reasons(rows, figure), _gap(rows, figure))
        for figure in FIGURES
    ]
    areas = [abs(_gap_of(row)) for row in tables["by_area"]]
    legs = total(rows[reason] for reason in PERIOD_REASONS)
    return (
        *bridges,
        adds_up("reasons sum to the difference in every area", sum(areas, NOTHING), NOTHING),
        adds_up("areas sum to the whole", total(tables["by_area"]), rows["now"]["net_amount"]),
        adds_up("suppliers sum to the second leg", total(tables["by_supplier"], "difference_amount"), legs),
    )


def _reasons(rows: Mapping[str, Mapping], figure: str) -> Decimal:
    return total((rows[reason] for reason in REASONS), figure)


def _gap(rows: Mapping[str, Mapping], figure: str) -> Decimal:
    return rows["now"][figure] - rows["before"][figure]


def _gap_of(area: Mapping) -> Decimal:
    return area["difference_amount"] - sum((area[f"{reason}_amount"] for reason in REASONS), NOTHING)


def _definition(before: Period, now: Period) -> Definition:
    return Definition(
        formula=f"{now.label} less {before.label} as it was reported = lines of {before.label} that came late, were "
        f"corrected, or changed scope, category or contract status since + suppliers only in one period + price + "
        "volume; a line has the first of these reasons that holds, in this order",
        numerator="net amount of lines in scope; price: same supplier, item number and unit in both periods, new "
        "quantity at the new price less at the old",
        denominator="difference between the two reports",
        left_out="nothing; without item number, unit and quantity, or at a unit price three times the other: volume",
        source="practice",
    )


def reasons_of(finding: Finding) -> Iterable[tuple[str, Decimal]]:
    """Reason and kroner of the analysed spend, those that have moved it, in the order of the bridge."""
    rows = finding.tables["bridge"].to_dict("records")
    return [(r["change_reason"], r["net_amount"]) for r in rows if r["change_reason"] in REASONS and r["net_amount"]]
