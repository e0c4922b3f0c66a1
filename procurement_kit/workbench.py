"""What does each command do for a municipality?

One function per command: it opens the rooms in the order of the data's way, skips what is unchanged, and returns an
`Outcome` with the counts and the same in plain words. Nothing is computed here.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import fingerprint
from procurement_kit.keys import key_path
from procurement_kit.periods import parse_period
from procurement_kit.plurals import so_many
from procurement_kit.progress import counted
from procurement_kit.settings import Municipality
from procurement_kit.stages import is_unchanged, require_lines, set_mark
from procurement_kit.tables import CLASSIFIER_FEATURES, DECISIONS, RULES

if TYPE_CHECKING:
    pass

ROWS_AT_A_TIME = 400_000  # distinct rows classified between two parts of the lookup


# --- init -------------------------------------------------------------------------------------------------------------


def make_municipality(name: str, *, title: str = "", currency: str = "DKK", language: str = "da") -> Outcome:
    """Make a municipality's folder, or open the one there is."""
    municipality = store.create_municipality(name, title=title, currency=currency, language=language)
    key = key_path(municipality.privacy_key)
    facts = {"name": name, "paths": {"folder": str(municipality.folder), "privacy_key": str(key)}}
    sentences = (
        f"«{municipality.title}» lies in {municipality.folder}.",
        f"Its privacy key lies in {key}: keep a copy; it is never exported.",
        f"Next: procurement-kit import {name} <files>",
    )
    return Outcome(facts, sentences)


# --- classification -------------------------------------------------------------------------------------------------


def classify(name: str) -> Outcome:
    """Place every line of a municipality in a category and build the spend cube."""
    from procurement_kit.classifier import storage
    from procurement_kit.exact import records
    from procurement_kit.steps.spend_cube import read_cube, read_record

    municipality = store.open_municipality(name)
    unchanged = is_unchanged(municipality, "lookups", _classification_mark(municipality))
    classify_lines(municipality)
    cube = read_cube(municipality)
    sources = records(cube.group_by("category_source").aggregate(lines=cube.count(), amount=cube.net_amount.sum()))
    by_source = {row["category_source"]: {"lines": row["lines"], "amount": str(row["amount"] or 0)} for row in sources}
    steps = read_record(municipality)["steps"]
    facts = {
        "unchanged": unchanged,
        "lines": steps["intake"]["line_count"],
        "amount": str(steps["intake"]["net_amount"]),
        "lines_classified": sum(found["lines"] for source, found in by_source.items() if source != "unclassified"),
        "by_source": dict(sorted(by_source.items())),
        "paths": {"cube": str(municipality.folder / "cube")},
    }
    said = ", ".join(f"{found['lines']:,} by {source}" for source, found in facts["by_source"].items())
    skipped = " Unchanged, skipped." if unchanged else ""
    lines = so_many(facts["lines"], "line stands", "lines stand")
    without = f"There is no classifier yet, so only rules and decisions place lines. Next: procurement-kit train {name}"
    missing = () if storage.has_classifier(municipality) else (without,)
    return Outcome(facts, (f"{lines} in the spend cube: {said}.{skipped}", *missing))


def classify_lines(municipality: Municipality) -> Path:
    """Place every distinct line once, and build the spend cube; what is unchanged is skipped.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.

    Returns
    -------
    Path
        Folder of the spend cube.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    """
    from procurement_kit.classifier import lookup, storage
    from procurement_kit.classifier.rules import rows_of_file
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.exact import not_in_lookup
    from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES, LOOKUP_NAME
    from procurement_kit.steps.spend_cube import build_cube, classifier_rows

    require_lines(municipality)
    mark = _classification_mark(municipality)
    with folders.locked(municipality):
        if not is_unchanged(municipality, "lookups", mark):
            tree = tree_of(municipality)
            model = municipality.folder / storage.IN_USE
            classifier = storage.load_classifier(model) if storage.has_classifier(municipality) else None
            rules, decisions = (
                rows_of_file(municipality.folder / f"{table.name}.csv", table, tree) for table in (RULES, DECISIONS)
            )
            with store.resumed_lookup(municipality, LOOKUP_NAME, CATEGORY_LOOKUP_TYPES, mark) as (done, write):
                rest = not_in_lookup(classifier_rows(municipality), done, CLASSIFIER_FEATURES)
                by_text = rest.order_by("item_name", "line_text")  # so that each text is met in one batch
                rows = store.batches_of(by_text, municipality, size=ROWS_AT_A_TIME)
                write(counted(lookup.category_lookup(rows, classifier, rules, decisions, tree), "classify"))
            set_mark(municipality, "lookups", mark)
        return build_cube(municipality)


def _classification_mark(municipality: Municipality) -> str:
    folder, code = municipality.folder, Path(__file__).parent
    names = ("rules.csv", "decisions.csv", "category_tree.csv", "units.csv", "scope_rules.csv", "scope_decisions.csv")
    files = [folder / name for name in names]
    sources = [load["sources"] for load in store.loads(municipality)]
    parts = (*files, folder / "classifier", code / "classifier", code / "steps", code / "knowledge")
    return fingerprint(sources, *parts)


# --- report, trace, evaluation ---------------------------------------------------------------------------


def make_report(
    name: str, period: str = "", *, recipe: str = "municipal_report", category: str = "", force: bool = False
) -> Outcome:
    """Render a municipality's report; without a period that of the last full year its lines reach into.

    What is unchanged since it was made is skipped, unless `force`.
    """
    from procurement_kit.publishing.recipes import read_recipe
    from procurement_kit.publishing.report import is_current, last_full_year

    municipality = store.open_municipality(name)
    asked, chosen = parse_period(period) if period else None, read_recipe(recipe).about(category)
    if category:
        require_category(municipality, category)
    require_lines(municipality)
    label = (asked or parse_period(last_full_year(municipality))).label
    classify_lines(municipality)
    unchanged = not force and is_current(municipality, label, recipe=recipe, category=category)
    folder = municipality.folder / "reports" / chosen.folder_name(label)
    if not unchanged:
        folder = render_report(municipality, label, recipe=recipe, category=category)
    paths = {path.name: str(path) for path in sorted(folder.iterdir())}
    skipped = " Unchanged, skipped." if unchanged else ""
    facts = {"period": label, "unchanged": unchanged, "paths": paths}
    return Outcome(facts, (f"The report lies in {paths['report.html']}.{skipped}",))


def require_category(municipality: Municipality, category: str) -> None:
    """Refuse a category that is not in the municipality's tree, before a kernel is started.

    Raises
    ------
    ParameterError
        Names the nearest.
    """
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.errors import ParameterError, nearest

    tree = tree_of(municipality)
    if category not in tree:
        raise ParameterError(
            f"«{category}» is not a category of the tree.{nearest(category, tree.codes)}",
            expected="a code of category_tree.csv",
            todo="correct the code",
        )


def render_report(
    municipality: Municipality, period: str, *, recipe: str = "municipal_report", category: str = ""
) -> Path:
    """Render a report through papermill, whole or not at all.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file.
    category : str
        Code of the category, where the recipe is about one.

    Returns
    -------
    Path
        The report's folder.

    Raises
    ------
    NoDataError
        If there are no lines, or none in the period.
    CheckFailedError
        If a finding does not add up.
    """
    from procurement_kit.publishing import report

    classify_lines(municipality)
    report.require_period(municipality, period)
    return report.render_report(municipality, period, recipe=recipe, category=category)


def trace(name: str, line_id: str) -> Outcome:
    """Follow one line from file to report."""
    from procurement_kit.steps.spend_cube import read_cube
    from procurement_kit.steps.supplier_identities import supplier_story
    from procurement_kit.steps.trace import trace_line

    municipality = store.open_municipality(name)
    story_of = partial(supplier_story, municipality)
    table = trace_line(read_cube(municipality), line_id, story_of=story_of)
    return Outcome({"steps": table.to_dict("records")}, tuple(table.to_string(index=False).splitlines()))
