"""What became of each file, counted again on what is stored?

Read = taken in + held back + duplicates, per file and currency. Every figure here comes from the stored lines; what the
import itself wrote down is only compared with them, so that the comparison can fail.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.remedies import reason_key, remedies
from procurement_kit.exact import NOTHING, exact_sum, records
from procurement_kit.findings import Check

if TYPE_CHECKING:
    import ibis

PARTS = ("taken", "held_back", "duplicate")
UNITS = ("line_count", "in_currency", "amount")  # the last in the municipality's currency
COUNTED = tuple(f"{part}_{unit}" for part in ("read", *PARTS) for unit in UNITS)
_DOCUMENT_SUM = "decimal(38,4)"
_AS_WRITTEN = {"line_count": "lines", "in_currency": "amount", "amount": "net_amount"}


def sources_of(loads: Iterable[Mapping]) -> dict[str, dict]:
    """What the imports wrote down of each file, by its hash."""
    return {facts["hash"]: facts for load in loads for facts in load["sources"]}


def names_not_read(loads: Iterable[Mapping]) -> list[str]:
    """Names of files that lay in a folder and were not read, each once."""
    return sorted({name for load in loads for name in load.get("report", {}).get("files_not_read", ())})


# --- counted on what is stored --------------------------------------------------------------------------------------


def recount(lines: "ibis.Table", set_aside: "ibis.Table") -> dict[tuple[str, str], dict]:
    """Lines and amounts of each part, per file and currency, counted on the stored lines.

    Returns
    -------
    dict
        (source hash, currency) → `read_line_count`, `read_in_currency`, …, zero where there is nothing.
    """
    counted: dict[tuple[str, str], dict] = {}
    for row in [*_sums(lines), *_sums(set_aside, "set_aside_status")]:
        part = row.get("set_aside_status", "taken")
        place = (row["source_hash"], row["document_currency"] or "")
        sums = counted.setdefault(place, dict.fromkeys(COUNTED, NOTHING) | {n: 0 for n in COUNTED if "_line_" in n})
        for unit in UNITS:
            amount = row[unit] or 0
            sums[f"{part}_{unit}"] += amount
            sums[f"read_{unit}"] += amount
    return counted


def _sums(lines: "ibis.Table", *by: str) -> list[dict]:
    grouped = lines.group_by("source_hash", "document_currency", *by)
    return records(
        grouped.aggregate(
            line_count=lines.count(),
            in_currency=lines.document_amount.sum().cast(_DOCUMENT_SUM),
            amount=exact_sum(lines),
        )
    )


def control_rows(documents: "ibis.Table") -> list[dict]:
    """Documents, and lines their control rows say they have, per file, format and what became of them."""
    is_document = (documents.document_type == "posting") | documents.document_id.notnull()
    grouped = documents.group_by("source_hash", "format_name", "document_type")
    return records(
        grouped.aggregate(document_count=documents.count(), line_count=documents.line_count.sum(where=is_document))
    )


def file_rows(
    sources: Mapping[str, Mapping], counted: Mapping[tuple[str, str], Mapping], controls: Iterable[Mapping]
) -> list[dict]:
    """One row per file and currency: kind, format, status, lines and amounts of each part; most lines first.

    A file that could not be read has a row without currency and with nothing in it.
    """
    formats: dict[str, Counter] = {}
    for row in controls:
        formats.setdefault(row["source_hash"], Counter())[row["format_name"] or ""] += row["document_count"]
    places = [*counted, *((hash_, "") for hash_ in sources.keys() - {hash_ for hash_, _ in counted})]
    nothing = dict.fromkeys(COUNTED, NOTHING) | {n: 0 for n in COUNTED if "_line_" in n}
    rows = [_file_row(hash_, currency, sources, counted.get((hash_, currency), nothing), formats)
            for hash_, currency in places]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["read_line_count"], row["source_name"], row["document_currency"]))


def _file_row(hash_: str, currency: str, sources: Mapping, sums: Mapping, formats: Mapping[str, Counter]) -> dict:
    facts, found = sources.get(hash_, {}), formats.get(hash_, Counter())
    common = min(found, key=lambda name: (-found[name], name), default="")
    return {
        "source_hash": hash_,
        "source_key": hash_,
        "source_name": facts.get("name", hash_),
        "source_kind": facts.get("kind", ""),
        "format_name": facts.get("format_name") or common,
        "file_status": facts.get("status", ""),
        "document_currency": currency,
        "masked_count": facts.get("masked_count", 0),
        "document_count": found.total(),
        **sums,
    }


def deliveries(files: Iterable[Mapping], found: Iterable[Mapping]) -> list[dict]:
    """One row per ledger file and archive, and one for all single e-invoices together; most lines first.

    Parameters
    ----------
    files, found : iterable of mapping
        As `file_rows` and `reasons` give them.
    """
    kinds = {row["source_hash"]: row["source_kind"] for row in files}
    rows: dict[str, dict] = {}
    seen: set[str] = set()
    for row in files:
        is_single = row["source_kind"] == "einvoice"
        start = {name: None if is_single else row[name] for name in ("source_name", "source_key")}
        start |= {"source_kind": row["source_kind"]}
        delivery = rows.setdefault(_delivery(row["source_hash"], kinds), start)
        names = [name for name in COUNTED if not name.endswith("_in_currency")]
        if row["source_hash"] not in seen:  # a file of two currencies is one file
            delivery["file_count"] = delivery.get("file_count", 0) + 1
            names += ["masked_count", "document_count"]
            seen.add(row["source_hash"])
        for name in names:
            delivery[name] = delivery.get(name, 0) + row[name]
    for place, reason in _main_reasons(found, kinds).items():
        rows[place]["reason_key"] = reason
    return sorted(rows.values(), key=lambda row: (-row["read_line_count"], row["source_name"] or ""))


def _delivery(hash_: str, kinds: Mapping[str, str]) -> str:
    return "" if kinds.get(hash_) == "einvoice" else hash_


def _main_reasons(found: Iterable[Mapping], kinds: Mapping[str, str]) -> dict[str, str]:
    """The reason that holds most of each delivery back."""
    weights: dict[str, dict[str, tuple[int, int]]] = {}
    for row in found:
        if row["set_aside_status"] == "held_back" and row["source_hash"] in kinds:
            of_place = weights.setdefault(_delivery(row["source_hash"], kinds), {})
            lines, documents = of_place.get(row["reason_key"], (0, 0))
            of_place[row["reason_key"]] = (lines + row["line_count"], documents + row["document_count"])
    return {place: max(keys, key=lambda key: (keys[key], key)) for place, keys in weights.items()}


# --- why lines do not count -----------------------------------------------------------------------------------------


def reasons(set_aside: "ibis.Table", documents: "ibis.Table") -> list[dict]:
    """Why lines and documents do not count, per file and reason, with the first row it happened at.

    Documents that could not be opened have no lines: they are counted from the control rows.
    """
    keyed = set_aside.mutate(
        reason_key=reason_key(set_aside.set_aside_reason.fill_null(""), set_aside.set_aside_status)
    )
    lines = keyed.group_by("source_hash", "set_aside_status", "reason_key").aggregate(
        line_count=keyed.count(), net_amount=exact_sum(keyed), source_row=keyed.source_row.min()
    )
    return [*_by_place(records(lines)), *_by_place(_whole_documents(documents))]


def _whole_documents(documents: "ibis.Table") -> list[dict]:
    """E-invoices, and ledger files, that do not count as a whole; where a ledger has lines, they say it themselves."""
    is_whole = (documents.document_type.fill_null("") != "posting") | (documents.line_count.fill_null(0) == 0)
    whole = documents.filter(documents.document_status.isin(["held_back", "duplicate"]) & is_whole)
    whole = whole.rename(set_aside_status="document_status")
    whole = whole.mutate(reason_key=reason_key(whole.document_reason.fill_null(""), whole.set_aside_status))
    grouped = whole.group_by("source_hash", "set_aside_status", "reason_key")
    return records(grouped.aggregate(document_count=whole.count(), first_name=whole.source_name.min()))


def _by_place(rows: Iterable[Mapping]) -> list[dict]:
    nothing = {"line_count": 0, "document_count": 0, "source_row": None, "first_name": None}
    return [{**nothing, **row, "net_amount": row.get("net_amount") or NOTHING} for row in rows]


def by_reason(found: Iterable[Mapping], sources: Mapping[str, Mapping]) -> list[dict]:
    """Reasons over all files, in plain words and with what helps; most kroner first.

    `source_name` is the first file by name, `source_row` its first row, for ledgers only.
    """
    rows: dict[str, dict] = {}
    for row in sorted(found, key=lambda row: _first(row, sources)):
        known = rows.setdefault(row["reason_key"], _reason_row(row, sources))
        for name in ("line_count", "document_count", "net_amount"):
            known[name] += row[name]
    return sorted(rows.values(), key=lambda row: (-abs(row["net_amount"]), -row["line_count"], row["reason_key"]))


def _first(row: Mapping, sources: Mapping[str, Mapping]) -> tuple:
    return _name(row, sources), row["source_row"] or 0


def _name(row: Mapping, sources: Mapping[str, Mapping]) -> str:
    return row["first_name"] or sources.get(row["source_hash"], {}).get("name", row["source_hash"])


def _reason_row(row: Mapping, sources: Mapping[str, Mapping]) -> dict:
    described = {remedy.reason_key: remedy.words for remedy in remedies()}
    is_ledger = sources.get(row["source_hash"], {}).get("kind") == "ledger"
    return {
        "reason_key": row["reason_key"],
        "set_aside_status": row["set_aside_status"],
        **described[row["reason_key"]],
        "source_name": _name(row, sources),
        "source_row": row["source_row"] if is_ledger else None,
        "line_count": 0,
        "document_count": 0,
        "net_amount": NOTHING,
    }


# --- checks ---------------------------------------------------------------------------------------------------------


def account_checks(
    sources: Mapping[str, Mapping], counted: Mapping[tuple[str, str], Mapping], controls: Iterable[Mapping]
) -> tuple[Check, ...]:
    """Whether what is stored agrees with what the import wrote down, and with the control rows."""
    places = {(hash_, currency) for hash_, facts in sources.items() for currency in facts["by_currency"]} | set(counted)
    read = [place for place in places if _differs(place, "read", sources, counted)]
    parts = [place for place in places if any(_differs(place, part, sources, counted) for part in PARTS)]
    said: Counter = Counter()
    for row in controls:
        said[row["source_hash"]] += row["line_count"] or 0
    stored: Counter = Counter()
    for (hash_, _), sums in counted.items():
        stored[hash_] += sums["read_line_count"]
    rows = [(hash_, "") for hash_ in sources if said[hash_] != stored[hash_]]
    return (
        _check("read = taken in + held back + duplicates, per file and currency", read, len(places), sources),
        _check("taken in, held back and duplicates are as the import said", parts, len(places), sources),
        _check("the control rows have as many lines as are stored", rows, len(sources), sources),
    )


def _differs(place: tuple[str, str], part: str, sources: Mapping, counted: Mapping) -> bool:
    written = sources.get(place[0], {}).get("by_currency", {}).get(place[1], {}).get(part, {})
    stored = counted.get(place, {})
    return any(
        Decimal(str(written.get(name, 0))) != Decimal(stored.get(f"{part}_{unit}", 0))
        for unit, name in _AS_WRITTEN.items()
    )


def _check(name: str, differing: list[tuple[str, str]], count: int, sources: Mapping[str, Mapping]) -> Check:
    if not differing:
        return Check(name, True, f"{count:,} compared")
    first = min((sources.get(hash_, {}).get("name", hash_), currency) for hash_, currency in differing)
    return Check(name, False, f"{len(differing):,} of {count:,} differ, first {' '.join(filter(None, first))}")
