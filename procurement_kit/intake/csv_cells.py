"""Which cells does a CSV file hold, row by row as Excel shows them?

Plain or gzip; encoding and delimiter found, or as the profile says. Rows come in bounded batches. A row with another
number of cells than there are headings is a problem of its own: its cells are not guessed into columns.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from procurement_kit.errors import FileFormatError, InputNotFoundError
from procurement_kit.intake.csv_blocks import Dialect, Parsed, StrictError, parse
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import DELIMITERS, Profile
from procurement_kit.intake.rows import ROWS_PER_BATCH, Rows
from procurement_kit.templates import csv_problem
from procurement_kit.values import encoding_of

BLOCK, BLOCK_OF_ROWS = 1 << 20, 12 << 20
MAX_RATIO, RATIO_FREE_BYTES = 200, 20_000_000
_MAGIC = (b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff", b"PAR1", b"\x1f\x8b")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SEP = re.compile(r"(?:\ufeff)?sep=(.)\s*$", re.IGNORECASE)


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
        # Without a byte order mark the whole file has been checked while its encoding was looked for.
        self._is_checked = profile.encoding == "auto" and self.encoding == "utf-8"
        self.delimiter, self.header_row = self._layout(profile)
        self._quote = profile.quote
        self._size = path.stat().st_size
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
            raise self._damaged() from None
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
                raise self._damaged() from None

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
        reader = csv.reader(text, **Dialect(self.delimiter, self._quote, 0).options)
        number = 0
        while True:
            number += 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._unreadable(number, error) from None
            except UnicodeError:
                raise self._wrong_encoding() from None
            except (OSError, EOFError, zlib.error):
                raise self._damaged() from None
            yield row

    def _unreadable(self, number: int, error: csv.Error) -> FileFormatError:
        return FileFormatError(
            f"{self.name}, row {number}: {csv_problem(error)}.",
            expected="cells of ordinary length, every quoted cell closed, quotation marks inside doubled",
            todo='correct the row, or set quote = "" in the profile where the file quotes nothing',
        )

    def _damaged(self) -> FileFormatError:
        return FileFormatError(f"{self.name} is not a whole gzip file.", todo="fetch the file again")

    def _wrong_encoding(self) -> FileFormatError:
        return FileFormatError(
            f"{self.name} is not text in {self.encoding}.",
            expected="UTF-8 or Windows-1252",
            todo="set encoding in the profile",
        )

    # --- rows ---

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The rows below the headings in batches; blank rows are left out, but keep their number."""
        dialect = Dialect(self.delimiter, self._quote, len(self.header))
        number = 1
        for block, is_last, byte_count in self._row_blocks(dialect):
            found = self._parsed(block, dialect, is_last, number)
            self._used = found.used
            yield from self._slices(found, number, size, byte_count)
            number += found.row_count

    def _row_blocks(self, dialect: Dialect) -> Iterator[tuple[bytes, bool, int]]:
        """Blocks that begin with a row: what the last one left over, and what follows in the file."""
        waiting = b""
        blocks = self._utf8_blocks()
        block, byte_count = next(blocks, (b"", 0))
        while block or waiting:
            following, counted = next(blocks, (b"", byte_count))
            waiting += block
            self._used = 0
            yield waiting, not following, byte_count
            waiting = waiting[self._used :] if following else b""
            block, byte_count = following, counted

    def _utf8_blocks(self) -> Iterator[tuple[bytes, int]]:
        """Blocks of text as UTF-8, and how many bytes of the file they took."""
        decoder = None if self._is_checked else codecs.getincrementaldecoder(self.encoding)()
        with self._open() as file:
            raw = getattr(file, "fileobj", None) or file
            try:
                while block := file.read(BLOCK_OF_ROWS):
                    if text := decoder.decode(block).encode() if decoder else block:
                        yield text, min(raw.tell(), self._size)
                if decoder and (rest := decoder.decode(b"", final=True)):
                    yield rest.encode(), self._size
            except UnicodeError:
                raise self._wrong_encoding() from None
            except (OSError, EOFError, zlib.error):
                raise self._damaged() from None

    def _parsed(self, block: bytes, dialect: Dialect, is_last: bool, number: int) -> Parsed:
        try:
            return parse(block, dialect, is_last=is_last)
        except StrictError as problem:
            raise self._unreadable(number + problem.place, problem.error) from None

    def _slices(self, found: Parsed, number: int, size: int, byte_count: int) -> Iterator[Rows]:
        """Rows below the headings, cut into even batches."""
        start = int(np.searchsorted(found.places + number, self.header_row, side="right"))
        count = len(found.places) - start
        problems = sorted((place, what) for place, what in found.problems.items() if place + number > self.header_row)
        step = -(-count // -(-count // size)) if count else size
        for first in range(start, start + count, step):
            numbers = found.places[first : first + step] + number
            here = {n + number: what for n, what in problems if numbers[0] <= n + number <= numbers[-1]}
            places = np.searchsorted(numbers, list(here))
            yield Rows(
                pa.array(numbers, pa.int64()),
                [column.slice(first, len(numbers)) for column in found.columns],
                {int(place): f"row {row}: {what}" for place, (row, what) in zip(places, here.items(), strict=True)},
                byte_count,
            )
