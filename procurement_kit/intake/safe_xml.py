"""How is an XML file from outside read without harm?

lxml on bytes, never a path; no entities, no network, no DOCTYPE, few encodings, few attributes. Where one text node is
over 10 MB (an attached PDF), the file is read again through a filter that drops attachments. Nothing else is forgiven.
"""

import threading
from collections.abc import Iterable, Iterator
from io import StringIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

MAX_BYTES = 50_000_000
MAX_ATTRIBUTES = 64
MAX_DEPTH = 64
ENCODINGS = frozenset(("UTF-8", "UTF-16", "ISO-8859-1", "WINDOWS-1252", "US-ASCII"))
_ATTACHMENT = "EmbeddedDocumentBinaryObject"
# A place, not a count: the search stops at the first attribute too many, however many there are.
_MANY_ATTRIBUTES = etree.XPath(f"boolean(descendant-or-self::*/attribute::*[{MAX_ATTRIBUTES + 1}])")
_NETWORK = (etree.ErrorTypes.IO_NETWORK_ATTEMPT, etree.ErrorTypes.IO_LOAD_ERROR)
_of_thread = threading.local()


class RefusedError(ValueError):
    """A document that cannot be read; the text is the reason, and holds nothing of the document."""


PARSER_SETTINGS = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
    "collect_ids": False,
}


def _parser() -> etree.XMLParser:
    if not hasattr(_of_thread, "parser"):
        _of_thread.parser = etree.XMLParser(**PARSER_SETTINGS)
    return _of_thread.parser


def safe_root(content: bytes) -> etree._Element:
    """Parse bytes and return the root element.

    Raises
    ------
    RefusedError
        If they are too many, not well-formed, or hold what an invoice never holds.

    Examples
    --------
    >>> safe_root(b"<a><b>1</b></a>").tag
    'a'
    >>> safe_root(b"<!DOCTYPE a><a/>")
    Traceback (most recent call last):
    procurement_kit.intake.safe_xml.RefusedError: has a DOCTYPE, which no invoice has
    """
    if len(content) > MAX_BYTES:
        raise RefusedError(f"is larger than {MAX_BYTES // 1_000_000} MB")
    if not content or content.isspace():
        raise RefusedError("is empty")
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        if not is_text_too_long(error):
            raise RefusedError(syntax_reason(error)) from None
        root = _filtered_root(content)
    check_document(root)
    check_attributes(root)
    return root


def is_text_too_long(error: etree.XMLSyntaxError) -> bool:
    """Whether a file was refused for a text over ten megabytes, as an attachment is."""
    return "Text node too long" in str(error.msg)


def syntax_reason(error: etree.XMLSyntaxError) -> str:
    """Say where, not what: libxml2's own message may quote the document."""
    if error.code in _NETWORK:
        return "has a DOCTYPE, which no invoice has: it asks for something outside the file"
    name = etree.ErrorTypes._getName(error.code, "error").removeprefix("ERR_").replace("_", " ").lower()
    return f"is not well-formed XML ({name}, line {error.lineno})"


def check_document(root: etree._Element) -> None:
    """Refuse a DOCTYPE and other encodings.

    Raises
    ------
    RefusedError
        If there is one.
    """
    about = root.getroottree().docinfo
    if about.internalDTD is not None or about.externalDTD is not None:
        raise RefusedError("has a DOCTYPE, which no invoice has")
    if (about.encoding or "UTF-8").upper() not in ENCODINGS:
        raise RefusedError(f"is in an encoding that is not read; expected one of {', '.join(sorted(ENCODINGS))}")


def check_attributes(root: etree._Element) -> None:
    """Refuse an element with more attributes than any invoice has.

    Raises
    ------
    RefusedError
        If there is one.
    """
    if _MANY_ATTRIBUTES(root):
        raise RefusedError(f"has an element with more than {MAX_ATTRIBUTES} attributes")


def _filtered_root(content: bytes) -> etree._Element:
    try:
        return etree.fromstring(b"".join(without_attachments([content])), _parser())
    except etree.XMLSyntaxError as error:
        raise RefusedError(syntax_reason(error)) from None


def without_attachments(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Copy a document, without the text of its attachments.

    Raises
    ------
    RefusedError
        If it is not well-formed, or holds what an invoice never holds.
    """
    copier = _Copier()
    try:
        for block in blocks:
            copier.parser.Parse(block, False)
            yield copier.taken()
        copier.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RefusedError(f"is not well-formed XML (line {error.lineno})") from None
    except (LookupError, UnicodeError):
        raise RefusedError("is in an encoding that is not read") from None
    yield copier.taken()


class _Copier:
    """Copies a document without the text of its attachments."""

    def __init__(self):
        self.out = StringIO()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration
        self._depth = 0
        self._is_dropping = False

    def taken(self) -> bytes:
        """What has been copied since last asked."""
        text, self.out = self.out.getvalue(), StringIO()
        return text.encode()

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding or "UTF-8").upper() not in ENCODINGS:
            raise RefusedError("is in an encoding that is not read")

    def _doctype(self, *_: object) -> None:
        raise RefusedError("has a DOCTYPE, which no invoice has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise RefusedError(f"is nested deeper than {MAX_DEPTH}, or has an element with too many attributes")
        self._is_dropping = name.rpartition(":")[2] == _ATTACHMENT
        written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self.out.write(f"<{name}{written}>")

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._is_dropping = False
        self.out.write(f"</{name}>")

    def _text(self, text: str) -> None:
        if not self._is_dropping:
            self.out.write(escape(text))
