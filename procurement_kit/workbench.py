"""What does each command do for a municipality?

One function per command: it opens the rooms in the order of the data's way, skips what is unchanged, and returns an
`Outcome` with the counts and the same in plain words. Nothing is computed here.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import fingerprint
from procurement_kit.keys import key_path
from procurement_kit.periods import parse_period
from procurement_kit.progress import counted
from procurement_kit.settings import Municipality
from procurement_kit.tables import DECISIONS, RULES

if TYPE_CHECKING:
    from procurement_kit.classifier.model import Classifier
    from procurement_kit.classifier.spellings import SpellingGroup

_MARK = "fingerprint.json"


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


# --- category tree --------------------------------------------------------------------------------------------------


def describe_tree(name: str) -> Outcome:
    """Say which tree a municipality uses and list its areas."""
    from procurement_kit.classifier.tree import tree_of

    municipality = store.open_municipality(name)
    tree = tree_of(municipality)
    counts = {"areas": len(tree.at_level(1)), "groups": len(tree.at_level(2)), "leaves": len(tree.at_level(3))}
    areas = [f"  {code} {tree.name(code, municipality.language)}" for code in tree.at_level(1)]
    words = f"{counts['areas']} areas, {counts['groups']} groups, {counts['leaves']} at the third level:"
    return Outcome(counts, (words, *areas))


def make_tree(name: str, confirm: "Callable[[list[str]], bool]") -> Outcome:
    """Make a municipality's own tree of the categories its lines carry.

    Parameters
    ----------
    name : str
        Folder name.
    confirm : callable
        Is asked for each group of spellings that look alike.
    """
    from procurement_kit.classifier.tree import tree_from_labels, write_own_tree
    from procurement_kit.steps.labelled import label_counts

    municipality = store.open_municipality(name)
    joined: list[list[str]] = []

    def ask(group: "SpellingGroup") -> bool:
        spellings = [spelling for spelling, _ in group.spellings]
        answer = confirm(spellings)
        if answer:
            joined.append(spellings)
        return answer

    tree, spellings = tree_from_labels(label_counts(municipality), confirm=ask)
    write_own_tree(municipality, tree, spellings)
    facts = {
        "areas": len(tree.at_level(1)),
        "groups": len(tree.at_level(2)),
        "spellings_joined": len(joined),
        "joined": joined,
        "paths": {"category_tree.csv": str(municipality.folder / "category_tree.csv")},
    }
    sentences = (
        f"Made a tree of {facts['areas']} areas and {facts['groups']} groups; joined {len(joined)} spellings.",
        f"It lies in {facts['paths']['category_tree.csv']}; correct names there if need be.",
        f"Next: procurement-kit train {name}",
    )
    return Outcome(facts, sentences)


# --- training -------------------------------------------------------------------------------------------------------


def train(name: str, *, until: str = "") -> Outcome:
    """Train a municipality's classifier on the lines whose category is known."""
    municipality = store.open_municipality(name)
    last_date = _last_date(until)
    is_unchanged = _is_unchanged(municipality, "classifier", _training_mark(municipality, last_date))
    classifier = train_classifier(municipality, until=last_date)
    card = classifier.card
    facts = {
        "unchanged": is_unchanged,
        **{
            key: card[key] for key in ("labelled_lines", "labelled_rows", "phrases", "classes", "last_date", "accuracy")
        },
        "model_version": classifier.version,
        "paths": {"classifier": str(municipality.folder / "classifier")},
    }
    return Outcome(facts, (_training_words(facts), *_accuracy_words(card["accuracy"])))


def train_classifier(municipality: Municipality, *, until: date | None = None) -> "Classifier":
    """Train a municipality's classifier, unless nothing it learns from has changed.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    until : date, optional
        Learn from lines up to and including this day.

    Returns
    -------
    Classifier
        With its card: what it learned from, and the accuracy measured on suppliers it had not seen.

    Raises
    ------
    NoDataError
        If nothing has been imported, or no line is labelled and the tree has no phrases.
    """
    from procurement_kit.classifier import storage, training
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.labelled import labelled_lines

    _require_lines(municipality)
    folder = municipality.folder / "classifier"
    mark = _training_mark(municipality, until)
    if _is_unchanged(municipality, "classifier", mark):
        return storage.load_classifier(folder)
    tree = tree_of(municipality)
    labelled = labelled_lines(municipality, tree, until=until)
    classifier = training.train(labelled, tree, promised_right_share=municipality.promised_right_share)
    with folders.locked(municipality):
        storage.save(classifier, municipality)
        folders.write_text(folder / _MARK, json.dumps({"fingerprint": mark}))
    return classifier


def _last_date(until: str) -> date | None:
    if not until:
        return None
    try:
        return date.fromisoformat(until)
    except ValueError:
        return parse_period(until).last_date


def _training_mark(municipality: Municipality, until: date | None) -> str:
    folder = municipality.folder
    files = [
        folder / name for name in ("labelled_lines.csv", "category_tree.csv", "category_spellings.csv", "units.csv")
    ]
    code = Path(__file__).parent
    return fingerprint(
        [load["sources"] for load in store.loads(municipality)],
        str(municipality.promised_right_share),
        str(until),
        *files,
        code / "classifier",
        code / "knowledge",
    )


def _is_unchanged(municipality: Municipality, room: str, mark: str) -> bool:
    path = municipality.folder / room / _MARK
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] == mark


def _training_words(facts: dict) -> str:
    if facts["unchanged"]:
        return "The classifier is up to date with its labelled lines: unchanged, skipped."
    return (
        f"Learned {facts['classes']} categories from {facts['labelled_lines']:,} labelled lines "
        f"({facts['labelled_rows']:,} distinct) and {facts['phrases']:,} phrases of the tree."
    )


def _accuracy_words(accuracy: dict) -> list[str]:
    words = []
    for split, levels in accuracy.items():
        shares = ", ".join(f"{found['accuracy_lines']:.0%} at level {level}" for level, found in levels.items())
        words.append(f"Right on {split.replace('-', ' ')}: {shares} of the lines.")
    return words


# --- classification -------------------------------------------------------------------------------------------------


def classify(name: str) -> Outcome:
    """Place every line of a municipality in a category and build the spend cube."""
    from procurement_kit.exact import records
    from procurement_kit.steps.spend_cube import read_cube, read_record

    municipality = store.open_municipality(name)
    is_unchanged = _is_unchanged(municipality, "lookups", _classification_mark(municipality))
    classify_lines(municipality)
    cube = read_cube(municipality)
    sources = records(cube.group_by("category_source").aggregate(lines=cube.count(), amount=cube.net_amount.sum()))
    by_source = {row["category_source"]: {"lines": row["lines"], "amount": str(row["amount"] or 0)} for row in sources}
    steps = read_record(municipality)["steps"]
    facts = {
        "unchanged": is_unchanged,
        "lines": steps["intake"]["line_count"],
        "amount": str(steps["intake"]["net_amount"]),
        "lines_classified": sum(found["lines"] for source, found in by_source.items() if source != "unclassified"),
        "by_source": dict(sorted(by_source.items())),
        "paths": {"cube": str(municipality.folder / "cube")},
    }
    said = ", ".join(f"{found['lines']:,} by {source}" for source, found in facts["by_source"].items())
    skipped = " Unchanged, skipped." if is_unchanged else ""
    return Outcome(facts, (f"{facts['lines']:,} lines stand in the spend cube: {said}.{skipped}",))


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
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES, LOOKUP_NAME
    from procurement_kit.steps.spend_cube import build_cube, classifier_rows

    _require_lines(municipality)
    mark = _classification_mark(municipality)
    with folders.locked(municipality):
        if not _is_unchanged(municipality, "lookups", mark):
            tree = tree_of(municipality)
            model = municipality.folder / "classifier"
            classifier = storage.load_classifier(model) if (model / "card.json").is_file() else None
            rules, decisions = _printed_rows(municipality, RULES), _printed_rows(municipality, DECISIONS)
            rows = store.batches_of(classifier_rows(municipality), municipality, size=20_000)
            placed = lookup.category_lookup(rows, classifier, rules, decisions, tree)
            store.write_lookup(municipality, LOOKUP_NAME, CATEGORY_LOOKUP_TYPES, counted(placed, "classify"))
            folders.write_text(municipality.folder / "lookups" / _MARK, json.dumps({"fingerprint": mark}))
        return build_cube(municipality)


def _printed_rows(municipality: Municipality, table) -> list[dict]:  # noqa: ANN001
    from procurement_kit.templates import read_template

    path = municipality.folder / f"{table.name}.csv"
    return read_template(path, table).to_pylist() if path.is_file() else []


def _classification_mark(municipality: Municipality) -> str:
    folder, code = municipality.folder, Path(__file__).parent
    names = ("rules.csv", "decisions.csv", "category_tree.csv", "units.csv", "scope_rules.csv", "scope_decisions.csv")
    files = [folder / name for name in names]
    sources = [load["sources"] for load in store.loads(municipality)]
    parts = (*files, folder / "classifier", code / "classifier", code / "steps", code / "knowledge")
    return fingerprint(sources, *parts)


def _require_lines(municipality: Municipality) -> None:
    if not store.loads(municipality):
        raise NoDataError(
            f"«{municipality.name}» has no invoice lines.",
            expected="at least one import",
            todo=f"run: procurement-kit import {municipality.name} <files>",
        )


# --- report, trace, evaluation ---------------------------------------------------------------------------


def make_report(name: str, period: str = "", *, recipe: str = "municipal_report") -> Outcome:
    """Render a municipality's report; without a period that of the last full year its lines reach into."""
    from procurement_kit.publishing.report import is_current, last_full_year

    municipality = store.open_municipality(name)
    asked = parse_period(period) if period else None
    _require_lines(municipality)
    label = (asked or parse_period(last_full_year(municipality))).label
    classify_lines(municipality)
    is_unchanged = is_current(municipality, label, recipe=recipe)
    folder = municipality.folder / "reports" / label
    if not is_unchanged:
        folder = render_report(municipality, label, recipe=recipe)
    paths = {path.name: str(path) for path in sorted(folder.iterdir())}
    skipped = " Unchanged, skipped." if is_unchanged else ""
    facts = {"period": label, "unchanged": is_unchanged, "paths": paths}
    return Outcome(facts, (f"The report lies in {paths['report.html']}{skipped}",))


def render_report(municipality: Municipality, period: str, *, recipe: str = "municipal_report") -> Path:
    """Render a report through papermill, whole or not at all.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    period : str
        `2025`, `2025Q3`, `2025-07` or `2025-07..2026-06`.
    recipe : str
        Name of a recipe in `reports/`, or a TOML file.

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
    return report.render_report(municipality, period, recipe=recipe)


def trace(name: str, line_id: str) -> Outcome:
    """Follow one line from file to report."""
    from procurement_kit.steps.spend_cube import read_cube
    from procurement_kit.steps.trace import trace_line

    table = trace_line(read_cube(store.open_municipality(name)), line_id)
    return Outcome({"steps": table.to_dict("records")}, tuple(table.to_string(index=False).splitlines()))


def evaluate(name: str, *, split: str = "unseen-suppliers", level: int = 1, peers: bool = False) -> Outcome:
    """Measure the classifier on lines it has not seen."""
    from procurement_kit.classifier import evaluation
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.labelled import labelled_lines

    if split not in evaluation.SPLITS:
        raise ParameterError(f"«{split}» is not a split.", expected=f"one of: {', '.join(evaluation.SPLITS)}")
    municipality = store.open_municipality(name)
    tree = tree_of(municipality)
    labelled = labelled_lines(municipality, tree)
    measured = evaluation.evaluate(labelled, tree, split=split, level=level, peers=peers)
    rows = {"ours": measured["ours"], **measured["peers"]}
    words = [
        f"{who}: {found['accuracy_lines']:.3f} of lines, {found['accuracy_amount']:.3f} of kroner"
        for who, found in rows.items()
    ]
    head = (
        f"{split}, level {level}: {measured['lines']:,} lines, {measured['duplicates_removed']:,} duplicates removed."
    )
    return Outcome(measured, (head, *words))
