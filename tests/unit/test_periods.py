"""Which days does a period cover?"""

from datetime import date

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.periods import parse_period


@pytest.mark.parametrize(
    ("text", "first", "last", "label"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31), "2025"),
        ("2024Q1", date(2024, 1, 1), date(2024, 3, 31), "2024Q1"),
        ("2024q4", date(2024, 10, 1), date(2024, 12, 31), "2024Q4"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-02"),
        ("2025-07..2026-06", date(2025, 7, 1), date(2026, 6, 30), "2025-07..2026-06"),
        ("2025-01..2025-12", date(2025, 1, 1), date(2025, 12, 31), "2025"),
        ("2025-04..2025-06", date(2025, 4, 1), date(2025, 6, 30), "2025Q2"),
        ("2024..2025", date(2024, 1, 1), date(2025, 12, 31), "2024-01..2025-12"),
    ],
)
def test_periods_are_read(text, first, last, label):
    period = parse_period(text)
    assert (period.first_date, period.last_date, period.label) == (first, last, label)


@pytest.mark.parametrize(
    "text", ["", "25", "2025Q5", "2025-13", "2025-07..2025-06", "last year", "2025-1", "../2025", "20x5", "0000"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ParameterError, match="is not a period"):
        parse_period(text)


def test_the_year_before_a_leap_february_ends_on_the_28th():
    assert parse_period("2024-02").year_before().last_date == date(2023, 2, 28)


def test_the_year_before_a_year_across_years():
    assert parse_period("2025-07..2026-06").year_before().label == "2024-07..2025-06"
