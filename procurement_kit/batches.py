"""How are many reports made: in how many processes, and what became of each?

Municipalities run side by side in processes of their own, the reports of one after each other, and communities after
all of them, since they read what those have brought up to date. What is unchanged is skipped, so a batch that was
stopped is simply run again. Whatever stops one report, a killed process included, is written in its row, and the others
go on. The engine of each process may use its part of the memory, and no more.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from procurement_kit import store
from procurement_kit.batch_files import Job
from procurement_kit.engine import BOUNDS
from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Outcome
from procurement_kit.plurals import so_many
from procurement_kit.progress import progress_bar
from procurement_kit.refused_files import refused

GIGABYTE = 2**30
LEAST_MEMORY = 1.5 * GIGABYTE  # of a process and the kernel it starts, on a small municipality
MOST_MEMORY = 8 * GIGABYTE
FAILED_EXIT_CODE = 22
COMMUNITIES = ""  # the queue they wait in
SHARED = ("PROCUREMENT_DATA", "PROCUREMENT_KEYS", *BOUNDS.values())


@dataclass(frozen=True)
class Row:
    """What became of a report: made, unchanged or failed; seconds, peak memory in bytes, and why it failed."""

    municipality: str
    recipe: str
    period: str
    status: str
    seconds: float = 0.0
    memory: int = 0
    message: str = ""
    category: str = ""
    community: str = ""

    @property
    def job(self) -> Job:
        """What it was made for."""
        return Job(self.municipality, self.recipe, self.period, self.category, self.community)


# --- in how many processes ------------------------------------------------------------------------------------------


def process_count(municipality_count: int, wanted: int = 0) -> int:
    """Processes to use: as many as there are cores, municipalities, and room in memory for."""
    from joblib import cpu_count
    from psutil import virtual_memory

    room = int(virtual_memory().available // LEAST_MEMORY)
    return max(1, min(municipality_count, wanted or cpu_count(), room))


def memory_bound(processes: int) -> int:
    """Bytes that the engine of one process may use: half of its part, for a report is made in a kernel of its own."""
    from psutil import virtual_memory

    return int(min(virtual_memory().available / processes, MOST_MEMORY) // 2)


# --- making them ----------------------------------------------------------------------------------------------------


def make_reports(jobs: Sequence[Job], *, processes: int = 0, force: bool = False) -> Outcome:
    """Make the reports of a batch, side by side, and say what became of each.

    Parameters
    ----------
    jobs : sequence of Job
        As `jobs_of` or `read_batch` gives them.
    processes : int
        At most so many; by default as many as cores and memory allow.
    force : bool
        Make also what is unchanged.

    Returns
    -------
    Outcome
        Facts: a row per report, counts, processes and memory; sentences: the same as a table.
    """
    count = process_count(len({job.municipality for job in jobs}), processes)
    bound, started = memory_bound(count), time.perf_counter()
    limits = {"memory_limit": f"{bound // 2**20}MB", "threads": str(max(1, (os.cpu_count() or 1) // count))}
    inherited = {name: os.environ[name] for name in SHARED if name in os.environ}
    environment = inherited | {BOUNDS[option]: value for option, value in limits.items()}
    environment["PROCUREMENT_DATA"] = str(store.data_folder())
    rows: list[Row] = []
    with progress_bar("reports", unit="report", total=len(jobs)) as bar:
        make = partial(_side_by_side, environment=environment, force=force, tick=bar.update)
        for part in ([job for job in jobs if not job.community], [job for job in jobs if job.community]):
            rows += _all_of(part, count, make)
    order = list(jobs)
    rows.sort(key=lambda row: order.index(row.job))
    return _outcome(rows, count, bound, time.perf_counter() - started)


def _all_of(jobs: Sequence[Job], processes: int, make: Callable[..., tuple[list[Row], list[Job]]]) -> list[Row]:
    """A row for each job, whatever became of it."""
    rows, todo = [], list(jobs)
    while todo:
        done, suspects = make(todo, processes)
        rows += done
        for job in suspects:  # one of them ended its process: each once more, alone
            alone, killed = make([job], 1)
            rows += alone or [_failed(job, "its process was killed, or ran out of memory") for job in killed]
        seen = {row.job for row in rows}
        todo = [job for job in todo if job not in seen]
    return rows


def _side_by_side(
    jobs: Sequence[Job], processes: int, environment: Mapping[str, str], force: bool, tick
) -> tuple[list[Row], list[Job]]:  # fmt: skip
    """Rows of what ended, and the jobs that ran when a process was killed; those that had not begun are neither."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=processes, timeout=300, kill_workers=True)
    queues = _by_owner(jobs)
    running: dict[Future, Job] = {}

    def begin(queue: deque[Job]) -> None:
        if queue:
            job = queue.popleft()
            running[executor.submit(_make, job, dict(environment), force)] = job

    waiting = deque(queues)
    rows: list[Row] = []
    suspects: list[Job] = []
    for _ in range(min(processes, len(waiting))):
        begin(queues[waiting.popleft()])
    while running:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job, error = running.pop(future), future.exception()
            if isinstance(error, BrokenProcessPool):
                suspects.append(job)
                continue
            rows.append(_failed(job, f"{type(error).__name__}: {error}") if error else future.result())
            tick()
            queue = queues[job.municipality or COMMUNITIES]
            if not suspects:
                begin(queue or (queues[waiting.popleft()] if waiting else queue))
    executor.shutdown(wait=True)
    return rows, suspects


def _by_owner(jobs: Iterable[Job]) -> dict[str, deque[Job]]:
    """A queue per municipality, and one for all communities, for they may have members in common."""
    queues: dict[str, deque[Job]] = {}
    for job in jobs:
        queues.setdefault(job.municipality or COMMUNITIES, deque()).append(job)
    return queues


def _make(job: Job, environment: Mapping[str, str], force: bool) -> Row:
    """Make one report, in a process of its own."""
    from procurement_kit import community_report, workbench

    os.environ.update(environment)
    started, chosen = time.perf_counter(), {"recipe": job.recipe, "force": force}
    try:
        if job.community:
            outcome = community_report.make_community_report(job.community, job.period, **chosen)
        else:
            outcome = workbench.make_report(job.municipality, job.period, category=job.category, **chosen)
    except (ProcurementError, OSError) as error:
        told = refused(error) if isinstance(error, OSError) else error
        return _failed(job, told.what.splitlines()[0], time.perf_counter() - started)
    status = "unchanged" if outcome.facts["unchanged"] else "made"
    return Row(**asdict(job), status=status, seconds=time.perf_counter() - started, memory=peak_memory())


def _failed(job: Job, message: str, seconds: float = 0.0) -> Row:
    return Row(**asdict(job), status="failed", seconds=seconds, memory=peak_memory(), message=message)


def peak_memory() -> int:
    """Bytes this process and the largest it has started have used at most; on Windows this process alone."""
    try:
        import resource
    except ImportError:
        from psutil import Process

        return int(Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    own, started = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    status = Path("/proc/self/status")
    if status.is_file():  # what the parent used is not this process's own
        own = int(status.read_text(encoding="utf-8").split("VmHWM:")[1].split()[0])
    return unit * (own + started)


# --- what became of them --------------------------------------------------------------------------------------------


def _outcome(rows: list[Row], processes: int, bound: int, seconds: float) -> Outcome:
    counts = {status: sum(row.status == status for row in rows) for status in ("made", "unchanged", "failed")}
    peak = max(row.memory for row in rows)
    facts = {
        **counts,
        "processes": processes,
        "memory_bound": bound,
        "memory_peak": peak,
        "seconds": round(seconds, 1),
        "reports": [{**asdict(row), "seconds": round(row.seconds, 1)} for row in rows],
    }
    ended = ", ".join(f"{count} {status}" for status, count in counts.items())
    used = f"{so_many(processes, 'process', 'processes')}, engine at most {_gigabytes(bound)} each"
    summary = f"{so_many(len(rows), 'report')}: {ended}; {seconds:,.0f} s with {used}, at most {_gigabytes(peak)} used."
    return Outcome(facts, (*_table(rows), summary))


def _table(rows: list[Row]) -> list[str]:
    headings = ("name", "period", "recipe", "status", "seconds", "memory", "")
    cells = [
        (
            r.municipality or r.community,
            r.period,
            f"{r.recipe} {r.category}".strip(),
            r.status,
            f"{r.seconds:.1f}",
            _gigabytes(r.memory),
            r.message,
        )
        for r in rows
    ]
    widths = [max(len(line[place]) for line in (headings, *cells)) for place in range(len(headings))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (headings, *cells)
    ]


def _gigabytes(count: int) -> str:
    return f"{count / GIGABYTE:.1f} GB"
