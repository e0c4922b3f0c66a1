"""Which UBL element carries which field of a document?

One XSLT 1.0 stylesheet gives all fields of a document as text in one call: a record for the header, and two for each
line, amounts and texts. Fields that most documents have stand in fixed places; seldom ones stand in one field, named.
White space in values is made single spaces, so tabs, line ends and double spaces can stand between values.
"""

from functools import cache
from typing import NamedTuple

from lxml import etree

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
CAC = f"{{{UBL}:CommonAggregateComponents-2}}"
INVOICE, CREDIT_NOTE = f"{{{UBL}:Invoice-2}}Invoice", f"{{{UBL}:CreditNote-2}}CreditNote"
RECORD, FIELD, NAMED, VALUE = "\n", "\t", "\r", "  "
HEADER_FIELDS = (
    "format_name", "document_number", "invoice_date", "type_code", "document_currency", "accounting_cost",
    "buyer_reference", "order_number", "taxes", "supplier", "buyer", "totals", "named",
)  # fmt: skip
TEXT_FIELDS = (
    "line_number", "quantity", "unit_code", "accounting_cost", "notes", "named", "item_name", "descriptions",
    "item_seller_number", "item_buyer_number", "item_standard", "classifications", "price", "price_base",
    "price_factor",
)  # fmt: skip
TOTALS = (
    "LineExtensionAmount", "AllowanceTotalAmount", "ChargeTotalAmount", "PayableAmount", "TaxInclusiveAmount",
    "PrepaidAmount", "PayableRoundingAmount",
)  # fmt: skip
OTHER_LINES = "has lines of the other kind: credit note lines in an invoice, or invoice lines in a credit note"
TWO_TOTALS = "states its totals more than once"
_RATE = (
    "SourceCurrencyCode", "TargetCurrencyCode", "CalculationRate", "SourceCurrencyBaseRate", "MathematicOperatorCode",
)  # fmt: skip


class DocumentKind(NamedTuple):
    """What a root element means: type of document, sign of its amounts, and the names that differ."""

    document_type: str
    sign: int
    name: str
    quantity: str

    @property
    def line_tag(self) -> str:
        """Tag of a line."""
        return f"{CAC}{self.name}Line"


ROOTS = {
    INVOICE: DocumentKind("invoice", 1, "Invoice", "InvoicedQuantity"),
    CREDIT_NOTE: DocumentKind("credit_note", -1, "CreditNote", "CreditedQuantity"),
}


@cache
def stylesheet() -> etree.XSLT:
    """The compiled stylesheet; it can open nothing and calls nothing."""
    templates = [
        f'<xsl:template match="{prefix}:{kind.name}">{_document(kind)}</xsl:template>'
        for prefix, kind in zip(("invoice", "credit"), ROOTS.values(), strict=True)
    ]
    text = (
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
        f'xmlns:cac="{CAC[1:-1]}" xmlns:cbc="{UBL}:CommonBasicComponents-2" '
        f'xmlns:invoice="{UBL}:Invoice-2" xmlns:credit="{UBL}:CreditNote-2"><xsl:output method="text"/>'
        f"{''.join(templates)}{_found('party', _party_parts())}"
        f"{_found('header', _seldom_in_header(), NAMED)}{_found('line', _seldom_on_line(), NAMED)}"
        "</xsl:stylesheet>"
    )
    return etree.XSLT(etree.XML(text), access_control=etree.XSLTAccessControl.DENY_ALL)


def _mark(sign: str) -> str:
    return sign and f"<xsl:text>{''.join(f'&#{ord(one)};' for one in sign)}</xsl:text>"


def _text(path: str) -> str:
    """One value; the first where there are several."""
    return f'<xsl:value-of select="normalize-space({"" if path == "." else path})"/>'


def _fields(*paths: str) -> str:
    return _mark(FIELD).join(map(_text, paths))


def _values(*paths: str) -> str:
    return _mark(VALUE).join(map(_text, paths))


def _each(path: str, *paths: str, first: str = "") -> str:
    """The values of each element at a path, each followed by its mark."""
    return f'<xsl:for-each select="{path}">{first}{_values(*paths)}{_mark(VALUE)}</xsl:for-each>'


def _group(path: str, content: str, count: int) -> str:
    """Fields of one element; as many empty ones where it is missing."""
    return (
        f'<xsl:for-each select="{path}[1]">{content}</xsl:for-each>'
        f'<xsl:if test="not({path})">{_mark(FIELD) * (count - 1)}</xsl:if>'
    )


def _found(mode: str, templates: dict[str, str], after: str = "") -> str:
    """Templates that write what is there; all else is passed over."""
    return f'<xsl:template match="*" mode="{mode}"/>' + "".join(
        f'<xsl:template match="{path}" mode="{mode}">{content}{_mark(after)}</xsl:template>'
        for path, content in templates.items()
    )


def _named(name: str, content: str) -> str:
    return _mark(f"{name}{VALUE}") + content


def _party_parts() -> dict[str, str]:
    """What is said of a party, three values each: what it is, the value, and its scheme where it has one."""
    identifier = ("cbc:CompanyID", "cbc:CompanyID/@schemeID")
    return {
        "cac:PartyLegalEntity": _three("legal", *identifier) + _three("registered", "cbc:RegistrationName"),
        "cbc:EndpointID": _three("endpoint", ".", "@schemeID"),
        "cac:PartyTaxScheme": _three("tax", *identifier),
        "cac:PartyIdentification": _three("party", "cbc:ID", "cbc:ID/@schemeID"),
        "cac:PartyName": _three("name", "cbc:Name"),
        "cac:PostalAddress": _three("country", "cac:Country/cbc:IdentificationCode"),
        "cac:Contact": _three("contact", "cbc:ID"),
    }


def _three(name: str, *paths: str) -> str:
    return _mark(f"{name}{VALUE}") + _values(*paths) + _mark(VALUE * (3 - len(paths)))


def _document(kind: DocumentKind) -> str:
    header = _mark(FIELD).join(
        [
            _fields("cbc:CustomizationID", "cbc:ID", "cbc:IssueDate", f"cbc:{kind.name}TypeCode"),
            _fields(
                "cbc:DocumentCurrencyCode", "cbc:AccountingCost", "cbc:BuyerReference", "cac:OrderReference/cbc:ID"
            ),
            _each("cac:TaxTotal/cbc:TaxAmount", ".", "@currencyID"),
            '<xsl:apply-templates select="cac:AccountingSupplierParty/cac:Party[1]/*" mode="party"/>',
            '<xsl:apply-templates select="cac:AccountingCustomerParty/cac:Party[1]/*" mode="party"/>',
            _each(
                "cac:LegalMonetaryTotal[1]",
                "*/@currencyID",
                "cbc:LineExtensionAmount/@currencyID",
                *(f"cbc:{name}" for name in TOTALS),
            ),
            '<xsl:apply-templates select="*" mode="header"/>',
        ]
    )
    line = f"{_line_amounts()}{_mark(RECORD)}{_line_texts(kind)}{_mark(RECORD)}"
    return f'{header}{_mark(RECORD)}<xsl:for-each select="cac:{kind.name}Line">{line}</xsl:for-each>'


def _line_amounts() -> str:
    charge = ("cbc:ChargeIndicator", "cbc:Amount", "cac:TaxCategory/cbc:ID", "cac:TaxCategory/cbc:Percent")
    vat = ("cbc:ID", "cbc:Percent", "cac:TaxScheme/cbc:ID")
    return _mark(FIELD).join(
        [
            _fields("cbc:LineExtensionAmount", "cbc:LineExtensionAmount/@currencyID"),
            f'<xsl:for-each select="cbc:FreeOfChargeIndicator[1]">{_text(".")}</xsl:for-each>',
            _each("cac:AllowanceCharge", *charge),
            _each("cac:Item/cac:ClassifiedTaxCategory[1]", *vat)
            + _each("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory", *vat),
        ]
    )


def _line_texts(kind: DocumentKind) -> str:
    item = _mark(FIELD).join(
        [
            _text("cbc:Name"),
            _each("cbc:Description", "."),
            _fields("cac:SellersItemIdentification/cbc:ID", "cac:BuyersItemIdentification/cbc:ID"),
            _each("cac:StandardItemIdentification/cbc:ID[1]", ".", "@schemeID"),
            _each("cac:CommodityClassification/cbc:ItemClassificationCode", "@listID", "@listVersionID", "."),
        ]
    )
    price = _fields("cbc:PriceAmount", "cbc:BaseQuantity", "cbc:OrderableUnitFactorRate")
    return _mark(FIELD).join(
        [
            _fields("cbc:ID", f"cbc:{kind.quantity}", f"cbc:{kind.quantity}/@unitCode", "cbc:AccountingCost"),
            _each("cbc:Note", "."),
            '<xsl:apply-templates select="*" mode="line"/>',
            _group("cac:Item", item, 6),
            _group("cac:Price", price, 3),
        ]
    )


def _seldom_in_header() -> dict[str, str]:
    rates = {
        f"cac:{name}ExchangeRate": _named("rate", _mark(f"{name}{VALUE}") + _values(*(f"cbc:{part}" for part in _RATE)))
        for name in ("Pricing", "Tax", "Payment")
    }
    return rates | _seldom_on_both() | _flaws() | {
        "cbc:UUID": _named("uuid", _text(".")),
        "cbc:CopyIndicator": _named("copy", _text(".")),
        "cac:ContractDocumentReference": _named("contract", _text("cbc:ID")),
        "cac:ProjectReference": _named("project", _text("cbc:ID")),
        "cac:AdditionalDocumentReference": _named("reference", _values("cbc:DocumentTypeCode", "cbc:ID")),
        "cac:PayeeParty": _named("payee", '<xsl:apply-templates select="*" mode="party"/>'),
        "cac:AllowanceCharge": _named(
            "charge",
            _values("cbc:ChargeIndicator", "cbc:Amount", "cac:TaxCategory/cbc:ID", "cac:TaxCategory/cbc:Percent"),
        ),
    }  # fmt: skip


def _flaws() -> dict[str, str]:
    """What no invoice has, and what would else be passed over in silence."""
    return {
        "invoice:Invoice/cac:CreditNoteLine": _named("flaw", _mark(OTHER_LINES)),
        "credit:CreditNote/cac:InvoiceLine": _named("flaw", _mark(OTHER_LINES)),
        "cac:LegalMonetaryTotal[preceding-sibling::cac:LegalMonetaryTotal]": _named("flaw", _mark(TWO_TOTALS)),
    }


def _seldom_on_line() -> dict[str, str]:
    sub_line = _named("part", _each("descendant-or-self::*/cac:Item", "cbc:Name"))
    order = _values("cbc:LineID", "cac:OrderReference/cbc:ID")
    return _seldom_on_both() | {
        "cac:OrderLineReference": _named("order", order),
        "cac:SubInvoiceLine": sub_line,
        "cac:SubCreditNoteLine": sub_line,
    }


def _seldom_on_both() -> dict[str, str]:
    billing = _values("cac:InvoiceDocumentReference/cbc:ID", "cac:CreditNoteDocumentReference/cbc:ID")
    return {
        "cbc:AccountingCostCode": _named("cost_code", _text(".")),
        "cac:InvoicePeriod": _named("period", _values("cbc:StartDate", "cbc:EndDate")),
        "cac:Delivery": _named("delivery", _text("cbc:ActualDeliveryDate")),
        "cac:BillingReference": _named("billing", billing),
    }
