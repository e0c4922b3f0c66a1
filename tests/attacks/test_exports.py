"""Text that a spreadsheet would compute, or a browser would run, leaves the house as plain text in every file."""

import csv
import io
import json
import re
import zipfile
from datetime import date

import pytest
from openpyxl import load_workbook

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
FORMULA = '=HYPERLINK("http://localhost:9/?"&A1;"Klik")'
HOSTILE = [FORMULA, "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1"]
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
NUMBER = re.compile(r"[-+]?[\d.]*\d(,\d+)?%?")
HEADINGS = "Bilagsnummer;Fakturadato;CVR;Leverandør;Tekst;Konto;Omkostningssted;Beløb ekskl. moms\r\n"


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def is_computed(cell):
    """Whether Excel would take a cell of a CSV file for a formula."""
    return cell.startswith(STARTS) and not NUMBER.fullmatch(cell.strip())


def computed_cells(path):
    """The cells of a workbook or CSV file that a spreadsheet program would compute."""
    if path.suffix == ".csv":
        text = path.read_bytes().decode("utf-8-sig")
        delimiter = max(";,\t", key=text.split("\n", 1)[0].count)
        return [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row if is_computed(cell)]
    with zipfile.ZipFile(path) as archive:
        raw = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in part or b"<f " in part or b"http://localhost:9" in part for part in raw)
    cells = [cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row]
    return [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink and cell.hyperlink.target]


def report_on_hostile_texts(municipality, folder):
    """Report, questions and decisions of a municipality whose ledger is full of formulas and scripts."""
    from procurement_kit import workbench
    from procurement_kit.decision_log import record_decision
    from procurement_kit.dialogue.decisions import write_decision_log
    from procurement_kit.dialogue.questions import write_questions
    from procurement_kit.intake.load import import_files

    rows = HEADINGS
    for number, text in enumerate([*HOSTILE, SCRIPT] * 3):
        texts = [quoted(text)] * 2
        rows += (
            f"{quoted(text)};{number % 27 + 1:02d}-03-2025;;{';'.join(texts)};{quoted(text)};{quoted(text)};1000,00\r\n"
        )
    (folder / "=1+1.csv").write_bytes(rows.encode())
    report = import_files(municipality, [folder / "=1+1.csv"], profile="ledger_dk").as_dict()
    assert report["lines_taken"] == 21
    workbench.make_report(municipality.name, "2025")
    write_questions(municipality, today=date(2025, 4, 1))
    record_decision(municipality, kind="other", what=FORMULA, decided_by="indkøbschef", today=date(2025, 4, 1))
    write_decision_log(municipality, date(2025, 4, 1))


def test_no_workbook_or_list_holds_a_formula_no_page_a_script_and_the_text_is_there(municipality, tmp_path):
    """It is neutralised, not deleted: an auditor must find what the ledger said."""
    report_on_hostile_texts(municipality, tmp_path)
    files = [path for path in municipality.folder.rglob("*") if path.suffix in (".xlsx", ".csv")]
    assert {path.suffix for path in files} == {".xlsx", ".csv"}
    assert {path.name: found for path in files if (found := computed_cells(path))} == {}
    pages = list(municipality.folder.rglob("*.html"))
    assert "report.html" in {page.name for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script>alert(1)" not in text and "<img src=x" not in text
    for path in [*municipality.folder.rglob("*.json"), *municipality.folder.rglob("*.ipynb")]:
        json.loads(path.read_text(encoding="utf-8"))
    book = load_workbook(next(municipality.folder.rglob("report.xlsx")))
    values = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value}
    assert any(FORMULA in value for value in values)


def test_blank_tables_and_their_workbooks_hold_no_formula(tmp_path):
    from procurement_kit.templates import write_templates

    files = [path for path in write_templates(tmp_path / "templates") if path.suffix in (".xlsx", ".csv")]
    assert len(files) > 4
    assert {path.name: found for path in files if (found := computed_cells(path))} == {}


def test_what_was_taken_back_is_listed_without_a_formula(municipality, tmp_path):
    """A file may be called anything: its name stands in the list of what was taken back."""
    from procurement_kit.intake.load import import_files
    from procurement_kit.intake.taken_back import list_duplicates, take_back

    row = "1;01-03-2025;99999993;X;t;29;1;100,00\r\n"
    (tmp_path / "a.csv").write_bytes((HEADINGS + row).encode())
    (tmp_path / "=1+1.csv").write_bytes((HEADINGS + row + row.replace("1;01", "2;01")).encode())
    import_files(municipality, [tmp_path / "a.csv"], profile="ledger_dk")
    import_files(municipality, [tmp_path / "=1+1.csv"], profile="ledger_dk")
    duplicates = list_duplicates(municipality)
    assert len(duplicates) > 0
    take_back(municipality, list(duplicates["document_id"]), decided_by="indkøbschef", today=date(2025, 4, 1))
    lists = [path for path in municipality.folder.glob("*.csv") if computed_cells(path)]
    assert lists == []
    assert len(list_duplicates(municipality)) == len(duplicates)


@pytest.mark.parametrize(("cell", "expected"), [("=1", True), ("-1.234,50", False), ("'=1", False), ("\t=1", True)])
def test_the_measure_of_these_tests_is_right(cell, expected):
    assert is_computed(cell) == expected
