"""Which category is a line most probably in, and how sure is that?

Stock scikit-learn parts: TF-IDF per field and one linear support vector classifier on the deepest categories. Its
scores become probabilities by one sigmoid; a parent's probability is the sum over what lies below it. Claimed is the
deepest level whose probability reaches that level's threshold, else the parent, else nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit

from procurement_kit.classifier.features import clean_features, mapped
from procurement_kit.classifier.tree import CategoryTree

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

ROWS_AT_A_TIME = 20_000
KNOWN, NEW = "known_supplier", "new_supplier"
PREDICTED = ("category_code", "category_confidence", "category_proposed_code", "category_proposed_confidence")


@dataclass(frozen=True)
class FieldPart:
    """One vectoriser on one field, and the weight its features carry."""

    field: str
    vectoriser: "TfidfVectorizer"
    weight: float

    def matrix(self, texts: pd.Series) -> sparse.csr_matrix:
        """TF-IDF of each row's text, worked out once per distinct text."""
        codes, distinct = pd.factorize(texts)
        return self._distinct(distinct)[codes]

    def scores(self, texts: pd.Series, coefficients: np.ndarray) -> np.ndarray:
        """Linear scores of one part, worked out once per distinct text."""
        codes, distinct = pd.factorize(texts)
        return np.asarray(self._distinct(distinct) @ coefficients)[codes]

    def _distinct(self, distinct: Sequence[str]) -> sparse.csr_matrix:
        return self.vectoriser.transform(distinct).astype(np.float32) * np.float32(self.weight)


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities and claims, for suppliers met in training or not.

    Parameters
    ----------
    slope, offset : float
        Of the sigmoid that turns scores into probabilities.
    thresholds : dict of int to float
        Probability a category of that level needs to be claimed; above 1 means never.
    """

    slope: float
    offset: float
    thresholds: Mapping[int, float]


@dataclass(frozen=True)
class Classifier:
    """Predicts categories; made by `train`, kept by `save`.

    Parameters
    ----------
    tree : CategoryTree
    parts : tuple of FieldPart
    linear : LinearSVC
        Coefficients in float32, one column of features after the other in the order of the parts.
    calibrations : dict of {"known_supplier", "new_supplier"} to Calibration
    known_suppliers : frozenset of str
        Marks of the suppliers met in training.
    card : dict
        What it was trained on and how good it is.
    """

    tree: CategoryTree
    parts: tuple[FieldPart, ...]
    linear: "LinearSVC"
    calibrations: Mapping[str, Calibration]
    known_suppliers: frozenset[str]
    card: Mapping[str, object]

    @property
    def version(self) -> str:
        """Short hash of its predictions."""
        return str(self.card["predictions_hash"])[:8]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The categories it was trained on."""
        return tuple(map(str, self.linear.classes_))

    @cached_property
    def levels(self) -> "Levels":
        """The categories of each level and which classes they hold."""
        return Levels(self.tree, self.classes)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Predict the category of feature rows.

        Parameters
        ----------
        features : DataFrame
            The columns CLASSIFIER_FEATURES, as printed; distinct rows, for speed.

        Returns
        -------
        DataFrame
            category_code (empty where none is claimed), category_confidence, category_proposed_code and
            category_proposed_confidence, both probabilities between 0 and 1.
        """
        fields = clean_features(features)
        chunks = [
            self._predict(fields.iloc[start : start + ROWS_AT_A_TIME])
            for start in range(0, len(fields), ROWS_AT_A_TIME)
        ]
        return pd.concat(chunks) if chunks else pd.DataFrame(columns=list(PREDICTED), index=features.index)

    def _predict(self, fields: pd.DataFrame) -> pd.DataFrame:
        probabilities = self.probabilities(fields)
        known = self.is_known(fields)
        thresholds = {
            level: np.where(known, *(self.calibrations[kind].thresholds.get(level, 2.0) for kind in (KNOWN, NEW)))
            for level in self.levels.numbers
        }
        code, confidence = self.levels.claim(probabilities, thresholds)
        proposed = probabilities.argmax(axis=1)
        values = (
            code,
            confidence,
            np.array(self.classes, dtype=object)[proposed],
            self.levels.whole(probabilities, proposed),
        )
        columns = {
            name: pd.Series(column, index=fields.index, dtype=object if name.endswith("_code") else float)
            for name, column in zip(PREDICTED, values, strict=True)
        }
        return pd.DataFrame(columns)

    def propose(self, features: pd.DataFrame, *, count: int = 3) -> pd.DataFrame:
        """The most probable categories of each row: columns row (position), rank, category_code, probability."""
        probabilities = self.probabilities(clean_features(features))
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
        rows, ranks = np.indices(best.shape)
        codes = np.array(self.classes, dtype=object)[best]
        values = np.take_along_axis(probabilities, best, axis=1)
        return pd.DataFrame(
            {
                "row": rows.ravel(),
                "rank": ranks.ravel() + 1,
                "category_code": codes.ravel(),
                "probability": values.ravel(),
            }
        )

    def probabilities(self, fields: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of each class for cleaned fields; rows sum to 1."""
        known = self.is_known(fields)
        slope, offset = (
            np.where(known, *(getattr(self.calibrations[kind], name) for kind in (KNOWN, NEW)))[:, None]
            for name in ("slope", "offset")
        )
        return shares_of_scores(self.scores(fields), slope, offset)

    def scores(self, fields: pd.DataFrame) -> np.ndarray:
        """Linear scores of cleaned fields: the sum of what each part says."""
        coefficients, start = self._coefficients, 0
        total = np.tile(as_columns(self.linear.intercept_[None, :]).astype(np.float32), (len(fields), 1))
        for part in self.parts:
            stop = start + len(part.vectoriser.vocabulary_)
            total += part.scores(fields[part.field], coefficients[start:stop])
            start = stop
        return total

    @cached_property
    def _coefficients(self) -> np.ndarray:
        return np.ascontiguousarray(as_columns(self.linear.coef_.T))

    def is_known(self, fields: pd.DataFrame) -> np.ndarray:
        """Whether each row's supplier was met in training."""
        return mapped(fields["supplier_key"], supplier_mark).isin(self.known_suppliers).to_numpy()


class Levels:
    """The levels of a tree as seen by a classifier: which classes add up to which category."""

    def __init__(self, tree: CategoryTree, classes: Sequence[str]):
        paths = [tree.path(code) for code in classes]
        self.path = tree.path
        self.numbers = tuple(range(1, max(map(len, paths)) + 1))
        self.codes = {n: np.array(sorted({p[n - 1] for p in paths if len(p) >= n}), dtype=object) for n in self.numbers}
        self.members = {n: self._membership(paths, n) for n in self.numbers}
        self._own_level = np.array([len(path) for path in paths])
        self._position = np.array([int(np.searchsorted(self.codes[len(p)], p[-1])) for p in paths])

    def _membership(self, paths: list[tuple[str, ...]], level: int) -> sparse.csr_matrix:
        deep = [i for i, path in enumerate(paths) if len(path) >= level]
        columns = np.searchsorted(self.codes[level].astype(str), [paths[i][level - 1] for i in deep])
        return sparse.csr_matrix((np.ones(len(deep)), (deep, columns)), shape=(len(paths), len(self.codes[level])))

    def at(self, probabilities: np.ndarray, level: int) -> np.ndarray:
        """Probability of each category of a level."""
        return np.asarray(probabilities @ self.members[level])

    def best(self, probabilities: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The most probable category of a level, and its probability."""
        here = self.at(probabilities, level)
        position = here.argmax(axis=1)
        return self.codes[level][position], here[np.arange(len(here)), position]

    def whole(self, probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Probability of one class per row, together with what lies below it."""
        found = np.zeros(len(classes))
        for level in self.numbers:
            rows = np.flatnonzero(self._own_level[classes] == level)
            found[rows] = self.at(probabilities[rows], level)[np.arange(len(rows)), self._position[classes[rows]]]
        return np.minimum(found, 1.0)

    def claim(self, probabilities: np.ndarray, thresholds: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Per row the category of the deepest level that reaches its threshold, and its probability."""
        code = np.full(len(probabilities), None, dtype=object)
        confidence = np.full(len(probabilities), np.nan)
        for level in self.numbers:
            best, probability = self.best(probabilities, level)
            sure = probability >= thresholds[level]
            code[sure], confidence[sure] = best[sure], np.minimum(probability[sure], 1.0)
        return code, confidence


def shares_of_scores(scores: np.ndarray, slope: "float | np.ndarray", offset: "float | np.ndarray") -> np.ndarray:
    """Scores as probabilities: the sigmoid of each, divided by the sum over the row.

    Examples
    --------
    >>> shares_of_scores(np.array([[0.0, 0.0]]), 8.0, 3.0).tolist()
    [[0.5, 0.5]]
    """
    sigmoids = expit(slope * scores + offset)
    return sigmoids / sigmoids.sum(axis=1, keepdims=True)


def as_columns(values: np.ndarray) -> np.ndarray:
    """One column per class also where there are two classes, for which scikit-learn keeps one."""
    return np.hstack([-values, values]) if values.shape[1] == 1 else values


def supplier_mark(key: str) -> str:
    """A short hash of a supplier's normalised name: enough to recognise it, and no list of names is stored."""
    return blake2b(key.encode(), digest_size=8).hexdigest() if key else ""
