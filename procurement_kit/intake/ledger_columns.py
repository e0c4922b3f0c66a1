"""What does each column of a ledger say, typed and without personal numbers?

Columns come as the profile maps them: from one heading, joined from several, or cut out of a longer text. Reading is
done once per distinct value. What does not fit its column becomes a check code, never a guess and never a zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.columns import DATE, FLAG, TEXT, WHOLE
from procurement_kit.intake.cells import Distinct, is_plain, looked_closer
from procurement_kit.intake.decimals import read_decimals
from procurement_kit.intake.identifiers import art_of, company_number
from procurement_kit.intake.privacy import (
    PERSON_COLUMNS,
    PERSON_FIELD,
    Masker,
    clean_text,
    is_personal_heading,
    is_personal_number,
)
from procurement_kit.intake.profiles import LABELS, MAPPABLE, Profile
from procurement_kit.intake.rows import Rows
from procurement_kit.store import arrow_schema
from procurement_kit.tables import SET_ASIDE_LINES
from procurement_kit.values import read_date, read_flag, read_year

SCHEMA = arrow_schema(SET_ASIDE_LINES.schema())
AMOUNT = "document_amount"
_NUMBERED = ("supplier_number", "supplier_account_number", "payee_number", "buyer_number")
_COMPANIES = ("supplier_number", "buyer_number")
_ONLY_DIGITS = r"^[0-9]{2,}$"


@dataclass
class Typed:
    """The columns of a batch, the check codes of rows, and how many personal numbers were taken out of each."""

    columns: dict[str, Distinct] = field(default_factory=dict)
    codes: dict[str, pa.Array] = field(default_factory=dict)
    hits: pa.Array | None = None

    def mark(self, code: str, rows: pa.Array | None) -> None:
        """Give rows a check code."""
        if rows is not None:
            known = self.codes.get(code)
            self.codes[code] = rows if known is None else pc.or_(known, rows)

    def count(self, hits: pa.Array) -> None:
        """Count personal numbers of rows."""
        self.hits = hits if self.hits is None else pc.add(self.hits, hits)


class ColumnReader:
    """Reads the columns of one file.

    Parameters
    ----------
    places : dict
        Column → places of its headings, as `find_columns` gives them.
    header : list of str
        Headings of the file.
    profile : Profile
        How the file is written.
    masker : Masker
        Takes personal numbers out.
    """

    def __init__(self, places: dict[str, tuple[int, ...]], header: list[str], profile: Profile, masker: Masker):
        self._places, self._profile, self._masker = places, profile, masker
        self._parts = {column: f"[parts] {column}" for column in profile.parts if f"[parts] {column}" in places}
        present = [column for column in profile.columns if column in places]
        self.names = tuple(dict.fromkeys([*present, *self._parts]))
        self._fields = {name: self._field(name, header) for name in self.names}

    def _field(self, column: str, header: list[str]) -> str:
        """What kind of field a column is for the masker: a heading can say that it is personal."""
        places = self._places[self._parts.get(column, column)]
        return PERSON_FIELD if any(is_personal_heading(header[place]) for place in places) else column

    def read(self, rows: Rows) -> Typed:
        """Read all columns but the amount."""
        typed = Typed()
        for column in self.names:
            if column != AMOUNT:
                typed.columns[column] = self._typed(column, self.cells(column, rows), typed)
        for column, printed in self._profile.constants.items():
            self._fill(column, printed, rows.row_count, typed)
        return typed

    def cells(self, column: str, rows: Rows) -> Distinct:
        """The printed cells of a column: joined where the profile joins, cut where it cuts."""
        rule = self._profile.parts[column] if column in self._parts else None
        parts = [rows.column(place) for place in self._places[self._parts.get(column, column)]]
        if len(parts) > 1:
            parts = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(part), ""), None, part) for part in parts]
            # The empty text in front is needed: Arrow drops a row whose parts are all empty.
            parts = [pc.utf8_slice_codeunits(pc.binary_join_element_wise("", *parts, "; ", null_handling="skip"), 2)]
        cells = Distinct.of(parts[0])
        return cells if rule is None else Distinct.of(cells.mapped(rule.cut, pa.string()).rows)

    def credit(self, rows: Rows) -> Distinct | None:
        """The cells that can turn the sign, where the profile names such a column."""
        return Distinct.of(rows.column(self._places["[credit]"][0])) if "[credit]" in self._places else None

    def left_out(self, rows: Rows) -> pa.Array | None:
        """Which rows the profile says are no invoices; None where there are none."""
        if self._profile.rows is None:
            return None
        cells = Distinct.of(rows.column(self._places["[rows]"][0]))
        return cells.spread(cells.mapped(lambda text: not self._profile.rows.fits(text), pa.bool_()).values)

    def _fill(self, column: str, printed: str, count: int, typed: Typed) -> None:
        """Where a cell is empty the constant holds."""
        value = self._constant(column, printed)
        given = typed.columns.get(column)
        if given is None:
            typed.columns[column] = Distinct.constant(value, SCHEMA.field(column).type, count)
        elif given.values.null_count:
            typed.columns[column] = given.with_values(pc.fill_null(given.values, pa.scalar(value, given.values.type)))

    def _constant(self, column: str, printed: str) -> object:
        values, *_ = self._values(column, pa.array([printed], pa.string()))
        return values[0].as_py()

    def _typed(self, column: str, cells: Distinct, typed: Typed) -> Distinct:
        values, codes, hits = self._values(column, cells.values)
        for code, marks in codes.items():
            typed.mark(code, cells.spread(marks))
        if hits is not None and pc.any(pc.greater(hits, 0)).as_py():
            typed.count(hits.take(cells.places))
        return cells.with_values(values)

    def _values(self, column: str, cells: pa.Array) -> tuple[pa.Array, dict[str, pa.Array], pa.Array | None]:
        """Typed values, marks by check code, and personal numbers taken out, all per distinct cell."""
        if column in LABELS or MAPPABLE[column].type == TEXT:
            return self._texts(column, cells)
        cells = self.present(column, cells)
        type_ = MAPPABLE[column].type
        if type_ in (DATE, FLAG, WHOLE):
            readers = {DATE: partial(read_date, formats=self._profile.date_formats), FLAG: read_flag, WHOLE: read_year}
            values, is_unreadable = _read(cells, readers[type_], SCHEMA.field(column).type)
            return values, {f"{column}_unreadable": is_unreadable}, None
        found = read_decimals(cells, self._profile.decimal_mark, SCHEMA.field(column).type)
        is_wrong = pc.or_(found.is_unreadable, found.is_too_large)
        return found.values, {f"{column}_unreadable": is_wrong, f"{column}_rounded": found.is_rounded}, None

    def present(self, column: str, cells: pa.Array) -> pa.Array:
        """Distinct cells, cleaned; empty where they say that nothing is there."""
        plain = is_plain(cells)
        cells = looked_closer(cells, plain, lambda odd: [clean_text(text) for text in odd])
        return self._without_missing(column, cells, plain)

    def _without_missing(self, column: str, texts: pa.Array, plain: pa.Array) -> pa.Array:
        """What counts as empty is; in plain texts lower case is the same as case folding."""
        missing = self._profile.missing.get("all", frozenset()) | self._profile.missing.get(column, frozenset())
        missing |= self._profile.not_a_category if column in LABELS else frozenset()
        if missing:
            is_gone = pc.is_in(pc.utf8_lower(texts), pa.array(sorted(missing), pa.string()))
            texts = pc.if_else(pc.and_(plain, is_gone), pa.scalar(None, pa.string()), texts)
        is_gone = partial(self._profile.is_missing, column)
        return looked_closer(
            texts, plain, lambda odd: [None if text is None or is_gone(text) else text for text in odd]
        )

    # --- texts ---

    def _texts(self, column: str, cells: pa.Array) -> tuple[pa.Array, dict[str, pa.Array], pa.Array | None]:
        plain = is_plain(cells)
        if self._fields.get(column) in PERSON_COLUMNS:
            plain = pc.and_(plain, False)
        texts = self._without_missing(
            column, looked_closer(cells, plain, lambda odd: [clean_text(text) for text in odd]), plain
        )
        texts, hits = self._masked(column, texts, plain)
        texts = self._fitting(column, texts)
        width = self._profile.pad.get(column, 0)
        if not width:
            return texts, {}, hits
        is_short = pc.fill_null(pc.match_substring_regex(texts, rf"^[0-9]{{{max(width - 2, 1)},{width - 1}}}$"), False)
        padded = pc.if_else(is_short, pc.utf8_lpad(texts, width, "0"), texts)
        return padded, {"zero_padded": is_short}, hits

    def _masked(self, column: str, texts: pa.Array, plain: pa.Array) -> tuple[pa.Array, pa.Array | None]:
        odd = pc.and_not(pc.is_valid(texts), plain)
        if not pc.any(odd).as_py():
            return texts, None
        masked, counts = self._mask(column, texts.filter(odd).to_pylist())
        hits = pc.replace_with_mask(pa.repeat(pa.scalar(0, pa.int64()), len(texts)), odd, pa.array(counts, pa.int64()))
        return pc.replace_with_mask(texts, odd, pa.array(masked, pa.string())), hits

    def _mask(self, column: str, texts: list[str]) -> tuple[list[str | None], list[int]]:
        """Texts without personal numbers; nothing is remembered, so that a large file needs no more memory."""
        masked, counts = self._masker.mask_values(texts, self._fields.get(column, column))
        if column in _NUMBERED:
            for place, text in enumerate(texts):
                if is_personal_number(text, self._country(column)):
                    masked[place], counts[place] = self._masker.token(text), 1
        return masked, counts

    def _country(self, column: str) -> str | None:
        return self._profile.constants.get("supplier_country") if column.startswith("supplier") else None

    def _fitting(self, column: str, texts: pa.Array) -> pa.Array:
        """Identifiers and codes in the form their column asks for."""
        if column in _COMPANIES:
            is_number = pc.fill_null(pc.match_substring_regex(texts, _ONLY_DIGITS), False)
            return looked_closer(texts, is_number, lambda odd: [text and company_number(text) for text in odd])
        if column == "art_code":
            return pa.array([art_of(text) for text in texts.to_pylist()], pa.string())
        return pc.utf8_upper(texts) if column == "document_currency" else texts


def _read(cells: pa.Array, read: Callable[[str], object], type_: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """Values of distinct cells, and which of them cannot be read."""
    values, unreadable = [], []
    for text in cells.to_pylist():
        try:
            values.append(read(text or ""))
            unreadable.append(False)
        except ValueError:
            values.append(None)
            unreadable.append(True)
    return pa.array(values, type_), pa.array(unreadable, pa.bool_())
