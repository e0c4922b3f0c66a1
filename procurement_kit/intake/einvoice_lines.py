"""What do the lines of many documents say, as one table?

Columns of printed values become columns of invoice lines, each distinct value read once; what stands in a document's
header is repeated on its lines. Quantity times price is checked as each format counts it, and nothing is made of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.einvoice_amounts import FREE_CODES, UNIT, Rate
from procurement_kit.intake.einvoice_columns import Masking, decimals, each_once, line_schema, repeated, table_of
from procurement_kit.intake.einvoice_headers import billed, delivery_dates, either, first_named
from procurement_kit.intake.einvoice_stylesheet import FIELD, TEXT_FIELDS
from procurement_kit.intake.einvoice_values import (
    QUANTITY_UNIT,
    classification_of,
    flag_of,
    gtin_of,
    line_text_of,
    named_of,
    quantity_of,
    reference_of,
    vat_of,
    vat_rate_of,
)
from procurement_kit.intake.identity import hash_of
from procurement_kit.intake.privacy import Masker

_NOTHING: dict[str, list[str]] = {}
_INHERITED = (
    "account_number", "order_number", "credited_document_number", "delivery_from_date", "delivery_to_date",
)  # fmt: skip
_NUMBERS = {
    "quantity": "quantity",
    "unit_price_amount": "price",
    "price_base_quantity": "price_base",
    "price_unit_factor": "price_factor",
}
_TOLERANCE_OIOUBL, _TOLERANCE_EN = QUANTITY_UNIT, QUANTITY_UNIT // 50
_QUANTITY_PER_AMOUNT = QUANTITY_UNIT // UNIT


@dataclass(slots=True)
class DocumentLines:
    """What the lines of one document share, and their amounts in ten-thousandths and øre."""

    document_id: str
    sign: int
    is_oioubl: bool
    codes: frozenset[str]
    hits: int
    privacy_level: int
    rate: Rate
    amounts: Sequence[int]
    extras: Sequence[tuple[int, int]]
    net: Sequence[int]
    kroner: Sequence[int] | None
    frees: Sequence[str]
    vats: Sequence[str]
    texts: Sequence[str]
    start: int = 0

    def part(self, start: int, end: int) -> "DocumentLines":
        """Some of the lines, with the positions they have in the document."""
        columns = ("amounts", "extras", "net", "kroner", "frees", "vats", "texts")
        cut = {name: getattr(self, name) and getattr(self, name)[start:end] for name in columns}
        return replace(self, start=self.start + start, **cut)


def lines_of(documents: Sequence[DocumentLines], headers: dict[str, pa.Array], masker: Masker) -> pa.Table:
    """All lines of some documents.

    Parameters
    ----------
    documents : sequence of DocumentLines
        The documents, all with lines.
    headers : dict of pyarrow.Array
        Columns of their headers, one value a document.
    masker : Masker
        Takes personal numbers out.
    """
    counts = [len(one.texts) for one in documents]
    count = sum(counts)
    if not count:
        return line_schema().empty_table()
    place = pa.array(np.repeat(np.arange(len(counts)), counts))
    printed = zip(*(text.split(FIELD) for one in documents for text in one.texts), strict=True)
    fields = dict(zip(TEXT_FIELDS, printed, strict=True))
    named = [named_of(text) if text else _NOTHING for text in fields["named"]]
    masking = Masking(masker, count)
    columns: dict = {name: column.take(place) for name, column in headers.items()}
    own = _texts(fields, named, masking) | delivery_dates(named)
    columns |= own | _inherited(own, columns)
    columns |= _codes_and_rates(fields, [vat for one in documents for vat in one.vats], masking)
    columns |= _identities(documents)
    columns |= _amounts(documents, counts)
    columns |= _checked(documents, fields, named, counts)
    columns |= _privacy(documents, masking, counts)
    return table_of(columns, count)


def _texts(fields: dict[str, Sequence[str]], named: list[dict], masking: Masking) -> dict[str, list[str | None]]:
    """Texts and references of the lines themselves."""
    parts = first_parts(named)
    costs = either(fields["accounting_cost"], first_named(named, "cost_code"))
    texts = list(zip(fields["item_name"], fields["descriptions"], fields["notes"], parts, strict=True))
    return {
        "line_number": masking.column("line_number", fields["line_number"]),
        "item_name": masking.column("item_name", fields["item_name"], reference_of),
        "line_text": masking.column("line_text", texts, line_text_of),
        "item_seller_number": masking.column("item_seller_number", fields["item_seller_number"], reference_of),
        "item_buyer_number": masking.column("item_buyer_number", fields["item_buyer_number"], reference_of),
        "item_gtin_number": masking.column("item_gtin_number", fields["item_standard"], gtin_of),
        "account_number": masking.column("account_number", costs),
        "credited_document_number": masking.column("credited_document_number", billed(named)),
        "order_line_number": masking.column("order_line_number", first_named(named, "order"), reference_of),
        "order_number": masking.column("order_number", first_named(named, "order", 1), reference_of),
    }  # fmt: skip


def first_parts(named: list[dict]) -> list[str]:
    """Names of the parts a line is made of (sub-lines), one text for each line."""
    if not any("part" in found for found in named):
        return [""] * len(named)
    return ["".join(found.get("part", ())) for found in named]


def _inherited(own: dict[str, list], columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """What the header says where the line says nothing."""
    found = {}
    for name in _INHERITED:
        line = pa.array(own[name], line_schema().field(name).type)
        found[name] = columns[name] if line.null_count == len(line) else pc.coalesce(line, columns[name])
    return found


def _codes_and_rates(fields: dict[str, Sequence[str]], vats: list[str], masking: Masking) -> dict:
    """Units, classifications and VAT."""
    listed = fields["classifications"]
    unspsc = each_once(lambda text: classification_of(text, "UNSPSC", "TST"), listed)
    found = {
        "unit_code": list(fields["unit_code"]),
        "item_unspsc_code": [code for code, _ in unspsc],
        "item_unspsc_version": [version for _, version in unspsc],
        "item_cpv_code": each_once(lambda text: classification_of(text, "STI", "CPV")[0], listed),
        "vat_category": each_once(lambda text: vat_of(text)[0], vats),
    }
    rates = each_once(lambda text: vat_rate_of(vat_of(text)[1] or ""), vats)
    return {name: masking.quietly(name, texts) for name, texts in found.items()} | {
        "vat_rate": decimals(rates, "vat_rate")
    }


def _identities(documents: Sequence[DocumentLines]) -> dict:
    places = [(one.document_id, one.start + n) for one in documents for n in range(1, len(one.texts) + 1)]
    position = pa.array([n for _, n in places], pa.int64())
    return {
        "line_id": [hash_of(document_id, n) for document_id, n in places],
        "line_position": position,
        "source_row": position,
    }


def _amounts(documents: Sequence[DocumentLines], counts: list[int]) -> dict:
    nothing = [None] * max(counts)
    kroner = [n for one in documents for n in (one.kroner or nothing[: len(one.texts)])]
    extras = [extra if one.sign > 0 else (-extra[0], -extra[1]) for one in documents for extra in one.extras]
    units = {
        "document_amount": [n for one in documents for n in one.amounts],
        "document_net_amount": [n for one in documents for n in one.net],
        "net_amount": kroner,
        "line_allowance_amount": [allowance for allowance, _ in extras],
        "line_charge_amount": [charge for _, charge in extras],
        "exchange_rate": repeated([one.rate.rate for one in documents], counts),
    }
    return {name: decimals(numbers, name) for name, numbers in units.items()} | {
        "exchange_rate_source": repeated([one.rate.source for one in documents], counts),
        "is_free_of_charge": each_once(flag_of, [text for one in documents for text in one.frees]),
    }


def _privacy(documents: Sequence[DocumentLines], masking: Masking, counts: list[int]) -> dict:
    levels = repeated([one.privacy_level for one in documents], counts)
    hits = repeated([one.hits for one in documents], counts)
    if any(masking.hits):
        levels = [max(level, 1 if own else 0) for level, own in zip(levels, masking.hits, strict=True)]
        hits = [own + inherited for own, inherited in zip(masking.hits, hits, strict=True)]
    return {"privacy_level": levels, "privacy_hit_count": hits}


# --- checks ---------------------------------------------------------------------------------------------------------


def _checked(
    documents: Sequence[DocumentLines], fields: dict[str, Sequence[str]], named: list[dict], counts: list[int]
) -> dict:
    """Quantities and prices, and the codes of what does not hold, for information."""
    read = {name: each_once(quantity_of, fields[place]) for name, place in _NUMBERS.items()}
    own: dict[int, set[str]] = {}
    for found in read.values():
        _note(own, ((n, code) for n, (_, code) in enumerate(found) if code))
    numbers = {name: [number for number, _ in found] for name, found in read.items()}
    if -1 in {one.sign for one in documents}:
        signs = repeated([one.sign for one in documents], counts)
        pairs = zip(numbers["quantity"], signs, strict=True)
        numbers["quantity"] = [None if number is None else number * sign for number, sign in pairs]
    _note(own, ((n, "sub_lines") for n, found in enumerate(named) if "part" in found))
    _note(own, ((n, "quantity_price") for n in _odd_prices(documents, numbers, counts)))
    _note(own, _free_codes(documents))
    shared = [" ".join(sorted(one.codes - FREE_CODES)) or None for one in documents]
    codes = repeated(shared, counts)
    for n, found in own.items():
        codes[n] = " ".join(sorted(found.union((codes[n] or "").split())))
    return {name: decimals(values, name) for name, values in numbers.items()} | {"check_codes": codes}


def _note(own: dict[int, set[str]], found: Iterable[tuple[int, str]]) -> None:
    for n, code in found:
        own.setdefault(n, set()).add(code)


def _free_codes(documents: Sequence[DocumentLines]) -> Iterator[tuple[int, str]]:
    """What became of free lines, noted on these lines only."""
    row = 0
    for one in documents:
        for code in one.codes & FREE_CODES:
            yield from ((row + n, code) for n, free in enumerate(one.frees) if flag_of(free))
        row += len(one.texts)


def _odd_prices(documents: Sequence[DocumentLines], numbers: dict[str, list], counts: list[int]) -> Iterator[int]:
    """Lines where quantity times price is not the amount, in any of the ways the formats count it."""
    tolerances = repeated([_TOLERANCE_OIOUBL if one.is_oioubl else _TOLERANCE_EN for one in documents], counts)
    amounts = [n for one in documents for n in one.amounts]
    extras = [(charge - allowance) * one.sign for one in documents for allowance, charge in one.extras]
    columns = (numbers[name] for name in _NUMBERS)
    for n, (quantity, price, base, factor, amount, extra, tolerance) in enumerate(
        zip(*columns, amounts, extras, tolerances, strict=True)
    ):
        if quantity is None or price is None:
            continue
        unit, product, target = base or QUANTITY_UNIT, quantity * price, amount * _QUANTITY_PER_AMOUNT
        room = tolerance * abs(unit)
        if (
            abs(product - target * unit) <= room
            or abs(product - (target - extra * _QUANTITY_PER_AMOUNT) * unit) <= room
        ):
            continue
        if abs(product * (factor or QUANTITY_UNIT) - target * QUANTITY_UNIT**2) > tolerance * QUANTITY_UNIT**2:
            yield n
