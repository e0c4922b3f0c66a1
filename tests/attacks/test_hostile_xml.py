"""Hostile XML is held back with a reason, or read without harm; the import goes on and closes."""

import gzip
import re
import socket
import threading

import pytest

SECRET = "010190-1234"
LAUGHS = "<!DOCTYPE x [" + '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>'
DOCTYPE, NOT_WELL_FORMED, ENCODING = "DOCTYPE|network", "well-formed", "encoding"
# Name → how it is made from a maker of invoices, and what the reason must say.
HOSTILE = {
    "laughs.xml": (lambda make: make(before=LAUGHS, text="&a9;"), f"{DOCTYPE}|{NOT_WELL_FORMED}"),
    "quadratic.xml": (lambda make: make(before=QUADRATIC, text="&a;" * 50_000), f"{DOCTYPE}|{NOT_WELL_FORMED}"),
    "entity.xml": (
        lambda make: make(before='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>', text="&e;"),
        DOCTYPE,
    ),
    "unused_entity.xml": (lambda make: make(before=f'<!DOCTYPE x [<!ENTITY e "{SECRET}">]>'), DOCTYPE),
    "parameter.xml": (
        lambda make: make(before='<!DOCTYPE x [<!ENTITY % p SYSTEM "http://localhost:9/x">%p;]>'),
        DOCTYPE,
    ),
    "external.xml": (lambda make: make(before='<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">'), DOCTYPE),
    "public.xml": (lambda make: make(before='<!DOCTYPE x PUBLIC "-//X//Y" "http://localhost:9/x.dtd">'), DOCTYPE),
    "defaults.xml": (lambda make: make(before='<!DOCTYPE x [<!ATTLIST Invoice a CDATA "b">]>'), DOCTYPE),
    "undefined.xml": (lambda make: make(text="&nothing;"), NOT_WELL_FORMED),
    "deep.xml": (lambda make: b"<a>" * 100_000 + b"</a>" * 100_000, NOT_WELL_FORMED),
    "deep_invoice.xml": (lambda make: make(more="<a>" * 5000 + "</a>" * 5000), NOT_WELL_FORMED),
    "attributes.xml": (
        lambda make: make().replace(
            b"<cbc:ID>", b"<cbc:ID " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b">"
        ),
        "attributes",
    ),
    "sixty_five_attributes.xml": (
        lambda make: make().replace(b"<cbc:ID>", b"<cbc:ID " + b" ".join(b'a%d="1"' % n for n in range(65)) + b">"),
        "attributes",
    ),
    "long_text.xml": (lambda make: make(text="x" * 11_000_000), ""),
    "gzip.xml": (lambda make: gzip.compress(make()), NOT_WELL_FORMED),
    "gzip_bomb.xml": (lambda make: gzip.compress(b" " * 20_000_000), NOT_WELL_FORMED),
    "utf7.xml": (lambda make: b'<?xml version="1.0" encoding="UTF-7"?>' + make().split(b"?>", 1)[1], ENCODING),
    "ebcdic.xml": (lambda make: make().decode().replace("UTF-8", "cp037").encode("cp037"), ""),
    "cp1252.xml": (lambda make: make(text="æøå").decode().encode("cp1252"), NOT_WELL_FORMED),
    "nul.xml": (lambda make: make(text="a\x00b"), NOT_WELL_FORMED),
    "all_nul.xml": (lambda make: b"\x00" * 5000, ""),
    "control.xml": (lambda make: make(text="a\x08b"), NOT_WELL_FORMED),
    "html.xml": (lambda make: b"<html><body>Not found</body></html>", ""),
    "wrong_namespace.xml": (lambda make: make().replace(b"xsd:Invoice-2", b"xsd:Invoice-3"), ""),
    "two_roots.xml": (lambda make: make() + b"<a/>", NOT_WELL_FORMED),
    "cut.xml": (lambda make: make()[:-20], NOT_WELL_FORMED),
    "empty.xml": (lambda make: b"", "empty"),
    "spaces.xml": (lambda make: b" \r\n" * 1000, "empty"),
    "huge_number.xml": (lambda make: make(amount="9" * 39), ""),
    "long_number.xml": (lambda make: make(amount="1" * 100_000), ""),
    "exponent.xml": (lambda make: make(amount="1E400"), ""),
    "nan.xml": (lambda make: make(amount="NaN"), ""),
    "infinity.xml": (lambda make: make(amount="-Infinity"), ""),
    "secret_number.xml": (lambda make: make(amount=SECRET), ""),
    "larger_than_allowed.xml": (lambda make: make(more="<!-- " + "x" * 51_000_000 + " -->"), ""),
}
HEAVY = ("laughs.xml", "quadratic.xml", "deep.xml", "attributes.xml", "long_text.xml", "larger_than_allowed.xml")


LIGHT = [name for name in HOSTILE if name not in HEAVY]


@pytest.fixture(scope="module")
def found(attack_at_once, texts):
    return attack_at_once({name: HOSTILE[name][0](texts.invoice) for name in LIGHT})


@pytest.mark.parametrize("name", LIGHT)
def test_hostile_xml_is_held_back_and_the_others_are_taken_in(found, name):
    assert re.search(HOSTILE[name][1], found.reason(name))
    assert len(found.lines) == 0


@pytest.mark.parametrize("name", HEAVY)
def test_a_bomb_costs_neither_time_nor_memory(measured_attack, texts, name):
    make, reason = HOSTILE[name]
    assert re.search(reason, measured_attack({name: make(texts.invoice)}).reason(name))


def test_a_file_cut_at_twenty_places_is_held_back(attack, texts):
    whole = texts.invoice()
    cuts = {f"cut_{place:02d}.xml": whole[: len(whole) * place // 21] for place in range(1, 21)}
    found = attack(cuts)
    assert all(found.reason(name) for name in cuts)


def test_utf16_without_its_mark_is_read_right_or_held_back(attack, texts):
    content = texts.invoice(text="Ærø").decode().replace("UTF-8", "UTF-16").encode("utf-16-le")
    found = attack({"wide.xml": content})
    if found.documents["wide.xml"]["document_status"] == "taken_in":
        assert found.lines["item_name"].tolist() == ["Ærø"]
    else:
        assert found.reason("wide.xml")


def attachment(size):
    return (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf">{"QUJD" * (size // 4)}'
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )


def test_an_attachment_of_more_than_ten_megabytes_is_passed_over_and_its_invoice_read(measured_attack, texts):
    found = measured_attack({"attached.xml": texts.invoice(number="PDF", more=attachment(12_000_000))})
    assert found.documents["attached.xml"]["document_status"] == "taken_in"
    assert found.lines["document_number"].tolist() == ["PDF"]


def test_an_attachment_does_not_open_a_back_door(attack, texts):
    """What is refused without an attachment is refused beside one: it is read by another way."""
    big = attachment(10_500_000)
    hostile = {
        "doctype.xml": texts.invoice(before='<!DOCTYPE x [<!ENTITY e "x">]>', more=big),
        "deep.xml": texts.invoice(more=big + "<a>" * 100 + "</a>" * 100),
        "attributes.xml": texts.invoice(more=big + "<a " + " ".join(f'a{n}="1"' for n in range(100)) + "/>"),
        "cut.xml": texts.invoice(more=big)[:-30],
    }
    found = attack(hostile)
    assert all(found.reason(name) for name in hostile)


def test_nothing_is_fetched_from_a_network(attack, texts):
    """A server that counts its visitors stands behind every address in the files."""
    visits = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        is_over = threading.Event()

        def serve():
            while not is_over.is_set():
                try:
                    visits.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        schema = texts.invoice(number="SCHEMA").replace(
            b"<Invoice ",
            b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x %s" '
            % address.encode(),
        )
        style = texts.invoice(number="STYLE", before=f'<?xml-stylesheet href="{address}"?>')
        include = texts.invoice(
            number="INCLUDE", more=f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}"/>'
        )
        external = texts.invoice(before=f'<!DOCTYPE x SYSTEM "{address}">')
        found = attack({"schema.xml": schema, "style.xml": style, "include.xml": include, "external.xml": external})
        is_over.set()
        thread.join()
    assert visits == []
    assert found.reason("external.xml")
    assert sorted(found.lines["document_number"]) == ["INCLUDE", "SCHEMA", "STYLE"]


def test_a_link_out_of_the_folder_is_read_like_any_file_and_a_hidden_file_is_not(municipality, tmp_path, texts):
    from procurement_kit.intake.load import import_files

    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.xml").write_bytes(texts.invoice())
    (inbox / ".hidden.xml").write_bytes(texts.invoice(number="F-2"))
    assert import_files(municipality, [inbox]).as_dict()["documents_read"] == 1
