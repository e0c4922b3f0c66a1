"""Do the commands around audit and labelling draw, read back and say what they found?"""

import json
import shutil

import openpyxl
import pytest
from typer.testing import CliRunner

from procurement_kit import auditing, workbench
from procurement_kit.__main__ import app
from procurement_kit.errors import ParameterError
from tests.unit.steps.conftest import import_lines

PERIOD = "2025"
GOODS = ("Mælk", "Kopipapir", "Opgave", "Diverse")
RULES = "Regel;Tekst;Kategorikode\r\nR-1;Mælk;0901\r\nR-2;Kopipapir;1801\r\nR-3;Opgave;1101\r\n"


def judged(path, category=None):
    """Everything right, but for the first line where a category is given."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, places["Bedømt af (funktion)"]).value = "indkøb"
        proposed = sheet.cell(row, places["Foreslået kategori"]).value
        if (category and row == 2) or proposed == "Ikke kategoriseret":
            sheet.cell(row, places["Rigtig kategori"]).value = category or "0901"
        else:
            sheet.cell(row, places["Bedømmelse"]).value = "Rigtig"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def placed(lasting_municipality):
    """Eighty lines of much the same size, three quarters of them placed by rules; made once."""
    (lasting_municipality.folder / "rules.csv").write_text(RULES, "utf-8")
    lines = [
        {"supplier_name": f"{what} ApS", "line_text": f"{what} {letter}", "net": f"{1000 + number}.50"}
        for what in GOODS
        for number, letter in enumerate("abcdefghijklmnopqrst")
    ]
    import_lines(lasting_municipality, "first", [line | {"line_kind": "item", "art_code": "29"} for line in lines])
    workbench.classify_lines(lasting_municipality)
    return lasting_municipality


@pytest.fixture
def town(placed, tmp_path, monkeypatch):
    """A copy that may be changed."""
    shutil.copytree(placed.folder, tmp_path / "data" / placed.name)
    monkeypatch.setenv("PROCUREMENT_DATA", str(tmp_path / "data"))
    return placed.name


def test_a_sample_is_drawn_judged_and_told(town, tmp_path):
    drawn = auditing.draw_audit(town, PERIOD, count=40)
    assert drawn.facts["drawn"] == 40
    path = judged(drawn.facts["paths"]["sample"], "0901")
    read = auditing.read_audit(town, path)
    assert (read.facts["judged"], read.facts["refused"]) == (40, 0)
    wrong = read.facts["accuracy"][PERIOD]["wrong_1_share"]
    assert wrong["low"] <= wrong["value"] <= wrong["high"]
    assert any("wrong area" in line for line in read.sentences)
    assert auditing.draw_audit(town, PERIOD, count=40).facts["judged"] == 40
    with pytest.raises(ParameterError):
        auditing.draw_audit(town, PERIOD, count=41)


def test_the_report_then_carries_intervals_and_says_what_is_not_decided(town):
    from procurement_kit.outgoing import visible_text
    from procurement_kit.store import open_municipality
    from procurement_kit.workbench import render_report

    sample = auditing.draw_audit(town, PERIOD, count=40).facts["paths"]["sample"]
    auditing.read_audit(town, judged(sample))
    folder = render_report(open_municipality(town), PERIOD)
    words = visible_text((folder / "report.html").read_text(encoding="utf-8")).replace("\u00a0", " ")
    assert "rangfølgen er ikke afgjort" in words
    assert "Rigtigt beløb, mindst (95 %)" in words
    assert "Ingen stikprøve af linjer er bedømt" not in words
    assert "Kroner i forkerte kategorier, målt på en stikprøve" in words


def test_two_labellers_are_compared_and_kept_only_on_demand(town):
    drawn = auditing.draw_labelling(town, count=20)
    paths = list(drawn.facts["paths"].values())
    for path in paths:
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        places = {cell.value: cell.column for cell in sheet[1]}
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, places["Kategori"]).value = "0901" if row % 2 else "1801"
        book.save(path)
    compared = auditing.compare_labelling(town, paths)
    assert (compared.facts["drawn_line_count"], compared.facts["line_count"], compared.facts["kept"]) == (20, 20, 0)
    assert any("kappa" in line for line in compared.sentences)
    with pytest.raises(ParameterError):
        auditing.compare_labelling(town, paths, keep=True)
    with pytest.raises(ParameterError, match="named twice"):
        auditing.compare_labelling(town, [paths[0], paths[0]], keep=True, by="indkøb")
    for path in paths:
        label_alike(path)
    agreed = auditing.compare_labelling(town, paths, keep=True, by="indkøb")
    assert 0 < agreed.facts["kept"] <= 20
    assert agreed.facts["kappa_2"] == 1


def label_alike(path):
    """Label each line by its identity, so that both workbooks say the same of it, whatever their order."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        identity = str(sheet.cell(row, 1).value)
        sheet.cell(row, places["Kategori"]).value = "0901" if sum(map(ord, identity)) % 2 else "1801"
    book.save(path)


def test_the_commands_answer_in_json(town):
    run = CliRunner().invoke(app, ["audit", town, "--count", "5", "--period", PERIOD, "--json"])
    assert json.loads(run.stdout)["drawn"] == 5
    run = CliRunner().invoke(app, ["labellers", town, "--count", "5", "--json"])
    facts = json.loads(run.stdout)
    assert facts["drawn"] == 5
    run = CliRunner().invoke(app, ["labellers", town, "--read", *facts["paths"].values()])
    assert "NoDataError" in repr(run.exception) or run.exit_code == 16


def test_amounts_say_whether_credits_count_by_sign_or_by_size(town, tmp_path):
    drawn = auditing.draw_audit(town, PERIOD, count=40)
    told = auditing.read_audit(town, judged(drawn.facts["paths"]["sample"])).facts["accuracy"][PERIOD]
    assert told["net_amount"]["value"] == told["absolute_amount"]["value"] > told["placed_1_amount"]["value"] > 0
    assert "audited_amount" not in told


def test_one_file_to_read_does_not_swallow_the_next_option(town, tmp_path):
    run = CliRunner().invoke(app, ["labellers", town, "--read", "a.xlsx", "--data", str(tmp_path)])
    assert run.exit_code == 2
    assert "two files are needed" in run.output and "«--data» stands where a file is expected" in run.output


@pytest.mark.parametrize(
    ("words", "todo"),
    [
        (["--read", "a.xlsx", "b.xlsx", "--keep"], "--by indkøbskonsulent"),
        (["--keep", "--by", "indkøb"], "add --read with both files"),
        (["--read", "a.xlsx", "b.xlsx", "--by", "indkøb"], "add --keep"),
    ],
)
def test_keeping_says_what_it_needs(town, words, todo):
    run = CliRunner().invoke(app, ["labellers", town, *words])
    assert isinstance(run.exception, ParameterError)
    assert todo in run.exception.todo
