"""Do all notebooks run on the demo municipality, and are the outputs kept in them still true?"""

import json
import os
import subprocess
import sys

import pytest

from tests.notebooks.test_rules import NOTEBOOKS

ON_THE_DEMO = [name for name in NOTEBOOKS if name != "21_community_report.ipynb"]  # run by its golden test


def test_every_notebook_is_in_the_list(project):
    assert sorted(path.name for path in (project / "notebooks").glob("*.ipynb")) == sorted(NOTEBOOKS)


@pytest.mark.parametrize("name", ON_THE_DEMO)
def test_nbval_passes(project, demo_run, tmp_path, name):
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-cell-timeout", "300", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, **demo_run.environment, "PROCUREMENT_REPORT_FOLDER": str(tmp_path / "by_hand")}
    notebook = str(project / "notebooks" / name)
    done = subprocess.run(
        [*command, "-o", "addopts=", notebook], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_that_is_to_be_compared_has_a_stored_output(project, name):
    cells = json.loads((project / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "nbval-check-output" in c.get("metadata", {}).get("tags", [])]
    assert all(cell["outputs"] for cell in tagged), "nbval lets a tagged cell without output pass"
