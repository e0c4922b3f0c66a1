"""How long do the tender analyses take on ten million lines and five thousand contracts, and how much memory?

Run `uv run pytest tests/benchmarks/test_tender_speed.py -n 0 --benchmark-only`. Two threads; each under 30 s.
"""

import resource
import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest

from procurement_kit.analyses.expiries import analyse_expiries
from procurement_kit.analyses.framework_use import analyse_framework_use
from procurement_kit.analyses.joint_tenders import find_joint_tenders
from procurement_kit.analyses.tenders import screen_tenders
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.steps.tender_inputs import read_light_ranges, read_thresholds
from procurement_kit.tender_basis import KnownContract, TenderBasis
from tests.benchmarks.cube_of_lines import MUNICIPALITIES, read_written, write_cube

SECONDS, KILOBYTES, LINES, CONTRACTS = 30, 4 * 1024**2, 10_000_000, 5_000
TREE = standard_tree()
GROUPS = [code for code in TREE.codes if len(code) == 4]
BASIS = TenderBasis(
    tuple(
        KnownContract(
            MUNICIPALITIES[n % len(MUNICIPALITIES)], f"K-{n // len(MUNICIPALITIES)}", f"Aftale {n}",
            (GROUPS[n % len(GROUPS)],), date(2024, 1, 1), date(2026, 1, 1) + timedelta(days=n % 1400),
            maximum=Decimal(10**8),
        )
        for n in range(CONTRACTS)
    ),
    read_thresholds(),
    read_light_ranges(),
    {name: name for name in MUNICIPALITIES},
)  # fmt: skip
ASKED = {"period": "2025", "tree": TREE, "basis": BASIS}
ANALYSES = {
    "screen": lambda cube: screen_tenders(cube, **ASKED),
    "framework use": lambda cube: analyse_framework_use(cube, period="2025", basis=BASIS),
    "expiries": lambda cube: analyse_expiries(cube, **ASKED),
    "joint tenders": lambda cube: find_joint_tenders(cube, **ASKED),
}


@pytest.fixture(scope="module")
def cube(tmp_path_factory):
    """Ten million lines, made once, only where benchmarks are run."""
    return read_written(write_cube(tmp_path_factory.mktemp("cube"), LINES, seed=7))


@pytest.mark.parametrize("name", ANALYSES)
def test_ten_million_lines(benchmark, request, name):
    cube = request.getfixturevalue("cube")
    finding = benchmark.pedantic(ANALYSES[name], (cube,), rounds=1, iterations=1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{name}: {benchmark.stats['max']:.1f} s, {memory // 1024} MB\n")
    assert not finding.failed_checks
    assert benchmark.stats["max"] < SECONDS
    assert memory < KILOBYTES
