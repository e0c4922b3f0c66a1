"""Which postings are e-invoices that were read too."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.intake.postings import Pair, paired, posted_columns
from procurement_kit.tables import DOCUMENTS

INVOICE = {
    "document_id": "D",
    "source_name": "a.xml",
    "document_number": "F-1",
    "supplier_number": "99999993",
    "invoice_date": date(2025, 3, 1),
    "document_currency": "DKK",
    "document_net_amount": Decimal(100),
    "header_payable_amount": Decimal(125),
}
POSTING = {
    "document_id": "P",
    "document_number": "F-1",
    "supplier_number": "99999993",
    "vat_basis": "ex",
    "net": "100.00",
}


def pairs_of(lines_of, invoices, postings, left_out=frozenset()):
    return paired(store.table_of(invoices, DOCUMENTS.schema()), lines_of(*postings), left_out)


@pytest.mark.parametrize(
    ("number", "basis", "amount"),
    [
        ("F-1", "ex", "100.00"),
        ("000f-1", "ex", "-100.00"),
        ("F -1\u00a0", "unknown", "125.00"),
        ("F-1", "incl", "125.00"),
    ],
)
def test_the_same_purchase_is_paired_however_it_is_written(lines_of, number, basis, amount):
    posting = POSTING | {"document_number": number, "vat_basis": basis, "net": amount}
    assert pairs_of(lines_of, [INVOICE], [posting]) == [Pair("D", "a.xml", "P")]


@pytest.mark.parametrize("other", [{"net": "99.99"}, {"document_number": "F-10"}, {"vat_basis": "incl"}])
def test_another_purchase_is_not(lines_of, other):
    assert pairs_of(lines_of, [INVOICE], [POSTING | other]) == []


def test_many_invoices_of_the_same_day_and_amount_are_paired_by_number(lines_of):
    invoices = [INVOICE | {"document_id": f"D{n}", "document_number": f"F-{n}"} for n in range(300)]
    postings = [POSTING | {"document_id": f"P{n}", "document_number": f"f-{n}"} for n in range(300)]
    assert len(pairs_of(lines_of, invoices, postings)) == 300


def test_what_is_left_out_is_not_paired(lines_of):
    assert pairs_of(lines_of, [INVOICE], [POSTING], {("D", "a.xml")}) == []


def test_only_the_lines_of_the_paired_file_take_what_the_ledger_says(lines_of):
    own = lines_of(
        *({"document_id": "D", "source_name": name, "source_hash": name, "line_id": "L"} for name in ("a.xml", "b.xml"))
    )
    postings = lines_of(POSTING | {"account_number": "29"})
    (row,) = posted_columns([Pair("D", "a.xml", "P")], own, postings).to_pyarrow().to_pylist()
    assert (row["source_name"], row["account_number"]) == ("a.xml", "29")
