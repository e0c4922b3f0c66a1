"""What has been read before?

Documents: same supplier, number and date, or same UUID, with the same amount. The same number with another amount is
another document: both count, and the control row says so. Ledger lines: same line identity. A document that stands both
as XML and as posting counts once. Whatever comes later is set aside, with what it repeats.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ibis

    from procurement_kit.settings import Municipality


class Verdict(NamedTuple):
    """Status and reason of a document that is set aside."""

    status: str
    reason: str


class Posting(NamedTuple):
    """What an e-invoice and a ledger have in common for the same purchase."""

    supplier_number: str
    document_number: str
    invoice_date: date
    currency: str
    amount: Decimal


class KnownDocument(NamedTuple):
    """A document that counts: where it was read, and what it is worth."""

    source_name: str
    currency: str
    amount: Decimal
    is_copy: bool = False


@dataclass
class DocumentFacts:
    """What must be known of a document to tell whether it was read before."""

    document_id: str
    uuid: str | None
    is_copy: bool
    known: KnownDocument
    posting: Posting | None


@dataclass
class Known:
    """Documents and ledger lines that count so far."""

    by_id: dict[str, KnownDocument] = field(default_factory=dict)
    by_uuid: dict[tuple, KnownDocument] = field(default_factory=dict)  # UUID, currency and amount
    by_number: dict[tuple, KnownDocument] = field(default_factory=dict)  # supplier, number and date
    einvoice_postings: dict[Posting, str] = field(default_factory=dict)
    ledger_postings: dict[Posting, str] = field(default_factory=dict)
    line_sources: dict[str, str] = field(default_factory=dict)

    def verdict(self, facts: DocumentFacts) -> Verdict | None:
        """Why a document does not count; None where it counts, and then it is remembered."""
        if same := self.by_id.get(facts.document_id):
            return Verdict("duplicate", f"same supplier, number, date and amount as a document in {same.source_name}")
        if (other := self._of_that_number(facts)) and (facts.is_copy or other.is_copy):
            return Verdict("duplicate", f"same supplier, number and date as {other.source_name}, one marked as a copy")
        if repeated := self.by_uuid.get(_uuid_key(facts)):
            return Verdict("duplicate", f"same UUID and amount as a document in {repeated.source_name}")
        if facts.posting and (posted := self.ledger_postings.get(facts.posting)):
            return Verdict("duplicate", f"stands as a posting in {posted}")
        self.remember(facts)
        return None

    def remark(self, facts: DocumentFacts) -> str | None:
        """What is odd about a document that counts."""
        other = self._of_that_number(facts)
        return (
            other and f"same supplier, number and date as a document in {other.source_name}, another amount: both count"
        )

    def _of_that_number(self, facts: DocumentFacts) -> KnownDocument | None:
        return self.by_number.get(facts.posting[:3]) if facts.posting else None

    def remember(self, facts: DocumentFacts) -> None:
        """Let a document count."""
        self.by_id[facts.document_id] = facts.known
        if facts.uuid:
            self.by_uuid[_uuid_key(facts)] = facts.known
        if facts.posting:
            self.einvoice_postings[facts.posting] = facts.known.source_name
            self.by_number.setdefault(facts.posting[:3], facts.known)


def _uuid_key(facts: DocumentFacts) -> tuple:
    """A UUID alone is not enough: there are senders who put the same one on every invoice."""
    return (facts.uuid, facts.known.currency, facts.known.amount)


def posting_of(
    supplier: str | None, number: str | None, day: date | None, currency: str, amount: Decimal
) -> Posting | None:
    """The key of a purchase; None where something is missing, for then nothing can be told."""
    if not (supplier and number and day and amount):
        return None
    return Posting(supplier, number.casefold(), day, currency, amount.quantize(Decimal("0.01")))


def known_documents(municipality: "Municipality", replaced: Iterable[str]) -> Known:
    """What counts already, without the files that are being replaced."""
    from procurement_kit.store import read_lines

    lines = read_lines(municipality)
    lines = lines.filter(~lines.source_hash.isin([*replaced, ""]))
    known = Known()
    for row in grouped_documents(lines.filter(lines.source_kind == "einvoice"), municipality):
        facts = _facts(row)
        known.remember(facts)
    for row in grouped_documents(lines.filter(lines.source_kind == "ledger"), municipality):
        if posting := _facts(row).posting:
            known.ledger_postings[posting] = row["source_name"]
    ledger = lines.filter(lines.source_kind == "ledger").select("line_id", "source_name")
    for batch in _batches(ledger, municipality):
        known.line_sources.update(zip(batch["line_id"].to_pylist(), batch["source_name"].to_pylist(), strict=True))
    return known


_GROUP = ("document_id", "document_uuid", "source_name", "supplier_number", "document_number", "invoice_date") + (
    "document_currency",
    "is_copy",
)


def grouped_documents(lines: "ibis.Table", municipality: "Municipality") -> Iterable[dict]:
    """One row per document: its identity and the exact sum of its lines."""
    groups = lines.group_by(list(_GROUP)).agg(amount=lines.document_net_amount.sum())
    for batch in _batches(groups, municipality):
        yield from batch.to_pylist()


def _facts(row: dict) -> DocumentFacts:
    amount = row["amount"] if row["amount"] is not None else Decimal(0)
    known = KnownDocument(row["source_name"], row["document_currency"], amount, row["is_copy"])
    keys = (row["supplier_number"], row["document_number"], row["invoice_date"], row["document_currency"])
    return DocumentFacts(row["document_id"], row["document_uuid"], row["is_copy"], known, posting_of(*keys, amount))


def posted_twice(lines: "ibis.Table", municipality: "Municipality", known: Known) -> dict[str, str]:
    """Ledger documents that are e-invoices too: document_id → the e-invoice's file; only where exactly one matches."""
    matches: dict[Posting, list[str]] = {}
    for row in grouped_documents(lines.filter(lines.source_kind == "ledger"), municipality):
        posting = _facts(row).posting
        if posting in known.einvoice_postings:
            matches.setdefault(posting, []).append(row["document_id"])
    return {ids[0]: known.einvoice_postings[posting] for posting, ids in matches.items() if len(ids) == 1}


def _batches(table: "ibis.Table", municipality: "Municipality"):
    from procurement_kit.store import batches_of

    return batches_of(table, municipality)
