"""Where do a municipality's files lie, and how are they read and written?

This module alone touches Parquet. Datasets are folders read by glob; whatever is written appears by rename when it is
whole, so a killed run leaves the municipality as it was. The engine is DuckDB, or Spark by setting.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.closed import refuse_closed
from procurement_kit.counted import SETTLED, counting_lines, documents_now, lines_aside
from procurement_kit.engine import connect
from procurement_kit.errors import MunicipalityNotFoundError, nearest
from procurement_kit.folders import (
    data_folder,
    discard,
    finish_swaps,
    link,
    municipality_names,
    staged,
    write_text,
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


def open_municipality(name: str, *, closed_too: bool = False) -> Municipality:
    """Open a municipality's folder.

    Parameters
    ----------
    name : str
        Folder name.
    closed_too : bool
        Also one whose assignment has ended.

    Raises
    ------
    ParameterError
        If the name cannot be a folder name.
    MunicipalityNotFoundError
        If there is no such folder.
    SettingsError
        If its settings cannot be used.
    NoDataError
        If it has been closed.
    """
    folder = data_folder() / check_name(name)
    if not (folder / SETTINGS_FILE).is_file():
        raise MunicipalityNotFoundError(
            f"There is no municipality «{name}» in {data_folder()}.{nearest(name, municipality_names())}",
            expected=f"one of: {', '.join(municipality_names()) or 'none yet'}",
            todo=f"run: procurement-kit init {name}",
        )
    if not closed_too:
        refuse_closed(folder)
    municipality = read_settings(folder)
    finish_swaps(municipality)
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


# --- tables of the engine ---------------------------------------------------------------------------------------------


def arrow_schema(types: dict[str, str]) -> "pa.Schema":
    """The Arrow schema of columns given as name → Ibis type."""
    import ibis

    return ibis.schema(types).to_pyarrow()


def empty_table(types: dict[str, str]) -> "ibis.Table":
    """A table with these columns and no rows; not a literal one, so that what is built on it can be a view."""
    import ibis
    from ibis.expr import operations

    nothing = {name: ibis.null(kind).op() for name, kind in ibis.schema(types).items()}
    return operations.DummyTable(nothing).to_expr().filter(False)


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


def as_view(municipality: Municipality, table: "ibis.Table") -> "ibis.Table":
    """The same table under a name in the engine, so that what is built on it is compiled without it.

    A table with literal rows stays as it is: those leave the engine with the expression that holds them.
    """
    import ibis
    from ibis.expr import operations

    if table.op().find(operations.InMemoryTable):
        return table
    return connect(municipality).create_view(ibis.util.gen_name("view"), table)


def batches_of(table: "ibis.Table", municipality: Municipality, *, size: int = 100_000) -> Iterator["pa.RecordBatch"]:
    """Rows of a table in bounded batches."""
    yield from connect(municipality).to_pyarrow_batches(table, chunk_size=size)


# --- writing --------------------------------------------------------------------------------------------------------


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
            state["writer"] = pq.ParquetWriter(folder / f"part-{state['part']:05d}.parquet", schema, **written(schema))
            state["part"] += 1
        state["writer"].write_table(table.select(schema.names).cast(schema))
        state["rows"] += table.num_rows
        if state["rows"] >= rows_per_part:
            close()

    try:
        yield write
    finally:
        close()


def written(schema: "pa.Schema") -> dict[str, object]:
    """How columns are written: probabilities hardly repeat, and are faster and smaller without a dictionary."""
    repeating = [field.name for field in schema if str(field.type) != "decimal128(7, 6)"]
    return {"compression": "zstd", "use_dictionary": repeating}


def link_without(part: Path, target: Path, hashes: Set[str]) -> None:
    """Let a part file stand in a second folder too, without the rows of some source files.

    It is written anew only where it holds such rows, and not at all where it holds nothing else.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    gone = pa.array(sorted(hashes), pa.string())
    file = pq.ParquetFile(part)
    held = pc.is_in(file.read(["source_hash"])["source_hash"].combine_chunks(), gone)
    if not pc.any(held, min_count=0).as_py():
        link(part, target)
    elif not pc.all(held).as_py():
        with pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer:
            for batch in file.iter_batches():
                writer.write_batch(batch.filter(pc.invert(pc.is_in(batch["source_hash"], gone))))


def write_dataset(municipality: Municipality, target: Path, table: "ibis.Table") -> None:
    """Compute a table in the engine and write it as a dataset folder, whole or not at all."""
    with staged(municipality, target) as folder:
        write_parts(municipality, folder, table)


def write_parts(municipality: Municipality, folder: Path, table: "ibis.Table") -> None:
    """Compute a table in the engine and write it into a folder that is being made, beside what it holds already."""
    folder.mkdir(parents=True, exist_ok=True)
    if municipality.engine == "spark":
        connect(municipality).to_parquet(table, str(folder / "parts"))
        for path in (folder / "parts").glob("*.parquet"):
            path.rename(folder / path.name)
        shutil.rmtree(folder / "parts")
    else:
        place = len(list(folder.glob("*.parquet")))
        connect(municipality).to_parquet(table, str(folder / f"part-{place:05d}.parquet"))


def write_lookup(municipality: Municipality, name: str, types: dict[str, str], batches: Iterable["pa.Table"]) -> None:
    """Write `lookups/<name>` from batches, whole or not at all."""
    target = municipality.folder / "lookups" / name
    with staged(municipality, target) as folder, parquet_parts(folder, arrow_schema(types)) as write:
        write(arrow_schema(types).empty_table())
        for batch in batches:
            write(batch)


@contextmanager
def resumed_lookup(
    municipality: Municipality, name: str, types: dict[str, str], mark: str
) -> Iterator[tuple["ibis.Table", Callable[[Iterable["pa.Table"]], None]]]:
    """Write `lookups/<name>` part by part, so that a run that was stopped goes on where it was.

    Yields what an earlier run with the same mark had written, and the function that writes the other batches, each
    whole or not at all. When the block ends without an error, all parts together become the lookup.

    Parameters
    ----------
    municipality : Municipality
        Whose lookup.
    name : str
        Of the lookup.
    types : dict of str to str
        Columns and Ibis types.
    mark : str
        Fingerprint of what the rows are made from; parts with another mark are cleared away.
    """
    import pyarrow.parquet as pq

    pending = municipality.folder / "pending"
    folder = pending / f"lookup-{name}-{mark[:16]}"
    for other in set(pending.glob(f"lookup-{name}-*")) - {folder}:
        discard(municipality, other)
    folder.mkdir(parents=True, exist_ok=True)
    schema, done = arrow_schema(types), len(list(folder.glob("*.parquet")))

    def write(batches: Iterable["pa.Table"]) -> None:
        for number, batch in enumerate(batches, start=done):
            unfinished = folder / f"part-{number:05d}.unfinished"
            pq.write_table(batch.select(schema.names).cast(schema), unfinished, **written(schema))
            unfinished.rename(unfinished.with_suffix(".parquet"))

    yield read_parquet(municipality, folder / "*.parquet", types), write
    with staged(municipality, municipality.folder / "lookups" / name) as target:
        for part in sorted(folder.glob("*.parquet")):
            link(part, target / part.name)
    discard(municipality, folder)


def read_lookup(municipality: Municipality, name: str, types: dict[str, str]) -> "ibis.Table":
    """Read `lookups/<name>`, empty where it has not been made."""
    return read_parquet(municipality, municipality.folder / "lookups" / name / "*.parquet", types)


# --- loads: what one import brought in ------------------------------------------------------------------------------


def loads(municipality: Municipality, *, as_imported: bool = False) -> list[dict]:
    """What each import brought in, oldest key first, with what has become of each file by now.

    Imports that a later one replaced are cleared away. `as_imported` gives each file as it was when it was imported.
    """
    found = {
        path.parent.name: json.loads(_text_of(path, path.stat().st_mtime_ns))
        for path in sorted((municipality.folder / "lines").glob("*/load.json"))
    }
    for replaced in {key for load in found.values() for key in load.get("replaces", ())} & set(found):
        discard(municipality, municipality.folder / "lines" / replaced)
        del found[replaced]
    ordered = [found[key] for key in sorted(found)]
    account = ordered[-1].get("account", {}) if ordered and not as_imported else {}
    for facts in (facts for load in ordered for facts in load["sources"]):
        facts.setdefault("names", [facts["name"]])
        facts |= account.get(facts["hash"], {})
    return ordered


@lru_cache(maxsize=64)
def _text_of(path: Path, changed: int) -> str:
    return path.read_text(encoding="utf-8")


@contextmanager
def new_load(municipality: Municipality, load_key: str) -> Iterator[Path]:
    """A folder for one import: fill `lines/`, `set_aside/`, `documents/` and `load.json`; it appears when whole."""
    with staged(municipality, municipality.folder / "lines" / load_key) as folder:
        yield folder


def read_as_read(municipality: Municipality, dataset: str, folders: Iterable[Path]) -> "ibis.Table":
    """One dataset as it was read, before duplicates are set aside, out of the folders of some imports."""
    types = LOAD_DATASETS[dataset]
    tables = [read_parquet(municipality, folder / dataset / "*.parquet", types) for folder in folders]
    tables = [table.select(*types) for table in tables] or [empty_table(types)]
    return tables[0].union(*tables[1:]) if len(tables) > 1 else tables[0]


def settled(municipality: Municipality, name: str, folder: Path | None = None) -> "ibis.Table | None":
    """What the last import settled for all files: duplicates, additions or statuses; None where there are none."""
    from pyarrow.parquet import read_metadata

    if folder is None:
        keys = sorted(path.parent.name for path in (municipality.folder / "lines").glob("*/load.json"))
        folder = municipality.folder / "lines" / (keys[-1] if keys else "none")
    parts = (folder / "settled" / name).glob("*.parquet")
    if not any(read_metadata(part).num_rows for part in parts):
        return None
    return read_parquet(municipality, folder / "settled" / name / "*.parquet", SETTLED[name])


def read_load_dataset(municipality: Municipality, dataset: str, load_key: str = "*") -> "ibis.Table":
    """Read one dataset of all imports, or of one: lines that count, those set aside, or control rows.

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
    lines = municipality.folder / "lines"

    def raw(name: str) -> "ibis.Table":
        return read_parquet(municipality, lines / load_key / name / "*.parquet", LOAD_DATASETS[name])

    if dataset == "documents":
        return documents_now(raw("documents"), settled(municipality, "statuses"))
    duplicates = settled(municipality, "duplicates")
    if dataset == "set_aside":
        return lines_aside(raw("set_aside"), raw("lines"), duplicates)
    return counting_lines(raw("lines"), duplicates, settled(municipality, "additions"))


def read_lines(municipality: Municipality) -> "ibis.Table":
    """All invoice lines taken in, one lazy table with the columns of intake.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    """
    return read_load_dataset(municipality, "lines")
