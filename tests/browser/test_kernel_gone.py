"""Does a page whose kernel is gone say so and stop waiting, and does one whose kernel is at work wait?"""

import pytest

from procurement_kit.keys import write_key
from procurement_kit.lab.start import StartPage, StartSession
from procurement_kit.review.page_session import ReviewSession
from procurement_kit.store import create_municipality
from tests.reviewing import fill_town

ENDED = "Beregningen er stoppet, fordi Jupyter-kernen er lukket eller genstartet."
CLOSED = "Jupyter-kernen er lukket eller genstartet, så siden kan ikke svare."
LONG = 61_000


@pytest.fixture
def page(data_home, opened):
    write_key("test-key", b"0" * 32)
    town = fill_town(create_municipality("prøveby", title="Prøveby Kommune", privacy_key="test-key"))
    page = opened(ReviewSession(town, "indkøbskonsulent"))
    page.clock.install()
    return page


def status(page):
    return page.locator(".pk-status").inner_text()


def is_busy(page):
    return page.locator("[aria-busy]").count() == 1


def ask_in_vain(page, key="n"):
    page.evaluate("window.kernel.answers = false")
    page.keyboard.press(key)
    assert is_busy(page)


def become(page, state):
    page.evaluate("state => window.kernel.become(state)", state)


@pytest.mark.parametrize("state", ["dead", "restarting", "autorestarting", "terminating"])
def test_a_kernel_that_dies_under_way_is_told_and_the_page_is_free(page, state):
    become(page, "busy")
    ask_in_vain(page)
    become(page, state)
    assert status(page).startswith(ENDED) and not is_busy(page)
    assert page.locator(".pk-status").get_attribute("role") == "alert"


def test_a_click_after_a_restart_is_answered_by_the_page_itself(page):
    become(page, "restarting")
    assert status(page).startswith(CLOSED)
    become(page, "idle")
    page.keyboard.press("n")
    assert status(page).startswith(CLOSED) and not is_busy(page) and page.messages == []


def test_a_kernel_at_work_is_never_taken_for_dead(page):
    become(page, "busy")
    ask_in_vain(page)
    for _ in range(5):
        page.clock.fast_forward(LONG)
    assert is_busy(page) and status(page).startswith("Kernen svarer ikke endnu")
    page.evaluate("window.kernel.beat()")
    assert is_busy(page) and status(page) == ""


def test_where_nobody_tells_of_the_kernel_a_beat_keeps_the_page_waiting(page):
    become(page, "unknown")
    ask_in_vain(page)
    for _ in range(12):
        page.clock.fast_forward(10_000)
        page.evaluate("window.kernel.beat()")
    assert is_busy(page) and status(page) == ""
    page.clock.fast_forward(LONG)
    assert not is_busy(page) and status(page).startswith("Kernen svarer ikke. Vent lidt")


def test_an_answer_that_comes_late_is_shown(page):
    become(page, "unknown")
    ask_in_vain(page)
    page.clock.fast_forward(LONG)
    page.evaluate("window.kernel.answers = true")
    page.keyboard.press("n")
    page.wait_for_function("!document.querySelector('.pk-review[aria-busy]')")
    assert page.locator(".pk-line h3").inner_text() == "2 af 4" and status(page) == ""


def test_the_words_are_there_for_every_page(data_home):
    labels = StartPage(StartSession()).given()["frame"]["labels"]
    assert set(labels) == {"slow", "lost", "stopped", "gone"} and labels["stopped"].startswith(ENDED)
