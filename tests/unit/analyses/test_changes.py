"""What has changed since the last report, and why?"""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.changes import LINE_REASONS, REASONS, analyse_changes, reasons_of
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal
Q1, Q2 = date(2025, 2, 1), date(2025, 5, 1)


def bought(line_id: str, net: str = "10", letter: str = "A", day: date = Q1, code: str = "1801", **more) -> dict:
    """One line in scope; the quantity is only there where a test gives it."""
    given = {"is_addressable": True, "contract_status": "no_known_contract", "scope_status": "in_scope"}
    return {**placed(code), **firm(letter), **given, "line_id": line_id, "net": net, "invoice_date": day, **more}


@pytest.fixture
def changes(cube_of, tree):
    def compare(old: list[dict], new: list[dict], old_period: str = "2025Q1", new_period: str = "2025Q1"):
        return analyse_changes(cube_of(*old), cube_of(*new), old_period=old_period, new_period=new_period, tree=tree)

    return compare


def reasons(finding) -> dict:
    return dict(reasons_of(finding))


def test_nothing_changed_has_no_reason(changes):
    found = changes([bought("1"), bought("2")], [bought("1"), bought("2")])
    assert reasons(found) == {}
    assert found.numbers["largest_reason_name"].value is None
    assert (found.numbers["previous_amount"].value, found.numbers["difference_amount"].value) == (D("20.00"), D("0.00"))
    assert not found.failed_checks


def test_a_late_invoice_and_one_taken_back_are_told_apart(changes):
    found = changes([bought("1"), bought("2", "7")], [bought("1"), bought("3", "100")])
    assert reasons(found) == {"late_invoices": D("100.00"), "corrections": D("-7.00")}
    assert found.numbers["difference_amount"].value == D("93.00")
    assert found.numbers["largest_reason_name"].value == "late_invoices"


def test_a_line_that_left_the_scope_is_scope_although_its_category_went_too(changes):
    out = {"scope_status": "transfer", "category_code": None, "category_1_code": None, "is_addressable": False}
    found = changes([bought("1", "50"), bought("2")], [bought("1", "50", **out), bought("2")])
    assert reasons(found) == {"scope": D("-50.00")}
    assert not found.failed_checks


def test_reclassification_moves_kroner_between_areas_and_none_in_all(changes):
    found = changes([bought("1", "50")], [bought("1", "50", code="0401")])
    areas = {row["category_code"]: row for row in found.tables["by_area"].to_dict("records")}
    assert reasons(found) == {}
    assert areas["18"]["reclassification_amount"] == D("-50.00")
    assert areas["04"]["reclassification_amount"] == D("50.00")
    assert not found.failed_checks


def test_a_contract_that_became_known_moves_what_is_on_contract(changes):
    found = changes([bought("1", "50")], [bought("1", "50", contract_status="on_contract")])
    rows = found.tables["bridge"].set_index("change_reason")
    assert rows.loc["contracts", "on_contract_amount"] == D("50.00")
    assert rows.loc["contracts", "net_amount"] == D("0.00")
    assert rows.loc["contracts", "line_count"] == 1


def test_new_and_gone_suppliers_between_two_periods(changes):
    lines = [bought("1"), bought("2", "30", "B"), bought("3", "12", day=Q2), bought("4", "80", "C", Q2)]
    found = changes(lines[:2], lines, new_period="2025Q2")
    assert reasons(found) == {"gone_suppliers": D("-30.00"), "new_suppliers": D("80.00"), "volume": D("2.00")}
    assert list(found.tables["by_supplier"]["supplier_label"]) == ["Firma C", "Firma B", "Firma A"]


def test_an_item_bought_again_is_parted_in_price_and_volume(changes):
    item = {"item_seller_number": "17", "unit_code": "C62"}
    then = bought("1", "100", quantity=D(10), **item)
    now = bought("2", "240", day=Q2, quantity=D(20), **item)
    found = changes([then], [then, now], new_period="2025Q2")
    assert reasons(found) == {"price": D("40.00"), "volume": D("100.00")}


@pytest.mark.parametrize(
    "more",
    [
        {"item_seller_number": None},
        {"unit_code": "KGM"},
        {"quantity": D(-20)},
        {"quantity": D(2)},  # 120 each against 10: another pack
    ],
)
def test_what_cannot_be_priced_is_volume(changes, more):
    item = {"item_seller_number": "17", "unit_code": "C62", "quantity": D(10)}
    then = bought("1", "100", **item)
    found = changes(
        [then], [then, bought("2", "240", day=Q2, **{**item, "quantity": D(20), **more})], "2025Q1", "2025Q2"
    )
    assert reasons(found) == {"volume": D("140.00")}


def test_a_late_invoice_of_the_old_period_is_in_both_legs(changes):
    """The old report said 10; now its quarter is 25, and the next is 40: 15 late, 15 more bought."""
    now = [bought("1"), bought("2", "15"), bought("3", "40", day=Q2)]
    found = changes([bought("1")], now, new_period="2025Q2")
    assert reasons(found) == {"late_invoices": D("15.00"), "volume": D("15.00")}
    assert found.numbers["difference_amount"].value == D("30.00")


def test_an_old_period_that_was_not_read_again_is_taken_as_reported(changes):
    found = changes([bought("1")], [bought("2", "25", day=Q2)], new_period="2025Q2")
    assert reasons(found) == {"volume": D("15.00")}
    assert found.caveats == ("old_period_not_read_again",)


def test_persons_stand_together_and_lines_without_supplier_are_volume(changes):
    nobody = {"supplier_key": None, "supplier_label": None}
    new = [bought("1", "5", day=Q2, **PERSON), bought("2", "3", day=Q2, **nobody)]
    found = changes([bought("0")], [bought("0"), *new], new_period="2025Q2")
    assert reasons(found) == {"gone_suppliers": D("-10.00"), "new_suppliers": D("5.00"), "volume": D("3.00")}
    assert "Privatpersoner" in set(found.tables["by_supplier"]["supplier_label"])


def test_a_period_without_lines_is_refused(changes):
    with pytest.raises(NoDataError, match="2025Q2"):
        changes([bought("1")], [bought("1")], new_period="2025Q2")


def test_a_line_that_stands_twice_fails_the_check(changes):
    found = changes([bought("1"), bought("1")], [bought("1", "11")])
    assert found.failed_checks


_edits = st.fixed_dictionaries(
    {
        "net": st.decimals("-999", "999", places=2).map(str),
        "letter": st.sampled_from("ABC"),
        "day": st.sampled_from([Q1, Q2]),
        "code": st.sampled_from(["1801", "0401"]),
        "contract_status": st.sampled_from(["on_contract", "no_known_contract"]),
        "scope_status": st.sampled_from(["in_scope", "transfer"]),
        "is_addressable": st.booleans(),
        "item_seller_number": st.sampled_from(["17", "18", None]),
        "unit_code": st.sampled_from(["C62", None]),
        "quantity": st.one_of(st.none(), st.decimals("-9", "9", places=2)),
    }
)
_books = st.dictionaries(st.integers(1, 12).map(str), _edits, max_size=10)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=_books, new=_books, periods=st.sampled_from([("2025Q1", "2025Q1"), ("2025Q1", "2025Q2"), ("2025Q1", "2025")])
)
def test_whatever_is_edited_the_reasons_sum_to_the_difference(changes, old, new, periods):
    """The reasons of a line are those a second reading gives, one by one."""
    new = {**new, "99": {"day": Q2, "net": "1"}, "98": {"day": Q1, "net": "1"}}
    found = changes(
        [bought(key, **edit) for key, edit in old.items()], [bought(key, **edit) for key, edit in new.items()], *periods
    )
    assert not found.failed_checks
    counted = sum(
        D(edit["net"]) for edit in new.values()
        if edit.get("scope_status", "in_scope") == "in_scope" and (periods[1] == "2025" or (edit["day"] == Q1) == (periods[1] == "2025Q1"))
    )  # fmt: skip
    assert found.numbers["net_amount"].value == counted
    assert sum(reasons(found).values(), D(0)) == found.numbers["difference_amount"].value
    assert {name: value for name, value in reasons(found).items() if name in LINE_REASONS} == by_hand(old, new)
    assert set(reasons(found)) <= set(REASONS)


def by_hand(old: dict, new: dict) -> dict:
    """Kroner per reason of the lines of the first quarter, one line at a time."""
    sums: dict[str, Decimal] = {}
    sides = [{key: edit for key, edit in book.items() if edit["day"] == Q1} for book in (old, new)]
    for key in {*sides[0], *sides[1]}:
        was, is_ = (side.get(key) for side in sides)
        values = [D(e["net"]) if e and e.get("scope_status", "in_scope") == "in_scope" else D(0) for e in (was, is_)]
        reason = _reason(was, is_)
        sums[reason] = sums.get(reason, D(0)) + values[1] - values[0]
    return {reason: value for reason, value in sums.items() if value}


def _reason(was: dict | None, is_: dict | None) -> str:
    if not was:
        return "late_invoices"
    if not is_ or D(was["net"]) != D(is_["net"]):
        return "corrections"
    return "scope" if was["scope_status"] != is_["scope_status"] else "other"
