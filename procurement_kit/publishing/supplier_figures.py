"""What do the supplier findings look like: tail, concentration, who came and went, who shares suppliers?

Same rules as the other figures: geometry is all that is worked out here, every figure that is printed comes from the
finding. What must be told apart differs in hatch, dash or place too, so that it reads in black and white.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError, ParameterError, nearest
from procurement_kit.findings import Finding
from procurement_kit.publishing.drawings import (
    INK,
    KEPT_COLOUR,
    MUTED,
    PAPER,
    RULE,
    STATUS_COLOURS,
    Drawing,
    canvas,
    drawing_or_word,
    only_bars,
    whole_numbers,
    wrapped,
)
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GONE_COLOUR = STATUS_COLOURS["wrong_supplier"]
GROUPS_SHOWN, PARTIES_SHOWN, QUARTERS_NAMED = 12, 12, 10
OVERLAP_FOOT = 1.35  # inches below the fields: room for a slanting name of two lines
CUTS = {"head": ("k80_count", (5, 3)), "classes": ("kb_count", (1.5, 2)), "limit": ("above_limit_count", (9, 2, 2, 2))}
SHARES = tuple(Decimal(n) / 5 for n in range(6))


def draw_suppliers(finding: Finding, *, figure: str = "", language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw a finding about suppliers.

    Parameters
    ----------
    finding : Finding
        Of `analyse_tail`, `analyse_concentration`, `analyse_supplier_changes` or `analyse_overlap`.
    figure : str
        Which of its figures, by default the first: tail_cuts (three cuts of the curve) or tail_by_category, lorenz,
        supplier_timeline, overlap.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    Drawing
        Shows itself in a notebook; where there is nothing to draw, it says so and has no picture.

    Raises
    ------
    ParameterError
        If the finding has no such figure.
    """
    pictures = _PICTURES.get(finding.key, {})
    key = figure or next(iter(pictures), "")
    if key not in pictures:
        raise ParameterError(
            f"The finding «{finding.key}» has no figure «{figure}» here.{nearest(figure, pictures)}",
            expected=f"one of: {', '.join(name for names in _PICTURES.values() for name in names)}",
            todo="choose the figure of this finding, or another finding",
        )
    return drawing_or_word(key, finding, Formats(language, currency), pictures[key])


# --- the five pictures ----------------------------------------------------------------------------------------------


def _cuts(finding: Finding, writer: Writer) -> "Figure":
    suppliers = finding.tables["pareto"]
    _refuse_empty(suppliers, finding)
    ranks = [0, *(int(rank) for rank in suppliers["supplier_rank"])]
    shares = [0.0, *(float(share) for share in suppliers["cumulative_share"])]
    picture, axes = canvas(3.7)
    axes.plot(ranks, shares, color=KEPT_COLOUR, linewidth=2.4)
    for place, (name, (number, dashes)) in enumerate(CUTS.items()):
        cut = finding.numbers[number].value
        axes.axvline(cut, color=INK, linewidth=1.3, dashes=dashes)
        _cut_word(axes, cut, place, writer.say(f"figures.tail_cuts.{name}", finding.key), is_right=cut > max(ranks) / 2)
    axes.set_xlim(0, max(ranks))
    axes.set_ylim(0, max(1.04, *shares))
    _share_ticks(axes, writer, "y")
    axes.xaxis.set_major_locator(whole_numbers())
    axes.xaxis.set_major_formatter(lambda value, _: writer.formats.number(int(value)))
    _axis_words(axes, writer, "tail_cuts")
    picture.subplots_adjust(left=0.085, right=0.975, top=0.9, bottom=0.15)
    return picture


def _cut_word(axes: "Axes", cut: int, place: int, word: str, *, is_right: bool) -> None:
    """The name of a cut beside its line, each at a height of its own."""
    axes.annotate(
        word, (cut, 0.08 + 0.13 * place), xytext=(-6 if is_right else 6, 0), textcoords="offset points", color=INK,
        weight="bold", ha="right" if is_right else "left", va="center",
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _categories(finding: Finding, writer: Writer) -> "Figure":
    groups = finding.tables["by_group"].head(GROUPS_SHOWN)
    _refuse_empty(groups, finding)
    picture, axes = canvas(0.6 + 0.4 * len(groups))
    most = max(1, *groups["small_supplier_count"], *groups["inner_small_supplier_count"])
    for place, row in enumerate(groups.itertuples()):
        bars = ((row.small_supplier_count, "", KEPT_COLOUR), (row.inner_small_supplier_count, "////", PAPER))
        for below, (count, hatch, colour) in enumerate(bars):
            height = place - 0.2 + 0.4 * below
            axes.barh(height, count, height=0.36, color=colour, hatch=hatch, edgecolor=KEPT_COLOUR, linewidth=0.8)
            text = writer.formats.number(int(count))
            axes.annotate(text, (count, height), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
    only_bars(axes)
    axes.set_xlim(0, most * 1.1)
    axes.set_yticks(range(len(groups)), [_category_name(row, writer) for row in groups.to_dict("records")])
    axes.set_ylim(len(groups) - 0.4, -0.6)
    picture.subplots_adjust(left=0.36, right=0.985, top=1 - 0.4 / picture.get_figheight(), bottom=0.01)
    _legend(picture, writer, "tail_by_category", {"overall": ("", KEPT_COLOUR), "inner": ("////", PAPER)})
    return picture


def _category_name(row: dict, writer: Writer) -> str:
    code, name = plain(row["category_code"]), plain(row.get(f"category_name_{writer.formats.language}"))
    return wrapped(str(name or code)) if code else writer.say("words.unclassified")


def _curve(finding: Finding, writer: Writer) -> "Figure":
    points = finding.tables["lorenz"]
    _refuse_empty(points, finding)
    across, up = ([float(share) for share in points[name]] for name in ("supplier_share", "cumulative_share"))
    picture, axes = canvas(4.2)
    axes.fill_between(across, up, across, color=KEPT_COLOUR, alpha=0.15, lw=0)
    axes.plot(across, up, color=KEPT_COLOUR, linewidth=2.4)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, dashes=(5, 3))
    axes.annotate(
        writer.say("figures.lorenz.equal"), (0.5, 0.5), xytext=(-8, 6), textcoords="offset points", color=MUTED,
        ha="right", va="bottom",
    )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in ("x", "y"):
        _share_ticks(axes, writer, axis)
    _axis_words(axes, writer, "lorenz")
    picture.subplots_adjust(left=0.085, right=0.965, top=0.92, bottom=0.13)
    return picture


def _timeline(finding: Finding, writer: Writer) -> "Figure":
    quarters = finding.tables["timeline"]
    _refuse_empty(quarters, finding)
    picture, axes = canvas(3.4)
    most = max(1, *(plain(value) or 0 for name in ("new", "gone") for value in quarters[f"{name}_supplier_count"]))
    sides = (("new", 1, KEPT_COLOUR, ""), ("gone", -1, GONE_COLOUR, "////"))
    for name, sign, colour, hatch in sides:
        for place, count in enumerate(quarters[f"{name}_supplier_count"]):
            if (known := plain(count)) is None:
                axes.bar(place, sign * most * 0.12, width=0.8, color=RULE)
                continue
            axes.bar(place, sign * known, width=0.7, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
            text = writer.formats.number(int(known))
            axes.annotate(text, (place, sign * known), xytext=(0, 8 * sign), textcoords="offset points",
                          ha="center", va="center", fontsize=8.5)  # fmt: skip
    axes.axhline(0, color=MUTED, linewidth=0.8)
    step = max(1, -(-len(quarters) // QUARTERS_NAMED))
    axes.set_xticks(range(0, len(quarters), step), list(quarters["quarter_name"])[::step])
    axes.set_yticks([])
    axes.set_ylim(-most * 1.2, most * 1.2)
    axes.spines["bottom"].set_visible(False)
    marks = {"new": ("", KEPT_COLOUR), "gone": ("////", GONE_COLOUR), "unknown": ("", RULE)}
    picture.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.1)
    _legend(picture, writer, "supplier_timeline", marks)
    return picture


def overlap_grid(finding: Finding, writer: Writer) -> "Figure":
    """The overlap of buyers two and two, as a grid of shaded fields."""
    pairs = finding.tables["pairs"]
    _refuse_empty(pairs, finding)
    parties = finding.tables["parties"]
    names = list(parties.loc[parties["party_status"] == "compared", "party_name"])[:PARTIES_SHOWN]
    shares = {
        (row["party_name"], row["other_party_name"]): row["overlap_share"] or Decimal(0)
        for row in pairs.to_dict("records")
    }
    picture, axes = canvas(OVERLAP_FOOT + 0.1 + 0.42 * len(names))
    for row, one in enumerate(names):
        for column, other in enumerate(names[:row]):
            value = shares.get((one, other), shares.get((other, one), Decimal(0)))
            _field(axes, column, row, value, writer)
    axes.set_xlim(-0.5, len(names) - 1.5)
    axes.set_ylim(len(names) - 0.5, 0.5)
    axes.set_yticks(range(1, len(names)), [wrapped(name) for name in names[1:]])
    axes.set_xticks(range(len(names) - 1), [wrapped(name) for name in names[:-1]], rotation=35, ha="right")
    axes.tick_params(labelcolor=INK)
    axes.spines["bottom"].set_visible(False)
    picture.subplots_adjust(left=0.3, right=0.985, top=0.99, bottom=OVERLAP_FOOT / picture.get_figheight())
    return picture


def _field(axes: "Axes", column: int, row: int, value: Decimal, writer: Writer) -> None:
    """One pair: the darker, the more alike, with its share written on it."""
    from matplotlib.patches import Rectangle

    corner, depth = (column - 0.48, row - 0.48), 0.05 + 0.55 * float(value)  # never so dark that ink is lost on it
    axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=KEPT_COLOUR, alpha=depth, edgecolor="none"))
    percent = "<1" if 0 < value < Decimal("0.005") else writer.formats.number(value * 100)
    axes.annotate(percent, (column, row), ha="center", va="center", color=INK, fontsize=8.5)


# --- what several of them need --------------------------------------------------------------------------------------


def _axis_words(axes: "Axes", writer: Writer, key: str) -> None:
    axes.set_xlabel(writer.say(f"figures.{key}.across"), color=MUTED)
    axes.set_title(writer.say(f"figures.{key}.up"), loc="left", color=MUTED, fontsize=9.5)
    axes.grid(axis="y", color=RULE, linewidth=0.8)


def _share_ticks(axes: "Axes", writer: Writer, axis: str) -> None:
    ticks = [float(share) for share in SHARES], [writer.formats.share(share) for share in SHARES]
    (axes.set_xticks if axis == "x" else axes.set_yticks)(*ticks)


def _legend(picture: "Figure", writer: Writer, key: str, marks: dict[str, tuple[str, str]]) -> None:
    """What fills and hatches mean, above the bars."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=KEPT_COLOUR if colour == PAPER else PAPER, linewidth=0.8,
              label=writer.say(f"figures.{key}.{name}"))
        for name, (hatch, colour) in marks.items()
    ]  # fmt: skip
    picture.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, 1), ncols=len(handles), frameon=False, handlelength=1.3,
        columnspacing=1.3, labelcolor=INK, fontsize=8.5, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip


def _refuse_empty(rows: "pd.DataFrame", finding: Finding) -> None:
    if rows.empty:
        raise NoDataError(
            f"The finding «{finding.key}» has nothing to draw.",
            expected="at least one supplier with purchases, and two buyers where buyers are compared",
            todo="choose another period, or import its files",
        )


_PICTURES: dict[str, dict[str, Callable[[Finding, Writer], "Figure"]]] = {
    "tail": {"tail_cuts": _cuts, "tail_by_category": _categories},
    "concentration": {"lorenz": _curve},
    "supplier_changes": {"supplier_timeline": _timeline},
    "overlap": {"overlap": overlap_grid},
}
