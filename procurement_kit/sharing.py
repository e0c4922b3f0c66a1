"""How is a cost or a saving shared between the members of a community, so that the shares add up to the øre?

A cost has parts, each with its own key: in equal shares, by weight (inhabitants, computers), by a price per unit, or a
fixed amount of one's own. What is rounded goes by largest remainder; ties go to the member that stands first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

SHARING_KEYS = ("equal", "weight", "unit_price", "fixed")
ORE = Decimal("0.01")
_EXACT = Context(prec=60)


@dataclass(frozen=True)
class CostPart:
    """A part of a cost or saving, and the key it is shared by.

    Parameters
    ----------
    name : str
        What it is: «Drift», «Startkapital».
    key : {"equal", "weight", "unit_price", "fixed"}
        `equal` and `weight` share `amount`; `unit_price` is `amount` kroner for each unit; `fixed` is a member's own
        kroner.
    amount : Decimal
        Kroner in whole øre; the price of a unit where the key is `unit_price`, nothing where it is `fixed`. Negative
        for a saving.
    values : mapping of str to Decimal
        By member: weights, units or kroner. Not needed where the shares are equal.
    """

    name: str
    key: str
    amount: Decimal = Decimal("0.00")
    values: Mapping[str, Decimal | int] = field(default_factory=dict)


def share_by_key(members: Sequence[str], parts: Iterable[CostPart]) -> "pd.DataFrame":
    """Share the parts of a cost between members.

    Parameters
    ----------
    members : sequence of str
        Names, in the order in which ties are broken.
    parts : iterable of CostPart
        What is shared, and how.

    Returns
    -------
    DataFrame
        A row per part and member: `cost_part`, `sharing_key`, `municipality_name`, `key_value`, `shared_amount`
        (Decimal kroner). The rows of a part sum to its amount exactly.

    Raises
    ------
    ParameterError
        With every problem: no members, an unknown key or member, a weight below nought, weights that are all nought,
        amounts finer than an øre.

    Examples
    --------
    >>> part = CostPart("Drift", "weight", Decimal("100.00"), {"a": 1, "b": 1, "c": 1})
    >>> [str(amount) for amount in share_by_key(["a", "b", "c"], [part])["shared_amount"]]
    ['33.34', '33.33', '33.33']
    """
    import pandas as pd

    parts = list(parts)
    problems = ([] if members else ["there are no members"]) + _repeated(members)
    problems += [f"{part.name}: {problem}" for part in parts for problem in _problems(part, members)]
    if problems:
        raise ParameterError(
            "The cost cannot be shared.",
            problems=problems,
            expected="members, and parts with a key value for members only",
            todo="correct the key",
        )
    columns = ["cost_part", "sharing_key", "municipality_name", "key_value", "shared_amount"]
    rows = [(part.name, part.key, *row) for part in parts for row in _shared(part, members)]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def largest_remainder(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Share an amount in whole øre in proportion to weights, so that the shares sum to it; equally without weights.

    Examples
    --------
    >>> [str(part) for part in largest_remainder(Decimal("-10.00"), [1, 1, 1])]
    ['-3.34', '-3.33', '-3.33']
    """
    weights = [Decimal(weight) for weight in weights]
    whole = sum(weights, Decimal(0))
    if not whole:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    units, sign = int(abs(amount) / ORE), -1 if amount < 0 else 1
    exact = [_EXACT.divide(_EXACT.multiply(Decimal(units), weight), whole) for weight in weights]
    shares = [int(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: units - sum(shares)]:
        shares[place] += 1
    return [sign * part * ORE for part in shares]


def _repeated(members: Sequence[str]) -> list[str]:
    return [f"«{name}» is a member twice" for name in sorted({m for m in members if list(members).count(m) > 1})]


def _problems(part: CostPart, members: Sequence[str]) -> list[str]:
    if part.key not in SHARING_KEYS:
        return [f"«{part.key}» is not a key, allowed are {', '.join(SHARING_KEYS)}"]
    values = {name: Decimal(value) for name, value in part.values.items()}
    found = [f"«{name}» is not a member" for name in values if name not in members]
    found += [f"«{name}» has {value}" for name, value in values.items() if part.key != "fixed" and value < 0]
    if part.key == "weight" and not sum(values.values()):
        found.append("no member has a weight")
    amounts = [*values.values()] if part.key == "fixed" else [part.amount] if part.key != "unit_price" else []
    return found + [f"{amount} is finer than an øre" for amount in amounts if amount != amount.quantize(ORE)]


def _shared(part: CostPart, members: Sequence[str]) -> list[tuple[str, Decimal, Decimal]]:
    values = [Decimal(1) if part.key == "equal" else Decimal(part.values.get(name, 0)) for name in members]
    if part.key == "fixed":
        amounts = [value.quantize(ORE) for value in values]
    else:
        units = sum(values, Decimal(0))
        whole = (part.amount * units).quantize(ORE) if part.key == "unit_price" else part.amount
        amounts = largest_remainder(whole, values)
    return list(zip(members, values, amounts, strict=True))
