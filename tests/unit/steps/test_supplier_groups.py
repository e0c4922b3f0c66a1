"""Which group does a supplier belong to on a day, how large is it and where does it lie?"""

from datetime import date

import pytest

from procurement_kit.exact import FIRST_DATE, LAST_DATE
from procurement_kit.steps.supplier_groups import (
    KnownSuppliers,
    company_rows,
    link_problems,
    register_problems,
    size_class,
    supplier_groups,
)
from procurement_kit.supplier_tables import COMPANY_REGISTER, SUPPLIER_LINKS

A, B, C, TOP = "00100001", "00100002", "00100003", "99999993"
KNOWN = KnownSuppliers(
    {f"n:{A}": "Firma A", f"n:{B}": "Firma B", f"n:{C}": "Firma C", "s:murer": "Murer"},
    {"firma a": {f"n:{A}"}, "ens": {f"n:{A}", f"n:{B}"}, "murer": {"s:murer"}},
)


def link(kind: str, below: str, above: str, **more) -> dict:
    ends = {"link_kind": kind, "from_number": below, "to_number": above, "source": "aftalt"}
    return {**dict.fromkeys(SUPPLIER_LINKS.names), **ends, **more}


def company(number: str, **more) -> dict:
    return {**dict.fromkeys(COMPANY_REGISTER.names), "company_number": number, **more}


def tops(links=(), register=()) -> dict[str, list[tuple]]:
    found: dict[str, list[tuple]] = {}
    for row in supplier_groups(links, register, KNOWN).rows:
        span = (row["from_date"], row["to_date"], row["supplier_group_key"])
        found.setdefault(row["supplier_key"][2:], []).append(span)
    return found


def test_a_group_holds_on_its_days_only():
    spans = tops([link("group", A, TOP, valid_from_date=date(2025, 3, 1), valid_to_date=date(2025, 12, 31))])
    assert spans == {A: [(date(2025, 3, 1), date(2025, 12, 31), f"n:{TOP}")]}


def test_a_successor_stands_for_the_one_before_it_on_all_days():
    assert tops([link("succession", A, B, valid_from_date=date(2025, 3, 1))]) == {
        A: [(FIRST_DATE, LAST_DATE, f"n:{B}")],
        B: [(FIRST_DATE, LAST_DATE, f"n:{B}")],
    }


def test_links_are_followed_to_the_top_day_by_day():
    spans = tops([link("succession", A, B), link("group", B, C, valid_from_date=date(2025, 7, 1))])
    assert spans[A] == [(FIRST_DATE, date(2025, 6, 30), f"n:{B}"), (date(2025, 7, 1), LAST_DATE, f"n:{C}")]
    assert spans[B] == spans[A]
    assert spans[C] == [(FIRST_DATE, LAST_DATE, f"n:{C}")]


def test_without_links_nobody_has_a_group():
    assert tops() == {}


def test_the_registers_ultimate_owner_is_the_group_unless_a_link_says_otherwise():
    register = [company(A, owner_number=B, ultimate_owner_number=TOP), company(B, owner_number=TOP)]
    assert tops(register=register)[A] == [(FIRST_DATE, LAST_DATE, f"n:{TOP}")]
    assert tops([link("group", A, C)], register)[A] == [(FIRST_DATE, LAST_DATE, f"n:{C}")]


def test_an_owner_without_a_company_number_may_be_a_person_and_is_never_shown():
    found = supplier_groups((), [company(A, owner_name="Petra Prøve")], KNOWN)
    assert found.rows == []


def test_owners_that_own_each_other_have_one_top():
    register = [company(A, owner_number=B), company(B, owner_number=A)]
    assert {span[2] for spans in tops(register=register).values() for span in spans} == {f"n:{A}"}


def test_links_in_a_circle_and_two_at_once_are_problems():
    circle = supplier_groups([link("group", A, B), link("group", B, A)], (), KNOWN)
    assert circle.problems == ["rows 2 and 3: the links go in a circle"]
    both = supplier_groups([link("group", A, B), link("group", A, C)], (), KNOWN)
    assert both.problems == ["rows 2 and 3: two links of one kind on the same days"]


def test_a_name_stands_for_the_one_supplier_that_bears_it():
    assert tops([link("succession", None, B, from_name="Murer ApS")])["murer"][0][2] == f"n:{B}"
    several = supplier_groups([link("group", None, C, from_name="Ens")], (), KNOWN)
    assert several.rows == []
    assert several.not_followed == ["row 2: Ens → : several suppliers bear the name"]


def test_a_link_to_oneself_is_said_and_left_out():
    found = supplier_groups([link("group", A, None, to_name="Firma A")], (), KNOWN)
    assert found.not_followed == ["row 2:  → Firma A: one supplier already"]


def test_the_group_is_named_as_on_the_lines_else_as_the_register_or_link_says():
    links = [link("group", A, TOP, to_name="Koncernen"), link("group", B, C)]
    labels = {row["supplier_group_key"]: row["supplier_group_label"] for row in supplier_groups(links, (), KNOWN).rows}
    assert labels == {f"n:{TOP}": "Koncernen", f"n:{C}": "Firma C"}
    named = supplier_groups(links, [company(TOP, company_name="Koncern Holding A/S")], KNOWN).rows
    assert named[0]["supplier_group_label"] == "Koncern Holding A/S"


def test_what_is_wrong_with_links_is_said_all_at_once():
    days = {"valid_from_date": date(2025, 2, 1), "valid_to_date": date(2025, 1, 1)}
    assert link_problems([link("group", "7", None, **days)]) == [
        "row 2, «CVR-nummer fra»: «7» is not a company number",
        "row 2: neither number nor name stands under «til»",
        "row 2: ends 01-01-2025, before it starts 01-02-2025",
    ]


def test_what_is_wrong_with_the_register_is_said_all_at_once():
    rows = [company("7", employee_count="mange"), company(A, owner_number="x")]
    assert register_problems(rows) == [
        "row 2, «CVR-nummer»: «7» is not a company number",
        "row 2, «Antal ansatte»: «mange» is no number and no interval",
        "row 3, «Ejer CVR-nummer»: «x» is not a company number",
    ]


@pytest.mark.parametrize(
    ("printed", "found"),
    [("0", "micro"), ("2-4", "micro"), ("10", "small"), ("20 - 49", "small"), ("50-99", "medium"), ("249", "medium"),
     ("250", "large"), ("1000-999999", "large"), ("5-20", None), ("200-499", None), (None, None), ("n/a", None)],
)  # fmt: skip
def test_the_size_class_goes_by_employees(printed, found):
    assert size_class(printed) == found


def test_only_suppliers_on_the_lines_are_looked_up_in_the_register():
    register = [
        company(A, employee_count="12", company_municipality_name="0316 HOLBÆK", industry_code="46.65.00 Engros"),
        company(TOP, employee_count="5"),
    ]
    assert company_rows(register, KNOWN.labels) == [
        {
            "supplier_key": f"n:{A}",
            "supplier_size_class": "small",
            "supplier_municipality_name": "Holbæk",
            "supplier_industry_code": "466500",
        }
    ]
