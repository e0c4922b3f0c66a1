from decimal import Decimal

import pyarrow as pa
import pytest

from procurement_kit.classifier.lookup import LOOKUP_TYPES, category_lookup
from procurement_kit.store import arrow_schema
from procurement_kit.tables import CLASSIFIER_FEATURES

SCHEMA = pa.schema([(name, pa.string()) for name in CLASSIFIER_FEATURES])


def batch_of(*rows):
    return pa.Table.from_pylist([dict.fromkeys(CLASSIFIER_FEATURES) | row for row in rows], schema=SCHEMA)


def placed(tree, *rows, classifier=None, rules=(), decisions=()):
    (table,) = category_lookup([batch_of(*rows)], classifier, rules, decisions, tree)
    assert table.schema == arrow_schema(LOOKUP_TYPES)
    return table.to_pylist()


def test_a_decision_wins_over_a_rule_and_a_rule_over_the_classifier(classifier, tree):
    rules = [{"rule_id": "R-1", "text": "stol", "category_code": "0201"}]
    decisions = [{"text": "stol blå", "category_code": "02"}]
    found = placed(
        tree,
        {"line_text": "Stol blå"},
        {"line_text": "Stol sort"},
        classifier=classifier,
        rules=rules,
        decisions=decisions,
    )
    assert [(row["category_code"], row["category_source"], row["category_reason"]) for row in found] == [
        ("02", "review", "decisions.csv row 2"),
        ("0201", "rule", "R-1"),
    ]
    assert [row["category_confidence"] for row in found] == [Decimal("1.000000")] * 2
    assert [row["category_proposed_code"] for row in found] == ["0102", "0102"]


def test_levels_are_filled_down_to_the_category(tree):
    rules = [
        {"rule_id": "R-1", "text": "stol", "category_code": "0102"},
        {"rule_id": "R-2", "text": "kontor", "category_code": "01"},
    ]
    leaf, area = placed(tree, {"line_text": "stol"}, {"line_text": "kontor"}, rules=rules)
    assert [leaf[f"category_{n}_code"] for n in (1, 2, 3)] == ["01", "0102", None]
    assert [area[f"category_{n}_code"] for n in (1, 2, 3)] == ["01", None, None]


def test_without_classifier_and_rules_everything_is_unclassified_and_nothing_is_lost(tree):
    found = placed(tree, {"line_text": "stol"}, {})
    assert len(found) == 2
    assert {row["category_source"] for row in found} == {"unclassified"}
    assert {row["category_code"] for row in found} == {None}


def test_printed_values_come_back_as_they_were(tree):
    row = {"supplier_name": " Ærø A/S ", "line_text": "", "supplier_number": "01234567"}
    (found,) = placed(tree, row, {})[:1]
    assert {name: found[name] for name in row} == row
    assert found["item_name"] is None


def test_the_classifier_says_which_version_it_was_and_how_sure(classifier, tree):
    (found,) = placed(tree, {"line_text": "kopipapir a4"}, classifier=classifier)
    assert found["category_reason"] == classifier.version
    assert found["category_source"] in ("model", "unclassified")
    assert Decimal(0) < found["category_proposed_confidence"] <= Decimal(1)


def test_categories_the_tree_no_longer_has_are_not_claimed(classifier, tree):
    smaller = type(tree)(tree.categories[:3])
    (found,) = placed(smaller, {"line_text": "taxa til læge"}, classifier=classifier)
    assert (found["category_code"], found["category_proposed_code"], found["category_source"]) == (
        None,
        None,
        "unclassified",
    )


def test_other_columns_and_empty_batches_do_no_harm(tree):
    batch = batch_of({"line_text": "a"}).append_column("line_count", pa.array([3]))
    tables = list(category_lookup([batch, batch.slice(0, 0)], None, [], [], tree))
    assert [table.num_rows for table in tables] == [1, 0]


@pytest.mark.parametrize("size", [1, 3])
def test_how_rows_are_batched_changes_nothing(classifier, tree, size):
    rows = batch_of({"line_text": "taxa"}, {"line_text": "stol"}, {"supplier_name": "Nord 0101 ApS"})
    whole = next(category_lookup([rows], classifier, [], [], tree))
    parts = category_lookup((rows.slice(i, size) for i in range(0, 3, size)), classifier, [], [], tree)
    assert (
        pa.concat_tables(parts)
        .select(["category_code", "category_proposed_code"])
        .equals(whole.select(["category_code", "category_proposed_code"]))
    )


def test_batches_come_out_one_by_one_and_in_their_order(tree):
    asked = []

    def batches():
        for number in range(5):
            asked.append(number)
            yield batch_of({"line_text": f"linje {number}"})

    found = category_lookup(batches(), None, [], [], tree)
    assert next(found)["line_text"].to_pylist() == ["linje 0"]
    assert len(asked) <= 3  # one is placed while its forerunner is written, and the next prepared, not more
    assert [text for table in found for text in table["line_text"].to_pylist()] == [f"linje {n}" for n in range(1, 5)]


def test_a_batch_that_cannot_be_placed_is_not_passed_over_in_silence(tree):
    broken = batch_of({"line_text": "linje"}).drop_columns(["unit_name"])
    found = category_lookup([batch_of({"line_text": "linje"}), broken], None, [], [], tree)
    with pytest.raises(KeyError):
        list(found)
