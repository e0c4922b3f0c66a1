"""Which answers of a review that came back can be used, and why not the others?

Every row that cannot be used goes into a workbook with its sheet, row and reason; the good ones are decisions with
function and date. The same file read twice changes nothing. A file may hold any of the sheets, of any forvaltning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

from procurement_kit import folders
from procurement_kit.classifier.rules import normalised
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.decision_log import checked_function
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import LANGUAGES
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, TableError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import file_hash
from procurement_kit.personal_numbers import blank, find_numbers, without_hidden
from procurement_kit.plurals import so_many
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.decisions import (
    Decision,
    decision_key,
    label_of,
    latest_decisions,
    problem_with,
    record_decisions,
)
from procurement_kit.review.queue import all_groups
from procurement_kit.review.wording import FOLDER, ReviewWords, category_words, review_words
from procurement_kit.review.workbook import FILLED_IN, SHOWN_CELLS, read_register, shown, write_register
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import NOT_PROCUREMENT
from procurement_kit.templates import MAX_WORKBOOK_BYTES, float_text
from procurement_kit.values import read_date
from procurement_kit.workbook_guard import READING_FAULTS, inspect_workbook

REASONS_SHOWN = 20
ANSWERS = ("answer", "is_right", "instead")
_REFUSED_WIDTHS = {"reason": 70, "concerns": 50, "answer": 36}
_YES, _NO = {"ja", "yes", "j", "y"}, {"nej", "no", "n"}


class _Refusal(Exception):  # noqa: N818  never leaves this module
    """Why a row cannot be used: the key of a reason, and what it quotes."""

    def __init__(self, reason: str, **quoted: object):
        self.reason, self.quoted = reason, quoted
        super().__init__(reason)

    def told(self, words: ReviewWords) -> str:
        """The reason in words."""
        return words.say(f"refused.reasons.{self.reason}", **self.quoted)


@dataclass(frozen=True)
class _Row:
    """A row that somebody answered: where it stands, its cells by column, and in the end the decision or the reason."""

    sheet: str
    number: int
    cells: Mapping[str, object]
    place: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", f"{self.sheet}!{self.number}")

    def text(self, name: str) -> str:
        """What stands in a cell, as text."""
        return _cell_text(self.cells.get(name))


def read_review(municipality: Municipality, path: Path, *, today: date, decided_by: str = "") -> Outcome:
    """Read a review as it was filled in; usable answers are decisions, the others come back with reasons.

    Parameters
    ----------
    municipality : Municipality
        Who answered; `decisions.csv` and the decision log are added to.
    path : Path
        The workbook.
    today : date
        Date of answers that bear none.
    decided_by : str
        Function of answers that bear none.

    Returns
    -------
    Outcome
        Decisions that are new, that stood there already, and refused rows with sheet, row and reason.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all; nothing is taken in then.
    ParameterError
        If `decided_by` is a person.
    NoDataError
        If lines have not been classified.
    """
    function = checked_function(decided_by) if decided_by else ""
    rows = _answered_rows(Path(path))
    mark, register = file_hash(Path(path)), read_register(municipality)
    taken_before = set(register["read"].get(mark, ()))
    judge = _Judge(municipality, function, today)
    good, refused = judge.sorted_out([row for row in rows if row.place not in taken_before])
    with folders.locked(municipality):
        new = record_decisions(municipality, [decision for _, decision in good])
        taken = sorted(taken_before | {row.place for row, _ in good})
        write_register(municipality, register | {"read": register["read"] | {mark: taken}})
    told = [(row, problem.told(judge.words)) for row, problem in refused]
    report = _write_refused(municipality, judge.words, told) if refused else None
    counts = {"taken_in": len(new), "unchanged": len(rows) - len(new) - len(refused), "refused": len(refused)}
    return _outcome(municipality, counts, refused, report)


class _Judge:
    """Decides which rows can be used, with everything that needs to be known for it read once."""

    def __init__(self, municipality: Municipality, function: str, today: date):
        self.words: ReviewWords = review_words(municipality)
        self.tree: CategoryTree = tree_of(municipality)
        self.groups = {row["group_key"]: row for row in all_groups(municipality).to_dict("records")}
        self.latest = latest_decisions(municipality)
        self.function, self.today = function, today

    def sorted_out(self, rows: list[_Row]) -> tuple[list[tuple[_Row, Decision]], list[tuple[_Row, _Refusal]]]:
        """Usable rows with their decision, and the others with the reason."""
        good: list[tuple[_Row, Decision]] = []
        refused: list[tuple[_Row, _Refusal]] = []
        for row in rows:
            try:
                good.append((row, self._decision(row)))
            except _Refusal as problem:
                refused.append((row, problem))
        good, contradicting = self._without_contradictions(good)
        return good, sorted(refused + contradicting, key=lambda pair: rows.index(pair[0]))

    def _decision(self, row: _Row) -> Decision:
        self._refuse_numbers(row)
        group = self._group(row)
        code = self._category(row)
        function, day = self._function(row), self._day(row)
        lines = int(group["line_count"])
        decision = Decision(group, code, function, day, line_count=lines, net_amount=group["net_amount"])
        last = self.latest.get(decision_key(decision.row))
        if last and last["category_code"] != code and (last["decided_date"] or date.min) > day:
            raise _Refusal("later_decision", answer=self._named(last["category_code"]))
        if problem_with(decision, self.tree, {}):
            raise _Refusal("decides_everything")
        return decision

    def _refuse_numbers(self, row: _Row) -> None:
        headings = self.words.entry("workbook.headings")
        for name in FILLED_IN:
            if find_numbers(without_hidden(row.text(name))):
                raise _Refusal("personal_number", heading=headings[name])

    def _group(self, row: _Row) -> dict:
        """The group as the lines have it now, if it is the one whose cells stand on the row."""
        key = row.text("group_key")
        if key not in self.groups:
            raise _Refusal("gone" if len(key) == 16 and key.isalnum() else "unknown_group")
        group = self.groups[key]
        for name in SHOWN_CELLS:
            if name in row.cells and normalised(name, row.text(name)) != normalised(name, shown(group[name])):
                raise _Refusal("changed", heading=self.words.entry("workbook.headings")[name])
        return group

    def _category(self, row: _Row) -> str:
        if "is_right" not in row.cells:
            return self._code(row.text("answer"))
        right, instead = row.text("is_right").casefold().rstrip(" .!"), row.text("instead")
        if right and right not in _YES | _NO:
            raise _Refusal("not_yes_no", answer=blank(row.text("is_right")))
        if right in _YES and instead and instead != row.text("proposed"):
            raise _Refusal("yes_with_category")
        if right in _YES and not row.text("proposed"):
            raise _Refusal("nothing_proposed")
        if right in _NO and not instead:
            raise _Refusal("no_without_category")
        return self._code(row.text("proposed") if right in _YES else instead)

    def _code(self, printed: str) -> str:
        """The code an answer begins with, or the code of a name that is written out and stands once."""
        found = printed.split()[0].strip(".,:;–-") if printed.split() else ""
        if found not in self.tree:
            language = self.words.formats.language
            named = [
                code for code in self.tree.codes if self.tree.name(code, language).casefold() == printed.casefold()
            ]
            if len(named) != 1:
                raise _Refusal("unknown_category", answer=blank(printed))
            found = named[0]
        if NOT_PROCUREMENT in self.tree.path(found):
            raise _Refusal("not_procurement", answer=blank(printed))
        return found

    def _function(self, row: _Row) -> str:
        printed = row.text("function") or self.function
        if not printed:
            raise _Refusal("no_function")
        try:
            return checked_function(printed)
        except ParameterError:
            raise _Refusal("not_a_function") from None

    def _day(self, row: _Row) -> date:
        value = row.cells.get("date")
        try:
            day = value.date() if hasattr(value, "date") else read_date(row.text("date")) or self.today
        except ValueError:
            raise _Refusal("bad_date", answer=blank(row.text("date"))) from None
        if day > self.today:
            raise _Refusal("future_date", answer=f"{day:%d-%m-%Y}")
        return day

    def _without_contradictions(
        self, good: list[tuple[_Row, Decision]]
    ) -> tuple[list[tuple[_Row, Decision]], list[tuple[_Row, _Refusal]]]:
        answers: dict[str, list[tuple[_Row, Decision]]] = {}
        for row, decision in good:
            answers.setdefault(row.text("group_key"), []).append((row, decision))
        kept, refused = [], []
        for some in answers.values():
            if len({decision.category_code for _, decision in some}) == 1:
                kept += some
                continue
            others = "; ".join(f"{row.sheet} {row.number}: {self._named(d.category_code)}" for row, d in some)
            refused += [(row, _Refusal("contradicts", others=others)) for row, _ in some]
        return kept, refused

    def _named(self, code: str) -> str:
        return category_words(self.tree, code, self.words.formats.language) if code in self.tree else code


# --- the file that came back ----------------------------------------------------------------------------------------


def _answered_rows(path: Path) -> list[_Row]:
    """Rows of all sheets of groups in which an answer stands, in the order of the sheets.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If there is no such file, it is no workbook, formulas were never calculated, or no sheet has the columns.
    """
    from openpyxl import load_workbook

    _refuse_unreadable(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: _sheet_rows(sheet) for sheet in book.worksheets}
        book.close()
    except READING_FAULTS:
        raise FileFormatError(f"{path.name} is not an XLSX workbook.", expected="a workbook saved by Excel") from None
    known = {title: found for title, found in sheets.items() if found is not None}
    if not known:
        raise TableError(
            f"{path.name} has no sheet of groups to review.",
            expected="a sheet with the columns of the review, «Gruppe-id» among them",
            todo="read back a workbook that the command review has written",
        )
    rows = [_Row(title, number, cells) for title, found in known.items() for number, cells in found]
    return [row for row in rows if any(row.text(name) for name in ANSWERS)]


def _refuse_unreadable(path: Path) -> None:
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="an existing XLSX file", todo="check the path")
    sheets = inspect_workbook(path, name=path.name, most=MAX_WORKBOOK_BYTES)
    problems = [
        f"sheet «{sheet.name}», row {row}: the formula in column {letters}"
        for sheet in sheets
        for row, letters in sheet.uncalculated.items()
    ]
    if problems:
        raise TableError(
            f"{path.name}: {so_many(len(problems), 'row holds', 'rows hold')} formulas that were never calculated.",
            problems=problems,
            todo="open the file in Excel and save it",
        )


def _sheet_rows(sheet: object) -> list[tuple[int, dict]] | None:
    """Rows by their number in Excel, cells by column name; None where the sheet is no sheet of groups."""
    sheet.reset_dimensions()  # they may lie
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    _, headings = next(rows, (0, ()))
    names = [_columns().get(_cell_text(heading).casefold()) for heading in headings]
    if "group_key" not in names:
        return None
    return [(number, {n: v for n, v in zip(names, row, strict=False) if n}) for number, row in rows]


def _columns() -> dict[str, str]:
    """Column by its heading, in either language."""
    spoken = [ReviewWords(Formats(language)).entry("workbook.headings") for language in LANGUAGES]
    return {heading.casefold(): name for headings in spoken for name, heading in headings.items()}


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    text = float_text(value) if isinstance(value, float) else str(value)
    return " ".join(text.split())


# --- what comes back ------------------------------------------------------------------------------------------------


def _write_refused(municipality: Municipality, words: ReviewWords, refused: list[tuple[_Row, str]]) -> Path:
    """Write the refused rows under a name that is free, or that holds the very same rows."""
    headings = words.entry("refused.headings")
    columns = tuple(
        SheetColumn(heading, "count" if name == "row" else "text", _REFUSED_WIDTHS.get(name, 20))
        for name, heading in headings.items()
    )
    rows = [tuple(_refused_cells(row, reason)[name] for name in headings) for row, reason in refused]
    folder, stem = municipality.folder / FOLDER, words.say("files.refused")
    fresh = write_sheets(
        folder / f".{stem}.xlsx", words.say("refused.title"), [Sheet(words.say("refused.sheet"), columns, rows)]
    )
    for number in count(1):
        path = folder / (f"{stem}.xlsx" if number == 1 else f"{stem}_{number}.xlsx")
        if not path.exists() or file_hash(path) == file_hash(fresh):
            fresh.replace(path)
            return path
    raise AssertionError  # counting does not end


def _refused_cells(row: _Row, reason: str) -> dict[str, object]:
    """A refused row to read: what was answered, but neither a number nor the name of a person."""
    answers = [row.text(name) for name in ANSWERS]
    try:
        function = blank(checked_function(row.text("function")))
    except ParameterError:
        function = ""
    return {
        "sheet": row.sheet,
        "row": row.number,
        "reason": reason,
        "group_key": blank(row.text("group_key")),
        "concerns": blank(label_of({name: row.text(name) for name in SHOWN_CELLS})),
        "answer": blank(" · ".join(filter(None, answers))),
        "function": function,
        "date": blank(row.text("date")),
    }


def _outcome(
    municipality: Municipality, counts: dict[str, int], refused: list[tuple[_Row, _Refusal]], report: Path | None
) -> Outcome:
    """Facts give the reasons in the municipality's language, as the workbook of refused rows; sentences in English."""
    own, english = review_words(municipality), ReviewWords(Formats("en", municipality.currency))
    rows = [{"sheet": row.sheet, "row": row.number, "reason": problem.told(own)} for row, problem in refused]
    facts = {**counts, "refused_rows": rows, "paths": {"refused": str(report)} if report else {}}
    sentences = [
        f"Took in {so_many(counts['taken_in'], 'decision')}; {counts['unchanged']:,} stood there already, "
        f"{so_many(counts['refused'], 'row')} could not be used."
    ]
    shown = refused[:REASONS_SHOWN]
    sentences += [f"  {row.sheet}, row {row.number}: {problem.told(english)}" for row, problem in shown]
    if report:
        sentences.append(f"The rows that could not be used stand in {report}.")
    if counts["taken_in"]:
        sentences.append(f"Next: procurement-kit train {municipality.name}, then classify: decisions hold and teach.")
    return Outcome(facts, tuple(sentences))
