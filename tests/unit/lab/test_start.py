"""Do the buttons of the start page do the steps, and is what goes wrong told on the page?"""

import pytest

from procurement_kit import workbench
from procurement_kit.errors import NoDataError
from procurement_kit.findings import Outcome
from procurement_kit.lab import overview
from procurement_kit.lab.start import StartPage, StartSession
from procurement_kit.progress import counted, progress_bar, watching
from procurement_kit.store import open_municipality


@pytest.fixture
def page(data_home):
    return StartPage(StartSession())


def kinds(page):
    return [block["kind"] for block in page.session.blocks()]


def labels(page):
    return [item["label"] for block in page.session.blocks() if block["kind"] == "buttons" for item in block["items"]]


def text_of(page):
    return " ".join(block["text"] for block in page.session.blocks() if block["kind"] == "text")


def test_the_front_page_has_three_doors_a_picture_and_the_notebooks(page):
    assert labels(page) == ["Se demo", "Ny kommune", "Fortsæt"]
    assert "picture" in kinds(page) and "Der er ingen kommuner endnu" in text_of(page)
    cards = next(block["items"] for block in page.session.blocks() if block["kind"] == "cards")
    assert "01_intake_check.ipynb" in [card["file"] for card in cards]
    assert all(card["title"] and not card["title"].startswith("#") for card in cards)


def test_to_go_on_without_a_municipality_is_answered(page):
    assert page.answer({"do": "go_on"})["failed"]


def test_a_new_municipality_is_made_and_stands_at_the_import(page):
    assert page.answer({"do": "do_create", "name": "../ude"})["failed"]
    view = page.answer({"do": "do_create", "name": "testby", "town": "Testby Kommune"})
    assert not view["failed"] and "Testby Kommune er oprettet" in view["status"]
    assert page.session.place == "import"
    assert open_municipality("testby").title == "Testby Kommune"


def test_a_file_that_is_not_there_and_no_file_at_all(page, tmp_path):
    page.answer({"do": "do_create", "name": "testby", "town": "Testby Kommune"})
    assert "does not exist" in page.answer({"do": "do_import", "path": str(tmp_path / "borte.csv")})["status"]
    assert "Skriv stien" in page.answer({"do": "do_import", "path": " "})["status"]


def test_an_import_is_told_in_one_sentence(page, tmp_path):
    page.answer({"do": "do_create", "name": "testby", "town": "Testby Kommune"})
    profile = open_municipality("testby").folder.parent.parent / "posteringer.csv"
    profile.write_text("ikke et regnskab\n", encoding="utf-8")
    assert page.answer({"do": "do_import", "path": str(profile), "profile": "findes_ikke"})["failed"]


def test_a_step_that_is_not_possible_yet_is_not_entered(page):
    page.answer({"do": "do_create", "name": "testby", "town": "Testby Kommune"})
    for step in ("explore", "review"):
        assert page.answer({"do": "step", "arg": step})["failed"]
        assert page.session.place == "import"
    page.answer({"do": "step", "arg": "no such step"})
    assert page.session.place == "import"


def test_the_overview_says_how_far_a_municipality_is(town):
    state = overview.state_of(town.name)
    assert 0 < state["classified"] < 1
    assert state["waiting"] == 4 and state["report"] is None
    page = StartPage(StartSession())
    table = next(block for block in page.session.blocks() if block["kind"] == "table")
    assert table["rows"][0]["cells"][0] == "Prøveby <b>Kommune</b>"


def test_a_folder_that_cannot_be_opened_does_not_hide_the_others(town):
    broken = town.folder.parent / "ødelagt"
    broken.mkdir()
    (broken / "municipality.toml").write_text("title = [", encoding="utf-8")
    page = StartPage(StartSession())
    rows = next(block["rows"] for block in page.session.blocks() if block["kind"] == "table")
    assert len(rows) == 2 and [bool(row["do"]) for row in rows] == [True, False]


def test_the_counter_counts_decisions_and_kroner_and_an_undone_one_is_taken_off(town):
    page = StartPage(StartSession())
    page.answer({"do": "town", "arg": town.name})
    page.answer({"do": "step", "arg": "review"})
    session = page.session.review.session
    assert page.session.counter()["text"].startswith("0 af 20 beslutninger · 0 kr.")
    for _ in range(2):
        session.answer({"do": "take", "key": session.current["group_key"], "code": "0102"})
    after_two = page.session.counter()["text"]
    session.answer({"do": "undo"})
    assert after_two.startswith("2 af 20") and page.session.counter()["text"].startswith("1 af 20")


def test_a_watcher_hears_how_far_a_task_is_instead_of_a_bar(capsys):
    heard = []
    with watching(lambda *told: heard.append(told)), progress_bar("demo", total=2) as bar:
        bar.set_postfix_str("train")
        bar.update()
    assert heard == [("demo", 0, 2), ("demo: train", 0, 2), ("demo", 1, 2)]
    assert capsys.readouterr().err == ""
    assert list(counted([], "classify")) == []


def test_what_is_being_done_is_said_in_danish(page):
    heard = []
    session = page.session
    session.tell = lambda text, share: heard.append((text, share))
    with session._told(), progress_bar("demo", total=2) as bar:
        bar.set_postfix_str("train")
        bar.update()
    assert heard[1:] == [("Demo", 0), ("Demo · træner klassifikatoren", 0), ("Demo", 50)]


def test_a_report_that_was_made_is_told_with_its_place(page, monkeypatch):
    facts = {"unchanged": False, "period": "2025", "paths": {"report.html": "data/by/report.html"}}
    monkeypatch.setattr(workbench, "make_report", lambda name, period: Outcome(facts, ()))
    monkeypatch.setattr(StartSession, "blocks", lambda session: [])
    view = page.answer({"do": "do_report", "period": "2025"})
    assert "Rapporten for 2025 er klar i data/by/report.html" in view["status"]
    assert not view["failed"]


@pytest.mark.parametrize(
    ("do", "lead"),
    [
        ("demo", "Demoen kunne ikke laves: "),
        ("do_import", "Filerne kunne ikke læses ind: "),
        ("do_classify", "Linjerne kunne ikke kategoriseres: "),
        ("do_report", "Rapporten kunne ikke laves: "),
        ("step", "Trinnet kan ikke åbnes endnu: "),
        ("home", "Det lykkedes ikke: "),
    ],
)
def test_what_could_not_be_done_is_said_in_danish_before_the_reason(page, monkeypatch, do, lead):
    def refuse(self, do, given):
        raise NoDataError("There is nothing here.", todo="read the files")

    monkeypatch.setattr(StartSession, "act", refuse)
    view = page.answer({"do": do})
    assert view["failed"] and view["status"] == f"{lead}There is nothing here. read the files."
