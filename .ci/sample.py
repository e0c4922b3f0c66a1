"""Run the demo and put its report, and a picture of the first page, into reports/demo/.

Run `uv run --group browser python .ci/sample.py` when the report has changed.
"""

import os
import shutil
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "reports" / "demo"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def take_picture(page: Path, picture: Path) -> None:
    """A picture of the top of a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        opened = browser.new_page(viewport={"width": 1000, "height": 1130})
        opened.goto(page.as_uri())
        opened.screenshot(path=str(picture))
        browser.close()


def main() -> None:
    """Run, copy, photograph."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"PROCUREMENT_DATA": f"{home}/data", "PROCUREMENT_KEYS": f"{home}/keys"}
        from procurement_kit.workshop.demo import REPORT_PERIOD, run_demo

        run_demo()
        TARGET.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(home) / "data" / "demo" / "reports" / REPORT_PERIOD / "report.html", TARGET)
        take_picture(TARGET / "report.html", TARGET / "report.png")


if __name__ == "__main__":
    main()
