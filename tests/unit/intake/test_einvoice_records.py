"""What a file holds as records: envelopes are opened, and what is no invoice is named in plain words."""

import pytest

from procurement_kit.intake.einvoice_records import read_records
from procurement_kit.intake.safe_xml import RefusedError

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
ENVELOPE = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"


def enveloped(*documents):
    inside = b"".join(one.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>') for one in documents)
    head = f'<e:StandardBusinessDocument xmlns:e="{ENVELOPE}"><e:StandardBusinessDocumentHeader/>'.encode()
    return head + inside + b"</e:StandardBusinessDocument>"


def test_an_envelope_around_one_invoice_is_opened(ubl, read):
    assert read(enveloped(ubl())).lines == read(ubl()).lines


@pytest.mark.parametrize("count", [0, 2])
def test_an_envelope_around_none_or_several_is_refused(ubl, count):
    with pytest.raises(RefusedError, match=f"around {count} invoices"):
        read_records(enveloped(*[ubl()] * count))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f'<Reminder xmlns="{UBL}:Reminder-2"/>', "is a reminder (Reminder), not an invoice"),
        (f'<Order xmlns="{UBL}:Order-2"/>', "is an order (Order), not an invoice"),
        (f'<x:DebitNote xmlns:x="{UBL}:DebitNote-2"/>', "is a debit note (DebitNote), not an invoice"),
        (
            '<a:CrossIndustryInvoice xmlns:a="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>',
            "is a CII invoice, which is not read",
        ),
        (
            '<Invoice xmlns="http://rep.oio.dk/ubl/xml/schemas/0p71/pie/"/>',
            "is an OIOXML invoice, the format before OIOUBL, which is not read",
        ),
        (f'<Invoice xmlns="{UBL}:Invoice-3"/>', "is not a UBL invoice or credit note"),
        ("<navn-010190-1234/>", "is not a UBL invoice or credit note"),
    ],
)
def test_what_is_no_invoice_is_named(content, reason):
    with pytest.raises(RefusedError) as refusal:
        read_records(content.encode())
    assert str(refusal.value) == reason


def test_prefixes_do_not_matter(ubl, read):
    text = ubl().decode()
    prefixed = (
        text.replace('<Invoice xmlns="', '<Bob:Invoice xmlns:Bob="')
        .replace("</Invoice>", "</Bob:Invoice>")
        .replace("cbc:", "b:")
        .replace("xmlns:cbc", "xmlns:b")
    )
    assert read(prefixed.encode()).lines == read(text.encode()).lines


@pytest.mark.parametrize("separator", ["\t", "\n", "&#13;", "&#9;", "  "])
def test_no_value_can_break_the_records(ubl, line, read, separator):
    (found,) = read(ubl(line(name=f"Papir{separator}A4"))).lines
    assert found["item_name"] == "Papir A4"
    assert found["unit_code"] == "EA"


def test_names_of_sub_lines_are_in_the_text_and_their_amounts_count_nowhere(ubl, line, read):
    part = line("60.00", name="Del").replace("cac:InvoiceLine", "cac:SubInvoiceLine")
    (found,) = read(ubl(line("100.00", name="Pakke").replace("</cac:InvoiceLine>", part + "</cac:InvoiceLine>"))).lines
    assert (found["line_text"], found["check_codes"]) == ("Del", "sub_lines")
    assert found["document_amount"] == 100


def test_without_a_sum_of_lines_a_total_that_agrees_will_do(ubl, read):
    totals = '<cbc:PayableAmount currencyID="DKK">{}</cbc:PayableAmount>'
    tax = '<cac:TaxTotal><cbc:TaxAmount currencyID="DKK">25.00</cbc:TaxAmount></cac:TaxTotal>'
    right = read(ubl(header="", totals=totals.format("125.00"), middle=tax))
    wrong = read(ubl(header="", totals=totals.format("120.00"), middle=tax))
    assert right.reason is None
    assert right.lines[0]["check_codes"] == "no_header_sum"
    assert wrong.reason.startswith("has no sum of lines in its header")


def test_a_buyers_name_beside_the_registered_one_is_the_unit(ubl, read):
    buyer = (
        "<cac:Party><cac:PartyName><cbc:Name>Skolevangen</cbc:Name></cac:PartyName><cac:PartyLegalEntity>"
        "<cbc:RegistrationName>Prøveby Kommune</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>"
    )
    (found,) = read(ubl(buyer=buyer)).lines
    assert (found["buyer_name"], found["buyer_unit_name"]) == ("Prøveby Kommune", "Skolevangen")


def test_a_document_whose_amounts_cannot_be_read_is_still_named(ubl, read):
    document = read(ubl(header="1e2"))
    assert document.control["document_number"] == "F-1"
    assert document.control["supplier_name"] == "Eksempel Kontor A/S"
    assert document.lines == []
