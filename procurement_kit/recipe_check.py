"""Can a recipe be used, and if not, what is wrong with it?

Beside what reading it says: whether its notebook is there, whether each page has its texts in both languages, and
whether each table and column it names is one of an analysis.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from procurement_kit.errors import InputNotFoundError, SettingsError, nearest
from procurement_kit.findings import Outcome
from procurement_kit.publishing.recipes import Page, Recipe, notebook_path, read_recipe
from procurement_kit.publishing.sentences import LANGUAGES, texts

KNOWN_IN = {
    "buyers": "buyers", "community": "community", "compliance": "compliance", "concentration": "concentration",
    "e_trade": "e_trade", "joint_tenders": "joint_tenders", "kpis": "kpis", "market": "market",
    "opportunities": "opportunities", "overlap": "overlap", "reconciliation": "reconciliation",
    "small_purchases": "small_purchases", "spend": "spend", "supplier_changes": "supplier_changes", "tail": "tail",
}  # fmt: skip
ADDED = {"spend": ("repriced_amount", "fixed_change_share"), "tail": ("handling_amount",)}  # on some conditions


def check_recipe(path: str | Path) -> Outcome:
    """Read a recipe and say what it makes.

    Parameters
    ----------
    path : str or Path
        A TOML file, or the name of a recipe.

    Returns
    -------
    Outcome
        Its pages and outputs.

    Raises
    ------
    SettingsError
        With every problem at once, each with the nearest name.
    InputNotFoundError
        If there is no such recipe.
    """
    recipe = read_recipe(path)
    problems = list(_problems(recipe))
    if problems:
        raise SettingsError(
            f"{Path(path).name}: the recipe cannot be used.",
            problems=problems,
            expected="pages, tables and columns as in reports/municipal_report.toml",
            todo="correct the file and check it again",
        )
    shown, hidden = recipe.shown_pages, len(recipe.pages) - len(recipe.shown_pages)
    left_out = f"; {hidden} internal left out of this edition" if hidden else ""
    facts = {
        "recipe": recipe.name,
        "edition": recipe.edition,
        "outputs": list(recipe.outputs),
        "pages": {page.number: page.key for page in shown},
    }
    return Outcome(
        facts,
        (
            f"The recipe «{recipe.name}» can be used: {len(shown)} pages ({recipe.edition} edition{left_out}).",
            f"It is made by notebooks/{recipe.notebook}.ipynb and gives {', '.join(recipe.outputs)}.",
        ),
    )


def _problems(recipe: Recipe) -> Iterator[str]:
    try:
        notebook_path(recipe.notebook)
    except InputNotFoundError as error:
        yield f"notebook: {error.what}"
    for page in recipe.pages:
        yield from _missing_texts(page)
        yield from _unknown_tables(page)


def _missing_texts(page: Page) -> Iterator[str]:
    for language in LANGUAGES:
        known: Mapping = texts(language)["pages"]
        if page.key not in known:
            yield f"page «{page.key}»: texts/{language}.toml has no pages.{page.key}.{nearest(page.key, known)}"


def _unknown_tables(page: Page) -> Iterator[str]:
    for name in filter(None, (page.table, *page.more_tables, *page.workbook_tables)):
        key, table = name.split(".")
        tables = _tables(key)
        if tables and table not in tables:
            yield f"page «{page.key}»: the finding «{key}» has no table «{table}».{nearest(table, tables)}"
        elif tables and name == page.table:
            yield from _unknown_columns(page, (*tables[table], *ADDED.get(key, ())))


def _unknown_columns(page: Page, known: tuple[str, ...]) -> Iterator[str]:
    """A column may be named without its language: `category_name` stands for `category_name_da`."""
    bare = {name.removesuffix(f"_{language}") for name in known for language in LANGUAGES} | set(known)
    for column in page.columns:
        if column not in bare:
            yield f"page «{page.key}»: {page.table} has no column «{column}».{nearest(column, bare)}"


@cache
def _tables(key: str) -> dict[str, tuple[str, ...]]:
    """Tables and columns of a finding; nothing where the analysis does not say them ahead."""
    return import_module(f"procurement_kit.analyses.{KNOWN_IN[key]}").COLUMNS if key in KNOWN_IN else {}
