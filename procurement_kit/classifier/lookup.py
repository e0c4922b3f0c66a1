"""Which category does each distinct printed value get, and what decided it?

Decision, else rule, else the classifier, else its parent level, else unclassified; keyed by the printed values, so that
it can be joined back to the lines. The classifier's proposal stands beside whatever was decided.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from procurement_kit.classifier.model import PREDICTED, Classifier
from procurement_kit.classifier.rules import Rule, apply_rules, printed_cells, read_decisions, read_rules
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.store import arrow_schema
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, LABEL_LEVELS

PLACED = (
    "category_code", "category_source", "category_reason", "category_confidence",
    *(f"category_{level}_code" for level in LABEL_LEVELS), "category_proposed_code", "category_proposed_confidence",
)  # fmt: skip
LOOKUP_TYPES = {name: INVOICE_LINES[name].type for name in (*CLASSIFIER_FEATURES, *PLACED)}


def category_lookup(
    batches: Iterable[pa.RecordBatch | pa.Table],
    classifier: Classifier | None,
    rules: Iterable[Mapping],
    decisions: Iterable[Mapping],
    tree: CategoryTree,
) -> Iterator[pa.Table]:
    """Place distinct feature rows in the category tree, batch by batch.

    Parameters
    ----------
    batches : iterable of RecordBatch or Table
        Distinct rows of CLASSIFIER_FEATURES, as printed; other columns are left out.
    classifier : Classifier or None
        None where none has been trained: then only rules and decisions speak.
    rules, decisions : iterable of mapping
        Rows of rules.csv and decisions.csv.
    tree : CategoryTree
        The tree the municipality uses.

    Yields
    ------
    pyarrow.Table
        Columns LOOKUP_TYPES, one row per row of the batch, in its order.

    Raises
    ------
    TableError
        If a rule or decision names a category that is not in the tree.
    """
    deciders = (("review", read_decisions(decisions, tree)), ("rule", read_rules(rules, tree)))
    schema = arrow_schema(LOOKUP_TYPES)
    paths = {code: tree.path(code) for code in tree.codes}
    for batch in batches:
        printed = batch.select(list(CLASSIFIER_FEATURES))
        features = printed.to_pandas().astype(object)
        placed = _place(features, classifier, deciders, frozenset(paths))
        for level in LABEL_LEVELS:
            at = {code: path[level - 1] for code, path in paths.items() if len(path) >= level}
            placed[f"category_{level}_code"] = placed["category_code"].map(at)
        columns = [printed.column(i).cast(schema.field(i).type) for i in range(len(CLASSIFIER_FEATURES))]
        columns += [_column(placed[name], schema.field(name).type) for name in PLACED]
        yield pa.Table.from_arrays(columns, schema=schema)


def _place(
    features: pd.DataFrame,
    classifier: Classifier | None,
    deciders: tuple[tuple[str, tuple[Rule, ...]], ...],
    codes: frozenset,
) -> pd.DataFrame:
    """The columns PLACED but for the levels; the last that speaks wins, so the weakest speaks first."""
    placed = pd.DataFrame({name: pd.Series(None, index=features.index, dtype=object) for name in PREDICTED})
    placed["category_reason"] = pd.Series(None, index=features.index, dtype=object)
    if classifier is not None and len(features):
        predicted = classifier.predict(features).astype(object)
        placed[list(PREDICTED)] = predicted.where(predicted.notna(), None)
        placed["category_reason"] = classifier.version
        for name in ("category_code", "category_proposed_code"):
            gone = ~placed[name].isin(codes)  # trained on an older tree
            placed.loc[gone, [name, name.replace("_code", "_confidence")]] = None
    placed["category_source"] = np.where(placed["category_code"].notna(), "model", "unclassified")
    cells = printed_cells(features)
    for source, rules in reversed(deciders):
        found = apply_rules(cells, rules)
        rows = np.flatnonzero(found >= 0)
        matched = [rules[position] for position in found[rows]]
        for name, values in (("category_code", "category_code"), ("category_reason", "reason")):
            placed.iloc[rows, placed.columns.get_loc(name)] = [getattr(rule, values) for rule in matched]
        placed.iloc[rows, placed.columns.get_loc("category_source")] = source
        placed.iloc[rows, placed.columns.get_loc("category_confidence")] = 1.0
    return placed


def _column(values: pd.Series, type_: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(type_):
        return pa.array(
            np.round(values.to_numpy(dtype=float, na_value=np.nan), 6), pa.float64(), from_pandas=True
        ).cast(type_)
    return pa.array([None if value is None or value != value else value for value in values], type_)
