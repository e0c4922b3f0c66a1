"""Which files does a report consist of, and how is each of them written?

A recipe names them: the HTML file, the workbook, the slides, every finding as CSV and Parquet, and the PDF. All are
made from the same filled pages. A PDF that cannot be printed is a note in the run record; anything else is an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Finding, Number
from procurement_kit.outgoing import outgoing, write_outgoing
from procurement_kit.publishing.finding_files import write_csv, write_finding_files
from procurement_kit.publishing.html import Cover, render_html
from procurement_kit.publishing.line_tables import decision_table, line_table, question_table
from procurement_kit.publishing.pages import PageView, TableView
from procurement_kit.publishing.printing import print_pdf
from procurement_kit.publishing.recipes import FINDING_FILES, HTML, PDF, SLIDES, WORKBOOK
from procurement_kit.publishing.sentences import Writer
from procurement_kit.publishing.slides import write_slides
from procurement_kit.publishing.workbook import EXCEL_ROWS, write_workbook
from procurement_kit.settings import Municipality

LINES_FILE = "lines.csv"


@dataclass(frozen=True)
class Content:
    """What every file of a report is made from: cover, filled pages, whole tables by sheet, findings, words."""

    cover: Cover
    pages: tuple[PageView, ...]
    full_tables: Mapping[str, TableView]
    findings: Sequence[Finding]
    writer: Writer


def write_outputs(
    folder: Path, outputs: Sequence[str], content: Content, municipality: Municipality, period: str
) -> Path:
    """Write the files that a recipe names, but for the PDF.

    Parameters
    ----------
    folder : Path
        The report's folder.
    outputs : sequence of str
        Some of `recipes.OUTPUTS`.
    content : Content
        What they are made from.
    municipality : Municipality
        Whose lines, decisions and questions stand in the workbook.
    period : str
        Period of the lines.

    Returns
    -------
    Path
        The HTML file.

    Raises
    ------
    PrivacyError
        If a personal number would leave the house.
    """
    html = render_html(content.cover, content.pages, content.writer)
    if WORKBOOK in outputs:
        tables = {**content.full_tables, **_behind(folder, municipality, period, content.writer)}
        with outgoing(folder / WORKBOOK) as unfinished:
            write_workbook(unfinished, content.cover, content.pages, tables, content.writer)
    if SLIDES in outputs:
        with outgoing(folder / SLIDES) as unfinished:
            write_slides(unfinished, content.cover, content.pages)
    if FINDING_FILES in outputs:
        write_finding_files(folder, content.findings, content.writer)
    write_outgoing(folder / HTML, html)
    return folder / HTML


def print_report(folder: Path, outputs: Sequence[str]) -> str:
    """Print the PDF from the HTML, if the recipe asks for it.

    Returns
    -------
    str
        Why there is none; empty where it was printed or not asked for.
    """
    if PDF not in outputs:
        return ""
    try:
        print_pdf(folder / HTML, folder / PDF)
    except ProcurementError as error:
        return f"{error.what} {error.todo}".strip()
    return ""


def missing_outputs(folder: Path, outputs: Sequence[str]) -> list[str]:
    """Files that a recipe names and that are not there; a PDF only where there is a browser to print it."""
    return [name for name in outputs if name != PDF and not (folder / name).exists()]


# --- what stands behind the figures ---------------------------------------------------------------------------------


def _behind(folder: Path, municipality: Municipality, period: str, writer: Writer) -> dict[str, TableView]:
    """The sheets of lines, decisions and questions."""
    lines = line_table(municipality, period, writer)
    if lines is None:
        return {}
    tables = (
        _fitting(folder, lines, writer),
        decision_table(municipality, writer),
        question_table(municipality, writer),
    )
    return {table.title: table for table in tables}


def _fitting(folder: Path, lines: TableView, writer: Writer) -> TableView:
    """The lines as a sheet; where a sheet cannot hold them, a word on where they are, and all of them as CSV."""
    if len(lines.rows) < EXCEL_ROWS:
        return lines
    write_csv(folder / LINES_FILE, [column.heading for column in lines.columns], lines.rows, writer)
    context = {**writer.context, "line_count": Number(len(lines.rows), "count")}
    note = Writer(writer.formats, writer.findings, context).say("sheets.lines_elsewhere")
    return replace(lines, columns=(), rows=(), cells=(), note=note)
