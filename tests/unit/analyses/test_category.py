"""What should people know about one category before they talk about what to do with it?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.category import analyse_category
from procurement_kit.analyses.category_parts import lines_of_category
from procurement_kit.category_basis import CategoryBasis, LeverRange
from procurement_kit.errors import NoDataError, TableError
from procurement_kit.exact import sums_by
from procurement_kit.tender_basis import KnownContract
from tests.unit.analyses.conftest import PERSON, cube_of_rows, firm, placed

D = Decimal
PAPER = KnownContract("a", "K1", "Papir", ("18",), date(2024, 1, 1), date(2026, 6, 30), owner="ski")
OLD = KnownContract("a", "K0", "Gammel", ("1801",), date(2019, 1, 1), date(2020, 12, 31))
NEAR = KnownContract("b", "N1", "Naboens papir", ("1801",), date(2024, 1, 1), date(2027, 6, 30), owner="community")


def paper(letter, net, status="no_known_contract", **more):
    number = "K1" if status in ("on_contract", "wrong_supplier") else None
    line = {**placed("1801"), **firm(letter), "net": net, "contract_status": status, "contract_number": number}
    return line | {"unit_division_name": "Skole", "unit_name": "Skolen", "contract_reason": ""} | more


@pytest.fixture(scope="module")
def cube():
    """250 kr. of paper in 2025: 100 on contract, 30 past it, 110 without, 10 from a person; 90 kr. in 2024; the rest."""
    return cube_of_rows(
        paper("A", "100.00", "on_contract", function_number="0.1", item_check="ok"),
        paper("B", "30.00", "wrong_supplier", function_number="0.1"),
        paper("C", "90.00", function_number="0.2", unit_division_name="Ældre"),
        paper("D", "24.00", supplier_kind="public"),
        paper("E", "-4.00"),
        paper("A", "10.00", **PERSON),
        paper("A", "60.00", invoice_date=date(2024, 2, 1)),
        paper("F", "30.00", invoice_date=date(2024, 8, 1)),
        {**placed("1802"), **firm("A"), "net": "50.00"},
        {**placed("0401"), **firm("G"), "net": "40.00", "contract_status": "no_known_contract", "unit_name": "Hjemmet"},
        {"scope_status": "public_payment", "net": "70.00", "function_number": "0.1", "category_source": "scope", **firm("R")},
        {"scope_status": "public_payment", "net": "5.00", "function_number": "0.9", "category_source": "scope", **firm("R")},
    )  # fmt: skip


@pytest.fixture(scope="module")
def basis():
    return CategoryBasis("a", (PAPER, OLD, NEAR), frozenset({"K1"}), titles=(("b", "B Kommune"),))


@pytest.fixture(scope="module")
def paper_facts(cube, tree, basis):
    return analyse_category(cube, period="2025", category="1801", tree=tree, basis=basis)


def values(found, *names):
    return [found.numbers[name].value for name in names]


def test_every_part_sums_to_the_category_to_the_ore(paper_facts):
    assert paper_facts.numbers["category_amount"].value == D("250.00")
    assert not paper_facts.failed_checks
    for name in ("by_subcategory", "suppliers", "by_division", "by_unit", "by_status", "levers"):
        assert sum(paper_facts.tables[name]["net_amount"]) == D("250.00"), name
    assert paper_facts.definition.left_out_amount == D("90.00")


def test_a_wider_category_holds_what_is_below_it(cube, tree):
    found = analyse_category(cube, period="2025", category="18", tree=tree)
    assert found.numbers["category_amount"].value == D("300.00")
    assert list(found.table["category_code"]) == ["1801", "1802"]
    assert sums_by(lines_of_category(cube, "18", tree=tree))[0]["net_amount"] == D("390.00")


def test_suppliers_are_ranked_without_persons_and_new_and_gone_ones_are_told(paper_facts):
    table = paper_facts.tables["suppliers"].set_index("supplier_label")
    assert table.loc["Privatpersoner", "supplier_rank"] is None
    assert table.loc["Privatpersoner", "change_status"] == "not_compared"
    assert table.loc["Firma A", "supplier_rank"] == 1
    assert table["change_status"].to_dict()["Firma C"] == "new"
    assert table["change_status"].to_dict()["Firma F"] == "gone"
    assert values(paper_facts, "supplier_count", "new_supplier_count", "gone_supplier_count") == [4, 4, 1]
    assert values(paper_facts, "new_amount", "gone_amount", "previous_amount") == [D("140.00"), D("30.00"), D("90.00")]


def test_the_effective_number_is_said_as_suppliers_of_equal_size(cube_of, tree):
    four = cube_of(*(paper(letter, "10.00") for letter in "ABCD"))
    found = analyse_category(four, period="2025", category="1801", tree=tree)
    assert values(found, "alike_count", "top_supplier_share") == [4, D("0.250000")]
    one = cube_of(paper("A", "970.00"), paper("B", "30.00"))
    assert values(analyse_category(one, period="2025", category="1801", tree=tree), "alike_count", "has_several") == [
        1,
        0,
    ]


def test_without_the_year_before_nothing_is_new(cube_of, tree):
    found = analyse_category(cube_of(paper("A", "10.00")), period="2025", category="1801", tree=tree)
    assert values(found, "new_supplier_count", "change_share", "previous_amount") == [None, None, None]
    assert "category_not_compared" in found.caveats


def test_contracts_are_those_that_cover_it_with_owner_prices_and_the_next_end(paper_facts):
    contracts = paper_facts.tables["contracts"]
    assert contracts[["agreement_number", "contract_owner", "is_priced"]].values.tolist() == [["K1", "ski", "priced"]]
    assert list(contracts["net_amount"]) == [D("100.00")]
    assert values(paper_facts, "next_end_date", "next_end_title") == [date(2026, 6, 30), "Papir"]
    assert values(paper_facts, "tested_amount", "priced_count") == [D("100.00"), 1]
    assert paper_facts.tables["neighbours"]["municipality_title"].to_list() == ["B Kommune"]


def test_a_contract_outside_the_register_is_still_counted(cube, tree):
    found = analyse_category(cube, period="2025", category="1801", tree=tree)
    assert found.tables["by_owner"].values.tolist() == [["not_known", 1, D("100.00")]]
    assert not found.failed_checks


def test_others_part_is_what_public_bodies_get_on_the_functions_it_lies_on(paper_facts):
    assert paper_facts.tables["public_payments"][["authority_place", "net_amount"]].values.tolist() == [
        ["0.1", D("70.00")]
    ]
    assert values(paper_facts, "public_amount", "public_party_count", "is_by_function") == [D("70.00"), 1, 1]
    assert values(paper_facts, "public_supplier_amount") == [D("24.00")]


def test_without_functions_the_divisions_stand_in(cube_of, tree):
    paid = {"scope_status": "public_payment", "net": "7.00", "unit_division_name": "Skole", "category_source": "scope"}
    cube = cube_of(paper("A", "10.00"), {**paid, **firm("R")}, {**paid, **firm("R"), "unit_division_name": "Vej"})
    found = analyse_category(cube, period="2025", category="1801", tree=tree)
    assert values(found, "public_amount", "is_by_function") == [D("7.00"), 0]


def test_each_krone_has_one_lever_and_no_saving_is_made_up(paper_facts):
    levers = paper_facts.tables["levers"].set_index("lever")
    assert levers["net_amount"].to_dict() == {
        "use_contract": D("30.00"), "tighten_contract": D("100.00"), "tender": D("114.00"), "consolidate": D("-4.00"),
        "person": D("10.00"),
    }  # fmt: skip
    assert set(levers["lever_high_amount"]) == {None}
    assert values(paper_facts, "gain_low_amount", "range_count") == [None, 0]
    assert "levers_without_range" in paper_facts.caveats


def test_a_range_of_the_users_own_gives_low_and_high(cube, tree):
    wide = LeverRange("18", "tender", D("0.01"), D("0.05"), "eget udbud", "kategoriansvarlig", date(2025, 1, 1))
    near = LeverRange("1801", "tender", D("0.10"), D("0.20"), "tilbud")
    found = analyse_category(cube, period="2025", category="1801", tree=tree, basis=CategoryBasis(ranges=(wide, near)))
    row = found.tables["levers"].set_index("lever").loc["tender"]
    assert (row["lever_low_amount"], row["lever_high_amount"]) == (D("11.40"), D("22.80"))
    assert (row["range_category_code"], row["range_source"]) == ("1801", "tilbud")
    assert values(found, "gain_low_amount", "gain_high_amount", "range_count") == [D("11.40"), D("22.80"), 1]


def test_what_is_granted_to_citizens_is_left_alone_and_not_shown_by_unit(cube, tree):
    found = analyse_category(cube, period="2025", category="0401", tree=tree)
    assert found.tables["by_unit"].empty
    assert list(found.tables["levers"]["lever"]) == ["granted_to_citizen"]
    assert values(found, "is_granted", "lever_amount", "left_alone_amount") == [1, D("0.00"), D("40.00")]
    assert "category_granted" in found.caveats
    assert not found.failed_checks


def test_an_unknown_category_is_answered_with_the_nearest(cube, tree):
    with pytest.raises(TableError, match="1801"):
        analyse_category(cube, period="2025", category="18O1", tree=tree)


def test_a_category_that_was_not_bought_says_so(cube, tree):
    with pytest.raises(NoDataError, match="1802"):
        analyse_category(cube, period="2024", category="1802", tree=tree)
    with pytest.raises(NoDataError):
        analyse_category(cube, period="2019", category="1801", tree=tree)
