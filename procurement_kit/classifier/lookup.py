"""Which category does each distinct printed value get, and what decided it?

Decision, else rule, else the classifier, else its parent level, else unclassified; keyed by the printed values, so that
it can be joined back to the lines. The classifier's proposal stands beside whatever was decided.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from procurement_kit.classifier.model import Classifier
from procurement_kit.classifier.rules import Rule, apply_rules, printed_cells, read_decisions, read_rules
from procurement_kit.classifier.scoring import Prepared, TableScorer
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.store import arrow_schema
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, LABEL_LEVELS

VIEWS = ("category_proposed", *(f"category_{level}_{rank}" for level in LABEL_LEVELS for rank in ("best", "second")))
PLACED = (
    "category_code", "category_source", "category_reason", "category_confidence",
    *(f"category_{level}_code" for level in LABEL_LEVELS),
    *(f"{view}_{what}" for view in VIEWS for what in ("code", "confidence")),
)  # fmt: skip
LOOKUP_TYPES = {name: INVOICE_LINES[name].type for name in (*CLASSIFIER_FEATURES, *PLACED)}
SOURCES = ("review", "rule", "model", "unclassified")


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
    placing = _Placing(classifier, deciders, tree)
    rows = (some for batch in batches for some in placing.fitting(batch.select(list(CLASSIFIER_FEATURES))))
    return _ahead(placing.table, _ahead(placing.prepared, rows))


def _ahead(function: Callable, items: Iterable) -> Iterator:
    """The function of each item; that of the next is worked out while the reader of this one is at it."""
    with ThreadPoolExecutor(1) as ahead:
        results: deque[Future] = deque()
        for item in items:
            results.append(ahead.submit(function, item))
            if len(results) > 1:
                yield results.popleft().result()
        while results:
            yield results.popleft().result()


class _Placing:
    """Who decides, and the codes and reasons that rows are given as numbers of: -1 for none."""

    def __init__(
        self, classifier: Classifier | None, deciders: tuple[tuple[str, tuple[Rule, ...]], ...], tree: CategoryTree
    ):
        self._scorer = TableScorer(classifier) if classifier is not None else None
        self._deciders, self._tree = deciders, tree
        rules = [rule for _, rules in deciders for rule in rules]
        claimed = list(classifier.levels.codes_of("category")) if classifier is not None else []
        self._codes = [*claimed, *(rule.category_code for rule in rules)]
        self._reasons = [classifier.version if classifier is not None else None, *(rule.reason for rule in rules)]
        self._first_rule = len(claimed)

    def fitting(self, printed: pa.RecordBatch | pa.Table) -> Iterable[pa.RecordBatch | pa.Table]:
        """The rows in as large parts as memory allows."""
        return self._scorer.fitting(printed) if self._scorer is not None else [printed]

    def prepared(self, printed: pa.RecordBatch | pa.Table) -> tuple[pa.RecordBatch | pa.Table, Prepared | None]:
        """Printed values, and what the classifier makes of their texts."""
        return printed, self._scorer.prepared(printed) if self._scorer is not None else None

    def table(self, rows: tuple[pa.RecordBatch | pa.Table, Prepared | None]) -> pa.Table:
        """Printed values and where they are placed: columns LOOKUP_TYPES."""
        printed, prepared = rows
        placed = self._scorer.placed(prepared) if prepared is not None else {}
        code = self._still_there("category", placed.get("category", np.full(printed.num_rows, -1)))
        confidence = np.where(code < 0, np.nan, placed.get("category_confidence", np.nan))
        reason = np.full(printed.num_rows, 0 if self._scorer is not None else -1)
        source = np.where(code >= 0, SOURCES.index("model"), SOURCES.index("unclassified"))
        for kind, rows, rule in self._decided(printed):
            code[rows], reason[rows], confidence[rows] = self._first_rule + rule, 1 + rule, 1.0
            source[rows] = SOURCES.index(kind)
        columns = {
            "category_code": _texts(self._codes, code),
            "category_source": _texts(SOURCES, source),
            "category_reason": _texts(self._reasons, reason),
            "category_confidence": _shares(confidence),
            **{f"category_{level}_code": _texts(self._above(level), code) for level in LABEL_LEVELS},
            **self._views(placed, printed.num_rows),
        }
        given = dict(zip(CLASSIFIER_FEATURES, printed.columns, strict=True))
        schema = arrow_schema(LOOKUP_TYPES)
        return pa.table([(given | columns)[name].cast(schema.field(name).type) for name in LOOKUP_TYPES], schema=schema)

    def _decided(self, printed: pa.RecordBatch | pa.Table) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Which rows each kind of decider decides, and by which of its rules; the last that speaks wins."""
        if not any(rules for _, rules in self._deciders):
            return
        cells = printed_cells(printed.to_pandas().astype(object))
        first = len(self._reasons) - 1
        for kind, rules in reversed(self._deciders):
            first -= len(rules)
            found = apply_rules(cells, rules)
            rows = np.flatnonzero(found >= 0)
            yield kind, rows, first + found[rows]

    def _views(self, placed: Mapping[str, np.ndarray], count: int) -> dict[str, pa.Array]:
        """The classifier's proposal, and its best and second best of each level."""
        columns = {}
        for name in VIEWS:
            key = name.removeprefix("category_")
            there = self._still_there(key, placed[key]) if key in placed else np.full(count, -1)
            codes = list(self._scorer.classifier.levels.codes_of(key)) if key in placed else []
            shares = placed.get(f"{key}_confidence", np.full(count, np.nan))
            columns[f"{name}_code"] = _texts(codes, there)
            columns[f"{name}_confidence"] = _shares(np.where(there < 0, np.nan, shares))
        return columns

    def _still_there(self, name: str, positions: np.ndarray) -> np.ndarray:
        """Positions, -1 where the tree no longer has the category: the classifier was trained on an older one."""
        if self._scorer is None:
            return positions
        is_there = np.array([code in self._tree for code in self._scorer.classifier.levels.codes_of(name)] + [False])
        return np.where(is_there[positions], positions, -1)

    def _above(self, level: int) -> list[str | None]:
        paths = [self._tree.path(code) if code in self._tree else () for code in self._codes]
        return [path[level - 1] if len(path) >= level else None for path in paths]


def _texts(values: Sequence[str | None], positions: np.ndarray) -> pa.Array:
    """The values at positions; empty for -1."""
    indices = np.where(positions < 0, len(values), positions)
    return pa.array([*values, None], pa.string()).take(pa.array(indices))


def _shares(values: np.ndarray) -> pa.Array:
    """Numbers between 0 and 1 as decimals of six places, made of their whole millionths; empty where not a number."""
    is_there = ~np.isnan(values)
    halves = np.zeros((len(values), 2), dtype=np.int64)  # a decimal's lower and upper half
    halves[:, 0] = np.rint(np.where(is_there, values, 0.0) * 1_000_000)
    valid = pa.py_buffer(np.packbits(is_there, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(7, 6), len(values), [valid, pa.py_buffer(halves)])
