"""Which labelled lines is a classifier measured on, and which may it learn from?

Splits that do not flatter: a later year, suppliers it never met, buyers it never met. The same line bought again is no
test, so repeated rows count once and rows seen in training do not count. A random split is refused: the same supplier
would stand on both sides, and the figure would be too good.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from procurement_kit.classifier.features import FIELDS, clean_features
from procurement_kit.classifier.later_year import days_of_later_year
from procurement_kit.classifier.relabelling import DATED
from procurement_kit.classifier.training import distinct_rows
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.errors import NoDataError, ParameterError

LATER_YEAR, UNSEEN_SUPPLIERS, UNSEEN_BUYERS = SPLITS = ("later-year", "unseen-suppliers", "unseen-buyers")
TEST_SHARE = 0.25
SEED = 0
BUYERS = ("municipality_name", "buyer_name")  # the first that is there
_KEY = [*FIELDS, "supplier_key"]


@dataclass(frozen=True)
class Split:
    """Labelled lines on two sides.

    Parameters
    ----------
    name : str
        One of SPLITS.
    learned, tested : DataFrame
        Labelled lines to learn from, and those to measure on.
    facts : dict
        How they were parted: first and last day tested, numbers of suppliers or buyers.
    """

    name: str
    learned: pd.DataFrame
    tested: pd.DataFrame
    facts: dict = field(default_factory=dict)


def refuse_split(split: str) -> None:
    """Refuse what is not a split that can be quoted.

    Raises
    ------
    ParameterError
        If there is no such split; for a random one, with the reason.
    """
    if split in SPLITS:
        return
    if split.casefold().startswith("random"):
        raise ParameterError(
            "A random split is not quoted as accuracy: the same suppliers and the same texts stand on both sides, so "
            "it says how well the classifier remembers, not how well it will do on what it has not seen.",
            expected=f"one of: {', '.join(SPLITS)}",
            todo="add --split later-year, which is what a municipality meets each year",
        )
    raise ParameterError(f"«{split}» is not a split.", expected=f"one of: {', '.join(SPLITS)}")


def split_lines(labelled: pd.DataFrame, split: str) -> Split:
    """Part labelled lines in those to learn from and those to measure on.

    Parameters
    ----------
    labelled : DataFrame
        As for `train`; with `municipality_name` or `buyer_name` for the split by buyers.
    split : {"later-year", "unseen-suppliers", "unseen-buyers"}
        The year that `days_of_later_year` names, learned from all before it; a quarter of the suppliers by normalised
        name; a quarter of the buyers.

    Raises
    ------
    ParameterError
        If there is no such split.
    NoDataError
        If the lines cannot be parted so.
    """
    refuse_split(split)
    labelled = labelled[labelled["category_code"].notna()].reset_index(drop=True)
    if not len(labelled):
        raise NoDataError("There is no labelled line to measure on.", todo="label lines first")
    if split == LATER_YEAR:
        return _later_year(labelled)
    groups = _suppliers(labelled) if split == UNSEEN_SUPPLIERS else _buyers(labelled)
    if groups.nunique() < 2:
        raise _cannot(split, f"there is one {_noun(split)} only" if groups.ne("").any() else f"no {_noun(split)} named")
    splitter = GroupShuffleSplit(1, test_size=TEST_SHARE, random_state=SEED)
    learned, tested = next(splitter.split(labelled, groups=groups))
    parts = (np.sort(learned), np.sort(tested))
    sides = zip(("learned", "tested"), parts, strict=True)
    facts = {f"{_noun(split)}s_{side}": int(groups.iloc[rows].nunique()) for side, rows in sides}
    facts["groups_on_both_sides"] = len(set(groups.iloc[parts[0]]) & set(groups.iloc[parts[1]]))
    return Split(split, *(labelled.iloc[rows].reset_index(drop=True) for rows in parts), facts)


def possible_splits(labelled: pd.DataFrame) -> list[dict]:
    """Which splits the labelled lines can be parted by, and how many lines stand on each side."""
    return [{"split_name": name, **_possible(labelled, name)} for name in SPLITS]


def _possible(labelled: pd.DataFrame, name: str) -> dict:
    try:
        split = split_lines(labelled, name)
    except NoDataError:
        return {"split_status": "impossible", "learned_line_count": None, "tested_line_count": None}
    counts = {"learned_line_count": len(split.learned), "tested_line_count": len(split.tested)}
    return {"split_status": "possible", **counts}


def _noun(split: str) -> str:
    return "supplier" if split == UNSEEN_SUPPLIERS else "buyer"


def _cannot(split: str, why: str) -> NoDataError:
    return NoDataError(
        f"The lines cannot be split by {split}: {why}.", todo=f"choose another split: {', '.join(SPLITS)}"
    )


def _later_year(labelled: pd.DataFrame) -> Split:
    dates = pd.to_datetime(labelled["invoice_date"])
    days = days_of_later_year(dates)
    if days is None:
        raise _cannot(LATER_YEAR, "no line has a date")
    first, last = days
    learned, tested = labelled[dates < first], labelled[dates.between(first, last)]
    if not len(learned):
        raise _cannot(LATER_YEAR, f"no line is dated before {first.date()}")
    facts = {
        "first_date_tested": first.date().isoformat(),
        "last_date_tested": last.date().isoformat(),
        "later_lines_left_out": int((dates > last).sum()),
        "undated_lines_left_out": int(dates.isna().sum()),
    }
    return Split(LATER_YEAR, learned.reset_index(drop=True), tested.reset_index(drop=True), facts)


def _suppliers(labelled: pd.DataFrame) -> pd.Series:
    return clean_features(labelled)["supplier_key"]


def _buyers(labelled: pd.DataFrame) -> pd.Series:
    column = next((name for name in BUYERS if name in labelled), None)
    if column is None:
        raise NoDataError(
            "The labelled lines name no buyer.",
            expected=f"a column {' or '.join(BUYERS)}",
            todo='in a profile write buyer_name = "<heading of the column>" under [columns], or choose another split',
        )
    return labelled[column].fillna("").astype(str)


# --- rows that are measured -----------------------------------------------------------------------------------------


def rows_tested(split: Split, tree: CategoryTree) -> pd.DataFrame:
    """Every distinct row and known category of the part that is measured.

    Returns
    -------
    DataFrame
        FIELDS, supplier_key, category_code, lines, amount (absolute kroner); `dated`: the middle day of the row's
        lines, whatever their category; `is_seen`: the same row was learned from;
        `is_measured`: counts in the primary figures, which is once per row, under the category most of its lines have.
    """
    lines = clean_features(split.tested).assign(
        category_code=split.tested["category_code"].astype(object),
        amount=split.tested["amount"].astype(float).abs().fillna(0.0),
        **{DATED: pd.to_datetime(split.tested["invoice_date"])},
    )
    dates = lines.groupby(_KEY)[DATED].median().reset_index()
    grouped = lines.groupby([*_KEY, "category_code"], sort=True)
    rows = grouped.agg(lines=("amount", "size"), amount=("amount", "sum")).reset_index()
    rows = rows.merge(dates, on=_KEY, how="left")
    ordered = rows.sort_values(["lines", "amount", "category_code"], ascending=[False, False, True], kind="stable")
    is_first = ~ordered.duplicated(_KEY)
    rows["is_seen"] = _is_in(rows, distinct_rows(split.learned, tree))
    return rows.assign(is_measured=is_first.reindex(rows.index) & ~rows["is_seen"])


def _is_in(rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    found = rows[_KEY].merge(others[_KEY].drop_duplicates().assign(is_seen=True), on=_KEY, how="left")
    return found["is_seen"].notna().to_numpy()


def duplicates(split: Split, rows: pd.DataFrame, learned_rows: int) -> dict[str, int]:
    """How many lines were left out of the primary figures because they repeat others.

    Returns
    -------
    dict of str to int
        tested_lines_seen_in_learning, tested_lines_repeated, learned_lines_repeated.
    """
    seen = int(rows.loc[rows["is_seen"], "lines"].sum())
    return {
        "tested_lines_seen_in_learning": seen,
        "tested_lines_repeated": len(split.tested) - seen - int(rows["is_measured"].sum()),
        "learned_lines_repeated": len(split.learned) - learned_rows,
    }
