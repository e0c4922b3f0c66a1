"""The XML of the invented e-invoices: well-formed, adding up, and right for their format."""

from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.money import Rates
from procurement_kit.workshop.einvoice_files import einvoice_text
from procurement_kit.workshop.planted import UNREAD, Delivered, plant_flaws

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
READING = Reading("demo", b"0" * 32, Rates("DKK"))


@pytest.fixture(scope="module")
def delivered(documents):
    return [item for item in plant_flaws(documents) if item.document.is_einvoice]


@pytest.fixture(scope="module")
def oioubl(delivered):
    return first(delivered, lambda d: not d.firm.sends_peppol and not d.is_credit)


@pytest.fixture(scope="module")
def peppol(delivered):
    return first(delivered, lambda d: d.firm.sends_peppol and not d.is_credit and d.currency == "DKK")


def first(delivered, wanted):
    return next(item for item in delivered if not item.flaw and wanted(item.document))


def root_of(item):
    return etree.fromstring(einvoice_text(item).encode("utf-8"))


def value(root, path):
    return root.xpath(f"string({path})", namespaces=NAMES)


def amount(root, name):
    return Decimal(value(root, f"cac:LegalMonetaryTotal/cbc:{name}"))


def test_all_documents_but_the_planted_ones_are_well_formed_and_add_up(delivered):
    for item in delivered:
        if item.flaw in UNREAD:
            continue
        root = root_of(item)
        lines = [Decimal(a) for a in root.xpath("*/cbc:LineExtensionAmount/text()", namespaces=NAMES)]
        header = lines.pop(0)
        wrong = Decimal(item.flaw.removeprefix("wrong_sum_")) if item.flaw.startswith("wrong_sum") else 0
        assert sum(lines) == header - wrong, item.file_name
        charge = Decimal(value(root, "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount") or 0)
        vat = Decimal(value(root, "cac:TaxTotal/cbc:TaxAmount"))
        assert amount(root, "PayableAmount") == sum(lines) + charge + vat


def test_oioubl_has_its_particulars(oioubl):
    root = root_of(oioubl)
    assert value(root, "cbc:UBLVersionID") == "2.1"
    assert value(root, "cbc:CustomizationID") == "OIOUBL-2.1"
    assert value(root, "cbc:ProfileID/@schemeID") == "urn:oioubl:id:profileid-1.2"
    supplier = "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID"
    assert value(root, f"{supplier}/@schemeID") == "DK:CVR"
    assert value(root, supplier) == f"DK{oioubl.document.firm.number}"
    assert value(root, "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID/@schemeID") == "GLN"
    assert value(root, "cac:AccountingCustomerParty/cac:Party/cac:Contact/cbc:ID")


def test_in_oioubl_the_tax_exclusive_amount_is_the_vat(oioubl):
    root = root_of(oioubl)
    assert amount(root, "TaxExclusiveAmount") == Decimal(value(root, "cac:TaxTotal/cbc:TaxAmount"))
    assert amount(root, "TaxExclusiveAmount") != amount(root, "LineExtensionAmount")


def test_peppol_has_its_particulars(peppol):
    root = root_of(peppol)
    assert "peppol.eu:2017:poacc:billing:3.0" in value(root, "cbc:CustomizationID")
    assert not value(root, "cbc:UBLVersionID")
    assert value(root, "cbc:BuyerReference")
    supplier = "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID/@schemeID"
    assert value(root, supplier) == "0184"
    assert value(root, "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID/@schemeID") == "0088"


def test_in_peppol_the_tax_exclusive_amount_is_the_net(peppol):
    root = root_of(peppol)
    assert amount(root, "TaxExclusiveAmount") == amount(root, "LineExtensionAmount")


def test_a_credit_note_has_positive_amounts_and_names_its_invoice(delivered):
    item = first(delivered, lambda d: d.is_credit)
    root = root_of(item)
    assert etree.QName(root).localname == "CreditNote"
    assert amount(root, "PayableAmount") > 0
    named = value(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID")
    assert named == item.document.credits_number


def test_a_charge_on_the_document_is_counted_once(oioubl):
    with_charge = replace(oioubl.document, charge=Decimal("125.00"))
    root = root_of(Delivered(with_charge, "x.xml", "charge"))
    assert value(root, "cac:AllowanceCharge/cbc:ChargeIndicator") == "true"
    assert amount(root, "ChargeTotalAmount") == 125
    assert amount(root, "LineExtensionAmount") == oioubl.document.line_sum


@pytest.mark.parametrize(("flaw", "wrong"), [("wrong_sum_100.00", 100), ("wrong_sum_0.90", Decimal("0.90"))])
def test_a_wrong_sum_is_wrong_by_what_was_told(oioubl, flaw, wrong):
    root = root_of(Delivered(oioubl.document, "x.xml", flaw))
    assert amount(root, "LineExtensionAmount") - oioubl.document.line_sum == wrong


def test_a_broken_file_ends_early_and_one_has_a_doctype(oioubl):
    whole = einvoice_text(oioubl)
    broken = einvoice_text(replace(oioubl, flaw="broken"))
    assert whole.startswith(broken) and len(broken) < len(whole)
    assert "<!DOCTYPE" in einvoice_text(replace(oioubl, flaw="doctype"))


def test_texts_are_escaped(oioubl):
    line = replace(oioubl.document.lines[0], text='Bøger & "hæfter" <A4>')
    document = replace(oioubl.document, lines=(line,), printed_name="Tørt & Trygt")
    root = root_of(Delivered(document, "x.xml"))
    assert value(root, "cac:InvoiceLine/cac:Item/cbc:Name") == 'Bøger & "hæfter" <A4>'
    assert value(root, "cac:AccountingSupplierParty//cbc:RegistrationName") == "Tørt & Trygt"


def test_passenger_transport_bears_no_vat(oioubl):
    line = replace(oioubl.document.lines[0], category_code="0801")
    root = root_of(Delivered(replace(oioubl.document, lines=(line,)), "x.xml"))
    assert value(root, "cac:InvoiceLine/cac:TaxTotal/cbc:TaxAmount") == "0.00"
    assert value(root, "cac:InvoiceLine//cac:TaxCategory/cbc:ID") == "ZeroRated"


def test_articles_bring_number_and_code_in_the_list_of_their_format(delivered):
    coded = [
        i for i in delivered if not i.flaw and i.document.lines[0].article and i.document.lines[0].article.unspsc_code
    ]
    for item in coded[:20]:
        code = "//cbc:ItemClassificationCode"
        expected = "TST" if item.document.firm.sends_peppol else "UNSPSC"
        assert value(root_of(item), f"{code}/@listID") == expected
    assert coded


def test_the_intake_reads_what_was_written(oioubl, peppol):
    for item in (oioubl, peppol):
        read = read_einvoice(einvoice_text(item).encode("utf-8"), READING)
        document = item.document
        assert read.reason is None
        assert [line["net_amount"] for line in read.lines] == [line.amount for line in document.lines]
        assert {line["supplier_number"] for line in read.lines} == {document.firm.number}
        assert {line["buyer_gln_number"] for line in read.lines} == {document.unit.gln}
        assert {line["document_number"] for line in read.lines} == {document.number}
        assert {code for line in read.lines for code in (line["check_codes"] or "").split()} <= {"cvr_modulus"}
