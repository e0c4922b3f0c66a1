"""Are the limits those of their days, and the register's contracts put together as they are valued?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.steps.contract_register import ContractRegister
from procurement_kit.steps.tender_inputs import known_contracts, read_light_ranges, read_tender_inputs, read_thresholds
from procurement_kit.tender_basis import THRESHOLD_KINDS, TenderBasis, month_count

BASIS = TenderBasis(thresholds=read_thresholds(), light_ranges=read_light_ranges())


def row(number="K-1", **more):
    values = {
        "contract_number": number, "lot_number": None, "contract_title": "Papir", "category_codes": "1801",
        "supplier_number": None, "supplier_name": "Papirhuset", "participant_names": None,
        "valid_from_date": date(2024, 1, 1), "valid_to_date": date(2026, 12, 31), "option_to_date": None,
        "is_option_used": None, "is_binding": None, "binding_from_date": None, "contract_owner": None,
        "contract_value_amount": None, "maximum_amount": None, "maximum_quantity": None, "maximum_quantity_unit": None,
        "notice_month_count": None,
    }  # fmt: skip
    return values | more


def known(*rows, participants=()):
    return known_contracts(ContractRegister(tuple(rows), tuple(participants)), "a")


@pytest.mark.parametrize(
    ("kind", "day", "kroner"),
    [
        ("eu_goods_services", date(2024, 1, 1), "1644638"),
        ("eu_goods_services", date(2025, 12, 31), "1644638"),
        ("eu_goods_services", date(2026, 1, 1), "1611360"),
        ("eu_small_lot", date(2025, 6, 1), "595344"),
        ("eu_light", date(2025, 6, 1), "5581350"),
        ("eu_light", date(2026, 6, 1), "5595000"),
        ("eu_works", date(2025, 6, 1), "41212688"),
        ("eu_works", date(2026, 6, 1), "40313840"),
        ("national", date(2026, 6, 1), "500000"),
        ("works_quotes", date(2026, 6, 1), "300000"),
        ("works_tender", date(2026, 6, 1), "3000000"),
    ],
)
def test_the_day_of_the_notice_decides_the_limit(kind, day, kroner):
    assert BASIS.threshold(kind, day).amount == Decimal(kroner)


def test_what_has_not_been_confirmed_says_so_and_what_is_not_known_is_not_there():
    assert not BASIS.threshold("eu_light", date(2026, 6, 1)).is_verified
    assert BASIS.threshold("eu_light", date(2025, 6, 1)).is_verified
    assert BASIS.threshold("eu_small_lot", date(2026, 6, 1)) is None
    assert BASIS.threshold("eu_goods_services", date(2028, 1, 1)) is None
    assert all(limit.source for limit in BASIS.thresholds)


def test_no_two_limits_of_a_kind_hold_on_one_day():
    for kind in THRESHOLD_KINDS:
        spans = sorted((limit.first, limit.last) for limit in BASIS.thresholds if limit.kind == kind)
        assert spans and all(one[1] < other[0] for one, other in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize(
    ("cpvs", "regime"),
    [(["85312000"], "light"), (["79620000-6"], "ordinary"), (["85312000", "30190000"], "mixed"), ([], "ordinary")],
)
def test_the_regime_is_that_of_the_codes(cpvs, regime):
    assert BASIS.regime(cpvs) == regime


def test_the_codes_the_tree_calls_light_are_on_the_list():
    tree = standard_tree()
    strangers = {cpv for code in tree.codes for cpv in tree[code].light_cpv_codes if not BASIS.is_light(cpv)}
    assert not strangers


def test_lots_are_added_and_suppliers_of_a_lot_share_its_value():
    first = {"lot_number": "1", "contract_value_amount": Decimal(7), "maximum_amount": Decimal(9)}
    rows = (row(**first), row(**first, supplier_name="Arket"),
            row(lot_number="2", contract_value_amount=Decimal(3), category_codes="1802", notice_month_count=6))  # fmt: skip
    (contract,) = known(*rows)
    assert (contract.value, contract.maximum, contract.notice_months) == (Decimal(10), Decimal(9), 6)
    assert contract.categories == ("1801", "1802")


def test_an_option_counts_in_the_last_day_only_where_it_is_used():
    (open_,) = known(row(option_to_date=date(2028, 12, 31)))
    assert (open_.last, open_.option_last) == (date(2026, 12, 31), date(2028, 12, 31))
    assert open_.last_with_option == date(2028, 12, 31)
    (used,) = known(row(option_to_date=date(2028, 12, 31), is_option_used=True))
    assert (used.last, used.option_last) == (date(2028, 12, 31), None)


def test_only_contracts_the_municipality_takes_part_in_are_its_own():
    joined = {"contract_number": "K-2", "municipality_name": "a", "joined_date": date(2025, 5, 1), "is_binding": None}
    found = known(row(), row("K-2", participant_names="a b"), row("K-3", participant_names="b"), participants=[joined])
    assert [(contract.number, contract.first) for contract in found] == [
        ("K-1", date(2024, 1, 1)), ("K-2", date(2025, 5, 1)),
    ]  # fmt: skip


def test_a_municipality_without_a_register_has_the_limits_only(municipality):
    basis = read_tender_inputs([municipality], {municipality.name: standard_tree()})
    assert basis.contracts == () and len(basis.thresholds) == 10
    assert basis.titles == {"prøveby": "Prøveby Kommune"}


def test_months_between_days():
    assert month_count(date(2025, 1, 31), date(2025, 2, 1)) == 2
    assert month_count(date(2026, 1, 1), date(2025, 12, 31)) == 0
