"""Are days, quarters and what must be decided right, each contract and krone once?"""

from datetime import date

import pandas as pd
import pytest

from procurement_kit.analyses.expiries import analyse_expiries
from procurement_kit.analyses.framework_use import analyse_framework_use
from procurement_kit.analyses.tenders import screen_tenders
from procurement_kit.exact import LAST_DATE
from tests.unit.analyses.tender_cases import TREE, D, basis_of, bought, contract, only, year_of


def on(net, number="K-1", **more):
    return bought(net, status="on", contract_number=number, **more)


def expiries(cube, *contracts, period="2025", alone=False):
    basis, found = basis_of(*contracts), ()
    if not alone:
        found = (
            screen_tenders(cube, period=period, tree=TREE, basis=basis),
            analyse_framework_use(cube, period=period, basis=basis),
        )
    finding = analyse_expiries(cube, period=period, tree=TREE, basis=basis, beside=found)
    assert not finding.failed_checks
    return finding


@pytest.mark.parametrize(
    ("last", "months", "notice", "start", "quarter"),
    [
        (date(2026, 12, 31), 6, date(2026, 6, 30), date(2026, 3, 31), "2026Q4"),
        (date(2027, 2, 28), 3, date(2026, 11, 30), date(2026, 5, 31), "2027Q1"),
        (date(2026, 5, 15), 12, date(2025, 5, 15), date(2025, 8, 15), "2026Q2"),
        (date(2026, 7, 31), None, None, date(2025, 10, 31), "2026Q3"),
    ],
)
def test_notice_and_start_follow_from_the_last_day(last, months, notice, start, quarter):
    row = only(expiries(year_of(on("1.00")), contract(last=last, notice_months=months)), "calendar")
    assert (row["end_date"], row["notice_date"], row["start_date"]) == (last, notice, start)
    assert row["quarter_name"] == quarter


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (date(2025, 12, 31), "start_passed"),
        (date(2026, 9, 30), "start_passed"),
        (date(2026, 10, 1), "within_horizon"),
        (date(2027, 6, 30), "within_horizon"),
        (date(2027, 7, 1), "later"),
    ],
)
def test_eighteen_months_are_counted_to_the_day(last, status):
    finding = expiries(year_of(on("1.00")), contract(last=last))
    assert only(finding, "calendar")["expiry_status"] == status
    assert finding.numbers["expiring_count"].value == (status != "later")


def test_a_contract_that_has_ended_is_no_longer_in_the_calendar():
    assert expiries(year_of(on("5.00")), contract(last=date(2025, 12, 30))).tables["calendar"].empty


def test_an_option_that_is_not_used_stands_beside():
    row = only(expiries(year_of(on("1.00")), contract(option_last=date(2028, 6, 30))), "calendar")
    assert (row["end_date"], row["option_date"]) == (date(2026, 6, 30), date(2028, 6, 30))


def test_each_contract_and_each_krone_is_decided_once():
    far = date(2029, 12, 31)
    contracts = (
        contract("K-1", maximum=D(100)),  # ends, and is nearly used: once
        contract("K-2", last=far, maximum=D(100)),  # nearly used
        contract("K-3", last=far, maximum=D(1000)),  # nothing to decide
    )
    cube = year_of(on("90.00"), on("80.00", "K-2"), on("70.00", "K-3"), bought("600000.00"), bought("400.00", "1802"))
    finding = expiries(cube, *contracts)
    rows = finding.tables["decisions"]
    assert list(rows["decision_reason"]) == ["expires", "nearly_used", "free_above_limit"]
    assert list(rows["net_amount"]) == [D("90.00"), D("80.00"), D("600000.00")]
    assert rows["used_share"].iloc[0] == D("0.900000")
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["decision_contract_count"], numbers["group_count"]) == (2, 1)
    assert numbers["decision_amount"] == D("600170.00")
    assert numbers["contract_amount"] == D("240.00")


def test_works_above_their_limit_must_be_decided_too():
    row = only(expiries(year_of(bought("300000.00", "1104"))), "decisions")
    assert (row["tender_basis"], row["tender_status"]) == ("works_largest", "consider_quotes")


def test_without_the_other_findings_only_ends_are_decided():
    finding = expiries(year_of(on("1.00"), bought("9000000.00")), contract(maximum=D(1)), alone=True)
    assert list(finding.tables["decisions"]["decision_reason"]) == ["expires"]
    assert (finding.numbers["has_screen"].value, finding.numbers["has_use"].value) == (0, 0)


def test_quarters_ahead_hold_every_contract_once():
    finding = expiries(year_of(on("3.00"), on("4.00", "K-2")), contract(), contract("K-2", last=date(2040, 1, 1)))
    rows = finding.tables["by_quarter"].set_index("quarter_name")
    assert rows.index[0] == "2025Q4" and rows.index[-1] == "later"
    assert rows.loc["2026Q2", "contract_count"] == 1 and rows.loc["2026Q2", "net_amount"] == D("3.00")
    assert rows.loc["later", "net_amount"] == D("4.00")


def test_without_contracts_it_says_so():
    assert expiries(year_of(bought("1.00"))).caveats == ("no_contracts",)


def test_a_contract_without_a_last_day_has_neither_end_nor_start_and_is_said():
    finding = expiries(year_of(on("1.00")), contract(last=LAST_DATE, notice_months=3))
    row = only(finding, "calendar")
    assert row["expiry_status"] == "no_end"
    assert pd.isna([row["end_date"], row["start_date"], row["notice_date"]]).all()
    assert finding.caveats == ("contracts_without_end",)
    assert (finding.numbers["endless_count"].value, finding.numbers["decision_count"].value) == (1, 0)
    quarters = finding.tables["by_quarter"]
    assert list(quarters.loc[quarters["contract_count"] == 1, "quarter_name"]) == ["no_end"]
