"""Are the lookups of suppliers and categories unique per key?"""

from collections import Counter

import pyarrow as pa

from procurement_kit.steps import suppliers
from procurement_kit.steps.suppliers import PRINTED, distinct_suppliers, supplier_lookup


def test_each_printed_supplier_stands_once_with_its_lines(lines_of):
    lines = lines_of({"supplier_name": "A"}, {"supplier_name": "A"}, {"supplier_name": None})
    rows = distinct_suppliers(lines).to_pyarrow().to_pylist()
    assert Counter({row["supplier_name"]: row["line_count"] for row in rows}) == {"A": 2, None: 1}


def test_a_lookup_comes_in_bounded_batches(monkeypatch):
    monkeypatch.setattr(suppliers, "ROWS_PER_BATCH", 2)
    rows = [{**dict.fromkeys(PRINTED), "supplier_name": f"Firma {n}", "line_count": 1} for n in range(5)]
    batches = list(supplier_lookup(pa.Table.from_pylist(rows).to_batches(max_chunksize=3)))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]


def test_the_order_of_the_values_does_not_matter():
    rows = [
        {**dict.fromkeys(PRINTED), "supplier_name": name, "supplier_number": number, "line_count": count}
        for name, number, count in (("B", "12345678", 1), ("A", "12345678", 1), ("A", None, 3), ("Æ", "87654321", 1))
    ]

    def identities(ordered: list[dict]) -> set[tuple]:
        table = next(supplier_lookup(pa.Table.from_pylist(ordered).to_batches()))
        return {tuple(row.values()) for row in table.to_pylist()}

    assert identities(rows) == identities(rows[::-1])
