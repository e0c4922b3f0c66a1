"""Is a maximum counted from the contract's first day on, and is its end foreseen?"""

from datetime import date

import pytest

from procurement_kit.analyses.framework_use import analyse_framework_use
from procurement_kit.exact import LAST_DATE
from tests.unit.analyses.conftest import cube_of_rows
from tests.unit.analyses.tender_cases import D, basis_of, bought, contract, only, year_of

START, END = date(2025, 1, 1), date(2027, 12, 31)


def used(cube, *contracts, names=("a",), period="2025"):
    finding = analyse_framework_use(cube, period=period, basis=basis_of(*contracts, names=names))
    assert not finding.failed_checks
    return finding


def framework(**more):
    return contract(**{"first": START, "last": END, "maximum": D(1000), **more})


def on(net, **more):
    return bought(net, status="on", **{"contract_number": "K-1", **more})


@pytest.mark.parametrize(
    ("kroner", "status"), [("799.99", "runs_out"), ("800.00", "warning"), ("999.99", "warning"), ("1000.00", "used_up")]
)
def test_there_is_a_warning_from_eighty_percent_on(kroner, status):
    row = only(used(year_of(on(kroner)), framework()), "frameworks", contract_number="K-1")
    assert (row["used_amount"], row["use_status"]) == (D(kroner), status)


def test_what_was_bought_before_the_start_never_counts():
    cube = year_of(on("300.00", day=date(2025, 3, 31)), on("200.00", day=date(2025, 4, 1)))
    finding = used(cube, framework(first=date(2025, 4, 1)))
    assert only(finding, "frameworks", contract_number="K-1")["used_amount"] == D("200.00")
    assert finding.definition.left_out_amount == D("300.00")


def test_the_day_of_exhaustion_follows_from_the_pace():
    row = only(used(year_of(on("500.00")), framework()), "frameworks", contract_number="K-1")
    assert (row["pace_day_count"], row["exhaustion_date"]) == (365, date(2026, 12, 31))
    assert row["use_status"] == "runs_out"
    row = only(used(year_of(on("100.00")), framework()), "frameworks", contract_number="K-1")
    assert (row["exhaustion_date"], row["use_status"]) == (date(2034, 12, 29), "within")


def test_a_framework_without_an_end_is_used_up_in_time_whenever_that_is():
    row = only(used(year_of(on("100.00")), framework(last=LAST_DATE)), "frameworks", contract_number="K-1")
    assert row["last_date"] is None
    assert (row["exhaustion_date"], row["use_status"]) == (date(2034, 12, 29), "runs_out")
    idle = only(used(year_of(on("0.00")), framework(last=LAST_DATE)), "frameworks", contract_number="K-1")
    assert (idle["exhaustion_date"], idle["use_status"]) == (None, "within")


def test_the_pace_is_that_of_the_days_with_data():
    cube = cube_of_rows(on("100.00", day=date(2025, 10, 3)))
    row = only(used(cube, framework(first=date(2025, 10, 3))), "frameworks", contract_number="K-1")
    assert (row["pace_day_count"], row["exhaustion_date"]) == (90, date(2028, 3, 20))


def test_a_contract_older_than_the_data_shows_the_least_that_is_used():
    finding = used(year_of(on("100.00")), framework(first=date(2023, 1, 1)))
    assert only(finding, "frameworks", contract_number="K-1")["use_basis"] == "at_least"
    assert finding.caveats == ("framework_use_at_least",)
    assert only(used(year_of(on("1.00")), framework(first=date(2025, 2, 1))), "frameworks")["use_basis"] == "whole"


def test_a_maximum_in_quantity_counts_its_own_unit():
    cube = year_of(on("1.00", quantity=D(60), unit_code="PK"), on("1.00", quantity=D(900), unit_code="EA"),
                   on("1.00", quantity=D(30), unit_code="PK"))  # fmt: skip
    limit = framework(maximum=None, maximum_quantity=D(100), quantity_unit="PK")
    row = only(used(cube, limit), "frameworks", contract_number="K-1")
    assert (row["used_quantity"], row["used_share"], row["use_status"]) == (90, D("0.900000"), "warning")
    assert row["exhaustion_date"] is None


def test_a_communitys_maximum_is_used_by_its_members_together():
    cube = year_of(on("500.00"), on("400.00", municipality_name="b"))
    shared = [framework(municipality=name, owner="community") for name in "ab"]
    row = only(used(cube, *shared, names=("a", "b")), "frameworks", contract_number="K-1")
    assert (row["used_amount"], row["municipality_count"], row["use_status"]) == (D("900.00"), 2, "warning")
    own = [framework(municipality=name) for name in "ab"]
    finding = used(cube, *own, names=("a", "b"))
    assert sorted(finding.tables["frameworks"]["used_amount"]) == [D("400.00"), D("500.00")]


def test_other_suppliers_other_contracts_and_later_days_do_not_count():
    cube = year_of(bought("70.00", status="wrong", contract_number="K-1"), on("60.00", contract_number="K-2"),
                   on("50.00", day=date(2026, 1, 1)), on("40.00"))  # fmt: skip
    finding = used(cube, framework(), contract("K-2"))
    assert list(finding.tables["frameworks"]["used_amount"]) == [D("40.00")]
    assert finding.numbers["without_maximum_count"].value == 1


def test_months_run_up_to_what_is_used():
    months = used(year_of(on("10.00", day=date(2025, 2, 3)), on("5.00", day=date(2025, 4, 3))), framework())
    assert list(months.tables["by_month"]["running_amount"]) == [D("10.00"), D("15.00")]


def test_a_contract_that_has_not_begun_and_no_contract_at_all():
    row = only(used(year_of(on("0.00")), framework(first=date(2026, 1, 1))), "frameworks")
    assert (row["use_status"], row["exhaustion_date"]) == ("not_begun", None)
    assert used(year_of(on("1.00"))).tables["frameworks"].empty
