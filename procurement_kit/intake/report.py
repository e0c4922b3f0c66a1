"""What did an import read, take in, hold back and find twice, and does that close?

Read = taken in + held back + duplicates, per file and per currency, in lines and in amounts. What was read is counted
while reading; the other three are counted on what was written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.plurals import so_many

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from procurement_kit.settings import Municipality

PARTS = ("read", "taken", "held_back", "duplicate")
_ZERO = Decimal(0)


@dataclass
class Sum:
    """Lines, their amount in their own currency, and in the municipality's."""

    lines: int = 0
    amount: Decimal = _ZERO
    net_amount: Decimal = _ZERO

    def add(self, lines: int, amount: Decimal | None, net_amount: Decimal | None) -> None:
        """Count up."""
        self.lines += lines
        self.amount += amount or _ZERO
        self.net_amount += net_amount or _ZERO


Tally = dict[tuple[str, str], Sum]  # (source hash, currency) → what was counted


def tally_table(tally: Tally, table: "pa.Table") -> None:
    """Count the lines of a table up, per file and currency."""
    counted = table.group_by(["source_hash", "document_currency"]).aggregate(
        [("line_id", "count"), ("document_amount", "sum"), ("net_amount", "sum")]
    )
    for row in counted.to_pylist():
        key = (row["source_hash"], row["document_currency"] or "")
        tally.setdefault(key, Sum()).add(row["line_id_count"], row["document_amount_sum"], row["net_amount_sum"])


@dataclass(frozen=True)
class SourceReport:
    """What became of one file.

    `status` is taken_in, mixed, held_back, duplicate, unchanged (read before), repeated (twice in this import) or
    not_read (a file in a folder that is of another kind). `by_currency` maps currency → part → lines and amount.
    `control` says whether it holds what the municipality says: ok, the difference, or empty where nothing is said.
    """

    name: str
    hash: str
    kind: str
    status: str
    format_name: str = ""
    profile_hash: str = ""
    documents: dict[str, int] = field(default_factory=dict)
    by_currency: dict[str, dict[str, dict[str, str | int]]] = field(default_factory=dict)
    masked_count: int = 0
    replaces_hash: str = ""
    lines_replaced: int = 0
    amount_replaced: str = "0.00"
    rates_hash: str = ""
    reason: str = ""
    control: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the file was read in this import."""
        return self.status not in ("unchanged", "repeated", "not_read")

    def lines(self, part: str) -> int:
        """Lines read, taken, held_back or duplicate."""
        return sum(int(parts[part]["lines"]) for parts in self.by_currency.values())

    def amount(self, part: str) -> Decimal:
        """The same in the municipality's currency."""
        return sum((Decimal(parts[part]["net_amount"]) for parts in self.by_currency.values()), _ZERO)

    def as_dict(self) -> dict:
        """All facts, as texts and numbers."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class LoadReport:
    """The account of one import.

    Parameters
    ----------
    load_key : str
        Key of the import; empty where nothing was written.
    currency : str
        The municipality's currency.
    sources : tuple of SourceReport
        One per file.
    replaces : tuple of str
        Earlier imports that this one took over, because files of theirs were delivered anew.
    moved : dict
        Lines and kroner of earlier files that count again, or count no longer, because of this import.
    """

    load_key: str
    currency: str
    sources: tuple[SourceReport, ...]
    replaces: tuple[str, ...] = ()
    moved: dict[str, str | int] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        """Whether everything read is accounted for, per file and currency."""
        return not self.differences()

    def differences(self) -> list[str]:
        """What is not accounted for, one sentence each."""
        found = []
        for source in self.sources:
            for currency, parts in source.by_currency.items():
                for unit in ("lines", "amount", "net_amount"):
                    values = {part: Decimal(str(parts[part][unit])) for part in PARTS}
                    if values["read"] != values["taken"] + values["held_back"] + values["duplicate"]:
                        found.append(f"{source.name}: {unit} in {currency or 'no currency'} do not add up")
        return found

    @property
    def by_currency(self) -> dict[str, dict[str, dict[str, str | int]]]:
        """Lines and amounts per currency and part, over all files."""
        result: dict[str, dict[str, Sum]] = {}
        for source in self.sources:
            for currency, parts in source.by_currency.items():
                sums = result.setdefault(currency, {part: Sum() for part in PARTS})
                for part in PARTS:
                    of_part = parts[part]
                    sums[part].add(int(of_part["lines"]), Decimal(of_part["amount"]), Decimal(of_part["net_amount"]))
        return {currency: as_texts(sums) for currency, sums in sorted(result.items())}

    @property
    def masked_count(self) -> int:
        """Personal numbers masked."""
        return sum(source.masked_count for source in self.sources)

    def lines(self, part: str) -> int:
        """Lines read, taken, held_back or duplicate."""
        return sum(source.lines(part) for source in self.sources)

    def amount(self, part: str) -> Decimal:
        """The same in the municipality's currency; lines without an exchange rate are in `by_currency` only."""
        return sum((source.amount(part) for source in self.sources), _ZERO)

    def documents(self, part: str) -> int:
        """Documents read, taken, held_back or duplicate; a ledger file is one."""
        return sum(source.documents.get(part, 0) for source in self.sources)

    def as_dict(self) -> dict:
        """All totals, amounts as texts."""
        result: dict = {"load_key": self.load_key, "currency": self.currency, "replaces": list(self.replaces)}
        for part in PARTS:
            result |= {
                f"lines_{part}": self.lines(part),
                f"amount_{part}": f"{self.amount(part):.2f}",
                f"documents_{part}": self.documents(part),
            }
        return result | {
            "masked_count": self.masked_count,
            "lines_replaced": sum(source.lines_replaced for source in self.sources),
            "amount_replaced": str(sum((Decimal(source.amount_replaced) for source in self.sources), _ZERO)),
            **self.moved,
            "control_differences": [source.control for source in self.sources if source.control not in ("", "ok")],
            "control_ok": len([source for source in self.sources if source.control == "ok"]),
            "files": len([source for source in self.sources if source.status != "not_read"]),
            "files_unchanged": len([source for source in self.sources if source.status in ("unchanged", "repeated")]),
            "files_not_read": [source.name for source in self.sources if source.status == "not_read"],
            "by_currency": self.by_currency,
            "paths": [source.name for source in self.sources if source.status != "not_read"],
            "closes": self.closes,
        }


def as_texts(sums: dict[str, Sum]) -> dict[str, dict[str, str | int]]:
    """Parts as whole numbers and texts, as they stand in load.json."""
    return {
        part: {"lines": s.lines, "amount": f"{s.amount:.4f}", "net_amount": f"{s.net_amount:.2f}"}
        for part, s in sums.items()
    }


def by_file(tallies: dict[str, Tally]) -> dict[str, dict[str, dict[str, dict[str, str | int]]]]:
    """File → currency → part → lines and amounts; a part that is not given is nothing."""
    found: dict[str, dict[str, dict[str, Sum]]] = {}
    for part, tally in tallies.items():
        for (hash_, currency), counted in tally.items():
            sums = found.setdefault(hash_, {}).setdefault(currency, {name: Sum() for name in PARTS})
            sums[part] = counted
    return {
        hash_: {currency: as_texts(sums) for currency, sums in sorted(currencies.items())}
        for hash_, currencies in found.items()
    }


def status_of(counts: dict[str, int]) -> str:
    """What became of a file as a whole, from how many of its documents or lines went where."""
    used = [part for part in ("taken", "held_back", "duplicate") if counts.get(part)]
    if len(used) > 1:
        return "mixed"
    return {"taken": "taken_in"}.get(used[0], used[0]) if used else "held_back"


# --- in words and as a table ----------------------------------------------------------------------------------------


def sentences(report: LoadReport) -> tuple[str, ...]:
    """The account in plain words: what was read, and what became of it.

    Parameters
    ----------
    report : LoadReport
        What an import returned.
    """
    unchanged = report.as_dict()["files_unchanged"]
    words = [f"{so_many(unchanged, 'file was', 'files were')} read before: unchanged, skipped."] if unchanged else []
    if report.lines("read") or not unchanged:
        amounts = {part: f"({report.amount(part):,.2f} {report.currency})" for part in PARTS}
        counted = {part: f"{report.lines(part):,} {amount}" for part, amount in amounts.items()}
        lines = so_many(report.lines("read"), "invoice line")
        words += [
            f"Read {lines} {amounts['read']} in {so_many(report.documents('read'), 'document', 'documents')}.",
            f"Took in {counted['taken']}, held back {counted['held_back']}, "
            f"set aside as duplicates {counted['duplicate']}.",
            f"Masked {so_many(report.masked_count, 'number that looks', 'numbers that look')} like a person's.",
        ]
    words += [
        f"{source.name} replaces an earlier file of that name, whose {so_many(source.lines_replaced, 'line', 'lines')} "
        f"({source.amount_replaced} {report.currency}) no longer {'counts' if source.lines_replaced == 1 else 'count'}."
        for source in report.sources
        if source.lines_replaced
    ]
    words += _moved_words(report)
    if controlled := [source for source in report.sources if source.control]:
        agree = len([source for source in controlled if source.control == "ok"])
        words.append(f"The control totals agree for {agree} of {so_many(len(controlled), 'file', 'files')}.")
        words += [source.control for source in controlled if source.control != "ok"]
    others = [c for c in report.by_currency if c and c != report.currency]
    if others:
        words.append(
            f"Amounts above are in {report.currency}; other currencies stand in the load report: {', '.join(others)}."
        )
    return tuple(words)


def _moved_words(report: LoadReport) -> list[str]:
    words = {
        "back": ("counts again, now that what it repeated is gone", "count again, now that what they repeated is gone"),
        "gone": ("counts no longer: it repeats another", "count no longer: they repeat others"),
    }
    told = []
    for way, (one, several) in words.items():
        if count := int(report.moved.get(f"lines_{way}", 0)):
            amount = f"{report.moved[f'amount_{way}']} {report.currency}"
            told.append(
                f"{so_many(count, 'line', 'lines')} of earlier files ({amount}) {one if count == 1 else several}."
            )
    return told


TABLE_COLUMNS = (
    "file",
    "status",
    "currency",
    *(f"{part}_{unit}" for part in PARTS for unit in ("lines", "amount")),
    "reason",
)


def report_rows(sources: Iterable[dict]) -> list[dict]:
    """One row per file and currency: lines and amount of each part."""
    rows = []
    for source in sources:
        for currency, parts in source["by_currency"].items() or [("", {})]:
            sums = {
                f"{part}_{unit}": int(parts[part]["lines"]) if unit == "lines" else Decimal(str(parts[part]["amount"]))
                for part in PARTS
                if parts
                for unit in ("lines", "amount")
            }
            facts = {
                "file": source["name"],
                "status": source["status"],
                "currency": currency,
                "reason": source["reason"],
            }
            rows.append({**facts, **sums})
    return rows


def held_back_reasons(municipality: "Municipality", load_key: str, *, limit: int = 50) -> list[dict]:
    """Why lines and documents of an import were held back: file, reason, and amount where it is known.

    Parameters
    ----------
    municipality : Municipality
        Whose import.
    load_key : str
        Key of the import.
    limit : int
        Reasons at most.
    """
    from procurement_kit.store import read_load_dataset

    lines = read_load_dataset(municipality, "set_aside", load_key)
    lines = lines.filter(lines.set_aside_status == "held_back").order_by("source_name", "source_row")
    lines = lines.select("source_name", reason=lines.set_aside_reason, amount=lines.document_amount.cast("string"))
    unread = read_load_dataset(municipality, "documents", load_key)
    unread = unread.filter((unread.document_status == "held_back") & (unread.line_count.fill_null(0) == 0))
    unread = unread.order_by("source_name").select("source_name", reason=unread.document_reason)
    rows = lines.limit(limit).to_pyarrow().to_pylist()
    return (rows + unread.limit(limit).to_pyarrow().to_pylist())[:limit]


def load_reports(municipality: "Municipality") -> "pd.DataFrame":
    """What each imported file brought in: lines and amounts read, taken in and set aside.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.

    Returns
    -------
    DataFrame
        One row per file and currency.
    """
    import pandas as pd

    from procurement_kit.store import loads

    rows = [row for load in loads(municipality) for row in report_rows(load["sources"])]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))
