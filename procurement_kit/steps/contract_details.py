"""Which categories does a contract cover, and which company is its supplier, where the register does not say?

Read off what the supplier has sold: its lines are found by company number, else by the same normalised name; proposed
are the categories that hold at least a tenth of its kroner while the contract ran, and of all its kroner where it sold
nothing then. A proposal is nothing but that until somebody has confirmed it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError
from procurement_kit.exact import LAST_DATE, NOTHING, exact_sum, frame, is_person, records
from procurement_kit.findings import share
from procurement_kit.names import normalise_supplier_name, usable_company_number
from procurement_kit.steps.contract_register import ContractRegister

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from procurement_kit.classifier.tree import CategoryTree

LEAST_SHARE = Decimal("0.10")
PROPOSED = (
    "contract_number", "lot_number", "contract_title", "supplier_name", "found_name", "match_reason", "line_count",
    "net_amount", "category_codes", "category_parts", "category_share", "supplier_number", "lacking",
)  # fmt: skip


def propose_contract_details(
    cube: "ibis.Table", register: ContractRegister, tree: "CategoryTree", *, least_share: Decimal = LEAST_SHARE
) -> "pd.DataFrame":
    """Propose categories and company number for the contracts that lack one of them.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `supplier_key`, `supplier_number`, `supplier_name`, `supplier_label`, `scope_status`, `category_2_code`,
        `category_1_code`, `invoice_date`, `net_amount`.
    register : ContractRegister
        As `read_contracts` gives it.
    tree : CategoryTree
        Names of the categories.
    least_share : Decimal
        A category is proposed from this share of the supplier's kroner.

    Returns
    -------
    DataFrame
        One row per contract, lot and supplier that lacks something: `category_codes` (separated by spaces) and
        `supplier_number` as proposed, empty where nothing can be; `match_reason` says how the supplier was found:
        number, same_name, several_numbers, not_found. `category_parts` holds (code, its share of the supplier's kroner,
        the supplier's share of the category's): who sells little of a category hardly has a contract for all of it.
        Most kroner first.

    Raises
    ------
    ParameterError
        If the share is not above 0 and at most 1.
    """
    if not 0 < least_share <= 1:
        raise ParameterError(f"{least_share} is not a share.", expected="above 0 and at most 1", todo="choose another")
    spend = _Spend(cube, "category_2_code" if tree.depth > 1 else "category_1_code")
    rows = [_proposal(row, spend, tree, least_share) for row in register.contracts if lacking(row)]
    rows.sort(key=lambda row: (-row["net_amount"], row["contract_number"], row["lot_number"] or ""))
    return frame(rows, PROPOSED)


def lacking(row: Mapping) -> str:
    """What a row of the register lacks, as names of columns separated by spaces.

    Examples
    --------
    >>> lacking({"category_codes": None, "supplier_number": "12345678"})
    'category_codes'
    """
    return " ".join(name for name in ("category_codes", "supplier_number") if not row[name])


class _Spend:
    """What each supplier has sold, by category and month; persons are never a contract's supplier.

    Lines known to their area alone count, but an area is never proposed: a contract would cover all that lies in it.
    """

    def __init__(self, cube: "ibis.Table", column: str):
        self.keys_of_name: dict[str, set[str]] = defaultdict(set)
        self.keys_of_number: dict[str, set[str]] = defaultdict(set)
        self.labels: dict[str, str] = {}
        named = cube.select("supplier_key", "supplier_number", "supplier_name", "supplier_label").distinct()
        for row in records(named):
            key = row["supplier_key"]
            if key and not is_person(key):
                self.keys_of_name[normalise_supplier_name(row["supplier_name"])].add(key)
                self.keys_of_number[usable_company_number(row["supplier_number"]) or ""].add(key)
                self.labels[key] = row["supplier_label"]
        self.sums = _sums(cube, column)
        self.categories: dict[str | None, Decimal] = defaultdict(lambda: NOTHING)
        for part in (part for parts in self.sums.values() for part in parts):
            self.categories[part["code"]] += part["net_amount"]

    def keys(self, row: Mapping) -> tuple[set[str], str]:
        """The keys a contract's supplier has on the lines, and how they were found."""
        number = usable_company_number(row["supplier_number"])
        own = {f"n:{number}"} & self.labels.keys()
        if number and (found := own | self.keys_of_number.get(number, set())):
            return found, "number"
        keys = self.keys_of_name.get(normalise_supplier_name(row["supplier_name"]), set())
        if not keys:
            return set(), "not_found"
        return keys, "several_numbers" if sum(key.startswith("n:") for key in keys) > 1 else "same_name"


def _sums(cube: "ibis.Table", column: str) -> dict[str, list[dict]]:
    lines = cube.filter(cube.scope_status == "in_scope", cube.supplier_key.notnull())
    by = {
        "supplier_key": lines.supplier_key,
        "code": lines[column],
        "year": lines.invoice_date.year(),
        "month": lines.invoice_date.month(),
    }
    sums = defaultdict(list)
    for row in records(lines.group_by(**by).aggregate(line_count=lines.count(), net_amount=exact_sum(lines))):
        sums[row["supplier_key"]].append({**row, "net_amount": row["net_amount"] or NOTHING})
    return sums


def _proposal(row: Mapping, spend: _Spend, tree: "CategoryTree", least_share: Decimal) -> dict:
    keys, reason = spend.keys(row)
    sold = [part for key in sorted(keys) for part in spend.sums.get(key, ())]
    ran = [part for part in sold if _ran(part, row)] or sold
    codes = _categories(ran, tree, least_share)
    numbers = sorted(key[2:] for key in keys if key.startswith("n:"))
    parts = tuple((code, found, _of_category(sold, code, spend)) for code, found in codes.items())
    return {
        **{name: row[name] for name in ("contract_number", "lot_number", "contract_title", "supplier_name")},
        "found_name": " / ".join(sorted({spend.labels[key] for key in keys if spend.labels[key]})) or None,
        "match_reason": reason,
        "line_count": sum(part["line_count"] for part in ran),
        "net_amount": sum((part["net_amount"] for part in ran), NOTHING),
        "category_codes": row["category_codes"] or " ".join(codes) or None,
        "category_parts": parts,
        "category_share": sum(codes.values(), Decimal(0)) if codes else None,
        "supplier_number": row["supplier_number"] or (numbers[0] if len(numbers) == 1 else None),
        "lacking": lacking(row),
    }


def _of_category(sold: Iterable[Mapping], code: str, spend: _Spend) -> Decimal | None:
    amount = sum((part["net_amount"] for part in sold if part["code"] == code), NOTHING)
    return share(amount, spend.categories[code])


def _ran(part: Mapping, row: Mapping) -> bool:
    """Whether a month touches the contract's days."""
    if part["year"] is None:
        return False
    month, first, last = (part["year"], part["month"]), row["valid_from_date"], row["valid_to_date"] or LAST_DATE
    last = max(last, row["option_to_date"] or last) if row["is_option_used"] else last
    return (first.year, first.month) <= month <= (last.year, last.month)


def _categories(parts: Iterable[Mapping], tree: "CategoryTree", least_share: Decimal) -> dict[str, Decimal]:
    """Categories with their share of the kroner, largest first; kroner without one count in the whole."""
    sums: dict[str | None, Decimal] = defaultdict(lambda: NOTHING)
    for part in parts:
        sums[part["code"]] += part["net_amount"]
    whole = sum((amount for amount in sums.values() if amount > 0), NOTHING)
    shares = {code: share(amount, whole) for code, amount in sums.items() if code in tree and amount > 0}
    kept = [code for code, found in shares.items() if found >= least_share]
    return {code: shares[code] for code in sorted(kept, key=lambda code: (-shares[code], code))}
