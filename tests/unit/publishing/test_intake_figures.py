"""What does the account of an import look like?"""

from dataclasses import replace

import pytest
from lxml import etree

from procurement_kit import store
from procurement_kit.analyses.intake import analyse_intake
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.drawings import KEPT_COLOUR, RULE
from procurement_kit.publishing.intake_figures import (
    ASK_COLOUR,
    draw_filled_fields,
    draw_load_account,
    draw_months,
)
from procurement_kit.publishing.sentences import texts
from tests.unit.analyses import delivered

DRAWN = (draw_load_account, draw_months, draw_filled_fields)


@pytest.fixture
def analysed(monkeypatch, municipality):
    """The account of an import made by hand; the lines taken in can be given."""

    def make(**tables):
        datasets = delivered.tables(**tables)
        monkeypatch.setattr(store, "loads", lambda _: delivered.loads())
        monkeypatch.setattr(store, "read_load_dataset", lambda _, name: datasets[name])
        return analyse_intake(municipality)

    return make


def words(drawing) -> list[str]:
    found = etree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\u00a0", " ") for element in found]


def year_of(*amounts):
    """Ledger lines, one a month from January 2025; None is a month without one."""
    return [
        delivered.ledger_line(net=str(amount), invoice_date=f"2025-{month:02d}-01")
        for month, amount in enumerate(amounts, start=1)
        if amount is not None
    ]


@pytest.fixture
def dated(analysed):
    from datetime import date

    def make(*amounts):
        lines = [row | {"invoice_date": date.fromisoformat(row["invoice_date"])} for row in year_of(*amounts)]
        return analysed(taken=lines)

    return make


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("draw", DRAWN)
def test_a_figure_has_a_title_says_what_it_shows_and_is_the_same_every_time(analysed, draw, language):
    intake = analysed()
    drawing = draw(intake, language=language)
    assert drawing.title[0].isupper()
    assert drawing.title[0] != "{"
    assert drawing.alt
    assert drawing.svg == draw(intake, language=language).svg
    assert {"what", "how", "do"} <= set(texts(language)["figures"][drawing.key])


def test_the_account_says_per_file_what_was_read_and_what_does_not_count(analysed):
    drawing = draw_load_account(analysed())
    shown = words(drawing)
    assert {"posteringer.csv", "E-fakturaer (2)", "5", "2 holdt tilbage", "1 fundet to gange"} <= set(shown)
    assert drawing.title.replace("\u00a0", " ") == "Af linjerne er 57 % læst ind; 2 linjer for 50 kr. er holdt tilbage"


def test_where_nothing_was_read_there_is_nothing_to_draw(analysed):
    intake = analysed()
    empty = {name: table.head(0) for name, table in intake.tables.items()}
    for draw in DRAWN:
        with pytest.raises(NoDataError, match="nothing to draw"):
            draw(replace(intake, tables=empty))


def test_a_month_without_lines_stands_out_in_figure_and_title(dated):
    drawing = draw_months(dated(100, None, 100))
    assert drawing.title.replace("\u00a0", " ") == "1 måned er uden linjer: 2025-02"
    assert {"2025", "2", "3"} <= {part for word in words(drawing) for part in word.split()}
    bars = drawing.svg.count(f"fill: {KEPT_COLOUR}")
    assert bars == 3, "two months and the legend"


def test_a_jump_is_orange_and_says_its_kroner(dated):
    calm, jump = draw_months(dated(*[100] * 8)), draw_months(dated(*[100] * 7, 900))
    assert jump.svg.count(ASK_COLOUR) == calm.svg.count(ASK_COLOUR) + 1, "one bar more than the legend"
    assert "900" in words(jump)
    assert jump.title.replace("\u00a0", " ") == "Ingen måned mangler, men 1 måned skiller sig ud"


def test_months_of_five_years_stay_readable(dated, analysed):
    from datetime import date

    lines = [delivered.ledger_line(net="1", invoice_date=date(2020 + n // 12, n % 12 + 1, 1)) for n in range(60)]
    shown = words(draw_months(analysed(taken=lines)))
    assert [name for name in ("2020", "2021", "2022", "2023", "2024") if any(name in word for word in shown)] == [
        "2020", "2021", "2022", "2023", "2024",
    ]  # fmt: skip
    assert "2" not in shown


def test_a_needed_field_with_gaps_is_orange_and_named(analysed):
    drawing = draw_filled_fields(analysed())
    shown = words(drawing)
    assert {"CVR-nummer", "E-fakturaer", "Regnskabsudtræk", "vigtigt, med huller"} <= set(shown)
    assert drawing.svg.count(ASK_COLOUR) > 1
    assert drawing.title.startswith(("Linjetekst", "Art", "Bilagsnummer", "Bogføringsdato", "Omkostningssted"))


def test_a_useful_field_that_nobody_fills_is_left_out(analysed):
    shown = words(draw_filled_fields(analysed()))
    assert "Ordrenummer" not in shown
    assert "UNSPSC" not in shown


def test_what_is_empty_is_a_grey_track(analysed):
    assert RULE not in draw_filled_fields(analysed()).svg.replace(f"var(--rule, {RULE})", "")
