"""Which tables does the step of suppliers join, and have they been made already?

Matching names is dear, so its result is kept with a fingerprint of lines, decisions and code; groups and sizes, which
come from the consultant's own tables, are made anew when those change and leave identities as they are.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.errors import TableError
from procurement_kit.fingerprints import fingerprint
from procurement_kit.names import normalise_supplier_name, usable_company_number, without_tokens
from procurement_kit.settings import Municipality
from procurement_kit.stages import is_unchanged, set_mark
from procurement_kit.steps import supplier_groups, supplier_pairs, suppliers
from procurement_kit.supplier_tables import COMPANY_REGISTER, SUPPLIER_DECISIONS, SUPPLIER_LINKS
from procurement_kit.templates import read_own_table

if TYPE_CHECKING:
    import ibis

SUPPLIERS, GROUPS, COMPANIES = "suppliers", "supplier_groups", "companies"
PAIR_LOOKUPS = {
    "supplier_merges": suppliers.MERGE_TYPES,
    "supplier_doubts": suppliers.DOUBT_TYPES,
    "supplier_refusals": suppliers.REFUSED_TYPES,
}
OWN_FILES = tuple(f"{table.name}.csv" for table in (SUPPLIER_DECISIONS, SUPPLIER_LINKS, COMPANY_REGISTER))
_CAVEATS_FILE = "not_followed.json"
_PACKAGE = Path(__file__).parent.parent
_CODE = (_PACKAGE / "suppliers", Path(suppliers.__file__), Path(supplier_pairs.__file__), _PACKAGE / "names.py")
_KNOWLEDGE = tuple(_PACKAGE / "knowledge" / name for name in ("legal_forms.csv", "supplier_words.csv"))
MATCHER = (*_CODE, *_KNOWLEDGE)  # what decides who is the same


@dataclass(frozen=True)
class SupplierLookups:
    """The tables `add_suppliers` joins, and in words the links that could not be followed."""

    suppliers: "ibis.Table"
    groups: "ibis.Table"
    companies: "ibis.Table"
    not_followed: list[str]


def supplier_lookups(municipality: Municipality, lines: "ibis.Table") -> SupplierLookups:
    """Find identities, groups, sizes and places of all suppliers on the lines, unless nothing has changed.

    Parameters
    ----------
    municipality : Municipality
        Whose folder; the lookups are stored in it.
    lines : ibis.Table
        Lines of intake.

    Raises
    ------
    TableError
        If decisions, links or register cannot be used; every problem of the three files at once.
    """
    own = [municipality.folder / name for name in OWN_FILES]
    marks = {SUPPLIERS: fingerprint(store.loads(municipality), own[0], *MATCHER)}
    marks[GROUPS] = fingerprint(marks[SUPPLIERS], *own[1:], Path(supplier_groups.__file__))
    stale = {name for name, mark in marks.items() if not is_unchanged(municipality, f"lookups/{name}", mark)}
    if stale:
        decided, links, register = _own_tables(municipality)
        if SUPPLIERS in stale:
            _write_identities(municipality, lines, decided)
        _write_groups(municipality, links, register)
        for name, mark in marks.items():
            set_mark(municipality, f"lookups/{name}", mark)
    kept = municipality.folder / "lookups" / GROUPS / _CAVEATS_FILE
    return SupplierLookups(
        store.read_lookup(municipality, SUPPLIERS, suppliers.SUPPLIER_TYPES),
        store.read_lookup(municipality, GROUPS, suppliers.GROUP_TYPES),
        store.read_lookup(municipality, COMPANIES, suppliers.COMPANY_TYPES),
        json.loads(kept.read_text(encoding="utf-8")),
    )


def known_suppliers(municipality: Municipality) -> supplier_groups.KnownSuppliers:
    """Who stands on the lines as they were last identified; persons are left out."""
    found = store.read_lookup(municipality, SUPPLIERS, suppliers.SUPPLIER_TYPES)
    firms = found.filter(~found.supplier_match.isin(("person", "none")))
    named = firms.select("supplier_number", "supplier_name", "supplier_key", "supplier_label").distinct()
    labels: dict[str, str] = {}
    keys_of_name: dict[str, set[str]] = defaultdict(set)
    keys_of_number: dict[str, set[str]] = defaultdict(set)
    for batch in store.batches_of(named, municipality):
        for row in batch.to_pylist():
            labels[row["supplier_key"]] = row["supplier_label"]
            keys_of_name[normalise_supplier_name(row["supplier_name"])].add(row["supplier_key"])
            if number := usable_company_number(row["supplier_number"]):
                keys_of_number[number].add(row["supplier_key"])
    return supplier_groups.KnownSuppliers(labels, keys_of_name, keys_of_number)


def read_pairs(municipality: Municipality, name: str) -> list[dict]:
    """Pairs as they were last found: `supplier_merges`, `supplier_doubts` or `supplier_refusals`."""
    return store.read_lookup(municipality, name, PAIR_LOOKUPS[name]).to_pyarrow().to_pylist()


def supplier_story(municipality: Municipality, supplier_key: str | None) -> list[tuple[str, str, str]]:
    """What was joined to find a supplier, and its links, as rows of a trace: column, heading, value.

    Parameters
    ----------
    municipality : Municipality
        Whose lookups and tables.
    supplier_key : str or None
        Of a line.
    """
    told = [
        ("supplier_merge", "Ført sammen", f"{_side(row, 'left')} = {_side(row, 'right')}: {row['match_evidence']}")
        for row in read_pairs(municipality, "supplier_merges")
        if row["supplier_key"] == supplier_key
    ]
    links = read_own_table(municipality, SUPPLIER_LINKS, [])
    if not links:
        return told
    known = known_suppliers(municipality)
    for link in links:
        ends = [known.key(link[f"{side}_number"], link[f"{side}_name"]) for side in ("from", "to")]
        if supplier_key and supplier_key in ends:
            days = [f"{day:%d-%m-%Y}" if day else "" for day in (link["valid_from_date"], link["valid_to_date"])]
            span = f" ({days[0]} – {days[1]})" if any(days) else ""
            said = f"{link['link_kind']}: {_side(link, 'from')} → {_side(link, 'to')}{span}; {link['source']}"
            told.append(("supplier_link", SUPPLIER_LINKS.heading, said))
    return told


def _side(row: Mapping, side: str) -> str:
    return " ".join(filter(None, (without_tokens(row[f"{side}_name"] or ""), row[f"{side}_number"])))


def _own_tables(municipality: Municipality) -> tuple[list[dict], list[dict], list[dict]]:
    problems: list[str] = []
    decided = supplier_pairs.read_supplier_decisions(municipality, problems)
    links = read_own_table(municipality, SUPPLIER_LINKS, problems)
    problems += [f"{SUPPLIER_LINKS.name}.csv, {problem}" for problem in supplier_groups.link_problems(links)]
    register = read_own_table(municipality, COMPANY_REGISTER, problems)
    problems += [f"{COMPANY_REGISTER.name}.csv, {problem}" for problem in supplier_groups.register_problems(register)]
    _refuse(problems)
    return decided, links, register


def _write_identities(municipality: Municipality, lines: "ibis.Table", decided: Sequence[Mapping]) -> None:
    printed = store.batches_of(suppliers.distinct_suppliers(lines), municipality)
    found = suppliers.identify_suppliers(printed, decided)
    rows = {SUPPLIERS: found.rows} | dict(zip(PAIR_LOOKUPS, (found.merges, found.doubtful, found.refused), strict=True))
    for name, types in ({SUPPLIERS: suppliers.SUPPLIER_TYPES} | PAIR_LOOKUPS).items():
        store.write_lookup(municipality, name, types, suppliers.in_batches(rows[name], types))


def _write_groups(municipality: Municipality, links: Sequence[Mapping], register: Sequence[Mapping]) -> None:
    known = known_suppliers(municipality)
    groups = supplier_groups.supplier_groups(links, register, known)
    _refuse([f"{SUPPLIER_LINKS.name}.csv, {problem}" for problem in groups.problems])
    companies = supplier_groups.company_rows(register, known.labels)
    for name, types, rows in (
        (GROUPS, suppliers.GROUP_TYPES, groups.rows),
        (COMPANIES, suppliers.COMPANY_TYPES, companies),
    ):
        store.write_lookup(municipality, name, types, suppliers.in_batches(rows, types))
    text = json.dumps(groups.not_followed, ensure_ascii=False)
    folders.write_text(municipality.folder / "lookups" / GROUPS / _CAVEATS_FILE, text)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise TableError(
            "The tables around suppliers cannot be used.",
            problems=problems,
            expected=f"the columns and values of {SUPPLIER_DECISIONS.name}, {SUPPLIER_LINKS.name} and "
            f"{COMPANY_REGISTER.name} in data_templates",
            todo="correct the rows named and save the files",
        )
