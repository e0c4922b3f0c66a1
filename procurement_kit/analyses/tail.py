"""How many suppliers share the last few kroner, and where could the tail be shorter?

Three definitions side by side, because they disagree: share of spend, kroner in the period, number of invoices.
Suppliers are ordered by kroner, ties by key; the one that crosses 80 % belongs to the head. Suppliers with nothing or
less than nothing are listed apart and kept in the total; lines without a supplier are not ranked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.analyses.tail_parts import PART_COLUMNS, Limits, amount_of, segmented, tail_by, with_proposals
from procurement_kit.errors import ParameterError
from procurement_kit.exact import (
    NOTHING,
    PERSONS_LABEL,
    SUM_TYPE,
    frame,
    is_person,
    largest_first,
    lines_in,
    records,
    require_lines,
    sums_by,
    total,
    with_category_names,
    without_persons,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.settings import HandlingCost

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

SUPPLIER = ("supplier_key", "supplier_label")
AMOUNT_LIMIT, INVOICE_LIMIT = Decimal("50000"), 3
TOP_GROUPS = 5
PREFIXES = ("tail", "small", "rare")  # of the three definitions' numbers, in the order of their rows
CATEGORY = ("category_code", "category_name_da", "category_name_en")
COLUMNS = {
    "pareto": (
        "supplier_rank", "supplier_key", "supplier_label", "line_count", "document_count", "net_amount",
        "cumulative_amount", "cumulative_share", "tail_segment", "abc_class",
    ),
    "by_group": (*CATEGORY, *PART_COLUMNS, "tail_proposal"),
    "definitions": (
        "definition", "supplier_count", "supplier_share", "net_amount", "net_share", "document_count", "document_share",
    ),
    "apart": (
        "supplier_group", "supplier_key", "supplier_label", "supplier_count", "line_count", "document_count",
        "net_amount",
    ),
    "by_area": (*CATEGORY, *PART_COLUMNS),
    "by_unit": ("unit_division_name", "unit_name", *PART_COLUMNS),
    "abc": (
        "abc_class", "class_limit_share", "supplier_count", "supplier_share", "net_amount", "net_share",
        "document_count",
    ),
}  # fmt: skip
HANDLED = {"definitions": "document_count", "by_group": "small_document_count", "by_area": "small_document_count",
           "by_unit": "small_document_count"}  # fmt: skip


@dataclass(frozen=True)
class TailRules:
    """What a tail is, beside its limit in kroner.

    Parameters
    ----------
    invoice_limit : int
        Invoices in the period up to which a supplier is rare.
    a_share, b_share : Decimal
        A supplier is in class A while the running sum, itself included, is at most `a_share` of the kroner, in class B
        up to `b_share`, else in C.
    handling_cost : HandlingCost, optional
        What an invoice costs to handle; without it no such cost is counted.

    Raises
    ------
    ParameterError
        If the classes do not follow each other, or the number of invoices is below 1.
    """

    invoice_limit: int = INVOICE_LIMIT
    a_share: Decimal = Decimal("0.80")
    b_share: Decimal = Decimal("0.95")
    handling_cost: HandlingCost | None = None

    def __post_init__(self) -> None:
        if not 0 < self.a_share < self.b_share < 1 or self.invoice_limit < 1:
            raise ParameterError(
                f"The tail cannot be cut at {self.a_share}, {self.b_share} and {self.invoice_limit} invoices.",
                expected="0 < a_share < b_share < 1, and at least one invoice",
                todo="choose other limits",
            )


def analyse_tail(
    cube: ibis.Table,
    *,
    period: str,
    amount_limit: Decimal = AMOUNT_LIMIT,
    tree: "CategoryTree | None" = None,
    rules: TailRules | None = None,
) -> Finding:
    """Show the supplier tail of a period by three definitions.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, supplier, category, unit and contract columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025". The limits hold for the period as it is: nothing is scaled to a year.
    amount_limit : Decimal
        Kroner in the period under which a supplier is small.
    tree : CategoryTree, optional
        Names of the categories.
    rules : TailRules, optional
        Number of invoices, boundaries of the ABC classes, what an invoice costs to handle.

    Returns
    -------
    Finding
        Key "tail"; tables `pareto` (main), `by_group`, `definitions`, `apart`, `by_area`, `by_unit`, `abc`. With a
        handling cost `definitions` has `handling_amount`, and the parts that of their small suppliers' invoices.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span, rules = parse_period(period), rules or TailRules()
    received = lines_in(cube, span)
    require_lines(records(received.aggregate(line_count=received.count()))[0]["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    whole = sums_by(lines)[0]
    ranked = _ranked(lines).to_pyarrow()
    limits = Limits(amount_limit, rules.invoice_limit)
    rows = _classed(sorted(ranked.to_pylist(), key=lambda row: row["supplier_rank"]), rules)
    tables = _parts(lines, ibis.memtable(ranked), limits, tree)
    tables["definitions"] = _definitions(rows, whole, limits)
    tables["apart"] = _apart(lines, rows)
    tables["pareto"] = [row for row in rows if _is_shown(row)]
    tables["abc"] = _classes(rows, tables["apart"], whole, rules)
    tables = _handled(tables, rules.handling_cost)
    return Finding(
        key="tail",
        numbers=_numbers(rows, whole, tables) | _limit_numbers(rows, limits, rules),
        tables={name: frame(tables[name], _columns(name, rules)) for name in COLUMNS},
        checks=_checks(tables, whole),
        caveats=_caveats(tables["apart"]),
        definition=_definition(tables["apart"]),
        parameters={"period": span.label, "amount_limit": str(amount_limit), **_parameters(rules)},
    )


def _parameters(rules: TailRules) -> dict[str, str]:
    said = {name: str(getattr(rules, name)) for name in ("invoice_limit", "a_share", "b_share")}
    cost = rules.handling_cost
    return said | ({"handling_cost": f"{cost.amount}: {cost.source}, {cost.date}"} if cost else {})


# --- ranking, in the engine -----------------------------------------------------------------------------------------


def _ranked(lines: ibis.Table) -> ibis.Table:
    """One row per known supplier with rank, running sum and segment: head, tail, or apart."""
    known = lines.filter(lines.supplier_key.notnull())
    suppliers = known.group_by(SUPPLIER).aggregate(
        line_count=known.count(), document_count=known.document_id.nunique(), net_amount=amount_of(known)
    )
    suppliers = suppliers.mutate(known_amount=suppliers.net_amount.sum().over(ibis.window()).cast(SUM_TYPE))
    return segmented(suppliers, ())


def _parts(
    lines: ibis.Table, suppliers: ibis.Table, limits: Limits, tree: "CategoryTree | None"
) -> dict[str, list[dict]]:
    """The tail per category group, area and ordering unit."""
    coded = lines.mutate(category_code=ibis.coalesce(lines.category_2_code, lines.category_1_code))
    areas = lines.mutate(category_code=lines.category_1_code)
    parts = {
        "by_group": tail_by(coded, suppliers, limits, ("category_code",)),
        "by_area": tail_by(areas, suppliers, limits, ("category_code",)),
    }
    if tree:
        parts = {name: with_proposals(with_category_names(rows, tree.name), tree) for name, rows in parts.items()}
    return parts | {"by_unit": tail_by(lines, suppliers, limits, ("unit_division_name", "unit_name"))}


# --- classes and cost, from exact sums ------------------------------------------------------------------------------


def _classed(rows: list[dict], rules: TailRules) -> list[dict]:
    """Suppliers in their order with share of the running sum and ABC class."""
    return [
        {
            **row,
            "cumulative_share": share(row["cumulative_amount"], row["known_amount"]),
            "abc_class": _class(row, rules),
        }
        for row in rows
    ]


def _class(row: Mapping, rules: TailRules) -> str:
    if row["tail_segment"] == "apart":
        return "apart"
    running, known = row["cumulative_amount"], row["known_amount"]
    return "A" if running <= rules.a_share * known else "B" if running <= rules.b_share * known else "C"


def _classes(rows: list[dict], apart: list[dict], whole: dict, rules: TailRules) -> list[dict]:
    """One row per class, and one for what has none: suppliers with nothing or less, and lines without a supplier."""
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    found = []
    for name, bound in (("A", rules.a_share), ("B", rules.b_share), ("C", Decimal(1))):
        members = [row for row in ranked if row["abc_class"] == name]
        found.append(_class_row(name, bound, members, len(ranked), whole))
    others = [row for row in rows if row["tail_segment"] == "apart"]
    others += [row for row in apart if row["supplier_group"] == "unknown"]
    return [*found, {**_class_row("apart", None, others, 0, whole), "supplier_share": None}]


def _class_row(name: str, bound: Decimal | None, members: list[dict], ranked_count: int, whole: dict) -> dict:
    return {
        "abc_class": name,
        "class_limit_share": bound,
        "supplier_count": len(members),
        "supplier_share": share(len(members), ranked_count),
        "net_amount": total(members),
        "net_share": share(total(members), whole["net_amount"]),
        "document_count": sum(row["document_count"] for row in members),
    }


def _handled(tables: dict[str, list[dict]], cost: HandlingCost | None) -> dict[str, list[dict]]:
    """Tables with what it costs to handle the invoices, where it is known what one costs."""
    if cost is None:
        return tables
    handled = {
        name: [{**row, "handling_amount": _cost(row[documents], cost)} for row in tables[name]]
        for name, documents in HANDLED.items()
    }
    return tables | handled


def _cost(documents: int, cost: HandlingCost) -> Decimal:
    return (documents * cost.amount).quantize(NOTHING, rounding=ROUND_HALF_EVEN)


def _columns(name: str, rules: TailRules) -> tuple[str, ...]:
    return COLUMNS[name] + (("handling_amount",) if rules.handling_cost and name in HANDLED else ())


# --- definitions, from exact sums -----------------------------------------------------------------------------------


def _definitions(rows: list[dict], whole: dict, limits: Limits) -> list[dict]:
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    tails = {
        "spend_share": [row for row in ranked if row["tail_segment"] == "tail"],
        "amount": [row for row in ranked if row["net_amount"] < limits.amount],
        "invoice_count": [row for row in ranked if row["document_count"] <= limits.invoice_count],
    }
    return [_definition_row(name, found, len(ranked), whole) for name, found in tails.items()]


def _definition_row(name: str, found: list[dict], ranked_count: int, whole: dict) -> dict:
    documents = sum(row["document_count"] for row in found)
    return {
        "definition": name,
        "supplier_count": len(found),
        "supplier_share": share(len(found), ranked_count),
        "net_amount": total(found),
        "net_share": share(total(found), whole["net_amount"]),
        "document_count": documents,
        "document_share": share(documents, whole["document_count"]),
    }


def _is_shown(row: Mapping) -> bool:
    return row["tail_segment"] != "apart" and not is_person(row["supplier_key"])


def _apart(lines: ibis.Table, rows: list[dict]) -> list[dict]:
    """What is kept in the total but not in the pareto: persons as one, suppliers with nothing or less, no supplier."""
    hidden = [{**row, "supplier_count": 1} for row in rows if not _is_shown(row)]
    unknown = sums_by(lines.filter(lines.supplier_key.isnull()), *SUPPLIER)
    shown = without_persons([*hidden, *unknown])
    groups = {"supplier": "not_positive"}
    shown = [{**row, "supplier_group": groups.get(row["supplier_group"], row["supplier_group"])} for row in shown]
    return sorted(shown, key=lambda row: (row["supplier_group"], *largest_first(row)))


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: list[dict], whole: dict, tables: Mapping[str, list[dict]]) -> dict[str, Number]:
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    head = [row for row in ranked if row["tail_segment"] == "head"]
    numbers = {
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "supplier_count": Number(len(ranked), "count"),
        "k80_count": Number(len(head), "count"),
        "k80_share": Number(share(len(head), len(ranked)), "share"),
        "k80_amount": Number(total(head), "kr"),
        **_crossing(head),
        "document_count": Number(whole["document_count"], "count"),
        "apart_amount": Number(total(tables["apart"]), "kr"),
        "unknown_amount": Number(_unknown(tables["apart"]), "kr"),
        "top_group_count": Number(min(TOP_GROUPS, len(tables["by_group"])), "count"),
        "top_group_document_share": Number(_top_share(tables["by_group"]), "share"),
    }
    for prefix, row in zip(PREFIXES, tables["definitions"], strict=True):
        numbers |= {
            f"{prefix}_supplier_count": Number(row["supplier_count"], "count"),
            f"{prefix}_supplier_share": Number(row["supplier_share"], "share"),
            f"{prefix}_amount": Number(row["net_amount"], "kr"),
            f"{prefix}_amount_share": Number(row["net_share"], "share"),
            f"{prefix}_document_count": Number(row["document_count"], "count"),
            f"{prefix}_document_share": Number(row["document_share"], "share"),
            f"{prefix}_handling_amount": Number(row.get("handling_amount"), "kr"),
        }
    return numbers


def _crossing(head: list[dict]) -> dict[str, Number]:
    """The supplier that brings the running sum to 80 %; it belongs to the head."""
    last = head[-1] if head else {"supplier_key": None, "supplier_label": None, "net_amount": None}
    label = PERSONS_LABEL if is_person(last["supplier_key"]) else last["supplier_label"]
    return {
        "crossing_supplier_label": Number(label, "text"),
        "crossing_supplier_amount": Number(last["net_amount"], "kr"),
    }


def _limit_numbers(rows: list[dict], limits: Limits, rules: TailRules) -> dict[str, Number]:
    """The limits, and after how many suppliers each of the three cuts of the curve lies."""
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    reached = [
        row for row in ranked if row["cumulative_amount"] - row["net_amount"] < rules.b_share * row["known_amount"]
    ]
    cost = rules.handling_cost
    return {
        "amount_limit": Number(limits.amount, "kr"),
        "invoice_limit": Number(limits.invoice_count, "count"),
        "a_share": Number(rules.a_share, "share"),
        "b_share": Number(rules.b_share, "share"),
        "kb_count": Number(len(reached), "count"),
        "above_limit_count": Number(sum(row["net_amount"] >= limits.amount for row in ranked), "count"),
        "handling_cost_amount": Number(cost and cost.amount, "kr"),
        "handling_cost_source": Number(cost and cost.source, "text"),
        "handling_cost_date": Number(cost and cost.date, "date"),
    }


def _top_share(groups: list[dict]) -> Decimal | None:
    documents = [row["small_document_count"] for row in groups]
    return share(sum(documents[:TOP_GROUPS]), sum(documents))


def _unknown(apart: Iterable[Mapping]) -> Decimal:
    return total(row for row in apart if row["supplier_group"] == "unknown")


def _checks(tables: Mapping[str, list[dict]], whole: dict) -> tuple[Check, ...]:
    apart, definitions = tables["apart"], tables["definitions"]
    checks = [
        adds_up(
            "pareto and suppliers apart sum to analysed", total(tables["pareto"]) + total(apart), whole["net_amount"]
        ),
        adds_up("ABC classes and suppliers apart sum to analysed", total(tables["abc"]), whole["net_amount"]),
    ]
    for part in ("by_group", "by_area", "by_unit"):
        checks.append(adds_up(f"{part} sums to analysed", total(tables[part]), whole["net_amount"]))
        for name, row in zip(PREFIXES, definitions, strict=True):
            parts = total(tables[part], f"{name}_amount")
            checks.append(adds_up(f"{name} in {part} sums to {name} of the whole", parts, row["net_amount"]))
    return tuple(checks)


def _caveats(apart: list[dict]) -> tuple[str, ...]:
    return ("unknown_suppliers",) if any(row["supplier_group"] == "unknown" for row in apart) else ()


def _definition(apart: list[dict]) -> Definition:
    return Definition(
        formula="suppliers ordered by kroner; tail = those after the supplier that brings the running sum to 80 %",
        numerator="suppliers with net purchases above 0 in the period",
        denominator="net amount of all known suppliers in scope, credits and persons among them",
        left_out="lines without a supplier",
        left_out_amount=_unknown(apart),
        source="ABC analysis; three definitions of tail spend as used by Hackett and SIG",
    )
