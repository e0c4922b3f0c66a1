"""Which decisions agree so much that they can become rules?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.rules import read_rules
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.decision_log import read_decision_log
from procurement_kit.review.decisions import record_decision, record_for_supplier
from procurement_kit.review.kept_rows import kept_rows
from procurement_kit.review.queue import lines_to_review
from procurement_kit.review.unanimous import propose_rules, save_rules
from procurement_kit.tables import RULES
from tests.unit.review.conftest import CHAIRS, PAPER

DAY = date(2026, 1, 15)
FURNITURE = {"category_code": "1802", "category_proposed_code": "180201"}


def chairs(*items: str, net="100.00", **more) -> list[dict]:
    return [{**CHAIRS, **FURNITURE, "item_name": item, "net": net, **more} for item in items]


@pytest.fixture
def decided(cubed):
    """Let lines stand in the cube and decide the groups of some texts."""

    def decide(rows, codes: dict[str, str]):
        municipality = cubed(*rows)
        groups = lines_to_review(municipality).set_index("text", drop=False)
        for text, code in codes.items():
            record_decision(municipality, groups.loc[text], code, "indkøb", decided_date=DAY)
        return municipality

    return decide


def rules(municipality):
    return propose_rules(municipality, today=DAY).to_dict("records")


def test_three_equal_decisions_on_a_supplier_are_a_rule(decided):
    municipality = decided(
        [*chairs("Stole", "Borde", "Reoler"), *chairs("Skamler", net="-50.00"), {**PAPER, "net": "7.00"}],
        {"Stole": "1802", "Borde": "1802", "Reoler": "1802"},
    )
    (rule,) = rules(municipality)
    assert (rule["rule_id"], rule["supplier_number"], rule["supplier_name"]) == ("R-G001", "00100002", None)
    assert (rule["category_code"], rule["decided_by"], rule["decided_date"]) == ("1802", "gennemgang", DAY)
    assert (rule["decision_count"], rule["group_count"], rule["line_count"]) == (3, 4, 4)
    assert (rule["net_amount"], rule["absolute_amount"]) == (Decimal("250.00"), Decimal("350.00"))
    assert (rule["undecided_amount"], rule["agreeing_share"]) == (Decimal("50.00"), Decimal("1.000000"))


@pytest.mark.parametrize(
    "codes",
    [
        {"Stole": "1802", "Borde": "1802"},  # too few
        {"Stole": "1802", "Borde": "1802", "Reoler": "1802", "Skamler": "1801"},  # one against
        {"Stole": "1802", "Borde": "1802", "Reoler": "180201"},  # not the same
    ],
)
def test_decisions_that_are_few_or_not_unanimous_are_no_rule(decided, codes):
    assert rules(decided(chairs("Stole", "Borde", "Reoler", "Skamler"), codes)) == []


def test_one_decision_on_all_lines_of_a_supplier_is_one_decision(cubed):
    municipality = cubed(*chairs("Stole", "Borde", "Reoler"))
    record_for_supplier(municipality, CHAIRS, "1802", "indkøb", decided_date=DAY)
    assert rules(municipality) == []


@pytest.mark.parametrize(("net", "proposed"), [("33.00", 1), ("34.00", 0)])
def test_nine_tenths_of_the_kroner_must_agree(decided, net, proposed):
    other = chairs("Kaffe", net=net, category_code="0201", category_proposed_code="0201")
    codes = {"Stole": "1802", "Borde": "1802", "Reoler": "1802"}
    assert len(rules(decided([*chairs("Stole", "Borde", "Reoler"), *other], codes))) == proposed


def test_where_the_supplier_is_not_unanimous_its_accounts_may_be(decided):
    rows = [
        *chairs("Stole", "Borde", "Reoler", account_number="29100"),
        *chairs("Kaffe", account_number="22000", category_code="0201", category_proposed_code="0201"),
    ]
    (rule,) = rules(decided(rows, {"Stole": "1802", "Borde": "1802", "Reoler": "1802", "Kaffe": "0201"}))
    assert (rule["supplier_number"], rule["account_number"], rule["category_code"]) == ("00100002", "29100", "1802")
    assert rule["group_count"] == 3


def test_a_supplier_without_a_number_is_known_by_its_name_and_persons_never(decided):
    codes = {"Stole": "1802", "Borde": "1802", "Reoler": "1802"}
    (rule,) = rules(decided(chairs("Stole", "Borde", "Reoler", supplier_number=None), codes))
    assert (rule["supplier_number"], rule["supplier_name"]) == (None, "Stolefabrikken")


def test_rules_on_numbers_and_on_names_stand_side_by_side_and_empty_cells_stay_empty(decided):
    rows = [
        *chairs("Stole", "Borde", "Reoler"),
        *chairs("Ark", "Papir", "Kort", supplier_number=None, supplier_name="Ny"),
    ]
    codes = dict.fromkeys(("Stole", "Borde", "Reoler", "Ark", "Papir", "Kort"), "1802")
    municipality = decided(rows, codes)
    first, second = rules(municipality)
    assert [(rule["supplier_number"], rule["supplier_name"]) for rule in (first, second)] == [
        (None, "Ny"),
        ("00100002", None),
    ]
    save_rules(municipality, propose_rules(municipality, today=DAY), today=DAY)
    assert "nan" not in (municipality.folder / "rules.csv").read_text(encoding="utf-8")


def test_persons_never_become_a_rule(decided):
    person = {"supplier_number": None, "supplier_name": "Privatperson", "supplier_key": "p:x"}
    codes = {"Stole": "1802", "Borde": "1802", "Reoler": "1802"}
    assert rules(decided(chairs("Stole", "Borde", "Reoler", **person), codes)) == []


def test_saved_rules_are_read_as_rules_are_not_proposed_again_and_ids_go_on(decided):
    municipality = decided(chairs("Stole", "Borde", "Reoler"), {"Stole": "1802", "Borde": "1802", "Reoler": "1802"})
    path = municipality.folder / "rules.csv"
    path.write_text("Regel;Leverandør;Kategorikode;Egen\nR-G007;Papirhuset;1801;note\n", encoding="utf-8")
    assert save_rules(municipality, propose_rules(municipality, today=DAY), today=DAY) == 1
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        "Regel;Leverandør;Kategorikode;Egen;CVR-nummer;Besluttet af;Dato",
        "R-G007;Papirhuset;1801;note;;;",
        "R-G008;;1802;;00100002;gennemgang;15-01-2026",
    ]
    rows = kept_rows(municipality, RULES)
    assert {rule.category_code for rule in read_rules(rows, standard_tree())} == {"1801", "1802"}
    assert rules(municipality) == []
    said = read_decision_log(municipality).to_pylist()[-1]
    assert "1 regler" not in said["decision"] and "R-G008" in said["decision"]
    assert (said["net_amount"], said["line_count"], said["decided_by"]) == (Decimal("300.00"), 3, "gennemgang")


def test_nothing_to_save_changes_nothing(decided):
    municipality = decided(chairs("Stole"), {})
    assert save_rules(municipality, propose_rules(municipality)) == 0
    assert not (municipality.folder / "rules.csv").exists()
