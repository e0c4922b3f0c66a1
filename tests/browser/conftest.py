"""The review page in headless Chromium, with its Python side answering in this process instead of in a kernel."""

import shutil
from importlib.resources import files

import pytest

from procurement_kit.review.shown_page import script_of

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
HOST = """async ({source, style, place, frame, view}) => {
  const listeners = new Set(), slots = new Set(), values = {frame, view};
  const kernel = window.kernel = {
    status: "idle", connectionStatus: "connected", answers: true,
    statusChanged: {connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot)},
    become: (status) => { kernel.status = status; slots.forEach((slot) => slot(kernel, status)); },
    beat: () => listeners.forEach(([name, listener]) => name === "msg:custom" && listener({alive: true})),
  };
  const model = {
    get: (name) => values[name],
    on: (name, listener) => listeners.add([name, listener]),
    off: (name, listener) => listeners.forEach((one) => one[1] === listener && listeners.delete(one)),
    send: async (message) => {
      if (!kernel.answers) return;
      values.view = await window.answer(JSON.parse(JSON.stringify(message)));
      listeners.forEach(([name, listener]) => name === "change:view" && listener());
    },
    widget_manager: {kernel},
  };
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {default: page} = await import(url);
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  page.render({model, el: document.querySelector(place)});
}"""


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium found: the page cannot be opened")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: uv sync --group browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def host():
    """Let a web page show a review session at a place of its own; messages are written down."""

    def show(page, session, place):
        room = files("procurement_kit") / "review"
        page.messages = []

        def answer(message):
            page.messages.append(message)
            return session.answer(message)

        page.expose_function("answer", answer)
        source, style = script_of("review"), (room / "page.css").read_text(encoding="utf-8")
        given = {"source": source, "style": style, "place": place, "frame": session.frame(), "view": session.view()}
        page.evaluate(HOST, given)
        page.locator(".pk-review").last.focus()

    return show


@pytest.fixture
def opened(chromium, host):
    """Open the page of a review session; requests and errors are written down."""
    pages = []

    def open_page(session, **options):
        page = chromium.new_page(**{"viewport": {"width": 1120, "height": 860}, **options})
        pages.append(page)
        page.asked, page.errors = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
        page.set_content("<html lang='da'><head></head><body><main></main></body></html>")
        host(page, session, "main")
        return page

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def hostile_texts():
    """What somebody may have written as a supplier, a text or a category."""
    return (
        "<script>window.hurt = 1</script>", "<img src=x onerror='window.hurt=1'>", '"><svg onload=window.hurt=1>',
        "=HYPERLINK(\"http://x\")", "\u202eevil\u202c", "Æ" * 300, "🧾🥦 Grønt", "{{ 7*7 }}", "]]>--></table>",
    )  # fmt: skip
