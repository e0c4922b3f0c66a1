"""What is the municipality asked for, in which form, and how shall it be sent?

A letter as Markdown and as one HTML file that prints well, a workbook of the fields per system with what they are
called there, and a form for control totals. Texts lie in `texts/`, fields in `knowledge/data_request_fields.csv`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

from procurement_kit.columns import Table
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.dialogue.wording import Words, file_path, words_of
from procurement_kit.errors import ParameterError, nearest
from procurement_kit.findings import Outcome
from procurement_kit.outgoing import write_outgoing
from procurement_kit.periods import Period, parse_period
from procurement_kit.settings import Municipality
from procurement_kit.tables import CONTROL_TOTALS

SYSTEMS = ("einvoices", "kmd_opus", "prisme", "accounts", "units", "contracts", "chart")
DEFAULT_SYSTEMS = ("einvoices", "kmd_opus", "accounts", "units", "contracts", "chart")
DAYS_TO_ANSWER = 28
ROWS_FOR_TOTALS = 40
RECOMMENDED_MONTHS = 24
_STYLE = (
    "body{font:11pt/1.5 Georgia,'Times New Roman',serif;color:#111;background:#fff;max-width:44rem;margin:2.5rem auto;"
    "padding:0 1.5rem}h1{font-size:1.35rem;line-height:1.25;margin:1.5rem 0 .8rem}h2{font-size:1.05rem;margin:1.4rem 0 "
    ".4rem;break-after:avoid}ol{padding-left:2.6rem;list-style:none;margin:0}li{margin:0 0 .4rem;break-inside:avoid}"
    "li>span{float:left;margin-left:-2.6rem}.to,.sender{white-space:pre-line}@page{size:A4;margin:22mm}"
    "@media print{body{margin:0;padding:0;max-width:none}}"
)


@dataclass(frozen=True)
class Letter:
    """A letter: to whom, date, subject, paragraphs before and after, and sections of a heading and numbered lines."""

    to: str
    day: str
    subject: str
    opening: tuple[str, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    closing: str
    sender: str


def write_data_request(
    municipality: Municipality, *, period: str = "", systems: Sequence[str] = DEFAULT_SYSTEMS, today: date
) -> Outcome:
    """Write what the municipality is asked to deliver.

    Parameters
    ----------
    municipality : Municipality
        Who is asked; its language is the letter's.
    period : str
        Such as `2024-01..2025-12`; by default the last two whole years.
    systems : sequence of str
        Of `SYSTEMS`: which data, and from which finance system.
    today : date
        Date of the letter.

    Returns
    -------
    Outcome
        Paths of the letter, the fields and the form for control totals.

    Raises
    ------
    ParameterError
        If a system is unknown or the period is none.
    """
    asked = parse_period(period or f"{today.year - 2}-01..{today.year - 1}-12")
    chosen = _checked(systems)
    words = words_of(municipality)
    stem = asked.label.replace("..", "_")
    paths = {
        "letter": file_path(municipality, "letter", stem, ".md"),
        "letter_html": file_path(municipality, "letter", stem, ".html"),
        "fields": file_path(municipality, "fields", stem, ".xlsx"),
        "control_totals": file_path(municipality, "control_totals", stem, ".xlsx"),
    }
    letter = letter_of(municipality, asked, chosen, today, words, paths)
    write_outgoing(paths["letter"], as_markdown(letter))
    write_outgoing(paths["letter_html"], as_html(letter, words))
    write_sheets(paths["fields"], words.say("request.fields.title"), [_fields_sheet(chosen, words)])
    write_sheets(
        paths["control_totals"], CONTROL_TOTALS.heading, [_totals_sheet(CONTROL_TOTALS, words), _totals_guide(words)]
    )
    facts = {"period": asked.label, "systems": list(chosen), "paths": {name: str(path) for name, path in paths.items()}}
    return Outcome(facts, _sentences(asked, paths))


def _checked(systems: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in systems if name not in SYSTEMS]
    if unknown or not systems:
        problems = [f"«{name}» is not a system.{nearest(name, SYSTEMS)}" for name in unknown]
        raise ParameterError(
            "The data request names no known system.", problems=problems, expected=", ".join(SYSTEMS), todo="name these"
        )
    return tuple(name for name in SYSTEMS if name in systems)


def _sentences(asked: Period, paths: dict[str, Path]) -> tuple[str, ...]:
    said = [f"Wrote the data request for {asked.label}: letter, fields and control totals in {paths['letter'].parent}."]
    if asked.month_count < RECOMMENDED_MONTHS:
        said.append("Two whole years are recommended: without the year before, no development can be shown.")
    said.append(
        "Read the letter, fill in what stands in [ ] (recipient, case number, sender), and send it the safe way."
    )
    return tuple(said)


# --- letter ---------------------------------------------------------------------------------------------------------


def letter_of(
    municipality: Municipality,
    asked: Period,
    systems: tuple[str, ...],
    today: date,
    words: Words,
    paths: dict[str, Path],
) -> Letter:
    """The letter's content, in the municipality's language."""
    shown = words.formats.date
    given = {
        "municipality": municipality.title,
        "first_date": shown(asked.first_date),
        "last_date": shown(asked.last_date),
        "months": asked.month_count,
        "due_date": shown(today + timedelta(days=DAYS_TO_ANSWER)),
        "deletion_date": shown(_year_later(today)),
        "workbook": paths["fields"].name,
        "control_totals": paths["control_totals"].name,
    }
    opening = [text.format_map(given) for text in words.entry("request.opening")]
    if asked.month_count < RECOMMENDED_MONTHS:
        opening.append(words.say("request.two_years"))
    sections = tuple(
        (section["heading"], _lines(section, systems, words, given)) for section in words.entry("request.sections")
    )
    subject = words.say("request.subject", **given)
    to = "\n".join([municipality.title, words.say("request.recipient"), words.say("request.case_number")])
    return Letter(
        to,
        shown(today),
        subject,
        tuple(opening),
        sections,
        words.say("request.closing"),
        words.say("request.sender"),
    )


def _lines(section: dict, systems: tuple[str, ...], words: Words, given: dict) -> tuple[str, ...]:
    if section.get("systems"):
        found = [words.entry(f"request.systems.{name}") for name in systems]
        return tuple(f"{system['name']}: {system['lines']}" for system in found)
    return tuple(line.format_map(given) for line in section["lines"])


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 2, 28)


def as_markdown(letter: Letter) -> str:
    """The letter as Markdown."""
    blocks = [letter.to.replace("\n", "  \n"), letter.day, f"# {letter.subject}", *letter.opening]
    for number, (heading, lines) in enumerate(letter.sections, start=1):
        blocks.append(f"## {number}. {heading}")
        blocks.append("\n".join(f"- {number}.{place} {line}" for place, line in enumerate(lines, start=1)))
    return "\n\n".join([*blocks, letter.closing, letter.sender.replace("\n", "  \n")]) + "\n"


def as_html(letter: Letter, words: Words) -> str:
    """The letter as one HTML file that opens offline and prints on A4."""
    from markupsafe import escape

    body = [f"<p class='to'>{escape(letter.to)}</p>", f"<p>{escape(letter.day)}</p>"]
    body += [f"<h1>{escape(letter.subject)}</h1>", *(f"<p>{escape(text)}</p>" for text in letter.opening)]
    for number, (heading, lines) in enumerate(letter.sections, start=1):
        body.append(f"<h2>{number}. {escape(heading)}</h2>")
        items = (f"<li><span>{number}.{place}</span>{escape(line)}</li>" for place, line in enumerate(lines, start=1))
        body.append(f"<ol>{''.join(items)}</ol>")
    body += [f"<p>{escape(letter.closing)}</p>", f"<p class='sender'>{escape(letter.sender)}</p>"]
    head = (
        f"<meta charset='utf-8'><title>{escape(letter.subject)}</title>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style>"
    )
    content = "\n".join(body)
    return (
        f"<!doctype html>\n<html lang='{words.formats.language}'><head>{head}</head><body>\n{content}\n</body></html>\n"
    )


# --- fields and control totals --------------------------------------------------------------------------------------


def fields() -> list[dict[str, str]]:
    """The fields asked for: per system what they are, why, what they are called there, format and example."""
    path = files("procurement_kit") / "knowledge" / "data_request_fields.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _fields_sheet(systems: tuple[str, ...], words: Words) -> Sheet:
    language = words.formats.language
    need = {"ja": words.say("request.fields.required"), "gerne": words.say("request.fields.wished")}
    rows = [
        (
            words.say(f"request.systems.{field['system']}.name"),
            field[f"name_{language}"],
            field[f"why_{language}"],
            need[field["is_required"]],
            field["name_in_system"],
            field[f"format_{language}"],
            field["example"],
        )
        for system in systems
        for field in fields()
        if field["system"] == system
    ]
    widths = (28, 30, 50, 12, 36, 32, 30)
    headings = words.entry("request.fields.headings")
    columns = tuple(SheetColumn(heading, width=width) for heading, width in zip(headings, widths, strict=True))
    return Sheet(words.say("request.fields.sheet"), columns, rows)


def _totals_sheet(table: Table, words: Words) -> Sheet:
    """The form as `control_totals` is read back: Danish headings, or column names in another language."""
    is_danish = words.formats.language == "da"
    columns = tuple(
        SheetColumn(c.heading if is_danish else c.name, width=28, is_filled_in=True, note=c.meaning)
        for c in table.filled_in
    )
    return Sheet(words.say("request.fields.totals_sheet"), columns, [(None,) * len(columns)] * ROWS_FOR_TOTALS)


def _totals_guide(words: Words) -> Sheet:
    rows = [(line,) for line in words.entry("request.fields.totals_guide")]
    column = SheetColumn(words.say("request.fields.totals_guide_heading"), width=110)
    return Sheet(words.say("request.fields.totals_guide_sheet"), (column,), rows)
