"""How do a linear classifier's scores become categories, level by level, with how sure they are?

A category's share is its area's times its own within the area, each a sigmoid of the score made to sum to one; a
parent's is the sum over what lies below. A curve per level turns the best one's share into the probability that it is
right. Claimed is the deepest level whose probability reaches the level's threshold, else the parent, else nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.tables import LABEL_LEVELS

KNOWN, NEW = "known_supplier", "new_supplier"
NEVER = 2.0  # a threshold that nothing reaches
STRAIGHT, SMALLEST = (1.0, 1.0, 0.0), 1e-9
BEST_COUNTS = 0.5  # of the best category's score in its area's; flat between 0.3 and 1 on the data measured
BEST = tuple(
    f"category_{level}_{rank}_{what}"
    for level in LABEL_LEVELS
    for rank in ("best", "second")
    for what in ("code", "confidence")
)
PREDICTED = ("category_code", "category_confidence", "category_proposed_code", "category_proposed_confidence", *BEST)


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities and claims, for suppliers met in training or not.

    Parameters
    ----------
    slope, offset : float
        Of the sigmoid that turns scores of categories into shares within their area.
    area_slope, area_offset : float
        Of the sigmoid that turns scores of areas into probabilities.
    thresholds : dict of int to float
        Probability a category of that level needs to be claimed; above 1 means never.
    curves : dict of int to (float, float, float)
        Per level what turns the share of the best category into the probability that it is right: a, b and c of the
        sigmoid of a log p - b log (1 - p) + c (beta calibration, Kull, Silva Filho and Flach 2017).
    """

    slope: float
    offset: float
    area_slope: float
    area_offset: float
    thresholds: Mapping[int, float]
    curves: Mapping[int, tuple[float, float, float]]


@dataclass(frozen=True)
class Calibrated:
    """Which calibration holds for which row.

    Parameters
    ----------
    calibrations : dict of {"known_supplier", "new_supplier"} to Calibration
    known : array of bool
        Whether each row's supplier was met in training.
    """

    calibrations: Mapping[str, Calibration]
    known: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """A slope or offset for each row, as a column."""
        return np.where(self.known, *(getattr(self.calibrations[kind], name) for kind in (KNOWN, NEW)))[:, None]

    def threshold(self, level: int) -> np.ndarray:
        """The probability each row needs for a claim at a level."""
        return np.where(self.known, *(self.calibrations[kind].thresholds.get(level, NEVER) for kind in (KNOWN, NEW)))

    def confidence(self, shares: np.ndarray, level: int) -> np.ndarray:
        """The probability that each row's category at a level is right, from its share."""
        curves = (self.calibrations[kind].curves.get(level, STRAIGHT) for kind in (KNOWN, NEW))
        a, b, c = (np.where(self.known, *pair) for pair in zip(*curves, strict=True))
        inside = np.clip(shares, SMALLEST, 1 - SMALLEST)
        return expit(a * np.log(inside) - b * np.log1p(-inside) + c)

    def only(self, rows: np.ndarray) -> "Calibrated":
        """For those rows."""
        return Calibrated(self.calibrations, self.known[rows])


@dataclass(frozen=True)
class Scores:
    """Linear scores of rows: of areas (rows × areas) and of the deepest categories (rows × classes), float64."""

    areas: np.ndarray
    classes: np.ndarray

    def only(self, rows: np.ndarray) -> "Scores":
        """Those rows."""
        return Scores(self.areas[rows], self.classes[rows])


@dataclass(frozen=True)
class Found:
    """The most probable categories of rows, before it is judged how sure they are.

    Parameters
    ----------
    proposed, proposed_share : array
        Position of the most probable class of each row; its share, what lies below it included.
    positions, shares : array
        Levels × best and second best × rows: position of the category and its share; -1 where there is none.
    """

    proposed: np.ndarray
    proposed_share: np.ndarray
    positions: np.ndarray
    shares: np.ndarray

    @classmethod
    def empty(cls, rows: int, levels: int) -> "Found":
        """Room for as many rows and levels."""
        shape = (levels, 2, rows)
        return cls(np.full(rows, -1), np.zeros(rows), np.full(shape, -1), np.full(shape, -1.0))


class Levels:
    """The levels of a tree as seen by a classifier: which classes add up to which category."""

    def __init__(self, tree: CategoryTree, classes: Sequence[str]):
        paths = [tree.path(code) for code in classes]
        self.path = tree.path
        self.classes = np.array(classes, dtype=object)
        self.numbers = tuple(range(1, max(map(len, paths)) + 1))
        self.codes = {n: np.array(sorted({p[n - 1] for p in paths if len(p) >= n}), dtype=object) for n in self.numbers}
        self._order, self._starts, self._is_in_order = {}, {}, {}
        for n in self.numbers:
            self._order[n], self._starts[n] = self._together(paths, n)
            self._is_in_order[n] = np.array_equal(self._order[n], np.arange(len(paths)))
        self.areas = self.codes[1]
        self.area_of_class = np.searchsorted(self.areas.astype(str), [path[0] for path in paths])
        self.own_level = np.array([len(path) for path in paths])
        self.own_position = np.array([int(np.searchsorted(self.codes[len(p)], p[-1])) for p in paths])

    def _together(self, paths: list[tuple[str, ...]], level: int) -> tuple[np.ndarray, np.ndarray]:
        """The classes at or below a level so that those of one category stand together, and where each begins."""
        deep = np.array([i for i, path in enumerate(paths) if len(path) >= level])
        columns = np.searchsorted(self.codes[level].astype(str), [paths[i][level - 1] for i in deep])
        order = np.argsort(columns, kind="stable")
        return deep[order], np.flatnonzero(np.r_[True, np.diff(columns[order]) > 0])

    def together(self, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The classes at or below a level, those of one category together, and where each category begins."""
        return self._order[level], self._starts[level]

    def _in_order(self, values: np.ndarray, level: int) -> np.ndarray:
        """The columns of the classes at or below a level, those of one category together."""
        return values if self._is_in_order[level] else values[:, self._order[level]]

    def shares(self, scores: Scores, calibrated: Calibrated) -> np.ndarray:
        """Scores as shares of the classes; each row sums to 1."""
        slope, offset, area_slope, area_offset = map(
            calibrated.column, ("slope", "offset", "area_slope", "area_offset")
        )
        areas = shares_of_scores(self.area_scores(scores), area_slope, area_offset)
        own = sigmoid(scores.classes, slope, offset)
        if self._is_in_order[1]:
            stops = [*self._starts[1][1:], len(self.classes)]
            for area, (start, stop) in enumerate(zip(self._starts[1], stops, strict=True)):
                here = own[:, start:stop]
                here *= (areas[:, area] / here.sum(axis=1))[:, None]
            return own
        own *= (areas / self.at(own, 1))[:, self.area_of_class]
        return own

    def area_scores(self, scores: Scores) -> np.ndarray:
        """An area's own score, and half of that of the best category in it: each sees what the other does not."""
        best = np.maximum.reduceat(self._in_order(scores.classes, 1), self._starts[1], axis=1)
        return scores.areas + BEST_COUNTS * best

    def at(self, probabilities: np.ndarray, level: int) -> np.ndarray:
        """Probability of each category of a level."""
        there, starts = self._in_order(probabilities, level), self._starts[level]
        return there.copy() if len(starts) == there.shape[1] else np.add.reduceat(there, starts, axis=1)

    def best(
        self, probabilities: np.ndarray, level: int, calibrated: Calibrated | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The most probable category of a level, and the probability that it is right; its share if not calibrated."""
        here = self.at(probabilities, level)
        position = here.argmax(axis=1)
        share = here[np.arange(len(here)), position]
        return self.codes[level][position], share if calibrated is None else calibrated.confidence(share, level)

    def sure_of(self, probabilities: np.ndarray, classes: np.ndarray, calibrated: Calibrated) -> np.ndarray:
        """The probability that one class per row is right, what lies below it included."""
        share = np.zeros(len(classes))
        for level in self.numbers:
            self._add_own_level(share, self.at(probabilities, level), classes, level)
        return self._sure_at_own_level(share, classes, calibrated)

    def _add_own_level(self, share: np.ndarray, here: np.ndarray, classes: np.ndarray, level: int) -> None:
        """Fill in the shares of those rows whose class lies on this level; `here` holds the level's."""
        rows = np.flatnonzero(self.own_level[classes] == level)
        share[rows] = here[rows, self.own_position[classes[rows]]]

    def _sure_at_own_level(self, share: np.ndarray, classes: np.ndarray, calibrated: Calibrated) -> np.ndarray:
        sure = np.zeros(len(classes))
        for level in self.numbers:
            rows = np.flatnonzero(self.own_level[classes] == level)
            sure[rows] = calibrated.only(rows).confidence(share[rows], level)
        return sure

    def claim(self, probabilities: np.ndarray, calibrated: Calibrated) -> tuple[np.ndarray, np.ndarray]:
        """Per row the category of the deepest level that reaches its threshold, and its probability."""
        placed = self.place(probabilities, calibrated)
        return self.coded("category", placed["category"]), placed["category_confidence"]

    def place(self, probabilities: np.ndarray, calibrated: Calibrated) -> dict[str, np.ndarray]:
        """Claim, proposal, best and second best of each level as numbers: positions in `codes_of`, -1 for none.

        Returns
        -------
        dict of str to array
            `category`, `proposed` and per level `1_best`, `1_second`, …; beside each its `…_confidence`.
        """
        return self.judge(self.found(probabilities), calibrated)

    def found(self, probabilities: np.ndarray) -> "Found":
        """The most probable class of each row, and the best and second best of each level."""
        found = Found.empty(len(probabilities), len(self.numbers))
        found.proposed[:] = probabilities.argmax(axis=1)
        for place, level in enumerate(self.numbers):
            here = self.at(probabilities, level)
            self._add_own_level(found.proposed_share, here, found.proposed, level)
            _two_best(here, found.positions[place], found.shares[place])
        return found

    def judge(self, found: "Found", calibrated: Calibrated) -> dict[str, np.ndarray]:
        """How sure what was found is, and what is claimed of it; as `place` gives them."""
        count, start = len(found.proposed), 0
        claimed, sure = np.full(count, -1), np.full(count, np.nan)
        placed = {"proposed": found.proposed}
        for place, level in enumerate(self.numbers):
            for number, rank in enumerate(("best", "second")):
                position, share = found.positions[place, number], found.shares[place, number]
                confidence = calibrated.confidence(share, level)
                placed[f"{level}_{rank}"] = position
                placed[f"{level}_{rank}_confidence"] = np.where(position >= 0, confidence, np.nan)
            best, confidence = placed[f"{level}_best"], placed[f"{level}_best_confidence"]
            reached = confidence >= calibrated.threshold(level)
            claimed[reached], sure[reached] = start + best[reached], confidence[reached]
            start += len(self.codes[level])
        of_proposed = self._sure_at_own_level(found.proposed_share, found.proposed, calibrated)
        return placed | {"proposed_confidence": of_proposed, "category": claimed, "category_confidence": sure}

    def codes_of(self, name: str) -> np.ndarray:
        """The codes that positions named `category`, `proposed` or `2_best` stand for."""
        if name == "category":
            return np.concatenate([self.codes[level] for level in self.numbers])
        return self.classes if name == "proposed" else self.codes[int(name.partition("_")[0])]

    def coded(self, name: str, positions: np.ndarray) -> np.ndarray:
        """Codes for positions; None for -1."""
        return np.append(self.codes_of(name), None)[positions]

    def named(self, placed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The columns PREDICTED; a level the classifier does not have stays empty."""
        columns = {}
        for name in PREDICTED:
            key = name.removeprefix("category_").removesuffix("_code")
            key = "category" if key == "code" else "category_confidence" if key == "confidence" else key
            if name.endswith("_code"):
                none = np.full(len(placed["category"]), None, dtype=object)
                columns[name] = self.coded(key, placed[key]) if key in placed else none
            else:
                columns[name] = placed.get(key, np.full(len(placed["category"]), np.nan))
        return columns


def _two_best(here: np.ndarray, positions: np.ndarray, shares: np.ndarray) -> None:
    """Fill in where each row's largest and second largest share stand, where there are such. `here` is used up."""
    rows = np.arange(len(here))
    for rank in (0, 1):
        position = here.argmax(axis=1)
        share = here[rows, position]
        there = share >= 0
        positions[rank], shares[rank] = np.where(there, position, -1), np.where(there, share, -1.0)
        here[rows, position] = -1.0


def shares_of_scores(scores: np.ndarray, slope: "float | np.ndarray", offset: "float | np.ndarray") -> np.ndarray:
    """Scores as probabilities: the sigmoid of each, divided by the sum over the row.

    Examples
    --------
    >>> shares_of_scores(np.array([[0.0, 0.0]]), 8.0, 3.0).tolist()
    [[0.5, 0.5]]
    """
    sigmoids = sigmoid(scores, slope, offset)
    return sigmoids / sigmoids.sum(axis=1, keepdims=True)


def sigmoid(scores: np.ndarray, slope: "float | np.ndarray", offset: "float | np.ndarray") -> np.ndarray:
    """1 / (1 + exp(-(slope × score + offset))), made in place of its one temporary."""
    values = scores * -slope
    values -= offset
    with np.errstate(over="ignore"):  # far below any threshold: 1 / infinity is 0
        np.exp(values, out=values)
    values += 1.0
    return np.reciprocal(values, out=values)
