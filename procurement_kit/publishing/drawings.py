"""Which visual language do all figures speak, and how do they become pictures?

Tones that colour-blind readers can tell apart (after Okabe and Ito), text as text, one font stack. The SVG is the same
byte for byte on every run, asks nothing of the network, and takes ink and paper from the page it stands on, so that it
works in light and dark.
"""

import io
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import NoDataError
from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.formats import POWERS, Formats
from procurement_kit.publishing.sentences import Writer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

INK, MUTED, RULE, PAPER = "#17202b", "#56616e", "#d5dbe1", "#fefefe"
PAGE_COLOURS = {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper"}
TYPE_COLOURS = {"goods": "#0072b2", "services": "#56a0cf", "works": "#c98500", "unclassified": "#98a1ab"}
STATUS_COLOURS = {
    "on_contract": "#009e73",
    "wrong_supplier": "#d55e00",
    "no_known_contract": "#c98500",
    "undecidable": "#98a1ab",
}
ON_COLOUR = "#0b0f14"  # text on a coloured bar: at least 4.5 : 1 on every tone, in light and dark
KEPT_COLOUR, LEFT_OUT_COLOUR = "#0072b2", "#98a1ab"
LABEL_WIDTH = 32
WIDTH = 7.6  # inches; 760 px on screen
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "procurement_kit",
    "font.family": ["DejaVu Sans"],  # shipped with matplotlib; the widest stack, so no other font overflows
    "font.size": 9.5,
    "axes.edgecolor": RULE,
    "axes.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": INK,
}


@dataclass(frozen=True)
class Drawing:
    """A figure that shows itself in Jupyter.

    Parameters
    ----------
    key : str
        Name of the figure.
    title : str
        Sentence above it.
    alt : str
        What it shows, for one who cannot see it.
    svg : str
        The picture.
    painted : Figure, optional
        What the picture was made from, for other formats.
    """

    key: str
    title: str
    alt: str
    svg: str
    painted: "Figure | None" = field(default=None, repr=False, compare=False)

    def png(self, dots: int = 200) -> bytes:
        """The same picture in dots per inch, on white paper; for slides."""
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        file = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            FigureCanvasAgg(self.painted)
            self.painted.savefig(file, format="png", dpi=dots, metadata={"Software": None})
        return file.getvalue()

    def _repr_html_(self) -> str:
        from markupsafe import escape

        return f"<figure><figcaption><strong>{escape(self.title)}</strong></figcaption>{self.svg}</figure>"


def drawing(key: str, finding: Finding, formats: Formats, draw: Callable[[Finding, Writer], "Figure"]) -> Drawing:
    """Draw a finding in the visual language, with its title and alternative text in the reader's language."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    writer = Writer(formats, {finding.key: finding}, {"period": Number(finding.parameters.get("period"), "text")})
    title = writer.say(f"figures.{key}.title", finding.key)
    alt = writer.say(f"figures.{key}.alt", finding.key)
    with matplotlib.rc_context(STYLE):
        figure = draw(finding, writer)
        file = io.StringIO()
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None})
    return Drawing(key, title, alt, _page_svg(file.getvalue(), key, title, alt), figure)


def drawing_or_word(
    key: str, finding: Finding, formats: Formats, draw: Callable[[Finding, Writer], "Figure"]
) -> Drawing:
    """Draw a finding, or say that it has nothing to draw: a notebook goes on where a municipality lacks some data."""
    try:
        return drawing(key, finding, formats, draw)
    except NoDataError:
        said = Writer(formats, {}).say("words.nothing_to_draw")
        return Drawing(key, said, said, "")


def _page_svg(svg: str, key: str, title: str, alt: str) -> str:
    from markupsafe import escape

    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(?<=id=")(?=[^"]+")', f"{key}-", svg)
    svg = re.sub(r'(?<=url\(#)|(?<=href="#)', f"{key}-", svg).replace("xlink:href", "href")
    for colour, name in PAGE_COLOURS.items():
        svg = svg.replace(colour, f"var({name}, {colour})")
    svg = re.sub(r"font(-family)?: ([^;\"]*)'DejaVu Sans'", r"font\1: \2'DejaVu Sans', Verdana, sans-serif", svg)
    box = re.search(r'viewBox="[^"]*"', svg)[0]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} width="760" role="img" style="max-width:100%;height:auto" '
        f'aria-labelledby="{key}-title {key}-alt"><title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-alt">{escape(alt)}</desc>'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, svg, count=1).strip()


def canvas(height: float) -> "tuple[Figure, Axes]":
    """An empty figure of the page's width and this height in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.add_subplot()


def only_bars(axes: "Axes") -> None:
    """Leave out the value axis where every bar carries its number."""
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    if axes.get_xlim()[0] < 0:
        axes.axvline(0, color=MUTED, linewidth=0.8)


def values_before_bars(axes: "Axes", values: list[str], is_bold: list[bool] | None = None) -> None:
    """Print the values in a column of their own between labels and bars, where no mark can be taken for them."""
    axes.tick_params(axis="y", pad=58)
    for place, (value, bold) in enumerate(zip(values, is_bold or [True] * len(values), strict=True)):
        axes.annotate(
            value, (0, place), xycoords=axes.get_yaxis_transform(), xytext=(-6, 0), textcoords="offset points",
            ha="right", va="center", color=INK, weight="bold" if bold else "normal",
        )  # fmt: skip


def type_key(
    figure: "Figure", writer: Writer, names: list[str], scale: str, *, has_unsure: bool, last_year: str
) -> None:
    """A legend above the bars: unit, tones, what is hatched, last year's mark."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    words = writer.entry("values.purchase_type")
    marks = [Patch(color=TYPE_COLOURS[name], label=words[name]) for name in names]
    if has_unsure:
        unsure = {"facecolor": TYPE_COLOURS["services"], "edgecolor": PAPER, "hatch": "////", "linewidth": 0}
        marks.append(Patch(**unsure, label=writer.say("words.area_only")))
    if last_year:
        upright = {"marker": "|", "markersize": 11, "markeredgewidth": 2, "linestyle": "none"}
        marks.append(Line2D([], [], color=INK, **upright, label=writer.say(f"words.{last_year}")))
    figure.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0, 1), ncols=len(marks), frameon=False, handlelength=1.1,
        columnspacing=1.3, labelcolor=INK, fontsize=8.5, borderaxespad=0.1, handletextpad=0.5,
    )  # fmt: skip
    figure.text(0.985, 0.995, writer.formats.unit(scale), ha="right", va="top", color=MUTED, fontsize=9)


def whole_numbers() -> "MaxNLocator":
    """Marks at a few whole numbers."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6, integer=True)


def size(amount: Decimal | None, scale: str) -> float:
    """An amount as a length on a scale; the only place where an amount becomes a float for drawing."""
    return float(Decimal(amount or 0).scaleb(-POWERS[scale]))


def wrapped(label: str) -> str:
    """A label on at most two lines."""
    lines = textwrap.wrap(label, LABEL_WIDTH)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], f"{lines[1][: LABEL_WIDTH - 1]}…"])
