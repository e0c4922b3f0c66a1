"""Which printed suppliers are one and the same, how sure is that, and what is doubtful?

Rows with the same company number are one; the rest goes by name, never across two different numbers and never for
persons. Nothing depends on the order of rows. Pairs that are likely but not sure enough are listed, not joined.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procurement_kit.errors import TableError
from procurement_kit.exact import PERSON_PREFIX
from procurement_kit.names import TOKEN, firm_part
from procurement_kit.suppliers.clustering import Groups, join_pairs
from procurement_kit.suppliers.pairing import Pair, likely_pairs
from procurement_kit.suppliers.units import Unit, unit_key, units_of

if TYPE_CHECKING:
    import pandas as pd

FOUND = ("supplier_key", "supplier_label", "match_score", "match_evidence")
PAIR = ("left_number", "left_name", "right_number", "right_name")
MERGES = (*PAIR, "supplier_key", "match_score", "match_evidence")
DOUBTFUL = (*PAIR, "left_key", "right_key", "match_score", "match_evidence")
REFUSED = (*PAIR, "is_same", "reason")
MERGE_FROM, DOUBT_FROM = 0.9, 0.6
BY_NUMBER, BY_NAME = "the same company number", "the same name but for legal form, case and signs"
BY_DECISION = "somebody decided that they are the same"


@dataclass(frozen=True)
class MatchedSuppliers:
    """What was joined, why, and what a person should look at.

    Parameters
    ----------
    clusters : pandas.DataFrame
        The rows given, in their order and with their index, with `supplier_key`, `supplier_label`, `match_score` (0 to
        1; 1 where nothing had to be judged) and `match_evidence` (words; empty where a row stands alone).
    merges : pandas.DataFrame
        One row per joining of two printed suppliers; deciding `is_same` False for it takes it back. Columns `MERGES`.
    doubtful : pandas.DataFrame
        Pairs likely the same but not joined, surest first. Columns `DOUBTFUL`.
    refused : pandas.DataFrame
        Decisions that cannot be followed, with the reason. Columns `REFUSED`.
    """

    clusters: "pd.DataFrame"
    merges: "pd.DataFrame"
    doubtful: "pd.DataFrame"
    refused: "pd.DataFrame"


@dataclass(frozen=True)
class _Decided:
    """Decisions by place of the units they speak of."""

    same: list[tuple[int, int, dict]]
    apart: set[tuple[int, int]]
    refused: list[dict]


def match_suppliers(
    names: "pd.DataFrame",
    *,
    decided: "pd.DataFrame | None" = None,
    merge_from: float = MERGE_FROM,
    doubt_from: float = DOUBT_FROM,
) -> MatchedSuppliers:
    """Find which printed suppliers are the same.

    Parameters
    ----------
    names : pandas.DataFrame
        One row per printed supplier. *Reads* `supplier_name`, and where there `supplier_number`, `supplier_kind`
        ("person" is never joined), `supplier_account_number` (creditor number: one that few share speaks for names that
        are alike; a person's token), `address`, `postcode`, `city`, `line_count` (which name becomes the label).
    decided : pandas.DataFrame, optional
        What people decided: `left_number`, `left_name`, `right_number`, `right_name`, `is_same`.
    merge_from, doubt_from : float
        Scores from which a pair is joined, and from which it is listed as doubtful.

    Raises
    ------
    TableError
        If there is no column `supplier_name`, or a decision lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> found = match_suppliers(pd.DataFrame({"supplier_name": ["Nordby Rør A/S", "NORDBY ROER", "Sydby Rør"]}))
    >>> list(found.clusters["supplier_key"])
    ['s:nordby roer', 's:nordby roer', 's:sydby roer']
    """
    _refuse_columns(names, decided)
    rows = _rows(names)
    units = units_of(row for row in rows if row["unit"])
    listed = list(units.values())
    places = {key: place for place, key in enumerate(units)}
    decisions = _decisions(decided, places)
    groups = Groups([unit.number for unit in listed], decisions.apart)
    _join_numbers(groups, listed)
    by_people = _join_decided(groups, decisions, listed)
    known = decisions.apart
    pairs = [pair for pair in likely_pairs(listed) if (pair.one, pair.other) not in known]
    joined, left = join_pairs(groups, pairs, merge_from=merge_from)
    keys, labels = _named(groups, listed)
    return MatchedSuppliers(
        _clusters(names, rows, places, keys, labels, _reasons(listed, [*by_people, *joined])),
        _table([_sides(pair, listed) | _judged(pair, keys) for pair in (*by_people, *joined)], MERGES),
        _table(_doubtful(left, groups, listed, keys, doubt_from), DOUBTFUL),
        _table(decisions.refused, REFUSED),
    )


def _refuse_columns(names: "pd.DataFrame", decided: "pd.DataFrame | None") -> None:
    wanted = [("names", names, ("supplier_name",))]
    if decided is not None:
        wanted.append(("decisions", decided, (*PAIR, "is_same")))
    problems = [
        f"the {what} have no column «{column}»" for what, table, columns in wanted for column in columns
        if column not in table
    ]  # fmt: skip
    if problems:
        raise TableError("Suppliers cannot be matched.", problems=problems, todo="add the columns")


def _rows(names: "pd.DataFrame") -> list[dict]:
    """Printed suppliers as plain values, each with the unit it belongs to; a person has none."""
    bare = names.astype(object).where(names.notna(), None)
    rows = bare.to_dict("records")
    for row in rows:
        row["supplier_name"] = " ".join(str(row.get("supplier_name") or "").split())
        row["line_count"] = int(row.get("line_count") or 1)
        row["is_person"] = row.get("supplier_kind") == "person" or bool(re.search(TOKEN, row["supplier_name"]))
        number = row.get("supplier_number")
        row["unit"] = None if row["is_person"] else unit_key(number and str(number), row["supplier_name"])
    return rows


# --- decisions ------------------------------------------------------------------------------------------------------


def _decisions(decided: "pd.DataFrame | None", places: dict) -> _Decided:
    """Decisions on units of this list; what speaks of others waits until they come."""
    same, apart, refused = [], set(), []
    records = [] if decided is None else decided.astype(object).where(decided.notna(), None).to_dict("records")
    for row in sorted(records, key=lambda row: [str(row[column] or "") for column in PAIR]):
        ends = [places.get(unit_key(row[f"{side}_number"], row[f"{side}_name"])) for side in ("left", "right")]
        if None in ends:
            continue
        one, other = sorted(ends)
        if row["is_same"]:
            same.append((one, other, row))
        elif one == other:
            refused.append({**row, "reason": "they are printed alike, so nothing tells them apart"})
        else:
            apart.add((one, other))
    return _Decided(same, apart, refused)


def _join_numbers(groups: Groups, units: list[Unit]) -> None:
    first: dict[str, int] = {}
    for place, unit in enumerate(units):
        if unit.number:
            groups.join(first.setdefault(unit.number, place), place)


def _join_decided(groups: Groups, decisions: _Decided, units: list[Unit]) -> list[Pair]:
    for one, other in sorted(decisions.apart):
        if groups.of(one) == groups.of(other):
            ends = _sides(Pair(one, other, 0.0, ""), units)
            decisions.refused.append({**ends, "is_same": False, "reason": "they bear the same company number"})
            decisions.apart.discard((one, other))
    joined = []
    for one, other, row in decisions.same:
        if why := groups.refuses(one, other):
            decisions.refused.append({**{column: row[column] for column in PAIR}, "is_same": True, "reason": why})
        elif groups.of(one) != groups.of(other):
            groups.join(one, other)
            joined.append(Pair(one, other, 1.0, BY_DECISION))
    return joined


# --- what comes out -------------------------------------------------------------------------------------------------


def _named(groups: Groups, units: list[Unit]) -> tuple[list[str], list[str]]:
    """Key and label of every unit: the company number, else the normalised name of the label."""
    keys, labels = [""] * len(units), [""] * len(units)
    for root, members in groups.members.items():
        printed: Counter = Counter()
        for place in members:
            for name, lines in units[place].lines.items():
                printed[name] += lines * bool(name)
        name = min(printed, key=lambda name: (-printed[name], name.isupper(), name))
        holder = min(units[place].key[1] for place in members if name in units[place].lines)
        number = groups.number[root]
        for place in members:
            keys[place] = f"n:{number}" if number else f"s:{holder}"
            labels[place] = firm_part(name) or number
    return keys, labels


def _reasons(units: list[Unit], joined: list[Pair]) -> list[tuple[float, str]]:
    """For every unit how sure its place is, and what speaks for it."""
    found: dict[int, tuple[float, str]] = {}
    for pair in joined:
        for place, partner in ((pair.one, pair.other), (pair.other, pair.one)):
            found.setdefault(place, (pair.score, f"«{units[partner].name}»: {pair.reason}"))
    bearers = Counter(unit.number for unit in units)
    for place, unit in enumerate(units):
        if place not in found:
            shares_number = unit.number and (bearers[unit.number] > 1 or len(unit.lines) > 1)
            found[place] = (1.0, BY_NUMBER if shares_number else BY_NAME if len(unit.lines) > 1 else "")
    return [found[place] for place in range(len(units))]


def _clusters(names, rows, places, keys, labels, reasons) -> "pd.DataFrame":  # noqa: ANN001
    found = []
    for row in rows:
        if row["is_person"]:
            token = re.search(TOKEN, row["supplier_name"])
            known = row.get("supplier_account_number") or (token and token[0]) or "unknown"
            found.append((f"{PERSON_PREFIX}{known}", None, 1.0, ""))
        elif row["unit"]:
            place = places[row["unit"]]
            found.append((keys[place], labels[place], *reasons[place]))
        else:
            found.append((None, None, 1.0, ""))
    import pandas as pd

    added = pd.DataFrame(found, columns=list(FOUND), index=names.index, dtype=object).astype({"match_score": float})
    return pd.concat([names.drop(columns=[name for name in FOUND if name in names]), added], axis=1)


def _sides(pair: Pair, units: list[Unit]) -> dict:
    one, other = units[pair.one], units[pair.other]
    return dict(zip(PAIR, (one.number or None, one.name, other.number or None, other.name), strict=True))


def _judged(pair: Pair, keys: list[str]) -> dict:
    return {"supplier_key": keys[pair.one], "match_score": pair.score, "match_evidence": pair.reason}


def _doubtful(left: list[Pair], groups: Groups, units: list[Unit], keys: list[str], doubt_from: float) -> list[dict]:
    """The surest pair of each two groups that stayed apart."""
    found: dict[tuple[int, int], dict] = {}
    for pair in left:
        ends = tuple(sorted((groups.of(pair.one), groups.of(pair.other))))
        if pair.score < doubt_from or ends[0] == ends[1] or ends in found:
            continue
        why = groups.refuses(pair.one, pair.other)
        found[ends] = _sides(pair, units) | {
            "left_key": keys[pair.one],
            "right_key": keys[pair.other],
            "match_score": pair.score,
            "match_evidence": "; ".join(filter(None, (pair.reason, why))),
        }
    return list(found.values())


def _table(rows: list[dict], columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))
