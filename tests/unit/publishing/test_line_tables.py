"""Do lines, decisions and questions stand behind the figures, and no person among them?"""

import json
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit import folders, store
from procurement_kit.decision_log import record_decision
from procurement_kit.publishing import outputs
from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.line_tables import decision_table, line_table, question_table, without_personal
from procurement_kit.publishing.outputs import Content, missing_outputs, print_report, write_outputs
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.printing import BROWSER_VARIABLE
from procurement_kit.publishing.recipes import read_recipe

COVER = Cover("Rapport", "Prøveby Kommune", "2025", "", ())


@pytest.fixture
def town(municipality, cube_of):
    """Three lines: one of a company, one of a person, one of another year."""
    line = {"scope_status": "in_scope", "category_source": "rule", "contract_status": "undecidable"}
    lines = cube_of(
        {**line, "net": "600.00", "supplier_key": "n:1", "supplier_label": "=Åløkke A/S", "category_code": "0901",
         "line_text": "Æbler, kontakt 010190-1234", "invoice_date": date(2025, 3, 1)},
        {**line, "net": "300.00", "supplier_key": "p:2", "supplier_label": "Ole Olsen", "line_text": "Til Ole Olsen",
         "supplier_number": "Ole", "invoice_date": date(2025, 2, 1)},
        {**line, "net": "100.00", "supplier_key": "n:3", "supplier_label": "Gammel", "invoice_date": date(2024, 2, 1)},
    )  # fmt: skip
    store.write_dataset(municipality, municipality.folder / "cube" / "lines", lines)
    step = {"line_count": 3, "amount_count": 3, "net_amount": "1000.00"}
    record = {"fingerprint": "x", "steps": {"intake": step}, "caveats": {}}
    folders.write_text(municipality.folder / "cube" / "cube.json", json.dumps(record))
    return municipality


@pytest.fixture
def content(small_recipe, writer):
    return Content(COVER, page_views(read_recipe(small_recipe), writer), {}, (), writer)


def column(view, name):
    place = [made.name for made in view.columns].index(name)
    return [row[place] for row in view.rows]


def test_the_lines_of_the_period_stand_by_date(town, writer):
    view = line_table(town, "2025", writer)
    assert view.title == "Linjer"
    assert column(view, "line_invoice_date") == [date(2025, 2, 1), date(2025, 3, 1)]
    assert column(view, "net_amount") == [Decimal("300.00"), Decimal("600.00")]
    assert all(column(view, "line_id"))


def test_a_person_has_neither_name_nor_number_nor_text(town, writer):
    view = line_table(town, "2025", writer)
    assert "Ole" not in str(view.rows)
    assert column(view, "supplier_label") == ["Privatpersoner (samlet)", "=Åløkke A/S"]
    assert column(view, "bought_text")[0] is None


def test_what_looks_like_a_personal_number_is_blanked(town, writer):
    assert "1234" not in str(line_table(town, "2025", writer).rows)
    assert without_personal([("CPR-ABCDEFGHIJKL", 5)])[0][0] != "CPR-ABCDEFGHIJKL"
    assert without_personal([(1, f"til {'010190'}-{'1234'}"), (2, "faktura 17")]) == [
        (1, "til ******"),
        (2, "faktura 17"),
    ]


def test_without_a_spend_cube_there_are_no_lines(municipality, writer):
    assert line_table(municipality, "2025", writer) is None


def test_decisions_stand_as_they_were_taken(town, writer):
    record_decision(town, kind="vat_basis", what="Uden moms", decided_by="økonomi", amount=Decimal("5"))
    view = decision_table(town, writer)
    assert column(view, "log_kind") == ["Moms"]
    assert column(view, "log_decision") == ["Uden moms"]


def test_questions_stand_by_kroner_with_their_state(town, writer):
    small = {"kind": "scope", "concerns": "A", "line_count": 1, "net_amount": "5.00", "asked_date": "2026-01-01"}
    asked = {"q1": small, "q2": {**small, "kind": "unit", "net_amount": "-70.00"}}
    folders.write_text(town.folder / "dialogue" / "questions.json", json.dumps(asked))
    record_decision(town, kind="answer", what="Indkøb", decided_by="økonomi", question_id="q1")
    view = question_table(town, writer)
    assert column(view, "asked_kind") == ["Enhed", "Omfang"]
    assert column(view, "is_answered") == ["nej", "ja"]


def test_the_workbook_has_them_as_tables(town, content, tmp_path):
    write_outputs(tmp_path, ("report.html", "report.xlsx"), content, town, "2025")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames[-3:] == ["Linjer", "Beslutningslog", "Spørgsmål"]
    assert all(book[name].tables and book[name].freeze_panes for name in book.sheetnames[-3:])
    assert [cell.data_type for cell in book["Linjer"]["D"]] == ["s", "s", "s"]
    assert missing_outputs(tmp_path, ("report.html", "report.pptx", "report.pdf")) == ["report.pptx"]


def test_more_lines_than_a_sheet_holds_are_never_cut_silently(town, content, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "EXCEL_ROWS", 2)
    write_outputs(tmp_path, ("report.html", "report.xlsx"), content, town, "2025")
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")["Linjer"]
    assert "2\u00a0fakturalinjer" in sheet["A1"].value
    assert "lines.csv" in sheet["A1"].value
    lines = (tmp_path / "lines.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "'=Åløkke A/S" in lines[2]


def test_a_missing_browser_is_a_note(tmp_path, monkeypatch):
    monkeypatch.setenv(BROWSER_VARIABLE, "none")
    assert "no browser is found" in print_report(tmp_path, ("report.html", "report.pdf"))
    assert print_report(tmp_path, ("report.html",)) == ""
