"""What do all commands share?

The application, the options every command has, and how an answer is printed: in words, or with `--json` as one JSON
object on standard output and nothing else. Commands that are named in words work as they stand: with the data folder
the user gave. Whoever stops a command is told in one sentence what happens next time.
"""

import json
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from procurement_kit.findings import Outcome

STOPPED_EXIT_CODE = 130  # 128 and the number of the signal
STOPPED = {
    "import": "Stopped: what has been read is kept, and the same import goes on from there next time.",
    "classify": "Stopped: what has been classified is kept, and the same command goes on from there next time.",
    "train": "Stopped: the classifier in use is unchanged, and training begins anew next time.",
    "evaluate": "Stopped: nothing of a measurement is stored, and it begins anew next time.",
    "review": "Stopped: decisions already taken in are kept, and the same command begins anew next time.",
}
STOPPED_OTHERWISE = "Stopped: nothing half-written is left, and the same command begins anew next time."
_given: dict[str, str] = {}  # the data folder of the command that runs, as the user wrote it


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Folder name of the municipality, for instance rudersdal.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
Data = Annotated[
    Optional[Path],  # noqa: UP045  typer reads this form
    typer.Option("--data", help="Folder that holds the municipality folders; by default PROCUREMENT_DATA or ./data."),
]


def prepare(data: Path | None, as_json: bool) -> None:
    """Take the options every command has: where the data lie, and whether progress would disturb the answer."""
    _given.clear()
    if data:
        _given["data"] = str(data)
        os.environ["PROCUREMENT_DATA"] = str(data.expanduser().resolve())
    if as_json:
        os.environ["TQDM_DISABLE"] = "1"


def require_name(name: str) -> None:
    """Refuse a command for one municipality that does not say which.

    Raises
    ------
    typer.BadParameter
        As for any argument that is missing.
    """
    if not name:
        raise typer.BadParameter("Missing argument 'NAME'.")


def answer(outcome: "Outcome", as_json: bool) -> None:
    """Print an answer in words, or as JSON."""
    text = (
        json.dumps(outcome.facts, ensure_ascii=False, default=str)
        if as_json
        else with_data("\n".join(outcome.sentences))
    )
    sys.stdout.write(f"{text}\n")


def with_data(text: str) -> str:
    """A text whose commands name the same data folder as the one that runs, where the user named one."""
    if "data" not in _given:
        return text
    option = f" --data {shlex.quote(_given['data'])}"
    return re.sub(
        rf"procurement-kit ({'|'.join(_with_data_option())})( [\w-]+)?\b", lambda found: found[0] + option, text
    )


def _with_data_option() -> list[str]:
    """Names of the commands that take a data folder."""
    group = typer.main.get_command(app)
    return [name for name, command in group.commands.items() if any(p.name == "data" for p in command.params)]


def stopped_words(arguments: Sequence[str]) -> str:
    """What whoever stopped a command is told: what is kept, and what happens next time.

    Examples
    --------
    >>> stopped_words(["train", "rudersdal"])
    'Stopped: the classifier in use is unchanged, and training begins anew next time.'
    """
    return STOPPED.get(next(iter(arguments), ""), STOPPED_OTHERWISE)
