"""What must hold of the classifier's room whatever is printed on the lines."""

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.classifier.calibration import lowest_threshold
from procurement_kit.classifier.features import clean_features, clean_text
from procurement_kit.classifier.levels import KNOWN, NEVER, NEW, Calibrated, Calibration, Levels, shares_of_scores
from procurement_kit.classifier.lookup import category_lookup
from procurement_kit.classifier.rules import apply_rules, printed_cells, read_rules
from procurement_kit.classifier.tree import tree_from_labels, tree_of_rows
from procurement_kit.tables import CLASSIFIER_FEATURES

TREE = tree_of_rows([("01", None, "A", ""), ("0101", "01", "B", ""), ("0102", "01", "C", ""), ("02", None, "D", "")])
TEXTS = st.one_of(st.none(), st.text(alphabet="aæøåÆØÅ bB1.,-&/ \t", max_size=12), st.text(max_size=8))
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(CLASSIFIER_FEATURES, TEXTS)), min_size=1, max_size=6)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(ROWS)
def test_every_printed_row_comes_back_once_and_unchanged(rows):
    table = pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in CLASSIFIER_FEATURES]))
    (found,) = category_lookup([table], None, [{"rule_id": "R", "text": "a", "category_code": "0101"}], [], TREE)
    assert found.select(list(CLASSIFIER_FEATURES)).to_pylist() == rows
    for row in found.to_pylist():
        assert (row["category_code"] is None) == (row["category_source"] == "unclassified")
        assert row["category_code"] in (None, "0101")


@QUICK
@given(ROWS, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    table = pd.DataFrame(rows, dtype=object)
    straight, shuffled = clean_features(table), clean_features(table.iloc[order])
    assert shuffled.to_numpy().tolist() == straight.iloc[order].to_numpy().tolist()


@given(st.text(max_size=30))
def test_cleaning_twice_is_cleaning_once_and_keeps_danish_letters(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "ærøå" in clean_text("Ærøå " + once)


@QUICK
@given(
    st.lists(st.lists(st.floats(-3, 3), min_size=4, max_size=4), min_size=1, max_size=5),
    st.floats(0.5, 20),
    st.floats(-5, 5),
)
def test_probabilities_sum_to_one_and_a_parent_is_never_less_sure_than_its_child(scores, slope, offset):
    levels = Levels(TREE, ["01", "0101", "0102", "02"])
    probabilities = shares_of_scores(np.array(scores), slope, offset)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (levels.at(probabilities, 1)[:, 0] + 1e-9 >= levels.at(probabilities, 2).sum(axis=1)).all()
    calibration = Calibration(1.0, 0.0, 1.0, 0.0, dict.fromkeys(levels.numbers, 0.0), {})
    calibrated = Calibrated({KNOWN: calibration, NEW: calibration}, np.zeros(len(scores), bool))
    assert all(code in TREE for code in levels.claim(probabilities, calibrated)[0])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0, 1e6)), max_size=60))
def test_above_the_threshold_the_promise_holds_for_kroner(rows):
    probability, right, amount = (
        (np.array(column) for column in zip(*rows, strict=True)) if rows else [np.array([])] * 3
    )
    threshold = lowest_threshold(probability.astype(float), right.astype(bool), amount.astype(float), 0.8)
    if threshold != NEVER and len(rows):
        claimed = probability >= threshold
        assert amount[claimed & right].sum() >= 0.8 * amount[claimed].sum() - 1e-6


@QUICK
@given(ROWS)
def test_a_rule_with_more_filled_cells_wins(rows):
    rules = read_rules(
        [
            {"rule_id": "R-1", "text": "a", "category_code": "0101"},
            {"rule_id": "R-2", "text": "a", "unit": "b", "category_code": "0102"},
        ],
        TREE,
    )
    cells = printed_cells(pd.DataFrame(rows, dtype=object))
    for position, text, unit in zip(apply_rules(cells, rules), cells["text"], cells["unit"], strict=True):
        expected = ("R-2" if unit == "b" else "R-1") if f" {text} ".find(" a ") >= 0 else None
        assert (rules[position].reason if position >= 0 else None) == expected


LABELS = st.text(alphabet="abcs &", min_size=1, max_size=5)


@QUICK
@given(
    st.dictionaries(
        st.tuples(LABELS.filter(str.strip), st.one_of(st.none(), LABELS)), st.integers(1, 9), min_size=1, max_size=8
    )
)
def test_every_printed_label_finds_its_place_in_the_tree_made_of_labels(counts):
    tree, codes = tree_from_labels(counts, confirm=lambda group: True)
    assert set(codes.values()) == set(tree.codes)
    for path, code in codes.items():
        assert tree.level(code) == len(path)
        assert len(path) == 1 or tree.parent(code) == codes[path[:-1]]
