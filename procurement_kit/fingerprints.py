"""Has anything changed?

One hash of texts, files and folders tells whether work can be skipped. Names and content count, places and times do
not.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from procurement_kit.errors import InputNotFoundError


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in blocks.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    """
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="an existing file", todo="check the path")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(*parts: str | Path | Sequence) -> str:
    """One hash of texts and of the content of files and folders; a missing file counts as empty."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            paths = sorted(part.rglob("*")) if part.is_dir() else [part]
            files = [path for path in paths if path.is_file() and path.parent.name != "__pycache__"]
            text = "|".join(f"{path.name}:{file_hash(path)}" for path in files)
        else:
            text = json.dumps(part, sort_keys=True, default=_plain)
        digest.update(f"{text}\n".encode())
    return digest.hexdigest()


def _plain(value: object) -> object:
    """A set in order, for its own differs from one process to the next; anything else as text."""
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else str(value)
