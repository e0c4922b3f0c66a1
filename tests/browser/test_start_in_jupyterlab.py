"""Can the ten minutes be clicked through in JupyterLab: demo, a line's way, own files, twenty decisions, report?"""

import csv
import os
import re
import shutil
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from procurement_kit.publishing.report import last_full_year
from procurement_kit.store import open_municipality
from tests.kernels import kill_kernels

pytestmark = [
    pytest.mark.skipif(find_spec("anywidget") is None, reason="anywidget is not installed: no page is shown"),
    pytest.mark.skipif(
        "PROCUREMENT_TEN_MINUTES" not in os.environ, reason="takes minutes: set PROCUREMENT_TEN_MINUTES"
    ),
]
SECONDS = 240
TEN_MINUTES = 600


@pytest.fixture
def home(demo_run, tmp_path, monkeypatch):
    """A data folder of its own with the demo municipality in it, as it was after its run."""
    data = tmp_path / "data"
    shutil.copytree(demo_run.folder, data / "demo")
    shutil.copytree(demo_run.environment["PROCUREMENT_KEYS"], tmp_path / "keys")
    values = {"PROCUREMENT_DATA": str(data), "PROCUREMENT_KEYS": str(tmp_path / "keys"), "BROWSER": "/bin/true"}
    own = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    own |= {f"JUPYTERLAB_{name}_DIR": str(tmp_path / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    for name, value in {**values, **own}.items():
        monkeypatch.setenv(name, value)
    return data


@pytest.fixture
def lab(home, chromium):
    """JupyterLab as `procurement-kit serve` opens it."""
    from procurement_kit.lab.serving import running_lab

    with running_lab(options=("--allow-root",)) as running:
        page = chromium.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(SECONDS * 1000)
        page.goto(running.address)
        yield page
        page.close()


def seen(page, name):
    if folder := os.environ.get("PROCUREMENT_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/start_{name}.png")


def click(page, name, *, exact=True):
    page.locator(".pk-lab").get_by_role("button", name=name, exact=exact).first.click()
    page.wait_for_function("!document.querySelector('.pk-lab[aria-busy]')")


def test_the_ten_minutes_are_clicked_through(lab, home):
    start = lab.locator(".pk-lab[data-ready]")
    start.get_by_role("button", name="Se demo").wait_for()
    assert not lab.locator(".jp-Notebook .jp-InputArea .cm-content:visible").filter(has_text="import").count()
    assert start.locator("img").evaluate("picture => picture.naturalWidth") > 400
    assert not lab.locator(".Toastify__toast").count(), "JupyterLab asks for nothing"
    started = time.perf_counter()
    seen(lab, "1_front")
    see_the_demo_and_follow_one_line(lab, start)
    import_own_files(lab, start, home)
    decide_twenty_and_undo_one(lab, start, home)
    click(lab, "5 · Rapport")
    click(lab, "Lav rapporten")
    start.get_by_text("er klar i").or_(start.get_by_text("uændret")).wait_for()
    seen(lab, "6_report")
    folder = open_municipality("testby").folder / "reports" / last_full_year(open_municipality("testby"))
    assert (folder / "report.html").is_file()
    assert time.perf_counter() - started < TEN_MINUTES


def test_a_kernel_that_is_killed_under_way_is_told_and_the_buttons_are_free(lab):
    start = lab.locator(".pk-lab[data-ready]")
    start.get_by_role("button", name="Se demo").click()
    start.locator(".pk-progress").get_by_text("Demo").wait_for()
    kill_kernels()
    start.get_by_text("Beregningen er stoppet, fordi Jupyter-kernen er lukket eller genstartet").wait_for()
    seen(lab, "7_kernel_killed")
    lab.locator(".jp-Dialog .jp-mod-accept").click()  # JupyterLab says it too
    assert not lab.locator(".pk-lab[aria-busy]").count() and not start.locator(".pk-progress").is_visible()
    click(lab, "Ny kommune")
    start.get_by_text("så siden kan ikke svare").wait_for()


def see_the_demo_and_follow_one_line(lab, start):
    click(lab, "Se demo")
    start.get_by_text("Analyseret indkøb").wait_for()
    seen(lab, "2_bars")
    for level in ("Grupper", "Leverandører", "Fakturalinjer"):
        start.locator("button.pk-row").first.click()
        start.get_by_role("heading", name=level).wait_for()
        assert start.get_by_text("går op").count() == 1
    seen(lab, "3_lines")
    start.locator("tr.pk-open button").first.click()
    start.get_by_role("heading", name="Linjens vej").wait_for()
    click(lab, "3 · Udforsk")
    click(lab, "Følg én linje hele vejen")
    start.get_by_role("heading", name="Linjens vej").wait_for()
    assert start.get_by_text("Var der en aftale?").count() == 1
    seen(lab, "4_one_line")


def import_own_files(lab, start, home):
    click(lab, "← Forsiden")
    click(lab, "Ny kommune")
    start.get_by_label("Navn").fill("testby")
    start.get_by_label("Titel").fill("Testby Kommune")
    click(lab, "Opret")
    start.get_by_label("Sti").fill(str(home / "demo" / "inbox" / "einvoices"))
    click(lab, "Indlæs")
    assert "Regnskabet går op" in start.locator(".pk-status").inner_text()
    seen(lab, "5_import")
    click(lab, "2 · Kategorisér")
    click(lab, "Kategorisér linjerne")
    assert "har fået en kategori" in start.locator(".pk-status").inner_text()


def counted(count):
    return re.compile(rf"^{count} af 20 beslutninger" if count < 20 else "^20 beslutninger ·")


def decide_twenty_and_undo_one(lab, start, home):
    click(lab, "4 · Gennemgå")
    review = lab.locator(".pk-review[data-ready]")
    review.wait_for()
    assert start.evaluate("page => getComputedStyle(page).borderTopStyle") == "solid", "the page above lost its style"
    review.focus()
    for count in range(1, 21):
        lab.wait_for_function("!document.querySelector('.pk-review[aria-busy]')")
        lab.keyboard.press("1")
        start.get_by_text(counted(count)).wait_for()
    lab.wait_for_function("!document.querySelector('.pk-review[aria-busy]')")
    lab.keyboard.press("u")
    start.get_by_text(counted(19)).wait_for()
    seen(lab, "5_review")
    with Path(home / "testby" / "decisions.csv").open(encoding="utf-8-sig") as kept:
        assert len(list(csv.reader(kept))) == 20, "a head and nineteen decisions"
