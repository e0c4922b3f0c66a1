"""What do the invented accounts say, and which differences are planted in them?"""

from dataclasses import fields
from decimal import Decimal

import pytest

from procurement_kit.workshop import demo_files
from procurement_kit.workshop.planted import TrueLine
from procurement_kit.workshop.planted_accounts import (
    INTERNAL_AMOUNT,
    PAYROLL,
    UNEXPLAINED_AMOUNT,
    account_rows,
    note_rows,
    planted_accounts,
)

D = Decimal


def line(art, printed, kroner, *, year=2025, fate="taken_in"):
    """A line of which only what the accounts see is filled."""
    values = dict.fromkeys(field.name for field in fields(TrueLine))
    net = None if kroner is None else D(kroner)
    return TrueLine(
        **values | {"art": art, "printed_art": printed, "net_amount": net, "accounting_year": year, "fate": fate}
    )


LINES = (
    line("22", "22", "100.00"),
    line("22", "", "40.00"),
    line("45", "45", "10.01"),
    line("49", "", None),
    line("22", "22", "999.00", year=2026),
    line("22", "22", "999.00", fate="duplicate"),
)


@pytest.fixture
def accounts():
    return planted_accounts(LINES, 2025)


def test_the_accounts_hold_the_years_lines_under_their_true_art(accounts):
    assert accounts.by_art == {
        PAYROLL[0]: PAYROLL[1],
        "22": D("140.00"),
        "29": UNEXPLAINED_AMOUNT,
        "45": D("10.01"),
        "49": INTERNAL_AMOUNT,
    }
    assert accounts.without_art == {"22": D("40.00")}


def test_a_part_of_the_craftsmen_is_investment_to_the_ore(accounts):
    rows = {
        row["dranst_code"]: row["accounts_amount"]
        for row in account_rows(accounts)
        if row["art_code"].startswith("4.5")
    }
    assert rows == {"1 Drift": D("6.01"), "3 Anlæg": D("4.00")}


def test_notes_explain_all_but_what_nobody_can(accounts):
    told = {(row["art_code"], row["explained_amount"]) for row in note_rows(accounts)}
    assert told == {("49", INTERNAL_AMOUNT), ("22", D("40.00")), ("", D("-40.00"))}


def test_the_files_read_back_to_the_same_kroner(municipality):
    from procurement_kit.folders import write_text
    from procurement_kit.steps.accounts import read_accounts

    world, _, truth = demo_files._demo()
    for name in ("accounts", "reconciliation_notes"):
        write_text(municipality.folder / f"{name}.csv", demo_files.lists_of(world, truth)[name])
    read, planted = read_accounts(municipality), planted_accounts(truth.lines, 2025)
    assert sum(row["accounts_amount"] for row in read.rows) == sum(planted.by_art.values())
    assert sum(note["explained_amount"] for note in read.notes) == INTERNAL_AMOUNT
