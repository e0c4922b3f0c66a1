"""Do all notebooks run on the demo municipality, and are the outputs kept in them still true?"""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.notebooks.test_rules import NOTEBOOKS

ON_THE_DEMO = [name for name in NOTEBOOKS if name != "21_community_report.ipynb"]  # run by its golden test


def test_every_notebook_is_in_the_list(project):
    assert sorted(path.name for path in (project / "notebooks").glob("*.ipynb")) == sorted(NOTEBOOKS)


@pytest.fixture(scope="module")
def said(project, demo_run, tmp_path_factory):
    """What nbval says of all notebooks, run after each other, each in a kernel of its own."""
    folder = tmp_path_factory.mktemp("nbval")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-cell-timeout", "300", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, **demo_run.environment, "PROCUREMENT_REPORT_FOLDER": str(folder / "by_hand")}
    notebooks = [str(project / "notebooks" / name) for name in ON_THE_DEMO]
    done = subprocess.run(
        [*command, "-rA", "-o", "addopts=", *notebooks], capture_output=True, text=True, env=environment, cwd=folder
    )
    return done.stdout


@pytest.mark.parametrize("name", ON_THE_DEMO)
def test_nbval_passes(said, name):
    cells = re.findall(rf"^(PASSED|FAILED|ERROR) \S*{re.escape(name)}::", said, re.MULTILINE)
    assert cells and set(cells) == {"PASSED"}, said[-4000:]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_that_is_to_be_compared_has_a_stored_output(project, name):
    cells = json.loads((project / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "nbval-check-output" in c.get("metadata", {}).get("tags", [])]
    assert all(cell["outputs"] for cell in tagged), "nbval lets a tagged cell without output pass"
