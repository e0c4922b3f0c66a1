"""What makes a line or a document the same as one seen before?

A hash of what is printed, never of file name or physical row. E-invoices: kind, supplier, number, date, currency and
sum of the document, and the position in it; two documents that share a number but not a sum are two documents.
Ledgers: the mapped content and how many times it has occurred in the file. Personal numbers are tokens by then.
"""

import hashlib
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SEPARATOR = "\x1f"


def hash_of(*parts: object) -> str:
    """A hash of 32 hexadecimal digits; an empty part differs from a missing one in no way.

    Examples
    --------
    >>> hash_of("einvoice", "12345678", "F-1") == hash_of("einvoice", "12345678", "F-1")
    True
    >>> hash_of("ab", "c") == hash_of("a", "bc")
    False
    """
    text = _SEPARATOR.join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def document_id(kind: str, supplier: str | None, number: str | None, day: date | None, *worth: object) -> str:
    """Identity of a document; `kind` is invoice, credit_note or ledger, `worth` currency and sum where it has one."""
    return hash_of(kind, supplier, number, day, *worth)


def document_ids(suppliers: pa.Array, numbers: pa.Array, days: pa.Array) -> pa.Array:
    """Identities of ledger documents, one per row; empty where there is no number.

    Examples
    --------
    >>> day = date(2025, 3, 1)
    >>> one, same, none = document_ids(pa.array(["S"] * 3), pa.array(["F", "F", None]), pa.array([day] * 3)).to_pylist()
    >>> one == same, none
    (True, None)
    """
    kind = pa.scalar("ledger")
    keys = pc.binary_join_element_wise(
        kind, suppliers, numbers, days.cast(pa.string()), _SEPARATOR, null_handling="replace", null_replacement=""
    )
    distinct = pc.if_else(pc.is_valid(numbers), keys, pa.scalar(None, pa.string())).dictionary_encode()
    return _hashed(distinct.dictionary).take(distinct.indices)


@cache
def column_mark(name: str) -> str:
    """What stands before a column's value in the content of a line: short, and the same whatever else is mapped.

    Examples
    --------
    >>> len(column_mark("supplier_account_number"))
    7
    """
    return f"{_SEPARATOR}{hash_of(name)[:5]}="


class Occurrences:
    """Counts how often the same content has occurred in one file, in twelve bytes per distinct content.

    Examples
    --------
    >>> seen = Occurrences()
    >>> first, second, third = seen.line_ids(pa.array(["a", "b", "a"])).to_pylist()
    >>> first == third, Occurrences().line_ids(pa.array(["a"])).to_pylist() == [first]
    (False, True)
    """

    def __init__(self):
        # Sorted keys with how often each has occurred, in runs that at least halve in size from one to the next.
        self._runs: list[tuple[np.ndarray, np.ndarray]] = []

    def line_ids(self, contents: pa.Array) -> pa.Array:
        """Identities of ledger lines; the second line of the same content has another than the first."""
        hashes = _hashed(contents)
        numbers = self._numbers(_keys(hashes))
        repeated = numbers > 1
        if not repeated.any():
            return hashes
        again = pc.binary_join_element_wise(
            hashes.filter(repeated), pa.array(numbers[repeated]).cast(pa.string()), _SEPARATOR
        )
        return pc.replace_with_mask(hashes, pa.array(repeated), _hashed(again))

    def _numbers(self, keys: np.ndarray) -> np.ndarray:
        """Which occurrence of its content in the file each row is, from 1."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = (
            np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(keys) else np.array([], int)
        )
        counts = np.diff(np.append(starts, len(keys)))
        distinct = ordered[starts]
        numbers = np.empty(len(keys), np.int64)
        within = np.arange(len(keys)) - np.repeat(starts, counts)
        numbers[order] = within + 1 + np.repeat(self._before(distinct), counts)
        self._remember(distinct, counts.astype(np.uint32))
        return numbers

    def _before(self, distinct: np.ndarray) -> np.ndarray:
        before = np.zeros(len(distinct), np.int64)
        for keys, counts in self._runs:
            places = np.minimum(np.searchsorted(keys, distinct), len(keys) - 1)
            is_known = keys[places] == distinct
            before[is_known] += counts[places[is_known]].astype(np.int64)
        return before

    def _remember(self, keys: np.ndarray, counts: np.ndarray) -> None:
        if len(keys):
            self._runs.append((keys, counts))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            self._runs.append(_merged(self._runs.pop(), self._runs.pop()))


def _merged(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    keys = np.concatenate([one[0], other[0]])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], np.concatenate([one[1], other[1]])[order]
    starts = _starts(keys)
    return keys[starts], np.add.reduceat(counts, starts, dtype=np.uint32)


def _starts(ordered: np.ndarray) -> np.ndarray:
    """Where each of the distinct keys begins."""
    is_start = np.ones(len(ordered), bool)
    is_start[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(is_start)


def _hashed(texts: pa.Array) -> pa.Array:
    """MD5 of texts in hexadecimal digits: an identity, not a secret; computed by DuckDB, outside Python's lock."""
    if not len(texts):
        return pa.array([], pa.string())
    with _engine().cursor() as connection:
        connection.register("texts", pa.table({"content": texts}))
        hashes = connection.sql("select md5(content) from texts").to_arrow_table()[0]
    return pa.concat_arrays(hashes.cast(pa.string()).chunks)


@cache
def _engine():
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _keys(hashes: pa.Array) -> np.ndarray:
    """The first half of each hash as a number: among a billion lines, two share it once in forty files."""
    signs = np.frombuffer(hashes.buffers()[2], np.uint64)[: len(hashes) * 4].reshape(-1, 4)[:, :2]
    letters = (signs >> np.uint64(6)) & np.uint64(0x0101010101010101)
    nibbles = (signs & np.uint64(0x0F0F0F0F0F0F0F0F)) + np.uint64(9) * letters
    # Each byte now holds four bits: two words of eight make one.
    return (nibbles[:, 0] << np.uint64(4)) | nibbles[:, 1]
