"""Which rules and public bodies are there, and are they well formed?"""

from datetime import date

import pyarrow as pa
import pytest

from procurement_kit.errors import TableError
from procurement_kit.exact import FIRST_DATE, LAST_DATE
from procurement_kit.steps.scope import public_bodies, public_body_lookup, rule_lookup, scope_rules

HEADER = "version;rule_id;art_pattern;scope_status;heading_da\n"


def found_spans(bodies: list[dict], name: str) -> list[tuple]:
    columns = ("name", "aliases", "body_type", "scope_status", "valid_from", "valid_to", "cvr_number", "source")
    rows = [{**dict.fromkeys(columns), "scope_status": "public_payment", **body} for body in bodies]
    dates = {"valid_from": pa.date32(), "valid_to": pa.date32()}
    schema = pa.schema([(column, dates.get(column, pa.string())) for column in columns])
    supplier = pa.RecordBatch.from_pydict({"supplier_number": pa.array([None], pa.string()), "supplier_name": [name]})
    lookup = next(public_body_lookup([supplier], pa.Table.from_pylist(rows, schema=schema)))
    return [(row["body_name"], row["from_date"], row["to_date"]) for row in lookup.to_pylist()]


def test_the_shipped_rules_know_every_art_that_is_a_purchase():
    rules = {rule["art_pattern"]: rule["rule_status"] for rule in rule_lookup(scope_rules()).to_pylist()}
    assert {art for art, status in rules.items() if status == "in_scope"} == {"22", "23", "27", "29", "40", "45", "49"}
    assert {digit for digit in "012456789" if digit in rules} == set("012456789")


def test_the_shipped_bodies_hold_all_98_municipalities():
    assert public_bodies().column("body_type").to_pylist().count("municipality") == 98


def test_a_body_without_dates_exists_always():
    assert found_spans([{"name": "Skatteministeriet"}], "SKATTEMINISTERIET") == [
        ("Skatteministeriet", FIRST_DATE, LAST_DATE)
    ]


def test_bodies_that_follow_each_other_have_spans_that_do_not_overlap():
    bodies = [
        {"name": "Gammel", "aliases": "Hospitalet", "valid_to": date(2026, 12, 31)},
        {"name": "Ny", "aliases": "Klinikken|Hospitalet", "valid_from": date(2027, 1, 1)},
    ]
    assert found_spans(bodies, "Hospitalet") == [
        ("Gammel", FIRST_DATE, date(2026, 12, 31)),
        ("Ny", date(2027, 1, 1), LAST_DATE),
    ]


def test_between_two_bodies_there_may_be_none():
    bodies = [
        {"name": "A", "aliases": "X", "valid_to": date(2020, 1, 1)},
        {"name": "B", "aliases": "X", "valid_from": date(2021, 1, 1)},
    ]
    assert [span[1:] for span in found_spans(bodies, "X")] == [
        (FIRST_DATE, date(2020, 1, 1)),
        (date(2021, 1, 1), LAST_DATE),
    ]


def test_of_two_bodies_with_one_name_on_one_day_the_first_by_name_counts():
    bodies = [{"name": "B", "aliases": "X"}, {"name": "A", "aliases": "X", "valid_from": date(2020, 1, 1)}]
    assert found_spans(bodies, "X") == [("B", FIRST_DATE, date(2019, 12, 31)), ("A", date(2020, 1, 1), LAST_DATE)]


def test_a_name_that_is_no_body_has_no_row():
    assert found_spans([{"name": "Skatteministeriet"}], "Skat og Rev ApS") == []


def test_two_rules_for_one_art_are_refused(municipality):
    text = HEADER + "1;a;29;in_scope;A\n1;b;29;internal;B\n1;c;2x;internal;C\n1;d;291;internal;D\n"
    (municipality.folder / "scope_rules.csv").write_text(text, "utf-8")
    with pytest.raises(TableError) as refused:
        scope_rules(municipality)
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["rule b", "rule c", "rule d"]


def test_a_status_that_is_none_is_refused(municipality):
    (municipality.folder / "scope_rules.csv").write_text(HEADER + "1;a;29;maybe;A\n", "utf-8")
    with pytest.raises(TableError, match="maybe"):
        scope_rules(municipality)
