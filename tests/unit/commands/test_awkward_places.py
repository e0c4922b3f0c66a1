"""Do commands work from folders with spaces and Danish letters, on a console that is not UTF-8?"""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def place(tmp_path):
    """Run a command as a program of its own; exit code, standard output and standard error as UTF-8."""
    home = tmp_path / "Mine dokumenter æøå"
    (home / "data mappe").mkdir(parents=True)

    def run(*words: str):
        environment = {
            **os.environ,
            "PYTHONIOENCODING": "cp1252",
            "PYTHONUTF8": "0",
            "PROCUREMENT_DATA": str(home / "data mappe"),
            "PROCUREMENT_KEYS": str(home / "nøgler"),
        }
        command = [sys.executable, "-m", "procurement_kit", *words]
        ended = subprocess.run(command, capture_output=True, env=environment, cwd=home, check=False)
        return ended.returncode, ended.stdout.decode("utf-8"), ended.stderr.decode("utf-8")

    return run


def test_a_batch_runs_and_says_what_failed(place):
    code, out, err = place("init", "ærø", "--title", "Ærø → Λ kommune")
    assert (code, err) == (0, "")
    assert "Ærø → Λ kommune" in out
    code, out, err = place("report", "--all", "--period", "2025Q3", "--json")
    facts = json.loads(out)
    assert (code, err) == (22, "")
    assert [(row["municipality"], row["message"]) for row in facts["reports"]] == [
        ("ærø", "«ærø» has no invoice lines.")
    ]
    code, out, err = place("report", "--all", "--period", "2025Q3")
    assert code == 22
    assert out.splitlines()[0].split() == ["name", "period", "recipe", "status", "seconds", "memory"]
    assert "1 report: 0 made, 0 unchanged, 1 failed" in out


def test_the_schedule_and_errors_are_written_whole(place):
    place("init", "ærø")
    code, out, _ = place("schedule", "ærø", "--quarterly")
    assert code == 0
    assert "/SC MONTHLY" in out
    assert "'" in out.splitlines()[1]  # the folder's spaces are quoted
    code, out, err = place("diff", "ærø/2025", "ærø/2026")
    assert (code, out) == (10, "")
    assert "Nothing is kept of the report «2025» of «ærø»." in err


def test_what_is_asked_for_twice_or_not_at_all_is_refused(place):
    assert place("report")[0] == 2
    assert place("schedule")[0] == 2
    assert place("report", "ærø", "--all", "--period", "2025")[0] == 14
