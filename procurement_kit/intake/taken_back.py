"""Which documents were set aside as duplicates, and which of them count all the same?

A document is taken back by its identity and file, as the list shows them, and can be set aside again. What counts is
then settled anew; the decision stands in the decision log.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.counted import ROW_KEY
from procurement_kit.decision_log import checked_function, csv_cell, record_decision
from procurement_kit.errors import ParameterError
from procurement_kit.exact import records
from procurement_kit.intake.load import account_of, changed_since, write_load
from procurement_kit.intake.load_plan import recorded
from procurement_kit.intake.report import LoadReport
from procurement_kit.intake.settling import TAKEN_BACK_FILE, read_pool, settle, taken_back_rows
from procurement_kit.settings import Municipality
from procurement_kit.tables import TAKEN_BACK

if TYPE_CHECKING:
    import ibis
    import pandas as pd

SHORTEST_ID = 6
COLUMNS = ("document_id", "source_name", "document_number", "invoice_date", "supplier_name", "document_currency") + (
    "lines", "amount", "reason", "is_taken_back",
)  # fmt: skip


@dataclass(frozen=True)
class TakenBack:
    """Documents that were taken back, or set aside again, and what they are worth."""

    documents: int
    lines: int
    amount: Decimal


def list_duplicates(municipality: Municipality) -> "pd.DataFrame":
    """List documents that were set aside as duplicates, and those that were taken back.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.

    Returns
    -------
    DataFrame
        One row per document and file, the largest first: `document_id`, `source_name`, what is printed, `lines`,
        `amount` in the municipality's currency, `reason`, and `is_taken_back`.
    """
    import pandas as pd

    aside = store.read_load_dataset(municipality, "set_aside")
    rows = _documents(aside.filter(aside.set_aside_status == "duplicate"), is_taken_back=False)
    additions = store.settled(municipality, "additions")
    if additions is not None:
        back = additions.filter(additions.line_suffix.notnull())
        rows += _documents(_as_read(municipality).semi_join(back, list(ROW_KEY)), is_taken_back=True)
    rows.sort(key=lambda row: (-abs(row["amount"] or 0), row["document_id"], row["source_name"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _as_read(municipality: Municipality) -> "ibis.Table":
    folders = [municipality.folder / "lines" / load["load_key"] for load in store.loads(municipality)]
    return store.read_as_read(municipality, "lines", folders)


def _documents(lines: "ibis.Table", *, is_taken_back: bool) -> list[dict]:
    has_reason = "set_aside_reason" in lines.columns
    grouped = lines.group_by(["document_id", "source_name"]).aggregate(
        **{name: lines[name].min() for name in COLUMNS[2:6]},
        lines=lines.count(),
        amount=lines.net_amount.sum(),
        **({"reason": lines.set_aside_reason.min()} if has_reason else {}),
    )
    return [{"reason": "taken back"} | row | {"is_taken_back": is_taken_back} for row in records(grouped)]


def take_back(
    municipality: Municipality,
    document_ids: Sequence[str] = (),
    *,
    source_name: str = "",
    decided_by: str,
    today: date | None = None,
    set_aside_again: bool = False,
) -> TakenBack:
    """Let documents count that were set aside as duplicates, or set them aside again.

    Parameters
    ----------
    municipality : Municipality
        Whose documents.
    document_ids : sequence of str
        Identities as `list_duplicates` shows them, or their beginnings.
    source_name : str
        Only those in this file; without `document_ids`, all of this file.
    decided_by : str
        Function of whoever decides, never a name.
    today : date, optional
        Date of the decision.
    set_aside_again : bool
        Undo an earlier decision.

    Raises
    ------
    ParameterError
        If nothing is named, or something is named that is not on the list.
    """
    who = checked_function(decided_by)
    with folders.locked(municipality):
        listed = list_duplicates(municipality)
        rows = _chosen(listed[listed["is_taken_back"] == set_aside_again].to_dict("records"), document_ids, source_name)
        chosen = {(row["document_id"], row["source_name"]) for row in rows}
        _write_list(municipality, chosen, who, today or date.today(), is_undone=set_aside_again)
        _settle_anew(municipality)
    done = TakenBack(
        len(rows), sum(row["lines"] for row in rows), sum((row["amount"] or 0 for row in rows), Decimal(0))
    )
    what = "sat til side igen" if set_aside_again else "taget tilbage, tæller med"
    record_decision(
        municipality,
        kind="duplicate_taken_back",
        what=f"Dubletter {what}: {', '.join(sorted({row['source_name'] for row in rows}))}",
        decided_by=who,
        amount=done.amount,
        line_count=done.lines,
        today=today,
    )
    return done


def _chosen(rows: list[dict], document_ids: Sequence[str], source_name: str) -> list[dict]:
    if not document_ids and not source_name:
        raise ParameterError(
            "No duplicate was named.", expected="identities of documents, or a file", todo="list the duplicates first"
        )
    in_file = [row for row in rows if source_name in ("", row["source_name"])]
    if not document_ids and in_file:
        return in_file
    unknown = [
        asked
        for asked in document_ids or [source_name]
        if len(asked) < SHORTEST_ID or not any(row["document_id"].startswith(asked) for row in in_file)
    ]
    if unknown or not in_file:
        raise ParameterError(
            "Not every document named is on the list.",
            problems=[f"«{asked}» is not there." for asked in unknown or [source_name]],
            expected=f"identities as the list shows them, at least {SHORTEST_ID} characters, or a file name",
            todo="list the duplicates and copy the identity from there",
        )
    return [row for row in in_file if row["document_id"].startswith(tuple(document_ids))]


def _write_list(
    municipality: Municipality, chosen: set[tuple[str, str]], who: str, today: date, *, is_undone: bool
) -> None:
    path = municipality.folder / TAKEN_BACK_FILE
    old = taken_back_rows(municipality)
    rows = [row for row in old if (row["document_id"], row["source_name"]) not in chosen]
    if not is_undone:
        keys = ("document_id", "source_name", "decided_by", "decided_date")
        rows += [dict(zip(keys, (*key, who, today), strict=True)) for key in sorted(chosen)]
    if not rows:
        path.unlink(missing_ok=True)
        return
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.heading for column in TAKEN_BACK.columns])
    writer.writerows([[csv_cell(row[name]) for name in TAKEN_BACK.names] for row in rows])
    folders.write_text(path, "\ufeff" + out.getvalue())


def _settle_anew(municipality: Municipality) -> None:
    """A load without files: it only says what counts by now."""
    loads = store.loads(municipality)
    key = f"{int(loads[-1]['load_key'].split('-')[0]) + 1:04d}-settled"
    folders = [municipality.folder / "lines" / load["load_key"] for load in loads]
    with store.new_load(municipality, key) as folder:
        account = account_of(settle(municipality, read_pool(municipality, folders), folder))
        names = {hash_: facts["names"] for hash_, facts in recorded(loads).items()}
        as_imported = recorded(store.loads(municipality, as_imported=True))
        write_load(folder, LoadReport(key, municipality.currency, ()), [], changed_since(as_imported, account, names))
