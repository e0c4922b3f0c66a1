"""How are many e-invoices read, in parallel where it pays?

Chunks of documents become one Arrow table each. Where there are many, other processes read too, and this one reads on
while it waits for them. Order is kept, so that two imports of the same files give the same bytes.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from procurement_kit.intake.archives import SourceFile, ZipMember, told_apart, zip_entries
from procurement_kit.intake.big_einvoices import TREE_BYTES, OpenFile
from procurement_kit.intake.einvoices import Chunk, Reading, documents_of, records_or_reason
from procurement_kit.intake.safe_xml import RefusedError

CHUNK, PARALLEL_FROM, MOST_PROCESSES = 250, 3000, 8
CHUNK_BYTES = 20_000_000


class Item(NamedTuple):
    """One document to read: a file, or bytes or a member of an archive, or a reason why there is nothing to read."""

    source_name: str
    source_hash: str
    content: bytes | None
    path: Path | None
    refusal: str = ""
    member: ZipMember | None = None

    @property
    def is_big(self) -> bool:
        """Whether it is read piece by piece, by this process."""
        return self.member is not None or (self.path is not None and self.path.stat().st_size > TREE_BYTES)


def items_of(sources: Sequence[SourceFile], reading: Reading) -> Iterator[Item]:
    """All documents in files and archives."""
    for source in sources:
        if source.kind == "einvoice":
            yield Item(source.name, source.hash, None, source.path)
            continue
        try:
            used: Counter[str] = Counter()
            for name, found in zip_entries(source.path):
                inner = told_apart(reading.masker.mask(name).text or "", used)
                content, member = (None, found) if isinstance(found, ZipMember) else (found, None)
                yield Item(f"{source.name}/{inner}", source.hash, content, None, member=member)
        except RefusedError as refusal:
            yield Item(source.name, source.hash, None, None, str(refusal))


def chunks_of(
    items: Iterable[Item], reading: Reading, *, expected_count: int, processes: int | None = None
) -> Iterator[Chunk]:
    """Read documents chunk by chunk, in several processes where there are some thousands.

    Parameters
    ----------
    items : iterable of Item
        The documents.
    reading : Reading
        Municipality, key and exchange rates.
    expected_count : int
        How many there may be.
    processes : int, optional
        How many processes read, this one counted; by default as many as there are cores.
    """
    chunks = _chunked(items)
    if processes is None:
        processes = _core_count() if expected_count > PARALLEL_FROM else 1
    if processes <= 1:
        yield from (read_chunk(chunk, reading) for chunk in chunks)
    else:
        yield from _in_parallel(chunks, reading, processes - 1)


def _core_count() -> int:
    from joblib import cpu_count

    return min(cpu_count(), MOST_PROCESSES)


def _in_parallel(chunks: Iterator[list[Item]], reading: Reading, workers: int) -> Iterator[Chunk]:
    """Chunks in order: other processes have two each to read, and this one reads while the next is not there yet."""
    from joblib.externals.loky import ProcessPoolExecutor  # its workers start in notebooks and on Windows too

    with ProcessPoolExecutor(max_workers=workers) as executor:
        waiting: deque[Future | Chunk] = deque()
        given = 0
        while True:
            while given < 2 * workers and (chunk := next(chunks, None)):
                is_own = any(item.is_big for item in chunk)
                waiting.append(read_chunk(chunk, reading) if is_own else executor.submit(read_chunk, chunk, reading))
                given += not is_own
            if not waiting:
                return
            first = waiting[0]
            is_late = isinstance(first, Future) and not first.done() and len(waiting) < 8 * workers
            if is_late and (own := next(chunks, None)):
                waiting.append(read_chunk(own, reading))
                continue
            given -= isinstance(first, Future)
            waiting.popleft()
            yield first.result() if isinstance(first, Future) else first


def _chunked(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        if item.is_big:
            if chunk:
                yield chunk
            yield [item]
            chunk, size = [], 0
            continue
        chunk.append(item)
        size += len(item.content or b"")
        if len(chunk) >= CHUNK or size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def read_chunk(items: Sequence[Item], reading: Reading) -> Chunk:
    """Read some documents into one table."""
    found = [item.refusal or _read(item) for item in items]
    return documents_of(found, [(item.source_name, item.source_hash) for item in items], reading)


def _read(item: Item):
    try:
        return records_or_reason(_content(item))
    except RefusedError as refusal:  # the archive is damaged where this one lies
        return str(refusal)


def _content(item: Item) -> bytes | OpenFile:
    if item.member is not None:
        return item.member.open
    if item.path is None:
        return item.content or b""
    if item.is_big:
        path = item.path
        return lambda: path.open("rb")
    return item.path.read_bytes()
