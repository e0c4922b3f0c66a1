"""What went wrong, for whom, and what can be done about it?

Every error a user can cause is a child of `ProcurementError`. Its message says where and what, what was
expected, and what to do. Each kind has its own exit code, so that a scheduled job can tell why it failed.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

PROBLEMS_SHOWN = 5


class ProcurementError(Exception):
    """Something the user can put right.

    Parameters
    ----------
    what : str
        Where and what: file, sheet, row as Excel shows it, heading.
    expected : str
        What would have been right.
    todo : str
        What to do now.
    problems : sequence of str
        All problems found, when there are several; five are shown, all are in `error.problems`.
    """

    exit_code = 1

    def __init__(self, what: str, *, expected: str = "", todo: str = "", problems: Sequence[str] = ()):
        self.what = what
        self.expected = expected
        self.todo = todo
        self.problems = tuple(problems)
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [self.what]
        lines += [f"  - {problem}" for problem in self.problems[:PROBLEMS_SHOWN]]
        if len(self.problems) > PROBLEMS_SHOWN:
            lines.append(f"  … and {len(self.problems) - PROBLEMS_SHOWN} more")
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.todo:
            lines.append(f"To do: {self.todo}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in Jupyter and papermill."""
        return [f"{type(self).__name__}: {self}"]


class InputNotFoundError(ProcurementError):
    """A path that was named does not exist."""

    exit_code = 10


class FileFormatError(ProcurementError):
    """A file is empty, damaged, or of a kind that cannot be read."""

    exit_code = 11


class TableError(ProcurementError):
    """A table has wrong columns or values."""

    exit_code = 12


class SettingsError(ProcurementError):
    """A settings file holds an unknown key or a value that is not allowed."""

    exit_code = 13


class ParameterError(ProcurementError):
    """A command, function or notebook was given a parameter that is not allowed."""

    exit_code = 14


class MunicipalityNotFoundError(ProcurementError):
    """There is no such municipality folder."""

    exit_code = 15


class NoDataError(ProcurementError):
    """There is nothing to work on: no lines imported, none in the period, no labels."""

    exit_code = 16


class CheckFailedError(ProcurementError):
    """A finding does not add up, so no report is written from it."""

    exit_code = 17


class MissingPartError(ProcurementError):
    """A program or package that this task needs is not installed."""

    exit_code = 18


class PrivacyError(ProcurementError):
    """Something personal would have left the house."""

    exit_code = 19


class ModelError(ProcurementError):
    """A stored classifier is missing, damaged, or holds types that are not trusted."""

    exit_code = 20


class FileAccessError(ProcurementError):
    """The system refuses to read or write a file: a full disk, a file held open, a folder that is not one's own."""

    exit_code = 23


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint such as ' Did you mean «period»?', or nothing.

    Examples
    --------
    >>> nearest("peroid", ["municipality", "period"])
    ' Did you mean «period»?'
    >>> nearest("xyz", ["municipality"])
    ''
    """
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean «{found[0]}»?" if found else ""
