"""What do the commands do that ask people how right the categories are: the audit sample, and two labellers?

One function per command half: draw and write, or read back and say. Each opens the rooms in their order and returns an
`Outcome`. Nothing is computed here.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.errors import ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import file_hash
from procurement_kit.periods import parse_period
from procurement_kit.plurals import ended, so_many
from procurement_kit.settings import Municipality
from procurement_kit.stages import require_lines
from procurement_kit.tables import LABEL_LEVELS

if TYPE_CHECKING:
    from procurement_kit.findings import Finding


def draw_audit(name: str, period: str = "", *, count: int = 200, seed: int = 1, is_blind: bool = False) -> Outcome:
    """Draw lines of a period by kroner and write the workbook they are judged in."""
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.publishing.report import last_full_year
    from procurement_kit.review.audit_sample import draw_audit_sample, keep_audit_sample
    from procurement_kit.review.audit_workbook import write_audit_workbook
    from procurement_kit.steps.spend_cube import read_cube

    municipality = store.open_municipality(name)
    asked = parse_period(period) if period else None
    require_lines(municipality)
    label = (asked or parse_period(last_full_year(municipality))).label
    cube = read_cube(municipality)
    drawn = draw_audit_sample(cube, period=label, tree=tree_of(municipality), count=count, seed=seed)
    sample = keep_audit_sample(municipality, drawn)
    path = write_audit_workbook(municipality, sample, cube, is_blind=is_blind)
    certain = int((sample.lines["audit_stratum"] == "certain").sum())
    facts = {
        "period": label,
        "drawn": len(sample.lines),
        "certain": certain,
        "judged": len(sample.judged),
        "paths": {"sample": str(path)},
    }
    sentences = (
        f"Drew {so_many(len(sample.lines), 'line')} of {label} by kroner; "
        f"taken whole because of their size: {certain:,}.",
        f"They lie in {path}. Judge them from the top.",
        f"Next: procurement-kit audit {name} --read <the file filled in>",
    )
    return Outcome(facts, sentences)


def read_audit(name: str, path: Path) -> Outcome:
    """Read a judged sample back, and say what it says so far."""
    from procurement_kit.review.accuracy_estimate import estimate_accuracy
    from procurement_kit.review.audit_sample import read_audit_sample
    from procurement_kit.review.audit_workbook import read_audit_workbook

    municipality = store.open_municipality(name)
    kept = read_audit_workbook(municipality, Path(path), today=date.today())
    facts, sentences = dict(kept.facts), list(kept.sentences)
    for period in kept.facts["periods"]:
        finding = estimate_accuracy(read_audit_sample(municipality, period=period))
        facts.setdefault("accuracy", {})[period] = {
            key: {"value": number.value, "low": number.low, "high": number.high}
            for key, number in finding.numbers.items()
        }
        sentences += [f"{period}: {line}" for line in (*_told(municipality, finding), *_by_level(finding))]
    return Outcome(facts, tuple(sentences))


def _by_level(finding: "Finding") -> list[str]:
    """How many kroner stand wrong at each level, credit notes counted by their size."""
    numbers = {key: number for key, number in finding.numbers.items() if number.value is not None}
    return [
        f"level {level}: {share.value:.1%} of the kroner placed ({numbers[f'wrong_{level}_amount'].value:,.0f}) "
        f"stand in a wrong category, {share.low:.1%} to {share.high:.1%} with 95% confidence; credits count by size."
        for level in LABEL_LEVELS
        if (share := numbers.get(f"wrong_{level}_share")) and f"wrong_{level}_amount" in numbers
    ]


def _told(municipality: Municipality, finding: "Finding") -> list[str]:
    from procurement_kit.publishing.sentences import show

    told = show(finding, language="en", currency=municipality.currency)
    return [line for line in told.text.splitlines() if line.strip()]


def draw_labelling(name: str, *, count: int = 200, seed: int = 1) -> Outcome:
    """Draw distinct lines by kroner and write a blind workbook for each of two labellers."""
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.review.labellers import draw_labelling_sample
    from procurement_kit.review.labelling_workbooks import write_labelling_workbooks
    from procurement_kit.steps.spend_cube import lines_in_scope

    municipality = store.open_municipality(name)
    require_lines(municipality)
    drawn = draw_labelling_sample(lines_in_scope(municipality), count=count, seed=seed)
    paths = write_labelling_workbooks(municipality, drawn, tree_of(municipality))
    facts = {"drawn": len(drawn), "paths": {path.stem: str(path) for path in paths}}
    files = " ".join(path.name for path in paths)
    sentences = (
        f"Drew {so_many(len(drawn), 'distinct line')} by kroner; two persons label the same lines, each alone.",
        *(f"  {path}" for path in paths),
        f"Next: procurement-kit labellers {name} --read {files}",
    )
    return Outcome(facts, sentences)


def compare_labelling(name: str, paths: Sequence[Path], *, keep: bool = False, by: str = "") -> Outcome:
    """Compare what two persons labelled; with `keep`, the lines they agree on become known lines."""
    from procurement_kit.classifier.tree import tree_of
    from procurement_kit.decision_log import checked_function
    from procurement_kit.review.labellers import compare_labellers
    from procurement_kit.review.labelling_workbooks import keep_agreed, read_labels, write_comparison

    municipality = store.open_municipality(name)
    function = checked_function(by) if keep else ""
    if len({file_hash(Path(path)) for path in paths}) < len(paths):
        raise ParameterError(
            "The same workbook was named twice.",
            expected="one workbook from each of the two labellers",
            todo="name the other's workbook too",
        )
    tree = tree_of(municipality)
    labels, refused = read_labels(municipality, [Path(path) for path in paths], tree)
    finding = compare_labellers(labels, tree=tree)
    path = write_comparison(municipality, finding)
    kept = keep_agreed(municipality, labels, decided_by=function) if keep else 0
    facts = {
        **{key: number.value for key, number in finding.numbers.items()},
        **{table: finding.tables[table].to_dict("records") for table in ("by_level", "pairs")},
        "refused": len(refused),
        "refused_rows": refused,
        "kept": kept,
        "paths": {"comparison": str(path)},
    }
    sentences = [*_agreement(municipality, finding), *(f"Not used: {ended(reason)}" for reason in refused)]
    sentences += [f"Both agree on {so_many(kept, 'line')} not known before; run train again."] if keep else []
    return Outcome(facts, (*sentences, f"It lies in {path}."))


def _agreement(municipality: Municipality, finding: "Finding") -> list[str]:
    from procurement_kit.publishing.formats import Formats
    from procurement_kit.publishing.sentences import Writer

    writer = Writer(Formats("en", municipality.currency), {finding.key: finding})
    said = writer.say_all("labellers.sentences", finding.key)
    return said + [writer.say(f"caveats.{key}", finding.key) for key in finding.caveats]
