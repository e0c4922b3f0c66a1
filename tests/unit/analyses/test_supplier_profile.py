"""How much is bought from small and medium suppliers, and from local ones?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.supplier_profile import analyse_supplier_profile
from procurement_kit.errors import NoDataError, ParameterError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def sold(letter: str, net: str, size: str | None = None, place: str | None = None, code: str = "1801") -> dict:
    known = {"supplier_size_class": size, "supplier_municipality_name": place}
    return {**placed(code), **firm(letter), "net": net, **known}


@pytest.fixture
def cube(cube_of):
    """100 kr.: 10 micro and 20 medium from here, 50 large from elsewhere, 15 unknown, 5 from a person."""
    return cube_of(
        sold("A", "10", "micro", "Prøveby"),
        sold("B", "20", "medium", "0999 PRØVEBY KOMMUNE", "1802"),
        sold("C", "50", "large", "Eksempel"),
        sold("D", "15"),
        {**placed("1801"), **PERSON, "net": "5"},
    )


def test_shares_are_of_what_is_known_and_the_unknown_stands_apart(cube, tree):
    found = analyse_supplier_profile(cube, period="2025", tree=tree)
    assert found.numbers["small_medium_share"].value == D("0.375000")
    assert found.numbers["local_share"].value == D("0.375000")
    assert found.numbers["unknown_size_amount"].value == D("20.00")
    assert found.numbers["small_medium_supplier_share"].value == D("0.666667")
    sizes = found.table.set_index("size_class")
    assert list(sizes["net_amount"]) == [D("10.00"), D("0.00"), D("20.00"), D("50.00"), D("20.00")]
    assert sizes.loc["unknown", "known_share"] is None
    assert found.caveats == ("local_by_municipality", "unknown_size", "unknown_place")
    assert not found.failed_checks


def test_each_group_has_its_own_shares(cube, tree):
    groups = analyse_supplier_profile(cube, period="2025", tree=tree).tables["by_group"].set_index("category_code")
    assert groups.loc["1802", "small_medium_share"] == D(1)
    assert groups.loc["1801", "local_share"] == D("0.166667")
    assert groups.loc["1801", "unknown_place_amount"] == D("20.00")


def test_a_region_is_local_where_somebody_says_what_it_holds(cube):
    places = {"prøveby": ("Prøveby", "Eksempel")}
    found = analyse_supplier_profile(cube, period="2025", local="region", places=places)
    assert found.numbers["local_share"].value == D(1)
    assert found.caveats[0] == "local_by_region"
    with pytest.raises(ParameterError, match="region"):
        analyse_supplier_profile(cube, period="2025", local="region")


def test_without_a_register_nothing_is_claimed(cube_of):
    cube = cube_of(sold("A", "10"), sold("B", "20"))
    for lines in (cube, cube.drop("supplier_size_class", "supplier_municipality_name")):
        found = analyse_supplier_profile(lines, period="2025")
        assert found.caveats == ("no_company_register",)
        assert found.numbers["small_medium_share"].value is None
        assert found.numbers["unknown_size_amount"].value == D("30.00")
        assert not found.failed_checks
    with pytest.raises(NoDataError):
        analyse_supplier_profile(cube, period="2019")
