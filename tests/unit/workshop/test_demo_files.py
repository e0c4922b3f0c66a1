"""The files of the invented municipality: the same bytes each time, readable, lists without anything personal."""

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest

from procurement_kit import tables
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.privacy import Masker
from procurement_kit.steps.contracts import read_contracts
from procurement_kit.templates import read_template
from procurement_kit.values import read_amount
from procurement_kit.workshop import demo_files

LISTS = ("units", "contracts", "contract_items", "contract_participants", "labelled_lines", "decisions", "rules")


def read(written, table):
    return read_template(written.folder / f"{table.name}.csv", table).to_pylist()


def postings(written, year):
    text = (written.folder / "inbox" / f"posteringer_{year}.csv").read_bytes().decode("cp1252")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_files_are_the_same_bytes_in_another_folder(written, municipality):
    demo_files.write_demo_files(municipality)
    for name in ("inbox", "contracts.csv", "labelled_lines.csv", "units.csv", "rules.csv", "decisions.csv"):
        assert fingerprint(municipality.folder / name) == fingerprint(written.folder / name), name


def test_what_is_there_already_is_left_as_it_is(written):
    path = written.folder / "targets.csv"
    own = path.read_text(encoding="utf-8")
    path.write_text("mine", encoding="utf-8")
    demo_files.write_demo_files(written)
    assert path.read_text(encoding="utf-8") == "mine"
    path.write_text(own, encoding="utf-8")


def test_files_of_an_older_generator_are_replaced_with_all_made_from_them(municipality):
    demo_files.write_demo_files(municipality)
    stale = municipality.folder / "inbox" / "einvoices" / "old.xml"
    stale.write_text("old", encoding="utf-8")
    (municipality.folder / "cube").mkdir()
    (municipality.folder / demo_files.STAMP_FILE).write_text('{"made_from": "older"}', encoding="utf-8")
    demo_files.write_demo_files(municipality)
    assert not stale.exists() and not (municipality.folder / "cube").exists()
    assert demo_files.are_files_current(municipality)


def test_about_five_hundred_einvoices_and_two_ledgers_lie_in_the_inbox(written):
    inbox = written.folder / "inbox"
    assert 480 <= len(list((inbox / "einvoices").glob("*.xml"))) <= 560
    assert sorted(path.name for path in inbox.glob("*.csv")) == list(demo_files.LEDGER_FILES)


@pytest.mark.parametrize("year", [2024, 2025])
def test_a_ledger_has_the_headings_of_the_profile_and_amounts_that_can_be_read(written, year):
    rows = postings(written, year)
    assert tuple(rows[0]) == demo_files.LEDGER_HEADINGS
    amounts = [read_amount(row["Beløb ekskl. moms"]) for row in rows]
    assert any(amount < 0 for amount in amounts)
    assert len(rows) > 1500


def test_the_rows_of_the_ledgers_are_those_of_the_truth(written, truth):
    for year in (2024, 2025):
        name = f"posteringer_{year}.csv"
        known = {line.source_row: line for line in truth.lines if line.source_name == name}
        rows = postings(written, year)
        assert len(known) == len(rows)
        for number, row in enumerate(rows, start=2):
            line = known[number]
            assert row["Fakturanummer"] == line.document_number
            assert row["Tekst"] == line.text
            assert read_amount(row["Beløb ekskl. moms"]) == line.net_amount
            assert row["Enhed"] == line.unit_name


def test_a_few_postings_have_no_art(written):
    rows = [row for year in (2024, 2025) for row in postings(written, year)]
    without = [row for row in rows if not row["Art"]]
    assert 10 < len(without) < 80
    assert Counter(row["Art"] for row in rows)["47"] == 92


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_read_as_a_consultant_would_have_filled_it_in(written, name):
    assert read(written, next(table for table in tables.TABLES if table.name == name))


def test_the_contract_register_can_be_used(written):
    register = read_contracts(written, standard_tree())
    assert len({row["contract_number"] for row in register.contracts}) == 26
    assert {row["contract_number"] for row in register.items} == {"A-2023-01", "A-2023-02"}
    assert all(row["supplier_number"].startswith("00") for row in register.contracts)


def test_about_2500_lines_of_the_first_year_are_labelled_with_categories_of_the_tree(written):
    rows = read(written, tables.LABELLED_LINES)
    tree = standard_tree()
    assert 2400 <= len(rows) <= 2600
    assert all(row["category_code"] in tree for row in rows)


def test_decisions_speak_of_texts_that_say_nothing(written, world):
    rows = read(written, tables.DECISIONS)
    empty = {text.casefold() for text in world.empty_texts}
    assert len(rows) == 3
    assert all(row["text"].casefold() in empty for row in rows)


def test_rules_name_suppliers_by_number(written, world):
    rows = {row["rule_id"]: row for row in read(written, tables.RULES)}
    assert rows["R-001"]["supplier_number"] == world.firms["Mårens Trafikselskab"].number
    assert rows["R-001"]["category_code"] == "0804"


def test_there_is_a_rate_for_euro_only(written):
    rows = read(written, tables.EXCHANGE_RATES)
    assert {row["document_currency"] for row in rows} == {"EUR"}
    assert rows[-1]["exchange_rate"] == Decimal("7.46")


def test_nothing_that_looks_like_a_personal_number_stands_in_the_lists(written):
    masker = Masker(b"0" * 32)
    for path in written.folder.glob("*.csv"):
        for cell in path.read_text(encoding="utf-8").replace(";", "\n").splitlines():
            assert masker.mask(cell).hit_count == 0, path.name


def test_personal_numbers_stand_in_the_inbox_as_often_as_planted(written, truth):
    masker = Masker(b"0" * 32)
    texts = [row["Tekst"] for year in (2024, 2025) for row in postings(written, year)]
    in_ledgers = sum(masker.mask(text).hit_count for text in texts)
    assert (in_ledgers, truth.masked_count) == (4, 7)


def test_price_spreads_are_recomputed_by_hand(truth):
    paper = next(spread for spread in truth.price_spreads if spread.item_number == "K-1001")
    bought = [line for line in truth.purchases(2025) if line.item_number == "K-1001"]
    overpaid = sum(
        line.document_amount - line.document_amount / line.unit_price * paper.agreed_price for line in bought
    )
    assert paper.highest_price > paper.agreed_price == Decimal("132.50")
    assert overpaid == paper.overpaid_amount > 0


def test_merged_suppliers_are_printed_in_several_ways(truth):
    forms = truth.merged_suppliers["Skriverhjørnet Kontorgrossist A/S"]
    assert {name for name, _ in forms} == {"Skriverhjørnet Kontorgrossist A/S", "SKRIVERHJØRNET KONTORGROSSIST"}
    assert len(truth.merged_suppliers) > 25
    assert sum(any(not number for _, number in forms) for forms in truth.merged_suppliers.values()) > 15


def test_new_and_gone_suppliers_sell_in_one_year_only(truth):
    sold = {year: {line.supplier_name for line in truth.purchases(year)} for year in (2024, 2025)}
    assert truth.new_suppliers == sold[2025] - sold[2024]
    assert truth.gone_suppliers == sold[2024] - sold[2025]
    assert len(truth.new_suppliers) > 40 and len(truth.gone_suppliers) > 40


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.5", "0,50"), ("1234.5", "1.234,50"), ("-1234567.89", "-1.234.567,89")]
)
def test_amounts_are_printed_as_danish_ledgers_do(amount, expected):
    assert demo_files.danish(Decimal(amount)) == expected
    assert read_amount(expected) == Decimal(amount)
