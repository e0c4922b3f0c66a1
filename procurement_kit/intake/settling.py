"""Which of everything that has been read counts, after this import?

Duplicates, joined postings and what was taken back are settled anew over all imports, and stand in the folder of the
last one. Lines themselves are never rewritten, so a corrected file brings back what its forerunner had set aside.
"""

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

import pyarrow as pa

from procurement_kit import store
from procurement_kit.counted import POSTED, ROW_KEY, SETTLED, counting_lines, documents_now, lines_aside
from procurement_kit.decision_log import bare_cell
from procurement_kit.exact import records
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.duplicates import Verdict, in_other_exports, lines_of, repeated_documents, repeated_lines
from procurement_kit.intake.postings import Pair, paired, posted_columns
from procurement_kit.intake.report import status_of
from procurement_kit.settings import Municipality
from procurement_kit.tables import TAKEN_BACK
from procurement_kit.templates import read_template

if TYPE_CHECKING:
    import ibis

TAKEN_BACK_FILE = "taken_back.csv"


@dataclass(frozen=True)
class Pool:
    """Everything that has been read: lines, lines held back and control rows, as they were read."""

    lines: "ibis.Table"
    set_aside: "ibis.Table"
    documents: "ibis.Table"


@dataclass(frozen=True)
class Settlement:
    """What counts and what does not, as tables."""

    lines: "ibis.Table"
    set_aside: "ibis.Table"
    documents: "ibis.Table"


def read_pool(municipality: Municipality, folders: list[Path]) -> Pool:
    """Everything that was read by the imports in these folders."""
    return Pool(*(store.read_as_read(municipality, name, folders) for name in ("lines", "set_aside", "documents")))


def taken_back(municipality: Municipality) -> frozenset[tuple[str, str]]:
    """Documents that count although they repeat another: document_id and file.

    Raises
    ------
    TableError
        If the list has been spoilt.
    """
    return frozenset((row["document_id"], row["source_name"]) for row in taken_back_rows(municipality))


def taken_back_rows(municipality: Municipality) -> list[dict]:
    """The list of documents that were taken back, with who decided and when.

    Raises
    ------
    TableError
        If the list has been spoilt.
    """
    path = municipality.folder / TAKEN_BACK_FILE
    if not path.is_file():
        return []
    rows = read_template(path, TAKEN_BACK).to_pylist()
    return [{name: bare_cell(value) for name, value in row.items()} for row in rows]


def settle(municipality: Municipality, pool: Pool, folder: Path) -> Settlement:
    """Settle what counts and write it into the folder of an import that is being made.

    Parameters
    ----------
    municipality : Municipality
        Whose imports.
    pool : Pool
        Everything read, this import included.
    folder : Path
        Folder of this import; `settled/` is written into it.
    """
    kept = taken_back(municipality)
    kinds = {row["source_kind"] for row in records(pool.documents.select("source_kind").distinct())}
    verdicts = repeated_documents(pool.documents, kept)
    duplicates = [lines_of(verdicts, pool.lines), *repeated_lines(pool.lines, _ledgers(pool), kept)]
    additions = [_suffixes(pool.lines, kept)]
    written = _written(municipality, folder, "duplicates", duplicates)
    ledgers = _ledgers(pool)
    if len({file["format_name"] for file in ledgers}) > 1:
        others = in_other_exports(_ledger_lines(pool.lines).anti_join(written, list(ROW_KEY)), ledgers, kept)
        _written(municipality, folder, "exported", [others])
        _move_parts(folder / "settled" / "exported", folder / "settled" / "duplicates")
    if {"ledger", "einvoice"} <= kinds:
        pairs = _pairs(pool, written, verdicts, kept)
        postings = _ledger_lines(pool.lines).anti_join(written, list(ROW_KEY))
        additions.append(_joined(pairs, pool.lines, postings, written))
        _written(municipality, folder, "posted", [_posted_twice(pairs, postings)])
    _written(municipality, folder, "additions", additions)
    _move_parts(folder / "settled" / "posted", folder / "settled" / "duplicates")
    statuses = store.table_of(_statuses(pool, verdicts, written), SETTLED["statuses"])
    _written(municipality, folder, "statuses", [statuses])
    duplicates, additions, statuses = (store.settled(municipality, name, folder) for name in SETTLED)
    return Settlement(
        counting_lines(pool.lines, duplicates, additions),
        lines_aside(pool.set_aside, pool.lines, duplicates),
        documents_now(pool.documents, statuses),
    )


def _written(municipality: Municipality, folder: Path, name: str, tables: list["ibis.Table"]) -> "ibis.Table":
    """Write settled tables and read them back as one, so that what follows does not compute them again."""
    types = SETTLED.get(name, SETTLED["duplicates"])
    for table in tables:
        store.write_parts(municipality, folder / "settled" / name, table.select(*types))
    return store.read_parquet(municipality, folder / "settled" / name / "*.parquet", types)


def _move_parts(source: Path, target: Path) -> None:
    """Put the parts of one settled table to those of another."""
    for part in source.glob("*.parquet"):
        part.rename(target / f"{source.name}-{part.name}")
    rmtree(source, ignore_errors=True)


def _ledger_lines(lines: "ibis.Table") -> "ibis.Table":
    return lines.filter(lines.source_kind == "ledger")


def _ledgers(pool: Pool) -> list[dict]:
    """Ledger files in the order of reading."""
    files = pool.documents.filter(pool.documents.source_kind == "ledger")
    return records(files.order_by("read_order").select("source_hash", "source_name", "format_name", "line_count"))


def _pairs(pool: Pool, repeated: "ibis.Table", verdicts: list[Verdict], kept: frozenset[tuple[str, str]]) -> list[Pair]:
    """E-invoices that count, with the posting that is the same; what was taken back is left alone."""
    gone = {(v.document_id, v.source_name) for v in verdicts if v.status == "duplicate"}
    documents = pool.documents.filter(
        (pool.documents.source_kind == "einvoice") & (pool.documents.document_status == "taken_in")
    )
    found = paired(documents, _ledger_lines(pool.lines).anti_join(repeated, list(ROW_KEY)), gone | kept)
    back = {document for document, _ in kept}
    return [pair for pair in found if pair.posting_id not in back]


def _posted_twice(pairs: list[Pair], postings: "ibis.Table") -> "ibis.Table":
    import ibis

    rows = [
        {"document_id": p.posting_id, "set_aside_reason": f"stands as an e-invoice in {p.source_name}"} for p in pairs
    ]
    schema = pa.schema([("document_id", pa.string()), ("set_aside_reason", pa.string())])
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    return postings.inner_join(table, "document_id").select(*SETTLED["duplicates"])


def _joined(pairs: list[Pair], lines: "ibis.Table", postings: "ibis.Table", repeated: "ibis.Table") -> "ibis.Table":
    import ibis

    found = posted_columns(pairs, lines.anti_join(repeated, list(ROW_KEY)), postings)
    return found.mutate(line_suffix=ibis.null("string")).select(*SETTLED["additions"])


def _suffixes(lines: "ibis.Table", kept: frozenset[tuple[str, str]]) -> "ibis.Table":
    """What tells the lines of documents that were taken back from those they repeat."""
    import ibis

    rows = [
        {"document_id": document, "source_name": name, "line_suffix": f"-{fingerprint(name)[:8]}"}
        for document, name in sorted(kept)
    ]
    schema = pa.schema([(name, pa.string()) for name in ("document_id", "source_name", "line_suffix")])
    found = lines.inner_join(ibis.memtable(pa.Table.from_pylist(rows, schema=schema)), ["document_id", "source_name"])
    empty = {name: ibis.null(SETTLED["additions"][name]) for name in POSTED}
    return found.select(*ROW_KEY, "line_suffix", **empty).select(*SETTLED["additions"])


# --- what has become of documents and files -------------------------------------------------------------------------


def _statuses(pool: Pool, verdicts: list[Verdict], duplicates: "ibis.Table") -> list[dict]:
    """Status and reason of each document or ledger file that is no longer what it was when it was read."""
    found = [
        {
            "source_hash": v.source_hash,
            "source_name": v.source_name,
            "document_key": v.document_id,
            "document_status": v.status,
            "document_reason": v.reason,
        }
        for v in verdicts
    ]
    return found + [row for file in _ledger_counts(pool, duplicates) if (row := _ledger_status(file))]


def _ledger_counts(pool: Pool, duplicates: "ibis.Table") -> list[dict]:
    """Ledger files with how many of their lines are duplicates, and how many are held back."""
    files = pool.documents.filter(pool.documents.source_kind == "ledger")
    counts = {}
    for part, table in (("duplicate", duplicates), ("held_back", pool.set_aside)):
        grouped = table.group_by("source_hash").aggregate(how_many=table.count())
        counts[part] = {row["source_hash"]: row["how_many"] for row in records(grouped)}
    rows = records(files.select("source_hash", "source_name", "line_count"))
    return [row | {part: counts[part].get(row["source_hash"], 0) for part in counts} for row in rows]


def _ledger_status(file: dict) -> dict | None:
    if not file["duplicate"]:
        return None
    parts = {"taken": file["line_count"] - file["duplicate"] - file["held_back"]}
    parts |= {part: file[part] for part in ("held_back", "duplicate")}
    return {
        "source_hash": file["source_hash"],
        "source_name": file["source_name"],
        "document_key": "",
        "document_status": status_of(parts),
        "document_reason": ", ".join(f"{count} {part}" for part, count in parts.items() if count),
    }
