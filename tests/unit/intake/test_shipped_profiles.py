"""Each profile that comes with the product reads a small invented file as it says it does."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.intake.profiles import find_profile, profile_names
from procurement_kit.names import TOKEN

OPUS = (
    "Bilagsnummer;Artskonto;Omkostningssted;PSP-element;Debet/kredit;Beløb;Tekst;Bogføringsdato;Bilagsdato;Kreditornr.;"
    "Kreditornavn;Betalingsmodtagernr.;Ydelsesmodtagernr.;Ydelsesperiode fra;Ydelsesperiode til;Påligningsår;Mængde;"
    "Mængdeenhed;Referencenøgle"
)
OPUS_ROW = (
    "5100000001;29000000;4711;XG-0000000204-00001;{mark};1.234,50;Kopipapir;31.01.2025;28.01.2025;113;Ærø Kontor A/S;"
    "010190-1234;020290-1234;01.01.2025;31.01.2025;2025;2,5;ST;F-1"
)
CREDITORS = "Fakturanummer;Kreditorkonto;Kreditornavn;Fakturadato;Bogføringsdato;Forfaldsdato;Voucher;Beløb;Valuta"
POSTINGS = "Voucher;Bogføringsdato;Kontostreng;Bruttobeløb;Ydelsesmodtager;Enhed;Posteringstekst"
INVOICES = "Fakturanr;Fakturadato;Importeret fakturabeløb;Momsbeløb;Afdeling;EAN;Leverandørnavn;CVR;Købers ordrenr"
SWEDISH = (
    "kopare,kopare_id,leverantor,leverantor_id,verifikationsnummer,forvaltning,konto_nr,konto_text,belopp,datum,grund,"
    "avtal,kommun_id"
)


@pytest.fixture
def read(tmp_path, lines_read):
    """Write rows below headings and read them with a profile."""

    def reading(profile, headings, *rows, encoding="utf-8", name="udtræk.csv", currency="DKK"):
        path = tmp_path / name
        path.write_bytes("\r\n".join([headings, *rows, ""]).encode(encoding))
        return lines_read(path, profile, currency=currency)

    return reading


def test_every_profile_says_vat_and_sign_in_its_own_name():
    for name in profile_names():
        profile = find_profile(name)
        assert (profile.name, profile.version) == (name, "1")
        assert profile.vat_basis in ("ex", "incl", "unknown")


@pytest.mark.parametrize("mark", ["D", "K"])
def test_opus_postings(read, mark):
    (line,) = read("kmd_opus_postings", OPUS, OPUS_ROW.format(mark=mark), encoding="cp1252")
    assert line["net_amount"] == Decimal("1234.50") * (1 if mark == "D" else -1)
    assert (line["art_code"], line["main_art_code"], line["account_number"]) == ("29", "2", "29000000")
    assert (line["posting_date"], line["invoice_date"]) == (date(2025, 1, 31), date(2025, 1, 28))
    assert (line["delivery_from_date"], line["delivery_to_date"]) == (date(2025, 1, 1), date(2025, 1, 31))
    assert (line["buyer_unit_number"], line["project_number"]) == ("4711", "XG-0000000204-00001")
    assert (line["accounting_year"], line["quantity"], line["unit_code"]) == (2025, Decimal("2.5"), "ST")
    assert (line["supplier_name"], line["vat_basis"]) == ("Ærø Kontor A/S", "ex")


def test_a_personal_number_in_opus_is_a_token_and_the_citizens_is_not_stored(read):
    import re

    (line,) = read("kmd_opus_postings", OPUS, OPUS_ROW.format(mark="D"))
    assert re.fullmatch(TOKEN, line["payee_number"])
    assert not any("020290" in str(value) or "010190" in str(value) for value in line.values())


def test_opus_without_optional_columns(read):
    (line,) = read("kmd_opus_postings", "Artskonto;Debet/kredit;Beløb;Bogføringsdato", "40000000;D;5,00;01.02.2025")
    assert (line["net_amount"], line["art_code"], line["supplier_name"]) == (Decimal("5.00"), "40", None)


def test_opus_bilagsliste(read):
    headings = "Reg.dato;Bilagsdato;Kreditornr.;Fakturanr./Reference.;Sælgers ordrenr;Købers ordrenr.;Beløb"
    (line,) = read("opus_bilagsliste", headings, "02.02.2025;31.01.2025;113;F-7;S-1;PO-9;1.000,00")
    assert (line["document_number"], line["order_number"], line["vat_basis"]) == ("F-7", "PO-9", "unknown")
    assert (line["invoice_date"], line["posting_date"]) == (date(2025, 1, 31), None)
    assert line["supplier_account_number"] == "113"


def test_opus_bilagsliste_as_a_workbook(tmp_path, lines_read):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Reg.dato", "Bilagsdato", "Kreditornr.", "Reference", "Købers ordrenr.", "Beløb"])
    book.active.append([date(2025, 2, 2), date(2025, 1, 31), "000113", "F-7", "PO-9", 1234.5])
    book.active.append(["02.02.2025", "31.01.2025", "000113", "F-8", "PO-9", "1.234,50-"])
    book.save(tmp_path / "bilagsliste.xlsx")
    first, second = lines_read(tmp_path / "bilagsliste.xlsx", "opus_bilagsliste")
    assert (first["net_amount"], second["net_amount"]) == (Decimal("1234.50"), Decimal("-1234.50"))
    assert first["invoice_date"] == second["invoice_date"] == date(2025, 1, 31)
    assert first["supplier_account_number"] == "000113"


def test_prisme_creditors_book_an_invoice_as_a_negative_amount(read):
    invoice = "F-1;000113;Ærø Kontor A/S;2025-01-31T12:00:00Z;2025-02-03T12:00:00Z;;EFAK-000336028;-2343.68;DKK"
    credit = "K-1;000113;Ærø Kontor A/S;2025-01-31;2025-02-03;;EFAK-000336029;100.00;DKK"
    first, second = read("prisme_creditors", CREDITORS, invoice, credit)
    assert (first["net_amount"], second["net_amount"]) == (Decimal("2343.68"), Decimal("-100.00"))
    assert (first["invoice_date"], first["posting_date"]) == (date(2025, 1, 31), date(2025, 2, 3))
    assert (first["supplier_account_number"], first["voucher_number"]) == ("000113", "EFAK-000336028")
    assert first["vat_basis"] == "incl"


def test_prisme_postings_cut_the_kontostreng_into_columns(read):
    row = "EFAK-1;2025-01-31T12:00:00Z;100401030100-645521999-10110-29-;1.250,00;010190-1234;Skolevangen;Papir"
    odd = "EFAK-2;2025-01-31T12:00:00Z;100401030100;5,00;;Skolevangen;Papir"
    first, second = read("prisme_postings", POSTINGS, row, odd)
    assert (first["buyer_unit_number"], first["function_number"]) == ("100401030100", "64552")
    assert (first["dranst_code"], first["art_code"], first["main_art_code"]) == ("1", "29", "2")
    assert (first["net_amount"], first["vat_basis"]) == (Decimal("1250.00"), "incl")
    assert (second["art_code"], second["buyer_unit_number"], second["net_amount"]) == (None, None, Decimal("5.00"))
    assert not any("010190" in str(value) for value in first.values())


def test_prisme_invoices(read):
    row = "F-1;31-01-2025;1.250,00;250,00;100401;5799990000019;Ærø Kontor A/S;DK99999993;PO-9"
    (line,) = read("prisme_invoices", INVOICES, row)
    assert (line["net_amount"], line["vat_basis"]) == (Decimal("1250.00"), "incl")
    assert (line["supplier_number"], line["buyer_gln_number"], line["order_number"]) == (
        "99999993",
        "5799990000019",
        "PO-9",
    )


def test_the_swedish_specification(read):
    row = "Prövstads kommun,2120009999,Åkeri AB,5566778899,V-1,Skola,5010,Lokalhyra,1234.50,2025-01-31,,,9999"
    hidden = (
        "Prövstads kommun,2120009999,[innehåller personuppgifter],,V-2,Skola,5010,Lokalhyra,-5.00,2025-01-31,,,9999"
    )
    first, second = read("se_leverantorsreskontra", SWEDISH, row, hidden, currency="SEK")
    assert (first["net_amount"], first["document_currency"]) == (Decimal("1234.50"), "SEK")
    assert (first["supplier_number"], first["supplier_country"]) == ("5566778899", "SE")
    assert (first["buyer_name"], first["voucher_number"]) == ("Prövstads kommun", "V-1")
    assert (second["supplier_kind"], second["supplier_name"]) == ("person", "Privatperson")


def test_sap_cji3(read):
    headings = "Bilagsnummer\tPeriode\tBogføringsdato\tVrd./CO-områdevaluta\tCOVal\tOmk.art\tModkontobetegnelse"
    rows = [
        "220000001\t3\t31.03.2025\t1.234,50\tDKK\t29000000\tÆrø Kontor A/S",
        "220000002\t3\t31.03.2025\t1.234,50-\tDKK\t45000000\tÆrø Kontor A/S",
    ]
    first, second = read("sap_cji3", headings, *rows, encoding="cp1252", name="liste.txt")
    assert (first["net_amount"], second["net_amount"]) == (Decimal("1234.50"), Decimal("-1234.50"))
    assert (first["art_code"], second["art_code"]) == ("29", "45")
    assert (first["source_row"], first["supplier_name"]) == (2, "Ærø Kontor A/S")
