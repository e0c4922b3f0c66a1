"""Invoices and ledgers written as small texts, for the tests of intake."""

from pathlib import Path

import pytest

KEY = b"0" * 32
NAMESPACES = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
SUPPLIER = """<cac:Party><cbc:EndpointID schemeID="DK:CVR">DK99999993</cbc:EndpointID>
<cac:PartyName><cbc:Name>Eksempel Kontor</cbc:Name></cac:PartyName>
<cac:PostalAddress><cac:Country><cbc:IdentificationCode>DK</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyLegalEntity><cbc:RegistrationName>Eksempel Kontor A/S</cbc:RegistrationName>
<cbc:CompanyID schemeID="DK:CVR">DK99999993</cbc:CompanyID></cac:PartyLegalEntity></cac:Party>"""
BUYER = """<cac:Party><cbc:EndpointID schemeID="GLN">5799990000019</cbc:EndpointID>
<cac:PartyName><cbc:Name>Prøveby Kommune</cbc:Name></cac:PartyName>
<cac:Contact><cbc:ID>abcd</cbc:ID></cac:Contact></cac:Party>"""


def ubl_line(
    amount="100.00",
    *,
    number="1",
    name="Kopipapir",
    extra="",
    item="",
    quantity="1",
    price="",
    currency="DKK",
    kind="Invoice",
):
    counted = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    return (
        f'<cac:{kind}Line><cbc:ID>{number}</cbc:ID>{extra}<cbc:{counted} unitCode="EA">{quantity}</cbc:{counted}>'
        f'<cbc:LineExtensionAmount currencyID="{currency}">{amount}</cbc:LineExtensionAmount>'
        f"<cac:Item><cbc:Name>{name}</cbc:Name>{item}</cac:Item>"
        f'<cac:Price><cbc:PriceAmount currencyID="{currency}">{price or amount}</cbc:PriceAmount></cac:Price>'
        f"</cac:{kind}Line>"
    )


def ubl_text(
    *lines,
    header="100.00",
    kind="Invoice",
    number="F-1",
    day="2025-03-01",
    currency="DKK",
    custom="OIOUBL-2.1",
    supplier=SUPPLIER,
    buyer=BUYER,
    top="",
    middle="",
    totals="",
):
    lines = lines or (ubl_line(kind=kind, currency=currency),)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2" {NAMESPACES}>'
        f"<cbc:CustomizationID>{custom}</cbc:CustomizationID><cbc:ID>{number}</cbc:ID>"
        f"<cbc:IssueDate>{day}</cbc:IssueDate><cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>{top}"
        f"<cac:AccountingSupplierParty>{supplier}</cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty>{buyer}</cac:AccountingCustomerParty>{middle}"
        f'<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="{currency}">{header}</cbc:LineExtensionAmount>'
        f"{totals}</cac:LegalMonetaryTotal>{''.join(lines)}</{kind}>"
    ).encode()


@pytest.fixture
def ubl():
    """Write an invoice or credit note as bytes."""
    return ubl_text


@pytest.fixture
def line():
    """Write one line of an invoice."""
    return ubl_line


@pytest.fixture
def read():
    """Read an invoice into a document, in kroner unless told otherwise."""
    from procurement_kit.intake.einvoices import Reading, read_einvoice
    from procurement_kit.intake.money import Rates

    def reading(content, *, currency="DKK", rates=()):
        return read_einvoice(content, Reading("prøveby", KEY, Rates(currency, tuple(rates))))

    return reading


LEDGER_HEADINGS = (
    "Bilagsnummer;Fakturanummer;Fakturadato;Bogføringsdato;CVR;Leverandør;Tekst;Konto;Kontotekst;Art;EAN;"
    "Omkostningssted;Enhed;Antal;Måleenhed;Beløb ekskl. moms;Valuta"
)


def ledger_row(**cells):
    values = {
        "Bilagsnummer": "B-1",
        "Fakturanummer": "F-1",
        "Fakturadato": "01-03-2025",
        "Bogføringsdato": "05-03-2025",
        "CVR": "99999993",
        "Leverandør": "Eksempel Kontor A/S",
        "Tekst": "Kopipapir",
        "Konto": "29100",
        "Kontotekst": "Kontorhold",
        "Art": "2.9",
        "EAN": "5799990000019",
        "Omkostningssted": "4711",
        "Enhed": "Skolevangen",
        "Antal": "2",
        "Måleenhed": "stk",
        "Beløb ekskl. moms": "1.234,50",
        "Valuta": "DKK",
    }
    values |= {key.replace("_", " "): value for key, value in cells.items()}
    return ";".join(values.values())


@pytest.fixture
def row():
    """Write one row of a Danish ledger."""
    return ledger_row


@pytest.fixture
def ledger(tmp_path):
    """Write a Danish ledger file."""

    def make(*rows: str, name: str = "poster.csv", headings: str = LEDGER_HEADINGS, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes("\r\n".join([headings, *rows, ""]).encode(encoding))
        return path

    return make


@pytest.fixture
def lines_read():
    """Read a ledger file with a profile into a list of rows."""
    from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
    from procurement_kit.intake.money import Rates
    from procurement_kit.intake.privacy import Masker
    from procurement_kit.intake.profiles import find_profile

    def reading(path, profile="ledger_dk", *, currency="DKK", rates=()):
        chosen = find_profile(profile) if isinstance(profile, (str, Path)) else profile
        provenance = {"municipality_name": "prøveby", "source_name": path.name, "source_hash": "h"}
        batches = ledger_batches(
            open_ledger(path, chosen),
            chosen,
            Masker(KEY),
            Rates(currency, tuple(rates)),
            provenance=provenance,
            facts=LedgerFacts(),
        )
        return [line for table in batches for line in table.to_pylist()]

    return reading
