"""Is a workbook safe to open, and which sheets does it have?

A workbook is a ZIP of XML, and a kilobyte of it can ask for the memory of the whole machine. Here every part is
inflated in blocks and counted, whatever its declared size, and looked through for what no workbook from Excel holds:
DOCTYPEs, other encodings, nested archives, a used area of more than 50 million cells. Nothing is unpacked to disk.
"""

import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

from procurement_kit.errors import FileFormatError
from procurement_kit.workbook_parts import RefusedError, sheet_parts

MAX_INFLATED, MAX_RATIO, MAX_PARTS = 1_000_000_000, 200, 10_000
MAX_CELLS, MAX_ROWS, MAX_COLUMNS = 50_000_000, 1_048_576, 16_384
MAX_UNCALCULATED = 100_000
RATIO_FREE_BYTES = 1_000_000
DAMAGED = "is a damaged workbook"
ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
# What openpyxl raises on parts that are not what they should be; it has no exception of its own for that.
READING_FAULTS = (*ARCHIVE_FAULTS, ArithmeticError, AttributeError, LookupError, MemoryError, SyntaxError, TypeError)
_BLOCK, _LONGEST_PIECE = 1 << 20, 1 << 22
_ENCRYPTED = 0x1
_NESTED = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst", ".xlsx", ".xlsm", ".xlsb", ".docx")
_OLE = b"\xd0\xcf\x11\xe0"
_NOT_UTF8 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"L\x6f\xa7\x94")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"'>]*)""")
_P = rb"(?:[^\s<>/:!?\"'=]{1,64}:)?"
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PREFIXED = re.compile(rb"<[^\s<>/:!?\"'=]{1,64}:(?:c|row)[\s/>]")
_TAG = re.compile(rb"<" + _P + rb"(c|row)((?:\s(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)?)>")
_PLACE = re.compile(rb"""\sr\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"([A-Z]{1,3})(\d{1,7})", re.IGNORECASE)
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>/]*>')
_FILLED = re.compile(rb"<" + _P + rb"[vt](?:\s[^<>]*)?>[^<]")
_LAST_ROW = re.compile(rb'\sr="(\d{1,7})"')
_FORMULA_WITHOUT_VALUE = re.compile(
    rb"<" + _P + rb"c((?:\s[^<>]*)?)>\s*<" + _P + rb"f(?:\s[^<>]*)?(?:/>|>[^<]*</" + _P + rb"f\s*>)\s*"
    rb"(?:<" + _P + rb"v\s*(?:/>|>\s*</" + _P + rb"v\s*>)\s*)?</" + _P + rb"c\s*>"
)
# References outside two shapes that are within 50 million cells whatever else the sheet holds, so that no reference
# need be read: 47 columns (AU) by 999,999 rows, and 500 columns (SF) by 99,999 rows.
_SHAPES = (
    (re.compile(rb'<c r="(?!(?:[A-Z]|A[A-U])[1-9]\d{0,5}")'), 999_999, 47),
    (re.compile(rb'<c r="(?!(?:[A-Z]|[A-R][A-Z]|S[A-F])[1-9]\d{0,4}")'), 99_999, 500),
)
_NO_REFERENCE = re.compile(rb'<c r="(?![A-Z]{1,3}\d{1,7}")')


@dataclass(frozen=True)
class Sheet:
    """A worksheet as the guard has seen it.

    Parameters
    ----------
    name : str
        As on its tab.
    part : str
        Where it lies in the archive.
    is_hidden : bool
    has_cells : bool
        Whether any cell is filled.
    last_row : int
        The last row, as Excel shows it; for the progress bar, since it is as the sheet says.
    uncalculated : dict
        Row → column letters of a formula that was never calculated.
    """

    name: str
    part: str
    is_hidden: bool
    has_cells: bool
    last_row: int
    uncalculated: dict[int, str]


def inspect_workbook(path: Path, *, name: str, most: int = MAX_INFLATED) -> tuple[Sheet, ...]:
    """Check a workbook before anything else opens it, and list its worksheets in the order of the tabs.

    Parameters
    ----------
    path : Path
        XLSX or XLSM file.
    name : str
        What errors call it.
    most : int
        How many bytes it may inflate to.

    Raises
    ------
    FileFormatError
        If it is no workbook, damaged, encrypted, or built to exhaust the machine.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
        if start.startswith(_OLE):
            raise RefusedError("is protected with a password, or a workbook of the old kind (.xls)")
        if not start.startswith(b"PK"):
            raise RefusedError("is not an XLSX workbook")
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive.infolist(), most)
            scans = _scan_all(archive)
            return _worksheets(archive, scans)
    except RefusedError as refused:
        reason = str(refused)
    except ARCHIVE_FAULTS:
        reason = DAMAGED
    raise FileFormatError(
        f"{name} {reason}.",
        expected="a workbook saved by Excel, without password",
        todo="open it in Excel, and save the sheet as a new workbook or as «CSV UTF-8»",
    )


# --- the archive ----------------------------------------------------------------------------------------------------


def _check_directory(entries: list[zipfile.ZipInfo], most: int) -> None:
    if len(entries) > MAX_PARTS:
        raise RefusedError(f"is an archive of more than {MAX_PARTS:,} parts")
    names = [entry.filename.replace("\\", "/").casefold() for entry in entries]
    if len(set(names)) < len(names):
        raise RefusedError("holds two parts of the same name")
    for entry, name in zip(entries, names, strict=True):
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or ":" in parts[0]:
            raise RefusedError("holds a path that leads out of it")
        if name.endswith(_NESTED):
            raise RefusedError("holds another archive or workbook")
        if entry.flag_bits & _ENCRYPTED:
            raise RefusedError("is encrypted")
        _check_ratio(entry, entry.file_size)
    if sum(entry.file_size for entry in entries) > most:
        raise RefusedError(f"inflates to more than {most // 1_000_000:,} MB")


def _check_ratio(entry: zipfile.ZipInfo, size: int) -> None:
    if size > max(RATIO_FREE_BYTES, MAX_RATIO * entry.compress_size):
        raise RefusedError(f"inflates to more than {MAX_RATIO} times its size")


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content in blocks, to its true end: zipfile alone would stop where the declared size says so."""
    whole = copy(entry)
    whole.file_size = sys.maxsize
    count = 0
    with archive.open(whole) as file:
        while block := file.read(_BLOCK):
            count += len(block)
            if count > entry.file_size:
                raise RefusedError("holds a part that is larger than it says")
            _check_ratio(entry, count)
            yield block


def _scan_all(archive: zipfile.ZipFile) -> dict[str, "_Scan"]:
    return {entry.filename: _scan(archive, entry) for entry in archive.infolist() if not entry.is_dir()}


def _scan(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> "_Scan":
    scan = _Scan()
    for piece in _pieces(_blocks(archive, entry)):
        scan.feed(piece)
    if scan.is_too_large():
        # The quick look cannot tell: read every reference.
        scan = _Scan(shapes=[])
        for piece in _pieces(_blocks(archive, entry)):
            scan.feed(piece)
        if scan.is_too_large():
            raise RefusedError(f"uses an area of more than {MAX_CELLS:,} cells")
    return scan


def _pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks cut between rows where there are rows, else between tags, so that no cell falls apart."""
    rest, is_first = b"", True
    for block in blocks:
        piece = rest + block
        if is_first:
            _check_start(piece)
            is_first = False
        cut = piece.rfind(b"row>") + 4
        if cut < 4:
            cut = piece.rfind(b"<") if len(piece) > _LONGEST_PIECE else 0
            if cut <= 0 and len(piece) > _LONGEST_PIECE:
                raise RefusedError("holds a text longer than any cell can hold")
        rest = piece[cut:]
        if cut:
            yield piece[:cut]
    yield rest


def _check_start(block: bytes) -> None:
    if block.startswith(_NOT_UTF8):
        raise RefusedError("holds XML that is not in UTF-8")
    declared = _ENCODING.match(block[:500].removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise RefusedError("holds XML that is not in UTF-8")


# --- a sheet --------------------------------------------------------------------------------------------------------


@dataclass
class _Scan:
    """What has been seen of one part; a part that has no sheetData is looked through for declarations only."""

    shapes: list = field(default_factory=lambda: list(_SHAPES))
    is_exact: bool = False
    is_sheet: bool = False
    is_xml: bool | None = None
    has_cells: bool = False
    row: int = 0
    column: int = 0
    last_row: int = 0
    last_column: int = 0
    row_count: int = 0
    cell_count: int = 0
    uncalculated: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_exact = not self.shapes

    def feed(self, piece: bytes) -> None:
        """Look through the next piece of the part.

        Raises
        ------
        RefusedError
            If it holds what no workbook from Excel holds.
        """
        if self.is_xml is None:
            self.is_xml = piece.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
        self.is_sheet = self.is_sheet or b"sheetData" in piece
        if (self.is_xml or self.is_sheet) and b"!" in piece and _DECLARATION.search(piece):
            raise RefusedError("holds a DOCTYPE or entity, which no workbook has")
        if self.is_sheet:
            self._sheet(piece)

    def _sheet(self, piece: bytes) -> None:
        cells = piece.count(b"<c")
        may_be_prefixed = b":" in piece
        is_plain = cells == piece.count(b'<c r="') and not (may_be_prefixed and _PREFIXED.search(piece))
        is_plain = is_plain and not (self.is_exact and _NO_REFERENCE.search(piece))
        if is_plain:
            self._plain(piece, cells)
        else:
            self._exact(piece)
        if self.row_count > MAX_ROWS or self.last_row > MAX_ROWS:
            raise RefusedError(f"has a sheet of more than {MAX_ROWS:,} rows")
        if self.cell_count > MAX_CELLS:
            raise RefusedError(f"has a sheet of more than {MAX_CELLS:,} cells")
        self.has_cells = self.has_cells or bool(_FILLED.search(piece))
        if b"f" in piece and (b"<f" in piece or (may_be_prefixed and b":f" in piece)):
            self._formulas(piece)

    def _plain(self, piece: bytes, cells: int) -> None:
        """A piece as Excel writes it: every cell begins with its reference."""
        self.cell_count += cells
        self.row_count += piece.count(b"<row")
        start = piece.rfind(b"<row ")
        if start >= 0 and (found := _LAST_ROW.search(piece, start, start + 200)):
            self.row = int(found[1])
            self.last_row = max(self.last_row, self.row)
        if cells:
            self.shapes = [shape for shape in self.shapes if not shape[0].search(piece)][:1]
        if self.is_exact and (found := _PLAIN_CELL.findall(piece)):
            self.last_row = max(self.last_row, max(map(int, {row for _, row in found})))
            self._widen(max(map(column_number, {letters for letters, _ in found})))

    def _widen(self, column: int) -> None:
        if column > MAX_COLUMNS:
            raise RefusedError(f"has a sheet of more than {MAX_COLUMNS:,} columns")
        self.last_column = max(self.last_column, column)

    def _exact(self, piece: bytes) -> None:
        """A piece in any other spelling: every tag is read, and places that are not given are counted."""
        for kind, attributes in _TAG.findall(piece):
            place = _PLACE.search(attributes)
            given = (place[1] or place[2] or b"") if place else b""
            if kind == b"row":
                self._at_row(given)
            else:
                self._at_cell(given, is_empty=attributes.endswith(b"/"))

    def _at_row(self, given: bytes) -> None:
        if given and not (given.isdigit() and len(given) <= 7):
            raise RefusedError("has a row without a proper number")
        self.row_count += 1
        self.row = int(given) if given else self.row + 1
        self.column = 0
        self.last_row = max(self.last_row, self.row)

    def _at_cell(self, given: bytes, *, is_empty: bool) -> None:
        self.cell_count += 1
        self.column += 1
        row = self.row
        if given:
            found = _REFERENCE.fullmatch(given)
            if not found:
                raise RefusedError("has a cell without a proper reference")
            self.column, row = column_number(found[1].upper()), int(found[2])
        if not is_empty:
            self.last_row = max(self.last_row, row)
            self._widen(self.column)

    def _formulas(self, piece: bytes) -> None:
        for attributes in _FORMULA_WITHOUT_VALUE.findall(piece):
            if b't="str"' in attributes:
                continue  # calculated, to an empty text
            place = _PLACE.search(attributes)
            found = _REFERENCE.fullmatch((place[1] or place[2] or b"") if place else b"")
            if not found or len(self.uncalculated) >= MAX_UNCALCULATED:
                raise RefusedError("holds formulas that were never calculated: open it in Excel and save it")
            self.uncalculated.setdefault(int(found[2]), found[1].decode().upper())

    def is_too_large(self) -> bool:
        """Whether the used area is, or may be, more than the limit."""
        rows, columns = self.last_row, self.last_column
        if not self.is_exact:
            if not self.shapes and self.is_sheet:
                return True
            rows = max(rows, self.shapes[0][1] if self.shapes else 0)
            columns = max(columns, self.shapes[0][2] if self.shapes else 0)
        return self.is_sheet and rows * columns > MAX_CELLS


def column_number(letters: bytes) -> int:
    """The place of a column by its letters.

    Examples
    --------
    >>> column_number(b"A"), column_number(b"AU"), column_number(b"XFD")
    (1, 47, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


# --- which sheets there are -----------------------------------------------------------------------------------------


def _worksheets(archive: zipfile.ZipFile, scans: dict[str, _Scan]) -> tuple[Sheet, ...]:
    sheets = []
    for name, part, is_hidden in sheet_parts(archive):
        scan = scans.get(part)
        if scan and scan.is_sheet:
            sheets.append(Sheet(name, part, is_hidden, scan.has_cells, scan.last_row, scan.uncalculated))
    if not sheets:
        raise RefusedError("has no worksheet")
    return tuple(sheets)
