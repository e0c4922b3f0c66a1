"""Has a stage been done already, and is what it was made from still the same?

Each stage leaves a fingerprint of what it read in its room; where that is unchanged the stage is skipped.
"""

import json

from procurement_kit import folders, store
from procurement_kit.errors import NoDataError
from procurement_kit.settings import Municipality

_MARK = "fingerprint.json"
IN_USE, CANDIDATE, PREVIOUS = "classifier", "classifier_candidate", "classifier_previous"  # rooms of classifiers


def is_unchanged(municipality: Municipality, room: str, mark: str) -> bool:
    """Whether a room was made from what the mark stands for."""
    path = municipality.folder / room / _MARK
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] == mark


def set_mark(municipality: Municipality, room: str, mark: str) -> None:
    """Note what a room was made from."""
    folders.write_text(municipality.folder / room / _MARK, json.dumps({"fingerprint": mark}))


def require_lines(municipality: Municipality) -> None:
    """Refuse to go on without invoice lines.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    """
    if not store.loads(municipality):
        raise NoDataError(
            f"«{municipality.name}» has no invoice lines.",
            expected="at least one import",
            todo=f"run: procurement-kit import {municipality.name} <files>",
        )
