"""What is a user told where the system refuses to read or write a file?

The file, why in plain words, and what helps: a full disk, a file another program holds open (as Excel does on Windows),
a folder one may not write in, a drive that went away.
"""

import errno

from procurement_kit.errors import FileAccessError
from procurement_kit.personal_numbers import blank

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY}
_HELD_ON_WINDOWS = {32, 33}  # another program holds the file, or a part of it


def refused(error: OSError) -> FileAccessError:
    """The error a user can put right; numbers that look like a person's are masked in the file's name.

    Examples
    --------
    >>> print(refused(OSError(errno.ENOSPC, "No space left on device", "lines.parquet")))
    «lines.parquet» could not be written: the disk is full.
    To do: make room, then run the same command again; what was there before is unchanged
    """
    file = f"«{blank(str(error.filename))}»" if error.filename else "A file"
    if error.errno in _FULL:
        return FileAccessError(
            f"{file} could not be written: the disk is full.",
            todo="make room, then run the same command again; what was there before is unchanged",
        )
    if error.errno in _FORBIDDEN or getattr(error, "winerror", None) in _HELD_ON_WINDOWS:
        return FileAccessError(
            f"{file} could not be read or written: another program holds it open, or you may not change it.",
            todo="close it in Excel and other programs, or choose a folder you may write in; then run it again",
        )
    return FileAccessError(
        f"{file} could not be read or written: {error.strerror or type(error).__name__}.",
        todo="see that the folder and its drive are there, then run it again",
    )
