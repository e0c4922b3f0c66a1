"""Does each level sum to the bar that was clicked, and does nobody's name or token come through?"""

import json
from decimal import Decimal

import pytest

from procurement_kit.errors import NoDataError
from procurement_kit.lab.drill import DrillSession, explore, telling_line
from procurement_kit.lab.page import Page, static_html


@pytest.fixture
def drill(town):
    return DrillSession(town, "2025")


def bars(session):
    return next(block["items"] for block in session.blocks() if block["kind"] == "bars")


def table(session):
    return next(block for block in session.blocks() if block["kind"] == "table")


def open_bar(session, label):
    session.act("open", {"arg": next(bar["arg"] for bar in bars(session) if bar["label"] == label)})


def test_the_bars_are_the_areas_and_sum_to_the_spend(drill):
    assert sum(row["net_amount"] for row in drill.rows()) == Decimal("16000.00")
    assert [bar["label"] for bar in bars(drill)][0] == "Ikke kategoriseret"
    assert "går op" in drill.blocks()[2]["text"]


def test_from_a_bar_to_groups_suppliers_lines_and_the_lines_way(drill):
    label = next(bar["label"] for bar in bars(drill) if bar["label"] != "Ikke kategoriseret")
    open_bar(drill, label)
    drill.act("open", {"arg": "0"})
    drill.act("open", {"arg": "0"})
    lines = table(drill)["rows"]
    drill.act("line", {"arg": lines[0]["arg"]})
    steps = [row["cells"][0] for row in table(drill)["rows"] if row["cells"][0]]
    assert steps[0] == "Læst fra filen" and "Hvilken slags køb?" in steps
    drill.act("up", {"arg": "0"})
    assert not drill.path and bars(drill)


def test_each_level_sums_to_what_was_clicked(drill):
    for place in range(len(drill.rows())):
        amount = drill.rows()[place]["net_amount"]
        drill.act("open", {"arg": str(place)})
        assert sum(row["net_amount"] for row in drill.rows()) == amount
        drill.act("up", {"arg": "0"})


def test_persons_stand_as_one_and_are_not_opened(drill):
    open_bar(drill, "Ikke kategoriseret")
    drill.act("open", {"arg": "0"})
    person = next(bar for bar in bars(drill) if bar["label"] == "Privatpersoner")
    assert not person["do"]
    drill.act("open", {"arg": person["arg"]})
    assert len(drill.path) == 2
    assert "CPR-" not in json.dumps(drill.blocks())


def test_what_does_not_add_up_is_said(drill):
    drill.act("open", {"arg": "0"})
    drill.path[-1]["amount"] += Decimal("0.01")
    assert "går ikke op" in drill.blocks()[2]["text"]


def test_the_telling_line_is_a_companys_and_its_whole_way_is_shown(drill):
    line_id = telling_line(drill.lines)
    drill.act("telling", {})
    assert drill.line_id == line_id
    assert [step["level"] for step in drill.path] == ["area", "group", "supplier"]


def test_a_line_from_elsewhere_and_nonsense_change_nothing(drill):
    page = Page(drill)
    assert page.answer({"do": "line", "arg": "no such line"})["failed"]
    for message in (
        {},
        {"do": "open", "arg": "99"},
        {"do": "open", "arg": "-1"},
        {"do": "up", "arg": "x"},
        {"do": None},
    ):
        page.answer(message)
    assert not drill.path and not drill.line_id


def test_hostile_texts_are_plain_text_without_a_widget(town):
    page = explore(town, period="2025")
    for _ in range(3):
        page.answer({"do": "open", "arg": "0"})
    for place in range(len(page.session.rows()) if len(page.session.path) < 3 else 0):
        page.answer({"do": "open", "arg": str(place)})
    html = static_html(page.session.blocks())
    assert "<script" not in html and "<b>" not in html


def test_a_period_without_lines_is_refused(town):
    with pytest.raises(NoDataError):
        explore(town, period="2019")
