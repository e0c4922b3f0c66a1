import re
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.errors import NoDataError
from procurement_kit.publishing.drawings import ON_COLOUR, PAGE_COLOURS, STATUS_COLOURS, TYPE_COLOURS, size, wrapped
from procurement_kit.publishing.figures import (
    draw_compliance,
    draw_pareto,
    draw_scope_waterfall,
    draw_spend_by_area,
    figure,
)
from procurement_kit.publishing.formats import Formats


@pytest.fixture
def drawings(spend, tail, compliance):
    return [draw_spend_by_area(spend), draw_scope_waterfall(spend), draw_pareto(tail), draw_compliance(compliance)]


def words(drawing) -> list[str]:
    found = etree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\u00a0", " ") for element in found]


def test_areas_are_sorted_with_the_uncategorised_last(spend):
    spend.tables["by_area"] = spend.tables["by_area"].iloc[[2, 1, 0]]
    shown = words(draw_spend_by_area(spend))
    places = [shown.index(name) for name in ("Pleje og omsorg", "Fødevarer", "Ikke kategoriseret")]
    assert places == sorted(places)
    assert {"600", "350", "50", "t.kr.", "varer", "tjenester", "året før"} <= set(shown)


def test_last_year_is_not_explained_where_there_is_none(spend):
    spend.tables["by_area"]["previous_amount"] = None
    assert "året før" not in words(draw_spend_by_area(spend))


def test_what_is_known_by_area_only_is_hatched(spend):
    assert "<pattern" not in draw_spend_by_area(spend).svg
    spend.tables["by_area"]["area_only_amount"] = [Decimal("100000.00"), None, None]
    drawing = draw_spend_by_area(spend)
    assert "<pattern" in drawing.svg
    assert "gruppe usikker" in words(drawing)


def test_two_areas_of_the_same_name_stay_two_bars(spend):
    spend.tables["by_area"]["category_name_da"] = ["Samme", "Samme", None]
    assert words(draw_spend_by_area(spend)).count("Samme") == 2


def test_the_waterfall_goes_from_received_to_addressable(spend):
    shown = words(draw_scope_waterfall(spend))
    expected = [
        "Modtaget i alt", "Betaling til offentlig myndighed", "Tilskud og overførsler", "Analyseret indkøb",
        "Monopol og undtaget", "Påvirkeligt indkøb",
    ]  # fmt: skip
    assert [word for word in shown if word in expected] == expected
    assert {"1.400", "−300", "−100", "1.000", "900"} <= set(shown)


def test_the_pareto_marks_one_cut(tail):
    drawing = draw_pareto(tail)
    assert "80 % ved 2 leverandører" in words(drawing)
    assert drawing.svg.count("stroke-dasharray") == 1


def test_the_compliance_bar_says_share_and_kroner_of_each_status(compliance):
    shown = words(draw_compliance(compliance))
    assert "på aftale: 33 % · 300 t.kr." in shown
    assert "ingen kendt aftale: 50 % · 450 t.kr." in shown


def test_a_figure_is_the_same_on_every_run(spend, drawings):
    assert draw_spend_by_area(spend).svg == drawings[0].svg


def test_a_figure_asks_nothing_of_the_network_and_holds_no_date(drawings):
    for drawing in drawings:
        bare = drawing.svg.replace("http://www.w3.org/2000/svg", "")
        assert "http" not in bare
        assert "<metadata" not in bare
        assert not re.search(r"20\d\d-\d\d-\d\d", bare)


def test_a_figure_can_be_heard(drawings):
    for drawing in drawings:
        assert f'aria-labelledby="{drawing.key}-title {drawing.key}-alt"' in drawing.svg
        assert drawing.title in drawing.svg.replace("&#39;", "'")
        assert len(drawing.alt) > 40


def test_figures_on_one_page_share_no_identities(drawings):
    found = [name for drawing in drawings for name in set(re.findall(r' id="([^"]+)"', drawing.svg))]
    assert len(found) == len(set(found))
    for drawing in drawings:
        for name in re.findall(r'(?:url\(#|href="#)([^")]+)', drawing.svg):
            assert f'id="{name}"' in drawing.svg


def test_ink_and_paper_come_from_the_page(drawings):
    for drawing in drawings:
        for colour, name in PAGE_COLOURS.items():
            assert drawing.svg.count(colour) == drawing.svg.count(f"var({name}, {colour})")
        assert "var(--ink" in drawing.svg


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_on_bars_and_bars_on_paper_have_contrast():
    for colour in STATUS_COLOURS.values():
        assert (luminance(colour) + 0.05) / (luminance(ON_COLOUR) + 0.05) >= 4.5
    for colour in (*STATUS_COLOURS.values(), *TYPE_COLOURS.values()):
        assert 1.05 / (luminance(colour) + 0.05) >= 2.5
        assert (luminance(colour) + 0.05) / (luminance("#161c23") + 0.05) >= 3


def test_english_and_other_currencies(spend):
    shown = words(figure("scope_waterfall", spend, Formats("en", "NOK")))
    assert "Addressable spend" in shown
    assert "NOK k" in shown


def test_where_there_is_nothing_to_draw_a_notebook_gets_words_and_goes_on(spend):
    empty = replace(spend, tables={**spend.tables, "by_area": spend.tables["by_area"].iloc[:0]})
    assert draw_spend_by_area(empty).svg == "" and "Her er ikke noget at tegne" in draw_spend_by_area(empty).title
    with pytest.raises(NoDataError, match="nothing to draw"):  # a page of the report then stands without it
        figure("spend_by_area", empty, Formats("da", "DKK"))


def test_long_labels_take_two_lines_at_most():
    assert wrapped("a " * 60).count("\n") == 1
    assert wrapped("Fødevarer") == "Fødevarer"
    assert size(Decimal("1500000"), "mio") == 1.5


def test_a_notebook_shows_title_and_picture(drawings):
    html = drawings[0]._repr_html_()
    assert html.startswith("<figure><figcaption>")
    assert "<svg" in html
