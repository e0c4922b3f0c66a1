"""Which groups, suppliers and lines is a bar of the spend made of, and where does one line come from?

From area to group, supplier, line and the line's way through the steps; each level sums to the bar that was clicked,
and says so. Persons stand together as one and are not opened. Only reads.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.errors import ParameterError
from procurement_kit.exact import largest_first, lines_in, records, require_lines, sums_by, total, without_persons
from procurement_kit.findings import share
from procurement_kit.lab.line_words import said_value
from procurement_kit.lab.page import Page
from procurement_kit.lab.tables import ROWS, as_rows, screen_blocks
from procurement_kit.lab.wording import lab_words, shown
from procurement_kit.periods import parse_period
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.steps.supplier_identities import supplier_story
from procurement_kit.steps.trace import trace_line

if TYPE_CHECKING:
    import ibis

LEVELS = ("area", "group", "supplier")  # each bar opens the next; after suppliers come lines, then one line
COLUMNS = {"area": "category_1_code", "group": "category_2_code", "supplier": "supplier_key"}
LINE_COLUMNS = (
    "invoice_date",
    "document_number",
    "supplier_label",
    "item_name",
    "line_text",
    "unit_name",
    "net_amount",
)


class DrillSession:
    """Where one stands between a bar and a line.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube.
    period : str
        For instance "2025".

    Raises
    ------
    NoDataError
        If the cube has not been built, or no line lies in the period.
    """

    def __init__(self, municipality: Municipality, period: str):
        self.municipality, self.words = municipality, lab_words(municipality.currency)
        span = parse_period(period)
        self.tree: CategoryTree = tree_of(municipality)
        received = lines_in(read_cube(municipality), span)
        self.lines = received.filter(received.scope_status == "in_scope")
        require_lines(sums_by(self.lines)[0]["line_count"], span)
        self.period = span.label
        self.path: list[dict] = []  # what was clicked: level, key, label, amount
        self.line_id = ""
        self.start = 0
        self.status, self.failed = "", False

    # --- what is shown ----------------------------------------------------------------------------------------------

    def blocks(self) -> list[dict]:
        """The way here, and what lies below."""
        if self.line_id:
            return [*self._way(), *self._line()]
        if len(self.path) == len(LEVELS):
            return [*self._way(), *self._lines()]
        return [*self._way(), *self._bars()]

    def _way(self) -> list[dict]:
        labels = [self.words.say("drill.all", title=self.municipality.title, period=self.period)]
        labels += [step["label"] for step in self.path] + ([self.words.say("drill.one_line")] if self.line_id else [])
        items = [{"do": "up", "arg": str(n), "label": label} for n, label in enumerate(labels)]
        return [{"kind": "way", "label": self.words.say("drill.way"), "items": items}]

    def rows(self) -> list[dict]:
        """The parts of what was clicked, the largest first: key, label and sums."""
        level = LEVELS[len(self.path)]
        column = COLUMNS[level]
        lines = self._chosen()
        if level == "supplier":
            found = without_persons(sums_by(lines, "supplier_key", "supplier_label"))
            rows = [row | {"key": row["supplier_key"], "label": self._supplier(row)} for row in found]
        else:
            rows = [row | {"key": row[column], "label": self._category(row[column])} for row in sums_by(lines, column)]
        return sorted(rows, key=largest_first)

    def _supplier(self, row: Mapping) -> str:
        return shown(row["supplier_label"]) or self.words.say("drill.no_supplier")

    def _category(self, code: str | None) -> str:
        return self.tree.name(code, "da") if code in self.tree else self.words.say("drill.no_category")

    def _bars(self) -> list[dict]:
        rows = self.rows()
        level = LEVELS[len(self.path)]
        whole = total(rows)
        largest = max((abs(row["net_amount"]) for row in rows), default=Decimal(0)) or Decimal(1)
        screen = rows[self.start : self.start + ROWS]
        items = [
            {
                "label": row["label"],
                "amount": self.words.formats.short_amount(row["net_amount"]),
                "share": self.words.formats.share(share(row["net_amount"], whole)),
                "width": round(100 * float(abs(row["net_amount"]) / largest), 1),
                "is_negative": row["net_amount"] < 0,
                "do": "" if row.get("supplier_group") == "persons" else "open",
                "arg": str(self.start + place),
            }
            for place, row in enumerate(screen)
        ]
        title = self.words.say(f"drill.{level}", kroner=whole)
        head = [{"kind": "title", "text": title}, {"kind": "text", "text": self._closes(whole), "soft": True}]
        bars = {"kind": "bars", "label": title, "items": items}
        return [*head, bars, *screen_blocks(self.words, self.start, len(screen), len(rows), len(rows))]

    def _closes(self, whole: Decimal) -> str:
        """Whether the parts sum to the bar that was clicked, in words."""
        clicked = self.path[-1]["amount"] if self.path else sums_by(self.lines)[0]["net_amount"]
        return self.words.say("drill.closes" if whole == clicked else "drill.open", kroner=clicked)

    def _lines(self) -> list[dict]:
        lines = self._chosen()
        sums = sums_by(lines)[0]
        count = sums["line_count"]
        ordered = lines.order_by([lines.net_amount.abs().desc(), lines.line_id])
        screen = records(ordered.limit(ROWS, offset=self.start).select("line_id", *LINE_COLUMNS))
        title = self.words.say("drill.lines", kroner=sums["net_amount"])
        headings = [self.words.say(f"drill.columns.{name}") for name in LINE_COLUMNS]
        table = as_rows(
            headings, [self._cells(row) for row in screen], [name == LINE_COLUMNS[-1] for name in LINE_COLUMNS]
        )
        for shown_row, row in zip(table["rows"], screen, strict=True):
            shown_row |= {"do": "line", "arg": row["line_id"]}
        head = [
            {"kind": "title", "text": title},
            {"kind": "text", "text": self._closes(sums["net_amount"]), "soft": True},
        ]
        return [*head, table, *screen_blocks(self.words, self.start, len(screen), count, count)]

    def _cells(self, row: Mapping) -> list[str]:
        day = row["invoice_date"] and self.words.formats.short_date(row["invoice_date"])
        texts = [shown(row[name]) for name in LINE_COLUMNS[1:-1]]
        return [shown(day), *texts, self.words.formats.amount(row["net_amount"], decimals=2)]

    def _line(self) -> list[dict]:
        def story_of(key: str | None) -> list[tuple[str, str, str]]:
            return supplier_story(self.municipality, key)

        table = trace_line(self.lines, self.line_id, story_of=story_of)
        steps, told = self.words.entry("drill.steps"), []
        for row in table.to_dict("records"):
            if value := said_value(row["column"], row["value"], self.words, self.tree):
                told.append((steps.get(row["step"], row["step"]), shown(row["heading"]), value))
        names = [self.words.say(f"drill.trace.{name}") for name in ("step", "what", "value")]
        rows = [["" if n and told[n - 1][0] == row[0] else row[0], *row[1:]] for n, row in enumerate(told)]
        head = [{"kind": "title", "text": self.words.say("drill.line_title")}]
        return [*head, {"kind": "text", "text": self.words.say("drill.line_text"), "soft": True},
                as_rows(names, rows, [False] * 3)]  # fmt: skip

    # --- what is done -----------------------------------------------------------------------------------------------

    def _chosen(self) -> "ibis.Table":
        """The lines below what was clicked."""
        lines = self.lines
        for step in self.path:
            column = lines[COLUMNS[step["level"]]]
            lines = lines.filter(column.isnull() if step["key"] is None else column == step["key"])
        return lines

    def act(self, do: str, given: Mapping) -> None:
        """Open a bar or a line, go up, or turn to another screen."""
        arg = str(given.get("arg", ""))
        if do in ("later", "earlier"):
            self.start = max(self.start + (ROWS if do == "later" else -ROWS), 0)
        elif do == "up" and arg.isdecimal():
            self.path, self.line_id, self.start = self.path[: int(arg)], "", 0
        elif do == "open" and arg.isdecimal():
            self._open(int(arg))
        elif do == "line":
            self._show_line(arg)
        elif do == "telling":
            self.follow(telling_line(self.lines))

    def _open(self, place: int) -> None:
        rows = self.rows() if len(self.path) < len(LEVELS) else []
        if place < len(rows) and rows[place].get("supplier_group") != "persons":
            row = rows[place]
            step = {"level": LEVELS[len(self.path)], "key": row["key"], "label": row["label"]}
            self.path, self.start = [*self.path, step | {"amount": row["net_amount"]}], 0

    def _show_line(self, line_id: str) -> None:
        if not records(self._chosen().filter(self.lines.line_id == line_id).select("line_id").limit(1)):
            raise ParameterError(self.words.say("drill.gone"))
        self.line_id = line_id

    def follow(self, line_id: str) -> None:
        """Stand at one line, with its area, group and supplier on the way there."""
        line = records(self.lines.filter(self.lines.line_id == line_id).select("line_id", *COLUMNS.values()))[0]
        self.path, self.line_id, self.start = [], "", 0
        for level in LEVELS:
            places = [n for n, row in enumerate(self.rows()) if row["key"] == line[COLUMNS[level]]]
            self._open(places[0])
        self.line_id = line_id


def telling_line(lines: "ibis.Table") -> str:
    """A line that shows all steps at work: on a contract if there is one, of a company, the dearest.

    Parameters
    ----------
    lines : ibis.Table
        Lines of the spend cube.
    """
    from procurement_kit.exact import PERSON_PREFIX

    companies = lines.filter(lines.supplier_key.notnull() & ~lines.supplier_key.startswith(PERSON_PREFIX))
    order = [companies.contract_number.isnull(), companies.item_name.isnull(), companies.net_amount.desc()]
    found = records(companies.order_by([*order, companies.line_id]).select("line_id").limit(1))
    if not found:
        raise ParameterError("There is no line of a company to follow.")
    return found[0]["line_id"]


def explore(municipality: Municipality, *, period: str) -> Page:
    """Click from a bar to its groups, suppliers and lines, and to one line's way from file to category.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it; its lines have been classified.
    period : str
        For instance "2025" or "2025Q3".

    Returns
    -------
    Page
        Shows itself in JupyterLab and VS Code; nothing is changed.

    Raises
    ------
    NoDataError
        If the lines have not been classified, or none lies in the period.
    """
    return Page(DrillSession(municipality, period))
