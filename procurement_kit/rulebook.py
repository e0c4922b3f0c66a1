"""What do a municipality's category rules decide, and what would one more or one fewer change?

Every rule with its lines and kroner, rules that contradict each other or a decision, and rules that never decide
anything. Nothing is saved before the changes have been shown and somebody said yes, by function.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.adoption import PAIRS_SAID, ROWS_AT_A_TIME, classifier_in, deciding_now, pair_words
from procurement_kit.decision_log import checked_function, record_decision
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.findings import Finding, Outcome
from procurement_kit.personal_numbers import count_person_numbers
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality
from procurement_kit.stages import require_lines
from procurement_kit.tables import RULES

if TYPE_CHECKING:
    import pyarrow as pa

    from procurement_kit.classifier.change import Deciding
    from procurement_kit.classifier.tree import CategoryTree

_NUMBERED = re.compile(r"R-(\d+)")
_COMPANY = re.compile(r"(DK)?(?P<digits>\d{8})")
_SAVED = {"da": {"add": "tilføjet", "remove": "fjernet"}, "en": {"add": "added", "remove": "removed"}}


def describe_rules(name: str) -> Outcome:
    """List rules with lines and kroner each decides, conflicts, and rules that never decide anything."""
    municipality, tree = _opened(name)
    facts = _checked(municipality, deciding_now(municipality, tree), tree)
    silent = [rule for rule in facts["rules"] if rule["rule_status"] != "decides"]
    head = f"{so_many(len(facts['rules']), 'rule')}, {so_many(len(facts['conflicts']), 'conflict')}, "
    head += f"{so_many(len(silent), 'rule that never decides', 'rules that never decide')}."
    rules = [_rule_words(rule) for rule in facts["rules"]]
    conflicts = [_conflict_words(conflict) for conflict in facts["conflicts"]]
    return Outcome(facts | {"silent": [rule["rule_id"] for rule in silent]}, (head, *rules, *conflicts))


def add_rule(name: str, cells: Mapping[str, str], *, by: str = "", yes: bool = False) -> Outcome:
    """Show what one more rule would change, and save it if somebody said yes.

    Parameters
    ----------
    name : str
        Folder name.
    cells : mapping
        `category`, and `supplier`, `account`, `text`, `unit`, `holds_for` where they are filled.
    by : str
        Function of whoever decides, never a name.
    yes : bool
        Save it.
    """
    from procurement_kit.review.kept_rows import add_rows

    municipality, tree = _opened(name)
    before = deciding_now(municipality, tree)
    row = _new_row(cells, before.rules, tree)
    row |= {"decided_by": checked_function(by) if by or yes else None, "decided_date": date.today()}
    outcome = _shown(municipality, tree, before, (*before.rules, row), row)
    if yes:
        add_rows(municipality, RULES, [row])
        _log(municipality, row, "add", row["decided_by"], outcome.facts)
    return _told(outcome, name, row["rule_id"], "added" if yes else "")


def remove_rule(name: str, rule_id: str, *, by: str = "", yes: bool = False) -> Outcome:
    """Show what one rule fewer would change, and take it out if somebody said yes."""
    from procurement_kit.review.kept_rows import take_out_last

    municipality, tree = _opened(name)
    before = deciding_now(municipality, tree)
    known = {row["rule_id"]: row for row in before.rules}
    if rule_id not in known:
        raise ParameterError(
            f"There is no rule «{rule_id}».{nearest(rule_id, known)}",
            expected=f"one of: {', '.join(sorted(known)) or 'none yet'}",
            todo=f"see: procurement-kit rules {name}",
        )
    function = checked_function(by) if by or yes else ""
    left = tuple(row for row in before.rules if row["rule_id"] != rule_id)
    outcome = _shown(municipality, tree, before, left, known[rule_id])
    if yes:
        take_out_last(municipality, RULES, which=lambda row: row["rule_id"] == rule_id)
        _log(municipality, known[rule_id], "remove", function, outcome.facts)
    return _told(outcome, name, rule_id, "removed" if yes else "")


def changes_of_rules(
    municipality: Municipality, rules: Iterable[Mapping], *, tree: "CategoryTree", before: "Deciding | None" = None
) -> Finding:
    """Show which lines and kroner would change category if these were the rules.

    Only rows that another rule decides than now are placed anew, so that shares are of those rows.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    rules : iterable of mapping
        Rows as of rules.csv.
    tree : CategoryTree
        The tree the municipality uses.
    before : Deciding, optional
        What decides now, by default as the folder stands.
    """
    from procurement_kit.analyses.moves import analyse_moves
    from procurement_kit.classifier.change import count_moves, redecided

    before = before or deciding_now(municipality, tree)
    after = replace(before, rules=tuple(rules))
    rows = redecided(_rows(municipality), tree, before=before, after=after)
    first = next(rows, None)
    if first is not None:  # the classifier is opened only where it has a say
        classifier = classifier_in(municipality)
        before, after = replace(before, classifier=classifier), replace(after, classifier=classifier)
    moves = count_moves(chain([first] if first is not None else [], rows), tree, before=before, after=after)
    return analyse_moves(moves, tree=tree)


def _opened(name: str) -> tuple[Municipality, "CategoryTree"]:
    from procurement_kit.classifier.tree import tree_of

    municipality = store.open_municipality(name)
    require_lines(municipality)
    return municipality, tree_of(municipality)


def _rows(municipality: Municipality) -> "Iterable[pa.RecordBatch]":
    from procurement_kit.steps.spend_cube import placed_rows

    return store.batches_of(placed_rows(municipality), municipality, size=ROWS_AT_A_TIME)


def _checked(municipality: Municipality, deciding: "Deciding", tree: "CategoryTree") -> dict:
    from procurement_kit.classifier.rule_checks import count_matches, rule_conflicts, rule_effects

    matches = count_matches(_rows(municipality), deciding.rules, deciding.decisions, tree)
    effects, conflicts = rule_effects(matches), rule_conflicts(matches)
    return {"rules": effects.to_dict("records"), "conflicts": conflicts.to_dict("records")}


def _shown(
    municipality: Municipality, tree: "CategoryTree", before: "Deciding", rules: tuple[Mapping, ...], about: Mapping
) -> Outcome:
    """What changes if these are the rules, and the conflicts there are then."""
    finding = changes_of_rules(municipality, rules, tree=tree, before=before)
    checked = _checked(municipality, replace(before, rules=rules), tree)
    pairs = finding.table.to_dict("records")
    facts = {
        "rule": {name: value for name, value in about.items() if value is not None},
        "effect": next((rule for rule in checked["rules"] if rule["rule_id"] == about["rule_id"]), None),
        "line_count": finding.numbers["moved_line_count"].value,
        "net_amount": sum((row["net_amount"] for row in pairs), finding.numbers["moved_amount"].value * 0),
        "absolute_amount": finding.numbers["moved_amount"].value,
        "changes": [{name: value for name, value in row.items() if name != "moved_share"} for row in pairs],
        "conflicts": checked["conflicts"],
    }
    head = f"{so_many(facts['line_count'], 'line')} ({facts['net_amount']:,.2f}) would change category."
    words = [_rule_words(facts["effect"])] if facts["effect"] else []
    words += [head, *map(pair_words, pairs[:PAIRS_SAID])]
    words += [f"  … and {len(pairs) - PAIRS_SAID} more"] if len(pairs) > PAIRS_SAID else []
    return Outcome(facts, (*words, *map(_conflict_words, facts["conflicts"])))


def _told(outcome: Outcome, name: str, rule_id: str, saved: str) -> Outcome:
    if saved:
        last = (f"Rule {rule_id} is {saved}.", f"Next: procurement-kit classify {name}")
    else:
        last = ("Nothing has been saved. To save it, run the same again with --yes --by FUNCTION.",)
    return Outcome(outcome.facts | {"saved": bool(saved)}, (*outcome.sentences, *last))


def _new_row(cells: Mapping[str, str], rules: tuple[Mapping, ...], tree: "CategoryTree") -> dict:
    from procurement_kit.classifier.rules import CELLS, normalised

    code = cells.get("category", "").removeprefix("category=").strip()
    tree[code]  # refuses what is not in it, and names the nearest
    supplier, account = (cells.get(name, "").strip() for name in ("supplier", "account"))
    number = _COMPANY.fullmatch(supplier.replace(" ", "").upper())
    supplier = number["digits"] if number else supplier
    has_letters = any(character.isalpha() for character in account)
    row = {
        "supplier_number" if number else "supplier_name": supplier,
        "account_name" if has_letters else "account_number": account,
        **{name: cells.get(name, "").strip() for name in ("text", "unit", "holds_for")},
    }
    filled = {name: value for name, value in row.items() if value}
    if not any(normalised(name, filled.get(name)) for name in CELLS):
        raise ParameterError(
            "The rule says nothing to match on; it would decide every line.",
            expected="at least one of --supplier, --account, --text and --unit",
            todo="say what it looks at",
        )
    if any(map(count_person_numbers, filled.values())):
        raise ParameterError("The rule holds what looks like a personal number.", todo="leave the number out")
    numbers = [int(found[1]) for rule in rules if (found := _NUMBERED.fullmatch(rule["rule_id"]))]
    return {"rule_id": f"R-{max(numbers, default=0) + 1:03d}", "category_code": code, **filled}


def _log(municipality: Municipality, row: Mapping, what: str, function: str, facts: Mapping) -> None:
    from procurement_kit.classifier.rules import CELLS

    cells = "; ".join(f"{RULES[name].heading}: {row[name]}" for name in CELLS if row.get(name))
    said = f"{row['rule_id']} {_SAVED[municipality.language][what]}: {cells} → {row['category_code']}"
    sums = {"amount": facts["net_amount"], "line_count": facts["line_count"]}
    record_decision(municipality, kind="category", what=said, decided_by=function, **sums)


def _rule_words(rule: Mapping) -> str:
    told = " ".join(str(part) for part in (rule["decided_by"] or "nobody named", rule["decided_date"] or "") if part)
    head = f"{rule['rule_id']} ({rule['rule_scope']}) → {rule['category_code']}, by {told}: "
    if rule["rule_status"] == "never_matches":
        return f"{head}matches no line."
    if rule["rule_status"] == "always_overridden":
        lines, by = rule["matched_line_count"], rule["overridden_by"]
        theirs = f"{so_many(lines, 'line')} ({rule['matched_amount']:,.2f})"
        return f"{head}decides nothing; {by} decides its {theirs}."
    return f"{head}decides {so_many(rule['line_count'], 'line')} ({rule['net_amount']:,.2f})."


def _conflict_words(conflict: Mapping) -> str:
    lines = f"{so_many(conflict['line_count'], 'line')} ({conflict['net_amount']:,.2f})"
    pair = f"{conflict['rule_id']} says {conflict['category_code']}, {conflict['other_rule_id']} says"
    return f"Conflict on {lines}: {pair} {conflict['other_category_code']}."
