"""What does the XLSX reader make of cells, rows and sheets?"""

import datetime
import subprocess
import sys

import openpyxl
import pytest

from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.intake import xlsx_cells
from procurement_kit.intake.profiles import Profile, Source
from procurement_kit.intake.xlsx_cells import XlsxFile


def profile(**options):
    return Profile("p", "1", "ex", "positive_is_spend", options.pop("columns", {}), **options)


def book_of(path, **sheets):
    """A workbook with these sheets; each is a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path, **options):
    """Row number → cells of all rows, and row number → problem."""
    file = XlsxFile(path, profile(**options))
    rows, problems = {}, {}
    for batch in file.batches():
        numbers = batch.numbers.to_pylist()
        rows |= dict(zip(numbers, zip(*(column.to_pylist() for column in batch.columns), strict=True), strict=True))
        problems |= {numbers[place]: why for place, why in batch.problems.items()}
    return rows, problems


def test_text_stays_text_and_numbers_lose_their_noise(tmp_path):
    cells = ["00001234", 1234567, 12345678.0, 5798000000001, 0.1 + 0.2, -1234.5, 1e-5, 0]
    path = book_of(tmp_path / "a.xlsx", Poster=[list("abcdefgh"), cells])
    expected = ("00001234", "1234567", "12345678", "5798000000001", "0,3", "-1234,5", "0,00001", "0")
    assert read(path) == ({2: expected}, {})


def test_amounts_get_the_decimal_mark_and_dates_the_first_format_of_the_profile(tmp_path):
    day, moment = datetime.date(2025, 1, 31), datetime.datetime(2025, 1, 31, 13, 30)
    path = book_of(tmp_path / "a.xlsx", Poster=[list("abcdef"), [1.5, day, moment, True, False, datetime.time(9, 5)]])
    rows, _ = read(path, decimal_mark=".", date_formats=("dd.mm.yyyy", "yyyy-mm-dd"))
    assert rows[2] == ("1.5", "31.01.2025", "31.01.2025", "ja", "nej", "09:05:00")
    rows, _ = read(path, date_formats=("yyyy-mm-ddThh:mm:ss",))
    assert rows[2][1:3] == ("2025-01-31T00:00:00", "2025-01-31T13:30:00")


def test_a_column_of_everything_is_read_cell_by_cell(tmp_path):
    values = ["x", 1.0, None, True, datetime.date(2025, 1, 31), 2.25]
    path = book_of(tmp_path / "a.xlsx", Poster=[["n", "værdi"], *([f"r{n}", v] for n, v in enumerate(values))])
    rows, _ = read(path)
    assert [cells[1] for cells in rows.values()] == ["x", "1", "", "ja", "31-01-2025", "2,25"]


def test_errors_are_empty_and_formulas_give_their_last_value(raw_workbook):
    path = raw_workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="s"><v>0</v></c></row>'
        '<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>"x"</f><v>x</v></c><c r="B3" t="str"><f>""</f><v></v></c></row>'
    )
    assert XlsxFile(path, profile()).header == ["a", "delt"]
    assert read(path) == ({2: ("", "2"), 3: ("x", "")}, {})


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
def test_a_formula_that_was_never_calculated_holds_its_row_back(raw_workbook, value):
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="s"><v>0</v></c></row>'
    path = raw_workbook(
        f'{head}<row r="2"><c r="A2"><v>1</v></c></row><row r="4"><c r="B4"><f>A2*2</f>{value}</c></row>'
    )
    rows, problems = read(path)
    assert rows == {2: ("1", ""), 4: ("", "")}
    assert problems[4].startswith("row 4: the formula in column B was never calculated")


def test_blank_rows_keep_their_number_and_trailing_blank_columns_are_left_out(tmp_path):
    path = book_of(
        tmp_path / "a.xlsx", Poster=[["a", "b", None, " "], ["1", "2", None, " "], [], ["  "], ["3", None, None, None]]
    )
    assert XlsxFile(path, profile()).header == ["a", "b"]
    assert read(path) == ({2: ("1", "2"), 5: ("3", "")}, {})


def test_a_row_that_is_wider_than_the_headings_is_a_problem_and_not_guessed(tmp_path):
    path = book_of(tmp_path / "a.xlsx", Poster=[["a", "b"], ["1", "2"], ["1", "2", None, "4"]])
    rows, problems = read(path)
    assert rows == {2: ("1", "2"), 3: ("", "")}
    assert problems == {3: "row 3: 4 cells, but there are 2 headings"}


def test_a_table_may_begin_in_any_row_and_column(raw_workbook):
    path = raw_workbook(
        '<row r="3"><c r="B3" t="inlineStr"><is><t>a</t></is></c><c r="D3" t="inlineStr"><is><t>c</t></is></c></row>'
        '<row r="5"><c r="C5"><v>7</v></c></row>'
    )
    assert XlsxFile(path, profile(header_row=3)).header == ["", "a", "", "c"]
    assert read(path, header_row=3) == ({5: ("", "", "7", "")}, {})


def test_rows_and_cells_without_references_stand_where_they_stand(raw_workbook):
    path = raw_workbook("<row><c><v>1</v></c><c t='s'><v>0</v></c></row><row><c><v>5</v></c></row>")
    assert XlsxFile(path, profile()).header == ["1", "delt"]


def test_merged_cells_hidden_rows_and_rich_text_are_read(tmp_path, raw_workbook):
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["1", "2"], ["skjult", "3"]):
        book.active.append(row)
    book.active.merge_cells("A2:B2")
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0] == {2: ("1", ""), 3: ("skjult", "3")}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rich = f'<sst xmlns="{main}"><si><r><t>Be</t></r><r><t>løb</t></r><rPh><t>x</t></rPh></si></sst>'
    path = raw_workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', parts={"xl/sharedStrings.xml": rich})
    assert XlsxFile(path, profile()).header == ["Beløb"]


def test_the_first_visible_sheet_with_cells_is_read_unless_the_profile_names_another(tmp_path):
    path = book_of(tmp_path / "a.xlsx", Tom=[], Skjult=[["s"], ["0"]], Første=[["a"], ["1"]], Anden=[["a"], ["2"]])
    book = openpyxl.load_workbook(path)
    book["Skjult"].sheet_state = "hidden"
    book.save(path)
    for sheet, value in ((1, "1"), (2, "2"), ("anden", "2"), ("Skjult", "0")):
        assert read(path, sheet=sheet)[0] == {2: (value,)}, sheet
    for sheet in ("Tredje", 3):
        with pytest.raises(FileFormatError, match="one of «Første», «Anden»"):
            XlsxFile(path, profile(sheet=sheet))


def test_other_sheets_are_named_where_the_headings_are_not_found(tmp_path):
    path = book_of(tmp_path / "a.xlsx", Forside=[["Om"], ["x"]], Poster=[["Beløb"], ["1"]])
    wanted = {"document_amount": Source(("Beløb",))}
    with pytest.raises(TableError, match="set sheet in the profile, if another one is meant: «Poster»"):
        XlsxFile(path, profile(columns=wanted))
    assert XlsxFile(path, profile(columns=wanted, sheet=2)).header == ["Beløb"]


def test_a_workbook_with_macros_is_read_like_any(tmp_path, raw_workbook):
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
    path = raw_workbook(row, name="a.xlsm", parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"\x00" * 100})
    assert read(path)[0] == {2: ("1",)}


def test_rows_come_in_bounded_batches_that_count_the_bytes_read(tmp_path):
    path = book_of(tmp_path / "a.xlsx", Poster=[["a"], *([n] for n in range(25))])
    batches = list(XlsxFile(path, profile()).batches(size=10))
    assert [batch.row_count for batch in batches] == [10, 10, 5]
    counts = [batch.byte_count for batch in batches]
    assert counts == sorted(counts) and counts[-1] == path.stat().st_size


def test_a_reader_that_is_left_early_leaves_no_process_behind(tmp_path, monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    path = book_of(tmp_path / "a.xlsx", Poster=[["a"], *([n] for n in range(100))])
    for _ in XlsxFile(path, profile()).batches(size=10):
        break
    assert [child.poll() is None for child in started] == [False]


def test_what_is_no_workbook_or_has_no_headings_is_said_so(tmp_path):
    with pytest.raises(InputNotFoundError):
        XlsxFile(tmp_path / "none.xlsx", profile())
    path = book_of(tmp_path / "empty.xlsx", Ark1=[])
    with pytest.raises(FileFormatError, match="is empty"):
        XlsxFile(path, profile())
    path = book_of(tmp_path / "a.xlsx", Ark1=[["a"], ["1"]])
    with pytest.raises(FileFormatError, match="sheet «Ark1»: row 9 holds no headings"):
        XlsxFile(path, profile(header_row=9))


def test_what_calamine_cannot_read_openpyxl_reads(tmp_path, monkeypatch):
    """A broken calamine stands before the real one in the child's path."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "python_calamine.py").write_text(
        "class CalamineError(Exception): pass\n"
        "XmlError = ZipError = WorksheetNotFound = CalamineError\n"
        "class CalamineWorkbook:\n"
        "    @staticmethod\n"
        "    def from_path(path): raise CalamineError(path)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    day = datetime.date(2025, 1, 31)
    path = book_of(tmp_path / "a.xlsx", Poster=[list("abcde"), ["007", 5.0, day, "#N/A", 7], [], ["x", True]])
    assert read(path) == ({2: ("007", "5", "31-01-2025", "", "7"), 4: ("x", "ja", "", "", "")}, {})


def test_a_child_that_takes_too_long_or_ends_badly_is_an_error_message(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", Poster=[["a"], ["1"]])
    monkeypatch.setattr(xlsx_cells, "BASE_SECONDS", 0)
    with pytest.raises(FileFormatError, match="more memory or time"):
        read(path)
    monkeypatch.setattr(xlsx_cells, "BASE_SECONDS", 30)
    monkeypatch.setattr(xlsx_cells, "BASE_MEMORY", 30_000_000)
    with pytest.raises(FileFormatError, match="more memory or time"):
        read(path)


def test_the_child_starts_without_loading_anything_heavy_but_arrow():
    code = "import sys, procurement_kit.intake.xlsx_child; print([m for m in %r if m in sys.modules])" % (
        ("pandas", "ibis", "duckdb", "lxml", "openpyxl"),
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
