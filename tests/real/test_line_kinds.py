"""Accessories and usable texts on public e-invoices, and in words that were not written for it."""

import csv
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from procurement_kit.intake.line_kinds import with_marks


@pytest.fixture(scope="module")
def einvoice_lines(shared_data) -> pa.Table:
    """Item name and text of every line of the public e-invoices."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    name = etree.XPath("string(./*[local-name()='Item']/*[local-name()='Name'])")
    text = etree.XPath("string(./*[local-name()='Item']/*[local-name()='Description'])")
    lines = etree.XPath("//*[local-name()='InvoiceLine' or local-name()='CreditNoteLine']")
    paths = [path for path in Path(shared_data / "einvoices").rglob("*") if path.suffix.casefold() == ".xml"]
    found = [line for path in paths for line in lines(etree.fromstring(path.read_bytes(), parser))]
    return pa.table({"item_name": [name(line) for line in found], "line_text": [text(line) for line in found]})


def test_nearly_every_line_of_an_e_invoice_says_what_was_bought(einvoice_lines):
    marked = with_marks(einvoice_lines)
    assert marked.num_rows > 300
    assert pc.mean(marked["has_usable_text"]).as_py() > 0.97


def test_few_lines_of_an_e_invoice_are_accessories(einvoice_lines):
    kinds = with_marks(einvoice_lines)["line_kind"].to_pylist()
    accessories = [kind for kind in kinds if kind != "item"]
    assert 0 < len(accessories) < 0.05 * len(kinds)


def test_phrases_that_name_a_category_are_hardly_ever_accessories():
    path = files("procurement_kit") / "knowledge" / "category_phrases.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["phrase_kind"] not in ("supplier", "account")]
    marked = with_marks(pa.table({"line_text": [row["phrase"] for row in rows]}))
    accessories = pc.sum(pc.not_equal(marked["line_kind"], "item")).as_py()
    assert accessories < 0.005 * len(rows)
    assert pc.mean(marked["has_usable_text"]).as_py() > 0.995
