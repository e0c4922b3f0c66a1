"""How is a document of the invented municipality written as an e-invoice?

OIOUBL 2.1 or Peppol BIS 3, with what is particular to each: numbers with DK, a VAT total in TaxExclusiveAmount and a
contact as the buyer's reference in the one; schemes 0184 and 0088 and a BuyerReference in the other.
"""

import uuid
from decimal import ROUND_HALF_UP, Decimal
from xml.sax.saxutils import escape

from procurement_kit.workshop.invented import BUYER_NUMBER, MUNICIPALITY_TITLE
from procurement_kit.workshop.planted import WRONG_SUM, Delivered, prints_account
from procurement_kit.workshop.purchases import ORE, BoughtDocument, BoughtLine

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PEPPOL_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_OIOUBL_PROFILE = "urn:www.nesubl.eu:profiles:profile5:ver2.0"
_TAX_SCHEME = {
    True: "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>",
    False: '<cac:TaxScheme><cbc:ID schemeAgencyID="320" schemeID="urn:oioubl:id:taxschemeid-1.1">63</cbc:ID>'
    "<cbc:Name>Moms</cbc:Name></cac:TaxScheme>",
}
_UNTAXED = ("08", "2005")  # passenger transport and insurance bear no VAT


def einvoice_text(delivered: Delivered) -> str:
    """The XML of a document, with its planted flaw."""
    document = delivered.document
    root = "CreditNote" if document.is_credit else "Invoice"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        "<!DOCTYPE Invoice>\n" if delivered.flaw == "doctype" else "",
        f'<{root} xmlns="{_UBL}:{root}-2" xmlns:cac="{_UBL}:CommonAggregateComponents-2" '
        f'xmlns:cbc="{_UBL}:CommonBasicComponents-2">\n',
        _peppol_head(document) if document.firm.sends_peppol else _oioubl_head(document),
        _references(document),
        _supplier(document),
        _buyer(document),
        _charge_and_rate(document),
        _totals(document, delivered.flaw),
        *(_line(document, line, position) for position, line in enumerate(document.lines, start=1)),
        f"</{root}>\n",
        "<!-- sent again -->\n" if delivered.flaw == "duplicate_again" else "",
    ]
    text = "".join(parts)
    return text[: len(text) * 2 // 3] if delivered.flaw == "broken" else text


def _element(name: str, text: object, **attributes: str) -> str:
    """One basic element; empty where there is no text."""
    if text in ("", None):
        return ""
    shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<cbc:{name}{shown}>{escape(str(text))}</cbc:{name}>"


def _amount(name: str, amount: Decimal, document: BoughtDocument) -> str:
    return _element(name, f"{amount:.2f}", currencyID=document.currency)


# --- head -----------------------------------------------------------------------------------------------------------


def _oioubl_head(document: BoughtDocument) -> str:
    kind = "" if document.is_credit else _element(
        "InvoiceTypeCode", "380", listAgencyID="320", listID="urn:oioubl:codelist:invoicetypecode-1.1"
    )  # fmt: skip
    name = f"{document.firm.name}|{document.number}"
    return (
        _element("UBLVersionID", "2.1")
        + _element("CustomizationID", "OIOUBL-2.1")
        + _element("ProfileID", _OIOUBL_PROFILE, schemeAgencyID="320", schemeID="urn:oioubl:id:profileid-1.2")
        + _element("ID", document.number)
        + _element("CopyIndicator", str(document.is_copy).lower())
        + _element("UUID", uuid.uuid5(uuid.NAMESPACE_URL, name))
        + _element("IssueDate", document.invoice_date)
        + kind
        + _element("DocumentCurrencyCode", document.currency)
        + _account(document)
    )


def _peppol_head(document: BoughtDocument) -> str:
    kind = ("CreditNoteTypeCode", "381") if document.is_credit else ("InvoiceTypeCode", "380")
    copy = _element("CopyIndicator", "true") if document.is_copy else ""  # not of the format, but seen
    return (
        _element("CustomizationID", _PEPPOL)
        + _element("ProfileID", _PEPPOL_PROFILE)
        + _element("ID", document.number)
        + copy
        + _element("IssueDate", document.invoice_date)
        + _element(*kind)
        + _element("DocumentCurrencyCode", document.currency)
        + _account(document)
        + _element("BuyerReference", _reference(document))
    )


def _account(document: BoughtDocument) -> str:
    return _element("AccountingCost", document.lines[0].account[0]) if prints_account(document) else ""


def _reference(document: BoughtDocument) -> str:
    """The buyer's reference: a role of the unit, no person's initials."""
    return f"{document.unit.kind}{document.unit.number[-2:]}"


def _references(document: BoughtDocument) -> str:
    text = ""
    if document.order_number:
        text += f"<cac:OrderReference>{_element('ID', document.order_number)}</cac:OrderReference>"
    if document.credits_number:
        inner = (
            f"<cac:InvoiceDocumentReference>{_element('ID', document.credits_number)}</cac:InvoiceDocumentReference>"
        )
        text += f"<cac:BillingReference>{inner}</cac:BillingReference>"
    return text


# --- parties --------------------------------------------------------------------------------------------------------


def _supplier(document: BoughtDocument) -> str:
    firm = document.firm
    scheme, number = _supplier_number(document)
    name = escape(document.printed_name)
    return (
        f"<cac:AccountingSupplierParty><cac:Party>{_element('EndpointID', number, schemeID=scheme)}"
        f"<cac:PartyName>{_element('Name', document.printed_name)}</cac:PartyName>"
        f"<cac:PostalAddress>{_element('CityName', 'Opdigtet')}<cac:Country>"
        f"{_element('IdentificationCode', firm.country)}</cac:Country></cac:PostalAddress>"
        f"<cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName>"
        f"{_element('CompanyID', number, schemeID=scheme)}</cac:PartyLegalEntity>"
        "</cac:Party></cac:AccountingSupplierParty>\n"
    )


def _supplier_number(document: BoughtDocument) -> tuple[str, str]:
    foreign = {"DE": ("9930", "DE000000001"), "SE": ("0007", "0000000001")}
    if document.firm.country in foreign:
        return foreign[document.firm.country]
    if document.firm.sends_peppol:
        return "0184", document.firm.number if int(document.voucher[1:]) % 2 else f"DK{document.firm.number}"
    return "DK:CVR", f"DK{document.firm.number}"


def _buyer(document: BoughtDocument) -> str:
    unit, peppol = document.unit, document.firm.sends_peppol
    scheme = "0088" if peppol else "GLN"
    number = ("0184", BUYER_NUMBER) if peppol else ("DK:CVR", f"DK{BUYER_NUMBER}")
    contact = "" if peppol else f"<cac:Contact>{_element('ID', _reference(document))}</cac:Contact>"
    return (
        f"<cac:AccountingCustomerParty><cac:Party>{_element('EndpointID', unit.gln, schemeID=scheme)}"
        f"<cac:PartyName>{_element('Name', unit.name)}</cac:PartyName>"
        f"<cac:PostalAddress>{_element('CityName', 'Demokøbing')}<cac:Country>"
        f"{_element('IdentificationCode', 'DK')}</cac:Country></cac:PostalAddress>"
        f"<cac:PartyLegalEntity>{_element('RegistrationName', MUNICIPALITY_TITLE)}"
        f"{_element('CompanyID', number[1], schemeID=number[0])}</cac:PartyLegalEntity>{contact}"
        "</cac:Party></cac:AccountingCustomerParty>\n"
    )


# --- amounts --------------------------------------------------------------------------------------------------------


def _is_taxed(line: BoughtLine) -> bool:
    return not line.category_code.startswith(_UNTAXED)


def _tax(amount: Decimal) -> Decimal:
    return (amount / 4).quantize(ORE, ROUND_HALF_UP)


def _tax_category(is_taxed: bool, peppol: bool, element: str = "TaxCategory") -> str:
    code = ("S" if is_taxed else "E") if peppol else ("StandardRated" if is_taxed else "ZeroRated")
    reason = _element("TaxExemptionReason", "Momsfri") if peppol and not is_taxed and element == "TaxCategory" else ""
    attributes = {} if peppol else {"schemeAgencyID": "320", "schemeID": "urn:oioubl:id:taxcategoryid-1.1"}
    percent = _element("Percent", "25" if is_taxed else "0")
    return f"<cac:{element}>{_element('ID', code, **attributes)}{percent}{reason}{_TAX_SCHEME[peppol]}</cac:{element}>"


def _subtotal(document: BoughtDocument, is_taxed: bool, taxable: Decimal) -> str:
    return (
        f"<cac:TaxSubtotal>{_amount('TaxableAmount', taxable, document)}"
        f"{_amount('TaxAmount', _tax(taxable) if is_taxed else Decimal(0), document)}"
        f"{_tax_category(is_taxed, document.firm.sends_peppol)}</cac:TaxSubtotal>"
    )


def _charge_and_rate(document: BoughtDocument) -> str:
    peppol = document.firm.sends_peppol
    charge = rate = ""
    if document.charge:
        charge = (
            f"<cac:AllowanceCharge>{_element('ChargeIndicator', 'true')}"
            f"{_element('AllowanceChargeReason', 'Fragt')}{_amount('Amount', document.charge, document)}"
            f"{_tax_category(_is_taxed(document.lines[0]), peppol)}</cac:AllowanceCharge>"
        )
    if document.exchange_rate:
        rate = (
            f"<cac:TaxExchangeRate>{_element('SourceCurrencyCode', document.currency)}"
            f"{_element('TargetCurrencyCode', 'DKK')}{_element('CalculationRate', document.exchange_rate)}"
            "</cac:TaxExchangeRate>"
        )
    return charge + rate


def _totals(document: BoughtDocument, flaw: str) -> str:
    """Taxes and the sums of the document; OIOUBL puts the VAT total in TaxExclusiveAmount."""
    sums = {True: Decimal(0), False: Decimal(0)}
    for line in document.lines:
        sums[_is_taxed(line)] += line.amount
    sums[_is_taxed(document.lines[0])] += document.charge
    vat = _tax(sums[True])
    net = document.line_sum + document.charge
    wrong = Decimal(flaw.removeprefix(WRONG_SUM)) if flaw.startswith(WRONG_SUM) else Decimal(0)
    subtotals = "".join(_subtotal(document, taxed, amount) for taxed, amount in sums.items() if amount)
    charge = _amount("ChargeTotalAmount", document.charge, document) if document.charge else ""
    exclusive = net if document.firm.sends_peppol else vat
    return (
        f"<cac:TaxTotal>{_amount('TaxAmount', vat, document)}{subtotals}</cac:TaxTotal>"
        f"<cac:LegalMonetaryTotal>{_amount('LineExtensionAmount', document.line_sum + wrong, document)}"
        f"{_amount('TaxExclusiveAmount', exclusive, document)}{_amount('TaxInclusiveAmount', net + vat, document)}"
        f"{charge}{_amount('PayableAmount', net + vat, document)}</cac:LegalMonetaryTotal>\n"
    )


# --- lines ----------------------------------------------------------------------------------------------------------


def _line(document: BoughtDocument, line: BoughtLine, position: int) -> str:
    root, quantity = ("CreditNoteLine", "Credited") if document.is_credit else ("InvoiceLine", "Invoiced")
    peppol, taxed = document.firm.sends_peppol, _is_taxed(line)
    tax = (
        ""
        if peppol
        else f"<cac:TaxTotal>{_amount('TaxAmount', _tax(line.amount) if taxed else Decimal(0), document)}"
        f"{_subtotal(document, taxed, line.amount)}</cac:TaxTotal>"
    )
    return (
        f"<cac:{root}>{_element('ID', position)}"
        f"{_element(f'{quantity}Quantity', line.quantity, unitCode=line.unit_code)}"
        f"{_amount('LineExtensionAmount', line.amount, document)}{tax}{_item(line, peppol)}"
        f"<cac:Price>{_amount('PriceAmount', line.unit_price, document)}"
        f"{_element('BaseQuantity', 1, unitCode=line.unit_code)}</cac:Price></cac:{root}>\n"
    )


def _item(line: BoughtLine, peppol: bool) -> str:
    article = line.article
    number = code = ""
    if article:
        number = f"<cac:SellersItemIdentification>{_element('ID', article.number)}</cac:SellersItemIdentification>"
    if article and article.unspsc_code:
        attributes = {"listID": "TST" if peppol else "UNSPSC", "listVersionID": "19.0501"}
        inner = _element("ItemClassificationCode", article.unspsc_code, **attributes)
        code = f"<cac:CommodityClassification>{inner}</cac:CommodityClassification>"
    tax = _tax_category(_is_taxed(line), True, "ClassifiedTaxCategory") if peppol else ""
    return f"<cac:Item>{_element('Description', line.note)}{_element('Name', line.text)}{number}{code}{tax}</cac:Item>"
