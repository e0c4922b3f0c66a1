"""What does the classifier read on a line?

The printed values, cleaned once and in the same way for training and for use, in seven fields that are kept apart: a
word in a supplier's name is not the same evidence as the word in the line's text. Empty phrases count as no text.
"""

import csv
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from procurement_kit.columns import require
from procurement_kit.names import normalise_supplier_name, normalise_text
from procurement_kit.tables import CLASSIFIER_FEATURES

FIELDS = ("supplier", "text", "account", "service", "unit", "measure", "hint", "context")
FIELD_COLUMNS = {
    "supplier": ("supplier_name",),
    "text": ("item_name", "line_text"),
    "account": ("account_number", "account_name"),
    "service": ("service_name",),
    "unit": ("unit_name",),
    "measure": ("unit_code",),
    "hint": ("item_unspsc_code", "item_cpv_code"),
    "context": ("account_number", "account_name", "service_name", "unit_name"),
}
KEY_COLUMNS = ("supplier_name", "supplier_number")
PHRASE_FIELDS = {"supplier": "supplier", "account": "account"}  # the other kinds of phrase stand in the text
_LONG_NUMBER = re.compile(r"\b\w*\d{5,}\w*\b")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def clean_features(features: pd.DataFrame) -> pd.DataFrame:
    """Turn printed values into the fields the classifier reads.

    Parameters
    ----------
    features : DataFrame
        The columns CLASSIFIER_FEATURES, as printed.

    Returns
    -------
    DataFrame
        One text column per field, empty where there is nothing to read, and `supplier_key` to group by.

    Raises
    ------
    TableError
        If a column is missing.

    Examples
    --------
    >>> row = dict.fromkeys(CLASSIFIER_FEATURES) | {"supplier_name": "Ærø Papir A/S", "line_text": "Jf. aftale"}
    >>> clean_features(pd.DataFrame([row]))[["supplier", "text"]].iloc[0].tolist()
    ['ærø papir', '']
    """
    require(features.columns, CLASSIFIER_FEATURES, where="features of the classifier")
    fields = pd.DataFrame({field: clean_field(field, features) for field in FIELDS}, index=features.index)
    return fields.assign(supplier_key=supplier_keys(features))


def clean_field(field: str, features: pd.DataFrame) -> pd.Series:
    """One field of rows that hold the printed columns FIELD_COLUMNS names for it."""
    if field == "supplier":
        return mapped(features["supplier_name"], _supplier_words)
    if field == "text":
        item, line = (mapped(features[name], clean_text) for name in FIELD_COLUMNS[field])
        return item.where(line.eq("") | line.eq(item), (item + " " + line).str.strip())
    if field == "account":
        number, name = (mapped(features[name], normalise_text) for name in FIELD_COLUMNS[field])
        return (number + " " + name).str.strip()
    if field == "hint":
        unspsc, cpv = (mapped(features[name], prefixes) for name, prefixes in _PREFIXES.items())
        return (unspsc + " " + cpv).str.strip()
    if field == "context":
        return _context({name: clean_field(name, features) for name in ("account", "service", "unit")})
    return mapped(features[FIELD_COLUMNS[field][0]], normalise_text)


def supplier_keys(features: pd.DataFrame) -> pd.Series:
    """Who the supplier is, to tell those met in training from new ones: the normalised name, else the number."""
    number = mapped(features["supplier_number"], _number)
    name = mapped(features["supplier_name"], normalise_supplier_name)
    return name.where(name.ne(""), number)


def phrase_fields(phrases: pd.DataFrame) -> pd.DataFrame:
    """Turn phrases (phrase_kind, phrase) into fields: one row each, only the field its kind belongs to filled."""
    field = phrases["phrase_kind"].map(PHRASE_FIELDS).fillna("text")
    fields = pd.DataFrame("", index=phrases.index, columns=[*FIELDS, "supplier_key"])
    for name, cleaned in (("supplier", normalise_text), ("account", normalise_text), ("text", _telling)):
        fields[name] = mapped(phrases["phrase"], cleaned).where(field.eq(name), "")
    return fields


def mapped(column: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """Apply a function to the distinct values of a column; what is empty becomes an empty text."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    cleaned = pd.Series([function(str(value)) for value in distinct] + [""], dtype=object)
    return pd.Series(cleaned.to_numpy()[codes], index=column.index, dtype=object)


def clean_text(text: str | None) -> str:
    """Normalise an item name or line text; empty where it says nothing about what was bought.

    Long numbers and function words are left out; a text that is a stop phrase and numbers only is no text.

    Examples
    --------
    >>> clean_text("Kopipapir A4, ordre 4500012345"), clean_text("Jf. aftale 2024"), clean_text("1.250")
    ('kopipapir a4 ordre', '', '')
    """
    words = " ".join(_LONG_NUMBER.sub(" ", normalise_text(text)).split())
    if not _LETTERS.search(_empty_phrases().sub(" ", words)):
        return ""
    return _without_function_words(words)


def _telling(text: str) -> str:
    """A text normalised and without function words; with them where there is nothing else."""
    return _without_function_words(normalise_text(text))


def _without_function_words(words: str) -> str:
    telling = " ".join(word for word in words.split() if word not in _function_words())
    return telling if _LETTERS.search(telling) else words


@cache
def _empty_phrases() -> re.Pattern:
    longest_first = sorted(_stop_phrases("empty_text"), key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


@cache
def _function_words() -> frozenset[str]:
    return frozenset(_stop_phrases("function_word"))


def _stop_phrases(kind: str) -> set[str]:
    path = files("procurement_kit") / "knowledge" / "stop_phrases.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {normalise_text(r["phrase"]) for r in csv.DictReader(file, delimiter=";") if r["kind"] == kind} - {""}


def _supplier_words(name: str) -> str:
    """Without legal form, yet with æ, ø and å as printed, so that words are the same as in texts."""
    words = normalise_text(name).split()
    bare = len(normalise_supplier_name(name).split())
    return " ".join(words[:bare]) if 0 < bare < len(words) else " ".join(words)


def _number(number: str) -> str:
    return normalise_text(number).replace(" ", "")


def _context(fields: Mapping[str, pd.Series]) -> pd.Series:
    """Account, service and unit as one word: what is booked together is bought alike."""
    joined = fields["account"] + "|" + fields["service"] + "|" + fields["unit"]
    return mapped(
        joined.where(fields["account"].ne("") | fields["service"].ne("")), lambda text: text.replace(" ", "_")
    )


def _code_prefixes(letter: str, lengths: tuple[int, ...]) -> Callable[[str], str]:
    def prefixes(code: str) -> str:
        digits = "".join(character for character in code if character.isdigit())
        return " ".join(f"{letter}{digits[:length]}" for length in lengths if len(digits) >= length)

    return prefixes


_PREFIXES = {"item_unspsc_code": _code_prefixes("u", (2, 4, 6)), "item_cpv_code": _code_prefixes("c", (2, 3, 5))}
