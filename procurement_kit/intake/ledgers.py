"""Which invoice lines does a ledger export hold?

A reader per kind of file yields bounded batches of cells; this module maps them to columns as the profile says, masks
them, and gives each line its identity. Costly work is done once per distinct value. A row that cannot be used is
held back with the reason and its row number as Excel shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.errors import FileFormatError
from procurement_kit.intake.cells import Distinct
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.identifiers import are_cvr_valid
from procurement_kit.intake.identity import Occurrences, column_mark, document_ids
from procurement_kit.intake.ledger_amounts import AmountColumns, ledger_amounts, ledger_net
from procurement_kit.intake.ledger_columns import AMOUNT, SCHEMA, ColumnReader, Typed
from procurement_kit.intake.ledger_totals import REASON as IS_TOTAL
from procurement_kit.intake.ledger_totals import Totals
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import PERSON_NAME, Masker, blank, names_a_person
from procurement_kit.intake.profiles import LABELS, Profile
from procurement_kit.intake.rows import LedgerFile, Rows, ahead
from procurement_kit.names import TOKEN, without_tokens

CSV_KINDS = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz")
XLSX_KINDS = (".xlsx", ".xlsm")
REFUSED_KINDS = (".xls", ".xlsb", ".ods")
ROWS_AT_ONCE = 60_000
NO_INVOICE = "the profile says that such rows are no invoices"


@dataclass
class LedgerFacts:
    """What reading a ledger file has counted, for the control totals."""

    line_count: int = 0
    hit_count: int = 0
    byte_count: int = 0


def kind_of(path: Path) -> str:
    """The ending that says what kind of ledger a file is; empty where it is none."""
    name = path.name.casefold()
    return next((kind for kind in (*CSV_KINDS, *XLSX_KINDS, *REFUSED_KINDS) if name.endswith(kind)), "")


def open_ledger(path: Path, profile: Profile) -> LedgerFile:
    """Open a ledger file with the reader of its kind.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is a workbook of another kind than XLSX, empty, damaged, or not what its name says.
    """
    kind = kind_of(path)
    if path.is_file() and path.stat().st_size == 0:
        raise FileFormatError(f"{blank(path.name)} is empty.", expected="headings and rows", todo="export it again")
    if kind in REFUSED_KINDS:
        raise FileFormatError(
            f"{blank(path.name)}: workbooks of this kind are not read.",
            expected="an XLSX or a CSV file",
            todo="open it in Excel, choose «Save as» and «Excel workbook (.xlsx)» or «CSV UTF-8», and import that file",
        )
    if kind in XLSX_KINDS:
        from procurement_kit.intake.xlsx_cells import XlsxFile

        return XlsxFile(path, profile)
    if profile.kind == "sap_spool":
        from procurement_kit.intake.spool_cells import SpoolFile

        return SpoolFile(path, profile)
    from procurement_kit.intake.csv_cells import CsvFile

    return CsvFile(path, profile)


def ledger_batches(
    file: LedgerFile, profile: Profile, masker: Masker, rates: Rates, *, provenance: dict[str, str], facts: LedgerFacts
) -> Iterator[pa.Table]:
    """Read a ledger file as batches of lines, those held back with status and reason.

    Parameters
    ----------
    file : LedgerFile
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
    reader = ColumnReader(places, file.header, profile, masker)
    lines = _Lines(reader, profile, rates, provenance)
    # Cutting the file into cells, reading them, and making lines of them: each has a thread of its own.
    for batch in ahead(map(lines.batch, ahead(file.batches(size=ROWS_AT_ONCE)))):
        table = lines.table(batch)
        facts.line_count += batch.rows.row_count
        facts.hit_count += pc.sum(table["privacy_hit_count"]).as_py() or 0
        facts.byte_count = batch.rows.byte_count
        yield table


# --- from columns to lines ------------------------------------------------------------------------------------------


class _Lines:
    """Makes lines of the typed columns of one file; remembers which contents have occurred, and the sum so far."""

    def __init__(self, reader: ColumnReader, profile: Profile, rates: Rates, provenance: dict[str, str]):
        self._reader, self._profile, self._rates = reader, profile, rates
        self._provenance = provenance | {
            "source_kind": "ledger",
            "format_name": profile.format_name,
            "vat_basis": profile.vat_basis,
        }
        self._occurrences, self._totals = Occurrences(), Totals()
        self._content = sorted(set(reader.names) - set(LABELS))

    def batch(self, rows: Rows) -> "_Batch":
        """The columns of a batch, typed; what does not depend on the rows before."""
        batch = _Batch(rows, self._reader.read(rows), self._profile)
        batch.amounts = self._amounts(batch)
        batch.typed.mark("amount_rounded", batch.amounts.rounded)
        batch.typed.columns[AMOUNT] = batch.amounts.amounts
        batch.left_out = self._reader.left_out(rows)
        batch.mark_totals()
        batch.dates()
        batch.persons()
        batch.name_documents()
        return batch

    def table(self, batch: "_Batch") -> pa.Table:
        """All columns of the lines, with identity, amounts, status and reason."""
        amounts = batch.amounts.columns
        totals = self._totals.find(batch.rows, amounts[AMOUNT], batch.can_be_total)
        line_ids = self._occurrences.line_ids(batch.content(self._content))
        documents = pc.coalesce(batch.documents, line_ids)
        columns = amounts | {
            "line_id": line_ids,
            "document_id": documents,
            "net_amount": ledger_net(amounts[AMOUNT], amounts["exchange_rate"], documents),
        }
        return batch.assembled(columns | batch.status(totals) | batch.derived(), self._provenance)

    def _amounts(self, batch: "_Batch") -> AmountColumns:
        cells = self._reader.cells(AMOUNT, batch.rows)
        return ledger_amounts(
            cells.with_values(self._reader.present(AMOUNT, cells.values)),
            self._profile,
            credit=self._reader.credit(batch.rows),
            currencies=batch.distinct("document_currency"),
            days=pc.coalesce(batch.column("invoice_date"), batch.column("posting_date")),
            rates=self._rates,
        )


class _Batch:
    """The columns of one batch on their way to lines."""

    def __init__(self, rows: Rows, typed: Typed, profile: Profile):
        self.rows, self.typed, self._profile = rows, typed, profile
        self.amounts = AmountColumns(Distinct.constant(None, SCHEMA.field(AMOUNT).type, rows.row_count), {})
        self.can_be_total = pa.repeat(pa.scalar(False), rows.row_count)
        self.documents = pa.nulls(rows.row_count, pa.string())
        self.left_out: pa.Array | None = None
        self._no_date: pa.Array | None = None

    def distinct(self, name: str) -> Distinct:
        """A typed column, empty where the profile does not give it."""
        if name not in self.typed.columns:
            self.typed.columns[name] = Distinct.constant(None, SCHEMA.field(name).type, self.rows.row_count)
        return self.typed.columns[name]

    def column(self, name: str) -> pa.Array:
        """The same, row by row."""
        return self.distinct(name).rows

    def mark_totals(self) -> None:
        """A row that names neither a supplier nor a document can be a total of others."""
        named = ("supplier_number", "supplier_account_number", "supplier_name", "document_number")
        self.can_be_total = pc.is_null(pc.coalesce(*(self.column(name) for name in named)))

    def dates(self) -> None:
        """The posting date where there is no invoice date; a row without both cannot be used."""
        invoice, posting = self.column("invoice_date"), self.column("posting_date")
        if not invoice.null_count:
            return
        both = pc.coalesce(invoice, posting)
        self._no_date = pc.is_null(both) if both.null_count else None
        borrowed = pc.and_(pc.is_null(invoice), pc.is_valid(posting))
        self.typed.mark("date_from_posting", borrowed if pc.any(borrowed).as_py() else None)
        self.typed.columns["invoice_date"] = Distinct.of(both)

    # --- suppliers ---

    def persons(self) -> None:
        """Suppliers that are persons: by a personal number, or by a name that stands for one."""
        number, account = self.distinct("supplier_number"), self.distinct("supplier_account_number")
        name = self.distinct("supplier_name")
        by_number = number.spread(_is_token(number.values))
        marks = [by_number, account.spread(_is_token(account.values)), *self._named_persons(name, number)]
        is_person = None
        for mark in marks:
            is_person = mark if is_person is None else is_person if mark is None else pc.or_(is_person, mark)
        self.typed.columns["supplier_name"] = name.with_values(_firm_names(name.values))
        kind = pc.if_else(pc.is_valid(number.rows), "company", "unknown")
        kind = pc.coalesce(self.column("supplier_kind"), kind)
        if is_person is not None:
            self._blank_persons(is_person, by_number, number)
            kind = pc.if_else(is_person, "person", kind)
        self.typed.columns["supplier_kind"] = Distinct.of(kind)

    def _named_persons(self, name: Distinct, number: Distinct) -> list[pa.Array | None]:
        """By the profile's words, and, where there is no company number, by what the name itself says."""
        persons = self._profile.persons
        stands_for = name.mapped(lambda text: (text or "").casefold() in persons, pa.bool_()) if persons else None
        says = name.spread(name.mapped(names_a_person, pa.bool_()).values)
        says = says if says is None else pc.and_(says, pc.is_null(number.rows))
        return [stands_for and name.spread(stands_for.values), says]

    def _blank_persons(self, is_person: pa.Array, by_number: pa.Array | None, number: Distinct) -> None:
        """A person keeps a token and nothing else."""
        columns = self.typed.columns
        if by_number is not None:
            account = pc.if_else(by_number, number.rows, self.column("supplier_account_number"))
            columns["supplier_account_number"] = Distinct.of(account)
        nobody = pa.scalar(None, pa.string())
        columns["supplier_name"] = Distinct.of(pc.if_else(is_person, PERSON_NAME, self.column("supplier_name")))
        columns["supplier_number"] = Distinct.of(pc.if_else(is_person, nobody, number.rows))

    # --- identity ---

    def content(self, names: list[str]) -> pa.Array:
        """What is mapped, as one text per row; labels left out: a corrected label does not make another line."""
        parts: list[pa.Array | pa.Scalar] = []
        for name in names:
            column = self.distinct(name)
            named = pc.binary_join_element_wise(column_mark(name), column.values.cast(pa.string()), "")
            named = column.with_values(pc.fill_null(named, ""))
            parts.append(named.rows if len(named.values) > 1 else named.values[0])
        rows = pa.repeat(pa.scalar("ledger"), self.rows.row_count)
        return pc.binary_join_element_wise(rows, *parts, "")

    def name_documents(self) -> None:
        """Identities of documents, empty where no number is printed."""
        supplier = pc.coalesce(*(self.column(f"supplier_{part}") for part in ("number", "account_number", "name")))
        number = pc.coalesce(self.column("document_number"), self.column("voucher_number"))
        self.documents = document_ids(supplier, number, self.column("invoice_date"))

    # --- what becomes of a row ---

    def status(self, totals: list[int]) -> dict[str, pa.Array]:
        """Status and reason of rows that are held back; the first reason counts."""
        reasons = [] if self.left_out is None else [(self.left_out, NO_INVOICE)]
        reasons += [(self._marked(totals), IS_TOTAL)] if totals else []
        if (unreadable := self.typed.codes.pop("invoice_date_unreadable", None)) is not None:
            reasons.append((unreadable, "the invoice date cannot be read"))
        reasons += self.amounts.reasons + ([] if self._no_date is None else [(self._no_date, "there is no date")])
        if not reasons and not self.rows.problems:
            return {}
        nothing = pa.scalar(None, pa.string())
        found = [pc.if_else(rows, reason, nothing) for rows, reason in reasons]
        said = pc.coalesce(*found) if found else pa.nulls(self.rows.row_count, pa.string())
        named = pc.binary_join_element_wise("row ", self.rows.numbers.cast(pa.string()), ": ", said, "")
        odd = self._marked(list(self.rows.problems))
        problems = [self.rows.problems[place] for place in sorted(self.rows.problems)]
        named = pc.replace_with_mask(named, odd, pa.array(problems, pa.string()))
        return {"set_aside_status": pc.if_else(pc.is_valid(named), "held_back", nothing), "set_aside_reason": named}

    def _marked(self, places: list[int]) -> pa.Array:
        return pc.is_in(pa.array(range(self.rows.row_count), pa.int64()), pa.array(places, pa.int64()))

    def derived(self) -> dict[str, pa.Array]:
        """Columns that follow from the others."""
        count = self.rows.row_count
        hits = self.typed.hits
        zero = pa.repeat(pa.scalar(0, pa.int64()), count)
        art = self.distinct("art_code")
        kinds = self.distinct("document_type")
        return {
            "source_row": self.rows.numbers,
            "document_type": kinds.with_values(pc.fill_null(kinds.values, "posting")).rows,
            "is_copy": self._flag("is_copy"),
            "is_free_of_charge": self._flag("is_free_of_charge"),
            "main_art_code": art.with_values(pc.utf8_slice_codeunits(art.values, 0, 1)).rows,
            "privacy_hit_count": zero if hits is None else hits,
            "privacy_level": zero if hits is None else pc.if_else(pc.greater(hits, 0), 1, 0),
            "check_codes": self._check_codes(),
        }

    def _flag(self, name: str) -> pa.Array:
        column = self.distinct(name)
        return column.with_values(pc.fill_null(column.values, False)).rows

    def _check_codes(self) -> pa.Array:
        number = self.distinct("supplier_number")
        if self._profile.constants.get("supplier_country", "DK") == "DK":
            self.typed.mark("cvr_modulus", number.spread(_is_cvr_wrong(number.values)))
        if not self.typed.codes:
            return pa.nulls(self.rows.row_count, pa.string())
        nothing = pa.scalar(None, pa.string())
        parts = [pc.if_else(rows, code, nothing) for code, rows in sorted(self.typed.codes.items())]
        codes = pc.binary_join_element_wise("", *parts, " ", null_handling="skip")
        return pc.if_else(pc.equal(codes, ""), nothing, pc.utf8_ltrim(codes, " "))

    def assembled(self, columns: dict[str, pa.Array], constants: dict[str, str]) -> pa.Table:
        """The lines with all columns of their table."""
        count = self.rows.row_count
        arrays = []
        for column in SCHEMA:
            if column.name in constants:
                arrays.append(pa.repeat(pa.scalar(constants[column.name], column.type), count))
            elif column.name in columns:
                arrays.append(columns[column.name].cast(column.type))
            elif column.name in self.typed.columns:
                arrays.append(self.column(column.name).cast(column.type))
            else:
                arrays.append(pa.nulls(count, column.type))
        return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _is_token(values: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(values, f"^{TOKEN}$"), False)


def _is_cvr_wrong(values: pa.Array) -> pa.Array:
    eight = pc.fill_null(pc.match_substring_regex(values, r"^[0-9]{8}$"), False)
    return pc.replace_with_mask(eight, eight, pc.invert(are_cvr_valid(values.filter(eight))))


def _firm_names(names: pa.Array) -> pa.Array:
    """Names without tokens and what is left around them."""
    odd = pc.fill_null(pc.match_substring_regex(names, r"CPR-|^[ ,-]|[ ,-]$"), False)
    if not pc.any(odd).as_py():
        return names
    firms = [without_tokens(name) or PERSON_NAME for name in names.filter(odd).to_pylist()]
    return pc.replace_with_mask(names, odd, pa.array(firms, pa.string()))
