"""Every Danish, Swedish or English way of writing an amount or a date is read as that value, or refused; never as another."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.values import DATE_FORMATS, currencies_of, read_amount, read_date, read_flag, read_year

GAPS = {",": ["", ".", " ", "\u00a0", "\u2009", "\u202f", "'"], ".": ["", ",", " ", "\u00a0", "\u2009", "\u202f", "'"]}
CURRENCIES = ["", "kr.", "kr", "Kr.", "DKK", "SEK", "£", "€", "EUR", "NOK"]
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
STAMP = ("yyyy-mm-ddThh:mm:ss",)


@st.composite
def amounts(draw, decimal_counts=st.integers(0, 4)):  # noqa: B008  a strategy is a value
    """A value, and one way of writing it: sign, thousands, decimals, currency."""
    mark = draw(st.sampled_from(",."))
    places = draw(decimal_counts)
    units = draw(st.integers(0, 10 ** draw(st.integers(1, 14))))
    value = Decimal(units).scaleb(-places)
    whole, _, decimals = f"{value:f}".partition(".")
    gap = draw(st.sampled_from(GAPS[mark]))
    groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)][::-1]
    number = gap.join(groups) + (mark + decimals if decimals else "")
    is_negative = draw(st.booleans())
    return (-value if is_negative else value), with_sign(draw, number, is_negative), mark


def with_sign(draw, number, is_negative):
    currency = draw(st.sampled_from(CURRENCIES))
    between = draw(st.sampled_from(["", " "]))
    before, after = draw(st.sampled_from([(f"{currency}{between}", ""), ("", f"{between}{currency}")]))
    if not is_negative:
        return f"{draw(st.sampled_from(['', '+']))}{before}{number}{after}"
    minus = draw(st.sampled_from("-\u2212"))
    ways = [f"{minus}{before}{number}{after}", f"{before}{minus}{number}{after}", f"{before}{number}{minus}{after}"]
    return draw(st.sampled_from([*ways, f"{before}{number}{after}{minus}", f"({before}{number}{after})"]))


@settings(max_examples=600)
@given(amounts())
def test_an_amount_is_read_as_it_was_written(written):
    value, text, mark = written
    assert read_amount(text, mark) == value


@settings(max_examples=300)
@given(amounts(st.sampled_from([1, 2, 4])))
def test_under_the_wrong_mark_an_amount_with_decimals_is_refused_unless_they_are_three(written):
    _, text, mark = written
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount(text, {",": ".", ".": ","}[mark])


NOISE = st.text(alphabet="0123456789.,-+() \u00a0\u2212'krKdDsSeE£€", max_size=14)


@settings(max_examples=800)
@given(NOISE, st.sampled_from(",."))
def test_whatever_is_read_holds_the_digits_that_stand_there(text, mark):
    try:
        value = read_amount(text, mark)
    except ValueError:
        return
    if value is None:
        assert not any(sign.isdigit() for sign in text)
        return
    whole, _, decimals = text.partition(mark)
    digits = "".join(re.findall("[0-9]", whole)), "".join(re.findall("[0-9]", decimals))
    assert abs(value) == Decimal(f"{digits[0] or 0}.{digits[1] or 0}")
    assert (value < 0) <= bool(re.search("[-\u2212(]", text))


@pytest.mark.parametrize(
    "text",
    [
        "1.23",
        "1.2345",
        "12.34.567",
        "1.234.56",
        "12 34",
        "1 234.567",
        "1.234 567",
        "1,2,3",
        "1,234.50",
        "5,",
        ",",
        "-,-",
    ]
    + ["--5", "-5-", "+-5", "(-5)", "(5", "5)", "kr 5 kr", "£5 EUR", "1e5", "٣", "½", "0x10", "5%", "99,--", "1  234"]
    + ["=1+1", "010190-1234", "12-3", "5 5", "1.234.", ".5", "nan", "Infinity", "1_000", "²"],
)
def test_what_could_mean_two_things_or_nothing_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount(text, ",")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("99,-", "99"),
        ("kr. 1.250,-", "1250"),
        ("-99,-", "-99"),
        (",50", "0.50"),
        ("0,0001", "0.0001"),
        ("1.234", "1234"),
    ],
)
def test_danish_shorthand(text, value):
    assert read_amount(text, ",") == Decimal(value)


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "kr.", "DKK"])
def test_nothing_is_nothing(text):
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "currencies"),
    [("kr. 5", {"DKK", "SEK", "NOK", "ISK"}), ("5 SEK", {"SEK"}), ("€5", {"EUR"}), ("£5-", {"GBP"}), ("5", set())],
)
def test_which_currencies_a_mark_can_mean(text, currencies):
    assert set(currencies_of(text)) == currencies


# --- dates ------------------------------------------------------------------------------------------------------------


@given(DAYS, st.sampled_from(sorted(DATE_FORMATS)))
def test_a_date_is_read_as_it_was_written(day, name):
    assert read_date(day.strftime(DATE_FORMATS[name]), (name,)) == day


@given(
    DAYS, st.sampled_from([("{0.day}-{0.month}-{0.year}", "dd-mm-yyyy"), ("{0.day}.{0.month}.{0.year}", "dd.mm.yyyy")])
)
def test_days_and_months_without_zero_are_read(day, way):
    assert read_date(way[0].format(day), (way[1],)) == day


@given(DAYS, st.times(), st.sampled_from(["", "+01:00", "+0200", "Z"]), st.integers(0, 7))
def test_a_timestamp_is_its_day_or_refused_late_in_utc(day, time, zone, places):
    fraction = f".{time.microsecond:06d}"[: places + 1] if places else ""
    text = f"{day.isoformat()}T{time:%H:%M:%S}{fraction}{zone}"
    if zone == "Z" and time.hour >= 22:
        with pytest.raises(ValueError, match="is not a date"):
            read_date(text, STAMP)
    else:
        assert read_date(text, STAMP) == day


@given(DAYS, st.times())
def test_a_time_of_day_behind_a_date_makes_no_other_day(day, time):
    assert read_date(f"{day:%d-%m-%Y} {time:%H:%M}", ("dd-mm-yyyy",)) == day
    assert read_date(f"{day:%Y-%m-%d} {time:%H:%M:%S}", ("yyyy-mm-dd",)) == day


@settings(max_examples=500)
@given(st.text(alphabet="0123456789-./ T:Z", max_size=20), st.sampled_from(sorted(DATE_FORMATS)))
def test_whatever_is_read_as_a_date_holds_its_digits(text, name):
    try:
        day = read_date(text, (name,))
    except ValueError:
        return
    if day is None:
        assert not text.strip()
        return
    parts = [int(part) for part in re.findall("[0-9]+", text)][:3]
    order = [day.year, day.month, day.day] if name.startswith("yyyy") else [day.day, day.month, day.year]
    assert parts == order or text.strip()[:8] == f"{day:%Y%m%d}"


@pytest.mark.parametrize(
    "text",
    ["31-02-2025", "1-1-25", "2025111", "20251301", "01-13-2025", "٠١-٠١-٢٠٢٥", "31-01-2025x", "31-01-2025 25:00"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match="is not a date"):
        read_date(text, tuple(DATE_FORMATS))


@given(st.integers(1900, 2100))
def test_years(year):
    assert read_year(f" {year} ") == year


@pytest.mark.parametrize("text", ["25", "2025,00", "2025.0", "1899", "2101", "20255", "x", "٢٠٢٥"])
def test_what_is_no_year_is_refused(text):
    with pytest.raises(ValueError, match="is not a year"):
        read_year(text)


@pytest.mark.parametrize(("text", "flag"), [("Ja", True), ("nej", False), ("1", True), ("", None)])
def test_flags(text, flag):
    assert read_flag(text) is flag
