"""The command line: each command reads its arguments, calls one function and prints its answer.

With `--json` a command prints one JSON object on standard output and nothing else; errors go to standard error with
the exit code of their kind.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from procurement_kit.errors import ParameterError, ProcurementError

if TYPE_CHECKING:
    from procurement_kit.findings import Outcome

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Folder name of the municipality, for instance rudersdal.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
Data = Annotated[
    Optional[Path],  # noqa: UP045  typer reads this form
    typer.Option("--data", help="Folder that holds the municipality folders; by default PROCUREMENT_DATA or ./data."),
]


def _use_data(folder: Path | None) -> None:
    if folder:
        os.environ["PROCUREMENT_DATA"] = str(folder.expanduser().resolve())


def _answer(outcome: "Outcome", as_json: bool) -> None:
    text = json.dumps(outcome.facts, ensure_ascii=False, default=str) if as_json else "\n".join(outcome.sentences)
    sys.stdout.write(f"{text}\n")


def _quiet(as_json: bool) -> None:
    if as_json:
        os.environ["TQDM_DISABLE"] = "1"


def _prepare(data: Path | None, as_json: bool) -> None:
    _use_data(data)
    _quiet(as_json)


@app.command()
def demo(data: Data = None, as_json: Json = False) -> None:
    """Do the whole job on an invented municipality: files, import, training, classification, report.

    Example: procurement-kit demo
    """
    _prepare(data, as_json)
    from procurement_kit.workshop.demo import run_demo

    _answer(run_demo(), as_json)


@app.command()
def init(
    name: Name,
    title: Annotated[str, typer.Option(help="Name as it stands in reports.")] = "",
    currency: Annotated[str, typer.Option(help="Currency of its accounts, ISO 4217.")] = "DKK",
    language: Annotated[str, typer.Option(help="Language of its reports: da or en.")] = "da",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a municipality's folder, settings and privacy key.

    Example: procurement-kit init rudersdal --title "Rudersdal Kommune"
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.make_municipality(name, title=title, currency=currency, language=language), as_json)


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
    answer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="With --guess: answer to a question it asked, as key=value; may be given several times."),
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
    _prepare(data, as_json)
    from procurement_kit import deliveries

    if guess:
        outcome = deliveries.guess_profile(name, guess, answers=answer or (), save_as=save_as)
    elif files:
        outcome = deliveries.import_into(name, files, profiles=profile or ())
    else:
        raise ParameterError("No file was named.", expected="files or folders", todo="name what is to be imported")
    _answer(outcome, as_json)


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
    _prepare(data, as_json)
    from procurement_kit import deliveries

    if take_back or file:
        outcome = deliveries.take_back(name, take_back or (), file=file, by=by, again=undo)
    else:
        outcome = deliveries.show_duplicates(name)
    _answer(outcome, as_json)


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
    _prepare(data, as_json)
    from procurement_kit import deliveries

    _answer(deliveries.write_request(name, period=period, systems=system or ()), as_json)


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
    _prepare(data, as_json)
    from procurement_kit import deliveries

    _answer(deliveries.read_answers(name, read) if read else deliveries.write_questions(name), as_json)


@app.command()
def decisions(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Write the decision log: what was decided by whom, what is assumed, and how many kroner that is.

    Example: procurement-kit decisions rudersdal
    """
    _prepare(data, as_json)
    from procurement_kit import deliveries

    _answer(deliveries.write_decisions(name), as_json)


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
    _prepare(data, as_json)
    from procurement_kit import deliveries

    _answer(deliveries.close(name, confirmed=yes), as_json)


@app.command()
def tree(
    name: Name,
    from_labels: Annotated[
        bool, typer.Option("--from-labels", help="Make the municipality's own tree from the categories in its lines.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Accept every proposed joining of spellings.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Keep every spelling apart.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the category tree a municipality uses, or make one from labelled lines.

    Spellings that look alike are asked about one by one, unless --yes or --no answers for all.

    Example: procurement-kit tree rudersdal --from-labels
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    if not from_labels:
        return _answer(workbench.describe_tree(name), as_json)
    answer = None if yes == no else yes
    if answer is None and (as_json or not sys.stdin.isatty()):
        raise ParameterError(
            "Spellings that look alike need an answer, and nobody can be asked here.",
            expected="--yes or --no, or a terminal",
            todo="run it in a terminal, or add --yes or --no",
        )
    return _answer(workbench.make_tree(name, _asker(answer)), as_json)


def _asker(answer: bool | None):  # noqa: ANN202
    def confirm(spellings: list[str]) -> bool:
        question = f"Are these the same category? {' | '.join(spellings)}"
        return typer.confirm(question) if answer is None else answer

    return confirm


@app.command()
def train(
    name: Name,
    until: Annotated[str, typer.Option(help="Learn from lines up to and including this date, yyyy-mm-dd.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Train the municipality's classifier on its labelled lines.

    Example: procurement-kit train rudersdal --until 2024-12-31
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.train(name, until=until), as_json)


@app.command()
def classify(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Place every line in a category and build the spend cube.

    Example: procurement-kit classify rudersdal
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.classify(name), as_json)


@app.command()
def report(
    name: Name,
    period: Annotated[
        str, typer.Argument(help="2025, 2025Q3, 2025-07 or 2025-07..2026-06; default: last full year.")
    ] = "",
    recipe: Annotated[str, typer.Option(help="Name of a recipe in reports/, or a TOML file.")] = "municipal_report",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Render the standard report of a municipality and period.

    Example: procurement-kit report rudersdal 2025
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.make_report(name, period, recipe=recipe), as_json)


@app.command()
def trace(
    name: Name,
    line_id: Annotated[str, typer.Argument(help="Identity of the line, as in the workbook.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Follow one invoice line from file to report.

    Example: procurement-kit trace demo 4c1f…
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.trace(name, line_id), as_json)


@app.command()
def evaluate(
    name: Name,
    split: Annotated[str, typer.Option(help="later-year, unseen-suppliers or unseen-buyers.")] = "unseen-suppliers",
    level: Annotated[int, typer.Option(help="Level of the category tree.", min=1, max=3)] = 1,
    peers: Annotated[bool, typer.Option("--peers", help="Measure the named peers in the same run.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Measure the classifier on lines it has not seen.

    Example: procurement-kit evaluate rudersdal --split later-year --level 2 --peers
    """
    _prepare(data, as_json)
    from procurement_kit import workbench

    _answer(workbench.evaluate(name, split=split, level=level, peers=peers), as_json)


@app.command()
def templates(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")],
    as_json: Json = False,
) -> None:
    """Write blank tables to fill in: contracts, units, labelled lines, targets and the others.

    Example: procurement-kit templates my_templates
    """
    from procurement_kit.findings import Outcome
    from procurement_kit.templates import write_templates

    written = [str(path) for path in write_templates(folder)]
    _answer(Outcome({"paths": written}, (f"Wrote {len(written)} files to {folder}.",)), as_json)


@app.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Say what is installed, which municipalities there are, and what is missing or risky.

    Example: procurement-kit doctor
    """
    _prepare(data, as_json)
    from procurement_kit import doctor as checkup

    _answer(checkup.examine(), as_json)


def main() -> None:
    """Run the command line; an error the user can put right ends with its message and exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Danish Windows console is cp850 by default
    try:
        app()
    except ProcurementError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Nothing half-written is left; run the same command again to go on.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
