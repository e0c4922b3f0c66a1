"""How much do the lines say: which fields are filled, in which currency and VAT basis, with which numbers?

Shares are of lines, and of kroner regardless of sign, so that a credit does not cancel what an invoice says. Everything
is counted in one pass per question; only sums leave the engine.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, SUM_TYPE, exact_sum, records, total
from procurement_kit.findings import share
from procurement_kit.tables import INVOICE_LINES

if TYPE_CHECKING:
    import ibis

BOTH, EINVOICE, LEDGER = ("einvoice", "ledger"), ("einvoice",), ("ledger",)
NEEDED = {
    "invoice_date": BOTH,
    "document_number": BOTH,
    "supplier_name": BOTH,
    "supplier_number": BOTH,
    "net_amount": BOTH,
    "item_name": EINVOICE,
    "line_text": LEDGER,
    "buyer_gln_number": EINVOICE,
    "quantity": EINVOICE,
    "unit_code": EINVOICE,
    "unit_price_amount": EINVOICE,
    "posting_date": LEDGER,
    "voucher_number": LEDGER,
    "art_code": LEDGER,
    "buyer_unit_number": LEDGER,
}
USEFUL = (
    "account_number", "function_number", "dranst_code", "order_number", "contract_reference_number",
    "item_seller_number", "item_gtin_number", "item_unspsc_code", "delivery_from_date", "vat_category",
)  # fmt: skip
POOR_PERCENT = 95  # a needed field filled on fewer of a source's lines is poorly filled
NUMBERS_SHOWN = 50
CVR_CODE = " cvr_modulus "
NUMBERED = "with a company number"


# --- fields ---------------------------------------------------------------------------------------------------------


def field_rows(lines: "ibis.Table") -> list[dict]:
    """How filled each field is per kind of source: needed fields with gaps first, then needed ones, then useful ones.

    Parameters
    ----------
    lines : ibis.Table
        Lines taken in.
    """
    names = [*NEEDED, *USEFUL]
    lines = lines.mutate(size_amount=lines.net_amount.abs())
    conditions = {"every": lines.line_id.notnull(), NUMBERED: _is_numbered(lines)}
    for name in names:
        filled = lines[name].notnull() & conditions[_asked(name)]
        conditions[name] = filled & (lines[name] != "") if lines[name].type().is_string() else filled
    measures = {}
    for name, where in conditions.items():
        measures[f"{name}__count"] = lines.count(where=where)
        measures[f"{name}__amount"] = lines.size_amount.sum(where=where).cast(SUM_TYPE)
    found = records(lines.group_by("source_kind").aggregate(**measures))
    rows = [_field_row(name, row) for row in found for name in names]
    order = ("poor", "needed", "useful")
    return sorted(
        rows,
        key=lambda row: (order.index(row["field_status"]), names.index(row["field_key"]), row["source_kind"]),
    )


def _is_numbered(lines: "ibis.Table") -> "ibis.Value":
    """Lines that are asked for a company number: persons and foreign firms have none here."""
    return ~lines.supplier_kind.fill_null("").isin(["person", "foreign"])


def _asked(name: str) -> str:
    return NUMBERED if name == "supplier_number" else "every"


def _field_row(name: str, counted: Mapping) -> dict:
    kind, asked, filled = counted["source_kind"], counted[f"{_asked(name)}__count"], counted[f"{name}__count"]
    need = "needed" if kind in NEEDED.get(name, ()) else "useful"
    return {
        "field_key": name,
        "field_name_da": INVOICE_LINES[name].heading,
        "field_name_en": name.replace("_", " ").replace("gln", "GLN"),
        "source_kind": kind,
        "field_status": "poor" if need == "needed" and filled * 100 < asked * POOR_PERCENT else need,
        "line_count": asked,
        "filled_count": filled,
        "filled_share": share(filled, asked),
        "filled_amount_share": share(counted[f"{name}__amount"] or NOTHING, counted[f"{_asked(name)}__amount"]),
    }


# --- currencies, VAT basis, accounting year -------------------------------------------------------------------------


def basis_rows(lines: "ibis.Table") -> list[dict]:
    """Lines and amounts by kind of source, VAT basis and currency; lines without a rate; lines of another year."""
    other_year = lines.accounting_year != lines.invoice_date.year().cast("int64")
    grouped = lines.group_by("source_kind", "format_name", "vat_basis", "document_currency")
    found = records(
        grouped.aggregate(
            line_count=lines.count(),
            amount_in_currency=lines.document_net_amount.sum().cast("decimal(38,2)"),
            net_amount=exact_sum(lines),
            unrated_line_count=lines.count(where=lines.net_amount.isnull()),
            other_year_line_count=lines.count(where=other_year),
            other_year_amount=exact_sum(lines, where=other_year),
        )
    )
    for row in found:
        row |= {name: row[name] or NOTHING for name in ("amount_in_currency", "net_amount", "other_year_amount")}
    return found


def gathered(rows: Iterable[Mapping], *by: str) -> list[dict]:
    """Rows put together by some of their columns; counts and amounts summed; most lines first."""
    found: dict[tuple, dict] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        sums = found.setdefault(key, dict(zip(by, key, strict=True)))
        for name, value in row.items():
            if name.endswith(("_count", "_amount", "_in_currency")):
                sums[name] = sums.get(name, 0) + value
    return sorted(found.values(), key=lambda row: (-row["line_count"], *(str(row[name]) for name in by)))


# --- numbers with a check digit -------------------------------------------------------------------------------------


def failed_company_numbers(lines: "ibis.Table") -> tuple[dict, list[dict]]:
    """Company numbers that fail their check digit: how many, on how many lines, and the largest of them."""
    import ibis

    codes = ibis.literal(" ").concat(lines.check_codes, ibis.literal(" "))
    failed = lines.filter(codes.contains(CVR_CODE) & lines.supplier_number.notnull())
    grouped = failed.group_by("supplier_number").aggregate(
        supplier_name=failed.supplier_name.min(), line_count=failed.count(), net_amount=exact_sum(failed)
    )
    rows = [_number_row("supplier_number", row["supplier_number"], row) for row in records(grouped)]
    return _failed(rows)


def failed_gln_numbers(lines: "ibis.Table") -> tuple[dict, list[dict]]:
    """GLN numbers of units that fail their check digit, checked once per distinct number."""
    from stdnum import ean

    known = lines.filter(lines.buyer_gln_number.notnull())
    grouped = known.group_by("buyer_gln_number").aggregate(line_count=known.count(), net_amount=exact_sum(known))
    found = records(grouped)
    failed = [row for row in found if len(row["buyer_gln_number"]) != 13 or not ean.is_valid(row["buyer_gln_number"])]
    rows = [_number_row("buyer_gln_number", row["buyer_gln_number"], row) for row in failed]
    return _failed(rows)


def _failed(rows: list[dict]) -> tuple[dict, list[dict]]:
    """How many numbers fail, on how many lines, and those on most lines."""
    rows = sorted(rows, key=lambda row: (-row["line_count"], row["printed_number"]))
    sums = {"line_count": sum(row["line_count"] for row in rows), "net_amount": total(rows)}
    return {"number_count": len(rows), **sums}, rows[:NUMBERS_SHOWN]


def _number_row(kind: str, number: str, row: Mapping) -> dict:
    return {
        "number_kind": kind,
        "printed_number": number,
        "supplier_name": row.get("supplier_name"),
        "line_count": row["line_count"],
        "net_amount": row["net_amount"] or NOTHING,
    }
