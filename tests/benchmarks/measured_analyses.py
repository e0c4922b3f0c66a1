"""How are an analysis's time and memory on one and on ten million lines taken?

Each runs once in a process of its own, so that its peak memory is its own. Wall time is held to the limit; the CPU time
of both threads is told beside it, since on a shared machine wall time also says how busy others were.
"""

import json
import subprocess
import sys
from pathlib import Path

SMALL, LARGE = 1_000_000, 10_000_000
SECONDS, MEGABYTES, GROWTH = 30, 4096, 13
PROGRAM = """
import importlib, json, resource, sys, time
from pathlib import Path
from tests.benchmarks.cube_of_lines import read_written

module, name, folder = sys.argv[1:]
analyse = importlib.import_module(module).ANALYSES[name]
cube = read_written(Path(folder))
wall, cpu = time.perf_counter(), time.process_time()
finding = analyse(cube)
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu,
                  "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "failed": [check.name for check in finding.failed_checks]}))
"""


def measured(module: str, name: str, folder: Path) -> dict:
    """Wall and CPU seconds, peak memory and failed checks of one analysis of the module's ANALYSES."""
    command = [sys.executable, "-c", PROGRAM, module, name, str(folder)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    return json.loads(done.stdout.splitlines()[-1])


def require_fast(benchmark, module: str, name: str, folders: dict[int, Path]) -> None:
    """Measure on both sizes, tell the figures and hold them against the limits."""
    small = measured(module, name, folders[SMALL])
    large = benchmark.pedantic(measured, (module, name, folders[LARGE]), rounds=1, iterations=1)
    ratio = large["cpu"] / small["cpu"]
    benchmark.extra_info.update(small=small, large=large, ratio=ratio)
    sys.stdout.write(
        f"{name}: 1 M {small['wall']:.1f} s ({small['cpu']:.1f} CPU), 10 M {large['wall']:.1f} s "
        f"({large['cpu']:.1f} CPU), ratio {ratio:.1f}, {large['megabytes']:.0f} MB\n"
    )
    assert not small["failed"] + large["failed"]
    assert large["wall"] < SECONDS
    assert ratio <= GROWTH
    assert large["megabytes"] <= MEGABYTES
