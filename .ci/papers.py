"""Write the column part of GLOSSARY.md and the blank tables in data_templates/ from the list of columns.

Run `uv run python .ci/papers.py` after tables.py has changed.
"""

from pathlib import Path

from procurement_kit.review.audit_tables import DRAWN
from procurement_kit.tables import TABLES
from procurement_kit.templates import write_templates

PROJECT = Path(__file__).resolve().parent.parent
MARK = "<!-- columns: made from tables.py -->\n"


def column_part() -> str:
    """Every column of every table: name, heading, type, who adds it, meaning, allowed values."""
    parts = []
    for table in (*TABLES, *DRAWN):
        parts += [f"### {table.heading} (`{table.name}`)", "", table.meaning, ""]
        parts += ["| column | Danish heading | type | added by | meaning |", "|---|---|---|---|---|"]
        for c in table.columns:
            allowed = f" One of: {', '.join(c.allowed)}." if c.allowed else ""
            parts.append(
                f"| `{c.name}` | {c.heading} | {c.type} | {c.added_by} | {c.meaning}{allowed} |".replace("|.", "\\|.")
            )
        parts.append("")
    return "\n".join(parts)


def main() -> None:
    """Rewrite both."""
    glossary = PROJECT / "GLOSSARY.md"
    text = glossary.read_text(encoding="utf-8").split(MARK)[0]
    glossary.write_text(text + MARK + column_part(), encoding="utf-8")
    write_templates(PROJECT / "data_templates")


if __name__ == "__main__":
    main()
