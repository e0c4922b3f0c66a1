"""How long do prices, size and place, and the Kraljic matrix take on one and on ten million lines?

Run `uv run pytest tests/benchmarks/test_price_speed.py -n 0 --benchmark-only`. Two threads; each under 30 s on ten
million lines, in at most 4 GB, and no slower than linear growth allows.
"""

import pytest

from procurement_kit.analyses.kraljic import analyse_kraljic
from procurement_kit.analyses.prices import analyse_prices
from procurement_kit.analyses.supplier_profile import analyse_supplier_profile
from procurement_kit.classifier.tree import standard_tree
from tests.benchmarks.measured_analyses import require_fast

TREE = standard_tree()
ANALYSES = {
    "prices": lambda cube: analyse_prices(cube, period="2025"),
    "prices by supplier": lambda cube: analyse_prices(cube, period="2025", by="supplier"),
    "supplier_profile": lambda cube: analyse_supplier_profile(cube, period="2025", tree=TREE),
    "kraljic": lambda cube: analyse_kraljic(cube, (), period="2025", tree=TREE),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_ten_million_lines(benchmark, cube_folders, name):
    require_fast(benchmark, __name__, name, cube_folders)
