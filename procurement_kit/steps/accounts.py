"""What do the municipality's accounts say, per art, and which differences have been explained?

`accounts.csv` in its folder: typed into the template, or downloaded from Statistics Denmark's table REGK31 as CSV with
one row per figure (OMRÅDE;FUNKTION;DRANST;ART;PRISENHED;TID;INDHOLD), one municipality, current prices in 1.000 kr.
Totals among the arts are left out where they equal their parts; any other total is refused, never guessed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from procurement_kit.errors import TableError
from procurement_kit.exact import NOTHING
from procurement_kit.settings import Municipality
from procurement_kit.steps.scope import scope_rules
from procurement_kit.tables import ACCOUNTS, RECONCILIATION_NOTES
from procurement_kit.templates import read_own_table

THOUSAND = Decimal(1000)
HALF_A_THOUSAND = Decimal(500)
DRANSTS = {
    "drift": "1", "statsrefusion": "2", "anlæg": "3", "renter": "4", "finansforskydninger": "5",
    "balanceforskydninger": "5", "afdrag på lån": "6", "finansiering": "7",
}  # fmt: skip
_ART = re.compile(r"S?([0-9])(?:[.,]?([0-9]))?(?:[.,]?0*)(?:[ \u00a0].*)?", re.DOTALL)
_DRANST = re.compile(r"0?([1-9])(?:[ \u00a0.].*)?", re.DOTALL)
_FUNCTION = re.compile(r"([0-9](?:[0-9.]*[0-9])?)(?:[ \u00a0].*)?", re.DOTALL)
_GRAND_TOTALS = ("tot", "ue", "i", "i alt", "i alt (netto)", "bruttoudgifter", "indtægter")


@dataclass(frozen=True)
class Accounts:
    """The accounts and what has been said about them.

    Parameters
    ----------
    rows : tuple of dict
        `accounting_year`, `function_number`, `dranst_code`, `art_code` (one or two digits), `accounts_amount` in
        kroner, `is_in_thousands`.
    notes : tuple of dict
        `accounting_year`, `dranst_code`, `art_code`, `explanation`, `explained_amount`, `explained_by`,
        `explained_date`.
    scope_of_art : dict of str to str
        What purchases of an art are, by art of one or two digits; the longer one wins.
    """

    rows: tuple[dict, ...] = ()
    notes: tuple[dict, ...] = ()
    scope_of_art: Mapping[str, str] = field(default_factory=dict)

    def scope(self, art_code: str) -> str:
        """What an art is; `to_clarify` where no rule knows it.

        Examples
        --------
        >>> Accounts(scope_of_art={"2": "to_clarify", "29": "in_scope"}).scope("29")
        'in_scope'
        """
        return self.scope_of_art.get(art_code) or self.scope_of_art.get(art_code[:1], "to_clarify")


def read_accounts(municipality: Municipality) -> Accounts:
    """Read the municipality's accounts, and the explanations of what differs from them.

    Parameters
    ----------
    municipality : Municipality
        `accounts.csv` and `reconciliation_notes.csv` of its folder, those there are.

    Returns
    -------
    Accounts
        Without rows where there is no `accounts.csv`.

    Raises
    ------
    TableError
        With every problem of both files: cells that cannot be used, two amounts or none, figures per inhabitant,
        several municipalities, totals beside their parts, and figures that stand twice.
    """
    problems: list[str] = []
    rows = _account_rows(read_own_table(municipality, ACCOUNTS, problems), problems)
    notes = _note_rows(read_own_table(municipality, RECONCILIATION_NOTES, problems), problems)
    if problems:
        raise TableError(
            "The accounts cannot be used.",
            problems=problems,
            expected="the columns and values of accounts.csv and reconciliation_notes.csv in data_templates/",
            todo="correct the rows named; each krone must stand in one row only",
        )
    rules = {rule["art_pattern"]: rule["scope_status"] for rule in scope_rules(municipality).to_pylist()}
    return Accounts(tuple(rows), tuple(notes), rules)


# --- codes ----------------------------------------------------------------------------------------------------------


def read_art(text: str) -> str:
    """The art as one or two digits.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> [read_art(text) for text in ("2.9 ØVRIGE VAREKØB", "29", "2,9", "S2", "4")]
    ['29', '29', '29', '2', '4']
    """
    found = _ART.fullmatch(text.strip())
    if not found:
        raise ValueError(f"«{text}» is not an art such as 2.9 or 29")
    return found[1] + (found[2] or "")


def read_dranst(text: str) -> str:
    """The dranst as one digit.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> [read_dranst(text) for text in ("3 ANLÆG", "1", "Drift")]
    ['3', '1', '1']
    """
    bare = text.strip()
    if named := DRANSTS.get(bare.casefold()):
        return named
    found = _DRANST.fullmatch(bare)
    if not found:
        raise ValueError(f"«{text}» is not a dranst such as 1 Drift or 3 Anlæg")
    return found[1]


def read_function(text: str | None) -> str:
    """The digits of main account and function; empty where there is none.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_function("0.28.20 Grønne områder"), read_function(None)
    ('02820', '')
    """
    if not text:
        return ""
    found = _FUNCTION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"«{text}» is not a function such as 0.28.20")
    return found[1].replace(".", "")


# --- accounts -------------------------------------------------------------------------------------------------------


def _account_rows(filled: list[dict], problems: list[str]) -> list[dict]:
    rows = [row for place in filled if (row := _account_row(place, problems))]
    areas = {row["area_name"] for row in filled if row["area_name"]}
    if len(areas) > 1:
        problems.append(f"accounts.csv: holds {len(areas)} municipalities, where one is meant.")
    if len({row["is_in_thousands"] for row in rows}) > 1:
        problems.append("accounts.csv: some rows are in kr. and some in 1.000 kr.")
    problems += _repeats(rows) + _function_totals(rows)
    return _without_art_totals(rows, problems)


def _account_row(row: dict, problems: list[str]) -> dict | None:
    """One figure in kroner; None for a total over all arts, or where something is the matter."""
    where = f"accounts.csv, {_named(row)}"
    if row["art_code"].strip().casefold() in _GRAND_TOTALS:
        return None
    amounts = (row["accounts_amount"], row["accounts_thousand_amount"])
    if (amounts[0] is None) == (amounts[1] is None):
        problems.append(f"{where}: fill in «Beløb i kr.» or «Beløb i 1.000 kr.», one of the two.")
        return None
    if "indb" in (row["price_unit"] or "").casefold():
        problems.append(f"{where}: the figure is per inhabitant; choose «Løbende priser (1.000 kr.)».")
        return None
    try:
        codes = _codes(row) | {"function_number": read_function(row["function_number"])}
    except ValueError as problem:
        problems.append(f"{where}: {problem}.")
        return None
    is_in_thousands = amounts[0] is None
    amount = (amounts[1] * THOUSAND).quantize(NOTHING) if is_in_thousands else amounts[0]
    return {**codes, "accounts_amount": amount, "is_in_thousands": is_in_thousands}


def _codes(row: dict) -> dict:
    return {
        "accounting_year": row["accounting_year"],
        "dranst_code": read_dranst(row["dranst_code"]),
        "art_code": read_art(row["art_code"]),
    }


def _named(row: dict) -> str:
    parts = (row["accounting_year"], row.get("function_number"), row["dranst_code"], row["art_code"])
    return " · ".join(str(part) for part in parts if part)


def _key(row: dict) -> tuple:
    return row["accounting_year"], row["dranst_code"], row["art_code"], row["function_number"]


def _repeats(rows: Iterable[dict]) -> list[str]:
    seen: set[tuple] = set()
    problems = []
    for row in rows:
        if _key(row) in seen:
            problems.append(f"accounts.csv, {_named(row)}: stands twice.")
        seen.add(_key(row))
    return problems


def _function_totals(rows: Iterable[dict]) -> list[str]:
    """Functions that are totals of others beside them: a main account, or no function at all."""
    functions: dict[tuple, set[str]] = defaultdict(set)
    for row in rows:
        functions[_key(row)[:3]].add(row["function_number"])
    totals = {
        (*place, total)
        for place, found in functions.items()
        for total in found
        if any(other != total and other.startswith(total) for other in found)
    }
    return [
        f"accounts.csv, {year} · {dranst} · {art}: {_function_name(total)} stands beside its parts; delete the total."
        for year, dranst, art, total in sorted(totals)
    ]


def _function_name(number: str) -> str:
    return f"function {number}" if number else "a row without a function"


def _without_art_totals(rows: list[dict], problems: list[str]) -> list[dict]:
    """Rows of a main art that stand beside its arts are left out if they are their sum, else reported."""
    parts: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        if len(row["art_code"]) == 2:
            parts[_art_place(row)].append(row)
    kept = []
    for row in rows:
        found = parts.get(_art_place(row)) if len(row["art_code"]) == 1 else None
        if not found:
            kept.append(row)
            continue
        difference = row["accounts_amount"] - sum(part["accounts_amount"] for part in found)
        if abs(difference) > HALF_A_THOUSAND * (len(found) + 1) * row["is_in_thousands"]:
            problems.append(f"accounts.csv, {_named(row)}: is not the sum of its arts; {difference} kr. differ.")
    return kept


def _art_place(row: dict) -> tuple:
    return row["accounting_year"], row["function_number"], row["dranst_code"], row["art_code"][0]


# --- explanations ---------------------------------------------------------------------------------------------------


def _note_rows(filled: list[dict], problems: list[str]) -> list[dict]:
    rows = []
    for row in filled:
        try:
            dranst = read_dranst(row["dranst_code"]) if row["dranst_code"] else "1"
            rows.append(
                {**row, "dranst_code": dranst, "art_code": read_art(row["art_code"]) if row["art_code"] else ""}
            )
        except ValueError as problem:
            problems.append(f"reconciliation_notes.csv, «{row['explanation']}»: {problem}.")
    return rows
