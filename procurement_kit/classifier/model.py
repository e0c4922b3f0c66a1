"""Which category is a line most probably in, and how sure is that?

Stock scikit-learn parts: TF-IDF per field, a linear support vector classifier on the areas and one on the deepest
categories. What a field's text adds to the scores is worked out once per distinct text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from procurement_kit.classifier.features import clean_features, mapped
from procurement_kit.classifier.levels import PREDICTED, Calibrated, Calibration, Levels, Scores
from procurement_kit.classifier.relabelling import DATED, UNCHANGED, HalfYears
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.classifier.vectors import tfidf

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

ROWS_AT_A_TIME = 20_000


def summed(parts: Sequence[tuple[sparse.csr_matrix, np.ndarray]], shape: tuple[int, int]) -> np.ndarray:
    """The sum of sparse times dense of each part, in float64."""
    total = np.zeros(shape)
    for matrix, block in parts:
        total += matrix @ block.astype(np.float64)
    return total


@dataclass(frozen=True)
class FieldPart:
    """One vectoriser on one field, and the weight its features carry."""

    field: str
    vectoriser: "TfidfVectorizer"
    weight: float

    def matrix(self, texts: pd.Series) -> sparse.csr_matrix:
        """TF-IDF of each row's text, worked out once per distinct text."""
        codes, distinct = pd.factorize(texts)
        return self.of_distinct(distinct)[codes]

    def of_distinct(self, distinct: Sequence[str]) -> sparse.csr_matrix:
        """TF-IDF of texts that do not repeat."""
        return tfidf(self.vectoriser, distinct).astype(np.float64) * self.weight


@dataclass(frozen=True)
class Classifier:
    """Predicts categories; made by `train`, kept by `save`.

    Parameters
    ----------
    tree : CategoryTree
    parts : tuple of FieldPart
    linear : LinearSVC
        Of the deepest categories; coefficients in float32, features in the order of the parts.
    areas : LinearSVC or None
        Of the areas; None where there is only one.
    calibrations : dict of {"known_supplier", "new_supplier"} to Calibration
    known_suppliers : frozenset of str
        Marks of the suppliers met in training.
    card : dict
        What it was trained on and how good it is.
    half_years : HalfYears
        What scores of earlier times have less, where lines were labelled otherwise then.
    """

    tree: CategoryTree
    parts: tuple[FieldPart, ...]
    linear: "LinearSVC"
    areas: "LinearSVC | None"
    calibrations: Mapping[str, Calibration]
    known_suppliers: frozenset[str]
    card: Mapping[str, object]
    half_years: HalfYears = UNCHANGED

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
            category_proposed_confidence; and best and second-best category of each level with their probabilities
            (between 0 and 1; the best at a level is not always above the best of the next).
        """
        fields = clean_features(features)
        chunks = [
            self._predict(fields.iloc[start : start + ROWS_AT_A_TIME])
            for start in range(0, len(fields), ROWS_AT_A_TIME)
        ]
        return pd.concat(chunks) if chunks else pd.DataFrame(columns=list(PREDICTED), index=features.index)

    def _predict(self, fields: pd.DataFrame) -> pd.DataFrame:
        placed = self.levels.place(self.probabilities(fields), self.calibrated(fields))
        return pd.DataFrame(
            {
                name: pd.Series(column, index=fields.index, dtype=object if name.endswith("_code") else float)
                for name, column in self.levels.named(placed).items()
            }
        )

    def propose(self, features: pd.DataFrame, *, count: int = 3) -> pd.DataFrame:
        """The most probable categories of each row: columns row (position), rank, category_code, probability."""
        fields = clean_features(features)
        probabilities, calibrated = self.probabilities(fields), self.calibrated(fields)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
        rows, ranks = np.indices(best.shape)
        codes = np.array(self.classes, dtype=object)[best]
        values = np.column_stack([self.levels.sure_of(probabilities, column, calibrated) for column in best.T])
        return pd.DataFrame(
            {
                "row": rows.ravel(),
                "rank": ranks.ravel() + 1,
                "category_code": codes.ravel(),
                "probability": values.ravel(),
            }
        )

    def probabilities(self, fields: pd.DataFrame) -> np.ndarray:
        """Share of each class for cleaned fields; rows sum to 1."""
        return self.levels.shares(self.all_scores(fields), self.calibrated(fields))

    def scores(self, fields: pd.DataFrame) -> np.ndarray:
        """Linear scores of cleaned fields for each class: the sum of what each part says."""
        return self.all_scores(fields).classes

    def all_scores(self, fields: pd.DataFrame) -> Scores:
        """Linear scores of cleaned fields, of areas and of classes: as lines are labelled last.

        Where the rows have a column `dated`, as they were labelled on that day.
        """
        total = np.tile(self.intercepts, (len(fields), 1))
        for field in dict.fromkeys(part.field for part in self.parts):
            codes, distinct = pd.factorize(fields[field])
            total += self.field_scores(field, distinct)[codes]
        if DATED in fields and self.half_years.starts:
            total += self.half_years.behind(fields[DATED])
        return self.split(total)

    def field_scores(self, field: str, distinct: Sequence[str]) -> np.ndarray:
        """What one field's distinct texts add to the scores: texts × (areas and classes), float64."""
        return summed(self.field_parts(field, distinct), (len(distinct), len(self.intercepts)))

    def field_parts(self, field: str, distinct: Sequence[str]) -> list[tuple[sparse.csr_matrix, np.ndarray]]:
        """Of each part of a field: TF-IDF of distinct texts, and coefficients, features × (areas and classes)."""
        parts = zip(self.parts, self._blocks, strict=True)
        return [(part.of_distinct(distinct), block) for part, block in parts if part.field == field]

    def split(self, scores: np.ndarray) -> Scores:
        """Scores of areas and classes side by side, told apart."""
        count = len(self.levels.areas)
        return Scores(scores[:, :count], scores[:, count:])

    @cached_property
    def intercepts(self) -> np.ndarray:
        """Scores of a row without any text: areas, then classes."""
        own = as_columns(self.linear.intercept_[None, :])[0]
        return np.concatenate([self._of_areas(lambda linear: linear.intercept_[None, :])[0], own]).astype(np.float64)

    @cached_property
    def _blocks(self) -> list[np.ndarray]:
        """Coefficients of each part: features × (areas and classes)."""
        both = np.hstack([self._of_areas(lambda linear: linear.coef_.T), as_columns(self.linear.coef_.T)])
        stops = np.cumsum([len(part.vectoriser.vocabulary_) for part in self.parts])
        return np.split(np.ascontiguousarray(both), stops[:-1])

    def _of_areas(self, taken: "Callable[[LinearSVC], np.ndarray]") -> np.ndarray:
        if self.areas is None:
            return np.zeros((taken(self.linear).shape[0], 1), dtype=np.float32)
        return as_columns(taken(self.areas))

    def is_known(self, fields: pd.DataFrame) -> np.ndarray:
        """Whether each row's supplier was met in training."""
        return mapped(fields["supplier_key"], supplier_mark).isin(self.known_suppliers).to_numpy()

    def calibrated(self, fields: pd.DataFrame) -> Calibrated:
        """Which calibration holds for each row."""
        return Calibrated(self.calibrations, self.is_known(fields))


def as_columns(values: np.ndarray) -> np.ndarray:
    """One column per class also where there are two classes, for which scikit-learn keeps one."""
    return np.hstack([-values, values]) if values.shape[1] == 1 else values


def supplier_mark(key: str) -> str:
    """A short hash of a supplier's normalised name: enough to recognise it, and no list of names is stored."""
    return blake2b(key.encode(), digest_size=8).hexdigest() if key else ""
