"""How are the shares of millions of lines worked out in one pass?

What `Levels.shares` and `Levels.found` do in some twenty passes over a block, compiled by numba (BSD): sums of score
rows, sigmoids, sums per level, the best of each. Sigmoids differ from theirs by less than 1e-13. Rows where so little
could matter, because two categories are as good as equal or a score is out of range, are named and left to `Levels`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import factorial

import numba
import numpy as np
from scipy import sparse

from procurement_kit.classifier.levels import BEST_COUNTS, KNOWN, NEW, Calibration, Found, Levels

MOST_TERMS = 8  # fields; a fixed number, so that it is compiled once, and a multiple of four
EQUAL = 1e-12  # relative difference of shares below which they count as equal
RANGE = 700.0  # of what e is raised to
Term = tuple[np.ndarray, np.ndarray]
SIGMOIDS = ("slope", "offset", "area_slope", "area_offset")
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 6.93145751953125e-1, 1.42860682030941723212e-6
ROUND = 6755399441055744.0  # 1.5 × 2**52: a number added to it is rounded, and stands in the sum's last bits
MANTISSA_BITS = 52
T3, T4, T5, T6, T7, T8, T9, T10, T11 = (1.0 / factorial(n) for n in range(3, 12))


class Kernel:
    """The pass for the levels and calibrations of one classifier."""

    def __init__(self, levels: Levels, calibrations: Mapping[str, Calibration], intercepts: np.ndarray):
        together = [levels.together(level) for level in levels.numbers]
        self._first = np.cumsum([0, *(len(starts) for _, starts in together)])
        self._heads = np.concatenate([order[starts] for order, starts in together])
        self._area_rest, self._rest = _by_turns(together[:1]), _by_turns(together)
        self._own = self._first[levels.own_level - 1] + levels.own_position
        self._above = levels.area_of_class[self._heads]
        self._area_of = levels.area_of_class.astype(np.int64)
        by_kind = [[getattr(calibrations[kind], name) for name in SIGMOIDS] for kind in (NEW, KNOWN)]
        self._curves = np.array(by_kind, dtype=np.float64)
        self._intercepts = np.ascontiguousarray(intercepts, dtype=np.float64)
        self._no_text = np.zeros((1, len(intercepts)))

    def found(self, terms: Sequence[Term], known: np.ndarray, rows: slice) -> tuple[Found, np.ndarray]:
        """What `Levels.found` would find in some rows, and whether it has to be asked about each itself.

        Parameters
        ----------
        terms : sequence of (array of int32, array of float64)
            Of each field the row of each line in its table of scores, and the table; row 0, all 0, is that of no text.
        known : array of bool
            Whether each line's supplier was met in training.
        rows : slice
            Of the lines.
        """
        kind = known[rows].astype(np.int64)
        codes = np.zeros((len(kind), MOST_TERMS), dtype=np.int32)
        for number, (places, _) in enumerate(terms):
            codes[:, number] = places[rows]
        tables = tuple([table for _, table in terms] + [self._no_text] * (MOST_TERMS - len(terms)))
        found, unsure = Found.empty(len(kind), len(self._first) - 1), np.zeros(len(kind), dtype=np.bool_)
        tree = (self._first, self._heads, self._area_rest, self._rest, self._own, self._above, self._area_of)
        out = (found.proposed, found.proposed_share, found.positions, found.shares, unsure)
        _pass(tables, codes, self._curves[kind], self._intercepts, tree, out)
        return found, unsure


def _by_turns(together: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Category and class of all but each category's first class, in such turns that neighbours differ in category.

    So a sum need not wait for the one before it.
    """
    pairs, first = [], 0
    for order, starts in together:
        category = np.repeat(np.arange(len(starts)), np.diff([*starts, len(order)]))
        pairs.append(np.stack([first + category, order, np.arange(len(order)) - starts[category]]))
        first += len(starts)
    category, classes, turn = np.hstack(pairs)
    by_turn = np.argsort(turn, kind="stable")
    return np.ascontiguousarray(np.stack([category, classes])[:, by_turn[first:]])


def add_products(parts: Sequence[tuple[sparse.csr_matrix, np.ndarray]], rows: slice, scores: np.ndarray) -> None:
    """Add sparse times dense of some rows to their `scores`, one part after the other, to the last bit as scipy has it.

    The dense blocks stay in float32. Other threads can work meanwhile.
    """
    for matrix, block in parts:
        starts = matrix.indptr[rows.start : rows.stop + 1]
        _add_product(starts, matrix.indices, matrix.data, block, scores[rows])


def compiled(function: Callable, fastmath: "bool | set[str]" = False) -> Callable:
    """The function, compiled when first called; kept on disk where there is a place for it."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nothing may be written beside the module or in the user's folder
        return numba.njit(**options)(function)


@compiled
def _add_product(starts, features, weights, block, scores):
    """Add up each text's rows of coefficients times their weights, four at a time, in their order."""
    total = np.empty(scores.shape[1])
    for text in range(len(scores)):
        total[:] = 0.0
        first, stop = starts[text], starts[text + 1]
        fours = first + (stop - first) // 4 * 4
        for number in range(first, fours, 4):
            one, two = weights[number], weights[number + 1]
            three, four = weights[number + 2], weights[number + 3]
            of_one, of_two = block[features[number]], block[features[number + 1]]
            of_three, of_four = block[features[number + 2]], block[features[number + 3]]
            for place in range(len(total)):
                upper = total[place] + one * of_one[place] + two * of_two[place]
                total[place] = upper + three * of_three[place] + four * of_four[place]
        for number in range(fours, stop):
            weight, coefficients = weights[number], block[features[number]]
            for place in range(len(total)):
                total[place] += weight * coefficients[place]
        for place in range(len(total)):
            scores[text, place] += total[place]


@compiled
def _pass(tables, codes, curves, intercepts, tree, out):
    """All rows, one after the other; fills in the arrays of `out`."""
    first, heads, area_rest, rest, own, above, area_of = tree
    proposed, proposed_share, positions, shares, unsure = out
    areas, levels = first[1], len(first) - 1
    scores, powers = np.empty_like(intercepts), np.empty_like(intercepts)
    sums, factors = np.empty(first[-1]), np.empty(areas)
    classes = scores[areas:]
    for row in range(len(codes)):
        _gather(tables, codes[row], intercepts, scores)
        _add_best_of_areas(scores, classes, heads[:areas], area_rest, factors)
        doubts = _to_sigmoids(scores, powers, areas, curves[row])
        _to_sums(classes, heads, rest, sums)
        _scale(scores, sums, above, factors)
        for place in range(len(classes)):
            classes[place] *= factors[area_of[place]]
        proposed[row], _, _, _, is_tie = _rank(classes, 0, len(classes))
        doubts |= is_tie
        proposed_share[row] = sums[own[proposed[row]]]
        for level in range(levels):
            one, other, share, next_share, is_tie = _rank(sums, first[level], first[level + 1])
            positions[level, 0, row], positions[level, 1, row] = one, other
            shares[level, 0, row], shares[level, 1, row] = share, next_share
            doubts |= is_tie
        unsure[row] = doubts


@compiled
def _gather(tables, codes, intercepts, scores):
    """The scores of a row: of no text, and of each field's in turn, four at a time."""
    for place in range(len(scores)):
        scores[place] = intercepts[place]
    for term in range(0, len(tables), 4):
        if codes[term : term + 4].any():
            one, two = tables[term][codes[term]], tables[term + 1][codes[term + 1]]
            three, four = tables[term + 2][codes[term + 2]], tables[term + 3][codes[term + 3]]
            for place in range(len(scores)):
                scores[place] = scores[place] + one[place] + two[place] + three[place] + four[place]


@compiled
def _add_best_of_areas(scores, classes, heads, rest, best):
    """As `Levels.area_scores`: each area's own score and half of that of the best category in it."""
    for area in range(len(heads)):
        best[area] = classes[heads[area]]
    for turn in range(rest.shape[1]):
        area, value = rest[0, turn], classes[rest[1, turn]]
        best[area] = value if value > best[area] else best[area]
    for area in range(len(heads)):
        scores[area] += BEST_COUNTS * best[area]


@partial(compiled, fastmath={"contract"})
def _to_sigmoids(scores, powers, areas, curve):
    """As `levels.sigmoid`, in place; whether a score is out of range. On vectors, which a library's exp is not.

    e**x is 2**k × e**r, r between ±ln(2) / 2; e**r is a Taylor polynomial, and k is added to its exponent's bits.
    """
    slope, offset, area_slope, area_offset = curve
    for place in range(areas):
        scores[place] = scores[place] * -area_slope - area_offset
    for place in range(areas, len(scores)):
        scores[place] = scores[place] * -slope - offset
    is_wild = 0
    for place in range(len(scores)):
        x = scores[place]
        is_wild |= not abs(x) < RANGE
        rounded = x * LOG2_E + ROUND
        powers[place] = rounded
        k = rounded - ROUND
        r = (x - k * LN2_HIGH) - k * LN2_LOW
        p = T4 + r * (T5 + r * (T6 + r * (T7 + r * (T8 + r * (T9 + r * (T10 + r * T11))))))
        scores[place] = 1.0 + r * (1.0 + r * (0.5 + r * (T3 + r * p)))
    bits, power_bits = scores.view(np.int64), powers.view(np.int64)
    for place in range(len(scores)):
        bits[place] += power_bits[place] << MANTISSA_BITS
    for place in range(len(scores)):
        scores[place] = 1.0 / (1.0 + scores[place])
    return is_wild != 0


@compiled
def _to_sums(classes, heads, rest, sums):
    """As `Levels.at` of all levels, before areas have their shares."""
    for category in range(len(sums)):
        sums[category] = classes[heads[category]]
    for turn in range(rest.shape[1]):
        sums[rest[0, turn]] += classes[rest[1, turn]]


@compiled
def _scale(areas, sums, above, factors):
    """As `Levels.shares`: each area's share among its categories."""
    total = 0.0
    for area in range(len(factors)):
        total += areas[area]
    for area in range(len(factors)):
        factors[area] = areas[area] / total / sums[area]
    for category in range(len(sums)):
        sums[category] *= factors[above[category]]


@compiled
def _rank(shares, start, stop):
    """Where the two largest shares stand, and what they are; whether one and the next are as good as equal."""
    first = second = third = -1.0
    best = runner_up = -1
    for place in range(start, stop):
        value = shares[place]
        if value > third:
            if value > first:
                first, second, third = value, first, second
                best, runner_up = place - start, best
            elif value > second:
                second, third = value, second
                runner_up = place - start
            else:
                third = value
    is_tie = first - second <= EQUAL * first or (stop - start > 2 and second - third <= EQUAL * second)
    return best, runner_up, first, second, is_tie
