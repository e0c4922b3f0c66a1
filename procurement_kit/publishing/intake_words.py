"""How is the account of an import told in a few lines?

A line per file, with the first reason and what helps where something is held back; then what is missing and odd. At
most as many lines as one reads in a terminal.
"""

from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain

LINES_SHOWN, FEWEST_FILES, REASONS_SHOWN = 15, 3, 3
TOLD_BY_FILE = ("intake_held_back", "replaced_files")
_COUNTED = ("read", "taken", "held_back", "duplicate")


def intake_words(finding: Finding, language: str = "en", *, currency: str = "DKK") -> tuple[str, ...]:
    """Say per file what was read and what became of it, and then what is missing or odd.

    Parameters
    ----------
    finding : Finding
        What `analyse_intake` returned.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    tuple of str
        At most fifteen lines.
    """
    writer = Writer(Formats(language, currency), {finding.key: finding})
    odd = [writer.say(f"caveats.{key}", finding.key) for key in finding.caveats if key not in TOLD_BY_FILE]
    rows = finding.tables["deliveries"].to_dict("records")
    rows.sort(key=lambda row: plain(row["reason_key"]) is None)  # what needs a person first
    told = {row["reason_key"] for row in rows}
    reasons = [row for row in finding.tables["held_back"].to_dict("records") if row["reason_key"] not in told]
    odd = [*(_reason_words(row, finding, writer) for row in reasons[:REASONS_SHOWN]), *odd]
    limit = max(LINES_SHOWN - len(odd), FEWEST_FILES + 1)
    shown = rows if len(rows) <= limit else [*rows[: limit - 1], _together(rows[limit - 1 :])]
    return (*(_file_words(row, finding, writer) for row in shown), *odd)[:LINES_SHOWN]


def _reason_words(row: dict, finding: Finding, writer: Writer) -> str:
    """A reason that is not the first one of its file."""
    said = {"file": Number(row["source_name"], "text"), **_plain_words(row, writer)}
    return Writer(writer.formats, writer.findings, said).say("intake_words.reason", finding.key)


def _plain_words(row: dict, writer: Writer) -> dict[str, Number]:
    return {name: Number(row[f"{name}_name_{writer.formats.language}"], "text") for name in ("reason", "remedy")}


def _together(rows: list[dict]) -> dict:
    names = ("file_count", *(f"{part}_{unit}" for part in _COUNTED for unit in ("line_count", "amount")))
    sums = {name: sum(row[name] for row in rows) for name in names}
    return sums | {"source_kind": "", "source_name": None, "reason_key": None}


def _file_words(row: dict, finding: Finding, writer: Writer) -> str:
    said = {name: Number(row[name], "count") for name in ("file_count", *(f"{part}_line_count" for part in _COUNTED))}
    said |= {f"{part}_amount": Number(row[f"{part}_amount"], "kr") for part in _COUNTED}
    own = Writer(writer.formats, writer.findings, said)
    said["file"] = Number(_file_name(row, own), "text")
    key = plain(row["reason_key"])
    if key is None:
        return own.say("intake_words.read", finding.key)
    reasons = finding.tables["held_back"]
    said |= _plain_words(reasons[reasons["reason_key"] == key].iloc[0], writer)
    return own.say(f"intake_words.{'held_back' if row['read_line_count'] else 'unopened'}", finding.key)


def _file_name(row: dict, writer: Writer) -> str:
    if name := plain(row["source_name"]):
        return str(name)
    if not row["source_kind"]:
        return writer.say("intake_words.more")
    kind = writer.entry("values.source_kind")[row["source_kind"]]
    return f"{kind} ({writer.formats.number(row['file_count'])})"
