"""A municipality whose lines have been imported, without the import: lines are written where a load puts them."""

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from procurement_kit import folders, store
from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES, LOOKUP_NAME
from procurement_kit.tables import INVOICE_LINES
from tests.conftest import complete_lines

LINES = (
    {
        "supplier_number": "11111112",
        "supplier_name": "Papirhuset A/S",
        "item_name": "Kopipapir ÆØÅ",
        "art_code": "29",
        "main_art_code": "2",
        "buyer_unit_number": "4711",
        "net": "100.00",
    },
    {
        "supplier_number": "22222223",
        "supplier_name": "Arkfirmaet",
        "item_name": "Kopipapir ÆØÅ",
        "art_code": "29",
        "net": "40.00",
    },
    {"supplier_name": "PAPIRHUSET", "item_name": "Kopipapir ÆØÅ", "art_code": "29", "net": "-10.00"},
    {"supplier_name": "Aalborg Kommune", "art_code": "47", "net": "500.00"},
    {"supplier_name": "Fremmed AB", "document_currency": "SEK", "net_amount": None, "document_net_amount": Decimal(70)},
)  # fmt: skip
REGISTER = (
    "Aftalenummer;Titel;Kategorier;CVR-nummer;Leverandør;Gælder fra;Gælder til\n"
    "K-1;Papir;1801;11111112;Papirhuset;01-01-2024;31-12-2026\n"
    "K-2;Papir;1801;99999991;Ingen Linjer;01-01-2024;31-12-2026\n"
)
UNITS = "Omkostningssted;Enhed;Center;Forvaltning\n4711;Skolevangen;Skolecenter;Børn og Unge\n"


def import_lines(municipality, key: str, rows) -> None:
    """Write lines as one load."""
    schema = store.arrow_schema(INVOICE_LINES.schema("intake"))
    lines = [{name: line.get(name) for name in schema.names} for line in complete_lines(list(rows))]
    with store.new_load(municipality, key) as folder:
        with store.parquet_parts(folder / "lines", schema) as write:
            write(pa.Table.from_pylist(lines, schema=schema))
        folders.write_text(folder / "load.json", json.dumps({"load_key": key, "lines": len(lines), "sources": []}))


def classify(municipality, *rows: dict) -> None:
    """Write the lookup the classify command would have made."""
    schema = store.arrow_schema(CATEGORY_LOOKUP_TYPES)
    known = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
    store.write_lookup(municipality, LOOKUP_NAME, CATEGORY_LOOKUP_TYPES, [known])


@pytest.fixture
def imported(municipality):
    """Five lines, one unit, two contracts; paper of two suppliers is categorised."""
    import_lines(municipality, "first", LINES)
    (municipality.folder / "contracts.csv").write_text(REGISTER, "utf-8")
    (municipality.folder / "units.csv").write_text(UNITS, "utf-8")
    paper = {
        "item_name": "Kopipapir ÆØÅ",
        "category_code": "1801",
        "category_source": "rule",
        "category_1_code": "18",
        "category_2_code": "1801",
    }
    classify(
        municipality,
        {**paper, "supplier_number": "11111112", "supplier_name": "Papirhuset A/S", "unit_name": "Skolevangen"},
        {**paper, "supplier_number": "22222223", "supplier_name": "Arkfirmaet"},
        {**paper, "supplier_name": "PAPIRHUSET"},
    )
    return municipality


NEXT_YEAR = date(2026, 1, 15)
