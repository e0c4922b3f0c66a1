"""How is a number written, so that a Dane or an English reader reads it at once?

Decimals in, text out. Rounding is half up, as on paper; what is missing is «–». Number and unit never part at a line
end (no-break space). A share that rounds to nothing or to everything says so instead of lying.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

MISSING = "–"
NO_BREAK = "\u00a0"
MINUS = "\u2212"
_LOCALES = {"da": "da_DK", "en": "en_GB"}
_SIGNS = {"DKK": "kr.", "NOK": "kr.", "SEK": "kr."}
_UNDER = {"da": ("under", "over"), "en": ("under", "over")}
SCALES = {
    "da": {"mia": "mia.", "mio": "mio.", "thousand": "t.", "full": ""},
    "en": {"mia": "bn", "mio": "m", "thousand": "k", "full": ""},
}

POWERS = {"mia": 9, "mio": 6, "thousand": 3, "full": 0}


@dataclass(frozen=True)
class Formats:
    """Number formats of a language and a currency.

    Parameters
    ----------
    language : {"da", "en"}
        Language the reader reads.
    currency : str
        ISO 4217 code the amounts are in.

    Examples
    --------
    >>> Formats().amount(Decimal("1234567.40")).replace(NO_BREAK, " ")
    '1.234.567 kr.'
    >>> Formats("en").share(Decimal("0.234")).replace(NO_BREAK, " ")
    '23%'
    """

    language: str = "da"
    currency: str = "DKK"

    def number(self, value: Decimal | int | None, decimals: int = 0) -> str:
        """Write a plain number with a fixed number of decimals."""
        if value is None:
            return MISSING
        from babel.numbers import format_decimal

        rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        text = format_decimal(abs(rounded), format=pattern, locale=_LOCALES[self.language])
        return f"{MINUS}{text}" if rounded < 0 else text

    def unit(self, scale: str = "full") -> str:
        """The unit of a column of amounts: «kr.», «t.kr.», «mio. kr.»."""
        word = SCALES[self.language][scale]
        sign = _SIGNS.get(self.currency, self.currency) if self.language == "da" else self.currency
        if self.language == "en":
            return f"{sign}{NO_BREAK}{word}" if word else sign
        return f"{word}{sign}" if scale == "thousand" else f"{word}{NO_BREAK}{sign}".strip(NO_BREAK)

    def amount(self, value: Decimal | int | None, scale: str = "full", decimals: int = 0) -> str:
        """Write an amount in whole units of a scale: full, thousand, mio or mia."""
        if value is None:
            return MISSING
        word = SCALES[self.language][scale]
        text = self.number(Decimal(value).scaleb(-POWERS[scale]), decimals)
        if self.language == "en":
            return f"{self.currency}{NO_BREAK}{text}{word}"
        return f"{text}{NO_BREAK}{self.unit(scale)}"

    def scaled(self, value: Decimal | int | None, scale: str) -> str:
        """Write an amount without its unit, as a column or a bar whose heading names the unit."""
        if value is None:
            return MISSING
        return self.number(Decimal(value).scaleb(-POWERS[scale]), int(scale == "mio"))

    def short_amount(self, value: Decimal | int | None) -> str:
        """Write an amount as short as a sentence wants it.

        Examples
        --------
        >>> [Formats().short_amount(Decimal(n)).replace(NO_BREAK, " ") for n in ("1012300000", "3449000", "74500")]
        ['1.012 mio. kr.', '3,4 mio. kr.', '75 t.kr.']
        """
        size = abs(Decimal(value or 0))
        if size >= Decimal("9950000"):
            return self.amount(value, "mio")
        if size >= Decimal("999500"):
            return self.amount(value, "mio", 1)
        return self.amount(value, "thousand" if size >= 10000 else "full")

    def share(self, value: Decimal | None, decimals: int = 0) -> str:
        """Write a share between 0 and 1 as a percentage.

        Examples
        --------
        >>> Formats().share(Decimal("0.002")).replace(NO_BREAK, " ")
        'under 1 %'
        """
        if value is None:
            return MISSING
        under, over = _UNDER[self.language]
        percent = Decimal(value) * 100
        rounded = percent.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        if not decimals and percent > 0 and not rounded:
            return f"{under} {self._percent(Decimal(1), 0)}"
        if not decimals and percent < 100 and rounded == 100:
            return f"{over} {self._percent(Decimal(99), 0)}"
        return self._percent(percent, decimals)

    def _percent(self, percent: Decimal, decimals: int) -> str:
        space = NO_BREAK if self.language == "da" else ""
        return f"{self.number(percent, decimals)}{space}%"

    def interval(self, low: Decimal | None, high: Decimal | None) -> str:
        """Write the ends of an interval of shares, without the sign: «93–97»."""
        if low is None or high is None:
            return MISSING
        return f"{self.number(Decimal(low) * 100)}–{self.number(Decimal(high) * 100)}"

    def change(self, value: Decimal | None, decimals: int = 0) -> str:
        """Write a change as a percentage with its sign."""
        text = self._percent(Decimal(value) * 100, decimals) if value is not None else MISSING
        return f"+{text}" if value is not None and value > 0 and not text.startswith("0") else text

    def date(self, value: date | None) -> str:
        """Write a date in words: «31. december 2025»."""
        if value is None:
            return MISSING
        from babel.dates import format_date

        return format_date(value, format="long", locale=_LOCALES[self.language])

    def short_date(self, value: date) -> str:
        """Write a date in figures: «31.12.2025»."""
        return f"{value.day}.{value.month}.{value.year}" if self.language == "da" else value.strftime("%d/%m/%Y")

    def text(self, value: object, unit: str) -> str:
        """Write a value by its unit: kr, share, count, date or text."""
        if value is None:
            return MISSING
        writers = {"kr": self.short_amount, "share": self.share, "count": self.number, "date": self.date}
        return writers.get(unit, str)(value)


def unit_of_column(name: str) -> str:
    """The unit a column's name promises, by its ending.

    Examples
    --------
    >>> [unit_of_column(name) for name in ("tail_amount", "loyalty_share", "line_count", "supplier_number")]
    ['kr', 'share', 'count', 'text']
    """
    ending = name.rsplit("_", 1)[-1]
    return {"amount": "kr", "share": "share", "count": "count", "date": "date"}.get(ending, "text")


def fitting_scale(amounts: list[Decimal | None]) -> str:
    """The one scale a whole column of amounts is written in, by its largest.

    Examples
    --------
    >>> fitting_scale([Decimal("250000000"), Decimal("12")]), fitting_scale([Decimal("900000")])
    ('mio', 'thousand')
    """
    largest = max((abs(amount) for amount in amounts if amount is not None), default=Decimal(0))
    if largest >= Decimal("100000000"):
        return "mio"
    return "thousand" if largest >= Decimal("100000") else "full"
