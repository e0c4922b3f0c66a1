"""Hostile files are refused with a clear error or held back with a reason; the import goes on and closes."""

import gzip
import io
import struct
import zipfile

import pytest

from procurement_kit import store
from procurement_kit.errors import FileFormatError, ProcurementError
from procurement_kit.intake.load import import_files

UBL = "urn:oasis:names:specification:ubl:schema:xsd"


def invoice(*, before="", text="Kopipapir", amount="100.00", number="F-1"):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<Invoice xmlns="{UBL}:Invoice-2" '
        f'xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">'
        f"<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2025-01-31</cbc:IssueDate>"
        "<cbc:DocumentCurrencyCode>DKK</cbc:DocumentCurrencyCode><cac:LegalMonetaryTotal>"
        f"<cbc:LineExtensionAmount>{amount}</cbc:LineExtensionAmount></cac:LegalMonetaryTotal><cac:InvoiceLine>"
        f"<cbc:LineExtensionAmount>{amount}</cbc:LineExtensionAmount>"
        f"<cac:Item><cbc:Name>{text}</cbc:Name></cac:Item></cac:InvoiceLine></Invoice>"
    ).encode()


LAUGHS = "<!DOCTYPE x [" + '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip
HOSTILE_XML = {
    "laughs.xml": invoice(before=LAUGHS, text="&a9;"),
    "entity.xml": invoice(before='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>', text="&e;"),
    "parameter.xml": invoice(before='<!DOCTYPE x [<!ENTITY % p SYSTEM "http://localhost:9/x">%p;]>'),
    "external.xml": invoice(before='<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">'),
    "defaults.xml": invoice(before='<!DOCTYPE x [<!ATTLIST Invoice a CDATA "b">]>'),
    "deep.xml": b"<a>" * 100_000 + b"</a>" * 100_000,
    "attributes.xml": b"<a " + b" ".join(b'a%d="1"' % n for n in range(5000)) + b"/>",
    "gzip.xml": gzip.compress(b"<a/>" * 1000),
    "utf7.xml": b'<?xml version="1.0" encoding="UTF-7"?><a/>',
    "cp1252.xml": '<?xml version="1.0" encoding="UTF-8"?><a>æ</a>'.encode("cp1252"),
    "nul.xml": b"<a>\x00</a>",
    "html.xml": b"<html><body>Not found</body></html>",
    "wrong_namespace.xml": invoice().replace(b"xsd:Invoice-2", b"xsd:Invoice-3"),
    "cut.xml": invoice()[:-20],
    "huge_number.xml": invoice(amount="9" * 39),
    "exponent.xml": invoice(amount="1E400"),
    "nan.xml": invoice(amount="NaN"),
}


@pytest.mark.parametrize("name", HOSTILE_XML)
def test_hostile_xml_is_held_back_and_the_import_goes_on(municipality, tmp_path, name):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / name).write_bytes(HOSTILE_XML[name])
    (inbox / "sound.xml").write_bytes(invoice(number="F-2"))
    report = import_files(municipality, [inbox]).as_dict()
    assert report["closes"]
    assert (report["documents_taken"], report["documents_held_back"]) == (1, 1)
    rows = store.read_load_dataset(municipality, "documents").to_pandas().set_index("source_name")
    assert rows.loc[name, "document_reason"]
    assert "root:" not in str(rows)


def zipped(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def lying_zip():
    """A ZIP whose directory says that a large file is small."""
    content = zipped(("a.xml", b"<a>" + b" " * 3_000_000 + b"</a>"))
    return content.replace(struct.pack("<L", 3_000_007), struct.pack("<L", 1000))


HOSTILE_ZIPS = {
    "bomb.zip": (zipped(("a.xml", b" " * 30_000_000)), "inflate"),
    "climb.zip": (zipped(("../a.xml", invoice())), "leads out"),
    "absolute.zip": (zipped(("/etc/a.xml", invoice())), "leads out"),
    "windows.zip": (zipped(("..\\a.xml", invoice())), "leads out"),
    "nested.zip": (zipped(("b.zip", zipped(("a.xml", invoice())))), "another archive"),
    "lying.zip": (lying_zip(), "archive"),
    "cut.zip": (zipped(("a.xml", invoice()))[:-30], "damaged"),
    "no.zip": (b"not an archive", "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE_ZIPS)
def test_hostile_archives_are_held_back_with_a_reason(municipality, tmp_path, name):
    content, reason = HOSTILE_ZIPS[name]
    (tmp_path / name).write_bytes(content)
    report = import_files(municipality, [tmp_path / name]).as_dict()
    assert (report["lines_taken"], report["documents_held_back"]) == (0, 1)
    (row,) = store.read_load_dataset(municipality, "documents").to_pandas().to_dict("records")
    assert reason in row["document_reason"]
    assert not list(tmp_path.parent.glob("a.xml"))


def test_a_zip_of_too_many_files_is_held_back(municipality, tmp_path, monkeypatch):
    monkeypatch.setattr("procurement_kit.intake.archives.MAX_ENTRIES", 3)
    (tmp_path / "many.zip").write_bytes(zipped(*[(f"{n}.xml", invoice(number=str(n))) for n in range(4)]))
    assert import_files(municipality, [tmp_path / "many.zip"]).as_dict()["documents_held_back"] == 1


HEADINGS = b"Bilagsnummer;Fakturadato;CVR;Leverand\xc3\xb8r;Konto;Omkostningssted;Bel\xc3\xb8b ekskl. moms\r\n"
ROW = b"1;01-03-2025;99999993;X;29;1;100,00\r\n"
HOSTILE_LEDGERS = {
    "empty.csv": b"",
    "spaces.csv": b" \r\n \r\n",
    "binary.csv": b"a;b\r\n\x00\x01\x02",
    "workbook.csv": b"PK\x03\x04" + b"x" * 100,
    "portable.csv": b"%PDF-1.7",
    "open_quote.csv": HEADINGS + ROW + b'2;"01-03-2025;99999993;X;29;1;100,00\r\n' + ROW * 5,
    "damaged.csv.gz": gzip.compress(HEADINGS + ROW * 1000)[:-40],
    "plain.csv.gz": HEADINGS + ROW,
    "long_cell.csv": HEADINGS + b"1;" + b"x" * 200_000 + b";99999993;X;29;1;100,00\r\n",
}


@pytest.mark.parametrize("name", HOSTILE_LEDGERS)
def test_hostile_ledgers_are_refused_and_nothing_is_written(municipality, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(HOSTILE_LEDGERS[name])
    with pytest.raises(FileFormatError):
        import_files(municipality, [path], profile="ledger_dk")
    assert not list((municipality.folder / "lines").iterdir())


def test_a_gzip_bomb_is_refused(municipality, tmp_path, monkeypatch):
    monkeypatch.setattr("procurement_kit.intake.csv_cells.RATIO_FREE_BYTES", 100_000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADINGS + b" " * 5_000_000))
    with pytest.raises(ProcurementError):
        import_files(municipality, [path], profile="ledger_dk")


def test_rows_of_another_shape_are_held_back_one_by_one(municipality, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(
        HEADINGS + ROW + b"1;2\r\n" + b"I alt;;;;;;100,00\r\n" + b"1;01-03-2025;99999993;X;29;1;100,00;x\r\n"
    )
    report = import_files(municipality, [path], profile="ledger_dk").as_dict()
    assert (report["lines_read"], report["lines_taken"], report["lines_held_back"], report["closes"]) == (4, 1, 3, True)


def test_an_error_never_quotes_a_personal_number(municipality, tmp_path):
    path = tmp_path / "010190-1234.csv"
    path.write_bytes(b"010190-1234;020290-5678\r\n1;2\r\n")
    with pytest.raises(ProcurementError) as error:
        import_files(municipality, [path], profile="ledger_dk")
    assert "010190" not in str(error.value)
    assert "020290" not in str(error.value)


def test_a_link_out_of_the_folder_is_read_like_any_file_and_a_hidden_file_is_not(municipality, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.xml").write_bytes(invoice())
    (inbox / ".hidden.xml").write_bytes(invoice(number="F-2"))
    assert import_files(municipality, [inbox]).as_dict()["documents_read"] == 1
