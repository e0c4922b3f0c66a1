"""What is each table of a category made of?

The parts of `analyse_category`: lines of the category, its suppliers now and the year before, contracts that cover it,
and payments to public authorities on the functions, or by the divisions, where much of it lies.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.category_basis import CategoryBasis
from procurement_kit.errors import NoDataError
from procurement_kit.exact import (
    NOTHING,
    is_person,
    key_order,
    largest_first,
    lines_in,
    records,
    sums_by,
    total,
    with_category_names,
    without_persons,
)
from procurement_kit.findings import share
from procurement_kit.periods import Period
from procurement_kit.tender_basis import KnownContract

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

PLACE_FROM = Decimal("0.20")  # share of the category's kroner from which a function or division is one of its own


def lines_of_category(cube: "ibis.Table", category: str, *, tree: "CategoryTree") -> "ibis.Table":
    """The lines of a category and all below it, so that any other analysis can be made of them alone.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `category_code`.
    category : str
        Code.
    tree : CategoryTree
        The tree the lines were placed in.

    Raises
    ------
    TableError
        If there is no such category; names the nearest.
    """
    return cube.filter(cube.category_code.isin([tree[category].category_code, *tree.descendants(category)]))


# --- the lines of the category --------------------------------------------------------------------------------------


def bought_in(lines: "ibis.Table", category: str, tree: "CategoryTree") -> "ibis.Table":
    """The lines of the category that are procurement."""
    found = lines_of_category(lines, category, tree=tree)
    return found.filter(found.scope_status == "in_scope")


def require_bought(whole: Mapping, category: str, tree: "CategoryTree", span: Period) -> None:
    """Refuse a category of which nothing was bought.

    Raises
    ------
    NoDataError
        Names category and period.
    """
    if not whole["line_count"]:
        raise NoDataError(
            f"Nothing was bought in {category} «{tree.name(category)}» in {span.label}.",
            expected="a category with purchases in the period",
            todo="choose another category or period, or run classify",
        )


def is_compared(cube: "ibis.Table", span: Period) -> bool:
    """Whether the year before has lines in three quarters as many months as the period."""
    counts = []
    for days in (span.year_before(), span):
        lines = lines_in(cube, days)
        counts.append(len(records(lines.select(y=lines.invoice_date.year(), m=lines.invoice_date.month()).distinct())))
    return bool(counts[0]) and counts[0] * 4 >= counts[1] * 3


def cells_of(own: "ibis.Table") -> list[dict]:
    """Kroner per category, supplier and contract status, as the levers are given them."""
    voluntary = own.contract_reason.fill_null("").contains("voluntary")
    own = own.mutate(is_voluntary=voluntary, is_addressable=own.is_addressable.fill_null(False))  # noqa: FBT003
    return sums_by(own, "category_code", "supplier_key", "contract_status", "is_voluntary", "is_addressable")


def table_rows(
    own: "ibis.Table", earlier: "ibis.Table | None", category: str, tree: "CategoryTree"
) -> dict[str, list[dict]]:
    """The tables that are sums of the category's lines."""
    return {
        "by_subcategory": with_category_names(_subcategories(own, category, tree), tree.name),
        "suppliers": _suppliers(own, earlier),
        "by_receiver": _receivers(own, tree),
        "by_division": _largest(sums_by(own, "unit_division_name")),
        "by_unit": _largest(sums_by(own, "unit_division_name", "unit_name")),
        "by_status": _largest(sums_by(own, "contract_status")),
    }


def _receivers(own: "ibis.Table", tree: "CategoryTree") -> list[dict]:
    """Divisions, or units where no division is known; never units where something is granted to single citizens."""
    codes = {row["category_code"] for row in sums_by(own, "category_code")}
    divisions = sums_by(own, "unit_division_name")
    is_granted = codes & tree.codes_where("is_granted_to_citizen")
    column = "unit_division_name" if is_granted or any(row["unit_division_name"] for row in divisions) else "unit_name"
    return _largest({**row, "receiver_name": row[column]} for row in sums_by(own, column))


def _largest(rows: Iterable[dict]) -> list[dict]:
    return sorted(rows, key=lambda row: -row["net_amount"])  # stable: ties stay in the order of their keys


def _subcategories(own: "ibis.Table", category: str, tree: "CategoryTree") -> list[dict]:
    """Kroner one level below; what is placed no deeper than the category itself stands under its own code."""
    depth, found = tree.level(category), {}
    for row in sums_by(own, "category_code"):
        path = tree.path(row["category_code"])
        code = path[depth] if len(path) > depth else category
        part = found.setdefault(code, {"category_code": code, "line_count": 0, "net_amount": NOTHING})
        part |= {name: part[name] + row[name] for name in ("line_count", "net_amount")}
    return sorted(found.values(), key=largest_first)


def _suppliers(own: "ibis.Table", earlier: "ibis.Table | None") -> list[dict]:
    """One row per supplier now and the year before; persons stand together and are neither new nor gone."""
    then = {} if earlier is None else {row["supplier_key"]: row for row in _by_supplier(earlier)}
    now = {row["supplier_key"]: row for row in _by_supplier(own)}
    nothing = {"net_amount": NOTHING, "document_count": 0, "line_count": 0, "supplier_count": 0}
    rows = []
    for key in sorted({*now, *then}, key=lambda key: key_order([key])):
        row = now.get(key) or {**then[key], **nothing}
        previous = None if earlier is None else then.get(key, nothing)["net_amount"]
        status = "kept" if key in now and key in then else "new" if key in now else "gone"
        is_shown = earlier is not None and key is not None and not is_person(key)
        rows.append({**row, "previous_amount": previous, "change_status": status if is_shown else None})
    return sorted(without_persons(rows), key=largest_first)


def _by_supplier(lines: "ibis.Table") -> list[dict]:
    return sums_by(lines, "supplier_key", "supplier_label")


def ranked_suppliers(rows: Iterable[dict]) -> list[dict]:
    """Suppliers with purchases, largest first; persons, unknown ones and those that are gone have no number."""
    shown, rank = [], 0
    for row in rows:
        is_ranked = row["supplier_group"] == "supplier" and row["net_amount"] > 0
        rank += is_ranked
        group = row["supplier_group"] if row["supplier_group"] != "supplier" else "supplier"
        words = {"change_status": row["change_status"] or "not_compared"}
        shown.append({**row, **words, "supplier_rank": rank if is_ranked else None, "supplier_group": group})
    return shown


def with_shares(rows: list[dict], whole: Decimal) -> list[dict]:
    """Rows of kroner with their share of the category."""
    return [{**row, "net_share": share(row["net_amount"], whole)} if "net_amount" in row else row for row in rows]


# --- contracts, and what other authorities have to do with it -------------------------------------------------------


def contract_rows(
    own: "ibis.Table", category: str, tree: "CategoryTree", given: tuple[CategoryBasis, Period]
) -> dict[str, list[dict]]:
    """Contracts that cover the category or a part of it, kroner by who made them, and the neighbours' contracts."""
    basis, span = given
    on_contract = own.filter(own.contract_status == "on_contract")
    used = {row["contract_number"]: row for row in sums_by(on_contract, "contract_number")}
    covering = [c for c in basis.contracts if covers(c, category, tree) and c.last_with_option >= span.first_date]
    known = {contract.number: contract for contract in basis.contracts if contract.municipality == basis.municipality}
    listed = {c.number for c in covering if c.municipality == basis.municipality} | set(used)
    rows = [_contract_row(number, known.get(number), used, basis) for number in sorted(listed, key=str)]
    rows.sort(key=lambda row: -row["net_amount"])
    owners = {row["contract_owner"]: [r for r in rows if r["contract_owner"] == row["contract_owner"]] for row in rows}
    titles = dict(basis.titles)
    near = [c for c in covering if c.municipality != basis.municipality and c.number not in listed]
    return {
        "contracts": rows,
        "by_owner": [
            {"contract_owner": owner, "contract_count": len(found), "net_amount": total(found)}
            for owner, found in sorted(owners.items())
        ],
        "neighbours": [
            {**_contract_row(c.number, c, {}, basis), "municipality_title": titles.get(c.municipality, c.municipality)}
            for c in sorted(near, key=lambda c: (c.municipality, c.last, c.number))
        ],
    }


def covers(contract: KnownContract, category: str, tree: "CategoryTree") -> bool:
    """Whether a contract covers the category, all of it or a part."""
    codes = [code for code in contract.categories if code in tree]
    return any(code in tree.path(category) or category in tree.path(code) for code in codes)


def _contract_row(
    number: str | None, contract: KnownContract | None, used: Mapping[str, Mapping], basis: CategoryBasis
) -> dict:
    return {
        "agreement_number": number,
        "contract_title": contract and contract.title,
        "contract_owner": contract.owner if contract else "not_known",
        "valid_from_date": contract and contract.first,
        "valid_to_date": contract and contract.end_day,
        "option_to_date": contract and contract.option_last,
        "is_priced": "priced" if number in basis.priced else "unpriced",
        "net_amount": used.get(number, {"net_amount": NOTHING})["net_amount"],
    }


def authority_places(own: "ibis.Table", spend: Decimal) -> tuple[str, list[str]]:
    """Where much of the category lies: functions of the accounts, or divisions where most lines bear no function.

    Returns
    -------
    tuple of str and list of str
        The column, and those of its values that carry a fifth or more of the category's kroner.
    """
    by_function = sums_by(own, "function_number")
    known = sum((row["net_amount"] for row in by_function if row["function_number"]), NOTHING)
    column = "function_number" if 2 * known >= spend else "unit_division_name"
    rows = [row for row in sums_by(own, column) if row[column]]
    return column, [row[column] for row in rows if (share(row["net_amount"], spend) or 0) >= PLACE_FROM]


def public_rows(received: "ibis.Table", own: "ibis.Table", whole: Mapping) -> list[dict]:
    """Payments to public authorities in the places where much of the category lies."""
    column, places = authority_places(own, whole["net_amount"])
    if not places:
        return []
    paid = received.filter((received.scope_status == "public_payment") & received[column].isin(places))
    rows = sums_by(paid, column, "supplier_key", "supplier_label")
    return _largest({**row, "authority_place": row[column]} for row in without_persons(rows, column))
