"""A real council's payments: published quarters and the joined file give the same lines."""

import csv
import gzip
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.intake.load import import_files
from procurement_kit.intake.privacy import names_a_person

LINES = 173_105


@pytest.fixture(scope="module")
def council(shared_data, tmp_path_factory):
    """A municipality that has imported the council's joined file."""
    home = tmp_path_factory.mktemp("council_ledger")
    patch = pytest.MonkeyPatch()
    patch.setenv("PROCUREMENT_DATA", str(home / "data"))
    patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
    municipality = store.create_municipality("council", currency="GBP")
    report = import_files(municipality, [shared_data / "wakefield" / "lines.csv.gz"], profile="council_spend")
    yield municipality, report
    patch.undo()


@pytest.fixture(scope="module")
def rows(shared_data):
    with gzip.open(shared_data / "wakefield" / "lines.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_line_and_every_penny_is_taken_in(council, rows):
    municipality, report = council
    assert report.closes
    assert len(rows) == LINES == report.lines("taken")
    assert report.amount("taken") == sum(Decimal(row["amount"]) for row in rows)
    lines = store.read_lines(municipality)
    assert lines.line_id.nunique().execute() == LINES


def test_placeholders_are_empty_and_redacted_names_are_persons(council, rows):
    lines = store.read_lines(council[0]).select("supplier_number", "supplier_name", "supplier_kind").to_pandas()
    assert not lines["supplier_number"].isin(["Not yet available", "N/A", "Awaiting", "Redacted"]).any()
    redacted = sum(row["supplier_name"] in ("DETAILS REDACTED", "Redacted") for row in rows)
    by_name = sum(names_a_person(row["supplier_name"]) for row in rows)  # none of them has a company number
    assert by_name < 10
    assert (lines["supplier_kind"] == "person").sum() == redacted + by_name
    assert set(lines.loc[lines["supplier_kind"] == "person", "supplier_name"]) == {"Privatperson"}


def test_company_numbers_have_their_eight_digits(council):
    numbers = store.read_lines(council[0]).select("supplier_number").distinct().to_pandas()["supplier_number"].dropna()
    assert not [number for number in numbers if number.isdecimal() and len(number) in (6, 7)]


def test_labels_that_say_not_categorised_are_empty(council):
    labels = store.read_lines(council[0]).select("labelled_category_1", "labelled_category_2").to_pandas()
    spelled = {str(label).casefold() for column in labels for label in labels[column].dropna().unique()}
    assert not {"to be classified", "sub category to be classified", "category to be classified", "n/a", ""} & spelled
    both = labels.dropna()
    assert 104_000 < len(both) < 108_000


def test_the_quarters_as_published_are_read_by_the_same_profile(council, shared_data):
    municipality, _ = council
    raw = shared_data / "wakefield" / "raw"
    report = import_files(municipality, [raw], profile="council_spend")
    assert report.closes
    assert report.lines("held_back") == 0
    # The first quarter has the joined file's headings in other words: the same lines, so all of them are known.
    assert next(source for source in report.sources if source.name == "2014-Q1.csv").lines("duplicate") > 6_000
