"""Which reports does a batch make: of whom, by which recipes, for which periods?

A batch is municipalities × recipes × periods, and communities × recipes × periods, or rows of a file: CSV with a
report per row, or TOML with lists. A recipe goes with those it is about. Everything wrong with a batch is said at once,
before a report is made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from procurement_kit import store
from procurement_kit.closed import closing_record
from procurement_kit.community import community_names
from procurement_kit.community_report import RECIPE as COMMUNITY_RECIPE
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, ProcurementError, nearest
from procurement_kit.periods import parse_period

STANDARD_RECIPE = "municipal_report"
COLUMNS = ("municipality", "recipe", "period", "category", "community")
LISTS = ("municipalities", "communities", "recipes", "periods")
ALL = "all"


@dataclass(frozen=True)
class Job:
    """One report to make, of a municipality or a community; `category` where its recipe is about one."""

    municipality: str
    recipe: str
    period: str
    category: str = ""
    community: str = ""


def jobs_of(
    municipalities: Iterable[str], recipes: Iterable[str], periods: Iterable[str], category: str = ""
) -> list[Job]:
    """Municipalities × recipes × periods, each once; `all` stands for every municipality that is open.

    Raises
    ------
    ParameterError
        If a municipality or period is unknown; all problems at once.
    """
    named = _named(municipalities, _open_names())
    return _checked([Job(*parts, category) for parts in product(named, recipes, periods)])


def _open_names() -> list[str]:
    return [name for name in store.municipality_names() if not closing_record(store.data_folder() / name)]


def _named(given: Iterable[str], known: Sequence[str]) -> list[str]:
    return [name for one in given for name in (known if one == ALL else [one])]


def chosen_jobs(
    name: str, *, every: bool, batch: Path | None, recipe: str, period: str, category: str = ""
) -> list[Job]:
    """The reports that a command line asks for: of every municipality, or of a file.

    Raises
    ------
    ParameterError
        If it asks for more than one of the three, or for every municipality without a period.
    """
    if bool(name) + every + bool(batch) > 1:
        raise ParameterError(
            "A municipality, --all and --batch were asked for together.",
            expected="one of the three",
            todo="procurement-kit report --all --period 2025Q3",
        )
    if batch:
        return read_batch(batch)
    if not period:
        raise ParameterError(
            "--all was asked for without a period.",
            expected="a period such as 2025Q3",
            todo="procurement-kit report --all --period 2025Q3",
        )
    return jobs_of([ALL], [recipe], [period], category)


def read_batch(path: Path) -> list[Job]:
    """Read a batch file: CSV with a report per row, or TOML with municipalities, communities, recipes and periods.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is not read as what its name says, or has other columns or keys.
    ParameterError
        If a municipality, community, recipe or period in it is unknown; all problems at once.
    """
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="a batch file", todo="check the path")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _not_a_batch(path, "it is not UTF-8") from None
    if path.suffix == ".toml":
        return _checked(_multiplied(path, _lists(path, text)))
    return _checked(_rows(path, text))


def _lists(path: Path, text: str) -> dict[str, list[str]]:
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_a_batch(path, str(error)) from None
    problems = [f"{key} is not known.{nearest(key, LISTS)}" for key in content if key not in LISTS]
    for key in [key for key in LISTS if key in content or key == "periods"]:
        values = content.get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            problems.append(f"{key} is not a list of texts.")
    if not {"municipalities", "communities"} & set(content):
        problems.append("municipalities and communities are both missing; one of them is needed.")
    if problems:
        raise _not_a_batch(path, *problems)
    return {key: content.get(key, []) for key in LISTS}


def _multiplied(path: Path, lists: dict[str, list[str]]) -> list[Job]:
    """Municipalities × the recipes about one × periods, then communities likewise.

    Where no recipe is named for one of the two, the standard one is made of it.
    """
    about_communities = [recipe for recipe in lists["recipes"] if _is_of_community(recipe)]
    others = [recipe for recipe in lists["recipes"] if recipe not in about_communities]
    pairs = (("municipalities", others, STANDARD_RECIPE), ("communities", about_communities, COMMUNITY_RECIPE))
    problems = [f"{', '.join(asked)}: no {whose} are named." for whose, asked, _ in pairs if asked and not lists[whose]]
    if problems:
        raise _not_a_batch(path, *problems)
    towns, communities = _named(lists["municipalities"], _open_names()), _named(lists["communities"], community_names())
    jobs = [Job(*parts) for parts in product(towns, others or [STANDARD_RECIPE], lists["periods"])]
    parts = product(communities, about_communities or [COMMUNITY_RECIPE], lists["periods"])
    return [*jobs, *(Job("", recipe, period, community=name) for name, recipe, period in parts)]


def _is_of_community(recipe: str) -> bool:
    """Whether a recipe is about a community; one that cannot be read is not, and is told of with the batch."""
    from procurement_kit.publishing.recipes import read_recipe

    try:
        return read_recipe(recipe).is_of_community
    except ProcurementError:
        return False


def _rows(path: Path, text: str) -> list[Job]:
    import csv

    lines = text.splitlines()
    if lines and lines[0].startswith("sep="):  # as Excel writes it
        lines = lines[1:]
    separator = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=separator)
    found = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = found
    problems = [f"{name} is not known.{nearest(name, COLUMNS)}" for name in found if name not in COLUMNS]
    problems += ["period is missing."] * ("period" not in found)
    problems += ["municipality is missing."] * (not {"municipality", "community"} & set(found))
    if problems:
        raise _not_a_batch(path, *problems)
    rows = [{key: (row.get(key) or "").strip() for key in COLUMNS} for row in reader]
    standard = {True: COMMUNITY_RECIPE, False: STANDARD_RECIPE}
    return [Job(**{**row, "recipe": row["recipe"] or standard[bool(row["community"])]}) for row in rows]


def _not_a_batch(path: Path, *problems: str) -> FileFormatError:
    return FileFormatError(
        f"{path.name}: the batch cannot be read.",
        problems=problems,
        expected=f"CSV with {';'.join(COLUMNS)}, or TOML with {', '.join(LISTS)}",
        todo="correct the file",
    )


def _checked(jobs: list[Job]) -> list[Job]:
    problems = _strangers(jobs)
    readings = [(parse_period, job.period) for job in jobs] + [(_fitting, job) for job in jobs]
    for read, given in readings:
        try:
            read(given)
        except ProcurementError as error:
            problems.append(error.what)
    problems = list(dict.fromkeys(problems))
    if problems or not jobs:
        raise ParameterError(
            "The batch cannot be run.",
            problems=problems or ["There is nobody to make a report of."],
            expected=f"names in {store.data_folder()}, recipes in reports/, periods such as 2025Q3",
            todo="correct the batch",
        )
    return list(dict.fromkeys(replace(job, period=parse_period(job.period).label) for job in jobs))


def _fitting(job: Job) -> None:
    from procurement_kit.publishing.recipes import read_recipe

    read_recipe(job.recipe).about(job.category, community=job.community)


def _strangers(jobs: Sequence[Job]) -> list[str]:
    """Whoever is named and not there, and rows that name both a municipality and a community."""
    problems = [
        f"«{job.municipality}» and «{job.community}» stand in one row: name one of the two."
        for job in jobs if job.municipality and job.community
    ]  # fmt: skip
    towns = [job.municipality for job in jobs if not job.community]
    pairs = (("municipality", towns, store.municipality_names()),
             ("community", [job.community for job in jobs if job.community], community_names()))  # fmt: skip
    for kind, names, known in pairs:
        unknown = [name for name in dict.fromkeys(names) if name not in known]
        problems += [f"There is no {kind} «{name}».{nearest(name, known)}" for name in unknown]
    return problems
