"""Which postings of a ledger are e-invoices that have been read too?

Joined by number, creditor, date and absolute amount, and only where exactly one matches exactly one. The e-invoice's
lines count, never both; what the ledger alone knows (art, account, unit, voucher) is handed on to them.
"""

from collections import Counter
from collections.abc import Set
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from procurement_kit.counted import POSTED, ROW_KEY
from procurement_kit.exact import records
from procurement_kit.names import normalise_supplier_name

if TYPE_CHECKING:
    import ibis

_SPACES = r"[\s\p{Z}]+"


class Pair(NamedTuple):
    """An e-invoice and the posting that is the same."""

    document_id: str
    source_name: str
    posting_id: str


def paired(documents: "ibis.Table", postings: "ibis.Table", left_out: Set[tuple[str, str]]) -> list[Pair]:
    """Pair e-invoices with postings, where there is no doubt.

    Parameters
    ----------
    documents : ibis.Table
        Control rows of e-invoices.
    postings : ibis.Table
        Ledger lines that count.
    left_out : set of (document_id, source_name)
        E-invoices that are not to be paired.
    """
    candidates = [row for row in records(_candidates(documents, posted_documents(postings))) if _is_same(row)]
    pairs = {Pair(row["document_id"], row["source_name"], row["posting_id"]) for row in candidates}
    pairs = {pair for pair in pairs if (pair.document_id, pair.source_name) not in left_out}
    einvoices = Counter(pair.document_id for pair in pairs)
    found = Counter(pair.posting_id for pair in pairs)
    return sorted(pair for pair in pairs if einvoices[pair.document_id] == 1 and found[pair.posting_id] == 1)


def posted_documents(postings: "ibis.Table") -> "ibis.Table":
    """One row per posted document: the exact sum of its lines, whichever files they stand in."""
    numbered = postings.filter(postings.document_number.notnull())
    return numbered.group_by(posting_id="document_id").aggregate(
        posted_number=numbered.document_number.min(),
        posted_supplier_number=numbered.supplier_number.min(),
        posted_supplier_name=numbered.supplier_name.min(),
        invoice_date=numbered.invoice_date.min(),
        document_currency=numbered.document_currency.min(),
        vat_basis=numbered.vat_basis.min(),
        posted_amount=numbered.document_amount.sum(),
    )


def _candidates(documents: "ibis.Table", posted: "ibis.Table") -> "ibis.Table":
    """Same number, date, currency and absolute amount: without VAT, or to be paid where the ledger counts VAT in."""
    posted = posted.mutate(size=posted.posted_amount.abs().cast("decimal(38,4)"), key=_number_key(posted.posted_number))
    documents = documents.mutate(key=_number_key(documents.document_number))
    columns = ("document_id", "source_name", "supplier_number", "supplier_name", "invoice_date")
    found = []
    for amount, bases in (("document_net_amount", ("ex", "unknown")), ("header_payable_amount", ("incl", "unknown"))):
        size = documents[amount].abs().cast("decimal(38,4)")
        sized = documents.select(*columns, "document_currency", "key", size=size)
        keys = ["key", "invoice_date", "document_currency", "size"]
        joined = sized.inner_join(posted.filter(posted.vat_basis.isin(bases)), keys)
        found.append(joined.select(*columns, "posting_id", *_SUPPLIER))
    return found[0].union(found[1], distinct=True)


_SUPPLIER = ("posted_supplier_number", "posted_supplier_name")


def _is_same(row: dict) -> bool:
    """No word against its being the same creditor."""
    numbers = (row["supplier_number"], row["posted_supplier_number"])
    if all(numbers):
        return numbers[0] == numbers[1]
    names = [normalise_supplier_name(row[name] or "") for name in ("supplier_name", "posted_supplier_name")]
    return not all(names) or names[0] == names[1]


def _number_key(number: "ibis.StringValue") -> "ibis.StringValue":
    """A document number as two systems have in common: no spaces, no leading zeros, capitals alike."""
    return number.re_replace(_SPACES, "").re_replace("^0+", "").lower()


def posted_columns(pairs: list[Pair], lines: "ibis.Table", postings: "ibis.Table") -> "ibis.Table":
    """What the ledger says of the lines of paired e-invoices, with the columns of `counted.POSTED`.

    A value that all rows of the posting share holds for every line; otherwise that of the one row with the line's
    amount, where one row and one line have that amount; otherwise it stays empty.
    """
    import ibis

    schema = pa.schema([(name, pa.string()) for name in Pair._fields])
    keys = ibis.memtable(pa.Table.from_pylist([pair._asdict() for pair in pairs], schema=schema))
    own = lines.inner_join(keys, ["document_id", "source_name"]).select(*ROW_KEY, "posting_id", size=_size(lines))
    posted = postings.semi_join(keys, postings.document_id == keys.posting_id)
    posted = posted.select(*POSTED, posting_id="document_id", size=_size(posted))
    shared = posted.group_by("posting_id").aggregate(**{name: _shared(posted[name]) for name in POSTED})
    single = _by_amount(own, posted)
    joined = own.left_join(shared.rename({f"all_{name}": name for name in POSTED}), "posting_id")
    joined = joined.left_join(single, list(ROW_KEY))
    return joined.select(*ROW_KEY, **{name: joined[f"all_{name}"].coalesce(joined[f"one_{name}"]) for name in POSTED})


def _size(lines: "ibis.Table") -> "ibis.Value":
    return lines.document_net_amount.abs()


def _shared(column: "ibis.Value") -> "ibis.Value":
    """The value where there is only one."""
    import ibis

    return ibis.cases((column.min() == column.max(), column.min()))


def _by_amount(own: "ibis.Table", posted: "ibis.Table") -> "ibis.Table":
    """Lines and rows of the posting that alone have an amount in their document."""
    lines = own.group_by(["posting_id", "size"]).aggregate(
        how_many=own.count(), **{name: own[name].min() for name in ROW_KEY}
    )
    rows = posted.group_by(["posting_id", "size"]).aggregate(
        how_many=posted.count(), **{f"one_{name}": posted[name].min() for name in POSTED}
    )
    single = lines.filter(lines.how_many == 1).inner_join(rows.filter(rows.how_many == 1), ["posting_id", "size"])
    return single.select(*ROW_KEY, *(f"one_{name}" for name in POSTED))
