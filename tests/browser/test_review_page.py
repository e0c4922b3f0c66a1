"""Can categories be reviewed by keyboard in a browser, is each decision saved, and does nothing from an invoice run?"""

import csv

import pytest

from procurement_kit.keys import write_key
from procurement_kit.review.page_session import ReviewSession
from procurement_kit.store import create_municipality
from tests.reviewing import fill_town

BY = "indkøbskonsulent"


@pytest.fixture
def town(data_home):
    write_key("test-key", b"0" * 32)
    return fill_town(create_municipality("prøveby", title="Prøveby Kommune", privacy_key="test-key"))


@pytest.fixture
def page(town, opened):
    return opened(ReviewSession(town, BY))


def decisions(town):
    path = town.folder / "decisions.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["Tekst"], row["Kategorikode"]) for row in csv.DictReader(file, delimiter=";")]


def answered(page):
    page.wait_for_function("!document.querySelector('.pk-review').hasAttribute('aria-busy')")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        answered(page)


def shown(page):
    return page.locator(".pk-text").inner_text()


def place(page):
    return page.locator(".pk-line h3").inner_text()


def focused(page):
    return page.evaluate("document.activeElement.className || document.activeElement.tagName")


def test_it_asks_for_nothing_and_throws_no_error(page):
    press(page, "n", "p", "h", "b", "Escape")
    assert [url for url in page.asked if not url.startswith(("blob:", "about:"))] == []
    assert page.errors == []


def test_a_number_takes_one_of_the_best_three_and_moves_on(page, town):
    assert (shown(page), place(page)) == ("stol til kontor", "1 af 4")
    press(page, "1")
    assert decisions(town) == [("stol til kontor", "0102")]
    assert place(page) == "1 af 3"
    assert page.locator("[role=status]").inner_text().endswith("Kontorstole (0102)")
    press(page, "2")
    assert len(decisions(town)) == 2


def test_next_previous_and_undo(page, town):
    press(page, "n")
    assert place(page) == "2 af 4"
    press(page, "p", "1", "u")
    assert (shown(page), place(page)) == ("stol til kontor", "1 af 4")
    assert decisions(town) == []


def test_keys_do_not_act_while_one_types_in_the_search(page, town):
    press(page, "/")
    page.keyboard.type("1 2 3 n p u b h")
    assert page.locator("input").input_value() == "1 2 3 n p u b h"
    assert page.messages == []
    press(page, "Escape")
    assert page.locator("input").input_value() == ""
    assert focused(page) == "pk-review"
    assert decisions(town) == []


@pytest.mark.parametrize("typed", ["kørsel tax", "0201", "TAXA", "koersel taxa"])
def test_the_tree_is_searched_by_name_path_and_code(page, town, typed):
    press(page, "/")
    page.keyboard.type(typed)
    assert page.locator("[role=option]").first.inner_text().startswith("Taxa (0201)")
    press(page, "Enter")
    assert decisions(town) == [("stol til kontor", "0201")]
    assert focused(page) == "pk-review"


def test_arrows_choose_among_what_was_found(page, town):
    press(page, "/")
    page.keyboard.type("kontor")
    assert page.locator("[role=option]").count() == 3
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert page.locator("input").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    code = chosen.inner_text().split("(")[1].split(")")[0]
    press(page, "Enter")
    assert decisions(town) == [("stol til kontor", code)]


def test_what_is_not_in_the_tree_is_not_found(page, town):
    press(page, "/")
    page.keyboard.type("intern handel")
    assert page.locator("[role=option]").count() == 0
    assert page.get_by_text("Ingen kategori passer").is_visible()
    press(page, "Enter")
    assert decisions(town) == []


def test_a_whole_supplier_is_confirmed_before_it_is_saved(page, town):
    press(page, "b")
    assert "3 linjer, 10.500 kr." in page.locator(".pk-bulk").inner_text().replace("\u00a0", " ")
    press(page, "Enter", "1")
    assert decisions(town) == []
    assert page.get_by_role("button", name="Læg 3 linjer i Kontorstole (0102)").is_visible()
    press(page, "Enter")
    assert decisions(town) == [("", "0102")]
    assert place(page) == "1 af 2"
    assert page.locator(".pk-bulk").is_hidden()


def test_a_whole_supplier_can_be_given_up(page, town):
    press(page, "b", "1", "Escape", "Enter")
    assert decisions(town) == []
    assert page.locator(".pk-bulk").is_hidden()


def test_what_stands_on_an_invoice_is_shown_and_never_run(page):
    press(page, "n")
    assert shown(page).startswith("<script>window.hurt = 1</script><img src=x")
    assert page.locator("dd").first.inner_text().startswith("<b>Ærø</b>")
    assert page.evaluate("window.hurt") is None
    assert page.locator(".pk-review img, .pk-review script, .pk-review dd b").count() == 0


def test_the_words_that_decided_are_marked_and_named(page):
    assert page.locator(".pk-text mark").first.inner_text() == "stol"
    assert "stol" in page.locator(".pk-why").inner_text()
    assert "taler for +" in page.locator(".pk-why").inner_text()


def test_a_failed_decision_is_an_alert_and_the_group_stays(page, town):
    (town.folder / "decisions.csv").write_text("nonsense", encoding="utf-8")
    press(page, "1")
    assert page.locator("[role=alert]").inner_text().startswith("Beslutningen er ikke gemt: ")
    assert shown(page) == "stol til kontor"


def test_every_button_has_a_name_and_a_visible_focus(page):
    buttons = page.locator("button:visible")
    for number in range(buttons.count()):
        assert buttons.nth(number).get_attribute("aria-label")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.get_by_role("button", name="Kontorstole (0102)").is_visible()
    assert page.get_by_role("combobox", name="Søg i kategoritræet").is_visible()
    assert page.get_by_role("progressbar", name="Fremdrift i kroner").get_attribute("aria-valuenow") == "0"


def test_buttons_do_what_keys_do(page, town):
    page.get_by_role("button", name="Næste").click()
    answered(page)
    press(page, "p")
    page.get_by_role("button", name="Kontorstole (0102)").click()
    answered(page)
    press(page, "h")
    assert decisions(town) == [("stol til kontor", "0102")]
    assert page.get_by_text("næste uden at beslutte").is_visible()


def test_when_all_is_decided_it_says_what_comes_next(page):
    press(page, "1", "1", "1", "1")
    assert page.get_by_text("procurement-kit classify prøveby").is_visible()
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "100"
    press(page, "1", "n", "b", "/", "u")
    assert place(page) == "1 af 1"


def test_a_page_opened_anew_goes_on_where_the_file_stands(page, town, opened):
    press(page, "1")
    again = opened(ReviewSession(town, BY))
    assert place(again) == "1 af 3"
    assert shown(again) == shown(page)


def test_it_fits_a_narrow_window(town, opened):
    narrow = opened(ReviewSession(town, BY), viewport={"width": 420, "height": 900})
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 420


@pytest.fixture
def hasty(page):
    """Let the page's 15 seconds be over when the test says so."""
    page.evaluate("""() => {
      const due = new Map();
      window.setTimeout = (act, milliseconds) => due.set(due.size + 1, [act, milliseconds]).size;
      window.clearTimeout = (number) => due.delete(number);
      window.wait = (limit) => due.forEach(([act, milliseconds]) => milliseconds <= limit && act());
    }""")
    return page


def test_a_kernel_that_does_not_answer_is_said_to_be_silent(hasty, town):
    hasty.evaluate("() => { window.answer = () => new Promise(() => {}); }")
    hasty.keyboard.press("1")
    hasty.evaluate("window.wait(14000)")
    assert hasty.locator("[role=alert]").count() == 0
    hasty.evaluate("window.wait(15000)")
    assert hasty.locator("[role=alert]").inner_text().startswith("Kernen svarer ikke endnu.")
    assert decisions(town) == []


def test_an_answer_ends_the_wait(hasty):
    hasty.keyboard.press("n")
    hasty.get_by_text("2 af 4").wait_for(timeout=5000)
    hasty.evaluate("window.wait(15000)")
    assert hasty.locator("[role=alert]").count() == 0


def test_keys_work_with_caps_lock(page):
    press(page, "N")
    assert place(page) == "2 af 4"
