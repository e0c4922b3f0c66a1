"""Where does the key lie that personal numbers are tokenised with?

Outside the data folder, so that a copy of the data holds no key: `PROCUREMENT_KEYS`, else the user's configuration
folder. One file per key, readable by its owner only.
"""

import os
import secrets
from pathlib import Path

from procurement_kit.errors import MissingPartError

KEY_BYTES = 32


def key_path(key_name: str) -> Path:
    """Where a privacy key lies."""
    from platformdirs import user_config_path

    folder = os.environ.get("PROCUREMENT_KEYS") or user_config_path("procurement_kit", appauthor=False) / "keys"
    return Path(folder) / f"{key_name}.key"


def new_key() -> bytes:
    """A random key."""
    return secrets.token_bytes(KEY_BYTES)


def write_key(key_name: str, key: bytes) -> None:
    """Write a privacy key, readable by its owner only."""
    path = key_path(key_name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(key.hex(), encoding="ascii")


def read_key(key_name: str) -> bytes:
    """Read a privacy key.

    Raises
    ------
    MissingPartError
        If it is not on this machine, or damaged: another key would give the same person another identity.
    """
    path = key_path(key_name)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        if len(key) != KEY_BYTES:  # a file cut short would tokenise with a key that can be guessed
            raise ValueError
        return key
    except FileNotFoundError:
        problem = f"The privacy key «{key_name}» is not on this machine."
    except ValueError:
        problem = f"The privacy key «{key_name}» is damaged."
    raise MissingPartError(
        problem,
        expected=f"the file {path.name} in {path.parent}",
        todo="copy the key from the machine the municipality was made on; a new key would break identities",
    )


def delete_key(key_name: str) -> bool:
    """Delete a privacy key from this machine; what was tokenised with it can never be matched again.

    Returns
    -------
    bool
        Whether it was there.
    """
    path = key_path(key_name)
    was_there = path.is_file()
    path.unlink(missing_ok=True)
    return was_there
