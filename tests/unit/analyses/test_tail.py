"""How many suppliers share the last few kroner?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.tail import TailRules, analyse_tail
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.settings import HandlingCost
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def bought(letter: str, net: str, code: str = "1801", **more) -> dict:
    return {**placed(code), **firm(letter), "net": net, **more}


def definition(finding, name: str) -> dict:
    rows = finding.tables["definitions"].set_index("definition")
    return rows.loc[name].to_dict()


def test_the_supplier_that_crosses_80_percent_belongs_to_the_head(cube_of):
    """700 + 200 crosses 800 of 1,000; the last 100 are the tail."""
    tail = analyse_tail(cube_of(bought("A", "700"), bought("B", "200"), bought("C", "100")), period="2025")
    assert list(tail.table["tail_segment"]) == ["head", "head", "tail"]
    assert list(tail.table["cumulative_share"]) == [D("0.700000"), D("0.900000"), D("1.000000")]
    assert tail.numbers["k80_count"].value == 2
    assert tail.numbers["k80_share"].value == D("0.666667")
    assert definition(tail, "spend_share")["net_amount"] == D("100.00")


def test_exactly_80_percent_ends_the_head(cube_of):
    tail = analyse_tail(cube_of(bought("A", "800"), bought("B", "200")), period="2025")
    assert list(tail.table["tail_segment"]) == ["head", "tail"]


def test_one_oere_below_80_percent_takes_the_next_supplier_too(cube_of):
    tail = analyse_tail(cube_of(bought("A", "799.99"), bought("B", "200.01")), period="2025")
    assert list(tail.table["tail_segment"]) == ["head", "head"]


def test_equal_suppliers_are_ordered_by_key(cube_of):
    tail = analyse_tail(cube_of(*(bought(letter, "10") for letter in "DBCA")), period="2025")
    assert list(tail.table["supplier_key"]) == ["n:A", "n:B", "n:C", "n:D"]
    assert list(tail.table["supplier_rank"]) == [1, 2, 3, 4]


def test_the_amount_limit_is_not_reached_by_the_limit_itself(cube_of):
    lines = (bought("A", "50000.00"), bought("B", "49999.99"), bought("C", "1.00"))
    small = definition(analyse_tail(cube_of(*lines), period="2025"), "amount")
    assert (small["supplier_count"], small["net_amount"]) == (2, D("50000.99"))
    assert small["supplier_share"] == D("0.666667")


def test_the_amount_limit_can_be_set_and_is_said(cube_of):
    tail = analyse_tail(cube_of(bought("A", "90"), bought("B", "5")), period="2025", amount_limit=D(10))
    assert tail.numbers["small_supplier_count"].value == 1
    assert tail.numbers["amount_limit"].value == D(10)
    assert tail.parameters["amount_limit"] == "10"


def test_few_invoices_count_documents_not_lines(cube_of):
    many = [bought("A", "10", document_id=f"A{n}") for n in range(4)]
    few = [bought("B", "10", document_id=f"B{n % 3}") for n in range(9)]
    rare = definition(analyse_tail(cube_of(*many, *few), period="2025"), "invoice_count")
    assert (rare["supplier_count"], rare["document_count"]) == (1, 3)


def test_suppliers_with_nothing_or_less_stand_apart_and_stay_in_the_total(cube_of):
    lines = (bought("A", "100"), bought("B", "-30"), bought("C", "5"), bought("C", "-5"))
    tail = analyse_tail(cube_of(*lines), period="2025")
    assert list(tail.table["supplier_key"]) == ["n:A"]
    apart = tail.tables["apart"]
    assert list(apart["supplier_key"]) == ["n:C", "n:B"]
    assert set(apart["supplier_group"]) == {"not_positive"}
    assert tail.numbers["analysed_amount"].value == D("70.00")
    assert tail.numbers["supplier_count"].value == 1
    assert not tail.failed_checks


def test_persons_are_ranked_but_shown_as_one(cube_of):
    other = {**PERSON, "supplier_key": "p:other"}
    lines = (bought("A", "90"), {**placed("1801"), **PERSON, "net": "6"}, {**placed("1801"), **other, "net": "4"})
    tail = analyse_tail(cube_of(*lines), period="2025")
    assert tail.numbers["supplier_count"].value == 3
    row = tail.tables["apart"].iloc[0]
    assert (row["supplier_label"], row["supplier_count"], row["net_amount"]) == ("Privatpersoner", 2, D("10.00"))
    assert "p:" not in tail.table.to_string() + tail.tables["apart"].to_string()


def test_lines_without_a_supplier_are_kept_in_the_total_and_said(cube_of):
    tail = analyse_tail(
        cube_of(bought("A", "90"), {**placed("1801"), "supplier_match": "none", "net": "10"}), period="2025"
    )
    assert tail.numbers["unknown_amount"].value == D("10.00")
    assert tail.definition.left_out_amount == D("10.00")
    assert tail.caveats == ("unknown_suppliers",)
    assert not tail.failed_checks


def test_a_large_supplier_can_be_tail_inside_a_category(cube_of, tree):
    """A is head of the whole, yet sells 10 of the 110 kr. of furniture."""
    lines = (bought("A", "900"), bought("A", "10", "1802"), bought("B", "100", "1802"))
    groups = analyse_tail(cube_of(*lines), period="2025", tree=tree).tables["by_group"].set_index("category_code")
    assert groups.loc["1802", "inner_tail_supplier_count"] == 1
    assert groups.loc["1802", "inner_tail_amount"] == D("10.00")
    assert groups.loc["1801", "inner_tail_supplier_count"] == 0
    assert groups.loc["1802", "tail_amount"] == D("100.00")
    assert groups.loc["1802", "category_name_da"] == "Møbler"


def test_groups_say_how_much_of_them_has_a_contract(cube_of):
    lines = (bought("A", "70", contract_status="on_contract"), bought("B", "30", contract_status="no_known_contract"))
    groups = analyse_tail(cube_of(*lines), period="2025").tables["by_group"]
    assert list(groups["covered_amount"]) == [D("70.00")]


def test_a_year_of_nothing_but_credits_has_no_head(cube_of):
    tail = analyse_tail(cube_of(bought("A", "-10"), bought("B", "-20")), period="2025")
    assert tail.numbers["k80_count"].value == 0
    assert tail.numbers["k80_share"].value is None
    assert not tail.failed_checks


def test_the_example_year(year_cube, tree):
    """Known suppliers: A 350, B 350, person 100, C 50, D 50; A and B stop short of 720, the person crosses it."""
    tail = analyse_tail(year_cube, period="2025", tree=tree)
    assert tail.numbers["k80_count"].value == 3
    assert definition(tail, "spend_share")["net_amount"] == D("100.00")
    assert definition(tail, "spend_share")["net_share"] == D("0.111111")
    assert not tail.failed_checks


def test_an_empty_period_is_refused(year_cube):
    with pytest.raises(NoDataError):
        analyse_tail(year_cube, period="2020")


def test_a_supplier_found_by_number_and_by_name_is_one_supplier(cube_of, tree):
    by_name = bought("A", "5", "1802", supplier_match="name")
    tail = analyse_tail(cube_of(bought("A", "5"), by_name, bought("B", "90")), period="2025", tree=tree)
    assert list(tail.table["supplier_key"]) == ["n:B", "n:A"]
    assert tail.numbers["supplier_count"].value == 2
    assert tail.numbers["tail_amount"].value == D("10.00")
    assert not tail.failed_checks


# --- the three definitions in every part, classes, cost ---------------------------------------------------------------


def test_classes_follow_the_running_sum_with_the_supplier_itself_in_it(cube_of):
    """70, 90 and 100 %: the second crosses 80 %, so it is head of the tail's definition and class B."""
    tail = analyse_tail(cube_of(bought("A", "700"), bought("B", "200"), bought("C", "100")), period="2025")
    assert list(tail.table["abc_class"]) == ["A", "B", "C"]
    assert tail.numbers["crossing_supplier_label"].value == "Firma B"
    abc = tail.tables["abc"].set_index("abc_class")
    assert list(abc["net_amount"]) == [D("700.00"), D("200.00"), D("100.00"), D("0.00")]
    assert abc.loc["A", "supplier_share"] == D("0.333333")


def test_a_running_sum_at_the_boundary_is_still_in_the_class(cube_of):
    lines = (bought("A", "800"), bought("B", "150"), bought("C", "50"))
    assert list(analyse_tail(cube_of(*lines), period="2025").table["abc_class"]) == ["A", "B", "C"]
    rules = TailRules(a_share=D("0.5"), b_share=D("0.8"))
    assert list(analyse_tail(cube_of(*lines), period="2025", rules=rules).table["abc_class"]) == ["B", "C", "C"]


def test_what_has_no_class_stands_in_a_row_of_its_own(cube_of):
    lines = (bought("A", "100"), bought("B", "-30"), {**placed("1801"), "net": "10"})
    abc = analyse_tail(cube_of(*lines), period="2025").tables["abc"].set_index("abc_class")
    assert abc.loc["apart", "net_amount"] == D("-20.00")
    assert abc["net_amount"].sum() == D("80.00")


@pytest.mark.parametrize("wrong", [{"a_share": D("0.95")}, {"b_share": D("1")}, {"invoice_limit": 0}])
def test_classes_that_do_not_follow_each_other_are_refused(wrong):
    with pytest.raises(ParameterError):
        TailRules(**wrong)


def test_all_three_definitions_hold_inside_a_category_too(cube_of):
    """Furniture: B 100 on four invoices, A 10 on one; A is large for the whole, small and rare in furniture."""
    paper = [bought("A", "60000", document_id=f"A{n}") for n in range(4)]
    furniture = [bought("B", "25", "1802", document_id=f"B{n}") for n in range(4)] + [bought("A", "10", "1802")]
    groups = analyse_tail(cube_of(*paper, *furniture), period="2025").tables["by_group"].set_index("category_code")
    inner = groups.loc["1802", ["inner_tail_amount", "inner_small_amount", "inner_rare_amount"]]
    assert list(inner) == [D("10.00"), D("110.00"), D("10.00")]
    overall = groups.loc["1802", ["tail_amount", "small_amount", "rare_amount"]]
    assert list(overall) == [D("100.00"), D("100.00"), D("0.00")]


def test_areas_and_units_sum_to_the_tail_as_the_groups_do(year_cube, tree):
    tail = analyse_tail(year_cube, period="2025", tree=tree)
    for part in ("by_group", "by_area", "by_unit"):
        assert tail.tables[part]["tail_amount"].sum() == tail.numbers["tail_amount"].value
        assert tail.tables[part]["rare_amount"].sum() == tail.numbers["rare_amount"].value
        assert tail.tables[part]["net_amount"].sum() == D("900.00")
    assert set(tail.tables["by_unit"]["unit_name"]) == {"Skolen", None}
    assert "Pleje" in set(tail.tables["by_area"]["category_name_da"])


def test_handling_costs_nothing_until_a_unit_cost_is_given(year_cube):
    tail = analyse_tail(year_cube, period="2025")
    assert tail.numbers["small_handling_amount"].value is None
    assert "handling_amount" not in tail.tables["definitions"]
    assert "handling_cost" not in tail.parameters


def test_handling_cost_is_invoices_times_unit_cost_with_its_source(cube_of):
    cost = HandlingCost(D("48.50"), "egen tidsmåling", date(2025, 12, 1))
    lines = [bought("A", "10", document_id=f"A{n}") for n in range(3)]
    tail = analyse_tail(cube_of(*lines), period="2025", rules=TailRules(handling_cost=cost))
    assert tail.numbers["small_handling_amount"].value == D("145.50")
    assert list(tail.tables["by_unit"]["handling_amount"]) == [D("145.50")]
    assert tail.numbers["handling_cost_source"].value == "egen tidsmåling"
    assert "2025-12-01" in tail.parameters["handling_cost"]


def test_the_three_cuts_of_the_curve_are_numbers(cube_of):
    lines = (bought("A", "70000"), bought("B", "20000"), bought("C", "8000"), bought("D", "2000"))
    numbers = analyse_tail(cube_of(*lines), period="2025").numbers
    cuts = ("k80_count", "kb_count", "above_limit_count")
    assert [numbers[name].value for name in cuts] == [2, 3, 1]
