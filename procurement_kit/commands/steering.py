"""How is steering done: key figures, tenders, and who to invite to a market dialogue?"""

from pathlib import Path
from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, answer, app, prepare

MaybeName = Annotated[str, typer.Argument(help="Folder name of the municipality; none with --community.")]
OfCommunity = Annotated[str, typer.Option("--community", help="Folder name of a community instead of a municipality.")]
OfPeriod = Annotated[str, typer.Option("--period", help="2025, 2025Q3 or 2025-07..2026-06; default: last full year.")]


@app.command("new-community")
def new_community(
    name: Annotated[str, typer.Argument(help="Folder name of the community.")],
    members: Annotated[list[str], typer.Argument(help="Folder names of its municipalities.")],
    title: Annotated[str, typer.Option(help="Name as it stands in reports.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a community of municipalities that are there; their lines stay where they are.

    Example: procurement-kit new-community faelleskoeb gyvelsund sivkrog ravnekaer
    """
    prepare(data, as_json)
    from procurement_kit import steering

    answer(steering.make_community(name, members, title=title), as_json)


@app.command()
def kpis(
    name: MaybeName = "",
    community: OfCommunity = "",
    period: OfPeriod = "",
    peer_group: Annotated[
        str, typer.Option(help="Members whose quartiles are shown, as community.toml names them.")
    ] = "",
    page: Annotated[bool, typer.Option("--page", help="Also write the page of key figures.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the key figures against baseline and target, per quarter; for a community also each member and the median.

    Example: procurement-kit kpis --community faelleskoeb --period 2025 --json
    """
    prepare(data, as_json)
    from procurement_kit import steering

    outcome = steering.show_kpis(name, community=community, period=period, peer_group=peer_group, page=page)
    answer(outcome, as_json)


@app.command()
def market(
    category: Annotated[str, typer.Option(help="Code of the category; all below it are included.")],
    out: Annotated[Path, typer.Option(help="Workbook to write, ending in .xlsx.")],
    name: MaybeName = "",
    community: OfCommunity = "",
    period: OfPeriod = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the suppliers of a category as an invitation list for market dialogue; no persons are on it.

    Example: procurement-kit market --community faelleskoeb --category 1801 --out kontor.xlsx
    """
    prepare(data, as_json)
    from procurement_kit import steering

    answer(steering.write_market(name, community=community, category=category, out=out, period=period), as_json)


@app.command()
def tenders(
    name: MaybeName = "",
    community: OfCommunity = "",
    period: OfPeriod = "",
    notice_date: Annotated[
        str, typer.Option("--notice-date", help="Day the notice is published, 2026-03-01; it decides the limits.")
    ] = "",
    plan: Annotated[Path | None, typer.Option(help="Also write the tender plan, a workbook ending in .xlsx.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what must be decided about tenders: ends, limits, framework agreements, and what could be bought jointly.

    Example: procurement-kit tenders demo --period 2025 --notice-date 2026-03-01 --plan udbudsplan.xlsx
    """
    prepare(data, as_json)
    from procurement_kit import tendering

    day = tendering.read_notice_date(notice_date)
    outcome = tendering.show_tenders(name, community=community, period=period, notice_date=day, plan=plan)
    answer(outcome, as_json)
