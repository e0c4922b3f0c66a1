"""A whole table is placed as the classifier would place each row of it."""

import numpy as np
import pyarrow as pa
import pytest

from procurement_kit.classifier import scoring
from procurement_kit.classifier.scoring import TableScorer
from procurement_kit.tables import CLASSIFIER_FEATURES

LINES = (
    {"line_text": "kopipapir a4", "supplier_name": "NORD 0101"},
    {"line_text": "taxa til læge"},
    {},
    {"item_name": "kopipapir", "line_text": "jf. aftale", "account_name": "Kontorhold"},
    {"line_text": "noget helt ukendt", "supplier_number": "99999993"},
)


def table_of(*rows):
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in CLASSIFIER_FEATURES})


def as_predicted(classifier, table):
    return classifier.predict(table.to_pandas().astype(object))


def as_placed(classifier, table, scorer=None):
    return classifier.levels.named((scorer or TableScorer(classifier)).place(table))


@pytest.mark.parametrize("block_rows", [1, 2, 1024])
def test_rows_are_placed_as_predicted_however_they_are_cut(classifier, monkeypatch, block_rows):
    monkeypatch.setattr(scoring, "BLOCK_ROWS", block_rows)
    table = table_of(*LINES * 3)
    expected, found = as_predicted(classifier, table), as_placed(classifier, table)
    for name, values in found.items():
        if name.endswith("_code"):
            assert [v or None for v in values] == [v or None for v in expected[name]]
        else:
            np.testing.assert_allclose(values.astype(float), expected[name].astype(float), rtol=0, atol=1e-12)


def test_texts_that_no_room_is_left_for_are_scored_all_the_same(classifier, monkeypatch):
    table = table_of(*LINES)
    expected = as_placed(classifier, table)
    monkeypatch.setattr(scoring, "LARGEST_TABLES", 0)
    found = as_placed(classifier, table)
    np.testing.assert_array_equal(found["category_2_best_confidence"], expected["category_2_best_confidence"])


def test_a_second_batch_is_placed_as_if_it_came_alone(classifier):
    scorer = TableScorer(classifier)
    scorer.place(table_of(*LINES))
    later = table_of({"line_text": "ny tekst om taxa"}, LINES[0])
    together, alone = as_placed(classifier, later, scorer), as_placed(classifier, later)
    np.testing.assert_array_equal(together["category_1_best_confidence"], alone["category_1_best_confidence"])


def test_batches_are_parted_once_new_texts_find_no_room(classifier, monkeypatch):
    scorer, batch = TableScorer(classifier), table_of(*LINES)
    assert [part.num_rows for part in scorer.fitting(batch)] == [len(LINES)]
    assert [part.num_rows for part in scorer.fitting(table_of())] == [0]
    monkeypatch.setattr(scoring, "LARGEST_TABLES", 0)
    monkeypatch.setattr(scoring, "ROWS_WHEN_FULL", 2)
    scorer.place(batch)
    assert pa.concat_tables(scorer.fitting(batch)).equals(batch)
    assert {part.num_rows for part in scorer.fitting(batch)} <= {1, 2}


def test_no_rows_are_no_trouble(classifier):
    assert TableScorer(classifier).place(table_of()) == {}
