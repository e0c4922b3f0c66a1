"""What are a ledger's lines worth, in their own currency and in the municipality's?

Amounts are read column-wise, once per distinct value, as decimals. What cannot be read is a reason to hold the row
back, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.money import AMOUNT_LIMIT, DOCUMENT_PLACES, Rates, round_amount, to_net
from procurement_kit.intake.profiles import Profile
from procurement_kit.values import read_amount

DOCUMENT_TYPE, NET_TYPE, RATE_TYPE = pa.decimal128(18, 4), pa.decimal128(18, 2), pa.decimal128(18, 8)


@dataclass
class AmountColumns:
    """Amount columns of a batch, rows that have none with the reason, and rows that were rounded."""

    columns: dict[str, pa.Array]
    reasons: dict[int, str] = field(default_factory=dict)
    rounded: list[int] = field(default_factory=list)


def ledger_amounts(
    cells: pa.DictionaryArray,
    profile: Profile,
    *,
    credit: pa.DictionaryArray | None,
    currencies: pa.Array,
    days: pa.Array,
    rates: Rates,
) -> AmountColumns:
    """Read the amount column of a batch.

    Parameters
    ----------
    cells : pyarrow.DictionaryArray
        Amounts as printed.
    profile : Profile
        Says decimal mark and sign.
    credit : pyarrow.DictionaryArray, optional
        Cells that turn the sign, such as K in a debit/credit column.
    currencies, days : pyarrow.Array
        Currency and date of each row.
    rates : Rates
        Exchange rates of the municipality.
    """
    distinct = [_read(text, profile) for text in cells.dictionary.to_pylist()]
    amounts = pa.array([amount for amount, _ in distinct], DOCUMENT_TYPE).take(cells.indices)
    result = AmountColumns({})
    troubled = {place: problem for place, (_, problem) in enumerate(distinct) if problem}
    if troubled or cells.null_count:
        for row, place in enumerate(cells.indices.to_pylist()):
            problem = "there is no amount" if place is None else troubled.get(place)
            if problem == "rounded":
                result.rounded.append(row)
            elif problem:
                result.reasons[row] = problem
    if credit is not None:
        amounts = _turned(amounts, credit, profile)
    row_rates, sources = _row_rates(currencies, days, rates)
    for row in pc.indices_nonzero(pc.is_null(currencies)).to_pylist():
        result.reasons.setdefault(row, "there is no currency")
    result.columns = {
        "document_amount": amounts,
        "document_net_amount": amounts,
        "exchange_rate": row_rates,
        "exchange_rate_source": sources,
    }
    return result


def _read(text: str | None, profile: Profile) -> tuple[Decimal | None, str]:
    """An amount with four decimals, and what is the matter with it; the cell itself is never quoted."""
    bare = " ".join((text or "").split())
    if not bare or profile.is_missing("document_amount", bare):
        return None, "there is no amount"
    try:
        amount = read_amount(bare, profile.decimal_mark)
    except ValueError:
        return None, f"the amount cannot be read with decimal mark «{profile.decimal_mark}»"
    if amount is None:
        return None, "there is no amount"
    if abs(amount) >= AMOUNT_LIMIT:
        return None, "the amount is too large to be one"
    rounded = round_amount(amount, DOCUMENT_PLACES)
    turned = rounded if profile.sign == "positive_is_spend" else -rounded
    return turned + 0, "rounded" if rounded != amount else ""


def _turned(amounts: pa.Array, credit: pa.DictionaryArray, profile: Profile) -> pa.Array:
    marks = [" ".join((text or "").split()).casefold() in profile.credit[1] for text in credit.dictionary.to_pylist()]
    is_credit = pc.fill_null(pa.array(marks, pa.bool_()).take(credit.indices), False)
    return pc.if_else(is_credit, pc.negate(amounts), amounts)


def _row_rates(currencies: pa.Array, days: pa.Array, rates: Rates) -> tuple[pa.Array, pa.Array]:
    if pc.all(pc.fill_null(pc.equal(currencies, rates.currency), False)).as_py():
        one = pa.array([Decimal(1)], RATE_TYPE)
        return one.take(pa.array([0] * len(currencies))), pa.nulls(len(currencies), pa.string())
    known: dict[tuple, tuple] = {}
    for key in set(zip(currencies.to_pylist(), days.to_pylist(), strict=True)):
        rate = rates.rate(*key) if key[0] else None
        known[key] = (rate, rates.source(key[0], rate))
    found = [known[key] for key in zip(currencies.to_pylist(), days.to_pylist(), strict=True)]
    return pa.array([rate for rate, _ in found], RATE_TYPE), pa.array([source for _, source in found], pa.string())


def ledger_net(amounts: pa.Array, row_rates: pa.Array, document_ids: Sequence[str]) -> pa.Array:
    """Amounts in the municipality's currency, rounded by largest remainder within each document."""
    own = pc.all(pc.fill_null(pc.equal(row_rates, pa.scalar(Decimal(1), RATE_TYPE)), False)).as_py()
    if own:
        try:
            return amounts.cast(NET_TYPE)
        except pa.ArrowInvalid:
            pass  # some amount has more than two decimals: each document is rounded as a whole
    net: list[Decimal | None] = [None] * len(amounts)
    groups: dict[tuple, list[int]] = {}
    values, rate_values = amounts.to_pylist(), row_rates.to_pylist()
    for row, (amount, rate) in enumerate(zip(values, rate_values, strict=True)):
        if amount is not None and rate is not None:
            groups.setdefault((document_ids[row], rate), []).append(row)
    for (_, rate), rows in groups.items():
        for row, part in zip(rows, to_net([values[row] for row in rows], rate), strict=True):
            net[row] = part if abs(part) < AMOUNT_LIMIT * 100 else None
    return pa.array(net, NET_TYPE)
