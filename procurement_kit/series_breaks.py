"""Which laws break a series of figures, and from which day?

Kept by hand in `knowledge/series_breaks.csv`. A break is marked and named; nothing is corrected for it.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from procurement_kit.periods import Period


@dataclass(frozen=True)
class SeriesBreak:
    """A day from which figures cannot be compared with those before it."""

    day: date
    names: tuple[str, str]
    effects: tuple[str, str]
    category_codes: tuple[str, ...]

    def name(self, language: str) -> str:
        """Its short name in Danish or English."""
        return self.names[language == "en"]

    @property
    def quarter_name(self) -> str:
        """The quarter it begins in.

        Examples
        --------
        >>> SeriesBreak(date(2025, 7, 1), ("a", "b"), ("", ""), ()).quarter_name
        '2025Q3'
        """
        return f"{self.day.year}Q{(self.day.month + 2) // 3}"


@cache
def series_breaks() -> tuple[SeriesBreak, ...]:
    """All breaks that are known, the earliest first."""
    text = (files("procurement_kit") / "knowledge" / "series_breaks.csv").read_text(encoding="utf-8")
    found = [
        SeriesBreak(
            date.fromisoformat(row["break_date"]),
            (row["break_name_da"], row["break_name_en"]),
            (row["effect_da"], row["effect_en"]),
            tuple(row["category_codes"].split()),
        )
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    ]
    return tuple(sorted(found, key=lambda found: found.day))


def breaks_between(first: date, last: date) -> tuple[SeriesBreak, ...]:
    """The breaks after the first day and up to the last: figures on both sides are shown beside each other."""
    return tuple(each for each in series_breaks() if first < each.day <= last)


def breaks_of(span: Period) -> tuple[SeriesBreak, ...]:
    """The breaks between the first day of the year before and the last day of the period.

    Examples
    --------
    >>> from procurement_kit.periods import parse_period
    >>> [each.name("da") for each in breaks_of(parse_period("2025"))], breaks_of(parse_period("2024"))
    (['ældreloven'], ())
    """
    return breaks_between(span.year_before().first_date, span.last_date)


def in_words(breaks: Iterable[SeriesBreak], language: str) -> str | None:
    """The breaks as one clause: «ældreloven fra 1.7.2025 (pleje …)»; None where there is none."""
    place = language == "en"
    from_ = "from" if place else "fra"
    said = [f"{b.names[place]} {from_} {b.day.day}.{b.day.month}.{b.day.year} ({b.effects[place]})" for b in breaks]
    return "; ".join(said) or None
