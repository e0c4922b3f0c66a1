"""Why does a line lie where it lies? What `procurement-kit explain` answers.

Opens the rooms in their order and returns an `Outcome` with the figures and the same in plain words.
"""

from dataclasses import asdict

from procurement_kit import store
from procurement_kit.findings import Outcome


def explain(name: str, line_id: str) -> Outcome:
    """Say what decided a line's category, and what spoke for it and for the runner-up.

    Parameters
    ----------
    name : str
        Folder name of the municipality.
    line_id : str
        Identity of the line.
    """
    from procurement_kit.review.explained import explain_line

    told = explain_line(store.open_municipality(name), line_id)
    facts = {
        "line_id": told.line_id,
        "category_code": told.category_code,
        "category_source": told.category_source,
        "category_reason": told.category_reason,
        "model": told.model and asdict(told.model),
    }
    return Outcome(facts, told.sentences)
