"""Is the common start right, with what must be bridged, and who passes the limit only together?"""

from datetime import date

import pytest

from procurement_kit.analyses.joint_tenders import find_joint_tenders
from procurement_kit.exact import LAST_DATE
from tests.unit.analyses.conftest import firm
from tests.unit.analyses.tender_cases import TREE, D, basis_of, bought, contract, only, year_of


def joint(*rows, contracts=(), period="2025", day=date(2025, 12, 1)):
    ends = [bought("0.00", day=date(2025, month, 15), municipality_name="b") for month in (1, 12)]
    basis = basis_of(*contracts, names=("a", "b"))
    finding = find_joint_tenders(year_of(*rows, *ends), period=period, tree=TREE, basis=basis, notice_date=day)
    assert not finding.failed_checks
    return finding


def of(name, net, **more):
    return bought(net, municipality_name=name, **more)


@pytest.mark.parametrize(
    ("one", "other", "status", "alone"),
    [
        ("1644637.00", "0.01", "below", 0),
        ("822319.00", "822319.00", "only_together", 0),
        ("1644638.00", "1.00", "alone", 1),
        ("1644638.00", "1644638.00", "alone", 2),
    ],
)
def test_who_passes_the_limit_alone_or_only_together(one, other, status, alone):
    row = only(joint(of("a", one), of("b", other)), "joint")
    assert (row["joint_status"], row["alone_count"]) == (status, alone)
    assert row["net_amount"] == D(one) + D(other)


def test_the_common_start_is_the_day_on_which_all_are_free():
    contracts = (
        contract("K-1", last=date(2026, 12, 31)),
        contract("K-1", last=date(2027, 9, 30), municipality="b", option_last=date(2029, 9, 30)),
    )
    finding = joint(of("a", "100.00"), of("b", "40.00"), contracts=contracts)
    row = only(finding, "joint")
    assert (row["common_start_date"], row["end_spread_month_count"]) == (date(2027, 10, 1), 9)
    months = finding.tables["by_municipality"].set_index("municipality_title")["bridging_month_count"].to_dict()
    assert months == {"A Kommune": 9, "B Kommune": 0}
    free = finding.tables["by_quarter"].set_index("quarter_name")["free_amount"].to_dict()
    assert (free["2026Q4"], free["2027Q1"], free["2027Q3"], free["2027Q4"]) == (0, D(100), D(100), D(140))


def test_a_tender_takes_nine_months_even_where_all_are_free():
    finding = joint(of("a", "100.00"), of("b", "40.00"))
    assert only(finding, "joint")["common_start_date"] == date(2026, 10, 1)
    assert set(finding.tables["by_municipality"]["bridging_month_count"]) == {9}


def test_a_contract_on_the_area_above_or_on_another_group():
    above, beside = contract(codes=("18",), last=date(2027, 12, 31)), contract("K-2", ("1802",), date(2028, 12, 31))
    row = only(joint(of("a", "1.00"), of("b", "1.00"), contracts=(above, beside)), "joint")
    assert row["common_start_date"] == date(2028, 1, 1)


def test_suppliers_that_sell_to_both_are_shared():
    finding = joint(
        of("a", "60.00", **firm("A")), of("b", "20.00", **firm("A")), of("b", "20.00", **firm("B")),
        of("b", "5.00", supplier_key="p:x", supplier_label="Privatperson"),
    )  # fmt: skip
    row = only(finding, "joint")
    assert (row["supplier_count"], row["shared_supplier_count"], row["overlap_share"]) == (2, 1, D("0.800000"))


def test_what_one_buys_alone_and_what_citizens_are_granted_is_left_out():
    finding = joint(of("a", "9.00", code="1802"), of("a", "7.00", code="0401"), of("b", "7.00", code="0401"))
    assert finding.tables["joint"].empty
    assert finding.definition.left_out_amount == D("9.00")


def test_a_contract_without_a_last_day_is_left_with_its_notice():
    endless = contract("K-1", last=LAST_DATE, notice_months=12)
    finding = joint(of("a", "1.00"), of("b", "1.00"), contracts=(endless,))
    days = finding.tables["by_municipality"].set_index("municipality_title")
    assert days["free_from_date"].to_dict() == {"A Kommune": date(2027, 1, 1), "B Kommune": date(2026, 1, 1)}
    assert days["end_date"].isna().all()
    assert only(finding, "joint")["common_start_date"] == date(2027, 1, 1)
