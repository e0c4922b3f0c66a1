"""How do files become invoice lines, without anything lost or counted twice?

One import is one load folder that appears whole or not at all. Files read before are left alone; a file delivered
anew under the same name replaces exactly its old lines. The account must close, or nothing is written.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from procurement_kit import folders, store
from procurement_kit.errors import CheckFailedError, ParameterError
from procurement_kit.exact import records
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile, find_sources, zip_passed_over
from procurement_kit.intake.control_totals import ControlTotal, compared, control_totals
from procurement_kit.intake.load_plan import Plan, make_plan, recorded
from procurement_kit.intake.money import ZERO, read_rates
from procurement_kit.intake.privacy import masker_for
from procurement_kit.intake.profiles import find_profile, profile_names
from procurement_kit.intake.reading import DATASETS, Counted, forget_unfinished, read_all, reading_folder
from procurement_kit.intake.report import PARTS, LoadReport, SourceReport, Sum, Tally, as_texts, by_file, status_of
from procurement_kit.intake.settling import Settlement, read_pool, settle
from procurement_kit.keys import read_key
from procurement_kit.settings import Municipality

Progress = Callable[[int, int], None]
NOTHING: dict[str, dict] = {"by_currency": {}, "documents": {}}  # what has become of a file without a document


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
        counted = Counted()
        if plan.new:
            folder = reading_folder(municipality, plan)
            counted = read_all(municipality, plan, folder, masker, progress or (lambda done, total: None))
            plan.leave(counted.without_lines(plan.new))
        if plan.is_done:
            return LoadReport("", municipality.currency, tuple(plan.unchanged + not_read))
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
    as_imported = recorded(store.loads(municipality, as_imported=True))
    taken_over = {load["load_key"] for load in plan.old_loads}
    with store.new_load(municipality, key) as folder:
        _collect(counted, folder)
        _keep_old(municipality, plan, folder)
        lines = municipality.folder / "lines"
        others = [lines / load["load_key"] for load in plan.loads if load["load_key"] not in taken_over]
        pa.default_memory_pool().release_unused()  # what reading has held; the engine has memory of its own
        account = account_of(settle(municipality, read_pool(municipality, [*others, folder]), folder))
        new = _source_reports(plan, counted, account, expected)
        sources = tuple(new + _unchanged(plan) + not_read)
        moved = _moved(account, plan)
        report = LoadReport(key, municipality.currency, sources, tuple(sorted(taken_over)), moved)
        _check(report, counted)
        staying = [facts["hash"] for load in plan.old_loads for facts in load["sources"]]
        kept = [as_imported[hash_] for hash_ in staying if hash_ not in plan.replaced]
        kept += [source.as_dict() | {"names": plan.names[source.hash]} for source in new]
        write_load(folder, report, kept, changed_since(as_imported, account, plan.names))
    store.loads(municipality)  # clears away what this load has taken over
    return report


def write_load(folder: Path, report: LoadReport, sources: list[dict], account: dict[str, dict]) -> None:
    """Write the record of an import: its files as they were imported, and what is otherwise by now with all files."""
    content = {"load_key": report.load_key, "replaces": list(report.replaces), "sources": sources}
    content |= {"report": report.as_dict(), "account": account}
    folders.write_text(folder / "load.json", json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n")


def _collect(counted: Counted, folder: Path) -> None:
    """Link the parts of all units into the load folder; the units stay until the import is whole."""
    for dataset in DATASETS:
        (folder / dataset).mkdir()
        for unit in counted.units:
            for path in sorted((unit / dataset).glob("*.parquet")):
                folders.link(path, folder / dataset / f"{unit.name}-{path.name}")


def _keep_old(municipality: Municipality, plan: Plan, folder: Path) -> None:
    """Carry the other files of partly replaced loads over into this one."""
    replaced = set(plan.replaced)
    old = [municipality.folder / "lines" / load["load_key"] for load in plan.old_loads]
    for dataset in DATASETS:
        parts = [part for load in old for part in sorted((load / dataset).glob("*.parquet"))]
        for place, part in enumerate(parts):
            store.link_without(part, folder / dataset / f"old-{place:05d}.parquet", replaced)


# --- the account ----------------------------------------------------------------------------------------------------


def account_of(settlement: Settlement) -> dict[str, dict]:
    """What has become of every file: documents, lines and amounts per currency and part, counted on what is there."""
    found: dict[str, Tally] = {part: {} for part in PARTS}
    for table, status in ((settlement.lines, []), (settlement.set_aside, ["set_aside_status"])):
        sums = table.group_by(["source_hash", "document_currency", *status]).agg(
            lines=table.count(), amount=table.document_amount.sum(), net_amount=table.net_amount.sum()
        )
        for row in records(sums):
            key = (row["source_hash"], row["document_currency"] or "")
            for part in ("read", row.get("set_aside_status", "taken")):
                found[part].setdefault(key, Sum()).add(row["lines"], row["amount"], row["net_amount"])
    documents, by_currency = _document_counts(settlement), by_file(found)
    return {
        hash_: {"by_currency": by_currency.get(hash_, {}), "documents": documents.get(hash_, {})}
        for hash_ in sorted({*by_currency, *documents})
    }


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


def changed_since(
    as_imported: dict[str, dict], account: dict[str, dict], names: dict[str, list[str]]
) -> dict[str, dict]:
    """What is otherwise by now with files of earlier imports than it was when they were imported.

    Parameters
    ----------
    as_imported : dict
        Hash → the file as its import left it.
    account : dict
        Hash → what has become of it, as `account_of` gives it.
    names : dict
        Hash → names the file stands under by now.
    """
    changed = {}
    for hash_, facts in as_imported.items():
        if hash_ not in names:
            continue  # it has been replaced
        now = account.get(hash_, NOTHING) | {"names": names[hash_]}
        now["status"] = status_of_file(facts["kind"], now)
        if any(facts[name] != now[name] for name in now):
            changed[hash_] = now
    return changed


def status_of_file(kind: str, facts: dict) -> str:
    """What became of a file: by its documents, and of a ledger by its lines."""
    if kind != "ledger" or not facts["by_currency"]:
        return status_of(facts["documents"])
    parts = facts["by_currency"].values()
    return status_of({part: sum(int(sums[part]["lines"]) for sums in parts) for part in PARTS})


def _moved(account: dict[str, dict], plan: Plan) -> dict[str, str | int]:
    """How many lines of earlier files count again, or count no longer, because of this import."""
    moved: dict[str, Decimal | int] = {"lines_back": 0, "amount_back": ZERO, "lines_gone": 0, "amount_gone": ZERO}
    for hash_, facts in recorded(plan.loads).items():
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


def _source_reports(
    plan: Plan, counted: Counted, account: dict[str, dict], expected: dict[str, ControlTotal]
) -> list[SourceReport]:
    read, replaced = by_file({"read": counted.read}), _replaced(plan)
    reports = []
    for source in plan.new:
        facts = account.get(source.hash, NOTHING)
        report = SourceReport(
            source.name,
            source.hash,
            source.kind,
            status_of_file(source.kind, facts),
            format_name=plan.format_name(source),
            profile_hash=plan.profile_hash(source),
            documents=facts["documents"],
            by_currency=_beside(read.get(source.hash, {}), facts["by_currency"]),
            masked_count=counted.hits.get(source.hash, 0),
            rates_hash=plan.rates_hash,
            **replaced.get(source.hash, {}),
        )
        reports.append(compared(report, expected))
    return reports


def _unchanged(plan: Plan) -> list[SourceReport]:
    """Files read before; one that now stands under the name of another replaces that one."""
    replaced = _replaced(plan)
    return [
        replace(source, **replaced.get(source.hash, {})) if source.status == "unchanged" else source
        for source in plan.unchanged
    ]


def _beside(read: dict, written: dict) -> dict[str, dict[str, dict[str, str | int]]]:
    """What was read, as it was counted while reading, beside what was counted on what is written."""
    nothing = as_texts({part: Sum() for part in PARTS})
    return {
        currency: written.get(currency, nothing) | {"read": read.get(currency, nothing)["read"]}
        for currency in sorted({*read, *written})
    }


def _replaced(plan: Plan) -> dict[str, dict[str, str | int]]:
    """Hash of a new file → the file it replaces, and what earlier imports had taken in from that."""
    found: dict[str, dict[str, str | int]] = {}
    for hash_, facts in recorded(plan.loads).items():
        if hash_ not in plan.replaced:
            continue
        lines, amount = _taken(facts["by_currency"]) if plan.replaced[hash_] != hash_ else (0, ZERO)
        of_file = found.setdefault(plan.replaced[hash_], {"lines_replaced": 0, "amount_replaced": "0.00"})
        of_file["replaces_hash"] = hash_
        of_file["lines_replaced"] += lines
        of_file["amount_replaced"] = f"{Decimal(of_file['amount_replaced']) + amount:.2f}"
    return found


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
