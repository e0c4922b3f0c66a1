"""How does a contract register as somebody else published it become rows of our own?

A profile is a TOML file in data_templates/contract_profiles: which heading carries which column of `contracts`, what
their values mean, and how dates and amounts are written. Rows that cannot be used are held back with every reason;
nothing is guessed. The profile is strict: a word it does not know is an error.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.columns import TEXT
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.errors import InputNotFoundError, SettingsError, TableError, nearest
from procurement_kit.intake.headings import heading_key
from procurement_kit.intake.profiles import PartRule
from procurement_kit.personal_numbers import blank
from procurement_kit.templates import read_cell, read_cells

if TYPE_CHECKING:
    from procurement_kit.settings import Municipality

FOLDER = "contract_profiles"
_KEYS = ("name", "version", "format", "columns", "parts", "constants", "values", "missing", "optional")
_FORMAT_KEYS = ("decimal_mark", "date_formats")
_PART_KEYS = ("column", "start", "length", "pattern")


@dataclass(frozen=True)
class RegisterProfile:
    """How a published register is read.

    Parameters
    ----------
    name, version : str
        What it is called.
    columns : dict
        Column of CONTRACTS → alternative headings, the first that is there.
    parts : dict
        Column of CONTRACTS → `PartRule`: what is cut out of a longer text.
    constants : dict
        Values of columns that are not in the file, and where a cell is empty.
    values : dict
        Column → their word, casefolded → ours.
    missing : frozenset of str
        Words that mean nothing, casefolded.
    optional : frozenset of str
        Columns whose heading may be missing from the file.
    decimal_mark, date_formats
        How amounts and days are written.
    """

    name: str
    version: str
    columns: dict[str, tuple[str, ...]]
    parts: dict[str, PartRule] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    decimal_mark: str = ","
    date_formats: tuple[str, ...] = ("dd-mm-yyyy",)


@dataclass(frozen=True)
class HeldBack:
    """A row that cannot be used: its number in Excel, what it is called, and every reason."""

    row: int
    contract: str
    reasons: tuple[str, ...]


# --- the profile ----------------------------------------------------------------------------------------------------


def register_profile_folders(municipality: "Municipality | None" = None) -> list[Path]:
    """Folders profiles are looked for in: the municipality's own first, then those that come with the product."""
    package = Path(__file__).resolve().parent.parent
    own = [municipality.folder / "profiles"] if municipality else []
    return [*own, package.parent / "data_templates" / FOLDER, package / "data_templates" / FOLDER]


def find_register_profile(profile: str, municipality: "Municipality | None" = None) -> RegisterProfile:
    """Read a profile named by path or by name.

    Raises
    ------
    InputNotFoundError
        If there is none; the message lists those there are.
    SettingsError
        With everything that is wrong with it.
    """
    folders = register_profile_folders(municipality)
    candidates = [Path(profile)] if profile.endswith(".toml") else [folder / f"{profile}.toml" for folder in folders]
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        known = sorted({found.stem for folder in folders[-2:] for found in folder.glob("*.toml")})
        raise InputNotFoundError(
            f"There is no contract profile «{profile}».{nearest(profile, known)}",
            expected=f"a .toml file, or one of: {', '.join(known)}",
            todo=f"copy data_templates/{FOLDER}/published_register.toml to the municipality's profiles folder; fit it",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}", todo="correct the line named") from None
    return register_profile_of(content, where=path.name)


def register_profile_of(content: Mapping, *, where: str) -> RegisterProfile:
    """A profile of what a profile file says.

    Raises
    ------
    SettingsError
        With all problems at once.
    """
    if problems := _profile_problems(content):
        raise SettingsError(
            f"{where}: the contract profile cannot be used.",
            problems=problems,
            expected=f"what data_templates/{FOLDER}/published_register.toml explains",
            todo="correct the profile",
        )
    layout = content.get("format", {})
    return RegisterProfile(
        name=content["name"],
        version=str(content["version"]),
        columns={name: _texts(headings) for name, headings in content["columns"].items()},
        parts={name: _part(rule) for name, rule in content.get("parts", {}).items()},
        constants={name: str(value) for name, value in content.get("constants", {}).items()},
        values={name: {_folded(word): ours for word, ours in words.items()} for name, words in _values(content)},
        missing=frozenset(map(_folded, content.get("missing", ()))),
        optional=frozenset(content.get("optional", ())),
        decimal_mark=layout.get("decimal_mark", ","),
        date_formats=tuple(layout.get("date_formats", ("dd-mm-yyyy",))),
    )


def _values(content: Mapping) -> list[tuple[str, Mapping]]:
    return list(content.get("values", {}).items())


def _part(rule: Mapping) -> PartRule:
    return PartRule(_texts(rule["column"]), **{key: value for key, value in rule.items() if key != "column"})


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _profile_problems(content: Mapping) -> list[str]:
    problems = [f"«{key}» is not known.{nearest(key, _KEYS)}" for key in content if key not in _KEYS]
    problems += [f"{key} is missing" for key in ("name", "version", "columns") if not content.get(key)]
    for section in ("columns", "parts", "constants", "values"):
        for name in content.get(section, {}):
            if name not in CONTRACTS.names:
                problems.append(f"[{section}] «{name}» is not a column of contracts.{nearest(name, CONTRACTS.names)}")
    layout = content.get("format", {})
    problems += [f"[format] «{key}» is not known.{nearest(key, _FORMAT_KEYS)}" for key in set(layout) - {*_FORMAT_KEYS}]
    if layout.get("decimal_mark", ",") not in (",", "."):
        problems.append("[format] decimal_mark is neither «,» nor «.»")
    for name, rule in content.get("parts", {}).items():
        problems += [f"[parts] {name}: {said}" for said in _part_problems(rule)]
    given = {name for section in ("columns", "parts", "constants") for name in content.get(section, {})}
    lacking = [column.name for column in CONTRACTS.columns if column.required and column.name not in given]
    return problems + [f"{name} is needed, and nothing says where it comes from" for name in lacking]


def _part_problems(rule: object) -> list[str]:
    if not isinstance(rule, dict) or "column" not in rule:
        return ["it needs a column"]
    problems = [f"«{key}» is not known.{nearest(key, _PART_KEYS)}" for key in rule if key not in _PART_KEYS]
    try:
        if rule.get("pattern") and re.compile(rule["pattern"]).groups != 1:
            problems.append("its pattern needs exactly one group in brackets")
    except re.error as error:
        problems.append(f"its pattern cannot be read: {error}")
    return problems


# --- the rows -------------------------------------------------------------------------------------------------------


def read_published_register(path: Path, profile: RegisterProfile) -> tuple[dict[int, dict], list[HeldBack]]:
    """Read a published register: rows of CONTRACTS by their number in Excel, and those that are held back.

    Raises
    ------
    InputNotFoundError, FileFormatError
        If the file cannot be read at all.
    TableError
        If a heading the profile names is missing.
    """
    header, rows = read_cells(Path(path))
    places = _places(header, profile, Path(path).name)
    taken, held = {}, []
    for number, row in rows:
        record, reasons = _record(row, places, profile)
        if reasons:
            held.append(HeldBack(number, _called(record), tuple(reasons)))
        else:
            taken[number] = record
    return taken, held


def _called(record: Mapping) -> str:
    return " · ".join(filter(None, (record.get(name) for name in ("contract_number", "contract_title")))) or "?"


def _places(header: list[str], profile: RegisterProfile, where: str) -> dict[str, int]:
    """Place of each column's heading; the heading of a part stands under «part» and the column's name."""
    known = {heading_key(heading): place for place, heading in reversed(list(enumerate(header)))}
    wanted = {**profile.columns, **{f"part {name}": rule.headings for name, rule in profile.parts.items()}}
    places, problems = {}, []
    for name, headings in wanted.items():
        found = [known[heading_key(heading)] for heading in headings if heading_key(heading) in known]
        if found:
            places[name] = found[0]
        elif name.removeprefix("part ") not in profile.optional:
            problems.append(f"{name}: no heading «{' / '.join(headings)}».{nearest(headings[0], header)}")
    if problems:
        raise TableError(
            f"{where}: headings the profile «{profile.name}» names are missing.",
            problems=problems,
            expected="every heading the profile names, or the column under «optional»",
            todo="correct the profile, or choose another",
        )
    return places


def _record(row: list[str], places: Mapping[str, int], profile: RegisterProfile) -> tuple[dict, list[str]]:
    record, reasons = {}, []
    for column in CONTRACTS.columns:
        text = _printed(row, column.name, places, profile)
        try:
            value = read_cell(text, column, decimal_mark=profile.decimal_mark, date_formats=profile.date_formats)
            record[column.name] = blank(value) if column.type == TEXT and value else value
        except ValueError as problem:
            reasons.append(f"«{column.heading}» {problem}")
    return record, reasons


def _printed(row: list[str], name: str, places: Mapping[str, int], profile: RegisterProfile) -> str:
    def cell(key: str) -> str:
        place = places.get(key, len(row))
        return " ".join(row[place].split()) if place < len(row) else ""

    rule = profile.parts.get(name)
    found = (rule.cut(cell(f"part {name}")) or "" if rule else "") or cell(name)
    ours = profile.values.get(name, {}).get(_folded(found), found)
    return profile.constants.get(name, "") if not ours or _folded(ours) in profile.missing else ours
