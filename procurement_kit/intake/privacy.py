"""What stands instead of a personal number, and instead of the name of a private person?

A keyed token; the same number gives the same token however it was written, and another municipality's key another one.
Where a number stands is found by `personal_numbers`. Done once per distinct text. Names of citizens in running text
cannot be found; what a supplier's name itself says is in knowledge/person_words.csv.
"""

import base64
import csv
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from procurement_kit.names import TOKEN, firm_part, normalise_supplier_name, normalise_text
from procurement_kit.personal_numbers import (
    NUMBER_FIELDS,
    PERSON_SCHEMES,
    blank,
    count_person_numbers,
    is_person_scheme,
    is_personal_number,
    is_possible_date,
    plain_digits,
    replace_numbers,
)

__all__ = [
    "NUMBER_FIELDS", "PERSON_FIELD", "PERSON_NAME", "PERSON_SCHEMES", "Masked", "Masker", "blank", "clean_text",
    "count_person_numbers", "is_person_scheme", "is_personal_heading", "is_personal_number", "is_possible_date",
    "masker_for", "names_a_person",
]  # fmt: skip

CACHE_SIZE = 500_000
PERSON_NAME = "Privatperson"
PERSON_FIELD = "person"  # a field whose every value is a person's, unless it is a company's number
# Columns that hold persons' numbers by nature: there a lost leading zero is put back, and bare digits are no account.
PERSON_COLUMNS = ("buyer_reference", "payee_number", PERSON_FIELD)
_COMPANY_NUMBER = re.compile(r"(?:DK[ -]?)?[1-9]\d{7}", re.IGNORECASE | re.ASCII)
_LOCATION_NUMBER = re.compile(r"57\d{11}", re.ASCII)
_HEADING_WORDS = re.compile(
    r"ydelsesmodtager(?:s?nr|s?nummer)?|betalingsmodtager(?:s?nr|s?nummer)|oplysningspligt(?:ig|modtager)?(?:s?nr|s?nummer)?"
    r"|cpr(?:nr|nummer)?|person(?:nr|nummer|id)|p(?:ersonal)?n(?:umme)?r|fødselsn(?:umme)?r|borger(?:s?cpr|nr|nummer|id)?"
)


class Masked(NamedTuple):
    """A text without personal numbers, and how many were taken out."""

    text: str | None
    hit_count: int


def clean_text(text: str | None) -> str | None:
    """Unicode NFC, white space as single spaces, no control characters; None where nothing is left."""
    if not text:
        return None
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return " ".join(unicodedata.normalize("NFC", text).split()) or None


def is_personal_heading(heading: str) -> bool:
    """Whether a column is personal by nature, whatever a profile calls it.

    Examples
    --------
    >>> is_personal_heading("Ydelsesmodtagernr."), is_personal_heading("CPR-nr."), is_personal_heading("Kreditornr.")
    (True, True, False)
    """
    return bool(_HEADING_WORDS.fullmatch(normalise_text(heading).replace(" ", "")))


class Masker:
    """Masks texts with a key; remembers what it has seen.

    Parameters
    ----------
    key : bytes
        The municipality's privacy key.
    keep_suspects : bool
        Leave bare ten digits with a possible date that stand beside no telling word.
    """

    def __init__(self, key: bytes, *, keep_suspects: bool = False):
        self._key = key
        self._keep_suspects = keep_suspects
        self.mask = lru_cache(maxsize=CACHE_SIZE)(self._mask)

    def token(self, number: str) -> str:
        """The keyed token of a personal number.

        Examples
        --------
        >>> Masker(b"key").token("010190-1234") == Masker(b"key").token("0101901234")
        True
        """
        return self._token(plain_digits(number))

    def _token(self, content: str) -> str:
        digest = hmac.new(self._key, content.encode(), hashlib.sha256).digest()
        return f"CPR-{base64.b32encode(digest)[:12].decode('ascii')}"

    def person_token(self, identifier: str | None) -> str | None:
        """The token of an identifier that is known to be a person's, whatever it looks like; a lost zero is put back.

        Examples
        --------
        >>> masker = Masker(b"key")
        >>> masker.person_token("101901234") == masker.token("010190-1234")
        True
        """
        if not identifier or re.fullmatch(TOKEN, identifier):
            return identifier or None
        digits = plain_digits(identifier)
        if len(digits) == 9 and is_possible_date("0" + digits[:5], digits[5]):
            digits = "0" + digits
        return self._token(digits or identifier.casefold())

    def mask_values(self, texts: Sequence[str | None], field: str = "") -> tuple[list[str | None], list[int]]:
        """Mask distinct texts of one column.

        Parameters
        ----------
        texts : sequence of str
            Each value once; the caller joins back.
        field : str
            Column they stand in, or `PERSON_FIELD`.

        Returns
        -------
        tuple of (list of str, list of int)
            The texts without personal numbers, and how many each held.
        """
        masked = [self._mask(text, field) for text in texts]
        return [one.text for one in masked], [one.hit_count for one in masked]

    def _mask(self, text: str | None, field: str = "") -> Masked:
        """Clean a text and mask it as the named column asks for."""
        cleaned = clean_text(text)
        if cleaned is None:
            return Masked(None, 0)
        if field in PERSON_COLUMNS:
            return self._mask_person(cleaned, field)
        is_number_field = field in NUMBER_FIELDS
        found = replace_numbers(
            cleaned, self._token, is_number_field=is_number_field, keep_suspects=self._keep_suspects
        )
        return Masked(*found)

    def _mask_person(self, text: str, field: str) -> Masked:
        """A cell of a column that is personal by nature."""
        without, hits = replace_numbers(text, self._token)
        is_lost_zero = re.fullmatch(r"\d{9}", text, re.ASCII) and is_possible_date("0" + text[:5], text[5])
        is_company = _COMPANY_NUMBER.fullmatch(text) or _LOCATION_NUMBER.fullmatch(text)
        if is_lost_zero or (field == PERSON_FIELD and not is_company and not re.search(TOKEN, without)):
            return Masked(self.person_token(text), 1)
        return Masked(without, hits)


@cache
def masker_for(key: bytes) -> Masker:
    """One masker per key and process, so that its memory is shared."""
    return Masker(key)


# --- names ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=262_144)
def names_a_person(name: str | None) -> bool:
    """Whether a supplier's name itself says that it is a private person; for suppliers without a company number.

    Words such as «Plejefamilie» and «Kontaktperson» from knowledge/person_words.csv; a name with a legal form is a
    company's. «Hans Hansen» says nothing, and is not found.

    Examples
    --------
    >>> names_a_person("Plejefamilie Jensen"), names_a_person("Plejefamilie ApS"), names_a_person("Borgernes Avis")
    (True, False, False)
    """
    words = normalise_text(firm_part(name or ""))
    if not _person_words().search(words):
        return False
    has_legal_form = len(normalise_supplier_name(name).split()) < len(words.split())
    return not has_legal_form


@cache
def _person_words() -> re.Pattern:
    path = files("procurement_kit") / "knowledge" / "person_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(normalise_text(row["word"]), row["place"]) for row in csv.DictReader(file, delimiter=";")]
    parts = {"whole": r"^{}$", "start": r"^{}\b", "anywhere": r"\b{}\b"}
    return re.compile("|".join(parts[place].format(re.escape(word)) for word, place in rows))
