"""Which of the lines that were read count, and what does the ledger say about the lines of e-invoices?

Lines are stored as they were read. Duplicates and joined postings stand beside them, settled anew with each import, so
that a corrected file brings back what it had set aside. Tables in, tables out.
"""

from typing import TYPE_CHECKING

from procurement_kit.tables import DOCUMENTS, INVOICE_LINES, SET_ASIDE_LINES

if TYPE_CHECKING:
    import ibis

ROW_KEY = ("source_hash", "source_name", "line_id")
DOCUMENT_KEY = ("source_hash", "source_name", "document_key")
POSTED = (
    "voucher_number", "posting_date", "accounting_year", "buyer_unit_number", "buyer_unit_name", "account_number",
    "account_name", "service_name", "art_code", "main_art_code", "function_number", "dranst_code", "project_number",
)  # fmt: skip
_POSTED_FIRST = ("posting_date", "accounting_year")
SETTLED = {
    "duplicates": dict.fromkeys((*ROW_KEY, "document_id", "set_aside_reason"), "string"),
    "additions": dict.fromkeys((*ROW_KEY, "line_suffix"), "string") | {n: INVOICE_LINES[n].type for n in POSTED},
    "statuses": dict.fromkeys((*DOCUMENT_KEY, "document_status", "document_reason"), "string"),
}


def counting_lines(
    lines: "ibis.Table", duplicates: "ibis.Table | None", additions: "ibis.Table | None"
) -> "ibis.Table":
    """Lines that count: those read, less duplicates, with what the ledger says where the e-invoice says nothing.

    A line that was taken back repeats another one's identity: a suffix tells the two apart.

    Parameters
    ----------
    lines : ibis.Table
        Lines as they were read.
    duplicates, additions : ibis.Table or None
        As `SETTLED` lists their columns; unique by `ROW_KEY`. None where there are none, so that nothing is joined.
    """
    kept = lines if duplicates is None else lines.anti_join(duplicates, list(ROW_KEY))
    if additions is None:
        return kept
    found = additions.rename({f"posted_{name}": name for name in POSTED})
    joined = kept.left_join(found, list(ROW_KEY))
    posted = {name: joined[f"posted_{name}"] for name in POSTED}
    filled = {
        name: posted[name].coalesce(joined[name]) if name in _POSTED_FIRST else joined[name].coalesce(posted[name])
        for name in POSTED
    }
    filled["line_id"] = joined.line_id + joined.line_suffix.fill_null("")
    return joined.mutate(**filled).select(*lines.columns)


def lines_aside(aside: "ibis.Table", lines: "ibis.Table", duplicates: "ibis.Table | None") -> "ibis.Table":
    """Lines that do not count: those held back when they were read, and duplicates, with status and reason."""
    import ibis

    if duplicates is None:
        return aside.select(*SET_ASIDE_LINES.names)
    reasons = duplicates.select(*ROW_KEY, "set_aside_reason")
    repeated = lines.inner_join(reasons, list(ROW_KEY)).mutate(set_aside_status=ibis.literal("duplicate"))
    return aside.select(*SET_ASIDE_LINES.names).union(repeated.select(*SET_ASIDE_LINES.names))


def documents_now(documents: "ibis.Table", statuses: "ibis.Table | None") -> "ibis.Table":
    """Control rows with what has become of each document."""
    if statuses is None:
        return documents.select(*DOCUMENTS.names)
    keyed = documents.mutate(document_key=documents.document_id.fill_null(""))
    now = statuses.rename(status_now="document_status", reason_now="document_reason")
    joined = keyed.left_join(now, list(DOCUMENT_KEY))
    return joined.mutate(
        document_status=joined.status_now.coalesce(joined.document_status),
        document_reason=joined.reason_now.coalesce(joined.document_reason),
    ).select(*DOCUMENTS.names)
