"""Do two municipalities, or two units of one, buy from the same suppliers?

Jaccard = suppliers in common / suppliers of either. Spend overlap = sum over suppliers of the smaller of two shares: 1
where both spread their kroner alike, 0 where no supplier is shared. Only suppliers above 0 count; persons never do. A
high overlap says that a joint tender would meet the same suppliers, not that it pays.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.errors import ParameterError
from procurement_kit.exact import (
    NOTHING,
    PERSON_PREFIX,
    exact_sum,
    frame,
    key_order,
    lines_in,
    records,
    require_lines,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import Period, parse_period

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

PARTIES = {"municipality": "municipality_name", "division": "unit_division_name", "unit": "unit_name"}
PARTIES_COMPARED = 25
FACTOR_TYPE, PRODUCT_TYPE = "decimal(19,2)", "decimal(38,4)"
CATEGORY = ("category_code", "category_name_da", "category_name_en")
PAIR = (
    "party_name", "other_party_name", "supplier_count", "other_supplier_count", "shared_supplier_count",
    "jaccard_share", "overlap_share", "ranked_amount", "other_ranked_amount", "shared_amount", "other_shared_amount",
)  # fmt: skip
COLUMNS = {
    "pairs": PAIR,
    "pairs_by_group": (*CATEGORY, *PAIR),
    "parties": (
        "party_name", "party_status", "supplier_count", "net_amount", "ranked_amount", "person_amount",
        "unknown_amount", "apart_amount",
    ),
}  # fmt: skip


def analyse_overlap(
    cubes: "ibis.Table | Sequence[ibis.Table]",
    *,
    period: str,
    between: str = "municipality",
    tree: "CategoryTree | None" = None,
) -> Finding:
    """Show which municipalities, divisions or units buy from the same suppliers.

    Parameters
    ----------
    cubes : ibis.Table or sequence of ibis.Table
        One spend cube, of one or several municipalities, or several cubes. *Reads* `scope_status`, `supplier_key`,
        category and unit columns, `municipality_name`, `invoice_date`, `net_amount`.
    period : str
        For instance "2025".
    between : {"municipality", "division", "unit"}
        What is compared; the 25 with most kroner, the others are named as not compared.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "overlap"; tables `pairs` (main, all categories together), `pairs_by_group`, `parties`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If there is no such thing to compare between.
    """
    span = parse_period(period)
    if between not in PARTIES:
        raise ParameterError(
            f"«{between}» is nothing to compare between.", expected=" or ".join(PARTIES), todo="choose one of these"
        )
    tables = [cubes] if isinstance(cubes, ibis.Table) else list(cubes)
    cells = _together([_cells(table, span, PARTIES[between]) for table in tables])
    parties = _parties(cells)
    require_lines(sum(row["line_count"] for row in parties), span)
    compared = [row["party_name"] for row in parties if row["party_status"] == "compared"]
    known = _known(cells, compared)
    rows = {"parties": parties, "pairs": _pairs(known, ()), "pairs_by_group": _pairs(known, ("category_code",))}
    if tree:
        rows["pairs_by_group"] = with_category_names(rows["pairs_by_group"], tree.name)
    return Finding(
        key="overlap",
        numbers=_numbers(rows),
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, cells),
        caveats=("parties_not_compared",) if len(compared) < len(parties) else (),
        definition=_definition(rows),
        parameters={"period": span.label, "between": between},
    )


# --- sums in the engine ---------------------------------------------------------------------------------------------


def _cells(cube: ibis.Table, span: Period, party: str) -> ibis.Table:
    """Kroner per party, category group and supplier; persons as one supplier of their own kind."""
    lines = lines_in(cube, span)
    lines = lines.filter(lines.scope_status == "in_scope")
    is_person = lines.supplier_key.startswith(PERSON_PREFIX)
    lines = lines.select(
        "net_amount",
        party_name=lines[party],
        category_code=ibis.coalesce(lines.category_2_code, lines.category_1_code),
        supplier_key=is_person.ifelse(PERSON_PREFIX, lines.supplier_key),
    )
    grouped = lines.group_by("party_name", "category_code", "supplier_key")
    cells = grouped.aggregate(net_amount=exact_sum(lines), line_count=lines.count())
    return cells.mutate(net_amount=cells.net_amount.coalesce(ibis.literal(NOTHING).cast("decimal(38,2)")))


def _together(cells: Sequence[ibis.Table]) -> ibis.Table:
    """The cells of all cubes as one small table; cubes of several folders have engines of their own."""
    import pyarrow as pa

    return ibis.memtable(pa.concat_tables([table.to_pyarrow() for table in cells]))


def _parties(cells: ibis.Table) -> list[dict]:
    """What each party bought, the one with most kroner first; lines without a party are compared with nobody."""
    suppliers = cells.group_by("party_name", "supplier_key").aggregate(
        net_amount=exact_sum(cells), line_count=cells.line_count.sum()
    )
    is_person, is_unknown = suppliers.supplier_key == PERSON_PREFIX, suppliers.supplier_key.isnull()
    is_firm = ~is_person & ~is_unknown
    is_ranked = is_firm & (suppliers.net_amount > 0)
    grouped = suppliers.group_by("party_name").aggregate(
        supplier_count=is_ranked.sum(),
        line_count=suppliers.line_count.sum(),
        net_amount=exact_sum(suppliers),
        ranked_amount=exact_sum(suppliers, is_ranked),
        person_amount=exact_sum(suppliers, is_person),
        unknown_amount=exact_sum(suppliers, is_unknown),
        apart_amount=exact_sum(suppliers, is_firm & (suppliers.net_amount <= 0)),
    )
    found = [
        {name: _filled(name, value) for name, value in row.items()}
        for row in sorted(records(grouped), key=lambda row: (-row["net_amount"], key_order([row["party_name"]])))
    ]
    named = [row["party_name"] for row in found if row["party_name"]][:PARTIES_COMPARED]
    return [{**row, "party_status": "compared" if row["party_name"] in named else "not_compared"} for row in found]


def _filled(name: str, value: object) -> object:
    if value is not None:
        return value
    return NOTHING if name.endswith("_amount") else 0 if name.endswith("_count") else None


def _known(cells: ibis.Table, compared: Sequence[str]) -> ibis.Table:
    """Cells of the parties compared whose supplier is a firm."""
    is_firm = cells.supplier_key.notnull() & (cells.supplier_key != PERSON_PREFIX)
    return cells.filter(is_firm & cells.party_name.isin(list(compared) or [""]))


def _pairs(cells: ibis.Table, by: tuple[str, ...]) -> list[dict]:
    """One row per pair of parties, and per category where asked, with what they share."""
    suppliers = cells.group_by(*by, "party_name", "supplier_key").aggregate(net_amount=exact_sum(cells))
    suppliers = suppliers.filter(suppliers.net_amount > 0)
    wholes = suppliers.group_by(*by, "party_name").aggregate(
        supplier_count=suppliers.count(), ranked_amount=exact_sum(suppliers)
    )
    totals = {tuple(row[name] for name in (*by, "party_name")): row for row in records(wholes)}
    shared = {tuple(row[name] for name in (*by, "left", "right")): row for row in _shared(suppliers, wholes, by)}
    places: dict[tuple, list[str]] = {}
    for *place, party in totals:
        places.setdefault(tuple(place), []).append(party)
    rows = []
    for place in sorted(places, key=key_order):
        names = sorted(places[place])
        for left, right in ((a, b) for n, a in enumerate(names) for b in names[n + 1 :]):
            key = (*place, left, right)
            row = _pair(left, right, totals[*place, left], totals[*place, right], shared.get(key))
            rows.append(dict(zip(by, place, strict=True)) | row)
    return rows


def _shared(suppliers: ibis.Table, wholes: ibis.Table, by: tuple[str, ...]) -> list[dict]:
    """Suppliers both have, with the smaller of the cross products amount × other's total: shares without division."""
    sums = wholes.drop("supplier_count").rename(whole_party="party_name", **{f"whole_{name}": name for name in by})
    matches = [suppliers.party_name == sums.whole_party]
    matches += [suppliers[name].identical_to(sums[f"whole_{name}"]) for name in by]
    sold = suppliers.inner_join(sums, matches).select(*suppliers.columns, "ranked_amount")
    other = sold.view()
    same = [sold.supplier_key == other.supplier_key, sold.party_name < other.party_name]
    same += [sold[name].identical_to(other[name]) for name in by]
    left = sold.net_amount.cast(FACTOR_TYPE) * other.ranked_amount.cast(FACTOR_TYPE)
    right = other.net_amount.cast(FACTOR_TYPE) * sold.ranked_amount.cast(FACTOR_TYPE)
    both = sold.inner_join(other, same).select(
        *(sold[name] for name in by),
        left=sold.party_name,
        right=other.party_name,
        left_amount=sold.net_amount,
        right_amount=other.net_amount,
        smaller=ibis.least(left, right).cast(PRODUCT_TYPE),
    )
    grouped = both.group_by(*by, "left", "right").aggregate(
        shared_supplier_count=both.count(),
        shared_amount=exact_sum(both, column="left_amount"),
        other_shared_amount=exact_sum(both, column="right_amount"),
        smaller=both.smaller.sum().cast(PRODUCT_TYPE),
    )
    return records(grouped)


def _pair(left: str, right: str, own: Mapping, other: Mapping, shared: Mapping | None) -> dict:
    found = shared or {
        "shared_supplier_count": 0,
        "shared_amount": NOTHING,
        "other_shared_amount": NOTHING,
        "smaller": 0,
    }
    either = own["supplier_count"] + other["supplier_count"] - found["shared_supplier_count"]
    return {
        "party_name": left,
        "other_party_name": right,
        "supplier_count": own["supplier_count"],
        "other_supplier_count": other["supplier_count"],
        "shared_supplier_count": found["shared_supplier_count"],
        "either_count": either,
        "jaccard_share": share(found["shared_supplier_count"], either),
        "overlap_share": share(Decimal(found["smaller"]), own["ranked_amount"] * other["ranked_amount"]),
        "ranked_amount": own["ranked_amount"],
        "other_ranked_amount": other["ranked_amount"],
        "shared_amount": found["shared_amount"],
        "other_shared_amount": found["other_shared_amount"],
    }


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: Mapping[str, list[dict]]) -> dict[str, Number]:
    pairs = rows["pairs"]
    top = max(pairs, key=lambda row: (row["overlap_share"], row["party_name"], row["other_party_name"]), default={})
    compared = [row for row in rows["parties"] if row["party_status"] == "compared"]
    others = [row for row in rows["parties"] if row["party_status"] != "compared"]
    return {
        "analysed_amount": Number(total(rows["parties"]), "kr"),
        "party_count": Number(len(compared), "count"),
        "pair_count": Number(len(pairs), "count"),
        "not_compared_count": Number(len(others), "count"),
        "not_compared_amount": Number(total(others), "kr"),
        "closest_name": Number(top.get("party_name"), "text"),
        "closest_other_name": Number(top.get("other_party_name"), "text"),
        "closest_overlap_share": Number(top.get("overlap_share"), "share"),
        "closest_jaccard_share": Number(top.get("jaccard_share"), "share"),
        "closest_shared_count": Number(top.get("shared_supplier_count"), "count"),
    }


def _checks(rows: Mapping[str, list[dict]], cells: ibis.Table) -> tuple[Check, ...]:
    parts = ("ranked_amount", "person_amount", "unknown_amount", "apart_amount")
    whole = records(cells.aggregate(net_amount=exact_sum(cells)))[0]["net_amount"] or NOTHING
    shared = [*rows["pairs"], *rows["pairs_by_group"]]
    within = all(
        row["shared_amount"] <= row["ranked_amount"] and row["other_shared_amount"] <= row["other_ranked_amount"]
        for row in shared
    )
    bounded = all(0 <= row[name] <= 1 for row in shared for name in ("jaccard_share", "overlap_share"))
    return (
        adds_up("parties sum to analysed", total(rows["parties"]), whole),
        adds_up("firms, persons, unknown and apart", sum(total(rows["parties"], part) for part in parts), whole),
        Check("what a pair shares is a part of what each bought", within, f"{len(shared)} pairs"),
        Check("Jaccard and overlap lie between 0 and 1", bounded, f"{len(shared)} pairs"),
    )


def _definition(rows: Mapping[str, Iterable[Mapping]]) -> Definition:
    left_out = sum((total(rows["parties"], f"{name}_amount") for name in ("person", "unknown", "apart")), NOTHING)
    return Definition(
        formula="Jaccard = shared / (one's + the other's − shared); overlap = sum of min(one's share, the other's)",
        numerator="suppliers with net purchases above 0 at both",
        denominator="suppliers with net purchases above 0 at either; for the overlap the kroner of each",
        left_out="persons, lines without a supplier, suppliers with net 0 or less",
        left_out_amount=left_out,
        source="Jaccard; coordination of purchases after Drescher & Schrøder for KL 2008",
    )
