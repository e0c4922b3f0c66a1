"""How many suppliers were really paid, what was joined to find that out, and how many kroner rest on it?

A printed supplier is a number and a name as they stand on lines; an identity is who was really paid. Joining names
moves exactly the kroner of the lines that bear them. Doubtful pairs are counted by their smaller side, once.
"""

from typing import TYPE_CHECKING

import ibis

from procurement_kit.exact import (
    NOTHING,
    exact_sum,
    frame,
    lines_in,
    records,
    require_lines,
    sums_by,
    total,
)
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period
from procurement_kit.tables import SUPPLIER_MATCHES

if TYPE_CHECKING:
    import pandas as pd

CVR_CODE = " cvr_modulus "
JUDGED = ("similar_name", "decided")
SHOWN = 200
PRINTED = ("supplier_number", "supplier_name")
COLUMNS = {
    "by_match": (
        "supplier_match", "printed_count", "identity_count", "line_count", "document_count", "net_amount", "net_share",
    ),
    "merged": (
        "supplier_key", "supplier_label", "printed_count", "line_count", "joined_amount", "net_amount",
    ),
    "doubtful": (
        "left_name", "left_number", "left_amount", "right_name", "right_number", "right_amount", "smaller_amount",
        "match_score",
    ),
    "failed_numbers": ("supplier_number", "supplier_label", "line_count", "net_amount"),
}  # fmt: skip


def analyse_supplier_identity(cube: ibis.Table, *, period: str = "", doubtful: "pd.DataFrame | None" = None) -> Finding:
    """Show how printed suppliers became identities, and what is doubtful about it.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* supplier columns, `scope_status`, `check_codes`, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025"; by default all lines.
    doubtful : DataFrame, optional
        Pairs that may be the same, as `doubtful_suppliers` gives them: `left_` and `right_` key, name and number,
        `match_score`.

    Returns
    -------
    Finding
        Key "supplier_identity"; tables `by_match` (main), `merged`, `doubtful`, `failed_numbers`. Of the last three the
        rows with most kroner, 200 at most; the numbers count all.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    lines = cube.filter(cube.scope_status == "in_scope")
    if period:
        span = parse_period(period)
        require_lines(sums_by(lines_in(cube, span))[0]["line_count"], span)
        lines = lines_in(lines, span)
    whole = sums_by(lines)[0]
    by_match, identities = _by_match(lines, whole), _identities(lines)
    joined, merged = _merged(identities)
    joined["lines_amount"] = records(lines.aggregate(net_amount=exact_sum(lines, _is_joined(lines))))[0]["net_amount"]
    pairs = pair_sums(lines, doubtful) if doubtful is not None else []
    failed, failed_sums = _failed_numbers(lines)
    tables = {"by_match": by_match, "merged": merged, "doubtful": pairs[:SHOWN], "failed_numbers": failed}
    return Finding(
        key="supplier_identity",
        numbers=_numbers(by_match, whole, joined, failed_sums) | _doubt(pairs),
        tables={name: frame(rows, COLUMNS[name]) for name, rows in tables.items()},
        checks=_checks(by_match, joined, whole),
        caveats=("doubts_not_read",) if doubtful is None else (),
        definition=_definition(by_match),
        parameters={"period": period},
    )


# --- in the engine --------------------------------------------------------------------------------------------------


def _printed(lines: ibis.Table, *by: str) -> ibis.Table:
    """One row per supplier as printed and what it was found to be."""
    return lines.group_by(*by, *PRINTED).aggregate(
        line_count=lines.count(), document_count=lines.document_id.nunique(), net_amount=exact_sum(lines)
    )


def _by_match(lines: ibis.Table, whole: dict) -> list[dict]:
    printed = _printed(lines, "supplier_match", "supplier_key")
    found = printed.group_by("supplier_match").aggregate(
        printed_count=printed.count(),
        identity_count=printed.supplier_key.nunique(),
        line_count=printed.line_count.sum(),
        document_count=printed.document_count.sum(),
        net_amount=exact_sum(printed),
    )
    rows = {row["supplier_match"]: row for row in records(found)}
    ordered = [row | {"net_amount": row["net_amount"] or NOTHING} for m in SUPPLIER_MATCHES if (row := rows.get(m))]
    return [row | {"net_share": share(row["net_amount"], whole["net_amount"])} for row in ordered]


def _identities(lines: ibis.Table) -> ibis.Table:
    """One row per company that was really paid: how it is printed, and the kroner that joining names brought it."""
    firms = lines.filter(lines.supplier_key.notnull(), lines.supplier_match != "person")
    # the same printed supplier is found in one way, so that the ways add up
    printed = _printed(firms, "supplier_key", "supplier_label", "supplier_match")
    return printed.group_by("supplier_key", "supplier_label").aggregate(
        printed_count=printed.count(),
        line_count=printed.line_count.sum(),
        joined_amount=exact_sum(printed, _is_joined(printed)),
        own_amount=exact_sum(printed, ~_is_joined(printed)),
        net_amount=exact_sum(printed),
    )


def _is_joined(printed: ibis.Table) -> ibis.Value:
    """Whether a supplier as printed stands under another's key: a name under a number, or a name under another name."""
    by_name = (printed.supplier_match == "name") & printed.supplier_key.startswith("n:")
    return (printed.supplier_match.isin(JUDGED) | by_name).fill_null(False)


def _merged(identities: ibis.Table) -> tuple[dict, list[dict]]:
    """Sums over all identities, and the largest of those that are printed in several ways."""
    several = identities.printed_count > 1
    sums = records(
        identities.aggregate(
            identity_count=identities.count(),
            printed_count=identities.printed_count.sum(),
            merged_count=several.sum(),
            joined_amount=exact_sum(identities, column="joined_amount"),
            own_amount=exact_sum(identities, column="own_amount"),
            net_amount=exact_sum(identities),
        )
    )[0]
    shown = identities.filter(several).order_by(ibis.desc("net_amount"), "supplier_key").limit(SHOWN)
    rows = [{name: NOTHING if value is None else value for name, value in row.items()} for row in records(shown)]
    rows.sort(key=lambda row: (-row["net_amount"], row["supplier_key"]))
    return {name: value or (0 if name.endswith("_count") else NOTHING) for name, value in sums.items()}, rows


def pair_sums(lines: ibis.Table, pairs: "pd.DataFrame") -> list[dict]:
    """Pairs with the lines, documents and kroner of both sides, the pair whose smaller side is largest first.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `supplier_key`, `document_id`, `net_amount`.
    pairs : DataFrame
        With `left_key` and `right_key`.

    Returns
    -------
    list of dict
        The pairs with `left_`/`right_` `amount`, `line_count` and `document_count`, and `smaller_amount` (Decimal
        kroner, the side nearer to nothing).
    """
    rows = [dict(zip(pairs.columns, row, strict=True)) for row in pairs.itertuples(index=False, name=None)]
    keys = sorted({row[f"{side}_key"] for row in rows for side in ("left", "right")})
    if not keys:
        return []
    wanted = lines.semi_join(ibis.memtable({"supplier_key": keys}), "supplier_key")
    sums = {row["supplier_key"]: row for row in sums_by(wanted, "supplier_key")}
    none = {"net_amount": NOTHING, "line_count": 0, "document_count": 0}
    for row in rows:
        for side in ("left", "right"):
            found = sums.get(row[f"{side}_key"], none)
            row |= {f"{side}_{name}": found[name] for name in ("line_count", "document_count")}
            row[f"{side}_amount"] = found["net_amount"]
        row["smaller_amount"] = min(row["left_amount"], row["right_amount"], key=abs)
    return sorted(rows, key=lambda row: (-abs(row["smaller_amount"]), row["left_key"], row["right_key"]))


def _failed_numbers(lines: ibis.Table) -> tuple[list[dict], dict]:
    codes = ibis.literal(" ").concat(lines.check_codes, ibis.literal(" "))
    failed = lines.filter(codes.contains(CVR_CODE), lines.supplier_number.notnull())
    grouped = failed.group_by("supplier_number", "supplier_label").aggregate(
        line_count=failed.count(), net_amount=exact_sum(failed)
    )
    rows = [row | {"net_amount": row["net_amount"] or NOTHING} for row in records(grouped)]
    rows.sort(key=lambda row: (-row["net_amount"], row["supplier_number"]))
    return rows[:SHOWN], {"failed_number_count": len(rows), "failed_number_amount": total(rows)}


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(by_match: list[dict], whole: dict, joined: dict, failed: dict) -> dict[str, Number]:
    found = {row["supplier_match"]: row for row in by_match}
    numbers = {
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "printed_count": Number(joined["printed_count"], "count"),
        "identity_count": Number(joined["identity_count"], "count"),
        "merged_count": Number(joined["merged_count"], "count"),
        "joined_amount": Number(joined["joined_amount"], "kr"),
        "joined_share": Number(share(joined["joined_amount"], whole["net_amount"]), "share"),
        "failed_number_count": Number(failed["failed_number_count"], "count"),
        "failed_number_amount": Number(failed["failed_number_amount"], "kr"),
    }
    for match in SUPPLIER_MATCHES:
        row = found.get(match, {"printed_count": 0, "net_amount": NOTHING})
        numbers[f"{match}_printed_count"] = Number(row["printed_count"], "count")
        numbers[f"{match}_amount"] = Number(row["net_amount"], "kr")
    return numbers


def _doubt(pairs: list[dict]) -> dict[str, Number]:
    """Each smaller side once, though it may stand in several pairs."""
    smaller = {}
    for row in pairs:
        side = "left" if row["left_amount"] == row["smaller_amount"] else "right"
        smaller[row[f"{side}_key"]] = row["smaller_amount"]
    amount = sum((abs(value) for value in smaller.values()), NOTHING)
    return {"doubtful_count": Number(len(pairs), "count"), "doubtful_amount": Number(amount, "kr")}


def _checks(by_match: list[dict], joined: dict, whole: dict) -> tuple[Check, ...]:
    persons = total(row for row in by_match if row["supplier_match"] in ("person", "none"))
    return (
        adds_up("by_match sums to analysed", total(by_match), whole["net_amount"]),
        adds_up("identities, persons and unknown sum to analysed", joined["net_amount"] + persons, whole["net_amount"]),
        adds_up(
            "joined names bring exactly their kroner",
            joined["net_amount"] - joined["own_amount"],
            joined["lines_amount"] or NOTHING,
        ),
    )


def _definition(by_match: list[dict]) -> Definition:
    unknown = total(row for row in by_match if row["supplier_match"] == "none")
    return Definition(
        formula="identity = company number, else normalised name, else names so alike that they are joined",
        numerator="companies that were really paid, each once however it is printed",
        denominator="company numbers and names as printed on lines in scope",
        left_out="persons, and lines that name no supplier",
        left_out_amount=unknown + total(row for row in by_match if row["supplier_match"] == "person"),
    )
