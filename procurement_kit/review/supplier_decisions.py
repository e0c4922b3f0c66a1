"""How does a decision about two suppliers come into `supplier_decisions.csv`, and which pairs are still in doubt?

Decisions are keyed by what was printed and added at the end; the latest on a pair holds. Each stands in the decision
log with the function that took it. Money is counted on lines in scope; a joining moves the kroner of its smaller side.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit import decision_log, folders
from procurement_kit.analyses.supplier_identity import pair_sums
from procurement_kit.decision_log import bare_cell, checked_function
from procurement_kit.errors import ParameterError
from procurement_kit.exact import NOTHING, exact_sum, frame, records
from procurement_kit.names import usable_company_number, without_tokens
from procurement_kit.review.kept_rows import add_rows, kept_rows
from procurement_kit.review.wording import ReviewWords, review_words
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.steps.supplier_identities import PAIR_LOOKUPS, read_pairs
from procurement_kit.steps.supplier_pairs import SIDES, latest_by_pair, pair_id, sides_of
from procurement_kit.steps.suppliers import PAIR, identity_of
from procurement_kit.supplier_tables import SUPPLIER_DECISIONS

if TYPE_CHECKING:
    import pandas as pd

DECIDED, SAME_NAME, SIMILAR_NAME = "decided", "name", "similar_name"


# --- pairs with their kroner ----------------------------------------------------------------------------------------


def doubtful_suppliers(municipality: Municipality) -> "pd.DataFrame":
    """Pairs that may be the same supplier and that nobody has decided on, as they were found last.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it, classified.

    Returns
    -------
    pandas.DataFrame
        `pair_id`; `left_` and `right_` number, name and key; `match_score`, `match_evidence`.
    """
    latest = latest_supplier_decisions(municipality)
    rows = [{"pair_id": pair_id(row), **row} for row in read_pairs(municipality, "supplier_doubts")]
    open_rows = [row for row in rows if row["pair_id"] not in latest]
    return frame(open_rows, ("pair_id", *PAIR_LOOKUPS["supplier_doubts"]))


def doubtful_pairs(municipality: Municipality) -> list[dict]:
    """Pairs in doubt with lines, documents and kroner of both sides, that with the largest smaller side first."""
    cube = read_cube(municipality)
    return pair_sums(cube.filter(cube.scope_status == "in_scope"), doubtful_suppliers(municipality))


def supplier_merges(municipality: Municipality) -> list[dict]:
    """Joinings of two printed suppliers, numbered from 1, that with the largest smaller side first.

    Returns
    -------
    list of dict
        `merge_number`, `pair_id`, the pair as printed, `supplier_key`, `merge_kind`, `match_score`, `match_evidence`,
        `left_amount`, `right_amount`, `smaller_amount` (Decimal kroner) and `is_undone`: taken back since.
    """
    latest = latest_supplier_decisions(municipality)
    rows = read_pairs(municipality, "supplier_merges")
    sums = _sums_by_side(municipality, sorted({row["supplier_key"] for row in rows}))
    found = []
    for row in rows:
        amounts = dict(zip(SIDES, (sums.get(side, NOTHING) for side in sides_of(row)), strict=True))
        identity, decided = pair_id(row), latest.get(pair_id(row))
        row |= {"pair_id": identity, "is_undone": bool(decided) and not decided["is_same"]}
        row |= {f"{side}_amount": amount for side, amount in amounts.items()}
        found.append(row | {"smaller_amount": min(amounts.values(), key=abs), "merge_kind": _kind(row)})
    found.sort(key=lambda row: (-abs(row["smaller_amount"]), row["pair_id"]))
    return [{"merge_number": number, **row} for number, row in enumerate(found, start=1)]


def _sums_by_side(municipality: Municipality, keys: list[str]) -> dict[str | None, Decimal]:
    """Kroner per supplier as printed, by number, else by name, of those that were joined."""
    if not keys:
        return {}
    cube = read_cube(municipality)
    lines = cube.filter(cube.scope_status == "in_scope")
    wanted = lines.semi_join(ibis.memtable({"supplier_key": keys}), "supplier_key")
    sums: dict[str | None, Decimal] = defaultdict(lambda: NOTHING)
    for row in records(wanted.group_by("supplier_number", "supplier_name").aggregate(net_amount=exact_sum(wanted))):
        sums[identity_of(row["supplier_number"], row["supplier_name"])] += row["net_amount"] or NOTHING
    return dict(sums)


def _kind(merge: Mapping) -> str:
    if merge["match_evidence"] == _decided_evidence():
        return DECIDED
    left, right = (identity_of(None, merge[f"{side}_name"]) for side in SIDES)
    return SAME_NAME if left == right else SIMILAR_NAME


def _decided_evidence() -> str:
    from procurement_kit.suppliers.matching import BY_DECISION

    return BY_DECISION


# --- decisions ------------------------------------------------------------------------------------------------------


def latest_supplier_decisions(municipality: Municipality) -> dict[str, dict]:
    """Pair id → the row of `supplier_decisions.csv` that holds."""
    return latest_by_pair(kept_rows(municipality, SUPPLIER_DECISIONS))


def record_supplier_decisions(municipality: Municipality, decisions: Sequence[Mapping]) -> list[Mapping]:
    """Add decisions that have been checked with `supplier_problem`; those that are new are given back.

    Parameters
    ----------
    municipality : Municipality
        Whose `supplier_decisions.csv` and decision log are added to, under its lock.
    decisions : sequence of mapping
        The pair as printed, `is_same`, `decided_by`, `decided_date`, and `smaller_amount` for the log.
    """
    with folders.locked(municipality):
        latest, new = latest_supplier_decisions(municipality), []
        for decision in decisions:
            identity = pair_id(decision)
            if identity not in latest or latest[identity]["is_same"] != decision["is_same"]:
                latest[identity] = dict(decision)
                new.append(decision)
        if new:
            add_rows(municipality, SUPPLIER_DECISIONS, [{n: d.get(n) for n in SUPPLIER_DECISIONS.names} for d in new])
            _log(municipality, new)
    return new


def decide_suppliers(
    municipality: Municipality,
    pair: Mapping,
    is_same: bool,
    decided_by: str,
    *,
    decided_date: date | None = None,
) -> bool:
    """Decide whether two suppliers as printed are the same; holds from the next classification on.

    Parameters
    ----------
    municipality : Municipality
        Whose decisions.
    pair : mapping
        `left_number`, `left_name`, `right_number`, `right_name` as printed; a row of `doubtful_suppliers` will do.
    is_same : bool
        What holds.
    decided_by : str
        Function such as «indkøbskonsulent», never a name.
    decided_date : date, optional
        By default today.

    Returns
    -------
    bool
        Whether it is new.

    Raises
    ------
    ParameterError
        If it cannot hold: two different company numbers, the same supplier twice, no function, a later decision.
    """
    decision = {name: pair.get(name) for name in PAIR} | {"smaller_amount": pair.get("smaller_amount")}
    decision |= {"is_same": is_same, "decided_by": checked_function(decided_by)}
    decision["decided_date"] = decided_date or date.today()
    reason = supplier_problem(decision, latest_supplier_decisions(municipality))
    if reason:
        raise ParameterError(
            f"The decision cannot be recorded: {_REASONS[reason]}.",
            expected="two different suppliers as printed, of which one at most has a company number of its own",
            todo="correct the pair, or write a succession or group in supplier_links.csv",
        )
    return bool(record_supplier_decisions(municipality, [decision]))


_REASONS = {
    "nobody": "one side names nobody",
    "one_already": "both sides are one supplier already",
    "two_numbers": "two different company numbers are two suppliers",
    "later_decision": "a later decision says something else",
}


def supplier_problem(decision: Mapping, latest: Mapping[str, Mapping]) -> str:
    """The key of the reason why a decision cannot be recorded, or nothing; `latest` as above."""
    left, right = sides_of(decision)
    if left is None or right is None:
        return "nobody"
    if left == right:
        return "one_already"
    numbers = [usable_company_number(decision[f"{side}_number"]) for side in SIDES]
    if decision["is_same"] and all(numbers):
        return "two_numbers"
    last = latest.get(pair_id(decision))
    if last and last["is_same"] != decision["is_same"] and last["decided_date"] > decision["decided_date"]:
        return "later_decision"
    return ""


def side_words(pair: Mapping, side: str) -> str:
    """One side of a pair to read: name and number, without anything personal.

    Examples
    --------
    >>> side_words({"left_name": "Ærø Færge A/S", "left_number": "99999993"}, "left")
    'Ærø Færge A/S (99999993)'
    """
    name, number = (bare_cell(str(pair[f"{side}_{what}"] or "")) for what in ("name", "number"))
    bare = without_tokens(" ".join(str(name).split()))
    return f"{bare} ({number})" if bare and number else bare or str(number)


def _log(municipality: Municipality, decisions: Sequence[Mapping]) -> None:
    words = review_words(municipality)
    together: dict[tuple[str, date], list[Mapping]] = defaultdict(list)
    for decision in decisions:
        together[decision["decided_by"], decision["decided_date"]].append(decision)
    for (function, day), some in together.items():
        amounts = [abs(d["smaller_amount"]) for d in some if d.get("smaller_amount") is not None]
        decision_log.record_decision(
            municipality,
            kind="supplier",
            what=_said(some, words),
            decided_by=function,
            amount=sum(amounts, NOTHING) if amounts else None,
            today=day,
        )


def _said(decisions: Sequence[Mapping], words: ReviewWords) -> str:
    if len(decisions) > 1:
        same = sum(bool(decision["is_same"]) for decision in decisions)
        return words.say("suppliers.log.several", count=len(decisions), same=same, apart=len(decisions) - same)
    which = "same" if decisions[0]["is_same"] else "apart"
    left, right = (side_words(decisions[0], side) for side in SIDES)
    return words.say(f"suppliers.log.{which}", left=left, right=right)
