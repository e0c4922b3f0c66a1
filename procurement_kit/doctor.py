"""Is this machine ready, and is the data in a safe place?

Looks and tells; changes nothing. A folder that is synced or on a network drive is warned about, since invoice lines
are personal data.
"""

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from procurement_kit import __version__, store
from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Outcome
from procurement_kit.keys import read_key

PACKAGES = (
    "duckdb",
    "ibis-framework",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "skops",
    "lxml",
    "papermill",
    "jupyterlab",
    "seaborn",
)
OPTIONAL = {
    "pyspark": "the Spark engine (uv sync --group spark)",
    "playwright": "browser tests (uv sync --group browser)",
}
SYNCED = ("onedrive", "sharepoint", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "box sync")
NETWORK_KINDS = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p")


def examine() -> Outcome:
    """Examine the machine and the data folder.

    Returns
    -------
    Outcome
        `packages`, `engines`, `municipalities`, `missing` and `warnings`.
    """
    packages = {name: _version(name) for name in PACKAGES}
    missing = [f"{name} is not installed" for name, found in packages.items() if not found]
    missing += [f"{name} is not installed: needed for {use}" for name, use in OPTIONAL.items() if not _version(name)]
    engines = ["duckdb"] + (["spark"] if _version("pyspark") and shutil.which("java") else [])
    data = store.data_folder()
    municipalities, broken = _municipalities()
    facts = {
        "version": __version__,
        "python": sys.version.split()[0],
        "packages": packages,
        "engines": engines,
        "data_folder": str(data),
        "municipalities": municipalities,
        "missing": missing,
        "warnings": broken + location_warnings(data),
    }
    return Outcome(facts, _sentences(facts))


def _sentences(facts: dict) -> tuple[str, ...]:
    rows = [f"procurement_kit {facts['version']} on Python {facts['python']}; engines: {', '.join(facts['engines'])}."]
    rows.append(
        "Packages: " + ", ".join(f"{name} {found or 'missing'}" for name, found in facts["packages"].items()) + "."
    )
    rows.append(
        f"Municipality folders lie in {facts['data_folder']}: {', '.join(facts['municipalities']) or 'none yet'}."
    )
    rows += [f"Missing: {text}." for text in facts["missing"]]
    rows += [f"Warning: {text}" for text in facts["warnings"]]
    return tuple(rows if facts["warnings"] else [*rows, "No warnings."])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _municipalities() -> tuple[list[str], list[str]]:
    names, problems = store.municipality_names(), []
    for name in names:
        try:
            municipality = store.open_municipality(name)
            read_key(municipality.privacy_key)
        except ProcurementError as error:
            problems.append(f"{name}: {error.what}")
    return names, problems


def location_warnings(folder: Path) -> list[str]:
    """Warn where a folder is synced to a cloud or lies on a network drive.

    Examples
    --------
    >>> len(location_warnings(Path("/home/a/OneDrive - Kommune/data")))
    1
    """
    warnings = []
    synced = [part for part in folder.parts if any(mark in part.casefold() for mark in SYNCED)]
    if synced:
        warnings.append(
            f"{folder} lies in «{synced[0]}», which is copied to a cloud. Use a folder on this machine only."
        )
    if str(folder).startswith(("\\\\", "//")) or _mount_kind(folder) in NETWORK_KINDS:
        warnings.append(f"{folder} lies on a network drive. Use a folder on this machine only.")
    return warnings


def _mount_kind(folder: Path) -> str:
    mounts = Path("/proc/mounts")
    if os.name == "nt" or not mounts.exists():
        return ""
    kinds = {fields[1]: fields[2] for fields in (line.split() for line in mounts.read_text().splitlines())}
    inside = [point for point in kinds if folder.is_relative_to(point.replace("\\040", " "))]
    return kinds[max(inside, key=len)] if inside else ""
