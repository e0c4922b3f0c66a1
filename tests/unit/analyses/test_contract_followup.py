"""What did following up find and recover, and what was paid above the agreed prices?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.contract_followup import analyse_contract_followup
from procurement_kit.publishing.sentences import show
from procurement_kit.steps.contract_ledger import ContractLedger
from procurement_kit.steps.contracts import item_lookup
from tests.unit.analyses.conftest import cube_of_rows

D = Decimal
LATE = date(2025, 7, 1)


def entry(found: str | None, recovered: str | None, **more) -> dict:
    row = {"contract_number": "K-1", "found_date": date(2025, 2, 1), "finding_kind": "wrong_price"}
    row |= {"finding_text": "Papir", "finding_status": "closed", "found_by": "indkøb"}
    return {**row, "found_amount": found and D(found), "recovered_amount": recovered and D(recovered), **more}


def price(amount: str, first: date | None = None, number: str = "10045") -> dict:
    names = {"contract_number": "K-1", "item_number": number, "unit_code": "CT", "valid_from_date": first}
    return {**names, "agreed_price_amount": D(amount)}


def bought(paid: str, pieces: str, net: str, **more) -> dict:
    names = {"contract_number": "K-1", "contract_status": "on_contract", "item_check": "wrong_price"}
    names |= {"item_seller_number": "10045", "unit_code": "CT", "supplier_label": "Papirhuset"}
    return {**names, "unit_price_amount": D(paid), "quantity": D(pieces), "net": net, **more}


@pytest.fixture(scope="module")
def finding():
    """Above 132.50: 10 × 1.50 = 15.00, returned 2 × 1.50 = −3.00, per ten 5 × 0.25 = 1.25; above 140: 3 × 10 = 30."""
    cube = cube_of_rows(
        bought("134.00", "10", "1340.00"),
        bought("134.00", "-2", "-268.00"),
        bought("1327.50", "5", "663.75", price_base_quantity=D(10)),
        bought("150.00", "3", "450.00", invoice_date=LATE),
        bought("132.50", "7", "927.50", item_check="ok"),
        bought("200.00", "1", "200.00", item_check="not_testable"),
        bought("999.00", "1", "999.00", invoice_date=date(2024, 3, 1)),
    )
    ledger = ContractLedger(
        findings=(
            entry("1000.00", "250.00"),
            entry("500.00", None, found_date=LATE, finding_kind="missing_delivery", finding_status="raised"),
            entry(None, None, contract_number="K-2", finding_kind="requirement_not_met", finding_status="open"),
            entry("9000.00", "9000.00", found_date=date(2024, 12, 31)),
        ),
        agreed_prices=item_lookup([price("132.50"), price("140.00", LATE)]),
    )
    return analyse_contract_followup(cube, ledger, period="2025")


def test_quantity_times_the_price_above_the_agreed_one(finding):
    assert finding.numbers["overpriced_amount"].value == D("43.25")
    assert finding.numbers["overpriced_line_count"].value == 4
    rows = finding.tables["overpriced"]
    assert list(rows["overpriced_amount"]) == [D("30.00"), D("12.00"), D("1.25")]
    assert list(rows["agreed_price"]) == [D("140.00"), D("132.50"), D("132.50")]
    assert list(rows["paid_price"]) == [D("150.00"), D("134.00"), D("132.75")]


def test_the_ledger_by_contract_quarter_and_kind(finding):
    contracts = finding.table.set_index("contract_label")
    assert contracts.loc["K-1", ["finding_count", "open_count"]].tolist() == [2, 1]
    assert contracts.loc["K-1", "recovered_share"] == D("0.166667")
    assert contracts.loc["K-2", "found_amount"] == D("0.00")
    assert contracts.loc["K-2", "recovered_share"] is None
    quarters = finding.tables["by_quarter"].set_index("quarter_name")
    assert quarters.loc["2025Q1", ["recovered_amount", "overpriced_amount"]].tolist() == [D("250.00"), D("13.25")]
    assert quarters.loc["2025Q3", ["found_amount", "overpriced_amount"]].tolist() == [D("500.00"), D("30.00")]
    kinds = finding.tables["by_kind"]
    assert list(kinds["finding_kind"]) == ["requirement_not_met", "wrong_price", "missing_delivery"]


def test_the_parts_add_up_and_what_was_found_is_kept_apart_from_the_price_check(finding):
    assert not finding.failed_checks
    assert finding.numbers["found_amount"].value == D("1500.00")
    assert finding.numbers["recovered_amount"].value == D("250.00")
    assert finding.numbers["open_count"].value == 2


def test_without_ledger_and_list_it_says_so():
    nothing = analyse_contract_followup(cube_of_rows({"net": "1.00"}), ContractLedger(), period="2025")
    assert nothing.caveats == ("no_ledger", "no_agreed_prices")
    assert nothing.numbers["recovered_share"].value is None
    assert nothing.table.empty


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("table", ["by_contract", "by_quarter", "by_kind", "overpriced"])
def test_every_table_and_sentence_can_be_shown(finding, language, table):
    assert show(finding, table=table, language=language).html
    assert "250" in show(finding, language=language).text


def test_an_empty_follow_up_can_be_shown():
    nothing = analyse_contract_followup(cube_of_rows({"net": "1.00"}), ContractLedger(), period="2025")
    assert "prisliste" in show(nothing).text
