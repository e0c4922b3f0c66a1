"""How do the pages become one HTML file that opens anywhere, offline, and prints on A4?

Jinja2 with autoescape; styles, figures and the one script that sorts tables stand in the file, and its own policy
forbids every request and every other script. The same pages give the same bytes.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from procurement_kit.publishing.house_style import HouseStyle
from procurement_kit.publishing.pages import PageView, TableView
from procurement_kit.publishing.sentences import Writer

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Cover:
    """What stands at the head of the report."""

    title: str
    municipality: str
    period: str
    data_line: str
    preliminary: tuple[str, ...]
    style: HouseStyle = HouseStyle()


def render_html(cover: Cover, pages: tuple[PageView, ...], writer: Writer) -> str:
    """Make the report's HTML file.

    Parameters
    ----------
    cover : Cover
        Title, municipality, period, data line, and why the report is preliminary, if it is.
    pages : tuple of PageView
        Filled pages, in order.
    writer : Writer
        For the words of the frame.

    Returns
    -------
    str
        A complete HTML document.
    """
    environment = _environment()
    style, script = (environment.get_template(name).render() for name in ("report.css", "report.js"))
    style += cover.style.css
    mark = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()  # the one script that the file may run
    text = environment.get_template("report.html.j2").render(
        cover=cover, pages=pages, words=writer.entry("words"), language=writer.formats.language, style=style,
        script=script, script_hash=mark,
    )  # fmt: skip
    return re.sub(r"[ \t]+\n", "\n", text)


def render_table(table: TableView) -> str:
    """Make one table as HTML."""
    return str(_environment().get_template("parts.html.j2").module.table(table))


def _sorted_as(value: object) -> str:
    """The attribute that a number is sorted by, whatever its unit; too few digits for a personal number."""
    from markupsafe import Markup

    is_number = isinstance(value, (Decimal, int, float)) and not isinstance(value, bool)
    return Markup(f' data-value="{float(value):.6e}"') if is_number else ""


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("procurement_kit.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inline"] = lambda svg: Markup(svg.replace(' xmlns="http://www.w3.org/2000/svg"', ""))
    environment.filters["style"] = lambda css: Markup(css)
    environment.filters["sorted_as"] = _sorted_as
    return environment
