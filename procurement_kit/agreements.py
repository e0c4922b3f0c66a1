"""What does the command around the contract register do: show it, take in a published one, fill in what it lacks?

One function per task, as in the workbench: it opens the rooms it needs and returns an `Outcome` with the counts and the
same in plain words.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree
    from procurement_kit.dialogue.register_file import RegisterChange
    from procurement_kit.intake.register_profiles import HeldBack
    from procurement_kit.steps.contract_register import Term

EXPIRING_MONTHS = 12
SHOWN = 10


# --- the register as it is ------------------------------------------------------------------------------------------


def show_register(name: str, *, today: date | None = None) -> Outcome:
    """Say what the register holds: in force, expiring, lacking, overlapping, and suppliers that never occur."""
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.contract_register import overlapping_terms, read_contracts

    municipality, today = store.open_municipality(name), today or date.today()
    tree = tree_of(municipality)
    register = read_contracts(municipality, tree)
    terms, seen = _terms(municipality, register)
    overlaps = overlapping_terms(terms, tree)
    facts = {
        "contracts": len({row["contract_number"] for row in register.contracts}),
        "rows": len(register.contracts),
        "on": today.isoformat(),
        **_by_days(terms, today),
        "without_categories": _numbers(row for row in register.contracts if not row["category_codes"]),
        "without_company_number": _numbers(row for row in register.contracts if not row["supplier_number"]),
        "without_last_day": _numbers(row for row in register.contracts if not row["valid_to_date"]),
        "overlaps": [_plain(row) for row in overlaps],
        "suppliers_that_never_occur": _never_occur(terms, seen),
        "agreed_prices": len(register.items),
    }
    return Outcome(facts, _state_words(name, facts))


def _terms(municipality: Municipality, register: object) -> "tuple[list[Term], frozenset[str] | None]":
    """The register spelt out, and all supplier keys on the lines; None where no cube has been built."""
    from procurement_kit.errors import NoDataError
    from procurement_kit.steps.contract_register import contract_terms
    from procurement_kit.steps.spend_cube import read_record
    from procurement_kit.steps.supplier_identities import known_suppliers

    try:
        read_record(municipality)
    except NoDataError:
        return contract_terms(register, municipality.name, {}), None
    known = known_suppliers(municipality)
    terms = contract_terms(register, municipality.name, known.keys_of_name, (), known.keys_of_number)
    return terms, frozenset(known.labels)


def _by_days(terms: "Iterable[Term]", today: date) -> dict[str, list[str]]:
    """Numbers of contracts by where the day lies in their span, the widest of a contract's rows."""
    spans: dict[str, tuple[date, date]] = {}
    for term in terms:
        first, last = spans.get(term.number, (term.first, term.last))
        spans[term.number] = min(first, term.first), max(last, term.last)
    soon = _months_after(today, EXPIRING_MONTHS)
    found: dict[str, list[str]] = {"in_force": [], "expiring": [], "expired": [], "not_begun": []}
    for number, (first, last) in sorted(spans.items()):
        if first > today:
            found["not_begun"].append(number)
        elif last < today:
            found["expired"].append(number)
        else:
            found["in_force"].append(number)
            found["expiring"] += [number] if last <= soon else []
    return found


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


def _never_occur(terms: "list[Term]", seen: frozenset[str] | None) -> list[str] | None:
    from procurement_kit.steps.contract_register import suppliers_without_lines

    return None if seen is None else suppliers_without_lines(terms, seen)


def _numbers(rows: Iterable[Mapping]) -> list[str]:
    return sorted({row["contract_number"] for row in rows})


def _plain(row: Mapping) -> dict:
    return {key: list(value) if isinstance(value, tuple) else value and str(value) for key, value in row.items()}


def _state_words(name: str, facts: Mapping) -> tuple[str, ...]:
    if not facts["contracts"]:
        todo = f"procurement-kit contracts {name} --import FILE --profile P"
        return (f"«{name}» has no contract register. Fill in contracts.csv, or take a published one in: {todo}",)
    counted = {key: len(value) for key, value in facts.items() if isinstance(value, list)}
    words = [
        f"{so_many(facts['contracts'], 'contract')} in {so_many(facts['rows'], 'row')}: {counted['in_force']} in "
        f"force on {facts['on']}, of which {counted['expiring']} end within {EXPIRING_MONTHS} months; "
        f"{counted['not_begun']} not begun, {counted['expired']} expired."
    ]
    lacking = {
        "without categories": "without_categories",
        "without a CVR-nummer": "without_company_number",
        "without a last day, taken to run until they are ended": "without_last_day",
    }
    words += [f"{counted[key]} {said}: {_some(facts[key])}." for said, key in lacking.items() if counted[key]]
    if counted["without_categories"] or counted["without_company_number"]:
        words.append(f"Next: procurement-kit contracts {name} --propose contracts_to_confirm.xlsx")
    pairs = [f"{row['contract_number']} and {row['other_number']}" for row in facts["overlaps"]]
    if pairs:
        words.append(f"Two contracts with one supplier for the same category and days, look again: {_some(pairs)}.")
    never = facts["suppliers_that_never_occur"]
    if never is None:
        words.append("Which suppliers never occur cannot be told before lines have been imported and classified.")
    elif never:
        words.append(f"{so_many(len(never), 'contract')} whose supplier is on no line: {_some(never)}.")
    return tuple(words)


def _some(found: Sequence[str]) -> str:
    more = f" … and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


# --- a register as published ----------------------------------------------------------------------------------------


def import_register(name: str, path: Path, *, profile: str, is_told: bool = False) -> Outcome:
    """Take a published register in through a profile; rows that cannot be used are held back with every reason.

    What would change rows that are there is said first, and written when it has been agreed to.
    """
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.dialogue.register_file import put_contracts
    from procurement_kit.intake.register_profiles import find_register_profile, read_published_register

    municipality = store.open_municipality(name)
    taken, held = read_published_register(Path(path), find_register_profile(profile, municipality))
    usable, refused = _checked(taken, tree_of(municipality))
    held = sorted([*held, *refused], key=lambda row: row.row)
    change = put_contracts(municipality, usable, is_told=is_told)
    is_written = is_told or not change.changed
    reasons = Counter(reason for row in held for reason in row.reasons)
    facts = {
        "rows_read": len(taken) + len(held) - len(refused),
        "taken": len(usable),
        **_change_facts(change, is_written),
        "held_back": [{"row": row.row, "contract": row.contract, "reasons": list(row.reasons)} for row in held],
        "held_back_reasons": dict(sorted(reasons.items())),
    }
    command = f"procurement-kit contracts {name} --import {quote(str(path))} --profile {quote(profile)} --yes"
    return Outcome(facts, (*_change_words(change, is_written, command), *_held_words(held)))


def _checked(rows: Mapping[int, dict], tree: "CategoryTree") -> "tuple[list[dict], list[HeldBack]]":
    """The rows that can be used, and those that are ill formed or stand twice, held back."""
    from procurement_kit.dialogue.register_file import contract_key
    from procurement_kit.intake.register_profiles import HeldBack
    from procurement_kit.steps.contract_register import contract_problems

    usable, held, first = [], [], {}
    for number, row in rows.items():
        reasons = [problem.split(": ", 1)[1] for problem in contract_problems(row, tree)]
        if (place := first.setdefault(contract_key(row), number)) != number:
            reasons.append(f"stands in row {place} already")
        if reasons:
            held.append(HeldBack(number, f"{row['contract_number']} · {row['contract_title']}", tuple(reasons)))
        else:
            usable.append(row)
    return usable, held


def _change_facts(change: "RegisterChange", is_written: bool) -> dict:
    counts = {"added": len(change.added), "changed": list(change.changed), "unchanged": change.same_count}
    return {**counts, "kept": change.kept_count, "written": is_written and change.is_change}


def _change_words(change: "RegisterChange", is_written: bool, command: str) -> list[str]:
    words = [
        f"{so_many(len(change.added), 'row')} added, {len(change.changed)} changed, {change.same_count} as they were; "
        f"{change.kept_count} stand in contracts.csv only and are kept."
    ]
    words += [f"  {said}" for said in change.changed[:SHOWN]]
    if len(change.changed) > SHOWN:
        words.append(f"  … and {len(change.changed) - SHOWN} more; --json lists all.")
    if not is_written:
        words[0] = f"Nothing was written yet. It would be: {words[0]}"
        words.append(f"To write it: {command}")
    elif change.is_change:
        words.append("Wrote contracts.csv. Next: run classify again, so that lines are held against it.")
    return words


def _held_words(held: "Sequence[HeldBack]") -> list[str]:
    if not held:
        return []
    words = [f"{so_many(len(held), 'row')} held back:"]
    words += [f"  row {row.row}, {row.contract}: {'; '.join(row.reasons)}" for row in held[:SHOWN]]
    return words + ([f"  … and {len(held) - SHOWN} more; --json lists all."] if len(held) > SHOWN else [])


# --- what the register lacks ----------------------------------------------------------------------------------------


def propose(name: str, path: Path) -> Outcome:
    """Write proposed categories and company numbers of contracts as a workbook to confirm."""
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.dialogue.contract_workbook import write_contract_details
    from procurement_kit.steps.contract_details import propose_contract_details
    from procurement_kit.steps.contract_register import read_contracts
    from procurement_kit.steps.spend_cube import read_cube

    municipality = store.open_municipality(name)
    tree = tree_of(municipality)
    proposals = propose_contract_details(read_cube(municipality), read_contracts(municipality, tree), tree)
    if not len(proposals):
        return Outcome({"rows": 0}, ("Every contract has categories and a company number: there is nothing to ask.",))
    written = write_contract_details(municipality, proposals, Path(path))
    facts = {
        "rows": len(proposals),
        "with_categories": int(proposals["category_codes"].notna().sum()),
        "with_company_number": int(proposals["supplier_number"].notna().sum()),
        "not_found": int((proposals["match_reason"] == "not_found").sum()),
        "paths": {"proposals": str(written)},
    }
    words = (
        f"Wrote {so_many(facts['rows'], 'contract row')} to {written}: {facts['with_categories']} with categories and "
        f"{facts['with_company_number']} with a company number; {facts['not_found']} suppliers are on no line.",
        f"Next: say yes or no in it, then procurement-kit contracts {name} --read {quote(str(path))} --by FUNCTION",
    )
    return Outcome(facts, words)


def read_confirmed(name: str, path: Path, *, by: str) -> Outcome:
    """Put confirmed categories and company numbers into the register; bad rows come back with the reason."""
    from procurement_kit.decision_log import checked_function, record_decision
    from procurement_kit.dialogue.contract_workbook import read_contract_details
    from procurement_kit.dialogue.register_file import contract_key, put_contracts

    municipality, by = store.open_municipality(name), checked_function(by)
    found = read_contract_details(municipality, Path(path))
    known = {contract_key(row) for row in _register_rows(municipality)}
    rows = [row for row in found.rows if contract_key(row) in known]
    gone = [f"{row['contract_number']}: is not in contracts.csv any more" for row in found.rows if row not in rows]
    change = put_contracts(municipality, rows, is_told=True)
    if change.is_change:
        what = f"Kategorier og CVR-numre godkendt for {len(change.changed)} aftaler (contracts.csv)."
        record_decision(municipality, kind="other", what=what, decided_by=by)
    refused = [*found.refused, *gone]
    counts = {"unanswered": found.unanswered_count, "declined": found.declined_count}
    facts = {"confirmed": len(rows), "changed": list(change.changed), **counts, "refused": refused}
    words = [
        f"{so_many(len(rows), 'row')} confirmed, {len(change.changed)} of them changed contracts.csv; "
        f"{counts['declined']} declined, {counts['unanswered']} without an answer."
    ]
    words += [f"Not used: {reason}." for reason in refused]
    if change.is_change:
        words.append("It stands in the decision log. Next: run classify again.")
    return Outcome(facts, tuple(words))


def _register_rows(municipality: Municipality) -> tuple[dict, ...]:
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.contract_register import read_contracts

    return read_contracts(municipality, tree_of(municipality)).contracts
