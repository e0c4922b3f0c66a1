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
from procurement_kit.closed import closing_record
from procurement_kit.errors import ProcurementError
from procurement_kit.findings import Outcome
from procurement_kit.keys import key_path, read_key
from procurement_kit.publishing.printing import BROWSER_VARIABLE, find_browser

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
    "python-pptx",
)
OPTIONAL = {
    "pyspark": "the Spark engine (uv sync --group spark)",
    "playwright": "browser tests (uv sync --group browser)",
}
SYNCED = ("onedrive", "sharepoint", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "box sync")
SYNCED += ("mobile documents", "cloudstorage", "my drive", "seafile", "pcloud")
NETWORK_KINDS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "fuse.sshfs", "fuse.rclone", "9p", "drvfs")
WINDOWS_NETWORK_DRIVE = 4


def examine() -> Outcome:
    """Examine the machine and the data folder.

    Returns
    -------
    Outcome
        `packages`, `engines`, `browser` (what prints the PDF), `municipalities`, `missing`, `disk_encryption` and
        `warnings`.
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
        "browser": str(find_browser() or ""),
        "data_folder": str(data),
        "municipalities": municipalities,
        "missing": missing,
        "disk_encryption": disk_encryption(data),
        "warnings": broken + location_warnings(data) + key_warnings(data, key_path("any").parent),
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
    browser = facts["browser"] or f"no browser found, so report.pdf is left out; name one in {BROWSER_VARIABLE}"
    rows.append(f"Reports are printed by: {browser}.")
    rows.append(f"Privacy keys lie in {key_path('any').parent}.")
    rows.append(_encryption_words(facts["disk_encryption"]))
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
        if closing_record(store.data_folder() / name).get("state") == "closed":
            continue  # its key is gone because it should be
        try:
            municipality = store.open_municipality(name)
            read_key(municipality.privacy_key)
        except ProcurementError as error:
            problems.append(f"{name}: {error.what}")
    return names, problems


def location_warnings(folder: Path, *, what: str = "") -> list[str]:
    """Warn where a folder is synced to a cloud or lies on a network drive; links are followed.

    Parameters
    ----------
    folder : Path
        Folder of municipalities, or of keys.
    what : str
        What to call it.

    Examples
    --------
    >>> len(location_warnings(Path("/home/a/OneDrive - Kommune/data")))
    1
    """
    warnings, what = [], f"{what}{folder}"
    parts = (*folder.parts, *folder.resolve().parts)
    synced = [part for part in parts if any(mark in part.casefold() for mark in SYNCED)]
    if synced:
        warnings.append(f"{what} lies in «{synced[0]}», which is copied to a cloud. Use a folder on this machine only.")
    if is_on_network(folder):
        warnings.append(f"{what} lies on a network drive. Use a folder on this machine only.")
    return warnings


def key_warnings(data: Path, keys: Path) -> list[str]:
    """Warn where the privacy keys lie beside the data: a copy of the data would hold what undoes its masking.

    Examples
    --------
    >>> key_warnings(Path("/a/data"), Path("/a/data/keys"))[0].startswith("The privacy keys lie inside")
    True
    """
    warnings = location_warnings(keys, what="The key folder ")
    if keys.resolve().is_relative_to(data.resolve()):
        warnings.append("The privacy keys lie inside the data folder. Set PROCUREMENT_KEYS to a folder apart from it.")
    elif data.resolve().is_relative_to(keys.resolve()):
        warnings.append("The data folder lies inside the key folder. Set PROCUREMENT_KEYS to a folder apart from it.")
    return warnings


def is_on_network(folder: Path) -> bool:
    """Whether a folder lies on a network drive, as far as the machine says."""
    if str(folder).startswith(("\\\\", "//")) or _mount(folder)[1] in NETWORK_KINDS:
        return True
    return os.name == "nt" and _windows_drive_kind(folder) == WINDOWS_NETWORK_DRIVE


def _windows_drive_kind(folder: Path) -> int:
    import ctypes

    return ctypes.windll.kernel32.GetDriveTypeW(f"{folder.resolve().drive}\\")


def disk_encryption(folder: Path, *, blocks: Path = Path("/sys/class/block")) -> str:
    """Whether the disk a folder lies on is encrypted: «on» where Linux says so, else «unknown».

    «unknown» is no «off»: BitLocker and FileVault tell administrators only, and a virtual disk may be encrypted below.
    """
    device = Path(_mount(folder)[0])
    try:
        mark = (blocks / device.resolve().name / "dm" / "uuid").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return "unknown"
    return "on" if mark.startswith("CRYPT-") else "unknown"


def _encryption_words(found: str) -> str:
    if found == "on":
        return "The disk of the data folder is encrypted."
    return (
        "Whether the disk of the data folder is encrypted is unknown: check BitLocker (Windows), FileVault (macOS) or "
        "LUKS (Linux), since invoice lines are personal data."
    )


def _mount(folder: Path) -> tuple[str, str]:
    """Device and kind of the file system a folder lies on; empty where the machine does not say."""
    mounts = Path("/proc/mounts")
    if os.name == "nt" or not mounts.exists():
        return "", ""
    fields = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    known = {point.replace("\\040", " "): (device, kind) for device, point, kind, *_ in fields}
    inside = [point for point in known if folder.resolve().is_relative_to(point)]
    return known[max(inside, key=len)] if inside else ("", "")
