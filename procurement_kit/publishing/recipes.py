"""Which pages make up a report, in which order, and which findings do they need?

A recipe is a TOML file in `reports/`: the notebook that makes the report, its outputs, language and edition, and its
pages. It is read strictly: every problem in the file is named at once, with the nearest known key.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from procurement_kit.errors import InputNotFoundError, ParameterError, SettingsError, nearest
from procurement_kit.store import data_folder

HTML, WORKBOOK, SLIDES, FINDING_FILES, PDF = "report.html", "report.xlsx", "report.pptx", "findings", "report.pdf"
OUTPUTS = (HTML, WORKBOOK, SLIDES, FINDING_FILES, PDF)
LANGUAGE_CHOICES = ("setting", "da", "en")
EDITIONS = ("internal", "political")
FINDING_KEYS = (
    "spend",
    "tail",
    "compliance",
    "quality",
    "reconciliation",
    "accuracy",
    "kpis",
    "e_trade",
    "concentration",
    "supplier_changes",
    "changes",
    "small_purchases",
    "category",
    "buyers",
    "groups",
    "opportunities",
    "expiries",
    "tenders",
    "framework_use",
    "joint_tenders",
    "community",
    "overlap",
    "market",
)
FIGURE_KEYS = (
    "", "spend_by_area", "scope_waterfall", "pareto", "compliance", "kpis", "buyers", "expiries", "framework_use",
    "overlap", "joint_tenders",
)  # fmt: skip
PARAMETERS = ("category", "community")
LAYOUTS = ("page", "summary", "method")
PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Page:
    """One page of a report.

    Parameters
    ----------
    key : str
        Names its texts (`pages.<key>`), its anchor and its error messages.
    number : int
        Page number; the workbook's sheet has the same.
    findings : tuple of str
        Keys of the findings it speaks of; the first is the one its sentences are about.
    layout : {"page", "summary", "method"}
        How it is set.
    figure : str
        Name of its figure, or nothing.
    more_figures : tuple of str
        Further figures under it, as `finding.figure`; those whose finding is missing are left out.
    table : str
        Table shown, as `finding.table`, or nothing.
    columns : tuple of str
        Columns of that table; all when empty.
    row_limit : int
        Rows shown; the workbook has all. 0 shows all.
    more_tables : tuple of str
        Further tables: folded under the figure, and on the workbook's sheet.
    workbook_tables : tuple of str
        Tables on the workbook's sheet only, because the page stays short; those whose finding is missing are left out.
    is_internal : bool
        Left out of the political edition.
    """

    key: str
    number: int
    findings: tuple[str, ...]
    layout: str = "page"
    figure: str = ""
    more_figures: tuple[str, ...] = ()
    table: str = ""
    columns: tuple[str, ...] = ()
    row_limit: int = 0
    more_tables: tuple[str, ...] = ()
    workbook_tables: tuple[str, ...] = ()
    is_internal: bool = False

    @property
    def anchor(self) -> str:
        """Where links point: «s03»."""
        return f"s{self.number:02d}"


@dataclass(frozen=True)
class Recipe:
    """What a report is made of."""

    name: str
    title: dict[str, str]
    notebook: str
    outputs: tuple[str, ...]
    language: str
    edition: str
    pages: tuple[Page, ...]
    folder_ending: str = ""
    parameters: tuple[str, ...] = ()
    category: str = ""

    @property
    def speaks_of_quality(self) -> bool:
        """Whether a page says how good the data are; only then does the cover."""
        return any("quality" in page.findings for page in self.pages)

    def folder_name(self, period: str) -> str:
        """Folder of the report in `reports/`: that of the period, with an ending where two reports are made of it."""
        about = re.sub(r"\W+", "_", self.category)
        return "-".join(part for part in (period, self.folder_ending, about) if part)

    def about(self, category: str, *, community: str = "") -> "Recipe":
        """The recipe for one category, where it is about one; a recipe about a community takes nothing else.

        Raises
        ------
        ParameterError
            If the recipe is about a category and none is named, or the other way round; the same for a community.
        """
        self._require_community(community)
        if ("category" in self.parameters) != bool(category):
            raise ParameterError(
                f"The recipe «{self.name}» is about one category: none was named."
                if not category
                else f"The recipe «{self.name}» is not about a category, but «{category}» was named.",
                expected="a category with category_leader or category_staff, and none with the others",
                todo="write --category with a code of category_tree.csv, or choose another recipe",
            )
        return replace(self, category=category)

    def _require_community(self, community: str) -> None:
        if self.is_of_community == bool(community):
            return
        raise ParameterError(
            f"The recipe «{self.name}» is about {'a community' if self.is_of_community else 'one municipality'}.",
            expected="community_report with --community NAME, and the other recipes with a municipality",
            todo="procurement-kit report --community NAME --period 2025Q3",
        )

    @property
    def is_of_community(self) -> bool:
        """Whether it is about a community instead of a municipality."""
        return "community" in self.parameters

    @property
    def shown_pages(self) -> tuple[Page, ...]:
        """The pages of this edition."""
        return tuple(page for page in self.pages if self.edition == "internal" or not page.is_internal)


def recipe_folders() -> tuple[Path, ...]:
    """Where recipes lie: `recipes/` of the data folder, `reports/` of the project, `recipes/` of the package."""
    return (data_folder() / "recipes", PACKAGE.parent / "reports", PACKAGE / "recipes")


def notebook_path(name: str) -> Path:
    """Where a notebook lies: `notebooks/` of the project, or of an installed package.

    Raises
    ------
    InputNotFoundError
        If there is none of that name; names the nearest.
    """
    return _find(name, ".ipynb", (PACKAGE.parent / "notebooks", PACKAGE / "notebooks"), "notebook")


def read_recipe(name: str | Path) -> Recipe:
    """Read a recipe by its name, or from a TOML file; what it extends fills what it does not say itself.

    Raises
    ------
    InputNotFoundError
        If there is none of that name; names the nearest.
    SettingsError
        If the file is not TOML, or holds an unknown key or a value that is not allowed; all problems at once.
    """
    path = Path(name) if str(name).endswith(".toml") else _find(str(name), ".toml", recipe_folders(), "recipe")
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="a recipe", todo="check the path")
    content = _content(path)
    if isinstance(content.get("extends"), str):
        base = _content(_find(content["extends"], ".toml", recipe_folders(), "recipe"))
        content = base | {key: value for key, value in content.items() if key != "extends"}
    pages = content.get("pages", [])
    problems = _wrong(content, _RECIPE_RULES, "the recipe")
    if isinstance(pages, list) and all(isinstance(page, dict) for page in pages):
        for place, page in enumerate(pages, start=1):
            problems += _wrong(page, _PAGE_RULES, f"page {place} («{page.get('key', '')}»)")
        problems += _repeated(pages)
    if problems:
        raise SettingsError(
            f"{path.name}: the recipe cannot be used.",
            problems=problems,
            expected="the keys and values of reports/municipal_report.toml",
            todo="correct the file",
        )
    return _recipe(path.stem, content)


def _content(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}", todo="correct the line named") from None


def _recipe(name: str, content: dict) -> Recipe:
    pages = tuple(
        Page(**{key: tuple(value) if isinstance(value, list) else value for key, value in page.items()})
        for page in content["pages"]
    )
    lists = {key: tuple(content[key]) for key in ("outputs", "parameters") if key in content}
    values = {**content, **lists, "pages": pages}
    return Recipe(name=name, **values)


def _is_table(value: str) -> bool:
    return not value or (value.count(".") == 1 and value.split(".")[0] in FINDING_KEYS)


def _is_figure(value: str) -> bool:
    return _is_table(value) and value.split(".")[-1] in FIGURE_KEYS


def _one_of(*allowed: str):  # noqa: ANN202
    return (lambda value: value in allowed, f"expected one of {', '.join(filter(None, allowed))}")


def _all_of(test, expected: str):  # noqa: ANN001, ANN202
    return (lambda values: all(isinstance(value, str) and test(value) for value in values), expected)


_ANY = (lambda value: True, "")
_TABLE = "expected a finding's key, a full stop and a table, for instance «spend.by_area»"
# key → (type, must be there, (test, what is expected))
_RECIPE_RULES = {
    "title": (dict, True, (lambda title: set(title) == {"da", "en"}, "expected a title in da and in en")),
    "notebook": (str, True, _ANY),
    "outputs": (list, True, _all_of(lambda v: v in OUTPUTS, f"expected some of {', '.join(OUTPUTS)}")),
    "language": (str, True, _one_of(*LANGUAGE_CHOICES)),
    "edition": (str, True, _one_of(*EDITIONS)),
    "folder_ending": (str, False, (lambda text: text.isidentifier(), "expected letters, digits and underscores")),
    "parameters": (list, False, _all_of(lambda v: v in PARAMETERS, f"expected some of {', '.join(PARAMETERS)}")),
    "pages": (list, True, (lambda pages: pages and all(isinstance(p, dict) for p in pages), "expected [[pages]]")),
}
_PAGE_RULES = {
    "key": (str, True, _ANY),
    "number": (int, True, (lambda number: 1 <= number <= 99, "expected a number between 1 and 99")),
    "findings": (list, True, _all_of(lambda v: v in FINDING_KEYS, f"expected some of {', '.join(FINDING_KEYS)}")),
    "layout": (str, False, _one_of(*LAYOUTS)),
    "figure": (str, False, _one_of(*FIGURE_KEYS)),
    "more_figures": (list, False, _all_of(_is_figure, "expected a finding's key, a full stop and a figure")),
    "table": (str, False, (_is_table, _TABLE)),
    "columns": (list, False, _all_of(lambda v: True, "expected texts")),
    "row_limit": (int, False, (lambda number: number >= 0, "expected 0 or more")),
    "more_tables": (list, False, _all_of(_is_table, _TABLE)),
    "workbook_tables": (list, False, _all_of(_is_table, _TABLE)),
    "is_internal": (bool, False, _ANY),
}


def _wrong(content: dict, rules: dict, where: str) -> list[str]:
    problems = [f"{where}: {key} is not known.{nearest(key, rules)}" for key in content if key not in rules]
    for key, (kind, is_needed, (test, expected)) in rules.items():
        if key not in content:
            problems += [f"{where}: {key} is missing."] if is_needed else []
        elif type(content[key]) is not kind:
            problems.append(f"{where}: {key} is of the wrong type, expected {_KIND_NAMES[kind]}.")
        elif not test(content[key]):
            problems.append(f"{where}: {key} is «{content[key]}», {expected}.")
    return problems


_KIND_NAMES = {str: "a text", int: "a whole number", list: "a list", dict: "a table", bool: "true or false"}


def _repeated(pages: list[dict]) -> list[str]:
    problems = []
    for key in ("key", "number"):
        values = [page.get(key) for page in pages]
        problems += [f"{key} «{value}» stands on two pages." for value in {v for v in values if values.count(v) > 1}]
    return sorted(problems)


def _find(name: str, ending: str, folders: tuple[Path, ...], kind: str) -> Path:
    found = {path.stem: path for folder in reversed(folders) for path in sorted(folder.glob(f"*{ending}"))}
    if name not in found:
        raise InputNotFoundError(
            f"There is no {kind} «{name}».{nearest(name, found)}",
            expected=f"one of: {', '.join(sorted(found)) or 'none found'}",
            todo=f"write the name of a {kind} without its ending",
        )
    return found[name]
