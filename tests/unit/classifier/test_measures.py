import numpy as np
import pytest

from procurement_kit.classifier.measures import bins_of, calibration_error, coverage, error_by_chance, measure

TRUTH = np.array(["a", "a", "b", "c"], dtype=object)
BEST = np.array(["a", "a", "a", "c"], dtype=object)


def test_shares_right_in_rows_and_in_kroner():
    found = measure(TRUTH, BEST, np.array([0.9, 0.9, 0.6, 0.5]), np.array([50.0, 30.0, 15.0, 5.0]))
    assert found["accuracy_lines"] == 0.75
    assert found["accuracy_amount"] == 0.85
    assert found["macro_f1"] == pytest.approx((0.8 + 0 + 1) / 3, abs=1e-4)
    assert found["coverage_at_95"] == 0.8


def test_nothing_to_measure_has_no_figures():
    empty = np.array([], dtype=object)
    found = measure(empty, empty, None, np.array([]))
    assert found.pop("too_few") and set(found.values()) == {None}


def test_ties_are_taken_together():
    assert coverage(np.array([0.9, 0.9]), np.array([True, False]), np.array([50.0, 50.0])) == 0.0


def test_a_perfectly_calibrated_guess_has_no_error():
    assert calibration_error(np.full(4, 0.75), np.array([True, True, True, False])) == 0.0


def test_bins_are_fifteen():
    assert bins_of(np.array([0.0, 1 / 15, 0.999, 1.0])).tolist() == [0, 1, 14, 14]


def test_the_card_names_its_dearest_confusions(classifier):
    found = classifier.card["confusions"]
    assert set(found) == set(classifier.card["accuracy"])
    for levels in found.values():
        for pairs in levels.values():
            assert len(pairs) <= 3
            assert all(pair["true_code"] != pair["predicted_code"] for pair in pairs)
            assert [pair["amount"] for pair in pairs] == sorted((pair["amount"] for pair in pairs), reverse=True)


def test_the_error_by_chance_is_what_a_perfectly_calibrated_classifier_shows():
    chance = np.random.default_rng(2)
    probability = chance.uniform(0.1, 0.99, 1_700)
    shown = [calibration_error(probability, chance.random(len(probability)) < probability) for _ in range(100)]
    assert abs(np.mean(shown) - error_by_chance(probability)) < 0.002
