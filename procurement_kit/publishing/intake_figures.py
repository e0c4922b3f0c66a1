"""What does the account of an import look like: files, months, fields?

Same rules as the other figures: geometry is all that is worked out here, every figure that is printed comes from the
finding. Blue counts, orange needs a question, grey is set aside.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
from procurement_kit.publishing.drawings import (
    INK,
    KEPT_COLOUR,
    LEFT_OUT_COLOUR,
    MUTED,
    RULE,
    STATUS_COLOURS,
    TYPE_COLOURS,
    WIDTH,
    Drawing,
    canvas,
    drawing,
    only_bars,
    size,
    values_before_bars,
    wrapped,
)
from procurement_kit.publishing.formats import Formats, fitting_scale
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ASK_COLOUR = STATUS_COLOURS["wrong_supplier"]
USEFUL_COLOUR = TYPE_COLOURS["services"]
PART_COLOURS = {"taken": KEPT_COLOUR, "held_back": ASK_COLOUR, "duplicate": LEFT_OUT_COLOUR}
FILES_SHOWN, MONTHS_LABELLED = 12, 36
FULL = 100


def draw_load_account(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw per file how many lines were taken in, held back and found twice.

    Parameters
    ----------
    finding : Finding
        What `analyse_intake` returned; its table `deliveries` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no line was read.
    """
    return drawing("load_account", finding, Formats(language, currency), _account)


def draw_months(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw kroner per month and kind of source; months without data and jumps stand out.

    Parameters
    ----------
    finding : Finding
        What `analyse_intake` returned; its table `months` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no line was taken in.
    """
    return drawing("months", finding, Formats(language, currency), _months)


def draw_filled_fields(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw how filled each field is per kind of source; needed fields that are poorly filled stand out.

    Parameters
    ----------
    finding : Finding
        What `analyse_intake` returned; its table `fields` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no line was taken in.
    """
    return drawing("filled_fields", finding, Formats(language, currency), _fields)


def _refuse_empty(rows: "pd.DataFrame") -> None:
    if rows.empty:
        raise NoDataError(
            "The finding «intake» has nothing to draw.",
            expected="at least one invoice line taken in",
            todo="import files, or choose another period",
        )


def _legend(picture: "Figure", marks: list[tuple[str, str]]) -> None:
    """What the colours mean, above the bars."""
    from matplotlib.patches import Patch

    picture.legend(
        handles=[Patch(color=colour, label=label) for colour, label in marks], loc="upper left",
        bbox_to_anchor=(0, 1), ncols=len(marks), frameon=False, handlelength=1.1, columnspacing=1.3, labelcolor=INK,
        fontsize=8.5, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip


# --- files ----------------------------------------------------------------------------------------------------------


def _account(finding: Finding, writer: Writer) -> "Figure":
    rows = finding.tables["deliveries"]
    _refuse_empty(rows[rows["read_line_count"] > 0])
    shown = list(rows.head(FILES_SHOWN).itertuples())
    picture, axes = canvas(0.5 + 0.42 * len(shown))
    for place, row in enumerate(shown):
        start = 0
        for part, colour in PART_COLOURS.items():
            count = getattr(row, f"{part}_line_count")
            axes.barh(place, count, left=start, height=0.62, color=colour)
            start += count
        note = _aside(row, writer)
        axes.annotate(note, (start, place), xytext=(6, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xlim(0, max(row.read_line_count for row in shown) * 1.42)
    only_bars(axes)
    axes.set_yticks(range(len(shown)), [_file_label(row, writer) for row in shown])
    values_before_bars(axes, [writer.formats.number(row.read_line_count) for row in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    words = writer.entry("figures.load_account.parts")
    _legend(picture, [(colour, words[part]) for part, colour in PART_COLOURS.items()])
    picture.subplots_adjust(left=0.44, right=0.985, top=1 - 0.36 / picture.get_figheight(), bottom=0.01)
    return picture


def _file_label(row, writer: Writer) -> str:
    if name := plain(row.source_name):
        return wrapped(name)
    kind = writer.entry("values.source_kind")[row.source_kind]
    return f"{kind} ({writer.formats.number(row.file_count)})"


def _aside(row, writer: Writer) -> str:
    """How many lines of a file do not count; they are too few to see on the bar."""
    words = writer.entry("figures.load_account.parts")
    counts = [(words[part], getattr(row, f"{part}_line_count")) for part in ("held_back", "duplicate")]
    return " · ".join(f"{writer.formats.number(count)} {word}" for word, count in counts if count)


# --- months ---------------------------------------------------------------------------------------------------------


def _months(finding: Finding, writer: Writer) -> "Figure":
    from matplotlib.figure import Figure

    rows = finding.tables["months"]
    rows = rows[~rows["month_status"].isin(["outside", "stray"])]
    _refuse_empty(rows)
    names = sorted(set(rows["month_name"]))
    kinds = sorted(set(rows["source_kind"]))
    scale = fitting_scale(list(rows["net_amount"]))
    picture = Figure(figsize=(WIDTH, 0.75 + 1.75 * len(kinds)))
    panels = picture.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0]
    for axes, kind in zip(panels, kinds, strict=True):
        _month_bars(axes, rows[rows["source_kind"] == kind], names, scale, writer)
        axes.set_title(writer.entry("values.source_kind")[kind], loc="left", color=INK, fontsize=9.5, pad=12)
    panels[-1].set_xticks(range(len(names)), _month_labels(names), fontsize=8.5)
    panels[-1].set_xlim(-0.7, len(names) - 0.3)
    words = writer.entry("figures.months.marks")
    _legend(picture, [(KEPT_COLOUR, words["data"]), (ASK_COLOUR, words["jump"]), (RULE, words["none"])])
    picture.text(0.985, 0.995, writer.formats.unit(scale), ha="right", va="top", color=MUTED, fontsize=9)
    height = picture.get_figheight()
    picture.subplots_adjust(left=0.075, right=0.985, top=1 - 0.62 / height, bottom=0.42 / height, hspace=0.42)
    return picture


def _month_bars(axes: "Axes", rows: "pd.DataFrame", names: list[str], scale: str, writer: Writer) -> None:
    tallest = max((size(amount, scale) for amount in rows["net_amount"]), default=0) or 1.0
    for row in rows.itertuples():
        place, length = names.index(row.month_name), size(row.net_amount, scale)
        if row.month_status == "none":
            axes.bar(place, tallest, width=0.86, color=RULE)
            continue
        is_jump = row.month_status.startswith("jump")
        axes.bar(place, length, width=0.72, color=ASK_COLOUR if is_jump else KEPT_COLOUR)
        if is_jump and len(names) <= MONTHS_LABELLED:
            axes.annotate(
                writer.formats.scaled(row.net_amount, scale), (place, max(length, 0)), xytext=(0, 2),
                textcoords="offset points", ha="center", va="bottom", color=INK, fontsize=8, weight="bold",
            )  # fmt: skip
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(lambda value, _: writer.formats.number(Decimal(f"{value:g}"), int(value % 1 > 0)))
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(0, color=MUTED, linewidth=0.8)


def _month_labels(names: list[str]) -> list[str]:
    """Month numbers, with the year under the first of each year; every third only where there are many."""
    labels, previous = [], ""
    for place, name in enumerate(names):
        year, month = name.split("-")
        number = str(int(month)) if len(names) <= MONTHS_LABELLED or place % 3 == 0 else ""
        labels.append(f"{number}\n{year}" if year != previous else number)
        previous = year
    return labels


# --- fields ---------------------------------------------------------------------------------------------------------


def _fields(finding: Finding, writer: Writer) -> "Figure":
    from matplotlib.figure import Figure

    rows = finding.tables["fields"]
    _refuse_empty(rows)
    used = {row.field_key for row in rows.itertuples() if row.field_status != "useful" or row.filled_count}
    rows = rows[rows["field_key"].isin(used)]
    keys, kinds = list(dict.fromkeys(rows["field_key"])), sorted(set(rows["source_kind"]))
    picture = Figure(figsize=(WIDTH, 0.85 + 0.27 * len(keys)))
    panels = picture.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        for row in rows[rows["source_kind"] == kind].itertuples():
            _field_bar(axes, keys.index(row.field_key), row, writer)
        axes.set_xlim(0, FULL * 1.34)
        axes.set_title(writer.entry("values.source_kind")[kind], loc="left", color=INK, fontsize=9.5)
        only_bars(axes)
    labels = dict(zip(rows["field_key"], rows[f"field_name_{writer.formats.language}"], strict=True))
    panels[0].set_yticks(range(len(keys)), [labels[key] for key in keys])
    panels[0].set_ylim(len(keys) - 0.4, -0.6)
    words = writer.entry("figures.filled_fields.marks")
    colours = {"needed": KEPT_COLOUR, "poor": ASK_COLOUR, "useful": USEFUL_COLOUR}
    _legend(picture, [(colour, words[mark]) for mark, colour in colours.items()])
    height = picture.get_figheight()
    picture.subplots_adjust(left=0.27, right=0.99, top=1 - 0.62 / height, bottom=0.01, wspace=0.04)
    return picture


def _field_bar(axes: "Axes", place: int, row, writer: Writer) -> None:
    filled = float(plain(row.filled_share) or 0) * FULL
    colour = {"needed": KEPT_COLOUR, "poor": ASK_COLOUR}.get(row.field_status, USEFUL_COLOUR)
    axes.barh(place, FULL, height=0.5, color=RULE)
    axes.barh(place, filled, height=0.5, color=colour)
    axes.annotate(
        writer.formats.share(plain(row.filled_share)), (FULL, place), xytext=(5, 0), textcoords="offset points",
        va="center", color=INK, fontsize=8.5, weight="bold" if row.field_status == "poor" else "normal",
    )  # fmt: skip
