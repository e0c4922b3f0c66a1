from dataclasses import replace
from decimal import Decimal

import pytest

from procurement_kit.errors import ParameterError, TableError
from procurement_kit.findings import Number
from procurement_kit.publishing.pages import page_views, preliminary_reasons, table_view
from procurement_kit.publishing.recipes import read_recipe


@pytest.fixture
def recipe():
    return read_recipe("municipal_report")


def views(recipe, writer):
    return {page.key: page for page in page_views(recipe, writer)}


def with_finding(writer, finding):
    return replace(writer, findings={**writer.findings, finding.key: finding})


def plain(text):
    return text.replace("\u00a0", " ")


def test_headlines_are_sentences_with_their_number(recipe, writer):
    found = views(recipe, writer)
    assert plain(found["summary"].headline) == (
        "Prøveby Kommune køber for 1,0 mio. kr.; 50 % af det påvirkelige indkøb mangler en kendt aftale"
    )
    assert plain(found["suppliers"].headline) == "2 leverandører står for 80 % af kronerne"
    assert plain(found["compliance"].headline).startswith("75 % af kronerne")


def test_page_one_has_five_numbers_three_finds_and_three_steps(recipe, writer):
    page = views(recipe, writer)["summary"]
    assert [tile.key for tile in page.tiles] == ["analysed", "coverage", "loyalty", "suppliers", "decisions"]
    assert plain(page.tiles[2].value) == "75 %"
    assert "+25 %" in plain(page.tiles[0].note)
    assert [(title, len(sentences)) for title, sentences in page.lists] == [("Tre fund", 3), ("Tre næste skridt", 3)]


def test_every_page_says_what_it_counts(recipe, writer):
    for page in views(recipe, writer).values():
        if page.key != "method" and not page.missing:
            assert "Tæller" in page.foot or "tæller" in page.foot
        assert page.missing or "1. januar 2025 – 31. december 2025" in page.foot


def test_a_figure_with_nothing_to_draw_is_left_out_and_the_page_stays(recipe, writer):
    """As in a period of credit notes alone, when no supplier has purchases."""
    tail = writer.findings["tail"]
    found = views(
        recipe, with_finding(writer, replace(tail, tables={**tail.tables, "pareto": tail.tables["pareto"][:0]}))
    )
    page = found["suppliers"]
    assert (page.drawing, page.missing) == (None, "")
    assert "Tæller" in page.foot


def test_without_contracts_the_page_says_what_it_would_take(recipe, writer, without_contracts):
    found = views(recipe, with_finding(writer, without_contracts))
    page = found["compliance"]
    assert "contracts.xlsx" in page.missing
    assert page.drawing is None
    assert page.text == page.means == page.foot == ""
    assert found["summary"].tiles[1].value == "–"
    assert "leverandører står for 80" in plain(found["summary"].headline)
    assert "mangler" in found["leaks"].headline
    assert any("Listen over aftaler" in line for line in dict(found["method"].lists)["Hvad mangler"])


def test_contracts_without_leaks_are_good_news(recipe, writer, compliance):
    none = {"leak_count": Number(0, "count"), "call_list_amount": Number(Decimal(0), "kr")}
    found = views(recipe, with_finding(writer, replace(compliance, numbers={**compliance.numbers, **none})))
    assert "tom" in found["leaks"].headline


def test_a_page_without_its_finding_is_an_error(recipe, writer, spend, reconciliation):
    with pytest.raises(ParameterError, match="«reconciliation»"):
        page_views(recipe, replace(writer, findings={"spend": spend}))
    with pytest.raises(ParameterError, match="«tail»"):
        page_views(recipe, replace(writer, findings={"spend": spend, "reconciliation": reconciliation}))


def test_floors_decide_what_is_preliminary(writer, quality, reconciliation):
    assert preliminary_reasons(writer) == ["Dataene er ikke afstemt med regnskabet."]
    met = with_finding(writer, reconciliation)
    assert preliminary_reasons(met) == []
    low = {"classified_share": Number(Decimal("0.8999"), "share")}
    below = with_finding(met, replace(quality, numbers={**quality.numbers, **low}))
    assert "krav 90 %" in preliminary_reasons(below)[0]
    assert len(preliminary_reasons(replace(writer, findings={}))) == 3


def test_accounts_take_the_mark_away_only_where_little_is_unexplained(writer, reconciliation):
    for share, is_met in (("0.98", True), ("0.9799", False)):
        numbers = {**reconciliation.numbers, "found_share": Number(Decimal(share), "share")}
        reasons = preliminary_reasons(with_finding(writer, replace(reconciliation, numbers=numbers)))
        assert (reasons == []) is is_met
    assert plain(reasons[0]) == "Kun 98,0 % af regnskabets køb er genfundet eller forklaret (krav 98 %)."


def test_page_two_holds_the_accounts_beside_the_data(recipe, writer, reconciliation):
    page = views(recipe, with_finding(writer, reconciliation))["coverage"]
    assert page.drawing is not None
    assert page.table.title == "Afstemning med regnskabet"
    assert list(page.table.cells[0][:3]) == ["Drift", "2.9 Øvrige varekøb", "800"]
    assert page.table.cells[1][:2] == ("Anlæg (dranst 3)", "")
    assert page.table.cells[2][0] == "Linjer uden art"
    assert "heraf 99,0 % genfundet eller forklaret · 10 t.kr. mangler i data · data har 0 kr. ud over" in plain(
        page.foot
    )
    assert [table.key for table in page.more_tables] == ["spend_by_scope", "reconciliation_left_out"]


def test_without_accounts_page_two_says_so(recipe, writer):
    found = views(recipe, writer)
    assert found["coverage"].table is None
    assert "ikke afstemt med regnskabet" in found["coverage"].foot
    assert any("Regnskabets tal" in line for line in dict(found["method"].lists)["Hvad mangler"])


def test_what_is_unexplained_is_a_next_step(recipe, writer, reconciliation, without_contracts):
    steps = dict(views(recipe, writer)["summary"].lists)["Tre næste skridt"]
    assert any("afstemmer de" in step for step in steps)
    steps = dict(views(recipe, with_finding(writer, reconciliation))["summary"].lists)["Tre næste skridt"]
    assert any("de 10 t.kr., der står i regnskabet og ikke i data (side 2)" in plain(step) for step in steps)


def changed(finding, **values):
    """The finding with other values of some of its numbers."""
    return replace(
        finding, numbers=finding.numbers | {n: replace(finding.numbers[n], value=v) for n, v in values.items()}
    )


def test_missing_and_surplus_are_named_apart_on_page_one_and_two(recipe, writer, reconciliation):
    both = changed(
        reconciliation,
        found_share=Decimal("0.963912"),
        missing_amount=Decimal("61785.80"),
        surplus_amount=Decimal("961064.22"),
        surplus_share=Decimal("0.561342"),
    )
    found = views(recipe, with_finding(writer, both))
    steps = " ".join(dict(found["summary"].lists)["Tre næste skridt"])
    assert "de 62 t.kr., der står i regnskabet og ikke i data, og på de 961 t.kr., data har ud over" in plain(steps)
    assert "heraf 96,4 % genfundet" in plain(found["coverage"].foot)
    caveats = plain(" ".join(dict(found["method"].lists)["Forbehold"]))
    assert "62 t.kr. står i regnskabet og ikke i data, og data har 961 t.kr. ud over regnskabet" in caveats
    definitions = " ".join(dict(found["method"].lists)["Definitioner"])
    assert "dog højst regnskabets" in definitions
    reasons = [plain(reason) for reason in preliminary_reasons(with_finding(writer, both))]
    assert reasons[0].startswith("Kun 96,4 %")
    assert reasons[1] == "Data har 961 t.kr. ud over regnskabet; det er 56,1 % af regnskabets køb (højst 2 %)."


@pytest.mark.parametrize(("share", "is_met"), [("0.02", True), ("0.0201", False)])
def test_too_much_surplus_and_too_much_vat_make_the_figures_preliminary(writer, quality, reconciliation, share, is_met):
    met = with_finding(writer, reconciliation)
    for finding, name in ((reconciliation, "surplus_share"), (quality, "vat_unsure_share")):
        reasons = preliminary_reasons(with_finding(met, changed(finding, **{name: Decimal(share)})))
        assert (reasons == []) is is_met


def test_amounts_with_vat_are_said_in_every_foot_line_and_among_the_caveats(recipe, writer, quality):
    noted = changed(
        quality,
        vat_incl_amount=Decimal("753000.00"),
        vat_incl_share=Decimal("0.29"),
        vat_incl_line_count=12,
        vat_unsure_share=Decimal("0.29"),
        vat_noted=1,
    )
    found = views(recipe, with_finding(writer, replace(noted, caveats=("vat_unsure",))))
    noted_feet = [plain(page.foot) for page in found.values() if not page.missing]
    assert all("dog er 29 % af det analyserede indkøb talt med moms" in foot for foot in noted_feet)
    caveats = plain(" ".join(dict(found["method"].lists)["Forbehold"]))
    assert "753 t.kr. (29 %) er talt med moms, som kilden skriver dem." in caveats
    assert not any("dog er" in page.foot for page in views(recipe, writer).values())


def test_a_thin_year_before_gives_no_growth_on_page_one(recipe, writer, spend):
    thin = changed(spend, change_share=None, previous_analysed_amount=None, previous_month_count=1)
    found = views(recipe, with_finding(writer, thin))
    assert "Året før kan ikke sammenlignes: kun 1 af 12 måneder er leveret." in plain(found["summary"].tiles[0].note)
    assert any("kun 1 af 12" in plain(line) for line in dict(found["method"].lists)["Hvad mangler"])


def test_a_table_has_danish_headings_and_one_scale_per_column(writer):
    view = table_view(writer, "spend", "by_area")
    headings = {column.name: (column.heading, column.note) for column in view.columns}
    assert headings["net_amount"] == ("Beløb ekskl. moms", "t.kr.")
    assert headings["category_name_da"] == ("Kategori", "")
    assert "category_name_en" not in headings
    assert view.cells[0][[c.name for c in view.columns].index("net_amount")] == "600"
    assert view.cells[2][1] == "Ikke kategoriseret"


def test_rows_beyond_the_limit_are_counted(writer):
    view = table_view(writer, "tail", "pareto", row_limit=4)
    assert len(view.rows) == 4
    assert plain(view.note).startswith("2 rækker mere")
    assert table_view(writer, "tail", "pareto").note == ""


def test_chosen_columns_are_found_in_the_readers_language(writer):
    view = table_view(writer, "tail", "by_group", columns=("category_name", "small_amount"))
    assert [column.name for column in view.columns] == ["category_name_da", "small_amount"]
    with pytest.raises(TableError, match="smal_amount.*Did you mean «small_amount»"):
        table_view(writer, "tail", "by_group", columns=("smal_amount",))


def test_persons_stand_together_and_keys_are_not_shown(writer):
    view = table_view(writer, "spend", "top_suppliers")
    names = [column.name for column in view.columns]
    assert "supplier_key" not in names
    assert "supplier_group" not in names
    assert view.cells[2][names.index("supplier_label")] == "Privatpersoner (samlet)"


def test_measures_that_are_not_for_readers_are_left_out(writer):
    view = table_view(writer, "quality", "accuracy")
    assert [row[2] for row in view.cells] == ["rigtige linjer"]


def test_a_table_that_does_not_exist_is_named(writer):
    with pytest.raises(ParameterError, match="Did you mean «by_area»"):
        table_view(writer, "spend", "by_aera")


def test_caveats_are_said_once(recipe, writer):
    caveats = dict(views(recipe, writer)["method"].lists)["Forbehold"]
    assert len(caveats) == len(set(caveats)) == 4
