"""What do the supplier findings look like?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.analyses.concentration import analyse_concentration
from procurement_kit.analyses.consolidation import estimate_consolidation
from procurement_kit.analyses.levers import Lever
from procurement_kit.analyses.overlap import analyse_overlap
from procurement_kit.analyses.small_purchases import analyse_small_purchases
from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import ParameterError
from procurement_kit.publishing.sentences import show, texts
from procurement_kit.publishing.supplier_figures import RULE, draw_suppliers
from tests.unit.analyses.conftest import cube_of_rows, firm, placed

DRAWN = {
    "tail_cuts": "tail", "tail_by_category": "tail", "lorenz": "concentration",
    "supplier_timeline": "supplier_changes", "overlap": "overlap",
}  # fmt: skip
FINDINGS = ("tail", "concentration", "supplier_changes", "small_purchases", "consolidation", "overlap")


def bought(letter: str, net: str, year: int, month: int, town: str = "ådal") -> dict:
    code = "1801" if letter in "AB" else "0901"
    row = {**placed(code), **firm(letter), "net": net, "invoice_date": date(year, month, 5), "municipality_name": town}
    return row | {"unit_name": f"Enhed {letter}"}


@pytest.fixture(scope="module")
def made():
    """Two years, four suppliers, two municipalities: C is gone, D new, A shared."""
    rows = [bought("A", "90000", year, month) for year in (2024, 2025) for month in range(1, 13)]
    rows += [bought("B", "60000", 2025, month) for month in (2, 5)] + [bought("C", "700", 2024, 2)]
    rows += [bought("D", "300", 2025, 8, "byrum"), bought("A", "100", 2025, 9, "byrum")]
    cube, tree = cube_of_rows(*rows), standard_tree()
    lever = Lever("18", 1, Decimal("0.02"), Decimal("0.05"), "tilbud")
    found = (
        analyse_tail(cube, period="2025", tree=tree),
        analyse_concentration(cube, period="2025", tree=tree),
        analyse_supplier_changes(cube, period="2025"),
        analyse_small_purchases(cube, period="2025", tree=tree),
        estimate_consolidation(cube, period="2025", scenario=(lever,), tree=tree),
        analyse_overlap(cube, period="2025", tree=tree),
    )
    return {finding.key: finding for finding in found}


@pytest.fixture(scope="module")
def nothing(made):
    """The same findings of a cube in which only credits stand."""
    cube = cube_of_rows({**placed("1801"), **firm("A"), "net": "-5", "scope_status": "transfer"})
    return {
        "tail": analyse_tail(cube, period="2025"),
        "concentration": analyse_concentration(cube, period="2025"),
        "supplier_changes": analyse_supplier_changes(cube, period="2025"),
        "overlap": analyse_overlap(cube_of_rows({**placed("1801"), **firm("A"), "net": "5"}), period="2025"),
    }


def words(drawing) -> list[str]:
    found = etree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\u00a0", " ") for element in found]


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("figure", DRAWN)
def test_a_figure_has_title_alternative_and_reading_and_is_the_same_every_time(made, figure, language):
    drawing = draw_suppliers(made[DRAWN[figure]], figure=figure, language=language)
    assert len(drawing.title) > 20
    assert "{" not in drawing.title + drawing.alt
    assert drawing.svg == draw_suppliers(made[DRAWN[figure]], figure=figure, language=language).svg
    assert {"what", "how", "do"} <= set(texts(language)["figures"][drawing.key])


@pytest.mark.parametrize("figure", DRAWN)
def test_what_has_nothing_to_show_is_not_drawn_but_said(nothing, figure):
    drawn = draw_suppliers(nothing[DRAWN[figure]], figure=figure)
    assert not drawn.svg
    assert "ikke noget at tegne" in drawn._repr_html_()


def test_a_figure_of_another_finding_is_refused(made):
    for key, figure in (("tail", "lorenz"), ("small_purchases", "")):
        with pytest.raises(ParameterError):
            draw_suppliers(made[key], figure=figure)


def test_the_three_cuts_are_marked_with_their_number(made):
    shown = words(draw_suppliers(made["tail"]))
    assert {"80 %: 1", "95 %: 2", "50.000 kr.: 2"} <= set(shown)


def test_small_suppliers_stand_by_category_twice(made):
    shown = words(draw_suppliers(made["tail"], figure="tail_by_category"))
    assert {"små i hele kommunen", "små i gruppen", "1", "0"} <= set(shown)


def test_quarters_that_cannot_be_known_are_grey(made):
    drawing = draw_suppliers(made["supplier_changes"])
    assert drawing.title.replace("\u00a0", " ") == "2 nye leverandører i 2025, 1 fra 2024 er væk"
    assert RULE in drawing.svg
    assert {"2024Q1", "2025Q4", "nye", "ophørte", "kan ikke vides"} <= set(words(drawing))


def test_the_grid_writes_each_overlap(made):
    drawing = draw_suppliers(made["overlap"])
    assert "25" in words(drawing)
    assert "byrum" in drawing.title


def test_an_overlap_below_one_per_cent_fits_its_field(made):
    pairs = made["overlap"].tables["pairs"].assign(overlap_share=Decimal("0.002"))
    drawing = draw_suppliers(replace(made["overlap"], tables={**made["overlap"].tables, "pairs": pairs}))
    assert [word for word in words(drawing) if "1" in word] == ["<1"]


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("key", FINDINGS)
def test_every_finding_can_be_told_with_all_its_tables(made, key, language):
    finding = made[key]
    told = show(finding, language=language)
    assert "{" not in told.text
    assert "None" not in told.text
    for name in finding.tables:
        assert show(finding, table=name, language=language).text
    assert not finding.failed_checks


def test_concentration_says_its_limit(made):
    assert "vores afhængighed, ikke markedet" in show(made["concentration"]).text


def test_a_consolidation_is_told_as_a_range_that_is_no_forecast(made):
    text = show(made["consolidation"]).text.replace("\u00a0", " ")
    assert "mellem 2.400 kr. og 6.000 kr." in text
    assert "ingen prognose" in text
