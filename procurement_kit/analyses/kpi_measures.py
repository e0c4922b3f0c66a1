"""What is each key figure made of: which kroner, of which kroner, for whom and in which quarter?

Sums only, so that a community's numerator is the sum of its members' and a year's that of its quarters. Suppliers are
counted, not summed: a supplier of two municipalities is one supplier of the community.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.e_trade_basis import is_e_tradable, is_e_traded
from procurement_kit.exact import NOTHING, exact_sum, lines_in, sums_by
from procurement_kit.findings import share
from procurement_kit.kpi_basis import KPI_KEYS, RATES, KpiBasis
from procurement_kit.periods import Period

if TYPE_CHECKING:
    import ibis

READ = ("document_id", "municipality_name", "supplier_key", "net_amount")


@dataclass(frozen=True)
class Measured:
    """A key figure of a municipality (all together where empty) in a quarter (the whole period where empty).

    `numerator` and `denominator` are kroner; of the supplier count they are its suppliers and None. `left_out` is the
    kroner of purchases that are not in the base. `hits` of `documents` invoices count for the numerator.
    """

    key: str
    municipality: str
    quarter: str
    numerator: Decimal | int | None
    denominator: Decimal | None
    base_amount: Decimal
    left_out: Decimal
    hits: int = 0
    documents: int | None = None

    @property
    def value(self) -> Decimal | int | None:
        """The key figure itself."""
        return share(self.numerator, self.denominator) if self.key in RATES else self.numerator


def measure(cube: "ibis.Table", period: Period, basis: KpiBasis) -> list[Measured]:
    """Count every key figure for each municipality and all together, per quarter and for the whole period."""
    received = lines_in(cube, period)
    lines = _marked(received.filter(received.scope_status == "in_scope"), basis)
    found: list[Measured] = []
    for by in ((), ("quarter_name",), ("municipality_name",), ("municipality_name", "quarter_name")):
        sums = {tuple(row[name] for name in by): row for row in sums_by(lines, *by, **_sums(lines))}
        for municipality in sorted(basis.titles) if "municipality_name" in by else [""]:
            for quarter in quarters(period) if "quarter_name" in by else [""]:
                key = tuple(part for part in (municipality, quarter) if part)
                found += _measured(sums.get(key, {}), municipality, quarter, basis, period)
    return found


def quarters(period: Period) -> list[str]:
    """Names of the quarters a period reaches into.

    Examples
    --------
    >>> from procurement_kit.periods import parse_period
    >>> quarters(parse_period("2025-03..2025-07"))
    ['2025Q1', '2025Q2', '2025Q3']
    """
    first = period.first_date.year * 4 + (period.first_date.month - 1) // 3
    last = period.last_date.year * 4 + (period.last_date.month - 1) // 3
    return [f"{place // 4}Q{place % 4 + 1}" for place in range(first, last + 1)]


def quarter_of(day: date) -> str:
    """Name of the quarter a day lies in."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def _marked(lines: "ibis.Table", basis: KpiBasis) -> "ibis.Table":
    status, addressable = lines.contract_status, lines.is_addressable.fill_null(False)
    is_binding = ~lines.contract_reason.fill_null("").contains("voluntary")
    used, past = addressable & (status == "on_contract"), addressable & (status == "wrong_supplier")
    tradable = is_e_tradable(lines, basis.e_trade)
    marks = {
        "contract_compliance_base": (used | past) & is_binding,
        "contract_compliance_hit": used & is_binding,
        "contract_coverage_base": addressable,
        "contract_coverage_hit": used | past,
        "e_trade_base": tradable,
        "e_trade_hit": tradable & is_e_traded(lines, basis.e_trade),
    }
    year, quarter = lines.invoice_date.year().cast("string"), lines.invoice_date.quarter().cast("string")
    marks = {name: mark.fill_null(False) for name, mark in marks.items()}
    return lines.select(*READ, **marks, quarter_name=year + "Q" + quarter)


def _sums(lines: "ibis.Table") -> dict[str, "ibis.Value"]:
    sums = {"known_supplier_amount": exact_sum(lines, lines.supplier_key.notnull())}
    for name in (f"{key}_{part}" for key in RATES for part in ("base", "hit")):
        sums[f"{name}_amount"] = exact_sum(lines, lines[name])
        sums[f"{name}_count"] = lines.document_id.nunique(where=lines[name])
    return sums


def _measured(row: dict, municipality: str, quarter: str, basis: KpiBasis, period: Period) -> Iterable[Measured]:
    analysed = row.get("net_amount", NOTHING)
    for key in KPI_KEYS:
        if key in RATES:
            base = row.get(f"{key}_base_amount", NOTHING)
            amounts = row.get(f"{key}_hit_amount", NOTHING), base, base, analysed - base
            counts = row.get(f"{key}_hit_count", 0), row.get(f"{key}_base_count", 0)
            yield Measured(key, municipality, quarter, *amounts, *counts)
        elif key == "supplier_count":
            base = row.get("known_supplier_amount", NOTHING)
            yield Measured(key, municipality, quarter, row.get("supplier_count", 0), None, base, analysed - base)
        else:
            recovered = _recovered(municipality, quarter, basis, period)
            yield Measured(key, municipality, quarter, recovered, None, NOTHING, NOTHING)


def _recovered(municipality: str, quarter: str, basis: KpiBasis, period: Period) -> Decimal | None:
    """Nothing known where no ledger is kept, which is not the same as nothing recovered."""
    kept = [ledger for name, ledger in basis.follow_ups.items() if municipality in ("", name)]
    if not kept:
        return None
    found = [
        entry.amount
        for ledger in kept
        for entry in ledger
        if period.first_date <= entry.day <= period.last_date and quarter in ("", quarter_of(entry.day))
    ]
    return sum(found, NOTHING)
