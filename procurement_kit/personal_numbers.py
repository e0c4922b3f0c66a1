"""Where does a text hold a personal number?

Danish CPR numbers in every way of writing, Swedish and Norwegian ones where their control digits hold. Certain: written
with a hyphen, or beside a word such as cpr, født or borger. Suspect: any other ten digits with a possible date. Left:
bare digits in account, order, GLN and telephone fields. A citizen's name alone cannot be found.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

# Fields where ten bare digits are what one expects: accounts, orders, location numbers, telephones.
NUMBER_FIELDS = frozenset(
    ("account_number", "function_number", "buyer_unit_number", "buyer_gln_number", "item_gtin_number", "order_number")
    + ("order_line_number", "contract_reference_number", "project_number")
)
PERSON_SCHEMES = ("DK:CPR", "CPR", "0237", "9901", "P")
BLANK = "******"

_DASHES = r"\uff0d\u2010-\u2015\u2212"
_HYPHENS = set("-+\uff0d\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_NEAR = 30
# Two quick looks, so that ordinary texts cost next to nothing: a shape with ten digits, and six digits or a date.
_SHAPE = re.compile(rf"\d\d(?:\d{{4}}|[./ -]\d\d[./ -]\d\d)(?:\d\d)?[-+ \u00a0._/{_DASHES}]{{0,4}}\d{{4}}")
_JOINED_OR_LONG = re.compile(rf"\d{{6}}(?:\d\d)?[ \u00a0]?[-+{_DASHES}]|\d{{12}}")
_ELEVEN = re.compile(r"\d{6}[ .-]?\d{5}(?!\d)")
_DAY = re.compile(r"\d\d(?:\d{4}|[./ -]\d\d[./ -]\d\d)")
_TELLING = ("cpr", "født", "foedt", "född", "fødsels", "födels", "pnr", "pers", "borger")
_SEPARATOR = rf"(?:[ \u00a0]?[-{_DASHES}._/]{{1,2}}[ \u00a0]?|[ \u00a0])?"
# All patterns begin with a digit and look back over it: the engine then jumps from digit to digit.
_GLUED = rf"(?<=[^\W\d_]\d)(?=\d{{5}}(?:\d\d)?[-{_DASHES}]\d{{4}})"  # letters right before a hyphenated number
_WORDED = r"(?<=cpr\d)|(?<=nr\d)|(?<=borger\d)|(?<=født\d)"
_START = rf"(?:(?<![\dA-Za-z]\d)|{_WORDED}|{_GLUED})"
_ENDED = rf"(?!\d)(?:(?<=[-{_DASHES}]\d{{4}})|(?![A-Za-z]))"
_DANISH = re.compile(
    rf"(\d{_START}(?:\d{{5}}|\d([./ -])\d{{2}}\2(?:\d{{2}})?\d{{2}}))({_SEPARATOR})(\d{{4}}){_ENDED}", re.IGNORECASE
)
# Eight or six digits and four: Swedish YYYYMMDD-NNNN and YYMMDD+NNNN, its VAT form SE…01, Danish DDMMYYYY-NNNN.
_LONG = re.compile(
    rf"(\d{_START}\d{{5}}(?:\d\d)?)([ \u00a0]?[-+{_DASHES}]?[ \u00a0]?)(\d{{4}})"
    rf"(?!\d)(?:(?<=[-+{_DASHES}]\d{{4}})|(?![A-Za-z]))",
    re.IGNORECASE,
)
_VAT = re.compile(r"(?<![A-Za-z])se[ -]?(\d{10})[ -]?01(?![\dA-Za-z])", re.IGNORECASE)
_NORWEGIAN = re.compile(rf"(\d{_START}\d{{5}})([ .-]?)(\d{{5}})(?![\dA-Za-z])", re.IGNORECASE)
_NO_TOKEN = r"(?!-[A-Z2-7]{12})"
_BORN_WORD = rf"cpr{_NO_TOKEN}|født|foedt|född|fødsels|födels|personn|pnr"
_ABOUT_PERSON = r"(?<![a-zæøåäö])pers(?!il|ien|isk|pekt|onn)"  # neither parsley nor blinds
_WORD = re.compile(rf"{_BORN_WORD}|borger|{_ABOUT_PERSON}", re.IGNORECASE)
_DATE = r"(?<![\dA-Za-z])(\d{6})(?![\dA-Za-z])"
_PRINTED_DATE = r"(?<![\dA-Za-z])(\d\d([./ -])\d\d\{0}(?:19|20)?\d\d)(?![\dA-Za-z])"
_NO_AMOUNT = r"(?![.,]\d|[ \u00a0]?(?:kr|stk))"
_GAP = r"[^\d\n]{0,20}"
# «borger 050404» may be a category and its code: a suspect, masked when it is read, no reason to stop a report.
_BESIDE_CITIZEN = re.compile(rf"borger{_GAP}{_DATE}{_NO_AMOUNT}", re.IGNORECASE)
_BORN = (
    _BESIDE_CITIZEN,
    re.compile(rf"(?:{_BORN_WORD}|{_ABOUT_PERSON}){_GAP}{_DATE}{_NO_AMOUNT}", re.IGNORECASE),
    re.compile(rf"(?:{_BORN_WORD}){_GAP}{_PRINTED_DATE.replace('{0}', '2')}{_NO_AMOUNT}", re.IGNORECASE),
    re.compile(rf"{_DATE}{_NO_AMOUNT}(?={_GAP}(?<![^\W\d_])(?:cpr{_NO_TOKEN}|født|foedt|född))", re.IGNORECASE),
)
_CENTURIES = ("18", "19", "20")
_NORWEGIAN_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


class Found(NamedTuple):
    """Where a personal number stands, its digits in the one form that is the same however it was written, and how sure.

    `is_bare` says that it is digits and nothing else, as an account or order number is.
    """

    start: int
    end: int
    digits: str
    is_certain: bool
    is_bare: bool


# --- what a personal number looks like ------------------------------------------------------------------------------


def is_possible_date(digits: str, century_digit: str = "") -> bool:
    """Whether six digits can be a birthday; days 61–91 are replacement numbers.

    Examples
    --------
    >>> is_possible_date("010190"), is_possible_date("610190"), is_possible_date("320190"), is_possible_date("290223")
    (True, True, False, False)
    """
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    years = [_year(year, int(century_digit))] if century_digit else [1900 + year, 2000 + year]
    return any(_is_day(full, month, day - 60 if day > 60 else day) for full in years)


def _is_day(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _year(year: int, century_digit: int) -> int:
    if century_digit <= 3:
        return 1900 + year
    if century_digit in (4, 9):
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year


def is_danish_number(digits: str) -> bool:
    """Whether ten digits begin with a possible date; numbers without the control digit are issued too.

    Examples
    --------
    >>> is_danish_number("0101901234"), is_danish_number("9901901234")
    (True, False)
    """
    return len(digits) == 10 and is_possible_date(digits[:6], digits[6])


def is_swedish_number(digits: str) -> bool:
    """Whether ten digits are a Swedish personal or co-ordination number: a possible date, and the Luhn digit holds.

    A company's number is never one: its third digit is two or more.

    Examples
    --------
    >>> is_swedish_number("9001011239"), is_swedish_number("9001611236"), is_swedish_number("9001011234")
    (True, True, False)
    """
    if len(digits) != 10:
        return False
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if not any(_is_day(century + year, month, day - 60 if day > 60 else day) for century in (1900, 2000)):
        return False
    doubled = (int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(digits))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def is_norwegian_number(digits: str) -> bool:
    """Whether eleven digits are a Norwegian birth or D-number: a possible date, and both control digits hold.

    Examples
    --------
    >>> is_norwegian_number("01019012480"), is_norwegian_number("01019012481")
    (True, False)
    """
    if len(digits) != 11:
        return False
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if not any(_is_day(century + year, month, day - 40 if day > 40 else day) for century in (1900, 2000)):
        return False
    return all(sum(w * int(d) for w, d in zip(weights, digits)) % 11 == 0 for weights in _NORWEGIAN_WEIGHTS)  # noqa: B905


def digits_of(text: str) -> str:
    """The digits of a text, as ASCII digits."""
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())


def plain_digits(text: str) -> str:
    """The digits of a number known to be a person's, the same however it was written: no century, no VAT ending.

    Examples
    --------
    >>> plain_digits("19900101-1239"), plain_digits("SE900101123901"), plain_digits("101901234")
    ('9001011239', '9001011239', '101901234')
    """
    digits = digits_of(text)
    if len(digits) == 12 and digits.endswith("01") and is_swedish_number(digits[:10]):
        return digits[:10]
    if len(digits) == 12 and is_swedish_number(digits[2:]):
        return digits[2:]
    if len(digits) == 12 and is_danish_number(digits[:4] + digits[6:]):
        return digits[:4] + digits[6:]
    return digits


def is_personal_number(text: str | None, country: str | None = None) -> bool:
    """Whether a whole cell is a personal number, with or without separator.

    Ten bare digits of a Swedish number are one where the supplier is Swedish, since Swedish sole traders use theirs as
    organisation number.

    Examples
    --------
    >>> is_personal_number("010190-1234"), is_personal_number("0101901234"), is_personal_number("9901901234")
    (True, True, False)
    >>> is_personal_number("4507121234"), is_personal_number("450712-1236"), is_personal_number("4507121236", "SE")
    (False, True, True)
    """
    bare = (text or "").strip()
    if not 10 <= len(bare) <= 20:
        return False
    if (country or "").upper() == "SE" and is_swedish_number(digits_of(bare)):
        return True
    return any(found.start == 0 and found.end == len(bare) for found in find_numbers(bare))


def is_person_scheme(scheme: str | None) -> bool:
    """Whether an identifier's scheme says that it is a person's, in any case.

    Examples
    --------
    >>> is_person_scheme("dk:cpr"), is_person_scheme(" 0237 "), is_person_scheme("DK:CVR")
    (True, True, False)
    """
    return (scheme or "").strip().upper() in PERSON_SCHEMES


# --- finding --------------------------------------------------------------------------------------------------------


def find_numbers(text: str) -> list[Found]:
    """Personal numbers in a text, in the order they stand in.

    Examples
    --------
    >>> [found.is_certain for found in find_numbers("til 010190-1234, konto 0101901234")]
    [True, False]
    """
    if not _DAY.search(text):
        return []
    folded = text.casefold()
    is_telling = any(word in folded for word in _TELLING)
    shape = _SHAPE.search(text)
    found = list(_danish(text, shape.start())) if shape else []
    if shape and (is_telling or _JOINED_OR_LONG.search(text)):
        found += _long(text, shape.start())
    if shape and "se" in folded:
        found += _vat(text)
    if shape and _ELEVEN.search(text):
        found += _norwegian(text)
    births = _births(text) if is_telling else ()
    ranked = [(one.start, 0, one) for one in found] + [(one.start, 1, one) for one in births]
    return _apart(ranked) if ranked else []


def _apart(ranked: list[tuple[int, int, Found]]) -> list[Found]:
    """Of numbers that overlap, the certain one counts, then the one in fewest signs; birthdays only beside them."""
    kept: list[Found] = []
    together: list[tuple[int, int, Found]] = []
    end = -1
    for place in [*sorted(ranked), None]:
        if place is None or place[2].start >= end:
            kept += _best(together)
            together, end = [], -1
        if place:
            together.append(place)
            end = max(end, place[2].end)
    return kept


def _best(together: list[tuple[int, int, Found]]) -> list[Found]:
    best: list[Found] = []
    for _, _, one in sorted(together, key=lambda p: (p[1], not p[2].is_certain, p[2].end - p[2].start, p[0])):
        if all(one.end <= other.start or other.end <= one.start for other in best):
            best.append(one)
    return sorted(best)


def _each(pattern: re.Pattern, text: str, start: int = 0) -> Iterator[re.Match]:
    """Every match, overlapping ones too: what looks like a number must not hide the one it runs into."""
    while found := pattern.search(text, start):
        yield found
        start = found.start() + 1


def replace_numbers(
    text: str, token_of: Callable[[str], str], *, is_number_field: bool = False, keep_suspects: bool = False
) -> tuple[str, int]:
    """Replace personal numbers until none is left, since one taken out can bring a word and a date together.

    Parameters
    ----------
    text : str
        Any text.
    token_of : callable
        What stands instead of a number's digits; it must hold no personal number itself.
    is_number_field : bool
        The text stands in a field for accounts, orders, locations or telephones: bare digits stay.
    keep_suspects : bool
        Leave what is not certain.

    Returns
    -------
    tuple of (str, int)
        The text without, and how many were replaced.
    """
    count = 0
    while True:
        found = [
            one
            for one in find_numbers(text)
            if one.is_certain or not (keep_suspects or (is_number_field and one.is_bare))
        ]
        if not found:
            return text, count
        count += len(found)
        pieces, end = [], 0
        for one in found:
            pieces += (text[end : one.start], token_of(one.digits))
            end = one.end
        text = "".join((*pieces, text[end:]))


def without_hidden(text: str) -> str:
    """A text without signs that nobody sees, such as soft hyphens, since they can part a number.

    Examples
    --------
    >>> without_hidden("010190\\u200b1234")
    '0101901234'
    """
    if text.isascii():
        return text
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def blank(text: str) -> str:
    """Take personal numbers out without a key, for messages.

    Examples
    --------
    >>> blank("faktura 010190-1234.xml")
    'faktura ******.xml'
    """
    return replace_numbers(without_hidden(text), lambda _: BLANK)[0]


def count_person_numbers(text: str) -> int:
    """Count what is certainly a personal number in a text.

    Examples
    --------
    >>> count_person_numbers("til 010190-1234, konto 0101901234")
    1
    """
    return replace_numbers(text, lambda _: BLANK, keep_suspects=True)[1]


def _near_word(text: str, found: re.Match) -> bool:
    # The window is wider than _NEAR, so that a word or a token at its edge is seen whole.
    words = _WORD.finditer(text, max(found.start() - _NEAR - 10, 0), found.end() + _NEAR + 20)
    return any(found.start() - word.end() <= _NEAR and word.start() - found.end() <= _NEAR for word in words)


def _danish(text: str, start: int) -> Iterator[Found]:
    for found in _each(_DANISH, text, start):
        date, parted, separator, tail = found.groups()
        day = digits_of(date)
        digits = (day if len(day) == 6 else day[:4] + day[6:]) + digits_of(tail)
        if not is_danish_number(digits):
            continue
        is_near = _near_word(text, found)
        # «01.02.2025 1000 stk» is a date and an amount; a number only where it is joined, or a word says so.
        if parted and not is_near and (not separator or separator.strip() != separator):
            continue
        is_certain = is_near or bool(_HYPHENS & set(separator))
        yield Found(found.start(), found.end(), digits, is_certain, is_bare=not separator and not parted)


def _long(text: str, start: int) -> Iterator[Found]:
    for found in _each(_LONG, text, start):
        date, separator, tail = digits_of(found[1]), found[2], digits_of(found[3])
        is_joined, is_near = bool(_HYPHENS & set(separator)), _near_word(text, found)
        is_certain = is_joined or is_near
        swedish = (date[2:] if len(date) == 8 else date) + tail
        danish = date[:4] + date[6:] + tail
        if is_swedish_number(swedish) and (len(date) == 6 or date[:2] in _CENTURIES):
            if is_certain or len(date) == 8:
                yield Found(found.start(), found.end(), swedish, is_certain, is_bare=not separator)
        elif is_certain and len(date) == 8 and date[4:6] in _CENTURIES and is_danish_number(danish):
            yield Found(found.start(), found.end(), danish, True, is_bare=False)


def _vat(text: str) -> Iterator[Found]:
    for found in _each(_VAT, text):
        if is_swedish_number(digits_of(found[1])):
            yield Found(found.start(), found.end(), digits_of(found[1]), True, is_bare=False)


def _norwegian(text: str) -> Iterator[Found]:
    for found in _each(_NORWEGIAN, text):
        digits = digits_of(found[1] + found[3])
        if is_norwegian_number(digits):
            is_certain = found[2] == "-" or _near_word(text, found)
            yield Found(found.start(), found.end(), digits, is_certain, is_bare=not found[2])


def _births(text: str) -> Iterator[Found]:
    """Birthdays beside a word that says so; six digits, or a printed date."""
    for pattern in _BORN:
        for found in _each(pattern, text):
            digits = digits_of(found[1])
            digits = digits if len(digits) == 6 else digits[:4] + digits[6:]
            if is_possible_date(digits):
                yield Found(found.start(1), found.end(1), digits, pattern is not _BESIDE_CITIZEN, is_bare=False)
