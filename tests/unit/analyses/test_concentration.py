"""How much do we depend on few suppliers?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.concentration import analyse_concentration, band_of, gini_of, index_of
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def bought(letter: str, net: str, code: str = "1801", **more) -> dict:
    return {**placed(code), **firm(letter), "net": net, **more}


def whole(finding) -> dict:
    return finding.tables["whole"].iloc[0].to_dict()


def test_the_index_is_the_sum_of_squared_shares(cube_of):
    """Shares 50, 30 and 20: 2,500 + 900 + 400 = 3,800, as concentrated as 2.6 equal suppliers."""
    found = analyse_concentration(cube_of(bought("A", "50"), bought("B", "30"), bought("C", "20")), period="2025")
    row = whole(found)
    assert (row["hhi"], row["effective"], row["hhi_band"], row["older_band"]) == (D("3800.0"), D("2.6"), "high", "high")
    assert (row["largest_supplier_label"], row["largest_share"]) == ("Firma A", D("0.500000"))
    assert not found.failed_checks


def test_one_supplier_is_ten_thousand_and_ten_equal_ones_are_a_thousand(cube_of):
    assert whole(analyse_concentration(cube_of(bought("A", "7")), period="2025"))["hhi"] == 10_000
    ten = whole(analyse_concentration(cube_of(*(bought(letter, "7") for letter in "ABCDEFGHIJ")), period="2025"))
    assert (ten["hhi"], ten["effective"], ten["hhi_band"]) == (D("1000.0"), D("10.0"), "moderate")


def test_the_older_bands_stand_beside_the_new_ones():
    assert [band_of(D(n)) for n in (999, 1500, 1801)] == ["low", "moderate", "high"]
    assert [band_of(D(n), (1500, 2500)) for n in (999, 1500, 1801, 2501)] == ["low", "moderate", "moderate", "high"]


def test_the_index_is_taken_inside_each_category(cube_of, tree):
    lines = (bought("A", "100"), bought("A", "50", "1802"), bought("B", "50", "1802"))
    groups = analyse_concentration(cube_of(*lines), period="2025", tree=tree).tables["by_group"]
    assert dict(zip(groups["category_code"], groups["hhi"], strict=True)) == {"1801": 10_000, "1802": 5_000}
    assert set(groups["category_name_da"]) == {"Kontorartikler", "Møbler"}


def test_suppliers_with_nothing_or_less_are_in_the_total_and_not_in_the_index(cube_of):
    found = analyse_concentration(cube_of(bought("A", "60"), bought("B", "40"), bought("C", "-10")), period="2025")
    row = whole(found)
    assert (row["net_amount"], row["ranked_amount"], row["apart_amount"]) == (D("90.00"), D("100.00"), D("-10.00"))
    assert (row["hhi"], row["apart_supplier_count"]) == (D("5200.0"), 1)
    assert "suppliers_apart" in found.caveats
    assert found.definition.left_out_amount == D("-10.00")
    assert not found.failed_checks


def test_lines_without_a_supplier_are_said_and_not_in_the_index(cube_of):
    found = analyse_concentration(cube_of(bought("A", "60"), {**placed("1801"), "net": "40"}), period="2025")
    assert (whole(found)["hhi"], whole(found)["unknown_amount"]) == (10_000, D("40.00"))
    assert "unknown_suppliers" in found.caveats


def test_a_person_is_never_named_as_the_largest(cube_of):
    found = analyse_concentration(cube_of({**placed("1801"), **PERSON, "net": "9"}, bought("A", "1")), period="2025")
    assert whole(found)["largest_supplier_label"] == "Privatpersoner"
    assert "token" not in "".join(table.to_string() for table in found.tables.values())


def test_two_suppliers_of_one_owner_count_as_one_where_the_owner_is_known(cube_of):
    owned = {"supplier_group_key": "n:M", "supplier_group_label": "Moder A/S"}
    cube = cube_of(bought("A", "50", **owned), bought("B", "30", **owned), bought("C", "20"))
    row = whole(analyse_concentration(cube, period="2025"))
    assert (row["hhi"], row["owner_hhi"], row["owner_count"]) == (D("3800.0"), D("6800.0"), 2)


def test_without_owners_it_says_that_they_are_missing(cube_of):
    cube = cube_of(bought("A", "50"), bought("B", "50"))
    for table in (cube, cube.drop("supplier_group_key")):
        found = analyse_concentration(table, period="2025")
        assert "no_supplier_owners" in found.caveats
        assert whole(found)["owner_hhi"] is None


def test_the_curve_begins_at_nothing_and_ends_at_all(cube_of):
    found = analyse_concentration(cube_of(bought("A", "70"), bought("B", "20"), bought("C", "10")), period="2025")
    curve = found.tables["lorenz"]
    assert list(curve["supplier_share"]) == [D("0.000000"), D("0.333333"), D("0.666667"), D("1.000000")]
    assert list(curve["cumulative_share"]) == [D("0.000000"), D("0.100000"), D("0.300000"), D("1.000000")]
    assert found.numbers["gini_share"].value == D("0.400000")


def test_gini_is_nothing_for_equals_and_none_for_nobody():
    assert gini_of([D(5)] * 4) == 0
    assert gini_of([]) is None
    assert index_of(D(0), D(0)) is None


def test_squares_of_large_amounts_do_not_overflow(cube_of):
    row = whole(
        analyse_concentration(cube_of(bought("A", "99999999999.99"), bought("B", "99999999999.99")), period="2025")
    )
    assert row["hhi"] == 5_000


def test_bands_hold_every_krone_and_a_credited_category_has_none(cube_of, tree):
    cube = cube_of(bought("A", "100"), bought("B", "-5", "1802"))
    bands = analyse_concentration(cube, period="2025", tree=tree).tables["by_band"]
    assert bands[["hhi_band", "category_count", "net_amount"]].to_numpy().tolist() == [
        ["low", 0, D("0.00")], ["moderate", 0, D("0.00")], ["high", 1, D("100.00")], [None, 1, D("-5.00")],
    ]  # fmt: skip


def test_an_empty_period_is_refused(cube_of):
    with pytest.raises(NoDataError):
        analyse_concentration(cube_of(bought("A", "1")), period="2020")
