"""Which cell of a printed SAP row belongs to which heading?

Between upright strokes every column keeps its place, so rows are cut where the headings are cut. Between tabs a cell
that does not fill its column moves all that follow; there a row is told from its content: the period beside a date, the
amount beside its currency, the first number and the end of the row are fixed points, and what lies between two of them
is taken only where both moved equally far. Whatever is not certain is left untold, never guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from procurement_kit.intake.headings import heading_key, heading_places
from procurement_kit.intake.profiles import Profile

PERIOD, DATE, AMOUNT, CURRENCY, NUMBER = "period", "date", "amount", "currency", "number"
_KINDS = {
    PERIOD: re.compile(r"0{0,2}[1-9]|0?1[0-6]", re.ASCII),
    CURRENCY: re.compile(r"[A-Z]{3}"),
    NUMBER: re.compile(r"\d{5,}", re.ASCII),
}
_DATE = re.compile(r"\d{2}[.\-/]\d{2}[.\-/]\d{4}|\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNTS = {
    ",": re.compile(r"-?\d{1,3}(?:\.?\d{3})*,\d{2}-?", re.ASCII),
    ".": re.compile(r"-?\d{1,3}(?:,?\d{3})*\.\d{2}-?", re.ASCII),
}
_NAMED = (
    (re.compile(r"periode"), PERIOD),
    (re.compile(r"\w*dato|registr\."), DATE),
    (re.compile(r"(?:vrd|værdi|beløb)\b.*"), AMOUNT),
    (re.compile(r"\w*val(?:uta)?\.?"), CURRENCY),
)
_OF_COLUMN = {
    "document_amount": AMOUNT,
    "document_currency": CURRENCY,
    "invoice_date": DATE,
    "posting_date": DATE,
    "delivery_from_date": DATE,
    "delivery_to_date": DATE,
    "voucher_number": NUMBER,
}


def cells_of(line: str) -> list[str]:
    """The cells of a line, between tabs or upright strokes."""
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    return [line[start:end].strip() for start, end in _cuts(line)]


def is_rule(line: str) -> bool:
    """Whether a line is drawn, not written.

    Examples
    --------
    >>> is_rule("|----|-----|"), is_rule("| - | 5 |")
    (True, False)
    """
    bare = set(line) - set(" \t")
    return bool(bare) and bare <= set("-|=_+") and bool(bare & set("-=_"))


def is_heading_line(cells: Sequence[str]) -> bool:
    """Whether cells are the headings of a CJI3 list: Periode stands among them, beside a date."""
    if not any(PERIOD in cell.casefold() for cell in cells):
        return False
    keys = [heading_key(cell) for cell in cells]
    return any({PERIOD, DATE} == {_named_kind(a), _named_kind(b)} for a, b in pairwise(keys))


def _named_kind(key: str) -> str:
    return next((kind for pattern, kind in _NAMED if pattern.fullmatch(key)), "")


def _cuts(line: str) -> list[tuple[int, int | None]]:
    """Where the columns of a line with upright strokes begin and end; the last one runs to the end of the line."""
    bars = [place for place, sign in enumerate(line) if sign == "|"]
    edges = bars if bars[:1] == [0] else [-1, *bars]
    cuts: list[tuple[int, int | None]] = [(a + 1, b) for a, b in pairwise(edges)]
    if edges and line[edges[-1] + 1 :].strip():
        cuts.append((edges[-1] + 1, None))
    return cuts


@dataclass(frozen=True)
class Printed:
    """One line of headings: what stands in it, what kind each column is of, and where strokes cut it.

    Parameters
    ----------
    headings : tuple of str
    kinds : tuple of str
        Kind per heading, empty where any text may stand.
    cuts : tuple of (int, int or None)
        Where the columns lie; empty where tabs part them.
    is_closed : bool
        Every row ends with a stroke, so one that does not has been cut off.
    decimal_mark : str
    """

    headings: tuple[str, ...]
    kinds: tuple[str, ...]
    cuts: tuple[tuple[int, int | None], ...] = ()
    is_closed: bool = False
    decimal_mark: str = ","

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Headings beside each other whose cells are unmistakable together: period and date, amount and currency."""
        wanted = ({PERIOD, DATE}, {AMOUNT, CURRENCY})
        found = [(n, n + 1) for n, kinds in enumerate(pairwise(self.kinds)) if set(kinds) in wanted]
        return [pair for n, pair in enumerate(found) if n == 0 or found[n - 1][1] < pair[0]]

    def cells(self, line: str) -> list[str]:
        """The cells of a row, cut as the headings are cut."""
        if not self.cuts:
            return [cell.strip() for cell in line.split("\t")]
        return [line[start:end].strip() for start, end in self.cuts]

    def is_of(self, cell: str, kind: str) -> bool:
        """Whether a cell can be of a kind."""
        if kind in (DATE, AMOUNT):
            return bool((_DATE if kind == DATE else _AMOUNTS[self.decimal_mark]).fullmatch(cell.replace(" ", "")))
        return not kind or bool(_KINDS[kind].fullmatch(cell))


def printed_line(line: str, profile: Profile) -> Printed:
    """The headings of a line, with the kind of each: as the profile maps it, else by its name."""
    headings = cells_of(line)
    kinds = [_named_kind(heading_key(heading)) for heading in headings]
    places = heading_places(headings)
    for column, kind in _OF_COLUMN.items():
        for heading in profile.columns[column].headings if column in profile.columns else ():
            key = heading_key(heading)
            place = places.get(key if "#" in key else f"{key}#1")
            if place is not None:
                kinds[place] = kind
    cuts = () if "\t" in line else tuple(_cuts(line))
    return Printed(tuple(headings), tuple(kinds), cuts, line.rstrip().endswith("|"), profile.decimal_mark)


def tell_cells(printed: Printed, cells: Sequence[str], wanted: Sequence[int]) -> dict[int, str] | None:
    """The cells of the wanted headings, or None where they cannot be told with certainty.

    Examples
    --------
    >>> line = printed_line("Bilagsnummer\\tPeriode\\tBogføringsdato\\tTekst", Profile("p", "1", "ex", "", {}))
    >>> tell_cells(line, ["1000001", "", "3", "01.03.2025", "Papir"], [1, 2, 3])
    {1: '3', 2: '01.03.2025', 3: 'Papir'}
    """
    fixed = _fixed_points(printed, cells)
    if fixed is None:
        return None
    told: dict[int, str] = {}
    for before, after in pairwise([(-1, -1), *fixed]):
        here = [place for place in wanted if before[0] <= place < after[0]]
        if here and not _tell_between(printed, cells, before, after, here, told):
            return None
    return told


Fixed = list[tuple[int, int]]  # (place of the heading, place of the cell), in order


def _fixed_points(printed: Printed, cells: Sequence[str]) -> Fixed | None:
    """Start of the row, period beside a date, amount beside its currency, end of the row; None where one is missing."""
    start = next((place for place, cell in enumerate(cells) if cell), None)
    first = next((place for place, heading in enumerate(printed.headings) if heading), None)
    if start is None or first is None or not printed.is_of(cells[start], printed.kinds[first] or NUMBER):
        return None
    fixed: Fixed = [(first, start)]
    for pair in printed.pairs:
        found = _find_pair(printed, cells, pair, fixed[-1])
        if found is None:
            return None
        fixed += [(pair[0], found), (pair[1], found + 1)]
    fixed.append((len(printed.headings), len(cells)))
    is_rising = all(a < c and b < d for (a, b), (c, d) in pairwise(fixed))
    return fixed if is_rising else None


def _find_pair(printed: Printed, cells: Sequence[str], pair: tuple[int, int], before: tuple[int, int]) -> int | None:
    """Where the two cells of a pair stand: the only place, or the one that moved as far as the point before."""
    first, second = (printed.kinds[place] for place in pair)
    found = [
        place
        for place in range(before[1] + 1, len(cells) - 1)
        if cells[place]
        and cells[place + 1]  # most are blank
        and printed.is_of(cells[place], first)
        and printed.is_of(cells[place + 1], second)
    ]
    if len(found) > 1:
        found = [place for place in found if place - pair[0] == before[1] - before[0]]
    return found[0] if len(found) == 1 else None


def _tell_between(
    printed: Printed,
    cells: Sequence[str],
    before: tuple[int, int],
    after: tuple[int, int],
    wanted: Sequence[int],
    told: dict[int, str],
) -> bool:
    """Tell the cells from one fixed point up to the next; whether all of them are certain."""
    moved = after[1] - after[0]
    if before[1] - before[0] == moved:
        told |= {place: cells[place + moved] for place in wanted}
        kinds = printed.kinds[before[0] + 1 : after[0]]
        return all(
            not kind or not cells[n + moved] or printed.is_of(cells[n + moved], kind)
            for n, kind in enumerate(kinds, start=before[0] + 1)
        )
    for place in wanted:
        if place == before[0]:
            told[place] = cells[before[1]]
            continue
        kind = printed.kinds[place]
        is_only = kind and printed.kinds[before[0] + 1 : after[0]].count(kind) == 1
        of_kind = [cell for cell in cells[before[1] + 1 : after[1]] if is_only and printed.is_of(cell, kind)]
        if len(of_kind) != 1:
            return False
        told[place] = of_kind[0]
    return True


def tell_in_place(printed: Printed, line: str, wanted: Sequence[int]) -> dict[int, str] | None:
    """The cells of the wanted headings where strokes part them, or None where one is of the wrong kind."""
    if printed.is_closed and not line.rstrip().endswith("|"):
        return None
    cells = printed.cells(line)
    needed = {place for pair in printed.pairs for place in pair}
    for place in {*needed, *wanted}:
        is_blank_allowed = place not in needed and not cells[place]
        if not is_blank_allowed and not printed.is_of(cells[place], printed.kinds[place]):
            return None
    return {place: cells[place] for place in wanted}


def tell_line(printed: Printed, line: str, wanted: Sequence[int]) -> Mapping[int, str] | None:
    """The cells of the wanted headings of one line, or None where they cannot be told with certainty."""
    if printed.cuts:
        return tell_in_place(printed, line, wanted)
    return tell_cells(printed, printed.cells(line), wanted)
