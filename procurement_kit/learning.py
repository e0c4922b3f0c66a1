"""What does each command do for the classifier?

Its tree, its training and how good it is: one function per command, which opens the rooms in their order and returns an
`Outcome` with the counts and the same in plain words. Nothing is computed here.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import fingerprint
from procurement_kit.periods import parse_period
from procurement_kit.settings import Municipality
from procurement_kit.stages import is_unchanged, require_lines, set_mark

if TYPE_CHECKING:
    from procurement_kit.classifier.model import Classifier
    from procurement_kit.classifier.spellings import SpellingGroup


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
    unchanged = is_unchanged(municipality, "classifier", _training_mark(municipality, last_date))
    classifier = train_classifier(municipality, until=last_date)
    card = classifier.card
    facts = {
        "unchanged": unchanged,
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

    require_lines(municipality)
    folder = municipality.folder / "classifier"
    mark = _training_mark(municipality, until)
    if is_unchanged(municipality, "classifier", mark):
        return storage.load_classifier(folder)
    tree = tree_of(municipality)
    labelled = labelled_lines(municipality, tree, until=until)
    classifier = training.train(labelled, tree, promised_right_share=municipality.promised_right_share)
    with folders.locked(municipality):
        storage.save(classifier, municipality)
        set_mark(municipality, "classifier", mark)
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


# --- how good it is -------------------------------------------------------------------------------------------------


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
