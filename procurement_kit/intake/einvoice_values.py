"""What does one printed value of an e-invoice mean?

Readers of single values: number, date, flag, VAT, classification, item number, text of a line. Each is called once per
distinct value of a batch of documents.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from procurement_kit.intake.einvoice_stylesheet import NAMED, VALUE
from procurement_kit.intake.identifiers import without_filler
from procurement_kit.intake.money import (
    DOCUMENT_PLACES,
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    xml_decimal,
)
from procurement_kit.intake.privacy import clean_text

REMEMBERED = 200_000
QUANTITY_UNIT = 10**QUANTITY_PLACES
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2}|T.*)?", re.ASCII)
_PLAIN = re.compile(r"-?\d{1,13}(?:\.\d{0,4})?", re.ASCII)
_ITEM_SCHEMES = ("0160", "GTIN", "EAN", "SRV")
_VAT_NAMES = {"STANDARDRATED": "S", "ZERORATED": "Z", "REVERSECHARGE": "AE"}
_VAT_SCHEMES = ("63", "VAT", "MOMS", "GST")
_DUTY = "Excise"
_LARGEST_RATE = 100_000


def groups_of(text: str, size: int) -> Iterator[tuple[str, ...]]:
    """Values that belong together, as the stylesheet writes a list.

    Examples
    --------
    >>> list(groups_of("a  1  b  2  ", 2))
    [('a', '1'), ('b', '2')]
    """
    values = text.split(VALUE)
    if len(values) == size + 1:
        return iter((tuple(values[:size]),))
    return zip(*(values[place:-1:size] for place in range(size)), strict=True)


def named_of(text: str) -> dict[str, list[str]]:
    """The seldom fields of a record by name.

    Examples
    --------
    >>> named_of("copy  false\\rperiod  2025-01-01  2025-01-31\\r")
    {'copy': ['false'], 'period': ['2025-01-01  2025-01-31']}
    """
    found: dict[str, list[str]] = {}
    for part in text.split(NAMED)[:-1]:
        name, _, value = part.partition(VALUE)
        found.setdefault(name, []).append(value)
    return found


@lru_cache(maxsize=REMEMBERED)
def exact(text: str) -> tuple[int, int]:
    """A decimal number as a whole number and how many of its digits are decimals.

    Raises
    ------
    ValueError
        If it is no decimal number.

    Examples
    --------
    >>> exact("12.50"), exact("-1"), exact(".333")
    ((125, 1), (-1, 0), (333, 3))
    """
    number = clean_text(text) or ""
    if not _PLAIN.fullmatch(number):
        xml_decimal(number)
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    return int((whole + decimals) if whole.strip("+-") or decimals else "0"), len(decimals)


def rounded(number: int, unit: int) -> int:
    """How many units a number is, half a unit rounded away from zero.

    Examples
    --------
    >>> rounded(25, 10), rounded(-25, 10), rounded(24, 10)
    (3, -3, 2)
    """
    count = (2 * abs(number) + unit) // (2 * unit)
    return count if number >= 0 else -count


@lru_cache(maxsize=REMEMBERED)
def amount_of(text: str, places: int = DOCUMENT_PLACES) -> int:
    """An amount in ten-thousandths (or another power of ten), rounded half away from zero.

    Examples
    --------
    >>> amount_of("12.50"), amount_of("0.33335")
    (125000, 3334)
    """
    number, decimals = exact(text)
    return number * 10 ** (places - decimals) if decimals <= places else rounded(number, 10 ** (decimals - places))


@lru_cache(maxsize=REMEMBERED)
def scaled(text: str) -> int | None:
    """An amount in ten-thousandths, where that is all it has; None where it has more decimals.

    Examples
    --------
    >>> scaled("12.50"), scaled("0.33335")
    (125000, None)
    """
    number, decimals = exact(text)
    return number * 10 ** (DOCUMENT_PLACES - decimals) if decimals <= DOCUMENT_PLACES else None


def quantity_of(text: str) -> tuple[int | None, str]:
    """A quantity or price in millionths, and a check code where it cannot be used.

    Examples
    --------
    >>> quantity_of("2.5"), quantity_of("two"), quantity_of("")
    ((2500000, ''), (None, 'quantity_unreadable'), (None, ''))
    """
    if not clean_text(text):
        return None, ""
    try:
        quantity = amount_of(text, QUANTITY_PLACES)
    except ValueError:
        return None, "quantity_unreadable"
    if abs(quantity) >= QUANTITY_LIMIT * QUANTITY_UNIT:
        return None, "quantity_too_large"
    return quantity, ""


def date_of(text: str) -> date | None:
    """A date, without time zone; None where it is none."""
    match = _DATE.fullmatch(clean_text(text) or "")
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def flag_of(text: str) -> bool:
    """Whether an indicator is set."""
    return (clean_text(text) or "").casefold() in ("true", "1")


def vat_code(printed: str | None) -> str | None:
    """The EN 16931 code of a VAT category.

    Examples
    --------
    >>> vat_code("StandardRated"), vat_code("E")
    ('S', 'E')
    """
    return _VAT_NAMES.get(printed.upper(), printed) if printed else None


@lru_cache(maxsize=REMEMBERED)
def vat_of(text: str) -> tuple[str | None, str | None]:
    """VAT category and rate of a line as printed: on the item, or among the line's taxes, duties left out.

    Examples
    --------
    >>> vat_of("Excise    16  StandardRated  25  63  "), vat_of("A  17.5  UK VAT  ")
    (('S', '25'), ('A', '17.5'))
    """
    found = None
    for category, percent, scheme in groups_of(text, 3):
        code = (clean_text(scheme) or "VAT").upper()
        is_vat = code in _VAT_SCHEMES
        if is_vat or (found is None and not code.isdecimal() and category != _DUTY):  # OIOUBL numbers its duties
            found = vat_code(clean_text(category)), clean_text(percent)
        if is_vat:
            break
    return found or (None, None)


def vat_rate_of(text: str) -> int | None:
    """A VAT rate in ten-thousandths of a percent; None where it is none."""
    try:
        percent = amount_of(text) if clean_text(text) else None
    except ValueError:
        return None
    return percent if percent is not None and abs(percent) < _LARGEST_RATE * 10**DOCUMENT_PLACES else None


@lru_cache(maxsize=REMEMBERED)
def classification_of(text: str, *lists: str) -> tuple[str | None, str | None]:
    """The first classification code of one of these lists, and the list's version."""
    for list_id, version, code in groups_of(text, 3):
        if list_id.upper() in lists and (cleaned := clean_text(code)):
            digits = re.match(r"\d{8}", re.sub(r"[\s.]", "", cleaned), re.ASCII)
            return (digits[0] if digits else cleaned), clean_text(version)
    return None, None


def gtin_of(text: str) -> str | None:
    """The global item number: in a scheme that says so, or of a length that can be one where no scheme is given.

    Examples
    --------
    >>> gtin_of("05712345678901  0160  "), gtin_of("5712345678901    "), gtin_of("5712345678901  0088  ")
    ('05712345678901', '5712345678901', None)
    """
    number, scheme = next(groups_of(text, 2), ("", ""))
    found = without_filler(clean_text(number))
    is_one = re.fullmatch(r"\d{8}|\d{12,14}", found or "", re.ASCII) if not scheme else scheme.upper() in _ITEM_SCHEMES
    return found if found and is_one else None


def reference_of(text: str) -> str | None:
    """A reference, cleaned; None where it is a filler."""
    return without_filler(clean_text(text))


def line_text_of(texts: tuple[str, ...]) -> str | None:
    """Descriptions, notes and names of parts, each once, without what the item name says already."""
    name, *lists = texts
    printed = [clean_text(part) for listed in lists for part in listed.split(VALUE)]
    own = clean_text(name)
    return "; ".join(part for part in dict.fromkeys(printed) if part and part != own and without_filler(part)) or None
