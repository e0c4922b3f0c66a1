from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from procurement_kit.classifier.rule_checks import count_matches, rule_conflicts, rule_effects
from procurement_kit.errors import TableError
from procurement_kit.tables import CLASSIFIER_FEATURES

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in CLASSIFIER_FEATURES),
        ("line_count", pa.int64()),
        ("net_amount", pa.decimal128(38, 2)),
    ]
)
ROWS = (
    {"supplier_name": "Syd", "line_text": "kopipapir", "line_count": 3, "net_amount": Decimal("30.10")},
    {"supplier_name": "Syd", "line_text": "stol", "line_count": 2, "net_amount": Decimal("200.00")},
    {"supplier_name": "Nord", "line_text": "kopipapir", "line_count": 1, "net_amount": Decimal("-5.05")},
    {"supplier_name": "Vest", "line_text": "taxa", "line_count": 4, "net_amount": None},
)


def batches(*rows, size=2):
    table = pa.Table.from_pylist([dict.fromkeys(SCHEMA.names) | row for row in rows], schema=SCHEMA)
    return table.to_batches(max_chunksize=size)


@pytest.fixture
def checked(tree):
    """Effects and conflicts of rules over the four rows, as lists of dicts."""

    def run(rules, decisions=(), rows=ROWS):
        matches = count_matches(batches(*rows), rules, decisions, tree)
        return rule_effects(matches).to_dict("records"), rule_conflicts(matches).to_dict("records")

    return run


def by_id(effects):
    return {row["rule_id"]: row for row in effects}


PAPER = {"rule_id": "R-1", "text": "kopipapir", "category_code": "0101"}
SOUTH = {"rule_id": "R-2", "supplier_name": "Syd A/S", "category_code": "0102"}
BOTH = {"rule_id": "R-3", "supplier_name": "Syd", "text": "kopipapir", "category_code": "0101"}


def test_each_rule_says_how_many_lines_and_kroner_it_decides_and_matches(checked):
    author = {"decided_by": "indkøb", "decided_date": date(2026, 1, 15), "holds_for": "skolerne"}
    effects, _ = checked([PAPER | author, BOTH])
    assert [row["rule_id"] for row in effects] == ["R-3", "R-1"]
    paper = by_id(effects)["R-1"]
    assert (paper["line_count"], paper["net_amount"]) == (1, Decimal("-5.05"))
    assert (paper["matched_line_count"], paper["matched_amount"]) == (4, Decimal("25.05"))
    assert {name: paper[name] for name in author} == author
    assert (paper["rule_scope"], paper["rule_status"], paper["overridden_by"]) == ("text", "decides", "R-3")
    assert (by_id(effects)["R-3"]["line_count"], by_id(effects)["R-3"]["net_amount"]) == (3, Decimal("30.10"))


def test_two_equal_rules_with_different_categories_contradict_each_other_where_both_match(checked):
    _, conflicts = checked([PAPER, SOUTH])
    assert conflicts == [
        {
            "conflict_kind": "rules",
            "rule_id": "R-1",
            "category_code": "0101",
            "other_rule_id": "R-2",
            "other_category_code": "0102",
            "line_count": 3,
            "net_amount": Decimal("30.10"),
        }
    ]


def test_a_more_specific_rule_or_a_decision_settles_the_conflict(checked):
    assert checked([PAPER, SOUTH, BOTH])[1] == []
    decision = {"supplier_name": "Syd", "text": "kopipapir", "category_code": "0101"}
    assert checked([PAPER, SOUTH], [decision])[1] == []


def test_equal_rules_with_the_same_category_are_no_conflict(checked):
    assert checked([PAPER, SOUTH | {"category_code": "0101"}])[1] == []


def test_a_rule_that_contradicts_a_decision_is_told_with_its_lines(checked):
    decision = {"text": "kopipapir", "category_code": "0201", "supplier_name": "Nord"}
    effects, conflicts = checked([PAPER], [decision])
    assert [(row["conflict_kind"], row["rule_id"], row["other_rule_id"]) for row in conflicts] == [
        ("decision", "R-1", "decisions.csv row 2")
    ]
    assert (conflicts[0]["line_count"], conflicts[0]["net_amount"]) == (1, Decimal("-5.05"))
    assert by_id(effects)["R-1"]["line_count"] == 3


def test_rules_that_never_fire_say_why(checked):
    rules = [PAPER, BOTH | {"rule_id": "R-4"}, {"rule_id": "R-5", "text": "papir", "category_code": "0101"}]
    effects, _ = checked([*rules, {**BOTH, "rule_id": "R-6"}], [{"text": "kopipapir", "category_code": "0101"}])
    found = {key: (row["rule_status"], row["overridden_by"]) for key, row in by_id(effects).items()}
    assert found["R-5"] == ("never_matches", "")  # no matching inside words
    assert found["R-4"] == ("always_overridden", "decisions.csv row 2")
    assert found["R-6"][0] == "always_overridden"
    assert by_id(effects)["R-6"]["matched_amount"] == Decimal("30.10")


def test_lines_without_kroner_count_as_lines(checked):
    effects, _ = checked([{"rule_id": "R-1", "text": "taxa", "category_code": "0201"}])
    assert (effects[0]["line_count"], effects[0]["net_amount"], effects[0]["rule_status"]) == (4, 0, "decides")


@pytest.mark.parametrize("size", [1, 3, 100])
def test_how_rows_are_batched_changes_nothing(tree, size):
    rules = [PAPER, SOUTH, BOTH]
    counted = count_matches(batches(*ROWS, size=size), rules, [], tree).counted
    assert counted == count_matches(batches(*ROWS), rules, [], tree).counted


def test_without_rules_or_rows_there_is_nothing_to_say(checked):
    assert checked([]) == ([], [])
    effects, conflicts = checked([PAPER], rows=())
    assert [row["rule_status"] for row in effects] == ["never_matches"]
    assert conflicts == []


def test_a_rule_that_cannot_be_used_is_refused(tree):
    with pytest.raises(TableError, match="rules.csv"):
        count_matches([], [{"rule_id": "R-1", "text": "a", "category_code": "99"}], [], tree)
