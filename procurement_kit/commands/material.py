"""How do invoices come in, what is asked about them, and how does an assignment end?"""

from pathlib import Path
from typing import Annotated, Optional

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare
from procurement_kit.errors import ParameterError


@app.command("import")
def import_(
    name: Name,
    files: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Argument(help="E-invoices (XML, folders, ZIP) or ledger files (CSV, XLSX, SAP spool)."),
    ] = None,
    profile: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Import profile of ledger files, a name or TOML file; may be given several times."),
    ] = None,
    guess: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Propose a profile for this file, and show ten rows as it would be read; imports nothing."),
    ] = None,
    answers: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--answer", help="With --guess: answer to a question it asked, key=value; may be given repeatedly."
        ),
    ] = None,
    save_as: Annotated[str, typer.Option(help="With --guess: write the profile under this name.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read invoice files, check them, mask what is personal, and say what became of every line and krone.

    An import that was stopped goes on where it was when it is run again with the same files.

    Example: procurement-kit import rudersdal invoices/ postings.csv --profile ledger_dk
    Example: procurement-kit import rudersdal --guess postings.csv --save-as opus
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    if guess:
        outcome = deliveries.guess_profile(name, guess, answers=answers or (), save_as=save_as)
    elif files:
        outcome = deliveries.import_into(name, files, profiles=profile or ())
    else:
        raise ParameterError("No file was named.", expected="files or folders", todo="name what is to be imported")
    answer(outcome, as_json)


@app.command()
def duplicates(
    name: Name,
    take_back: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Identity of a document, as listed, that is to count all the same."),
    ] = None,
    file: Annotated[str, typer.Option(help="Only in this file; without --take-back: everything in it.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Set aside again what was taken back.")] = False,
    by: Annotated[str, typer.Option(help="Function of whoever decides, never a name.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List what was set aside as duplicates, and take back what is none.

    Example: procurement-kit duplicates rudersdal --take-back 4c1f2a90 --by økonomi
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    if take_back or file:
        outcome = deliveries.take_back(name, take_back or (), file=file, by=by, again=undo)
    else:
        outcome = deliveries.show_duplicates(name)
    answer(outcome, as_json)


@app.command()
def request(
    name: Name,
    period: Annotated[str, typer.Option(help="Period asked for; default: the last two whole years.")] = "",
    system: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="einvoices, kmd_opus, prisme, accounts, units, contracts, chart; may be given several times."
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the data request to the municipality: letter, fields per system, control totals.

    Example: procurement-kit request rudersdal --period 2024-01..2025-12 --system einvoices --system kmd_opus
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    answer(deliveries.write_request(name, period=period, systems=system or ()), as_json)


@app.command()
def questions(
    name: Name,
    read: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The answered workbook, to be read back."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the open points by kroner as a workbook for the municipality, or read its answers back.

    Example: procurement-kit questions rudersdal --read spoergsmaal_besvaret.xlsx
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    answer(deliveries.read_answers(name, read) if read else deliveries.write_questions(name), as_json)


@app.command()
def decisions(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Write the decision log: what was decided by whom, what is assumed, and how many kroner that is.

    Example: procurement-kit decisions rudersdal
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    answer(deliveries.write_decisions(name), as_json)


@app.command()
def close(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it the command says what would go.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """End an assignment: delete raw files, key and lines; keep reports, run records and the decision log.

    Example: procurement-kit close rudersdal --yes
    """
    prepare(data, as_json)
    from procurement_kit import deliveries

    answer(deliveries.close(name, confirmed=yes), as_json)
