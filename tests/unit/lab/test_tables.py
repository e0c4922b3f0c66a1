"""Is a large table shown screen by screen, searched as a whole, and never cut off in silence?"""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from procurement_kit.lab.page import static_html
from procurement_kit.lab.tables import ROWS, TableSession, browse


@pytest.fixture
def session():
    names = [f"Firma {n:03d}" for n in range(98)] + [None, "=1+1<script>"]
    amounts = [Decimal(n) for n in range(100)]
    return TableSession(pd.DataFrame({"supplier_label": names, "net_amount": pd.Series(amounts, dtype=object)}))


def texts(session):
    return [block["text"] for block in session.blocks() if block["kind"] == "text"]


def first_cells(session):
    table = next(block for block in session.blocks() if block["kind"] == "table")
    return [row["cells"][0] for row in table["rows"]]


def test_it_says_which_rows_of_how_many_are_shown(session):
    assert texts(session) == ["Række 1–25 af 100 vises."]
    assert len(first_cells(session)) == ROWS


def test_turning_stops_at_both_ends(session):
    session.act("earlier", {})
    assert first_cells(session)[0] == "Firma 000"
    for _ in range(9):
        session.act("later", {})
        session.blocks()
    assert texts(session) == ["Række 76–100 af 100 vises."]


def test_search_goes_over_all_rows(session):
    session.act("search", {"arg": "firma 08"})
    assert texts(session) == ["Række 1–11 af 11 fundne vises; tabellen har 100."]
    session.act("search", {"arg": "findes ikke"})
    assert texts(session) == ["Ingen rækker passer."]


def test_sorting_is_by_value_and_missing_values_stand_last(session):
    session.act("sort", {"arg": "1"})
    session.act("sort", {"arg": "1"})
    assert first_cells(session)[0] == "=1+1<script>"
    session.act("sort", {"arg": "0"})
    for _ in range(3):
        session.act("later", {})
    assert first_cells(session)[-1] == ""
    session.act("sort", {"arg": "17"})  # there is no such column


def test_amounts_are_written_as_a_dane_reads_them():
    rows = pd.DataFrame({"net_amount": [Decimal("1234567.40")], "loyalty_share": [0.25], "line_count": [1200]})
    table = next(b for b in TableSession(rows).blocks() if b["kind"] == "table")
    assert [cell.replace("\u00a0", " ") for cell in table["rows"][0]["cells"]] == ["1.234.567 kr.", "25,0 %", "1.200"]
    assert table["numeric"] == [True, True, True]


def test_hostile_names_are_text_in_the_plain_page(session):
    session.act("search", {"arg": "script"})
    html = static_html(session.blocks())
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_a_table_of_no_rows_says_so():
    assert "Ingen rækker" in repr(browse(pd.DataFrame({"line_count": []})))


def test_headings_codes_and_dates_stand_in_the_reports_words():
    rows = pd.DataFrame(
        {"contract_status": ["on_contract", "no words for this"], "line_count": [1, 2], "first": ["a", "b"]}
    )
    rows["last_date"] = [date(2025, 3, 5), None]
    table = next(b for b in TableSession(rows).blocks() if b["kind"] == "table")
    headings = [heading["label"] for heading in table["headings"]]
    assert headings[1] == "Linjer" and headings[2] == "first", "a column the report does not know keeps its name"
    assert [row["cells"][0] for row in table["rows"]] == ["på aftale", "no words for this"]
    assert [row["cells"][3] for row in table["rows"]] == ["5.3.2025", ""]
