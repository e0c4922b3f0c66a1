"""The whole way on a real council's spend: the same commands a consultant types, no code."""

import json
import os
import subprocess
import sys

import pytest

LINES_IN_FILE = 173_105
LABELLED_LINES = 107_619


@pytest.fixture(scope="module")
def council(shared_data, tmp_path_factory):
    """A data folder in which the council's five years have been imported, learned, classified and reported."""
    home = tmp_path_factory.mktemp("council")
    environment = {**os.environ, "PROCUREMENT_KEYS": str(home / "keys"), "PROCUREMENT_DATA": str(home / "data")}

    def run(*words: str) -> dict:
        command = [sys.executable, "-m", "procurement_kit", *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, f"{words[0]}: {done.stderr[-2000:]}"
        return json.loads(done.stdout)

    run("init", "council", "--title", "The council", "--currency", "GBP", "--language", "en")
    lines = str(shared_data / "wakefield" / "lines.csv.gz")
    return {
        "folder": home / "data" / "council",
        "import": run("import", "council", lines, "--profile", "council_spend"),
        "again": run("import", "council", lines, "--profile", "council_spend"),
        "tree": run("tree", "council", "--from-labels", "--yes"),
        "train": run("train", "council", "--until", "2017-12-31"),
        "classify": run("classify", "council"),
        "report": run("report", "council", "2018"),
    }


def test_every_line_is_accounted_for(council):
    facts = council["import"]
    assert facts["lines_read"] == LINES_IN_FILE
    assert facts["lines_taken"] + facts["lines_held_back"] + facts["lines_duplicate"] == LINES_IN_FILE
    assert facts["lines_taken"] > 0.97 * LINES_IN_FILE


def test_the_same_file_again_changes_nothing(council):
    assert council["again"]["lines_taken"] == 0
    assert council["again"]["files_unchanged"] == 1


def test_the_tree_joins_areas_that_are_spelt_in_several_ways(council):
    assert 13 <= council["tree"]["areas"] <= 15
    assert council["tree"]["spellings_joined"] >= 5


def test_the_classifier_learns_from_the_years_to_2017_only(council):
    assert 0 < council["train"]["labelled_lines"] < LABELLED_LINES
    assert council["train"]["last_date"] <= "2017-12-31"


def test_accuracy_is_measured_on_suppliers_not_seen(council):
    measured = council["train"]["accuracy"]["unseen-suppliers"]
    assert measured["1"]["accuracy_lines"] > 0.58
    assert measured["2"]["accuracy_lines"] > 0.40


def test_the_report_shows_tree_tail_and_accuracy(council):
    html = (council["folder"] / "reports" / "2018" / "report.html").read_text(encoding="utf-8")
    assert council["report"]["paths"]["report.html"].endswith("report.html")
    for anchor in ('id="s03"', 'id="s07"', 'id="s12"'):
        assert anchor in html
    assert "2018" in html


def test_the_run_record_holds_lines_and_amount_after_each_step(council):
    record = json.loads((council["folder"] / "reports" / "2018" / "run_record.json").read_text(encoding="utf-8"))
    counts = {step["line_count"] for step in record["steps"].values()}
    amounts = {step["net_amount"] for step in record["steps"].values()}
    assert len(counts) == len(amounts) == 1
