"""Which line makes a computer do the quarterly run by itself?"""

import shlex
from datetime import date
from pathlib import Path, PureWindowsPath

import pytest

from procurement_kit.errors import MunicipalityNotFoundError, ParameterError
from procurement_kit.schedules import cron_line, period_of, quarterly_run, task_command

WINDOWS = [
    "C:\\Program Files\\Python\\python.exe",
    "-m",
    "procurement_kit",
    "report",
    "ærø",
    "--data",
    "C:\\Ny mappe æøå\\",
]


def arguments(line: str) -> list[str]:
    """What Windows gives a program for a command line: backslashes count before a quote only."""
    found, part, quoted, begun, place = [], "", False, False, 0
    while place < len(line):
        slashes = len(line[place:]) - len(line[place:].lstrip("\\"))
        if slashes and line[place + slashes : place + slashes + 1] == '"':
            part += "\\" * (slashes // 2) + ('"' if slashes % 2 else "")
            place += slashes + slashes % 2
            begun = True
            continue
        sign, place = line[place], place + 1
        if sign == '"':
            quoted, begun = not quoted, True
        elif sign == " " and not quoted:
            found, part, begun = found + [part] * (begun or bool(part)), "", False
        else:
            part += sign
    return found + [part] * (begun or bool(part))


def test_the_task_runs_the_command_it_was_made_from():
    made = arguments(task_command(WINDOWS, "ærø"))
    assert made[:4] == ["schtasks", "/Create", "/TN", "procurement-kit ærø"]
    assert made[made.index("/M") + 1] == "JAN,APR,JUL,OCT"
    assert arguments(made[made.index("/TR") + 1]) == WINDOWS
    assert PureWindowsPath(WINDOWS[-1]).name == "Ny mappe æøå"


def test_cron_runs_the_command_it_was_made_from():
    command = ["/opt/py thon", "-m", "procurement_kit", "report", "ærø", "--data", "/data/Ny mappe/it's 50%"]
    line = cron_line(command)
    assert line.startswith("0 6 15 1,4,7,10 * ")
    shell = line.split(" ", 5)[5]
    assert "%" not in shell.replace("\\%", "")
    assert shlex.split(shell.replace("\\%", "%")) == command


def test_a_command_too_long_for_windows_is_refused():
    with pytest.raises(ParameterError, match="261"):
        task_command(["x" * 300], "ærø")


def test_both_lines_name_municipality_and_folder(municipality):
    found = quarterly_run("prøveby", data=Path("/d/æ ø"), program=["procurement-kit"])
    assert found.facts["command"] == [
        "procurement-kit", "report", "prøveby", "--period", "last-quarter", "--data", "/d/æ ø",
    ]  # fmt: skip
    assert found.facts["cron"] in found.sentences
    assert found.facts["windows"] in found.sentences
    assert "--all" in quarterly_run(data=Path("/d"), program=["procurement-kit"]).facts["cron"]


def test_a_municipality_that_is_not_there_is_named(municipality):
    with pytest.raises(MunicipalityNotFoundError, match="prøveby"):
        quarterly_run("prøvby")


@pytest.mark.parametrize(
    ("day", "period"), [("2026-04-15", "2026Q1"), ("2026-01-01", "2025Q4"), ("2026-12-31", "2026Q3")]
)
def test_the_last_quarter_is_the_last_full_one(day, period):
    assert period_of("last-quarter", date.fromisoformat(day)) == period
