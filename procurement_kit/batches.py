"""How are many reports made: which, in how many processes, and what became of each?

A batch is municipalities × recipes × periods, or rows of a file. Municipalities run side by side in processes of their
own, the reports of one after each other; what is unchanged is skipped, so a batch that was stopped is simply run again.
Whatever stops one report, a killed process included, is written in its row, and the others go on. The engine of each
process may use its part of the memory, and no more.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

from procurement_kit import store
from procurement_kit.closed import closing_record
from procurement_kit.engine import BOUNDS
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError, ProcurementError, nearest
from procurement_kit.findings import Outcome
from procurement_kit.periods import parse_period
from procurement_kit.plurals import so_many
from procurement_kit.progress import progress_bar

STANDARD_RECIPE = "municipal_report"
COLUMNS = ("municipality", "recipe", "period", "category")
LISTS = {"municipalities": "municipality", "recipes": "recipe", "periods": "period"}
ALL = "all"
GIGABYTE = 2**30
LEAST_MEMORY = 1.5 * GIGABYTE  # of a process and the kernel it starts, on a small municipality
MOST_MEMORY = 8 * GIGABYTE
FAILED_EXIT_CODE = 22
SHARED = ("PROCUREMENT_DATA", "PROCUREMENT_KEYS", *BOUNDS.values())


@dataclass(frozen=True)
class Job:
    """One report to make; `category` where its recipe is about one."""

    municipality: str
    recipe: str
    period: str
    category: str = ""


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

    @property
    def job(self) -> Job:
        """What it was made for."""
        return Job(self.municipality, self.recipe, self.period, self.category)


# --- which reports --------------------------------------------------------------------------------------------------


def jobs_of(
    municipalities: Iterable[str], recipes: Iterable[str], periods: Iterable[str], category: str = ""
) -> list[Job]:
    """Municipalities × recipes × periods, each once; `all` stands for every municipality that is open.

    Raises
    ------
    ParameterError
        If a municipality or period is unknown; all problems at once.
    """
    known = store.municipality_names()
    still_open = [name for name in known if not closing_record(store.data_folder() / name)]
    named = [name for given in municipalities for name in (still_open if given == ALL else [given])]
    return _checked([Job(*parts, category) for parts in product(named, recipes, periods)], known)


def chosen_jobs(
    name: str, *, every: bool, batch: Path | None, recipe: str, period: str, category: str = ""
) -> list[Job]:
    """The reports that a command line asks for: of every municipality, or of a file.

    Raises
    ------
    ParameterError
        If it asks for more than one of the three, or for every municipality without a period.
    """
    if bool(name) + every + bool(batch) > 1:
        raise ParameterError(
            "A municipality, --all and --batch were asked for together.",
            expected="one of the three",
            todo="procurement-kit report --all --period 2025Q3",
        )
    if batch:
        return read_batch(batch)
    if not period:
        raise ParameterError(
            "--all was asked for without a period.",
            expected="a period such as 2025Q3",
            todo="procurement-kit report --all --period 2025Q3",
        )
    return jobs_of([ALL], [recipe], [period], category)


def read_batch(path: Path) -> list[Job]:
    """Read a batch file: CSV with municipality, recipe, period, category; or TOML with lists of the first three.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    FileFormatError
        If it is not read as what its name says, or has other columns or keys.
    ParameterError
        If a municipality or period in it is unknown; all problems at once.
    """
    if not path.is_file():
        raise InputNotFoundError(f"{path} is not a file.", expected="a batch file", todo="check the path")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _not_a_batch(path, "it is not UTF-8") from None
    if path.suffix == ".toml":
        return jobs_of(*_lists(path, text))
    return _checked(_rows(path, text), store.municipality_names())


def _lists(path: Path, text: str) -> list[list[str]]:
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_a_batch(path, str(error)) from None
    content.setdefault("recipes", [STANDARD_RECIPE])
    problems = [f"{key} is not known.{nearest(key, LISTS)}" for key in content if key not in LISTS]
    for key in LISTS:
        values = content.get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            problems.append(f"{key} is not a list of texts.")
    if problems:
        raise _not_a_batch(path, *problems)
    return [content[key] for key in LISTS]


def _rows(path: Path, text: str) -> list[Job]:
    import csv

    lines = text.splitlines()
    if lines and lines[0].startswith("sep="):  # as Excel writes it
        lines = lines[1:]
    separator = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=separator)
    found = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = found
    problems = [f"{name} is not known.{nearest(name, COLUMNS)}" for name in found if name not in COLUMNS]
    problems += [f"{name} is missing." for name in ("municipality", "period") if name not in found]
    if problems:
        raise _not_a_batch(path, *problems)
    rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    return [
        Job(row["municipality"], row.get("recipe") or STANDARD_RECIPE, row["period"], row.get("category", ""))
        for row in rows
    ]


def _not_a_batch(path: Path, *problems: str) -> FileFormatError:
    return FileFormatError(
        f"{path.name}: the batch cannot be read.",
        problems=problems,
        expected="CSV with municipality;recipe;period;category, or TOML with municipalities, recipes and periods",
        todo="correct the file",
    )


def _checked(jobs: list[Job], known: Sequence[str]) -> list[Job]:
    from procurement_kit.publishing.recipes import read_recipe

    problems = []
    for name in dict.fromkeys(job.municipality for job in jobs):
        if name not in known:
            problems.append(f"There is no municipality «{name}».{nearest(name, known)}")
    readings = [(parse_period, job.period) for job in jobs]
    readings += [(lambda job: read_recipe(job.recipe).about(job.category), job) for job in jobs]
    for read, given in readings:
        try:
            read(given)
        except ProcurementError as error:
            problems.append(error.what)
    problems = list(dict.fromkeys(problems))
    if problems or not jobs:
        raise ParameterError(
            "The batch cannot be run.",
            problems=problems or ["There is no municipality."],
            expected=f"municipalities in {store.data_folder()}, recipes in reports/, periods such as 2025Q3",
            todo="correct the batch",
        )
    return list(dict.fromkeys(replace(job, period=parse_period(job.period).label) for job in jobs))


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
    order, rows, todo = list(jobs), [], list(jobs)
    with progress_bar("reports", unit="report", total=len(jobs)) as bar:
        while todo:
            done, suspects = _side_by_side(todo, count, environment, force, bar.update)
            rows += done
            for job in suspects:  # one of them ended its process: each once more, alone
                alone, killed = _side_by_side([job], 1, environment, force, bar.update)
                rows += alone or [_failed(job, "its process was killed, or ran out of memory") for job in killed]
            seen = {row.job for row in rows}
            todo = [job for job in todo if job not in seen]
    rows.sort(key=lambda row: order.index(row.job))
    return _outcome(rows, count, bound, time.perf_counter() - started)


def _side_by_side(
    jobs: Sequence[Job], processes: int, environment: Mapping[str, str], force: bool, tick
) -> tuple[list[Row], list[Job]]:  # fmt: skip
    """Rows of what ended, and the jobs that ran when a process was killed; those that had not begun are neither."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=processes, timeout=300, kill_workers=True)
    queues = _by_municipality(jobs)
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
            queue = queues[job.municipality]
            if not suspects:
                begin(queue or (queues[waiting.popleft()] if waiting else queue))
    executor.shutdown(wait=True)
    return rows, suspects


def _by_municipality(jobs: Iterable[Job]) -> dict[str, deque[Job]]:
    queues: dict[str, deque[Job]] = {}
    for job in jobs:
        queues.setdefault(job.municipality, deque()).append(job)
    return queues


def _make(job: Job, environment: Mapping[str, str], force: bool) -> Row:
    """Make one report, in a process of its own."""
    from procurement_kit import workbench

    os.environ.update(environment)
    started = time.perf_counter()
    try:
        outcome = workbench.make_report(
            job.municipality, job.period, recipe=job.recipe, category=job.category, force=force
        )
    except ProcurementError as error:
        return _failed(job, error.what.splitlines()[0], time.perf_counter() - started)
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
    headings = ("municipality", "period", "recipe", "status", "seconds", "memory", "")
    cells = [
        (
            r.municipality,
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
