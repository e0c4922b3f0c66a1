"""What do prices of one item, the groups' place in the matrix, and the suppliers' size and seat look like?

Same rules as the other figures: geometry is all that is worked out here, every figure that is printed comes from the
finding. Form and text carry the message, colour only helps: all three read in black and white.
"""

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
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
    drawing_or_word,
    only_bars,
    wrapped,
)
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ITEMS_DRAWN = 12
NAMED_AT_A_SCORE, NAME_WIDTH = 6, 17  # the largest of each score have their name, on two lines at most
LABEL_GAP = 0.08  # of the height of the matrix: less than this apart, two labels would run into each other
SIZE_LOOKS = {
    "micro": ("#0072b2", ""), "small": ("#56a0cf", "//"), "medium": ("#a9cfe8", ".."), "large": ("#c98500", ""),
    "local": ("#0072b2", ""), "elsewhere": ("#c98500", ""), "unknown": (LEFT_OUT_COLOUR, "xx"),
}  # fmt: skip


def draw_prices(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw the spread of prices of the items with the largest saving, the agreed price marked.

    Parameters
    ----------
    finding : Finding
        What `analyse_prices` returned; its table `items` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.
    """
    return drawing_or_word("prices", finding, Formats(language, currency), _prices)


def draw_kraljic(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw the category groups by share of spend and supply risk.

    Parameters
    ----------
    finding : Finding
        What `analyse_kraljic` returned; its table `groups` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.
    """
    return drawing_or_word("kraljic", finding, Formats(language, currency), _matrix)


def draw_supplier_profile(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw spend by the suppliers' size and by their seat, as two bars of 100 %.

    Parameters
    ----------
    finding : Finding
        What `analyse_supplier_profile` returned; its tables `by_size` and `by_place` are drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.
    """
    return drawing_or_word("supplier_profile", finding, Formats(language, currency), _profile)


# --- prices of items ------------------------------------------------------------------------------------------------


def _prices(finding: Finding, writer: Writer) -> "Figure":
    """A strip per item, in per cent of its median: whisker from lowest to highest, box over the middle half."""
    items = finding.tables["items"]
    items = items[[high > low for high, low in zip(items["max_price"], items["min_price"], strict=True)]]
    items = items.head(ITEMS_DRAWN)
    _refuse_empty(items, finding, "an item bought at more than one price")
    picture, axes = canvas(1.15 + 0.36 * len(items))
    for place, row in enumerate(items.itertuples()):
        _strip(axes, place, row)
    axes.axvline(100, color=MUTED, linewidth=0.9, zorder=0)
    axes.use_sticky_edges = False  # else a mark at the edge is cut
    axes.margins(x=0.06)
    axes.set_yticks(range(len(items)), [wrapped(_item_name(row)) for row in items.itertuples()])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(len(items) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(lambda value, _: writer.formats.number(int(value)))
    axes.set_xlabel(writer.say("figures.prices.across"), color=MUTED)
    axes.grid(axis="x", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    height = picture.get_figheight()
    picture.subplots_adjust(left=0.40, right=0.975, top=1 - 0.4 / height, bottom=0.5 / height)
    _price_key(picture, writer)
    return picture


def _item_name(row: object) -> str:
    return str(plain(row.item_name) or row.item_number)


def _strip(axes: "Axes", place: int, row: object) -> None:
    names = ("min_price", "p25_price", "median_price", "p75_price", "max_price", "agreed_price")
    prices = {name: plain(getattr(row, name)) for name in names}
    least, low, middle, high, most, agreed = (_percent(prices[name], row.median_price) for name in names)
    axes.plot([least, most], [place, place], color=INK, linewidth=1.1)
    for end in (least, most):
        axes.plot([end, end], [place - 0.16, place + 0.16], color=INK, linewidth=1.1)
    axes.barh(place, high - low, left=low, height=0.46, color=KEPT_COLOUR, alpha=0.55, edgecolor=INK, linewidth=0.8)
    axes.plot([middle, middle], [place - 0.23, place + 0.23], color=INK, linewidth=2.2)
    if agreed is not None:
        axes.plot([agreed], [place], marker="D", markersize=6.5, color=STATUS_COLOURS["no_known_contract"],
                  markeredgecolor=INK, markeredgewidth=0.8, linestyle="none", zorder=4)  # fmt: skip


def _percent(price: Decimal | None, median: Decimal) -> float | None:
    return None if price is None else float(price / median * 100)


def _price_key(picture: "Figure", writer: Writer) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    words = writer.entry("figures.prices.marks")
    marks = [
        Line2D([], [], color=INK, linewidth=1.1, label=words["whisker"]),
        Patch(facecolor=KEPT_COLOUR, edgecolor=INK, alpha=0.55, label=words["box"]),
        Line2D([], [], color=INK, marker="|", markersize=10, markeredgewidth=2.2, linestyle="none",
               label=words["median"]),
        Line2D([], [], color=STATUS_COLOURS["no_known_contract"], marker="D", markeredgecolor=INK, markersize=6,
               linestyle="none", label=words["agreed"]),
    ]  # fmt: skip
    picture.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8.5, labelcolor=INK,
        handlelength=1.4, columnspacing=1.3, borderaxespad=0.1,
    )  # fmt: skip


# --- the matrix -----------------------------------------------------------------------------------------------------


def _matrix(finding: Finding, writer: Writer) -> "Figure":
    groups = finding.tables["groups"]
    groups = groups[[plain(share) is not None and share > 0 for share in groups["net_share"]]]
    _refuse_empty(groups, finding, "at least one category group with a score")
    picture, axes = canvas(4.8)
    shares = [float(share) * 100 for share in groups["net_share"]]
    important = float(finding.numbers["important_from_share"].value) * 100
    top = max(*shares, important) * 1.22
    risky = finding.numbers["risky_from"].value - 0.5
    axes.axvline(risky, color=MUTED, linewidth=1.1, dashes=(5, 3))
    axes.axhline(important, color=MUTED, linewidth=1.1, dashes=(5, 3))
    risks = [int(score) for score in groups["supply_risk_score"]]
    axes.scatter(risks, shares, s=52, color=TYPE_COLOURS["goods"], edgecolors=INK, linewidths=0.8, zorder=3)
    axes.set(xlim=(0.5, 6.1), ylim=(-0.09 * top, top))
    _name_dots(axes, groups, risks, shares, writer)
    _quadrant_names(axes, writer)
    axes.set_xticks(range(1, 6))
    axes.yaxis.set_major_formatter(
        lambda value, _: writer.formats.share(Decimal(str(round(value, 4))) / 100, 1) if value >= 0 else ""
    )
    axes.set_xlabel(writer.say("figures.kraljic.across"), color=MUTED)
    axes.set_title(writer.say("figures.kraljic.up"), loc="left", color=MUTED, fontsize=9.5, pad=18)
    picture.subplots_adjust(left=0.095, right=0.985, top=0.87, bottom=0.11)
    return picture


def _name_dots(axes: "Axes", groups: "pd.DataFrame", risks: list[int], shares: list[float], writer: Writer) -> None:
    """Name the largest groups of each score; the names of the others stand in the table."""
    largest = sorted(range(len(risks)), key=lambda place: (-shares[place], place))
    named = [n for n in largest if [m for m in largest if risks[m] == risks[n]].index(n) < NAMED_AT_A_SCORE]
    heights = label_heights([risks[n] for n in named], [shares[n] for n in named], axes.get_ylim()[1])
    for place, height in zip(named, heights, strict=True):
        row = groups.iloc[place]
        name = str(plain(row[f"category_name_{writer.formats.language}"]) or row["category_code"])
        lines = textwrap.wrap(name, NAME_WIDTH)
        text = "\n".join(lines if len(lines) <= 2 else [lines[0], f"{lines[1][: NAME_WIDTH - 1]}…"])
        axes.annotate(
            text, (risks[place], shares[place]), xytext=(risks[place] + 0.13, height), va="center", fontsize=7.5,
            color=INK, linespacing=0.95, arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.5, "relpos": (0, 0.5)},
        )  # fmt: skip


def label_heights(risks: list[int], shares: list[float], top: float) -> list[float]:
    """Heights at which the labels of dots do not run into each other: moved up in each column, in order of share.

    Examples
    --------
    >>> label_heights([1, 1, 2], [10.0, 10.0, 10.0], 100.0)
    [10.0, 18.0, 10.0]
    """
    heights = list(shares)
    for risk in set(risks):
        column = sorted((place for place, other in enumerate(risks) if other == risk), key=lambda n: (shares[n], n))
        below = -top
        for place in column:
            heights[place] = below = max(shares[place], below + LABEL_GAP * top, LABEL_GAP * top / 2)
        above = top * (1 - LABEL_GAP / 2) + LABEL_GAP * top
        for place in reversed(column):  # pushed down again where the column ran over the top
            heights[place] = above = min(heights[place], above - LABEL_GAP * top)
    return heights


def _quadrant_names(axes: "Axes", writer: Writer) -> None:
    words = writer.entry("values.quadrant")
    places = {"leverage": (0.005, 1.01, "left", "bottom"), "strategic": (0.995, 1.01, "right", "bottom"),
              "routine": (0.005, 0.015, "left", "bottom"), "bottleneck": (0.995, 0.015, "right", "bottom")}  # fmt: skip
    for name, (across, up, ha, va) in places.items():
        axes.text(across, up, words[name], transform=axes.transAxes, ha=ha, va=va, weight="bold", color=MUTED,
                  fontsize=8.5)  # fmt: skip


# --- size and place -------------------------------------------------------------------------------------------------


def _profile(finding: Finding, writer: Writer) -> "Figure":
    picture, axes = canvas(3.3)
    bars = (("by_size", "size_class", 0.0), ("by_place", "supplier_place", 3.4))
    for table, column, place in bars:
        rows = finding.tables[table]
        rows = rows[[amount > 0 for amount in rows["net_amount"]]]
        _refuse_empty(rows, finding, "spend above nothing")
        axes.text(0, place - 0.72, writer.say(f"figures.supplier_profile.{table}"), weight="bold", color=INK)
        _stacked(axes, rows, column, place, writer)
    axes.set_xlim(0, 100)
    axes.set_ylim(6.1, -1.15)
    axes.set_yticks([])
    only_bars(axes)
    picture.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    return picture


def _stacked(axes: "Axes", rows: "pd.DataFrame", column: str, place: float, writer: Writer) -> None:
    words = writer.entry(f"values.{column}")
    whole = float(sum(rows["net_amount"]))
    start, across, height = 0.0, 0.0, place + 0.95
    cells = zip(rows[column], rows["net_amount"], rows["net_share"], strict=True)
    for number, (name, amount, part) in enumerate(cells):
        width = 100 * float(amount) / whole
        colour, hatch = SIZE_LOOKS[name]
        axes.barh(place, width, left=start, height=0.85, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=1.2)
        share = writer.formats.share(part)
        if width >= 8:
            box = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
            axes.annotate(share, (start + width / 2, place), ha="center", va="center", color=ON_COLOUR, weight="bold",
                          bbox=box)  # fmt: skip
        start += width
        across, row = 50.0 * (number % 2), number // 2
        axes.barh(height + 0.62 * row, 2.2, left=across, height=0.4, color=colour, hatch=hatch, edgecolor=PAPER)
        text = f"{words[name]}: {share} · {writer.formats.short_amount(amount)}"
        axes.annotate(text, (across + 3.2, height + 0.62 * row), va="center", color=INK, fontsize=9)


def _refuse_empty(rows: "pd.DataFrame", finding: Finding, expected: str) -> None:
    if rows.empty:
        raise NoDataError(
            f"The finding «{finding.key}» has nothing to draw.",
            expected=expected,
            todo="choose another period, or deliver what is missing",
        )
