"""Can the blank table of invoice lines be filled in and imported as it is?"""

from datetime import date
from decimal import Decimal

from procurement_kit import store
from procurement_kit.intake.load import import_files
from procurement_kit.tables import INVOICE_LINES
from procurement_kit.templates import template_text


def test_the_example_row_is_imported(municipality, tmp_path):
    path = tmp_path / "invoice_lines.csv"
    path.write_bytes(template_text(INVOICE_LINES).encode("utf-8"))
    report = import_files(municipality, [path], profile="invoice_lines").as_dict()
    assert (report["lines_taken"], report["amount_taken"]) == (1, "1234.50")
    line = store.read_lines(municipality).to_pyarrow().to_pylist()[0]
    assert line["supplier_name"] == "Eksempel Byg ApS"
    assert line["supplier_number"] == "01234567"
    assert line["invoice_date"] == date(2025, 1, 31)
    assert line["net_amount"] == Decimal("1234.50")


def test_the_table_asks_for_nothing_that_is_computed():
    headings = template_text(INVOICE_LINES).splitlines()[0]
    for heading in ("Linje-id", "Filens hash", "Maskerede numre", "Kategorikode;"):
        assert heading not in headings
