"""What has changed between two reports? What `procurement-kit diff` answers.

A report is named by its folder or as `municipality/period`; what is compared is the lines that were kept when each was
made, not its pages. `municipality/2025.before` is the state that a report of 2025 had before it was last made again.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from procurement_kit import store
from procurement_kit.errors import InputNotFoundError, ParameterError
from procurement_kit.findings import Finding, Outcome
from procurement_kit.plurals import so_many

_WORDS = {
    "late_invoices": "invoices that arrived later",
    "corrections": "corrected or taken back",
    "scope": "changed scope",
    "reclassification": "changed category",
    "contracts": "changed contract status",
    "gone_suppliers": "suppliers only before",
    "new_suppliers": "suppliers only now",
    "price": "price",
    "volume": "volume and mix",
}


@dataclass(frozen=True)
class _Named:
    """A report as the user named it: whose it is, its folder's name, and its own mark where its record was read."""

    municipality: str
    name: str
    mark: str = ""


def compare_reports(old: str, new: str) -> Outcome:
    """Part the difference between two reports in reasons.

    Parameters
    ----------
    old, new : str
        Report folders, or `municipality/period`.

    Raises
    ------
    ParameterError
        If a report cannot be told from its name, or the two are not of one municipality.
    InputNotFoundError
        If nothing is kept of one of them.
    CheckFailedError
        If the reasons do not sum to the difference.
    """
    from procurement_kit.analyses.changes import analyse_changes
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.publishing.report import refuse_failed_checks
    from procurement_kit.publishing.snapshots import find_snapshot, read_snapshot

    reports = [_named(text) for text in (old, new)]
    if len({report.municipality for report in reports}) > 1:
        raise ParameterError(
            f"«{old}» and «{new}» are of two municipalities.",
            expected="two reports of one municipality",
            todo="for several municipalities use: procurement-kit kpis --community",
        )
    municipality = store.open_municipality(reports[0].municipality)
    first, second = (find_snapshot(municipality, report.name, report.mark) for report in reports)
    lines = [read_snapshot(municipality, kept) for kept in (first, second)]
    periods = {"old_period": first.period.label, "new_period": second.period.label}
    finding = analyse_changes(*lines, **periods, tree=tree_of(municipality))
    refuse_failed_checks([finding])
    return Outcome(
        _facts(municipality.name, finding, first.name, second.name), _sentences(finding, municipality.currency)
    )


def _named(text: str) -> _Named:
    """Read how a report was named.

    Raises
    ------
    ParameterError
        If it is neither a report's folder nor a municipality and a period.
    """
    record = Path(text).expanduser() / "run_record.json"
    if record.is_file():
        return _recorded(record)
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(parts) == 2:
        return _Named(*parts)
    raise ParameterError(
        f"«{text}» is not a report.",
        expected="a report's folder with its run_record.json, or municipality/period such as demo/2025Q3",
        todo="check the path",
    )


def _recorded(record: Path) -> _Named:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
        named = _Named(found["municipality"], record.parent.resolve().name, found["fingerprint"])
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise InputNotFoundError(
            f"{record} is not the record of a report.",
            expected="the file as procurement-kit report wrote it",
            todo="name the report as municipality/period",
        ) from None
    return named


def _facts(municipality: str, finding: Finding, old: str, new: str) -> dict:
    tables = {name: table.astype(object).where(table.notna(), None) for name, table in finding.tables.items()}
    return {
        "municipality": municipality,
        "old": old,
        "new": new,
        "difference": str(finding.numbers["difference_amount"].value),
        "caveats": list(finding.caveats),
        **{name: table.to_dict("records") for name, table in tables.items()},
    }


def _sentences(finding: Finding, currency: str) -> tuple[str, ...]:
    rows = {row["change_reason"]: row for row in finding.tables["bridge"].to_dict("records")}
    said = {name: number.value for name, number in finding.numbers.items()}

    def line(words: str, reason: str) -> str:
        return f"  {words:<30}{rows[reason]['net_amount']:>22,.2f}  {so_many(rows[reason]['line_count'], 'line')}"

    unread = f"The lines of {said['old_period_name']} were not read again; they count as they were reported."
    return (
        f"Analysed spend in {currency}, from the report of {said['old_period_name']} to that of {said['period_name']}:",
        line(f"report of {said['old_period_name']}", "before"),
        *(line(words, reason) for reason, words in _WORDS.items() if rows[reason]["line_count"]),
        line(f"report of {said['period_name']}", "now"),
        f"Difference {said['difference_amount']:,.2f}; the reasons sum to it.",
        *([unread] if finding.caveats else []),
    )
