"""How many suppliers share the last few kroner, and where could the tail be shorter?

Three definitions side by side, because they disagree: share of spend, kroner in the period, number of invoices.
Suppliers are ordered by kroner, ties by key; the one that crosses 80 % belongs to the head. Suppliers with nothing or
less than nothing are listed apart and kept in the total; lines without a supplier are not ranked.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import (
    NOTHING,
    SUM_TYPE,
    add_lookup,
    exact_sum,
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

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

SUPPLIER = ("supplier_key", "supplier_label")
AMOUNT_LIMIT, INVOICE_LIMIT = Decimal("50000"), 3
TOP_GROUPS = 5
_NO_TAIL = {
    f"{kind}_{name}": nothing
    for kind in ("small", "tail", "inner_tail")
    for name, nothing in (("supplier_count", 0), ("amount", NOTHING), ("document_count", 0))
}
COLUMNS = {
    "pareto": (
        "supplier_rank", "supplier_key", "supplier_label", "line_count", "document_count", "net_amount",
        "cumulative_amount", "cumulative_share", "tail_segment",
    ),
    "by_group": (
        "category_code", "category_name_da", "category_name_en", "net_amount", "supplier_count", "small_supplier_count",
        "small_amount", "small_document_count", "small_document_share", "tail_supplier_count", "tail_amount",
        "tail_document_count", "inner_tail_supplier_count", "inner_tail_amount", "covered_amount",
    ),
    "definitions": (
        "definition", "supplier_count", "supplier_share", "net_amount", "net_share", "document_count", "document_share",
    ),
    "apart": (
        "supplier_group", "supplier_key", "supplier_label", "supplier_count", "line_count", "document_count",
        "net_amount",
    ),
}  # fmt: skip


def analyse_tail(
    cube: ibis.Table,
    *,
    period: str,
    amount_limit: Decimal = AMOUNT_LIMIT,
    invoice_limit: int = INVOICE_LIMIT,
    tree: "CategoryTree | None" = None,
) -> Finding:
    """Show the supplier tail of a period by three definitions.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope, supplier, category and contract columns, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025". The limits hold for the period as it is: nothing is scaled to a year.
    amount_limit : Decimal
        Kroner in the period under which a supplier is small.
    invoice_limit : int
        Invoices in the period up to which a supplier is rare.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "tail"; tables `pareto` (main), `by_group`, `definitions`, `apart`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    require_lines(sums_by(received)[0]["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    whole = sums_by(lines)[0]
    suppliers = _ranked(lines)
    rows = sorted(records(suppliers), key=lambda row: row["supplier_rank"])
    rows = [{**row, "cumulative_share": share(row["cumulative_amount"], row["known_amount"])} for row in rows]
    definitions = _definitions(rows, whole, amount_limit, invoice_limit)
    groups = _groups(lines, suppliers, amount_limit, tree)
    apart = _apart(lines, rows)
    pareto = [row for row in rows if _is_shown(row)]
    return Finding(
        key="tail",
        numbers=_numbers(rows, whole, definitions, groups, apart) | _limits(amount_limit, invoice_limit),
        tables={
            "pareto": frame(pareto, COLUMNS["pareto"]),
            "by_group": frame(groups, COLUMNS["by_group"]),
            "definitions": frame(definitions, COLUMNS["definitions"]),
            "apart": frame(apart, COLUMNS["apart"]),
        },
        checks=_checks(pareto, apart, groups, definitions, whole),
        caveats=_caveats(apart),
        definition=_definition(apart),
        parameters={"period": span.label, "amount_limit": str(amount_limit), "invoice_limit": str(invoice_limit)},
    )


# --- ranking, in the engine -----------------------------------------------------------------------------------------


def _ranked(lines: ibis.Table) -> ibis.Table:
    """One row per known supplier with rank, running sum and segment: head, tail, or apart."""
    known = lines.filter(lines.supplier_key.notnull())
    suppliers = known.group_by(SUPPLIER).aggregate(
        line_count=known.count(), document_count=known.document_id.nunique(), net_amount=_amount(known)
    )
    suppliers = suppliers.mutate(known_amount=suppliers.net_amount.sum().over(ibis.window()).cast(SUM_TYPE))
    return _segmented(suppliers, ())


def _segmented(suppliers: ibis.Table, within: tuple[str, ...]) -> ibis.Table:
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


def _amount(lines: ibis.Table) -> ibis.Value:
    return exact_sum(lines).coalesce(ibis.literal(NOTHING).cast(SUM_TYPE))


def _groups(lines: ibis.Table, suppliers: ibis.Table, amount_limit: Decimal, tree: "CategoryTree | None") -> list[dict]:
    """Per category group: small suppliers and tail of the whole, and the tail inside the group itself."""
    lines = lines.mutate(group_code=ibis.coalesce(lines.category_2_code, lines.category_1_code))
    covered = exact_sum(lines, lines.contract_status.isin(("on_contract", "wrong_supplier")))
    rows = {row["group_code"]: row for row in sums_by(lines, "group_code", covered_amount=covered)}
    known = lines.filter(lines.supplier_key.notnull())
    pairs = known.group_by("group_code", "supplier_key").aggregate(
        document_count=known.document_id.nunique(), net_amount=_amount(known)
    )
    whole = ibis.window(group_by="group_code")
    pairs = _segmented(pairs.mutate(known_amount=pairs.net_amount.sum().over(whole).cast(SUM_TYPE)), ("group_code",))
    limit = ibis.literal(amount_limit).cast(SUM_TYPE)
    is_small = (suppliers.net_amount > 0) & (suppliers.net_amount < limit)
    overall = suppliers.select("supplier_key", is_small=is_small, is_tail=suppliers.tail_segment == "tail")
    tails = _tail_sums(add_lookup(pairs, overall, ("supplier_key",)))
    found = [{**row, **tails.get(code, _NO_TAIL), "category_code": code} for code, row in rows.items()]
    documents = sum(row["small_document_count"] for row in found)
    found = [{**row, "small_document_share": share(row["small_document_count"], documents)} for row in found]
    found.sort(key=lambda row: (-row["small_supplier_count"], *largest_first(row)))
    return with_category_names(found, tree.name) if tree else found


def _tail_sums(pairs: ibis.Table) -> dict[str | None, dict]:
    """Suppliers, kroner and documents per group and kind of tail; a document has one supplier, so documents add up."""
    sums = {}
    for kind, is_in in (
        ("small", pairs.is_small),
        ("tail", pairs.is_tail),
        ("inner_tail", pairs.tail_segment == "tail"),
    ):
        sums[f"{kind}_supplier_count"] = is_in.sum()
        sums[f"{kind}_amount"] = exact_sum(pairs, is_in)
        sums[f"{kind}_document_count"] = pairs.document_count.sum(where=is_in)
    found = records(pairs.group_by("group_code").aggregate(**sums))
    return {row["group_code"]: {name: row[name] or nothing for name, nothing in _NO_TAIL.items()} for row in found}


# --- definitions, from exact sums -----------------------------------------------------------------------------------


def _definitions(rows: list[dict], whole: dict, amount_limit: Decimal, invoice_limit: int) -> list[dict]:
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    tails = {
        "spend_share": [row for row in ranked if row["tail_segment"] == "tail"],
        "amount": [row for row in ranked if row["net_amount"] < amount_limit],
        "invoice_count": [row for row in ranked if row["document_count"] <= invoice_limit],
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


def _numbers(
    rows: list[dict], whole: dict, definitions: list[dict], groups: list[dict], apart: list[dict]
) -> dict[str, Number]:
    ranked = [row for row in rows if row["tail_segment"] != "apart"]
    head = [row for row in ranked if row["tail_segment"] == "head"]
    numbers = {
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "supplier_count": Number(len(ranked), "count"),
        "k80_count": Number(len(head), "count"),
        "k80_share": Number(share(len(head), len(ranked)), "share"),
        "k80_amount": Number(total(head), "kr"),
        "document_count": Number(whole["document_count"], "count"),
        "apart_amount": Number(total(apart), "kr"),
        "unknown_amount": Number(_unknown(apart), "kr"),
        "top_group_count": Number(min(TOP_GROUPS, len(groups)), "count"),
        "top_group_document_share": Number(_top_share(groups), "share"),
    }
    for prefix, row in zip(("tail", "small", "rare"), definitions, strict=True):
        numbers |= {
            f"{prefix}_supplier_count": Number(row["supplier_count"], "count"),
            f"{prefix}_supplier_share": Number(row["supplier_share"], "share"),
            f"{prefix}_amount": Number(row["net_amount"], "kr"),
            f"{prefix}_amount_share": Number(row["net_share"], "share"),
            f"{prefix}_document_count": Number(row["document_count"], "count"),
            f"{prefix}_document_share": Number(row["document_share"], "share"),
        }
    return numbers


def _limits(amount_limit: Decimal, invoice_limit: int) -> dict[str, Number]:
    return {"amount_limit": Number(amount_limit, "kr"), "invoice_limit": Number(invoice_limit, "count")}


def _top_share(groups: list[dict]) -> Decimal | None:
    documents = [row["small_document_count"] for row in groups]
    return share(sum(documents[:TOP_GROUPS]), sum(documents))


def _unknown(apart: Iterable[Mapping]) -> Decimal:
    return total(row for row in apart if row["supplier_group"] == "unknown")


def _checks(
    pareto: list[dict], apart: list[dict], groups: list[dict], definitions: list[dict], whole: dict
) -> tuple[Check, ...]:
    return (
        adds_up("pareto and suppliers apart sum to analysed", total(pareto) + total(apart), whole["net_amount"]),
        adds_up("by_group sums to analysed", total(groups), whole["net_amount"]),
        adds_up("tail in by_group sums to the tail", total(groups, "tail_amount"), definitions[0]["net_amount"]),
        adds_up("small in by_group sums to small", total(groups, "small_amount"), definitions[1]["net_amount"]),
    )


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
