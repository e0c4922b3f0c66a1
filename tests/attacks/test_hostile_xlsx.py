"""Workbooks made to exhaust, abort or mislead the reader are held back with a reason; the others are taken in."""

import io
import re
import zipfile
from string import ascii_uppercase

import pytest

from procurement_kit.columns import Table
from procurement_kit.errors import FileFormatError, ProcurementError
from procurement_kit.intake.load import import_files
from procurement_kit.tables import TABLES
from procurement_kit.templates import read_template

HEADINGS = ["Bilagsnummer", "Fakturadato", "CVR", "Leverandør", "Konto", "Omkostningssted", "Beløb ekskl. moms"]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def texts_row(number, cells):
    inside = "".join(
        f'<c r="{chr(65 + n)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for n, cell in enumerate(cells)
    )
    return f'<row r="{number}">{inside}</row>'


HEAD = texts_row(1, HEADINGS)
GOOD = texts_row(2, ["X-1", "01-03-2025", "99999993", "Prøvefirma", "29", "1", "100,00"])


def workbook(data=HEAD + GOOD, *, sheet=None, shared="<si><t>x</t></si>", more=(), compression=zipfile.ZIP_DEFLATED):
    """A workbook as bytes, from what stands inside `<sheetData>`, or from a whole sheet part."""
    parts = {
        "_rels/.rels": f'<Relationships {RELS}><Relationship Id="r" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="Poster" sheetId="1" r:id="a"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships {RELS}><Relationship Id="a" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="{OFFICE}/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet or f"<worksheet {MAIN}><sheetData>{data}</sheetData></worksheet>",
        "xl/sharedStrings.xml": shared if shared.startswith("<?") else f"<sst {MAIN}>{shared}</sst>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in [*parts.items(), *more]:
            archive.writestr(name, content)
    return out.getvalue()


def big_workbook(opening, block, count, closing):
    """A workbook whose sheet is one block many times over, written without ever being held in memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            archive.writestr(name, zipfile.ZipFile(io.BytesIO(workbook())).read(name))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f"<worksheet {MAIN}><sheetData>{opening}".encode())
            for _ in range(count):
                sheet.write(block)
            sheet.write(f"{closing}</sheetData></worksheet>".encode())
    return out.getvalue()


def cells(*references):
    return "".join(f'<row r="{r.lstrip(ascii_uppercase)}"><c r="{r}"><v>1</v></c></row>' for r in references)


ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "010190-1234">]>'
BOMBS = {
    "corners.xlsx": (lambda: workbook(cells("A1", "XFD1048576")), "area of more than"),
    "corner_in_one_row.xlsx": (
        lambda: workbook('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'),
        "area of more than",
    ),
    "apostrophes.xlsx": (
        lambda: workbook("<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>"),
        "area of more than",
    ),
    "rows.xlsx": (lambda: big_workbook(HEAD, b"<row/>" * 10_000, 1500, ""), "rows|times its size"),
    "numbered_rows.xlsx": (
        lambda: workbook(
            HEAD + "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1_048_570, 1_048_600))
        ),
        "more than 1,048,576 rows",
    ),
    "columns.xlsx": (lambda: workbook(HEAD + cells("XFE2")), "more than 16,384 columns"),
    "spaces.xlsx": (
        lambda: big_workbook(f'{HEAD}<row r="2"><c r="A2" t="inlineStr"><is><t>', b" " * 1_000_000, 2000, ""),
        "times its size|declares|inflates",
    ),
    "entity_in_sheet.xlsx": (
        lambda: workbook(sheet=f"{ENTITY}<worksheet {MAIN}><sheetData>{HEAD}</sheetData></worksheet>"),
        "DOCTYPE",
    ),
    "entity_in_strings.xlsx": (
        lambda: workbook(shared=f"{ENTITY}<sst {MAIN}><si><t>&e;</t></si></sst>"),
        "DOCTYPE",
    ),
    "laughs.xlsx": (
        lambda: workbook(
            shared='<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
            + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
            + f"]><sst {MAIN}><si><t>&a9;</t></si></sst>"
        ),
        "DOCTYPE",
    ),
    "external.xlsx": (
        lambda: workbook(
            sheet=f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://localhost:9/x.dtd"><worksheet {MAIN}/>'
        ),
        "DOCTYPE",
    ),
    "strings.xlsx": (lambda: workbook(shared="<si><t/></si>" * 6_000_000), "times its size"),
    "many_strings.xlsx": (
        lambda: workbook(shared="".join(f"<si><t>{n * 7919 % 10**9}</t></si>" for n in range(3_000_000))),
        None,
    ),
    "long_string.xlsx": (lambda: workbook(shared="<si><t>" + "ab" * 5_000_000 + "</t></si>"), "times|longer"),
    "parts.xlsx": (lambda: workbook(more=[(f"xl/media/{n}.bin", b"") for n in range(10_001)]), "10,000 parts"),
    "climb.xlsx": (lambda: workbook(more=[("../a.xml", "<x/>")]), "leads out"),
    "absolute.xlsx": (lambda: workbook(more=[("/etc/a.xml", "<x/>")]), "leads out"),
    "windows.xlsx": (lambda: workbook(more=[("xl\\..\\..\\a.xml", "<x/>")]), "leads out"),
    "nested.xlsx": (lambda: workbook(more=[("xl/embeddings/a.xlsx", b"PK")]), "another archive"),
    "duplicate.xlsx": (lambda: workbook(more=[("xl/Worksheets/sheet1.xml", "<x/>")]), "same name"),
    "utf16.xlsx": (
        lambda: workbook(more=[("xl/other.xml", "<!DOCTYPE x><x/>".encode("utf-16"))]),
        "not in UTF-8",
    ),
    "utf7.xlsx": (lambda: workbook(more=[("xl/o.xml", '<?xml version="1.0" encoding="UTF-7"?><x/>')]), "not in UTF-8"),
    "password.xlsx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "password"),
    "text.xlsx": (lambda: b"Bilagsnummer;CVR\r\n1;99999993\r\n", "is not an XLSX workbook"),
    "page.xlsx": (lambda: b"<html><table><tr><td>010190-1234</td></tr></table></html>", "is not an XLSX workbook"),
    "nothing.xlsx": (lambda: b"", "empty"),
    "directory_only.xlsx": (lambda: workbook()[-300:], "not an XLSX|damaged"),
    "no_sheets.xlsx": (lambda: workbook(sheet="<x/>"), "no worksheet"),
    "broken_sheet.xlsx": (lambda: workbook(HEAD + "<row r='2'><c r='A2'"), "damaged"),
    "empty_sheet.xlsx": (lambda: workbook(""), "empty"),
    "bad_reference.xlsx": (lambda: workbook(HEAD + '<row r="2"><c r="010190-1234"><v>1</v></c></row>'), "reference"),
}
HEAVY = ("corners.xlsx", "rows.xlsx", "spaces.xlsx", "strings.xlsx", "many_strings.xlsx", "laughs.xlsx")


LIGHT = [name for name in BOMBS if name not in HEAVY]


@pytest.fixture(scope="module")
def found(attack_at_once):
    return attack_at_once({name: BOMBS[name][0]() for name in LIGHT})


@pytest.mark.parametrize("name", LIGHT)
def test_a_hostile_workbook_is_held_back_and_the_others_are_taken_in(found, name):
    assert re.search(BOMBS[name][1], found.reason(name))


@pytest.mark.parametrize("name", HEAVY)
def test_a_bomb_costs_neither_time_nor_memory(measured_attack, name):
    make, reason = BOMBS[name]
    found = measured_attack({name: make()})
    if reason:
        assert re.search(reason, found.reason(name))


def test_what_the_guard_lets_through_and_is_too_much_all_the_same_ends_the_child_and_nothing_else(measured_attack):
    """47 million cells of nothing: within the area, beyond the memory of the child, which calamine then aborts."""
    found = measured_attack({"wide.xlsx": workbook(HEAD + cells("AU999999"))})
    assert "more memory or time" in found.reason("wide.xlsx")


def test_a_workbook_cut_anywhere_is_held_back(attack):
    whole = workbook()
    cuts = {f"cut_{place:02d}.xlsx": whole[: len(whole) * place // 21] for place in range(1, 21)}
    found = attack(cuts)
    assert all(found.reason(name) for name in cuts)
    assert len(found.lines) == 0


def lying(content, *, declared):
    """The same archive, whose directory and headers say another size of the sheet."""
    true = zipfile.ZipFile(io.BytesIO(content)).getinfo("xl/worksheets/sheet1.xml").file_size
    return content.replace(true.to_bytes(4, "little"), declared.to_bytes(4, "little"))


@pytest.mark.parametrize("declared", [10, 100_000_000, 0xFFFFFFFF])
def test_sizes_that_lie_are_found_out(attack, declared):
    content = lying(workbook(HEAD + GOOD + " " * 7919), declared=declared)
    found = attack({"lying.xlsx": content})
    assert re.search("larger than it says|damaged|times its size|inflates", found.reason("lying.xlsx"))


def encrypted(content):
    """The same archive, whose parts say that they are encrypted."""
    changed = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + place] |= 1
            at = changed.find(mark, at + 1)
    return bytes(changed)


def test_an_encrypted_archive_is_held_back(attack):
    assert "encrypted" in attack({"secret.xlsx": encrypted(workbook())}).reason("secret.xlsx")


def test_headings_repeated_ten_thousand_times_are_held_back(attack):
    row = "".join('<c t="inlineStr"><is><t>Beløb</t></is></c>' for _ in range(10_000))
    reason = attack({"headings.xlsx": workbook(f"<row>{row}</row><row><c><v>1</v></c></row>")}).reason("headings.xlsx")
    assert "headings" in reason and len(reason) < 2000


@pytest.mark.parametrize("name", ["a.xls", "a.xlsb", "a.ods"])
def test_workbooks_of_other_kinds_are_refused_with_a_clear_word(municipality, tmp_path, name):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    with pytest.raises(FileFormatError, match=r"Excel workbook \(.xlsx\)|XLSX"):
        import_files(municipality, [tmp_path / name], profile="ledger_dk")


def test_a_hostile_workbook_that_is_alone_is_an_error_and_nothing_is_written(municipality, tmp_path):
    (tmp_path / "bomb.xlsx").write_bytes(workbook(cells("A1", "XFD1048576")))
    with pytest.raises(FileFormatError, match="area of more than"):
        import_files(municipality, [tmp_path / "bomb.xlsx"], profile="ledger_dk")
    assert not [path for path in (municipality.folder / "lines").iterdir() if not path.name.startswith(".")]


def test_a_sound_workbook_is_taken_in_beside_them(attack):
    """Were it not, every test of this file would pass with a reader that refuses everything."""
    found = attack({"good.xlsx": workbook()})
    assert found.documents["good.xlsx"]["document_status"] == "taken_in"
    assert found.lines["voucher_number"].tolist() == ["X-1"]


# --- tables that a person filled in ---


def a_table() -> Table:
    return next(table for table in TABLES if table.is_template)


@pytest.mark.parametrize("name", [name for name in BOMBS if name not in ("many_strings.xlsx",)])
def test_filled_in_tables_are_guarded_in_the_same_way(tmp_path, name):
    (tmp_path / name).write_bytes(BOMBS[name][0]())
    with pytest.raises(ProcurementError) as error:
        read_template(tmp_path / name, a_table())
    assert "010190" not in str(error.value)
