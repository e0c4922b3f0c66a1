"""Can a person judge the sample in Excel, and does what cannot be used come back with the reason?"""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit.classifier.tree import tree_of
from procurement_kit.review.audit_sample import draw_audit_sample, keep_audit_sample, read_audit_sample
from procurement_kit.review.audit_workbook import FORM, judgement_of, read_audit_workbook, write_audit_workbook
from procurement_kit.review.judging import in_all_languages, read_category
from procurement_kit.steps.spend_cube import read_cube

TODAY = date(2026, 1, 15)
LINES = (
    {
        "net": "8000.00",
        "category_code": "180101",
        "item_name": "Kopipapir",
        "line_text": "A4 80 g",
        "supplier_name": "Papirhuset A/S",
    },
    {"net": "500.00", "category_code": None, "line_text": "Diverse", "supplier_name": "=1+1"},
    {"net": "400.00", "category_code": "0901", "line_text": "Mælk"},
)


@pytest.fixture
def written(cubed):
    """A sample of all lines as a workbook."""

    def write(*, is_blind=False):
        town = cubed(*LINES)
        cube = read_cube(town)
        sample = keep_audit_sample(town, draw_audit_sample(cube, period="2025", tree=tree_of(town), count=5))
        return town, write_audit_workbook(town, sample, cube, is_blind=is_blind)

    return write


def cells(path, sheet="Stikprøve"):
    head, *rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row)) for row in rows]


def test_a_row_shows_what_was_bought_and_what_is_proposed(written):
    _, path = written()
    first, second, _ = cells(path)
    assert (first["Leverandør"], first["Tekst"], first["Beløb ekskl. moms"]) == (
        "Papirhuset A/S",
        "Kopipapir · A4 80 g",
        8000,
    )
    assert first["Foreslået kategori"].startswith("180101 ")
    assert (second["Leverandør"], second["Foreslået kategori"]) == ("=1+1", "Ikke kategoriseret")
    assert path.name == "stikprøve-2025.xlsx"
    assert openpyxl.load_workbook(path)["Stikprøve"]["C3"].data_type == "s"


def test_categories_are_offered_with_what_belongs_to_them(written):
    _, path = written()
    book = openpyxl.load_workbook(path)
    assert [sheet.title for sheet in book] == ["Stikprøve", "Kategorier", "Vejledning"]
    offered = cells(path, "Kategorier")
    assert offered[0]["Kategori"] == "Kan ikke afgøres"
    assert any(row["Kategori"].startswith("1801 ") and row["Hører til"] for row in offered)
    lists = {validation.formula1 for validation in book["Stikprøve"].data_validations.dataValidation}
    assert any("Kategorier" in source for source in lists)


def test_a_blind_workbook_does_not_say_what_is_proposed(written):
    _, path = written(is_blind=True)
    assert not {"Foreslået kategori", "Bedømmelse"} & set(cells(path)[0])
    texts = [str(value) for row in cells(path) for value in row.values()]
    assert not [text for text in texts if text.startswith("180101")]


def test_judgements_are_read_back_and_kept_with_function_and_date(written, fill_in):
    town, path = written()
    fill_in(path, {
        ("Stikprøve", 2, "Bedømmelse"): "Rigtig", ("Stikprøve", 2, "Bedømt af (funktion)"): "indkøb",
        ("Stikprøve", 3, "Rigtig kategori"): "Kan ikke afgøres", ("Stikprøve", 3, "Bedømt af (funktion)"): "indkøb",
        ("Stikprøve", 3, "Dato"): date(2026, 1, 2),
    })  # fmt: skip
    outcome = read_audit_workbook(town, path, today=TODAY)
    assert {key: outcome.facts[key] for key in ("judged", "changed", "unanswered", "refused")} == {
        "judged": 2, "changed": 2, "unanswered": 1, "refused": 0,
    }  # fmt: skip
    kept = read_audit_sample(town, period="2025").lines
    assert kept["judged_category_code"].tolist() == ["180101", None, None]
    assert kept["judgement"].tolist() == ["known", "undecidable", None]
    assert kept["judged_date"].tolist()[:2] == [TODAY, date(2026, 1, 2)]


def test_bad_rows_come_back_with_reasons_and_good_ones_are_kept(written, fill_in):
    town, path = written()
    by = "Bedømt af (funktion)"
    fill_in(path, {
        ("Stikprøve", 2, "Bedømmelse"): "Rigtig",  # nobody judged it
        ("Stikprøve", 3, "Rigtig kategori"): "9999 Findes ikke", ("Stikprøve", 3, by): "indkøb",
        ("Stikprøve", 4, "Rigtig kategori"): "0901", ("Stikprøve", 4, by): "indkøb",
    })  # fmt: skip
    outcome = read_audit_workbook(town, path, today=TODAY)
    assert (outcome.facts["judged"], outcome.facts["refused"]) == (1, 2)
    assert any("row 3" in reason and "9999" in reason for reason in outcome.facts["refused_rows"])
    assert len(read_audit_sample(town, period="2025").judged) == 1


@pytest.mark.parametrize(
    ("verdict", "chosen", "right"),
    [
        ("Rigtig", None, "180101"),
        ("right", None, "180101"),
        ("Kun området er rigtigt", None, "18"),
        ("Kun området er rigtigt", "1802", "1802"),
        ("Kun område og gruppe er rigtige", "180102", "180102"),
        ("Forkert", "0901", "0901"),
        (None, "0901 Fødevarer", "0901"),
        ("Forkert", "Kan ikke afgøres", None),
    ],
)
def test_verdict_and_category_together_say_what_is_right(verdict, chosen, right):
    found = judged(verdict, chosen)
    assert found["judged_category_code"] == right
    assert found["judgement"] == ("known" if right else "undecidable")


def judged(verdict, chosen, *, claimed="180101", by="indkøb"):
    from procurement_kit.classifier.tree import standard_tree

    drawn = {("2025", "L1"): {"category_code": claimed, "net_amount": Decimal("1.00")}}
    row = {
        "period": "2025",
        "line_id": "L1",
        "verdict": verdict,
        "right_category": chosen,
        "judged_by": by,
        "judged_date": None,
    }
    return judgement_of(row, drawn, standard_tree(), TODAY)


@pytest.mark.parametrize(
    ("verdict", "chosen", "more", "reason"),
    [
        ("Forkert", None, {}, "right category is missing"),
        ("Forkert", "180101", {}, "180101 was chosen as the right one.* choose «Rigtig», or"),
        ("Forkert", "180102", {}, "shares 1801 with the proposed category; choose «Kun område og gruppe er rigtige»"),
        ("Forkert", "1802", {}, "shares 18 with the proposed category; choose «Kun området er rigtigt», or a category"),
        ("Forkert", "18", {}, "choose «Kun området er rigtigt»"),
        ("Forkert", "180101", {"claimed": "1801"}, "shares 1801 .* choose «Rigtig»"),
        ("Rigtig", "0901", {}, "against each other"),
        ("Rigtig", "Kan ikke afgøres", {}, "against each other"),
        ("Kun området er rigtigt", "180102", {}, "deeper than the judgement"),
        ("Kun område og gruppe er rigtige", None, {"claimed": "18"}, "not so deep"),
        ("Rigtig", None, {"claimed": None}, "no category was proposed"),
        ("Måske", None, {}, "none of the judgements offered"),
        ("Rigtig", None, {"by": None}, "nobody stands"),
    ],
)
def test_what_speaks_against_itself_is_refused(verdict, chosen, more, reason):
    with pytest.raises(ValueError, match=reason):
        judged(verdict, chosen, **more)


def test_wrong_within_the_same_area_comes_back_with_row_reason_and_remedy(written, fill_in):
    town, path = written()
    fill_in(path, {
        ("Stikprøve", 2, "Bedømmelse"): "Forkert", ("Stikprøve", 2, "Rigtig kategori"): "1802",
        ("Stikprøve", 2, "Bedømt af (funktion)"): "indkøb",
    })  # fmt: skip
    outcome = read_audit_workbook(town, path, today=TODAY)
    (reason,) = outcome.facts["refused_rows"]
    assert reason.startswith("row 2: the judgement is «Forkert», but 1802") and "choose «Kun området" in reason
    assert outcome.facts["judged"] == 0


def test_a_line_that_was_not_drawn_is_refused(written, fill_in):
    town, path = written()
    fill_in(path, {("Stikprøve", 2, "Linje-id"): "L9999", ("Stikprøve", 2, "Bedømmelse"): "Rigtig"})
    assert "not one of those drawn" in read_audit_workbook(town, path, today=TODAY).facts["refused_rows"][0]


def test_headings_are_understood_in_both_languages():
    for headings in in_all_languages("audit.headings"):
        known = {word for column in FORM.columns for word in (column.heading, *column.also)}
        assert {headings[column.name] for column in FORM.columns} <= known
    danish, english = in_all_languages("audit.headings")
    assert danish.keys() == english.keys()


def test_a_category_is_known_by_its_code_alone():
    from procurement_kit.classifier.tree import standard_tree

    assert read_category("1801", standard_tree()) == "1801"
    assert read_category("cannot be decided", standard_tree()) == "undecidable"
