"""What does each command around a municipality's data do: import, duplicates, request, questions, decisions, close?

One function per command, as in the workbench: it opens the rooms it needs and returns an `Outcome` with the counts and
the same in plain words. Nothing is computed here.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.progress import progress_bar, shown_on
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    from procurement_kit.intake.report import LoadReport

DUPLICATES_SHOWN = 20


def import_into(name: str, paths: Sequence[Path], *, profiles: Sequence[str] = ()) -> Outcome:
    """Import files and say what became of every line and krone."""
    from procurement_kit.intake.load import import_files
    from procurement_kit.intake.report import held_back_reasons, sentences

    municipality = store.open_municipality(name)
    with progress_bar("import", unit="B", unit_scale=True) as bar:
        report = import_files(
            municipality, [Path(path) for path in paths], profile=tuple(profiles) or None, progress=shown_on(bar)
        )
    reasons = held_back_reasons(municipality, report.load_key) if report.load_key else []
    return Outcome(report.as_dict() | {"held_back": reasons}, (*sentences(report), *_seen(municipality, report)))


def _seen(municipality: Municipality, report: "LoadReport") -> tuple[str, ...]:
    """What stands out in everything that has been imported, in at most fifteen lines."""
    from procurement_kit.analyses.intake import analyse_intake
    from procurement_kit.publishing.intake_words import intake_words

    if not store.loads(municipality):
        return ()
    new = tuple(source.name for source in report.sources if source.is_new)
    return intake_words(analyse_intake(municipality), "en", currency=municipality.currency, new=new)


def show_duplicates(name: str) -> Outcome:
    """List what was set aside as duplicates, the largest first."""
    from procurement_kit.intake.taken_back import list_duplicates

    municipality = store.open_municipality(name)
    rows = list_duplicates(municipality).to_dict("records")
    aside = [row for row in rows if not row["is_taken_back"]]
    amount = sum(row["amount"] or 0 for row in aside)
    words = [f"Set aside as duplicates: {len(aside):,} ({amount:,.2f} {municipality.currency})."]
    words += [
        f"  {row['document_id'][:8]}  {row['amount'] or 0:>16,.2f}  {row['source_name']}: "
        f"{'taken back' if row['is_taken_back'] else row['reason']}"
        for row in rows[:DUPLICATES_SHOWN]
    ]
    if len(rows) > DUPLICATES_SHOWN:
        words.append(f"  … and {len(rows) - DUPLICATES_SHOWN:,} more; --json lists all.")
    if aside:
        command = f"procurement-kit duplicates {name} --take-back <identity> --file <file> --by <function>"
        words.append(f"To let one count: {command}")
    facts = [{key: None if value is None else str(value) for key, value in row.items()} for row in rows]
    return Outcome({"duplicates": facts, "documents": len(aside), "amount": str(amount)}, tuple(words))


def take_back(name: str, document_ids: Sequence[str], *, file: str, by: str, again: bool = False) -> Outcome:
    """Let documents count that were set aside as duplicates, or set them aside again."""
    from procurement_kit.intake.taken_back import take_back as taken_back

    municipality = store.open_municipality(name)
    done = taken_back(municipality, document_ids, source_name=file, decided_by=by, set_aside_again=again)
    what = "set aside again" if again else "taken back, to count from now on"
    facts = {"documents": done.documents, "lines": done.lines, "amount": str(done.amount)}
    worth = f"{so_many(done.lines, 'line')}, {done.amount:,.2f} {municipality.currency}"
    return Outcome(facts, (f"{so_many(done.documents, 'document')} {what} ({worth}). It stands in the decision log.",))


def guess_profile(name: str, path: Path, *, answers: Sequence[str] = (), save_as: str = "") -> Outcome:
    """Propose an import profile for a file, and write it when told to."""
    from procurement_kit.intake.guess import guess_profile as propose
    from procurement_kit.intake.guess import guess_sentences, profile_text, write_profile

    municipality = store.open_municipality(name)
    guess = propose(Path(path), municipality, answers=_answers(answers))
    facts = {"is_complete": guess.is_complete, "questions": [question.key for question in guess.questions]}
    words = list(guess_sentences(guess))[: -1 if save_as else None]  # the last one says that nothing was written
    if guess.is_complete:
        facts["profile"] = profile_text(guess, save_as or Path(path).stem)
    if save_as:
        written = write_profile(municipality, guess, save_as)
        facts["paths"] = {"profile": str(written)}
        words.append(f"Wrote {written}. Next: procurement-kit import {name} {quote(str(path))} --profile {save_as}")
    return Outcome(facts, tuple(words))


def _answers(given: Sequence[str]) -> dict[str, str]:
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise ParameterError(
            f"«{wrong[0]}» is not an answer.", expected="key=value", todo="write for instance --answer vat_basis=ex"
        )
    return dict(text.split("=", 1) for text in given)


def write_request(name: str, *, period: str = "", systems: Sequence[str] = ()) -> Outcome:
    """Write the data request: letter, field lists and a form for control totals."""
    from procurement_kit.dialogue.data_request import DEFAULT_SYSTEMS, write_data_request

    municipality = store.open_municipality(name)
    return write_data_request(municipality, period=period, systems=systems or DEFAULT_SYSTEMS, today=date.today())


def write_questions(name: str) -> Outcome:
    """Write the open points by kroner as a workbook the municipality can answer."""
    from procurement_kit.dialogue.questions import write_questions as written

    return written(store.open_municipality(name), today=date.today())


def read_answers(name: str, path: Path) -> Outcome:
    """Read the answered workbook back, and let the answers take effect."""
    from procurement_kit.dialogue.answers import read_answers as answers_read

    return answers_read(store.open_municipality(name), Path(path), today=date.today())


def write_decisions(name: str) -> Outcome:
    """Write what was decided and what is assumed as a workbook."""
    from procurement_kit.dialogue.decisions import write_decision_log

    path = write_decision_log(store.open_municipality(name), date.today())
    return Outcome({"paths": {"decisions": str(path)}}, (f"Wrote what was decided and what is assumed to {path}.",))


def close(name: str, *, confirmed: bool) -> Outcome:
    """End an assignment, or say what would be deleted."""
    from procurement_kit.dialogue.closing import close_municipality

    return close_municipality(store.open_municipality(name, closed_too=True), confirmed=confirmed, today=date.today())
