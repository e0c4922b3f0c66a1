"""Does the report open in a browser, offline, as a person would read it?"""

import shutil

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: uv sync --group browser")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def report(demo_run):
    """The demo's report.html."""
    return demo_run.folder / "reports" / "2025" / "report.html"


@pytest.fixture
def page(report):
    """The report in headless Chromium; every request and every error is written down."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM:
        pytest.skip("no Chromium found: the page cannot be opened")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1100, "height": 1400})
        opened.asked, opened.errors = [], []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.on("console", lambda message: opened.errors.append(message.text) if message.type == "error" else None)
        opened.goto(report.as_uri())
        yield opened
        browser.close()


def test_it_asks_for_nothing_but_itself_and_throws_no_error(page, report):
    assert page.asked == [report.as_uri()]
    assert page.errors == []


def test_it_is_danish_and_has_one_title_and_numbered_pages(page):
    assert page.get_attribute("html", "lang") == "da"
    assert page.locator("h1").count() == 1
    assert page.locator("section.page").count() >= 7
    assert "Demokøbing Kommune" in page.locator("h1").inner_text()


def test_the_table_of_contents_leads_to_every_page(page):
    targets = page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
    assert len(targets) >= 7
    assert all(page.locator(target).count() == 1 for target in targets)


def test_every_figure_has_a_picture_with_words_for_those_who_cannot_see_it(page):
    pictures = page.locator("figure svg[role=img]")
    assert pictures.count() >= 3
    for number in range(pictures.count()):
        box = pictures.nth(number).bounding_box()
        assert box["width"] > 200 and box["height"] > 40
        label = pictures.nth(number).get_attribute("aria-labelledby")
        assert page.locator(f"[id='{label.split()[0]}']").count() == 1


def test_nothing_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_it_prints_on_paper(page):
    page.emulate_media(media="print")
    assert page.locator("section.page").first.is_visible()


def test_headings_go_down_one_level_at_a_time(page):
    levels = page.eval_on_selector_all("h1,h2,h3,h4", "headings => headings.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
