"""How is the account of an import told in a few lines?

A line per file, with the first reason and what helps where something is held back; then what is missing and odd. After
an import its own files come first, and all earlier ones are one line. At most as many lines as one reads in a terminal.
"""

from collections.abc import Collection, Iterable

from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.formats import NO_BREAK, Formats
from procurement_kit.publishing.sentences import Writer, plain

LINES_SHOWN, FEWEST_FILES, REASONS_SHOWN = 15, 3, 3
TOLD_BY_FILE = ("intake_held_back", "replaced_files")
_COUNTED = ("read", "taken", "held_back", "duplicate")
_SUMS = ("file_count", *(f"{part}_{unit}" for part in _COUNTED for unit in ("line_count", "amount")))


def intake_words(
    finding: Finding, language: str = "en", *, currency: str = "DKK", new: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Say per file what was read and what became of it, and then what is missing or odd.

    Parameters
    ----------
    finding : Finding
        What `analyse_intake` returned.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.
    new : tuple of str
        Names of the files read in this import: told first, the others in one line. By default all are told alike.

    Returns
    -------
    tuple of str
        At most fifteen lines.
    """
    writer = Writer(Formats(language, currency), {finding.key: finding})
    odd = [writer.say(f"caveats.{key}", finding.key) for key in finding.caveats if key not in TOLD_BY_FILE]
    files = finding.tables["files"].to_dict("records")
    rows = [row | {"files": _files_of(row, files)} for row in finding.tables["deliveries"].to_dict("records")]
    rows, older = _apart(rows, set(new)) if new else (rows, [])
    rows.sort(key=lambda row: plain(row["reason_key"]) is None)  # what needs a person first
    odd = [*(_reason_words(row, finding, writer) for row in _reasons_left(finding, rows, new)), *odd]
    limit = max(LINES_SHOWN - len(odd) - bool(older), FEWEST_FILES + 1)
    shown = rows if len(rows) <= limit else [*rows[: limit - 1], _together(rows[limit - 1 :], "more")]
    shown += [_together(older, "older")] if older else []
    return (*(_file_words(row, finding, writer) for row in shown), *odd)[:LINES_SHOWN]


# --- which files ----------------------------------------------------------------------------------------------------


def _files_of(row: dict, files: list[dict]) -> list[dict]:
    """The files of a delivery, one row per file and currency; single e-invoices are one delivery."""
    if key := plain(row["source_key"]):
        return [file for file in files if file["source_key"] == key]
    return [file for file in files if file["source_kind"] == row["source_kind"]]


def _apart(rows: list[dict], new: Collection[str]) -> tuple[list[dict], list[dict]]:
    """Deliveries of this import and earlier ones; single e-invoices are divided between the two."""
    told: tuple[list[dict], list[dict]] = ([], [])
    for row in rows:
        if plain(row["source_key"]):
            told[row["source_name"] not in new].append(row)
            continue
        for is_older, place in enumerate(told):
            if part := [file for file in row["files"] if (file["source_name"] not in new) == is_older]:
                place.append(_delivered(row, part))
    return told


def _delivered(row: dict, files: list[dict]) -> dict:
    """A delivery of some of its files, with the reason that holds most of them back."""
    held = [file for file in files if plain(file["reason_key"])]
    worst = max(held, key=lambda file: (file["held_back_line_count"], file["reason_key"]), default={})
    count = len({file["source_key"] for file in files})
    counted = [file | {"file_count": 0} for file in files]
    return row | _summed(counted) | {"file_count": count, "files": files, "reason_key": worst.get("reason_key")}


def _summed(rows: Iterable[dict]) -> dict:
    rows = list(rows)
    return {name: sum(row[name] for row in rows) for name in _SUMS}


def _together(rows: list[dict], what: str) -> dict:
    """Several deliveries as one line, which names none of them."""
    named = {"source_kind": "", "source_name": None, "reason_key": None, "together": what}
    return _summed(rows) | named | {"files": [file for row in rows for file in row["files"]]}


def _reasons_left(finding: Finding, rows: list[dict], new: Collection[str]) -> list[dict]:
    """Reasons that no file told names; after an import, only those that its own files have."""
    told = {row["reason_key"] for row in rows}
    own = {file["reason_key"] for row in rows for file in row["files"]}
    left = [row for row in finding.tables["held_back"].to_dict("records") if row["reason_key"] not in told]
    if new:
        left = [row for row in left if row["source_name"] in new or row["reason_key"] in own]
    return left[:REASONS_SHOWN]


# --- in words -------------------------------------------------------------------------------------------------------


def _reason_words(row: dict, finding: Finding, writer: Writer) -> str:
    """A reason that is not the first one of its file."""
    said = {"file": Number(row["source_name"], "text"), **_plain_words(row, writer)}
    return Writer(writer.formats, writer.findings, said).say("intake_words.reason", finding.key)


def _plain_words(row: dict, writer: Writer) -> dict[str, Number]:
    return {name: Number(row[f"{name}_name_{writer.formats.language}"], "text") for name in ("reason", "remedy")}


def _file_words(row: dict, finding: Finding, writer: Writer) -> str:
    said = {name: Number(row[name], "count") for name in ("file_count", *(f"{part}_line_count" for part in _COUNTED))}
    said |= {f"{part}_words": Number(_amount_words(row, part, writer), "text") for part in ("read", "held_back")}
    own = Writer(writer.formats, writer.findings, said)
    said["file"] = Number(_file_name(row, own), "text")
    key = plain(row["reason_key"])
    if key is None:
        return own.say(f"intake_words.{'together' if 'together' in row else 'read'}", finding.key)
    reasons = finding.tables["held_back"]
    said |= _plain_words(reasons[reasons["reason_key"] == key].iloc[0], writer)
    return own.say(f"intake_words.{'held_back' if row['read_line_count'] else 'unopened'}", finding.key)


def _amount_words(row: dict, part: str, writer: Writer) -> str:
    """The amount in the municipality's currency; what has no rate in its own, because it is no krone yet."""
    amount, formats, unrated = row[f"{part}_amount"], writer.formats, {}
    for file in row["files"]:
        if file[f"{part}_in_currency"] and not file[f"{part}_amount"] and file["document_currency"]:
            code = file["document_currency"]
            unrated[code] = unrated.get(code, 0) + file[f"{part}_in_currency"]
    own = [f"{code}{NO_BREAK}{formats.number(sum_)}" for code, sum_ in sorted(unrated.items())]
    return " + ".join([formats.amount(amount)] * bool(amount or not own) + own)


def _file_name(row: dict, writer: Writer) -> str:
    if name := plain(row["source_name"]):
        return str(name)
    if not row["source_kind"]:
        return writer.say(f"intake_words.{row['together']}")
    kind = writer.entry("values.source_kind")[row["source_kind"]]
    return f"{kind} ({writer.formats.number(row['file_count'])})"
