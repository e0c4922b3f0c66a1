"""How does JupyterLab open at the start page, with the page drawn and no cell to run?

JupyterLab runs no cell by itself. So the notebook's session is started and its cells are run before the browser opens;
JupyterLab then finds the running kernel and draws its page. Notebooks lie as copies beside the data; a copy that is
there already is left as it is, except the start page.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from procurement_kit import store
from procurement_kit.errors import ProcurementError
from procurement_kit.lab.start import lying_in

START = "00_start.ipynb"
SECONDS = 120  # for JupyterLab to answer, and for the start page to be drawn
QUIET = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
UNASKED = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs.

    Parameters
    ----------
    address : str
        What to open, with the token of this run.
    process : subprocess.Popen
        Ends when the user stops it.
    """

    address: str
    process: subprocess.Popen


def lay_out_notebooks() -> Path:
    """Copy the notebooks and the guide to `notebooks/` beside the municipality folders; the start page always anew."""
    source, target = lying_in("notebooks", "notebooks"), store.data_folder() / "notebooks"
    for path in sorted([*source.glob("*.ipynb"), *source.glob("guide/*.md")]):
        copy = target / path.relative_to(source)
        if path.name == START or not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return target


@contextmanager
def running_lab(*, options: tuple[str, ...] = ()) -> Iterator[Lab]:
    """JupyterLab on a free port of this machine, with the start page drawn; it ends with the block.

    Parameters
    ----------
    options : tuple of str
        Further options of JupyterLab.

    Raises
    ------
    ProcurementError
        If JupyterLab does not start.
    """
    folder, token, port = lay_out_notebooks(), secrets.token_hex(24), _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", *QUIET, f"--ServerApp.root_dir={folder}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", *options]
    environment = {**os.environ, "JUPYTER_TOKEN": token, "PROCUREMENT_DATA": str(store.data_folder())}
    log = folder / "jupyterlab.log"
    with log.open("w", encoding="utf-8") as said, _defaults() as defaults:
        environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [defaults, os.getenv("JUPYTER_CONFIG_PATH")]))
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=folder)
        try:
            server = _Server(f"http://127.0.0.1:{port}", token)
            server.wait(process, log)
            server.draw(folder / START)
            yield Lab(f"http://127.0.0.1:{port}/lab/tree/{START}?token={token}", process)
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def _defaults() -> Iterator[str]:
    """A folder with defaults that keep JupyterLab from asking for news; what a user has chosen goes before them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labconfig" / "default_setting_overrides.json"
        path.parent.mkdir()
        path.write_text(json.dumps(UNASKED), encoding="utf-8")
        yield folder


def serve(*, browser: bool = True) -> None:
    """Open JupyterLab at the start page, and wait until it is stopped with Ctrl+C.

    Parameters
    ----------
    browser : bool
        Whether to open a browser; else the address is printed only.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that JupyterLab ends too
    with running_lab() as lab:
        sys.stdout.write(f"JupyterLab runs at {lab.address}\nStop it with Ctrl+C.\n")
        sys.stdout.flush()
        if browser:
            webbrowser.open(lab.address)
        lab.process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class _Server:
    """The running JupyterLab, spoken to through its own interface."""

    def __init__(self, address: str, token: str):
        self.address, self.token = address, token

    def asked(self, path: str, body: dict | None = None) -> dict:
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())

    def wait(self, process: subprocess.Popen, log: Path) -> None:
        """Wait until it answers."""
        ends = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < ends:
            try:
                self.asked("status")
                return
            except OSError:
                time.sleep(0.2)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise ProcurementError(
            "JupyterLab did not start.", problems=last, expected="jupyterlab is installed", todo=f"read {log}"
        )

    def draw(self, notebook: Path) -> None:
        """Start the notebook's session, run its cells in it, and write down what they show."""
        import nbformat
        from jupyter_client import BlockingKernelClient
        from jupyter_core.paths import jupyter_runtime_dir
        from nbformat.sign import NotebookNotary

        session = {"path": notebook.name, "name": notebook.name, "type": "notebook", "kernel": {"name": "python3"}}
        kernel = self.asked("sessions", session)["kernel"]["id"]
        client = BlockingKernelClient(connection_file=str(Path(jupyter_runtime_dir()) / f"kernel-{kernel}.json"))
        client.load_connection_file()
        client.start_channels()
        try:
            _wait_for_kernel(client)
            book = nbformat.read(notebook, as_version=4)
            for cell in (cell for cell in book.cells if cell.cell_type == "code"):
                cell.outputs = _outputs(client, cell.source)
            nbformat.write(book, notebook)
            NotebookNotary().sign(book)  # outputs of a notebook that is not trusted are not drawn
        finally:
            client.stop_channels()


def _wait_for_kernel(client: object) -> None:
    """Wait until the kernel answers; on a busy machine its first heartbeats are missed, which is no death."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            client.wait_for_ready(timeout=SECONDS)
            return
        except RuntimeError as error:
            if time.monotonic() > ends:
                raise ProcurementError("The kernel of the start page did not answer.", todo="try again") from error
            time.sleep(1)


def _outputs(client: object, source: str) -> list:
    """What a cell shows when it is run."""
    from nbformat.v4 import output_from_msg

    found: list = []

    def hear(message: dict) -> None:
        if message["msg_type"] in ("execute_result", "display_data", "stream", "error"):
            found.append(output_from_msg(message))

    client.execute_interactive(source, timeout=SECONDS, output_hook=hear, allow_stdin=False)
    return found
