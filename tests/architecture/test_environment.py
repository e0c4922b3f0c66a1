"""Does environment.yml install with plain pip, as conda would do it?"""

import os
import subprocess
import sys

import pytest
import yaml


def test_the_pip_section_installs_and_the_command_runs(project, tmp_path):
    if not os.environ.get("CI"):
        pytest.skip("installs 1.7 GB into a fresh environment: runs where CI is set")
    pip_section = yaml.safe_load((project / "environment.yml").read_text(encoding="utf-8"))["dependencies"][-1]["pip"]
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("\n".join(pip_section).replace("-e .", f"-e {project}") + "\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "-r", str(wanted)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert subprocess.run([str(python), "-m", "pip", "check"], capture_output=True, text=True).returncode == 0
    answer = subprocess.run([str(python), "-m", "procurement_kit", "doctor", "--json"], capture_output=True, text=True)
    assert '"engines": ["duckdb"' in answer.stdout
