"""A small tree, the product's own limits, and lines as the tender analyses meet them."""

from datetime import date
from decimal import Decimal

from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.steps.tender_inputs import read_light_ranges, read_thresholds
from procurement_kit.tender_basis import KnownContract, TenderBasis
from tests.unit.analyses.conftest import cube_of_rows, firm, placed

D = Decimal
TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1, "goods"),
        Category("1801", "18", "Papir", "Paper", 2, "goods", cpv_codes=("30190000",)),
        Category("1802", "18", "Møbler", "Furniture", 2, "goods", cpv_codes=("39100000",)),
        Category("19", None, "Tjenester", "Services", 1, "services"),
        Category("1901", "19", "Vikarer", "Agency staff", 2, "services", cpv_codes=("79620000",)),
        Category("1902", "19", "Forløb", "Courses", 2, "services", cpv_codes=("85312000",)),
        Category("1903", "19", "Blandet", "Mixed", 2, "services", cpv_codes=("85312000", "79620000")),
        Category("11", None, "Anlæg", "Works", 1, "works"),
        Category("1104", "11", "Maler", "Painting", 2, "works"),
        Category("1105", "11", "Murer", "Masonry", 2, "works"),
        Category("04", None, "Pleje", "Care", 1, "services", is_granted_to_citizen=True),
        Category("0401", "04", "Hjemmepleje", "Home care", 2, "services"),
    )
)
STATUS = {"free": "no_known_contract", "on": "on_contract", "wrong": "wrong_supplier", "open": "undecidable"}


def basis_of(*contracts, names=("a",)):
    titles = {name: f"{name.upper()} Kommune" for name in names}
    return TenderBasis(tuple(contracts), read_thresholds(), read_light_ranges(), titles)


def contract(number="K-1", codes=("1801",), last=date(2026, 6, 30), **more):
    values = {"municipality": "a", "title": f"Aftale {number}", "first": date(2024, 1, 1), **more}
    return KnownContract(number=number, categories=codes, last=last, **values)


def bought(net, code="1801", status="free", day=date(2025, 6, 1), **more):
    line = {**placed(code), **firm("A"), "net": net, "contract_status": STATUS[status], "invoice_date": day}
    return line | {"municipality_name": "a", "contract_reason": "no_contract"} | more


def year_of(*rows, year=2025, name="a"):
    """Lines with one of nothing in the first and in the last month, so that all twelve have been seen."""
    ends = [bought("0.00", day=date(year, month, 15), municipality_name=name) for month in (1, 12)]
    return cube_of_rows(*rows, *ends)


def only(finding, table, **wanted):
    rows = finding.tables[table]
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows.to_string()
    return rows.iloc[0].to_dict()
