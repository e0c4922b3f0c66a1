"""How many decisions does a review in our order save, against one in random order?

A simulated reviewer starts without any decision and decides groups of an English council's payments up to 2017, fifty at
a time; the workbench's own training learns anew from each round. Measured is the share of lines and of pounds that are
right, of all lines under review and of those of 2018, at both levels, with decisions above the classifier as in the
workbench. The council's groups are parted anew for each seed: seven in ten are under review.

Run `uv run pytest tests/benchmarks/test_active_learning.py -n 0 -s --benchmark-only`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.real.test_council_classifier import council  # noqa: F401  the lines and their tree

SEEDS, UNDER_REVIEW = (0, 1, 2), 0.7
ENDS = (25, 50, 100, 200, 400, 800, 1600)  # random reviews of so many decisions
STOPS = (12, 25, *range(50, ENDS[-1] // 2 + 1, 50))  # after which ours learns anew
CELLS = ("supplier_name", "account_name", "unit_name")  # of what a decision is keyed by, those that are filled
LEVELS, WEIGHTS = (1, 2), ("lines", "pounds")
MOST_OF_RANDOM = 0.5


@dataclass(frozen=True)
class Review:
    """Lines under review with the number of their group, the groups, and the rows measured on: under review and later.

    Groups have cleaned fields, the category most of their lines have, lines and pounds; rows have them and the number
    of the group they are in, -1 where they are in none.
    """

    tree: object
    lines: pd.DataFrame
    groups: pd.DataFrame
    measured: dict

    def learned(self, chosen, seed):
        """The classifier of the decisions on some groups; None where they are too few to tell anything apart."""
        from procurement_kit.classifier.training import train
        from procurement_kit.errors import NoDataError

        decided = self.lines[np.isin(self.lines["group"], chosen)]
        codes = self.groups["category_code"].to_numpy()[decided["group"]]
        try:
            return train(decided.assign(category_code=codes), self.tree, seed=seed)
        except NoDataError:
            return None


def review_of(lines, tree, seed):
    lines = lines.assign(cells=lines[list(CELLS)].fillna("").agg("\x1f".join, axis=1), pounds=lines["amount"].abs())
    first = lines[lines["invoice_date"] < "2018-01-01"]
    every = np.sort(first["cells"].unique())
    cells = np.sort(np.random.RandomState(seed).permutation(every)[: int(len(every) * UNDER_REVIEW)])
    first = first[first["cells"].isin(set(cells))]
    parts = {"under review": first, "later year": lines[lines["invoice_date"].dt.year == 2018]}
    first = first.assign(group=pd.Index(cells).get_indexer(first["cells"]))
    return Review(tree, first, _groups(first), {name: _rows(part, cells) for name, part in parts.items()})


def _groups(lines):
    from procurement_kit.classifier.features import clean_features

    largest = lines.sort_values(["group", "pounds"], ascending=[True, False], kind="stable").drop_duplicates("group")
    labels = lines.groupby(["group", "category_code"]).agg(lines=("pounds", "size"), pounds=("pounds", "sum"))
    labels = labels.reset_index().sort_values(["lines", "pounds"], ascending=False, kind="stable")
    sums = lines.groupby("group").agg(lines=("pounds", "size"), pounds=("pounds", "sum"))
    codes = labels.drop_duplicates("group").set_index("group")["category_code"]
    return clean_features(largest).set_axis(largest["group"].to_numpy()).join(sums).join(codes).sort_index()


def _rows(lines, cells):
    from procurement_kit.classifier.features import clean_features

    fields = clean_features(lines)
    rows = fields.assign(cells=lines["cells"], category_code=lines["category_code"], pounds=lines["pounds"])
    grouped = rows.groupby([*fields.columns, "cells", "category_code"], sort=True)
    found = grouped.agg(lines=("pounds", "size"), pounds=("pounds", "sum")).reset_index()
    return found.assign(group=pd.Index(cells).get_indexer(found["cells"]))


# --- the simulated review -------------------------------------------------------------------------------------------


def right(review, model, chosen):
    """Share right by what is measured on, level and weight, where some groups have been decided."""
    decided = np.full(len(review.groups) + 1, None, dtype=object)  # the last one for rows in no group
    decided[chosen] = review.groups["category_code"].to_numpy()[chosen]
    found = {}
    for name, rows in review.measured.items():
        codes = decided[rows["group"]]
        shares = None if model is None else model.probabilities(rows)
        for level in LEVELS:
            truth, said = (_at(review.tree, column, level) for column in (rows["category_code"], codes))
            if model is not None and level in model.levels.numbers:
                said = np.where(codes == None, model.levels.best(shares, level)[0], said)  # noqa: E711  array
            counts = truth != ""
            is_right = counts & (said == truth)
            for weight in WEIGHTS:
                found[name, level, weight] = rows[weight][is_right].sum() / rows[weight][counts].sum()
    return found


def _at(tree, codes, level):
    paths = {code: tree.path(code) for code in set(codes) - {None}}
    return np.array([paths[c][level - 1] if c and len(paths[c]) >= level else "" for c in codes], dtype=object)


def doubt_of(review, model):
    """One minus the probability of what is claimed, or proposed where nothing is; 1 where nothing is known."""
    if model is None:
        return np.ones(len(review.groups))
    shares, calibrated = model.probabilities(review.groups), model.calibrated(review.groups)
    claimed, sure = model.levels.claim(shares, calibrated)
    proposed = model.levels.sure_of(shares, shares.argmax(axis=1), calibrated)
    return 1 - np.where([code is None for code in claimed], proposed, sure).astype(float)


def at_random(review, seed):
    """What is right after random reviews of each length."""
    chosen = np.random.RandomState(1000 + seed).permutation(len(review.groups))
    return {end: right(review, review.learned(chosen[:end], seed), chosen[:end]) for end in ENDS}


def in_our_order(review, seed, order):
    """What is right after each stop of a review in one of our orders."""
    from procurement_kit.review.queue import decision_worth

    chosen, model, found = np.array([], dtype=int), None, {}
    for stop in STOPS:
        left, doubt = np.setdiff1d(np.arange(len(review.groups)), chosen), doubt_of(review, model)
        groups = review.groups.iloc[left]
        worth = decision_worth(groups["pounds"].to_numpy(), groups["lines"].to_numpy(), doubt[left], order)
        chosen = np.concatenate([chosen, left[np.argsort(-worth, kind="stable")][: stop - len(chosen)]])
        model = review.learned(chosen, seed)
        found[stop] = right(review, model, chosen)
    return found


@pytest.fixture(scope="module")
def curves(council):  # noqa: F811  the fixture
    lines, tree = council
    known = lines[lines["category_code"].notna()]

    @cache
    def mean_of(order):
        reviews = [(review_of(known, tree, seed), seed) for seed in SEEDS]
        runs = [in_our_order(*pair, order) if order else at_random(*pair) for pair in reviews]
        return {stop: {key: np.mean([run[stop][key] for run in runs]) for key in runs[0][stop]} for stop in runs[0]}

    return mean_of


def gains(ours, random, weight):
    """By what is measured on and level: how much more is right after half of the decisions than after all random ones."""
    keys = [key for key in random[ENDS[0]] if key[2] == weight]
    half = {end: int(end * MOST_OF_RANDOM) for end in ENDS}
    return {key[:2]: {end: round(float(ours[half[end]][key] - random[end][key]), 3) for end in ENDS} for key in keys}


def _lost(found):
    return {(key, end): gain for key, by_end in found.items() for end, gain in by_end.items() if gain < 0}


@pytest.mark.parametrize("weight", WEIGHTS)
def test_half_the_decisions_in_the_order_for_learning_do_what_random_ones_do_throughout(benchmark, curves, weight):
    ours = benchmark.pedantic(curves, args=("learning",), rounds=1, iterations=1)
    found = gains(ours, curves(""), weight)
    print("learning", weight, *found.items(), sep="\n")  # noqa: T201  the figures are the point
    assert _lost(found) == {}


def test_half_the_decisions_by_kroner_do_what_random_ones_do_for_pounds(benchmark, curves):
    ours = benchmark.pedantic(curves, args=("kroner",), rounds=1, iterations=1)
    found = {weight: gains(ours, curves(""), weight) for weight in WEIGHTS}
    for weight, by_key in found.items():
        print("kroner", weight, *by_key.items(), sep="\n")  # noqa: T201
    assert _lost(found["pounds"]) == {}


def test_a_gain_below_nothing_is_seen():
    random = {end: {("later year", 1, "lines"): 0.5} for end in ENDS}
    ours = {int(end / 2): {("later year", 1, "lines"): 0.6 if end > 25 else 0.4} for end in ENDS}
    assert _lost(gains(ours, random, "lines")) == {(("later year", 1), 25): -0.1}
