"""What comes out: the report, and one line's way to it."""

from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare


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
    prepare(data, as_json)
    from procurement_kit import workbench

    answer(workbench.make_report(name, period, recipe=recipe), as_json)


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
    prepare(data, as_json)
    from procurement_kit import workbench

    answer(workbench.trace(name, line_id), as_json)
