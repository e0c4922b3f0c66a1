"""What is known about every line, all steps together?

The steps are composed in order over the lines of intake, with their lookups built on distinct values and stored. After
each step lines and kroner are counted and must be the same. The result is written as Parquet with a fingerprint of
everything it depends on, so that it is built again only when something has changed.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.errors import NoDataError
from procurement_kit.exact import SUM_TYPE, add_lookup, exact_sum, records, require_same, tally
from procurement_kit.fingerprints import fingerprint
from procurement_kit.settings import SETTINGS_FILE, Municipality
from procurement_kit.steps import categories, contracts, scope, supplier_identities, suppliers, units
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, STEPS

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

CUBE = "cube"
RECORD_FILE = "cube.json"
_OWN_FILES = (
    SETTINGS_FILE, "scope_rules.csv", "units.csv", "category_tree.csv", "contracts.csv", "contract_participants.csv",
    "contract_items.csv", "scope_decisions.csv", *supplier_identities.OWN_FILES,
)  # fmt: skip


@dataclass
class _Composition:
    """Lines after each step so far; `caveats` is what the register says that is worth knowing but no error."""

    municipality: Municipality
    tables: "dict[str, ibis.Table]" = field(default_factory=dict)
    caveats: dict[str, list[str]] = field(default_factory=dict)

    def lookup(self, name: str, types: dict[str, str], batches: "Iterable[pa.Table]") -> "ibis.Table":
        """Store a lookup and read it back, so that every engine joins the same rows."""
        store.write_lookup(self.municipality, name, types, batches)
        return store.read_lookup(self.municipality, name, types)

    def add(self, step: str, table: "ibis.Table") -> None:
        """Keep the lines after a step, as a view: compiling them once is most of the work on a small municipality."""
        self.tables[step] = store.as_view(self.municipality, table)

    def rows(self, table: "ibis.Table") -> "Iterator[pa.RecordBatch]":
        """Distinct values in bounded batches."""
        return store.batches_of(table, self.municipality)


def classifier_rows(municipality: Municipality) -> "ibis.Table":
    """Distinct values of the classifier's features on lines in scope, with their `line_count`.

    The classify command makes `lookups/categories` from them; lines out of scope need no category of their own.
    """
    in_scope = lines_in_scope(municipality)
    return in_scope.group_by(CLASSIFIER_FEATURES).aggregate(line_count=in_scope.count())


def lines_in_scope(municipality: Municipality) -> "ibis.Table":
    """Lines that are procurement, with scope, unit and supplier but no category yet."""
    lines = _before_categories(municipality).tables["suppliers"]
    return lines.filter(lines.scope_status == "in_scope")


def placed_rows(municipality: Municipality) -> "ibis.Table":
    """Distinct printed values of lines in scope, as they were last classified, with lines and kroner.

    Returns
    -------
    ibis.Table
        CLASSIFIER_FEATURES; `leading_` and their names, and `has_leader`, for accessory lines that follow another;
        `old_category_code`, `old_category_source`, `old_category_reason` (empty where a line follows); `line_count`,
        `net_amount`, and `absolute_amount`: kroner without sign.
    """
    made = _before_categories(municipality)
    lines = made.tables["suppliers"]
    lines = lines.filter(lines.scope_status == "in_scope")
    leaders = _leaders(made)
    found = store.read_lookup(municipality, categories.LOOKUP_NAME, categories.CATEGORY_LOOKUP_TYPES)
    placed = add_lookup(categories.add_categories(lines, found, tree_of(municipality), leaders), leaders, ["line_id"])
    by = {name: placed[name] for name in (*CLASSIFIER_FEATURES, *(f"leading_{name}" for name in CLASSIFIER_FEATURES))}
    by |= {"has_leader": placed.leading_line_id.notnull()}
    by |= {f"old_{name}": placed[name] for name in ("category_code", "category_source")}
    by["old_category_reason"] = (placed.category_source == "accessory").ifelse(None, placed.category_reason)
    return placed.group_by(**by).aggregate(
        line_count=placed.count(),
        net_amount=exact_sum(placed),
        absolute_amount=placed.net_amount.abs().sum().cast(SUM_TYPE),
    )


def spend_cube(municipality: Municipality) -> "ibis.Table":
    """All lines with the columns of all steps: one lazy table.

    Parameters
    ----------
    municipality : Municipality
        Whose lines, lookups and registers.

    Raises
    ------
    TableError
        If units, scope rules or contracts of the folder cannot be used.
    CheckFailedError
        If a step lost or multiplied lines or kroner.
    """
    composition = _composed(municipality)
    _tallies(composition)
    return composition.tables["contracts"]


def build_cube(municipality: Municipality) -> Path:
    """Write the spend cube, unless it is there already and nothing it depends on has changed.

    Parameters
    ----------
    municipality : Municipality
        Whose lines, lookups and registers.

    Returns
    -------
    Path
        Folder of the cube: `lines/` as Parquet, and `cube.json` with fingerprint, lines and kroner after each step, and
        caveats.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    TableError, CheckFailedError
        As `spend_cube`.
    """
    folder = municipality.folder / CUBE
    mark = cube_fingerprint(municipality)
    if (folder / RECORD_FILE).is_file() and read_record(municipality)["fingerprint"] == mark:
        return folder
    composition = _composed(municipality)
    steps = _tallies(composition)
    if not steps["intake"]["line_count"]:
        raise NoDataError(
            f"«{municipality.name}» has no invoice lines.",
            expected="at least one import",
            todo=f"run: procurement-kit import {municipality.name} <files>",
        )
    record = {"fingerprint": mark, "steps": steps, "caveats": composition.caveats}
    with folders.staged(municipality, folder) as staging:
        store.write_dataset(municipality, staging / "lines", composition.tables["contracts"])
        folders.write_text(staging / RECORD_FILE, json.dumps(record, default=str, ensure_ascii=False, indent=1))
    return folder


def read_cube(municipality: Municipality) -> "ibis.Table":
    """The spend cube as it was last built.

    Parameters
    ----------
    municipality : Municipality
        Whose cube.

    Raises
    ------
    NoDataError
        If it has not been built.
    """
    read_record(municipality)
    pattern = municipality.folder / CUBE / "lines" / "*.parquet"
    return store.read_parquet(municipality, pattern, INVOICE_LINES.schema())


def read_record(municipality: Municipality) -> dict:
    """What `cube.json` says: fingerprint, lines and kroner (as text) after each step, caveats.

    Parameters
    ----------
    municipality : Municipality
        Whose cube.

    Raises
    ------
    NoDataError
        If the cube has not been built.
    """
    path = municipality.folder / CUBE / RECORD_FILE
    if not path.is_file():
        raise NoDataError(
            f"The spend cube of «{municipality.name}» has not been built.",
            todo=f"run: procurement-kit classify {municipality.name}",
        )
    return json.loads(path.read_text(encoding="utf-8"))


def cube_fingerprint(municipality: Municipality) -> str:
    """One hash of what the cube depends on: loads, categories, the folder's own files, shipped knowledge, code."""
    folder = municipality.folder
    knowledge = Path(str(files("procurement_kit") / "knowledge"))
    code = sorted(Path(__file__).parent.glob("*.py"))
    return fingerprint(
        store.loads(municipality),
        folder / "lookups" / categories.LOOKUP_NAME,
        *(folder / name for name in _OWN_FILES),
        *sorted(knowledge.glob("*.csv")),
        *code,
        *supplier_identities.MATCHER,
    )


# --- composition ----------------------------------------------------------------------------------------------------


def _before_categories(municipality: Municipality) -> _Composition:
    made = _Composition(municipality)
    made.add("intake", store.read_lines(municipality))
    made.add("scope", _scoped(made))
    found = made.lookup("units", units.UNIT_TYPES, [units.read_units(municipality)])
    made.add("units", units.add_units(made.tables["scope"], found))
    found = supplier_identities.supplier_lookups(municipality, made.tables["intake"])
    if found.not_followed:
        made.caveats["supplier_links_not_followed"] = found.not_followed
    paid = suppliers.add_suppliers(made.tables["units"], found.suppliers, found.groups, found.companies)
    made.add("suppliers", paid)
    return made


def _scoped(made: _Composition) -> "ibis.Table":
    lines, municipality = made.tables["intake"], made.municipality
    rules = made.lookup("scope_rules", scope.RULE_TYPES, [scope.rule_lookup(scope.scope_rules(municipality))])
    printed = made.rows(lines.select(*scope.BODY_KEYS).distinct())
    bodies = made.lookup("public_bodies", scope.BODY_TYPES, scope.public_body_lookup(printed, scope.public_bodies()))
    decisions = scope.read_scope_decisions(municipality)
    printed = made.rows(lines.select(*scope.DECISION_KEYS).distinct()) if len(decisions) else ()
    decided = scope.scope_decision_lookup(printed, decisions)
    decided = made.lookup(scope.SCOPE_DECISIONS.name, scope.DECISION_TYPES, decided)
    return scope.add_scope(lines, rules, bodies, decided, currency=municipality.currency)


def _composed(municipality: Municipality) -> _Composition:
    made, tree = _before_categories(municipality), tree_of(municipality)
    found = store.read_lookup(municipality, categories.LOOKUP_NAME, categories.CATEGORY_LOOKUP_TYPES)
    leaders = _leaders(made)
    made.add("categories", categories.add_categories(made.tables["suppliers"], found, tree, leaders))
    made.add("contracts", _with_contracts(made, tree))
    return made


def _leaders(made: _Composition) -> "ibis.Table":
    leaders = made.rows(categories.leading_lines(made.tables["units"]))
    return made.lookup(categories.LEADERS_NAME, categories.LEADER_TYPES, leaders)


def _with_contracts(made: _Composition, tree: CategoryTree) -> "ibis.Table":
    municipality = made.municipality
    register = contracts.read_contracts(municipality, tree)
    known = supplier_identities.known_suppliers(municipality)
    groups = records(store.read_lookup(municipality, supplier_identities.GROUPS, suppliers.GROUP_TYPES))
    terms = contracts.contract_terms(register, municipality.name, known.keys_of_name, groups, known.keys_of_number)
    made.caveats["contracts_without_supplier_on_lines"] = contracts.suppliers_without_lines(terms, set(known.labels))
    cells, supplier_cells = contracts.contract_cells(terms, tree)
    made.lookup("contract_items", contracts.ITEM_TYPES, [contracts.item_lookup(register.items)])
    lists = contracts.list_lookup(register.items, supplier_cells)
    return contracts.add_contracts(
        made.tables["categories"],
        made.lookup("contract_cells", contracts.CELL_TYPES, [cells]),
        made.lookup("contract_suppliers", contracts.SUPPLIER_CELL_TYPES, [supplier_cells]),
        made.lookup("contract_lists", contracts.LIST_TYPES, [lists]),
        currency=municipality.currency,
    )


def _tallies(made: _Composition) -> dict[str, dict]:
    """Lines and kroner after each step, which must all be the same."""
    found = {step: tally(made.tables[step]) for step in STEPS}
    for before, step in zip(STEPS, STEPS[1:], strict=False):
        require_same(found[before], found[step], step)
    return found
