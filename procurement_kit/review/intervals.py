"""Between which values does a share or a sum lie, when only a sample has been judged?

A share of kroner: Clopper & Pearson (1934), exact for hits of 0 or 1, which a judged line is: right or wrong. A sum and
difference of such shares: the limits are put together as squares (MOVER, Zou & Donner 2008), which holds where an
ordinary standard error would be nought because no error was hit. 95 % unless asked for otherwise.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

CONFIDENCE = 0.95


def exact_limits(hits: "np.ndarray", trials: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
    """Lower and upper limit of a share, from hits among trials; 0 and 1 where there are no trials.

    Parameters
    ----------
    hits, trials : array of int
        Of the same shape.

    Examples
    --------
    >>> low, high = exact_limits([0, 10], [10, 10])
    >>> [round(float(end), 4) for end in (*low, *high)]
    [0.0, 0.6915, 0.3085, 1.0]
    """
    import numpy as np
    from scipy.special import betaincinv

    hits, trials = np.asarray(hits, dtype=float), np.asarray(trials, dtype=float)
    tail, misses = (1 - CONFIDENCE) / 2, trials - hits
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), misses + 1, tail), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1), 1 - tail), 1.0)
    return low, high


def distances(hits: "np.ndarray", trials: "np.ndarray", sizes: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
    """How far below and above the estimate `sizes × hits / trials` the limits lie; nought is estimated without trials.

    Examples
    --------
    >>> below, above = distances([0], [0], [100.0])
    >>> float(below[0]), float(above[0])
    (0.0, 100.0)
    """
    import numpy as np

    low, high = exact_limits(hits, trials)
    middle = np.asarray(hits, dtype=float) / np.maximum(np.asarray(trials, dtype=float), 1)
    return np.asarray(sizes) * (middle - low), np.asarray(sizes) * (high - middle)


def together(parts: "list[tuple[np.ndarray, np.ndarray]]") -> tuple["np.ndarray", "np.ndarray"]:
    """Distances below and above of a sum, from those of its parts; a part that is taken off is given the other way."""
    import numpy as np

    below, above = (np.sqrt(sum(np.square(part[side]) for part in parts)) for side in (0, 1))
    return below, above
