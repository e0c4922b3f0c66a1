from dataclasses import replace

import numpy as np
import pytest

from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.levels import KNOWN, NEW, Calibrated, Calibration, Levels, Scores
from procurement_kit.classifier.model import as_columns


def sure(classifier, **thresholds):
    calibrations = {k: replace(c, thresholds=thresholds["at"]) for k, c in classifier.calibrations.items()}
    return replace(classifier, calibrations=calibrations)


def test_predicts_the_category_a_person_would(classifier, features_of):
    rows = features_of(
        {"line_text": "kopipapir a4"}, {"line_text": "taxa til station"}, {"line_text": "skolebus rute fem"}
    )
    assert classifier.predict(rows)["category_proposed_code"].tolist() == ["0101", "0201", "0202"]


def test_probabilities_sum_to_one_at_every_level(classifier, features_of):
    rows = clean_features(features_of({"line_text": "kopipapir"}, {}, {"supplier_name": "Ukendt"}))
    probabilities = classifier.probabilities(rows)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    for level in classifier.levels.numbers:
        assert classifier.levels.at(probabilities, level).sum(axis=1) == pytest.approx(1)


def test_backs_off_to_the_parent_and_then_to_nothing(classifier, features_of):
    rows = features_of({"line_text": "kopipapir a4"})
    codes = [
        sure(classifier, at=at).predict(rows)["category_code"].item()
        for at in ({1: 0.1, 2: 0.1}, {1: 0.1, 2: 2.0}, {1: 2.0, 2: 2.0})
    ]
    assert codes == ["0101", "01", None]


def test_a_parent_is_as_sure_as_its_children_together(tree):
    levels = Levels(tree, ["01", "0101", "0102", "0201"])
    probabilities = np.array([[0.1, 0.3, 0.2, 0.4]])
    assert levels.codes[1].tolist() == ["01", "02"]
    assert levels.at(probabilities, 1).tolist() == [[pytest.approx(0.6), 0.4]]
    calibration = Calibration(1.0, 0.0, 1.0, 0.0, {1: 0.5, 2: 0.5}, {})
    code, confidence = levels.claim(probabilities, Calibrated({KNOWN: calibration, NEW: calibration}, np.array([True])))
    assert (code[0], confidence[0]) == ("01", pytest.approx(0.6))


def test_an_areas_probability_is_shared_out_within_it(tree):
    levels = Levels(tree, ["0101", "0102", "0201"])
    calibration = Calibration(1.0, 0.0, 1.0, 0.0, {}, {})
    calibrated = Calibrated({KNOWN: calibration, NEW: calibration}, np.array([False]))
    scores = Scores(np.array([[-0.5 * 2.0, -0.5 * 2.0]]), np.array([[2.0, 2.0, 2.0]]))  # areas: 0 with their best
    assert levels.shares(scores, calibrated)[0] == pytest.approx([0.25, 0.25, 0.5])


def test_the_second_best_of_a_level_stands_beside_the_best(tree):
    levels = Levels(tree, ["0101", "0102", "0201"])
    calibration = Calibration(1.0, 0.0, 1.0, 0.0, {}, {})
    calibrated = Calibrated({KNOWN: calibration, NEW: calibration}, np.array([True]))
    found = levels.named(levels.place(np.array([[0.5, 0.1, 0.4]]), calibrated))
    assert (found["category_1_best_code"][0], found["category_1_second_code"][0]) == ("01", "02")
    assert (found["category_2_best_code"][0], found["category_2_second_code"][0]) == ("0101", "0201")
    assert found["category_2_second_confidence"][0] == pytest.approx(0.4)
    assert found["category_3_best_code"][0] is None
    assert found["category_proposed_code"][0] == "0101"


def test_suppliers_met_in_training_are_known_by_their_mark_only(classifier, features_of):
    rows = clean_features(features_of({"supplier_name": "NORD 0101"}, {"supplier_name": "Øst"}, {}))
    assert classifier.is_known(rows).tolist() == [True, False, False]
    assert not any("nord" in mark for mark in classifier.known_suppliers)


def test_proposes_the_most_probable_in_order(classifier, features_of):
    found = classifier.propose(features_of({"line_text": "taxa"}, {"line_text": "stol"}), count=3)
    assert found["rank"].tolist() == [1, 2, 3, 1, 2, 3]
    assert found[found["rank"] == 1]["category_code"].tolist() == ["0201", "0102"]
    assert found["probability"].iloc[0] >= found["probability"].iloc[1]


def test_the_first_proposal_is_as_sure_as_the_prediction_says(classifier, features_of):
    rows = features_of({"line_text": "taxa"}, {"line_text": "stol"}, {"supplier_name": "NORD 0101"})
    first = classifier.propose(rows, count=1)
    assert first["probability"].tolist() == pytest.approx(
        classifier.predict(rows)["category_proposed_confidence"].tolist()
    )


def test_no_rows_give_no_predictions(classifier, features_of):
    assert len(classifier.predict(features_of({}).iloc[:0])) == 0


def test_two_classes_have_two_columns():
    assert as_columns(np.array([[0.5], [-1.0]])).tolist() == [[-0.5, 0.5], [1.0, -1.0]]
