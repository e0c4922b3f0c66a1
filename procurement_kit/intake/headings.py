"""Which place of a row does each column come from?

Headings are compared without regard to capitals and white space, for they drift from one export to the next. Where a
heading occurs twice, «Heading#2» is the second. Every heading that is missing is named, with the nearest there is.
"""

from collections.abc import Sequence

from procurement_kit.errors import TableError, nearest
from procurement_kit.intake.privacy import blank, clean_text
from procurement_kit.intake.profiles import Profile, Source


def heading_key(heading: str) -> str:
    """A heading without regard to capitals and white space.

    Examples
    --------
    >>> heading_key(" Beløb  EKSKL. moms ")
    'beløb ekskl. moms'
    """
    return (clean_text(heading) or "").casefold()


def heading_places(header: Sequence[str]) -> dict[str, int]:
    """Where each heading stands; «beløb#2» is the second of that name.

    Examples
    --------
    >>> heading_places(["BoL", "Beløb", "BoL"])
    {'bol#1': 0, 'beløb#1': 1, 'bol#2': 2}
    """
    counted: dict[str, int] = {}
    places: dict[str, int] = {}
    for place, heading in enumerate(header):
        key = heading_key(heading)
        counted[key] = counted.get(key, 0) + 1
        places[f"{key}#{counted[key]}"] = place
    return places


def find_columns(header: Sequence[str], profile: Profile, *, where: str) -> dict[str, tuple[int, ...]]:
    """Which places of a row each column is read from.

    Beside the columns of the profile: «[parts] art_code» for a column that is cut out of another, «[credit]» for
    the one that turns the sign, and «[rows]» for the one that tells invoices from other rows.

    Raises
    ------
    TableError
        With every heading that is missing, and the nearest there is.

    Examples
    --------
    >>> profile = Profile("p", "1", "ex", "positive_is_spend", {"document_amount": Source(("Beløb", "Amount"))})
    >>> find_columns(["Date", "AMOUNT "], profile, where="x.csv")
    {'document_amount': (1,)}
    """
    places = heading_places(header)
    wanted = dict(profile.columns)
    wanted |= {f"[parts] {column}": Source(rule.headings) for column, rule in profile.parts.items()}
    if profile.credit:
        wanted["[credit]"] = profile.credit[0]
    if profile.rows:
        wanted["[rows]"] = Source(profile.rows.headings)
    found, problems = {}, []
    for column, source in wanted.items():
        here = [places.get(key if "#" in key else f"{key}#1") for key in map(heading_key, source.headings)]
        present = [place for place in here if place is not None]
        if not present or (source.is_joined and len(present) < len(here)):
            if column.removeprefix("[parts] ") not in profile.optional:
                problems.append(_missing_heading(column, source, header))
            continue
        found[column] = tuple(present) if source.is_joined else (present[0],)
    if problems:
        raise TableError(
            f"{where}: headings that profile «{profile.name}» names are not in the file.",
            problems=problems,
            expected="one of the headings named, in the row the profile says",
            todo="add the file's own heading to the profile's list, or name the column under optional",
        )
    return found


def _missing_heading(column: str, source: Source, header: Sequence[str]) -> str:
    hints = (nearest(heading, [blank(name) for name in header]) for heading in source.headings)
    hint = next((text for text in hints if text), "")
    return f"{column}: none of «{'», «'.join(source.headings)}» is there.{hint}"
