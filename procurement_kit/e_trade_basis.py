"""Was a line e-traded, and could it have been?

Each municipality says what shows that a line was e-traded (an order number, the channel it came by, or nothing known)
and in which categories it is possible. One that cannot say what it e-trades is in no base.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class ETradeBasis:
    """What counts as e-traded in a municipality, and what could have been.

    Parameters
    ----------
    source : {"order_number", "einvoice", "none"}
        What says that a line was e-traded: an order reference, the channel the invoice came by, or nothing known.
    order_prefixes : tuple of str
        What the order numbers of the e-trade system begin with; any order number where empty.
    category_codes : frozenset of str
        Codes in which e-trade is possible, with all below them.
    eligible_by : {"contracts", "setting", "tree"}
        Who says in which categories it is possible.
    """

    source: str = "order_number"
    order_prefixes: tuple[str, ...] = ()
    category_codes: frozenset[str] = frozenset()
    eligible_by: str = "contracts"


def sources(basis: ETradeBasis | Mapping[str, ETradeBasis]) -> set[str]:
    """Which definitions of «e-traded» are in use."""
    return {own.source for own in ([basis] if isinstance(basis, ETradeBasis) else basis.values())}


def is_e_tradable(lines: "ibis.Table", basis: ETradeBasis | Mapping[str, ETradeBasis]) -> "ibis.Value":
    """Whether a line lies in a category in which its municipality can e-trade, and it is known what was e-traded."""
    known = is_e_trade_known(lines, basis)
    return known & _per_municipality(lines, basis, lambda own: lines.category_code.isin(sorted(own.category_codes)))


def is_e_traded(lines: "ibis.Table", basis: ETradeBasis | Mapping[str, ETradeBasis]) -> "ibis.Value":
    """Whether a line was e-traded, as its municipality defines it."""
    return _per_municipality(lines, basis, lambda own: _was_traded(lines, own))


def is_e_trade_known(lines: "ibis.Table", basis: ETradeBasis | Mapping[str, ETradeBasis]) -> "ibis.Value":
    """Whether the line's municipality knows what it e-trades; the others are in no base."""
    return _per_municipality(lines, basis, lambda own: (lines.line_id == lines.line_id) & (own.source != "none"))


def _per_municipality(
    lines: "ibis.Table", basis: ETradeBasis | Mapping[str, ETradeBasis], test: Callable
) -> "ibis.Value":
    if isinstance(basis, ETradeBasis):
        return test(basis).fill_null(False)
    found = [(lines.municipality_name == name) & test(own) for name, own in sorted(basis.items())]
    return reduce(or_, found).fill_null(False)


def _was_traded(lines: "ibis.Table", own: ETradeBasis) -> "ibis.Value":
    number = lines.order_number.fill_null("")
    if own.source == "order_number":
        starts = [number.startswith(prefix) for prefix in own.order_prefixes]
        return reduce(or_, starts) if starts else number != ""
    return lines.source_kind == ("einvoice" if own.source == "einvoice" else "")
