"""What is paid for the same item, and what would a fair price have saved?"""

from datetime import date
from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.prices import analyse_prices, in_oere
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.store import table_of
from tests.unit.analyses.conftest import PERSON, cube_of_rows, firm, placed

D = Decimal
AGREED = {
    "list_contract": "string", "list_item": "string", "list_unit": "string", "agreed_price": "decimal(18,2)",
    "from_date": "date", "to_date": "date",
}  # fmt: skip


def line(price: str, quantity: str = "1", *, letter: str = "A", item: str | None = "100", unit: str = "EA", **more):
    """A purchase of an item: the amount is price times quantity, to the øre."""
    amount = (D(price) * D(quantity)).quantize(D("0.01"))
    numbers = {"unit_price_amount": D(price), "quantity": D(quantity), "net": str(amount)}
    return {
        **placed("1801"), **firm(letter), "item_seller_number": item, "unit_code": unit, "item_name": "Kopipapir",
        **numbers, **more,
    }  # fmt: skip


def prices_of(*rows: dict, **options):
    finding = analyse_prices(cube_of_rows(*rows), period="2025", **options)
    assert not finding.failed_checks
    return finding


def parts(finding) -> dict:
    found = finding.tables["parts"]
    return {row.price_part: row.net_amount for row in found.itertuples() if row.line_count}


def agreed_list(*rows: tuple) -> ibis.Table:
    """Contract, price and the first and last day it holds; item 100 by the piece."""
    names = ("list_contract", "agreed_price", "from_date", "to_date")
    usual = {"list_item": "100", "list_unit": "EA"}
    return table_of([{**usual, **dict(zip(names, row, strict=True))} for row in rows], AGREED)


def test_the_saving_is_quantity_times_what_is_above_the_median():
    """10 at 8, 10 at 10, 5 at 12: of 25 the thirteenth costs 10; 5 x 2 above it."""
    finding = prices_of(line("8", "10"), line("10", "10"), line("12", "5"))
    item = finding.table.iloc[0]
    assert (item["min_price"], item["median_price"], item["max_price"]) == (D(8), D(10), D(12))
    assert item["overpaid_amount"] == D("10.00")
    assert item["spread_share"] == D("0.400000")
    assert finding.numbers["overpaid_amount"].value == D("10.00")
    assert finding.numbers["comparable_share"].value == D(1)


def test_the_lower_quartile_can_be_chosen_and_is_said():
    """A quarter of 25 is 6.25, reached at 8: 10 x 2 + 5 x 4."""
    finding = prices_of(line("8", "10"), line("10", "10"), line("12", "5"), reference="p25")
    assert finding.numbers["overpaid_amount"].value == D("40.00")
    assert finding.parameters["reference"] == "p25"
    assert "price_reference_p25" in finding.caveats
    assert "lower quartile" in finding.definition.formula


def test_the_median_is_weighted_by_quantity_not_by_lines():
    finding = prices_of(line("10", "100"), line("20.5", "1"), line("20.5", "1"), line("20.5", "1"))
    assert finding.table.loc[0, "median_price"] == D(10)


def test_half_of_the_quantity_is_enough_for_the_median():
    finding = prices_of(line("10", "2"), line("11", "1"), line("12", "1"))
    assert finding.table.loc[0, "median_price"] == D(10)


def test_the_agreed_price_comes_first_and_holds_on_its_days_only():
    """Agreed 9 until June, then 10: 10 x 1 before, 5 x 1 after; the purchase off contract is held against 10."""
    on = {"contract_status": "on_contract", "contract_number": "K-1"}
    agreed = agreed_list(
        ("K-1", D(9), date(1900, 1, 1), date(2025, 6, 30)), ("K-1", D(10), date(2025, 7, 1), date(2999, 1, 1))
    )
    rows = (
        line("10", "10", **on, invoice_date=date(2025, 2, 1)),
        line("11", "5", **on, invoice_date=date(2025, 8, 1)),
        line("12", "1", contract_status="wrong_supplier", contract_number="K-1"),
    )
    finding = prices_of(*rows, agreed=agreed)
    assert finding.numbers["agreed_overpaid_amount"].value == D("15.00")
    assert finding.numbers["unagreed_overpaid_amount"].value == D("2.00")
    assert finding.table.loc[0, "agreed_price"] == D(10)
    assert "no_price_list" not in finding.caveats


def test_a_credit_at_the_price_of_a_purchase_takes_it_back():
    rows = [line("8", "10"), line("10", "10"), line("8", "2"), line("12", "5")]
    dear = {"document_type": "credit_note"}
    without, with_credit = prices_of(*rows[:3]), prices_of(*rows, line("12", "-5", **dear))
    assert with_credit.numbers["overpaid_amount"] == without.numbers["overpaid_amount"]
    assert with_credit.table["median_price"].tolist() == without.table["median_price"].tolist()
    assert with_credit.numbers["analysed_amount"].value == without.numbers["analysed_amount"].value
    assert parts(with_credit) == {"comparable": D("196.00"), "credited": D("0.00")}


def test_a_credit_in_part_leaves_the_rest():
    finding = prices_of(line("10", "10"), line("10"), line("12", "5"), line("12", "5"), line("12", "-4"))
    assert finding.numbers["overpaid_amount"].value == D("12.00")
    assert finding.table.loc[0, "purchase_count"] == 3


def test_a_credit_at_another_price_is_left_out_with_its_kroner():
    finding = prices_of(line("10"), line("10"), line("11"), line("9.5", "-2"))
    assert parts(finding)["credited"] == D("-19.00")
    assert finding.numbers["credited_amount"].value == D("-19.00")


LEFT_OUT = [
    ({"line_kind": "freight"}, "accessory"),
    (PERSON, "person"),
    ({"exchange_rate": D("7.44"), "document_currency": "EUR"}, "other_currency"),
    ({"unit_price_amount": None}, "no_price"),
    ({"unit_price_amount": D(0)}, "no_price"),
    ({"quantity": None}, "no_quantity"),
    ({"quantity": D(0)}, "no_quantity"),
    ({"unit_code": None}, "no_unit"),
    ({"price_base_quantity": D(0)}, "price_basis"),
    ({"document_amount": D("9.00")}, "amount_differs"),
    ({"quantity": D(-1)}, "amount_differs"),
    ({"item_seller_number": None, "item_name": None}, "no_identity"),
    ({"item_seller_number": None, "item_name": "—"}, "no_identity"),
    ({"item_seller_number": None, "privacy_level": 2}, "no_identity"),
    ({"item_seller_number": "7"}, "too_few"),
    ({"unit_code": "PK"}, "too_few"),
]


def test_what_cannot_be_compared_has_one_reason_and_its_kroner():
    odd = [{**line("10"), "net": str(1 + n), **change} for n, (change, _) in enumerate(LEFT_OUT)]
    odd = [{**row, "document_amount": row.get("document_amount", D(10))} for row in odd]
    finding = prices_of(*[line("10")] * 3, *odd)
    expected = {"comparable": D("30.00")}
    for n, (_, reason) in enumerate(LEFT_OUT):
        expected[reason] = expected.get(reason, D(0)) + 1 + n
    assert parts(finding) == expected
    assert finding.definition.left_out_amount == sum(expected.values()) - 30


def test_prices_are_brought_to_one_unit():
    """12 kr. per 12 pieces, 1 kr. each, and 0.10 with ten in an orderable unit are the same price."""
    rows = (
        line("1", "12"),
        {**line("1", "12"), "unit_price_amount": D(12), "price_base_quantity": D(12)},
        {**line("1", "12"), "unit_price_amount": D("0.10"), "price_unit_factor": D(10)},
    )
    item = prices_of(*rows).table.iloc[0]
    assert (item["min_price"], item["max_price"], item["overpaid_amount"]) == (D(1), D(1), D(0))


def test_a_price_that_looks_like_another_pack_is_listed_and_left_out():
    """Whole multiples and parts within 2 %, and what is more than five times away; each price beside 50 at 10 kr."""
    packs = {"20": True, "20.40": True, "20.50": False, "24": False, "30": True, "50": True, "51.10": True}
    packs |= {"5": True, "1.90": True, "6.60": False, "17": False}
    rows = [line("10", "50", item=price) for price in packs for _ in range(4)]
    finding = prices_of(*rows, *(line(price, item=price) for price in packs))
    found = finding.tables["other_packs"]
    assert set(found["item_number"]) == {price for price, is_pack in packs.items() if is_pack}
    assert set(found["usual_price"]) == {D(10)}
    assert len(found) == finding.numbers["other_pack_line_count"].value
    assert finding.numbers["overpaid_amount"].value == D("10.50") + 14 + 7
    assert set(finding.table.set_index("item_number").loc[list(found["item_number"]), "max_price"]) == {D(10)}
    assert "other_packs" in finding.caveats


def test_a_price_far_from_the_agreed_one_is_no_saving():
    """A case of twelve against an agreed piece: nothing is claimed."""
    agreed = agreed_list(("K-1", D(10), date(1900, 1, 1), date(2999, 1, 1)))
    on = {"contract_status": "on_contract", "contract_number": "K-1"}
    finding = prices_of(*[line("120", **on)] * 3, agreed=agreed)
    assert finding.numbers["overpaid_amount"].value == 0
    assert parts(finding) == {"too_few": D("360.00")}


def test_an_outlier_that_is_no_pack_is_shown_and_counts():
    finding = prices_of(*[line("10", "10")] * 3, line("45", "2"))
    assert finding.table.loc[0, "max_price"] == 45
    assert finding.numbers["overpaid_amount"].value == D("70.00")


def test_a_gtin_is_the_same_item_at_every_supplier_a_sellers_number_is_not():
    by_gtin = [line("10", letter=letter, item_gtin_number="5790000000019") for letter in "ABC"]
    finding = prices_of(*by_gtin)
    assert (finding.table.loc[0, "item_identity"], finding.table.loc[0, "supplier_count"]) == ("gtin", 3)
    assert finding.table.loc[0, "supplier_label"] is None
    by_number = prices_of(*(line("10", letter=letter) for letter in "ABC"))
    assert parts(by_number) == {"too_few": D("30.00")}


def test_texts_are_the_same_when_normalised():
    texts = ("Kopipapir A4, 80 g", "KOPIPAPIR A4 80 G", "kopipapir  a4 80 g")
    rows = [line("10", letter=letter, item=None, item_name=text) for letter, text in zip("ABC", texts, strict=True)]
    assert prices_of(*rows).table.loc[0, "item_number"] == "kopipapir a4 80 g"


def test_who_pays_most_can_be_asked_for():
    rows = (
        line("10", "10", unit_name="Skolen", unit_division_name="Børn"),
        line("10", "10", unit_name="Skolen", unit_division_name="Børn"),
        line("12", "5", unit_name="Plejehjemmet", unit_division_name="Ældre", invoice_date=date(2025, 11, 1)),
    )
    units = prices_of(*rows).tables["by_unit"]
    assert list(units["unit_name"]) == ["Plejehjemmet", "Skolen"]
    assert list(units["overpaid_amount"]) == [D("10.00"), D(0)]
    months = prices_of(*rows, by="month").tables["by_month"]
    assert list(months["month_name"]) == ["2025-03", "2025-11"]
    assert list(prices_of(*rows, by="municipality").tables["by_municipality"]["overpaid_amount"]) == [D("10.00")]


def test_persons_are_one_among_suppliers():
    rows = (*[line("10")] * 3, {**line("10"), **PERSON}, {**line("10"), **PERSON, "supplier_key": "p:other"})
    suppliers = prices_of(*rows, by="supplier").tables["by_supplier"]
    assert "p:" not in suppliers.to_string()
    assert set(suppliers["supplier_group"]) == {"supplier", "persons"}


def test_a_period_without_prices_is_told_not_hidden(cube_of):
    finding = prices_of({**placed("1801"), **firm("A"), "net": "50"})
    assert finding.table.empty
    assert parts(finding) == {"no_price": D("50.00")}
    assert finding.numbers["overpaid_share"].value is None
    with pytest.raises(NoDataError):
        analyse_prices(cube_of({"net": "1"}), period="2019")


@pytest.mark.parametrize("options", [{"reference": "mean"}, {"by": "person"}])
def test_what_cannot_be_chosen_is_refused(options, cube_of):
    with pytest.raises(ParameterError, match="cannot be chosen"):
        analyse_prices(cube_of(line("1")), period="2025", **options)


def test_an_amount_keeps_decimals_it_needs():
    assert in_oere(D("10.000000")) == D("10.00")
    assert str(in_oere(D("0.012500"))) == "0.0125"


# --- properties -----------------------------------------------------------------------------------------------------

PURCHASES = st.lists(
    st.tuples(st.integers(900, 1500), st.integers(1, 20), st.sampled_from("AB"), st.sampled_from(("EA", "PK"))),
    min_size=3,
    max_size=9,
)


def drawn(purchases) -> list[dict]:
    return [line(str(D(p) / 100), str(q), letter=letter, unit=unit) for p, q, letter, unit in purchases]


@settings(max_examples=4, deadline=None)
@given(PURCHASES, st.randoms(use_true_random=False), st.sampled_from(("median", "p25")))
def test_the_order_of_rows_changes_nothing_and_credits_cancel(purchases, chance, reference):
    rows = drawn(purchases)
    one = prices_of(*rows, reference=reference)
    mixed = chance.sample(rows, len(rows))
    again = {**mixed[0], "net": f"-{mixed[0]['net']}", "quantity": -mixed[0]["quantity"]}
    other = prices_of(*mixed, mixed[0], again, reference=reference)
    assert other.numbers == one.numbers
    assert (
        other.table.drop(columns="item_rank").to_numpy().tolist()
        == one.table.drop(columns="item_rank").to_numpy().tolist()
    )


@settings(max_examples=4, deadline=None)
@given(PURCHASES, st.integers(1, 200), st.integers(1, 30))
def test_a_price_above_the_reference_raised_by_d_costs_q_times_d_more(purchases, more, quantity):
    """Beside twelve thousand pieces at 10 kr., which hold the median, one purchase at 11 kr. is raised."""
    anchor = [line("10", "4000")] * 3
    before = prices_of(*anchor, *drawn(purchases), line("11", str(quantity)))
    raised = D(11) + D(more) / 100
    after = prices_of(*anchor, *drawn(purchases), line(str(raised), str(quantity)))
    saved = [finding.numbers["overpaid_amount"].value for finding in (before, after)]
    assert saved[1] - saved[0] == quantity * D(more) / 100


# --- planted truth --------------------------------------------------------------------------------------------------


def test_the_planted_price_spread_of_the_demo_is_recovered_to_the_oere(demo_seen):
    from procurement_kit import open_municipality, read_cube
    from procurement_kit.steps.agreed_prices import read_agreed_prices
    from procurement_kit.workshop.demo_files import planted_truth

    town = open_municipality("demo")
    finding = analyse_prices(read_cube(town), period="2025", agreed=read_agreed_prices(town))
    spreads = {spread.item_number: spread for spread in planted_truth().price_spreads}
    found = finding.table[finding.table["item_number"].isin(spreads)].set_index("item_number")
    assert set(found.index) == set(spreads)
    for number, spread in spreads.items():
        assert found.loc[number, "agreed_overpaid_amount"] == spread.overpaid_amount
        assert found.loc[number, "agreed_price"] == spread.agreed_price
        assert found.loc[number, "max_price"] == spread.highest_price
    assert not finding.failed_checks
