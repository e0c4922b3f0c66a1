"""The command line: `procurement-kit` and its commands.

Errors the user can put right go to standard error with the exit code of their kind.
"""

import sys  # noqa: I001  the commands stand in --help in this order

from procurement_kit.commands import (
    start,  # noqa: F401
    material,  # noqa: F401
    classifying,  # noqa: F401
    contracts,  # noqa: F401
    suppliers,  # noqa: F401
    reporting,  # noqa: F401
    recipes,  # noqa: F401
    steering,  # noqa: F401
)
from procurement_kit.commands.frame import STOPPED_EXIT_CODE, app, stopped_words, with_data
from procurement_kit.errors import ProcurementError
from procurement_kit.refused_files import refused


def main() -> None:
    """Run the command line; an error the user can put right ends with its message and exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Danish Windows console is cp850 by default
    try:
        app()
    except (ProcurementError, OSError) as error:
        told = refused(error) if isinstance(error, OSError) else error
        sys.stderr.write(f"{with_data(str(told))}\n")
        sys.exit(told.exit_code)
    except (KeyboardInterrupt, SystemExit) as ended:  # typer makes an exit of most interrupts, without a word
        if isinstance(ended, SystemExit) and ended.code != STOPPED_EXIT_CODE:
            raise
        sys.stderr.write(f"\n{stopped_words(sys.argv[1:])}\n")
        sys.exit(STOPPED_EXIT_CODE)


if __name__ == "__main__":
    main()
