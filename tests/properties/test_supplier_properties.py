"""What must hold for every cube: parts sum to the whole, order is nothing, a merge moves its own kroner only?"""

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.concentration import analyse_concentration
from procurement_kit.analyses.consolidation import estimate_consolidation
from procurement_kit.analyses.levers import Lever
from procurement_kit.analyses.overlap import analyse_overlap
from procurement_kit.analyses.small_purchases import analyse_small_purchases
from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.classifier.tree import standard_tree
from tests.unit.analyses.conftest import cube_of_rows, firm, placed

TREE = standard_tree()
LEVERS = tuple(Lever(code, 1, Decimal("0.01"), Decimal("0.02"), "skøn") for code in ("1801", "18"))
FEW = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def a_line(draw) -> dict:
    """A line of one of five suppliers, none, or a person, in one of three categories, two towns and two years."""
    letter = draw(st.sampled_from("ABCDEPN"))
    whose = {"P": {"supplier_key": "p:1", "supplier_label": "Privatperson", "supplier_match": "person"}, "N": {}}
    return {
        **placed(draw(st.sampled_from(["1801", "1802", "0901", None]))),
        **whose.get(letter, firm(letter)),
        "net": str(draw(st.integers(-900_000, 9_000_000)) / Decimal(100)),
        "document_id": f"{letter}{draw(st.integers(1, 5))}",
        "invoice_date": date(draw(st.sampled_from([2024, 2025, 2025])), draw(st.integers(1, 12)), 9),
        "municipality_name": draw(st.sampled_from(["ådal", "byrum"])),
        "unit_name": draw(st.sampled_from(["Skolen", "Haven", None])),
    }


LINES = st.lists(a_line(), min_size=1, max_size=25).map(
    lambda rows: [*rows, {**placed("1801"), **firm("A"), "net": "1", "document_id": "A0"}]
)


def findings_of(rows: list[dict]) -> tuple:
    cube = cube_of_rows(*rows)
    return (
        analyse_tail(cube, period="2025", tree=TREE),
        analyse_small_purchases(cube, period="2025", tree=TREE),
        analyse_supplier_changes(cube, period="2025"),
        analyse_concentration(cube, period="2025", tree=TREE),
        analyse_overlap(cube, period="2025", tree=TREE),
        estimate_consolidation(cube, period="2025", scenario=LEVERS, tree=TREE),
    )


def in_period(rows: list[dict]) -> Decimal:
    return sum(
        (Decimal(row["net"]) for row in rows if row.get("invoice_date", date(2025, 3, 1)).year == 2025), Decimal(0)
    )


@FEW
@given(LINES)
def test_everything_adds_up_to_the_oere(rows):
    for finding in findings_of(rows):
        assert not finding.failed_checks, finding.key
        assert finding.numbers["analysed_amount"].value == in_period(rows)


@FEW
@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    numbered = [{**row, "line_id": f"L{place}"} for place, row in enumerate(rows)]
    shuffled = list(numbered)
    random.shuffle(shuffled)
    for ours, theirs in zip(findings_of(numbered), findings_of(shuffled), strict=True):
        assert theirs.numbers == ours.numbers
        for name, table in ours.tables.items():
            assert theirs.tables[name].to_numpy().tolist() == table.to_numpy().tolist(), (ours.key, name)


@FEW
@given(LINES, a_line())
def test_an_invoice_and_its_credit_move_no_krone(rows, extra):
    sent = {**extra, "invoice_date": date(2025, 6, 9), "document_id": "X1"}
    credit = {**sent, "net": str(-Decimal(sent["net"])), "document_id": "X2", "document_type": "credit_note"}
    before = analyse_tail(cube_of_rows(*rows), period="2025").tables
    after = analyse_tail(cube_of_rows(*rows, sent, credit), period="2025").tables
    for name, key in (("pareto", "supplier_key"), ("by_group", "category_code")):
        old, new = (dict(zip(tables[name][key], tables[name]["net_amount"], strict=True)) for tables in (before, after))
        assert {k: v for k, v in new.items() if v or k in old} == old


@FEW
@given(LINES)
def test_head_tail_and_apart_are_all_and_shares_sum_to_one(rows):
    tail = analyse_tail(cube_of_rows(*rows), period="2025")
    segments = tail.table.groupby("tail_segment")["net_amount"].sum().to_dict() if len(tail.table) else {}
    whole = sum(segments.values(), Decimal(0)) + tail.numbers["apart_amount"].value
    assert whole == tail.numbers["analysed_amount"].value
    if tail.numbers["analysed_amount"].value:
        assert abs(sum(tail.tables["abc"]["net_share"]) - 1) <= Decimal("0.000004")


@FEW
@given(LINES)
def test_merging_two_suppliers_moves_exactly_their_kroner(rows):
    """B becomes A: A gets what B had, and nobody else's kroner move."""
    merged = [{**row, **(firm("A") if row.get("supplier_key") == "n:B" else {})} for row in rows]
    before, after = (_kroner(analyse_tail(cube_of_rows(*lines), period="2025")) for lines in (rows, merged))
    both = before.pop("n:A", Decimal(0)) + before.pop("n:B", Decimal(0))
    assert after.pop("n:A") == both
    assert after == before


def _kroner(tail) -> dict[str, Decimal]:
    """Kroner of every supplier, those apart too."""
    found = {}
    for name in ("pareto", "apart"):
        table = tail.tables[name]
        found |= dict(zip(table["supplier_key"], table["net_amount"], strict=True))
    return found
