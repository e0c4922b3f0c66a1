"""Does the report open in a browser, offline, as a person would read it?"""

import re
from importlib.resources import files

import pytest

from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.html import Cover, render_html
from procurement_kit.publishing.pages import PageView, TableColumn, TableView
from procurement_kit.publishing.sentences import Writer

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = ("serious", "critical")


@pytest.fixture
def report(demo_run):
    """The demo's report.html."""
    return demo_run.folder / "reports" / "2025" / "report.html"


@pytest.fixture
def page(report, chromium):
    """The report in headless Chromium; every request and every error is written down."""
    opened = chromium.new_page(viewport={"width": 1100, "height": 1400})
    opened.asked, opened.errors = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on("console", lambda message: opened.errors.append(message.text) if message.type == "error" else None)
    opened.goto(report.as_uri())
    yield opened
    opened.close()


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


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(page, colours):
    pytest.importorskip("axe_playwright_python", reason="axe is not installed: uv sync --group browser")
    page.emulate_media(color_scheme=colours)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    looked_at = {"light": {"type": "tag", "values": RULES}, "dark": {"type": "rule", "values": ["color-contrast"]}}
    found = page.evaluate("what => axe.run({runOnly: what})", looked_at[colours])
    problems = [(v["id"], v["impact"], v["nodes"][0]["html"][:120]) for v in found["violations"]]
    assert found["passes"]
    assert not [problem for problem in problems if problem[1] in SERIOUS], problems


def test_a_heading_sorts_its_table_by_number_and_says_so(page):
    table = page.locator("main table:has(th.number)").first
    place = table.evaluate("table => [...table.tHead.rows[0].cells].findIndex(h => h.classList.contains('number'))")
    values = "(table, place) => [...table.tBodies[0].rows].map(r => r.cells[place].dataset.value).filter(v => v)"
    head = table.locator("thead th").nth(place)
    for said, turned in (("descending", True), ("ascending", False)):
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == said
        shown = [float(value) for value in table.evaluate(values, place)]
        assert len(shown) > 1
        assert shown == sorted(shown, reverse=turned)


def test_it_is_small_enough_to_send(report):
    assert report.stat().st_size < 3_000_000


def test_no_figure_or_table_is_cut_on_paper(page):
    page.set_viewport_size({"width": 680, "height": 960})  # A4 between its margins
    page.emulate_media(media="print")
    too_wide = page.eval_on_selector_all(
        "main figure svg, main table",
        "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 2)"
        ".map(e => e.closest('section').id)",
    )
    assert not too_wide
    assert not page.eval_on_selector_all(
        "main figure svg", "all => all.filter(e => e.getBoundingClientRect().height > 960).length"
    )


def test_nothing_that_stands_in_the_data_runs(chromium, tmp_path, hostile_texts):
    """Tags, quotes and marks in texts stand as text, also after the tables were sorted."""
    columns = (TableColumn("supplier_label", "Leverandør", "text"), TableColumn("net_amount", "Beløb", "kr"))
    rows = tuple((text, number) for number, text in enumerate(hostile_texts))
    cells = tuple((text, str(number)) for text, number in rows)
    table = TableView("hostile", hostile_texts[0], columns, rows, cells)
    said = dict.fromkeys(("name", "headline", "text", "means", "foot"), hostile_texts[1])
    view = PageView(1, "a", "s01", "page", **said, missing="", drawing=None, table=table, more_tables=())
    path = tmp_path / "report.html"
    cover = Cover(hostile_texts[0], hostile_texts[1], "2025", "", ())
    path.write_text(render_html(cover, (view,), Writer(Formats(), {}, {})), encoding="utf-8")
    opened = chromium.new_page()
    errors = []
    opened.on("dialog", lambda dialog: errors.append(dialog.message))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(path.as_uri())
    opened.locator("th button").first.click()
    shown = opened.eval_on_selector_all("tbody td:first-child", "all => all.map(cell => cell.textContent)")
    assert sorted(shown) == sorted(hostile_texts)
    assert opened.evaluate("window.hurt") is None
    assert opened.locator("main img, main script").count() == 0
    assert not errors
    assert re.search("hurt", opened.title())
    opened.close()
