"""What does each rule decide, which rules contradict each other or a decision, and which never decide anything?

Rules and decisions are held against the distinct printed rows once, batch by batch; kept are lines and kroner per
set of matches, from which every answer is drawn. An accessory line that only follows another line is no rule's work.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procurement_kit.classifier.rules import Rule, apply_rules, matching, printed_cells, read_decisions, read_rules
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import frame
from procurement_kit.tables import CLASSIFIER_FEATURES

if TYPE_CHECKING:
    import pyarrow as pa

NOTHING = Decimal("0.00")
DECIDES, NEVER_MATCHES, OVERRIDDEN = "decides", "never_matches", "always_overridden"
EFFECT_COLUMNS = (
    "rule_id", "rule_scope", "category_code", "decided_by", "decided_date", "holds_for", "rule_status", "overridden_by",
    "line_count", "net_amount", "matched_line_count", "matched_amount",
)  # fmt: skip
CONFLICT_COLUMNS = (
    "conflict_kind", "rule_id", "category_code", "other_rule_id", "other_category_code", "line_count", "net_amount",
)  # fmt: skip


@dataclass(frozen=True)
class Matches:
    """Lines and kroner per set of matches.

    Parameters
    ----------
    rules : tuple of Rule
        The most specific first.
    decisions : tuple of Rule
        The one that wins first.
    counted : dict
        (position of the decision that wins, or -1; positions of all rules that match) → lines and kroner.
    """

    rules: tuple[Rule, ...]
    decisions: tuple[Rule, ...]
    counted: Mapping[tuple[int, tuple[int, ...]], tuple[int, Decimal]]

    def sets(self) -> Iterator[tuple[Rule | None, tuple[Rule, ...], int, Decimal]]:
        """Each set of matches: the decision, the rules with the winner first, lines, kroner."""
        for (decision, rules), (lines, amount) in self.counted.items():
            won = self.decisions[decision] if decision >= 0 else None
            yield won, tuple(self.rules[position] for position in rules), lines, amount


def count_matches(
    batches: "Iterable[pa.RecordBatch | pa.Table]",
    rules: Iterable[Mapping],
    decisions: Iterable[Mapping],
    tree: CategoryTree,
) -> Matches:
    """Hold rules and decisions against distinct printed rows.

    Parameters
    ----------
    batches : iterable of RecordBatch or Table
        CLASSIFIER_FEATURES as printed, `line_count` and `net_amount` (kroner, exact).
    rules, decisions : iterable of mapping
        Rows of rules.csv and decisions.csv.
    tree : CategoryTree
        The tree the municipality uses.

    Raises
    ------
    TableError
        If a rule or decision cannot be used.
    """
    found_rules, found_decisions = read_rules(rules, tree), read_decisions(decisions, tree)
    counted: dict[tuple, tuple[int, Decimal]] = defaultdict(lambda: (0, NOTHING))
    for batch in batches:
        cells = printed_cells(batch.select(list(CLASSIFIER_FEATURES)).to_pandas().astype(object))
        decided = apply_rules(cells, found_decisions)
        sets = _sets(*matching(cells, found_rules), len(cells))
        lines, amounts = (batch.column(name).to_pylist() for name in ("line_count", "net_amount"))
        for row in np.flatnonzero((decided >= 0) | np.array([bool(found) for found in sets], dtype=bool)):
            key = (int(decided[row]), sets[row])
            counted[key] = (counted[key][0] + lines[row], counted[key][1] + (amounts[row] or NOTHING))
    return Matches(found_rules, found_decisions, dict(counted))


def _sets(rows: np.ndarray, positions: np.ndarray, count: int) -> list[tuple[int, ...]]:
    order = np.lexsort((positions, rows))
    parts = np.split(positions[order], np.searchsorted(rows[order], np.arange(1, count)))
    return [tuple(part.tolist()) for part in parts] if count else []


def rule_effects(matches: Matches) -> pd.DataFrame:
    """What each rule decides.

    Parameters
    ----------
    matches : Matches
        As `count_matches` gives them.

    Returns
    -------
    DataFrame
        One row per rule, most kroner decided first: who made it and what it looks at, lines and kroner it decides and
        those it matches, and whether it never matches, or is always overridden (and by what, most lines first).
    """
    effects = {rule.reason: _effect(rule) for rule in matches.rules}
    overriding: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for decision, rules, lines, amount in matches.sets():
        winner = decision or rules[0]
        for rule in rules:
            effect = effects[rule.reason]
            effect["matched_line_count"] += lines
            effect["matched_amount"] += amount
            if rule is winner:
                effect["line_count"] += lines
                effect["net_amount"] += amount
            else:
                overriding[rule.reason][winner.reason] += lines
    for reason, effect in effects.items():
        silent = OVERRIDDEN if effect["matched_line_count"] else NEVER_MATCHES
        effect["rule_status"] = DECIDES if effect["line_count"] else silent
        by = sorted(overriding[reason].items(), key=lambda item: (-item[1], item[0]))
        effect["overridden_by"] = ", ".join(name for name, _ in by[:3])
    ordered = sorted(effects.values(), key=lambda effect: (-abs(effect["net_amount"]), effect["rule_id"]))
    return frame(ordered, EFFECT_COLUMNS)


def _effect(rule: Rule) -> dict:
    told = {name: getattr(rule, name) for name in ("category_code", "decided_by", "decided_date", "holds_for")}
    nothing = {"line_count": 0, "net_amount": NOTHING, "matched_line_count": 0, "matched_amount": NOTHING}
    return {"rule_id": rule.reason, "rule_scope": rule.scope, **told, **nothing}


def rule_conflicts(matches: Matches) -> pd.DataFrame:
    """Rules that contradict each other, or a decision, on the same lines.

    Two rules contradict each other where both are the most specific that match, no decision has been taken, and they
    name different categories: then the first rule id decides, which nobody meant. A rule contradicts a decision where
    it would decide, and the decision names another category.

    Parameters
    ----------
    matches : Matches
        As `count_matches` gives them.

    Returns
    -------
    DataFrame
        One row per pair, most kroner first: `conflict_kind` is "rules" or "decision".
    """
    found: dict[tuple, list] = defaultdict(lambda: [0, NOTHING])
    for decision, rules, lines, amount in matches.sets():
        equals = [rule for rule in rules if rule.filled == rules[0].filled] if rules else []
        if decision:
            pairs = [("decision", rules[0], decision)] if rules else []
        else:
            pairs = [("rules", first, second) for first, second in combinations(equals, 2)]
        for kind, rule, other in pairs:
            if rule.category_code != other.category_code:
                counts = found[kind, rule, other]
                counts[0] += lines
                counts[1] += amount
    rows = [
        {
            "conflict_kind": kind,
            "rule_id": rule.reason,
            "category_code": rule.category_code,
            "other_rule_id": other.reason,
            "other_category_code": other.category_code,
            "line_count": lines,
            "net_amount": amount,
        }
        for (kind, rule, other), (lines, amount) in found.items()
    ]
    ordered = sorted(rows, key=lambda row: (-abs(row["net_amount"]), row["rule_id"], row["other_rule_id"]))
    return frame(ordered, CONFLICT_COLUMNS)
