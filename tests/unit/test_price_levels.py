"""What would last year's purchases have cost at this year's prices?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.periods import parse_period
from procurement_kit.price_levels import PriceLevels, sum_known
from procurement_kit.series_breaks import breaks_between, breaks_of, in_words, series_breaks

D = Decimal
LEVELS = PriceLevels(
    {
        ("art", "29", 2024): D(100), ("art", "29", 2025): D(110),
        ("area", "04", 2024): D(200), ("area", "04", 2025): D(210),
        ("all", "", 2024): D(50), ("all", "", 2025): D(51),
    }
)  # fmt: skip


def test_the_art_wins_over_the_area_and_the_area_over_all():
    assert LEVELS.factor("29", "04", 2024) == D("1.1")
    assert LEVELS.factor("49", "04", 2024) == D("1.05")
    assert LEVELS.factor(None, "18", 2024) == D("1.02")
    assert LEVELS.factor("29", "04", 2023) is None


def test_the_main_art_stands_in_for_an_art_without_an_index():
    levels = PriceLevels({("art", "2", 2024): D(100), ("art", "2", 2025): D(120)})
    assert (levels.factor("29", None, 2024), levels.factor("40", None, 2024)) == (D("1.2"), None)


def test_one_krone_without_an_index_makes_its_group_unknown():
    row = {"year": 2024, "art_code": "29", "category_1_code": "18", "category_2_code": "1801", "net_amount": D("100")}
    assert LEVELS.repriced([row, row]) == {("18", "1801"): D("220.00")}
    only_29 = PriceLevels({key: value for key, value in LEVELS.values.items() if key[0] == "art"})
    assert only_29.repriced([row, {**row, "art_code": None}, row]) == {("18", "1801"): None}
    assert sum_known([]) == 0


def test_an_index_of_nothing_is_refused():
    with pytest.raises(ParameterError, match="not above 0"):
        PriceLevels({("all", "", 2024): D(0)})


def test_the_laws_that_break_series_are_dated_and_named():
    assert [each.quarter_name for each in series_breaks()] == ["2025Q3", "2027Q1"]
    assert breaks_between(date(2025, 7, 1), date(2026, 12, 31)) == ()
    assert [each.day for each in breaks_between(date(2025, 6, 30), date(2027, 1, 1))] == [
        date(2025, 7, 1), date(2027, 1, 1),
    ]  # fmt: skip
    assert in_words(breaks_of(parse_period("2025")), "da").startswith("ældreloven fra 1.7.2025 (pleje")
    assert in_words(breaks_of(parse_period("2023")), "da") is None
