"""Which decisions agree so much that they can become rules?

All decisions on a supplier, or on a supplier and one of its accounts, say the same category; there are at least three
of them, and nine tenths of the kroner there agree, counting decisions and what the classifier proposes for the rest. A
rule stands below every decision, so one that is taken later on a single group still wins.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from procurement_kit import decision_log, folders
from procurement_kit.classifier.rules import CELLS, apply_rules, normalised, read_decisions
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.exact import NOTHING
from procurement_kit.findings import share
from procurement_kit.review.kept_rows import add_rows, kept_rows
from procurement_kit.review.queue import PERSON, all_groups, normalised_cells
from procurement_kit.review.wording import review_words
from procurement_kit.review.workbook import proposed_code
from procurement_kit.settings import Municipality
from procurement_kit.tables import DECISIONS, RULES

FEWEST_DECISIONS, FEWEST_AGREEING = 3, Decimal("0.9")
AUTHOR, ID_PREFIX = "gennemgang", "R-G"
COUNTS = (
    "decision_count", "group_count", "line_count", "net_amount", "absolute_amount", "undecided_amount",
    "agreeing_share",
)  # fmt: skip
COLUMNS = ("rule_id", *CELLS, "category_code", "decided_by", "decided_date", "holds_for", *COUNTS)
_SUPPLIER, _ACCOUNT = ("supplier_number", "supplier_name"), ("account_number", "account_name")


@dataclass(frozen=True)
class _Scope:
    """What a rule would look at: the cells it fills, and which groups those are."""

    names: tuple[str, ...]
    groups: pd.DataFrame


def propose_rules(municipality: Municipality, *, today: date | None = None) -> pd.DataFrame:
    """Rules that unanimous decisions amount to, most kroner first; nothing is saved.

    Parameters
    ----------
    municipality : Municipality
        Whose decisions, spend cube and rules.
    today : date, optional
        Date the rules bear; by default today.

    Returns
    -------
    DataFrame
        The columns of `rules.csv` (ids go on where they stopped), and what each rests on: `decision_count`,
        `group_count`, `line_count`, `net_amount` and `absolute_amount` (Decimal kroner), `undecided_amount` (absolute
        kroner that only the rule would decide), `agreeing_share` (of the absolute kroner). Suppliers for which there is
        a rule already are left out, and so are persons.

    Raises
    ------
    NoDataError
        If lines have not been classified.
    TableError
        If decisions or rules cannot be read.
    """
    tree, rules = tree_of(municipality), kept_rows(municipality, RULES)
    decisions = read_decisions(kept_rows(municipality, DECISIONS), tree)
    groups = _judged(all_groups(municipality), decisions, tree)
    present = {tuple(normalised(name, rule[name]) for name in CELLS) for rule in rules}
    found = []
    for scope in _scopes(groups):
        row = _rule(scope, tree)
        if row and tuple(normalised(name, row[name]) for name in CELLS) not in present:
            found.append(row)
    found.sort(key=lambda row: (-row["absolute_amount"], *(row[name] or "" for name in CELLS)))
    first = max((number for rule in rules if (number := _number(rule["rule_id"]))), default=0) + 1
    signed = {"decided_by": AUTHOR, "decided_date": today or date.today()}
    rows = [row | signed | {"rule_id": f"{ID_PREFIX}{place:03d}"} for place, row in enumerate(found, start=first)]
    return pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS), dtype=object)


def save_rules(municipality: Municipality, proposed: pd.DataFrame, *, today: date | None = None) -> int:
    """Add proposed rules to `rules.csv`, and say so in the decision log.

    Parameters
    ----------
    municipality : Municipality
        Whose rules; its lock is taken.
    proposed : DataFrame
        As `propose_rules` gives it, or some of its rows.
    today : date, optional
        Date of the entry in the log.

    Returns
    -------
    int
        How many were added.

    Raises
    ------
    TableError
        If `rules.csv` or the log cannot be read.
    """
    if not len(proposed):
        return 0
    rows = [{name: row[name] for name in COLUMNS if name in RULES.names} for row in proposed.to_dict("records")]
    said = review_words(municipality).say("log.rules", count=len(rows), ids=_span([row["rule_id"] for row in rows]))
    with folders.locked(municipality):
        add_rows(municipality, RULES, rows)
        decision_log.record_decision(
            municipality,
            kind="category",
            what=said,
            decided_by=AUTHOR,
            amount=sum(proposed["net_amount"], NOTHING),
            line_count=int(proposed["line_count"].sum()),
            today=today,
        )
    return len(rows)


def _span(ids: list[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]}–{ids[-1]}"


def _number(rule_id: str) -> int | None:
    found = re.fullmatch(rf"{ID_PREFIX}(\d+)", rule_id, re.ASCII)
    return int(found[1]) if found else None


def _judged(groups: pd.DataFrame, decisions: tuple, tree: CategoryTree) -> pd.DataFrame:
    """Groups with the row that decides them (-1 where none does) and the category they are in, or most probably in."""
    found = apply_rules(normalised_cells(groups), decisions)
    rows = groups.assign(best_1_code=groups["category_proposed_code"]).to_dict("records")
    codes = [
        decisions[place].category_code if place >= 0 else proposed_code(tree, row)
        for place, row in zip(found, rows, strict=True)
    ]
    return groups.assign(decision=found, code=pd.Series(codes, index=groups.index, dtype=object))


def _scopes(groups: pd.DataFrame) -> Iterator[_Scope]:
    """Each supplier; and each of its accounts, where the supplier as a whole is not unanimous."""
    cells = normalised_cells(groups)
    is_firm = cells["supplier_name"].ne(normalised("supplier_name", PERSON))
    for supplier, whole in _parts(groups[is_firm], cells, *_SUPPLIER):
        if _is_unanimous(whole):
            yield _Scope((supplier,), whole)
            continue
        for account, some in _parts(whole, cells, *_ACCOUNT):
            if _is_unanimous(some):
                yield _Scope((supplier, account), some)


def _parts(groups: pd.DataFrame, cells: pd.DataFrame, number: str, name: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Groups by number, and by name where some have no number; only those with enough decisions to be looked at."""
    cells = cells.loc[groups.index]
    unnumbered = set(cells[name][cells[number].eq("")])
    for cell, is_mine in ((number, cells[number].ne("")), (name, cells[name].ne("") & cells[name].isin(unnumbered))):
        counts = groups["decision"][is_mine & (groups["decision"] >= 0)].groupby(cells[cell]).nunique()
        enough = cells[cell][is_mine & cells[cell].isin(counts.index[counts >= FEWEST_DECISIONS])]
        for _, places in enough.groupby(enough, sort=True).groups.items():
            yield cell, groups.loc[places]


def _is_unanimous(groups: pd.DataFrame) -> bool:
    decided = groups[groups["decision"] >= 0]
    return decided["decision"].nunique() >= FEWEST_DECISIONS and decided["code"].nunique() == 1


def _rule(scope: _Scope, tree: CategoryTree) -> dict | None:
    """The rule of unanimous groups, or nothing where too few of the kroner agree."""
    groups = scope.groups
    is_decided = groups["decision"] >= 0
    code = groups["code"][is_decided].iloc[0]
    agrees = pd.Series([found in tree and code in tree.path(found) for found in groups["code"]], index=groups.index)
    whole = sum(groups["absolute_amount"], NOTHING)
    agreeing = share(sum(groups["absolute_amount"][agrees], NOTHING), whole)
    if agreeing is None or agreeing < FEWEST_AGREEING:
        return None
    largest = groups.sort_values("absolute", ascending=False, kind="stable").iloc[0]
    decisions = int(groups["decision"][is_decided].nunique())
    return dict.fromkeys(CELLS) | {
        **{name: largest[name] for name in scope.names},
        "category_code": code,
        "holds_for": None,
        "decision_count": decisions,
        "group_count": len(groups),
        "line_count": int(groups["line_count"].sum()),
        "net_amount": sum(groups["net_amount"], NOTHING),
        "absolute_amount": whole,
        "undecided_amount": sum(groups["absolute_amount"][~is_decided], NOTHING),
        "agreeing_share": agreeing,
    }
