"""What has following the contracts up found and brought home, and which prices were above the agreed ones?

The ledger says what was found and what the supplier has paid back, by contract and quarter. Beside it every line whose
item stands on its contract's list is held against the agreed price: quantity times the price above it. The price check
is a claim nobody has raised yet; it is never added to what the ledger holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from procurement_kit.contract_tables import FINDING_KINDS
from procurement_kit.exact import NOTHING, add_lookup, exact_sum, frame, key_order, lines_in, records, total
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.steps.contract_ledger import ContractLedger

OPEN = ("open", "raised")
SUMS = ("finding_count", "open_count", "found_amount", "recovered_amount")
LEDGER = (*SUMS, "recovered_share")
OVERPRICED = ("line_count", "net_amount", "overpriced_amount")
PRICED = ("contract_label", "item_seller_number", "unit_code", "agreed_price", "paid_price")
_PRICE_KEYS = {"contract_number": "list_contract", "item_seller_number": "list_item", "unit_code": "list_unit"}
COLUMNS = {
    "by_contract": ("contract_label", *LEDGER, *OVERPRICED),
    "by_quarter": ("quarter_name", *LEDGER, *OVERPRICED),
    "by_kind": ("finding_kind", *LEDGER),
    "overpriced": ("supplier_label", *PRICED, *OVERPRICED),
}
_ORE = Decimal("0.01")


def analyse_contract_followup(cube: "ibis.Table", ledger: "ContractLedger", *, period: str) -> Finding:
    """Show what was found and recovered by contract and quarter, and what was paid above the agreed prices.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `contract_number`, `item_check`, `item_seller_number`, `unit_code`, `unit_price_amount`,
        `price_base_quantity`, `quantity`, `supplier_label`, `invoice_date`, `net_amount`.
    ledger : ContractLedger
        As `read_contract_ledger` gives it.
    period : str
        For instance "2025" or "2025Q3": days of findings, and of invoices.

    Returns
    -------
    Finding
        Key "contract_followup"; tables `by_contract` (main), `by_quarter`, `by_kind`, `overpriced`: items paid above
        the agreed price, dearest first.
    """
    span = parse_period(period)
    found = [_counted(row) for row in ledger.findings if span.first_date <= row["found_date"] <= span.last_date]
    dear = _overpriced(lines_in(cube, span), ledger)
    rows = {
        "by_contract": _joined(found, dear, "contract_label"),
        "by_quarter": _joined(found, dear, "quarter_name"),
        "by_kind": sorted(_sums(found, "finding_kind"), key=lambda row: FINDING_KINDS.index(row["finding_kind"])),
        "overpriced": _by_item(dear),
    }
    return Finding(
        key="contract_followup",
        numbers=_numbers(found, dear, ledger),
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=tuple(
            adds_up(f"{name} sums to all {what}", total(rows[name], column), total(source, column))
            for name, what, column, source in (
                ("by_contract", "found", "found_amount", found),
                ("by_quarter", "found", "found_amount", found),
                ("by_kind", "found", "found_amount", found),
                ("by_quarter", "recovered", "recovered_amount", found),
                ("by_contract", "above the agreed price", "overpriced_amount", dear),
                ("by_quarter", "above the agreed price", "overpriced_amount", dear),
                ("overpriced", "above the agreed price", "overpriced_amount", dear),
            )
        ),
        caveats=_caveats(found, ledger),
        definition=_definition(),
        parameters={"period": span.label},
    )


# --- the ledger -----------------------------------------------------------------------------------------------------


def _counted(row: Mapping) -> dict:
    day = row["found_date"]
    return {
        "contract_label": row["contract_number"],
        "quarter_name": f"{day.year}Q{(day.month + 2) // 3}",
        "finding_kind": row["finding_kind"],
        "finding_count": 1,
        "open_count": int(row["finding_status"] in OPEN),
        "found_amount": row["found_amount"] or NOTHING,
        "recovered_amount": row["recovered_amount"] or NOTHING,
    }


def _sums(rows: Iterable[Mapping], key: str, names: tuple[str, ...] = SUMS) -> list[dict]:
    sums: dict[object, dict] = {}
    for row in rows:
        so_far = sums.setdefault(row[key], {key: row[key], **{name: _nothing(name) for name in names}})
        for name in names:
            so_far[name] += row[name]
    found = [sums[value] for value in sorted(sums, key=lambda value: key_order([value]))]
    return [{**row, "recovered_share": share(row.get("recovered_amount"), row.get("found_amount"))} for row in found]


def _nothing(name: str) -> Decimal | int:
    return 0 if name.endswith("_count") else NOTHING


def _joined(found: list[dict], dear: list[dict], key: str) -> list[dict]:
    """Ledger and price check side by side per key; whoever has one of them only has nothing of the other."""
    sides = defaultdict(dict)
    for row in (*_sums(found, key), *_sums(dear, key, OVERPRICED)):
        sides[row[key]] |= {name: value for name, value in row.items() if value is not None}
    empty = {name: _nothing(name) for name in (*SUMS, *OVERPRICED)} | {"recovered_share": None}
    return [{**empty, **sides[value]} for value in sorted(sides, key=lambda value: key_order([value]))]


# --- prices above the agreed ones -----------------------------------------------------------------------------------


def _overpriced(lines: "ibis.Table", ledger: "ContractLedger") -> list[dict]:
    """Sums per contract, item, price and quarter of the lines whose price is above the agreed one.

    The engine sums quantities; prices are multiplied and divided here, exactly, and rounded once per row.
    """
    import ibis

    dear = lines.filter(lines.item_check == "wrong_price")
    joined = add_lookup(dear, ibis.memtable(ledger.agreed_prices), _PRICE_KEYS, is_dated=True)
    by = {name: joined[name] for name in ("contract_number", "supplier_label", "item_seller_number", "unit_code")}
    by |= {name: joined[name] for name in ("unit_price_amount", "price_base_quantity", "agreed_price")}
    by |= {"year": joined.invoice_date.year(), "quarter": joined.invoice_date.quarter()}
    sums = joined.group_by(**by).aggregate(
        line_count=joined.count(), net_amount=exact_sum(joined), pieces=joined.quantity.sum().cast("decimal(38,6)")
    )
    return [_dear_row(row) for row in records(sums)]


def _dear_row(row: Mapping) -> dict:
    agreed = row["agreed_price"]
    paid = row["unit_price_amount"] / (row["price_base_quantity"] or 1)
    above = NOTHING if agreed is None else (row["pieces"] or 0) * (paid - agreed)
    return {
        "contract_label": row["contract_number"],
        "quarter_name": f"{row['year']}Q{row['quarter']}",
        **{name: row[name] for name in ("supplier_label", "item_seller_number", "unit_code", "line_count")},
        "agreed_price": agreed,
        "paid_price": paid.quantize(_ORE, ROUND_HALF_EVEN),
        "net_amount": row["net_amount"] or NOTHING,
        "overpriced_amount": above.quantize(_ORE, ROUND_HALF_EVEN),
        "is_known": agreed is not None,
    }


def _by_item(dear: Iterable[dict]) -> list[dict]:
    """One row per item and pair of prices, over all quarters, most kroner above the agreed price first."""
    names = ("supplier_label", *PRICED)
    keyed = [{**row, "place": tuple(row[name] for name in names)} for row in dear]
    sums = [dict(zip(names, row["place"], strict=True)) | row for row in _sums(keyed, "place", OVERPRICED)]
    return sorted(sums, key=lambda row: (-row["overpriced_amount"], *key_order(row[name] for name in names)))


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(found: list[dict], dear: list[dict], ledger: "ContractLedger") -> dict[str, Number]:
    amounts = {name: total(found, name) for name in ("found_amount", "recovered_amount")}
    amounts |= {"overpriced_amount": total(dear, "overpriced_amount"), "overpriced_net_amount": total(dear)}
    counts = {name: sum(row[name] for row in found) for name in ("finding_count", "open_count")}
    counts |= {
        "overpriced_line_count": sum(row["line_count"] for row in dear),
        "overpriced_contract_count": len({row["contract_label"] for row in dear}),
        "listed_item_count": ledger.agreed_prices.num_rows,
    }
    return {
        **{name: Number(value, "kr") for name, value in amounts.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
        "recovered_share": Number(share(amounts["recovered_amount"], amounts["found_amount"]), "share"),
    }


def _caveats(found: list[dict], ledger: "ContractLedger") -> tuple[str, ...]:
    missing = {"no_ledger": not found, "no_agreed_prices": not ledger.agreed_prices.num_rows}
    return tuple(key for key, is_missing in missing.items() if is_missing)


def _definition() -> Definition:
    return Definition(
        formula="recovered / found; above the agreed price = quantity x (price - agreed price)",
        numerator="kroner the supplier has paid back or credited",
        denominator="kroner of the findings of the period",
        left_out="items on no list, lines without item number, price or quantity, other units than the list's; the "
        "price check is no finding before somebody has raised it",
        source="contract follow-up as FIF counts it",
    )
