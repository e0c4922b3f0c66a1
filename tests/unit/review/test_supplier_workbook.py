"""How do pairs of suppliers in doubt become a workbook, and how do its answers come back?"""

import ast
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit import store, supplier_review
from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import ParameterError, ProcurementError
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.supplier_decisions import (
    decide_suppliers,
    doubtful_pairs,
    doubtful_suppliers,
    latest_supplier_decisions,
    side_words,
    supplier_merges,
    supplier_problem,
)
from procurement_kit.review.supplier_workbook import (
    evidence_words,
    read_supplier_workbook,
    write_supplier_workbook,
)
from procurement_kit.review.wording import ReviewWords, review_words
from procurement_kit.steps.supplier_identities import PAIR_LOOKUPS
from procurement_kit.steps.suppliers import in_batches
from procurement_kit.suppliers import pairing
from procurement_kit.suppliers.matching import BY_DECISION

TODAY = date(2026, 2, 1)
SHEET, ANSWER = "Leverandører i tvivl", "Samme leverandør?"
SEA = {"supplier_key": "n:99999993", "supplier_number": "99999993", "supplier_name": "Søens Fisk A/S"}
LAKE = {"supplier_key": "s:soe fisk", "supplier_name": "Sø Fisk"}
BAKER = {"supplier_key": "s:bager", "supplier_name": "Bager"}
BAKERS = {"supplier_key": "s:bageri", "supplier_name": "Bageri"}
MERGED = {"supplier_key": "n:99999993", "supplier_name": "SØENS FISKK", "supplier_match": "similar_name"}


def pair(left: dict, right: dict, **more) -> dict:
    sides = {
        f"{side}_{name}": found.get(f"supplier_{name}")
        for side, found in (("left", left), ("right", right))
        for name in ("number", "name", "key")
    }
    return sides | {"match_score": Decimal("0.7"), "match_evidence": "one name has more words; agree: fisk"} | more


def keep(municipality, name: str, *rows: dict) -> None:
    types = PAIR_LOOKUPS[name]
    store.write_lookup(municipality, name, types, in_batches([{n: row.get(n) for n in types} for row in rows], types))


@pytest.fixture
def town(cubed):
    municipality = cubed(
        SEA | {"net": "100.00"}, MERGED | {"net": "5.00"}, LAKE | {"net": "40.00"},
        BAKER | {"net": "900.00"}, BAKERS | {"net": "-50.00"},
    )  # fmt: skip
    keep(municipality, "supplier_doubts", pair(SEA, LAKE), pair(BAKER, BAKERS))
    merge = pair(SEA, MERGED, match_evidence="a word is spelt otherwise") | {"supplier_key": "n:99999993"}
    keep(municipality, "supplier_merges", merge)
    keep(municipality, "supplier_refusals")
    return municipality


@pytest.fixture
def workbook(town, tmp_path):
    return write_supplier_workbook(town, doubtful_pairs(town), tmp_path / "par.xlsx")


def read(town, path, by: str = "indkøb"):
    return read_supplier_workbook(town, path, today=TODAY, decided_by=by)


def test_pairs_stand_by_the_kroner_of_their_smaller_side(town):
    found = [(row["left_name"], row["left_amount"], row["right_amount"]) for row in doubtful_pairs(town)]
    assert found == [
        ("Bager", Decimal("900.00"), Decimal("-50.00")),
        ("Søens Fisk A/S", Decimal("105.00"), Decimal("40.00")),
    ]


def test_the_workbook_shows_both_sides_and_what_speaks_for_it_in_danish(workbook):
    sheet = openpyxl.load_workbook(workbook)[SHEET]
    rows = [dict(zip([cell.value for cell in sheet[1]], row)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    fish = rows[1]
    assert (fish["Leverandør A"], fish["CVR-nummer A"], fish["Beløb A"]) == ("Søens Fisk A/S", "99999993", 105)
    assert (fish["Leverandør B"], fish["Beløb B"], fish["Fakturaer B"]) == ("Sø Fisk", 40, 1)
    assert fish["Hvad taler for og imod"] == "det ene navn har flere ord; fælles: fisk"
    offered = {choice.formula1 for choice in sheet.data_validations.dataValidation}
    assert '"samme,ikke samme,ved ikke"' in offered


def test_good_answers_are_decisions_with_function_and_day_and_stand_in_the_log(town, workbook, fill_in):
    fill_in(
        workbook, {(SHEET, 2, ANSWER): "Samme", (SHEET, 3, ANSWER): "ikke samme", (SHEET, 3, "Funktion"): "økonomi"}
    )
    found = read(town, workbook)
    assert (found.taken_in, found.unchanged, found.unknown, found.refused) == (2, 0, 0, [])
    decided = latest_supplier_decisions(town).values()
    assert {(row["right_name"], row["is_same"], row["decided_by"]) for row in decided} == {
        ("Bageri", True, "indkøb"), ("Sø Fisk", False, "økonomi"),
    }  # fmt: skip
    log = read_decision_log(town).to_pylist()
    assert {(row["decision_kind"], row["decision"], row["net_amount"]) for row in log} == {
        ("supplier", "Samme leverandør: Bager og Bageri", Decimal("50.00")),
        ("supplier", "Ikke samme leverandør: Søens Fisk A/S (99999993) og Sø Fisk", Decimal("40.00")),
    }
    assert doubtful_suppliers(town).empty


def test_the_same_file_read_twice_changes_nothing(town, workbook, fill_in):
    fill_in(workbook, {(SHEET, 2, ANSWER): "samme"})
    read(town, workbook)
    before = (town.folder / "supplier_decisions.csv").read_bytes()
    assert read(town, workbook).unchanged == 1
    assert (town.folder / "supplier_decisions.csv").read_bytes() == before


def test_dont_know_and_no_answer_leave_a_pair_in_doubt(town, workbook, fill_in):
    fill_in(workbook, {(SHEET, 2, ANSWER): "ved ikke", (SHEET, 3, "Funktion"): "økonomi"})
    found = read(town, workbook)
    assert (found.taken_in, found.unknown, found.refused) == (0, 1, [])
    assert len(doubtful_suppliers(town)) == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({ANSWER: "måske"}, "«måske» er ikke et svar"),
        ({ANSWER: "samme", "Leverandør A": "En anden"}, "«Leverandør A» er ændret"),
        ({ANSWER: "samme", "Par-id": "0123456789abcdef"}, "kendes ikke herfra"),
        ({ANSWER: "samme", "Funktion": "Petra Prøve"}, "ligner et navn"),
        ({ANSWER: "samme", "Dato": "i går"}, "er ikke en dato"),
        ({ANSWER: "samme", "Dato": "01-01-2030"}, "ligger i fremtiden"),
        ({ANSWER: "samme", "Funktion": "økonomi 0101011234"}, "CPR-nummer"),
        ({ANSWER: "samme", "Par-id": None}, "is empty"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_comes_back_with_its_reason_and_the_good_one_is_kept(
    town, workbook, fill_in, cells, reason
):
    fill_in(workbook, {(SHEET, 2, name): value for name, value in cells.items()} | {(SHEET, 3, ANSWER): "samme"})
    found = read(town, workbook)
    assert found.taken_in == 1
    assert reason in found.refused[0]["reason"]
    refused = openpyxl.load_workbook(found.refused_path).active
    assert reason in refused["B2"].value
    assert "0101011234" not in "".join(str(cell.value) for row in refused for cell in row)


def test_two_answers_on_one_pair_that_contradict_each_other_both_come_back(town, workbook, fill_in):
    rows = list(openpyxl.load_workbook(workbook)[SHEET].iter_rows(min_row=2, max_row=2, values_only=True))[0]
    headings = [cell.value for cell in openpyxl.load_workbook(workbook)[SHEET][1]]
    again = {(SHEET, 3, heading): value for heading, value in zip(headings, rows)}
    fill_in(workbook, again | {(SHEET, 2, ANSWER): "samme", (SHEET, 3, ANSWER): "ikke samme"})
    found = read(town, workbook)
    assert found.taken_in == 0
    assert [row["row"] for row in found.refused] == [2, 3]


def test_without_a_function_nothing_is_decided(town, workbook, fill_in):
    fill_in(workbook, {(SHEET, 2, ANSWER): "samme"})
    assert "Funktion" in read(town, workbook, by="").refused[0]["reason"]
    with pytest.raises(ParameterError):
        read(town, workbook, by="Petra Prøve")


def test_answers_that_were_not_read_back_are_never_written_over(town, workbook, fill_in):
    write_supplier_workbook(town, doubtful_pairs(town), workbook)
    fill_in(workbook, {(SHEET, 2, ANSWER): "samme"})
    with pytest.raises(ParameterError):
        write_supplier_workbook(town, doubtful_pairs(town), workbook)


def test_a_file_that_is_no_list_of_pairs_is_refused(town, tmp_path):
    openpyxl.Workbook().save(path := tmp_path / "tom.xlsx")
    with pytest.raises(ProcurementError, match="tom.xlsx"):
        read(town, path)


def test_every_evidence_of_the_matcher_has_danish_words(project):
    known = ReviewWords(Formats("da")).entry("suppliers.evidence")
    said = {*pairing.SURE_PLACES.values(), *pairing.WIDE_PLACES.values(), "both bear a legal form"}
    for path in (project / "procurement_kit" / "suppliers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Judged":
                said |= {found.value for found in node.args[1:2] if isinstance(found, ast.Constant)}
            if isinstance(node, ast.FunctionDef) and node.name == "refuses":
                said |= {n.value.value for n in ast.walk(node) if isinstance(n, ast.Return)} - {""}
    assert len(said | {BY_DECISION}) > 10
    missing = (said | {BY_DECISION}) - set(known)
    assert not missing, f"texts/da.toml, [suppliers.evidence]: {sorted(missing)}"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "the same words in another order, and 87% of the names in this list have a twin",
            "samme ord i en anden rækkefølge, og 87 % af navnene på listen har en tvilling",
        ),
        (
            "the company numbers differ in one place, only 99999993 has a right Danish check digit",
            "CVR-numrene er forskellige på ét sted; kun 99999993 har et rigtigt kontrolciffer",
        ),
    ],
)
def test_evidence_that_quotes_something_is_danish_too(said, shown):
    assert evidence_words(said, review_words_danish()) == shown


def test_evidence_without_danish_words_stands_as_it_is():
    assert evidence_words("something new; agree: fisk", review_words_danish()) == "something new; fælles: fisk"


def review_words_danish() -> ReviewWords:
    return ReviewWords(Formats("da"))


# --- decisions and joinings -----------------------------------------------------------------------------------------


def test_a_joining_is_listed_with_its_kroner_and_is_undone_by_a_decision(town):
    (merge,) = supplier_merges(town)
    assert (merge["merge_number"], merge["merge_kind"], merge["smaller_amount"]) == (1, "similar_name", Decimal("5.00"))
    outcome = supplier_review.undo_merge(town.name, 1, by="indkøb")
    assert outcome.facts["is_new"]
    assert [row["is_undone"] for row in supplier_merges(town)] == [True]
    assert not supplier_review.undo_merge(town.name, 1, by="indkøb").facts["is_new"]
    with pytest.raises(ParameterError, match="joining 2"):
        supplier_review.undo_merge(town.name, 2, by="indkøb")


def test_a_decision_that_cannot_hold_is_refused_with_its_reason(town):
    other = {"supplier_number": "00100001", "supplier_name": "Anden"}
    with pytest.raises(ParameterError, match="two different company numbers"):
        decide_suppliers(town, pair(SEA, other), True, "indkøb")
    with pytest.raises(ParameterError, match="one supplier already"):
        decide_suppliers(town, pair(BAKER, {"supplier_name": "BAGER ApS"}), True, "indkøb")
    with pytest.raises(ParameterError, match="names nobody"):
        decide_suppliers(town, pair(BAKER, {}), True, "indkøb")
    assert decide_suppliers(town, pair(SEA, other), False, "indkøb", decided_date=TODAY)
    assert decide_suppliers(town, pair(BAKER, BAKERS), True, "indkøb", decided_date=TODAY)
    with pytest.raises(ParameterError, match="later decision"):
        decide_suppliers(town, pair(BAKERS, BAKER), False, "indkøb", decided_date=date(2026, 1, 1))


def test_several_decisions_of_one_day_are_one_entry_in_the_log(town, workbook, fill_in):
    fill_in(workbook, {(SHEET, 2, ANSWER): "samme", (SHEET, 3, ANSWER): "samme"})
    read(town, workbook)
    (entry,) = read_decision_log(town).to_pylist()
    assert "2 par" in entry["decision"]
    assert entry["net_amount"] == Decimal("90.00")


def test_no_token_of_a_person_stands_in_the_words_of_a_side():
    assert side_words({"left_name": "Firma (CPR-ABCDEFGH2345)", "left_number": None}, "left") == "Firma"


def test_a_decision_without_a_problem_has_none():
    decision = pair(BAKER, BAKERS) | {"is_same": True, "decided_date": TODAY}
    assert supplier_problem(decision, {}) == ""


# --- what the command says ------------------------------------------------------------------------------------------


def test_the_command_says_how_many_are_behind_how_many_and_what_is_in_doubt(town):
    outcome = supplier_review.describe_suppliers(town.name)
    assert (outcome.facts["printed_count"], outcome.facts["identity_count"]) == (5, 4)
    assert outcome.facts["doubtful_count"] == 2
    assert outcome.facts["doubtful_amount"] == "90.00"
    assert [row["smaller_amount"] for row in outcome.facts["doubtful"]] == ["-50.00", "40.00"]
    assert "5 suppliers as printed are 4 identities" in outcome.sentences[0]


def test_the_list_of_joinings_has_evidence_and_numbers(town):
    outcome = supplier_review.list_merges(town.name)
    assert "1  Søens Fisk A/S (99999993) = SØENS FISKK: 5.00 DKK" in outcome.sentences[1]
    assert "a word is spelt otherwise" in outcome.sentences[1]


def test_out_and_in_through_the_command(town, tmp_path, fill_in):
    path = tmp_path / "ud" / "par.xlsx"
    assert supplier_review.write_supplier_review(town.name, path).facts["pairs"] == 2
    fill_in(path, {(SHEET, 2, ANSWER): "samme", (SHEET, 3, ANSWER): "nok"})
    outcome = supplier_review.read_supplier_review(town.name, path, by="indkøb")
    assert (outcome.facts["taken_in"], outcome.facts["refused"]) == (1, 1)
    assert outcome.facts["refused_rows"][0]["row"] == 3
    left = supplier_review.write_supplier_review(town.name, tmp_path / "igen.xlsx")
    assert left.facts["pairs"] == 1


def test_where_nothing_is_in_doubt_nothing_is_written(town, tmp_path):
    keep(town, "supplier_doubts")
    outcome = supplier_review.write_supplier_review(town.name, tmp_path / "par.xlsx")
    assert outcome.facts == {"pairs": 0, "paths": {}}
    assert not (tmp_path / "par.xlsx").exists()
    assert review_words(town).formats.language == "da"
