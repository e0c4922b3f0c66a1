"""The planted truth: flaws in files, contract status by hand, and sums."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.workshop import planted
from procurement_kit.workshop.einvoice_files import einvoice_text
from procurement_kit.workshop.invented import read_rows
from procurement_kit.workshop.planted import plant_flaws, true_lines

RATES = [{"Valuta": "EUR", "Gælder fra": "01-01-2025", "Kurs": "7,46"}]


@pytest.fixture(scope="module")
def delivered(documents):
    return plant_flaws(documents)


@pytest.fixture(scope="module")
def paper(documents):
    """An e-invoice of the office supplier with one line."""
    name = "Skriverhjørnet Kontorgrossist A/S"
    return next(d for d in documents if d.firm.name == name and d.is_einvoice and len(d.lines) == 1 and not d.is_credit)


def true_line(document, *, flaw=""):
    return true_lines([planted.Delivered(document, "x.xml", flaw)], RATES)[0]


def test_every_flaw_is_planted_as_often_as_told(delivered):
    flaws = Counter(item.flaw for item in delivered if item.flaw)
    assert flaws == {
        "charge": 6, "stated_rate": 1, "copy": 1, "copy_again": 1, "duplicate": 1, "duplicate_again": 1, "broken": 1,
        "doctype": 1, "wrong_sum_100.00": 1, "wrong_sum_0.90": 1, "masked": 7, "posted": 3, "posted_again": 3,
    }  # fmt: skip


def test_only_the_copy_says_that_it_is_one(delivered):
    assert [item.flaw for item in delivered if item.document.is_copy] == ["copy_again"]


def test_some_einvoices_stand_in_the_ledger_too_with_the_same_number_and_amount(delivered):
    posted = {item.document.number: item.document for item in delivered if item.flaw == "posted"}
    again = [item for item in delivered if item.flaw == "posted_again"]
    assert {item.document.number for item in again} == set(posted)
    for item in again:
        assert item.file_name.startswith("posteringer_") and not item.document.is_einvoice
        assert item.document.line_sum == posted[item.document.number].line_sum


def test_what_is_sent_again_has_other_bytes_but_says_the_same(delivered):
    twice = [item for item in delivered if item.flaw in ("duplicate", "duplicate_again")]
    texts = [einvoice_text(item) for item in twice]
    assert texts[0] != texts[1] and texts[1].startswith(texts[0])


def test_file_names_of_einvoices_are_all_different(delivered):
    names = [item.file_name for item in delivered if item.document.is_einvoice]
    assert len(names) == len(set(names))


def test_postings_of_january_stand_in_the_last_file(documents):
    late = [d for d in documents if not d.is_einvoice and d.posting_date.year == 2026]
    assert late
    assert {item.file_name for item in plant_flaws(late[:1] + documents) if item.document in late} == {
        "posteringer_2025.csv"
    }


def test_documents_with_a_charge_or_a_stated_rate_have_one_line(delivered):
    assert all(len(i.document.lines) == 1 for i in delivered if i.flaw in ("charge", "stated_rate"))


def test_a_personal_number_is_put_into_the_note_or_the_posting_text(delivered):
    masked = [item.document for item in delivered if item.flaw == "masked"]
    assert sum(document.is_einvoice for document in masked) == 3
    for document in masked:
        where = document.lines[0].note if document.is_einvoice else document.lines[0].text
        assert "borger" in where and where.endswith("-" + "0" * 4)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Decimal("1000.00")),
        ({"charge": Decimal("125")}, Decimal("1125.00")),
        ({"is_credit": True}, Decimal("-1000.00")),
        ({"currency": "EUR"}, Decimal("7460.00")),
        ({"currency": "EUR", "exchange_rate": Decimal("7.44")}, Decimal("7440.00")),
        ({"currency": "EUR", "invoice_date": date(2024, 5, 1)}, None),
        ({"currency": "SEK"}, None),
    ],
)
def test_kroner_follow_sign_charge_and_rate(paper, changes, expected):
    line = replace(paper.lines[0], amount=Decimal("1000.00"))
    found = true_line(replace(paper, **{"invoice_date": date(2025, 5, 1), "lines": (line,), **changes}))
    assert found.net_amount == expected
    assert found.scope_status == ("no_exchange_rate" if expected is None else "in_scope")


@pytest.mark.parametrize(
    ("category", "supplier", "day", "expected"),
    [
        ("180101", "Skriverhjørnet Kontorgrossist A/S", date(2025, 5, 1), ("A-2023-01", "on_contract")),
        ("180101", "Kontoret ved siden af", date(2025, 5, 1), ("A-2023-01", "wrong_supplier")),
        ("180101", "Skriverhjørnet Kontorgrossist A/S", date(2023, 2, 28), ("", "no_known_contract")),
        ("1502", "Skraldefar Renovation A/S", date(2025, 5, 1), ("A-2023-09", "on_contract")),
        ("090501", "Brødhuset Sivkrog ApS", date(2024, 12, 31), ("A-2021-06", "on_contract")),
        ("090501", "Brødhuset Sivkrog ApS", date(2025, 1, 1), ("", "no_known_contract")),
        ("1104", "Solhverv Malerfirma ApS", date(2025, 12, 31), ("", "no_known_contract")),
        ("1401", "Kilovolt Elhandel A/S", date(2025, 5, 1), ("A-2020-08", "on_contract")),
        ("1802", "Stolehjørnet Møbler A/S", date(2024, 8, 31), ("", "no_known_contract")),
        ("1802", "Stolehjørnet Møbler A/S", date(2024, 9, 1), ("A-2024-20", "on_contract")),
        ("0104", "Hvem som helst", date(2025, 5, 1), ("", "no_known_contract")),
    ],
)
def test_contract_status_by_hand(paper, category, supplier, day, expected):
    line = replace(paper.lines[0], category_code=category)
    firm = replace(paper.firm, name=supplier)
    found = true_line(replace(paper, lines=(line,), firm=firm, invoice_date=day))
    assert (found.contract_number, found.contract_status) == expected


@pytest.mark.parametrize(
    ("art", "number", "expected"),
    [
        ("46", "00900001", "public_payment"),
        ("52", "", "transfer"),
        ("59", "", "transfer"),
        ("59", "00900001", "to_clarify"),
        ("91", "", "internal"),
        ("60", "", "finance"),
        ("25", "", "property"),
    ],
)
def test_what_is_no_purchase_is_so_by_its_art(paper, art, number, expected):
    line = replace(paper.lines[0], category_code="", art=art)
    found = true_line(replace(paper, lines=(line,), printed_number=number))
    assert (found.scope_status, found.contract_status) == (expected, "out_of_scope")


@pytest.mark.parametrize(
    ("flaw", "fate"),
    [("", "taken_in"), ("charge", "taken_in"), ("wrong_sum_0.90", "held_back"), ("copy_again", "duplicate"),
     ("duplicate_again", "duplicate"), ("copy", "taken_in")],
)  # fmt: skip
def test_what_an_import_must_do_with_a_document(paper, flaw, fate):
    assert true_line(paper, flaw=flaw).fate == fate


@pytest.mark.parametrize("flaw", ["broken", "doctype"])
def test_a_file_that_cannot_be_read_has_no_lines(paper, flaw):
    assert true_lines([planted.Delivered(paper, "x.xml", flaw)], RATES) == []


def test_rows_of_a_ledger_are_counted_from_the_second_as_excel_shows_them(documents):
    postings = [planted.Delivered(d, "p.csv") for d in documents if not d.is_einvoice and len(d.lines) == 2][:2]
    assert [line.source_row for line in true_lines(postings, RATES)] == [2, 3, 4, 5]


def test_the_sums_per_fate_are_those_of_the_lines(truth):
    kroner = [line.net_amount or 0 for line in truth.lines]
    assert sum(truth.amount(fate) for fate in ("taken_in", "held_back", "duplicate")) == sum(kroner)
    assert truth.line_count("duplicate") == 5


def test_contract_amounts_sum_to_the_purchases(truth):
    purchases = sum(line.net_amount for line in truth.purchases(2025))
    assert sum(truth.contract_amounts(2025).values()) == purchases


def test_the_contracts_with_a_story_tell_it(truth):
    statuses = {key for key, amount in truth.contract_amounts(2025).items() if amount}
    contracts = {row["contract_number"]: row for row in read_rows("contracts")}
    assert not any(number in (truth.expired_contract, truth.not_begun_contract) for number, _ in statuses)
    assert (truth.option_used_contract, "on_contract") in statuses
    assert contracts[truth.voluntary_contract]["is_binding"] == "nej"
    assert (truth.expired_contract, "on_contract") in truth.contract_amounts(2024)
