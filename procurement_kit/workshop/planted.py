"""What is known to be true of the invented municipality's lines, and which flaws are planted in its files?

Known because the files are made from it: category, real supplier, contract status and kroner of every line, and what an
import must do with each document. Exercises and tests compare with it; nothing of it is written to the folder.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from procurement_kit.values import read_amount, read_date, read_flag
from procurement_kit.workshop.invented import covers, personal_number, read_rows
from procurement_kit.workshop.purchases import ORE, BoughtDocument

STATED_RATE = Decimal("7.44")
_SINGLE_FLAWS = ("charge",) * 6 + ("stated_rate", "copy", "duplicate", "broken", "doctype") + ("posted",) * 3
_SENT_AGAIN = ("copy", "duplicate", "posted")
_SCOPE_BY_ART = {"4": "public_payment", "5": "transfer", "9": "internal", "6": "finance", "2": "property"}
UNREAD = ("broken", "doctype")
WRONG_SUM = "wrong_sum_"  # followed by how much the header is wrong
_FATES = {f"{flaw}_again": "duplicate" for flaw in _SENT_AGAIN}


@dataclass(frozen=True)
class Delivered:
    """A document with the file it lies in and the flaw planted in it, if any."""

    document: BoughtDocument
    file_name: str
    flaw: str = ""


@dataclass(frozen=True)
class TrueLine:
    """One line as it stands in a file, with what is true of it.

    `fate` is what an import must do with it: taken_in, held_back or duplicate. Amounts are signed and excl. VAT;
    `net_amount` is in kroner, None where no rate is known. `category_code` is empty where the line is no purchase.
    `art` is the one it is booked on, `printed_art` the one the line bears, if any.
    """

    source_name: str
    source_row: int
    document_number: str
    invoice_date: date
    supplier_number: str
    supplier_name: str
    printed_number: str
    printed_name: str
    unit_name: str
    text: str
    account_number: str
    account_name: str
    scope_status: str
    category_code: str
    currency: str
    document_amount: Decimal
    net_amount: Decimal | None
    fate: str
    item_number: str
    unit_price: Decimal
    masked_count: int
    contract_number: str
    contract_status: str
    art: str
    printed_art: str
    accounting_year: int


@dataclass(frozen=True)
class PriceSpread:
    """One item bought at several prices on a contract with an agreed one; kroner are for the second year."""

    item_number: str
    contract_number: str
    agreed_price: Decimal
    highest_price: Decimal
    overpaid_amount: Decimal


@dataclass(frozen=True)
class PlantedTruth:
    """All that is known to be true.

    Parameters
    ----------
    lines : tuple of TrueLine
        Every line that stands in a file that can be read.
    merged_suppliers : dict of str to tuple
        Supplier name → the ways it is printed, as (name, number), where there is more than one way.
    price_spreads : tuple of PriceSpread
    new_suppliers, gone_suppliers : frozenset of str
        Names of suppliers with purchases in the second year only, and in the first only.
    expired_contract, not_begun_contract, option_used_contract, voluntary_contract : str
        Contract numbers.
    held_back_files, unread_files, duplicate_files : tuple of str
        File names; the unread ones hold no line that can be read. Beside the duplicate files some e-invoices stand in
        the ledger too.
    """

    lines: tuple[TrueLine, ...]
    merged_suppliers: dict[str, tuple[tuple[str, str], ...]]
    price_spreads: tuple[PriceSpread, ...]
    new_suppliers: frozenset[str]
    gone_suppliers: frozenset[str]
    expired_contract: str
    not_begun_contract: str
    option_used_contract: str
    voluntary_contract: str
    held_back_files: tuple[str, ...]
    unread_files: tuple[str, ...]
    duplicate_files: tuple[str, ...]

    def line_count(self, fate: str) -> int:
        """Number of lines with a fate."""
        return sum(line.fate == fate for line in self.lines)

    def amount(self, fate: str) -> Decimal:
        """Kroner of the lines with a fate, those without a rate left out."""
        return sum((line.net_amount or Decimal(0) for line in self.lines if line.fate == fate), Decimal(0))

    @property
    def masked_count(self) -> int:
        """How many personal numbers stand in the files."""
        return sum(line.masked_count for line in self.lines)

    def purchases(self, year: int) -> tuple[TrueLine, ...]:
        """Lines taken in that are purchases of a year."""
        return tuple(
            line
            for line in self.lines
            if line.fate == "taken_in" and line.scope_status == "in_scope" and line.invoice_date.year == year
        )

    def contract_amounts(self, year: int) -> dict[tuple[str, str], Decimal]:
        """Kroner of a year's purchases per contract number and contract status."""
        amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in self.purchases(year):
            amounts[line.contract_number, line.contract_status] += line.net_amount
        return dict(amounts)


# --- flaws ----------------------------------------------------------------------------------------------------------


def plant_flaws(documents: Sequence[BoughtDocument]) -> list[Delivered]:
    """Give each document its file, and plant the flaws in some."""
    flaws = _chosen_flaws(documents)
    delivered = []
    for document in documents:
        flaw = flaws.get(document.voucher, "")
        delivered.append(Delivered(_with_flaw(document, flaw), _file_name(document), flaw))
    return delivered + [_again(item) for item in delivered if item.flaw in _SENT_AGAIN]


def _again(original: Delivered) -> Delivered:
    """The same document once more: as a copy, as another file, or as a posting in the ledger."""
    is_posting = original.flaw == "posted"
    document = replace(original.document, is_copy=original.flaw == "copy", is_einvoice=not is_posting)
    name = _file_name(document) if is_posting else f"genfremsendt_{original.file_name}"
    return Delivered(document, name, f"{original.flaw}_again")


def _file_name(document: BoughtDocument) -> str:
    if not document.is_einvoice:
        return f"posteringer_{document.posting_date.year if document.posting_date.year < 2026 else 2025}.csv"
    kind = "kreditnota" if document.is_credit else "faktura"
    return f"{kind}_{document.invoice_date}_{document.voucher}.xml"


def _chosen_flaws(documents: Sequence[BoughtDocument]) -> dict[str, str]:
    """Documents for each flaw, spread evenly over the two years."""
    kroner = [d for d in documents if d.currency == "DKK" and not d.is_credit and d.lines[0].category_code]
    single = [d.voucher for d in kroner if d.is_einvoice and len(d.lines) == 1 and not d.lines[0].note]
    several = [d.voucher for d in kroner if d.is_einvoice and len(d.lines) > 1]
    postings = [d.voucher for d in kroner if not d.is_einvoice and d.lines[0].art == "40"]
    chosen = _spread(single, _SINGLE_FLAWS) | _spread(several, (f"{WRONG_SUM}100.00", f"{WRONG_SUM}0.90"))
    rest = [voucher for voucher in single if voucher not in chosen]
    return chosen | _spread(rest, ("masked",) * 3) | _spread(postings, ("masked",) * 4)


def _spread(vouchers: Sequence[str], flaws: Sequence[str]) -> dict[str, str]:
    step = len(vouchers) // (len(flaws) + 1)
    return {vouchers[step * (place + 1)]: flaw for place, flaw in enumerate(flaws)}


def _with_flaw(document: BoughtDocument, flaw: str) -> BoughtDocument:
    first, *others = document.lines
    if flaw == "charge":
        return replace(document, charge=Decimal("125.00"))
    if flaw == "stated_rate":
        price = (first.amount / STATED_RATE).quantize(ORE, ROUND_HALF_UP)
        line = replace(first, quantity=Decimal(1), unit_price=price, amount=price, article=None)
        return replace(document, lines=(line,), currency="EUR", exchange_rate=STATED_RATE)
    if flaw == "masked":
        day = document.invoice_date
        number = personal_number(day.day, day.month, day.year - 40)
        where = "note" if document.is_einvoice else "text"
        old = getattr(first, where)
        line = replace(first, **{where: f"{old} vedr. borger {number}".strip()})
        return replace(document, lines=(line, *others))
    return document


# --- truth ----------------------------------------------------------------------------------------------------------


def true_lines(delivered: Iterable[Delivered], rates: Sequence[dict[str, str]]) -> list[TrueLine]:
    """What is true of each line, with the place it has in its file."""
    register = read_rows("contracts")
    joined = {row["Aftalenummer"]: read_date(row["Tiltrådt"]) for row in read_rows("contract_participants")}
    last_rows: dict[str, int] = defaultdict(lambda: 1)
    found = []
    for item in delivered:
        if item.flaw in UNREAD:
            continue
        for position in range(len(item.document.lines)):
            row = position + 1
            if not item.document.is_einvoice:
                last_rows[item.file_name] += 1
                row = last_rows[item.file_name]
            found.append(_true_line(item, position, row, rates, register, joined))
    return found


def _true_line(item: Delivered, position: int, row: int, rates: Sequence, register: Sequence, joined: dict) -> TrueLine:
    document, line = item.document, item.document.lines[position]
    is_stated = document.is_einvoice and not prints_account(document)
    scope = _scope(document, line.art, _net(document, line.amount, rates))
    contract, status = _contract(document, line.category_code, scope, register, joined)
    return TrueLine(
        item.file_name, row, document.number, document.invoice_date, document.firm.number, document.firm.name,
        document.printed_number, document.printed_name, document.unit.name, f"{line.text} {line.note}".strip(),
        "" if is_stated else line.account[0], "" if document.is_einvoice else line.account[1], scope,
        line.category_code, document.currency, document.sign * line.amount, _net(document, line.amount, rates),
        "held_back" if item.flaw.startswith(WRONG_SUM) else _FATES.get(item.flaw, "taken_in"),
        line.article.number if line.article else "", line.unit_price,
        int(item.flaw == "masked" and position == 0), contract, status, line.art,
        line.art if bears_art(item) else "",
        (document.invoice_date if document.is_einvoice else document.posting_date).year,
    )  # fmt: skip


def prints_account(document: BoughtDocument) -> bool:
    """Whether an e-invoice names the account it shall be booked on: two in three do."""
    return int(document.voucher[1:]) % 3 > 0


def prints_art(document: BoughtDocument) -> bool:
    """Whether a posting has an art: one purchase in a hundred lacks it."""
    return not document.lines[0].category_code or int(document.voucher[1:]) % 100 > 0


def bears_art(item: Delivered) -> bool:
    """Whether a line taken in bears an art: e-invoices do where the ledger holds them too."""
    return (not item.document.is_einvoice or item.flaw == "posted") and prints_art(item.document)


def _net(document: BoughtDocument, amount: Decimal, rates: Sequence[dict[str, str]]) -> Decimal | None:
    """Kroner of a line; documents with a charge or in another currency have one line only."""
    rate = Decimal(1) if document.currency == "DKK" else document.exchange_rate
    for row in rates:
        if row["Valuta"] == document.currency and read_date(row["Gælder fra"]) <= document.invoice_date:
            rate = document.exchange_rate or read_amount(row["Kurs"])
    if rate is None:
        return None
    return document.sign * ((amount + document.charge) * rate).quantize(ORE, ROUND_HALF_UP)


def _scope(document: BoughtDocument, art: str, net: Decimal | None) -> str:
    if net is None:
        return "no_exchange_rate"
    if document.lines[0].category_code:
        return "in_scope"
    return "to_clarify" if art == "59" and document.printed_number else _SCOPE_BY_ART[art[0]]


def _contract(
    document: BoughtDocument, category: str, scope: str, register: Sequence[dict], joined: dict
) -> tuple[str, str]:
    """The contract that holds on the day for the category, and whether its supplier was used."""
    if scope != "in_scope":
        return "", "out_of_scope"
    valid = [
        row
        for row in register
        if covers(row["category_codes"], category) and _is_valid(row, document.invoice_date, joined)
    ]
    if not valid:
        return "", "no_known_contract"
    used = [row["contract_number"] for row in valid if row["supplier_name"] == document.firm.name]
    return (min(used), "on_contract") if used else (min(r["contract_number"] for r in valid), "wrong_supplier")


def _is_valid(row: dict[str, str], day: date, joined: dict[str, date]) -> bool:
    first = max(read_date(row["valid_from_date"]), joined.get(row["contract_number"], date.min))
    last = read_date(row["option_to_date"]) if read_flag(row["is_option_used"]) else read_date(row["valid_to_date"])
    return first <= day <= last
