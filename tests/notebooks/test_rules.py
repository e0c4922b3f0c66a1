"""Are the notebooks thin: parameters, a call, a figure, prose?"""

import ast
import re

import nbformat
import pytest

import procurement_kit

NOTEBOOKS = (
    "00_start.ipynb", "01_intake_check.ipynb", "03_supplier_tail.ipynb", "04_classifier.ipynb", "05_review.ipynb",
    "06_compliance.ipynb",
    "07_kpis.ipynb", "08_category_fact_pack.ipynb", "09_tenders.ipynb", "10_prices.ipynb", "20_municipal_report.ipynb",
    "21_community_report.ipynb", "90_figures.ipynb",
)  # fmt: skip
PARAMETERS = 'municipality: str = "demo"\nperiod: str = "2025"'
OF_COMMUNITY = 'community: str = "faelleskoeb"\nperiod: str = "2025"'
NOT_THIN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.With, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp,
)  # fmt: skip
READING = ("**Hvad viser den?**", "**Hvordan læses den?**", "**Hvad gør du?**")


def notebooks(project):
    return {path.name: nbformat.read(path, as_version=4) for path in sorted((project / "notebooks").glob("*.ipynb"))}


@pytest.fixture(params=NOTEBOOKS)
def notebook(project, request):
    return notebooks(project)[request.param]


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def code_lines(source):
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_every_notebook_is_tested_and_numbered(project):
    found = notebooks(project)
    assert sorted(found) == sorted(NOTEBOOKS)
    assert all(re.fullmatch(r"\d\d_[a-z_]+\.ipynb", name) for name in found)


def test_the_parameter_cell_is_the_same_everywhere(notebook):
    tagged = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0].startswith((PARAMETERS, OF_COMMUNITY))


def test_nothing_is_defined_or_decided(notebook):
    for source in code_of(notebook):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, NOT_THIN), source


def test_only_the_product_is_imported(notebook):
    imports = [
        node
        for source in code_of(notebook)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert [ast.unparse(node) for node in imports] == ["import procurement_kit as pk"]


def test_only_public_names_are_used(notebook):
    for source in code_of(notebook):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pk":
                assert node.attr in procurement_kit.__all__, node.attr


def test_cells_and_notebooks_are_short(notebook):
    counts = [len(code_lines(source)) for source in code_of(notebook)]
    assert max(counts) <= 8
    assert sum(counts) <= 60


def test_there_is_one_title_and_headings_come_in_order(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert set(levels) <= {1, 2, 3}


def test_each_figure_is_followed_by_how_to_read_it(notebook):
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type == "code" and "pk.draw_" in cell.source:
            assert after is not None
            assert all(mark in after.source for mark in READING), cell.source


def test_no_outputs_are_stored_and_identities_are_stable(notebook):
    for place, cell in enumerate(notebook.cells, start=1):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert cell["id"] == f"cell-{place:02d}"


def test_notebooks_run_on_the_interpreter_that_runs_them(notebook):
    assert notebook.metadata.kernelspec.name == "python3"
