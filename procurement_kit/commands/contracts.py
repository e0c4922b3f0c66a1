"""The contract register: what it holds, a published one taken in, and what it lacks."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare
from procurement_kit.errors import ParameterError


@app.command()
def contracts(
    name: Name,
    import_file: Annotated[
        Optional[Path],  # noqa: UP045  typer reads this form
        typer.Option("--import", help="A register as somebody has published it, CSV or XLSX; needs --profile."),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="How that register is read: a name in data_templates/contract_profiles, or a TOML file.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write what changes rows that are in the register.")] = False,
    propose: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--propose", help="Write proposed categories and company numbers as a workbook to confirm."),
    ] = None,
    read: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--read", help="Read that workbook back; needs --by."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who confirmed: a function such as indkøbskonsulent, never a name.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the contract register, take a published one in, or fill in what it lacks.

    Without options: contracts in force, expiring, without category or company number, overlaps, suppliers on no line.

    Example: procurement-kit contracts rudersdal --import register.csv --profile published_register
    """
    prepare(data, as_json)
    _require(import_file, propose, read, profile=profile, by=by)
    from procurement_kit import agreements

    if import_file:
        return answer(agreements.import_register(name, import_file, profile=profile, is_told=yes), as_json)
    if propose:
        return answer(agreements.propose(name, propose), as_json)
    if read:
        return answer(agreements.read_confirmed(name, read, by=by), as_json)
    return answer(agreements.show_register(name), as_json)


def _require(*tasks: Path | None, profile: str, by: str) -> None:
    if sum(task is not None for task in tasks) > 1:
        raise ParameterError("Two tasks at once.", expected="one of --import, --propose, --read", todo="choose one")
    import_file, _, read = tasks
    if bool(import_file) != bool(profile):
        raise ParameterError("--import and --profile go together.", expected="both, or none", todo="add the other one")
    if bool(read) != bool(by):
        raise ParameterError("--read and --by go together.", expected="both, or none", todo="add the other one")
