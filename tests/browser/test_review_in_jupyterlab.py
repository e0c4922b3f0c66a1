"""Does the review notebook work in JupyterLab itself: keys, decisions in the file, and a kernel that is restarted?"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec

import pytest

from procurement_kit.keys import write_key
from procurement_kit.review.page_session import ReviewSession
from procurement_kit.store import create_municipality
from tests.kernels import kill_kernels
from tests.reviewing import fill_town

SECONDS = 90
WITH_WIDGETS = find_spec("anywidget") is not None


@pytest.fixture
def town(data_home):
    write_key("test-key", b"0" * 32)
    return fill_town(create_municipality("prøveby", title="Prøveby Kommune", privacy_key="test-key"))


@pytest.fixture
def server(town, project, tmp_path):
    """JupyterLab on a port of its own, with nothing of the user's, and the review notebook of this town."""
    work = tmp_path / "work"
    work.mkdir()
    notebook = json.loads((project / "notebooks" / "05_review.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = [line.replace('"demo"', '"prøveby"') for line in cell["source"]]
    (work / "05_review.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    own |= {f"JUPYTERLAB_{name}_DIR": str(tmp_path / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={work}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=only-for-this-test"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (tmp_path / "server.log").open("w") as log:
        running = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log, cwd=work)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", running, tmp_path / "server.log")
            yield f"http://127.0.0.1:{port}/lab/tree/05_review.ipynb?token=only-for-this-test"
        finally:
            running.terminate()
            running.wait(timeout=30)


def _wait_for(address, running, log):
    for _ in range(SECONDS * 5):
        assert running.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture
def lab(server, chromium):
    """The notebook open in JupyterLab, all its cells run."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(SECONDS * 1000)
    page.goto(server)
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("| Idle").wait_for()  # a cell that is run before the kernel is there asks which kernel
    choose(page, "Run", "Run All Cells")
    yield page
    if folder := os.environ.get("PROCUREMENT_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/review_in_jupyterlab.png")
    page.close()


def choose(page, menu, item):
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}")).first.click()


def decisions(town):
    path = town.folder / "decisions.csv"
    return path.read_text(encoding="utf-8-sig").splitlines()[1:] if path.is_file() else []


def test_the_notebooks_own_keys_do_not_act_on_the_page(lab, town, host):
    """Shown inside a cell's output, answered from here: what a key does is the page's business alone."""
    output = ".jp-Cell-outputWrapper .jp-OutputArea-output"
    lab.locator(output).last.wait_for()
    cells = lab.locator(".jp-Cell").count()
    host(lab, ReviewSession(town, "indkøb"), output)
    for key in ("b", "Escape", "a", "x", "d", "d", "m", "Enter", "/", "d", "d", "b", "Escape", "h"):
        lab.keyboard.press(key)
        lab.wait_for_function("!document.querySelector('.pk-review[aria-busy]')")
    assert lab.locator(".jp-Cell").count() == cells
    assert [message["do"] for message in lab.messages] == ["bulk", "cancel"]
    lab.keyboard.press("1")
    lab.get_by_text("1 af 3").first.wait_for()
    assert len(decisions(town)) == 1


@pytest.mark.skipif(WITH_WIDGETS, reason="widgets are installed: the page itself is shown")
def test_without_widgets_the_notebook_shows_a_table_and_says_how_to_go_on(lab, town):
    lab.get_by_text("De første linjer at gennemgå").wait_for()
    assert lab.locator(".jp-OutputArea-output table").first.inner_text().count("Papirhuset") == 2
    assert decisions(town) == []


@pytest.mark.skipif(not WITH_WIDGETS, reason="anywidget is not installed: the page cannot be shown in a notebook")
def test_keys_decide_in_the_notebook_and_a_restarted_kernel_goes_on(lab, town):
    review = lab.locator(".pk-review[data-ready]")
    review.wait_for()
    cells = lab.locator(".jp-Cell").count()
    review.focus()
    lab.keyboard.press("1")
    lab.get_by_text("1 af 3").wait_for()
    assert len(decisions(town)) == 1 and "0102" in decisions(town)[0]
    lab.keyboard.press("b")
    lab.get_by_role("button", name="Afbryd").wait_for()
    lab.keyboard.press("Escape")
    lab.keyboard.press("/")
    lab.keyboard.type("dd taxa")
    lab.keyboard.press("Escape")
    assert lab.locator(".jp-Cell").count() == cells, "a key of the page reached the notebook"
    kill_kernels()
    lab.get_by_text("Jupyter-kernen er lukket eller genstartet").wait_for()
    lab.locator(".jp-Dialog .jp-mod-accept").click()  # JupyterLab says it too
    lab.locator(".pk-text").click()
    lab.keyboard.press("1")
    assert not lab.locator(".pk-review[aria-busy]").count(), "the page waits for a kernel that is gone"
    assert len(decisions(town)) == 1
    review.evaluate("page => page.classList.add('of-the-old-kernel')")
    choose(lab, "Kernel", "Restart Kernel and Run All Cells")
    lab.locator(".jp-Dialog .jp-mod-accept").click()
    lab.locator(".of-the-old-kernel").wait_for(state="detached")
    lab.get_by_text("1 af 3").wait_for()
    lab.locator(".pk-text").click()  # as a person would: a click on the page, not a focus from outside
    lab.keyboard.press("1")
    lab.get_by_text("1 af 2").wait_for()
    assert len(decisions(town)) == 2
