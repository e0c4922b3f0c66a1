"""From group to workbook to answer to decision: what people fill in, and what comes back."""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, TableError
from procurement_kit.review.decisions import record_decision
from procurement_kit.review.kept_rows import kept_rows
from procurement_kit.review.queue import lines_to_review
from procurement_kit.review.returned import read_review
from procurement_kit.review.workbook import proposed_code, review_path, write_review
from procurement_kit.tables import DECISIONS
from tests.unit.review.conftest import CARE, CHAIRS, PAPER, SCHOOL, UNPLACED

DAY, EARLIER = date(2026, 1, 15), date(2026, 1, 10)
MAIN = "Gennemgang"


@pytest.fixture
def written(cubed):
    """Paper (1,000 at doubt 0.1), chairs (300 at 0.5) and a bed of another forvaltning (50, unplaced) to review."""
    municipality = cubed(
        {**PAPER, "net": "1000.00"},
        {**CHAIRS, "net": "300.00", "category_code": "1802", "category_confidence": "0.50"},
        {**CHAIRS, "item_name": "Seng", **UNPLACED, "unit_division_name": CARE, "net": "50.00"},
    )
    write_review(municipality)
    return municipality


@pytest.fixture
def answered(written, fill_in):
    """Fill in the workbook and read it back."""

    def answer(answers, **options):
        return read_review(written, fill_in(review_path(written), answers), today=DAY, **options)

    return answer


def cells(path, name):
    headings, *rows = openpyxl.load_workbook(path)[name].iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def kept(municipality):
    return [
        (row["text"], row["category_code"], row["decided_by"], row["decided_date"])
        for row in kept_rows(municipality, DECISIONS)
    ]


# --- out ------------------------------------------------------------------------------------------------------------


def test_the_main_sheet_holds_the_groups_in_their_order(written):
    rows = cells(review_path(written), MAIN)
    assert [row["Tekst"] for row in rows] == ["Stole", "Kopipapir", "Seng"]
    first = rows[0]
    assert (first["Leverandør"], first["CVR-nummer"], first["Enhed"]) == ("Stolefabrikken", "00100002", "Hallen")
    assert (first["Beløb ekskl. moms"], first["Tvivl"], first["Beløb × tvivl"]) == (300, 0.5, 150)
    assert first["Kategori i dag"].startswith("1802 ")
    assert (first["Kategori"], first["Funktion"], first["Dato"]) == (None, None, None)


def test_each_forvaltning_has_a_sheet_of_its_own_lines(written):
    book = openpyxl.load_workbook(review_path(written))
    assert book.sheetnames == [MAIN, SCHOOL, CARE, "Vejledning", "Kategorier"]
    assert book["Kategorier"].sheet_state == "hidden"
    assert [row["Tekst"] for row in cells(review_path(written), CARE)] == ["Seng"]
    (chair, paper) = cells(review_path(written), SCHOOL)
    assert (paper["Foreslået kategori"], paper["Rigtig?"]) == ("1801 Kontorartikler og papir", None)
    assert chair["Beløb ekskl. moms"] == 300


def test_categories_are_chosen_from_the_hidden_list_and_none_is_outside_procurement(written):
    book = openpyxl.load_workbook(review_path(written))
    listed = [cell.value for cell in book["Kategorier"]["A"]][1:]
    assert "1801 Kontorartikler og papir" in listed
    assert not [name for name in listed if name.startswith("90")]
    rules = {str(rule.sqref): rule.formula1 for rule in book[MAIN].data_validations.dataValidation}
    place = [cell.value for cell in book[MAIN][1]].index("Kategori") + 1
    letter = openpyxl.utils.get_column_letter(place)
    assert rules[f"{letter}2"] == f"'Kategorier'!$A$2:$A${len(listed) + 1}"
    yes_or_no = [rule.formula1 for rule in book[CARE].data_validations.dataValidation]
    assert '"ja,nej"' in yes_or_no


def test_the_guide_says_what_the_next_decisions_move(written):
    guide = " ".join(str(cell.value) for cell in openpyxl.load_workbook(review_path(written))["Vejledning"]["A"])
    assert "De næste 3 beslutninger dækker 1.350 kr. (100 % af indkøbet)" in guide
    assert "ventes 270 kr. at være placeret forkert" in guide


def test_what_it_did_is_said_in_figures(cubed):
    outcome = write_review(cubed({**PAPER, "net": "-10.00"}), count=1)
    assert outcome.facts["groups"] == outcome.facts["groups_left"] == 1
    assert outcome.facts["division_sheets"] == {SCHOOL: 1}
    assert (outcome.facts["covered_amount"], outcome.facts["covered_share"]) == ("10.00", "1.000000")
    assert "--read" in outcome.sentences[-1]


def test_the_same_groups_give_the_same_bytes(written):
    before = review_path(written).read_bytes()
    write_review(written)
    assert review_path(written).read_bytes() == before


def test_names_of_forvaltninger_that_excel_refuses_are_made_fit(cubed):
    odd = ["Børn/Unge: [øst]", "Gennemgang", "A" * 40, "A" * 39]
    municipality = cubed(*({**PAPER, "unit_division_name": name, "item_name": name, "net": "1.00"} for name in odd))
    write_review(municipality)
    names = openpyxl.load_workbook(review_path(municipality)).sheetnames
    assert names[1:-2] == ["A" * 31, "A" * 27 + " (2)", "Børn Unge øst", "Gennemgang (2)"]


def test_answers_that_were_not_read_are_never_written_over(written, fill_in):
    path = fill_in(review_path(written), {(MAIN, 2, "Kategori"): "1802"})
    with pytest.raises(ParameterError, match="has not been read back"):
        write_review(written)
    read_review(written, path, today=DAY, decided_by="indkøb")
    write_review(written)
    assert [row["Tekst"] for row in cells(path, MAIN)] == ["Kopipapir", "Seng"]


def test_text_that_excel_would_compute_or_that_marks_a_person_is_plain(cubed):
    municipality = cubed({**PAPER, "item_name": "=1+1", "line_text": "CPR-ABCDEFGH2345 " + "x" * 400, "net": "1.00"})
    write_review(municipality)
    (row,) = cells(review_path(municipality), MAIN)
    assert row["Tekst"].startswith("=1+1 xxx") and len(row["Tekst"]) == 300


def test_a_head_is_asked_about_the_best_category_below_what_is_claimed():
    from procurement_kit.classifier.tree import standard_tree

    tree = standard_tree()
    assert proposed_code(tree, {"category_code": "18", "best_1_code": "1801"}) == "1801"
    assert proposed_code(tree, {"category_code": "18", "best_1_code": "0201"}) == "18"
    assert proposed_code(tree, {"category_code": None, "best_1_code": "1801"}) == "1801"
    assert proposed_code(tree, {"category_code": None, "best_1_code": None}) is None


# --- in -------------------------------------------------------------------------------------------------------------


def test_an_answer_becomes_a_decision_with_function_and_date(answered, written):
    done = answered({
        (MAIN, 2, "Kategori"): "1802 Møbler og inventar",
        (MAIN, 2, "Funktion"): "indkøbskonsulent",
        (MAIN, 2, "Dato"): EARLIER,
    })  # fmt: skip
    assert (done.facts["taken_in"], done.facts["refused"]) == (1, 0)
    assert kept(written) == [("Stole", "1802", "indkøbskonsulent", EARLIER)]
    assert list(lines_to_review(written)["text"]) == ["Kopipapir", "Seng"]
    (said,) = read_decision_log(written).to_pylist()
    assert (said["net_amount"], said["decided_by"]) == (Decimal("300.00"), "indkøbskonsulent")


def test_the_head_of_a_forvaltning_says_yes_or_no(answered, written):
    done = answered({
        (SCHOOL, 3, "Rigtig?"): "Ja",
        (SCHOOL, 3, "Funktion"): "skolechef",
        (CARE, 2, "Rigtig?"): "nej",
        (CARE, 2, "Kategori i stedet"): "1802",
        (CARE, 2, "Funktion"): "leder af Center for Ældre",
        (CARE, 2, "Dato"): "12-01-2026",
    })  # fmt: skip
    assert done.facts["taken_in"] == 2
    assert kept(written) == [
        ("Kopipapir", "1801", "skolechef", DAY),
        ("Seng", "1802", "leder af Center for Ældre", date(2026, 1, 12)),
    ]


def test_a_function_can_be_given_for_the_whole_file(answered, written):
    answered({(MAIN, 2, "Kategori"): "1802"}, decided_by="indkøb")
    assert kept(written) == [("Stole", "1802", "indkøb", DAY)]


def test_reading_the_same_file_twice_changes_nothing(answered, written):
    answers = {(MAIN, 2, "Kategori"): "1802", (MAIN, 3, "Kategori"): "9999", (MAIN, 2, "Funktion"): "indkøb"}
    first = answered(answers)
    before = {path.name: path.read_bytes() for path in (written.folder / "review").iterdir()}
    table = (written.folder / "decisions.csv").read_bytes()
    again = read_review(written, review_path(written), today=date(2026, 2, 1))
    assert (first.facts["taken_in"], again.facts["taken_in"], again.facts["unchanged"]) == (1, 0, 1)
    assert (written.folder / "decisions.csv").read_bytes() == table
    assert {path.name: path.read_bytes() for path in (written.folder / "review").iterdir()} == before
    assert len(read_decision_log(written)) == 1


def test_a_file_read_before_does_not_overrule_what_was_decided_since(answered, written):
    answered({(MAIN, 2, "Kategori"): "1802"}, decided_by="indkøb")
    record_decision(written, {**CHAIRS, "text": "Stole", "unit": "Hallen"}, "1801", "økonomi", decided_date=DAY)
    done = read_review(written, review_path(written), today=DAY, decided_by="indkøb")
    assert done.facts["taken_in"] == 0
    assert [code for _, code, *_ in kept(written)] == ["1802", "1801"]


@pytest.mark.parametrize(
    ("sheet", "row", "filled", "reason"),
    [
        (MAIN, 2, {"Kategori": "1899"}, "ikke en kode i kategoritræet"),
        (MAIN, 2, {"Kategori": "9001"}, "ikke indkøb"),
        (MAIN, 2, {"Kategori": "1802", "Funktion": None}, "intet under «Funktion»"),
        (MAIN, 2, {"Kategori": "1802", "Funktion": "Petra Prøve"}, "ligner et navn på en person"),
        (MAIN, 2, {"Kategori": "1802", "Funktion": "010190-1234"}, "ligner et CPR-nummer"),
        (MAIN, 2, {"Kategori": "1802 CPR 010190-1234"}, "ligner et CPR-nummer"),
        (MAIN, 2, {"Kategori": "1802", "Dato": "i går"}, "ikke en dato"),
        (MAIN, 2, {"Kategori": "1802", "Dato": date(2026, 1, 16)}, "ligger i fremtiden"),
        (MAIN, 2, {"Kategori": "1802", "Leverandør": "En Anden"}, "Kolonnen «Leverandør» er ændret"),
        (MAIN, 2, {"Kategori": "1802", "Tekst": None}, "Kolonnen «Tekst» er ændret"),
        (MAIN, 2, {"Kategori": "1802", "Gruppe-id": "0123456789abcdef"}, "findes ikke mere i linjerne"),
        (MAIN, 2, {"Kategori": "1802", "Gruppe-id": "hej"}, "kendes ikke herfra"),
        (CARE, 2, {"Rigtig?": "måske"}, "hverken ja eller nej"),
        (CARE, 2, {"Rigtig?": "nej"}, "ingen kategori i stedet"),
        (CARE, 2, {"Rigtig?": "ja"}, "ingen foreslået kategori"),
        (SCHOOL, 3, {"Rigtig?": "ja", "Kategori i stedet": "1802"}, "men også en anden"),
    ],
)
def test_a_row_that_cannot_be_used_comes_back_with_its_reason(answered, written, sheet, row, filled, reason):
    given = {"Funktion": "indkøb"} | filled
    good = {(MAIN, 3, "Kategori"): "1801", (MAIN, 3, "Funktion"): "økonomi"} if sheet == MAIN else {}
    done = answered({(sheet, row, heading): value for heading, value in given.items()} | good)
    (refused,) = done.facts["refused_rows"]
    assert (refused["sheet"], refused["row"]) == (sheet, row)
    assert reason in refused["reason"]
    assert reason.split("«")[0] not in "".join(done.sentences)  # the terminal speaks English
    assert kept(written) == ([("Kopipapir", "1801", "økonomi", DAY)] if good else [])
    (back,) = cells(done.facts["paths"]["refused"], "Afvist")
    assert (back["Ark"], back["Række"], back["Årsag"]) == (sheet, row, refused["reason"])
    assert "010190" not in str(back) and "Petra" not in str(back)


def test_a_group_whose_lines_are_gone_comes_back(answered, written, cubed):
    cubed({**PAPER, "net": "1000.00"})
    done = answered({(MAIN, 2, "Kategori"): "1802", (MAIN, 3, "Kategori"): "1801"}, decided_by="indkøb")
    assert done.facts["taken_in"] == 1
    assert "findes ikke mere" in done.facts["refused_rows"][0]["reason"]


def test_two_answers_that_contradict_each_other_both_come_back_and_equal_ones_are_one(answered, written):
    done = answered({
        (MAIN, 2, "Kategori"): "1801",
        (SCHOOL, 2, "Rigtig?"): "ja",  # the chairs, proposed as 1802
        (MAIN, 3, "Kategori"): "1801",
        (SCHOOL, 3, "Rigtig?"): "ja",  # the paper, proposed as 1801
    }, decided_by="indkøb")  # fmt: skip
    assert (done.facts["taken_in"], done.facts["unchanged"], done.facts["refused"]) == (1, 1, 2)
    assert [row["sheet"] for row in done.facts["refused_rows"]] == [MAIN, SCHOOL]
    assert "Gennemgang 2: 1801" in done.facts["refused_rows"][0]["reason"]
    assert [text for text, *_ in kept(written)] == ["Kopipapir"]


def test_an_older_answer_does_not_overrule_a_later_decision(answered, written):
    record_decision(written, {**CHAIRS, "text": "Stole", "unit": "Hallen"}, "1801", "økonomi", decided_date=DAY)
    done = answered({(MAIN, 2, "Kategori"): "1802", (MAIN, 2, "Dato"): EARLIER}, decided_by="indkøb")
    assert "senere beslutning" in done.facts["refused_rows"][0]["reason"]


def test_refused_rows_of_another_file_are_never_written_over(answered, written):
    first = answered({(MAIN, 2, "Kategori"): "nej"}, decided_by="indkøb")
    second = answered({(MAIN, 2, "Kategori"): "tja"}, decided_by="indkøb")
    assert first.facts["paths"]["refused"].endswith("gennemgang_afvist.xlsx")
    assert second.facts["paths"]["refused"].endswith("gennemgang_afvist_2.xlsx")


def test_a_category_may_be_written_by_its_name(answered, written):
    answered({(MAIN, 2, "Kategori"): "kontorartikler og papir"}, decided_by="indkøb")
    assert kept(written)[0][1] == "1801"


def test_a_person_never_decides_for_the_whole_file(answered):
    with pytest.raises(ParameterError, match="is not a function"):
        answered({(MAIN, 2, "Kategori"): "1802"}, decided_by="Petra Prøve")


def test_files_that_are_no_review_are_refused_as_a_whole(written, tmp_path):
    with pytest.raises(InputNotFoundError):
        read_review(written, tmp_path / "mangler.xlsx", today=DAY)
    (tmp_path / "tekst.xlsx").write_text("hej", encoding="utf-8")
    with pytest.raises(FileFormatError):
        read_review(written, tmp_path / "tekst.xlsx", today=DAY)
    book = openpyxl.Workbook()
    book.active.append(["Leverandør", "Kategori"])
    book.save(tmp_path / "andet.xlsx")
    with pytest.raises(TableError, match="no sheet of groups"):
        read_review(written, tmp_path / "andet.xlsx", today=DAY)
    book.active.append(["=1+1", "1801"])
    book.save(tmp_path / "formel.xlsx")
    with pytest.raises(TableError, match="never calculated"):
        read_review(written, tmp_path / "formel.xlsx", today=DAY)
