"""Which heading of an unknown export carries which column?

A list of known headings in Danish, Swedish and English says what a heading usually means; the cells below it must bear
that out. Where nothing is known of a heading, only unmistakable content maps it: company numbers that satisfy their
check digit, location numbers of 13 digits. Amounts and dates that could be either of two columns are asked about.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from procurement_kit.columns import DATE, TEXT
from procurement_kit.intake.headings import heading_key
from procurement_kit.intake.identifiers import company_number, is_cvr_valid, is_gln_valid
from procurement_kit.intake.profiles import MAPPABLE
from procurement_kit.values import DATE_FORMATS, read_amount, read_date

KNOWN_HEADINGS = Path(__file__).resolve().parent.parent / "knowledge" / "ledger_headings.csv"
CREDIT_MARK, NOT_STORED = "credit_mark", "not_stored"
ALL_DATES = tuple(DATE_FORMATS)
BORNE_OUT, MOSTLY = 0.9, 0.8
FILLERS = ("n/a", "na", "null", "nil", "-", "--", "not available", "not yet available", "ikke oplyst")
_CREDIT_MARKS = {"k": True, "kredit": True, "h": True, "c": True, "cr": True, "credit": True} | dict.fromkeys(
    ("d", "debet", "s", "dr", "debit"), False
)
_NUMBER_OF = {
    "supplier_name": "supplier_account_number",
    "buyer_unit_name": "buyer_unit_number",
    "account_name": "account_number",
}
_NUMERIC = re.compile(r"[\d\s.\-/]+")


@cache
def known_headings() -> dict[str, tuple[int, str]]:
    """Heading without signs and spaces → its place in the list, and the column it usually carries."""
    with KNOWN_HEADINGS.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file, delimiter=";")]
    return {letters_of(row["heading"]): (place, row["column"]) for place, row in enumerate(rows)}


def letters_of(heading: str) -> str:
    """A heading as letters and digits only; what stands in parentheses left out.

    Examples
    --------
    >>> letters_of("CVR-nr."), letters_of("Beløb (DKK)"), letters_of("leverantor_id")
    ('cvrnr', 'beløb', 'leverantorid')
    """
    return re.sub(r"[\W_]", "", re.sub(r"\(.*?\)", "", heading_key(heading)))


def is_known_heading(heading: str) -> bool:
    """Whether a heading is in the list.

    Examples
    --------
    >>> is_known_heading("FAKTURADATO"), is_known_heading("Fakta")
    (True, False)
    """
    return letters_of(heading) in known_headings()


def looks_like_value(cell: str) -> bool:
    """Whether a cell is an amount, a number or a date, and so no heading.

    Examples
    --------
    >>> looks_like_value("1.234,50"), looks_like_value("31-01-2025"), looks_like_value("Beløb"), looks_like_value("kr.")
    (True, True, False, False)
    """
    return any(sign.isdigit() for sign in cell) and (is_amount(cell) or is_date(cell))


def is_amount(cell: str) -> bool:
    """Whether a cell can be read as an amount with one decimal mark or the other."""
    return amount_of(cell, ",") is not None or amount_of(cell, ".") is not None


def amount_of(cell: str, decimal_mark: str):  # noqa: ANN201
    """The amount of a cell, or None where it cannot be read."""
    try:
        return read_amount(cell, decimal_mark)
    except ValueError:
        return None


def is_date(cell: str, formats: tuple[str, ...] = ALL_DATES) -> bool:
    """Whether a cell can be read as a date."""
    try:
        return read_date(cell, formats) is not None
    except ValueError:
        return False


def _is_whole_number(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}", cell.strip()))


def _has_letters(cell: str) -> bool:
    return sum(sign.isalpha() for sign in cell) >= 2


_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "supplier_name": (_has_letters, "names"),
    "supplier_number": (lambda cell: sum(sign.isdigit() for sign in cell) >= 5, "company numbers"),
    "buyer_gln_number": (lambda cell: bool(re.fullmatch(r"\d{13}", cell.strip())), "location numbers of 13 digits"),
    "accounting_year": (_is_whole_number, "years"),
    "document_currency": (lambda cell: bool(re.fullmatch(r"[A-Za-z]{3}", cell.strip())), "currency codes"),
    "art_code": (lambda cell: bool(re.fullmatch(r"\d(?:[.,]?\d)?(?:\.\d+)?", cell.strip())), "arts of two digits"),
    "supplier_country": (lambda cell: bool(re.fullmatch(r"[A-Za-z]{2}", cell.strip())), "country codes"),
    CREDIT_MARK: (lambda cell: cell.strip().casefold() in _CREDIT_MARKS, "debit and credit marks"),
}


def _check_of(column: str) -> tuple[Callable[[str], bool], str]:
    if column in _CHECKS:
        return _CHECKS[column]
    type_ = MAPPABLE[column].type if column in MAPPABLE else TEXT
    if type_ == DATE:
        return is_date, "dates"
    return (bool, "") if type_ == TEXT else (is_amount, "amounts" if column.endswith("amount") else "numbers")


def is_credit(cell: str) -> bool:
    """Whether a mark says credit."""
    return _CREDIT_MARKS.get(cell.strip().casefold(), False)


def share_of(cells: Sequence[str], test: Callable[[str], bool]) -> float | None:
    """Share of the filled cells that pass a test, fillers such as «n/a» left out; None where none is filled.

    Examples
    --------
    >>> share_of(["01-02-2025", "", "x"], is_date)
    0.5
    """
    filled = _filled(cells)
    return sum(map(test, filled)) / len(filled) if filled else None


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip() and " ".join(cell.split()).casefold() not in FILLERS]


@dataclass(frozen=True)
class Found:
    """A heading that carries a column: where it stands, and what its cells showed."""

    column: str
    place: int
    shown: str = ""


@dataclass
class Proposal:
    """Which headings carry which columns, as far as can be told.

    `amounts` and `dates` are the places that could be the amount and the date, `unknown_amounts` those under headings
    nothing is known of, `names` texts that could name a supplier; `notes` say what was not believed.
    """

    found: dict[str, Found] = field(default_factory=dict)
    amounts: list[int] = field(default_factory=list)
    dates: list[int] = field(default_factory=list)
    unknown_amounts: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def propose(header: Sequence[str], columns: Sequence[Sequence[str]]) -> Proposal:
    """Propose which heading carries which column, from the headings and the first rows, column by column."""
    proposal = Proposal()
    named = _named(header, columns, proposal)
    for column, places in named.items():
        if column == "document_amount":
            proposal.amounts = sorted(places)
        elif column != NOT_STORED:
            proposal.found[column] = Found(column, places[0], _shown(column, columns[places[0]]))
    taken = {found.place for found in proposal.found.values()} | {*proposal.amounts, *named.get(NOT_STORED, ())}
    for place, cells in enumerate(columns):
        if place not in taken and header[place].strip():
            _by_content(proposal, place, cells)
    # Amounts and dates under unknown headings matter only where no known heading holds any.
    proposal.amounts = proposal.amounts or proposal.unknown_amounts
    if {"invoice_date", "posting_date"} & set(proposal.found):
        proposal.dates = []
    return proposal


def _named(header: Sequence[str], columns: Sequence[Sequence[str]], proposal: Proposal) -> dict[str, list[int]]:
    """Places per column by their headings, the most telling heading first; those their cells belie are left out."""
    ranked = []
    for place, heading in enumerate(header):
        rank, column = known_headings().get(letters_of(heading), (0, ""))
        if column:
            ranked.append((rank, place, _really(column, columns[place])))
    named: dict[str, list[int]] = {}
    for _, place, column in sorted(ranked):
        test, what = _check_of(column)
        share = share_of(columns[place], test)
        if share is not None and share < BORNE_OUT - 0.4 * (column in ("supplier_number", "buyer_gln_number")):
            proposal.notes.append(f"«{header[place]}» does not hold {what}: it is not mapped to {column}")
        elif share is not None or column not in ("document_amount", "invoice_date"):
            named.setdefault(column, []).append(place)
    return named


def _really(column: str, cells: Sequence[str]) -> str:
    """A name that is a number throughout is the number beside it, and the other way round."""
    if column in _NUMBER_OF:
        is_number = (share_of(cells, lambda cell: bool(_NUMERIC.fullmatch(cell))) or 0) >= MOSTLY
        return _NUMBER_OF[column] if is_number else column
    for name, number in _NUMBER_OF.items():
        if (
            column == number
            and (share_of(cells, lambda cell: _has_letters(cell) and _is_named(column, cell)) or 0) >= MOSTLY
        ):
            return name
    return column


def _is_named(column: str, cell: str) -> bool:
    """Whether letters are a name: a supplier's account may be letters alone, a unit's or an account's has figures."""
    return " " in cell.strip() if column == "supplier_account_number" else not any(sign.isdigit() for sign in cell)


def _shown(column: str, cells: Sequence[str]) -> str:
    test, what = _check_of(column)
    filled = _filled(cells)
    if not filled:
        return "no cell is filled"
    return f"{sum(map(test, filled))} of {len(filled)} filled cells are {what}" if what else f"{len(filled)} filled"


def _by_content(proposal: Proposal, place: int, cells: Sequence[str]) -> None:
    """What unmistakable content says of a heading that is not known."""
    tests = {
        "buyer_gln_number": lambda cell: is_gln_valid(cell.strip()),
        "supplier_number": lambda cell: is_cvr_valid(company_number(cell) or ""),
    }
    for column, test in tests.items():
        if column not in proposal.found and (share_of(cells, test) or 0) >= BORNE_OUT:
            proposal.found[column] = Found(column, place, _shown(column, cells))
            return
    if (share_of(cells, is_date) or 0) >= BORNE_OUT and (share_of(cells, is_amount) or 0) < BORNE_OUT:
        proposal.dates.append(place)
    elif (share_of(cells, is_amount) or 0) >= BORNE_OUT and any(_has_decimals(cell) for cell in cells):
        proposal.unknown_amounts.append(place)
    elif (share_of(cells, _has_letters) or 0) >= BORNE_OUT:
        proposal.names.append(place)


def _has_decimals(cell: str) -> bool:
    return bool(re.search(r"\d[.,]\d{2}\D*$", cell))
