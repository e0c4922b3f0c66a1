"""How far can the figures be trusted: what is placed, by what, and how often is that right?

Shares of kroner in scope by what decided the category, accessory lines, lines whose text says nothing, masked numbers,
amounts with VAT, lines without a rate; and what the classifier's own card says about lines it had not seen.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, add_lookup, exact_sum, frame, lines_in, require_lines, sums_by, total
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.tables import LINE_KINDS

if TYPE_CHECKING:
    import ibis

VAT_BASES = ("ex", "incl", "unknown")
VAT_NOTED, VAT_AT_MOST = Decimal("0.01"), Decimal("0.02")  # of kroner in scope: above, a note; above, preliminary
SOURCES = ("review", "rule", "accessory", "model", "unclassified")
RIGHT_SPLITS = ("later-year", "unseen-suppliers", "new_supplier", "known_supplier")
RIGHT_MEASURE = "claimed_right_share"
READ_MEASURES = ("accuracy_lines", "accuracy_amount", "claimed_amount", "claimed_right")
COLUMNS = {
    "by_source": ("category_source", "line_count", "document_count", "net_amount", "net_share"),
    "by_depth": ("category_level", "line_count", "document_count", "net_amount", "net_share"),
    "by_line_kind": (
        "line_kind", "line_count", "document_count", "net_amount", "net_share", "alone_amount", "textless_line_count",
        "textless_amount",
    ),
    "by_vat_basis": ("vat_basis", "line_count", "document_count", "as_read_amount", "net_share"),
    "accuracy": ("split_name", "category_level", *(f"{name}_share" for name in READ_MEASURES)),
    "measures": ("split_name", "category_level", "measure_name", "measured_share"),
}  # fmt: skip


def analyse_quality(
    cube: "ibis.Table", *, period: str, card: Mapping | None = None, audit: Finding | None = None
) -> Finding:
    """Show how much of the spend is placed, and how well.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope and category columns, `line_kind`, `has_usable_text`, `privacy_hit_count`, `document_id`,
        `invoice_date`, `net_amount`, `vat_basis` (one that is empty counts as unknown).
    period : str
        For instance "2025".
    card : mapping, optional
        The classifier's card; its `accuracy` (or `left_out`) holds split → level → measure → number. What was measured
        on too few lines (`too_few`) is no share that may be quoted.
    audit : Finding, optional
        What `estimate_accuracy` says of the same period: a judged sample's share of right kroner, with its interval,
        takes the place of the card's.

    Returns
    -------
    Finding
        Key "quality"; tables `by_source` (main), `by_depth`, `by_line_kind` (`alone_amount`: of documents without an
        item on them), `by_vat_basis`, `accuracy`, `measures`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    received = lines_in(cube, span)
    whole = sums_by(received, masked_count=received.privacy_hit_count.sum())[0]
    require_lines(whole["line_count"], span)
    lines = received.filter(received.scope_status == "in_scope")
    analysed = sums_by(lines)[0]
    sources = _by_source(lines, analysed["net_amount"])
    depths = _by_depth(lines, analysed["net_amount"])
    kinds = _by_line_kind(lines, analysed["net_amount"])
    bases = _by_vat_basis(lines, analysed["net_amount"])
    accuracy, thin = list(_measured(card or {})), _thin(card or {})
    numbers = {
        **_source_numbers(sources, analysed["net_amount"]),
        **_line_numbers(received, whole),
        **_kind_numbers(kinds, analysed["net_amount"]),
        **_vat_numbers(bases, analysed["net_amount"]),
        **_card_numbers(accuracy, thin),
        **_audited(audit, span.label),
    }
    return Finding(
        key="quality",
        numbers=numbers,
        tables={
            "by_source": frame(sources, COLUMNS["by_source"]),
            "by_depth": frame(depths, COLUMNS["by_depth"]),
            "by_line_kind": frame(kinds, COLUMNS["by_line_kind"]),
            "by_vat_basis": frame(bases, COLUMNS["by_vat_basis"]),
            "accuracy": frame(_side_by_side(accuracy), COLUMNS["accuracy"]),
            "measures": frame(accuracy, COLUMNS["measures"]),
        },
        checks=(
            adds_up("by_source sums to analysed", total(sources), analysed["net_amount"]),
            adds_up("by_depth sums to analysed", total(depths), analysed["net_amount"]),
            adds_up("by_line_kind sums to analysed", total(kinds), analysed["net_amount"]),
            adds_up("by_vat_basis sums to analysed", total(bases), analysed["net_amount"]),
        ),
        caveats=_caveats(numbers),
        definition=_definition(whole["net_amount"] - analysed["net_amount"]),
        parameters={"period": span.label},
    )


def _by_source(lines: "ibis.Table", whole: Decimal) -> list[dict]:
    found = {row["category_source"]: row for row in sums_by(lines, "category_source")}
    nothing = {"line_count": 0, "document_count": 0, "net_amount": NOTHING}
    rows = [found.get(source, {"category_source": source, **nothing}) for source in SOURCES]
    return [{**row, "net_share": share(row["net_amount"], whole)} for row in rows]


def _by_depth(lines: "ibis.Table", whole: Decimal) -> list[dict]:
    """By the deepest level claimed; 0 is not categorised."""
    depth = sum(lines[f"category_{level}_code"].notnull().ifelse(1, 0) for level in (1, 2, 3))
    rows = sums_by(lines.mutate(category_level=depth), "category_level")
    return [{**row, "net_share": share(row["net_amount"], whole)} for row in rows]


def _by_line_kind(lines: "ibis.Table", whole: Decimal) -> list[dict]:
    """By what kind of line it is; lines read before kinds were told stand last, without one."""
    import ibis

    items = lines.filter((lines.line_kind == LINE_KINDS[0]) | lines.line_kind.isnull())
    holding = items.select(item_document="document_id", has_item=ibis.literal(True)).distinct()
    joined = add_lookup(lines, holding, {"document_id": "item_document"})
    is_textless = ~joined.has_usable_text
    found = sums_by(
        joined,
        "line_kind",
        alone_amount=exact_sum(joined, joined.has_item.isnull()),
        textless_line_count=joined.count(where=is_textless),
        textless_amount=exact_sum(joined, is_textless),
    )
    by_kind = {row["line_kind"]: row for row in found}
    counts = dict.fromkeys(("line_count", "document_count", "textless_line_count"), 0)
    nothing = {**counts, **dict.fromkeys(("net_amount", "alone_amount", "textless_amount"), NOTHING)}
    rows = [by_kind.get(kind, {"line_kind": kind, **nothing}) for kind in LINE_KINDS]
    rows += [by_kind[None]] if None in by_kind else []
    return [
        {**row, "net_share": share(row["net_amount"], whole), "textless_line_count": row["textless_line_count"] or 0}
        for row in rows
    ]


def _by_vat_basis(lines: "ibis.Table", whole: Decimal) -> list[dict]:
    """By what the source says of VAT; the amounts are as they were read."""
    found = {
        row["vat_basis"]: row
        for row in sums_by(lines.mutate(vat_basis=lines.vat_basis.fill_null("unknown")), "vat_basis")
    }
    nothing = {"line_count": 0, "document_count": 0, "net_amount": NOTHING}
    rows = [found.get(basis, {"vat_basis": basis, **nothing}) for basis in VAT_BASES]
    return [{**r, "as_read_amount": r["net_amount"], "net_share": share(r["net_amount"], whole)} for r in rows]


def _vat_numbers(bases: list[dict], analysed: Decimal) -> dict[str, Number]:
    """Kroner in scope that are not known to be without VAT; a credit of one basis never hides an invoice of another."""
    unsure = [row for row in bases if row["vat_basis"] != "ex"]
    both = share(sum((abs(row["net_amount"]) for row in unsure), NOTHING), abs(analysed))
    numbers: dict[str, Number] = {}
    for row in unsure:
        name = f"vat_{row['vat_basis']}"
        numbers |= {
            f"{name}_line_count": Number(row["line_count"], "count"),
            f"{name}_amount": Number(row["net_amount"], "kr"),
            f"{name}_share": Number(row["net_share"], "share"),
        }
    return numbers | {
        "vat_unsure_line_count": Number(sum(row["line_count"] for row in unsure), "count"),
        "vat_unsure_amount": Number(total(unsure), "kr"),
        "vat_unsure_share": Number(both, "share"),
        "vat_noted": Number(int((both or 0) > VAT_NOTED), "count"),
    }


def _kind_numbers(kinds: list[dict], analysed: Decimal) -> dict[str, Number]:
    accessories = [row for row in kinds if row["line_kind"] in LINE_KINDS[1:]]
    textless = total(kinds, "textless_amount")
    return {
        "accessory_line_count": Number(sum(row["line_count"] for row in accessories), "count"),
        "accessory_amount": Number(total(accessories), "kr"),
        "accessory_share": Number(share(total(accessories), analysed), "share"),
        "accessory_alone_amount": Number(total(accessories, "alone_amount"), "kr"),
        **{f"{row['line_kind']}_amount": Number(row["net_amount"], "kr") for row in accessories},
        "unmarked_line_count": Number(sum(r["line_count"] for r in kinds if r["line_kind"] is None), "count"),
        "textless_line_count": Number(sum(row["textless_line_count"] for row in kinds), "count"),
        "textless_amount": Number(textless, "kr"),
        "textless_share": Number(share(textless, analysed), "share"),
    }


def _source_numbers(sources: list[dict], analysed: Decimal) -> dict[str, Number]:
    placed = total(row for row in sources if row["category_source"] != "unclassified")
    names = {"accessory": "followed"}  # `accessory_share` is that of all accessory lines, whatever decided them
    shares = {names.get(row["category_source"], row["category_source"]): row["net_share"] for row in sources}
    return {
        "analysed_amount": Number(analysed, "kr"),
        "classified_amount": Number(placed, "kr"),
        "classified_share": Number(share(placed, analysed), "share"),
        "unclassified_amount": Number(analysed - placed, "kr"),
        **{f"{name}_share": Number(value, "share") for name, value in shares.items()},
    }


def _line_numbers(received: "ibis.Table", whole: dict) -> dict[str, Number]:
    scopes = {row["scope_status"]: row for row in sums_by(received, "scope_status")}
    nothing = {"line_count": 0, "net_amount": NOTHING}
    clarify, no_rate = (scopes.get(status, nothing) for status in ("to_clarify", "no_exchange_rate"))
    return {
        "masked_count": Number(whole["masked_count"] or 0, "count"),
        "no_exchange_rate_line_count": Number(no_rate["line_count"], "count"),
        "to_clarify_line_count": Number(clarify["line_count"], "count"),
        "to_clarify_amount": Number(clarify["net_amount"], "kr"),
    }


# --- the classifier's card ------------------------------------------------------------------------------------------


def _splits(card: Mapping) -> list[tuple[str, Mapping]]:
    return sorted((card.get("accuracy") or card.get("left_out") or {}).items())


def _thin(card: Mapping) -> set[tuple[str, int]]:
    """Splits and levels that were measured on too few lines to judge the classifier by."""
    return {
        (split, int(level))
        for split, levels in _splits(card)
        for level, found in levels.items()
        if found.get("too_few")
    }


def _measured(card: Mapping) -> Iterator[dict]:
    """The card's measures as rows; what is no number between 0 and 1 is left out."""
    for split, levels in _splits(card):
        for level, measures in sorted(levels.items()):
            for name, value in sorted(measures.items()):
                if isinstance(value, float) and 0 <= value <= 1:
                    row = {"split_name": split, "category_level": int(level), "measure_name": name}
                    yield {**row, "measured_share": Decimal(str(value))}


def _side_by_side(measured: list[dict]) -> list[dict]:
    """One row per split and level, with the measures a reader asks for side by side."""
    rows: dict[tuple, dict] = {}
    for found in measured:
        key = (found["split_name"], found["category_level"])
        row = rows.setdefault(key, {"split_name": key[0], "category_level": key[1]})
        row[f"{found['measure_name'].removesuffix('_share')}_share"] = found["measured_share"]
    return list(rows.values())


def _card_numbers(accuracy: list[dict], thin: set[tuple[str, int]]) -> dict[str, Number]:
    numbers = {"thin_measure_count": Number(len(thin), "count")}
    for row in accuracy:
        key = f"{row['split_name']}_{row['category_level']}_{row['measure_name']}".replace("-", "_")
        numbers[key] = Number(row["measured_share"], "share")
    solid = [row for row in accuracy if (row["split_name"], row["category_level"]) not in thin]
    return {**numbers, "right_share": Number(_right_share(solid), "share")}


def _audited(audit: Finding | None, period: str) -> dict[str, Number]:
    """The share of right kroner as people judged it, at the deepest level up to 2; nothing where it is of the past."""
    if audit is None or audit.parameters.get("period") != period or "is_reclassified" in audit.parameters:
        return {}
    for level in (2, 1):
        wrong = audit.numbers[f"wrong_{level}_share"]
        if wrong.value is not None:
            return {"right_share": Number(1 - wrong.value, "share", 1 - wrong.high, 1 - wrong.low)}
    return {}


def _right_share(accuracy: list[dict]) -> Decimal | None:
    """Share of claimed kroner that is right, from the hardest split the card has, at the deepest level up to 2."""
    for split in RIGHT_SPLITS:
        found = {
            row["category_level"]: row["measured_share"]
            for row in accuracy
            if row["split_name"] == split and row["measure_name"] == RIGHT_MEASURE and row["category_level"] <= 2
        }
        if found:
            return found[max(found)]
    return None


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    keys = {
        "unclassified": "unclassified_amount",
        "accessories": "accessory_amount",
        "textless": "textless_amount",
        "vat_unsure": "vat_unsure_line_count",
        "to_clarify": "to_clarify_amount",
        "no_exchange_rate": "no_exchange_rate_line_count",
        "thin_measures": "thin_measure_count",
    }
    said = [key for key, name in keys.items() if numbers[name].value]
    return (*said, *(["not_measured"] if numbers["right_share"].value is None else []))


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula="classified share = kroner with a category at any level / analysed kroner",
        numerator="lines in scope placed by review, rule or classifier",
        denominator="all lines in scope",
        left_out="lines out of scope",
        left_out_amount=left_out,
        source="classifier card: rows the classifier had not seen, per line and per krone",
    )
