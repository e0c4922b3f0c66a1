"""Which categories are there, and how do they hang together?

A frozen tree over `category_tree.csv`: the product's own, or a municipality's, made by hand or out of the labels its
lines already carry. Codes are identities; the parent stands in its own column, so any unique code will do.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.classifier.spellings import SpellingGroup, chosen_spellings, complete_path
from procurement_kit.columns import FLAG
from procurement_kit.errors import TableError, nearest
from procurement_kit.folders import write_text
from procurement_kit.settings import Municipality
from procurement_kit.tables import CATEGORY_PHRASES, CATEGORY_SPELLINGS, CATEGORY_TREE, LABEL_LEVELS
from procurement_kit.templates import read_template

if TYPE_CHECKING:
    import pandas as pd

TREE_FILE = "category_tree.csv"
SPELLINGS_FILE = "category_spellings.csv"


@dataclass(frozen=True)
class Category:
    """One node of the tree; the columns of `category_tree.csv` and its level, 1 at the top."""

    category_code: str
    parent_category_code: str | None
    category_name_da: str
    category_name_en: str
    level: int
    purchase_type: str | None = None
    cpv_codes: tuple[str, ...] = ()
    light_cpv_codes: tuple[str, ...] = ()
    is_e_tradable: bool = False
    is_granted_to_citizen: bool = False
    is_public_tariff: bool = False
    is_exempt: bool = False
    is_possibly_grant: bool = False
    is_capital: bool = False
    belongs_da: str = ""
    belongs_not_da: str = ""


@dataclass(frozen=True)
class CategoryTree:
    """The categories a line can be placed in.

    Examples
    --------
    >>> tree = tree_of_rows([("18", None, "Kontor", "Office"), ("1801", "18", "Papir", "Paper")])
    >>> tree.path("1801"), tree.level("1801"), tree.name("1801", "en"), tree.leaves
    (('18', '1801'), 2, 'Paper', ('1801',))
    """

    categories: tuple[Category, ...]

    @cached_property
    def _by_code(self) -> dict[str, Category]:
        return {category.category_code: category for category in self.categories}

    @cached_property
    def _children(self) -> dict[str | None, tuple[str, ...]]:
        found: dict[str | None, list[str]] = {}
        for category in self.categories:
            found.setdefault(category.parent_category_code, []).append(category.category_code)
        return {parent: tuple(codes) for parent, codes in found.items()}

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __getitem__(self, code: str) -> Category:
        if code not in self._by_code:
            raise TableError(
                f"«{code}» is not a category of the tree.{nearest(str(code), self._by_code)}",
                expected="a code of category_tree.csv",
                todo="correct the code, or add the category to the tree",
            )
        return self._by_code[code]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the file."""
        return tuple(self._by_code)

    @cached_property
    def depth(self) -> int:
        """Number of levels."""
        return max(category.level for category in self.categories)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Codes of the categories that have no children."""
        return tuple(code for code in self.codes if code not in self._children)

    def name(self, code: str, language: str = "da") -> str:
        """Name in Danish ("da") or English ("en"); the Danish one where there is no English."""
        category = self[code]
        return (category.category_name_en if language == "en" else "") or category.category_name_da

    def level(self, code: str) -> int:
        """Level of a category, 1 at the top."""
        return self[code].level

    def parent(self, code: str) -> str | None:
        """Code of the parent, None at the top."""
        return self[code].parent_category_code

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the top down to the category itself."""
        parent = self[code].parent_category_code
        return (*self.path(parent), code) if parent else (code,)

    def children(self, code: str | None = None) -> tuple[str, ...]:
        """Codes one level below; those of the top level by default."""
        return self._children.get(code, ())

    def descendants(self, code: str) -> tuple[str, ...]:
        """All codes below a category, without itself."""
        return tuple(
            found
            for child in self._children.get(self[code].category_code, ())
            for found in (child, *self.descendants(child))
        )

    def at_level(self, level: int) -> tuple[str, ...]:
        """Codes of one level, in the order of the file."""
        return tuple(c.category_code for c in self.categories if c.level == level)

    def codes_where(self, flag: str) -> frozenset[str]:
        """Codes that carry a flag such as `is_exempt`, themselves or through a parent."""
        return frozenset(code for code in self.codes if any(getattr(self[above], flag) for above in self.path(code)))


def tree_of_rows(rows: Iterable[tuple[str, str | None, str, str]]) -> CategoryTree:
    """A tree of (code, parent, Danish name, English name)."""
    names = ("category_code", "parent_category_code", "category_name_da", "category_name_en")
    return _tree([dict(zip(names, row, strict=True)) for row in rows], where="the tree")


def read_tree(path: Path) -> CategoryTree:
    """Read a category tree from CSV or XLSX.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        With every problem: wrong headings, repeated codes, unknown parents, circles, more than three levels.
    """
    return _tree(read_template(Path(path), CATEGORY_TREE).to_pylist(), where=Path(path).name)


def _tree(rows: list[dict], *, where: str) -> CategoryTree:
    parents = {row["category_code"]: row["parent_category_code"] or None for row in rows}
    problems = [
        f"{code}: parent «{parent}» is not in the tree.{nearest(parent, parents)}"
        for code, parent in parents.items()
        if parent and parent not in parents
    ]
    levels = {code: _level(code, parents) for code in parents}
    problems += [f"{code}: is its own ancestor" for code, level in levels.items() if level == 0]
    deepest = LABEL_LEVELS[-1]
    problems += [
        f"{code}: lies on level {n}, at most {deepest} are allowed" for code, n in levels.items() if n > deepest
    ]
    problems += ["there is no category"] if not rows else []
    if problems:
        raise TableError(
            f"{where}: the categories do not make a tree.",
            problems=problems,
            expected=f"every parent a category of the same file, at most {deepest} levels",
            todo="correct the rows named and save the file",
        )
    return CategoryTree(tuple(_category(row, levels[row["category_code"]]) for row in rows))


def _level(code: str, parents: Mapping[str, str | None]) -> int:
    """Level by walking up; 0 for a circle. An unknown parent ends the walk, it is reported on its own."""
    seen, level = set(), 0
    while code is not None:
        if code in seen:
            return 0
        seen.add(code)
        level += 1
        code = parents.get(code)
    return level


def _category(row: dict, level: int) -> Category:
    values = {field.name: row.get(field.name) for field in fields(Category) if field.name != "level"}
    for name, value in values.items():
        if name in ("cpv_codes", "light_cpv_codes"):
            values[name] = tuple((value or "").split())
        elif CATEGORY_TREE[name].type == FLAG:
            values[name] = bool(value)
        elif name not in ("parent_category_code", "purchase_type"):
            values[name] = value or ""
    values["parent_category_code"] = values["parent_category_code"] or None
    return Category(level=level, **values)


@lru_cache(maxsize=1)
def standard_tree() -> CategoryTree:
    """The product's own tree of categories for Danish municipalities."""
    with as_file(files("procurement_kit") / "knowledge" / TREE_FILE) as path:
        return read_tree(path)


def standard_phrases() -> "pd.DataFrame":
    """Words and phrases per category of the standard tree: category_code, phrase_kind, phrase."""
    with as_file(files("procurement_kit") / "knowledge" / "category_phrases.csv") as path:
        return read_template(path, CATEGORY_PHRASES).to_pandas()


def tree_of(municipality: Municipality) -> CategoryTree:
    """The tree a municipality uses: `category_tree.csv` in its folder, else the standard tree.

    Raises
    ------
    FileFormatError, TableError
        If its own tree cannot be used; the standard tree never takes its place silently.
    """
    path = municipality.folder / TREE_FILE
    return read_tree(path) if path.exists() else standard_tree()


def tree_from_labels(
    label_counts: Mapping[tuple[str | None, ...], int], *, confirm: Callable[[SpellingGroup], bool]
) -> tuple[CategoryTree, dict[tuple[str, ...], str]]:
    """Make a tree of the labels that lines carry.

    Spellings of one name are put together, level by level under the same parent, where `confirm` says so; the most
    frequent spelling becomes the name. Codes have two digits per level, in alphabetical order of the names.

    Parameters
    ----------
    label_counts : mapping of (level 1, level 2, level 3) to number of lines
        A path ends at its first empty level; one without level 1 is no label.
    confirm : callable
        Is asked for each group of spellings that look alike; True puts them together.

    Returns
    -------
    CategoryTree, dict of printed path to category code

    Raises
    ------
    TableError
        If no path holds a label.

    Examples
    --------
    >>> tree, codes = tree_from_labels({("Roads", "Salt"): 3, ("roads", None): 1}, confirm=lambda group: True)
    >>> [(code, tree.name(code)) for code in tree.codes], codes[("roads",)]
    ([('01', 'Roads'), ('0101', 'Salt')], '01')
    """
    counts: dict[tuple[str, ...], int] = {}
    for path, count in label_counts.items():
        whole = complete_path(path)
        counts[whole] = counts.get(whole, 0) + count
    counts.pop((), None)
    if not counts:
        raise TableError("No line carries a known category.", todo="name the label columns in the import profile")
    names = chosen_spellings(counts, confirm)
    codes = _alphabetical_codes(set(names.values()))
    rows = [
        (code, codes.get(path[:-1]), path[-1], path[-1]) for path, code in sorted(codes.items(), key=lambda i: i[1])
    ]
    return tree_of_rows(rows), {printed: codes[chosen] for printed, chosen in names.items()}


def _alphabetical_codes(paths: set[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    codes: dict[tuple[str, ...], str] = {(): ""}
    for level in range(1, max(map(len, paths)) + 1):
        here = sorted((p for p in paths if len(p) == level), key=lambda p: (codes[p[:-1]], p[-1].casefold(), p[-1]))
        siblings: dict[tuple[str, ...], list] = {}
        for path in here:
            siblings.setdefault(path[:-1], []).append(path)
        width = max(2, len(str(max(map(len, siblings.values())))))
        codes |= {
            p: f"{codes[above]}{n:0{width}d}" for above, group in siblings.items() for n, p in enumerate(group, 1)
        }
    del codes[()]
    return codes


def write_own_tree(municipality: Municipality, tree: CategoryTree, spellings: Mapping[tuple[str, ...], str]) -> None:
    """Write a municipality's `category_tree.csv` and `category_spellings.csv`."""
    write_text(municipality.folder / TREE_FILE, tree_text(tree))
    rows = [{"category_code": code, **_labels(path)} for path, code in sorted(spellings.items())]
    write_text(municipality.folder / SPELLINGS_FILE, _csv_text(CATEGORY_SPELLINGS.names, rows))


def read_spellings(municipality: Municipality) -> dict[tuple[str, ...], str]:
    """Printed label path → category code of a municipality's own tree; empty where none has been made."""
    path = municipality.folder / SPELLINGS_FILE
    if not path.is_file():
        return {}
    rows = read_template(path, CATEGORY_SPELLINGS).to_pylist()
    return {complete_path(row[f"labelled_category_{n}"] for n in LABEL_LEVELS): row["category_code"] for row in rows}


def tree_text(tree: CategoryTree) -> str:
    """The tree as CSV that `read_tree` reads."""
    return _csv_text(
        CATEGORY_TREE.names, [{n: _cell(getattr(c, n)) for n in CATEGORY_TREE.names} for c in tree.categories]
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return " ".join(value) if isinstance(value, tuple) else str(value or "")


def _labels(path: tuple[str, ...]) -> dict[str, str]:
    return {f"labelled_category_{n}": label for n, label in enumerate(path, start=1)}


def _csv_text(names: tuple[str, ...], rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=";", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
