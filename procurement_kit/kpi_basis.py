"""What is a municipality's key figure measured against, and when is it good enough to have a colour?

Baselines, targets and thresholds are the user's, per key figure and period; the narrowest period that holds a quarter
is the one that counts. Nothing gets a colour that nobody set a threshold for, nor a rate of few invoices.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.findings import share
from procurement_kit.periods import Period

FEWEST_DOCUMENTS = 20  # below, one invoice moves a rate by more than 5 percentage points: it says nothing of conduct
KPI_KEYS = ("contract_compliance", "contract_coverage", "e_trade", "contract_follow_up", "supplier_count")
RATES = ("contract_compliance", "contract_coverage", "e_trade")
KPI_STATUSES = ("green", "yellow", "red", "no_threshold", "too_few", "not_known")
_Z = Decimal("1.959964")  # of a 95 % interval


@dataclass(frozen=True)
class Target:
    """What the user has set for a key figure and a period; whatever was not set is None."""

    key: str
    period: Period
    target: Decimal | None = None
    baseline: Decimal | None = None
    baseline_period: str = ""
    direction: str = "higher"
    green_from: Decimal | None = None
    yellow_from: Decimal | None = None


@dataclass(frozen=True)
class FollowUp:
    """Kroner recovered by following up a contract on a day."""

    day: date
    amount: Decimal


@dataclass(frozen=True)
class KpiCard:
    """What a key figure is: name, formula, base, what is left out, purpose and owner, by language."""

    key: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class KpiBasis:
    """Everything key figures need besides the lines.

    Parameters
    ----------
    name : str
        Folder name of the municipality or community the figures are for.
    titles : mapping of str to str
        Folder name → title of each municipality among the lines.
    e_trade : mapping of str to ETradeBasis
        By municipality.
    targets : mapping of str to tuple of Target
        By municipality, and by the community's own name.
    cards : tuple of KpiCard
        In the order in which key figures are shown.
    follow_ups : mapping of str to tuple of FollowUp
        By municipality; one that keeps no ledger of findings is not in it.
    peer_groups : mapping of str to tuple of str
        Name of a group → municipalities.
    marks : mapping of str to mapping
        Municipality → what it is counted by: marks of its tree, its rules, its definition of e-trade.
    """

    name: str
    titles: Mapping[str, str]
    e_trade: Mapping[str, ETradeBasis]
    targets: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    cards: tuple[KpiCard, ...] = ()
    follow_ups: Mapping[str, tuple[FollowUp, ...]] = field(default_factory=dict)
    peer_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def target(self, owner: str, key: str, period: Period) -> Target | None:
        """The target of an owner for a key figure whose period holds this one, the narrowest where several do."""
        found = [t for t in self.targets.get(owner, ()) if t.key == key and _holds(t.period, period)]
        return min(found, key=lambda t: (t.period.month_count, t.period.first_date), default=None)


def _holds(wide: Period, narrow: Period) -> bool:
    return wide.first_date <= narrow.first_date and narrow.last_date <= wide.last_date


def gap_closed(actual: Decimal | None, baseline: Decimal | None, target: Decimal | None) -> Decimal | None:
    """Share of the way from baseline to target that has been gone; None where there is no way to go.

    Examples
    --------
    >>> gap_closed(Decimal("0.88"), Decimal("0.60"), Decimal("0.90"))
    Decimal('0.933333')
    """
    if actual is None or baseline is None or target is None:
        return None
    return share(actual - baseline, target - baseline)


def status_of(actual: Decimal | int | None, documents: int | None, target: Target | None) -> str:
    """One of `KPI_STATUSES`: a colour only by thresholds the user set, and on enough invoices.

    Parameters
    ----------
    actual : Decimal or int or None
        The key figure.
    documents : int or None
        Invoices in its denominator; None where it has none.
    target : Target or None
        With the thresholds.

    Examples
    --------
    >>> from procurement_kit.periods import parse_period
    >>> aim = Target("e_trade", parse_period("2025"), green_from=Decimal("0.9"), yellow_from=Decimal("0.7"))
    >>> [status_of(Decimal(n), 40, aim) for n in ("0.90", "0.8999", "0.69")], status_of(Decimal(1), 3, aim)
    (['green', 'yellow', 'red'], 'too_few')
    """
    if actual is None:
        return "not_known"
    if documents is not None and documents < FEWEST_DOCUMENTS:
        return "too_few"
    if target is None or target.green_from is None:
        return "no_threshold"
    sign = -1 if target.direction == "lower" else 1
    if sign * actual >= sign * target.green_from:
        return "green"
    return "yellow" if target.yellow_from is not None and sign * actual >= sign * target.yellow_from else "red"


def wilson(hits: int, trials: int) -> tuple[Decimal | None, Decimal | None]:
    """Ends of the 95 % interval of a share after Wilson; none without trials.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(8, 10)]
    [Decimal('0.4902'), Decimal('0.9433')]
    """
    if not trials:
        return None, None
    rate, size, square = Decimal(hits) / trials, Decimal(trials), _Z * _Z
    middle = (rate + square / (2 * size)) / (1 + square / size)
    half = _Z * (rate * (1 - rate) / size + square / (4 * size * size)).sqrt() / (1 + square / size)
    ends = max(Decimal(0), middle - half), min(Decimal(1), middle + half)
    return tuple(share(end, Decimal(1)) for end in ends)


def quartiles(values: Iterable[Decimal]) -> tuple[Decimal, Decimal, Decimal] | None:
    """Lower quartile, median and upper quartile, between neighbours in proportion; None for fewer than three values.

    Examples
    --------
    >>> quartiles(map(Decimal, (1, 2, 3, 4, 10)))
    (Decimal('2.000000'), Decimal('3.000000'), Decimal('4.000000'))
    """
    ordered = sorted(values)
    if len(ordered) < 3:
        return None
    found = []
    for quarter in (1, 2, 3):
        place, rest = divmod((len(ordered) - 1) * quarter, 4)
        above = ordered[min(place + 1, len(ordered) - 1)]
        found.append(share(ordered[place] + (above - ordered[place]) * rest / 4, Decimal(1)))
    return tuple(found)
