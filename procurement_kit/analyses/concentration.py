"""How much do we depend on few suppliers, and in which categories?

HHI is the sum of squared shares times 10,000; 10,000 / HHI is how many equally large suppliers are as concentrated.
Both measure our dependence, not the market. Suppliers with net 0 or less, and lines without a supplier, stay in the
total and apart from the index. By owner where a register of companies says which suppliers belong together.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import (
    NOTHING,
    PERSONS_LABEL,
    exact_sum,
    frame,
    is_person,
    largest_first,
    lines_in,
    records,
    require_lines,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

FULL_INDEX = 10_000
BANDS, OLDER_BANDS = (1_000, 1_800), (1_500, 2_500)  # DOJ and FTC, Merger Guidelines 2023 and 2010
BAND_NAMES = ("low", "moderate", "high")
OWNER = "supplier_group_key"
SQUARED_TYPE, FACTOR_TYPE = "decimal(38,4)", "decimal(19,2)"
LORENZ_POINTS = 100
TENTH = Decimal("0.1")
INDEX = ("hhi", "effective", "hhi_band", "older_band")
COLUMNS = {
    "by_group": (
        "category_code", "category_name_da", "category_name_en", "net_amount", "supplier_count", "ranked_amount",
        *INDEX, "largest_supplier_label", "largest_share", "owner_count", "owner_hhi", "owner_effective", "owner_band",
        "apart_supplier_count", "apart_amount", "unknown_amount",
    ),
    "whole": (
        "net_amount", "supplier_count", "ranked_amount", *INDEX, "largest_supplier_label", "largest_share",
        "owner_count", "owner_hhi", "owner_effective", "owner_band", "apart_supplier_count", "apart_amount",
        "unknown_amount",
    ),
    "by_band": ("hhi_band", "category_count", "net_amount", "net_share"),
    "lorenz": ("supplier_share", "supplier_count", "cumulative_amount", "cumulative_share"),
}  # fmt: skip
COLUMNS["by_area"] = COLUMNS["by_group"]


def analyse_concentration(cube: ibis.Table, *, period: str, tree: "CategoryTree | None" = None) -> Finding:
    """Show how concentrated the purchases are, in all and per category.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, supplier and category columns, `invoice_date`, `net_amount`; `supplier_group_key` where it is
        there and known.
    period : str
        For instance "2025".
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "concentration"; tables `by_group` (main), `by_area`, `whole`, `by_band`, `lorenz`. `hhi` lies between 0 and
        10,000; the `owner_` columns are empty where owners are not known.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    lines = _with_owner(received.filter(received.scope_status == "in_scope"))
    analysed = records(lines.aggregate(net_amount=exact_sum(lines)))[0]["net_amount"] or NOTHING
    coded = lines.mutate(category_code=ibis.coalesce(lines.category_2_code, lines.category_1_code))
    rows = {
        "by_group": _indexed(coded, ("category_code",)),
        "by_area": _indexed(lines.mutate(category_code=lines.category_1_code), ("category_code",)),
        "whole": _indexed(lines, ()),
    }
    rows |= {name: _named(rows[name], tree) for name in ("by_group", "by_area")}
    amounts = _supplier_amounts(lines)
    rows |= {"by_band": _bands(rows["by_group"], analysed), "lorenz": _lorenz(amounts)}
    return Finding(
        key="concentration",
        numbers=_numbers(rows, analysed, amounts),
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, analysed, amounts),
        caveats=_caveats(rows),
        definition=_definition(rows["whole"][0]),
        parameters={"period": span.label},
    )


# --- sums of squares, in the engine ---------------------------------------------------------------------------------


def _with_owner(lines: ibis.Table) -> ibis.Table:
    """Lines with the owner of their supplier, itself where no owner is known; `has_owner` says where one is."""
    if OWNER not in lines.columns:
        return lines.mutate(owner_key=lines.supplier_key, has_owner=ibis.literal(False))
    return lines.mutate(owner_key=ibis.coalesce(lines[OWNER], lines.supplier_key), has_owner=lines[OWNER].notnull())


def _indexed(lines: ibis.Table, by: tuple[str, ...]) -> list[dict]:
    """One row per part with its index, its owners' index and what stands apart from both."""
    suppliers, owners = (_squares(lines, by, key) for key in ("supplier_key", "owner_key"))
    largest = _largest(lines, by)
    found = []
    for place, row in suppliers.items():
        ranked, owned = row["ranked_amount"], owners[place]
        top = largest.get(place, {})
        label = PERSONS_LABEL if is_person(top.get("supplier_key")) else top.get("supplier_label")
        found.append(
            {
                **row,
                **_index_cells(row["square_sum"], ranked),
                "largest_supplier_label": label,
                "largest_share": share(top.get("net_amount"), ranked),
                **_owner_cells(owned),
            }
        )
    return found


def _squares(lines: ibis.Table, by: tuple[str, ...], key: str) -> dict[tuple, dict]:
    """Per part: kroner, and number, sum and sum of squares of the suppliers above 0."""
    pairs = lines.group_by(*by, member=lines[key]).aggregate(
        net_amount=exact_sum(lines), owned_count=lines.has_owner.sum()
    )
    pairs = pairs.mutate(net_amount=pairs.net_amount.coalesce(ibis.literal(NOTHING).cast("decimal(38,2)")))
    factor = pairs.net_amount.cast(FACTOR_TYPE)
    pairs = pairs.mutate(square=(factor * factor).cast(SQUARED_TYPE))
    is_known, is_ranked = pairs.member.notnull(), pairs.member.notnull() & (pairs.net_amount > 0)
    is_apart = is_known & (pairs.net_amount <= 0)
    sums = {
        "net_amount": exact_sum(pairs),
        "supplier_count": is_ranked.sum(),
        "ranked_amount": exact_sum(pairs, is_ranked),
        "square_sum": pairs.square.sum(where=is_ranked).cast(SQUARED_TYPE),
        "apart_supplier_count": is_apart.sum(),
        "apart_amount": exact_sum(pairs, is_apart),
        "unknown_amount": exact_sum(pairs, ~is_known),
        "owned_count": pairs.owned_count.sum(),
    }
    rows = records(pairs.group_by(by).aggregate(**sums) if by else pairs.aggregate(**sums))
    empty = {name: 0 if name.endswith("_count") else NOTHING for name in sums}
    filled = [{**row, **{name: row[name] or nothing for name, nothing in empty.items()}} for row in rows]
    return {tuple(row[name] for name in by): row for row in filled}


def _largest(lines: ibis.Table, by: tuple[str, ...]) -> dict[tuple, dict]:
    """The supplier with most kroner of each part, ties by key."""
    known = lines.filter(lines.supplier_key.notnull())
    pairs = known.group_by(*by, "supplier_key", "supplier_label").aggregate(net_amount=exact_sum(known))
    order = [ibis.desc("net_amount"), "supplier_key"]
    running = ibis.window(group_by=by, order_by=order, preceding=None, following=0)
    first = pairs.mutate(supplier_rank=pairs.count().over(running))
    rows = records(first.filter((first.supplier_rank == 1) & (first.net_amount > 0)).drop("supplier_rank"))
    return {tuple(row[name] for name in by): row for row in rows}


def _supplier_amounts(lines: ibis.Table) -> list[Decimal]:
    """Kroner of each supplier above 0, smallest first."""
    suppliers = (
        lines.filter(lines.supplier_key.notnull()).group_by("supplier_key").aggregate(net_amount=exact_sum(lines))
    )
    found = suppliers.filter(suppliers.net_amount > 0).select("net_amount").to_pyarrow()
    return sorted(found["net_amount"].to_pylist())


# --- index, bands and curve, from exact sums ------------------------------------------------------------------------


def index_of(square_sum: Decimal, ranked: Decimal) -> Decimal | None:
    """HHI between 0 and 10,000, to one decimal; None where nothing was bought.

    Examples
    --------
    >>> index_of(Decimal("5000"), Decimal("100"))
    Decimal('5000.0')
    """
    if not ranked:
        return None
    return (FULL_INDEX * square_sum / (ranked * ranked)).quantize(TENTH, rounding=ROUND_HALF_EVEN)


def band_of(hhi: Decimal | None, bounds: Sequence[int] = BANDS) -> str | None:
    """Name of the band an index lies in; a boundary belongs to the middle one.

    Examples
    --------
    >>> [band_of(Decimal(n)) for n in (999, 1000, 1800, 1801)]
    ['low', 'moderate', 'moderate', 'high']
    """
    if hhi is None:
        return None
    return BAND_NAMES[(hhi >= bounds[0]) + (hhi > bounds[1])]


def _index_cells(square_sum: Decimal, ranked: Decimal) -> dict:
    hhi = index_of(square_sum, ranked)
    effective = (ranked * ranked / square_sum).quantize(TENTH, rounding=ROUND_HALF_EVEN) if square_sum else None
    return {"hhi": hhi, "effective": effective, "hhi_band": band_of(hhi), "older_band": band_of(hhi, OLDER_BANDS)}


def _owner_cells(owned: Mapping) -> dict:
    """The same by owner; empty where no supplier of the part has a known one."""
    if not owned["owned_count"]:
        return dict.fromkeys(("owner_count", "owner_hhi", "owner_effective", "owner_band"))
    cells = _index_cells(owned["square_sum"], owned["ranked_amount"])
    return {
        "owner_count": owned["supplier_count"],
        "owner_hhi": cells["hhi"],
        "owner_effective": cells["effective"],
        "owner_band": cells["hhi_band"],
    }


def _named(rows: Iterable[Mapping], tree: "CategoryTree | None") -> list[dict]:
    rows = sorted(rows, key=largest_first)
    return with_category_names(rows, tree.name) if tree else rows


def _bands(rows: Iterable[Mapping], analysed: Decimal) -> list[dict]:
    """Categories and kroner per band; those where nothing was bought, net, have no band."""
    found = []
    for name in (*BAND_NAMES, None):
        members = [row for row in rows if row["hhi_band"] == name]
        if members or name:
            kroner = total(members)
            cells = {"category_count": len(members), "net_amount": kroner, "net_share": share(kroner, analysed)}
            found.append({"hhi_band": name, **cells})
    return found


def _lorenz(amounts: Sequence[Decimal]) -> list[dict]:
    """Points of the curve: the smallest suppliers first, at most a hundred steps."""
    if not amounts:
        return []
    steps = min(LORENZ_POINTS, len(amounts))
    places = [len(amounts) * step // steps for step in range(steps + 1)]
    whole, running, points = sum(amounts, NOTHING), NOTHING, []
    for start, place in zip([0, *places], places, strict=False):
        running += sum(amounts[start:place], NOTHING)
        shares = {"supplier_share": share(place, len(amounts)), "cumulative_share": share(running, whole)}
        points.append({**shares, "supplier_count": place, "cumulative_amount": running})
    return points


def gini_of(amounts: Sequence[Decimal]) -> Decimal | None:
    """How unequal sorted amounts are: 0 all alike, near 1 one has all; None where there are none.

    Examples
    --------
    >>> gini_of([Decimal(1), Decimal(1)]), gini_of([Decimal(1), Decimal(3)])
    (Decimal('0.000000'), Decimal('0.250000'))
    """
    count, whole = len(amounts), sum(amounts, NOTHING)
    weighted = sum((place * amount for place, amount in enumerate(amounts, start=1)), NOTHING)
    return share(2 * weighted - (count + 1) * whole, count * whole)


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: Mapping[str, list[dict]], analysed: Decimal, amounts: Sequence[Decimal]) -> dict[str, Number]:
    whole, groups = (
        rows["whole"][0],
        [row for row in rows["by_group"] if row["category_code"] and row["hhi"] is not None],
    )
    high = [row for row in groups if row["hhi_band"] == "high"]
    top = max(high, key=lambda row: row["net_amount"], default={})
    kroner = {"analysed_amount": analysed, "high_amount": total(high), "largest_high_amount": top.get("net_amount")}
    kroner |= {name: whole[name] for name in ("ranked_amount", "apart_amount", "unknown_amount")}
    shares = {
        "largest_share": whole["largest_share"],
        "gini_share": gini_of(amounts),
        "high_share": share(total(high), analysed),
        "largest_high_share": top.get("largest_share"),
        "smaller_half_share": share(sum(amounts[: len(amounts) // 2], NOTHING), sum(amounts, NOTHING)),
    }
    counts = {"supplier_count": whole["supplier_count"], "apart_supplier_count": whole["apart_supplier_count"]}
    counts |= {"category_count": len(groups), "high_count": len(high), "owner_count": whole["owner_count"]}
    counts |= dict(zip(("low_band_count", "high_band_count", "older_low_count", "older_high_count"),
                       (*BANDS, *OLDER_BANDS), strict=True))  # fmt: skip
    words = {"largest_supplier_label": whole["largest_supplier_label"], "hhi": whole["hhi"]}
    words |= {"effective": whole["effective"], "owner_hhi": whole["owner_hhi"]}
    words |= {f"largest_high_name_{tongue}": top.get(f"category_name_{tongue}") for tongue in ("da", "en")}
    by_unit = (("kr", kroner), ("share", shares), ("count", counts), ("text", words))
    return {name: Number(value, unit) for unit, values in by_unit for name, value in values.items()}


def _checks(rows: Mapping[str, list[dict]], analysed: Decimal, amounts: Sequence[Decimal]) -> tuple[Check, ...]:
    parts = ("ranked_amount", "apart_amount", "unknown_amount")
    ranked = rows["whole"][0]["ranked_amount"]
    return (
        *(
            adds_up(f"{name} sums to analysed", total(rows[name]), analysed)
            for name in ("by_group", "by_area", "by_band")
        ),
        *(
            adds_up(f"in the index, apart and unknown in {name}", sum(total(rows[name], p) for p in parts), analysed)
            for name in ("by_group", "by_area", "whole")
        ),
        adds_up("the Lorenz curve ends at the suppliers of the index", sum(amounts, NOTHING), ranked),
    )


def _caveats(rows: Mapping[str, list[dict]]) -> tuple[str, ...]:
    whole = rows["whole"][0]
    said = ["own_dependence"]
    said += ["no_supplier_owners"] if whole["owner_count"] is None else []
    said += ["suppliers_apart"] if whole["apart_supplier_count"] else []
    return (*said, *(["unknown_suppliers"] if whole["unknown_amount"] else []))


def _definition(whole: Mapping) -> Definition:
    return Definition(
        formula="HHI = sum of (100 × supplier's kroner / kroner of all above 0)²; effective number = 10,000 / HHI",
        numerator="net kroner per supplier in the category, squared, suppliers above 0 only",
        denominator="net kroner of all suppliers above 0 in the category, squared",
        left_out="suppliers with net 0 or less, and lines without a supplier",
        left_out_amount=whole["apart_amount"] + whole["unknown_amount"],
        source="U.S. DOJ & FTC, Merger Guidelines 2023 § 2.1: 1,000 and 1,800; before, in 2010: 1,500 and 2,500",
    )
