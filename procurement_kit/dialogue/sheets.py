"""How does a table become a sheet that a person in a municipality fills in?

Headings stay in sight, text is always text (nothing that came from an input is computed by Excel, and a CVR number
keeps its zeros), what can be chosen is chosen from a list, and the same rows give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.outgoing import outgoing
from procurement_kit.publishing.workbook import CREATED, NUMBER_FORMATS, SHEET_NAME_LENGTH, WORKBOOK_OPTIONS

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

LIST_LENGTH = 255  # of a drop-down whose answers stand in the cell itself
HEAD, FILLED_IN = "#DCE6EE", "#FFF9E5"


@dataclass(frozen=True)
class SheetColumn:
    """A column: heading, unit (text, kr, count, date), width, whether a person fills it in, and a note on it."""

    heading: str
    unit: str = "text"
    width: int = 20
    is_filled_in: bool = False
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of values, and for some cells what can be chosen, by row and column.

    `choices` maps (row, column) to answers, or to the name of a sheet whose first column holds them; such a sheet may
    be hidden.
    """

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Sequence[Sequence[object]]
    choices: dict[tuple[int, int], tuple[str, ...] | str] = field(default_factory=dict)
    is_hidden: bool = False


def write_sheets(path: Path, title: str, sheets: Sequence[Sheet]) -> Path:
    """Write a workbook that appears when it is whole.

    Parameters
    ----------
    path : Path
        Where to write it.
    title : str
        Title in its properties.
    sheets : sequence of Sheet
        In order; the first is the one that is read back.

    Returns
    -------
    Path
        The workbook.

    Raises
    ------
    PrivacyError
        If a cell holds a personal number; nothing is written then.
    """
    import xlsxwriter

    lengths = {sheet.name: len(sheet.rows) for sheet in sheets}
    with outgoing(path, quotes_accounts=True) as part, xlsxwriter.Workbook(part, WORKBOOK_OPTIONS) as workbook:
        workbook.set_properties({"title": title, "created": CREATED})
        formats = _formats(workbook)
        for sheet in sheets:
            _write_sheet(workbook.add_worksheet(sheet.name[:SHEET_NAME_LENGTH]), formats, sheet, lengths)
    return path


def _formats(workbook: "Workbook") -> dict:
    frame = {"text_wrap": True, "valign": "top"}
    to_fill_in = {"bg_color": FILLED_IN, "border": 1, "border_color": HEAD}
    formats = {}
    for unit, shown in NUMBER_FORMATS.items():
        formats[unit, False] = workbook.add_format({**frame, "num_format": shown})
        formats[unit, True] = workbook.add_format({**frame, **to_fill_in, "num_format": shown})
    formats["head"] = workbook.add_format({**frame, "bold": True, "bg_color": HEAD})
    return formats


def _write_sheet(sheet: "Worksheet", formats: dict, content: Sheet, lengths: dict[str, int]) -> None:
    for place, column in enumerate(content.columns):
        sheet.set_column(place, place, column.width, formats[column.unit, False])
        sheet.write_string(0, place, column.heading, formats["head"])
        if column.note:
            sheet.write_comment(0, place, column.note)
    for number, row in enumerate(content.rows, start=1):
        for place, (value, column) in enumerate(zip(row, content.columns, strict=True)):
            _write_cell(sheet, number, place, value, formats[column.unit, column.is_filled_in])
    for (row, place), answers in sorted(content.choices.items()):
        _offer(sheet, row + 1, place, answers, lengths)
    sheet.freeze_panes(1, 0)
    if content.is_hidden:
        sheet.hide()
    if content.rows:
        sheet.autofilter(0, 0, len(content.rows), len(content.columns) - 1)
    _set_up_print(sheet)


def _set_up_print(sheet: "Worksheet") -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_cell(sheet: "Worksheet", row: int, place: int, value: object, shown: object) -> None:
    if value is None or value == "":
        sheet.write_blank(row, place, None, shown)
    elif isinstance(value, str):
        sheet.write_string(row, place, value, shown)
    elif hasattr(value, "isoformat"):
        sheet.write_datetime(row, place, value, shown)
    else:
        sheet.write_number(row, place, value, shown)


def _offer(sheet: "Worksheet", row: int, place: int, answers: tuple[str, ...] | str, lengths: dict[str, int]) -> None:
    """A drop-down that suggests answers and lets a person write another one."""
    if isinstance(answers, str):
        source: object = f"='{answers}'!$A$2:$A${lengths[answers] + 1}"
    else:
        source = list(answers)
        if len(",".join(answers)) > LIST_LENGTH or any("," in answer for answer in answers):
            return  # the answers still stand in the column of suggestions
    sheet.data_validation(row, place, row, place, {"validate": "list", "source": source, "error_type": "warning"})
