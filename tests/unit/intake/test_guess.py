"""An export nobody has described: what is seen, what is proposed, and what is asked."""

from dataclasses import replace
from decimal import Decimal

import pytest

from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, TableError
from procurement_kit.intake.guess import guess_profile, guess_sentences, profile_text, write_profile
from procurement_kit.intake.guess_cells import best_heading_row, look
from procurement_kit.intake.guess_columns import KNOWN_HEADINGS, known_headings, letters_of, propose
from procurement_kit.intake.guess_new import printed_heading
from procurement_kit.intake.guess_values import (
    count_marks,
    credit_turns,
    date_formats_of,
    sign_of,
    vat_basis_of,
)
from procurement_kit.intake.profiles import MAPPABLE, Source, read_profile

HEADINGS = "Fakturadato;Leverandør;CVR-nr.;Tekst;Beløb"
FULL = {"vat_basis": "ex", "currency": "DKK"}


def danish_rows(*amounts, **changed):
    """Rows of an ordinary export, one per amount."""
    cells = {"day": "31-01-2025", "name": "Ærø Kontor A/S", "cvr": "99999993", "text": "Papir"} | changed
    return [";".join([cells["day"], cells["name"], cells["cvr"], cells["text"], amount]) for amount in amounts]


@pytest.fixture
def export(tmp_path):
    """Write an export from lines."""

    def write(*lines, name="udtræk.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook from sheets of rows."""

    def write(**sheets):
        from openpyxl import Workbook

        book = Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "udtræk.xlsx"
        book.save(path)
        return path

    return write


def keys(guess):
    return [question.key for question in guess.questions]


def places(guess):
    return {mapped.column: mapped.heading for mapped in guess.mapping}


# --- encodings and layout -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("titles", [(), ("Udtræk fra økonomisystemet", "", "Periode: januar 2025;;;;")])
def test_encoding_and_title_rows(export, encoding, titles):
    path = export(*titles, HEADINGS, *danish_rows("1.234,50", "99,00"), encoding=encoding)
    guess = guess_profile(path, answers=FULL)
    assert guess.is_complete
    assert guess.profile.header_row == len(titles) + 1
    assert guess.sample[0]["supplier_name"] == "Ærø Kontor A/S"
    assert guess.sample[0]["document_amount"] == "1.234,50"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiters(export, delimiter):
    rows = [line.replace(";", delimiter) for line in (HEADINGS, *danish_rows("1234", "99"))]
    guess = guess_profile(export(*rows), answers=FULL)
    assert (guess.profile.delimiter, guess.is_complete) == (delimiter, True)


def test_a_file_from_an_old_mainframe_is_read_as_a_person_chooses(export):
    path = export(HEADINGS, *danish_rows("1.234,50", name="Bager på hjørnet, æblekage"), encoding="cp865")
    guess = guess_profile(path, answers=FULL)
    assert any("cp865" in note for note in guess.notes)
    chosen = guess_profile(path, answers=FULL | {"encoding": "cp865"})
    assert chosen.sample[0]["supplier_name"] == "Bager på hjørnet, æblekage"
    assert chosen.profile.encoding == "cp865"
    with pytest.raises(ParameterError, match="not an encoding"):
        guess_profile(path, answers={"encoding": "klingon"})


def test_text_that_was_broken_before_it_came_is_pointed_out(export):
    broken = "Ærø Færge".encode().decode("cp1252", "replace")
    guess = guess_profile(export(HEADINGS, *danish_rows("1,50", name=broken)), answers=FULL)
    assert any("look broken" in note for note in guess.notes)


def test_a_sep_line_is_passed_over(export):
    guess = guess_profile(export("sep=;", HEADINGS, *danish_rows("1,50")), answers=FULL)
    assert guess.profile.header_row == 1
    assert guess.sample[0]["document_amount"] == "1,50"


def test_the_row_of_headings():
    rows = [["Rapport"], [], ["Fakturadato", "Leverandør", "Beløb"], ["31-01-2025", "Bager", "1,50"]]
    assert best_heading_row(rows)[1] == 3
    assert best_heading_row([["1", "2"], ["3", "4"]])[0] <= 0


@pytest.mark.parametrize("content", [b"", b"   \n", b"\x1f\x8b\x00broken", b"1;2\n3;4\n"])
def test_what_holds_no_headings_is_refused(tmp_path, content):
    path = tmp_path / ("tom.csv.gz" if content.startswith(b"\x1f") else "tom.csv")
    path.write_bytes(content)
    with pytest.raises(FileFormatError):
        guess_profile(path)


def test_headings_without_rows_and_no_file(export, tmp_path):
    with pytest.raises(FileFormatError, match="no rows below"):
        guess_profile(export(HEADINGS))
    with pytest.raises(InputNotFoundError):
        guess_profile(tmp_path / "ingen.csv")


# --- a profile there is ---------------------------------------------------------------------------------------------


def test_a_shipped_profile_that_fits_is_named(ledger, row):
    guess = guess_profile(ledger(row(), row(Beløb_ekskl__moms="12,00")))
    assert (guess.known_profile, guess.is_complete, guess.questions) == ("ledger_dk", True, ())
    assert "Profile «ledger_dk» reads it as it is." in guess_sentences(guess)


def test_the_municipalitys_own_profile_is_found(export, municipality):
    path = export(HEADINGS, *danish_rows("1,50"))
    write_profile(municipality, guess_profile(path, municipality, answers={"vat_basis": "ex"}), "eget")
    assert guess_profile(path, municipality).known_profile == "eget"


def test_prisme_from_excel_becomes_a_changed_copy(export):
    headings = "Fakturanummer;Kreditorkonto;Kreditornavn;Fakturadato;Bogføringsdato;Voucher;Beløb;Valuta"
    rows = [f"F-{n};000113;Ærø Kontor;31-01-2025;31-01-2025;EFAK-{n};-1.234,50;DKK" for n in range(5)]
    guess = guess_profile(export(headings, *rows))
    assert (guess.known_profile, guess.based_on, guess.is_complete) == ("", "prisme_creditors", True)
    assert (guess.profile.decimal_mark, guess.profile.sign) == (",", "negative_is_spend")
    assert guess.sample[0]["document_amount"] == "1.234,50"


def test_a_profile_whose_sign_the_amounts_belie_asks(export):
    headings = "Fakturanummer;Kreditorkonto;Kreditornavn;Fakturadato;Bogføringsdato;Voucher;Beløb;Valuta"
    rows = [f"F-{n};000113;Ærø Kontor;2025-01-31;2025-01-31;EFAK-{n};1234.50;DKK" for n in range(5)]
    guess = guess_profile(export(headings, *rows))
    assert (guess.known_profile, keys(guess)) == ("", ["sign"])
    answered = guess_profile(export(headings, *rows), answers={"sign": "positive_is_spend"})
    assert answered.profile.sign == "positive_is_spend"


def test_a_profile_that_does_not_know_vat_asks(export):
    headings = "Reg.dato;Bilagsdato;Kreditornr.;Fakturanr./Reference.;Købers ordrenr.;Beløb"
    rows = [f"02.02.2025;31.01.2025;113;F-{n};PO-9;1.000,00" for n in range(4)]
    guess = guess_profile(export(headings, *rows))
    assert (guess.based_on, keys(guess)) == ("opus_bilagsliste", ["vat_basis"])
    assert guess_profile(export(headings, *rows), answers={"vat_basis": "incl"}).profile.vat_basis == "incl"


def test_other_dates_than_the_profile_says_are_added(export):
    headings = "Voucher;Bogføringsdato;Kontostreng;Bruttobeløb;Posteringstekst"
    rows = ["V-1;20250131;100401030100-645521999-10110-29-;1.250,00;Papir"] * 3
    guess = guess_profile(export(headings, *rows))
    assert guess.based_on == "prisme_postings"
    assert guess.profile.date_formats[-1] == "yyyymmdd"
    assert (guess.sample[0]["posting_date"], guess.sample[0]["art_code"]) == ("31-01-2025", "29")


def test_a_list_from_sap(export):
    headings = "Bilagsnummer\tPeriode\tBogføringsdato\tVrd./CO-områdevaluta\tCOVal\tModkontobetegnelse"
    rows = [f"22000000{n}\t3\t31.03.2025\t1.234,50\tDKK\tÆrø Kontor A/S" for n in range(5)]
    guess = guess_profile(export("Side 1", headings, *rows, name="liste.txt", encoding="cp1252"))
    assert guess.known_profile == "sap_cji3"
    assert guess.sample[0]["supplier_name"] == "Ærø Kontor A/S"
    with pytest.raises(TableError, match="COVal"):
        guess_profile(export("BoL\tPeriode\tBogføringsdato", "220000001\t3\t31.03.2025", name="liste.txt"))


def test_a_table_between_tabs_with_a_period_is_a_table(export):
    path = export("Periode\tFakturadato\tLeverandør\tBeløb", "3\t31-03-2025\tBager\t1,50", name="poster.txt")
    guess = guess_profile(path, answers=FULL)
    assert (guess.profile.kind, guess.profile.delimiter) == ("csv", "\t")


# --- a new profile --------------------------------------------------------------------------------------------------


def test_a_new_profile_maps_known_headings(export):
    headings = "Fakturadatum;Leverantör;Organisationsnummer;Ydelsesmodtager;Belopp exkl. moms;Valuta;Noget andet"
    rows = ["2025-01-31;Åkeri AB;5566778899;010190-1234;1 234,50;SEK;x"] * 3
    guess = guess_profile(export(headings, *rows))
    assert (guess.known_profile, guess.based_on, guess.is_complete) == ("", "", True)
    assert places(guess) == {
        "invoice_date": "Fakturadatum",
        "supplier_name": "Leverantör",
        "supplier_number": "Organisationsnummer",
        "document_amount": "Belopp exkl. moms",
        "document_currency": "Valuta",
    }
    assert guess.not_stored == ("Ydelsesmodtager", "Noget andet")
    assert (guess.profile.vat_basis, guess.profile.decimal_mark, guess.profile.sign) == ("ex", ",", "positive_is_spend")


def test_a_new_profile_reads_the_file(export, lines_read, tmp_path):
    path = export("Udtræk", HEADINGS, *danish_rows("1.234,50", "-99,00", *["1,00"] * 4))
    written = tmp_path / "nyt.toml"
    written.write_text(profile_text(guess_profile(path, answers=FULL), "nyt"), encoding="utf-8")
    lines = lines_read(path, str(written))
    assert [line["net_amount"] for line in lines[:2]] == [Decimal("1234.50"), Decimal("-99.00")]
    assert lines[0]["format_name"] == "nyt 1"


def test_no_amounts_dates_or_suppliers_are_named_at_once(export):
    with pytest.raises(TableError) as error:
        guess_profile(export("Konto;Tekst;Enhed", "29100;Papir;Skolevangen"))
    text = " ".join(error.value.problems)
    assert all(word in text for word in ("amounts", "dates", "suppliers"))
    with pytest.raises(TableError) as error:
        guess_profile(export("Fakturadato;Leverandør;Beløb", "31-01-2025;Bager;ukendt"))
    assert any("no column of amounts" in problem for problem in error.value.problems)
    assert any("«Beløb» does not hold amounts" in problem for problem in error.value.problems)


def test_two_amount_columns_are_asked_about_before_anything_else(export):
    headings = "Fakturadato;Leverandør;Beløb ekskl. moms;Beløb inkl. moms"
    path = export(headings, "31-01-2025;Bager;100,00;125,00")
    (question, _) = guess_profile(path).questions
    assert keys(guess_profile(path)) == ["amount", "currency"]  # decimals, sign and VAT depend on which it is
    assert (question.key, question.choices) == ("amount", ("Beløb ekskl. moms", "Beløb inkl. moms"))
    without = guess_profile(path, answers={"amount": "beløb EKSKL. moms", "currency": "DKK"})
    assert (without.profile.vat_basis, without.is_complete) == ("ex", True)
    with_vat = guess_profile(path, answers={"amount": "Beløb inkl. moms", "currency": "DKK"})
    assert with_vat.profile.vat_basis == "incl"
    assert with_vat.profile.columns["document_amount"] == Source(("Beløb inkl. moms",))


def test_the_second_of_two_headings_of_one_name(export):
    path = export("Dato;Leverandør;Beløb;Beløb", "31-01-2025;Bager;100,00;125,00")
    guess = guess_profile(path, answers=FULL | {"amount": "Beløb#2"})
    assert guess.sample[0]["document_amount"] == "125,00"
    assert printed_heading(["A#", "a"], 0) == "A##1"


@pytest.mark.parametrize("amounts", [["1.234", "5.678"], ["1.23", "9.5"], ["1,234", "2,345"]])
def test_an_ambiguous_amount_column_is_asked_about_once(export, amounts):
    path = export(HEADINGS, *danish_rows(*amounts))
    guess = guess_profile(path, answers=FULL)
    assert keys(guess) == ["decimal_mark"]
    assert guess.questions[0].column == "Beløb"
    assert guess.sample[0]["document_amount"].startswith("? ")
    with pytest.raises(ParameterError, match="questions are open"):
        profile_text(guess, "nyt")
    for mark in (",", "."):
        assert guess_profile(path, answers=FULL | {"decimal_mark": mark}).profile.decimal_mark == mark


def test_one_cell_that_can_mean_one_thing_decides(export):
    decided = guess_profile(export(HEADINGS, *danish_rows("1.234", "5.678", "1.234,50")), answers=FULL)
    assert (decided.profile.decimal_mark, decided.is_complete) == (",", True)
    both = guess_profile(export(HEADINGS, *danish_rows("1234.56", "1.234,50")), answers=FULL)
    assert keys(both) == ["decimal_mark"]
    chosen = guess_profile(export(HEADINGS, *danish_rows("1234.56", "1.234,50")), answers=FULL | {"decimal_mark": ","})
    assert any("1 of the first 2 amounts cannot be read" in note for note in chosen.notes)


def test_vat_and_currency_are_asked_where_nothing_says(export, municipality):
    path = export(HEADINGS, *danish_rows("1,50"))
    assert sorted(keys(guess_profile(path))) == ["currency", "vat_basis"]
    own = guess_profile(path, municipality)
    assert keys(own) == ["vat_basis"]
    assert any("taken to be in DKK" in note for note in own.notes)
    assert guess_profile(path, answers=FULL | {"currency": "chf"}).profile.constants == {"document_currency": "CHF"}


def test_a_mixed_sign_is_asked_about(export):
    guess = guess_profile(export(HEADINGS, *danish_rows("1,50", "-1,50")), answers=FULL)
    assert keys(guess) == ["sign"]
    negative = guess_profile(export(HEADINGS, *danish_rows(*["-1,50"] * 9, "1,50")), answers=FULL)
    assert (negative.profile.sign, negative.sample[0]["document_amount"]) == ("negative_is_spend", "1,50")


def test_credit_notes_with_the_sign_of_invoices_are_asked_about(export):
    rows = [*danish_rows(*["1,50"] * 9), *danish_rows(*["1,50"] * 3, text="Kreditnota")]
    assert keys(guess_profile(export(HEADINGS, *rows), answers=FULL)) == ["sign"]


@pytest.mark.parametrize(
    ("amounts", "expected", "asked"),
    [
        (["1,50", "1,50", "1,50", "1,50", "9,00"], {"k"}, []),
        (["1,50", "1,50", "1,50", "1,50", "-9,00"], None, []),
        (["-1,50", "1,50", "1,50", "-1,50", "9,00"], None, ["credit_mark"]),
    ],
)
def test_a_debit_credit_column(export, amounts, expected, asked):
    marks = ["D", "D", "D", "D", "K"]
    headings = "Bogføringsdato;Leverandør;Beløb;D/K"
    rows = [f"31-01-2025;Bager;{amount};{mark}" for amount, mark in zip(amounts, marks, strict=True)]
    guess = guess_profile(export(headings, *rows), answers=FULL | {"sign": "positive_is_spend"})
    assert keys(guess) == asked
    assert (guess.profile.credit and guess.profile.credit[1]) == (expected and frozenset(expected))
    if expected:
        assert guess.sample[-1]["document_amount"] == "-9,00"


def test_unmistakable_content_under_unknown_headings(export):
    headings = "Dag;Hvem;Modtagersted;Firma;Sum i alt"
    rows = ["2025-01-31;99999993;5799990000019;Ærø Kontor;1.234,50", "2025-02-01;99999993;5799990000019;Bager;2,50"]
    guess = guess_profile(export(headings, *rows), answers=FULL)
    assert places(guess) == {
        "supplier_number": "Hvem",
        "buyer_gln_number": "Modtagersted",
        "invoice_date": "Dag",
        "document_amount": "Sum i alt",
    }
    assert guess.profile.optional == ("supplier_name",)


def test_two_unknown_dates_are_asked_about(export):
    path = export("Dag;Anden dag;Leverandør;Beløb", "31-01-2025;01-02-2025;Bager;1,50")
    assert keys(guess_profile(path, answers=FULL)) == ["date"]
    assert places(guess_profile(path, answers=FULL | {"date": "Anden dag"}))["invoice_date"] == "Anden dag"


def test_a_supplier_that_is_a_number_throughout_is_an_account(export):
    guess = guess_profile(export("Dato;Leverandør;Beløb", "31-01-2025;000113;1,50"), answers=FULL)
    assert places(guess)["supplier_account_number"] == "Leverandør"


@pytest.mark.parametrize(
    ("heading", "cell", "column"),
    [
        ("Afdeling", "Skole & Dagtilbud", "buyer_unit_name"),
        ("Afdeling", "HR", "buyer_unit_name"),
        ("Afdeling", "A12", "buyer_unit_number"),
        ("Afdeling", "4100", "buyer_unit_number"),
        ("Enhed", "4100", "buyer_unit_number"),
        ("Konto", "Kontorartikler", "account_name"),
        ("Konto", "4100 Kontorartikler", "account_number"),
        ("Kreditornr.", "BYGMA", "supplier_account_number"),
    ],
)
def test_a_number_of_letters_alone_is_the_name_and_the_other_way_round(export, heading, cell, column):
    found = guess_profile(export(f"Dato;Leverandør;{heading};Beløb", f"31-01-2025;Bager;{cell};1,50"), answers=FULL)
    assert places(found)[column] == heading


def test_leading_zeros_that_were_lost_are_put_back(export):
    rows = [*danish_rows(*["1,50"] * 3), *danish_rows("1,50", cvr="1234567")]
    assert guess_profile(export(HEADINGS, *rows), answers=FULL).profile.pad == {"supplier_number": 8}


def test_the_art_is_cut_out_of_an_account(export):
    path = export("Bogføringsdato;Leverandør;Artskonto;Beløb ekskl. moms", "31.01.2025;Bager;29000000;1,50")
    guess = guess_profile(path, answers=FULL)
    assert guess.sample[0]["art_code"] == "29"
    assert guess.profile.date_formats == ("dd.mm.yyyy",)


def test_fillers_that_occur_count_as_empty(export):
    guess = guess_profile(export(HEADINGS, *danish_rows(*["1,50"] * 3), *danish_rows("N/A")), answers=FULL)
    assert guess.profile.missing == {"all": frozenset(["n/a"])}
    assert [row["document_amount"] for row in guess.sample] == ["1,50", "1,50", "1,50", ""]


def test_personal_numbers_are_blanked_in_everything_shown(export):
    headings = "Fakturadato;Leverandør;Beløb;Ydelse til 010190-1234"
    rows = ["31-01-2025;Hansen 020290-1234;1,50;030390-1234", "31-01-2025;Bager;2,50;x"]
    guess = guess_profile(export(headings, *rows, name="fil 040490-1234.csv"), answers=FULL)
    shown = " ".join(guess_sentences(guess)) + repr(guess.sample) + profile_text(guess, "nyt")
    assert not any(number in shown for number in ("010190", "020290", "030390", "040490"))


# --- workbooks ------------------------------------------------------------------------------------------------------


def test_a_workbook_with_titles_on_its_second_sheet(workbook):
    from datetime import date

    rows = [["Udtræk"], [], ["Fakturadato", "Leverandør", "CVR-nr.", "Beløb"]]
    rows += [[date(2025, 1, 31), "Ærø Kontor", "99999993", 1234.5], [date(2025, 2, 1), "Bager", "99999993", 1.234]]
    guess = guess_profile(workbook(Forside=[["Læs mig"], ["Kontakt"]], Poster=rows), answers=FULL)
    assert (guess.profile.sheet, guess.profile.header_row, guess.is_complete) == (2, 3, True)
    assert [row["document_amount"] for row in guess.sample] == ["1.234,50", "1,234"]
    assert guess.sample[0]["invoice_date"] == "31-01-2025"


def test_amounts_saved_as_text_in_a_workbook_are_asked_about(workbook):
    rows = [["Fakturadato", "Leverandør", "Beløb"], ["31-01-2025", "Bager", "1.234"], ["31-01-2025", "Bager", "2.345"]]
    assert keys(guess_profile(workbook(Poster=rows), answers=FULL)) == ["decimal_mark"]


# --- answers, words, writing ----------------------------------------------------------------------------------------


def test_answers_must_be_to_a_question_and_among_the_choices(export):
    path = export(HEADINGS, *danish_rows("1,50"))
    with pytest.raises(ParameterError) as error:
        guess_profile(path, answers={"vat_base": "ex"})
    assert "Did you mean «vat_basis»" in error.value.problems[0]
    with pytest.raises(ParameterError, match="is no answer to vat_basis"):
        guess_profile(path, answers={"vat_basis": "yes"})


def test_an_answer_given_unasked_wins(export):
    path = export("Fakturadato;Leverandør;Beløb ekskl. moms", "31-01-2025;Bager;1,50")
    guess = guess_profile(path, answers={"vat_basis": "incl", "sign": "negative_is_spend", "currency": "DKK"})
    assert (guess.profile.vat_basis, guess.profile.sign) == ("incl", "negative_is_spend")


def test_the_sentences_say_what_matters(export):
    path = export(HEADINGS, *danish_rows("1.234,50"), encoding="cp1252")
    text = "\n".join(guess_sentences(guess_profile(path)))
    for words in ("Windows-1252", "semicolon", "row 1", "Beløb", "document_amount", "A positive amount is spend"):
        assert words in text
    assert "--answer vat_basis=…" in text
    assert "uden moms" in text
    assert "Amounts are without VAT" not in text
    answered = "\n".join(guess_sentences(guess_profile(path, answers=FULL)))
    assert "Amounts are without VAT" in answered
    assert "--save-as" in answered


def test_the_sample_holds_ten_rows_and_prefers_danish_letters(export):
    rows = [*danish_rows(*["1,50"] * 30, name="Bager"), *danish_rows("2,50", name="Ærø")]
    sample = guess_profile(export(HEADINGS, *rows), answers=FULL).sample
    assert len(sample) == 10
    assert sample[-1]["supplier_name"] == "Ærø"


def test_a_profile_is_written_once(export, municipality):
    guess = guess_profile(export(HEADINGS, *danish_rows("1,50")), municipality, answers={"vat_basis": "ex"})
    path = write_profile(municipality, guess, "opus_2025")
    assert path == municipality.folder / "profiles" / "opus_2025.toml"
    assert read_profile(path) == replace(guess.profile, name="opus_2025")
    for name in ("opus_2025", "ledger_dk"):
        with pytest.raises(ParameterError, match="already"):
            write_profile(municipality, guess, name)
    for name in ("../ud", "Stor", "", "a/b"):
        with pytest.raises(ParameterError, match="name of a profile"):
            write_profile(municipality, guess, name)


def test_an_incomplete_guess_is_not_written(export, municipality):
    guess = guess_profile(export(HEADINGS, *danish_rows("1,50")), municipality)
    with pytest.raises(ParameterError, match="questions are open"):
        write_profile(municipality, guess, "nyt")
    assert not (municipality.folder / "profiles" / "nyt.toml").exists()


# --- the parts ------------------------------------------------------------------------------------------------------


def test_the_list_of_headings_names_our_columns_and_no_heading_twice():
    rows = KNOWN_HEADINGS.read_text(encoding="utf-8").splitlines()[1:]
    assert len(known_headings()) == len({letters_of(row.split(";")[0]) for row in rows})
    for row in rows:
        assert row.split(";")[1] in {*MAPPABLE, "credit_mark", "not_stored"}, row


@pytest.mark.parametrize(
    ("cells", "decided"),
    [
        (["1.234,50"], ","),
        (["12,5"], ","),
        (["1234.5"], "."),
        (["0.50"], "."),
        (["1,234.50"], "."),
        (["1.23"], ""),
        (["1.234"], ""),
        (["5", "-7"], ","),
        ([""], ","),
        (["1.234,50", "1234.56"], ""),
    ],
)
def test_decimal_marks(cells, decided):
    assert count_marks(cells).decided == decided


def test_a_number_of_a_workbook_says_nothing_of_the_mark():
    assert count_marks(["1,234", "5,5"], ["1.234", "5.5"]).decided == ","
    assert count_marks(["1,234", "1.234"], ["1.234", "1.234"]).decided == ""


def test_signs_and_dates():
    five = Decimal(5)
    assert sign_of([five] * 4 + [-five], [""] * 5) == "positive_is_spend"
    assert sign_of([-five] * 4 + [five], [""] * 5) == "negative_is_spend"
    assert sign_of([five, -five], ["", ""]) == ""
    assert sign_of([None], [""]) == ""
    assert sign_of([five] * 4 + [-five] * 4, [""] * 4 + ["Kreditnota"] * 4) == "positive_is_spend"
    assert credit_turns([five, -five, five], ["D", "D", "K"]) is None
    assert credit_turns([five], ["D"]) is True
    assert date_formats_of(["31-01-2025", "papir"]) == ()
    assert vat_basis_of("Netto inkl. moms") == ""


def test_headings_their_cells_belie_are_not_believed():
    proposal = propose(["Fakturadato", "EAN", "Beløb"], [["papir"], ["12"], ["1,50"]])
    assert set(proposal.found) == set()
    assert len(proposal.notes) == 2
    assert proposal.amounts == [2]


def test_looking_at_a_file_finds_its_layout(export):
    seen = look(export("Titel", HEADINGS, *danish_rows("1,50")))
    assert seen.layout == {"encoding": "utf-8", "delimiter": ";", "quote": '"', "header_row": 2}
    assert (seen.kind, seen.row_count, seen.header[0]) == ("csv", 1, "Fakturadato")


def test_a_supplier_under_an_unknown_heading_is_asked_about(export):
    path = export("Fakturadato;Hvem fra;Tekst;Beløb", "31-01-2025;Ærø Kontor;Papir;1,50")
    (question,) = guess_profile(path, answers=FULL).questions
    assert (question.key, question.choices) == ("supplier", ("Hvem fra",))
    answered = guess_profile(path, answers=FULL | {"supplier": "hvem fra"})
    assert answered.is_complete
    assert answered.sample[0]["supplier_name"] == "Ærø Kontor"
