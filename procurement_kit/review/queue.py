"""Which decisions are worth most, and what would the next ones move?

Lines with equal printed cells are one decision. Groups stand by kroner times doubt, or by kroner and lines together
times doubt, where doubt is one minus the probability of what is claimed, or proposed where nothing is. A decision is
made as soon as it stands in `decisions.csv`, also before lines are classified again. A person is «Privatperson».
"""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procurement_kit.classifier.features import mapped
from procurement_kit.classifier.rules import CELLS, apply_rules, normalised, printed_cells, read_decisions
from procurement_kit.classifier.tree import tree_of
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.exact import NOTHING, exact_sum, is_person, records
from procurement_kit.findings import share
from procurement_kit.names import normalise_text
from procurement_kit.review.proposals import BEST as BEST  # the page reads it here
from procurement_kit.review.proposals import BEST_COLUMNS, best_codes
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.tables import DECISIONS
from procurement_kit.templates import read_template

if TYPE_CHECKING:
    import ibis

PERSON = "Privatperson"
ORDERS = ("kroner", "learning")
UNSURE, DECIDED = ("model", "unclassified", "review"), ("rule", "accessory")
COLUMNS = (
    "group_key", *CELLS, "line_count", "net_amount", "absolute_amount", "category_code", "category_source",
    "category_confidence", "doubt", "expected_wrong_amount", "reach_group_count", "reach_amount",
    *BEST_COLUMNS, "division", "line_id",
)  # fmt: skip
_PLACED = (
    "category_code", "category_source", "category_confidence", "category_proposed_code", "category_proposed_confidence",
)  # fmt: skip
_READ = ("supplier_number", "supplier_name", "item_name", "line_text", "account_number", "account_name", "unit_name")
_ORE, _MILLION = 100, 1_000_000


@dataclass(frozen=True)
class ReviewEffect:
    """What the next decisions would move; amounts are sums of absolute kroner, so that a credit is worth a look too.

    Parameters
    ----------
    decisions : int
        How many decisions are meant: fewer than asked for where fewer are left.
    decisions_left : int
        Groups that nobody has decided on.
    line_count : int
        Lines the decisions cover.
    covered_amount, in_scope_amount : Decimal
        Kroner they cover, of the kroner in scope.
    covered_share : Decimal or None
        The one divided by the other.
    expected_wrong_amount : Decimal
        Kroner among them that are expected to be wrong now: kroner times doubt.
    reviewed_amount : Decimal
        Kroner that decisions cover already.
    """

    decisions: int
    decisions_left: int
    line_count: int
    covered_amount: Decimal
    in_scope_amount: Decimal
    covered_share: Decimal | None
    expected_wrong_amount: Decimal
    reviewed_amount: Decimal


def lines_to_review(
    municipality: Municipality,
    *,
    count: int | None = None,
    division: str | None = None,
    include_decided: bool = False,
    order: str = "kroner",
) -> pd.DataFrame:
    """Groups of lines that one decision decides, the most worthwhile first.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube, decisions and classifier.
    count : int, optional
        Groups at most; all by default.
    division : str, optional
        Only lines of this forvaltning; an empty text for lines of none.
    include_decided : bool
        Also what a rule has decided, or the largest line of the same invoice.
    order : {"kroner", "learning"}
        By kroner times doubt, which moves most kroner; or by the group's share of all kroner plus its share of all
        lines, times doubt, for those who train again after every fifty decisions or so: what is bought often teaches
        most about lines, what is dear most about kroner. Half of the decisions then do what random ones do, in both.

    Returns
    -------
    DataFrame
        One row per group: `group_key` (stable), the six printed cells of `decisions.csv` as printed on the line with
        most kroner, `line_count`, `net_amount` (signed) and `absolute_amount` (Decimal kroner), `category_code`,
        `category_source` and `category_confidence` as they are now, `doubt` (0 to 1), `expected_wrong_amount`,
        `reach_group_count` and `reach_amount` (groups and absolute kroner that a decision on these cells decides, this
        group included: an empty cell matches any), `best_1_code`, `best_1_probability` and so on to 3, `division` (the
        one with most kroner), `line_id` of that line. Lines out of scope and lines that have been decided on are not
        listed.

    Raises
    ------
    NoDataError
        If lines have not been classified.
    ParameterError
        If there is no such order.
    TableError
        If `decisions.csv` cannot be used.
    """
    if order not in ORDERS:
        raise ParameterError(f"«{order}» is not an order.{nearest(order, ORDERS)}", expected=" or ".join(ORDERS))
    lines = _lines(municipality, division, (*UNSURE, *DECIDED) if include_decided else UNSURE)
    groups = in_order(still_open(municipality, _grouped(_with_keys(lines))), order)
    shown = groups.head(count) if count is not None else groups
    best = best_codes(municipality, shown["line_id"])
    table = pd.concat([shown.reset_index(drop=True), best], axis=1)
    return table[list(COLUMNS)]


def review_effect(municipality: Municipality, *, count: int = 50, division: str | None = None) -> ReviewEffect:
    """What the next decisions would move.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube and decisions.
    count : int
        How many decisions.
    division : str, optional
        Only lines of this forvaltning.

    Returns
    -------
    ReviewEffect
        Kroner and share of the kroner in scope they cover, and the kroner expected to be wrong among them.

    Raises
    ------
    NoDataError
        If lines have not been classified.
    """
    groups = _grouped(_with_keys(_lines(municipality, division, UNSURE)))
    left = still_open(municipality, groups)
    return effect_of(left, count, _in_scope(municipality, division), _reviewed(municipality, division))


def effect_of(groups: pd.DataFrame, count: int, in_scope: Decimal, reviewed: Decimal) -> ReviewEffect:
    """What deciding the first groups of a queue would move; `in_scope` and `reviewed` are absolute kroner."""
    first = groups.head(count)
    covered = sum(first["absolute_amount"], NOTHING)
    expected = sum(first["expected_wrong_amount"], NOTHING)
    lines = int(first["line_count"].sum())
    return ReviewEffect(len(first), len(groups), lines, covered, in_scope, share(covered, in_scope), expected, reviewed)


def all_groups(municipality: Municipality) -> pd.DataFrame:
    """Every group of lines in scope, decided or not, as `lines_to_review` has them, without the best three.

    Raises
    ------
    NoDataError
        If lines have not been classified.
    """
    return _grouped(_with_keys(_lines(municipality, None, (*UNSURE, *DECIDED))))


def in_order(groups: pd.DataFrame, order: str) -> pd.DataFrame:
    """Groups by what a decision is worth in one of the `ORDERS`, then by kroner, then by key."""
    if order == "kroner":
        return groups  # as they come, compared to the øre
    kroner, lines, doubt = (groups[name].to_numpy(float) for name in ("absolute", "line_count", "doubt"))
    worth = decision_worth(kroner, lines, doubt, order)
    ranked = groups.assign(worth=worth)
    by = ["worth", "absolute", "group_key"]
    return ranked.sort_values(by, ascending=[False, False, True], kind="stable", ignore_index=True)


def decision_worth(kroner: np.ndarray, lines: np.ndarray, doubt: np.ndarray, order: str) -> np.ndarray:
    """What decisions on groups of so many absolute kroner, lines and so much doubt are worth, in one of the `ORDERS`.

    Of the groups of a queue, all together: shares are of what is in it.

    Examples
    --------
    >>> kroner, lines, doubt = np.array([900.0, 100.0]), np.array([1.0, 9.0]), np.array([0.2, 0.5])
    >>> decision_worth(kroner, lines, doubt, "kroner").tolist()
    [180.0, 50.0]
    >>> decision_worth(kroner, lines, doubt, "learning").round(2).tolist()
    [0.2, 0.5]
    """
    if order == "kroner":
        return kroner * doubt
    return sum(column / max(column.sum(), 1.0) for column in (kroner, lines)) * doubt


def still_open(municipality: Municipality, groups: pd.DataFrame) -> pd.DataFrame:
    """The groups of a queue that no row of `decisions.csv` decides, in their order.

    Parameters
    ----------
    municipality : Municipality
        Whose decisions, as the file stands now.
    groups : DataFrame
        With the six printed cells; what a page asks after each decision, since it costs no look at the lines.
    """
    return groups[~is_decided(municipality, groups)].reset_index(drop=True)


def is_decided(municipality: Municipality, groups: pd.DataFrame) -> np.ndarray:
    """Whether some row of `decisions.csv` decides each group of a queue."""
    path = municipality.folder / f"{DECISIONS.name}.csv"
    if not path.is_file() or not len(groups):
        return np.zeros(len(groups), dtype=bool)
    decisions = read_decisions(read_template(path, DECISIONS).to_pylist(), tree_of(municipality))
    return apply_rules(normalised_cells(groups), decisions) >= 0


def normalised_cells(groups: pd.DataFrame) -> pd.DataFrame:
    """The six printed cells as decisions compare them."""
    return pd.DataFrame({name: mapped(groups[name], lambda v, name=name: normalised(name, v)) for name in CELLS})


def group_key(cells: "pd.Series | dict") -> str:
    """The stable identity of six printed cells, however they are spelt.

    Examples
    --------
    >>> printed = dict.fromkeys(CELLS) | {"supplier_name": "Papirhuset A/S", "text": "Kopipapir"}
    >>> group_key(printed) == group_key(printed | {"supplier_name": "PAPIRHUSET"})
    True
    """
    return _hashed("\x1f".join(normalised(name, cells[name]) for name in CELLS))


def _hashed(joined: str) -> str:
    return blake2b(joined.encode(), digest_size=8).hexdigest()


# --- lines ----------------------------------------------------------------------------------------------------------


def _in_division(lines: "ibis.Table", division: str | None) -> "ibis.Table":
    if division is None:
        return lines
    return lines.filter(lines.unit_division_name.fill_null("") == division)


def _in_scope(municipality: Municipality, division: str | None) -> Decimal:
    cube = _in_division(read_cube(municipality), division)
    return _absolute(cube.filter(cube.scope_status == "in_scope"))


def _reviewed(municipality: Municipality, division: str | None) -> Decimal:
    """Absolute kroner in scope that decisions cover, as the file stands now."""
    groups = _grouped(_with_keys(_lines(municipality, division, (*UNSURE, *DECIDED))))
    return sum(groups["absolute_amount"][is_decided(municipality, groups)], NOTHING)


def _absolute(lines: "ibis.Table") -> Decimal:
    sums = lines.mutate(absolute=lines.net_amount.abs())
    return records(sums.aggregate(kroner=exact_sum(sums, column="absolute")))[0]["kroner"] or NOTHING


def _lines(municipality: Municipality, division: str | None, sources: tuple[str, ...]) -> pd.DataFrame:
    """Distinct printed cells with what placed them: lines, øre (signed and absolute), division, one line's identity."""
    lines = _in_division(read_cube(municipality), division)
    lines = lines.filter(lines.scope_status == "in_scope", lines.category_source.isin(sources))
    lines = lines.mutate(absolute=lines.net_amount.abs())
    grouped = lines.group_by((*_READ, "supplier_key", *_PLACED, "unit_division_name")).aggregate(
        line_count=lines.count(), net=exact_sum(lines), absolute=exact_sum(lines, column="absolute"),
        line_id=lines.line_id.min(),
    )  # fmt: skip
    found = grouped.to_pyarrow()
    table = found.drop_columns(["net", "absolute"]).to_pandas().astype(object)
    table = table.where(table.notna(), None)
    for name in ("net", "absolute"):
        table[name] = np.array([int((value or NOTHING) * _ORE) for value in found[name].to_pylist()], dtype="int64")
    table["line_count"] = table["line_count"].astype("int64")
    return _without_identity(table)


def _without_identity(table: pd.DataFrame) -> pd.DataFrame:
    persons = np.array([is_person(key) for key in table["supplier_key"]], dtype=bool)
    table.loc[persons, "supplier_number"] = None
    table.loc[persons, "supplier_name"] = PERSON
    return table.drop(columns="supplier_key")


def _with_keys(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines with their group's key, their text in one cell, and how many øre of them are doubtful."""
    cells = printed_cells(lines).fillna("") if len(lines) else pd.DataFrame(columns=list(CELLS))
    joined = cells[CELLS[0]].str.cat([cells[name] for name in CELLS[1:]], sep="\x1f") if len(lines) else []
    is_claimed = ~lines["category_source"].isin(("unclassified", "review"))
    sure = lines["category_confidence"].where(is_claimed, lines["category_proposed_confidence"])
    millionths = np.array([int((value or 0) * _MILLION) for value in sure], dtype="int64")
    return lines.assign(
        group_key=mapped(pd.Series(joined, index=lines.index, dtype=object), _hashed),
        text=one_text(lines["item_name"], lines["line_text"]),
        unit=lines["unit_name"],
        doubtful=lines["absolute"].to_numpy("int64") * (_MILLION - millionths),
        own_doubt=_MILLION - millionths,
        category_code=lines["category_code"].where(is_claimed, None),
        category_confidence=lines["category_confidence"].where(is_claimed, None),
    )


def one_text(items: pd.Series, lines: pd.Series) -> pd.Series:
    """Item name and line text as the one text of a decision; printed once where they are the same.

    Examples
    --------
    >>> one_text(pd.Series(["Papir", "Papir", None]), pd.Series(["A4", "papir", "Stole"])).tolist()
    ['Papir A4', 'Papir', 'Stole']
    """
    printed = []
    for item, line in zip(items.fillna(""), lines.fillna(""), strict=True):
        is_same = not line or normalise_text(line) == normalise_text(item)
        printed.append((item if is_same else f"{item} {line}".strip()) or None)
    return pd.Series(printed, index=items.index, dtype=object)


# --- groups ---------------------------------------------------------------------------------------------------------


def _grouped(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per group, ordered by kroner times doubt, then kroner, then key."""
    order = ["group_key", "absolute", "line_id"]
    lines = lines.sort_values(order, ascending=[True, False, True], kind="stable")
    sums = lines.groupby("group_key", sort=True)[["line_count", "net", "absolute", "doubtful"]].sum()
    shown = lines.drop_duplicates("group_key").set_index("group_key").drop(columns=list(sums.columns))
    groups = shown.join(sums).join(_largest_division(lines)).reset_index()
    ranked = ["doubtful", "absolute", "group_key"]
    groups = groups.sort_values(ranked, ascending=[False, False, True], kind="stable", ignore_index=True)
    reach_count, reach = _reach(normalised_cells(groups), groups["absolute"].to_numpy("int64"))
    return groups.assign(
        reach_group_count=reach_count,
        reach_amount=_kroner(pd.Series(reach, index=groups.index)),
        net_amount=_kroner(groups["net"]),
        absolute_amount=_kroner(groups["absolute"]),
        expected_wrong_amount=_kroner(groups["doubtful"] // _MILLION),
        doubt=_doubt(groups),
    )


def _reach(cells: pd.DataFrame, ore: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per group how many groups a decision on its filled cells decides, and how many øre."""
    counts, reached = np.ones(len(cells), dtype="int64"), ore.copy()
    is_filled = cells.ne("").to_numpy()
    patterns = is_filled @ (1 << np.arange(len(CELLS)))
    for pattern in np.unique(patterns[~is_filled.all(axis=1)]):
        rows = np.flatnonzero(patterns == pattern)
        names = [name for place, name in enumerate(CELLS) if pattern >> place & 1]
        joined = cells[names].agg("\x1f".join, axis=1) if names else pd.Series("", index=cells.index)
        codes, distinct = pd.factorize(joined)
        sums = np.zeros(len(distinct), dtype="int64")
        np.add.at(sums, codes, ore)
        counts[rows], reached[rows] = np.bincount(codes)[codes[rows]], sums[codes[rows]]
    return counts, reached


def _largest_division(lines: pd.DataFrame) -> pd.DataFrame:
    sums = lines.groupby(["group_key", lines["unit_division_name"].fillna("")], sort=True)["absolute"].sum()
    found = sums.rename_axis(["group_key", "division"]).reset_index()
    found = found.sort_values("absolute", ascending=False, kind="stable").drop_duplicates("group_key")
    return found.set_index("group_key")[["division"]]


def _kroner(ore: pd.Series) -> pd.Series:
    return pd.Series([Decimal(int(value)).scaleb(-2) for value in ore], index=ore.index, dtype=object)


def _doubt(groups: pd.DataFrame) -> pd.Series:
    """Share of the group's kroner that is doubtful; of a group without kroner, the doubt of its first line."""
    absolute = groups["absolute"].to_numpy("int64")
    of_kroner = groups["doubtful"].to_numpy("int64") / np.maximum(absolute, 1)
    found = np.where(absolute > 0, of_kroner, groups["own_doubt"].to_numpy(float)) / _MILLION
    return pd.Series(found, index=groups.index, dtype=float)
