"""How are the amounts and dates of an unknown export written, and what does a positive amount mean?

Only cells that can mean one thing decide: 1.234,50 says decimal comma, 1234.56 says decimal point; 1.234 and 1.23
say nothing, for the first may be a thousand and the second may have been one before a spreadsheet read it. What the
cells do not decide is a question, never a guess.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from procurement_kit.intake.guess_columns import BORNE_OUT, amount_of, is_credit, is_date, letters_of, share_of
from procurement_kit.values import DATE_FORMATS

MOSTLY_ONE_SIGN = Decimal("0.8")
PAIRED = Decimal("0.95")
CREDIT_NOTES_NEEDED = 3
_WEAK_POINT = re.compile(r"\D*[1-9]\d{0,2}\.\d{1,2}\D*", re.ASCII)
_CREDIT_NOTE = re.compile(r"kreditnota|kreditfaktura|credit ?note|krediteret|krediterad", re.IGNORECASE)
_WITHOUT_VAT = re.compile(r"ekskl|eksmoms|exmoms|excl|exkl|exvat|umoms|udenmoms|utanmoms|^net|netto|nettobel")
_WITH_VAT = re.compile(r"inkl|incl|medmoms|brutto|gross")


@dataclass(frozen=True)
class Marks:
    """How many cells say decimal comma, decimal point, could mean either, or are no amount; and one that could."""

    comma: int = 0
    point: int = 0
    either: int = 0
    unreadable: int = 0
    example: str = ""

    @property
    def decided(self) -> str:
        """The decimal mark the cells agree on; a comma where it makes no difference; empty where they do not decide."""
        if bool(self.comma) != bool(self.point):
            return "," if self.comma else "."
        return "" if self.comma or self.either else ","


def count_marks(cells: Sequence[str], pointed: Sequence[str] | None = None) -> Marks:
    """Count what the cells of an amount column say of its decimal mark.

    Parameters
    ----------
    cells : sequence of str
        As printed; numbers of a workbook with decimal comma.
    pointed : sequence of str, optional
        The same with decimal point: a number of a workbook has one meaning whatever the mark.

    Examples
    --------
    >>> [count_marks(cells).decided for cells in (["1.234,50", "99"], ["1234.56"], ["1.234", "1.23"])]
    [',', '.', '']
    """
    counted = {"comma": 0, "point": 0, "either": 0, "unreadable": 0}
    example = ""
    for cell, other in zip(cells, pointed or cells, strict=True):
        said = _said(cell.strip(), other.strip())
        if said:
            counted[said] += 1
        if said == "either" and not example:
            example = cell.strip()
    return Marks(**counted, example=example)


def _said(cell: str, other: str) -> str:
    if not cell or cell != other:
        return ""  # empty, or a number of a workbook
    with_comma, with_point = amount_of(cell, ","), amount_of(cell, ".")
    if with_comma is None and with_point is None:
        return "unreadable" if any(sign.isdigit() for sign in cell) else ""
    if with_comma is not None and with_point is not None:
        return "" if with_comma == with_point else "either"
    if with_comma is not None:
        return "comma"
    return "either" if _WEAK_POINT.fullmatch(cell) else "point"


def amounts_of(cells: Sequence[str], decimal_mark: str) -> list[Decimal | None]:
    """The amounts of a column, with the other mark where the one given does not fit: for signs only."""
    marks = (decimal_mark or ",", "." if decimal_mark in (",", "") else ",")
    return [next((found for mark in marks if (found := amount_of(cell, mark)) is not None), None) for cell in cells]


# --- sign -----------------------------------------------------------------------------------------------------------


def credit_turns(amounts: Sequence[Decimal | None], marks: Sequence[str]) -> bool | None:
    """Whether a debit/credit column turns the sign; None where that cannot be told.

    Where credits are already negative the column only repeats it.

    Examples
    --------
    >>> five = [Decimal(5)] * 3
    >>> credit_turns(five, ["D", "K", "D"]), credit_turns([Decimal(5), Decimal(-5)], ["D", "K"])
    (True, False)
    """
    pairs = [(amount, is_credit(mark)) for amount, mark in zip(amounts, marks, strict=True) if amount]
    debits = [amount < 0 for amount, is_turned in pairs if not is_turned]
    credits_ = [amount < 0 for amount, is_turned in pairs if is_turned]
    if not credits_:
        return True
    negative = [Decimal(sum(signs)) / len(signs) if signs else Decimal(0) for signs in (debits, credits_)]
    if negative[1] >= PAIRED and negative[0] <= 1 - PAIRED:
        return False
    return True if max(negative) <= MOSTLY_ONE_SIGN / 4 else None


def sign_of(amounts: Sequence[Decimal | None], texts: Sequence[str]) -> str:
    """What a positive amount means; empty where that cannot be told.

    Most of what a municipality books with suppliers is purchases, so the sign most amounts have is spend, if credit
    notes do not say otherwise.

    Examples
    --------
    >>> sign_of([Decimal(-5)] * 9 + [Decimal(5)], [""] * 10), sign_of([Decimal(5), Decimal(-5)], ["", ""])
    ('negative_is_spend', '')
    """
    signs = [
        (amount < 0, bool(_CREDIT_NOTE.search(text))) for amount, text in zip(amounts, texts, strict=True) if amount
    ]
    ordinary = [is_negative for is_negative, is_note in signs if not is_note]
    if not ordinary:
        return ""
    share = Decimal(sum(ordinary)) / len(ordinary)
    if 1 - MOSTLY_ONE_SIGN < share < MOSTLY_ONE_SIGN:
        return ""
    is_spend_negative = share >= MOSTLY_ONE_SIGN
    alike = sum(is_negative == is_spend_negative for is_negative, is_note in signs if is_note)
    notes = len(signs) - len(ordinary)
    if notes >= CREDIT_NOTES_NEEDED and alike * 2 > notes:
        return ""  # credit notes have the sign of invoices
    return "negative_is_spend" if is_spend_negative else "positive_is_spend"


def vat_basis_of(heading: str) -> str:
    """What a heading says of VAT; empty where it says nothing.

    Examples
    --------
    >>> vat_basis_of("Beløb ekskl. moms"), vat_basis_of("Bruttobeløb"), vat_basis_of("Beløb")
    ('ex', 'incl', '')
    """
    letters = letters_of(heading)
    if _WITHOUT_VAT.search(letters):
        return "" if _WITH_VAT.search(letters) else "ex"
    return "incl" if _WITH_VAT.search(letters) else ""


# --- dates ----------------------------------------------------------------------------------------------------------


def date_formats_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The formats the dates of a column are written in, the most frequent first; empty where they are not dates.

    Examples
    --------
    >>> date_formats_of(["31-01-2025", "01-02-2025", "2025-02-03"])
    ('dd-mm-yyyy', 'yyyy-mm-dd')
    """
    counted = {name: sum(is_date(cell, (name,)) for cell in cells) for name in DATE_FORMATS}
    formats = tuple(sorted((name for name in counted if counted[name]), key=lambda name: -counted[name]))
    needed = tuple(name for n, name in enumerate(formats) if _adds(cells, formats[:n], name))
    return needed if (share_of(cells, lambda cell: is_date(cell, needed)) or 0) >= BORNE_OUT else ()


def _adds(cells: Sequence[str], before: tuple[str, ...], name: str) -> bool:
    return any(is_date(cell, (name,)) and not (before and is_date(cell, before)) for cell in cells)
