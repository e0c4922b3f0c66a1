"""How far are the key figures from where they started and where they shall be, for each municipality and together?

A community's rate is the sum of the numerators over the sum of the denominators, never a mean of rates. Baseline,
target and thresholds are the user's; without thresholds, or on few invoices, nothing gets a colour.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.kpi_measures import Measured, measure
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.exact import NOTHING, frame, lines_in, require_lines
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.kpi_basis import (
    FEWEST_DOCUMENTS,
    KPI_KEYS,
    KPI_STATUSES,
    RATES,
    KpiBasis,
    gap_closed,
    quartiles,
    status_of,
    wilson,
)
from procurement_kit.periods import Period, parse_period

if TYPE_CHECKING:
    import ibis

UNIT = {"contract_follow_up": "amount", "supplier_count": "count"} | dict.fromkeys(RATES, "share")
VALUES = ("actual", "baseline", "target")
AGAINST = ("gap_closed_share", "kpi_status")
RATE = (
    "numerator_amount", "denominator_amount", "actual_share", "baseline_share", "target_share", *AGAINST,
    "left_out_amount", "document_count", "document_share", "document_low_share", "document_high_share",
)  # fmt: skip
EVERY = (
    "kpi_name", "numerator_amount", "denominator_amount",
    *(f"{value}_{unit}" for unit in ("share", "amount", "count") for value in VALUES), *AGAINST, "left_out_amount",
    "document_count",
)  # fmt: skip
WORDS = ("kpi", "formula", "base", "left_out", "purpose", "owner")
COLUMNS = {
    "rates": ("kpi_name", *RATE),
    "amounts": ("kpi_name", *(f"{value}_amount" for value in VALUES), "baseline_period", *AGAINST),
    "counts": ("kpi_name", *(f"{value}_count" for value in VALUES), "baseline_period", *AGAINST),
    "by_quarter": ("quarter_name", *EVERY),
    "by_municipality": ("municipality_title", *EVERY),
    "by_municipality_and_quarter": ("municipality_title", "quarter_name", *EVERY),
    "peers": (
        "kpi_name", "peer_group_title", "member_count",
        *(f"{place}_{unit}" for unit in ("share", "amount", "count") for place in ("lower", "median", "upper")),
    ),
    "cards": (
        "kpi_name", *(f"{word}_name_{tongue}" for word in WORDS[1:] for tongue in ("da", "en")), "base_amount",
        "left_out_amount",
    ),
    "comparability": ("compared_by", "municipality_title", "compared_text"),
}  # fmt: skip


def analyse_kpis(cube: "ibis.Table", *, period: str, basis: KpiBasis, peer_group: str = "") -> Finding:
    """Show the key figures of a municipality, or of a community and each of its members.

    Parameters
    ----------
    cube : ibis.Table
        Lines of the municipalities in `basis.titles`. *Reads* contract, category, supplier and scope columns,
        `order_number`, `source_kind`, `municipality_name`, `invoice_date`, `document_id`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    basis : KpiBasis
        What counts as e-traded, targets, cards, and what contract follow-up has recovered.
    peer_group : str
        Municipalities whose quartiles are shown; all by default.

    Returns
    -------
    Finding
        Key "kpis"; tables `rates` (main), `amounts`, `counts`, `by_quarter`, `cards`; for several municipalities also
        `by_municipality`, `by_municipality_and_quarter`, `peers`, `comparability`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    ParameterError
        If there is no such peer group.
    """
    span = parse_period(period)
    members = _peers(basis, peer_group)
    require_lines(lines_in(cube, span).count().to_pyarrow().as_py(), span)
    measured = measure(cube, span, basis)
    rows = [_row(found, basis, span) for found in measured]
    tables = _tables(rows, measured, basis, members, peer_group)
    numbers = _numbers(rows, basis, tables)
    return Finding(
        key="kpis",
        numbers=numbers,
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(measured, rows),
        caveats=_caveats(numbers),
        definition=_definition(measured),
        parameters={"period": span.label, "peer_group": peer_group},
    )


def _peers(basis: KpiBasis, peer_group: str) -> tuple[str, ...]:
    if peer_group and peer_group not in basis.peer_groups:
        raise ParameterError(
            f"There is no peer group «{peer_group}».{nearest(peer_group, basis.peer_groups)}",
            expected=f"one of: {', '.join(basis.peer_groups) or 'none has been named'}",
            todo="name it in community.toml",
        )
    return basis.peer_groups[peer_group] if peer_group else tuple(sorted(basis.titles))


# --- one key figure against its target ------------------------------------------------------------------------------


def _row(found: Measured, basis: KpiBasis, period: Period) -> dict:
    """A key figure with baseline, target, gap closed and status; the values stand in the column of their unit."""
    unit, owner = UNIT[found.key], found.municipality or basis.name
    target = basis.target(owner, found.key, _inside(found.quarter, period))
    baseline, goal = (target.baseline, target.target) if target else (None, None)
    low, high = wilson(found.hits, found.documents or 0)
    is_rate = found.key in RATES
    return {
        "kpi_name": found.key,
        "municipality_name": found.municipality,
        "municipality_title": basis.titles.get(found.municipality),
        "quarter_name": found.quarter,
        "numerator_amount": found.numerator if is_rate else None,
        "denominator_amount": found.denominator,
        "base_amount": found.base_amount,
        "left_out_amount": found.left_out,
        f"actual_{unit}": found.value,
        f"baseline_{unit}": _of_unit(baseline, unit),
        f"target_{unit}": _of_unit(goal, unit),
        "baseline_period": target.baseline_period if target else None,
        "gap_closed_share": gap_closed(None if found.value is None else Decimal(found.value), baseline, goal),
        "kpi_status": status_of(found.value, found.documents, target),
        "document_count": found.documents,
        "document_share": share(found.hits, found.documents),
        "document_low_share": low,
        "document_high_share": high,
    }


def _inside(quarter: str, period: Period) -> Period:
    """The part of a quarter that lies in the period; the period itself where no quarter is named."""
    if not quarter:
        return period
    whole = parse_period(quarter)
    return Period(quarter, max(whole.first_date, period.first_date), min(whole.last_date, period.last_date))


def _of_unit(value: Decimal | None, unit: str) -> Decimal | int | None:
    return int(value) if value is not None and unit == "count" else value


# --- tables ---------------------------------------------------------------------------------------------------------


def _tables(
    rows: list[dict], measured: list[Measured], basis: KpiBasis, peers: tuple[str, ...], peer_group: str
) -> dict[str, list[dict]]:
    whole = [row for row in rows if not row["municipality_name"] and not row["quarter_name"]]
    members = [row for row in rows if row["municipality_name"]] if len(basis.titles) > 1 else []
    return {
        "rates": [row for row in whole if row["kpi_name"] in RATES],
        "amounts": [row for row in whole if UNIT[row["kpi_name"]] == "amount"],
        "counts": [row for row in whole if UNIT[row["kpi_name"]] == "count"],
        "by_quarter": _by_key(row for row in rows if row["quarter_name"] and not row["municipality_name"]),
        "by_municipality": _by_key(row for row in members if not row["quarter_name"]),
        "by_municipality_and_quarter": _by_key(row for row in members if row["quarter_name"]),
        "peers": _peer_rows(members, peers, peer_group),
        "cards": _cards(whole, basis),
        "comparability": _differences(basis),
    }


def _by_key(rows: Iterable[dict]) -> list[dict]:
    return sorted(rows, key=lambda r: (KPI_KEYS.index(r["kpi_name"]), r["municipality_title"] or "", r["quarter_name"]))


def _peer_rows(members: Iterable[dict], peers: tuple[str, ...], peer_group: str) -> list[dict]:
    """Quartiles over the peers whose key figure is known; none for fewer than three."""
    found = []
    whole = [row for row in members if not row["quarter_name"] and row["municipality_name"] in peers]
    for key in KPI_KEYS if whole else ():
        unit = UNIT[key]
        values = [row[f"actual_{unit}"] for row in whole if row["kpi_name"] == key]
        known = [Decimal(value) for value in values if value is not None]
        places = quartiles(known) or (None, None, None)
        row = {f"{name}_{unit}": place for name, place in zip(("lower", "median", "upper"), places, strict=True)}
        found.append({"kpi_name": key, "peer_group_title": peer_group or None, "member_count": len(known), **row})
    return found


def _cards(whole: Iterable[dict], basis: KpiBasis) -> list[dict]:
    rows = {row["kpi_name"]: row for row in whole}
    return [{**rows[card.key], **card.words} for card in basis.cards]


def _differences(basis: KpiBasis) -> list[dict]:
    """By what the municipalities are not counted alike; nothing where all are."""
    found = []
    for subject in sorted({name for marks in basis.marks.values() for name in marks}):
        marks = {name: own.get(subject, "") for name, own in basis.marks.items()}
        if len(set(marks.values())) > 1:
            found += [
                {"compared_by": subject, "municipality_title": basis.titles[name], "compared_text": mark}
                for name, mark in sorted(marks.items())
            ]
    return found


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _checks(measured: list[Measured], rows: list[dict]) -> tuple[Check, ...]:
    """Quarters sum to the period, members to the community, base and left out to all purchases; one status each."""
    sums: dict[tuple, Decimal] = {}
    for found in measured:
        for part in ("numerator", "denominator", "base_amount", "left_out"):
            place = found.key, bool(found.municipality), bool(found.quarter), part
            sums[place] = sums.get(place, NOTHING) + (getattr(found, part) or 0)
    checks = []
    for key in (key for key in KPI_KEYS if key != "supplier_count"):
        for part in ("numerator", "denominator"):
            whole = sums[key, False, False, part]
            checks.append(adds_up(f"{key}: quarters sum to {part}", sums[key, False, True, part], whole))
            checks.append(adds_up(f"{key}: municipalities sum to {part}", sums[key, True, False, part], whole))
    analysed = {key: sums[key, False, False, "base_amount"] + sums[key, False, False, "left_out"] for key in KPI_KEYS}
    checks += [
        adds_up(f"{key}: base and left out sum to analysed", analysed[key], analysed["supplier_count"]) for key in RATES
    ]
    known = sum(row["kpi_status"] in KPI_STATUSES for row in rows)
    return (*checks, Check("every key figure has one status", known == len(rows), f"{known} of {len(rows)}"))


def _numbers(rows: list[dict], basis: KpiBasis, tables: Mapping[str, list[dict]]) -> dict[str, Number]:
    whole = [row for row in rows if not row["municipality_name"] and not row["quarter_name"]]
    numbers = {}
    for row in whole:
        key, unit = row["kpi_name"], UNIT[row["kpi_name"]]
        kind = "kr" if unit == "amount" else unit
        numbers |= {f"{key}_{value}": Number(row[f"{value}_{unit}"], kind) for value in VALUES}
        numbers[f"{key}_gap_closed"] = Number(row["gap_closed_share"], "share")
        numbers[f"{key}_base_amount"] = Number(row["base_amount"], "kr")
        numbers[f"{key}_left_out_amount"] = Number(row["left_out_amount"], "kr")
    statuses = [row["kpi_status"] for row in whole]
    counts = {f"{status}_count": statuses.count(status) for status in KPI_STATUSES}
    counts |= {
        "kpi_count": len(whole),
        "target_count": sum(row[f"target_{UNIT[row['kpi_name']]}"] is not None for row in whole),
        "member_count": len(basis.titles),
        "is_community": int(len(basis.titles) > 1),
        "difference_count": len({row["compared_by"] for row in tables["comparability"]}),
        "fewest_document_count": FEWEST_DOCUMENTS,
        "followed_up_count": len(basis.follow_ups),
    }
    return numbers | {name: Number(value, "count") for name, value in counts.items()}


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    said = {
        "kpi_not_comparable": numbers["difference_count"].value,
        "kpi_no_targets": not numbers["target_count"].value,
        "kpi_no_thresholds": numbers["no_threshold_count"].value and numbers["target_count"].value,
        "kpi_few_documents": numbers["too_few_count"].value,
        "kpi_no_follow_up": not numbers["followed_up_count"].value,
        "kpi_partly_followed_up": 0 < numbers["followed_up_count"].value < numbers["member_count"].value,
        "kpi_e_trade_not_known": numbers["e_trade_actual"].value is None,
    }
    return tuple(key for key, holds in said.items() if holds)


def _definition(measured: Iterable[Measured]) -> Definition:
    loyalty = next(m for m in measured if m.key == "contract_compliance" and not m.municipality and not m.quarter)
    return Definition(
        formula="rate = sum of numerators / sum of denominators; gap closed = (actual - base) / (target - base)",
        numerator="as each key figure's card says",
        denominator="as each key figure's card says",
        left_out="purchases that are not in a key figure's base (shown for contract compliance)",
        left_out_amount=loyalty.left_out,
        source="FIF steers by contract compliance, e-trade and contract follow-up, per quarter against targets",
    )
