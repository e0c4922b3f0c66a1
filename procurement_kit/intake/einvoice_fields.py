"""Which UBL element carries which column?

Small readers of elements: text, amount, date, identifiers with their scheme, and the parties. One spelling of a
path for each column; where formats differ, the first that is there.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from procurement_kit.intake.identifiers import company_number, is_cvr_valid, is_gln_valid, without_filler
from procurement_kit.intake.money import QUANTITY_LIMIT, QUANTITY_PLACES, ZERO, round_amount, xml_decimal
from procurement_kit.intake.privacy import (
    PERSON_NAME,
    PERSON_SCHEMES,
    Masker,
    clean_text,
    is_personal_number,
)
from procurement_kit.names import without_tokens

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
DANISH_SCHEMES = ("DK:CVR", "0184")
GLN_SCHEMES = ("GLN", "0088", "EAN")
_NO_COMPANY_SCHEMES = (*GLN_SCHEMES, *PERSON_SCHEMES, "DK:SE", "0198", "DK:P", "0096", "SEPA", "IBAN")
_ITEM_SCHEMES = ("0160", "GTIN", "EAN", "SRV")
_FOREIGN_SCHEMES = ("0007", "0192", "0212", "0037", "0190", "0106", "9930", "0002", "0009", "0195", "0204", "0208")
_VAT_NAMES = {"STANDARDRATED": "S", "ZERORATED": "Z", "REVERSECHARGE": "AE"}
_VAT_SCHEMES = ("63", "VAT", "MOMS", "GST")


def path(text: str) -> str:
    """Write a path such as `Item/Name` with namespaces: the last part is basic, the others are aggregates.

    Examples
    --------
    >>> path("Item/Name") == f"{CAC}Item/{CBC}Name"
    True
    """
    *above, last = text.split("/")
    return "/".join([f"{CAC}{part}" for part in above] + [f"{CBC}{last}"])


class Identifier(NamedTuple):
    """An identifier and the scheme it is in."""

    number: str
    scheme: str | None


class Party(NamedTuple):
    """What an invoice says of one party, persons masked."""

    company_number: str | None
    account_number: str | None
    account_scheme: str | None
    kind: str
    name: str | None
    country: str | None
    gln_number: str | None
    check_codes: tuple[str, ...]
    hit_count: int


_TEXT = {}


def text_of(element: etree._Element, short_path: str) -> str | None:
    """The text at a path, cleaned; fillers stay."""
    full = _TEXT.get(short_path) or _TEXT.setdefault(short_path, path(short_path))
    return clean_text(element.findtext(full))


def first_text(element: etree._Element, *short_paths: str) -> str | None:
    """The first text there is that is no filler."""
    for short_path in short_paths:
        if found := without_filler(text_of(element, short_path)):
            return found
    return None


def texts_of(element: etree._Element, short_path: str) -> list[str]:
    """All texts at a path."""
    return [text for found in element.iterfind(path(short_path)) if (text := clean_text(found.text))]


def amount_of(element: etree._Element, short_path: str) -> Decimal | None:
    """The amount at a path; None where there is none.

    Raises
    ------
    ValueError
        If it is no decimal number.
    """
    text = text_of(element, short_path)
    return None if text is None else xml_decimal(text)


def quantity_of(element: etree._Element, short_path: str, codes: set[str]) -> Decimal | None:
    """A quantity or price with six decimals; a code where it cannot be used."""
    try:
        found = amount_of(element, short_path)
    except ValueError:
        codes.add("quantity_unreadable")
        return None
    if found is not None and abs(found) >= QUANTITY_LIMIT:
        codes.add("quantity_too_large")
        return None
    return None if found is None else round_amount(found, QUANTITY_PLACES)


def date_of(element: etree._Element, short_path: str) -> date | None:
    """The date at a path, without time zone; None where it is none."""
    match = re.match(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2}|T.*)?$", text_of(element, short_path) or "", re.ASCII)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def flag_of(element: etree._Element, short_path: str) -> bool:
    """Whether an indicator is set."""
    return (text_of(element, short_path) or "").casefold() in ("true", "1")


def allowance_charges(element: etree._Element) -> Iterator[tuple[Decimal, tuple]]:
    """Charges (above zero) and allowances (below) of a document or line, with their VAT category and rate."""
    for found in element.iterfind(f"{CAC}AllowanceCharge"):
        amount = amount_of(found, "Amount") or ZERO
        category = (vat_code(text_of(found, "TaxCategory/ID")), text_of(found, "TaxCategory/Percent"))
        yield (amount if flag_of(found, "ChargeIndicator") else -amount), category


def vat_code(printed: str | None) -> str | None:
    """The EN 16931 code of a VAT category.

    Examples
    --------
    >>> vat_code("StandardRated"), vat_code("E")
    ('S', 'E')
    """
    return _VAT_NAMES.get(printed.upper(), printed) if printed else None


def vat_of(line: etree._Element) -> tuple[str | None, str | None]:
    """VAT category and rate of a line: EN 16931 on the item, OIOUBL among the line's taxes, duties left out."""
    categories = [line.find(f"{CAC}Item/{CAC}ClassifiedTaxCategory")]
    categories += line.findall(f"{CAC}TaxTotal/{CAC}TaxSubtotal/{CAC}TaxCategory")
    for category in categories:
        if category is None:
            continue
        scheme = (text_of(category, "TaxScheme/ID") or "VAT").upper()
        if scheme in _VAT_SCHEMES:
            return vat_code(text_of(category, "ID")), text_of(category, "Percent")
    return None, None


def classification(line: etree._Element, *lists: str) -> tuple[str | None, str | None]:
    """The first classification code of one of these lists, and the list's version."""
    for code in line.iterfind(f"{CAC}Item/{CAC}CommodityClassification/{CBC}ItemClassificationCode"):
        if (code.get("listID") or "").strip().upper() in lists and (text := clean_text(code.text)):
            digits = re.match(r"\d{8}", re.sub(r"[\s.]", "", text), re.ASCII)
            return (digits[0] if digits else text), clean_text(code.get("listVersionID"))
    return None, None


def gtin_of(line: etree._Element) -> str | None:
    """The global item number: in a scheme that says so, or of a length that can be one."""
    found = line.find(path("Item/StandardItemIdentification/ID"))
    text = None if found is None else without_filler(clean_text(found.text))
    is_named = found is not None and (found.get("schemeID") or "").strip().upper() in _ITEM_SCHEMES
    return text if text and (is_named or re.fullmatch(r"\d{8}|\d{12,14}", text, re.ASCII)) else None


def _identifiers(party: etree._Element, *short_paths: str) -> list[Identifier]:
    found = []
    for short_path in short_paths:
        for element in party.iterfind(path(short_path)):
            if number := without_filler(clean_text(element.text)):
                found.append(Identifier(number, clean_text(element.get("schemeID"))))
    return found


_PARTY_PATHS = ("PartyLegalEntity/CompanyID", "EndpointID", "PartyTaxScheme/CompanyID", "PartyIdentification/ID")


def party_of(party: etree._Element | None, masker: Masker) -> Party:
    """Read a party; a person's name becomes «Privatperson» and the number a token."""
    if party is None:
        return Party(None, None, None, "unknown", None, None, None, (), 0)
    identifiers = _identifiers(party, *_PARTY_PATHS)
    country = (text_of(party, "PostalAddress/Country/IdentificationCode") or "").upper() or None
    name = masker.mask(first_text(party, "PartyLegalEntity/RegistrationName", "PartyName/Name"))
    gln = next((i.number for i in identifiers if (i.scheme or "").upper() in GLN_SCHEMES), None)
    codes = ("gln_check_digit",) if gln and not is_gln_valid(gln) else ()
    if any(_is_person(identifier, country) for identifier in identifiers):
        return _person(identifiers, country, masker)
    number = _company_number(identifiers, country)
    is_danish = number and any(company_number(i.number) == number for i in identifiers if i.scheme in DANISH_SCHEMES)
    if is_danish and not is_cvr_valid(number):
        codes += ("cvr_modulus",)
    first = identifiers[0] if identifiers else Identifier(None, None)
    country = country or ("DK" if is_danish else None)
    kind = "company" if number or any(i.scheme for i in identifiers) else "unknown"
    account = masker.mask(first.number, "account_number")
    hits = name.hit_count + account.hit_count
    printed = (without_tokens(name.text) or PERSON_NAME) if name.text else None
    return Party(number, account.text, first.scheme, kind, printed, country, gln, codes, hits)


def _person(identifiers: list[Identifier], country: str | None, masker: Masker) -> Party:
    own = next(i for i in identifiers if _is_person(i, country))
    token = masker.person_token(own.number)
    hits = sum(_is_person(i, country) for i in identifiers)
    return Party(None, token, own.scheme, "person", PERSON_NAME, country, None, (), hits)


def _is_person(identifier: Identifier, country: str | None) -> bool:
    if (identifier.scheme or "").upper() in PERSON_SCHEMES:
        return True
    # Ten digits with a possible date are a person's number whatever scheme they are given under; a Swedish or other
    # foreign company number may look the same, so only where the scheme is Danish or none of those known abroad.
    may_be_danish = country in (None, "DK") and identifier.scheme not in (*GLN_SCHEMES, *_FOREIGN_SCHEMES)
    return may_be_danish and is_personal_number(re.sub(r"^DK[-: ]?", "", identifier.number, flags=re.IGNORECASE))


def _company_number(identifiers: list[Identifier], country: str | None) -> str | None:
    """The company's own number: a CVR number wherever it stands, else the legal entity's, else the VAT number."""
    for identifier in identifiers:
        if identifier.scheme in DANISH_SCHEMES:
            return company_number(identifier.number)
    usable = [i for i in identifiers if (i.scheme or "").upper() not in _NO_COMPANY_SCHEMES and "@" not in i.number]
    return next((number for i in usable if (number := company_number(i.number, country))), None)
