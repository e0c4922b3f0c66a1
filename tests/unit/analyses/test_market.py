"""Who should be asked to a market dialogue, and is no person among them?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.market import market_list
from procurement_kit.errors import NoDataError, TableError
from tests.unit.analyses.conftest import PERSON, firm, placed

D = Decimal


def bought(letter, net, municipality="a", code="1801", **more):
    return {**placed(code), **firm(letter), "net": net, "municipality_name": municipality, **more}


def listed(cube_of, tree, *rows, category="18", known=None):
    return market_list(cube_of(*rows), category=category, period="2025", tree=tree, known=known)


def test_who_sells_to_most_municipalities_stands_first(cube_of, tree):
    rows = (bought("A", "900"), bought("B", "10"), bought("B", "20", "b"), bought("C", "50", code="1802"))
    market = listed(cube_of, tree, *rows, known={"titles": {"a": "Abyby", "b": "Beby"}, "sizes": {"n:B": "10-19"}})
    assert list(market.table["supplier_label"]) == ["Firma B", "Firma A", "Firma C"]
    first = market.table.iloc[0].to_dict()
    assert (first["municipality_titles"], first["municipality_count"], first["net_amount"]) == (
        "Abyby, Beby",
        2,
        D("30.00"),
    )
    assert (first["supplier_number"], first["supplier_size"], first["document_count"]) == ("B", "10-19", 2)
    assert market.numbers["shared_supplier_count"].value == 1


def test_only_the_category_and_what_lies_below_it(cube_of, tree):
    rows = (bought("A", "1"), bought("B", "2", code="1802"), bought("C", "4", code="0401"))
    assert list(listed(cube_of, tree, *rows, category="1802").table["supplier_label"]) == ["Firma B"]
    assert len(listed(cube_of, tree, *rows).table) == 2


def test_persons_sole_traders_and_the_unnamed_are_left_out_but_add_up(cube_of, tree):
    nobody = {**bought("A", "8"), "supplier_key": None, "supplier_label": None}
    rows = (bought("A", "1"), {**bought("A", "2"), **PERSON}, bought("S", "4"), nobody)
    market = listed(cube_of, tree, *rows, known={"sole_traders": {"n:S"}})
    assert list(market.table["supplier_label"]) == ["Firma A"]
    left_out = dict(
        zip(market.tables["left_out"]["market_left_out"], market.tables["left_out"]["net_amount"], strict=True)
    )
    assert left_out == {"persons": D("6.00"), "unknown": D("8.00")}
    assert not market.failed_checks and market.caveats == ("market_left_out",)
    assert "Privatperson" not in market.table.to_string()


def test_an_unknown_category_and_an_empty_one_are_refused(cube_of, tree):
    with pytest.raises(TableError, match="«1899»"):
        listed(cube_of, tree, bought("A", "1"), category="1899")
    with pytest.raises(NoDataError):
        listed(cube_of, tree, bought("A", "1"), category="04")
