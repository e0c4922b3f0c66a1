"""What holds for any lines whatever: nothing is lost, nothing is changed, order does not matter, everything adds up."""

from datetime import date
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.quality import analyse_quality
from procurement_kit.analyses.spend import analyse_spend
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.exact import records, tally
from procurement_kit.steps import categories, contracts, scope, suppliers, units
from procurement_kit.store import table_of
from procurement_kit.tables import INVOICE_LINES, UNITS
from tests.conftest import complete_lines

FEW = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
AMOUNTS = st.decimals("-99999.99", "99999.99", places=2)
LINES = st.fixed_dictionaries(
    {
        "net": AMOUNTS,
        "supplier_name": st.sampled_from([None, "Ærø Færge A/S", "AERØ FÆRGE", "Åens Øl", "Rigshospitalet", "---"]),
        "supplier_number": st.sampled_from([None, "12345678", "87654321", "0"]),
        "supplier_account_number": st.sampled_from([None, "token-1"]),
        "supplier_kind": st.sampled_from([None, "company", "person", "public"]),
        "art_code": st.sampled_from([None, "22", "29", "47", "59", "31"]),
        "buyer_gln_number": st.sampled_from([None, "5798000000001"]),
        "buyer_unit_number": st.sampled_from([None, "0815"]),
        "buyer_unit_name": st.sampled_from([None, "Børnehuset Ægir"]),
        "item_name": st.sampled_from([None, "Kopipapir", "Kørestol", "jf. aftale"]),
        "line_kind": st.sampled_from([None, "item", "freight", "fee"]),
        "document_id": st.sampled_from(["D1", "D2", None]),
        "document_currency": st.sampled_from(["DKK", "SEK"]),
        "invoice_date": st.dates(date(2024, 1, 1), date(2025, 12, 31)),
    }
)
RULES, BODIES, TREE = scope.scope_rules(), scope.public_bodies(), standard_tree()
MANY = st.lists(LINES, min_size=1, max_size=8)
SCHOOL = {"unit_name": "Skolen på Ærø", "unit_division_name": "Børn og Ældre"}
UNIT_ROWS = [
    {**SCHOOL, "buyer_gln_number": "5798000000001", "valid_to_date": date(2025, 6, 30)},
    {**SCHOOL, "buyer_unit_number": "0815", "valid_from_date": date(2025, 1, 1)},
]
FOUND = (
    {"item_name": "Kopipapir", "category_code": "1801", "category_1_code": "18", "category_2_code": "1801"},
    {"item_name": "Kørestol", "category_code": "05", "category_1_code": "05"},
)
CONTRACT = {
    **dict.fromkeys(CONTRACTS.names),
    "contract_number": "K-1",
    "category_codes": "1801 0501",
    "supplier_number": "12345678",
    "supplier_name": "Ærø Færge",
    "valid_from_date": date(2024, 6, 1),
    "valid_to_date": date(2025, 6, 30),
}


class Journey:
    """The five steps with lookups made for these lines."""

    def __init__(self, lines: ibis.Table):
        self.lines = lines
        printed = lines.select(*scope.BODY_KEYS).distinct().to_pyarrow().to_batches()
        self.rules = ibis.memtable(scope.rule_lookup(RULES))
        self.bodies = self._table(scope.public_body_lookup(printed, BODIES), scope.BODY_TYPES)
        self.units = ibis.memtable(units.unit_lookup(table_of(UNIT_ROWS, UNITS.schema()).to_pyarrow()))
        found = suppliers.supplier_lookup(suppliers.distinct_suppliers(lines).to_pyarrow().to_batches())
        self.suppliers = self._table(found, suppliers.SUPPLIER_TYPES)
        self.register = contracts.ContractRegister((CONTRACT,))

    @staticmethod
    def _table(batches, types) -> ibis.Table:
        return ibis.memtable(pa.concat_tables([table_of([], types).to_pyarrow(), *batches]))

    def steps(self) -> list:
        return [self.scope, self.place, self.identify, self.categorise, self.hold_against_contracts]

    def scope(self, lines):
        return scope.add_scope(lines, self.rules, self.bodies)

    def place(self, lines):
        return units.add_units(lines, self.units)

    def identify(self, lines):
        return suppliers.add_suppliers(lines, self.suppliers)

    def categorise(self, lines):
        keys = lines.select(*categories.CLASSIFIER_FEATURES).distinct().to_pyarrow().to_pylist()
        found = [{**key, **row} for key in keys for row in FOUND if key["item_name"] == row["item_name"]]
        known = [{**row, "category_source": "rule"} for row in found]
        leaders = ibis.memtable(categories.leading_lines(lines).to_pyarrow())
        return categories.add_categories(lines, table_of(known, categories.CATEGORY_LOOKUP_TYPES), TREE, leaders)

    def hold_against_contracts(self, lines):
        terms = contracts.contract_terms(self.register, "prøveby", {})
        cells, supplier_cells = contracts.contract_cells(terms, TREE)
        lists = ibis.memtable(contracts.list_lookup((), supplier_cells))
        return contracts.add_contracts(lines, ibis.memtable(cells), ibis.memtable(supplier_cells), lists)


def lines_table(rows: list[dict]) -> ibis.Table:
    complete = complete_lines(rows)
    for line in complete:
        if line["document_currency"] == "SEK":
            line["net_amount"] = None
    return table_of(complete, INVOICE_LINES.schema("intake"))


def cube_of_lines(rows: list[dict]) -> ibis.Table:
    lines = lines_table(rows)
    journey = Journey(lines)
    for step in journey.steps():
        lines = ibis.memtable(step(lines).to_pyarrow())
    return lines


def by_line(table: ibis.Table) -> dict[str, dict]:
    return {row["line_id"]: row for row in records(table)}


@FEW
@given(MANY)
def test_a_step_keeps_every_line_and_krone_and_changes_no_column(rows):
    before = lines_table(rows)
    journey = Journey(before)
    for step in journey.steps():
        after = ibis.memtable(step(before).to_pyarrow())
        assert tally(after) == tally(before)
        kept = after.select(*before.columns)
        assert by_line(kept) == by_line(before)
        before = after


@FEW
@given(MANY)
def test_a_step_adds_exactly_its_columns_with_their_types(rows):
    lines = lines_table(rows)
    journey = Journey(lines)
    names = ("scope", "units", "suppliers", "categories", "contracts")
    for name, step in zip(names, journey.steps(), strict=True):
        after = step(lines)
        added = {column: str(after.schema()[column]) for column in after.columns if column not in lines.columns}
        assert added == {c: t.replace(",", ", ") for c, t in INVOICE_LINES.schema(name).items()}
        lines = after


@FEW
@given(MANY)
def test_a_step_done_twice_is_a_step_done_once(rows):
    lines = lines_table(rows)
    for step in Journey(lines).steps():
        once = ibis.memtable(step(lines).to_pyarrow())
        twice = step(once)
        assert sorted(twice.columns) == sorted(once.columns)
        assert by_line(twice) == by_line(once)
        lines = once


@FEW
@given(MANY, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(rows, random):
    rows = [{**row, "line_id": f"L{n}"} for n, row in enumerate(rows)]
    shuffled = random.sample(rows, len(rows))
    assert by_line(cube_of_lines(rows)) == by_line(cube_of_lines(shuffled))


@FEW
@given(MANY)
def test_danish_letters_survive_all_steps(rows):
    marked = [
        {**row, "supplier_name": "Ærø Åens Øl", "buyer_unit_name": "Æblehuset", "line_text": "ÆØÅ æøå é ß"}
        for row in rows
    ]
    for row in records(cube_of_lines(marked)):
        assert row["line_text"] == "ÆØÅ æøå é ß"
        assert row["supplier_label"] in ("Ærø Åens Øl", "Privatperson")
        assert row["unit_name"] in ("Æblehuset", "Skolen på Ærø")


@FEW
@given(MANY)
def test_every_line_has_exactly_one_status_of_each_kind(rows):
    for row in records(cube_of_lines(rows)):
        for column in ("scope_status", "supplier_match", "category_source", "contract_status"):
            assert row[column] in INVOICE_LINES[column].allowed
        assert (row["scope_status"] != "in_scope") == (row["contract_status"] == "out_of_scope")
        assert (row["item_check"] is None) == (row["contract_status"] != "on_contract")


def analyses(cube: ibis.Table) -> list:
    return [
        analyse_spend(cube, period="2024-01..2025-12", tree=TREE),
        analyse_tail(cube, period="2024-01..2025-12", tree=TREE),
        analyse_compliance(cube, period="2024-01..2025-12", tree=TREE),
        analyse_quality(cube, period="2024-01..2025-12"),
    ]


@FEW
@given(MANY)
def test_every_split_sums_to_all(rows):
    for finding in analyses(cube_of_lines(rows)):
        assert finding.checks
        assert not finding.failed_checks


@FEW
@given(MANY)
def test_a_credit_cancels_its_invoice_in_every_analysis(rows):
    credit_notes = [{**row, "net": -row["net"], "document_type": "credit_note"} for row in rows]
    for finding in analyses(cube_of_lines([*rows, *credit_notes])):
        kroner = {name: number.value for name, number in finding.numbers.items() if number.unit == "kr"}
        kroner.pop("amount_limit", None)
        assert not any(kroner.values()), kroner
        for table in finding.tables.values():
            if "net_amount" in table:
                assert set(table["net_amount"]) <= {Decimal(0)}


@FEW
@given(MANY)
def test_no_person_stands_alone_in_any_table(rows):
    persons = [{**row, "supplier_kind": "person", "supplier_account_number": "token-7"} for row in rows]
    for finding in analyses(cube_of_lines([*rows, *persons])):
        for table in finding.tables.values():
            assert "token-7" not in table.to_string()
            assert "Privatperson " not in f"{table.to_string()} ".replace("\n", " ")


@pytest.mark.parametrize("count", [1, 7])
def test_the_same_lines_in_two_files_are_the_same_cube(count):
    """Splitting the lines anywhere changes nothing, because identities are found on all of them together."""
    rows = [
        {
            "line_id": f"L{n}",
            "document_id": f"D{n}",
            "supplier_name": "Åens Øl",
            "net": "1.00",
            "item_name": "Kopipapir",
        }
        for n in range(8)
    ]
    rows[0]["supplier_number"] = "12345678"
    whole = by_line(cube_of_lines(rows))
    assert by_line(cube_of_lines(rows[count:] + rows[:count])) == whole
    assert {row["supplier_key"] for row in whole.values()} == {"n:12345678"}
