"""Which profile would read an export that nobody has described?

A shipped or own profile whose headings fit and whose way of writing the cells bear out; else one proposed from known
headings and from what the cells show. What neither says is asked, once per column: which amount, decimal mark, sign,
VAT, currency. Nothing is written, and no guess is used, before every question has an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError, TableError, nearest
from procurement_kit.intake.guess_cells import Seen, columns_of, look
from procurement_kit.intake.guess_columns import propose
from procurement_kit.intake.guess_known import best_known, changes_to
from procurement_kit.intake.guess_new import new_profile, printed_heading
from procurement_kit.intake.guess_questions import Asking, Question
from procurement_kit.intake.guess_sample import misread_notes, sample_of
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.ledgers import open_ledger
from procurement_kit.intake.privacy import blank
from procurement_kit.intake.profile_writing import profile_toml
from procurement_kit.intake.profiles import Profile, find_profile, profile_names
from procurement_kit.settings import check_name

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

__all__ = ["Guess", "Mapped", "Question", "guess_profile", "guess_sentences", "profile_text", "write_profile"]
_ENCODINGS = {"cp1252": "Windows-1252", "utf-8": "UTF-8", "utf-8-sig": "UTF-8 with byte order mark", "utf-16": "UTF-16"}
_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "upright stroke"}
_MARKS = {",": "Decimals stand behind a comma: 1.234,50.", ".": "Decimals stand behind a point: 1,234.50."}
_SIGNS = {
    "positive_is_spend": "A positive amount is spend.",
    "negative_is_spend": "A NEGATIVE amount is spend: an invoice is booked as a negative amount.",
}
_VAT = {
    "ex": "Amounts are without VAT.",
    "incl": "Amounts are WITH VAT.",
    "unknown": "Whether amounts are with VAT is not known.",
}


@dataclass(frozen=True)
class Mapped:
    """One column of invoice lines, the heading it is read from, and what the cells below showed."""

    column: str
    heading: str
    shown: str = ""


@dataclass(frozen=True)
class Guess:
    """A profile for an export, as far as it can be told.

    Parameters
    ----------
    name, written : str
        The file, personal numbers blanked, and how it is written.
    profile : Profile
        What would read it; where a question is open it holds a placeholder and must not be used.
    known_profile : str
        Name of the profile there is that reads it as it is; empty where a new one is proposed.
    based_on : str
        Name of the profile whose headings the proposal takes over, if any.
    mapping : tuple of Mapped
        What is read from where.
    not_stored : tuple of str
        Headings that nothing is read from.
    questions : tuple of Question
        Those without an answer.
    notes : tuple of str
        What was assumed, or looks odd.
    sample : tuple of dict
        Ten rows as they would be read: column → text; personal numbers are blanked.
    """

    name: str
    written: str
    profile: Profile
    known_profile: str = ""
    based_on: str = ""
    mapping: tuple[Mapped, ...] = ()
    not_stored: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    sample: tuple[dict[str, str], ...] = field(default=(), repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether every question has an answer."""
        return not self.questions


def guess_profile(
    path: Path, municipality: "Municipality | None" = None, *, answers: Mapping[str, str] | None = None
) -> Guess:
    """Propose a profile for an export; nothing is imported or written.

    Parameters
    ----------
    path : Path
        CSV, XLSX, or a list printed from SAP.
    municipality : Municipality, optional
        Whose own profiles come first, and whose currency holds where the export names none.
    answers : mapping, optional
        Answers to the questions of an earlier guess, by their keys; encoding=cp865 chooses an encoding.

    Returns
    -------
    Guess
        With the questions that are still open.

    Raises
    ------
    InputNotFoundError, FileFormatError
        If there is no such file, or it holds no headings and rows.
    TableError
        If there is no amount, no date or no supplier in it; all that is missing is named.
    ParameterError
        If an answer is to no question, or not one of the choices.
    """
    asking = Asking(answers or {})
    seen = look(Path(path), encoding=asking.answers.get("encoding", ""))
    known = _spool_profile(seen, municipality) if seen.kind == "sap_spool" else None
    if known is not None:
        seen = _spool_seen(seen, known)
    else:
        known = best_known(seen, [find_profile(name, municipality) for name in profile_names(municipality)])
    if known is not None:
        changes = changes_to(known, seen, asking)
        profile, is_as_it_is = _with_changes(known, changes), not (changes or asking.questions)
    else:
        proposal = propose(seen.header, seen.columns)
        profile, is_as_it_is = new_profile(seen, proposal, asking, municipality), False
        asking.notes += proposal.notes
    asking.refuse_unknown()
    return _guess(seen, profile, asking, known.name if known else "", is_as_it_is)


def _with_changes(known: Profile, changes: dict) -> Profile:
    return replace(known, **changes) if changes else known


def _guess(seen: Seen, profile: Profile, asking: Asking, known: str, is_as_it_is: bool) -> Guess:
    places = find_columns(seen.header, profile, where=blank(seen.path.name))
    used = {place for found in places.values() for place in found}
    is_mark_open = any(question.key == "decimal_mark" for question in asking.questions)
    return Guess(
        name=blank(seen.path.name),
        written=_written(seen),
        profile=profile,
        known_profile=known if is_as_it_is else "",
        based_on="" if is_as_it_is else known,
        mapping=tuple(
            Mapped(column, " + ".join(_heading(seen, place) for place in found), asking.shown.get(column, ""))
            for column, found in places.items()
        ),
        not_stored=tuple(blank(name) for n, name in enumerate(seen.header) if n not in used and name.strip()),
        questions=tuple(asking.questions),
        notes=tuple(asking.notes + misread_notes(seen)),
        sample=sample_of(seen, profile, places, is_mark_open=is_mark_open),
    )


def _heading(seen: Seen, place: int) -> str:
    return blank(printed_heading(seen.header, place))


def _written(seen: Seen) -> str:
    if seen.kind == "sap_spool":
        return "a list printed from SAP"
    row = f"headings in row {seen.layout['header_row']}"
    if seen.kind == "xlsx":
        return f"a workbook, sheet {seen.layout['sheet']}, {row}"
    encoding = seen.layout["encoding"]
    parted = f"cells parted by {_DELIMITERS[seen.layout['delimiter']]}"
    return f"{_ENCODINGS.get(encoding, encoding)}, {parted}, {row}"


def _spool_profile(seen: Seen, municipality: "Municipality | None") -> Profile | None:
    """The first profile for printed lists whose headings fit; the last error where none does."""
    error = None
    for name in profile_names(municipality):
        profile = find_profile(name, municipality)
        if profile.kind == "sap_spool":
            try:
                open_ledger(seen.path, profile)
                return profile
            except TableError as problem:
                error = problem
    if error is not None:
        raise error
    return None


def _spool_seen(seen: Seen, profile: Profile) -> Seen:
    file = open_ledger(seen.path, profile)
    rows = columns_of(next(iter(file.batches(size=5_000))))
    return Seen(seen.path, seen.kind, seen.layout, file.header, rows, rows)


# --- in words -------------------------------------------------------------------------------------------------------


def guess_sentences(guess: Guess) -> tuple[str, ...]:
    """A guess in plain words: how the file is written, what is read from where, ten rows, and what is to be answered.

    Parameters
    ----------
    guess : Guess
        From `guess_profile`.
    """
    profile = guess.profile
    lines = [f"{guess.name}: {guess.written}.", _which(guess), ""]
    width = max((len(mapped.heading) for mapped in guess.mapping), default=0)
    lines += [f"  {m.heading:<{width}}  →  {m.column}{f'  ({m.shown})' if m.shown else ''}" for m in guess.mapping]
    lines += [f"Not read, so never stored: {', '.join(guess.not_stored)}."] if guess.not_stored else []
    open_keys = {question.key for question in guess.questions}
    lines += [] if {"decimal_mark", "amount"} & open_keys else [_MARKS[profile.decimal_mark]]
    lines += [] if {"sign", "amount"} & open_keys else [_SIGNS[profile.sign]]
    lines += [] if {"vat_basis", "amount"} & open_keys else [_VAT[profile.vat_basis]]
    lines += [f"Note: {note}" for note in guess.notes]
    lines += ["", "As it would be read:", *_sample_lines(guess)]
    lines += ["", "To be answered first:"] if guess.questions else []
    for question in guess.questions:
        lines.append(f"  {question.text_da}")
        lines.append(f"    --answer {question.key}=…  ({' / '.join(question.choices)})")
    lines += ["", _next(guess)]
    return tuple(lines)


def _which(guess: Guess) -> str:
    if guess.known_profile:
        return f"Profile «{guess.known_profile}» reads it as it is."
    if guess.based_on:
        return f"The headings are those of profile «{guess.based_on}», but not all of it fits; this is a changed copy."
    return "No profile fits; this one is proposed."


def _sample_lines(guess: Guess) -> list[str]:
    return [
        "  " + " · ".join(f"{column} {text}" for column, text in row.items() if text and column != "row")
        for row in guess.sample
    ]


def _next(guess: Guess) -> str:
    if guess.known_profile:
        return f"Import it with --profile {guess.known_profile}."
    if guess.questions:
        return "Nothing has been written."
    return "Nothing has been written. If the rows are right, write the profile with --save-as and a name."


# --- writing --------------------------------------------------------------------------------------------------------


def profile_text(guess: Guess, name: str) -> str:
    """The guessed profile as TOML, under a name.

    Raises
    ------
    ParameterError
        If a question is open, or the name cannot be one.
    """
    if guess.questions:
        raise ParameterError(
            f"{guess.name}: no profile is made while questions are open.",
            problems=[f"{question.key}: {question.text_da}" for question in guess.questions],
            expected="an answer to each",
            todo="answer with --answer key=value",
        )
    based = f"\nThe headings are those of profile «{guess.known_profile or guess.based_on}»." if _basis(guess) else ""
    title = f"An import profile, proposed from the file {guess.name}.{based}"
    return profile_toml(replace(guess.profile, name=_checked(name), version="1"), title=title)


def _basis(guess: Guess) -> str:
    return guess.known_profile or guess.based_on


def _checked(name: str) -> str:
    try:
        return check_name(name)
    except ParameterError:
        raise ParameterError(
            f"«{blank(name)}» cannot be the name of a profile.",
            expected="lower-case letters, digits, hyphen and underscore, starting with a letter or digit",
            todo="choose a name such as «opus_2025»",
        ) from None


def write_profile(municipality: "Municipality", guess: Guess, name: str) -> Path:
    """Write the guessed profile into the municipality's profiles folder.

    Raises
    ------
    ParameterError
        If a question is open, the name cannot be one, or there is a profile of that name.
    """
    text = profile_text(guess, name)
    known = profile_names(municipality)
    if name in known:
        raise ParameterError(
            f"There is a profile «{name}» already.{nearest(name, [])}",
            expected="a name of its own",
            todo="choose another name; a profile that is in use is changed by hand, and its version raised",
        )
    path = municipality.folder / "profiles" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path
