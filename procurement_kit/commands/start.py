"""How does one begin: the demo, a municipality's folder, blank tables, a look at what is installed?"""

from pathlib import Path
from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare


@app.command()
def demo(
    community: Annotated[
        bool, typer.Option("--community", help="Five small municipalities that buy together.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Do the whole job on an invented municipality: files, import, training, classification, report.

    Example: procurement-kit demo
    """
    prepare(data, as_json)
    if community:
        from procurement_kit.workshop.community import run_community_demo

        answer(run_community_demo(), as_json)
        return
    from procurement_kit.workshop.demo import run_demo

    answer(run_demo(), as_json)


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
    prepare(data, as_json)
    from procurement_kit import workbench

    answer(workbench.make_municipality(name, title=title, currency=currency, language=language), as_json)


@app.command()
def templates(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")],
    as_json: Json = False,
) -> None:
    """Write blank tables to fill in: contracts, units, labelled lines, targets and the others.

    Example: procurement-kit templates my_templates
    """
    from procurement_kit.findings import Outcome
    from procurement_kit.plurals import so_many
    from procurement_kit.templates import write_templates

    written = [str(path) for path in write_templates(folder)]
    answer(Outcome({"paths": written}, (f"Wrote {so_many(len(written), 'file')} to {folder}.",)), as_json)


@app.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Say what is installed, which municipalities there are, and what is missing or risky.

    Example: procurement-kit doctor
    """
    prepare(data, as_json)
    from procurement_kit import doctor as checkup

    answer(checkup.examine(), as_json)


@app.command()
def serve(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open no browser.")] = False,
    data: Data = None,
) -> None:
    """Open JupyterLab at the start page; Ctrl+C stops it.

    Example: procurement-kit serve
    """
    prepare(data, False)
    from procurement_kit.lab.serving import serve as served

    served(browser=not no_browser)
