"""A ledger row becomes a line as the profile says, or is held back with its row number."""

import gzip
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.intake.profiles import PartRule, Source, find_profile


def test_a_danish_row(ledger, row, lines_read):
    (line,) = lines_read(ledger(row()))
    assert line["net_amount"] == Decimal("1234.50")
    assert line["document_amount"] == Decimal("1234.5000")
    assert line["invoice_date"] == date(2025, 3, 1)
    assert line["posting_date"] == date(2025, 3, 5)
    assert line["supplier_number"] == "99999993"
    assert line["supplier_kind"] == "company"
    assert (line["art_code"], line["main_art_code"]) == ("29", "2")
    assert line["quantity"] == Decimal(2)
    assert line["source_row"] == 2
    assert line["format_name"] == "ledger_dk 1"
    assert (line["document_type"], line["vat_basis"], line["source_kind"]) == ("posting", "ex", "ledger")
    assert line["set_aside_status"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_survive_every_encoding(ledger, row, lines_read, encoding):
    (line,) = lines_read(ledger(row(Leverandør="Ærø Færge & Å"), encoding=encoding))
    assert line["supplier_name"] == "Ærø Færge & Å"


def test_gzip_is_read(ledger, row, lines_read, tmp_path):
    packed = tmp_path / "poster.csv.gz"
    packed.write_bytes(gzip.compress(ledger(row()).read_bytes()))
    assert lines_read(packed)[0]["net_amount"] == Decimal("1234.50")


@pytest.mark.parametrize(
    ("printed", "amount"),
    [("1.234,56-", "-1234.56"), ("(99,00)", "-99.00"), ("kr. 12", "12.00"), ("\u22125,5", "-5.50"), ("0", "0.00")],
)
def test_amounts_as_ledgers_print_them(ledger, row, lines_read, printed, amount):
    assert lines_read(ledger(row(**{"Beløb_ekskl._moms": printed})))[0]["net_amount"] == Decimal(amount)


@pytest.mark.parametrize("printed", ["1234.56", "1,234.56", "1.23", "abc", "=1+1", "010190-1234"])
def test_an_ambiguous_amount_holds_the_row_back_without_quoting_it(ledger, row, lines_read, printed):
    first, second = lines_read(ledger(row(), row(**{"Beløb_ekskl._moms": printed})))
    assert first["set_aside_status"] is None
    assert second["set_aside_status"] == "held_back"
    assert second["set_aside_reason"] == "row 3: the amount cannot be read with decimal mark «,»"
    assert second["document_amount"] is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Beløb_ekskl._moms": ""}, "row 2: there is no amount"),
        ({"Beløb_ekskl._moms": "99999999999999"}, "row 2: the amount is too large to be one"),
        ({"Fakturadato": "", "Bogføringsdato": ""}, "row 2: there is no date"),
        ({"Fakturadato": "31-02-2025"}, "row 2: the invoice date cannot be read"),
        ({"Tekst": "to;celler"}, "row 2: 18 cells, but there are 17 headings"),
    ],
)
def test_why_a_row_is_held_back(ledger, row, lines_read, cells, reason):
    (line,) = lines_read(ledger(row(**cells)))
    assert (line["set_aside_status"], line["set_aside_reason"]) == ("held_back", reason)


def test_blank_rows_are_left_out_but_counted(ledger, row, lines_read):
    lines = lines_read(ledger(row(), "", ";;;", row(Bilagsnummer="B-2")))
    assert [line["source_row"] for line in lines] == [2, 5]


def test_a_missing_invoice_date_is_the_posting_date(ledger, row, lines_read):
    (line,) = lines_read(ledger(row(Fakturadato="")))
    assert line["invoice_date"] == date(2025, 3, 5)
    assert line["check_codes"] == "date_from_posting"


def test_personal_numbers_become_tokens_and_persons_have_no_name(ledger, row, lines_read):
    (line,) = lines_read(ledger(row(CVR="010190-1234", Leverandør="Et Navn", Tekst="til 0101901234")))
    assert line["supplier_kind"] == "person"
    assert line["supplier_name"] == "Privatperson"
    assert line["supplier_number"] is None
    assert line["supplier_account_number"] in line["line_text"]
    assert line["privacy_hit_count"] == 2
    assert "Et Navn" not in str(line)


def test_leading_zeros_are_kept_and_lost_ones_put_back(ledger, row, lines_read):
    kept, lost = lines_read(ledger(row(CVR="01234567", Omkostningssted="0047"), row(CVR="1234567")))
    assert kept["supplier_number"] == lost["supplier_number"] == "01234567"
    assert kept["buyer_unit_number"] == "0047"


def test_where_a_cell_is_empty_the_constant_holds(ledger, row, lines_read):
    assert lines_read(ledger(row(Valuta="")))[0]["document_currency"] == "DKK"


def test_foreign_rows_take_the_dated_rate(ledger, row, lines_read):
    path = ledger(row(Valuta="EUR", **{"Beløb_ekskl._moms": "10,00"}), row(Valuta="USD"))
    euro, dollar = lines_read(path, rates=(("EUR", ((date(2025, 1, 1), Decimal("7.46")),)),))
    assert (euro["net_amount"], euro["exchange_rate_source"]) == (Decimal("74.60"), "table")
    assert dollar["net_amount"] is None


def test_four_decimals_are_rounded_within_the_document(ledger, row, lines_read):
    lines = lines_read(ledger(*[row(**{"Beløb_ekskl._moms": "0,3333"}) for _ in range(3)]))
    assert sum(line["net_amount"] for line in lines) == Decimal("1.00")


def test_equal_rows_differ_in_identity_and_a_label_does_not(ledger, row, lines_read):
    lines = lines_read(ledger(row(), row(), row(Tekst="andet")))
    assert len({line["line_id"] for line in lines}) == 3
    assert len({line["document_id"] for line in lines}) == 1


def test_identity_does_not_depend_on_file_or_order(ledger, row, lines_read):
    one = lines_read(ledger(row(), row(Tekst="b"), name="a.csv"))
    two = lines_read(ledger(row(Tekst="b"), row(), name="b.csv"))
    assert {line["line_id"] for line in one} == {line["line_id"] for line in two}


def test_negative_can_be_spend_and_a_mark_can_turn_the_sign(ledger, row, lines_read):
    profile = find_profile("ledger_dk")
    turned = replace(profile, sign="negative_is_spend")
    marked = replace(profile, credit=(Source(("Måleenhed",)), frozenset({"k"})))
    assert lines_read(ledger(row()), turned)[0]["net_amount"] == Decimal("-1234.50")
    assert lines_read(ledger(row(Måleenhed="K")), marked)[0]["net_amount"] == Decimal("-1234.50")


@pytest.mark.parametrize("rule", [PartRule(("Konto",)), PartRule(("Konto",), pattern=r"^(\d\d)")])
def test_the_art_can_be_cut_out_of_a_longer_number(ledger, row, lines_read, rule):
    profile = find_profile("ledger_dk")
    without = {name: source for name, source in profile.columns.items() if name != "art_code"}
    (line,) = lines_read(ledger(row(Konto="40000000")), replace(profile, parts={"art_code": rule}, columns=without))
    assert line["art_code"] == "40"


def test_headings_that_are_missing_are_all_named_with_the_nearest(ledger, row, lines_read):
    headings = "Bilagsnr.;Leverandor;Beloeb"
    with pytest.raises(TableError, match="Did you mean «Leverandor»") as error:
        lines_read(ledger("1;2;3", headings=headings))
    assert len(error.value.problems) >= 3


def test_a_repeated_heading_is_named_by_its_number(tmp_path, lines_read):
    profile = find_profile("council_spend")
    path = tmp_path / "q.csv"
    headings = (
        "Payment Date,Transaction No,Supplier Name,Company Registration,Directorate,Amount,Procurement Classification"
    )
    row = "2018-10-25,1,X Ltd,2206442,ADULTS,696.60,Transport,Vehicle Hire"
    path.write_text(f"{headings.replace('Amount', 'Net Amount')},Procurement Classification\n{row}\n", encoding="utf-8")
    (line,) = lines_read(path, profile, currency="GBP")
    assert (line["labelled_category_1"], line["labelled_category_2"]) == ("Transport", "Vehicle Hire")
    assert line["supplier_number"] == "02206442"


def test_headings_can_be_joined_and_empty_ones_leave_no_trace(ledger, row, lines_read):
    profile = find_profile("ledger_dk")
    joined = {**profile.columns, "line_text": Source(("Tekst", "Kontotekst", "Enhed"), is_joined=True)}
    path = ledger(row(), row(Kontotekst=""), row(Tekst="", Kontotekst="", Enhed=""))
    texts = [line["line_text"] for line in lines_read(path, replace(profile, columns=joined))]
    assert texts == ["Kopipapir; Kontorhold; Skolevangen", "Kopipapir; Skolevangen", None]


@pytest.mark.parametrize("value", ["To be classified", "SUB CATEGORY TO BE CLASSIFIED", "n/a", ""])
def test_what_says_not_categorised_is_empty(value):
    profile = find_profile("council_spend")
    assert profile.is_missing("labelled_category_2", value) or not value


@pytest.mark.parametrize("ending", ["xls", "xlsb", "ods"])
def test_a_workbook_of_another_kind_is_refused_with_a_way_out(tmp_path, lines_read, ending):
    path = tmp_path / f"poster.{ending}"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(FileFormatError, match="CSV UTF-8"):
        lines_read(path)


def test_a_file_that_is_not_there(tmp_path, lines_read):
    with pytest.raises(InputNotFoundError):
        lines_read(tmp_path / "none.csv")


@pytest.mark.parametrize("start", ["sep=;\r\n", ""])
def test_excels_separator_line_is_understood(ledger, row, lines_read, start):
    path = ledger(row())
    path.write_text(start + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert lines_read(path)[0]["source_row"] == (3 if start else 2)


# --- what a row says of itself ---------------------------------------------------------------------------------------


def with_columns(**columns):
    """The Danish profile with further columns."""
    profile = find_profile("ledger_dk")
    return replace(profile, columns={**profile.columns, **{name: Source((h,)) for name, h in columns.items()}})


@pytest.mark.parametrize(
    ("printed", "year", "codes"),
    [("2025", 2025, None), ("", None, None), ("2025,00", None, "accounting_year_unreadable")]
    + [("25", None, "accounting_year_unreadable"), ("9999", None, "accounting_year_unreadable")],
)
def test_the_accounting_year_is_a_year_or_a_check_code(ledger, row, lines_read, printed, year, codes):
    (line,) = lines_read(ledger(row(Måleenhed=printed)), with_columns(accounting_year="Måleenhed"))
    assert (line["accounting_year"], line["check_codes"]) == (year, codes)


@pytest.mark.parametrize(
    ("printed", "rate", "codes"),
    [
        ("25", Decimal(25), None),
        ("25,00", Decimal(25), None),
        ("25,00004", Decimal(25), "vat_rate_rounded"),
        ("250000", None, "vat_rate_unreadable"),
        ("moms", None, "vat_rate_unreadable"),
    ],
)
def test_a_number_that_does_not_fit_its_column_is_a_check_code(ledger, row, lines_read, printed, rate, codes):
    (line,) = lines_read(ledger(row(Antal=printed)), with_columns(vat_rate="Antal", quantity="Enhed"))
    assert line["vat_rate"] == rate
    assert [code for code in (line["check_codes"] or "").split() if "vat" in code] == ([codes] if codes else [])


def test_a_number_that_lost_its_zero_is_put_right_and_flagged(ledger, row, lines_read):
    kept, lost = lines_read(ledger(row(CVR="01234567"), row(CVR="1234567")))
    assert "zero_padded" not in (kept["check_codes"] or "")
    assert "zero_padded" in lost["check_codes"].split()


def test_check_codes_stand_in_order(ledger, row, lines_read):
    (line,) = lines_read(ledger(row(CVR="1234567", Fakturadato="", Antal="to")))
    assert line["check_codes"] == "cvr_modulus date_from_posting quantity_unreadable zero_padded"


AMOUNT = "Beløb_ekskl._moms"
NOBODY = {"CVR": "", "Leverandør": "", "Fakturanummer": "", "Fakturadato": "", "Bogføringsdato": ""}


@pytest.mark.parametrize("words", ["I alt", "TOTAL", "Sum", "Grand total"])
def test_a_total_of_the_rows_above_does_not_count(ledger, row, lines_read, words):
    total = row(**{**NOBODY, "Bilagsnummer": words, AMOUNT: "3,00"})
    lines = lines_read(ledger(row(**{AMOUNT: "1,00"}), row(**{AMOUNT: "2,00"}), total))
    assert lines[2]["set_aside_reason"] == "row 4: looks like a total of the rows above"
    assert [line["set_aside_status"] for line in lines[:2]] == [None, None]


def test_subtotals_and_the_total_of_all_are_told(ledger, row, lines_read):
    def total(amount):
        return row(**{**NOBODY, "Tekst": "Subtotal", AMOUNT: amount})

    rows = [
        row(**{AMOUNT: "1,00"}),
        total("1,00"),
        row(**{AMOUNT: "2,00"}),
        total("2,00"),
        total("3,00"),
        total("9,00"),
    ]
    reasons = [line["set_aside_reason"] for line in lines_read(ledger(*rows))]
    assert [bool(reason and "total" in reason) for reason in reasons] == [False, True, False, True, True, False]
    assert reasons[5] == "row 7: there is no date"


def test_a_supplier_named_total_is_a_supplier(ledger, row, lines_read):
    lines = lines_read(ledger(row(**{AMOUNT: "5,00"}), row(Leverandør="Total A/S", **{AMOUNT: "5,00"})))
    assert [line["set_aside_status"] for line in lines] == [None, None]


@pytest.mark.parametrize(
    ("amount", "currency", "is_held_back"),
    [("£ 5,00", "DKK", True), ("5,00 EUR", "DKK", True), ("kr. 5,00", "DKK", False), ("€5,00", "EUR", False)]
    + [("5,00 SEK", "DKK", True), ("kr 5,00", "SEK", False), ("kr. 5,00", "EUR", True), ("£ 5,00", "", True)],
)
def test_a_mark_of_another_currency_holds_the_row_back(ledger, row, lines_read, amount, currency, is_held_back):
    (line,) = lines_read(ledger(row(Valuta=currency, **{AMOUNT: amount})))
    reason = "row 2: the amount carries the mark of another currency than the row"
    assert line["set_aside_reason"] == (reason if is_held_back else None)
    assert line["document_amount"] == 5


def test_every_part_goes_through_one_cut(ledger, row, lines_read):
    profile = find_profile("ledger_dk")
    rules = {"art_code": r"-(\d\d)-$", "function_number": r"^\d+-(\d+)-", "buyer_unit_number": r"^(\d+)-"}
    parts = {name: PartRule(("Konto",), pattern=pattern) for name, pattern in rules.items()}
    columns = {name: source for name, source in profile.columns.items() if name not in parts}
    (line,) = lines_read(ledger(row(Konto="1004-645521999-10110-29-")), replace(profile, parts=parts, columns=columns))
    assert (line["buyer_unit_number"], line["function_number"], line["art_code"]) == ("1004", "645521999", "29")


def test_a_column_of_persons_gives_up_every_number_in_it(tmp_path, lines_read):
    profile = find_profile("ledger_dk")
    columns = {**profile.columns, "supplier_account_number": Source(("Ydelsesmodtagernr.",))}
    path = tmp_path / "y.csv"
    path.write_text(
        "Bilagsnummer;Fakturadato;CVR;Leverandør;Konto;Beløb ekskl. moms;Ydelsesmodtagernr.\n"
        "1;01-03-2025;;Et Navn;29;1,00;101901234\n",
        encoding="utf-8",
    )
    (line,) = lines_read(path, replace(profile, columns=columns))
    assert line["supplier_account_number"].startswith("CPR-")
    assert (line["supplier_kind"], line["supplier_name"]) == ("person", "Privatperson")


def test_a_foster_family_without_number_has_no_name(ledger, row, lines_read):
    family, firm = lines_read(ledger(row(CVR="", Leverandør="Plejefamilie Et Navn"), row(Leverandør="Plejefamilie X")))
    assert (family["supplier_kind"], family["supplier_name"]) == ("person", "Privatperson")
    assert (firm["supplier_kind"], firm["supplier_name"]) == ("company", "Plejefamilie X")


def test_a_foreign_document_is_shared_out_and_an_unknown_rate_is_empty(ledger, row, lines_read):
    rates = (("EUR", ((date(2025, 1, 1), Decimal("7.463")),)),)
    path = ledger(*[row(Valuta="EUR", **{AMOUNT: "1,01"})] * 3, row(Valuta="USD"), row())
    lines = lines_read(path, rates=rates)
    assert sum(line["net_amount"] for line in lines[:3]) == Decimal("22.61")  # 3 × 1.01 × 7.463 = 22.612890
    assert lines[3]["net_amount"] is None
    assert lines[4]["net_amount"] == Decimal("1234.50")


def test_amounts_and_identities_do_not_depend_on_how_rows_are_batched(ledger, row, lines_read, monkeypatch):
    path = ledger(*[row(Bilagsnummer=f"B-{n % 7}", **{AMOUNT: f"{n % 3},00"}) for n in range(100)])
    whole = lines_read(path)
    monkeypatch.setattr("procurement_kit.intake.ledgers.ROWS_AT_ONCE", 7)
    assert lines_read(path) == whole
    assert len({line["line_id"] for line in whole}) == 100
