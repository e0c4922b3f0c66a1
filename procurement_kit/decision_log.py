"""Which assumptions and decisions do a municipality's figures rest on, who took them, and how many kroner is that?

What somebody decided is appended to `decision_log.csv` and never changed. What stands in the data without anybody
having said so is derived afresh from the lines by `assumptions_of`. Who decides is a function, never a person.
"""

import csv
import io
import re
import tomllib
from collections import Counter
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.exact import NOTHING, SUM_TYPE, exact_sum, key_order, records
from procurement_kit.personal_numbers import blank, find_numbers, without_hidden
from procurement_kit.settings import Municipality
from procurement_kit.tables import DECISION_KINDS, DECISION_LOG, INVOICE_LINES, SCOPE_RULES
from procurement_kit.templates import fitted, read_template

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

LOG_FILE = "decision_log.csv"
ORE = Decimal("0.01")
_WORD = re.compile(r"[^\W\d_]+(?:[-.][^\W\d_]+)*\.?")
# A function has at least one of these in it; without one, two capitalised words beside each other are a name.
_FUNCTION_STEMS = (
    "afdeling", "analys", "ansvarlig", "bogholder", "borgmester", "byråd", "center", "chef", "controll", "direkt",
    "digitali", "driftsleder", "enhed", "fagområde", "forvaltning", "indkøb", "it-", "jurist", "kommun", "konsulent",
    "kontor", "kreditor", "leder", "medarbejder", "officer", "procurement", "purchas", "regnskab", "rådgiver",
    "sekretariat", "stab", "team", "udvalg", "økonom", "finance", "manager", "head", "department", "council",
)  # fmt: skip


def record_decision(
    municipality: Municipality,
    *,
    kind: str,
    what: str,
    decided_by: str,
    amount: Decimal | None = None,
    line_count: int | None = None,
    today: date | None = None,
    question_id: str = "",
) -> dict:
    """Write a decision in the municipality's log.

    Parameters
    ----------
    municipality : Municipality
        Whose log; written under its lock.
    kind : str
        One of `DECISION_KINDS`.
    what : str
        What was decided, in plain words; personal numbers are taken out.
    decided_by : str
        Function such as «indkøbskonsulent» or «økonomi», never a name.
    amount : Decimal, optional
        Kroner it concerns.
    line_count : int, optional
        Invoice lines it concerns.
    today : date, optional
        Date of the decision, by default today.
    question_id : str
        Question it answers, if any.

    Returns
    -------
    dict
        The row as it stands in the log.

    Raises
    ------
    ParameterError
        If kind is unknown, nothing was decided, or `decided_by` is a person.
    TableError
        If the log was edited by hand and cannot be read.
    """
    _check(kind, what)
    row = {
        "decided_date": today or date.today(),
        "decision_kind": kind,
        "decision": blank(" ".join(what.split())),
        "decided_by": checked_function(decided_by),
        "net_amount": None if amount is None else fitted(amount.quantize(ORE), DECISION_LOG["net_amount"].type),
        "line_count": line_count,
        "question_id": question_id or None,
    }
    with folders.locked(municipality):
        rows = read_decision_log(municipality).to_pylist()
        row = {"decision_number": max((old["decision_number"] for old in rows), default=0) + 1, **row}
        folders.write_text(municipality.folder / LOG_FILE, log_text([*rows, row]))
    return row


def read_decision_log(municipality: Municipality) -> "pa.Table":
    """Read the log, oldest decision first; empty where there is none.

    Parameters
    ----------
    municipality : Municipality
        Whose log.

    Returns
    -------
    pyarrow.Table
        Columns of `DECISION_LOG`.

    Raises
    ------
    TableError
        If the log was edited by hand and cannot be read.
    """
    import pyarrow as pa

    path = municipality.folder / LOG_FILE
    schema = store.arrow_schema(DECISION_LOG.schema())
    if not path.is_file():
        return schema.empty_table()
    rows = read_template(path, DECISION_LOG).to_pylist()
    plain = [{name: bare_cell(value) for name, value in row.items()} for row in rows]
    return pa.Table.from_pylist(plain, schema=schema)


def checked_function(decided_by: str) -> str:
    """The function that decided, if it is one and not a person.

    Raises
    ------
    ParameterError
        If it is empty, an address, a number, or looks like a full name.

    Examples
    --------
    >>> checked_function(" indkøbskonsulent "), checked_function("Center for Økonomi")
    ('indkøbskonsulent', 'Center for Økonomi')
    >>> checked_function("Petra Prøve")
    Traceback (most recent call last):
    procurement_kit.errors.ParameterError: Who decided is not a function.
    """
    function = " ".join(decided_by.split())
    if not function:
        raise ParameterError(
            "Who decided is not a function: nothing stands there.",
            expected="a function such as «indkøbskonsulent» or «økonomi», never a name",
            todo="add the function; on the command line: --by indkøbskonsulent",
        )
    if "@" in function or find_numbers(without_hidden(function)) or _looks_like_a_name(function):
        raise ParameterError(
            "Who decided is not a function.",
            expected="a function such as «indkøbskonsulent», «økonomi» or «leder af Center for Ældre»; never a name",
            todo="write the function",
        )
    return function


def _looks_like_a_name(text: str) -> bool:
    """Two words beside each other that are written as names are; «A.» is one, «IT» is not."""

    def is_name(word: str) -> bool:
        is_abbreviation = word.isupper() and len(word.strip(".")) > 1
        return (
            word[0].isupper() and not is_abbreviation and not any(stem in word.casefold() for stem in _FUNCTION_STEMS)
        )

    words = _WORD.findall(text)
    return any(is_name(first) and is_name(second) for first, second in zip(words, words[1:], strict=False))


def _check(kind: str, what: str) -> None:
    if kind not in DECISION_KINDS:
        raise ParameterError(
            f"«{kind}» is not a kind of decision.{nearest(kind, DECISION_KINDS)}",
            expected=", ".join(DECISION_KINDS),
            todo="choose one of these",
        )
    if not what.strip():
        raise ParameterError("A decision without words.", expected="what was decided", todo="say it in a sentence")


def log_text(rows: list[dict]) -> str:
    """The log as CSV: Danish headings, semicolons, a byte order mark for Excel; no cell that Excel would compute."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.heading for column in DECISION_LOG.columns])
    for row in rows:
        writer.writerow([csv_cell(row[name]) for name in DECISION_LOG.names])
    return "\ufeff" + out.getvalue()


def csv_cell(value: object) -> str:
    """A value as a person writes it in Danish; a text that Excel would compute gets an apostrophe before it.

    Examples
    --------
    >>> csv_cell(Decimal("-1234.50")), csv_cell(date(2025, 1, 31)), csv_cell("=1+1"), csv_cell(None)
    ('-1234,50', '31-01-2025', "'=1+1", '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    text = str(value)
    is_formula = text.startswith(("=", "+", "-", "@", "'", "\t", "\r", "\n")) and not isinstance(value, int)
    return f"'{text}" if is_formula else text


def bare_cell(value: object) -> object:
    """A cell without the apostrophe that keeps a spreadsheet from calculating it."""
    return value[1:] if isinstance(value, str) and value[:1] == "'" else value


# --- what nobody has said -------------------------------------------------------------------------------------------


def assumptions_of(municipality: Municipality) -> list[dict]:
    """List what the lines assume without anybody having said so, derived afresh.

    Parameters
    ----------
    municipality : Municipality
        Whose lines, profiles and log.

    Returns
    -------
    list of dict
        Most kroner first: `assumption` (its key), `decision_kind`, `about` (profile, currency, file …), `value` (what
        is assumed), `origin` (profile, document, table, rule, reading), `line_count`, `net_amount` (None where it
        cannot be counted), and `is_decided`: whether the log holds a decision of that kind that names what it is about.
    """
    lines = store.read_lines(municipality)
    found = [
        *_of_profiles(municipality, lines),
        *_of_rates(municipality, lines),
        *_of_readings(municipality, lines),
        *_of_rules(municipality, lines),
        *_of_files(municipality),
        *_of_set_aside(municipality),
    ]
    log = read_decision_log(municipality).to_pylist()
    for assumption in found:
        assumption["is_decided"] = any(_decides(row, assumption) for row in log)
    return sorted(found, key=lambda a: (-abs(a["net_amount"] or NOTHING), a["assumption"], a["about"], a["value"]))


def _decides(row: dict, assumption: dict) -> bool:
    same_kind = row["decision_kind"] == assumption["decision_kind"]
    return same_kind and assumption["about"].casefold() in row["decision"].casefold()


def _assumption(key: str, kind: str, about: str, value: str, origin: str, counted: dict) -> dict:
    names = {"assumption": key, "decision_kind": kind, "about": about, "value": value, "origin": origin}
    return names | {"line_count": counted["line_count"], "net_amount": counted["net_amount"]}


def _counted(lines: "ibis.Table", *by: str) -> list[dict]:
    """Lines and kroner per group."""
    measures = {"line_count": lines.count(), "net_amount": exact_sum(lines)}
    rows = records(lines.group_by(by).aggregate(**measures) if by else lines.aggregate(**measures))
    return sorted(rows, key=lambda row: key_order(row[name] for name in by))


def _of_profiles(municipality: Municipality, lines: "ibis.Table") -> list[dict]:
    """VAT basis, sign and constants of each profile used; e-invoices are without VAT by their standard."""
    found = []
    profiles = _profiles(municipality)
    for row in _counted(lines, "source_kind", "format_name", "vat_basis"):
        if row["source_kind"] != "ledger":
            continue
        name, basis = row["format_name"] or "", row["vat_basis"] or "unknown"
        content = profiles.get(name, {})
        found.append(_assumption("vat_basis", "vat_basis", name, basis, "profile", row))
        if "sign" in content:
            found.append(_assumption("sign", "sign", name, content["sign"], "profile", row))
        for column, value in sorted(content.get("constants", {}).items()):
            heading = INVOICE_LINES[column].heading if column in INVOICE_LINES.names else column
            found.append(_assumption("constant", "profile", name, f"{heading} = {value}", "profile", row))
    return found


def _profiles(municipality: Municipality) -> dict[str, dict]:
    """Name and version → content of the profiles there are; the municipality's own win."""
    package = Path(__file__).resolve().parent
    folders = (package / "data_templates", package.parent / "data_templates", municipality.folder)
    found = {}
    for path in (path for folder in folders for path in sorted((folder / "profiles").glob("*.toml"))):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue  # a profile that cannot be read has read no line
        found[f"{content.get('name')} {content.get('version')}"] = content
    return found


def _of_rates(municipality: Municipality, lines: "ibis.Table") -> list[dict]:
    foreign = lines.filter(lines.document_currency != municipality.currency)
    found = []
    for row in _counted(foreign, "document_currency", "exchange_rate_source"):
        currency, source = row["document_currency"], row["exchange_rate_source"]
        key = "exchange_rate" if source else "no_exchange_rate"
        counted = row if source else row | {"net_amount": None}
        found.append(_assumption(key, "exchange_rate", currency, source or "", source or "rule", counted))
    return found


def _of_readings(municipality: Municipality, lines: "ibis.Table") -> list[dict]:
    """What the readers did on their own: dates borrowed, decimals rounded, charges shared out, free lines."""
    codes = {"date_from_posting": Counter(), "amount_rounded": Counter()}
    for row in _counted(lines.filter(lines.check_codes.notnull()), "check_codes"):
        for code in codes.keys() & set(row["check_codes"].split()):
            codes[code].update({name: row[name] or NOTHING for name in ("line_count", "net_amount")})
    own = lines.filter(lines.document_currency == municipality.currency)
    shared = own.filter(own.document_net_amount != own.document_amount)
    change = (shared.document_net_amount - shared.document_amount).sum().cast(SUM_TYPE)
    charges = records(shared.aggregate(line_count=shared.count(), net_amount=change))[0]
    free = _counted(lines.filter(lines.is_free_of_charge))[0]
    counted = {**codes, "document_charges": charges, "free_lines": free}
    return [_assumption(key, "other", key, "", "reading", row) for key, row in counted.items() if row["line_count"]]


def _of_rules(municipality: Municipality, lines: "ibis.Table") -> list[dict]:
    """The version of the scope rules, and ledger lines that have no art for them to look at."""
    own = municipality.folder / f"{SCOPE_RULES.name}.csv"
    shipped = Path(str(files("procurement_kit") / "knowledge" / f"{SCOPE_RULES.name}.csv"))
    rules = read_template(own if own.is_file() else shipped, SCOPE_RULES)
    versions = ", ".join(sorted(set(rules["version"].to_pylist())))
    ruled = _counted(lines.filter(lines.main_art_code.notnull() | lines.art_code.notnull()))[0]
    ledger = lines.filter(lines.source_kind == "ledger", lines.main_art_code.isnull(), lines.art_code.isnull())
    without = _counted(ledger)[0]
    found = [("scope_rules", versions, ruled), ("no_art", "in_scope", without)]
    return [_assumption(key, "scope", key, value, "rule", row) for key, value, row in found if row["line_count"]]


def _of_files(municipality: Municipality) -> list[dict]:
    """Files that were delivered again and replaced an older one."""
    sources = [source for load in store.loads(municipality) for source in load["sources"]]
    return [
        _assumption("replaced", "other", source["name"], "", "reading",
                    {"line_count": source["lines_replaced"], "net_amount": Decimal(source["amount_replaced"])})
        for source in sources
        if source.get("lines_replaced")
    ]  # fmt: skip


def _of_set_aside(municipality: Municipality) -> list[dict]:
    """Duplicates and held-back lines: per ledger file, e-invoices together."""
    import ibis

    aside = store.read_load_dataset(municipality, "set_aside")
    about = (aside.source_kind == "ledger").ifelse(aside.source_name, ibis.literal("einvoice"))
    kinds = {"duplicate": "duplicate_taken_back", "held_back": "held_back_accepted"}
    return [
        _assumption(row["set_aside_status"], kinds[row["set_aside_status"]], row["about"], "", "reading", row)
        for row in _counted(aside.mutate(about=about), "set_aside_status", "about")
    ]
