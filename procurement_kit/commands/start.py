"""How does one begin: the demo, a municipality's folder, blank tables, a look at what is installed?"""

from pathlib import Path
from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare


@app.command()
def demo(data: Data = None, as_json: Json = False) -> None:
    """Do the whole job on an invented municipality: files, import, training, classification, report.

    Example: procurement-kit demo
    """
    prepare(data, as_json)
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
    from procurement_kit.templates import write_templates

    written = [str(path) for path in write_templates(folder)]
    answer(Outcome({"paths": written}, (f"Wrote {len(written)} files to {folder}.",)), as_json)


@app.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Say what is installed, which municipalities there are, and what is missing or risky.

    Example: procurement-kit doctor
    """
    prepare(data, as_json)
    from procurement_kit import doctor as checkup

    answer(checkup.examine(), as_json)
