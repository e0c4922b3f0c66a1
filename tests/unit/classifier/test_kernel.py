"""The compiled pass finds what the levels find, or says that they have to be asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from procurement_kit.classifier import kernel, scoring
from procurement_kit.classifier.features import FIELDS
from procurement_kit.classifier.kernel import Kernel
from procurement_kit.classifier.levels import KNOWN, NEW, Calibrated, Calibration, Levels, Scores
from procurement_kit.classifier.model import summed
from procurement_kit.classifier.scoring import TableScorer
from procurement_kit.classifier.tree import tree_of_rows

ROWS = 40


def invented_levels(chance, depth):
    """A tree whose codes say nothing of where they lie, and some of its categories, parents too, in no order."""
    codes = [f"{code:04d}" for code in chance.permutation(10_000)[:40]]
    nodes, by_depth = [], [[] for _ in range(depth)]
    for number, code in enumerate(codes):
        at = 0 if number < 2 else int(chance.integers(0, depth))
        parents = by_depth[at - 1] if at else [None]
        if not parents:
            continue
        nodes.append((code, parents[chance.integers(0, len(parents))], f"navn {code}", f"name {code}"))
        by_depth[at].append(code)
    tree = tree_of_rows(nodes)
    some = chance.permutation([node[0] for node in nodes])[: int(chance.integers(2, len(nodes) + 1))]
    return Levels(tree, [str(code) for code in some])


def invented_calibrations(chance, levels, steepest):
    def one():
        flattest = np.array([0.2, -steepest / 2, 0.2, -steepest / 2])
        slopes = chance.uniform(flattest, [steepest, steepest / 2] * 2)
        curves = {level: tuple(chance.uniform(0, 2, 3)) for level in levels.numbers}
        return Calibration(*map(float, slopes), dict.fromkeys(levels.numbers, 0.5), curves)

    return {KNOWN: one(), NEW: one()}


def invented_terms(chance, width, spread):
    sizes = (30, 5, 1)
    tables = [np.vstack([np.zeros(width), chance.normal(0, spread, (size - 1, width))]) for size in sizes]
    return [(chance.integers(0, len(table), ROWS).astype(np.int32), table) for table in tables]


def totals(terms, intercepts):
    total = np.tile(intercepts, (ROWS, 1))
    for codes, table in terms:
        total[codes > 0] += table[codes[codes > 0]]
    return total


def both(seed, depth, spread, spoilt=None, steepest=50.0):
    """What the kernel and what the levels find, and of which rows the kernel is unsure."""
    chance = np.random.default_rng(seed)
    levels = invented_levels(chance, depth)
    areas = len(levels.areas)
    intercepts = chance.normal(0, 0.3, areas + len(levels.classes))
    calibrations = invented_calibrations(chance, levels, steepest)
    terms, known = invented_terms(chance, len(intercepts), spread), chance.random(ROWS) < 0.5
    if spoilt is not None:
        terms[0][1][1:, chance.integers(0, len(intercepts))] = spoilt
    found, unsure = Kernel(levels, calibrations, intercepts).found(terms, known, slice(0, ROWS))
    total = totals(terms, intercepts)
    with np.errstate(all="ignore"):
        shares = levels.shares(Scores(total[:, :areas], total[:, areas:]), Calibrated(calibrations, known))
        expected = levels.found(shares)
    return found, expected, unsure, terms


def assert_equal_where_sure(found, expected, sure):
    np.testing.assert_array_equal(found.proposed[sure], expected.proposed[sure])
    np.testing.assert_array_equal(found.positions[:, :, sure], expected.positions[:, :, sure])
    np.testing.assert_allclose(found.shares[:, :, sure], expected.shares[:, :, sure], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.proposed_share[sure], expected.proposed_share[sure], rtol=1e-11, atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3]), st.sampled_from([0.1, 1.0, 5.0, 200.0]))
def test_what_it_is_sure_of_is_what_the_levels_find(seed, depth, spread):
    found, expected, unsure, _ = both(seed, depth, spread)
    assert_equal_where_sure(found, expected, ~unsure)


def test_it_is_sure_of_nearly_all_ordinary_rows():
    found, expected, unsure, _ = both(1, 3, 0.1, steepest=5.0)
    assert unsure.mean() < 0.1
    assert_equal_where_sure(found, expected, ~unsure)


@pytest.mark.parametrize("spoilt", [np.inf, -np.inf, np.nan, 1e300, -1e300])
def test_it_is_unsure_of_scores_out_of_range(spoilt):
    _, _, unsure, terms = both(2, 2, 0.1, spoilt)
    assert unsure[terms[0][0] > 0].all()
    assert not unsure.all()


def test_it_is_unsure_of_categories_as_good_as_equal(classifier):
    width = len(classifier.intercepts)
    table = np.vstack([np.zeros(width), -classifier.intercepts])  # every score 0: all categories alike
    compiled = Kernel(classifier.levels, classifier.calibrations, classifier.intercepts)
    _, unsure = compiled.found([(np.array([0, 1], dtype=np.int32), table)], np.zeros(2, dtype=bool), slice(0, 2))
    assert unsure[1]


def test_there_is_room_for_every_field():
    assert len(FIELDS) <= kernel.MOST_TERMS


def test_products_are_scipys_to_the_last_bit():
    chance = np.random.default_rng(3)
    parts = [
        (sparse.random(50, 30, share, format="csr", random_state=chance), chance.normal(size=(30, 7)).astype("float32"))
        for share in (0.2, 0.6)
    ]
    scores = np.zeros((50, 7))
    for rows in (slice(0, 20), slice(20, 50)):
        kernel.add_products(parts, rows, scores)
    np.testing.assert_array_equal(scores, summed(parts, (50, 7)))


def test_a_place_that_cannot_be_written_to_is_no_trouble(monkeypatch):
    import numba

    real = numba.njit

    def refusing(**options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", refusing)
    assert kernel.compiled(lambda number: number + 1)(1) == 2


def test_a_row_at_its_threshold_is_left_to_the_levels(classifier, monkeypatch):
    """Its probability may differ in the last bit, and the claim with it."""
    scorer, asked = TableScorer(classifier), []
    real = scorer._by_levels
    monkeypatch.setattr(scorer, "_by_levels", lambda *given: asked.append(given[2].tolist()) or real(*given))
    known = np.zeros(1, dtype=bool)
    confidence = real([], known, slice(0, 1))["1_best_confidence"]
    monkeypatch.setattr(Calibrated, "threshold", lambda self, level: confidence if level == 1 else np.array([0.0]))
    scorer._compiled([], known, slice(0, 1))
    assert asked == [[0]]


def test_large_batches_are_placed_as_predicted(classifier, features_of, monkeypatch):
    import pyarrow as pa

    monkeypatch.setattr(scoring, "WORTH_COMPILING", 1)
    monkeypatch.setattr(scoring, "WORTH_COMPILING_TEXTS", 1)
    texts = ("kopipapir a4", "taxa til læge", None, "noget ukendt", "stol til møderum", "skolebus papir")
    rows = features_of(*({"line_text": text, "supplier_name": "Nord 0101 ApS"} for text in texts), {})
    placed = TableScorer(classifier).place(pa.Table.from_pandas(rows.astype("string"), preserve_index=False))
    found, expected = classifier.levels.named(placed), classifier.predict(rows)
    for name, values in found.items():
        if name.endswith("_code"):
            assert [value or None for value in values] == [value or None for value in expected[name]]
        else:
            np.testing.assert_allclose(values.astype(float), expected[name].astype(float), rtol=0, atol=1e-9)
