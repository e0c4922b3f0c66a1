"""How are amounts rounded, shared and converted so that every sum stays exact?

Everything is `Decimal`. Rounding is by largest remainder, so that the parts add up to the rounded whole, and it is
symmetrical: the amounts of a credit note are those of its invoice with the sign turned.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

DOCUMENT_PLACES, NET_PLACES, RATE_PLACES = 4, 2, 8
QUANTITY_PLACES, QUANTITY_LIMIT = 6, Decimal(10) ** 12  # what decimal(18,6) can hold
TOLERANCE = Decimal("0.01")
AMOUNT_LIMIT = Decimal(10) ** 13  # decimal(18,4) holds ten times as much: room for sums and differences
ZERO = Decimal(0)
RATES_FILE = "exchange_rates.csv"
_XML_DECIMAL = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})", re.ASCII)
_EXACT = Context(prec=60)


def xml_decimal(text: str) -> Decimal:
    """Read a decimal as XML writes it: point, no thousands separator, no exponent.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> xml_decimal(" -12.50 ")
    Decimal('-12.50')
    >>> xml_decimal("1,5")
    Traceback (most recent call last):
    ValueError: not a decimal number
    """
    bare = text.strip()
    if not _XML_DECIMAL.fullmatch(bare):
        raise ValueError("not a decimal number")
    return Decimal(bare)


def round_amount(amount: Decimal, places: int) -> Decimal:
    """Round commercially: half away from zero.

    Examples
    --------
    >>> round_amount(Decimal("2.345"), 2), round_amount(Decimal("-2.345"), 2)
    (Decimal('2.35'), Decimal('-2.35'))
    """
    return _EXACT.quantize(amount, Decimal(1).scaleb(-places)) if _fits(amount, places) else _half_up(amount, places)


def _fits(amount: Decimal, places: int) -> bool:
    return -amount.as_tuple().exponent <= places


def _half_up(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_EXACT)


def total(amounts: Sequence[Decimal]) -> Decimal:
    """The exact sum."""
    result = ZERO
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def round_to_sum(amounts: Sequence[Decimal], places: int, target: Decimal | None = None) -> list[Decimal]:
    """Round amounts so that they add up to the rounded sum, by largest remainder.

    Parameters
    ----------
    amounts : sequence of Decimal
        Exact amounts.
    places : int
        Decimals to keep.
    target : Decimal, optional
        What the result shall add up to; by default the exact sum, rounded half away from zero.

    Examples
    --------
    >>> round_to_sum([Decimal("0.333"), Decimal("0.333"), Decimal("0.334")], 2)
    [Decimal('0.33'), Decimal('0.33'), Decimal('0.34')]
    """
    unit = Decimal(1).scaleb(-places)
    goal = round_amount(total(amounts) if target is None else target, places)
    rounded = [amount.quantize(unit, rounding=ROUND_HALF_EVEN, context=_EXACT) for amount in amounts]
    missing = int(_EXACT.divide(_EXACT.subtract(goal, total(rounded)), unit))
    if not missing:
        return rounded
    step = 1 if missing > 0 else -1
    order = sorted(range(len(amounts)), key=lambda n: (-(amounts[n] - rounded[n]) * step, n))
    for turn in range(abs(missing)):
        rounded[order[turn % len(order)]] += unit * step
    return rounded


def share(amount: Decimal, weights: Sequence[Decimal], places: int = DOCUMENT_PLACES) -> list[Decimal]:
    """Share an amount in proportion to the weights' sizes; equally where all weights are zero.

    Examples
    --------
    >>> share(Decimal("10"), [Decimal(1), Decimal(1), Decimal(1)], 2)
    [Decimal('3.34'), Decimal('3.33'), Decimal('3.33')]
    """
    sizes = [abs(weight) for weight in weights]
    whole = total(sizes)
    if not whole:
        sizes, whole = [Decimal(1)] * len(sizes), Decimal(len(sizes))
    parts = [_EXACT.divide(_EXACT.multiply(amount, size), whole) for size in sizes]
    return round_to_sum(parts, places, amount)


@dataclass(frozen=True)
class Rates:
    """Exchange rates a municipality supplies: per currency the days and the rates that hold from them."""

    currency: str
    dated: tuple[tuple[str, tuple[tuple[date, Decimal], ...]], ...] = ()

    def rate(self, currency: str, day: date | None) -> Decimal | None:
        """Municipality's currency per unit on a day; None where none is known.

        Examples
        --------
        >>> rates = Rates("DKK", (("EUR", ((date(2025, 1, 1), Decimal("7.46")),)),))
        >>> rates.rate("EUR", date(2025, 3, 1)), rates.rate("EUR", date(2024, 3, 1)), rates.rate("DKK", None)
        (Decimal('7.46'), None, Decimal('1'))
        """
        if currency == self.currency:
            return Decimal(1)
        known = dict(self.dated).get(currency, ())
        position = bisect_right([start for start, _ in known], day) if day else 0
        return known[position - 1][1] if position else None

    def source(self, currency: str, rate: Decimal | None) -> str | None:
        """What `exchange_rate_source` says of a rate from here."""
        return "table" if rate is not None and currency != self.currency else None


def rates_path(municipality: "Municipality") -> Path:
    """Where a municipality's exchange rates lie."""
    return municipality.folder / RATES_FILE


def read_rates(municipality: "Municipality") -> Rates:
    """Read the municipality's `exchange_rates.csv`; no rates where there is no such file.

    Raises
    ------
    TableError
        If the file has cells that cannot be used, or a rate that is not above zero.
    """
    from procurement_kit.errors import TableError
    from procurement_kit.tables import EXCHANGE_RATES
    from procurement_kit.templates import read_template

    path = rates_path(municipality)
    if not path.is_file():
        return Rates(municipality.currency)
    by_currency: dict[str, dict[date, Decimal]] = {}
    for row in read_template(path, EXCHANGE_RATES).to_pylist():
        if row["exchange_rate"] <= 0:
            raise TableError(
                f"{RATES_FILE}: the rate of {row['document_currency']} is not above zero.", todo="correct it"
            )
        by_currency.setdefault(row["document_currency"], {})[row["valid_from_date"]] = row["exchange_rate"]
    dated = tuple((currency, tuple(sorted(days.items()))) for currency, days in sorted(by_currency.items()))
    return Rates(municipality.currency, dated)


def to_net(amounts: Sequence[Decimal], rate: Decimal) -> list[Decimal]:
    """Convert a document's amounts and round them to øre, so that they add up to the rounded whole.

    Examples
    --------
    >>> to_net([Decimal("1.0049"), Decimal("1.0049")], Decimal("1"))
    [Decimal('1.01'), Decimal('1.00')]
    """
    return round_to_sum([_EXACT.multiply(amount, rate) for amount in amounts], NET_PLACES)
