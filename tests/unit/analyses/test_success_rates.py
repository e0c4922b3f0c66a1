"""Do suppliers reach the rate their contract promises, and is nothing claimed on few?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.success_rates import analyse_success_rates, verdict
from procurement_kit.publishing.sentences import show
from procurement_kit.steps.contract_ledger import ContractLedger

D = Decimal


def rate(succeeded: int, started: int, agreed: str = "0.75", **more) -> dict:
    row = {"contract_number": "K-7", "supplier_name": "Eksempel Job A/S", "period": "2025", "success_text": "I job"}
    counts = {"started_count": started, "succeeded_count": succeeded, "contractual_share": D(agreed)}
    return {**row, **counts, **more}


def found(*rows: dict, **options):
    return analyse_success_rates(ContractLedger(success_rates=rows), **options)


def test_three_of_four_of_43_citizens_cannot_be_told_from_the_agreed_three_of_four():
    finding = found(rate(32, 43))
    row = finding.table.iloc[0]
    assert (row["success_share"], row["rate_verdict"]) == (D("0.744186"), "cannot_tell")
    assert (row["success_low_share"], row["success_high_share"]) == (D("0.597616"), D("0.850705"))
    assert finding.numbers["success_share"].low == D("0.597616")


@pytest.mark.parametrize(
    ("succeeded", "started", "agreed", "expected"),
    [
        (33, 43, "0.60", "meets"),  # lower end 0.6224
        (33, 43, "0.63", "cannot_tell"),
        (20, 43, "0.75", "below"),  # upper end 0.6108
        (299, 308, "0.97", "cannot_tell"),  # 97 % closed of 308 enquiries
        (299, 308, "0.94", "meets"),
        (3, 4, "0.10", "cannot_tell"),
        (9, 9, "0.10", "cannot_tell"),
        (10, 10, "0.10", "meets"),
        (0, 10, "0.75", "below"),
        (0, 0, "0.75", "cannot_tell"),
    ],
)
def test_a_verdict_needs_the_whole_interval_and_ten_finished(succeeded, started, agreed, expected):
    assert verdict(succeeded, started, D(agreed)) == expected


def test_periods_are_pooled_never_averaged():
    finding = found(rate(1, 2, period="2024"), rate(30, 40))
    assert list(finding.table["success_share"]) == [D("0.738095")]
    assert list(finding.tables["by_period"]["success_share"]) == [D("0.500000"), D("0.750000")]
    assert not finding.failed_checks


def test_a_rate_agreed_anew_is_another_promise():
    finding = found(rate(15, 15, period="2024"), rate(30, 40, "0.90"))
    assert list(finding.table["contractual_share"]) == [D("0.75"), D("0.90")]
    assert list(finding.table["rate_verdict"]) == ["meets", "below"]
    counts = {name: finding.numbers[name].value for name in ("meets_count", "below_count", "cannot_tell_count")}
    assert counts == {"meets_count": 1, "below_count": 1, "cannot_tell_count": 0}


def test_only_what_lies_in_the_period_counts():
    finding = found(rate(1, 2, period="2024"), rate(3, 4, period="2025Q3"), period="2025")
    assert finding.numbers["started_count"].value == 4


def test_without_rates_it_says_so():
    finding = found()
    assert finding.caveats == ("no_success_rates",)
    assert finding.numbers["success_share"].value is None


@pytest.mark.parametrize(("language", "said"), [("da", "kan ikke afgøres endnu"), ("en", "cannot tell yet")])
def test_sentence_and_tables_can_be_shown(language, said):
    finding = found(rate(32, 43))
    assert "74" in show(finding, language=language).text
    assert said in show(finding, table="by_supplier", language=language).html
    assert said in show(finding, table="by_period", language=language).html
    assert show(found(), language=language).text
