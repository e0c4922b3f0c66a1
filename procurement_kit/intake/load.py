"""How do files become invoice lines, without anything lost or counted twice?

One import is one load folder that appears whole or not at all. Files read before are left alone; a file delivered
anew under the same name replaces exactly its old lines. The account must close, or nothing is written.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit import store
from procurement_kit.errors import CheckFailedError, ParameterError
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile, find_sources
from procurement_kit.intake.duplicates import Known, Verdict, known_documents, posted_twice
from procurement_kit.intake.einvoice_batches import Chunk, chunks_of, items_of
from procurement_kit.intake.einvoices import Reading
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.load_plan import Plan, make_plan
from procurement_kit.intake.money import ZERO, read_rates
from procurement_kit.intake.privacy import Masker, masker_for
from procurement_kit.intake.profiles import find_profile, profile_names
from procurement_kit.intake.report import (
    LoadReport,
    SourceReport,
    Sum,
    Tally,
    merged_sources,
    parts_of,
    status_of,
    tally_table,
)
from procurement_kit.keys import read_key
from procurement_kit.settings import Municipality

Progress = Callable[[int, int], None]
DATASETS = ("lines", "set_aside", "documents")


def import_files(
    municipality: Municipality,
    paths: Sequence[Path],
    *,
    profile: str | Path | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Take invoice files in: XML, folders, ZIPs of XML, and ledgers as CSV.

    Parameters
    ----------
    municipality : Municipality
        Whose files they are.
    paths : sequence of Path
        Files and folders.
    profile : str or Path, optional
        Import profile for ledgers, by name or path.
    progress : callable, optional
        Called with bytes done and bytes in all.

    Returns
    -------
    LoadReport
        What was read, taken in, held back and found twice, per file and currency.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError, SettingsError, ParameterError
        If a file is not there, cannot be read, or does not fit its profile. Nothing is written then.
    CheckFailedError
        If the account does not close. Nothing is written then.
    """
    masker = masker_for(read_key(municipality.privacy_key))
    sources, passed_over = find_sources([Path(path) for path in paths], masker)
    not_read = [SourceReport(name, "", "", "not_read", reason="not an invoice file") for name in passed_over]
    chosen = find_profile(profile, municipality) if profile is not None else None
    if chosen is None:
        sources, unread = _without_profile(sources, municipality)
        not_read += unread
    for source in sources:
        if source.kind == "ledger":
            find_columns(open_ledger(source.path, chosen).header, chosen, where=source.name)
    with store.locked(municipality):
        plan = make_plan(municipality, sources, chosen, read_rates(municipality))
        if not plan.new:
            return LoadReport("", municipality.currency, tuple(plan.unchanged + not_read))
        return _write(municipality, plan, masker, not_read, progress or (lambda done, total: None))


def _without_profile(
    sources: list[SourceFile], municipality: Municipality
) -> tuple[list[SourceFile], list[SourceReport]]:
    """Without a profile no ledger is read: one that was named is an error, one beside e-invoices is listed.

    Raises
    ------
    ParameterError
        With the profiles there are.
    """
    ledgers = [source for source in sources if source.kind == "ledger"]
    others = [source for source in sources if source.kind != "ledger"]
    named = [source.name for source in ledgers if source.is_named or not others]
    if named:
        raise ParameterError(
            f"{named[0]} is a ledger, and a ledger needs an import profile.",
            expected=f"a .toml file, or one of: {', '.join(profile_names(municipality))}",
            todo="name the profile, for instance --profile ledger_dk",
        )
    reason = "a ledger, and no import profile was named"
    return others, [SourceReport(source.name, "", "ledger", "not_read", reason=reason) for source in ledgers]


# --- reading and writing --------------------------------------------------------------------------------------------


class _Writing:
    """The datasets of a load being written, and what has been counted while reading."""

    def __init__(self, folder: Path, stack: ExitStack):
        self.folder = folder
        schemas = {name: store.arrow_schema(store.LOAD_DATASETS[name]) for name in DATASETS}
        self.schemas = schemas
        self.write = {n: stack.enter_context(store.parquet_parts(folder / n, schemas[n])) for n in DATASETS}
        self.read: Tally = {}
        self.documents: dict[str, dict[str, int]] = {}
        self.hits: dict[str, int] = {}

    def lines(self, table: pa.Table) -> None:
        """Write lines where they belong: those that count, and those set aside."""
        counts = pc.is_null(table["set_aside_status"])
        for dataset, rows in (("lines", table.filter(counts)), ("set_aside", table.filter(pc.invert(counts)))):
            if rows.num_rows:
                self.write[dataset](rows)

    def control_rows(self, rows: list[dict]) -> None:
        """Write control rows and count documents."""
        if not rows:
            return
        schema = self.schemas["documents"]
        filled = [{name: row.get(name) for name in schema.names} for row in rows]
        self.write["documents"](pa.Table.from_pylist(filled, schema=schema))
        for row in rows:
            counts = self.documents.setdefault(
                row["source_hash"], {"read": 0, "taken": 0, "held_back": 0, "duplicate": 0}
            )
            status = row["document_status"]
            counts["read"] += 1
            counts["taken" if status in ("taken_in", "mixed") else status] += 1


def _write(
    municipality: Municipality, plan: Plan, masker: Masker, not_read: list[SourceReport], progress: Progress
) -> LoadReport:
    key = f"{plan.sequence:04d}-{fingerprint(sorted(source.hash for source in plan.new))[:8]}"
    known = known_documents(municipality, plan.replaced)
    with store.new_load(municipality, key) as folder:
        with ExitStack() as stack:
            writing = _Writing(folder, stack)
            _read_all(municipality, plan, masker, known, writing, progress)
        _set_postings_aside(municipality, folder, known, plan)
        tallies = {"read": writing.read} | _written(municipality, folder)
        new = [_source_report(source, plan, writing, tallies) for source in plan.new]
        report = LoadReport(
            key,
            municipality.currency,
            tuple(new + plan.unchanged + not_read),
            tuple(x["load_key"] for x in plan.old_loads),
        )
        _check(report, writing)
        _keep_old(municipality, plan, folder)
        kept = [facts for load in plan.old_loads for facts in load["sources"] if facts["hash"] not in plan.replaced]
        content = {"load_key": key, "replaces": list(report.replaces), "sources": merged_sources(kept, new)}
        text = json.dumps(content | {"report": report.as_dict()}, ensure_ascii=False, indent=1, sort_keys=True)
        store.write_text(folder / "load.json", text + "\n")
    store.loads(municipality)  # clears away what this load has taken over
    return report


def _read_all(
    municipality: Municipality, plan: Plan, masker: Masker, known: Known, writing: _Writing, progress: Progress
) -> None:
    size = sum(source.size for source in plan.new)
    done = 0
    progress(0, size)
    einvoices = [source for source in plan.new if source.kind != "ledger"]
    reading = Reading(municipality.name, read_key(municipality.privacy_key), plan.rates)
    sizes = {source.hash: source.size for source in einvoices}
    expected = len(einvoices) if all(source.kind == "einvoice" for source in einvoices) else 10**6
    for chunk in chunks_of(items_of(einvoices, reading), reading, expected_count=expected):
        _take_in(chunk, known, writing)
        done += sum(sizes.pop(row["source_hash"], 0) for row in chunk.controls)
        progress(done, size)
    for source in plan.new:
        if source.kind == "ledger":
            for byte_count in _read_ledger(municipality, source, plan, masker, known, writing):
                progress(done + byte_count, size)
            done += source.size
    progress(size, size)


def _take_in(chunk: Chunk, known: Known, writing: _Writing) -> None:
    """Write the documents of a chunk, those read before set aside."""
    tally_table(writing.read, chunk.lines)
    statuses: list[str | None] = []
    reasons: list[str | None] = []
    for control, facts, hits in zip(chunk.controls, chunk.facts, chunk.hit_counts, strict=True):
        remark = known.remark(facts) if facts else None
        verdict = known.verdict(facts) if facts else Verdict("held_back", control["document_reason"] or "has no lines")
        if verdict:
            control |= {"document_status": verdict.status, "document_reason": verdict.reason}
        elif remark:
            control["document_reason"] = remark
        count = control["line_count"] if facts or control.get("document_id") else 0
        statuses += [verdict.status if verdict else None] * count
        reasons += [verdict.reason if verdict else None] * count
        writing.hits[control["source_hash"]] = writing.hits.get(control["source_hash"], 0) + hits
    lines = chunk.lines.drop_columns(["set_aside_status", "set_aside_reason"])
    lines = lines.append_column("set_aside_status", pa.array(statuses, pa.string()))
    writing.lines(lines.append_column("set_aside_reason", pa.array(reasons, pa.string())))
    writing.control_rows(chunk.controls)


def _read_ledger(
    municipality: Municipality, source: SourceFile, plan: Plan, masker: Masker, known: Known, writing: _Writing
) -> Iterator[int]:
    """Write the lines of a ledger file, those read before set aside; yields bytes read so far."""
    facts = LedgerFacts()
    provenance = {"municipality_name": municipality.name, "source_name": source.name, "source_hash": source.hash}
    file = open_ledger(source.path, plan.profile)
    own: list[str] = []
    counts = {"taken": 0, "held_back": 0, "duplicate": 0}
    for table in ledger_batches(file, plan.profile, masker, plan.rates, provenance=provenance, facts=facts):
        tally_table(writing.read, table)
        table = _with_repeats(table, known)
        statuses = table["set_aside_status"].to_pylist()
        own += [i for i, status in zip(table["line_id"].to_pylist(), statuses, strict=True) if status is None]
        for status in statuses:
            counts[status or "taken"] += 1
        writing.lines(table)
        yield facts.byte_count
    known.line_sources.update(dict.fromkeys(own, source.name))
    writing.hits[source.hash] = facts.hit_count
    writing.control_rows([_ledger_control(source, plan, facts, counts, writing.read)])


def _with_repeats(table: pa.Table, known: Known) -> pa.Table:
    ids, statuses, reasons = (table[n].to_pylist() for n in ("line_id", "set_aside_status", "set_aside_reason"))
    for place, (line_id, status) in enumerate(zip(ids, statuses, strict=True)):
        if status is None and line_id in known.line_sources:
            statuses[place] = "duplicate"
            reasons[place] = f"same line as one in {known.line_sources[line_id]}"
    table = table.set_column(
        table.schema.names.index("set_aside_status"), "set_aside_status", pa.array(statuses, pa.string())
    )
    return table.set_column(
        table.schema.names.index("set_aside_reason"), "set_aside_reason", pa.array(reasons, pa.string())
    )


def _ledger_control(source: SourceFile, plan: Plan, facts: LedgerFacts, counts: dict[str, int], read: Tally) -> dict:
    currencies = [currency for hash_, currency in read if hash_ == source.hash]
    status = status_of(counts)
    is_one = len(currencies) == 1 and currencies[0]
    return {
        "source_name": source.name,
        "source_hash": source.hash,
        "document_type": "posting",
        "format_name": plan.format_name(source),
        "document_currency": currencies[0] if is_one else None,
        "line_count": facts.line_count,
        "line_sum_amount": read[source.hash, currencies[0]].amount if is_one else None,
        "document_status": status,
        "document_reason": None
        if status == "taken_in"
        else ", ".join(f"{n} {part}" for part, n in counts.items() if n),
    }


# --- after reading --------------------------------------------------------------------------------------------------


def _set_postings_aside(municipality: Municipality, folder: Path, known: Known, plan: Plan) -> None:
    """Set ledger lines aside that stand as e-invoices too: the e-invoice says more."""
    if not known.einvoice_postings or not any(source.kind == "ledger" for source in plan.new):
        return
    lines = store.read_parquet(municipality, folder / "lines" / "*.parquet", store.LOAD_DATASETS["lines"])
    twice = posted_twice(lines, municipality, known)
    if not twice:
        return
    with ExitStack() as stack:
        kept = stack.enter_context(
            store.parquet_parts(folder / "kept", store.arrow_schema(store.LOAD_DATASETS["lines"]))
        )
        schema = store.arrow_schema(store.LOAD_DATASETS["set_aside"])
        moved = stack.enter_context(store.parquet_parts(folder / "moved", schema))
        for batch in store.batches_of(lines, municipality):
            table = pa.Table.from_batches([batch])
            is_twice = pc.and_(
                pc.is_in(table["document_id"], pa.array(list(twice))), pc.equal(table["source_kind"], "ledger")
            )
            kept(table.filter(pc.invert(is_twice)))
            rows = table.filter(is_twice)
            reasons = [f"stands as an e-invoice in {twice[i]}" for i in rows["document_id"].to_pylist()]
            rows = rows.append_column("set_aside_status", pa.array(["duplicate"] * len(reasons), pa.string()))
            moved(rows.append_column("set_aside_reason", pa.array(reasons, pa.string())))
    for path in (folder / "lines").glob("*.parquet"):
        path.unlink()
    for old, new in (("kept", "lines"), ("moved", "set_aside")):
        for path in (folder / old).glob("*.parquet"):
            path.rename(folder / new / f"{old}-{path.name}")
        (folder / old).rmdir()


def _written(municipality: Municipality, folder: Path) -> dict[str, Tally]:
    """What has been written, counted on the files themselves."""
    found: dict[str, Tally] = {"taken": {}, "held_back": {}, "duplicate": {}}
    for dataset in ("lines", "set_aside"):
        table = store.read_parquet(municipality, folder / dataset / "*.parquet", store.LOAD_DATASETS[dataset])
        keys = ["source_hash", "document_currency"] + (["set_aside_status"] if dataset == "set_aside" else [])
        sums = table.group_by(keys).agg(
            lines=table.count(), amount=table.document_amount.sum(), net_amount=table.net_amount.sum()
        )
        for batch in store.batches_of(sums, municipality):
            for row in batch.to_pylist():
                tally = found[row.get("set_aside_status") or "taken"]
                key = (row["source_hash"], row["document_currency"] or "")
                tally.setdefault(key, Sum()).add(row["lines"], row["amount"], row["net_amount"])
    return found


def _source_report(source: SourceFile, plan: Plan, writing: _Writing, tallies: dict[str, Tally]) -> SourceReport:
    by_currency = parts_of(source.hash, tallies)
    documents = writing.documents.get(source.hash, {})
    lines = {
        part: sum(int(parts[part]["lines"]) for parts in by_currency.values())
        for part in ("taken", "held_back", "duplicate")
    }
    replaces = next((old for old, new in plan.replaced.items() if new == source.hash), "")
    gone = [taken for load in plan.old_loads for taken in _taken_before(load, source, plan)]
    whole = documents if source.kind != "ledger" else lines
    return SourceReport(
        source.name,
        source.hash,
        source.kind,
        status_of(whole),
        format_name=plan.format_name(source),
        documents=documents,
        by_currency=by_currency,
        masked_count=writing.hits.get(source.hash, 0),
        replaces_hash=replaces,
        lines_replaced=sum(int(taken["lines"]) for taken in gone),
        amount_replaced=f"{sum((Decimal(taken['net_amount']) for taken in gone), ZERO):.2f}",
        rates_hash=plan.rates_hash,
    )


def _taken_before(load: dict, source: SourceFile, plan: Plan) -> list[dict]:
    """What an earlier load had taken in from the file that this one replaces."""
    old = [facts for facts in load["sources"] if plan.replaced.get(facts["hash"]) == source.hash != facts["hash"]]
    return [parts["taken"] for facts in old for parts in facts["by_currency"].values()]


def _check(report: LoadReport, writing: _Writing) -> None:
    """The account must close; otherwise nothing is written."""
    differences = report.differences()
    lines = sum(counted.lines for counted in writing.read.values())
    if lines != report.lines("read"):
        differences.append(f"{lines} lines were read, but the files account for {report.lines('read')}")
    if differences:
        raise CheckFailedError(
            "The import does not close: what was read is not what was written.",
            problems=differences,
            expected="read = taken in + held back + duplicates, per file and currency",
            todo="nothing was written; report this as a fault of the program",
        )


def _keep_old(municipality: Municipality, plan: Plan, folder: Path) -> None:
    """Carry the other files of partly replaced loads over into this one."""
    replaced = pa.array(list(plan.replaced), pa.string())
    for load in plan.old_loads:
        for dataset in DATASETS:
            schema = store.arrow_schema(store.LOAD_DATASETS[dataset])
            old = store.read_load_dataset(municipality, dataset, load["load_key"])
            with store.parquet_parts(folder / f"old-{dataset}", schema) as write:
                for batch in store.batches_of(old, municipality):
                    table = pa.Table.from_batches([batch])
                    kept = table.filter(pc.invert(pc.is_in(table["source_hash"], replaced)))
                    if kept.num_rows:
                        write(kept)
            for path in (folder / f"old-{dataset}").glob("*.parquet"):
                path.rename(folder / dataset / f"{load['load_key']}-{path.name}")
            (folder / f"old-{dataset}").rmdir()
