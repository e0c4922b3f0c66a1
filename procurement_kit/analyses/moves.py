"""How many kroner move from one category to another, and why?

Read from counts of what each row was and becomes. Kroner without sign decide the shares, so that a credit note never
hides an invoice that moves; with sign they sum to the spend. A move to or from no category is a move too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import NOTHING, frame
from procurement_kit.findings import Definition, Finding, Number, adds_up, share

if TYPE_CHECKING:
    import pandas as pd

    from procurement_kit.classifier.tree import CategoryTree

STAYS = "stays"
REASONS = ("decision", "rule", "decision_removed", "rule_removed", "accessory", "label", "model")
SUMS = ("line_count", "net_amount", "absolute_amount")
PAIR = ("old_category_code", "old_category_source", "new_category_code", "new_category_source", "move_reason")
COLUMNS = {
    "pairs": (
        "old_category_code", "old_category_name_da", "old_category_name_en", "old_category_source", "new_category_code",
        "new_category_name_da", "new_category_name_en", "new_category_source", "move_reason", *SUMS, "moved_share",
    ),
    "by_reason": ("move_reason", *SUMS, "moved_share"),
    "by_level": ("category_level", *SUMS, "moved_share"),
}  # fmt: skip


def analyse_moves(moves: "pd.DataFrame", *, tree: "CategoryTree") -> Finding:
    """Show what moves between categories.

    Parameters
    ----------
    moves : DataFrame
        As `count_moves` gives them: what each row was and becomes, why, lines, kroner, kroner without sign.
    tree : CategoryTree
        The tree the municipality uses.

    Returns
    -------
    Finding
        Key "moves"; tables `pairs` (main, most kroner first), `by_reason`, `by_level`. `moved_amount`, `placed_amount`
        (had no category), `lost_amount` (has none any more) and `changed_amount` are kroner without sign.
    """
    rows = [dict(zip(moves.columns, row, strict=True)) for row in moves.itertuples(index=False, name=None)]
    whole = _sums(rows)
    moved = [row for row in rows if row["move_reason"] != STAYS]
    reasons = _grouped(moved, lambda row: (row["move_reason"],))
    by_reason = [{"move_reason": name, **reasons.get((name,), _sums(()))} for name in REASONS]
    by_level = [{"category_level": n, **_sums(_moved_at(rows, n, tree))} for n in range(1, tree.depth + 1)]
    pairs = [_named(key, sums, tree) for key, sums in _grouped(moved, lambda row: tuple(row[n] for n in PAIR)).items()]
    pairs.sort(key=lambda row: (-row["absolute_amount"], *(row[name] or "" for name in PAIR)))
    tables = {"pairs": pairs, "by_reason": by_reason, "by_level": by_level}
    for row in (row for table in tables.values() for row in table):
        row["moved_share"] = share(row["absolute_amount"], whole["absolute_amount"])
    unmoved = _sums(row for row in rows if row["move_reason"] == STAYS)
    return Finding(
        key="moves",
        numbers=_numbers(moved, whole, by_level),
        tables={name: frame(table, COLUMNS[name]) for name, table in tables.items()},
        checks=(
            adds_up("pairs and what stays sum to spend", _net(pairs) + unmoved["net_amount"], whole["net_amount"]),
            adds_up(
                "reasons and what stays sum to spend", _net(by_reason) + unmoved["net_amount"], whole["net_amount"]
            ),
        ),
        caveats=(),
        definition=_definition(),
    )


def _sums(rows: Iterable[dict]) -> dict:
    sums = {"line_count": 0, "net_amount": NOTHING, "absolute_amount": NOTHING}
    for row in rows:
        for name in SUMS:
            sums[name] += row[name]
    return sums


def _grouped(rows: Iterable[dict], key: Callable[[dict], tuple]) -> dict[tuple, dict]:
    groups: dict[tuple, list] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {group: _sums(members) for group, members in groups.items()}


def _net(rows: Iterable[dict]) -> Decimal:
    return sum((row["net_amount"] for row in rows), NOTHING)


def _moved_at(rows: list[dict], level: int, tree: "CategoryTree") -> list[dict]:
    """Rows whose category of a level is another one, or is there only before or only after."""

    def at(code: str | None) -> str | None:
        path = tree.path(code) if code in tree else ()
        return path[level - 1] if len(path) >= level else None

    return [row for row in rows if at(row["old_category_code"]) != at(row["new_category_code"])]


def _named(key: tuple, sums: dict, tree: "CategoryTree") -> dict:
    row = dict(zip(PAIR, key, strict=True)) | sums
    for when in ("old", "new"):
        code = row[f"{when}_category_code"]
        for language in ("da", "en"):
            row[f"{when}_category_name_{language}"] = tree.name(code, language) if code in tree else code
    return row


def _numbers(moved: list[dict], whole: dict, by_level: list[dict]) -> dict[str, Number]:
    placed = _sums(row for row in moved if row["old_category_code"] is None)
    lost = _sums(row for row in moved if row["new_category_code"] is None)
    all_moved = _sums(moved)
    changed = all_moved["absolute_amount"] - placed["absolute_amount"] - lost["absolute_amount"]
    return {
        "line_count": Number(whole["line_count"], "count"),
        "analysed_amount": Number(whole["net_amount"], "kr"),
        "absolute_amount": Number(whole["absolute_amount"], "kr"),
        "moved_line_count": Number(all_moved["line_count"], "count"),
        "moved_amount": Number(all_moved["absolute_amount"], "kr"),
        "moved_share": Number(share(all_moved["absolute_amount"], whole["absolute_amount"]), "share"),
        "placed_amount": Number(placed["absolute_amount"], "kr"),
        "lost_amount": Number(lost["absolute_amount"], "kr"),
        "changed_amount": Number(changed, "kr"),
        **{f"level_{row['category_level']}_share": Number(row["moved_share"], "share") for row in by_level},
    }


def _definition() -> Definition:
    return Definition(
        formula="moved share = kroner without sign whose category changes / kroner without sign",
        numerator="lines in scope whose deepest claimed category is another one, or is there only before or only after",
        denominator="all lines in scope",
        left_out="lines out of scope: they have their place in the tree without rule or classifier",
    )
