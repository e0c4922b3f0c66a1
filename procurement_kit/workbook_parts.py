"""Which parts does the archive of an inspected workbook have, and how is one read tag by tag?

Parts refer to each other by identities and paths; sheets are found that way, as Excel does. Tags are read with expat,
which fetches nothing; the guard has refused every DOCTYPE before.
"""

import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.parsers import expat

SMALL_PART = 10_000_000


class RefusedError(ValueError):
    """A workbook that is not opened; the text is the reason and quotes nothing of it."""


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str, bool]]:
    """Name, part and whether it is hidden, of every sheet in the order of the tabs."""
    book, folder, relations = _book(archive)
    parts = _relations(archive, relations, folder)
    found = []
    for attributes in _elements(archive, book, "sheet"):
        identity = next((v for key, v in attributes.items() if key.rpartition(":")[2] == "id"), "")
        part = parts.get(identity, ("", ""))[1]
        found.append((attributes.get("name", ""), part, attributes.get("state", "visible") != "visible"))
    return found


def shared_strings_part(archive: zipfile.ZipFile) -> str:
    """Where the texts of the cells lie; empty where they stand in the cells."""
    _, folder, relations = _book(archive)
    return _target(archive, relations, "/sharedStrings", folder)


def _book(archive: zipfile.ZipFile) -> tuple[str, str, str]:
    """Where the workbook lies, its folder, and where it says what it refers to."""
    book = _target(archive, "_rels/.rels", "/officeDocument") or "xl/workbook.xml"
    folder = PurePosixPath(book).parent
    return book, str(folder), f"{folder}/_rels/{PurePosixPath(book).name}.rels"


def _target(archive: zipfile.ZipFile, part: str, kind: str, folder: str = "") -> str:
    return next((path for type_, path in _relations(archive, part, folder).values() if type_.endswith(kind)), "")


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Identity → type and path of what a part refers to."""
    found = {}
    for attributes in _elements(archive, part, "Relationship"):
        target = attributes.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        found[attributes.get("Id", "")] = (attributes.get("Type", ""), path.replace("/./", "/"))
    return found


def _elements(archive: zipfile.ZipFile, part: str, name: str) -> list[dict[str, str]]:
    """The attributes of every element of a name, in a small part."""
    if part not in archive.NameToInfo:
        return []
    if archive.getinfo(part).file_size > SMALL_PART:
        raise RefusedError("has a list of sheets larger than any workbook's")
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == name:
            found.append(attributes)

    parse(archive, part, start=start)
    return found


class Enough(Exception):  # noqa: N818  raised to stop reading, not an error
    """All that was wanted has been read."""


def parse(
    archive: zipfile.ZipFile,
    part: str,
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read an inspected part tag by tag until its end, or until one of the functions raises `Enough`.

    Raises
    ------
    ValueError
        If it is not well-formed.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        with archive.open(part) as file:
            while block := file.read(1 << 16):
                parser.Parse(block, False)
        parser.Parse(b"", True)
    except Enough:
        return
    except expat.ExpatError:
        raise ValueError("not well-formed") from None
