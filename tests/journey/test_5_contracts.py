"""Last stop: was there a contract, and was it used?

The lines below are all paper (1801) bought in 2025 unless they say otherwise.
"""

from datetime import date
from decimal import Decimal

import ibis
import pytest

from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACT_PARTICIPANTS, CONTRACTS
from procurement_kit.exact import records
from procurement_kit.steps.contracts import (
    ContractRegister,
    add_contracts,
    contract_cells,
    contract_terms,
    item_lookup,
    suppliers_without_lines,
)
from procurement_kit.store import table_of
from procurement_kit.tables import INVOICE_LINES

TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1),
        Category("1801", "18", "Papir", "Paper", 2),
        Category("180101", "1801", "Kopipapir", "Copy paper", 3),
        Category("1802", "18", "Møbler", "Furniture", 2),
    )
)
PAPER = {
    "contract_number": "K-1",
    "contract_title": "Papir",
    "category_codes": "1801",
    "supplier_number": "11111112",
    "supplier_name": "Papirhuset A/S",
    "valid_from_date": date(2024, 1, 1),
    "valid_to_date": date(2025, 12, 31),
}
OLD_ENOUGH = date(2025, 3, 1)


def filled(rows, table) -> tuple[dict, ...]:
    return tuple({**dict.fromkeys(table.names), **row} for row in rows)


@pytest.fixture
def checked():
    """Status, contract and reason of each line."""

    def run(contracts: list[dict], *rows: dict, parts=(), items=(), names=None, columns=None):
        register = ContractRegister(
            filled(contracts, CONTRACTS), filled(parts, CONTRACT_PARTICIPANTS), filled(items, CONTRACT_ITEMS)
        )
        cells, supplier_cells = contract_cells(contract_terms(register, "prøveby", names or {}), TREE)
        types = INVOICE_LINES.schema("intake", "scope", "suppliers", "categories")
        lines = table_of([{"line_id": f"L{n:02}", **bought(), **row} for n, row in enumerate(rows)], types)
        lookups = (ibis.memtable(table) for table in (cells, supplier_cells, item_lookup(register.items)))
        found = records(add_contracts(lines, *lookups).order_by("line_id"))
        wanted = columns or ("contract_status", "contract_number", "contract_reason")
        return [tuple(row[name] for name in wanted) for row in found]

    return run


def bought(supplier: str | None = "n:11111112", code: str | None = "1801", day: date = OLD_ENOUGH, **more) -> dict:
    return {
        "municipality_name": "prøveby",
        "document_currency": "DKK",
        "scope_status": "in_scope",
        "supplier_key": supplier,
        "category_code": code,
        "invoice_date": day,
        **more,
    }


def test_the_right_supplier_is_on_contract_and_another_is_not(checked):
    assert checked([PAPER], bought(), bought("n:22222223")) == [
        ("on_contract", "K-1", "contract_supplier"),
        ("wrong_supplier", "K-1", "other_supplier"),
    ]


def test_what_is_no_purchase_has_no_contract(checked):
    assert checked([PAPER], bought(scope_status="transfer")) == [("out_of_scope", None, "transfer")]


def test_a_category_without_any_contract(checked):
    assert checked([PAPER], bought(code="1802")) == [("no_known_contract", None, "no_contract")]


def test_a_contract_of_a_parent_covers_all_below_it(checked):
    whole = {**PAPER, "category_codes": "18"}
    assert [found[0] for found in checked([whole], bought(code="180101"), bought(code="1802"), bought(code="18"))] == [
        "on_contract"
    ] * 3


def test_several_categories_stand_in_one_cell(checked):
    both = {**PAPER, "category_codes": "1801 1802"}
    assert [found[0] for found in checked([both], bought(), bought(code="1802"))] == ["on_contract"] * 2


def test_begun_and_ended_on_the_day(checked):
    days = (date(2023, 12, 31), date(2024, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    assert [found[0] for found in checked([PAPER], *(bought(day=day) for day in days))] == [
        "no_known_contract",
        "on_contract",
        "on_contract",
        "no_known_contract",
    ]


def test_an_expired_contract_and_one_that_has_not_begun_say_so(checked):
    assert checked([PAPER], bought(day=date(2026, 2, 1)), bought(day=date(2023, 2, 1))) == [
        ("no_known_contract", None, "expired"),
        ("no_known_contract", None, "not_begun"),
    ]


def test_an_option_counts_only_when_it_is_used(checked):
    option = {**PAPER, "option_to_date": date(2027, 12, 31)}
    late = bought(day=date(2027, 6, 1))
    assert checked([option], late)[0][0] == "no_known_contract"
    assert checked([{**option, "is_option_used": True}], late)[0][0] == "on_contract"


def test_two_contracts_of_one_category_either_supplier_is_right(checked):
    second = {**PAPER, "contract_number": "K-2", "supplier_number": "22222223", "supplier_name": "Arkfirmaet"}
    assert checked([second, PAPER], bought(), bought("n:22222223"), bought("n:33333334")) == [
        ("on_contract", "K-1", "contract_supplier"),
        ("on_contract", "K-2", "contract_supplier"),
        ("wrong_supplier", "K-1", "other_supplier"),
    ]


def test_a_supplier_with_one_valid_and_one_expired_contract_is_on_the_valid_one(checked):
    expired = {**PAPER, "contract_number": "K-0", "valid_to_date": date(2024, 12, 31)}
    assert checked([expired, PAPER], bought()) == [("on_contract", "K-1", "contract_supplier")]


def test_lots_share_a_number_and_each_has_its_supplier(checked):
    lots = [{**PAPER, "lot_number": "1"}, {**PAPER, "lot_number": "2", "supplier_number": "22222223"}]
    assert [found[0] for found in checked(lots, bought(), bought("n:22222223"), bought("n:33333334"))] == [
        "on_contract",
        "on_contract",
        "wrong_supplier",
    ]


def test_lots_of_other_categories_do_not_help_each_other(checked):
    lots = [PAPER, {**PAPER, "lot_number": "2", "category_codes": "1802", "supplier_number": "22222223"}]
    assert checked(lots, bought("n:22222223")) == [("wrong_supplier", "K-1", "other_supplier")]


def test_without_a_category_or_with_too_broad_a_one_nothing_can_be_decided(checked):
    assert checked([PAPER], bought(code=None), bought(code="18"), bought("n:9", code="18")) == [
        ("undecidable", None, "no_category"),
        ("undecidable", None, "category_too_broad"),
        ("undecidable", None, "category_too_broad"),
    ]


def test_without_a_supplier_it_cannot_be_decided_where_there_is_a_contract(checked):
    assert checked([PAPER], bought(None), bought(None, code="1802")) == [
        ("undecidable", None, "no_supplier"),
        ("no_known_contract", None, "no_contract"),
    ]


def test_a_supplier_of_a_part_is_not_accused_while_the_category_is_only_known_roughly(checked):
    """Someone else has the whole of office; this supplier has paper; the line is «office»."""
    whole = {**PAPER, "contract_number": "K-9", "category_codes": "18", "supplier_number": "22222223"}
    assert checked([whole, PAPER], bought(code="18"), bought("n:33333334", code="18")) == [
        ("undecidable", None, "category_too_broad"),
        ("wrong_supplier", "K-9", "other_supplier"),
    ]


def test_a_supplier_known_by_name_only(checked):
    nameless = {**PAPER, "supplier_number": None}
    names = {"papirhuset": {"n:11111112"}}
    assert (
        checked([nameless], bought(), bought("s:papirhuset"), names=names)
        == [("on_contract", "K-1", "contract_supplier")] * 2
    )
    assert checked([PAPER], bought("s:papirhuset"))[0][0] == "on_contract"


def test_a_municipality_takes_part_from_the_day_it_joined(checked):
    parts = [{"contract_number": "K-1", "municipality_name": "prøveby", "joined_date": date(2025, 2, 1)}]
    days = (bought(day=date(2025, 1, 31)), bought(day=date(2025, 2, 1)))
    assert checked([PAPER], *days, parts=parts) == [
        ("no_known_contract", None, "not_begun"),
        ("on_contract", "K-1", "contract_supplier first_90_days"),
    ]


def test_a_contract_of_others_covers_nobody_else(checked):
    others = {**PAPER, "participant_names": "naboby fjordby"}
    assert checked([others], bought()) == [("no_known_contract", None, "no_contract")]
    assert checked([others], bought(municipality_name="fjordby"))[0][0] == "on_contract"


def test_voluntary_contracts_say_so_for_the_contract_or_for_the_participant(checked):
    voluntary = {**PAPER, "is_binding": False}
    assert checked([voluntary], bought("n:2"))[0][2] == "other_supplier voluntary"
    part = {"contract_number": "K-1", "municipality_name": "prøveby", "joined_date": date(2024, 1, 1)}
    assert checked([PAPER], bought(), parts=[{**part, "is_binding": False}])[0][2] == "contract_supplier voluntary"
    assert checked([voluntary], bought(), parts=[{**part, "is_binding": True}])[0][2] == "contract_supplier"


def test_a_contract_that_becomes_binding_later_is_voluntary_until_then(checked):
    later = {**PAPER, "binding_from_date": date(2025, 3, 1)}
    found = checked([later], bought(day=date(2025, 2, 28)), bought(day=date(2025, 3, 1)))
    assert [reason for _, _, reason in found] == ["contract_supplier voluntary", "contract_supplier"]


def test_who_should_be_called_about_is_the_binding_contract(checked):
    voluntary = {**PAPER, "contract_number": "K-0", "is_binding": False, "supplier_number": "22222223"}
    assert checked([voluntary, PAPER], bought("n:33333334")) == [("wrong_supplier", "K-1", "other_supplier")]


def test_the_first_90_days_are_marked(checked):
    new = {**PAPER, "valid_from_date": date(2025, 1, 1)}
    days = (date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1))
    assert [found[2] for found in checked([new], *(bought("n:2", day=day) for day in days))] == [
        "other_supplier first_90_days",
        "other_supplier first_90_days",
        "other_supplier",
    ]


ITEM = {"contract_number": "K-1", "item_number": "10045", "unit_code": "CT", "agreed_price_amount": Decimal("132.50")}


def item_line(price: str | None = "132.50", number: str | None = "10045", **more) -> dict:
    amounts = {"unit_price_amount": price and Decimal(price), "unit_code": "CT"}
    return bought(item_seller_number=number, **{**amounts, **more})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (item_line(), "ok"),
        (item_line("132.51"), "wrong_price"),
        (item_line("99.00"), "ok"),
        (item_line(number="999"), "wrong_item"),
        (item_line(number=None), "not_testable"),
        (item_line(price=None), "not_testable"),
        (item_line(unit_code="EA"), "not_testable"),
        (item_line("1325.00", price_base_quantity=Decimal(10)), "ok"),
        (item_line("1325.01", price_base_quantity=Decimal(10)), "wrong_price"),
        (item_line("1.00", price_base_quantity=Decimal(0)), "not_testable"),
        (item_line(document_currency="EUR"), "not_testable"),
        (item_line(supplier_key="n:22222223"), None),
        (item_line(category_code=None), None),
    ],
)
def test_item_and_price_are_held_against_the_list(checked, line, expected):
    assert checked([PAPER], line, items=[ITEM], columns=("item_check",)) == [(expected,)]


def test_without_a_list_items_cannot_be_tested(checked):
    assert checked([PAPER], item_line(), columns=("item_check",)) == [("not_testable",)]


def test_a_new_price_holds_from_its_day(checked):
    dearer = {**ITEM, "agreed_price_amount": Decimal("140.00"), "valid_from_date": date(2025, 7, 1)}
    lines = (item_line("140.00"), item_line("140.00", invoice_date=date(2025, 7, 1)))
    assert checked([PAPER], *lines, items=[ITEM, dearer], columns=("item_check",)) == [("wrong_price",), ("ok",)]


def test_a_contract_whose_supplier_never_occurs_is_a_caveat():
    register = ContractRegister(
        filled([PAPER, {**PAPER, "contract_number": "K-2", "supplier_number": "99999991"}], CONTRACTS)
    )
    terms = contract_terms(register, "prøveby", {})
    assert suppliers_without_lines(terms, ["n:11111112"]) == ["K-2"]
