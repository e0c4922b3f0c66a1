"""Does every click end with an answer, also where it fails in a way nobody foresaw?"""

import pytest

from procurement_kit.errors import NoDataError
from procurement_kit.lab.page import Page
from procurement_kit.lab.start import StartPage, StartSession
from procurement_kit.lab.tables import TableSession
from procurement_kit.lab.wording import lab_words
from procurement_kit.review.page import review_page
from procurement_kit.review.page_session import ReviewSession
from procurement_kit.review.shown_page import place_of
from tests.reviewing import fill_town

NAME = "Petra Prøve 010101-0101"


class Session:
    """Fails as it is told to."""

    is_start = False

    def __init__(self, error=None):
        self.words, self.status, self.failed, self.error = lab_words(), "", False, error

    def blocks(self):
        return [{"kind": "text", "text": "Her"}]

    def act(self, do, given):
        if self.error:
            raise self.error


def press(page, **message):
    page.widget.answer(page.widget, message, [])


@pytest.fixture
def town(municipality):
    return fill_town(municipality)


@pytest.mark.parametrize("error", [KeyError(NAME), ValueError(NAME), MemoryError(), KeyboardInterrupt()])
def test_whatever_happens_ends_the_busy_state_and_goes_on_to_the_log(widgets, error):
    page = Page(Session(error))
    before = page.widget.view
    with pytest.raises(type(error)):
        press(page, do="go")
    view = page.widget.view
    assert view["turn"] > before["turn"] and view["failed"] and view["blocks"] == before["blocks"]
    assert type(error).__name__ in view["status"] and "Prøv igen" in view["status"]
    assert "Petra" not in view["status"] and "010101" not in view["status"]


def test_a_second_failure_is_told_again_and_then_the_page_goes_on(widgets):
    session = Session(KeyError(1))
    page = Page(session)
    turns = []
    for _ in range(2):
        with pytest.raises(KeyError):
            press(page, do="go")
        turns.append(page.widget.view["turn"])
    session.error = None
    failed = page.widget.view
    press(page, do="go")
    assert turns[0] < turns[1] and page.widget.view != failed and not page.widget.view["failed"]


def test_a_page_that_cannot_be_drawn_any_more_keeps_what_it_showed(widgets, monkeypatch):
    page = Page(Session())
    before = page.widget.view
    monkeypatch.setattr(Session, "blocks", lambda session: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        press(page, do="go")
    assert page.widget.view["blocks"] == before["blocks"] and page.widget.view["failed"]


def test_what_is_foreseen_is_told_as_it_is_and_raises_nothing(widgets):
    page = Page(Session(NoDataError("Ingen linjer.", todo="indlæs filer")))
    press(page, do="go")
    assert page.widget.view["status"] == "Det lykkedes ikke: Ingen linjer. indlæs filer."


def test_the_review_and_the_start_page_end_too(town, widgets, monkeypatch):
    review, start = review_page(town, decided_by="indkøb"), StartPage(StartSession())
    monkeypatch.setattr(ReviewSession, "answer", lambda session, message: 1 / 0)
    monkeypatch.setattr(StartSession, "act", lambda session, do, given: 1 / 0)
    for page in (review, start):
        before = page.widget.view
        with pytest.raises(ZeroDivisionError):
            press(page, do="take")
        assert page.widget.view["turn"] > before["turn"] and "ZeroDivisionError" in page.widget.view["status"]


def test_the_place_is_the_packages_own_and_says_no_folder_of_this_machine():
    with pytest.raises(AttributeError) as caught:
        TableSession(None)
    found = place_of(caught.value)
    assert found.startswith("lab/tables.py:") and found.split(":")[1].isdecimal()


def test_each_kind_of_page_has_a_name_of_its_own_so_that_none_loses_its_style(town):
    pytest.importorskip("anywidget")
    review, start = review_page(town, decided_by="indkøb").widget, StartPage(StartSession()).widget
    assert review._anywidget_id != start._anywidget_id
    assert ".pk-review" in review._css and ".pk-lab" in start._css
