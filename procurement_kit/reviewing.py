"""What does the command around review do: workbook out, workbook in, rules of what is unanimous?

One function per use, as in the workbench: it opens the rooms it needs and returns an `Outcome` with the counts and the
same in plain words. Nothing is computed here.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    import pandas as pd

RULES_SHOWN = 30


def write_review(name: str, *, count: int = 0, order: str = "kroner") -> Outcome:
    """Write the groups to review as a workbook; zero for the usual number of groups."""
    from procurement_kit.review.workbook import MOST_GROUPS
    from procurement_kit.review.workbook import write_review as written

    return written(store.open_municipality(name), count=count or MOST_GROUPS, order=order)


def read_review(name: str, path: Path, *, by: str = "") -> Outcome:
    """Read a review back: usable answers are decisions, the others come back with reasons."""
    from procurement_kit.review.returned import read_review as review_read

    return review_read(store.open_municipality(name), Path(path), today=date.today(), decided_by=by)


def propose_rules(name: str, *, confirmed: bool = False) -> Outcome:
    """Show the rules that unanimous decisions amount to, and save them when told to."""
    from procurement_kit.review import unanimous

    municipality = store.open_municipality(name)
    proposed = unanimous.propose_rules(municipality)
    saved = unanimous.save_rules(municipality, proposed) if confirmed else 0
    facts = {"rules": _as_facts(proposed), "proposed": len(proposed), "saved": saved}
    words = [f"Rules that unanimous decisions amount to and that are not there yet: {len(proposed)}."]
    words += [_rule_words(municipality, rule) for rule in proposed.head(RULES_SHOWN).to_dict("records")]
    if len(proposed) > RULES_SHOWN:
        words.append(f"  … and {len(proposed) - RULES_SHOWN} more; --json lists all.")
    if saved:
        facts["paths"] = {"rules": str(municipality.folder / "rules.csv")}
        words.append(f"Saved in rules.csv. Next: procurement-kit classify {name}")
    elif len(proposed):
        words.append(f"Nothing was saved. To save them: procurement-kit review {name} --propose-rules --yes")
    return Outcome(facts, tuple(words))


def _as_facts(proposed: "pd.DataFrame") -> list[dict]:
    return [
        {name: value if value is None or isinstance(value, int) else str(value) for name, value in rule.items()}
        for rule in proposed.to_dict("records")
    ]


def _rule_words(municipality: Municipality, rule: dict) -> str:
    from procurement_kit.review.decisions import label_of

    return (
        f"  {rule['rule_id']}  {rule['category_code']:<8} {label_of(rule)}: "
        f"{so_many(rule['decision_count'], 'decision')}, "
        f"{rule['agreeing_share']:.0%} of {rule['absolute_amount']:,.2f} {municipality.currency} agree, "
        f"{rule['undecided_amount']:,.2f} {municipality.currency} would be decided by the rule alone"
    )
