"""How are millions of lines scored?

What a field's text adds to the scores is worked out once per distinct text and kept; a line's scores are the sum over
its fields, blockwise and on several threads. The sums are those of `Classifier.predict`, term by term, in its order.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa

from procurement_kit.classifier.features import FIELD_COLUMNS, KEY_COLUMNS, clean_field, supplier_keys
from procurement_kit.classifier.levels import Calibrated
from procurement_kit.classifier.model import Classifier, supplier_mark

BLOCK_ROWS = 1024  # so that a block's scores stay in the processor's cache
LARGEST_TABLES = 1_500_000_000  # bytes of scores kept; texts beyond are scored anew in each batch
TEXTS_AT_A_TIME = 50_000
NO_TEXT = 0


class FieldTable:
    """Scores of one field's distinct cleaned texts, the first row those of no text; it grows as texts come."""

    def __init__(self, classifier: Classifier, field: str):
        self._classifier, self.field = classifier, field
        self.scores = np.zeros((1, len(classifier.intercepts)))
        self._rows = {"": NO_TEXT}
        self._met: dict[tuple, int] = {}
        parts = [part.vectoriser for part in classifier.parts if part.field == field]
        single = parts and all(part.analyzer == "word" and part.ngram_range == (1, 1) for part in parts)
        self._words = frozenset().union(*(part.vocabulary_ for part in parts)) if single else None

    def rows_of(self, printed: pd.DataFrame, room: int) -> tuple[np.ndarray, np.ndarray]:
        """The table's row of each combination of printed values, and the table.

        Where there is no room for what is new, the table is one made for these values alone.
        """
        keys = list(zip(*(printed[name] for name in printed.columns), strict=True))
        unmet = [place for place, key in enumerate(keys) if key not in self._met]
        texts = self._cleaned(printed.iloc[unmet])
        new = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if len(new) * self.scores.shape[1] * self.scores.itemsize > room:
            return self._for_these_alone(self._cleaned(printed))
        if new:
            self._rows |= {text: row for row, text in enumerate(new, start=len(self.scores))}
            self.scores = np.vstack([self.scores, self._scores_of(new)])
        self._met |= {keys[place]: self._rows[text] for place, text in zip(unmet, texts, strict=True)}
        return np.array([self._met[key] for key in keys], dtype=np.int32), self.scores

    def _cleaned(self, printed: pd.DataFrame) -> list[str]:
        texts = clean_field(self.field, printed).tolist()
        return [text if self._says_something(text) else "" for text in texts]

    def _for_these_alone(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        distinct = ["", *dict.fromkeys(text for text in texts if text)]
        rows = {text: row for row, text in enumerate(distinct)}
        scores = np.vstack([self.scores[:1], self._scores_of(distinct[1:])])
        return np.array([rows[text] for text in texts], dtype=np.int32), scores

    def _scores_of(self, texts: list[str]) -> np.ndarray:
        parts = [texts[start : start + TEXTS_AT_A_TIME] for start in range(0, len(texts), TEXTS_AT_A_TIME)]
        return np.vstack([self._classifier.field_scores(self.field, part) for part in parts])

    def _says_something(self, text: str) -> bool:
        return self._words is None or any(word in self._words for word in text.split())


class TableScorer:
    """Places whole tables with a classifier, batch by batch."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        self._tables = [FieldTable(classifier, field) for field in dict.fromkeys(p.field for p in classifier.parts)]
        self._known: dict[str, bool] = {"": False}
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1)

    def place(self, batch: pa.RecordBatch | pa.Table) -> dict[str, np.ndarray]:
        """Claim, proposal, best and second best of each row, as `Levels.place` gives them.

        Parameters
        ----------
        batch : RecordBatch or Table
            The columns CLASSIFIER_FEATURES, as printed; best some hundred thousand rows at a time.
        """
        printed = _Printed(batch)
        terms = [term for table in self._tables if (term := self._term(table, printed)) is not None]
        known = self._is_known(printed)
        starts = range(0, batch.num_rows, BLOCK_ROWS)
        blocks = list(self._threads.map(lambda start: self._block(terms, known, start), starts))
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]} if blocks else {}

    def _term(self, table: FieldTable, printed: "_Printed") -> tuple[np.ndarray, np.ndarray] | None:
        """The row of each line in a field's table, and the table; None where no line has such text."""
        codes, distinct = printed.distinct(FIELD_COLUMNS[table.field])
        kept = sum(other.scores.nbytes for other in self._tables)
        rows, scores = table.rows_of(distinct, LARGEST_TABLES - kept)
        return (rows[codes], scores) if rows.any() else None

    def _is_known(self, printed: "_Printed") -> np.ndarray:
        codes, distinct = printed.distinct(KEY_COLUMNS)
        keys = supplier_keys(distinct).tolist()
        for key in dict.fromkeys(keys):
            if key not in self._known:
                self._known[key] = supplier_mark(key) in self.classifier.known_suppliers
        return np.array([self._known[key] for key in keys], dtype=bool)[codes]

    def _block(
        self, terms: list[tuple[np.ndarray, np.ndarray]], known: np.ndarray, start: int
    ) -> dict[str, np.ndarray]:
        rows = slice(start, start + BLOCK_ROWS)
        count = len(known[rows])
        total = np.tile(self.classifier.intercepts, (count, 1))
        for codes, scores in terms:
            here = codes[rows]
            speak = np.flatnonzero(here != NO_TEXT)
            if len(speak) == count:
                total += np.take(scores, here, axis=0)
            elif len(speak):
                total[speak] += np.take(scores, here[speak], axis=0)
        levels = self.classifier.levels
        calibrated = Calibrated(self.classifier.calibrations, known[rows])
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
        joined = self._columns[names[0]][0]
        for name in names[1:]:
            codes, values = self._columns[name]
            joined = joined * len(values) + codes
        _, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
        frame = {name: np.array(self._columns[name][1], dtype=object)[self._columns[name][0][first]] for name in names}
        return inverse, pd.DataFrame(frame, dtype=object)
