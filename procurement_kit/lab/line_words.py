"""How is what the steps wrote about a line said, so that a consultant reads no code?

Dates, amounts, probabilities and flags as in the report; a category with its name; codes by the texts of the pages and
of the report, a code that holds a number by its pattern. What has no words stands as it was written.
"""

import re
from datetime import date
from decimal import Decimal

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.columns import KRONER
from procurement_kit.lab.wording import LabWords, shown
from procurement_kit.publishing.sentences import texts
from procurement_kit.review.supplier_workbook import evidence_words
from procurement_kit.review.wording import ReviewWords
from procurement_kit.tables import INVOICE_LINES

_TYPES = {column.name: column.type for column in INVOICE_LINES.columns}
_SURE = ("_confidence", "_score")
_PATTERNS = {
    "art": re.compile(r"art_(?P<number>\d+) (?P<version>\S+)"),
    "row": re.compile(r"(?P<file>\w+)\.csv row (?P<number>\d+)"),
    "number": re.compile(r"n:(?P<number>\w+)"),
    "name": re.compile(r"s:(?P<name>.+)"),
    "line": re.compile(r"(?P<id>[0-9a-f]{32})"),
    "model": re.compile(r"(?P<id>[0-9a-f]{8})"),
}
_HELD_BY = {
    "scope_reason": ("art", "row"),
    "category_reason": ("art", "row", "line", "model"),
    "supplier_key": ("number", "name"),
}


def said_value(column: str, value: object, words: LabWords, tree: CategoryTree) -> str:
    """One value of a line's trace in words.

    Parameters
    ----------
    column : str
        Of the line table.
    value : object
        As the trace has it.
    words : LabWords
        The page's texts and formats.
    tree : CategoryTree
        Names of categories.

    Examples
    --------
    >>> from procurement_kit.classifier.tree import standard_tree
    >>> from procurement_kit.lab.wording import lab_words
    >>> [said_value("source_kind", "einvoice", lab_words(), standard_tree()),
    ...  said_value("scope_reason", "art_29 2026-11", lab_words(), standard_tree())]
    ['e-faktura', 'art 29 i regelsæt 2026-11']
    """
    if value is None or value != value or isinstance(value, bool):
        return shown(value)
    if isinstance(value, Decimal):
        return _number(column, value, words)
    if isinstance(value, date):
        return words.formats.short_date(value)
    if column.startswith("category_") and value in tree:
        return f"{value} {tree.name(value, words.formats.language)}"
    return _merged(shown(value), words) if column == "supplier_merge" else _coded(column, shown(value), words)


def _number(column: str, value: Decimal, words: LabWords) -> str:
    if column.endswith(_SURE):
        return words.formats.share(value)
    if column == "vat_rate":
        return words.formats.share(value / 100)
    if _TYPES.get(column) == KRONER:
        return words.formats.amount(value, decimals=2)
    bare = value.normalize()
    places = max(-bare.as_tuple().exponent, 0)
    return words.formats.number(bare, 2 if places == 1 else places)


def _coded(column: str, value: str, words: LabWords) -> str:
    """A code in words; codes that stand together, each in words where all of them have some."""
    known = texts(words.formats.language)["values"].get(column, {}) | words.entry("drill.values").get(column, {})
    if value in known:
        return known[value]
    for name in _HELD_BY.get(column, ()):
        if found := _PATTERNS[name].fullmatch(value):
            return words.say(f"drill.patterns.{name}", **found.groupdict())
    parts = value.split(" ")
    if known and all(part in known for part in parts):
        return ", ".join(known[part] for part in parts)
    head, colon, tail = value.partition(": ")
    return f"{known[head]}: {tail}" if colon and head in known else value


def _merged(value: str, words: LabWords) -> str:
    """Two names that were joined, and what spoke for it."""
    left, mark, right = value.partition(" = ")
    name, colon, evidence = right.partition(": ")
    return f"{left}{mark}{name}{colon}{evidence_words(evidence, ReviewWords(words.formats))}"
