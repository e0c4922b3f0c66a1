"""Whatever bytes come in: a file is read, or refused with an error of ours. Never another exception, never a crash.

Valid small files are spoilt by cutting, flipping, inserting and repeating; the budget is about a minute in all.
"""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.errors import ProcurementError
from procurement_kit.intake.archives import zip_entries
from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.profiles import find_profile, profile_folders, read_profile
from procurement_kit.intake.safe_xml import RefusedError
from procurement_kit.tables import TABLES
from procurement_kit.templates import read_template
from procurement_kit.workbook_guard import inspect_workbook

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
READING, MASKER, RATES = Reading("prøveby", b"0" * 32, Rates("DKK")), Masker(b"0" * 32), Rates("DKK")
INVOICE = (
    f'<?xml version="1.0" encoding="UTF-8"?><Invoice xmlns="{UBL}:Invoice-2" '
    f'xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">'
    "<cbc:ID>F-1</cbc:ID><cbc:IssueDate>2025-01-31</cbc:IssueDate><cbc:DocumentCurrencyCode>DKK</cbc:DocumentCurrencyCode>"
    '<cac:AccountingSupplierParty><cac:Party><cbc:EndpointID schemeID="DK:CVR">DK99999993</cbc:EndpointID>'
    "<cac:PartyName><cbc:Name>Ærø Færge</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>"
    "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>10</cbc:Amount></cac:AllowanceCharge>"
    "<cac:LegalMonetaryTotal><cbc:LineExtensionAmount>100.00</cbc:LineExtensionAmount></cac:LegalMonetaryTotal>"
    '<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="EA">2</cbc:InvoicedQuantity>'
    "<cbc:LineExtensionAmount>100.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Kopipapir</cbc:Name></cac:Item>"
    "<cac:Price><cbc:PriceAmount>50</cbc:PriceAmount></cac:Price></cac:InvoiceLine></Invoice>"
).encode()
LEDGER = (
    "Bilagsnummer;Fakturadato;CVR;Leverandør;Tekst;Konto;Omkostningssted;Beløb ekskl. moms\r\n"
    '1;01-03-2025;99999993;Ærø;"Åben; ""parentes""";29;1;1.234,50\r\n2;31-01-2025;;X;;29;1;-5,00\r\n'
).encode()
HOSTILE_BYTES = [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b";", b"\r", b"\n", b"<", b"&", b"]]>", b"<!DOCTYPE a>"]
HOSTILE_BYTES += [
    b"\xf0\x9f\x92\xa9",
    b"\xed\xa0\x80",
    b"9" * 50,
    b"-",
    b"NaN",
    b"1E999",
    b"\xe2\x88\x92",
    b"\x1b",
    b"  ",
]
LIMITS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "derandomize": True, "database": None}


@st.composite
def spoilt(draw, content):
    """Content with one to six changes."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(len(changed) - 1, 0)))
        length = draw(st.integers(0, 30))
        kind = draw(st.sampled_from(["flip", "cut", "end", "insert", "repeat", "bytes"]))
        if kind == "flip" and changed:
            changed[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del changed[place : place + length]
        elif kind == "end":
            del changed[max(place, 1) :]
        elif kind == "insert":
            changed[place:place] = draw(st.sampled_from(HOSTILE_BYTES))
        elif kind == "repeat":
            changed[place:place] = changed[place : place + length] * draw(st.integers(1, 5))
        else:
            changed[place:place] = draw(st.binary(max_size=8))
    return bytes(changed)


def read_ledger(content, name, profile):
    """Lines of a ledger; the errors that are ours are an answer too."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        provenance = {"municipality_name": "p", "source_name": name, "source_hash": "h"}
        try:
            file = open_ledger(path, profile)
            tables = ledger_batches(file, profile, MASKER, RATES, provenance=provenance, facts=LedgerFacts())
            return [line for table in tables for line in table.to_pylist()]
        except ProcurementError as error:
            assert folder not in str(error)
            return []


@settings(max_examples=1500, **LIMITS)
@given(spoilt(INVOICE))
def test_any_xml_is_read_or_held_back(content):
    found = read_einvoice(content, READING)
    assert found.reason or found.lines
    assert found.reason is None or len(found.reason) < 500


@settings(max_examples=300, **LIMITS)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_invoice(content):
    assert read_einvoice(content, READING).reason


@settings(max_examples=250, **LIMITS)
@given(spoilt(LEDGER), st.sampled_from(["a.csv", "a.txt", "a.csv.gz"]))
def test_any_ledger_is_read_or_refused_and_every_line_has_an_amount_or_a_reason(content, name):
    for line in read_ledger(content, name, find_profile("ledger_dk")):
        assert line["set_aside_reason"] or line["document_amount"] is not None


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=150, **LIMITS)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=10), max_size=6), st.sampled_from([";", ",", "\t"]))
def test_any_text_in_any_cell_is_read_or_refused(rows, delimiter):
    head = LEDGER.decode().split("\r\n")[0].replace(";", delimiter)
    text = "\r\n".join([head, *(delimiter.join(row) for row in rows)])
    for line in read_ledger(text.encode(), "a.csv", find_profile("ledger_dk")):
        assert line["set_aside_reason"] or line["document_amount"] is not None


def profile_texts():
    return sorted(path for folder in profile_folders() if folder.is_dir() for path in folder.glob("*.toml"))


@settings(max_examples=400, **LIMITS)
@given(st.data())
def test_any_profile_is_read_or_refused_and_a_profile_that_is_read_works(data):
    content = data.draw(st.sampled_from(profile_texts())).read_bytes()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.toml"
        path.write_bytes(data.draw(spoilt(content)))
        try:
            profile = read_profile(path)
        except ProcurementError as error:
            assert folder not in str(error)
            return
    read_ledger(LEDGER, "a.csv", profile)


def workbook():
    import openpyxl

    book = openpyxl.Workbook()
    for row in LEDGER.decode().split("\r\n")[:2]:
        book.active.append(row.split(";"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WORKBOOK = workbook()
PARTS = {
    name: zipfile.ZipFile(io.BytesIO(WORKBOOK)).read(name) for name in zipfile.ZipFile(io.BytesIO(WORKBOOK)).namelist()
}


@st.composite
def spoilt_workbooks(draw):
    """The archive spoilt, or one part in a sound archive."""
    if draw(st.booleans()):
        return draw(spoilt(WORKBOOK))
    out, wrong = io.BytesIO(), draw(st.sampled_from(sorted(PARTS)))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in PARTS.items():
            archive.writestr(name, draw(spoilt(content)) if name == wrong else content)
    return out.getvalue()


@settings(max_examples=500, **LIMITS)
@given(spoilt_workbooks())
def test_any_workbook_is_let_through_or_refused_by_the_guard(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(content)
        try:
            assert inspect_workbook(path, name="a.xlsx")
        except ProcurementError as error:
            assert folder not in str(error)


@settings(max_examples=200, **LIMITS)
@given(spoilt_workbooks())
def test_any_workbook_is_a_filled_in_table_or_an_error(content):
    table = next(table for table in TABLES if table.is_template)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(content)
        with pytest.raises(ProcurementError):
            read_template(path, table)


@settings(max_examples=12, **LIMITS)
@given(spoilt_workbooks())
def test_any_workbook_is_read_by_the_child_or_refused(content):
    """Few, since each starts a process; the guard above is tried with many."""
    for line in read_ledger(content, "a.xlsx", find_profile("ledger_dk")):
        assert line["set_aside_reason"] or line["document_amount"] is not None


def archive_of(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.xml", content)
        archive.writestr("b.xml", content)
    return out.getvalue()


@settings(max_examples=300, **LIMITS)
@given(spoilt(archive_of(INVOICE)))
def test_any_archive_is_read_or_refused(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(content)
        try:
            for name, inside in zip_entries(path):
                assert isinstance(name, str) and isinstance(inside, bytes)
        except RefusedError as error:
            assert folder not in str(error)
