"""How long do the supplier analyses take on one and on ten million lines, and how much memory?

Run `uv run pytest tests/benchmarks/test_supplier_analyses_speed.py -n 0 --benchmark-only`. Two threads; each under 30 s on
ten million lines, in at most 4 GB, and no slower than linear growth allows.
"""

import pytest

from procurement_kit.analyses.concentration import analyse_concentration
from procurement_kit.analyses.consolidation import estimate_consolidation
from procurement_kit.analyses.levers import Lever
from procurement_kit.analyses.overlap import analyse_overlap
from procurement_kit.analyses.small_purchases import analyse_small_purchases
from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.classifier.tree import standard_tree
from tests.benchmarks.measured_analyses import require_fast

TREE = standard_tree()
LEVERS = [Lever.of(code, keep=5, price=("0.01", "0.02"), price_source="skøn") for code in ("1801", "18", "11")]
ANALYSES = {
    "tail": lambda cube: analyse_tail(cube, period="2025", tree=TREE),
    "small_purchases": lambda cube: analyse_small_purchases(cube, period="2025", tree=TREE),
    "supplier_changes": lambda cube: analyse_supplier_changes(cube, period="2025"),
    "concentration": lambda cube: analyse_concentration(cube, period="2025", tree=TREE),
    "overlap of municipalities": lambda cube: analyse_overlap(cube, period="2025", tree=TREE),
    "overlap of units": lambda cube: analyse_overlap(cube, period="2025", between="unit", tree=TREE),
    "consolidation": lambda cube: estimate_consolidation(cube, period="2025", scenario=LEVERS, tree=TREE),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_ten_million_lines(benchmark, cube_folders, name):
    require_fast(benchmark, __name__, name, cube_folders)
