"""Does each file hold what the municipality says it holds?

`control_totals.csv` (or .xlsx, or .toml) in the municipality's folder: file → lines, documents, amount. An amount
agrees in either sign, for exports count spend as they please, in any one currency of the file, and with or without what
is held back, such as a row of totals. Documents are counted for e-invoices only. A difference is told, nothing changed.
"""

import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING

from procurement_kit.errors import SettingsError, nearest
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.report import SourceReport
from procurement_kit.tables import CONTROL_TOTALS
from procurement_kit.templates import read_cell, read_template

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

_KEYS = ("line_count", "document_count", "amount")


@dataclass(frozen=True)
class ControlTotal:
    """What the municipality says a file holds; None where it does not say."""

    line_count: int | None = None
    document_count: int | None = None
    amount: Decimal | None = None


def control_totals(municipality: "Municipality") -> dict[str, ControlTotal]:
    """Read the control totals the municipality has given: file name, casefolded → what it holds.

    Raises
    ------
    SettingsError, TableError, FileFormatError
        If the list cannot be used; all problems at once.
    """
    folder = municipality.folder
    for path in (folder / f"{CONTROL_TOTALS.name}{ending}" for ending in (".csv", ".xlsx")):
        if path.is_file():
            rows = read_template(path, CONTROL_TOTALS).to_pylist()
            return {_file_key(row["source_name"]): ControlTotal(*(row[key] for key in _KEYS)) for row in rows}
    path = folder / f"{CONTROL_TOTALS.name}.toml"
    return _from_toml(path.read_bytes()) if path.is_file() else {}


def _from_toml(content: bytes) -> dict[str, ControlTotal]:
    """Read tables such as ["invoices.zip"] with line_count = 10 and amount = "1.234,50"."""
    try:
        files = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"control_totals.toml: not valid TOML: {error}", todo="correct the line named") from None
    problems: list[str] = []
    totals = {_file_key(name): _total(name, values, problems) for name, values in files.items()}
    if problems:
        raise SettingsError(
            "control_totals.toml: the control totals cannot be used.",
            problems=problems,
            expected='["file.csv"] on a line of its own, then line_count, document_count or amount',
            todo="correct the file",
        )
    return totals


def _total(name: str, values: object, problems: list[str]) -> ControlTotal:
    if not isinstance(values, dict):
        problems.append(f"{blank(name)} is not a section.")
        return ControlTotal()
    problems += [f"{blank(name)}: {key} is not a key.{nearest(key, _KEYS)}" for key in values if key not in _KEYS]
    read = {}
    for key in set(_KEYS) & set(values):
        try:
            text = str(values[key]).replace(".", ",") if isinstance(values[key], float) else str(values[key])
            read[key] = read_cell(text, CONTROL_TOTALS[key])
        except ValueError as error:
            problems.append(f"{blank(name)}: {key} {error}.")
    return ControlTotal(**read)


def _file_key(name: str) -> str:
    return PurePath(name.replace("\\", "/")).name.casefold()


def compared(report: SourceReport, totals: dict[str, ControlTotal]) -> SourceReport:
    """The report of a file with what came of comparing it with its control total.

    Examples
    --------
    >>> read = {"DKK": {"read": {"lines": 2, "amount": "-10.0000"}}}
    >>> facts = SourceReport("a.csv", "", "ledger", "taken_in", by_currency=read)
    >>> compared(facts, {"a.csv": ControlTotal(2, None, Decimal("10"))}).control
    'ok'
    >>> compared(facts, {"a.csv": ControlTotal(3, None, None)}).control
    'a.csv: 3 lines according to the municipality, 2 read'
    """
    total = totals.get(_file_key(report.name))
    if total is None:
        return report
    read, aside = (_sums(report, part) for part in ("read", "held_back"))
    lines, amounts = read[0], read[1]
    differences = []
    if total.line_count not in (None, lines, lines - aside[0]):
        differences.append(f"{total.line_count:,} lines according to the municipality, {lines:,} read")
    documents = report.documents.get("read", 0)
    if report.kind != "ledger" and total.document_count not in (None, documents):
        differences.append(f"{total.document_count:,} documents according to the municipality, {documents:,} read")
    possible = {abs(amount) for amount in (*amounts.values(), *(amounts[c] - aside[1][c] for c in amounts))}
    if total.amount is not None and abs(total.amount) not in (possible or {0}):
        found = " and ".join(f"{amount:,.2f} {currency}" for currency, amount in amounts.items()) or "nothing"
        differences.append(f"{total.amount:,.2f} according to the municipality, {found} read")
    return replace(report, control=f"{report.name}: {'; '.join(differences)}" if differences else "ok")


def _sums(report: SourceReport, part: str) -> tuple[int, dict[str, Decimal]]:
    """Lines, and the amount in each currency: kroner and euros are never added."""
    found = {currency: parts.get(part, {}) for currency, parts in report.by_currency.items()}
    amounts = {currency: Decimal(str(sums.get("amount", 0))) for currency, sums in found.items()}
    return sum(int(sums.get("lines", 0)) for sums in found.values()), amounts
