"""What does the file of an e-invoice hold, as plain text records?

The file is read with the safe settings, taken out of a transport envelope where it lies in one, and put through the
stylesheet. What is no invoice is refused with a reason that says what it is, and quotes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from procurement_kit.intake.einvoice_amounts import Lines
from procurement_kit.intake.einvoice_stylesheet import FIELD, RECORD, ROOTS, UBL, DocumentKind, stylesheet
from procurement_kit.intake.safe_xml import RefusedError, safe_root

_PERSONAL_SCHEMES = " or ".join(f".='{scheme}'" for scheme in ("DK:CPR", "0237", "CPR", "9901"))
_PERSON_ANYWHERE = etree.XPath(f"boolean(descendant::*/@schemeID[{_PERSONAL_SCHEMES}])")
ENVELOPE = "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument"
_OTHER_UBL = {
    "ApplicationResponse": "an answer to a document",
    "AttachedDocument": "a document wrapped in another",
    "Catalogue": "a catalogue",
    "DebitNote": "a debit note",
    "DespatchAdvice": "a despatch advice",
    "FreightInvoice": "a freight invoice",
    "Order": "an order",
    "OrderChange": "a change of an order",
    "OrderResponse": "an answer to an order",
    "OrderResponseSimple": "an answer to an order",
    "Quotation": "a quotation",
    "ReceiptAdvice": "a receipt advice",
    "Reminder": "a reminder",
    "RemittanceAdvice": "a remittance advice",
    "SelfBilledCreditNote": "a self-billed credit note",
    "SelfBilledInvoice": "a self-billed invoice",
    "Statement": "a statement of account",
    "UtilityStatement": "a utility statement",
}
_OTHERS = {f"{{{UBL}:{name}-2}}{name}": f"is {words} ({name}), not an invoice" for name, words in _OTHER_UBL.items()}
_OTHER_FORMATS = (  # beginning of the namespace → what it is
    ("urn:un:unece:uncefact:data:standard:CrossIndustry", "is a CII invoice, which is not read"),
    ("urn:ferd:CrossIndustryDocument", "is a CII invoice (ZUGFeRD 1), which is not read"),
    ("http://rep.oio.dk/ubl/xml/schemas/0p71", "is an OIOXML invoice, the format before OIOUBL, which is not read"),
    ("http://ivaservizi.agenziaentrate.gov.it", "is a FatturaPA invoice, which is not read"),
    ("http://www.w3.org/1999/xhtml", "is a web page, not an invoice"),
)
NOT_AN_INVOICE = "is not a UBL invoice or credit note"


@dataclass(slots=True)
class Records:
    """A document as text: a record for the header, columns of amounts as printed, and a text record for each line."""

    kind: DocumentKind
    header: str
    amounts: Lines
    texts: Sequence[str]
    has_person_scheme: bool


def read_records(content: bytes) -> Records:
    """Read the bytes of one document.

    Raises
    ------
    RefusedError
        If they are unsafe, not well-formed, or no invoice.
    """
    root = invoice_in(safe_root(content))
    header, amounts, texts = records_in(root)
    return Records(ROOTS[root.tag], header, Lines(*zip(*amounts, strict=True)), texts, has_person_scheme(root))


def records_in(root: etree._Element) -> tuple[str, list[list[str]], list[str]]:
    """Header record, amounts of each line, and text records of an invoice in a tree."""
    records = str(stylesheet()(root)).split(RECORD)
    return records[0], [record.split(FIELD) for record in records[1:-1:2]], records[2::2]


def has_person_scheme(root: etree._Element) -> bool:
    """Whether any identifier is given under a scheme of personal numbers."""
    return _PERSON_ANYWHERE(root)


def invoice_in(root: etree._Element) -> etree._Element:
    """The invoice or credit note: the root itself, or the only one in a transport envelope.

    Raises
    ------
    RefusedError
        If there is none.
    """
    if root.tag in ROOTS:
        return root
    if root.tag == ENVELOPE:
        inside = [child for child in root if child.tag in ROOTS]
        if len(inside) == 1:
            return inside[0]
        raise RefusedError(f"is a transport envelope (StandardBusinessDocument) around {len(inside)} invoices, not one")
    raise RefusedError(what_it_is(root.tag))


def what_it_is(tag: str) -> str:
    """Why a root element is not read, in plain words.

    Examples
    --------
    >>> what_it_is("{urn:oasis:names:specification:ubl:schema:xsd:Reminder-2}Reminder")
    'is a reminder (Reminder), not an invoice'
    >>> what_it_is("html")
    'is not a UBL invoice or credit note'
    """
    namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
    known = (words for start, words in _OTHER_FORMATS if namespace.startswith(start))
    return _OTHERS.get(tag) or next(known, NOT_AN_INVOICE)
