"""What are a document's lines worth, and does that agree with its header?

Reconciles the lines with LegalMonetaryTotal/LineExtensionAmount, shares charges and allowances of the whole document
among the lines, and finds the exchange rate. TaxExclusiveAmount is never used: in OIOUBL it is the VAT. Everything is
counted in whole ten-thousandths, so nothing is lost; rounding is by largest remainder, as in `money`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from procurement_kit.intake.einvoice_stylesheet import VALUE
from procurement_kit.intake.einvoice_values import (
    amount_of,
    exact,
    flag_of,
    groups_of,
    rounded,
    scaled,
    vat_code,
    vat_of,
)
from procurement_kit.intake.money import (
    AMOUNT_LIMIT,
    DOCUMENT_PLACES,
    NET_PLACES,
    RATE_PLACES,
    TOLERANCE,
    Rates,
    round_amount,
    xml_decimal,
)
from procurement_kit.intake.privacy import clean_text
from procurement_kit.intake.safe_xml import RefusedError

UNIT = 10**DOCUMENT_PLACES
_LIMIT = int(AMOUNT_LIMIT) * UNIT
_TOLERANCE = int(TOLERANCE * UNIT)
_PER_ORE = 10 ** (DOCUMENT_PLACES - NET_PLACES)
RATE_UNIT = 10**RATE_PLACES
NO_NUMBER, TOO_LARGE = "has an amount that is not a number", "has an amount that is too large to be one"
NO_EXTRAS = (0, 0)
_EXACT, _SMALLEST = Context(prec=60), Decimal(1).scaleb(-DOCUMENT_PLACES)
OTHER_CURRENCY = "has line amounts in another currency than the document's"
FREE_CODES = frozenset(("free_line_counted", "free_line_left_out"))


class Rate(NamedTuple):
    """An exchange rate in hundred-millionths and where it is from; both empty where none is known."""

    rate: int | None
    source: str | None


class Header(NamedTuple):
    """What the header of a document says about amounts, as the stylesheet writes it."""

    sign: int
    is_oioubl: bool
    currency: str
    taxes: str
    totals: str
    charges: Sequence[str]
    flaw: str = ""


@dataclass(slots=True)
class Amounts:
    """Amounts of a document, signed, in ten-thousandths: its lines, with charges, and the control totals."""

    currency: str
    lines: list[int]
    extras: list[tuple[int, int]]
    net: list[int] | None
    control: dict[str, int | None]
    reason: str | None = None
    codes: set[str] = field(default_factory=set)


def money(number: int | None) -> Decimal | None:
    """A number of ten-thousandths as an amount.

    Examples
    --------
    >>> money(12500)
    Decimal('1.2500')
    """
    return None if number is None else _EXACT.multiply(number, _SMALLEST)


def plain(number: int) -> str:
    """An amount with four decimals, as it stands in a document's identity.

    Examples
    --------
    >>> plain(-12500), plain(0)
    ('-1.2500', '0.0000')
    """
    whole, rest = divmod(abs(number), UNIT)
    return f"{'-' if number < 0 else ''}{whole}.{rest:0{DOCUMENT_PLACES}}"


class Lines(NamedTuple):
    """What all lines of a document say about amounts, as printed, a column each."""

    amounts: Sequence[str] = ()
    currencies: Sequence[str] = ()
    frees: Sequence[str] = ()
    charges: Sequence[str] = ()
    vats: Sequence[str] = ()


def amounts_of(header: Header, lines: Lines) -> Amounts:
    """Read and reconcile the amounts of a document.

    Parameters
    ----------
    header : Header
        What its header says.
    lines : Lines
        What its lines say.

    Raises
    ------
    RefusedError
        If there is no currency, a line without an amount, or an amount that is no number or too large.
    """
    currency = _currency(header)
    try:
        totals, expected = _totals(header, currency)
        printed_charges = [one for text in header.charges for one in charges_of(f"{text}{VALUE}")]
        places, printed = _printed(lines.amounts, header.sign)
        extras = [extras_of(text) if text else NO_EXTRAS for text in lines.charges]
    except RefusedError:
        raise
    except ValueError:
        raise RefusedError(NO_NUMBER) from None
    charges = [(amount * (header.sign if is_one else -header.sign), vat) for is_one, amount, vat in printed_charges]
    step = 10 ** (places - DOCUMENT_PLACES)
    sizes = [abs(total) for total in totals.values() if total] + [abs(amount) for amount, _ in charges]
    if sum(sizes) + sum(map(abs, printed)) // step >= _LIMIT:
        raise RefusedError(TOO_LARGE)
    control = totals
    if not printed:
        return Amounts(currency, [], [], None, control, header.flaw or "has no lines")
    stated = totals["header_line_amount"]
    target = stated if expected is None else expected - sum(amount for amount, _ in charges)
    counted, codes, reason = _reconciled(header, lines, printed, step, target, is_stated=stated is not None)
    if header.flaw or _is_other(header, lines, currency):
        reason = header.flaw or OTHER_CURRENCY
    amounts = counted if step == 1 else in_units(counted, step)
    control["line_sum_amount"] = sum(amounts)
    if stated is not None:
        control["difference_amount"] = stated - control["line_sum_amount"]
    net = _with_charges(amounts, lines.vats, charges, totals, codes)
    return Amounts(currency, amounts, extras, net, control, reason, codes)


# --- what is printed ------------------------------------------------------------------------------------------------


def _currency(header: Header) -> str:
    code = clean_text(header.currency) or header.totals.partition(VALUE)[0]
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RefusedError("has no currency")
    return code.upper()


def _is_other(header: Header, lines: Lines, currency: str) -> bool:
    stated = header.totals.split(VALUE, 2)[1] if header.totals else ""
    codes = {stated, *lines.currencies, currency} - {""}
    return len(codes) > 1 and any(code.upper() != currency for code in codes)


def _totals(header: Header, currency: str) -> tuple[dict[str, int | None], int | None]:
    """Totals of the header, and what the lines should add up to where it does not say so but can be told."""
    texts = header.totals.split(VALUE)[2:-1] if header.totals else [""] * 7
    sum_, allowance, charge, payable = (amount_of(text) * header.sign if text else None for text in texts[:4])
    tax = _tax(header)
    totals = {
        "header_line_amount": sum_,
        "header_allowance_amount": allowance,
        "header_charge_amount": charge,
        "header_payable_amount": payable,
        "header_tax_amount": tax,
    }
    return totals, _told_by_total(header, texts[3:], tax or 0) if sum_ is None else None


def _tax(header: Header) -> int | None:
    """EN 16931 repeats the tax total in the accounting currency: only the document's own counts."""
    own = header.currency
    taxes = [text for text, stated in groups_of(header.taxes, 2) if not own or not stated or stated == own]
    return sum(amount_of(text) for text in taxes if text) * header.sign if taxes else None


def _told_by_total(header: Header, texts: list[str], tax: int) -> int | None:
    """Lines with charges, where only a total with VAT is stated: OIOUBL's has the rounding in it, others' have not."""
    payable, inclusive, prepaid, rounding = (amount_of(text) * header.sign if text else None for text in texts)
    if inclusive is not None:
        return inclusive - tax - ((rounding or 0) if header.is_oioubl else 0)
    return None if payable is None else payable - tax + (prepaid or 0) - (rounding or 0)


def _printed(texts: Sequence[str], sign: int) -> tuple[int, list[int]]:
    """Line amounts, exact: with four decimals, or as many as the longest needs."""
    if "" in texts:
        raise RefusedError("has a line without an amount")
    amounts = list(map(scaled, texts))
    places = DOCUMENT_PLACES
    if None in amounts:
        numbers = [exact(text) for text in texts]
        places = max(decimals for _, decimals in numbers)
        amounts = [number * 10 ** (places - decimals) for number, decimals in numbers]
    return places, amounts if sign > 0 else [-amount for amount in amounts]


@lru_cache(maxsize=100_000)
def charges_of(text: str) -> list[tuple[bool, int, tuple[str | None, str | None]]]:
    """Allowances and charges as printed: whether it is a charge, the amount, VAT category and rate.

    Raises
    ------
    ValueError
        If one is no number.
    """
    found = []
    for indicator, amount, category, percent in groups_of(text, 4):
        vat = vat_code(clean_text(category)), clean_text(percent)
        found.append((flag_of(indicator), amount_of(amount) if amount else 0, vat))
    return found


@lru_cache(maxsize=100_000)
def extras_of(text: str) -> tuple[int, int]:
    """Sum of the allowances and of the charges of a line, in ten-thousandths, before the sign of the document.

    Raises
    ------
    ValueError
        If one is no number.
    RefusedError
        If they are too large.
    """
    allowance, charge = (sum(n for is_one, n, _ in charges_of(text) if is_one is side) for side in (False, True))
    if max(abs(allowance), abs(charge)) >= _LIMIT:
        raise RefusedError(TOO_LARGE)
    return allowance, charge


# --- reconciling ----------------------------------------------------------------------------------------------------


def _reconciled(
    header: Header, lines: Lines, every: list[int], step: int, target: int | None, *, is_stated: bool
) -> tuple[list[int], set[str], str | None]:
    """Which amounts count: OIOUBL leaves free lines out of the sum; where a sender counted them, that holds too."""
    if target is None:
        return every, set(), "has no sum of lines in its header"
    has_free = any(lines.frees) and any(map(flag_of, lines.frees))
    paid = [0 if flag_of(free) else n for free, n in zip(lines.frees, every, strict=True)] if has_free else every
    ways = [(paid, "free_line_left_out"), (every, "free_line_counted")]
    codes = set() if is_stated else {"no_header_sum"}
    for counted, code in ways if header.is_oioubl else ways[::-1]:
        if abs(sum(counted) - target * step) <= _TOLERANCE * step:
            return counted, codes | ({code} if has_free else set()), None
    counted = paid if header.is_oioubl else every
    if not is_stated:
        return counted, set(), "has no sum of lines in its header, and its lines do not add up to its total"
    return counted, set(), f"lines add up to {_shown(sum(counted), step)}, but the header says {plain(target)}"


def _shown(number: int, step: int) -> str:
    """An exact sum without zeros at its end, but with two decimals."""
    places = len(str(step)) - 1 + DOCUMENT_PLACES
    whole, rest = divmod(abs(number), 10**places)
    decimals = f"{rest:0{places}}".rstrip("0").ljust(NET_PLACES, "0")
    return f"{'-' if number < 0 else ''}{whole}.{decimals}"


def in_units(numbers: Sequence[int], unit: int) -> list[int]:
    """Whole units that add up to the rounded sum, by largest remainder; halves to the even one.

    Examples
    --------
    >>> in_units([333, 333, 334], 10)
    [33, 33, 34]
    """
    floors = [divmod(number, unit) for number in numbers]
    parts = [count + (2 * rest > unit or (2 * rest == unit and count % 2)) for count, rest in floors]
    missing = rounded(sum(numbers), unit) - sum(parts)
    if not missing:
        return parts
    step = 1 if missing > 0 else -1
    order = sorted(range(len(parts)), key=lambda n: (-(numbers[n] - parts[n] * unit) * step, n))
    for turn in range(abs(missing)):
        parts[order[turn % len(order)]] += step
    return parts


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Share an amount in proportion to the weights' sizes; equally where all weights are zero.

    Examples
    --------
    >>> shared(1000, [1, 1, 1])
    [334, 333, 333]
    """
    sizes = [abs(weight) for weight in weights]
    whole = sum(sizes)
    if not whole:
        sizes, whole = [1] * len(sizes), len(sizes)
    return in_units([amount * size for size in sizes], whole)


def _with_charges(lines: list[int], vats: Sequence[str], charges: list, totals: dict, codes: set[str]) -> list[int]:
    """Each line's amount with its share of the document's charges less allowances."""
    charge, allowance = totals["header_charge_amount"], totals["header_allowance_amount"]
    stated = (charge or 0) - (allowance or 0)
    is_stated = charge is not None or allowance is not None
    if is_stated and abs(sum([amount for amount, _ in charges]) - stated) > _TOLERANCE:
        codes.add("allowance_total")
        charges = [(stated, (None, None))]
    if not charges:
        return lines
    net = list(lines)
    categories = [vat_of(text) for text in vats]
    for amount, category in charges:
        chosen = _bearers(lines, categories, category)
        for n, part in zip(chosen, shared(amount, [lines[n] for n in chosen]), strict=True):
            net[n] += part
    return net


def _bearers(lines: list[int], categories: list[tuple], category: tuple) -> list[int]:
    """Lines that bear a charge: same VAT category and rate, else same category, else all that are paid for."""
    paid = [n for n, amount in enumerate(lines) if amount] or list(range(len(lines)))
    same = [n for n in paid if category[0] and categories[n][0] == category[0]]
    same_rate = [n for n in same if _percent(categories[n][1]) == _percent(category[1])]
    return same_rate or same or paid


def _percent(text: str | None) -> str | None:
    return text.rstrip("0").rstrip(".") if text and "." in text else text


# --- the municipality's currency ------------------------------------------------------------------------------------


def net_amounts(net: list[int] | None, rate: int | None) -> list[int] | None:
    """The lines in the municipality's currency, in øre; None where no rate is known."""
    if rate is None or net is None:
        return None
    if rate == RATE_UNIT and not any(amount % _PER_ORE for amount in net):
        kroner = [amount // _PER_ORE for amount in net]
    else:
        kroner = in_units([amount * rate for amount in net], RATE_UNIT * _PER_ORE)
    return kroner if all(abs(amount) < _LIMIT for amount in kroner) else None


def exchange_rate(stated: Sequence[str], currency: str, day: date | None, rates: Rates) -> Rate:
    """The rate the document states for the municipality's currency, else the dated rate of the municipality."""
    if currency == rates.currency:
        return Rate(RATE_UNIT, None)
    by_name = dict(text.split(VALUE, 1) for text in reversed(stated))
    for name in ("Pricing", "Tax", "Payment"):
        if name in by_name and (found := _stated_rate(by_name[name], currency, rates.currency)):
            return Rate(found, "document")
    known = rates.rate(currency, day)
    return Rate(None if known is None else int(known * RATE_UNIT), rates.source(currency, known))


def _stated_rate(text: str, source: str, target: str) -> int | None:
    """A stated rate, where it says unmistakably how many of the target one unit of the source is."""
    source_code, target_code, printed, base, operator = text.split(VALUE)
    try:
        rate, is_of_one = xml_decimal(printed) if printed else None, not base or xml_decimal(base) == 1
    except ValueError:
        return None
    if [source_code.upper(), target_code.upper()] != [source, target] or not rate or rate <= 0 or not is_of_one:
        return None
    if operator.casefold() == "divide":
        rate = 1 / rate
    rate = round_amount(rate, RATE_PLACES)
    return int(rate * RATE_UNIT) if 0 < rate < Decimal(10) ** 10 else None
