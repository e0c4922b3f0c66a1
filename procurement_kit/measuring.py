"""How good is the classifier, on a municipality's labelled lines or on any labelled file?

What `procurement-kit evaluate` does: opens the rooms in their order and returns an `Outcome` with the figures and the
same in plain words. Nothing is computed here.
"""

from pathlib import Path

from procurement_kit import store
from procurement_kit.errors import InputNotFoundError, ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.plurals import ended, so_many

LABELS_OF_PEERS = {
    "most_frequent_category": "Most frequent category",
    "suppliers_most_frequent_category": "The supplier's most frequent category",
    "word_tfidf_logistic_regression": "Words, TF-IDF and logistic regression",
    "fasttext": "fastText",
}


def evaluate(
    name: str = "",
    *,
    labelled: str = "",
    profile: str = "",
    split: str = "unseen-suppliers",
    level: int | None = 1,
    peers: bool = False,
) -> Outcome:
    """Measure the classifier on lines it has not seen.

    Parameters
    ----------
    name : str
        A municipality; or leave it out and name a file.
    labelled, profile : str
        A file whose lines carry categories, and the import profile that reads it.
    split : {"later-year", "unseen-suppliers", "unseen-buyers"}
        What the lines measured on have that the others have not.
    level : int or None
        Level of the category tree; None for all of them in one run, split and trained once. The facts are then those of
        the first level, with all under `levels`.
    peers : bool
        Measure the named peers in the same run.

    Raises
    ------
    ParameterError
        If it is not exactly one of municipality and file, or there is no such split.
    """
    from procurement_kit.classifier import evaluation, splits

    _refuse_unclear(name, labelled, profile)
    splits.refuse_split(split)
    if labelled:
        from procurement_kit.steps.labelled_files import read_labelled_file

        if not Path(labelled).is_file():
            raise InputNotFoundError(f"There is no file «{labelled}».", todo="correct the path")
        source = read_labelled_file(Path(labelled), profile)
        lines, tree, facts = source.labelled, source.tree, {"labelled_file": source.facts}
    else:
        from procurement_kit.classifier.tree import tree_of
        from procurement_kit.steps.labelled import labelled_lines

        municipality = store.open_municipality(name)
        tree, facts = tree_of(municipality), {"municipality": municipality.name}
        lines = labelled_lines(municipality, tree)
    levels = () if level is None else (level,)
    found = evaluation.evaluate_levels(lines, tree, split=split, levels=levels, peers=peers, peers_everywhere=True)
    all_levels = {"levels": {str(number): measured for number, measured in found.items()}} if level is None else {}
    said = [sentence for measured in found.values() for sentence in _words(measured)]
    first = next(iter(found.values()))
    return Outcome(first | all_levels | facts, (*said, *_file_words(facts.get("labelled_file"))))


def _refuse_unclear(name: str, labelled: str, profile: str) -> None:
    if bool(name) == bool(labelled):
        raise ParameterError(
            "Both a municipality and a file were named." if name else "Neither a municipality nor a file was named.",
            expected="exactly one: a municipality's NAME, or --labelled FILE with --profile P",
            todo="leave one of them out" if name else "name one of them",
        )
    if bool(labelled) != bool(profile):
        raise ParameterError(
            "A labelled file needs a profile." if labelled else "A profile is for a labelled file.",
            expected="--labelled FILE together with --profile P",
            todo="add --profile with the name of a profile or a TOML file" if labelled else "leave --profile out",
        )


# --- words ----------------------------------------------------------------------------------------------------------


def _words(measured: dict) -> list[str]:
    """The figures as sentences; peers in the order they were measured."""
    ours = measured["ours"]
    said = [
        f"Split {measured['split']}, level {measured['level']}: {so_many(measured['lines'], 'distinct line')} "
        f"measured; {measured['duplicates_removed']:,} of {so_many(measured['lines_tested'], 'line')} tested removed "
        "as duplicates.",
        *_too_few(measured),
        _score("Ours", ours),
    ]
    for name, found in measured["peers"].items():
        label = LABELS_OF_PEERS.get(name, name)
        said += (
            [f"{label}: {found['not_measured']}"] if "not_measured" in found else [_score(label, found), _ahead(found)]
        )
    chance = f"{_number(ours['ece_by_chance'])} by chance on so few rows"
    said.append(f"Calibration error (15 bins) {_number(ours['ece'])}, {chance}; {_promise(ours['promise'])}")
    return [*said, *_relabelled(ours)]


def _relabelled(ours: dict) -> list[str]:
    """What is right by the old labels where they changed and all lines are placed as lines are labelled last."""
    if "as_labelled_last" not in ours:
        return []
    right = ours["as_labelled_last"]
    return [
        "Labels changed over time: each line was placed as lines were labelled on its date. If all are placed as lines "
        f"are labelled last: right on {_number(right['accuracy_lines'])} of lines and "
        f"{_number(right['accuracy_amount'])} of kroner."
    ]


def _too_few(measured: dict) -> list[str]:
    """Whether the classifier can be judged by so few lines at all; said before any figure."""
    if not measured["too_few"]:
        return []
    lines = so_many(measured["lines"], "distinct line")
    return [
        f"Too few to judge: {lines} measured where at least {measured['fewest_lines']} are needed. The figures below "
        "say little about the classifier or its peers."
    ]


def _score(who: str, found: dict) -> str:
    return (
        f"{who}: right on {_number(found['accuracy_lines'])} of lines and {_number(found['accuracy_amount'])} of "
        f"kroner; macro-F1 {_number(found['macro_f1'])}; {_number(found['coverage_at_95'])} of kroner can be coded "
        "when 95 % of them must be right."
    )


def _ahead(found: dict) -> str:
    leads = (
        f"of {what} by {_lead(found['ours_ahead'][name])}" for name, what in (("lines", "lines"), ("amount", "kroner"))
    )
    return f"  Ours is ahead {', '.join(leads)}."


def _lead(found: dict) -> str:
    """With the interval that other suppliers would give, and whether that decides it."""
    if found["from"] is None:
        return _number(found["by"])
    decided = "" if found["is_decided"] else ", not decided"
    return f"{found['by']:+.3f} ({found['from']:+.3f} to {found['to']:+.3f}{decided})"


def _promise(promise: dict) -> str:
    if promise["is_kept"] is None:
        return ended(f"the promise cannot be judged: {promise.get('why', 'there is too little to go by')}")
    word = "kept" if promise["is_kept"] else "broken"
    return (
        f"claims {_number(promise['claimed_rows_share'])} of lines, of which "
        f"{_number(promise['claimed_rows_right_share'])} are right ({_number(promise['claimed_right_share'])} of their "
        f"kroner); the promised "
        f"{promise['promised_right_share']:.0%} is {word}."
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _file_words(facts: dict | None) -> list[str]:
    if facts is None:
        return []
    joined = [f"Joined spelling: {' / '.join(path)}" for path in facts["spellings_joined"]]
    return [*joined, *(f"Not measured, {name}: {ended(why)}" for name, why in facts["not_measured"].items())]
