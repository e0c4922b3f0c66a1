"""How are millions of lines scored?

What a field's text adds to the scores is worked out once per distinct text and kept; a line's scores are the sum over
its fields, blockwise and on several threads. The sums are those of `Classifier.predict`, term by term, in its order;
large batches go through a compiled pass (`kernel`), small ones through the very functions that `predict` uses.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from procurement_kit.classifier.features import FIELD_COLUMNS, KEY_COLUMNS, clean_field, supplier_keys
from procurement_kit.classifier.levels import Calibrated
from procurement_kit.classifier.model import Classifier, summed, supplier_mark

if TYPE_CHECKING:
    from procurement_kit.classifier.kernel import Kernel

BLOCK_ROWS = 1024  # so that a block's scores stay in the processor's cache
COMPILED_ROWS = 8192  # of a block that the compiled pass takes
WORTH_COMPILING = 100_000  # rows of a batch from which the compiled pass saves more time than its start takes
TOO_CLOSE = 1e-12  # to a threshold, for a probability that may differ in its last bits
LARGEST_TABLES = 1_000_000_000  # bytes of scores kept; texts beyond are scored anew in each batch
ROWS_WHEN_FULL = 125_000  # of a batch whose texts are scored for it alone
TEXTS_AT_A_TIME, MULTIPLIED_ROWS = 100_000, 5_000
WORTH_COMPILING_TEXTS = 20_000
NO_TEXT, UNMET = 0, -1
Term = tuple[np.ndarray, np.ndarray]  # of a field: the row of each line in its table of scores, and the table


@dataclass(frozen=True)
class Prepared:
    """Rows whose texts have been scored.

    Parameters
    ----------
    terms : sequence of Term
        One for each field that says something.
    known : array of bool
        Whether each row's supplier was met in training.
    count : int
    """

    terms: Sequence[Term]
    known: np.ndarray
    count: int


class FieldTable:
    """Scores of one field's distinct cleaned texts, the first row those of no text; it grows as texts come."""

    def __init__(self, classifier: Classifier, field: str, threads: ThreadPoolExecutor):
        self._classifier, self.field, self._threads = classifier, field, threads
        self._room, self._used = np.zeros((1, len(classifier.intercepts))), 1
        self._rows = {"": NO_TEXT}
        self._met: dict[object, int] = {}
        parts = [part.vectoriser for part in classifier.parts if part.field == field]
        single = parts and all(part.analyzer == "word" and part.ngram_range == (1, 1) for part in parts)
        self._words = frozenset().union(*(part.vocabulary_ for part in parts)) if single else None

    @property
    def scores(self) -> np.ndarray:
        """Of the texts met so far."""
        return self._room[: self._used]

    def rows_of(self, printed: pd.DataFrame, room: int) -> tuple[np.ndarray, np.ndarray]:
        """The table's row of each combination of printed values, and the table.

        Where there is no room for what is new, the table is one made for these values alone.
        """
        columns = [printed[name].tolist() for name in printed.columns]
        keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        rows = np.array([self._met.get(key, UNMET) for key in keys], dtype=np.int32)
        unmet = np.flatnonzero(rows == UNMET)
        if not len(unmet):
            return rows, self.scores
        texts = self._cleaned(printed.iloc[unmet])
        new = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if len(new) * self.scores.shape[1] * self.scores.itemsize > room:
            return self._for_these_alone(self._cleaned(printed))
        if new:
            self._rows |= {text: row for row, text in enumerate(new, start=len(self.scores))}
            self._append(new)
        rows[unmet] = [self._rows[text] for text in texts]
        self._met |= zip([keys[place] for place in unmet.tolist()], rows[unmet].tolist(), strict=True)
        return rows, self.scores

    def _cleaned(self, printed: pd.DataFrame) -> list[str]:
        texts = clean_field(self.field, printed).tolist()
        return [text if self._says_something(text) else "" for text in texts]

    def _append(self, texts: list[str]) -> None:
        """Room doubles when it is used up, so that scores are moved seldom."""
        stop = self._used + len(texts)
        if stop > len(self._room):
            room = np.empty((max(stop, 2 * self._used), self._room.shape[1]))
            room[: self._used] = self.scores
            self._room = room
        self._fill(texts, self._room[self._used : stop])
        self._used = stop

    def _for_these_alone(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        distinct = ["", *dict.fromkeys(text for text in texts if text)]
        rows = {text: row for row, text in enumerate(distinct)}
        scores = np.zeros((len(distinct), self._room.shape[1]))
        self._fill(distinct[1:], scores[1:])
        return np.array([rows[text] for text in texts], dtype=np.int32), scores

    def _fill(self, texts: list[str], scores: np.ndarray) -> None:
        for start in range(0, len(texts), TEXTS_AT_A_TIME):
            piece = slice(start, start + TEXTS_AT_A_TIME)
            self._fill_piece(self._classifier.field_parts(self.field, texts[piece]), scores[piece])

    def _fill_piece(self, parts: list[tuple[sparse.csr_matrix, np.ndarray]], scores: np.ndarray) -> None:
        if len(scores) < WORTH_COMPILING_TEXTS:
            scores[:] = summed(parts, scores.shape)
            return
        from procurement_kit.classifier.kernel import add_products  # numba takes its time to import

        scores[:] = 0.0
        starts = range(0, len(scores), MULTIPLIED_ROWS)
        pieces = [slice(start, min(start + MULTIPLIED_ROWS, len(scores))) for start in starts]
        list(self._threads.map(lambda rows: add_products(parts, rows, scores), pieces))

    def _says_something(self, text: str) -> bool:
        return self._words is None or any(word in self._words for word in text.split())


class TableScorer:
    """Places whole tables with a classifier, batch by batch."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1)
        fields = dict.fromkeys(part.field for part in classifier.parts)
        self._tables = [FieldTable(classifier, field, self._threads) for field in fields]
        self._known: dict[str, bool] = {"": False}
        self._is_full = False

    def place(self, batch: pa.RecordBatch | pa.Table) -> dict[str, np.ndarray]:
        """Claim, proposal, best and second best of each row, as `Levels.place` gives them.

        Parameters
        ----------
        batch : RecordBatch or Table
            The columns CLASSIFIER_FEATURES, as printed; best some hundred thousand rows at a time.
        """
        return self.placed(self.prepared(batch))

    def fitting(self, batch: pa.RecordBatch | pa.Table) -> Iterator[pa.RecordBatch | pa.Table]:
        """The batch, in smaller ones where there is no room any more to keep what new texts score."""
        size = ROWS_WHEN_FULL if self._is_full else max(1, batch.num_rows)
        yield from (batch.slice(start, size) for start in range(0, max(1, batch.num_rows), size))

    def prepared(self, batch: pa.RecordBatch | pa.Table) -> "Prepared":
        """Rows whose texts have been scored; one batch at a time, in the order of the rows."""
        printed = _Printed(batch)
        terms = [term for table in self._tables if (term := self._term(table, printed)) is not None]
        return Prepared(terms, self._is_known(printed), batch.num_rows)

    def placed(self, rows: "Prepared") -> dict[str, np.ndarray]:
        """As `place`, of rows whose texts have been scored; others can be prepared meanwhile."""
        is_large = rows.count >= WORTH_COMPILING
        place, size = (self._compiled, COMPILED_ROWS) if is_large else (self._by_levels, BLOCK_ROWS)
        pieces = [slice(start, start + size) for start in range(0, rows.count, size)]
        blocks = list(self._threads.map(lambda piece: place(rows.terms, rows.known, piece), pieces))
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]} if blocks else {}

    def _term(self, table: FieldTable, printed: "_Printed") -> Term | None:
        """The row of each line in a field's table, and the table; None where no line has such text."""
        codes, distinct = printed.distinct(FIELD_COLUMNS[table.field])
        kept = sum(other.scores.nbytes for other in self._tables)
        rows, scores = table.rows_of(distinct, LARGEST_TABLES - kept)
        self._is_full |= not np.may_share_memory(scores, table.scores)
        return (rows[codes], scores) if rows.any() else None

    def _is_known(self, printed: "_Printed") -> np.ndarray:
        codes, distinct = printed.distinct(KEY_COLUMNS)
        keys = supplier_keys(distinct).tolist()
        for key in dict.fromkeys(keys):
            if key not in self._known:
                self._known[key] = supplier_mark(key) in self.classifier.known_suppliers
        return np.array([self._known[key] for key in keys], dtype=bool)[codes]

    @cached_property
    def _kernel(self) -> "Kernel":
        from procurement_kit.classifier.kernel import Kernel  # numba takes its time to import

        return Kernel(self.classifier.levels, self.classifier.calibrations, self.classifier.intercepts)

    def _compiled(self, terms: Sequence[Term], known: np.ndarray, rows: slice) -> dict[str, np.ndarray]:
        """Rows placed by the compiled pass; those it is not sure of as all others are."""
        levels, calibrated = self.classifier.levels, Calibrated(self.classifier.calibrations, known[rows])
        found, is_unsure = self._kernel.found(terms, known, rows)
        placed = levels.judge(found, calibrated)
        for level in levels.numbers:
            is_unsure |= np.abs(placed[f"{level}_best_confidence"] - calibrated.threshold(level)) < TOO_CLOSE
        again = np.flatnonzero(is_unsure)
        for start in range(0, len(again), BLOCK_ROWS):
            some = again[start : start + BLOCK_ROWS]
            for name, values in self._by_levels(terms, known, rows.start + some).items():
                placed[name][some] = values
        return placed

    def _by_levels(self, terms: Sequence[Term], known: np.ndarray, rows: "slice | np.ndarray") -> dict[str, np.ndarray]:
        """Rows placed by the functions that `Classifier.predict` uses."""
        calibrated = Calibrated(self.classifier.calibrations, known[rows])
        count = len(calibrated.known)
        total = np.tile(self.classifier.intercepts, (count, 1))
        for codes, scores in terms:
            here = codes[rows]
            speak = np.flatnonzero(here != NO_TEXT)
            if len(speak) == count:
                total += np.take(scores, here, axis=0)
            elif len(speak):
                total[speak] += np.take(scores, here[speak], axis=0)
        levels = self.classifier.levels
        return levels.place(levels.shares(self.classifier.split(total), calibrated), calibrated)


class _Printed:
    """The printed columns of a batch, each as codes and distinct values."""

    def __init__(self, batch: pa.RecordBatch | pa.Table):
        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        self._columns = {}
        for name in table.column_names:
            encoded = table.column(name).combine_chunks().dictionary_encode()
            encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
            codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
            self._columns[name] = (codes.astype(np.int64), [*encoded.dictionary.to_pylist(), None])

    def distinct(self, names: tuple[str, ...]) -> tuple[np.ndarray, pd.DataFrame]:
        """Number of each line's combination of some columns, and the combinations that occur."""
        joined, values = self._columns[names[0]]
        if len(names) == 1:
            return joined, pd.DataFrame({names[0]: pd.Series(values, dtype=object)})
        for name in names[1:]:
            codes, values = self._columns[name]
            joined = joined * len(values) + codes
        inverse, left = pd.factorize(joined)
        frame = {}
        for name in reversed(names):
            values = self._columns[name][1]
            left, codes = np.divmod(left, len(values))
            frame[name] = np.array(values, dtype=object)[codes]
        return inverse, pd.DataFrame({name: frame[name] for name in names}, dtype=object)
