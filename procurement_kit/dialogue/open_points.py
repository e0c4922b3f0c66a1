"""What is still open in a municipality's data, and how many kroner is that?

Each point is found afresh in the lines, the control rows and the spend cube, knows what it is about, and gets the same
identity every time. Nobody is asked about persons; texts are masked already. A krone may stand in several points.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.analyses.months import month_rows, month_sums
from procurement_kit.analyses.remedies import reason_key, remedies
from procurement_kit.exact import NOTHING, exact_sum, is_person, key_order, records
from procurement_kit.names import without_tokens
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import LOOKUP_NAME
from procurement_kit.steps.spend_cube import build_cube, read_cube
from procurement_kit.steps.units import read_units
from procurement_kit.tables import KRONER

if TYPE_CHECKING:
    import ibis

LONGEST_TEXT = 200
DOUBTFUL_DUPLICATES = ("copy", "same_uuid")
FILES_NAMED = 3
BOTH_COUNT = "another amount: both count"
PERSONS = "Privatperson"
# Units below the smaller of the two are summed in one line: nobody looks up a number for the price of a cake.
UNIT_FLOOR, UNIT_FLOOR_SHARE = Decimal("1000.00"), Decimal("0.001")
# About what a currency is worth, only to put questions in order: no figure is made with it.
ABOUT_KRONER = {"EUR": 7, "USD": 7, "GBP": 9, "CHF": 8}
PROFILE_LEAVES_OUT = "no_invoice_row"
BY_NAME = ("name", "similar_name", "decided")  # how a supplier is found that no number was printed for
_OTHER_FILE = re.compile(rf" as (?:a document in )?(.+?)(?:, {BOTH_COUNT}|, one marked as a copy)?$")


@dataclass(frozen=True)
class OpenPoint:
    """Something only the municipality knows.

    Parameters
    ----------
    kind : str
        One of `QUESTION_KINDS`.
    subject : dict of str to str
        What an answer is used on: supplier, account, unit, currency … as printed.
    concerns : str
        The same for people to read.
    facts : dict
        What the question quotes besides.
    line_count : int
        Invoice lines it is about.
    net_amount : Decimal or None
        Kroner it is about; None where they cannot be counted.
    """

    kind: str
    subject: dict[str, str]
    concerns: str
    facts: dict[str, object] = field(default_factory=dict)
    line_count: int = 0
    net_amount: Decimal | None = None

    @property
    def question_id(self) -> str:
        """The same for the same subject, whatever the kroner have become."""
        printed = "\x1f".join([self.kind, *(f"{key}={value}" for key, value in sorted(self.subject.items()))])
        return f"{self.kind[:3].upper()}-{hashlib.sha256(printed.encode()).hexdigest()[:10]}"


def open_points(municipality: Municipality, *, limit: int = 200) -> tuple[list[OpenPoint], dict[str, tuple]]:
    """All open points, months without data first, then by kroner; small units are left out.

    Parameters
    ----------
    municipality : Municipality
        Whose lines; its spend cube is brought up to date.
    limit : int
        Points listed at most of each kind.

    Returns
    -------
    list of OpenPoint
        At most `limit` of each kind.
    dict
        Kind → number of points left out and their kroner.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    """
    with folders.locked(municipality):
        build_cube(municipality)
    cube = read_cube(municipality)
    by_kind: dict[str, list[OpenPoint]] = {}
    for point in _all_points(municipality, cube):
        by_kind.setdefault(point.kind, []).append(point)
    shown, left_out = [], {}
    for kind, points in sorted(by_kind.items()):
        large = _large_units(points, cube) if kind == "unit" else points
        asked = sorted(large, key=weight)[:limit]
        rest = len(points) - len(asked), _kroner(points) - _kroner(asked)
        shown, left_out[kind] = shown + asked, rest
    if _is_classified(municipality):
        points, left_out["category"] = _unclassified(cube, limit)
        shown += points
    return sorted(shown, key=weight), left_out


def weight(point: OpenPoint) -> tuple:
    """A sort key: whole months first, then most kroner; amounts without a rate are guessed at; ties by identity."""
    size = point.net_amount or NOTHING
    if point.kind == "exchange_rate":
        size = Decimal(point.facts["printed"] or 0) * ABOUT_KRONER.get(point.facts["currency"], 1)
    return point.kind != "month", -abs(size), point.question_id


def _kroner(points: Iterable[OpenPoint]) -> Decimal:
    return sum((point.net_amount or NOTHING for point in points), NOTHING)


def _large_units(points: list[OpenPoint], cube: "ibis.Table") -> list[OpenPoint]:
    lines = cube.filter(cube.scope_status == "in_scope")
    whole = records(lines.aggregate(net=exact_sum(lines)))[0]["net"] or NOTHING
    floor = min(UNIT_FLOOR, abs(whole) * UNIT_FLOOR_SHARE)
    return [point for point in points if abs(point.net_amount or NOTHING) >= floor]


def _all_points(municipality: Municipality, cube: "ibis.Table") -> Iterable[OpenPoint]:
    yield from _held_back(municipality)
    yield from _to_clarify(cube)
    yield from _without_rate(cube)
    yield from _vat_unknown(cube)
    yield from _without_number(cube)
    yield from _unknown_units(municipality, cube)
    yield from _same_number(municipality)
    yield from _doubtful_duplicates(municipality)
    yield from _empty_months(cube)


def _groups(lines: "ibis.Table", *by: str, **more: "ibis.Value") -> list[dict]:
    """Lines and kroner per group, in the order of the keys."""
    measures = {"line_count": lines.count(), "net_amount": exact_sum(lines), **more}
    rows = records(lines.group_by(by).aggregate(**measures))
    return sorted(rows, key=lambda row: key_order(row[name] for name in by))


def _filled(row: dict, *names: str) -> dict[str, str]:
    return {name: row[name] for name in names if row[name]}


def _short(*parts: str | None) -> str:
    """A text to read: no token of a person, no more than a line or two."""
    text = without_tokens(" · ".join(part for part in parts if part))
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


# --- files and documents --------------------------------------------------------------------------------------------


def _own_currency(rows: "ibis.Table", amount: str, currency: str) -> "ibis.Value":
    """An amount where it is in the municipality's currency, else nothing."""
    import ibis

    is_own = rows.document_currency.identical_to(ibis.literal(currency))
    return is_own.ifelse(rows[amount], ibis.null(rows[amount].type()))


def _held_back(municipality: Municipality) -> Iterable[OpenPoint]:
    """One point per delivered file and reason."""
    import ibis

    aside = store.read_load_dataset(municipality, "set_aside")
    aside = aside.filter(aside.set_aside_status == "held_back")
    own = _own_currency(aside, "document_amount", municipality.currency).cast(KRONER)
    key = reason_key(aside.set_aside_reason, aside.set_aside_status)
    aside = aside.mutate(reason_key=key, net_amount=ibis.coalesce(aside.net_amount, own))
    documents = store.read_load_dataset(municipality, "documents")
    documents = documents.filter(documents.document_status == "held_back", documents.line_count.fill_null(0) == 0)
    own = _own_currency(documents, "header_line_amount", municipality.currency)
    key = reason_key(documents.document_reason, documents.document_status)
    documents = documents.mutate(reason_key=key, net_amount=own)
    rows = _groups(aside, "source_name", "reason_key", document_count=aside.document_id.nunique())
    unread = _groups(documents, "source_name", "reason_key", document_count=documents.count())
    rows += [row | {"line_count": 0} for row in unread]
    settled = _settled_reasons()
    yield from _deliveries([row for row in rows if row["reason_key"] not in settled])


def _settled_reasons() -> set[str]:
    """Reasons that leave nothing to do: totals, and rows that the profile says are no invoices."""
    return {r.reason_key for r in remedies() if r.remedy_name_en.startswith("Nothing to do")} | {PROFILE_LEAVES_OUT}


def _deliveries(rows: list[dict]) -> Iterable[OpenPoint]:
    """Loose e-invoices are one delivery together; a ZIP and a ledger file are one each."""
    found: dict[tuple[str, str], dict] = {}
    for row in rows:
        name = row["source_name"] or ""
        is_loose = "/" not in name and name.casefold().endswith(".xml")
        key = "" if is_loose else name.split("/")[0], row["reason_key"]
        sums = found.setdefault(key, {"documents": 0, "lines": 0, "net": NOTHING, "names": set()})
        sums["names"].add(name.split("/")[0])
        sums["documents"] += row["document_count"]
        sums["lines"] += row["line_count"]
        sums["net"] += (row["net_amount"] or NOTHING).quantize(NOTHING)
    for (delivery, reason), sums in sorted(found.items()):
        names = sorted(sums["names"])
        more = f" (+{len(names) - FILES_NAMED})" if len(names) > FILES_NAMED else ""
        facts = {"reason_key": reason, "document_count": sums["documents"]}
        subject = {"source_name": delivery, "reason_key": reason}
        concerns = _short(", ".join(names[:FILES_NAMED]) + more)
        yield OpenPoint("held_back", subject, concerns, facts, sums["lines"], sums["net"])


def _same_number(municipality: Municipality) -> Iterable[OpenPoint]:
    """Documents that share supplier, number and date with another one but not the amount: both count so far."""
    documents = store.read_load_dataset(municipality, "documents")
    odd = documents.filter(documents.document_reason.contains(BOTH_COUNT), documents.document_status == "taken_in")
    odd = odd.mutate(net_amount=_own_currency(odd, "line_sum_amount", municipality.currency))
    yield from _documents(odd, "same_number")


def _doubtful_duplicates(municipality: Municipality) -> Iterable[OpenPoint]:
    """Duplicates that were set aside on a copy mark or a UUID alone, one point per document."""
    documents = store.read_load_dataset(municipality, "documents")
    twice = documents.filter(documents.document_status == "duplicate")
    twice = twice.mutate(
        net_amount=_own_currency(twice, "line_sum_amount", municipality.currency),
        reason_key=reason_key(twice.document_reason, twice.document_status),
    )
    yield from _documents(twice.filter(twice.reason_key.isin(DOUBTFUL_DUPLICATES)), "duplicate")


def _documents(documents: "ibis.Table", kind: str) -> Iterable[OpenPoint]:
    wanted = ("document_id", "source_name", "document_number", "supplier_name", "line_count", "net_amount",
              "document_reason")  # fmt: skip
    for row in sorted(records(documents.select(*wanted)), key=lambda row: key_order(row[name] for name in wanted[:2])):
        subject = _filled(row, "document_id", "source_name")
        other = _OTHER_FILE.search(row["document_reason"] or "")
        names = " ↔ ".join(filter(None, (row["source_name"], other and other[1])))
        concerns = _short(row["supplier_name"], row["document_number"], names)
        amount = None if row["net_amount"] is None else row["net_amount"].quantize(NOTHING)
        yield OpenPoint(kind, subject, concerns, {}, row["line_count"] or 0, amount)


def _empty_months(cube: "ibis.Table") -> Iterable[OpenPoint]:
    for row in month_rows(month_sums(cube), None):
        if row["month_status"] == "none":
            subject = {"source_kind": row["source_kind"], "month": row["month_name"]}
            yield OpenPoint("month", subject, row["month_name"], {"source_kind": row["source_kind"]})


# --- scope, currency, VAT -------------------------------------------------------------------------------------------


def _to_clarify(cube: "ibis.Table") -> Iterable[OpenPoint]:
    """Lines nobody can tell the scope of: by account where the art is not known, else by supplier and art."""
    lines = cube.filter(cube.scope_status == "to_clarify")
    lines = lines.filter(~lines.supplier_kind.identical_to("person"), ~lines.supplier_name.identical_to(PERSONS))
    by = ("supplier_number", "supplier_name", "supplier_label", "art_code", "account_number",
          "account_name", "scope_reason")  # fmt: skip
    found: dict[tuple, dict] = {}
    for row in _groups(lines, *by):
        kind, subject, concerns = _scope_subject(row)
        sums = found.setdefault((kind, *sorted(subject.items())), {"subject": subject, "n": 0, "net": NOTHING})
        sums.setdefault("concerns", concerns)
        sums["n"] += row["line_count"]
        sums["net"] += row["net_amount"] or NOTHING
    for (kind, *_), sums in found.items():
        if sums["subject"]:
            yield OpenPoint(kind, sums["subject"], sums["concerns"], {}, sums["n"], sums["net"])


def _scope_subject(row: dict) -> tuple[str, dict[str, str], str]:
    is_art_unknown = row["scope_reason"] == "unknown_art" or not row["art_code"]
    by_account = _filled(row, "account_number") or _filled(row, "art_code")
    if is_art_unknown and by_account:
        shown = (row["account_number"] or row["art_code"], row["account_name"])
        return "account", by_account, _short(*shown)
    who = _filled(row, "supplier_number") or _filled(row, "supplier_name")
    art = _filled(row, "art_code") if who else {}
    label = row["supplier_label"] or row["supplier_name"]
    return "scope", who | art, _short(label, row["supplier_number"], art and f"art {row['art_code']}")


def _without_rate(cube: "ibis.Table") -> Iterable[OpenPoint]:
    lines = cube.filter(cube.scope_status == "no_exchange_rate")
    more = {"first_date": lines.invoice_date.min(), "printed": lines.document_amount.sum().cast("decimal(38,4)")}
    for row in _groups(lines, "document_currency", **more):
        if row["document_currency"]:
            subject = {"document_currency": row["document_currency"], "valid_from_date": str(row["first_date"])}
            facts = {"currency": row["document_currency"], "printed": row["printed"], "first_date": row["first_date"]}
            yield OpenPoint("exchange_rate", subject, row["document_currency"], facts, row["line_count"], None)


def _vat_unknown(cube: "ibis.Table") -> Iterable[OpenPoint]:
    lines = cube.filter(cube.vat_basis.fill_null("unknown") == "unknown", cube.source_kind == "ledger")
    for row in _groups(lines, "format_name"):
        subject = {"format_name": row["format_name"] or ""}
        yield OpenPoint(
            "vat_basis", subject, row["format_name"] or "", {}, row["line_count"], row["net_amount"] or NOTHING
        )


# --- suppliers, units, categories -----------------------------------------------------------------------------------


def _without_number(cube: "ibis.Table") -> Iterable[OpenPoint]:
    """Suppliers in scope that no company number was printed for; persons and foreign firms have none."""
    lines = cube.filter(cube.scope_status == "in_scope", cube.supplier_match.isin(BY_NAME))
    lines = lines.filter(lines.supplier_key.startswith("s:"), lines.supplier_country.fill_null("DK") == "DK")
    for row in _groups(lines, "supplier_key", "supplier_label"):
        if not is_person(row["supplier_key"]) and row["supplier_label"] != PERSONS:
            subject = {"supplier_key": row["supplier_key"]}
            net = row["net_amount"] or NOTHING
            yield OpenPoint("supplier_number", subject, _short(row["supplier_label"]), {}, row["line_count"], net)


def _unknown_units(municipality: Municipality, cube: "ibis.Table") -> Iterable[OpenPoint]:
    """GLN or cost centres on lines in scope that `units.csv` does not know and the source gives no name for."""
    known = {(row["key_column"], row["unit_key"]) for row in read_units(municipality).to_pylist()}
    lines = cube.filter(cube.scope_status == "in_scope", cube.buyer_unit_name.isnull())
    found: dict[tuple[str, str], list] = {}
    for row in _groups(lines, "buyer_gln_number", "buyer_unit_number"):
        keys = [(name, row[name]) for name in ("buyer_gln_number", "buyer_unit_number") if row[name]]
        if keys and not any(key in known for key in keys):
            sums = found.setdefault(keys[0], [0, NOTHING])
            sums[0] += row["line_count"]
            sums[1] += row["net_amount"] or NOTHING
    for (column, number), (count, net) in sorted(found.items()):
        yield OpenPoint("unit", {column: number}, _short(number), {"unit_column": column}, count, net)


def _is_classified(municipality: Municipality) -> bool:
    return (municipality.folder / "lookups" / LOOKUP_NAME).is_dir()


_PRINTED = ("supplier_number", "supplier_name", "supplier_label", "item_name", "line_text", "account_number",
            "account_name")  # fmt: skip


def _unclassified(cube: "ibis.Table", limit: int) -> tuple[list[OpenPoint], tuple]:
    """The printed values with most kroner that nothing has placed; the engine sorts, for there may be millions."""
    lines = cube.filter(cube.scope_status == "in_scope", cube.category_source == "unclassified")
    lines = lines.filter(~lines.supplier_kind.identical_to("person"), ~lines.supplier_name.identical_to(PERSONS))
    proposed = lines.category_proposed_code.max()
    groups = lines.group_by(_PRINTED).aggregate(line_count=lines.count(), net=exact_sum(lines), proposed=proposed)
    whole = records(groups.aggregate(n=groups.count(), net=groups.net.sum().cast("decimal(38,2)")))[0]
    largest = groups.order_by(groups.net.abs().desc(), *_PRINTED).limit(limit)
    points = [_category_point(row) for row in records(largest)]
    shown = sum((point.net_amount for point in points), NOTHING)
    return points, (whole["n"] - len(points), (whole["net"] or NOTHING) - shown)


def _category_point(row: dict) -> OpenPoint:
    text = row["item_name"] or ""
    if row["line_text"] and row["line_text"] != row["item_name"]:
        text = f"{text} {row['line_text']}".strip()
    subject = _filled(row, "supplier_number", "supplier_name") | ({"text": text} if text else {})
    if not text:
        subject |= _filled(row, "account_number", "account_name")
    shown = text or " ".join(_filled(row, "account_number", "account_name").values())
    facts = {"proposed": row["proposed"] or ""}
    return OpenPoint(
        "category", subject, _short(row["supplier_label"], shown), facts, row["line_count"], row["net"] or NOTHING
    )
