"""Do the invoice lines add up to the accounts?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses import reconciliation
from procurement_kit.analyses.reconciliation import analyse_reconciliation
from procurement_kit.errors import ParameterError
from procurement_kit.steps.accounts import Accounts
from tests.unit.analyses.conftest import cube_of_rows

D = Decimal
RULES = {
    "1": "payroll",
    "2": "to_clarify",
    "29": "in_scope",
    "40": "in_scope",
    "45": "in_scope",
    "46": "public_payment",
}


def booked(art, dranst, kroner, *, year=2025, in_thousands=False):
    """One figure of the accounts."""
    return {
        "accounting_year": year,
        "function_number": "",
        "dranst_code": dranst,
        "art_code": art,
        "accounts_amount": D(kroner),
        "is_in_thousands": in_thousands,
    }


def note(art, dranst, kroner, why="Interne fakturaer mangler"):
    return {
        "accounting_year": 2025,
        "dranst_code": dranst,
        "art_code": art,
        "explanation": why,
        "explained_amount": D(kroner),
        "explained_by": "økonomichefen",
        "explained_date": date(2026, 3, 15),
    }


def line(art, dranst, net, **more):
    main = art[:1] if art else None
    return {
        "art_code": art,
        "main_art_code": main,
        "dranst_code": dranst,
        "net": net,
        "scope_status": "in_scope",
        **more,
    }


@pytest.fixture(scope="module")
def cube():
    """Booked in 2025: 29 operations 700, 45 investment 300, without art 50, payroll 10, to the state 90: 1,150."""
    january = {"invoice_date": date(2026, 1, 5), "posting_date": date(2025, 12, 31)}
    return cube_of_rows(
        line("29", "1", "500.00"),
        line("29", "1", "200.00", scope_status="public_payment", **january),
        line("45", "3", "300.00", accounting_year=2025, invoice_date=date(2024, 12, 30)),
        line(None, None, "50.00"),
        line("46", "1", "60.00"),
        line(None, None, "30.00", scope_status="public_payment"),
        line("10", "1", "10.00"),
        line("29", "1", "999.00", accounting_year=2026),
        line("29", "1", "5.00", invoice_date=date(2024, 5, 1)),
    )


ROWS = (
    booked("29", "1", "1000"),
    booked("40", "1", "100"),
    booked("45", "3", "300"),
    booked("46", "1", "60"),
    booked("1", "1", "5000"),
    booked("29", "1", "77", year=2024),
)


@pytest.fixture(scope="module")
def finding(cube):
    accounts = Accounts(ROWS, (note("29", "1", "250"), note("", "1", "-50", "E-fakturaer uden art")), RULES)
    return analyse_reconciliation(cube, accounts, period="2025")


def rows_of(table, *columns):
    return [tuple(row) for row in table[list(columns)].astype(object).where(table.notna(), None).to_numpy()]


def test_accounts_data_and_difference_stand_side_by_side_per_art(finding):
    shown = rows_of(finding.table, "budget_part", "art_code", "accounts_amount", "data_amount", "difference_amount")
    assert shown == [
        ("operations", "29", D("1000.00"), D("700.00"), D("300.00")),
        ("operations", "40", D("100.00"), D("0.00"), D("100.00")),
        ("investment", None, D("300.00"), D("300.00"), D("0.00")),
        ("no_art", None, D("0.00"), D("50.00"), D("-50.00")),
    ]
    assert list(finding.table["covered_share"]) == [D("0.700000"), D("0.000000"), D("1.000000"), None]
    assert not finding.failed_checks


def test_investment_stands_apart_and_by_art(finding):
    assert rows_of(finding.tables["investment"], "art_code", "data_amount") == [("45", D("300.00"))]
    main = rows_of(finding.tables["by_main_art"], "budget_part", "main_art_code", "accounts_amount")
    assert main == [
        ("operations", "2", D("1000.00")),
        ("operations", "4", D("100.00")),
        ("investment", "4", D("300.00")),
        ("no_art", None, D("0.00")),
    ]


def test_what_is_no_procurement_is_left_out_with_its_kroner(finding):
    assert rows_of(finding.tables["left_out"], "scope_status", "art_code", "accounts_amount", "data_amount") == [
        ("payroll", "1", D("5000.00"), D("0.00")),
        ("payroll", "10", D("0.00"), D("10.00")),
        ("public_payment", None, D("0.00"), D("30.00")),
        ("public_payment", "46", D("60.00"), D("60.00")),
    ]
    assert finding.definition.left_out_amount == D("5060.00")


def test_explanations_are_kroner_and_what_remains_is_a_number_of_its_own(finding):
    shown = rows_of(finding.table, "explained_amount", "unexplained_amount", "explanation")
    assert shown == [
        (D("250.00"), D("50.00"), "Interne fakturaer mangler"),
        (D("0.00"), D("100.00"), None),
        (D("0.00"), D("0.00"), None),
        (D("-50.00"), D("0.00"), "E-fakturaer uden art"),
    ]
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["explained_amount"], numbers["unexplained_amount"]) == (D("200.00"), D("150.00"))
    assert (numbers["found_amount"], numbers["missing_amount"]) == (D("1250.00"), D("150.00"))
    assert (numbers["found_share"], numbers["surplus_share"]) == (D("0.892857"), D("0.000000"))
    assert list(finding.tables["notes"]["budget_part"]) == ["operations", "no_art"]


def test_the_year_of_the_accounts_counts_not_the_date_of_the_invoice(finding):
    assert finding.numbers["moved_in_amount"].value == D("500.00")
    assert finding.numbers["moved_out_amount"].value == D("999.00")
    assert finding.numbers["accounting_years"].value == "2025"


def test_kroner_missing_here_and_too_many_there_are_told_apart(cube_of):
    """Two arts swapped: 100 are missing on one and 100 too many on the other; neither hides the other."""
    cube = cube_of(line("29", "1", "100"), line("40", "1", "300"))
    accounts = Accounts((booked("29", "1", "200"), booked("40", "1", "200")), (), RULES)
    finding = analyse_reconciliation(cube, accounts, period="2025")
    numbers = finding.numbers
    assert (numbers["missing_amount"].value, numbers["surplus_amount"].value) == (D("100.00"), D("100.00"))
    assert numbers["unexplained_amount"].value == D("0.00")
    assert (numbers["found_share"].value, numbers["surplus_share"].value) == (D("0.750000"), D("0.250000"))
    assert "unexplained" in finding.caveats


def test_more_in_the_data_than_in_the_accounts_is_surplus_and_hides_nothing_that_was_found(cube_of):
    """1,712,085.69 in the accounts, 2,611,364.11 in the data, of which 1,650,299.89 within the accounts of their art."""
    accounts = Accounts((booked("29", "1", "1000000.00"), booked("40", "1", "712085.69")), (), RULES)
    finding = analyse_reconciliation(
        cube_of(line("29", "1", "1961064.22"), line("40", "1", "650299.89")), accounts, period="2025"
    )
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert numbers["found_amount"] == D("1650299.89")
    assert numbers["found_share"] == D("0.963912")
    assert (numbers["missing_amount"], numbers["surplus_amount"]) == (D("61785.80"), D("961064.22"))
    net = numbers["data_amount"] - numbers["accounts_amount"]
    assert net == numbers["surplus_amount"] - numbers["missing_amount"] == D("899278.42")
    assert numbers["surplus_share"] == D("0.561341")
    assert not finding.failed_checks
    assert "98%" in finding.definition.formula and "2%" in finding.definition.formula


def test_parts_that_do_not_add_up_fail_their_checks(cube_of, monkeypatch):
    accounts = Accounts((booked("29", "1", "200"),), (), RULES)
    monkeypatch.setattr(reconciliation, "_found", lambda rows: D("1.00"))
    failed = analyse_reconciliation(cube_of(line("29", "1", "100")), accounts, period="2025").failed_checks
    assert [check.name for check in failed] == ["found and missing make up the accounts"]


def test_lines_without_dranst_are_compared_undivided_and_that_is_said(cube_of):
    accounts = Accounts((booked("45", "1", "40"), booked("45", "3", "60")), (note("45", "3", "10"),), RULES)
    finding = analyse_reconciliation(cube_of(line("45", None, "90")), accounts, period="2025")
    assert rows_of(finding.table, "budget_part", "accounts_amount", "unexplained_amount") == [
        ("undivided", D("100.00"), D("0.00"))
    ]
    assert "undivided" in finding.caveats
    assert not finding.failed_checks


def test_where_some_lines_lack_a_dranst_they_stand_in_a_row_of_their_own(cube_of):
    cube = cube_of(line("45", "03", "60"), line("45", None, "30"))
    finding = analyse_reconciliation(cube, Accounts((booked("45", "3", "90"),), (), RULES), period="2025")
    assert rows_of(finding.table, "budget_part", "art_code", "data_amount") == [
        ("investment", None, D("60.00")),
        ("no_dranst", "45", D("30.00")),
    ]


def test_without_art_on_any_line_the_accounts_still_stand_apart(cube_of):
    accounts = Accounts((booked("29", "1", "10"), booked("45", "3", "20")), (), RULES)
    finding = analyse_reconciliation(cube_of(line(None, None, "25")), accounts, period="2025")
    assert list(finding.table["budget_part"]) == ["operations", "investment", "no_art"]
    assert finding.numbers["no_art_amount"].value == D("25.00")
    assert finding.numbers["missing_amount"].value == D("30.00")
    assert finding.numbers["surplus_amount"].value == D("25.00")


def test_an_explanation_of_what_is_not_compared_fails_a_check(cube):
    accounts = Accounts(ROWS, (note("46", "1", "7"),), RULES)
    failed = analyse_reconciliation(cube, accounts, period="2025").failed_checks
    assert [check.name for check in failed] == ["every explanation belongs to an art compared"]


def test_accounts_in_thousands_say_how_far_rounding_may_go(cube):
    accounts = Accounts(
        (booked("29", "1", "1000", in_thousands=True), booked("40", "1", "0", in_thousands=True)), (), RULES
    )
    finding = analyse_reconciliation(cube, accounts, period="2025")
    assert finding.numbers["rounding_amount"].value == D("500")
    assert "rounded_accounts" in finding.caveats


def test_without_accounts_nothing_is_claimed(cube):
    for accounts, period in ((Accounts(), "2025"), (Accounts(ROWS, (), RULES), "2031")):
        finding = analyse_reconciliation(cube, accounts, period=period)
        assert finding.caveats == ("no_accounts",)
        assert finding.table.empty
        assert finding.numbers["found_share"].value is None
        assert finding.numbers["surplus_share"].value is None
        assert finding.numbers["unexplained_amount"].value is None
        assert not finding.failed_checks


def test_a_quarter_is_held_against_its_whole_year_and_two_years_against_both(cube):
    accounts = Accounts(ROWS, (), RULES)
    assert analyse_reconciliation(cube, accounts, period="2025Q3").numbers["data_amount"].value == D("1050.00")
    both = analyse_reconciliation(cube, accounts, period="2024-07..2025-06")
    assert both.numbers["accounting_years"].value == "2024, 2025"
    assert both.numbers["accounts_amount"].value == D("1477.00")
    assert "years_without_accounts" in analyse_reconciliation(cube, accounts, period="2025-07..2026-06").caveats
    with pytest.raises(ParameterError):
        analyse_reconciliation(cube, accounts, period="i år")


def test_a_credit_cancels_its_invoice(cube_of):
    accounts = Accounts((booked("29", "1", "100"),), (), RULES)
    cube = cube_of(line("29", "1", "100"), line("29", "1", "40"), line("29", "1", "-40", document_type="credit_note"))
    numbers = analyse_reconciliation(cube, accounts, period="2025").numbers
    assert numbers["difference_amount"].value == D("0.00")
    assert numbers["found_share"].value == 1


def test_the_accounts_given_are_left_as_they_are(cube):
    explained = note("29", "1", "250")
    analyse_reconciliation(cube, Accounts(ROWS, (explained,), RULES), period="2025")
    assert explained == note("29", "1", "250")
