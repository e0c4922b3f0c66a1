"""How fast are e-invoices read, beside a bare loop of compiled XPaths over the same files in the same run?

Run `uv run pytest tests/benchmarks/test_einvoice_speed.py -n 0 -s --benchmark-only`. Ratios of CPU time, the
best of several short rounds that take turns, since the machine is noisy. The bare loop checks nothing, masks nothing,
and makes no table.
"""

import sys
import time

import pytest
from lxml import etree

from procurement_kit.intake.einvoice_batches import CHUNK, Item, chunks_of, read_chunk
from procurement_kit.intake.einvoices import Reading
from procurement_kit.intake.money import Rates

DOCUMENTS, ROUNDS = 3000, 5
# The aims are 0.7 of the bare loop on one process, and 1.7 times one process on two. They are not reached yet: asserted
# is what has been seen to hold, and on two processes only how much work is taken off the first, since that does not
# hang on a free core. The speed on two is shown.
ALONE, TAKEN_OFF = 0.4, 1.2
READING = Reading("prøveby", b"0" * 32, Rates("DKK"))
UBL = "urn:oasis:names:specification:ubl:schema:xsd"
NAMES = {"cac": f"{UBL}:CommonAggregateComponents-2", "cbc": f"{UBL}:CommonBasicComponents-2"}
SUPPLIER, BUYER = "cac:AccountingSupplierParty/cac:Party/", "cac:AccountingCustomerParty/cac:Party/"
HEADER = (
    "cbc:CustomizationID", "cbc:ID", "cbc:UUID", "cbc:IssueDate", "cbc:DocumentCurrencyCode", "cbc:AccountingCost",
    "cac:OrderReference/cbc:ID", SUPPLIER + "cac:PartyLegalEntity/cbc:CompanyID", SUPPLIER + "cac:PartyName/cbc:Name",
    SUPPLIER + "cac:PostalAddress/cac:Country/cbc:IdentificationCode", BUYER + "cbc:EndpointID",
    BUYER + "cac:PartyName/cbc:Name", "cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
    "cac:LegalMonetaryTotal/cbc:PayableAmount", "cac:TaxTotal/cbc:TaxAmount",
)  # fmt: skip
LINE = (
    "cbc:ID", "cbc:LineExtensionAmount", "cbc:InvoicedQuantity|cbc:CreditedQuantity",
    "cbc:InvoicedQuantity/@unitCode|cbc:CreditedQuantity/@unitCode", "cac:Item/cbc:Name", "cac:Item/cbc:Description",
    "cac:Item/cac:SellersItemIdentification/cbc:ID", "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode",
    "cac:Price/cbc:PriceAmount", "cbc:AccountingCost",
)  # fmt: skip
PARTY = (
    "cbc:EndpointID", "cbc:EndpointID/@schemeID", "cac:PartyIdentification/cbc:ID", "cac:PartyTaxScheme/cbc:CompanyID",
    "cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyLegalEntity/cbc:CompanyID/@schemeID", "cac:Contact/cbc:ID",
)  # fmt: skip
MORE_HEADER = (
    *(SUPPLIER + path for path in PARTY), *(BUYER + path for path in PARTY), "cbc:CopyIndicator", "cbc:BuyerReference",
    "cac:ContractDocumentReference/cbc:ID", "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
    "cac:InvoicePeriod/cbc:StartDate", "cac:InvoicePeriod/cbc:EndDate", "cac:Delivery/cbc:ActualDeliveryDate",
    "cac:PayeeParty/cac:PartyLegalEntity/cbc:CompanyID", "cac:AllowanceCharge/cbc:Amount",
    "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount", "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount",
)  # fmt: skip
MORE_LINE = (
    "cbc:LineExtensionAmount/@currencyID", "cbc:FreeOfChargeIndicator", "cbc:Note", "cac:OrderLineReference/cbc:LineID",
    "cac:Item/cac:StandardItemIdentification/cbc:ID", "cac:Item/cac:ClassifiedTaxCategory/cbc:ID",
    "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID",
    "cac:AllowanceCharge/cbc:Amount", "cac:Price/cbc:BaseQuantity", "cac:InvoicePeriod/cbc:StartDate",
)  # fmt: skip


@pytest.fixture(scope="module")
def contents(shared_data):
    """The real documents, over and over."""
    files = sorted((shared_data / "einvoices").rglob("*.[xX][mM][lL]"))
    once = [path.read_bytes() for path in files]
    return [once[n % len(once)] for n in range(DOCUMENTS)]


def items_of(contents):
    return [Item(f"{n}.xml", f"{n:064}", content, None) for n, content in enumerate(contents)]


def bare_loop(header, line):
    """Parse, and read each path of each document and line as a text."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    on_header, on_line = (
        [etree.XPath(f"string({path})", namespaces=NAMES) for path in side] for side in (header, line)
    )
    lines = etree.XPath("cac:InvoiceLine|cac:CreditNoteLine", namespaces=NAMES)

    def loop(contents):
        rows = []
        for content in contents:
            root = etree.fromstring(content, parser)
            printed = [path(root) for path in on_header]
            rows += [printed + [path(element) for path in on_line] for element in lines(root)]
        return rows

    return loop


def say(words):
    sys.stdout.write(f"\n{words}\n")


def read_all(contents):
    items = items_of(contents)
    return [read_chunk(items[start : start + CHUNK], READING) for start in range(0, len(items), CHUNK)]


def best_of_turns(*tasks, clock):
    """The shortest time of each task; they take turns, so that all meet the same machine."""
    shortest = [float("inf")] * len(tasks)
    for _ in range(ROUNDS):
        for n, task in enumerate(tasks):
            start = clock()
            task()
            shortest[n] = min(shortest[n], clock() - start)
    return shortest


@pytest.mark.usefixtures("benchmark")  # skipped in plain runs
def test_one_process_beside_a_bare_loop(contents):
    bare, bare_all = bare_loop(HEADER, LINE), bare_loop(HEADER + MORE_HEADER, LINE + MORE_LINE)
    batch = contents[:1000]
    tasks = (lambda: bare(batch), lambda: bare_all(batch), lambda: read_all(batch))
    one, all_fields, ours = best_of_turns(*tasks, clock=time.process_time)
    rates = [f"{len(batch) / seconds:.0f}/s" for seconds in (one, all_fields, ours)]
    say(f"bare {rates[0]}, bare with our fields {rates[1]}, ours {rates[2]}: {one / ours:.2f}, {all_fields / ours:.2f}")
    assert one / ours > ALONE


@pytest.mark.usefixtures("benchmark")
def test_two_processes(contents):
    items = items_of(contents)

    def with_processes(count):
        return lambda: [
            chunk.lines.num_rows for chunk in chunks_of(iter(items), READING, expected_count=0, processes=count)
        ]

    with_processes(2)()  # the other process starts once
    tasks = (with_processes(1), with_processes(2))
    one, two = best_of_turns(*tasks, clock=time.perf_counter)
    alone, shared = best_of_turns(*tasks, clock=time.process_time)
    say(f"two processes: {one / two:.2f} times as fast; the first one's own work {alone / shared:.2f} times less")
    assert alone / shared > TAKEN_OFF
