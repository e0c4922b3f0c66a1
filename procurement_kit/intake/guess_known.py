"""Does a profile there is read an unknown export, and if not quite, what would have to be changed?

Headings first: all that a profile demands must be there. Then the cells: amounts, dates and signs must be as it says.
"""

from collections.abc import Sequence

from procurement_kit.errors import TableError
from procurement_kit.intake.guess_cells import Seen
from procurement_kit.intake.guess_columns import BORNE_OUT, amount_of, is_date, share_of
from procurement_kit.intake.guess_questions import Asking, which_decimal_mark, which_sign, which_vat_basis
from procurement_kit.intake.guess_values import amounts_of, count_marks, date_formats_of, sign_of
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profiles import Profile

FEWEST_COLUMNS = 4
TEXTS = ("document_type", "line_text", "item_name", "account_name")
_TEXT_DATES = "dd-mm-yyyy"  # how a reader of workbooks writes dates when nothing else is asked for


def best_known(seen: Seen, profiles: Sequence[Profile]) -> Profile | None:
    """The profile that reads most columns of the file, if the headings of one fit; the first where several do."""
    counted = [(_column_count(seen, profile), -n, profile) for n, profile in enumerate(profiles)]
    best = max(counted, key=lambda each: each[:2], default=(0, 0, None))
    return best[2] if best[0] >= FEWEST_COLUMNS else None


def _column_count(seen: Seen, profile: Profile) -> int:
    if profile.kind == "sap_spool":
        return 0
    try:
        places = find_columns(seen.header, profile, where=blank(seen.path.name))
    except TableError:
        return 0
    is_dated = {"invoice_date", "posting_date"} & set(places)
    return len({place for found in places.values() for place in found}) if is_dated else 0


def changes_to(known: Profile, seen: Seen, asking: Asking) -> dict:
    """What a profile must be changed in to read the file; empty where it reads it as it is."""
    places = find_columns(seen.header, known, where=blank(seen.path.name))
    changes = _layout_changes(known, seen) | _date_changes(known, seen, places)
    place = places["document_amount"][0]
    heading = blank(seen.header[place])
    cells = seen.columns[place] if known.decimal_mark == "," else seen.pointed[place]
    mark = known.decimal_mark
    if "decimal_mark" in asking.answers or not _is_borne_out(cells, known):
        counted = count_marks(seen.columns[place], seen.pointed[place])
        mark = asking.settle(which_decimal_mark(heading, counted.example), counted.decided) or mark
    sign = _sign(known, seen, places, mark)
    if "sign" in asking.answers or sign not in ("", known.sign):
        sign = asking.settle(which_sign(heading)) or known.sign
    vat_basis = known.vat_basis
    if "vat_basis" in asking.answers or vat_basis == "unknown":
        vat_basis = asking.settle(which_vat_basis(heading)) or vat_basis
    settled = {"decimal_mark": mark, "sign": sign or known.sign, "vat_basis": vat_basis}
    return changes | {key: value for key, value in settled.items() if value != getattr(known, key)}


def _is_borne_out(cells: Sequence[str], known: Profile) -> bool:
    filled = [cell for cell in cells if cell.strip() and not known.is_missing("document_amount", cell.strip())]
    share = share_of(filled, lambda cell: amount_of(cell, known.decimal_mark) is not None)
    return share is None or share >= BORNE_OUT


def _layout_changes(known: Profile, seen: Seen) -> dict:
    changes = {}
    for key, value in seen.layout.items():
        given = getattr(known, key)
        is_named = key == "sheet" and isinstance(given, str)
        is_found_anyway = (
            is_named or given == "auto" and (key == "delimiter" or value in ("utf-8", "utf-8-sig", "utf-16", "cp1252"))
        )
        if value != given and not is_found_anyway:
            changes[key] = value
    return changes


def _date_changes(known: Profile, seen: Seen, places: dict[str, tuple[int, ...]]) -> dict:
    """Formats of the dates, where those of the profile do not read most of them."""
    more = (_TEXT_DATES,) if seen.kind == "xlsx" else ()
    formats = [*known.date_formats]
    for column in ("invoice_date", "posting_date"):
        for place in places.get(column, ()):
            cells = [cell for cell in seen.columns[place] if not known.is_missing(column, cell.strip())]
            share = share_of(cells, lambda cell: is_date(cell, (*known.date_formats, *more)))
            if share is not None and share < BORNE_OUT:
                formats += [name for name in date_formats_of(cells) if name not in formats]
    return {"date_formats": tuple(formats)} if tuple(formats) != known.date_formats else {}


def _sign(known: Profile, seen: Seen, places: dict[str, tuple[int, ...]], mark: str) -> str:
    amounts = amounts_of(seen.columns[places["document_amount"][0]], mark)
    if "[credit]" in places:
        marks = seen.columns[places["[credit]"][0]]
        values = known.credit[1]
        amounts = [
            -amount if amount is not None and " ".join(cell.split()).casefold() in values else amount
            for amount, cell in zip(amounts, marks, strict=True)
        ]
    return sign_of(amounts, texts_of(seen, places))


def texts_of(seen: Seen, places: dict[str, tuple[int, ...]]) -> list[str]:
    """All texts of each row that could name a credit note."""
    used = [seen.columns[place] for column in TEXTS for place in places.get(column, ())]
    return [" ".join(cells) for cells in zip(*used, strict=True)] if used else [""] * seen.row_count
