"""How are lines drawn so that every krone has the same chance?

Monetary-unit sampling. Lines as large as the interval or larger are all taken (Särndal, Swensson & Wretman 1992,
§3.6.1); among the others every krone stands in a row in random order, and kroner an interval apart are hit from a
random start (randomised systematic sampling, Hartley & Rao 1962). All in whole øre; credits count by their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError
from procurement_kit.plurals import so_many

if TYPE_CHECKING:
    import numpy as np

MOST_ORE = 2**62  # of all sizes together: beyond that whole numbers of 64 bits would run over


@dataclass(frozen=True)
class KronerDraw:
    """Which places of a list were drawn.

    Parameters
    ----------
    certain : tuple of int
        Places taken whole, the largest first.
    sampled : tuple of int
        Places hit, in random order: those at the front are a random part of them all.
    sampled_ore : int
        Øre that the sampled ones stand for together, themselves included.
    """

    certain: tuple[int, ...]
    sampled: tuple[int, ...]
    sampled_ore: int

    @property
    def interval(self) -> Fraction | None:
        """Øre each sampled place stands for; None where nothing is sampled."""
        return Fraction(self.sampled_ore, len(self.sampled)) if self.sampled else None


def draw_by_kroner(keys: Sequence[str], sizes: "Sequence[int] | np.ndarray", *, count: int, seed: int) -> KronerDraw:
    """Draw places of a list with a chance in proportion to their size.

    Parameters
    ----------
    keys : sequence of str
        Identity of each place; the order they come in does not matter.
    sizes : sequence of int
        Øre without sign; a place of size 0 is never drawn.
    count : int
        Places to draw; all that have a size where there are no more.
    seed : int
        The same seed draws the same places.

    Returns
    -------
    KronerDraw

    Raises
    ------
    ParameterError
        If count is below 1, or the sizes are too large to be added up.

    Examples
    --------
    >>> draw_by_kroner(["a", "b", "c"], [900, 50, 50], count=2, seed=1).certain
    (0,)
    """
    import numpy as np

    if count < 1:
        raise ParameterError(
            f"A sample of {so_many(count, 'line')}.", expected="at least 1", todo="choose a larger --count"
        )
    sizes = np.asarray(sizes, dtype=np.int64)
    if sum(int(part.sum(dtype=object)) for part in np.array_split(sizes, 64)) * count >= MOST_ORE:
        raise ParameterError(
            "The amounts are too large to be drawn from exactly.", todo="choose a shorter period or a smaller --count"
        )
    order = np.array(sorted(range(len(keys)), key=lambda place: _digest(keys[place], seed)), dtype=np.int64)
    shuffled = sizes[order] if len(order) else sizes
    whole = _certain(shuffled, count)
    rest = np.ones(len(shuffled), dtype=bool)
    rest[whole] = False
    rest &= shuffled > 0
    hit = np.flatnonzero(rest)[_hits(shuffled[rest], count - len(whole), seed)]
    return KronerDraw(tuple(order[whole].tolist()), tuple(order[hit].tolist()), int(shuffled[rest].sum()))


def _digest(key: str, seed: int) -> bytes:
    return blake2b(f"{seed}:{key}".encode(), digest_size=16).digest()


def _certain(sizes: "np.ndarray", count: int) -> "np.ndarray":
    """Places as large as the interval of those that are left, the largest first."""
    import numpy as np

    largest = np.argsort(-sizes, kind="stable")[:count]
    left, taken = int(sizes.sum()), 0
    for place in largest:
        size = int(sizes[place])
        if not size or size * (count - taken) < left:
            break
        left -= size
        taken += 1
    return largest[:taken]


def _hits(sizes: "np.ndarray", count: int, seed: int) -> "np.ndarray":
    """Places that hold a hit krone; each is smaller than the interval, so none is hit twice."""
    import numpy as np

    if not len(sizes) or count < 1:
        return np.empty(0, dtype=np.int64)
    ends = np.cumsum(sizes)
    whole = int(ends[-1])
    start = int.from_bytes(_digest("start", seed)) % whole
    points = [(start + number * whole) // count for number in range(count)]
    return np.searchsorted(ends, points, side="right")
