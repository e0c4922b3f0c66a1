"""Which new profile would read an export, if no profile there is does?

Made of the headings that carry known columns, of what the amounts and dates show, and of a person's answers. What is
missing for a ledger is named all at once.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from procurement_kit.errors import TableError
from procurement_kit.intake.guess_cells import Seen
from procurement_kit.intake.guess_columns import (
    BORNE_OUT,
    CREDIT_MARK,
    FILLERS,
    Found,
    Proposal,
    is_credit,
    letters_of,
    share_of,
)
from procurement_kit.intake.guess_known import TEXTS
from procurement_kit.intake.guess_questions import (
    YES,
    Asking,
    Question,
    is_credit_turned,
    which_amount,
    which_currency,
    which_date,
    which_decimal_mark,
    which_sign,
    which_supplier,
    which_vat_basis,
)
from procurement_kit.intake.guess_values import (
    amounts_of,
    count_marks,
    credit_turns,
    date_formats_of,
    sign_of,
    vat_basis_of,
)
from procurement_kit.intake.headings import heading_key
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import PartRule, Profile, Source

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

SUPPLIERS = ("supplier_name", "supplier_number", "supplier_account_number")
_ACCOUNT = re.compile(r"\d{8}", re.ASCII)
_STRING = re.compile(r"\d{12}-\d{9}-\d{5}-\d{2}(?:-.*)?", re.ASCII)
_STRING_PARTS = {
    "buyer_unit_number": r"^(\d{12})-",
    "function_number": r"^\d{12}-(\d{5})\d{4}-",
    "dranst_code": r"^\d{12}-\d{5}(\d)\d{3}-",
    "art_code": r"^\d{12}-\d{9}-\d{5}-(\d{2})(?:-|$)",
}


def new_profile(seen: Seen, proposal: Proposal, asking: Asking, municipality: "Municipality | None") -> Profile:
    """A profile made of what a proposal found; where a question is open it holds a placeholder.

    Raises
    ------
    TableError
        If there is no amount, no date or no supplier.
    """
    _refuse_missing(seen, proposal)
    found = dict(proposal.found)
    amount = _one_of(seen, proposal.amounts, asking, which_amount)
    if proposal.dates:
        found["invoice_date"] = Found("invoice_date", _one_of(seen, proposal.dates, asking, which_date), "by content")
    if not set(SUPPLIERS) & set(found):
        name = _one_of(seen, proposal.names, asking, which_supplier, is_certain=False)
        found["supplier_name"] = Found("supplier_name", name)
    credit = found.pop(CREDIT_MARK, None)
    is_open = bool(asking.questions)
    written = _Written(seen, amount, found, credit, Asking(asking.answers) if is_open else asking)
    parts = _parts(seen, found)
    found = {column: each for column, each in found.items() if column not in parts}
    asking.shown |= {column: each.shown for column, each in found.items()}
    sources = {column: Source((printed_heading(seen.header, each.place),)) for column, each in found.items()}
    if "supplier_name" not in sources:
        sources["supplier_name"] = Source(("Leverandørnavn",))
    return Profile(
        name="proposed",
        version="1",
        columns=sources | {"document_amount": Source((printed_heading(seen.header, amount),))},
        optional=() if "supplier_name" in found else ("supplier_name",),
        constants=_constants(found, asking, municipality),
        missing=_missing(seen, [amount, *(each.place for each in found.values())]),
        parts=parts,
        pad=_pad(seen, found),
        **written.choices(),
        **(seen.layout | {"encoding": asking.answers.get("encoding", "auto")}),
    )


def _refuse_missing(seen: Seen, proposal: Proposal) -> None:
    dates = {"invoice_date", "posting_date"} & set(proposal.found) or proposal.dates
    problems = [] if proposal.amounts else ["There is no column of amounts, such as «Beløb» or «Beløb ekskl. moms»."]
    problems += [] if dates else ["There is no column of dates, such as «Fakturadato» or «Bogføringsdato»."]
    if not set(SUPPLIERS) & set(proposal.found) and not proposal.names:
        problems.append("There is no column of suppliers, such as «Leverandør», «CVR-nr.» or «Kreditornr.».")
    if problems:
        raise TableError(
            f"{blank(seen.path.name)}: this cannot be read as a ledger.",
            problems=[*problems, *proposal.notes],
            expected="one row per invoice line or posting, with at least an amount, a date and a supplier",
            todo="ask the municipality for an export that holds them; or write a profile by hand, if they are there",
        )


def _one_of(
    seen: Seen,
    places: Sequence[int],
    asking: Asking,
    question: Callable[[Sequence[str]], Question],
    *,
    is_certain: bool = True,
) -> int:
    """The place a person chose, the only one there is (if that makes it certain), or the first of those asked about."""
    headings = {blank(printed_heading(seen.header, place)): place for place in places}
    only = next(iter(headings)) if is_certain and len(headings) == 1 else ""
    return headings[asking.settle(question(tuple(headings)), only) or next(iter(headings))]


def printed_heading(header: Sequence[str], place: int) -> str:
    """A heading as a profile names it: «Beløb#2» where it is the second of that name.

    Examples
    --------
    >>> printed_heading(["Tekst", "Beløb", "BELØB"], 2), printed_heading(["Tekst"], 0)
    ('BELØB#2', 'Tekst')
    """
    keys = [heading_key(heading) for heading in header]
    number = keys[: place + 1].count(keys[place])
    is_plain = number == 1 and "#" not in keys[place]
    return header[place] if is_plain else f"{header[place]}#{number}"


class _Written:
    """How amounts and dates are written, as the cells or a person say."""

    def __init__(self, seen: Seen, amount: int, found: dict[str, Found], credit: Found | None, asking: Asking):
        self.seen, self.found, self.credit, self.asking = seen, found, credit, asking
        self.heading = blank(printed_heading(seen.header, amount))
        self.counted = count_marks(seen.columns[amount], seen.pointed[amount])
        self.mark = asking.settle(which_decimal_mark(self.heading, self.counted.example), self.counted.decided)
        self.amounts = amounts_of(seen.columns[amount], self.mark)

    def choices(self) -> dict:
        """Decimal mark, dates, sign, VAT and debit/credit."""
        credit = self._credit()
        texts = [self.seen.columns[self.found[column].place] for column in TEXTS if column in self.found]
        joined = [" ".join(cells) for cells in zip(*texts, strict=True)] if texts else [""] * self.seen.row_count
        sign = self.asking.settle(which_sign(self.heading), sign_of(self.amounts, joined))
        vat_basis = self.asking.settle(which_vat_basis(self.heading), vat_basis_of(self.heading))
        self._note_unreadable()
        return {
            "decimal_mark": self.mark or ",",
            "date_formats": self._date_formats(),
            "sign": sign or "positive_is_spend",
            "vat_basis": vat_basis or "unknown",
            "credit": credit,
        }

    def _credit(self) -> tuple[Source, frozenset[str]] | None:
        if self.credit is None:
            return None
        marks = self.seen.columns[self.credit.place]
        heading = printed_heading(self.seen.header, self.credit.place)
        turns = credit_turns(self.amounts, marks)
        known = "" if turns is None else YES if turns else "nej"
        if self.asking.settle(is_credit_turned(blank(heading)), known) != YES:
            return None
        self.amounts = [
            -amount if amount is not None and is_credit(mark) else amount
            for amount, mark in zip(self.amounts, marks, strict=True)
        ]
        values = {mark.strip().casefold() for mark in marks if is_credit(mark)} or {"k", "kredit"}
        return Source((heading,)), frozenset(values)

    def _date_formats(self) -> tuple[str, ...]:
        places = [self.found[column].place for column in ("invoice_date", "posting_date") if column in self.found]
        formats: list[str] = []
        for place in places:
            formats += [name for name in date_formats_of(self.seen.columns[place]) if name not in formats]
        if formats and formats[0] == "dd/mm/yyyy":
            self.asking.notes.append("Dates with strokes are read as day/month/year.")
        return tuple(formats) or ("dd-mm-yyyy",)

    def _note_unreadable(self) -> None:
        counted = self.counted
        lost = counted.unreadable + {",": counted.point, ".": counted.comma}.get(self.mark, 0)
        if lost:
            self.asking.notes.append(
                f"{lost} of the first {self.seen.row_count} amounts cannot be read like the others; their rows would be"
                " held back."
            )


def _constants(found: dict[str, Found], asking: Asking, municipality: "Municipality | None") -> dict[str, str]:
    own = municipality.currency if municipality else ""
    if "document_currency" in found:
        return {"document_currency": own} if own else {}
    if own and "currency" not in asking.answers:
        asking.notes.append(f"There is no column of currencies: all amounts are taken to be in {own}.")
    return {"document_currency": asking.settle(which_currency(), own) or "DKK"}


def _missing(seen: Seen, places: Sequence[int]) -> dict[str, frozenset[str]]:
    """Fillers that occur in what is mapped."""
    cells = Counter(" ".join(cell.split()).casefold() for place in places for cell in seen.columns[place])
    found = frozenset(filler for filler in FILLERS if cells[filler])
    return {"all": found} if found else {}


def _pad(seen: Seen, found: dict[str, Found]) -> dict[str, int]:
    """Company numbers of eight digits among which some have lost a leading zero."""
    if "supplier_number" not in found:
        return {}
    lengths = Counter(
        len(cell.strip()) for cell in seen.columns[found["supplier_number"].place] if cell.strip().isdigit()
    )
    return {"supplier_number": 8} if lengths[8] > lengths[7] > 0 else {}


def _parts(seen: Seen, found: dict[str, Found]) -> dict[str, PartRule]:
    """The art out of an Artskonto of eight digits, or unit, function, dranst and art out of a kontostreng of Prisme."""
    account = found.get("account_number")
    if account is None:
        return {}
    cells = seen.columns[account.place]
    heading = printed_heading(seen.header, account.place)
    if (share_of(cells, lambda cell: bool(_STRING.fullmatch(cell.strip()))) or 0) >= BORNE_OUT:
        parts = {column: PartRule((heading,), pattern=pattern) for column, pattern in _STRING_PARTS.items()}
        return {column: rule for column, rule in parts.items() if column not in found}
    is_art = letters_of(heading) in ("artskonto", "omkart", "omkostningsart")
    if (
        is_art
        and "art_code" not in found
        and (share_of(cells, lambda c: bool(_ACCOUNT.fullmatch(c.strip()))) or 0) >= BORNE_OUT
    ):
        return {"art_code": PartRule((heading,), start=1, length=2)}
    return {}
