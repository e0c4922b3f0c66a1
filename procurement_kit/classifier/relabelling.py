"""Were lines labelled otherwise at one time than at another, and what does the classifier make of that?

Where lines alike in everything bear another category in another half-year, clearly more often than within one, each
half-year from the second on is a feature that stays on from then on. A line is placed as lines are labelled last,
unless it says its date; so the newest state lies in the intercepts, and nothing is added up that was not before.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.tables import CLASSIFIER_FEATURES

if TYPE_CHECKING:
    from sklearn.svm import LinearSVC

DATED = "dated"  # column of rows: the day in the middle of their lines; empty stands for the newest labels
LEAST_EXCESS = 0.08  # a council that renamed its categories had 0.11 to 0.16; at 0.06 half-years cost a point
FEWEST_ROWS = 100  # that are repeated within a half-year and in another one
WEIGHT = 0.5  # of such a feature; flat between 0.3 and 1 on the data measured


@dataclass(frozen=True)
class HalfYears:
    """What scores of lines of earlier times have less than those of the newest.

    Parameters
    ----------
    starts : tuple of str
        First day of each half-year but the first, as ISO dates.
    steps : array
        Half-years × (areas and classes): what each added to the scores when it began.
    """

    starts: tuple[str, ...]
    steps: np.ndarray

    def behind(self, dates: pd.Series) -> np.ndarray:
        """What to add to the newest scores for rows of these dates: rows × (areas and classes).

        Examples
        --------
        >>> half_years = HalfYears(("2024-07-01",), np.array([[0.25, -0.5]]))
        >>> half_years.behind(pd.Series(pd.to_datetime(["2024-03-01", "2024-08-01", None]))).tolist()
        [[-0.25, 0.5], [0.0, 0.0], [0.0, 0.0]]
        """
        return 0.0 - (~_has_begun(dates, self.starts)).astype(float) @ self.steps


UNCHANGED = HalfYears((), np.zeros((0, 0)))


def half_year_starts(labelled: pd.DataFrame, tree: CategoryTree) -> tuple[str, ...]:
    """First day of each half-year but the first, where the labels changed between half-years; else none.

    Parameters
    ----------
    labelled : DataFrame
        As for `train`.
    tree : CategoryTree
        The tree the labels are in.
    """
    if not (relabelled_share(labelled, tree) >= LEAST_EXCESS):
        return ()
    dates = pd.to_datetime(labelled.loc[labelled["category_code"].notna(), "invoice_date"])
    first = _half_years(pd.Series([dates.min(), dates.max()]))
    return tuple(f"{half // 2}-{'07' if half % 2 else '01'}-01" for half in range(int(first[0]) + 1, int(first[1]) + 1))


def relabelled_share(labelled: pd.DataFrame, tree: CategoryTree) -> float:
    """By how much more often two lines alike bear different categories if they are of different half-years.

    Parameters
    ----------
    labelled : DataFrame
        As for `train`. A category counts where no deeper one of it is known: to say it more exactly is no change.
    tree : CategoryTree
        The tree the labels are in.

    Returns
    -------
    float
        Share of pairs that differ between half-years less that within one, averaged over distinct rows that have both
        kinds of pairs; 0 where fewer than FEWEST_ROWS do.
    """
    lines = labelled[labelled["category_code"].notna() & labelled["invoice_date"].notna()]
    above = {code for known in lines["category_code"].unique() for code in tree.path(known)[:-1]}
    lines = lines[~lines["category_code"].isin(above)]
    row = lines.groupby(list(CLASSIFIER_FEATURES), dropna=False, sort=False).ngroup()
    half = pd.Series(_half_years(lines["invoice_date"]), index=lines.index)
    counted = pd.DataFrame({"row": row, "half": half, "code": lines["category_code"].astype(str)})
    counted = counted.groupby(["row", "half", "code"]).size()
    of_row, of_half = _pairs(counted, ["row"]), _pairs(counted, ["row", "half"])
    alike, alike_within = _pairs(counted, ["row", "code"]), _pairs(counted, ["row", "half", "code"])
    between = 1.0 - (alike - alike_within) / (of_row - of_half).where(of_row > of_half)
    excess = (between - (1.0 - alike_within / of_half.where(of_half > 0))).dropna()
    return float(excess.mean()) if len(excess) >= FEWEST_ROWS else 0.0


def _pairs(counted: pd.Series, names: list[str]) -> pd.Series:
    """Of each row, how many pairs of its lines are alike in what is named."""
    count = counted.groupby(names).sum().astype(float)
    return (count * (count - 1) / 2).groupby("row").sum()


def with_half_years(matrix: sparse.csr_matrix, dates: pd.Series, starts: Sequence[str]) -> sparse.csr_matrix:
    """The features of rows, and one for each half-year, WEIGHT from when it begins."""
    if not starts:
        return matrix
    return sparse.hstack([matrix, sparse.csr_matrix(_has_begun(dates, starts) * WEIGHT)]).tocsr()


def half_years_apart(
    linear: "LinearSVC", areas: "LinearSVC | None", starts: Sequence[str]
) -> "tuple[LinearSVC, LinearSVC | None, HalfYears]":
    """Linear classifiers whose intercepts are those of the newest half-year, and what earlier ones lack.

    Parameters
    ----------
    linear, areas : LinearSVC
        Fitted to features `with_half_years`; `areas` is None where there is one area only.
    starts : sequence of str
        As `half_year_starts` gives them.
    """
    if not starts:
        return linear, areas, UNCHANGED
    linear, steps = _newest(linear, len(starts))
    areas, of_areas = (None, np.zeros((len(starts), 1))) if areas is None else _newest(areas, len(starts))
    return linear, areas, HalfYears(tuple(starts), np.hstack([of_areas, steps]))


def _newest(linear: "LinearSVC", count: int) -> "tuple[LinearSVC, np.ndarray]":
    """A linear classifier without its last features, all of them on; half-years × classes, what each adds."""
    newest, kept = copy(linear), linear.coef_.shape[1] - count
    steps = linear.coef_[:, kept:].T.astype(float) * WEIGHT
    newest.coef_ = np.ascontiguousarray(linear.coef_[:, :kept])
    newest.intercept_ = linear.intercept_ + steps.sum(axis=0)
    newest.n_features_in_ = kept
    return newest, np.hstack([-steps, steps]) if steps.shape[1] == 1 else steps


def _has_begun(dates: pd.Series, starts: Sequence[str]) -> np.ndarray:
    """Dates × half-years: whether each has begun; all have where there is no date."""
    days = pd.to_datetime(dates).to_numpy(dtype="datetime64[ns]")[:, None]
    return np.isnat(days) | (days >= np.array(starts, dtype="datetime64[ns]")[None, :])


def _half_years(dates: pd.Series) -> np.ndarray:
    """Half-years numbered one after the other."""
    days = pd.to_datetime(dates).dt
    return (days.year * 2 + (days.month > 6)).to_numpy()
