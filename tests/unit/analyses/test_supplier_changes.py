"""Which suppliers are new, which are gone, and which have sent one invoice only?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def bought(letter: str, day: str, net: str = "10", **more) -> dict:
    return {**placed("1801"), **firm(letter), "invoice_date": date.fromisoformat(day), "net": net, **more}


def every_month(year: int, letter: str = "A") -> list[dict]:
    return [bought(letter, f"{year}-{month:02d}-15", document_id=f"{letter}{year}{month}") for month in range(1, 13)]


@pytest.fixture
def two_years(cube_of):
    """A stays; B is new in 2025, C gone after 2024; D bought in 2023 comes back."""
    new, gone = bought("B", "2025-05-01", "70", document_id="B1"), bought("C", "2024-05-01", "30", document_id="C1")
    back = [bought("D", "2023-05-01", document_id="D1"), bought("D", "2025-08-01", "5", document_id="D2")]
    return cube_of(*every_month(2023), *every_month(2024), *every_month(2025), new, gone, *back)


def by_status(finding) -> dict:
    rows = finding.tables["by_status"].to_dict("records")
    return {row["change_status"]: row for row in rows}


def test_new_gone_and_back_are_told_apart(two_years):
    found = analyse_supplier_changes(two_years, period="2025")
    rows = by_status(found)
    assert {status: row["supplier_count"] for status, row in rows.items() if row["supplier_count"]} == {
        "new": 1, "back": 1, "kept": 1, "gone": 1,
    }  # fmt: skip
    assert (found.numbers["new_amount"].value, found.numbers["gone_amount"].value) == (D("70.00"), D("30.00"))
    assert list(found.tables["changes"]["supplier_label"]) == ["Firma B", "Firma D", "Firma C"]
    assert not found.failed_checks


def test_parts_tell_where_suppliers_came_and_went(cube_of):
    cleaning, paper = placed("1001"), placed("1801")
    lines = [
        bought("B", "2025-05-01", "70", document_id="B1", **{**cleaning, "unit_name": "Skolen"}),
        bought("B", "2025-06-01", "5", document_id="B2", **{**paper, "unit_name": "Havnen"}),
        bought("C", "2024-05-01", "30", document_id="C1", **{**cleaning, "unit_name": "Skolen"}),
        bought("E", "2025-07-01", "4", document_id="E1", **{**paper, "unit_name": "Havnen"}),
        bought("F", "2022-07-01", "4", document_id="F1", **placed("0901")),
    ]
    found = analyse_supplier_changes(cube_of(*every_month(2024), *every_month(2025), *lines), period="2025")
    areas = {row["category_code"]: row for row in found.tables["by_area"].to_dict("records")}
    assert set(areas) == {"10", "18"}  # what lies before all spans is no row
    assert (areas["10"]["new_supplier_count"], areas["10"]["new_amount"]) == (1, D("70.00"))
    assert (areas["10"]["gone_supplier_count"], areas["10"]["gone_amount"]) == (1, D("30.00"))
    assert (areas["18"]["new_supplier_count"], areas["18"]["new_amount"]) == (2, D("9.00"))
    assert (areas["18"]["one_time_supplier_count"], areas["18"]["one_time_amount"]) == (1, D("4.00"))
    units = {row["unit_name"]: row for row in found.tables["by_unit"].to_dict("records")}
    assert (units["Skolen"]["supplier_count"], units["Skolen"]["new_amount"]) == (1, D("70.00"))
    assert not found.failed_checks


def test_parts_of_the_first_year_leave_new_and_gone_open(cube_of):
    found = analyse_supplier_changes(cube_of(*every_month(2025), bought("B", "2025-06-01")), period="2025")
    row = found.tables["by_group"].to_dict("records")[0]
    assert row["new_supplier_count"] is None
    assert row["one_time_supplier_count"] == 1


def test_the_years_compared_are_named(two_years):
    found = analyse_supplier_changes(two_years, period="2025")
    assert found.numbers["previous_period_name"].value == "2024"
    assert "2024" in found.definition.formula
    assert found.parameters["compared_with"] == "2024"


def test_nobody_is_new_in_the_first_year_of_the_data(cube_of):
    found = analyse_supplier_changes(cube_of(*every_month(2025), bought("B", "2025-06-01")), period="2025")
    assert found.numbers["new_supplier_count"].value is None
    assert found.caveats == ("no_previous_year",)
    assert found.tables["changes"].empty
    assert not found.failed_checks


def test_too_few_months_of_the_year_before_are_no_year_to_compare_with(cube_of):
    late = [row for row in every_month(2024) if row["invoice_date"].month > 6]
    found = analyse_supplier_changes(cube_of(*late, *every_month(2025)), period="2025")
    assert found.caveats == ("no_previous_year",)
    assert found.numbers["previous_month_count"].value == 6


def test_a_one_time_supplier_has_one_invoice_in_twelve_months_however_many_lines(cube_of):
    lines = [bought("B", "2025-03-01", "1", document_id="B1"), bought("B", "2025-03-01", "2", document_id="B1")]
    found = analyse_supplier_changes(cube_of(*every_month(2025), *lines), period="2025")
    assert found.tables["one_time"][["supplier_key", "net_amount"]].to_numpy().tolist() == [["n:B", D("3.00")]]


def test_the_window_of_a_quarter_is_the_twelve_months_that_end_with_it(cube_of):
    lines = [bought("B", "2024-11-01", document_id="B1"), bought("B", "2025-08-01", document_id="B2")]
    lines += [bought("C", "2024-09-30", document_id="C1"), bought("C", "2025-08-01", document_id="C2")]
    found = analyse_supplier_changes(cube_of(*every_month(2024), *every_month(2025), *lines), period="2025Q3")
    assert found.numbers["window_first_date"].value == date(2024, 10, 1)
    assert list(found.tables["one_time"]["supplier_key"]) == ["n:C"]


def test_a_credit_note_is_no_invoice(cube_of):
    """B's invoice of 2024 is credited in 2025: B is gone, not kept; its credit stays in the sum."""
    lines = [bought("B", "2024-12-01", "9", document_id="B1"), bought("B", "2025-01-05", "-9", document_id="B2")]
    found = analyse_supplier_changes(cube_of(*every_month(2024), *every_month(2025), *lines), period="2025")
    assert by_status(found)["gone"]["supplier_count"] == 1
    assert by_status(found)["gone"]["net_amount"] == D("-9.00")
    assert not found.failed_checks


def test_the_timeline_says_nothing_where_it_cannot_know(two_years):
    rows = analyse_supplier_changes(two_years, period="2025").tables["timeline"].set_index("quarter_name")
    assert rows.loc["2023Q2", "new_supplier_count"] is None
    assert rows.loc["2024Q2", "new_supplier_count"] == 1
    assert rows.loc["2025Q2", "new_supplier_count"] == 1
    assert rows.loc["2024Q2", "gone_supplier_count"] == 1
    assert rows.loc["2025Q1", "gone_supplier_count"] is None
    assert rows.loc["2025Q2", "active_supplier_count"] == 2


def test_what_is_bought_after_the_period_changes_nothing(two_years, cube_of):
    before = analyse_supplier_changes(two_years, period="2024")
    assert by_status(before)["gone"]["supplier_count"] == 1
    assert before.tables["timeline"]["quarter_name"].iloc[-1] == "2024Q4"


def test_persons_stand_together_and_without_a_day(cube_of):
    persons = [{**bought("P", "2025-02-01", document_id=f"P{n}"), **PERSON, "supplier_key": f"p:{n}"} for n in range(2)]
    found = analyse_supplier_changes(cube_of(*every_month(2024), *every_month(2025), *persons), period="2025")
    (row,) = found.tables["changes"].to_dict("records")
    assert (row["supplier_label"], row["supplier_count"], row["first_invoice_date"]) == ("Privatpersoner", 2, None)
    assert "p:" not in "".join(table.to_string() for table in found.tables.values())


def test_lines_without_a_supplier_stay_in_the_sum(cube_of):
    found = analyse_supplier_changes(
        cube_of(*every_month(2024), *every_month(2025), {**placed("1801"), "net": "3"}), period="2025"
    )
    assert by_status(found)["unknown"]["net_amount"] == D("3.00")
    assert found.definition.left_out_amount == D("3.00")
    assert not found.failed_checks


def test_an_empty_period_is_refused(two_years):
    with pytest.raises(NoDataError):
        analyse_supplier_changes(two_years, period="2020")
