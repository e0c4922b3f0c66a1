"""What no invoice holds is refused; a large attachment is dropped and the invoice is read."""

import pytest

from procurement_kit.intake.safe_xml import MAX_BYTES, RefusedError, safe_root


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_usual_encodings_are_read(encoding):
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?><a>Ærø</a>'
    assert safe_root(text.encode(encoding)).text == "Ærø"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<a>", "not well-formed"),
        (b"\x1f\x8b\x08\x00junk", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a>x</a>', "encoding"),
        ("<a>æ</a>".encode("cp1252"), "not well-formed"),
        (b"<a " + b" ".join(b'a%d="1"' % n for n in range(65)) + b"/>", "attributes"),
        (b"<a>" * 1000 + b"</a>" * 1000, "not well-formed"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "larger than 50 MB"),
    ],
)
def test_what_cannot_be_an_invoice_is_refused(content, reason):
    with pytest.raises(RefusedError, match=reason):
        safe_root(content)


def test_an_attachment_over_ten_megabytes_is_dropped_and_the_rest_is_read():
    body = (
        b"<a><c:EmbeddedDocumentBinaryObject xmlns:c='c'>"
        + b"QUJD" * 2_700_000
        + b"</c:EmbeddedDocumentBinaryObject><b>&lt;1&gt;</b></a>"
    )
    root = safe_root(body)
    assert root.findtext("b") == "<1>"
    assert root.find("{c}EmbeddedDocumentBinaryObject").text is None


def test_another_long_text_is_still_refused():
    with pytest.raises(RefusedError, match="not well-formed"):
        safe_root(b"<a><b>" + b"x" * 10_500_000 + b"</b></a>")


@pytest.mark.parametrize("hostile", [b"<!DOCTYPE a>", b'<?xml version="1.0" encoding="UTF-7"?>'])
def test_the_filter_forgives_nothing_else(hostile):
    with pytest.raises(RefusedError):
        safe_root(
            hostile + b"<a><EmbeddedDocumentBinaryObject>" + b"x" * 10_500_000 + b"</EmbeddedDocumentBinaryObject></a>"
        )


def test_a_reason_never_quotes_the_document():
    with pytest.raises(RefusedError) as refusal:
        safe_root(b"<a><navn-010190-1234></a>")
    assert "010190" not in str(refusal.value)
