"""Whole ten-thousandths give what exact decimals give."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from procurement_kit.intake.einvoice_amounts import in_units, money, plain, shared
from procurement_kit.intake.einvoice_values import amount_of, exact
from procurement_kit.intake.money import round_amount, round_to_sum, share

NUMBERS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12)


@given(NUMBERS)
def test_rounding_is_that_of_money(numbers):
    expected = round_to_sum([Decimal(n).scaleb(-4) for n in numbers], 2)
    assert [Decimal(n).scaleb(-2) for n in in_units(numbers, 100)] == expected


@given(st.integers(-(10**9), 10**9), NUMBERS)
def test_sharing_is_that_of_money(amount, weights):
    expected = share(money(amount), [money(weight) for weight in weights])
    assert [money(part) for part in shared(amount, weights)] == expected


@given(st.decimals(-(10**12), 10**12, places=7))
def test_amounts_are_read_as_decimals_are(number):
    assert money(amount_of(f"{number:f}")) == round_amount(number, 4)
    digits, decimals = exact(f"{number:f}")
    assert Decimal(digits).scaleb(-decimals) == number


@given(st.integers(-(10**17), 10**17))
def test_an_identity_shows_an_amount_as_a_decimal_does(number):
    assert plain(number) == f"{money(number):.4f}"
