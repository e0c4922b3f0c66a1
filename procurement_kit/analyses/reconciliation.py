"""Do the invoice lines add up to the municipality's accounts, and why not where they do not?

Per art and per year of the accounts, investment (dranst 3) apart; every line of an art counts, whoever was paid. Lines
without an art stand in a row of their own and are never spread over arts. What a difference is due to is said by
people, in kroner. What then is in the accounts and not in the data is missing, what is in the data beyond the accounts
is surplus; the two are told apart and never set off against each other from one art to another.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, exact_sum, frame, records, total
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    import ibis

    from procurement_kit.steps.accounts import Accounts

PARTS = ("operations", "undivided", "investment", "no_dranst", "no_art")
COMPARED = ("in_scope", "to_clarify")
FOUND_AT_LEAST, SURPLUS_AT_MOST = Decimal("0.98"), Decimal("0.02")  # of the accounts, for the figures to stand
ROUNDED_TO = Decimal(500)
KRONER = ("accounts_amount", "data_amount", "difference_amount", "explained_amount", "unexplained_amount")
FIGURES = ("line_count", *KRONER[:3], "covered_share", *KRONER[3:])
COLUMNS = {
    "by_art": ("budget_part", "art_code", "art_name", *FIGURES, "explanation"),
    "investment": ("art_code", "art_name", *FIGURES, "explanation"),
    "by_main_art": ("budget_part", "main_art_code", *FIGURES),
    "left_out": ("scope_status", "art_code", "art_name", "line_count", "accounts_amount", "data_amount"),
    "notes": (
        "accounting_year", "budget_part", "art_code", "explanation", "explained_amount", "explained_by",
        "explained_date",
    ),
}  # fmt: skip


def analyse_reconciliation(cube: "ibis.Table", accounts: "Accounts", *, period: str) -> Finding:
    """Compare the invoice lines with the municipality's accounts, art by art.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `accounting_year` (else the year of posting, else of the invoice), `art_code`, `main_art_code`,
        `dranst_code`, `scope_status`, `net_amount`.
    accounts : Accounts
        As `read_accounts` gives it.
    period : str
        For instance "2025". Accounts are yearly: whole years the period touches are compared, as far as there are
        accounts of them.

    Returns
    -------
    Finding
        Key "reconciliation"; tables `by_art` (main; investment as one row), `investment` (by art), `by_main_art`,
        `left_out` (arts that are no procurement), `notes`. Difference is accounts less data. Without accounts the
        tables are empty, and so are the figures.

    Raises
    ------
    ParameterError
        If the period is none.
    """
    span = parse_period(period)
    asked = range(span.first_date.year, span.last_date.year + 1)
    years = sorted({row["accounting_year"] for row in accounts.rows} & set(asked))
    lines = _with_year(cube)
    booked = lines.filter(lines.booked_year.isin(years)) if years else lines.limit(0)
    account_rows = [row for row in accounts.rows if row["accounting_year"] in years]
    groups = _groups(booked)
    places = _Places(accounts, groups)
    notes = [places.noted(row) for row in accounts.notes if row["accounting_year"] in years]
    compared, left_out = _compared(places, groups, account_rows, notes)
    rows = [_finished(row) for row in compared]
    numbers = _numbers(rows, account_rows, years) | _moved(lines, years)
    tables = _tables(rows, left_out, notes)
    return Finding(
        key="reconciliation",
        numbers=numbers,
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, tables, account_rows, notes, _sum_of(booked), numbers),
        caveats=_caveats(numbers, rows, len(asked) - len(years)),
        definition=_definition(total(left_out, "accounts_amount")),
        parameters={"period": span.label},
    )


# --- lines ----------------------------------------------------------------------------------------------------------


def _with_year(cube: "ibis.Table") -> "ibis.Table":
    import ibis

    dates = (cube.posting_date.year(), cube.invoice_date.year())
    years = (cube.accounting_year, *(year.cast("int64") for year in dates))
    return cube.mutate(booked_year=ibis.coalesce(*years), invoiced_year=years[-1])


def _groups(lines: "ibis.Table") -> list[dict]:
    by = ("art_code", "main_art_code", "dranst_code", "scope_status")
    rows = records(lines.group_by(by).aggregate(line_count=lines.count(), net_amount=exact_sum(lines)))
    return [{**row, "net_amount": row["net_amount"] or NOTHING, "art": _art(row)} for row in rows]


def _art(row: Mapping) -> str:
    return row["art_code"] or row["main_art_code"] or ""


def _sum_of(lines: "ibis.Table") -> Decimal:
    return records(lines.aggregate(net_amount=exact_sum(lines)))[0]["net_amount"] or NOTHING


def _moved(lines: "ibis.Table", years: list[int]) -> dict[str, Number]:
    """Kroner invoiced in another year than they are booked in: the invoices of January."""
    is_booked, is_invoiced = (lines[name].isin(years or [0]) for name in ("booked_year", "invoiced_year"))
    sums = {"moved_in_amount": is_booked & ~is_invoiced, "moved_out_amount": is_invoiced & ~is_booked}
    found = records(lines.aggregate(**{name: exact_sum(lines, where) for name, where in sums.items()}))[0]
    return {name: Number((value or NOTHING) if years else None, "kr") for name, value in found.items()}


# --- side by side ---------------------------------------------------------------------------------------------------


class _Places:
    """Where a krone of the accounts, of a line or of a note is shown: part of the budget and art."""

    def __init__(self, accounts: "Accounts", groups: list[dict]):
        self.accounts = accounts
        dransts = [group["dranst_code"] for group in groups if group["art"]]
        self.is_divided = any(dransts) or not dransts
        self.compared: dict[tuple[str, str], dict] = {}
        self.left_out: dict[tuple[str, str], dict] = {}

    def at(self, art: str, dranst: str | None, scope_status: str | None) -> dict:
        """The row for an art and a dranst; without an art it is the line's own scope that says where it belongs."""
        status = self.accounts.scope(art) if art else scope_status or COMPARED[0]
        if status not in COMPARED:
            empty = {"scope_status": status, **_named(art), **_nothing()}
            return self.left_out.setdefault((status, art), empty)
        part = self.part(art, dranst)
        return self.compared.setdefault((part, art), {"budget_part": part, **_named(art), **_nothing()})

    def part(self, art: str, dranst: str | None) -> str:
        if not art:
            return "no_art"
        if not self.is_divided:
            return "undivided"
        digit = (dranst or "").strip().lstrip("0")[:1]
        return "no_dranst" if not digit else "investment" if digit == "3" else "operations"

    def noted(self, note: dict) -> dict:
        """A note with the part of the budget it speaks of."""
        return {**note, "budget_part": self.part(note["art_code"], note["dranst_code"])}


def _named(art: str) -> dict:
    return {"art_code": art or None, "art_name": art or None, "main_art_code": art[:1] or None}


def _nothing() -> dict:
    amounts = dict.fromkeys(("accounts_amount", "data_amount", "explained_amount"), NOTHING)
    return {"line_count": 0, **amounts, "explanations": ()}


def _compared(
    places: _Places, groups: list[dict], account_rows: list[dict], notes: list[dict]
) -> tuple[list[dict], list[dict]]:
    """Rows to compare and rows left out, accounts and lines side by side."""
    for row in account_rows:
        places.at(row["art_code"], row["dranst_code"], None)["accounts_amount"] += row["accounts_amount"]
    for group in groups:
        row = places.at(group["art"], group["dranst_code"], group["scope_status"])
        row["data_amount"] += group["net_amount"]
        row["line_count"] += group["line_count"]
    for note in notes:
        row = places.at(note["art_code"], note["dranst_code"], None)
        row["explained_amount"] += note["explained_amount"]
        row["explanations"] += (note["explanation"],)
    return (
        sorted(places.compared.values(), key=lambda row: (PARTS.index(row["budget_part"]), row["art_code"] or "")),
        sorted(places.left_out.values(), key=lambda row: (row["scope_status"], row["art_code"] or "")),
    )


def _finished(row: dict) -> dict:
    difference = row["accounts_amount"] - row["data_amount"]
    return {
        **row,
        "difference_amount": difference,
        "covered_share": share(row["data_amount"], row["accounts_amount"]),
        "unexplained_amount": difference - row["explained_amount"],
        "explanation": " · ".join(dict.fromkeys(row["explanations"])) or None,
    }


def _together(rows: Iterable[dict], **named: str | None) -> dict:
    """One row for several."""
    rows = list(rows)
    sums = {name: sum((row[name] for row in rows), NOTHING) for name in ("accounts_amount", "data_amount")}
    sums["explained_amount"] = total(rows, "explained_amount")
    told = tuple(text for row in rows for text in row["explanations"])
    return _finished({**named, **sums, "line_count": sum(row["line_count"] for row in rows), "explanations": told})


def _tables(rows: list[dict], left_out: list[dict], notes: list[dict]) -> dict[str, list[dict]]:
    investment = [row for row in rows if row["budget_part"] == "investment"]
    one = [_together(investment, budget_part="investment", art_code=None, art_name=None)] if investment else []
    main = {(row["budget_part"], row["main_art_code"]) for row in rows}
    before = [row for row in rows if PARTS.index(row["budget_part"]) < PARTS.index("investment")]
    after = [row for row in rows if PARTS.index(row["budget_part"]) > PARTS.index("investment")]
    return {
        "by_art": [*before, *one, *after],
        "investment": investment,
        "by_main_art": [
            _together(
                (row for row in rows if (row["budget_part"], row["main_art_code"]) == key),
                budget_part=key[0],
                main_art_code=key[1],
            )
            for key in sorted(main, key=lambda key: (PARTS.index(key[0]), key[1] or ""))
        ],
        "left_out": left_out,
        "notes": notes,
    }


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: list[dict], account_rows: list[dict], years: list[int]) -> dict[str, Number]:
    sums = {name: total(rows, name) for name in KRONER}
    found = _found(rows)
    missing = sum((max(row["unexplained_amount"], NOTHING) for row in rows), NOTHING)
    surplus = sum((max(-row["unexplained_amount"], NOTHING) for row in rows), NOTHING)
    without_art = [row for row in rows if row["budget_part"] == "no_art"]
    rounded = sum(1 for row in account_rows if row["is_in_thousands"] and row["accounts_amount"])
    kroner = {
        **sums,
        "found_amount": found,
        "missing_amount": missing,
        "surplus_amount": surplus,
        "no_art_amount": total(without_art, "data_amount"),
        "rounding_amount": rounded * ROUNDED_TO,
    }
    shares = {
        "found_share": share(max(found, NOTHING), sums["accounts_amount"]),
        "surplus_share": share(surplus, sums["accounts_amount"]),
    }
    counts = {"account_row_count": len(account_rows), "no_art_line_count": sum(r["line_count"] for r in without_art)}
    return {
        **{name: Number(value if years else None, "kr") for name, value in kroner.items()},
        **{name: Number(value, "share") for name, value in shares.items()},
        **{name: Number(value, "count") for name, value in counts.items()},
        "accounting_years": Number(", ".join(map(str, years)) or None, "text"),
    }


def _found(rows: Iterable[dict]) -> Decimal:
    """Kroner of the accounts that the lines and the explanations account for, art by art."""
    told = ((row["accounts_amount"], row["data_amount"] + row["explained_amount"]) for row in rows)
    return sum((min(both) for both in told), NOTHING)


def _checks(
    rows: list[dict],
    tables: Mapping[str, list[dict]],
    account_rows: list[dict],
    notes: list[dict],
    booked: Decimal,
    numbers: Mapping[str, Number],
) -> tuple[Check, ...]:
    def whole(name: str, *tables_: list[dict]) -> Decimal:
        return sum((total(table, name) for table in tables_), NOTHING)

    left_out, by_art = tables["left_out"], tables["by_art"]
    apart = whole("accounts_amount", by_art) - whole("data_amount", by_art)
    told = whole("explained_amount", by_art) + whole("unexplained_amount", by_art)
    open_ = {part: numbers[f"{part}_amount"].value or NOTHING for part in ("found", "missing", "surplus")}
    return (
        adds_up("data sums to the lines booked in the year", whole("data_amount", by_art, left_out), booked),
        adds_up(
            "accounts sum to the file",
            whole("accounts_amount", by_art, left_out),
            total(account_rows, "accounts_amount"),
        ),
        adds_up("differences add up", whole("difference_amount", by_art), apart),
        adds_up("explained and unexplained make up the difference", told, apart),
        adds_up(
            "found and missing make up the accounts", open_["found"] + open_["missing"], whole("accounts_amount", rows)
        ),
        adds_up(
            "data − accounts = surplus − missing − explained",
            open_["surplus"] - open_["missing"] - whole("explained_amount", rows),
            -apart,
        ),
        adds_up("every explanation belongs to an art compared", total(rows, "explained_amount"), _told(notes)),
        adds_up(
            "by_main_art sums to by_art", whole("data_amount", tables["by_main_art"]), whole("data_amount", by_art)
        ),
    )


def _told(notes: list[dict]) -> Decimal:
    return total(notes, "explained_amount")


def _caveats(numbers: Mapping[str, Number], rows: list[dict], years_missing: int) -> tuple[str, ...]:
    if not numbers["account_row_count"].value:
        return ("no_accounts",)
    parts = {row["budget_part"] for row in rows}
    said = {
        "years_without_accounts": years_missing,
        "unexplained": numbers["missing_amount"].value or numbers["surplus_amount"].value,
        "lines_without_art": numbers["no_art_amount"].value,
        "undivided": "undivided" in parts,
        "rounded_accounts": numbers["rounding_amount"].value,
        "moved_between_years": numbers["moved_in_amount"].value or numbers["moved_out_amount"].value,
    }
    return tuple(key for key, holds in said.items() if holds)


def _definition(left_out: Decimal) -> Definition:
    return Definition(
        formula=(
            "found share = sum over arts of min(accounts, data + explained) / accounts; missing = accounts − found; "
            "surplus = data + explained beyond accounts of the art; data − accounts = surplus − missing − explained; "
            f"preliminary below {FOUND_AT_LEAST:.0%} found, or above {SURPLUS_AT_MOST:.0%} of the accounts in surplus"
        ),
        numerator="all invoice lines booked in the year on arts of procurement, and lines in scope without an art",
        denominator="the accounts of the year on arts of procurement",
        left_out="arts that are no procurement: payroll, transfers, public payments, finance, internal",
        left_out_amount=left_out,
        source="the municipality's accounts, laid out as Statistics Denmark's REGK31",
    )
