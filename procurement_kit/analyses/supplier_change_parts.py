"""Where did suppliers come and go: in which categories, areas and ordering units?

New, gone and one-time are said of the municipality as a whole; a part tells how many of those suppliers, and how many
of their kroner, lie in it. A supplier that lies in several parts counts in each, its kroner once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis

from procurement_kit.exact import NOTHING, add_lookup, exact_sum, key_order, records
from procurement_kit.periods import Period

PART_COLUMNS = (
    "net_amount", "supplier_count", "new_supplier_count", "new_amount", "gone_supplier_count", "gone_amount",
    "one_time_supplier_count", "one_time_amount",
)  # fmt: skip
NOT_COMPARED = dict.fromkeys(("new_supplier_count", "new_amount", "gone_supplier_count", "gone_amount"))
STATUS_TYPES = {"supplier_key": "string", "is_new": "boolean", "is_gone": "boolean", "is_one_time": "boolean"}


@dataclass(frozen=True)
class Spans:
    """The period, the year before it, and the twelve months that end with it."""

    now: Period
    before: Period
    window: Period


def statuses(rows: Sequence[Mapping], is_one_time: frozenset[str]) -> ibis.Table:
    """Suppliers with what they are to the whole municipality, as a table of STATUS_TYPES.

    Parameters
    ----------
    rows : sequence of mapping
        `supplier_key`, None for lines without one, and `change_status`.
    is_one_time : frozenset of str
        Keys of the one-time suppliers.
    """
    found = [
        {
            "supplier_key": row["supplier_key"],
            "is_new": row["change_status"] == "new",
            "is_gone": row["change_status"] == "gone",
            "is_one_time": row["supplier_key"] in is_one_time,
        }
        for row in rows
        if row["supplier_key"]
    ]
    return ibis.memtable(found, schema=STATUS_TYPES)


def changes_by(lines: ibis.Table, suppliers: ibis.Table, spans: Spans, by: Sequence[str]) -> list[dict]:
    """One row per part that has anything in the spans, those with most kroner first.

    Parameters
    ----------
    lines : ibis.Table
        Lines in scope of all dates.
    suppliers : ibis.Table
        What `statuses` gives.
    spans : Spans
        When a supplier's kroner count: new and all in the period, gone in the year before, one-time in the window.
    by : sequence of str
        Columns that make a part.

    Returns
    -------
    list of dict
        The columns `by` and PART_COLUMNS.
    """
    pairs = add_lookup(_pairs(lines, spans, by), suppliers, ("supplier_key",))
    counted = {"new": "now", "gone": "before", "one_time": "window"}
    is_active = pairs.supplier_key.notnull() & (pairs.now_count > 0)
    sums = {"net_amount": exact_sum(pairs, column="now_amount"), "supplier_count": is_active.sum()}
    for status, when in counted.items():
        is_in = pairs[f"is_{status}"].fill_null(False) & (pairs[f"{when}_count"] > 0)
        sums[f"{status}_supplier_count"] = is_in.sum()
        sums[f"{status}_amount"] = exact_sum(pairs, is_in, f"{when}_amount")
    found = [_filled(row) for row in records(pairs.group_by(list(by)).aggregate(**sums))]
    found = [row for row in found if any(row[name] for name in PART_COLUMNS)]
    return sorted(found, key=lambda row: (-row["net_amount"], key_order(row[name] for name in by)))


def _pairs(lines: ibis.Table, spans: Spans, by: Sequence[str]) -> ibis.Table:
    """Part and supplier, with lines and kroner of each span."""
    sums = {}
    for name in ("now", "before", "window"):
        span = getattr(spans, name)
        is_in = lines.invoice_date.between(span.first_date, span.last_date)
        sums |= {f"{name}_amount": exact_sum(lines, is_in), f"{name}_count": is_in.sum()}
    return lines.group_by(*by, "supplier_key").aggregate(**sums)


def _filled(row: Mapping) -> dict:
    empty = {"amount": NOTHING, "count": 0}
    return {name: empty.get(name.rsplit("_", 1)[-1]) if value is None else value for name, value in row.items()}
