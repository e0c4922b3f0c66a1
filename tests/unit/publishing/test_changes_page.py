"""Does the page «Hvad har ændret sig siden sidst» read well, with and without an earlier report, in both languages?"""

from dataclasses import replace
from datetime import date

import pytest

from procurement_kit.analyses.changes import analyse_changes
from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.sentences import show

TREE = CategoryTree((Category("18", None, "Inventar", "Furniture", 1, "goods"),))
PLACED = {"scope_status": "in_scope", "is_addressable": True, "category_code": "18", "category_1_code": "18"}
CONTRACT = {"contract_status": "on_contract", "supplier_key": "n:1", "supplier_label": "Firma"}


@pytest.fixture
def changes(cube_of):
    """Ten kroner in the first quarter, fifteen of it now known, forty in the second."""
    days = {"a": date(2025, 2, 1), "late": date(2025, 3, 1), "b": date(2025, 5, 1)}
    lines = [
        {**PLACED, **CONTRACT, "line_id": key, "net": net, "invoice_date": days[key]}
        for key, net in {"a": "1000000", "late": "500000", "b": "4000000"}.items()
    ]
    periods = {"old_period": "2025Q1", "new_period": "2025Q2"}
    return analyse_changes(cube_of(lines[0]), cube_of(*lines), **periods, tree=TREE)


@pytest.fixture
def recipe():
    """The standard report's page of changes alone."""
    standard = read_recipe("municipal_report")
    return replace(standard, pages=tuple(page for page in standard.pages if page.key == "changes"))


def test_the_page_says_how_much_and_why(recipe, writer, changes):
    (page,) = page_views(recipe, replace(writer, findings={**writer.findings, "changes": changes}))
    assert page.name == "Hvad har ændret sig siden sidst"
    assert page.headline.replace("\u00a0", " ") == (
        "Indkøbet er højere end i sidste rapport: 4,0 mio. kr. i 2025Q2 mod 1,0 mio. kr. i 2025Q1"
    )
    assert [row[0] for row in page.table.cells][:3] == [
        "Sidste rapport", "Fakturaer, der er kommet senere", "Rettet eller trukket tilbage",
    ]  # fmt: skip
    assert len(page.text.split()) + len(page.means.split()) <= 75


def test_the_first_report_says_that_there_is_none_before_it(recipe, writer):
    (page,) = page_views(recipe, writer)
    assert page.headline == "Der er ikke en tidligere rapport at sammenligne med"
    assert "næste rapport" in page.missing
    assert page.table is None


@pytest.mark.parametrize(
    ("language", "words"),
    [("da", "det, vi nu ved om den gamle periode"), ("en", "what is now known of the old period")],
)
def test_the_finding_speaks_both_languages(changes, language, words):
    assert words in str(show(changes, language=language)._repr_html_())
    assert Formats(language).language == language
