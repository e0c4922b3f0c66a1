"""What are a ledger's lines worth, in their own currency and in the municipality's?

Amounts are read column-wise, once per distinct value, as decimals. What cannot be read is a reason to hold the row
back, never a zero.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.cells import Distinct
from procurement_kit.intake.decimals import Decimals, read_decimals
from procurement_kit.intake.money import AMOUNT_LIMIT, NET_PLACES, Rates, to_net
from procurement_kit.intake.profiles import Profile
from procurement_kit.values import currencies_of

DOCUMENT_TYPE, NET_TYPE, RATE_TYPE = pa.decimal128(18, 4), pa.decimal128(18, 2), pa.decimal128(18, 8)
ONE = pa.scalar(Decimal(1), RATE_TYPE)
_HAS_MARK = r"(?i)kr|dkk|sek|nok|eur|gbp|£|€"
NO_AMOUNT, TOO_LARGE, NO_CURRENCY = "there is no amount", "the amount is too large to be one", "there is no currency"
OTHER_CURRENCY = "the amount carries the mark of another currency than the row"


@dataclass
class AmountColumns:
    """Amount columns of a batch, why rows have none, and which rows were rounded."""

    amounts: Distinct
    columns: dict[str, pa.Array]
    reasons: list[tuple[pa.Array, str]] = field(default_factory=list)
    rounded: pa.Array | None = None


def ledger_amounts(
    cells: Distinct,
    profile: Profile,
    *,
    credit: Distinct | None,
    currencies: Distinct,
    days: pa.Array,
    rates: Rates,
) -> AmountColumns:
    """Read the amount column of a batch.

    Parameters
    ----------
    cells : Distinct
        Amounts as printed, empty where nothing is there.
    profile : Profile
        Says decimal mark and sign.
    credit : Distinct, optional
        Cells that turn the sign, such as K in a debit/credit column.
    currencies : Distinct
        Currency of each row.
    days : pyarrow.Array
        Date of each row.
    rates : Rates
        Exchange rates of the municipality.
    """
    found = read_decimals(cells.values, profile.decimal_mark, DOCUMENT_TYPE, spare=1)
    values = found.values if profile.sign == "positive_is_spend" else pc.negate(found.values)
    amounts = cells.with_values(values)
    if credit is not None:
        amounts = Distinct.of(_turned(amounts.rows, credit, profile))
    row_rates, sources = _row_rates(currencies, days, rates)
    columns = {
        "document_amount": amounts.rows,
        "document_net_amount": amounts.rows,
        "exchange_rate": row_rates,
        "exchange_rate_source": sources,
    }
    reasons = _unread(cells, found, profile) + _wrong_currency(cells, currencies)
    return AmountColumns(amounts, columns, reasons, cells.spread(found.is_rounded))


def _unread(cells: Distinct, found: Decimals, profile: Profile) -> list[tuple[pa.Array, str]]:
    is_wrong = pc.or_(found.is_unreadable, found.is_too_large)
    reasons = {
        NO_AMOUNT: pc.and_not(pc.is_null(found.values), is_wrong),
        f"the amount cannot be read with decimal mark «{profile.decimal_mark}»": found.is_unreadable,
        TOO_LARGE: found.is_too_large,
    }
    spread = ((cells.spread(marks), reason) for reason, marks in reasons.items())
    return [(rows, reason) for rows, reason in spread if rows is not None]


def _wrong_currency(cells: Distinct, currencies: Distinct) -> list[tuple[pa.Array, str]]:
    """Rows without currency, and rows whose amount carries the mark of another one."""
    missing = currencies.spread(pc.is_null(currencies.values))
    reasons = [] if missing is None else [(missing, NO_CURRENCY)]
    has_mark = pc.fill_null(pc.match_substring_regex(cells.values, _HAS_MARK), False)
    if not pc.any(has_mark).as_py():
        return reasons
    marks = [currencies_of(text or "") for text in cells.values.to_pylist()]
    for allowed in sorted(set(marks) - {()}):
        marked = pa.array([mark == allowed for mark in marks]).take(cells.places)
        is_other = pc.invert(pc.is_in(currencies.rows, pa.array(allowed)))
        reasons.append((pc.and_(marked, pc.and_(is_other, pc.is_valid(currencies.rows))), OTHER_CURRENCY))
    return reasons


def _turned(amounts: pa.Array, credit: Distinct, profile: Profile) -> pa.Array:
    is_mark = credit.mapped(lambda text: " ".join((text or "").split()).casefold() in profile.credit[1], pa.bool_())
    return pc.if_else(is_mark.rows, pc.negate(amounts), amounts)


def _row_rates(currencies: Distinct, days: pa.Array, rates: Rates) -> tuple[pa.Array, pa.Array]:
    """Exchange rate and its source for each row, looked up once per currency and day."""
    count = len(days)
    is_own = pc.fill_null(pc.equal(currencies.values, rates.currency), False)
    if pc.all(is_own.take(currencies.places)).as_py():
        return pa.repeat(ONE, count), pa.nulls(count, pa.string())
    keys = pc.binary_join_element_wise(
        currencies.rows, days.cast(pa.string()), " ", null_handling="replace", null_replacement=""
    )
    pairs = Distinct.of(keys)
    first = pc.index_in(pa.array(range(len(pairs.values)), pa.int32()), pairs.places)
    at = [currencies.rows.take(first).to_pylist(), days.take(first).to_pylist()]
    found = [rates.rate(currency, day) if currency else None for currency, day in zip(*at, strict=True)]
    sources = [rates.source(currency, rate) for currency, rate in zip(at[0], found, strict=True)]
    return (
        pairs.with_values(pa.array(found, RATE_TYPE)).rows,
        pairs.with_values(pa.array(sources, pa.string())).rows,
    )


# --- in the municipality's currency ---------------------------------------------------------------------------------


def ledger_net(amounts: pa.Array, row_rates: pa.Array, document_ids: pa.Array) -> pa.Array:
    """Amounts in the municipality's currency, rounded by largest remainder within each document.

    Examples
    --------
    >>> third = pa.array([Decimal("0.3333")] * 3, DOCUMENT_TYPE)
    >>> one = pa.array([Decimal(1)] * 3, RATE_TYPE)
    >>> [str(part) for part in ledger_net(third, one, pa.array(["d", "d", "d"])).to_pylist()]
    ['0.34', '0.33', '0.33']
    """
    is_own = pc.all(pc.equal(row_rates, ONE)).as_py() and not row_rates.null_count
    exact = amounts if is_own else pc.multiply(amounts, row_rates)
    net = pc.round(exact, NET_PLACES, "half_to_even")
    if is_own and pc.all(pc.equal(net, exact)).as_py() is not False:
        return amounts.cast(NET_TYPE)
    if not is_own:
        is_small = pc.less(pc.abs(net), pa.scalar(AMOUNT_LIMIT * 100, net.type))
        net = pc.if_else(is_small, net, pa.scalar(None, net.type))
    net = net.cast(NET_TYPE)
    uneven = pc.is_in(document_ids, _uneven(exact, document_ids, row_rates))
    return pc.replace_with_mask(net, uneven, _shared(amounts, row_rates, document_ids, uneven))


def _uneven(exact: pa.Array, document_ids: pa.Array, row_rates: pa.Array) -> pa.Array:
    """Documents whose rounded lines do not add up to their rounded sum: they are rounded as a whole."""
    rounded = pc.round(exact, NET_PLACES, "half_to_even")
    table = pa.table({"document": document_ids, "rate": row_rates, "exact": exact, "rounded": rounded})
    sums = table.group_by(["document", "rate"]).aggregate([("exact", "sum"), ("rounded", "sum")])
    goal = pc.round(sums["exact_sum"], NET_PLACES, "half_towards_infinity")
    return sums.filter(pc.not_equal(goal, sums["rounded_sum"]))["document"].combine_chunks()


def _shared(amounts: pa.Array, row_rates: pa.Array, document_ids: pa.Array, uneven: pa.Array) -> pa.Array:
    values, rate_values = amounts.filter(uneven).to_pylist(), row_rates.filter(uneven).to_pylist()
    groups: dict[tuple, list[int]] = {}
    for row, key in enumerate(zip(document_ids.filter(uneven).to_pylist(), rate_values, strict=True)):
        if values[row] is not None and key[1] is not None:
            groups.setdefault(key, []).append(row)
    net: list[Decimal | None] = [None] * len(values)
    for (_, rate), rows in groups.items():
        for row, part in zip(rows, to_net([values[row] for row in rows], rate), strict=True):
            net[row] = part if abs(part) < AMOUNT_LIMIT * 100 else None
    return pa.array(net, NET_TYPE)
