"""Is the PDF the same on every run, and is a machine without a browser told so?"""

import shutil

import pytest

from procurement_kit.errors import InputNotFoundError, ProcurementError
from procurement_kit.publishing import printing
from procurement_kit.publishing.printing import find_browser, fixed_times, print_pdf

HTML = "<!DOCTYPE html><html lang='da'><title>Prøve</title><h1>Indkøb for 1,0 mio. kr.</h1></html>"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "æ ø å" / "report.html"
    path.parent.mkdir()
    path.write_text(HTML, encoding="utf-8")
    return path


def test_both_times_are_fixed_and_the_length_stays():
    before = b"/CreationDate (D:20260131120000+00'00')\n/ModDate (D:20260131120001+00'00')"
    after = fixed_times(before)
    assert after == b"/CreationDate (D:20000101000000+00'00')\n/ModDate (D:20000101000000+00'00')"
    assert len(after) == len(before)


def test_two_prints_give_the_same_bytes(page):
    if find_browser() is None:
        pytest.skip("no browser found: nothing can be printed")
    one, two = page.with_name("one.pdf"), page.with_name("two.pdf")
    print_pdf(page, one)
    print_pdf(page, two)
    assert one.read_bytes().startswith(b"%PDF")
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in page.parent.iterdir()) == ["one.pdf", "report.html", "two.pdf"]


def test_without_a_browser_it_says_what_to_install(page, monkeypatch):
    monkeypatch.setenv(printing.BROWSER_VARIABLE, "none")
    with pytest.raises(InputNotFoundError, match="no browser is found") as caught:
        print_pdf(page, page.with_name("report.pdf"))
    assert "PROCUREMENT_BROWSER" in caught.value.todo
    assert not page.with_name("report.pdf").exists()


def test_the_named_browser_wins(monkeypatch, tmp_path):
    mine = tmp_path / "min-browser"
    mine.write_text("#!/bin/sh\n", encoding="utf-8")
    mine.chmod(0o755)
    monkeypatch.setenv(printing.BROWSER_VARIABLE, str(mine))
    assert find_browser() == mine
    monkeypatch.setenv(printing.BROWSER_VARIABLE, str(tmp_path / "not-there"))
    assert find_browser() is None


def test_a_browser_that_prints_nothing_is_named(page, monkeypatch):
    monkeypatch.setenv(printing.BROWSER_VARIABLE, shutil.which("true") or "true")
    with pytest.raises(ProcurementError, match="ended without writing it"):
        print_pdf(page, page.with_name("report.pdf"))
