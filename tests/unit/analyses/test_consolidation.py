"""What could it be worth to buy a category from fewer suppliers?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.consolidation import estimate_consolidation
from procurement_kit.analyses.levers import Lever, allocate
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.settings import HandlingCost
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal
COST = HandlingCost(D("40.00"), "egen tidsmåling", date(2025, 11, 1))
PAPER = Lever("1801", 1, D("0.02"), D("0.05"), "tilbud fra to leverandører")


def bought(letter: str, net: str, code: str = "1801", **more) -> dict:
    return {**placed(code), **firm(letter), "net": net, **more}


@pytest.fixture
def paper_and_furniture(cube_of):
    """Paper: A 1,000, B 400 on two invoices, C 100 on one; furniture: D 700, A 300."""
    return cube_of(
        bought("A", "1000"),
        bought("B", "250", document_id="B1"),
        bought("B", "150", document_id="B2"),
        bought("C", "100"),
        bought("D", "700", "1802"),
        bought("A", "300", "1802"),
    )


def levers_of(finding) -> list[dict]:
    return finding.tables["levers"].to_dict("records")


def test_the_golden_case_can_be_done_by_hand(paper_and_furniture, tree):
    """Moved 500 kr. and 3 invoices: price 10 to 25, process 3 × 40 × 0.5 to 1 = 60 to 120, switching 20 to 30."""
    lever = replace(
        PAPER, removed_low_share=D("0.5"), removed_high_share=D(1), removed_source="aftale om samlefaktura",
        switching_low_amount=D("20.00"), switching_high_amount=D("30.00"), switching_source="timer",
    )  # fmt: skip
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(lever,), handling_cost=COST, tree=tree)
    row = levers_of(found)[0]
    assert (row["kept_amount"], row["moved_amount"]) == (D("1000.00"), D("500.00"))
    assert (row["moved_supplier_count"], row["moved_document_count"]) == (2, 3)
    assert (row["price_low_amount"], row["price_high_amount"]) == (D("10.00"), D("25.00"))
    assert (row["process_low_amount"], row["process_high_amount"]) == (D("60.00"), D("120.00"))
    assert (row["gain_low_amount"], row["gain_high_amount"]) == (D("40.00"), D("125.00"))
    assert found.numbers["gain_low_amount"].value == D("40.00")
    assert not found.failed_checks


def test_without_a_handling_cost_there_is_no_process_part_and_that_is_said(paper_and_furniture, tree):
    lever = replace(PAPER, removed_low_share=D(1), removed_high_share=D(1), removed_source="skøn")
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(lever,), tree=tree)
    assert levers_of(found)[0]["process_high_amount"] == 0
    assert "no_handling_cost" in found.caveats


def test_a_krone_is_claimed_by_the_first_lever_only(paper_and_furniture, tree):
    """Paper first: the area then has only furniture, 300 of it beyond its first supplier."""
    area = replace(PAPER, category_code="18", price_low_share=D("0.10"), price_high_share=D("0.10"))
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(PAPER, area), tree=tree)
    first, second = levers_of(found)
    assert (first["moved_amount"], second["moved_amount"]) == (D("500.00"), D("300.00"))
    assert (first["claimed_before_amount"], second["claimed_before_amount"]) == (D("0.00"), D("1500.00"))
    assert found.tables["claims"]["net_amount"].sum() == D("2500.00")
    assert not found.failed_checks


def test_the_order_of_levers_decides(paper_and_furniture, tree):
    area = replace(PAPER, category_code="18")
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(area, PAPER), tree=tree)
    first, second = levers_of(found)
    assert (first["moved_amount"], second["moved_amount"]) == (D("1200.00"), D("0.00"))
    assert second["claimed_before_amount"] == D("1500.00")


def test_an_invoice_touched_by_two_levers_is_removed_once(cube_of, tree):
    lines = (
        bought("A", "90"),
        bought("B", "10", document_id="X"),
        bought("B", "10", "1802", document_id="X"),
        bought("A", "90", "1802"),
    )
    both = tuple(
        replace(PAPER, category_code=code, removed_low_share=D(1), removed_high_share=D(1), removed_source="skøn")
        for code in ("1801", "1802")
    )
    found = estimate_consolidation(cube_of(*lines), period="2025", scenario=both, handling_cost=COST, tree=tree)
    assert [row["moved_document_count"] for row in levers_of(found)] == [1, 0]
    assert found.numbers["process_high_amount"].value == D("40.00")


def test_what_is_granted_to_a_citizen_is_left_out_unless_switched_on(cube_of, tree):
    cube = cube_of(bought("A", "100", "0401"), bought("B", "50", "0401"))
    care = replace(PAPER, category_code="0401")
    off = estimate_consolidation(cube, period="2025", scenario=(care,), tree=tree)
    assert levers_of(off)[0]["moved_amount"] == 0
    assert off.tables["left_out"][["left_out_reason", "net_amount"]].to_numpy().tolist() == [
        ["granted_to_citizen", D("150.00")]
    ]
    switched = (replace(care, with_granted=True),)
    on = estimate_consolidation(cube, period="2025", scenario=switched, tree=tree)
    assert levers_of(on)[0]["moved_amount"] == D("50.00")
    assert "granted" in set(on.tables["assumptions"]["assumption"])


def test_persons_unknown_and_credited_suppliers_are_neither_kept_nor_moved(cube_of, tree):
    lines = (
        bought("A", "100"), bought("B", "50"), bought("C", "-5"), {**placed("1801"), **PERSON, "net": "7"},
        {**placed("1801"), "net": "3"},
    )  # fmt: skip
    found = estimate_consolidation(cube_of(*lines), period="2025", scenario=(PAPER,), tree=tree)
    left_out = dict(found.tables["left_out"][["left_out_reason", "net_amount"]].to_numpy().tolist())
    assert left_out == {"not_positive": D("-5.00"), "person": D("7.00"), "unknown_supplier": D("3.00")}
    assert "p:" not in found.tables["suppliers"].to_string()
    assert not found.failed_checks


def test_every_setting_stands_in_the_result(paper_and_furniture, tree):
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(PAPER,), handling_cost=COST, tree=tree)
    rows = found.tables["assumptions"].set_index("assumption")
    assert (rows.loc["price", "low"], rows.loc["price", "high"]) == ("0.02", "0.05")
    assert rows.loc["price", "source"] == "tilbud fra to leverandører"
    assert rows.loc["target", "low"] == "1"
    assert rows.loc["handling_cost", "source"] == "egen tidsmåling, 2025-11-01"
    assert {"removed", "switching", "not_granted"} <= set(rows.index)


def test_nothing_is_moved_and_nothing_costs_where_there_are_few_suppliers_already(paper_and_furniture, tree):
    lever = replace(
        PAPER, target_supplier_count=3, switching_low_amount=D(10), switching_high_amount=D(10), switching_source="x"
    )
    found = estimate_consolidation(paper_and_furniture, period="2025", scenario=(lever,), tree=tree)
    assert found.numbers["gain_high_amount"].value == 0


def test_all_problems_of_a_lever_are_told_at_once():
    with pytest.raises(ParameterError) as caught:
        Lever("1801", 0, D("0.5"), D("0.1"), "", removed_high_share=D("1.5"), switching_high_amount=D(5))
    assert len(caught.value.problems) == 6


def test_a_float_is_no_share():
    with pytest.raises(ParameterError, match="must be decimals"):
        Lever("1801", 1, 0.02, 0.05, "skøn")


def test_there_is_no_default_share():
    with pytest.raises(TypeError):
        Lever("1801", 1)


def test_a_category_that_is_not_in_the_tree_and_no_lever_are_refused(paper_and_furniture, tree):
    for levers in ((replace(PAPER, category_code="1899"),), ()):
        with pytest.raises(ParameterError):
            estimate_consolidation(paper_and_furniture, period="2025", scenario=levers, tree=tree)


def test_an_empty_period_is_refused(paper_and_furniture, tree):
    with pytest.raises(NoDataError):
        estimate_consolidation(paper_and_furniture, period="2020", scenario=(PAPER,), tree=tree)


def test_cells_nobody_wants_are_not_given_away():
    assert allocate([{"code": "B"}], [lambda cell: cell["code"] == "A"]) == []
