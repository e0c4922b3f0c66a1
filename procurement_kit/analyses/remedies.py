"""What does a reason of the import mean in plain words, and what helps?

`knowledge/remedies.csv` names phrases of each reason; the first one whose phrase stands in the reason wins, and the
last of each status has none and takes what is left. Reasons are sorted in the engine, since each may name its own row.
"""

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, NamedTuple

from procurement_kit.columns import TEXT, Column, Table
from procurement_kit.templates import read_template

if TYPE_CHECKING:
    import ibis

STATUSES = ("held_back", "duplicate")
OTHER = "other_"
REMEDIES = Table("remedies", "Hvad der hjælper", "What a reason of the import means, and what helps.", (
    Column("reason_key", TEXT, "Nøgle", "Identity of the reason.", required=True),
    Column("set_aside_status", TEXT, "Sat til side", "What the lines are.", required=True, allowed=STATUSES),
    Column("phrases", TEXT, "Ord", "What stands in the reason, separated by |; empty takes what is left."),
    Column("reason_name_da", TEXT, "Årsag", "The reason in plain Danish.", required=True),
    Column("reason_name_en", TEXT, "Engelsk årsag", "The reason in plain English.", required=True),
    Column("remedy_name_da", TEXT, "Hvad hjælper", "What helps, in Danish.", required=True),
    Column("remedy_name_en", TEXT, "Engelsk hjælp", "What helps, in English.", required=True),
), key=("reason_key",))  # fmt: skip


class Remedy(NamedTuple):
    """A reason in plain words and what helps, in both languages."""

    reason_key: str
    set_aside_status: str
    phrases: tuple[str, ...]
    reason_name_da: str
    reason_name_en: str
    remedy_name_da: str
    remedy_name_en: str

    @property
    def words(self) -> dict[str, str]:
        """The four texts, as columns of a table."""
        return {name: value for name, value in self._asdict().items() if name.endswith(("_da", "_en"))}


@cache
def remedies() -> tuple[Remedy, ...]:
    """All reasons that are described, in the order in which they are looked for."""
    with as_file(files("procurement_kit") / "knowledge" / "remedies.csv") as path:
        rows = read_template(path, REMEDIES).to_pylist()
    return tuple(Remedy(**{**row, "phrases": tuple((row["phrases"] or "").split("|"))}) for row in rows)


def remedy_of(reason: str | None, status: str = "held_back") -> Remedy:
    """What a reason means and what helps; a reason that is not described gets the general answer.

    Parameters
    ----------
    reason : str or None
        As the import wrote it.
    status : {"held_back", "duplicate"}
        What became of the line.

    Examples
    --------
    >>> remedy_of("row 7: there is no amount").reason_name_en
    'The line has no amount'
    >>> remedy_of("never heard of").reason_key
    'other_held_back'
    """
    described = (r for r in remedies() if r.set_aside_status == status)
    return next(r for r in described if any(phrase in (reason or "") for phrase in r.phrases))


def reason_key(reason: "ibis.Value", status: "ibis.Value") -> "ibis.Value":
    """The key of each line's reason, found in the engine."""
    import ibis

    described = [(r, phrase) for r in remedies() for phrase in r.phrases if phrase]
    found = [((status == r.set_aside_status) & reason.contains(phrase), r.reason_key) for r, phrase in described]
    return ibis.cases(*found, else_=ibis.literal(OTHER).concat(status))
