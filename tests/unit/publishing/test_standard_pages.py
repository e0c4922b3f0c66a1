"""Do the pages about buyers, groups and opportunities say their figures, and what they would take where they cannot?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.buyers import analyse_buyers
from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.groups import analyse_groups
from procurement_kit.analyses.opportunities import analyse_opportunities
from procurement_kit.analyses.spend import analyse_spend
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import NoDataError
from procurement_kit.price_levels import PriceLevels
from procurement_kit.publishing.buyer_figures import draw_buyers
from procurement_kit.publishing.figures import draw_spend_by_area
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.sentences import Writer

LINE = {"scope_status": "in_scope", "is_addressable": True, "vat_basis": "ex", "category_source": "rule"}
LEVELS = PriceLevels(
    {("all", "", year): Decimal(value) for year, value in ((2023, 98), (2024, 100), (2025, 104))}, "skøn"
)


def bought(net: str, code: str = "1801", status: str = "no_known_contract", division: str = "Børn", **more) -> dict:
    codes = {"category_code": code, "category_1_code": code[:2], "category_2_code": code}
    supplier = {"supplier_key": "n:1", "supplier_label": "Firma A", "contract_status": status}
    return {**LINE, **codes, **supplier, "unit_division_name": division, "net": net, **more}


@pytest.fixture
def cube(cube_of):
    years = [bought("50000", invoice_date=date(2024, month, 1)) for month in range(1, 13)] * 2
    return cube_of(
        *years, *(bought("50000", invoice_date=date(2025, month, 1)) for month in (*range(1, 13), *range(1, 13))),
        bought("700", division="Ældre"), bought("900000", code="1703", division="Ældre", status="wrong_supplier"),
    )  # fmt: skip


@pytest.fixture
def made(cube):
    tree = standard_tree()
    spend = analyse_spend(cube, period="2025", tree=tree, prices=LEVELS)
    compliance = analyse_compliance(cube, period="2025", tree=tree)
    return {
        "spend": spend,
        "compliance": compliance,
        "buyers": analyse_buyers(cube, period="2025", tree=tree),
        "groups": analyse_groups(cube, period="2025", tree=tree, findings=[spend, compliance]),
        "opportunities": analyse_opportunities(cube, period="2025", tree=tree),
    }


def views(writer, made, language="da"):
    recipe = read_recipe("municipal_report")
    both = {**writer.findings, **made}
    filled = page_views(recipe, Writer(Formats(language), both, writer.context))
    return {page.key: page for page in filled}


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_page_is_short_and_every_remark_is_four_words_at_most(writer, made, language):
    found = views(writer, made, language)
    for page in found.values():
        assert len(page.text.split()) <= 60, page.key
    remarks = writer.__class__(Formats(language), {}).entry("values.group_remark")
    assert all(len(remark.split()) <= 4 for remark in remarks.values())


def test_page_four_names_the_buyer_and_draws_the_table(writer, made):
    page = views(writer, made)["buyers"]
    assert plain(page.headline) == "Børn køber mest, 1,2 mio. kr."
    assert plain(page.means).startswith("Kun 1 faktura er under 1.000 kr.")  # too few to say anybody's share
    assert page.drawing.svg.count("<text") > 8


def test_fields_under_half_a_million_stay_blank(made):
    svg = draw_buyers(made["buyers"]).svg
    assert ">1,2<" in svg
    assert ">0,9<" in svg
    assert ">0,0<" not in svg


def test_without_divisions_the_page_says_what_it_would_take(writer, made, cube_of):
    none = analyse_buyers(cube_of(bought("100", division=None)), period="2025", tree=standard_tree())
    page = views(writer, {**made, "buyers": none})["buyers"]
    assert "units.xlsx" in page.missing
    with pytest.raises(NoDataError):
        draw_buyers(none)


def test_page_five_shows_growth_in_fixed_prices_with_the_nominal_beside(writer, made):
    page = views(writer, made)["groups"]
    headings = [column.heading for column in page.table.columns]
    assert {"Ændring, løbende priser", "Ændring, faste priser"} <= set(headings)
    row = next(row for row in page.table.cells if "Kontorartikler" in row[0] or "1.201" in row[1])
    assert len(row) == 10


def test_without_indices_the_nominal_is_named_as_such(writer, made, cube):
    tree = standard_tree()
    spend = analyse_spend(cube, period="2025", tree=tree)
    groups = analyse_groups(cube, period="2025", tree=tree, findings=[spend, made["compliance"]])
    found = views(writer, {**made, "spend": spend, "groups": groups})
    assert [column.name for column in found["groups"].table.columns].count("fixed_change_share") == 0
    assert "løbende priser" in found["groups"].text
    assert "(løbende priser)" in found["summary"].tiles[0].note
    assert any("prisindeks" in line for line in dict(found["method"].lists)["Hvad mangler"])


def test_tile_one_says_fixed_prices_first(writer, made):
    note = plain(views(writer, made)["summary"].tiles[0].note)
    assert "+68 % i forhold til året før i faste priser (+75 % i løbende)" in note  # 2,100,700 after 1,248,000
    assert "årets priser" in draw_spend_by_area(made["spend"]).svg


def test_page_eleven_never_invents_a_gain(writer, made):
    page = views(writer, made)["opportunities"]
    assert plain(page.headline).startswith("2 greb bør undersøges først")
    assert {row[3] for row in page.table.cells} == {"ikke fastsat"}
    assert {row[8] for row in page.table.cells} == {"aftales"}
    assert "før målet er nået" in page.means


def test_a_page_whose_finding_was_not_made_says_what_it_would_take(writer):
    found = views(writer, {})
    for key in ("buyers", "groups", "opportunities"):
        assert found[key].missing, key
        assert found[key].headline, key
