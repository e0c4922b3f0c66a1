"""How do pairs of suppliers in doubt become a workbook, and how do its answers come back?

Both sides stand with name, number, kroner and invoices, and what speaks for it in words; the answer is chosen: same,
not the same, don't know. Rows that cannot be used come back with their reason, the good ones are decisions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from procurement_kit.columns import TEXT, Column, Table
from procurement_kit.decision_log import checked_function
from procurement_kit.dialogue.questions import FUNCTIONS
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import LANGUAGES
from procurement_kit.errors import FileFormatError, ParameterError, TableError
from procurement_kit.names import without_tokens
from procurement_kit.personal_numbers import blank, find_numbers, without_hidden
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.supplier_decisions import (
    doubtful_pairs,
    latest_supplier_decisions,
    record_supplier_decisions,
    side_words,
    supplier_merges,
    supplier_problem,
)
from procurement_kit.review.wording import FOLDER, ReviewWords, review_words
from procurement_kit.settings import Municipality
from procurement_kit.steps.supplier_pairs import SIDES
from procurement_kit.steps.suppliers import PAIR
from procurement_kit.templates import read_usable_rows
from procurement_kit.values import read_date

SHOWN = (
    "pair_id", "left_name", "left_number", "left_amount", "left_document_count", "right_name", "right_number",
    "right_amount", "right_document_count", "score", "evidence",
)  # fmt: skip
FILLED_IN = ("answer", "function", "date")
ANSWERS = ("same", "apart", "unknown")
_UNITS = {"amount": "kr", "count": "count", "score": "share"}
_WIDTHS = {"name": 32, "number": 12, "evidence": 60, "id": 18, "answer": 18, "function": 24}


@dataclass(frozen=True)
class ReadSuppliers:
    """What came back: new decisions, answers that stood there already, «don't know», and rows refused with reasons."""

    taken_in: int
    unchanged: int
    unknown: int
    refused: list[dict]
    refused_path: Path | None


class _Refusal(Exception):  # noqa: N818  never leaves this module
    """Why a row cannot be used: the key of a reason, and what it quotes."""

    def __init__(self, reason: str, **quoted: object):
        self.reason, self.quoted = reason, quoted
        super().__init__(reason)


# --- out ------------------------------------------------------------------------------------------------------------


def write_supplier_workbook(municipality: Municipality, pairs: Sequence[Mapping], path: Path) -> Path:
    """Write pairs in doubt as a workbook to fill in.

    Parameters
    ----------
    municipality : Municipality
        In whose language.
    pairs : sequence of mapping
        As `doubtful_pairs` gives them.
    path : Path
        Where to write it.

    Raises
    ------
    ParameterError
        If the workbook is there and holds answers.
    PrivacyError
        If a cell would hold a personal number.
    """
    _refuse_answered(path)
    words = review_words(municipality)
    headings, notes = words.entry("suppliers.headings"), words.entry("suppliers.notes")
    columns = tuple(
        SheetColumn(headings[name], _unit(name), _width(name), name in FILLED_IN, notes.get(name, ""))
        for name in (*SHOWN, *FILLED_IN)
    )
    rows = [tuple(_cells(pair, words).get(name) for name in (*SHOWN, *FILLED_IN)) for pair in pairs]
    answers = tuple(words.say(f"suppliers.answers.{answer}") for answer in ANSWERS)
    lists = {"answer": answers, "function": FUNCTIONS[words.formats.language]}
    choices = {
        (number, place): tuple(lists[name])
        for number in range(len(rows))
        for place, name in enumerate((*SHOWN, *FILLED_IN))
        if name in lists
    }
    guide = [(line,) for line in words.entry("suppliers.guide_lines")]
    sheets = [
        Sheet(words.say("suppliers.sheet"), columns, rows, choices),
        Sheet(words.say("workbook.guide"), (SheetColumn(words.say("suppliers.guide_heading"), width=110),), guide),
    ]
    return write_sheets(path, f"{words.say('suppliers.title')}: {municipality.title}", sheets)


def _refuse_answered(path: Path) -> None:
    if not path.exists():
        return
    try:
        rows, _ = read_usable_rows(path, _form())
    except (TableError, FileFormatError):
        rows = {0: {"answer": "?"}}
    if any(row["answer"] for row in rows.values()):
        raise ParameterError(
            f"{path.name} is there already and is not an empty list of pairs.",
            expected="a new file, or a list that nobody has filled in",
            todo="read it back with --read, then write the next list under another name",
        )


def _cells(pair: Mapping, words: ReviewWords) -> dict[str, object]:
    cells: dict[str, object] = {"pair_id": pair["pair_id"], "score": pair["match_score"]}
    for side in SIDES:
        cells |= {f"{side}_{name}": pair[f"{side}_{name}"] for name in ("amount", "document_count")}
        cells |= {f"{side}_{name}": without_tokens(pair[f"{side}_{name}"] or "") or None for name in ("name", "number")}
    return cells | {"evidence": evidence_words(pair["match_evidence"], words)}


def evidence_words(evidence: str | None, words: ReviewWords) -> str:
    """What speaks for a pair, in the language of the workbook; the matcher itself speaks English."""
    said = []
    for part in (evidence or "").split("; "):
        lead, mark, rest = part.partition(": ")
        said.append(f"{_in_words(lead, words)}: {rest}" if mark else _in_words(part, words))
    return without_tokens("; ".join(filter(None, said)))


def _in_words(part: str, words: ReviewWords) -> str:
    known = words.entry("suppliers.evidence")
    for pattern, form in words.entry("suppliers.evidence_patterns"):
        if found := re.fullmatch(pattern, part):
            return form.format(*(known.get(text, text) for text in found.groups()))
    return known.get(part, part)


def _unit(name: str) -> str:
    return _UNITS.get(name.rsplit("_", 1)[-1], "text")


def _width(name: str) -> int:
    return _WIDTHS.get(name.rsplit("_", 1)[-1], 14)


# --- back -----------------------------------------------------------------------------------------------------------


def read_supplier_workbook(municipality: Municipality, path: Path, *, today: date, decided_by: str) -> ReadSuppliers:
    """Read a list of pairs as it was filled in.

    Parameters
    ----------
    municipality : Municipality
        Whose decisions are added to.
    path : Path
        The workbook.
    today : date
        Date of answers that bear none.
    decided_by : str
        Function of answers that bear none.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all; nothing is taken in then.
    ParameterError
        If `decided_by` is a person.
    """
    judge = _Judge(municipality, checked_function(decided_by) if decided_by else "", today)
    rows, problems = read_usable_rows(Path(path), _form())
    refused = [{"row": 0, "reason": blank(problem), "left": "", "right": "", "answer": ""} for problem in problems]
    good: dict[str, list[tuple[int, dict, dict]]] = {}
    unknown = 0
    for number, row in rows.items():
        try:
            decision = judge.decision(row)
        except _Refusal as problem:
            refused.append(judge.refused(number, row, problem))
            continue
        unknown += decision == {}
        if decision:
            good.setdefault(row["pair_id"], []).append((number, row, decision))
    decisions, contradicting = _without_contradictions(good)
    refused += [judge.refused(number, row, _Refusal("contradicts")) for number, row in contradicting]
    new = record_supplier_decisions(municipality, decisions)
    refused.sort(key=lambda found: found["row"])
    report = _write_refused(municipality, judge.words, refused) if refused else None
    return ReadSuppliers(len(new), len(decisions) - len(new), unknown, refused, report)


def _form() -> Table:
    """The columns that are read back, under their headings in either language."""
    danish, *others = (ReviewWords(Formats(language)).entry("suppliers.headings") for language in LANGUAGES)
    columns = tuple(
        Column(
            name, TEXT, danish[name], "As filled in.", required=name == "pair_id", also=(*(o[name] for o in others),)
        )
        for name in ("pair_id", *PAIR, *FILLED_IN)
    )
    return Table("supplier_review", "Leverandører i tvivl", "A list of pairs as filled in.", columns)


class _Judge:
    """Decides which rows can be used, with everything that needs to be known for it read once."""

    def __init__(self, municipality: Municipality, function: str, today: date):
        self.words = review_words(municipality)
        self.latest = latest_supplier_decisions(municipality)
        self.pairs = self.latest | {
            pair["pair_id"]: pair for pair in (*supplier_merges(municipality), *doubtful_pairs(municipality))
        }
        self.function, self.today = function, today
        spoken = [ReviewWords(Formats(language)).entry("suppliers.answers") for language in LANGUAGES]
        self.answers = {text.casefold(): name for answers in spoken for name, text in answers.items()}

    def decision(self, row: Mapping) -> dict | None:
        """The decision a row holds, empty for «don't know», None where it has no answer."""
        if not row["answer"]:
            return None
        for name in FILLED_IN:
            if find_numbers(without_hidden(row[name] or "")):
                raise _Refusal("personal_number", heading=self.words.entry("suppliers.headings")[name])
        answer = self.answers.get(" ".join(row["answer"].split()).casefold().rstrip(" .!"))
        if answer is None:
            raise _Refusal("not_an_answer", answer=blank(row["answer"]))
        pair = self._pair(row)
        if answer == "unknown":
            return {}
        decision = {name: pair.get(name) for name in (*PAIR, "smaller_amount")} | {"is_same": answer == "same"}
        decision |= {"decided_by": self._function(row), "decided_date": self._day(row)}
        if reason := supplier_problem(decision, self.latest):
            raise _Refusal(reason)
        return decision

    def refused(self, number: int, row: Mapping, problem: _Refusal) -> dict:
        """A row that cannot be used: where it stands, why, and what it is about, without anything personal."""
        left, right = (blank(side_words(row, side)) for side in SIDES)
        reason = self.words.say(f"suppliers.reasons.{problem.reason}", **problem.quoted)
        return {"row": number, "reason": reason, "left": left, "right": right, "answer": blank(row["answer"] or "")}

    def _pair(self, row: Mapping) -> Mapping:
        pair = self.pairs.get(row["pair_id"])
        if pair is None:
            raise _Refusal("unknown_pair")
        for name in PAIR:
            if _bare(row[name]) != _bare(without_tokens(pair.get(name) or "")):
                raise _Refusal("changed", heading=self.words.entry("suppliers.headings")[name])
        return pair

    def _function(self, row: Mapping) -> str:
        printed = row["function"] or self.function
        if not printed:
            raise _Refusal("no_function")
        try:
            return checked_function(printed)
        except ParameterError:
            raise _Refusal("not_a_function") from None

    def _day(self, row: Mapping) -> date:
        try:
            day = read_date(row["date"] or "") or self.today
        except ValueError:
            raise _Refusal("bad_date", answer=blank(row["date"])) from None
        if day > self.today:
            raise _Refusal("future_date", answer=f"{day:%d-%m-%Y}")
        return day


def _bare(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()


def _without_contradictions(
    good: Mapping[str, list[tuple[int, dict, dict]]],
) -> tuple[list[dict], list[tuple[int, dict]]]:
    """Decisions on pairs that are answered alike wherever they stand, and the rows of the others."""
    decisions, contradicting = [], []
    for found in good.values():
        if len({decision["is_same"] for _, _, decision in found}) == 1:
            decisions.append(found[0][2])
        else:
            contradicting += [(number, row) for number, row, _ in found]
    return decisions, contradicting


def _write_refused(municipality: Municipality, words: ReviewWords, refused: Sequence[Mapping]) -> Path:
    headings = words.entry("suppliers.refused_headings")
    columns = tuple(
        SheetColumn(heading, "count" if name == "row" else "text", 70 if name == "reason" else 30)
        for name, heading in headings.items()
    )
    rows = [tuple(row[name] or None for name in headings) for row in refused]
    path = municipality.folder / FOLDER / f"{words.say('suppliers.refused_file')}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_sheets(path, words.say("refused.title"), [Sheet(words.say("refused.sheet"), columns, rows)])
