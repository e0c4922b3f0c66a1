"""Does hostile text stand as text in every file of a report, and is every file the same on a rerun?"""

import csv
import io
import shutil
import subprocess

import openpyxl
import pyarrow.parquet as pq
import pytest
from pptx import Presentation

from procurement_kit.outgoing import visible_text
from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.outputs import Content, write_outputs
from procurement_kit.publishing.pages import page_views, table_view
from procurement_kit.publishing.recipes import read_recipe

OUTPUTS = ("report.html", "report.xlsx", "report.pptx", "findings")
HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("http://x")', "\u202eevil\u202c " + "Æ" * 300)
AREA = "🥦 {{ 7*7 }} <b onclick='x'>"
PAGE = '[[pages]]\nkey = "suppliers"\nnumber = 6\nfindings = ["tail", "spend"]\ntable = "spend.top_suppliers"\n'


@pytest.fixture
def content(small_recipe, writer, spend):
    """A report whose suppliers and categories are written by somebody who wishes us ill."""
    spend.tables["top_suppliers"]["supplier_label"] = list(HOSTILE)
    spend.tables["top_suppliers"]["supplier_group"] = "supplier"
    spend.tables["by_area"]["category_name_da"] = ["Pleje", AREA, None]
    small_recipe.write_text(small_recipe.read_text(encoding="utf-8") + PAGE, encoding="utf-8")
    writer = type(writer)(writer.formats, {**writer.findings, "spend": spend}, writer.context)
    pages = page_views(read_recipe(small_recipe), writer)
    full = {"Alle leverandører": table_view(writer, "spend", "top_suppliers")}
    return Content(Cover(AREA, HOSTILE[0], "2025", "", ()), pages, full, (spend,), writer)


@pytest.fixture
def folder(content, municipality, tmp_path):
    write_outputs(tmp_path / "a", OUTPUTS, content, municipality, "2025")
    return tmp_path / "a"


def test_the_page_shows_it_and_runs_none_of_it(folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html.count("<script") == 1
    assert "<b onclick" not in html
    shown = visible_text(html)
    assert all(text in shown for text in HOSTILE[:2])
    assert "{{ 7*7 }}" in shown
    assert "Æ" * 300 in shown


def test_the_workbook_holds_it_as_text(folder):
    book = openpyxl.load_workbook(folder / "report.xlsx")
    cells = [cell for cell in book["Alle leverandører"]["B"] if cell.value in HOSTILE[:2]]
    assert len(cells) == 2
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_the_slides_hold_it_as_text_and_cut_what_is_long(folder):
    slides = Presentation(folder / "report.pptx").slides
    tables = [shape.table for slide in slides for shape in slide.shapes if shape.has_table]
    cells = [cell.text for table in tables for row in table.rows for cell in row.cells]
    assert set(HOSTILE[:2]) <= set(cells)
    assert max(map(len, cells)) <= 44
    assert slides[0].shapes.title.text_frame.text == f"{HOSTILE[0]} · 2025"


def test_the_files_for_programs_hold_all_of_it(folder):
    column = pq.read_table(folder / "findings" / "spend.top_suppliers.parquet")["supplier_label"]
    assert column.to_pylist() == list(HOSTILE)
    text = (folder / "findings" / "spend.top_suppliers.csv").read_text(encoding="utf-8-sig")
    labels = [row["supplier_label"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]
    assert labels == [HOSTILE[0], f"'{HOSTILE[1]}", HOSTILE[2]]


def test_a_rerun_gives_the_same_bytes(folder, content, municipality, tmp_path):
    write_outputs(tmp_path / "b", OUTPUTS, content, municipality, "2025")
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for name in files:
        assert (folder / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("name", ["report.xlsx", "report.pptx"])
def test_it_opens_in_libreoffice(folder, tmp_path, name):
    soffice = shutil.which("soffice")
    if not soffice:
        pytest.skip("no LibreOffice found: the file cannot be opened in it")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(folder / name)]
    subprocess.run(command, capture_output=True, timeout=170, check=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
