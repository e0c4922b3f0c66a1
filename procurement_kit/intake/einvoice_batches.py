"""How are many e-invoices read, in parallel where it pays?

Chunks of documents become one Arrow table each, in other processes where there are many files. Order is kept, so that
two imports of the same files give the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from procurement_kit.intake.archives import SourceFile, zip_entries
from procurement_kit.intake.duplicates import DocumentFacts, KnownDocument, posting_of
from procurement_kit.intake.einvoices import Document, Reading, read_einvoice
from procurement_kit.intake.money import ZERO
from procurement_kit.intake.safe_xml import MAX_BYTES, RefusedError
from procurement_kit.store import arrow_schema
from procurement_kit.tables import SET_ASIDE_LINES

CHUNK, PARALLEL_FROM = 100, 1500
SCHEMA = arrow_schema(SET_ASIDE_LINES.schema())


class Item(NamedTuple):
    """One document to read: a file, or bytes out of an archive, or a reason why there is nothing to read."""

    source_name: str
    source_hash: str
    content: bytes | None
    path: Path | None
    refusal: str = ""


@dataclass
class Chunk:
    """Documents that have been read: control rows, facts for telling duplicates, and all their lines in order."""

    controls: list[dict]
    facts: list[DocumentFacts | None]
    hit_counts: list[int]
    lines: pa.Table


def items_of(sources: Sequence[SourceFile], reading: Reading) -> Iterator[Item]:
    """All documents in files and archives."""
    for source in sources:
        if source.kind == "einvoice":
            yield Item(source.name, source.hash, None, source.path)
            continue
        try:
            for name, content in zip_entries(source.path):
                inner = reading.masker.mask(name).text or ""
                yield Item(f"{source.name}/{inner}", source.hash, content, None)
        except RefusedError as refusal:
            yield Item(source.name, source.hash, None, None, str(refusal))


def chunks_of(items: Iterable[Item], reading: Reading, *, expected_count: int) -> Iterator[Chunk]:
    """Read documents chunk by chunk, in parallel where there are more than a few hundred."""
    chunks = _chunked(items)
    if expected_count <= PARALLEL_FROM:
        yield from (read_chunk(chunk, reading) for chunk in chunks)
        return
    from joblib import Parallel, cpu_count, delayed

    workers = Parallel(n_jobs=min(cpu_count(), 8), return_as="generator", pre_dispatch="2*n_jobs")
    yield from workers(delayed(read_chunk)(chunk, reading) for chunk in chunks)


def _chunked(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item.content or b"")
        if len(chunk) >= CHUNK or size > MAX_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def read_chunk(items: Sequence[Item], reading: Reading) -> Chunk:
    """Read some documents into one table."""
    documents = [_read(item, reading) for item in items]
    return Chunk(
        controls=[document.control for document in documents],
        facts=[_facts(document) for document in documents],
        hit_counts=[document.hit_count for document in documents],
        lines=_table(documents),
    )


def _read(item: Item, reading: Reading) -> Document:
    where = {"source_name": item.source_name, "source_hash": item.source_hash}
    if not item.refusal:
        return read_einvoice(_content(item), reading, **where)
    status = {"document_status": "held_back", "document_reason": item.refusal}
    return Document(where | status | {"line_count": 0}, reason=item.refusal)


def _content(item: Item) -> bytes:
    if item.path is None:
        return item.content or b""
    with item.path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _facts(document: Document) -> DocumentFacts | None:
    if document.reason or not document.lines:
        return None
    line, net = document.lines[0], document.net_total or ZERO
    known = KnownDocument(document.control["source_name"], line["document_currency"], net, document.is_copy)
    keys = (line["supplier_number"], line["document_number"], line["invoice_date"], line["document_currency"])
    return DocumentFacts(line["document_id"], document.uuid, document.is_copy, known, posting_of(*keys, net))


def _table(documents: Sequence[Document]) -> pa.Table:
    rows = [
        line | {"source_name": document.control["source_name"], "source_hash": document.control["source_hash"]}
        for document in documents
        for line in document.lines
    ]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], SCHEMA.field(name).type) for name in SCHEMA.names}, SCHEMA
    )
