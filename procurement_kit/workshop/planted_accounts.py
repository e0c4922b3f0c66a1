"""What do the invented municipality's accounts say, and which differences from its lines are planted in them?

The accounts hold every line taken in under its true art, also where the line itself bears none. One art holds internal
invoices that were never delivered, and a note says so; one art holds kroner that nobody can explain.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procurement_kit.workshop.planted import TrueLine

INTERNAL_ART, INTERNAL_AMOUNT = "49", Decimal("1250000.00")
UNEXPLAINED_ART, UNEXPLAINED_AMOUNT = "29", Decimal("640000.00")
INVESTMENT_ART, INVESTMENT_SHARE = "45", Decimal("0.4")
PAYROLL = ("1", Decimal("318450000.00"))
_ORE = Decimal("0.01")
_ART_NAMES = {
    "1": "1 Lønninger", "22": "2.2 Fødevarer", "23": "2.3 Brændsel og drivmidler", "25": "2.5 Køb af jord og bygninger",
    "27": "2.7 Anskaffelser", "29": "2.9 Øvrige varekøb", "40": "4.0 Tjenesteydelser uden moms",
    "45": "4.5 Entreprenør- og håndværkerydelser", "46": "4.6 Betalinger til staten",
    "47": "4.7 Betalinger til kommuner", "48": "4.8 Betalinger til regioner", "49": "4.9 Øvrige tjenesteydelser m.v.",
}  # fmt: skip
_INTERNAL = "Interne afregninger, ikke leveret"
_WITHOUT_ART = "Linjer uden art, bogført her"
_WITHOUT_ART_BACK = "Bogført på arterne ovenfor"
_SAID = {"explained_by": "økonomichefen", "explained_date": "20-02-2026"}


@dataclass(frozen=True)
class PlantedAccounts:
    """What is known to be true of one year's accounts.

    Parameters
    ----------
    year : int
    by_art : dict of str to Decimal
        Kroner of the accounts per art, the planted differences and payroll among them.
    without_art : dict of str to Decimal
        Kroner of purchases whose line bears no art, by the art they are booked on.
    """

    year: int
    by_art: dict[str, Decimal]
    without_art: dict[str, Decimal]


def planted_accounts(lines: Iterable["TrueLine"], year: int) -> PlantedAccounts:
    """The accounts of a year, made from what is true of the lines."""
    by_art: dict[str, Decimal] = defaultdict(
        Decimal, {INTERNAL_ART: INTERNAL_AMOUNT, UNEXPLAINED_ART: UNEXPLAINED_AMOUNT}
    )
    by_art |= dict([PAYROLL])
    without_art: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.fate != "taken_in" or line.accounting_year != year or line.net_amount is None:
            continue
        by_art[line.art] += line.net_amount
        if not line.printed_art:
            without_art[line.art] += line.net_amount
    return PlantedAccounts(year, dict(sorted(by_art.items())), dict(sorted(without_art.items())))


def account_rows(accounts: PlantedAccounts) -> list[dict[str, str | Decimal]]:
    """Rows of accounts.csv: a part of the craftsmen is investment, everything else operations."""
    rows = []
    for art, amount in accounts.by_art.items():
        parts = {"1 Drift": amount}
        if art == INVESTMENT_ART:
            investment = (amount * INVESTMENT_SHARE).quantize(_ORE, ROUND_DOWN)
            parts = {"1 Drift": amount - investment, "3 Anlæg": investment}
        named = {"accounting_year": str(accounts.year), "art_code": _ART_NAMES.get(art, f"{art[0]}.{art[1:]}")}
        rows += [{**named, "dranst_code": dranst, "accounts_amount": kroner} for dranst, kroner in parts.items()]
    return rows


def note_rows(accounts: PlantedAccounts) -> list[dict[str, str | Decimal]]:
    """Rows of reconciliation_notes.csv: what the head of finance has explained."""
    told = [(INTERNAL_ART, _INTERNAL, INTERNAL_AMOUNT)]
    told += [(art, _WITHOUT_ART, amount) for art, amount in accounts.without_art.items()]
    told.append(("", _WITHOUT_ART_BACK, -sum(accounts.without_art.values(), Decimal(0))))
    return [
        {
            "accounting_year": str(accounts.year), "dranst_code": "1 Drift", "art_code": art, "explanation": text,
            "explained_amount": amount, **_SAID,
        }
        for art, text, amount in told
    ]  # fmt: skip
