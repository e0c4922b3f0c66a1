"""How is a notebook run so that it either succeeds whole or leaves nothing?

papermill only warns about unknown parameters, writes a file that looks finished when a kernel dies, and stamps times
and paths into the result. Here parameters are compared with the notebook first, the result appears by rename after
success, and what differs from run to run is taken out. A notebook that stopped is kept elsewhere, with what stopped it
above its first cell.
"""

import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import errors
from procurement_kit.errors import InputNotFoundError, ParameterError, ProcurementError, nearest

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 3600
START_SECONDS = 120
KERNEL = "python3"
STOPPED = "This notebook stopped before its end. No report was written from it."
_TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NotebookError(ProcurementError):
    """A notebook stopped before its end."""

    exit_code = 21


def run_notebook(
    source: Path,
    target: Path,
    parameters: Mapping[str, object],
    *,
    cwd: Path,
    environment: Mapping[str, str] = {},
    failed: Path | None = None,
) -> None:
    """Run a notebook with parameters and keep the executed copy only if it ran to its end.

    Parameters
    ----------
    source : Path
        The notebook.
    target : Path
        Where the executed notebook shall lie.
    parameters : mapping of str to object
        Values for the cell tagged `parameters`.
    cwd : Path
        Folder the notebook runs in; papermill changes into it, so this is no work for threads.
    environment : mapping of str to str
        Variables the kernel sees in addition to this process's own.
    failed : Path, optional
        Where the notebook lies that stopped before its end, as far as it came; removed when a run ends well.

    Raises
    ------
    InputNotFoundError
        If there is no such notebook.
    ParameterError
        If a parameter is unknown or of another type than the notebook says; all problems at once.
    ProcurementError
        If a cell fails: the same kind of error as in the cell, with its message; a `NotebookError` for any other.
    """
    if not source.is_file():
        raise InputNotFoundError(f"{source} is not a file.", expected="a notebook", todo="check the path")
    check_parameters(source, parameters)
    unfinished = target.with_name(f".{uuid.uuid4().hex}.ipynb")
    try:
        with _environment({**environment, "TQDM_DISABLE": "1", "JUPYTER_PREFER_ENV_PATH": "1"}):
            _execute(source, unfinished, dict(parameters), cwd)
        strip_run(unfinished, replace={str(cwd): "."})
        _quieten(unfinished)
        unfinished.replace(target)
        if failed:
            failed.unlink(missing_ok=True)
    except ProcurementError as error:
        if failed and unfinished.is_file():
            _keep_failed(unfinished, failed, error)
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def check_parameters(source: Path, parameters: Mapping[str, object]) -> None:
    """Compare parameters with those the notebook declares.

    Raises
    ------
    ParameterError
        If one is unknown, or of another type; all problems at once, with the nearest name.
    """
    declared = declared_parameters(source)
    problems = [f"{name} is not a parameter.{nearest(name, declared)}" for name in parameters if name not in declared]
    problems += [
        f"{name} is {value!r}, expected {declared[name]}."
        for name, value in parameters.items()
        if name in declared and type(value) is not _TYPES.get(declared[name], type(value))
    ]
    if problems:
        raise ParameterError(
            f"{source.name}: the parameters cannot be used.",
            problems=problems,
            expected=f"parameters: {', '.join(f'{name}: {kind}' for name, kind in declared.items()) or 'none'}",
            todo="correct the parameters",
        )


def declared_parameters(source: Path) -> dict[str, str]:
    """Name → type of the parameters a notebook declares in its cell tagged `parameters`."""
    import papermill

    inspected = papermill.inspect_notebook(str(source))
    return {name: found["inferred_type_name"] for name, found in inspected.items()}


def strip_run(path: Path, *, replace: Mapping[str, str]) -> None:
    """Take out of an executed notebook what differs from run to run: times, paths, cell identities.

    Parameters
    ----------
    path : Path
        The notebook; it is rewritten.
    replace : mapping of str to str
        Texts in outputs, such as the folder of this run, and what stands there instead.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for key in ("papermill", "widgets"):
        notebook.metadata.pop(key, None)
    for place, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{place:02d}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            _replace_in(output, replace)
    text = nbformat.writes(notebook)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _quieten(path: Path) -> None:
    """Take warnings out of a notebook that is delivered, and let its code be folded away."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            cell.metadata["jupyter"] = {**cell.metadata.get("jupyter", {}), "source_hidden": True}
    path.write_text(f"{nbformat.writes(notebook)}\n", encoding="utf-8", newline="\n")


def _keep_failed(unfinished: Path, failed: Path, error: ProcurementError) -> None:
    """Keep a notebook that stopped, with what stopped it above its first cell."""
    import nbformat

    strip_run(unfinished, replace={})
    notebook = nbformat.read(unfinished, as_version=4)
    marks = {"papermill-error-cell-tag"}
    notebook.cells = [cell for cell in notebook.cells if not marks & set(cell.metadata.get("tags", ()))]
    said = "\n".join(f"    {line}" for line in str(error).splitlines())
    notice = nbformat.v4.new_markdown_cell(f"# {STOPPED}\n\n{said}")
    notice["id"] = "stopped"
    notebook.cells.insert(0, notice)
    failed.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(f"{nbformat.writes(notebook)}\n", encoding="utf-8", newline="\n")
    unfinished.replace(failed)


def _replace_in(output: "NotebookNode", replace: Mapping[str, str]) -> None:
    for holder, key in [(output, "text"), *((output["data"], kind) for kind in output.get("data", {}))]:
        if isinstance(holder.get(key), str):
            for old, new in replace.items():
                holder[key] = holder[key].replace(old, new)


def _execute(source: Path, target: Path, parameters: dict, cwd: Path) -> None:
    import papermill
    from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=parameters,
            cwd=str(cwd),
            kernel_name=KERNEL,
            progress_bar=sys.stderr.isatty(),
            execution_timeout=CELL_SECONDS,
            start_timeout=START_SECONDS,
            config=Config({"KernelManager": {"transport_encryption": "required"}}),
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # its own log is not for whoever runs a report
        )
    except PapermillExecutionError as error:
        raise _error_of_cell(source, error) from None
    except CellTimeoutError:
        raise NotebookError(
            f"{source.name}: a cell took more than {CELL_SECONDS / 60:g} minutes and was stopped.",
            expected="a machine that is not busy with other work, and a period that fits its memory",
            todo="run it again, or choose a shorter period",
        ) from None
    except (DeadKernelError, CellControlSignal, RuntimeError) as error:
        raise NotebookError(
            f"{source.name}: the kernel stopped: {_first_line(error)}",
            expected="enough memory, and a Python in which procurement_kit is installed",
            todo="run it again; procurement-kit doctor says what is missing",
        ) from None


def _error_of_cell(source: Path, error) -> ProcurementError:  # noqa: ANN001
    """The error as its cell raised it: the same kind, so that the exit code stays true."""
    message = _COLOURS.sub("", error.evalue)
    kind = getattr(errors, error.ename, None)
    if isinstance(kind, type) and issubclass(kind, ProcurementError):
        return kind(message)
    return NotebookError(
        f"{source.name}, cell {error.exec_count}: {error.ename}: {message}", todo="open the notebook and run it by hand"
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while; the kernel inherits them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
