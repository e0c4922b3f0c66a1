"""Where does a text hold a personal number, and what stands there instead?

Certain: hyphenated, or a possible date beside a word such as cpr, født or borger. Suspect: any other ten digits with a
possible date; masked by default. Left: ten bare digits in account, order, GLN and telephone fields. What is masked
becomes a keyed token; the same number gives the same token however it was written. Done once per distinct text.
"""

import base64
import calendar
import hashlib
import hmac
import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from procurement_kit.names import TOKEN

CACHE_SIZE = 500_000
PERSON_NAME = "Privatperson"
PERSON_SCHEMES = ("DK:CPR", "0237", "P")
# Fields where ten bare digits are what one expects: accounts, orders, location numbers, telephones.
NUMBER_FIELDS = frozenset(
    ("account_number", "function_number", "buyer_unit_number", "buyer_gln_number", "item_gtin_number", "order_number")
    + ("order_line_number", "contract_reference_number", "project_number")
)
_DASHES = r"\uff0d\u2010-\u2015\u2212"
_MIGHT = re.compile(rf"(?:\d[ \u00a0._/{_DASHES}-]{{0,3}}){{6}}")
_SEPARATOR = rf"(?:[ \u00a0]?[-{_DASHES}._/]{{1,2}}[ \u00a0]?|[ \u00a0])?"
_GLUED = rf"(?<=[^\W\d_])(?=\d{{6}}[-{_DASHES}]\d{{4}})"  # letters right before a hyphenated number
_ENDED = rf"(?!\d)(?:(?<=[-{_DASHES}]\d{{4}})|(?![A-Za-z]))"
_NUMBER = re.compile(
    rf"(?:(?<![\dA-Za-z])|(?<=cpr)|(?<=nr)|{_GLUED})"
    rf"(\d{{6}}|\d{{2}}([./ -])\d{{2}}\2(?:\d{{2}})?\d{{2}}(?=[-.]))({_SEPARATOR})(\d{{4}}){_ENDED}",
    re.IGNORECASE,
)
_WORD = re.compile(r"cpr(?!-[A-Z2-7]{12})|borger|født|foedt|(?<![a-zæøå])pers", re.IGNORECASE)
_BORN = re.compile(
    r"((?:cpr(?!-[A-Z2-7]{12})|født|foedt|(?<![a-zæøå])pers)[^\d\n]{0,20})(?<![\dA-Za-z])(\d{6})(?![\dA-Za-z])"
    r"(?![.,]\d|[ \u00a0]?(?:kr|stk))",
    re.IGNORECASE,
)
_NEAR = 30
_HYPHENS = set("-\uff0d\u2010\u2011\u2012\u2013\u2014\u2015\u2212")


class Masked(NamedTuple):
    """A text without personal numbers, and how many were taken out."""

    text: str | None
    hit_count: int


def is_possible_date(digits: str, century_digit: str = "") -> bool:
    """Whether six digits can be a birthday; days 61–91 are replacement numbers.

    Examples
    --------
    >>> is_possible_date("010190"), is_possible_date("610190"), is_possible_date("320190"), is_possible_date("290223")
    (True, True, False, False)
    """
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    day -= 60 if day > 60 else 0
    if not 1 <= month <= 12:
        return False
    years = [_year(year, int(century_digit))] if century_digit else [1900 + year, 2000 + year]
    return any(1 <= day <= calendar.monthrange(full, month)[1] for full in years)


def _year(year: int, century_digit: int) -> int:
    if century_digit <= 3:
        return 1900 + year
    if century_digit in (4, 9):
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year


def digits_of(text: str) -> str:
    """The digits of a text, as ASCII digits."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())


def is_personal_number(text: str | None) -> bool:
    """Whether a whole cell is ten digits with a possible date, with or without separator.

    Examples
    --------
    >>> is_personal_number("010190-1234"), is_personal_number("0101901234"), is_personal_number("9901901234")
    (True, True, False)
    """
    found = _NUMBER.fullmatch((text or "").strip())
    return bool(found) and _is_number(found)


def _is_number(found: re.Match) -> bool:
    return is_possible_date(_short_date(found[1]), digits_of(found[4])[0])


def _short_date(text: str) -> str:
    """Day, month and year in six digits, the century left out."""
    digits = digits_of(text)
    return digits if len(digits) == 6 else digits[:4] + digits[6:]


def clean_text(text: str | None) -> str | None:
    """Unicode NFC, white space as single spaces, no control characters; None where nothing is left."""
    if not text:
        return None
    flat = unicodedata.normalize("NFC", text)
    if not flat.isprintable():
        flat = "".join(sign for sign in flat if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    flat = " ".join(flat.split())
    return flat or None


def blank(text: str) -> str:
    """Take personal numbers out without a key, for messages.

    Examples
    --------
    >>> blank("faktura 010190-1234.xml")
    'faktura ******.xml'
    """
    return _masked(text, lambda _: "******", is_number_field=False, keep_suspects=False).text or ""


def count_person_numbers(text: str) -> int:
    """Count what is certainly a personal number in a text that leaves the house.

    Examples
    --------
    >>> count_person_numbers("til 010190-1234, konto 0101901234")
    1
    """
    return _masked(text, lambda _: "", is_number_field=False, keep_suspects=True).hit_count


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
        digest = hmac.new(self._key, digits_of(number).encode("ascii"), hashlib.sha256).digest()
        return f"CPR-{base64.b32encode(digest)[:12].decode('ascii')}"

    def person_token(self, identifier: str | None) -> str | None:
        """The token of an identifier that is known to be a person's, whatever it looks like."""
        if not identifier or re.fullmatch(TOKEN, identifier):
            return identifier or None
        if digits_of(identifier):
            return self.token(identifier)
        digest = hmac.new(self._key, identifier.casefold().encode(), hashlib.sha256).digest()
        return f"CPR-{base64.b32encode(digest)[:12].decode('ascii')}"

    def _mask(self, text: str | None, field: str = "") -> Masked:
        """Clean a text and mask it as the named column asks for."""
        cleaned = clean_text(text)
        if cleaned is None or not _MIGHT.search(cleaned):
            return Masked(cleaned, 0)
        return _masked(cleaned, self.token, is_number_field=field in NUMBER_FIELDS, keep_suspects=self._keep_suspects)


@cache
def masker_for(key: bytes) -> Masker:
    """One masker per key and process, so that its memory is shared."""
    return Masker(key)


def _masked(text: str, token_of, *, is_number_field: bool, keep_suspects: bool) -> Masked:
    hits = 0

    def near_word(found: re.Match) -> bool:
        # The window is wider than _NEAR, so that a word or a token at its edge is seen whole.
        words = _WORD.finditer(text, max(found.start() - _NEAR - 10, 0), found.end() + _NEAR + 20)
        return any(found.start() - word.end() <= _NEAR and word.start() - found.end() <= _NEAR for word in words)

    def replace(found: re.Match) -> str:
        nonlocal hits
        if not _is_number(found):
            return found[0]
        is_certain = bool(_HYPHENS & set(found[3])) or near_word(found)
        is_bare = not found[3] and not found[2]
        if not is_certain and (keep_suspects or (is_number_field and is_bare)):
            return found[0]
        hits += 1
        return token_of(_short_date(found[1]) + found[4])

    def replace_born(found: re.Match) -> str:
        nonlocal hits
        if not is_possible_date(digits_of(found[2])):
            return found[0]
        hits += 1
        return found[1] + token_of(found[2])

    without = _NUMBER.sub(replace, text)
    return Masked(_BORN.sub(replace_born, without), hits)
