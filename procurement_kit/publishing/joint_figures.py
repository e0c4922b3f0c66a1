"""What does a plan for joint tenders look like?

A row for each category group: a thin bar for each municipality until its contract ends, hatched while it must bridge,
and a mark where all can start together. Geometry alone; kroner and days come from the finding.
"""

from datetime import date
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
from procurement_kit.periods import parse_period
from procurement_kit.publishing.drawings import (
    INK,
    KEPT_COLOUR,
    PAPER,
    RULE,
    STATUS_COLOURS,
    Drawing,
    canvas,
    drawing,
    wrapped,
)
from procurement_kit.publishing.formats import Formats, fitting_scale
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS_SHOWN = 12
ROW_HEIGHT, DAYS_A_MONTH = 0.8, 30.44
ROOM_FOR_AMOUNT = 4.5  # months to the right of the last start
HATCHED = {"facecolor": PAPER, "edgecolor": KEPT_COLOUR, "hatch": "/////", "linewidth": 0.5}
START_COLOUR = STATUS_COLOURS["no_known_contract"]


def draw_joint_tenders(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw when municipalities can tender together: contracts until they end, bridging, and the common start.

    Parameters
    ----------
    finding : Finding
        What `find_joint_tenders` returned; its tables `joint` and `by_municipality` are drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no group is bought by several municipalities.
    """
    return drawing("joint_tenders", finding, Formats(language, currency), joint_bars)


def joint_bars(finding: Finding, writer: Writer) -> "Figure":
    """The groups with most kroner, one row each, the municipalities as thin bars in it."""
    groups = finding.tables["joint"].to_dict("records")[:GROUPS_SHOWN]
    if not groups:
        raise NoDataError("No group is bought by several municipalities.", todo="name more members")
    members = finding.tables["by_municipality"].to_dict("records")
    today = parse_period(finding.parameters["period"]).last_date
    right = max(_months(row["common_start_date"], today) for row in groups) + ROOM_FOR_AMOUNT
    picture, axes = canvas(1.3 + 0.55 * len(groups))
    scale = fitting_scale([row["net_amount"] for row in groups])
    for place, group in enumerate(groups):
        own = [row for row in members if row["category_code"] == group["category_code"]]
        _group(axes, place, group, own, today)
        said = writer.formats.amount(group["net_amount"], scale, int(scale == "mio"))
        axes.annotate(said, (right, place), ha="right", va="center", color=INK, fontsize=8)
    _frame(axes, groups, today, right, writer)
    _key(picture, writer)
    height = picture.get_figheight()
    picture.subplots_adjust(left=0.3, right=0.985, top=1 - 0.42 / height, bottom=0.45 / height)
    return picture


def _months(day: date, today: date) -> float:
    return (day - today).days / DAYS_A_MONTH


def _group(axes: "Axes", place: int, group: dict, members: list[dict], today: date) -> None:
    """Bars stand in the order of the municipalities' names, so that a place means the same in every row."""
    start, thin = _months(group["common_start_date"], today), ROW_HEIGHT / max(len(members), 1)
    for number, row in enumerate(sorted(members, key=lambda r: r["municipality_title"])):
        at = place - ROW_HEIGHT / 2 + thin * (number + 0.5)
        free = max(0.0, _months(row["free_from_date"], today))
        axes.barh(at, free, height=thin * 0.8, color=KEPT_COLOUR, zorder=3)
        axes.barh(at, start - free, left=free, height=thin * 0.8, zorder=2, **HATCHED)
    axes.plot([start, start], [place - ROW_HEIGHT / 2, place + ROW_HEIGHT / 2], color=INK, linewidth=1.8, zorder=4)
    is_joint = group["joint_status"] == "only_together"
    axes.plot(start, place, marker="D", markersize=8 if is_joint else 5, zorder=5, markeredgecolor=INK,
              color=START_COLOUR if is_joint else PAPER)  # fmt: skip


def _frame(axes: "Axes", groups: list[dict], today: date, right: float, writer: Writer) -> None:
    name = f"category_name_{writer.formats.language}"
    axes.set_yticks(range(len(groups)), [wrapped(plain(row[name]) or "") for row in groups], fontsize=8.5)
    axes.set_xlim(0, right + 0.1)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)
    word, places = writer.say("figures.joint_tenders.quarter"), []
    for number in range(today.year * 4, (today.year + 7) * 4):
        first = date(number // 4, number % 4 * 3 + 1, 1)
        if 0 <= _months(first, today) <= right - ROOM_FOR_AMOUNT / 2:  # no line through an amount
            places.append((_months(first, today), word.replace("#", str(first.month // 3 + 1)) + f"\n{first.year}"))
    for at, _ in places:
        axes.axvline(at, color=RULE, linewidth=0.7, zorder=0)
    step = 1 if len(places) <= 10 else 2
    axes.set_xticks([at for at, _ in places[::step]], [said for _, said in places[::step]], fontsize=7.5)


def _key(picture: "Figure", writer: Writer) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    words = {n: writer.say(f"figures.joint_tenders.{n}") for n in ("bound", "bridging", "start", "together")}
    mark = {"linestyle": "none", "marker": "D", "markeredgecolor": INK}
    marks = [
        Patch(facecolor=KEPT_COLOUR, label=words["bound"]),
        Patch(label=words["bridging"], **HATCHED),
        Line2D([], [], color=PAPER, markersize=5, label=words["start"], **mark),
        Line2D([], [], color=START_COLOUR, markersize=8, label=words["together"], **mark),
    ]
    picture.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, handlelength=1.4,
        columnspacing=1.2, labelcolor=INK, fontsize=8, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip
