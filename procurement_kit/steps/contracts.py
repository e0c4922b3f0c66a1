"""Was there a contract for what was bought, and was it used?

A contract covers its categories and all below them, for the municipalities that take part, on the days it is valid.
Validity is cut into spans of days per municipality and category, in Python, so that every line meets at most one span;
the lines themselves are only joined and compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from procurement_kit.columns import Table
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACT_PARTICIPANTS, CONTRACTS
from procurement_kit.errors import TableError, nearest
from procurement_kit.exact import FIRST_DATE, LAST_DATE, SPAN, add_lookup, without
from procurement_kit.names import normalise_supplier_name, usable_company_number
from procurement_kit.settings import Municipality
from procurement_kit.store import arrow_schema
from procurement_kit.tables import INVOICE_LINES
from procurement_kit.templates import read_own_table

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

FIRST_DAYS = timedelta(days=90)
_PLACE = {"cell_municipality": "string", "cell_category": "string", **SPAN}
CELL_TYPES = {
    **_PLACE, "cell_contract": "string", "cell_reason": "string",
    "is_covered": "boolean", "is_partly_covered": "boolean",
}  # fmt: skip
SUPPLIER_CELL_TYPES = {
    **_PLACE, "cell_supplier": "string", "supplier_contract": "string", "is_supplier_of_part": "boolean",
}  # fmt: skip
ITEM_TYPES = {
    **SPAN, "list_contract": "string", "list_item": "string", "list_unit": "string", "agreed_price": "decimal(18,2)",
}  # fmt: skip
CELL_KEYS = {"municipality_name": "cell_municipality", "category_code": "cell_category"}
SUPPLIER_CELL_KEYS = {**CELL_KEYS, "supplier_key": "cell_supplier"}
ITEM_KEYS = {"contract_number": "list_contract", "item_seller_number": "list_item", "unit_code": "list_unit"}


# --- the register a consultant fills in -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ContractRegister:
    """The contracts, who takes part, and what was agreed: rows as they stand in the three files."""

    contracts: tuple[dict, ...] = ()
    participants: tuple[dict, ...] = ()
    items: tuple[dict, ...] = ()


def read_contracts(municipality: Municipality, tree: "CategoryTree") -> ContractRegister:
    """Read `contracts.csv`, `contract_participants.csv` and `contract_items.csv` of the folder, those there are.

    Raises
    ------
    TableError
        With every problem of all three files: cells that cannot be used, ends before starts, unknown categories,
        participants and items of contracts that are not there, and keys that stand twice.
    """
    problems: list[str] = []
    tables = (CONTRACTS, CONTRACT_PARTICIPANTS, CONTRACT_ITEMS)
    contracts, participants, items = (read_own_table(municipality, table, problems) for table in tables)
    problems += [f"contracts.csv, {problem}" for row in contracts for problem in _contract_problems(row, tree)]
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


def _contract_problems(row: dict, tree: "CategoryTree") -> list[str]:
    contract, problems = f"contract {row['contract_number']}", []
    for code in (row["category_codes"] or "").split():
        if code not in tree:
            problems.append(f"{contract}: category {code} is not in the category tree.{nearest(code, tree.codes)}")
    if row["valid_to_date"] < row["valid_from_date"]:
        problems.append(f"{contract}: Gælder til lies before Gælder fra.")
    if row["is_option_used"] and not row["option_to_date"]:
        problems.append(f"{contract}: Option udnyttet is ja, but Option til is empty.")
    if row["option_to_date"] and row["option_to_date"] < row["valid_to_date"]:
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
        Both included; options in use and the day of joining counted in.
    binding_from : date or None
        From when it must be used; None where it is voluntary.
    categories : tuple of str
        Categories covered, with all below them.
    supplier_keys : frozenset of str
        Identities of the supplier.
    """

    number: str
    municipality: str
    first: date
    last: date
    binding_from: date | None
    categories: tuple[str, ...]
    supplier_keys: frozenset[str]


def contract_terms(
    register: ContractRegister, municipality_name: str, keys_of_name: Mapping[str, Iterable[str]]
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
    """
    joined: dict[str, dict[str, dict]] = defaultdict(dict)
    for row in register.participants:
        joined[row["contract_number"]][row["municipality_name"]] = row
    terms = []
    for row in register.contracts:
        parts = joined[row["contract_number"]]
        names = {*(row["participant_names"] or "").split(), *parts} or {municipality_name}
        terms += [_term(row, name, parts.get(name, {}), keys_of_name) for name in sorted(names)]
    return terms


def _term(row: dict, municipality: str, part: dict, keys_of_name: Mapping[str, Iterable[str]]) -> Term:
    first = max(row["valid_from_date"], part.get("joined_date") or row["valid_from_date"])
    last = row["option_to_date"] if row["is_option_used"] else row["valid_to_date"]
    flags = [flag for flag in (part.get("is_binding"), row["is_binding"], True) if flag is not None]
    binding_from = max(first, row["binding_from_date"] or first) if flags[0] else None
    categories = tuple((row["category_codes"] or "").split())
    keys = _supplier_keys(row, keys_of_name)
    return Term(row["contract_number"], municipality, first, last, binding_from, categories, keys)


def _supplier_keys(row: dict, keys_of_name: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """With a number: that number, and lines that bear the name alone. Without: whoever bears the name."""
    name = normalise_supplier_name(row["supplier_name"])
    if number := usable_company_number(row["supplier_number"]):
        return frozenset({f"n:{number}", f"s:{name}"})
    return frozenset({f"s:{name}", *keys_of_name.get(name, ())})


def suppliers_without_lines(terms: Iterable[Term], supplier_keys: Iterable[str]) -> list[str]:
    """Numbers of contracts none of whose suppliers occurs on any line: a caveat, not an error."""
    seen = set(supplier_keys)
    used = {term.number for term in terms if term.supplier_keys & seen}
    return sorted({term.number for term in terms} - used)


# --- cells: spans of days per municipality and category -------------------------------------------------------------


def contract_cells(terms: Iterable[Term], tree: "CategoryTree") -> tuple[pa.Table, pa.Table]:
    """Cut validity into spans that do not overlap.

    Returns
    -------
    tuple of pyarrow.Table
        What holds per municipality, category and span; and per supplier within those.
    """
    cells, supplier_cells = [], []
    for (municipality, category), found in sorted(_terms_by_cell(terms, tree).items()):
        place = {"cell_municipality": municipality, "cell_category": category}
        for span in _spans(term for term, _ in found):
            day = span["from_date"]
            valid = [(term, covers) for term, covers in found if term.first <= day <= term.last]
            cells.append({**place, **span, **_cell(found, valid, day)})
            supplier_cells += [{**place, **span, **row} for row in _supplier_rows(valid)]
    return (
        pa.Table.from_pylist(cells, schema=arrow_schema(CELL_TYPES)),
        pa.Table.from_pylist(supplier_cells, schema=arrow_schema(SUPPLIER_CELL_TYPES)),
    )


def _terms_by_cell(terms: Iterable[Term], tree: "CategoryTree") -> dict[tuple[str, str], list[tuple[Term, bool]]]:
    """Terms by municipality and category, each with whether it covers that category whole (else only a part of it)."""
    cells: dict[tuple[str, str], list[tuple[Term, bool]]] = defaultdict(list)
    for term in terms:
        covered = {code for category in term.categories for code in (category, *tree.descendants(category))}
        parents = {code for category in term.categories for code in tree.path(category)} - covered
        for code in sorted(covered):
            cells[term.municipality, code].append((term, True))
        for code in sorted(parents):
            cells[term.municipality, code].append((term, False))
    return cells


def _spans(terms: Iterable[Term]) -> list[dict]:
    starts = {FIRST_DATE}
    for term in terms:
        starts |= {term.first, term.last + timedelta(days=1), term.first + FIRST_DAYS, term.binding_from or term.first}
    ordered = sorted(day for day in starts if FIRST_DATE <= day <= LAST_DATE)
    ends = [day - timedelta(days=1) for day in ordered[1:]] + [LAST_DATE]
    return [{"from_date": start, "to_date": end} for start, end in zip(ordered, ends, strict=True)]


def _cell(found: list[tuple[Term, bool]], valid: list[tuple[Term, bool]], day: date) -> dict:
    covering = [term for term, covers in valid if covers]
    binding = [term for term in covering if term.binding_from and term.binding_from <= day]
    chosen = binding or covering
    return {
        "cell_contract": min((term.number for term in chosen), default=None),
        "is_covered": bool(covering),
        "is_partly_covered": any(not covers for _, covers in valid),
        "cell_reason": _marks(chosen, binding, day) if covering else _absence(found, day),
    }


def _marks(chosen: list[Term], binding: list[Term], day: date) -> str:
    marks = [] if binding else ["voluntary"]
    if all(day < term.first + FIRST_DAYS for term in chosen):
        marks.append("first_90_days")
    return "".join(f" {mark}" for mark in marks)


def _absence(found: list[tuple[Term, bool]], day: date) -> str:
    covering = [term for term, covers in found if covers]
    if any(term.last < day for term in covering):
        return "expired"
    return "not_begun" if covering else "no_contract"


def _supplier_rows(valid: list[tuple[Term, bool]]) -> list[dict]:
    by_supplier: dict[str, list[tuple[Term, bool]]] = defaultdict(list)
    for term, covers in valid:
        for key in term.supplier_keys:
            by_supplier[key].append((term, covers))
    return [
        {
            "cell_supplier": key,
            "supplier_contract": min((term.number for term, covers in found if covers), default=None),
            "is_supplier_of_part": any(not covers for _, covers in found),
        }
        for key, found in sorted(by_supplier.items())
    ]


def item_lookup(items: Iterable[dict]) -> pa.Table:
    """Agreed prices per contract, item, unit and span: each price holds until the next one begins."""
    by_key: dict[tuple, list[tuple[date, dict]]] = defaultdict(list)
    for item in items:
        key = item["contract_number"], item["item_number"], item["unit_code"]
        by_key[key].append((item["valid_from_date"] or FIRST_DATE, item))
    rows = []
    for (contract, number, unit), found in sorted(by_key.items()):
        prices = sorted(found, key=lambda price: price[0])
        ends = [first - timedelta(days=1) for first, _ in prices[1:]] + [LAST_DATE]
        for (first, item), last in zip(prices, ends, strict=True):
            names = {"list_contract": contract, "list_item": number, "list_unit": unit}
            rows.append({**names, "agreed_price": item["agreed_price_amount"], "from_date": first, "to_date": last})
    return pa.Table.from_pylist(rows, schema=arrow_schema(ITEM_TYPES))


# --- the step -------------------------------------------------------------------------------------------------------


def add_contracts(
    lines: ibis.Table, cells: ibis.Table, supplier_cells: ibis.Table, items: ibis.Table, *, currency: str = "DKK"
) -> ibis.Table:
    """Give every line exactly one contract status.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `municipality_name`, `invoice_date`, `scope_status`, `category_code`, `supplier_key`; for the item check
        `item_seller_number`, `unit_code`, `unit_price_amount`, `price_base_quantity`, `price_unit_factor`.
    cells, supplier_cells : ibis.Table
        As `contract_cells` gives them.
    items : ibis.Table
        As `item_lookup` gives it.
    currency : str
        The currency the agreed prices are in.

    Returns
    -------
    ibis.Table
        *Adds* `contract_number`, `contract_status`, `item_check`, `contract_reason`.
    """
    lines = without(lines, INVOICE_LINES.schema("contracts"))
    joined = add_lookup(lines, cells, CELL_KEYS, is_dated=True)
    joined = add_lookup(joined, supplier_cells, SUPPLIER_CELL_KEYS, is_dated=True)
    status, reason = _status(joined)
    with_status = joined.select(
        lines,
        contract_number=ibis.cases(
            (status == "on_contract", joined.supplier_contract), (status == "wrong_supplier", joined.cell_contract)
        ),
        contract_status=status,
        contract_reason=reason,
    )
    return _with_item_check(with_status, items, currency).select(
        lines, "contract_number", "contract_status", "item_check", "contract_reason"
    )


def _status(joined: ibis.Table) -> tuple[ibis.Value, ibis.Value]:
    covered, partly = joined.is_covered.fill_null(False), joined.is_partly_covered.fill_null(False)
    marks = joined.cell_reason.fill_null("")
    choices = (
        (joined.scope_status != "in_scope", "out_of_scope", joined.scope_status),
        (joined.category_code.isnull(), "undecidable", "no_category"),
        (joined.invoice_date.isnull(), "undecidable", "no_date"),
        (joined.supplier_contract.notnull(), "on_contract", ibis.literal("contract_supplier") + marks),
        (joined.is_supplier_of_part.fill_null(False), "undecidable", "category_too_broad"),
        (covered & joined.supplier_key.isnull(), "undecidable", "no_supplier"),
        (covered, "wrong_supplier", ibis.literal("other_supplier") + marks),
        (partly, "undecidable", "category_too_broad"),
    )
    status = ibis.cases(*((when, then) for when, then, _ in choices), else_="no_known_contract")
    reason = ibis.cases(*((when, why) for when, _, why in choices), else_=joined.cell_reason.fill_null("no_contract"))
    return status, reason


def _with_item_check(lines: ibis.Table, items: ibis.Table, currency: str) -> ibis.Table:
    """Compare with the list of the contract; a price is never divided by its base, the agreed one is multiplied."""
    lists = items.select(list_contract="list_contract", has_list=ibis.literal(True)).distinct()
    listed = items.select("list_contract", "list_item", is_listed=ibis.literal(True)).distinct()
    joined = add_lookup(lines, lists, {"contract_number": "list_contract"})
    joined = add_lookup(joined, listed, {"contract_number": "list_contract", "item_seller_number": "list_item"})
    joined = add_lookup(joined, items, ITEM_KEYS, is_dated=True)
    base = joined.price_base_quantity.fill_null(1)
    comparable = (
        joined.agreed_price.notnull()
        & joined.unit_price_amount.notnull()
        & (base > 0)
        & (joined.price_unit_factor.fill_null(1) == 1)
        & joined.document_currency.identical_to(ibis.literal(currency))
    )
    agreed = (joined.agreed_price * base).cast("decimal(38,10)")
    check = ibis.cases(
        (joined.contract_status != "on_contract", ibis.null("string")),
        (joined.has_list.isnull() | joined.item_seller_number.isnull(), "not_testable"),
        (joined.is_listed.isnull(), "wrong_item"),
        (~comparable, "not_testable"),
        (joined.unit_price_amount.cast("decimal(38,10)") > agreed, "wrong_price"),
        else_="ok",
    )
    return joined.mutate(item_check=check)
