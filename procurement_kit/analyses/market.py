"""Who sells this already, to whom in the community, and who should be asked to a market dialogue?

Suppliers with purchases in a category and all below it, across municipalities, the one that sells to most first.
Persons are never on the list; what was bought from them stands as one sum beside it, so that the list adds up.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import NOTHING, frame, is_person, lines_in, require_lines, sums_by, total
from procurement_kit.findings import Definition, Finding, Number, adds_up
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

NUMBER_PREFIX = "n:"
COLUMNS = {
    "suppliers": (
        "supplier_rank", "supplier_label", "supplier_number", "municipality_count", "municipality_titles", "net_amount",
        "document_count", "supplier_size",
    ),
    "by_municipality": ("municipality_title", "supplier_count", "document_count", "net_amount"),
    "left_out": ("market_left_out", "supplier_count", "net_amount"),
}  # fmt: skip


def market_list(
    cube: "ibis.Table",
    *,
    category: str,
    period: str,
    tree: CategoryTree,
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> Finding:
    """List the suppliers of a category as an invitation list for market dialogue.

    Parameters
    ----------
    cube : ibis.Table
        Lines of one or several municipalities. *Reads* `category_code`, `scope_status`, `municipality_name`, supplier
        columns, `invoice_date`, `document_id`, `net_amount`.
    category : str
        Code; all below it are included.
    period : str
        For instance "2025".
    tree : CategoryTree
        The categories.
    known : mapping, optional
        `titles`: folder name → title of a municipality; `sizes`: supplier key → size, where somebody knows it;
        `sole_traders`: supplier keys of firms that are one person's own.

    Returns
    -------
    Finding
        Key "market"; tables `suppliers` (main), `by_municipality`, `left_out` (persons, suppliers not named).

    Raises
    ------
    TableError
        If the category is not in the tree.
    NoDataError
        If nothing was bought in it in the period.
    """
    span, known = parse_period(period), known or {}
    codes = (tree[category].category_code, *tree.descendants(category))
    lines = lines_in(cube, span)
    lines = lines.filter((lines.scope_status == "in_scope") & lines.category_code.isin(codes))
    whole = sums_by(lines)[0]
    require_lines(whole["line_count"], span)
    titles, sole = known.get("titles", {}), frozenset(known.get("sole_traders", ()))
    rows = sums_by(lines, "supplier_key", "supplier_label", "municipality_name")
    documents = sums_by(lines, "supplier_key")
    suppliers = _suppliers([row for row in rows if not _why_not(row, sole)], documents, titles, known.get("sizes", {}))
    left_out = _left_out(documents, sole)
    members = [
        {**row, "municipality_title": titles.get(row["municipality_name"], row["municipality_name"])}
        for row in sums_by(lines, "municipality_name")
    ]
    tables = {"suppliers": suppliers, "by_municipality": members, "left_out": left_out}
    listed, apart = total(suppliers), total(left_out)
    return Finding(
        key="market",
        numbers=_numbers(whole, suppliers, members, category, tree),
        tables={name: frame(found, COLUMNS[name]) for name, found in tables.items()},
        checks=(
            adds_up("listed and left out sum to the category", listed + apart, whole["net_amount"]),
            adds_up("municipalities sum to the category", total(members), whole["net_amount"]),
        ),
        caveats=("market_left_out",) if left_out else (),
        definition=_definition(apart),
        parameters={"period": span.label, "category": category},
    )


def _suppliers(
    rows: Iterable[dict], documents: Iterable[dict], titles: Mapping[str, str], sizes: Mapping[str, str]
) -> list[dict]:
    """One row per company: those that sell to most municipalities first, then by kroner."""
    counts = {row["supplier_key"]: row["document_count"] for row in documents}
    found: dict[str, dict] = {}
    for row in rows:
        key = row["supplier_key"]
        supplier = found.setdefault(key, _named(row, counts[key], sizes.get(key)))
        supplier["names"].add(titles.get(row["municipality_name"], row["municipality_name"]))
        supplier["net_amount"] += row["net_amount"]
    listed = [
        {**row, "municipality_count": len(row["names"]), "municipality_titles": ", ".join(sorted(row["names"]))}
        for row in found.values()
    ]
    listed.sort(key=lambda row: (-row["municipality_count"], -row["net_amount"], row["supplier_key"]))
    return [{**row, "supplier_rank": rank} for rank, row in enumerate(listed, start=1)]


def _named(row: dict, documents: int, size: str | None) -> dict:
    key = row["supplier_key"]
    return {
        "supplier_key": key,
        "supplier_label": row["supplier_label"],
        "supplier_number": key.removeprefix(NUMBER_PREFIX) if key.startswith(NUMBER_PREFIX) else None,
        "supplier_size": size,
        "document_count": documents,
        "net_amount": NOTHING,
        "names": set(),
    }


def _why_not(row: Mapping, sole_traders: frozenset[str]) -> str:
    """Why a supplier is not on the list; nothing where it is."""
    key = row["supplier_key"]
    if key is None:
        return "unknown"
    return "persons" if is_person(key) or key in sole_traders else ""


def _left_out(rows: Iterable[dict], sole_traders: frozenset[str]) -> list[dict]:
    apart: dict[str, list[dict]] = {}
    for row in rows:
        if why := _why_not(row, sole_traders):
            apart.setdefault(why, []).append(row)
    return [
        {"market_left_out": why, "supplier_count": len(found) if why == "persons" else 0, "net_amount": total(found)}
        for why, found in sorted(apart.items())
    ]


def _numbers(
    whole: Mapping, suppliers: list[dict], members: list[dict], category: str, tree: CategoryTree
) -> dict[str, Number]:
    shared = sum(row["municipality_count"] > 1 for row in suppliers)
    counts = {"supplier_count": len(suppliers), "shared_supplier_count": shared, "member_count": len(members)}
    return {
        "net_amount": Number(whole["net_amount"], "kr"),
        "category_name_da": Number(tree.name(category), "text"),
        "category_name_en": Number(tree.name(category, "en"), "text"),
        **{name: Number(value, "count") for name, value in counts.items()},
    }


def _definition(left_out: object) -> Definition:
    return Definition(
        formula="suppliers with purchases in the category, by number of municipalities, then by kroner",
        numerator="kroner per supplier, credits negative, excluding VAT",
        denominator="purchases in the category and all below it",
        left_out="persons, and purchases whose supplier is not named",
        left_out_amount=left_out,
        source="invitation list as used in market dialogue before a tender",
    )
