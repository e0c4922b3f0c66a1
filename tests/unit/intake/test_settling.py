"""What counts is settled anew with each import: duplicates, postings that are e-invoices, what was taken back."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import ParameterError
from procurement_kit.intake.load import import_files
from procurement_kit.intake.report import sentences
from procurement_kit.intake.taken_back import list_duplicates, take_back

DAY = date(2026, 1, 15)


def taken(municipality):
    return store.read_lines(municipality).to_pandas()


def kroner(municipality):
    return taken(municipality)["net_amount"].sum()


def only_line(municipality):
    (line,) = store.read_lines(municipality).to_pyarrow().to_pylist()
    return line


@pytest.fixture
def invoice(tmp_path, ubl):
    """Write an invoice into a folder of its own."""

    def put(name, *lines, **words):
        path = tmp_path / "xml" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(ubl(*lines, **words))
        return path

    return put


def row_of(row, amount, **cells):
    return row(**{"Beløb_ekskl._moms": amount}, **cells)


# --- a corrected file -----------------------------------------------------------------------------------------------


def test_correcting_a_file_brings_back_what_it_had_set_aside(municipality, ledger, row):
    first = ledger(row(Tekst="papir"), row(Tekst="blyant"), name="q1.csv")
    second = ledger(row(Tekst="papir"), row(Tekst="viskelæder"), name="q2.csv")
    import_files(municipality, [first], profile="ledger_dk")
    assert import_files(municipality, [second], profile="ledger_dk").lines("duplicate") == 1
    corrected = ledger(row(Tekst="blyant"), name="q1.csv")
    report = import_files(municipality, [corrected], profile="ledger_dk")
    assert sorted(taken(municipality)["line_text"]) == ["blyant", "papir", "viskelæder"]
    assert (report.moved["lines_back"], report.moved["amount_back"]) == (1, "1234.50")
    assert any(said.startswith("1 line of earlier files (1234.50 DKK) counts again") for said in sentences(report))
    account = {facts["name"]: facts for load in store.loads(municipality) for facts in load["sources"]}
    assert account["q2.csv"]["by_currency"]["DKK"]["taken"]["lines"] == 2
    assert account["q2.csv"]["by_currency"]["DKK"]["duplicate"]["lines"] == 0


def test_removing_the_e_invoice_brings_the_posting_back(municipality, invoice, ledger, row):
    import_files(municipality, [invoice("a.xml"), ledger(row_of(row, "100,00"))], profile="ledger_dk")
    assert list(taken(municipality)["source_kind"]) == ["einvoice"]
    import_files(municipality, [invoice("a.xml", number="F-2")])
    assert sorted(taken(municipality)["source_kind"]) == ["einvoice", "ledger"]


# --- the same invoice as XML and as posting -------------------------------------------------------------------------


def test_a_joined_posting_hands_its_account_on_to_the_lines_of_the_invoice(municipality, invoice, ledger, row):
    posted = ledger(row_of(row, "100,00", Bogføringsdato="05-01-2026"))
    import_files(municipality, [invoice("a.xml"), posted], profile="ledger_dk")
    line = only_line(municipality)
    assert (line["source_kind"], line["art_code"], line["main_art_code"]) == ("einvoice", "29", "2")
    assert (line["voucher_number"], line["account_name"], line["buyer_unit_number"]) == ("B-1", "Kontorhold", "4711")
    assert (line["posting_date"], line["accounting_year"]) == (date(2026, 1, 5), 2026)
    assert line["net_amount"] == Decimal("100.00")


def test_of_a_split_posting_each_line_takes_the_row_with_its_amount(municipality, invoice, line, ledger, row):
    bill = invoice("a.xml", line("60.00"), line("40.00", number="2"), header="100.00")
    posted = ledger(row_of(row, "60,00", Art="2.9"), row_of(row, "40,00", Art="2.7", Tekst="rest"))
    import_files(municipality, [posted, bill], profile="ledger_dk")
    arts = taken(municipality).set_index("line_position")["art_code"].to_dict()
    assert arts == {1: "29", 2: "27"}
    assert set(taken(municipality)["voucher_number"]) == {"B-1"}


def test_a_posting_that_matches_no_single_line_leaves_the_art_open(municipality, invoice, ledger, row):
    posted = ledger(row_of(row, "30,00", Art="2.9"), row_of(row, "70,00", Art="2.7", Tekst="rest"))
    import_files(municipality, [posted, invoice("a.xml")], profile="ledger_dk")
    line = only_line(municipality)
    assert (line["art_code"], line["voucher_number"]) == (None, "B-1")


def test_a_posting_is_joined_whatever_its_sign_and_leading_zeros(municipality, invoice, ledger, row):
    posted = ledger(row_of(row, "-100,00", Fakturanummer="000f-1"))
    import_files(municipality, [posted, invoice("a.xml")], profile="ledger_dk")
    assert kroner(municipality) == Decimal("100.00")


def test_a_posting_split_over_two_files_is_joined_as_a_whole(municipality, invoice, ledger, row):
    parts = [ledger(row_of(row, "60,00"), name="a.csv"), ledger(row_of(row, "40,00"), name="b.csv")]
    import_files(municipality, [*parts, invoice("a.xml")], profile="ledger_dk")
    assert kroner(municipality) == Decimal("100.00")


@pytest.mark.parametrize(
    "cells",
    [
        {"CVR": "00100001"},
        {"Fakturadato": "02-03-2025"},
        {"Fakturanummer": "F-10"},
        {"Leverandør": "Andet ApS", "CVR": ""},
    ],
    ids=["another company", "another date", "another number", "another name"],
)
def test_a_posting_of_something_else_is_not_joined(municipality, invoice, ledger, row, cells):
    import_files(municipality, [ledger(row_of(row, "100,00", **cells)), invoice("a.xml")], profile="ledger_dk")
    assert kroner(municipality) == Decimal("200.00")


def test_two_postings_that_match_one_invoice_are_left_for_a_person(municipality, invoice, ledger, row):
    twice = [row_of(row, "100,00", CVR="", Leverandør="", Bilagsnummer=f"B-{n}") for n in (1, 2)]
    posted = ledger(twice[0], twice[1].replace("F-1", "0F-1"))
    import_files(municipality, [posted, invoice("a.xml")], profile="ledger_dk")
    assert kroner(municipality) == Decimal("300.00")


# --- duplicates taken back ------------------------------------------------------------------------------------------


@pytest.fixture
def twice(municipality, invoice):
    """An invoice that was delivered in two files."""
    first = invoice("a.xml")
    second = invoice("b.xml")
    second.write_bytes(first.read_bytes() + b"\n")
    import_files(municipality, [first, second])
    return municipality


def test_duplicates_are_listed_with_what_they_repeat(twice):
    (listed,) = list_duplicates(twice).to_dict("records")
    assert (listed["source_name"], listed["document_number"], listed["lines"]) == ("b.xml", "F-1", 1)
    assert (listed["amount"], listed["is_taken_back"]) == (Decimal("100.00"), False)
    assert listed["reason"] == "same supplier, number, date and amount as a document in a.xml"


def test_a_duplicate_that_is_taken_back_counts_and_can_be_set_aside_again(twice):
    (listed,) = list_duplicates(twice).to_dict("records")
    done = take_back(twice, [listed["document_id"][:8]], decided_by="økonomi", today=DAY)
    assert (done.documents, done.lines, done.amount) == (1, 1, Decimal("100.00"))
    assert kroner(twice) == Decimal("200.00")
    assert taken(twice)["line_id"].is_unique
    assert [row["is_taken_back"] for row in list_duplicates(twice).to_dict("records")] == [True]
    (decision,) = read_decision_log(twice).to_pylist()
    assert (decision["decision_kind"], decision["decided_by"]) == ("duplicate_taken_back", "økonomi")
    assert (decision["net_amount"], decision["decided_date"]) == (Decimal("100.00"), DAY)
    take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY, set_aside_again=True)
    assert kroner(twice) == Decimal("100.00")
    assert len(read_decision_log(twice)) == 2


def test_what_was_taken_back_stays_so_through_later_imports(twice, invoice):
    take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY)
    import_files(twice, [invoice("c.xml", number="F-3")])
    assert kroner(twice) == Decimal("300.00")
    account = {facts["name"]: facts for load in store.loads(twice) for facts in load["sources"]}
    assert account["b.xml"]["by_currency"]["DKK"]["taken"]["lines"] == 1


def test_only_what_is_on_the_list_can_be_taken_back(twice):
    for asked in (["0000"], ["ffffffffff"], []):
        with pytest.raises(ParameterError):
            take_back(twice, asked, decided_by="økonomi", today=DAY)
    with pytest.raises(ParameterError):
        take_back(twice, source_name="a.xml", decided_by="økonomi", today=DAY)
    assert kroner(twice) == Decimal("100.00")


# --- control totals -------------------------------------------------------------------------------------------------


def test_control_totals_are_compared_and_differences_told(municipality, ledger, row):
    text = 'Fil;Linjer;Bilag;Beløb\r\nGOD.csv;2;1;"-2.469,00"\r\nskæv.csv;3;;1.234,50\r\n'
    (municipality.folder / "control_totals.csv").write_text(text, encoding="utf-8")
    good = ledger(row(), row(Tekst="to"), name="god.csv")
    wrong = ledger(row(Tekst="tre"), name="skæv.csv")
    report = import_files(municipality, [good, wrong], profile="ledger_dk")
    control = {source.name: source.control for source in report.sources}
    assert control == {"god.csv": "ok", "skæv.csv": "skæv.csv: 3 lines according to the municipality, 1 read"}
    assert any("The control totals agree for 1 of 2 files." in said for said in sentences(report))
    assert report.lines("taken") == 3


def test_control_totals_may_be_toml(municipality, ledger, row):
    toml = '["poster.csv"]\nline_count = 1\namount = 1234.5\n'
    (municipality.folder / "control_totals.toml").write_text(toml, encoding="utf-8")
    report = import_files(municipality, [ledger(row())], profile="ledger_dk")
    assert report.sources[0].control == "ok"


def test_a_control_list_with_slips_is_refused_before_anything_is_read(municipality, ledger, row):
    from procurement_kit.errors import SettingsError

    toml = '["poster.csv"]\nlines = 1\namount = "1,234.50"\n'
    (municipality.folder / "control_totals.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        import_files(municipality, [ledger(row())], profile="ledger_dk")
    assert len(caught.value.problems) == 2
    assert not list((municipality.folder / "lines").iterdir())


# --- decisions that meet each other -------------------------------------------------------------------------------------


def test_a_document_taken_back_counts_once_where_its_twin_is_joined_with_a_posting(twice, ledger, row):
    import_files(twice, [ledger(row_of(row, "100,00"))], profile="ledger_dk")
    assert kroner(twice) == Decimal("100.00")
    take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY)
    assert kroner(twice) == Decimal("200.00")
    lines = store.read_lines(twice).to_pyarrow().to_pylist()
    assert {line["source_name"]: line["voucher_number"] for line in lines} == {"a.xml": "B-1", "b.xml": None}


def test_taking_another_document_back_leaves_the_identities_of_lines_as_they_are(twice, invoice):
    take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY)
    before = set(taken(twice)["line_id"])
    third = invoice("0.xml")
    third.write_bytes(third.read_bytes() + b"\n\n")
    import_files(twice, [third])
    take_back(twice, source_name="0.xml", decided_by="økonomi", today=DAY)
    assert before < set(taken(twice)["line_id"])


def test_a_decision_interrupted_before_it_was_settled_can_be_made_again(twice, monkeypatch):
    from procurement_kit.intake import taken_back

    for undo, after in ((False, "200.00"), (True, "100.00")):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(taken_back, "settle", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
            take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY, set_aside_again=undo)
        assert [row["is_taken_back"] for row in list_duplicates(twice).to_dict("records")] == [undo]
        take_back(twice, source_name="b.xml", decided_by="økonomi", today=DAY, set_aside_again=undo)
        assert kroner(twice) == Decimal(after)


# --- the same posting in two kinds of export ------------------------------------------------------------------------


@pytest.fixture
def other_export(municipality, ledger):
    """The same ledger, exported by another program: other columns, other headings, a profile of its own."""
    text = (store.Path(store.__file__).parents[1] / "data_templates/profiles/ledger_dk.toml").read_text("utf-8")
    own = municipality.folder / "profiles" / "andet.toml"
    text = text.replace('name = "ledger_dk"', 'name = "andet"').replace('["Tekst", "Posteringstekst"]', '["Tekst"]')
    own.write_text(text.replace('account_number = ["Konto", "Kontostreng", "Artskonto"]\n', ""), encoding="utf-8")
    return "andet"


def test_a_posting_in_two_kinds_of_export_counts_once(municipality, ledger, row, other_export):
    import_files(municipality, [ledger(row(), row(Fakturanummer="F-2"), name="opus.csv")], profile="ledger_dk")
    again = ledger(row(Tekst="samlet"), row(Fakturanummer="F-3"), name="liste.csv")
    report = import_files(municipality, [again], profile=other_export)
    assert (report.lines("taken"), report.lines("duplicate"), report.closes) == (1, 1, True)
    reason = store.read_load_dataset(municipality, "set_aside").to_pandas()["set_aside_reason"][0]
    assert reason == "same supplier, number, date and amount as a document in opus.csv"
    assert sorted(taken(municipality)["document_number"]) == ["F-1", "F-2", "F-3"]


def test_a_posting_of_another_amount_in_another_export_counts(municipality, ledger, row, other_export):
    import_files(municipality, [ledger(row(), name="opus.csv")], profile="ledger_dk")
    report = import_files(municipality, [ledger(row_of(row, "99,00"), name="liste.csv")], profile=other_export)
    assert report.lines("duplicate") == 0
