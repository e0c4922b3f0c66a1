"""Which invoice lines does an e-invoice hold, and do they add up to what its header says?

UBL invoices and credit notes: OIOUBL 2.x and 3, Peppol BIS 3, PINT, EN 16931, NLCIUS. Sign is document type times
amount. A document whose lines do not add up to its header within 0.01 is held back, never scaled.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from lxml import etree

from procurement_kit.intake.einvoice_amounts import LineAmounts, RateFound, amounts_of, exchange_rate, net_amounts
from procurement_kit.intake.einvoice_fields import (
    CAC,
    Party,
    classification,
    date_of,
    first_text,
    flag_of,
    gtin_of,
    party_of,
    quantity_of,
    text_of,
    texts_of,
    vat_of,
)
from procurement_kit.intake.identifiers import without_filler
from procurement_kit.intake.identity import document_id, hash_of
from procurement_kit.intake.money import ZERO, Rates, round_amount, xml_decimal
from procurement_kit.intake.privacy import Masker, masker_for
from procurement_kit.intake.safe_xml import RefusedError, safe_root

INVOICE = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"
CREDIT_NOTE = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"
ROOTS = {INVOICE: ("invoice", 1, f"{CAC}InvoiceLine"), CREDIT_NOTE: ("credit_note", -1, f"{CAC}CreditNoteLine")}
_CREDIT_TYPES = ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532")
_PERSON_ANYWHERE = etree.XPath("boolean(//@schemeID[.='DK:CPR' or .='0237'])")
_PERSONAL_MARKS = etree.XPath(
    "//*[local-name()='AdditionalDocumentReference'][*[local-name()='DocumentTypeCode']='PersonalSecure']/*[local-name()='ID']"
)
_MASKED_LINE_TEXTS = {
    "item_seller_number": "Item/SellersItemIdentification/ID",
    "item_buyer_number": "Item/BuyersItemIdentification/ID",
    "order_line_number": "OrderLineReference/LineID",
}


@dataclass(frozen=True)
class Reading:
    """What is needed to read a municipality's documents; small, so that it can be sent to other processes."""

    municipality_name: str
    key: bytes
    rates: Rates

    @property
    def masker(self) -> Masker:
        """The masker of the municipality's key."""
        return masker_for(self.key)


@dataclass
class Document:
    """One document as read: its control row, its lines, and why it is held back if it is."""

    control: dict
    lines: list[dict] = field(default_factory=list)
    reason: str | None = None
    uuid: str | None = None
    is_copy: bool = False
    net_total: Decimal | None = None
    hit_count: int = 0


def read_einvoice(content: bytes, reading: Reading, *, source_name: str = "", source_hash: str = "") -> Document:
    """Read one e-invoice; what cannot be read or does not add up comes back with a reason.

    Parameters
    ----------
    content : bytes
        The file.
    reading : Reading
        Municipality, key and exchange rates.
    source_name, source_hash : str
        Where it came from, the name masked.

    Returns
    -------
    Document
        `reason` is empty where every line can be taken in.
    """
    document = Document({"source_name": source_name, "source_hash": source_hash, "line_count": 0})
    try:
        root = safe_root(content)
        if root.tag not in ROOTS:
            raise RefusedError("is not a UBL invoice or credit note")
        _fill(document, root, reading)
    except RefusedError as refusal:
        document.reason = str(refusal)
    document.control["document_status"] = "held_back" if document.reason else "taken_in"
    document.control["document_reason"] = document.reason
    return document


def _fill(document: Document, root: etree._Element, reading: Reading) -> None:
    document_type, sign, line_tag = ROOTS[root.tag]
    header, hits = _header(root, document_type, reading)
    codes = set(header.pop("codes"))
    lines = root.findall(line_tag)
    amounts = amounts_of(root, lines, sign=sign, is_oioubl=(header["format_name"] or "").upper().startswith("OIOUBL"))
    codes |= amounts.check_codes
    header["document_currency"] = amounts.currency
    rate = exchange_rate(root, amounts.currency, header["invoice_date"], reading.rates)
    identity = header["supplier_number"] or header["supplier_account_number"] or header["supplier_name"]
    worth = (amounts.currency, None if amounts.net is None else f"{sum(amounts.net, ZERO):.4f}")
    number, day = header["document_number"], header["invoice_date"]
    header["document_id"] = document_id(document_type, identity, number, day, *worth)
    document.control |= {key: header[key] for key in _CONTROL_KEYS} | amounts.control
    document.uuid, document.is_copy, document.hit_count = header["document_uuid"], header["is_copy"], hits
    document.reason = amounts.reason or _missing(header)
    document.net_total = None if amounts.net is None else sum(amounts.net, ZERO)
    kroner = net_amounts(amounts, rate)
    for position, line in enumerate(lines, start=1):
        own = _line(line, sign, amounts.lines[position - 1], set(codes), reading.masker)
        document.hit_count += own.pop("own_hits")
        line_columns = header | own | _place(header, own, position, hits, amounts, kroner, rate)
        document.lines.append(_all_masked(line_columns, reading.masker))


_OURS = ("municipality_name", "source_kind", "source_name", "source_hash", "line_id", "document_id", "document_type")


def _all_masked(line: dict, masker: Masker) -> dict:
    """The line with every text masked, also where nobody expects a number: codes, schemes, units, countries."""
    return {
        name: masker.mask(value, name).text if isinstance(value, str) and name not in _OURS else value
        for name, value in line.items()
    }


_CONTROL_KEYS = ("document_id", "document_number", "document_type", "format_name", "document_currency")


def _missing(header: dict) -> str | None:
    missing = [name for name in ("document_number", "invoice_date") if header[name] is None]
    return f"has no {' and no '.join(name.replace('_', ' ') for name in missing)}" if missing else None


def _place(header: dict, own: dict, position: int, hits: int, amounts, kroner: list, rate: RateFound) -> dict:
    """Position, identity and amounts of a line in its document."""
    inherited = ("account_number", "delivery_from_date", "delivery_to_date", "order_number")
    return {
        "line_id": hash_of(header["document_id"], position),
        "line_position": position,
        "source_row": position,
        **{name: own[name] if own[name] is not None else header[name] for name in inherited},
        "document_net_amount": amounts.net[position - 1] if amounts.net else None,
        "net_amount": kroner[position - 1] if kroner else None,
        "exchange_rate": rate.rate,
        "exchange_rate_source": rate.source,
        "privacy_hit_count": own["privacy_hit_count"] + hits,
        "privacy_level": max(header["privacy_level"], 1 if own["privacy_hit_count"] else 0),
    }


def _header(root: etree._Element, document_type: str, reading: Reading) -> tuple[dict, int]:
    masker = reading.masker
    supplier = party_of(root.find(f"{CAC}AccountingSupplierParty/{CAC}Party"), masker)
    buyer = party_of(root.find(f"{CAC}AccountingCustomerParty/{CAC}Party"), masker)
    payee = party_of(root.find(f"{CAC}PayeeParty"), masker)
    texts, hits = _header_texts(root, masker)
    hits += supplier.hit_count + buyer.hit_count + payee.hit_count
    type_code = first_text(root, "InvoiceTypeCode", "CreditNoteTypeCode")
    contradicts = type_code is not None and (type_code in _CREDIT_TYPES) != (document_type == "credit_note")
    header = {
        "municipality_name": reading.municipality_name,
        "source_kind": "einvoice",
        "document_type": document_type,
        "is_copy": flag_of(root, "CopyIndicator"),
        "invoice_date": date_of(root, "IssueDate"),
        "vat_basis": "ex",
        **_delivery(root),
        **texts,
        **_party_columns(supplier, buyer, payee),
        "privacy_level": _privacy_level(root, hits),
        "codes": {*supplier.check_codes, *buyer.check_codes, *(("type_code",) if contradicts else ())},
    }
    return header, hits


def _header_texts(root: etree._Element, masker: Masker) -> tuple[dict, int]:
    found = {
        "format_name": text_of(root, "CustomizationID"),
        "document_number": text_of(root, "ID"),
        "document_uuid": first_text(root, "UUID"),
        "buyer_reference": first_text(root, "BuyerReference", "AccountingCustomerParty/Party/Contact/ID"),
        "account_number": first_text(root, "AccountingCost", "AccountingCostCode"),
        "order_number": first_text(root, "OrderReference/ID"),
        "contract_reference_number": first_text(root, "ContractDocumentReference/ID"),
        "project_number": first_text(root, "ProjectReference/ID") or _project_reference(root),
        "credited_document_number": first_text(
            root, "BillingReference/InvoiceDocumentReference/ID", "BillingReference/CreditNoteDocumentReference/ID"
        ),
    }
    masked = {name: masker.mask(text, name) for name, text in found.items()}
    return {name: mask.text for name, mask in masked.items()}, sum(mask.hit_count for mask in masked.values())


def _project_reference(root: etree._Element) -> str | None:
    """A credit note has no element of its own for the project: a document reference of type 50."""
    for reference in root.iterfind(f"{CAC}AdditionalDocumentReference"):
        if text_of(reference, "DocumentTypeCode") == "50":
            return first_text(reference, "ID")
    return None


def _party_columns(supplier: Party, buyer: Party, payee: Party) -> dict:
    is_foreign = supplier.kind == "company" and supplier.country and supplier.country != (buyer.country or "DK")
    return {
        "supplier_number": supplier.company_number,
        "supplier_account_number": supplier.account_number,
        "supplier_account_scheme": supplier.account_scheme,
        "supplier_kind": "foreign" if is_foreign else supplier.kind,
        "supplier_name": supplier.name,
        "supplier_country": supplier.country,
        "payee_number": payee.company_number or payee.account_number,
        "buyer_number": buyer.company_number or (buyer.account_number if buyer.kind == "person" else None),
        "buyer_name": buyer.name,
        "buyer_gln_number": buyer.gln_number,
    }


def _privacy_level(root: etree._Element, hits: int) -> int:
    marks = [int(mark.text) for mark in _PERSONAL_MARKS(root) if (mark.text or "").strip() in ("1", "2", "3")]
    return max([*marks, 1 if hits or _PERSON_ANYWHERE(root) else 0])


def _delivery(element: etree._Element) -> dict:
    delivered = date_of(element, "Delivery/ActualDeliveryDate")
    return {
        "delivery_from_date": date_of(element, "InvoicePeriod/StartDate") or delivered,
        "delivery_to_date": date_of(element, "InvoicePeriod/EndDate") or delivered,
    }


def _line(line: etree._Element, sign: int, amounts: LineAmounts, codes: set[str], masker: Masker) -> dict:
    printed = {name: first_text(line, short_path) for name, short_path in _MASKED_LINE_TEXTS.items()}
    printed |= {
        "line_number": text_of(line, "ID"),
        "item_gtin_number": gtin_of(line),
        "item_name": first_text(line, "Item/Name"),
        "line_text": _line_text(line),
        "account_number": first_text(line, "AccountingCost", "AccountingCostCode"),
        "order_number": first_text(line, "OrderLineReference/OrderReference/ID"),
    }
    masked = {name: masker.mask(text, name) for name, text in printed.items()}
    hits = sum(mask.hit_count for mask in masked.values())
    quantity_path = "InvoicedQuantity" if sign > 0 else "CreditedQuantity"
    quantity = quantity_of(line, quantity_path, codes)
    values = {name: mask.text for name, mask in masked.items()} | _delivery(line) | _item_codes(line) | {
        "quantity": None if quantity is None else quantity * sign,
        "unit_code": _unit_code(line, quantity_path),
        "unit_price_amount": quantity_of(line, "Price/PriceAmount", codes),
        "price_base_quantity": quantity_of(line, "Price/BaseQuantity", codes),
        "price_unit_factor": quantity_of(line, "Price/OrderableUnitFactorRate", codes),
        "line_allowance_amount": amounts.allowance,
        "line_charge_amount": amounts.charge,
        "is_free_of_charge": amounts.is_free,
        "document_amount": amounts.amount,
        "privacy_hit_count": hits,
        "own_hits": hits,
    }  # fmt: skip
    codes |= amounts.check_codes | _price_codes(values, amounts, sign) | _sub_line_codes(line)
    return values | {"check_codes": " ".join(sorted(codes)) or None}


def _item_codes(line: etree._Element) -> dict:
    unspsc, version = classification(line, "UNSPSC", "TST")
    category, rate = vat_of(line)
    try:
        percent = round_amount(xml_decimal(rate), 4) if rate else None
    except ValueError:
        percent = None
    return {
        "item_unspsc_code": unspsc,
        "item_unspsc_version": version,
        "item_cpv_code": classification(line, "STI", "CPV")[0],
        "vat_category": category,
        "vat_rate": percent if percent is not None and abs(percent) < 100_000 else None,
    }


def _line_text(line: etree._Element) -> str | None:
    """Description and notes, each once, without what the item name says already."""
    name = text_of(line, "Item/Name")
    parts = dict.fromkeys(texts_of(line, "Item/Description") + texts_of(line, "Note"))
    return "; ".join(part for part in parts if part != name and without_filler(part)) or None


def _unit_code(line: etree._Element, quantity_path: str) -> str | None:
    found = next(line.iterchildren("{*}" + quantity_path), None)
    return None if found is None else (found.get("unitCode") or "").strip() or None


def _sub_line_codes(line: etree._Element) -> set[str]:
    has_sub_lines = any(line.iterchildren(f"{CAC}SubInvoiceLine", f"{CAC}SubCreditNoteLine"))
    return {"sub_lines"} if has_sub_lines else set()


def _price_codes(values: dict, amounts: LineAmounts, sign: int) -> set[str]:
    """Quantity × price against the amount, as each format counts it; information only."""
    quantity, price = values["quantity"], values["unit_price_amount"]
    if quantity is None or price is None or amounts.amount is None:
        return set()
    base = values["price_base_quantity"] or Decimal(1)
    factor = values["price_unit_factor"] or Decimal(1)
    extras = amounts.charge - amounts.allowance
    expected = (quantity * price / base + extras, quantity * price / base, quantity * price * factor)
    tolerance = Decimal(1) if amounts.is_oioubl else Decimal("0.02")
    return set() if any(abs(e - amounts.amount) <= tolerance for e in expected) else {"quantity_price"}
