"""Who was really paid?

Identity is the company number, else the normalised name, else names so alike that the matcher joins them; persons are
known by their keyed token only. What people decided about two suppliers wins, but two valid numbers stay apart. Group,
size and place stand beside identity and never change it. Found on distinct printed values, in any order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis
import pyarrow as pa

from procurement_kit.exact import SPAN, add_lookup, is_person, without
from procurement_kit.names import firm_part
from procurement_kit.store import arrow_schema
from procurement_kit.suppliers.units import unit_key
from procurement_kit.tables import INVOICE_LINES

PRINTED = ("supplier_number", "supplier_account_number", "supplier_name", "supplier_kind")
SCORE_TYPE = INVOICE_LINES["supplier_match_score"].type
FOUND_TYPES = dict.fromkeys(("supplier_key", "supplier_label", "supplier_match"), "string") | {
    "supplier_match_score": SCORE_TYPE
}
SUPPLIER_TYPES = dict.fromkeys(PRINTED, "string") | FOUND_TYPES
PAIR = ("left_number", "left_name", "right_number", "right_name")
_JUDGED = {"match_score": SCORE_TYPE, "match_evidence": "string"}
MERGE_TYPES = dict.fromkeys((*PAIR, "supplier_key"), "string") | _JUDGED
DOUBT_TYPES = dict.fromkeys((*PAIR, "left_key", "right_key"), "string") | _JUDGED
REFUSED_TYPES = dict.fromkeys(PAIR, "string") | {"is_same": "boolean", "reason": "string"}
GROUP_TYPES = dict.fromkeys(("supplier_key", "supplier_group_key", "supplier_group_label"), "string") | SPAN
COMPANY_TYPES = dict.fromkeys(
    ("supplier_key", "supplier_size_class", "supplier_municipality_name", "supplier_industry_code"), "string"
)
PERSON_LABEL = "Privatperson"
ROWS_PER_BATCH = 50_000
_SCORE_PLACES, _SURE = Decimal("0.000001"), Decimal("1.000000")


@dataclass(frozen=True)
class IdentifiedSuppliers:
    """Who is who among the distinct printed suppliers, and what was joined for it.

    Parameters
    ----------
    rows : list of dict
        Columns `SUPPLIER_TYPES`.
    merges, doubtful, refused : list of dict
        Pairs as printed that were joined, that are likely but not sure enough, and decisions that cannot be followed;
        columns `MERGE_TYPES`, `DOUBT_TYPES` and `REFUSED_TYPES`.
    """

    rows: list[dict]
    merges: list[dict]
    doubtful: list[dict]
    refused: list[dict]


def distinct_suppliers(lines: ibis.Table) -> ibis.Table:
    """Distinct printed suppliers with their number of lines.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `supplier_number`, `supplier_account_number`, `supplier_name`, `supplier_kind`.
    """
    return lines.group_by(PRINTED).aggregate(line_count=lines.count())


def supplier_lookup(printed: Iterable[pa.RecordBatch], decided: Sequence[Mapping] = ()) -> Iterator[pa.Table]:
    """Find the identity of each distinct printed supplier.

    Parameters
    ----------
    printed : iterable of pyarrow.RecordBatch
        As `distinct_suppliers` gives it.
    decided : sequence of mapping
        Rows of `supplier_decisions`, at most one per pair.

    Yields
    ------
    pyarrow.Table
        The printed values with `supplier_key`, `supplier_label`, `supplier_match` and `supplier_match_score`.
    """
    yield from in_batches(identify_suppliers(printed, decided).rows, SUPPLIER_TYPES)


def identify_suppliers(printed: Iterable[pa.RecordBatch], decided: Sequence[Mapping] = ()) -> IdentifiedSuppliers:
    """Find the identity of each distinct printed supplier, with what was joined and what is doubtful.

    Parameters
    ----------
    printed, decided
        As `supplier_lookup`.
    """
    import pandas as pd

    from procurement_kit.suppliers.matching import match_suppliers

    rows = [row for batch in printed for row in batch.to_pylist()]
    if not rows:
        return IdentifiedSuppliers([], [], [], [])
    rows.sort(key=lambda row: tuple(row[name] or "" for name in PRINTED))
    names = pd.DataFrame(rows, columns=list(PRINTED), dtype=object).assign(line_count=[r["line_count"] for r in rows])
    pairs = pd.DataFrame(_as_on_lines(decided, rows), columns=[*PAIR, "is_same"], dtype=object)
    matched = match_suppliers(names, decided=pairs if len(pairs) else None)
    clusters = matched.clusters
    keys = [_text(key) for key in clusters["supplier_key"]]
    return IdentifiedSuppliers(
        _found(rows, keys, list(clusters["match_score"]), decided),
        _plain(matched.merges, MERGE_TYPES),
        _plain(matched.doubtful, DOUBT_TYPES),
        _plain(matched.refused, REFUSED_TYPES),
    )


def in_batches(rows: Sequence[dict], types: Mapping[str, str]) -> Iterator[pa.Table]:
    """Rows as Arrow tables of bounded size."""
    for start in range(0, len(rows), ROWS_PER_BATCH):
        yield pa.Table.from_pylist(rows[start : start + ROWS_PER_BATCH], schema=arrow_schema(dict(types)))


def identity_of(number: str | None, name: str | None) -> str | None:
    """The key of a supplier as printed before names are compared: number, else name without legal form.

    Examples
    --------
    >>> identity_of("DK 99999993", "Ærø Færge A/S"), identity_of(None, "Ærø Færge A/S"), identity_of("7", "-")
    ('n:99999993', 's:aeroe faerge', None)
    """
    found, bare = unit_key(number, name) or ("", "")
    return f"n:{found}" if found else f"s:{bare}" if bare else None


def _as_on_lines(decided: Sequence[Mapping], rows: list[dict]) -> list[dict]:
    """Decisions with each side as it stands on the lines, where only its number is given or its name has changed."""
    present: dict[str, dict[tuple, Mapping]] = defaultdict(dict)
    for row in rows:
        if row["supplier_kind"] != "person" and (key := identity_of(row["supplier_number"], row["supplier_name"])):
            present[key].setdefault(unit_key(row["supplier_number"], row["supplier_name"]), row)
    found = []
    for decision in decided:
        sides = {"is_same": decision["is_same"]}
        for side in ("left", "right"):
            number, name = decision[f"{side}_number"], decision[f"{side}_name"]
            units = present.get(identity_of(number, name) or "", {})
            row = units.get(unit_key(number, name)) or next(iter(units.values()), None)
            printed = (row["supplier_number"], row["supplier_name"]) if row else (number, name)
            sides |= {f"{side}_number": printed[0], f"{side}_name": printed[1]}
        found.append(sides)
    return found


def _found(rows: list[dict], keys: list[str | None], scores: list, decided: Sequence[Mapping]) -> list[dict]:
    joined, labels = _JoinedNames(rows, decided), _labels(rows, keys)
    found = []
    for row, key, score in zip(rows, keys, scores, strict=True):
        label = PERSON_LABEL if is_person(key) else labels.get(key or "", key and key[2:])
        match = joined.match(row, key)
        is_judged = match in ("similar_name", "decided")
        sure = None if key is None else _score(score) if is_judged else _SURE
        values = {"supplier_key": key, "supplier_label": label, "supplier_match": match, "supplier_match_score": sure}
        found.append({name: row[name] for name in PRINTED} | values)
    return found


class _JoinedNames:
    """Says how an identity was found, from what the distinct printed values and the decisions say together."""

    def __init__(self, rows: list[dict], decided: Sequence[Mapping]):
        numbers: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            number, name = unit_key(row["supplier_number"], row["supplier_name"]) or ("", "")
            if number and name and row["supplier_kind"] != "person":
                numbers[name].add(f"n:{number}")
        self.key_of_name = {name: next(iter(keys)) for name, keys in numbers.items() if len(keys) == 1}
        same = [row for row in decided if row["is_same"]]
        self.decided = {
            identity_of(row[f"{side}_number"], row[f"{side}_name"]) for row in same for side in ("left", "right")
        }

    def match(self, row: Mapping, key: str | None) -> str:
        """One of `SUPPLIER_MATCHES`."""
        if key is None or is_person(key):
            return "none" if key is None else "person"
        own = identity_of(row["supplier_number"], row["supplier_name"])
        if own == key:
            return "number" if key.startswith("n:") else "name"
        if own in self.decided:
            return "decided"
        return "name" if own and self.key_of_name.get(own[2:]) == key else "similar_name"


def _labels(rows: list[dict], keys: list[str | None]) -> dict[str, str]:
    counts: dict[str, Counter] = defaultdict(Counter)
    for row, key in zip(rows, keys, strict=True):
        if key and not is_person(key) and (row["supplier_name"] or "").strip():
            counts[key][firm_part(row["supplier_name"].strip())] += row["line_count"]
    return {key: min(found, key=lambda name: (-found[name], name)) for key, found in counts.items()}


def _plain(table: object, types: Mapping[str, str]) -> list[dict]:
    """Rows of a pandas table as Python values, in an order of their own."""
    rows = [{name: _value(name, row.get(name)) for name in types} for row in table.to_dict("records")]
    return sorted(rows, key=lambda row: tuple(str(row[name] or "") for name in types))


def _value(name: str, value: object) -> object:
    if name == "match_score":
        return _score(value)
    return bool(value) if name == "is_same" else _text(value)


def _text(value: object) -> str | None:
    return None if value is None or value != value or value == "" else str(value)


def _score(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_SCORE_PLACES)


def add_suppliers(
    lines: ibis.Table,
    suppliers: ibis.Table,
    groups: ibis.Table | None = None,
    companies: ibis.Table | None = None,
) -> ibis.Table:
    """Say who was really paid, and what is known about them.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `supplier_number`, `supplier_account_number`, `supplier_name`, `supplier_kind`, `invoice_date`.
    suppliers : ibis.Table
        As `supplier_lookup` gives it.
    groups : ibis.Table, optional
        Columns `GROUP_TYPES`: successor or group per supplier key and span of days.
    companies : ibis.Table, optional
        Columns `COMPANY_TYPES`: size, municipality and industry per supplier key.

    Returns
    -------
    ibis.Table
        *Adds* `supplier_key` ("n:" and the number, "s:" and the normalised name, "p:" and a person's token; empty where
        neither is printed), `supplier_label`, `supplier_match`, `supplier_match_score`, and from the other two tables
        `supplier_group_key`, `supplier_group_label`, `supplier_size_class`, `supplier_municipality_name` and
        `supplier_industry_code`.
    """
    added = INVOICE_LINES.schema("suppliers")
    lines = without(lines, added)
    joined = add_lookup(lines, suppliers, PRINTED)
    joined = joined.mutate(supplier_match=joined.supplier_match.fill_null("none"))
    if groups is not None:
        joined = add_lookup(joined, groups, ["supplier_key"], is_dated=True)
    if companies is not None:
        joined = add_lookup(joined, companies, ["supplier_key"])
    missing = {name: ibis.null().cast(type_) for name, type_ in added.items() if name not in joined.columns}
    return joined.mutate(**missing).select(*lines.columns, *added)
