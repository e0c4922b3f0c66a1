"""How does a drawn sample become a workbook that a consultant judges, and how is it read back?

One row per line: what was bought, what was proposed (or not, when judged blind), how deep that is right, which
category is. Rows that cannot be used come back with the reason; the others are kept. Reading a file again changes
nothing.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.columns import DATE, TEXT, Table
from procurement_kit.decision_log import checked_function
from procurement_kit.dialogue.sheets import Sheet, SheetColumn, write_sheets
from procurement_kit.errors import ParameterError
from procurement_kit.exact import records
from procurement_kit.findings import Outcome
from procurement_kit.personal_numbers import blank
from procurement_kit.plurals import ended, so_many
from procurement_kit.review.audit_sample import AuditSample, keep_judgements
from procurement_kit.review.audit_tables import AUDIT_SAMPLE, read_kept
from procurement_kit.review.judging import (
    UNDECIDABLE,
    JudgingWords,
    categories_sheet,
    form_column,
    guide_sheet,
    in_all_languages,
    judging_words,
    read_category,
    shown_text,
    workbook_path,
)
from procurement_kit.review.wording import category_words
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_usable_rows

if TYPE_CHECKING:
    import ibis

SHOWN = ("invoice_date", "supplier_name", "item_name", "line_text", "account_name", "unit_name")
FILLED_IN = ("verdict", "right_category", "judged_by", "judged_date", "remark")
HIDDEN_WHEN_BLIND = ("proposed", "verdict")
_HEADINGS = "audit.headings"
_UNITS = {"audit_number": "count", "net_amount": "kr", "invoice_date": "date", "judged_date": "date"}
_WIDTHS = {
    "audit_number": 7,
    "text": 50,
    "proposed": 36,
    "verdict": 28,
    "right_category": 40,
    "line_id": 12,
    "period": 10,
}
FORM = Table("audit_form", "Stikprøve", "A judged sample as it comes back.", (
    form_column("period", TEXT, _HEADINGS, required=True),
    form_column("line_id", TEXT, _HEADINGS, required=True),
    form_column("verdict", TEXT, _HEADINGS),
    form_column("right_category", TEXT, _HEADINGS),
    form_column("judged_by", TEXT, _HEADINGS),
    form_column("judged_date", DATE, _HEADINGS),
), key=("period", "line_id"))  # fmt: skip


def write_audit_workbook(
    municipality: Municipality, sample: AuditSample, cube: "ibis.Table", *, is_blind: bool = False
) -> Path:
    """Write a sample as a workbook in `review/` of the municipality's folder.

    Parameters
    ----------
    municipality : Municipality
        Whose folder and language.
    sample : AuditSample
        What was drawn; judgements there are already are filled in.
    cube : ibis.Table
        What stands on the lines.
    is_blind : bool
        Hide the proposed category, so that it does not sway the judgement.

    Raises
    ------
    PrivacyError
        If a cell would hold a personal number.
    """
    words = judging_words(municipality)
    path = workbook_path(municipality, "audit", sample.period)
    lines = [*words.entry("audit.guide_lines")]
    lines.insert(1, words.say("audit.guide_blind" if is_blind else "audit.guide_open"))
    sheets = [
        _lines_sheet(sample, cube, words, is_blind=is_blind),
        categories_sheet(sample.tree, words),
        guide_sheet(lines, words.say("audit.guide_heading"), words),
    ]
    return write_sheets(path, words.say("audit.title"), sheets)


def _lines_sheet(sample: AuditSample, cube: "ibis.Table", words: JudgingWords, *, is_blind: bool) -> Sheet:
    headings = words.entry(_HEADINGS)
    names = [name for name in headings if not (is_blind and name in HIDDEN_WHEN_BLIND)]
    columns = tuple(
        SheetColumn(headings[name], _UNITS.get(name, "text"), _WIDTHS.get(name, 20), name in FILLED_IN)
        for name in names
    )
    wanted = cube.filter(cube.line_id.isin(sample.lines["line_id"].tolist()))
    printed = {row["line_id"]: row for row in records(wanted.select("line_id", *SHOWN))}
    rows = [
        tuple(_shown(row, printed.get(row["line_id"], {}), sample.tree, words).get(name) for name in names)
        for row in sample.lines.to_dict("records")
    ]
    offered = {
        "verdict": tuple(words.entry("audit.verdicts").values()),
        "right_category": words.say("words.categories"),
        "judged_by": tuple(words.entry("words.function")),
    }
    places = {names.index(name): answers for name, answers in offered.items() if name in names}
    choices = {(row, place): answers for row in range(len(rows)) for place, answers in places.items()}
    return Sheet(words.say("audit.sheet"), columns, rows, choices)


def _shown(row: Mapping, printed: Mapping, tree: CategoryTree, words: JudgingWords) -> dict:
    language, proposed = words.formats.language, row["category_code"]
    judged = row["judged_category_code"]
    is_undecidable = row["judgement"] == UNDECIDABLE
    return {
        "audit_number": row["audit_number"],
        "invoice_date": printed.get("invoice_date"),
        "supplier_name": shown_text(printed.get("supplier_name")),
        "text": shown_text(printed.get("item_name"), printed.get("line_text")),
        "account_name": shown_text(printed.get("account_name")),
        "unit_name": shown_text(printed.get("unit_name")),
        "net_amount": row["net_amount"],
        "proposed": category_words(tree, proposed, language) if proposed else words.say("words.nothing_proposed"),
        "right_category": words.say("words.undecidable")
        if is_undecidable
        else judged and category_words(tree, judged, language),
        "judged_by": row["judged_by"],
        "judged_date": row["judged_date"],
        "period": row["period"],
        "line_id": row["line_id"],
    }


# --- reading back ---------------------------------------------------------------------------------------------------


def read_audit_workbook(municipality: Municipality, path: Path, *, today: date) -> Outcome:
    """Read a judged sample and keep the judgements that can be used.

    Parameters
    ----------
    municipality : Municipality
        Whose sample.
    path : Path
        The workbook, or the same list saved as CSV.
    today : date
        Date of judgements that bear none.

    Returns
    -------
    Outcome
        Rows judged, changed, not judged yet and refused with the reason of each.

    Raises
    ------
    InputNotFoundError, FileFormatError, TableError
        If the file cannot be read at all.
    """
    rows, refused = read_usable_rows(path, FORM)
    refused = [blank(reason) for reason in refused]
    drawn = {(row["period"], row["line_id"]): row for row in read_kept(municipality, AUDIT_SAMPLE)}
    tree, found, unanswered = tree_of(municipality), {}, 0
    for number, row in rows.items():
        if not (row["verdict"] or row["right_category"]):
            unanswered += 1
            continue
        try:
            found[row["period"], row["line_id"]] = judgement_of(row, drawn, tree, today)
        except (ValueError, ParameterError) as problem:
            refused.append(f"row {number}: {blank(str(problem).splitlines()[0])}")
    changed = keep_judgements(municipality, found)
    periods = sorted({period for period, _ in found})
    facts = {"judged": len(found), "changed": changed, "unanswered": unanswered, "refused": len(refused)}
    sentences = [
        f"Kept {so_many(len(found), 'judgement')}, {changed:,} of them new or changed; "
        f"{so_many(unanswered, 'line is', 'lines are')} not judged yet."
    ]
    sentences += [f"Not used: {ended(reason)}" for reason in refused]
    return Outcome(facts | {"refused_rows": refused, "periods": periods}, tuple(sentences))


def judgement_of(row: Mapping, drawn: Mapping[tuple[str, str], Mapping], tree: CategoryTree, today: date) -> dict:
    """What a row of the workbook says about its line, as it is kept.

    Raises
    ------
    ValueError, ParameterError
        If it cannot be used; says why.
    """
    line = drawn.get((row["period"], row["line_id"]))
    if line is None:
        raise ValueError(
            "the line is not one of those drawn; period or line id was changed, or another sample was drawn"
        )
    if not row["judged_by"]:
        raise ValueError("nobody stands under «Bedømt af (funktion)»")
    verdict = _verdict(row["verdict"])
    chosen = read_category(row["right_category"], tree) if row["right_category"] else None
    code = _right_code(verdict, chosen, line["category_code"], tree)
    is_known = code != UNDECIDABLE
    return {
        "judgement": "known" if is_known else UNDECIDABLE,
        "judged_category_code": code if is_known else None,
        "judged_by": checked_function(row["judged_by"]),
        "judged_date": row["judged_date"] or today,
    }


def _verdict(printed: str | None) -> str | None:
    known = {text.casefold(): key for verdicts in in_all_languages("audit.verdicts") for key, text in verdicts.items()}
    if printed and printed.strip().casefold() not in known:
        raise ValueError(f"«{blank(printed)}» is none of the judgements offered")
    return known[printed.strip().casefold()] if printed else None


def _refuse_same_area(chosen: str, claimed: str, tree: CategoryTree) -> None:
    """Refuse «wrong» beside a right category in the very area that was proposed: some of it was right then."""
    shared = [code for code, other in zip(tree.path(chosen), tree.path(claimed), strict=False) if code == other]
    if not shared:
        return
    right = {1: "Kun området er rigtigt", 2: "Kun område og gruppe er rigtige"}
    todo = "Rigtig" if shared[-1] == claimed else right[len(shared)]
    raise ValueError(
        f"the judgement is «Forkert», but {chosen} was chosen as the right one, which shares {shared[-1]} with the "
        f"proposed category; choose «{todo}», or a category outside {shared[-1]}"
    )


def _right_code(verdict: str | None, chosen: str | None, claimed: str | None, tree: CategoryTree) -> str:
    """The right category; the verdict and the category that was chosen must not speak against each other."""
    if verdict in (None, "wrong"):
        if chosen is None:
            raise ValueError("the right category is missing; choose it, or «Kan ikke afgøres»")
        if verdict and claimed and chosen != UNDECIDABLE:
            _refuse_same_area(chosen, claimed, tree)
        return chosen
    if not claimed:
        raise ValueError("no category was proposed, so it cannot be right; choose the right category")
    path = tree.path(claimed)
    deepest = {"right": len(path), "right_1": 1, "right_2": 2}[verdict]
    if deepest > len(path):
        raise ValueError("the proposed category is not so deep; choose «Rigtig»")
    kept = path[deepest - 1]
    if chosen is None:
        return kept
    if chosen == UNDECIDABLE or kept not in tree.path(chosen):
        raise ValueError("the judgement and the right category speak against each other")
    if deepest < len(path) and path[deepest] in tree.path(chosen):
        raise ValueError("the proposed category is right deeper than the judgement says")
    return chosen
