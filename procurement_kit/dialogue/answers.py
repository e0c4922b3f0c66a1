"""What does the municipality answer, and what changes because of it?

Every row that cannot be used comes back with its reason, the others are kept. An answer goes where the kit has a place
for it (scope, units, categories, exchange rates, duplicates) and always into the decision log, once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.columns import Table
from procurement_kit.decision_log import checked_function, read_decision_log, record_decision
from procurement_kit.dialogue.kept_tables import put_row
from procurement_kit.dialogue.open_points import PERSONS
from procurement_kit.dialogue.questions import answers_of, read_register
from procurement_kit.dialogue.wording import LANGUAGES, Words, words_of
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.names import usable_company_number
from procurement_kit.personal_numbers import blank, find_numbers, without_hidden
from procurement_kit.plurals import ended, so_many
from procurement_kit.publishing.formats import Formats
from procurement_kit.settings import Municipality
from procurement_kit.tables import DECISIONS, EXCHANGE_RATES, QUESTIONS, SCOPE_DECISIONS, UNITS
from procurement_kit.templates import fitted, read_usable_rows
from procurement_kit.values import read_amount

_READ = ("question_id", "concerns", "answer", "answered_by", "answered_date", "remark")
ANSWERS = Table(
    "answers", QUESTIONS.heading, QUESTIONS.meaning, tuple(QUESTIONS[name] for name in _READ), QUESTIONS.key
)
UNKNOWN = "unknown"
LOG_KINDS = {
    "scope": "scope", "account": "scope", "exchange_rate": "exchange_rate", "vat_basis": "vat_basis",
    "supplier_number": "supplier", "category": "category", "duplicate": "answer", "held_back": "held_back_accepted",
}  # fmt: skip
TO_DO = {
    "scope": "run classify again: the scope of lines has changed",
    "account": "run classify again: the scope of lines has changed",
    "unit": "run classify again: units have names now",
    "category": "run classify again: categories were decided",
    "exchange_rate": "import the files in foreign currency again: their rates are known now",
}
# Why an answer changes no figure by itself, and what to do about it: by kind and answer, or by kind alone.
WITHOUT_EFFECT = {
    UNKNOWN: "the question stays open and is asked again; ask who else knows",
    "supplier_number": "it stands in the decision log only; ask for an extract with company numbers and import it",
    ("supplier_number", "none"): "it is kept in the decision log; nothing to do",
    ("supplier_number", "foreign"): "it is kept in the decision log; nothing to do",
    ("same_number", "both"): "both count already; nothing to do",
    ("same_number", "one"): "both still count; ask the supplier for a credit note and import it",
    ("month", "coming"): "import the month when it has been delivered",
    ("month", "none"): "it is kept in the decision log; nothing to do",
    ("held_back", "left_out"): "they do not count already; nothing to do",
    ("held_back", "resend"): "they count once the files are delivered anew and imported under their old names",
    "vat_basis": "write the VAT basis into the import profile named in the log, raise its version and import again",
    "category": "only the supplier is known, and an answer would decide all its lines: write a rule in rules.csv",
    "duplicate": "the document stands that way already, or is gone; look at it with import --report",
    "scope": "it stands in scope_decisions.csv already, or is about persons, who never stand there; nothing to do",
    "account": "it stands in scope_decisions.csv already; nothing to do",
    "unit": "it stands in units.csv already; nothing to do",
    "exchange_rate": "it stands in exchange_rates.csv already; nothing to do",
    "": "the question was not asked from here; decide it in the municipality's own tables",
}
YES_NO = ("ja", "nej", "yes", "no")
_CODE = re.compile(r"\s*([0-9A-Za-z]+)\b")


@dataclass(frozen=True)
class Answer:
    """One answer that can be used: its question as it was asked, what was answered, by whom and when."""

    question_id: str
    asked: dict
    value: str
    printed: str
    answered_by: str
    answered_date: date
    remark: str

    @property
    def kind(self) -> str:
        """What kind of question it answers."""
        return self.asked["kind"]


def read_answers(municipality: Municipality, path: Path, *, today: date) -> Outcome:
    """Read the list of questions as the municipality filled it in, and let the answers take effect.

    Parameters
    ----------
    municipality : Municipality
        Who answered.
    path : Path
        The workbook, or the same list saved as CSV.
    today : date
        Date of answers that bear none.

    Returns
    -------
    Outcome
        Answers taken in, unchanged, refused with reasons, and to questions that were not asked from here; and what to
        do next.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all.
    """
    rows, refused = read_usable_rows(path, ANSWERS)
    register, tree = read_register(municipality), tree_of(municipality)
    counts = {"taken_in": 0, "unchanged": 0, "unanswered": 0}
    kinds: set[str] = set()
    gone: list[str] = []
    idle: list[str] = []
    refused = [blank(reason) for reason in refused]
    for number, row in rows.items():
        if not (row["answer"] or row["remark"]):
            counts["unanswered"] += 1
            continue
        try:
            _refuse_numbers(row)
            answer = _answer(row, register, tree, today)
        except (ValueError, ParameterError) as problem:
            refused.append(f"row {number}, «{blank(row['question_id'])}»: {blank(str(problem).splitlines()[0])}")
            continue
        if not answer.asked:
            gone.append(row["question_id"])
        is_new, has_effect = _take(municipality, answer)
        counts["taken_in" if is_new else "unchanged"] += 1
        kinds |= {answer.kind} if has_effect else set()
        if is_new and not has_effect:
            idle.append(f"row {number}, «{answer.question_id}»: {_why_idle(answer)}")
    return _outcome(municipality, counts, kinds, refused, {"not_asked": sorted(gone), "without_effect": idle})


def _refuse_numbers(row: dict) -> None:
    """Refuse a row that holds a personal number anywhere: it must not reach a file.

    Raises
    ------
    ValueError
        Says under which heading, never which number.
    """
    for name in ("question_id", "answer", "answered_by", "remark"):
        if find_numbers(without_hidden(row[name] or "")):
            raise ValueError(f"«{ANSWERS[name].heading}» holds a number that looks like a personal number")


def _why_idle(answer: Answer) -> str:
    if not answer.asked or answer.value == UNKNOWN:
        return WITHOUT_EFFECT[UNKNOWN if answer.asked else ""]
    return WITHOUT_EFFECT.get((answer.kind, answer.value)) or WITHOUT_EFFECT[answer.kind]


def _answer(row: dict, register: dict[str, dict], tree: CategoryTree, today: date) -> Answer:
    """The answer of a row.

    Raises
    ------
    ValueError, ParameterError
        If it cannot be used.
    """
    if not row["answered_by"]:
        raise ValueError("nobody stands under «Besvaret af (funktion)»")
    asked = register.get(row["question_id"], {})
    printed = (row["answer"] or "").strip()
    value = _value(asked["kind"], printed, tree) if asked else printed
    who, day = checked_function(row["answered_by"]), row["answered_date"] or today
    asked = asked or {}
    printed = blank(printed or "–")
    return Answer(row["question_id"], asked, value, printed, who, day, blank(row["remark"] or ""))


def _value(kind: str, printed: str, tree: CategoryTree) -> str:
    """The answer as the kit uses it: a code, a rate, a number, a name."""
    if not printed:
        raise ValueError("there is a remark but no answer")
    for language in LANGUAGES:
        words = Words(Formats(language))
        listed = {text.casefold(): code for code, text in answers_of(kind, words).items()}
        listed |= {text.split()[0]: code for text, code in listed.items() if text.split()[0] in YES_NO}
        listed[words.say("questions.unknown").casefold()] = UNKNOWN
        if code := listed.get(printed.casefold().rstrip(" .!")) or listed.get(printed.casefold()):
            return code
    if kind == "category":
        return _category(printed, tree)
    if kind not in _READERS:
        raise ValueError("the answer is none of those offered; write it under «Bemærkning» and choose the nearest")
    return _READERS[kind](printed)


def _rate(printed: str) -> str:
    rate = read_amount(printed, ",")
    if rate is None or rate <= 0:
        raise ValueError("an exchange rate is above zero")
    return str(fitted(rate, EXCHANGE_RATES["exchange_rate"].type))


def _company_number(printed: str) -> str:
    number = usable_company_number(printed)
    if number is None:
        raise ValueError("that is not a company number")
    return number


def _category(printed: str, tree: CategoryTree) -> str:
    found = _CODE.match(printed)
    if not found or found[1] not in tree:
        raise ValueError("the answer does not begin with a code of the category tree")
    return found[1]


_READERS: dict[str, Callable[[str], str]] = {"exchange_rate": _rate, "supplier_number": _company_number, "unit": str}


# --- effect ---------------------------------------------------------------------------------------------------------


def _take(municipality: Municipality, answer: Answer) -> tuple[bool, bool]:
    """Let an answer take effect and write it in the log, unless it stands there; whether it is new, and has effect."""
    words = words_of(municipality)
    said = _said(answer, words)
    log = read_decision_log(municipality).to_pylist()
    same = (answer.question_id, said, answer.answered_by)
    latest = [row for row in log if row["question_id"] == answer.question_id][-1:]
    if any((row["question_id"], row["decision"], row["decided_by"]) == same for row in latest):
        return False, False
    effect = _EFFECTS.get(answer.kind) if answer.asked and answer.value != UNKNOWN else None
    has_effect = bool(effect and effect(municipality, answer))
    amount = answer.asked.get("net_amount")
    record_decision(
        municipality,
        kind=_log_kind(answer),
        what=said,
        decided_by=answer.answered_by,
        amount=None if amount is None else Decimal(amount),
        line_count=answer.asked.get("line_count"),
        today=answer.answered_date,
        question_id=answer.question_id,
    )
    return True, has_effect


def _log_kind(answer: Answer) -> str:
    if not answer.asked or answer.value in (UNKNOWN, "resend"):
        return "answer"
    return LOG_KINDS.get(answer.kind, "answer")


def _said(answer: Answer, words: Words) -> str:
    """The answer in one sentence, personal numbers taken out."""
    if not answer.asked:
        said = words.say("log.gone", question_id=answer.question_id, answer=answer.printed)
    else:
        given = {"kind": words.say(f"kinds.{answer.kind}.name"), "concerns": answer.asked["concerns"]}
        given |= {"answer": answer.printed, "remark": answer.remark}
        said = words.say("log.answer_with_remark" if answer.remark else "log.answer", **given)
    return blank(" ".join(said.split()))


def _decide_scope(municipality: Municipality, answer: Answer) -> bool:
    """Persons are never decided on in a table that names suppliers."""
    if answer.asked["subject"].get("supplier_name") == PERSONS or answer.asked["concerns"].startswith(PERSONS):
        return False
    key = ("supplier_number", "supplier_name", "account_number", "art_code")
    row = dict.fromkeys(key) | answer.asked["subject"] | {"scope_status": answer.value}
    return put_row(municipality, SCOPE_DECISIONS, row | _by_and_when(answer), key)


def _name_unit(municipality: Municipality, answer: Answer) -> bool:
    key = ("buyer_gln_number", "buyer_unit_number")
    return put_row(municipality, UNITS, dict.fromkeys(key) | answer.asked["subject"] | {"unit_name": answer.value}, key)


def _decide_category(municipality: Municipality, answer: Answer) -> bool:
    """A decision needs a text or an account beside the supplier, else it would decide all its lines."""
    subject = answer.asked["subject"]
    if not {"text", "account_number", "account_name"} & set(subject):
        return False
    key = ("supplier_number", "supplier_name", "text", "account_number", "account_name", "unit")
    row = dict.fromkeys(key) | subject | {"category_code": answer.value}
    return put_row(municipality, DECISIONS, row | _by_and_when(answer), key)


def _set_rate(municipality: Municipality, answer: Answer) -> bool:
    subject = answer.asked["subject"]
    row = {
        "document_currency": subject["document_currency"],
        "valid_from_date": date.fromisoformat(subject["valid_from_date"]),
        "exchange_rate": Decimal(answer.value).normalize(),
        "rate_source": answer.answered_by,
    }
    return put_row(municipality, EXCHANGE_RATES, row, ("document_currency", "valid_from_date"))


def _take_back(municipality: Municipality, answer: Answer) -> bool:
    from procurement_kit.intake.taken_back import list_duplicates, take_back

    subject, counts = answer.asked["subject"], answer.value == "counts"
    listed = list_duplicates(municipality)
    is_it = (listed["document_id"] == subject["document_id"]) & (listed["source_name"] == subject["source_name"])
    if not is_it.any() or bool(listed[is_it]["is_taken_back"].iloc[0]) == counts:
        return False
    take_back(
        municipality,
        [subject["document_id"]],
        source_name=subject["source_name"],
        decided_by=answer.answered_by,
        today=answer.answered_date,
        set_aside_again=not counts,
    )
    return True


def _by_and_when(answer: Answer) -> dict:
    return {"decided_by": answer.answered_by, "decided_date": answer.answered_date}


_EFFECTS: dict[str, Callable[[Municipality, Answer], bool]] = {
    "scope": _decide_scope,
    "account": _decide_scope,
    "unit": _name_unit,
    "category": _decide_category,
    "exchange_rate": _set_rate,
    "duplicate": _take_back,
}


def _outcome(
    municipality: Municipality, counts: dict[str, int], kinds: set[str], refused: list[str], more: dict[str, list]
) -> Outcome:
    facts = {**counts, "refused": len(refused), "refused_rows": refused, **more}
    sentences = [
        f"Took in {so_many(counts['taken_in'], 'answer')}; {so_many(counts['unchanged'], 'stands', 'stand')} in the "
        f"decision log already, {so_many(counts['unanswered'], 'question has', 'questions have')} no answer yet."
    ]
    sentences += [f"Not used: {ended(reason)}" for reason in refused]
    sentences += [
        f"«{question_id}» was not asked from here: kept in the decision log." for question_id in more["not_asked"]
    ]
    sentences += [f"No effect on the figures by itself: {ended(reason)}" for reason in more["without_effect"]]
    sentences += [f"Next: {todo}." for todo in sorted({TO_DO[kind] for kind in kinds & TO_DO.keys()})]
    return Outcome(facts | {"municipality": municipality.name}, tuple(sentences))
