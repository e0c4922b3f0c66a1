"""What is deleted when an assignment ends, what stays, and what is left to do by hand?

Raw files, key, lines and everything made of them go; reports, run records, the decision log and the municipality's own
registers stay and are looked through once more. The plan is written before anything is deleted, so that an interrupted
closing is finished by closing again. A file that nobody knows is listed, never deleted.
"""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from procurement_kit import folders, store
from procurement_kit.closed import CLOSING_RECORD, closing_record
from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import file_hash
from procurement_kit.keys import delete_key, key_path
from procurement_kit.names import TOKEN
from procurement_kit.outgoing import personal_places_below, personal_places_in, write_outgoing
from procurement_kit.personal_numbers import blank
from procurement_kit.settings import SETTINGS_FILE, Municipality, read_settings

CHECKLIST = "databehandler_tjekliste.md"
NAMES_SHOWN = 200
# What goes: by folder or file name, and what it is called in the checklist.
GOES = {
    "inbox": "Rå filer i inbox",
    "lines": "Fakturalinjer, linjer sat til side og bilagskontrol",
    "cube": "Indkøbsdata samlet (spend cube)",
    "lookups": "Opslag med tekster fra linjerne",
    "classifier": "Klassifikationsmodel lært af linjerne",
    "labelled_lines": "Linjer til oplæring",
    "decisions": "Afgørelser fra gennemgang",
    "rules": "Regler på tekster og leverandører",
    "taken_back": "Dubletter taget tilbage",
    "dialogue": "Spørgsmålslister med tekster fra linjerne",
    "imported": "Importerede filer andre steder i mappen",
    "pending": "Ufærdigt arbejde og mellemlagre",
}
TRAINING = ("labelled_lines", "decisions", "rules")
# What stays, and why.
STAYS = {
    "reports": "Rapporter og kørselsprotokoller: opgavens resultat og dokumentation for tallene.",
    "decision_log": "Beslutningslog: antagelser med dato og funktion, uden navne.",
    "contracts": "Kommunens aftaleregister: aftaler med virksomheder.",
    "contract_items": "Kommunens aftaleregister: varer og priser.",
    "contract_participants": "Kommunens aftaleregister: hvem der er med i aftalerne.",
    "units": "Kommunens organisation: enheder, centre og forvaltninger.",
    "accounts": "Kommunens regnskab pr. art: summer.",
    "targets": "Mål for nøgletal.",
    "exchange_rates": "Valutakurser.",
    "control_totals": "Kontroltal: antal linjer og kroner pr. fil.",
    "scope_rules": "Regler for, hvad der er indkøb.",
    "category_tree": "Kategoritræ.",
    "category_spellings": "Stavemåder af kategorier.",
    "profiles": "Importprofiler: hvordan filerne er opbygget.",
    "municipality": "Indstillinger.",
    "closing_record": "Protokol over lukningen.",
    "databehandler_tjekliste": "Denne tjekliste.",
}
_PLACES = {
    ", sheet «": ", ark «", ", row ": ", række ", ", cell ": ", celle ", ", line ": ", linje ", "the name of": "navnet",
    "the properties": "egenskaberne", "a comment": "en kommentar", "cannot be read": "kan ikke læses",
}  # fmt: skip


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
    if not confirmed:
        return _outcome(municipality, _record(municipality, _plan(municipality), today), confirmed=False)
    with folders.locked(municipality):
        plan = _plan(municipality)
        record = _record(municipality, plan, today)
        _write_record(municipality, record | {"state": "begun"})
        _delete(plan)
        if not record["key_shared_with"]:
            delete_key(municipality.privacy_key)
        record |= {"state": "closed", "found_in_reports": _found_in_what_stays(municipality)}
        write_outgoing(municipality.folder / CHECKLIST, checklist(municipality, record))
        _write_record(municipality, record)
    return _outcome(municipality, record, confirmed=True)


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
        counted = {key: before[key] for key in counted}
    else:
        deleted = _added(before.get("deleted", {}), plan.counts)
        counted = {key: _sum(before[key], value) for key, value in counted.items()} if before else counted
    return {
        "state": "planned",
        "municipality": municipality.name,
        "closed_on": before.get("closed_on", today.isoformat()),
        "deleted": deleted,
        **counted,
        "currency": municipality.currency,
        "key_name": municipality.privacy_key,
        "key_shared_with": _sharing(municipality),
        "links": list(plan.links),
        "unknown": list(plan.unknown),
        "found_in_reports": [],
    }


def _counted_lines(municipality: Municipality) -> dict:
    sources = [facts for load in store.loads(municipality) for facts in load["sources"]]
    parts = [parts for facts in sources for parts in facts.get("by_currency", {}).values()]
    aside = sum(int(part[name]["lines"]) for part in parts for name in ("held_back", "duplicate") if name in part)
    taken = sum(int(part["taken"]["lines"]) for part in parts if "taken" in part)
    amount = sum((Decimal(part["taken"]["net_amount"]) for part in parts if "taken" in part), Decimal(0))
    return {
        "lines": taken + aside,
        "lines_set_aside": aside,
        "amount": f"{amount:.2f}",
        "sources": sorted({facts["name"] for facts in sources}),
        "imported_hashes": sorted({facts["hash"] for facts in sources if facts["hash"]}),
    }


def _sum(before: object, now: object) -> object:
    if isinstance(now, list):
        return sorted({*before, *now})
    return f"{Decimal(before) + Decimal(now):.2f}" if isinstance(now, str) else before + now


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


def _found_in_what_stays(municipality: Municipality) -> list[str]:
    folder = municipality.folder
    found = [f"reports/{where}" for where in personal_places_below(folder / "reports")]
    ours = (CLOSING_RECORD, CHECKLIST, SETTINGS_FILE)
    others = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in ours]
    return found + [where for path in others for where in personal_places_in(path)]


# --- in words -------------------------------------------------------------------------------------------------------


def checklist(municipality: Municipality, record: dict) -> str:
    """The data processor's checklist in Danish, as Markdown.

    Parameters
    ----------
    municipality : Municipality
        Which one.
    record : dict
        As it stands in `closing_record.json`.
    """
    template = files("procurement_kit") / "dialogue" / "texts" / CHECKLIST
    return template.read_text(encoding="utf-8").format(
        title=municipality.title,
        name=municipality.name,
        closed_on=_danish_date(record["closed_on"]),
        deleted="\n".join(_deleted_rows(record["deleted"])),
        lines=_danish(record["lines"]),
        lines_set_aside=_danish(record["lines_set_aside"]),
        amount=f"{_danish(Decimal(record['amount']))} {record['currency'].replace('DKK', 'kr.')}",
        key=_key_words(record),
        key_name=municipality.privacy_key,
        training=", ".join(f"{name}.csv" for name in TRAINING),
        kept="\n".join(_kept_rows(municipality.folder)),
        scan="\n".join(_scan_rows(record["found_in_reports"])),
        by_hand="\n".join(_by_hand_rows(record)),
        sources="\n".join(_source_rows(record["sources"])),
    )


def _danish(number: int | Decimal) -> str:
    text = f"{number:,.2f}" if isinstance(number, Decimal) else f"{number:,}"
    return text.translate(str.maketrans(",.", ".,"))


def _danish_date(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day:%d-%m-%Y}"


def _deleted_rows(deleted: dict) -> Iterable[str]:
    for kind, counted in deleted.items():
        yield f"| {GOES.get(kind, kind)} | {_danish(counted['files'])} | {_danish(counted['bytes'])} |"


def _key_words(record: dict) -> str:
    if record["key_shared_with"]:
        names = ", ".join(record["key_shared_with"])
        return f"Nøglen til pseudonymisering er **ikke** slettet: den bruges også af {names} på denne maskine."
    return "Nøglen til pseudonymisering er slettet på denne maskine."


def _kept_rows(folder: Path) -> Iterable[str]:
    present = {path.name.split(".")[0]: path.name for path in sorted(folder.iterdir())} | {
        "closing_record": CLOSING_RECORD,
        "databehandler_tjekliste": CHECKLIST,
    }
    for kind, why in STAYS.items():
        if kind in present:
            yield f"- `{_shown(present[kind])}`: {why}"


def _scan_rows(found: list[str]) -> Iterable[str]:
    if not found:
        yield "De bevarede filer er gennemsøgt for personnumre en sidste gang: ingen fundet."
        return
    yield "De bevarede filer er gennemsøgt for personnumre en sidste gang. Disse steder **skal** renses eller slettes:"
    yield ""
    for where in found:
        for english, danish in _PLACES.items():
            where = where.replace(english, danish)
        yield f"- [ ] {_shown(where)}"


def _by_hand_rows(record: dict) -> Iterable[str]:
    yield from (
        f"- [ ] `{_shown(name)}` var en genvej til en anden mappe. Genvejen er slettet, mappen den pegede på er ikke."
        for name in record["links"]
    )
    yield from (
        f"- [ ] `{_shown(name)}` i kommunens mappe er ikke lavet af programmet og ikke slettet: tag stilling til den."
        for name in record["unknown"]
    )
    if record["key_shared_with"]:
        yield "- [ ] Nøglen er slettet, når den sidste kommune, der deler den, er lukket."


def _source_rows(names: list[str]) -> Iterable[str]:
    yield from (f"- [ ] {_shown(name)}" for name in names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        yield f"- [ ] … og {_danish(len(names) - NAMES_SHOWN)} filer mere, se `{CLOSING_RECORD}`"
    if not names:
        yield "Ingen filer er importeret."


def _shown(name: str) -> str:
    """A name as it may stand in a list that leaves the house."""
    return re.sub(TOKEN, "(maskeret)", blank(name))


def _outcome(municipality: Municipality, record: dict, *, confirmed: bool) -> Outcome:
    went, key = ("Deleted", "is deleted") if confirmed else ("Would delete", "would be deleted")
    size = {name: sum(counted[name] for counted in record["deleted"].values()) for name in ("files", "bytes")}
    shared = ", ".join(record["key_shared_with"])
    lines = f"{record['lines']:,} invoice lines ({record['amount']} {record['currency']})"
    words = [f"{went} {kind}: {counted['files']:,} files." for kind, counted in record["deleted"].items()]
    words.append(f"{went} {lines} in {size['files']:,} files, {size['bytes']:,} bytes.")
    words.append(f"The privacy key {f'stays: {shared} uses it too' if shared else key}.")
    words.append("Reports, run records, the decision log and the municipality's registers stay.")
    words += [f"Not known, and not deleted: {blank(name)}." for name in record["unknown"]]
    words += [f"Look at {where}: it holds a number that can be a CPR number." for where in record["found_in_reports"]]
    checklist_path = municipality.folder / CHECKLIST
    words.append(
        f"What is left to do by hand stands in {checklist_path}."
        if confirmed
        else f"Nothing has been deleted. To do it: procurement-kit close {municipality.name} --yes"
    )
    paths = {"checklist": str(checklist_path), "record": str(municipality.folder / CLOSING_RECORD)} if confirmed else {}
    key_file = str(key_path(municipality.privacy_key))
    return Outcome(record | size | {"confirmed": confirmed, "key_file": key_file, "paths": paths}, tuple(words))
