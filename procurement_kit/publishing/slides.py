"""How do the pages become slides that a consultant presents from?

One slide per page: the headline as title, the page's figure (or its tiles, its first rows, its sentences) and the
foot line as source. The figure is a picture of the drawing that the HTML shows. The same pages give the same bytes.
"""

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.publishing.drawings import INK, MUTED, Drawing
from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.pages import PageView, TableView

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.table import Table

CREATED = datetime(2000, 1, 1)
ZIP_TIME = (2000, 1, 1, 0, 0, 0)
WIDTH, HEIGHT, MARGIN, TOP, BOTTOM = 13.333, 7.5, 0.6, 1.55, 6.75  # inches; a wide slide
ROWS_SHOWN, COLUMNS_SHOWN, CELL_LENGTH, NARROWEST = 9, 6, 44, 9
LOGO_HEIGHT = 0.8  # inches
LETTER, PADDING = 0.105, 0.25  # inches of a heading's letter, and of a cell's margins
TITLE_LAYOUT = 5  # of python-pptx's own template: a title and nothing else
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_slides(path: Path, cover: Cover, pages: tuple[PageView, ...]) -> None:
    """Write the report's slides.

    Parameters
    ----------
    path : Path
        Where to write them.
    cover : Cover
        Title, municipality, period, and why the report is preliminary, if it is.
    pages : tuple of PageView
        Filled pages; each becomes a slide, after one for the cover.
    """
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _set_properties(deck, cover)
    front = _slide(deck, f"{cover.municipality} · {cover.period}")
    of_client = [f"{cover.title} · {cover.style.name}" if cover.style.name else cover.title]
    _write_lines(front, [*of_client, cover.data_line, *cover.preliminary], TOP, 20)
    _write_logo(front, cover)
    for page in pages:
        _write_page(_slide(deck, page.headline), page, cover.style.accent)
    content = io.BytesIO()
    deck.save(content)
    path.write_bytes(_zipped_again(content.getvalue()))


def _set_properties(deck: "Presentation", cover: Cover) -> None:
    properties = deck.core_properties
    properties.title = _plain(f"{cover.title}: {cover.municipality}")[:255]
    properties.author, properties.last_modified_by, properties.revision = "procurement_kit", "procurement_kit", 1
    properties.created = properties.modified = CREATED


def _slide(deck: "Presentation", title: str) -> "Slide":
    from pptx.util import Inches, Pt

    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_LAYOUT])
    shape = slide.shapes.title
    shape.left, shape.top = Inches(MARGIN), Inches(0.35)
    shape.width, shape.height = Inches(WIDTH - 2 * MARGIN), Inches(1.1)
    shape.text_frame.word_wrap = True
    _fill(shape, [title], 26 if len(title) < 120 else 18, bold=True)
    shape.text_frame.paragraphs[0].line_spacing = Pt(30 if len(title) < 120 else 22)
    return slide


def _write_page(slide: "Slide", page: PageView, accent: str) -> None:
    if page.drawing:
        _write_picture(slide, page.drawing)
    elif page.tiles:
        _write_lines(slide, [f"{tile.label}: {tile.value} – {tile.note}" for tile in page.tiles], TOP, 18)
    elif page.table:
        _write_table(slide, page.table, accent)
    else:
        said = [sentence for _, sentences in page.lists for sentence in sentences]
        _write_lines(slide, [page.missing, page.text, page.means, *said][:8], TOP, 16)
    _write_lines(slide, [page.foot], BOTTOM, 10, colour=MUTED)


def _write_logo(slide: "Slide", cover: Cover) -> None:
    from pptx.util import Inches

    if cover.style.logo:
        logo = slide.shapes.add_picture(io.BytesIO(cover.style.logo), 0, 0, height=Inches(LOGO_HEIGHT))
        logo.left, logo.top = Inches(MARGIN), Inches(BOTTOM - LOGO_HEIGHT)
        logo._element.nvPicPr.cNvPr.set("descr", _plain(cover.style.name or cover.municipality))  # noqa: SLF001


def _write_picture(slide: "Slide", drawing: Drawing) -> None:
    """The figure as large as the slide allows, with its sentence above it and words for those who cannot see it."""
    from pptx.util import Inches

    _write_lines(slide, [drawing.title], TOP - 0.1, 14, bold=True)
    top, room = TOP + 0.35, BOTTOM - TOP - 0.45
    picture = slide.shapes.add_picture(io.BytesIO(drawing.png()), Inches(MARGIN), Inches(top))
    scale = min(Inches(WIDTH - 2 * MARGIN) / picture.width, Inches(room) / picture.height)
    picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
    picture.left = int((Inches(WIDTH) - picture.width) / 2)
    picture._element.nvPicPr.cNvPr.set("descr", _plain(drawing.alt))  # noqa: SLF001 (no public name for it)


def _write_table(slide: "Slide", table: TableView, accent: str) -> None:
    """The first rows and columns; how many rows there are more is said below."""
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    columns, rows = table.columns[:COLUMNS_SHOWN], table.cells[:ROWS_SHOWN]
    place = (Inches(MARGIN), Inches(TOP + 0.35), Inches(WIDTH - 2 * MARGIN), Inches(0.34 * (len(rows) + 1)))
    _write_lines(slide, [table.title], TOP - 0.1, 14, bold=True)
    made = slide.shapes.add_table(len(rows) + 1, len(columns), *place).table
    headings = [f"{column.heading}, {column.note}" if column.note else column.heading for column in columns]
    lines = [[_shortened(text) for text in line[: len(columns)]] for line in (headings, *rows)]
    _set_widths(made, lines)
    for number, line in enumerate(lines):
        for spot, column in enumerate(columns):
            cell = made.cell(number, spot)
            cell.text, cell.margin_top, cell.margin_bottom = line[spot], Inches(0.03), Inches(0.03)
            cell.text_frame.paragraphs[0].font.size = Pt(11)
            cell.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if column.is_number else PP_ALIGN.LEFT
            if number == 0:
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string(accent[1:].upper())
    if hidden := len(table.cells) - len(rows):
        _write_lines(slide, [f"+ {hidden} · report.xlsx"], BOTTOM - 0.3, 10, colour=MUTED)


def _set_widths(table: "Table", lines: list[list[str]]) -> None:
    """Give each column room for its longest cell and the longest word of its heading, then for its whole heading.

    Where that is more than the slide has, columns share its width by their longest texts, so that most rows are one
    line high; none becomes too narrow for the longest word of its heading.
    """
    from pptx.util import Inches

    columns, whole = list(zip(*lines, strict=True)), WIDTH - 2 * MARGIN
    least = [LETTER * max(map(len, heading.split()), default=0) + PADDING for heading, *_ in columns]
    needs = [max(NARROWEST, *map(len, texts)) for texts in columns]
    roomy = [max(own, LETTER * max(map(len, cells), default=0) + PADDING)
             for own, (_, *cells) in zip(least, columns, strict=True)]  # fmt: skip
    if sum(roomy) <= whole:
        least = roomy
    rest = max(0.0, whole - sum(least))
    for column, own, need in zip(table.columns, least, needs, strict=True):
        column.width = int(Inches(own + rest * need / sum(needs)))


def _write_lines(
    slide: "Slide", lines: list[str], top: float, size: int, *, bold: bool = False, colour: str = INK
) -> None:
    from pptx.util import Inches

    if shown := [line for line in lines if line]:
        box = (Inches(MARGIN), Inches(top), Inches(WIDTH - 2 * MARGIN), Inches(0.4 * len(shown)))
        shape = slide.shapes.add_textbox(*box)
        shape.text_frame.word_wrap = True
        _fill(shape, shown, size, bold=bold, colour=colour)


def _fill(shape: "BaseShape", lines: list[str], size: int, *, bold: bool = False, colour: str = INK) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame = shape.text_frame
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = _plain(line)
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour.lstrip("#").upper())
        paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(size / 2)


def _plain(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _CONTROL.sub("", text)


def _shortened(text: str) -> str:
    text = " ".join(_plain(text).split())
    return text if len(text) <= CELL_LENGTH else f"{text[: CELL_LENGTH - 1]}…"


def _zipped_again(content: bytes) -> bytes:
    """The same parts in the same order with a fixed time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            kept = zipfile.ZipInfo(part.filename, ZIP_TIME)
            kept.compress_type, kept.create_system = zipfile.ZIP_DEFLATED, 0
            new.writestr(kept, old.read(part.filename))
    return packed.getvalue()
