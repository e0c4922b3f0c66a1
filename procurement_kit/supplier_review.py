"""How did printed suppliers become identities, what is in doubt, and what do people decide about it?

One function per half of the command `suppliers`. Each returns an `Outcome`; money is counted by the analysis, decisions
hold from the next classification on.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from shlex import quote

from procurement_kit import store
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.settings import Municipality

SHOWN = 10
_KINDS = {"name": "name alone", "similar_name": "a similar name", "decided": "a decision"}


def describe_suppliers(name: str) -> Outcome:
    """Say how many printed suppliers stand behind how many identities, and what is in doubt."""
    from procurement_kit.analyses.supplier_identity import analyse_supplier_identity
    from procurement_kit.review.supplier_decisions import doubtful_pairs, doubtful_suppliers
    from procurement_kit.steps.spend_cube import read_cube

    municipality = store.open_municipality(name)
    finding = analyse_supplier_identity(read_cube(municipality), doubtful=doubtful_suppliers(municipality))
    pairs = doubtful_pairs(municipality)
    refused = _refused(municipality)
    numbers = {key: number.value for key, number in finding.numbers.items()}
    facts = {
        **{key: str(value) if isinstance(value, Decimal) else value for key, value in numbers.items()},
        "by_match": _plain(finding.tables["by_match"].to_dict("records")),
        "doubtful": _plain(pairs[:SHOWN]),
        "failed_numbers": _plain(finding.tables["failed_numbers"].to_dict("records")),
        "refused_decisions": refused,
        "is_outdated": _is_outdated(municipality),
    }
    sentences = [*_told(municipality, numbers, finding.tables["by_match"].to_dict("records")), *_doubt(pairs, facts)]
    sentences += [f"Not followed: «{r['left_name']}» and «{r['right_name']}»: {r['reason']}." for r in refused]
    return Outcome(facts, (*sentences, *_next(municipality, facts)))


def write_supplier_review(name: str, path: Path) -> Outcome:
    """Write the pairs in doubt as a workbook to fill in."""
    from procurement_kit.review.supplier_decisions import doubtful_pairs
    from procurement_kit.review.supplier_workbook import write_supplier_workbook

    municipality = store.open_municipality(name)
    pairs = doubtful_pairs(municipality)
    if not pairs:
        return Outcome({"pairs": 0, "paths": {}}, ("No pair of suppliers is in doubt; nothing was written.",))
    written = write_supplier_workbook(municipality, pairs, Path(path).expanduser())
    facts = {"pairs": len(pairs), "paths": {"review": str(written)}}
    sentences = (
        f"Wrote {so_many(len(pairs), 'pair')} of suppliers to {written}, that with the largest smaller side first.",
        f"Next: fill it in, then procurement-kit suppliers {name} --read {quote(str(written))} --by <function>",
    )
    return Outcome(facts, sentences)


def read_supplier_review(name: str, path: Path, *, by: str = "") -> Outcome:
    """Take in the answers of a workbook; rows that cannot be used come back with reasons."""
    from procurement_kit.review.supplier_workbook import read_supplier_workbook

    municipality = store.open_municipality(name)
    read = read_supplier_workbook(municipality, Path(path).expanduser(), today=date.today(), decided_by=by)
    facts = {
        "taken_in": read.taken_in,
        "unchanged": read.unchanged,
        "unknown": read.unknown,
        "refused": len(read.refused),
        "refused_rows": [{"row": row["row"], "reason": row["reason"]} for row in read.refused],
        "paths": {"refused": str(read.refused_path)} if read.refused_path else {},
    }
    sentences = [
        f"Took in {so_many(read.taken_in, 'decision')}; {read.unchanged:,} stood there already, {read.unknown:,} "
        f"left open, {so_many(len(read.refused), 'row')} could not be used."
    ]
    sentences += [f"  row {row['row']}: {row['reason']}" for row in read.refused[:SHOWN]]
    sentences += [f"The rows that could not be used stand in {read.refused_path}."] if read.refused_path else []
    sentences += [f"Next: procurement-kit classify {name}: decisions hold from then on."] if read.taken_in else []
    return Outcome(facts, tuple(sentences))


def list_merges(name: str) -> Outcome:
    """List what was joined, with evidence and kroner, numbered for `--undo`."""
    from procurement_kit.review.supplier_decisions import SIDES, side_words, supplier_merges

    municipality = store.open_municipality(name)
    merges = supplier_merges(municipality)
    sentences = [f"{so_many(len(merges), 'joining')}; that which moves most {municipality.currency} first."]
    for merge in merges:
        left, right = (side_words(merge, side) for side in SIDES)
        undone = "; taken back, run classify" if merge["is_undone"] else ""
        sentences.append(
            f"{merge['merge_number']:>4}  {left} = {right}: {merge['smaller_amount']:,.2f} {municipality.currency}, "
            f"{merge['match_score']:.2f}, {merge['match_evidence']}{undone}"
        )
    if merges:
        sentences.append(f"To take one back: procurement-kit suppliers {name} --undo <number> --by <function>")
    return Outcome({"merges": _plain(merges)}, tuple(sentences))


def undo_merge(name: str, number: int, *, by: str) -> Outcome:
    """Take a joining back: decide that its two sides are not the same."""
    from procurement_kit.review.supplier_decisions import SIDES, decide_suppliers, side_words, supplier_merges

    municipality = store.open_municipality(name)
    merges = {merge["merge_number"]: merge for merge in supplier_merges(municipality)}
    if number not in merges:
        raise ParameterError(
            f"There is no joining {number}.",
            expected=f"a number from 1 to {len(merges)}" if merges else "a joining; there is none",
            todo=f"look at: procurement-kit suppliers {name} --list-merges",
        )
    merge = merges[number]
    is_new = decide_suppliers(municipality, merge, False, by)
    left, right = (side_words(merge, side) for side in SIDES)
    facts = {"merge": _plain([merge])[0], "is_new": is_new}
    said = "are decided to be two suppliers" if is_new else "were decided to be two suppliers already"
    sentences = (
        f"«{left}» and «{right}» {said}; {merge['smaller_amount']:,.2f} {municipality.currency} part with them.",
        f"Next: procurement-kit classify {name}: decisions hold from then on.",
    )
    return Outcome(facts, sentences)


# --- in words -------------------------------------------------------------------------------------------------------


def _told(municipality: Municipality, numbers: Mapping, by_match: list[dict]) -> list[str]:
    printed, identities = so_many(numbers["printed_count"], "supplier"), so_many(numbers["identity_count"], "identity")
    joined = f"{numbers['joined_amount']:,.2f} {municipality.currency}"
    said = [f"{printed} as printed are {identities}; {joined} was joined by name. Persons are not counted."]
    for row in by_match:
        if row["supplier_match"] in _KINDS:
            ways = so_many(row["printed_count"], "printed supplier")
            amount = f"{row['net_amount']:,.2f} {municipality.currency}"
            said.append(f"  by {_KINDS[row['supplier_match']]}: {ways}, {amount}")
    if numbers["failed_number_count"]:
        failed = so_many(numbers["failed_number_count"], "company number")
        amount = f"{numbers['failed_number_amount']:,.2f} {municipality.currency}"
        said.append(f"{failed} with a wrong check digit: {amount}. They count all the same.")
    return said


def _doubt(pairs: list[dict], facts: Mapping) -> list[str]:
    if not pairs:
        return ["No pair is in doubt."]
    said = [f"In doubt: {so_many(len(pairs), 'pair')}; the smaller sides are {facts['doubtful_amount']} together."]
    return said + [
        f"  {pair['left_name']} ({pair['left_amount']:,.2f}) ? {pair['right_name']} ({pair['right_amount']:,.2f}): "
        f"{pair['match_evidence']}"
        for pair in pairs[:SHOWN]
    ]


def _next(municipality: Municipality, facts: Mapping) -> list[str]:
    if facts["is_outdated"]:
        return [f"Something has changed since: run procurement-kit classify {municipality.name}"]
    if facts["doubtful_count"]:
        return [f"Next: procurement-kit suppliers {municipality.name} --review pairs.xlsx"]
    return []


def _refused(municipality: Municipality) -> list[dict]:
    from procurement_kit.steps.supplier_identities import read_pairs

    return read_pairs(municipality, "supplier_refusals")


def _is_outdated(municipality: Municipality) -> bool:
    from procurement_kit.steps.spend_cube import cube_fingerprint, read_record

    try:
        return read_record(municipality)["fingerprint"] != cube_fingerprint(municipality)
    except NoDataError:
        return True


def _plain(rows: list[dict]) -> list[dict]:
    """Rows for JSON: decimals as text, so that nothing is rounded."""
    return [{key: str(v) if isinstance(v, Decimal) else v for key, v in row.items()} for row in rows]
