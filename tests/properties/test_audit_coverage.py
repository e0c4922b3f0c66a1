"""Do the 95 % intervals of a judged sample hold the truth at least as often as they promise?

Invented lines with a long tail of amounts, credits among them, and planted errors. Each run draws anew from them, judges
what was drawn by the planted truth, and looks whether the intervals hold the true shares and totals.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from procurement_kit.review.accuracy_estimate import Cell, JudgedLine, Level, category_totals, wrong_share
from procurement_kit.review.kroner_draw import draw_by_kroner

RUNS, LINES, COUNT, PROMISED = 400, 3000, 120, 0.93
AREAS = np.array([f"{number:02d}" for number in range(1, 9)])


@dataclass(frozen=True)
class Lines:
    """Invented lines: øre with sign, what was claimed, what is true."""

    ore: np.ndarray
    claimed: np.ndarray
    true: np.ndarray

    @property
    def wrong(self) -> float:
        """The true share of wrong kroner, credits by size."""
        return float(abs(self.ore[self.claimed != self.true]).sum() / abs(self.ore).sum())

    def totals(self) -> dict[str, int]:
        """The right total of each area in øre, with sign."""
        return {code: int(self.ore[self.true == code].sum()) for code in AREAS}


def invented(error: str, seed: int) -> Lines:
    dice = np.random.default_rng(seed)
    ore = (dice.pareto(1.6, LINES) * 50_000 + 1_000).astype(np.int64)
    ore = np.where(dice.random(LINES) < 0.05, -(ore // 4) - 1, ore)
    claimed = dice.choice(AREAS, LINES, p=np.array([30, 20, 15, 12, 10, 8, 4, 1]) / 100)
    true = claimed.copy()
    sizes = abs(ore)
    limit = np.sort(sizes)[-200]
    chances = {
        "everywhere": np.full(LINES, 0.10),
        "rare and large": np.where((sizes >= limit) & (sizes < 4 * limit), 0.08, 0.0),
        "in one area": np.where(claimed == "02", 0.35, 0.005),
        "small lines": np.where(sizes < limit // 8, 0.30, 0.0),
        "none": np.zeros(LINES),
    }[error]
    hit = dice.random(LINES) < chances
    true[hit] = dice.choice(AREAS, hit.sum()) if error != "in one area" else "05"
    return Lines(ore, claimed, true)


def judged(lines: Lines, keys: list[str], seed: int) -> Level:
    """What a sample says when everything drawn is judged by the truth."""
    draw = draw_by_kroner(keys, abs(lines.ore), count=COUNT, seed=seed)
    is_certain = np.zeros(LINES, dtype=bool)
    is_certain[list(draw.certain)] = True
    cells = {}
    for code in AREAS:
        for credit in (False, True):
            here = (lines.claimed == code) & ((lines.ore < 0) == credit)
            whole = [int(abs(lines.ore[here & part]).sum()) for part in (~is_certain, is_certain)]
            cells[str(code), credit] = Cell(*whole)
    found = []
    for place in (*draw.certain, *draw.sampled):
        claimed, true = str(lines.claimed[place]), str(lines.true[place])
        found.append(JudgedLine(int(lines.ore[place]), bool(is_certain[place]), claimed, true))
        if not is_certain[place]:
            cell = cells[claimed, lines.ore[place] < 0]
            cell.judged += 1
            if true != claimed:
                cell.moved[true] = cell.moved.get(true, 0) + 1
    return Level(cells, tuple(found))


def coverage(lines: Lines) -> tuple[float, dict[str, float], float, float]:
    """How often the share and each area's total lie in their intervals; mean error of the share; mean width of it."""
    keys, truth = [f"L{number}" for number in range(LINES)], lines.totals()
    held, areas, errors, widths = 0, dict.fromkeys(truth, 0), [], []
    for seed in range(RUNS):
        level = judged(lines, keys, seed)
        share = wrong_share(level)
        held += float(share["wrong_low_share"]) - 1e-6 <= lines.wrong <= float(share["wrong_high_share"]) + 1e-6
        errors.append(float(share["wrong_share"]) - lines.wrong)
        widths.append(float(share["wrong_high_share"] - share["wrong_low_share"]))
        for row in category_totals(level):
            areas[row["category_code"]] += row["low"] - 1 <= truth[row["category_code"]] <= row["high"] + 1
    shares = {code: count / RUNS for code, count in areas.items()}
    return held / RUNS, shares, float(np.mean(errors)), float(np.mean(widths))


@pytest.mark.parametrize("error", ["everywhere", "rare and large", "in one area", "small lines", "none"])
def test_the_intervals_hold_the_truth_as_often_as_they_promise(error):
    lines = invented(error, seed=7)
    held, areas, bias, width = coverage(lines)
    assert held >= PROMISED
    assert min(areas.values()) >= PROMISED, areas
    assert abs(bias) < 0.01
    assert width < 0.15


def test_an_ordinary_standard_error_would_break_the_promise():
    """The reason for exact limits, and the proof that this test can fail."""
    lines, keys = invented("rare and large", seed=7), [f"L{number}" for number in range(LINES)]
    held = 0
    for seed in range(RUNS // 4):
        share = wrong_share(judged(lines, keys, seed))
        found, count = float(share["wrong_share"]), share["judged_line_count"]
        half = 1.96 * (found * (1 - found) / count) ** 0.5
        held += found - half <= lines.wrong <= found + half
    assert held / (RUNS // 4) < PROMISED
