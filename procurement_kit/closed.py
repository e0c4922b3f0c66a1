"""Has a municipality been closed?

When an assignment ends, raw files, key and lines are deleted; the closing record in the folder says so. A command that
needs lines then gets a clear word instead of finding nothing.
"""

import json
from pathlib import Path

from procurement_kit.errors import NoDataError

CLOSING_RECORD = "closing_record.json"


def closing_record(folder: Path) -> dict:
    """What closing wrote, or an empty dict where the municipality is open.

    Parameters
    ----------
    folder : Path
        The municipality's folder.
    """
    path = folder / CLOSING_RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def refuse_closed(folder: Path) -> None:
    """Refuse to work on a municipality that has been closed, or whose closing was interrupted.

    Raises
    ------
    NoDataError
        Says on which day.
    """
    record = closing_record(folder)
    if record.get("state") == "closed":
        raise NoDataError(
            f"«{folder.name}» was closed on {record['closed_on']}: its files, lines and privacy key are deleted.",
            expected="a municipality that is open",
            todo=f"read its reports in {folder / 'reports'}; for a new assignment make a municipality of another name",
        )
    if record:
        raise NoDataError(
            f"Closing «{folder.name}» was begun on {record['closed_on']} and not finished; part of it is deleted.",
            todo=f"run: procurement-kit close {folder.name} --yes",
        )
