"""Which category groups matter most, and what is special about each?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.groups import analyse_groups
from procurement_kit.analyses.spend import analyse_spend
from procurement_kit.errors import ParameterError
from procurement_kit.price_levels import PriceLevels
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal
CONTRACT = {"category_codes": "18", "valid_to_date": date(2026, 6, 30), "option_to_date": date(2028, 6, 30)}


def lines(code: str, number: int, net: str, who: dict, status: str = "no_known_contract", **more) -> list[dict]:
    return [{**placed(code), **who, "net": net, "contract_status": status, **more} for _ in range(number)]


@pytest.fixture
def cube(cube_of):
    """Paper 2,000 + 500 on contract, furniture 2,000 past it, care 3 × 100 to persons; paper was 1,000 the year before."""
    old = [
        line | {"invoice_date": date(2024, month, 1)}
        for month in range(1, 13)
        for line in lines("1801", 1, "100", firm("A"))
    ]
    return cube_of(
        *lines("1801", 20, "100", firm("A"), "on_contract", contract_number="K"),
        *lines("1801", 5, "100", firm("B"), "on_contract", contract_number="K"),
        *lines("1802", 20, "100", firm("B"), "wrong_supplier", contract_number="K"),
        *lines("0401", 3, "100", PERSON),
        *old,
    )  # fmt: skip


def groups(cube, tree, contracts=(), **more):
    spend = analyse_spend(cube, period="2025", tree=tree, **more)
    compliance = analyse_compliance(cube, period="2025", tree=tree)
    return analyse_groups(cube, period="2025", tree=tree, findings=[spend, compliance], contracts=contracts)


def row_of(finding, code: str) -> dict:
    table = finding.table
    return table[table["category_code"] == code].iloc[0].to_dict()


def test_groups_stand_by_kroner_with_what_is_left(cube, tree):
    found = groups(cube, tree)
    assert list(found.table["category_code"]) == ["1801", "1802", "0401"]
    assert list(found.table["net_amount"]) == [D("2500.00"), D("2000.00"), D("300.00")]
    assert found.numbers["others_amount"].value == 0
    assert not found.failed_checks


def test_shares_come_from_the_two_findings_and_the_largest_supplier_is_counted(cube, tree):
    row = row_of(groups(cube, tree), "1801")
    assert (row["supplier_count"], row["largest_supplier_share"]) == (2, D("0.800000"))
    assert row["change_share"] == D("1.083333")  # 2,500 after 1,200
    assert row["fixed_change_share"] is None


def test_with_indices_growth_is_also_in_fixed_prices(cube, tree):
    levels = PriceLevels({("all", "", 2024): D(100), ("all", "", 2025): D(125)}, "skøn")
    row = row_of(groups(cube, tree, prices=levels), "1801")
    assert row["fixed_change_share"] == D("0.666667")  # 2,500 after 1,500 at this year's prices


def test_a_group_with_few_invoices_has_no_percentages(cube, tree):
    row = row_of(groups(cube, tree), "0401")
    assert row["largest_supplier_share"] is row["coverage_share"] is None
    assert row["group_remark"] == "leave_alone"


def test_the_next_end_of_a_contract_is_found_through_the_tree(cube, tree):
    found = groups(cube, tree, [CONTRACT, CONTRACT | {"valid_to_date": date(2025, 1, 1)}])
    assert row_of(found, "1801")["next_expiry_date"] == date(2026, 6, 30)
    assert row_of(found, "1801")["group_remark"] == "expires_soon"
    used = groups(cube, tree, [CONTRACT | {"is_option_used": True}])
    assert row_of(used, "1802")["next_expiry_date"] == date(2028, 6, 30)
    assert row_of(used, "1802")["group_remark"] == "often_past"
    assert row_of(used, "0401")["next_expiry_date"] is None


def test_both_findings_must_be_given(cube, tree):
    with pytest.raises(ParameterError, match="«spend»"):
        analyse_groups(cube, period="2025", tree=tree, findings=[])
