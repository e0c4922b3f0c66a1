"""What does a category fact pack need besides the lines: contracts, agreed prices, ranges the user has set?

Tables a consultant keeps. A range is the user's own, with source, function and date; all that is wrong with them is
said at once.
"""

from collections.abc import Sequence

from procurement_kit.category_basis import CategoryBasis, LeverRange
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.contract_tables import LEVER_RANGES
from procurement_kit.errors import TableError, nearest
from procurement_kit.settings import Municipality
from procurement_kit.steps.contract_register import read_contracts
from procurement_kit.steps.tender_inputs import known_contracts
from procurement_kit.templates import read_own_table

_FILE = f"{LEVER_RANGES.name}.csv"


def read_category_basis(municipality: Municipality, *, neighbours: Sequence[Municipality] = ()) -> CategoryBasis:
    """Read what the analysis of a category needs besides the lines.

    Parameters
    ----------
    municipality : Municipality
        Whose contract register and `lever_ranges.csv`.
    neighbours : sequence of Municipality
        Others whose contracts are shown beside; none by default.

    Raises
    ------
    TableError
        If a register or the ranges cannot be used; every problem of a file at once.
    """
    members = {member.name: member for member in (municipality, *neighbours)}
    trees = {name: tree_of(member) for name, member in members.items()}
    registers = {name: read_contracts(member, trees[name]) for name, member in members.items()}
    return CategoryBasis(
        municipality=municipality.name,
        contracts=tuple(c for name, register in registers.items() for c in known_contracts(register, name)),
        priced=frozenset(row["contract_number"] for row in registers[municipality.name].items),
        ranges=_ranges(municipality, trees[municipality.name]),
        titles=tuple((name, member.title) for name, member in members.items()),
    )


def _ranges(municipality: Municipality, tree: CategoryTree) -> tuple[LeverRange, ...]:
    problems: list[str] = []
    rows = read_own_table(municipality, LEVER_RANGES, problems)
    for row in rows:
        code, low, high = row["category_code"], row["low_share"], row["high_share"]
        if code not in tree:
            problems.append(f"{_FILE}: there is no category «{code}».{nearest(code, tree.codes)}")
        if not 0 <= low <= high <= 1:
            problems.append(f"{_FILE}: {code} {row['lever']} goes from {low} to {high}, not low to high within 0-1")
    if problems:
        raise TableError(
            "The ranges for levers cannot be used.",
            problems=problems,
            expected=f"the columns and values of data_templates/{_FILE}",
            todo="correct the rows named",
        )
    return tuple(LeverRange(**row) for row in rows)
