"""Which words does somebody read who decides about categories?

`texts/da.toml` and `texts/en.toml` hold all headings, instructions and reasons; `{name}` is filled from what is given,
in the municipality's language and currency.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import ClassVar

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.dialogue.wording import Words, at_path
from procurement_kit.publishing.formats import Formats
from procurement_kit.settings import Municipality

FOLDER = "review"  # of the municipality's folder: workbooks to decide, judge and label in


@cache
def _texts(name: str) -> dict:
    path = files("procurement_kit") / "review" / "texts" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class ReviewWords(Words):
    """The texts of the review in one language; those of a part of it, named first in the file, where `part` says so."""

    part: ClassVar[str] = ""

    def entry(self, path: str) -> object:
        """What stands at a dotted path."""
        return at_path(_texts(f"{self.part}{self.formats.language}"), path)


def review_words(municipality: Municipality) -> ReviewWords:
    """The words in a municipality's language and currency."""
    return ReviewWords(Formats(municipality.language, municipality.currency))


def category_words(tree: CategoryTree, code: str, language: str) -> str:
    """A category as it is offered and read back: code and name.

    Examples
    --------
    >>> from procurement_kit.classifier.tree import standard_tree
    >>> category_words(standard_tree(), "1801", "da")
    '1801 Kontorartikler og papir'
    """
    return f"{code} {tree.name(code, language)}"
