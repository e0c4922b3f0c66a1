"""Are lines drawn with a chance in proportion to their kroner, exactly and the same every time?"""

from collections import Counter
from fractions import Fraction

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.review.kroner_draw import draw_by_kroner


def test_a_line_as_large_as_the_interval_is_taken_whole():
    draw = draw_by_kroner(["a", "b", "c", "d"], [600, 200, 100, 100], count=2, seed=3)
    assert draw.certain == (0,)  # 600 of 1000 is more than 500 each
    assert len(draw.sampled) == 1
    assert (draw.sampled_ore, draw.interval) == (400, Fraction(400))


def test_what_is_large_only_without_the_largest_is_taken_whole_too():
    draw = draw_by_kroner(["a", "b", "c", "d", "e"], [9000, 500, 400, 300, 300], count=3, seed=1)
    assert draw.certain == (0,)  # 1500 left for two: 750 each, and 500 is less
    draw = draw_by_kroner(["a", "b", "c", "d", "e"], [9000, 800, 250, 250, 200], count=3, seed=1)
    assert draw.certain == (0, 1)  # 1500 left for two: 800 is more than 750


def test_a_sample_larger_than_the_lines_takes_them_all():
    draw = draw_by_kroner(["a", "b", "c"], [5, 3, 0], count=10, seed=1)
    assert draw.certain == (0, 1)
    assert (draw.sampled, draw.sampled_ore, draw.interval) == ((), 0, None)


def test_a_line_without_kroner_is_never_drawn():
    sizes = [0 if place % 2 else 10 for place in range(40)]
    for seed in range(20):
        draw = draw_by_kroner([str(place) for place in range(40)], sizes, count=5, seed=seed)
        assert not [place for place in draw.sampled if place % 2]


def test_the_order_of_the_lines_does_not_matter_and_the_seed_does():
    keys = [f"L{number}" for number in range(50)]
    sizes = [number + 1 for number in range(50)]
    one = draw_by_kroner(keys, sizes, count=8, seed=5)
    other = draw_by_kroner(keys[::-1], sizes[::-1], count=8, seed=5)
    assert [keys[place] for place in one.sampled] == [keys[::-1][place] for place in other.sampled]
    assert one != draw_by_kroner(keys, sizes, count=8, seed=6)


def test_no_line_is_drawn_twice_and_exactly_as_many_as_asked_for():
    sizes = [(number * 37) % 101 + 1 for number in range(300)]
    for seed in range(30):
        draw = draw_by_kroner([str(number) for number in range(300)], sizes, count=25, seed=seed)
        assert len({*draw.certain, *draw.sampled}) == 25


def test_the_chance_is_in_proportion_to_the_kroner():
    keys, sizes, runs = ["a", "b", "c", "d", "e", "f"], [10, 20, 30, 40, 50, 50], 4000
    counts = Counter(place for seed in range(runs) for place in draw_by_kroner(keys, sizes, count=2, seed=seed).sampled)
    for place, size in enumerate(sizes):
        assert counts[place] / runs == pytest.approx(size / 100, abs=0.03)


def test_billions_are_drawn_from_exactly():
    draw = draw_by_kroner(["a", "b", "c"], [10**15, 10**15, 10**15], count=1, seed=1)
    assert draw.sampled_ore == 3 * 10**15


@pytest.mark.parametrize(("sizes", "count"), [([1, 2], 0), ([2**61, 2**61], 2)])
def test_what_cannot_be_drawn_is_refused(sizes, count):
    with pytest.raises(ParameterError):
        draw_by_kroner(["a", "b"], sizes, count=count, seed=1)
