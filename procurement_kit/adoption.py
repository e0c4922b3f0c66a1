"""What does a new classifier move, and is it taken into use?

A candidate lies in `classifier_candidate/` until somebody has seen what it moves; the one it replaces stays in
`classifier_previous/`. Compared is with the categories the lines were last given, so that rules and decisions made
since then are seen too.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding, Outcome
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality
from procurement_kit.stages import CANDIDATE, IN_USE, PREVIOUS, require_lines

if TYPE_CHECKING:
    from procurement_kit.classifier.change import Deciding
    from procurement_kit.classifier.model import Classifier
    from procurement_kit.classifier.tree import CategoryTree

ROWS_AT_A_TIME = 20_000
PAIRS_SAID = 10


def compare_classifiers(
    municipality: Municipality, *, new: "Classifier | None" = None, old: "Classifier | None" = None
) -> Finding:
    """Show how many lines and kroner move between categories, and why, before a classifier is taken into use.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it; its rules and decisions as they are now.
    new : Classifier, optional
        By default the candidate, and where there is none the one in use.
    old : Classifier, optional
        By default the lines' categories as they were last classified, whatever decided them then.

    Returns
    -------
    Finding
        Key "moves"; tables `pairs` (main), `by_reason`, `by_level`.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    TableError
        If rules or decisions cannot be used.
    """
    from procurement_kit.analyses.moves import analyse_moves
    from procurement_kit.classifier.change import Deciding, count_moves, label_marks
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.progress import counted
    from procurement_kit.steps.labelled import labelled_lines
    from procurement_kit.steps.spend_cube import placed_rows

    require_lines(municipality)
    tree = tree_of(municipality)
    after = deciding_now(municipality, tree, classifier=new or _newest(municipality))
    before = Deciding(old, after.rules, after.decisions) if old else None
    labels = label_marks(labelled_lines(municipality, tree)) if after.classifier else {}
    rows = store.batches_of(placed_rows(municipality), municipality, size=ROWS_AT_A_TIME)
    moves = count_moves(counted(rows, "compare"), tree, after=after, before=before, labels=labels)
    return analyse_moves(moves, tree=tree)


def deciding_now(
    municipality: Municipality, tree: "CategoryTree", *, classifier: "Classifier | None" = None
) -> "Deciding":
    """What decides categories as the municipality's folder stands: its rules and decisions, and a classifier.

    Raises
    ------
    TableError
        With everything that is wrong with rules.csv or decisions.csv.
    """
    from procurement_kit.classifier.change import Deciding
    from procurement_kit.classifier.rules import rows_of_file
    from procurement_kit.tables import DECISIONS, RULES

    rules, decisions = (
        tuple(rows_of_file(municipality.folder / f"{table.name}.csv", table, tree)) for table in (RULES, DECISIONS)
    )
    return Deciding(classifier, rules, decisions)


def classifier_in(municipality: Municipality, room: str = IN_USE) -> "Classifier | None":
    """The classifier of a room, None where there is none."""
    from procurement_kit.classifier import storage

    is_there = storage.has_classifier(municipality, room)
    return storage.load_classifier(municipality.folder / room) if is_there else None


def _newest(municipality: Municipality) -> "Classifier | None":
    return classifier_in(municipality, CANDIDATE) or classifier_in(municipality)


# --- commands -------------------------------------------------------------------------------------------------------


def compare(name: str) -> Outcome:
    """Say what the candidate, and rules and decisions made since the last classification, would move."""
    from procurement_kit.classifier import storage
    from procurement_kit.publishing.sentences import show

    municipality = store.open_municipality(name)
    finding = compare_classifiers(municipality)
    is_candidate = storage.has_classifier(municipality, CANDIDATE)
    tables = {key: table.to_dict("records") for key, table in finding.tables.items()}
    facts = {
        "candidate": is_candidate,
        **{key: number.value for key, number in finding.numbers.items()},
        **tables,
    }
    sentence = show(finding, language="en", currency=municipality.currency).text.splitlines()[0]
    levels = ", ".join(f"{row['moved_share'] or 0:.1%} at level {row['category_level']}" for row in tables["by_level"])
    todo = f"Take it into use: procurement-kit adopt {name}" if is_candidate else "There is no candidate: see train."
    pairs = [pair_words(row) for row in tables["pairs"][:PAIRS_SAID]]
    more = [f"  … and {len(tables['pairs']) - PAIRS_SAID} more"] if len(tables["pairs"]) > PAIRS_SAID else []
    return Outcome(facts, (sentence, f"Share of kroner that moves: {levels}.", *pairs, *more, todo))


def pair_words(row: dict) -> str:
    """One move in words, for the terminal."""
    before, after = (
        f"{row[f'{when}_category_code']} {row[f'{when}_category_name_en']}"
        if row[f"{when}_category_code"]
        else "no category"
        for when in ("old", "new")
    )
    why = f"{row['old_category_source']} → {row['new_category_source']}: {row['move_reason'].replace('_', ' ')}"
    return f"  {so_many(row['line_count'], 'line')}, {row['net_amount']:,.2f}: {before} → {after} ({why})"


def adopt(name: str, *, back: bool = False) -> Outcome:
    """Take the candidate into use and keep the one it replaces; or go back to that one, which changes places."""
    municipality = store.open_municipality(name)
    with folders.locked(municipality):
        version = _go_back(municipality) if back else _take_in(municipality)
    facts = {"model_version": version, "back": back, "paths": {"classifier": str(municipality.folder / IN_USE)}}
    done = "is in use again; the other one is the previous one now" if back else "is in use; the one before it is kept"
    return Outcome(facts, (f"Classifier {version} {done}.", f"Next: procurement-kit classify {name}"))


def _take_in(municipality: Municipality) -> str:
    from procurement_kit.classifier import storage

    version = _version_in(municipality, CANDIDATE, f"run: procurement-kit train {municipality.name} --candidate")
    storage.keep(municipality, IN_USE, as_room=PREVIOUS)
    storage.keep(municipality, CANDIDATE, as_room=IN_USE)
    folders.discard(municipality, municipality.folder / CANDIDATE)
    return version


def _go_back(municipality: Municipality) -> str:
    from procurement_kit.classifier import storage

    version = _version_in(municipality, PREVIOUS, "there is nothing to go back to before a second one is in use")
    with folders.staged(municipality, municipality.folder / PREVIOUS) as replaced:
        for path in sorted((municipality.folder / IN_USE).iterdir()):
            folders.link(path, Path(replaced) / path.name)
        storage.keep(municipality, PREVIOUS, as_room=IN_USE)
    return version


def _version_in(municipality: Municipality, room: str, todo: str) -> str:
    """Version of the classifier of a room, which must be one that can be read."""
    classifier = classifier_in(municipality, room)
    if classifier is None:
        raise NoDataError(f"There is no classifier in {municipality.folder / room}.", todo=todo)
    return classifier.version
