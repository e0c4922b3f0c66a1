"""What does the command around tenders do: the screen, the calendar, framework agreements, joint tenders, the plan?

It opens a municipality or a community, brings the spend cubes up to date, and returns the figures of the findings and
the same in plain words; on demand it writes the tender plan as a workbook. Nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import ParameterError
from procurement_kit.findings import Finding, Outcome
from procurement_kit.settings import Municipality
from procurement_kit.steering import Subject, open_subject
from procurement_kit.tender_basis import TenderBasis

if TYPE_CHECKING:
    from procurement_kit.community import Community
    from procurement_kit.dialogue.sheets import Sheet
    from procurement_kit.publishing.sentences import Writer

PLAN_COLUMNS = ("decision_name", "net_amount", "end_date", "notice_date", "start_date")
PLAN_MORE = ("tender_basis", "forty_eight_month_amount", "used_share", "tender_status", "decision_reason",
             "municipality_title", "contract_number")  # fmt: skip
OWNER_PLACE = len(PLAN_COLUMNS)


def read_tender_basis(of: "Municipality | Community") -> TenderBasis:
    """Everything the tender analyses of a municipality or community need besides its lines.

    Parameters
    ----------
    of : Municipality or Community
        As `open_municipality` or `open_community` gives it.

    Returns
    -------
    TenderBasis
        Contracts of every register, the dated limits, the CPV codes under the light regime.

    Raises
    ------
    TableError
        If a register cannot be used.
    """
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.steps.tender_inputs import read_tender_inputs

    members = (of,) if isinstance(of, Municipality) else of.members
    return read_tender_inputs(members, {member.name: tree_of(member) for member in members})


def show_tenders(
    name: str = "", *, community: str = "", period: str = "", notice_date: date | None = None, plan: Path | None = None
) -> Outcome:
    """What must be decided about tenders in a municipality or community, and on demand the tender plan.

    Parameters
    ----------
    name, community : str
        Which; one of the two.
    period : str
        By default the last full year the lines reach into.
    notice_date : date, optional
        When a notice would be published; by default the day after the period.
    plan : Path, optional
        Workbook to write the tender plan to.
    """
    from procurement_kit.publishing.report import last_full_year, refuse_failed_checks
    from procurement_kit.publishing.sentences import show

    if plan is not None and plan.suffix.casefold() != ".xlsx":
        raise ParameterError(f"{plan.name} is not an XLSX file.", expected="a name ending in .xlsx", todo="rename it")
    subject = open_subject(name, community)
    label = period or min(last_full_year(member) for member in subject.members)
    findings = tender_findings(subject, label, notice_date)
    refuse_failed_checks(findings)
    facts = tender_facts(findings, label)
    words = [show(f, language="en", currency=subject.place.currency).text.split("\n✓")[0] for f in findings]
    if plan is not None:
        write_plan(findings, subject.place, plan)
        facts["paths"] = {"plan": str(plan)}
        words.append(f"The tender plan lies in {plan}.")
    return Outcome(facts, tuple(words))


def read_notice_date(text: str) -> date | None:
    """The day a notice is published, as it was written; None where nothing was.

    Raises
    ------
    ParameterError
        If it is no day.

    Examples
    --------
    >>> read_notice_date("2026-03-01"), read_notice_date("01-03-2026"), read_notice_date("")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1), None)
    """
    from procurement_kit.values import read_date

    try:
        return read_date(text)
    except ValueError:
        raise ParameterError(
            f"«{text}» is not a day.", expected="a day such as 2026-03-01", todo="write it in this form"
        ) from None


def tender_findings(subject: Subject, period: str, notice_date: date | None) -> list[Finding]:
    """Expiries, screen and framework use; for a community also what could be put out to tender together."""
    from procurement_kit.analyses.expiries import analyse_expiries
    from procurement_kit.analyses.framework_use import analyse_framework_use
    from procurement_kit.analyses.joint_tenders import find_joint_tenders
    from procurement_kit.analyses.tenders import screen_tenders
    from procurement_kit.classifier.tree import tree_of

    basis, tree = read_tender_basis(subject.of), tree_of(subject.members[0])
    screen = screen_tenders(subject.cube, period=period, tree=tree, basis=basis, notice_date=notice_date)
    use = analyse_framework_use(subject.cube, period=period, basis=basis)
    expiries = analyse_expiries(subject.cube, period=period, tree=tree, basis=basis, beside=(screen, use))
    found = [expiries, screen, use]
    if len(subject.members) > 1:
        found.append(find_joint_tenders(subject.cube, period=period, tree=tree, basis=basis, notice_date=notice_date))
    return found


def tender_facts(findings: Sequence[Finding], period: str) -> dict:
    """The findings' figures and tables as one JSON object, by the keys of the findings."""
    return {
        "period": period,
        **{
            finding.key: {
                "numbers": {name: number.value for name, number in finding.numbers.items()},
                **{name: _plain(rows.to_dict("records")) for name, rows in finding.tables.items()},
                "parameters": dict(finding.parameters),
            }
            for finding in findings
        },
    }


def _plain(rows: list[Mapping]) -> list[dict]:
    """Rows without pandas' ways of saying nothing, numbers of numpy as numbers."""
    return [
        {
            key: None if value is None or value != value else value.item() if hasattr(value, "item") else value
            for key, value in row.items()
        }
        for row in rows
    ]


# --- the tender plan ------------------------------------------------------------------------------------------------


def write_plan(findings: Sequence[Finding], place: Municipality, path: Path) -> Path:
    """Write the tender plan: what must be decided and by whom, and the calendar, limits and agreements behind it.

    Raises
    ------
    PrivacyError
        If a cell holds a personal number; nothing is written then.
    """
    from procurement_kit.dialogue.sheets import write_sheets
    from procurement_kit.publishing.formats import Formats
    from procurement_kit.publishing.sentences import Writer

    found = {finding.key: finding for finding in findings}
    writer = Writer(Formats(place.language, place.currency), found)
    wanted = [("expiries", "calendar"), ("tenders", "screen"), ("tenders", "works"), ("tenders", "projects"),
              ("framework_use", "frameworks"), ("tenders", "thresholds"), ("joint_tenders", "joint")]  # fmt: skip
    sheets = [_plan_sheet(writer)]
    sheets += [_sheet(writer, key, table) for key, table in wanted if key in found]
    return write_sheets(path, writer.say("plan_words.title"), sheets)


def _plan_sheet(writer: "Writer") -> "Sheet":
    """Category, kroner, end, notice, realistic start, owner (to fill in), basis."""
    from procurement_kit.dialogue.sheets import Sheet, SheetColumn

    made = _sheet(writer, "expiries", "decisions", (*PLAN_COLUMNS, *PLAN_MORE))
    owner = SheetColumn(writer.say("plan_words.owner"), "text", 22, True, writer.say("plan_words.owner_note"))
    columns = (*made.columns[:OWNER_PLACE], owner, *made.columns[OWNER_PLACE:])
    rows = [(*row[:OWNER_PLACE], "", *row[OWNER_PLACE:]) for row in made.rows]
    return Sheet(writer.say("plan_words.sheet"), columns, rows)


def _sheet(writer: "Writer", key: str, table: str, columns: tuple[str, ...] = ()) -> "Sheet":
    from procurement_kit.dialogue.sheets import Sheet, SheetColumn
    from procurement_kit.publishing.pages import table_view

    view = table_view(writer, key, table, columns=columns)
    rows = [
        tuple(
            cell if column.unit == "text" and value is not None else value
            for value, cell, column in zip(*parts, view.columns, strict=True)
        )
        for parts in zip(view.rows, view.cells, strict=True)
    ]
    shown = tuple(SheetColumn(c.heading, c.unit, 38 if c.unit == "text" else 18) for c in view.columns)
    title = view.title.replace(":", " –").replace("/", "-")[:31]
    return Sheet(title, shown, rows)
