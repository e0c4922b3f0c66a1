"""Which category groups weigh most, and where would it hurt if the supply failed?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.kraljic import analyse_kraljic
from procurement_kit.errors import NoDataError
from tests.unit.analyses.conftest import firm, placed

D = Decimal


def score(code: str, value: int, day: date = date(2025, 1, 1)) -> dict:
    return {
        "category_code": code, "supply_risk_score": value, "reason": "prøve", "scored_by": "indkøb", "scored_date": day,
    }  # fmt: skip


@pytest.fixture
def cube(cube_of):
    """60 kr. of paper, 30 of furniture, 9 of care, 1 without a category."""
    amounts = {"1801": "60", "1802": "30", "0401": "9", None: "1"}
    return cube_of(*({**placed(code), **firm("A"), "net": net} for code, net in amounts.items()))


def test_importance_is_the_share_of_spend_and_risk_is_the_score(cube, tree):
    scores = [score("1801", 5), score("1802", 1), score("0401", 4)]
    found = analyse_kraljic(cube, scores, period="2025", important_from=D("0.10"), tree=tree)
    places = found.table.set_index("category_name_da")["quadrant"].to_dict()
    assert places == {"Kontorartikler": "strategic", "Møbler": "leverage", "Hjemmepleje": "bottleneck"}
    assert list(found.table["net_share"]) == [D("0.600000"), D("0.300000"), D("0.090000")]
    assert found.numbers["strategic_amount"].value == D("60.00")
    assert not found.failed_checks


def test_no_score_no_place_however_large(cube, tree):
    found = analyse_kraljic(cube, [score("0401", 1)], period="2025", tree=tree)
    assert list(found.table["category_code"]) == ["0401"]
    assert list(found.tables["unscored"]["category_code"]) == ["1801", "1802", None]
    assert found.numbers["unscored_amount"].value == D("91.00")
    assert found.numbers["unscored_count"].value == 2
    assert found.caveats == ("unscored_groups",)


def test_the_latest_score_holds_and_the_older_is_listed(cube, tree):
    scores = [score("1801", 5, date(2025, 6, 1)), score("1801", 1, date(2024, 6, 1)), score("04", 2)]
    found = analyse_kraljic(cube, scores, period="2025", tree=tree)
    assert list(found.table["supply_risk_score"]) == [5]
    listed = found.tables["scores"]
    assert list(listed["score_status"]) == ["not_bought", "older", "used"]
    assert found.numbers["older_score_count"].value == 1
    assert "unused_scores" in found.caveats


def test_the_limits_themselves_are_important_and_risky(cube):
    found = analyse_kraljic(cube, [score("1801", 3)], period="2025", important_from=D("0.6"), risky_from=3)
    assert list(found.table["quadrant"]) == ["strategic"]
    assert found.numbers["risky_from"].value == 3
    assert found.parameters["important_from"] == "0.6"


def test_without_scores_there_is_no_matrix_but_a_list(cube, tree):
    found = analyse_kraljic(cube, (), period="2025", tree=tree)
    assert found.table.empty
    assert found.caveats == ("no_risk_scores",)
    assert found.definition.left_out_amount == D("100.00")
    with pytest.raises(NoDataError):
        analyse_kraljic(cube, (), period="2019")
