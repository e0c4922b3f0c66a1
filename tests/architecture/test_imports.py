"""Which way do imports go, what do they cost, and which names are public?"""

import importlib
import subprocess
import sys

import procurement_kit

HEAVY = ("pandas", "ibis", "sklearn", "matplotlib", "papermill", "pyarrow", "duckdb", "lxml")


def test_rooms_stand_in_the_order_of_the_datas_way(project):
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run([*command, "--no-cache"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "1 kept, 0 broken" in done.stdout


def test_importing_the_package_is_cheap_and_loads_nothing_heavy():
    code = (
        "import sys, time; start = time.perf_counter(); import procurement_kit as pk; "
        "took = time.perf_counter() - start; loaded = [m for m in %r if m in sys.modules]; print(took, loaded)"
        % (HEAVY,)
    )
    took, loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split(" ", 1)
    assert float(took) < 0.3
    assert loaded.strip() == "[]"


def test_the_command_line_shows_its_help_without_loading_anything_heavy():
    code = (
        "import sys; sys.argv = ['x', '--help']\ntry:\n    from procurement_kit.__main__ import app; app()\nexcept SystemExit:\n    pass\nprint([m for m in %r if m in sys.modules])"
        % (HEAVY,)
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_every_public_name_resolves_and_is_documented():
    assert 20 <= len(procurement_kit.__all__) <= 100
    for name in procurement_kit.__all__:
        thing = getattr(procurement_kit, name)
        assert (thing.__doc__ or "").strip(), f"{name} has no docstring"
        assert thing.__module__ == f"procurement_kit.{procurement_kit._PUBLIC[name]}", (
            f"{name} is listed under another module"
        )
        assert importlib.import_module(thing.__module__)


def test_a_misspelt_public_name_is_answered_with_the_nearest():
    try:
        procurement_kit.analyse_spent  # noqa: B018
    except AttributeError as error:
        assert "analyse_spend" in str(error)
    else:
        raise AssertionError("a name that is not public was found")
