"""How many kroner stand in a wrong category, and which total does each category really have?

From lines drawn by kroner and judged. Lines taken whole are known exactly; of the sampled ones every krone had the same
chance, so the share of wrong lines is the share of wrong kroner (`intervals`). A category's total is what was reported
less what was moved out plus what was moved in (difference estimator, poststratified by what was claimed: Särndal,
Swensson & Wretman 1992, ch. 7); credits count by their size where shares are told, and with their sign in totals.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from procurement_kit.analyses.spend import with_limits
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import NOTHING, frame, total, with_category_names
from procurement_kit.findings import SHARE_PLACES, Check, Definition, Finding, Number, adds_up
from procurement_kit.intake.money import round_to_sum
from procurement_kit.review.audit_sample import CERTAIN, SAMPLED, AuditSample, kroner_of
from procurement_kit.review.intervals import distances, exact_limits, together
from procurement_kit.tables import LABEL_LEVELS

if TYPE_CHECKING:
    import numpy as np

TOTAL_LEVELS = {"by_area": 1, "by_group": 2}
CATEGORY_COLUMNS = (
    "category_code", "category_name_da", "category_name_en", "net_amount", "estimated_amount", "true_low_amount",
    "true_high_amount", "ranking_status",
)  # fmt: skip
COLUMNS = {
    "by_area": CATEGORY_COLUMNS,
    "by_group": CATEGORY_COLUMNS,
    "by_level": (
        "category_level", "placed_amount", "judged_line_count", "wrong_line_count", "wrong_amount", "wrong_share",
        "wrong_low_share", "wrong_high_share",
    ),
}  # fmt: skip
DEFINITION = {
    "formula": "(kroner of wrong lines taken whole + sampled kroner x share of wrong lines among the sampled) / placed",
    "numerator": "kroner of lines whose claimed category is not the judged one; a line nobody could decide is wrong",
    "denominator": "kroner in scope with a category at the level, credits by their size",
    "left_out": "lines of 0.00, and lines drawn but not judged",
    "source": "Clopper & Pearson 1934; Zou & Donner 2008; Särndal, Swensson & Wretman 1992",
}


@dataclass(frozen=True)
class JudgedLine:
    """A judged line at one level: kroner in øre with sign, whether it was taken whole, what was claimed and is true."""

    ore: int
    is_certain: bool
    claimed: str | None
    true: str | None


@dataclass
class Cell:
    """Kroner claimed in one category with one sign, in øre by size; lines judged and found to belong elsewhere."""

    sampled_ore: int = 0
    certain_ore: int = 0
    judged: int = 0
    moved: dict[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Level:
    """All that is needed at one level: cells by claimed category and sign (True for credits), and the judged lines."""

    cells: dict[tuple[str | None, bool], Cell]
    lines: tuple[JudgedLine, ...]


def estimate_accuracy(sample: AuditSample) -> Finding:
    """Estimate how many kroner are misclassified, and between which values each category's right total lies.

    Parameters
    ----------
    sample : AuditSample
        As `read_audit_sample` gives it.

    Returns
    -------
    Finding
        Key "accuracy"; tables `by_area` (main), `by_group`, `by_level`, empty where no sample has been judged. Numbers
        such as `wrong_1_share` have the ends of their 95 % interval; they are None where nothing has been judged. They
        are shares of `placed_1_amount`, which like `absolute_amount` counts credits by their size; `net_amount` of the
        same lines counts them with their sign.
        `ranking_status` compares a category with the next one in the table: decided, undecided (their intervals
        overlap) or reversed.
    """
    is_judged = sample.status == "judged"
    levels = {number: level_of(sample, number) for number in LABEL_LEVELS} if is_judged else {}
    shares = {number: wrong_share(level) for number, level in levels.items()}
    tables = {name: _category_rows(levels[n], sample.tree) if levels else [] for name, n in TOTAL_LEVELS.items()}
    tables["by_level"] = [{"category_level": number, **row} for number, row in shares.items() if row["placed_amount"]]
    numbers = _numbers(sample, shares, tables, is_judged=is_judged)
    return Finding(
        key="accuracy",
        numbers=numbers,
        tables={name: frame(rows, COLUMNS[name]) for name, rows in tables.items()},
        checks=_checks(sample, tables) if is_judged else (),
        caveats=_caveats(sample, numbers),
        definition=Definition(**DEFINITION),
        parameters={"period": sample.period} | ({"is_reclassified": "yes"} if sample.is_reclassified else {}),
    )


def level_of(sample: AuditSample, level: int) -> Level:
    """The kroner and judged lines of a sample as they stand at one level of the tree."""
    tree = sample.tree
    cells: dict[tuple[str | None, bool], Cell] = {}
    for row in sample.totals.to_dict("records"):
        cell = cells.setdefault((at_level(tree, row["category_code"], level), bool(row["is_credit"])), Cell())
        ore = abs(_ore(row["net_amount"]))
        cell.sampled_ore += ore if row["audit_stratum"] == SAMPLED else 0
        cell.certain_ore += ore if row["audit_stratum"] == CERTAIN else 0
    lines = tuple(
        JudgedLine(
            _ore(row["net_amount"]),
            row["audit_stratum"] == CERTAIN,
            at_level(tree, row["category_code"], level),
            at_level(tree, row["judged_category_code"], level),
        )
        for row in sample.judged.to_dict("records")
    )
    return Level(_with_moves(cells, lines), lines)


def _with_moves(cells: dict, lines: Iterable[JudgedLine]) -> dict:
    for line in lines:
        if not line.is_certain:
            cell = cells[line.claimed, line.ore < 0]
            cell.judged += 1
            if line.true != line.claimed:
                cell.moved[line.true] = cell.moved.get(line.true, 0) + 1
    return cells


def at_level(tree: CategoryTree, code: str | None, level: int) -> str | None:
    """The category at a level that a code lies in; None where the code is empty or does not reach so deep."""
    path = tree.path(code) if code else ()
    return path[level - 1] if len(path) >= level else None


def _ore(amount: Decimal) -> int:
    return int(amount.scaleb(2))


# --- the share of wrong kroner --------------------------------------------------------------------------------------


def wrong_share(level: Level) -> dict:
    """Kroner placed at the level, and how many of them stand in a wrong category, with a 95 % interval.

    Returns
    -------
    dict
        The columns of `by_level`; the shares are None where nothing is placed.
    """
    placed = {key: cell for key, cell in level.cells.items() if key[0] is not None}
    sampled = sum(cell.sampled_ore for cell in placed.values())
    certain = sum(cell.certain_ore for cell in placed.values())
    judged = sum(cell.judged for cell in placed.values())
    wrong = sum(sum(cell.moved.values()) for cell in placed.values())
    wrong_certain = [line for line in level.lines if line.is_certain and line.claimed and line.true != line.claimed]
    known = sum(abs(line.ore) for line in wrong_certain)
    judged_certain = sum(1 for line in level.lines if line.is_certain and line.claimed)
    low, high = (float(end) for end in exact_limits(wrong, judged))
    estimate = known + Fraction(sampled * wrong, judged or 1)

    def of_placed(ore: Fraction | float) -> Decimal | None:
        return Decimal(float(ore) / (sampled + certain)).quantize(SHARE_PLACES) if sampled + certain else None

    return {
        "placed_amount": kroner_of(sampled + certain),
        "judged_line_count": judged + judged_certain,
        "wrong_line_count": wrong + len(wrong_certain),
        "wrong_amount": kroner_of(round(estimate)),
        "wrong_share": of_placed(estimate),
        "wrong_low_share": of_placed(known + sampled * low),
        "wrong_high_share": of_placed(known + sampled * high),
    }


# --- category totals ------------------------------------------------------------------------------------------------


def category_totals(level: Level) -> list[dict]:
    """Each category's reported total, its estimated right one, and between which values that lies (95 %), in øre.

    Returns
    -------
    list of dict
        `category_code`, `reported` (int), `estimated` (Fraction; they add up to what was reported), `low`, `high`.
    """
    codes = list(dict.fromkeys([*(code for code, _ in level.cells), *(line.true for line in level.lines)]))
    reported = [
        sum((-1 if credit else 1) * (cell.sampled_ore + cell.certain_ore)
            for (code, credit), cell in level.cells.items() if code == wanted)
        for wanted in codes
    ]  # fmt: skip
    known = dict.fromkeys(codes, 0)
    for line in level.lines:
        if line.is_certain and line.true != line.claimed:
            known[line.true] += line.ore
            known[line.claimed] -= line.ore
    bought, credited = (_Flows(level, codes, is_credit=sign) for sign in (False, True))
    below, above = together([*bought.parts, *((up, down) for down, up in credited.parts)])
    rows = []
    for place, code in enumerate(codes):
        middle = reported[place] + known[code] + bought.shift[place] - credited.shift[place]
        ends = {"low": float(middle) - float(below[place]), "high": float(middle) + float(above[place])}
        rows.append({"category_code": code, "reported": reported[place], "estimated": middle, **ends})
    return rows


class _Flows:
    """Sampled kroner of one sign that move into and out of each category, and how uncertain that is."""

    def __init__(self, level: Level, codes: Sequence[str | None], *, is_credit: bool):
        cells = [level.cells.get((code, is_credit), Cell()) for code in codes]
        place = {code: number for number, code in enumerate(codes)}
        self.shift = [Fraction(0)] * len(codes)
        hits = [0] * len(codes)
        for number, cell in enumerate(cells):
            for code, count in cell.moved.items():
                moved = Fraction(cell.sampled_ore * count, cell.judged)
                self.shift[number] -= moved
                self.shift[place[code]] += moved
                hits[place[code]] += count
        self.parts = self._parts(cells, hits)

    def _parts(self, cells: list[Cell], hits: list[int]) -> "list[tuple[np.ndarray, np.ndarray]]":
        """Distances of what comes in, and of what goes out the other way round because it is taken off."""
        import numpy as np

        sizes = np.array([cell.sampled_ore for cell in cells], dtype=float)
        judged = np.array([cell.judged for cell in cells])
        moved = np.array([sum(cell.moved.values()) for cell in cells])
        into = distances(np.array(hits), judged.sum() - judged, sizes.sum() - sizes)
        below, above = distances(moved, judged, sizes)
        return [into, (above, below)]


def _category_rows(level: Level, tree: CategoryTree) -> list[dict]:
    """The table of a level: largest first, what is not placed last, each compared with the next."""
    found = category_totals(level)
    exact = [Decimal(row["estimated"].numerator) / Decimal(row["estimated"].denominator) for row in found]
    whole = Decimal(sum(row["reported"] for row in found))
    rows = [
        {
            "category_code": row["category_code"],
            "net_amount": kroner_of(row["reported"]),
            "estimated_amount": kroner_of(int(ore)),
            "true_low_amount": kroner_of(round(row["low"])),
            "true_high_amount": kroner_of(round(row["high"])),
        }
        for row, ore in zip(found, round_to_sum(exact, 0, whole), strict=True)
    ]
    rows.sort(key=lambda row: (row["category_code"] is None, -row["net_amount"], row["category_code"] or ""))
    limits = {
        row["category_code"]: (row["true_low_amount"], row["true_high_amount"]) for row in rows if row["category_code"]
    }
    ends = {row["category_code"]: row for row in with_limits(rows, limits)}
    return [
        {**row, "ranking_status": ends[row["category_code"]]["ranking_status"]}
        for row in with_category_names(rows, tree.name)
    ]


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(sample: AuditSample, shares: dict, tables: dict, *, is_judged: bool) -> dict[str, Number]:
    lines, judged = sample.lines, sample.judged
    certain = [row["net_amount"] for row in lines.to_dict("records") if row["audit_stratum"] == CERTAIN]
    undecidable = int((judged["judgement"] == "undecidable").sum())
    drawn_from = sample.totals.to_dict("records")
    sizes = [abs(row["net_amount"]) for row in drawn_from]  # purchases and credits stand apart
    numbers = {
        "drawn_line_count": Number(len(lines), "count"),
        "judged_line_count": Number(len(judged) if is_judged else None, "count"),
        "unjudged_line_count": Number(len(lines) - len(judged), "count"),
        "undecidable_line_count": Number(undecidable, "count"),
        "certain_line_count": Number(len(certain), "count"),
        "certain_amount": Number(sum(map(abs, certain), NOTHING), "kr"),
        "drawn_date": Number(lines["drawn_date"].iloc[0] if len(lines) else None, "date"),
        "net_amount": Number(total(drawn_from) if is_judged else None, "kr"),
        "absolute_amount": Number(sum(sizes, NOTHING) if is_judged else None, "kr"),
    }
    for level in LABEL_LEVELS:
        row = shares.get(level, {})
        ends = row.get("wrong_low_share"), row.get("wrong_high_share")
        numbers[f"wrong_{level}_share"] = Number(row.get("wrong_share"), "share", *ends)
        numbers[f"wrong_{level}_amount"] = Number(row.get("wrong_amount"), "kr")
        numbers[f"placed_{level}_amount"] = Number(row.get("placed_amount"), "kr")
    return numbers | _ranking_numbers(tables, is_judged=is_judged)


def _ranking_numbers(tables: dict, *, is_judged: bool) -> dict[str, Number]:
    numbers = {}
    for name in TOTAL_LEVELS:
        found = [row["ranking_status"] for row in tables[name] if row["ranking_status"]]
        open_ = sum(status != "decided" for status in found)
        about = name.removeprefix("by_")
        numbers[f"{about}_pair_count"] = Number(len(found) if is_judged else None, "count")
        numbers[f"{about}_undecided_count"] = Number(open_ if is_judged else None, "count")
        numbers[f"{about}_top_undecided"] = Number(
            int(found[:1] not in ([], ["decided"])) if is_judged else None, "count"
        )
    return numbers


def _checks(sample: AuditSample, tables: dict) -> tuple[Check, ...]:
    whole = total(sample.totals.to_dict("records"))
    return tuple(
        adds_up(f"{column} of {name} sums to what was drawn from", total(tables[name], column), whole)
        for name in TOTAL_LEVELS
        for column in ("net_amount", "estimated_amount")
    )


def _caveats(sample: AuditSample, numbers: dict[str, Number]) -> tuple[str, ...]:
    if sample.status != "judged":
        return (f"audit_{sample.status}",)
    found = {"audit_unjudged": "unjudged_line_count", "audit_undecidable": "undecidable_line_count"}
    said = [key for key, name in found.items() if numbers[name].value]
    return (*said, *(["audit_reclassified"] if sample.is_reclassified else []))
