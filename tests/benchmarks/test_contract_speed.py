"""How long does it take to hold ten million lines against 5,000 contracts?

Run `uv run pytest tests/benchmarks/test_contract_speed.py -n 0 --benchmark-only`. Beside it the same lines are only read
and counted, so that the machine's own speed is seen; `LINES` in the environment measures on fewer.
"""

import os
import random
from datetime import date, timedelta

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.steps.contracts import (
    CELL_TYPES,
    LIST_TYPES,
    SUPPLIER_CELL_TYPES,
    ContractRegister,
    add_contracts,
    contract_cells,
    contract_terms,
    list_lookup,
)
from tests.benchmarks.cube_of_lines import MUNICIPALITIES, read_written, supplier_count, write_cube

LINES = int(os.environ.get("LINES", "10000000"))
CONTRACT_COUNT, SECONDS = 5_000, 30
SEED = 5


def register_of(count: int) -> ContractRegister:
    draw = random.Random(SEED)
    codes = [code for code in standard_tree().codes if len(code) == 4]
    rows, items = [], []
    for number in range(count):
        first = date(2023, 1, 1) + timedelta(days=draw.randrange(900))
        supplier = draw.randrange(supplier_count(LINES) // 10)
        row = {
            "contract_number": f"K-{number:05d}",
            "contract_title": f"Aftale {number}",
            "category_codes": " ".join(draw.sample(codes, draw.choice((1, 1, 2)))),
            "supplier_number": str(100_000 + supplier).zfill(8),
            "supplier_name": f"Firma {supplier}",
            "participant_names": draw.choice((*MUNICIPALITIES, " ".join(MUNICIPALITIES))),
            "valid_from_date": first,
            "valid_to_date": first + timedelta(days=draw.randrange(365, 1460)),
            "is_binding": draw.random() < 0.8,
        }
        rows.append(dict.fromkeys(CONTRACTS.names) | row)
        if draw.random() < 0.2:
            price = {"contract_number": row["contract_number"], "unit_code": "EA", "valid_from_date": None}
            items += [{**price, "item_number": f"{supplier}-{n}", "agreed_price_amount": 500} for n in range(20)]
    return ContractRegister(tuple(rows), items=tuple(items))


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return read_written(write_cube(tmp_path_factory.mktemp("lines"), LINES, SEED))


@pytest.fixture(scope="module")
def groups():
    return [
        {"supplier_key": f"n:{100_000 + s:08d}", "supplier_group_key": f"g:{s // 20}", "from_date": date(1900, 1, 1),
         "to_date": date(2999, 12, 31)} for s in range(0, supplier_count(LINES), 5)
    ]  # fmt: skip


def counted(lines) -> int:
    found = lines.group_by("contract_status", "item_check").aggregate(lines=lines.count(), net=lines.net_amount.sum())
    return sum(found.to_pyarrow()["lines"].to_pylist())


def once(benchmark, function, *arguments):
    return benchmark.pedantic(function, arguments, rounds=1, iterations=1)


def test_peer_only_reads_and_counts(benchmark, lines):
    assert once(benchmark, counted, lines) == LINES


def test_matching(benchmark, lines, groups, tmp_path):
    register = register_of(CONTRACT_COUNT)

    def match() -> int:
        import pyarrow.parquet as pq

        terms = contract_terms(register, MUNICIPALITIES[0], {}, groups)
        cells, supplier_cells = contract_cells(terms, standard_tree())
        tables = {"cells": (cells, CELL_TYPES), "suppliers": (supplier_cells, SUPPLIER_CELL_TYPES)}
        tables["items"] = list_lookup(register.items, supplier_cells), LIST_TYPES
        engine = lines.get_backend()
        lookups = []
        for name, (table, types) in tables.items():
            assert set(table.schema.names) == set(types)
            pq.write_table(table, tmp_path / f"{name}.parquet")
            lookups.append(engine.read_parquet(str(tmp_path / f"{name}.parquet")))
        return counted(add_contracts(lines, *lookups))

    assert once(benchmark, match) == LINES
    if LINES >= 10_000_000:
        assert benchmark.stats["max"] < SECONDS
