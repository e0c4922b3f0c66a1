"""Which words does the municipality read?

`texts/da.toml` and `texts/en.toml` hold all letters, questions and headings; `{name}` is filled from what is given.
A text that asks for a number nobody gave is an error, never a gap.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from procurement_kit.publishing.formats import Formats
from procurement_kit.settings import Municipality

FOLDER = "dialogue"
LANGUAGES = ("da", "en")


@cache
def _texts(language: str) -> dict:
    path = files("procurement_kit") / "dialogue" / "texts" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def text(language: str, path: str) -> object:
    """What stands at a dotted path of a language's texts."""
    return at_path(_texts(language), path)


def at_path(texts: Mapping, path: str) -> object:
    """What stands at a dotted path of nested texts.

    Examples
    --------
    >>> at_path({"page": {"title": "Gennemgang"}}, "page.title")
    'Gennemgang'
    """
    found: object = texts
    for part in path.split("."):
        found = found[part]
    return found


@dataclass(frozen=True)
class Words:
    """The texts of one language, and how numbers are written in it."""

    formats: Formats

    def entry(self, path: str) -> object:
        """What stands at a dotted path."""
        return text(self.formats.language, path)

    def say(self, path: str, /, **given: object) -> str:
        """A text with its gaps filled; amounts are written in full kroner, counts with thousands separators."""
        return str(self.entry(path)).format_map({name: self._written(value) for name, value in given.items()})

    def _written(self, value: object) -> str:
        if isinstance(value, Decimal):
            return self.formats.amount(value).replace("\u00a0", " ")
        return self.formats.number(value) if isinstance(value, int) else str(value)


def words_of(municipality: Municipality) -> Words:
    """The words in a municipality's language and currency."""
    return Words(Formats(municipality.language, municipality.currency))


def file_path(municipality: Municipality, which: str, label: str, ending: str) -> Path:
    """Where a file for the municipality lies: named in its language, with a date or a period."""
    name = words_of(municipality).say(f"files.{which}", label=label)
    return municipality.folder / FOLDER / f"{name}{ending}"
