"""What does handling an invoice cost, and who says so?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import ParameterError, SettingsError
from procurement_kit.settings import SETTINGS_FILE, HandlingCost, read_settings

GOOD = 'title = "Prøveby Kommune"\nprivacy_key = "k"\n'
SOURCE = 'handling_cost_source = "egen tidsmåling"\n'
DAY = 'handling_cost_date = "2025-12-01"\n'


def settings(folder, text):
    (folder / SETTINGS_FILE).write_text(GOOD + text, encoding="utf-8")
    return read_settings(folder)


def test_it_is_off_until_it_is_set(tmp_path):
    assert settings(tmp_path, "").handling_cost is None


def test_amount_source_and_date_make_a_cost(tmp_path):
    cost = settings(tmp_path, 'handling_cost_amount = "48.50"\n' + SOURCE + DAY).handling_cost
    assert cost == HandlingCost(Decimal("48.50"), "egen tidsmåling", date(2025, 12, 1))


def test_an_amount_without_source_and_date_is_refused_and_both_are_named(tmp_path):
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, "handling_cost_amount = 48\n")
    assert [problem.split()[0] for problem in caught.value.problems] == ["handling_cost_source", "handling_cost_date"]


def test_a_source_without_an_amount_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="handling_cost_amount is missing"):
        settings(tmp_path, SOURCE + DAY)


def test_a_date_that_is_none_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="«1. december»"):
        settings(tmp_path, "handling_cost_amount = 48\n" + SOURCE + 'handling_cost_date = "1. december"\n')


@pytest.mark.parametrize("amount", ['"62"', "62", '"62.00"'])
def test_what_an_e_traded_invoice_saves_is_not_what_an_invoice_costs(tmp_path, amount):
    with pytest.raises(SettingsError, match="saves, not what an invoice costs"):
        settings(tmp_path, f"handling_cost_amount = {amount}\n" + SOURCE + DAY)


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1), 48.5])
def test_a_cost_is_a_decimal_above_nothing(amount):
    with pytest.raises(ParameterError):
        HandlingCost(amount, "egen tidsmåling", date(2025, 12, 1))
