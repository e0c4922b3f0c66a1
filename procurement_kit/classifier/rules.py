"""Which lines has a person already decided on?

Decisions win over rules, rules over the classifier. Both are keyed by what was printed; every filled cell must match.
Suppliers, accounts and units are compared whole after normalising, a rule's text as a phrase between word borders, a
decision's text whole. The one with most filled cells wins, then the first rule id, the latest decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from procurement_kit.classifier.features import mapped
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.columns import Table
from procurement_kit.errors import TableError, nearest
from procurement_kit.names import normalise_supplier_name, normalise_text
from procurement_kit.personal_numbers import BLANK, NUMBER_FIELDS, blank, replace_numbers, without_hidden
from procurement_kit.plurals import so_many
from procurement_kit.templates import read_usable_rows

CELLS = ("supplier_number", "supplier_name", "text", "account_number", "account_name", "unit")
KINDS_OF_CELL = {
    "supplier_number": "supplier", "supplier_name": "supplier", "account_number": "account", "account_name": "account",
    "unit": "unit", "text": "text",
}  # fmt: skip
FIRST_ROW = 2  # of the file, below the heading
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Rule:
    """One rule or decision, its filled cells normalised; who decided it and when, and what it is meant for."""

    reason: str
    category_code: str
    cells: tuple[tuple[str, str], ...]
    phrase: str = ""
    decided_by: str = ""
    decided_date: date | None = None
    holds_for: str = ""

    @property
    def filled(self) -> int:
        """Number of filled cells."""
        return len(self.cells) + bool(self.phrase)

    @property
    def scope(self) -> str:
        """What it looks at, for instance «supplier + account».

        Examples
        --------
        >>> Rule("R-1", "1801", (("account_number", "29100"), ("supplier_name", "papirhuset")), "papir").scope
        'supplier + account + text'
        """
        kinds = {KINDS_OF_CELL[name] for name, _ in self.cells} | ({"text"} if self.phrase else set())
        return " + ".join(kind for kind in dict.fromkeys(KINDS_OF_CELL.values()) if kind in kinds)


# --- reading --------------------------------------------------------------------------------------------------------


def rows_of_file(path: Path, table: Table, tree: CategoryTree) -> list[dict]:
    """Rows of a municipality's rules.csv, decisions.csv or labelled_lines.csv; none where there is no such file.

    Parameters
    ----------
    path : Path
        The file.
    table : Table
        RULES, DECISIONS or LABELLED_LINES.
    tree : CategoryTree
        The tree the municipality uses.

    Raises
    ------
    TableError
        With everything that is wrong with the file: cells, categories, rows that would match every line, and what looks
        like a personal number, which is not repeated.
    """
    if not path.is_file():
        return []

    def check(row: Mapping, printed: Mapping) -> list[str]:
        return [*_personal(printed, table), *_problems_of(row, tree)]

    rows, problems = read_usable_rows(path, table, check=check)
    _refuse([blank(problem) for problem in problems], path.name)
    return list(rows.values())


def _personal(printed: Mapping[str, str], table: Table) -> list[str]:
    """Cells that hold what import would have masked; bare digits may stand where numbers of other kinds stand."""
    return [
        f"«{table[name].heading}» holds what looks like a personal number; take it out"
        for name, cell in printed.items()
        if replace_numbers(without_hidden(cell), lambda _: BLANK, is_number_field=name in NUMBER_FIELDS)[1]
    ]


def read_rules(rows: Iterable[Mapping], tree: CategoryTree) -> tuple[Rule, ...]:
    """Rules out of the rows of rules.csv, the most specific first.

    Raises
    ------
    TableError
        If a category is not in the tree, or a row has no cell to match on.
    """
    rows = dict(enumerate(rows, FIRST_ROW))
    _refuse(_problems(rows, tree), "rules.csv")
    rules = [_rule(row, row["rule_id"], text_is="phrase") for row in rows.values()]
    return tuple(sorted(rules, key=lambda rule: (-rule.filled, rule.reason)))


def read_decisions(rows: Iterable[Mapping], tree: CategoryTree) -> tuple[Rule, ...]:
    """Decisions out of the rows of decisions.csv, the most specific and then the latest first.

    Raises
    ------
    TableError
        If a category is not in the tree, or a row has no cell to match on.
    """
    rows = dict(enumerate(rows, FIRST_ROW))
    _refuse(_problems(rows, tree), "decisions.csv")
    numbered = [(row.get("decided_date") or date.min, number, row) for number, row in rows.items()]
    latest_first = sorted(numbered, key=lambda item: item[:2], reverse=True)
    decisions = [_rule(row, f"decisions.csv row {number}", text_is="whole") for _, number, row in latest_first]
    return tuple(sorted(decisions, key=lambda decision: -decision.filled))


def _problems(rows: Mapping[int, Mapping], tree: CategoryTree) -> list[str]:
    whole = {number: {"category_code": None, **row} for number, row in rows.items()}
    return [f"row {number}: {problem}" for number, row in whole.items() for problem in _problems_of(row, tree)]


def _problems_of(row: Mapping, tree: CategoryTree) -> list[str]:
    """What is wrong with a row; a cell that could not be read is not in it, and has been told of."""
    problems, code = [], row.get("category_code")
    if "category_code" in row and code not in tree:
        problems.append(f"«{code}» is not in the category tree.{nearest(str(code), tree.codes)}")
    if not any(normalised(name, row.get(name)) for name in CELLS):
        problems.append("no cell to match on, it would decide every line")
    return problems


def _refuse(problems: list[str], where: str) -> None:
    if problems:
        raise TableError(
            f"{where}: {so_many(len(problems), 'cell or row', 'cells or rows')} cannot be used.",
            problems=problems,
            expected="codes of the category tree and at least one filled cell to match on",
            todo="correct the rows named and save the file",
        )


def _rule(row: Mapping, reason: str, *, text_is: Literal["phrase", "whole"]) -> Rule:
    filled = {name: value for name in CELLS if (value := normalised(name, row.get(name)))}
    phrase = filled.pop("text", "") if text_is == "phrase" else ""
    told = {"decided_by": row.get("decided_by") or "", "holds_for": row.get("holds_for") or ""}
    cells = tuple(sorted(filled.items()))
    return Rule(reason, row["category_code"], cells, phrase, decided_date=row.get("decided_date"), **told)


def normalised(cell: str, value: object) -> str:
    """A printed value as rules compare it.

    Examples
    --------
    >>> normalised("supplier_number", "12 34 56 78"), normalised("supplier_name", "Ærø Papir A/S")
    ('12345678', 'aeroe papir')
    """
    text = "" if value is None or value != value else str(value)
    if cell in ("supplier_number", "account_number"):
        return normalise_text(text).replace(" ", "")
    return normalise_supplier_name(text) if cell == "supplier_name" else normalise_text(text)


# --- matching -------------------------------------------------------------------------------------------------------


def printed_cells(features: pd.DataFrame) -> pd.DataFrame:
    """The cells of feature rows as rules compare them; text is item name and line text together."""
    item, line = (mapped(features[name], normalise_text) for name in ("item_name", "line_text"))
    texts = item.where(line.eq("") | line.eq(item), (item + " " + line).str.strip())
    printed = {"unit": features["unit_name"], "text": texts}
    columns = {cell: printed.get(cell, features.get(cell)) for cell in CELLS}
    return pd.DataFrame(
        {cell: mapped(column, lambda v, cell=cell: normalised(cell, v)) for cell, column in columns.items()}
    )


def apply_rules(cells: pd.DataFrame, rules: tuple[Rule, ...]) -> np.ndarray:
    """Position of the first rule that matches each row, -1 where none does.

    Parameters
    ----------
    cells : DataFrame
        As `printed_cells` gives them.
    rules : tuple of Rule
        The one that shall win first.
    """
    rows, positions = matching(cells, rules)
    found = np.full(len(cells), len(rules))
    np.minimum.at(found, rows, positions)
    return np.where(found == len(rules), -1, found)


def matching(cells: pd.DataFrame, rules: tuple[Rule, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of a row and a rule that match, as positions of rows and positions of rules.

    Parameters
    ----------
    cells : DataFrame
        As `printed_cells` gives them.
    rules : tuple of Rule
        Each is held against the rows that print its cells, its phrase against the distinct texts that hold its longest
        word.
    """
    texts = _RowsOf(cells["text"])
    holding = _texts_holding(texts.values, {rule.phrase for rule in rules if rule.phrase})
    keyed = {names: _RowsOf(_keys(cells, names)) for names in sorted({_names(rule) for rule in rules}) if names}
    found = [np.array([], dtype=int)]
    for rule in rules:
        rows = keyed[_names(rule)].where(_BETWEEN.join(v for _, v in rule.cells)) if rule.cells else None
        if rule.phrase:
            rows = (
                texts.of(holding[rule.phrase])
                if rows is None
                else rows[np.isin(texts.codes[rows], holding[rule.phrase])]
            )
        found.append(np.arange(len(cells)) if rows is None else rows)
    counts = [len(rows) for rows in found[1:]]
    return np.concatenate(found), np.repeat(np.arange(len(rules)), counts)


def _names(rule: Rule) -> tuple[str, ...]:
    return tuple(name for name, _ in rule.cells)


def _keys(cells: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    first, *others = (cells[name] for name in names)
    return first.str.cat(others, sep=_BETWEEN) if others else first


class _RowsOf:
    """The rows that hold each distinct value of a column."""

    def __init__(self, column: pd.Series):
        self.codes, self.values = pd.factorize(column)
        self._order = np.argsort(self.codes, kind="stable")
        self._starts = np.searchsorted(self.codes[self._order], np.arange(len(self.values) + 1))
        self._place = {value: place for place, value in enumerate(self.values)}

    def where(self, value: str) -> np.ndarray:
        """Rows that hold one value."""
        return self.of([self._place[value]]) if value in self._place else np.array([], dtype=int)

    def of(self, codes: Iterable[int]) -> np.ndarray:
        """Rows that hold one of the values at these places."""
        parts = [self._order[self._starts[code] : self._starts[code + 1]] for code in codes]
        return np.sort(np.concatenate(parts)) if parts else np.array([], dtype=int)


def _texts_holding(texts: Iterable[str], phrases: set[str]) -> dict[str, np.ndarray]:
    """Places of the texts that hold each phrase between word borders."""
    longest = {phrase: max(phrase.split(), key=len) for phrase in phrases}
    wanted, having = set(longest.values()), defaultdict(list)
    padded = [f" {text} " for text in texts] if wanted else []
    for place, text in enumerate(padded):
        for word in wanted.intersection(text.split()):
            having[word].append(place)
    return {
        phrase: np.array([place for place in having[word] if f" {phrase} " in padded[place]], dtype=int)
        for phrase, word in longest.items()
    }
