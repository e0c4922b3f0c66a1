"""Which levers could be pulled in a category, and how many kroner would each work on?"""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.category_levers import PLACES, lever_rows, placed_cells
from procurement_kit.category_basis import LeverRange
from procurement_kit.classifier.tree import Category, CategoryTree

D = Decimal
TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1, "goods"),
        Category("1801", "18", "Papir", "Paper", 2, "goods"),
        Category("04", None, "Pleje", "Care", 1, "services", is_granted_to_citizen=True),
        Category("05", None, "Takst", "Tariff", 1, "services", is_public_tariff=True),
    )
)


def cell(net, status="no_known_contract", key="n:1", code="1801", **more):
    usual = {"is_voluntary": False, "is_addressable": True}
    return {"category_code": code, "supplier_key": key, "contract_status": status, "net_amount": D(net)} | usual | more


def levers_of(*cells):
    return [found["lever"] for found in placed_cells(cells, TREE)]


def test_the_first_reason_that_holds_decides():
    assert levers_of(cell("1", "on_contract"), cell("1", "wrong_supplier")) == ["tighten_contract", "use_contract"]
    assert levers_of(cell("1", code="04"), cell("1", code="05")) == ["granted_to_citizen", "public_tariff"]
    assert levers_of(cell("1", is_addressable=False), cell("1", key="p:x")) == ["not_addressable", "person"]
    assert levers_of(cell("1", "wrong_supplier", is_voluntary=True), cell("1", "undecidable")) == [
        "voluntary",
        "undecided",
    ]


def test_small_suppliers_without_a_contract_are_gathered_and_large_ones_put_out_to_tender():
    cells = [
        cell("70", key="n:1"),
        cell("15", key="n:2"),
        cell("10", key="n:3"),
        cell("5", key="n:4"),
        cell("-1", key="n:5"),
    ]
    assert levers_of(*cells) == ["tender", "tender", "consolidate", "consolidate", "consolidate"]


def test_a_negative_basis_gives_no_saving():
    half = LeverRange("18", "consolidate", D("0.1"), D("0.5"), "prøve")
    rows = lever_rows(placed_cells([cell("10", key="n:1"), cell("-3", key="n:2")], TREE), TREE, [half])
    gathered = next(row for row in rows if row["lever"] == "consolidate")
    assert gathered["net_amount"] == D("-3")
    assert gathered["lever_high_amount"] == D("0.00")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            cell,
            st.decimals(-1000, 1000, places=2),
            st.sampled_from(["on_contract", "wrong_supplier", "no_known_contract", "undecidable", "out_of_scope"]),
            st.sampled_from(["n:1", "n:2", "p:3", None]),
            st.sampled_from(["18", "1801", "04", "05"]),
            is_voluntary=st.booleans(),
            is_addressable=st.booleans(),
        )
    )
)
def test_no_krone_is_claimed_twice_or_lost(cells):
    ranges = [LeverRange("1801", "tender", D("0.1"), D("0.2"), "prøve")]
    rows = lever_rows(placed_cells(cells, TREE), TREE, ranges)
    assert sum((row["net_amount"] for row in rows), D(0)) == sum((found["net_amount"] for found in cells), D(0))
    assert {row["lever"] for row in rows} <= set(PLACES)
    assert all(row["lever_low_amount"] <= row["lever_high_amount"] for row in rows if row["range_source"] == "prøve")
