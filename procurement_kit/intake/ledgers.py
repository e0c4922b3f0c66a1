"""Which invoice lines does a ledger export hold?

A reader per kind of file yields bounded batches of cells; this module maps them to columns as the profile says, masks
them, and gives each line its identity. Costly work is done once per distinct value. A row that cannot be used is
held back with the reason and its row number as Excel shows it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.columns import DATE, FLAG, TEXT
from procurement_kit.errors import FileFormatError
from procurement_kit.intake.csv_cells import CsvFile, Rows
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.identifiers import art_of, company_number, is_cvr_valid
from procurement_kit.intake.identity import Occurrences, document_id
from procurement_kit.intake.ledger_amounts import AmountColumns, ledger_amounts, ledger_net
from procurement_kit.intake.money import QUANTITY_LIMIT, QUANTITY_PLACES, Rates, round_amount
from procurement_kit.intake.privacy import PERSON_NAME, Masker, blank, clean_text, is_personal_number
from procurement_kit.intake.profiles import LABELS, MAPPABLE, Profile
from procurement_kit.names import TOKEN, without_tokens
from procurement_kit.store import arrow_schema
from procurement_kit.tables import SET_ASIDE_LINES
from procurement_kit.values import read_amount, read_date, read_flag

CSV_KINDS = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz")
REFUSED_KINDS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
SCHEMA = arrow_schema(SET_ASIDE_LINES.schema())
_PERSONAL_COLUMNS = ("supplier_number", "supplier_account_number", "payee_number", "buyer_number")
_REFERENCES = ("order_number", "project_number", "contract_reference_number", "document_uuid")


@dataclass
class LedgerFacts:
    """What reading a ledger file has counted, for the control totals."""

    line_count: int = 0
    hit_count: int = 0
    byte_count: int = 0


def kind_of(path: Path) -> str:
    """The ending that says what kind of ledger a file is; empty where it is none."""
    name = path.name.casefold()
    return next((kind for kind in (*CSV_KINDS, *REFUSED_KINDS) if name.endswith(kind)), "")


def open_ledger(path: Path, profile: Profile) -> CsvFile:
    """Open a ledger file with the reader of its kind.

    Raises
    ------
    FileFormatError
        If it is a workbook, empty, or not text.
    """
    if kind_of(path) in REFUSED_KINDS:
        raise FileFormatError(
            f"{blank(path.name)}: workbooks are not read as ledgers.",
            expected="a CSV file",
            todo="open it in Excel, choose «Save as» and «CSV UTF-8», and import that file",
        )
    return CsvFile(path, profile)


def ledger_batches(
    file: CsvFile, profile: Profile, masker: Masker, rates: Rates, *, provenance: dict[str, str], facts: LedgerFacts
) -> Iterator[pa.Table]:
    """Read a ledger file as batches of lines, those held back with status and reason.

    Parameters
    ----------
    file : CsvFile
        The open file.
    profile : Profile
        How it is written.
    masker : Masker
        Takes personal numbers out.
    rates : Rates
        Exchange rates of the municipality.
    provenance : dict
        municipality_name, source_name and source_hash.
    facts : LedgerFacts
        Counted up while reading.

    Raises
    ------
    TableError
        If a heading of the profile is not in the file.
    """
    places = find_columns(file.header, profile, where=blank(file.path.name))
    occurrences = Occurrences()
    for rows in file.batches():
        batch = _Batch(rows, places, profile, masker)
        facts.line_count += len(rows.numbers)
        facts.hit_count += batch.hit_count()
        facts.byte_count = rows.byte_count
        yield batch.table(rates, provenance, occurrences)


# --- one batch ------------------------------------------------------------------------------------------------------


class _Batch:
    """One batch of rows on its way to typed columns; knows which rows cannot be used, and why."""

    def __init__(self, rows: Rows, places: dict[str, tuple[int, ...]], profile: Profile, masker: Masker):
        self.rows, self.places, self.profile, self.masker = rows, places, profile, masker
        self.count = len(rows.numbers)
        self.reasons: dict[int, str] = dict(rows.problems)
        self.codes: dict[int, set[str]] = {}
        self.hits = pa.array([0] * self.count, pa.int64())
        self.columns: dict[str, pa.Array] = {}
        self._read_columns()

    def hit_count(self) -> int:
        return pc.sum(self.hits).as_py() or 0

    def cells(self, column: str) -> pa.DictionaryArray:
        """The printed cells of a column, joined where the profile joins, distinct values apart."""
        parts = [pa.array(self.rows.column(place), pa.string()) for place in self.places[column]]
        if len(parts) > 1:
            parts = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(part), ""), None, part) for part in parts]
            # The empty text in front is needed: Arrow drops a row whose parts are all empty.
            parts = [pc.utf8_slice_codeunits(pc.binary_join_element_wise("", *parts, "; ", null_handling="skip"), 2)]
        return parts[0].dictionary_encode()

    def _read_columns(self) -> None:
        for column in self.profile.columns:
            if column not in self.places or column == "document_amount":
                continue
            self.columns[column] = self._typed(column)
        if self.profile.art and "[art]" in self.places:
            self.columns["art_code"] = self._mapped(self.cells("[art]"), self._art, pa.string())
        for column, value in self.profile.constants.items():
            constant = self._reader(column)(value)
            given = self.columns.get(column, pa.nulls(self.count, SCHEMA.field(column).type))
            self.columns[column] = pc.fill_null(given, pa.scalar(constant, given.type))

    def _typed(self, column: str) -> pa.Array:
        cells = self.cells(column)
        if column in LABELS or MAPPABLE[column].type == TEXT:
            return self._texts(column, cells)
        read = self._reader(column)
        unreadable: set[int] = set()

        def reading(place_text: tuple[int, str]) -> object:
            try:
                return read(place_text[1])
            except ValueError:
                unreadable.add(place_text[0])
                return None

        values = [reading(pair) for pair in enumerate(self._present(column, cells))]
        typed = pa.array(values, SCHEMA.field(column).type).take(cells.indices)
        if unreadable:
            self._mark(column, [n for n, i in enumerate(cells.indices.to_pylist()) if i in unreadable])
        return typed

    def _mark(self, column: str, row_places: list[int]) -> None:
        for place in row_places:
            if column == "invoice_date":
                self.reasons.setdefault(place, f"row {self.rows.numbers[place]}: the invoice date cannot be read")
            else:
                self.codes.setdefault(place, set()).add(f"{column}_unreadable")

    def _present(self, column: str, cells: pa.DictionaryArray) -> list[str]:
        texts = (clean_text(text) or "" for text in cells.dictionary.to_pylist())
        return ["" if self.profile.is_missing(column, text) else text for text in texts]

    def _reader(self, column: str) -> Callable[[str], object]:
        type_ = MAPPABLE[column].type
        if type_ == DATE:
            return lambda text: read_date(text, self.profile.date_formats)
        if type_ == FLAG:
            return read_flag
        return clean_text if type_ == TEXT else self._number

    def _number(self, text: str) -> Decimal | None:
        number = read_amount(text, self.profile.decimal_mark)
        if number is not None and abs(number) >= QUANTITY_LIMIT:
            raise ValueError("too large")
        return None if number is None else round_amount(number, QUANTITY_PLACES)

    def _texts(self, column: str, cells: pa.DictionaryArray) -> pa.Array:
        texts, hits = [], []
        for text in self._present(column, cells):
            cleaned, found = self._text(column, text)
            texts.append(cleaned)
            hits.append(found)
        if any(hits):
            self.hits = pc.add(self.hits, pa.array(hits, pa.int64()).take(cells.indices))
        return pa.array(texts, pa.string()).take(cells.indices)

    def _text(self, column: str, text: str) -> tuple[str | None, int]:
        if column in _PERSONAL_COLUMNS and is_personal_number(text):
            return self.masker.token(text), 1
        masked, hits = self.masker.mask(text, column)
        if masked is None:
            return None, hits
        if column in ("supplier_number", "buyer_number"):
            masked = company_number(masked)
        if column in ("art_code",):
            masked = art_of(masked)
        if column == "document_currency":
            masked = masked.upper()
        width = self.profile.pad.get(column, 0)
        if masked and masked.isdecimal() and width - 2 <= len(masked) < width:
            masked = masked.zfill(width)
        return masked, hits

    def _art(self, text: str | None) -> str | None:
        from re import search

        rule, bare = self.profile.art, clean_text(text) or ""
        if rule.pattern:
            match = search(rule.pattern, bare)
            return art_of(match[1]) if match else None
        return art_of(bare[rule.start - 1 : rule.start - 1 + rule.length])

    def _mapped(self, cells: pa.DictionaryArray, function: Callable, type_: pa.DataType) -> pa.Array:
        return pa.array([function(text) for text in cells.dictionary.to_pylist()], type_).take(cells.indices)

    def column(self, name: str) -> pa.Array:
        """A typed column, empty where the profile does not give it."""
        return self.columns.get(name, pa.nulls(self.count, SCHEMA.field(name).type))

    # --- from columns to lines ---

    def table(self, rates: Rates, provenance: dict[str, str], occurrences: Occurrences) -> pa.Table:
        """All columns of the lines, with identity, amounts, status and reason."""
        amounts = self._amounts(rates)
        self._dates()
        self._persons()
        self.columns |= amounts.columns
        line_ids = self._line_ids(occurrences)
        self.columns |= self._derived(provenance, line_ids)
        reasons = pa.array([self.reasons.get(n) for n in range(self.count)], pa.string())
        status = pc.if_else(pc.is_valid(reasons), "held_back", pa.scalar(None, pa.string()))
        self.columns |= {"set_aside_status": status, "set_aside_reason": reasons}
        return pa.table({name: self.column(name).cast(SCHEMA.field(name).type) for name in SCHEMA.names}, SCHEMA)

    def _amounts(self, rates: Rates) -> AmountColumns:
        credit = self.cells("[credit]") if "[credit]" in self.places else None
        amounts = ledger_amounts(
            self.cells("document_amount"),
            self.profile,
            credit=credit,
            currencies=self.column("document_currency"),
            days=pc.coalesce(self.column("invoice_date"), self.column("posting_date")),
            rates=rates,
        )
        for place, reason in amounts.reasons.items():
            self.reasons.setdefault(place, f"row {self.rows.numbers[place]}: {reason}")
        for place in amounts.rounded:
            self.codes.setdefault(place, set()).add("amount_rounded")
        return amounts

    def _dates(self) -> None:
        invoice, posting = self.column("invoice_date"), self.column("posting_date")
        for place in pc.indices_nonzero(pc.is_null(pc.coalesce(invoice, posting))).to_pylist():
            self.reasons.setdefault(place, f"row {self.rows.numbers[place]}: there is no date")
        borrowed = pc.and_(pc.is_null(invoice), pc.is_valid(posting))
        for place in pc.indices_nonzero(borrowed).to_pylist():
            self.codes.setdefault(place, set()).add("date_from_posting")
        self.columns["invoice_date"] = pc.coalesce(invoice, posting)

    def _persons(self) -> None:
        """Suppliers that are persons: by a personal number, or by a name that stands for one."""
        numbers = [self.column(name) for name in ("supplier_number", "supplier_account_number")]
        is_token = [pc.fill_null(pc.match_substring_regex(n, f"^{TOKEN}$"), False) for n in numbers]
        names = self.column("supplier_name").dictionary_encode()
        is_named = self._mapped(names, lambda name: (name or "").casefold() in self.profile.persons, pa.bool_())
        is_person = pc.or_(pc.or_(*is_token), pc.fill_null(is_named, False))
        kind = pc.if_else(pc.is_valid(numbers[0]), "company", "unknown")
        kind = pc.if_else(is_person, "person", pc.coalesce(self.column("supplier_kind"), kind))
        account = pc.if_else(is_token[0], pc.coalesce(numbers[0], numbers[1]), numbers[1])
        self.columns |= {
            "supplier_kind": kind,
            "supplier_name": pc.if_else(is_person, PERSON_NAME, self._mapped(names, _firm_name, pa.string())),
            "supplier_account_number": account,
            "supplier_number": pc.if_else(is_person, pa.scalar(None, pa.string()), numbers[0]),
        }

    def _line_ids(self, occurrences: Occurrences) -> list[str]:
        """Identities from what is mapped, labels left out: a corrected label does not make another line."""
        mapped = set(self.profile.columns) & set(self.places)
        printed = [
            pc.binary_join_element_wise(name, self.column(name).cast(pa.string()), "=")
            for name in sorted(mapped - set(LABELS))
        ]
        content = pc.binary_join_element_wise("ledger", *printed, "\x1f", null_handling="skip")
        return [occurrences.line_id(text) for text in content.to_pylist()]

    def _derived(self, provenance: dict[str, str], line_ids: list[str]) -> dict[str, pa.Array]:
        supplier = pc.coalesce(
            self.column("supplier_number"), self.column("supplier_account_number"), self.column("supplier_name")
        )
        number = pc.coalesce(self.column("document_number"), self.column("voucher_number"))
        keys = zip(
            supplier.to_pylist(), number.to_pylist(), self.column("invoice_date").to_pylist(), line_ids, strict=True
        )
        known: dict[tuple, str] = {}
        documents = []
        for paid, printed, day, line_id in keys:
            key = (paid, printed, day)
            if printed is not None and key not in known:
                known[key] = document_id("ledger", *key)
            documents.append(line_id if printed is None else known[key])
        constants = provenance | {
            "source_kind": "ledger",
            "format_name": self.profile.format_name,
            "vat_basis": self.profile.vat_basis,
        }
        art = self.column("art_code")
        return {name: pa.array([value] * self.count, pa.string()) for name, value in constants.items()} | {
            "line_id": pa.array(line_ids, pa.string()),
            "net_amount": ledger_net(self.column("document_amount"), self.column("exchange_rate"), documents),
            "document_id": pa.array(documents, pa.string()),
            "source_row": pa.array(self.rows.numbers, pa.int64()),
            "document_type": pc.coalesce(self.column("document_type"), pa.scalar("posting")),
            "is_copy": pc.fill_null(self.column("is_copy"), False),
            "is_free_of_charge": pc.fill_null(self.column("is_free_of_charge"), False),
            "main_art_code": pc.utf8_slice_codeunits(art, 0, 1),
            "privacy_hit_count": self.hits,
            "privacy_level": pc.if_else(pc.greater(self.hits, 0), 1, 0),
            "check_codes": self._check_codes(),
        }

    def _check_codes(self) -> pa.Array:
        danish = self.column("supplier_number").dictionary_encode()
        is_cvr_wrong = self._mapped(
            danish,
            lambda number: bool(number) and len(number) == 8 and number.isdecimal() and not is_cvr_valid(number),
            pa.bool_(),
        )
        if self.profile.constants.get("supplier_country", "DK") == "DK":
            for place in pc.indices_nonzero(pc.fill_null(is_cvr_wrong, False)).to_pylist():
                self.codes.setdefault(place, set()).add("cvr_modulus")
        return pa.array(
            [" ".join(sorted(self.codes[n])) if n in self.codes else None for n in range(self.count)], pa.string()
        )


def _firm_name(name: str | None) -> str | None:
    return name and (without_tokens(name) or PERSON_NAME)
