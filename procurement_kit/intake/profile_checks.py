"""What is wrong with a profile?

Every slip is named at once, with the nearest known word: unknown keys, columns that are not ours, values that are not
allowed, constants that cannot be read as cells. Works on the content of the TOML file, before a profile is made of it.
"""

import codecs
import re

from procurement_kit.columns import TEXT
from procurement_kit.errors import nearest
from procurement_kit.tables import COMPUTED_BY_INTAKE, INVOICE_LINES, LABEL_LEVELS
from procurement_kit.templates import read_cell
from procurement_kit.values import DATE_FORMATS

LABELS = tuple(f"labelled_category_{level}" for level in LABEL_LEVELS)
MAPPABLE = {column.name: column for column in INVOICE_LINES.filled_in if column.name not in LABELS}
NEEDED = ("document_amount", "document_currency", "supplier_name")
VAT_BASES = ("ex", "incl", "unknown")
SIGNS = ("positive_is_spend", "negative_is_spend")
KINDS = ("csv", "sap_spool")
DELIMITER_NAMES = ("auto", "semicolon", "comma", "tab", "pipe", ";", ",", "\t", "|")
_KEYS = ("name", "version", "vat_basis", "sign", "optional") + (
    "format", "columns", "constants", "missing", "labels", "parts", "persons", "pad", "credit",
    "rows",
)  # fmt: skip
_FORMAT_KEYS = ("kind", "encoding", "delimiter", "decimal_mark", "date_formats", "header_row", "quote", "sheet")
_DEFAULTS = {"decimal_mark": ",", "date_formats": ("dd-mm-yyyy",)}
_PART_KEYS = ("column", "start", "length", "pattern")


def profile_problems(content: dict) -> list[str]:
    """All that is wrong with the content of a profile file, one sentence each."""
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
    wrong = [key for key in optional if key not in (*columns, *content.get("parts", {}))]
    return problems + [f"optional: {key} is not one of the columns of this profile." for key in wrong]


def _constant_problems(content: dict) -> list[str]:
    """A constant must be readable as a cell of its column is."""
    layout = content.get("format", {})
    if _format_problems(layout):
        return []
    mark, formats = (layout.get(key, _DEFAULTS[key]) for key in ("decimal_mark", "date_formats"))
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
    if layout.get("encoding", "auto") != "auto" and not is_encoding(layout["encoding"]):
        problems.append(f"[format] encoding «{layout['encoding']}» is unknown; try utf-8, cp1252 or cp865.")
    problems += [
        f"[format] {p}"
        for p in _choice(layout, "delimiter", DELIMITER_NAMES) + _choice(layout, "quote", ('"', "'", ""))
    ]
    problems += [f"[format] {p}" for p in _choice(layout, "decimal_mark", (",", "."))]
    formats = layout.get("date_formats", [])
    if "date_formats" in layout and not (_is_texts(formats) and set(formats) <= set(DATE_FORMATS)):
        problems.append(f"[format] date_formats is not a list of one or more of {', '.join(DATE_FORMATS)}.")
    problems += [f"[format] {p}" for p in _choice(layout, "kind", KINDS)]
    if not _is_whole(layout.get("header_row", 1)):
        problems.append("[format] header_row is not a row number from 1 to 100.")
    sheet = layout.get("sheet", 1)
    if not (_is_whole(sheet) or (isinstance(sheet, str) and sheet.strip())):
        problems.append("[format] sheet is neither the name of a worksheet nor its number from 1 to 100.")
    return problems


def is_encoding(name: object) -> bool:
    """Whether Python opens text files in an encoding of that name.

    Examples
    --------
    >>> is_encoding("cp865"), is_encoding("klingon"), is_encoding("base64")
    (True, False, False)
    """
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
    persons, credit = content.get("persons"), content.get("credit")
    if persons is not None and (list(persons) != ["supplier_name"] or not _is_texts(persons["supplier_name"])):
        problems.append("[persons] holds one key, supplier_name: a list of names that stand for a person.")
    credit = {"column": "", "values": [""]} if credit is None else credit
    if set(credit) != {"column", "values"} or not (_is_heading(credit["column"]) and _is_texts(credit["values"])):
        problems.append("[credit] holds column (a heading) and values (a list of texts).")
    return problems + _parts_problems(content) + _row_problems(content.get("rows"))


def _row_problems(rows: dict | None) -> list[str]:
    if rows is None:
        return []
    if set(rows) != {"column", "pattern"} or not _is_heading(rows["column"]):
        return ["[rows] holds column (a heading) and pattern (which cells are invoices)."]
    try:
        re.compile(rows["pattern"])
    except (re.error, TypeError, OverflowError):
        return ["[rows] pattern is not a regular expression."]
    return []


def _parts_problems(content: dict) -> list[str]:
    problems = []
    for key, rule in content.get("parts", {}).items():
        if key in content["columns"]:
            problems.append(f"[parts] {key} is in [columns] too; it can come from one place only.")
        if key not in MAPPABLE or MAPPABLE[key].type != TEXT:
            problems.append(f"[parts] {key}: {_why_not(key) if key not in MAPPABLE else 'is not a text column.'}")
        if isinstance(rule, dict):
            problems += [f"[parts] {key}: {problem}" for problem in _part_problems(rule)]
        else:
            problems.append(f'[parts] {key} is not a rule; write {{column = "Kontostreng", start = 1, length = 2}}.')
    return problems


def _part_problems(rule: dict) -> list[str]:
    problems = [f"{key} is not a key.{nearest(key, _PART_KEYS)}" for key in rule if key not in _PART_KEYS]
    if "column" not in rule:
        problems.append("column is missing: the heading it is cut out of.")
    elif not _is_heading(rule["column"]):
        problems.append("column is neither a heading nor a list of headings.")
    wrong = [key for key in ("start", "length") if not _is_whole(rule.get(key, 1))]
    problems += [f"{key} is not a whole number from 1 to 100." for key in wrong]
    if "pattern" in rule and {"start", "length"} & set(rule):
        problems.append("pattern, or start and length, not both.")
    try:
        if "pattern" in rule and re.compile(rule["pattern"]).groups != 1:
            problems.append("pattern needs exactly one group, such as ^\\d+-(\\d\\d)-.")
    except (re.error, TypeError, OverflowError):
        problems.append("pattern is not a regular expression.")
    return problems
