"""Which price indices and next steps has the municipality supplied?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import TableError
from procurement_kit.steps.report_inputs import read_opportunity_steps, read_price_levels

INDICES = """Gælder;Kode;År;Indeks;Kilde;Bekræftet af (funktion);Dato
all;;2024;100;Skøn;økonomichefen;15-03-2026
all;;2025;103,2;Skøn;økonomichefen;15-03-2026
art;29;2025;104;Skøn;;
"""
STEPS = "Greb;Kategorikode;Indsats;Ejer (funktion);Dato\ntender;1801;L;indkøbschefen;30-06-2026\n"


def write(municipality, name, text):
    (municipality.folder / name).write_text(text, encoding="utf-8")


def test_only_what_is_confirmed_counts(municipality):
    write(municipality, "price_indices.csv", INDICES)
    levels = read_price_levels(municipality)
    assert levels.values == {("all", "", 2024): Decimal("100.0000"), ("all", "", 2025): Decimal("103.2000")}
    assert (levels.source, levels.unconfirmed_count) == ("Skøn", 1)


def test_without_files_there_is_nothing(municipality):
    assert read_price_levels(municipality).values == {}
    assert read_opportunity_steps(municipality) == ()


def test_a_step_is_read(municipality):
    write(municipality, "opportunity_steps.csv", STEPS)
    assert read_opportunity_steps(municipality)[0]["due_date"] == date(2026, 6, 30)


def test_a_cell_that_cannot_be_used_is_refused(municipality):
    write(municipality, "opportunity_steps.csv", STEPS.replace("tender", "x").replace(";L;", ";XL;"))
    with pytest.raises(TableError) as caught:
        read_opportunity_steps(municipality)
    assert len(caught.value.problems) == 2


def test_an_index_of_nothing_is_refused(municipality):
    write(municipality, "price_indices.csv", INDICES.replace("103,2", "0"))
    with pytest.raises(TableError, match="not above 0"):
        read_price_levels(municipality)
