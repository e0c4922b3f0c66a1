"""What could it be worth to buy a category from fewer suppliers?

Gain = kroner moved × price share + invoices removed × handling cost − cost of switching, from low to high. Nothing has
a default: each share and amount is the user's, with a source, and stands in the result. Levers are taken in their
order, and each krone and invoice is claimed by one at most: a later one gets what is left. No forecast is made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.analyses.levers import Lever, allocate
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.exact import NOTHING, exact_sum, frame, is_person, lines_in, records, require_lines, total
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up
from procurement_kit.periods import Period, parse_period
from procurement_kit.settings import HandlingCost

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import Category, CategoryTree

COLUMNS = {
    "levers": (
        "lever_number", "category_code", "category_name_da", "category_name_en", "supplier_count",
        "target_supplier_count", "kept_amount", "moved_supplier_count", "moved_amount", "moved_document_count",
        "claimed_before_amount", "price_low_amount", "price_high_amount", "process_low_amount", "process_high_amount",
        "switching_low_amount", "switching_high_amount", "gain_low_amount", "gain_high_amount",
    ),
    "assumptions": ("lever_number", "category_name_da", "category_name_en", "assumption", "low", "high", "source"),
    "suppliers": (
        "lever_number", "category_name_da", "category_name_en", "lever_part", "supplier_key", "supplier_label",
        "net_amount", "document_count",
    ),
    "left_out": ("lever_number", "category_name_da", "category_name_en", "left_out_reason", "net_amount"),
    "claims": ("lever_number", "claim", "net_amount"),
}  # fmt: skip


def estimate_consolidation(
    cube: ibis.Table,
    *,
    period: str,
    scenario: Sequence[Lever],
    tree: "CategoryTree | None" = None,
    handling_cost: HandlingCost | None = None,
) -> Finding:
    """Estimate what it could be worth to buy some categories from fewer suppliers.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, supplier and category columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025".
    scenario : sequence of Lever
        In the order they claim their kroner.
    tree : CategoryTree, optional
        The tree the lines were placed in; by default the product's own.
    handling_cost : HandlingCost, optional
        What an invoice costs to handle; without it fewer invoices are not counted in kroner.

    Returns
    -------
    Finding
        Key "consolidation"; tables `levers` (main), `assumptions`, `suppliers`, `left_out`, `claims`. The gain is a
        range from low to high, the cost of switching taken off, and may be below 0.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If there is no lever, or a category is not in the tree.
    """
    from procurement_kit.classifier.tree import standard_tree

    tree, span = tree or standard_tree(), parse_period(period)
    _require_categories(scenario, tree)
    lines = _in_scope(cube, span)
    analysed = records(lines.aggregate(net_amount=exact_sum(lines)))[0]["net_amount"] or NOTHING
    places = _places(scenario, tree)
    claims, documents = _claims(lines, places), _documents(lines, places)
    pulled = [_pulled(number, lever, claims, documents, tree) for number, lever in enumerate(scenario, start=1)]
    for part in pulled:
        part["lever"] |= _worth(scenario[part["lever"]["lever_number"] - 1], part["suppliers"], handling_cost)
    tables = _tables(pulled, claims, analysed) | {"assumptions": _assumptions(scenario, tree, handling_cost)}
    return Finding(
        key="consolidation",
        numbers=_numbers(tables, handling_cost, analysed),
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(tables, analysed),
        caveats=("not_a_forecast", *(() if handling_cost else ("no_handling_cost",))),
        definition=_definition(tables),
        parameters={"period": span.label, "handling_cost": str(handling_cost or "")},
    )


def _require_categories(scenario: Sequence[Lever], tree: "CategoryTree") -> None:
    unknown = [lever.category_code for lever in scenario if lever.category_code not in tree]
    if unknown or not scenario:
        raise ParameterError(
            f"«{unknown[0]}» is not a category of the tree.{nearest(unknown[0], tree.codes)}"
            if unknown
            else "The scenario has no lever.",
            expected="at least one lever, each with a code of category_tree.csv",
            todo="correct the scenario",
        )


# --- which kroner are whose -----------------------------------------------------------------------------------------


def _in_scope(cube: ibis.Table, span: Period) -> ibis.Table:
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    return received.filter(received.scope_status == "in_scope")


def _places(scenario: Sequence[Lever], tree: "CategoryTree") -> dict[str, dict]:
    """Per category code the lever that has it, and why its purchases are left out, if they are."""

    def wants(lever: Lever) -> Callable[[Mapping], bool]:
        return lambda cell: lever.category_code in tree.path(cell["category_code"])

    cells = [{"category_code": code} for code in tree.codes]
    found = allocate(cells, [wants(lever) for lever in scenario])
    for place in found:
        lever, path = scenario[place["lever_number"] - 1], tree.path(place["category_code"])
        place["left_out_reason"] = None if lever.with_granted else _protected([tree[code] for code in path])
    return {place["category_code"]: place for place in found}


def _protected(path: Iterable["Category"]) -> str | None:
    path = tuple(path)
    if any(category.is_granted_to_citizen for category in path):
        return "granted_to_citizen"
    return "public_tariff" if any(category.is_public_tariff for category in path) else None


def _claims(lines: ibis.Table, places: Mapping[str, dict]) -> list[dict]:
    """Kroner per category and supplier of all categories some lever has, with lever and reason to leave them out."""
    lines = lines.filter(lines.category_code.isin(sorted(places)))
    cells = lines.group_by("category_code", "supplier_key", "supplier_label").aggregate(net_amount=exact_sum(lines))
    rows = [
        {**row, "net_amount": row["net_amount"] or NOTHING, **places[row["category_code"]]} for row in records(cells)
    ]
    for row in rows:
        is_hidden = "person" if is_person(row["supplier_key"]) else None if row["supplier_key"] else "unknown_supplier"
        row["left_out_reason"] = is_hidden or row["left_out_reason"]
    return sorted(rows, key=lambda row: (row["category_code"], row["supplier_key"] is None, row["supplier_key"] or ""))


def _documents(lines: ibis.Table, places: Mapping[str, dict]) -> dict[tuple[int, str], int]:
    """Documents per lever and supplier; one that several levers touch is counted for the first of them."""
    shown = {code: str(place["lever_number"]) for code, place in places.items() if not place["left_out_reason"]}
    if not shown:
        return {}
    lines = lines.filter(lines.category_code.isin(sorted(shown)) & lines.supplier_key.notnull())
    lines = lines.mutate(lever_number=lines.category_code.substitute(shown).cast("int64"))
    firsts = lines.group_by("document_id", "supplier_key").aggregate(lever_number=lines.lever_number.min())
    counted = firsts.group_by("lever_number", "supplier_key").aggregate(document_count=firsts.count())
    return {(row["lever_number"], row["supplier_key"]): row["document_count"] for row in records(counted)}


def _pulled(
    number: int, lever: Lever, claims: Iterable[Mapping], documents: Mapping[tuple[int, str], int], tree: "CategoryTree"
) -> dict:
    """What one lever keeps, moves and leaves out of the kroner that are its own."""
    left_out: dict[str, Decimal] = {}
    suppliers: dict[str, dict] = {}
    for cell in (cell for cell in claims if cell["lever_number"] == number):
        if reason := cell["left_out_reason"]:
            left_out[reason] = left_out.get(reason, NOTHING) + cell["net_amount"]
            continue
        key = cell["supplier_key"]
        words = {"supplier_key": key, "supplier_label": cell["supplier_label"]}
        counts = {"net_amount": NOTHING, "document_count": documents.get((number, key), 0)}
        suppliers.setdefault(key, words | counts)["net_amount"] += cell["net_amount"]
    for key in [key for key, row in suppliers.items() if row["net_amount"] <= 0]:
        left_out["not_positive"] = left_out.get("not_positive", NOTHING) + suppliers.pop(key)["net_amount"]
    ranked = sorted(suppliers.values(), key=lambda row: (-row["net_amount"], row["supplier_key"]))
    named = {"lever_number": number, "category_code": lever.category_code, **_names(lever, tree)}
    parts = ("kept", "moved")
    return {
        "lever": named,
        "suppliers": [
            named | row | {"lever_part": parts[place >= lever.target_supplier_count]}
            for place, row in enumerate(ranked)
        ],
        "left_out": [named | {"left_out_reason": name, "net_amount": left_out[name]} for name in sorted(left_out)],
    }


def _names(lever: Lever, tree: "CategoryTree") -> dict[str, str]:
    return {f"category_name_{tongue}": tree.name(lever.category_code, tongue) for tongue in ("da", "en")}


# --- what it is worth -----------------------------------------------------------------------------------------------


def _worth(lever: Lever, rows: list[dict], handling_cost: HandlingCost | None) -> dict:
    kept, moved = ([row for row in rows if row["lever_part"] == part] for part in ("kept", "moved"))
    kroner, documents = total(moved), sum(row["document_count"] for row in moved)
    unit_cost = handling_cost.amount if handling_cost else Decimal(0)
    switching = (lever.switching_low_amount, lever.switching_high_amount) if moved else (NOTHING, NOTHING)
    price = [_ore(kroner * part) for part in (lever.price_low_share, lever.price_high_share)]
    process = [_ore(documents * part * unit_cost) for part in (lever.removed_low_share, lever.removed_high_share)]
    return {
        "supplier_count": len(rows),
        "target_supplier_count": lever.target_supplier_count,
        "kept_amount": total(kept),
        "moved_supplier_count": len(moved),
        "moved_amount": kroner,
        "moved_document_count": documents,
        "price_low_amount": price[0],
        "price_high_amount": price[1],
        "process_low_amount": process[0],
        "process_high_amount": process[1],
        "switching_low_amount": switching[0],
        "switching_high_amount": switching[1],
        "gain_low_amount": price[0] + process[0] - switching[1],
        "gain_high_amount": price[1] + process[1] - switching[0],
    }


def _ore(amount: Decimal) -> Decimal:
    return amount.quantize(NOTHING, rounding=ROUND_HALF_EVEN)


# --- tables and what may be quoted ----------------------------------------------------------------------------------


def _tables(pulled: list[dict], claims: list[dict], analysed: Decimal) -> dict[str, list[dict]]:
    levers = [
        part["lever"]
        | {"claimed_before_amount": total(c for c in claims if part["lever"]["lever_number"] in c["also_wanted_by"])}
        for part in pulled
    ]
    left_out = [row for part in pulled for row in part["left_out"]]
    shares = []
    for lever in levers:
        number = lever["lever_number"]
        own = {"kept": lever["kept_amount"], "moved": lever["moved_amount"]}
        own["left_out"] = total(row for row in left_out if row["lever_number"] == number)
        shares += [{"lever_number": number, "claim": claim, "net_amount": amount} for claim, amount in own.items()]
    shares.append({"lever_number": None, "claim": "unclaimed", "net_amount": analysed - total(claims)})
    return {
        "levers": levers,
        "suppliers": [row for part in pulled for row in part["suppliers"]],
        "left_out": left_out,
        "claims": shares,
    }


def _assumptions(scenario: Sequence[Lever], tree: "CategoryTree", cost: HandlingCost | None) -> list[dict]:
    """Every setting of the scenario, those that are nothing too."""
    found = []
    for number, lever in enumerate(scenario, start=1):
        row = {"lever_number": number, **_names(lever, tree)}
        target = str(lever.target_supplier_count)
        found.append({**row, "assumption": "target", "low": target, "high": target, "source": ""})
        found.append({**row, "assumption": "granted" if lever.with_granted else "not_granted", "source": ""})
        for name, low, high, source in lever.assumptions:
            found.append({**row, "assumption": name, "low": str(low), "high": str(high), "source": source})
    if cost:
        amounts = {"low": str(cost.amount), "high": str(cost.amount), "source": f"{cost.source}, {cost.date}"}
        return [*found, {"assumption": "handling_cost", **amounts}]
    return [*found, {"assumption": "no_handling_cost", "source": ""}]


def _numbers(tables: Mapping[str, list[dict]], cost: HandlingCost | None, analysed: Decimal) -> dict[str, Number]:
    levers = tables["levers"]
    names = [name for name in COLUMNS["levers"] if name.endswith("_amount")]
    return {
        "analysed_amount": Number(analysed, "kr"),
        "lever_count": Number(len(levers), "count"),
        "moved_supplier_count": Number(sum(row["moved_supplier_count"] for row in levers), "count"),
        "moved_document_count": Number(sum(row["moved_document_count"] for row in levers), "count"),
        "scenario_left_out_amount": Number(total(tables["left_out"]), "kr"),
        "handling_cost_amount": Number(cost and cost.amount, "kr"),
        **{name: Number(total(levers, name), "kr") for name in names},
    }


def _checks(tables: Mapping[str, list[dict]], analysed: Decimal) -> tuple[Check, ...]:
    moved = total(row for row in tables["suppliers"] if row["lever_part"] == "moved")
    once = total(row for row in tables["claims"])
    claimed = total(row for row in tables["claims"] if row["lever_number"])
    return (
        adds_up("each krone is claimed once or not at all", once, analysed),
        adds_up("suppliers moved sum to the levers", moved, total(tables["levers"], "moved_amount")),
        adds_up(
            "kept, moved and left out are what the levers claimed",
            total(tables["suppliers"]) + total(tables["left_out"]),
            claimed,
        ),
    )


def _definition(tables: Mapping[str, list[dict]]) -> Definition:
    return Definition(
        formula="gain = kroner moved × price share + invoices removed × handling cost − switching cost",
        numerator="net kroner in the category of suppliers beyond the target number, those with most kroner kept",
        denominator="net kroner of the category's suppliers above 0",
        left_out="granted to a citizen, public tariff, persons, unknown suppliers, suppliers with net 0 or less",
        left_out_amount=total(tables["left_out"]),
        source="each assumption carries its own; no general percentage is defensible for Danish municipalities",
    )
