"""How is the account of an import told in a few lines?"""

from dataclasses import replace

import pandas as pd
import pytest

from procurement_kit import store
from procurement_kit.analyses.intake import analyse_intake
from procurement_kit.publishing.intake_words import LINES_SHOWN, intake_words
from procurement_kit.publishing.sentences import show, texts
from tests.unit.analyses import delivered


@pytest.fixture
def intake(monkeypatch, municipality):
    datasets = delivered.tables()
    monkeypatch.setattr(store, "loads", lambda _: delivered.loads())
    monkeypatch.setattr(store, "read_load_dataset", lambda _, name: datasets[name])
    return analyse_intake(municipality)


def said(finding, language="en"):
    return [line.replace("\u00a0", " ") for line in intake_words(finding, language)]


def test_each_file_says_what_became_of_it_why_and_what_helps(intake):
    ledger, invoices, *_ = said(intake)
    assert ledger == (
        "posteringer.csv: read 5 lines (DKK 650), took in 3, found twice 0, held back 2 (DKK 50). The line has no date. "
        "Ask the finance department for invoice or posting date on the lines."
    )
    assert invoices.startswith("E-invoices (2): read 2 lines (DKK 300), took in 1, found twice 1, held back 0")


def test_what_is_missing_or_odd_follows(intake):
    rest = " ".join(said(intake)[2:])
    for words in ("1 file could not be opened", "1 file in the folder not read", "1 company number on 1 line", "gaps"):
        assert words in rest


def test_the_same_account_reads_in_danish(intake):
    ledger = said(intake, "da")[0]
    assert ledger.startswith("posteringer.csv: 5 linjer læst (650 kr.), 3 læst ind")
    assert "Linjen har ingen dato. Bed økonomiafdelingen" in ledger


def test_what_needs_a_person_is_told_before_what_does_not(intake):
    rows = intake.table.assign(reason_key=[None, "not_well_formed"])
    assert said(replace(intake, tables={**intake.tables, "deliveries": rows}))[0].startswith("E-invoices")


def test_a_reason_that_no_file_names_is_told_with_its_first_place(intake):
    rows = intake.table.assign(reason_key=["no_date", None])
    lines = said(replace(intake, tables={**intake.tables, "deliveries": rows}))
    assert any(line.startswith("itu.xml: The file is cut off or damaged. Fetch the file again.") for line in lines)


def test_many_files_are_put_together_and_never_fill_more_than_a_screen(intake):
    row = intake.table.iloc[[0]].assign(reason_key=None)
    rows = pd.concat([row.assign(source_name=f"{n}.csv") for n in range(40)], ignore_index=True)
    lines = said(replace(intake, tables={**intake.tables, "deliveries": rows}))
    assert len(lines) <= LINES_SHOWN
    together = next(line for line in lines if "more files" in line)
    shown = sum(1 for line in lines if ".csv: read" in line)
    assert together.startswith(f"{40 - shown} more files: read {5 * (40 - shown)} lines")


def test_a_file_from_which_nothing_came_says_so(intake):
    row = intake.table.iloc[[0]].assign(read_line_count=0, reason_key="not_well_formed", source_name="itu.zip")
    lines = said(replace(intake, tables={**intake.tables, "deliveries": row}))
    assert lines[0].startswith("itu.zip: not read. The file is cut off or damaged.")


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_caveat_of_the_account_can_be_said(intake, language):
    from procurement_kit.analyses.intake import _caveats

    every = {name: replace(number, value=number.value or 1) for name, number in intake.numbers.items()}
    keys = _caveats(every)
    assert set(keys) <= set(texts(language)["caveats"])
    lines = intake_words(replace(intake, numbers=every, caveats=keys), language)
    assert len(lines) == LINES_SHOWN or len(lines) >= len(keys)


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_table_can_be_shown(intake, language):
    for name in intake.tables:
        told = show(intake, table=name, language=language)
        assert told.text == texts(language)["tables"][f"intake_{name}"]
    html = show(intake, table="held_back", language=language)._repr_html_()
    assert ("Linjen har ingen dato" if language == "da" else "The line has no date") in html


def test_showing_the_finding_says_the_account_in_one_sentence(intake):
    text = repr(show(intake)).replace("\u00a0", " ")
    assert "Der er læst 7 linjer for 950 kr. i 3 filer. Af linjerne er 57 % læst ind, 2 er holdt tilbage" in text
    assert "✗" not in text
