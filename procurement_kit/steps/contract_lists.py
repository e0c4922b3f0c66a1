"""Does an item stand on the list of its contract, at the price agreed for the day?

A supplier with several contracts for a category may deliver on either, so the lists of all of them count: an item is
wrong only where none has it, and a price only where it is above all of them. Which contracts go together is known from
the suppliers' cells; their lists are put together once, in Python, and the lines are only joined.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import ibis
import pyarrow as pa

from procurement_kit.exact import FIRST_DATE, LAST_DATE, SPAN, add_lookup
from procurement_kit.store import arrow_schema

ONE_DAY = timedelta(days=1)
TOGETHER = "\n"  # between the numbers of contracts that one supplier has at the same time
ITEM_TYPES = {
    **SPAN, "list_contract": "string", "list_item": "string", "list_unit": "string", "agreed_price": "decimal(18,2)",
}  # fmt: skip
LIST_TYPES = {**ITEM_TYPES, "priced_contract": "string", "is_whole": "boolean"}
ITEM_KEYS = {"list_key": "list_contract", "item_seller_number": "list_item", "unit_code": "list_unit"}


def item_lookup(items: Iterable[Mapping]) -> pa.Table:
    """Agreed prices per contract, item, unit and span: each price holds until the next one begins."""
    return pa.Table.from_pylist(_prices(items), schema=arrow_schema(ITEM_TYPES))


def list_lookup(items: Iterable[Mapping], supplier_cells: pa.Table) -> pa.Table:
    """The same, and beside each contract's own list those of contracts that a supplier has together.

    Parameters
    ----------
    items : iterable of mapping
        Rows of CONTRACT_ITEMS.
    supplier_cells : pyarrow.Table
        As `contract_cells` gives it; *reads* `several_contracts`.

    Returns
    -------
    pyarrow.Table
        Columns LIST_TYPES. `list_contract` is a number, or several with a line break between them; `priced_contract`
        whose price it is: the highest on the day; `is_whole` whether every one of the contracts has a list.
    """
    own: dict[str, list[dict]] = defaultdict(list)
    for row in _prices(items):
        own[row["list_contract"]].append({**row, "priced_contract": row["list_contract"], "is_whole": True})
    rows = [row for number in sorted(own) for row in own[number]]
    for key in sorted(set(supplier_cells["several_contracts"].drop_null().to_pylist())):
        numbers = key.split(TOGETHER)
        lists = [row for number in numbers for row in own.get(number, ())]
        is_whole = all(number in own for number in numbers)
        rows += [{**row, "list_contract": key, "is_whole": is_whole} for row in _highest(lists)]
    return pa.Table.from_pylist(rows, schema=arrow_schema(LIST_TYPES))


def _prices(items: Iterable[Mapping]) -> list[dict]:
    by_key: dict[tuple, list[tuple[date, Mapping]]] = defaultdict(list)
    for item in items:
        key = item["contract_number"], item["item_number"], item["unit_code"]
        by_key[key].append((item["valid_from_date"] or FIRST_DATE, item))
    rows = []
    for (contract, number, unit), found in sorted(by_key.items()):
        prices = sorted(found, key=lambda price: price[0])
        ends = [first - ONE_DAY for first, _ in prices[1:]] + [LAST_DATE]
        for (first, item), last in zip(prices, ends, strict=True):
            names = {"list_contract": contract, "list_item": number, "list_unit": unit}
            rows.append({**names, "agreed_price": item["agreed_price_amount"], "from_date": first, "to_date": last})
    return rows


def _highest(rows: Iterable[dict]) -> list[dict]:
    """Of prices for the same item and unit, on each day the highest; of equal ones the lowest contract number's."""
    by_item: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        by_item[row["list_item"], row["list_unit"]].append(row)
    found = []
    for key in sorted(by_item):
        prices = sorted(by_item[key], key=lambda row: (-row["agreed_price"], row["priced_contract"]))
        days = sorted({day for row in prices for day in (row["from_date"], row["to_date"] + ONE_DAY)})
        for first, after in zip(days, days[1:], strict=False):
            held = next((row for row in prices if row["from_date"] <= first <= row["to_date"]), None)
            if held:
                found.append({**held, "from_date": first, "to_date": after - ONE_DAY})
    return found


def add_item_check(lines: ibis.Table, lists: ibis.Table, currency: str) -> ibis.Table:
    """Compare with the list of the contract; a price is never divided by its base, the agreed one is multiplied.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `contract_status`, `contract_number`, `several_contracts`, and item, unit, price and currency.
    lists : ibis.Table
        As `list_lookup` gives it.
    currency : str
        The currency the agreed prices are in.

    Returns
    -------
    ibis.Table
        *Adds* `item_check`; *changes* `contract_number` to the contract whose list has the item.
    """
    key = ibis.coalesce(lines.several_contracts, lines.contract_number)
    keyed = lines.mutate(list_key=(lines.contract_status == "on_contract").ifelse(key, None))
    whole = lists.select("list_contract", "is_whole").distinct()
    listed = lists.group_by("list_contract", "list_item").aggregate(listed_contract=lists.priced_contract.min())
    joined = add_lookup(keyed, whole, {"list_key": "list_contract"})
    joined = add_lookup(joined, listed, {"list_key": "list_contract", "item_seller_number": "list_item"})
    joined = add_lookup(joined, lists.drop("is_whole"), ITEM_KEYS, is_dated=True)
    return joined.mutate(
        item_check=_check(joined, currency),
        contract_number=ibis.coalesce(joined.priced_contract, joined.listed_contract, joined.contract_number),
    )


def _check(joined: ibis.Table, currency: str) -> ibis.Value:
    base = joined.price_base_quantity.fill_null(1)
    comparable = (
        joined.agreed_price.notnull()
        & joined.unit_price_amount.notnull()
        & (base > 0)
        & (joined.price_unit_factor.fill_null(1) == 1)
        & joined.document_currency.identical_to(ibis.literal(currency))
    )
    agreed = (joined.agreed_price * base).cast("decimal(38,10)")
    return ibis.cases(
        (joined.contract_status != "on_contract", ibis.null("string")),
        (joined.is_whole.isnull() | joined.item_seller_number.isnull(), "not_testable"),
        (joined.listed_contract.isnull() & ~joined.is_whole, "not_testable"),
        (joined.listed_contract.isnull(), "wrong_item"),
        (~comparable, "not_testable"),
        (joined.unit_price_amount.cast("decimal(38,10)") > agreed, "wrong_price"),
        else_="ok",
    )
