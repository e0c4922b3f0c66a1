"""Accessory lines: freight, fees, rounding and surcharges follow the largest item of their document."""

from decimal import Decimal

import ibis
import pytest

from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.exact import records, tally
from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES, LEADER_TYPES, add_categories, leading_lines
from procurement_kit.steps.spend_cube import build_cube, read_cube
from procurement_kit.store import table_of
from procurement_kit.tables import INVOICE_LINES, LINE_KINDS
from tests.unit.steps.conftest import classify, import_lines

TREE = CategoryTree(
    (
        Category("18", None, "Kontor", "Office", 1),
        Category("1801", "18", "Papir", "Paper", 2),
        Category("15", None, "Transport", "Transport", 1),
        Category("1402", None, "Net", "Grid", 1, is_exempt=True),
    )
)
FOUND = {
    "papir": {"category_code": "1801", "category_1_code": "18", "category_2_code": "1801", "category_source": "model"},
    "net": {"category_code": "1402", "category_1_code": "1402", "category_source": "rule", "category_reason": "R-1"},
    "fragt": {
        "category_code": "15",
        "category_1_code": "15",
        "category_source": "model",
        "category_reason": "v1",
        "category_proposed_code": "15",
    },
    "fragt efter regel": {"category_code": "15", "category_1_code": "15", "category_source": "rule"},
    "fragt efter gennemgang": {"category_code": "15", "category_1_code": "15", "category_source": "review"},
    "ukendt": {"category_source": "unclassified"},
}
SURE = {"papir": Decimal("0.810000"), "net": Decimal(1), "fragt": Decimal("0.600000")}


def known() -> list[dict]:
    return [{"item_name": name, "category_confidence": SURE.get(name), **row} for name, row in FOUND.items()]


def line(kind: str, item: str, net: str | None, **more) -> dict:
    amount = None if net is None else Decimal(net)
    return {"line_kind": kind, "item_name": item, "net_amount": amount, "document_id": "D1", **more}


@pytest.fixture
def placed():
    """The lines L0, L1 … after the step, by their identity."""

    def run(*rows: dict) -> dict[str, dict]:
        types = INVOICE_LINES.schema("intake", "scope", "units")
        given = [{"line_id": f"L{n}", "scope_status": "in_scope", **row} for n, row in enumerate(rows)]
        lines = table_of(given, types)
        leaders = leading_lines(lines)
        assert {name: str(type_) for name, type_ in leaders.schema().items()} == LEADER_TYPES
        after = add_categories(lines, table_of(known(), CATEGORY_LOOKUP_TYPES), TREE, leaders)
        assert tally(after) == tally(lines)
        return {row["line_id"]: row for row in records(after)}

    return run


def codes(lines: dict[str, dict]) -> list[tuple]:
    return [(row["category_code"], row["category_source"]) for _, row in sorted(lines.items())]


@pytest.mark.parametrize("kind", LINE_KINDS[1:])
def test_an_accessory_takes_the_category_of_the_largest_item(placed, kind):
    lines = placed(line("item", "net", "10.00"), line("item", "papir", "90.00"), line(kind, "fragt", "500.00"))
    freight = lines["L2"]
    assert (freight["category_code"], freight["category_1_code"], freight["category_2_code"]) == ("1801", "18", "1801")
    assert (freight["category_source"], freight["category_reason"]) == ("accessory", "L1")
    assert freight["category_confidence"] == Decimal("0.810000")
    assert freight["category_proposed_code"] == "15"
    assert codes(lines)[:2] == [("1402", "rule"), ("1801", "model")]


def test_the_largest_is_by_size_whatever_the_sign_and_ties_go_to_the_first_identity(placed):
    credit = placed(line("item", "papir", "10.00"), line("item", "net", "-20.00"), line("freight", "fragt", "-1.00"))
    assert codes(credit)[2] == ("1402", "accessory")
    tie = placed(line("item", "papir", "10.00"), line("item", "net", "-10.00"), line("freight", "fragt", "1.00"))
    assert (tie["L2"]["category_code"], tie["L2"]["category_reason"]) == ("1801", "L0")


def test_what_it_follows_decides_whether_it_can_be_influenced(placed):
    lines = placed(line("item", "net", "10.00"), line("freight", "fragt", "1.00"))
    assert [lines[key]["is_addressable"] for key in ("L0", "L1")] == [False, False]


@pytest.mark.parametrize(("item", "source"), [("fragt efter regel", "rule"), ("fragt efter gennemgang", "review")])
def test_a_rule_or_decision_about_the_accessory_itself_wins(placed, item, source):
    lines = placed(line("item", "papir", "10.00"), line("freight", item, "1.00"))
    assert codes(lines)[1] == ("15", source)


def test_accessories_alone_on_their_document_stay_with_the_classifier(placed):
    lines = placed(line("freight", "fragt", "1.00"), line("fee", "ukendt", "2.00"))
    assert codes(lines) == [("15", "model"), (None, "unclassified")]
    assert lines["L0"]["category_reason"] == "v1"


def test_an_item_nobody_could_place_leads_nobody(placed):
    lines = placed(line("item", "ukendt", "10.00"), line("item", "papir", "1.00"), line("freight", "fragt", "1.00"))
    assert codes(lines)[2] == ("15", "model")


def test_items_of_other_documents_or_out_of_scope_lead_nobody(placed):
    lines = placed(
        line("item", "papir", "10.00", document_id="D2"),
        line("item", "papir", "10.00", scope_status="transfer"),
        line("item", "papir", "10.00", document_id=None),
        line("freight", "fragt", "1.00"),
        line("freight", "fragt", "1.00", document_id=None),
    )
    assert codes(lines)[3:] == [("15", "model"), ("15", "model")]


def test_an_accessory_out_of_scope_keeps_its_place(placed):
    lines = placed(line("item", "papir", "10.00"), line("freight", "fragt", "1.00", scope_status="transfer"))
    assert lines["L1"]["category_source"] == "scope"


def test_an_accessory_with_a_value_nobody_looked_up_follows_too(placed):
    lines = placed(line("item", "papir", "10.00"), line("rounding", "øreafrunding", None))
    assert codes(lines)[1] == ("1801", "accessory")


def test_many_accessories_of_a_document_follow_the_same_line_and_none_is_multiplied(placed):
    lines = placed(line("item", "papir", "10.00"), *(line(kind, "fragt", "1.00") for kind in LINE_KINDS[1:]))
    assert {row["category_reason"] for row in lines.values() if row["category_source"] == "accessory"} == {"L0"}
    assert len(lines) == 5


def test_without_leaders_every_line_stands_for_itself():
    lines = table_of(
        [{**line("freight", "fragt", "1.00"), "scope_status": "in_scope"}],
        INVOICE_LINES.schema("intake", "scope", "units"),
    )
    after = records(add_categories(lines, table_of(known(), CATEGORY_LOOKUP_TYPES), TREE))
    assert [row["category_source"] for row in after] == ["model"]


def test_the_cube_follows_and_keeps_lines_and_kroner(municipality):
    rows = [
        line("item", "papir", "90.00", supplier_name="Papirhuset", art_code="29"),
        line("freight", "fragt", "9.00", supplier_name="Papirhuset", art_code="29"),
        line("freight", "fragt", "8.00", supplier_name="Papirhuset", art_code="29", document_id="D2"),
    ]
    import_lines(municipality, "first", rows)
    classify(municipality, *({**row, "supplier_name": "Papirhuset"} for row in known()))
    build_cube(municipality)
    cube = read_cube(municipality)
    assert tally(cube) == {"line_count": 3, "amount_count": 3, "net_amount": Decimal("107.00")}
    found = {row["line_id"]: (row["category_source"], row["category_reason"]) for row in records(cube)}
    assert found == {"L0001": ("model", None), "L0002": ("accessory", "L0001"), "L0003": ("model", "v1")}
    assert records(cube.filter(ibis._.category_source == "accessory"))[0]["category_code"] == "1801"
