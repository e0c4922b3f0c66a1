"""How many suppliers were really paid, and how many kroner rest on what was joined?"""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from procurement_kit.analyses.supplier_identity import SHOWN, analyse_supplier_identity, pair_sums
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.sentences import show
from tests.unit.analyses.conftest import PERSON, cube_of_rows


def paid(key: str, name: str | None, net: str, match: str = "number", number: str | None = None, **more) -> dict:
    found = {"supplier_key": key, "supplier_label": f"Firma {key}", "supplier_match": match, "scope_status": "in_scope"}
    return {**found, "supplier_name": name, "supplier_number": number, "net": net, **more}


@pytest.fixture(scope="module")
def cube():
    return cube_of_rows(
        paid("n:1", "Firma A", "100.00", number="1", check_codes="cvr_modulus other"),
        paid("n:1", "FIRMA A", "50.00", match="name"),
        paid("n:1", "Firma Aa", "20.00", match="similar_name"),
        paid("s:b", "Firma B", "30.00", match="name"),
        paid("s:b", "Beta", "-5.00", match="decided"),
        paid("s:c", "Firma C", "4.00", match="name", invoice_date=date(2024, 5, 1)),
        {**PERSON, "supplier_name": "Privatperson", "scope_status": "in_scope", "net": "7.00"},
        {"supplier_match": "none", "scope_status": "in_scope", "net": "1.00"},
        paid("n:9", "Styrelsen", "1000.00", number="9", scope_status="public_payment"),
    )


def doubts(*pairs: tuple) -> pd.DataFrame:
    names = ("left_name", "left_number", "right_name", "right_number", "match_score", "match_evidence")
    rows = [{**dict.fromkeys(names), "left_key": left, "right_key": right} for left, right in pairs]
    return pd.DataFrame(rows, columns=[*names, "left_key", "right_key"], dtype=object)


def test_printed_suppliers_become_identities(cube):
    finding = analyse_supplier_identity(cube, period="2025")
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["printed_count"], numbers["identity_count"], numbers["merged_count"]) == (5, 2, 2)
    assert numbers["joined_amount"] == Decimal("65.00")
    assert not finding.failed_checks
    assert len(finding.checks) == 3


def test_each_way_of_recognising_stands_with_its_kroner_and_sums_to_the_spend(cube):
    table = analyse_supplier_identity(cube, period="2025").tables["by_match"]
    assert dict(zip(table["supplier_match"], table["net_amount"])) == {
        "number": Decimal("100.00"), "name": Decimal("80.00"), "similar_name": Decimal("20.00"),
        "decided": Decimal("-5.00"), "person": Decimal("7.00"), "none": Decimal("1.00"),
    }  # fmt: skip


def test_an_identity_says_which_kroner_were_joined_to_it(cube):
    table = analyse_supplier_identity(cube, period="2025").tables["merged"]
    assert table[["supplier_key", "printed_count", "joined_amount", "net_amount"]].values.tolist() == [
        ["n:1", 3, Decimal("70.00"), Decimal("170.00")],
        ["s:b", 2, Decimal("-5.00"), Decimal("25.00")],
    ]


def test_without_a_period_all_lines_count(cube):
    assert analyse_supplier_identity(cube).numbers["identity_count"].value == 3
    with pytest.raises(NoDataError):
        analyse_supplier_identity(cube, period="1999")


def test_a_failing_check_digit_is_reported_and_drops_nobody(cube):
    finding = analyse_supplier_identity(cube)
    assert finding.numbers["failed_number_count"].value == 1
    assert finding.tables["failed_numbers"]["net_amount"].tolist() == [Decimal("100.00")]


def test_doubt_is_counted_by_the_smaller_side_once(cube):
    finding = analyse_supplier_identity(cube, doubtful=doubts(("n:1", "s:b"), ("s:c", "s:b"), ("s:c", "n:1")))
    assert finding.tables["doubtful"]["smaller_amount"].tolist() == [Decimal("25.00"), Decimal("4.00"), Decimal("4.00")]
    assert finding.numbers["doubtful_count"].value == 3
    assert finding.numbers["doubtful_amount"].value == Decimal("29.00")
    assert finding.caveats == ()


def test_where_doubts_were_not_asked_for_it_is_said(cube):
    finding = analyse_supplier_identity(cube)
    assert finding.caveats == ("doubts_not_read",)
    assert finding.tables["doubtful"].empty


def test_pairs_bear_the_sums_of_both_sides_and_a_side_without_lines_has_none(cube):
    (pair,) = pair_sums(cube.filter(cube.scope_status == "in_scope"), doubts(("n:1", "n:nobody")))
    assert (pair["left_amount"], pair["left_document_count"]) == (Decimal("170.00"), 3)
    assert (pair["right_amount"], pair["right_line_count"], pair["smaller_amount"]) == (Decimal("0.00"), 0, 0)


def test_no_person_stands_in_any_table(cube):
    for table in analyse_supplier_identity(cube).tables.values():
        assert "Privatperson" not in table.to_string()
        assert "p:token" not in table.to_string()


@pytest.mark.parametrize(("language", "said"), [("da", "Bag 6 leverandører"), ("en", "Behind 6 suppliers")])
def test_it_reads_in_both_languages(cube, language, said):
    finding = analyse_supplier_identity(cube, doubtful=doubts(("n:1", "s:b")))
    assert show(finding, language=language).text.replace("\xa0", " ").startswith(said)
    for table in finding.tables:
        html = show(finding, table=table, language=language).html
        assert "_" not in html.split("</thead>")[0].split("<thead>")[-1]


def test_only_the_largest_are_shown_and_all_are_counted():
    rows = [paid(f"n:{n}", f"F{n}{way}", "1.00") for n in range(SHOWN + 1) for way in "ab"]
    finding = analyse_supplier_identity(cube_of_rows(*rows))
    assert len(finding.tables["merged"]) == SHOWN
    assert finding.numbers["merged_count"].value == SHOWN + 1
    assert not finding.failed_checks
