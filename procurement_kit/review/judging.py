"""Which words and sheets do somebody who judges or labels lines get, and how is a category read that was chosen?

Texts lie in `texts/audit_da.toml` and `texts/audit_en.toml`. Categories are offered by code and name, with what belongs
to them and what does not beside; a code alone is understood too.
"""

import re
from pathlib import Path

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.columns import Column
from procurement_kit.dialogue.sheets import Sheet, SheetColumn
from procurement_kit.dialogue.wording import LANGUAGES
from procurement_kit.errors import nearest
from procurement_kit.names import without_tokens
from procurement_kit.personal_numbers import blank
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.wording import FOLDER, ReviewWords, category_words
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import NOT_PROCUREMENT

UNDECIDABLE = "undecidable"
_CODE = re.compile(r"\s*([0-9A-Za-z]+)\b")
_LONG_CODE = re.compile(r"\b\d{6}\b", re.ASCII)


class JudgingWords(ReviewWords):
    """The texts of audit and labelling in one language."""

    part = "audit_"


def judging_words(municipality: Municipality) -> JudgingWords:
    """The words in a municipality's language and currency."""
    return JudgingWords(Formats(municipality.language, municipality.currency))


def in_all_languages(path: str) -> tuple[object, ...]:
    """What stands at a dotted path in each language: a file filled in is understood in any of them."""
    return tuple(JudgingWords(Formats(language)).entry(path) for language in LANGUAGES)


def form_column(name: str, type_: str, path: str, *, required: bool = False) -> Column:
    """A column of a form that is read back, under its headings in all languages; `path` is where these stand."""
    danish, *others = (headings[name] for headings in in_all_languages(path))
    return Column(name, type_, danish, "As filled in.", required=required, also=tuple(others))


def workbook_path(municipality: Municipality, which: str, label: str = "") -> Path:
    """Where a workbook to be filled in lies: `review/` of the municipality's folder, named in its language."""
    name = judging_words(municipality).say(f"files.{which}", label=label)
    return municipality.folder / FOLDER / f"{name}.xlsx"


def shown_text(*texts: str | None) -> str:
    """What a line says, for a person to read: without tokens and personal numbers.

    Examples
    --------
    >>> shown_text("Kopipapir", None, "A4")
    'Kopipapir · A4'
    """
    return blank(" · ".join(found for text in texts if (found := without_tokens(text or ""))))


def categories_sheet(tree: CategoryTree, words: JudgingWords) -> Sheet:
    """The categories to choose from, with what belongs to each; first the answer that it cannot be decided."""
    outside = {NOT_PROCUREMENT, *tree.descendants(NOT_PROCUREMENT)} if NOT_PROCUREMENT in tree else set()
    rows = [(words.say("words.undecidable"), "", "")]
    rows += [
        (
            category_words(tree, code, words.formats.language),
            *(_with_names(text, tree) for text in (tree[code].belongs_da, tree[code].belongs_not_da)),
        )
        for code in sorted(tree.codes)
        if code not in outside
    ]
    headings = words.entry("words.category_headings")
    columns = tuple(SheetColumn(text, width=width) for text, width in zip(headings, (60, 70, 70), strict=True))
    return Sheet(words.say("words.categories"), columns, rows)


def _with_names(text: str, tree: CategoryTree) -> str:
    """A sentence with names for codes of six digits, which look like a day of birth to whoever guards the exit."""
    return _LONG_CODE.sub(lambda found: f"«{tree.name(found[0])}»" if found[0] in tree else found[0], text)


def guide_sheet(lines: list[str], heading: str, words: JudgingWords) -> Sheet:
    """How the list is filled in, one sentence per row."""
    return Sheet(words.say("words.guide"), (SheetColumn(heading, width=110),), [(line,) for line in lines])


def read_category(printed: str, tree: CategoryTree) -> str:
    """The category that was chosen, or `UNDECIDABLE`.

    Parameters
    ----------
    printed : str
        Code, or code and name as offered.
    tree : CategoryTree
        The tree it must be of.

    Raises
    ------
    ValueError
        If it is neither; names the nearest code.
    """
    if printed.strip().casefold() in {str(text).casefold() for text in in_all_languages("words.undecidable")}:
        return UNDECIDABLE
    found = _CODE.match(printed)
    code = found[1] if found else ""
    if code not in tree:
        raise ValueError(
            f"«{blank(printed)}» does not begin with a code of the category tree.{nearest(code, tree.codes)}"
        )
    return code
