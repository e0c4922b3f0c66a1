"""The invented municipality through the real import and steps, against its planted truth: to the øre."""

import os
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.workshop import demo, demo_files


@pytest.fixture(scope="module")
def truth():
    return demo_files.planted_truth()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data folder and a key folder for all tests of this file."""
    root = tmp_path_factory.mktemp("golden")
    names = {"PROCUREMENT_DATA": str(root / "data"), "PROCUREMENT_KEYS": str(root / "keys")}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    yield root
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def municipality(home):
    opened = demo.open_demo()
    demo_files.write_demo_files(opened)
    return opened


@pytest.fixture(scope="module")
def report(municipality):
    """What the import says of the files."""
    from procurement_kit.intake.load import import_files

    inbox = municipality.folder / "inbox"
    paths = [inbox / demo_files.EINVOICE_FOLDER, *(inbox / name for name in demo_files.LEDGER_FILES)]
    return import_files(municipality, paths, profile=demo.LEDGER_PROFILE)


@pytest.fixture(scope="module")
def taken(municipality, report, truth):
    """Pairs of a line taken in and what is true of it."""
    known = {(line.source_name, line.source_row): line for line in truth.lines}
    rows = store.read_lines(municipality).to_pyarrow().to_pylist()
    return [(row, known[row["source_name"], row["source_row"]]) for row in rows]


# --- import ---------------------------------------------------------------------------------------------------------


def test_the_account_closes_and_is_that_of_the_truth(report, truth):
    said = report.as_dict()
    assert report.closes
    for name, fate in (("taken", "taken_in"), ("held_back", "held_back"), ("duplicate", "duplicate")):
        assert said[f"lines_{name}"] == truth.line_count(fate), fate
        assert Decimal(said[f"amount_{name}"]) == truth.amount(fate), fate
    assert said["lines_read"] == len(truth.lines)


def test_personal_numbers_are_masked_as_often_as_planted(report, truth, taken):
    assert report.as_dict()["masked_count"] == truth.masked_count == 7
    for row, line in taken:
        assert row["privacy_hit_count"] == line.masked_count
        assert ("CPR-" in f"{row['item_name']} {row['line_text']}") == bool(line.masked_count)


def test_documents_that_cannot_be_used_are_held_back_with_their_reason(municipality, report, truth):
    rows = store.read_load_dataset(municipality, "documents").to_pyarrow().to_pylist()
    held_back = {row["source_name"]: row["document_reason"] for row in rows if row["document_status"] == "held_back"}
    assert set(held_back) == {*truth.held_back_files, *truth.unread_files}
    assert all("add up" in held_back[name] for name in truth.held_back_files)
    assert any("DOCTYPE" in reason for reason in held_back.values())


def test_lines_seen_before_are_set_aside_once(municipality, report, truth):
    rows = store.read_load_dataset(municipality, "set_aside").to_pyarrow().to_pylist()
    found = {(row["source_name"], row["source_row"]) for row in rows if row["set_aside_status"] == "duplicate"}
    assert found == {(line.source_name, line.source_row) for line in truth.lines if line.fate == "duplicate"}
    assert {name for name, _ in found if name.endswith("xml")} == set(truth.duplicate_files)


def test_every_line_taken_in_is_worth_what_is_true(taken, truth):
    assert len(taken) == truth.line_count("taken_in")
    for row, line in taken:
        assert line.fate == "taken_in"
        assert row["net_amount"] == line.net_amount
        assert row["document_amount"] == line.document_amount
        assert (row["document_number"], row["invoice_date"]) == (line.document_number, line.invoice_date)


def test_amounts_in_other_currencies_are_never_added_to_kroner(report, truth):
    unknown = [line for line in truth.lines if line.net_amount is None]
    assert {line.currency for line in unknown} == {"SEK"}
    swedish = report.as_dict()["by_currency"]["SEK"]["taken"]
    assert swedish["lines"] == len(unknown)
    assert Decimal(swedish["amount"]) == sum(line.document_amount for line in unknown)


def test_a_second_import_takes_nothing_in(municipality, report):
    from procurement_kit.intake.load import import_files

    before = store.read_lines(municipality).count().to_pyarrow().as_py()
    inbox = municipality.folder / "inbox"
    import_files(municipality, [inbox / demo_files.EINVOICE_FOLDER], profile=demo.LEDGER_PROFILE)
    assert store.read_lines(municipality).count().to_pyarrow().as_py() == before


# --- scope, units, suppliers ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stepped(municipality, report):
    """All lines after scope, units and suppliers, as rows."""
    from procurement_kit.steps.spend_cube import spend_cube

    return spend_cube(municipality).to_pyarrow().to_pylist()


@pytest.fixture(scope="module")
def known(truth):
    return {(line.source_name, line.source_row): line for line in truth.lines}


def test_scope_is_that_of_the_truth(stepped, known):
    wrong = Counter(
        (line.scope_status, row["scope_status"])
        for row in stepped
        if (line := known[row["source_name"], row["source_row"]]).scope_status != row["scope_status"]
    )
    assert wrong == {}


def test_every_line_finds_its_unit_also_where_a_location_number_was_reused(stepped, known):
    for row in stepped:
        assert row["unit_name"] == known[row["source_name"], row["source_row"]].unit_name


def test_spellings_with_and_without_number_are_one_supplier(stepped, known):
    keys = defaultdict(set)
    for row in stepped:
        line = known[row["source_name"], row["source_row"]]
        if line.supplier_number:
            keys[line.supplier_name].add(row["supplier_key"])
    split = {name: found for name, found in keys.items() if len(found) > 1}
    assert split == {}
    assert all(found == {next(iter(found))} for found in keys.values())


def test_no_two_suppliers_are_merged(stepped, known):
    names = defaultdict(set)
    for row in stepped:
        names[row["supplier_key"]].add(known[row["source_name"], row["source_row"]].supplier_name)
    assert {key: found for key, found in names.items() if len(found) > 1} == {}


# --- accounts --------------------------------------------------------------------------------------------------------


def test_the_accounts_differ_from_the_lines_by_what_was_planted_and_nothing_else(municipality, report, truth):
    from procurement_kit.analyses.reconciliation import analyse_reconciliation
    from procurement_kit.steps.accounts import read_accounts
    from procurement_kit.steps.spend_cube import spend_cube
    from procurement_kit.workshop import planted_accounts as planted

    finding = analyse_reconciliation(spend_cube(municipality), read_accounts(municipality), period="2025")
    assert not finding.failed_checks
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert numbers["difference_amount"] == planted.INTERNAL_AMOUNT + planted.UNEXPLAINED_AMOUNT
    assert numbers["unexplained_amount"] == planted.UNEXPLAINED_AMOUNT
    assert numbers["found_share"] > Decimal("0.98")
    open_ = {row.art_code: row.unexplained_amount for row in finding.table.itertuples() if row.unexplained_amount}
    assert open_ == {planted.UNEXPLAINED_ART: planted.UNEXPLAINED_AMOUNT}
    assert numbers["no_art_amount"] == sum(planted.planted_accounts(truth.lines, 2025).without_art.values())
    assert "undivided" in finding.caveats


# --- contracts, given the true categories ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_contracts(municipality, stepped, known):
    """Lines with contract status, their categories being the true ones."""
    import ibis
    import pyarrow as pa

    from procurement_kit.classifier.tree import standard_tree
    from procurement_kit.names import normalise_supplier_name
    from procurement_kit.steps import contracts
    from procurement_kit.tables import INVOICE_LINES

    schema = INVOICE_LINES.schema("intake", "scope", "units", "suppliers", "categories")
    rows = [
        {name: row[name] for name in schema}
        | {"category_code": known[row["source_name"], row["source_row"]].category_code or None}
        for row in stepped
    ]
    tree = standard_tree()
    register = contracts.read_contracts(municipality, tree)
    keys = defaultdict(set)
    for row in rows:
        keys[normalise_supplier_name(row["supplier_name"])].add(row["supplier_key"])
    cells, supplier_cells = contracts.contract_cells(contracts.contract_terms(register, "demo", keys), tree)
    lists = contracts.list_lookup(register.items, supplier_cells)
    lines = ibis.memtable(pa.Table.from_pylist(rows, schema=store.arrow_schema(schema)))
    tables = [ibis.memtable(table) for table in (cells, supplier_cells, lists)]
    return contracts.add_contracts(lines, *tables).to_pyarrow().to_pylist()


def test_contract_status_and_number_of_every_line_are_the_true_ones(with_contracts, known):
    wrong = Counter()
    for row in with_contracts:
        line = known[row["source_name"], row["source_row"]]
        if (row["contract_number"] or "", row["contract_status"]) != (line.contract_number, line.contract_status):
            wrong[line.contract_number, line.contract_status, row["contract_status"]] += 1
    assert wrong == {}


def test_kroner_bought_elsewhere_are_recovered_per_contract(with_contracts, truth):
    found = defaultdict(Decimal)
    for row in with_contracts:
        if row["invoice_date"].year == 2025 and row["contract_status"] == "wrong_supplier":
            found[row["contract_number"]] += row["net_amount"]
    planted = {n: amount for (n, status), amount in truth.contract_amounts(2025).items() if status == "wrong_supplier"}
    assert dict(found) == planted
    assert sum(planted.values()) > 5_000_000


def test_the_reasons_tell_the_stories_of_the_contracts(with_contracts, truth):
    def reasons(group, year):
        return {
            row["contract_reason"]
            for row in with_contracts
            if (row["category_code"] or "").startswith(group) and row["invoice_date"].year == year
        }

    assert reasons("0905", 2025) == {"expired"}
    assert reasons("1104", 2025) == {"not_begun"}
    assert all("voluntary" in reason for reason in reasons("1109", 2025))
    assert reasons("1401", 2025) <= {"contract_supplier", "other_supplier"}


def test_price_spreads_show_in_the_item_check(with_contracts, truth):
    dearer = Counter(row["item_seller_number"] for row in with_contracts if row["item_check"] == "wrong_price")
    assert set(dearer) >= {spread.item_number for spread in truth.price_spreads if spread.overpaid_amount}
    not_listed = {row["item_seller_number"] for row in with_contracts if row["item_check"] == "wrong_item"}
    assert not_listed <= {"K-1901"}


# --- categories -----------------------------------------------------------------------------------------------------


def test_a_classifier_of_three_areas_finds_most_kroner_of_the_next_year(municipality, stepped, known):
    import pandas as pd

    from procurement_kit.classifier import training
    from procurement_kit.classifier.tree import standard_phrases, standard_tree
    from procurement_kit.tables import CLASSIFIER_FEATURES, LABELLED_LINES
    from procurement_kit.templates import read_template

    areas = ("14", "18", "19")
    labelled = read_template(municipality.folder / "labelled_lines.csv", LABELLED_LINES).to_pandas()
    labelled = labelled.rename(columns={"text": "line_text", "unit": "unit_name"}).reindex(columns=training.LABELLED)
    phrases = standard_phrases()
    classifier = training.train(
        labelled[labelled["category_code"].str.startswith(areas)],
        standard_tree(),
        phrases=phrases[phrases["category_code"].str.startswith(areas)],
    )
    later = [
        (row, line)
        for row in stepped
        if (line := known[row["source_name"], row["source_row"]]).category_code.startswith(areas)
        and line.invoice_date.year == 2025
    ]
    found = classifier.predict(pd.DataFrame([{n: row[n] for n in CLASSIFIER_FEATURES} for row, _ in later]))
    proposed = list(found["category_proposed_code"])
    right = [
        line.net_amount for code, (_, line) in zip(proposed, later, strict=True) if code[:4] == line.category_code[:4]
    ]
    assert sum(right) / sum(line.net_amount for _, line in later) > Decimal("0.90")
