"""Identifiers are text, keep leading zeros, and are never refused for a check digit."""

import pytest

from procurement_kit.intake.identifiers import art_of, company_number, is_cvr_valid, is_gln_valid, without_filler
from procurement_kit.intake.identity import Occurrences, document_id, hash_of


@pytest.mark.parametrize(
    ("printed", "country", "expected"),
    [
        ("DK99999993", "DK", "99999993"),
        ("dk 99 99 99 93", None, "99999993"),
        ("01234567", "DK", "01234567"),
        ("SE556677889901", "SE", "556677889901"),
        ("DK99999993", "SE", "DK99999993"),
        ("n/a", "DK", None),
        (None, "DK", None),
    ],
)
def test_company_numbers(printed, country, expected):
    assert company_number(printed, country) == expected


@pytest.mark.parametrize("filler", ["NA", "n/a", "N/A", "-", "ingen", "0"])
def test_fillers_are_empty(filler):
    assert without_filler(filler) is None


def test_check_digits():
    assert is_cvr_valid("99999993")
    assert not is_cvr_valid("13585629")
    assert not is_cvr_valid("1358562")
    assert is_gln_valid("5799990000019")
    assert not is_gln_valid("579000196850")


@pytest.mark.parametrize(
    ("printed", "art"), [("2.9", "29"), ("29", "29"), ("40000000", "40"), ("4", None), (None, None)]
)
def test_arts(printed, art):
    assert art_of(printed) == art


def test_a_credit_note_is_another_document_than_its_invoice():
    keys = ("99999993", "F-1", "2025-03-01")
    assert document_id("invoice", *keys) != document_id("credit_note", *keys)
    assert len(hash_of("a")) == 32


def test_equal_lines_of_one_file_have_different_identities():
    seen = Occurrences()
    first, second = seen.line_id("a"), seen.line_id("a")
    assert first != second
    again = Occurrences()
    assert [again.line_id("a"), again.line_id("a")] == [first, second]
