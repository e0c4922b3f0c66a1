"""Which lines buy the same item, at which price per unit, and which price can they be held against?

An item is a GTIN, else a seller's item number within the supplier, else a normalised text; always with its unit.
Prices are brought to one unit by exact factors. Quantiles are weighted by quantity: the running sum over the prices
is compared, never divided. A price that looks like another pack is marked, not compared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Literal

import ibis

from procurement_kit.exact import PERSON_PREFIX, add_lookup, exact_sum, records
from procurement_kit.names import normalise_text
from procurement_kit.store import table_of

PRICE_TYPE, QUANTITY_TYPE, PRODUCT_TYPE = "decimal(18,6)", "decimal(38,6)", "decimal(38,12)"  # 6 + 6 places: exact
RATE_TYPE = "decimal(19,14)"
WIDE_TYPE, SCALED_TYPE = "decimal(24,6)", "decimal(30,6)"  # a price, and a price times up to a thousand
FACTOR_TYPE = (
    "decimal(19,6)"  # one place wider than a price: of two of 18 DuckDB makes a product of 18, which runs over
)
HIGHEST_PRICE, HIGHEST_RATE = Decimal(1_000_000_000), Decimal(100)  # beyond these it is no price
TEXT_LIMIT, RATE_LIMIT = 200_000, 10_000
NEEDED = (
    "invoice_date", "item_name", "item_seller_number", "item_gtin_number", "unit_code", "quantity",
    "unit_price_amount", "price_base_quantity", "price_unit_factor", "document_amount", "net_amount", "exchange_rate",
    "line_kind", "privacy_level", "supplier_key", "supplier_label", "municipality_name", "unit_name",
    "unit_division_name", "contract_number", "contract_status",
)  # fmt: skip
LEAST_PURCHASES = 3
PACKS, PACK_PERCENT, FAR_APART = (2, 3, 4, 5), 2, 5
ROUNDING, PRICES_PER_KRONE = Decimal("0.01"), 200  # a price rounded to øre is half an øre off: 1/200 of a krone
AGREED_KEYS = {"contract_number": "list_contract", "item_seller_number": "list_item", "unit_code": "list_unit"}
ITEM_POINT = ("item_key", "price", "agreed_price")
QUANTILES = {"p25_price": (4, 1), "median_price": (2, 1), "p75_price": (4, 3)}
LINE_REASONS = (
    "accessory", "person", "other_currency", "no_price", "no_quantity", "no_unit", "price_basis", "amount_differs",
    "no_identity", "too_many_texts",
)  # fmt: skip
ITEM_REASONS = ("credited", "too_few", "other_pack")
COMPARABLE = "comparable"
PARTS = (COMPARABLE, *LINE_REASONS, *ITEM_REASONS)
Reference = Literal["median", "p25"]


# --- lines with a price per unit and an item ------------------------------------------------------------------------


def identified_lines(lines: ibis.Table) -> ibis.Table:
    """Give each line the item it names, whether or not it can be compared.

    Parameters
    ----------
    lines : ibis.Table
        Lines in scope. *Reads* item, price, quantity and supplier columns.

    Returns
    -------
    ibis.Table
        *Adds* `item_identity`, `item_number`, `named_key` (identity, supplier of a seller's number, number, unit) and
        `price_rate` (what a price that is not for one unit is multiplied by).
    """
    lines = lines.select(*NEEDED, *(name for name in lines.columns if name == "month_number"))
    lines = lines.mutate(
        price_base=lines.price_base_quantity.fill_null(1).cast(PRICE_TYPE),
        price_factor=lines.price_unit_factor.fill_null(1).cast(PRICE_TYPE),
        item_text=is_public(lines).ifelse(lines.item_name, ibis.null("string")),
    )
    lines = add_lookup(lines, _rates(lines), ("price_base", "price_factor"))
    lines = lines.mutate(item_identity=_identity(lines))
    lines = add_lookup(lines, _texts(lines), ("item_text",))
    lines = lines.mutate(item_number=_number(lines))
    key = ibis.literal(":").join(
        [
            lines.item_identity,
            ibis.cases((lines.item_identity == "seller_number", lines.supplier_key), else_=ibis.literal("")),
            lines.item_number,
            lines.unit_code,
        ]
    )
    return lines.mutate(named_key=key)


def priced_lines(lines: ibis.Table, agreed: ibis.Table | None) -> ibis.Table:
    """Give each line its price per unit and what keeps it from being compared, if anything.

    Parameters
    ----------
    lines : ibis.Table
        As `identified_lines` gives them, all or some.
    agreed : ibis.Table, optional
        Agreed prices with the columns of `ITEM_TYPES` in `steps.contracts`: kroner per unit.

    Returns
    -------
    ibis.Table
        *Adds* `price` (kroner per unit), `agreed_price` (kroner per unit, empty where none is agreed), `line_reason`
        (empty where the line may be compared), `item_key` (empty where it may not).
    """
    lines = _with_agreed(lines.mutate(price=_price(lines)), agreed)
    lines = lines.mutate(line_reason=_line_reason(lines))
    return lines.mutate(item_key=lines.line_reason.isnull().ifelse(lines.named_key, ibis.null("string")))


def _rates(lines: ibis.Table) -> ibis.Table:
    """What a printed price is multiplied by to be for one unit: factor over base, once per pair that is not 1 to 1."""
    pairs = lines.filter((lines.price_base != 1) | (lines.price_factor != 1))
    pairs = pairs.select("price_base", "price_factor").distinct().order_by("price_base", "price_factor")
    rows = []
    for row in records(pairs.limit(RATE_LIMIT)):
        if row["price_base"] > 0 and row["price_factor"] > 0:
            rate = (row["price_factor"] / row["price_base"]).quantize(Decimal(1).scaleb(-14))
            rows += [{**row, "price_rate": rate}] if 0 < rate <= HIGHEST_RATE else []
    return table_of(rows, {"price_base": PRICE_TYPE, "price_factor": PRICE_TYPE, "price_rate": RATE_TYPE})


def _is_per_unit(lines: ibis.Table) -> ibis.Value:
    return (lines.price_base == 1) & (lines.price_factor == 1)


def _price(lines: ibis.Table) -> ibis.Value:
    """The printed price where it is for one unit; a product to six places only where it is not: casts down are dear."""
    printed = _has_price(lines).ifelse(lines.unit_price_amount.cast(PRICE_TYPE), ibis.null(PRICE_TYPE))
    return _is_per_unit(lines).ifelse(printed, (printed * lines.price_rate).cast(PRICE_TYPE))


def _has_price(lines: ibis.Table) -> ibis.Value:
    price = lines.unit_price_amount
    return ((price > 0) & (price <= ibis.literal(HIGHEST_PRICE))).fill_null(False)


def _with_agreed(lines: ibis.Table, agreed: ibis.Table | None) -> ibis.Table:
    if agreed is None:
        return lines.mutate(agreed_price=ibis.null(PRICE_TYPE))
    prices = agreed.mutate(agreed_price=agreed.agreed_price.cast(PRICE_TYPE))
    found = add_lookup(lines, prices, AGREED_KEYS, is_dated=True)
    is_on_contract = (found.contract_status == "on_contract").fill_null(False)
    return found.mutate(agreed_price=is_on_contract.ifelse(found.agreed_price, ibis.null(PRICE_TYPE)))


def _identity(lines: ibis.Table) -> ibis.Value:
    return ibis.cases(
        (lines.item_gtin_number.length() >= 8, "gtin"),
        (lines.item_seller_number.notnull() & lines.supplier_key.notnull(), "seller_number"),
        (lines.item_text.notnull(), "text"),
    )


def _texts(lines: ibis.Table) -> ibis.Table:
    """Normalised texts of items that have no number: those on most kroner, at most TEXT_LIMIT of them."""
    needed = lines.filter((lines.item_identity == "text") & _has_numbers(lines))
    found = needed.group_by("item_text").aggregate(net_amount=exact_sum(needed))
    found = found.order_by(ibis.desc("net_amount"), "item_text").limit(TEXT_LIMIT)
    rows = ({"item_text": row["item_text"], "text_key": normalise_text(row["item_text"])} for row in records(found))
    return table_of(list(rows), {"item_text": "string", "text_key": "string"})


def _number(lines: ibis.Table) -> ibis.Value:
    return ibis.cases(
        (lines.item_identity == "gtin", lines.item_gtin_number),
        (lines.item_identity == "seller_number", lines.item_seller_number),
        (lines.item_identity == "text", lines.text_key),
    )


def _has_numbers(lines: ibis.Table) -> ibis.Value:
    return _has_price(lines) & (lines.quantity != 0).fill_null(False) & lines.unit_code.notnull()


def _line_reason(lines: ibis.Table) -> ibis.Value:
    choices = (
        (lines.line_kind.notnull() & (lines.line_kind != "item"), "accessory"),
        (lines.supplier_key.startswith(PERSON_PREFIX).fill_null(False), "person"),
        (lines.exchange_rate.notnull() & (lines.exchange_rate != 1), "other_currency"),
        (~_has_price(lines), "no_price"),
        (lines.quantity.isnull() | (lines.quantity == 0), "no_quantity"),
        (lines.unit_code.isnull(), "no_unit"),
        (lines.price.isnull(), "price_basis"),
        (_differs(lines), "amount_differs"),
        (lines.item_identity.isnull() | (lines.text_key == "").fill_null(False), "no_identity"),
        ((lines.item_identity == "text") & lines.text_key.isnull(), "too_many_texts"),
    )
    return ibis.cases(*choices)


def _differs(lines: ibis.Table) -> ibis.Value:
    """Whether price times quantity is not the line's amount, by more than a price rounded to øre can explain."""
    quantity = lines.quantity.cast(FACTOR_TYPE)
    difference = (quantity * lines.price).cast(PRODUCT_TYPE) - lines.document_amount.cast(PRODUCT_TYPE)
    beyond = (difference.abs() - ibis.literal(ROUNDING).cast(PRODUCT_TYPE)).cast(PRODUCT_TYPE)
    for_more = (lines.quantity.cast(PRICE_TYPE).abs() * lines.price_rate).cast(PRODUCT_TYPE)
    by_rounding = _is_per_unit(lines).ifelse(quantity.abs().cast(PRODUCT_TYPE), for_more)
    return (_times(beyond, PRICES_PER_KRONE) > by_rounding).fill_null(True)


def is_public(lines: ibis.Table) -> ibis.Value:
    """Whether nothing marks the line as being about a person: only then its text may name an item."""
    return lines.privacy_level.fill_null(0) == 0


# --- items, their prices and the price to hold them against ---------------------------------------------------------


def price_points(lean: ibis.Table) -> ibis.Table:
    """Purchases less credits at each price of each item; a credit at the price of a purchase takes it back.

    Parameters
    ----------
    lean : ibis.Table
        *Reads* `item_key`, `price`, `agreed_price`, `quantity`, `net_amount`.

    Returns
    -------
    ibis.Table
        One row per item and price, with `line_count`, `net_amount` (kroner), `purchase_count` and `quantity`, the
        last three less what was credited.
    """
    lines = lean.filter(lean.item_key.notnull())
    sign = (lines.quantity > 0).ifelse(1, -1)
    return lines.group_by(ITEM_POINT).aggregate(
        line_count=lines.count(),
        net_amount=exact_sum(lines),
        purchase_count=sign.sum(),
        quantity=lines.quantity.sum().cast(QUANTITY_TYPE),
    )


def item_quantiles(points: ibis.Table) -> ibis.Table:
    """Prices of each item that was bought three times or more, weighted by quantity.

    Parameters
    ----------
    points : ibis.Table
        As `price_points` gives them, all or some.

    Returns
    -------
    ibis.Table
        One row per `item_key`: `purchase_count`, `item_quantity`, `min_price`, `p25_price`, `median_price`,
        `p75_price`, `max_price`; p25 is where the running quantity first reaches a quarter: 4 × running ≥ 1 × whole.
    """
    bought = points.filter(points.quantity > 0)
    items = bought.group_by("item_key").aggregate(
        item_count=bought.purchase_count.sum(), whole=bought.quantity.sum().cast(QUANTITY_TYPE)
    )
    often = items.filter(items.item_count >= LEAST_PURCHASES)
    found = bought.inner_join(often, "item_key").select(bought, often.item_count, often.whole)
    running = ibis.window(group_by="item_key", order_by=[found.price, found.agreed_price], preceding=None, following=0)
    found = found.mutate(running=found.quantity.sum().over(running).cast(QUANTITY_TYPE))
    sums = {}
    for name, (times, parts) in QUANTILES.items():
        reached = (found.running * times).cast(QUANTITY_TYPE) >= (found.whole * parts).cast(QUANTITY_TYPE)
        sums[name] = found.price.min(where=reached)
    return found.group_by("item_key").aggregate(
        **sums,
        purchase_count=found.item_count.max(),
        item_quantity=found.whole.max(),
        min_price=found.price.min(),
        max_price=found.price.max(),
    )


def item_references(points: ibis.Table, quantiles: ibis.Table) -> ibis.Table:
    """The quantiles of each item without its prices that look like another pack; found anew only where it has some.

    Parameters
    ----------
    points, quantiles : ibis.Table
        As `price_points` and, of all of them, `item_quantiles` give them.

    Returns
    -------
    ibis.Table
        As `quantiles`, with `usual_price` (median of all prices); without items seldom bought but in another pack.
    """
    usual = quantiles.select("item_key", usual_price=quantiles.median_price)
    marked = points.inner_join(usual, "item_key").select(points, usual.usual_price)
    marked = marked.mutate(is_kept=~is_other_pack(marked.price, ibis.coalesce(marked.agreed_price, marked.usual_price)))
    mixed = marked.filter((marked.quantity > 0) & ~marked.is_kept).select("item_key").distinct()
    kept = marked.filter(marked.is_kept).semi_join(mixed, "item_key")
    found = quantiles.anti_join(mixed, "item_key").union(item_quantiles(kept).select(quantiles.columns))
    return found.inner_join(usual, "item_key").select(found, usual.usual_price)


def is_other_pack(price: ibis.Value, usual: ibis.Value) -> ibis.Value:
    """Whether a price is within 2 % of a whole multiple or part of the usual one, or more than five times from it."""
    marks = [price > _scaled(usual, FAR_APART), usual > _scaled(price, FAR_APART)]
    for high, low in ((price, usual), (usual, price)):
        for pack in PACKS:
            least, most = (pack * (100 + percent) for percent in (-PACK_PERCENT, PACK_PERCENT))
            marks.append((_scaled(high, 100) >= _scaled(low, least)) & (_scaled(high, 100) <= _scaled(low, most)))
    nearest = min(PACKS) * (100 - PACK_PERCENT)
    is_far = (_scaled(price, 100) >= _scaled(usual, nearest)) | (_scaled(usual, 100) >= _scaled(price, nearest))
    return is_far.ifelse(ibis.or_(*marks), False)  # the dear comparisons only where one of them can hold


def _scaled(price: ibis.Value, factor: int) -> ibis.Value:
    return (price.cast(WIDE_TYPE) * factor).cast(SCALED_TYPE)


def _times(value: ibis.Value, factor: int) -> ibis.Value:
    return (value.cast(PRODUCT_TYPE) * factor).cast(PRODUCT_TYPE)


# --- prices and lines held against the reference --------------------------------------------------------------------


def compared_points(points: ibis.Table, items: ibis.Table, reference: Reference) -> ibis.Table:
    """Say of every price of every item whether it was compared, and what was paid above the price it is held against.

    Parameters
    ----------
    points, items : ibis.Table
        As `price_points` and `item_references` give them.
    reference : {"median", "p25"}
        What a price is held against where none is agreed.

    Returns
    -------
    ibis.Table
        *Adds* `usual_price`, `price_part` (`comparable` or a reason), `excess_price` (kroner per unit above the
        reference, 0 where not compared) and `overpaid_amount` (kroner).
    """
    prices = items.select("item_key", "usual_price", reference_price=f"{reference}_price")
    joined = points.left_join(prices, "item_key").select(points, prices.usual_price, prices.reference_price)
    held_against = ibis.coalesce(joined.agreed_price, joined.reference_price)
    base = ibis.coalesce(joined.agreed_price, joined.usual_price)
    part = ibis.cases(
        (joined.quantity <= 0, "credited"),
        (joined.reference_price.isnull(), "too_few"),
        (is_other_pack(joined.price, base), "other_pack"),
        else_=COMPARABLE,
    )
    joined = joined.mutate(price_part=part, held_against=held_against)
    above = ((joined.price_part == COMPARABLE) & (joined.price > joined.held_against)).fill_null(False)
    nothing = ibis.literal(Decimal(0)).cast(PRICE_TYPE)
    joined = joined.mutate(excess_price=above.ifelse((joined.price - joined.held_against).cast(PRICE_TYPE), nothing))
    return joined.drop("held_against", "reference_price").mutate(overpaid_amount=_product(joined))


def _product(rows: ibis.Table) -> ibis.Value:
    return (rows.excess_price * rows.quantity.cast(FACTOR_TYPE)).cast(PRODUCT_TYPE)


def part_sums(lean: ibis.Table, points: ibis.Table, *by: str) -> list[dict]:
    """Lines, kroner and overpaid kroner of each part, and of each group in `by`.

    Parameters
    ----------
    lean : ibis.Table
        As `priced_lines` gives them, with what the lines shall be grouped by.
    points : ibis.Table
        As `compared_points` gives them.
    *by : str
        Columns of `lean`.

    Returns
    -------
    list of dict
        `price_part`, `by`, `line_count`, `net_amount`, `overpaid_amount`, `agreed_overpaid_amount` (kroner).
    """
    apart = lean.filter(lean.item_key.isnull())
    reasons = apart.group_by([apart.line_reason.name("price_part"), *by]).aggregate(
        line_count=apart.count(), net_amount=exact_sum(apart)
    )
    marks = points.select(*ITEM_POINT, "price_part", "excess_price")
    named = lean.filter(lean.item_key.notnull())
    lines = add_lookup(named, marks, ITEM_POINT)
    lines = lines.mutate(overpaid_amount=_product(lines))
    grouped = lines.group_by("price_part", *by).aggregate(
        line_count=lines.count(),
        net_amount=exact_sum(lines),
        overpaid_amount=lines.overpaid_amount.sum().cast(PRODUCT_TYPE),
        agreed_overpaid_amount=lines.overpaid_amount.sum(where=lines.agreed_price.notnull()).cast(PRODUCT_TYPE),
    )
    nothing = {"overpaid_amount": Decimal(0), "agreed_overpaid_amount": None}
    return [*records(grouped), *({**row, **nothing} for row in records(reasons))]


@contextmanager
def held(table: ibis.Table) -> Iterator[ibis.Table]:
    """The rows of a table, worked out once in DuckDB and forgotten afterwards; elsewhere each time they are read."""
    engine = table.get_backend()
    if engine.name != "duckdb":  # where rows given with the expression do not reach a table of the engine's own
        yield table
        return
    name = ibis.util.gen_name("held")
    try:
        yield engine.create_table(name, table, temp=True)
    finally:  # not drop_table: what it writes is no statement to DuckDB in the versions that are pinned
        engine.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
