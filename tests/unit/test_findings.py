"""Do findings divide and add exactly?"""

from decimal import Decimal

import pandas as pd

from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share


def finding(*checks):
    table = pd.DataFrame({"area": ["01"], "net_amount": [Decimal("10.00")]})
    definition = Definition("a / b", "a", "b", "nothing")
    return Finding(
        "spend", {"analysed_amount": Number(Decimal("10.00"), "kr")}, {"by_area": table}, checks, (), definition
    )


def test_a_share_has_six_places_and_no_share_of_nothing():
    assert share(Decimal("1"), Decimal("3")) == Decimal("0.333333")
    assert share(Decimal("2"), Decimal("3")) == Decimal("0.666667")
    assert share(5, 0) is None and share(None, 5) is None


def test_a_difference_of_one_oere_fails():
    assert adds_up("x", Decimal("0.10") + Decimal("0.20"), Decimal("0.30")).passed
    failed = adds_up("x", Decimal("0.30"), Decimal("0.31"))
    assert not failed.passed and "0.30 ≠ 0.31" in failed.detail


def test_a_finding_knows_its_failed_checks_and_its_main_table():
    bad = Check("adds up", False, "1 ≠ 2")
    assert finding(Check("fine", True, ""), bad).failed_checks == (bad,)
    assert list(finding().table.columns) == ["area", "net_amount"]


def test_a_finding_shows_its_checks_in_a_notebook():
    html = finding(Check("adds up", True, "10 = 10"))._repr_html_()
    assert "✓ adds up" in html and "10.00" in html
