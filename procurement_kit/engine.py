"""Which engine computes for a municipality?

DuckDB in this process by default; Spark where the settings say so.
"""

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit.errors import MissingPartError
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    import ibis

BOUNDS = {"memory_limit": "PROCUREMENT_ENGINE_MEMORY", "threads": "PROCUREMENT_ENGINE_THREADS"}


def connect(municipality: Municipality) -> "ibis.BaseBackend":
    """Connect the municipality's engine.

    Raises
    ------
    MissingPartError
        If Spark is asked for and PySpark or Java is missing.
    """
    return _connect(municipality.engine, municipality.folder)


def _bounds() -> dict[str, str]:
    """Memory and threads the engine may use, where several processes share the machine."""
    named = {option: os.environ.get(variable, "") for option, variable in BOUNDS.items()}
    return {option: value for option, value in named.items() if value}


@lru_cache(maxsize=8)
def _connect(engine: str, folder: Path) -> "ibis.BaseBackend":
    import ibis

    if engine == "duckdb":
        # the name says whose it is: cleared away when the folder is next opened, should this process be killed
        spill = folder / "pending" / f"new-{os.getpid()}-spill"
        return ibis.duckdb.connect(temp_directory=str(spill), **_bounds())
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
