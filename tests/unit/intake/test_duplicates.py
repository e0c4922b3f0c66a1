"""What stands twice: documents by identity, UUID or copy mark, ledger lines by identity."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.intake import duplicates
from procurement_kit.intake.duplicates import repeated_documents, repeated_lines
from procurement_kit.tables import DOCUMENTS


def documents(*rows):
    usual = {
        "source_kind": "einvoice",
        "document_status": "taken_in",
        "supplier_number": "99999993",
        "document_number": "F-1",
        "invoice_date": date(2025, 3, 1),
        "document_currency": "DKK",
        "document_net_amount": Decimal(100),
        "is_copy": False,
    }
    filled = [
        {**usual, "source_hash": f"h{n}", "source_name": f"{n}.xml", "document_id": f"D{n}", "read_order": n, **row}
        for n, row in enumerate(rows)
    ]
    return store.table_of(filled, DOCUMENTS.schema())


def told(verdicts):
    return [(verdict.source_name, verdict.status) for verdict in verdicts]


def test_the_first_in_the_order_of_reading_counts():
    table = documents({"document_id": "D", "read_order": 7}, {"document_id": "D", "read_order": 3})
    assert told(repeated_documents(table, frozenset())) == [("0.xml", "duplicate")]


def test_what_was_taken_back_counts_and_does_not_set_others_aside():
    table = documents({"document_id": "D"}, {"document_id": "D"}, {"document_id": "D"})
    assert told(repeated_documents(table, frozenset({("D", "1.xml")})))[-1] == ("2.xml", "duplicate")
    assert ("1.xml", "duplicate") not in told(repeated_documents(table, frozenset({("D", "1.xml")})))


def test_a_copy_read_first_gives_way_to_its_original():
    table = documents({"is_copy": True, "document_net_amount": Decimal(101)}, {})
    assert told(repeated_documents(table, frozenset())) == [("0.xml", "duplicate")]


def test_a_uuid_without_its_amount_repeats_nothing():
    table = documents(
        {"document_uuid": "U", "document_number": "F-1"},
        {"document_uuid": "U", "document_number": "F-2"},
        {"document_uuid": "U", "document_number": "F-3", "document_net_amount": Decimal(1)},
    )
    assert told(repeated_documents(table, frozenset())) == [("1.xml", "duplicate")]


def test_documents_held_back_repeat_nothing():
    table = documents({"document_id": "D", "document_status": "held_back"}, {"document_id": "D"})
    assert repeated_documents(table, frozenset()) == []


FILES = [{"source_hash": name, "source_name": f"{name}.csv", "line_count": 3} for name in "ab"]


@pytest.mark.parametrize("at_once", [1, 2, 1_000_000])
def test_lines_of_a_later_file_repeat_those_of_an_earlier_one_however_many_are_compared_at_once(
    lines_of, monkeypatch, at_once
):
    monkeypatch.setattr(duplicates, "LINES_AT_ONCE", at_once)
    ids = [f"{n:02x}{'0' * 30}" for n in (0, 1, 127, 128, 254, 255)]
    rows = [{"line_id": i, "source_hash": h, "source_name": f"{h}.csv"} for h in "ab" for i in ids]
    found = [
        row for part in repeated_lines(lines_of(*rows), FILES, frozenset()) for row in part.to_pyarrow().to_pylist()
    ]
    assert sorted(row["line_id"] for row in found) == ids
    assert {(row["source_name"], row["set_aside_reason"]) for row in found} == {("b.csv", "same line as one in a.csv")}


def test_a_single_ledger_repeats_nothing_and_a_document_taken_back_counts(lines_of):
    rows = [{"line_id": "0", "document_id": "D", "source_hash": h, "source_name": f"{h}.csv"} for h in "ab"]
    assert repeated_lines(lines_of(*rows), FILES[:1], frozenset()) == []
    (part,) = repeated_lines(lines_of(*rows), FILES, frozenset({("D", "b.csv")}))
    assert part.count().to_pyarrow().as_py() == 0
