"""A large document is read piece by piece, and says exactly what it says when it is read whole."""

import io
import tracemalloc
from contextlib import contextmanager

import pytest

from procurement_kit.intake import big_einvoices
from procurement_kit.intake.big_einvoices import PackedTexts, read_big_records
from procurement_kit.intake.einvoice_records import read_records
from procurement_kit.intake.safe_xml import RefusedError


def opener(content):
    @contextmanager
    def open_file():
        yield io.BytesIO(content)

    return open_file


def plain(records):
    return (records.kind, records.header, [list(column) for column in records.amounts], list(records.texts[:]))


@pytest.fixture
def small_steps(monkeypatch):
    """Two lines at once and blocks of a hundred bytes, so that a short document is in many pieces."""
    monkeypatch.setattr(big_einvoices, "LINES_AT_ONCE", 2)
    monkeypatch.setattr(big_einvoices, "_BLOCK", 100)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 17])
@pytest.mark.parametrize("kind", ["Invoice", "CreditNote"])
def test_read_piece_by_piece_or_whole_it_is_the_same(ubl, line, small_steps, kind, count):
    lines = [line(f"{n}.50", number=str(n), name=f"Vare {n}", kind=kind) for n in range(count)]
    content = ubl(*lines, kind=kind)
    big, whole = read_big_records(opener(content)), read_records(content)
    assert plain(big) == plain(whole)
    assert big.has_person_scheme == whole.has_person_scheme


def test_in_an_envelope_too(ubl, line, small_steps):
    name = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    body = ubl(*[line() for _ in range(7)]).removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
    content = f'<StandardBusinessDocument xmlns="{name}"><Header/>'.encode() + body + b"</StandardBusinessDocument>"
    assert plain(read_big_records(opener(content))) == plain(read_records(content))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_other_encodings_too(ubl, small_steps, encoding):
    text = ubl().decode().replace("UTF-8", encoding.removesuffix("-sig"))
    assert plain(read_big_records(opener(text.encode(encoding)))) == plain(read_records(ubl()))


def test_a_person_on_a_line_is_noticed(ubl, line, small_steps):
    item = '<cac:StandardItemIdentification><cbc:ID schemeID="DK:CPR">x</cbc:ID></cac:StandardItemIdentification>'
    content = ubl(*[line() for _ in range(5)], line(item=item), *[line() for _ in range(5)])
    assert read_big_records(opener(content)).has_person_scheme


MANY = b"<a " + b" ".join(b'a%d="1"' % n for n in range(65)) + b"/>"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.replace(b"<Invoice", b"<!DOCTYPE Invoice><Invoice", 1), "DOCTYPE"),
        (lambda c: c.replace(b'encoding="UTF-8"', b'encoding="UTF-7"'), "encoding|well-formed"),
        (lambda c: c[:-20], "not well-formed"),
        (lambda c: b"", "not well-formed"),
        (lambda c: c.replace(b"</Invoice>", MANY + b"</Invoice>"), "attributes"),
        (lambda c: c.replace(b"<cac:Item>", MANY + b"<cac:Item>"), "attributes"),
        (lambda c: c.replace(b"<cac:Item>", b"<b>" * 300 + b"</b>" * 300 + b"<cac:Item>"), "not well-formed"),
        (lambda c: b"<html>" + b"<p>x</p>" * 1000 + b"</html>", "is not a UBL invoice"),
    ],
)
def test_the_same_is_refused(ubl, small_steps, change, reason):
    with pytest.raises(RefusedError, match=reason):
        read_big_records(opener(change(ubl())))


def test_what_is_too_large_is_refused(ubl, monkeypatch, small_steps):
    monkeypatch.setattr(big_einvoices, "MAX_BYTES", 500)
    with pytest.raises(RefusedError, match="larger than"):
        read_big_records(opener(ubl()))


def test_a_large_attachment_is_dropped(ubl):
    attachment = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>"
        + "QUJD" * 2_700_000
        + "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    big = read_big_records(opener(ubl(middle=attachment)))
    assert list(big.amounts.amounts) == ["100.00"]
    assert "QUJD" not in big.header


def test_lines_do_not_wait_as_trees_or_loose_texts(ubl, line):
    content = ubl(*[line(name=f"Vare {n}" + " med en lang tekst" * 10) for n in range(20_000)])
    tracemalloc.start()
    records = read_big_records(opener(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(records.texts) == 20_000
    assert peak < 0.7 * len(content)


def test_packed_texts_come_back_in_parts():
    packed = PackedTexts()
    for start in (0, 3, 6):
        packed.add([f"linje {n}" for n in range(start, start + 3)])
    assert len(packed) == 9
    assert packed[2:7] == [f"linje {n}" for n in range(2, 7)]
    assert packed[8:100] == ["linje 8"]
