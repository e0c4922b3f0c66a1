"""Does a community's report stand whole, add up, and say the same when it is made again?

Three of the five municipalities, one line a quarter and group; one of them has no ledger of contract follow-up.
"""

import csv
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import procurement_kit
from procurement_kit.community import open_community
from procurement_kit.community_report import community_findings, make_community_report, refuse_other_choices
from procurement_kit.errors import ParameterError
from procurement_kit.fingerprints import file_hash
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.report import FOLDER_VARIABLE, report_writer, write_report
from procurement_kit.recipe_check import check_recipe
from procurement_kit.workshop.community import COMMUNITY_NAME, MEMBERS, run_community_demo

MEMBER_COUNT, PER_QUARTER, PERIOD, RECIPE = 3, 1, "2025", "community_report"
BUILT = list(MEMBERS)[:MEMBER_COUNT]
WITHOUT_LEDGER = BUILT[0]
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def community(tmp_path_factory):
    home = tmp_path_factory.mktemp("community_report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        run_community_demo(member_count=MEMBER_COUNT, lines_per_quarter=PER_QUARTER)
        (home / "data" / WITHOUT_LEDGER / "contract_findings.csv").unlink()
        yield open_community(COMMUNITY_NAME)


@pytest.fixture(scope="module")
def found(community):
    return {finding.key: finding for finding in community_findings(community, period=PERIOD)}


@pytest.fixture(scope="module")
def folder(community):
    recipe = community.folder / "own_report.toml"  # as a copy of a user, without the PDF
    text = (PROJECT / "reports" / f"{RECIPE}.toml").read_text(encoding="utf-8")
    recipe.write_text(text.replace(', "report.pdf"', ""), encoding="utf-8")
    outcome = make_community_report(COMMUNITY_NAME, PERIOD, recipe=str(recipe))
    again = make_community_report(COMMUNITY_NAME, PERIOD, recipe=str(recipe))
    assert not outcome.facts["unchanged"] and again.facts["unchanged"]
    return community.folder / "reports" / PERIOD


def hashes(folder):
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "run_record.json"]
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in paths}


def test_every_finding_adds_up(found):
    assert not [check for finding in found.values() for check in finding.failed_checks]
    members = found["community"].tables["by_municipality"].to_dict("records")
    assert [row["municipality_title"] for row in members] == [MEMBERS[name] for name in BUILT]
    leaks, bound = (sum((row[name] for row in members), Decimal(0)) for name in ("leak_amount", "binding_amount"))
    rate = found["kpis"].numbers["contract_compliance_actual"].value
    assert abs((1 - leaks / bound) - rate) < Decimal("0.000001")  # kroner over kroner, not a mean of three rates


def test_together_stands_first_and_quartiles_last(found):
    beside = found["community"].tables["beside"].set_index("beside_title")
    assert list(beside.index) == ["together", *(MEMBERS[name] for name in BUILT), "lower", "median", "upper"]
    own = sorted(beside.loc[[MEMBERS[name] for name in BUILT], "contract_compliance_share"])
    assert beside.loc["median", "contract_compliance_share"] == own[1]


def test_what_a_municipality_has_not_delivered_is_named(found):
    gaps = found["community"].tables["gaps"].to_dict("records")
    named = {(row["municipality_title"], row["missing_subject"]) for row in gaps}
    assert named == {(MEMBERS[WITHOUT_LEDGER], "no_follow_up")}


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_page_speaks_in_both_languages(community, found, language):
    recipe, place = read_recipe(RECIPE), replace(community.place, language=language)
    pages = page_views(recipe, report_writer(place, PERIOD, list(found.values()), recipe))
    assert [page.number for page in pages] == [1, 2, 3, 4, 5, 6, 7, 8, 12]
    assert len(pages[0].tiles) == 5
    for page in pages:
        assert page.headline and page.foot, page.key
        assert len(page.text.split()) <= 60, page.key
        assert re.search(r"\d", page.headline), page.key
        assert page.tiles or page.table or page.drawing, page.key
    caveats = {page.key: sentences for page in pages for _, sentences in page.lists[:1]}
    assert len(caveats["kpis"]) == len(found["kpis"].caveats) < len(caveats["community_gaps"]), "each page its own"
    assert {page.key for page in pages if page.drawing} == {"kpis", "community_overlap", "joint_tenders", "expiries"}


def test_the_same_bytes_come_from_the_command_and_by_hand(community, found, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    write_report(community.place, PERIOD, list(found.values()))
    made, by_hand = hashes(folder), hashes(tmp_path)
    assert {"report.html", "report.xlsx", "report.pptx"} < by_hand.keys()
    assert by_hand == {name: mark for name, mark in made.items() if not name.endswith(".ipynb")}


def test_the_folder_is_whole(folder):
    names = {path.name for path in folder.iterdir()}
    assert {"report.html", "report.xlsx", "report.pptx", "findings", "21_community_report.ipynb"} <= names
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html.count("<section") == 9 and "Traceback" not in html and not re.search(r"(src|href)=\"http", html)
    assert zipfile.ZipFile(folder / "report.xlsx").testzip() is None
    tables = [path for path in (folder / "findings").rglob("*.csv") if "beside" in path.name]
    with tables[0].open(encoding="utf-8-sig", newline="") as file:
        assert sum(1 for row in csv.reader(file, delimiter=";") if len(row) > 1) == 1 + 1 + MEMBER_COUNT + 3


def test_the_recipe_is_known_and_asks_for_a_community():
    assert check_recipe(RECIPE).facts["pages"][6] == "joint_tenders"
    with pytest.raises(ParameterError, match="is about a community"):
        read_recipe(RECIPE).about("")
    with pytest.raises(ParameterError, match="is about one municipality"):
        read_recipe("municipal_report").about("", community=COMMUNITY_NAME)
    with pytest.raises(ParameterError, match="together with"):
        refuse_other_choices("gyvelsund", "", is_batch=False)


def test_the_gallery_draws_the_joint_tenders_of_a_community(community):
    """Its other cells run on the demo municipality, which buys with nobody."""
    import nbformat

    book = nbformat.read(PROJECT / "notebooks" / "90_figures.ipynb", as_version=4)
    source = next(cell.source for cell in book.cells if "of-a-community" in cell.metadata.get("tags", []))
    names = {"pk": procurement_kit, "community": COMMUNITY_NAME, "period": PERIOD}
    exec(source.replace("\npk.draw", "\ndrawn = pk.draw"), names)  # the notebook's own cell
    assert "begynde 1." in names["drawn"].title and "<svg" in names["drawn"].svg
