"""How is an XML file from outside read without harm?

lxml on bytes, never a path; no entities, no network, no DOCTYPE, few encodings, few attributes. Where one text node is
over 10 MB (an attached PDF), the file is read again through a filter that drops attachments. Nothing else is forgiven.
"""

import threading
from io import StringIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

MAX_BYTES = 50_000_000
MAX_ATTRIBUTES = 64
MAX_DEPTH = 64
ENCODINGS = frozenset(("UTF-8", "UTF-16", "ISO-8859-1", "WINDOWS-1252", "US-ASCII"))
_ATTACHMENT = "EmbeddedDocumentBinaryObject"
_MANY_ATTRIBUTES = etree.XPath(f"boolean(//*[count(@*)>{MAX_ATTRIBUTES}])")
_of_thread = threading.local()


class RefusedError(ValueError):
    """A document that cannot be read; the text is the reason, and holds nothing of the document."""


def _parser() -> etree.XMLParser:
    if not hasattr(_of_thread, "parser"):
        _of_thread.parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
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
    if not content.strip():
        raise RefusedError("is empty")
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        if "Text node too long" not in str(error.msg):
            raise RefusedError(_syntax_reason(error)) from None
        root = _without_attachments(content)
    _check(root)
    return root


def _syntax_reason(error: etree.XMLSyntaxError) -> str:
    """Say where, not what: libxml2's own message may quote the document."""
    name = etree.ErrorTypes._getName(error.code, "error").removeprefix("ERR_").replace("_", " ").lower()
    return f"is not well-formed XML ({name}, line {error.lineno})"


def _check(root: etree._Element) -> None:
    about = root.getroottree().docinfo
    if about.internalDTD is not None or about.externalDTD is not None:
        raise RefusedError("has a DOCTYPE, which no invoice has")
    if (about.encoding or "UTF-8").upper() not in ENCODINGS:
        raise RefusedError(f"is in an encoding that is not read; expected one of {', '.join(sorted(ENCODINGS))}")
    if _MANY_ATTRIBUTES(root):
        raise RefusedError(f"has an element with more than {MAX_ATTRIBUTES} attributes")


def _without_attachments(content: bytes) -> etree._Element:
    copier = _Copier()
    try:
        copier.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise RefusedError(f"is not well-formed XML (line {error.lineno})") from None
    except (LookupError, UnicodeError):
        raise RefusedError("is in an encoding that is not read") from None
    try:
        return etree.fromstring(copier.out.getvalue().encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise RefusedError(_syntax_reason(error)) from None


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
