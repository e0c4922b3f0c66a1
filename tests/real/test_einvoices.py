"""Public e-invoices of six families: each adds up, and what the folder's list says of it is what is read."""

import csv
from decimal import Decimal

import pytest

from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.load import import_files
from procurement_kit.intake.money import Rates, total

DOCUMENTS, LINES, CURRENCIES = 187, 396, 13
READING = Reading("prøveby", b"0" * 32, Rates("DKK"))


@pytest.fixture(scope="module")
def documents(shared_data):
    folder = shared_data / "einvoices"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row, read_einvoice((folder / row["file"]).read_bytes(), READING, source_name=row["file"])) for row in rows]


def test_every_document_is_read_and_adds_up(documents):
    assert len(documents) == DOCUMENTS
    assert [(row["file"], document.reason) for row, document in documents if document.reason] == []


def test_lines_and_sums_are_what_the_list_says(documents):
    assert sum(len(document.lines) for _, document in documents) == LINES
    for row, document in documents:
        assert len(document.lines) == int(row["lines"]), row["file"]
        amount = total([line["document_amount"] for line in document.lines])
        assert abs(abs(amount) - abs(Decimal(row["line_sum"]))) <= Decimal("0.005"), row["file"]
        assert abs(abs(document.control["header_line_amount"]) - abs(Decimal(row["header_line_extension"]))) == 0
        assert {line["document_currency"] for line in document.lines} == {row["currency"]}


def test_credit_notes_are_negative_and_invoices_keep_their_sign(documents):
    for row, document in documents:
        turned = -1 if row["root"] == "CreditNote" else 1
        assert total([line["document_amount"] for line in document.lines]) * turned == pytest.approx(
            Decimal(row["line_sum"]), abs=Decimal("0.005")
        )


def test_thirteen_currencies_and_kroner_only_where_they_are_known(documents):
    lines = [line for _, document in documents for line in document.lines]
    assert len({line["document_currency"] for line in lines}) == CURRENCIES
    for line in lines:
        assert (line["net_amount"] is None) == (line["exchange_rate"] is None)


def test_the_person_among_suppliers_is_masked(documents, shared_data):
    persons = [d for _, d in documents if d.lines[0]["supplier_kind"] == "person"]
    assert len(persons) == 1
    assert persons[0].lines[0]["supplier_name"] == "Privatperson"
    assert persons[0].lines[0]["supplier_number"] is None


def test_both_examples_with_personal_numbers_are_marked_and_hold_none(documents, shared_data):
    import re

    folder = shared_data / "einvoices"
    pattern = re.compile(rb'schemeID="DK:CPR">(\d{10})<')
    numbers = {row["file"]: pattern.findall((folder / row["file"]).read_bytes()) for row, _ in documents}
    found = {name: values for name, values in numbers.items() if values}
    assert len(found) == 2
    for row, document in documents:
        if row["file"] in found:
            assert document.lines[0]["privacy_level"] >= 1
            assert not any(value.decode() in str(document) for value in found[row["file"]])


def test_allowances_and_charges_are_in_the_net(documents):
    for row, document in documents:
        control = document.control
        charges = (control["header_charge_amount"] or 0) - (control["header_allowance_amount"] or 0)
        assert document.net_total == control["line_sum_amount"] + charges, row["file"]


def test_an_import_of_all_of_them_closes(municipality, shared_data):
    report = import_files(municipality, [shared_data / "einvoices"])
    facts = report.as_dict()
    assert report.closes
    assert facts["documents_read"] == DOCUMENTS
    assert facts["lines_read"] == LINES == facts["lines_taken"] + facts["lines_held_back"] + facts["lines_duplicate"]
    assert len(facts["by_currency"]) == CURRENCIES
