"""How does a report come into being: refused or whole, the same bytes every time, and nothing personal in it?

`write_report` is what the notebook calls: it refuses findings that do not add up, fills the pages, looks for personal
numbers in everything that goes out, and writes. `render_report` runs the notebook in a folder that appears when all is
done, and adds the run record, the only file that holds a time.
"""

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
from procurement_kit.outgoing import outgoing, refuse_personal, texts_of, write_outgoing
from procurement_kit.periods import parse_period
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.html import Cover, render_html
from procurement_kit.publishing.notebooks import run_notebook
from procurement_kit.publishing.pages import PageView, TableView, page_views, preliminary_reasons, table_view
from procurement_kit.publishing.recipes import Recipe, notebook_path, read_recipe
from procurement_kit.publishing.sentences import Writer
from procurement_kit.publishing.workbook import write_workbook
from procurement_kit.settings import SETTINGS_FILE, Municipality
from procurement_kit.steps.spend_cube import read_record

FOLDER_VARIABLE, RECIPE_VARIABLE = "PROCUREMENT_REPORT_FOLDER", "PROCUREMENT_REPORT_RECIPE"
STANDARD_RECIPE = "municipal_report"
RECORD = "run_record.json"
PACKAGES = ("duckdb", "ibis-framework", "pandas", "pyarrow", "scikit-learn", "matplotlib", "seaborn", "papermill")
INPUTS = (
    "municipality.toml", "contracts.csv", "decisions.csv", "rules.csv", "units.csv", "category_tree.csv",
    "accounts.csv", "reconciliation_notes.csv", "audit_sample.csv", "audit_frame.csv",
)  # fmt: skip


def write_report(municipality: Municipality, period: str, findings: Sequence[Finding], *, recipe: str = "") -> Path:
    """Write report.html and report.xlsx from findings.

    Parameters
    ----------
    municipality : Municipality
        Whose report it is.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    findings : sequence of Finding
        What the analyses returned; the recipe says which are needed.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file; by default the one this run is for, by hand `municipal_report`.

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
    chosen = read_recipe(recipe or os.environ.get(RECIPE_VARIABLE, STANDARD_RECIPE))
    writer = report_writer(municipality, period, findings, chosen)
    cover = _cover(municipality, chosen, writer)
    pages = page_views(chosen, writer)
    full_tables = _full_tables(writer)
    html = render_html(cover, pages, writer)
    refuse_personal(_table_texts(pages, full_tables))  # first: they say in which row it stands
    folder = report_folder(municipality, period)
    if "report.xlsx" in chosen.outputs:
        with outgoing(folder / "report.xlsx") as unfinished:
            write_workbook(unfinished, cover, pages, full_tables, writer)
    write_outgoing(folder / "report.html", html)
    return folder / "report.html"


def render_report(municipality: Municipality, period: str, *, recipe: str = STANDARD_RECIPE) -> Path:
    """Run the report's notebook and put the whole folder in place: report, workbook, executed notebook, run record.

    Parameters
    ----------
    municipality : Municipality
        Whose report it is.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file.

    Returns
    -------
    Path
        The folder `reports/<period>/` of the municipality. What was there is replaced only when the new one is whole.

    Raises
    ------
    ProcurementError
        Whatever stopped the notebook, as its cell said it.
    """
    label, chosen = parse_period(period).label, read_recipe(recipe)
    target = municipality.folder / "reports" / label
    source = notebook_path(chosen.notebook)
    started = datetime.now(UTC)
    with folders.staged(municipality, target) as folder:
        executed = folder / source.name
        parameters = {"municipality": municipality.name, "period": label}
        environment = {
            FOLDER_VARIABLE: str(folder),
            RECIPE_VARIABLE: str(Path(recipe).resolve()) if str(recipe).endswith(".toml") else str(recipe),
            "PROCUREMENT_DATA": str(municipality.folder.parent),
        }
        run_notebook(source, executed, parameters, cwd=folder, environment=environment)
        refuse_personal(texts_of(executed))
        _refuse_missing_outputs(folder, chosen)
        record = run_record(municipality, label, chosen, folder, started)
        write_outgoing(folder / RECORD, json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n")
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


def report_folder(municipality: Municipality, period: str) -> Path:
    """The folder this run writes to: the runner's own, or `reports/<period>/` when a notebook is run by hand."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    return municipality.folder / "reports" / parse_period(period).label


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
    tables = [table for page in pages for table in (page.table, *page.more_tables) if table]
    for table in [*tables, *full_tables.values()]:
        for row, cells in enumerate(table.cells, start=1):
            yield from ((f"table «{table.title}», row {row}", cell) for cell in cells)


def _cover(municipality: Municipality, recipe: Recipe, writer: Writer) -> Cover:
    return Cover(
        title=recipe.title[writer.formats.language],
        municipality=municipality.title,
        period=writer.context["period"].value,
        data_line=_capitalised(" · ".join(writer.say_all("data_line", "quality"))),
        preliminary=tuple(preliminary_reasons(writer)),
    )


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
    missing = [name for name in recipe.outputs if not (folder / name).is_file()]
    if missing:
        raise ParameterError(
            f"The notebook «{recipe.notebook}» ended without writing {' and '.join(missing)}.",
            expected=f"a call of write_report with the recipe «{recipe.name}»{nearest(recipe.name, [])}",
            todo="add the call as the notebook's last cell",
        )


# --- the run record -------------------------------------------------------------------------------------------------


def run_record(municipality: Municipality, period: str, recipe: Recipe, folder: Path, started: datetime) -> dict:
    """What made this report: inputs by hash, versions, settings, classifier card, lines and kroner by step."""
    return {
        "municipality": municipality.name,
        "period": period,
        "recipe": recipe.name,
        "fingerprint": report_mark(municipality, period, recipe),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "settings": {
            name: str(value)
            for name, value in vars(municipality).items()
            if name not in ("folder", "privacy_key")  # where the key lies is nobody's business
        },
        "inputs": _inputs(municipality),
        "classifier": read_card(municipality),
        "steps": read_record(municipality)["steps"],
        "outputs": {path.name: file_hash(path) for path in sorted(folder.iterdir()) if path.is_file()},
    }


def is_current(municipality: Municipality, period: str, *, recipe: str = STANDARD_RECIPE) -> bool:
    """Whether the report is there, as it was written, and nothing it depends on has changed since."""
    label = parse_period(period).label
    folder = municipality.folder / "reports" / label
    if not (folder / RECORD).is_file():
        return False
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    is_whole = all(
        (folder / name).is_file() and file_hash(folder / name) == mark for name, mark in record["outputs"].items()
    )
    return is_whole and record.get("fingerprint") == report_mark(municipality, label, read_recipe(recipe))


def report_mark(municipality: Municipality, period: str, recipe: Recipe) -> str:
    """One hash of what a report depends on: cube, classifier card, settings, recipe, notebook, versions and code."""
    package, folder = Path(__file__).resolve().parent.parent, municipality.folder
    names = (SETTINGS_FILE, "targets.csv", "audit_sample.csv", "audit_frame.csv")
    files = (folder / "classifier" / "card.json", *(folder / name for name in names))
    rooms = ("analyses", "publishing", "review")
    code = (notebook_path(recipe.notebook), *(package / room for room in rooms))
    mark = read_record(municipality)["fingerprint"]
    return fingerprint(mark, period, repr(recipe), _versions(), municipality.name, *files, *code)


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in PACKAGES}
    return {"procurement_kit": __version__, "python": sys.version.split()[0], **packages}


def _inputs(municipality: Municipality) -> dict[str, str]:
    paths = (municipality.folder / name for name in INPUTS)
    return {
        **{path.name: file_hash(path) for path in paths if path.is_file()},
        "lines": fingerprint(municipality.folder / "lines"),
    }
