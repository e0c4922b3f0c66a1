"""How large a part of the invoices is for a few kroner?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.small_purchases import analyse_small_purchases
from procurement_kit.errors import NoDataError, ParameterError
from tests.unit.analyses.conftest import firm, placed

D = Decimal


def bought(net: str, document: str, **more) -> dict:
    return {**placed("1801"), **firm("A"), "net": net, "document_id": document, **more}


def sizes(finding) -> dict:
    return {row["from_amount"]: row["invoice_count"] for row in finding.tables["by_size"].to_dict("records")}


def test_an_invoice_is_measured_by_its_whole_sum(cube_of):
    """Two lines of 200 are one invoice of 400: not small."""
    found = analyse_small_purchases(
        cube_of(bought("200", "1"), bought("200", "1"), bought("249.99", "2")), period="2025"
    )
    assert (found.numbers["invoice_count"].value, found.numbers["small_invoice_count"].value) == (2, 1)
    assert found.numbers["small_invoice_share"].value == D("0.500000")
    assert not found.failed_checks


def test_the_limit_itself_is_not_small(cube_of):
    found = analyse_small_purchases(
        cube_of(bought("250", "1"), bought("1000", "2"), bought("99.99", "3")), period="2025"
    )
    assert sizes(found) == {D(0): 1, D(250): 1, D(1000): 1, D(5000): 0, D(25000): 0, D(100000): 0, None: 0}


def test_credits_are_no_invoices_and_stay_in_the_kroner(cube_of):
    lines = (bought("100", "1"), bought("-100", "2"), bought("50", "3"), bought("-50", "3"))
    found = analyse_small_purchases(cube_of(*lines), period="2025")
    assert (found.numbers["invoice_count"].value, found.numbers["credit_count"].value) == (1, 2)
    assert found.numbers["credit_amount"].value == D("-100.00")
    assert found.numbers["analysed_amount"].value == D("0.00")
    assert not found.failed_checks


def test_an_invoice_for_two_units_is_counted_in_both_by_its_whole_size(cube_of):
    lines = (bought("200", "1", unit_name="Skolen"), bought("200", "1", unit_name="Haven"), bought("9", "2"))
    units = analyse_small_purchases(cube_of(*lines), period="2025").tables["by_unit"].set_index("unit_name")
    assert list(units.loc[["Skolen", "Haven"], "small_invoice_count"]) == [0, 0]
    assert list(units.loc[["Skolen", "Haven"], "net_amount"]) == [D("200.00"), D("200.00")]
    assert units["small_invoice_count"].sum() == 1


def test_the_limit_can_be_set_and_larger_steps_are_kept(cube_of):
    found = analyse_small_purchases(cube_of(bought("2000", "1")), period="2025", limit=D(3000))
    assert list(sizes(found)) == [D(0), D(3000), D(5000), D(25000), D(100000), None]
    assert found.numbers["small_invoice_count"].value == 1


def test_what_is_no_purchase_is_not_counted(cube_of):
    transfer = bought("10", "2", scope_status="transfer")
    found = analyse_small_purchases(cube_of(bought("300", "1"), transfer), period="2025")
    assert found.numbers["invoice_count"].value == 1


def test_areas_have_names(cube_of, tree):
    areas = analyse_small_purchases(cube_of(bought("3", "1")), period="2025", tree=tree).tables["by_area"]
    assert list(areas["category_name_da"]) == ["Inventar og kontor"]


def test_a_limit_of_nothing_and_an_empty_period_are_refused(cube_of):
    with pytest.raises(ParameterError):
        analyse_small_purchases(cube_of(bought("3", "1")), period="2025", limit=D(0))
    with pytest.raises(NoDataError):
        analyse_small_purchases(cube_of(bought("3", "1")), period="2020")
