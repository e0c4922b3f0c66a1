"""Who buys what, and how large are their invoices?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.buyers import analyse_buyers
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import firm, placed

D = Decimal


def bought(net: str, division: str | None, code: str = "1801", **more) -> dict:
    return {**placed(code), **firm("A"), "net": net, "unit_division_name": division, **more}


@pytest.fixture
def buyers(cube_of, tree):
    lines = (
        bought("2000.00", "Børn"), bought("999.99", "Børn", document_id="S1"), bought("-100.00", "Børn"),
        bought("600.00", "Ældre", "0401", document_id="S2"), bought("400.00", "Ældre", document_id="S2"),
        bought("50.00", None, unit_center_name="Rådhus"), bought("10.00", None),
    )  # fmt: skip
    return analyse_buyers(cube_of(*lines), period="2025", tree=tree)


def test_divisions_stand_by_kroner_and_the_unknown_last(buyers):
    table = buyers.table
    assert list(table["unit_division_name"]) == ["Børn", "Ældre", "Rådhus", None]
    assert list(table["net_amount"]) == [D("2899.99"), D("1000.00"), D("50.00"), D("10.00")]
    assert buyers.definition.left_out_amount == D("10.00")
    assert not buyers.failed_checks


def test_an_invoice_is_the_sum_of_its_lines_and_a_credit_note_is_none(buyers):
    """Børn: 2,000.00 and 999.99; the credit is no invoice. Ældre: one of exactly 1,000.00, which is not small."""
    rows = buyers.table.set_index("unit_division_name")
    assert list(rows["document_count"]) == [2, 1, 1, 1]
    assert list(rows["small_invoice_count"]) == [1, 0, 1, 1]
    assert rows.loc["Børn", "mean_invoice_amount"] == D("1500.00")  # 2,999.99 / 2 = 1,499.995, half to even
    assert rows.loc["Børn", "all_small_share"] == D("0.333333")
    assert buyers.numbers["small_invoice_share"].value == D("0.600000")


def test_areas_of_a_division_add_up(buyers):
    areas = buyers.tables["by_division_and_area"]
    both = areas[areas["unit_division_name"] == "Ældre"]
    assert dict(zip(both["category_code"], both["net_amount"], strict=True)) == {"04": D("600.00"), "18": D("400.00")}


def test_the_one_with_most_small_invoices_is_named(buyers):
    assert buyers.numbers["largest_division_name"].value == "Børn"
    assert buyers.numbers["most_small_division_name"].value == "Børn"


def test_nothing_in_the_period_is_refused(cube_of, tree):
    with pytest.raises(NoDataError):
        analyse_buyers(cube_of(bought("1", "Børn")), period="2023", tree=tree)
