"""What do key figures look like, quarter by quarter against their targets?

One small field per rate: the quarters as a line, the target dashed, the base named underneath, because a share without
its base says nothing. A quarter with few invoices is a hollow mark: it is there, but nobody should steer by it.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
from procurement_kit.publishing.drawings import (
    INK,
    KEPT_COLOUR,
    MUTED,
    PAPER,
    RULE,
    STATUS_COLOURS,
    WIDTH,
    Drawing,
    drawing,
)
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain
from procurement_kit.series_breaks import series_breaks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARGET_COLOUR = STATUS_COLOURS["wrong_supplier"]
FIELD_HEIGHT = 3.3
BASE_WIDTH = 30


def draw_kpis(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw the rates quarter by quarter against their targets, with the base of each underneath.

    Parameters
    ----------
    finding : Finding
        What `analyse_kpis` returned; its tables `by_quarter` and `rates` are drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no rate is known in any quarter.
    """
    return drawing("kpis", finding, Formats(language, currency), kpi_fields)


def kpi_fields(finding: Finding, writer: Writer) -> "Figure":
    """The picture itself: a field for each rate that is known in some quarter."""
    from matplotlib.figure import Figure

    quarters, rates = finding.tables["by_quarter"], finding.tables["rates"]
    shown = [row for row in rates.to_dict("records") if _known(quarters, row["kpi_name"])]
    if not shown:
        raise NoDataError(
            "No rate is known in any quarter.",
            expected="a contract register, or a definition of e-trade",
            todo="fill in contracts.csv",
        )
    picture = Figure(figsize=(WIDTH, FIELD_HEIGHT))
    fields = picture.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for place, (axes, rate) in enumerate(zip(fields, shown, strict=True)):
        _field(axes, rate, quarters[quarters["kpi_name"] == rate["kpi_name"]], finding, writer)
        axes.tick_params(axis="y", labelleft=place == 0)
    picture.subplots_adjust(left=0.075, right=0.985, top=0.88, bottom=0.34, wspace=0.1)
    return picture


def _known(quarters: "pd.DataFrame", key: str) -> bool:
    values = quarters.loc[quarters["kpi_name"] == key, "actual_share"]
    return any(plain(value) is not None for value in values)


def _field(axes: "Axes", rate: dict, quarters: "pd.DataFrame", finding: Finding, writer: Writer) -> None:
    rows, formats = quarters.to_dict("records"), writer.formats
    values = [_percent(row["actual_share"]) for row in rows]
    places = [place for place, value in enumerate(values) if value is not None]
    axes.plot(places, [values[p] for p in places], color=KEPT_COLOUR, linewidth=2.2, zorder=3)
    for place in places:
        is_few = rows[place]["kpi_status"] == "too_few"
        axes.plot(place, values[place], marker="o", markersize=6, color=KEPT_COLOUR, zorder=4,
                  markerfacecolor=PAPER if is_few else KEPT_COLOUR)  # fmt: skip
    last = places[-1]
    axes.annotate(
        formats.share(rows[last]["actual_share"]), (last, values[last]), xytext=(0, 8), textcoords="offset points",
        ha="center", va="bottom", color=INK, weight="bold",
    )  # fmt: skip
    _target_line(axes, rows, writer)
    _break_lines(axes, rows, writer)
    axes.set_ylim(0, 112)
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_yticks([0, 25, 50, 75, 100], [formats.share(Decimal(n) / 100) for n in (0, 25, 50, 75, 100)])
    axes.set_xticks(range(len(rows)), [_short(row["quarter_name"]) for row in rows], rotation=0, fontsize=8)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_title(writer.entry("values.kpi_name")[rate["kpi_name"]], loc="left", fontsize=10, weight="bold", color=INK)
    axes.set_xlabel(_base(rate, finding, writer), color=MUTED, fontsize=8, labelpad=6)


def _target_line(axes: "Axes", rows: list[dict], writer: Writer) -> None:
    """The target of each quarter as a dashed step, with its number once at the left."""
    targets = [(place, _percent(row["target_share"]), row["target_share"]) for place, row in enumerate(rows)]
    known = [(place, value, share) for place, value, share in targets if value is not None]
    for place, value, _ in known:
        axes.plot([place - 0.5, place + 0.5], [value, value], color=TARGET_COLOUR, linewidth=1.4, dashes=(5, 3))
    if known:
        word = f"{writer.say('figures.kpis.target')} {writer.formats.share(known[0][2])}"
        first = _percent(rows[known[0][0]]["actual_share"])
        is_over = first is None or first < known[0][1]  # the number stands on the side where the line is not
        axes.annotate(
            word, (known[0][0] - 0.45, known[0][1]), xytext=(0, 2 if is_over else -3), textcoords="offset points",
            ha="left", va="bottom" if is_over else "top", color=INK, fontsize=8,
        )  # fmt: skip


def _break_lines(axes: "Axes", rows: list[dict], writer: Writer) -> None:
    """A dotted upright where a law breaks the series, with its name."""
    quarters = [row["quarter_name"] for row in rows]
    for found in series_breaks():
        if found.quarter_name in quarters[1:]:
            place = quarters.index(found.quarter_name) - 0.5
            axes.axvline(place, color=MUTED, linewidth=1.2, linestyle=":", zorder=1)
            axes.annotate(
                found.name(writer.formats.language), (place, 2), xytext=(3, 0), textcoords="offset points", ha="left",
                va="bottom", color=MUTED, fontsize=7.5,
            )  # fmt: skip


def _base(rate: dict, finding: Finding, writer: Writer) -> str:
    """«af 12 mio. kr.: påvirkeligt indkøb, hvor …», on as many lines as it takes."""
    import textwrap

    cards = finding.tables["cards"]
    named = cards.loc[cards["kpi_name"] == rate["kpi_name"], f"base_name_{writer.formats.language}"]
    words = f": {named.iloc[0]}" if len(named) else ""
    amount = writer.formats.short_amount(rate["denominator_amount"])
    return "\n".join(textwrap.wrap(f"{writer.say('figures.kpis.of')} {amount}{words}", BASE_WIDTH, max_lines=4))


def _short(quarter: str) -> str:
    """Year and quarter on two lines, so that four stand beside each other."""
    return f"{quarter[4:]}\n{quarter[:4]}"


def _percent(value: object) -> float | None:
    found = plain(value)
    return None if found is None else float(found) * 100
