"""Why did the classifier choose a category, and what did the runner-up have?

A category's score is its own linear score and its area's; each is a sum, so it can be taken apart without loss: every
feature adds its coefficient times its value. The features of a field are put together per readable word. Pieces of
words count for the words that hold them, pairs of words for both; where several hold one, they share it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.model import as_columns
from procurement_kit.errors import ParameterError
from procurement_kit.plurals import so_many

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.svm import LinearSVC

    from procurement_kit.classifier.model import Classifier, FieldPart


@dataclass(frozen=True)
class Pull:
    """What one word of one field added to the scores of the best category and of the runner-up.

    Parameters
    ----------
    field : str
        One of the fields the classifier reads, such as "supplier", "text" or "account".
    word : str
        As the classifier reads it: small letters, without punctuation.
    best, runner_up : float
        Added to the score of each; negative where the word speaks against it.
    """

    field: str
    word: str
    best: float
    runner_up: float

    @property
    def lead(self) -> float:
        """By how much the word speaks for the best category rather than the runner-up."""
        return self.best - self.runner_up


@dataclass(frozen=True)
class Explanation:
    """How the classifier weighs the two most probable categories of a line.

    Parameters
    ----------
    best_code, runner_up_code : str
        The two most probable of the categories it was trained on.
    best_probability, runner_up_probability : float
        Calibrated, between 0 and 1.
    best_start, runner_up_start : float
        The scores before a single word is read: the intercepts.
    pulls : tuple of Pull
        One per field and word that counts, what decided most in favour of the best first.
    is_known_supplier : bool
        Whether the supplier was met in training.
    """

    best_code: str
    runner_up_code: str
    best_probability: float
    runner_up_probability: float
    best_start: float
    runner_up_start: float
    pulls: tuple[Pull, ...]
    is_known_supplier: bool

    @property
    def best_score(self) -> float:
        """The score of the best category, its own and its area's: its start and all pulls."""
        return self.best_start + sum(pull.best for pull in self.pulls)

    @property
    def runner_up_score(self) -> float:
        """The score of the runner-up, its own and its area's: its start and all pulls."""
        return self.runner_up_start + sum(pull.runner_up for pull in self.pulls)

    def by_field(self) -> dict[str, tuple[float, float]]:
        """What each field as a whole added to the scores of the best category and of the runner-up."""
        sums: dict[str, tuple[float, float]] = {}
        for pull in self.pulls:
            best, runner_up = sums.get(pull.field, (0.0, 0.0))
            sums[pull.field] = (best + pull.best, runner_up + pull.runner_up)
        return sums


def explain(classifier: "Classifier", features: "pd.DataFrame") -> Explanation:
    """Take the scores of a line's two most probable categories apart, word by word.

    Parameters
    ----------
    classifier : Classifier
        As `train` or `load_classifier` gives it.
    features : DataFrame
        One row of CLASSIFIER_FEATURES, as printed.

    Returns
    -------
    Explanation
        Its starts and pulls sum to the classifier's own scores of category and area together, to within 1e-6.

    Raises
    ------
    TableError
        If a column is missing.
    ParameterError
        If there is not exactly one row.
    """
    if len(features) != 1:
        raise ParameterError(
            f"{so_many(len(features), 'row')} cannot be explained at once.",
            expected="one row",
            todo="explain them one by one",
        )
    fields = clean_features(features)
    shares, calibrated = classifier.probabilities(fields), classifier.calibrated(fields)
    best, runner_up = np.argsort(-shares[0], kind="stable")[:2]
    sure = [classifier.levels.sure_of(shares, np.array([place]), calibrated)[0] for place in (best, runner_up)]
    judges = _judges(classifier, [int(best), int(runner_up)])
    starts = sum(as_columns(linear.intercept_[None, :].astype(float))[0, places] for linear, places in judges)
    return Explanation(
        best_code=classifier.classes[best],
        runner_up_code=classifier.classes[runner_up],
        best_probability=float(sure[0]),
        runner_up_probability=float(sure[1]),
        best_start=float(starts[0]),
        runner_up_start=float(starts[1]),
        pulls=_pulls(classifier, fields, judges),
        is_known_supplier=bool(classifier.is_known(fields)[0]),
    )


def _judges(classifier: "Classifier", classes: list[int]) -> "list[tuple[LinearSVC, list[int]]]":
    """The linear models that have a say, each with the places of the two categories, or of their areas, in it."""
    judges = [(classifier.linear, classes)]
    if classifier.areas is not None:
        known = list(map(str, classifier.areas.classes_))
        judges.append(
            (classifier.areas, [known.index(classifier.tree.path(classifier.classes[i])[0]) for i in classes])
        )
    return judges


def _pulls(classifier: "Classifier", fields: "pd.DataFrame", judges: list) -> tuple[Pull, ...]:
    sums: dict[tuple[str, str], np.ndarray] = defaultdict(lambda: np.zeros(2))
    start = 0
    for part in classifier.parts:
        row = part.matrix(fields[part.field])
        columns, values = row.indices, row.data.astype(float)
        added = sum(_coefficients(*judge, start + columns) for judge in judges) * values[:, None]
        start += row.shape[1]
        holders = word_shares(part, fields[part.field].iloc[0])
        for column, amounts in zip(columns, added, strict=True):
            for word, share in holders.get(int(column), {"": 1.0}).items():
                sums[part.field, word] += amounts * share
    pulls = [Pull(field, word, *map(float, amounts)) for (field, word), amounts in sums.items()]
    return tuple(sorted(pulls, key=lambda pull: (-pull.lead, pull.field, pull.word)))


def _coefficients(linear: "LinearSVC", places: list[int], features: np.ndarray) -> np.ndarray:
    """Coefficients of some features for some of a linear model's classes: features × classes."""
    if linear.coef_.shape[0] == 1:  # two classes, for which scikit-learn keeps one row
        return as_columns(linear.coef_[:, features].T.astype(float))[:, places]
    return linear.coef_[np.ix_(places, features)].T.astype(float)


def word_shares(part: "FieldPart", text: str) -> Mapping[int, Mapping[str, float]]:
    """Which words of a text hold each feature of a part, and the share of it that is theirs.

    Parameters
    ----------
    part : FieldPart
        Its vectoriser says what a feature is: a word, a pair of words, or letters in a row.
    text : str
        One field of one line, cleaned.

    Returns
    -------
    mapping of column to mapping of word to share
        Shares of a column sum to 1; only columns that stand in the text.
    """
    analyse, columns = part.vectoriser.build_analyzer(), part.vectoriser.vocabulary_
    words = text.split()
    held: dict[int, Counter] = defaultdict(Counter)
    for word in words:
        for feature in analyse(word):
            if feature in columns:
                held[int(columns[feature])][word] += 1
    for feature in set(analyse(text)):
        column = columns.get(feature)
        if column is not None and int(column) not in held:  # stands in no word alone: it reaches over several
            held[int(column)] = Counter(_reached(feature, words))
    return {column: {w: n / counts.total() for w, n in counts.items()} for column, counts in held.items()}


def _reached(feature: str, words: list[str]) -> list[str]:
    pieces = feature.split()
    whole = [word for word in dict.fromkeys(words) if word in pieces]
    return whole or [word for word in words if any(piece in word for piece in pieces)] or words
