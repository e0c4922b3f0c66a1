"""Is every limit met to the krone, the basis named, and nothing scaled or called unlawful?"""

from datetime import date

import pytest

from procurement_kit.analyses.tenders import screen_tenders
from procurement_kit.errors import NoDataError
from procurement_kit.exact import LAST_DATE
from procurement_kit.publishing.sentences import texts
from tests.unit.analyses.conftest import PERSON, cube_of_rows, firm
from tests.unit.analyses.tender_cases import TREE, D, basis_of, bought, contract, only, year_of

IN_2025, IN_2026 = date(2025, 12, 1), date(2026, 1, 1)


def screen(cube, *contracts, day=IN_2025, period="2025", names=("a",)):
    finding = screen_tenders(cube, period=period, tree=TREE, basis=basis_of(*contracts, names=names), notice_date=day)
    assert not finding.failed_checks
    return finding


@pytest.mark.parametrize(
    ("kroner", "day", "status", "limit"),
    [
        ("1644637.00", IN_2025, "consider_national", "500000.00"),
        ("1644638.00", IN_2025, "consider_eu", "1644638.00"),
        ("1644639.00", IN_2025, "consider_eu", "1644638.00"),
        ("1611359.00", IN_2026, "consider_national", "500000.00"),
        ("1611360.00", IN_2026, "consider_eu", "1611360.00"),
        ("1611361.00", IN_2025, "consider_national", "500000.00"),
        ("499999.00", IN_2025, "below", "500000.00"),
        ("500000.00", IN_2025, "consider_national", "500000.00"),
        ("500001.00", IN_2025, "consider_national", "500000.00"),
    ],
)
def test_goods_that_recur_are_valued_by_twelve_months(kroner, day, status, limit):
    row = only(screen(year_of(bought(kroner)), day=day), "screen", category_code="1801")
    assert (row["tender_basis"], row["tested_amount"]) == ("recurring_35", D(kroner))
    assert (row["tender_status"], row["threshold_amount"]) == (status, D(limit))
    assert row["forty_eight_month_amount"] == 4 * D(kroner), "both stand side by side"


@pytest.mark.parametrize(
    ("a_year", "status"),
    [("411159.25", "consider_national"), ("411159.50", "consider_eu"), ("411159.75", "consider_eu")],
)
def test_a_service_without_a_total_price_is_valued_by_a_month_times_48(a_year, status):
    row = only(screen(year_of(bought(a_year, "1901"))), "screen", category_code="1901")
    assert (row["tender_basis"], row["tested_amount"]) == ("services_38", 4 * D(a_year))
    assert (row["twelve_month_amount"], row["tender_status"]) == (D(a_year), status)


@pytest.mark.parametrize(
    ("four_years", "status"),
    [("5581349.00", "consider_national"), ("5581350.00", "consider_light"), ("5581351.00", "consider_light")],
)
def test_the_light_regime_is_decided_by_the_cpv_code(four_years, status):
    a_year = str(D(four_years) / 4)
    row = only(screen(year_of(bought(a_year, "1902"))), "screen", category_code="1902")
    assert (row["cpv_regime"], row["tested_amount"], row["tender_status"]) == ("light", D(four_years), status)


def test_the_limit_of_the_light_regime_in_2026_is_said_to_be_unconfirmed():
    finding = screen(year_of(bought("1398750.00", "1902")), day=IN_2026)
    row = only(finding, "screen", category_code="1902")
    assert (row["threshold_amount"], row["threshold_check"]) == (D("5595000.00"), "unverified")
    assert "tender_unverified" in finding.caveats


def test_the_lines_own_code_comes_before_those_of_the_group():
    cube = year_of(
        bought("500000.00", "1903", item_cpv_code="85312000-9"),
        bought("500000.00", "1903", item_cpv_code="79620000"),
        bought("500000.00", "1903"),
    )
    finding = screen(cube)
    found = {row["cpv_regime"]: row["tender_status"] for row in finding.tables["screen"].to_dict("records")
             if row["category_code"] == "1903"}  # fmt: skip
    assert found == {"light": "consider_national", "ordinary": "consider_eu", "mixed": "cpv_decides"}


@pytest.mark.parametrize(
    ("kroner", "status"),
    [
        ("299999.00", "below"),
        ("300000.00", "consider_quotes"),
        ("300001.00", "consider_quotes"),
        ("2999999.00", "consider_quotes"),
        ("3000000.00", "consider_quotes"),
        ("3000001.00", "consider_works_tender"),
        ("41212687.00", "consider_works_tender"),
        ("41212688.00", "consider_eu_works"),
    ],
)
def test_works_stand_apart_and_the_largest_supplier_is_held_against_the_limits(kroner, status):
    rest = [bought("250000.00", "1104", **firm(letter)) for letter in "BCDEFGHIJKLMNOP"]
    finding = screen(year_of(bought(kroner, "1104"), *(rest if D(kroner) > 250000 else [])))
    row = only(finding, "works", category_code="1104")
    assert (row["tested_amount"], row["tender_status"]) == (D(kroner), status)
    assert "1104" not in set(finding.tables["screen"]["category_code"])


def test_a_project_is_one_work_across_suppliers_groups_and_years():
    cube = year_of(
        bought("1000000.00", "1104", project_number="P-1", day=date(2023, 5, 1)),
        bought("1000000.00", "1104", "on", project_number="P-1"),
        bought("1000001.00", "1105", **firm("B"), project_number="P-1"),
        bought("900000.00", "1104", project_number="P-2", day=date(2024, 5, 1)),
        bought("900000.00", "1801", project_number="P-3"),
        bought("9000000.00", "1104", project_number="P-1", day=date(2026, 1, 1)),
    )
    row = only(screen(cube), "projects", project_number="P-1")
    assert (row["tested_amount"], row["net_amount"]) == (D("3000001.00"), D("1000001.00"))
    assert (row["tender_status"], row["supplier_count"], row["category_count"]) == ("consider_works_tender", 2, 2)
    assert (row["first_date"], row["last_date"]) == (date(2023, 5, 1), date(2025, 6, 1))
    assert len(screen(cube).tables["projects"]) == 1, "P-2 was not bought on, P-3 is no work"


@pytest.mark.parametrize(
    ("kroner", "small"), [("595343.00", "possible"), ("595344.00", "too_large"), ("595345.00", "too_large")]
)
def test_a_units_part_may_be_a_small_lot_below_its_limit(kroner, small):
    cube = year_of(bought(kroner, unit_name="Skolen"), bought("2000000.00", unit_name="Rådhuset"))
    row = only(screen(cube), "by_unit", unit_name="Skolen")
    assert (row["small_lot_status"], row["net_amount"]) == (small, D(kroner))


def test_where_no_limit_for_small_lots_is_known_it_says_so():
    finding = screen(year_of(bought("2000000.00", unit_name="Skolen")), day=IN_2026)
    assert only(finding, "by_unit", unit_name="Skolen")["small_lot_status"] == "no_threshold"
    assert "tender_small_lot_unknown" in finding.caveats


def test_a_day_without_limits_asks_for_nothing_and_says_so():
    row = only(screen(year_of(bought("9000000.00")), day=date(2031, 1, 1)), "screen", category_code="1801")
    assert (row["tender_status"], row["threshold_amount"]) == ("no_threshold", None)


def test_the_municipality_is_the_buyer_and_its_units_a_breakdown():
    cube = year_of(*(bought("411159.50", unit_name=f"Skole {n}") for n in range(4)))
    finding = screen(cube)
    assert only(finding, "screen", category_code="1801")["tender_status"] == "consider_eu"
    assert len(finding.tables["by_unit"]) == 5, "four schools, and the lines of nothing"


def test_each_krone_is_in_one_part():
    cube = year_of(
        bought("1.00"), bought("2.00", status="on", contract_number="K-1"), bought("4.00", status="wrong"),
        bought("8.00", status="open"), bought("16.00", "0401"), bought("32.00", is_addressable=False),
        bought("64.00", None), bought("128.00", "0401", **PERSON), bought("256.00", scope_status="transfer"),
    )  # fmt: skip
    parts = screen(cube).tables["parts"].set_index("tender_part")["net_amount"].to_dict()
    assert parts == {
        "free": D(1), "covered": D(6), "undecidable": D(8), "citizen_granted": D(144), "exempt": D(32),
        "uncategorised": D(64),
    }  # fmt: skip


def test_an_area_is_no_group_and_one_of_granted_groups_is_granted():
    cube = year_of(bought("9000000.00", "18"), bought("8000000.00", "04"), bought("1.00"))
    finding = screen(cube)
    parts = finding.tables["parts"].set_index("tender_part")["net_amount"].to_dict()
    assert (parts["uncategorised"], parts["citizen_granted"]) == (D(9000000), D(8000000))
    assert finding.numbers["flagged_count"].value == 0


def test_what_is_granted_to_citizens_or_exempt_is_shown_apart():
    finding = screen(year_of(bought("9000000.00", "0401"), bought("9000000.00", is_addressable=False), bought("1.00")))
    assert finding.numbers["flagged_count"].value == 0
    assert set(finding.tables["apart"]["tender_part"]) == {"citizen_granted", "exempt"}
    assert finding.numbers["apart_amount"].value == D("18000000.00")


# --- contracts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "basis", "value"),
    [
        ({"value": D(2000000)}, "contract_30", "2000000"),
        ({"value": D(2000000), "maximum": D(3000000)}, "contract_30", "3000000"),
        ({"last": date(2025, 12, 31), "option_last": date(2026, 12, 31)}, "term_30", "360.00"),
        ({"codes": ("1901",), "last": date(2025, 12, 31)}, "term_38", "240.00"),
        ({"codes": ("1901",), "last": date(2029, 12, 31)}, "services_38", "480.00"),
        ({"last": LAST_DATE}, "endless_48", "480.00"),
        ({"codes": ("1901",), "last": LAST_DATE}, "services_38", "480.00"),
    ],
)
def test_a_known_contract_is_valued_by_its_whole_term(more, basis, value):
    code = more.get("codes", ("1801",))[0]
    row = only(
        screen(year_of(bought("120.00", code, "on", contract_number="K-1")), contract(**more)), "known_contracts"
    )
    assert (row["tender_basis"], row["tested_amount"]) == (basis, D(value))
    assert row["twelve_month_amount"] == D("120.00")


def test_what_is_bought_on_after_a_contract_has_ended_is_counted():
    cube = year_of(bought("600000.00", contract_reason="expired other"), bought("1.00"))
    assert only(screen(cube), "screen", category_code="1801")["bought_on_amount"] == D("600000.00")


# --- few months and growth ------------------------------------------------------------------------------------------


def test_fewer_than_twelve_months_are_said_and_never_scaled():
    cube = cube_of_rows(bought("400000.00", day=date(2025, 7, 1)), bought("0.00", day=date(2025, 12, 1)))
    finding = screen(cube)
    row = only(finding, "screen", category_code="1801")
    assert (row["tested_amount"], row["seen_month_count"]) == (D("400000.00"), 6)
    assert row["tender_status"] == "too_few_months", "below, but who knows"
    assert row["forty_eight_month_amount"] == D("3200000.00")
    assert "tender_few_months" in finding.caveats
    assert finding.numbers["missing_month_count"].value == 6


def test_growth_is_shown_where_both_years_are_whole():
    before = [bought("0.00", day=date(2024, month, 15)) for month in (1, 12)]
    cube = year_of(bought("150.00"), bought("100.00", day=date(2024, 5, 1)), *before)
    row = only(screen(cube), "screen", category_code="1801")
    assert (row["previous_amount"], row["change_share"]) == (D("100.00"), D("0.500000"))
    row = only(
        screen(year_of(bought("150.00"), bought("100.00", day=date(2024, 5, 1)))), "screen", category_code="1801"
    )
    assert row["change_share"] is None, "of 2024 only eight months have been seen"


def test_only_the_last_twelve_months_count():
    cube = year_of(bought("100.00"), bought("700000.00", day=date(2024, 12, 31)))
    row = only(screen(cube, period="2024-01..2025-12"), "screen", category_code="1801")
    assert row["twelve_month_amount"] == D("100.00")


def test_municipalities_are_screened_each_for_itself():
    other = bought("1000000.00", municipality_name="b")
    ends = [bought("0.00", day=date(2025, m, 1), municipality_name="b") for m in (1, 12)]
    finding = screen(year_of(bought("1000000.00"), other, *ends), names=("a", "b"))
    assert list(finding.tables["screen"]["tender_status"]) == ["consider_national"] * 2
    assert list(finding.tables["screen"]["municipality_title"]) == ["A Kommune", "B Kommune"]


def test_a_period_without_lines_is_refused():
    with pytest.raises(NoDataError):
        screen(year_of(bought("1.00")), period="2023")


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_status_says_that_something_is_unlawful(language):
    words = texts(language)["values"]["tender_status"]
    asked = [word for key, word in words.items() if key.startswith(("consider", "cpv"))]
    assert asked and all(word.startswith({"da": "Tag stilling til", "en": "Consider"}[language]) for word in asked)
    assert not any(said in word.casefold() for word in words.values() for said in ("ulovlig", "unlawful", "illegal"))
