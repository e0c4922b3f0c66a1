"""Where do a municipality's files lie, and how are they read and written?

This module alone touches Parquet. Datasets are folders read by glob; whatever is written appears by rename when it is
whole, so a killed run leaves the municipality as it was. The engine is DuckDB, or Spark by setting.
"""

import json
import os
import secrets
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import (
    MissingPartError,
    MunicipalityNotFoundError,
    ParameterError,
    nearest,
)
from procurement_kit.keys import key_path, new_key, write_key
from procurement_kit.settings import SETTINGS_FILE, Municipality, check_name, read_settings, settings_text
from procurement_kit.tables import DOCUMENTS, INVOICE_LINES, SET_ASIDE_LINES

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

FOLDERS = ("inbox", "lines", "lookups", "classifier", "profiles", "reports")
ROWS_PER_PART = 500_000
LOAD_DATASETS = {
    "lines": INVOICE_LINES.schema("intake"),
    "set_aside": SET_ASIDE_LINES.schema(),
    "documents": DOCUMENTS.schema(),
}


# --- municipality folders -------------------------------------------------------------------------------------------


def data_folder() -> Path:
    """Folder of the municipality folders: `PROCUREMENT_DATA`, else `data/` looked for upwards, else `./data`."""
    if named := os.environ.get("PROCUREMENT_DATA"):
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data").is_dir():
            return folder / "data"
        if (folder / "pyproject.toml").is_file():
            return folder / "data"
    return here / "data"


def municipality_names() -> list[str]:
    """Names of the municipality folders there are."""
    return sorted(path.parent.name for path in data_folder().glob(f"*/{SETTINGS_FILE}"))


def open_municipality(name: str) -> Municipality:
    """Open a municipality's folder.

    Parameters
    ----------
    name : str
        Folder name.

    Raises
    ------
    ParameterError
        If the name cannot be a folder name.
    MunicipalityNotFoundError
        If there is no such folder.
    SettingsError
        If its settings cannot be used.
    """
    folder = data_folder() / check_name(name)
    if not (folder / SETTINGS_FILE).is_file():
        raise MunicipalityNotFoundError(
            f"There is no municipality «{name}» in {data_folder()}.{nearest(name, municipality_names())}",
            expected=f"one of: {', '.join(municipality_names()) or 'none yet'}",
            todo=f"run: procurement-kit init {name}",
        )
    municipality = read_settings(folder)
    _finish_swaps(municipality)
    return municipality


def create_municipality(name: str, *, title: str = "", privacy_key: str = "", **choices: str) -> Municipality:
    """Make a municipality's folder, its settings and its privacy key.

    An existing folder is opened and left as it is.

    Parameters
    ----------
    name : str
        Folder name: lower-case letters, digits, hyphen, underscore.
    title : str
        Name as it stands in reports; by default made from the name.
    privacy_key : str
        Name of an existing key to share, by default a new one.
    **choices : str
        Settings, see `Municipality`.

    Raises
    ------
    ParameterError
        If the name cannot be a folder name.
    """
    folder = data_folder() / check_name(name)
    if (folder / SETTINGS_FILE).is_file():
        return open_municipality(name)
    key_name = privacy_key or f"{name}-{secrets.token_hex(4)}"
    if not key_path(key_name).exists():
        write_key(key_name, new_key())
    for sub in FOLDERS:
        (folder / sub).mkdir(parents=True, exist_ok=True)
    text = settings_text(title or f"{name.replace('_', ' ').replace('-', ' ').title()} Kommune", key_name, **choices)
    write_text(folder / SETTINGS_FILE, text)
    return open_municipality(name)


# --- engine ---------------------------------------------------------------------------------------------------------


def connect(municipality: Municipality) -> "ibis.BaseBackend":
    """Connect the municipality's engine.

    Raises
    ------
    MissingPartError
        If Spark is asked for and PySpark or Java is missing.
    """
    return _connect(municipality.engine, municipality.folder)


@lru_cache(maxsize=8)
def _connect(engine: str, folder: Path) -> "ibis.BaseBackend":
    import ibis

    if engine == "duckdb":
        spill = folder / "pending" / "spill"
        return ibis.duckdb.connect(temp_directory=str(spill))
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingPartError(
            "Spark is not installed.", todo='run: uv sync --group spark, or set engine = "duckdb"'
        ) from None
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        raise MissingPartError(
            "Spark needs Java, and no Java was found.", todo='install Java 17, or set engine = "duckdb"'
        )
    session = (
        SparkSession.builder.master(os.environ.get("PROCUREMENT_SPARK_MASTER", "local[2]"))
        .appName("procurement_kit")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    return ibis.pyspark.connect(session)


def arrow_schema(types: dict[str, str]) -> "pa.Schema":
    """The Arrow schema of columns given as name → Ibis type."""
    import ibis

    return ibis.schema(types).to_pyarrow()


def empty_table(types: dict[str, str]) -> "ibis.Table":
    """A table with these columns and no rows."""
    import ibis

    return ibis.memtable(arrow_schema(types).empty_table())


def table_of(rows: Iterable[dict], types: dict[str, str]) -> "ibis.Table":
    """A small table of literal rows; columns not given are empty."""
    import ibis
    import pyarrow as pa

    schema = arrow_schema(types)
    filled = [{name: row.get(name) for name in schema.names} for row in rows]
    return ibis.memtable(pa.Table.from_pylist(filled, schema=schema))


def read_parquet(municipality: Municipality, pattern: Path, types: dict[str, str]) -> "ibis.Table":
    """Read all Parquet files that match a pattern, or an empty table of these types."""
    root = Path(pattern.anchor)
    if not any(root.glob(str(pattern.relative_to(root)))):
        return empty_table(types)
    return connect(municipality).read_parquet(str(pattern))


def batches_of(table: "ibis.Table", municipality: Municipality, *, size: int = 100_000) -> Iterator["pa.RecordBatch"]:
    """Rows of a table in bounded batches."""
    yield from connect(municipality).to_pyarrow_batches(table, chunk_size=size)


# --- writing --------------------------------------------------------------------------------------------------------


@contextmanager
def staged(municipality: Municipality, target: Path) -> Iterator[Path]:
    """A folder that appears at `target` only when the block ends well; it replaces what is there.

    Parameters
    ----------
    municipality : Municipality
        Whose `pending/` folder holds the unfinished work.
    target : Path
        Where the finished folder shall lie.
    """
    pending = municipality.folder / "pending"
    staging = pending / f"new-{os.getpid()}-{uuid.uuid4().hex}"
    staging.mkdir(parents=True)
    try:
        yield staging
        _swap(staging, target, pending)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _swap(staging: Path, target: Path, pending: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    old = pending / f"old-{uuid.uuid4().hex}"
    if target.exists():
        write_text(old.with_suffix(".json"), json.dumps({"target": str(target.relative_to(pending.parent))}))
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    old.with_suffix(".json").unlink(missing_ok=True)


def _finish_swaps(municipality: Municipality) -> None:
    """Put back what a killed run had moved aside but not replaced, and clear away what it had not finished."""
    for unfinished in (municipality.folder / "pending").glob("new-*-*"):
        if not _is_running(int(unfinished.name.split("-")[1])):
            shutil.rmtree(unfinished, ignore_errors=True)
    for note in (municipality.folder / "pending").glob("old-*.json"):
        target = municipality.folder / json.loads(note.read_text(encoding="utf-8"))["target"]
        if note.with_suffix("").exists() and not target.exists():
            note.with_suffix("").rename(target)
        shutil.rmtree(note.with_suffix(""), ignore_errors=True)
        note.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    from psutil import pid_exists

    return pid_exists(process)


@contextmanager
def locked(municipality: Municipality) -> Iterator[None]:
    """Let one process at a time change a municipality.

    Raises
    ------
    ParameterError
        If another process is at work on it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(municipality.folder / ".lock", timeout=1)
    try:
        lock.acquire()
    except Timeout:
        raise ParameterError(
            f"Another run is changing «{municipality.name}» right now.", todo="wait until it is done, then run again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def write_text(path: Path, text: str) -> None:
    """Write a text file that appears when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


@contextmanager
def parquet_parts(folder: Path, schema: "pa.Schema", *, rows_per_part: int = ROWS_PER_PART) -> Iterator[Callable]:
    """Write record batches or tables as numbered part files; yields the writing function."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    state = {"part": 0, "rows": 0, "writer": None}

    def close() -> None:
        if state["writer"]:
            state["writer"].close()
        state.update(writer=None, rows=0)

    def write(rows: "pa.Table | pa.RecordBatch") -> None:
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        if not state["writer"]:
            state["writer"] = pq.ParquetWriter(folder / f"part-{state['part']:05d}.parquet", schema, compression="zstd")
            state["part"] += 1
        state["writer"].write_table(table.select(schema.names).cast(schema))
        state["rows"] += table.num_rows
        if state["rows"] >= rows_per_part:
            close()

    try:
        yield write
    finally:
        close()


def write_dataset(municipality: Municipality, target: Path, table: "ibis.Table") -> None:
    """Compute a table in the engine and write it as a dataset folder."""
    with staged(municipality, target) as folder:
        if municipality.engine == "spark":
            connect(municipality).to_parquet(table, str(folder / "parts"))
            for path in (folder / "parts").glob("*.parquet"):
                path.rename(folder / path.name)
            shutil.rmtree(folder / "parts")
        else:
            connect(municipality).to_parquet(table, str(folder / "part-00000.parquet"))


def write_lookup(municipality: Municipality, name: str, types: dict[str, str], batches: Iterable["pa.Table"]) -> None:
    """Write `lookups/<name>` from batches, whole or not at all."""
    target = municipality.folder / "lookups" / name
    with staged(municipality, target) as folder, parquet_parts(folder, arrow_schema(types)) as write:
        for batch in batches:
            write(batch)


def read_lookup(municipality: Municipality, name: str, types: dict[str, str]) -> "ibis.Table":
    """Read `lookups/<name>`, empty where it has not been made."""
    return read_parquet(municipality, municipality.folder / "lookups" / name / "*.parquet", types)


# --- loads: what one import brought in ------------------------------------------------------------------------------


def loads(municipality: Municipality) -> list[dict]:
    """What each import brought in, oldest key first; imports that a later one replaced are cleared away."""
    found = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((municipality.folder / "lines").glob("*/load.json"))
    }
    for replaced in {key for load in found.values() for key in load.get("replaces", ())} & set(found):
        shutil.rmtree(municipality.folder / "lines" / replaced)
        del found[replaced]
    return [found[key] for key in sorted(found)]


@contextmanager
def new_load(municipality: Municipality, load_key: str) -> Iterator[Path]:
    """A folder for one import: fill `lines/`, `set_aside/`, `documents/` and `load.json`; it appears when whole."""
    with staged(municipality, municipality.folder / "lines" / load_key) as folder:
        yield folder


def read_load_dataset(municipality: Municipality, dataset: str, load_key: str = "*") -> "ibis.Table":
    """Read one dataset of all imports, or of one.

    Parameters
    ----------
    municipality : Municipality
        Whose imports.
    dataset : {"lines", "set_aside", "documents"}
        Which of the three.
    load_key : str
        Key of one import; all by default.
    """
    loads(municipality)
    pattern = municipality.folder / "lines" / load_key / dataset / "*.parquet"
    return read_parquet(municipality, pattern, LOAD_DATASETS[dataset])


def read_lines(municipality: Municipality) -> "ibis.Table":
    """All invoice lines taken in, one lazy table with the columns of intake.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    """
    return read_load_dataset(municipality, "lines")
