import numpy as np
import pytest

from procurement_kit.classifier.leads import lead


def test_a_lead_that_every_supplier_bears_out_is_decided():
    ours, theirs = np.ones(200, dtype=bool), np.arange(200) % 2 == 0
    found = lead(ours, theirs, np.ones(200), np.repeat(np.arange(100), 2).astype(str))
    assert found == {"by": 0.5, "from": 0.5, "to": 0.5, "is_decided": True}


def test_a_lead_that_rests_on_one_large_supplier_is_not():
    theirs = np.arange(100) % 2 == 0
    ours = ~theirs
    weights = np.where(np.arange(100) == 1, 1000.0, 1.0)
    found = lead(ours, theirs, weights, np.arange(100).astype(str))
    assert found["by"] > 0.8
    assert found["from"] < 0 < found["to"]
    assert not found["is_decided"]


def test_rows_without_supplier_stand_for_themselves():
    ours = np.arange(40) < 30
    apart = lead(ours, ~ours, np.ones(40), np.full(40, ""))
    together = lead(ours, ~ours, np.ones(40), np.repeat(["a", "b"], 20))
    assert apart["is_decided"]
    assert not together["is_decided"]


@pytest.mark.parametrize(("weights", "suppliers"), [(np.zeros(3), ["a", "b", "c"]), (np.ones(3), ["a", "a", "a"])])
def test_nothing_to_draw_gives_no_interval(weights, suppliers):
    found = lead(np.array([True] * 3), np.array([False] * 3), weights, np.array(suppliers))
    assert (found["by"], found["from"], found["to"]) == (1.0 if weights.any() else None, None, None)
    assert not found["is_decided"]


def test_the_interval_holds_the_true_lead_as_often_as_it_says():
    """Suppliers of unlike size, all rows of one right or wrong together: the case that lines alone get wrong."""
    random, held = np.random.default_rng(7), 0
    for _ in range(120):
        sizes = random.integers(1, 20, 150)
        suppliers = np.repeat(np.arange(150), sizes).astype(str)
        ours, theirs = (np.repeat(random.random(150) < share, sizes) for share in (0.7, 0.6))
        found = lead(ours, theirs, np.ones(len(ours)), suppliers)
        held += found["from"] <= 0.1 <= found["to"]
    assert 0.9 <= held / 120 <= 0.99
