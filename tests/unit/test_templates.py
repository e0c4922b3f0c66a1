"""Is a table that a consultant filled in read as meant, and refused where it is wrong?"""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit.columns import Column
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACTS
from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.tables import CATEGORY_TREE, EXCHANGE_RATES, RULES, UNITS
from procurement_kit.templates import (
    TEMPLATES,
    read_cell,
    read_template,
    settings_template,
    template_text,
    write_templates,
)

HEAD = "Aftalenummer;Titel;Leverandør;CVR-nummer;Gælder fra;Gælder til;Forpligtende;Maksimum\n"


def contracts(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "contracts.csv"
    path.write_bytes(text.encode(encoding))
    return read_template(path, CONTRACTS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_danish_csv_is_read_with_types(tmp_path, encoding):
    rows = contracts(
        tmp_path, HEAD + "A1;Brød;Ærø Bageri;01234567;01-01-2025;31.12.2025;ja;1.234,50\n", encoding
    ).to_pylist()
    assert rows[0]["supplier_name"] == "Ærø Bageri"
    assert rows[0]["supplier_number"] == "01234567"
    assert rows[0]["valid_to_date"] == date(2025, 12, 31)
    assert rows[0]["is_binding"] is True
    assert rows[0]["maximum_amount"] == Decimal("1234.50")
    assert rows[0]["lot_number"] is None


def test_column_names_serve_as_headings_too(tmp_path):
    text = "contract_number,contract_title,supplier_name,valid_from_date,valid_to_date\nA1,Brød,Bager,2025-01-01,2025-12-31\n"
    assert contracts(tmp_path, text).num_rows == 1


def test_all_wrong_cells_are_told_at_once_with_row_and_heading(tmp_path):
    with pytest.raises(TableError) as caught:
        contracts(tmp_path, HEAD + "A1;Brød;Bager;;31-13-2025;31-12-2025;måske;12.34\n;Kød;;;01-01-2025;;;\n")
    problems = caught.value.problems
    assert len(problems) == 5
    assert problems[0].startswith("row 2, «Gælder fra»")
    assert "row 3, «Aftalenummer»: is empty" in problems


def test_problems_name_the_row_as_excel_shows_it_also_after_blank_rows(tmp_path):
    text = HEAD + '\n;;;;;;;\nA1;"Brød\nog kager";Bager;;01-01-2025;31-12-2025;ja;\n\nA2;Kød;Slagter;;x;31-12-2025;;\n'
    with pytest.raises(TableError) as caught:
        contracts(tmp_path, text)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["row 6, «Gælder fra»"]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1,005", "has more than 2 decimals"),
        ("0," + "0" * 40 + "1", "has more than 2 decimals"),
        ("1" * 40, "is too large"),
        ("-10.000.000.000.000.000", "is too large"),
    ],
)
def test_a_number_the_column_cannot_hold_is_a_problem_with_its_row(tmp_path, cell, problem):
    with pytest.raises(TableError) as caught:
        contracts(tmp_path, HEAD + f"A1;Brød;Bager;;01-01-2025;31-12-2025;ja;{cell}\n")
    assert caught.value.problems == (f"row 2, «Maksimum»: {problem}",)


def test_the_largest_number_and_idle_zeros_are_held(tmp_path):
    number = "9.999.999.999.999.999,99"
    rows = contracts(
        tmp_path,
        HEAD + f"A1;Brød;Bager;;01-01-2025;31-12-2025;ja;{number}\nA2;Kød;B;;01-01-2025;31-12-2025;ja;1,500000\n",
    ).to_pylist()
    assert [row["maximum_amount"] for row in rows] == [Decimal("9999999999999999.99"), Decimal("1.50")]


def test_an_exchange_rate_of_twenty_digits_is_too_large(tmp_path):
    path = tmp_path / "exchange_rates.csv"
    path.write_text(f"Valuta;Gælder fra;Kurs;Kilde\nEUR;01-01-2025;{'7' * 20};x\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_template(path, EXCHANGE_RATES)
    assert caught.value.problems == ("row 2, «Kurs»: is too large",)


@pytest.mark.parametrize(
    ("cell", "problem"), [("9" * 19, "is too large"), ("9" * 5000, "is too large"), ("²", "whole"), ("--5", "whole")]
)
def test_a_whole_number_is_of_ordinary_size(cell, problem):
    column = Column("notice_month_count", "int64", "Opsigelse (mdr.)", "")
    assert read_cell("-12", column) == -12
    assert read_cell(str(2**63 - 1), column) == 2**63 - 1
    with pytest.raises(ValueError, match=problem):
        read_cell(cell, column)


def price_of(tmp_path, number):
    book = openpyxl.Workbook()
    book.active.append(["Aftalenummer", "Varenummer", "Måleenhed", "Aftalt pris"])
    book.active.append(["A1", 10045, "CT", number])
    book.save(tmp_path / "items.xlsx")
    return read_template(tmp_path / "items.xlsx", CONTRACT_ITEMS).to_pylist()[0]["agreed_price_amount"]


@pytest.mark.parametrize(
    ("number", "price"),
    [
        (0.1 + 0.2, "0.30"),
        (sum([0.1] * 100), "10.00"),
        (132.5, "132.50"),
        (-7, "-7.00"),
        (1e3, "1000.00"),
        (1_000_000_000_000.01, "1000000000000.01"),
        (1.1 * 1_234_567_890, "1358024679.00"),
    ],
)
def test_binary_noise_of_a_workbook_is_not_taken_for_decimals(tmp_path, number, price):
    assert price_of(tmp_path, number) == Decimal(price)


@pytest.mark.parametrize(
    ("number", "problem"),
    [(1 / 3, "has more than 2 decimals"), (1.005, "has more than 2 decimals"), (1e300, "is too large")],
)
def test_a_workbook_number_that_is_too_fine_or_too_large_is_a_problem(tmp_path, number, problem):
    with pytest.raises(TableError) as caught:
        price_of(tmp_path, number)
    assert caught.value.problems == (f"row 2, «Aftalt pris»: {problem}",)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"A2;{'x' * 140_000};Bager;;;;;", "a cell holds more than 131,072 characters"),
        (f'A2;"Brød;Bager;;;;;\n{"y" * 140_000}', "or a quotation mark is not closed"),
        ("A2;Brød\rKage;Bager;;;;;", "a line break stands inside a cell"),
    ],
)
def test_a_row_that_is_not_csv_is_named(tmp_path, row, problem):
    with pytest.raises(FileFormatError, match=r"contracts.csv, row 3: ") as caught:
        contracts(tmp_path, HEAD + "A1;Brød;Bager;;01-01-2025;31-12-2025;ja;\n" + row + "\n")
    assert problem in caught.value.what


def test_wrong_headings_are_refused_with_the_nearest(tmp_path):
    with pytest.raises(TableError, match="valid_from_date is missing"):
        contracts(tmp_path, "Aftalenummer;Titel;Leverandør;Gælder frra;Gælder til\nA;B;C;01-01-2025;01-01-2026\n")


def test_a_repeated_key_names_both_rows(tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text("Kode;Navn\n01;Brød\n02;Kød\n01;Fisk\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_template(path, CATEGORY_TREE)
    assert caught.value.problems == ("row 4: «01» stands in row 2 already",)


def test_excel_keeps_leading_zeros_where_the_cell_is_text(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["GLN/EAN", "Omkostningssted", "Enhed", "Gælder fra"])
    book.active.append(["5799990000012", "0047", "Skolen", date(2025, 1, 1)])
    book.save(tmp_path / "units.xlsx")
    row = read_template(tmp_path / "units.xlsx", UNITS).to_pylist()[0]
    assert (row["buyer_unit_number"], row["unit_name"], row["valid_from_date"]) == ("0047", "Skolen", date(2025, 1, 1))


def test_a_missing_an_empty_and_a_binary_file_are_refused(tmp_path):
    with pytest.raises(InputNotFoundError):
        read_template(tmp_path / "none.csv", RULES)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(FileFormatError, match="is empty"):
        read_template(tmp_path / "empty.csv", RULES)
    (tmp_path / "binary.csv").write_bytes(b"\x00\x01\x02")
    with pytest.raises(FileFormatError, match="not a text file"):
        read_template(tmp_path / "binary.csv", RULES)
    (tmp_path / "fake.xlsx").write_bytes(b"not a zip")
    with pytest.raises(FileFormatError, match="not an XLSX"):
        read_template(tmp_path / "fake.xlsx", RULES)


@pytest.mark.parametrize("table", TEMPLATES, ids=lambda table: table.name)
def test_every_template_can_be_read_back_as_it_is_written(tmp_path, table):
    path = tmp_path / f"{table.name}.csv"
    path.write_bytes(template_text(table).encode("utf-8"))
    assert read_template(path, table).num_rows == 1


def test_blank_workbooks_are_the_same_bytes_each_time(tmp_path):
    write_templates(tmp_path / "a")
    write_templates(tmp_path / "b")
    paths = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(paths) > 20
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes(), path.name


def test_the_settings_template_names_every_setting():
    from procurement_kit.settings import SETTING_NAMES

    assert all(f"{name} = " in settings_template() for name in SETTING_NAMES)
