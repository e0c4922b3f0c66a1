"""When has a key figure a colour, and which target counts?"""

from decimal import Decimal

import pytest

from procurement_kit.e_trade_basis import ETradeBasis, sources
from procurement_kit.kpi_basis import FEWEST_DOCUMENTS, KpiBasis, Target, gap_closed, quartiles, status_of, wilson
from procurement_kit.periods import parse_period

D = Decimal
YEAR = parse_period("2025")


def aim(**more):
    return Target("e_trade", YEAR, **more)


@pytest.mark.parametrize(
    ("value", "status"),
    [("0.90", "green"), ("0.899999", "yellow"), ("0.75", "yellow"), ("0.749999", "red"), (None, "not_known")],
)
def test_thresholds_belong_to_the_better_side(value, status):
    target = aim(green_from=D("0.90"), yellow_from=D("0.75"))
    assert status_of(None if value is None else D(value), 100, target) == status


def test_without_yellow_there_is_green_and_red():
    assert [status_of(D(n), 100, aim(green_from=D("0.5"))) for n in ("0.5", "0.4")] == ["green", "red"]


def test_the_fewest_documents_are_enough_and_one_less_is_not():
    target = aim(green_from=D("0.5"))
    assert status_of(D(1), FEWEST_DOCUMENTS, target) == "green"
    assert status_of(D(1), FEWEST_DOCUMENTS - 1, target) == "too_few"


def test_no_target_and_no_threshold_give_no_colour():
    assert status_of(D(1), 100, None) == status_of(D(1), 100, aim(target=D("0.9"))) == "no_threshold"


@pytest.mark.parametrize(
    ("actual", "base", "goal", "closed"),
    [("0.88", "0.60", "0.90", "0.933333"), ("0.70", "0.25", "0.90", "0.692308"), ("0.79", "0.25", "0.90", "0.830769")],
)
def test_the_gap_the_case_closed(actual, base, goal, closed):
    assert gap_closed(D(actual), D(base), D(goal)) == D(closed)


def test_there_is_no_gap_without_a_way_to_go():
    assert gap_closed(D(1), D(1), D(1)) is None
    assert gap_closed(None, D(1), D(2)) is gap_closed(D(1), None, D(2)) is gap_closed(D(1), D(1), None) is None


def test_the_narrowest_target_holds_and_one_of_a_part_of_the_period_does_not():
    wide, narrow = Target("e_trade", parse_period("2024-01..2025-12"), D(1)), aim(target=D(2))
    basis = KpiBasis("a", {"a": "A"}, {}, {"a": (wide, narrow)})
    assert basis.target("a", "e_trade", parse_period("2025Q2")) is narrow
    assert basis.target("a", "e_trade", parse_period("2024Q4")) is wide
    assert basis.target("a", "e_trade", parse_period("2023-12..2024-03")) is None
    assert basis.target("b", "e_trade", YEAR) is None


def test_intervals_after_wilson():
    """3 of 4 gives 30.1 to 95.4 per cent, as in the tables."""
    low, high = wilson(3, 4)
    assert (round(low, 3), round(high, 3)) == (D("0.301"), D("0.954"))
    assert wilson(0, 0) == (None, None) and wilson(0, 10)[0] == 0


def test_quartiles_lie_between_neighbours_and_need_three():
    assert quartiles(map(D, (4, 1, 3, 2))) == (D("1.75"), D("2.5"), D("3.25"))
    assert quartiles([D(1), D(2)]) is None


def test_the_sources_in_use_are_named():
    assert sources(ETradeBasis("einvoice")) == {"einvoice"}
    assert sources({"a": ETradeBasis("einvoice"), "b": ETradeBasis()}) == {"einvoice", "order_number"}
