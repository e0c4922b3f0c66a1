"""Write the pins of every package into pyproject.toml and environment.yml.

Run `python .ci/pins.py` after a dependency has changed; `python .ci/pins.py --upgrade` takes the newest versions.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYPROJECT = PROJECT / "pyproject.toml"
ENVIRONMENT = PROJECT / "environment.yml"
EXPORT = [
    "uv",
    "export",
    "--quiet",
    "--no-hashes",
    "--no-emit-project",
    "--all-groups",
    "--all-extras",
    "--no-annotate",
    "--no-header",
]
BLOCK = re.compile(r"(?m)^constraint-dependencies = \[\n(?:  .*\n)*\]\n")


def exported_pins() -> list[str]:
    """What uv resolves, one `name==version ; marker` a line."""
    text = subprocess.run(EXPORT, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return [line.strip() for line in text.splitlines() if line.strip()]


def written_pins(pyproject: str) -> list[str]:
    """What pyproject.toml pins."""
    import tomllib

    return tomllib.loads(pyproject)["tool"]["uv"].get("constraint-dependencies", [])


def environment_text(pins: list[str]) -> str:
    """The conda environment: Python and pip from conda, everything else by the pins."""
    rows = [f'      - "{pin}"' for pin in pins]
    head = [
        "name: procurement_kit",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        "  - python=3.11",
        "  - pip",
        "  - pip:",
    ]
    return "\n".join([*head, *rows, "      - -e .", ""])


def main() -> None:
    """Resolve, then write both files."""
    text = PYPROJECT.read_text(encoding="utf-8")
    without = BLOCK.sub("", text, count=1)
    if "--upgrade" in sys.argv:
        PYPROJECT.write_text(without, encoding="utf-8")
        (PROJECT / "uv.lock").unlink(missing_ok=True)
    pins = exported_pins()
    block = "constraint-dependencies = [\n" + "".join(f'  "{pin}",\n' for pin in pins) + "]\n"
    PYPROJECT.write_text(without.replace("[tool.uv]\n", f"[tool.uv]\n{block}", 1), encoding="utf-8")
    ENVIRONMENT.write_text(environment_text(pins), encoding="utf-8")


if __name__ == "__main__":
    main()
