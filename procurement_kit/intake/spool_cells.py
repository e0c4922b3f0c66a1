"""Which cells does a list printed from SAP hold, record by record?

Pages repeat their headings, lines are ruled, and a record may run over two lines. A record whose columns cannot be
told with certainty is a problem of its own, as is one with words in a column of numbers; a file with too many of them
is refused: its headings fit by chance only.
A line that holds a date and an amount but is part of no record is a problem too: nothing is passed over.
"""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from procurement_kit.errors import FileFormatError, InputNotFoundError
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import Profile
from procurement_kit.intake.rows import ROWS_PER_BATCH, Rows
from procurement_kit.intake.spool_layout import (
    AMOUNT,
    DATE,
    NUMBER,
    Printed,
    cells_of,
    is_heading_line,
    is_rule,
    printed_line,
    tell_line,
)
from procurement_kit.values import encoding_of

BLOCK = 1 << 20
LONGEST_LINE = 100_000
HEADING_LINES = 2_000
CERTAIN_SHARE = (95, 100)
FEWEST_CELLS = 20  # filled cells of a column before their being numbers says anything
UNTOLD = "the columns of this record cannot be told from its content"
_TODO = "save the list from SAP with «Eksporter som tekst» (not «Tekst med tabulator»), and import that file"


@dataclass(frozen=True)
class Record:
    """One record: the line it begins on, its cells by place of the heading, or why they cannot be used."""

    number: int
    cells: Mapping[int, str]
    problem: str = ""


class SpoolFile:
    """A list printed from SAP whose headings have been read.

    Parameters
    ----------
    path : Path
    profile : Profile
        Says which headings are wanted; only their cells are handed on.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it holds no list, or the columns of too many records cannot be told with certainty.
    TableError
        If a heading of the profile is not in the file.
    """

    def __init__(self, path: Path, profile: Profile):
        self.path = path
        self.name = blank(path.name)
        self._encoding = self._find_encoding(profile)
        self._main, self._below = self._find_headings(profile)
        self.header = [*self._main.headings, *(self._below.headings if self._below else ())]
        found = find_columns(self.header, profile, where=self.name)
        self._wanted = sorted({place for places in found.values() for place in places})
        self._numbers: frozenset[int] = frozenset()  # columns of nothing but numbers, as the first reading shows
        self._refuse_uncertain()

    # --- text ---

    def _find_encoding(self, profile: Profile) -> str:
        if not self.path.is_file():
            raise InputNotFoundError(f"{self.name} is not a file.", expected="an existing file", todo="check the path")
        if profile.encoding != "auto":
            return profile.encoding
        with self.path.open("rb") as file:
            start = file.read(BLOCK)
            if b"\x00" in start and start[:2] not in (b"\xff\xfe", b"\xfe\xff"):
                raise FileFormatError(f"{self.name} is not a text file.", expected="a list as SAP saves it", todo=_TODO)
            return encoding_of(start, rest=iter(lambda: file.read(BLOCK), b""))

    def _lines(self) -> Iterator[tuple[int, str, int]]:
        """Number, text and bytes read so far of each line."""
        with io.TextIOWrapper(self.path.open("rb"), encoding=self._encoding) as text:
            number = 0
            while True:
                try:
                    line = text.readline(LONGEST_LINE)
                except UnicodeError:
                    raise FileFormatError(
                        f"{self.name} is not text in {self._encoding}.",
                        expected="Windows-1252 as SAP writes it, or UTF-8",
                        todo="set encoding in the profile",
                    ) from None
                if not line:
                    return
                number += 1
                if len(line) >= LONGEST_LINE:
                    raise FileFormatError(
                        f"{self.name}, row {number}: the line is too long.", expected="a list as SAP saves it"
                    )
                yield number, line.replace("\x0c", "").rstrip("\r\n"), text.buffer.tell()

    # --- headings ---

    def _find_headings(self, profile: Profile) -> tuple[Printed, Printed | None]:
        """The line of headings, and the one below it where a record runs over two lines."""
        main = None
        for number, line, _ in self._lines():
            if main is not None:
                return main, self._second(main, line, profile)
            if number > HEADING_LINES:
                break
            if is_heading_line(cells_of(line)):
                main = printed_line(line, profile)
        if main is not None:
            return main, None
        raise FileFormatError(
            f"{self.name}: there is no line of headings with Periode beside a date.",
            expected="the list of SAP transaction CJI3, saved as text",
            todo="check that it is the right file, or use another profile",
        )

    def _second(self, main: Printed, line: str, profile: Profile) -> Printed | None:
        first = next((cell for cell in main.cells(line) if cell), "")
        is_other = not line.strip() or is_rule(line) or main.is_of(first, NUMBER)
        has_same_marks = ("|" in line and "\t" not in line) if main.cuts else "\t" in line
        return None if is_other or not has_same_marks else printed_line(line, profile)

    # --- records ---

    def _refuse_uncertain(self) -> None:
        count = certain = 0
        filled, numbers = Counter(), Counter()
        for record, _ in self._records():
            count += 1
            certain += not record.problem
            filled.update(place for place, cell in record.cells.items() if cell)
            numbers.update(place for place, cell in record.cells.items() if cell.isdecimal())
        self._numbers = frozenset(
            place
            for place in filled
            if filled[place] >= FEWEST_CELLS and numbers[place] * CERTAIN_SHARE[1] >= filled[place] * CERTAIN_SHARE[0]
        )
        certain -= sum(filled[place] - numbers[place] for place in self._numbers)
        if not count:
            raise FileFormatError(
                f"{self.name}: there are headings, but no record.", expected="one record per posting", todo=_TODO
            )
        if certain * CERTAIN_SHARE[1] < count * CERTAIN_SHARE[0]:
            raise FileFormatError(
                f"{self.name}: the columns cannot be told with certainty: {count - certain} of {count} records are"
                " not as the headings say.",
                expected=f"at least {CERTAIN_SHARE[0]} of 100 records whose period, dates and amounts stand in place",
                todo=_TODO,
            )

    def _records(self) -> Iterator[tuple[Record, int]]:
        """Each record, with the bytes read so far; a record is finished when the next line is known."""
        begun: tuple[int, str] | None = None
        last = 0
        for number, line, byte_count in self._lines():
            begins = self._begins(line)
            if not begins and self._is_furniture(line):
                continue
            if begun is not None and self._continues(line, begun[1]):
                yield self._record(*begun, line), byte_count
                begun = None
                continue
            if begun is not None:
                yield self._record(*begun), last
                begun = None
            if begins:
                begun = (number, line)
            elif self._is_stray(line):
                yield Record(number, {}, f"row {number}: there is an amount, but it is part of no record"), byte_count
            last = byte_count
        if begun is not None:
            yield self._record(*begun), last

    def _is_furniture(self, line: str) -> bool:
        """Blank, ruled, or headings of a new page."""
        if not line.strip() or is_rule(line):
            return True
        cells = cells_of(line)
        below = self._below.headings if self._below else ()
        return tuple(cells) in (self._main.headings, below) or is_heading_line(cells)

    def _begins(self, line: str) -> bool:
        return self._main.is_of(self._first_cell(line), NUMBER)

    def _first_cell(self, line: str) -> str:
        if not self._main.cuts:
            return line.strip().partition("\t")[0].strip()
        return next((cell for cell in self._main.cells(line) if cell), "")

    def _continues(self, line: str, begun: str) -> bool:
        """Whether a line is the second line of the record begun, and not a record of its own."""
        first, own = self._first_cell(begun), self._first_cell(line)
        if own.isdecimal() and len(own) == len(first):
            return False
        if self._below is None:
            return "\t" in line and not self._is_told(begun)
        if self._below.cuts:
            return all(line[end : end + 1] == "|" for _, end in self._below.cuts if end is not None)
        return len(line.split("\t")) == len(self._below.headings)

    def _is_told(self, line: str) -> bool:
        return tell_line(self._main, line, self._wanted_here(0)) is not None

    def _is_stray(self, line: str) -> bool:
        cells = cells_of(line)
        return all(any(self._main.is_of(cell, kind) for cell in cells) for kind in (DATE, AMOUNT))

    def _wanted_here(self, shift: int) -> list[int]:
        width = len(self._main.headings)
        if not shift:
            return [place for place in self._wanted if place < width]
        return [place - width for place in self._wanted if place >= width]

    def _record(self, number: int, line: str, second: str | None = None) -> Record:
        record = self._told(number, line, second)
        is_number = all(cell.isdecimal() or not cell for n, cell in record.cells.items() if n in self._numbers)
        return record if is_number else Record(number, {}, f"row {number}: {UNTOLD}")

    def _told(self, number: int, line: str, second: str | None) -> Record:
        told = tell_line(self._main, line, self._wanted_here(0))
        if self._below is None and second is not None:
            told = self._joined(line, second)
        untold = Record(number, {}, f"row {number}: {UNTOLD}")
        if told is None:
            return untold
        below = self._wanted_here(1)
        if not below:
            return Record(number, told)
        if second is None:
            return untold
        cells = self._below.cells(second)
        width = len(self._main.headings)
        is_sound = all(not cells[n] or self._below.is_of(cells[n], self._below.kinds[n]) for n in below)
        return Record(number, dict(told) | {n + width: cells[n] for n in below}) if is_sound else untold

    def _joined(self, line: str, second: str) -> Mapping[int, str] | None:
        """A record that is broken in the middle: at a tab, or inside a text; certain where one way fits."""
        first, rest = line.rstrip("\t "), second.lstrip("\t ")
        wanted = self._wanted_here(0)
        told = (tell_line(self._main, text, wanted) for text in (f"{line}\t{second}", f"{first} {rest}"))
        fitting = [cells for cells in told if cells is not None]
        return fitting[0] if len(fitting) == 1 else None

    # --- rows ---

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The records in batches; row numbers are those of the line a record begins on."""
        records: list[Record] = []
        byte_count = 0
        for record, byte_count in self._records():
            records.append(record)
            if len(records) >= size:
                yield self._rows(records, byte_count)
                records = []
        if records:
            yield self._rows(records, byte_count)

    def _rows(self, records: list[Record], byte_count: int) -> Rows:
        nothing = pa.array([""] * len(records), pa.string())
        columns = [nothing] * len(self.header)
        for place in self._wanted:
            columns[place] = pa.array([record.cells.get(place, "") for record in records], pa.string())
        return Rows(
            numbers=pa.array([record.number for record in records], pa.int64()),
            columns=columns,
            problems={n: record.problem for n, record in enumerate(records) if record.problem},
            byte_count=min(byte_count, self.path.stat().st_size),
        )
