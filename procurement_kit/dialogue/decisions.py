"""Which decisions and assumptions does the client see, in words?

A workbook of two sheets: what was decided, as the log has it, and what is assumed without anybody having said so. The
same lines and log give the same bytes.
"""

from datetime import date
from pathlib import Path

from procurement_kit.decision_log import assumptions_of, read_decision_log
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import Words, file_path, words_of
from procurement_kit.names import without_tokens
from procurement_kit.settings import Municipality

_DECIDED = (
    ("count", 8),
    ("date", 12),
    ("text", 20),
    ("text", 80),
    ("text", 26),
    ("count", 10),
    ("kr", 20),
    ("text", 18),
)
_ASSUMED = (("text", 20), ("text", 80), ("text", 36), ("text", 28), ("count", 10), ("kr", 20), ("text", 12))


def write_decision_log(municipality: Municipality, today: date) -> Path:
    """Write the decision log for the client.

    Parameters
    ----------
    municipality : Municipality
        Whose log and lines.
    today : date
        Date in the file's name.

    Returns
    -------
    Path
        The workbook.

    Raises
    ------
    PrivacyError
        If a cell would hold a personal number.
    """
    words = words_of(municipality)
    path = file_path(municipality, "decision_log", today.isoformat(), ".xlsx")
    sheets = [
        Sheet(words.say("log.decided_sheet"), _columns(words, "decided", _DECIDED), _decided(municipality, words)),
        Sheet(words.say("log.assumed_sheet"), _columns(words, "assumed", _ASSUMED), _assumed(municipality, words)),
    ]
    return write_sheets(path, f"{words.say('log.title')}: {municipality.title}", sheets)


def _columns(words: Words, which: str, shapes: tuple[tuple[str, int], ...]) -> tuple[SheetColumn, ...]:
    headings = words.entry(f"log.{which}_headings")
    return tuple(SheetColumn(heading, *shape) for heading, shape in zip(headings, shapes, strict=True))


def _decided(municipality: Municipality, words: Words) -> list[tuple]:
    return [
        (
            row["decision_number"],
            row["decided_date"],
            words.say(f"log.kinds.{row['decision_kind']}"),
            row["decision"],
            row["decided_by"],
            row["line_count"],
            row["net_amount"],
            row["question_id"],
        )
        for row in read_decision_log(municipality).to_pylist()
    ]


def _assumed(municipality: Municipality, words: Words) -> list[tuple]:
    return [
        (
            words.say(f"log.kinds.{found['decision_kind']}"),
            assumption_in_words(found, words),
            _about(found, words),
            words.say(f"log.origins.{found['origin']}"),
            found["line_count"],
            found["net_amount"],
            words.say("log.yes" if found["is_decided"] else "log.no"),
        )
        for found in assumptions_of(municipality)
    ]


def assumption_in_words(assumption: dict, words: Words) -> str:
    """An assumption in one sentence, as `assumptions_of` gives it."""
    known = words.entry("log.values")
    value = known.get(assumption["value"], assumption["value"])
    return words.say(f"log.assumptions.{assumption['assumption']}", value=value, about=_about(assumption, words))


def _about(assumption: dict, words: Words) -> str:
    if assumption["about"] == assumption["assumption"]:
        return ""
    return words.entry("log.about").get(assumption["about"], without_tokens(assumption["about"]))
