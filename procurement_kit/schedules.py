"""Which line makes a computer do the quarterly run by itself?

One line for cron and one command for the Windows Task Scheduler, with the program, the data folder and the municipality
quoted for each. The run makes the report of the last full quarter; new files are imported by a person before it.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from procurement_kit import store
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome

LAST_QUARTER = "last-quarter"
DAY, HOUR = 15, 6  # the books of a quarter are closed by then
MONTHS = {1: "JAN", 4: "APR", 7: "JUL", 10: "OCT"}
LONGEST_TASK = 261  # characters schtasks takes as /TR


def quarterly_run(name: str = "", *, data: Path | None = None, program: Sequence[str] = ()) -> Outcome:
    """The lines that make the report of each quarter, in the middle of the month after it.

    Parameters
    ----------
    name : str
        Folder name of the municipality; every one there is when empty.
    data : Path, optional
        Folder of the municipality folders; by default the one in use.
    program : sequence of str
        How the program is started; by default as it was now.

    Raises
    ------
    MunicipalityNotFoundError
        If there is no such municipality.
    ParameterError
        If the command is longer than the Task Scheduler takes.
    """
    if name:
        store.open_municipality(name)
    folder = data or store.data_folder()
    command = [
        *(program or (sys.executable, "-m", "procurement_kit")),
        "report",
        name or "--all",
        *("--period", LAST_QUARTER, "--data", str(folder)),
    ]
    lines = {"cron": cron_line(command), "windows": task_command(command, name or "all")}
    sentences = (
        f"At {HOUR}:00 on the {DAY}th of January, April, July and October. With cron, as a line of crontab -e:",
        lines["cron"],
        "With the Windows Task Scheduler, in a command prompt:",
        lines["windows"],
        "Import the quarter's files before that day; what is unchanged is skipped.",
    )
    return Outcome({**lines, "command": command}, sentences)


def cron_line(command: Sequence[str]) -> str:
    r"""A line for crontab: quoted for the shell, and with % escaped, which cron takes for a line end.

    Examples
    --------
    >>> cron_line(["python", "/data/Ny mappe/50%"])
    "0 6 15 1,4,7,10 * python '/data/Ny mappe/50\\%'"
    """
    months = ",".join(str(month) for month in MONTHS)
    return f"0 {HOUR} {DAY} {months} * {shlex.join(command)}".replace("%", r"\%")


def task_command(command: Sequence[str], name: str) -> str:
    r"""A command that makes the task on Windows, the command to run quoted within it.

    Raises
    ------
    ParameterError
        If it is longer than the Task Scheduler takes.

    Examples
    --------
    >>> task_command(["python.exe", "C:\\Ny mappe"], "øby").split("/TR ")[1].split(" /SC")[0]
    '"python.exe \\"C:\\Ny mappe\\""'
    """
    run = subprocess.list2cmdline(command)
    if len(run) > LONGEST_TASK:
        raise ParameterError(
            f"The command has {len(run)} characters; the Task Scheduler takes {LONGEST_TASK}.",
            expected="shorter paths",
            todo="put the data folder or the program in a folder with a shorter path",
        )
    made = ["schtasks", "/Create", "/TN", f"procurement-kit {name}", "/TR", run]
    when = ["/SC", "MONTHLY", "/M", ",".join(MONTHS.values()), "/D", str(DAY), "/ST", f"{HOUR:02d}:00"]
    return subprocess.list2cmdline([*made, *when])


def period_of(text: str, today: date) -> str:
    """A period as it was written, with `last-quarter` as the last full quarter before a day.

    Examples
    --------
    >>> period_of("last-quarter", date(2026, 1, 15)), period_of("2025", date(2026, 1, 15))
    ('2025Q4', '2025')
    """
    if text != LAST_QUARTER:
        return text
    quarter = (today.month - 1) // 3
    return f"{today.year}Q{quarter}" if quarter else f"{today.year - 1}Q4"
