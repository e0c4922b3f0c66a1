"""Do two persons put the same lines in the same categories, before a classifier learns from either of them?

Distinct lines are drawn by kroner and labelled by both. Cohen's kappa (1960) per level says how much more they agree
than by chance, with the middle 95 % of kappas over lines drawn again with replacement. Where it is below 0.75 at group
level, the pairs of categories with most kroner in disagreement need better sentences. What could not be decided is no
label.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.errors import NoDataError
from procurement_kit.exact import NOTHING, exact_sum, frame, total, with_category_names
from procurement_kit.findings import Definition, Finding, Number, adds_up, share
from procurement_kit.intake.money import round_to_sum
from procurement_kit.review.accuracy_estimate import at_level
from procurement_kit.review.audit_sample import STANDARD_COUNT, kroner_of, ore_of
from procurement_kit.review.audit_tables import LABELLING_SAMPLE, PRINTED
from procurement_kit.review.kroner_draw import draw_by_kroner
from procurement_kit.tables import LABEL_LEVELS

if TYPE_CHECKING:
    import ibis
    import numpy as np
    import pandas as pd

GROUP_LEVEL, ENOUGH = 2, Decimal("0.75")
PAIRS_SHOWN, REDRAWS = 10, 2000
LABELS = ("labelling_id", "category_a", "category_b", "stands_for_amount")
COLUMNS = {
    "by_level": ("category_level", "line_count", "agreed_share", "kappa", "kappa_low", "kappa_high"),
    "pairs": (
        "category_code", "category_name_da", "category_name_en", "other_code", "other_name_da", "other_name_en",
        "line_count", "disagreement_amount", "belongs_text", "other_belongs_text",
    ),
    "by_area": (
        "category_code", "category_name_da", "category_name_en", "first_amount", "second_amount", "difference_amount",
    ),
    "by_group": (
        "category_code", "category_name_da", "category_name_en", "first_amount", "second_amount", "difference_amount",
    ),
}  # fmt: skip
DEFINITION = {
    "formula": "kappa = (share agreed - share agreed by chance) / (1 - share agreed by chance)",
    "numerator": "lines both put in the same category at the level",
    "denominator": "drawn lines both gave a category at the level; amounts are the kroner the drawn lines stand for",
    "left_out": "lines that one of them could not decide, or has not labelled",
    "source": "Cohen 1960; level of 0.75 after Fleiss 1981",
}


# --- drawing --------------------------------------------------------------------------------------------------------


def draw_labelling_sample(lines: "ibis.Table", *, count: int = STANDARD_COUNT, seed: int = 1) -> "pd.DataFrame":
    """Draw distinct lines with a chance in proportion to the kroner of all lines that are printed so.

    Parameters
    ----------
    lines : ibis.Table
        Lines in scope; *reads* supplier, item, text, account and unit as printed, `net_amount`.
    count : int
        Distinct lines to draw; lines without any text are left out.
    seed : int
        The same seed draws the same.

    Returns
    -------
    DataFrame
        Columns of `LABELLING_SAMPLE`, in random order.

    Raises
    ------
    NoDataError
        If there is no line with a text and kroner.
    """
    found = _distinct(lines)
    draw = draw_by_kroner(found["labelling_id"].tolist(), found["ore"].to_numpy(), count=count, seed=seed)
    places = [*draw.certain, *draw.sampled]
    if not places:
        raise NoDataError("There is no line with a text and kroner.", todo="import lines first")
    stands_for = [Decimal(int(found["ore"].iloc[place])) for place in draw.certain] + _shares(
        draw.interval, draw.sampled
    )
    drawn = found.iloc[places].assign(stands_for_amount=[kroner_of(int(ore)) for ore in stands_for])
    drawn["net_amount"] = [kroner_of(ore) for ore in drawn["net_ore"]]
    return frame(drawn.sort_values("labelling_id").to_dict("records"), LABELLING_SAMPLE.names)


def _shares(interval: Fraction | None, sampled: tuple) -> list[Decimal]:
    """Øre each sampled line stands for, whole and adding up."""
    if not sampled:
        return []
    each = Decimal(interval.numerator) / Decimal(interval.denominator)
    return round_to_sum([each] * len(sampled), 0, Decimal(interval.numerator * len(sampled)) / interval.denominator)


def _distinct(lines: "ibis.Table") -> "pd.DataFrame":
    """One row per distinct print, with lines and øre; its identity is a hash of what is printed."""
    import hashlib

    wanted = (
        "supplier_number",
        "supplier_name",
        "item_name",
        "line_text",
        "account_number",
        "account_name",
        "unit_name",
    )
    table = lines.group_by(wanted).aggregate(line_count=lines.count(), net_amount=exact_sum(lines)).to_pyarrow()
    rows = table.select(wanted).to_pandas().fillna("").astype(str)
    rows = rows.assign(line_count=table["line_count"].to_numpy(), net_ore=ore_of(table["net_amount"]))
    rows["text"] = (rows["item_name"] + " " + rows["line_text"]).str.strip()
    rows = rows.rename(columns={"unit_name": "unit"})
    names = [column.name for column in PRINTED]
    found = rows[rows["text"] != ""].groupby(names, sort=True)[["net_ore", "line_count"]].sum().reset_index()
    joined = found[names].agg("\x1f".join, axis=1) if len(found) else found["text"]
    keys = [hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in joined]
    return found.assign(labelling_id=keys, ore=found["net_ore"].abs())


# --- comparing ------------------------------------------------------------------------------------------------------


def compare_labellers(labels: "pd.DataFrame", *, tree: CategoryTree) -> Finding:
    """Say how far two labellers agree, which pairs of categories they mix up, and what that does to the totals.

    Parameters
    ----------
    labels : DataFrame
        `labelling_id`, `category_a` and `category_b` (codes of the tree, empty where one of them gave none) and
        `stands_for_amount` (kroner).
    tree : CategoryTree
        The tree they labelled with.

    Returns
    -------
    Finding
        Key "labellers"; tables `by_level` (main; kappa with the ends of its 95 % interval), `pairs` (groups they mix
        up, by kroner, with the sentence of each), `by_area` and `by_group` (kroner by the first and the second).

    Raises
    ------
    NoDataError
        If there is no line that both gave a category.
    """
    rows = [row for row in labels.to_dict("records") if row["category_a"] and row["category_b"]]
    if not rows:
        raise NoDataError(
            "No line was given a category by both labellers.",
            expected="two workbooks of the same draw, both filled in",
            todo="fill in both and read them again",
        )
    levels = [_agreement(rows, level, tree) for level in LABEL_LEVELS]
    tables = {
        "by_level": [row for row in levels if row["line_count"]],
        "pairs": _pairs(rows, tree),
        "by_area": _totals(rows, 1, tree),
        "by_group": _totals(rows, GROUP_LEVEL, tree),
    }
    whole = total(rows, "stands_for_amount")
    return Finding(
        key="labellers",
        numbers=_numbers(rows, len(labels), levels, tables),
        tables={name: frame(found, COLUMNS[name]) for name, found in tables.items()},
        checks=tuple(
            adds_up(f"{column} of {name} sums to what both labelled", total(tables[name], column), whole)
            for name in ("by_area", "by_group")
            for column in ("first_amount", "second_amount")
        ),
        caveats=("unlabelled",) if len(labels) > len(rows) else (),
        definition=Definition(
            **DEFINITION, left_out_amount=total(labels.to_dict("records"), "stands_for_amount") - whole
        ),
    )


def _agreement(rows: list[dict], level: int, tree: CategoryTree) -> dict:
    pairs = [(at_level(tree, row["category_a"], level), at_level(tree, row["category_b"], level)) for row in rows]
    pairs = [pair for pair in pairs if all(pair)]
    agreed = share(sum(first == second for first, second in pairs), len(pairs))
    ends = kappa_with_limits([first for first, _ in pairs], [second for _, second in pairs])
    return {"category_level": level, "line_count": len(pairs), "agreed_share": agreed} | ends


def kappa_with_limits(first: list[str], second: list[str], *, seed: int = 1) -> dict[str, Decimal | None]:
    """Cohen's kappa of two lists of labels, and the ends of its 95 % interval by drawing the lines again.

    Returns
    -------
    dict
        `kappa`, `kappa_low`, `kappa_high`; None where there are no lines, or all bear one and the same label.

    Examples
    --------
    >>> kappa_with_limits(["a", "a", "b", "b"], ["a", "b", "b", "b"])["kappa"]
    Decimal('0.5000')
    """
    import numpy as np
    from sklearn.metrics import cohen_kappa_score

    names = sorted({*first, *second})
    if len(names) < 2:
        return dict.fromkeys(("kappa", "kappa_low", "kappa_high"))
    places = {name: place for place, name in enumerate(names)}
    a, b = (np.array([places[name] for name in labels]) for labels in (first, second))
    drawn = np.random.default_rng(seed).integers(0, len(a), (REDRAWS, len(a)))
    again = _kappas(a[drawn], b[drawn], len(names))
    ends = np.nanquantile(again, [0.025, 0.975])
    found = (cohen_kappa_score(a, b), *ends)
    return {
        name: Decimal(f"{value:.4f}") for name, value in zip(("kappa", "kappa_low", "kappa_high"), found, strict=True)
    }


def _kappas(a: "np.ndarray", b: "np.ndarray", count: int) -> "np.ndarray":
    """Kappa of each row of two tables of labels; not a number where a row has one label only."""
    import numpy as np

    agreed = (a == b).mean(axis=1)
    rows = np.arange(len(a))[:, None] * count
    shares = [np.bincount((rows + side).ravel(), minlength=len(a) * count).reshape(len(a), count) for side in (a, b)]
    chance = (shares[0] * shares[1]).sum(axis=1) / a.shape[1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)


def _pairs(rows: list[dict], tree: CategoryTree) -> list[dict]:
    """Groups that were mixed up, most kroner first; an area stands for itself where one of them stopped there."""
    found: dict[tuple[str, str], dict] = {}
    for row in rows:
        first, second = (_deepest(tree, row[name]) for name in ("category_a", "category_b"))
        if first == second or first in tree.path(second) or second in tree.path(first):
            continue
        pair = tuple(sorted((first, second)))
        sums = found.setdefault(pair, {"line_count": 0, "disagreement_amount": NOTHING})
        sums["line_count"] += 1
        sums["disagreement_amount"] += row["stands_for_amount"]
    order = sorted(found.items(), key=lambda item: (-item[1]["disagreement_amount"], item[0]))
    made = [{"category_code": pair[0], "other_code": pair[1], **sums} for pair, sums in order[:PAIRS_SHOWN]]
    return [
        {
            **row,
            "other_name_da": tree.name(row["other_code"], "da"),
            "other_name_en": tree.name(row["other_code"], "en"),
            "belongs_text": tree[row["category_code"]].belongs_da,
            "other_belongs_text": tree[row["other_code"]].belongs_da,
        }
        for row in with_category_names(made, tree.name)
    ]


def _deepest(tree: CategoryTree, code: str) -> str:
    """The category at group level, or the code itself where it is not so deep."""
    return at_level(tree, code, GROUP_LEVEL) or code


def _totals(rows: list[dict], level: int, tree: CategoryTree) -> list[dict]:
    """Kroner the lines stand for, by category of the first and of the second; an area stands for itself."""
    sums: dict[str, dict] = {}
    for row in rows:
        for name, column in (("category_a", "first_amount"), ("category_b", "second_amount")):
            code = at_level(tree, row[name], level) or row[name]
            found = sums.setdefault(code, {"category_code": code, "first_amount": NOTHING, "second_amount": NOTHING})
            found[column] += row["stands_for_amount"]
    made = [{**found, "difference_amount": found["second_amount"] - found["first_amount"]} for found in sums.values()]
    made.sort(key=lambda row: (-abs(row["difference_amount"]), -row["first_amount"], row["category_code"]))
    return with_category_names(made, tree.name)


def _numbers(rows: list[dict], drawn: int, levels: list[dict], tables: Mapping[str, list[dict]]) -> dict[str, Number]:
    numbers = {
        "drawn_line_count": Number(drawn, "count"),
        "line_count": Number(len(rows), "count"),
        "unlabelled_line_count": Number(drawn - len(rows), "count"),
        "labelled_amount": Number(total(rows, "stands_for_amount"), "kr"),
        "pair_count": Number(len(tables["pairs"]), "count"),
    }
    for found in levels:
        level = found["category_level"]
        numbers[f"agreed_{level}_share"] = Number(found["agreed_share"], "share")
        for name in ("kappa", "kappa_low", "kappa_high"):
            numbers[f"{name}_{level}"] = Number(found[name], "text")
    kappa = levels[GROUP_LEVEL - 1]["kappa"]
    numbers["is_enough"] = Number(None if kappa is None else int(kappa >= ENOUGH), "count")
    numbers["is_short"] = Number(None if kappa is None else int(kappa < ENOUGH), "count")
    numbers["enough_kappa"] = Number(ENOUGH, "text")
    moved = sum((abs(row["difference_amount"]) for row in tables["by_area"]), NOTHING) / 2
    return numbers | {"moved_amount": Number(moved, "kr")}
