"""How far is a long task?

Bars on standard error, where a person looks on: in a terminal and in a notebook of JupyterLab or VS Code. Silent in
pipes, scheduled jobs and reports. A page that shows progress itself watches instead, and no bar is drawn.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from tqdm import tqdm

Watcher = Callable[[str, float, float | None], None]  # what is done, how much of it, of how much where that is known
NOTEBOOK_MARKS = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD")  # a kernel that a person has started has one of them
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


class _WatchedBar:
    """Answers as a bar does, and tells its watcher instead of drawing."""

    def __init__(self, what: str, watcher: Watcher, total: float | None = None):
        self.what, self.watcher, self.total, self.n = what, watcher, total, 0
        self.watcher(what, 0, total)

    def __enter__(self) -> "_WatchedBar":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, count: float = 1) -> None:
        """Count up."""
        self.n += count
        self.watcher(self.what, self.n, self.total)

    def set_postfix_str(self, text: str) -> None:
        """Say what is being done now."""
        self.watcher(f"{self.what}: {text}", self.n, self.total)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Let a function hear how far long tasks are, instead of bars being drawn."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def progress_bar(what: str, **options: object) -> "tqdm":
    """A bar that is named after what it counts."""
    if watcher := _watcher.get():
        return _WatchedBar(what, watcher, options.get("total"))
    if in_notebook():
        from tqdm.notebook import tqdm

        return tqdm(desc=what, **options)
    from tqdm import tqdm

    return tqdm(desc=what, file=sys.stderr, disable=None, **options)


def in_notebook() -> bool:
    """Whether a person looks on in a notebook; a report's own kernel is none."""
    kernel = sys.modules.get("ipykernel.zmqshell")
    is_kernel = kernel is not None and kernel.ZMQInteractiveShell.initialized()
    return is_kernel and "TQDM_DISABLE" not in os.environ and any(mark in os.environ for mark in NOTEBOOK_MARKS)


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
