"""Is a line procurement at all, and if not, what is it?

The art of the municipal chart of accounts decides, the longest pattern first; without an art, who was paid.
A payment to a public body is never procurement. What the municipality itself has said wins over both. Rules and bodies
are dated data. Nothing is deleted: lines are tagged.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import ibis
import pyarrow as pa

from procurement_kit.errors import TableError
from procurement_kit.exact import FIRST_DATE, LAST_DATE, SPAN, add_lookup, without
from procurement_kit.names import normalise_supplier_name, normalise_text
from procurement_kit.settings import Municipality
from procurement_kit.store import arrow_schema, empty_table
from procurement_kit.tables import INVOICE_LINES, PUBLIC_BODIES, SCOPE_DECISIONS, SCOPE_RULES
from procurement_kit.templates import read_template

BODY_KEYS = ("supplier_number", "supplier_name")
BODY_TYPES = dict.fromkeys((*BODY_KEYS, "body_name", "body_status"), "string") | SPAN
RULE_TYPES = dict.fromkeys(("art_pattern", "rule_status", "rule_status_with_number", "rule_reason"), "string")
DECISION_KEYS = ("supplier_number", "supplier_name", "account_number", "art_code")
DECISION_TYPES = dict.fromkeys((*DECISION_KEYS, "decided_status", "decided_reason"), "string")
_OVERRULED_BY_BODY = ("in_scope", "to_clarify")


def scope_rules(municipality: Municipality | None = None) -> pa.Table:
    """Read the rules that say which arts are procurement.

    Parameters
    ----------
    municipality : Municipality, optional
        A `scope_rules.csv` in its folder replaces the shipped rules.

    Raises
    ------
    TableError
        If a cell cannot be used, or two rules speak of the same art.
    """
    own = municipality.folder / "scope_rules.csv" if municipality else None
    path = own if own and own.is_file() else _shipped("scope_rules.csv")
    rules = read_template(path, SCOPE_RULES)
    _check_patterns(rules, path)
    return rules


def public_bodies() -> pa.Table:
    """Read the shipped list of public bodies, with other names and the years they exist."""
    return read_template(_shipped("public_bodies.csv"), PUBLIC_BODIES)


def _shipped(name: str) -> Path:
    return Path(str(files("procurement_kit") / "knowledge" / name))


def _check_patterns(rules: pa.Table, path: Path) -> None:
    seen: dict[str, str] = {}
    problems = []
    for rule in rules.to_pylist():
        pattern = rule["art_pattern"]
        if not (pattern.isdigit() and len(pattern) <= 2):
            problems.append(f"rule {rule['rule_id']}: «{pattern}» is not an art of one or two digits.")
        if pattern in seen:
            problems.append(f"rule {rule['rule_id']}: art {pattern} stands in rule {seen[pattern]} already.")
        seen.setdefault(pattern, rule["rule_id"])
    if problems:
        raise TableError(
            f"{path.name}: the rules cannot be used.",
            problems=problems,
            expected="one rule per art, the art written with one or two digits",
            todo="correct the rules named",
        )


def rule_lookup(rules: pa.Table) -> pa.Table:
    """The rules as they are joined: art, its status with and without a company number, and the reason to show.

    Examples
    --------
    >>> rule_lookup(scope_rules()).to_pylist()[3]["rule_reason"].split()[0]
    'art_22'
    """
    rows = [
        {
            "art_pattern": rule["art_pattern"],
            "rule_status": rule["scope_status"],
            "rule_status_with_number": rule["when_supplier_number"] or rule["scope_status"],
            "rule_reason": f"{rule['rule_id']} {rule['version']}",
        }
        for rule in rules.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(RULE_TYPES))


def public_body_lookup(suppliers: Iterable[pa.RecordBatch], bodies: pa.Table) -> Iterator[pa.Table]:
    """Find the public bodies among the printed suppliers.

    Parameters
    ----------
    suppliers : iterable of pyarrow.RecordBatch
        Distinct `supplier_number` and `supplier_name`.
    bodies : pyarrow.Table
        As `public_bodies` gives it.

    Yields
    ------
    pyarrow.Table
        One row per supplier, body and span of days in which that body existed; the spans of a supplier never overlap.
    """
    by_number, by_name = _bodies_by_key(bodies)
    for batch in suppliers:
        rows = []
        for supplier in batch.select(BODY_KEYS).to_pylist():
            candidates = by_number.get(supplier["supplier_number"] or "", [])
            candidates = candidates or by_name.get(normalise_supplier_name(supplier["supplier_name"]), [])
            rows += [{**supplier, **span} for span in _spans(candidates)]
        yield pa.Table.from_pylist(rows, schema=arrow_schema(BODY_TYPES))


def read_scope_decisions(municipality: Municipality) -> pa.Table:
    """Read what the municipality has said about suppliers, accounts and arts: `scope_decisions.csv` in its folder.

    Raises
    ------
    TableError
        If a cell cannot be used, or a row has nothing to match on: it would decide every line.
    """
    path = municipality.folder / f"{SCOPE_DECISIONS.name}.csv"
    if not path.is_file():
        return arrow_schema(SCOPE_DECISIONS.schema()).empty_table()
    decisions = read_template(path, SCOPE_DECISIONS)
    empty = [number for number, row in enumerate(decisions.to_pylist(), start=2) if not _filled(row)]
    if empty:
        raise TableError(
            f"{path.name}: the decisions cannot be used.",
            problems=[f"row {number}: no cell to match on, it would decide every line." for number in empty],
            expected="a supplier, an account or an art in every row",
            todo="fill in or delete the rows named",
        )
    return decisions


def scope_decision_lookup(printed: Iterable[pa.RecordBatch], decisions: pa.Table) -> Iterator[pa.Table]:
    """Find the printed suppliers, accounts and arts that the municipality has decided on.

    Parameters
    ----------
    printed : iterable of pyarrow.RecordBatch
        Distinct `DECISION_KEYS`.
    decisions : pyarrow.Table
        As `read_scope_decisions` gives it. Every filled cell must match; the row with most filled cells wins, then the
        latest.

    Yields
    ------
    pyarrow.Table
        Columns of `DECISION_TYPES`, one row per distinct value that is decided on.
    """
    found: dict[tuple, dict[tuple, dict]] = {}  # filled cells → their values → what is decided
    rows = [(row["decided_date"] or FIRST_DATE, number, row) for number, row in enumerate(decisions.to_pylist(), 2)]
    for _, number, row in sorted(rows, key=lambda item: item[:2]):
        filled = _filled(row)
        decided = {"decided_status": row["scope_status"], "decided_reason": f"{SCOPE_DECISIONS.name}.csv row {number}"}
        found.setdefault(tuple(filled), {})[tuple(filled.values())] = decided
    ways = sorted(found, key=lambda names: (-len(names), names))
    for batch in printed if ways else ():
        decided_on = []
        for row in batch.select(DECISION_KEYS).to_pylist():
            cells = {name: _matched(name, value) for name, value in row.items()}
            hits = (found[names].get(tuple(cells[name] for name in names)) for names in ways)
            if hit := next(filter(None, hits), None):
                decided_on.append({**row, **hit})
        yield pa.Table.from_pylist(decided_on, schema=arrow_schema(DECISION_TYPES))


def _filled(row: dict) -> dict[str, str]:
    """The cells of a decision that must match, as they are compared."""
    return {name: cell for name in DECISION_KEYS if (cell := _matched(name, row[name]))}


def _matched(name: str, value: str | None) -> str:
    return normalise_supplier_name(value) if name == "supplier_name" else normalise_text(value).replace(" ", "")


def _bodies_by_key(bodies: pa.Table) -> tuple[dict[str, list], dict[str, list]]:
    by_number: dict[str, list] = {}
    by_name: dict[str, list] = {}
    for body in sorted(bodies.to_pylist(), key=lambda body: body["name"]):
        if body["cvr_number"]:
            by_number.setdefault(body["cvr_number"], []).append(body)
        names = {normalise_supplier_name(name) for name in (body["name"], *(body["aliases"] or "").split("|"))} - {""}
        for name in sorted(names):
            by_name.setdefault(name, []).append(body)
    return by_number, by_name


def _spans(bodies: list[dict]) -> list[dict]:
    """Cut the life of several bodies of one name into spans; where two exist, the first by name counts."""
    lives = [(body["valid_from"] or FIRST_DATE, body["valid_to"] or LAST_DATE, body) for body in bodies]
    starts = sorted({first for first, _, _ in lives} | {_day_after(last) for _, last, _ in lives if last < LAST_DATE})
    spans = []
    for start, after in zip(starts, [*starts[1:], None], strict=False):
        alive = [body for first, last, body in lives if first <= start <= last]
        if alive:
            last = after - timedelta(days=1) if after else LAST_DATE
            body = alive[0]
            spans.append(
                {"body_name": body["name"], "body_status": body["scope_status"], "from_date": start, "to_date": last}
            )
    return spans


def _day_after(day: date) -> date:
    return day + timedelta(days=1)


def add_scope(
    lines: ibis.Table,
    rules: ibis.Table,
    bodies: ibis.Table,
    decisions: ibis.Table | None = None,
    *,
    currency: str = "DKK",
) -> ibis.Table:
    """Say for each line whether it is procurement.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `art_code`, `main_art_code`, `account_number`, `supplier_number`, `supplier_name`, `supplier_kind`,
        `invoice_date`, `net_amount`, `document_currency`.
    rules : ibis.Table
        As `rule_lookup` gives it.
    bodies : ibis.Table
        As `public_body_lookup` gives it.
    decisions : ibis.Table, optional
        As `scope_decision_lookup` gives it; only a missing exchange rate is stronger.
    currency : str
        The municipality's currency.

    Returns
    -------
    ibis.Table
        *Adds* `scope_status` and `scope_reason` (rule and version, name of the public body, row of the decision, or why
        without a rule).
    """
    lines = without(lines, INVOICE_LINES.schema("scope"))
    joined = _with_rules(lines, rules)
    joined = add_lookup(joined, bodies, BODY_KEYS, is_dated=True)
    joined = add_lookup(joined, empty_table(DECISION_TYPES) if decisions is None else decisions, DECISION_KEYS)
    foreign = joined.net_amount.isnull() & ~joined.document_currency.identical_to(ibis.literal(currency))
    by_art, art_reason = _by_art(joined)
    is_public = joined.body_status.notnull() & (by_art.isnull() | by_art.isin(_OVERRULED_BY_BODY))
    is_public_kind = joined.supplier_kind.identical_to("public") & (by_art.isnull() | by_art.isin(_OVERRULED_BY_BODY))
    is_person = joined.supplier_kind.identical_to("person") & by_art.isnull()
    is_decided = joined.decided_status.notnull()
    choices = (
        (foreign, "no_exchange_rate", ibis.literal("no_exchange_rate")),
        (is_decided, joined.decided_status, joined.decided_reason),
        (is_public, joined.body_status, joined.body_name),
        (is_public_kind, "public_payment", ibis.literal("supplier_kind_public")),
        (by_art.notnull(), by_art, art_reason),
        (is_person, "to_clarify", ibis.literal("supplier_kind_person")),
    )
    status = ibis.cases(*((when, then) for when, then, _ in choices), else_="in_scope")
    reason = ibis.cases(*((when, why) for when, _, why in choices), else_="no_art")
    return joined.select(lines, scope_status=status, scope_reason=reason)


def _with_rules(lines: ibis.Table, rules: ibis.Table) -> ibis.Table:
    """Join the rule of the two-digit art and of the main art, which is the first digit where it is missing."""
    exact = rules.rename(lambda name: f"art_{name}")
    main = rules.rename(lambda name: f"main_{name}")
    joined = lines.mutate(main_digit=lines.main_art_code.fill_null(lines.art_code.substr(0, 1)))
    joined = add_lookup(joined, exact, {"art_code": "art_art_pattern"})
    return add_lookup(joined, main, {"main_digit": "main_art_pattern"})


def _by_art(joined: ibis.Table) -> tuple[ibis.Value, ibis.Value]:
    """Status and reason the art gives; null where no art is known, `to_clarify` where no rule knows it."""
    has_number = joined.supplier_number.notnull() & ~joined.supplier_kind.identical_to("person")
    has_art = joined.art_code.notnull() | joined.main_art_code.notnull()
    status, reason = ibis.null("string"), ibis.null("string")
    for place in ("main", "art"):
        found = joined[f"{place}_rule_reason"].notnull()
        by_rule = has_number.ifelse(joined[f"{place}_rule_status_with_number"], joined[f"{place}_rule_status"])
        status = found.ifelse(by_rule, status)
        reason = found.ifelse(joined[f"{place}_rule_reason"], reason)
    is_unknown = has_art & status.isnull()
    return is_unknown.ifelse("to_clarify", status), is_unknown.ifelse("unknown_art", reason)
