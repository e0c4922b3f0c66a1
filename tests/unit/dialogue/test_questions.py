"""Are the open points found, put in order and written so that a person can answer them?"""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit import folders, store
from procurement_kit.dialogue.open_points import OpenPoint, open_points
from procurement_kit.dialogue.questions import answers_of, read_register, write_questions
from procurement_kit.dialogue.wording import LANGUAGES, Words, text
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.formats import Formats
from procurement_kit.settings import SETTINGS_FILE
from procurement_kit.store import open_municipality
from procurement_kit.tables import DECISION_KINDS, QUESTION_KINDS, QUESTIONS

DAY = date(2026, 1, 15)
GRANT = {"art_code": "59", "supplier_number": "00100002", "supplier_name": "Eksempel Bosted"}


def found(municipality, kind):
    return [(p.concerns, p.line_count, p.net_amount) for p in open_points(municipality)[0] if p.kind == kind]


def written(municipality, **more):
    outcome = write_questions(municipality, today=DAY, **more)
    book = openpyxl.load_workbook(outcome.facts["paths"]["questions"])
    return outcome, book


def test_what_is_to_be_clarified_is_asked_per_supplier_and_art(loaded):
    municipality = loaded({**GRANT, "net": "100.00"}, {**GRANT, "net": "50.00"}, {"net": "7.00"})
    assert found(municipality, "scope") == [("Eksempel Bosted · 00100002 · art 59", 2, Decimal("150.00"))]


def test_where_the_art_is_unknown_the_account_is_asked_for(loaded):
    municipality = loaded(
        {"art_code": "31", "account_number": "31000", "account_name": "Diverse", "net": "10.00"},
        {"art_code": None, "main_art_code": "2", "account_number": "20000", "net": "20.00"},
        {"art_code": "33", "net": "5.00"},
    )
    assert sorted(found(municipality, "account")) == [
        ("20000", 1, Decimal("20.00")),
        ("31000 · Diverse", 1, Decimal("10.00")),
        ("33", 1, Decimal("5.00")),
    ]


def test_nobody_is_asked_about_persons(loaded):
    person = {"supplier_kind": "person", "supplier_number": None, "supplier_name": "Privatperson", "art_code": None}
    municipality = loaded(
        {**person, "supplier_account_number": "CPR-ABCDEFGH2345", "net": "10.00"},
        {**person, "supplier_account_number": "CPR-BCDEFGHJ2345", "net": "20.00"},
    )
    assert open_points(municipality)[0] == []


def test_a_person_is_not_asked_about_by_account_either(loaded):
    person = {"supplier_kind": "person", "supplier_number": None, "art_code": "31", "account_number": "31000"}
    named = {**person, "supplier_kind": "unknown", "supplier_name": "Privatperson"}
    municipality = loaded({**person, "supplier_name": "Plejefamilie", "net": "10.00"}, {**named, "net": "5.00"})
    assert open_points(municipality)[0] == []


def test_a_currency_without_a_rate_stands_where_its_amount_may_belong(loaded):
    foreign = {
        "document_currency": "SEK",
        "document_amount": Decimal("900.50"),
        "net_amount": None,
        "exchange_rate": None,
    }
    municipality = loaded(
        {**GRANT, "net": "1000000.00"},
        {**GRANT, "supplier_number": "00100003", "net": "50.00"},
        {**foreign, "invoice_date": date(2025, 2, 3)},
        foreign,
    )
    large, first, small = open_points(municipality)[0]
    assert (large.net_amount, small.net_amount) == (Decimal("1000000.00"), Decimal("50.00"))
    assert (first.kind, first.net_amount, first.line_count) == ("exchange_rate", None, 2)
    assert first.subject == {"document_currency": "SEK", "valid_from_date": "2025-02-03"}
    assert first.facts["printed"] == Decimal("1801.00")


def test_an_unknown_vat_basis_is_asked_per_profile(loaded):
    municipality = loaded({"vat_basis": "unknown", "net": "10.00"}, {"net": "3.00"})
    assert found(municipality, "vat_basis") == [("ledger_dk 1", 1, Decimal("10.00"))]


def test_suppliers_without_a_number_are_asked_for_unless_foreign(loaded):
    nameless = {"supplier_number": None, "supplier_kind": "unknown"}
    municipality = loaded(
        {**nameless, "supplier_name": "Havnens Eksempel", "net": "40.00"},
        {**nameless, "supplier_name": "Beispiel GmbH", "supplier_country": "DE", "net": "90.00"},
    )
    assert found(municipality, "supplier_number") == [("Havnens Eksempel", 1, Decimal("40.00"))]


def test_units_that_the_list_does_not_know_are_asked_for(loaded):
    unit = {"buyer_unit_name": None}
    municipality = loaded(
        {**unit, "buyer_gln_number": "5799990000019", "net": "10.00"},
        {**unit, "buyer_unit_number": "4711", "net": "20.00"},
        {**unit, "buyer_unit_number": "4712", "net": "30.00"},
    )
    (municipality.folder / "units.csv").write_text("Omkostningssted;Enhed\n4712;Skolevangen\n", encoding="utf-8")
    assert sorted(found(municipality, "unit")) == [
        ("4711", 1, Decimal("20.00")),
        ("5799990000019", 1, Decimal("10.00")),
    ]


def test_what_was_held_back_is_asked_per_delivery_and_reason(loaded):
    aside = {"set_aside_status": "held_back", "set_aside_reason": "row 7: there is no date", "net_amount": None}
    municipality = loaded(
        {"net": "1.00"},
        set_aside=[
            {**aside, "line_id": "H1", "document_amount": Decimal("10.00")},
            {
                **aside,
                "line_id": "H2",
                "document_amount": Decimal("5.00"),
                "set_aside_reason": "row 9: there is no date",
            },
            {**aside, "line_id": "H3", "document_amount": Decimal("2.00"), "source_name": "b.zip/x.xml"},
        ],
        documents=[
            {"source_name": "c.xml", "document_status": "held_back", "document_reason": "is not well-formed XML"},
            {"source_name": "d.xml", "document_status": "held_back", "document_reason": "is not well-formed XML"},
        ],
    )
    assert sorted(found(municipality, "held_back")) == [
        ("b.zip", 1, Decimal("2.00")),
        ("c.xml, d.xml", 0, Decimal("0.00")),
        ("udtræk.csv", 2, Decimal("15.00")),
    ]


@pytest.mark.parametrize(
    "reason",
    ["row 9: looks like a total of the rows above", "row 9: the profile says that such rows are no invoices"],
)
def test_where_there_is_nothing_to_do_nothing_is_asked(loaded, reason):
    aside = {"set_aside_status": "held_back", "set_aside_reason": reason, "document_amount": Decimal("10.00")}
    municipality = loaded({"net": "1.00"}, set_aside=[{**aside, "line_id": "H1", "net_amount": None}])
    assert open_points(municipality)[0] == []
    outcome, _ = written(municipality)
    assert outcome.facts["questions"] == 0
    assert "There is nothing to ask" in outcome.sentences[1]
    assert not any("--read" in sentence for sentence in outcome.sentences)


def test_small_units_are_summed_in_one_line(loaded):
    unit = {"buyer_unit_name": None}
    municipality = loaded(
        {"net": "2000000.00"},
        {**unit, "buyer_unit_number": "4711", "net": "1000.00"},
        {**unit, "buyer_unit_number": "4712", "net": "999.99"},
        {**unit, "buyer_unit_number": "4713", "net": "0.01"},
    )
    points, left_out = open_points(municipality)
    assert [point.concerns for point in points] == ["4711"]
    assert left_out["unit"] == (2, Decimal("1000.00"))
    _, book = written(municipality)
    guide = [str(row[0]) for row in book["Vejledning"].iter_rows(values_only=True)]
    assert any("mindst 1.000 kr." in line for line in guide)
    assert any(line.startswith("Enhed: 2 mindre punkter") for line in guide)


@pytest.mark.parametrize(
    "reason",
    ["same UUID and amount as a document in a.xml", "same supplier, number and date as a.xml, one marked as a copy"],
)
def test_a_suspected_duplicate_names_both_files(loaded, reason):
    document = {"source_name": "b.xml", "document_number": "F-1", "document_id": "D9", "line_count": 1}
    control = {"document_status": "duplicate", "document_reason": reason}
    municipality = loaded({"net": "1.00"}, documents=[document | control])
    assert found(municipality, "duplicate") == [("F-1 · b.xml ↔ a.xml", 1, None)]


def test_the_same_number_with_another_amount_is_asked_about(loaded):
    document = {"source_name": "b.xml", "document_number": "F-1", "supplier_name": "Eksempel A/S", "document_id": "D9"}
    remark = "same supplier, number and date as a document in a.xml, another amount: both count"
    control = {"document_status": "taken_in", "document_reason": remark, "line_sum_amount": Decimal("25.0000")}
    municipality = loaded(
        {"net": "1.00"}, documents=[{**document, **control, "document_currency": "DKK", "line_count": 1}]
    )
    assert found(municipality, "same_number") == [("Eksempel A/S · F-1 · b.xml ↔ a.xml", 1, Decimal("25.00"))]


def test_a_month_without_lines_between_two_with_lines_is_asked_about(loaded):
    municipality = loaded(*({"invoice_date": date(2025, month, 1), "net": "1.00"} for month in (1, 2, 4)))
    assert found(municipality, "month") == [("2025-03", 0, None)]


def test_unclassified_kroner_are_asked_about_once_something_has_been_classified(loaded):
    from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES

    municipality = loaded({"net": "10.00"}, {"net": "5.00"}, {"net": "99.00", "line_text": "Asfalt"})
    assert found(municipality, "category") == []
    store.write_lookup(municipality, "categories", CATEGORY_LOOKUP_TYPES, [])
    folders.write_text(municipality.folder / "lookups" / "categories" / "none", "")
    assert found(municipality, "category") == [
        ("Eksempel Kontor A/S · Asfalt", 1, Decimal("99.00")),
        ("Eksempel Kontor A/S · Kopipapir", 2, Decimal("15.00")),
    ]
    points, left_out = open_points(municipality, limit=1)
    assert [p.concerns for p in points if p.kind == "category"] == ["Eksempel Kontor A/S · Asfalt"]
    assert left_out["category"] == (1, Decimal("15.00"))


def test_a_point_keeps_its_identity_when_the_kroner_change():
    subject = {"supplier_number": "00100002", "art_code": "59"}
    one = OpenPoint("scope", subject, "a", line_count=1, net_amount=Decimal("1.00"))
    two = OpenPoint("scope", dict(reversed(subject.items())), "b", line_count=9, net_amount=Decimal("9.00"))
    assert one.question_id == two.question_id
    assert one.question_id != OpenPoint("account", subject, "a").question_id


# --- the workbook ---------------------------------------------------------------------------------------------------


def test_points_are_rows_by_kroner_with_danish_headings(loaded):
    small = {**GRANT, "supplier_number": "00100003", "supplier_name": "Lille Bosted", "net": "-5.00"}
    outcome, book = written(loaded(small, {**GRANT, "net": "100.00"}))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [column.heading for column in QUESTIONS.columns]
    assert [row[3].value for row in sheet.iter_rows(min_row=2)] == [
        "Eksempel Bosted · 00100002 · art 59",
        "Lille Bosted · 00100003 · art 59",
    ]
    assert [row[5].value for row in sheet.iter_rows(min_row=2)] == [100, -5]
    assert outcome.facts["by_kind"] == {"scope": 2}


def test_headings_stay_in_sight_and_answers_are_chosen(loaded):
    _, book = written(loaded({**GRANT, "net": "100.00"}))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    offered = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert "Indkøb,Tilskud eller overførsel" in offered["H2"] and "Ved ikke" in offered["H2"]
    assert "økonomi" in offered["I2"]


def test_text_from_the_data_is_never_a_formula(loaded):
    names = ("=HYPERLINK(1)", "+45 Eksempel", "-Eksempel", "@SUM(A1)")
    lines = [
        {**GRANT, "supplier_number": None, "supplier_kind": "unknown", "supplier_name": n, "net": "9.00"} for n in names
    ]
    account = {"art_code": "31", "account_number": "=1+1", "account_name": "@x", "net": "1.00"}
    _, book = written(loaded(*lines, account))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {"=1+1 · @x"} <= {cell.value for cell in cells}


def test_no_more_rows_than_asked_for_and_the_rest_is_said_in_kroner(loaded):
    lines = [
        {**GRANT, "supplier_number": f"001000{n:02d}", "supplier_name": f"Bosted {n}", "net": f"{n}.00"}
        for n in range(10, 16)
    ]
    outcome, book = written(loaded(*lines), limit=4)
    assert book.worksheets[0].max_row == 5
    assert (outcome.facts["left_out"], outcome.facts["left_out_amount"]) == (2, "21.00")
    assert any("21 kr." in str(row[0]) for row in book["Vejledning"].iter_rows(values_only=True))


def test_the_same_points_give_the_same_bytes(loaded):
    municipality = loaded({**GRANT, "net": "100.00"})
    path = municipality.folder / "dialogue" / "spoergsmaal-2026-01-15.xlsx"
    written(municipality)
    one = path.read_bytes()
    written(municipality)
    assert path.read_bytes() == one


def test_what_was_asked_is_remembered(loaded):
    municipality = loaded({**GRANT, "net": "100.00"})
    written(municipality)
    (asked,) = read_register(municipality).values()
    assert asked["subject"] == {"supplier_number": "00100002", "art_code": "59"}
    assert (asked["net_amount"], asked["line_count"], asked["asked_date"]) == ("100.00", 1, "2026-01-15")


def test_questions_are_english_by_setting(loaded):
    municipality = loaded({**GRANT, "net": "100.00"})
    path = municipality.folder / SETTINGS_FILE
    path.write_text(path.read_text(encoding="utf-8") + 'language = "en"\n', encoding="utf-8")
    outcome, book = written(open_municipality(municipality.name))
    assert book.sheetnames == ["Questions", "Guide", "Categories"]
    assert "purchases of goods" in book.worksheets[0]["C2"].value
    assert outcome.facts["paths"]["questions"].endswith("questions-2026-01-15.xlsx")


def test_without_lines_there_is_nothing_to_ask(municipality):
    with pytest.raises(NoDataError):
        write_questions(municipality, today=DAY)


# --- texts ----------------------------------------------------------------------------------------------------------


def keys(entry, place=""):
    if not isinstance(entry, dict):
        return {place}
    return {key for name, value in entry.items() for key in keys(value, f"{place}.{name}")}


def test_both_languages_have_the_same_texts():
    from procurement_kit.dialogue.wording import _texts

    da, en = (keys(_texts(language)) for language in LANGUAGES)
    assert da == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words_and_its_answers_fit_a_drop_down(language):
    words = Words(Formats(language))
    assert set(text(language, "kinds")) == set(QUESTION_KINDS)
    assert set(text(language, "log.kinds")) == set(DECISION_KINDS)
    for kind in QUESTION_KINDS:
        offered = [*answers_of(kind, words).values(), words.say("questions.unknown")]
        assert len(",".join(offered)) <= 255
        assert not any("," in answer for answer in offered)
