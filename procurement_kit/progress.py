"""How far is a long task?

Bars on standard error, where a person looks on; silent in pipes and scheduled jobs.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from tqdm import tqdm


def progress_bar(what: str, **options: object) -> "tqdm":
    """A bar that is named after what it counts."""
    from tqdm import tqdm

    return tqdm(desc=what, file=sys.stderr, disable=None, **options)


def shown_on(bar: "tqdm") -> Callable[[int, int], None]:
    """A function that moves a bar to so much done of so much in all."""

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show


def counted(batches: "Iterable[pa.Table]", what: str) -> "Iterator[pa.Table]":
    """The same batches, with a bar that counts their rows."""
    with progress_bar(what, unit=" rows") as bar:
        for batch in batches:
            bar.update(batch.num_rows)
            yield batch
