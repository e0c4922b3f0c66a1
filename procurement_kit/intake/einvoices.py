"""Which invoice lines do e-invoices hold, and do they add up to what their headers say?

UBL invoices and credit notes: OIOUBL 2.x and 3, Peppol BIS 3, PINT, EN 16931, NLCIUS, XRechnung. Sign is document type
times amount. A document whose lines do not add up to its header within 0.01 is held back, never scaled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from procurement_kit.intake.big_einvoices import OpenFile, read_big_records
from procurement_kit.intake.einvoice_amounts import (
    Amounts,
    amounts_of,
    exchange_rate,
    money,
    net_amounts,
    plain,
)
from procurement_kit.intake.einvoice_columns import line_schema
from procurement_kit.intake.einvoice_headers import Headers, headers_of
from procurement_kit.intake.einvoice_lines import DocumentLines, lines_of
from procurement_kit.intake.einvoice_records import Records, read_records
from procurement_kit.intake.identity import document_id
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import Masker, masker_for
from procurement_kit.intake.safe_xml import RefusedError

_CONTROL_KEYS = (
    "document_number", "document_uuid", "is_copy", "supplier_number", "supplier_name", "invoice_date", "document_type",
    "format_name",
)  # fmt: skip
LINES_AT_ONCE = 10_000  # many distinct values pay, but their Python texts must fit in memory
_REQUIRED = ("document_number", "invoice_date")


@dataclass(frozen=True)
class Reading:
    """What is needed to read a municipality's documents; small, so that it can be sent to other processes."""

    municipality_name: str
    key: bytes
    rates: Rates

    @property
    def masker(self) -> Masker:
        """The masker of the municipality's key."""
        return masker_for(self.key)


@dataclass
class Chunk:
    """Documents that have been read: control rows, how many numbers were masked, and all their lines in order."""

    controls: list[dict]
    hit_counts: list[int]
    lines: pa.Table


@dataclass
class Document:
    """One document as read: its control row, its lines, and why it is held back if it is."""

    control: dict
    lines: list[dict] = field(default_factory=list)
    reason: str | None = None
    uuid: str | None = None
    is_copy: bool = False
    net_total: Decimal | None = None
    hit_count: int = 0


def read_einvoice(content: bytes, reading: Reading, *, source_name: str = "", source_hash: str = "") -> Document:
    """Read one e-invoice; what cannot be read or does not add up comes back with a reason.

    Parameters
    ----------
    content : bytes
        The file.
    reading : Reading
        Municipality, key and exchange rates.
    source_name, source_hash : str
        Where it came from, the name masked.

    Returns
    -------
    Document
        `reason` is empty where every line can be taken in.
    """
    chunk = documents_of([records_or_reason(content)], [(source_name, source_hash)], reading)
    (control,) = chunk.controls
    return Document(
        control,
        chunk.lines.to_pylist(),
        control["document_reason"],
        control.get("document_uuid"),
        control.get("is_copy", False),
        control.get("document_net_amount"),
        chunk.hit_counts[0],
    )


def records_or_reason(content: bytes | OpenFile) -> Records | str:
    """The records of a document, or why there are none; a large one comes as what opens its file."""
    try:
        return read_records(content) if isinstance(content, bytes) else read_big_records(content)
    except RefusedError as refusal:
        return str(refusal)


def documents_of(found: Sequence[Records | str], sources: Sequence[tuple[str, str]], reading: Reading) -> Chunk:
    """Make lines and control rows of some documents.

    Parameters
    ----------
    found : sequence of Records or str
        Each document, or why it cannot be read.
    sources : sequence of (str, str)
        Name and hash of each one's file.
    reading : Reading
        Municipality, key and exchange rates.
    """
    controls: list[dict] = []
    for one, (name, hash_) in zip(found, sources, strict=True):
        reason = one if isinstance(one, str) else None
        controls.append({"source_name": name, "source_hash": hash_, "line_count": 0, "document_reason": reason})
    places = [n for n, one in enumerate(found) if not isinstance(one, str)]
    chunk = Chunk(controls, [0] * len(found), line_schema().empty_table())
    if places:
        _read_into(chunk, places, [found[n] for n in places], reading)
    for control in controls:
        control["document_status"] = "held_back" if control["document_reason"] else "taken_in"
    return chunk


def _read_into(chunk: Chunk, places: list[int], records: list[Records], reading: Reading) -> None:
    """Read documents that are invoices into their places in a chunk."""
    headers = headers_of(records, reading.masker)
    columns = headers.columns
    controls = [chunk.controls[n] for n in places]
    for control, values in zip(controls, zip(*(columns[name] for name in _CONTROL_KEYS), strict=True), strict=True):
        control.update(zip(_CONTROL_KEYS, values, strict=True))
    kept: list[int] = []
    lines: list[DocumentLines] = []
    for n, (control, one) in enumerate(zip(controls, records, strict=True)):
        try:
            amounts = amounts_of(headers.amounts[n], one.amounts)
        except RefusedError as refusal:
            control["document_reason"] = str(refusal)
            continue
        _fill_control(control, columns, n, amounts)
        chunk.hit_counts[places[n]] = headers.hits[n]
        if amounts.lines:
            kept.append(n)
            lines.append(_lines(control, headers, n, one, amounts, reading.rates))
    chunk.lines = _table(lines, _shared(columns, controls, kept, reading), reading.masker)
    _count_hits(chunk, [places[n] for n in kept], lines)


def _fill_control(control: dict, columns: dict[str, list], n: int, amounts: Amounts) -> None:
    """Fill the control row of a document whose amounts could be read."""
    worth = None if amounts.net is None else sum(amounts.net)
    kind, number, day = control["document_type"], control["document_number"], control["invoice_date"]
    supplier = control["supplier_number"] or columns["supplier_account_number"][n] or control["supplier_name"]
    printed_worth = None if worth is None else plain(worth)
    control["document_id"] = document_id(kind, supplier, number, day, amounts.currency, printed_worth)
    control["document_currency"] = amounts.currency
    control["line_count"] = len(amounts.lines)
    control["document_reason"] = amounts.reason or _missing(control)
    control["document_net_amount"] = money(worth)
    control.update(zip(amounts.control, map(money, amounts.control.values()), strict=True))


def _missing(control: dict) -> str | None:
    missing = [name.replace("_", " ") for name in _REQUIRED if control[name] is None]
    return f"has no {' and no '.join(missing)}" if missing else None


def _lines(control: dict, headers: Headers, n: int, one: Records, amounts: Amounts, rates: Rates) -> DocumentLines:
    rate = exchange_rate(headers.rates[n], amounts.currency, control["invoice_date"], rates)
    return DocumentLines(
        document_id=control["document_id"],
        sign=one.kind.sign,
        is_oioubl=headers.amounts[n].is_oioubl,
        codes=headers.codes[n] | amounts.codes,
        hits=headers.hits[n],
        privacy_level=headers.columns["privacy_level"][n],
        rate=rate,
        amounts=amounts.lines,
        extras=amounts.extras,
        net=amounts.net or [],
        kroner=net_amounts(amounts.net, rate.rate),
        frees=one.amounts.frees,
        vats=one.amounts.vats,
        texts=one.texts,
    )


def _shared(columns: dict[str, list], controls: list[dict], kept: list[int], reading: Reading) -> dict[str, pa.Array]:
    """What all lines of a document share, one value for each document that has lines."""
    schema = line_schema()
    found = {name: [values[n] for n in kept] for name, values in columns.items() if name != "privacy_level"}
    for name in ("source_name", "source_hash", "document_id", "document_currency"):
        found[name] = [controls[n][name] for n in kept]
    same = {"municipality_name": reading.municipality_name, "source_kind": "einvoice", "vat_basis": "ex"}
    found |= {name: [value] * len(kept) for name, value in same.items()}
    return {name: pa.array(values, schema.field(name).type) for name, values in found.items()}


def _table(lines: list[DocumentLines], shared: dict[str, pa.Array], masker: Masker) -> pa.Table:
    """All lines at once, or, where they are very many, some at a time."""
    if sum(len(one.texts) for one in lines) <= LINES_AT_ONCE:
        return lines_of(lines, shared, masker)
    tables = [line_schema().empty_table()]
    for n, one in enumerate(lines):
        own = {name: column.slice(n, 1) for name, column in shared.items()}
        for start in range(0, len(one.texts), LINES_AT_ONCE):
            tables.append(lines_of([one.part(start, start + LINES_AT_ONCE)], own, masker))
    return pa.concat_tables(tables)


def _count_hits(chunk: Chunk, places: list[int], lines: list[DocumentLines]) -> None:
    """Add what was masked on the lines to what was masked in the header."""
    on_lines = chunk.lines["privacy_hit_count"].to_numpy()
    if not on_lines.any():
        return
    row = 0
    for place, one in zip(places, lines, strict=True):
        count = len(one.texts)
        chunk.hit_counts[place] += int(on_lines[row : row + count].sum()) - count * one.hits
        row += count
