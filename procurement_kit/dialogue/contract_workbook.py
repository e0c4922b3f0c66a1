"""How are proposed categories and company numbers of contracts confirmed in Excel, and read back?

One row per contract that lacks something, most kroner first, with the proposal in the cells that can be put right and a
column that says yes or no. Only rows somebody has said yes to are used; rows that cannot be come back with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.columns import TEXT, Column, Table
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import LANGUAGES, Words, text, words_of
from procurement_kit.errors import nearest
from procurement_kit.names import usable_company_number
from procurement_kit.personal_numbers import blank
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_usable_rows

if TYPE_CHECKING:
    import pandas as pd

FILLED_IN = ("category_codes", "supplier_number", "is_confirmed")
_SHOWN = (
    "contract_number", "lot_number", "contract_title", "supplier_name", "match_reason", "found_name", "line_count",
    "net_amount", "category_names", *FILLED_IN,
)  # fmt: skip
_UNITS = {"line_count": "count", "net_amount": "kr"}
_WIDTHS = {"contract_title": 36, "supplier_name": 30, "found_name": 30, "category_names": 50, "is_confirmed": 12}
_READ = ("contract_number", "lot_number", "supplier_name", *FILLED_IN)


@dataclass(frozen=True)
class Confirmed:
    """What was read back: rows somebody has confirmed, what is wrong with others, and how many are unanswered or no."""

    rows: tuple[dict, ...]
    refused: tuple[str, ...]
    unanswered_count: int
    declined_count: int


def write_contract_details(municipality: Municipality, proposals: "pd.DataFrame", path: Path) -> Path:
    """Write proposals as a workbook to confirm.

    Parameters
    ----------
    municipality : Municipality
        Whose language and tree.
    proposals : DataFrame
        As `propose_contract_details` gives them.
    path : Path
        Where to write it.

    Raises
    ------
    PrivacyError
        If a cell holds a personal number; nothing is written then.
    """
    words, tree = words_of(municipality), tree_of(municipality)
    headings = words.entry("contract_details.headings")
    columns = tuple(
        SheetColumn(headings[name], _UNITS.get(name, "text"), _WIDTHS.get(name, 18), name in FILLED_IN)
        for name in _SHOWN
    )
    empty = proposals.astype(object).where(proposals.notna(), None)
    rows = [_row(record, words, tree) for record in empty.to_dict("records")]
    answers = tuple(words.entry("contract_details.answers").values())
    choices = {(number, len(_SHOWN) - 1): answers for number in range(len(rows))}
    guide = [(line,) for line in words.entry("contract_details.guide_lines")]
    sheets = [
        Sheet(words.say("contract_details.sheet"), columns, rows, choices),
        Sheet(words.say("questions.guide"), (SheetColumn(words.say("questions.guide_heading"), width=110),), guide),
        _tree_sheet(tree, words),
    ]
    return write_sheets(path, words.say("contract_details.title"), sheets)


def _row(record: Mapping, words: Words, tree: CategoryTree) -> tuple:
    written = {
        "match_reason": words.say(f"contract_details.reasons.{record['match_reason']}"),
        "category_names": "\n".join(_part(part, words, tree) for part in record["category_parts"]),
    }
    return tuple({**record, **written}.get(name) for name in _SHOWN)


def _part(part: tuple, words: Words, tree: CategoryTree) -> str:
    code, of_supplier, of_category = part
    names = {"code": code, "category": tree.name(code, words.formats.language)}
    shares = {"of_supplier": words.formats.share(of_supplier), "of_category": words.formats.share(of_category)}
    return words.say("contract_details.part", **names, **shares).replace("\u00a0", " ")


def _tree_sheet(tree: CategoryTree, words: Words) -> Sheet:
    rows = [(code, tree.name(code, words.formats.language)) for code in sorted(tree.codes)]
    headings = words.entry("contract_details.category_headings")
    columns = tuple(SheetColumn(heading, width=width) for heading, width in zip(headings, (12, 60), strict=True))
    return Sheet(words.say("questions.categories"), columns, rows)


def read_contract_details(municipality: Municipality, path: Path) -> Confirmed:
    """Read the workbook back.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all.
    """
    usable, refused = read_usable_rows(path, _table())
    tree, counts = tree_of(municipality), {"": 0, "no": 0}
    rows, refused = [], [blank(reason) for reason in refused]
    for number, row in usable.items():
        answer = _answer(row["is_confirmed"])
        problems = _problems(row, tree, answer) if answer not in counts else []
        if answer in counts:
            counts[answer] += 1
        elif problems:
            refused += [blank(f"row {number}, {row['contract_number']}: {problem}") for problem in problems]
        else:
            rows.append({name: row[name] for name in _READ if name != "is_confirmed"} | _tidied(row))
    return Confirmed(tuple(rows), tuple(refused), counts[""], counts["no"])


def _table() -> Table:
    """The sheet that is read back, with its headings in all languages."""
    columns = []
    for name in _READ:
        danish, *others = (text(language, "contract_details.headings")[name] for language in LANGUAGES)
        required = name in CONTRACTS.names and CONTRACTS[name].required
        columns.append(Column(name, TEXT, danish, "", required=required, also=tuple(others)))
    return Table("contract_details", "", "", tuple(columns))


def _answer(printed: str | None) -> str:
    """yes, no, empty where nobody has answered, else what stands there."""
    bare = (printed or "").strip().casefold()
    known = {answer.casefold(): code for language in LANGUAGES for code, answer in _answers(language).items()}
    return known.get(bare, bare)


def _answers(language: str) -> dict[str, str]:
    return text(language, "contract_details.answers")


def _problems(row: Mapping, tree: CategoryTree, answer: str) -> list[str]:
    if answer != "yes":
        return [f"«{answer}» is neither yes nor no"]
    codes, number = (row["category_codes"] or "").split(), row["supplier_number"]
    problems = [
        f"category {code} is not in the category tree.{nearest(code, tree.codes)}" for code in codes if code not in tree
    ]
    if number and not usable_company_number(number):
        problems.append(f"«{number}» does not look like a CVR-nummer")
    return problems if codes or number else ["it is confirmed, but neither category nor CVR-nummer is filled in"]


def _tidied(row: Mapping) -> dict:
    codes = list(dict.fromkeys((row["category_codes"] or "").split()))
    return {"category_codes": " ".join(codes) or None, "supplier_number": usable_company_number(row["supplier_number"])}
