"""What do the commands for steering do: key figures, market list, community?

One function per command: it opens a municipality or a community, brings the spend cubes up to date, and returns an
`Outcome` with the figures of the findings and the same in plain words. Nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.community import Community, create_community, open_community, read_community_cube, read_kpi_basis
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Finding, Outcome
from procurement_kit.kpi_basis import KpiBasis
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    import ibis

RECIPE = "kpis"
UNITS = ("share", "amount", "count")
SOLE_TRADER_FORMS = ("enkeltmandsvirksomhed", "personligt ejet mindre virksomhed", "10", "15")


@dataclass(frozen=True)
class Subject:
    """A municipality or a community that is looked at: its folder, its lines, and its trees."""

    of: Municipality | Community
    place: Municipality
    members: tuple[Municipality, ...]
    cube: "ibis.Table"


def open_subject(name: str = "", community: str = "") -> Subject:
    """Open a municipality or a community with its spend cubes brought up to date.

    Raises
    ------
    ParameterError
        If both or neither is named.
    ProcurementError
        As opening and classifying raise them.
    """
    from procurement_kit.steps.spend_cube import read_cube
    from procurement_kit.workbench import classify_lines

    if bool(name) == bool(community):
        raise ParameterError(
            "Name a municipality or a community, one of the two.",
            expected="NAME, or --community NAME",
            todo="run: procurement-kit kpis demo --period 2025",
        )
    of = store.open_municipality(name) if name else open_community(community)
    members = (of,) if isinstance(of, Municipality) else of.members
    for member in members:
        classify_lines(member)
    if isinstance(of, Municipality):
        return Subject(of, of, members, read_cube(of))
    return Subject(of, of.place, members, read_community_cube(of))


def make_community(name: str, members: Sequence[str], *, title: str = "") -> Outcome:
    """Make a community of municipalities that are there."""
    community = create_community(name, members, title=title)
    facts = {"name": name, "members": [m.name for m in community.members], "paths": {"folder": str(community.folder)}}
    said = f"«{community.title}» has {len(community.members)} members; its targets.csv goes in {community.folder}."
    return Outcome(facts, (said, f"Next: procurement-kit kpis --community {name} --period <period>"))


# --- key figures ----------------------------------------------------------------------------------------------------


def show_kpis(
    name: str = "", *, community: str = "", period: str = "", peer_group: str = "", page: bool = False
) -> Outcome:
    """The key figures of a municipality or community, and on demand their page.

    Parameters
    ----------
    name, community : str
        Which; one of the two.
    period : str
        By default the last full year the lines reach into.
    peer_group : str
        Members whose quartiles are shown.
    page : bool
        Also write the page of key figures.
    """
    from procurement_kit.analyses.kpis import analyse_kpis
    from procurement_kit.publishing.formats import Formats
    from procurement_kit.publishing.report import last_full_year, refuse_failed_checks
    from procurement_kit.publishing.sentences import show

    subject = open_subject(name, community)
    label = period or min(last_full_year(member) for member in subject.members)
    basis = read_kpi_basis(subject.of)
    kpis = analyse_kpis(subject.cube, period=label, basis=basis, peer_group=peer_group)
    e_trade = _e_trade(subject, label, basis)
    refuse_failed_checks([kpis, e_trade])
    facts = kpi_facts(kpis, e_trade, basis)
    words = [show(kpis, language="en", currency=subject.place.currency).text.split("\n✓")[0]]
    words += [_line(key, found, Formats("en", subject.place.currency)) for key, found in facts["kpis"].items()]
    if page:
        facts["paths"] = {"page": str(_write_page(subject, label, [kpis, e_trade]))}
        words.append(f"The page lies in {facts['paths']['page']}")
    return Outcome(facts, tuple(words))


def _e_trade(subject: Subject, period: str, basis: KpiBasis) -> Finding:
    from procurement_kit.analyses.e_trade import analyse_e_trade
    from procurement_kit.classifier.tree import tree_of

    return analyse_e_trade(subject.cube, period=period, tree=tree_of(subject.members[0]), basis=basis.e_trade)


def _write_page(subject: Subject, period: str, findings: Sequence[Finding]) -> Path:
    from procurement_kit.publishing.report import write_report

    return write_report(subject.place, period, findings, recipe=RECIPE)


def kpi_facts(kpis: Finding, e_trade: Finding, basis: KpiBasis) -> dict:
    """The figures of the findings as one JSON object: per key figure, quarter and municipality."""
    tables = {name: rows.to_dict("records") for name, rows in kpis.tables.items()}
    whole = {row["kpi_name"]: row for name in ("rates", "amounts", "counts") for row in tables[name]}
    found = {}
    for card in tables["cards"]:
        key = card["kpi_name"]
        left_out = card["left_out_amount"]
        found[key] = {
            **_figure(whole[key], left_out),
            "definition": {name: text for name, text in card.items() if "_name_" in name}
            | {"base": card["base_amount"]},
            "quarters": [_figure(row, row["left_out_amount"]) for row in _of(tables["by_quarter"], key)],
            "members": _members(tables, key, basis),
            "peers": next(map(_peers, _of(tables["peers"], key)), None),
        }
    siblings = e_trade.tables["siblings"].to_dict("records")
    return _plain({
        "name": basis.name,
        "period": kpis.parameters["period"],
        "municipalities": dict(basis.titles),
        "kpis": found,
        "e_trade_siblings": siblings,
        "caveats": [*kpis.caveats, *e_trade.caveats],
        "not_comparable": tables["comparability"],
    })  # fmt: skip


def _of(rows: Sequence[dict], key: str) -> list[dict]:
    return [row for row in rows if row["kpi_name"] == key]


def _figure(row: Mapping, left_out: object) -> dict:
    """One key figure with all it is held against; the value stands under one name, whatever its unit."""
    values = {place: _value(row, place) for place in ("actual", "baseline", "target")}
    return {
        **({"quarter": row["quarter_name"]} if "quarter_name" in row else {}),
        "unit": next((unit for unit in UNITS if row.get(f"actual_{unit}") is not None), None),
        "numerator": row.get("numerator_amount") if row.get("denominator_amount") is not None else values["actual"],
        "denominator": row.get("denominator_amount"),
        "value": values["actual"],
        "baseline": values["baseline"],
        "target": values["target"],
        "gap_closed": row["gap_closed_share"],
        "status": row["kpi_status"],
        "left_out_amount": left_out,
        "documents": row.get("document_count"),
    }


def _value(row: Mapping, place: str) -> object:
    return next((row[f"{place}_{unit}"] for unit in UNITS if row.get(f"{place}_{unit}") is not None), None)


def _members(tables: Mapping[str, list[dict]], key: str, basis: KpiBasis) -> dict:
    names = {title: name for name, title in basis.titles.items()}
    quarters = _of(tables["by_municipality_and_quarter"], key)
    return {
        names[row["municipality_title"]]: {
            **_figure(row, row["left_out_amount"]),
            "quarters": [
                _figure(quarter, quarter["left_out_amount"])
                for quarter in quarters
                if quarter["municipality_title"] == row["municipality_title"]
            ],
        }
        for row in _of(tables["by_municipality"], key)
    }


def _peers(row: Mapping) -> dict:
    places = {place: _value({f"{place}_{u}": row[f"{place}_{u}"] for u in UNITS}, place) for place in
              ("lower", "median", "upper")}  # fmt: skip
    return {"group": row["peer_group_title"], "members": row["member_count"], **places}


def _plain(value: object) -> object:
    """Without pandas' ways of saying nothing, numbers of numpy as numbers."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def _line(key: str, found: Mapping, formats: object) -> str:
    """«contract_compliance: 88% (target 90%, 93% of the way; green), 12m of 14m»."""
    kind = {"share": "share", "amount": "kr", "count": "count"}.get(found["unit"], "text")
    parts = [f"{key}: {formats.text(found['value'], kind)}"]
    if found["target"] is not None:
        way = f", {formats.share(found['gap_closed'])} of the way" if found["gap_closed"] is not None else ""
        parts.append(f"(target {formats.text(found['target'], kind)}{way})")
    parts.append(f"[{found['status']}]")
    if found["denominator"] is not None:
        parts.append(f"{formats.short_amount(found['numerator'])} of {formats.short_amount(found['denominator'])}")
    return " ".join(parts)


# --- market list ----------------------------------------------------------------------------------------------------


def write_market(name: str = "", *, community: str = "", category: str, out: Path, period: str = "") -> Outcome:
    """Write the suppliers of a category as a workbook to invite from."""
    from procurement_kit.analyses.market import market_list
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.publishing.report import last_full_year, refuse_failed_checks

    if out.suffix.casefold() != ".xlsx":
        raise ParameterError(f"{out.name} is not an XLSX file.", expected="a name ending in .xlsx", todo="rename it")
    subject = open_subject(name, community)
    label = period or min(last_full_year(member) for member in subject.members)
    known = known_of_suppliers(subject.members)
    tree = tree_of(subject.members[0])
    market = market_list(subject.cube, category=category, period=label, tree=tree, known=known)
    refuse_failed_checks([market])
    _write_list(market, subject, out)
    suppliers = _plain(market.table.to_dict("records"))
    facts = {"period": label, "category": category, "suppliers": suppliers, "paths": {"list": str(out)}}
    return Outcome(facts, (f"{len(suppliers)} suppliers stand in {out}.",))


def known_of_suppliers(members: Sequence[Municipality]) -> dict:
    """Titles of members; employees, and whose firm is one person's own, as the company registers in the folders say."""
    from procurement_kit.supplier_tables import COMPANY_REGISTER
    from procurement_kit.templates import read_own_table

    problems: list[str] = []
    rows = [row for member in members for row in read_own_table(member, COMPANY_REGISTER, problems)]
    forms = {f"n:{row['company_number']}": (row["legal_form"] or "").strip().casefold() for row in rows}
    return {
        "titles": {member.name: member.title for member in members},
        "sizes": {f"n:{row['company_number']}": row["employee_count"] for row in rows if row["employee_count"]},
        "sole_traders": {key for key, form in forms.items() if form in SOLE_TRADER_FORMS},
    }


def _write_list(market: Finding, subject: Subject, out: Path) -> None:
    from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
    from procurement_kit.publishing.formats import Formats
    from procurement_kit.publishing.pages import table_view
    from procurement_kit.publishing.sentences import Writer

    writer = Writer(Formats(subject.place.language, subject.place.currency), {market.key: market})
    sheets = []
    for table in market.tables:
        view = table_view(writer, market.key, table)
        columns = tuple(
            SheetColumn(column.heading, column.unit, 34 if column.unit == "text" else 16) for column in view.columns
        )
        rows = [
            tuple(
                cell if column.unit == "text" else value
                for value, cell, column in zip(*parts, view.columns, strict=True)
            )
            for parts in zip(view.rows, view.cells, strict=True)
        ]
        sheets.append(Sheet(view.title, columns, rows))
    write_sheets(out, writer.say("market_words.title", market.key), sheets)
