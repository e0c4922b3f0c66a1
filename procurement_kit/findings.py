"""What did an analysis find, does it add up, and what does it leave out?

A `Finding` is language-free: numbers, tables, checks, caveats and a definition. Figures, sentences and sheets are
made from it elsewhere; nothing is computed there. `share` is the only place where one sum is divided by another.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["kr", "share", "count", "date", "text"]
SHARE_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Outcome:
    """What a command did: counts for machines, sentences for people."""

    facts: dict
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """One figure a sentence may quote.

    Parameters
    ----------
    value : Decimal, int, date, str or None
        None where the figure does not exist (no year before, nothing to divide by).
    unit : {"kr", "share", "count", "date", "text"}
        "kr" is the municipality's currency; a share lies between 0 and 1 unless credits exceed purchases.
    low, high : Decimal or int, optional
        Ends of a 95 % interval, where the figure is an estimate.
    """

    value: Decimal | int | date | str | None
    unit: Unit
    low: Decimal | int | None = None
    high: Decimal | int | None = None


@dataclass(frozen=True)
class Check:
    """Something that must hold before a report is written."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Definition:
    """How a figure is counted: formula, what is counted of what, what is left out and how many kroner that is."""

    formula: str
    numerator: str
    denominator: str
    left_out: str
    left_out_amount: Decimal = Decimal("0.00")
    source: str = ""


@dataclass(frozen=True)
class Finding:
    """The result of one analysis.

    Parameters
    ----------
    key : str
        Names the sheet, the anchor and the sentence template, for instance "tail".
    numbers : dict of str to Number
        Every figure a sentence may quote.
    tables : dict of str to DataFrame
        The first is the main one. Amounts are Decimal in kroner, shares Decimal between 0 and 1.
    checks : tuple of Check
        All must pass before a report is written.
    caveats : tuple of str
        Keys of caveat sentences; their numbers stand in `numbers`.
    definition : Definition
    """

    key: str
    numbers: dict[str, Number]
    tables: dict[str, "pd.DataFrame"]
    checks: tuple[Check, ...]
    caveats: tuple[str, ...]
    definition: Definition
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> "pd.DataFrame":
        """The main table."""
        return next(iter(self.tables.values()))

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.passed)

    def _repr_html_(self) -> str:
        """Show checks and the main table in a notebook."""
        marks = "".join(
            f"<li>{'✓' if check.passed else '✗'} {check.name}: {check.detail}</li>" for check in self.checks
        )
        return f"<h4>{self.key}</h4><ul>{marks}</ul>{self.table.to_html(index=False, max_rows=20)}"


def share(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """Divide two exact sums, to six places; None where there is nothing to divide by.

    Examples
    --------
    >>> share(Decimal("25.00"), Decimal("100.00"))
    Decimal('0.250000')
    >>> share(1, 0) is None
    True
    """
    if numerator is None or not denominator:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(SHARE_PLACES, rounding=ROUND_HALF_EVEN)


def adds_up(name: str, parts: Decimal, whole: Decimal) -> Check:
    """Check that parts sum to the whole, to the øre.

    Examples
    --------
    >>> adds_up("groups sum to spend", Decimal("10.00"), Decimal("10.01")).passed
    False
    """
    return Check(name, parts == whole, f"{parts} = {whole}" if parts == whole else f"{parts} ≠ {whole}")
