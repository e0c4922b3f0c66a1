"""Who is the same supplier in any list of names?

What `procurement-kit match-suppliers` does: reads a CSV as intake reads one, leaves every row, its order and its
columns as they are, and adds who each supplier is. Needs no municipality; personal numbers are masked on the way out.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, nearest
from procurement_kit.findings import Outcome
from procurement_kit.names import TOKEN
from procurement_kit.outgoing import outgoing
from procurement_kit.personal_numbers import BLANK, blank, is_personal_number
from procurement_kit.suppliers.matching import FOUND, MatchedSuppliers, match_suppliers

if TYPE_CHECKING:
    import pandas as pd

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9.,\s]*[0-9]-?%?")
_FRACTION = re.compile(r"[+-]?\d+[.,]\d{1,4}", re.ASCII)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class NameList:
    """A list of suppliers as it was printed.

    Parameters
    ----------
    headings : list of str
    columns : list of list of str
        Cells of each heading.
    delimiter : str
    """

    headings: list[str]
    columns: list[list[str]]
    delimiter: str

    @property
    def row_count(self) -> int:
        """Rows below the headings."""
        return len(self.columns[0])

    def column(self, heading: str) -> list[str]:
        """Cells of one column."""
        return self.columns[self.headings.index(heading)]


def match_list(names: Path, out: Path, *, columns: Mapping[str, str]) -> Outcome:
    """Find who is the same supplier in a list, and write the list with what was found.

    Parameters
    ----------
    names : Path
        A CSV file with headings; encoding and delimiter are found.
    out : Path
        Where the list is written, with `supplier_key`, `supplier_label`, `match_score` and `match_evidence` behind its
        columns. Doubtful pairs go to a second file beside it, with `_doubtful` in its name.
    columns : mapping
        Which heading holds what: `supplier_name`, and where there are such columns `supplier_number` (company number),
        `supplier_account_number` (creditor number), `address`, `postcode`, `city`; empty headings are passed over.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is empty, no table, or rows do not fit the headings.
    ParameterError
        If a column is not there, or the file written would be the one that is read.
    """
    _refuse_places(names, out)
    asked = {name: heading for name, heading in columns.items() if heading}
    listed = _read(names, asked)
    matched = match_suppliers(_printed(listed, asked))
    masked = _write_list(out, listed, matched.clusters)
    doubtful = out.with_name(f"{out.stem}_doubtful.csv")
    has_doubtful = len(matched.doubtful) > 0
    if has_doubtful or doubtful.exists():
        _write_rows(
            doubtful, list(matched.doubtful.columns), matched.doubtful.itertuples(index=False), listed.delimiter
        )
    return _outcome(listed, matched, out, doubtful if has_doubtful else None, masked)


def _refuse_places(names: Path, out: Path) -> None:
    if not names.is_file():
        raise InputNotFoundError(
            f"There is no file «{blank(str(names))}».", expected="an existing CSV file", todo="correct the path"
        )
    if out.suffix.casefold() != ".csv":
        raise ParameterError(
            f"«{blank(out.name)}» is no CSV file.", expected="a name that ends in .csv", todo="correct --out"
        )
    places = {out.resolve(), out.with_name(f"{out.stem}_doubtful.csv").resolve()}
    if names.resolve() in places:
        raise ParameterError(
            "The list that is read would be overwritten.", expected="another file to write", todo="change --out"
        )


# --- reading --------------------------------------------------------------------------------------------------------


def _read(path: Path, asked: Mapping[str, str]) -> NameList:
    from procurement_kit.intake.csv_cells import CsvFile
    from procurement_kit.intake.profiles import Profile

    file = CsvFile(path, Profile("name_list", "1", "unknown", "positive_is_spend", {}))
    _refuse_headings(file.name, file.header, list(asked.values()))
    columns: list[list[str]] = [[] for _ in file.header]
    problems: list[str] = []
    for rows in file.batches():
        problems += rows.problems.values()
        for cells, found in zip(columns, rows.columns, strict=True):
            cells += [cell or "" for cell in found.to_pylist()]
    if problems:
        raise FileFormatError(
            f"{file.name}: rows do not fit the headings.",
            problems=problems,
            expected="as many cells as headings in every row, cells with a delimiter in them quoted",
            todo="correct the rows; nothing was written",
        )
    if not columns[0]:
        raise FileFormatError(f"{file.name} holds headings and no rows.", expected="suppliers", todo="choose another")
    return NameList(file.header, columns, file.delimiter)


def _refuse_headings(name: str, headings: list[str], asked: list[str]) -> None:
    missing = [wanted for wanted in asked if wanted not in headings]
    if missing:
        raise ParameterError(
            f"{name} has no column «{blank(missing[0])}».{nearest(missing[0], headings)}",
            expected=f"one of {', '.join(blank(heading) for heading in headings)}",
            todo="correct --column, --number or what else names a column",
        )
    taken = [heading for heading in FOUND if heading in headings]
    twice = sorted({heading for heading in asked if headings.count(heading) > 1})
    if taken or twice:
        raise ParameterError(
            f"{name} has the column «{blank((taken or twice)[0])}» {'already' if taken else 'twice'}.",
            expected=f"every heading once, and none of {', '.join(FOUND)}",
            todo="rename the column in the file",
        )


def _printed(listed: NameList, asked: Mapping[str, str]) -> "pd.DataFrame":
    """What was asked for; what holds a personal number, or says that it is a person, is a person's own row."""
    import pandas as pd

    from procurement_kit.intake.privacy import names_a_person

    printed = pd.DataFrame({name: listed.column(heading) for name, heading in asked.items()}, dtype=object)
    names = printed["supplier_name"]
    numbers = printed.get("supplier_number", pd.Series("", index=printed.index))
    is_person = pd.Series([
        bool(re.search(TOKEN, name)) or _masked(name) != name or is_personal_number(found)
        or (not found.strip() and names_a_person(name))
        for name, found in zip(names, numbers, strict=True)
    ], index=printed.index)  # fmt: skip
    rows = [f"row {row}" for row in range(2, len(printed) + 2)]
    accounts = printed.get("supplier_account_number", pd.Series("", index=printed.index))
    return printed.assign(
        supplier_number=numbers.mask(is_person, None),
        supplier_kind=is_person.map({True: "person", False: "company"}),
        supplier_account_number=accounts.mask(is_person, pd.Series(rows, index=printed.index)),
    )


# --- writing --------------------------------------------------------------------------------------------------------


def _write_list(out: Path, listed: NameList, clusters: "pd.DataFrame") -> int:
    """Write the list with what was found; how many cells were masked."""
    added = [["" if value is None else str(value) for value in clusters[name]] for name in FOUND]
    columns = [[_masked(cell) for cell in cells] for cells in listed.columns]
    masked = sum(
        new != old
        for cells, printed in zip(columns, listed.columns, strict=True)
        for new, old in zip(cells, printed, strict=True)
    )
    _write_rows(out, [*listed.headings, *FOUND], zip(*columns, *added, strict=True), listed.delimiter)
    return masked


def _write_rows(path: Path, headings: list[str], rows, delimiter: str) -> None:  # noqa: ANN001
    with outgoing(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow([_harmless(_masked(heading)) for heading in headings])
        writer.writerows([_harmless(_masked("" if cell is None else str(cell))) for cell in row] for row in rows)


def _masked(cell: str) -> str:
    """A cell without personal numbers and without the tokens that stand for them; an amount stays."""
    if _FRACTION.fullmatch(cell) or sum(map(str.isdigit, cell)) < 6 and "CPR-" not in cell:
        return cell
    return blank(re.sub(TOKEN, BLANK, cell))


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula; a negative amount is none.

    Examples
    --------
    >>> _harmless("=1+1"), _harmless("-12,50"), _harmless("Nordby")
    ("'=1+1", '-12,50', 'Nordby')
    """
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(cell) else cell


def _outcome(listed: NameList, matched: MatchedSuppliers, out: Path, doubtful: Path | None, masked: int) -> Outcome:
    facts = {
        "rows": listed.row_count,
        "suppliers": int(matched.clusters["supplier_key"].nunique()),
        "merges": len(matched.merges),
        "doubtful_pairs": len(matched.doubtful),
        "masked_cells": masked,
        "written": str(out),
        "doubtful_written": str(doubtful) if doubtful else None,
    }
    said = [
        f"{facts['rows']:,} rows are {facts['suppliers']:,} suppliers; {facts['merges']:,} times two names were joined "
        "that are spelt differently. Every row says why.",
        f"Written: {out}",
    ]
    if doubtful:
        said.append(f"{facts['doubtful_pairs']:,} pairs are likely the same but were not joined; look at {doubtful}")
    if masked:
        said.append(f"{masked:,} cells held something that looks like a personal number; it was masked.")
    return Outcome(facts, tuple(said))
