"""A small cube of one year with figures that can be added up by hand."""

from datetime import date

import pytest

from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.store import table_of
from procurement_kit.tables import INVOICE_LINES
from tests.conftest import complete_lines


def placed(code: str | None) -> dict:
    """Category columns of a line in scope: the code claimed and its path."""
    return {
        "scope_status": "in_scope",
        "vat_basis": "ex",
        "is_addressable": True,
        "category_code": code,
        "category_source": "rule" if code else "unclassified",
        "category_1_code": code[:2] if code else None,
        "category_2_code": code[:4] if code and len(code) >= 4 else None,
    }


def firm(letter: str) -> dict:
    """Supplier columns of a company."""
    return {"supplier_key": f"n:{letter}", "supplier_label": f"Firma {letter}", "supplier_match": "number"}


PERSON = {"supplier_key": "p:token", "supplier_label": "Privatperson", "supplier_match": "person"}


@pytest.fixture(scope="session")
def tree():
    """Two areas of three groups: paper and furniture (goods), care (services, granted to citizens)."""
    return CategoryTree(
        (
            Category("18", None, "Inventar og kontor", "Furniture and office", 1, "goods"),
            Category("1801", "18", "Kontorartikler", "Office supplies", 2, "goods"),
            Category("1802", "18", "Møbler", "Furniture", 2, "goods"),
            Category("04", None, "Pleje", "Care", 1, "services", is_granted_to_citizen=True),
            Category("0401", "04", "Hjemmepleje", "Home care", 2, "services"),
        )
    )


def cube_of_rows(*rows: dict):
    """All columns of the spend cube from a few words per line; for fixtures that live longer than one test."""
    return table_of(complete_lines(list(rows)), INVOICE_LINES.schema())


@pytest.fixture(scope="session")
def year_cube():
    """2025: 1,000 kr. received, 900 analysed, 850 addressable; 2024: 500 analysed."""
    exempt = {**placed("0401"), "is_addressable": False}
    return cube_of_rows(
        {**placed("1801"), **firm("A"), "net": "400.00", "unit_division_name": "Børn", "unit_name": "Skolen"},
        {**placed("1801"), **firm("A"), "net": "-50.00", "document_type": "credit_note", "unit_division_name": "Børn"},
        {**placed("1802"), **firm("B"), "net": "250.00", "unit_division_name": "Ældre", "document_id": "D3"},
        {**placed("18"), **firm("B"), "net": "100.00", "unit_division_name": "Ældre", "document_id": "D3"},
        {**exempt, **firm("C"), "net": "50.00", "invoice_date": date(2025, 8, 1)},
        {**placed("0401"), **PERSON, "net": "100.00", "invoice_date": date(2025, 12, 31)},
        {**placed(None), **firm("D"), "net": "50.00"},
        {"scope_status": "public_payment", "net": "100.00", "category_source": "scope"},
        {
            "scope_status": "no_exchange_rate",
            "document_currency": "SEK",
            "net_amount": None,
            "document_net_amount": 700,
            "is_addressable": False,
        },
        {**placed("1801"), **firm("A"), "net": "300.00", "invoice_date": date(2024, 3, 1)},
        {**placed("1801"), **firm("A"), "net": "100.00", "invoice_date": date(2024, 8, 1)},
        {**placed("1801"), **firm("A"), "net": "100.00", "invoice_date": date(2024, 12, 1)},
    )
