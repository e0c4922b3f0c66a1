"""How does a report come into being: refused or whole, the same bytes every time, and nothing personal in it?

`write_report` is what the notebook calls: it refuses findings that do not add up, fills the pages, looks for personal
numbers in everything that goes out, and writes. `render_report` runs the notebook in a folder that appears when all is
done, and adds the run record, the only file that holds a time.
"""

import glob
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from procurement_kit import __version__, folders, store
from procurement_kit.errors import CheckFailedError, NoDataError, ParameterError, nearest
from procurement_kit.findings import Finding, Number
from procurement_kit.fingerprints import file_hash, fingerprint
from procurement_kit.outgoing import refuse_personal, texts_of, write_outgoing
from procurement_kit.periods import parse_period
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.house_style import house_style
from procurement_kit.publishing.html import Cover
from procurement_kit.publishing.notebooks import run_notebook
from procurement_kit.publishing.outputs import Content, missing_outputs, print_report, write_outputs
from procurement_kit.publishing.pages import PageView, TableView, page_views, preliminary_reasons, table_view
from procurement_kit.publishing.recipes import Recipe, notebook_path, read_recipe
from procurement_kit.publishing.sentences import Writer
from procurement_kit.publishing.snapshots import RECIPE_VARIABLE, keep_snapshot, last_snapshot
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_record

FOLDER_VARIABLE = "PROCUREMENT_REPORT_FOLDER"
STANDARD_RECIPE, CATEGORY_RECIPE, COMMUNITY_RECIPE = "municipal_report", "category_staff", "community_report"
RECORD = "run_record.json"
FAILED = "report_failed"  # notebooks that stopped, beside `reports/`
PACKAGES = ("duckdb", "ibis-framework", "pandas", "pyarrow", "scikit-learn", "matplotlib", "seaborn", "papermill")


def write_report(municipality: Municipality, period: str, findings: Sequence[Finding], *, recipe: str = "") -> Path:
    """Write report.html from findings, and the other files that the recipe names.

    Parameters
    ----------
    municipality : Municipality
        Whose report it is.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    findings : sequence of Finding
        What the analyses returned; the recipe says which are needed.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file; by default the one this run is for, by hand `municipal_report`
        (`category_staff` or `community_report` where the finding of a category or a community is given).

    Returns
    -------
    Path
        The HTML file, in the folder the notebook is run for: by hand, `reports/<period>/` of the municipality.

    Raises
    ------
    CheckFailedError
        If a finding does not add up; names every check.
    PrivacyError
        If a personal number would leave the house; says where it stands, not which.
    ParameterError
        If a finding that a page needs was not given.
    """
    refuse_failed_checks(findings)
    category = _category(findings)
    by_hand = CATEGORY_RECIPE if category else _recipe_by_hand(findings)
    chosen = read_recipe(recipe or os.environ.get(RECIPE_VARIABLE, by_hand))
    community = municipality.name if chosen.is_of_community else ""
    chosen = chosen.about(category if "category" in chosen.parameters else "", community=community)
    writer = report_writer(municipality, period, findings, chosen)
    cover = _cover(municipality, chosen, writer)
    pages = page_views(chosen, writer)
    full_tables = _full_tables(writer)
    refuse_personal(_table_texts(pages, full_tables))  # first: they say in which row it stands
    folder = report_folder(municipality, period, chosen)
    content = Content(cover, pages, full_tables, findings, writer)
    path = write_outputs(folder, chosen.outputs, content, municipality, period)
    if FOLDER_VARIABLE not in os.environ:  # the runner prints itself, and writes down why if it cannot
        print_report(folder, chosen.outputs)
    return path


def render_report(
    municipality: Municipality,
    period: str,
    *,
    recipe: str = STANDARD_RECIPE,
    category: str = "",
    members: Sequence[Municipality] = (),
) -> Path:
    """Run the report's notebook and put the whole folder in place: report, workbook, executed notebook, run record.

    Parameters
    ----------
    municipality : Municipality
        Whose report it is.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file.
    category : str
        Code of the category, where the recipe is about one.
    members : sequence of Municipality
        Where the report is that of a community: whose lines it rests on.

    Returns
    -------
    Path
        The folder `reports/<period>/` of the municipality (with the recipe's ending, if it has one). What was there is
        replaced only when the new one is whole.

    Raises
    ------
    ProcurementError
        Whatever stopped the notebook, as its cell said it; the notebook lies in `report_failed/`, as far as it came.
    """
    label, chosen = parse_period(period).label, _recipe_for(municipality, recipe, category, members)
    target = municipality.folder / "reports" / chosen.folder_name(label)
    source = notebook_path(chosen.notebook)
    started = datetime.now(UTC)
    with folders.staged(municipality, target) as folder:
        executed = folder / source.name
        parameters = {"community" if members else "municipality": municipality.name, "period": label}
        parameters |= {"category": category} if category else {}
        environment = {
            FOLDER_VARIABLE: str(folder),
            RECIPE_VARIABLE: str(Path(recipe).resolve()) if str(recipe).endswith(".toml") else str(recipe),
            "PROCUREMENT_DATA": str(municipality.folder.parent),
        }
        failed = municipality.folder / FAILED / target.name / source.name
        run_notebook(source, executed, parameters, cwd=folder, environment=environment, failed=failed)
        refuse_personal(texts_of(executed))
        _refuse_missing_outputs(folder, chosen)
        note = print_report(folder, chosen.outputs)
        record = run_record(municipality, label, chosen, folder, started, members) | ({"notes": [note]} if note else {})
        write_outgoing(folder / RECORD, json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n")
    keep_snapshot(municipality, label, chosen, record["fingerprint"])
    return target


def read_card(municipality: Municipality) -> dict:
    """Read what the classifier's card says: what it learned from, and how often it was right on lines it had not seen.

    Parameters
    ----------
    municipality : Municipality
        Whose classifier.

    Returns
    -------
    dict
        Empty where no classifier has been trained.
    """
    path = municipality.folder / "classifier" / "card.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def require_period(municipality: Municipality, period: str) -> None:
    """Refuse a period in which no line is dated, before a kernel is started.

    Raises
    ------
    NoDataError
        Says between which days there are lines.
    """
    dates, span = store.read_lines(municipality).invoice_date, parse_period(period)
    found = dates.between(span.first_date, span.last_date).any().to_pyarrow().as_py()
    if not found:
        first, last = dates.min().to_pyarrow().as_py(), dates.max().to_pyarrow().as_py()
        raise NoDataError(
            f"No line of «{municipality.name}» is dated in {span.label}.",
            expected=f"a period between {first} and {last}",
            todo="choose another period, or import its files",
        )


def last_full_year(municipality: Municipality) -> str:
    """The last year that a municipality's lines reach the end of.

    Raises
    ------
    NoDataError
        If no line has a date.
    """
    last = store.read_lines(municipality).invoice_date.max().to_pyarrow().as_py()
    if last is None:
        raise NoDataError(f"No line of «{municipality.name}» has a date.", todo="name the period")
    is_full = (last + timedelta(days=31)).year > last.year
    return str(last.year if is_full else last.year - 1)


def report_folder(municipality: Municipality, period: str, recipe: Recipe | None = None) -> Path:
    """The folder this run writes to: the runner's own, or that of period and recipe when a notebook is run by hand."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    label = parse_period(period).label
    return municipality.folder / "reports" / (recipe.folder_name(label) if recipe else label)


def report_writer(municipality: Municipality, period: str, findings: Iterable[Finding], recipe: Recipe) -> Writer:
    """A writer in the report's language who knows the municipality, the period and the findings."""
    language = municipality.language if recipe.language == "setting" else recipe.language
    span = parse_period(period)
    context = {
        "municipality": Number(municipality.title, "text"),
        "period": Number(span.label, "text"),
        "first_date": Number(span.first_date, "date"),
        "last_date": Number(span.last_date, "date"),
    }
    return Writer(Formats(language, municipality.currency), {f.key: f for f in findings}, context)


def refuse_failed_checks(findings: Iterable[Finding]) -> None:
    """Refuse findings that do not add up.

    Raises
    ------
    CheckFailedError
        Names every failed check and its figures.
    """
    failed = [f"{f.key}: {check.name} ({check.detail})" for f in findings for check in f.failed_checks]
    if failed:
        raise CheckFailedError(
            "The findings do not add up, so no report is written.",
            problems=failed,
            expected="every check to hold, to the øre",
            todo="run the import and the classification again; if it stays, report the check by its name",
        )


def _table_texts(pages: tuple[PageView, ...], full_tables: dict[str, TableView]) -> Iterator[tuple[str, str]]:
    tables = [table for page in pages for table in (page.table, *page.more_tables, *page.workbook_tables) if table]
    for table in [*tables, *full_tables.values()]:
        for row, cells in enumerate(table.cells, start=1):
            yield from ((f"table «{table.title}», row {row}", cell) for cell in cells)


def _cover(municipality: Municipality, recipe: Recipe, writer: Writer) -> Cover:
    return Cover(
        title=writer.fill(recipe.title[writer.formats.language], "category", f"{recipe.name}: title"),
        municipality=municipality.title,
        period=writer.context["period"].value,
        data_line=_capitalised(" · ".join(writer.say_all("data_line", "quality"))) if recipe.speaks_of_quality else "",
        preliminary=tuple(preliminary_reasons(writer)) if recipe.speaks_of_quality else (),
        style=house_style(municipality),
    )


def _category(findings: Iterable[Finding]) -> str:
    """The category that a report is about: that of its finding «category»."""
    return next((finding.parameters["category"] for finding in findings if finding.key == "category"), "")


def _recipe_by_hand(findings: Sequence[Finding]) -> str:
    return COMMUNITY_RECIPE if any(finding.key == "community" for finding in findings) else STANDARD_RECIPE


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _full_tables(writer: Writer) -> dict[str, TableView]:
    wanted = {"all_groups": ("spend", "by_group"), "all_suppliers": ("tail", "pareto")}
    return {
        writer.say(f"sheets.{name}"): table_view(writer, key, table)
        for name, (key, table) in wanted.items()
        if key in writer.findings and table in writer.findings[key].tables
    }


def _refuse_missing_outputs(folder: Path, recipe: Recipe) -> None:
    if missing := missing_outputs(folder, recipe.outputs):
        raise ParameterError(
            f"The notebook «{recipe.notebook}» ended without writing {' and '.join(missing)}.",
            expected=f"a call of write_report with the recipe «{recipe.name}»{nearest(recipe.name, [])}",
            todo="add the call as the notebook's last cell",
        )


# --- the run record -------------------------------------------------------------------------------------------------


def run_record(
    municipality: Municipality,
    period: str,
    recipe: Recipe,
    folder: Path,
    started: datetime,
    members: Sequence[Municipality] = (),
) -> dict:
    """What made this report: inputs by hash, versions, settings, classifier card, lines and kroner by step."""
    return {
        "municipality": municipality.name,
        "period": period,
        "recipe": recipe.name,
        "fingerprint": report_mark(municipality, period, recipe, members),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "settings": {
            name: str(value)
            for name, value in vars(municipality).items()
            if name not in ("folder", "privacy_key")  # where the key lies is nobody's business
        },
        **_made_from(municipality, members),
        "outputs": {
            path.relative_to(folder).as_posix(): file_hash(path) for path in sorted(folder.rglob("*")) if path.is_file()
        },
    }


def is_current(
    municipality: Municipality,
    period: str,
    *,
    recipe: str = STANDARD_RECIPE,
    category: str = "",
    members: Sequence[Municipality] = (),
) -> bool:
    """Whether the report is there, as it was written, and nothing it depends on has changed since."""
    label, chosen = parse_period(period).label, _recipe_for(municipality, recipe, category, members)
    folder = municipality.folder / "reports" / chosen.folder_name(label)
    if not (folder / RECORD).is_file():
        return False
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    is_whole = all(
        (folder / name).is_file() and file_hash(folder / name) == mark for name, mark in record["outputs"].items()
    )
    return is_whole and record.get("fingerprint") == report_mark(municipality, label, chosen, members)


def report_mark(municipality: Municipality, period: str, recipe: Recipe, members: Sequence[Municipality] = ()) -> str:
    """One hash of what a report depends on: cube, classifier card, settings, recipe, notebook, versions and code."""
    package = Path(__file__).resolve().parent.parent
    owners = members or (municipality,)
    files = [owner.folder / "classifier" / "card.json" for owner in owners]
    files += [path for owner in (municipality, *members) for path in _own_files(owner)]
    rooms = ("analyses", "publishing", "review")
    code = (notebook_path(recipe.notebook), *(package / room for room in rooms))
    mark = "".join(read_record(owner)["fingerprint"] for owner in owners)
    last = None if members else last_snapshot(municipality, parse_period(period), recipe.name)
    said = (mark, last.cube_mark if last else "", period, repr(recipe), _versions(), municipality.name)
    return fingerprint(*said, *files, *code)


def _recipe_for(municipality: Municipality, recipe: str, category: str, members: Sequence[Municipality]) -> Recipe:
    return read_recipe(recipe).about(category, community=municipality.name if members else "")


def _made_from(municipality: Municipality, members: Sequence[Municipality]) -> dict:
    """Inputs, card and steps of a municipality; of each member where the report is a community's."""
    if members:
        of_each = {member.name: _made_from(member, ()) for member in members}
        own = {path.name: file_hash(path) for path in _own_files(municipality)}
        return {"inputs": own, "members": of_each}
    card, steps = read_card(municipality), read_record(municipality)["steps"]
    return {"inputs": _inputs(municipality), "classifier": card, "steps": steps}


def _own_files(municipality: Municipality) -> list[Path]:
    """Settings, tables and logo of the municipality, as they lie in its folder."""
    endings = ("*.csv", "*.toml", *filter(None, [glob.escape(municipality.logo)]))
    return sorted(path for ending in endings for path in municipality.folder.glob(ending))


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in PACKAGES}
    return {"procurement_kit": __version__, "python": sys.version.split()[0], **packages}


def _inputs(municipality: Municipality) -> dict[str, str]:
    return {
        **{path.name: file_hash(path) for path in _own_files(municipality)},
        "lines": fingerprint(municipality.folder / "lines"),
    }
