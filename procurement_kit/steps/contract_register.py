"""Which contracts are there, and who may buy what from whom, on which days?

The register is three tables a consultant keeps; all that is wrong with them is said at once. Each contract is spelt out
per municipality that takes part as a `Term`: first and last day with options and joining counted in, what it covers,
from when it binds, and whose lines are its supplier's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

from procurement_kit.columns import Table
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACT_PARTICIPANTS, CONTRACTS
from procurement_kit.errors import TableError, nearest
from procurement_kit.exact import FIRST_DATE, LAST_DATE
from procurement_kit.names import normalise_supplier_name, usable_company_number
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_own_table

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree


# --- the register a consultant fills in -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ContractRegister:
    """The contracts, who takes part, and what was agreed: rows as they stand in the three files."""

    contracts: tuple[dict, ...] = ()
    participants: tuple[dict, ...] = ()
    items: tuple[dict, ...] = ()


def read_contracts(municipality: Municipality, tree: "CategoryTree") -> ContractRegister:
    """Read `contracts.csv`, `contract_participants.csv` and `contract_items.csv` of the folder, those there are.

    Parameters
    ----------
    municipality : Municipality
        Whose folder.
    tree : CategoryTree
        The tree the contracts' categories must stand in.

    Returns
    -------
    ContractRegister
        Rows as they stand in the three files.

    Raises
    ------
    TableError
        With every problem of all three files: cells that cannot be used, ends before starts, unknown categories,
        participants and items of contracts that are not there, and keys that stand twice.
    """
    problems: list[str] = []
    tables = (CONTRACTS, CONTRACT_PARTICIPANTS, CONTRACT_ITEMS)
    contracts, participants, items = (read_own_table(municipality, table, problems) for table in tables)
    problems += [f"contracts.csv, {problem}" for row in contracts for problem in contract_problems(row, tree)]
    numbers = {row["contract_number"] for row in contracts}
    for table, rows in ((CONTRACT_PARTICIPANTS, participants), (CONTRACT_ITEMS, items)):
        problems += [f"{table.name}.csv, {problem}" for problem in _orphans_and_repeats(table, rows, numbers)]
    if problems:
        raise TableError(
            "The contract register cannot be used.",
            problems=problems,
            expected="the columns and values of contracts.csv and its two companions in data_templates/",
            todo="correct the rows named",
        )
    return ContractRegister(tuple(contracts), tuple(participants), tuple(items))


def contract_problems(row: dict, tree: "CategoryTree") -> list[str]:
    """What is wrong with one row of the register: its codes, days, quantity and company number."""
    contract, problems = f"contract {row['contract_number']}", []
    for code in (row["category_codes"] or "").split():
        if code not in tree:
            problems.append(f"{contract}: category {code} is not in the category tree.{nearest(code, tree.codes)}")
    if (row["valid_to_date"] or LAST_DATE) < row["valid_from_date"]:
        problems.append(f"{contract}: Gælder til lies before Gælder fra.")
    if row["option_to_date"] and not row["valid_to_date"]:
        problems.append(f"{contract}: Option til is filled in, but Gælder til is empty.")
    if row["maximum_quantity"] is not None and not row["maximum_quantity_unit"]:
        problems.append(f"{contract}: Maksimal mængde is filled in, but Mængdeenhed is empty.")
    if row["is_option_used"] and not row["option_to_date"]:
        problems.append(f"{contract}: Option udnyttet is ja, but Option til is empty.")
    if row["option_to_date"] and row["option_to_date"] < (row["valid_to_date"] or FIRST_DATE):
        problems.append(f"{contract}: Option til lies before Gælder til.")
    if row["supplier_number"] and not usable_company_number(row["supplier_number"]):
        problems.append(f"{contract}: «{row['supplier_number']}» does not look like a CVR-nummer.")
    return problems


def _orphans_and_repeats(table: Table, rows: Iterable[dict], numbers: set[str]) -> list[str]:
    key_columns = {
        CONTRACT_PARTICIPANTS.name: ("contract_number", "municipality_name"),
        CONTRACT_ITEMS.name: ("contract_number", "item_number", "unit_code", "valid_from_date"),
    }[table.name]
    problems, seen = [], set()
    for row in rows:
        key = tuple(row[column] for column in key_columns)
        shown = " · ".join(str(part) for part in key if part)
        if row["contract_number"] not in numbers:
            problems.append(f"{shown}: there is no such contract.{nearest(row['contract_number'], sorted(numbers))}")
        if key in seen:
            problems.append(f"{shown}: stands twice.")
        seen.add(key)
    return problems


# --- terms: who may buy what from whom, on which days ---------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """One row of the register for one municipality that takes part.

    Parameters
    ----------
    number : str
        Contract number.
    municipality : str
        Who takes part.
    first, last : date
        Both included; options in use and the day of joining counted in. A contract without a last day has `LAST_DATE`.
    binding_from : date or None
        From when it must be used; None where it is voluntary.
    categories : tuple of str
        Categories covered, with all below them.
    supplier_keys : frozenset of str
        Identities of the supplier.
    groups : tuple of (str, date, date)
        Groups the supplier belongs to or heads, each with its first and last day, where they are known.
    """

    number: str
    municipality: str
    first: date
    last: date
    binding_from: date | None
    categories: tuple[str, ...]
    supplier_keys: frozenset[str]
    groups: tuple[tuple[str, date, date], ...] = ()


def contract_terms(
    register: ContractRegister,
    municipality_name: str,
    keys_of_name: Mapping[str, Iterable[str]],
    groups: Iterable[Mapping] = (),
    keys_of_number: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> list[Term]:
    """Spell the register out per municipality.

    Parameters
    ----------
    register : ContractRegister
        As `read_contracts` gives it.
    municipality_name : str
        Whose register it is: takes part where a contract names nobody.
    keys_of_name : mapping of str to iterable of str
        Normalised supplier name → supplier keys found on the lines under that name.
    groups : iterable of mapping, optional
        `supplier_key`, `supplier_group_key`, `from_date`, `to_date`: on which days a supplier belongs to the group that
        another one heads. Members and head of a contract supplier's group count as right suppliers.
    keys_of_number : mapping of str to iterable of str, optional
        Company number as printed → supplier keys: a number that was joined into another still finds its supplier.
    """
    joined: dict[str, dict[str, dict]] = defaultdict(dict)
    for row in register.participants:
        joined[row["contract_number"]][row["municipality_name"]] = row
    terms, groups_of_key = [], _groups_of_key(groups)
    for row in register.contracts:
        parts = joined[row["contract_number"]]
        names = {*(row["participant_names"] or "").split(), *parts} or {municipality_name}
        keys = supplier_keys(row, keys_of_name, keys_of_number)
        belongs = tuple(span for key in sorted(keys) for span in groups_of_key.get(key, ()))
        terms += [_term(row, name, parts.get(name, {}), (keys, belongs)) for name in sorted(names)]
    return terms


def _groups_of_key(groups: Iterable[Mapping]) -> dict[str, list[tuple[str, date, date]]]:
    """Supplier key → groups with their days; who heads a group belongs to it always."""
    found: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    heads = set()
    for row in groups:
        found[row["supplier_key"]].append((row["supplier_group_key"], row["from_date"], row["to_date"]))
        heads.add(row["supplier_group_key"])
    for head in sorted(heads):
        found[head].append((head, FIRST_DATE, LAST_DATE))
    return found


def _term(row: dict, municipality: str, part: dict, suppliers: tuple[frozenset[str], tuple]) -> Term:
    first = max(row["valid_from_date"], part.get("joined_date") or row["valid_from_date"])
    last = (row["option_to_date"] if row["is_option_used"] else row["valid_to_date"]) or LAST_DATE
    flags = [flag for flag in (part.get("is_binding"), row["is_binding"], True) if flag is not None]
    binding_from = max(first, row["binding_from_date"] or first) if flags[0] else None
    categories = tuple((row["category_codes"] or "").split())
    return Term(row["contract_number"], municipality, first, last, binding_from, categories, *suppliers)


def supplier_keys(
    row: Mapping, keys_of_name: Mapping[str, Iterable[str]], keys_of_number: Mapping[str, Iterable[str]]
) -> frozenset[str]:
    """With a number: who bears that number, and lines that bear the name alone. Without: whoever bears the name."""
    name = normalise_supplier_name(row["supplier_name"])
    if number := usable_company_number(row["supplier_number"]):
        return frozenset({f"n:{number}", f"s:{name}", *keys_of_number.get(number, ())})
    return frozenset({f"s:{name}", *keys_of_name.get(name, ())})


def suppliers_without_lines(terms: Iterable[Term], supplier_keys: Iterable[str]) -> list[str]:
    """Numbers of contracts none of whose suppliers occurs on any line: a caveat, not an error."""
    seen = set(supplier_keys)
    used = {term.number for term in terms if term.supplier_keys & seen}
    return sorted({term.number for term in terms} - used)


def overlapping_terms(terms: Iterable[Term], tree: "CategoryTree") -> list[dict]:
    """Two contracts with one supplier, for the same category and municipality on the same days: legal, but look again.

    Returns
    -------
    list of dict
        `contract_number`, `other_number`, `municipality_name`, `category_codes` (those both cover),
        `from_date` and `to_date` (None where neither has a last day); each pair of contracts once per municipality.
    """
    by_supplier: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for term in terms:
        for key in term.supplier_keys:
            by_supplier[term.municipality, key].append(term)
    found = {}
    for same in by_supplier.values():
        for one, other in combinations(sorted(same, key=lambda term: (term.number, term.first)), 2):
            first, last = max(one.first, other.first), min(one.last, other.last)
            codes = _in_both(one.categories, other.categories, tree)
            if one.number != other.number and first <= last and codes:
                numbers = {"contract_number": one.number, "other_number": other.number}
                days = {"from_date": first, "to_date": last if last < LAST_DATE else None}
                place = {"municipality_name": one.municipality, "category_codes": codes}
                found[one.number, other.number, one.municipality, codes, first] = {**numbers, **place, **days}
    return [found[key] for key in sorted(found)]


def _in_both(codes: Iterable[str], others: Iterable[str], tree: "CategoryTree") -> tuple[str, ...]:
    narrower = {
        max(code, other, key=len)
        for code in codes
        for other in others
        if code in tree and other in tree and (code in tree.path(other) or other in tree.path(code))
    }
    return tuple(sorted(narrower))
