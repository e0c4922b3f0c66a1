"""A real register held against a real council's spend of a quarter: no contract is lost, the parts sum, nobody is accused.

The register knows neither categories nor all company numbers, as published ones do; the council's own chart of accounts
serves as category tree. What is expected are relations, never the council's figures.
"""

import csv
import gzip
import json
import os
from decimal import Decimal

import pytest

ROWS_PUBLISHED = 224
PROFILE = """
name = "council_spend_by_account"
version = "1"
vat_basis = "ex"
sign = "positive_is_spend"
[format]
decimal_mark = "."
date_formats = ["yyyy-mm-dd"]
[columns]
document_amount = ["amount"]
invoice_date = ["payment_date"]
document_number = ["transaction_id"]
line_number = ["source_row_index"]
supplier_name = ["supplier_name_raw"]
supplier_account_number = ["supplier_id_canonical"]
buyer_unit_name = ["expense_area"]
account_name = ["expense_type"]
[constants]
document_currency = "GBP"
supplier_country = "GB"
[labels]
labelled_category_1 = ["creditor_type"]
labelled_category_2 = ["expense_type"]
not_a_category = []
"""


@pytest.fixture(scope="module")
def council(shared_data, tmp_path_factory):
    """The first quarter of 2025 imported and classified, the register taken in but with no category confirmed."""
    from procurement_kit import agreements, deliveries, learning, store, workbench

    home = tmp_path_factory.mktemp("council")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        town = store.create_municipality("council", currency="GBP", language="en")
        (town.folder / "profiles").mkdir(exist_ok=True)
        (town.folder / "profiles" / "by_account.toml").write_text(PROFILE, "utf-8")
        lines = one_quarter(shared_data / "exeter" / "lines.csv.gz", home / "lines.csv")
        deliveries.import_into("council", [lines], profiles=["by_account"])
        learning.make_tree("council", lambda spellings: True)
        learning.train("council")
        published = shared_data / "exeter" / "contracts.csv"
        taken = agreements.import_register("council", published, profile="published_register").facts
        workbench.classify("council")
        yield {"town": town, "home": home, "taken": taken}


def one_quarter(path, target):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file, target.open("w", encoding="utf-8") as out:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(out, rows.fieldnames)
        writer.writeheader()
        writer.writerows(row for row in rows if row["payment_date"][:7] in ("2025-01", "2025-02", "2025-03"))
    return target


def compliance_of(town):
    import procurement_kit as pk

    return pk.analyse_compliance(pk.read_cube(town), period="2025Q1", tree=pk.tree_of(town))


def test_every_row_is_taken_in_or_held_back_with_a_reason(council):
    taken = council["taken"]
    assert taken["rows_read"] == ROWS_PUBLISHED
    assert taken["taken"] + len(taken["held_back"]) == ROWS_PUBLISHED
    assert taken["taken"] > 0.8 * ROWS_PUBLISHED
    assert all(row["reasons"] for row in taken["held_back"])


def test_without_categories_contract_suppliers_are_undecided_and_nobody_is_accused(council):
    finding = compliance_of(council["town"])
    assert not finding.failed_checks
    assert finding.caveats == ("contracts_without_categories",)
    assert finding.numbers["leak_amount"].value == 0
    assert Decimal("0.2") < finding.numbers["undecidable_share"].value < Decimal("0.7")


def test_the_state_names_what_is_lacking(council):
    from procurement_kit import agreements

    facts = agreements.show_register("council").facts
    assert facts["contracts"] == len(facts["without_categories"]) == council["taken"]["taken"]
    assert 0 < len(facts["suppliers_that_never_occur"]) < facts["contracts"]
    json.dumps(facts)


def test_confirmed_proposals_decide_nearly_all_and_the_parts_still_sum(council):
    """Confirmed is only where the supplier has at least a fifth of the category: else a contract is not for all of it."""
    from openpyxl import load_workbook

    import procurement_kit as pk
    from procurement_kit import agreements, workbench
    from procurement_kit.dialogue.contract_workbook import write_contract_details

    town, tree = council["town"], pk.tree_of(council["town"])
    proposals = pk.propose_contract_details(pk.read_cube(town), pk.read_contracts(town, tree), tree)
    own = [[code for code, _, of in parts if of >= Decimal("0.2")] for parts in proposals["category_parts"]]
    proposals["category_codes"] = [" ".join(codes) or None for codes in own]
    path = write_contract_details(town, proposals, council["home"] / "confirm.xlsx")
    book = load_workbook(path)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, places["Categories"]).value:
            sheet.cell(row, places["Confirmed"]).value = "yes"
    book.save(path)
    before = compliance_of(town)
    facts = agreements.read_confirmed("council", path, by="contract manager").facts
    assert facts["refused"] == []
    assert len(facts["changed"]) > 20
    workbench.classify("council")
    after = compliance_of(town)
    assert not after.failed_checks
    assert after.numbers["addressable_amount"].value == before.numbers["addressable_amount"].value
    assert after.numbers["undecidable_amount"].value < before.numbers["undecidable_amount"].value
    assert after.numbers["on_contract_amount"].value > 0
    assert after.numbers["item_loyalty_share"].value is None
    if os.environ.get("SHOW_FIGURES"):
        print({name: number.value for name, number in after.numbers.items()})  # noqa: T201
