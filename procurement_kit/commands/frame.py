"""What do all commands share?

The application, the options every command has, and how an answer is printed: in words, or with `--json` as one JSON
object on standard output and nothing else.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from procurement_kit.findings import Outcome

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Folder name of the municipality, for instance rudersdal.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
Data = Annotated[
    Optional[Path],  # noqa: UP045  typer reads this form
    typer.Option("--data", help="Folder that holds the municipality folders; by default PROCUREMENT_DATA or ./data."),
]


def prepare(data: Path | None, as_json: bool) -> None:
    """Take the options every command has: where the data lie, and whether progress would disturb the answer."""
    if data:
        os.environ["PROCUREMENT_DATA"] = str(data.expanduser().resolve())
    if as_json:
        os.environ["TQDM_DISABLE"] = "1"


def answer(outcome: "Outcome", as_json: bool) -> None:
    """Print an answer in words, or as JSON."""
    text = json.dumps(outcome.facts, ensure_ascii=False, default=str) if as_json else "\n".join(outcome.sentences)
    sys.stdout.write(f"{text}\n")
