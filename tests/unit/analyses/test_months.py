"""Which months have no data, and in which do the kroner jump? Figures one can do by hand."""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.months import judged, month_name, month_rows, month_sums, odd_months
from procurement_kit.periods import parse_period

D = Decimal
JANUARY = 2025 * 12


def months(*amounts, first=JANUARY):
    """Consecutive months with these kroner; None is a month without data."""
    return {
        first + place: {"line_count": 1, "net_amount": D(amount)}
        for place, amount in enumerate(amounts)
        if amount is not None
    }


def statuses(sums, span=None, kind="ledger"):
    return {row["month_name"]: row["month_status"] for row in month_rows({kind: sums}, span)}


def test_a_line_counts_in_the_month_of_posting_else_of_the_invoice(lines_of):
    lines = lines_of(
        {"net": "100.00", "invoice_date": date(2025, 1, 31), "posting_date": date(2025, 2, 1)},
        {"net": "50.00", "invoice_date": date(2025, 2, 28)},
        {"net": "-7.00", "invoice_date": date(2025, 2, 1), "source_kind": "einvoice"},
    )
    february = JANUARY + 1
    assert month_sums(lines) == {
        "ledger": {february: {"line_count": 2, "net_amount": D("150.00")}},
        "einvoice": {february: {"line_count": 1, "net_amount": D("-7.00")}},
    }


def test_a_month_without_a_line_between_two_others_is_missing():
    assert statuses(months(100, None, 100)) == {"2025-01": "data", "2025-02": "none", "2025-03": "data"}


def test_a_period_asks_for_its_own_months_and_sets_the_others_apart():
    found = statuses(months(100, 100, 100, 100), parse_period("2025-03..2025-06"))
    assert [found[name] for name in ("2025-01", "2025-03", "2025-05", "2025-06")] == ["outside", "data", "none", "none"]


def test_each_kind_of_source_is_a_series_of_its_own():
    rows = month_rows({"ledger": months(1, 1, 1), "einvoice": months(1, None, 1)}, None)
    assert [(r["source_kind"], r["month_name"]) for r in rows if r["month_status"] == "none"] == [
        ("einvoice", "2025-02")
    ]


def test_what_lies_more_than_a_year_away_is_stray_and_opens_no_gap():
    far = months(5, first=JANUARY + 12 * 27)
    found = statuses(months(100, 100, 100) | far)
    assert found["2052-01"] == "stray"
    assert list(found.values()).count("none") == 0


def test_a_gap_of_a_year_is_still_a_gap():
    found = statuses(months(100) | months(100, first=JANUARY + 13))
    assert list(found.values()).count("none") == 12
    assert "stray" not in statuses(months(100, 100) | months(100, first=JANUARY + 13)).values()


@pytest.mark.parametrize(("amount", "status"), [(400, "jump_up"), (10, "jump_down"), (104, "data"), (-50, "jump_down")])
def test_a_jump_is_measured_against_the_other_months(amount, status):
    """The others are 100 … 110: median 105, MAD 3, so the limits are 105 ± 13.34, and more than a quarter off."""
    amounts = {month: D(100 + month) for month in range(11)} | {11: D(amount)}
    found = judged(amounts, 11)
    assert found["month_status"] == status
    assert (found["low_amount"], found["usual_amount"], found["high_amount"]) == (D("91.66"), D("105"), D("118.34"))


def test_a_month_outside_narrow_limits_but_near_the_usual_is_no_jump():
    amounts = dict.fromkeys(range(11), D(100))
    assert judged(amounts | {11: D(125)}, 11)["month_status"] == "data"
    assert judged(amounts | {11: D("125.01")}, 11)["month_status"] == "jump_up"


def test_one_jump_does_not_make_jumps_of_the_others():
    found = statuses(months(100, 102, 98, 101, 99, 5000, 100))
    assert [name for name, status in found.items() if status != "data"] == ["2025-06"]


def test_under_six_months_no_jump_is_looked_for():
    assert set(statuses(months(1, 1, 1, 1, 999)).values()) == {"data"}
    assert statuses(months(1, 1, 1, 1, 1, 999))["2025-06"] == "jump_up"


def test_the_months_to_ask_about_are_those_without_data_and_those_that_jump():
    rows = month_rows({"ledger": months(100, 10, 100, 100, None, 100, 900, 100)}, None)
    assert [(row["month_name"], row["month_status"]) for row in odd_months(rows)] == [
        ("2025-05", "none"),
        ("2025-07", "jump_up"),
        ("2025-02", "jump_down"),
    ]
    assert [row["month_name"] for row in rows] == sorted(row["month_name"] for row in rows)


def test_months_are_named_as_they_sort():
    assert [month_name(JANUARY + n) for n in (0, 11, 12)] == ["2025-01", "2025-12", "2026-01"]
