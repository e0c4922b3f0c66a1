"""Can another program read every figure, exactly, and a Dane open it in Excel?"""

import csv
import io
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from procurement_kit.errors import PrivacyError
from procurement_kit.publishing.finding_files import write_finding_files


def rows(path):
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_every_table_of_every_finding_is_there_twice(tmp_path, findings, writer):
    room = write_finding_files(tmp_path, findings, writer)
    tables = {f"{finding.key}.{name}" for finding in findings for name in finding.tables}
    wanted = {f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")} | {"headings.csv"}
    assert {path.name for path in room.iterdir()} == wanted


def test_decimals_are_exact_in_parquet_and_danish_in_csv(tmp_path, spend, writer):
    room = write_finding_files(tmp_path, [spend], writer)
    column = pq.read_table(room / "spend.top_suppliers.parquet")["net_amount"]
    assert column.to_pylist() == [Decimal("600000.00"), Decimal("350000.00"), Decimal("50000.00")]
    head, first, *_ = rows(room / "spend.top_suppliers.csv")
    assert first[head.index("net_amount")] == "600000,00"
    assert first[head.index("net_share")] == "0,6"


def test_no_cell_of_the_csv_is_computed(tmp_path, spend, writer):
    room = write_finding_files(tmp_path, [spend], writer)
    head, _, second, _ = rows(room / "spend.top_suppliers.csv")
    assert second[head.index("supplier_label")] == "'=Grønt & Frugt ApS"
    assert pq.read_table(room / "spend.top_suppliers.parquet")["supplier_label"][1].as_py() == "=Grønt & Frugt ApS"


def test_the_headings_say_what_each_column_is(tmp_path, spend, writer):
    said = rows(write_finding_files(tmp_path, [spend], writer) / "headings.csv")
    assert said[0] == ["table", "column", "heading", "unit"]
    assert ["spend.top_suppliers", "net_amount", "Beløb ekskl. moms", "kr"] in said


def test_two_runs_give_the_same_bytes(tmp_path, findings, writer):
    one, two = (write_finding_files(tmp_path / name, findings, writer) for name in ("one", "two"))
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_a_personal_number_never_leaves_the_house(tmp_path, spend, writer):
    spend.tables["top_suppliers"]["supplier_label"] = ["Ole 010190-1234", "B", None]
    with pytest.raises(PrivacyError):
        write_finding_files(tmp_path, [spend], writer)
