"""What do the headers of many documents say: number, date, parties, references, delivery, and how private it is?

One list for each column, one value for each document; distinct values are read once. Persons are masked by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from procurement_kit.intake.einvoice_amounts import Header
from procurement_kit.intake.einvoice_columns import Masking, each_once
from procurement_kit.intake.einvoice_parties import NOBODY, Party, is_foreign_scheme, party_of
from procurement_kit.intake.einvoice_records import Records
from procurement_kit.intake.einvoice_stylesheet import FIELD, HEADER_FIELDS, VALUE
from procurement_kit.intake.einvoice_values import date_of, flag_of, named_of, reference_of
from procurement_kit.intake.privacy import Masker

_CREDIT_TYPES = ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532")
_PROJECT_TYPE, _PRIVACY_TYPE = "50", "PersonalSecure"  # types of document references
_NOTHING: dict[str, list[str]] = {}
QUIET = (
    "supplier_number", "supplier_account_number", "supplier_account_scheme", "supplier_name", "supplier_country",
    "buyer_number", "buyer_name", "buyer_unit_name", "buyer_gln_number",
)  # fmt: skip


@dataclass(slots=True)
class Headers:
    """Columns of the documents, and what their amounts, checks and privacy hang on."""

    columns: dict[str, list]
    amounts: list[Header] = field(default_factory=list)
    rates: list[Sequence[str]] = field(default_factory=list)
    codes: list[frozenset[str]] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)


def headers_of(records: Sequence[Records], masker: Masker) -> Headers:
    """Read the headers of some documents.

    Parameters
    ----------
    records : sequence of Records
        The documents, one or more.
    masker : Masker
        Takes personal numbers out.
    """
    fields = dict(zip(HEADER_FIELDS, zip(*(one.header.split(FIELD) for one in records), strict=True), strict=True))
    named = [named_of(text) if text else _NOTHING for text in fields["named"]]
    suppliers, buyers = ([party_of(text, masker) for text in fields[side]] for side in ("supplier", "buyer"))
    payees = [party_of(found["payee"][0], masker) if "payee" in found else NOBODY for found in named]
    masking = Masking(masker, len(records))
    printed = _references(fields, named, buyers)
    columns = {name: masking.column(name, texts) for name, texts in printed.items()}
    parties = _party_columns(suppliers, buyers)
    columns["payee_number"] = [None if one is NOBODY else _payee_number(one, masker) for one in payees]
    columns |= parties | {name: masking.quietly(name, parties[name]) for name in QUIET}
    columns |= _dates(fields["invoice_date"], named)
    columns["document_type"] = [one.kind.document_type for one in records]
    columns["is_copy"] = [flag_of(found["copy"][0]) if "copy" in found else False for found in named]
    sides = zip(masking.hits, suppliers, buyers, payees, strict=True)
    hits = [own + supplier.hit_count + buyer.hit_count + payee.hit_count for own, supplier, buyer, payee in sides]
    columns["privacy_level"] = [
        _privacy_level(found, one, hit_count) for found, one, hit_count in zip(named, records, hits, strict=True)
    ]
    amounts = _amount_headers(records, fields, named, columns["format_name"])
    rates = [found.get("rate", ()) for found in named]
    return Headers(columns, amounts, rates, _codes(records, fields["type_code"], suppliers, buyers), hits)


def first_named(named: Sequence[dict[str, list[str]]], name: str, place: int = 0) -> list[str]:
    """The first value there is under a name, for each document or line; empty where there is none."""
    return [_first(found[name], place) if name in found else "" for found in named]


def _first(texts: list[str], place: int) -> str:
    return next((value for text in texts if (value := text.split(VALUE)[place])), "")


def either(first: Sequence[str], second: Sequence[str]) -> list[str | None]:
    """The first of two references that is no filler."""
    if not any(second):
        return each_once(reference_of, first)
    return [a or b for a, b in zip(each_once(reference_of, first), each_once(reference_of, second), strict=True)]


def _references(fields: dict[str, Sequence[str]], named: list[dict], buyers: list[Party]) -> dict[str, list]:
    """Texts and references, not masked yet."""
    projects = [next(iter(_typed(found, _PROJECT_TYPE)), "") if "reference" in found else "" for found in named]
    return {
        "format_name": fields["format_name"],
        "document_number": fields["document_number"],
        "document_uuid": each_once(reference_of, first_named(named, "uuid")),
        "buyer_reference": [
            own or buyer.contact
            for own, buyer in zip(each_once(reference_of, fields["buyer_reference"]), buyers, strict=True)
        ],
        "account_number": either(fields["accounting_cost"], first_named(named, "cost_code")),
        "order_number": each_once(reference_of, fields["order_number"]),
        "contract_reference_number": each_once(reference_of, first_named(named, "contract")),
        "project_number": either(first_named(named, "project"), projects),
        "credited_document_number": billed(named),
    }


def billed(named: Sequence[dict[str, list[str]]]) -> list[str | None]:
    """The document that each one corrects."""
    if not any("billing" in found for found in named):
        return [None] * len(named)
    return either(first_named(named, "billing"), first_named(named, "billing", 1))


def _typed(found: dict[str, list[str]], kind: str) -> list[str]:
    """The document references of a type."""
    pairs = (text.split(VALUE) for text in found.get("reference", ()))
    return [number for code, number in pairs if code == kind]


def _party_columns(suppliers: list[Party], buyers: list[Party]) -> dict[str, list]:
    return {
        "supplier_number": [one.company_number for one in suppliers],
        "supplier_account_number": [one.account_number for one in suppliers],
        "supplier_account_scheme": [one.account_scheme for one in suppliers],
        "supplier_kind": [_kind(one, buyer) for one, buyer in zip(suppliers, buyers, strict=True)],
        "supplier_name": [one.name for one in suppliers],
        "supplier_country": [one.country for one in suppliers],
        "buyer_number": [
            one.company_number or (one.account_number if one.kind == "person" else None) for one in buyers
        ],
        "buyer_name": [one.name for one in buyers],
        "buyer_unit_name": [one.unit_name for one in buyers],
        "buyer_gln_number": [one.gln_number for one in buyers],
    }  # fmt: skip


def _payee_number(payee: Party, masker: Masker) -> str | None:
    """The payee's first number, without country prefix where it is a company's; masked, but for a register abroad."""
    is_own = payee.company_number and (payee.account_number or "").endswith(payee.company_number)
    number = payee.company_number if is_own else payee.account_number
    return number if is_foreign_scheme(payee.account_scheme) else masker.mask(number, "payee_number").text


def _kind(supplier: Party, buyer: Party) -> str:
    is_foreign = supplier.kind == "company" and supplier.country and supplier.country != (buyer.country or "DK")
    return "foreign" if is_foreign else supplier.kind


def _dates(issued: Sequence[str], named: list[dict]) -> dict[str, list[date | None]]:
    return {"invoice_date": each_once(date_of, issued)} | delivery_dates(named)


def delivery_dates(named: Sequence[dict]) -> dict[str, list[date | None]]:
    """First and last day of delivery: the period, else the day."""
    if not any("period" in found or "delivery" in found for found in named):
        return {name: [None] * len(named) for name in ("delivery_from_date", "delivery_to_date")}
    day = each_once(date_of, first_named(named, "delivery"))
    start, end = (each_once(date_of, first_named(named, "period", place)) for place in (0, 1))
    return {
        "delivery_from_date": [a or b for a, b in zip(start, day, strict=True)],
        "delivery_to_date": [a or b for a, b in zip(end, day, strict=True)],
    }


def _privacy_level(found: dict[str, list[str]], one: Records, hits: int) -> int:
    marks = _typed(found, _PRIVACY_TYPE) if "reference" in found else ()
    stated = (int(mark) for mark in marks if mark in ("1", "2", "3"))
    return max(1 if hits or one.has_person_scheme else 0, *stated, 0)


def _amount_headers(
    records: Sequence[Records], fields: dict[str, Sequence[str]], named: list[dict], formats: list[str | None]
) -> list[Header]:
    oioubl = each_once(lambda name: (name or "").upper().startswith("OIOUBL"), formats)
    columns = (oioubl, fields["document_currency"], fields["taxes"], fields["totals"], named)
    return [
        Header(one.kind.sign, is_oioubl, currency, taxes, totals, found.get("charge", ()), found.get("flaw", ("",))[0])
        for one, is_oioubl, currency, taxes, totals, found in zip(records, *columns, strict=True)
    ]


def _codes(
    records: Sequence[Records], type_codes: Sequence[str], suppliers: list[Party], buyers: list[Party]
) -> list[frozenset[str]]:
    codes = []
    for one, type_code, supplier, buyer in zip(
        records, each_once(reference_of, type_codes), suppliers, buyers, strict=True
    ):
        found = supplier.check_codes | buyer.check_codes
        if type_code and (type_code in _CREDIT_TYPES) != (one.kind.document_type == "credit_note"):
            found |= {"type_code"}
        codes.append(found)
    return codes
