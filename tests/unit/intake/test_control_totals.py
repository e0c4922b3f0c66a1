"""What the municipality says a file holds, and what is said where it does not agree."""

from decimal import Decimal

import pytest

from procurement_kit.errors import SettingsError
from procurement_kit.intake.control_totals import ControlTotal, compared, control_totals
from procurement_kit.intake.report import SourceReport

READ = {"DKK": {"read": {"lines": 2, "amount": "-10.0000"}}, "EUR": {"read": {"lines": 1, "amount": "1.5000"}}}


def report(name="a.csv", by_currency=READ, kind="ledger", **words):
    return SourceReport(name, "", kind, "taken_in", by_currency=by_currency, **words)


def test_where_nothing_is_said_nothing_is_compared(municipality):
    assert control_totals(municipality) == {}
    assert compared(report(), {}).control == ""


def test_all_differences_of_a_file_are_told_at_once():
    said = {"a.csv": ControlTotal(4, 2, Decimal(1000))}
    lines = "a.csv: 4 lines according to the municipality, 3 read; "
    amount = "1,000.00 according to the municipality, -10.00 DKK and 1.50 EUR read"
    documents = "2 documents according to the municipality, 1 read; "
    assert compared(report(documents={"read": 1}), said).control == lines + amount
    assert compared(report(kind="einvoice", documents={"read": 1}), said).control == lines + documents + amount


def test_an_amount_agrees_in_either_sign_and_in_one_currency_never_in_their_sum():
    for amount, agrees in (("10", True), ("-1.50", True), ("8.50", False), ("11.50", False)):
        assert (compared(report(), {"a.csv": ControlTotal(amount=Decimal(amount))}).control == "ok") == agrees


def test_what_is_held_back_may_be_counted_in_or_out():
    parts = {"DKK": {"read": {"lines": 3, "amount": "20.00"}, "held_back": {"lines": 1, "amount": "10.00"}}}
    for count, amount, agrees in ((3, "20", True), (2, "10", True), (1, "10", False)):
        told = compared(report(by_currency=parts), {"a.csv": ControlTotal(count, None, Decimal(amount))}).control
        assert (told == "ok") == agrees


def test_a_file_without_lines_holds_nothing():
    assert compared(report(by_currency={}), {"a.csv": ControlTotal(0, None, Decimal(0))}).control == "ok"
    assert "nothing read" in compared(report(by_currency={}), {"a.csv": ControlTotal(amount=Decimal(1))}).control


def test_a_file_is_found_whatever_folder_stands_before_it_and_however_it_is_written():
    assert compared(report("uge1/A.CSV"), {"a.csv": ControlTotal(3)}).control == "ok"


def test_a_list_as_toml_is_read_with_numbers_as_they_may_be_written(municipality):
    text = '["Inbox\\\\A.csv"]\nline_count = 3\namount = "1.234,50"\n["b.csv"]\namount = 8.5\n'
    (municipality.folder / "control_totals.toml").write_text(text, encoding="utf-8")
    assert control_totals(municipality) == {
        "a.csv": ControlTotal(3, None, Decimal("1234.50")),
        "b.csv": ControlTotal(None, None, Decimal("8.5")),
    }


@pytest.mark.parametrize("text", ["[", 'line_count = 3\n["a.csv"]\nlines = 1\n'])
def test_a_list_that_cannot_be_used_is_refused(municipality, text):
    (municipality.folder / "control_totals.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        control_totals(municipality)
