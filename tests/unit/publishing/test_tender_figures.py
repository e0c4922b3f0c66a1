"""Do the calendar and the framework agreements say what the findings say, in both languages?"""

from datetime import date

import pytest
from lxml import etree

from procurement_kit.analyses.expiries import analyse_expiries
from procurement_kit.analyses.framework_use import analyse_framework_use
from procurement_kit.analyses.joint_tenders import find_joint_tenders
from procurement_kit.analyses.tenders import screen_tenders
from procurement_kit.errors import NoDataError
from procurement_kit.findings import Number
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.pages import page_views, table_view
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.sentences import Writer, show, texts
from procurement_kit.publishing.tender_figures import draw_expiries, draw_framework_use
from tests.unit.analyses.tender_cases import TREE, D, basis_of, bought, contract, year_of

CONTRACTS = (
    contract("K-1", maximum=D(1000), notice_months=6, option_last=date(2028, 6, 30)),
    contract("K-2", last=date(2027, 3, 31), maximum=D(900)),
    contract("K-3", last=date(2029, 12, 31)),
)


def found(*rows, contracts=CONTRACTS):
    cube, basis = year_of(*rows), basis_of(*contracts)
    screen = screen_tenders(cube, period="2025", tree=TREE, basis=basis)
    use = analyse_framework_use(cube, period="2025", basis=basis)
    return analyse_expiries(cube, period="2025", tree=TREE, basis=basis, beside=(screen, use)), screen, use


@pytest.fixture(scope="module")
def findings():
    used = bought("850.00", status="on", contract_number="K-1")
    return found(used, bought("100.00", status="on", contract_number="K-2"), bought("600000.00", "1802"))


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_figures_are_whole_and_explained(findings, language):
    expiries, _, use = findings
    for drawing in (draw_expiries(expiries, language=language), draw_framework_use(use, language=language)):
        etree.fromstring(drawing.svg)
        assert drawing.title in drawing.svg and drawing.alt
        assert {"what", "how", "do"} <= set(texts(language)["figures"][drawing.key])


def test_the_calendar_names_contracts_quarters_and_the_end_of_the_period(findings):
    svg = draw_expiries(findings[0]).svg
    for word in ("Aftale K-1", "Aftale K-2", "2.kv.", "periodens slutning", "opsiges senest"):
        assert word in svg, word
    assert "Q2" in draw_expiries(findings[0], language="en").svg


def test_a_long_name_with_its_municipality_is_not_cut():
    name = "Fødevarer fra totalleverandør, bredt"
    contracts = (contract("K-1", title=name), contract("K-2", municipality="b"))
    basis, cube = basis_of(*contracts, names=("a", "b")), year_of(bought("1.00"))
    calendar = analyse_expiries(cube, period="2025", tree=TREE, basis=basis, beside=found()[1:])
    assert f"A: {name}" in draw_expiries(calendar).svg


def test_the_calendar_calls_a_contract_number_what_it_is(findings):
    writer = Writer(Formats("da"), {finding.key: finding for finding in findings})
    headings = [column.heading for column in table_view(writer, "expiries", "calendar").columns]
    assert "Aftale nr." in headings and "Rette aftale" not in headings


def test_a_framework_agreement_shows_what_is_used_and_whether_it_lasts(findings):
    svg = draw_framework_use(findings[2]).svg.replace("\u00a0", " ")
    assert "mindst 85 % · 80 % eller mere" in svg, "the contract is a year older than the data"
    assert "mindst 11 % · rækker til udløb" in svg


def test_without_contracts_there_is_nothing_to_draw():
    expiries, _, use = found(bought("1.00"), contracts=())
    for draw, finding in ((draw_expiries, expiries), (draw_framework_use, use)):
        with pytest.raises(NoDataError):
            draw(finding)


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_finding_says_its_sentence_and_shows_its_tables(findings, language):
    cube = year_of(bought("5.00"), bought("4.00", municipality_name="b"))
    joint = find_joint_tenders(cube, period="2025", tree=TREE, basis=basis_of(names=("a", "b")))
    for finding in (*findings, joint):
        assert "–" not in show(finding, language=language).text.split("\n")[0]
        for table in finding.tables:
            assert "<table" in show(finding, table=table, language=language).html


def page_of(*found, key="expiries"):
    context = {"municipality": Number("A Kommune", "text"), "period": Number("2025", "text"),
               "first_date": Number(date(2025, 1, 1), "date"), "last_date": Number(date(2025, 12, 31), "date")}  # fmt: skip
    writer = Writer(Formats(), {finding.key: finding for finding in found}, context)
    from dataclasses import replace

    recipe = read_recipe("municipal_report")
    return page_views(replace(recipe, pages=tuple(page for page in recipe.pages if page.key == key)), writer)[0]


def test_page_ten_is_the_tender_calendar(findings):
    page = page_of(*findings)
    assert (page.number, page.name, page.drawing.key) == (10, "Udbudskalender", "expiries")
    assert page.headline.replace("\u00a0", " ") == (
        "2 aftaler udløber inden 30. juni 2027, og 1 gruppe uden kendt aftale når en grænse"
    )
    cells = [row[0] for row in page.table.cells]
    assert cells == ["udløber", "udløber", "uden kendt aftale"]
    assert "Tag stilling til køb over den nationale grænse" in page.table.cells[2]
    assert len(page.text.split()) <= 60


def test_without_a_register_the_page_says_what_it_takes():
    page = page_of(*found(bought("1.00"), contracts=()))
    assert page.drawing is None and "listen over aftaler mangler" in page.headline and page.missing
    assert page_of().missing, "the same without the findings"


def test_the_fifth_number_of_page_one_counts_contracts_once(findings):
    writer = Writer(Formats(), {finding.key: finding for finding in findings})
    assert writer.say("tiles.decisions.value", "expiries").replace("\u00a0", " ") == "2 aftaler"
    note = writer.say("tiles.decisions.note", "expiries").replace("\u00a0", " ")
    assert note.startswith("2 udløber (950 kr. årligt), 0 har brugt mindst 80 % af maksimum. Usikkert: 1 gruppe")
    assert "Udeladt: " in note
    assert len(note.split()) <= 31
    assert Writer(Formats(), {}).say("tiles.decisions.value", "expiries") == "–"
