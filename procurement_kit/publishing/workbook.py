"""How do the same pages become a workbook that an economist can work on?

One sheet per report page under the same number, then all groups, suppliers, lines, decisions and questions. Real Excel
tables with headings and number formats in the reader's language; text is always text (a CVR number keeps its zeros,
«=1+1» is no formula), and the same pages give the same bytes.
"""

import io
import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.pages import PageView, TableView
from procurement_kit.publishing.sentences import Writer

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CREATED = datetime(2000, 1, 1)
SHEET_NAME_LENGTH = 31
EXCEL_ROWS = 1_048_576
NARROWEST, WIDEST, ROWS_MEASURED = 10, 60, 200
ROWS_WRAPPED = 50  # of a table whose long texts take several lines; longer tables are for filtering
LINE_HEIGHT, LETTERS_LOST = 15, 6  # points of a line; letters that a line of words ends short of its cell
WORKBOOK_OPTIONS = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
NUMBER_FORMATS = {"kr": "#,##0.00", "share": "0.0%", "count": "#,##0", "date": "dd-mm-yyyy", "text": "@"}


def write_workbook(
    path: Path, cover: Cover, pages: tuple[PageView, ...], full_tables: dict[str, TableView], writer: Writer
) -> None:
    """Write the report's workbook.

    Parameters
    ----------
    path : Path
        Where to write it.
    cover : Cover
        Title, municipality and period.
    pages : tuple of PageView
        Filled pages; each becomes a sheet of its own number.
    full_tables : dict of str to TableView
        Further sheets by name: all groups, all suppliers, lines, decisions, questions. One without columns has its
        rows elsewhere; its note says where.
    writer : Writer
        For the words of the frame.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path, WORKBOOK_OPTIONS) as workbook:
        workbook.set_properties({"title": f"{cover.title}: {cover.municipality}", "created": CREATED})
        top = {"valign": "top"}
        formats = {unit: workbook.add_format({**top, "num_format": text}) for unit, text in NUMBER_FORMATS.items()}
        formats["right"] = workbook.add_format({"align": "right"})
        formats["apart"] = workbook.add_format({**top, "num_format": NUMBER_FORMATS["text"], "indent": 1})
        head = {"bold": True, "font_color": cover.style.accent}
        formats["bold"] = workbook.add_format({**head, "font_size": 14, "text_wrap": True, "valign": "top"})
        formats["headline"] = workbook.add_format({**head, "font_size": 13})
        formats["wrap"] = workbook.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        _write_front(workbook, formats, cover, pages, writer)
        _write_guide(workbook, formats, writer)
        for page in pages:
            _write_page(workbook, formats, page, writer)
        for name, table in full_tables.items():
            sheet = workbook.add_worksheet(name[:SHEET_NAME_LENGTH])
            if not table.columns:  # the rows lie elsewhere, and the note says where
                sheet.write_string(0, 0, table.note)
                continue
            _write_table(sheet, formats, table, 0)
            _set_widths(sheet, [table])
            sheet.freeze_panes(1, 1)


def _write_front(
    workbook: "Workbook", formats: dict, cover: Cover, pages: tuple[PageView, ...], writer: Writer
) -> None:
    sheet = workbook.add_worksheet(writer.say("sheets.front"))
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 110)
    preliminary = [f"{writer.say('words.preliminary')}: {' '.join(cover.preliminary)}"] if cover.preliminary else []
    whose = " · ".join(filter(None, [cover.title, cover.style.name, cover.municipality, cover.period]))
    lines = [whose, cover.data_line, *preliminary]
    for row, line in enumerate(lines):
        sheet.write_string(row, 1, line, formats["bold" if row == 0 else "wrap"])
    start = len(lines) + 1
    for row, page in enumerate(pages, start=start):
        sheet.write_url(row, 0, f"internal:'{sheet_name(page)}'!A1", string=sheet_name(page))
        sheet.write_string(row, 1, f"{page.name}: {page.headline}", formats["wrap"])
    if cover.style.logo:
        words = {"description": cover.style.name or cover.municipality, "image_data": io.BytesIO(cover.style.logo)}
        sheet.insert_image(start + len(pages) + 1, 1, "logo", words)


def _write_guide(workbook: "Workbook", formats: dict, writer: Writer) -> None:
    sheet = workbook.add_worksheet(writer.say("sheets.guide"))
    sheet.set_column(0, 0, 120)
    for row, line in enumerate(writer.say_all("sheets.guide_lines")):
        sheet.write_string(row, 0, line, formats["wrap"])


def _write_page(workbook: "Workbook", formats: dict, page: PageView, writer: Writer) -> None:
    sheet = workbook.add_worksheet(sheet_name(page))
    sheet.freeze_panes(1, 0)
    sheet.write_string(0, 0, page.headline, formats["headline"])
    lines = [page.missing, page.text, page.means, page.foot]
    lines += [f"{tile.label}: {tile.value} – {tile.note}" for tile in page.tiles]
    lines += [f"{title}: {sentence}" for title, sentences in page.lists for sentence in sentences]
    row = 1
    for line in filter(None, lines):
        sheet.write_string(row, 0, line)
        row += 1
    for table in _tables(page):
        sheet.write_string(row + 1, 0, table.title, workbook.add_format({"bold": True}))
        row = _write_table(sheet, formats, table, row + 2)
    _set_widths(sheet, _tables(page))


def _tables(page: PageView) -> list[TableView]:
    """The page's tables, each once; the full one where the page shows the first rows only."""
    more = {table.key: table for table in (*page.more_tables, *page.workbook_tables)}
    if page.table and page.table.key not in more:
        return [page.table, *more.values()]
    return list(more.values())


def _write_table(sheet: "Worksheet", formats: dict[str, "Format"], table: TableView, row: int) -> int:
    """Write a table from this row on; returns the row after it."""
    shown = table.rows[: EXCEL_ROWS - row - 2]
    data = [[_cell(value, text, column.unit) for value, text, column in zip(*line, table.columns, strict=True)]
            for line in zip(shown, table.cells, strict=False)]  # fmt: skip
    headings = _distinct([column.heading for column in table.columns])
    columns = [{"header": heading, **_alignment(formats, table, place)} for place, heading in enumerate(headings)]
    last = row + max(len(data), 1)
    settings = {"name": f"t_{sheet.get_name().lower()}_{table.key}".replace(" ", "_").replace("å", "aa"),
                "columns": columns, "style": "Table Style Light 1", "data": data}  # fmt: skip
    sheet.add_table(row, 0, last, len(columns) - 1, settings)
    for number, longest in enumerate(_longest_texts(table), start=row + 1):
        if longest > WIDEST:
            sheet.set_row(number, LINE_HEIGHT * math.ceil(longest / (WIDEST - LETTERS_LOST)))
    return last + 1


def _longest_texts(table: TableView) -> list[int]:
    """Letters of each row's longest text, in a table so short that long texts are wrapped; else nothing."""
    return [max(map(len, line), default=0) for line in table.cells] if len(table.cells) <= ROWS_WRAPPED else []


def _alignment(formats: dict[str, "Format"], table: TableView, place: int) -> dict[str, "Format"]:
    """A column's formats: the heading above its values, a text away from the number to its left, a long text whole."""
    units = [column.unit for column in table.columns]
    apart = "apart" if place and units[place] == "text" != units[place - 1] else units[place]
    is_long = bool(_longest_texts(table)) and any(len(line[place]) > WIDEST for line in table.cells)
    body = "wrap" if is_long and apart == "text" else apart
    return {"format": formats[body], "header_format": formats[apart if units[place] == "text" else "right"]}


def _set_widths(sheet: "Worksheet", tables: list[TableView]) -> None:
    """Make each column as wide as its longest text in any of the sheet's tables, within reason."""
    widths: dict[int, int] = {}
    for table in tables:
        for place, column in enumerate(table.columns):
            texts = [column.heading, *(line[place] for line in table.cells[:ROWS_MEASURED])]
            widths[place] = max(widths.get(place, NARROWEST), *(len(text) + 3 for text in texts))
    for place, width in widths.items():
        sheet.set_column(place, place, min(width, WIDEST))


def _cell(value: object, text: str, unit: str) -> object:
    if value is None:
        return text if unit == "text" else None
    if unit == "text" or not isinstance(value, (Decimal, int, float, date)):
        return text
    return value


def _distinct(headings: list[str]) -> list[str]:
    """Excel wants every heading of a table once."""
    seen: dict[str, int] = {}
    named = []
    for heading in headings:
        seen[heading] = seen.get(heading, 0) + 1
        named.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return named


def sheet_name(page: PageView) -> str:
    """The sheet of a page: «S03»."""
    return f"S{page.number:02d}"
