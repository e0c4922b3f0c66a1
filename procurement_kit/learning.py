"""What does each command do for the classifier?

Its tree and its training: one function per command, which opens the rooms in their order and returns an `Outcome` with
the counts and the same in plain words. Nothing is computed here.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import fingerprint
from procurement_kit.periods import parse_period
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality
from procurement_kit.stages import CANDIDATE, IN_USE, PREVIOUS, is_unchanged, require_lines, set_mark

if TYPE_CHECKING:
    import pandas as pd

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
    areas_and_groups = f"{so_many(counts['areas'], 'area')}, {so_many(counts['groups'], 'group')}"
    words = f"{areas_and_groups}, {counts['leaves']:,} at the third level:"
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
        f"Made a tree of {so_many(facts['areas'], 'area')} and {so_many(facts['groups'], 'group')}; "
        f"joined {so_many(len(joined), 'spelling')}.",
        f"It lies in {facts['paths']['category_tree.csv']}; correct names there if need be.",
        f"Next: procurement-kit train {name}",
    )
    return Outcome(facts, sentences)


# --- training -------------------------------------------------------------------------------------------------------


def train(name: str, *, until: str = "", candidate: bool = False, start_from: str = "") -> Outcome:
    """Train a municipality's classifier on the lines whose category is known."""
    municipality = store.open_municipality(name)
    last_date = _last_date(until)
    other = store.open_municipality(start_from) if start_from else None
    mark = _training_mark(municipality, last_date, other)
    is_in_use = is_unchanged(municipality, IN_USE, mark)
    room = CANDIDATE if candidate and not is_in_use else IN_USE
    unchanged = is_in_use or is_unchanged(municipality, room, mark)
    classifier = train_classifier(municipality, until=last_date, candidate=candidate, start_from=other)
    card = classifier.card
    facts = {
        "unchanged": unchanged,
        **{
            key: card[key]
            for key in (
                "labelled_lines",
                "labelled_rows",
                "phrases",
                "borrowed_rows",
                "classes",
                "last_date",
                "accuracy",
            )
        },
        "later_year": card.get("later_year"),
        "half_year_starts": card.get("half_year_starts", []),
        "model_version": classifier.version,
        "is_candidate": room == CANDIDATE,
        "paths": {"classifier": str(municipality.folder / room)},
    }
    accuracy = _accuracy_words(card["accuracy"], facts["later_year"])
    return Outcome(facts, (_training_words(facts), *accuracy, *_relabelled_words(facts), *_next_words(name, room)))


def train_classifier(
    municipality: Municipality,
    *,
    until: date | None = None,
    candidate: bool = False,
    start_from: Municipality | None = None,
) -> "Classifier":
    """Train a municipality's classifier, unless nothing it learns from has changed.

    The one it replaces is kept in `classifier_previous/`.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    until : date, optional
        Learn from lines up to and including this day.
    candidate : bool
        Leave the classifier in use where it is, and write the new one into `classifier_candidate/`.
    start_from : Municipality, optional
        One whose classifier places lines that nobody has labelled here: only its classifier is read, no line of it.

    Returns
    -------
    Classifier
        With its card: what it learned from, and the accuracy measured on suppliers it had not seen.

    Raises
    ------
    NoDataError
        If nothing has been imported, or no line is labelled and the tree has no phrases.
    ModelError
        If the municipality to start from has no classifier.
    """
    from procurement_kit.classifier import storage, training
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.labelled import labelled_lines

    require_lines(municipality)
    mark, room = _training_mark(municipality, until, start_from), CANDIDATE if candidate else IN_USE
    for done in dict.fromkeys((IN_USE, room)):
        if is_unchanged(municipality, done, mark):
            return storage.load_classifier(municipality.folder / done)
    tree = tree_of(municipality)
    labelled = labelled_lines(municipality, tree, until=until)
    borrowed = _borrowed(municipality, start_from) if start_from else None
    promised = municipality.promised_right_share
    classifier = training.train(labelled, tree, promised_right_share=promised, borrowed=borrowed)
    with folders.locked(municipality):
        if not candidate:
            storage.keep(municipality, IN_USE, as_room=PREVIOUS)
        storage.save(classifier, municipality, room=room)
        set_mark(municipality, room, mark)
    return classifier


def _borrowed(municipality: Municipality, other: Municipality) -> "pd.DataFrame":
    """A municipality's distinct lines as the classifier of another places them, where it claims a category."""
    import pandas as pd

    from procurement_kit.classifier import storage
    from procurement_kit.classifier.training import LABELLED
    from procurement_kit.steps.spend_cube import classifier_rows

    classifier = storage.load_classifier(other.folder / IN_USE)
    found = [pd.DataFrame(columns=list(LABELLED))]
    for batch in store.batches_of(classifier_rows(municipality), municipality):
        features = batch.to_pandas().astype(object)
        placed = features.assign(
            category_code=classifier.predict(features)["category_code"], amount=0, invoice_date=None
        )
        found.append(placed.loc[placed["category_code"].notna(), list(LABELLED)])
    return pd.concat(found, ignore_index=True)


def _last_date(until: str) -> date | None:
    if not until:
        return None
    try:
        return date.fromisoformat(until)
    except ValueError:
        return parse_period(until).last_date


def _training_mark(municipality: Municipality, until: date | None, start_from: Municipality | None = None) -> str:
    folder = municipality.folder
    known = ("decisions.csv", "labelled_lines.csv", "category_tree.csv", "category_spellings.csv", "units.csv")
    files = [folder / name for name in known]
    code = Path(__file__).parent
    return fingerprint(
        [load["sources"] for load in store.loads(municipality)],
        str(municipality.promised_right_share),
        str(until),
        *([start_from.folder / IN_USE] if start_from else []),
        *files,
        code / "classifier",
        code / "knowledge",
    )


def _training_words(facts: dict) -> str:
    if facts["unchanged"]:
        return "The classifier is up to date with its labelled lines: unchanged, skipped."
    return (
        f"Learned {so_many(facts['classes'], 'category')} from {so_many(facts['labelled_lines'], 'labelled line')} "
        f"({facts['labelled_rows']:,} distinct) and {so_many(facts['phrases'], 'phrase')} of the tree"
        + (f", and {facts['borrowed_rows']:,} as the other classifier places them." if facts["borrowed_rows"] else ".")
    )


def _relabelled_words(facts: dict) -> tuple[str, ...]:
    if not facts["half_year_starts"]:
        return ()
    return ("Lines alike bear other categories at other times: all are placed as lines are labelled last.",)


def _next_words(name: str, room: str) -> tuple[str, ...]:
    if room == IN_USE:
        return ()
    return (f"It is not in use yet. See what it would move: procurement-kit compare {name}",)


def _accuracy_words(accuracy: dict, year: Sequence[str] | None) -> list[str]:
    words = []
    for split, levels in accuracy.items():
        shares = ", ".join(f"{found['accuracy_lines']:.0%} at level {level}" for level, found in levels.items())
        when = f" ({' to '.join(year)})" if year and split == "later-year" else ""
        few = ", too few to judge" if any(found.get("too_few") for found in levels.values()) else ""
        words.append(f"Right on {split.replace('-', ' ')}{when}: {shares} of the lines{few}.")
    return words
