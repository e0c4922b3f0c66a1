"""Which lines did a report rest on, so that the next one can say what has changed since?

Beside each report its lines are kept in the municipality's own folder, `snapshots/<report>/`: identity, kroner,
category, supplier and contract status of the period and the twelve months before it, as Parquet. What it replaced stays
as `<report>.before`, so that a report that is made again can be compared with itself. Nothing of it is delivered.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.analyses.changes import NEEDED, analyse_changes
from procurement_kit.classifier.tree import tree_of
from procurement_kit.errors import InputNotFoundError, nearest
from procurement_kit.findings import Finding
from procurement_kit.periods import Period, parse_period
from procurement_kit.publishing.recipes import Recipe
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube, read_record
from procurement_kit.tables import INVOICE_LINES

if TYPE_CHECKING:
    import ibis

ROOM, RECORD_FILE, BEFORE = "snapshots", "snapshot.json", ".before"
STANDARD, RECIPE_VARIABLE = "municipal_report", "PROCUREMENT_REPORT_RECIPE"


@dataclass(frozen=True)
class Snapshot:
    """The lines of one report: its name, period and recipe, what they were read from, and the report's own mark."""

    folder: Path
    period: Period
    recipe: str
    cube_mark: str
    report_mark: str

    @property
    def name(self) -> str:
        """Name of the report's folder; with `.before` for the one it replaced."""
        return self.folder.name


def changes_since_last_report(municipality: Municipality, *, period: str, recipe: str = "") -> list[Finding]:
    """What has changed since the report before, as a list of one finding; empty where there is no earlier report.

    Parameters
    ----------
    municipality : Municipality
        Whose report.
    period : str
        Period of the report that is being made.
    recipe : str
        Name of its recipe, by default the one this run is for; only reports of the same recipe are compared.
    """
    chosen = Path(recipe or os.environ.get(RECIPE_VARIABLE, STANDARD)).stem
    last = last_snapshot(municipality, parse_period(period), chosen)
    if last is None:
        return []
    old, cube = read_snapshot(municipality, last), read_cube(municipality)
    tree = tree_of(municipality)
    return [analyse_changes(old, cube, old_period=last.period.label, new_period=period, tree=tree)]


def keep_snapshot(municipality: Municipality, period: str, recipe: Recipe, report_mark: str) -> None:
    """Keep the lines a report rests on, where a page speaks of changes; another state of them becomes the one before.

    Parameters
    ----------
    municipality : Municipality
        Whose report.
    period : str
        Its period.
    recipe : Recipe
        Its recipe.
    report_mark : str
        What the report's record calls its inputs.
    """
    if not any("changes" in page.findings for page in recipe.pages):
        return
    span, mark = parse_period(period), read_record(municipality)["fingerprint"]
    target = municipality.folder / ROOM / recipe.folder_name(span.label)
    record = {"period": span.label, "recipe": recipe.name, "cube": mark, "report": report_mark}
    kept = _snapshot(target)
    if kept and kept.cube_mark == mark:
        folders.write_text(target / RECORD_FILE, json.dumps(record))
        return
    if kept:
        _set_aside(municipality, target)
    with folders.staged(municipality, target) as folder:
        store.write_parts(municipality, folder / "lines", _lines(municipality, span))
        folders.write_text(folder / RECORD_FILE, json.dumps(record))


def last_snapshot(municipality: Municipality, span: Period, recipe: str) -> Snapshot | None:
    """The report before this one: of the nearest earlier period as long as this; else this one's own last state."""
    found = [kept for kept in snapshots(municipality) if kept.recipe == recipe]
    earlier = [
        kept
        for kept in found
        if kept.period.last_date < span.last_date
        and kept.period.month_count == span.month_count
        and not kept.name.endswith(BEFORE)
    ]
    if earlier:
        return max(earlier, key=lambda kept: kept.period.last_date)
    mark = read_record(municipality)["fingerprint"]
    own = [kept for kept in found if kept.period == span and kept.cube_mark != mark]
    return min(own, key=lambda kept: kept.name.endswith(BEFORE), default=None)


def snapshots(municipality: Municipality) -> list[Snapshot]:
    """All snapshots of a municipality, by name."""
    folders_there = sorted((municipality.folder / ROOM).glob("*/"))
    return [kept for folder in folders_there if (kept := _snapshot(folder))]


def find_snapshot(municipality: Municipality, name: str, report_mark: str = "") -> Snapshot:
    """The snapshot of a report by the name of its folder; of two states of it the one with that mark.

    Raises
    ------
    InputNotFoundError
        If there is none; names the nearest.
    """
    known = {kept.name: kept for kept in snapshots(municipality)}
    states = [known[place] for place in (name, f"{name}{BEFORE}") if place in known]
    fitting = [kept for kept in states if report_mark in ("", kept.report_mark)]
    if not fitting:
        raise InputNotFoundError(
            f"Nothing is kept of the report «{name}» of «{municipality.name}».{nearest(name, known)}",
            expected=f"one of: {', '.join(known) or 'none yet'}",
            todo=f"run: procurement-kit report {municipality.name} <period>",
        )
    return fitting[0]


def read_snapshot(municipality: Municipality, kept: Snapshot) -> "ibis.Table":
    """The lines of a snapshot, with the columns that `analyse_changes` reads."""
    schema = INVOICE_LINES.schema()
    types = {name: schema[name] for name in NEEDED}
    return store.read_parquet(municipality, kept.folder / "lines" / "*.parquet", types)


def _lines(municipality: Municipality, span: Period) -> "ibis.Table":
    cube = read_cube(municipality)
    return cube.filter(cube.invoice_date.between(span.year_before().first_date, span.last_date)).select(*NEEDED)


def _snapshot(folder: Path) -> Snapshot | None:
    path = folder / RECORD_FILE
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    return Snapshot(folder, parse_period(record["period"]), record["recipe"], record["cube"], record["report"])


def _set_aside(municipality: Municipality, target: Path) -> None:
    """Let a snapshot become the one before; it stays in place too until it is replaced."""
    with folders.staged(municipality, target.with_name(f"{target.name}{BEFORE}")) as folder:
        for path in (path for path in target.rglob("*") if path.is_file()):
            copied = folder / path.relative_to(target)
            copied.parent.mkdir(parents=True, exist_ok=True)
            folders.link(path, copied)
