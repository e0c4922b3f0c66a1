"""Which lines count, and which do not: tables in, tables out."""

from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.counted import SETTLED, counting_lines, documents_now, lines_aside
from procurement_kit.tables import DOCUMENTS, SET_ASIDE_LINES

KEY = {"source_hash": "h", "source_name": "a.csv"}


@pytest.fixture
def lines(lines_of):
    """Three lines of a file, of which the second has an account of its own."""
    return lines_of(
        *({**KEY, "line_id": f"L{n}", "net": f"{n}.00", "account_number": "29" if n == 2 else None} for n in (1, 2, 3))
    )


def settled(name, *rows):
    return store.table_of([{**KEY, **row} for row in rows], SETTLED[name])


def rows_of(table):
    return sorted(table.to_pyarrow().to_pylist(), key=lambda row: row["line_id"])


def test_where_nothing_is_settled_everything_that_was_read_counts(lines):
    assert counting_lines(lines, None, None) is lines


def test_a_duplicate_counts_no_longer_and_is_shown_with_its_reason(lines):
    duplicates = settled("duplicates", {"line_id": "L2", "set_aside_reason": "same line as one in b.csv"})
    assert [row["line_id"] for row in rows_of(counting_lines(lines, duplicates, None))] == ["L1", "L3"]
    (aside,) = rows_of(lines_aside(store.empty_table(SET_ASIDE_LINES.schema()), lines, duplicates))
    assert (aside["set_aside_status"], aside["set_aside_reason"]) == ("duplicate", "same line as one in b.csv")
    assert aside["net_amount"] == Decimal("2.00")


def test_the_same_line_of_another_file_is_left_alone(lines):
    duplicates = settled("duplicates", {"source_hash": "other", "line_id": "L2"})
    assert len(rows_of(counting_lines(lines, duplicates, None))) == 3


def test_what_the_ledger_says_fills_what_is_empty_and_a_suffix_tells_lines_apart(lines):
    additions = settled(
        "additions",
        {"line_id": "L1", "account_number": "30", "accounting_year": 2026},
        {"line_id": "L2", "account_number": "30"},
        {"line_id": "L3", "line_suffix": "-x"},
    )
    found = rows_of(counting_lines(lines, None, additions))
    assert [row["line_id"] for row in found] == ["L1", "L2", "L3-x"]
    assert [row["account_number"] for row in found] == ["30", "29", None]
    assert found[0]["accounting_year"] == 2026
    assert tuple(found[0]) == lines.columns


def test_a_control_row_says_what_has_become_of_its_document():
    documents = store.table_of(
        [
            {**KEY, "document_id": "D1", "document_status": "taken_in"},
            {**KEY, "document_id": None, "document_status": "held_back", "document_reason": "broken"},
        ],
        DOCUMENTS.schema(),
    )
    statuses = settled(
        "statuses", {"document_key": "D1", "document_status": "duplicate", "document_reason": "stands twice"}
    )
    found = {row["document_id"]: row for row in documents_now(documents, statuses).to_pyarrow().to_pylist()}
    assert (found["D1"]["document_status"], found["D1"]["document_reason"]) == ("duplicate", "stands twice")
    assert (found[None]["document_status"], found[None]["document_reason"]) == ("held_back", "broken")
    assert documents_now(documents, None).count().to_pyarrow().as_py() == 2
