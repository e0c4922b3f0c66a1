"""Public e-invoices of six families: each adds up, and what the folder's list says of it is what is read."""

import csv
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.load import import_files
from procurement_kit.intake.money import Rates, total

DOCUMENTS, LINES, CURRENCIES = 187, 396, 13
READING = Reading("prøveby", b"0" * 32, Rates("DKK"))


@pytest.fixture(scope="module")
def documents(shared_data):
    folder = shared_data / "einvoices"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row, read_einvoice((folder / row["file"]).read_bytes(), READING, source_name=row["file"])) for row in rows]


def test_every_document_is_read_and_adds_up(documents):
    assert len(documents) == DOCUMENTS
    assert [(row["file"], document.reason) for row, document in documents if document.reason] == []


def test_lines_and_sums_are_what_the_list_says(documents):
    assert sum(len(document.lines) for _, document in documents) == LINES
    for row, document in documents:
        assert len(document.lines) == int(row["lines"]), row["file"]
        amount = total([line["document_amount"] for line in document.lines])
        assert abs(abs(amount) - abs(Decimal(row["line_sum"]))) <= Decimal("0.005"), row["file"]
        assert abs(abs(document.control["header_line_amount"]) - abs(Decimal(row["header_line_extension"]))) == 0
        assert {line["document_currency"] for line in document.lines} == {row["currency"]}


def test_credit_notes_are_negative_and_invoices_keep_their_sign(documents):
    for row, document in documents:
        turned = -1 if row["root"] == "CreditNote" else 1
        assert total([line["document_amount"] for line in document.lines]) * turned == pytest.approx(
            Decimal(row["line_sum"]), abs=Decimal("0.005")
        )


def test_thirteen_currencies_and_kroner_only_where_they_are_known(documents):
    lines = [line for _, document in documents for line in document.lines]
    assert len({line["document_currency"] for line in lines}) == CURRENCIES
    for line in lines:
        assert (line["net_amount"] is None) == (line["exchange_rate"] is None)


def test_the_person_among_suppliers_is_masked(documents, shared_data):
    persons = [d for _, d in documents if d.lines[0]["supplier_kind"] == "person"]
    assert len(persons) == 1
    assert persons[0].lines[0]["supplier_name"] == "Privatperson"
    assert persons[0].lines[0]["supplier_number"] is None


def test_both_examples_with_personal_numbers_are_marked_and_hold_none(documents, shared_data):
    import re

    folder = shared_data / "einvoices"
    pattern = re.compile(rb'schemeID="DK:CPR">(\d{10})<')
    numbers = {row["file"]: pattern.findall((folder / row["file"]).read_bytes()) for row, _ in documents}
    found = {name: values for name, values in numbers.items() if values}
    assert len(found) == 2
    for row, document in documents:
        if row["file"] in found:
            assert document.lines[0]["privacy_level"] >= 1
            assert not any(value.decode() in str(document) for value in found[row["file"]])


def test_allowances_and_charges_are_in_the_net(documents):
    for row, document in documents:
        control = document.control
        charges = (control["header_charge_amount"] or 0) - (control["header_allowance_amount"] or 0)
        assert document.net_total == control["line_sum_amount"] + charges, row["file"]


# --- another reader, straight from the paths ------------------------------------------------------------------------

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
SPACES = {"a": CAC, "b": CAC.replace("Aggregate", "Basic")}
FILLERS = {"na", "n/a", "none", "-", "0", "x"}
PARTY_NUMBERS = ("PartyLegalEntity/b:CompanyID", "PartyTaxScheme/b:CompanyID", "PartyIdentification/b:ID")
LINE_TEXTS = {
    "line_number": "b:ID",
    "item_name": "a:Item/b:Name",
    "unit_code": "b:InvoicedQuantity/@unitCode|b:CreditedQuantity/@unitCode",
    "item_seller_number": "a:Item/a:SellersItemIdentification/b:ID",
    "item_buyer_number": "a:Item/a:BuyersItemIdentification/b:ID",
    "item_gtin_number": "a:Item/a:StandardItemIdentification/b:ID[@schemeID='0160' or @schemeID='GTIN']",
    "order_line_number": "a:OrderLineReference/b:LineID",
}
LINE_NUMBERS = {
    "unit_price_amount": "a:Price/b:PriceAmount",
    "price_base_quantity": "a:Price/b:BaseQuantity",
    "price_unit_factor": "a:Price/b:OrderableUnitFactorRate",
}
HEADER_TEXTS = {
    "document_number": "b:ID",
    "document_uuid": "b:UUID",
    "format_name": "b:CustomizationID",
    "document_currency": "b:DocumentCurrencyCode",
    "contract_reference_number": "a:ContractDocumentReference/b:ID",
    "credited_document_number": "a:BillingReference/a:InvoiceDocumentReference/b:ID",
    "buyer_reference": "b:BuyerReference|a:AccountingCustomerParty/a:Party/a:Contact/b:ID",
    "buyer_gln_number": "a:AccountingCustomerParty/a:Party/b:EndpointID[@schemeID='GLN' or @schemeID='0088']",
}
TOTALS = {
    "header_line_amount": "LineExtensionAmount",
    "header_allowance_amount": "AllowanceTotalAmount",
    "header_charge_amount": "ChargeTotalAmount",
    "header_payable_amount": "PayableAmount",
}


def first(element, path):
    found = element.xpath(path, namespaces=SPACES)
    texts = (" ".join((one if isinstance(one, str) else one.text or "").split()) for one in found)
    return next((text for text in texts if text and text.casefold() not in FILLERS), None)


def number(element, path, sign=1):
    text = first(element, path)
    found = element.xpath(path, namespaces=SPACES)
    return Decimal(text) * sign if text else Decimal(0) if found and found[0].text else None


def supplier_of(root):
    for path in (PARTY_NUMBERS[0], "b:EndpointID", *PARTY_NUMBERS[1:]):
        place = f"a:AccountingSupplierParty/a:Party/{'' if path.startswith('b:') else 'a:'}{path}"
        for one in root.xpath(place, namespaces=SPACES):
            if one.text and one.text.strip():
                return one.text.strip(), one.get("schemeID")
    return None, None


@pytest.fixture(scope="module")
def read_twice(documents, shared_data):
    parser = etree.XMLParser(remove_comments=True, resolve_entities=False)
    return [
        (row["file"], etree.fromstring((shared_data / "einvoices" / row["file"]).read_bytes(), parser), document)
        for row, document in documents
    ]


def test_another_reader_finds_the_same_on_the_lines(read_twice):
    count = 0
    for name, root, document in read_twice:
        kind = etree.QName(root).localname
        sign = -1 if kind == "CreditNote" else 1
        printed = root.xpath(f"a:{kind}Line", namespaces=SPACES)
        for line, element in zip(document.lines, printed, strict=True):
            expected = {field: first(element, path) for field, path in LINE_TEXTS.items()}
            expected |= {field: number(element, path) for field, path in LINE_NUMBERS.items()}
            expected["quantity"] = number(element, "b:InvoicedQuantity|b:CreditedQuantity", sign)
            assert {field: line[field] for field in expected} == expected, name
            amount = number(element, "b:LineExtensionAmount", sign)
            assert abs(line["document_amount"] - amount) <= Decimal("0.00005"), name
            for field, is_charge in (("line_allowance_amount", "false"), ("line_charge_amount", "true")):
                path = f"a:AllowanceCharge[normalize-space(b:ChargeIndicator)='{is_charge}']/b:Amount"
                own = sum(Decimal(one.text) for one in element.xpath(path, namespaces=SPACES)) * sign
                assert abs(line[field] - own) <= Decimal("0.00005"), name
            count += 1
    assert count == LINES


def test_another_reader_finds_the_same_in_the_headers(read_twice):
    for name, root, document in read_twice:
        sign = -1 if etree.QName(root).localname == "CreditNote" else 1
        (line, *_) = document.lines
        expected = {field: first(root, path) for field, path in HEADER_TEXTS.items()}
        assert {field: line[field] for field in expected} == expected, name
        assert str(line["invoice_date"]) == first(root, "b:IssueDate"), name
        if line["supplier_kind"] != "person":
            assert (line["supplier_account_number"], line["supplier_account_scheme"]) == supplier_of(root), name
        totals = {field: number(root, f"a:LegalMonetaryTotal/b:{path}", sign) for field, path in TOTALS.items()}
        assert {field: document.control[field] for field in totals} == totals, name


def test_an_import_of_all_of_them_closes(municipality, shared_data):
    report = import_files(municipality, [shared_data / "einvoices"])
    facts = report.as_dict()
    assert report.closes
    assert facts["documents_read"] == DOCUMENTS
    assert facts["lines_read"] == LINES == facts["lines_taken"] + facts["lines_held_back"] + facts["lines_duplicate"]
    assert len(facts["by_currency"]) == CURRENCIES
