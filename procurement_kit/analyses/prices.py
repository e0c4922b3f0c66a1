"""What is paid for the same item, and what would a fair price have saved?

Saving = sum of quantity x (price - reference) where the price is above it; the reference is the agreed price, else the
item's volume-weighted median or lower quartile, as chosen. Every line in scope is compared or left out for one reason,
with its kroner. An estimate of what is worth asking about, not a claim that any supplier charged too much.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import ibis

from procurement_kit.analyses.item_prices import (
    COMPARABLE,
    ITEM_POINT,
    PARTS,
    PRODUCT_TYPE,
    Reference,
    compared_points,
    held,
    identified_lines,
    is_public,
    item_quantiles,
    item_references,
    part_sums,
    price_points,
    priced_lines,
)
from procurement_kit.errors import ParameterError
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    key_order,
    lines_in,
    records,
    require_lines,
    tally,
    total,
    without_persons,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.store import table_of

By = Literal["unit", "supplier", "municipality", "month"]
GROUPS = {
    "unit": ("unit_division_name", "unit_name"),
    "supplier": ("supplier_key", "supplier_label"),
    "municipality": ("municipality_name",),
    "month": ("month_number",),
}
ITEMS_SHOWN, PACKS_SHOWN = 500, 200
NO_PRICE = Decimal("0.000000")
SUMS = ("line_count", "net_amount", "comparable_line_count", "comparable_amount", "overpaid_amount")
PRICES = ("min_price", "p25_price", "median_price", "p75_price", "max_price")
ITEM = ("item_identity", "item_number", "item_name", "unit_code", "supplier_label")
COLUMNS = {
    "items": (
        "item_rank", *ITEM, "supplier_count", "unit_count", "municipality_count", "purchase_count", "item_quantity",
        "net_amount", *PRICES, "spread_share", "agreed_price", "overpaid_amount", "agreed_overpaid_amount",
    ),
    "parts": ("price_part", "line_count", "net_amount", "net_share"),
    "other_packs": (*ITEM, "price", "usual_price", "line_count", "net_amount"),
}  # fmt: skip


def analyse_prices(
    cube: ibis.Table,
    *,
    period: str,
    reference: Reference = "median",
    agreed: ibis.Table | None = None,
    by: By = "unit",
) -> Finding:
    """Compare what the same item cost across units, suppliers, municipalities and time.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* item, price, quantity, supplier, unit and contract columns, `invoice_date`, `scope_status`,
        `net_amount`.
    period : str
        For instance "2025".
    reference : {"median", "p25"}
        What a price is held against where none is agreed: the item's volume-weighted median or lower quartile.
    agreed : ibis.Table, optional
        Agreed prices, as `read_agreed_prices` gives them.
    by : {"unit", "supplier", "municipality", "month"}
        Who or when the spend and the saving are listed for.

    Returns
    -------
    Finding
        Key "prices"; tables `items` (main; those with the largest saving), `parts` (all spend in scope: compared, or
        why not), `by_unit` or as chosen, `other_packs`. Prices are kroner per unit.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If `reference` or `by` is none of those named.
    """
    _refuse_unknown(reference, by)
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    lines = lines.mutate(month_number=lines.invoice_date.year() * 100 + lines.invoice_date.month())
    whole = tally(lines)
    named = identified_lines(lines)
    with ExitStack() as kept:
        lean = kept.enter_context(held(_lean(priced_lines(named, agreed), GROUPS[by])))
        points = kept.enter_context(held(price_points(lean)))
        quantiles = kept.enter_context(held(item_quantiles(points)))
        items = kept.enter_context(held(item_references(points, quantiles)))
        compared = kept.enter_context(held(compared_points(points, items, reference)))
        cells = part_sums(lean, compared, *GROUPS[by])
        rows = _rows(cells, compared, items, by)
    rows = _with_names(rows, named, agreed)
    numbers = _numbers(rows, whole)
    tables = {name: frame(rows[name], columns) for name, columns in COLUMNS.items()}
    return Finding(
        key="prices",
        numbers=numbers,
        tables=tables | {f"by_{by}": frame(rows["groups"], _group_columns(by))},
        checks=_checks(rows, whole),
        caveats=_caveats(numbers, reference, has_agreed=agreed is not None),
        definition=_definition(reference, whole["net_amount"] - numbers["comparable_amount"].value),
        parameters={"period": span.label, "reference": reference, "by": by},
    )


def _refuse_unknown(reference: str, by: str) -> None:
    for given, known in ((reference, ("median", "p25")), (by, tuple(GROUPS))):
        if given not in known:
            raise ParameterError(f"«{given}» cannot be chosen.", expected=", ".join(known), todo="choose one of these")


def _lean(priced: ibis.Table, group: Sequence[str]) -> ibis.Table:
    """The few columns that are worked on again and again."""
    return priced.select(*ITEM_POINT, "line_reason", "quantity", "net_amount", *group)


# --- tables ---------------------------------------------------------------------------------------------------------


def _rows(cells: Sequence[Mapping], points: ibis.Table, items: ibis.Table, by: By) -> dict:
    """All tables as rows; `groups` is the one the analysis was asked to list."""
    return {
        **_largest_items(points, items),
        "other_packs": _other_packs(points),
        "parts": _parts(cells),
        "groups": _groups(cells, by),
        "agreed_overpaid_amount": sum((row["agreed_overpaid_amount"] or NOTHING for row in cells), NOTHING),
    }


def _with_names(rows: Mapping, named: ibis.Table, agreed: ibis.Table | None) -> dict:
    """The rows with what the shown items are called, and how many buy and sell them."""
    listed = ("items", "other_packs")
    described = _described(named, agreed, {row["item_key"] for name in listed for row in rows[name]})
    return {**rows, **{name: [{**described[row["item_key"]], **row} for row in rows[name]] for name in listed}}


def _parts(cells: Sequence[Mapping]) -> list[dict]:
    whole = total(row for row in cells if row["net_amount"] is not None)
    rows = []
    for part in PARTS:
        found = [row for row in cells if row["price_part"] == part]
        amount = total(row for row in found if row["net_amount"] is not None)
        count = sum(row["line_count"] for row in found)
        rows.append({"price_part": part, "line_count": count, "net_amount": amount, "net_share": share(amount, whole)})
    return rows


def _groups(cells: Sequence[Mapping], by: By) -> list[dict]:
    """Spend, compared spend and saving of each unit, supplier, municipality or month; persons as one."""
    found: dict[tuple, dict] = {}
    for row in cells:
        key = tuple(row[name] for name in GROUPS[by])
        names = dict(zip(GROUPS[by], key, strict=True))
        sums = found.setdefault(
            key, names | dict.fromkeys(SUMS, NOTHING) | {name: 0 for name in SUMS if "count" in name}
        )
        is_compared = row["price_part"] == COMPARABLE
        sums["line_count"] += row["line_count"]
        sums["net_amount"] += row["net_amount"] or NOTHING
        sums["comparable_line_count"] += row["line_count"] if is_compared else 0
        sums["comparable_amount"] += (row["net_amount"] or NOTHING) if is_compared else NOTHING
        sums["overpaid_amount"] += row["overpaid_amount"]
    rows = [{**row, "overpaid_amount": in_oere(row["overpaid_amount"])} for row in found.values()]
    rows = without_persons(rows) if by == "supplier" else rows
    if by == "month":
        rows = [{**row, "month_name": "{}-{:02}".format(*divmod(row["month_number"], 100))} for row in rows]
        return sorted(rows, key=lambda row: row["month_name"])
    return sorted(rows, key=lambda row: (-row["overpaid_amount"], key_order(row[name] for name in GROUPS[by])))


def _group_columns(by: By) -> tuple[str, ...]:
    names = {"month": ("month_name",), "supplier": ("supplier_key", "supplier_label", "supplier_group")}
    return (*names.get(by, GROUPS[by]), *SUMS)


def _largest_items(points: ibis.Table, items: ibis.Table) -> dict:
    """The items with the largest saving, with how many there are and what all of them sum to."""
    points = points.filter(points.price_part == COMPARABLE)
    sums = points.group_by("item_key").aggregate(
        net_amount=exact_sum(points),
        overpaid_amount=points.overpaid_amount.sum().cast(PRODUCT_TYPE),
        agreed_overpaid_amount=points.overpaid_amount.sum(where=points.agreed_price.notnull()).cast(PRODUCT_TYPE),
        agreed_price=points.agreed_price.max(),
    )
    with held(sums.inner_join(items.drop("usual_price"), "item_key")) as found:
        order = [ibis.desc("overpaid_amount"), ibis.desc("net_amount"), "item_key"]
        largest = records(found.order_by(order).limit(ITEMS_SHOWN))
        over_all = records(_over_all(found))[0]
    return {"items": [_item_row(rank, row) for rank, row in enumerate(largest, start=1)], "all_items": over_all}


def _over_all(found: ibis.Table) -> ibis.Table:
    return found.aggregate(
        item_count=found.count(),
        spread_item_count=(found.max_price > found.min_price).sum(),
        dear_item_count=(found.overpaid_amount > 0).sum(),
        net_amount=exact_sum(found),
        overpaid_amount=found.overpaid_amount.sum().cast(PRODUCT_TYPE),
    )


def _item_row(rank: int, row: Mapping) -> dict:
    saved = {name: in_oere(row[name]) for name in ("overpaid_amount", "agreed_overpaid_amount")}
    prices = {name: in_oere(row[name]) for name in (*PRICES, "agreed_price", "item_quantity")}
    spread = share(row["max_price"] - row["min_price"], row["median_price"])
    return {**row, **saved, **prices, "item_rank": rank, "spread_share": spread}


def _other_packs(points: ibis.Table) -> list[dict]:
    """Prices that look like another pack than the usual one, most kroner first."""
    points = points.filter(points.price_part == "other_pack")
    points = points.mutate(usual_price=ibis.coalesce(points.agreed_price, points.usual_price))
    found = points.group_by("item_key", "price", "usual_price").aggregate(
        line_count=points.line_count.sum(), net_amount=exact_sum(points)
    )
    found = found.order_by(ibis.desc("net_amount"), "item_key", "price", "usual_price").limit(PACKS_SHOWN)
    return [
        {**row, "price": in_oere(row["price"]), "usual_price": in_oere(row["usual_price"])} for row in records(found)
    ]


def _described(named: ibis.Table, agreed: ibis.Table | None, keys: set[str]) -> dict[str, dict]:
    """Names, suppliers and buyers of the shown items; only their lines are priced once more."""
    shown = table_of([{"named_key": key} for key in sorted(keys)], {"named_key": "string"})
    lines = priced_lines(named.semi_join(shown, "named_key"), agreed)
    lines = lines.filter(lines.line_reason.isnull())
    found = lines.group_by("item_key", "item_identity", "item_number", "unit_code").aggregate(
        item_name=lines.item_name.min(where=is_public(lines)),
        supplier_label=lines.supplier_label.min(),
        supplier_count=lines.supplier_key.nunique(),
        unit_count=lines.unit_name.nunique(),
        municipality_count=lines.municipality_name.nunique(),
    )
    return {row["item_key"]: _of_one_supplier(row) for row in records(found)}


def _of_one_supplier(row: dict) -> dict:
    return row if row["supplier_count"] == 1 else {**row, "supplier_label": None}


def in_oere(amount: Decimal | None) -> Decimal | None:
    """An amount with two decimals where that is exact, else as it is, without needless zeros.

    Examples
    --------
    >>> in_oere(Decimal("12.500000")), in_oere(Decimal("0.012500")), in_oere(None)
    (Decimal('12.50'), Decimal('0.0125'), None)
    """
    if amount is None:
        return None
    rounded = amount.quantize(NOTHING)
    return rounded if rounded == amount else amount.normalize()


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: Mapping, whole: Mapping) -> dict[str, Number]:
    parts = {row["price_part"]: row for row in rows["parts"]}
    over_all, packs = rows["all_items"], parts["other_pack"]
    comparable = parts[COMPARABLE]["net_amount"]
    saving = _rounded(over_all["overpaid_amount"])
    by_agreement = _rounded(rows["agreed_overpaid_amount"])
    kroner = {
        "analysed_amount": whole["net_amount"],
        "comparable_amount": comparable,
        "overpaid_amount": saving,
        "agreed_overpaid_amount": by_agreement,
        "unagreed_overpaid_amount": saving - by_agreement,
        "other_pack_amount": packs["net_amount"],
        "credited_amount": parts["credited"]["net_amount"],
    }
    counts = {name: over_all[name] or 0 for name in ("item_count", "spread_item_count", "dear_item_count")}
    counts |= {"other_pack_line_count": packs["line_count"], "too_many_text_line_count": _too_many(parts)}
    counts |= {"hidden_item_count": counts["item_count"] - len(rows["items"])}
    shares = {
        "comparable_share": share(comparable, whole["net_amount"]),
        "overpaid_share": share(saving, comparable),
        "top_ten_share": share(total(rows["items"][:10], "overpaid_amount"), saving),
    }
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
    }


def _rounded(amount: Decimal | None) -> Decimal:
    return (amount or NOTHING).quantize(NOTHING, rounding=ROUND_HALF_EVEN)


def _too_many(parts: Mapping[str, Mapping]) -> int:
    return parts["too_many_texts"]["line_count"]


def _checks(rows: Mapping, whole: Mapping) -> tuple[Check, ...]:
    parts = {row["price_part"]: row["net_amount"] for row in rows["parts"]}
    over_all = rows["all_items"]
    compared = total(rows["groups"], "comparable_amount")
    saving = sum((row["overpaid_amount"] for row in rows["groups"]), Decimal(0))
    item_saving = over_all["overpaid_amount"] or Decimal(0)
    return (
        adds_up("parts sum to analysed", sum(parts.values(), NOTHING), whole["net_amount"]),
        adds_up("groups sum to analysed", total(rows["groups"]), whole["net_amount"]),
        adds_up("items sum to compared", over_all["net_amount"] or NOTHING, parts[COMPARABLE]),
        adds_up("groups sum to compared", compared, parts[COMPARABLE]),
        adds_up("saving by group is the saving by item", in_oere(saving), in_oere(item_saving)),
    )


def _caveats(numbers: Mapping[str, Number], reference: Reference, *, has_agreed: bool) -> tuple[str, ...]:
    found = ["price_estimate", f"price_reference_{reference}"]
    found += [] if has_agreed else ["no_price_list"]
    found += ["other_packs"] if numbers["other_pack_line_count"].value else []
    found += ["too_many_texts"] if numbers["too_many_text_line_count"].value else []
    return tuple(found)


def _definition(reference: Reference, left_out: Decimal) -> Definition:
    names = {"median": "volume-weighted median", "p25": "volume-weighted lower quartile"}
    return Definition(
        formula=f"sum of q x max(0, p - p_ref); p_ref = agreed price, else the item's {names[reference]}",
        numerator="kroner paid above the reference for the same item in the same unit, less what was credited",
        denominator="lines of an item bought at least three times, with price, quantity and unit",
        left_out="lines that cannot be compared, each with one reason; prices that look like another pack",
        left_out_amount=left_out,
        source="price dispersion of one item; AKF/Aarhus 2000 (35 goods, 2,016 prices); purchase price variance",
    )
