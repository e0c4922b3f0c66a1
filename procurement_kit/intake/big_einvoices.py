"""How is an e-invoice read that is too large to be held as a tree?

Piece by piece: finished lines are taken out of the growing tree, a thousand at a time, and put through the stylesheet.
The same refusals hold as for small ones; attachments are dropped. Line texts wait compressed until they are needed.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from lxml import etree

from procurement_kit.intake.einvoice_amounts import Lines
from procurement_kit.intake.einvoice_records import (
    ENVELOPE,
    Records,
    has_person_scheme,
    invoice_in,
    records_in,
    what_it_is,
)
from procurement_kit.intake.einvoice_stylesheet import OTHER_LINES, RECORD, ROOTS
from procurement_kit.intake.safe_xml import (
    PARSER_SETTINGS,
    RefusedError,
    check_attributes,
    check_document,
    is_text_too_long,
    syntax_reason,
    without_attachments,
)

TREE_BYTES, MAX_BYTES = 20_000_000, 2_000_000_000
LINES_AT_ONCE, _BLOCK = 1000, 1 << 20
OpenFile = Callable[[], AbstractContextManager[BinaryIO]]


class PackedTexts(Sequence[str]):
    """Text records of many lines, compressed, in the order of the lines."""

    def __init__(self):
        self._blocks: list[tuple[int, bytes]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, texts: list[str]) -> None:
        """Add some lines."""
        self._blocks.append((self._count, zlib.compress(RECORD.join(texts).encode(), 1)))
        self._count += len(texts)

    def __getitem__(self, part: slice) -> list[str]:
        start, end, _ = part.indices(self._count)
        found: list[str] = []
        for place, (first, packed) in enumerate(self._blocks):
            after = self._blocks[place + 1][0] if place + 1 < len(self._blocks) else self._count
            if first < end and after > start:
                found += zlib.decompress(packed).decode().split(RECORD)[max(start - first, 0) : end - first]
        return found


def read_big_records(open_file: OpenFile) -> Records:
    """Read a large document from a file that can be opened again.

    Raises
    ------
    RefusedError
        If it is unsafe, not well-formed, no invoice, or larger than two gigabytes.
    """
    try:
        with open_file() as file:
            return _Streamed().read(_blocks(file))
    except etree.XMLSyntaxError as error:
        if not is_text_too_long(error):
            raise RefusedError(syntax_reason(error)) from None
    try:
        with open_file() as file:
            return _Streamed().read(without_attachments(_blocks(file)))
    except etree.XMLSyntaxError as error:
        raise RefusedError(syntax_reason(error)) from None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    count = 0
    while block := file.read(_BLOCK):
        count += len(block)
        if count > MAX_BYTES:
            raise RefusedError(f"is larger than {MAX_BYTES // 1_000_000_000} GB")
        yield block


class _Streamed:
    """A document being read: its growing tree, lines that are finished, and what was made of earlier ones."""

    def __init__(self):
        tags = [*ROOTS, *(kind.line_tag for kind in ROOTS.values())]
        self._parser = etree.XMLPullParser(("start", "end"), tag=tags, **PARSER_SETTINGS)
        self._first = etree.XMLPullParser(("start",), **PARSER_SETTINGS)
        self._invoice: etree._Element | None = None
        self._finished: list[etree._Element] = []
        self._columns: tuple[list[str], ...] = ([], [], [], [], [])
        self._seen: dict[str, str] = {}
        self._texts = PackedTexts()
        self._has_person_scheme = False

    def read(self, blocks: Iterator[bytes]) -> Records:
        for block in blocks:
            self._check_first(block)
            self._parser.feed(block)
            for event, element in self._parser.read_events():
                self._take(event, element)
        root = self._parser.close()
        check_document(root)
        invoice = invoice_in(root)
        self._flush()
        check_attributes(root)
        header, *_ = records_in(invoice)
        has_person_scheme_ = self._has_person_scheme or has_person_scheme(root)
        return Records(ROOTS[invoice.tag], header, Lines(*self._columns), self._texts, has_person_scheme_)

    def _check_first(self, block: bytes) -> None:
        """Refuse at once what is no invoice, so that it is never held whole."""
        if self._first is None:
            return
        self._first.feed(block)
        for _, element in self._first.read_events():
            check_document(element)
            if element.tag not in ROOTS and element.tag != ENVELOPE:
                raise RefusedError(what_it_is(element.tag))
            self._first = None
            return

    def _take(self, event: str, element: etree._Element) -> None:
        if event == "start":
            if element.tag in ROOTS and self._invoice is None:
                self._invoice = element
        elif element.getparent() is self._invoice and element.tag not in ROOTS:
            if element.tag != ROOTS[self._invoice.tag].line_tag:
                raise RefusedError(OTHER_LINES)
            self._finished.append(element)
            if len(self._finished) > LINES_AT_ONCE:
                last = self._finished.pop()  # the parser may still write what follows it
                self._flush()
                self._finished = [last]

    def _flush(self) -> None:
        """Put finished lines through the stylesheet and let them go."""
        if not self._finished:
            return
        holder = etree.Element(self._invoice.tag, nsmap=self._invoice.nsmap)
        holder.extend(self._finished)
        self._finished = []
        check_attributes(holder)
        self._has_person_scheme |= has_person_scheme(holder)
        _, amounts, texts = records_in(holder)
        for column, values in zip(self._columns, zip(*amounts, strict=True), strict=True):
            column.extend(self._seen.setdefault(value, value) for value in values)
        if texts:
            self._texts.add(texts)
