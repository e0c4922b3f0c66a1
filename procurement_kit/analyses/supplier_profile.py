"""How much is bought from small and medium suppliers, and from local ones?

Size is the enterprise's employees in the company register: micro 0-9, small 10-49, medium 50-249, large from 250.
Local is a named rule: the supplier's seat lies in the municipality, or in the same region. Kroner of suppliers the
register says nothing about stand apart: they are neither large nor from elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from procurement_kit.errors import ParameterError
from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    lines_in,
    require_lines,
    sums_by,
    total,
    with_category_names,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.names import normalise_text
from procurement_kit.periods import parse_period
from procurement_kit.tables import SIZE_CLASSES

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

Local = Literal["municipality", "region"]
UNKNOWN = "unknown"
SMALL_AND_MEDIUM = ("micro", "small", "medium")
PLACES = ("local", "elsewhere", UNKNOWN)
REGISTER_COLUMNS = ("supplier_size_class", "supplier_municipality_name")
COLUMNS = {
    "by_size": ("size_class", "supplier_count", "line_count", "net_amount", "net_share", "known_share"),
    "by_place": ("supplier_place", "supplier_count", "line_count", "net_amount", "net_share", "known_share"),
    "by_group": (
        "category_code", "category_name_da", "category_name_en", "net_amount", "small_medium_amount", "large_amount",
        "unknown_size_amount", "small_medium_share", "local_amount", "elsewhere_amount", "unknown_place_amount",
        "local_share",
    ),
}  # fmt: skip


def analyse_supplier_profile(
    cube: "ibis.Table",
    *,
    period: str,
    local: Local = "municipality",
    places: Mapping[str, Sequence[str]] | None = None,
    tree: "CategoryTree | None" = None,
) -> Finding:
    """Show the share bought from small and medium suppliers and from local ones, overall and per category.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, supplier and category columns, and `supplier_size_class` and `supplier_municipality_name`, which
        a company register fills; without them everything is unknown.
    period : str
        For instance "2025".
    local : {"municipality", "region"}
        The rule: seat in the municipality, or in one of its region's municipalities.
    places : mapping of str to sequence of str, optional
        Names of municipalities, as the register writes them, that are local to each municipality of the cube. By
        default a municipality is local to itself, by its normalised name; a region must be given.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "supplier_profile"; tables `by_size` (main), `by_place`, `by_group`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If the rule is not one of those named, or a region is asked for and nobody has said what it holds.
    """
    if local not in ("municipality", "region") or (local == "region" and not places):
        raise ParameterError(
            f"«{local}» cannot be used as the rule for what is local.",
            expected="municipality, or region with the municipalities of the region in `places`",
            todo="choose the municipality, or name the region's municipalities",
        )
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(sums_by(received)[0]["line_count"], span)
    lines = _placed(received.filter(received.scope_status == "in_scope"), places)
    whole = sums_by(lines)[0]
    rows = {
        "by_size": _shares(lines, "size_class", (*SIZE_CLASSES, UNKNOWN), whole),
        "by_place": _shares(lines, "supplier_place", PLACES, whole),
        "by_group": _groups(lines, tree),
    }
    numbers = _numbers(rows, whole, local)
    return Finding(
        key="supplier_profile",
        numbers=numbers,
        tables={name: frame(rows[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, whole),
        caveats=_caveats(numbers, local),
        definition=_definition(local, rows),
        parameters={"period": span.label, "local": local},
    )


def _placed(lines: "ibis.Table", places: Mapping[str, Sequence[str]] | None) -> "ibis.Table":
    """Lines with `size_class` and `supplier_place`; names are compared in Python, on distinct values."""
    import ibis

    from procurement_kit.exact import add_lookup, records
    from procurement_kit.store import table_of

    missing = [name for name in REGISTER_COLUMNS if name not in lines.columns]
    lines = lines.mutate(**{name: ibis.null("string") for name in missing})
    pairs = records(lines.select("municipality_name", "supplier_municipality_name").distinct())
    known = [row for row in pairs if row["supplier_municipality_name"]]
    rows = [{**row, "is_local": _is_local(row, places)} for row in known]
    types = {"municipality_name": "string", "supplier_municipality_name": "string", "is_local": "boolean"}
    lines = add_lookup(lines, table_of(rows, types), ("municipality_name", "supplier_municipality_name"))
    place = ibis.cases((lines.is_local.isnull(), UNKNOWN), (lines.is_local, "local"), else_="elsewhere")
    return lines.mutate(size_class=lines.supplier_size_class.fill_null(UNKNOWN), supplier_place=place)


def _is_local(row: Mapping, places: Mapping[str, Sequence[str]] | None) -> bool:
    own = (row["municipality_name"] or "",)
    names = places.get(row["municipality_name"], own) if places else own
    return _place_name(row["supplier_municipality_name"]) in {_place_name(name) for name in names}


def _place_name(name: str) -> str:
    """The bare name of a municipality: «0851 Eksempel Kommune» is «eksempel»."""
    words = [word for word in normalise_text(name).split() if not word.isdigit()]
    return " ".join(words[:-1] if words[-1:] == ["kommune"] else words)


# --- tables ---------------------------------------------------------------------------------------------------------


def _shares(lines: "ibis.Table", column: str, classes: Sequence[str], whole: Mapping) -> list[dict]:
    found = {row[column]: row for row in sums_by(lines, column)}
    known = whole["net_amount"] - found.get(UNKNOWN, {"net_amount": NOTHING})["net_amount"]
    nothing = {"supplier_count": 0, "line_count": 0, "net_amount": NOTHING}
    rows = [{**nothing, **found.get(name, {}), column: name} for name in classes]
    return [
        {
            **row,
            "net_share": share(row["net_amount"], whole["net_amount"]),
            "known_share": None if row[column] == UNKNOWN else share(row["net_amount"], known),
        }
        for row in rows
    ]


def _groups(lines: "ibis.Table", tree: "CategoryTree | None") -> list[dict]:
    import ibis

    lines = lines.mutate(group_code=ibis.coalesce(lines.category_2_code, lines.category_1_code))
    sums = {
        "small_medium_amount": exact_sum(lines, lines.size_class.isin(SMALL_AND_MEDIUM)),
        "large_amount": exact_sum(lines, lines.size_class == "large"),
        "unknown_size_amount": exact_sum(lines, lines.size_class == UNKNOWN),
        "local_amount": exact_sum(lines, lines.supplier_place == "local"),
        "elsewhere_amount": exact_sum(lines, lines.supplier_place == "elsewhere"),
        "unknown_place_amount": exact_sum(lines, lines.supplier_place == UNKNOWN),
    }
    rows = [
        {
            **row,
            "category_code": row["group_code"],
            "small_medium_share": share(row["small_medium_amount"], row["net_amount"] - row["unknown_size_amount"]),
            "local_share": share(row["local_amount"], row["net_amount"] - row["unknown_place_amount"]),
        }
        for row in sums_by(lines, "group_code", **sums)
    ]
    rows.sort(key=lambda row: (row["category_code"] is None, -row["net_amount"], row["category_code"] or ""))
    return with_category_names(rows, tree.name) if tree else rows


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: Mapping[str, list[dict]], whole: Mapping, local: Local) -> dict[str, Number]:
    size = {row["size_class"]: row for row in rows["by_size"]}
    place = {row["supplier_place"]: row for row in rows["by_place"]}
    spend = whole["net_amount"]
    small = total(size[name] for name in SMALL_AND_MEDIUM)
    known_size, known_place = (spend - found[UNKNOWN]["net_amount"] for found in (size, place))
    suppliers = sum(size[name]["supplier_count"] for name in SIZE_CLASSES)
    small_suppliers = sum(size[name]["supplier_count"] for name in SMALL_AND_MEDIUM)
    kroner = {
        "analysed_amount": spend,
        "small_medium_amount": small,
        "unknown_size_amount": size[UNKNOWN]["net_amount"],
        "local_amount": place["local"]["net_amount"],
        "unknown_place_amount": place[UNKNOWN]["net_amount"],
    }
    shares = {
        "small_medium_share": share(small, known_size),
        "small_medium_supplier_share": share(small_suppliers, suppliers),
        "known_size_share": share(known_size, spend),
        "local_share": share(place["local"]["net_amount"], known_place),
        "known_place_share": share(known_place, spend),
    }
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
        "known_supplier_count": Number(suppliers, "count"),
        "has_register": Number(int(bool(known_size or known_place)), "count"),
        "is_region": Number(int(local == "region"), "count"),
    }


def _checks(rows: Mapping[str, list[dict]], whole: Mapping) -> tuple[Check, ...]:
    groups, spend = rows["by_group"], whole["net_amount"]
    sizes = ("small_medium_amount", "large_amount", "unknown_size_amount")
    places = ("local_amount", "elsewhere_amount", "unknown_place_amount")
    return (
        *(adds_up(f"{name} sums to analysed", total(rows[name]), spend) for name in COLUMNS),
        adds_up("sizes in by_group sum to analysed", sum((total(groups, name) for name in sizes), NOTHING), spend),
        adds_up("places in by_group sum to analysed", sum((total(groups, name) for name in places), NOTHING), spend),
    )


def _caveats(numbers: Mapping[str, Number], local: Local) -> tuple[str, ...]:
    if not numbers["has_register"].value:
        return ("no_company_register",)
    found = [f"local_by_{local}"]
    found += ["unknown_size"] if numbers["unknown_size_amount"].value else []
    return (*found, *(["unknown_place"] if numbers["unknown_place_amount"].value else []))


def _definition(local: Local, rows: Mapping[str, list[dict]]) -> Definition:
    rule = {"municipality": "seat in the municipality", "region": "seat in the same region"}
    return Definition(
        formula="share = kroner of the class / kroner of suppliers whose class is known",
        numerator=f"small and medium: under 250 employees, by enterprise not group; local: {rule[local]}",
        denominator="spend in scope at suppliers the company register knows",
        left_out="suppliers without size in the register; stated apart, neither large nor from elsewhere",
        left_out_amount=next(row["net_amount"] for row in rows["by_size"] if row["size_class"] == UNKNOWN),
        source="EU recommendation 2003/361 (employees only)",
    )
