from types import SimpleNamespace

import numpy as np

from procurement_kit.classifier.breakdowns import (
    by_service_area,
    by_text,
    calibration_curve,
    can_promise,
    promise,
    upper_bound,
    without_largest,
)
from procurement_kit.classifier.levels import NEVER
from procurement_kit.classifier.measures import calibration_error, confusions

TRUTH = np.array(["a", "a", "a", "b", "c"], dtype=object)
BEST = np.array(["a", "a", "b", "b", "a"], dtype=object)
AMOUNT = np.array([10.0, 20.0, 30.0, 40.0, 100.0])


def test_the_curve_adds_up_to_the_calibration_error():
    probability, right = np.array([0.05, 0.2, 0.55, 0.9, 1.0]), np.array([False, True, False, True, True])
    curve = calibration_curve(probability, right)
    gaps = sum(abs(row["mean_probability"] - row["share_right"]) * row["rows"] for row in curve) / 5
    assert abs(gaps - calibration_error(probability, right)) < 1e-4
    assert sum(row["rows"] for row in curve) == 5
    assert curve[-1]["to_probability"] == 1.0


def test_without_the_largest_category():
    found = without_largest(TRUTH, BEST, AMOUNT)
    assert found == {"category_code": "a", "rows": 2, "too_few": True, "accuracy_lines": 0.5, "accuracy_amount": 0.2857}


def test_with_and_without_text():
    found = by_text(np.array(["x", "", "x", "", "x"], dtype=object), BEST == TRUTH, AMOUNT)
    assert (found["share_of_lines_without_text"], found["share_of_amount_without_text"]) == (0.4, 0.3)
    assert found["with_text"]["accuracy_lines"] == 0.3333
    assert found["without_text"] == {"rows": 2, "too_few": True, "accuracy_lines": 1.0, "accuracy_amount": 1.0}


def test_service_areas_that_hold_no_row_are_left_out():
    found = by_service_area(np.array(["01", "01", "04", "18", "18"]), BEST == TRUTH, AMOUNT)
    assert {code: row["rows"] for code, row in found.items()} == {"01": 2, "04": 1}
    assert found["04"]["accuracy_lines"] == 0.0


def test_the_dearest_confusions_come_first():
    found = confusions(TRUTH, BEST, np.array([1, 1, 7, 1, 2]), AMOUNT)
    assert [(row["true_code"], row["predicted_code"], row["amount"], row["lines"]) for row in found] == [
        ("c", "a", 100.0, 2),
        ("a", "b", 30.0, 7),
    ]


def test_a_promise_is_kept_within_its_bound():
    claimed = np.full(100, True)
    right = np.arange(100) < 93  # 93 %: below 95 %, yet not surely so
    found = promise(claimed, right, np.ones(100), 0.95, can_be_made=True)
    assert found["is_kept"] and found["claimed_rows_right_share"] == 0.93
    assert 0.95 < found["upper_bound_for_lines"] < 0.97
    assert not promise(claimed, np.arange(100) < 85, np.ones(100), 0.95, can_be_made=True)["is_kept"]


def test_one_large_invoice_does_not_break_the_promise_of_kroner():
    amount = np.r_[1000.0, np.ones(99)]
    found = promise(np.full(100, True), np.arange(100) > 0, amount, 0.95, can_be_made=True)
    assert found["claimed_right_share"] < 0.1
    assert found["effective_number_of_amount"] < 1.3
    assert found["is_kept_for_lines"]


def test_a_promise_is_not_judged_by_a_handful_of_lines():
    few = promise(np.full(5, True), np.full(5, True), np.ones(5), 0.95, can_be_made=True)
    assert (few["too_few"], few["is_kept"], few["why"]) == (True, None, "5 claimed lines are too few to judge")
    enough = promise(np.full(30, True), np.full(30, True), np.ones(30), 0.95, can_be_made=True)
    assert (enough["too_few"], enough["is_kept"]) == (False, True)


def test_a_promise_that_cannot_be_made_says_why():
    nothing = np.zeros(3, bool)
    assert "no threshold" in promise(nothing, nothing, np.ones(3), 0.95, can_be_made=False)["why"]
    assert "nothing is claimed" in promise(nothing, nothing, np.ones(3), 0.95, can_be_made=True)["why"]
    thresholds = {"known_supplier": {1: NEVER}, "new_supplier": {1: 0.9}}
    calibrations = {kind: SimpleNamespace(thresholds=found) for kind, found in thresholds.items()}
    assert can_promise(calibrations, 1)
    assert not can_promise(calibrations, 2)


def test_no_kroner_have_no_bound():
    assert upper_bound(np.array([True]), np.zeros(1)) == (None, 0.0)
