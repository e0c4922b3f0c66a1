"""Where do municipality folders lie, and how does a file or folder appear there whole or not at all?

Unfinished work lies in `pending/` and is renamed when it is whole; what a killed run left there is put right or cleared
away when the municipality is next opened. One run at a time changes a municipality.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from procurement_kit.errors import ParameterError
from procurement_kit.settings import SETTINGS_FILE, Municipality


def data_folder() -> Path:
    """Folder of the municipality folders: `PROCUREMENT_DATA`, else `data/` looked for upwards, else `./data`."""
    if named := os.environ.get("PROCUREMENT_DATA"):
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data").is_dir():
            return folder / "data"
        if (folder / "pyproject.toml").is_file():
            return folder / "data"
    return here / "data"


def municipality_names() -> list[str]:
    """Names of the municipality folders there are."""
    return sorted(path.parent.name for path in data_folder().glob(f"*/{SETTINGS_FILE}"))


@contextmanager
def staged(municipality: Municipality, target: Path) -> Iterator[Path]:
    """A folder that appears at `target` only when the block ends well; it replaces what is there.

    Parameters
    ----------
    municipality : Municipality
        Whose `pending/` folder holds the unfinished work.
    target : Path
        Where the finished folder shall lie.
    """
    pending = municipality.folder / "pending"
    staging = pending / _own_name("new")
    staging.mkdir(parents=True)
    try:
        yield staging
        _swap(staging, target, pending)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _own_name(word: str) -> str:
    """A name for unfinished work that says whose it is: nobody else touches it while that process runs."""
    return f"{word}-{os.getpid()}-{uuid.uuid4().hex}"


def _swap(staging: Path, target: Path, pending: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        staging.rename(target)
        return
    old = pending / _own_name("old")
    note = old.with_suffix(".json")
    write_text(note, json.dumps({"target": str(target.relative_to(pending.parent))}))
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        note.unlink()
        raise
    shutil.rmtree(old, ignore_errors=True)
    note.unlink(missing_ok=True)


def discard(municipality: Municipality, folder: Path) -> None:
    """Let a folder disappear at once; a run that is killed half-way through leaves nothing of it in sight."""
    aside = municipality.folder / "pending" / _own_name("new")
    aside.parent.mkdir(exist_ok=True)
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return  # another process was first
    shutil.rmtree(aside, ignore_errors=True)


def finish_swaps(municipality: Municipality) -> None:
    """Put back what a killed run had moved aside but not replaced, and clear away what it had not finished."""
    for unfinished in (municipality.folder / "pending").glob("new-*-*"):
        if not _is_at_work(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)
    for note in (municipality.folder / "pending").glob("old-*-*.json"):
        if _is_at_work(note):
            continue
        target = municipality.folder / json.loads(note.read_text(encoding="utf-8"))["target"]
        if note.with_suffix("").exists() and not target.exists():
            note.with_suffix("").rename(target)
        shutil.rmtree(note.with_suffix(""), ignore_errors=True)
        note.unlink(missing_ok=True)


def _is_at_work(unfinished: Path) -> bool:
    """Whether the process that the name speaks of still runs."""
    from psutil import pid_exists

    return pid_exists(int(unfinished.name.split("-")[1]))


@contextmanager
def locked(municipality: Municipality) -> Iterator[None]:
    """Let one process at a time change a municipality.

    Raises
    ------
    ParameterError
        If another process is at work on it.
    """
    from filelock import FileLock, Timeout

    # a singleton, so that what runs under the lock may ask for it again
    lock = FileLock(municipality.folder / ".lock", timeout=1, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise ParameterError(
            f"Another run is changing «{municipality.name}» right now.", todo="wait until it is done, then run again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def write_text(path: Path, text: str) -> None:
    """Write a text file that appears when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def link(path: Path, target: Path) -> None:
    """Let a file stand in a second folder too, without copying it where the disk allows that."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
