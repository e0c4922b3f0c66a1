"""Which cells does an XLSX ledger hold, row by row as Excel shows them?

The guard looks before anything opens the workbook; then a child process with limited memory and time reads it with
calamine and hands batches over a pipe. Where the system has no memory limit (Windows; macOS does not hold to it), the
guard and the time limit protect. Text stays text; formulas give their last value; macros are never looked at.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import Profile
from procurement_kit.intake.rows import ROWS_PER_BATCH, Rows
from procurement_kit.intake.xlsx_child import DAMAGED
from procurement_kit.intake.xlsx_headings import read_headings
from procurement_kit.values import DATE_FORMATS
from procurement_kit.workbook_guard import Sheet, inspect_workbook

# An ordinary workbook of 200,000 rows by 15 columns is 16 MB and takes 400 MB and 4 seconds to read.
BASE_MEMORY, MEMORY_PER_BYTE, MOST_MEMORY = 400_000_000, 25, 6_000_000_000
BASE_SECONDS, SECONDS_PER_MEGABYTE = 30, 2
_PACKAGE = Path(__file__).resolve().parents[2]


class XlsxFile:
    """A sheet of a workbook whose headings have been read.

    Parameters
    ----------
    path : Path
    profile : Profile
        Says sheet, heading row, decimal mark and date format. A sheet number counts the visible sheets that hold
        anything.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is no workbook, damaged, too large, or has no heading row or sheet as the profile says.
    TableError
        If its headings are not the profile's, and other sheets might be meant.
    """

    def __init__(self, path: Path, profile: Profile):
        self.path = path
        self.name = blank(path.name)
        if not path.is_file():
            raise InputNotFoundError(f"{self.name} is not a file.", expected="an existing file", todo="check the path")
        self._size = path.stat().st_size
        sheets = _inspected(path, self._size, path.stat().st_mtime_ns)
        self.sheet = _chosen(sheets, profile.sheet, self.name)
        self.header_row = profile.header_row
        self._written = {
            "decimal_mark": profile.decimal_mark,
            "date_format": DATE_FORMATS[profile.date_formats[0]],
        }
        self.header = self._header()
        others = [sheet for sheet in sheets if sheet.has_cells and sheet is not self.sheet]
        if others:
            self._check_headings(profile, others)

    def _header(self) -> list[str]:
        try:
            header = read_headings(self.path, self.sheet, self.header_row)
        except ValueError:
            raise _unreadable(self.name, DAMAGED) from None
        if not header:
            raise FileFormatError(
                f"{self.name}, sheet «{blank(self.sheet.name)}»: row {self.header_row} holds no headings.",
                expected="headings",
                todo="set header_row in the profile",
            )
        return header

    def _check_headings(self, profile: Profile, others: Sequence[Sheet]) -> None:
        try:
            find_columns(self.header, profile, where=f"{self.name}, sheet «{blank(self.sheet.name)}»")
        except TableError as error:
            named = "», «".join(blank(sheet.name) for sheet in others)
            raise TableError(
                error.what,
                problems=error.problems,
                expected=error.expected,
                todo=f"{error.todo}; or set sheet in the profile, if another one is meant: «{named}»",
            ) from None

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The rows below the headings in batches; blank rows are left out, but keep their number.

        Raises
        ------
        FileFormatError
            If the workbook cannot be read, or takes more memory or time than one of its size should.
        """
        order = self._written | {
            "path": str(self.path.resolve()),
            "sheet": self.sheet.name,
            "header_row": self.header_row,
            "width": len(self.header),
            "size": size,
            "memory": min(BASE_MEMORY + MEMORY_PER_BYTE * self._size, MOST_MEMORY),
            "seconds": BASE_SECONDS + SECONDS_PER_MEGABYTE * self._size // 1_000_000,
            "uncalculated": self.sheet.uncalculated,
        }
        with _child() as child:
            for batch in _received(child, order, self.name):
                yield self._rows(batch)

    def _rows(self, batch: pa.RecordBatch) -> Rows:
        numbers, reasons, *columns = batch.columns
        problems = {}
        if reasons.null_count < len(reasons):
            problems = {place: reason for place, reason in enumerate(reasons.to_pylist()) if reason}
        last = numbers[-1].as_py()
        return Rows(numbers, columns, problems, self._size * last // max(self.sheet.last_row, last))


@lru_cache(maxsize=256)
def _inspected(path: Path, size: int, changed: int) -> tuple[Sheet, ...]:
    """The sheets of a workbook; it is looked through once, also where it is opened twice."""
    return inspect_workbook(path, name=blank(path.name))


def _chosen(sheets: Sequence[Sheet], wanted: str | int, name: str) -> Sheet:
    """The sheet a profile names, or the visible sheet of a number among those that hold anything."""
    filled = [sheet for sheet in sheets if sheet.has_cells and not sheet.is_hidden]
    if isinstance(wanted, str):
        found = [sheet for sheet in sheets if sheet.name.strip().casefold() == wanted.strip().casefold()]
    else:
        found = filled[wanted - 1 : wanted]
    if found:
        return found[0]
    if not filled:
        raise FileFormatError(f"{name} is empty.", expected="headings and rows", todo="export the file again")
    raise FileFormatError(
        f"{name} has no sheet {f'«{wanted}»' if isinstance(wanted, str) else f'number {wanted}'}.",
        expected=f"one of «{'», «'.join(blank(sheet.name) for sheet in filled)}»",
        todo="set sheet in the profile",
    )


# --- the child process ----------------------------------------------------------------------------------------------


@contextmanager
def _child() -> Iterator[subprocess.Popen]:
    """A child process that reads one sheet; it is gone afterwards, whatever happens."""
    paths = [str(_PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve memory that counts against the limit
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "procurement_kit.intake.xlsx_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could quote cells
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _received(child: subprocess.Popen, order: dict, name: str) -> Iterator[pa.RecordBatch]:
    """Batches as they come; the clock runs only while the child is waited for."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    def waited(step):  # noqa: ANN001, ANN202
        timer = threading.Timer(order["seconds"], stop)
        timer.daemon = True
        timer.start()
        try:
            return step()
        except (pa.ArrowInvalid, OSError, EOFError):
            return None  # the child has ended too early; its exit code says why
        finally:
            timer.cancel()

    _send(child, order)
    stream = waited(lambda: pa.ipc.open_stream(child.stdout))
    while stream is not None:
        try:
            batch = waited(stream.read_next_batch)
        except StopIteration:
            break
        if batch is None:
            break
        yield batch
    code = waited(child.wait)
    if code or late.is_set():
        raise _unreadable(name, code)


def _send(child: subprocess.Popen, order: dict) -> None:
    try:
        child.stdin.write(json.dumps(order).encode())
        child.stdin.close()
    except OSError:
        pass  # it has ended already; its exit code says why


def _unreadable(name: str, code: int) -> FileFormatError:
    why = "is a damaged workbook" if code == DAMAGED else "takes more memory or time than a workbook of its size should"
    return FileFormatError(
        f"{name} {why}.",
        expected="a workbook saved by Excel",
        todo="open it in Excel, save the sheet as «CSV UTF-8», and import that file",
    )
