"""How good is the classifier on lines it has not seen?

It is trained on one side of a split and measured on the other, beside simple peers that learned from the same rows.
Primary figures count each distinct row once and leave out rows seen in training; beside them stand the figures of all
lines as they came, repeated ones included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from procurement_kit.classifier.breakdowns import (
    accuracy,
    by_service_area,
    by_text,
    calibration_curve,
    can_promise,
    promise,
    without_largest,
)
from procurement_kit.classifier.calibration import truth_at
from procurement_kit.classifier.leads import lead
from procurement_kit.classifier.measures import FEWEST_ROWS, confusions, coverage, measure, measures_at
from procurement_kit.classifier.model import Classifier
from procurement_kit.classifier.peers import PEERS, Said
from procurement_kit.classifier.relabelling import DATED
from procurement_kit.classifier.splits import SEED, Split, duplicates, refuse_split, rows_tested, split_lines
from procurement_kit.classifier.training import distinct_rows, train
from procurement_kit.classifier.tree import CategoryTree, standard_tree
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.tables import LABEL_LEVELS

MEASURED = ("accuracy_lines", "accuracy_amount", "macro_f1", "ece", "coverage_at_95", "coverage_at_95_of_lines")


def evaluate(
    labelled: pd.DataFrame, tree: CategoryTree, *, split: str = "unseen-suppliers", level: int = 1, peers: bool = True
) -> dict:
    """Train on one part of the labelled lines and measure on the other.

    Parameters
    ----------
    labelled : DataFrame
        As for `train`; with `municipality_name` or `buyer_name` for the split by buyers.
    tree : CategoryTree
        The tree the labels are in.
    split : {"later-year", "unseen-suppliers", "unseen-buyers"}
        As `split_lines` parts them.
    level : int
        Level of the tree that is measured, 1 at the top.
    peers : bool
        Measure the peers too.

    Returns
    -------
    dict
        split, level, lines (distinct rows measured), too_few (whether these are too few to judge by),
        duplicates_removed (lines tested that they leave out), ours and peers: each with MEASURED, `too_few` and
        `all_lines`; ours also with what `breakdowns` says, peers with `ours_ahead`, as `leads` gives it for lines and
        amount. A figure that cannot be worked out is None, such as those
        of kroner where no line has an amount. Where lines were labelled otherwise at other times, each is placed as at
        its own, and `as_labelled_last` says how many are right if all are placed as lines are labelled last.

    Raises
    ------
    ParameterError
        If there is no such split or level.
    NoDataError
        If the labelled lines cannot be split so.
    """
    return evaluate_levels(labelled, tree, split=split, levels=(level,), peers=peers)[level]


def evaluate_levels(
    labelled: pd.DataFrame,
    tree: CategoryTree,
    *,
    split: str,
    levels: Sequence[int] = (),
    peers: bool = True,
    peers_everywhere: bool = False,
) -> dict[int, dict]:
    """The same for several levels, split and trained once.

    Without any level named, all that the tested lines and the classifier reach are measured. Peers are measured at the
    last level only, unless `peers_everywhere`, since each level is a fit of theirs.

    Raises
    ------
    ParameterError, NoDataError
        As `evaluate` does, for any of the levels.
    """
    refuse_split(split)
    if wrong := [level for level in levels if level not in LABEL_LEVELS]:
        raise ParameterError(f"«{wrong[0]}» is not a level.", expected=f"one of: {', '.join(map(str, LABEL_LEVELS))}")
    parts = split_lines(labelled, split)
    rows, known = rows_tested(parts, tree), distinct_rows(parts.learned, tree)
    classifier = None if levels else train(parts.learned, tree, seed=SEED)
    levels = levels or _reached(classifier, rows, tree)
    tests = {level: _at_level(parts, tree, rows, len(known), level) for level in levels}
    classifier = classifier or train(parts.learned, tree, seed=SEED)
    if max(levels) not in classifier.levels.numbers:
        raise NoDataError(f"Nothing was learned at level {max(levels)}.", todo="choose another level")
    probabilities, asked = classifier.probabilities(rows), levels if peers_everywhere else levels[-1:]
    return {
        level: _facts(test)
        | {"ours": _ours(classifier, probabilities[test.places], test)}
        | {"peers": _peers(classifier, probabilities, known, test) if peers and level in asked else {}}
        for level, test in tests.items()
    }


def _reached(classifier: Classifier, rows: pd.DataFrame, tree: CategoryTree) -> tuple[int, ...]:
    """Levels that the classifier has learned and that measured rows have a category at; the first one always."""
    reached = set(rows.loc[rows["is_measured"], "category_code"].map(tree.level))
    return tuple(level for level in classifier.levels.numbers if level <= max(reached, default=1)) or (1,)


def _facts(test: "_Test") -> dict:
    removed = test.duplicates
    return {
        "split": test.split.name,
        "level": test.level,
        "lines": test.row_count,
        "too_few": test.row_count < FEWEST_ROWS,
        "fewest_lines": FEWEST_ROWS,
        "lines_tested": len(test.split.tested),
        "lines_learned": len(test.split.learned),
        "rows_learned": test.learned_row_count,
        "duplicates_removed": removed["tested_lines_seen_in_learning"] + removed["tested_lines_repeated"],
        "duplicates": removed,
        "lines_labelled_above_level": test.too_high_line_count,
        "split_facts": test.split.facts,
        "seed": SEED,
        "categories": len(np.unique(test.truth.astype(str))),
    }


@dataclass(frozen=True)
class _Test:
    """Every distinct row of the tested part that has a category at the level, and its place among all of them."""

    split: Split
    tree: CategoryTree
    level: int
    rows: pd.DataFrame
    places: np.ndarray
    learned_row_count: int
    duplicates: Mapping[str, int]
    too_high_line_count: int

    @cached_property
    def paths(self) -> dict[str, tuple]:
        """Code → codes from the top down to it."""
        return {code: self.tree.path(code) for code in self.tree.codes}

    @cached_property
    def truth(self) -> np.ndarray:
        """Known category of each row at the level."""
        return truth_at(self.rows["category_code"].to_numpy(), self.paths, self.level)

    @cached_property
    def is_measured(self) -> np.ndarray:
        """Which rows count in the primary figures."""
        return self.rows["is_measured"].to_numpy(bool)

    @property
    def row_count(self) -> int:
        """Rows that count in the primary figures."""
        return int(self.is_measured.sum())

    def column(self, name: str) -> np.ndarray:
        """A column of the rows that are measured."""
        return self.rows[name].to_numpy()[self.is_measured]

    def all_lines(self, right: np.ndarray) -> dict:
        """Accuracy on every line tested, repeated ones and those seen in training included."""
        lines, amount = (self.rows[name].to_numpy(float) for name in ("lines", "amount"))
        found = accuracy(right, amount)
        return {
            "lines": int(lines.sum()),
            "accuracy_lines": round(float(lines[right].sum() / lines.sum()), 4),
            "accuracy_amount": found["accuracy_amount"],
        }


def _at_level(split: Split, tree: CategoryTree, rows: pd.DataFrame, learned_row_count: int, level: int) -> _Test:
    is_deep = rows["category_code"].map(tree.level).ge(level).to_numpy(bool)
    kept = rows[is_deep].reset_index(drop=True)
    if not len(kept) or not kept["is_measured"].any():
        raise NoDataError(f"No line is left to measure level {level} on.", todo="choose another split or level")
    removed, too_high = duplicates(split, rows, learned_row_count), int(rows.loc[~is_deep, "lines"].sum())
    return _Test(split, tree, level, kept, np.flatnonzero(is_deep), learned_row_count, removed, too_high)


def _ours(classifier: Classifier, probabilities: np.ndarray, test: _Test) -> dict:
    calibrated = classifier.calibrated(test.rows)
    best, probability = classifier.levels.best(probabilities, test.level, calibrated)
    right, some = best == test.truth, test.is_measured
    codes, amount = test.rows["category_code"].to_numpy(), test.rows["amount"].to_numpy()
    found = measures_at(
        probabilities[some], codes[some], amount[some], classifier.levels, test.paths, test.level, calibrated.only(some)
    )
    return {
        **{name: value for name, value in found.items() if name != "rows"},
        "coverage_at_95_of_lines": coverage(probability[some], right[some], np.ones(test.row_count)),
        "all_lines": test.all_lines(right),
        "without_largest": without_largest(test.truth[some], best[some], amount[some]),
        "text": by_text(test.column("text"), right[some], amount[some]),
        **_areas(test, right[some]),
        **_as_labelled_last(classifier, test),
        "promise": _promise(classifier, probabilities[some], test),
        "confusions": _named(confusions(test.truth[some], best[some], test.column("lines"), amount[some]), test.tree),
        "calibration_curve": calibration_curve(np.clip(probability[some], 0.0, 1.0), right[some]),
    }


def _areas(test: _Test, right: np.ndarray) -> dict:
    """The service areas apart, where the tree has them."""
    if test.tree != standard_tree():
        return {}
    areas = truth_at(test.column("category_code"), test.paths, 1)
    return {"service_areas": by_service_area(areas, right, test.column("amount"))}


def _as_labelled_last(classifier: Classifier, test: _Test) -> dict:
    """Accuracy with every row placed as lines are labelled last, not as they were at its time, where that differs."""
    if not classifier.half_years.starts:
        return {}
    rows = test.rows[test.is_measured].drop(columns=DATED)
    best, _ = classifier.levels.best(classifier.probabilities(rows), test.level)
    return {"as_labelled_last": accuracy(best == test.truth[test.is_measured], test.column("amount"))}


def _promise(classifier: Classifier, probabilities: np.ndarray, test: _Test) -> dict:
    rows = test.rows[test.is_measured]
    codes, _ = classifier.levels.claim(probabilities, classifier.calibrated(rows))
    paths = [classifier.levels.path(code) if code else () for code in codes]
    said = np.array([path[test.level - 1] if len(path) >= test.level else "" for path in paths], dtype=object)
    return promise(
        said != "",
        said == test.truth[test.is_measured],
        test.column("amount"),
        float(classifier.card["promised_right_share"]),
        can_be_made=can_promise(classifier.calibrations, test.level),
    )


def _named(pairs: list[dict], tree: CategoryTree) -> list[dict]:
    """Confusions with the names of their categories, in Danish and English."""
    return [
        pair
        | {
            f"{side}_name_{language}": tree.name(pair[f"{side}_code"], language)
            for side in ("true", "predicted")
            for language in ("da", "en")
        }
        for pair in pairs
    ]


def _peers(classifier: Classifier, probabilities: np.ndarray, known: pd.DataFrame, test: _Test) -> dict[str, dict]:
    at_level = truth_at(known["category_code"].to_numpy(), test.paths, test.level)
    learned = known.assign(at_level=at_level)[at_level != ""].reset_index(drop=True)
    best, _ = classifier.levels.best(probabilities[test.places], test.level)
    return {name: _peer(peer(learned, test.rows), best == test.truth, test) for name, peer in PEERS.items()}


def _peer(said: Said, ours: np.ndarray, test: _Test) -> dict:
    if said.not_measured:
        return {"not_measured": said.not_measured}
    some, amount = test.is_measured, test.column("amount")
    probability = None if said.probability is None else said.probability[some]
    right = said.best == test.truth
    of_lines = None if probability is None else coverage(probability, right[some], np.ones(test.row_count))
    return {
        **measure(test.truth[some], said.best[some], probability, amount),
        "coverage_at_95_of_lines": of_lines,
        "all_lines": test.all_lines(right),
        "ours_ahead": {
            "lines": lead(ours[some], right[some], np.ones(test.row_count), test.column("supplier_key")),
            "amount": lead(ours[some], right[some], amount, test.column("supplier_key")),
        },
        **said.facts,
    }
