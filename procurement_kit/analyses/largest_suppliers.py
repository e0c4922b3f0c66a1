"""Who receives most, when companies of one group are one?

Suppliers are added up by the group they belong to on the invoice's date, where somebody or the company register has
said so; else each is its own. Persons are one row, and so is the rest behind the largest.
"""

from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import PERSON_PREFIX, largest_first, sums_by, without_persons

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 20
REACH = ("area_count", "unit_count", "grouped_supplier_count")


def largest_suppliers(lines: "ibis.Table", summed: "Sequence[str]") -> list[dict]:
    """The largest suppliers, then the others as one row, then persons and what no supplier is known of.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* supplier and group columns, `category_1_code`, `unit_name`, `document_id`, `net_amount`.
    summed : sequence of str
        Counts that are added up for the others.

    Returns
    -------
    list of dict
        `supplier_key` and `supplier_label` of the group where there is one, `supplier_count` in it,
        `grouped_supplier_count` (the same, 0 where it is no group), `area_count`, `unit_count`, and kroner.
    """
    is_grouped = lines.supplier_group_key.notnull() & ~lines.supplier_key.startswith(PERSON_PREFIX)
    owned = lines.mutate(
        owner_key=ibis.ifelse(is_grouped, lines.supplier_group_key, lines.supplier_key),
        grouped_key=ibis.ifelse(is_grouped, lines.supplier_key, ibis.null("string")),
    )
    found = sums_by(
        owned,
        "owner_key",
        group_label=ibis.ifelse(owned.grouped_key.notnull(), owned.supplier_group_label, ibis.null("string")).max(),
        own_label=owned.supplier_label.max(),
        area_count=owned.category_1_code.nunique(),
        unit_count=owned.unit_name.nunique(),
        grouped_supplier_count=owned.grouped_key.nunique(),
    )
    rows = [
        {"supplier_key": row.pop("owner_key"), "supplier_label": row.pop("group_label") or row["own_label"], **row}
        for row in found
    ]
    rows = sorted(without_persons(rows), key=largest_first)
    named = [row for row in rows if row["supplier_group"] == "supplier"]
    apart = [row | dict.fromkeys(REACH) for row in rows if row["supplier_group"] != "supplier"]
    if others := named[SHOWN:]:
        sums = {name: sum(row[name] for row in others) for name in (*summed, "net_amount")}
        apart.insert(0, {**sums, "supplier_key": "others", "supplier_group": "others"})
    return [{**row, "supplier_rank": rank} for rank, row in enumerate(named[:SHOWN], start=1)] + apart
