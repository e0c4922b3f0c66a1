"""Does every page become a slide with its sentence, its figure and its source?"""

import io
from types import SimpleNamespace

import pytest
from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Inches

from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.slides import COLUMNS_SHOWN, LETTER, MARGIN, WIDTH, _set_widths, write_slides

COVER = Cover("Rapport", "Prøveby Kommune", "2025", "95 % placeret", ("Ikke afstemt.",))


@pytest.fixture
def pages(small_recipe, writer):
    return page_views(read_recipe(small_recipe), writer)


@pytest.fixture
def deck(tmp_path, pages):
    write_slides(tmp_path / "report.pptx", COVER, pages)
    return Presentation(tmp_path / "report.pptx")


def texts(slide):
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def test_one_slide_per_page_after_the_cover(deck, pages):
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles == ["Prøveby Kommune · 2025", *(page.headline for page in pages)]
    assert "Ikke afstemt." in "\n".join(texts(deck.slides[0]))


def test_a_figure_is_the_same_drawing_with_words_for_those_who_cannot_see_it(deck, pages):
    slide, page = next((s, p) for s, p in zip(list(deck.slides)[1:], pages, strict=True) if p.drawing)
    (picture,) = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
    assert picture._element.nvPicPr.cNvPr.get("descr") == page.drawing.alt
    assert page.drawing.title in texts(slide)
    assert picture.left >= 0
    assert picture.left + picture.width <= deck.slide_width
    assert picture.top + picture.height <= deck.slide_height
    width, height = Image.open(io.BytesIO(picture.image.blob)).size
    assert abs(picture.width / picture.height - width / height) < 0.01


def test_the_source_stands_on_every_page_that_has_one(deck, pages):
    for slide, page in zip(list(deck.slides)[1:], pages, strict=True):
        assert not page.foot or page.foot in texts(slide)


def test_a_table_shows_its_first_rows_as_text(deck, pages):
    slide, page = next(
        (s, p) for s, p in zip(list(deck.slides)[1:], pages, strict=True) if p.table and not p.drawing and not p.tiles
    )
    (table,) = [shape.table for shape in slide.shapes if shape.has_table]
    assert len(table.columns) == min(len(page.table.columns), COLUMNS_SHOWN)
    assert table.cell(1, 0).text == page.table.cells[0][0]


def test_cells_stay_on_one_line_where_the_slide_has_room_for_them():
    headings = ["Kommune", *["Uden om forpligtende aftale, t.kr."] * 4, "Andel"]
    lines = [headings, ["Gyvelsund Kommune", *["1.564"] * 4, "12 %"]]
    columns = [SimpleNamespace(width=0) for _ in lines[0]]
    _set_widths(SimpleNamespace(columns=columns), lines)
    inches = [column.width / Inches(1) for column in columns]
    assert inches[0] >= len("Gyvelsund Kommune") * LETTER
    assert sum(inches) == pytest.approx(WIDTH - 2 * MARGIN, abs=0.01)


def test_two_runs_give_the_same_bytes(tmp_path, pages):
    for name in ("one", "two"):
        write_slides(tmp_path / f"{name}.pptx", COVER, pages)
    assert (tmp_path / "one.pptx").read_bytes() == (tmp_path / "two.pptx").read_bytes()


def test_characters_that_no_file_can_hold_are_left_out(tmp_path, pages):
    write_slides(tmp_path / "a.pptx", Cover("R\x00", "By\x0b", "2025", "\ufffe", ()), pages[:1])
    assert Presentation(tmp_path / "a.pptx").slides[0].shapes.title.text_frame.text == "By · 2025"
