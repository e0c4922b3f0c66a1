"""How long is the supplier tail in each category, area and ordering unit?

Each part is told twice by each definition: how much of the whole tail lies in it, and which suppliers are
tail inside it. A supplier that is large for the municipality may be tail in a category, and the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import NOTHING, SUM_TYPE, add_lookup, exact_sum, key_order, records
from procurement_kit.findings import share

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

FEWEST_SMALL = 3  # small suppliers a group must have before anything is proposed
KINDS = ("small", "tail", "rare", "inner_small", "inner_tail", "inner_rare")
NO_TAIL = {
    f"{kind}_{name}": nothing
    for kind in KINDS
    for name, nothing in (("supplier_count", 0), ("amount", NOTHING), ("document_count", 0))
}
PART_COLUMNS = (
    "net_amount", "supplier_count", "small_supplier_count", "small_amount", "small_document_count",
    "small_document_share", "tail_supplier_count", "tail_amount", "tail_document_count", "inner_tail_supplier_count",
    "inner_tail_amount", "covered_amount", "rare_supplier_count", "rare_amount", "rare_document_count",
    "inner_tail_document_count", "inner_small_supplier_count", "inner_small_amount", "inner_small_document_count",
    "inner_rare_supplier_count", "inner_rare_amount", "inner_rare_document_count",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Kroner under which a supplier is small, and invoices up to which it is rare."""

    amount: Decimal
    invoice_count: int


def amount_of(lines: ibis.Table) -> ibis.Value:
    """Kroner of lines, 0.00 where there are none."""
    return exact_sum(lines).coalesce(ibis.literal(NOTHING).cast(SUM_TYPE))


def segmented(suppliers: ibis.Table, within: tuple[str, ...]) -> ibis.Table:
    """Suppliers with rank, running sum and segment, head, tail or apart, in each part.

    Parameters
    ----------
    suppliers : ibis.Table
        *Reads* `supplier_key`, `net_amount`, `known_amount` (of the part).
    within : tuple of str
        Columns that make a part; none ranks all together.
    """
    order = [ibis.desc("net_amount"), "supplier_key"]
    running = ibis.window(group_by=within, order_by=order, preceding=None, following=0)
    suppliers = suppliers.mutate(
        cumulative_amount=suppliers.net_amount.sum().over(running).cast(SUM_TYPE),
        supplier_rank=suppliers.count().over(running),
    )
    before = ((suppliers.cumulative_amount - suppliers.net_amount) * 5).cast(SUM_TYPE)
    is_head = before < (suppliers.known_amount * 4).cast(SUM_TYPE)
    segment = ibis.cases((suppliers.net_amount <= 0, "apart"), (is_head, "head"), else_="tail")
    return suppliers.mutate(tail_segment=segment)


def tail_by(lines: ibis.Table, suppliers: ibis.Table, limits: Limits, by: Sequence[str]) -> list[dict]:
    """One row per part: spend, and the tail of the whole and of the part itself by three definitions.

    Parameters
    ----------
    lines : ibis.Table
        Lines in scope.
    suppliers : ibis.Table
        All known suppliers with `net_amount`, `document_count` and `tail_segment` over the whole.
    limits : Limits
        Of the definitions by kroner and by invoices.
    by : sequence of str
        Columns that make a part.

    Returns
    -------
    list of dict
        The parts with most small suppliers first.
    """
    by = tuple(by)
    covered = exact_sum(lines, lines.contract_status.isin(("on_contract", "wrong_supplier")))
    tails = _tail_sums(_pairs(lines, suppliers, limits, by), by)
    found = []
    for row in records(lines.group_by(by).aggregate(net_amount=amount_of(lines), covered_amount=covered)):
        part = tails.get(tuple(row[name] for name in by), {"supplier_count": 0, **NO_TAIL})
        found.append({**row, "covered_amount": row["covered_amount"] or NOTHING, **part})
    documents = sum(row["small_document_count"] for row in found)
    found = [{**row, "small_document_share": share(row["small_document_count"], documents)} for row in found]
    return sorted(found, key=lambda r: (-r["small_supplier_count"], -r["net_amount"], key_order(r[n] for n in by)))


def _pairs(lines: ibis.Table, suppliers: ibis.Table, limits: Limits, by: tuple[str, ...]) -> ibis.Table:
    """Part and supplier, with one flag per kind of tail."""
    known = lines.filter(lines.supplier_key.notnull())
    pairs = known.group_by(*by, "supplier_key").aggregate(
        document_count=known.document_id.nunique(), net_amount=amount_of(known)
    )
    whole = ibis.window(group_by=by)
    pairs = segmented(pairs.mutate(known_amount=pairs.net_amount.sum().over(whole).cast(SUM_TYPE)), by)
    overall = suppliers.select("supplier_key", **_flags(suppliers, limits, ""))
    return add_lookup(pairs.mutate(**_flags(pairs, limits, "inner_")), overall, ("supplier_key",))


def _flags(table: ibis.Table, limits: Limits, prefix: str) -> dict[str, ibis.Value]:
    limit = ibis.literal(limits.amount).cast(SUM_TYPE)
    is_ranked = table.net_amount > 0
    return {
        f"is_{prefix}small": is_ranked & (table.net_amount < limit),
        f"is_{prefix}tail": table.tail_segment == "tail",
        f"is_{prefix}rare": is_ranked & (table.document_count <= limits.invoice_count),
    }


def _tail_sums(pairs: ibis.Table, by: tuple[str, ...]) -> dict[tuple, dict]:
    """Suppliers, kroner and documents per part and kind of tail; a document has one supplier, so documents add up."""
    sums = {"supplier_count": pairs.count()}
    for kind in KINDS:
        is_in = pairs[f"is_{kind}"]
        sums[f"{kind}_supplier_count"] = is_in.sum()
        sums[f"{kind}_amount"] = exact_sum(pairs, is_in)
        sums[f"{kind}_document_count"] = pairs.document_count.sum(where=is_in)
    found = records(pairs.group_by(by).aggregate(**sums))
    return {tuple(row[name] for name in by): {name: row[name] or NO_TAIL[name] for name in sums} for row in found}


def with_proposals(rows: Sequence[dict], tree: "CategoryTree") -> list[dict]:
    """Rows with what could be done about their tail, by one rule.

    Leave alone where the purchase is granted to a citizen or under a public tariff, or where fewer than
    `FEWEST_SMALL` suppliers are small. Use the contract where one covers any of the kroner. Else gather.
    """
    quiet = tree.codes_where("is_granted_to_citizen") | tree.codes_where("is_public_tariff")
    return [{**row, "tail_proposal": _proposal(row, quiet)} for row in rows]


def _proposal(row: dict, quiet: frozenset[str]) -> str | None:
    if row["category_code"] is None:
        return None
    if row["category_code"] in quiet or row["small_supplier_count"] < FEWEST_SMALL:
        return "leave_alone"
    return "use_contract" if row["covered_amount"] > 0 else "gather"
