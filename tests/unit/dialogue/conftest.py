"""A municipality whose lines are written straight into an import, and a person who fills in a workbook."""

import json

import openpyxl
import pyarrow as pa
import pytest

from procurement_kit import folders, store


def _written(folder, name, rows):
    schema = store.arrow_schema(store.LOAD_DATASETS[name])
    filled = [{column: row.get(column) for column in schema.names} for row in rows]
    with store.parquet_parts(folder / name, schema) as write:
        write(pa.Table.from_pylist(filled, schema=schema))


@pytest.fixture
def loaded(municipality, completed):
    """Let a municipality have imported these lines, set these aside, and have these control rows."""

    def load(*lines, set_aside=(), documents=(), sources=()):
        with store.new_load(municipality, "0001-test") as folder:
            _written(folder, "lines", completed(list(lines)))
            if set_aside:
                _written(folder, "set_aside", completed(list(set_aside)))
            if documents:
                _written(folder, "documents", documents)
            content = {"load_key": "0001-test", "replaces": [], "sources": list(sources)}
            folders.write_text(folder / "load.json", json.dumps(content))
        return municipality

    return load


@pytest.fixture
def completed():
    """Fill lines with defaults; each has a source of its own name unless it says so."""
    from datetime import date
    from decimal import Decimal

    defaults = {
        "municipality_name": "prøveby", "source_kind": "ledger", "source_name": "udtræk.csv", "source_hash": "f" * 64,
        "format_name": "ledger_dk 1", "vat_basis": "ex", "document_type": "posting", "document_currency": "DKK",
        "invoice_date": date(2025, 3, 1), "supplier_kind": "company", "supplier_number": "00100001",
        "supplier_name": "Eksempel Kontor A/S", "buyer_unit_name": "Skolevangen", "art_code": "29", "is_copy": False,
        "is_free_of_charge": False, "privacy_level": 0, "privacy_hit_count": 0, "line_text": "Kopipapir",
        "exchange_rate": Decimal(1),
    }  # fmt: skip

    def complete(rows):
        lines = []
        for number, row in enumerate(rows, start=1):
            line = {**defaults, "line_id": f"L{number:04d}", "document_id": f"D{number:04d}", **row}
            amount = line.pop("net", None)
            if amount is not None:
                line |= {name: Decimal(amount) for name in ("net_amount", "document_amount", "document_net_amount")}
            line.setdefault("main_art_code", (line["art_code"] or "")[:1] or None)
            lines.append(line)
        return lines

    return complete


@pytest.fixture
def fill_in():
    """Fill in answers as a person does in Excel: question_id → (answer, function, date, remark)."""

    def fill(path, answers, target=None):
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(min_row=2):
            for cell, value in zip(row[7:11], answers.get(row[0].value, ()), strict=False):
                cell.value = value
        book.save(target or path)
        return target or path

    return fill
