"""Does a category's fact pack stand on its pages, in both languages and both versions?"""

import re
from dataclasses import replace
from datetime import date

import pytest

from procurement_kit.analyses.category import analyse_category
from procurement_kit.analyses.category_parts import lines_of_category
from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Number
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.report import write_report
from procurement_kit.publishing.sentences import Writer, show
from tests.unit.analyses.conftest import PERSON, cube_of_rows, firm, placed, tree  # noqa: F401

STAFF, LEADER = "category_staff", "category_leader"


def line(code, letter, net, status="no_known_contract", **more):
    number = "K1" if status in ("on_contract", "wrong_supplier") else None
    place = {**placed(code), **firm(letter), "net": net, "contract_status": status, "contract_number": number}
    return place | {"unit_division_name": "Skole", "unit_name": "Skolen", "contract_reason": ""} | more


@pytest.fixture(scope="module")
def cube():
    """Paper: 100 kr. on contract, 30 past it, 90 without; care: 40 kr. granted to a citizen, of a person."""
    return cube_of_rows(
        line("1801", "A", "100.00", "on_contract"), line("1801", "B", "30.00", "wrong_supplier"),
        line("1801", "C", "90.00"), line("0401", "G", "35.00", unit_name="Hos én borger"),
        line("0401", "G", "5.00", **PERSON), line("1801", "A", "60.00", invoice_date=date(2024, 2, 1)),
        line("1802", "A", "0.00"),
    )  # fmt: skip


def findings_of(cube, categories, category):
    part = lines_of_category(cube, category, tree=categories)
    return [
        analyse_category(cube, period="2025", category=category, tree=categories),
        analyse_tail(part, period="2025", tree=categories),
        analyse_compliance(part, period="2025", tree=categories),
    ]


def pages_of(findings, language="da", recipe=STAFF):
    context = {"period": Number("2025", "text"), "municipality": Number("Prøveby", "text")}
    context |= {"first_date": Number(date(2025, 1, 1), "date"), "last_date": Number(date(2025, 12, 31), "date")}
    writer = Writer(Formats(language), {found.key: found for found in findings}, context)
    return {page.key.removeprefix("category_"): page for page in page_views(read_recipe(recipe), writer)}


def test_the_leaders_have_four_pages_and_the_staff_the_same_and_two_more():
    leader, staff = (read_recipe(name) for name in (LEADER, STAFF))
    assert [page.number for page in leader.pages] == [1, 2, 3, 4]
    assert staff.pages[:4] == leader.pages
    assert [page.key for page in staff.pages[4:]] == ["category_others", "category_levers"]


def test_a_recipe_about_a_category_asks_for_one_and_others_do_not():
    assert read_recipe(LEADER).about("18/01").folder_name("2025") == "2025-category_leader-18_01"
    with pytest.raises(ParameterError, match="none was named"):
        read_recipe(LEADER).about("")
    with pytest.raises(ParameterError, match="not about a category"):
        read_recipe("municipal_report").about("1801")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("category", ["1801", "0401", "18", "1802"])
def test_every_page_is_filled_in_both_languages(cube, tree, language, category):  # noqa: F811
    for page in pages_of(findings_of(cube, tree, category), language).values():
        for text in (page.headline, page.text, page.means, page.foot, page.missing):
            assert not re.search(r"[{}]", text)
            assert "None" not in text
        assert page.headline
        assert page.text or page.missing


def test_headlines_hold_their_number(cube, tree):  # noqa: F811
    pages = pages_of(findings_of(cube, tree, "1801"))
    said = {key: page.headline.replace("\u00a0", " ") for key, page in pages.items()}
    assert said["figures"].startswith("Kontorartikler: 220 kr.")
    assert said["suppliers"] == "3 leverandører; den største får 45 % af kronerne"
    assert said["receivers"] == "Skole modtager 100 % af kronerne"
    assert said["contracts"] == "59 % af gruppens påvirkelige indkøb har en kendt aftale; 30 kr. er købt uden om den"
    assert said["levers"] == "Der er greb at tage på 220 kr.; besparelsen er ikke fastsat"


def test_levers_without_a_range_say_so_and_questions_are_asked(cube, tree):  # noqa: F811
    page = pages_of(findings_of(cube, tree, "1801"))["levers"]
    assert {row[-1] for row in page.table.cells} == {"ikke fastsat"}
    lists = dict(page.lists)
    assert any("30\u00a0kr." in question for question in lists["Spørgsmål til fagområdet"])
    assert lists["Visitation og bestilling"][0].startswith("Hvem må bestille")


def test_granted_categories_are_spoken_of_with_care(cube, tree):  # noqa: F811
    pages = pages_of(findings_of(cube, tree, "0401"))
    assert "bevilget til enkelte borgere" in dict(pages["figures"].lists)["Læs tallene sådan"][0]
    assert "visitationen" in pages["figures"].means
    assert pages["levers"].headline == "Ingen af gruppens kroner står under et greb"
    assert "borgeren frit valg" in dict(pages["levers"].lists)["Visitation og bestilling"][0]
    shown = [cell for page in pages.values() for view in (page.table, *page.more_tables) if view
             for row in view.cells for cell in row]  # fmt: skip
    assert "Hos én borger" not in shown


def test_by_hand_the_staffs_version_is_written_in_a_folder_of_the_category(cube, tree, municipality):  # noqa: F811
    path = write_report(replace(municipality, language="en"), "2025", findings_of(cube, tree, "1801"))
    assert path.parent.name == "2025-category_staff-1801"
    html = path.read_text(encoding="utf-8")
    assert "Category fact pack: Office supplies" in html
    assert "Prøveby Kommune" in html


def test_a_finding_is_told_with_its_sentence(cube, tree):  # noqa: F811
    told = show(findings_of(cube, tree, "1801")[0], language="en")
    assert "No saving has been set." in told.text
    assert "✗" not in told.text
