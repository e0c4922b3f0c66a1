"""Which files does the invented municipality deliver, and what is known to be true of them?

E-invoices and two years of postings in its inbox; contracts, units and the other lists in its folder. Written only when
the generator or its lists have changed, byte for byte the same each time; what a learner has changed stays.
"""

import csv
import io
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from procurement_kit.columns import Table
from procurement_kit.contract_tables import CONTRACT_ITEMS, CONTRACTS
from procurement_kit.fingerprints import fingerprint
from procurement_kit.folders import write_text
from procurement_kit.settings import Municipality
from procurement_kit.tables import (
    ACCOUNTS,
    DECISIONS,
    LABELLED_LINES,
    RECONCILIATION_NOTES,
    RULES,
    UNITS,
)
from procurement_kit.workshop.einvoice_files import einvoice_text
from procurement_kit.workshop.invented import (
    DATA_FOLDER,
    PHRASES_FILE,
    SEED,
    STOP_PHRASES_FILE,
    YEARS,
    Article,
    World,
    make_world,
    read_rows,
)
from procurement_kit.workshop.planted import (
    UNREAD,
    Delivered,
    PlantedTruth,
    PriceSpread,
    TrueLine,
    plant_flaws,
    prints_art,
    true_lines,
)
from procurement_kit.workshop.planted_accounts import account_rows, note_rows, planted_accounts
from procurement_kit.workshop.purchases import BoughtDocument, BoughtLine, draw_documents

_GENERATOR = ("invented", "purchases", "planted", "planted_accounts", "einvoice_files", "demo_files")
STAMP_FILE = "demo_files.json"
EINVOICE_FOLDER = "einvoices"
LEDGER_FILES = tuple(f"posteringer_{year}.csv" for year in YEARS)
LEDGER_HEADINGS = (
    "Bilagsnummer", "Fakturanummer", "Fakturadato", "Bogføringsdato", "CVR", "Leverandør", "Tekst", "Konto",
    "Kontotekst", "Art", "EAN", "Omkostningssted", "Enhed", "Antal", "Måleenhed", "Beløb ekskl. moms", "Valuta",
)  # fmt: skip
_DECIDED = ("indkøb", "15-01-2026")
_COPIED_LISTS = ("contract_participants", "exchange_rates", "targets")
_MADE_FROM_FILES = ("lines", "lookups", "cube", "classifier", "reports")


def write_demo_files(municipality: Municipality) -> PlantedTruth:
    """Write the invented municipality's files, unless they are there already.

    Parameters
    ----------
    municipality : Municipality
        Whose folder they go to. When the generator has changed, files and what was made from them are replaced.

    Returns
    -------
    PlantedTruth
        What is known to be true of every line.
    """
    world, delivered, truth = _demo()
    if not are_files_current(municipality):
        for name in _MADE_FROM_FILES:
            shutil.rmtree(municipality.folder / name, ignore_errors=True)
        shutil.rmtree(municipality.folder / "inbox", ignore_errors=True)
        _write_inbox(municipality, delivered)
        for name, text in lists_of(world, truth).items():
            write_text(municipality.folder / f"{name}.csv", text)
        write_text(municipality.folder / STAMP_FILE, json.dumps({"made_from": made_from()}) + "\n")
    return truth


def planted_truth() -> PlantedTruth:
    """What is known to be true of the invented municipality's lines, without writing anything."""
    return _demo()[2]


def are_files_current(municipality: Municipality) -> bool:
    """Whether the folder holds the files of this generator and these lists."""
    stamp = municipality.folder / STAMP_FILE
    return stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8"))["made_from"] == made_from()


def made_from() -> str:
    """Fingerprint of the generator: its code, seed and lists."""
    code = [DATA_FOLDER.parent / f"{name}.py" for name in _GENERATOR]
    return fingerprint(str(SEED), DATA_FOLDER, PHRASES_FILE, STOP_PHRASES_FILE, *code)


@lru_cache(maxsize=1)
def _demo() -> tuple[World, tuple[Delivered, ...], PlantedTruth]:
    world = make_world()
    delivered = tuple(plant_flaws(draw_documents(world)))
    lines = tuple(true_lines(delivered, read_rows("exchange_rates")))
    return world, delivered, _truth(world, delivered, lines)


# --- inbox ----------------------------------------------------------------------------------------------------------


def _write_inbox(municipality: Municipality, delivered: Iterable[Delivered]) -> None:
    inbox = municipality.folder / "inbox"
    (inbox / EINVOICE_FOLDER).mkdir(parents=True)
    postings: dict[str, list[list[str]]] = defaultdict(list)
    for item in delivered:
        if item.document.is_einvoice:
            (inbox / EINVOICE_FOLDER / item.file_name).write_bytes(einvoice_text(item).encode("utf-8"))
        else:
            postings[item.file_name] += [_posting(item.document, line) for line in item.document.lines]
    for name, rows in sorted(postings.items()):
        (inbox / name).write_bytes(_csv_text(LEDGER_HEADINGS, rows, end="\r\n").encode("cp1252"))


def _posting(document: BoughtDocument, line: BoughtLine) -> list[str]:
    """One row of the ledger; a line in three has no quantity."""
    unit = document.unit
    has_quantity = crc32(line.text.encode()) % 3 > 0 and line.category_code
    return [
        document.voucher,
        document.number,
        f"{document.invoice_date:%d-%m-%Y}",
        f"{document.posting_date:%d-%m-%Y}",
        document.printed_number,
        document.printed_name,
        line.text,
        line.account[0],
        line.account[1],
        line.art if prints_art(document) else "",
        unit.gln,
        unit.number,
        unit.name,
        danish(document.sign * line.quantity) if has_quantity else "",
        line.unit_code if has_quantity else "",
        danish(document.sign * line.amount),
        document.currency,
    ]


def danish(amount: Decimal) -> str:
    """An amount as Danish ledgers print it.

    Examples
    --------
    >>> danish(Decimal("-1234567.5"))
    '-1.234.567,50'
    """
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _csv_text(headings: Sequence[str], rows: Iterable[Sequence[str]], *, end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator=end)
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue()


# --- lists in the municipality's folder -----------------------------------------------------------------------------


def lists_of(world: World, truth: PlantedTruth) -> dict[str, str]:
    """The lists a consultant would fill in, as CSV texts by table name."""
    lists = {name: (DATA_FOLDER / f"{name}.csv").read_text(encoding="utf-8") for name in _COPIED_LISTS}
    labelled = [line for line in truth.lines if _is_labelled(line)]
    accounts = planted_accounts(truth.lines, YEARS[1])
    return lists | {
        "accounts": _list(ACCOUNTS, [_in_kroner(row) for row in account_rows(accounts)]),
        "reconciliation_notes": _list(RECONCILIATION_NOTES, [_in_kroner(row) for row in note_rows(accounts)]),
        "units": _list(UNITS, [_unit_row(unit) for unit in world.units]),
        "contracts": _list(CONTRACTS, [_with_number(row, world) for row in read_rows("contracts")]),
        "contract_items": _list(CONTRACT_ITEMS, [_item_row(a) for a in world.articles if a.contract_number]),
        "labelled_lines": _list(LABELLED_LINES, [_printed(line) for line in labelled]),
        "decisions": _list(DECISIONS, [_printed(line) | _decided() for line in _decided_lines(world, truth)]),
        "rules": _list(RULES, [_with_number(row, world) | _decided() for row in read_rows("rules")]),
    }


def _list(table: Table, rows: Iterable[dict[str, str]]) -> str:
    columns = [column for column in table.columns if column.added_by == "intake"]
    return _csv_text([c.heading for c in columns], [[row.get(c.name, "") for c in columns] for row in rows])


def _in_kroner(row: dict[str, str | Decimal]) -> dict[str, str]:
    """Amounts as they would be typed."""
    return {name: danish(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _unit_row(unit) -> dict[str, str]:  # noqa: ANN001
    return {
        "buyer_gln_number": unit.gln,
        "buyer_unit_number": unit.number,
        "unit_name": unit.name,
        "unit_center_name": unit.center,
        "unit_division_name": unit.division,
        "valid_from_date": f"{unit.valid_from:%d-%m-%Y}" if unit.valid_from else "",
        "valid_to_date": f"{unit.valid_to:%d-%m-%Y}" if unit.valid_to else "",
    }


def _with_number(row: dict[str, str], world: World) -> dict[str, str]:
    return row | {"supplier_number": world.firms[row["supplier_name"]].number}


def _item_row(article: Article) -> dict[str, str]:
    return {
        "contract_number": article.contract_number,
        "item_number": article.number,
        "item_name": article.name,
        "unit_code": article.unit_code,
        "agreed_price_amount": danish(article.price),
    }


def _is_labelled(line: TrueLine) -> bool:
    """Nearly all purchases of the first year, but no line with a personal number in it."""
    key = f"{line.source_name}|{line.source_row}".encode()
    is_known = line.fate == "taken_in" and line.scope_status == "in_scope" and not line.masked_count
    return is_known and line.invoice_date.year == YEARS[0] and crc32(key) % 40 > 0


def _printed(line: TrueLine) -> dict[str, str]:
    return {
        "supplier_number": line.printed_number.removeprefix("DK"),
        "supplier_name": line.printed_name,
        "text": line.text,
        "account_number": line.account_number,
        "account_name": line.account_name,
        "unit": line.unit_name,
        "category_code": line.category_code,
    }


def _decided() -> dict[str, str]:
    return dict(zip(("decided_by", "decided_date"), _DECIDED, strict=True))


def _decided_lines(world: World, truth: PlantedTruth) -> list[TrueLine]:
    """Three postings whose text says nothing, decided in review: the largest of the second year."""
    empty = {text.casefold() for text in world.empty_texts}
    found = [
        line for line in truth.purchases(YEARS[1]) if line.text.casefold() in empty and line.source_name.endswith("csv")
    ]
    return sorted(found, key=lambda line: (-line.net_amount, line.source_row))[:3]


# --- truth ----------------------------------------------------------------------------------------------------------


def _truth(world: World, delivered: Sequence[Delivered], lines: tuple[TrueLine, ...]) -> PlantedTruth:
    contracts = {row["contract_title"]: row["contract_number"] for row in read_rows("contracts")}
    taken = [line for line in lines if line.fate == "taken_in" and line.scope_status == "in_scope"]
    sellers = {year: {line.supplier_name for line in taken if line.invoice_date.year == year} for year in YEARS}
    return PlantedTruth(
        lines=lines,
        merged_suppliers=_merged(taken),
        price_spreads=_price_spreads(world, taken),
        new_suppliers=frozenset(sellers[YEARS[1]] - sellers[YEARS[0]]),
        gone_suppliers=frozenset(sellers[YEARS[0]] - sellers[YEARS[1]]),
        expired_contract=contracts["Brød og bageri"],
        not_begun_contract=contracts["Maler"],
        option_used_contract=contracts["Elhandel"],
        voluntary_contract=contracts["Byggematerialer"],
        held_back_files=tuple(sorted({line.source_name for line in lines if line.fate == "held_back"})),
        unread_files=_files(delivered, *UNREAD),
        duplicate_files=_files(delivered, "copy_again", "duplicate_again"),
    )


def _files(delivered: Iterable[Delivered], *flaws: str) -> tuple[str, ...]:
    return tuple(sorted(item.file_name for item in delivered if item.flaw in flaws))


def _merged(lines: Iterable[TrueLine]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Suppliers printed with and without number, or in several spellings."""
    forms: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in lines:
        forms[line.supplier_name].add((line.printed_name, line.printed_number.removeprefix("DK")))
    return {name: tuple(sorted(found)) for name, found in sorted(forms.items()) if len(found) > 1}


def _price_spreads(world: World, lines: Sequence[TrueLine]) -> tuple[PriceSpread, ...]:
    spreads = []
    for article in world.articles:
        bought = [line for line in lines if line.item_number == article.number and line.invoice_date.year == YEARS[1]]
        if not (article.contract_number and article.dearer and bought):
            continue
        overpaid = sum(
            (line.document_amount / line.unit_price * (line.unit_price - article.price) for line in bought), Decimal(0)
        )
        highest = max(line.unit_price for line in bought)
        spreads.append(PriceSpread(article.number, article.contract_number, article.price, highest, overpaid))
    return tuple(spreads)
