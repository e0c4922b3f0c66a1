"""Closing a municipality deletes what is personal, keeps what was delivered, and says what is left to do by hand."""

import json
import shutil
from dataclasses import replace
from datetime import date

import pytest
import xlsxwriter
from filelock import FileLock

from procurement_kit import store
from procurement_kit.closed import closing_record, refuse_closed
from procurement_kit.dialogue.closing import CHECKLIST, close_municipality
from procurement_kit.errors import NoDataError, ParameterError, PrivacyError
from procurement_kit.keys import key_path

TODAY = date(2026, 1, 31)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of the bytes b"test"


@pytest.fixture
def town(municipality):
    """A municipality at the end of an assignment: files, lines, a cube, a model, decisions and a report."""
    folder = municipality.folder
    source = {
        "name": "faktura CPR-ABCDEFGHIJKL.xml",
        "hash": HASH,
        "by_currency": {
            "DKK": {
                "taken": {"lines": 3, "amount": "1234.5000", "net_amount": "1234.50"},
                "held_back": {"lines": 1, "amount": "9.0000", "net_amount": "9.00"},
                "duplicate": {"lines": 1, "amount": "9.0000", "net_amount": "9.00"},
            }
        },
    }
    texts = {
        "inbox/faktura.xml": "<a/>",
        "lines/0001-ab/load.json": json.dumps({"load_key": "0001-ab", "sources": [source]}),
        "lines/0001-ab/lines/part.parquet": "x" * 100,
        "cube/lines/part.parquet": "x",
        "lookups/names/part.parquet": "x",
        "classifier/card.json": "{}",
        "decisions.csv": "tekst;kategori\nKopipapir;1801\n",
        "labelled_lines.csv": "tekst\nKopipapir\n",
        "rules.csv": "tekst\nKopipapir\n",
        "labelling_sample.csv": "tekst\nKopipapir\n",
        "audit_sample.csv": "linje\nL1\n",
        "audit_frame.csv": "kategori;kroner\n1801;3,00\n",
        "review/gennemgang.xlsx": "x",
        "review/stikprøve-2025.xlsx": "x",
        "review/review.json": "{}",
        "classifier_candidate/card.json": "{}",
        "classifier_previous/card.json": "{}",
        "profiles/kopi.csv": "test",
        "profiles/egen.toml": 'name = "egen"',
        "contracts.csv": "Aftale\nA-1\n",
        "decision_log.csv": "hvad\nGebyrer regnes med\n",
        "notater.docx": "hvem ved",
        "reports/2025/report.html": "<p>1,2 mio. kr.</p>",
        "reports/2025/run_record.json": "{}",
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return municipality


def present(municipality) -> set[str]:
    return {p.relative_to(municipality.folder).as_posix() for p in municipality.folder.rglob("*") if p.is_file()}


KEPT = {
    "municipality.toml", "profiles/egen.toml", "contracts.csv", "decision_log.csv", "notater.docx",
    "audit_frame.csv", "reports/2025/report.html", "reports/2025/run_record.json",
}  # fmt: skip


def test_without_confirmation_nothing_is_deleted_and_all_is_listed(town):
    before = present(town)
    outcome = close_municipality(town, confirmed=False, today=TODAY)
    assert present(town) == before
    assert key_path("test-key").is_file()
    assert set(outcome.facts["deleted"]) == {
        "inbox", "lines", "cube", "lookups", "classifier", "classifier_candidate", "classifier_previous", "decisions",
        "labelled_lines", "labelling_sample", "audit_sample", "rules", "review", "imported",
    }  # fmt: skip
    assert (outcome.facts["lines"], outcome.facts["amount"]) == (3, "1234.50")
    assert (outcome.facts["lines_set_aside"], outcome.facts["amount_set_aside"]) == (2, "18.00")
    said = " ".join(outcome.sentences)
    assert "3 lines (1,234.50 DKK) taken in and 2 lines (18.00 DKK) set aside" in said
    assert "These stay: audit_frame.csv, contracts.csv, decision_log.csv, municipality.toml, profiles, reports." in said
    assert outcome.facts["unknown"] == ["notater.docx"]
    assert "Nothing has been deleted. To do it: procurement-kit close prøveby --yes" in outcome.sentences


def test_confirmed_it_deletes_files_lines_key_and_training_data_and_keeps_reports_and_registers(town):
    outcome = close_municipality(town, confirmed=True, today=TODAY)
    assert present(town) - {".lock"} == KEPT | {"closing_record.json", CHECKLIST}
    assert not key_path("test-key").exists()
    record = closing_record(town.folder)
    assert record["state"] == "closed"
    assert record["closed_on"] == "2026-01-31"
    assert record["deleted"]["lines"]["files"] == 2
    assert record["deleted"]["inbox"] == {"files": 1, "bytes": 4}
    assert outcome.facts["files"] == sum(counted["files"] for counted in record["deleted"].values())
    assert outcome.facts["paths"]["checklist"].endswith(CHECKLIST)


def test_the_checklist_is_danish_and_names_what_is_left_to_do(town):
    close_municipality(town, confirmed=True, today=TODAY)
    text = (town.folder / CHECKLIST).read_text(encoding="utf-8")
    assert "**Dataansvarlig:** Prøveby Kommune" in text
    assert "31-01-2026" in text
    assert "Fakturalinjer slettet: **3** talt med (1.234,50 kr.) og **2** sat til side (18,00 kr.)." in text
    assert "Nøglen til pseudonymisering er slettet på denne maskine." in text
    assert "- [ ] faktura (maskeret).xml" in text
    assert "CPR-ABC" not in text
    assert "- [ ] `notater.docx` i kommunens mappe er ikke lavet af programmet" in text
    assert "ingen fundet" in text
    assert text.count("- [ ]") >= 12
    assert "{" not in text
    assert "(`labelled_lines.csv`, `labelling_sample.csv`, `decisions.csv`, `rules.csv`) er slettet" in text
    assert "| Arbejdsbøger til gennemgang, stikprøve og mærkning | 3 |" in text
    assert "| Stikprøvens linjer | 1 |" in text
    assert "- `audit_frame.csv`: Stikprøvens grundlag: summer pr. kategori." in text
    assert "scope_decisions" not in text  # there was none


def test_a_key_that_another_municipality_needs_stays(town):
    store.create_municipality("naboby", privacy_key="test-key")
    outcome = close_municipality(town, confirmed=True, today=TODAY)
    assert key_path("test-key").is_file()
    assert outcome.facts["key_shared_with"] == ["naboby"]
    text = (town.folder / CHECKLIST).read_text(encoding="utf-8")
    assert "**ikke** slettet: den bruges også af naboby" in text
    neighbour = store.open_municipality("naboby")
    close_municipality(neighbour, confirmed=True, today=TODAY)  # the first is closed: nobody else needs the key now
    assert not key_path("test-key").exists()


def test_a_neighbour_whose_settings_cannot_be_read_counts_as_needing_the_key(town):
    folder = town.folder.parent / "rodeby"
    folder.mkdir()
    (folder / "municipality.toml").write_text('privacy_key = "test-key"\nbad', encoding="utf-8")
    assert close_municipality(town, confirmed=False, today=TODAY).facts["key_shared_with"] == ["rodeby"]


def test_what_stays_is_looked_through_once_more(town):
    with xlsxwriter.Workbook(town.folder / "reports" / "2025" / "report.xlsx") as book:
        book.add_worksheet("S03").write_string(4, 0, "til 010190-1234")
    (town.folder / "reports" / "2025" / "gammel.xlsx").write_text("no workbook", encoding="utf-8")
    (town.folder / "contracts.csv").write_text("Aftale;Leverandør\nA-1;Ole 010190-1234\n", encoding="utf-8")
    outcome = close_municipality(town, confirmed=True, today=TODAY)
    assert outcome.facts["found_in_reports"] == [
        "reports/2025/gammel.xlsx, cannot be read", "reports/2025/report.xlsx, sheet «S03», row 5",
        "contracts.csv, row 2",
    ]  # fmt: skip
    text = (town.folder / CHECKLIST).read_text(encoding="utf-8")
    assert "- [ ] reports/2025/report.xlsx, ark «S03», række 5" in text
    assert "1234" not in text.replace("1.234", "")


def test_while_another_run_is_at_work_nothing_is_deleted(town):
    before = present(town)
    with FileLock(town.folder / ".lock"), pytest.raises(ParameterError, match="Another run"):
        close_municipality(town, confirmed=True, today=TODAY)
    assert present(town) - {".lock"} == before


def test_an_interrupted_closing_is_finished_by_closing_again_with_the_same_account(town, monkeypatch):
    planned = close_municipality(town, confirmed=False, today=TODAY).facts
    with monkeypatch.context() as patch:
        calls = []

        def interrupted(path):
            calls.append(path)
            if len(calls) == 3:
                raise KeyboardInterrupt
            original(path)

        original = shutil.rmtree
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            close_municipality(town, confirmed=True, today=TODAY)
    with pytest.raises(NoDataError, match="was begun on 2026-01-31 and not finished"):
        refuse_closed(town.folder)
    again = close_municipality(town, confirmed=True, today=date(2026, 2, 2)).facts
    assert present(town) - {".lock"} == KEPT | {"closing_record.json", CHECKLIST}
    same = ("deleted", "lines", "amount", "sources", "lines_set_aside", "amount_set_aside", "closed_on")
    assert {name: again[name] for name in same} == {name: planned[name] for name in same}


def test_closing_twice_changes_nothing_and_a_file_that_came_later_is_added_to_the_account(town):
    first = close_municipality(town, confirmed=True, today=TODAY).facts
    again = close_municipality(town, confirmed=True, today=date(2026, 2, 2)).facts
    assert again["deleted"] == first["deleted"]
    assert (again["lines"], again["confirmed"]) == (3, False)
    (town.folder / "inbox").mkdir()
    (town.folder / "inbox" / "sen.csv").write_text("abc", encoding="utf-8")
    late = close_municipality(town, confirmed=True, today=date(2026, 2, 3)).facts
    assert late["deleted"]["inbox"] == {"files": 2, "bytes": 7}
    assert not (town.folder / "inbox").exists()


@pytest.mark.parametrize("confirmed", [True, False])
def test_closing_again_says_when_it_was_closed_and_does_nothing(town, confirmed):
    close_municipality(town, confirmed=True, today=TODAY)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in town.folder.rglob("*") if p.is_file()}
    outcome = close_municipality(town, confirmed=confirmed, today=date(2026, 2, 2))
    assert outcome.sentences == ("«prøveby» was closed on 2026-01-31: there is nothing left to delete.",)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in town.folder.rglob("*") if p.is_file()} == before


def test_a_key_that_nobody_else_needs_any_more_goes_when_closing_again(town):
    neighbour = store.create_municipality("naboby", privacy_key="test-key")
    close_municipality(town, confirmed=True, today=TODAY)
    shutil.rmtree(neighbour.folder)
    close_municipality(town, confirmed=True, today=TODAY)
    assert not key_path("test-key").exists()


def test_scope_decisions_are_ours_and_are_deleted_with_the_names_in_them(town):
    path = town.folder / "scope_decisions.csv"
    path.write_text("Leverandør\nEksempel Bosted\n", encoding="utf-8")
    outcome = close_municipality(town, confirmed=True, today=TODAY)
    assert not path.exists()
    assert outcome.facts["unknown"] == ["notater.docx"]
    text = (town.folder / CHECKLIST).read_text(encoding="utf-8")
    assert "| Afgørelser om omfang, lavet af kommunens svar | 1 |" in text
    assert "`rules.csv`, `scope_decisions.csv`) er slettet" in text


def test_before_anything_goes_the_doubtful_files_that_stay_are_named(town):
    (town.folder / "contracts.csv").write_text("Aftale;Leverandør\nA-1;Ole 010190-1234\n", encoding="utf-8")
    (town.folder / "decisions.csv").write_text("tekst\n010190-1234\n", encoding="utf-8")
    outcome = close_municipality(town, confirmed=False, today=TODAY)
    assert outcome.facts["found_in_reports"] == ["contracts.csv, row 2"]
    assert "Look at contracts.csv, row 2: it holds a number that can be a CPR number." in outcome.sentences


def test_a_checklist_that_could_not_be_written_stops_it_before_anything_is_gone(town):
    bad = replace(town, title="Prøveby 010190-1234")
    before = present(town)
    said = close_municipality(bad, confirmed=False, today=TODAY).sentences
    assert any(sentence.startswith(f"Closing would stop: {CHECKLIST}, line 3") for sentence in said)
    with pytest.raises(PrivacyError):
        close_municipality(bad, confirmed=True, today=TODAY)
    assert present(town) - {".lock"} == before
    assert closing_record(town.folder) == {}


def test_of_a_link_to_another_folder_only_the_link_goes_and_the_list_says_so(town, tmp_path):
    elsewhere = tmp_path / "drev"
    elsewhere.mkdir()
    (elsewhere / "faktura.xml").write_text("<a/>", encoding="utf-8")
    shutil.rmtree(town.folder / "inbox")
    (town.folder / "inbox").symlink_to(elsewhere, target_is_directory=True)
    close_municipality(town, confirmed=True, today=TODAY)
    assert (elsewhere / "faktura.xml").is_file()
    assert not (town.folder / "inbox").exists()
    assert "`inbox` var en genvej" in (town.folder / CHECKLIST).read_text(encoding="utf-8")


def test_a_closed_municipality_answers_with_the_day_it_was_closed(town):
    refuse_closed(town.folder)
    close_municipality(town, confirmed=True, today=TODAY)
    with pytest.raises(NoDataError, match="«prøveby» was closed on 2026-01-31") as caught:
        refuse_closed(town.folder)
    assert "another name" in str(caught.value)


def test_an_empty_municipality_can_be_closed(municipality):
    outcome = close_municipality(municipality, confirmed=True, today=TODAY)
    assert outcome.facts["lines"] == 0
    assert "Ingen filer er importeret." in (municipality.folder / CHECKLIST).read_text(encoding="utf-8")
