"""Which price indices and next steps has the municipality supplied?

`price_indices.csv` and `opportunity_steps.csv` in its folder; both may be missing. All problems are said at once.
"""

from procurement_kit.errors import TableError
from procurement_kit.price_levels import PriceLevels
from procurement_kit.report_tables import OPPORTUNITY_STEPS, PRICE_INDICES
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_own_table


def read_price_levels(municipality: Municipality) -> PriceLevels:
    """Read the price indices that somebody has confirmed.

    Parameters
    ----------
    municipality : Municipality
        Whose folder.

    Returns
    -------
    PriceLevels
        Empty where there is no file.

    Raises
    ------
    TableError
        With every problem of the file.
    """
    problems: list[str] = []
    rows = read_own_table(municipality, PRICE_INDICES, problems)
    problems += [
        f"price_indices.csv: «{row['index_kind']} {row['index_code'] or ''} {row['index_year']}»: index not above 0"
        for row in rows
        if row["index_value"] <= 0
    ]
    _refuse(problems)
    confirmed = [row for row in rows if row["confirmed_by"]]
    return PriceLevels(
        {(row["index_kind"], row["index_code"] or "", row["index_year"]): row["index_value"] for row in confirmed},
        "; ".join(sorted({row["source"] for row in confirmed})),
        len(rows) - len(confirmed),
    )


def read_opportunity_steps(municipality: Municipality) -> tuple[dict, ...]:
    """Read who owns a lever, how much work it is and what comes next.

    Parameters
    ----------
    municipality : Municipality
        Whose folder.

    Returns
    -------
    tuple of dict
        Rows as they stand in the file; none where there is no file.

    Raises
    ------
    TableError
        With every cell that cannot be used.
    """
    problems: list[str] = []
    rows = read_own_table(municipality, OPPORTUNITY_STEPS, problems)
    _refuse(problems)
    return tuple(rows)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise TableError(
            "The tables of the report cannot be used.",
            problems=problems,
            expected="the columns and values of data_templates/",
            todo="correct the cells named and save the file",
        )
