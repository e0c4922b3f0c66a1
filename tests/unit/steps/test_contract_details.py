"""Which categories and which company are proposed for contracts that name none?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.errors import ParameterError
from procurement_kit.steps.contract_details import propose_contract_details
from procurement_kit.steps.contract_register import ContractRegister

D = Decimal
TREE = tree_of_rows(
    [("18", None, "Kontor", "Office"), ("1801", "18", "Papir", "Paper"), ("1802", "18", "Møbler", "Furniture")]
)


def contract(number: str, supplier: str, **more) -> dict:
    row = dict.fromkeys(CONTRACTS.names) | {"contract_number": number, "contract_title": number}
    days = {"valid_from_date": date(2025, 1, 1), "valid_to_date": date(2025, 12, 31)}
    return row | days | {"supplier_name": supplier} | more


def sold(net: str, code: str | None, name: str = "Papirhuset A/S", key: str = "n:11111112", **more) -> dict:
    names = {"supplier_name": name, "supplier_key": key, "supplier_label": name, "scope_status": "in_scope"}
    codes = {
        "category_code": code,
        "category_1_code": code and code[:2],
        "category_2_code": code and (code[:4] if len(code) > 2 else None),
    }
    return {**names, **codes, "net": net, **more}


@pytest.fixture
def proposed(cube_of):
    def run(*contracts: dict, lines: tuple, **options) -> list[dict]:
        found = propose_contract_details(cube_of(*lines), ContractRegister(tuple(contracts)), TREE, **options)
        return found.to_dict("records")

    return run


def test_categories_with_a_tenth_of_the_suppliers_kroner_are_proposed_largest_first(proposed):
    lines = (sold("300", "1802"), sold("600", "1801"), sold("99", "18"), sold("1", None))
    (row,) = proposed(contract("K-1", "PAPIRHUSET"), lines=lines)
    assert row["category_codes"] == "1801 1802"
    assert row["category_share"] == D("0.900000")
    assert row["category_parts"] == (("1801", D("0.600000"), D("1.000000")), ("1802", D("0.300000"), D("1.000000")))
    assert (row["supplier_number"], row["match_reason"], row["line_count"]) == ("11111112", "same_name", 4)


def test_only_what_was_sold_while_the_contract_ran_counts_if_anything_was(proposed):
    lines = (sold("900", "1802", invoice_date=date(2023, 5, 1)), sold("10", "1801"))
    assert proposed(contract("K-1", "Papirhuset"), lines=lines)[0]["category_codes"] == "1801"
    later = contract("K-1", "Papirhuset", valid_from_date=date(2026, 1, 1), valid_to_date=date(2026, 12, 31))
    assert proposed(later, lines=lines)[0]["category_codes"] == "1802"


def test_an_area_is_never_proposed_however_much_of_it_was_sold(proposed):
    (row,) = proposed(contract("K-1", "Papirhuset"), lines=(sold("900", "18"), sold("100", "1801")))
    assert row["category_codes"] == "1801"
    assert row["category_share"] == D("0.100000")


def test_how_much_of_the_category_the_supplier_has_is_said(proposed):
    lines = (sold("100", "1801"), sold("300", "1801", "Arkfirmaet", "n:22222223"))
    (row,) = proposed(contract("K-1", "Papirhuset"), lines=lines)
    assert row["category_parts"] == (("1801", D("1.000000"), D("0.250000")),)


def test_what_is_known_is_kept_and_a_full_row_is_not_asked_about(proposed):
    lines = (sold("10", "1801"),)
    known = contract("K-1", "Papirhuset", category_codes="1802")
    full = contract("K-2", "Papirhuset", category_codes="1802", supplier_number="11111112")
    (row,) = proposed(known, full, lines=lines)
    assert (row["contract_number"], row["category_codes"], row["lacking"]) == ("K-1", "1802", "supplier_number")


def test_a_name_that_several_companies_bear_gets_no_number(proposed):
    lines = (sold("10", "1801"), sold("10", "1802", key="n:22222223"))
    (row,) = proposed(contract("K-1", "Papirhuset"), lines=lines)
    assert (row["match_reason"], row["supplier_number"], row["category_codes"]) == (
        "several_numbers",
        None,
        "1801 1802",
    )


def test_a_supplier_that_never_occurs_and_a_person_get_nothing(proposed):
    person = sold("10", "1801", name="Papirhuset", key="p:token")
    (row,) = proposed(contract("K-1", "Papirhuset"), lines=(person,))
    assert (row["match_reason"], row["category_codes"], row["supplier_number"]) == ("not_found", None, None)


def test_most_kroner_first_and_credits_do_not_make_a_category(proposed):
    lines = (sold("100", "1801"), sold("-50", "1802"), sold("500", "1801", "Arkfirmaet", "n:22222223"))
    rows = proposed(contract("K-1", "Papirhuset"), contract("K-2", "Arkfirmaet"), lines=lines)
    assert [(row["contract_number"], row["category_codes"]) for row in rows] == [("K-2", "1801"), ("K-1", "1801")]


def test_a_share_of_nothing_is_refused(proposed):
    with pytest.raises(ParameterError, match="not a share"):
        proposed(contract("K-1", "Papirhuset"), lines=(sold("1", "1801"),), least_share=D(0))


def test_a_number_that_was_joined_into_another_finds_its_supplier(proposed):
    line = sold("100", "1801", key="n:22222223", supplier_number="11111112")
    (row,) = proposed(contract("K-1", "Gammelt Navn", supplier_number="11111112"), lines=(line,))
    assert (row["match_reason"], row["category_codes"]) == ("number", "1801")


def test_without_a_last_day_a_contract_runs_from_its_first_on(proposed):
    lines = (sold("900", "1802", invoice_date=date(2023, 5, 1)), sold("10", "1801"))
    (row,) = proposed(contract("K-1", "Papirhuset", valid_to_date=None), lines=lines)
    assert row["category_codes"] == "1801"
