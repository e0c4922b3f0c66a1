"""What would ten rows look like, read as a profile says?

Rows with letters such as æøå come first, for they show whether the text is read right. Names are shown, so that a
person can tell; personal numbers are blanked. Text that looks read in the wrong encoding is pointed out.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from procurement_kit.columns import DATE
from procurement_kit.intake.guess_cells import Seen
from procurement_kit.intake.privacy import blank, clean_text
from procurement_kit.intake.profiles import MAPPABLE, PartRule, Profile
from procurement_kit.values import read_amount, read_date

SAMPLE_ROWS = 10
LONGEST = 60
UNREAD = "?"
_TWICE_ENCODED = re.compile("Ã[\u0080-\u00bf¦¸¥†˜…–¤¶„]|Â[\u00a0-\u00bf]")
_MAINFRAME = re.compile(r"(?<=[a-zA-Z])[‘›†’](?=[a-zA-Z])|\b[‘›†][a-z]{2}|[a-z][‘›†]\b")
_LETTERS = re.compile(r"[^\W\d_a-zA-Z]")


def sample_of(
    seen: Seen, profile: Profile, places: dict[str, tuple[int, ...]], *, is_mark_open: bool = False
) -> tuple[dict[str, str], ...]:
    """Ten rows as they would be read, column → text; numbers as printed where their decimal mark is a question."""
    wanted = [column for column in places if column != "[credit]"]
    return tuple(
        {
            column.removeprefix("[parts] "): UNREAD + " " + _printed(seen, profile, places, column, row)
            if is_mark_open and column in MAPPABLE and MAPPABLE[column].type.startswith("decimal")
            else _shown(seen, profile, places, column, row)
            for column in wanted
        }
        for row in _rows_shown(seen, places)
    )


def _printed(seen: Seen, profile: Profile, places: dict[str, tuple[int, ...]], column: str, row: int) -> str:
    cells = [(seen.columns if profile.decimal_mark == "," else seen.pointed)[place][row] for place in places[column]]
    return "; ".join(filter(None, (clean_text(cell) for cell in cells)))


def _rows_shown(seen: Seen, places: dict[str, tuple[int, ...]]) -> list[int]:
    used = [seen.columns[place] for column, found in places.items() for place in found if column in MAPPABLE]
    telling = [n for n in range(seen.row_count) if any(_LETTERS.search(cells[n]) for cells in used)]
    others = (n for n in range(seen.row_count) if n not in {*telling[:SAMPLE_ROWS]})
    chosen = telling[:SAMPLE_ROWS]
    while len(chosen) < SAMPLE_ROWS and (n := next(others, None)) is not None:
        chosen.append(n)
    return sorted(chosen)


def _shown(seen: Seen, profile: Profile, places: dict[str, tuple[int, ...]], column: str, row: int) -> str:
    text = _printed(seen, profile, places, column, row)
    if column.startswith("[parts] "):
        return blank(_part(profile.parts[column.removeprefix("[parts] ")], text))
    if not text or profile.is_missing(column, text):
        return blank(profile.constants.get(column, ""))
    type_ = MAPPABLE[column].type if column in MAPPABLE else ""
    try:
        if type_ == DATE:
            return _day(read_date(text, _formats(seen, profile)))
        if type_.startswith("decimal"):
            return _amount(seen, profile, places, column, text, row)
    except ValueError:
        return f"{UNREAD} {blank(text)}"
    return _cut(blank(text))


def _formats(seen: Seen, profile: Profile) -> tuple[str, ...]:
    return (*profile.date_formats, "dd-mm-yyyy") if seen.kind == "xlsx" else profile.date_formats


def _part(rule: PartRule, text: str) -> str:
    return rule.cut(text) or ""


def _day(day: date | None) -> str:
    return day.strftime("%d-%m-%Y") if day else ""


def _amount(seen: Seen, profile: Profile, places: dict, column: str, text: str, row: int) -> str:
    amount = read_amount(text, profile.decimal_mark)
    if amount is None:
        return ""
    if column == "document_amount":
        amount = amount if profile.sign == "positive_is_spend" else -amount
        if "[credit]" in places:
            mark = " ".join(seen.columns[places["[credit]"][0]][row].split()).casefold()
            amount = -amount if mark in profile.credit[1] else amount
    return danish_amount(amount)


def danish_amount(amount: Decimal) -> str:
    """An amount as Danes write it.

    Examples
    --------
    >>> danish_amount(Decimal("-1234.5")), danish_amount(Decimal("2"))
    ('-1.234,50', '2,00')
    """
    places = max(2, -amount.as_tuple().exponent)
    return f"{amount + 0:,.{places}f}".translate(str.maketrans(",.", ".,"))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def misread_notes(seen: Seen) -> list[str]:
    """What looks like text read in the wrong encoding."""
    notes = []
    if _occurs(_TWICE_ENCODED, seen.columns):
        notes.append("æøå look broken (as in «Ã¦»): the text was saved in the wrong encoding before it came here.")
    if seen.layout.get("encoding") == "cp1252" and _occurs(_MAINFRAME, seen.columns):
        notes.append(
            "«‘», «›» and «†» stand inside words: if they should be æ, ø and å, the file is from an old mainframe;"
            " answer encoding=cp865."
        )
    return notes


def _occurs(pattern: re.Pattern, columns: Sequence[Sequence[str]]) -> bool:
    return any(pattern.search(cell) for cells in columns for cell in cells)
