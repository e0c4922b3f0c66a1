"""Second stop: which unit ordered it, and where did the unit belong on that day?"""

from datetime import date

import ibis
import pytest

from procurement_kit.errors import TableError
from procurement_kit.exact import records
from procurement_kit.steps.units import add_units, read_units, unit_lookup
from procurement_kit.store import table_of
from procurement_kit.tables import UNITS

SCHOOL = {"unit_name": "Skolevangen", "unit_center_name": "Skolecenter", "unit_division_name": "Børn og Unge"}
HALL = {"unit_name": "Idrætshallen", "unit_center_name": None, "unit_division_name": "Kultur"}


@pytest.fixture
def placed(lines_of):
    """Unit, center and forvaltning of each line."""

    def run(units: list[dict], *rows: dict):
        lookup = ibis.memtable(unit_lookup(table_of(units, UNITS.schema()).to_pyarrow()))
        table = add_units(lines_of(*rows), lookup).order_by("line_id")
        return [(row["unit_name"], row["unit_center_name"], row["unit_division_name"]) for row in records(table)]

    return run


def test_the_gln_is_looked_up_first(placed):
    units = [{**SCHOOL, "buyer_gln_number": "5798000000001"}, {**HALL, "buyer_unit_number": "4711"}]
    line = {"buyer_gln_number": "5798000000001", "buyer_unit_number": "4711", "buyer_unit_name": "X"}
    assert placed(units, line) == [("Skolevangen", "Skolecenter", "Børn og Unge")]


def test_then_the_cost_centre_and_a_unit_need_not_have_a_center(placed):
    units = [{**SCHOOL, "buyer_gln_number": "5798000000001"}, {**HALL, "buyer_unit_number": "4711"}]
    line = {"buyer_gln_number": "5798000000999", "buyer_unit_number": "4711"}
    assert placed(units, line) == [("Idrætshallen", None, "Kultur")]


def test_a_unit_with_both_keys_is_found_by_either(placed):
    units = [{**SCHOOL, "buyer_gln_number": "5798000000001", "buyer_unit_number": "0815"}]
    assert (
        placed(units, {"buyer_unit_number": "0815"}, {"buyer_gln_number": "5798000000001"})
        == [("Skolevangen", "Skolecenter", "Børn og Unge")] * 2
    )


def test_else_the_name_printed_for_the_unit_then_the_buyers(placed):
    assert placed([], {"buyer_unit_name": "Børnehuset", "buyer_name": "Prøveby"}, {"buyer_name": "Prøveby"}, {}) == [
        ("Børnehuset", None, None),
        ("Prøveby", None, None),
        (None, None, None),
    ]


def test_the_person_who_ordered_is_never_a_unit(placed):
    assert placed([], {"buyer_reference": "Initialer"}) == [(None, None, None)]


def test_leading_zeros_count(placed):
    units = [{**HALL, "buyer_unit_number": "0471"}]
    assert placed(units, {"buyer_unit_number": "471"}, {"buyer_unit_number": "0471"})[1][0] == "Idrætshallen"
    assert placed(units, {"buyer_unit_number": "471"}) == [(None, None, None)]


def test_a_reorganisation_moves_the_unit_from_its_day_on(placed):
    old = {**SCHOOL, "buyer_unit_number": "1", "valid_to_date": date(2025, 6, 30)}
    new = {**SCHOOL, "buyer_unit_number": "1", "valid_from_date": date(2025, 7, 1), "unit_division_name": "Velfærd"}
    lines = [{"buyer_unit_number": "1", "invoice_date": day} for day in (date(2025, 6, 30), date(2025, 7, 1))]
    assert [found[2] for found in placed([old, new], *lines)] == ["Børn og Unge", "Velfærd"]


def test_a_line_before_the_unit_existed_has_no_row(placed):
    units = [{**SCHOOL, "buyer_unit_number": "1", "valid_from_date": date(2025, 7, 1)}]
    line = {"buyer_unit_number": "1", "invoice_date": date(2025, 6, 30), "buyer_unit_name": "Gammel skole"}
    assert placed(units, line) == [("Gammel skole", None, None)]


def test_two_rows_for_one_key_on_the_same_day_are_refused_with_their_rows(placed):
    first = {**SCHOOL, "buyer_unit_number": "1", "valid_to_date": date(2025, 6, 30)}
    second = {**HALL, "buyer_unit_number": "1", "valid_from_date": date(2025, 6, 30)}
    with pytest.raises(TableError) as refused:
        placed([first, second], {})
    assert refused.value.problems == ("rows 2 and 3: Omkostningssted 1 on the same days.",)


def test_every_problem_of_the_list_is_said_at_once(placed):
    backwards = {
        **HALL,
        "buyer_unit_number": "9",
        "valid_from_date": date(2025, 2, 1),
        "valid_to_date": date(2025, 1, 1),
    }
    units = [{**SCHOOL}, backwards, {**HALL, "buyer_gln_number": "5"}, {**SCHOOL, "buyer_gln_number": "5"}]
    with pytest.raises(TableError) as refused:
        placed(units, {})
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["row 2", "row 3", "rows 4 and 5"]


def test_a_municipality_without_a_list_has_an_empty_lookup(municipality):
    assert read_units(municipality).num_rows == 0


def test_the_list_is_read_as_a_consultant_fills_it_in(municipality):
    (municipality.folder / "units.csv").write_text(
        "GLN/EAN;Omkostningssted;Enhed;Center;Forvaltning;Gælder fra;Gælder til\n"
        "5798000000001;0815;Skolevangen;Skolecenter;Børn og Unge;01-01-2025;\n",
        "utf-8",
    )
    rows = read_units(municipality).to_pylist()
    assert {(row["key_column"], row["unit_key"]) for row in rows} == {
        ("buyer_gln_number", "5798000000001"),
        ("buyer_unit_number", "0815"),
    }
    assert {row["from_date"] for row in rows} == {date(2025, 1, 1)}
