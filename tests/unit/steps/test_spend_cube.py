"""What is known about every line, all steps together?"""

import ibis
import pytest

from procurement_kit import store
from procurement_kit.errors import CheckFailedError, NoDataError, TableError
from procurement_kit.exact import records
from procurement_kit.steps import spend_cube, units
from procurement_kit.steps.spend_cube import build_cube, classifier_rows, cube_fingerprint, read_cube, read_record
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, STEPS
from tests.unit.steps.conftest import LINES, NEXT_YEAR, classify, import_lines


def test_the_cube_has_every_column_of_the_table_in_order_and_type(imported):
    cube = spend_cube.spend_cube(imported)
    assert cube.schema() == ibis.schema(INVOICE_LINES.schema())


def test_every_step_has_said_its_word(imported):
    build_cube(imported)
    rows = records(read_cube(imported).order_by("line_id"))
    assert [row["scope_status"] for row in rows] == ["in_scope"] * 3 + ["public_payment", "no_exchange_rate"]
    assert [row["unit_division_name"] for row in rows] == ["Børn og Unge", None, None, None, None]
    assert [row["supplier_key"] for row in rows[:3]] == ["n:11111112", "n:22222223", "n:11111112"]
    assert [row["category_code"] for row in rows] == ["1801", "1801", "1801", "9001", "9009"]
    assert [row["contract_status"] for row in rows] == [
        "on_contract",
        "wrong_supplier",
        "on_contract",
        "out_of_scope",
        "out_of_scope",
    ]
    assert rows[0]["item_name"] == "Kopipapir ÆØÅ"


def test_the_record_holds_lines_and_kroner_after_each_step(imported):
    build_cube(imported)
    steps = read_record(imported)["steps"]
    assert tuple(steps) == STEPS
    assert {(step["line_count"], step["net_amount"]) for step in steps.values()} == {(5, "630.00")}


def test_a_contract_whose_supplier_never_occurs_is_noted(imported):
    build_cube(imported)
    assert read_record(imported)["caveats"] == {"contracts_without_supplier_on_lines": ["K-2"]}


def test_an_unchanged_cube_is_not_built_again(imported):
    part = next((build_cube(imported) / "lines").glob("*.parquet"))
    written = part.stat().st_mtime_ns
    build_cube(imported)
    assert part.stat().st_mtime_ns == written


@pytest.mark.parametrize("name", ["contracts.csv", "units.csv", "scope_rules.csv", "contract_items.csv"])
def test_whatever_the_cube_depends_on_changes_its_fingerprint(imported, name):
    before = cube_fingerprint(imported)
    with (imported.folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert cube_fingerprint(imported) != before


def test_new_lines_and_new_categories_change_the_fingerprint_too(imported):
    marks = {cube_fingerprint(imported)}
    import_lines(imported, "second", [{**LINES[0], "line_id": "L9", "invoice_date": NEXT_YEAR}])
    marks.add(cube_fingerprint(imported))
    classify(imported)
    marks.add(cube_fingerprint(imported))
    assert len(marks) == 3


def test_a_second_import_adds_its_lines(imported):
    import_lines(imported, "second", [{**LINES[0], "line_id": "L9"}])
    build_cube(imported)
    assert read_record(imported)["steps"]["contracts"]["line_count"] == 6


def test_without_categories_everything_in_scope_is_unclassified(imported):
    classify(imported)
    build_cube(imported)
    rows = records(read_cube(imported).filter(ibis._.scope_status == "in_scope"))
    assert {row["category_source"] for row in rows} == {"unclassified"}
    assert {row["contract_reason"] for row in rows} == {"no_category"}


def test_the_classifier_is_asked_once_per_distinct_value_in_scope(imported):
    import_lines(imported, "second", [{**LINES[1], "line_id": "L9"}])
    rows = classifier_rows(imported)
    assert tuple(rows.columns) == (*CLASSIFIER_FEATURES, "line_count")
    found = {row["supplier_name"]: (row["line_count"], row["unit_name"]) for row in records(rows)}
    assert found == {"Papirhuset A/S": (1, "Skolevangen"), "Arkfirmaet": (2, None), "PAPIRHUSET": (1, None)}


def test_without_lines_there_is_nothing_to_build(municipality):
    with pytest.raises(NoDataError, match="no invoice lines"):
        build_cube(municipality)
    assert not (municipality.folder / "cube").exists()


def test_a_cube_that_was_never_built_cannot_be_read(municipality):
    with pytest.raises(NoDataError, match="has not been built"):
        read_cube(municipality)


def test_a_register_that_cannot_be_used_leaves_the_old_cube(imported):
    build_cube(imported)
    (imported.folder / "contracts.csv").write_text("Aftalenummer;Titel\n", "utf-8")
    with pytest.raises(TableError):
        build_cube(imported)
    assert len(records(read_cube(imported))) == 5


def test_a_step_that_multiplies_lines_is_found_out(imported, monkeypatch):
    """Should a lookup ever hold a key twice, nothing is written."""
    once = units.unit_lookup

    def twice(table, *, where="units"):
        import pyarrow as pa

        return pa.concat_tables([once(table, where=where)] * 2)

    monkeypatch.setattr(units, "unit_lookup", twice)
    with pytest.raises(CheckFailedError, match="«units»"):
        build_cube(imported)
    assert not (imported.folder / "cube").exists()


def test_lookups_are_stored_for_other_rooms(imported):
    build_cube(imported)
    names = {path.name for path in (imported.folder / "lookups").iterdir()}
    assert {"suppliers", "units", "public_bodies", "contract_cells", "categories"} <= names


def test_nothing_is_left_pending(imported):
    build_cube(imported)
    left = [path for path in (imported.folder / "pending").iterdir() if not path.name.endswith("spill")]
    assert left == []
    assert store.loads(imported)
