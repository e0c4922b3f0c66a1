"""How is a profile written down, so that it reads back as it was?

As TOML with one section per kind of choice and a short comment each, in the order of the shipped profiles.
"""

import json
from collections.abc import Iterable

from procurement_kit.intake.profiles import LABELS, PartRule, Profile, Source

_COMMENTS = {
    "vat_basis": "are the amounts without VAT? ex, incl or unknown",
    "sign": "what a positive amount means: positive_is_spend or negative_is_spend",
    "columns": "Left our column, right the heading in the file.",
    "constants": "Values that hold for the whole file, and where a cell of that column is empty.",
    "missing": "Values that mean nothing: under all for every column, or for one column only.",
    "labels": "Categories the file brings along.",
    "parts": "Columns that are cut out of a longer text.",
    "persons": "Supplier names that stand for a person.",
    "pad": "Leading zeros that a spreadsheet has eaten are put back, up to so many digits.",
    "credit": "A column that turns the sign.",
    "rows": "Which rows are invoices; the others are held back.",
}


def profile_toml(profile: Profile, *, title: str = "An import profile.") -> str:
    """A profile as TOML text.

    Parameters
    ----------
    profile : Profile
        What to write.
    title : str
        First comment lines.

    Examples
    --------
    >>> print(profile_toml(Profile("mine", "1", "ex", "positive_is_spend", {})).splitlines()[3])
    name = "mine"
    """
    lines = [*(f"# {line}" for line in title.splitlines()), "# council_spend.toml explains every key.", ""]
    lines += [f"name = {_text(profile.name)}", f"version = {_text(profile.version)}"]
    lines += [f"{key} = {_text(getattr(profile, key))}  # {_COMMENTS[key]}" for key in ("vat_basis", "sign")]
    lines += [f"optional = {_texts(profile.optional)}"] if profile.optional else []
    lines += _section("format", _format(profile))
    for name, content in _sections(profile).items():
        lines += _section(name, content) if content else []
    return "\n".join(lines) + "\n"


def _format(profile: Profile) -> dict[str, str]:
    texts = ("kind", "encoding", "delimiter", "quote", "decimal_mark")
    sheet = str(profile.sheet) if isinstance(profile.sheet, int) else _text(profile.sheet)
    return {key: _text(getattr(profile, key)) for key in texts} | {
        "date_formats": _texts(profile.date_formats),
        "header_row": str(profile.header_row),
        "sheet": sheet,
    }


def _sections(profile: Profile) -> dict[str, dict[str, str]]:
    labels = {key: _source(source) for key, source in profile.columns.items() if key in LABELS}
    if profile.not_a_category:
        labels["not_a_category"] = _texts(sorted(profile.not_a_category))
    credit = profile.credit
    return {
        "columns": {key: _source(source) for key, source in profile.columns.items() if key not in LABELS},
        "constants": {key: _text(value) for key, value in profile.constants.items()},
        "missing": {key: _texts(sorted(values)) for key, values in profile.missing.items()},
        "labels": labels,
        "parts": {key: _part(rule) for key, rule in profile.parts.items()},
        "persons": {"supplier_name": _texts(sorted(profile.persons))} if profile.persons else {},
        "pad": {key: str(width) for key, width in profile.pad.items()},
        "credit": {"column": _source(credit[0]), "values": _texts(sorted(credit[1]))} if credit else {},
        "rows": {"column": _texts(profile.rows.headings), "pattern": _text(profile.rows.pattern)}
        if profile.rows
        else {},
    }


def _section(name: str, content: dict[str, str]) -> list[str]:
    comment = [f"# {_COMMENTS[name]}"] if name in _COMMENTS else []
    return ["", *comment, f"[{name}]", *(f"{key} = {value}" for key, value in content.items())]


def _source(source: Source) -> str:
    headings = _texts(source.headings)
    return f"{{join = {headings}}}" if source.is_joined else headings


def _part(rule: PartRule) -> str:
    how = f"pattern = {_text(rule.pattern)}" if rule.pattern else f"start = {rule.start}, length = {rule.length}"
    return f"{{column = {_texts(rule.headings)}, {how}}}"


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
