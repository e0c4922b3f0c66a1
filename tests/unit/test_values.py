"""How are printed values read?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.values import decode, encoding_of, read_amount, read_date, read_flag


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("1.234,56-", "-1234.56"),
        ("-1.234,56", "-1234.56"),
        ("\u22121.234,56", "-1234.56"),
        ("(1.234,56)", "-1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("kr. 1.234,56", "1234.56"),
        ("1.234,56 kr.", "1234.56"),
        ("1234", "1234"),
        ("1.234", "1234"),
        ("0,5", "0.5"),
        ("12.345.678,90", "12345678.90"),
    ],
)
def test_danish_amounts(printed, amount):
    assert read_amount(printed) == Decimal(amount)


@pytest.mark.parametrize(
    "printed", ["1234.56", "1,234.56", "1.23", "12.34,5", "1,2,3", "abc", "--5", "1e5", "(5", "5-5", "NaN"]
)
def test_amounts_that_could_mean_two_things_are_refused(printed):
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount(printed)


@pytest.mark.parametrize(
    ("printed", "amount"), [("1,234.56", "1234.56"), ("-800.00", "-800.00"), ("£1,000", "1000"), (".5", "0.5")]
)
def test_english_amounts_where_the_column_says_so(printed, amount):
    assert read_amount(printed, ".") == Decimal(amount)


def test_an_empty_amount_is_nothing_not_zero():
    assert read_amount("  ") is None
    assert read_amount("kr.") is None


@pytest.mark.parametrize("printed", ["31-01-2025", "31.01.2025", "31/01/2025", "2025-01-31"])
def test_dates(printed):
    assert read_date(printed) == date(2025, 1, 31)


@pytest.mark.parametrize("printed", ["31-02-2025", "01-31-2025", "2025", "i går"])
def test_what_is_no_date_is_refused(printed):
    with pytest.raises(ValueError, match="is not a date"):
        read_date(printed)


def test_flags():
    assert [read_flag(text) for text in ("Ja", "nej", "x", "")] == [True, False, True, None]
    with pytest.raises(ValueError, match="neither"):
        read_flag("måske")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_danish_letters_survive_every_encoding(encoding):
    assert decode("årlig Ærø færge ØRE – 5 €".encode(encoding)) == "årlig Ærø færge ØRE – 5 €"


def test_a_letter_cut_between_two_blocks_is_still_utf8():
    content = "æøå".encode()
    assert encoding_of(content[:3], rest=[content[3:]]) == "utf-8"
