"""What comes out: the report, and one line's way to it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Optional

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare, require_name


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Folder name of the municipality; none with --all or --batch.")] = "",
    period: Annotated[
        str, typer.Argument(help="2025, 2025Q3, 2025-07 or 2025-07..2026-06; default: last full year.")
    ] = "",
    recipe: Annotated[str, typer.Option(help="Name of a recipe in reports/, or a TOML file.")] = "municipal_report",
    category: Annotated[str, typer.Option(help="Category code, for category_leader and category_staff.")] = "",
    of_period: Annotated[str, typer.Option("--period", help="The period, instead of after the name.")] = "",
    community: Annotated[str, typer.Option("--community", help="Folder name of a community instead.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every municipality there is, side by side.")] = False,
    batch: Annotated[Optional[Path], typer.Option(help="File of whom, recipes and periods; see above.")] = None,  # noqa: UP045
    processes: Annotated[int, typer.Option(min=0, help="At most so many at a time; 0: as cores and memory allow.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Make also what is unchanged.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Render the standard report of a municipality and period, or another recipe, such as a category's fact pack.

    Example: procurement-kit report rudersdal 2025

    Example: procurement-kit report rudersdal 2025 --recipe category_leader --category 1801

    Example: procurement-kit report --all --period 2025Q3

    Example: procurement-kit report --community faelleskoeb --period 2025

    Example: procurement-kit report --batch quarter.csv

    A batch file is CSV with columns municipality;community;recipe;period;category, a report per row: each row names a
    municipality or a community, and a category where its recipe is about one; an empty recipe is the standard one.
    Or TOML with lists: municipalities, communities, recipes, periods; "all" stands for every one there is, and each
    recipe goes with those it is about.
    """
    prepare(data, as_json)
    from procurement_kit import batch_files, batches, community_report, workbench
    from procurement_kit.schedules import period_of

    chosen = period_of(period or of_period, date.today())
    if community:
        community_report.refuse_other_choices(name, category, is_batch=every or bool(batch))
        chosen_recipe = community_report.RECIPE if recipe == "municipal_report" else recipe
        answer(community_report.make_community_report(community, chosen, recipe=chosen_recipe, force=force), as_json)
        return
    if not (every or batch):
        require_name(name)
        outcome = workbench.make_report(name, chosen, recipe=recipe, category=category, force=force)
        answer(outcome, as_json)
        return
    jobs = batch_files.chosen_jobs(name, every=every, batch=batch, recipe=recipe, period=chosen, category=category)
    outcome = batches.make_reports(jobs, processes=processes, force=force)
    answer(outcome, as_json)
    if outcome.facts["failed"]:
        raise typer.Exit(batches.FAILED_EXIT_CODE)


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


@app.command()
def schedule(
    name: Annotated[str, typer.Argument(help="Folder name of the municipality; none with --all.")] = "",
    quarterly: Annotated[bool, typer.Option("--quarterly", help="Each quarter; the one rhythm there is.")] = True,
    every: Annotated[bool, typer.Option("--all", help="Every municipality there is.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print the cron line and the Windows Task Scheduler command that make each quarter's report.

    Example: procurement-kit schedule rudersdal --quarterly
    """
    prepare(data, as_json)
    from procurement_kit import schedules

    if not every:
        require_name(name)
    answer(schedules.quarterly_run(name), as_json)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="Folder of the older report, or municipality/period.")],
    new: Annotated[str, typer.Argument(help="Folder of the newer report, or municipality/period.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what changed between two reports and why, to the øre: suppliers, price, volume, late invoices, categories.

    Example: procurement-kit diff rudersdal/2025Q2 rudersdal/2025Q3
    """
    prepare(data, as_json)
    from procurement_kit import comparing

    answer(comparing.compare_reports(old, new), as_json)
