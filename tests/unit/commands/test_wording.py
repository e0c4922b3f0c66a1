"""Do answers on the terminal read well where there is one of a thing: no «1 lines», no two full stops, one language?"""

import re

import openpyxl
import pytest
from typer.testing import CliRunner

from procurement_kit.__main__ import app
from procurement_kit.workbench import classify_lines
from tests.unit.steps.conftest import import_lines

PLURALS = (
    "lines|rows|decisions|rules|categories|files|documents|groups|areas|spellings|questions|answers|points|judgements|"
    "conflicts|cells|phrases|suppliers|invoice lines|distinct lines|labelled lines"
)
NOT_IN_ENGLISH = re.compile(r"\b(er|og|ikke|linje|linjer|beslutning|rækken)\b")
LINES = [{"supplier_name": "Mælk ApS", "line_text": "Mælk", "net": "100.00", "line_kind": "item", "art_code": "29"}]


@pytest.fixture(scope="module")
def town(lasting_municipality):
    """One line, one rule, one decision."""
    folder = lasting_municipality.folder
    (folder / "rules.csv").write_text("Regel;Tekst;Kategorikode\r\nR-1;Mælk;0901\r\n", "utf-8")
    (folder / "decisions.csv").write_text(
        "Leverandør;Tekst;Kategorikode;Besluttet af;Dato\r\nMælk ApS;Mælk;0902;indkøb;01-02-2026\r\n", "utf-8"
    )
    import_lines(lasting_municipality, "first", LINES)
    classify_lines(lasting_municipality)
    return lasting_municipality


def answered(*words: str) -> str:
    run = CliRunner().invoke(app, list(words))
    return run.output + (str(run.exception) if run.exception else "")


def refuse_awkward(told: str) -> None:
    assert told.strip()
    assert not re.findall(rf"(?<![\d.,])1 (?:{PLURALS})\b", told), told
    assert not re.findall(r"(?<!\.)[.?!]\.(?![./\w])", told), told


@pytest.mark.parametrize(
    "words",
    [
        ["classify"], ["rules"], ["rules", "--add", "0903", "--text", "Mælk"], ["review"],
        ["review", "--propose-rules"], ["audit", "--count", "1", "--period", "2025"], ["labellers", "--count", "1"],
        ["questions"], ["duplicates"], ["decisions"], ["request"], ["tree"], ["close"], ["compare"], ["adopt"],
        ["evaluate"], ["train", "--until", "i går"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_one_of_a_thing_is_not_several(town, words):
    refuse_awkward(answered(words[0], town.name, *words[1:]))


def test_a_municipality_without_classifier_is_told_to_train(town):
    told = answered("classify", town.name)
    assert "1 line stands in the spend cube: 1 by " in told
    assert (
        f"There is no classifier yet, so only rules and decisions place lines. Next: procurement-kit train {town.name}"
        in told
    )


def filled(path, **cells: str):
    """The first row of a workbook with these cells, and the same workbook again."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {str(cell.value).split(" ")[0].lower(): cell.column for cell in sheet[1]}
    for heading, value in cells.items():
        sheet.cell(2, places[heading]).value = value
    book.save(path)
    return str(path)


def test_a_row_that_comes_back_has_one_full_stop_and_english_words(town):
    answered("audit", town.name, "--count", "1", "--period", "2025")
    sample = filled(town.folder / "review" / "stikprøve-2025.xlsx", rigtig="090x", bedømt="indkøb")
    told = answered("audit", town.name, "--read", sample)
    assert "Not used: row 2" in told
    refuse_awkward(told)


def test_a_review_that_comes_back_is_told_in_english(town):
    answered("review", town.name)
    path = next((town.folder / "review").glob("gennemgang*.xlsx"))
    told = answered("review", town.name, "--read", filled(path, kategori="99x"))
    assert "1 row could not be used" in told
    assert "row 2: The group id was not given out from here. Write a new review." in told
    assert not NOT_IN_ENGLISH.search(told)
    refuse_awkward(told)
