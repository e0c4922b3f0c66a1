"""First stop: is the line procurement at all?

A line keeps everything it came with and gets a status and the reason for it. Nothing is thrown away.
"""

from datetime import date

import pytest

from procurement_kit.errors import TableError
from procurement_kit.exact import records
from procurement_kit.steps.scope import (
    DECISION_KEYS,
    add_scope,
    public_bodies,
    public_body_lookup,
    read_scope_decisions,
    rule_lookup,
    scope_decision_lookup,
    scope_rules,
)
from procurement_kit.store import table_of
from procurement_kit.tables import SCOPE_RULES


@pytest.fixture
def scoped(lines_of):
    """Scope and reason of each line, in the order the lines were written."""
    import ibis

    def run(*rows: dict, rules=None, bodies=None):
        lines = lines_of(*rows)
        printed = lines.select("supplier_number", "supplier_name").distinct().to_pyarrow().to_batches()
        found = ibis.memtable(next(public_body_lookup(printed, bodies or public_bodies())))
        table = add_scope(lines, ibis.memtable(rule_lookup(rules or scope_rules())), found)
        return [(row["scope_status"], row["scope_reason"]) for row in records(table.order_by("line_id"))]

    return run


def art(code: str, **more) -> dict:
    return {"art_code": code, "main_art_code": code[0], "net": "100.00", "supplier_name": "Eksempel ApS", **more}


def test_the_art_decides(scoped):
    assert scoped(art("22"), art("29"), art("25"), art("47"), art("59"), art("11"), art("91")) == [
        ("in_scope", "art_22 2026-11"),
        ("in_scope", "art_29 2026-11"),
        ("property", "art_25 2026-11"),
        ("public_payment", "art_47 2026-11"),
        ("transfer", "art_59 2026-11"),
        ("payroll", "art_1 2026-11"),
        ("internal", "art_9 2026-11"),
    ]


def test_where_only_the_main_art_is_known_goods_have_to_be_clarified(scoped):
    assert scoped(art("2"), {**art("4"), "art_code": None}) == [
        ("to_clarify", "art_2 2026-11"),
        ("to_clarify", "art_4 2026-11"),
    ]


def test_the_first_digit_stands_in_for_a_main_art_that_is_not_filled_in(scoped):
    assert scoped({**art("51"), "main_art_code": None}) == [("transfer", "art_5 2026-11")]


def test_an_art_no_rule_knows_is_to_be_clarified(scoped):
    assert scoped(art("31")) == [("to_clarify", "unknown_art")]


def test_a_grant_to_someone_with_a_company_number_is_to_be_clarified(scoped):
    """Some municipalities post private daycare and foster families under art 5.9."""
    with_number = art("59", supplier_number="12345678")
    assert scoped(with_number, {**with_number, "supplier_kind": "person"}) == [
        ("to_clarify", "art_59 2026-11"),
        ("transfer", "art_59 2026-11"),
    ]


def test_a_public_body_is_no_supplier_even_where_the_art_says_purchase(scoped):
    assert scoped(art("49", supplier_name="AALBORG KOMMUNE")) == [("public_payment", "Aalborg Kommune")]


def test_a_public_body_is_known_by_its_other_names(scoped):
    assert scoped(art("40", supplier_name="Ålborg Kommune")) == [("public_payment", "Aalborg Kommune")]


def test_the_art_still_says_what_else_a_payment_to_a_public_body_is(scoped):
    assert scoped(art("51", supplier_name="Aalborg Kommune")) == [("transfer", "art_5 2026-11")]


def test_a_hospital_belongs_to_the_region_of_its_day(scoped):
    """Region Hovedstaden ends with 2026; Region Østdanmark begins with 2027."""
    hospital = {"supplier_name": "Rigshospitalet", "net": "1.00"}
    assert scoped({**hospital, "invoice_date": date(2026, 12, 31)}, {**hospital, "invoice_date": date(2027, 1, 1)}) == [
        ("public_payment", "Region Hovedstaden"),
        ("public_payment", "Region Østdanmark"),
    ]


def test_a_region_that_does_not_exist_yet_or_any_more_is_not_found(scoped):
    assert scoped(
        {"supplier_name": "Region Østdanmark", "net": "1.00", "invoice_date": date(2026, 12, 31)},
        {"supplier_name": "Region Sjælland", "net": "1.00", "invoice_date": date(2027, 1, 1)},
    ) == [("in_scope", "no_art"), ("in_scope", "no_art")]


def test_without_an_art_who_was_paid_decides(scoped):
    e_invoice = {"net": "100.00", "source_kind": "einvoice", "supplier_name": "Nogen"}
    assert scoped(
        {**e_invoice, "supplier_kind": "company"},
        {**e_invoice, "supplier_kind": "person"},
        {**e_invoice, "supplier_kind": "public"},
        {**e_invoice, "supplier_kind": None},
    ) == [
        ("in_scope", "no_art"),
        ("to_clarify", "supplier_kind_person"),
        ("public_payment", "supplier_kind_public"),
        ("in_scope", "no_art"),
    ]


def test_a_foreign_document_without_a_rate_is_kept_and_never_counted_in_kroner(scoped):
    foreign = {**art("47"), "net": None, "net_amount": None, "document_currency": "SEK"}
    assert scoped(foreign) == [("no_exchange_rate", "no_exchange_rate")]


def test_a_foreign_document_with_a_rate_is_like_any_other(scoped):
    assert scoped(art("29", document_currency="SEK")) == [("in_scope", "art_29 2026-11")]


def test_a_municipality_may_have_rules_of_its_own(municipality, scoped):
    (municipality.folder / "scope_rules.csv").write_text(
        "version;rule_id;art_pattern;scope_status;heading_da\negen-1;egen_29;29;internal;Internt hos os\n", "utf-8"
    )
    rules = scope_rules(municipality)
    assert scoped(art("29"), art("22"), rules=rules) == [("internal", "egen_29 egen-1"), ("to_clarify", "unknown_art")]
    assert rules.schema.names == list(SCOPE_RULES.names)


def test_a_body_with_a_company_number_is_found_by_it_whatever_its_name(scoped):
    bodies = table_of(
        [{"name": "Eksempelstyrelsen", "scope_status": "public_payment", "cvr_number": "87654321"}],
        dict.fromkeys(("name", "aliases", "scope_status", "cvr_number"), "string")
        | {"valid_from": "date", "valid_to": "date"},
    ).to_pyarrow()
    line = {"supplier_number": "87654321", "supplier_name": "Styr. afd. 4", "net": "1.00"}
    assert scoped(line, bodies=bodies) == [("public_payment", "Eksempelstyrelsen")]


def decided_on(*decisions: dict):
    import ibis
    import pyarrow as pa

    from procurement_kit.store import arrow_schema
    from procurement_kit.tables import SCOPE_DECISIONS

    rows = pa.Table.from_pylist([dict(row) for row in decisions], schema=arrow_schema(SCOPE_DECISIONS.schema()))

    def lookup(lines):
        printed = lines.select(*DECISION_KEYS).distinct().to_pyarrow().to_batches()
        found = list(scope_decision_lookup(printed, rows))
        return ibis.memtable(pa.concat_tables(found)) if found else None

    return lookup


@pytest.fixture
def decided(lines_of):
    """Scope and reason where the municipality has decided."""
    import ibis

    def run(lookup, *rows: dict):
        lines = lines_of(*rows)
        printed = lines.select("supplier_number", "supplier_name").distinct().to_pyarrow().to_batches()
        bodies = ibis.memtable(next(public_body_lookup(printed, public_bodies())))
        table = add_scope(lines, ibis.memtable(rule_lookup(scope_rules())), bodies, lookup(lines))
        return [(row["scope_status"], row["scope_reason"]) for row in records(table.order_by("line_id"))]

    return run


def test_what_the_municipality_says_wins_over_rules_and_public_bodies(decided):
    said = decided_on({"supplier_name": "Københavns Kommune", "scope_status": "in_scope"})
    body = {"supplier_name": "KØBENHAVNS KOMMUNE"}
    assert decided(said, art("29", **body), art("11", **body), art("29")) == [
        ("in_scope", "scope_decisions.csv row 2"),
        ("in_scope", "scope_decisions.csv row 2"),
        ("in_scope", "art_29 2026-11"),
    ]


def test_every_filled_cell_must_match_and_the_one_with_most_wins(decided):
    said = decided_on(
        {"supplier_number": "00100001", "scope_status": "transfer"},
        {"supplier_number": "00100001", "art_code": "59", "scope_status": "in_scope"},
    )
    line = {"supplier_number": "00100001"}
    assert [status for status, _ in decided(said, art("59", **line), art("29", **line), art("59"))] == [
        "in_scope",
        "transfer",
        "transfer",
    ]


def test_of_two_decisions_on_the_same_the_later_wins(decided):
    said = decided_on(
        {"account_number": "31000", "scope_status": "internal", "decided_date": date(2026, 2, 1)},
        {"account_number": "31000", "scope_status": "property", "decided_date": date(2026, 1, 1)},
    )
    assert decided(said, art("31", account_number="31000")) == [("internal", "scope_decisions.csv row 2")]


def test_a_decision_does_not_count_what_has_no_exchange_rate(decided):
    said = decided_on({"supplier_name": "Eksempel", "scope_status": "in_scope"})
    foreign = {"supplier_name": "Eksempel", "document_currency": "SEK", "art_code": "29", "main_art_code": "2"}
    assert decided(said, foreign) == [("no_exchange_rate", "no_exchange_rate")]


def test_a_decision_that_would_decide_every_line_is_refused(municipality):
    path = municipality.folder / "scope_decisions.csv"
    path.write_text("Leverandør;Omfang\nEksempel;in_scope\n-;transfer\n", encoding="utf-8")
    with pytest.raises(TableError, match="row 3"):
        read_scope_decisions(municipality)
