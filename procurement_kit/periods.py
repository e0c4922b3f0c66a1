"""Which days does a period cover?

Written as `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`. Both ends are included.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from procurement_kit.errors import ParameterError

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})[Qq]([1-4])")


@dataclass(frozen=True)
class Period:
    """A span of whole months.

    Parameters
    ----------
    label : str
        As the user wrote it, in its standard form; also the name of the report folder.
    first_date, last_date : date
        Both included.
    """

    label: str
    first_date: date
    last_date: date

    @property
    def month_count(self) -> int:
        """Number of whole months."""
        return (self.last_date.year - self.first_date.year) * 12 + self.last_date.month - self.first_date.month + 1

    def year_before(self) -> "Period":
        """The same months one year earlier.

        Examples
        --------
        >>> parse_period("2025Q3").year_before().label
        '2024Q3'
        """
        first = self.first_date.replace(year=self.first_date.year - 1)
        last = _month_end(self.last_date.year - 1, self.last_date.month)
        return Period(_label(first, last), first, last)


def parse_period(text: str) -> Period:
    """Read a period.

    Parameters
    ----------
    text : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.

    Raises
    ------
    ParameterError
        If the text is none of these, or ends before it starts.

    Examples
    --------
    >>> parse_period("2025Q3")
    Period(label='2025Q3', first_date=datetime.date(2025, 7, 1), last_date=datetime.date(2025, 9, 30))
    >>> parse_period("2025-07..2026-06").month_count
    12
    """
    first_text, separator, last_text = str(text).strip().partition("..")
    first = _months(first_text, text)[0]
    last = _months(last_text if separator else first_text, text)[1]
    if last < first:
        raise _not_a_period(text)
    return Period(_label(first, last), first, last)


def _months(part: str, text: str) -> tuple[date, date]:
    if re.fullmatch(r"\d{4}", part) and 1900 <= int(part) <= 2999:
        return date(int(part), 1, 1), date(int(part), 12, 31)
    if match := _QUARTER.fullmatch(part):
        year, quarter = int(match[1]), int(match[2])
        return date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter)
    if (match := _MONTH.fullmatch(part)) and 1 <= int(match[2]) <= 12 and int(match[1]) >= 1900:
        return date(int(match[1]), int(match[2]), 1), _month_end(int(match[1]), int(match[2]))
    raise _not_a_period(text)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _label(first: date, last: date) -> str:
    if first.month == 1 and last == date(first.year, 12, 31):
        return f"{first.year}"
    if first.month % 3 == 1 and last == _month_end(first.year, first.month + 2):
        return f"{first.year}Q{(first.month + 2) // 3}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m}..{last:%Y-%m}"


def _not_a_period(text: str) -> ParameterError:
    return ParameterError(
        f"«{text}» is not a period.",
        expected="2025, 2025Q3, 2025-07 or 2025-07..2026-06, with the end after the start",
        todo="write the period in one of these forms",
    )
