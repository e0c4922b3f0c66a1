"""What stands on each page, before anyone has chosen HTML or Excel?

Sentences, figure, table, foot line, tiles: filled from findings as the recipe lists them. A page whose finding cannot
speak (no contracts, no labels) says what it would take instead.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.quality import VAT_AT_MOST
from procurement_kit.analyses.reconciliation import FOUND_AT_LEAST, SURPLUS_AT_MOST
from procurement_kit.columns import require
from procurement_kit.errors import NoDataError, ParameterError, nearest
from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.drawings import Drawing
from procurement_kit.publishing.figures import figure
from procurement_kit.publishing.formats import fitting_scale, unit_of_column
from procurement_kit.publishing.recipes import Page, Recipe
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    import pandas as pd

FLOORS = {  # number → finding it stands in, and what it must reach for the figures to stand
    "found_share": ("reconciliation", FOUND_AT_LEAST),
    "classified_share": ("quality", Decimal("0.90")),
    "right_share": ("quality", Decimal("0.90")),
}
ONLY_WHERE_KNOWN = ("fixed_change_share",)  # without price indices the whole column is left out
SHORT_DATES = (  # in the widest tables
    "next_expiry_date", "due_date", "end_date", "notice_date", "start_date", "common_start_date",
)  # fmt: skip
LIMITS = ("from_amount", "below_amount")  # bounds of a class are never rounded to thousands
RANGE_ENDS = ("gain_low_amount", "gain_high_amount")  # written in one scale
CEILINGS = {  # the same for numbers that must not grow too large; one that is not known is said elsewhere
    "surplus_share": ("reconciliation", SURPLUS_AT_MOST),
    "vat_unsure_share": ("quality", VAT_AT_MOST),
}


@dataclass(frozen=True)
class TableColumn:
    """A column as the reader sees it; `unit` is kr, share, count, date or text; `note` the unit of its amounts."""

    name: str
    heading: str
    unit: str
    scale: str = "full"
    note: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its values stand to the right."""
        return self.unit in ("kr", "share", "count") or self.name == "supplier_rank"

    @property
    def is_code(self) -> bool:
        """Whether its values are never broken over two lines."""
        return self.name.endswith(("_number", "_code"))


@dataclass(frozen=True)
class TableView:
    """A table as the reader sees it: headings, plain values, the same as text, and a note on rows not shown."""

    key: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple, ...]
    cells: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Tile:
    """One of the five numbers on page 1: the number, what it is of, and what it was."""

    key: str
    value: str
    label: str
    note: str


@dataclass(frozen=True)
class PageView:
    """One page, filled."""

    number: int
    key: str
    anchor: str
    layout: str
    name: str
    headline: str
    text: str
    means: str
    foot: str
    missing: str
    drawing: Drawing | None
    table: TableView | None
    more_tables: tuple[TableView, ...]
    tiles: tuple[Tile, ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    workbook_tables: tuple[TableView, ...] = ()
    more_drawings: tuple[Drawing, ...] = ()


def page_views(recipe: Recipe, writer: Writer) -> tuple[PageView, ...]:
    """Fill the pages of a recipe's edition.

    Raises
    ------
    ParameterError
        If a page needs a finding, table, number or text that is not there.
    """
    return tuple(_page_view(page, writer) for page in recipe.shown_pages)


def preliminary_reasons(writer: Writer) -> list[str]:
    """Which floors are not met and which ceilings broken, in words; an empty list means that the figures can stand."""
    reasons = []
    for key, (about, floor) in FLOORS.items():
        value = _known(writer, key, about)
        if value is None:
            reasons.append(writer.say(f"floors.{key}.unknown", about))
        elif value < floor:
            reasons.append(writer.say(f"floors.{key}.below", about))
    above = [(key, about) for key, (about, ceiling) in CEILINGS.items() if (_known(writer, key, about) or 0) > ceiling]
    return reasons + [writer.say(f"ceilings.{key}.above", about) for key, about in above]


def _known(writer: Writer, key: str, about: str) -> Decimal | None:
    finding = writer.findings.get(about)
    return finding.numbers[key].value if finding and key in finding.numbers else None


def _page_view(page: Page, writer: Writer) -> PageView:
    texts, about = writer.entry(f"pages.{page.key}"), page.findings[0]
    missing = _missing(page, writer, texts)

    def said(part: str) -> str:
        return writer.say(f"pages.{page.key}.{part}", about) if part in texts and not missing else ""

    return PageView(
        number=page.number,
        key=page.key,
        anchor=page.anchor,
        layout=page.layout,
        name=texts["name"],
        headline=writer.say(f"pages.{page.key}.{'headline_missing' if missing else 'headline'}", about),
        text=said("text"),
        means=said("means"),
        foot=_foot(page, writer, texts) if not missing else "",
        missing=missing,
        drawing=_drawing(page, writer) if page.figure and not missing else None,
        more_drawings=_more_drawings(page, writer) if not missing else (),
        table=_table(page.table, page, writer) if not missing and _has_main_table(page, writer) else None,
        more_tables=tuple(_table(name, None, writer) for name in _more(page) if _has_table(name, writer)),
        tiles=_tiles(page, writer, texts) if page.layout == "summary" else (),
        lists=_lists(page, writer, texts),
        workbook_tables=tuple(_table(name, None, writer) for name in page.workbook_tables if _has_table(name, writer)),
    )


def _more(page: Page) -> tuple[str, ...]:
    """The folded tables; the whole of a table whose first rows are shown is one of them."""
    return (page.table, *page.more_tables) if page.table and page.row_limit else page.more_tables


def _missing(page: Page, writer: Writer, texts: dict) -> str:
    """What it would take to fill this page, where its finding cannot speak."""
    if "missing" not in texts:
        _finding(writer, page.findings[0], page.key)
        return ""
    needed = texts.get("needs", [])
    about = page.findings[0]
    if about in writer.findings and all(writer.number(name, about, f"pages.{page.key}.needs").value for name in needed):
        return ""
    return writer.say(f"pages.{page.key}.missing", about)


def _foot(page: Page, writer: Writer, texts: dict) -> str:
    about = page.findings[0]
    parts = [writer.say(f"pages.{page.key}.foot", about)] if "foot" in texts else []
    parts.append(writer.say(f"pages.{page.key}.foot_source" if "foot_source" in texts else "words.foot_source", about))
    return " · ".join(part for part in parts if part)


def _lists(page: Page, writer: Writer, texts: dict) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Named lists of sentences: finds, next steps, definitions, what is missing."""
    filled = []
    for name, content in texts.get("lists", {}).items():
        path = f"pages.{page.key}.lists.{name}"
        sentences = writer.say_all(f"{path}.sentences", page.findings[0])[: content.get("at_most", 99)]
        if name == "caveats":
            sentences = _caveats(writer, page.findings if "of_page" in content else writer.findings) + sentences
        if sentences:
            filled.append((content["title"], tuple(sentences)))
    return tuple(filled)


def _caveats(writer: Writer, keys: Iterable[str]) -> list[str]:
    """What findings say about themselves, each thing once."""
    speakers: dict[str, str] = {}
    for finding in (writer.findings[key] for key in keys if key in writer.findings):
        speakers |= {key: speakers.get(key, finding.key) for key in finding.caveats}
    return [writer.say(f"caveats.{key}", about) for key, about in speakers.items()]


def _drawing(page: Page, writer: Writer) -> Drawing | None:
    """The figure of a page; none where there is nothing to draw, as in a period of credit notes alone."""
    finding = _finding(writer, page.findings[0], page.key)
    try:
        return figure(page.figure, finding, writer.formats)
    except NoDataError:
        return None


def _more_drawings(page: Page, writer: Writer) -> tuple[Drawing, ...]:
    """The further figures whose findings were given and have something to draw."""
    found = []
    for name in page.more_figures:
        key, figure_key = name.split(".")
        with suppress(NoDataError):
            found += [figure(figure_key, writer.findings[key], writer.formats)] if key in writer.findings else []
    return tuple(found)


def _finding(writer: Writer, key: str, page: str) -> Finding:
    if key not in writer.findings:
        raise ParameterError(
            f"Page «{page}» needs the finding «{key}», which was not given.{nearest(key, writer.findings)}",
            expected=f"findings: {', '.join(writer.findings) or 'none given'}",
            todo="give the finding to write_report",
        )
    return writer.findings[key]


def _tiles(page: Page, writer: Writer, texts: dict) -> tuple[Tile, ...]:
    """The five numbers: the page's own where it has some, else those of a municipality."""
    path = f"pages.{page.key}.tiles" if "tiles" in texts else "tiles"
    tiles = writer.entry(path)
    return tuple(
        Tile(key, *(writer.say(f"{path}.{key}.{part}", tile["finding"]) for part in ("value", "label", "note")))
        for key, tile in tiles.items()
    )


# --- tables ---------------------------------------------------------------------------------------------------------


def _has_table(name: str, writer: Writer) -> bool:
    key, table = name.split(".")
    finding = writer.findings.get(key)
    return finding is not None and table in finding.tables and not finding.tables[table].empty


def _has_main_table(page: Page, writer: Writer) -> bool:
    """Whether the page's table has rows; one that is not there is an error of its own, but for a finding from outside.

    A finding that the page does not speak of may be missing: its table is then left out.
    """
    if not page.table:
        return False
    key, table = page.table.split(".")
    if key not in writer.findings and key not in page.findings:
        return False
    tables = _finding(writer, key, page.key).tables
    return table not in tables or not tables[table].empty


def _table(name: str, page: Page | None, writer: Writer) -> TableView:
    key, table = name.split(".")
    _finding(writer, key, page.key if page else name)
    columns, limit = (page.columns, page.row_limit) if page else ((), 0)
    return table_view(writer, key, table, columns=columns, row_limit=limit)


def table_view(
    writer: Writer,
    finding_key: str,
    table: str,
    *,
    columns: tuple[str, ...] = (),
    row_limit: int = 0,
    more: str = "rows_hidden",
) -> TableView:
    """Make a finding's table ready to show, with headings in the reader's language.

    Parameters
    ----------
    writer : Writer
        Texts and findings.
    finding_key, table : str
        Which table.
    columns : tuple of str
        Columns shown; by default all that a reader can use (one language of names, no technical keys).
    row_limit : int
        Rows shown; 0 shows all.
    more : {"rows_hidden", "rows_more"}
        The word that says how many rows there are beside them, and where.

    Raises
    ------
    ParameterError
        If the finding has no such table, or a column has no heading.
    """
    tables: Mapping = writer.findings[finding_key].tables
    if table not in tables:
        raise ParameterError(
            f"The finding «{finding_key}» has no table «{table}».{nearest(table, tables)}",
            expected=f"one of: {', '.join(tables)}",
            todo="correct the recipe",
        )
    content = tables[table]
    in_language = {name.removesuffix(f"_{writer.formats.language}"): name for name in content.columns}
    names = [in_language.get(n, n) for n in columns] or [n for n in content.columns if _is_shown(n, writer)]
    require(content.columns, names, where=f"{finding_key}.{table}")
    names = [name for name in names if name not in ONLY_WHERE_KNOWN or content[name].notna().any()]
    content = _for_readers(content, writer)
    shown = content.head(row_limit) if row_limit else content
    rows = tuple(tuple(plain(value) for value in row) for row in shown[names].itertuples(index=False, name=None))
    made = tuple(_column(n, _alike(names, place, rows), writer, finding_key) for place, n in enumerate(names))
    cells = tuple(tuple(_cell(value, column, writer) for value, column in zip(row, made, strict=True)) for row in rows)
    title = writer.say(f"tables.{finding_key}_{table}", finding_key)
    return TableView(
        f"{finding_key}_{table}", title, made, rows, cells, _hidden(len(content) - len(shown), writer, more)
    )


def _for_readers(content: "pd.DataFrame", writer: Writer) -> "pd.DataFrame":
    """Name the rows that are no single supplier, and leave out rows whose word is empty: they are not for readers."""
    if {"supplier_label", "supplier_group"} <= set(content.columns):
        words = writer.entry("values.supplier_group")
        pairs = zip(content["supplier_label"], content["supplier_group"], strict=True)
        content = content.assign(supplier_label=[words.get(group, name) for name, group in pairs])
    for name in set(content.columns) & set(writer.texts["values"]):
        words = writer.texts["values"][name]
        content = content.loc[[words.get(value) != "" for value in content[name]]]
    return content


def _hidden(count: int, writer: Writer, more: str) -> str:
    context = {**writer.context, "hidden_count": Number(count, "count")}
    return Writer(writer.formats, writer.findings, context).say(f"words.{more}") if count else ""


def _is_shown(name: str, writer: Writer) -> bool:
    other_language = "en" if writer.formats.language == "da" else "da"
    return not name.endswith(("_key", "_group", f"_name_{other_language}"))


def _alike(names: list[str], place: int, rows: tuple[tuple, ...]) -> list:
    """The values a column's scale is chosen by: its own, or those of both ends where it is one of a range."""
    ends = [other for other, name in enumerate(names) if name in RANGE_ENDS] if names[place] in RANGE_ENDS else [place]
    return [row[other] for row in rows for other in ends]


def _column(name: str, values: list, writer: Writer, finding_key: str) -> TableColumn:
    unit, plain_name = unit_of_column(name), name.removesuffix(f"_{writer.formats.language}")
    has_own = plain_name in writer.texts["columns_of"].get(finding_key, {})
    heading = writer.say(f"columns_of.{finding_key}.{plain_name}" if has_own else f"columns.{plain_name}")
    if unit != "kr":
        return TableColumn(name, heading, unit)
    scale = "full" if name in LIMITS else fitting_scale(values)
    return TableColumn(name, heading, unit, scale, writer.formats.unit(scale))


def _cell(value: object, column: TableColumn, writer: Writer) -> str:
    formats = writer.formats
    if value is None and (word := writer.texts["values"].get(column.name, {}).get("empty")):
        return word
    if column.name in SHORT_DATES and value is not None:
        return formats.short_date(value)
    if column.unit == "kr" and value is not None:
        return formats.scaled(value, column.scale)
    if column.unit == "text":
        is_amount = isinstance(value, Decimal)  # in a currency of its own, which the row names
        return formats.number(value, 2) if is_amount else label(value, column.name, writer)
    is_change = column.name in ("change_share", "fixed_change_share")
    return formats.change(value) if is_change else formats.text(value, column.unit)


def label(value: object, column: str, writer: Writer) -> str:
    """A text value as the reader reads it: statuses and types in words, an empty category as «not categorised»."""
    words = writer.texts["values"].get(column, {})
    if value in words:
        return words[value]
    if value is None or value == "":
        return words.get("empty", "")
    return str(value)
