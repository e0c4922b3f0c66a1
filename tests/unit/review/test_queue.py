"""Which decisions are worth most, and what would the next ones move?"""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.review.decisions import record_decision, record_for_supplier, undo_decision
from procurement_kit.review.queue import (
    COLUMNS,
    decision_worth,
    group_key,
    lines_to_review,
    review_effect,
    still_open,
)
from tests.unit.review.conftest import CARE, CHAIRS, PAPER, UNPLACED

DAY = date(2026, 1, 15)


def names(groups):
    return list(groups["supplier_name"])


def test_groups_stand_by_kroner_times_doubt(cubed):
    municipality = cubed(
        {**PAPER, "net": "1000.00"},  # 1,000 × 0.10 = 100
        {**CHAIRS, "net": "300.00", "category_confidence": "0.50"},  # 150
        {**CHAIRS, "item_name": "Borde", **UNPLACED, "net": "100.00"},  # proposed at 0.60: 40
    )
    groups = lines_to_review(municipality)
    assert list(groups["text"]) == ["Stole", "Kopipapir", "Borde"]
    assert list(groups["expected_wrong_amount"]) == [Decimal("150.00"), Decimal("100.00"), Decimal("40.00")]
    assert [round(doubt, 6) for doubt in groups["doubt"]] == [0.5, 0.1, 0.4]
    assert list(groups.columns) == list(COLUMNS)


def test_equal_lines_are_one_group_however_they_are_spelt(cubed):
    municipality = cubed(
        {**PAPER, "net": "100.10"},
        {**PAPER, "supplier_name": "PAPIRHUSET", "item_name": "KOPIPAPIR", "net": "-30.05"},
        {**PAPER, "item_name": None, "line_text": "Kopipapir", "net": "1.00"},
        {**PAPER, "line_text": "kopipapir", "net": "2.00"},  # the same text twice is one text
    )
    (group,) = lines_to_review(municipality).to_dict("records")
    assert (group["line_count"], group["net_amount"], group["absolute_amount"]) == (
        4,
        Decimal("73.05"),
        Decimal("133.15"),
    )
    assert (group["supplier_name"], group["text"], group["line_id"]) == ("Papirhuset A/S", "Kopipapir", "L0001")
    assert group["group_key"] == group_key(group)


def test_ties_stand_in_the_same_order_every_time(cubed):
    rows = [{**PAPER, "item_name": name, "net": "10.00"} for name in "abcdef"]
    first = list(lines_to_review(cubed(*rows))["group_key"])
    assert first == sorted(first)
    assert list(lines_to_review(cubed(*reversed(rows)))["group_key"]) == first


def test_what_is_out_of_scope_or_decided_by_a_rule_is_not_listed(cubed):
    municipality = cubed(
        {**PAPER, "net": "1.00"},
        {**CHAIRS, "category_source": "rule", "category_confidence": "1", "net": "50.00"},
        {**CHAIRS, "item_name": "Borde", "scope_status": "transfer", "category_source": "scope", "net": "60.00"},
    )
    assert names(lines_to_review(municipality)) == ["Papirhuset A/S"]
    shown = lines_to_review(municipality, include_decided=True)
    assert names(shown) == ["Papirhuset A/S", "Stolefabrikken"]
    assert list(shown["doubt"]) == pytest.approx([0.1, 0.0])


def test_a_decided_group_is_gone_at_once_and_back_when_it_is_taken_back(cubed):
    municipality = cubed({**PAPER, "net": "1.00"}, {**CHAIRS, "net": "5.00"})
    groups = lines_to_review(municipality)
    record_decision(municipality, groups.iloc[0], "1802", "indkøb", decided_date=DAY)
    assert names(lines_to_review(municipality)) == ["Papirhuset A/S"]
    assert names(still_open(municipality, groups)) == ["Papirhuset A/S"]
    undo_decision(municipality)
    assert names(lines_to_review(municipality)) == ["Stolefabrikken", "Papirhuset A/S"]


def test_lines_the_cube_still_holds_as_reviewed_are_listed_when_the_decision_is_gone(cubed):
    municipality = cubed({**PAPER, "category_source": "review", "category_confidence": "1", "net": "10.00"})
    (group,) = lines_to_review(municipality).to_dict("records")
    assert group["category_code"] is None
    assert group["doubt"] == pytest.approx(0.4)


def test_a_supplier_decided_as_a_whole_leaves_the_queue(cubed):
    municipality = cubed(
        {**CHAIRS, "net": "1.00"}, {**CHAIRS, "item_name": "Borde", "net": "2.00"}, {**PAPER, "net": "3.00"}
    )
    record_for_supplier(municipality, {"supplier_number": "00100002"}, "1802", "indkøb", decided_date=DAY)
    assert names(lines_to_review(municipality)) == ["Papirhuset A/S"]


def test_one_forvaltning_sees_its_own_lines(cubed):
    municipality = cubed(
        {**PAPER, "net": "10.00"},
        {**PAPER, "unit_division_name": CARE, "net": "4.00"},
        {**CHAIRS, "unit_division_name": None, "net": "2.00"},
    )
    (group,) = lines_to_review(municipality, division=CARE).to_dict("records")
    assert (group["division"], group["net_amount"]) == (CARE, Decimal("4.00"))
    assert names(lines_to_review(municipality, division="")) == ["Stolefabrikken"]
    whole = lines_to_review(municipality)
    assert list(whole["division"]) == ["Børn og Unge", ""]
    assert list(whole["net_amount"]) == [Decimal("14.00"), Decimal("2.00")]


def test_an_empty_cell_reaches_further_and_the_queue_says_so(cubed):
    bare = {"supplier_number": "00100003", "supplier_name": "Altmulig", "account_number": "29100"}
    municipality = cubed(
        {**bare, "net": "100.00"},
        {**bare, "item_name": "Søm", "net": "10.00"},
        {**bare, "item_name": "Skruer", "net": "1.00"},
    )
    groups = lines_to_review(municipality).set_index("net_amount")
    assert list(groups["reach_group_count"]) == [3, 1, 1]
    assert groups["reach_amount"][Decimal("100.00")] == Decimal("111.00")
    assert groups["reach_amount"][Decimal("10.00")] == Decimal("10.00")


def test_persons_are_listed_without_identity(cubed):
    person = {"supplier_name": "Privatperson", "supplier_key": "p:CPR-ABCDEFGH2345", "supplier_match": "person"}
    municipality = cubed(
        {**person, "supplier_number": "0101", "item_name": "Husleje", "net": "10.00"},
        {**person, "supplier_key": "p:CPR-BBCDEFGH2345", "item_name": "Husleje", "net": "5.00"},
    )
    (group,) = lines_to_review(municipality).to_dict("records")
    assert (group["supplier_number"], group["supplier_name"], group["line_count"]) == (None, "Privatperson", 2)


def test_count_limits_the_queue_and_the_effect_says_what_it_moves(cubed):
    municipality = cubed(
        {**PAPER, "net": "-1000.00"},
        {**CHAIRS, "net": "300.00", "category_confidence": "0.50"},
        {**CHAIRS, "item_name": "Borde", "category_source": "rule", "net": "700.00"},
    )
    assert names(lines_to_review(municipality, count=1)) == ["Stolefabrikken"]
    effect = review_effect(municipality, count=1)
    assert (effect.decisions, effect.decisions_left, effect.line_count) == (1, 2, 1)
    assert (effect.covered_amount, effect.in_scope_amount) == (Decimal("300.00"), Decimal("2000.00"))
    assert (effect.covered_share, effect.expected_wrong_amount) == (Decimal("0.150000"), Decimal("150.00"))
    assert effect.reviewed_amount == 0
    record_decision(municipality, lines_to_review(municipality).iloc[0], "1802", "indkøb", decided_date=DAY)
    after = review_effect(municipality)
    assert (after.decisions, after.reviewed_amount, after.covered_amount) == (1, Decimal("300.00"), Decimal("1000.00"))


def test_for_learning_lines_count_beside_kroner_and_an_unknown_order_is_refused(cubed):
    municipality = cubed(
        {**PAPER, "net": "600.00"},  # 60 % of kroner, 1 of 5 lines: (0.60 + 0.20) × 0.10 = 0.08; by kroner 60
        *[{**CHAIRS, "net": "10.00", "category_confidence": "0.85"}] * 3,  # (0.03 + 0.60) × 0.15 = 0.0945; 4.50
        {**PAPER, "supplier_name": "Glashuset", "net": "370.00"},  # (0.37 + 0.20) × 0.10 = 0.057; 37
    )
    assert names(lines_to_review(municipality)) == ["Papirhuset A/S", "Glashuset", "Stolefabrikken"]
    learning = lines_to_review(municipality, order="learning")
    assert names(learning) == ["Stolefabrikken", "Papirhuset A/S", "Glashuset"]
    with pytest.raises(ParameterError, match="Did you mean «learning»"):
        lines_to_review(municipality, order="learnin")


def test_what_a_decision_is_worth_needs_neither_kroner_nor_lines():
    nothing, doubt = np.zeros(2), np.array([0.5, 0.1])
    assert decision_worth(nothing, nothing, doubt, "learning").tolist() == [0.0, 0.0]
    assert decision_worth(nothing, np.array([1.0, 3.0]), doubt, "learning") == pytest.approx([0.125, 0.075])
    assert decision_worth(np.array([2.0, 8.0]), nothing, doubt, "learning") == pytest.approx([0.1, 0.08])


def test_a_queue_without_lines_is_empty_and_has_its_columns(cubed):
    municipality = cubed({**PAPER, "category_source": "rule", "net": "1.00"})
    assert list(lines_to_review(municipality).columns) == list(COLUMNS)
    assert len(lines_to_review(municipality)) == 0
    assert review_effect(municipality).covered_amount == 0


def test_before_classification_there_is_no_queue(municipality):
    with pytest.raises(NoDataError, match="has not been built"):
        lines_to_review(municipality)
