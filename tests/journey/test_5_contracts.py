"""Last stop: was there a contract, and was it used?

The lines below are all paper (1801) bought in 2025 unless they say otherwise.
"""

from datetime import date, timedelta
from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACT_PARTICIPANTS, CONTRACTS
from procurement_kit.exact import FIRST_DATE, LAST_DATE, records
from procurement_kit.steps.contract_register import overlapping_terms
from procurement_kit.steps.contracts import (
    ContractRegister,
    add_contracts,
    contract_cells,
    contract_terms,
    list_lookup,
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

    def run(contracts: list[dict], *rows: dict, parts=(), items=(), names=None, groups=(), numbers=None, columns=None):
        register = ContractRegister(
            filled(contracts, CONTRACTS), filled(parts, CONTRACT_PARTICIPANTS), filled(items, CONTRACT_ITEMS)
        )
        terms = contract_terms(register, "prøveby", names or {}, groups, numbers or {})
        cells, supplier_cells = contract_cells(terms, TREE)
        types = INVOICE_LINES.schema("intake", "scope", "suppliers", "categories")
        lines = table_of([{"line_id": f"L{n:02}", **bought(), **row} for n, row in enumerate(rows)], types)
        lists = list_lookup(register.items, supplier_cells)
        lookups = (ibis.memtable(table) for table in (cells, supplier_cells, lists))
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


# --- groups, contracts nobody has put in a category, suppliers with several contracts ---------------------------------


HEAD = "n:99999991"
GROUPS = [{"supplier_key": "n:11111112", "supplier_group_key": HEAD, "from_date": FIRST_DATE, "to_date": LAST_DATE}]


def test_a_company_of_the_contract_suppliers_group_is_right_and_the_reason_says_so(checked):
    sister = bought("n:44444445", supplier_group_key=HEAD)
    stranger = bought("n:55555556", supplier_group_key="n:77777778")
    alone = bought("n:66666667")
    found = checked([PAPER], bought(supplier_group_key=HEAD), sister, bought(HEAD), stranger, alone, groups=GROUPS)
    assert found == [
        ("on_contract", "K-1", "contract_supplier"),
        ("on_contract", "K-1", "group_of_contract_supplier"),
        ("on_contract", "K-1", "group_of_contract_supplier"),
        ("wrong_supplier", "K-1", "other_supplier"),
        ("wrong_supplier", "K-1", "other_supplier"),
    ]


def test_a_contract_with_the_head_of_a_group_holds_for_its_members(checked):
    of_head = {**PAPER, "supplier_number": HEAD[2:], "supplier_name": "Hovedkontoret"}
    assert checked([of_head], bought(supplier_group_key=HEAD), groups=GROUPS) == [
        ("on_contract", "K-1", "group_of_contract_supplier")
    ]


def test_a_supplier_belongs_to_a_group_on_its_days_only(checked):
    until = [{**GROUPS[0], "to_date": date(2025, 2, 28)}]
    sister = {"supplier": "n:44444445", "supplier_group_key": HEAD}
    found = checked([PAPER], bought(**sister, day=date(2025, 2, 28)), bought(**sister), groups=until)
    assert [status for status, _, _ in found] == ["on_contract", "wrong_supplier"]


def test_a_group_counts_where_the_supplier_has_a_part_only(checked):
    sister = bought("n:44444445", code="18", supplier_group_key=HEAD)
    whole = {**PAPER, "contract_number": "K-9", "category_codes": "18", "supplier_number": "22222223"}
    assert checked([whole, PAPER], sister, groups=GROUPS) == [("undecidable", None, "category_too_broad")]


def test_a_contract_without_categories_leaves_its_suppliers_lines_open_and_nobody_elses(checked):
    unplaced = {**PAPER, "category_codes": None}
    lines = (bought(), bought(code="1802"), bought("n:22222223"), bought(day=date(2026, 1, 1)), bought(None))
    assert checked([unplaced], *lines) == [
        ("undecidable", None, "contract_without_categories"),
        ("undecidable", None, "contract_without_categories"),
        ("no_known_contract", None, "no_contract"),
        ("no_known_contract", None, "no_contract"),
        ("no_known_contract", None, "no_contract"),
    ]


def test_who_has_a_contract_nobody_has_put_in_a_category_is_not_accused(checked):
    other = {**PAPER, "contract_number": "K-2", "supplier_number": "22222223", "category_codes": None}
    assert checked([PAPER, other], bought("n:22222223"), bought("n:33333334")) == [
        ("undecidable", None, "contract_without_categories"),
        ("wrong_supplier", "K-1", "other_supplier"),
    ]


def test_several_contracts_without_categories_leave_each_line_once(checked):
    unplaced = {**PAPER, "category_codes": None}
    second = {**unplaced, "contract_number": "K-2", "valid_from_date": date(2025, 2, 1)}
    assert (
        checked([unplaced, second], bought(), bought(day=date(2025, 1, 1)))
        == [("undecidable", None, "contract_without_categories")] * 2
    )


def test_an_item_is_held_against_every_list_of_a_supplier_with_two_contracts(checked):
    second = {**PAPER, "contract_number": "K-2"}
    other = {**ITEM, "contract_number": "K-2", "item_number": "20", "agreed_price_amount": Decimal("10.00")}
    lines = (item_line(), item_line("10.00", number="20"), item_line("10.01", number="20"), item_line(number="999"))
    assert checked([PAPER, second], *lines, items=[ITEM, other], columns=("contract_number", "item_check")) == [
        ("K-1", "ok"),
        ("K-2", "ok"),
        ("K-2", "wrong_price"),
        ("K-1", "wrong_item"),
    ]


def test_an_item_on_no_list_cannot_be_tested_while_one_of_the_contracts_has_no_list(checked):
    second = {**PAPER, "contract_number": "K-2"}
    lines = (item_line(), item_line(number="999"))
    assert checked([PAPER, second], *lines, items=[ITEM], columns=("contract_number", "item_check")) == [
        ("K-1", "ok"),
        ("K-1", "not_testable"),
    ]


def test_where_two_lists_have_an_item_only_a_price_above_both_is_wrong(checked):
    second = {**PAPER, "contract_number": "K-2"}
    dearer = {**ITEM, "contract_number": "K-2", "agreed_price_amount": Decimal("140.00")}
    later = {**dearer, "agreed_price_amount": Decimal("100.00"), "valid_from_date": date(2025, 7, 1)}
    july = date(2025, 7, 1)
    lines = (item_line("140.00"), item_line("140.01"), item_line("133.00", invoice_date=july))
    found = checked([PAPER, second], *lines, items=[ITEM, dearer, later], columns=("contract_number", "item_check"))
    assert found == [("K-2", "ok"), ("K-2", "wrong_price"), ("K-1", "wrong_price")]


def test_a_list_of_a_contract_that_has_expired_does_not_count(checked):
    old = {**PAPER, "contract_number": "K-0", "valid_to_date": date(2024, 12, 31)}
    of_old = {**ITEM, "contract_number": "K-0", "item_number": "20"}
    line = item_line(number="20")
    assert checked([PAPER, old], line, items=[ITEM, of_old], columns=("contract_number", "item_check")) == [
        ("K-1", "wrong_item")
    ]


def test_a_contract_with_an_old_company_number_finds_the_supplier_it_was_joined_into(checked):
    joined = bought("n:33333334")
    assert checked([PAPER], joined) == [("wrong_supplier", "K-1", "other_supplier")]
    assert checked([PAPER], joined, numbers={"11111112": {"n:33333334"}}) == [
        ("on_contract", "K-1", "contract_supplier")
    ]


def test_a_contract_without_a_last_day_runs_until_it_is_ended(checked):
    endless = {**PAPER, "valid_to_date": None}
    days = (date(2023, 12, 31), date(2024, 1, 1), date(2090, 1, 1))
    assert [found[0] for found in checked([endless], *(bought(day=day) for day in days))] == [
        "no_known_contract",
        "on_contract",
        "on_contract",
    ]


def test_two_contracts_without_a_last_day_overlap_without_one():
    endless = [{**PAPER, "valid_to_date": None}, {**PAPER, "contract_number": "K-2", "valid_to_date": None}]
    register = ContractRegister(filled(endless, CONTRACTS))
    (pair,) = overlapping_terms(contract_terms(register, "prøveby", {}), TREE)
    assert (pair["from_date"], pair["to_date"]) == (date(2024, 1, 1), None)


def test_an_option_in_use_extends_every_participant_and_joining_counts_still(checked):
    option = {**PAPER, "option_to_date": date(2026, 12, 31), "is_option_used": True}
    parts = [{"contract_number": "K-1", "municipality_name": "prøveby", "joined_date": date(2026, 2, 1)}]
    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [found[0] for found in checked([option], *(bought(day=day) for day in days), parts=parts)] == [
        "no_known_contract",
        "on_contract",
        "on_contract",
        "no_known_contract",
    ]


def test_two_contracts_with_one_supplier_for_the_same_days_are_named():
    wide = {**PAPER, "contract_number": "K-2", "category_codes": "18", "valid_from_date": date(2025, 6, 1)}
    lots = {**PAPER, "lot_number": "2"}
    later = {**PAPER, "contract_number": "K-3", "valid_from_date": date(2026, 1, 1), "valid_to_date": date(2026, 5, 1)}
    others = {**PAPER, "contract_number": "K-4", "supplier_number": "22222223", "supplier_name": "Arkfirmaet"}
    register = ContractRegister(filled([PAPER, lots, wide, later, others], CONTRACTS))
    assert overlapping_terms(contract_terms(register, "prøveby", {}), TREE) == [
        {
            "contract_number": "K-1",
            "other_number": "K-2",
            "municipality_name": "prøveby",
            "category_codes": ("1801",),
            "from_date": date(2025, 6, 1),
            "to_date": date(2025, 12, 31),
        }
    ]


# --- what holds for every register ----------------------------------------------------------------------------------


DAYS = [date(2025, 1, 1) + timedelta(days=n) for n in range(30)]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 29), st.integers(0, 29), st.sampled_from([-1, 1]), st.sampled_from(["first", "last"]))
def test_shifting_a_contract_by_a_day_moves_exactly_the_lines_of_that_day(start, end, step, which):
    first, last = DAYS[min(start, end)], DAYS[max(start, end)]
    shifted = (first + timedelta(days=step), last) if which == "first" else (first, last + timedelta(days=step))
    before, after = on_contract_days(first, last), on_contract_days(*shifted)
    day = min(first, shifted[0]) if which == "first" else max(last, shifted[1])
    in_sight = {day} & set(DAYS)
    assert before ^ after == in_sight
    assert len(before) == (last - first).days + 1


def on_contract_days(first: date, last: date) -> set[date]:
    paper = {**PAPER, "valid_from_date": first, "valid_to_date": last}
    register = ContractRegister(filled([paper], CONTRACTS))
    cells, supplier_cells = contract_cells(contract_terms(register, "prøveby", {}), TREE)
    tables = [cells, supplier_cells, list_lookup((), supplier_cells)]
    lines = table_of(
        [{"line_id": f"L{n:02}", **bought(day=day)} for n, day in enumerate(DAYS)],
        INVOICE_LINES.schema("intake", "scope", "suppliers", "categories"),
    )
    found = records(add_contracts(lines, *map(ibis.memtable, tables)))
    assert len(found) == len(DAYS)
    assert {row["contract_status"] for row in found} <= {"on_contract", "no_known_contract"}
    return {row["invoice_date"] for row in found if row["contract_status"] == "on_contract"}
