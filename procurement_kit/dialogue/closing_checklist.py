"""What does the data processor's checklist say when an assignment has ended?

In Danish, as Markdown: what was deleted, what stays and why, and what is left to do by hand. Only files that were there
are named; names are shown without personal numbers and tokens.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from procurement_kit.closed import CLOSING_RECORD
from procurement_kit.names import TOKEN
from procurement_kit.personal_numbers import blank
from procurement_kit.settings import Municipality

CHECKLIST = "databehandler_tjekliste.md"
NAMES_SHOWN = 200
# What goes: by folder or file name, and what it is called in the checklist.
GOES = {
    "inbox": "Rå filer i inbox",
    "lines": "Fakturalinjer, linjer sat til side og bilagskontrol",
    "cube": "Indkøbsdata samlet (spend cube)",
    "lookups": "Opslag med tekster fra linjerne",
    "classifier": "Klassifikationsmodel lært af linjerne",
    "classifier_candidate": "Klassifikationsmodel, der ikke er taget i brug",
    "classifier_previous": "Den forrige klassifikationsmodel",
    "labelled_lines": "Linjer til oplæring",
    "labelling_sample": "Linjer til to mærkere",
    "audit_sample": "Stikprøvens linjer",
    "decisions": "Afgørelser fra gennemgang",
    "rules": "Regler på tekster og leverandører",
    "scope_decisions": "Afgørelser om omfang, lavet af kommunens svar",
    "taken_back": "Dubletter taget tilbage",
    "review": "Arbejdsbøger til gennemgang, stikprøve og mærkning",
    "dialogue": "Spørgsmålslister med tekster fra linjerne",
    "imported": "Importerede filer andre steder i mappen",
    "snapshots": "Linjer bag rapporterne, til sammenligning med den næste",
    "report_failed": "Notesbøger, der stoppede undervejs",
    "pending": "Ufærdigt arbejde og mellemlagre",
}
TRAINING = ("labelled_lines", "labelling_sample", "decisions", "rules", "scope_decisions")
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
    "audit_frame": "Stikprøvens grundlag: summer pr. kategori.",
    "reconciliation_notes": "Forklaringer til afstemningen med regnskabet.",
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
        amount=_danish_amount(record, "amount"),
        amount_set_aside=_danish_amount(record, "amount_set_aside"),
        key=_key_words(record),
        key_name=municipality.privacy_key,
        training=_training_words(record["deleted"]),
        kept="\n".join(_kept_rows(municipality.folder)),
        scan="\n".join(_scan_rows(record["found_in_reports"])),
        by_hand="\n".join(_by_hand_rows(record)),
        sources="\n".join(_source_rows(record["sources"])),
    )


def _danish(number: int | Decimal) -> str:
    text = f"{number:,.2f}" if isinstance(number, Decimal) else f"{number:,}"
    return text.translate(str.maketrans(",.", ".,"))


def _danish_amount(record: dict, name: str) -> str:
    return f"{_danish(Decimal(record[name]))} {record['currency'].replace('DKK', 'kr.')}"


def _training_words(deleted: dict) -> str:
    """Which tables of texts and names are deleted; nothing where there were none."""
    names = ", ".join(f"`{name}.csv`" for name in TRAINING if name in deleted)
    why = "fordi de gengiver tekster og leverandørnavne fra fakturaerne"
    return f"Afgørelser og linjer til oplæring ({names}) er slettet, {why}.\n" if names else ""


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


def kept_names(folder: Path) -> dict[str, str]:
    """What lies in a municipality's folder: the name without its ending → file or folder."""
    return {path.name.split(".")[0]: path.name for path in sorted(folder.iterdir()) if path.name != ".lock"}


def _kept_rows(folder: Path) -> Iterable[str]:
    present = kept_names(folder) | {
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
