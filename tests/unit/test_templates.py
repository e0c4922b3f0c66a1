"""Is a table that a consultant filled in read as meant, and refused where it is wrong?"""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.tables import CATEGORY_TREE, CONTRACTS, RULES, UNITS
from procurement_kit.templates import TEMPLATES, read_template, settings_template, template_text, write_templates

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
        contracts(tmp_path, HEAD + "A1;Brød;Bager;;31-13-2025;31-12-2025;måske;12.34\n;Kød;Slagter;;01-01-2025;;;\n")
    problems = caught.value.problems
    assert len(problems) == 5
    assert problems[0].startswith("row 2, «Gælder fra»")
    assert "row 3, «Aftalenummer»: is empty" in problems


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
