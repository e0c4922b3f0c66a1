"""Who is a party of an e-invoice: company, person or unknown, and under which numbers?

A person's name becomes «Privatperson» and the number a token. The same supplier writes the same party on every
invoice, so what has been read of a party is remembered as long as the process lives.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from procurement_kit.intake.einvoice_values import groups_of
from procurement_kit.intake.identifiers import company_number, is_cvr_valid, is_gln_valid, without_filler
from procurement_kit.intake.privacy import (
    PERSON_NAME,
    Masker,
    clean_text,
    is_person_scheme,
    is_personal_number,
    names_a_person,
)
from procurement_kit.names import without_tokens
from procurement_kit.personal_numbers import is_swedish_number, plain_digits

DANISH_SCHEMES = ("DK:CVR", "0184")
GLN_SCHEMES = ("GLN", "0088", "EAN")
_PLACES = ("legal", "endpoint", "tax", "party")  # where an identifier stands, in the order that decides
REMEMBERED = 100_000
_NO_COMPANY_SCHEMES = (*GLN_SCHEMES, "DK:SE", "0198", "DK:P", "0096", "SEPA", "IBAN")
_FOREIGN_SCHEMES = ("0007", "0192", "0212", "0037", "0190", "0106", "9930", "0002", "0009", "0195", "0204", "0208")
_FOREIGN = re.compile(r"(?!DK:)[A-Z]{2}:.+|(?!0096|0184|0198|0237|990[1245])\d{4}")  # UK:CH, and codes not Danish


class Identifier(NamedTuple):
    """An identifier and the scheme it is in."""

    number: str
    scheme: str | None


class Party(NamedTuple):
    """What an invoice says of one party, persons masked; `unit_name` is a name beside the registered one."""

    company_number: str | None = None
    account_number: str | None = None
    account_scheme: str | None = None
    kind: str = "unknown"
    name: str | None = None
    unit_name: str | None = None
    country: str | None = None
    gln_number: str | None = None
    contact: str | None = None
    check_codes: frozenset[str] = frozenset()
    hit_count: int = 0


NOBODY = Party()


@lru_cache(maxsize=REMEMBERED)
def party_of(text: str, masker: Masker) -> Party:
    """Read a party as the stylesheet writes it."""
    if not text:
        return NOBODY
    said: dict[str, list[Identifier]] = {}
    for what, value, scheme in groups_of(text, 3):
        said.setdefault(what, []).append(Identifier(clean_text(value) or "", clean_text(scheme)))
    identifiers = [one for place in _PLACES for one in said.get(place, ()) if without_filler(one.number or None)]
    country = _first(said, "country").upper() or None
    names = [without_filler(_first(said, name) or None) for name in ("registered", "name")]
    contact = without_filler(_first(said, "contact") or None)
    if any(_is_person(identifier, country) for identifier in identifiers):
        return _person(identifiers, country, masker)._replace(contact=contact)
    number = _company_number(identifiers, country)
    if not number and names_a_person(names[0] or names[1]):
        return _person_by_name(identifiers, country, masker)._replace(contact=contact)
    is_danish = number and any(company_number(i.number) == number for i in identifiers if i.scheme in DANISH_SCHEMES)
    endpoint = next((i for i in said.get("endpoint", ()) if (i.scheme or "").upper() in GLN_SCHEMES), None)
    gln = (endpoint and endpoint.number) or None
    codes = {"gln_check_digit"} if gln and not is_gln_valid(gln) else set()
    if is_danish and not is_cvr_valid(number):
        codes.add("cvr_modulus")
    first = identifiers[0] if identifiers else Identifier(None, None)
    masked, account = masker.mask(names[0] or names[1]), masker.mask(first.number, "account_number")
    return Party(
        company_number=number,
        account_number=account.text,
        account_scheme=first.scheme,
        kind="company" if number or any(i.scheme for i in identifiers) else "unknown",
        name=_printed(masked.text),
        unit_name=_printed(masker.mask(names[1]).text) if names[0] and names[1] != names[0] else None,
        country=country or ("DK" if is_danish else None),
        gln_number=gln,
        contact=contact,
        check_codes=frozenset(codes),
        hit_count=masked.hit_count + account.hit_count,
    )


def _first(said: dict[str, list[Identifier]], what: str) -> str:
    return next((one.number for one in said.get(what, ()) if one.number), "")


def _printed(masked_name: str | None) -> str | None:
    return (without_tokens(masked_name) or PERSON_NAME) if masked_name else None


def _person(identifiers: list[Identifier], country: str | None, masker: Masker) -> Party:
    own = next(i for i in identifiers if _is_person(i, country))
    hits = sum(_is_person(i, country) for i in identifiers)
    token = masker.person_token(own.number)
    return Party(None, token, own.scheme, "person", PERSON_NAME, country=country, hit_count=hits)


def _person_by_name(identifiers: list[Identifier], country: str | None, masker: Masker) -> Party:
    first = identifiers[0] if identifiers else Identifier(None, None)
    token = masker.person_token(first.number)
    return Party(None, token, first.scheme, "person", PERSON_NAME, country=country, hit_count=0)


def _is_person(identifier: Identifier, country: str | None) -> bool:
    if is_person_scheme(identifier.scheme):
        return True
    if country == "SE" or identifier.scheme == "0007":  # a Swedish sole trader's organisation number is a personal one
        return is_swedish_number(plain_digits(identifier.number))
    # Ten digits with a possible date are a person's number whatever scheme they are given under; a Swedish or other
    # foreign company number may look the same, so only where the scheme is Danish or none of those known abroad.
    is_known = identifier.scheme in (*GLN_SCHEMES, *_FOREIGN_SCHEMES)
    may_be_danish = country == "DK" or (country is None and not is_foreign_scheme(identifier.scheme))
    return (
        may_be_danish
        and not is_known
        and is_personal_number(re.sub(r"^DK[-: ]?", "", identifier.number, flags=re.IGNORECASE))
    )


def is_foreign_scheme(scheme: str | None) -> bool:
    """Whether a scheme is a register that holds no Danish persons.

    Examples
    --------
    >>> is_foreign_scheme("UK:CH"), is_foreign_scheme("0235"), is_foreign_scheme("DK:CPR"), is_foreign_scheme("0184")
    (True, True, False, False)
    """
    return bool(_FOREIGN.fullmatch(scheme or ""))


def _company_number(identifiers: list[Identifier], country: str | None) -> str | None:
    """The company's own number: a CVR number wherever it stands, else the legal entity's, else the VAT number."""
    for identifier in identifiers:
        if identifier.scheme in DANISH_SCHEMES:
            return company_number(identifier.number)
    usable = [i for i in identifiers if (i.scheme or "").upper() not in _NO_COMPANY_SCHEMES and "@" not in i.number]
    return next((number for i in usable if (number := company_number(i.number, country))), None)
