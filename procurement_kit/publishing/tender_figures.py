"""How do the ends of contracts look on a calendar, and how far are framework agreements used?

A Gantt by quarter: a bar from the realistic start of a tender to the contract's last day, darker the more kroner, the
last day for notice and options as marks of their own shape. Framework agreements as bars of their maximum, hatched
where they are older than the data. Both can be read in black and white.
"""

from collections.abc import Sequence
from datetime import date
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
    Drawing,
    canvas,
    drawing,
    wrapped,
)
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_ROWS, LONGEST_MONTHS = 18, 36
TONES = ("#cfe3f1", "#8fbedd", "#4793c4", KEPT_COLOUR)  # by a quarter of the largest contract each: light to dark
DAYS_A_MONTH = 30.44
SHORT_NAME, LONGEST_NAME = 34, 42  # letters of a contract's name in the calendar, with the usual and with more room
WARNING, WIDEST = 80, 125


def draw_expiries(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw the calendar of contracts that end: realistic start, notice, end and option.

    Parameters
    ----------
    finding : Finding
        What `analyse_expiries` returned; its table `calendar` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no contract is in force.
    """
    return drawing("expiries", finding, Formats(language, currency), expiry_bars)


def draw_framework_use(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw how much of their maximum framework agreements have used.

    Parameters
    ----------
    finding : Finding
        What `analyse_framework_use` returned; its table `frameworks` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no contract has a maximum.
    """
    return drawing("framework_use", finding, Formats(language, currency), use_bars)


# --- the calendar ---------------------------------------------------------------------------------------------------


def expiry_bars(finding: Finding, writer: Writer) -> "Figure":
    """The contracts that end first, one row each."""
    rows = finding.tables["calendar"].to_dict("records")[:SHOWN_ROWS]
    if not rows:
        raise NoDataError("No contract is in force.", expected="a contract register", todo="fill in contracts.csv")
    today = _today(finding)
    right = min(LONGEST_MONTHS, max(_months(row["end_date"], today) for row in rows) + 3)
    picture, axes = canvas(1.25 + 0.3 * len(rows))
    largest = max(row["net_amount"] for row in rows) or Decimal(1)
    for place, row in enumerate(rows):
        _expiry(axes, place, row, largest, today)
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.annotate(writer.say("figures.expiries.today"), (0, -0.8), ha="center", va="bottom", color=INK, fontsize=8.5)
    axes.set_yticks(range(len(rows)), [_short(_name(row, rows), LONGEST_NAME) for row in rows], fontsize=8.5)
    axes.set_xlim(-10, right)
    axes.set_ylim(len(rows) - 0.4, -0.9)
    axes.tick_params(axis="y", labelcolor=INK)
    _quarters(axes, today, right, writer.say("figures.expiries.quarter"))
    _calendar_key(picture, writer)
    left = 0.37 if any(len(_name(row, rows)) > SHORT_NAME for row in rows) else 0.3
    picture.subplots_adjust(left=left, right=0.985, top=1 - 0.42 / picture.get_figheight(),
                            bottom=0.42 / picture.get_figheight())  # fmt: skip
    return picture


def _today(finding: Finding) -> date:
    from procurement_kit.periods import parse_period

    return parse_period(finding.parameters["period"]).last_date


def _months(day: date, today: date) -> float:
    return (day - today).days / DAYS_A_MONTH


def _expiry(axes: "Axes", place: int, row: dict, largest: Decimal, today: date) -> None:
    start, end = _months(row["start_date"], today), _months(row["end_date"], today)
    tone = TONES[min(3, int(4 * max(row["net_amount"], Decimal(0)) / largest))]
    axes.barh(place, end - start, left=start, height=0.62, color=tone, edgecolor=INK, linewidth=0.5, zorder=3)
    if option := plain(row["option_date"]):
        axes.plot([end, _months(option, today)], [place, place], color=MUTED, linewidth=1.6, zorder=2)
        axes.plot(_months(option, today), place, marker="|", markersize=9, color=MUTED, markeredgewidth=1.6, zorder=2)
    if notice := plain(row["notice_date"]):
        axes.plot(_months(notice, today), place, marker="v", markersize=6, color=STATUS_COLOURS["wrong_supplier"],
                  markeredgecolor=INK, markeredgewidth=0.6, zorder=4)  # fmt: skip


def _name(row: dict, rows: Sequence[dict]) -> str:
    """The contract's title; with the municipality where there are several."""
    several = len({other["municipality_title"] for other in rows}) > 1
    return f"{row['municipality_title'].split()[0]}: {row['contract_title']}" if several else row["contract_title"]


def _short(name: str, longest: int = SHORT_NAME) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _quarters(axes: "Axes", today: date, right: float, word: str) -> None:
    """A thin line at the first day of each quarter, named where there is room."""
    places = []
    for number in range((today.year - 1) * 4, (today.year + 5) * 4):
        first = date(number // 4, number % 4 * 3 + 1, 1)
        if -10 <= _months(first, today) <= right:
            places.append((_months(first, today), first))
    for at, _ in places:
        axes.axvline(at, color=RULE, linewidth=0.7, zorder=0)
    step = 1 if len(places) <= 10 else 2
    named = places[::step]
    words = [word.replace("#", str(day.month // 3 + 1)) + f"\n{day.year}" for _, day in named]
    axes.set_xticks([at for at, _ in named], words, fontsize=7.5)


def _calendar_key(picture: "Figure", writer: Writer) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    words = {name: writer.say(f"figures.expiries.{name}") for name in ("start", "end", "notice", "option", "size")}
    warned = {"marker": "v", "markersize": 6, "color": STATUS_COLOURS["wrong_supplier"], "markeredgecolor": INK}
    marks = [
        Patch(facecolor=TONES[2], edgecolor=INK, label=f"{words['start']} – {words['end']} ({words['size']})"),
        Line2D([], [], linestyle="none", **warned, label=words["notice"]),
        Line2D([], [], color=MUTED, linewidth=1.6, label=words["option"]),
    ]
    picture.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, handlelength=1.4,
        columnspacing=1.3, labelcolor=INK, fontsize=8, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip


# --- framework agreements -------------------------------------------------------------------------------------------


def use_bars(finding: Finding, writer: Writer) -> "Figure":
    """A bar of its maximum for each framework agreement, the furthest used first."""
    rows = finding.tables["frameworks"].to_dict("records")[:SHOWN_ROWS]
    if not rows:
        raise NoDataError(
            "No contract has a maximum.", expected="Maksimum in contracts.csv", todo="fill it in where there is one"
        )
    picture, axes = canvas(0.75 + 0.32 * len(rows))
    for place, row in enumerate(rows):
        _use(axes, place, row, writer)
    axes.axvline(WARNING, color=STATUS_COLOURS["wrong_supplier"], linewidth=1.4, dashes=(5, 3))
    word = writer.say("figures.framework_use.warning")
    axes.annotate(word, (WARNING + 1, -0.6), ha="left", va="bottom", color=INK, fontsize=8.5)
    axes.set_yticks(range(len(rows)), [wrapped(row["contract_title"]) for row in rows], fontsize=8.5)
    axes.set_xlim(0, WIDEST + 45)
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xticks([])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.spines["bottom"].set_visible(False)
    picture.subplots_adjust(left=0.3, right=0.985, top=0.98, bottom=0.02)
    return picture


def _use(axes: "Axes", place: int, row: dict, writer: Writer) -> None:
    """The bar, its share, and whether the maximum lasts; if it does not, the month in which it is used up."""
    used = float(plain(row["used_share"]) or 0) * 100
    is_least = row["use_basis"] == "at_least"
    shown = {"facecolor": KEPT_COLOUR, "edgecolor": PAPER, "hatch": "////"} if is_least else {"color": KEPT_COLOUR}
    axes.barh(place, 100, height=0.6, color=RULE, zorder=1)
    axes.barh(place, max(0.0, min(used, WIDEST)), height=0.6, linewidth=0, zorder=2, **shown)
    said = f"{writer.say('figures.framework_use.at_least')} " if is_least else ""
    said += f"{writer.formats.share(row['used_share'])} · {writer.entry('values.use_status')[row['use_status']]}"
    if row["use_status"] in ("runs_out", "warning") and (day := plain(row["exhaustion_date"])):
        said += f" ({day:%m.%Y})"
    axes.annotate(said, (max(104.0, min(used, WIDEST) + 3), place), va="center", color=INK, fontsize=8.5)
