"""How do files become invoice lines, without anything lost or counted twice?

One import is one load folder that appears whole or not at all. Files read before are left alone; a file delivered
anew under the same name replaces exactly its old lines. The account must close, or nothing is written.
"""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit import folders, store
from procurement_kit.errors import CheckFailedError, ParameterError
from procurement_kit.exact import records
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile, find_sources, zip_passed_over
from procurement_kit.intake.control_totals import ControlTotal, compared, control_totals
from procurement_kit.intake.load_plan import Plan, make_plan
from procurement_kit.intake.money import ZERO, read_rates
from procurement_kit.intake.privacy import masker_for
from procurement_kit.intake.profiles import find_profile, profile_names
from procurement_kit.intake.reading import DATASETS, Counted, forget_unfinished, read_all, reading_folder
from procurement_kit.intake.report import PARTS, LoadReport, SourceReport, Sum, Tally, as_texts, parts_of, status_of
from procurement_kit.intake.settling import Settlement, read_pool, settle
from procurement_kit.keys import read_key
from procurement_kit.settings import Municipality

Progress = Callable[[int, int], None]


def import_files(
    municipality: Municipality,
    paths: Sequence[Path],
    *,
    profile: str | Path | Sequence[str | Path] | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Take invoice files in: XML, folders, ZIPs of XML, and ledgers as CSV or XLSX.

    An import that was interrupted goes on where it stopped when it is run again with the same files.

    Parameters
    ----------
    municipality : Municipality
        Whose files they are.
    paths : sequence of Path
        Files and folders.
    profile : str or Path, or a sequence of them, optional
        Import profiles of the ledgers, by name or path; each file is read with the one whose headings fit.
    progress : callable, optional
        Called with bytes done and bytes in all.

    Returns
    -------
    LoadReport
        What was read, taken in, held back and found twice, per file and currency.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError, SettingsError, ParameterError
        If a file is not there, a profile or list cannot be used, or the only file named cannot be read. Nothing is
        written then. One of several files that cannot be read is held back with the reason.
    CheckFailedError
        If the account does not close. Nothing is written then.
    """
    masker = masker_for(read_key(municipality.privacy_key))
    sources, passed_over = find_sources([Path(path) for path in paths], masker)
    for source in sources:
        if source.kind == "zip":
            passed_over += zip_passed_over(source.path, masker)
    not_read = [SourceReport(name, "", "", "not_read", reason="not an invoice file") for name in passed_over]
    named = [] if profile is None else [profile] if isinstance(profile, (str, Path)) else list(profile)
    profiles = [find_profile(name, municipality) for name in named]
    if not profiles:
        sources, unread = _without_profile(sources, municipality)
        not_read += unread
    with folders.locked(municipality):
        plan = make_plan(municipality, sources, profiles, read_rates(municipality))
        expected = control_totals(municipality)
        if not plan.new:
            return LoadReport("", municipality.currency, tuple(plan.unchanged + not_read))
        folder = reading_folder(municipality, plan)
        counted = read_all(municipality, plan, folder, masker, progress or (lambda done, total: None))
        plan.keep_what_unread_files_would_replace(counted.unread)
        report = _write(municipality, plan, counted, expected, not_read)
        forget_unfinished(municipality)
        return report


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


# --- writing --------------------------------------------------------------------------------------------------------


def _write(
    municipality: Municipality,
    plan: Plan,
    counted: Counted,
    expected: dict[str, ControlTotal],
    not_read: list[SourceReport],
) -> LoadReport:
    """Make the load folder: what was read, what stays of imports that it takes over, and what counts by now."""
    key = f"{plan.sequence:04d}-{fingerprint(sorted(source.hash for source in plan.new))[:8]}"
    before = _account(store.loads(municipality))
    with store.new_load(municipality, key) as folder:
        _collect(counted, folder)
        _keep_old(municipality, plan, folder)
        taken_over = {load["load_key"] for load in plan.old_loads}
        lines = municipality.folder / "lines"
        others = [lines / load["load_key"] for load in plan.loads if load["load_key"] not in taken_over]
        settlement = settle(municipality, read_pool(municipality, [*others, folder]), folder)
        account = account_of(settlement)
        new = [_source_report(source, plan, counted, account, expected) for source in plan.new]
        sources = tuple(new + plan.unchanged + not_read)
        moved = _moved(before, account, plan)
        report = LoadReport(key, municipality.currency, sources, tuple(sorted(taken_over)), moved)
        _check(report, counted)
        kept = [facts for load in plan.old_loads for facts in load["sources"] if facts["hash"] not in plan.replaced]
        write_load(folder, key, report, kept, changed_since(municipality, account))
    store.loads(municipality)  # clears away what this load has taken over
    return report


def write_load(folder: Path, key: str, report: LoadReport, kept: list[dict], account: dict) -> None:
    """Write the record of an import: its files, and what has become of every file by now."""
    new = [source.as_dict() for source in report.sources if source.hash and source.is_new]
    content = {"load_key": key, "replaces": list(report.replaces), "sources": [*kept, *new]}
    content |= {"report": report.as_dict(), "account": account}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    folders.write_text(folder / "load.json", text + "\n")


def _collect(counted: Counted, folder: Path) -> None:
    """Link the parts of all units into the load folder; the units stay until the import is whole."""
    for dataset in DATASETS:
        (folder / dataset).mkdir()
        for unit in counted.units:
            for path in sorted((unit / dataset).glob("*.parquet")):
                folders.link(path, folder / dataset / f"{unit.name}-{path.name}")


def _keep_old(municipality: Municipality, plan: Plan, folder: Path) -> None:
    """Carry the other files of partly replaced loads over into this one."""
    replaced = pa.array(list(plan.replaced), pa.string())
    for load in plan.old_loads:
        for dataset in DATASETS:
            schema = store.arrow_schema(store.LOAD_DATASETS[dataset])
            old = store.read_as_read(municipality, dataset, [municipality.folder / "lines" / load["load_key"]])
            with store.parquet_parts(folder / f"old-{dataset}", schema) as write:
                for batch in store.batches_of(old, municipality):
                    table = pa.Table.from_batches([batch])
                    kept = table.filter(pc.invert(pc.is_in(table["source_hash"], replaced)))
                    if kept.num_rows:
                        write(kept)
            for path in (folder / f"old-{dataset}").glob("*.parquet"):
                path.rename(folder / dataset / f"{load['load_key']}-{path.name}")
            (folder / f"old-{dataset}").rmdir()


# --- the account ----------------------------------------------------------------------------------------------------


def account_of(settlement: Settlement) -> dict[str, dict]:
    """What has become of every file: documents, lines and amounts per currency and part, counted on what is there."""
    found: dict[str, Tally] = {"read": {}, "taken": {}, "held_back": {}, "duplicate": {}}
    aside = settlement.set_aside
    for part, table in (
        ("taken", settlement.lines),
        *((status, aside.filter(aside.set_aside_status == status)) for status in ("held_back", "duplicate")),
    ):
        sums = table.group_by(["source_hash", "document_currency"]).agg(
            lines=table.count(), amount=table.document_amount.sum(), net_amount=table.net_amount.sum()
        )
        for row in records(sums):
            key = (row["source_hash"], row["document_currency"] or "")
            for tally in (found[part], found["read"]):
                tally.setdefault(key, Sum()).add(row["lines"], row["amount"], row["net_amount"])
    documents = _document_counts(settlement)
    hashes = sorted({hash_ for tally in found.values() for hash_, _ in tally} | set(documents))
    return {hash_: {"by_currency": parts_of(hash_, found), "documents": documents.get(hash_, {})} for hash_ in hashes}


def _document_counts(settlement: Settlement) -> dict[str, dict[str, int]]:
    table = settlement.documents
    grouped = table.group_by(["source_hash", "document_status"]).aggregate(how_many=table.count())
    counts: dict[str, dict[str, int]] = {}
    for row in records(grouped):
        of_file = counts.setdefault(row["source_hash"], {"read": 0, "taken": 0, "held_back": 0, "duplicate": 0})
        status = row["document_status"]
        of_file["read"] += row["how_many"]
        of_file["taken" if status in ("taken_in", "mixed") else status] += row["how_many"]
    return counts


def changed_since(municipality: Municipality, account: dict[str, dict]) -> dict[str, dict]:
    """The account of those files of earlier imports that has changed since they were imported."""
    recorded = _account(store.loads(municipality, as_imported=True))
    return {
        hash_: facts
        for hash_, facts in account.items()
        if hash_ in recorded and any(recorded[hash_][name] != facts[name] for name in facts)
    }


def _account(loads: list[dict]) -> dict[str, dict]:
    return {facts["hash"]: facts for load in loads for facts in load["sources"]}


def _moved(before: dict[str, dict], account: dict[str, dict], plan: Plan) -> dict[str, str | int]:
    """How many lines of earlier files count again, or count no longer, because of this import."""
    moved: dict[str, Decimal | int] = {"lines_back": 0, "amount_back": ZERO, "lines_gone": 0, "amount_gone": ZERO}
    for hash_, facts in before.items():
        if hash_ in plan.replaced or hash_ not in account:
            continue
        old, new = (_taken(parts["by_currency"]) for parts in (facts, account[hash_]))
        direction = "back" if new[0] > old[0] else "gone"
        moved[f"lines_{direction}"] += abs(new[0] - old[0])
        moved[f"amount_{direction}"] += abs(new[1] - old[1])
    return {name: value if isinstance(value, int) else f"{value:.2f}" for name, value in moved.items()}


def _taken(by_currency: dict) -> tuple[int, Decimal]:
    taken = [parts["taken"] for parts in by_currency.values()]
    return sum(int(part["lines"]) for part in taken), sum((Decimal(part["net_amount"]) for part in taken), ZERO)


def _source_report(
    source: SourceFile, plan: Plan, counted: Counted, account: dict[str, dict], expected: dict[str, ControlTotal]
) -> SourceReport:
    facts = account.get(source.hash, {"by_currency": {}, "documents": {}})
    read = parts_of(source.hash, dict.fromkeys(PARTS, {}) | {"read": counted.read})
    nothing = as_texts({part: Sum() for part in PARTS})
    by_currency = {
        currency: facts["by_currency"].get(currency, nothing) | {"read": read.get(currency, nothing)["read"]}
        for currency in sorted({*read, *facts["by_currency"]})
    }
    parts = {
        part: sum(int(sums[part]["lines"]) for sums in by_currency.values())
        for part in ("taken", "held_back", "duplicate")
    }
    report = SourceReport(
        source.name,
        source.hash,
        source.kind,
        status_of(facts["documents"] if source.kind != "ledger" or not any(parts.values()) else parts),
        format_name=plan.format_name(source),
        profile_hash=plan.profile_hash(source),
        documents=facts["documents"],
        by_currency=by_currency,
        masked_count=counted.hits.get(source.hash, 0),
        replaces_hash=next((old for old, new in plan.replaced.items() if new == source.hash), ""),
        rates_hash=plan.rates_hash,
        **_replaced(source, plan),
    )
    return compared(report, expected)


def _replaced(source: SourceFile, plan: Plan) -> dict[str, str | int]:
    """What earlier imports had taken in from the file that this one replaces."""
    old = [
        _taken(facts["by_currency"])
        for load in plan.old_loads
        for facts in load["sources"]
        if plan.replaced.get(facts["hash"]) == source.hash != facts["hash"]
    ]
    amount = sum((amount for _, amount in old), ZERO)
    return {"lines_replaced": sum(lines for lines, _ in old), "amount_replaced": f"{amount:.2f}"}


def _check(report: LoadReport, counted: Counted) -> None:
    """The account must close; otherwise nothing is written."""
    differences = report.differences()
    lines = sum(sums.lines for sums in counted.read.values())
    if lines != report.lines("read"):
        differences.append(f"{lines} lines were read, but the files account for {report.lines('read')}")
    if differences:
        raise CheckFailedError(
            "The import does not close: what was read is not what was written.",
            problems=differences,
            expected="read = taken in + held back + duplicates, per file and currency",
            todo="nothing was written; report this as a fault of the program",
        )
