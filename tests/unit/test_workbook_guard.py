"""Does the guard let every honest workbook through, and see what a workbook really asks for?"""

import io
import zipfile

import openpyxl
import pytest

from procurement_kit.errors import FileFormatError
from procurement_kit.workbook_guard import column_number, inspect_workbook


def inspected(path):
    return inspect_workbook(path, name="x.xlsx")


def cell(reference, value="1"):
    return f'<c r="{reference}"><v>{value}</v></c>'


def test_the_sheets_come_in_the_order_of_the_tabs(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Første"
    book.create_sheet("Skjult").append(["a"])
    book["Skjult"].sheet_state = "hidden"
    book.create_chartsheet("Diagram")
    book.active["C7"] = 1
    book.save(tmp_path / "a.xlsx")
    first, hidden = inspected(tmp_path / "a.xlsx")
    assert (first.name, first.is_hidden, first.has_cells, first.last_row) == ("Første", False, True, 7)
    assert (hidden.name, hidden.is_hidden, hidden.has_cells) == ("Skjult", True, True)


@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter"])
def test_what_ordinary_programs_write_is_let_through(tmp_path, writer):
    path = tmp_path / "a.xlsx"
    if writer == "openpyxl":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in range(3000):
            sheet.append([row, f"tekst {row}", row / 7] * 20)
        book.save(path)
    else:
        import xlsxwriter

        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for row in range(3000):
                sheet.write_row(row, 0, [row, f"tekst {row}", row / 7] * 20)
            sheet.conditional_format(0, 0, 9, 9, {"type": "no_blanks"})
    assert inspected(path)[0].last_row == 3000


def test_cells_that_are_only_coloured_do_not_count(raw_workbook):
    empty = "".join(f'<row r="{row}"><c r="XFD{row}" s="1"/></row>' for row in range(2, 5000))
    path = raw_workbook(f'<row r="1">{cell("A1")}</row>{empty}')
    assert inspected(path)[0].has_cells


@pytest.mark.parametrize(
    ("rows", "columns", "is_refused"),
    [(1_048_576, "AU", False), (1_048_576, "AV", True), (100_000, "SF", False), (100_001, "SG", True)],
)
def test_the_area_is_limited_to_fifty_million_cells(raw_workbook, rows, columns, is_refused):
    assert (rows * column_number(columns.encode()) > 50_000_000) == is_refused
    path = raw_workbook(f'<row r="1">{cell(f"{columns}1")}</row><row r="{rows}">{cell(f"A{rows}")}</row>')
    if is_refused:
        with pytest.raises(FileFormatError, match="area of more than 50,000,000 cells"):
            inspected(path)
    else:
        assert inspected(path)[0].last_row == rows


SPELLINGS = {
    "plain": '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
    "apostrophes": "<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>",
    "order": '<row r="1"><c s="0" r="A1"><v>1</v></c><c t="n" r="XFD1048576"><v>1</v></c></row>',
    "spaces": '<row r = "1"><c r = "A1" ><v>1</v></c><c\n\tr = "XFD1048576" ><v>1</v></c></row>',
    "prefix": '<x:row xmlns:x="u" r="1"><x:c r="A1"><v>1</v></x:c><x:c r="XFD1048576"><v>1</v></x:c></x:row>',
    "small letters": '<row r="1"><c r="a1"><v>1</v></c><c r="xfd1048576"><v>1</v></c></row>',
    "counted": '<row r="1048576"><c r="XFC2"><v>1</v></c><c><v>1</v></c></row>',
    "own row": '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="2"><c r="A1048576"><v>1</v></c></row>',
    "greater than": '<row r="1"><c s=">" r="XFD1048576"><v>1</v></c></row>',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_hides_a_reference(raw_workbook, spelling):
    with pytest.raises(FileFormatError, match="area of more than"):
        inspected(raw_workbook(SPELLINGS[spelling]))


@pytest.mark.parametrize("reference", ["", "1", "A", "&#65;1", "AAAA1", "A12345678", "A-1", "XFE1"])
def test_a_reference_that_is_none_is_refused(raw_workbook, reference):
    path = raw_workbook(
        f"<row><c r='{reference}x'><v>1</v></c></row>" if not reference else f"<row>{cell(reference)}</row>"
    )
    with pytest.raises(FileFormatError, match="proper reference|columns"):
        inspected(path)


def test_a_bomb_far_behind_a_megabyte_of_cells_is_seen(raw_workbook):
    rows = "".join(f'<row r="{n}">{cell(f"A{n}")}</row>' for n in range(1, 60_000))
    with pytest.raises(FileFormatError, match="area of more than"):
        inspected(raw_workbook(rows + f'<row r="1048576">{cell("XFD1048576")}</row>'))


def test_more_rows_or_longer_texts_than_a_sheet_can_have_are_refused(raw_workbook):
    with pytest.raises(FileFormatError, match="more than 1,048,576 rows|times its size"):
        inspected(raw_workbook("<row/>" * 1_048_577))
    with pytest.raises(FileFormatError, match="longer than any cell|times its size"):
        inspected(raw_workbook(f'<row r="1">{cell("A1", "x" * 9_000_000)}</row>'))


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "docProps/app.xml"]
)
@pytest.mark.parametrize("before", ['<!DOCTYPE x [<!ENTITY e "x">]>', '<!doctype x SYSTEM "http://localhost:9/x">'])
def test_a_doctype_in_any_part_is_refused(raw_workbook, part, before):
    with pytest.raises(FileFormatError, match="DOCTYPE"):
        inspected(raw_workbook(parts={part: f'<?xml version="1.0"?>\n{before}<x/>'}))


@pytest.mark.parametrize(
    "content",
    [
        "<worksheet/>".encode("utf-16"),
        "<worksheet/>".encode("utf-16-le"),
        b'<?xml version="1.0" encoding="UTF-7"?><x/>',
    ],
)
def test_other_encodings_are_refused(raw_workbook, content):
    with pytest.raises(FileFormatError, match="not in UTF-8"):
        inspected(raw_workbook(parts={"xl/worksheets/sheet1.xml": content}))


@pytest.mark.parametrize("name", ["../a.xml", "/a.xml", "xl\\..\\..\\a.xml", "C:/a.xml"])
def test_a_path_that_leads_out_is_refused(raw_workbook, name):
    with pytest.raises(FileFormatError, match="leads out"):
        inspected(raw_workbook(parts={name: "<x/>"}))


@pytest.mark.parametrize("name", ["xl/embeddings/a.zip", "xl/embeddings/b.xlsx"])
def test_a_nested_archive_is_refused(raw_workbook, name):
    with pytest.raises(FileFormatError, match="another archive"):
        inspected(raw_workbook(parts={name: b"PK"}))


def changed(path, before, after, *, count=-1):
    path.write_bytes(path.read_bytes().replace(before, after, count))
    return path


def test_sizes_that_lie_are_found_out_by_counting(raw_workbook):
    path = raw_workbook(f'<row r="1">{cell("A1")}</row>' + " " * 60_000)
    size = zipfile.ZipFile(path).getinfo("xl/worksheets/sheet1.xml").file_size
    with pytest.raises(FileFormatError, match="larger than it says|damaged"):
        inspected(changed(path, size.to_bytes(4, "little"), (100).to_bytes(4, "little")))


def test_two_parts_of_one_name_and_too_many_parts_are_refused(raw_workbook, monkeypatch):
    with pytest.raises(FileFormatError, match="two parts of the same name"):
        inspected(raw_workbook(parts={"xl/Workbook.xml": "<x/>"}))
    monkeypatch.setattr("procurement_kit.workbook_guard.MAX_PARTS", 4)
    with pytest.raises(FileFormatError, match="more than 4 parts"):
        inspected(raw_workbook())


def test_what_inflates_too_much_is_refused_as_a_part_and_in_all(raw_workbook):
    with pytest.raises(FileFormatError, match="more than 200 times"):
        inspected(raw_workbook(parts={"xl/media/a.bin": b"\0" * 5_000_000}))
    with pytest.raises(FileFormatError, match="more than 0 MB"):
        inspect_workbook(raw_workbook(), name="x", most=100)


@pytest.mark.parametrize("content", [b"", b"a;b\r\n1;2", b"<html/>", b"PK\x03\x04" + b"x" * 50, b"PK"])
def test_what_is_no_workbook_is_said_so(tmp_path, content):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(FileFormatError, match="not an XLSX workbook|damaged workbook"):
        inspected(tmp_path / "a.xlsx")


def test_a_protected_or_old_workbook_and_a_zip_without_sheets_are_told_apart(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    with pytest.raises(FileFormatError, match="password"):
        inspected(tmp_path / "a.xlsx")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    (tmp_path / "b.xlsx").write_bytes(out.getvalue())
    with pytest.raises(FileFormatError, match="has no worksheet"):
        inspected(tmp_path / "b.xlsx")


def test_formulas_without_a_value_are_listed_by_row(raw_workbook):
    path = raw_workbook(
        f'<row r="1">{cell("A1")}<c r="B1"><f>A1</f><v>1</v></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/></c></row><row r="3"><c r="C3" s="1"><f>A1</f><v> </v></c></row>'
        '<row r="4"><c r="D4" t="str"><f>""</f><v></v></c></row>'
    )
    assert inspected(path)[0].uncalculated == {2: "B", 3: "C"}


def test_a_sheet_of_nothing_but_formulas_never_calculated_is_refused(raw_workbook, monkeypatch):
    monkeypatch.setattr("procurement_kit.workbook_guard.MAX_UNCALCULATED", 2)
    path = raw_workbook("".join(f'<row r="{n}"><c r="A{n}"><f>1</f></c></row>' for n in range(1, 5)))
    with pytest.raises(FileFormatError, match="never calculated"):
        inspected(path)
