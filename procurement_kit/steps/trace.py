"""How did one invoice line become what the report says about it?

One row per column of the spend cube, in the order the steps added them, made from the list of columns alone; what was
joined to find the supplier stands after its step. The reference of the person who ordered is left out.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError
from procurement_kit.exact import records
from procurement_kit.tables import INVOICE_LINES, STEPS

if TYPE_CHECKING:
    import ibis
    import pandas as pd

PERSONAL = ("buyer_reference",)


def trace_line(
    cube: "ibis.Table", line_id: str, *, story_of: "Callable[[str | None], list[tuple[str, str, str]]] | None" = None
) -> "pd.DataFrame":
    """Follow one line through all steps.

    Parameters
    ----------
    cube : ibis.Table
        The spend cube, or the lines after any step.
    line_id : str
        Identity of the line.
    story_of : callable, optional
        Gives for a supplier key further rows (column, heading, value): what was joined for it, and its links.

    Returns
    -------
    pandas.DataFrame
        Columns `step`, `column`, `heading`, `value`; empty values are None.

    Raises
    ------
    ParameterError
        If there is no such line.
    """
    import pandas as pd

    found = records(cube.filter(cube.line_id == line_id))
    if not found:
        raise ParameterError(
            f"There is no line «{line_id}».", expected="a line_id of the spend cube", todo="copy it whole"
        )
    line = found[0]
    rows = [
        (step, column.name, column.heading, line[column.name])
        for step in STEPS
        for column in INVOICE_LINES.columns
        if column.added_by == step and column.name in line and column.name not in PERSONAL
    ]
    if story_of:
        told = [("suppliers", *row) for row in story_of(line.get("supplier_key"))]
        place = max((n for n, row in enumerate(rows, start=1) if row[0] == "suppliers"), default=len(rows))
        rows[place:place] = told
    return pd.DataFrame(rows, columns=["step", "column", "heading", "value"], dtype=object)
