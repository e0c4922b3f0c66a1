"""Does a file that leaves the house hold a personal number?

Every writer of an export fills a file inside `outgoing`: it appears under its name only when no personal number, nor
the token of one, was found in it. Workbooks (cells, comments, sheet names, headers, properties), slides, HTML,
notebooks, CSV, Parquet, JSON and plain text are read; a picture is not.
"""

import csv
import html
import json
import re
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from procurement_kit.errors import PrivacyError
from procurement_kit.names import TOKEN
from procurement_kit.personal_numbers import NUMBER_FIELDS, blank, find_numbers, without_hidden
from procurement_kit.tables import INVOICE_LINES
from procurement_kit.values import decode

TEXT_KINDS = (".md", ".txt", ".toml", ".xml", ".css", ".py")
KINDS = (".xlsx", ".pptx", ".html", ".htm", ".ipynb", ".csv", ".json", *TEXT_KINDS)
_AMOUNT = re.compile(r"-?\d+(?:[.,]\d{1,4})?", re.ASCII)
_FRACTION = re.compile(r"-?\d+[.,]\d{1,4}", re.ASCII)
_TOGETHER = 1000
_SPOKEN = ("name", "tooltip", "display", "title", "descr", "prompt", "Target", "location")
# Columns where ten bare digits are what one expects, by name and by Danish heading.
_NUMBER_HEADINGS = frozenset(
    text.casefold() for name in NUMBER_FIELDS for text in (name, INVOICE_LINES[name].heading)
) | {"ean", "ean-nummer", "gln", "kontonummer", "kontonr.", "telefon", "tlf.", "ordrenr."}


@contextmanager
def outgoing(path: Path, *, quotes_accounts: bool = False) -> Iterator[Path]:
    """A file that leaves the house: write what is yielded; it appears at `path` when nothing personal was found in it.

    Parameters
    ----------
    path : Path
        Where the file shall lie; the folder is made if it is not there.
    quotes_accounts : bool
        The file speaks of accounts and orders in sentences: ten bare digits in them may stand.

    Raises
    ------
    PrivacyError
        Says where, never which number. What was at `path` before stays.
    OSError
        If the system refuses to write it, as where it is open in Excel; it names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield unfinished
        found = texts_of(unfinished, name=path.name)
        refuse_personal(((where, text) for where, text in found if _is_personal(text, quotes_accounts)))
        unfinished.replace(path)
    except Exception as error:
        refusal = next(
            (cause for cause in (error, *error.args) if isinstance(cause, OSError)), None
        )  # XlsxWriter's is inside
        if refusal is not None and refusal.filename in (None, str(unfinished)):
            refusal.filename = str(path)
            raise refusal from None
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def write_outgoing(path: Path, text: str) -> None:
    """Write a text that leaves the house, unless it holds a personal number.

    Raises
    ------
    PrivacyError
        Says where, never which number.
    """
    with outgoing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")


def refuse_personal(texts: Iterable[tuple[str, str]]) -> None:
    """Refuse texts that hold something that looks like a personal number, or the token of one.

    Parameters
    ----------
    texts : iterable of (str, str)
        Where a text stands, and the text.

    Raises
    ------
    PrivacyError
        Says where, never which number.

    Examples
    --------
    >>> refuse_personal([("row 2", "CVR 12345678")])
    """
    found = personal_places(texts)
    if found:
        raise PrivacyError(
            "Something that looks like a personal number would have left the house; nothing was written.",
            problems=[f"{where} holds a number that can be a CPR number" for where in found],
            expected="no personal number in any text that leaves the house",
            todo="import the file again with masking, or correct the text in the municipality's own tables",
        )


def personal_places(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Where a personal number, or the token of one, stands; each place once."""
    return list(dict.fromkeys(blank(where) for where, text in texts if _is_personal(text)))


def personal_places_in(path: Path, *, name: str = "") -> list[str]:
    """Where a personal number stands in a file or in its name; a file of no readable kind has only its name.

    Parameters
    ----------
    path : Path
        Any file; one that is damaged is named as such, since nobody can say that nothing stands in it.
    name : str
        What it is called in the answer.
    """
    from lxml.etree import XMLSyntaxError

    name = name or path.name
    found = personal_places([(f"the name of {name}", name)])
    if path.suffix.casefold() not in KINDS:
        return found
    try:
        return found + personal_places(texts_of(path, name=name))
    except (zipfile.BadZipFile, XMLSyntaxError, json.JSONDecodeError, csv.Error, AttributeError, KeyError, OSError):
        return [*found, f"{blank(name)}, cannot be read"]


def personal_places_below(folder: Path) -> list[str]:
    """Where a personal number stands in the files of a folder and in their names; the folder may be missing."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [where for path in paths for where in personal_places_in(path, name=path.relative_to(folder).as_posix())]


def _is_personal(text: str, quotes_accounts: bool = False) -> bool:
    seen = without_hidden(text)
    if re.search(TOKEN, seen):
        return True
    return any(found.is_certain or not (quotes_accounts and found.is_bare) for found in find_numbers(seen))


# --- what a reader can read of a file -------------------------------------------------------------------------------


def texts_of(path: Path, *, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts a reader can read in a file, each with the place it stands in.

    Parameters
    ----------
    path : Path
        A file of one of `KINDS`; another kind is read as text where it is text.
    name : str
        What the file is called in a message.
    """
    name = name or path.name
    readers = {".xlsx": _of_workbook, ".ipynb": _of_notebook, ".json": _of_json, ".csv": _of_csv}
    readers |= {".pptx": _of_slides, ".parquet": _of_columns}
    kind = path.suffix.casefold()
    if kind in (".html", ".htm"):
        yield from _of_html(name, _text(path))
    elif kind in readers:
        yield from ((f"{name}, {where}" if where else name, text) for where, text in readers[kind](path))
    else:
        yield from ((f"{name}, line {n}", line) for n, line in _lines(_text(path)))


def visible_text(markup: str) -> str:
    """What a reader can read of an HTML text, one run of text per line.

    Examples
    --------
    >>> visible_text("<p class='a'>Indkøb<b>i alt</b></p>").split()
    ['Indkøb', 'i', 'alt']
    """
    bare = re.sub(r"<style.*?</style>|<path[^>]*>", "\n", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "\n", bare))


def _spoken(markup: str) -> Iterator[str]:
    """What attributes say when one points at something; a picture's own bytes are not a text."""
    for text in re.findall(r"\b(?:title|alt|aria-label|content|value|href|id)\s*=\s*(\"[^\"]*\"|'[^']*')", markup):
        if "data:" not in text:
            yield html.unescape(text[1:-1])


def _text(path: Path) -> str:
    try:
        return decode(path.read_bytes())
    except UnicodeDecodeError:
        return ""  # no text: nothing a reader can read


def _lines(text: str) -> Iterator[tuple[int, str]]:
    yield from enumerate(text.splitlines(), start=1)


def _of_html(where: str, markup: str) -> Iterator[tuple[str, str]]:
    yield where, visible_text(markup)  # in one piece: a word in one cell makes a number in the next certain
    yield from ((f"{where}, an attribute", text) for text in _spoken(markup))


def _of_csv(path: Path) -> Iterator[tuple[str, str]]:
    text = _text(path)
    delimiter = max(";,\t", key=text.split("\n", 1)[0].count)
    headings: dict[int, str] = {}
    for row, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        yield from _cells(f"row {row}", enumerate(cells), headings)


def _cells(where: str, cells: Iterable[tuple[int, str]], headings: dict[int, str]) -> Iterator[tuple[str, str]]:
    """The cells of a row that are to be looked at; remembers under which heading a column stands."""
    for place, cell in cells:
        if cell.strip().casefold() in _NUMBER_HEADINGS:
            headings[place] = cell
        elif _FRACTION.fullmatch(cell) or (place in headings and _AMOUNT.fullmatch(cell)):
            continue  # an amount, or bare digits where an account or an order number is expected
        yield where, cell


def _of_json(path: Path) -> Iterator[tuple[str, str]]:
    def walk(where: str, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield where, str(key)
                yield from walk(f"{where}.{key}" if where else str(key), inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(where, inner)
        elif isinstance(value, str) and not _FRACTION.fullmatch(value):
            yield where, value

    yield from walk("", json.loads(_text(path)))


def _of_notebook(path: Path) -> Iterator[tuple[str, str]]:
    for place, cell in enumerate(json.loads(_text(path)).get("cells", []), start=1):
        yield f"cell {place}", _joined(cell.get("source", ""))
        for output in cell.get("outputs", []):
            data = {kind: text for kind, text in output.get("data", {}).items() if not kind.startswith("image/png")}
            texts = [output.get("text", ""), *output.get("traceback", []), output.get("evalue", ""), *data.values()]
            for text in filter(None, map(_joined, texts)):
                yield from _of_html(f"cell {place}", text)


def _joined(text: object) -> str:
    return "".join(text) if isinstance(text, list) else text if isinstance(text, str) else json.dumps(text)


def _of_workbook(path: Path) -> Iterator[tuple[str, str]]:
    """Every text of the workbook's parts; where one is found in a cell, the cells are read to say in which row.

    Parts are read whole, which misses nothing. A cell that is a number is an amount or a count: our own writers write
    every identifier as text.
    """
    is_in_cells = False
    for name, in_cells, elsewhere in _parts(path):
        is_in_cells |= bool(personal_texts(in_cells))
        yield from ((_part_name(name), text) for text in personal_texts(elsewhere))
    if is_in_cells:
        yield from _of_cells(path)


def personal_texts(texts: Iterable[str]) -> list[str]:
    """Those of some texts that hold a personal number, or the token of one; many are looked at in one go."""
    texts, found = list(texts), []
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        if _is_personal("\n\n".join(some)):
            found += [text for text in some if _is_personal(text)]
    return found


def _parts(path: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each part of a workbook: the texts of its cells, and what else it says to a reader."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    with zipfile.ZipFile(path) as book:
        for name in sorted(book.namelist()):
            if name.endswith((".xml", ".rels", ".vml")):
                found: tuple[list[str], list[str]] = ([], [])
                for text, is_cell in _texts_of_part(etree.fromstring(book.read(name), parser)):
                    found[not is_cell].append(text)
                yield name, *found


def _texts_of_part(root: object) -> Iterator[tuple[str, bool]]:
    """Texts with their runs joined, and what attributes say; each with whether it stands in a cell."""
    for element in root.iter("{*}*"):
        kind = element.tag.rpartition("}")[2]
        if kind in ("si", "is", "text", "txBody"):
            yield "".join(element.itertext()), kind in ("si", "is")
        elif kind == "v":
            yield (element.text or "", True) if element.getparent().get("t") == "str" else ("", True)
        elif kind not in ("t", "r") and element.text:
            yield element.text, False
        yield from ((text, False) for name, text in element.attrib.items() if name.rpartition("}")[2] in _SPOKEN)


def _of_slides(path: Path) -> Iterator[tuple[str, str]]:
    """Paragraphs of all parts, and what is said of a picture to those who cannot see it."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    with zipfile.ZipFile(path) as deck:
        for name in sorted(part for part in deck.namelist() if part.endswith(".xml")):
            root = etree.fromstring(deck.read(name), parser)
            paragraphs = ["".join(paragraph.itertext()) for paragraph in root.iter("{*}p")]
            spoken = [text for element in root.iter("{*}cNvPr") for text in element.attrib.values()]
            properties = [element.text or "" for element in root.iter()] if name.startswith("docProps/") else []
            yield from ((name, text) for text in (*paragraphs, *spoken, *properties) if text)


def _of_columns(path: Path) -> Iterator[tuple[str, str]]:
    """Names and distinct texts of a Parquet file's columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, column in zip((content := pq.read_table(path)).column_names, content.columns, strict=True):
        texts = column.unique().to_pylist() if pa.types.is_string(column.type) else []
        yield from ((f"column «{name}»", text) for text in (name, *texts) if text)


def _part_name(name: str) -> str:
    known = {
        "xl/workbook": "the name of a sheet",
        "xl/comments": "a comment",
        "docProps/": "the properties",
        "xl/worksheets/": "the header, footer or a link of a sheet",
        "xl/tables/": "a heading",
    }
    return next((words for start, words in known.items() if name.startswith(start)), name)


def _of_cells(path: Path) -> Iterator[tuple[str, str]]:
    from openpyxl import load_workbook

    for sheet in load_workbook(path):
        headings: dict[int, str] = {}
        for row, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            texts = [(place, cell) for place, cell in enumerate(cells) if isinstance(cell, str)]
            yield from _cells(f"sheet «{sheet.title}», row {row}", texts, headings)
