from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import openpyxl
import pytest

from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.pages import page_views, table_view
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.workbook import write_workbook

COVER = Cover("Rapport", "Prøveby Kommune", "2025", "95 % placeret", ())


def write(path, writer):
    pages = page_views(read_recipe("municipal_report"), writer)
    full = {"Alle leverandører": table_view(writer, "spend", "top_suppliers")}
    write_workbook(path, COVER, pages, full, writer)
    return path


@pytest.fixture
def book(tmp_path, writer, spend):
    spend.tables["top_suppliers"]["supplier_number"] = ["01234567", "+4512345678", None]
    return openpyxl.load_workbook(write(tmp_path / "report.xlsx", writer))


def column(sheet, heading):
    place = next(cell.column for cell in sheet[1] if cell.value == heading)
    return [sheet.cell(row, place) for row in range(2, sheet.max_row + 1)]


def test_sheets_have_the_pages_numbers(book):
    assert book.sheetnames == [
        "Forside", "Læsevejledning", *(f"S{number:02d}" for number in range(1, 14)), "Alle leverandører",
    ]  # fmt: skip


def test_the_front_lists_every_page(book):
    lines = [cell.value for cell in book["Forside"]["B"] if cell.value]
    assert lines[0] == "Rapport · Prøveby Kommune · 2025"
    assert any("Aftaler og loyalitet: 75" in line for line in lines)
    assert book["Forside"]["A4"].hyperlink.location == "'S01'!A1"


def test_tables_are_real_tables_with_danish_headings(book):
    sheet = book["Alle leverandører"]
    (made,) = sheet.tables.values()
    assert made.ref == "A1:J4"
    assert [cell.value for cell in sheet[1]][:2] == ["Nr.", "Leverandør"]
    assert sheet.freeze_panes == "B2"
    assert len(book["S03"].tables) == 2


def test_numbers_are_numbers_and_text_is_text(book):
    sheet = book["Alle leverandører"]
    amount = column(sheet, "Beløb ekskl. moms")[0]
    assert Decimal(str(amount.value)) == Decimal("600000")
    assert amount.number_format == "#,##0.00"
    assert column(sheet, "Andel")[0].number_format == "0.0%"
    numbers = column(sheet, "CVR-nummer")
    assert [cell.value for cell in numbers[:2]] == ["01234567", "+4512345678"]
    assert {cell.data_type for cell in numbers[:2]} == {"s"}


def test_a_heading_stands_over_its_values_and_a_text_apart_from_the_number_before_it(book):
    sheet = book["Alle leverandører"]
    places = {cell.value: cell for cell in sheet[1]}
    assert places["Beløb ekskl. moms"].alignment.horizontal == "right"
    assert places["Leverandør"].alignment.horizontal != "right"
    pairs = [pair for sheet in book.worksheets for row in sheet.iter_rows() for pair in pairwise(row)]
    beside = [text for number, text in pairs if isinstance(number.value, int | float) and isinstance(text.value, str)]
    assert beside and all(cell.alignment.indent == 1 for cell in beside)


def test_a_long_text_in_a_short_table_is_whole(tmp_path, writer, spend):
    spend.tables["top_suppliers"]["supplier_label"] = ["En leverandør med et meget langt navn " * 3, "B", "C"]
    sheet = openpyxl.load_workbook(write(tmp_path / "report.xlsx", writer))["Alle leverandører"]
    assert column(sheet, "Leverandør")[0].alignment.wrap_text
    assert sheet.row_dimensions[2].height == 45 and sheet.row_dimensions[3].height is None
    assert not column(sheet, "Beløb ekskl. moms")[0].alignment.wrap_text


def test_text_from_the_data_never_becomes_a_formula(book):
    cell = column(book["Alle leverandører"], "Leverandør")[1]
    assert cell.value == "=Grønt & Frugt ApS"
    assert cell.data_type == "s"
    formulas = [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert not formulas


def test_the_workbook_has_all_rows_where_the_page_shows_some(book):
    sheet = book["S07"]
    assert {made.name for made in sheet.tables.values()} == {"t_s07_tail_by_group", "t_s07_tail_definitions"}


def test_two_runs_give_the_same_bytes(tmp_path, writer):
    one, two = write(tmp_path / "one.xlsx", writer), write(tmp_path / "two.xlsx", writer)
    assert one.read_bytes() == two.read_bytes()


def test_tables_for_the_workbook_alone_stand_on_its_sheet_and_not_on_the_page(tmp_path, writer):
    recipe = read_recipe("municipal_report")
    pages = tuple(replace(page, workbook_tables=("tail.pareto", "concentration.whole")) for page in recipe.pages)
    views = page_views(replace(recipe, pages=pages), writer)
    view = next(page for page in views if page.key == "tail")
    assert [table.key for table in view.workbook_tables] == ["tail_pareto"]  # the other finding was not made
    assert "tail_pareto" not in [table.key for table in view.more_tables]
    write_workbook(tmp_path / "report.xlsx", COVER, (view,), {}, writer)
    assert "t_s07_tail_pareto" in openpyxl.load_workbook(tmp_path / "report.xlsx")["S07"].tables
