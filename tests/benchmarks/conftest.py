"""What benchmarks of analyses share: cubes of one and of ten million lines, made once."""

import pytest

from tests.benchmarks.cube_of_lines import kept_cube
from tests.benchmarks.measured_analyses import LARGE, SMALL


@pytest.fixture(scope="session")
def cube_folders():
    """The folder of each cube by its number of lines; written only where a benchmark is run."""
    return {lines: kept_cube(lines) for lines in (SMALL, LARGE)}
