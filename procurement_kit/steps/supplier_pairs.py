"""What have people decided about two suppliers, and which decision on a pair holds?

A pair is two suppliers as printed, in any order: each by its company number, else by its normalised name. The latest
decision on a pair holds; of one day, the last in the file.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

from procurement_kit.settings import Municipality
from procurement_kit.steps.suppliers import identity_of
from procurement_kit.supplier_tables import SUPPLIER_DECISIONS
from procurement_kit.templates import read_own_table

SIDES = ("left", "right")


def sides_of(pair: Mapping) -> tuple[str | None, str | None]:
    """The identities of the two suppliers of a pair as printed, left and right."""
    left, right = (identity_of(pair[f"{side}_number"], pair[f"{side}_name"]) for side in SIDES)
    return left, right


def pair_id(pair: Mapping) -> str:
    """Sixteen signs that stand for a pair, whichever side is left.

    Examples
    --------
    >>> pair = {"left_number": "", "left_name": "Ærø ApS", "right_number": "99999993", "right_name": "B"}
    >>> turned = {"left_number": "99999993", "left_name": "C", "right_number": None, "right_name": "AEROE"}
    >>> pair_id(pair) == pair_id(turned)
    True
    """
    return hashlib.sha256("|".join(sorted(side or "" for side in sides_of(pair))).encode()).hexdigest()[:16]


def read_supplier_decisions(municipality: Municipality, problems: list[str]) -> list[dict]:
    """Decisions that hold, one per pair in the order of their ids; what is wrong with the file joins `problems`."""
    rows = read_own_table(municipality, SUPPLIER_DECISIONS, problems)
    wrong = decision_problems(rows)
    problems += [f"{SUPPLIER_DECISIONS.name}.csv, {problem}" for problem in wrong]
    return [] if wrong else [row for _, row in sorted(latest_by_pair(rows).items())]


def decision_problems(rows: Iterable[Mapping]) -> list[str]:
    """What is wrong with rows of `supplier_decisions`, counted as Excel shows them."""
    problems = []
    for number, row in enumerate(rows, start=2):
        left, right = sides_of(row)
        if left is None or right is None:
            side = "B" if left else "A"
            problems.append(f"row {number}: neither a company number nor a name stands under supplier {side}")
        elif left == right:
            problems.append(f"row {number}: both are {left[2:]}: one supplier already")
    return problems


def latest_by_pair(rows: Iterable[Mapping]) -> dict[str, dict]:
    """Pair id → the row that holds."""
    return {pair_id(row): dict(row) for row in sorted(rows, key=lambda row: row["decided_date"] or date.min)}
