"""Are the ends of an interval the published ones, and are they put together as squares?"""

import numpy as np
import pytest

from procurement_kit.review.intervals import distances, exact_limits, together


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 100, 0.0, 0.0362),  # the published limits of Clopper and Pearson
        (1, 100, 0.0003, 0.0545),
        (5, 100, 0.0164, 0.1128),
        (10, 20, 0.2720, 0.7280),
        (100, 100, 0.9638, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_limits_of_a_share_are_the_published_ones(hits, trials, low, high):
    ends = exact_limits([hits], [trials])
    assert [round(float(end[0]), 4) for end in ends] == [low, high]


def test_hits_and_misses_change_places():
    low, high = exact_limits([3, 17], [20, 20])
    assert low[0] == pytest.approx(1 - high[1])


def test_distances_are_in_kroner_on_both_sides_of_the_estimate():
    below, above = distances([10], [20], [1000.0])
    assert (round(below[0]), round(above[0])) == (228, 228)


def test_parts_are_put_together_as_squares_and_what_is_taken_off_the_other_way():
    into, out = (np.array([3.0]), np.array([6.0])), (np.array([8.0]), np.array([4.0]))
    below, above = together([into, (out[1], out[0])])
    assert (below[0], above[0]) == (5.0, 10.0)
