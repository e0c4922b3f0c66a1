"""What does each division buy, and how large are its invoices?

A heat table: divisions down, areas across, the darker the more kroner; small fields stay blank so that the eye finds
the large ones. To the right the division's invoices, their mean and the share of small ones.
"""

from decimal import Decimal
from textwrap import fill
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.exact import NOTHING
from procurement_kit.findings import Finding
from procurement_kit.publishing.drawings import INK, MUTED, PAPER, RULE, Drawing, canvas, drawing, size
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AREAS_SHOWN, DIVISIONS_SHOWN = 12, 12
LIGHTEST, DARKEST = (0.86, 0.92, 0.97), (0.34, 0.63, 0.81)  # dark text is readable on both
ON_FIELD = "#0b0f14"
NAME_LENGTH = 30
LABEL_WIDTH = 18  # letters of a division's name on one line
RIGHT = (2.0, 3.8, 5.9)  # where the three columns about invoices end, in fields right of the areas


def draw_buyers(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw what each division buys in each area, with its invoices to the right.

    Parameters
    ----------
    finding : Finding
        What `analyse_buyers` returned.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Raises
    ------
    NoDataError
        If no division is known.
    """
    return drawing("buyers", finding, Formats(language, currency), heat_table)


def heat_table(finding: Finding, writer: Writer) -> "Figure":
    """The picture itself."""
    divisions = [row for row in finding.tables["by_division"].to_dict("records") if plain(row["unit_division_name"])]
    if not divisions:
        raise NoDataError("No division is known.", expected="units.csv with divisions", todo="fill in units.csv")
    divisions = divisions[:DIVISIONS_SHOWN]
    names, fields = _fields(finding, writer)
    picture, axes = canvas(2.05 + 0.36 * len(divisions))
    largest = max((abs(amount) for amount in fields.values()), default=Decimal(1)) or Decimal(1)
    for down, row in enumerate(divisions):
        for across, code in enumerate(names):
            amount = fields.get((row["unit_division_name"], code), NOTHING)
            _field(axes, across, down, amount, largest, finding, writer)
        _invoices(axes, down, len(names), row, writer)
    _frame(axes, divisions, names, writer)
    picture.subplots_adjust(left=0.2, right=0.99, top=1 - 1.95 / picture.get_figheight(), bottom=0.04)
    return picture


def _fields(finding: Finding, writer: Writer) -> tuple[dict[str | None, str], dict[tuple, Decimal]]:
    """Areas shown by code, largest first, the rest as one; kroner by division and area."""
    rows = finding.tables["by_division_and_area"].to_dict("records")
    sums: dict[str | None, Decimal] = {}
    names: dict[str | None, str] = {}
    for row in rows:
        code = plain(row["category_code"])
        sums[code] = sums.get(code, NOTHING) + row["net_amount"]
        name = plain(row[f"category_name_{writer.formats.language}"])
        names[code] = name or writer.say("words.unclassified")
    placed = sorted((code for code in sums if code), key=lambda code: (-sums[code], code))
    shown = placed[:AREAS_SHOWN]
    fields: dict[tuple, Decimal] = {}
    for row in rows:
        code = plain(row["category_code"])
        place = row["unit_division_name"], code if code in shown else "others"
        fields[place] = fields.get(place, NOTHING) + row["net_amount"]
    named = {code: names[code] for code in shown}
    return (named if len(shown) == len(sums) else named | {"others": writer.say("figures.buyers.others")}), fields


def _field(
    axes: "Axes", across: int, down: int, amount: Decimal, largest: Decimal, finding: Finding, writer: Writer
) -> None:
    """A coloured field with its number in millions; blank under the limit."""
    from matplotlib.patches import Rectangle

    if abs(amount) < finding.numbers["least_shown_amount"].value:
        return
    strength = size(abs(amount), "full") / size(largest, "full")
    tone = tuple(light + (dark - light) * strength**0.5 for light, dark in zip(LIGHTEST, DARKEST, strict=True))
    axes.add_patch(Rectangle((across - 0.5, down - 0.5), 1, 1, facecolor=tone, edgecolor=PAPER, linewidth=1.2))
    text = writer.formats.number(amount.scaleb(-6), 1 if abs(amount) < Decimal("99950000") else 0)
    axes.annotate(text, (across, down), ha="center", va="center", color=ON_FIELD, fontsize=8)


def _invoices(axes: "Axes", down: int, start: int, row: dict, writer: Writer) -> None:
    formats = writer.formats
    texts = (
        formats.number(row["document_count"]),
        formats.number(plain(row["mean_invoice_amount"])),
        formats.share(plain(row["small_invoice_share"])),
    )
    for place, text in zip(RIGHT, texts, strict=True):
        axes.annotate(
            text, (start + place, down), ha="right", va="center", color=INK, fontsize=8.5, annotation_clip=False
        )


def _frame(axes: "Axes", divisions: list[dict], names: dict, writer: Writer) -> None:
    axes.set_xlim(-0.5, len(names) + RIGHT[-1] + 0.1)
    axes.set_ylim(len(divisions) - 0.5, -0.5)
    axes.set_yticks(range(len(divisions)), [fill(_short(row["unit_division_name"]), LABEL_WIDTH) for row in divisions])
    axes.tick_params(axis="y", labelcolor=INK, labelsize=8.5)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for down in range(len(divisions) + 1):
        axes.axhline(down - 0.5, color=RULE, linewidth=0.6, zorder=0)
    for across, name in enumerate(names.values()):
        axes.annotate(
            _short(name), (across, -0.62), rotation=55, ha="left", va="bottom", color=INK, fontsize=8,
            rotation_mode="anchor", annotation_clip=False,
        )  # fmt: skip
    heads = (writer.say(f"figures.buyers.{key}", "buyers") for key in ("documents", "mean", "small"))
    for place, head in zip(RIGHT, heads, strict=True):
        axes.annotate(
            head, (len(names) + place, -0.62), ha="right", va="bottom", color=MUTED, fontsize=8, annotation_clip=False
        )


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"
