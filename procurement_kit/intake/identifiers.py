"""What does a printed identifier become, and which checks does it fail?

Identifiers are text and keep leading zeros. A failed check digit is a check code, never a reason to refuse: numbers
without modulus 11 are issued. Fillers such as «n/a» are empty.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_FILLERS = frozenset(
    (
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "none",
        "null",
        "nil",
        "-",
        "--",
        ".",
        "x",
        "xx",
        "xxx",
        "0",
        "ingen",
        "ukendt",
        "not available",
    )
)
_CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)


def without_filler(text: str | None) -> str | None:
    """None where a reference is a filler.

    Examples
    --------
    >>> without_filler("N/A"), without_filler("PO-7")
    (None, 'PO-7')
    """
    return None if text is None or text.casefold() in _FILLERS else text


@lru_cache(maxsize=100_000)
def company_number(text: str | None, country: str | None = "DK") -> str | None:
    """A company number without country prefix and spaces.

    Examples
    --------
    >>> company_number("DK 12 34 56 78"), company_number("SE5566778899", "SE"), company_number("SC123456", "GB")
    ('12345678', '5566778899', 'SC123456')
    """
    bare = without_filler(re.sub(r"[\s\u00a0]+", "", text or "")) or ""
    prefix = country if country and len(country) == 2 else "DK"
    bare = re.sub(rf"^{re.escape(prefix)}[-:]?(?=\d)", "", bare, flags=re.IGNORECASE)
    return bare or None


def is_cvr_valid(number: str) -> bool:
    """Whether eight digits satisfy modulus 11.

    Examples
    --------
    >>> is_cvr_valid("99999993"), is_cvr_valid("12345678")
    (True, False)
    """
    if not re.fullmatch(r"[1-9]\d{7}", number, re.ASCII):
        return False
    return sum(weight * int(digit) for weight, digit in zip(_CVR_WEIGHTS, number, strict=True)) % 11 == 0


def are_cvr_valid(numbers: "pa.Array") -> "pa.Array":
    """Whether texts of eight ASCII digits satisfy modulus 11, many at once.

    Examples
    --------
    >>> import pyarrow as pa
    >>> are_cvr_valid(pa.array(["99999993", "12345678", "09999993"])).to_pylist()
    [True, False, False]
    """
    import numpy as np
    import pyarrow as pa

    signs = np.frombuffer("".join(numbers.to_pylist()).encode("ascii"), np.uint8).reshape(-1, len(_CVR_WEIGHTS))
    digits = signs.astype(np.int64) - ord("0")
    return pa.array((digits @ np.array(_CVR_WEIGHTS) % 11 == 0) & (digits[:, 0] > 0))


def is_gln_valid(number: str) -> bool:
    """Whether thirteen digits have the right check digit.

    Examples
    --------
    >>> is_gln_valid("5799990000019"), is_gln_valid("5799990000010")
    (True, False)
    """
    if not re.fullmatch(r"\d{13}", number, re.ASCII):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number)) % 10 == 0


def art_of(text: str | None) -> str | None:
    """The two digits of an art, however it is written.

    Examples
    --------
    >>> art_of("2.9"), art_of("29"), art_of("Lønninger")
    ('29', '29', None)
    """
    digits = re.sub(r"[^\d]", "", text or "")
    return digits[:2] if len(digits) >= 2 else None
