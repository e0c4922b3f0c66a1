"""How good is a set of predictions?

Shares right in rows and in kroner, macro-F1, calibration error, and the share of kroner that could be coded without a
person if the promised share of them must be right. Amounts count by their absolute value.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import f1_score

from procurement_kit.classifier.calibration import LeftOut, truth_at
from procurement_kit.classifier.model import KNOWN, NEW, Levels, shares_of_scores

BINS = 10
MUST_BE_RIGHT = 0.95
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
        accuracy_lines, accuracy_amount, macro_f1 over the known categories, and ece, coverage_at_95 or None.

    Examples
    --------
    >>> measure(np.array(["a", "b"]), np.array(["a", "a"]), None, np.array([30.0, 10.0]))["accuracy_amount"]
    0.75
    """
    if not len(truth):
        names = ("accuracy_lines", "accuracy_amount", "macro_f1", "ece", "coverage_at_95")
        return dict.fromkeys(names)
    right = best == truth
    macro = f1_score(
        truth.astype(str), best.astype(str), average="macro", labels=np.unique(truth.astype(str)), zero_division=0
    )
    return {
        "accuracy_lines": _rounded(right.mean()),
        "accuracy_amount": _share(amount[right].sum(), amount.sum()),
        "macro_f1": _rounded(macro),
        "ece": None if probability is None else calibration_error(probability, right),
        "coverage_at_95": None if probability is None else coverage(probability, right, amount),
    }


def calibration_error(probability: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten equally wide bins of probability.

    Examples
    --------
    >>> calibration_error(np.array([0.8, 0.8]), np.array([True, False]))
    0.3
    """
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, probability, BINS) - np.bincount(bins, right, BINS)
    return _rounded(np.abs(gaps).sum() / len(right))


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
    return _share(total[good[-1]], total[-1]) if len(good) else 0.0


def measures_at(
    probabilities: np.ndarray, truth: np.ndarray, amount: np.ndarray, levels: Levels, paths: Mapping, level: int
) -> dict:
    """Measures of one level from class probabilities; rows whose known category lies above it do not count."""
    known = truth_at(truth, paths, level)
    seen = known != ""
    best, probability = levels.best(probabilities[seen], level)
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
        "sigmoids": {kind: [_rounded(c.slope), _rounded(c.offset)] for kind, c in calibrations.items()},
        "thresholds": {
            kind: {str(n): _rounded(t) for n, t in c.thresholds.items()} for kind, c in calibrations.items()
        },
    }


def _split_measures(part: LeftOut, levels: Levels, paths: Mapping, calibrations: Mapping) -> dict:
    calibrated = [(part.only(rows), calibrations[kind]) for kind, rows in ((KNOWN, part.known), (NEW, ~part.known))]
    ordered = part.only(np.r_[np.flatnonzero(part.known), np.flatnonzero(~part.known)])
    probabilities = np.vstack([shares_of_scores(some.scores, c.slope, c.offset) for some, c in calibrated])
    limits = {
        n: np.concatenate([np.full(len(p.truth), c.thresholds[n]) for p, c in calibrated]) for n in levels.numbers
    }
    found = {}
    for level in levels.numbers:
        measures = measures_at(probabilities, ordered.truth, ordered.amount, levels, paths, level)
        if not measures["rows"]:
            continue
        found[str(level)] = measures | claims_at(probabilities, ordered, levels, paths, limits, level)
    return found


def claims_at(
    probabilities: np.ndarray,
    part: LeftOut,
    levels: Levels,
    paths: Mapping,
    limits: Mapping[int, np.ndarray],
    level: int,
) -> dict:
    """Share of kroner claimed at a level or deeper, and the shares of claimed kroner and rows that are right there."""
    code, _ = levels.claim(probabilities, limits)
    claimed_path = [levels.path(found) if found else () for found in code]
    best = np.array([path[level - 1] if len(path) >= level else "" for path in claimed_path], dtype=object)
    truth = truth_at(part.truth, paths, level)
    claimed = (best != "") & (truth != "")
    right = claimed & (best == truth)
    return {
        "claimed_amount_share": _share(part.amount[claimed].sum(), part.amount[truth != ""].sum()),
        "claimed_right_share": _share(part.amount[right].sum(), part.amount[claimed].sum()),
        "claimed_rows_right_share": _share(right.sum(), claimed.sum()),
    }


def _share(part: float, whole: float) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float:
    return round(float(value), 4)
