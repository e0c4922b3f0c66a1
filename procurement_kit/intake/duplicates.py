"""What stands twice among everything that has been read?

Documents: same supplier, number, date and amount, or same UUID and amount, or one marked as a copy. The same number
with another amount is another document: both count, and the control row says so. Ledger lines: same line identity in
another file. The first counts, originals before copies; what was taken back counts too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from procurement_kit.counted import ROW_KEY
from procurement_kit.exact import records

if TYPE_CHECKING:
    import ibis

WORTH = ("document_currency", "document_net_amount")
SAME_NUMBER = ("supplier_number", "document_number", "invoice_date")
LINES_AT_ONCE = 1_000_000
_FACTS = ("document_id", "document_uuid", "is_copy", *SAME_NUMBER, *WORTH, "source_hash", "source_name", "read_order")


class Verdict(NamedTuple):
    """What has become of a document; status is duplicate, or taken_in with something odd about it."""

    source_hash: str
    source_name: str
    document_id: str
    status: str
    reason: str


@dataclass
class _Seen:
    """Documents that count so far, by what makes another one their duplicate."""

    by_id: dict[str, dict] = field(default_factory=dict)
    by_uuid: dict[tuple, dict] = field(default_factory=dict)
    by_number: dict[tuple, dict] = field(default_factory=dict)

    def reason(self, document: dict) -> str:
        """Why a document does not count; empty where it counts, and then it is remembered."""
        uuid, number = _uuid_key(document), _number_key(document)
        if same := self.by_id.get(document["document_id"]):
            return f"same supplier, number, date and amount as a document in {same['source_name']}"
        other = self.by_number.get(number) if number else None
        if other and document["is_copy"]:
            return f"same supplier, number and date as {other['source_name']}, one marked as a copy"
        if uuid and (repeated := self.by_uuid.get(uuid)):
            return f"same UUID and amount as a document in {repeated['source_name']}"
        self.remember(document)
        return ""

    def remember(self, document: dict) -> None:
        """Let a document count."""
        self.by_id.setdefault(document["document_id"], document)
        if uuid := _uuid_key(document):
            self.by_uuid.setdefault(uuid, document)
        if number := _number_key(document):
            self.by_number.setdefault(number, document)

    def remark(self, document: dict) -> str:
        """What is odd about a document that counts."""
        other = self.by_number.get(_number_key(document) or ())
        if other is None or other is document:
            return ""
        return f"same supplier, number and date as a document in {other['source_name']}, another amount: both count"


def _uuid_key(document: dict) -> tuple | None:
    """A UUID alone is not enough: there are senders who put the same one on every invoice."""
    return (document["document_uuid"], *(document[name] for name in WORTH)) if document["document_uuid"] else None


def _number_key(document: dict) -> tuple | None:
    key = tuple(document[name] for name in SAME_NUMBER)
    return None if None in key else key


def repeated_documents(documents: "ibis.Table", taken_back: frozenset[tuple[str, str]]) -> list[Verdict]:
    """Which e-invoices do not count, and which are odd.

    Parameters
    ----------
    documents : ibis.Table
        Control rows of all imports.
    taken_back : frozenset of (document_id, source_name)
        Documents that count although they repeat another.

    Returns
    -------
    list of Verdict
        In the order of reading.
    """
    read = documents.filter((documents.source_kind == "einvoice") & (documents.document_status == "taken_in"))
    read = read.select(*_FACTS)
    rows = {row["read_order"]: row for keys in _KEYS for row in records(_standing_twice(read, keys))}
    ordered = sorted(rows.values(), key=lambda row: (row["is_copy"], row["read_order"]))
    seen = _Seen()
    verdicts = {}
    for document in ordered:
        reason = "" if (document["document_id"], document["source_name"]) in taken_back else seen.reason(document)
        remark = "" if reason else seen.remark(document)
        if reason or remark:
            where = (document["source_hash"], document["source_name"], document["document_id"])
            verdicts[document["read_order"]] = Verdict(*where, "duplicate" if reason else "taken_in", reason or remark)
    return [verdicts[order] for order in sorted(verdicts)]


_KEYS = (("document_id",), ("document_uuid", *WORTH), SAME_NUMBER)


def _standing_twice(read: "ibis.Table", keys: tuple[str, ...]) -> "ibis.Table":
    """Documents that share all these keys with another one; an empty key is shared with nobody."""
    from functools import reduce
    from operator import and_

    filled = read.filter(reduce(and_, [read[key].notnull() for key in keys]))
    groups = filled.group_by(list(keys)).aggregate(how_many=filled.count())
    return filled.semi_join(groups.filter(groups.how_many > 1), list(keys))


def repeated_lines(
    lines: "ibis.Table", ledgers: list[dict], taken_back: frozenset[tuple[str, str]]
) -> list["ibis.Table"]:
    """Ledger lines that stand in an earlier file too, with the columns of `counted.SETTLED["duplicates"]`.

    Several tables that are computed one after the other, by the beginning of the line's identity: comparing many
    millions of identities at once would take more memory than a laptop has.

    Parameters
    ----------
    lines : ibis.Table
        Lines of all imports.
    ledgers : list of dict
        The ledger files in the order of reading: `source_hash`, `source_name` and `line_count`.
    taken_back : frozenset of (document_id, source_name)
        Documents that count although they repeat another.
    """
    if len(ledgers) < 2:
        return []
    order = _order(ledgers)
    read = lines.filter(lines.source_kind == "ledger").select(*ROW_KEY, "document_id")
    read = read.inner_join(order, "source_hash").select(*ROW_KEY, "document_id", "place")
    parts = [read.filter(part) for part in _parts(read.line_id, sum(f["line_count"] or 0 for f in ledgers))]
    return [without_taken_back(_later(part, order), taken_back) for part in parts]


def _order(ledgers: list[dict]) -> "ibis.Table":
    """Which ledger file comes first."""
    import ibis

    places = [
        {
            "source_hash": f["source_hash"],
            "first_name": f["source_name"],
            "first_format": f.get("format_name"),
            "place": n,
        }
        for n, f in enumerate(ledgers)
    ]
    texts = [(name, pa.string()) for name in ("source_hash", "first_name", "first_format")]
    return ibis.memtable(pa.Table.from_pylist(places, schema=pa.schema([*texts, ("place", pa.int64())])))


def _parts(line_ids: "ibis.StringValue", count: int) -> list["ibis.BooleanValue"]:
    """Conditions that split identities into parts of some hundred thousand each."""
    part_count = min(256, 1 + count // LINES_AT_ONCE)
    starts = [f"{256 * part // part_count:02x}" for part in range(part_count)]
    ends = [*starts[1:], "g"]  # a letter after all hexadecimal digits
    return [(line_ids >= start) & (line_ids < end) for start, end in zip(starts, ends, strict=True)]


def _later(read: "ibis.Table", order: "ibis.Table") -> "ibis.Table":
    """Lines that stand in an earlier file too."""
    import ibis

    groups = read.group_by("line_id").aggregate(first=read.place.min(), how_many=read.count())
    groups = groups.filter(groups.how_many > 1)
    names = order.rename(first="place").select("first", "first_name")
    found = read.inner_join(groups, "line_id").inner_join(names, "first")
    reason = ibis.literal("same line as one in ") + found.first_name
    found = found.filter(found.place > found.first).mutate(set_aside_reason=reason)
    return found.select(*ROW_KEY, "document_id", "set_aside_reason")


def in_other_exports(lines: "ibis.Table", ledgers: list[dict], taken_back: frozenset[tuple[str, str]]) -> "ibis.Table":
    """Ledger lines of documents that stand in an earlier export of another kind too, to the same amount.

    The same posting under two profiles has other columns, so its lines are others; supplier, number, date and amount of
    the document tell. Within one kind of export the lines themselves tell.

    Parameters
    ----------
    lines : ibis.Table
        Ledger lines that count so far.
    ledgers : list of dict
        The ledger files in the order of reading: `source_hash`, `source_name` and `format_name`.
    taken_back : frozenset of (document_id, source_name)
        Documents that count although they repeat another.
    """
    import ibis

    order = _order(ledgers)
    numbered = lines.filter(lines.document_number.notnull())
    documents = numbered.group_by(["document_id", "source_hash", "source_name", "format_name"]).aggregate(
        size=numbered.document_amount.sum().abs().cast("decimal(38,4)")
    )
    documents = documents.filter(documents["size"] != 0).inner_join(order.select("source_hash", "place"), "source_hash")
    firsts = documents.group_by(["document_id", "size"]).aggregate(first=documents.place.min())
    firsts = firsts.inner_join(order.drop("source_hash").rename(first="place"), "first")
    found = documents.inner_join(firsts, ["document_id", "size"])
    found = found.filter((found.place > found["first"]) & (found.format_name != found.first_format))
    reason = ibis.literal("same supplier, number, date and amount as a document in ") + found.first_name
    found = found.mutate(set_aside_reason=reason).select(
        "document_id", "source_hash", "source_name", "set_aside_reason"
    )
    later = lines.inner_join(found, ["document_id", "source_hash", "source_name"])
    return without_taken_back(later, taken_back).select(*ROW_KEY, "document_id", "set_aside_reason")


def without_taken_back(found: "ibis.Table", taken_back: frozenset[tuple[str, str]]) -> "ibis.Table":
    """Rows of documents that nobody has taken back."""
    import ibis

    if not taken_back:
        return found
    rows = [{"document_id": document, "source_name": name} for document, name in sorted(taken_back)]
    return found.anti_join(ibis.memtable(pa.Table.from_pylist(rows)), ["document_id", "source_name"])


def lines_of(verdicts: Iterable[Verdict], lines: "ibis.Table") -> "ibis.Table":
    """The lines of documents that do not count, with the columns of `counted.SETTLED["duplicates"]`."""
    import ibis

    rows = [
        {"source_hash": v.source_hash, "source_name": v.source_name, "document_id": v.document_id, "reason": v.reason}
        for v in verdicts
        if v.status == "duplicate"
    ]
    schema = pa.schema([(name, pa.string()) for name in ("source_hash", "source_name", "document_id", "reason")])
    out = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    found = lines.inner_join(out, ["source_hash", "source_name", "document_id"])
    return found.select(*ROW_KEY, "document_id", set_aside_reason="reason")
