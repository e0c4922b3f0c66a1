"""How is a large table looked through in a notebook, without a row being cut off in silence?

The rows stay in Python; the page holds one screen of them and always says which rows of how many it shows. Sorting and
searching go over all rows, not only over those on the screen.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.lab.page import Page
from procurement_kit.lab.wording import LabWords, lab_words, shown
from procurement_kit.publishing.formats import unit_of_column
from procurement_kit.publishing.sentences import texts

if TYPE_CHECKING:
    import pandas as pd

ROWS = 25  # on one screen


class TableSession:
    """Where one stands in a table.

    Parameters
    ----------
    rows : pandas.DataFrame
        Any table; numbers are written by the ending of their column's name; columns and codes that the report has words
        for stand in these words.
    title : str
        What stands above it.
    words : LabWords, optional
        Texts and currency.
    """

    def __init__(self, rows: "pd.DataFrame", title: str = "", words: LabWords | None = None):
        self.rows, self.title, self.words = rows.reset_index(drop=True), title, words or lab_words()
        self.status, self.failed = "", False
        self.names = [str(name) for name in self.rows.columns]
        self.written = [[self._cell(name, value) for name, value in zip(self.names, row, strict=True)]
                        for row in self.rows.itertuples(index=False, name=None)]  # fmt: skip
        self.order: tuple[int, bool] | None = None
        self.search, self.start = "", 0

    def _cell(self, name: str, value: object) -> str:
        formats, unit = self.words.formats, unit_of_column(name)
        if value is None or value != value:
            return ""
        if isinstance(value, date):
            return formats.short_date(value)
        if isinstance(value, str):
            return shown(texts(formats.language)["values"].get(name, {}).get(value) or value)
        if isinstance(value, float):
            value = Decimal(repr(value)) if unit in ("kr", "share", "count") else value
        if unit == "kr" and isinstance(value, (Decimal, int)):
            return formats.amount(value)
        if unit == "share" and isinstance(value, (Decimal, int)):
            return formats.share(value, 1)
        return formats.number(int(value)) if unit == "count" and isinstance(value, (int, Decimal)) else shown(value)

    def found(self) -> list[int]:
        """Numbers of the rows that hold all words searched for, in the order asked for."""
        words = self.search.casefold().split()
        places = range(len(self.written))
        hits = [n for n in places if all(word in " ".join(self.written[n]).casefold() for word in words)]
        if self.order is None:
            return hits
        column, falling = self.order
        values = self.rows.iloc[:, column].tolist()
        known = [n for n in hits if values[n] is not None and values[n] == values[n]]
        known.sort(key=lambda n: _comparable(values[n]), reverse=falling)
        return known + [n for n in hits if values[n] is None or values[n] != values[n]]

    def blocks(self) -> list[dict]:
        """Title, search, the rows of this screen, and which of how many they are."""
        found = self.found()
        self.start = min(self.start, max(len(found) - 1, 0) // ROWS * ROWS)
        places = found[self.start : self.start + ROWS]
        numeric = [unit_of_column(name) in ("kr", "share", "count") for name in self.names]
        headings = [
            {"label": self._heading(name), "do": "sort", "arg": str(n), "order": self._arrow(n)}
            for n, name in enumerate(self.names)
        ]
        rows = [{"cells": self.written[n]} for n in places]
        title = [{"kind": "title", "text": self.title}] if self.title else []
        search = {"kind": "search", "label": self.words.say("tables.search"), "value": self.search}
        table = {"kind": "table", "headings": headings, "numeric": numeric, "rows": rows}
        return [*title, search, table, *screen_blocks(self.words, self.start, len(places), len(found), len(self.rows))]

    def _heading(self, name: str) -> str:
        """What a column is called in the report, or the name it has."""
        return texts(self.words.formats.language)["columns"].get(name, name)

    def _arrow(self, column: int) -> str:
        if self.order is None or self.order[0] != column:
            return ""
        return "descending" if self.order[1] else "ascending"

    def act(self, do: str, given: Mapping) -> None:
        """Sort, search, or turn to another screen."""
        if do == "sort" and str(given.get("arg")).isdecimal() and int(given["arg"]) < len(self.names):
            column = int(given["arg"])
            falling = self.order == (column, False) if self.order and self.order[0] == column else False
            self.order, self.start = (column, falling), 0
        elif do == "search":
            self.search, self.start = str(given.get("arg") or "")[:200], 0
        elif do in ("later", "earlier"):
            self.start = max(self.start + (ROWS if do == "later" else -ROWS), 0)


def _comparable(value: object) -> tuple:
    number = isinstance(value, (int, float, Decimal))
    return (0, value, "") if number else (1, 0, str(value).casefold())


def screen_blocks(words: LabWords, start: int, count: int, found: int, whole: int) -> list[dict]:
    """Which rows of how many are on the screen, and the buttons to the others."""
    key = "none" if not found else "all" if count == whole else "part" if found == whole else "found"
    text = words.say(f"tables.{key}", first=start + 1, last=start + count, found=found, whole=whole)
    items = [
        {"do": "earlier", "label": words.say("tables.earlier"), "disabled": start == 0},
        {"do": "later", "label": words.say("tables.later"), "disabled": start + count >= found},
    ]
    turns = [{"kind": "buttons", "items": items}] if found > count else []
    return [{"kind": "text", "text": text, "soft": True}, *turns]


def browse(table: "pd.DataFrame", *, title: str = "") -> Page:
    """Look through a table in a notebook: sort, search, turn pages; it always says how much of it is shown.

    Parameters
    ----------
    table : pandas.DataFrame
        For instance a table of a finding: `finding.tables["by_group"]`.
    title : str
        What stands above it.

    Returns
    -------
    Page
        Shows itself in JupyterLab and VS Code.

    Examples
    --------
    >>> import pandas as pd
    >>> print(browse(pd.DataFrame({"line_count": range(40)}), title="Linjer"))
    Linjer
    Række 1–25 af 40 vises.
    """
    return Page(TableSession(table, title))


def as_rows(names: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> dict:
    """A table block of texts that stand as they are."""
    headings = [{"label": name} for name in names]
    return {"kind": "table", "headings": headings, "numeric": list(numeric), "rows": [{"cells": [*r]} for r in rows]}
