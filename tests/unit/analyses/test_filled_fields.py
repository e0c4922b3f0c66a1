"""How much do the lines say?"""

from datetime import date
from decimal import Decimal

from procurement_kit.analyses.filled_fields import (
    NEEDED,
    USEFUL,
    basis_rows,
    failed_company_numbers,
    failed_gln_numbers,
    field_rows,
    gathered,
)
from procurement_kit.tables import INVOICE_LINES

D = Decimal


def field(lines, name, kind="ledger"):
    return next(row for row in field_rows(lines) if (row["field_key"], row["source_kind"]) == (name, kind))


def test_a_field_is_counted_in_lines_and_in_kroner(lines_of):
    lines = lines_of({"net": "100.00", "line_text": "Papir"}, {"net": "300.00"}, {"net": "0.00", "line_text": ""})
    found = field(lines, "line_text")
    assert (found["line_count"], found["filled_count"]) == (3, 1)
    assert (found["filled_share"], found["filled_amount_share"]) == (D("0.333333"), D("0.250000"))


def test_a_credit_counts_as_many_kroner_as_its_invoice(lines_of):
    lines = lines_of({"net": "100.00", "line_text": "Papir"}, {"net": "-100.00"})
    assert field(lines, "line_text")["filled_amount_share"] == D("0.500000")


def test_persons_and_foreign_firms_are_not_asked_for_a_company_number(lines_of):
    lines = lines_of(
        {"net": "100.00", "supplier_number": "99999993"},
        {"net": "900.00", "supplier_kind": "person"},
        {"net": "900.00", "supplier_kind": "foreign"},
    )
    found = field(lines, "supplier_number")
    assert (found["line_count"], found["filled_share"], found["filled_amount_share"]) == (1, D(1), D(1))


def test_a_needed_field_under_95_percent_is_poor(lines_of):
    def status(filled):
        rows = [{"net": "1.00", "line_text": "x" if n < filled else None} for n in range(20)]
        return field(lines_of(*rows), "line_text")["field_status"]

    assert [status(filled) for filled in (18, 19, 20)] == ["poor", "needed", "needed"]


def test_what_a_source_need_not_hold_is_useful_only(lines_of):
    lines = lines_of({"net": "1.00"}, {"net": "1.00", "source_kind": "einvoice"})
    assert field(lines, "posting_date")["field_status"] == "poor"
    assert field(lines, "posting_date", "einvoice")["field_status"] == "useful"
    order = ["poor", "needed", "useful"]
    assert [row["field_status"] for row in field_rows(lines)] == sorted(
        (row["field_status"] for row in field_rows(lines)), key=order.index
    )


def test_every_field_is_a_column_and_named_once():
    names = [*NEEDED, *USEFUL]
    assert len(names) == len(set(names))
    assert all(INVOICE_LINES[name].added_by == "intake" for name in names)


def test_no_lines_give_no_fields(lines_of):
    assert field_rows(lines_of({"net": "1.00"}).filter(False)) == []


def test_currencies_and_vat_bases_sum_to_all(lines_of):
    lines = lines_of(
        {"net": "100.00", "vat_basis": "ex"},
        {"net": "50.00", "vat_basis": "incl"},
        {"net_amount": None, "document_net_amount": D("7.00"), "document_currency": "SEK", "vat_basis": "ex"},
    )
    basis = basis_rows(lines)
    krone, swedish = gathered(basis, "document_currency")
    assert (krone["document_currency"], krone["line_count"], krone["net_amount"]) == ("DKK", 2, D("150.00"))
    assert (swedish["unrated_line_count"], swedish["amount_in_currency"], swedish["net_amount"]) == (1, 7, 0)
    by_vat = {row["vat_basis"]: row["net_amount"] for row in gathered(basis, "vat_basis")}
    assert by_vat == {"ex": D("100.00"), "incl": D("50.00")}


def test_lines_booked_in_another_year_than_the_invoice_are_counted(lines_of):
    lines = lines_of(
        {"net": "100.00", "invoice_date": date(2024, 12, 30), "accounting_year": 2025},
        {"net": "50.00", "invoice_date": date(2025, 1, 2), "accounting_year": 2025},
        {"net": "9.00", "accounting_year": None},
    )
    (whole,) = gathered(basis_rows(lines))
    assert (whole["other_year_line_count"], whole["other_year_amount"]) == (1, D("100.00"))


def test_company_numbers_that_fail_are_listed_with_lines_and_kroner(lines_of):
    wrong = {"supplier_number": "12345678", "supplier_name": "Firma A", "check_codes": "cvr_modulus quantity_price"}
    lines = lines_of(
        {"net": "100.00", **wrong},
        {"net": "-20.00", **wrong},
        {"net": "5.00", "supplier_number": "99999993", "check_codes": "not_cvr_modulus"},
        {"net": "5.00", "supplier_number": "99999993"},
    )
    whole, rows = failed_company_numbers(lines)
    assert whole == {"number_count": 1, "line_count": 2, "net_amount": D("80.00")}
    assert [(r["printed_number"], r["supplier_name"], r["line_count"]) for r in rows] == [("12345678", "Firma A", 2)]
    none, nothing = failed_company_numbers(lines.filter(lines.supplier_number == "99999993"))
    assert (none["number_count"], none["net_amount"], nothing) == (0, D("0.00"), [])


def test_gln_numbers_are_checked_once_per_number(lines_of):
    lines = lines_of(
        {"net": "1.00", "buyer_gln_number": "5799990000019"},
        {"net": "2.00", "buyer_gln_number": "5799990000010"},
        {"net": "4.00", "buyer_gln_number": "5799990000010"},
        {"net": "8.00", "buyer_gln_number": "579999000001"},
        {"net": "16.00"},
    )
    whole, rows = failed_gln_numbers(lines)
    assert whole == {"number_count": 2, "line_count": 3, "net_amount": D("14.00")}
    assert [row["printed_number"] for row in rows] == ["5799990000010", "579999000001"]
