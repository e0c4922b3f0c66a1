"""What is e-trade a share of, and why does one data set read 4 %, 50 % and 70 %?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.e_trade import analyse_e_trade
from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal
TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1, "goods"),
        Category("1801", "18", "Papir", "Paper", 2, "goods"),
        Category("1802", "18", "Møbler", "Furniture", 2, "goods"),
        Category("08", None, "Kørsel", "Transport", 1, "services"),
        Category("0801", "08", "Skolekørsel", "School transport", 2, "services"),
        Category("11", None, "Bygninger", "Buildings", 1, "works"),
        Category("1101", "11", "Tømrer", "Carpentry", 2, "works"),
    )
)
BASIS = ETradeBasis("order_number", (), frozenset({"1801", "0801"}), "contracts")


def bought(code, net, order=None, **more):
    return {**placed(code), **firm("A"), "net": net, "order_number": order, **more}


def e_trade(cube_of, *rows, basis=BASIS, period="2025"):
    return analyse_e_trade(cube_of(*rows), period=period, tree=TREE, basis=basis)


def sibling(finding, name):
    return finding.table.set_index("e_trade_base").loc[name].to_dict()


def test_one_data_set_reads_4_50_and_70_percent(cube_of):
    """1,662.50 kr. e-traded: 40 of 1,000 of goods, all of 3,325 of purchases, all of 2,375 of what can be e-traded."""
    finding = e_trade(
        cube_of,
        bought("1801", "40.00", "45001"),
        bought("1801", "10.00"),
        bought("1802", "950.00"),
        bought("0801", "1622.50", "45002"),
        bought("0801", "702.50"),
        bought("1101", "5000.00"),
    )
    shares = {name: sibling(finding, name)["amount_share"] for name in ("goods", "without_building", "e_tradable")}
    assert shares == {"goods": D("0.04"), "without_building": D("0.50"), "e_tradable": D("0.70")}
    assert len(finding.table) == 3
    assert sibling(finding, "goods")["net_amount"] + sibling(finding, "goods")["left_out_amount"] == D("8325.00")
    assert finding.numbers["e_tradable_amount_share"].value == D("0.70")
    assert not finding.failed_checks


def test_lines_invoices_and_kroner_are_counted_apart(cube_of):
    finding = e_trade(
        cube_of,
        bought("1801", "90.00", "45001", document_id="D1"),
        bought("1801", "5.00", document_id="D1"),
        bought("1801", "5.00", document_id="D2"),
    )
    row = sibling(finding, "e_tradable")
    assert (row["line_share"], row["document_share"], row["amount_share"]) == (D("0.333333"), D("0.5"), D("0.9"))


def test_the_four_parts_sum_to_all_purchases(cube_of):
    finding = e_trade(
        cube_of, bought("1801", "1.00", "4"), bought("1801", "2.00"), bought("1802", "4.00", "5"), bought(None, "8.00")
    )
    parts = dict(zip(finding.tables["parts"]["e_trade_part"], finding.tables["parts"]["net_amount"], strict=True))
    expected = {"e_traded": "1.00", "not_e_traded": "2.00", "e_traded_outside": "4.00", "outside": "8.00"}
    assert parts == {name: D(amount) for name, amount in expected.items()}
    assert finding.definition.left_out_amount == D("12.00")


def test_only_orders_of_the_systems_own_series_count_where_it_is_named(cube_of):
    rows = (bought("1801", "60.00", "45001"), bought("1801", "30.00", "jf. tlf."), bought("1801", "10.00", ""))
    any_order = sibling(e_trade(cube_of, *rows), "e_tradable")["amount_share"]
    own = ETradeBasis("order_number", ("45", "PO"), frozenset({"1801"}))
    assert (any_order, sibling(e_trade(cube_of, *rows, basis=own), "e_tradable")["amount_share"]) == (
        D("0.9"),
        D("0.6"),
    )


def test_the_channel_can_say_it(cube_of):
    rows = (bought("1801", "30.00", source_kind="einvoice"), bought("1801", "70.00", "45001"))
    finding = e_trade(cube_of, *rows, basis=ETradeBasis("einvoice", (), frozenset({"1801"})))
    assert sibling(finding, "e_tradable")["amount_share"] == D("0.3")
    assert finding.numbers["is_by_channel"].value == 1


def test_nothing_known_gives_no_rate_and_says_so(cube_of):
    finding = e_trade(cube_of, bought("1801", "30.00", "45001"), basis=ETradeBasis("none", (), frozenset({"1801"})))
    assert finding.numbers["e_tradable_amount_share"].value is None
    assert finding.caveats == ("e_trade_not_known",)
    assert not finding.failed_checks


def test_each_municipality_has_its_own_definition_and_one_without_is_in_no_base(cube_of):
    rows = (
        bought("1801", "30.00", "X1", municipality_name="a"),
        bought("1801", "10.00", "45001", municipality_name="b"),
        bought("1801", "60.00", "Y1", municipality_name="b"),
        bought("1801", "99.00", "45001", municipality_name="c"),
    )
    own = frozenset({"1801"})
    basis = {
        "a": ETradeBasis("order_number", (), own),
        "b": ETradeBasis("order_number", ("45",), own),
        "c": ETradeBasis("none", (), own),
    }
    finding = e_trade(cube_of, *rows, basis=basis)
    assert sibling(finding, "e_tradable")["net_amount"] == D("100.00")
    assert sibling(finding, "e_tradable")["amount_share"] == D("0.4")
    assert finding.caveats == ("e_trade_partly_known",)


def test_persons_stand_together_and_what_is_no_purchase_is_left_out(cube_of):
    finding = e_trade(
        cube_of,
        bought("1801", "10.00", "45001"),
        {**bought("1801", "20.00"), **PERSON},
        {**bought("1801", "20.00", "4"), **PERSON, "supplier_key": "p:other"},
        {"scope_status": "transfer", "net": "500.00", "order_number": "45009"},
    )
    suppliers = finding.tables["by_supplier"].set_index("supplier_key")
    assert suppliers.loc["persons", "amount_share"] == D("0.5")
    assert finding.numbers["analysed_amount"].value == D("50.00")


def test_lines_of_other_periods_are_not_there(cube_of):
    row = bought("1801", "10.00", "45001", invoice_date=date(2024, 12, 31))
    with pytest.raises(NoDataError, match="2025"):
        e_trade(cube_of, row)


def test_a_sum_that_does_not_hold_would_be_seen(cube_of):
    finding = e_trade(cube_of, bought("1801", "10.00", "45001"))
    names = {check.name for check in finding.checks}
    assert {"parts sum to analysed", "by_unit sums to e-traded", "goods and left out sum to analysed"} <= names
