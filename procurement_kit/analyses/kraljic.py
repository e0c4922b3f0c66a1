"""Which category groups weigh most, and where would it hurt if the supply failed?

Importance is computed: the group's share of spend. Supply risk is scored by people, 1 to 5, with reason, function and
date; the latest score of a group holds. A group without a score gets no place in the matrix, however large it is.
After Kraljic 1983; the spend alone never says how risky a supply is.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import frame, lines_in, require_lines, sums_by, total, with_category_names
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree

IMPORTANT_FROM, RISKY_FROM = Decimal("0.02"), 4
QUADRANTS = ("strategic", "leverage", "bottleneck", "routine")
_NAMES = ("category_code", "category_name_da", "category_name_en")
_SCORE = ("supply_risk_score", "reason", "scored_by", "scored_date")
COLUMNS = {
    "groups": (*_NAMES, "net_amount", "net_share", "supplier_count", *_SCORE, "quadrant"),
    "unscored": (*_NAMES, "net_amount", "net_share", "supplier_count"),
    "quadrants": ("quadrant", "group_count", "net_amount", "net_share"),
    "scores": (*_NAMES, *_SCORE, "score_status"),
}


def analyse_kraljic(
    cube: "ibis.Table",
    scores: Iterable[Mapping],
    *,
    period: str,
    important_from: Decimal = IMPORTANT_FROM,
    risky_from: int = RISKY_FROM,
    tree: "CategoryTree | None" = None,
) -> Finding:
    """Place the category groups by importance and supply risk.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* scope and category columns, `supplier_key`, `invoice_date`, `net_amount`.
    scores : iterable of mapping
        As `read_supply_risk_scores` gives them; the latest of a group holds, the older ones are listed.
    period : str
        For instance "2025".
    important_from : Decimal
        Share of spend from which a group is important.
    risky_from : int
        Score from which the supply is risky, 1 to 5.
    tree : CategoryTree, optional
        Names of the categories.

    Returns
    -------
    Finding
        Key "kraljic"; tables `groups` (main: those with a score), `unscored`, `quadrants`, `scores`.

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
    scores = sorted(scores, key=lambda row: (row["category_code"], row["scored_date"]))
    latest = {row["category_code"]: row for row in scores}
    bought = _bought(lines, whole["net_amount"])
    scored = [
        _scored(row, latest[row["category_code"]], important_from, risky_from)
        for row in bought
        if row["category_code"] in latest
    ]
    unscored = [row for row in bought if row["category_code"] not in latest]
    rows = {
        "groups": scored,
        "unscored": unscored,
        "quadrants": _quadrants(scored, whole["net_amount"]),
        "scores": _listed(scores, latest, {row["category_code"] for row in bought}),
    }
    named = {
        name: with_category_names(found, tree.name) if tree and name != "quadrants" else found
        for name, found in rows.items()
    }
    numbers = _numbers(rows, whole["net_amount"]) | _limits(important_from, risky_from)
    return Finding(
        key="kraljic",
        numbers=numbers,
        tables={name: frame(named[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, whole["net_amount"]),
        caveats=_caveats(numbers),
        definition=_definition(numbers["unscored_amount"].value),
        parameters={"period": span.label, "important_from": str(important_from), "risky_from": str(risky_from)},
    )


def _bought(lines: "ibis.Table", spend: Decimal) -> list[dict]:
    """Spend per group, or per area where the group is not known, largest first."""
    rows = [
        {**row, "category_code": row["category_2_code"] or row["category_1_code"]}
        for row in sums_by(lines, "category_1_code", "category_2_code")
    ]
    rows = [{**row, "net_share": share(row["net_amount"], spend)} for row in rows]
    return sorted(rows, key=lambda row: (row["category_code"] is None, -row["net_amount"], row["category_code"] or ""))


def _scored(row: Mapping, score: Mapping, important_from: Decimal, risky_from: int) -> dict:
    is_important = row["net_share"] is not None and row["net_share"] >= important_from
    is_risky = score["supply_risk_score"] >= risky_from
    quadrant = {(True, True): "strategic", (True, False): "leverage", (False, True): "bottleneck"}
    return {
        **row,
        **{name: score[name] for name in _SCORE},
        "quadrant": quadrant.get((is_important, is_risky), "routine"),
    }


def _quadrants(scored: list[dict], spend: Decimal) -> list[dict]:
    rows = []
    for name in QUADRANTS:
        found = [row for row in scored if row["quadrant"] == name]
        amount = total(found)
        rows.append(
            {"quadrant": name, "group_count": len(found), "net_amount": amount, "net_share": share(amount, spend)}
        )
    return rows


def _listed(scores: list[Mapping], latest: Mapping[str, Mapping], bought: set[str | None]) -> list[dict]:
    """All scores with what became of them: used, older, or of a group that was not bought in the period."""
    rows = []
    for row in scores:
        status = "older" if row is not latest[row["category_code"]] else "used"
        status = status if row["category_code"] in bought else "not_bought"
        rows.append({**row, "score_status": status})
    return rows


def _numbers(rows: Mapping[str, list[dict]], spend: Decimal) -> dict[str, Number]:
    quadrants = {row["quadrant"]: row for row in rows["quadrants"]}
    groups, unscored = rows["groups"], [row for row in rows["unscored"] if row["category_code"]]
    kroner = {
        "analysed_amount": spend,
        "scored_amount": total(groups),
        "unscored_amount": total(rows["unscored"]),
        **{f"{name}_amount": quadrants[name]["net_amount"] for name in QUADRANTS},
    }
    counts = {
        "scored_count": len(groups),
        "unscored_count": len(unscored),
        "older_score_count": sum(row["score_status"] == "older" for row in rows["scores"]),
        "unused_score_count": sum(row["score_status"] == "not_bought" for row in rows["scores"]),
        **{f"{name}_count": quadrants[name]["group_count"] for name in QUADRANTS},
    }
    dates = [row["scored_date"] for row in groups]
    return {
        **{name: Number(value, "kr") for name, value in kroner.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
        "scored_share": Number(share(total(groups), spend), "share"),
        "strategic_share": Number(quadrants["strategic"]["net_share"], "share"),
        "oldest_score_date": Number(min(dates, default=None), "date"),
    }


def _limits(important_from: Decimal, risky_from: int) -> dict[str, Number]:
    return {"important_from_share": Number(important_from, "share"), "risky_from": Number(risky_from, "count")}


def _checks(rows: Mapping[str, list[dict]], spend: Decimal) -> tuple[Check, ...]:
    return (
        adds_up("scored and unscored sum to analysed", total(rows["groups"]) + total(rows["unscored"]), spend),
        adds_up("quadrants sum to scored", total(rows["quadrants"]), total(rows["groups"])),
    )


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    if not numbers["scored_count"].value:
        return ("no_risk_scores",)
    found = ["unscored_groups"] if numbers["unscored_amount"].value else []
    return (*found, *(["unused_scores"] if numbers["unused_score_count"].value else []))


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula="importance = kroner of the group / spend in scope; supply risk = the latest score, 1 to 5",
        numerator="kroner of the group in the period",
        denominator="spend in scope",
        left_out="groups that nobody has scored, and lines without a category: no place in the matrix",
        left_out_amount=left_out,
        source="Kraljic 1983 (HBR 61(5)); Gelderman & van Weele 2005",
    )
