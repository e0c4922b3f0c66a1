"""Which cells does a CSV file hold, row by row as Excel shows them?

Plain or gzip; encoding and delimiter found, or as the profile says. Rows come in bounded batches. A row with another
number of cells than there are headings is a problem of its own: its cells are not guessed into columns.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from procurement_kit.errors import FileFormatError, InputNotFoundError
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import DELIMITERS, Profile
from procurement_kit.templates import csv_problem
from procurement_kit.values import encoding_of

ROWS_PER_BATCH = 20_000
BLOCK = 1 << 20
MAX_RATIO, RATIO_FREE_BYTES = 200, 20_000_000
_MAGIC = (b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff", b"PAR1", b"\x1f\x8b")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SEP = re.compile(r"(?:\ufeff)?sep=(.)\s*$", re.IGNORECASE)


@dataclass
class Rows:
    """A batch of rows: their numbers as Excel shows them, their cells, and what is wrong with some of them."""

    numbers: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    byte_count: int = 0
    _columns: list[tuple] | None = None

    def column(self, place: int) -> tuple[str, ...]:
        """The cells of one column."""
        if self._columns is None:
            self._columns = list(zip(*self.cells, strict=True))
        return self._columns[place]


class CsvFile:
    """A CSV file whose headings have been read.

    Parameters
    ----------
    path : Path
    profile : Profile
        Says encoding, delimiter, quote and heading row, where they are not `auto`.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is empty, not text, damaged, or has no heading row.
    """

    def __init__(self, path: Path, profile: Profile):
        self.path = path
        self.name = blank(path.name)
        if not path.is_file():
            raise InputNotFoundError(f"{self.name} is not a file.", expected="an existing file", todo="check the path")
        start = self._start()
        self.encoding = self._encoding(start, profile)
        self.delimiter, self.header_row = self._layout(profile)
        self._quoting = {"quotechar": profile.quote} if profile.quote else {"quoting": csv.QUOTE_NONE}
        self._byte_count = 0
        with self._text() as text:
            self.header = self._header(text)

    # --- bytes and text ---

    def _open(self) -> io.BufferedIOBase:
        is_gzip = self.path.name.casefold().endswith(".gz")
        return gzip.open(self.path, "rb") if is_gzip else self.path.open("rb")

    def _start(self) -> bytes:
        try:
            with self._open() as file:
                start = file.read(BLOCK)
        except (OSError, EOFError, zlib.error):
            raise FileFormatError(f"{self.name} is not a whole gzip file.", todo="fetch the file again") from None
        if not start.strip():
            raise FileFormatError(f"{self.name} is empty.", expected="headings and rows", todo="export the file again")
        if start.startswith(_MAGIC) or (b"\x00" in start and not start.startswith(_UTF16)):
            raise FileFormatError(
                f"{self.name} is not a text file.",
                expected="CSV in UTF-8, UTF-16 with byte order mark, or Windows-1252",
                todo="save it as «CSV UTF-8» and import that file",
            )
        return start

    def _encoding(self, start: bytes, profile: Profile) -> str:
        if profile.encoding != "auto":
            return profile.encoding
        with self._open() as file:
            file.seek(len(start))
            try:
                return encoding_of(start, rest=self._blocks(file, len(start)))
            except (OSError, EOFError, zlib.error):
                raise FileFormatError(f"{self.name} is not a whole gzip file.", todo="fetch the file again") from None

    def _blocks(self, file: io.BufferedIOBase, count: int) -> Iterator[bytes]:
        """Blocks of the file, counted while inflating: what is declared can lie."""
        limit = max(RATIO_FREE_BYTES, self.path.stat().st_size * MAX_RATIO)
        while block := file.read(BLOCK):
            count += len(block)
            if count > limit:
                raise FileFormatError(
                    f"{self.name} inflates to more than {MAX_RATIO} times its size.", expected="an ordinary export"
                )
            yield block

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._open(), encoding=self.encoding, newline="")

    # --- layout and headings ---

    def _layout(self, profile: Profile) -> tuple[str, int]:
        header_row = profile.header_row
        with self._text() as text:
            lines = [self._line(text) for _ in range(header_row + 1)]
        named = DELIMITERS[profile.delimiter]
        if found := _SEP.match(lines[0]):
            return named or found[1], header_row + 1
        heading = lines[header_row - 1]
        return named or max(";,\t|", key=heading.count), header_row

    def _line(self, text: io.TextIOWrapper) -> str:
        try:
            return text.readline(BLOCK)
        except UnicodeError:
            raise self._wrong_encoding() from None

    def _header(self, text: io.TextIOWrapper) -> list[str]:
        for number, row in enumerate(self._reader(text), start=1):
            if number == self.header_row:
                if not any(cell.strip() for cell in row):
                    break
                return [cell.strip().lstrip("\ufeff") for cell in row]
        raise FileFormatError(
            f"{self.name}: row {self.header_row} holds no headings.",
            expected="headings",
            todo="set header_row in the profile",
        )

    def _reader(self, text: io.TextIOWrapper) -> Iterator[list[str]]:
        reader = csv.reader(text, delimiter=self.delimiter, strict=True, **self._quoting)
        number = 0
        while True:
            number += 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileFormatError(
                    f"{self.name}, row {number}: {csv_problem(error)}.",
                    expected="cells of ordinary length, every quoted cell closed, quotation marks inside doubled",
                    todo='correct the row, or set quote = "" in the profile where the file quotes nothing',
                ) from None
            except UnicodeError:
                raise self._wrong_encoding() from None
            except (OSError, EOFError, zlib.error):
                raise FileFormatError(f"{self.name} is not a whole gzip file.", todo="fetch the file again") from None
            yield row

    def _wrong_encoding(self) -> FileFormatError:
        return FileFormatError(
            f"{self.name} is not text in {self.encoding}.",
            expected="UTF-8 or Windows-1252",
            todo="set encoding in the profile",
        )

    # --- rows ---

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The rows below the headings in batches; blank rows are left out, but keep their number."""
        width = len(self.header)
        with self._text() as text:
            rows = Rows()
            for number, row in enumerate(self._reader(text), start=1):
                if number <= self.header_row or not any(map(str.strip, row)):
                    continue
                if len(row) != width:
                    row = self._fitted(row, width, len(rows.numbers), number, rows)
                rows.numbers.append(number)
                rows.cells.append(row)
                if len(rows.numbers) >= size:
                    yield self._counted(rows, text)
                    rows = Rows()
            if rows.numbers:
                yield self._counted(rows, text)

    def _counted(self, rows: Rows, text: io.TextIOWrapper) -> Rows:
        raw = getattr(text.buffer, "fileobj", None) or text.buffer
        rows.byte_count = min(raw.tell(), self.path.stat().st_size)
        return rows

    @staticmethod
    def _fitted(row: list[str], width: int, place: int, number: int, rows: Rows) -> list[str]:
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            return row[:width]
        rows.problems[place] = f"row {number}: {len(row)} cells, but there are {width} headings"
        return [""] * width
