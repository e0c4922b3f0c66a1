"""How is a printed value read: bytes, amounts, dates, flags, identifiers?

Encoding is BOM, then strict UTF-8, then cp1252. Amounts become `Decimal`, never float, and a notation that could mean
two things is refused. Nothing is guessed: what cannot be read raises `ValueError` with a short reason.
"""

import codecs
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_CURRENCY = re.compile(r"^(?:kr\.?|DKK|£|€)|(?:kr\.?|DKK|£|€)$", re.IGNORECASE)
_PLAIN = r"\d+|\d{1,3}(?:%(t)s\d{3})+"
_NOTATIONS = {
    ",": re.compile(rf"(?:{_PLAIN % {'t': r'[.]'}})(?:,\d+)?"),
    ".": re.compile(rf"(?:{_PLAIN % {'t': ','}})(?:\.\d+)?|\.\d+"),
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
        With thousands separators, a leading or trailing minus, parentheses for negative, or a currency sign.
    decimal_mark : {",", "."}
        What separates the decimals in this column.

    Raises
    ------
    ValueError
        If the notation could mean two things, or is no number.

    Examples
    --------
    >>> read_amount("1.234,50-"), read_amount("(1.234,56)"), read_amount("kr. 99"), read_amount("1,234.50", ".")
    (Decimal('-1234.50'), Decimal('-1234.56'), Decimal('99'), Decimal('1234.50'))
    >>> read_amount("1234.56")
    Traceback (most recent call last):
    ValueError: «1234.56» is not an amount with decimal mark «,»
    """
    bare = _CURRENCY.sub("", _SPACES.sub("", text.replace("\u2212", "-")))
    if not bare:
        return None
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1]
    elif bare.endswith("-"):
        negative, bare = True, bare[:-1]
    elif bare[0] in "+-":
        negative, bare = bare[0] == "-", bare[1:]
    bare = _CURRENCY.sub("", bare)
    if not _NOTATIONS[decimal_mark].fullmatch(bare):
        raise ValueError(f"«{text}» is not an amount with decimal mark «{decimal_mark}»")
    thousands = "." if decimal_mark == "," else ","
    amount = Decimal(bare.replace(thousands, "").replace(decimal_mark, "."))
    return -amount if negative else amount


@lru_cache(maxsize=65536)
def read_date(text: str, formats: tuple[str, ...] = DANISH_DATES) -> date | None:
    """Read a date in one of the named formats; None where the cell is empty.

    Raises
    ------
    ValueError
        If it is a date in none of them.

    Examples
    --------
    >>> read_date("31-01-2025")
    datetime.date(2025, 1, 31)
    """
    bare = text.strip()
    if not bare:
        return None
    for name in formats:
        try:
            return datetime.strptime(bare, DATE_FORMATS[name]).date()
        except ValueError:
            continue
    raise ValueError(f"«{text}» is not a date such as {' or '.join(formats)}")


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
