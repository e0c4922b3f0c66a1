"""What does a reader get to know about how good the classifier is?

The measures of one split as a `Finding`: the classifier beside its peers, level by level, its calibration curve, its
dearest confusions, with and without usable text, and the service areas. Every figure names its split, and how many
lines were left out because they repeat others is always said.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.findings import Check, Definition, Finding, Number

if TYPE_CHECKING:
    import pandas as pd

    from procurement_kit.classifier.tree import CategoryTree

KEY = "evaluation"
_SHARES = {
    "accuracy_lines_share": "accuracy_lines",
    "accuracy_amount_share": "accuracy_amount",
    "macro_f1_share": "macro_f1",
    "calibration_error_share": "ece",
    "coded_share": "coverage_at_95",
}
_LEADS = {
    f"ahead_{what}_{end}_share": (what, name)
    for what in ("lines", "amount")
    for end, name in (("low", "from"), ("high", "to"))
}
COLUMNS = {
    "by_peer": ("measured_by", *_SHARES, "all_lines_right_share", "all_amount_right_share", *_LEADS),
    "by_level": ("category_level", "distinct_line_count", *_SHARES),
    "calibration": ("from_share", "to_share", "distinct_line_count", "mean_probability_share", "right_share"),
    "confusions": (
        "true_code", "true_name_da", "true_name_en", "predicted_code", "predicted_name_da", "predicted_name_en",
        "line_count", "wrong_amount",
    ),
    "splits": ("split_name", "split_status", "learned_line_count", "tested_line_count"),
    "by_text": ("text_kind", "distinct_line_count", "accuracy_lines_share", "accuracy_amount_share"),
    "by_area": (
        "area_code", "area_name_da", "area_name_en", "distinct_line_count", "accuracy_lines_share",
        "accuracy_amount_share",
    ),
}  # fmt: skip


def evaluate_classifier(
    labelled: "pd.DataFrame",
    tree: "CategoryTree",
    *,
    split: str = "unseen-suppliers",
    level: int = 1,
    peers: bool = True,
) -> Finding:
    """Measure how good a classifier becomes on lines it has not seen: trained on one part, measured on the other.

    Parameters
    ----------
    labelled : DataFrame
        As `labelled_lines` gives it; with `municipality_name` or `buyer_name` for the split by buyers.
    tree : CategoryTree
        The tree the labels are in.
    split : {"later-year", "unseen-suppliers", "unseen-buyers"}
        What the lines measured on have that those learned from have not. A random split is refused.
    level : int
        Deepest level measured, 1 at the top; those above are measured too.
    peers : bool
        Measure the named peers beside it, at the deepest level.

    Returns
    -------
    Finding
        Key "evaluation"; tables `by_peer` (main), `by_level`, `calibration`, `confusions`, `splits` (which can
        be made), `by_text`, `by_area` (empty with a tree of one's own). A share that cannot
        be worked out is None.

    Raises
    ------
    ParameterError
        If there is no such split or level.
    NoDataError
        If the labelled lines cannot be split so.
    """
    from procurement_kit.classifier.evaluation import evaluate_levels
    from procurement_kit.classifier.splits import possible_splits, refuse_split

    refuse_split(split)
    measured = evaluate_levels(labelled, tree, split=split, levels=tuple(range(1, level + 1)) or (level,), peers=peers)
    return finding_of(measured, tree, possible_splits(labelled))


def finding_of(measured: Mapping[int, Mapping], tree: "CategoryTree", splits: Sequence[Mapping] = ()) -> Finding:
    """The finding of measures per level, and of the splits that can be made; it speaks of the deepest level."""
    from procurement_kit.exact import frame

    found = measured[max(measured)]
    tables = {
        "by_peer": [_by_peer("ours", found["ours"]), *(_by_peer(*pair) for pair in found["peers"].items())],
        "by_level": [
            {"category_level": level, "distinct_line_count": facts["lines"], **_shares(facts["ours"])}
            for level, facts in measured.items()
        ],
        "calibration": [_bin(row) for row in found["ours"]["calibration_curve"]],
        "confusions": [
            {**row, "line_count": row["lines"], "wrong_amount": _kroner(row["amount"])}
            for row in found["ours"]["confusions"]
        ],
        "splits": splits,
        "by_text": [_apart(found["ours"]["text"][kind], text_kind=kind) for kind in ("with_text", "without_text")],
        "by_area": [
            _apart(row, area_code=code, area_name_da=tree.name(code), area_name_en=tree.name(code, "en"))
            for code, row in found["ours"].get("service_areas", {}).items()
        ],
    }
    numbers = _numbers(found) | _peer_numbers(found)
    return Finding(
        key=KEY,
        numbers=numbers,
        tables={name: frame(tables[name], columns) for name, columns in COLUMNS.items()},
        checks=tuple(_checks(found, tables)),
        caveats=tuple(key for key, is_said in _caveats(found, numbers).items() if is_said),
        definition=_definition(found),
        parameters={"split": found["split"], "level": str(found["level"])},
    )


# --- rows -----------------------------------------------------------------------------------------------------------


def _share(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _kroner(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _shares(found: Mapping) -> dict[str, Decimal | None]:
    return {column: _share(found.get(name)) for column, name in _SHARES.items()}


def _by_peer(name: str, found: Mapping) -> dict:
    every = found.get("all_lines", {})
    return {
        "measured_by": name,
        **_shares(found),
        "all_lines_right_share": _share(every.get("accuracy_lines")),
        "all_amount_right_share": _share(every.get("accuracy_amount")),
        **_leads(found.get("ours_ahead", {})),
    }


def _leads(found: Mapping) -> dict[str, Decimal | None]:
    """Between what lies by how much ours is ahead of a peer."""
    return {column: _share(found.get(what, {}).get(name)) for column, (what, name) in _LEADS.items()}


def _bin(row: Mapping) -> dict:
    return {
        "from_share": _share(row["from_probability"]),
        "to_share": _share(row["to_probability"]),
        "distinct_line_count": row["rows"],
        "mean_probability_share": _share(row["mean_probability"]),
        "right_share": _share(row["share_right"]),
    }


def _apart(found: Mapping, **names: str) -> dict:
    """Accuracy of some of the rows."""
    shares = {f"{name}_share": _share(found[name]) for name in ("accuracy_lines", "accuracy_amount")}
    return {**names, "distinct_line_count": found["rows"], **shares}


# --- numbers --------------------------------------------------------------------------------------------------------


def _numbers(found: Mapping) -> dict[str, Number]:
    ours, promise = found["ours"], found["ours"]["promise"]
    counts = {
        "category_level": found["level"],
        "distinct_line_count": found["lines"],
        "tested_line_count": found["lines_tested"],
        "learned_line_count": found["lines_learned"],
        "duplicate_count": found["duplicates_removed"],
        "seen_line_count": found["duplicates"]["tested_lines_seen_in_learning"],
        "too_high_line_count": found["lines_labelled_above_level"],
        "category_count": found["categories"],
        **{f"is_{name.replace('-', '_')}": int(found["split"] == name) for name in _split_names()},
        "is_promise_kept": int(promise["is_kept"] is True),
        "is_promise_broken": int(promise["is_kept"] is False),
        "is_promise_thin": int(promise["too_few"] and bool(promise["claimed_rows_share"])),
        "fewest_line_count": found["fewest_lines"],
    }
    shares = {
        "right_line_share": ours["accuracy_lines"],
        "right_amount_share": ours["accuracy_amount"],
        "all_lines_right_share": ours["all_lines"]["accuracy_lines"],
        "labelled_last_right_share": ours.get("as_labelled_last", ours)["accuracy_lines"],
        "all_amount_right_share": ours["all_lines"]["accuracy_amount"],
        "macro_f1_share": ours["macro_f1"],
        "calibration_error_share": ours["ece"],
        "coded_share": ours["coverage_at_95"],
        "without_largest_share": ours["without_largest"]["accuracy_lines"],
        "textless_line_share": ours["text"]["share_of_lines_without_text"],
        "textless_amount_share": ours["text"]["share_of_amount_without_text"],
        "promised_share": promise["promised_right_share"],
        "claimed_line_share": promise["claimed_rows_share"],
        "claimed_right_share": promise["claimed_rows_right_share"],
        "claimed_right_amount_share": promise["claimed_right_share"],
    }
    numbers = {name: Number(value, "count") for name, value in counts.items()}
    return numbers | {name: Number(_share(value), "share") for name, value in shares.items()}


def _split_names() -> tuple[str, ...]:
    from procurement_kit.classifier.splits import SPLITS

    return SPLITS


def _peer_numbers(found: Mapping) -> dict[str, Number]:
    """The best peer's shares and between what our lead over it lies, and how many peers could not be measured."""
    measured = [peer for peer in found["peers"].values() if "not_measured" not in peer]
    numbers = {"missing_peer_count": Number(len(found["peers"]) - len(measured), "count")}
    for what, name in (("lines", "line"), ("amount", "amount")):
        best = max(measured, key=lambda peer, of=f"accuracy_{what}": peer[of] or 0.0, default={})
        lead = best.get("ours_ahead", {}).get(what, {})
        shares = {
            f"best_peer_{name}_share": best.get(f"accuracy_{what}"),
            f"ahead_{name}_low_share": lead.get("from"),
            f"ahead_{name}_high_share": lead.get("to"),
        }
        is_open = lead.get("from") is not None and not lead["is_decided"]
        numbers |= {key: Number(_share(value), "share") for key, value in shares.items()}
        numbers[f"is_{name}_lead_undecided"] = Number(int(is_open), "count")
    return numbers


# --- checks, caveats, definition ------------------------------------------------------------------------------------


def _checks(found: Mapping, tables: Mapping[str, list[dict]]) -> Iterable[Check]:
    for name in ("calibration", "by_text"):
        total = sum(row["distinct_line_count"] for row in tables[name])
        sign = "=" if total == found["lines"] else "≠"
        yield Check(f"{name} holds every line measured", total == found["lines"], f"{total} {sign} {found['lines']}")
    groups = found["split_facts"].get("groups_on_both_sides", 0)
    yield Check("nothing stands on both sides of the split", not groups, f"{groups} on both sides")


def _caveats(found: Mapping, numbers: Mapping[str, Number]) -> dict[str, bool]:
    promise = found["ours"]["promise"]
    return {
        "evaluation_duplicates": True,
        "evaluation_promise": promise["is_kept"] is not None,
        "evaluation_no_promise": promise["is_kept"] is None,
        "evaluation_no_amount": numbers["right_amount_share"].value is None,
        "evaluation_few": found["too_few"],
        "evaluation_relabelled": "as_labelled_last" in found["ours"],
        "evaluation_too_high": bool(found["lines_labelled_above_level"]),
        "evaluation_undecided": any(numbers[f"is_{name}_lead_undecided"].value for name in ("line", "amount")),
        "evaluation_missing_peer": bool(numbers["missing_peer_count"].value),
    }


def _definition(found: Mapping) -> Definition:
    return Definition(
        formula="accuracy = distinct lines (or their kroner) in the known category of the level / all measured",
        numerator=f"distinct lines of the split {found['split']} that are right",
        denominator="distinct lines of the split that were not learned from",
        left_out="repeated lines, lines that were learned from too, and lines labelled above the level only",
        source="labelled lines; the classifier is trained anew without the lines measured on",
    )
