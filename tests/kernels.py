"""Ends the notebook kernels this process has started, directly or through JupyterLab."""

from contextlib import suppress

import psutil


def kill_kernels():
    """End each kernel as a machine without memory would; JupyterLab, a child of this process, starts another."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile, also one not yet buried
            if any("ipykernel_launcher" in word for word in process.cmdline()):
                process.kill()
