"""Identifiers are text, keep leading zeros, and are never refused for a check digit."""

import re
from datetime import date

import pyarrow as pa
import pytest

from procurement_kit.intake.identifiers import (
    are_cvr_valid,
    art_of,
    company_number,
    is_cvr_valid,
    is_gln_valid,
    without_filler,
)
from procurement_kit.intake.identity import Occurrences, column_mark, document_id, document_ids, hash_of
from procurement_kit.tables import INVOICE_LINES


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


def test_check_digits_of_many_numbers_are_those_of_each():
    numbers = ["99999993", "13585629", "09999993", "00000000"]
    assert are_cvr_valid(pa.array(numbers)).to_pylist() == [is_cvr_valid(number) for number in numbers]
    assert are_cvr_valid(pa.array([], pa.string())).to_pylist() == []


def ids_of(*batches):
    seen = Occurrences()
    return [line for batch in batches for line in seen.line_ids(pa.array(batch, pa.string())).to_pylist()]


def test_equal_lines_of_one_file_have_different_identities():
    assert len(set(ids_of(["a", "a", "b"], ["a"]))) == 4
    assert ids_of(["a", "a"]) == ids_of(["a"], ["a"]) == ids_of(["b", "a"], ["a"])[1:]
    assert all(re.fullmatch("[0-9a-f]{32}", line) for line in ids_of(["a", "a"]))


def test_a_batch_without_rows_has_no_identities():
    assert ids_of([], ["a"], []) == ids_of(["a"])


def test_what_is_kept_of_many_contents_is_small_and_sorted():
    seen = Occurrences()
    for start in range(0, 5_000, 100):
        seen.line_ids(pa.array([str(n % 400) for n in range(start, start + 100)]))
    assert sum(len(keys) for keys, _ in seen._runs) <= 2 * 400
    assert len(seen._runs) < 12
    assert sum(int(counts.sum()) for _, counts in seen._runs) == 5_000


def test_documents_share_their_identity_and_lines_without_number_have_none():
    day = date(2025, 3, 1)
    suppliers, numbers = pa.array(["S", "S", None, "S"]), pa.array(["F", "F", "F", None])
    ids = document_ids(suppliers, numbers, pa.array([day] * 4)).to_pylist()
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] is None


def test_the_marks_of_columns_are_all_different():
    marks = {column_mark(name) for name in INVOICE_LINES.names}
    assert len(marks) == len(INVOICE_LINES.names)
