"""Which files are there to read, and what lies in a ZIP?

Files, folders (with what lies below them) and ZIPs of XML. A ZIP's directory is checked before anything is inflated,
and bytes are counted while inflating, because declared sizes can lie.
"""

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from procurement_kit.errors import FileFormatError, InputNotFoundError
from procurement_kit.intake.big_einvoices import TREE_BYTES
from procurement_kit.intake.privacy import Masker, blank
from procurement_kit.intake.safe_xml import RefusedError

MAX_ENTRIES, MAX_RATIO, MAX_TOTAL = 200_000, 200, 20_000_000_000
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst")
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class SourceFile:
    """A delivered file: where it lies, its name with personal numbers masked, its kind and its hash.

    `is_named` says that the user named it; it was not just found in a folder.
    """

    path: Path
    name: str
    kind: str
    size: int
    hash: str
    is_named: bool = True


def kind_of_file(path: Path) -> str:
    """einvoice, zip, ledger, or empty where it is none of them."""
    from procurement_kit.intake.ledgers import kind_of  # ledgers need the engine, which a process reading XML does not

    ending = path.suffix.casefold()
    if ending == ".xml":
        return "einvoice"
    if ending == ".zip":
        return "zip"
    return "ledger" if kind_of(path) else ""


def find_sources(paths: Sequence[Path], masker: Masker) -> tuple[list[SourceFile], list[str]]:
    """List the files that can be read, and the names of those in folders that cannot.

    Raises
    ------
    InputNotFoundError
        If a path does not exist, or a folder holds nothing that can be read.
    FileFormatError
        If the only file named is empty or of a kind that is not read.
    """
    from procurement_kit.fingerprints import file_hash

    found: dict[Path, str] = {}
    passed_over: list[str] = []
    named: set[Path] = set()
    for path in map(Path, paths):
        if path.is_dir():
            passed_over += _find_in_folder(path, found)
        elif not path.exists():
            raise InputNotFoundError(
                f"{blank(str(path))} does not exist.{_nearest(path)}",
                expected="a file or folder",
                todo="check the path",
            )
        else:
            _check_kind(path, is_alone=len(paths) == 1)
            if not kind_of_file(path):
                passed_over.append(path.name)
                continue
            found[path.resolve()] = path.name
            named.add(path.resolve())
    names, used = _distinct_names(found), Counter()
    masked = {path: told_apart(masker.mask(name).text or "", used) for path, name in names.items()}
    sources = [
        SourceFile(path, name, kind_of_file(path), path.stat().st_size, file_hash(path), path in named)
        for path, name in masked.items()
    ]
    order = {"einvoice": 0, "zip": 1, "ledger": 2}
    sources.sort(key=lambda source: (order[source.kind], source.name))
    return sources, sorted(masker.mask(name).text or "" for name in passed_over)


def _nearest(path: Path) -> str:
    from procurement_kit.errors import nearest

    return nearest(path.name, [blank(p.name) for p in path.parent.iterdir()]) if path.parent.is_dir() else ""


def _check_kind(path: Path, *, is_alone: bool) -> None:
    if is_alone and not kind_of_file(path):
        raise FileFormatError(
            f"{blank(path.name)} is of a kind that is not read.",
            expected="XML, ZIP of XML, CSV (also .csv.gz) or XLSX",
            todo="name a file of one of these kinds",
        )
    if is_alone and path.stat().st_size == 0:
        raise FileFormatError(f"{blank(path.name)} is empty.", expected="a file with content", todo="fetch it again")


def _find_in_folder(folder: Path, found: dict[Path, str]) -> list[str]:
    from procurement_kit.intake.ledgers import REFUSED_KINDS, kind_of

    passed_over, count = [], 0
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        if not kind_of_file(path) or kind_of(path) in REFUSED_KINDS:
            passed_over.append(relative.as_posix())
            continue
        count += 1
        found.setdefault(path.resolve(), relative.as_posix())
    if not count:
        raise InputNotFoundError(
            f"{blank(str(folder))} holds no file that can be read.",
            expected="XML, ZIP of XML or CSV",
            todo="check the folder",
        )
    return passed_over


def _distinct_names(found: dict[Path, str]) -> dict[Path, str]:
    """Names as delivered; where two files of one import share a name, the folder stands before it."""
    counts: dict[str, int] = {}
    for name in found.values():
        counts[name] = counts.get(name, 0) + 1
    return {path: name if counts[name] == 1 else f"{path.parent.name}/{name}" for path, name in found.items()}


def told_apart(name: str, used: Counter[str]) -> str:
    """A name, numbered where it has been used before: a line is known by file, name and place.

    Examples
    --------
    >>> used = Counter()
    >>> [told_apart(name, used) for name in ("a.xml", "b.xml", "a.xml")]
    ['a.xml', 'b.xml', 'a.xml (2)']
    """
    used[name] += 1
    return name if used[name] == 1 else f"{name} ({used[name]})"


# --- ZIP ------------------------------------------------------------------------------------------------------------


class ZipMember(NamedTuple):
    """An XML file in a ZIP: where the ZIP lies, its place and name in the directory, and its size when inflated."""

    path: Path
    place: int
    name: str
    size: int

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it for reading, without unpacking it anywhere.

        Raises
        ------
        RefusedError
            If the archive is damaged there.
        """
        with _sound_archive(self.path) as archive, archive.open(archive.infolist()[self.place]) as file:
            yield file


def zip_entries(path: Path, *, limit: int = TREE_BYTES) -> Iterator[tuple[str, bytes | ZipMember]]:
    """Name and content of each XML file in a ZIP; large ones as what opens them.

    Raises
    ------
    RefusedError
        If it is damaged, or its directory holds what a delivery of invoices never holds.
    """
    with _sound_archive(path) as archive:
        entries = archive.infolist()
        _check_directory(entries)
        for place, entry in sorted(enumerate(entries), key=lambda pair: pair[1].filename):
            name, size = entry.filename, entry.file_size
            if _is_xml(entry):
                yield name, ZipMember(path, place, name, size) if size > limit else archive.read(entry)


def zip_passed_over(path: Path, masker: Masker) -> list[str]:
    """Names of the files in a ZIP that are not read, personal numbers masked; none where it is no sound archive."""
    try:
        with _sound_archive(path) as archive:
            entries = archive.infolist()
    except RefusedError:
        return []
    others = (entry.filename for entry in entries if not entry.is_dir() and not _is_xml(entry))
    return sorted(masker.mask(f"{path.name}/{name}").text or "" for name in others)


def _is_xml(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.casefold().endswith(".xml")


@contextmanager
def _sound_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An open archive; what the library says of a damaged one becomes a reason."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, OSError, KeyError):
        raise RefusedError("is a damaged archive") from None


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise RefusedError(f"is an archive of more than {MAX_ENTRIES} files")
    budget = MAX_TOTAL  # the library inflates no more of an entry than its directory says
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise RefusedError("is an archive with a path that leads out of it")
        if entry.filename.casefold().endswith(_ARCHIVES):
            raise RefusedError("is an archive that holds another archive")
        if entry.flag_bits & _ENCRYPTED:
            raise RefusedError("is an encrypted archive")
        budget -= entry.file_size
        if budget < 0:
            raise RefusedError("is an archive that inflates to more than it may")
        if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise RefusedError(f"is an archive that claims to inflate more than {MAX_RATIO} times")
