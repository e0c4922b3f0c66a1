"""What an e-invoice says becomes lines; amounts, signs and persons as the format means them."""

from datetime import date
from decimal import Decimal

import pytest

PERSON = """<cac:Party><cbc:EndpointID schemeID="DK:CPR">0101901234</cbc:EndpointID>
<cac:PartyName><cbc:Name>Et Navn</cbc:Name></cac:PartyName><cac:PartyLegalEntity>
<cbc:RegistrationName>Et Navn</cbc:RegistrationName>
<cbc:CompanyID schemeID="DK:CPR">0101901234</cbc:CompanyID></cac:PartyLegalEntity></cac:Party>"""


def charge(amount, *, is_charge="true", category="S", percent="25"):
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{is_charge}</cbc:ChargeIndicator>"
        f'<cbc:Amount currencyID="DKK">{amount}</cbc:Amount><cac:TaxCategory><cbc:ID>{category}</cbc:ID>'
        f"<cbc:Percent>{percent}</cbc:Percent></cac:TaxCategory></cac:AllowanceCharge>"
    )


def vat(category, percent="25"):
    return (
        f"<cac:ClassifiedTaxCategory><cbc:ID>{category}</cbc:ID><cbc:Percent>{percent}</cbc:Percent>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory>"
    )


def test_an_ordinary_invoice_is_taken_in_whole(ubl, read):
    document = read(ubl())
    (line,) = document.lines
    assert document.reason is None
    assert line["document_number"] == "F-1"
    assert line["invoice_date"] == date(2025, 3, 1)
    assert line["document_type"] == "invoice"
    assert line["supplier_number"] == "99999993"
    assert line["supplier_account_number"] == "DK99999993"
    assert line["supplier_name"] == "Eksempel Kontor A/S"
    assert line["supplier_kind"] == "company"
    assert line["buyer_gln_number"] == "5799990000019"
    assert line["buyer_reference"] == "abcd"
    assert line["item_name"] == "Kopipapir"
    assert line["unit_code"] == "EA"
    assert (line["document_amount"], line["document_net_amount"], line["net_amount"]) == (Decimal(100),) * 3
    assert line["check_codes"] is None
    assert document.control["difference_amount"] == 0


def test_a_credit_note_is_negative_and_a_negative_invoice_stays_negative(ubl, line, read):
    credit = read(ubl(kind="CreditNote"))
    negative = read(ubl(line("-100.00"), header="-100.00"))
    assert credit.lines[0]["net_amount"] == Decimal(-100)
    assert credit.lines[0]["quantity"] == -1
    assert credit.control["header_line_amount"] == Decimal(-100)
    assert negative.lines[0]["net_amount"] == Decimal(-100)


def test_lines_that_do_not_add_up_are_held_back_and_not_scaled(ubl, line, read):
    document = read(ubl(line("60.00"), line("39.98"), header="100.00"))
    assert document.reason == "lines add up to 99.98, but the header says 100.0000"
    assert document.control["document_status"] == "held_back"
    assert document.control["difference_amount"] == Decimal("0.02")
    assert [found["document_amount"] for found in document.lines] == [Decimal("60.00"), Decimal("39.98")]


def test_one_oere_is_within_tolerance(ubl, line, read):
    assert read(ubl(line("99.99"), header="100.00")).reason is None


def test_tax_exclusive_amount_is_never_the_net(ubl, read):
    totals = '<cbc:TaxExclusiveAmount currencyID="DKK">25.00</cbc:TaxExclusiveAmount>'
    assert read(ubl(totals=totals)).net_total == Decimal(100)


def test_a_charge_goes_to_lines_of_its_own_vat_category(ubl, line, read):
    lines = (line("100.00", item=vat("S")), line("300.00", item=vat("Z", "0")))
    totals = '<cbc:ChargeTotalAmount currencyID="DKK">50.00</cbc:ChargeTotalAmount>'
    document = read(ubl(*lines, header="400.00", middle=charge("50.00"), totals=totals))
    assert [found["document_net_amount"] for found in document.lines] == [Decimal("150.00"), Decimal("300.00")]


def test_a_charge_of_a_category_no_line_has_is_shared_by_all(ubl, line, read):
    lines = (line("100.00", item=vat("S")), line("300.00", item=vat("S")))
    totals = '<cbc:AllowanceTotalAmount currencyID="DKK">40.00</cbc:AllowanceTotalAmount>'
    middle = charge("40.00", is_charge="false", category="E")
    document = read(ubl(*lines, header="400.00", middle=middle, totals=totals))
    assert [found["document_net_amount"] for found in document.lines] == [Decimal("90.00"), Decimal("270.00")]
    assert document.net_total == Decimal("360.00")


def test_where_the_stated_total_differs_from_the_charges_the_total_counts(ubl, read):
    totals = '<cbc:ChargeTotalAmount currencyID="DKK">30.00</cbc:ChargeTotalAmount>'
    document = read(ubl(middle=charge("20.00"), totals=totals))
    assert document.net_total == Decimal("130.00")
    assert document.lines[0]["check_codes"] == "allowance_total"


FREE = "<cbc:FreeOfChargeIndicator>true</cbc:FreeOfChargeIndicator>"


def test_a_free_line_is_not_in_the_sum_of_an_oioubl_invoice(ubl, line, read):
    document = read(ubl(line("100.00"), line("40.00", extra=FREE), header="100.00"))
    assert document.reason is None
    assert [found["document_amount"] for found in document.lines] == [Decimal("100.00"), Decimal("0.0000")]
    assert "free_line_left_out" in document.lines[1]["check_codes"]


def test_a_free_line_that_the_sender_counted_counts(ubl, line, read):
    document = read(ubl(line("100.00"), line("40.00", extra=FREE), header="140.00"))
    assert document.reason is None
    assert document.net_total == Decimal("140.00")
    assert "free_line_counted" in document.lines[1]["check_codes"]


def test_six_decimals_are_rounded_so_that_the_sum_holds(ubl, line, read):
    document = read(ubl(*[line("0.333333") for _ in range(3)], header="1.00", custom="urn:peppol"))
    assert sum(found["document_amount"] for found in document.lines) == Decimal("1.0000")
    assert sum(found["net_amount"] for found in document.lines) == Decimal("1.00")


def test_a_person_has_no_name_and_no_number(ubl, read):
    document = read(ubl(supplier=PERSON))
    (line,) = document.lines
    assert line["supplier_kind"] == "person"
    assert line["supplier_name"] == "Privatperson"
    assert line["supplier_number"] is None
    assert line["supplier_account_number"].startswith("CPR-")
    assert line["privacy_level"] == 1
    assert "0101901234" not in str(document)
    assert "Et Navn" not in str(document)


def test_personal_numbers_in_text_and_reference_are_masked(ubl, line, read):
    item = "<cbc:Description>Hjælpemiddel til 010190-1234</cbc:Description>"
    document = read(ubl(line(item=item), top="<cbc:BuyerReference>020290-5678</cbc:BuyerReference>"))
    (found,) = document.lines
    assert found["privacy_hit_count"] == 2
    assert found["line_text"].startswith("Hjælpemiddel til CPR-")
    assert found["buyer_reference"].startswith("CPR-")
    assert document.hit_count == 2


def test_the_senders_own_mark_raises_the_privacy_level(ubl, read):
    mark = (
        "<cac:AdditionalDocumentReference><cbc:ID>2</cbc:ID>"
        "<cbc:DocumentTypeCode>PersonalSecure</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
    )
    assert read(ubl(middle=mark)).lines[0]["privacy_level"] == 2


def test_the_supplier_is_never_the_payee(ubl, read):
    payee = (
        "<cac:PayeeParty><cac:PartyName><cbc:Name>Factoring</cbc:Name></cac:PartyName>"
        '<cac:PartyLegalEntity><cbc:CompanyID schemeID="DK:CVR">DK87654321</cbc:CompanyID></cac:PartyLegalEntity>'
        "</cac:PayeeParty>"
    )
    (line,) = read(ubl(middle=payee)).lines
    assert line["supplier_name"] == "Eksempel Kontor A/S"
    assert line["payee_number"] == "87654321"


def test_fillers_are_empty_and_the_line_wins_over_the_header(ubl, line, read):
    top = "<cbc:AccountingCost>100</cbc:AccountingCost><cac:OrderReference><cbc:ID>n/a</cbc:ID></cac:OrderReference>"
    lines = (line(extra="<cbc:AccountingCost>200</cbc:AccountingCost>"), line())
    first, second = read(ubl(*lines, header="200.00", top=top)).lines
    assert (first["account_number"], second["account_number"]) == ("200", "100")
    assert first["order_number"] is None


def test_classifications_are_told_apart_by_their_list(ubl, line, read):
    def code(list_id, value):
        name, version = "cbc:ItemClassificationCode", "19.05.01"
        element = f'<{name} listID="{list_id}" listVersionID="{version}">{value}</{name}>'
        return f"<cac:CommodityClassification>{element}</cac:CommodityClassification>"

    item = code("HS", "48025690") + code("TST", "14111507") + code("STI", "30197630-1")
    (found,) = read(ubl(line(item=item))).lines
    assert found["item_unspsc_code"] == "14111507"
    assert found["item_unspsc_version"] == "19.05.01"
    assert found["item_cpv_code"] == "30197630"


def test_wrong_check_digits_are_noted_and_not_refused(ubl, read):
    company = '<cbc:CompanyID schemeID="0184">12345678</cbc:CompanyID>'
    supplier = f"<cac:Party><cac:PartyLegalEntity>{company}</cac:PartyLegalEntity></cac:Party>"
    buyer = '<cac:Party><cbc:EndpointID schemeID="0088">5799990000010</cbc:EndpointID></cac:Party>'
    document = read(ubl(supplier=supplier, buyer=buyer))
    assert document.reason is None
    assert document.lines[0]["check_codes"] == "cvr_modulus gln_check_digit"


def test_quantity_times_price_is_checked_and_never_repairs(ubl, line, read):
    (found,) = read(ubl(line("100.00", quantity="3", price="50.00"))).lines
    assert found["check_codes"] == "quantity_price"
    assert found["document_amount"] == Decimal(100)


def rate_element(source, target, rate, *, extra=""):
    return (
        f"<cac:PricingExchangeRate><cbc:SourceCurrencyCode>{source}</cbc:SourceCurrencyCode>"
        f"<cbc:TargetCurrencyCode>{target}</cbc:TargetCurrencyCode>"
        f"<cbc:CalculationRate>{rate}</cbc:CalculationRate>{extra}</cac:PricingExchangeRate>"
    )


def test_the_documents_own_rate_wins_over_the_table(ubl, read):
    table = (("EUR", ((date(2025, 1, 1), Decimal("7.00")),)),)
    own = read(ubl(currency="EUR", middle=rate_element("EUR", "DKK", "7.46")), rates=table)
    other = read(ubl(currency="EUR", middle=rate_element("EUR", "USD", "1.08")), rates=table)
    assert (own.lines[0]["net_amount"], own.lines[0]["exchange_rate_source"]) == (Decimal("746.00"), "document")
    assert (other.lines[0]["net_amount"], other.lines[0]["exchange_rate_source"]) == (Decimal("700.00"), "table")


def test_without_a_rate_there_are_no_kroner(ubl, read):
    document = read(ubl(currency="EUR"))
    assert document.reason is None
    assert document.lines[0]["net_amount"] is None
    assert document.lines[0]["exchange_rate_source"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"day": ""}, "has no invoice date"),
        ({"number": ""}, "has no document number"),
        ({"currency": "kroner"}, "has no currency"),
        ({"header": ""}, "has no sum of lines in its header"),
        ({"header": "1e2"}, "has an amount that is not a number"),
        ({"header": "99999999999999.00"}, "has an amount that is too large to be one"),
    ],
)
def test_what_a_document_lacks_is_said(ubl, read, change, reason):
    assert read(ubl(**change)).reason == reason


def test_a_document_without_lines_is_held_back_with_its_header(ubl, read):
    content = ubl().replace(b"cac:InvoiceLine>", b"cac:OtherLine>")
    document = read(content)
    assert document.reason == "has no lines"
    assert document.control["header_line_amount"] == Decimal(100)


def test_line_amounts_in_another_currency_are_held_back(ubl, line, read):
    assert "another currency" in read(ubl(line(currency="EUR"))).reason


def test_identity_is_what_is_printed_and_not_the_file(ubl, read):
    assert read(ubl()).lines[0]["line_id"] == read(ubl() + b"\n").lines[0]["line_id"]
    assert read(ubl()).lines[0]["line_id"] != read(ubl(number="F-2")).lines[0]["line_id"]
