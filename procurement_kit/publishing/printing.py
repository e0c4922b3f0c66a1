"""How does the HTML report become a PDF that is the same on every run?

A Chromium, Chrome or Edge that is on the machine prints it, with a profile of its own that is thrown away and without
asking the network. The two times a browser writes into the file are set to a fixed one; nothing else differs between
two runs of the same browser, but another browser or other fonts may give other bytes.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from procurement_kit.errors import InputNotFoundError, ProcurementError

BROWSER_VARIABLE, NO_BROWSER = "PROCUREMENT_BROWSER", "none"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%PROGRAMFILES(X86)%\Microsoft\Edge\Application\msedge.exe",
    r"%PROGRAMFILES%\Microsoft\Edge\Application\msedge.exe",
    r"%PROGRAMFILES%\Google\Chrome\Application\chrome.exe",
    r"%LOCALAPPDATA%\Google\Chrome\Application\chrome.exe",
)
OPTIONS = (
    "--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-extensions",
    "--disable-sync", "--no-pdf-header-footer", "--force-color-profile=srgb",
)  # fmt: skip
SECONDS = 120
_TIME = re.compile(rb"(?<=Date \(D:)\d{14}")
FIXED_TIME = b"20000101000000"


def find_browser() -> Path | None:
    """The browser that prints: the one that `PROCUREMENT_BROWSER` names, else the first found; «none» means no one."""
    named = os.environ.get(BROWSER_VARIABLE, "")
    if named == NO_BROWSER:
        return None
    if named:
        found = shutil.which(named)
        return Path(found) if found else None
    commands = (shutil.which(command) for command in COMMANDS)
    places = (place for text in PLACES if (place := os.path.expandvars(text)) and Path(place).is_file())
    first = next(filter(None, (*commands, *places)), None)
    return Path(first) if first else None


def print_pdf(html: Path, pdf: Path) -> None:
    """Print an HTML file on A4.

    Parameters
    ----------
    html : Path
        The report.
    pdf : Path
        Where the PDF shall lie; it appears when it is whole.

    Raises
    ------
    InputNotFoundError
        If no browser is found; says how to name one.
    ProcurementError
        If the browser did not print.
    """
    browser = find_browser()
    if browser is None:
        raise InputNotFoundError(
            f"{pdf.name} was not printed: no browser is found on this machine.",
            expected="Chromium, Google Chrome or Microsoft Edge",
            todo=f"install one of them, or name its program in {BROWSER_VARIABLE}",
        )
    with tempfile.TemporaryDirectory(prefix="pk-print-", ignore_cleanup_errors=True) as room:
        printed = Path(room) / "report.pdf"
        _run(browser, room, printed, html)
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
            raise ProcurementError(
                f"{pdf.name} was not printed: {browser.name} ended without writing it.",
                expected=f"a PDF within {SECONDS} seconds",
                todo=f"open report.html and print it by hand, or name another browser in {BROWSER_VARIABLE}",
            )
        unfinished = pdf.with_name(f".{pdf.name}.unfinished")
        unfinished.write_bytes(fixed_times(printed.read_bytes()))
        unfinished.replace(pdf)


def _run(browser: Path, room: str, printed: Path, html: Path) -> None:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # no sandbox can be made for root
    more = ("--no-sandbox",) if is_root else ()
    profile = f"--user-data-dir={Path(room) / 'profile'}"
    command = (str(browser), *OPTIONS, *more, profile, f"--print-to-pdf={printed}", html.resolve().as_uri())
    try:
        subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return  # what is missing is said by the caller


def fixed_times(content: bytes) -> bytes:
    """A PDF whose times are all the first second of 2000; as long as before, so that its own index still holds.

    Examples
    --------
    >>> fixed_times(b"/CreationDate (D:20260131120000+00'00')")
    b"/CreationDate (D:20000101000000+00'00')"
    """
    return _TIME.sub(FIXED_TIME, content)
