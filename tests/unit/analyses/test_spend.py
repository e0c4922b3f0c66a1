"""What is bought, by whom and from whom?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.spend import analyse_spend, change
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.publishing.sentences import show
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


@pytest.fixture(scope="module")
def spend(year_cube, tree):
    return analyse_spend(year_cube, period="2025", tree=tree)


def column(finding, table, key, value="net_amount"):
    """One column of a table as a dictionary."""
    rows = finding.tables[table]
    return dict(zip(rows[key], rows[value], strict=True))


def test_received_analysed_and_addressable(spend):
    numbers = {name: number.value for name, number in spend.numbers.items()}
    assert numbers["received_amount"] == D("1000.00")
    assert numbers["analysed_amount"] == D("900.00")
    assert numbers["exempt_amount"] == D("50.00")
    assert numbers["addressable_amount"] == D("850.00")
    assert numbers["analysed_share"] == D("0.900000")


def test_the_waterfall_holds_every_status_and_the_kroner_left_out(spend):
    assert column(spend, "by_scope", "scope_status") == {
        "in_scope": D("900.00"),
        "public_payment": D("100.00"),
        "no_exchange_rate": D("0.00"),
    }
    assert spend.definition.left_out_amount == D("100.00")


def test_areas_come_largest_first_and_the_unclassified_last(spend):
    areas = spend.tables["by_area"]
    assert list(areas["category_code"]) == ["18", "04", None]
    assert list(areas["net_amount"]) == [D("700.00"), D("150.00"), D("50.00")]
    assert areas["category_name_da"][0] == "Inventar og kontor"
    assert areas["category_name_en"][2] is None


def test_kroner_known_at_area_only_are_a_group_of_their_own(spend):
    groups = column(spend, "by_group", "category_code")
    assert groups == {
        "1801": D("350.00"),
        "1802": D("250.00"),
        "0401": D("150.00"),
        "18": D("100.00"),
        None: D("50.00"),
    }
    assert column(spend, "by_group", "category_code", "category_level")["18"] == 1
    assert spend.numbers["area_only_amount"].value == D("100.00")


def test_change_since_the_year_before_and_none_for_what_is_new(spend):
    assert column(spend, "by_area", "category_code", "previous_amount")["18"] == D("500.00")
    assert column(spend, "by_area", "category_code", "change_share")["18"] == D("0.400000")
    assert column(spend, "by_area", "category_code", "previous_amount")["04"] == D("0.00")
    assert column(spend, "by_area", "category_code", "change_share")["04"] is None
    assert spend.numbers["previous_analysed_amount"].value == D("500.00")
    assert spend.numbers["change_share"].value == D("0.800000")


def test_without_a_year_before_there_is_no_change_at_all(year_cube, tree):
    spend = analyse_spend(year_cube, period="2024", tree=tree)
    assert spend.numbers["previous_analysed_amount"].value is None
    assert spend.numbers["change_share"].value is None
    assert list(spend.table["previous_amount"]) == [None]
    assert "no_previous_year" in spend.caveats


def in_months(year, count, net):
    return [{**placed("1801"), **firm("A"), "net": net, "invoice_date": date(year, n, 3)} for n in range(1, count + 1)]


@pytest.mark.parametrize(("months_before", "is_compared"), [(8, False), (9, True), (12, True)])
def test_growth_is_shown_only_against_a_year_with_three_quarters_of_the_months(
    cube_of, tree, months_before, is_compared
):
    spend = analyse_spend(
        cube_of(*in_months(2025, 12, "100"), *in_months(2024, months_before, "50")), period="2025", tree=tree
    )
    numbers = {name: number.value for name, number in spend.numbers.items()}
    assert (numbers["month_count"], numbers["previous_month_count"]) == (12, months_before)
    assert (numbers["change_share"] is not None) is is_compared
    assert (spend.table["previous_amount"][0] is not None) is is_compared
    assert ("no_previous_year" in spend.caveats) is not is_compared


def test_two_lines_of_the_year_before_are_no_year_to_grow_from(cube_of, tree):
    thin = [{**row, "net": "1"} for row in in_months(2024, 1, "1")] * 2
    spend = analyse_spend(cube_of(*in_months(2025, 12, "100"), *thin), period="2025", tree=tree)
    assert spend.numbers["change_share"].value is None
    assert "kun 1 af 12 måneder" in repr(show(spend)).replace("\u00a0", " ")
    assert "only 1 of 12 months" in repr(show(spend, language="en")).replace("\u00a0", " ")


def test_purchase_types_follow_the_tree(spend):
    assert column(spend, "by_purchase_type", "purchase_type") == {
        "goods": D("700.00"),
        "services": D("150.00"),
        None: D("50.00"),
    }
    assert spend.numbers["goods_share"].value == D("0.777778")


def test_divisions_by_area_and_the_largest_division(spend):
    rows = spend.tables["by_division"]
    assert [tuple(row) for row in rows[["unit_division_name", "category_code", "net_amount"]].to_numpy()] == [
        ("Børn", "18", D("350.00")),
        ("Ældre", "18", D("350.00")),
        (None, "04", D("150.00")),
        (None, None, D("50.00")),
    ]
    assert spend.numbers["largest_division_name"].value == "Børn"


def test_quarters_in_order(spend):
    assert column(spend, "by_quarter", "quarter_name") == {
        "2025Q1": D("750.00"),
        "2025Q3": D("50.00"),
        "2025Q4": D("100.00"),
    }


def test_suppliers_with_persons_as_one_and_no_person_by_name(spend):
    top = spend.tables["top_suppliers"]
    assert list(top["supplier_label"]) == ["Firma A", "Firma B", "Firma C", "Firma D", "Privatpersoner"]
    assert list(top["supplier_rank"]) == [1, 2, 3, 4, None]
    assert "p:token" not in top.to_string()


def test_twenty_suppliers_are_shown_and_the_rest_is_one_row(cube_of, tree):
    lines = [{**placed("1801"), **firm(f"{n:02}"), "net": f"{n}.00"} for n in range(1, 26)]
    spend = analyse_spend(cube_of(*lines), period="2025", tree=tree)
    top = spend.tables["top_suppliers"]
    assert len(top) == 21
    assert top["net_amount"][0] == D("25.00")
    assert (top["supplier_group"][20], top["supplier_count"][20], top["net_amount"][20]) == ("others", 5, D("15.00"))
    assert not spend.failed_checks


def test_companies_of_one_group_are_one_and_a_person_is_in_none(cube_of, tree):
    group = {"supplier_group_key": "n:G", "supplier_group_label": "Koncernen"}
    spend = analyse_spend(
        cube_of(
            {**placed("1801"), **firm("A"), **group, "net": "30.00", "unit_name": "Skolen"},
            {**placed("1801"), **firm("B"), **group, "net": "25.00", "unit_name": "Havnen"},
            {**placed("1801"), **firm("C"), "net": "50.00"},
            {**placed("1801"), **PERSON, **group, "net": "1.00"},
        ),
        period="2025",
        tree=tree,
    )
    first, second, person = spend.tables["top_suppliers"].to_dict("records")
    assert (first["supplier_key"], first["supplier_label"], first["net_amount"]) == ("n:G", "Koncernen", D("55.00"))
    assert (first["supplier_count"], first["unit_count"]) == (2, 2)
    assert (second["supplier_label"], second["supplier_count"]) == ("Firma C", 1)
    assert (person["supplier_group"], person["net_amount"]) == ("persons", D("1.00"))
    assert spend.numbers["grouped_supplier_count"].value == 2
    assert not spend.failed_checks


def test_ties_among_suppliers_are_broken_by_key(cube_of, tree):
    lines = [{**placed("1801"), **firm(letter), "net": "10.00"} for letter in "CAB"]
    top = analyse_spend(cube_of(*lines), period="2025", tree=tree).tables["top_suppliers"]
    assert list(top["supplier_key"]) == ["n:A", "n:B", "n:C"]


def test_lines_documents_and_suppliers_are_counted(spend):
    numbers = spend.numbers
    assert numbers["line_count"].value == 7
    assert numbers["document_count"].value == 6
    assert numbers["supplier_count"].value == 5
    assert numbers["received_line_count"].value == 9


def test_foreign_lines_without_a_rate_stand_per_currency_and_never_in_kroner(spend):
    rates = spend.tables["without_exchange_rate"]
    assert [tuple(row) for row in rates.to_numpy()] == [("SEK", 1, D("700.00"))]
    assert spend.numbers["unusable_line_count"].value == 1
    assert "no_exchange_rate" in spend.caveats


def test_every_table_sums_to_its_whole(spend):
    assert len(spend.checks) == 8
    assert not spend.failed_checks


def test_an_empty_period_is_refused(year_cube, tree):
    with pytest.raises(NoDataError, match="2019"):
        analyse_spend(year_cube, period="2019", tree=tree)


def test_a_period_that_is_none_is_refused(year_cube, tree):
    with pytest.raises(ParameterError):
        analyse_spend(year_cube, period="sidste år", tree=tree)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [("50.00", "100.00", "-0.500000"), ("50.00", "0.00", None), ("50.00", "-10.00", None), ("50.00", None, None)],
)
def test_change_is_none_where_there_is_nothing_to_grow_from(now, before, expected):
    found = change(D(now), D(before) if before else None)
    assert found == (D(expected) if expected else None)


def test_a_supplier_found_by_number_and_by_name_is_one_row(cube_of, tree):
    lines = [{**placed("1801"), **firm("A"), "net": "5", "supplier_match": match} for match in ("number", "name")]
    top = analyse_spend(cube_of(*lines), period="2025", tree=tree).tables["top_suppliers"]
    assert [tuple(row) for row in top[["supplier_key", "net_amount"]].to_numpy()] == [("n:A", D("10.00"))]


def audited(*rows, period="2025", table="by_area"):
    """What a judged sample says of categories: code, and between which kroner its right total lies."""
    import pandas as pd

    from procurement_kit.findings import Definition, Finding

    columns = ["category_code", "true_low_amount", "true_high_amount"]
    tables = {name: pd.DataFrame(rows if name == table else [], columns=columns) for name in ("by_area", "by_group")}
    return Finding("accuracy", {}, tables, (), (), Definition("", "", "", ""), {"period": period})


def test_a_judged_sample_gives_totals_an_interval_and_says_whether_their_rank_is_decided(year_cube, tree):
    sample = audited(("18", D("600.00"), D("760.00")), ("04", D("140.00"), D("640.00")), (None, D("0.00"), D("9.00")))
    areas = analyse_spend(year_cube, period="2025", tree=tree, audit=sample).table
    assert areas["true_low_amount"].tolist() == [D("600.00"), D("140.00"), None]
    assert areas["ranking_status"].tolist() == ["undecided", None, None]
    apart = audited(("18", D("650.00"), D("760.00")), ("04", D("140.00"), D("640.00")))
    assert analyse_spend(year_cube, period="2025", tree=tree, audit=apart).table["ranking_status"][0] == "decided"
    turned = audited(("18", D("50.00"), D("60.00")), ("04", D("140.00"), D("640.00")))
    assert analyse_spend(year_cube, period="2025", tree=tree, audit=turned).table["ranking_status"][0] == "reversed"


def test_without_a_judged_sample_of_the_period_tables_are_as_they_were(year_cube, tree):
    plain = analyse_spend(year_cube, period="2025", tree=tree)
    for sample in (audited(), audited(("18", D("1.00"), D("2.00")), period="2024")):
        assert list(analyse_spend(year_cube, period="2025", tree=tree, audit=sample).table) == list(plain.table)
