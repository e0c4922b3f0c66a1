"""How is a printed value read: bytes, amounts, dates, flags, identifiers?

Encoding is BOM, then strict UTF-8, then cp1252. Amounts become `Decimal`, never float, and a notation that could mean
two things is refused. Nothing is guessed: what cannot be read raises `ValueError` with a short reason.
"""

import codecs
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MARKS = {
    "kr": ("DKK", "SEK", "NOK", "ISK"),
    "dkk": ("DKK",),
    "sek": ("SEK",),
    "nok": ("NOK",),
    "eur": ("EUR",),
    "gbp": ("GBP",),
    "£": ("GBP",),
    "€": ("EUR",),
}
# White space that separates thousands: ordinary, no-break, figure, thin, narrow no-break.
_GAP = " \u00a0\u2007\u2009\u202f"
_MARK = r"(?P<{0}>kr\.?|dkk|sek|nok|eur|gbp|£|€)"
_SIGNED = r"(?:(?P<plus>\+)|(?P<minus>-))?"
_NUMBER = r"(?P<whole>[0-9]+|[0-9]{1,3}(?:(?P<gap>[%s])[0-9]{3})(?:(?P=gap)[0-9]{3})*)?(?:%s(?P<decimals>[0-9]+%s))?"
_PATTERNS = {
    mark: re.compile(
        rf"(?P<open>\()?{_SIGNED} ?(?:{_MARK.format('before')} ?)?(?P<inner>-)? ?{number} ?(?P<behind>-)?"
        rf"(?: ?{_MARK.format('after')})?(?P<late>-)?(?P<close>\))?",
        re.IGNORECASE,
    )
    for mark, number in (
        (",", _NUMBER % (f".{_GAP}'’", ",", "|-")),
        (".", _NUMBER % (f",{_GAP}'’", r"\.", "")),
    )
}
DATE_FORMATS = {
    "dd-mm-yyyy": "%d-%m-%Y",
    "dd.mm.yyyy": "%d.%m.%Y",
    "dd/mm/yyyy": "%d/%m/%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
    "yyyy-mm-ddThh:mm:ss": "%Y-%m-%dT%H:%M:%S",
}
DANISH_DATES = ("dd-mm-yyyy", "dd.mm.yyyy", "dd/mm/yyyy", "yyyy-mm-dd")
_DATES = {
    "dd-mm-yyyy": r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})",
    "dd.mm.yyyy": r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})",
    "dd/mm/yyyy": r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})",
    "yyyy-mm-dd": r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})",
    "yyyymmdd": r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
    "yyyy-mm-ddThh:mm:ss": r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})T(?P<time>%s)(?P<zone>%s)?",
}
_ZONE = r"Z|[+-][0-9]{2}:?[0-9]{2}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_NEXT_DAY = 22  # from this hour on a time in UTC may be the next day in the Nordic countries and Britain
_YEARS = range(1900, 2101)
_FLAGS = {
    "ja": True,
    "yes": True,
    "true": True,
    "1": True,
    "x": True,
    "nej": False,
    "no": False,
    "false": False,
    "0": False,
}


def encoding_of(start: bytes, *, rest: Sequence[bytes] = ()) -> str:
    """Find the encoding: byte order mark, else strict UTF-8, else cp1252.

    Parameters
    ----------
    start : bytes
        The first bytes.
    rest : sequence of bytes
        The following blocks, if the content is longer.

    Examples
    --------
    >>> encoding_of("Ærø".encode("cp1252"))
    'cp1252'
    """
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)
        for block in rest:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decode(content: bytes) -> str:
    """Decode a whole file.

    Raises
    ------
    ValueError
        If it is none of the three encodings.
    """
    return content.decode(encoding_of(content))


@lru_cache(maxsize=65536)
def read_amount(text: str, decimal_mark: str = ",") -> Decimal | None:
    """Read an amount as printed; None where the cell is empty.

    Parameters
    ----------
    text : str
        With thousands separated by point or comma, space or apostrophe, in threes; a minus before or behind, or
        parentheses for negative; one currency mark; «,-» for no øre.
    decimal_mark : {",", "."}
        What separates the decimals in this column.

    Raises
    ------
    ValueError
        If the notation could mean two things, or is no number.

    Examples
    --------
    >>> read_amount("1.234,50-"), read_amount("(1.234,56)"), read_amount("kr. 99,-"), read_amount("1,234.50", ".")
    (Decimal('-1234.50'), Decimal('-1234.56'), Decimal('99'), Decimal('1234.50'))
    >>> read_amount("1234.56")
    Traceback (most recent call last):
    ValueError: «1234.56» is not an amount with decimal mark «,»
    """
    bare = _flat(text)
    if not bare or _bare_mark(bare):
        return None
    found = _PATTERNS[decimal_mark].fullmatch(bare)
    if not found or not _is_amount(found):
        raise ValueError(f"«{text}» is not an amount with decimal mark «{decimal_mark}»")
    whole = "".join(sign for sign in found["whole"] or "0" if sign.isdigit())
    decimals = found["decimals"] or ""
    amount = Decimal(f"{whole}.{decimals}" if decimals not in ("", "-") else whole)
    is_negative = found["open"] or any(found[sign] for sign in ("minus", "inner", "behind", "late"))
    return -amount if is_negative else amount


def _flat(text: str) -> str:
    """Tabs and line breaks as spaces, every minus as one, no space at the ends."""
    return re.sub(r"[\t\r\n]+", " ", text.replace("\u2212", "-")).strip()


def _bare_mark(text: str) -> bool:
    return text.casefold().rstrip(".") in _MARKS


def _is_amount(found: re.Match) -> bool:
    """One sign and one currency at most, parentheses in pairs and without a sign, digits there."""
    signs = sum(bool(found[sign]) for sign in ("plus", "minus", "inner", "behind", "late"))
    is_bracketed = bool(found["open"])
    is_round = found["decimals"] == "-"  # kr. 99,- : no øre, and no minus
    has_digits = found["whole"] or (found["decimals"] and not is_round)
    if (
        not has_digits
        or (is_round and (found["behind"] or found["late"]))
        or is_bracketed != bool(found["close"])
        or signs + is_bracketed > 1
    ):
        return False
    return not (found["before"] and found["after"])


@lru_cache(maxsize=65536)
def currencies_of(text: str) -> tuple[str, ...]:
    """Which currencies the mark in an amount can mean; none where it carries no mark.

    Examples
    --------
    >>> currencies_of("£ 5"), currencies_of("5,00")
    (('GBP',), ())
    """
    found = _ANY_MARK.search(_flat(text))
    return _MARKS[found[1].casefold().rstrip(".")] if found else ()


_ANY_MARK = re.compile(r"(kr\.?|dkk|sek|nok|eur|gbp|£|€)", re.IGNORECASE)


@lru_cache(maxsize=65536)
def read_date(text: str, formats: tuple[str, ...] = DANISH_DATES) -> date | None:
    """Read a date in one of the named formats, with or without a time of day; None where the cell is empty.

    A time in UTC late in the evening is refused: in the Nordic countries the next day has begun, or not.

    Raises
    ------
    ValueError
        If it is a date in none of them.

    Examples
    --------
    >>> read_date("31-01-2025"), read_date("2025-01-31T12:00:00Z", ("yyyy-mm-ddThh:mm:ss",))
    (datetime.date(2025, 1, 31), datetime.date(2025, 1, 31))
    """
    bare = text.strip()
    if not bare:
        return None
    for name in formats:
        found = _date_pattern(name).fullmatch(bare)
        if found and not _is_late_utc(found):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                continue
    raise ValueError(f"«{text}» is not a date such as {' or '.join(formats)}")


@cache
def _date_pattern(name: str) -> re.Pattern:
    with_time = "" if "T" in name or name == "yyyymmdd" else rf"(?:[ T]{_TIME})?"
    return re.compile((_DATES[name] % (_TIME, _ZONE) if "T" in name else _DATES[name]) + with_time)


def _is_late_utc(found: re.Match) -> bool:
    marks = found.groupdict()
    return marks.get("zone") in ("Z", "+00:00", "+0000") and int(marks["time"][:2]) >= _NEXT_DAY


def read_year(text: str) -> int | None:
    """Read a year; None where the cell is empty.

    Raises
    ------
    ValueError
        If it is not four digits, or no year accounts are kept of.

    Examples
    --------
    >>> read_year("2025"), read_year("")
    (2025, None)
    """
    bare = text.strip()
    if not bare:
        return None
    if not re.fullmatch(r"[0-9]{4}", bare) or int(bare) not in _YEARS:
        raise ValueError(f"«{text}» is not a year")
    return int(bare)


def read_flag(text: str) -> bool | None:
    """Read ja/nej (yes/no, true/false, 1/0); None where the cell is empty.

    Examples
    --------
    >>> read_flag("Ja"), read_flag("")
    (True, None)
    """
    bare = text.strip().casefold()
    if not bare:
        return None
    if bare not in _FLAGS:
        raise ValueError(f"«{text}» is neither ja nor nej")
    return _FLAGS[bare]
