"""A small municipality whose lines stand in a spend cube, as import and classification would have left them."""

import json
import sys
from decimal import Decimal
from types import ModuleType

import openpyxl
import pyarrow as pa
import pytest
from traitlets import HasTraits

from procurement_kit import folders, store
from procurement_kit.review import shown_page
from procurement_kit.steps.spend_cube import CUBE, RECORD_FILE
from procurement_kit.tables import INVOICE_LINES
from tests.conftest import complete_lines

SCHOOL, CARE = "Børn og Unge", "Sundhed og Omsorg"
PAPER = {
    "supplier_number": "00100001",
    "supplier_name": "Papirhuset A/S",
    "item_name": "Kopipapir",
    "unit_name": "Skolen",
}
CHAIRS = {"supplier_number": "00100002", "supplier_name": "Stolefabrikken", "item_name": "Stole", "unit_name": "Hallen"}
DEFAULTS = {
    "scope_status": "in_scope", "supplier_match": "number", "category_source": "model",
    "category_code": "1801", "category_confidence": "0.90",
    "category_proposed_code": "180101", "category_proposed_confidence": "0.60", "unit_division_name": SCHOOL,
}  # fmt: skip
WIDGET = "application/vnd.jupyter.widget-view+json"
_SURE = ("category_confidence", "category_proposed_confidence")


def in_cube(rows) -> list[dict]:
    """Rows with all columns of the spend cube; a line nothing has placed is `UNPLACED`."""
    lines = []
    for line in complete_lines([{**DEFAULTS, **row} for row in rows]):
        line |= {name: None if line[name] is None else Decimal(line[name]) for name in _SURE}
        line.setdefault("supplier_key", f"n:{line['supplier_number']}" if line.get("supplier_number") else None)
        lines.append({name: line.get(name) for name in INVOICE_LINES.schema()})
    return lines


UNPLACED = {"category_source": "unclassified", "category_code": None, "category_confidence": None}


@pytest.fixture
def cubed(municipality):
    """Let the municipality's spend cube hold these lines."""

    def build(*rows: dict):
        schema = store.arrow_schema(INVOICE_LINES.schema())
        lines = in_cube(rows)
        with folders.staged(municipality, municipality.folder / CUBE) as folder:
            with store.parquet_parts(folder / "lines", schema) as write:
                write(pa.Table.from_pylist(lines, schema=schema))
            folders.write_text(folder / RECORD_FILE, json.dumps({"fingerprint": "", "steps": {}, "caveats": {}}))
        return municipality

    return build


@pytest.fixture
def fill_in():
    """Fill in cells as a person does in Excel: (sheet, row as Excel shows it, heading) → value."""

    def fill(path, answers, target=None):
        book = openpyxl.load_workbook(path)
        for (name, row, heading), value in answers.items():
            sheet = book[name]
            places = {cell.value: cell.column for cell in sheet[1]}
            sheet.cell(row, places[heading]).value = value
        book.save(target or path)
        return target or path

    return fill


@pytest.fixture
def widgets(monkeypatch):
    """A stand-in for the widget library: holds values, answers messages, shows itself."""

    class AnyWidget(HasTraits):
        def on_msg(self, answer):
            self.answer = answer

        def _repr_mimebundle_(self, **options):
            return {WIDGET: {"model_id": "1"}, "text/plain": "AnyWidget()"}, {}

    library = ModuleType("anywidget")
    library.AnyWidget = AnyWidget
    monkeypatch.setitem(sys.modules, "anywidget", library)
    monkeypatch.setattr(shown_page, "has_widgets", lambda: True)
