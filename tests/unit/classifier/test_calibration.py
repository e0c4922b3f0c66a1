import numpy as np
import pandas as pd
import pytest

from procurement_kit.classifier.calibration import (
    START,
    LeftOut,
    calibrate,
    careful,
    fit_curve,
    fit_sigmoid,
    left_out_folds,
    lowest_threshold,
    truth_at,
)
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
from procurement_kit.classifier.tree import tree_of_rows

TREE = tree_of_rows(
    [
        ("01", None, "Et", "One"),
        ("0101", "01", "Etet", "One one"),
        ("02", None, "To", "Two"),
        ("0201", "02", "Toet", "Two one"),
    ]
)


def test_a_promise_that_cannot_be_kept_gives_a_threshold_nothing_reaches():
    ones = np.ones(10)
    assert lowest_threshold(np.full(10, 0.99), np.zeros(10, bool), ones, 0.95) == NEVER
    assert lowest_threshold(np.array([]), np.array([], bool), np.array([]), 0.95) == NEVER


def test_few_lines_make_no_promise_even_when_all_are_right():
    few, many = np.ones(5), np.ones(100)
    assert lowest_threshold(few * 0.9, few > 0, few, 0.95) == NEVER
    assert lowest_threshold(many * 0.9, many > 0, many, 0.95) == 0.9


def test_kroner_must_keep_the_promise_too():
    probability, right = np.repeat([0.9, 0.8], 100), np.ones(200, bool)
    amount = np.ones(200)
    right[150], amount[150] = False, 1_000.0
    assert lowest_threshold(probability, right, amount, 0.95) == 0.9
    assert lowest_threshold(probability, right, np.ones(200), 0.95) == 0.8


def test_the_sigmoid_says_how_often_the_scores_are_right():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 3000)
    scores = np.where(np.arange(3)[None, :] == truth[:, None], 0.5, -0.8)
    swapped = random.random(3000) < 0.2
    scores[swapped] = scores[swapped][:, [1, 2, 0]]
    classes = np.array(["a", "b", "c"])
    shares = shares_of_scores(scores, *fit_sigmoid(scores, classes[truth], classes))
    assert shares.max(axis=1).mean() == pytest.approx(0.8, abs=0.02)


def test_rows_that_are_all_right_give_a_steep_sigmoid_within_bounds():
    classes = np.array(["a", "b", "c"])
    truth = np.tile([0, 1, 2], 20)
    scores = np.where(np.arange(3)[None, :] == truth[:, None], -0.9, -1.0) * np.linspace(1.0, 1.2, 60)[:, None]
    with np.errstate(all="raise", under="ignore"):  # without bounds all sigmoids were 0, and their shares no numbers
        slope, offset = fit_sigmoid(scores, classes[truth], classes)
    assert START[0] < slope <= np.exp(4.0)
    assert abs(offset) <= 20.0
    assert shares_of_scores(scores, slope, offset).max(axis=1).min() > 0.9


def test_half_of_the_suppliers_are_left_out_whole_and_phrases_never():
    rows = pd.DataFrame(
        {"supplier_key": [f"s{i // 20}" for i in range(2000)] + [""] * 5, "is_phrase": [False] * 2000 + [True] * 5}
    ).assign(row=range(2005))
    fold = left_out_folds(rows, 3, seed=0)
    folds_of = pd.Series(fold[:2000]).groupby(rows["supplier_key"][:2000].to_numpy()).nunique()
    assert 30 < (folds_of == 1).sum() < 70
    assert (fold[2000:] == -1).all()
    assert left_out_folds(rows[2000:], 3, seed=0).min() >= 0
    assert (fold == left_out_folds(rows, 3, seed=0)).all()


def test_truth_above_the_level_is_unknown(tree):
    paths = {code: tree.path(code) for code in tree.codes}
    assert truth_at(np.array(["01", "0102"]), paths, 2).tolist() == ["", "0102"]
    assert truth_at(np.array(["01", "0102"]), paths, 1).tolist() == ["01", "01"]


def test_a_classifier_of_phrases_is_careful():
    assert careful(Calibration(8.0, 3.0, 8.0, 3.0, {1: 0.4, 2: 0.97}, {})).thresholds == {1: 0.9, 2: 0.97}


def test_a_curve_mends_what_is_too_sure_and_never_turns_the_order_round():
    share = np.repeat([0.6, 0.9], 500)
    right = np.r_[np.tile([True, False], 250), np.tile([True, True, True, False], 125)]
    curve = fit_curve(share, right)
    calibrated = Calibrated({KNOWN: one(curve), NEW: one(curve)}, np.zeros(3, bool))
    found = calibrated.confidence(np.array([0.6, 0.75, 0.9]), 1)
    assert found[[0, 2]] == pytest.approx([0.5, 0.75], abs=0.01)
    assert (np.diff(found) > 0).all()


def test_a_curve_is_straight_where_there_is_nothing_to_learn_it_from():
    assert fit_curve(np.full(500, 0.8), np.ones(500, bool)) == STRAIGHT
    calibrated = Calibrated({KNOWN: one(STRAIGHT), NEW: one(STRAIGHT)}, np.ones(1, bool))
    assert calibrated.confidence(np.array([0.37]), 1) == pytest.approx([0.37])


def test_the_later_year_counts_beside_the_folds():
    levels = Levels(TREE, ["0101", "0201"])
    paths = {code: TREE.path(code) for code in TREE.codes}
    scores = Scores(np.tile([[1.0, -1.0]], (200, 1)), np.tile([[1.0, -1.0]], (200, 1)))
    right, wrong = (
        LeftOut(scores, np.full(200, code, dtype=object), np.ones(200), np.ones(200), np.ones(200, bool))
        for code in ("0101", "0201")
    )
    assert calibrate(right, None, levels, paths, 0.95)[KNOWN].thresholds[1] < 1
    assert calibrate(right, wrong, levels, paths, 0.95)[KNOWN].thresholds[1] == NEVER


def one(curve):
    return Calibration(1.0, 0.0, 1.0, 0.0, {}, {1: curve})
