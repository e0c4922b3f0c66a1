"""How does an arbitrary ledger export become invoice lines?

A profile is a TOML file that says which heading carries which column, how amounts and dates are written, which sign is
spend, and which values mean «nothing». It is strict: an unknown key is an error with the nearest known one.
"""

import codecs
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.columns import TEXT
from procurement_kit.errors import InputNotFoundError, SettingsError, nearest
from procurement_kit.tables import COMPUTED_BY_INTAKE, INVOICE_LINES, LABEL_LEVELS
from procurement_kit.templates import read_cell
from procurement_kit.values import DATE_FORMATS

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

LABELS = tuple(f"labelled_category_{level}" for level in LABEL_LEVELS)
MAPPABLE = {column.name: column for column in INVOICE_LINES.filled_in if column.name not in LABELS}
NEEDED = ("document_amount", "document_currency", "supplier_name")
VAT_BASES = ("ex", "incl", "unknown")
SIGNS = ("positive_is_spend", "negative_is_spend")
DELIMITERS = {"auto": "", "semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|"} | {mark: mark for mark in ";,\t|"}
_KEYS = ("name", "version", "vat_basis", "sign", "optional") + (
    "format", "columns", "constants", "missing", "labels", "art", "persons", "pad", "credit",
)  # fmt: skip
_FORMAT_KEYS = ("encoding", "delimiter", "decimal_mark", "date_formats", "header_row", "quote")


@dataclass(frozen=True)
class Source:
    """Where a column comes from: alternative headings, the first that is there; or several headings joined."""

    headings: tuple[str, ...]
    is_joined: bool = False


@dataclass(frozen=True)
class ArtRule:
    """How the art is cut out of another column: from a place and a length, or by a pattern with one group."""

    headings: tuple[str, ...]
    start: int = 1
    length: int = 2
    pattern: str = ""


@dataclass(frozen=True)
class Profile:
    """An import profile.

    Parameters
    ----------
    name, version : str
        Together the `format_name` of the lines.
    vat_basis : {"ex", "incl", "unknown"}
        Whether the amounts are without VAT.
    sign : {"positive_is_spend", "negative_is_spend"}
        What a positive amount means in the export.
    columns : dict
        Column of INVOICE_LINES → `Source`.
    optional : tuple of str
        Columns whose heading may be missing from the file.
    encoding, delimiter, quote : str
        `auto`, or what the file is written in; quote is empty where the file quotes nothing.
    decimal_mark : {",", "."}
    date_formats : tuple of str
        Names such as `dd-mm-yyyy`.
    header_row : int
        Row of the headings as Excel shows it.
    constants : dict
        Values of columns that are not in the file, and where a cell is empty.
    missing : dict
        Column → values that count as empty; `all` holds for every column.
    not_a_category : frozenset of str
        Labels that say that a line is not categorised, casefolded.
    art : ArtRule or None
    persons : frozenset of str
        Supplier names that stand for a person, casefolded.
    pad : dict
        Column → number of digits; leading zeros that the export has lost are put back.
    credit : tuple of (Source, frozenset of str), or None
        Column and values that turn the sign, such as Debet/kredit = K.
    """

    name: str
    version: str
    vat_basis: str
    sign: str
    columns: dict[str, Source]
    optional: tuple[str, ...] = ()
    encoding: str = "auto"
    delimiter: str = "auto"
    quote: str = '"'
    decimal_mark: str = ","
    date_formats: tuple[str, ...] = ("dd-mm-yyyy",)
    header_row: int = 1
    constants: dict[str, str] = field(default_factory=dict)
    missing: dict[str, frozenset[str]] = field(default_factory=dict)
    not_a_category: frozenset[str] = frozenset()
    art: ArtRule | None = None
    persons: frozenset[str] = frozenset()
    pad: dict[str, int] = field(default_factory=dict)
    credit: tuple[Source, frozenset[str]] | None = None

    @property
    def format_name(self) -> str:
        """Name and version, as the lines carry it."""
        return f"{self.name} {self.version}"

    def is_missing(self, column: str, text: str) -> bool:
        """Whether a value counts as empty in a column.

        Examples
        --------
        >>> profile = Profile("p", "1", "ex", SIGNS[0], {}, missing={"all": frozenset(["n/a"])})
        >>> profile.is_missing("supplier_number", "N/A")
        True
        """
        folded = text.casefold()
        empty = self.missing.get("all", frozenset()) | self.missing.get(column, frozenset())
        return folded in empty or (column in LABELS and folded in self.not_a_category)


def profile_folders(municipality: "Municipality | None" = None) -> list[Path]:
    """Folders profiles are looked for in: the municipality's own first, then those that come with the product."""
    package = Path(__file__).resolve().parent.parent
    own = [municipality.folder / "profiles"] if municipality else []
    return [*own, package.parent / "data_templates" / "profiles", package / "data_templates" / "profiles"]


def profile_names(municipality: "Municipality | None" = None) -> list[str]:
    """Names of the profiles there are."""
    return sorted({path.stem for folder in profile_folders(municipality) for path in folder.glob("*.toml")})


def find_profile(profile: str | Path, municipality: "Municipality | None" = None) -> "Profile":
    """Read a profile named by path or by name.

    Raises
    ------
    InputNotFoundError
        If there is none; the message lists those there are.
    SettingsError
        If it cannot be used.
    """
    text = str(profile)
    candidates = [Path(text)] if text.endswith(".toml") else []
    candidates += [folder / f"{text}.toml" for folder in profile_folders(municipality) if "/" not in text]
    for path in candidates:
        if path.is_file():
            return read_profile(path)
    known = profile_names(municipality)
    raise InputNotFoundError(
        f"There is no profile «{text}».{nearest(text, known)}",
        expected=f"a .toml file, or one of: {', '.join(known)}",
        todo="copy data_templates/profiles/council_spend.toml to the municipality's profiles folder and fit it",
    )


def read_profile(path: Path) -> Profile:
    """Read and check a profile file.

    Raises
    ------
    SettingsError
        With all problems at once: unknown keys, columns that are not ours, values that are not allowed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}", todo="correct the line named") from None
    problems = _problems(content)
    if problems:
        raise SettingsError(
            f"{path.name}: the profile cannot be used.",
            problems=problems,
            expected="what data_templates/profiles/council_spend.toml explains",
            todo="correct the profile",
        )
    return _profile(content)


def _profile(content: dict) -> Profile:
    layout = content.get("format", {})
    labels = {key: value for key, value in content.get("labels", {}).items() if key in LABELS}
    columns = {key: _source(value) for key, value in (content["columns"] | labels).items()}
    art, credit = content.get("art"), content.get("credit")
    art_keys = {key: value for key, value in (art or {}).items() if key != "column"}
    return Profile(
        name=content["name"],
        version=str(content["version"]),
        vat_basis=content["vat_basis"],
        sign=content["sign"],
        columns=columns,
        optional=tuple(content.get("optional", ())),
        constants={key: str(value) for key, value in content.get("constants", {}).items()},
        missing={key: _folded(values) for key, values in content.get("missing", {}).items()},
        not_a_category=_folded(content.get("labels", {}).get("not_a_category", ())),
        art=ArtRule(_source(art["column"]).headings, **art_keys) if art else None,
        persons=_folded(content.get("persons", {}).get("supplier_name", ())),
        pad=dict(content.get("pad", {})),
        credit=(_source(credit["column"]), _folded(credit["values"])) if credit else None,
        **{key: tuple(value) if isinstance(value, list) else value for key, value in layout.items()},
    )


def _folded(values: list[str]) -> frozenset[str]:
    return frozenset(" ".join(value.split()).casefold() for value in values)


def _source(value: object) -> Source:
    if isinstance(value, dict):
        return Source(tuple(value["join"]), is_joined=True)
    return Source((value,) if isinstance(value, str) else tuple(value))


# --- checks ---------------------------------------------------------------------------------------------------------


def _problems(content: dict) -> list[str]:
    problems = [f"{key} is not a key of a profile.{nearest(key, _KEYS)}" for key in content if key not in _KEYS]
    problems += [
        f"{key} is missing." for key in ("name", "version", "vat_basis", "sign", "columns") if key not in content
    ]
    problems += _choice(content, "vat_basis", VAT_BASES) + _choice(content, "sign", SIGNS)
    problems += [] if isinstance(content.get("name", ""), str) else ["name is not a text."]
    tables = [key for key in _KEYS[5:] if not isinstance(content.get(key, {}), dict)]
    problems += [f"{key} is not a section; write [{key}] on a line of its own." for key in tables]
    if tables or "columns" not in content:
        return problems
    problems += _column_problems(content) + _section_problems(content) + _constant_problems(content)
    return problems + _format_problems(content.get("format", {})) + _rule_problems(content)


def _choice(content: dict, key: str, allowed: tuple[str, ...]) -> list[str]:
    is_wrong = key in content and content[key] not in allowed
    return [f"{key} is «{content[key]}», allowed are {', '.join(allowed)}."] if is_wrong else []


def _column_problems(content: dict) -> list[str]:
    columns, constants, labels = (content.get(key, {}) for key in ("columns", "constants", "labels"))
    problems = [f"[columns] {key}: {_why_not(key)}" for key in columns if key not in MAPPABLE]
    problems += [f"[constants] {key}: {_why_not(key)}" for key in constants if key not in MAPPABLE]
    known = (*LABELS, "not_a_category")
    problems += [f"[labels] {key} is not a label.{nearest(key, known)}" for key in labels if key not in known]
    all_columns = {**columns, **{key: value for key, value in labels.items() if key in LABELS}}
    problems += [f"{key}: {why}" for key, value in all_columns.items() if (why := _source_problem(key, value))]
    if not _is_list(labels.get("not_a_category", [])):
        problems.append("[labels] not_a_category is not a list of texts.")
    problems += [
        f"{key} is neither in [columns] nor in [constants]." for key in NEEDED if key not in {*columns, *constants}
    ]
    if "document_amount" in constants:
        problems.append("document_amount cannot be a constant.")
    if not {"invoice_date", "posting_date"} & set(columns):
        problems.append("neither invoice_date nor posting_date is in [columns].")
    return problems


def _section_problems(content: dict) -> list[str]:
    columns = [*content["columns"], *(key for key in content.get("labels", {}) if key in LABELS)]
    problems = [
        f"[{section}] {key} is not one of the columns of this profile.{nearest(key, [*columns, 'all'])}"
        for section in ("missing", "pad")
        for key in content.get(section, {})
        if key not in (*columns, "all")
    ]
    optional = content.get("optional", [])
    if not _is_list(optional):
        return [*problems, "optional is not a list of columns."]
    wrong = [key for key in optional if key not in columns]
    return problems + [f"optional: {key} is not one of the columns of this profile." for key in wrong]


def _constant_problems(content: dict) -> list[str]:
    """A constant must be readable as a cell of its column is."""
    layout = content.get("format", {})
    if _format_problems(layout):
        return []
    mark, formats = (layout.get(key, getattr(Profile, key)) for key in ("decimal_mark", "date_formats"))
    problems = []
    for key, value in content.get("constants", {}).items():
        try:
            if isinstance(value, (list, dict)):
                raise ValueError("is not a text")
            if key in MAPPABLE:
                read_cell(str(value), MAPPABLE[key], decimal_mark=mark, date_formats=tuple(formats))
        except ValueError as error:
            problems.append(f"[constants] {key}: {error}.")
    return problems


def _why_not(key: str) -> str:
    if key == "net_amount":
        return "is computed; map the amount of the export to document_amount."
    if key in COMPUTED_BY_INTAKE:
        return "is computed by intake."
    return f"is not a column of invoice lines.{nearest(key, MAPPABLE)}"


def _source_problem(key: str, value: object) -> str:
    if isinstance(value, dict):
        is_list = list(value) == ["join"] and _is_texts(value["join"])
        is_text = key in LABELS or (key in MAPPABLE and MAPPABLE[key].type == TEXT)
        return "" if is_list and is_text else 'headings can be joined in text columns only: {join = ["A", "B"]}.'
    return "" if _is_heading(value) else "expected a heading, or a list of headings."


def _is_heading(value: object) -> bool:
    return isinstance(value, str) or _is_texts(value)


def _is_texts(value: object) -> bool:
    return _is_list(value) and bool(value)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _format_problems(layout: dict) -> list[str]:
    problems = [
        f"[format] {key} is not a key.{nearest(key, _FORMAT_KEYS)}" for key in layout if key not in _FORMAT_KEYS
    ]
    if layout.get("encoding", "auto") != "auto" and not _is_encoding(layout["encoding"]):
        problems.append(f"[format] encoding «{layout['encoding']}» is unknown; try utf-8, cp1252 or cp865.")
    problems += [
        f"[format] {p}"
        for p in _choice(layout, "delimiter", tuple(DELIMITERS)) + _choice(layout, "quote", ('"', "'", ""))
    ]
    problems += [f"[format] {p}" for p in _choice(layout, "decimal_mark", (",", "."))]
    formats = layout.get("date_formats", [])
    if "date_formats" in layout and not (_is_texts(formats) and set(formats) <= set(DATE_FORMATS)):
        problems.append(f"[format] date_formats is not a list of one or more of {', '.join(DATE_FORMATS)}.")
    if not _is_whole(layout.get("header_row", 1)):
        problems.append("[format] header_row is not a row number from 1 to 100.")
    return problems


def _is_encoding(name: object) -> bool:
    try:
        found = codecs.lookup(str(name))
    except (LookupError, ValueError):
        return False
    # Python opens no file in rot13 or base64: those turn text into text, or bytes into bytes.
    return isinstance(name, str) and found._is_text_encoding and found.name != "utf-7"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100


def _rule_problems(content: dict) -> list[str]:
    problems = [
        f"[missing] {key} is not a list of texts." for key, v in content.get("missing", {}).items() if not _is_texts(v)
    ]
    problems += [
        f"[pad] {key} is not a number of digits." for key, v in content.get("pad", {}).items() if not _is_whole(v)
    ]
    persons, credit, art = (content.get(key) for key in ("persons", "credit", "art"))
    if persons is not None and (list(persons) != ["supplier_name"] or not _is_texts(persons["supplier_name"])):
        problems.append("[persons] holds one key, supplier_name: a list of names that stand for a person.")
    credit = {"column": "", "values": [""]} if credit is None else credit
    if set(credit) != {"column", "values"} or not (_is_heading(credit["column"]) and _is_texts(credit["values"])):
        problems.append("[credit] holds column (a heading) and values (a list of texts).")
    if art is not None:
        problems += _art_problems(art)
    return problems


def _art_problems(art: dict) -> list[str]:
    known = ("column", "start", "length", "pattern")
    problems = [f"[art] {key} is not a key.{nearest(key, known)}" for key in art if key not in known]
    if "column" not in art:
        problems.append("[art] column is missing: the heading the art is cut out of.")
    elif not _is_heading(art["column"]):
        problems.append("[art] column is neither a heading nor a list of headings.")
    wrong = [key for key in ("start", "length") if not _is_whole(art.get(key, 1))]
    problems += [f"[art] {key} is not a whole number from 1 to 100." for key in wrong]
    try:
        if "pattern" in art and re.compile(art["pattern"]).groups != 1:
            problems.append("[art] pattern needs exactly one group, such as ^\\d+-(\\d\\d)-.")
    except (re.error, TypeError, OverflowError):
        problems.append("[art] pattern is not a regular expression.")
    return problems
