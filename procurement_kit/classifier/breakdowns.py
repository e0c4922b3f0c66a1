"""Where is a classifier right, where is it wrong, and does it keep its promise?

Measures of one level that need more than one figure: the calibration curve, accuracy without the largest category, with
and without usable text and by service area, and whether the promised share of what the
classifier claims is right. Amounts count by their absolute value.
"""

from collections.abc import Mapping

import numpy as np

from procurement_kit.classifier.levels import NEVER
from procurement_kit.classifier.measures import BINS, FEWEST_APART, bins_of, rounded, share_of
from procurement_kit.plurals import so_many

SERVICE_AREAS = ("01", "02", "03", "04")  # of the standard tree: services to citizens
ONE_SIDED_95 = 1.6448536269514722
BOUND = "one-sided 95 % Wilson bound; for kroner on Kish's effective number of lines"


def calibration_curve(probability: np.ndarray, right: np.ndarray) -> list[dict]:
    """Per bin of probability that holds rows: its ends, rows, mean probability and share right.

    Examples
    --------
    >>> curve = calibration_curve(np.array([0.99, 0.97, 0.1]), np.array([True, False, False]))
    >>> [(found["rows"], found["mean_probability"], found["share_right"]) for found in curve]
    [(1, 0.1, 0.0), (2, 0.98, 0.5)]
    """
    bins = bins_of(probability)
    rows, sums, hits = (np.bincount(bins, weights, BINS) for weights in (None, probability, right))
    return [
        {
            "from_probability": rounded(place / BINS),
            "to_probability": rounded((place + 1) / BINS),
            "rows": int(rows[place]),
            "mean_probability": rounded(sums[place] / rows[place]),
            "share_right": rounded(hits[place] / rows[place]),
        }
        for place in np.flatnonzero(rows)
    ]


def accuracy(right: np.ndarray, amount: np.ndarray) -> dict:
    """Rows, whether they are too few to judge by, and shares of them and of their kroner that are right.

    A share is None where there is nothing to divide by.
    """
    return {
        "rows": len(right),
        "too_few": len(right) < FEWEST_APART,
        "accuracy_lines": share_of(right.sum(), len(right)),
        "accuracy_amount": share_of(amount[right].sum(), amount.sum()),
    }


def without_largest(truth: np.ndarray, best: np.ndarray, amount: np.ndarray) -> dict:
    """Accuracy on the rows that are not in the category most rows are in."""
    codes, counts = np.unique(truth.astype(str), return_counts=True)
    largest = codes[counts.argmax()]
    others = truth != largest
    return {"category_code": str(largest)} | accuracy((best == truth)[others], amount[others])


def by_text(texts: np.ndarray, right: np.ndarray, amount: np.ndarray) -> dict:
    """Shares of rows and kroner whose text says nothing, and accuracy with and without text."""
    is_empty = texts == ""
    return {
        "share_of_lines_without_text": share_of(is_empty.sum(), len(is_empty)),
        "share_of_amount_without_text": share_of(amount[is_empty].sum(), amount.sum()),
        "with_text": accuracy(right[~is_empty], amount[~is_empty]),
        "without_text": accuracy(right[is_empty], amount[is_empty]),
    }


def by_service_area(areas: np.ndarray, right: np.ndarray, amount: np.ndarray) -> dict[str, dict]:
    """Accuracy within each of the service areas that hold rows, by the known area."""
    return {
        code: accuracy(right[areas == code], amount[areas == code]) for code in SERVICE_AREAS if (areas == code).any()
    }


# --- the promise ----------------------------------------------------------------------------------------------------


def promise(claimed: np.ndarray, right: np.ndarray, amount: np.ndarray, promised: float, *, can_be_made: bool) -> dict:
    """Whether the promised share of what is claimed at a level is right.

    Parameters
    ----------
    claimed, right : array of bool
        Whether a category of the level is claimed for the row, and whether that is the known one.
    amount : array
        Absolute kroner.
    promised : float
        Share between 0 and 1.
    can_be_made : bool
        Whether any threshold lets the classifier claim at this level.

    Returns
    -------
    dict
        The promise is broken where even the upper end of the bound around the share found lies below it, and not
        judged (`too_few`) where fewer than FEWEST_APART rows are claimed.

    Examples
    --------
    >>> all_claimed, half = np.full(400, True), np.tile([True, False], 200)
    >>> found = promise(all_claimed, half, np.ones(400), 0.95, can_be_made=True)
    >>> found["claimed_rows_right_share"], found["is_kept_for_lines"]
    (0.5, False)
    """
    found = {
        "promised_right_share": rounded(promised),
        "is_made": bool(can_be_made),
        "too_few": bool(claimed.sum() < FEWEST_APART),
        "claimed_rows_share": share_of(claimed.sum(), len(claimed)),
        "claimed_amount_share": share_of(amount[claimed].sum(), amount.sum()),
        "claimed_rows_right_share": share_of((claimed & right).sum(), claimed.sum()),
        "claimed_right_share": share_of(amount[claimed & right].sum(), amount[claimed].sum()),
    }
    if not can_be_made:
        return found | {
            "is_kept": None,
            "why": "no threshold keeps the promise on lines that were left out of training",
        }
    if not claimed.any():
        return found | {"is_kept": None, "why": "nothing is claimed at this level here"}
    if found["too_few"]:
        few = so_many(int(claimed.sum()), "claimed line is", "claimed lines are")
        return found | {"is_kept": None, "why": f"{few} too few to judge"}
    kept = {}
    for name, weights in (("lines", np.ones(int(claimed.sum()))), ("amount", amount[claimed])):
        bound, count = upper_bound(right[claimed], weights)
        kept[name] = None if bound is None else bool(bound >= promised)
        found |= {
            f"is_kept_for_{name}": kept[name],
            f"upper_bound_for_{name}": bound if bound is None else rounded(bound),
            f"effective_number_of_{name}": round(count, 1),
        }
    said = [value for value in kept.values() if value is not None]
    return found | {"is_kept": all(said) if said else None, "bound": BOUND}


def upper_bound(right: np.ndarray, weights: np.ndarray) -> tuple[float | None, float]:
    """Upper end of a one-sided 95 % interval of the weighted share right, and the effective number of rows.

    Wilson's interval (1927), on Kish's effective number where rows weigh differently.

    Examples
    --------
    >>> bound, count = upper_bound(np.array([True, False]), np.ones(2))
    >>> round(bound, 3), count
    (0.879, 2.0)
    """
    total, squares = float(weights.sum()), float(np.square(weights).sum())
    if not squares:
        return None, 0.0
    share, count, z2 = float((weights * right).sum()) / total, total**2 / squares, ONE_SIDED_95**2
    spread = ONE_SIDED_95 * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return float(min(1.0, (share + z2 / (2 * count) + spread) / (1 + z2 / count))), count


def can_promise(calibrations: Mapping, level: int) -> bool:
    """Whether a classifier's thresholds let it claim anything at a level."""
    return any(calibration.thresholds.get(level, NEVER) <= 1 for calibration in calibrations.values())
