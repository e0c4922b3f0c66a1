"""Can the classifier's sureness be trusted?

The calibration curve as dots against the line where sureness and truth agree. Same rules as the other figures: geometry
is all that is worked out here, every figure that is printed comes from the finding.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding
from procurement_kit.publishing.drawings import INK, KEPT_COLOUR, MUTED, RULE, Drawing, canvas, drawing
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 4.2
LARGEST_DOT, SMALLEST_DOT = 420.0, 12.0  # points squared
TICKS = (0, 20, 40, 60, 80, 100)


def draw_calibration(finding: Finding, *, language: str = "da", currency: str = "DKK") -> Drawing:
    """Draw how often the classifier is right against how sure it says it is.

    Parameters
    ----------
    finding : Finding
        What `evaluate_classifier` returned; its table `calibration` is drawn.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts; the figure shows none.

    Raises
    ------
    NoDataError
        If no line was measured.
    """
    return drawing("calibration", finding, Formats(language, currency), _calibration)


def _calibration(finding: Finding, writer: Writer) -> "Figure":
    bins = finding.tables["calibration"]
    if bins.empty:
        raise NoDataError("The finding «evaluation» has nothing to draw.", todo="measure on another split")
    most = int(bins["distinct_line_count"].max())
    across, up = ([float(share) * 100 for share in bins[name]] for name in ("mean_probability_share", "right_share"))
    sizes = [SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * int(count) / most for count in bins["distinct_line_count"]]
    picture, axes = canvas(HEIGHT)
    axes.plot([0, 100], [0, 100], color=MUTED, linewidth=1.2, dashes=(5, 3))
    axes.plot(across, up, color=KEPT_COLOUR, linewidth=1.2)
    axes.scatter(across, up, s=sizes, color=KEPT_COLOUR, alpha=0.75, linewidths=0, zorder=3)
    axes.annotate(writer.say("figures.calibration.mark"), (93, 97), color=MUTED, ha="right", va="center", fontsize=8.5)
    axes.annotate(writer.say("figures.calibration.size"), (100, 2), color=INK, ha="right", va="bottom", fontsize=8.5)
    axes.set(xlim=(-2, 104), ylim=(-2, 104))
    words = [writer.formats.share(Decimal(tick) / 100) for tick in TICKS]
    axes.set_xticks(TICKS, words)
    axes.set_yticks(TICKS, words)
    axes.set_xlabel(writer.say("figures.calibration.across"), color=MUTED)
    axes.set_title(writer.say("figures.calibration.up"), loc="left", color=MUTED, fontsize=9.5)
    axes.grid(color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    picture.subplots_adjust(left=0.085, right=0.975, top=0.92, bottom=0.13)
    return picture
