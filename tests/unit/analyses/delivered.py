"""What an import leaves behind, made by hand: two ledger lines held back, one invoice found twice, one file unread."""

from decimal import Decimal

from procurement_kit.store import table_of
from procurement_kit.tables import DOCUMENTS, INVOICE_LINES, SET_ASIDE_LINES
from tests.conftest import complete_lines

LEDGER, INVOICE, BROKEN = "h-ledger", "h-invoice", "h-broken"
NOTHING = {"lines": 0, "amount": "0.0000", "net_amount": "0.00"}


def part(lines: int, amount: str) -> dict:
    """Lines and amount of one part, as load.json writes them."""
    return {"lines": lines, "amount": f"{amount}00", "net_amount": amount}


def source(hash_: str, name: str, kind: str, status: str, by_currency: dict, **more) -> dict:
    """What load.json says of a file."""
    facts = {"name": name, "hash": hash_, "kind": kind, "status": status, "by_currency": by_currency}
    return {"masked_count": 0, "format_name": "", "replaces_hash": "", "lines_replaced": 0} | facts | more


def loads() -> list[dict]:
    """One import of a ledger file, an e-invoice in two files of which one is broken, and a picture left alone."""
    ledger = {
        "read": part(5, "650.00"),
        "taken": part(3, "600.00"),
        "held_back": part(2, "50.00"),
        "duplicate": NOTHING,
    }
    invoice = {
        "read": part(2, "300.00"), "taken": part(1, "200.00"), "held_back": NOTHING, "duplicate": part(1, "100.00"),
    }  # fmt: skip
    sources = [
        source(
            LEDGER, "posteringer.csv", "ledger", "mixed", {"DKK": ledger}, masked_count=2, format_name="ledger_dk 1"
        ),
        source(INVOICE, "faktura.xml", "einvoice", "mixed", {"DKK": invoice}),
        source(BROKEN, "itu.xml", "einvoice", "held_back", {}),
    ]
    return [{"load_key": "0001-a", "sources": sources, "report": {"files_not_read": ["logo.png"]}}]


def ledger_line(**more) -> dict:
    """A line of the ledger file."""
    return {
        "source_hash": LEDGER,
        "source_name": "posteringer.csv",
        "vat_basis": "ex",
        "format_name": "ledger_dk 1",
    } | more


def invoice_line(**more) -> dict:
    """A line of the e-invoice."""
    own = {"source_kind": "einvoice", "source_hash": INVOICE, "source_name": "faktura.xml", "format_name": "OIOUBL-2.1"}
    return own | {"vat_basis": "ex", "line_id": "E1"} | more


def lines_taken() -> list[dict]:
    """Three ledger lines of 100, 200 and 300, and an invoice line of 200."""
    return [
        ledger_line(net="100.00", supplier_number="99999993", posting_date=None),
        ledger_line(net="200.00", supplier_number="12345678", check_codes="cvr_modulus quantity_price"),
        ledger_line(net="300.00", supplier_kind="person", supplier_name="Privatperson"),
        invoice_line(net="200.00", supplier_number="99999993", buyer_gln_number="5799990000010", item_name="Papir"),
    ]


def lines_aside() -> list[dict]:
    """Two ledger lines held back for two reasons, an invoice line found twice."""
    held = {"set_aside_status": "held_back"}
    return [
        ledger_line(source_row=9, net="20.00", set_aside_reason="row 9: there is no date", line_id="H1", **held),
        ledger_line(source_row=7, net="30.00", set_aside_reason="row 7: there is no date", line_id="H2", **held),
        invoice_line(
            net="100.00",
            line_id="T1",
            set_aside_status="duplicate",
            set_aside_reason="same UUID and amount as a document in faktura.xml",
        ),
    ]


def control_rows() -> list[dict]:
    """Control rows of the ledger file, the invoice, its repetition, and the file that could not be opened."""
    invoice = {"document_id": "d1", "source_name": "faktura.xml", "source_hash": INVOICE, "document_type": "invoice"}
    return [
        {"source_name": "posteringer.csv", "source_hash": LEDGER, "document_type": "posting", "line_count": 5,
         "document_status": "mixed", "document_reason": "3 taken, 2 held_back"},
        invoice | {"line_count": 1, "document_status": "taken_in", "format_name": "OIOUBL-2.1"},
        invoice | {"line_count": 1, "document_status": "duplicate", "format_name": "OIOUBL-2.1",
                   "document_reason": "same UUID and amount as a document in faktura.xml"},
        {"source_name": "itu.xml", "source_hash": BROKEN, "line_count": 0, "document_status": "held_back",
         "document_reason": "is not well-formed XML (tag name mismatch, line 3)"},
    ]  # fmt: skip


def tables(*, taken=None, aside=None, controls=None) -> dict:
    """The three datasets as tables."""
    rows = complete_lines(lines_taken() if taken is None else taken)
    set_aside = complete_lines(lines_aside() if aside is None else aside)
    for row in [*rows, *set_aside]:
        row["document_amount"] = Decimal(row["document_amount"])
    return {
        "lines": table_of(rows, INVOICE_LINES.schema("intake")),
        "set_aside": table_of(set_aside, SET_ASIDE_LINES.schema()),
        "documents": table_of(control_rows() if controls is None else controls, DOCUMENTS.schema()),
    }
