"""What has following the contracts up shown so far, and which prices and success rates were agreed?

`contract_findings.csv` is the ledger of findings, `success_rates.csv` what suppliers have achieved; both are kept by
hand, and all that is wrong with them is said at once. Agreed prices are the register's, with the days each holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from procurement_kit.contract_tables import CONTRACT_FINDINGS, CONTRACT_ITEMS, CONTRACTS, SUCCESS_RATES
from procurement_kit.decision_log import checked_function
from procurement_kit.errors import ParameterError, TableError, nearest
from procurement_kit.exact import NOTHING
from procurement_kit.periods import parse_period
from procurement_kit.settings import Municipality
from procurement_kit.steps.contracts import item_lookup
from procurement_kit.templates import read_own_table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ContractLedger:
    """Findings and success rates as they stand in their files, and agreed prices with the days they hold."""

    findings: tuple[dict, ...] = ()
    success_rates: tuple[dict, ...] = ()
    agreed_prices: "pa.Table" = field(default_factory=lambda: item_lookup(()))


def read_contract_ledger(municipality: Municipality) -> ContractLedger:
    """Read `contract_findings.csv`, `success_rates.csv` and `contract_items.csv` of the folder, those there are.

    Parameters
    ----------
    municipality : Municipality
        Whose folder.

    Returns
    -------
    ContractLedger
        For `analyse_contract_followup` and `analyse_success_rates`.

    Raises
    ------
    TableError
        With every problem: contracts that are not in the register, more recovered than found, names instead of
        functions, more that succeeded than started, rates above 1, periods of a contract and supplier that overlap.
    """
    problems: list[str] = []
    tables = (CONTRACTS, CONTRACT_ITEMS, CONTRACT_FINDINGS, SUCCESS_RATES)
    contracts, items, findings, rates = (read_own_table(municipality, table, problems) for table in tables)
    numbers = {row["contract_number"] for row in contracts}
    problems += [f"contract_findings.csv, {said}" for row in findings for said in _finding_problems(row, numbers)]
    problems += [f"success_rates.csv, {said}" for row in rates for said in _rate_problems(row, numbers)]
    problems += [f"success_rates.csv, {said}" for said in _overlaps(rates)]
    if problems:
        raise TableError(
            "What is known about the contracts cannot be used.",
            problems=problems,
            expected="the columns and values of contract_findings.csv and success_rates.csv in data_templates/",
            todo="correct the rows named",
        )
    return ContractLedger(tuple(findings), tuple(rates), item_lookup(items))


def _unknown(row: dict, numbers: set[str]) -> list[str]:
    number = row["contract_number"]
    meant = nearest(number, sorted(numbers))
    return [] if number in numbers else [f"contract {number} is not in contracts.csv.{meant}"]


def _finding_problems(row: dict, numbers: set[str]) -> list[str]:
    place, problems = f"{row['contract_number']} · {row['found_date']}", _unknown(row, numbers)
    found, recovered = row["found_amount"] or NOTHING, row["recovered_amount"] or NOTHING
    if min(found, recovered) < 0:
        problems.append(f"{place}: an amount is below zero.")
    if recovered > found:
        problems.append(f"{place}: more was recovered ({recovered}) than found ({found}).")
    try:
        checked_function(row["found_by"])
    except ParameterError:
        problems.append(f"{place}: «Fundet af» is not a function.")
    return problems


def _rate_problems(row: dict, numbers: set[str]) -> list[str]:
    place, problems = f"{row['contract_number']} · {row['supplier_name']} · {row['period']}", _unknown(row, numbers)
    if not 0 <= row["succeeded_count"] <= row["started_count"]:
        problems.append(f"{place}: {row['succeeded_count']} succeeded of {row['started_count']} started.")
    if not 0 < row["contractual_share"] <= 1:
        problems.append(f"{place}: the agreed rate {row['contractual_share']} is not a share between 0 and 1.")
    try:
        parse_period(row["period"])
    except ParameterError:
        problems.append(f"{place}: «{row['period']}» is not a period.")
    return problems


def _overlaps(rows: Iterable[dict]) -> list[str]:
    """Periods of the same contract and supplier that share days: whoever is in both would be counted twice."""
    spans: dict[tuple[str, str], list] = {}
    problems = []
    for row in rows:
        try:
            period = parse_period(row["period"])
        except ParameterError:
            continue  # said already
        seen = spans.setdefault((row["contract_number"], row["supplier_name"]), [])
        for other in seen:
            if period.first_date <= other.last_date and other.first_date <= period.last_date:
                place = f"{row['contract_number']} · {row['supplier_name']}"
                problems.append(f"{place}: the periods {other.label} and {period.label} overlap.")
        seen.append(period)
    return problems
