"""What is a lever, what is assumed about it, and which kroner may it claim?

A lever says what could be done in one category, with every assumption and its source; there are no defaults that count.
Levers stand in an order: what the first one claims, no later one gets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from procurement_kit.errors import ParameterError
from procurement_kit.exact import NOTHING


@dataclass(frozen=True)
class Lever:
    """One category bought from fewer suppliers, with everything that is assumed about it.

    Parameters
    ----------
    category_code : str
        Category at any level; all below it is in it.
    target_supplier_count : int
        How many of its suppliers are kept: those with most kroner.
    price_low_share, price_high_share : Decimal
        Lower price on the kroner that are moved, as a share between 0 and 1.
    price_source : str
        Who says so.
    removed_low_share, removed_high_share : Decimal
        Share of the moved suppliers' invoices that disappears; counts only with a handling cost.
    removed_source : str
        Who says so.
    switching_low_amount, switching_high_amount : Decimal
        Kroner it costs to switch, once.
    switching_source : str
        Who says so.
    with_granted : bool
        Also purchases granted to a single citizen or under a public tariff, which are left out otherwise.

    Raises
    ------
    ParameterError
        If a share or amount is out of bounds or upside down, or has no source; all problems at once.
    """

    category_code: str
    target_supplier_count: int
    price_low_share: Decimal
    price_high_share: Decimal
    price_source: str
    removed_low_share: Decimal = Decimal(0)
    removed_high_share: Decimal = Decimal(0)
    removed_source: str = ""
    switching_low_amount: Decimal = NOTHING
    switching_high_amount: Decimal = NOTHING
    switching_source: str = ""
    with_granted: bool = False

    def __post_init__(self) -> None:
        problems = [] if self.target_supplier_count >= 1 else ["at least one supplier must be kept"]
        for name, low, high, source in self.assumptions:
            most = None if name == "switching" else 1
            if not all(isinstance(value, Decimal) for value in (low, high)):
                problems.append(f"{name}: {low} and {high} must be decimals")
            elif not 0 <= low <= high or (most and high > most):
                problems.append(f"{name}: {low} to {high} is not a range from low to high within its bounds")
            if (high or name == "price") and not source.strip():
                problems.append(f"{name}: the source is missing")
        if problems:
            raise ParameterError(
                f"The lever for category «{self.category_code}» cannot be used.",
                problems=problems,
                expected="shares between 0 and 1 and kroner from 0, low not above high, each with its source",
                todo="correct the lever",
            )

    @classmethod
    def of(cls, category_code: str, *, keep: int, price: tuple[str, str], price_source: str, **more: object) -> "Lever":
        """A lever whose shares are written as texts, since a float is no exact share.

        Examples
        --------
        >>> Lever.of("1801", keep=3, price=("0.01", "0.03"), price_source="tilbud").price_high_share
        Decimal('0.03')
        """
        low, high = (Decimal(part) for part in price)
        return cls(category_code, keep, low, high, price_source, **more)

    @property
    def assumptions(self) -> tuple[tuple[str, Decimal, Decimal, str], ...]:
        """Name, low, high and source of each assumption."""
        return (
            ("price", self.price_low_share, self.price_high_share, self.price_source),
            ("removed", self.removed_low_share, self.removed_high_share, self.removed_source),
            ("switching", self.switching_low_amount, self.switching_high_amount, self.switching_source),
        )


def allocate(cells: Iterable[Mapping], wants: Sequence[Callable[[Mapping], bool]]) -> list[dict]:
    """Give each cell to the first lever that wants it, and say which later ones wanted it too.

    Examples
    --------
    >>> cells = [{"code": "A1"}, {"code": "A2"}]
    >>> found = allocate(cells, [lambda cell: cell["code"] == "A1", lambda cell: True])
    >>> [(row["lever_number"], row["also_wanted_by"]) for row in found]
    [(1, (2,)), (2, ())]
    """
    found = []
    for cell in cells:
        takers = [number for number, test in enumerate(wants, start=1) if test(cell)]
        if takers:
            found.append({**cell, "lever_number": takers[0], "also_wanted_by": tuple(takers[1:])})
    return found
