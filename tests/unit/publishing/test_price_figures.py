"""What do prices of one item, the matrix and the suppliers' size and seat look like?"""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from procurement_kit.analyses.kraljic import COLUMNS as KRALJIC
from procurement_kit.analyses.kraljic import _limits, _numbers, _quadrants
from procurement_kit.exact import frame
from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.price_figures import (
    LABEL_GAP,
    SIZE_LOOKS,
    draw_kraljic,
    draw_prices,
    draw_supplier_profile,
    label_heights,
)
from tests.unit.publishing.conftest import DEFINITION, table

D = Decimal


def finding(key: str, numbers: dict, **tables) -> Finding:
    return Finding(key, numbers, tables, (), (), DEFINITION, {"period": "2025"})


def words(drawing) -> list[str]:
    found = etree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\u00a0", " ") for element in found]


@pytest.fixture
def prices() -> Finding:
    """Paper at 80, 100 and 150 with 90 agreed; pens at one price only."""
    columns = "item_name item_number min_price p25_price median_price p75_price max_price agreed_price"
    rows = [
        ("Kopipapir", "1", D(80), D(90), D(100), D(110), D(150), D(90)),
        ("Kuglepen", "2", D(5), D(5), D(5), D(5), D(5), None),
    ]
    counts = {name: Number(value, "count") for name, value in {"item_count": 2, "spread_item_count": 1}.items()}
    return finding("prices", counts | {"overpaid_amount": Number(D("50.00"), "kr")}, items=table(columns, *rows))


def matrix(*places: tuple[str, str, int]) -> Finding:
    """Groups as (name, share, score)."""
    rows = [
        {"category_code": name, "category_name_da": name, "category_name_en": name, "net_amount": D(1),
         "net_share": D(share), "supply_risk_score": score, "scored_date": date(2025, 1, 1), "quadrant": "routine"}
        for name, share, score in places
    ]  # fmt: skip
    parts = {"groups": rows, "unscored": [], "scores": [], "quadrants": _quadrants(rows, D(100))}
    numbers = _numbers(parts, D(100)) | _limits(D("0.02"), 4)
    return finding("kraljic", numbers, groups=frame(rows, KRALJIC["groups"]))


@pytest.fixture
def profile() -> Finding:
    sizes = table(
        "size_class net_amount net_share", ("micro", "60", "0.6"), ("large", "0", "0"), ("unknown", "40", "0.4")
    )
    places = table("supplier_place net_amount net_share", ("local", "100", "1"))
    shares = {"small_medium_share": Number(D(1), "share"), "has_register": Number(1, "count")}
    unknown = {f"unknown_{name}_amount": Number(D("40.00"), "kr") for name in ("size", "place")}
    return finding("supplier_profile", shares | unknown, by_size=sizes, by_place=places)


def test_only_items_with_several_prices_are_drawn(prices):
    shown = words(draw_prices(prices))
    assert "Kopipapir" in shown
    assert "Kuglepen" not in shown
    assert {"aftalt pris", "midterste halvdel"} <= set(shown)
    assert draw_prices(prices).title == "1 af 2\u00a0varer er købt til mere end én pris"


def test_each_figure_speaks_english_too(prices, profile):
    assert "agreed price" in words(draw_prices(prices, language="en"))
    assert "By size" in words(draw_supplier_profile(profile, language="en"))
    assert "Strategic" in words(draw_kraljic(matrix(("A", "0.1", 5)), language="en"))


def test_the_matrix_names_its_fields_and_groups(prices):
    shown = words(draw_kraljic(matrix(("Papir", "0.30", 1), ("Pleje", "0.10", 5))))
    assert {"Strategiske", "Volumen", "Flaskehalse", "Rutine", "Papir", "Pleje"} <= set(shown)


def test_labels_in_a_column_do_not_overlap():
    heights = label_heights([2] * 8 + [3], [1.0, 1.0, 1.1, 1.2, 30.0, 99.0, 99.5, 99.9, 1.0], 100.0)
    column = sorted(heights[:8])
    gaps = [high - low for low, high in zip(column, column[1:], strict=False)]
    assert min(gaps) >= LABEL_GAP * 100 - 1e-9
    assert max(heights) <= 100


def test_what_is_nothing_has_no_bar_and_the_unknown_is_crossed(profile):
    drawing = draw_supplier_profile(profile)
    shown = " ".join(words(drawing))
    assert "mikro" in shown
    assert "store (250+)" not in shown
    assert "<pattern" in drawing.svg
    assert SIZE_LOOKS["unknown"][1]


def test_nothing_to_draw_is_said(prices):
    prices.tables["items"] = prices.tables["items"].iloc[1:]
    for draw, empty in ((draw_prices, prices), (draw_kraljic, matrix())):
        drawn = draw(empty, language="en")
        assert not drawn.svg
        assert "nothing to draw" in drawn.title
