"""From question to answer to effect: a person fills in the list, and the figures change once."""

import json
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import folders
from procurement_kit.decision_log import read_decision_log
from procurement_kit.dialogue.answers import LOG_KINDS, WITHOUT_EFFECT, read_answers
from procurement_kit.dialogue.open_points import open_points
from procurement_kit.dialogue.questions import answers_of, read_register, write_questions
from procurement_kit.dialogue.wording import Words
from procurement_kit.errors import InputNotFoundError, TableError
from procurement_kit.exact import records
from procurement_kit.intake.money import read_rates
from procurement_kit.publishing.formats import Formats
from procurement_kit.steps.scope import read_scope_decisions
from procurement_kit.steps.spend_cube import build_cube, read_cube
from procurement_kit.steps.units import read_units
from procurement_kit.tables import QUESTION_KINDS

DAY = date(2026, 1, 15)
GRANT = {"art_code": "59", "supplier_number": "00100002", "supplier_name": "Eksempel Bosted"}
OTHER = {"art_code": "59", "supplier_number": "00100003", "supplier_name": "Andet Bosted"}


@pytest.fixture
def answered(fill_in):
    """Write the list, answer the only question of a kind, and read it back."""

    def answer(municipality, kind, *cells, again=False):
        if not again:
            write_questions(municipality, today=DAY)
        (question_id,) = [key for key, asked in read_register(municipality).items() if asked["kind"] == kind]
        path = municipality.folder / "dialogue" / "spoergsmaal-2026-01-15.xlsx"
        return read_answers(municipality, fill_in(path, {question_id: cells}), today=DAY)

    return answer


def scopes(municipality):
    build_cube(municipality)
    rows = records(read_cube(municipality).order_by("line_id"))
    return [(row["scope_status"], row["scope_reason"]) for row in rows]


def log(municipality):
    return read_decision_log(municipality).to_pylist()


def test_an_answer_about_scope_changes_the_lines_of_that_supplier(loaded, fill_in):
    municipality = loaded({**GRANT, "net": "100.00"}, {**GRANT, "net": "50.00"}, {**OTHER, "net": "7.00"})
    assert [status for status, _ in scopes(municipality)] == ["to_clarify"] * 3
    outcome = write_questions(municipality, today=DAY)
    ids = {asked["concerns"]: key for key, asked in read_register(municipality).items()}
    path = fill_in(outcome.facts["paths"]["questions"], {
        ids["Eksempel Bosted · 00100002 · art 59"]: ("Indkøb", "økonomi", date(2026, 1, 20), "Botilbud"),
    })  # fmt: skip
    done = read_answers(municipality, path, today=DAY)
    assert (done.facts["taken_in"], done.facts["unanswered"], done.facts["refused"]) == (1, 1, 0)
    assert scopes(municipality) == [
        ("in_scope", "scope_decisions.csv row 2"),
        ("in_scope", "scope_decisions.csv row 2"),
        ("to_clarify", "art_59 2026-11"),
    ]
    (row,) = log(municipality)
    assert (row["decision_kind"], row["decided_by"], row["decided_date"]) == ("scope", "økonomi", date(2026, 1, 20))
    assert (row["net_amount"], row["line_count"]) == (Decimal("150.00"), 2)
    assert row["decision"] == "Omfang, Eksempel Bosted · 00100002 · art 59: Indkøb. Bemærkning: Botilbud"
    assert "run classify again" in " ".join(done.sentences)
    assert {p.concerns for p in open_points(municipality)[0] if p.kind == "scope"} == {
        "Andet Bosted · 00100003 · art 59"
    }


def test_reading_the_same_workbook_twice_changes_nothing(loaded, answered):
    municipality = loaded({**GRANT, "net": "100.00"})
    answered(municipality, "scope", "Indkøb", "økonomi", DAY)
    before = {p.name: p.read_bytes() for p in municipality.folder.glob("*.csv")}
    done = answered(municipality, "scope", "Indkøb", "økonomi", DAY, again=True)
    assert (done.facts["taken_in"], done.facts["unchanged"]) == (0, 1)
    assert {p.name: p.read_bytes() for p in municipality.folder.glob("*.csv")} == before


def test_a_changed_answer_takes_the_place_of_the_first_and_both_stand_in_the_log(loaded, answered):
    municipality = loaded({**GRANT, "net": "100.00"})
    answered(municipality, "scope", "Indkøb", "økonomi", DAY)
    done = answered(municipality, "scope", "Tilskud eller overførsel", "økonomi", DAY, again=True)
    assert done.facts["taken_in"] == 1
    assert [row["scope_status"] for row in read_scope_decisions(municipality).to_pylist()] == ["transfer"]
    assert scopes(municipality) == [("transfer", "scope_decisions.csv row 2")]
    assert len(log(municipality)) == 2


def test_an_answered_question_is_not_asked_again_but_one_nobody_knows_is(loaded, answered):
    municipality = loaded({"vat_basis": "unknown", "net": "10.00"})
    answered(municipality, "vat_basis", "Ved ikke", "økonomi")
    assert write_questions(municipality, today=DAY).facts["by_kind"] == {"vat_basis": 1}
    answered(municipality, "vat_basis", "Uden moms", "økonomi")
    outcome = write_questions(municipality, today=DAY)
    assert (outcome.facts["questions"], outcome.facts["answered_before"]) == (0, 1)
    assert log(municipality)[-1]["decision_kind"] == "vat_basis"


def test_an_account_is_decided_for_all_suppliers(loaded, answered):
    account = {"art_code": "31", "account_number": "31000"}
    municipality = loaded({**account, "net": "10.00"}, {**account, **OTHER, "art_code": "31", "net": "5.00"})
    answered(municipality, "account", "Intern afregning", "regnskab")
    assert [status for status, _ in scopes(municipality)] == ["internal", "internal"]


def test_an_old_answer_about_persons_never_becomes_a_decision_on_scope(loaded, tmp_path):
    municipality = loaded({"net": "1.00"})
    asked = {"kind": "scope", "subject": {"supplier_name": "Privatperson"}, "concerns": "Privatperson"}
    path = municipality.folder / "dialogue" / "questions.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"SCO-0000000001": asked}), encoding="utf-8")
    answers = tmp_path / "svar.csv"
    answers.write_text("Spørgsmål-id;Svar;Besvaret af (funktion)\nSCO-0000000001;Indkøb;økonomi\n", encoding="utf-8")
    done = read_answers(municipality, answers, today=DAY)
    assert "about persons" in done.facts["without_effect"][0]
    assert not (municipality.folder / "scope_decisions.csv").exists()
    assert "run classify" not in " ".join(done.sentences)


def test_a_unit_gets_its_name_in_the_list_that_is_there(loaded, answered):
    municipality = loaded({"buyer_unit_name": None, "buyer_unit_number": "0471", "net": "20.00"})
    path = municipality.folder / "units.csv"
    path.write_text("Enhed,Noter,Omkostningssted\nSkolevangen,gammel,4712\n", encoding="utf-8")
    answered(municipality, "unit", "Børnehuset Ærten", "indkøb")
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "Enhed,Noter,Omkostningssted,GLN/EAN",
        "Skolevangen,gammel,4712",
        "Børnehuset Ærten,,0471,",
    ]
    assert {row["unit_key"] for row in read_units(municipality).to_pylist()} == {"4712", "0471"}
    build_cube(municipality)
    assert records(read_cube(municipality).select("unit_name")) == [{"unit_name": "Børnehuset Ærten"}]


@pytest.mark.parametrize("printed", ["0,655", 0.655])
def test_an_exchange_rate_holds_from_the_first_line_on(loaded, answered, printed):
    foreign = {"document_currency": "SEK", "document_amount": Decimal("900"), "net_amount": None, "exchange_rate": None}
    municipality = loaded({**foreign, "invoice_date": date(2025, 2, 3)})
    done = answered(municipality, "exchange_rate", printed, "økonomi")
    assert read_rates(municipality).rate("SEK", date(2025, 2, 3)) == Decimal("0.655")
    assert "import the files in foreign currency again" in " ".join(done.sentences)
    assert log(municipality)[0]["net_amount"] is None


def test_a_category_becomes_a_decision_on_what_was_printed(loaded, answered):
    from procurement_kit import store
    from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES
    from procurement_kit.tables import DECISIONS
    from procurement_kit.templates import read_template

    municipality = loaded({"item_name": "Ark", "net": "10.00"})
    store.write_lookup(municipality, "categories", CATEGORY_LOOKUP_TYPES, [])
    folders.write_text(municipality.folder / "lookups" / "categories" / "none", "")
    answered(municipality, "category", "1801 Kontorartikler og papir", "indkøb", DAY)
    (row,) = read_template(municipality.folder / "decisions.csv", DECISIONS).to_pylist()
    assert (row["supplier_number"], row["text"], row["category_code"]) == ("00100001", "Ark Kopipapir", "1801")
    assert (row["decided_by"], row["decided_date"]) == ("indkøb", DAY)


# --- what cannot be used --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("Måske", "økonomi", DAY), "none of those offered"),
        (("Indkøb", "Petra Prøve", DAY), "not a function"),
        (("Indkøb", None, DAY), "nobody stands under"),
        (("Indkøb", "økonomi", "engang"), "is not a date"),
        ((None, "økonomi", DAY, "se mail"), "a remark but no answer"),
    ],
)
def test_a_row_that_cannot_be_used_comes_back_with_its_reason(loaded, answered, cells, reason):
    municipality = loaded({**GRANT, "net": "100.00"})
    done = answered(municipality, "scope", *cells)
    (problem,) = done.facts["refused_rows"]
    assert problem.startswith("row 2") and reason in problem
    assert "Petra" not in str(done)
    assert log(municipality) == []
    assert not (municipality.folder / "scope_decisions.csv").exists()


def test_the_good_rows_are_kept_beside_the_bad(loaded, fill_in):
    municipality = loaded({**GRANT, "net": "100.00"}, {**OTHER, "net": "7.00"})
    outcome = write_questions(municipality, today=DAY)
    first, second = read_register(municipality)
    answers = {first: ("Indkøb", "økonomi", DAY), second: ("Måske", "økonomi", DAY)}
    done = read_answers(municipality, fill_in(outcome.facts["paths"]["questions"], answers), today=DAY)
    assert (done.facts["taken_in"], done.facts["refused"]) == (1, 1)
    assert read_scope_decisions(municipality).num_rows == 1


def test_an_answer_to_a_question_nobody_asked_is_said_and_not_lost(loaded, tmp_path):
    municipality = loaded({"net": "1.00"})
    path = tmp_path / "svar.csv"
    path.write_text("Spørgsmål-id;Svar;Besvaret af (funktion)\nSCO-0000000000;Indkøb;økonomi\n", encoding="utf-8")
    done = read_answers(municipality, path, today=DAY)
    assert done.facts["not_asked"] == ["SCO-0000000000"]
    assert any("not asked from here" in sentence for sentence in done.sentences)
    (row,) = log(municipality)
    assert row["decision_kind"] == "answer" and "Indkøb" in row["decision"]
    assert read_answers(municipality, path, today=DAY).facts["unchanged"] == 1


NUMBERS = ("010190-1234", "0101901234", "010190\u200b-1234")
ASKED = {"kind": "unit", "subject": {"buyer_unit_number": "4711"}, "concerns": "4711"}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("heading", ["Spørgsmål-id", "Svar", "Besvaret af (funktion)", "Dato", "Bemærkning"])
def test_a_row_with_a_personal_number_is_refused_and_written_nowhere(loaded, tmp_path, heading, number):
    municipality = loaded({"net": "1.00"})
    register = municipality.folder / "dialogue" / "questions.json"
    register.parent.mkdir(exist_ok=True)
    scope = {"kind": "scope", "subject": {"supplier_number": "00100002"}, "concerns": "Eksempel Bosted"}
    rate = {"kind": "exchange_rate", "subject": {"document_currency": "SEK"}, "concerns": "SEK"}
    category = {"kind": "category", "subject": {"text": "Ark"}, "concerns": "Ark"}
    asked = {"UNI-1": (ASKED, "Skolevangen"), "SCO-1": (scope, "Indkøb"), "EXC-1": (rate, "0,65"),
             "CAT-1": (category, "1801"), "GON-1": (None, "Indkøb")}  # fmt: skip
    register.write_text(json.dumps({key: entry for key, (entry, _) in asked.items() if entry}), encoding="utf-8")
    headings = ("Spørgsmål-id", "Svar", "Besvaret af (funktion)", "Dato", "Bemærkning")
    rows = [dict(zip(headings, (key, said, "økonomi", "", "ok"), strict=True)) for key, (_, said) in asked.items()]
    cells = [row | {heading: f"{row[heading]} {number}" if heading != "Dato" else number} for row in rows]
    path = tmp_path / "svar.csv"
    path.write_text("\n".join(";".join(row) for row in [headings, *(row.values() for row in cells)]), encoding="utf-8")
    done = read_answers(municipality, path, today=DAY)
    assert (done.facts["taken_in"], done.facts["refused"]) == (0, 5)
    assert [reason.split(",")[0] for reason in done.facts["refused_rows"]] == [f"row {n}" for n in range(2, 7)]
    if heading != "Dato":
        assert f"«{heading}» holds a number that looks like a personal number" in done.facts["refused_rows"][0]
    assert "010190" not in str(done)
    written = {p.name: p.read_bytes() for p in municipality.folder.rglob("*") if p.is_file()}
    assert not [name for name, content in written.items() if b"010190" in content]
    assert not {"units.csv", "scope_decisions.csv", "decisions.csv", "exchange_rates.csv"} & written.keys()
    assert log(municipality) == []


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("same_number", "Den ene er en fejl (skriv hvilken i Bemærkning)", "credit note"),
        ("same_number", "Begge er rigtige", "nothing to do"),
        ("month", "Mangler og leveres", "import the month"),
        ("held_back", "Skal ikke med", "nothing to do"),
        ("supplier_number", "Udenlandsk leverandør", "decision log"),
        ("vat_basis", "Uden moms", "import profile"),
        ("unit", "Ved ikke", "stays open"),
        ("category", "1801", "rules.csv"),
    ],
)
def test_an_answer_without_effect_says_so_and_what_to_do(loaded, tmp_path, kind, said, words):
    municipality = loaded({"net": "1.00"})
    register = municipality.folder / "dialogue" / "questions.json"
    register.parent.mkdir(exist_ok=True)
    asked = {"kind": kind, "subject": {"supplier_number": "00100001"}, "concerns": "Eksempel"}
    register.write_text(json.dumps({"X-1": asked}), encoding="utf-8")
    path = tmp_path / "svar.csv"
    path.write_text(f"Spørgsmål-id;Svar;Besvaret af (funktion)\nX-1;{said};økonomi\n", encoding="utf-8")
    done = read_answers(municipality, path, today=DAY)
    (told,) = done.facts["without_effect"]
    assert told.startswith("row 2, «X-1»: ") and words in told
    assert f"No effect on the figures by itself: {told}." in done.sentences


def test_every_answer_that_can_be_given_has_a_word_on_its_effect():
    assert set(LOG_KINDS) | {"unit", "same_number", "month"} == set(QUESTION_KINDS)
    words = Words(Formats("da"))
    for kind in QUESTION_KINDS:
        for code in answers_of(kind, words) or [""]:
            assert WITHOUT_EFFECT.get((kind, code)) or WITHOUT_EFFECT[kind]


def test_an_answer_that_looks_like_a_formula_is_text_in_every_file(loaded, answered):
    municipality = loaded({"buyer_unit_name": None, "buyer_unit_number": "4711", "net": "20.00"})
    done = answered(municipality, "unit", "@SUM(A1)", "indkøb", DAY)
    assert done.facts["taken_in"] == 1
    for path in municipality.folder.glob("*.csv"):
        cells = path.read_text(encoding="utf-8-sig").replace("\n", ";").split(";")
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], path.name


def test_a_file_that_is_no_list_of_questions_is_refused(loaded, tmp_path):
    municipality = loaded({"net": "1.00"})
    with pytest.raises(InputNotFoundError):
        read_answers(municipality, tmp_path / "mangler.xlsx", today=DAY)
    path = tmp_path / "andet.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(TableError, match="columns are missing"):
        read_answers(municipality, path, today=DAY)


@pytest.mark.parametrize(
    ("said", "is_asked"),
    [("Nej – skal tælle med", True), ("Ja – en dublet", False), ("nej", True), ("Ja.", False)],
)
def test_a_document_that_shall_count_is_taken_back_once(loaded, answered, monkeypatch, said, is_asked):
    import pandas as pd

    from procurement_kit.intake import taken_back

    document = {"document_id": "D" * 12, "source_name": "b.xml"}
    asked_for = []

    def take_back(municipality, ids, **more):
        asked_for.append((list(ids), more["source_name"], more["decided_by"], more["set_aside_again"]))

    monkeypatch.setattr(taken_back, "list_duplicates", lambda _: pd.DataFrame([document | {"is_taken_back": False}]))
    monkeypatch.setattr(taken_back, "take_back", take_back)
    control = {"document_status": "duplicate", "document_reason": "same UUID and amount as a document in a.xml"}
    municipality = loaded(
        {"net": "1.00"}, documents=[{**document, **control, "document_number": "F-1", "line_count": 1}]
    )
    answered(municipality, "duplicate", said, "regnskab", DAY)
    assert asked_for == ([([document["document_id"]], "b.xml", "regnskab", False)] if is_asked else [])
    assert log(municipality)[0]["decision_kind"] == "answer"
