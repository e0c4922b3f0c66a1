"""Which contracts are known, and which limits hold on the day a notice is published?

Thresholds are dated data with a source; one that nobody has confirmed says so, and a day without one has none. Whether
a CPV code is under the light regime is looked up in the list of codes, never told from the group it stands in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from procurement_kit.exact import LAST_DATE

THRESHOLD_KINDS = (
    "eu_goods_services", "eu_small_lot", "eu_light", "national", "works_quotes", "works_tender", "eu_works",
)  # fmt: skip
LEAD_MONTHS = 9  # from the start of a tender to the first day of its contract
CPV_LENGTH = 8


@dataclass(frozen=True)
class Threshold:
    """A limit in kroner excl. VAT, and the days of notices it holds for, both included."""

    kind: str
    amount: Decimal
    first: date
    last: date
    source: str = ""
    is_verified: bool = True


@dataclass(frozen=True)
class KnownContract:
    """A contract of the register for one municipality that takes part, its lots and suppliers put together.

    Parameters
    ----------
    municipality, number, title, owner : str
        Who takes part, and what the contract is called; `owner` is own, community, ski or other.
    categories : tuple of str
        Categories covered, with all below them.
    first, last : date
        Days it is valid, both included; an option counts where it is in use. `LAST_DATE` where it has no last day.
    option_last : date or None
        Last day if an option that is not in use is used.
    notice_months : int or None
        Months of notice.
    value, maximum : Decimal or None
        Kroner over the whole term, all lots; None where the register has none.
    maximum_quantity : Decimal or None
        Quantity, in `quantity_unit`.
    """

    municipality: str
    number: str
    title: str
    categories: tuple[str, ...]
    first: date
    last: date
    owner: str = "own"
    option_last: date | None = None
    notice_months: int | None = None
    value: Decimal | None = None
    maximum: Decimal | None = None
    maximum_quantity: Decimal | None = None
    quantity_unit: str = ""

    @property
    def end_day(self) -> date | None:
        """Last day; None where it runs until somebody ends it."""
        return self.last if self.last < LAST_DATE else None

    def free_from(self, today: date) -> date:
        """First day on which one is free to buy elsewhere: without a last day, when notice given today has run out."""
        last = self.end_day or months_before(today, -(self.notice_months or 0))
        return last + timedelta(days=1)

    @property
    def last_with_option(self) -> date:
        """Last day with every option."""
        return max(self.last, self.option_last or self.last)

    @property
    def term_months(self) -> int | None:
        """Months from first to last day with every option; None where there is no last day."""
        return self.end_day and month_count(self.first, self.last_with_option)

    @property
    def notice_day(self) -> date | None:
        """Last day on which it can be ended by its last day; None where no notice or no last day is known."""
        if self.notice_months is None or self.end_day is None:
            return None
        return months_before(self.end_day, self.notice_months)

    @property
    def start_day(self) -> date | None:
        """When a tender should realistically start: nine months before the last day; None where there is none."""
        return self.end_day and months_before(self.end_day, LEAD_MONTHS)


@dataclass(frozen=True)
class TenderBasis:
    """Everything the tender analyses need besides the lines.

    Parameters
    ----------
    contracts : tuple of KnownContract
        Of every municipality among the lines.
    thresholds : tuple of Threshold
        As `tender_thresholds.csv` has them.
    light_ranges : tuple of (str, str)
        First and last CPV code of each range under the light regime.
    titles : mapping of str to str
        Folder name → title of each municipality.
    """

    contracts: tuple[KnownContract, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    light_ranges: tuple[tuple[str, str], ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def threshold(self, kind: str, day: date) -> Threshold | None:
        """The limit of a kind for a notice published on a day; None where none is known.

        Examples
        --------
        >>> limit = Threshold("national", Decimal(500000), date(2024, 1, 1), date(2025, 12, 31))
        >>> basis = TenderBasis(thresholds=(limit,))
        >>> basis.threshold("national", date(2025, 12, 31)).amount, basis.threshold("national", date(2026, 1, 1))
        (Decimal('500000'), None)
        """
        return next((t for t in self.thresholds if t.kind == kind and t.first <= day <= t.last), None)

    def is_light(self, cpv: str) -> bool:
        """Whether a CPV code is on the list of the light regime; a check digit does not count.

        Examples
        --------
        >>> TenderBasis(light_ranges=(("85000000", "85323000"),)).is_light("85312000-9")
        True
        """
        code = cpv[:CPV_LENGTH]
        return any(first <= code <= last for first, last in self.light_ranges)

    def regime(self, cpvs: Iterable[str]) -> str:
        """«light», «ordinary», or «mixed» where only some of the codes are under the light regime."""
        found = {self.is_light(cpv) for cpv in cpvs}
        if found == {True, False}:
            return "mixed"
        return "light" if found == {True} else "ordinary"


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the end of a month stays the end of a month.

    Examples
    --------
    >>> [str(months_before(date(2026, 12, 31), n)) for n in (6, 9, 10)], str(months_before(date(2026, 5, 15), -8))
    (['2026-06-30', '2026-03-31', '2026-02-28'], '2027-01-15')
    """
    place = day.year * 12 + day.month - 1 - months
    last = month_end(place)
    is_end = (day + timedelta(days=1)).day == 1
    return last if is_end or day.day > last.day else last.replace(day=day.day)


def month_end(place: int) -> date:
    """Last day of a month counted from year 0: year × 12 + month − 1."""
    return date((place + 1) // 12, (place + 1) % 12 + 1, 1) - timedelta(days=1)


def month_count(first: date, last: date) -> int:
    """Months from one day to a later one, each month begun counting; 0 where there are none."""
    return max(0, (last.year - first.year) * 12 + last.month - first.month + 1)


def quarter_of(day: date) -> str:
    """«2026Q3»."""
    return f"{day.year}Q{(day.month + 2) // 3}"
