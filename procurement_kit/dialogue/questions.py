"""Which questions does the municipality get, in what order, and how does their list look?

Open points become rows of a workbook, whole months first, then by kroner. What was asked is
remembered in `dialogue/questions.json`, so that an answer finds its subject however the data has changed since.
"""

import json
from datetime import date
from pathlib import Path

from procurement_kit import folders
from procurement_kit.analyses.remedies import remedies
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.decision_log import read_decision_log
from procurement_kit.dialogue.open_points import OpenPoint, open_points, weight
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import FOLDER, LANGUAGES, Words, file_path, text, words_of
from procurement_kit.exact import NOTHING
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality
from procurement_kit.steps.categories import NOT_PROCUREMENT
from procurement_kit.tables import QUESTIONS

REGISTER_FILE = "questions.json"
MOST_ROWS = 200
FILLED_IN = ("answer", "answered_by", "answered_date", "remark")
FUNCTIONS = {
    "da": ("indkøb", "økonomi", "systemansvarlig", "fagforvaltning"),
    "en": ("procurement", "finance", "system owner", "department"),
}
_WIDTHS = {"question_id": 16, "question": 55, "concerns": 40, "answer_options": 34, "answer": 30, "remark": 36}


def write_questions(municipality: Municipality, *, today: date, limit: int = MOST_ROWS) -> Outcome:
    """Write the open points as a workbook that the municipality answers in.

    Parameters
    ----------
    municipality : Municipality
        Whose points; its spend cube is brought up to date.
    today : date
        Date in the file's name.
    limit : int
        Rows at most.

    Returns
    -------
    Outcome
        Path, number of questions by kind, kroner on the list and left out.

    Raises
    ------
    NoDataError
        If nothing has been imported.
    PrivacyError
        If a question would hold a personal number.
    """
    words, tree = words_of(municipality), tree_of(municipality)
    found, left_out = open_points(municipality, limit=limit)
    answered = answered_ids(municipality)
    points = sorted((point for point in found if point.question_id not in answered), key=weight)
    asked, rest = points[:limit], points[limit:]
    for point in rest:
        count, amount = left_out.get(point.kind, (0, NOTHING))
        left_out[point.kind] = count + 1, amount + (point.net_amount or NOTHING)
    path = file_path(municipality, "questions", today.isoformat(), ".xlsx")
    summary = _summary(asked, left_out, words)
    sheets = [_questions_sheet(asked, words, tree), _guide(summary, words), _categories_sheet(words, tree)]
    write_sheets(path, words.say("questions.title"), sheets)
    _remember(municipality, asked, today)
    return _outcome(path, asked, left_out, len(found) - len(points), municipality.currency)


def answered_ids(municipality: Municipality) -> set[str]:
    """Questions that have been answered; «don't know» leaves a question open."""
    unknown = {text(language, "questions.unknown") for language in LANGUAGES}
    log = read_decision_log(municipality).to_pylist()
    return {row["question_id"] for row in log if row["question_id"] and not _is_unknown(row["decision"], unknown)}


def _is_unknown(decision: str, unknown: set[str]) -> bool:
    return any(f": {word}" in decision for word in unknown)


def read_register(municipality: Municipality) -> dict[str, dict]:
    """What has been asked so far: question_id → kind, subject, concerns, lines, kroner (as text) and date."""
    path = municipality.folder / FOLDER / REGISTER_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _remember(municipality: Municipality, points: list[OpenPoint], today: date) -> None:
    with folders.locked(municipality):
        register = read_register(municipality)
        for point in points:
            asked = register.get(point.question_id, {}).get("asked_date", today.isoformat())
            register[point.question_id] = {
                "kind": point.kind,
                "subject": point.subject,
                "concerns": point.concerns,
                "line_count": point.line_count,
                "net_amount": None if point.net_amount is None else str(point.net_amount),
                "asked_date": asked,
            }
        text = json.dumps(register, ensure_ascii=False, indent=1, sort_keys=True)
        folders.write_text(municipality.folder / FOLDER / REGISTER_FILE, text + "\n")


# --- rows and sheets ------------------------------------------------------------------------------------------------


def _questions_sheet(points: list[OpenPoint], words: Words, tree: CategoryTree) -> Sheet:
    headings = words.entry("questions.headings")
    units = {"line_count": "count", "net_amount": "kr", "answered_date": "date"}
    columns = tuple(
        SheetColumn(headings[c.name], units.get(c.name, "text"), _WIDTHS.get(c.name, 18), c.name in FILLED_IN)
        for c in QUESTIONS.columns
    )
    answer, by = (QUESTIONS.names.index(name) for name in ("answer", "answered_by"))
    rows, choices = [], {}
    for number, point in enumerate(points):
        rows.append(_row(point, words, tree))
        if point.kind == "category":
            choices[number, answer] = words.say("questions.categories")
        elif listed := answers_of(point.kind, words):
            choices[number, answer] = (*listed.values(), words.say("questions.unknown"))
        choices[number, by] = FUNCTIONS[words.formats.language]
    return Sheet(words.say("questions.sheet"), columns, rows, choices)


def answers_of(kind: str, words: Words) -> dict[str, str]:
    """The answers a kind of question offers: code → words."""
    return words.entry(f"kinds.{kind}.answers")


def _row(point: OpenPoint, words: Words, tree: CategoryTree) -> tuple:
    values = {
        "question_id": point.question_id,
        "question_kind": words.say(f"kinds.{point.kind}.name"),
        "question": words.say(f"kinds.{point.kind}.question", **_quoted(point, words)),
        "concerns": point.concerns,
        "line_count": point.line_count or None,
        "net_amount": point.net_amount,
        "answer_options": _options(point, words, tree),
    }
    return tuple(values.get(name) for name in QUESTIONS.names)


def _quoted(point: OpenPoint, words: Words) -> dict[str, object]:
    """What a question quotes, in words: reasons, units and kinds of sources by their names."""
    language, facts = words.formats.language, dict(point.facts)
    if "reason_key" in facts:
        remedy = next(r for r in remedies() if r.reason_key == facts["reason_key"])
        reason = remedy.words[f"reason_name_{language}"]
        facts |= {"reason": reason[0].lower() + reason[1:], "remedy": remedy.words[f"remedy_name_{language}"]}
    if "printed" in facts:
        facts["printed"] = words.formats.number(facts["printed"], 2)
        facts["first_date"] = words.formats.date(facts["first_date"])
    if "unit_column" in facts:
        facts["unit_column"] = words.say(f"unit_columns.{facts['unit_column']}")
    if "source_kind" in facts:
        facts |= {"source_kind": words.say(f"source_kinds.{facts['source_kind']}"), "month": point.subject["month"]}
    return facts


def _options(point: OpenPoint, words: Words, tree: CategoryTree) -> str:
    kind = words.entry(f"kinds.{point.kind}")
    if "hint" not in kind:
        return " / ".join([*kind["answers"].values(), words.say("questions.unknown")])
    proposed = point.facts.get("proposed")
    said = words.say("kinds.category.proposed", category=_category(tree, proposed, words)) if proposed in tree else ""
    return said + kind["hint"]


def _category(tree: CategoryTree, code: str, words: Words) -> str:
    return f"{code} {tree.name(code, words.formats.language)}"


def _categories_sheet(words: Words, tree: CategoryTree) -> Sheet:
    """The categories to choose from: all but those that are not procurement, which are a matter of scope."""
    outside = {NOT_PROCUREMENT, *tree.descendants(NOT_PROCUREMENT)} if NOT_PROCUREMENT in tree else set()
    rows = [(_category(tree, code, words),) for code in sorted(tree.codes) if code not in outside]
    columns = (SheetColumn(words.entry("questions.category_headings")[0], width=70),)
    return Sheet(words.say("questions.categories"), columns, rows)


def _guide(summary: list[str], words: Words) -> Sheet:
    rows = [(line,) for line in (*words.entry("questions.guide_lines"), *summary)]
    return Sheet(words.say("questions.guide"), (SheetColumn(words.say("questions.guide_heading"), width=110),), rows)


def _summary(asked: list[OpenPoint], left_out: dict[str, tuple], words: Words) -> list[str]:
    said = [words.say("questions.shown", count=len(asked))]
    for kind, (count, amount) in sorted(left_out.items()):
        if count:
            said.append(
                words.say("questions.left_out", kind=words.say(f"kinds.{kind}.name"), count=count, amount=amount)
            )
    return [*said, words.say("questions.overlap")]


def _outcome(path: Path, asked: list[OpenPoint], left_out: dict, answered: int, currency: str) -> Outcome:
    by_kind: dict[str, int] = {}
    for point in asked:
        by_kind[point.kind] = by_kind.get(point.kind, 0) + 1
    rest_count = sum(count for count, _ in left_out.values())
    rest = sum((amount for _, amount in left_out.values()), NOTHING)
    facts = {
        "questions": len(asked),
        "by_kind": dict(sorted(by_kind.items())),
        "left_out": rest_count,
        "left_out_amount": f"{rest:.2f}",
        "answered_before": answered,
        "paths": {"questions": str(path)},
    }
    sentences = [f"Wrote {so_many(len(asked), 'question')} to {path}."]
    if not asked:
        sentences.append("There is nothing to ask: the list is empty and need not be sent.")
    if rest_count:
        sentences.append(f"Not on the list: {so_many(rest_count, 'smaller point')} ({rest:,.2f} {currency}).")
    if answered:
        sentences.append(f"Not asked again, though still open: {so_many(answered, 'answered point')}.")
    if asked:
        sentences.append(f"Next: procurement-kit questions {path.parent.parent.name} --read <the file filled in>")
    return Outcome(facts, tuple(sentences))
