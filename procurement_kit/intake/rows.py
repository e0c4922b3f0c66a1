"""What does every reader of ledger files hand on?

Bounded batches of rows, column by column, as Arrow text: where the rows stand, what their cells say, and which rows
cannot be used. Nothing is typed, masked or guessed here.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa

ROWS_PER_BATCH = 20_000
Item = TypeVar("Item")


@dataclass
class Rows:
    """A batch of rows: their numbers as Excel shows them, their cells by column, and what is wrong with some of them.

    Parameters
    ----------
    numbers : pyarrow.Array
        int64, the row as Excel shows it.
    columns : list of pyarrow.Array
        Text, one array per heading of the file; "" or null where a cell is empty.
    problems : dict
        Place in this batch → why the row cannot be used; the cells of such a row are empty.
    byte_count : int
        Bytes of the file read so far, for the progress bar.
    """

    numbers: pa.Array
    columns: list[pa.Array]
    problems: dict[int, str] = field(default_factory=dict)
    byte_count: int = 0

    def column(self, place: int) -> pa.Array:
        """The cells of one column."""
        return self.columns[place]

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.numbers)


class LedgerFile(Protocol):
    """What a reader of ledger files offers; it is constructed from a path and a profile."""

    path: Path
    name: str
    header: list[str]

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The rows below the headings in bounded batches."""
        ...


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; while one is worked on, the next is made in a thread of its own.

    Examples
    --------
    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    source = iter(items)
    ended = object()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, source, ended)
        while (item := waiting.result()) is not ended:
            waiting = pool.submit(next, source, ended)
            yield item
