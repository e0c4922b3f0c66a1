"""How does a decision about a category come into `decisions.csv`, and out again?

Decisions are keyed by what was printed and added at the end; the latest on the same cells holds, so that taking one
back lets the one before it hold again. Each stands in the decision log, with the function that took it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from procurement_kit import decision_log, folders
from procurement_kit.classifier.rules import CELLS, normalised
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.decision_log import bare_cell, checked_function
from procurement_kit.errors import NoDataError, ParameterError, nearest
from procurement_kit.exact import NOTHING, exact_sum, records
from procurement_kit.names import without_tokens
from procurement_kit.plurals import ended
from procurement_kit.review.kept_rows import add_rows, kept_rows, take_out_last
from procurement_kit.review.queue import PERSON
from procurement_kit.review.wording import ReviewWords, category_words, review_words
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import NOT_PROCUREMENT
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.tables import DECISIONS

LONGEST_LABEL = 120


@dataclass(frozen=True)
class Decision:
    """One decision about a category.

    Parameters
    ----------
    cells : mapping
        The six printed cells (a row of `lines_to_review` will do); an empty cell matches any.
    category_code : str
        Category that holds.
    decided_by : str
        Function, never a name.
    decided_date : date
    line_count, net_amount : int, Decimal, optional
        What it concerns, for the log.
    """

    cells: Mapping
    category_code: str
    decided_by: str
    decided_date: date
    line_count: int | None = None
    net_amount: Decimal | None = None
    row: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        printed = {name: _cell(self.cells.get(name)) for name in CELLS}
        decided = {"decided_by": self.decided_by, "decided_date": self.decided_date}
        object.__setattr__(self, "row", printed | {"category_code": self.category_code} | decided)


def record_decision(
    municipality: Municipality,
    cells: Mapping,
    category_code: str,
    decided_by: str,
    *,
    decided_date: date | None = None,
) -> bool:
    """Decide the category of every line that bears these cells.

    Parameters
    ----------
    municipality : Municipality
        Whose `decisions.csv` and decision log are added to, under its lock.
    cells : mapping
        The six printed cells, for instance a row of `lines_to_review`, whose lines and kroner then stand in the log.
    category_code : str
        A category of the tree.
    decided_by : str
        Function such as «indkøbskonsulent», never a name.
    decided_date : date, optional
        By default today.

    Returns
    -------
    bool
        Whether it is new; the same decision twice changes nothing.

    Raises
    ------
    ParameterError
        If the category is not in the tree or is not procurement, no cell is filled, `decided_by` is a person, or a
        later decision on the same cells says something else.
    TableError
        If `decisions.csv` or the log cannot be read.
    """
    facts = {name: cells.get(name) for name in ("line_count", "net_amount")}
    facts["line_count"] = None if facts["line_count"] is None else int(facts["line_count"])
    decision = Decision(cells, category_code, decided_by, decided_date or date.today(), **facts)
    problem = problem_with(decision, tree_of(municipality), latest_decisions(municipality))
    if problem:
        raise ParameterError(
            f"The decision cannot be recorded: {ended(problem)}",
            expected="a category of the tree, at least one printed cell, and a function",
            todo="choose another category, or correct the cells",
        )
    return bool(record_decisions(municipality, [decision]))


def record_decisions(municipality: Municipality, decisions: Sequence[Decision]) -> list[Decision]:
    """Add several decisions that have been checked with `problem_with`, at once; those that are new are given back.

    One decision is one entry in the log; several of one function and day are one entry together.
    """
    with folders.locked(municipality):
        latest = latest_decisions(municipality)
        new = []
        for decision in decisions:
            place = decision_key(decision.row)
            if place not in latest or latest[place]["category_code"] != decision.category_code:
                latest[place] = decision.row
                new.append(decision)
        if new:
            add_rows(municipality, DECISIONS, [decision.row for decision in new])
            _log(municipality, new)
    return new


def record_for_supplier(
    municipality: Municipality,
    supplier: Mapping,
    category_code: str,
    decided_by: str,
    *,
    decided_date: date | None = None,
) -> bool:
    """Decide the category of every line of a supplier; a decision on a single group of its lines still wins.

    Parameters
    ----------
    municipality : Municipality
        Whose `decisions.csv` is added to.
    supplier : mapping
        With `supplier_number` or, where there is none, `supplier_name`; a row of `lines_to_review` will do.
    category_code, decided_by, decided_date
        As `record_decision`.

    Raises
    ------
    ParameterError
        As `record_decision`; also for private persons, who are many and not one supplier.
    """
    cell, value = _supplier_cell(supplier)
    if not value or normalised("supplier_name", supplier.get("supplier_name")) == normalised("supplier_name", PERSON):
        raise ParameterError(
            "Only the lines of one supplier can be decided together.",
            expected="a company number or a supplier's name; private persons are many",
            todo="decide the groups of lines one by one",
        )
    decided = {cell: value} | supplier_extent(municipality, supplier)
    return record_decision(municipality, decided, category_code, decided_by, decided_date=decided_date)


def supplier_extent(municipality: Municipality, supplier: Mapping) -> dict:
    """Lines and kroner in scope that a decision on a supplier is about, by its number, or its name where there is none.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube.
    supplier : mapping
        With `supplier_number` or `supplier_name`, compared as decisions compare them.

    Returns
    -------
    dict
        `line_count` (int) and `net_amount` (Decimal kroner).
    """
    cell, value = _supplier_cell(supplier)
    cube = read_cube(municipality)
    lines = cube.filter(cube.scope_status == "in_scope")
    sums = lines.group_by(cell).aggregate(line_count=lines.count(), net_amount=exact_sum(lines))
    found = [row for row in records(sums) if normalised(cell, row[cell]) == normalised(cell, value)]
    net = sum((row["net_amount"] or NOTHING for row in found), NOTHING)
    return {"line_count": sum(row["line_count"] for row in found), "net_amount": net}


def _supplier_cell(supplier: Mapping) -> tuple[str, str | None]:
    """Which cell a decision on a supplier bears, and what stands in it."""
    number = _cell(supplier.get("supplier_number"))
    return ("supplier_number", number) if number else ("supplier_name", _cell(supplier.get("supplier_name")))


def undo_decision(municipality: Municipality, cells: Mapping | None = None, *, decided_by: str = "") -> dict:
    """Take back the last decision, or the last one on these cells; the one before it on the same cells holds again.

    Parameters
    ----------
    municipality : Municipality
        Whose `decisions.csv` loses its last row; that it was taken back stands in the log.
    cells : mapping, optional
        The six printed cells.
    decided_by : str
        Function that takes it back; by default the one that took it.

    Returns
    -------
    dict
        The row that was taken out.

    Raises
    ------
    NoDataError
        If there is no such decision.
    """
    function = checked_function(decided_by) if decided_by else ""
    place = None if cells is None else decision_key({name: _cell(cells.get(name)) for name in CELLS})
    with folders.locked(municipality):
        row = take_out_last(municipality, DECISIONS, which=lambda row: place in (None, decision_key(row)))
        if row is None:
            raise NoDataError(
                f"There is no decision to take back in «{municipality.name}».",
                expected="a row in decisions.csv",
                todo="look at decisions.csv",
            )
        words = review_words(municipality)
        said = words.say("log.undone", concerns=label_of(row), category=_category(municipality, row, words))
        who = function or _function_or(row["decided_by"], words.say("log.consultant"))
        decision_log.record_decision(municipality, kind="category", what=said, decided_by=who)
    return row


def problem_with(decision: Decision, tree: CategoryTree, latest: Mapping[tuple, Mapping]) -> str:
    """Why a decision cannot be recorded, in words, or nothing; `latest` as `latest_decisions` gives it."""
    code = decision.category_code
    if code not in tree:
        return f"«{code}» is not in the category tree.{nearest(str(code), tree.codes)}".rstrip(".")
    if NOT_PROCUREMENT in tree.path(code):
        return f"«{code}» is not procurement: write it in scope_decisions.csv"
    if not any(normalised(name, decision.row[name]) for name in CELLS):
        return "no printed cell is filled, it would decide every line"
    try:
        checked_function(decision.decided_by)
    except ParameterError as error:
        return error.what.rstrip(".").replace("Who decided", f"«{decision.decided_by}»")
    last = latest.get(decision_key(decision.row))
    if last and last["category_code"] != code and _day(last) > decision.decided_date:
        return f"a later decision, of {_day(last):%d-%m-%Y}, says {last['category_code']}"
    return ""


def latest_decisions(municipality: Municipality) -> dict[tuple[str, ...], dict]:
    """Per cells, as decisions compare them, the row of `decisions.csv` that holds: the latest, of one day the last."""
    return {decision_key(row): row for row in sorted(kept_rows(municipality, DECISIONS), key=_day)}


def decision_key(row: Mapping) -> tuple[str, ...]:
    """The six cells as decisions compare them; equal for rows that decide the same lines."""
    return tuple(normalised(name, row.get(name)) for name in CELLS)


def label_of(cells: Mapping) -> str:
    """The filled cells in one line to read, without anything personal.

    Examples
    --------
    >>> label_of({"supplier_name": "Papirhuset", "text": "Kopipapir", "account_number": "29100"})
    'Papirhuset · Kopipapir · 29100'
    """
    names = ("supplier_name", "supplier_number", "text", "account_number", "account_name", "unit")
    text = without_tokens(" · ".join(bare_cell(cell) for name in names if (cell := _cell(cells.get(name)))))
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _cell(value: object) -> str | None:
    text = "" if value is None or value != value else str(value).strip()
    return text or None


def _day(row: Mapping) -> date:
    return row.get("decided_date") or date.min


# --- decision log ---------------------------------------------------------------------------------------------------


def _log(municipality: Municipality, decisions: list[Decision]) -> None:
    words = review_words(municipality)
    together: dict[tuple[str, date], list[Decision]] = {}
    for decision in decisions:
        together.setdefault((decision.decided_by, decision.decided_date), []).append(decision)
    for (function, day), some in together.items():
        decision_log.record_decision(
            municipality,
            kind="category",
            what=_said(municipality, some, words),
            decided_by=function,
            amount=_total([decision.net_amount for decision in some]),
            line_count=_total([decision.line_count for decision in some]),
            today=day,
        )


def _said(municipality: Municipality, decisions: list[Decision], words: ReviewWords) -> str:
    if len(decisions) > 1:
        categories = {decision.category_code for decision in decisions}
        return words.say("log.several", count=len(decisions), categories=len(categories))
    row = decisions[0].row
    key = "log.supplier" if all(not row[name] for name in CELLS[2:]) else "log.one"
    return words.say(key, concerns=label_of(row), category=_category(municipality, row, words))


def _total(values: list) -> object:
    """The sum of what is known; nothing where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _category(municipality: Municipality, row: Mapping, words: ReviewWords) -> str:
    tree, code = tree_of(municipality), row["category_code"]
    return category_words(tree, code, words.formats.language) if code in tree else code


def _function_or(printed: str | None, otherwise: str) -> str:
    try:
        return checked_function(printed or "")
    except ParameterError:
        return otherwise
