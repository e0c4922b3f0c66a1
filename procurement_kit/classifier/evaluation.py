"""How good is the classifier on lines it has not seen?

Splits that do not flatter: a later year, suppliers it never met, buyers it never met; duplicates are removed before
splitting. Beside it in the same run stand simple peers: what a consultant does by hand, and what published tools do.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit

from procurement_kit.classifier.calibration import truth_at
from procurement_kit.classifier.features import FIELDS
from procurement_kit.classifier.measures import measure, measures_at
from procurement_kit.classifier.training import DAYS, distinct_rows, train
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.tables import LABEL_LEVELS

SPLITS = ("later-year", "unseen-suppliers", "unseen-buyers")
TEST_SHARE = 0.25
SEED = 0
BUYER = "municipality_name"


def evaluate(
    labelled: pd.DataFrame, tree: CategoryTree, *, split: str = "unseen-suppliers", level: int = 1, peers: bool = True
) -> dict:
    """Train on one part of the labelled lines and measure on the other.

    Parameters
    ----------
    labelled : DataFrame
        As for `train`; with `municipality_name` for the split by buyers.
    tree : CategoryTree
        The tree the labels are in.
    split : {"later-year", "unseen-suppliers", "unseen-buyers"}
        The last twelve months; a quarter of the suppliers by normalised name; a quarter of the buyers.
    level : int
        Level of the tree that is measured, 1 at the top.
    peers : bool
        Measure the peers too.

    Returns
    -------
    dict
        split, level, lines (distinct rows measured), duplicates_removed, ours and peers: each with accuracy_lines,
        accuracy_amount, macro_f1, ece and coverage_at_95 (the last two None for peers).

    Raises
    ------
    ParameterError
        If there is no such split or level.
    NoDataError
        If the labelled lines cannot be split so.
    """
    if split not in SPLITS:
        raise ParameterError(f"«{split}» is not a split.", expected=f"one of: {', '.join(SPLITS)}")
    if level not in LABEL_LEVELS:
        raise ParameterError(f"«{level}» is not a level.", expected=f"one of: {', '.join(map(str, LABEL_LEVELS))}")
    labelled = labelled[labelled["category_code"].notna()].reset_index(drop=True)
    is_test = _is_test(labelled, tree, split)
    test, duplicates = _unseen_rows(labelled, is_test, tree)
    test = test[[tree.level(code) >= level for code in test["category_code"]]].reset_index(drop=True)
    if not len(test):
        raise NoDataError(f"No line is left to measure level {level} on.", todo="choose another split or level")
    inside = labelled[~is_test]
    paths = {code: tree.path(code) for code in tree.codes}
    truth, amount = truth_at(test["category_code"].to_numpy(), paths, level), test["amount"].to_numpy()
    measured = {"split": split, "level": level, "lines": len(test), "duplicates_removed": duplicates}
    measured["ours"] = _ours(inside, test, tree, level)
    known = distinct_rows(inside, tree)
    known["at_level"] = truth_at(known["category_code"].to_numpy(), paths, level)
    known = known[known["at_level"].ne("")]
    measured["peers"] = {n: measure(truth, peer(known, test), None, amount) for n, peer in PEERS.items() if peers}
    return measured


def _ours(inside: pd.DataFrame, test: pd.DataFrame, tree: CategoryTree, level: int) -> dict:
    classifier = train(inside, tree, seed=SEED)
    paths = {code: tree.path(code) for code in tree.codes}
    if level not in classifier.levels.numbers:
        raise NoDataError(f"Nothing was learned at level {level}.", todo="choose another level")
    probabilities = classifier.probabilities(test)
    found = measures_at(
        probabilities, test["category_code"].to_numpy(), test["amount"].to_numpy(), classifier.levels, paths, level
    )
    return {name: value for name, value in found.items() if name != "rows"}


def _is_test(labelled: pd.DataFrame, tree: CategoryTree, split: str) -> np.ndarray:
    if not len(labelled):
        raise NoDataError("There is no labelled line to measure on.", todo="label lines first")
    if split == "later-year":
        dates = pd.to_datetime(labelled["invoice_date"])
        is_test = (dates > dates.max() - pd.Timedelta(days=DAYS)).to_numpy()
    else:
        groups = _supplier_keys(labelled) if split == "unseen-suppliers" else _buyers(labelled)
        if groups.nunique() < 2:
            raise NoDataError(f"The lines cannot be split: {split} needs several.", todo="choose another split")
        splitter = GroupShuffleSplit(1, test_size=TEST_SHARE, random_state=SEED)
        _, positions = next(splitter.split(labelled, groups=groups))
        is_test = np.isin(np.arange(len(labelled)), positions)
    if is_test.all() or not is_test.any():
        raise NoDataError(f"The lines cannot be split: {split}.", todo="choose another split")
    return is_test


def _supplier_keys(labelled: pd.DataFrame) -> pd.Series:
    from procurement_kit.classifier.features import clean_features

    return clean_features(labelled)["supplier_key"]


def _buyers(labelled: pd.DataFrame) -> pd.Series:
    if BUYER not in labelled:
        raise NoDataError(f"The labelled lines have no column {BUYER}.", todo="choose another split")
    return labelled[BUYER].fillna("")


def _unseen_rows(labelled: pd.DataFrame, is_test: np.ndarray, tree: CategoryTree) -> tuple[pd.DataFrame, int]:
    """Distinct rows of the test part that do not occur in the training part, and how many lines that left out."""
    test = distinct_rows(labelled[is_test], tree)
    seen = distinct_rows(labelled[~is_test], tree)[[*FIELDS, "supplier_key"]].assign(is_seen=True)
    joined = test.merge(seen, on=[*FIELDS, "supplier_key"], how="left")
    unseen = test[joined["is_seen"].isna().to_numpy()].reset_index(drop=True)
    return unseen, int(is_test.sum()) - len(unseen)


# --- peers ----------------------------------------------------------------------------------------------------------


def most_frequent(known: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """The category most distinct rows have."""
    return np.full(len(test), known["at_level"].mode().iloc[0], dtype=object)


def suppliers_most_frequent(known: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """The supplier's most frequent category, which is what one does by hand; else the most frequent one."""
    counts = known.groupby(["supplier_key", "at_level"]).size().reset_index(name="n")
    counts = counts.sort_values(["n", "at_level"], ascending=[False, True], kind="stable").drop_duplicates(
        "supplier_key"
    )
    by_supplier = dict(zip(counts["supplier_key"], counts["at_level"], strict=True))
    return test["supplier_key"].map(by_supplier).fillna(most_frequent(known, test)[0]).to_numpy(object)


def word_logistic_regression(known: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """Words of all fields together, TF-IDF and logistic regression, which is what published tools use."""
    texts = [part[[name for name in FIELDS if name != "context"]].agg(" ".join, axis=1) for part in (known, test)]
    vectoriser = TfidfVectorizer(lowercase=False, token_pattern=r"\S+", dtype=np.float32)
    model = LogisticRegression(C=10.0, max_iter=60, tol=1e-2)
    if known["at_level"].nunique() < 2:
        return most_frequent(known, test)
    model.fit(vectoriser.fit_transform(texts[0]), known["at_level"].to_numpy(dtype=str))
    return model.predict(vectoriser.transform(texts[1])).astype(object)


PEERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]] = {
    "most_frequent_category": most_frequent,
    "suppliers_most_frequent_category": suppliers_most_frequent,
    "word_tfidf_logistic_regression": word_logistic_regression,
}
