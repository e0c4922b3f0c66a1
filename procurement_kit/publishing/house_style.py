"""How does a client's own name, logo and colour stand in a report?

`client_name`, `logo` and `accent_colour` of municipality.toml. The colour marks headings, links and table heads in
HTML, slides and workbook; figures keep their tones, since those can be told apart by colour-blind readers and in grey.
"""

import base64
from dataclasses import dataclass

from procurement_kit.errors import SettingsError
from procurement_kit.settings import SETTINGS_FILE, Municipality

ACCENT, DARK_PAPER = "#00609a", "#161c23"
LEAST_CONTRAST = 4.5  # of a text and its ground, WCAG 2.2 AA
SOFT, SOFT_DARK, STEP, STEPS = 0.92, 0.85, 0.05, 20
MEDIA = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LARGEST_LOGO = 500_000  # bytes; it lies in every report


@dataclass(frozen=True)
class HouseStyle:
    """Whose report it is, to look at.

    Parameters
    ----------
    name : str
        The client's name on the cover; empty where it is the municipality's own report.
    logo : bytes
        A PNG or JPEG; empty where there is none.
    accent : str
        `#rrggbb`, dark enough to be read on white.
    """

    name: str = ""
    logo: bytes = b""
    accent: str = ACCENT

    @property
    def logo_address(self) -> str:
        """The logo as an address that stands in the file itself; empty where there is none."""
        return f"data:{media_of(self.logo)};base64,{base64.b64encode(self.logo).decode()}" if self.logo else ""

    @property
    def css(self) -> str:
        """What has to be said after the report's own styles; empty where the colour is the kit's own."""
        if self.accent == ACCENT:
            return ""
        light = f"--accent:{self.accent};--soft:{_blend(self.accent, '#ffffff', SOFT)}"
        bright = _until_readable(self.accent, DARK_PAPER, "#ffffff")
        dark = f"--accent:{bright};--soft:{_blend(bright, DARK_PAPER, SOFT_DARK)}"
        return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}@media print{{:root{{{light}}}}}"


def house_style(municipality: Municipality) -> HouseStyle:
    """The house style that a municipality's settings name.

    Raises
    ------
    SettingsError
        If the logo is not there, is no PNG or JPEG or too large, or the colour cannot be read on white.
    """
    accent = municipality.accent_colour.casefold() or ACCENT
    found = contrast(accent, "#ffffff")
    if found < LEAST_CONTRAST:
        raise _wrong(
            f"accent_colour {accent} is too light: its contrast on white is {found:.1f}",
            f"a contrast of at least {LEAST_CONTRAST}",
            f"take a darker tone of it, such as {_until_readable(accent, '#ffffff', '#000000')}",
        )
    return HouseStyle(municipality.client_name, _logo(municipality), accent)


def _logo(municipality: Municipality) -> bytes:
    if not municipality.logo:
        return b""
    path = municipality.folder / municipality.logo
    if not path.is_file():
        expected = "a file in the municipality's folder"
        raise _wrong(f"the logo «{municipality.logo}» is not there", expected, "put it there")
    content = path.read_bytes()
    if not media_of(content) or len(content) > LARGEST_LOGO:
        raise _wrong(
            f"the logo «{municipality.logo}» cannot be used",
            f"a PNG or JPEG of at most {LARGEST_LOGO // 1000} kB",
            "save it anew, some hundred pixels wide",
        )
    return content


def media_of(content: bytes) -> str:
    """The kind of a picture by its first bytes; empty for any other file, whatever it is called.

    Examples
    --------
    >>> media_of(b"\\xff\\xd8\\xff\\xe0"), media_of(b"<svg")
    ('image/jpeg', '')
    """
    return next((media for start, media in MEDIA.items() if content.startswith(start)), "")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio).

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _until_readable(colour: str, ground: str, towards: str) -> str:
    """The colour, moved towards black or white in small steps until it can be read on its ground."""
    steps = (_blend(colour, towards, number * STEP) for number in range(STEPS + 1))
    return next(tone for tone in steps if contrast(tone, ground) >= LEAST_CONTRAST)


def _blend(colour: str, other: str, share: float) -> str:
    """So much of the other colour in it."""
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(colour), _parts(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _wrong(problem: str, expected: str, todo: str) -> SettingsError:
    return SettingsError(f"{SETTINGS_FILE}: {problem}.", expected=expected, todo=todo)
