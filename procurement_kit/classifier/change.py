"""Which lines and kroner move from one category to another when something decides anew, and what made them move?

Distinct printed rows are placed as before and as after, batch by batch, and counted per pair of categories and of what
decided. An accessory line moves with the line it follows. What a person can read of it is made by `analyse_moves`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procurement_kit.classifier.lookup import category_lookup
from procurement_kit.classifier.model import Classifier
from procurement_kit.classifier.rules import Rule, apply_rules, printed_cells, read_decisions, read_rules
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import frame, key_order
from procurement_kit.tables import CLASSIFIER_FEATURES

if TYPE_CHECKING:
    import pyarrow as pa

FOUND = ("category_code", "category_source", "category_reason")
LEADING = tuple(f"leading_{name}" for name in CLASSIFIER_FEATURES)
SUMS = ("line_count", "net_amount", "absolute_amount")
KEYS = (*(f"{when}_{name}" for when in ("old", "new") for name in FOUND), "move_reason")
MOVE_COLUMNS = (*KEYS, *SUMS)
STAYS = "stays"
DECIDED = {"review": "decision", "rule": "rule"}
NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Deciding:
    """What decides categories: a classifier or none, and the rows of rules.csv and decisions.csv."""

    classifier: Classifier | None = None
    rules: tuple[Mapping, ...] = ()
    decisions: tuple[Mapping, ...] = ()


def count_moves(
    batches: "Iterable[pa.RecordBatch | pa.Table]",
    tree: CategoryTree,
    *,
    after: Deciding,
    before: Deciding | None = None,
    labels: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Count lines and kroner per old and new category and what decided either.

    Parameters
    ----------
    batches : iterable of RecordBatch or Table
        CLASSIFIER_FEATURES as printed, `LEADING` (what is printed on the line an accessory follows), `has_leader`,
        `SUMS` (lines, kroner, kroner without sign); without `before` also `old_` and the names of FOUND.
    tree : CategoryTree
        The tree the municipality uses.
    after, before : Deciding
        Without `before` the old categories are those the batches bear.
    labels : mapping, optional
        As `label_marks` gives them: a move to the category a row is labelled with is the label's doing.

    Returns
    -------
    DataFrame
        Columns MOVE_COLUMNS, sorted by them: also what stays; `move_reason` is stays, decision, rule,
        decision_removed, rule_removed, accessory, label or model.
    """
    counted: dict[tuple, list] = defaultdict(lambda: [0, NOTHING, NOTHING])
    for batch in batches:
        old = _as_it_was(batch) if before is None else placed_rows(batch, before, tree)
        new = placed_rows(batch, after, tree)
        reasons = _reasons(batch, old, new, labels or {}, tree)
        keys = zip(*(side[name].tolist() for side in (old, new) for name in FOUND), reasons, strict=True)
        sums = zip(*(batch.column(name).to_pylist() for name in SUMS), strict=True)
        for key, values in zip(keys, sums, strict=True):
            found = counted[key]
            for place, value in enumerate(values):
                found[place] += value or 0
    rows = [dict(zip(MOVE_COLUMNS, (*key, *found), strict=True)) for key, found in counted.items()]
    return frame(sorted(rows, key=lambda row: key_order(row[name] for name in KEYS)), MOVE_COLUMNS)


def placed_rows(batch: "pa.RecordBatch | pa.Table", deciding: Deciding, tree: CategoryTree) -> pd.DataFrame:
    """Place printed rows; accessory rows follow their leader unless a decision or rule is about them.

    Parameters
    ----------
    batch : RecordBatch or Table
        CLASSIFIER_FEATURES, LEADING and `has_leader`.
    deciding : Deciding
        What decides.
    tree : CategoryTree
        The tree the municipality uses.

    Returns
    -------
    DataFrame
        Columns FOUND, one row per row of the batch; the reason of an accessory row is empty.
    """
    own = _found(batch, CLASSIFIER_FEATURES, deciding, tree)
    rows = np.flatnonzero(np.array(batch.column("has_leader").to_pylist(), dtype=bool))
    if not len(rows):
        return own
    led = _found(batch.take(rows), LEADING, deciding, tree)
    follows = ~own["category_source"].iloc[rows].isin(DECIDED).to_numpy() & led["category_code"].notna().to_numpy()
    codes = led["category_code"].to_numpy()[follows]
    own.iloc[rows[follows], :] = np.array([codes, ["accessory"] * len(codes), [None] * len(codes)], dtype=object).T
    return own


def _found(batch: "pa.Table", names: tuple[str, ...], deciding: Deciding, tree: CategoryTree) -> pd.DataFrame:
    import pyarrow as pa

    printed = pa.table(dict(zip(CLASSIFIER_FEATURES, (batch.column(name) for name in names), strict=True)))
    (found,) = category_lookup([printed], deciding.classifier, deciding.rules, deciding.decisions, tree)
    return found.select(list(FOUND)).to_pandas().astype(object).where(lambda table: table.notna(), None)


def _as_it_was(batch: "pa.Table") -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(batch.column(f"old_{name}").to_pylist(), dtype=object) for name in FOUND})


def _reasons(batch: "pa.Table", old: pd.DataFrame, new: pd.DataFrame, labels: Mapping, tree: CategoryTree) -> list[str]:
    codes, sources = new["category_code"].tolist(), new["category_source"].tolist()
    moved = [first != second for first, second in zip(old["category_code"].tolist(), codes, strict=True)]
    rows = np.flatnonzero(moved)
    learned = _learned(batch, rows, codes, labels, tree) if labels else set()
    old_sources = old["category_source"].tolist()
    reasons = [STAYS] * len(moved)
    for row in rows.tolist():
        reasons[row] = _reason(old_sources[row], sources[row], row in learned)
    return reasons


def _learned(batch: "pa.Table", rows: np.ndarray, codes: list, labels: Mapping, tree: CategoryTree) -> set[int]:
    """Rows that are placed on the way to the very category they are labelled with."""
    printed = zip(*(batch.column(name).take(rows).to_pylist() for name in CLASSIFIER_FEATURES), strict=True)
    known = ((row, labels.get(row_mark(cells))) for row, cells in zip(rows.tolist(), printed, strict=True))
    return {row for row, label in known if label in tree and codes[row] in tree.path(label)}


def _reason(old: str, new: str, is_learned: bool) -> str:
    """What made a row move, by what decided it before and what decides it now."""
    if new in DECIDED:
        return DECIDED[new]
    if old in DECIDED:
        return f"{DECIDED[old]}_removed"
    if "accessory" in (old, new):
        return "accessory"
    return "label" if is_learned else "model"


def row_mark(cells: Iterable) -> int:
    """A number that stands for a printed row within this process; empty texts and missing ones are the same."""
    return hash(tuple(cell or None for cell in cells))


def label_marks(labelled: pd.DataFrame) -> dict[int, str]:
    """The known category of each labelled row, by its mark; columns CLASSIFIER_FEATURES and category_code."""
    columns = [labelled[name].astype(object).where(labelled[name].notna(), None) for name in CLASSIFIER_FEATURES]
    return dict(zip(map(row_mark, zip(*columns, strict=True)), labelled["category_code"], strict=True))


# --- rows that another decision or rule decides ----------------------------------------------------------------------


def redecided(
    batches: "Iterable[pa.RecordBatch | pa.Table]", tree: CategoryTree, *, before: Deciding, after: Deciding
) -> "Iterator[pa.Table]":
    """Only those rows that another decision or rule decides than before, or whose leader one does.

    Parameters
    ----------
    batches : iterable of RecordBatch or Table
        As for `count_moves`.
    tree : CategoryTree
        The tree the municipality uses.
    before, after : Deciding
        The classifier is not asked.

    Raises
    ------
    TableError
        If a rule or decision cannot be used.
    """
    sides = [(read_decisions(side.decisions, tree), read_rules(side.rules, tree)) for side in (before, after)]
    for batch in batches:
        differs = np.zeros(batch.num_rows, dtype=bool)
        for names in (CLASSIFIER_FEATURES, LEADING):
            printed = batch.select(list(names)).to_pandas().astype(object)
            cells = printed_cells(printed.set_axis(list(CLASSIFIER_FEATURES), axis=1))
            old, new = (_deciders(cells, *side) for side in sides)
            differs |= old != new
        if differs.any():
            yield batch.take(np.flatnonzero(differs))


def _deciders(cells: pd.DataFrame, decisions: tuple[Rule, ...], rules: tuple[Rule, ...]) -> np.ndarray:
    """What decides each row, and for which category; empty where nobody has."""
    found = np.full(len(cells), "", dtype=object)
    for deciders in (rules, decisions):
        words = np.array([f"{rule.reason}\x1f{rule.category_code}" for rule in deciders] + [""], dtype=object)
        positions = apply_rules(cells, deciders)
        found = np.where(positions >= 0, words[positions], found)
    return found
