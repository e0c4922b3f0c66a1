"""Is a user told in words where the system refuses a file, in the terminal and for every kind of output?"""

import errno
import os
import subprocess
import sys

import pytest
import xlsxwriter

from procurement_kit.errors import FileAccessError
from procurement_kit.lab.page import said
from procurement_kit.outgoing import outgoing
from procurement_kit.refused_files import refused


def held_on_windows():
    error = PermissionError(errno.EIO, "in use", "rapport.xlsx")
    error.winerror = 32
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "no space", "rapport.xlsx"), "«rapport.xlsx» could not be written: the disk is full."),
        (
            PermissionError(errno.EACCES, "denied", "rapport.xlsx"),
            "«rapport.xlsx» could not be read or written: another",
        ),
        (held_on_windows(), "«rapport.xlsx» could not be read or written: another program holds it open"),
        (OSError(errno.ENODEV, "No such device", "Z:/data"), "«Z:/data» could not be read or written: No such device."),
        (OSError("broken"), "A file could not be read or written: OSError."),
        (OSError(errno.ENOSPC, "no space", "brev 010101-0000.docx"), "«brev ******.docx» could not be written"),
    ],
)
def test_it_says_which_file_and_why_and_what_helps(error, words):
    told = refused(error)
    assert isinstance(told, FileAccessError)
    assert told.what.startswith(words)
    assert told.todo
    assert words in said(error)


def test_a_workbook_that_cannot_be_written_names_itself(tmp_path, monkeypatch):
    def no_room(*_):
        raise xlsxwriter.exceptions.FileCreateError(OSError(errno.ENOSPC, "no space"))

    monkeypatch.setattr(xlsxwriter.Workbook, "close", no_room)
    with pytest.raises(OSError, match=r"liste\.xlsx"), outgoing(tmp_path / "liste.xlsx") as part:
        xlsxwriter.Workbook(part).close()
    assert not list(tmp_path.iterdir())


def test_what_another_file_refuses_keeps_its_name(tmp_path):
    with pytest.raises(OSError, match=r"andet\.csv"), outgoing(tmp_path / "liste.csv"):
        (tmp_path / "andet.csv").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_the_terminal_shows_words_and_no_traceback(tmp_path):
    import resource

    environment = {**os.environ, "PROCUREMENT_DATA": str(tmp_path / "data"), "PROCUREMENT_KEYS": str(tmp_path / "keys")}

    def run(*words, most_bytes=resource.RLIM_INFINITY):
        limit = (most_bytes, most_bytes)
        return subprocess.run(
            [sys.executable, "-m", "procurement_kit", *words],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        )

    assert run("init", "ærø").returncode == 0
    done = run("request", "ærø", most_bytes=2000)
    assert (done.returncode, done.stdout) == (23, "")
    assert "could not be read or written" in done.stderr
    assert "To do: " in done.stderr and "Traceback" not in done.stderr
    assert run("request", "ærø").returncode == 0
