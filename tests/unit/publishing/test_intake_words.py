"""How is the account of an import told in a few lines?"""

from dataclasses import replace
from decimal import Decimal

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


def said(finding, language="en", **more):
    return [line.replace("\u00a0", " ") for line in intake_words(finding, language, **more)]


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


def test_after_an_import_its_own_files_come_first_and_the_others_are_one_line(intake):
    lines = said(intake, new=("itu.xml",))
    assert lines[0].startswith("E-invoices (1): not read. The file is cut off or damaged.")
    assert lines[1] == "2 files read before: read 7 lines (DKK 950), took in 4, found twice 1, held back 2."
    assert not any("posteringer.csv" in line or "no date" in line for line in lines)
    first, second, *_ = said(intake, new=("posteringer.csv",))
    assert first.startswith("posteringer.csv: read 5 lines")
    assert second.startswith("2 files read before: read 2 lines (DKK 300)")
    assert said(intake, "da", new=("posteringer.csv",))[1].startswith("2 filer læst tidligere: 2 linjer læst")


def test_where_all_files_are_new_nothing_is_older(intake):
    lines = said(intake, new=("posteringer.csv", "faktura.xml", "itu.xml"))
    assert not any("read before" in line for line in lines)
    assert lines[1].startswith("E-invoices (2): read 2 lines (DKK 300)")


def test_an_amount_without_a_rate_stands_in_its_own_currency(intake):
    foreign = intake.tables["files"].copy()
    place = foreign.index[foreign["source_name"] == "posteringer.csv"][0]
    nothing = dict.fromkeys(("read_amount", "held_back_amount"), Decimal("0.00"))
    own = {
        "document_currency": "SEK",
        "read_in_currency": Decimal("57147.00"),
        "held_back_in_currency": Decimal("90.5"),
    }
    for name, value in (nothing | own).items():
        foreign.at[place, name] = value
    rows = intake.table.assign(read_amount=[Decimal("0.00"), Decimal("300.00")], held_back_amount=Decimal("0.00"))
    lines = said(replace(intake, tables={**intake.tables, "files": foreign, "deliveries": rows}))
    assert lines[0].startswith("posteringer.csv: read 5 lines (SEK 57,147)")
    assert "held back 2 (SEK 91)" in lines[0]
    row = intake.table.iloc[[0]]  # 650 kroner of other files of the same delivery have a rate
    lines = said(replace(intake, tables={**intake.tables, "files": foreign, "deliveries": row}))
    assert lines[0].startswith("posteringer.csv: read 5 lines (DKK 650 + SEK 57,147)")


def test_the_worst_field_says_how_far_it_is_filled_and_strays_read_as_a_sentence(intake):
    shown = {"stray_line_count": 154, "stray_amount": Decimal("398000"), "worst_field_share": Decimal("0.88")}
    numbers = intake.numbers | {name: replace(intake.numbers[name], value=value) for name, value in shown.items()}
    finding = replace(intake, numbers=numbers, caveats=("poor_fields", "stray_dates"))
    text = " ".join(said(finding))
    assert "filled on 88% of the lines." in text
    assert "Dated more than a year from all others: 154 lines (DKK 398k)." in text
    assert "udfyldt på 88 % af linjerne." in " ".join(said(finding, "da"))


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_amounts_of_the_vat_table_are_as_read(intake, language):
    html = show(intake, table="vat", language=language)._repr_html_()
    assert {"da": "Beløb som læst", "en": "Amount as read"}[language] in html
    assert "ekskl. moms</th>" not in html and "excl. VAT" not in html


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
