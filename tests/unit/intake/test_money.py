"""Amounts are rounded, shared and converted so that every sum stays exact."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import TableError
from procurement_kit.intake.money import (
    Rates,
    read_rates,
    round_amount,
    round_to_sum,
    share,
    to_net,
    total,
    xml_decimal,
)


@pytest.mark.parametrize("text", ["", "1e5", "NaN", "Infinity", "1,5", "1 000", "--1", "٣"])
def test_what_is_no_xml_decimal_is_refused(text):
    with pytest.raises(ValueError, match="not a decimal"):
        xml_decimal(text)


def test_halves_go_away_from_zero_on_both_sides():
    assert round_amount(Decimal("0.005"), 2) == Decimal("0.01")
    assert round_amount(Decimal("-0.005"), 2) == Decimal("-0.01")


def test_thirds_add_up_to_the_whole():
    parts = round_to_sum([Decimal("33.333333")] * 2 + [Decimal("33.333334")], 2)
    assert sum(parts) == Decimal("100.00")
    assert parts == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


def test_rounding_a_credit_is_rounding_its_invoice_with_the_sign_turned():
    amounts = [Decimal("1.005"), Decimal("2.005"), Decimal("-0.334")]
    assert round_to_sum([-a for a in amounts], 2) == [-a for a in round_to_sum(amounts, 2)]


def test_a_share_goes_by_size_and_adds_up():
    assert share(Decimal("-10.00"), [Decimal(300), Decimal(100)], 2) == [Decimal("-7.50"), Decimal("-2.50")]
    assert total(share(Decimal("0.01"), [Decimal(1)] * 3, 2)) == Decimal("0.01")


def test_where_all_lines_are_zero_the_share_is_equal():
    assert share(Decimal(9), [Decimal(0)] * 3, 2) == [Decimal("3.00")] * 3


def test_kroner_add_up_to_the_rounded_document():
    kroner = to_net([Decimal("10.00"), Decimal("10.00"), Decimal("10.00")], Decimal("7.4612345"))
    assert sum(kroner) == Decimal("223.84")  # 30 × 7.4612345 = 223.837035


def test_the_rate_that_holds_is_the_last_one_before_the_day():
    rates = Rates("DKK", (("EUR", ((date(2025, 1, 1), Decimal("7.46")), (date(2025, 7, 1), Decimal("7.47")))),))
    assert rates.rate("EUR", date(2025, 6, 30)) == Decimal("7.46")
    assert rates.rate("EUR", date(2025, 7, 1)) == Decimal("7.47")
    assert rates.rate("EUR", date(2024, 12, 31)) is None
    assert rates.rate("EUR", None) is None
    assert rates.rate("USD", date(2025, 7, 1)) is None
    assert rates.source("EUR", Decimal("7.46")) == "table"
    assert rates.source("DKK", Decimal(1)) is None


def test_rates_are_read_from_the_municipalitys_file(municipality):
    path = municipality.folder / "exchange_rates.csv"
    assert read_rates(municipality).dated == ()
    path.write_text("Valuta;Gælder fra;Kurs;Kilde\nEUR;01-01-2025;7,46;Nationalbanken\n", encoding="utf-8")
    assert read_rates(municipality).rate("EUR", date(2025, 2, 1)) == Decimal("7.46")


def test_a_rate_of_zero_is_refused(municipality):
    path = municipality.folder / "exchange_rates.csv"
    path.write_text("Valuta;Gælder fra;Kurs;Kilde\nEUR;01-01-2025;0;x\n", encoding="utf-8")
    with pytest.raises(TableError, match="EUR"):
        read_rates(municipality)
