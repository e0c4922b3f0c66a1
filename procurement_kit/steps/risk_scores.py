"""How risky have people found the supply of each category group, and when?

Scores are a judgement with a reason, a function and a date; nothing is computed from spend. All are kept: a score is
replaced by a later one of the same group, never overwritten.
"""

from procurement_kit.classifier.tree import tree_of
from procurement_kit.errors import TableError, nearest
from procurement_kit.settings import Municipality
from procurement_kit.supplier_tables import SUPPLY_RISK_SCORES
from procurement_kit.templates import read_own_table

LOWEST, HIGHEST = 1, 5
_FILE = f"{SUPPLY_RISK_SCORES.name}.csv"


def read_supply_risk_scores(municipality: Municipality) -> tuple[dict, ...]:
    """Read the municipality's scores of supply risk.

    Parameters
    ----------
    municipality : Municipality
        Whose `supply_risk_scores.csv`.

    Returns
    -------
    tuple of dict
        One per row: `category_code`, `supply_risk_score` (1 to 5), `reason`, `scored_by`, `scored_date`, oldest first;
        none where there is no file.

    Raises
    ------
    TableError
        With every problem: cells that cannot be used, scores outside 1 to 5, categories that do not exist.
    """
    problems: list[str] = []
    rows = read_own_table(municipality, SUPPLY_RISK_SCORES, problems)
    known = tree_of(municipality).codes
    for row in rows:
        code, score = row["category_code"], row["supply_risk_score"]
        if not LOWEST <= score <= HIGHEST:
            problems.append(f"{_FILE}: {code} has the score {score}, expected {LOWEST} to {HIGHEST}")
        if code not in known:
            problems.append(f"{_FILE}: there is no category «{code}».{nearest(code, known)}")
    if problems:
        raise TableError(
            "The supply risk scores cannot be used.",
            problems=problems,
            expected=f"the columns and values of data_templates/{_FILE}",
            todo="correct the rows named",
        )
    return tuple(sorted(rows, key=lambda row: (row["scored_date"], row["category_code"])))
