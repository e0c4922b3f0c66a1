"""Do the key figures stand on their page with their base, their target and no colour of their own making?"""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.analyses.e_trade import analyse_e_trade
from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.errors import NoDataError
from procurement_kit.findings import Number
from procurement_kit.kpi_basis import KpiBasis, KpiCard, Target
from procurement_kit.periods import parse_period
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.kpi_figures import draw_kpis
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.sentences import Writer, show
from tests.unit.analyses.conftest import cube_of_rows, firm, placed, tree  # noqa: F401

D = Decimal
OWN = ETradeBasis("order_number", (), frozenset({"1801"}))
CARD = KpiCard(
    "contract_compliance", {"base_name_da": "hvor en aftale gjaldt", "base_name_en": "where a contract held"}
)


def line(month, status, net, order=None):
    place = {**placed("1801"), **firm("A"), "contract_status": status, "contract_reason": "", "net": net}
    return place | {"municipality_name": "a", "order_number": order, "invoice_date": date(2025, month, 1)}


@pytest.fixture(scope="module")
def cube():
    """88 of 100 kr. loyal in the year, on few documents; 60 of 100 e-traded."""
    return cube_of_rows(
        line(2, "on_contract", "40.00", "45"), line(2, "wrong_supplier", "10.00"),
        line(8, "on_contract", "48.00", "45"), line(8, "wrong_supplier", "2.00"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def basis():
    aim = Target("contract_compliance", parse_period("2025"), D("0.90"), D("0.60"), "2015", green_from=D("0.88"))
    return KpiBasis("a", {"a": "A Kommune"}, {"a": OWN}, {"a": (aim,)}, (CARD,))


@pytest.fixture(scope="module")
def kpis(cube, basis):
    return analyse_kpis(cube, period="2025", basis=basis)


def words(drawing):
    found = etree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")
    return [" ".join("".join(element.itertext()).split()).replace("\u00a0", " ") for element in found]


def test_each_rate_has_its_field_with_target_and_base(kpis):
    shown = words(draw_kpis(kpis))
    assert {"Aftaleloyalitet", "Aftaledækning", "E-handel", "mål 90 %", "96 %", "Q1", "Q4"} <= set(shown)
    assert "af 100 kr.: hvor en aftale" in " ".join(shown)
    assert "Contract compliance" in words(draw_kpis(kpis, language="en"))


def test_the_figure_is_the_same_every_time_and_says_what_it_shows(kpis):
    one, other = draw_kpis(kpis), draw_kpis(kpis)
    assert one.svg == other.svg
    assert one.title.replace("\u00a0", " ") == "Aftaleloyaliteten er 88 %, målet er 90 %"
    assert "stiplet" in one.alt


def test_a_quarter_with_few_documents_is_a_hollow_mark(kpis):
    hollow = draw_kpis(kpis).svg
    kpis.tables["by_quarter"]["kpi_status"] = "green"
    try:
        assert draw_kpis(kpis).svg != hollow
    finally:
        kpis.tables["by_quarter"]["kpi_status"] = "too_few"


def test_nothing_known_is_refused():
    nothing = cube_of_rows({**line(2, "undecidable", "1.00"), "is_addressable": False})
    basis = KpiBasis("a", {"a": "A"}, {"a": ETradeBasis("none")})
    with pytest.raises(NoDataError, match="No rate is known"):
        draw_kpis(analyse_kpis(nothing, period="2025", basis=basis))


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_pages_are_filled_in_both_languages(cube, basis, kpis, tree, language):  # noqa: F811
    e_trade = analyse_e_trade(cube, period="2025", tree=tree, basis=OWN)
    days = {"first_date": Number(date(2025, 1, 1), "date"), "last_date": Number(date(2025, 12, 31), "date")}
    context = {"municipality": Number("A Kommune", "text"), "period": Number("2025", "text"), **days}
    writer = Writer(Formats(language), {"kpis": kpis, "e_trade": e_trade}, context)
    first, second = page_views(read_recipe("kpis"), writer)
    assert "88" in first.headline and "90" in first.headline and not first.missing
    assert first.table.rows[0][0] == "contract_compliance" and len(second.table.rows) == 3
    assert "12" not in first.foot.split("·")[-1]
    few = {"da": "for få bilag", "en": "too few documents"}[language]
    assert few in first.table.cells[0]
    assert any(few.split()[-1] in text for _, texts in first.lists for text in texts)


def test_the_findings_are_told_in_both_languages(cube, kpis, tree):  # noqa: F811
    e_trade = analyse_e_trade(cube, period="2025", tree=tree, basis=OWN)
    assert "88 % af 100 kr." in repr(show(kpis)).replace("\u00a0", " ")
    assert "88% of the DKK 100" in repr(show(e_trade, language="en")).replace("\u00a0", " ")
    for table in kpis.tables:
        show(kpis, table=table, language="en")
    for table in e_trade.tables:
        show(e_trade, table=table)


def test_the_report_of_key_figures_lies_beside_the_standard_one():
    assert read_recipe("kpis").folder_name("2025") == "2025-kpis"
    assert read_recipe("municipal_report").folder_name("2025") == "2025"
    assert not read_recipe("kpis").speaks_of_quality and read_recipe("municipal_report").speaks_of_quality
