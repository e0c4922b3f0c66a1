"""Which contracts, agreed prices and ranges for levers does a category fact pack build on?

A range says how much of the kroner a lever could save, from low to high, who says so and when. There are no defaults: a
lever without a range of the user's own is shown with its kroner and no saving.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from procurement_kit.tender_basis import KnownContract


@dataclass(frozen=True)
class LeverRange:
    """What one lever could save in a category and all below it, as shares of the kroner it would work on.

    Parameters
    ----------
    category_code : str
        Category; the range of the nearest category above holds where there is none of its own.
    lever : str
        One of `LEVER_NAMES`.
    low_share, high_share : Decimal
        Between 0 and 1, low not above high.
    source, set_by : str
        Where the range is from, and the function that answers for it.
    set_date : date or None
        When.
    """

    category_code: str
    lever: str
    low_share: Decimal
    high_share: Decimal
    source: str
    set_by: str = ""
    set_date: date | None = None


@dataclass(frozen=True)
class CategoryBasis:
    """What the analysis of a category needs besides the lines.

    Parameters
    ----------
    municipality : str
        Whose pack it is; contracts of others are its neighbours'.
    contracts : tuple of KnownContract
        The register's, and those of neighbours where they are given.
    priced : frozenset of str
        Numbers of contracts with agreed prices.
    ranges : tuple of LeverRange
        As the user has set them.
    titles : tuple of (str, str)
        Folder name and title of the municipalities.
    """

    municipality: str = ""
    contracts: tuple[KnownContract, ...] = ()
    priced: frozenset[str] = frozenset()
    ranges: tuple[LeverRange, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()


def range_of(ranges: Iterable[LeverRange], lever: str, path: Iterable[str]) -> LeverRange | None:
    """The range that holds for a lever in a category: that of the deepest category on its path; None where none is set.

    Examples
    --------
    >>> wide = LeverRange("18", "tender", Decimal("0.01"), Decimal("0.03"), "tilbud")
    >>> range_of([wide], "tender", ("18", "1801")).high_share, range_of([wide], "consolidate", ("18", "1801"))
    (Decimal('0.03'), None)
    """
    held = {found.category_code: found for found in ranges if found.lever == lever}
    return next((held[code] for code in reversed(tuple(path)) if code in held), None)
