"""What is deleted when an assignment ends, what stays, and what is left to do by hand?

Raw files, key, lines and everything made of them go; reports, run records, the decision log and the municipality's own
registers stay and are looked through once more. The plan is written before anything is deleted, so that an interrupted
closing is finished by closing again. A file that nobody knows is listed, never deleted.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from procurement_kit import folders, store
from procurement_kit.closed import CLOSING_RECORD, closing_record
from procurement_kit.dialogue.closing_checklist import CHECKLIST, GOES, STAYS, checklist, kept_names
from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import file_hash
from procurement_kit.keys import delete_key, key_path
from procurement_kit.outgoing import personal_places, personal_places_in, refuse_personal, write_outgoing
from procurement_kit.personal_numbers import blank
from procurement_kit.plurals import so_many
from procurement_kit.settings import SETTINGS_FILE, Municipality, read_settings


@dataclass(frozen=True)
class Plan:
    """What will go: paths by kind, with files and bytes; and what is not known and stays for a person to decide on."""

    paths: dict[str, tuple[Path, ...]]
    counts: dict[str, dict[str, int]]
    links: tuple[str, ...]
    unknown: tuple[str, ...]


def close_municipality(municipality: Municipality, *, confirmed: bool, today: date) -> Outcome:
    """End an assignment: delete raw files, key and lines, keep reports and records, and write a checklist.

    Parameters
    ----------
    municipality : Municipality
        Which one; it may have been closed half.
    confirmed : bool
        False lists what would go, and changes nothing.
    today : date
        Stands in the record and the checklist.

    Returns
    -------
    Outcome
        What went or would go, in files, bytes, lines and kroner; what stays; what is left to do by hand.

    Raises
    ------
    ParameterError
        If another run is at work on the municipality.
    PrivacyError
        If the checklist itself would hold a personal number.
    """
    plan = _plan(municipality)
    record = _record(municipality, plan, today)
    if _is_done(municipality, plan, record):
        return _done_before(municipality)
    if not confirmed:
        return _outcome(municipality, record, confirmed=False)
    with folders.locked(municipality):
        plan = _plan(municipality)
        record = _record(municipality, plan, today)
        refuse_personal(_lines_of_checklist(municipality, record))  # before anything is gone
        _write_record(municipality, record | {"state": "begun"})
        _delete(plan)
        if not record["key_shared_with"]:
            delete_key(municipality.privacy_key)
        record |= {"state": "closed", "found_in_reports": _found_in_what_stays(municipality, ())}
        write_outgoing(municipality.folder / CHECKLIST, checklist(municipality, record))
        _write_record(municipality, record)
    return _outcome(municipality, record, confirmed=True)


def _is_done(municipality: Municipality, plan: Plan, record: dict) -> bool:
    """Whether it has been closed and nothing has come since; a key that nobody needs any more is still to go."""
    if closing_record(municipality.folder).get("state") != "closed":
        return False
    has_key = key_path(municipality.privacy_key).exists() and not record["key_shared_with"]
    return not (has_key or plan.links or any(counted["files"] for counted in plan.counts.values()))


def _done_before(municipality: Municipality) -> Outcome:
    record = closing_record(municipality.folder)
    size = {name: sum(counted[name] for counted in record["deleted"].values()) for name in ("files", "bytes")}
    paths = {"checklist": str(municipality.folder / CHECKLIST), "record": str(municipality.folder / CLOSING_RECORD)}
    said = f"«{municipality.name}» was closed on {record['closed_on']}: there is nothing left to delete."
    return Outcome(record | size | {"confirmed": False, "paths": paths}, (said,))


# --- the plan -------------------------------------------------------------------------------------------------------


def _plan(municipality: Municipality) -> Plan:
    folder = municipality.folder
    imported = {facts["hash"] for load in store.loads(municipality) for facts in load["sources"]}
    imported |= set(closing_record(folder).get("imported_hashes", ()))
    paths: dict[str, list[Path]] = {}
    unknown: list[str] = []
    for path in sorted(folder.iterdir()):
        kind = path.name.split(".")[0]
        if kind in GOES:
            paths.setdefault(kind, []).append(path)
            continue
        again = [file for file in _files(path) if imported and file_hash(file) in imported]
        if again:
            paths.setdefault("imported", []).extend(again)
        if kind not in STAYS and path.name != ".lock" and path not in again:
            unknown.append(path.name)
    counts = {
        kind: {"files": sum(len(_files(path)) for path in found), "bytes": sum(map(_bytes, found))}
        for kind, found in paths.items()
    }
    links = [path for found in paths.values() for path in found if path.is_symlink()]
    kept = {kind: tuple(found) for kind, found in paths.items()}
    return Plan(kept, counts, tuple(path.name for path in links), tuple(unknown))


def _files(path: Path) -> list[Path]:
    if path.is_symlink():
        return []
    return [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _record(municipality: Municipality, plan: Plan, today: date) -> dict:
    """What closing says it deleted; what an interrupted closing had counted is added to what is still there."""
    before = closing_record(municipality.folder)
    is_resumed = before.get("state") == "begun"
    counted = _counted_lines(municipality)
    if is_resumed:  # the plan was written before the first file went: it holds all there was
        deleted = before["deleted"] | {k: v for k, v in plan.counts.items() if k not in before["deleted"]}
        counted = {key: before.get(key, value) for key, value in counted.items()}
    else:
        deleted = _added(before.get("deleted", {}), plan.counts)
        counted = (
            {key: _sum(before.get(key, type(value)()), value) for key, value in counted.items()} if before else counted
        )
    return {
        "state": "planned",
        "municipality": municipality.name,
        "closed_on": before.get("closed_on", today.isoformat()),
        "deleted": deleted,
        **counted,
        "currency": municipality.currency,
        "key_name": municipality.privacy_key,
        "key_shared_with": _sharing(municipality),
        "kept": [name for kind, name in kept_names(municipality.folder).items() if kind in STAYS],
        "links": list(plan.links),
        "unknown": list(plan.unknown),
        "found_in_reports": _found_in_what_stays(
            municipality, [path for found in plan.paths.values() for path in found]
        ),
    }


def _counted_lines(municipality: Municipality) -> dict:
    sources = [facts for load in store.loads(municipality) for facts in load["sources"]]
    parts = [parts for facts in sources for parts in facts.get("by_currency", {}).values()]
    taken = [part["taken"] for part in parts if "taken" in part]
    aside = [part[name] for part in parts for name in ("held_back", "duplicate") if name in part]
    return {
        "lines": sum(int(part["lines"]) for part in taken),
        "amount": f"{sum((Decimal(part['net_amount']) for part in taken), Decimal(0)):.2f}",
        "lines_set_aside": sum(int(part["lines"]) for part in aside),
        "amount_set_aside": f"{sum((Decimal(part['net_amount']) for part in aside), Decimal(0)):.2f}",
        "sources": sorted({facts["name"] for facts in sources}),
        "imported_hashes": sorted({facts["hash"] for facts in sources if facts["hash"]}),
    }


def _sum(before: object, now: object) -> object:
    if isinstance(now, list):
        return sorted({*before, *now})
    return f"{Decimal(before or 0) + Decimal(now):.2f}" if isinstance(now, str) else before + now


def _added(before: dict, now: dict) -> dict:
    kinds = dict.fromkeys([*before, *now])
    none = {"files": 0, "bytes": 0}
    return {kind: {name: before.get(kind, none)[name] + now.get(kind, none)[name] for name in none} for kind in kinds}


def _sharing(municipality: Municipality) -> list[str]:
    """Open municipalities on this machine that need the same key; one whose settings cannot be read is one of them."""
    found = []
    for name in store.municipality_names():
        folder = store.data_folder() / name
        if folder == municipality.folder or closing_record(folder).get("state") == "closed":
            continue
        try:
            shares = read_settings(folder).privacy_key == municipality.privacy_key
        except ProcurementError:
            shares = municipality.privacy_key in (folder / SETTINGS_FILE).read_text(encoding="utf-8", errors="replace")
        found += [name] if shares else []
    return found


# --- doing it -------------------------------------------------------------------------------------------------------


def _write_record(municipality: Municipality, record: dict) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)
    folders.write_text(municipality.folder / CLOSING_RECORD, text + "\n")


def _delete(plan: Plan) -> None:
    for path in (path for found in plan.paths.values() for path in found):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # of a link only the link: where it leads to is said in the checklist


def _found_in_what_stays(municipality: Municipality, goes: Sequence[Path]) -> list[str]:
    """Where personal numbers stand in the files that stay: those of folders first, then those beside them."""
    folder = municipality.folder
    gone = {*goes, *(folder / name for name in (CLOSING_RECORD, CHECKLIST, SETTINGS_FILE))}
    staying = sorted((path for path in folder.iterdir() if path not in gone), key=lambda path: (path.is_file(), path))
    kept = [file for path in staying for file in _files(path) if file not in gone]
    return [where for file in kept for where in personal_places_in(file, name=file.relative_to(folder).as_posix())]


def _lines_of_checklist(municipality: Municipality, record: dict) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(checklist(municipality, record).splitlines(), start=1):
        yield f"{CHECKLIST}, line {number}", line


# --- in words -------------------------------------------------------------------------------------------------------


def _outcome(municipality: Municipality, record: dict, *, confirmed: bool) -> Outcome:
    went, key = ("Deleted", "is deleted") if confirmed else ("Would delete", "would be deleted")
    size = {name: sum(counted[name] for counted in record["deleted"].values()) for name in ("files", "bytes")}
    shared = ", ".join(record["key_shared_with"])
    taken, aside = (
        f"{so_many(record[lines], 'line')} ({Decimal(record[amount]):,.2f} {record['currency']})"
        for lines, amount in (("lines", "amount"), ("lines_set_aside", "amount_set_aside"))
    )
    words = [f"{went} {kind}: {so_many(counted['files'], 'file')}." for kind, counted in record["deleted"].items()]
    words.append(
        f"{went} {so_many(size['files'], 'file')}, {size['bytes']:,} bytes: {taken} taken in and {aside} set aside."
    )
    words.append(f"The privacy key {f'stays: {shared} uses it too' if shared else key}.")
    if record["kept"]:
        words.append(f"These stay: {', '.join(map(blank, record['kept']))}.")
    words += [f"Not known, and not deleted: {blank(name)}." for name in record["unknown"]]
    words += [f"Look at {where}: it holds a number that can be a CPR number." for where in record["found_in_reports"]]
    if not confirmed:
        blocking = personal_places(_lines_of_checklist(municipality, record))
        words += [f"Closing would stop: {where} would hold a number that can be a CPR number." for where in blocking]
    checklist_path = municipality.folder / CHECKLIST
    words.append(
        f"What is left to do by hand stands in {checklist_path}."
        if confirmed
        else f"Nothing has been deleted. To do it: procurement-kit close {municipality.name} --yes"
    )
    paths = {"checklist": str(checklist_path), "record": str(municipality.folder / CLOSING_RECORD)} if confirmed else {}
    key_file = str(key_path(municipality.privacy_key))
    return Outcome(record | size | {"confirmed": confirmed, "key_file": key_file, "paths": paths}, tuple(words))
