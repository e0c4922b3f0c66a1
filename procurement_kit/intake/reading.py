"""How is everything read so that an interrupted import goes on where it stopped?

Files are read in units: two thousand e-invoices, or one ledger file. A unit is a folder in `pending/` that appears when
it is whole; the next run with the same files takes the finished ones as they are. Everything is masked by then.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit import folders, store
from procurement_kit.errors import ProcurementError
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile
from procurement_kit.intake.einvoice_batches import Chunk, chunks_of, items_of
from procurement_kit.intake.einvoices import Reading
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.line_kinds import with_marks
from procurement_kit.intake.load_plan import Plan, recorded
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.report import Sum, Tally, status_of, tally_table
from procurement_kit.keys import read_key
from procurement_kit.settings import Municipality

Progress = Callable[[int, int], None]
DATASETS = ("lines", "set_aside", "documents")
FACTS = "facts.json"
DOCUMENTS_PER_UNIT, LINES_AT_ONCE = 2_000, 50_000
IMPORT_SIZE = 10**9  # more documents than one import can hold: keeps the orders of reading of two imports apart
_SEVERAL = 10**6  # how many documents an archive may hold: enough to be worth several processes


@dataclass
class Counted:
    """What has been counted while reading, and the folders of the units in order."""

    read: Tally = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    units: list[Path] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # hashes of ledger files that could not be read

    def without_lines(self, sources: list[SourceFile]) -> set[str]:
        """Hashes of files that could not be read: ledgers held back as a whole, e-invoices and ZIPs without a line."""
        read = {hash_ for hash_, _ in self.read}
        return self.unread | {s.hash for s in sources if s.kind != "ledger" and s.hash not in read}

    def add(self, unit: Path) -> dict:
        """Count a finished unit up; returns its facts."""
        facts = json.loads((unit / FACTS).read_text(encoding="utf-8"))
        self.units.append(unit)
        self.unread |= set(facts["unread"])
        for hash_, currency, lines, amount, net_amount in facts["read"]:
            self.read.setdefault((hash_, currency), Sum()).add(lines, Decimal(amount), Decimal(net_amount))
        for hash_, hits in facts["hits"].items():
            self.hits[hash_] = self.hits.get(hash_, 0) + hits
        return facts


class _Unit:
    """A unit being written: lines that can count, lines held back, control rows, and what was counted."""

    def __init__(self, folder: Path, stack: ExitStack):
        self.schemas = {name: store.arrow_schema(store.LOAD_DATASETS[name]) for name in DATASETS}
        self.write = {n: stack.enter_context(store.parquet_parts(folder / n, self.schemas[n])) for n in DATASETS}
        self.read: Tally = {}
        self.hits: dict[str, int] = {}
        self.document_count = 0
        self.unread: list[str] = []
        self._waiting: list[pa.Table] = []

    def lines(self, table: pa.Table) -> None:
        """Count lines and write them, many at a time."""
        tally_table(self.read, table)
        self._waiting.append(table)
        if sum(waiting.num_rows for waiting in self._waiting) >= LINES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the lines that wait, each where it belongs."""
        if not self._waiting:
            return
        table = with_marks(pa.concat_tables(self._waiting))
        self._waiting = []
        is_good = pc.is_null(table["set_aside_status"])
        for dataset, rows in (("lines", table.filter(is_good)), ("set_aside", table.filter(pc.invert(is_good)))):
            if rows.num_rows:
                self.write[dataset](rows)

    def control_rows(self, rows: list[dict]) -> None:
        """Write control rows."""
        filled = [{name: row.get(name) for name in self.schemas["documents"].names} for row in rows]
        if filled:
            self.write["documents"](pa.Table.from_pylist(filled, schema=self.schemas["documents"]))
        self.document_count += len(rows)

    def facts(self) -> dict:
        """What was counted, as it is kept beside the unit."""
        read = [
            [hash_, currency, counted.lines, str(counted.amount), str(counted.net_amount)]
            for (hash_, currency), counted in self.read.items()
        ]
        return {"read": read, "hits": self.hits, "document_count": self.document_count, "unread": self.unread}


def reading_folder(municipality: Municipality, plan: Plan) -> Path:
    """Where the units of this import lie; the same files, profiles and rates give the same folder."""
    here = Path(__file__).parent
    files = [(source.name, source.hash, plan.format_name(source)) for source in plan.new]
    profiles = sorted({plan.profile_hash(source) for source in plan.new})
    key = fingerprint(files, profiles, plan.rates_hash, plan.sequence, municipality.name, here)
    return municipality.folder / "pending" / f"reading-{key[:16]}"


def forget_unfinished(municipality: Municipality) -> None:
    """Clear away what earlier imports had read and never finished."""
    for folder in (municipality.folder / "pending").glob("reading-*"):
        rmtree(folder, ignore_errors=True)


def read_all(municipality: Municipality, plan: Plan, folder: Path, masker: Masker, progress: Progress) -> Counted:
    """Read all new files of an import into units.

    Parameters
    ----------
    municipality : Municipality
        Whose files.
    plan : Plan
        Which files, and how.
    folder : Path
        As `reading_folder` gives it; units that lie there already are not read again.
    masker : Masker
        Takes personal numbers out.
    progress : callable
        Called with bytes done and bytes in all.

    Raises
    ------
    ProcurementError
        If the only file named cannot be read. One of several is held back with the reason, or left as it was where
        something of it was read before.
    """
    counted = Counted()
    size = sum(source.size for source in plan.new)
    progress(0, size)
    done = _read_einvoices(municipality, plan, folder, counted, lambda count: progress(count, size))
    for place, source in enumerate(source for source in plan.new if source.kind == "ledger"):
        work = _LedgerWork(municipality, source, place, plan, masker)
        unit = folder / f"ledger-{place:05d}"
        if unit.exists():
            counted.add(unit)
        else:
            _read_ledger(work, unit, counted, lambda count, before=done: progress(before + count, size))
        done += source.size
    progress(size, size)
    return counted


@contextmanager
def _new_unit(folder: Path, counted: Counted) -> Iterator[_Unit]:
    """A unit that appears when the block ends well."""
    part = folder.with_name(f"part-{folder.name}")
    rmtree(part, ignore_errors=True)
    with ExitStack() as stack:
        unit = _Unit(part, stack)
        yield unit
        unit.flush()
    folders.write_text(part / FACTS, json.dumps(unit.facts()))
    part.rename(folder)
    counted.add(folder)


# --- e-invoices -----------------------------------------------------------------------------------------------------


def _read_einvoices(
    municipality: Municipality, plan: Plan, folder: Path, counted: Counted, progress: Callable[[int], None]
) -> int:
    """Read all e-invoices into units; returns how many bytes their files have."""
    sources = [source for source in plan.new if source.kind != "ledger"]
    skip = 0
    for unit in sorted(folder.glob("einvoices-*")):
        skip += counted.add(unit)["document_count"]
    reading = Reading(municipality.name, read_key(municipality.privacy_key), plan.rates)
    items = islice(items_of(sources, reading), skip, None)
    expected = len(sources) - skip if all(source.kind == "einvoice" for source in sources) else _SEVERAL
    chunks = chunks_of(items, reading, expected_count=expected)
    sizes = {source.hash: source.size for source in sources}
    position, done = plan.sequence * IMPORT_SIZE + skip, 0
    while (chunk := next(chunks, None)) is not None:
        with _new_unit(folder / f"einvoices-{len(counted.units):05d}", counted) as unit:
            while chunk is not None:
                _take_in(chunk, unit, position)
                position += len(chunk.controls)
                done += sum(sizes.pop(control["source_hash"], 0) for control in chunk.controls)
                progress(done)
                is_full = unit.document_count >= DOCUMENTS_PER_UNIT
                chunk = None if is_full else next(chunks, None)
    return sum(source.size for source in sources)


def _take_in(chunk: Chunk, unit: _Unit, position: int) -> None:
    """Write the documents of a chunk, with a place in the order of reading."""
    reasons: list[str | None] = []
    for place, (control, hits) in enumerate(zip(chunk.controls, chunk.hit_counts, strict=True)):
        control |= {"source_kind": "einvoice", "read_order": position + place, "is_copy": bool(control.get("is_copy"))}
        reasons += [control["document_reason"]] * control["line_count"]
        unit.hits[control["source_hash"]] = unit.hits.get(control["source_hash"], 0) + hits
    aside = pa.array(reasons, pa.string())
    status = pc.if_else(pc.is_valid(aside), "held_back", pa.scalar(None, pa.string()))
    lines = chunk.lines.drop_columns(["set_aside_status", "set_aside_reason"])
    unit.lines(lines.append_column("set_aside_status", status).append_column("set_aside_reason", aside))
    unit.control_rows(chunk.controls)


# --- ledgers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _LedgerWork:
    municipality: Municipality
    source: SourceFile
    place: int  # among the ledger files of this import
    plan: Plan
    masker: Masker

    @property
    def provenance(self) -> dict[str, str]:
        """What the lines say of where they are from."""
        return {
            "municipality_name": self.municipality.name,
            "source_name": self.source.name,
            "source_hash": self.source.hash,
        }


def _read_ledger(work: _LedgerWork, folder: Path, counted: Counted, progress: Callable[[int], None]) -> None:
    """Read a ledger file into a unit; one of several that cannot be read is held back, or left as it was."""
    try:
        if reason := work.plan.refused.get(work.source.hash):
            raise reason
        with _new_unit(folder, counted) as unit:
            _write_ledger(work, unit, progress)
    except ProcurementError as error:
        if work.plan.is_alone:
            raise
        if work.source.hash in recorded(work.plan.loads):
            counted.unread.add(work.source.hash)
            return
        with _new_unit(folder, counted) as unit:
            unit.unread.append(work.source.hash)
            unit.control_rows([_ledger_control(work, "held_back", told(error))])


def told(error: ProcurementError) -> str:
    """What an error says, in one sentence."""
    return "; ".join([error.what.rstrip("."), *error.problems[:1]])


def _write_ledger(work: _LedgerWork, unit: _Unit, progress: Callable[[int], None]) -> None:
    profile = work.plan.profiles[work.source.hash]
    facts = LedgerFacts()
    file = open_ledger(work.source.path, profile)
    held_back = 0
    for table in ledger_batches(file, profile, work.masker, work.plan.rates, provenance=work.provenance, facts=facts):
        held_back += table.num_rows - table["set_aside_status"].null_count
        unit.lines(table)
        progress(facts.byte_count)
    unit.hits[work.source.hash] = facts.hit_count
    parts = {"taken": facts.line_count - held_back, "held_back": held_back}
    reason = ", ".join(f"{count} {part}" for part, count in parts.items() if count) if held_back else None
    totals = [(currency, counted.amount) for (_, currency), counted in unit.read.items()]
    worth = {"document_currency": totals[0][0], "line_sum_amount": totals[0][1]} if len(totals) == 1 else {}
    control = _ledger_control(work, status_of(parts), reason) | {"line_count": facts.line_count, **worth}
    unit.control_rows([control])


def _ledger_control(work: _LedgerWork, status: str, reason: str | None) -> dict:
    return work.provenance | {
        "source_kind": "ledger",
        "read_order": work.plan.sequence * IMPORT_SIZE + IMPORT_SIZE // 2 + work.place,
        "document_type": "posting",
        "is_copy": False,
        "format_name": work.plan.format_name(work.source),
        "line_count": 0,
        "document_status": status,
        "document_reason": reason,
    }
