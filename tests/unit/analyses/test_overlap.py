"""Do two municipalities, or two units of one, buy from the same suppliers?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.overlap import analyse_overlap
from procurement_kit.errors import NoDataError, ParameterError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def bought(town: str, letter: str, net: str, code: str = "1801", **more) -> dict:
    return {**placed(code), **firm(letter), "municipality_name": town, "net": net, **more}


ÅDAL = (bought("ådal", "A", "60"), bought("ådal", "B", "40"))
BYRUM = (bought("byrum", "A", "100"), bought("byrum", "C", "300"))


def only_pair(finding) -> dict:
    (row,) = finding.tables["pairs"].to_dict("records")
    return row


def test_one_shared_supplier_of_three(cube_of):
    """A is 60 % of one and 25 % of the other: overlap 25 %, Jaccard 1 of 3."""
    pair = only_pair(analyse_overlap(cube_of(*ÅDAL, *BYRUM), period="2025"))
    assert (pair["party_name"], pair["other_party_name"]) == ("byrum", "ådal")
    assert (pair["jaccard_share"], pair["overlap_share"]) == (D("0.333333"), D("0.250000"))
    assert (pair["shared_amount"], pair["other_shared_amount"]) == (D("100.00"), D("60.00"))
    assert (pair["supplier_count"], pair["other_supplier_count"], pair["shared_supplier_count"]) == (2, 2, 1)


def test_several_cubes_say_the_same_as_one(cube_of):
    apart = analyse_overlap([cube_of(*ÅDAL), cube_of(*BYRUM)], period="2025")
    together = analyse_overlap(cube_of(*ÅDAL, *BYRUM), period="2025")
    assert only_pair(apart) == only_pair(together)
    assert apart.numbers == together.numbers


def test_the_same_purchases_overlap_wholly_and_others_not_at_all(cube_of):
    same = analyse_overlap(cube_of(*ÅDAL, *({**row, "municipality_name": "byrum"} for row in ÅDAL)), period="2025")
    assert (only_pair(same)["jaccard_share"], only_pair(same)["overlap_share"]) == (1, 1)
    apart = analyse_overlap(cube_of(*ÅDAL, bought("byrum", "C", "5")), period="2025")
    assert (only_pair(apart)["jaccard_share"], only_pair(apart)["overlap_share"]) == (0, 0)
    assert not same.failed_checks


def test_a_supplier_shared_in_all_may_be_shared_in_no_category(cube_of, tree):
    cube = cube_of(bought("ådal", "A", "10"), bought("byrum", "A", "10", "1802"), bought("byrum", "B", "5"))
    found = analyse_overlap(cube, period="2025", tree=tree)
    assert only_pair(found)["shared_supplier_count"] == 1
    groups = found.tables["pairs_by_group"]
    assert groups[["category_code", "shared_supplier_count", "category_name_da"]].to_numpy().tolist() == [
        ["1801", 0, "Kontorartikler"]
    ]


def test_lines_without_a_category_are_compared_with_each_other(cube_of):
    cube = cube_of(bought("ådal", "A", "10", None), bought("byrum", "A", "10", None))
    groups = analyse_overlap(cube, period="2025").tables["pairs_by_group"]
    assert groups[["category_code", "overlap_share"]].to_numpy().tolist() == [[None, D(1)]]


def test_divisions_and_units_of_one_municipality_can_be_compared(cube_of):
    cube = cube_of(
        bought("ådal", "A", "10", unit_division_name="Børn", unit_name="Skolen"),
        bought("ådal", "A", "10", unit_division_name="Børn", unit_name="Haven"),
        bought("ådal", "B", "10", unit_division_name="Ældre", unit_name="Hjemmet"),
        bought("ådal", "B", "10"),
    )
    divisions = analyse_overlap(cube, period="2025", between="division")
    assert only_pair(divisions)["shared_supplier_count"] == 0
    units = analyse_overlap(cube, period="2025", between="unit")
    assert (units.numbers["closest_name"].value, units.numbers["closest_other_name"].value) == ("Haven", "Skolen")
    assert units.numbers["not_compared_amount"].value == D("10.00")
    assert units.caveats == ("parties_not_compared",)
    assert not units.failed_checks


def test_persons_unknown_and_credited_suppliers_share_nothing_and_stay_in_the_total(cube_of):
    extra = ({**PERSON, "net": "7"}, {"supplier_match": "none", "net": "3"}, {**firm("C"), "net": "-1"})
    rows = [{**placed("1801"), "municipality_name": town, **row} for town in ("ådal", "byrum") for row in extra]
    found = analyse_overlap(cube_of(*ÅDAL, *BYRUM, *rows), period="2025")
    assert only_pair(found)["shared_supplier_count"] == 1
    assert found.numbers["analysed_amount"].value == D("518.00")
    assert found.tables["parties"]["person_amount"].sum() == D("14.00")
    assert not found.failed_checks


def test_one_party_has_nobody_to_be_compared_with(cube_of):
    found = analyse_overlap(cube_of(*ÅDAL), period="2025")
    assert found.tables["pairs"].empty
    assert found.numbers["closest_name"].value is None


def test_large_amounts_do_not_overflow(cube_of):
    huge = [bought(town, "A", "99999999999.99") for town in ("ådal", "byrum")]
    assert only_pair(analyse_overlap(cube_of(*huge), period="2025"))["overlap_share"] == 1


def test_what_cannot_be_compared_is_refused(cube_of):
    with pytest.raises(ParameterError, match="region"):
        analyse_overlap(cube_of(*ÅDAL), period="2025", between="region")
    with pytest.raises(NoDataError):
        analyse_overlap(cube_of(*ÅDAL), period="2020")
