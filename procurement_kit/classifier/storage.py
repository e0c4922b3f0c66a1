"""How is a classifier kept and read back without running anybody's code?

`model.skops` holds the scikit-learn parts (never pickle; any type that scikit-learn's own list does not know is
refused), `words.json` their vocabularies (apart, since skops takes ten times as long over a word), `classifier.json`
tree, calibration and supplier marks, `card.json` what it learned and how good it is.
"""

import json
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile

import numpy as np
from skops.io import dump, get_untrusted_types, load
from skops.io.exceptions import UntrustedTypesFoundException

from procurement_kit.classifier.model import Calibration, Classifier, FieldPart
from procurement_kit.classifier.relabelling import HalfYears
from procurement_kit.classifier.tree import Category, CategoryTree
from procurement_kit.errors import ModelError
from procurement_kit.fingerprints import file_hash
from procurement_kit.folders import link, staged, write_text
from procurement_kit.settings import Municipality
from procurement_kit.stages import IN_USE

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

MODEL_FILE, WORDS_FILE, STATE_FILE, CARD_FILE = "model.skops", "words.json", "classifier.json", "card.json"
TRUSTED_TYPES: tuple[str, ...] = ()  # beyond what skops trusts by itself: nothing
LARGEST_MODEL = 100_000_000  # bytes
_REMAKE = "train the classifier again: procurement-kit train <municipality>"


def save(classifier: Classifier, municipality: Municipality, *, room: str = IN_USE) -> Path:
    """Write a classifier into a room of the municipality, by default `classifier/`, whole or not at all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelError
        If the model is larger than 100 MB.
    """
    target = municipality.folder / room
    with staged(municipality, target) as folder:
        write_classifier(classifier, folder)
    return target


def keep(municipality: Municipality, room: str, *, as_room: str) -> None:
    """Let the classifier of one room stand in another too, whole or not at all; nothing where there is none."""
    if not has_classifier(municipality, room):
        return
    with staged(municipality, municipality.folder / as_room) as folder:
        for path in sorted((municipality.folder / room).iterdir()):
            link(path, folder / path.name)


def has_classifier(municipality: Municipality, room: str = IN_USE) -> bool:
    """Whether a room holds a classifier."""
    return (municipality.folder / room / CARD_FILE).is_file()


def write_classifier(classifier: Classifier, folder: Path) -> None:
    """Write a classifier's four files into a folder.

    Raises
    ------
    ModelError
        If the model is larger than 100 MB.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "vectorisers": [_without_words(part.vectoriser) for part in classifier.parts],
        "linear": classifier.linear,
        "areas": classifier.areas,
    }
    dump(content, folder / MODEL_FILE, compression=ZIP_DEFLATED, compresslevel=1)
    size = (folder / MODEL_FILE).stat().st_size
    if size > LARGEST_MODEL:
        raise ModelError(
            f"The model would take {size / 1e6:.0f} MB.",
            expected=f"at most {LARGEST_MODEL / 1e6:.0f} MB",
            todo="train on fewer years of lines",
        )
    state = {
        "model_hash": file_hash(folder / MODEL_FILE),
        "parts": [{"field": part.field, "weight": part.weight} for part in classifier.parts],
        "calibrations": {kind: asdict(calibration) for kind, calibration in classifier.calibrations.items()},
        "known_suppliers": sorted(classifier.known_suppliers),
        "half_years": {"starts": list(classifier.half_years.starts), "steps": classifier.half_years.steps.tolist()},
        "tree": [asdict(category) for category in classifier.tree.categories],
    }
    words = {"words": [list(part.vectoriser.get_feature_names_out()) for part in classifier.parts]}
    write_text(folder / WORDS_FILE, json.dumps(words, ensure_ascii=False))
    write_text(folder / STATE_FILE, _json(state))
    write_text(folder / CARD_FILE, _json(dict(classifier.card)))


def load_classifier(folder: Path) -> Classifier:
    """Read a classifier that `save` wrote.

    Raises
    ------
    ModelError
        If a file is missing or damaged, the files do not belong together, or the model holds types not trusted.
    """
    folder = Path(folder)
    missing = [name for name in (MODEL_FILE, WORDS_FILE, STATE_FILE, CARD_FILE) if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder}: {', '.join(missing)} is missing.", expected="a trained classifier", todo=_REMAKE)
    state, card = _read_json(folder / STATE_FILE), _read_json(folder / CARD_FILE)
    content = _load_model(folder / MODEL_FILE) | _read_json(folder / WORDS_FILE)
    try:
        if state["model_hash"] != file_hash(folder / MODEL_FILE):
            raise ModelError(f"{folder / MODEL_FILE} is not the one {STATE_FILE} was written with.", todo=_REMAKE)
        return _classifier(content, state, card)
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"{folder}: the files are not those of a classifier.", todo=_REMAKE) from None


def _classifier(content: dict, state: dict, card: dict) -> Classifier:
    parts = tuple(
        FieldPart(part["field"], _with_words(vectoriser, words), part["weight"])
        for part, vectoriser, words in zip(state["parts"], content["vectorisers"], content["words"], strict=True)
    )
    calibrations = {
        kind: Calibration(**c | {"thresholds": _by_level(c["thresholds"]), "curves": _by_level(c["curves"])})
        for kind, c in state["calibrations"].items()
    }
    nodes = (row | {name: tuple(row[name]) for name in ("cpv_codes", "light_cpv_codes")} for row in state["tree"])
    tree = CategoryTree(tuple(Category(**row) for row in nodes))
    known, half_years = frozenset(state["known_suppliers"]), state.get("half_years", {"starts": [], "steps": []})
    kept = HalfYears(tuple(half_years["starts"]), np.array(half_years["steps"], dtype=float))
    return Classifier(tree, parts, content["linear"], content["areas"], calibrations, known, card, kept)


def _by_level(kept: dict) -> dict[int, object]:
    return {int(level): tuple(value) if isinstance(value, list) else value for level, value in kept.items()}


def _without_words(vectoriser: "TfidfVectorizer") -> "TfidfVectorizer":
    bare = copy(vectoriser)
    bare.vocabulary_ = {}
    return bare


def _with_words(vectoriser: "TfidfVectorizer", words: list[str]) -> "TfidfVectorizer":
    vectoriser.vocabulary_ = {word: position for position, word in enumerate(words)}
    return vectoriser


def _load_model(path: Path) -> dict:
    try:
        untrusted = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED_TYPES))
        if untrusted:
            raise ModelError(
                f"{path} holds types that are not trusted.",
                problems=untrusted,
                expected="the scikit-learn parts of a classifier and nothing else",
                todo=f"do not use this file; {_REMAKE}",
            )
        return load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise ModelError(f"{path} holds types that are not trusted: {error}", todo=_REMAKE) from None
    except (BadZipFile, KeyError, TypeError, ValueError, AttributeError, OSError, EOFError):
        raise ModelError(f"{path} is damaged.", expected="a file written by skops", todo=_REMAKE) from None


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"{path} is damaged.", expected="JSON", todo=_REMAKE)
    return content


def _json(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
