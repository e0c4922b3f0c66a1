"""How is a classifier made out of lines whose category is known?

Distinct rows with each category they bear, weighing more the more and the later lines they stand for; the tree's own
phrases beside them, which is all there is at a cold start. A category is learned from its first line on. Predictions
for left-out rows calibrate it and fill its card.
"""

import platform
import warnings
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from procurement_kit.classifier.calibration import FEWEST_TO_CALIBRATE, LeftOut, calibrate, careful, left_out_folds
from procurement_kit.classifier.features import FIELDS, clean_features, phrase_fields
from procurement_kit.classifier.later_year import DAYS, days_of_later_year
from procurement_kit.classifier.measures import card_measures
from procurement_kit.classifier.model import Classifier, FieldPart, Levels, Scores, as_columns, supplier_mark
from procurement_kit.classifier.relabelling import DATED, half_year_starts, half_years_apart, with_half_years
from procurement_kit.classifier.tree import CategoryTree, standard_phrases, standard_tree
from procurement_kit.columns import require
from procurement_kit.errors import NoDataError, TableError, nearest
from procurement_kit.fingerprints import fingerprint
from procurement_kit.tables import CLASSIFIER_FEATURES

LABELLED = (*CLASSIFIER_FEATURES, "category_code", "amount", "invoice_date")
ROW = (*FIELDS, "supplier_key")  # what makes a row distinct
FOLDS = 3
Days = tuple[pd.Timestamp, pd.Timestamp]
COST = 0.7  # of a margin error in the linear classifier; flat between 0.2 and 1 on the data measured
COST_OF_PHRASES = 0.25  # of an area's margin error before lines are known: long texts are nothing like phrases
TOLERANCE = 0.1  # a hundred times finer gave the same accuracy and took twice the time
ROUNDS = 40  # over all rows
HALF_LIFE_DAYS, LEAST_WEIGHT = 182, 0.1  # a line counts half when it is that old, and never less than this
WORTH_SHARING = 1_000_000  # rows × categories from which a second process pays for its start
LANGUAGE, OWN_LANGUAGES = "phrase_language", ("da", "en")  # the others' phrases only help where few lines are known
BORROWED_WEIGHT, FIRST_BORROWED = 0.3, -1_000_000_000
FEWEST_LINES = 200  # distinct labelled rows below which thresholds come from phrases too and are kept careful
_WORDS = {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\S+"}
_WORD = {"analyzer": "word", "token_pattern": r"\S+"}
_LETTERS = {"analyzer": "char_wb", "ngram_range": (3, 5)}
# field, vectoriser settings, smallest number of rows a feature stands in, weight
PARTS = (
    ("supplier", _WORDS, 2, 0.7), ("supplier", _LETTERS, 2, 0.7),
    ("text", _WORDS, 1, 1.0), ("text", _LETTERS, 3, 1.0),
    ("account", _WORDS, 1, 1.3), ("service", _WORD, 1, 0.5), ("unit", _WORDS, 1, 1.0),
    ("measure", _WORD, 1, 0.3), ("hint", _WORD, 1, 0.5), ("context", _WORD, 2, 0.5),
)  # fmt: skip


def train(
    labelled: pd.DataFrame,
    tree: CategoryTree,
    *,
    seed: int = 0,
    promised_right_share: float = 0.95,
    phrases: pd.DataFrame | None = None,
    borrowed: pd.DataFrame | None = None,
) -> Classifier:
    """Train a classifier on lines whose category is known.

    Parameters
    ----------
    labelled : DataFrame
        CLASSIFIER_FEATURES, category_code (the deepest known), amount (kroner), invoice_date; may be empty.
    tree : CategoryTree
        The tree the labels are in.
    seed : int
        The same seed and data give the same predictions.
    promised_right_share : float
        Share of claimed kroner, and of claimed lines, that shall be right; between 0.5 and 1.
    phrases : DataFrame, optional
        category_code, phrase_kind, phrase; by default the standard ones where the tree is the standard tree.
    borrowed : DataFrame, optional
        Like `labelled`: lines as the classifier of another municipality places them. They are learned from with little
        weight where nothing is known, and never calibrated or measured on.

    Raises
    ------
    TableError
        If columns are missing or a category is not in the tree.
    NoDataError
        If there are fewer than two categories to tell apart.
    """
    rows = training_rows(labelled, tree, phrases, borrowed)
    if rows["category_code"].nunique() < 2:
        raise NoDataError(
            "The labelled lines hold fewer than two categories to tell apart.",
            expected="lines in at least two categories",
            todo="label more lines, then train again",
        )
    parts, matrix = fit_parts(rows)
    starts = half_year_starts(labelled, tree)
    matrix = with_half_years(matrix, rows[DATED], starts)
    days = days_of_later_year(pd.to_datetime(labelled.loc[labelled["category_code"].notna(), "invoice_date"]))
    heads, left_out, later = fit_rounds(rows, matrix, tree, seed, days)
    levels = Levels(tree, heads.linear.classes_)
    paths = {code: tree.path(code) for code in rows["category_code"].unique()}
    calibrations = calibrate(left_out, later, levels, paths, float(promised_right_share))
    line_count = rows.loc[~rows["is_phrase"], "row"].nunique()
    if line_count < FEWEST_LINES:
        calibrations = {kind: careful(calibration) for kind, calibration in calibrations.items()}
    basis = "phrases" if rests_on_phrases(rows) else "lines"
    card = {
        "seed": seed,
        "promised_right_share": float(promised_right_share),
        **_counts(labelled, rows, heads.linear),
        **card_measures(left_out, later, levels, paths, calibrations, basis),
        "later_year": [day.date().isoformat() for day in days] if days and later is not None else None,
        "half_year_starts": list(starts),
        "versions": _versions(),
    }
    known = frozenset(map(supplier_mark, rows.loc[~rows["is_phrase"], "supplier_key"].unique())) - {""}
    linear, areas, half_years = half_years_apart(heads.linear, heads.areas, starts)
    classifier = Classifier(tree, parts, linear, areas, calibrations, known, card, half_years)
    predictions = [classifier.classes[i] for i in classifier.probabilities(rows).argmax(axis=1)]
    return replace(classifier, card=card | {"predictions_hash": fingerprint(predictions)})


def training_rows(
    labelled: pd.DataFrame, tree: CategoryTree, phrases: pd.DataFrame | None, borrowed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Labelled lines, phrases and borrowed lines as distinct rows."""
    if phrases is None:
        phrases = standard_phrases() if tree == standard_tree() else None
    lines = labelled_pairs(labelled, tree)
    if phrases is not None and LANGUAGE in phrases and lines["row"].nunique() >= FEWEST_LINES:
        phrases = phrases[phrases[LANGUAGE].isin(OWN_LANGUAGES)]
    given = [] if phrases is None else [phrase_rows(phrases, tree)]
    given += [] if borrowed is None else [borrowed_rows(borrowed, lines, tree)]
    rows = pd.concat([lines, *given], ignore_index=True)
    names = phrase_rows(name_phrases(tree), tree)
    return pd.concat([rows, names[names["category_code"].isin(set(rows["category_code"]))]], ignore_index=True)


def name_phrases(tree: CategoryTree) -> pd.DataFrame:
    """The categories' own names as phrases: what a category is called also stands in texts, suppliers and accounts."""
    rows = [
        (c.category_code, kind, c.category_name_da) for c in tree.categories for kind in ("word", "supplier", "account")
    ]
    return pd.DataFrame(rows, columns=["category_code", "phrase_kind", "phrase"])


def labelled_pairs(labelled: pd.DataFrame, tree: CategoryTree) -> pd.DataFrame:
    """Each distinct cleaned row with each category it bears.

    Returns
    -------
    DataFrame
        FIELDS, supplier_key, category_code, `row` (number of the distinct row), lines, amount (absolute kroner),
        first_date of the row under any category, `dated` (the middle day under this one), and weight: the square root
        of its lines, a line counting half for each HALF_LIFE_DAYS it lies before the last one; on average 1.

    Raises
    ------
    TableError
        If columns are missing or a category is not in the tree.
    """
    require(labelled.columns, LABELLED, where="labelled lines")
    unknown = [code for code in labelled["category_code"].dropna().unique() if code not in tree]
    if unknown:
        raise TableError(
            f"labelled lines: {len(unknown)} categories are not in the tree.",
            problems=[f"«{code}» is not in the tree.{nearest(str(code), tree.codes)}" for code in unknown],
            todo="correct the codes, or use the tree the lines were labelled with",
        )
    labelled = labelled[labelled["category_code"].notna()]
    lines = clean_features(labelled)
    lines["category_code"] = labelled["category_code"].astype(object)
    lines["amount"] = labelled["amount"].astype(float).abs().fillna(0.0)
    lines["first_date"] = pd.to_datetime(labelled["invoice_date"])
    days = (lines["first_date"].max() - lines["first_date"]).dt.days.fillna(0)
    lines["weight"] = np.maximum(0.5 ** (days / HALF_LIFE_DAYS), LEAST_WEIGHT)
    lines["row"] = lines.groupby(list(ROW), sort=True).ngroup()
    lines[DATED] = lines["first_date"]
    lines["first_date"] = lines.groupby("row")["first_date"].transform("min")
    kept = {"amount": "sum", "first_date": "first", "weight": "sum", DATED: "median"}
    grouped = lines.groupby(["row", "category_code"], sort=True)
    pairs = grouped.agg(kept).assign(lines=grouped.size())
    pairs = pairs.reset_index().merge(lines[["row", *ROW]].drop_duplicates("row"), on="row")
    weight = np.sqrt(pairs["weight"])
    return pairs.assign(weight=weight / (weight.mean() if len(pairs) else 1.0), is_phrase=False)


def distinct_rows(labelled: pd.DataFrame, tree: CategoryTree) -> pd.DataFrame:
    """Labelled lines as distinct cleaned rows: fields, supplier_key, category_code, lines, amount, first_date.

    A row that stands under several categories takes the one with most lines, then most kroner, then the first code;
    lines and kroner are those under it.

    Raises
    ------
    TableError
        If columns are missing or a category is not in the tree.
    """
    pairs = labelled_pairs(labelled, tree)
    pairs = pairs.sort_values(["lines", "amount", "category_code"], ascending=[False, False, True], kind="stable")
    return pairs.drop_duplicates("row").sort_values("row", kind="stable", ignore_index=True)


def phrase_rows(phrases: pd.DataFrame, tree: CategoryTree) -> pd.DataFrame:
    """Phrases as training rows: as `distinct_rows`, one row each, without kroner."""
    phrases = phrases[phrases["category_code"].isin(tree.codes)].reset_index(drop=True)
    rows = phrase_fields(phrases)
    rows["category_code"] = phrases["category_code"].astype(object)
    rows = rows.drop_duplicates([*FIELDS, "category_code"], ignore_index=True)
    numbers = -1 - np.arange(len(rows))
    return rows.assign(lines=1, amount=0.0, first_date=pd.NaT, dated=pd.NaT, weight=1.0, row=numbers, is_phrase=True)


def borrowed_rows(borrowed: pd.DataFrame, lines: pd.DataFrame, tree: CategoryTree) -> pd.DataFrame:
    """Lines as another classifier places them, as training rows; without those that are known, or not in the tree."""
    rows = labelled_pairs(borrowed[borrowed["category_code"].isin(tree.codes)], tree)
    is_known = rows.merge(lines[list(ROW)].drop_duplicates().assign(met=True), on=list(ROW), how="left")["met"].notna()
    rows = rows[~is_known.to_numpy()].reset_index(drop=True)
    numbers = FIRST_BORROWED - np.arange(len(rows))
    return rows.assign(weight=BORROWED_WEIGHT, row=numbers, is_phrase=True, dated=pd.NaT)


def fit_parts(rows: pd.DataFrame) -> tuple[tuple[FieldPart, ...], sparse.csr_matrix]:
    """Fit one vectoriser per field on the rows; a field without any repeated word has none."""
    parts, matrices = [], []
    for field, settings, min_df, weight in PARTS:
        vectoriser = TfidfVectorizer(dtype=np.float32, sublinear_tf=True, lowercase=False, min_df=min_df, **settings)
        try:
            vectoriser.fit(rows[field])
        except ValueError:  # empty vocabulary: scikit-learn has no milder word for it
            continue
        parts.append(FieldPart(field, vectoriser, weight))
        matrices.append(parts[-1].matrix(rows[field]))
    if not parts:
        raise NoDataError("The labelled lines hold no text at all.", todo="check the columns of the import profile")
    return tuple(parts), sparse.hstack(matrices).tocsr()


@dataclass(frozen=True)
class Heads:
    """The linear classifiers of one fit: of the deepest categories, and of the areas (None where there is one)."""

    linear: LinearSVC
    areas: LinearSVC | None


def fit_heads(
    matrix: sparse.csr_matrix, rows: pd.DataFrame, tree: CategoryTree, seed: int, *, area_cost: float = COST
) -> Heads:
    """Fit both classifiers on rows with their weights.

    A row whose category is known as far as the area only tells the areas apart; of the deepest categories it says
    nothing, unless its area has none.
    """
    codes = rows["category_code"].to_numpy(dtype=str)
    areas = np.array([tree.path(code)[0] for code in codes])
    weights = rows["weight"].to_numpy(float)
    divided = np.unique(areas[codes != areas])
    is_deep = ~np.isin(codes, divided)
    linear = fit_linear(matrix[is_deep], codes[is_deep], weights[is_deep], seed)
    several = len(np.unique(areas)) > 1
    return Heads(linear, fit_linear(matrix, areas, weights, seed, cost=area_cost) if several else None)


def fit_linear(
    matrix: sparse.csr_matrix, codes: np.ndarray, weights: np.ndarray, seed: int, *, cost: float = COST
) -> LinearSVC:
    """Fit a linear classifier, one against the rest; coefficients in float32."""
    linear = LinearSVC(C=cost, random_state=seed, tol=TOLERANCE, max_iter=ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        linear.fit(matrix, codes, sample_weight=weights)
    linear.coef_ = linear.coef_.astype(np.float32)
    return linear


def fit_rounds(
    rows: pd.DataFrame, matrix: sparse.csr_matrix, tree: CategoryTree, seed: int, days: Days | None = None
) -> tuple[Heads, LeftOut | None, LeftOut | None]:
    """The classifiers of all rows, and what those that left rows out say of them: fold by fold, and a later year.

    All are fitted side by side, since fitting is most of the work; in processes, since threads would share liblinear's
    random numbers.
    """
    fold, later = left_out_folds(rows, FOLDS, seed), later_year_fold(rows, days)
    nothing = np.zeros(len(rows), dtype=bool)
    by_fold = [fold == number for number in np.unique(fold[fold >= 0])]
    by_year = [later >= 0] if (later == 0).any() else []
    rounds = [out for out in (nothing, *by_fold, *by_year) if _can_be_learned(rows[~out], tree)]
    is_large = len(rows) * rows["category_code"].nunique() > WORTH_SHARING
    workers = Parallel(n_jobs=2 if is_large else 1, backend="loky")
    area_cost = COST_OF_PHRASES if rests_on_phrases(rows) else COST
    fitted = workers(delayed(fit_heads)(matrix[~out], rows[~out], tree, seed, area_cost=area_cost) for out in rounds)
    pairs = list(zip(rounds, fitted, strict=True))[1:]
    year_pairs = pairs[-1:] if by_year and pairs and pairs[-1][0] is by_year[0] else []
    fold_pairs = pairs[: len(pairs) - len(year_pairs)]
    levels = Levels(tree, fitted[0].linear.classes_)
    after = _left_out(rows, matrix, levels, year_pairs)
    tested = after and after.only(later[later >= 0] == 0)
    return fitted[0], _left_out(rows, matrix, levels, fold_pairs), tested


def rests_on_phrases(rows: pd.DataFrame) -> bool:
    """Whether so few lines are known that the classifier knows little but phrases.

    Examples
    --------
    >>> rests_on_phrases(pd.DataFrame({"row": [-1, -2, 0], "is_phrase": [True, True, False]}))
    True
    """
    return rows.loc[~rows["is_phrase"], "row"].nunique() < FEWEST_TO_CALIBRATE


def _can_be_learned(rows: pd.DataFrame, tree: CategoryTree) -> bool:
    """Whether rows tell at least two of the deepest categories apart."""
    codes = set(rows["category_code"])
    return len(codes - {tree.path(code)[0] for code in codes if tree.level(code) > 1}) > 1


def _left_out(
    rows: pd.DataFrame, matrix: sparse.csr_matrix, levels: Levels, pairs: list[tuple[np.ndarray, Heads]]
) -> LeftOut | None:
    """Scores of rows by the classifiers that left them out; None where there are none."""
    if not pairs:
        return None
    classes = np.full((len(rows), len(levels.classes)), -1.0)
    areas = np.full((len(rows), len(levels.areas)), -1.0)
    known, seen = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    for is_out, heads in pairs:
        out = np.flatnonzero(is_out)
        for scores, names, linear in ((classes, levels.classes, heads.linear), (areas, levels.areas, heads.areas)):
            if linear is not None:
                columns = np.searchsorted(names.astype(str), linear.classes_)
                found = as_columns(np.asarray(matrix[out] @ linear.coef_.T) + linear.intercept_)
                scores[np.ix_(out, columns)] = found
        known[out] = rows["supplier_key"].iloc[out].isin(set(rows["supplier_key"][~is_out]) - {""})
        seen |= is_out
    weights = (rows[name].to_numpy(float)[seen] for name in ("lines", "amount"))
    scores = Scores(areas[seen], classes[seen])
    return LeftOut(scores, rows["category_code"].to_numpy()[seen], *weights, known[seen])


def later_year_fold(rows: pd.DataFrame, days: Days | None) -> np.ndarray:
    """Where the lines span two years, fold 0 for rows first seen in the year tested and 1 for later ones; -1 otherwise.

    `days` are the first and last day of that year, as `days_of_later_year` names it.
    """
    dates = rows["first_date"]
    if days is None or dates.isna().all() or (dates.max() - dates.min()).days < 2 * DAYS:
        return np.full(len(rows), -1)
    return np.where(dates > days[1], 1, np.where(dates >= days[0], 0, -1))


def _counts(labelled: pd.DataFrame, rows: pd.DataFrame, linear: LinearSVC) -> dict:
    lines = rows[~rows["is_phrase"]]
    borrowed = int((rows["row"] <= FIRST_BORROWED).sum())
    content = rows[[*ROW, "category_code", "lines"]]
    return {
        "labelled_lines": len(labelled),
        "labelled_rows": lines["row"].nunique(),
        "phrases": int(rows["is_phrase"].sum()) - borrowed,
        "borrowed_rows": borrowed,
        "last_date": None if pd.isna(last := lines["first_date"].max()) else last.date().isoformat(),
        "classes": len(linear.classes_),
        "rows_per_category": {code: int(n) for code, n in rows["category_code"].value_counts().sort_index().items()},
        "training_hash": fingerprint(content.to_csv(index=False, sep=";")),
    }


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("scikit-learn", "numpy", "scipy", "pandas", "skops")}
    return {"python": platform.python_version(), **packages}
