"""What became of each file, counted again on what is stored?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.file_account import (
    account_checks,
    by_reason,
    control_rows,
    deliveries,
    file_rows,
    names_not_read,
    reasons,
    recount,
    sources_of,
)
from tests.unit.analyses import delivered

D = Decimal


@pytest.fixture(scope="module")
def tables():
    return delivered.tables()


@pytest.fixture
def sources():
    return sources_of(delivered.loads())


@pytest.fixture(scope="module")
def counted(tables):
    return recount(tables["lines"], tables["set_aside"])


@pytest.fixture(scope="module")
def controls(tables):
    return control_rows(tables["documents"])


def test_read_is_what_was_taken_held_back_and_found_twice(counted):
    ledger = counted[delivered.LEDGER, "DKK"]
    assert (ledger["read_line_count"], ledger["taken_line_count"], ledger["held_back_line_count"]) == (5, 3, 2)
    assert (ledger["read_amount"], ledger["taken_amount"], ledger["held_back_amount"]) == (D("650"), D("600"), D("50"))
    assert counted[delivered.INVOICE, "DKK"]["duplicate_in_currency"] == D("100.0000")


def test_a_line_without_a_rate_counts_in_its_own_currency_only():
    lines = delivered.tables(
        taken=[delivered.ledger_line(document_currency="EUR", document_amount="10", net_amount=None)]
    )
    found = recount(lines["lines"], lines["set_aside"])[delivered.LEDGER, "EUR"]
    assert (found["taken_line_count"], found["taken_in_currency"], found["taken_amount"]) == (1, D("10"), D("0.00"))


def test_each_file_has_its_row_and_a_file_that_could_not_be_opened_has_an_empty_one(sources, counted, controls):
    rows = file_rows(sources, counted, controls)
    assert [(row["source_name"], row["file_status"], row["read_line_count"]) for row in rows] == [
        ("posteringer.csv", "mixed", 5),
        ("faktura.xml", "mixed", 2),
        ("itu.xml", "held_back", 0),
    ]
    assert [row["format_name"] for row in rows] == ["ledger_dk 1", "OIOUBL-2.1", ""]


def test_single_e_invoices_stand_together_and_ledger_files_apart(sources, counted, controls, tables):
    found = reasons(tables["set_aside"], tables["documents"])
    ledger, invoices = deliveries(file_rows(sources, counted, controls), found)
    assert (ledger["source_name"], ledger["file_count"], ledger["masked_count"]) == ("posteringer.csv", 1, 2)
    assert (invoices["source_name"], invoices["file_count"], invoices["read_line_count"]) == (None, 2, 2)
    assert (ledger["reason_key"], invoices["reason_key"]) == ("no_date", "not_well_formed")


def test_a_file_of_two_currencies_is_one_file(sources, counted, controls):
    rows = file_rows(sources, {**counted, (delivered.LEDGER, "EUR"): counted[delivered.LEDGER, "DKK"]}, controls)
    assert [row["document_currency"] for row in rows if row["source_hash"] == delivered.LEDGER] == ["DKK", "EUR"]
    assert deliveries(rows, [])[0]["file_count"] == 1
    assert deliveries(rows, [])[0]["masked_count"] == 2
    assert deliveries(rows, [])[0]["read_line_count"] == 10


def test_reasons_are_counted_over_the_rows_they_name(sources, tables):
    held_back = [
        row for row in reasons(tables["set_aside"], tables["documents"]) if row["set_aside_status"] == "held_back"
    ]
    rows = by_reason(held_back, sources)
    assert [(r["reason_key"], r["line_count"], r["document_count"], r["net_amount"]) for r in rows] == [
        ("no_date", 2, 0, D("50.00")),
        ("not_well_formed", 0, 1, D("0.00")),
    ]
    assert (rows[0]["source_name"], rows[0]["source_row"]) == ("posteringer.csv", 7)
    assert (rows[1]["source_name"], rows[1]["source_row"]) == ("itu.xml", None)
    assert rows[0]["remedy_name_da"].startswith("Bed økonomiafdelingen")


def test_a_ledger_file_that_could_not_be_read_is_one_held_back(sources):
    refused = {"source_name": "x.csv", "source_hash": "h-x", "document_type": "posting", "document_status": "held_back"}
    controls = [refused | {"line_count": None, "document_reason": "x.csv is not a text file"}]
    (row,) = reasons(delivered.tables(aside=[])["set_aside"], delivered.tables(controls=controls)["documents"])
    assert (row["reason_key"], row["document_count"], row["line_count"]) == ("not_text", 1, 0)


def test_files_that_were_left_alone_are_named_once():
    assert names_not_read([*delivered.loads(), *delivered.loads(), {"sources": []}]) == ["logo.png"]


# --- checks that can fail -------------------------------------------------------------------------------------------


def failed(sources, counted, controls):
    return [check.name for check in account_checks(sources, counted, controls) if not check.passed]


def test_what_is_stored_agrees_with_what_the_import_wrote_down(sources, counted, controls):
    checks = account_checks(sources, counted, controls)
    assert [check.passed for check in checks] == [True, True, True]
    assert checks[0].detail == "2 compared"


@pytest.mark.parametrize(("part", "unit"), [("taken", "lines"), ("held_back", "amount"), ("duplicate", "net_amount")])
def test_a_part_that_was_written_down_wrongly_is_found(sources, counted, controls, part, unit):
    written = sources[delivered.LEDGER]["by_currency"]["DKK"]
    written[part] = {**written[part], unit: 1}
    assert failed(sources, counted, controls) == ["taken in, held back and duplicates are as the import said"]


def test_a_krone_lost_after_reading_is_found(sources, controls):
    short = delivered.tables(
        taken=[{**row, "net": "299.99"} if row["net"] == "300.00" else row for row in delivered.lines_taken()]
    )
    checks = account_checks(sources, recount(short["lines"], short["set_aside"]), controls)
    assert [check.passed for check in checks] == [False, False, True]
    assert checks[0].detail == "1 of 2 differ, first posteringer.csv DKK"


def test_a_line_lost_or_a_file_not_written_down_is_found(sources, controls, counted):
    fewer = delivered.tables(taken=delivered.lines_taken()[:-1])
    assert len(failed(sources, recount(fewer["lines"], fewer["set_aside"]), controls)) == 3
    del sources[delivered.INVOICE]
    assert len(failed(sources, counted, controls)) == 2
