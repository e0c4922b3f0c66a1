"""The command line: `procurement-kit` and its commands.

Errors the user can put right go to standard error with the exit code of their kind.
"""

import sys  # noqa: I001  the commands stand in --help in this order

from procurement_kit.commands import (
    start,  # noqa: F401
    material,  # noqa: F401
    classifying,  # noqa: F401
    reporting,  # noqa: F401
)
from procurement_kit.commands.frame import app
from procurement_kit.errors import ProcurementError


def main() -> None:
    """Run the command line; an error the user can put right ends with its message and exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Danish Windows console is cp850 by default
    try:
        app()
    except ProcurementError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Nothing half-written is left; run the same command again to go on.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
