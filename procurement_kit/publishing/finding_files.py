"""How does somebody else's program get at every figure of a report?

Each table of each finding as CSV (for Excel: semicolons, byte order mark, decimals as the language writes them) and as
Parquet (exact decimals), and `headings.csv`, which says what each column is. Persons have left the findings before.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.decision_log import csv_cell
from procurement_kit.findings import Finding
from procurement_kit.outgoing import outgoing
from procurement_kit.publishing.formats import unit_of_column
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FOLDER, HEADINGS = "findings", "headings.csv"


def write_finding_files(folder: Path, findings: Sequence[Finding], writer: Writer) -> Path:
    """Write all tables of all findings.

    Parameters
    ----------
    folder : Path
        The report's folder; the files lie in `findings/` in it.
    findings : sequence of Finding
        Theirs are the files `<finding>.<table>.csv` and `.parquet`.
    writer : Writer
        For headings and decimal marks.

    Returns
    -------
    Path
        The folder `findings/`.

    Raises
    ------
    PrivacyError
        If a personal number would leave the house.
    """
    import pyarrow.parquet as pq

    room, headings = folder / FOLDER, []
    for finding in findings:
        for name, content in finding.tables.items():
            file = f"{finding.key}.{name}"
            rows = [[plain(value) for value in row] for row in content.itertuples(index=False, name=None)]
            write_csv(room / f"{file}.csv", list(content.columns), rows, writer)
            with outgoing(room / f"{file}.parquet") as unfinished:
                pq.write_table(arrow_table(content), unfinished)
            headings += [[file, column, _heading(column, writer), unit_of_column(column)] for column in content.columns]
    write_csv(room / HEADINGS, ["table", "column", "heading", "unit"], headings, writer)
    return room


def arrow_table(content: "pd.DataFrame") -> "pa.Table":
    """A finding's table with exact decimals; a column of mixed values becomes text."""
    import pyarrow as pa

    return pa.table({name: _array([plain(value) for value in content[name]]) for name in content.columns})


def _array(values: list) -> "pa.Array":
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def write_csv(path: Path, headings: Sequence[str], rows: Sequence[Sequence], writer: Writer) -> None:
    """Write rows as CSV for Excel, unless a personal number stands in them."""
    mark = "," if writer.formats.language == "da" else "."
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(headings)
    lines.writerows([_cell(value, mark) for value in row] for row in rows)
    with outgoing(path) as unfinished:
        unfinished.write_bytes(text.getvalue().encode("utf-8-sig"))


def _cell(value: object, mark: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (Decimal, float)):
        return format(value, "f").replace(".", mark) if isinstance(value, Decimal) else repr(value).replace(".", mark)
    if isinstance(value, (int, date)):
        return str(value)
    return csv_cell(str(value))


def _heading(column: str, writer: Writer) -> str:
    known = writer.entry("columns")
    plain_name = column.removesuffix("_da").removesuffix("_en")
    return str(known.get(column, known.get(plain_name, column)))
