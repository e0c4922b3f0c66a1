"""What kind of line is it, does its text say what was bought, and in which year's accounts does it stand?

An accessory (freight, fee, rounding, surcharge) is a line whose text as a whole is about one: it begins with such a
word, or is three words that end with one. The item name decides; the line or posting text where the item name says
nothing. Texts alone decide, so a carrier's invoice for «Fragt» is marked too: analyses show what stands alone.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.names import TOKEN, normalise_text, without_tokens
from procurement_kit.tables import LINE_KINDS

ITEM = "item"
LONGEST_BEGINNING, LONGEST_ENDING = 6, 3  # words; a longer text is about more than the accessory in it
CACHED_TEXTS = 262_144
_BETWEEN = "\x1f"
_GAP = r"[^\p{L}\p{N}]+"


def with_marks(table: pa.Table) -> pa.Table:
    """Say of each line which accounting year it belongs to, what kind of line it is, and whether its text is usable.

    Parameters
    ----------
    table : pyarrow.Table
        *Reads* `item_name`, `line_text`, `accounting_year`, `posting_date`, `invoice_date`.

    Returns
    -------
    pyarrow.Table
        The same lines, with `accounting_year` (as the ledger says, else the year of posting, else of the invoice),
        `line_kind` and `has_usable_text` filled. For a ledger the posting text is the line's text; names of accounts
        and services do not count.

    Examples
    --------
    >>> lines = {"item_name": ["Kopipapir", "Fragt", None], "line_text": ["inkl. fragt", None, "Jf. aftale"]}
    >>> marked = with_marks(pa.table(lines))
    >>> marked["line_kind"].to_pylist(), marked["has_usable_text"].to_pylist()
    (['item', 'freight', 'item'], [True, True, False])
    """
    marks = {"accounting_year": _accounting_year(table), **_text_marks(table)}
    for name, column in marks.items():
        place = table.schema.get_field_index(name)
        table = table.append_column(name, column) if place < 0 else table.set_column(place, name, column)
    return table


def _accounting_year(table: pa.Table) -> pa.ChunkedArray:
    year = _column(table, "accounting_year", pa.int64())
    dates = (_column(table, name, pa.date32()) for name in ("posting_date", "invoice_date"))
    return pc.coalesce(year, *(pc.year(date) for date in dates))


def _column(table: pa.Table, name: str, type_: pa.DataType) -> pa.ChunkedArray:
    """A column, empty where the table lacks it."""
    if name in table.schema.names:
        return table[name].cast(type_)
    return pa.chunked_array([pa.nulls(table.num_rows, type_)])


def _text_marks(table: pa.Table) -> dict[str, pa.Array]:
    """Marks of the distinct pairs of item name and text, handed back to the lines."""
    printed = [_column(table, name, pa.string()) for name in ("item_name", "line_text")]
    joined = pc.binary_join_element_wise(*printed, _BETWEEN, null_handling="replace", null_replacement="")
    pairs = joined.combine_chunks().dictionary_encode()
    plain = _plain(pairs.dictionary)
    kinds = [ITEM] * len(plain)
    hinted = pc.indices_nonzero(pc.match_substring_regex(plain, _hint()))
    for place, kind in zip(hinted.to_pylist(), _kinds_of_pairs(pairs.dictionary.take(hinted)), strict=True):
        kinds[place] = kind
    return {
        "line_kind": pa.array(kinds, pa.string()).take(pairs.indices),
        "has_usable_text": _is_usable(plain).take(pairs.indices),
    }


def _kinds_of_pairs(pairs: pa.Array) -> list[str]:
    parts = pc.split_pattern(pairs, _BETWEEN, max_splits=1)
    names, texts = pc.list_element(parts, 0), pc.list_element(parts, 1)
    told = pc.if_else(_is_usable(_plain(names)), names, pc.if_else(pc.equal(texts, ""), names, texts))
    return [kind_of(text) for text in told.to_pylist()]


# --- does the text say what was bought? -----------------------------------------------------------------------------


def _plain(texts: pa.Array) -> pa.Array:
    """Lower-case words with one space between them, tokens of personal numbers left out."""
    bare = pc.replace_substring_regex(texts, TOKEN, "")
    return pc.utf8_lower(pc.replace_substring_regex(bare, _GAP, " "))


def _is_usable(plain: pa.Array) -> pa.Array:
    """Whether a text holds more than numbers, dates, stop phrases, words that say nothing, and one or two letters."""
    says_nothing = pc.match_substring_regex(plain, _nothing())
    return pc.or_(pc.invert(says_nothing), pc.match_substring_regex(plain, _short()))


@cache
def _nothing() -> str:
    """A text made of nothing but these."""
    empty = [phrase for phrase, (kind, _) in _words().phrases.items() if kind in _EMPTY]
    written = "|".join(sorted(map(re.escape, {*_stop_phrases("empty_text"), *empty})))
    return rf"^ ?(?:(?:{written}|[^ 0-9]{{1,2}}|[^ 0-9]{{0,5}}[0-9][^ ]*)(?: |$))*$"


@cache
def _short() -> str:
    """One of the few words of two letters that do name something: el, is, øl."""
    return f"(?:^| )(?:{'|'.join(_stop_phrases('short_word'))})(?: |$)"


def _stop_phrases(kind: str) -> list[str]:
    return sorted({normalise_text(row["phrase"]) for row in _knowledge("stop_phrases") if row["kind"] == kind} - {""})


def _knowledge(name: str) -> list[dict[str, str]]:
    path = files("procurement_kit") / "knowledge" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


# --- is it an accessory? --------------------------------------------------------------------------------------------

ACCESSORIES = tuple(kind for kind in LINE_KINDS if kind != ITEM)
_EMPTY = ("neutral", "joiner")
_PASSED_OVER = ("neutral", "carrier")


@dataclass(frozen=True)
class _Words:
    """What single words and phrases say: phrase → (kind, match), and endings of compounds, the longest first."""

    phrases: dict[str, tuple[str, str]]
    endings: tuple[tuple[str, str], ...]
    longest: int

    def at(self, words: tuple[str, ...], place: int) -> tuple[str, str, int]:
        """Kind, match and length of what stands at a place; kind "" where nothing is known."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            if rule := self.phrases.get(" ".join(words[place : place + length])):
                return (*rule, length)
        kind = next((kind for ending, kind in self.endings if words[place].endswith(ending)), "")
        return kind, "word", 1


@cache
def _words() -> _Words:
    phrases, endings = {}, []
    for row in _knowledge("accessory_words"):
        phrase = normalise_text(row["phrase"])
        phrases[phrase] = (row["kind"], "alone" if row["match"] == "alone" else "word")
        endings += [(phrase, row["kind"])] if row["match"] == "ending" and " " not in phrase else []
    endings.sort(key=lambda pair: (-len(pair[0]), pair))
    return _Words(phrases, tuple(endings), max(len(phrase.split()) for phrase in phrases))


@cache
def _hint() -> str:
    """Something an accessory's text cannot do without; most texts lack it and are not looked at any closer."""
    telling = {phrase for phrase, (kind, _) in _words().phrases.items() if kind in ACCESSORIES}
    kept = [phrase for phrase in telling if not any(other != phrase and other in phrase for other in telling)]
    return "|".join(sorted(map(re.escape, kept)))


@lru_cache(maxsize=CACHED_TEXTS)
def kind_of(text: str) -> str:
    """What kind of line a text is about as a whole.

    Examples
    --------
    >>> [kind_of(text) for text in ("Brændstoftillæg 4 %", "Gebyr for byggesag", "Øreafrunding", "DSV fragt uge 12")]
    ['surcharge', 'item', 'rounding', 'freight']
    """
    words = tuple(word for word in normalise_text(without_tokens(text)).split() if _is_word(word))
    known = _words()
    while words and known.at(words, 0)[0] in _PASSED_OVER:
        words = words[known.at(words, 0)[2] :]
    if not words:
        return ITEM
    kind, match, length = known.at(words, 0)
    if kind in ACCESSORIES:
        return kind if _holds(words[length:], match, len(words)) else ITEM
    return ITEM if kind == ITEM else _kind_at_end(words)


def _is_word(word: str) -> bool:
    return word == "co2" or not any(character.isdigit() for character in word)


def _holds(rest: tuple[str, ...], match: str, word_count: int) -> bool:
    """Whether what follows the accessory leaves it the text's subject."""
    if match == "alone":
        return _is_only_accessory(rest)
    is_joined = bool(rest) and _words().at(rest, 0)[0] == "joiner"
    return word_count <= LONGEST_BEGINNING and (not is_joined or _is_only_accessory(rest))


def _is_only_accessory(words: tuple[str, ...]) -> bool:
    while words:
        kind, _, length = _words().at(words, 0)
        if kind not in (*ACCESSORIES, *_EMPTY, *_PASSED_OVER):
            return False
        words = words[length:]
    return True


def _kind_at_end(words: tuple[str, ...]) -> str:
    """Kind of a short text that ends with an accessory, such as «DSV fragt»; «papir og fragt» is no such text."""
    if len(words) > LONGEST_ENDING or any(
        _words().at(words, place)[0] in ("joiner", ITEM) for place in range(len(words))
    ):
        return ITEM
    for place in range(1, len(words)):
        kind, match, length = _words().at(words, place)
        if kind in ACCESSORIES and match == "word" and place + length == len(words):
            return kind
    return ITEM
