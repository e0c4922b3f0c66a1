"""How good is a set of predictions?

Shares right in rows and in kroner, macro-F1, calibration error, and the share of kroner that could be coded without a
person if the promised share of them must be right. Amounts count by their absolute value.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import f1_score

from procurement_kit.classifier.calibration import LeftOut, truth_at
from procurement_kit.classifier.levels import KNOWN, NEW, Calibrated, Levels

BINS = 15
MUST_BE_RIGHT = 0.95
FEWEST_ROWS = 200  # rows of a test; below, one row moves a share by half a point and its 95 % interval is 8 points wide
FEWEST_APART = 30  # rows of a part that is told apart; below, the interval is 20 points wide or more
CONFUSIONS_SHOWN, ON_CARD = 10, 3
SPLIT_NAMES = {NEW: "unseen-suppliers", KNOWN: "known-suppliers"}


def measure(truth: np.ndarray, best: np.ndarray, probability: np.ndarray | None, amount: np.ndarray) -> dict:
    """Measures of one level.

    Parameters
    ----------
    truth, best : array of str
        Known and predicted category of each row.
    probability : array or None
        Of the predicted category; without it there is no calibration error and no coverage.
    amount : array
        Absolute kroner of each row.

    Returns
    -------
    dict
        accuracy_lines, accuracy_amount, macro_f1 over the known categories, and ece, ece_by_chance, coverage_at_95 or
        None; too_few, whether there are fewer than FEWEST_ROWS rows to judge by.

    Examples
    --------
    >>> measure(np.array(["a", "b"]), np.array(["a", "a"]), None, np.array([30.0, 10.0]))["accuracy_amount"]
    0.75
    """
    if not len(truth):
        names = ("accuracy_lines", "accuracy_amount", "macro_f1", "ece", "ece_by_chance", "coverage_at_95")
        return {**dict.fromkeys(names), "too_few": True}
    right = best == truth
    macro = f1_score(
        truth.astype(str), best.astype(str), average="macro", labels=np.unique(truth.astype(str)), zero_division=0
    )
    return {
        "accuracy_lines": rounded(right.mean()),
        "accuracy_amount": share_of(amount[right].sum(), amount.sum()),
        "macro_f1": rounded(macro),
        "ece": None if probability is None else calibration_error(probability, right),
        "ece_by_chance": None if probability is None else error_by_chance(probability),
        "coverage_at_95": None if probability is None else coverage(probability, right, amount),
        "too_few": len(truth) < FEWEST_ROWS,
    }


def calibration_error(probability: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over fifteen equally wide bins of probability.

    Examples
    --------
    >>> calibration_error(np.array([0.8, 0.8]), np.array([True, False]))
    0.3
    """
    bins = bins_of(probability)
    gaps = np.bincount(bins, probability, BINS) - np.bincount(bins, right, BINS)
    return rounded(np.abs(gaps).sum() / len(right))


def error_by_chance(probability: np.ndarray) -> float:
    """The calibration error to expect on so few rows where every probability holds: an error near it shows nothing.

    In each bin the mean distance of a normal variable of the binomial's spread, weighted by the bin's rows.

    Examples
    --------
    >>> error_by_chance(np.full(100, 0.5)), error_by_chance(np.full(10_000, 0.5))
    (0.0399, 0.004)
    """
    spread = np.bincount(bins_of(probability), probability * (1 - probability), BINS)
    return rounded(np.sqrt(2 / np.pi * spread).sum() / len(probability))


def bins_of(probability: np.ndarray) -> np.ndarray:
    """The bin each probability lies in, from 0 to BINS - 1."""
    return np.minimum((probability * BINS).astype(int), BINS - 1)


def coverage(probability: np.ndarray, right: np.ndarray, amount: np.ndarray) -> float:
    """Largest share of kroner, taken from the surest row down, of which 95 % are right.

    Examples
    --------
    >>> coverage(np.array([0.9, 0.8, 0.7]), np.array([True, True, False]), np.array([50.0, 30.0, 20.0]))
    0.8
    """
    order = np.argsort(-probability, kind="stable")
    total = np.cumsum(amount[order])
    kept = np.cumsum(amount[order] * right[order]) >= MUST_BE_RIGHT * total
    last_of_tie = np.r_[probability[order][1:] != probability[order][:-1], True]
    good = np.flatnonzero(kept & last_of_tie)
    return share_of(total[good[-1]], total[-1]) if len(good) else 0.0


def confusions(truth: np.ndarray, best: np.ndarray, lines: np.ndarray, amount: np.ndarray) -> list[dict]:
    """The most expensive pairs of known and predicted category that are not the same.

    Examples
    --------
    >>> found = confusions(np.array(["a", "a"]), np.array(["b", "a"]), np.array([2, 1]), np.array([30.0, 10.0]))
    >>> found
    [{'true_code': 'a', 'predicted_code': 'b', 'amount': 30.0, 'lines': 2, 'rows': 1}]
    """
    pairs: dict[tuple[str, str], list[float]] = {}
    for place in np.flatnonzero(truth != best):
        sums = pairs.setdefault((str(truth[place]), str(best[place])), [0.0, 0, 0])
        for part, value in enumerate((amount[place], lines[place], 1)):
            sums[part] += value
    dearest = sorted(pairs.items(), key=lambda pair: (-pair[1][0], -pair[1][1], pair[0]))[:CONFUSIONS_SHOWN]
    return [
        {
            "true_code": true,
            "predicted_code": said,
            "amount": round(float(kroner), 2),
            "lines": int(count),
            "rows": int(rows),
        }
        for (true, said), (kroner, count, rows) in dearest
    ]


def measures_at(
    probabilities: np.ndarray,
    truth: np.ndarray,
    amount: np.ndarray,
    levels: Levels,
    paths: Mapping,
    level: int,
    calibrated: Calibrated,
) -> dict:
    """Measures of one level from shares of classes; rows whose known category lies above it do not count."""
    known = truth_at(truth, paths, level)
    seen = known != ""
    best, probability = levels.best(probabilities[seen], level, calibrated.only(seen))
    return {"rows": int(seen.sum()), **measure(known[seen], best, probability, amount[seen])}


def card_measures(
    left_out: LeftOut, later: LeftOut | None, levels: Levels, paths: Mapping, calibrations: Mapping, basis: str
) -> dict:
    """What the card says about predictions for left-out rows: measures, claims, and what they rest on."""
    parts = {SPLIT_NAMES[kind]: left_out.only(rows) for kind, rows in ((NEW, ~left_out.known), (KNOWN, left_out.known))}
    if basis == "phrases":
        parts = {"left-out-phrases": left_out}
    if later is not None:
        parts["later-year"] = later
    splits = {
        name: _split_measures(part, levels, paths, calibrations) for name, part in parts.items() if len(part.truth)
    }
    return {
        "basis": basis,
        "accuracy": splits,
        "confusions": {
            name: _dearest(part, levels, paths, calibrations) for name, part in parts.items() if name in splits
        },
        "sigmoids": {
            kind: [rounded(n) for n in (c.slope, c.offset, c.area_slope, c.area_offset)]
            for kind, c in calibrations.items()
        },
        "thresholds": {kind: {str(n): rounded(t) for n, t in c.thresholds.items()} for kind, c in calibrations.items()},
    }


def _dearest(part: LeftOut, levels: Levels, paths: Mapping, calibrations: Mapping) -> dict[str, list[dict]]:
    """The most expensive confusions of each level."""
    probabilities = levels.shares(part.scores, Calibrated(calibrations, part.known))
    found = {}
    for level in levels.numbers:
        truth = truth_at(part.truth, paths, level)
        seen = truth != ""
        best, _ = levels.best(probabilities[seen], level)
        found[str(level)] = confusions(truth[seen], best, part.lines[seen], part.amount[seen])[:ON_CARD]
    return found


def _split_measures(part: LeftOut, levels: Levels, paths: Mapping, calibrations: Mapping) -> dict:
    calibrated = Calibrated(calibrations, part.known)
    probabilities = levels.shares(part.scores, calibrated)
    found = {}
    for level in levels.numbers:
        measures = measures_at(probabilities, part.truth, part.amount, levels, paths, level, calibrated)
        if not measures["rows"]:
            continue
        found[str(level)] = measures | claims_at(probabilities, part, levels, paths, calibrated, level)
    return found


def claims_at(
    probabilities: np.ndarray,
    part: LeftOut,
    levels: Levels,
    paths: Mapping,
    calibrated: Calibrated,
    level: int,
) -> dict:
    """Share of kroner claimed at a level or deeper, and the shares of claimed kroner and rows that are right there."""
    code, _ = levels.claim(probabilities, calibrated)
    claimed_path = [levels.path(found) if found else () for found in code]
    best = np.array([path[level - 1] if len(path) >= level else "" for path in claimed_path], dtype=object)
    truth = truth_at(part.truth, paths, level)
    claimed = (best != "") & (truth != "")
    right = claimed & (best == truth)
    return {
        "claimed_amount_share": share_of(part.amount[claimed].sum(), part.amount[truth != ""].sum()),
        "claimed_right_share": share_of(part.amount[right].sum(), part.amount[claimed].sum()),
        "claimed_rows_right_share": share_of(right.sum(), claimed.sum()),
    }


def share_of(part: float, whole: float) -> float | None:
    """A part of a whole to four places; None where there is nothing to divide by."""
    return rounded(part / whole) if whole else None


def rounded(value: float) -> float:
    """A figure to four places."""
    return round(float(value), 4)
