"""The rules of a small municipality: what they decide, and what one more or one fewer would change."""

import csv
import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from procurement_kit import rulebook, store, workbench
from procurement_kit.__main__ import app
from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import NoDataError, ParameterError, TableError
from procurement_kit.exact import records
from procurement_kit.steps.spend_cube import read_cube
from tests.unit.steps.conftest import import_lines

D = Decimal
LINES = (
    {"supplier_name": "Papirhuset A/S", "line_text": "Kopipapir A4", "net": "100.00", "document_id": "D1"},
    {
        "supplier_name": "Papirhuset A/S",
        "line_text": "Fragt",
        "net": "10.00",
        "document_id": "D1",
        "line_kind": "freight",
    },
    {"supplier_name": "Papirhuset A/S", "line_text": "Kontorstol", "net": "-40.00", "document_id": "D2"},
    {"supplier_name": "Vognmand Nord", "supplier_number": "99999993", "line_text": "Taxa", "net": "7.50"},
)
HEADING = "Regel;CVR-nummer;Leverandør;Tekst;Konto;Kontotekst;Enhed;Kategorikode;Besluttet af;Dato\r\n"


@pytest.fixture
def ruled(municipality):
    """Four lines, and one rule about paper."""
    import_lines(municipality, "first", [{"art_code": "29", "line_kind": "item", **line} for line in LINES])
    write_rules(municipality, "R-001;;;kopipapir;;;;1801;indkøb;15-01-2026")
    return municipality


def write_rules(municipality, *rows: str) -> None:
    (municipality.folder / "rules.csv").write_text(HEADING + "\r\n".join(rows) + "\r\n", "utf-8")


def saved_rules(municipality) -> list[list[str]]:
    text = (municipality.folder / "rules.csv").read_text("utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))[1:]


def codes(municipality) -> dict[str, tuple]:
    workbench.classify_lines(municipality)
    return {r["line_id"]: (r["category_code"], r["category_source"]) for r in records(read_cube(municipality))}


def test_rules_are_listed_with_what_they_decide(ruled):
    outcome = rulebook.describe_rules("prøveby")
    (rule,) = outcome.facts["rules"]
    assert (rule["rule_id"], rule["line_count"], rule["net_amount"]) == ("R-001", 1, D("100.00"))
    assert outcome.sentences == (
        "1 rule, 0 conflicts, 0 rules that never decide.",
        "R-001 (text) → 1801, by indkøb 2026-01-15: decides 1 line (100.00).",
    )


def test_conflicts_and_silent_rules_are_named_with_lines_and_kroner(ruled):
    write_rules(
        ruled,
        "R-001;;;kopipapir;;;;1801;indkøb;15-01-2026",
        "R-002;;Papirhuset;;;;;1802;indkøb;15-01-2026",
        "R-003;;;apir;;;;1802;;",
        "R-004;;Papirhuset;kopipapir;;;;1801;;",
        "R-005;;Papirhuset;a4;;;;1802;;",
    )
    outcome = rulebook.describe_rules("prøveby")
    assert outcome.facts["silent"] == ["R-001", "R-003", "R-005"]
    assert [(c["rule_id"], c["other_rule_id"], c["net_amount"]) for c in outcome.facts["conflicts"]] == [
        ("R-004", "R-005", D("100.00"))
    ]
    said = "\n".join(outcome.sentences)
    assert "R-003 (text) → 1802, by nobody named: matches no line." in said
    assert "R-001 (text) → 1801, by indkøb 2026-01-15: decides nothing; R-004 decides its 1 line (100.00)." in said
    assert "Conflict on 1 line (100.00): R-004 says 1801, R-005 says 1802." in said


def test_a_new_rule_shows_what_it_changes_and_saves_nothing_unasked(ruled):
    outcome = rulebook.add_rule("prøveby", {"category": "category=1802", "supplier": "PAPIRHUSET", "text": "kopipapir"})
    changes = [
        (c["old_category_code"], c["new_category_code"], c["move_reason"], c["line_count"], c["net_amount"])
        for c in outcome.facts["changes"]
    ]
    assert changes == [("1801", "1802", "rule", 1, D("100.00")), ("1801", "1802", "accessory", 1, D("10.00"))]
    assert (outcome.facts["line_count"], outcome.facts["net_amount"], outcome.facts["saved"]) == (2, D("110.00"), False)
    assert outcome.facts["rule"]["rule_id"] == "R-002"
    assert len(saved_rules(ruled)) == 1
    assert any("1801" in said and "→ 1802" in said and "rule → rule" in said for said in outcome.sentences)
    assert outcome.sentences[-1].startswith("Nothing has been saved.")
    json.dumps(outcome.facts, default=str)


def test_a_rule_is_saved_with_author_and_date_and_then_decides(ruled):
    before = codes(ruled)
    assert [before[f"L000{n}"] for n in (1, 2, 3)] == [("1801", "rule"), ("1801", "accessory"), (None, "unclassified")]
    cells = {"category": "1802", "supplier": "Papirhuset", "holds_for": "Kun møbler"}
    outcome = rulebook.add_rule("prøveby", cells, by="indkøbskonsulent", yes=True)
    assert outcome.facts["saved"]
    assert saved_rules(ruled)[1][2] == "Papirhuset"
    assert "Kun møbler" in saved_rules(ruled)[1]
    assert "indkøbskonsulent" in saved_rules(ruled)[1]
    (logged,) = read_decision_log(ruled).to_pylist()
    assert (logged["decision_kind"], logged["decided_by"], logged["line_count"]) == ("category", "indkøbskonsulent", 2)
    assert logged["decision"].startswith("R-002 tilføjet: Leverandør: Papirhuset → 1802")
    after = codes(ruled)
    assert [after[f"L000{n}"] for n in (1, 2, 3)] == [("1801", "rule"), ("1802", "rule"), ("1802", "rule")]


def test_what_was_shown_is_what_happens(ruled):
    before = codes(ruled)
    outcome = rulebook.add_rule("prøveby", {"category": "1802", "supplier": "Papirhuset"}, by="indkøb", yes=True)
    after = codes(ruled)
    moved = [line for line, (code, _) in after.items() if code != before[line][0]]
    amounts = {row["line_id"]: row["net_amount"] for row in records(read_cube(ruled))}
    assert outcome.facts["line_count"] == len(moved)
    assert outcome.facts["net_amount"] == sum(amounts[line] for line in moved)


def test_a_rule_is_taken_out_after_it_has_been_shown(ruled):
    shown = rulebook.remove_rule("prøveby", "R-001")
    assert [(c["old_category_code"], c["new_category_code"], c["move_reason"]) for c in shown.facts["changes"]] == [
        ("1801", None, "rule_removed"),
        ("1801", None, "accessory"),
    ]
    assert len(saved_rules(ruled)) == 1
    rulebook.remove_rule("prøveby", "R-001", by="indkøb", yes=True)
    assert saved_rules(ruled) == []
    assert read_decision_log(ruled).to_pylist()[0]["decision"].startswith("R-001 fjernet: Tekst: kopipapir")


def test_numbers_and_names_find_their_column(ruled):
    number = rulebook.add_rule("prøveby", {"category": "0801", "supplier": "DK 9999 9993"}).facts["rule"]
    assert number["supplier_number"] == "99999993"
    account = rulebook.add_rule("prøveby", {"category": "0801", "account": "Kontorhold"}).facts["rule"]
    assert account["account_name"] == "Kontorhold"
    assert rulebook.add_rule("prøveby", {"category": "0801", "account": "29.100"}).facts["rule"]["account_number"]


@pytest.mark.parametrize(
    ("cells", "error", "words"),
    [
        ({"category": "9999", "text": "papir"}, TableError, "is not a category of the tree"),
        ({"category": "1801"}, ParameterError, "would decide every line"),
        ({"category": "1801", "text": "..."}, ParameterError, "would decide every line"),
        ({"category": "1801", "text": "kørsel 010190-1234"}, ParameterError, "personal number"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(ruled, cells, error, words):
    with pytest.raises(error, match=words):
        rulebook.add_rule("prøveby", cells)


def test_whoever_saves_is_a_function(ruled):
    with pytest.raises(ParameterError, match="not a function"):
        rulebook.add_rule("prøveby", {"category": "1801", "text": "taxa"}, yes=True)
    with pytest.raises(ParameterError, match="not a function"):
        rulebook.remove_rule("prøveby", "R-001", by="Petra Prøve", yes=True)
    assert len(saved_rules(ruled)) == 1


def test_a_rule_that_is_not_there_is_answered_with_the_nearest(ruled):
    with pytest.raises(ParameterError, match="no rule «R-01»") as refused:
        rulebook.remove_rule("prøveby", "R-01")
    assert "R-001" in str(refused.value)


def test_a_bad_file_is_refused_with_every_problem_at_once_and_classification_too(ruled):
    write_rules(ruled, "R-001;;;papir;;;;9999;;", "R-002;;;;;;;1801;;i går")
    for refused_by in (lambda: rulebook.describe_rules("prøveby"), lambda: workbench.classify_lines(ruled)):
        with pytest.raises(TableError) as refused:
            refused_by()
        assert len(refused.value.problems) == 3  # the third row has neither a date nor a cell to match on


@pytest.mark.parametrize(
    "words", [["--add", "1801", "--remove", "R-001"], ["--text", "papir"], ["--remove", "R-001", "--unit", "Skole"]]
)
def test_the_command_refuses_what_is_not_clear(ruled, words):
    told = CliRunner().invoke(app, ["rules", "prøveby", *words])
    assert isinstance(told.exception, ParameterError)
    assert "not clear which rule" in str(told.exception)


def test_the_command_answers_in_words_and_as_json(ruled):
    listed = json.loads(CliRunner().invoke(app, ["rules", "prøveby", "--json"]).stdout)
    assert (listed["rules"][0]["rule_id"], listed["rules"][0]["net_amount"], listed["silent"]) == (
        "R-001",
        "100.00",
        [],
    )
    words = ["rules", "prøveby", "--add", "category=1802", "--supplier", "Papirhuset", "--text", "kontorstol"]
    shown = CliRunner().invoke(app, words).stdout
    assert "1 line, -40.00: no category → 1802" in shown
    saved = json.loads(CliRunner().invoke(app, [*words, "--by", "indkøb", "--yes", "--json"]).stdout)
    assert (saved["saved"], saved["net_amount"]) == (True, "-40.00")


def test_without_lines_there_is_nothing_to_rule(municipality):
    with pytest.raises(NoDataError):
        rulebook.describe_rules("prøveby")
    assert store.open_municipality("prøveby")
