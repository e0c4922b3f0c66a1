"""Do the files that describe the project agree with it?"""

import importlib.util
import re
import shutil
import subprocess

import pytest
import yaml

from procurement_kit.review.audit_tables import DRAWN
from procurement_kit.tables import TABLES
from procurement_kit.templates import TEMPLATES, template_text

TOP_LEVEL = {
    "notebooks", "procurement_kit", "data_templates", "reports", "tests", "environment.yml", "README.md", "GLOSSARY.md",
    "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".ci", ".gitignore", ".gitattributes",
}  # fmt: skip


@pytest.fixture(scope="module")
def pins(project):
    spec = importlib.util.spec_from_file_location("pins", project / ".ci" / "pins.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tracked(project) -> list[str]:
    if not (project / ".git").exists():
        pytest.skip("not a git checkout: which files are committed cannot be told")
    return subprocess.run(
        ["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_pyproject_pins_every_package_that_uv_resolves(project, pins):
    if not shutil.which("uv"):
        pytest.skip("uv is not installed: the pins cannot be compared with what it resolves")
    written = pins.written_pins((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert len(written) > 100
    assert sorted(written) == sorted(pins.exported_pins())


def test_the_build_is_pinned_too(project):
    import tomllib

    uv = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    names = {pin.split("==")[0] for pin in uv["build-constraint-dependencies"]}
    assert {"hatchling", "setuptools", "pathspec", "pluggy", "packaging", "trove-classifiers"} <= names


def test_environment_yml_is_made_of_the_same_pins(project, pins):
    written = pins.written_pins((project / "pyproject.toml").read_text(encoding="utf-8"))
    text = (project / "environment.yml").read_text(encoding="utf-8")
    assert text == pins.environment_text(written)
    pip_section = yaml.safe_load(text)["dependencies"][-1]["pip"]
    assert pip_section[-1] == "-e ."
    assert pip_section[:-1] == written


def test_prescribed_packages_are_pinned(project, pins):
    written = {
        pin.split("==")[0] for pin in pins.written_pins((project / "pyproject.toml").read_text(encoding="utf-8"))
    }
    assert {"jupyterlab", "pandas", "scikit-learn", "seaborn", "papermill", "nbval"} <= written


def test_templates_are_the_ones_the_columns_make(project):
    folder = project / "data_templates"
    for table in TEMPLATES:
        written = (folder / f"{table.name}.csv").read_bytes().decode("utf-8")
        assert written == template_text(table), f"run: procurement-kit templates data_templates ({table.name}.csv)"
        assert (folder / f"{table.name}.xlsx").is_file()


def test_the_glossary_holds_every_column(project):
    glossary = (project / "GLOSSARY.md").read_text(encoding="utf-8")
    for table in (*TABLES, *DRAWN):
        for column in table.columns:
            assert f"| `{column.name}` |" in glossary, f"{table.name}.{column.name} is not in GLOSSARY.md"


def test_the_top_level_holds_nothing_that_was_not_agreed(project):
    assert {path.split("/")[0] for path in tracked(project)} <= TOP_LEVEL


def test_reports_hold_recipes_and_the_sample_only(project):
    others = [
        p
        for p in tracked(project)
        if p.startswith("reports/") and not re.fullmatch(r"reports/([^/]+\.toml|demo/[^/]+\.(html|png))", p)
    ]
    assert not others


def test_no_committed_file_names_a_machine_path_or_a_registry(project):
    marks = re.compile(r"/(?:work|farm)/|/ro[o]t/|pypi\.org|files\.pythonhosted|registry\.npmjs")
    found = []
    for name in tracked(project):
        path = project / name
        if path.suffix in {".png", ".xlsx"} or not path.is_file() or name.startswith("tests/architecture/"):
            continue
        if marks.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(name)
    assert not found


def test_no_committed_file_holds_a_number_that_looks_like_a_persons(project):
    from procurement_kit.intake.privacy import count_person_numbers

    allowed = (
        "tests/",
        "procurement_kit/intake/privacy.py",
        "procurement_kit/personal_numbers.py",
        "procurement_kit/workshop/",
    )
    found = []
    for name in tracked(project):
        path = project / name
        if name.startswith(allowed) or path.suffix in {".png", ".xlsx"} or not path.is_file():
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [f"{name}, line {n}" for n, line in enumerate(lines, start=1) if count_person_numbers(line)]
    assert not found


def test_the_architecture_names_every_module(project):
    text = (project / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in sorted((project / "procurement_kit").rglob("*.py")):
        if path.name != "__init__.py":
            assert f"`{path.stem}`" in text, f"{path.relative_to(project)} is not in ARCHITECTURE.md"
