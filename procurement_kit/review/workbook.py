"""How do the groups to review become a workbook that people decide in?

One sheet with all groups by kroner times doubt, for whoever knows the categories, and one sheet per forvaltning for its
head: its lines, what is proposed, and whether that is right. Categories are chosen from a list. What was filled in and
not read back yet is never written over.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shlex import quote

import pandas as pd

from procurement_kit import folders
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.decision_log import read_decision_log
from procurement_kit.dialogue.questions import FUNCTIONS
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import file_hash
from procurement_kit.names import without_tokens
from procurement_kit.plurals import so_many
from procurement_kit.publishing.workbook import SHEET_NAME_LENGTH
from procurement_kit.review.proposals import BEST
from procurement_kit.review.queue import ReviewEffect, lines_to_review, review_effect
from procurement_kit.review.wording import FOLDER, ReviewWords, category_words, review_words
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import NOT_PROCUREMENT

REGISTER_FILE = "review.json"
MOST_GROUPS, MOST_OF_DIVISION, NEXT = 500, 200, 50
LONGEST_CELL = 300
SHOWN_CELLS = ("supplier_name", "supplier_number", "text", "account_number", "account_name", "unit")
MAIN_COLUMNS = (
    "group_key", *SHOWN_CELLS, "division", "line_count", "net_amount", "doubt", "expected_wrong_amount", "also_decides",
    "now", "best_1", "best_2", "best_3", "answer", "function", "date",
)  # fmt: skip
DIVISION_COLUMNS = (
    "group_key", *SHOWN_CELLS, "line_count", "net_amount", "also_decides", "proposed", "is_right", "instead",
    "function", "date",
)  # fmt: skip
FILLED_IN = ("answer", "is_right", "instead", "function", "date")
_UNITS = {
    "line_count": "count", "also_decides": "count", "net_amount": "kr", "expected_wrong_amount": "kr", "doubt": "share",
    "date": "date",
}  # fmt: skip
_WIDTHS = {
    "group_key": 18, "supplier_name": 28, "supplier_number": 12, "text": 44, "account_number": 12, "account_name": 24,
    "line_count": 8, "doubt": 8, "also_decides": 8, "is_right": 9, "date": 12, "now": 30, "best_1": 30, "best_2": 26,
    "best_3": 26, "proposed": 34, "answer": 36, "instead": 36, "function": 24,
}  # fmt: skip
_NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


@dataclass(frozen=True)
class _Page:
    """What every sheet of groups is written with."""

    words: ReviewWords
    tree: CategoryTree
    functions: tuple[str, ...]


def write_review(municipality: Municipality, *, count: int = MOST_GROUPS, order: str = "kroner") -> Outcome:
    """Write the groups to review as a workbook.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube, decisions and classifier.
    count : int
        Groups at most on the sheet of all.
    order : {"kroner", "learning"}
        Order of that sheet, as in `lines_to_review`.

    Returns
    -------
    Outcome
        Path, number of groups and of sheets for forvaltninger, and what the next decisions would move.

    Raises
    ------
    NoDataError
        If lines have not been classified.
    ParameterError
        If the workbook that is there has been filled in and not been read back, or there is no such order.
    PrivacyError
        If a cell would hold a personal number.
    """
    path = review_path(municipality)
    _refuse_unread(municipality, path)
    words, tree = review_words(municipality), tree_of(municipality)
    page = _Page(words, tree, _functions(municipality, words))
    groups = lines_to_review(municipality, count=count, order=order)
    effect = review_effect(municipality, count=NEXT)
    divisions = _by_division(municipality, groups)
    names = _sheet_names(list(divisions), words)
    sheets = [_sheet(page, words.say("workbook.main"), MAIN_COLUMNS, groups)]
    sheets += [_sheet(page, names[name], DIVISION_COLUMNS, found) for name, found in divisions.items()]
    sheets += [_guide(words, effect), _categories(page)]
    write_sheets(path, f"{words.say('workbook.title')}: {municipality.title}", sheets)
    _note_written(municipality, path)
    return _outcome(municipality, path, groups, divisions, effect)


def review_path(municipality: Municipality) -> Path:
    """Where the workbook lies."""
    return municipality.folder / FOLDER / f"{review_words(municipality).say('files.review')}.xlsx"


def read_register(municipality: Municipality) -> dict:
    """What was `written` (hash of the workbook) and `read` (hash of a file → rows that were taken in)."""
    path = municipality.folder / FOLDER / REGISTER_FILE
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"written": found.get("written", ""), "read": found.get("read", {})}


def write_register(municipality: Municipality, register: dict) -> None:
    """Remember what was written and read."""
    text = json.dumps(register, ensure_ascii=False, indent=1, sort_keys=True)
    folders.write_text(municipality.folder / FOLDER / REGISTER_FILE, text + "\n")


def offered(tree: CategoryTree) -> list[str]:
    """The categories a line can be decided to be: all but those that are not procurement."""
    outside = {NOT_PROCUREMENT, *tree.descendants(NOT_PROCUREMENT)} if NOT_PROCUREMENT in tree else set()
    return [code for code in sorted(tree.codes) if code not in outside]


def shown(value: object) -> str | None:
    """A printed cell as it stands on a sheet: no token of a person, no more than a few lines."""
    text = without_tokens(" ".join(str(value).split())) if isinstance(value, str) else ""
    return (text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…") or None


def _refuse_unread(municipality: Municipality, path: Path) -> None:
    if not path.is_file():
        return
    register, now = read_register(municipality), file_hash(path)
    if now != register["written"] and now not in register["read"]:
        raise ParameterError(
            f"{path.name} has been changed since it was written, and has not been read back.",
            expected="a workbook whose answers are taken in, or none",
            todo=f"run: procurement-kit review {municipality.name} --read {quote(str(path))}, or move the file away",
        )


def _note_written(municipality: Municipality, path: Path) -> None:
    with folders.locked(municipality):
        write_register(municipality, read_register(municipality) | {"written": file_hash(path)})


def _functions(municipality: Municipality, words: ReviewWords) -> tuple[str, ...]:
    """Functions to choose from: those that have decided before, then the usual ones."""
    before = [row["decided_by"] for row in read_decision_log(municipality).to_pylist()][::-1]
    usual = FUNCTIONS[words.formats.language]
    known = [name for name in dict.fromkeys((*before, *usual)) if "," not in name and len(name) <= 40]
    return tuple(known[:6])


def _by_division(municipality: Municipality, groups: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Each forvaltning's own lines, where anybody knows which forvaltning bought."""
    names = sorted(name for name in set(groups["division"]) if name)
    return {name: lines_to_review(municipality, count=MOST_OF_DIVISION, division=name) for name in names}


def _sheet_names(divisions: Sequence[str], words: ReviewWords) -> dict[str, str]:
    """A name Excel accepts for each forvaltning, each once."""
    taken = {str(words.say(f"workbook.{name}")).casefold() for name in ("main", "guide", "categories")}
    names: dict[str, str] = {}
    for division in divisions:
        bare = " ".join(division.translate(_NOT_IN_A_NAME).split())[:SHEET_NAME_LENGTH].strip() or "–"
        name, number = bare, 1
        while name.casefold() in taken:
            number += 1
            name = f"{bare[: SHEET_NAME_LENGTH - 4]} ({number})"
        taken.add(name.casefold())
        names[division] = name
    return names


# --- sheets ---------------------------------------------------------------------------------------------------------


def _sheet(page: _Page, name: str, columns: tuple[str, ...], groups: pd.DataFrame) -> Sheet:
    words = page.words
    headings, notes = words.entry("workbook.headings"), words.entry("workbook.notes")
    shapes = tuple(
        SheetColumn(headings[c], _UNITS.get(c, "text"), _WIDTHS.get(c, 18), c in FILLED_IN, notes.get(c, ""))
        for c in columns
    )
    rows = [tuple(_cells(page, group).get(c) for c in columns) for group in groups.to_dict("records")]
    lists: dict[str, tuple[str, ...] | str] = {
        "answer": words.say("workbook.categories"),
        "instead": words.say("workbook.categories"),
        "is_right": (words.say("workbook.yes"), words.say("workbook.no")),
        "function": page.functions,
    }
    choices = {
        (number, place): lists[c] for number in range(len(rows)) for place, c in enumerate(columns) if c in lists
    }
    return Sheet(name, shapes, rows, choices)


def _cells(page: _Page, group: dict) -> dict[str, object]:
    """One group as it stands on a sheet."""
    cells = {name: shown(group[name]) for name in SHOWN_CELLS}
    cells |= {name: group[name] for name in ("group_key", "line_count", "net_amount", "expected_wrong_amount")}
    cells |= {"division": group["division"] or None, "doubt": Decimal(str(round(group["doubt"], 4)))}
    cells |= {"also_decides": group["reach_group_count"] - 1 or None}
    cells |= {"now": _named(page, group["category_code"]), "proposed": _named(page, proposed_code(page.tree, group))}
    for n in range(1, BEST + 1):
        named, probability = _named(page, group[f"best_{n}_code"]), group[f"best_{n}_probability"]
        if named:
            share = page.words.formats.share(Decimal(str(round(probability, 4)))).replace("\u00a0", " ")
            cells[f"best_{n}"] = page.words.say("workbook.proposal", category=named, probability=share)
    return cells


def proposed_code(tree: CategoryTree, group: dict) -> str | None:
    """What the head of a forvaltning is asked about: the best category below what is claimed, else what is claimed."""
    best, claimed = (code if code in tree else None for code in (group["best_1_code"], group["category_code"]))
    return best if best and (claimed is None or claimed in tree.path(best)) else claimed


def _named(page: _Page, code: object) -> str | None:
    return category_words(page.tree, code, page.words.formats.language) if code in page.tree else None


def _categories(page: _Page) -> Sheet:
    rows = [(category_words(page.tree, code, page.words.formats.language),) for code in offered(page.tree)]
    columns = (SheetColumn(page.words.entry("workbook.headings")["answer"], width=70),)
    return Sheet(page.words.say("workbook.categories"), columns, rows, is_hidden=True)


def _guide(words: ReviewWords, effect: ReviewEffect) -> Sheet:
    lines = [*words.entry("workbook.guide_lines"), *effect_words(words, effect)]
    columns = (SheetColumn(words.say("workbook.guide_heading"), width=110),)
    return Sheet(words.say("workbook.guide"), columns, [(line,) for line in lines])


def effect_words(words: ReviewWords, effect: ReviewEffect) -> list[str]:
    """What the next decisions would move, in two sentences."""
    share = words.formats.share(effect.covered_share).replace("\u00a0", " ")
    amounts = {name: getattr(effect, name) for name in ("covered_amount", "expected_wrong_amount", "reviewed_amount")}
    said = words.say("workbook.effect", decisions=effect.decisions, covered_share=share, **amounts)
    return [said, words.say("workbook.left", decisions_left=effect.decisions_left, **amounts)]


def _outcome(
    municipality: Municipality,
    path: Path,
    groups: pd.DataFrame,
    divisions: dict[str, pd.DataFrame],
    effect: ReviewEffect,
) -> Outcome:
    amounts = ("covered_amount", "in_scope_amount", "covered_share", "expected_wrong_amount", "reviewed_amount")
    facts = {
        "groups": len(groups),
        "groups_left": effect.decisions_left,
        "division_sheets": {name: len(found) for name, found in divisions.items()},
        "next_decisions": effect.decisions,
        **{name: None if (value := getattr(effect, name)) is None else str(value) for name in amounts},
        "paths": {"review": str(path)},
    }
    currency, share = municipality.currency, effect.covered_share or 0
    sentences = (
        f"Wrote {len(groups):,} of {so_many(effect.decisions_left, 'group')} to {path}; "
        f"sheets for divisions: {len(divisions)}.",
        f"The next {so_many(effect.decisions, 'decision covers', 'decisions cover')} "
        f"{effect.covered_amount:,.2f} {currency} ({share:.1%} of those in "
        f"scope), of which {effect.expected_wrong_amount:,.2f} {currency} is expected to be wrong now.",
        f"Next: fill it in, then procurement-kit review {municipality.name} --read {quote(str(path))} --by <function>",
    )
    return Outcome(facts, sentences)
