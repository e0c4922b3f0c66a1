"""Which headings does a sheet of an inspected workbook have?

Read from the first rows of the sheet and the first of the shared texts only, so that looking at a large workbook costs
milliseconds: reading all of it is left to the child process.
"""

import re
import zipfile
from pathlib import Path

from procurement_kit.templates import float_text
from procurement_kit.workbook_guard import Sheet, column_number
from procurement_kit.workbook_parts import Enough, parse, shared_strings_part

LONGEST_TEXT = 32_767
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile(r"[A-Za-z]+")


def read_headings(path: Path, sheet: Sheet, row: int) -> list[str]:
    """The cells of one row as text; blank cells at its end are left out.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : Sheet
        Which of its sheets.
    row : int
        As Excel shows it.

    Raises
    ------
    ValueError
        If the part is not well-formed.
    """
    reading = _HeadingRow(row)
    with zipfile.ZipFile(path) as archive:
        parse(archive, sheet.part, start=reading.start, end=reading.end, text=reading.text)
        numbers = {int(text) for kind, text in reading.cells.values() if kind == "s" and text.isdecimal()}
        shared = _shared_texts(archive, numbers) if numbers else {}
    cells = {place: _cell_text(kind, text, shared) for place, (kind, text) in reading.cells.items()}
    last = max((place for place, text in cells.items() if text), default=0)
    return [cells.get(place, "") for place in range(1, last + 1)]


def _cell_text(kind: str, text: str, shared: dict[int, str]) -> str:
    if kind == "s":
        text = shared.get(int(text), "") if text.isdecimal() else ""
    elif kind == "n":
        try:
            text = float_text(float(text)) if text else ""
        except ValueError:
            text = ""
    elif kind == "e":
        text = ""
    elif kind == "b":
        text = "ja" if text == "1" else "nej"
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).strip()


class _Texts:
    """Collects the text of some elements: those of phonetic help are passed over."""

    def __init__(self, wanted: tuple[str, ...]):
        self.wanted, self.is_open, self.is_phonetic, self.pieces, self.length = wanted, False, False, [], 0

    def start(self, name: str) -> None:
        self.is_phonetic = self.is_phonetic or name == "rPh"
        self.is_open = name in self.wanted and not self.is_phonetic

    def end(self, name: str) -> None:
        self.is_phonetic = self.is_phonetic and name != "rPh"
        self.is_open = False

    def add(self, text: str) -> None:
        if self.is_open and self.length < LONGEST_TEXT:
            self.pieces.append(text)
            self.length += len(text)

    def take(self) -> str:
        text = "".join(self.pieces)[:LONGEST_TEXT]
        self.pieces, self.length = [], 0
        return text


class _HeadingRow:
    """Place → kind and printed value of the cells of one row."""

    def __init__(self, wanted: int):
        self.wanted, self.row, self.place, self.kind = wanted, 0, 0, ""
        self.cells: dict[int, tuple[str, str]] = {}
        self.texts = _Texts(("v", "t"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.row = int(attributes.get("r") or self.row + 1)
            self.place = 0
            if self.row > self.wanted:
                raise Enough
        elif name == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self.place = column_number(letters[0].upper().encode()) if letters else self.place + 1
            self.kind = attributes.get("t", "n")
            self.texts.take()
        else:
            self.texts.start(name)

    def text(self, text: str) -> None:
        self.texts.add(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self.texts.end(name)
        if name == "c" and self.row == self.wanted and (text := self.texts.take()):
            self.cells[self.place] = (self.kind, text)


def _shared_texts(archive: zipfile.ZipFile, numbers: set[int]) -> dict[int, str]:
    """The shared texts of these numbers; reading stops at the last."""
    part, found, last = shared_strings_part(archive), {}, max(numbers)
    count, texts = 0, _Texts(("t",))

    def start(tag: str, attributes: dict[str, str]) -> None:
        texts.start(tag.rpartition(":")[2])

    def end(tag: str) -> None:
        nonlocal count
        name = tag.rpartition(":")[2]
        texts.end(name)
        if name == "si":
            text = texts.take()
            if count in numbers:
                found[count] = text
            if count >= last:
                raise Enough
            count += 1

    if part in archive.NameToInfo:
        parse(archive, part, start=start, end=end, text=texts.add)
    return found
