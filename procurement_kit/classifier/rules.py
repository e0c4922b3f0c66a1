"""Which lines has a person already decided on?

Decisions win over rules, rules over the classifier. Both are keyed by what was printed; every filled cell must match.
Suppliers, accounts and units are compared whole after normalising, a rule's text as a phrase between word borders, a
decision's text whole. The one with most filled cells wins, then the first rule id, the latest decision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from procurement_kit.classifier.features import mapped
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.errors import TableError, nearest
from procurement_kit.names import normalise_supplier_name, normalise_text

CELLS = ("supplier_number", "supplier_name", "text", "account_number", "account_name", "unit")
FIRST_ROW = 2  # of the file, below the heading


@dataclass(frozen=True)
class Rule:
    """One rule or decision, its filled cells normalised."""

    reason: str
    category_code: str
    cells: tuple[tuple[str, str], ...]
    phrase: str = ""

    @property
    def filled(self) -> int:
        """Number of filled cells."""
        return len(self.cells) + bool(self.phrase)


def read_rules(rows: Iterable[Mapping], tree: CategoryTree) -> tuple[Rule, ...]:
    """Rules out of the rows of rules.csv, the most specific first.

    Raises
    ------
    TableError
        If a category is not in the tree, or a row has no cell to match on.
    """
    rows = list(rows)
    _check(rows, tree, "rules.csv")
    rules = [_rule(row, row["rule_id"], text_is="phrase") for row in rows]
    return tuple(sorted(rules, key=lambda rule: (-rule.filled, rule.reason)))


def read_decisions(rows: Iterable[Mapping], tree: CategoryTree) -> tuple[Rule, ...]:
    """Decisions out of the rows of decisions.csv, the most specific and then the latest first.

    Raises
    ------
    TableError
        If a category is not in the tree, or a row has no cell to match on.
    """
    rows = list(rows)
    _check(rows, tree, "decisions.csv")
    numbered = [(row.get("decided_date") or date.min, number, row) for number, row in enumerate(rows, FIRST_ROW)]
    latest_first = sorted(numbered, key=lambda item: item[:2], reverse=True)
    decisions = [_rule(row, f"decisions.csv row {number}", text_is="whole") for _, number, row in latest_first]
    return tuple(sorted(decisions, key=lambda decision: -decision.filled))


def _check(rows: list[Mapping], tree: CategoryTree, where: str) -> None:
    problems = []
    for number, row in enumerate(rows, FIRST_ROW):
        code = row.get("category_code")
        if code not in tree:
            problems.append(f"row {number}: «{code}» is not in the category tree.{nearest(str(code), tree.codes)}")
        if not any(normalised(name, row.get(name)) for name in CELLS):
            problems.append(f"row {number}: no cell to match on, it would decide every line")
    if problems:
        raise TableError(
            f"{where}: {len(problems)} rows cannot be used.",
            problems=problems,
            expected="codes of the category tree and at least one filled cell to match on",
            todo="correct the rows named and save the file",
        )


def _rule(row: Mapping, reason: str, *, text_is: Literal["phrase", "whole"]) -> Rule:
    filled = {name: value for name in CELLS if (value := normalised(name, row.get(name)))}
    phrase = filled.pop("text", "") if text_is == "phrase" else ""
    return Rule(reason, row["category_code"], tuple(sorted(filled.items())), phrase)


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
    found = np.full(len(cells), len(rules))
    for names in sorted({tuple(name for name, _ in rule.cells) for rule in rules}):
        keys = cells[list(names)].agg("\x1f".join, axis=1) if names else pd.Series("", index=cells.index)
        rows_of = dict(keys.groupby(keys, sort=False).indices.items())
        for position, rule in enumerate(rules):
            if tuple(name for name, _ in rule.cells) == names:
                rows = rows_of.get("\x1f".join(value for _, value in rule.cells), np.array([], dtype=int))
                rows = _with_phrase(cells["text"], rows, rule.phrase)
                found[rows] = np.minimum(found[rows], position)
    return np.where(found == len(rules), -1, found)


def _with_phrase(texts: pd.Series, rows: np.ndarray, phrase: str) -> np.ndarray:
    if not phrase or not len(rows):
        return rows
    codes, distinct = pd.factorize(texts.iloc[rows])
    holds = np.array([f" {phrase} " in f" {text} " for text in distinct], dtype=bool)
    return rows[holds[codes]]
