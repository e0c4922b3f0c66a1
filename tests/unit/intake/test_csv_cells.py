"""The cells of a CSV file, its rows counted as Excel counts them, whichever way a block of it is read."""

import csv
import gzip
from dataclasses import replace

import pytest

from procurement_kit.errors import FileFormatError
from procurement_kit.intake import csv_blocks, csv_cells
from procurement_kit.intake.csv_blocks import Dialect, StrictError, parse, regular_end
from procurement_kit.intake.csv_cells import CsvFile
from procurement_kit.intake.profiles import find_profile

THREE = Dialect(";", '"', 3)
HEADINGS = "Bilag;Tekst;Beløb\r\n"


def cells_of(path, **layout):
    """Rows by number, and problems by number."""
    file = CsvFile(path, replace(find_profile("ledger_dk"), **layout))
    cells, problems = {}, {}
    for rows in file.batches(size=3):
        numbers = rows.numbers.to_pylist()
        columns = [column.to_pylist() for column in rows.columns]
        cells |= dict(zip(numbers, zip(*columns, strict=True), strict=True))
        problems |= {numbers[place]: problem for place, problem in rows.problems.items()}
    return cells, problems


@pytest.fixture
def written(tmp_path):
    def write(text, name="a.csv", encoding="utf-8"):
        path = tmp_path / name
        content = text.encode(encoding)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture(params=[4 << 20, 64, 7])
def small_blocks(request, monkeypatch):
    """Whatever the blocks, the rows are the same."""
    monkeypatch.setattr(csv_cells, "BLOCK_OF_ROWS", request.param)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_rows_keep_their_numbers_whatever_the_encoding(written, small_blocks, encoding, name):
    text = HEADINGS + '1;Ærø;1,00\r\n\r\n;;\r\n2;"to\r\nlinjer";2,00\r\n3;"sagde ""nej""; gik";3,00'
    cells, problems = cells_of(written(text, name, encoding))
    assert cells == {2: ("1", "Ærø", "1,00"), 5: ("2", "to\r\nlinjer", "2,00"), 6: ("3", 'sagde "nej"; gik', "3,00")}
    assert problems == {}


def test_rows_of_another_width_are_problems_in_their_place(written, small_blocks):
    text = HEADINGS + "1;a;1\r\n2;b\r\n3;c;3;\r\n4;d;4;x\r\n; ;\r\n;\r\n5;e;5\r\n"
    cells, problems = cells_of(written(text))
    assert cells == {2: ("1", "a", "1"), 3: ("",) * 3, 4: ("3", "c", "3"), 5: ("",) * 3, 8: ("5", "e", "5")}
    assert problems == {
        3: "row 3: 2 cells, but there are 3 headings",
        5: "row 5: 4 cells, but there are 3 headings",
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_row(written, small_blocks, end):
    cells, _ = cells_of(written(end.join(["Bilag;Tekst;Beløb", "1;a;1", "", "2;b;2", ""])))
    assert cells == {2: ("1", "a", "1"), 4: ("2", "b", "2")}


def test_an_inch_in_a_cell_is_an_inch(written, small_blocks):
    cells, _ = cells_of(written(HEADINGS + '1;skrue 5";1\n2;"rør; 2""";2\n3;c;3\n'))
    assert cells == {2: ("1", 'skrue 5"', "1"), 3: ("2", 'rør; 2"', "2"), 4: ("3", "c", "3")}


@pytest.mark.parametrize(
    ("row", "number"), [('1;"a"b;1\n', 3), ('1;"a;1\n', 3), (f"1;{'x' * 140_000};1\n", 3), ('1;"a\n\nb" ;1\n', 3)]
)
def test_a_row_that_cannot_be_read_is_named(written, small_blocks, row, number):
    with pytest.raises(FileFormatError, match=f"row {number}: a "):
        cells_of(written(HEADINGS + "0;;1\n" + row + "2;b;2\n" * 3))


def test_where_nothing_is_quoted_a_mark_is_a_sign(written, small_blocks):
    cells, _ = cells_of(written(HEADINGS + '1;"a;1\n2;b"c"d;2\n'), quote="")
    assert cells == {2: ("1", '"a', "1"), 3: ("2", 'b"c"d', "2")}


def test_rows_above_the_headings_are_nobodys(written, small_blocks):
    text = "Udtræk fra økonomisystemet\n\n" + HEADINGS.strip() + "\n1;a;1\n"
    cells, problems = cells_of(written(text), header_row=3)
    assert (cells, problems) == ({4: ("1", "a", "1")}, {})


def test_a_file_of_one_column_is_read(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("Beløb\n1\n\n2\n", encoding="utf-8")
    assert cells_of(path)[0] == {2: ("1",), 4: ("2",)}


def test_a_wrong_encoding_is_told(written):
    with pytest.raises(FileFormatError, match="not text in utf-8"):
        cells_of(written(HEADINGS + "1;Ærø;1\n" * 9, encoding="cp1252"), encoding="utf-8")


def test_a_damaged_gzip_is_told_while_reading(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((HEADINGS + "1;a;1\n" * 400_000).encode())[:-30])
    with pytest.raises(FileFormatError, match="not a whole gzip file"):
        cells_of(path, encoding="utf-8")


def test_a_row_without_end_is_refused_early(written, monkeypatch):
    monkeypatch.setattr(csv_blocks, "LONGEST_ROW", 1000)
    monkeypatch.setattr(csv_cells, "BLOCK_OF_ROWS", 500)
    with pytest.raises(FileFormatError, match="a cell holds more than"):
        cells_of(written(HEADINGS + "x;" * 50_000))


# --- blocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "end"),
    [
        (b"1;2;3\n4;5", 6),
        (b"1;2;3\r4;5\r", 6),
        (b'1;"2\n3";4\n5', 10),
        (b'1;"2\n3', 0),
        (b'1;2;3\n4;"5\n6', 6),
        (b'1;"2""3";4\n', 11),
        (b'1;"";"""";\n', 11),
        (b'1;a"b;c\n', 0),
        (b'1;"a"b;c\n', 0),
        (b'1; "a";c\n', 0),
        (b"1;2;3", 0),
    ],
)
def test_where_a_regular_block_ends(block, end):
    assert regular_end(block, THREE, is_last=False) == end


@pytest.mark.parametrize("block", [b'1;"a;1\n', b'1;"a"b;1\n', b"1;" + b"x" * (csv.field_size_limit() + 1) + b";1\n"])
def test_what_a_strict_reader_refuses_is_refused(block):
    with pytest.raises(StrictError):
        parse(block, THREE, is_last=True)


def test_a_delimiter_of_two_bytes_is_read_row_by_row():
    found = parse("1æ2\n".encode(), Dialect("æ", '"', 2), is_last=True)
    assert [column.to_pylist() for column in found.columns] == [["1"], ["2"]]
