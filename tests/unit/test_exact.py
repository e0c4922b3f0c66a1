"""How are lines joined and summed so that no line and no øre is lost?"""

from datetime import date
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from procurement_kit.errors import CheckFailedError, NoDataError
from procurement_kit.exact import (
    add_lookup,
    frame,
    largest_first,
    lines_in,
    records,
    require_lines,
    require_same,
    sums_by,
    tally,
    with_category_names,
    without,
    without_persons,
)
from procurement_kit.periods import parse_period

D = Decimal


def test_a_line_with_an_empty_key_finds_the_row_with_an_empty_key(lines_of):
    lookup = ibis.memtable(pa.table({"account_number": ["29", None], "found": ["paper", "nothing"]}))
    joined = add_lookup(lines_of({"account_number": "29"}, {}, {"account_number": "30"}), lookup, ["account_number"])
    assert [row["found"] for row in records(joined.order_by("line_id"))] == ["paper", "nothing", None]


def test_columns_may_have_other_names_in_the_lookup(lines_of):
    lookup = ibis.memtable(pa.table({"key": ["29"], "found": ["paper"]}))
    joined = add_lookup(lines_of({"account_number": "29"}), lookup, {"account_number": "key"})
    assert records(joined)[0]["found"] == "paper"
    assert "key" not in joined.columns


def test_a_dated_lookup_holds_from_its_first_to_its_last_day(lines_of):
    spans = {"from_date": [date(2025, 1, 1)], "to_date": [date(2025, 3, 31)]}
    lookup = ibis.memtable(pa.table({"account_number": ["29"], "found": ["paper"], **spans}))
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1))
    lines = lines_of(*({"account_number": "29", "invoice_date": day} for day in days))
    joined = add_lookup(lines, lookup, ["account_number"], is_dated=True)
    assert [row["found"] for row in records(joined.order_by("line_id"))] == [None, "paper", "paper", None]
    assert "from_date" not in joined.columns


def test_lookups_after_another_each_add_their_columns(lines_of):
    of_account = ibis.memtable(pa.table({"account_number": ["29"], "found": ["paper"]}))
    of_paper = ibis.memtable(pa.table({"found": ["paper", None], "account_number": ["cheap", "unknown"]}))
    lines = lines_of({"account_number": "29", "net": "1.10"}, {"account_number": "30", "net": "2.20"})
    first = add_lookup(lines, of_account, ["account_number"])
    both = add_lookup(first, of_paper.rename(price="account_number"), ["found"]).order_by("line_id")
    assert [(r["account_number"], r["found"], r["price"]) for r in records(both)] == [
        ("29", "paper", "cheap"), ("30", None, "unknown"),
    ]  # fmt: skip
    assert tally(both)["net_amount"] == D("3.30")


def test_a_lookup_never_takes_the_place_of_a_column(lines_of):
    lookup = ibis.memtable(pa.table({"account_number": ["29"], "line_text": ["paper"]}))
    with pytest.raises(CheckFailedError, match="line_text"):
        add_lookup(lines_of({"account_number": "29"}), lookup, ["account_number"])


def test_columns_of_an_earlier_run_are_taken_off(lines_of):
    lines = lines_of({}).mutate(scope_status=ibis.literal("x"))
    assert "scope_status" not in without(lines, ["scope_status", "scope_reason"]).columns
    assert without(lines, ["nothing"]).columns == lines.columns


def test_a_tally_counts_lines_amounts_and_kroner(lines_of):
    assert tally(lines_of({"net": "1.10"}, {"net": "-0.10"}, {"net_amount": None})) == {
        "line_count": 3,
        "amount_count": 2,
        "net_amount": D("1.00"),
    }
    assert tally(lines_of())["net_amount"] == D("0.00")


def test_a_step_that_lost_a_line_is_refused_and_named():
    before = {"line_count": 2, "net_amount": D("2.00")}
    require_same(before, dict(before), "units")
    with pytest.raises(CheckFailedError, match="«units»"):
        require_same(before, {"line_count": 1, "net_amount": D("2.00")}, "units")


def test_sums_stand_per_group_with_the_empty_group_last(cube_of):
    cube = cube_of(
        {"unit_name": None, "net": "1"},
        {"unit_name": "Ø", "net": "2", "document_id": "same"},
        {"unit_name": "Ø", "net": "3", "document_id": "same"},
        {"unit_name": "A", "net_amount": None},
    )
    rows = sums_by(cube, "unit_name")
    assert [(row["unit_name"], row["line_count"], row["document_count"], row["net_amount"]) for row in rows] == [
        ("A", 1, 1, D("0.00")),
        ("Ø", 2, 1, D("5.00")),
        (None, 1, 1, D("1.00")),
    ]


def test_a_thousand_ore_are_ten_kroner(cube_of):
    assert sums_by(cube_of(*({"net": "0.01"} for _ in range(1000))))[0]["net_amount"] == D("10.00")


def test_both_ends_of_a_period_belong_to_it(cube_of):
    days = (date(2025, 6, 30), date(2025, 7, 1), date(2025, 9, 30), date(2025, 10, 1))
    lines = lines_in(cube_of(*({"invoice_date": day} for day in days)), parse_period("2025Q3"))
    assert tally(lines)["line_count"] == 2


def test_a_period_without_lines_is_refused():
    with pytest.raises(NoDataError, match="2025Q3"):
        require_lines(0, parse_period("2025Q3"))


def test_a_frame_keeps_decimals_and_none_and_counts_as_whole_numbers():
    table = frame([{"net_amount": D("1.10"), "line_count": 2, "label": None}], ["label", "line_count", "net_amount"])
    assert list(table.columns) == ["label", "line_count", "net_amount"]
    assert table["line_count"].dtype == "int64"
    assert table["net_amount"][0] == D("1.10")
    assert table["label"][0] is None


def test_an_empty_frame_has_its_columns():
    assert list(frame([], ["a", "b"]).columns) == ["a", "b"]


def test_names_follow_the_code_and_are_empty_without_one():
    rows = with_category_names(
        [{"category_code": "18"}, {"category_code": None}], lambda code, tongue: f"{code} {tongue}"
    )
    assert [row["category_name_da"] for row in rows] == ["18 da", None]
    assert [row["category_name_en"] for row in rows] == ["18 en", None]


def test_persons_are_one_per_group_and_others_keep_their_rows():
    person = {"supplier_key": "p:1", "supplier_label": "Privatperson", "supplier_count": 1}
    firm = {"supplier_key": "n:1", "supplier_label": "Firma", "supplier_count": 1}
    nobody = {"supplier_key": None, "supplier_label": None, "supplier_count": 0}
    rows = [{**row, "unit_name": unit, "net_amount": D(1)} for row in (person, firm, nobody) for unit in "AAB"]
    shown = without_persons(rows, "unit_name")
    assert [row["supplier_group"] for row in shown] == ["supplier"] * 3 + ["unknown"] * 3 + ["persons"] * 2
    assert [(row["unit_name"], row["supplier_count"], row["net_amount"]) for row in shown[-2:]] == [
        ("A", 2, D(2)),
        ("B", 1, D(1)),
    ]


def test_rows_without_a_category_come_last_however_large():
    rows = [{"category_code": code, "net_amount": D(net)} for code, net in ((None, 9), ("B", 5), ("A", 5), ("C", 7))]
    assert [row["category_code"] for row in sorted(rows, key=largest_first)] == ["C", "A", "B", None]
