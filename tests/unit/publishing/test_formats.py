from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.publishing.formats import MISSING, Formats, fitting_scale, unit_of_column

DANISH, ENGLISH = Formats("da"), Formats("en")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "scale", "decimals", "expected"),
    [
        ("1234567", "full", 0, "1.234.567 kr."),
        ("1234000000", "mio", 0, "1.234 mio. kr."),
        ("1290000000", "mia", 1, "1,3 mia. kr."),
        ("-1234.50", "full", 0, "−1.235 kr."),
        ("-0.40", "full", 0, "0 kr."),
        ("74500", "thousand", 0, "75 t.kr."),
    ],
)
def test_danish_amounts(value, scale, decimals, expected):
    assert plain(DANISH.amount(Decimal(value), scale, decimals)) == expected


def test_number_and_unit_never_part_at_a_line_end():
    assert " " not in DANISH.amount(Decimal("1234567"), "mio", 1) + DANISH.share(Decimal("0.5"))


def test_english_amounts_put_the_currency_first():
    assert plain(ENGLISH.amount(Decimal("1234567"))) == "DKK 1,234,567"
    assert plain(ENGLISH.amount(Decimal("1290000000"), "mia", 1)) == "DKK 1.3bn"


def test_the_currency_is_the_municipalitys_own():
    assert plain(Formats("da", "GBP").amount(Decimal("5000000"), "mio")) == "5 mio. GBP"
    assert plain(Formats("da", "NOK").amount(Decimal("12"))) == "12 kr."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("950", "950 kr."),
        ("9999", "9.999 kr."),
        ("10000", "10 t.kr."),
        ("999499", "999 t.kr."),
        ("999500", "1,0 mio. kr."),
        ("9949999", "9,9 mio. kr."),
        ("9950000", "10 mio. kr."),
        ("0", "0 kr."),
        ("-3449000", "−3,4 mio. kr."),
    ],
)
def test_a_short_amount_never_jumps_at_its_borders(value, expected):
    assert plain(DANISH.short_amount(Decimal(value))) == expected


def test_shares():
    assert plain(DANISH.share(Decimal("0.23"))) == "23 %"
    assert plain(DANISH.share(Decimal("0.234"), 1)) == "23,4 %"
    assert ENGLISH.share(Decimal("0.225")) == "23%"


def test_a_share_that_rounds_to_nothing_or_all_says_so():
    assert plain(DANISH.share(Decimal("0.0049"))) == "under 1 %"
    assert plain(DANISH.share(Decimal("0.996"))) == "over 99 %"
    assert plain(DANISH.share(Decimal("0"))) == "0 %"
    assert plain(DANISH.share(Decimal("1"))) == "100 %"


def test_changes_carry_their_sign():
    assert [plain(DANISH.change(Decimal(n))) for n in ("0.031", "-0.2", "0", "0.001")] == [
        "+3 %",
        "−20 %",
        "0 %",
        "0 %",
    ]


def test_dates_and_intervals():
    assert DANISH.date(date(2025, 12, 31)) == "31. december 2025"
    assert ENGLISH.date(date(2025, 12, 31)) == "31 December 2025"
    assert DANISH.interval(Decimal("0.93"), Decimal("0.97")) == "93–97"


def test_what_is_missing_is_a_dash():
    made = [
        DANISH.number(None),
        DANISH.amount(None),
        DANISH.share(None),
        DANISH.date(None),
        DANISH.change(None),
        DANISH.interval(None, None),
        DANISH.text(None, "kr"),
        DANISH.scaled(None, "mio"),
    ]
    assert set(made) == {MISSING}


def test_a_column_says_its_unit_by_its_ending():
    assert unit_of_column("invoice_date") == "date"
    assert unit_of_column("category_name_da") == "text"
    assert unit_of_column("supplier_number") == "text"


def test_a_column_of_amounts_has_one_scale():
    assert fitting_scale([None, Decimal("-100000000")]) == "mio"
    assert fitting_scale([Decimal("99999999"), Decimal("1")]) == "thousand"
    assert fitting_scale([Decimal("99999")]) == "full"
    assert fitting_scale([]) == "full"
