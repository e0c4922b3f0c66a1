"""What should be looked into first, and how many kroner is it about?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.opportunities import ROWS_SHOWN, analyse_opportunities
from procurement_kit.category_basis import LeverRange
from tests.unit.analyses.conftest import firm, placed

D = Decimal
DAY = date(2026, 6, 30)


def bought(net: str, status: str, letter: str = "A", code: str = "1801", **more) -> dict:
    return {**placed(code), **firm(letter), "net": net, "contract_status": status, **more}


@pytest.fixture
def cube(cube_of):
    return cube_of(
        bought("300000", "on_contract"),
        bought("80000", "wrong_supplier", "B"),
        bought("20000", "wrong_supplier", "C", contract_reason="voluntary"),
        bought("600000", "no_known_contract", code="1802"),
        bought("30000", "no_known_contract"),
        bought("20000", "no_known_contract", "B"),
        bought("10000", "no_known_contract", "C"),
        bought("500000", "no_known_contract", code="0401"),
        bought("5000", "undecidable", code=None),
    )


def test_each_krone_stands_once(cube, tree):
    found = analyse_opportunities(cube, period="2025", tree=tree)
    first = found.table
    assert list(zip(first["opportunity_lever"], first["category_code"], first["basis_amount"], strict=True)) == [
        ("tender", "1802", D("600000.00")), ("use_contract", "1801", D("80000.00")),
        ("consolidate", "1801", D("60000.00")),
    ]  # fmt: skip
    assert found.tables["by_lever"]["basis_amount"].sum() == D("1565000.00")
    assert found.definition.left_out_amount == D("825000.00")
    assert not found.failed_checks


def test_what_is_granted_to_a_citizen_is_left_alone(cube, tree):
    rows = analyse_opportunities(cube, period="2025", tree=tree).tables["by_lever"].set_index("opportunity_lever")
    assert rows.loc["left_alone", "basis_amount"] == D("500000.00")
    assert rows.loc["voluntary", "basis_amount"] == D("20000.00")


def test_kroner_to_gain_are_only_what_the_user_says(cube, tree):
    found = analyse_opportunities(cube, period="2025", tree=tree)
    assert found.numbers["low_amount"].value is None
    assert set(found.table["gain_low_amount"]) == {None}
    wide = LeverRange("18", "tender", D("0.01"), D("0.02"), "skøn")
    own = LeverRange("1802", "tender", D("0.03"), D("0.05"), "eget udbud")
    found = analyse_opportunities(cube, period="2025", tree=tree, ranges=[wide, own])
    row = found.table.iloc[0]
    assert (row["gain_low_amount"], row["gain_high_amount"]) == (D("18000.00"), D("30000.00"))
    assert found.tables["all"].iloc[0]["range_source"] == "eget udbud"
    assert (found.numbers["low_amount"].value, found.numbers["ranged_count"].value) == (D("18000.00"), 1)


def test_the_users_own_step_wins_over_the_usual_one(cube, tree):
    step = {"lever": "tender", "category_code": None, "effort": "S", "next_step": "Tal med skolerne", "due_date": DAY}
    rows = analyse_opportunities(cube, period="2025", tree=tree, steps=[step]).table
    assert (rows.iloc[0]["effort"], rows.iloc[0]["next_step"]) == ("S", "Tal med skolerne")
    assert (rows.iloc[0]["owner_function"], rows.iloc[0]["due_date"]) == ("tender", DAY)
    assert (rows.iloc[1]["effort"], rows.iloc[1]["due_date"]) == ("S", None)


def test_just_under_the_limit_nothing_is_said_of_a_tender(cube_of, tree):
    for net, lever in (("499999.99", "too_few"), ("500000.00", "tender")):
        found = analyse_opportunities(cube_of(bought(net, "no_known_contract")), period="2025", tree=tree)
        assert list(found.tables["by_lever"]["opportunity_lever"]) == [lever]


def test_at_most_eight_are_shown(cube, tree):
    assert len(analyse_opportunities(cube, period="2025", tree=tree).table) <= ROWS_SHOWN
