"""Which texts hold a personal number, how sure that is, and what is none. All numbers are made up."""

import pytest

from procurement_kit.personal_numbers import (
    blank,
    count_person_numbers,
    find_numbers,
    is_norwegian_number,
    is_person_scheme,
    is_personal_number,
    is_possible_date,
    is_swedish_number,
    plain_digits,
    replace_numbers,
)

CPR = "0101901234"
DANISH_CERTAIN = [
    "010190-1234", "010190\u20131234", "010190 - 1234", "010190\u22121234", "010190--1234", "010190\uff0d1234",
    "Borger010190-1234", "010190-1234A", "01.01.90-1234", "01.01.1990-1234", "01/01/90-1234", "01-01-90-1234",
    "01011990-1234", "cpr 0101901234", "CPR0101901234", "CPRNR0101901234", "borger 010190 1234", "0101901234 (født)",
    "pers. 0101901234", "cpr: 01.01.90 1234", "cpr 01011990 1234", "personnr 010190/1234",
]  # fmt: skip
DANISH_SUSPECT = ["0101901234", "010190 1234", "010190\u00a01234", "010190/1234", "010190.1234", "010190_1234"]


def only(text):
    (found,) = find_numbers(text)
    return found


@pytest.mark.parametrize("text", DANISH_CERTAIN)
def test_a_hyphen_or_a_word_makes_it_certain(text):
    found = only(f"Ydelse, {text}, marts")
    assert found.is_certain
    assert found.digits == CPR


@pytest.mark.parametrize("text", DANISH_SUSPECT)
def test_any_other_way_of_writing_is_suspect(text):
    found = only(f"ref {text}, marts")
    assert not found.is_certain
    assert found.digits == CPR
    assert found.is_bare == (text == CPR)


@pytest.mark.parametrize(
    "text",
    [
        "320190-1234", "011390-1234", "000190-1234", "290223-3111", "12345678901", "A0101901234", "0101901234B",
        "leveret 01.02.2025 1000 stk", "den 01.02.25 - 1500 kr", "faktura 2025-010190", "Kopipapir A4 80 g",
        "99999993", "5799990000019", "persille 010190", "Persienner 010190 stk", "Personale 010190,50 kr",
        "uge 010190", "born 010190", "CPR-ABCDEFGH2345 010190"[:16],
    ],
)  # fmt: skip
def test_what_is_no_personal_number(text):
    assert find_numbers(text) == []


@pytest.mark.parametrize("text", ["610190-1234", "910190-1234"])
def test_replacement_numbers_are_numbers(text):
    assert only(text).is_certain


@pytest.mark.parametrize(
    "text",
    ["født 010190", "CPR-nr: 010190", "borger 010190", "pers. 010190 mangler", "010190 (født)", "född 010190",
     "født 01.01.1990", "født den 01-01-90", "cpr 01/01/90",
     "fødselsdato 01.01.1990"],
)  # fmt: skip
def test_a_birthday_beside_a_telling_word_is_one_too(text):
    assert only(text).digits == "010190"


@pytest.mark.parametrize("text", ["født 991390", "født 010190,50 kr", "cpr 010190 stk"])
def test_six_other_digits_beside_the_word_stay(text):
    assert find_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "is_certain"),
    [
        ("450712-1236", True), ("19450712-1236", True), ("450712+1236", True), ("194507121236", False),
        ("personnummer 4507121236", True), ("SE450712123601", True), ("vat: SE 4507121236 01", True),
        ("450772-1233", True),
    ],
)  # fmt: skip
def test_swedish_numbers_are_found_where_the_last_digit_holds(text, is_certain):
    found = only(f"faktura {text} i maj")
    assert found.is_certain == is_certain
    assert found.digits in ("4507121236", "4507721233")


@pytest.mark.parametrize("text", ["450712-1237", "4507121236", "556012-5790", "5560125790", "SE556012579001"])
def test_a_wrong_last_digit_bare_digits_and_swedish_companies_stay(text):
    assert find_numbers(f"faktura {text} i maj") == []


def test_norwegian_numbers_are_found_where_both_control_digits_hold():
    assert only("til 010190 12480").digits == "01019012480"
    assert only("fødselsnummer 01019012480").is_certain
    assert find_numbers("til 01019012481") == []
    assert is_norwegian_number("41019012495") == is_norwegian_number("41019012495")
    assert not is_norwegian_number("0101901248")


def test_a_lost_control_digit_is_no_swedish_number():
    assert is_swedish_number("9001611236")
    assert not is_swedish_number("900161123")
    assert not is_swedish_number("9002311234")


def test_a_cell_is_a_number_as_a_whole_or_not_at_all():
    assert is_personal_number(" 010190-1234 ")
    assert is_personal_number("19450712-1236")
    assert is_personal_number("4507121236", "SE")
    assert not is_personal_number("4507121236")
    assert not is_personal_number("5560125790", "SE")
    assert not is_personal_number("x 010190-1234")
    assert not is_personal_number("99999993")
    assert not is_personal_number(None)


@pytest.mark.parametrize("scheme", ["DK:CPR", "dk:cpr", " 0237", "CPR", "9901"])
def test_schemes_of_persons_in_any_case(scheme):
    assert is_person_scheme(scheme)


@pytest.mark.parametrize("scheme", ["DK:CVR", "0184", "", None, "0007"])
def test_other_schemes(scheme):
    assert not is_person_scheme(scheme)


def test_one_form_however_written():
    assert {plain_digits(t) for t in ("010190-1234", "01011990-1234", "01.01.90 1234", "\uff10101901234")} == {CPR}
    assert {plain_digits(t) for t in ("450712-1236", "19450712-1236", "SE450712123601")} == {"4507121236"}


def test_replacing_goes_on_until_nothing_is_left():
    text, count = replace_numbers("cpr 010190 020291", lambda _: "CPR-ABCDEFGHIJKL")
    assert count == 2
    assert replace_numbers(text, lambda _: "x") == (text, 0)


def test_number_fields_keep_bare_digits_and_nothing_else():
    assert replace_numbers(CPR, lambda _: "*", is_number_field=True) == (CPR, 0)
    assert replace_numbers("01019012480", lambda _: "*", is_number_field=True)[1] == 0
    assert replace_numbers("010190 1234", lambda _: "*", is_number_field=True) == ("*", 1)
    assert replace_numbers(f"cpr {CPR}", lambda _: "*", is_number_field=True) == ("cpr *", 1)


def test_several_numbers_of_several_countries():
    text = "til 010190-1234, 19450712-1236 og 010190 12480, født 020291"
    assert replace_numbers(text, lambda _: "*") == ("til *, * og *, født *", 4)


def test_counts_and_blanks():
    assert count_person_numbers("til 010190-1234, konto 0101901234 " + "x" * 40) == 1
    assert blank("faktura 010190-1234.xml") == "faktura ******.xml"
    assert blank("") == ""


def test_the_century_digit_decides_on_leap_days():
    assert is_possible_date("290200", "4")
    assert not is_possible_date("290200", "0")
    assert is_possible_date("290200")


@pytest.mark.parametrize(
    "text",
    [
        "0101" * 50_000,
        "borger 4001901234 personale " * 20_000,
        "01.01.90 " * 20_000,
        "1 " * 200_000,
        "010190-1234 " * 20_000,
        "cpr 010190 " * 20_000,
    ],
)
def test_long_texts_take_reasonable_time(text):
    import time

    start = time.process_time()
    replace_numbers(text, lambda _: "*")
    assert time.process_time() - start < 5


def test_what_looks_like_a_number_does_not_hide_the_one_it_runs_into():
    assert only("12 12 010199-0000").digits == "0101990000"
    assert only("123456 010190-1234").digits == CPR
    assert only("cpr 12 12 010190-1234").digits == CPR
