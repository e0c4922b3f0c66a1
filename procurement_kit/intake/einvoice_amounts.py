"""What are a document's lines worth, and does that agree with its header?

Reconciles the lines with LegalMonetaryTotal/LineExtensionAmount, shares charges and allowances of the whole document
among the lines, and finds the exchange rate. TaxExclusiveAmount is never used: in OIOUBL it is the VAT.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from procurement_kit.intake.einvoice_fields import CAC, allowance_charges, amount_of, flag_of, text_of, vat_of
from procurement_kit.intake.money import (
    AMOUNT_LIMIT,
    DOCUMENT_PLACES,
    RATE_PLACES,
    TOLERANCE,
    ZERO,
    Rates,
    round_amount,
    round_to_sum,
    share,
    to_net,
    total,
)
from procurement_kit.intake.safe_xml import RefusedError


class LineAmounts(NamedTuple):
    """Amounts of one line, signed, in the document's currency."""

    amount: Decimal | None
    allowance: Decimal
    charge: Decimal
    is_free: bool
    is_oioubl: bool
    check_codes: frozenset[str]


class RateFound(NamedTuple):
    """An exchange rate and where it is from; both empty where none is known."""

    rate: Decimal | None
    source: str | None


@dataclass
class Amounts:
    """Amounts of a document: its lines, their share of charges and allowances, and the control totals."""

    currency: str
    lines: list[LineAmounts]
    net: list[Decimal] | None
    control: dict
    reason: str | None
    check_codes: set[str] = field(default_factory=set)


def amounts_of(root: etree._Element, lines: list[etree._Element], *, sign: int, is_oioubl: bool) -> Amounts:
    """Read and reconcile the amounts of a document.

    Raises
    ------
    RefusedError
        If there are no lines, no currency, or an amount that is no number.
    """
    currency = _currency(root)
    try:
        totals = _totals(root, sign)
        printed = [_printed(line) for line in lines]
        charges = [(amount * sign, category) for amount, category in allowance_charges(root)]
        extras = [_extras(line, sign) for line in lines]
    except ValueError:
        raise RefusedError("has an amount that is not a number") from None
    sizes = [*printed, *totals.values(), *(amount for amount, _ in charges)]
    if sum(abs(size) for size in sizes if size is not None) >= AMOUNT_LIMIT:
        raise RefusedError("has an amount that is too large to be one")
    control = totals | {"line_count": len(lines), "document_currency": currency}
    if not lines:
        return Amounts(currency, [], None, control, "has no lines")
    counted, codes, reason = _reconciled(lines, printed, totals["header_line_amount"], sign, is_oioubl)
    reason = _wrong_currency(root, lines, currency) or reason
    amounts = round_to_sum(counted, DOCUMENT_PLACES)
    control["line_sum_amount"] = total(amounts)
    if totals["header_line_amount"] is not None:
        control["difference_amount"] = totals["header_line_amount"] - total(amounts)
    found = [
        LineAmounts(amount, *extra, flag_of(line, "FreeOfChargeIndicator"), is_oioubl, frozenset(_free(line, codes)))
        for line, amount, extra in zip(lines, amounts, extras, strict=True)
    ]
    net = _with_charges(lines, found, charges, totals, codes)
    return Amounts(currency, found, net, control, reason, codes - {"free_line_counted", "free_line_left_out"})


def _currency(root: etree._Element) -> str:
    header = root.find(f"{CAC}LegalMonetaryTotal")
    amount = None if header is None else next((e for e in header if e.get("currencyID")), None)
    code = text_of(root, "DocumentCurrencyCode") or (None if amount is None else amount.get("currencyID"))
    if not code or not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RefusedError("has no currency")
    return code.upper()


def _wrong_currency(root: etree._Element, lines: list[etree._Element], currency: str) -> str | None:
    header = root.find(f"{CAC}LegalMonetaryTotal")
    for element in [*lines, *([] if header is None else [header])]:
        for amount in element.iterchildren("{*}LineExtensionAmount"):
            if (amount.get("currencyID") or currency).strip().upper() != currency:
                return "has line amounts in another currency than the document's"
    return None


def _totals(root: etree._Element, sign: int) -> dict[str, Decimal | None]:
    places = {
        "header_line_amount": "LegalMonetaryTotal/LineExtensionAmount",
        "header_allowance_amount": "LegalMonetaryTotal/AllowanceTotalAmount",
        "header_charge_amount": "LegalMonetaryTotal/ChargeTotalAmount",
        "header_payable_amount": "LegalMonetaryTotal/PayableAmount",
    }
    found = {name: amount_of(root, short_path) for name, short_path in places.items()}
    # EN 16931 repeats the tax total in the accounting currency: only the document's own counts.
    taxes = [amount_of(tax, "TaxAmount") for tax in root.iterfind(f"{CAC}TaxTotal") if _is_own_currency(root, tax)]
    found["header_tax_amount"] = total([tax for tax in taxes if tax is not None]) if taxes else None
    return {n: None if a is None else round_amount(a * sign, DOCUMENT_PLACES) for n, a in found.items()}


def _is_own_currency(root: etree._Element, tax: etree._Element) -> bool:
    amount = next(tax.iterchildren("{*}TaxAmount"), None)
    own = text_of(root, "DocumentCurrencyCode")
    return amount is None or own is None or (amount.get("currencyID") or own) == own


def _printed(line: etree._Element) -> Decimal:
    amount = amount_of(line, "LineExtensionAmount")
    if amount is None:
        raise RefusedError("has a line without an amount")
    return amount


def _extras(line: etree._Element, sign: int) -> tuple[Decimal, Decimal]:
    found = [amount for amount, _ in allowance_charges(line)]
    allowance = -total([amount for amount in found if amount < 0]) * sign
    charge = total([amount for amount in found if amount > 0]) * sign
    if max(abs(allowance), abs(charge)) >= AMOUNT_LIMIT:
        raise RefusedError("has an amount that is too large to be one")
    return round_amount(allowance, DOCUMENT_PLACES) + ZERO, round_amount(charge, DOCUMENT_PLACES) + ZERO


def _reconciled(lines: list, printed: list[Decimal], header: Decimal | None, sign: int, is_oioubl: bool) -> tuple:
    """Which amounts count: OIOUBL leaves free lines out of the sum; where a sender counted them, that holds too."""
    every = [amount * sign for amount in printed]
    paid = [
        ZERO if flag_of(line, "FreeOfChargeIndicator") else amount for line, amount in zip(lines, every, strict=True)
    ]
    if header is None:
        return every, set(), "has no sum of lines in its header"
    ways = [(paid, {"free_line_left_out"}), (every, {"free_line_counted"})]
    for counted, codes in ways if is_oioubl else reversed(ways):
        if abs(total(counted) - header) <= TOLERANCE:
            return counted, set(codes), None
    counted = paid if is_oioubl else every
    return counted, set(), f"lines add up to {total(counted)}, but the header says {header}"


def _free(line: etree._Element, codes: set[str]) -> set[str]:
    return codes & {"free_line_counted", "free_line_left_out"} if flag_of(line, "FreeOfChargeIndicator") else set()


def _with_charges(lines: list, found: list[LineAmounts], charges: list, totals: dict, codes: set[str]) -> list[Decimal]:
    """Each line's amount with its share of the document's charges less allowances."""
    stated = (totals["header_charge_amount"] or ZERO) - (totals["header_allowance_amount"] or ZERO)
    has_total = totals["header_charge_amount"] is not None or totals["header_allowance_amount"] is not None
    if has_total and abs(total([amount for amount, _ in charges]) - stated) > TOLERANCE:
        codes.add("allowance_total")
        charges = [(stated, (None, None))]
    net = [line.amount for line in found]
    categories = [vat_of(line) for line in lines]
    for amount, category in charges:
        chosen = _bearers(found, categories, category)
        parts = share(round_amount(amount, DOCUMENT_PLACES), [found[n].amount for n in chosen])
        for n, part in zip(chosen, parts, strict=True):
            net[n] += part
    return net


def _bearers(found: list[LineAmounts], categories: list[tuple], category: tuple) -> list[int]:
    """Lines that bear a charge: same VAT category and rate, else same category, else all that are paid for."""
    paid = [n for n, line in enumerate(found) if line.amount] or list(range(len(found)))
    same = [n for n in paid if category[0] and categories[n][0] == category[0]]
    exact = [n for n in same if _percent(categories[n][1]) == _percent(category[1])]
    return exact or same or paid


def _percent(text: str | None) -> str | None:
    return text.rstrip("0").rstrip(".") if text and "." in text else text


def net_amounts(amounts: Amounts, rate: RateFound) -> list[Decimal] | None:
    """The lines in the municipality's currency; None where no rate is known."""
    if rate.rate is None or amounts.net is None:
        return None
    kroner = to_net(amounts.net, rate.rate)
    return kroner if all(abs(amount) < AMOUNT_LIMIT * 100 for amount in kroner) else None


def exchange_rate(root: etree._Element, currency: str, day: date | None, rates: Rates) -> RateFound:
    """The rate the document states for the municipality's currency, else the dated rate of the municipality."""
    if currency == rates.currency:
        return RateFound(Decimal(1), None)
    for name in ("PricingExchangeRate", "TaxExchangeRate", "PaymentExchangeRate"):
        stated = root.find(f"{CAC}{name}")
        if stated is not None and (found := _stated_rate(stated, currency, rates.currency)):
            return RateFound(found, "document")
    known = rates.rate(currency, day)
    return RateFound(known, rates.source(currency, known))


def _stated_rate(element: etree._Element, source: str, target: str) -> Decimal | None:
    """A stated rate, where it says unmistakably how many of the target one unit of the source is."""
    codes = [(text_of(element, name) or "").upper() for name in ("SourceCurrencyCode", "TargetCurrencyCode")]
    try:
        rate, base = (amount_of(element, name) for name in ("CalculationRate", "SourceCurrencyBaseRate"))
    except ValueError:
        return None
    if codes != [source, target] or not rate or rate <= 0 or base not in (None, Decimal(1)):
        return None
    if (text_of(element, "MathematicOperatorCode") or "multiply").casefold() == "divide":
        rate = 1 / rate
    rate = round_amount(rate, RATE_PLACES)
    return rate if 0 < rate < Decimal(10) ** 10 else None
