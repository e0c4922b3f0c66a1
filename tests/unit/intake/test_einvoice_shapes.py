"""Shapes that public e-invoices have: each written as a small invented document, and read field by field."""

import io
import zipfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.analyses.remedies import remedy_of
from procurement_kit.intake import einvoice_batches
from procurement_kit.intake.archives import SourceFile, find_sources, zip_entries
from procurement_kit.intake.big_einvoices import read_big_records
from procurement_kit.intake.einvoice_batches import items_of
from procurement_kit.intake.einvoice_stylesheet import OTHER_LINES, TWO_TOTALS
from procurement_kit.intake.einvoices import Reading
from procurement_kit.intake.load import import_files
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.safe_xml import RefusedError

READING = Reading("prøveby", b"0" * 32, Rates("DKK"))


def charge(amount, *, is_charge, currency="DKK"):
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{is_charge}</cbc:ChargeIndicator>"
        f'<cbc:Amount currencyID="{currency}">{amount}</cbc:Amount></cac:AllowanceCharge>'
    )


def tax(category, percent, scheme):
    return (
        f"<cac:TaxTotal><cbc:TaxAmount>1</cbc:TaxAmount><cac:TaxSubtotal><cac:TaxCategory><cbc:ID>{category}</cbc:ID>"
        f"<cbc:Percent>{percent}</cbc:Percent><cac:TaxScheme><cbc:ID>{scheme}</cbc:ID></cac:TaxScheme>"
        "</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"
    )


# --- examples of the standard itself --------------------------------------------------------------------------------

FIRST = """<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:Note>Ridse i kassen</cbc:Note><cbc:Note>Set ved levering</cbc:Note>
<cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">1273</cbc:LineExtensionAmount>
<cbc:AccountingCost>Kode001</cbc:AccountingCost>
<cac:OrderLineReference><cbc:LineID>7</cbc:LineID></cac:OrderLineReference>{charges}
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">254.6</cbc:TaxAmount></cac:TaxTotal>
<cac:Item><cbc:Description>Skærm\n\t\t1440x900</cbc:Description><cbc:Name>Bærbar</cbc:Name>
<cac:StandardItemIdentification><cbc:ID schemeID="GTIN">5799990000019</cbc:ID></cac:StandardItemIdentification>
<cac:CommodityClassification><cbc:ItemClassificationCode listID="UNSPSC">43211503</cbc:ItemClassificationCode>
</cac:CommodityClassification><cac:CommodityClassification>
<cbc:ItemClassificationCode listID="CPV">30213100</cbc:ItemClassificationCode></cac:CommodityClassification>
<ClassifiedTaxCategory xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
<cbc:ID schemeID="UN/ECE 5305">S</cbc:ID><cbc:Percent>20</cbc:Percent><TaxScheme><cbc:ID>VAT</cbc:ID></TaxScheme>
</ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="EUR">2546</cbc:PriceAmount>
<cbc:BaseQuantity unitCode="C62">2</cbc:BaseQuantity><cac:AllowanceCharge><cbc:ChargeIndicator>false
</cbc:ChargeIndicator><cbc:Amount currencyID="EUR">225</cbc:Amount></cac:AllowanceCharge></cac:Price>
</cac:InvoiceLine>""".format(charges=charge(12, is_charge="false") + charge(10, is_charge="true"))
TOTALS = "".join(
    f'<cbc:{name} currencyID="EUR">{amount}</cbc:{name}>'
    for name, amount in {
        "TaxExclusiveAmount": 1269.04, "TaxInclusiveAmount": 1523, "AllowanceTotalAmount": 100,
        "ChargeTotalAmount": 100, "PrepaidAmount": 1000, "PayableRoundingAmount": "0.30", "PayableAmount": 523,
    }.items()
)  # fmt: skip


def test_a_full_invoice_of_the_standard(ubl, line, read):
    returned = line("-3.96", number="2", quantity="-1", price="3.96", currency="EUR")
    middle = charge(100, is_charge="true", currency="EUR") + charge(100, is_charge="false", currency="EUR")
    period = (
        "<cac:InvoicePeriod><cbc:StartDate>2009-11-01</cbc:StartDate><cbc:EndDate>2009-11-30</cbc:EndDate>"
        "</cac:InvoicePeriod><cac:ContractDocumentReference><cbc:ID>Aftale 321</cbc:ID></cac:ContractDocumentReference>"
    )
    document = read(
        ubl(FIRST, returned, header="1269.04", currency="EUR", custom="", top=period, middle=middle, totals=TOTALS)
    )
    first, second = document.lines
    assert document.reason is None
    assert (document.control["line_sum_amount"], document.net_total) == (Decimal("1269.04"), Decimal("1269.04"))
    assert document.control["header_payable_amount"] == 523
    assert first["format_name"] is None
    assert (first["item_name"], first["line_text"]) == ("Bærbar", "Skærm 1440x900; Ridse i kassen; Set ved levering")
    assert (first["line_allowance_amount"], first["line_charge_amount"]) == (12, 10)
    assert (first["unit_price_amount"], first["price_base_quantity"], first["quantity"]) == (2546, 2, 1)
    assert (first["item_unspsc_code"], first["item_cpv_code"]) == ("43211503", "30213100")
    assert (first["vat_category"], first["vat_rate"], first["item_gtin_number"]) == ("S", 20, "5799990000019")
    assert (first["account_number"], first["order_line_number"]) == ("Kode001", "7")
    assert (first["delivery_from_date"], first["delivery_to_date"]) == (date(2009, 11, 1), date(2009, 11, 30))
    assert first["contract_reference_number"] == second["contract_reference_number"] == "Aftale 321"
    assert (second["document_amount"], second["quantity"]) == (Decimal("-3.96"), -1)


def test_a_trivial_invoice_without_currency_and_line_sum_is_taken_in_on_its_total(ubl, read):
    text = ubl(currency="CAD", custom="", totals='<cbc:PayableAmount currencyID="CAD">100.00</cbc:PayableAmount>')
    for gone in (
        b"<cbc:DocumentCurrencyCode>CAD</cbc:DocumentCurrencyCode>",
        b'<cbc:InvoicedQuantity unitCode="EA">1</cbc:InvoicedQuantity>',
    ):
        assert gone in text
        text = text.replace(gone, b"")
    text = text.replace(
        b'<cbc:LineExtensionAmount currencyID="CAD">100.00</cbc:LineExtensionAmount><cbc:Pay', b"<cbc:Pay"
    )
    document = read(text.replace(b"cbc:Name>Kopipapir</cbc:Name", b"cbc:Description>Kopipapir</cbc:Description"))
    (line,) = document.lines
    assert document.reason is None
    assert (line["document_currency"], line["check_codes"]) == ("CAD", "no_header_sum")
    assert (line["item_name"], line["line_text"], line["quantity"]) == (None, "Kopipapir", None)
    assert document.control["header_line_amount"] is None


def test_without_a_line_sum_a_total_that_does_not_agree_holds_the_document_back(ubl, read):
    totals = '<cbc:PayableAmount currencyID="DKK">125.00</cbc:PayableAmount>'
    text = ubl(header="", totals=totals)
    assert read(text).reason == "has no sum of lines in its header, and its lines do not add up to its total"
    own = '<cac:TaxTotal><cbc:TaxAmount currencyID="DKK">25.00</cbc:TaxAmount></cac:TaxTotal>'
    assert read(ubl(header="", totals=totals, middle=own)).reason is None


def test_a_credit_note_that_names_its_invoice_on_the_line(ubl, line, read):
    billing = (
        "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{}</cbc:ID></cac:InvoiceDocumentReference>"
        "</cac:BillingReference>"
    )
    lines = (line(kind="CreditNote", extra=billing.format("F-7")), line(kind="CreditNote"))
    own, inherited = read(ubl(*lines, header="200.00", kind="CreditNote", middle=billing.format("F-1"))).lines
    assert (own["credited_document_number"], inherited["credited_document_number"]) == ("F-7", "F-1")


@pytest.mark.parametrize(
    ("taxes", "found"),
    [
        (tax("A", "17.5", "UK VAT"), ("A", Decimal("17.5"))),
        (tax("Excise", "10", "16") + tax("StandardRated", "25", "63"), ("S", Decimal(25))),
        (tax("Excise", "10", "16"), (None, None)),
        (tax("E", "0", "SST") + tax("S", "25", "VAT"), ("S", Decimal(25))),
    ],
)
def test_vat_is_told_from_duties_whatever_its_scheme_is_called(ubl, line, read, taxes, found):
    (one,) = read(ubl(line(extra=taxes))).lines
    assert (one["vat_category"], one["vat_rate"]) == found


# --- parties --------------------------------------------------------------------------------------------------------


def payee(number, scheme):
    attribute = f' schemeID="{scheme}"' if scheme else ""
    return (
        '<cac:PayeeParty><cac:PartyIdentification><cbc:ID schemeID="SEPA">DK98ZZZ</cbc:ID></cac:PartyIdentification>'
        f"<cac:PartyLegalEntity><cbc:CompanyID{attribute}>{number}</cbc:CompanyID></cac:PartyLegalEntity>"
        "</cac:PayeeParty>"
    )


@pytest.mark.parametrize(
    ("number", "scheme", "found"),
    [
        ("DK99999993", "DK:CVR", "99999993"),
        ("9429033591476", "0088", "9429033591476"),
        ("0101901234", "UK:CH", "0101901234"),  # a foreign register says that it is no Danish person
        ("0101901234", "0235", "0101901234"),
    ],
)
def test_the_payees_first_number(ubl, read, number, scheme, found):
    (line,) = read(ubl(middle=payee(number, scheme))).lines
    assert line["payee_number"] == found
    assert line["privacy_level"] == 0


@pytest.mark.parametrize("scheme", ["", "ZZZ", "0184", "0237", "DK:CPR", "9902"])
def test_a_payee_that_may_be_a_danish_person_is_a_token(ubl, read, scheme):
    (line,) = read(ubl(middle=payee("0101901234", scheme))).lines
    assert line["payee_number"].startswith("CPR-")
    assert line["privacy_level"] == 1


def test_the_location_number_is_that_of_the_address_the_document_was_sent_to(ubl, read):
    other = '<cac:PartyIdentification><cbc:ID schemeID="0088">5799990000026</cbc:ID></cac:PartyIdentification>'
    legal = '<cac:PartyLegalEntity><cbc:CompanyID schemeID="0088">5799990000033</cbc:CompanyID></cac:PartyLegalEntity>'
    endpoint = '<cbc:EndpointID schemeID="{}">{}</cbc:EndpointID>'
    party = "<cac:Party>{}" + other + legal + "</cac:Party>"
    sent = party.format(endpoint.format("0088", "5799990000019"))
    elsewhere = party.format(endpoint.format("0184", "DK99999993"))
    assert read(ubl(buyer=sent)).lines[0]["buyer_gln_number"] == "5799990000019"
    assert read(ubl(buyer=elsewhere)).lines[0]["buyer_gln_number"] is None


def test_the_highest_of_the_senders_marks_counts(ubl, read):
    mark = (
        "<cac:AdditionalDocumentReference><cbc:ID>{}</cbc:ID>"
        "<cbc:DocumentTypeCode>PersonalSecure</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
    )
    marks = "".join(mark.format(level) for level in ("1", "3", "9"))
    assert read(ubl(middle=marks)).lines[0]["privacy_level"] == 3


# --- lines ----------------------------------------------------------------------------------------------------------


def test_a_negative_charge_stays_a_charge(ubl, line, read):
    extra = charge("-500", is_charge="true") + charge("-300", is_charge="false")
    (invoice,) = read(ubl(line("-1200", price="-1000", extra=extra), header="-1200")).lines
    assert (invoice["line_allowance_amount"], invoice["line_charge_amount"]) == (-300, -500)
    assert invoice["check_codes"] is None


def test_three_decimals_on_a_line_are_within_the_tolerance(ubl, line, read):
    document = read(ubl(line("999.375"), header="999.38", custom="urn:cen.eu:en16931:2017"))
    assert document.reason is None
    assert document.lines[0]["document_amount"] == Decimal("999.375")
    assert document.control["difference_amount"] == Decimal("0.005")


def test_the_tax_of_the_accounting_currency_is_no_tax_of_the_document(ubl, read):
    taxes = "".join(
        f'<cac:TaxTotal><cbc:TaxAmount currencyID="{currency}">{amount}</cbc:TaxAmount></cac:TaxTotal>'
        for currency, amount in (("EUR", "25.00"), ("DKK", "186.50"))
    )
    assert read(ubl(currency="EUR", middle=taxes)).control["header_tax_amount"] == 25


def sub_line(amount, name, inside=""):
    return (
        f'<cac:SubInvoiceLine><cbc:ID>1.1</cbc:ID><cbc:LineExtensionAmount currencyID="DKK">{amount}'
        f"</cbc:LineExtensionAmount><cac:Item><cbc:Name>{name}</cbc:Name></cac:Item>{inside}</cac:SubInvoiceLine>"
    )


def test_a_line_made_of_parts_counts_once_and_names_them(ubl, line, read):
    parts = sub_line("60.00", "Nedtagning", sub_line("60.00", "Rør")) + sub_line("40.00", "Rensning 010190-1234")
    lines = (line("100.00", extra=parts), line("50.00", number="2"))
    document = read(ubl(*lines, header="150.00"))
    first, second = document.lines
    assert (document.reason, document.net_total) == (None, Decimal(150))
    assert [found["document_amount"] for found in document.lines] == [100, 50]
    assert first["line_text"].startswith("Nedtagning; Rør; Rensning CPR-")
    assert (first["check_codes"], second["check_codes"]) == ("sub_lines", None)
    assert first["parent_line_number"] is None  # parts are no lines of their own
    assert read(ubl(*lines, header="250.00")).reason == "lines add up to 150.00, but the header says 250.0000"


# --- what is held back ----------------------------------------------------------------------------------------------


def opener(content):
    @contextmanager
    def open_file():
        yield io.BytesIO(content)

    return open_file


@pytest.mark.parametrize(("kind", "other"), [("Invoice", "CreditNote"), ("CreditNote", "Invoice")])
def test_lines_of_the_other_kind_hold_the_document_back(ubl, line, read, kind, other):
    own, stray = line(kind=kind), line("7.00", kind=other)
    document, alone = read(ubl(own, stray, kind=kind)), read(ubl(stray, kind=kind, header="7.00"))
    assert (document.reason, alone.reason) == (OTHER_LINES, OTHER_LINES)
    assert document.control["document_number"] == "F-1"
    assert [abs(found["document_amount"]) for found in document.lines] == [100]
    with pytest.raises(RefusedError, match="of the other kind"):
        read_big_records(opener(ubl(own, stray, kind=kind)))


def test_totals_stated_twice_hold_the_document_back(ubl, read):
    text = ubl()
    start, end = text.index(b"<cac:LegalMonetaryTotal>"), text.index(b"<cac:InvoiceLine>")
    twice = text.replace(text[start:end], text[start:end] * 2)
    document = read(twice)
    assert document.reason == TWO_TOTALS
    assert document.control["header_line_amount"] == 100
    assert len(document.lines) == 1
    assert read_big_records(opener(twice)).header.count(TWO_TOTALS) == 1


@pytest.mark.parametrize(("reason", "key"), [(OTHER_LINES, "other_lines"), (TWO_TOTALS, "two_totals")])
def test_these_reasons_have_a_remedy_of_their_own(reason, key):
    assert remedy_of(reason).reason_key == key


# --- files of one name ----------------------------------------------------------------------------------------------


@pytest.fixture
def doubled(tmp_path, ubl):
    """A ZIP with two members of one name, and two names that are one when masked."""
    path = tmp_path / "uge1.zip"
    names = ("a.xml", "a.xml", "b 010190-1234.xml", "b 0101901234.xml")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, pytest.warns(UserWarning, match="Duplicate name"):
        for place, name in enumerate(names):
            archive.writestr(name, ubl(number=f"F-{place}"))
    return path


def test_members_of_one_name_are_told_apart(doubled):
    source = SourceFile(doubled, doubled.name, "zip", doubled.stat().st_size, "h")
    items = list(items_of([source], READING))
    assert [item.source_name for item in items[:1]] == ["uge1.zip/a.xml"]
    assert len({item.source_name for item in items}) == len(items) == 4
    assert {item.source_name[-8:] for item in items} >= {".xml (2)"}
    assert len({item.content for item in items}) == 4


def test_each_large_member_opens_its_own_content(doubled):
    found = []
    for _, member in zip_entries(doubled, limit=10):
        with member.open() as file:
            found.append(file.read())
    assert len(set(found)) == 4


def test_no_line_of_such_an_archive_gets_the_identity_of_another(municipality, doubled, monkeypatch):
    monkeypatch.setattr(einvoice_batches, "CHUNK", 1)
    report = import_files(municipality, [doubled])
    assert report.closes
    lines = store.read_lines(municipality).to_pandas()
    assert len(lines) == 4
    assert not lines.duplicated(["source_hash", "source_name", "line_id"]).any()


def test_files_of_one_name_and_folder_name_are_told_apart(tmp_path, ubl):
    for year in ("2024", "2025"):
        (tmp_path / year / "ind").mkdir(parents=True)
        (tmp_path / year / "ind" / "a.xml").write_bytes(ubl())
    sources, _ = find_sources([tmp_path / "2024", tmp_path / "2025"], Masker(b"0" * 32))
    assert len({source.hash for source in sources}) == 1
    assert [source.name for source in sources] == ["ind/ind/a.xml", "ind/ind/a.xml (2)"]
