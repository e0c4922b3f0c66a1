"""What does a finding look like?

Each figure is one function from finding to `Drawing`. Geometry is all that is worked out here; every figure that is
printed comes from the finding. Sorted, labelled directly, one message each.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
from procurement_kit.publishing.buyer_figures import heat_table
from procurement_kit.publishing.drawings import (
    INK,
    KEPT_COLOUR,
    LEFT_OUT_COLOUR,
    MUTED,
    ON_COLOUR,
    PAPER,
    RULE,
    STATUS_COLOURS,
    TYPE_COLOURS,
    Drawing,
    canvas,
    drawing,
    drawing_or_word,
    only_bars,
    size,
    type_key,
    values_before_bars,
    whole_numbers,
    wrapped,
)
from procurement_kit.publishing.formats import Formats, fitting_scale
from procurement_kit.publishing.joint_figures import joint_bars
from procurement_kit.publishing.kpi_figures import kpi_fields
from procurement_kit.publishing.sentences import Writer, plain
from procurement_kit.publishing.supplier_figures import overlap_grid
from procurement_kit.publishing.tender_figures import expiry_bars, use_bars

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AREAS_SHOWN = 20


def draw_spend_by_area(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw spend by area as sorted bars, with last year as a thin mark.

    Parameters
    ----------
    finding : Finding
        What `analyse_spend` returned; its table `by_area` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    Drawing
        Words instead of a figure where nothing was bought in the period.
    """
    return drawing_or_word("spend_by_area", finding, Formats(language, currency), _PICTURES["spend_by_area"])


def draw_scope_waterfall(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw how the kroner received become analysed and addressable spend.

    Parameters
    ----------
    finding : Finding
        What `analyse_spend` returned; its table `by_scope` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    return figure("scope_waterfall", finding, Formats(language, currency))


def draw_pareto(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw how few suppliers hold most of the spend, with one cut at 80 %.

    Parameters
    ----------
    finding : Finding
        What `analyse_tail` returned; its table `pareto` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    Drawing
        Words instead of a figure where there is no supplier with purchases.
    """
    return drawing_or_word("pareto", finding, Formats(language, currency), _PICTURES["pareto"])


def draw_compliance(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw addressable spend by contract status as one bar of 100 %.

    Parameters
    ----------
    finding : Finding
        What `analyse_compliance` returned; its table `by_status` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    Drawing
        Words instead of a figure where there is no addressable spend.
    """
    return drawing_or_word("compliance", finding, Formats(language, currency), _PICTURES["compliance"])


def figure(key: str, finding: Finding, formats: Formats) -> Drawing:
    """Draw the figure of that key; the report uses this with its own formats."""
    return drawing(key, finding, formats, _PICTURES[key])


# --- the four pictures ----------------------------------------------------------------------------------------------


def _areas(finding: Finding, writer: Writer) -> "Figure":
    import seaborn

    areas = _area_rows(finding, writer)
    scale, places = fitting_scale(list(areas["net_amount"])), [str(place) for place in range(len(areas))]
    lengths = [size(amount, scale) for amount in areas["net_amount"]]
    picture, axes = canvas(0.55 + 0.29 * len(areas))
    seaborn.barplot(
        x=lengths, y=places, hue=list(areas["purchase_type"]), palette=TYPE_COLOURS, dodge=False, saturation=1,
        width=0.7, errorbar=None, legend=False, ax=axes,
    )  # fmt: skip
    has_unsure, last_year = _area_marks(axes, areas, scale)
    only_bars(axes)
    axes.set_yticks(range(len(areas)), list(areas["label"]))
    values_before_bars(axes, [writer.formats.scaled(amount, scale) for amount in areas["net_amount"]])
    axes.set_ylim(len(areas) - 0.4, -0.6)
    picture.subplots_adjust(left=0.44, right=0.985, top=1 - 0.45 / picture.get_figheight(), bottom=0.01)
    types = [name for name in TYPE_COLOURS if name in set(areas["purchase_type"])]
    type_key(picture, writer, types, scale, has_unsure=has_unsure, last_year=last_year)
    return picture


def _area_marks(axes: "Axes", areas: "pd.DataFrame", scale: str) -> tuple[bool, str]:
    """Hatch the end where only the area is known, and mark last year; says which there were and at whose prices."""
    has_unsure, last_year = False, ""
    before = "repriced_amount" if "repriced_amount" in areas else "previous_amount"
    for place, row in enumerate(areas.itertuples()):
        if unsure := size(plain(row.area_only_amount), scale):
            start = size(row.net_amount, scale) - unsure
            axes.barh(place, unsure, left=start, height=0.7, color="none", hatch="////", edgecolor=PAPER, linewidth=0)
            has_unsure = True
        if (previous := plain(getattr(row, before))) is not None:
            ends = [size(previous, scale)] * 2
            axes.plot(ends, [place - 0.45, place + 0.45], color=INK, linewidth=2, solid_capstyle="butt")
            last_year = "last_year_fixed" if before == "repriced_amount" else "last_year"
    return has_unsure, last_year


def _area_rows(finding: Finding, writer: Writer) -> "pd.DataFrame":
    import pandas

    areas = finding.tables["by_area"].copy()
    _refuse_empty(areas, finding)
    name = f"category_name_{writer.formats.language}"
    areas["purchase_type"] = [plain(kind) or "unclassified" for kind in areas["purchase_type"]]
    unplaced = [not plain(code) for code in areas["category_code"]]
    areas.loc[unplaced, "purchase_type"] = "unclassified"
    areas["label"] = [
        writer.say("words.unclassified") if missing else wrapped(str(text))
        for text, missing in zip(areas[name], unplaced, strict=True)
    ]
    placed = areas[[not missing for missing in unplaced]]
    placed = placed.sort_values(["net_amount", "category_code"], ascending=[False, True]).head(AREAS_SHOWN)
    return pandas.concat([placed, areas[unplaced]], ignore_index=True)


def _waterfall(finding: Finding, writer: Writer) -> "Figure":
    steps = _waterfall_steps(finding, writer)
    scale = fitting_scale([amount for _, amount, _ in steps])
    picture, axes = canvas(0.45 + 0.34 * len(steps))
    level = 0.0
    for place, (_, amount, is_total) in enumerate(steps):
        length = size(amount, scale)
        start = 0.0 if is_total else level - length
        axes.barh(place, length, left=start, height=0.66, color=KEPT_COLOUR if is_total else LEFT_OUT_COLOUR)
        level = length if is_total else start
        if place + 1 < len(steps):
            axes.plot([level] * 2, [place - 0.33, place + 1.33], color=MUTED, linewidth=0.8)
    only_bars(axes)
    axes.set_yticks(range(len(steps)), [wrapped(label) for label, _, _ in steps])
    for tick, (_, _, is_total) in zip(axes.get_yticklabels(), steps, strict=True):
        tick.set_fontweight("bold" if is_total else "normal")
    signed = [(amount if is_total else -amount, is_total) for _, amount, is_total in steps]
    values_before_bars(axes, [writer.formats.scaled(amount, scale) for amount, _ in signed], [b for _, b in signed])
    axes.set_ylim(len(steps) - 0.4, -0.6)
    picture.text(0.43, 0.995, writer.formats.unit(scale), ha="right", va="top", color=MUTED, fontsize=9)
    picture.subplots_adjust(left=0.44, right=0.985, top=1 - 0.25 / picture.get_figheight(), bottom=0.01)
    return picture


def _waterfall_steps(finding: Finding, writer: Writer) -> list[tuple[str, Decimal, bool]]:
    scopes, numbers = finding.tables["by_scope"], finding.numbers
    _refuse_empty(scopes, finding)
    labels = writer.entry("values.scope_status")
    left_out = [
        (labels[row.scope_status], row.net_amount, False)
        for row in scopes.sort_values(["net_amount", "scope_status"], ascending=[False, True]).itertuples()
        if row.scope_status != "in_scope" and plain(row.net_amount)
    ]
    exempt = numbers["exempt_amount"].value
    return [
        (writer.say("figures.scope_waterfall.received"), numbers["received_amount"].value, True),
        *left_out,
        (writer.say("figures.scope_waterfall.analysed"), numbers["analysed_amount"].value, True),
        *([(writer.say("figures.scope_waterfall.exempt"), exempt, False)] if exempt else []),
        (writer.say("figures.scope_waterfall.addressable"), numbers["addressable_amount"].value, True),
    ]


def _pareto(finding: Finding, writer: Writer) -> "Figure":
    suppliers, formats = finding.tables["pareto"], writer.formats
    _refuse_empty(suppliers, finding)
    ranks = [0, *(int(rank) for rank in suppliers["supplier_rank"])]
    shares = [0.0, *(float(share) * 100 for share in suppliers["cumulative_share"])]
    cut = finding.numbers["k80_count"].value
    picture, axes = canvas(3.6)
    head = [place for place, rank in enumerate(ranks) if rank <= cut]
    axes.fill_between([ranks[i] for i in head], [shares[i] for i in head], color=TYPE_COLOURS["goods"], alpha=0.2, lw=0)
    axes.plot(ranks, shares, color=TYPE_COLOURS["goods"], linewidth=2.4)
    axes.plot([0, cut, cut], [80, 80, 0], color=STATUS_COLOURS["wrong_supplier"], linewidth=1.4, dashes=(5, 3))
    right_half = cut > max(ranks) / 2
    axes.annotate(
        writer.say("figures.pareto.mark", finding.key), (cut, 80), xytext=(-8 if right_half else 8, -16),
        textcoords="offset points", color=INK, weight="bold", ha="right" if right_half else "left", va="top",
    )  # fmt: skip
    axes.set_xlim(0, max(ranks))
    axes.set_ylim(0, max(104, max(shares) + 4))
    axes.set_yticks([0, 20, 40, 60, 80, 100], [formats.share(Decimal(n) / 100) for n in (0, 20, 40, 60, 80, 100)])
    axes.xaxis.set_major_locator(whole_numbers())
    axes.xaxis.set_major_formatter(lambda value, _: formats.number(int(value)))
    axes.set_xlabel(writer.say("figures.pareto.across"), color=MUTED)
    axes.set_title(writer.say("figures.pareto.up"), loc="left", color=MUTED, fontsize=9.5)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    picture.subplots_adjust(left=0.085, right=0.975, top=0.9, bottom=0.15)
    return picture


def _statuses(finding: Finding, writer: Writer) -> "Figure":
    statuses = finding.tables["by_status"].set_index("contract_status")
    _refuse_empty(statuses, finding)
    labels, formats = writer.entry("values.contract_status"), writer.formats
    rows = [(name, statuses.loc[name]) for name in STATUS_COLOURS if name in statuses.index]
    whole = sum(float(row["net_amount"]) for _, row in rows) or 1.0
    picture, axes = canvas(0.85 + 0.3 * len(rows))
    start = 0.0
    for place, (name, row) in enumerate(rows):
        width = 100 * float(row["net_amount"]) / whole
        axes.barh(0, width, left=start, height=0.9, color=STATUS_COLOURS[name], edgecolor=PAPER, linewidth=1.5)
        if width >= 7:
            share = formats.share(row["net_share"])
            axes.annotate(share, (start + width / 2, 0), ha="center", va="center", color=ON_COLOUR, weight="bold")
        start += width
        height = 1.15 + 0.62 * place
        axes.barh(height, 2.2, height=0.36, color=STATUS_COLOURS[name])
        text = f"{labels[name]}: {formats.share(row['net_share'])} · {formats.short_amount(row['net_amount'])}"
        axes.annotate(text, (3.2, height), va="center", color=INK)
    axes.set_xlim(0, 100)
    axes.set_ylim(1.15 + 0.62 * len(rows) - 0.25, -0.5)
    axes.set_yticks([])
    only_bars(axes)
    picture.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    return picture


def _refuse_empty(rows: "pd.DataFrame", finding: Finding) -> None:
    if rows.empty:
        raise NoDataError(
            f"The finding «{finding.key}» has nothing to draw.",
            expected="at least one line in the period",
            todo="choose another period, or import its files",
        )


_PICTURES: dict[str, Callable[[Finding, Writer], "Figure"]] = {
    "spend_by_area": _areas,
    "scope_waterfall": _waterfall,
    "pareto": _pareto,
    "compliance": _statuses,
    "kpis": kpi_fields,
    "buyers": heat_table,
    "expiries": expiry_bars,
    "framework_use": use_bars,
    "overlap": overlap_grid,
    "joint_tenders": joint_bars,
}
