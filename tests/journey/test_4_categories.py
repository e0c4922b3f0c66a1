"""Fourth stop: what kind of purchase is it?"""

from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import Category, CategoryTree, standard_tree
from procurement_kit.exact import records
from procurement_kit.steps.categories import (
    CATEGORY_LOOKUP_TYPES,
    SCOPE_CATEGORIES,
    add_categories,
    not_addressable,
)
from procurement_kit.store import table_of
from procurement_kit.tables import INVOICE_LINES, SCOPE_STATUSES

TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1),
        Category("1801", "18", "Papir", "Paper", 2),
        Category("14", None, "Energi", "Energy", 1),
        Category("1402", "14", "Net", "Grid", 2, is_exempt=True),
        Category("140201", "1402", "Elnet", "Power grid", 3),
        Category("0804", None, "Trafikselskab", "Transport company", 1, is_public_tariff=True),
        Category("90", None, "Ikke indkøb", "Not procurement", 1),
        Category("9001", "90", "Offentlig betaling", "Public payments", 2),
        Category("9002", "90", "Tilskud", "Grants", 2),
        Category("9003", "90", "Overførsel til person", "Transfers to individuals", 2),
        Category("9009", "90", "Til afklaring", "To be clarified", 2),
    )
)
PAPER = {"supplier_name": "Papirhuset", "item_name": "Kopipapir"}
PAPER_FOUND = {
    **PAPER,
    "category_code": "1801",
    "category_source": "rule",
    "category_reason": "R-1",
    "category_confidence": Decimal(1),
    "category_1_code": "18",
    "category_2_code": "1801",
    "category_proposed_code": "1801",
}


@pytest.fixture
def categorised():
    """The category columns of each line, from a lookup of known values."""

    def run(known: list[dict], *rows: dict, tree=TREE):
        types = INVOICE_LINES.schema("intake", "scope", "units")
        lines = table_of([{"line_id": f"L{n}", "scope_status": "in_scope", **row} for n, row in enumerate(rows)], types)
        return records(add_categories(lines, table_of(known, CATEGORY_LOOKUP_TYPES), tree).order_by("line_id"))

    return run


def test_a_line_takes_the_category_of_its_printed_values(categorised):
    line = categorised([PAPER_FOUND], PAPER)[0]
    assert (line["category_code"], line["category_1_code"], line["category_2_code"]) == ("1801", "18", "1801")
    assert (line["category_source"], line["category_reason"]) == ("rule", "R-1")
    assert line["is_addressable"]


def test_empty_cells_match_empty_cells_and_nothing_else(categorised):
    """The lookup row has no account; a line with an account is another value."""
    lines = categorised([PAPER_FOUND], PAPER, {**PAPER, "account_number": "29"})
    assert [line["category_source"] for line in lines] == ["rule", "unclassified"]


def test_a_value_that_is_not_in_the_lookup_stays_unclassified_and_addressable(categorised):
    line = categorised([], PAPER)[0]
    assert (line["category_code"], line["category_source"], line["is_addressable"]) == (None, "unclassified", True)


def test_a_line_out_of_scope_has_its_place_in_tree_90(categorised):
    out = {**PAPER, "scope_status": "public_payment", "scope_reason": "art_47 1"}
    line = categorised([PAPER_FOUND], out)[0]
    assert (line["category_code"], line["category_1_code"], line["category_2_code"]) == ("9001", "90", "9001")
    assert (line["category_source"], line["category_reason"]) == ("scope", "art_47 1")
    assert line["category_confidence"] == 1
    assert not line["is_addressable"]


def test_a_transfer_to_a_person_stands_apart_from_a_grant(categorised):
    transfer = {"scope_status": "transfer"}
    lines = categorised([], transfer, {**transfer, "supplier_kind": "person"})
    assert [line["category_code"] for line in lines] == ["9002", "9003"]


def test_a_tree_without_90_leaves_the_place_empty(categorised):
    own = CategoryTree((Category("A", None, "Alt", "All", 1),))
    line = categorised([], {"scope_status": "payroll"}, tree=own)[0]
    assert (line["category_code"], line["category_source"]) == (None, "scope")
    assert not line["is_addressable"]


def test_exempt_and_public_tariff_are_analysed_but_not_addressable(categorised):
    def found(code: str, name: str) -> dict:
        return {"item_name": name, "category_code": code, "category_source": "model"}

    known = [found("1402", "net"), found("140201", "elnet"), found("0804", "bus"), found("14", "energi")]
    lines = categorised(known, *({"item_name": name} for name in ("net", "elnet", "bus", "energi")))
    assert [line["is_addressable"] for line in lines] == [False, False, False, True]


def test_every_status_out_of_scope_has_a_place_in_the_standard_tree():
    assert set(SCOPE_CATEGORIES) == set(SCOPE_STATUSES) - {"in_scope"}
    assert {*SCOPE_CATEGORIES.values(), "9003"} <= set(standard_tree().codes)
    assert {"90", *SCOPE_CATEGORIES.values()} <= not_addressable(standard_tree())
