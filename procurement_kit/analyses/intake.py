"""What was read, what is missing in it, and what should the municipality be asked?

The account of the files is always whole; fields, months and numbers are those of the period, where one is given. All
is counted again on the stored lines and compared with what the import wrote down. Nothing here rejects a line.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.analyses.file_account import (
    COUNTED,
    account_checks,
    by_reason,
    control_rows,
    deliveries,
    file_rows,
    names_not_read,
    reasons,
    recount,
    sources_of,
)
from procurement_kit.analyses.filled_fields import (
    basis_rows,
    failed_company_numbers,
    failed_gln_numbers,
    field_rows,
    gathered,
)
from procurement_kit.analyses.months import RULE, month_rows, month_sums, odd_months
from procurement_kit.errors import NoDataError
from procurement_kit.exact import NOTHING, frame, total
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.periods import Period
    from procurement_kit.settings import Municipality

MONTHS_NAMED = 3
_SUMMED = tuple(name for name in COUNTED if not name.endswith("_in_currency"))
_REASON = ("reason_key", "reason_name_da", "reason_name_en", "remedy_name_da", "remedy_name_en")
_MONTH = (
    "source_kind", "month_name", "month_status", "line_count", "net_amount", "usual_amount", "low_amount",
    "high_amount",
)  # fmt: skip
COLUMNS = {
    "deliveries": ("source_name", "source_kind", "file_count", *_SUMMED, "masked_count", "reason_key", "source_key"),
    "held_back": (*_REASON, "source_name", "source_row", "document_count", "line_count", "net_amount"),
    "duplicates": (*_REASON, "source_name", "source_row", "document_count", "line_count", "net_amount"),
    "fields": (
        "field_key", "field_name_da", "field_name_en", "source_kind", "field_status", "line_count",
        "filled_count", "filled_share", "filled_amount_share",
    ),
    "months": _MONTH,
    "odd_months": _MONTH,
    "check_digits": ("number_kind", "printed_number", "supplier_name", "line_count", "net_amount"),
    "currencies": ("document_currency", "line_count", "unrated_line_count", "amount_in_currency", "net_amount"),
    "vat": ("vat_basis", "source_kind", "format_name", "line_count", "as_read_amount"),
    "replaced": ("source_name", "replaced_line_count", "replaced_amount"),
    "not_read": ("source_name",),
    "files": (
        "source_name", "source_kind", "format_name", "file_status", "document_currency", "document_count", *COUNTED,
        "masked_count", "reason_key", "reason_name_da", "reason_name_en", "remedy_name_da", "remedy_name_en",
        "source_key",
    ),
}  # fmt: skip


def analyse_intake(municipality: "Municipality", *, period: str = "") -> Finding:
    """Show what was read from the municipality's files, what was held back and why, and what is missing.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it; all its imports are read.
    period : str
        For instance "2025": months, fields and numbers of that period. By default of all lines.

    Returns
    -------
    Finding
        Key "intake"; tables `deliveries` (main), `held_back`, `duplicates`, `fields`, `months`,
        `odd_months`, `check_digits`, `currencies`, `vat`, `replaced`, `not_read`, `files`.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    """
    span = parse_period(period) if period else None
    loads = store.loads(municipality)
    sources = sources_of(loads)
    if not sources:
        raise NoDataError(
            f"Nothing has been imported for «{municipality.name}».",
            expected="at least one import",
            todo=f"run: procurement-kit import {municipality.name} FILES",
        )
    lines, set_aside, documents = (
        store.read_load_dataset(municipality, name) for name in ("lines", "set_aside", "documents")
    )
    counted, controls = recount(lines, set_aside), control_rows(documents)
    found = reasons(set_aside, documents)
    files = _with_reasons(file_rows(sources, counted, controls), found)
    months = month_rows(month_sums(lines), span)
    tables = {
        "deliveries": deliveries(files, found),
        **_reason_tables(found, sources),
        **_line_tables(_in_span(lines, span)),
        "months": months,
        "odd_months": odd_months(months),
        "replaced": _replaced(sources),
        "not_read": [{"source_name": name} for name in names_not_read(loads)],
        "files": files,
    }
    numbers = _file_numbers(tables) | _month_numbers(months) | _line_numbers(tables)
    return Finding(
        key="intake",
        numbers=numbers,
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=(*account_checks(sources, counted, controls), *_table_checks(tables)),
        caveats=_caveats(numbers),
        definition=_definition(numbers),
        parameters={"period": span.label if span else ""},
    )


def _in_span(lines: "ibis.Table", span: "Period | None") -> "ibis.Table":
    """Lines of the period, by the same day that places them in a month."""
    import ibis

    if span is None:
        return lines
    return lines.filter(ibis.coalesce(lines.posting_date, lines.invoice_date).between(span.first_date, span.last_date))


# --- tables ---------------------------------------------------------------------------------------------------------


def _with_reasons(files: list[dict], found: Iterable[Mapping]) -> list[dict]:
    """Files with the reason that holds most of their lines back."""
    first: dict[str, dict] = {}
    weight: dict[str, tuple] = {}
    for row in found:
        size = (row["line_count"], row["document_count"], row["reason_key"])
        if row["set_aside_status"] == "held_back" and size > weight.get(row["source_hash"], (-1,)):
            weight[row["source_hash"]] = size
            first[row["source_hash"]] = by_reason([row], {})[0]
    return [row | {name: first.get(row["source_hash"], {}).get(name) for name in _REASON} for row in files]


def _reason_tables(found: list[dict], sources: Mapping[str, Mapping]) -> dict[str, list[dict]]:
    statuses = {"held_back": "held_back", "duplicates": "duplicate"}
    return {
        name: by_reason([row for row in found if row["set_aside_status"] == status], sources)
        for name, status in statuses.items()
    }


def _line_tables(lines: "ibis.Table") -> dict[str, list[dict]]:
    basis = basis_rows(lines)
    (company, company_rows), (gln, gln_rows) = failed_company_numbers(lines), failed_gln_numbers(lines)
    return {
        "fields": field_rows(lines),
        "check_digits": [*company_rows, *gln_rows],
        "failed": [company, gln],
        "basis": gathered(basis),
        "currencies": gathered(basis, "document_currency"),
        "vat": [
            row | {"as_read_amount": row["net_amount"]}  # with VAT where the source has it
            for row in gathered(basis, "vat_basis", "source_kind", "format_name")
        ],
    }


def _replaced(sources: Mapping[str, Mapping]) -> list[dict]:
    return [
        {
            "source_name": facts["name"],
            "replaced_line_count": facts["lines_replaced"],
            "replaced_amount": Decimal(facts["amount_replaced"]),
        }
        for facts in sources.values()
        if facts.get("replaces_hash")
    ]


# --- numbers --------------------------------------------------------------------------------------------------------


def _file_numbers(tables: Mapping[str, list[dict]]) -> dict[str, Number]:
    rows, replaced = tables["deliveries"], tables["replaced"]
    sums = {name: total(rows, name) if name.endswith("_amount") else sum(row[name] for row in rows) for name in _SUMMED}
    numbers = {name: Number(value, "kr" if name.endswith("_amount") else "count") for name, value in sums.items()}
    worst = tables["held_back"][0] if tables["held_back"] else {}
    return numbers | {
        "file_count": Number(sum(row["file_count"] for row in rows), "count"),
        "document_count": Number(sum(row["document_count"] for row in rows), "count"),
        "masked_count": Number(sum(row["masked_count"] for row in rows), "count"),
        "taken_share": Number(share(sums["taken_line_count"], sums["read_line_count"]), "share"),
        "held_back_document_count": Number(sum(row["document_count"] for row in tables["held_back"]), "count"),
        "unopened_count": Number(sum(1 for row in tables["files"] if _is_unopened(row)), "count"),
        "reason_count": Number(len(tables["held_back"]), "count"),
        "worst_reason_da": Number(worst.get("reason_name_da"), "text"),
        "worst_reason_en": Number(worst.get("reason_name_en"), "text"),
        "worst_reason_amount": Number(worst.get("net_amount"), "kr"),
        "worst_reason_line_count": Number(worst.get("line_count"), "count"),
        "not_read_count": Number(len(tables["not_read"]), "count"),
        "replaced_count": Number(len(replaced), "count"),
        "replaced_line_count": Number(sum(row["replaced_line_count"] for row in replaced), "count"),
        "replaced_amount": Number(total(replaced, "replaced_amount"), "kr"),
    }


def _is_unopened(row: Mapping) -> bool:
    """A file from which nothing came: no line, and held back as a whole."""
    return row["file_status"] == "held_back" and not row["read_line_count"]


def _month_numbers(months: list[dict]) -> dict[str, Number]:
    empty = [row for row in months if row["month_status"] == "none"]
    jumps = [row for row in months if row["month_status"].startswith("jump")]
    largest = max(jumps, key=lambda row: (abs(row["net_amount"] - row["usual_amount"]), row["month_name"]), default={})
    apart = {status: [row for row in months if row["month_status"] == status] for status in ("stray", "outside")}
    names = [row["month_name"] for row in months if row["line_count"] and row["month_status"] not in apart]
    return {
        "first_month": Number(min(names, default=None), "text"),
        "last_month": Number(max(names, default=None), "text"),
        "missing_month_count": Number(len(empty), "count"),
        "missing_months": Number(_some(sorted({row["month_name"] for row in empty})), "text"),
        "jump_count": Number(len(jumps), "count"),
        "jump_month": Number(largest.get("month_name"), "text"),
        "jump_amount": Number(largest.get("net_amount"), "kr"),
        "jump_usual_amount": Number(largest.get("usual_amount"), "kr"),
        **{f"{s}_line_count": Number(sum(row["line_count"] for row in rows), "count") for s, rows in apart.items()},
        **{f"{status}_amount": Number(total(rows), "kr") for status, rows in apart.items()},
    }


def _some(names: list[str]) -> str | None:
    """The first names of a list, and a sign that there are more.

    Examples
    --------
    >>> _some(["2025-03", "2025-04", "2025-05", "2025-06"]), _some([])
    ('2025-03, 2025-04, 2025-05 …', None)
    """
    return (", ".join(names[:MONTHS_NAMED]) + (" …" if len(names) > MONTHS_NAMED else "")) or None


def _line_numbers(tables: Mapping[str, list[dict]]) -> dict[str, Number]:
    basis = tables["basis"][0] if tables["basis"] else {}
    poor = [row for row in tables["fields"] if row["field_status"] == "poor"]
    poor.sort(key=lambda row: (row["filled_share"], row["field_key"]))
    worst = poor[0] if poor else {}
    unclear = [row for row in tables["vat"] if row["vat_basis"] != "ex"]
    numbers = {
        "poor_field_count": Number(len(poor), "count"),
        "worst_field_da": Number(worst.get("field_name_da"), "text"),
        "worst_field_en": Number(worst.get("field_name_en"), "text"),
        "worst_field_share": Number(worst.get("filled_share"), "share"),
        "no_exchange_rate_line_count": Number(basis.get("unrated_line_count", 0), "count"),
        "other_year_line_count": Number(basis.get("other_year_line_count", 0), "count"),
        "other_year_amount": Number(basis.get("other_year_amount", NOTHING), "kr"),
        "vat_unclear_line_count": Number(sum(row["line_count"] for row in unclear), "count"),
        "vat_unclear_amount": Number(total(unclear), "kr"),
    }
    for name, failed in zip(("cvr", "gln"), tables["failed"], strict=True):
        numbers |= {
            f"{name}_failed_count": Number(failed["number_count"], "count"),
            f"{name}_failed_line_count": Number(failed["line_count"], "count"),
            f"{name}_failed_amount": Number(failed["net_amount"], "kr"),
        }
    return numbers


# --- checks, caveats, definition ------------------------------------------------------------------------------------


def _table_checks(tables: Mapping[str, list[dict]]) -> tuple[Check, ...]:
    rows = tables["deliveries"]
    lines = {part: sum(row[f"{part}_line_count"] for row in rows) for part in ("taken", "held_back", "duplicate")}
    return (
        adds_up("reasons sum to held back", total(tables["held_back"]), total(rows, "held_back_amount")),
        _same("lines by reason are those held back", tables["held_back"], lines["held_back"]),
        adds_up("reasons sum to duplicates", total(tables["duplicates"]), total(rows, "duplicate_amount")),
        _same("lines by reason are those set aside", tables["duplicates"], lines["duplicate"]),
        adds_up("months sum to taken in", total(tables["months"]), total(rows, "taken_amount")),
        _same("lines by month are those taken in", tables["months"], lines["taken"]),
    )


def _same(name: str, rows: Iterable[Mapping], lines: int) -> Check:
    counted = sum(row["line_count"] for row in rows)
    return Check(name, counted == lines, f"{counted:,} {'=' if counted == lines else '≠'} {lines:,}")


def _caveats(numbers: Mapping[str, Number]) -> tuple[str, ...]:
    keys = {
        "intake_held_back": "held_back_line_count",
        "unopened_files": "unopened_count",
        "files_not_read": "not_read_count",
        "poor_fields": "poor_field_count",
        "missing_months": "missing_month_count",
        "jumps": "jump_count",
        "stray_dates": "stray_line_count",
        "no_exchange_rate": "no_exchange_rate_line_count",
        "vat_unclear": "vat_unclear_line_count",
        "company_numbers": "cvr_failed_count",
        "gln_numbers": "gln_failed_count",
        "other_year": "other_year_line_count",
        "replaced_files": "replaced_count",
    }
    return tuple(key for key, name in keys.items() if numbers[name].value)


def _definition(numbers: Mapping[str, Number]) -> Definition:
    return Definition(
        formula="read = taken in + held back + duplicates, per file and currency",
        numerator="lines taken in",
        denominator="lines read; a file that could not be opened has none",
        left_out="lines held back and lines found twice",
        left_out_amount=numbers["held_back_amount"].value + numbers["duplicate_amount"].value,
        source=f"stored lines, counted again; a jump: {RULE}",
    )
