"""Which words does somebody read who works in JupyterLab?

`texts/da.toml` holds all headings, buttons and sentences of the start page, the drill-down and the tables; `{name}` is
filled from what is given. The pages are for the consultant and are in Danish.
"""

import tomllib
from functools import cache
from importlib.resources import files

from procurement_kit.dialogue.wording import Words, at_path
from procurement_kit.names import without_tokens
from procurement_kit.publishing.formats import Formats


@cache
def _texts() -> dict:
    path = files("procurement_kit") / "lab" / "texts" / "da.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class LabWords(Words):
    """The texts of the pages in JupyterLab."""

    def entry(self, path: str) -> object:
        """What stands at a dotted path."""
        return at_path(_texts(), path)


def lab_words(currency: str = "DKK") -> LabWords:
    """The words, with amounts in a currency."""
    return LabWords(Formats("da", currency))


def shown(value: object) -> str:
    """A value as a person may see it: nothing where it is missing, and no token of a personal number.

    Examples
    --------
    >>> shown("Vikar CPR-ABCDEFGH2345"), shown(None), shown(True)
    ('Vikar', '', 'ja')
    """
    if value is None or value != value:
        return ""
    if value is True or value is False:
        return "ja" if value else "nej"
    return without_tokens(str(value))
