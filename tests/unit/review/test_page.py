"""Does the page show itself with and without widgets, and are its files what the browser needs and no more?"""

import re
import time

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.review import shown_page
from procurement_kit.review.page import review_page
from tests.reviewing import fill_town

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def town(municipality):
    return fill_town(municipality)


def test_without_widgets_a_table_says_how_to_go_on(town, monkeypatch):
    monkeypatch.setattr(shown_page, "has_widgets", lambda: False)
    bundle = review_page(town, decided_by="indkøb")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "kør cellen igen" in bundle["text/html"]
    assert bundle["text/html"].count("<tr>") == 5
    assert "stol til kontor" in bundle["text/html"]
    assert "<script" not in bundle["text/html"] and "ABCDEFGH2345" not in bundle["text/html"]
    assert bundle["text/plain"].startswith("Gennemgået")


def test_with_widgets_the_table_stands_beside_for_whoever_cannot_show_them(town, widgets):
    bundle = review_page(town, decided_by="indkøb")._repr_mimebundle_()
    assert set(bundle) == {WIDGET, "text/plain", "text/html"}
    assert bundle["text/plain"].startswith("Gennemgået")


def test_a_message_from_the_browser_is_answered_with_a_new_view(town, widgets):
    page = review_page(town, decided_by="indkøb")
    before = page.widget.view
    page.widget.answer(page.widget, {"do": "take", "key": before["group"]["key"], "code": "0102"}, [])
    assert page.widget.view["turn"] == before["turn"] + 1
    assert page.widget.view["group"]["key"] != before["group"]["key"]
    assert "0102" in (town.folder / "decisions.csv").read_text(encoding="utf-8-sig")


def test_the_widget_has_what_page_js_reads(town, widgets):
    widget = review_page(town, decided_by="indkøb").widget
    read = set(re.findall(r"\blabels\.([a-z_]+)", widget._esm))
    assert read and read <= set(widget.frame["labels"])
    assert set(re.findall(r'model\.get\("([a-z]+)"\)', widget._esm)) == {"frame", "view"}
    assert {"title", "language", "labels", "keys", "categories"} == set(widget.frame)


def test_nothing_is_fetched_and_no_markup_is_made_of_texts(project):
    script = shown_page.script_of("review") + shown_page.script_of("lab")
    style = (project / "procurement_kit" / "review" / "page.css").read_text(encoding="utf-8")
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|https?:|\bimport\b", script
    )
    assert not re.findall(r"@import|url\(|https?:", style)


def test_a_person_cannot_be_the_one_who_decides(town):
    with pytest.raises(ParameterError, match="function"):
        review_page(town, decided_by="Petra Prøve")


def test_one_forvaltning_alone(town):
    from procurement_kit.errors import ProcurementError

    shown = review_page(town, decided_by="indkøb", division="Findes Ikke")
    assert "intet at gennemgå" in repr(shown)
    assert not isinstance(shown, ProcurementError)


def test_the_browser_hears_a_beat_while_a_click_is_answered():
    heard = []

    class Silent:
        def send(self, message):
            heard.append(message)

    with shown_page.beating(Silent(), seconds=0.01):
        ends = time.monotonic() + 5
        while len(heard) < 3 and time.monotonic() < ends:
            time.sleep(0.01)
    count = len(heard)
    time.sleep(0.05)
    assert heard[:3] == [{"alive": True}] * 3
    assert len(heard) == count, "the beat ends with the answer"
