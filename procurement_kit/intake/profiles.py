"""How does an arbitrary ledger export become invoice lines?

A profile is a TOML file that says which heading carries which column, how amounts and dates are written, which sign is
spend, and which values mean «nothing». It is strict: an unknown key is an error with the nearest known one.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import InputNotFoundError, SettingsError, nearest
from procurement_kit.intake.profile_checks import LABELS, MAPPABLE, SIGNS, profile_problems

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

DELIMITERS = {"auto": "", "semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|"} | {mark: mark for mark in ";,\t|"}
__all__ = ["DELIMITERS", "LABELS", "MAPPABLE", "SIGNS"]
__all__ += ["PartRule", "Profile", "RowRule", "Source", "find_profile", "profile_of", "read_profile"]


@dataclass(frozen=True)
class Source:
    """Where a column comes from: alternative headings, the first that is there; or several headings joined."""

    headings: tuple[str, ...]
    is_joined: bool = False


@dataclass(frozen=True)
class PartRule:
    """How a column is cut out of a longer text, such as the art out of a kontostreng: by place, or by a pattern.

    Parameters
    ----------
    headings : tuple of str
        Alternative headings, the first that is there.
    start, length : int
        First sign, counted from 1, and how many; used where there is no pattern.
    pattern : str
        A regular expression with one group; a text it does not fit gives nothing.
    """

    headings: tuple[str, ...]
    start: int = 1
    length: int = 2
    pattern: str = ""

    def cut(self, text: str | None) -> str | None:
        """The part of a text, or None where there is none.

        Examples
        --------
        >>> PartRule(("Artskonto",)).cut("40000000"), PartRule(("K",), pattern=r"^\\d+-(\\d+)-").cut("100-645-29-")
        ('40', '645')
        """
        bare = " ".join((text or "").split())
        if self.pattern:
            found = re.search(self.pattern, bare)
            return found[1] or None if found else None
        return bare[self.start - 1 : self.start - 1 + self.length] or None


@dataclass(frozen=True)
class RowRule:
    """Which rows of an export are invoices: those whose cell a pattern fits.

    Parameters
    ----------
    headings : tuple of str
        Alternative headings, the first that is there.
    pattern : str
        A regular expression that is looked for in the cell.
    """

    headings: tuple[str, ...]
    pattern: str

    def fits(self, text: str | None) -> bool:
        """Whether a cell says that the row is an invoice.

        Examples
        --------
        >>> RowRule(("Voucher",), "^EFAK-").fits("EFAK-000336028"), RowRule(("Voucher",), "^EFAK-").fits("BET-1")
        (True, False)
        """
        return re.search(self.pattern, " ".join((text or "").split())) is not None


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
    kind : {"csv", "sap_spool"}
        A table of cells (CSV or workbook), or a printed list from SAP.
    sheet : str or int
        Worksheet of a workbook, by name or by number from 1.
    constants : dict
        Values of columns that are not in the file, and where a cell is empty.
    missing : dict
        Column → values that count as empty; `all` holds for every column.
    not_a_category : frozenset of str
        Labels that say that a line is not categorised, casefolded.
    parts : dict
        Column of INVOICE_LINES → `PartRule`: columns that are cut out of a longer text.
    persons : frozenset of str
        Supplier names that stand for a person, casefolded.
    pad : dict
        Column → number of digits; leading zeros that the export has lost are put back.
    credit : tuple of (Source, frozenset of str), or None
        Column and values that turn the sign, such as Debet/kredit = K.
    rows : RowRule or None
        Which rows are invoices; the others are held back.
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
    kind: str = "csv"
    sheet: str | int = 1
    constants: dict[str, str] = field(default_factory=dict)
    missing: dict[str, frozenset[str]] = field(default_factory=dict)
    not_a_category: frozenset[str] = frozenset()
    parts: dict[str, PartRule] = field(default_factory=dict)
    persons: frozenset[str] = frozenset()
    pad: dict[str, int] = field(default_factory=dict)
    credit: tuple[Source, frozenset[str]] | None = None
    rows: RowRule | None = None

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
    return read_profile(profile_path(profile, municipality))


def profile_path(profile: str | Path, municipality: "Municipality | None" = None) -> Path:
    """The file of a profile named by path or by name.

    Raises
    ------
    InputNotFoundError
        If there is none; the message lists those there are.
    """
    text = str(profile)
    candidates = [Path(text)] if text.endswith(".toml") else []
    candidates += [folder / f"{text}.toml" for folder in profile_folders(municipality) if "/" not in text]
    for path in candidates:
        if path.is_file():
            return path
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
    return profile_of(read_content(path), where=path.name)


def read_content(path: Path) -> dict:
    """What a profile file says, unchecked.

    Raises
    ------
    SettingsError
        If it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}", todo="correct the line named") from None


def profile_of(content: dict, *, where: str) -> Profile:
    """A profile of what a profile file says.

    Raises
    ------
    SettingsError
        With all problems at once.
    """
    if problems := profile_problems(content):
        raise SettingsError(
            f"{where}: the profile cannot be used.",
            problems=problems,
            expected="what data_templates/profiles/council_spend.toml explains",
            todo="correct the profile",
        )
    return _profile(content)


def _profile(content: dict) -> Profile:
    layout = content.get("format", {})
    labels = {key: value for key, value in content.get("labels", {}).items() if key in LABELS}
    columns = {key: _source(value) for key, value in (content["columns"] | labels).items()}
    credit, rows = content.get("credit"), content.get("rows")
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
        parts={key: _part(rule) for key, rule in content.get("parts", {}).items()},
        persons=_folded(content.get("persons", {}).get("supplier_name", ())),
        pad=dict(content.get("pad", {})),
        credit=(_source(credit["column"]), _folded(credit["values"])) if credit else None,
        rows=RowRule(_source(rows["column"]).headings, rows["pattern"]) if rows else None,
        **{key: tuple(value) if isinstance(value, list) else value for key, value in layout.items()},
    )


def _folded(values: list[str]) -> frozenset[str]:
    return frozenset(" ".join(value.split()).casefold() for value in values)


def _source(value: object) -> Source:
    if isinstance(value, dict):
        return Source(tuple(value["join"]), is_joined=True)
    return Source((value,) if isinstance(value, str) else tuple(value))


def _part(rule: dict) -> PartRule:
    keys = {key: value for key, value in rule.items() if key != "column"}
    return PartRule(_source(rule["column"]).headings, **keys)
