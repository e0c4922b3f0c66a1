from datetime import date

import pytest

from procurement_kit.classifier.rules import apply_rules, printed_cells, read_decisions, read_rules
from procurement_kit.errors import TableError


def matched(rules, features):
    return [rules[i].reason if i >= 0 else None for i in apply_rules(printed_cells(features), rules)]


def test_every_filled_cell_must_match(tree, features_of):
    rules = read_rules([{"rule_id": "R-1", "supplier_name": "Syd A/S", "unit": "Skole", "category_code": "0101"}], tree)
    rows = features_of(
        {"supplier_name": "SYD", "unit_name": "skole"}, {"supplier_name": "Syd A/S"}, {"unit_name": "Skole"}
    )
    assert matched(rules, rows) == ["R-1", None, None]


def test_a_rules_text_is_a_phrase_between_word_borders(tree, features_of):
    rules = read_rules([{"rule_id": "R-1", "text": "Ble", "category_code": "0101"}], tree)
    rows = features_of({"line_text": "ble str. 4"}, {"line_text": "problem"}, {"item_name": "En BLE"})
    assert matched(rules, rows) == ["R-1", None, "R-1"]


def test_the_most_specific_rule_wins_then_the_first_id(tree, features_of):
    rules = read_rules(
        [
            {"rule_id": "R-3", "text": "papir", "category_code": "0102"},
            {"rule_id": "R-2", "text": "kopi", "category_code": "0102"},
            {"rule_id": "R-9", "text": "papir", "supplier_number": "12345678", "category_code": "0101"},
        ],
        tree,
    )
    rows = features_of(
        {"line_text": "kopi papir", "supplier_number": "12 34 56 78"},
        {"line_text": "kopi papir"},
        {"line_text": "stol"},
    )
    assert matched(rules, rows) == ["R-9", "R-2", None]


def test_a_decisions_text_is_the_whole_text_and_the_latest_wins(tree, features_of):
    decisions = read_decisions(
        [
            {"text": "Papir A4", "category_code": "0101", "decided_date": date(2025, 1, 1)},
            {"text": "papir, a4", "category_code": "0102", "decided_date": date(2026, 1, 1)},
        ],
        tree,
    )
    rows = features_of({"item_name": "Papir", "line_text": "A4"}, {"line_text": "Papir A4 hvid"})
    assert matched(decisions, rows) == ["decisions.csv row 3", None]


def test_unknown_categories_and_rows_that_match_everything_are_refused(tree):
    with pytest.raises(TableError) as refused:
        read_rules(
            [{"rule_id": "R-1", "category_code": "0111", "text": "a"}, {"rule_id": "R-2", "category_code": "01"}], tree
        )
    assert "row 2: «0111» is not in the category tree. Did you mean «0101»?" in refused.value.problems
    assert "row 3: no cell to match on, it would decide every line" in refused.value.problems


def test_no_rules_decide_nothing(tree, features_of):
    assert matched(read_rules([], tree), features_of({"line_text": "papir"})) == [None]
