"""How sure must the classifier be before it claims a category?

Platt's sigmoid (1999), one for all areas and one for all categories, fitted to predictions for left-out lines (on the
data measured its calibration error was 0.04 where temperature scaling had 0.12). Thresholds come from the same
predictions. Suppliers met in training are calibrated apart: the classifier is right more often about them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from procurement_kit.classifier.levels import (
    KNOWN,
    NEVER,
    NEW,
    STRAIGHT,
    Calibrated,
    Calibration,
    Levels,
    Scores,
    shares_of_scores,
)

FEWEST_AFTER = 50  # rows of a later year that a threshold is tried on alone
FEWEST_ROWS = 100  # fewer left-out lines of a kind of supplier tell nothing about it
ROWS_TO_FIT = 6000
START = (8.0, 3.0)
ONE_SIDED_90 = 1.2815515655446004
LOWEST_THRESHOLD = 0.05
FEWEST_TO_CALIBRATE = 30  # distinct labelled rows; below, phrases are left out and predicted too
PHRASE_THRESHOLD = 0.9  # no line has been seen: phrases are easier than lines


@dataclass(frozen=True)
class LeftOut:
    """Predictions for rows that were left out of training.

    Parameters
    ----------
    scores : Scores
        Of areas and of classes.
    truth : array of str
        Known category of each row.
    lines, amount : array
        Number of lines and sum of absolute kroner behind each distinct row.
    known : array of bool
        Whether other rows of the row's supplier were in training.
    """

    scores: Scores
    truth: np.ndarray
    lines: np.ndarray
    amount: np.ndarray
    known: np.ndarray

    def only(self, rows: np.ndarray) -> "LeftOut":
        """Those rows."""
        others = (getattr(self, name)[rows] for name in ("truth", "lines", "amount", "known"))
        return LeftOut(self.scores.only(rows), *others)

    def and_also(self, other: "LeftOut") -> "LeftOut":
        """Both, one after the other."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in ("truth", "lines", "amount", "known")]
        areas = np.vstack([self.scores.areas, other.scores.areas])
        classes = np.vstack([self.scores.classes, other.scores.classes])
        return LeftOut(Scores(areas, classes), *map(np.concatenate, pairs))


def calibrate(
    left_out: LeftOut, later: LeftOut | None, levels: Levels, paths: Mapping[str, tuple], promised: float
) -> dict:
    """Calibration per kind of supplier; a kind with too few left-out rows takes the other's more careful one.

    What is classified next lies after what was learned from. So rows of the later year count together as much as those
    of the folds, and a threshold must keep the promise on them alone too.

    Returns
    -------
    dict of {"known_supplier", "new_supplier"} to Calibration
    """
    after = left_out.only(np.zeros(len(left_out.truth), dtype=bool)) if later is None else later
    parts = {
        NEW: (left_out.only(~left_out.known), after.only(~after.known)),
        KNOWN: (left_out.only(left_out.known), after.only(after.known)),
    }
    found = {
        kind: _calibrate(folds, after, levels, paths, promised)
        if len(folds.truth) + len(after.truth) >= FEWEST_ROWS
        else None
        for kind, (folds, after) in parts.items()
    }
    common = found[NEW] or found[KNOWN] or _calibrate(left_out, after, levels, paths, promised)
    return {kind: found[kind] or common for kind in (KNOWN, NEW)}


def _calibrate(
    folds: LeftOut, after: LeftOut, levels: Levels, paths: Mapping[str, tuple], promised: float
) -> Calibration:
    part = folds.and_also(after)
    is_after = np.arange(len(part.truth)) >= len(folds.truth)
    area_truth = truth_at(part.truth, paths, 1)
    area_slope, area_offset = fit_sigmoid(levels.area_scores(part.scores), area_truth, levels.areas)
    slope, offset = fit_sigmoid(part.scores.classes, part.truth, levels.classes, within=levels.area_of_class)
    sigmoids = Calibration(slope, offset, area_slope, area_offset, {}, {})
    shares = levels.shares(part.scores, _for_all(sigmoids, part))
    curves = {}
    for level in levels.numbers:
        truth = truth_at(part.truth, paths, level)
        seen = truth != ""
        best, share = levels.best(shares[seen], level)
        curves[level] = fit_curve(share, best == truth[seen], weights_of(is_after[seen]))
    calibration = replace(sigmoids, curves=curves)
    thresholds = {}
    for level in levels.numbers:
        thresholds[level] = lowest_threshold(*_judged(part, calibration, levels, paths, level), promised)
        if len(after.truth) >= FEWEST_AFTER:
            alone = lowest_threshold(*_judged(after, calibration, levels, paths, level), promised, z=0.0)
            thresholds[level] = max(thresholds[level], alone)
    return replace(calibration, thresholds=thresholds)


def _judged(
    part: LeftOut, calibration: Calibration, levels: Levels, paths: Mapping[str, tuple], level: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability, whether it is right, and kroner of the rows whose category is known at a level."""
    truth = truth_at(part.truth, paths, level)
    seen = truth != ""
    calibrated = _for_all(calibration, part)
    best, probability = levels.best(levels.shares(part.scores, calibrated)[seen], level, calibrated.only(seen))
    return probability, best == truth[seen], part.amount[seen]


def _for_all(calibration: Calibration, part: LeftOut) -> Calibrated:
    return Calibrated({KNOWN: calibration, NEW: calibration}, part.known)


def weights_of(is_after: np.ndarray) -> np.ndarray:
    """Weights that let the rows of a later year count together as much as the others; ones where they are few.

    Examples
    --------
    >>> weights_of(np.arange(400) >= 300)[[0, 399]].tolist()
    [1.0, 3.0]
    """
    count = int(is_after.sum())
    return (
        np.where(is_after, max(1.0, len(is_after) / count - 1.0), 1.0)
        if count >= FEWEST_ROWS
        else np.ones(len(is_after))
    )


def fit_curve(share: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float, float]:
    """The beta curve from a best category's share to the probability that it is right; straight for few rows.

    Both slopes are kept from falling, so that more share is never less sure.

    Examples
    --------
    >>> fit_curve(np.array([0.5]), np.array([True]))
    (1.0, 1.0, 0.0)
    """
    if len(share) < FEWEST_ROWS or right.all() or not right.any():
        return STRAIGHT
    inside = np.clip(share, 1e-9, 1 - 1e-9)
    columns = np.column_stack([np.log(inside), -np.log1p(-inside)])
    names = [0, 1]
    while names:
        fitted = LogisticRegression(C=1e6).fit(columns[:, names], right, sample_weight=weights)
        if (fitted.coef_[0] >= 0).all():
            slopes = dict(zip(names, fitted.coef_[0], strict=True))
            return float(slopes.get(0, 0.0)), float(slopes.get(1, 0.0)), float(fitted.intercept_[0])
        names.pop(int(np.argmin(fitted.coef_[0])))
    return STRAIGHT


def fit_sigmoid(
    scores: np.ndarray, truth: np.ndarray, classes: np.ndarray, *, within: np.ndarray | None = None
) -> tuple[float, float]:
    """Slope and offset with the least log loss; rows whose category is no class tell nothing.

    Parameters
    ----------
    scores : array
        Rows × classes.
    truth : array of str
        Known class of each row.
    classes : array of str
        Names of the columns.
    within : array of int, optional
        Group of each class: shares are then those among the classes of the true one's group.
    """
    position = {code: i for i, code in enumerate(classes)}
    column = np.array([position.get(code, -1) for code in truth], dtype=int)
    rows = np.flatnonzero(column >= 0)
    if not len(rows) or len(classes) < 2:
        return START
    rows = rows[:: -(-len(rows) // ROWS_TO_FIT)]
    some, right = scores[rows].astype(float), column[rows]
    if within is not None:
        some = np.where(within[None, :] == within[right][:, None], some, -np.inf)

    def loss(guess: np.ndarray) -> float:
        shares = shares_of_scores(some, *_bounded(guess))
        return float(-np.log(shares[np.arange(len(rows)), right] + 1e-12).mean())

    start = (np.log(START[0]), START[1])
    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 80, "xatol": 0.01, "fatol": 1e-5}).x
    return _bounded(found)


def _bounded(guess: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a guess, in bounds: few rows that are all right would have them grow without end."""
    return float(np.exp(np.clip(guess[0], -2.0, 4.0))), float(np.clip(guess[1], -20.0, 20.0))


def lowest_threshold(
    probability: np.ndarray, right: np.ndarray, amount: np.ndarray, promised: float, *, z: float = ONE_SIDED_90
) -> float:
    """The lowest threshold above which the promised share is right, of distinct rows and of kroner.

    For rows the lower end of a one-sided interval must keep the promise (Wilson 1927), by default one of 90 %. For
    kroner the share itself must keep it: a few large invoices hold most kroner, and no interval over them would ever be
    narrow enough.

    Parameters
    ----------
    probability : array
        Probability of the best category of each row.
    right : array of bool
        Whether that category is the known one.
    amount : array
        Absolute kroner behind each row.
    promised : float
        Share between 0 and 1.
    z : float
        Of the interval, in standard deviations; 0 for none.

    Returns
    -------
    float
        2.0, which nothing reaches, where the promise cannot be kept.

    Examples
    --------
    >>> p = np.repeat([0.9, 0.5], 200)
    >>> right = np.r_[np.ones(200, bool), np.tile([True, False], 100)]
    >>> lowest_threshold(p, right, np.ones(400), 0.95)
    0.9
    """
    if not len(probability):
        return NEVER
    order = np.argsort(-probability, kind="stable")
    right, amount = right[order], amount[order]
    kept = (_lower_bounds(right, z) >= promised) & (np.cumsum(amount * right) >= promised * np.cumsum(amount))
    last_of_tie = np.r_[probability[order][1:] != probability[order][:-1], True]
    good = np.flatnonzero(kept & last_of_tie)
    return max(LOWEST_THRESHOLD, float(probability[order][good[-1]])) if len(good) else NEVER


def _lower_bounds(right: np.ndarray, z: float) -> np.ndarray:
    """Lower end of the share right among the first 1, 2, 3 … rows."""
    count = np.arange(1, len(right) + 1)
    share = np.cumsum(right) / count
    spread = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return (share + z**2 / (2 * count) - spread) / (1 + z**2 / count)


def truth_at(truth: np.ndarray, paths: Mapping[str, tuple], level: int) -> np.ndarray:
    """Known category at a level; empty where the known category lies above it."""
    return np.array([paths[code][level - 1] if len(paths[code]) >= level else "" for code in truth], dtype=object)


def careful(calibration: Calibration) -> Calibration:
    """The same with thresholds of at least 0.9, for a classifier that has seen phrases only."""
    return replace(calibration, thresholds={n: max(PHRASE_THRESHOLD, t) for n, t in calibration.thresholds.items()})


def left_out_folds(rows: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """Fold of each row: half of the suppliers whole in one fold, the other half's rows spread over all.

    So one round of training gives predictions both for suppliers never met and for new lines of suppliers met before.
    A row without supplier is spread like the latter; phrases stay in training (fold -1) unless lines are too few
    to calibrate on.
    """
    random = np.random.default_rng(seed)
    codes, distinct = pd.factorize(rows["supplier_key"])
    whole = random.random(len(distinct)) < 0.5
    by_supplier = random.integers(0, folds, len(distinct))
    row_codes, distinct_rows = pd.factorize(rows["row"])  # a row that bears two categories stays in one fold
    spread = (random.permutation(len(distinct_rows)) % folds)[row_codes]
    is_whole = whole[codes] & rows["supplier_key"].ne("").to_numpy()
    fold = np.where(is_whole, by_supplier[codes], spread)
    is_phrase = rows["is_phrase"].to_numpy(bool)
    return fold if (~is_phrase).sum() < FEWEST_TO_CALIBRATE else np.where(is_phrase, -1, fold)
