"""Which lines shall be judged, so that the kroner in wrong categories can be estimated?

Lines in scope are drawn by kroner (`kroner_draw`), credits by their size. The draw keeps what it was made from: lines
and kroner by category at that moment. So a judged sample goes on speaking about the right totals of categories however
the lines are classified later, but no more once other lines have come into the period.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.errors import ParameterError
from procurement_kit.exact import NOTHING, exact_sum, frame, lines_in, records, require_lines
from procurement_kit.periods import parse_period
from procurement_kit.review.audit_tables import AUDIT_FRAME, AUDIT_SAMPLE, STRATA, read_kept, write_kept
from procurement_kit.review.kroner_draw import KronerDraw, draw_by_kroner
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube

if TYPE_CHECKING:
    import ibis
    import numpy as np
    import pandas as pd
    import pyarrow as pa

CERTAIN, SAMPLED, NO_KRONER = STRATA
STANDARD_COUNT = 200
FEWEST_SAMPLED = 30  # judged lines below which a share has an interval too wide to be told
PROBABILITY_PLACES = Decimal("1e-12")


@dataclass(frozen=True)
class AuditSample:
    """Lines that were drawn by kroner, what was judged of them, and what they were drawn from.

    Parameters
    ----------
    period : str
        Period of the lines' invoice dates.
    lines : DataFrame
        Columns of `AUDIT_SAMPLE`, in the order they are to be judged; empty where none was drawn.
    totals : DataFrame
        Columns of `AUDIT_FRAME`: lines and kroner by part of the draw, category and sign.
    tree : CategoryTree
        The tree the categories are of.
    is_outdated : bool
        Whether the period's lines in scope are no longer those that were drawn from.
    is_reclassified : bool
        Whether kroner have moved between categories since: totals still hold, the share of wrong kroner is of then.
    """

    period: str
    lines: "pd.DataFrame"
    totals: "pd.DataFrame"
    tree: CategoryTree
    is_outdated: bool = False
    is_reclassified: bool = False

    @property
    def judged(self) -> "pd.DataFrame":
        """The lines that somebody has judged."""
        return self.lines[self.lines["judgement"].notna()]

    @property
    def status(self) -> str:
        """One of none, outdated, unfinished and judged.

        Judged is a sample whose large lines have all been judged, and of the sampled ones all or at least thirty.
        """
        if not len(self.lines):
            return "none"
        if self.is_outdated:
            return "outdated"
        is_open = self.lines["judgement"].isna()
        is_certain = self.lines["audit_stratum"] == CERTAIN
        enough = int((~is_certain & ~is_open).sum()) >= FEWEST_SAMPLED or not is_open.any()
        return "judged" if enough and not (is_open & is_certain).any() else "unfinished"


def draw_audit_sample(
    cube: "ibis.Table", *, period: str, tree: CategoryTree, count: int = STANDARD_COUNT, seed: int = 1
) -> AuditSample:
    """Draw lines to be judged, each with a chance in proportion to its kroner.

    Parameters
    ----------
    cube : ibis.Table
        *Reads* `line_id`, `scope_status`, `net_amount`, `category_code`, `invoice_date`.
    period : str
        For instance "2025".
    tree : CategoryTree
        The tree the categories are of.
    count : int
        Lines to draw.
    seed : int
        The same seed draws the same lines from the same period, whatever order they lie in.

    Returns
    -------
    AuditSample
        Nothing of it judged yet.

    Raises
    ------
    NoDataError
        If no line in scope lies in the period.
    ParameterError
        If count is below 1.
    """
    span = parse_period(period)
    lines = lines_in(cube, span)
    lines = lines.filter(lines.scope_status == "in_scope").select("line_id", "net_amount", "category_code")
    table = lines.to_pyarrow()
    require_lines(table.num_rows, span)
    keys, ore = table["line_id"].to_pylist(), ore_of(table["net_amount"])
    draw = draw_by_kroner(keys, abs(ore), count=count, seed=seed)
    codes = table["category_code"].to_pylist()
    rows = _rows(draw, keys, ore, codes)
    more = {"period": span.label, "drawn_date": date.today(), "audit_seed": seed}
    return AuditSample(
        span.label,
        frame([{**row, **more, "audit_number": number} for number, row in enumerate(rows, 1)], AUDIT_SAMPLE.names),
        frame([{**row, "period": span.label} for row in _totals(draw, ore, codes)], AUDIT_FRAME.names),
        tree,
    )


def ore_of(amounts: "pa.ChunkedArray") -> "np.ndarray":
    """Kroner as whole øre; a line without an amount has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kroner = pc.fill_null(amounts.cast(pa.decimal128(18, 2)), Decimal("0.00"))
    hundredfold = pc.multiply(kroner, pa.scalar(Decimal(100), pa.decimal128(3, 0)))
    return hundredfold.cast(pa.int64()).to_numpy()


def kroner_of(ore: int) -> Decimal:
    """Whole øre as kroner.

    Examples
    --------
    >>> kroner_of(-1234)
    Decimal('-12.34')
    """
    return Decimal(int(ore)).scaleb(-2)


def _rows(draw: KronerDraw, keys: list[str], ore: "np.ndarray", codes: list) -> list[dict]:
    """The drawn lines, large ones first; what is still to be judged is empty."""
    open_ = dict.fromkeys(AUDIT_SAMPLE.names)
    places = [(place, CERTAIN) for place in draw.certain] + [(place, SAMPLED) for place in draw.sampled]
    return [
        {
            **open_,
            "line_id": keys[place],
            "audit_stratum": stratum,
            "net_amount": kroner_of(ore[place]),
            "inclusion_probability": _probability(abs(int(ore[place])), draw) if stratum == SAMPLED else Decimal(1),
            "category_code": codes[place],
        }
        for place, stratum in places
    ]


def _probability(size: int, draw: KronerDraw) -> Decimal:
    return (Decimal(size * len(draw.sampled)) / draw.sampled_ore).quantize(PROBABILITY_PLACES)


def _totals(draw: KronerDraw, ore: "np.ndarray", codes: list) -> list[dict]:
    """Lines and kroner of the whole period by part of the draw, category and sign."""
    import pandas as pd

    part = pd.Series(SAMPLED, index=range(len(ore)), dtype=object).where(ore != 0, NO_KRONER)
    part.iloc[list(draw.certain)] = CERTAIN
    table = pd.DataFrame({"audit_stratum": part, "category_code": codes, "is_credit": ore < 0, "ore": ore})
    found = table.groupby(["audit_stratum", "category_code", "is_credit"], dropna=False, sort=True)["ore"]
    return [
        {
            "audit_stratum": stratum,
            "category_code": None if pd.isna(code) else code,
            "is_credit": bool(is_credit),
            "line_count": len(amounts),
            "net_amount": kroner_of(amounts.sum()),
        }
        for (stratum, code, is_credit), amounts in found
    ]


# --- kept in the municipality's folder ------------------------------------------------------------------------------


def keep_audit_sample(municipality: Municipality, sample: AuditSample) -> AuditSample:
    """Keep a sample beside those of other periods; the same draw made again keeps what was judged.

    Returns
    -------
    AuditSample
        As it is kept, with what was judged before.

    Raises
    ------
    ParameterError
        If another sample of the period has judged lines: they are not thrown away.
    """
    rows = read_kept(municipality, AUDIT_SAMPLE)
    before = [row for row in rows if row["period"] == sample.period]
    drawn = sample.lines["line_id"].tolist()
    if [row["line_id"] for row in before] == drawn:
        lines = frame(before, AUDIT_SAMPLE.names)
        return replace(sample, lines=lines, totals=_kept_totals(municipality, sample.period))
    if any(row["judgement"] for row in before):
        raise ParameterError(
            f"A sample of {sample.period} is there already, and lines of it have been judged.",
            expected="a period without a judged sample, or the same count and seed again",
            todo=f"read it with --read, or move {AUDIT_SAMPLE.name}.csv away before drawing anew",
        )
    others = [row for row in rows if row["period"] != sample.period]
    totals = [row for row in read_kept(municipality, AUDIT_FRAME) if row["period"] != sample.period]
    write_kept(municipality, AUDIT_FRAME, [*totals, *sample.totals.to_dict("records")])
    write_kept(municipality, AUDIT_SAMPLE, [*others, *sample.lines.to_dict("records")])
    return sample


def keep_judgements(municipality: Municipality, judgements: Mapping[tuple[str, str], Mapping]) -> int:
    """Put judgements into the kept sample.

    Parameters
    ----------
    municipality : Municipality
        Whose sample.
    judgements : mapping of (period, line_id) to columns
        `judgement`, `judged_category_code`, `judged_by`, `judged_date`.

    Returns
    -------
    int
        Lines whose judgement is new or another than before.
    """
    rows = read_kept(municipality, AUDIT_SAMPLE)
    put = [{**row, **judgements.get((row["period"], row["line_id"]), {})} for row in rows]
    changed = sum(old != new for old, new in zip(rows, put, strict=True))
    if changed:
        write_kept(municipality, AUDIT_SAMPLE, put)
    return changed


def _kept_totals(municipality: Municipality, period: str) -> "pd.DataFrame":
    kept = [row for row in read_kept(municipality, AUDIT_FRAME) if row["period"] == period]
    return frame(kept, AUDIT_FRAME.names)


def read_audit_sample(municipality: Municipality, *, period: str) -> AuditSample:
    """Read the sample that was drawn from a period, with what has been judged of it.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it; its spend cube says whether the period still has the same lines.
    period : str
        For instance "2025".

    Returns
    -------
    AuditSample
        Without lines where none was drawn.

    Raises
    ------
    TableError
        If the kept tables were changed by hand and cannot be read.
    """
    span = parse_period(period)
    rows = [row for row in read_kept(municipality, AUDIT_SAMPLE) if row["period"] == span.label]
    rows.sort(key=lambda row: row["audit_number"])
    sample = AuditSample(
        span.label, frame(rows, AUDIT_SAMPLE.names), _kept_totals(municipality, span.label), tree_of(municipality)
    )
    if not rows:
        return sample
    lines = lines_in(read_cube(municipality), span)
    lines = lines.filter(lines.scope_status == "in_scope")
    now = records(lines.group_by("category_code").aggregate(line_count=lines.count(), net_amount=exact_sum(lines)))
    drawn_from = _by_category(sample.totals.to_dict("records"))
    found = _by_category(now)
    is_outdated = _whole(drawn_from) != _whole(found)
    return replace(sample, is_outdated=is_outdated, is_reclassified=drawn_from != found)


def _by_category(rows: Iterable[Mapping]) -> dict[str | None, tuple[int, Decimal]]:
    sums: dict[str | None, tuple[int, Decimal]] = {}
    for row in rows:
        count, amount = sums.get(row["category_code"], (0, NOTHING))
        sums[row["category_code"]] = count + row["line_count"], amount + (row["net_amount"] or NOTHING)
    return sums


def _whole(sums: Mapping[str | None, tuple[int, Decimal]]) -> tuple[int, Decimal]:
    return sum(count for count, _ in sums.values()), sum((amount for _, amount in sums.values()), NOTHING)
