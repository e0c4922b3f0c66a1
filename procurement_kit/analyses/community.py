"""How do the municipalities of a community stand beside each other, and what is not known of which?

One row per municipality, and the community as the sum of them: a common rate is kroner over kroner, never a mean of
rates. Median and quartiles are those of the key figures. What a municipality has not delivered is named.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, frame, lines_in, require_lines, sums_by, total
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.kpi_basis import KPI_KEYS, KpiBasis
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

PLACES = ("lower", "median", "upper")
UNITS = ("share", "amount", "count")
SUMMED = ("addressable_amount", "on_contract_amount", "wrong_supplier_amount", "no_known_contract_amount",
          "undecidable_amount", "binding_amount", "leak_amount")  # fmt: skip
COLUMNS = {
    "beside": (
        "beside_title", "contract_compliance_share", "contract_coverage_share", "e_trade_share",
        "contract_follow_up_amount", "supplier_count",
    ),
    "by_municipality": (
        "municipality_title", "net_amount", *SUMMED, "leak_share", "contract_follow_up_amount", "supplier_count",
        "document_count", "line_count",
    ),
    "gaps": ("municipality_title", "missing_subject", "missing_remedy"),
}  # fmt: skip


def analyse_community(
    cube: "ibis.Table", *, period: str, basis: KpiBasis, kpis: Finding, compliance: Mapping[str, Finding]
) -> Finding:
    """Put the municipalities of a community beside each other and beside the whole.

    Parameters
    ----------
    cube : ibis.Table
        Lines of the municipalities in `basis.titles`. *Reads* `municipality_name`, `scope_status`, supplier columns,
        `document_id`, `invoice_date`, `net_amount`.
    period : str
        For instance "2025" or "2025Q3".
    basis : KpiBasis
        Titles, and who has targets and a ledger of follow-up.
    kpis : Finding
        The key figures of the community in the same period.
    compliance : mapping of str to Finding
        Folder name → contract compliance of that municipality; one without lines in the period is not in it.

    Returns
    -------
    Finding
        Key "community"; tables `beside` (main), `by_municipality` (sums to the whole), `gaps`.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    span = parse_period(period)
    lines = lines_in(cube, span).filter(lambda line: line.scope_status == "in_scope")
    whole = sums_by(lines)[0]
    require_lines(whole["line_count"], span)
    known = _known(kpis)
    members = [_member(row, basis, compliance, known) for row in sums_by(lines, "municipality_name")]
    tables = {"beside": _beside(kpis, known), "by_municipality": members, "gaps": _gaps(basis, compliance, known)}
    return Finding(
        key="community",
        numbers=_numbers(whole, tables, basis),
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=(
            adds_up("municipalities sum to the community", total(members), whole["net_amount"]),
            adds_up("binding kroner are the base of the key figure", total(members, "binding_amount"),
                    kpis.numbers["contract_compliance_base_amount"].value or NOTHING),
        ),
        caveats=(),
        definition=Definition(
            formula="a common rate = sum of numerators / sum of denominators; median and quartiles over municipalities",
            numerator="as each key figure's card says",
            denominator="as each key figure's card says",
            left_out="analysed spend that is not addressable",
            left_out_amount=whole["net_amount"] - total(members, "addressable_amount"),
        ),
        parameters={"period": span.label},
    )  # fmt: skip


def _known(kpis: Finding) -> dict[tuple[str, str], object]:
    """(key figure, title) → its value, whatever its unit."""
    rows = kpis.tables["by_municipality"].to_dict("records")
    return {(row["kpi_name"], row["municipality_title"]): _value(row, "actual") for row in rows}


def _value(row: Mapping, place: str) -> object:
    return next((row[f"{place}_{unit}"] for unit in UNITS if row.get(f"{place}_{unit}") is not None), None)


def _member(row: Mapping, basis: KpiBasis, compliance: Mapping[str, Finding], known: Mapping) -> dict:
    title = basis.titles[row["municipality_name"]]
    numbers = compliance[row["municipality_name"]].numbers if row["municipality_name"] in compliance else {}
    sums = {name: numbers[name].value if name in numbers else NOTHING for name in SUMMED}
    return {
        **row, "municipality_title": title, **sums, "leak_share": share(sums["leak_amount"], sums["binding_amount"]),
        "contract_follow_up_amount": known.get(("contract_follow_up", title)),
    }  # fmt: skip


def _beside(kpis: Finding, known: Mapping) -> list[dict]:
    """Together first, then each municipality, then quartiles and median."""
    whole = {row["kpi_name"]: _value(row, "actual") for name in ("rates", "amounts", "counts")
             for row in kpis.tables[name].to_dict("records")}  # fmt: skip
    peers = {row["kpi_name"]: row for row in kpis.tables["peers"].to_dict("records")}
    titles = sorted({title for _, title in known})
    rows = [_wide("together", whole)]
    rows += [_wide(title, {key: known.get((key, title)) for key in KPI_KEYS}) for title in titles]
    return rows + [_wide(place, {key: _value(row, place) for key, row in peers.items()}) for place in PLACES]


def _wide(title: str, values: Mapping[str, object]) -> dict:
    units = {"contract_follow_up": "contract_follow_up_amount", "supplier_count": "supplier_count"}
    return {"beside_title": title, **{units.get(key, f"{key}_share"): values.get(key) for key in KPI_KEYS}}


def _gaps(basis: KpiBasis, compliance: Mapping[str, Finding], known: Mapping) -> list[dict]:
    """What is not known of each municipality; nothing else is said of one without lines."""
    rows = []
    for name, title in sorted(basis.titles.items(), key=lambda pair: pair[1]):
        found = compliance.get(name)
        lacks = {
            "no_contracts": found is not None and not found.numbers["contract_count"].value,
            "no_targets": not basis.targets.get(name),
            "no_follow_up": name not in basis.follow_ups,
            "no_e_trade": known.get(("e_trade", title)) is None,
        }
        subjects = [key for key, holds in lacks.items() if holds] if found else ["no_lines"]
        rows += [{"municipality_title": title, "missing_subject": s, "missing_remedy": s} for s in subjects]
    return rows


def _numbers(whole: Mapping, tables: Mapping[str, list[dict]], basis: KpiBasis) -> dict[str, Number]:
    members, gaps = tables["by_municipality"], tables["gaps"]
    leaks, bound = total(members, "leak_amount"), total(members, "binding_amount")
    largest = max(members, key=lambda row: (row["leak_amount"], row["municipality_title"]))
    rated = _rated(tables["beside"])
    (low, lowest), (high, highest) = (rated[0], rated[-1]) if rated else ((None, None), (None, None))
    first = largest["municipality_title"] if leaks else None
    texts = {"largest_leak_title": first, "lowest_title": lowest, "highest_title": highest}
    shares = {"leak_share": share(leaks, bound), "lowest_share": low, "highest_share": high}
    amounts = {"analysed_amount": whole["net_amount"], "largest_leak_amount": largest["leak_amount"]}
    amounts |= {name: total(members, name) for name in SUMMED}
    counts = {name: whole[name] for name in ("line_count", "document_count", "supplier_count")}
    counts |= {"municipality_count": len(basis.titles), "gap_count": len(gaps),
               "gap_municipality_count": len({row["municipality_title"] for row in gaps})}  # fmt: skip
    kinds = (("text", texts), ("share", shares), ("kr", amounts), ("count", counts))
    return {name: Number(value, kind) for kind, values in kinds for name, value in values.items()}


def _rated(beside: Iterable[Mapping]) -> list[tuple]:
    """(contract compliance, title) of the municipalities where it is known, the lowest first."""
    own = [row for row in beside if row["beside_title"] not in ("together", *PLACES)]
    known = [(row["contract_compliance_share"], row["beside_title"]) for row in own]
    return sorted(pair for pair in known if pair[0] is not None)
