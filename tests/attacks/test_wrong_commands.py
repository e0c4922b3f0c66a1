"""What does each command answer when it is used wrongly? A clear error, its exit code, and nothing half-written."""

import inspect
import json
import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from procurement_kit.__main__ import app

COMMANDS = (
    "demo", "init", "templates", "doctor", "serve", "import", "duplicates", "request", "questions", "decisions", "close",
    "tree", "train", "compare", "adopt", "rules", "classify", "evaluate", "review", "audit", "labellers", "explain",
    "contracts", "match-suppliers", "suppliers", "report", "trace", "schedule", "diff", "new-community", "kpis", "market",
    "tenders", "recipe",
)  # fmt: skip
GROUPS = {"recipe": ("check",)}
PROFILE = """
name = "poster"
version = "1"
vat_basis = "ex"
sign = "positive_is_spend"
[format]
date_formats = ["dd-mm-yyyy"]
[columns]
document_amount = "Beløb"
document_currency = "Valuta"
invoice_date = "Bilagsdato"
supplier_name = "Leverandør"
supplier_number = "CVR-nummer"
line_text = "Tekst"
"""


@pytest.fixture
def command(data_home):
    def run(*words: str) -> subprocess.CompletedProcess:
        arguments = [sys.executable, "-m", "procurement_kit", *words]
        return subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ), cwd=data_home)

    return run


def files_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != ".lock")


def test_a_report_for_an_unknown_municipality(command, municipality):
    done = command("report", "prøvebj", "2025")
    assert done.returncode == 15
    assert "Did you mean «prøveby»" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (None, "none.csv", 10),
        (b"", "empty.csv", 11),
        (b"a;b\n1;2\n", "columns.csv", 12),
        (b"\x00\x01", "binary.csv", 11),
    ],
)
def test_files_that_cannot_be_imported(command, municipality, tmp_path, content, name, code):
    before = files_in(municipality.folder)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = command("import", "prøveby", str(tmp_path / name), "--profile", "ledger_dk")
    assert done.returncode == code, done.stderr
    assert name in done.stderr and "Traceback" not in done.stderr
    assert files_in(municipality.folder) == before


def test_a_profile_that_does_not_exist(command, municipality, tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    done = command("import", "prøveby", str(tmp_path / "a.csv"), "--profile", "ledger_dkk")
    assert done.returncode in (10, 14)
    assert "ledger_dk" in done.stderr


def test_a_category_tree_with_wrong_headings(command, municipality):
    (municipality.folder / "category_tree.csv").write_text("Kod;Navvn\n01;Mad\n", encoding="utf-8")
    done = command("tree", "prøveby")
    assert done.returncode == 12
    assert "category_code is missing" in done.stderr


@pytest.mark.parametrize("period", ["2025Q5", "last-year", "2025..2024"])
def test_a_period_that_is_none(command, municipality, period):
    assert command("report", "prøveby", period).returncode == 14


def test_training_classifying_and_reporting_without_lines(command, municipality):
    for words in (("train", "prøveby"), ("classify", "prøveby"), ("report", "prøveby", "2025")):
        done = command(*words)
        assert done.returncode == 16, (words, done.stderr)
        assert "procurement-kit import" in done.stderr
    assert not list((municipality.folder / "reports").iterdir())


def test_a_damaged_settings_file(command, municipality):
    (municipality.folder / "municipality.toml").write_text("title = \n")
    assert command("classify", "prøveby").returncode == 13


def test_a_name_that_would_leave_the_data_folder(command):
    assert command("init", "../evil").returncode == 14


def test_an_unknown_command_or_option_is_a_usage_error(command):
    assert command("imprt").returncode == 2
    assert command("report", "x", "2025", "--recipi", "y").returncode == 2


def test_json_is_one_object_and_nothing_else(command, municipality):
    done = command("doctor", "--json")
    assert json.loads(done.stdout)["municipalities"] == ["prøveby"]
    assert command("init", "nyby", "--json").stdout.count("\n") == 1


def test_every_command_is_listed_and_has_help_with_an_example(command):
    listed = command("--help").stdout
    assert re.findall(r"^  ([a-z][a-z-]+)  ", listed, flags=re.MULTILINE) == list(COMMANDS)
    help_of = CliRunner()
    for name in COMMANDS:
        for words in [(name, under) for under in GROUPS.get(name, ())] or [(name,)]:
            said = help_of.invoke(app, [*words, "--help"]).stdout
            assert f"Example: procurement-kit {' '.join(words)}" in said, name


def test_no_parameter_of_a_command_hides_what_all_commands_share():
    """An option named as the function that prints the answer would be called in its stead."""
    from typer.main import get_command

    commands = get_command(app).commands
    assert list(commands) == list(COMMANDS)
    under = {f"{name} {part}": commands[name].commands[part] for name, parts in GROUPS.items() for part in parts}
    alone = {name: found for name, found in commands.items() if name not in GROUPS}
    functions = {name: inspect.unwrap(found.callback) for name, found in (alone | under).items()}
    for name, function in functions.items():
        room = inspect.getmodule(function)
        assert room.__name__.startswith("procurement_kit.commands."), name
        hidden = set(inspect.signature(function).parameters) & set(vars(room))
        assert not hidden, f"{name}: {hidden} hide what stands in {room.__name__}"


def test_an_import_answers_in_json_and_in_words(command, municipality, tmp_path):
    headings = "Bilagsdato;Leverandør;CVR-nummer;Tekst;Beløb;Valuta"
    text = f"{headings}\n03-02-2025;Ærø Kontor;99999993;Kopipapir;1.234,50;DKK\n"
    (tmp_path / "poster.csv").write_text(text, encoding="utf-8")
    (tmp_path / "poster.toml").write_text(PROFILE, encoding="utf-8")
    words = ("import", "prøveby", str(tmp_path / "poster.csv"), "--profile", str(tmp_path / "poster.toml"))
    done = command(*words, "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    assert "poster.csv" in json.dumps(json.loads(done.stdout))
    again = command(*words)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("1 file was read before: unchanged, skipped.\nposter.csv: read 1")
