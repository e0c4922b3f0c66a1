"""How much of what can be influenced has a contract, and was it used?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.sentences import show
from tests.unit.analyses.conftest import PERSON, cube_of_rows, firm, placed

D = Decimal
STATUSES = {
    "on_contract": {"contract_status": "on_contract", "contract_number": "K1", "contract_reason": "contract_supplier"},
    "wrong": {"contract_status": "wrong_supplier", "contract_number": "K1", "contract_reason": "other_supplier"},
    "none": {"contract_status": "no_known_contract", "contract_reason": "no_contract"},
    "undecidable": {"contract_status": "undecidable", "contract_reason": "no_category"},
    "outside": {"contract_status": "out_of_scope", "contract_reason": "transfer"},
}


def line(status: str, net: str, letter: str = "A", code: str = "1801", reason: str = "", **more) -> dict:
    found = {**placed(code), **firm(letter), **STATUSES[status], "net": net, **more}
    return {**found, "contract_reason": f"{found['contract_reason']} {reason}".strip()}


@pytest.fixture(scope="module")
def lines():
    """1,100 received: 100 outside, 1,000 addressable of which 600 covered, 480 of them with the right supplier."""
    outside = {"scope_status": "transfer", "is_addressable": False, "category_code": None, "category_1_code": None}
    return cube_of_rows(
        line("on_contract", "480.00", unit_name="Skolen", unit_division_name="Børn"),
        line("wrong", "120.00", "B", unit_name="Hallen", unit_division_name="Kultur", invoice_date=date(2025, 9, 1)),
        line("none", "300.00", "C", "1802"),
        {**line("undecidable", "100.00", "D"), **placed(None)},
        {**line("outside", "100.00"), **outside},
    )


@pytest.fixture(scope="module")
def finding(lines, tree):
    return analyse_compliance(lines, period="2025", tree=tree)


def test_all_five_statuses_sum_to_all_lines(finding):
    rows = finding.tables["all_lines"]
    assert dict(zip(rows["contract_status"], rows["net_amount"], strict=True)) == {
        "out_of_scope": D("100.00"),
        "no_known_contract": D("300.00"),
        "wrong_supplier": D("120.00"),
        "on_contract": D("480.00"),
        "undecidable": D("100.00"),
    }
    assert not finding.failed_checks


def test_coverage_counts_addressable_kroner(finding):
    assert finding.numbers["addressable_amount"].value == D("1000.00")
    assert finding.numbers["covered_amount"].value == D("600.00")
    assert finding.numbers["coverage_share"].value == D("0.600000")
    assert finding.numbers["uncovered_share"].value == D("0.300000")


def test_loyalty_counts_the_right_supplier_of_covered_kroner(finding):
    assert finding.numbers["loyalty_share"].value == D("0.800000")
    assert finding.numbers["leak_amount"].value == D("120.00")


def test_voluntary_contracts_cover_but_do_not_count_for_loyalty(cube_of, tree):
    lines = (line("on_contract", "50"), line("wrong", "50", "B"), line("wrong", "900", "C", reason="voluntary"))
    finding = analyse_compliance(cube_of(*lines), period="2025", tree=tree)
    assert finding.numbers["coverage_share"].value == D("1.000000")
    assert finding.numbers["loyalty_share"].value == D("0.500000")
    assert finding.numbers["binding_amount"].value == D("100.00")


def test_rates_of_groups_are_sums_of_parts(finding):
    areas = finding.tables["by_area"].set_index("category_code")
    assert areas.loc["18", "coverage_share"] == D("0.666667")
    groups = finding.tables["by_group"].set_index("category_code")
    assert groups.loc["1801", "coverage_share"] == D("1.000000")
    assert groups.loc["1802", "coverage_share"] == D("0.000000")
    assert groups.loc["1802", "loyalty_share"] is None


def test_units_suppliers_and_quarters(finding):
    units = finding.tables["by_unit"].set_index("unit_name")
    assert units.loc["Hallen", "loyalty_share"] == D("0.000000")
    assert units.loc["Skolen", "loyalty_share"] == D("1.000000")
    quarters = finding.tables["by_quarter"].set_index("quarter_name")
    assert quarters.loc["2025Q3", "leak_amount"] == D("120.00")
    suppliers = finding.tables["by_supplier"].set_index("supplier_key")
    assert suppliers.loc["n:C", "no_known_contract_amount"] == D("300.00")


def test_lines_that_are_not_addressable_do_not_count(cube_of, tree):
    exempt = {**line("on_contract", "500"), "is_addressable": False}
    finding = analyse_compliance(cube_of(exempt, line("none", "100")), period="2025", tree=tree)
    assert finding.numbers["addressable_amount"].value == D("100.00")
    assert finding.numbers["coverage_share"].value == D("0.000000")
    assert finding.definition.left_out_amount == D("500.00")


def test_leaks_largest_first_and_nobody_is_called_about_the_others(cube_of, tree):
    lines = (
        line("wrong", "10", "B", unit_name="Skolen"),
        line("wrong", "30", "C", unit_name="Hallen"),
        line("wrong", "5", "C", unit_name="Hallen"),
        line("wrong", "400", "C", code="0401"),
        line("wrong", "50", "C", reason="voluntary"),
        line("wrong", "60", "C", reason="first_90_days"),
        {**line("wrong", "70"), **PERSON},
    )
    finding = analyse_compliance(cube_of(*lines), period="2025", tree=tree)
    leaks = finding.tables["leaks"]
    assert list(leaks["net_amount"]) == [D("35.00"), D("10.00")]
    assert list(leaks["unit_name"]) == ["Hallen", "Skolen"]
    assert list(leaks["contract_number"]) == ["K1", "K1"]
    left_out = finding.tables["leaks_left_out"].set_index("left_out_reason")["net_amount"].to_dict()
    assert left_out == {
        "first_90_days": D("60.00"),
        "granted_to_citizen": D("400.00"),
        "person": D("70.00"),
        "voluntary": D("50.00"),
    }
    assert not finding.failed_checks


def test_persons_are_one_row_among_suppliers(cube_of, tree):
    lines = ({**line("none", "10"), **PERSON}, {**line("none", "20"), **PERSON, "supplier_key": "p:2"})
    suppliers = analyse_compliance(cube_of(*lines), period="2025", tree=tree).tables["by_supplier"]
    assert list(suppliers["supplier_label"]) == ["Privatpersoner"]
    assert list(suppliers["net_amount"]) == [D("30.00")]


def test_why_lines_cannot_be_decided(finding):
    assert [tuple(row) for row in finding.tables["undecidable"].to_numpy()] == [("no_category", 1, 1, D("100.00"))]
    assert finding.caveats == ("undecidable",)


def test_without_contracts_there_is_coverage_0_and_no_loyalty(cube_of, tree):
    finding = analyse_compliance(cube_of(line("none", "100")), period="2025", tree=tree)
    assert finding.numbers["coverage_share"].value == D("0.000000")
    assert finding.numbers["loyalty_share"].value is None
    assert finding.numbers["contract_count"].value == 0
    assert finding.caveats == ("no_contracts",)


def test_an_empty_period_is_refused(lines, tree):
    with pytest.raises(NoDataError):
        analyse_compliance(lines, period="2023", tree=tree)


def test_where_most_kroner_are_undecided_no_rate_stands_for_the_whole(cube_of):
    decided = {
        "scope_status": "in_scope",
        "is_addressable": True,
        "contract_status": "no_known_contract",
        "net": "10.00",
    }
    opened = {**decided, "contract_status": "undecidable", "contract_reason": "no_category"}
    few = analyse_compliance(cube_of(decided, {**opened, "net": "10.00"}), period="2025", tree=standard_tree())
    most = analyse_compliance(cube_of(decided, {**opened, "net": "10.01"}), period="2025", tree=standard_tree())
    assert (few.numbers["mostly_undecided"].value, most.numbers["mostly_undecided"].value) == (0, 1)


# --- two levels, voluntary contracts, new contracts -----------------------------------------------------------------


@pytest.fixture(scope="module")
def levels(tree):
    """1,000 bound: 600 with the right supplier (200 as listed, 100 dearer, 300 on no list), 400 past, 150 of it new."""
    cube = cube_of_rows(
        line("on_contract", "200", item_check="ok", unit_name="Skolen"),
        line("on_contract", "100", item_check="wrong_price", unit_name="Skolen"),
        line("on_contract", "300", item_check="not_testable", unit_name="Hallen"),
        line("wrong", "250", "B", unit_name="Skolen", invoice_date=date(2025, 9, 1)),
        line("wrong", "150", "B", reason="first_90_days", unit_name="Skolen"),
        line("on_contract", "70", reason="voluntary", item_check="wrong_item", unit_name="Skolen"),
        line("wrong", "30", "C", reason="voluntary", unit_name="Hallen"),
        line("none", "500", "D"),
    )
    return analyse_compliance(cube, period="2025", tree=tree)


def test_level_1_and_level_2_have_the_same_base(levels):
    numbers = levels.numbers
    assert numbers["binding_amount"].value == D("1000.00")
    assert numbers["loyalty_share"].value == D("0.600000")
    assert numbers["item_loyalty_share"].value == D("0.200000")
    assert numbers["item_possible_share"].value == D("0.500000")
    assert numbers["item_tested_share"].value == D("0.500000")


def test_maverick_spend_is_only_what_went_past_a_binding_contract(levels):
    numbers = levels.numbers
    assert numbers["leak_amount"].value == D("400.00")
    assert numbers["leak_share"].value == D("0.400000")
    assert numbers["new_leak_amount"].value == D("150.00")
    assert numbers["uncovered_amount"].value == D("500.00")


def test_voluntary_contracts_stand_beside(levels):
    numbers = levels.numbers
    assert numbers["voluntary_amount"].value == D("100.00")
    assert numbers["voluntary_loyalty_share"].value == D("0.700000")
    assert numbers["covered_amount"].value == D("1100.00")


@pytest.mark.parametrize(
    ("table", "column", "key", "expected"),
    [
        ("levels_by_unit", "unit_name", "Skolen", ("700.00", "0.428571", "0.285714", "0.00", "70.00", "0.00")),
        ("levels_by_unit", "unit_name", "Hallen", ("300.00", "1.000000", None, "300.00", "0.00", "30.00")),
        ("levels_by_group", "category_code", "1801", ("1000.00", "0.600000", "0.200000", "300.00", "70.00", "30.00")),
        ("levels_by_quarter", "quarter_name", "2025Q3", ("250.00", "0.000000", None, "0.00", "0.00", "0.00")),
        ("levels_by_supplier", "supplier_key", "n:B", ("400.00", "0.000000", None, "0.00", "0.00", "0.00")),
    ],
)
def test_levels_by_category_unit_supplier_and_quarter(levels, table, column, key, expected):
    rows = levels.tables[table]
    row = rows.set_index(column).loc[key]
    names = ("binding_amount", "loyalty_share", "item_loyalty_share", "item_not_testable_amount")
    names += ("voluntary_on_contract_amount", "voluntary_other_amount")
    assert tuple(row[name] for name in names) == tuple(value and D(value) for value in expected)


def test_items_are_counted_by_what_the_list_says(levels):
    rows = levels.tables["by_item_check"].set_index("item_check")["net_amount"]
    assert rows.to_dict() == {"ok": D(200), "wrong_item": D(70), "wrong_price": D(100), "not_testable": D(300)}
    assert not levels.failed_checks


def test_where_no_item_can_be_tested_there_is_no_level_2(finding):
    assert finding.numbers["item_loyalty_share"].value is None
    assert finding.numbers["item_possible_share"].value is None


def test_a_list_of_contracts_without_categories_is_not_called_a_missing_list(cube_of, tree):
    opened = line("undecidable", "100", contract_reason="contract_without_categories")
    finding = analyse_compliance(cube_of(opened, line("none", "50", "C")), period="2025", tree=tree)
    assert finding.caveats == ("contracts_without_categories",)
    assert finding.numbers["unplaced_contract_amount"].value == D("100.00")
    known = analyse_compliance(cube_of(opened, line("on_contract", "50")), period="2025", tree=tree)
    assert known.caveats == ("contracts_without_categories", "undecidable")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize(
    "table", ["levels_by_group", "levels_by_unit", "levels_by_supplier", "levels_by_quarter", "by_item_check"]
)
def test_every_table_can_be_shown(levels, language, table):
    assert show(levels, table=table, language=language).html
    assert "20" in show(levels, language=language).text
