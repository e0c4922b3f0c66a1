"""What has changed between two reports, from the lines that were kept when each was made?"""

import json
from datetime import date

import pytest

from procurement_kit import folders, store
from procurement_kit.comparing import compare_reports
from procurement_kit.errors import InputNotFoundError, ParameterError
from procurement_kit.periods import parse_period
from procurement_kit.publishing import snapshots
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.snapshots import changes_since_last_report, find_snapshot, keep_snapshot, last_snapshot

Q1, Q2 = date(2025, 2, 1), date(2025, 5, 1)


@pytest.fixture
def write_cube(municipality, cube_of):
    """Put lines in place as the spend cube under a mark: (identity, kroner, day)."""

    def write(mark: str, *lines: tuple):
        placed = {"scope_status": "in_scope", "is_addressable": True, "contract_status": "no_known_contract"}
        rows = [
            {
                **placed,
                "line_id": key,
                "net": net,
                "invoice_date": day,
                "supplier_key": "n:1",
                "supplier_label": "Å A/S",
            }
            for key, net, day in lines
        ]
        store.write_dataset(municipality, municipality.folder / "cube" / "lines", cube_of(*rows))
        folders.write_text(municipality.folder / "cube" / "cube.json", json.dumps({"fingerprint": mark, "steps": {}}))
        return municipality

    return write


def keep(municipality, period: str, mark: str = "r"):
    keep_snapshot(municipality, period, read_recipe("municipal_report"), mark)


@pytest.fixture
def two_quarters(write_cube):
    """The first quarter as it was reported (10), and the second (40) with a late invoice of the first (5)."""
    town = write_cube("one", ("a", "10", Q1))
    keep(town, "2025Q1")
    write_cube("two", ("a", "10", Q1), ("late", "5", Q1), ("b", "40", Q2))
    keep(town, "2025Q2")
    return town


def test_two_periods_are_compared_by_name(two_quarters):
    found = compare_reports("prøveby/2025Q1", "prøveby/2025Q2")
    bridge = {row["change_reason"]: str(row["net_amount"]) for row in found.facts["bridge"]}
    assert (bridge["before"], bridge["late_invoices"], bridge["volume"], bridge["now"]) == (
        "10.00", "5.00", "25.00", "40.00",
    )  # fmt: skip
    assert found.facts["difference"] == "30.00"
    assert "Difference 30.00; the reasons sum to it." in found.sentences
    json.dumps(found.facts, default=str)


def test_the_next_report_says_what_changed_since_the_last(two_quarters):
    (finding,) = changes_since_last_report(two_quarters, period="2025Q2")
    assert finding.parameters == {"old_period": "2025Q1", "period": "2025Q2"}
    assert changes_since_last_report(two_quarters, period="2025") == []


def test_a_report_made_again_is_compared_with_what_it_was(write_cube):
    town = write_cube("one", ("a", "10", Q1))
    assert changes_since_last_report(town, period="2025Q1") == []
    keep(town, "2025Q1")
    assert changes_since_last_report(town, period="2025Q1") == []  # nothing is new
    write_cube("two", ("a", "12", Q1))
    before = changes_since_last_report(town, period="2025Q1")[0].numbers["difference_amount"].value
    keep(town, "2025Q1")
    after = changes_since_last_report(town, period="2025Q1")[0].numbers["difference_amount"].value
    assert (str(before), str(after)) == ("2.00", "2.00")
    assert compare_reports("prøveby/2025Q1.before", "prøveby/2025Q1").facts["difference"] == "2.00"


def test_the_mark_of_a_report_tells_its_state_from_the_one_before(write_cube):
    town = write_cube("one", ("a", "10", Q1))
    keep(town, "2025Q1", "first")
    write_cube("two", ("a", "12", Q1))
    keep(town, "2025Q1", "second")
    assert find_snapshot(town, "2025Q1", "first").name == "2025Q1.before"
    assert find_snapshot(town, "2025Q1", "second").cube_mark == "two"


def test_the_same_lines_are_not_written_twice(two_quarters):
    part = next((two_quarters.folder / "snapshots" / "2025Q2" / "lines").glob("*.parquet"))
    written = part.stat().st_mtime_ns
    keep(two_quarters, "2025Q2", "other")
    assert part.stat().st_mtime_ns == written
    assert find_snapshot(two_quarters, "2025Q2").report_mark == "other"


def test_a_folder_is_told_by_its_record(two_quarters, tmp_path):
    for period in ("2025Q1", "2025Q2"):
        folder = tmp_path / "mappe med æøå" / period
        folder.mkdir(parents=True)
        record = {"municipality": "prøveby", "fingerprint": "r"}
        (folder / "run_record.json").write_text(json.dumps(record), encoding="utf-8")
    home = tmp_path / "mappe med æøå"
    assert compare_reports(str(home / "2025Q1"), str(home / "2025Q2")).facts["difference"] == "30.00"
    (home / "2025Q1" / "run_record.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputNotFoundError, match="not the record"):
        compare_reports(str(home / "2025Q1"), str(home / "2025Q2"))


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("prøveby/2025Q1", "nabo/2025Q1", ParameterError, "two municipalities"),
        ("report.html", "prøveby/2025Q2", ParameterError, "not a report"),
        ("prøveby/2025Q", "prøveby/2025Q2", InputNotFoundError, "Did you mean «2025Q"),
    ],
)
def test_what_cannot_be_compared_is_said(two_quarters, old, new, error, words):
    with pytest.raises(error, match=words):
        compare_reports(old, new)


def test_only_reports_of_the_same_length_and_recipe_are_the_last(two_quarters):
    assert last_snapshot(two_quarters, parse_period("2025Q3"), "municipal_report").name == "2025Q2"
    assert last_snapshot(two_quarters, parse_period("2026"), "municipal_report") is None
    assert last_snapshot(two_quarters, parse_period("2025Q3"), "my_own") is None
    assert [kept.name for kept in snapshots.snapshots(two_quarters)] == ["2025Q1", "2025Q2"]
