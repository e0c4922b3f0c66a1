"""How do two persons label the same lines without seeing each other's answers, and how are both read back?

Two workbooks of the same draw, each in a random order of its own and without any proposal. What was drawn is kept in
`labelling_sample.csv`, so that only the category is read from the workbooks.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.columns import TEXT, Table
from procurement_kit.decision_log import checked_function, record_decision
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.errors import NoDataError
from procurement_kit.exact import NOTHING, frame
from procurement_kit.findings import Finding
from procurement_kit.personal_numbers import blank
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.pages import table_view
from procurement_kit.publishing.sentences import Writer
from procurement_kit.review.audit_tables import LABELLING_SAMPLE, PRINTED, read_kept, write_kept
from procurement_kit.review.judging import (
    UNDECIDABLE,
    JudgingWords,
    categories_sheet,
    form_column,
    guide_sheet,
    judging_words,
    read_category,
    shown_text,
    workbook_path,
)
from procurement_kit.review.kept_rows import add_rows, kept_rows
from procurement_kit.review.labellers import LABELS
from procurement_kit.settings import Municipality
from procurement_kit.tables import LABELLED_LINES
from procurement_kit.templates import read_usable_rows

if TYPE_CHECKING:
    import pandas as pd

LABELLERS = ("A", "B")
_HEADINGS = "labellers.headings"
_WIDTHS = {"text": 50, "category": 40, "remark": 30}
FORM = Table("labelling_form", "Linjer", "Labelled lines as they come back.", (
    form_column("labelling_id", TEXT, _HEADINGS, required=True),
    form_column("category", TEXT, _HEADINGS),
), key=("labelling_id",))  # fmt: skip


def write_labelling_workbooks(municipality: Municipality, drawn: "pd.DataFrame", tree: CategoryTree) -> list[Path]:
    """Keep what was drawn and write a workbook for each labeller, in `review/` of the municipality's folder.

    Raises
    ------
    PrivacyError
        If a cell would hold a personal number.
    """
    words = judging_words(municipality)
    paths = []
    for labeller in LABELLERS:
        guide = guide_sheet(words.entry("labellers.guide_lines"), words.say("labellers.guide_heading"), words)
        sheets = [_lines_sheet(drawn, labeller, words), categories_sheet(tree, words), guide]
        path = workbook_path(municipality, "labeller", labeller)
        paths.append(write_sheets(path, words.say("labellers.title"), sheets))
    write_kept(municipality, LABELLING_SAMPLE, drawn.to_dict("records"))
    return paths


def _lines_sheet(drawn: "pd.DataFrame", labeller: str, words: JudgingWords) -> Sheet:
    headings = words.entry(_HEADINGS)
    rows = sorted(drawn.to_dict("records"), key=lambda row: blake2b((labeller + row["labelling_id"]).encode()).digest())
    columns = tuple(
        SheetColumn(
            heading, "kr" if name == "net_amount" else "text", _WIDTHS.get(name, 20), name in ("category", "remark")
        )
        for name, heading in headings.items()
    )
    shown = [tuple(_cell(row, name) for name in headings) for row in rows]
    place = list(headings).index("category")
    choices = {(number, place): words.say("words.categories") for number in range(len(rows))}
    return Sheet(words.say("labellers.sheet"), columns, shown, choices)


def _cell(row: dict, name: str) -> object:
    value = row.get(name)
    return value if isinstance(value, Decimal) or name == "labelling_id" else shown_text(value)


def read_labels(
    municipality: Municipality, paths: Sequence[Path], tree: CategoryTree
) -> "tuple[pd.DataFrame, list[str]]":
    """The labels of both, line by line, and what could not be used.

    Parameters
    ----------
    municipality : Municipality
        Whose draw.
    paths : sequence of Path
        The first labeller's workbook and the second's.
    tree : CategoryTree
        The tree they labelled with.

    Returns
    -------
    DataFrame, list of str
        `labelling_id`, `category_a`, `category_b`, `stands_for_amount` for every line drawn; reasons with file and row.

    Raises
    ------
    NoDataError
        If no lines have been drawn.
    InputNotFoundError, FileFormatError, TableError
        If a file cannot be read at all.
    """
    drawn = read_kept(municipality, LABELLING_SAMPLE)
    if not drawn:
        raise NoDataError(
            "No lines have been drawn for two labellers.", todo=f"run: procurement-kit labellers {municipality.name}"
        )
    known = {row["labelling_id"] for row in drawn}
    refused: list[str] = []
    first, second = (_labels_of(Path(path), known, tree, refused) for path in paths)
    rows = [
        {**row, "category_a": first.get(row["labelling_id"]), "category_b": second.get(row["labelling_id"])}
        for row in drawn
    ]
    return frame(rows, LABELS), refused


def _labels_of(path: Path, known: set[str], tree: CategoryTree, refused: list[str]) -> dict[str, str]:
    rows, problems = read_usable_rows(path, FORM)
    refused += [blank(f"{path.name}, {problem}") for problem in problems]
    found = {}
    for number, row in rows.items():
        if not row["category"]:
            continue
        try:
            if row["labelling_id"] not in known:
                raise ValueError("the line is not one of those drawn")
            code = read_category(row["category"], tree)
        except ValueError as problem:
            refused.append(blank(f"{path.name}, row {number}: {problem}"))
            continue
        if code != UNDECIDABLE:
            found[row["labelling_id"]] = code
    return found


def write_comparison(municipality: Municipality, finding: Finding) -> Path:
    """Write what two labellers agree on as a workbook: the sentence first, then a sheet per table.

    Raises
    ------
    PrivacyError
        If a cell would hold a personal number.
    """
    writer = Writer(Formats(municipality.language, municipality.currency), {finding.key: finding})
    said = [*writer.say_all("labellers.sentences", finding.key)]
    said += [writer.say(f"caveats.{key}", finding.key) for key in finding.caveats]
    title = judging_words(municipality).say("labellers.title")
    sheets = [Sheet(title, (SheetColumn(title, width=110),), [(line,) for line in said])]
    for name in finding.tables:
        view = table_view(writer, finding.key, name)
        columns = tuple(SheetColumn(column.heading, column.unit, 24) for column in view.columns)
        rows = [
            tuple(
                text if column.unit == "text" else value
                for value, text, column in zip(*cells, view.columns, strict=True)
            )
            for cells in zip(view.rows, view.cells, strict=True)
        ]
        sheets.append(Sheet(view.title, columns, rows))
    return write_sheets(workbook_path(municipality, "agreement"), title, sheets)


def keep_agreed(municipality: Municipality, labels: "pd.DataFrame", *, decided_by: str) -> int:
    """Make the lines both agree on known lines (`labelled_lines.csv`), and say so in the decision log.

    Parameters
    ----------
    municipality : Municipality
        Whose lines.
    labels : DataFrame
        As `read_labels` gives them.
    decided_by : str
        Function, never a name.

    Returns
    -------
    int
        Lines added; those that are known already are left as they are.

    Raises
    ------
    ParameterError
        If `decided_by` is no function.
    """
    function = checked_function(decided_by)
    names = [column.name for column in PRINTED]
    drawn = {row["labelling_id"]: row for row in read_kept(municipality, LABELLING_SAMPLE)}
    known = {tuple(row[name] or "" for name in names) for row in kept_rows(municipality, LABELLED_LINES)}
    agreed = [row for row in labels.to_dict("records") if row["category_a"] and row["category_a"] == row["category_b"]]
    added = [
        {**{name: drawn[row["labelling_id"]][name] for name in names}, "category_code": row["category_a"]}
        for row in agreed
    ]
    added = [row for row in added if tuple(row[name] or "" for name in names) not in known]
    if added:
        add_rows(municipality, LABELLED_LINES, added)
        amount = sum((drawn[row["labelling_id"]]["net_amount"] for row in agreed), NOTHING)
        what = judging_words(municipality).say("log.kept", count=len(added))
        record_decision(
            municipality, kind="category", what=what, decided_by=function, amount=amount, line_count=len(added)
        )
    return len(added)
