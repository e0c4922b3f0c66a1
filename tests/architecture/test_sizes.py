"""Is each module, function and signature small enough to read in one go?"""

import ast
import inspect
import statistics
from pathlib import Path

import procurement_kit

DRAWERS = {"utils", "util", "helpers", "helper", "common", "core", "misc"}


def modules(project: Path) -> list[Path]:
    return sorted((project / "procurement_kit").rglob("*.py"))


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def body_lines(function: ast.FunctionDef) -> int:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(getattr(body[0], "value", None), ast.Constant):
        body = body[1:]
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_no_module_is_longer_than_400_lines(project):
    long = {p.name: n for p in modules(project) if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


def test_functions_are_short(project):
    lengths = {(p.name, f.name): body_lines(f) for p in modules(project) for f in functions(p)}
    assert not {key: n for key, n in lengths.items() if n > 40}
    assert statistics.median(lengths.values()) <= 10


def test_there_are_no_drawers(project):
    assert not [p for p in modules(project) if p.stem in DRAWERS or p.parent.name in DRAWERS]


def test_every_module_says_which_question_it_answers(project):
    for path in modules(project):
        if path.name == "__init__.py" and path.parent.name != "procurement_kit":
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert docstring, f"{path.name} has no docstring"
        assert len(docstring.splitlines()) <= 8, f"{path.name}: the docstring is longer than a question and a few lines"


def test_public_functions_take_a_table_and_at_most_four_options():
    for name in procurement_kit.__all__:
        thing = getattr(procurement_kit, name)
        if not inspect.isfunction(thing):
            continue
        parameters = inspect.signature(thing).parameters.values()
        options = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        assert len(options) <= 4, name
        assert all(p.name != "verbose" for p in parameters), name


def test_public_functions_document_every_parameter_and_return_something_annotated():
    for name in procurement_kit.__all__:
        thing = getattr(procurement_kit, name)
        if inspect.isfunction(thing):
            signature = inspect.signature(thing)
            assert signature.return_annotation is not signature.empty, name
            missing = [p for p in signature.parameters if p not in inspect.getdoc(thing)]
            assert not missing, f"{name}: {missing} not documented"


def test_tests_are_at_least_as_long_as_the_code_demands(project):
    source = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in modules(project))
    tests = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in (project / "tests").rglob("*.py"))
    tables = len((project / "procurement_kit" / "tables.py").read_text(encoding="utf-8").splitlines())
    assert tests >= 0.6 * (source - tables), f"{tests} lines of tests for {source} lines of source"
