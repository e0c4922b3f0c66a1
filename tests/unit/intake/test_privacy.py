"""Personal numbers are found where they are, left where they are not, and become the same token however written.

All numbers are made up for the tests: day and month are possible, the last four digits are counted up.
"""

import pytest

from procurement_kit.intake.privacy import (
    PERSON_FIELD,
    Masker,
    clean_text,
    is_personal_heading,
    masker_for,
    names_a_person,
)
from procurement_kit.personal_numbers import blank, count_person_numbers, is_personal_number, is_possible_date

MASKER = Masker(b"0" * 32)
TOKEN = r"CPR-[A-Z2-7]{12}"


def masked(text, field=""):
    return MASKER.mask(text, field)


@pytest.mark.parametrize(
    "text",
    [
        "Ydelse til 010190-1234",
        "Ydelse til 010190\u20131234",
        "Ydelse til 010190 - 1234",
        "cpr 0101901234",
        "CPR0101901234",
        "Borger 010190 1234",
        "010190/1234",
        "010190.1234",
        "0101901234",
        "vedr. 610190-1234",
        "pers.nr. 910190-1234",
        "01-01-90-1234",
        "_0101901234_",
    ],
)
def test_a_personal_number_is_masked_once(text):
    result = masked(text)
    assert result.hit_count == 1
    assert "1234" not in result.text
    assert "CPR-" in result.text


@pytest.mark.parametrize(
    "text",
    [
        "Konto 4001901234",  # there is no day 40
        "0113901234",  # no month 13
        "290223-3111",  # 1923 was no leap year
        "12345678901",  # eleven digits
        "A0101901234",  # part of an item number
        "0101901234B",
        "Faktura 123456",
        "Kopipapir A4 80 g",
        "",
    ],
)
def test_what_is_no_personal_number_stays(text):
    result = masked(text)
    assert result.hit_count == 0
    assert (result.text or "") == text


@pytest.mark.parametrize("field", ["account_number", "order_number", "buyer_gln_number", "item_gtin_number"])
def test_ten_bare_digits_stay_in_number_fields(field):
    assert masked("0101901234", field) == ("0101901234", 0)


def test_a_hyphen_or_a_word_is_certain_even_in_a_number_field():
    assert masked("010190-1234", "account_number").hit_count == 1
    assert masked("cpr 0101901234", "order_number").hit_count == 1


def test_six_digits_beside_a_telling_word_are_masked():
    assert masked("født 010190").hit_count == 1
    assert masked("CPR-nr: 010190").hit_count == 1
    assert masked("pers. 310190 mangler").hit_count == 1


@pytest.mark.parametrize("text", ["uge 010190", "født 991390", "Personale 010190,50 kr"])
def test_six_digits_elsewhere_stay(text):
    assert masked(text).hit_count == 0


def test_the_same_number_gives_the_same_token_however_written():
    tokens = {masked(text).text for text in ("010190-1234", "0101901234", "010190 1234", "010190\u20131234")}
    assert len(tokens) == 1
    assert MASKER.token("010190-1234") in tokens


def test_another_key_gives_another_token():
    assert Masker(b"1" * 32).token("0101901234") != MASKER.token("0101901234")


def test_the_token_has_its_final_form():
    import base64
    import hashlib
    import hmac

    expected = base64.b32encode(hmac.new(b"0" * 32, b"0101901234", hashlib.sha256).digest())[:12].decode()
    assert MASKER.token("010190-1234") == f"CPR-{expected}"


def test_masking_twice_changes_nothing():
    once = masked("født 010190, cpr 020290-1234, konto 0303901234")
    assert once.hit_count == 3
    assert masked(once.text) == (once.text, 0)


def test_several_numbers_are_counted():
    assert masked("010190-1234 og 020290-5678").hit_count == 2


def test_suspects_can_be_left_on_request():
    careful = Masker(b"0" * 32, keep_suspects=True)
    assert careful.mask("ref 0101901234").hit_count == 0
    assert careful.mask("cpr 0101901234").hit_count == 1


def test_messages_are_blanked_without_a_key():
    assert blank("faktura 010190-1234.xml") == "faktura ******.xml"
    assert blank("uge 12.xml") == "uge 12.xml"


def test_a_cell_that_is_a_personal_number_is_told_from_one_that_is_not():
    assert is_personal_number(" 010190-1234 ")
    assert not is_personal_number("12345678")
    assert not is_personal_number(None)
    assert not is_personal_number("x 010190-1234")


def test_replacement_numbers_and_leap_days_are_possible_dates():
    assert is_possible_date("910100")
    assert is_possible_date("290200", "4")  # 2000 was a leap year
    assert not is_possible_date("290200", "0")  # 1900 was not
    assert not is_possible_date("000190")


def test_a_known_persons_identifier_is_a_token_whatever_it_looks_like():
    token = MASKER.person_token("Borger-7")
    assert token.startswith("CPR-")
    assert len(token) == 16
    assert MASKER.person_token(token) == token
    assert MASKER.person_token(None) is None


def test_text_is_composed_and_flat():
    assert clean_text("A\u030a  bro\n\tvej\x07") == "Å bro vej"
    assert clean_text("  \n") is None


def test_one_masker_per_key():
    assert masker_for(b"k") is masker_for(b"k")


def test_a_text_that_leaves_the_house_is_counted_over():
    assert count_person_numbers("til 010190-1234 og cpr 0202905678, GLN 5799990000019, ref 0101901234 " + "x" * 99) == 2
    assert count_person_numbers("") == 0


def test_a_long_text_is_searched_in_reasonable_time():
    import time

    start = time.process_time()
    count_person_numbers("borger 4001901234 personale " * 20_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text",
    [
        "Borger010190-1234", "Firma 01.01.1990-1234", "Hans 010190\u00ad-1234", "010190\u200b-1234", "010190\uff0d1234",
        "010190_1234", "010190--1234", "ref010190-1234", "010190-1234A", "01.01.90.1234",
    ],
)  # fmt: skip
def test_ways_of_hiding_a_number_that_are_found_and_give_the_same_token(text):
    masked = Masker(b"key").mask(text)
    assert masked.hit_count == 1
    assert Masker(b"key").token("0101901234") in masked.text


@pytest.mark.parametrize("text", ["leveret 01.02.2025 1000 stk", "den 01.02.25 1500 kr", "faktura 2025-010190"])
def test_dates_beside_amounts_are_left(text):
    assert Masker(b"key").mask(text).hit_count == 0


# --- columns that are personal by nature ---


@pytest.mark.parametrize(
    "heading",
    ["Ydelsesmodtager", "Ydelsesmodtagernr.", "Ydelsesmodtager nr", "YDELSESMODTAGERNUMMER", "Betalingsmodtagernr.",
     "Oplysningspligtnr.", "Oplysningspligtmodtagernr.", "CPR", "CPR-nr.", "Cprnummer", "Personnummer", "Borgernr."],
)  # fmt: skip
def test_headings_that_are_personal_whatever_the_profile_calls_them(heading):
    assert is_personal_heading(heading)


@pytest.mark.parametrize(
    "heading",
    ["Kreditornr.", "Leverandør", "Ydelsesmodtagernr.kode", "Oplysningspligtkode", "Ydelsesperiode fra", "Borgerservice",
     "Personale", "PSP-element", "CPV", ""],
)  # fmt: skip
def test_other_headings(heading):
    assert not is_personal_heading(heading)


@pytest.mark.parametrize("cell", ["0101901234", "010190-1234", "101901234", "01011990-1234"])
def test_in_a_personal_column_every_way_of_writing_gives_the_same_token_also_without_the_zero(cell):
    assert masked(cell, PERSON_FIELD) == (MASKER.token("010190-1234"), 1)


def test_in_a_personal_column_a_name_or_an_own_number_becomes_a_token_and_a_company_stays():
    assert masked("Hans Hansen", PERSON_FIELD).text == masked("HANS HANSEN", PERSON_FIELD).text
    assert masked("Hans Hansen", PERSON_FIELD).hit_count == 1
    assert masked("K-00471", PERSON_FIELD).text.startswith("CPR-")
    assert masked("9901901234", PERSON_FIELD).text.startswith("CPR-")  # no possible date, and still a person's
    for company in ("99999993", "DK99999993", "DK 99999993", "5799990000019"):
        assert masked(company, PERSON_FIELD) == (company, 0)
    assert masked("", PERSON_FIELD) == (None, 0)
    token = MASKER.token("010190-1234")
    assert masked(token, PERSON_FIELD) == (token, 0)


@pytest.mark.parametrize("field", ["buyer_reference", "payee_number"])
def test_references_and_payees_keep_initials_and_lose_numbers(field):
    assert masked("abcd", field) == ("abcd", 0)
    assert masked("0101901234", field).hit_count == 1
    assert masked("101901234", field) == (MASKER.token("0101901234"), 1)
    assert masked("FR12345678901", field) == ("FR12345678901", 0)


# --- countries ---


def test_a_swedish_number_gives_one_token_however_written():
    tokens = {MASKER.person_token(t) for t in ("450712-1236", "19450712-1236", "4507121236", "SE450712123601")}
    tokens |= {masked("450712-1236").text, masked("19450712-1236").text}
    assert len(tokens) == 1


def test_a_swedish_company_and_a_danish_sole_trader_with_a_company_number_stay():
    assert masked("556012-5790", "supplier_number") == ("556012-5790", 0)
    assert masked("99999993", "supplier_number") == ("99999993", 0)


# --- in one go ---


def test_distinct_texts_are_masked_in_one_go_as_one_by_one():
    texts = ["Kopipapir", "til 010190-1234", None, "", "0101901234", "010190-1234 og 020291-4321"]
    found, hits = MASKER.mask_values(texts, "line_text")
    assert found == [masked(text, "line_text").text for text in texts]
    assert hits == [0, 1, 0, 0, 1, 2]
    assert MASKER.mask_values(["0101901234"], "order_number") == (["0101901234"], [0])


def test_masking_in_several_rounds_leaves_nothing_for_a_second_time():
    for key in range(20):  # a token without digits lets the word reach the next date, one with digits does not
        masker = Masker(bytes([key]) * 32)
        once = masker.mask("cpr 010190 020291 030392")
        assert once.hit_count >= 1
        assert masker.mask(once.text) == (once.text, 0)


def test_cleaning_twice_changes_nothing():
    hidden = "A\u200d\u030a 010190\u200b-1234"
    assert clean_text(clean_text(hidden)) == clean_text(hidden)


# --- names ---


@pytest.mark.parametrize(
    "name",
    ["Plejefamilie Jensen", "plejefamilien jensen".replace("familien", "familie"), "Kontaktperson Anna B.",
     "Borger 17", "BORGER", "Støttekontaktperson", "Familjehem Berg", "God man Nilsson", "Privatperson",
     "Netværksplejefamilie"],
)  # fmt: skip
def test_a_name_that_says_it_is_a_person(name):
    assert names_a_person(name)


@pytest.mark.parametrize(
    "name",
    ["Plejefamilie ApS", "Familjehem i Norden AB", "Borgernes Avis", "Borgerservice", "Danske Plejefamiliers Forening",
     "Hans Hansen", "Eksempel Kontor A/S", "", None],
)  # fmt: skip
def test_a_name_that_does_not(name):
    assert not names_a_person(name)
