"""How long do import, classification and report take on a real council's 173,105 lines?

Run `uv run pytest tests/benchmarks -n 0 --benchmark-only`. Each figure stands beside a named peer in the same run, since the
machine is noisy: pandas reading the same file, and scikit-learn's TF-IDF with linear regression on every line.
"""

import os

import pytest

SECONDS = {"import": 15, "classify": 20, "report": 20}


@pytest.fixture(scope="module")
def council(shared_data, tmp_path_factory):
    from procurement_kit.store import create_municipality

    home = tmp_path_factory.mktemp("speed")
    before = {name: os.environ.get(name) for name in ("PROCUREMENT_DATA", "PROCUREMENT_KEYS")}
    os.environ.update(PROCUREMENT_DATA=str(home / "data"), PROCUREMENT_KEYS=str(home / "keys"))
    create_municipality("council", currency="GBP", language="en")
    yield "council"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def once(benchmark, function, *arguments, **options):
    return benchmark.pedantic(function, arguments, options, rounds=1, iterations=1)


def test_peer_pandas_reads_the_file(benchmark, shared_data):
    import pandas as pd

    table = once(benchmark, pd.read_csv, shared_data / "wakefield" / "lines.csv.gz", dtype="string")
    assert len(table) == 173_105


def test_import(benchmark, council, shared_data):
    from procurement_kit import deliveries

    lines = shared_data / "wakefield" / "lines.csv.gz"
    outcome = once(benchmark, deliveries.import_into, council, [lines], profiles=["council_spend"])
    assert outcome.facts["lines_read"] == 173_105
    assert benchmark.stats["max"] < SECONDS["import"]


def test_training(benchmark, council):
    from procurement_kit import learning

    learning.make_tree(council, lambda spellings: True)
    once(benchmark, learning.train, council, until="2017-12-31")


def test_classification(benchmark, council):
    from procurement_kit import workbench

    outcome = once(benchmark, workbench.classify, council)
    assert outcome.facts["lines_classified"] > 0
    assert benchmark.stats["max"] < SECONDS["classify"]


def test_report(benchmark, council):
    from procurement_kit import workbench

    outcome = once(benchmark, workbench.make_report, council, "2018")
    assert outcome.facts["paths"]["report.html"]
    assert benchmark.stats["max"] < SECONDS["report"]


def test_peer_papermill_alone_runs_as_many_empty_cells(benchmark, tmp_path):
    """What a kernel's start and the cells' round trips take of a report's time."""
    import nbformat
    import papermill

    from procurement_kit.publishing.recipes import notebook_path

    notebook = nbformat.read(notebook_path("20_municipal_report"), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, cell.outputs = "pass", []
    nbformat.write(notebook, tmp_path / "empty.ipynb")
    paths = [str(tmp_path / name) for name in ("empty.ipynb", "run.ipynb")]
    once(benchmark, papermill.execute_notebook, *paths, progress_bar=False)
    assert benchmark.stats["max"] < SECONDS["report"] / 2
