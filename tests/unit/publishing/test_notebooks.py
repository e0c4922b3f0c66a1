import json
import os

import nbformat
import pytest

from procurement_kit.errors import InputNotFoundError, MunicipalityNotFoundError, ParameterError
from procurement_kit.outgoing import texts_of
from procurement_kit.publishing import notebooks
from procurement_kit.publishing.notebooks import (
    NotebookError,
    check_parameters,
    declared_parameters,
    run_notebook,
    strip_run,
)

GOOD = {"municipality": "demo", "period": "2025"}


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook whose first cell declares the two parameters."""

    def write(*code: str, name="source.ipynb"):
        first = nbformat.v4.new_code_cell('municipality: str = "demo"\nperiod: str = "2025"')
        first.metadata["tags"] = ["parameters"]
        cells = [first, *(nbformat.v4.new_code_cell(text) for text in code)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = tmp_path / name
        path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=kernel)), encoding="utf-8")
        return path

    return write


def test_parameters_are_read_with_their_types(notebook):
    assert declared_parameters(notebook()) == {"municipality": "str", "period": "str"}


def test_unknown_parameters_and_wrong_types_are_refused_together(notebook):
    with pytest.raises(ParameterError) as caught:
        check_parameters(notebook(), {"peroid": "2025", "municipality": 7})
    assert caught.value.problems == (
        "peroid is not a parameter. Did you mean «period»?",
        "municipality is 7, expected str.",
    )


def test_a_notebook_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputNotFoundError, match="missing.ipynb"):
        run_notebook(tmp_path / "missing.ipynb", tmp_path / "out.ipynb", GOOD, cwd=tmp_path)


def test_a_run_keeps_nothing_that_differs_and_gives_the_same_bytes(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PROCUREMENT_DATA", str(tmp_path / "data"))
    shown = "print(Path.cwd(), os.environ['PROCUREMENT_DATA'], os.environ['SEEN'])"
    source = notebook(f"import os, sys\nfrom pathlib import Path\n{shown}", "sys.executable")
    folders = [tmp_path / "en mappe æøå", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        run_notebook(source, folder / "run.ipynb", {**GOOD, "period": "2024"}, cwd=folder, environment={"SEEN": "ja"})
    one, two = ((folder / "run.ipynb").read_bytes() for folder in folders)
    assert one == two
    assert "SEEN" not in os.environ
    content = json.loads(one)
    assert "papermill" not in content["metadata"]
    assert [cell["id"] for cell in content["cells"]] == ["cell-01", "cell-02", "cell-03", "cell-04"]
    assert 'period = "2024"' in "".join(content["cells"][1]["source"])
    texts = dict(texts_of(folders[0] / "run.ipynb"))
    assert texts["run.ipynb, cell 3"] == f". {tmp_path / 'data'} ja\n"
    assert sorted(path.name for path in folders[0].iterdir()) == ["run.ipynb"]


def test_an_error_the_user_can_put_right_keeps_its_kind_and_message(notebook, tmp_path, data_home):
    target = tmp_path / "out.ipynb"
    target.write_text("yesterday", encoding="utf-8")
    source = notebook("import procurement_kit as pk\npk.open_municipality('ingen')")
    with pytest.raises(MunicipalityNotFoundError, match="There is no municipality «ingen»") as caught:
        run_notebook(source, target, GOOD, cwd=tmp_path)
    assert caught.value.exit_code == 15
    assert target.read_text(encoding="utf-8") == "yesterday"
    assert sorted(path.name for path in tmp_path.glob("*.ipynb")) == ["out.ipynb", "source.ipynb"]


def test_any_other_error_names_the_cell(notebook, tmp_path):
    with pytest.raises(NotebookError, match="source.ipynb, cell 3: ZeroDivisionError"):
        run_notebook(notebook("1 / 0"), tmp_path / "out.ipynb", GOOD, cwd=tmp_path)


@pytest.fixture
def run_failing(notebook, tmp_path):
    """Run cells that must stop; the error, and the texts of the notebook that was kept elsewhere."""

    def run(*code: str):
        target, failed = tmp_path / "out.ipynb", tmp_path / "report_failed" / "out.ipynb"
        target.write_text("yesterday", encoding="utf-8")
        with pytest.raises(NotebookError) as caught:
            run_notebook(notebook(*code), target, GOOD, cwd=tmp_path, failed=failed)
        assert target.read_text(encoding="utf-8") == "yesterday"
        assert sorted(path.name for path in tmp_path.glob("*.ipynb")) == ["out.ipynb", "source.ipynb"]
        cells = nbformat.read(failed, as_version=4).cells
        assert cells[0].source.startswith("# This notebook stopped before its end.")
        assert not [cell for cell in cells if "papermill-error-cell-tag" in cell.metadata.get("tags", [])]
        return caught.value, cells

    return run


def test_a_kernel_that_is_killed_leaves_its_notebook_elsewhere(run_failing):
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    error, cells = run_failing("print('before')", kill, "print('after')")
    assert "the kernel stopped" in str(error)
    assert "procurement-kit doctor" in cells[0].source
    assert [output.text for cell in cells for output in cell.get("outputs", [])] == ["before\n"]


def test_a_cell_that_takes_too_long_leaves_its_notebook_elsewhere(run_failing, monkeypatch):
    monkeypatch.setattr(notebooks, "CELL_SECONDS", 3)
    error, cells = run_failing("import time\ntime.sleep(60)")
    assert "took more than 0.05 minutes" in str(error)
    assert "shorter period" in cells[0].source


def test_a_cell_that_fails_is_kept_with_its_error_until_a_run_ends_well(run_failing, notebook, tmp_path):
    error, cells = run_failing("1 / 0")
    assert "ZeroDivisionError" in cells[0].source
    assert any(output.output_type == "error" for cell in cells for output in cell.get("outputs", []))
    failed = tmp_path / "report_failed" / "out.ipynb"
    run_notebook(notebook("1"), tmp_path / "out.ipynb", GOOD, cwd=tmp_path, failed=failed)
    assert not failed.exists()


def test_a_delivered_notebook_has_no_warning_and_its_code_is_folded(notebook, tmp_path):
    source = notebook("import warnings\nwarnings.warn('noget internt')\nprint('fund')")
    run_notebook(source, tmp_path / "out.ipynb", GOOD, cwd=tmp_path)
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert [output.text for cell in cells for output in cell.outputs] == ["fund\n"]
    assert all(cell.metadata["jupyter"]["source_hidden"] for cell in cells)


def test_times_are_taken_out(notebook):
    path = notebook("1")
    content = nbformat.read(path, as_version=4)
    content.metadata["papermill"] = {"start_time": "2026"}
    content.cells[1].metadata.update(papermill={"duration": 1}, execution={"iopub.status.busy": "2026"})
    path.write_text(nbformat.writes(content), encoding="utf-8")
    strip_run(path, replace={})
    assert "2026" not in path.read_text(encoding="utf-8")
