"""How much would last year's purchases have cost at this year's prices?

Each krone of a year is carried to the next with the index of its art, else of its area, else of all; only what somebody
has confirmed is used. Where an index is missing for any of the kroner the sum does not exist: it is never guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from procurement_kit.errors import ParameterError

ORE = Decimal("0.01")


@dataclass(frozen=True)
class PriceLevels:
    """Confirmed price indices.

    Parameters
    ----------
    values : mapping of (str, str, int) to Decimal
        Kind (art, area, all), code and year to the level of prices.
    source : str
        Who says so.
    unconfirmed_count : int
        Rows that nobody has confirmed; they are not among the values.

    Raises
    ------
    ParameterError
        If an index is not above 0.
    """

    values: Mapping[tuple[str, str, int], Decimal] = field(default_factory=dict)
    source: str = ""
    unconfirmed_count: int = 0

    def __post_init__(self) -> None:
        wrong = [f"{' '.join(map(str, key))}: {value}" for key, value in self.values.items() if value <= 0]
        if wrong:
            raise ParameterError(
                "A price index is not above 0.", problems=wrong, expected="a level such as 103,2", todo="correct it"
            )

    def factor(self, art: str | None, area: str | None, year: int) -> Decimal | None:
        """What a krone of that year costs the year after; None where no index says so.

        Examples
        --------
        >>> levels = PriceLevels({("all", "", 2024): Decimal(100), ("all", "", 2025): Decimal(103)})
        >>> levels.factor("29", "18", 2024), levels.factor("29", "18", 2025)
        (Decimal('1.03'), None)
        """
        for kind, code in (("art", art or "-"), ("art", (art or "-")[:1]), ("area", area or "-"), ("all", "")):
            before, after = (self.values.get((kind, code, each)) for each in (year, year + 1))
            if before and after:
                return after / before
        return None

    def repriced(self, rows: Iterable[Mapping]) -> dict[tuple, Decimal | None]:
        """Kroner per area and group at the prices of the year after.

        Parameters
        ----------
        rows : iterable of mapping
            With `year`, `art_code`, `category_1_code`, `category_2_code`, `net_amount`.
        """
        sums: dict[tuple, Decimal | None] = {}
        for row in rows:
            key = row["category_1_code"], row["category_2_code"]
            factor, sofar = self.factor(row["art_code"], row["category_1_code"], row["year"]), sums.get(key, Decimal(0))
            known = factor is not None and sofar is not None
            carried = (row["net_amount"] * factor).quantize(ORE, rounding=ROUND_HALF_EVEN) if known else None
            sums[key] = sofar + carried if known else None
        return sums


def sum_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, where every part is known.

    Examples
    --------
    >>> sum_known([Decimal(1), Decimal(2)]), sum_known([Decimal(1), None])
    (Decimal('3.00'), None)
    """
    parts = list(amounts)
    return None if None in parts else sum(parts, Decimal("0.00"))
