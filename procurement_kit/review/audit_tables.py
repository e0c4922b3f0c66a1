"""Which columns do the drawn samples have, and how are they kept in a municipality's folder?

Three tables that the kit writes and reads: the lines of an audit sample with their judgement, the whole they were drawn
from, and the lines two labellers get. They are CSV that opens in Excel; nobody fills them in by hand.
"""
# ruff: noqa: E501  one column per line reads better than a wrapped list

import csv
import io
from collections.abc import Iterable, Mapping

from procurement_kit import folders
from procurement_kit.columns import DATE, FLAG, KRONER, TEXT, WHOLE, Column, Table
from procurement_kit.decision_log import bare_cell, csv_cell
from procurement_kit.settings import Municipality
from procurement_kit.tables import LABELLED_LINES
from procurement_kit.templates import read_template

STRATA = ("certain", "sampled", "no_kroner")
JUDGEMENTS = ("known", "undecidable")

AUDIT_SAMPLE = Table("audit_sample", "Stikprøve", "Lines drawn by kroner to be judged, and what was judged of them.", (
    Column("period", TEXT, "Periode", "Period the sample was drawn from.", required=True),
    Column("audit_number", WHOLE, "Nr.", "Place in the list; the sampled ones stand in random order.", required=True),
    Column("line_id", TEXT, "Linje-id", "Identity of the line.", required=True),
    Column("audit_stratum", TEXT, "Trukket", "Taken whole because of its size, or sampled.", required=True, allowed=STRATA[:2]),
    Column("net_amount", KRONER, "Beløb ekskl. moms", "Net amount of the line.", required=True),
    Column("inclusion_probability", "decimal(18,12)", "Chance", "Chance of the line to be drawn.", required=True),
    Column("category_code", TEXT, "Kategori ved trækning", "Category when the sample was drawn; empty where none was claimed."),
    Column("judgement", TEXT, "Bedømt", "Whether the right category could be told; empty where nobody has judged.", allowed=JUDGEMENTS),
    Column("judged_category_code", TEXT, "Rigtig kategori", "Category that is right, as deep as it was told."),
    Column("judged_by", TEXT, "Bedømt af (funktion)", "Function, never a name."),
    Column("judged_date", DATE, "Dato", "When."),
    Column("drawn_date", DATE, "Trukket den", "When the sample was drawn.", required=True),
    Column("audit_seed", WHOLE, "Frø", "Seed of the draw.", required=True),
), key=("period", "line_id"))  # fmt: skip

AUDIT_FRAME = Table("audit_frame", "Stikprøvens grundlag", "Lines and kroner a sample was drawn from.", (
    Column("period", TEXT, "Periode", "Period.", required=True),
    Column("audit_stratum", TEXT, "Trukket", "Part of the draw.", required=True, allowed=STRATA),
    Column("category_code", TEXT, "Kategori ved trækning", "Category when the sample was drawn; empty where none was claimed."),
    Column("is_credit", FLAG, "Kredit", "Lines with a negative amount.", required=True),
    Column("line_count", WHOLE, "Linjer", "Lines.", required=True),
    Column("net_amount", "decimal(38,2)", "Beløb ekskl. moms", "Sum of their net amounts.", required=True),
), key=("period", "audit_stratum", "category_code", "is_credit"))  # fmt: skip

PRINTED = LABELLED_LINES.columns[:-1]
LABELLING_SAMPLE = Table("labelling_sample", "Linjer til to mærkere", "Distinct lines drawn by kroner that two persons label.", (
    Column("labelling_id", TEXT, "Linje", "Identity of the distinct line.", required=True),
    *PRINTED,
    Column("line_count", WHOLE, "Linjer", "Lines that are printed so.", required=True),
    Column("net_amount", KRONER, "Beløb ekskl. moms", "Sum of their net amounts.", required=True),
    Column("stands_for_amount", KRONER, "Står for", "Kroner of all lines that it stands for, credits by size.", required=True),
), key=("labelling_id",))  # fmt: skip
DRAWN = (AUDIT_SAMPLE, AUDIT_FRAME, LABELLING_SAMPLE)


def read_kept(municipality: Municipality, table: Table) -> list[dict]:
    """The rows of `<table>.csv` in a municipality's folder; none where there is no such file.

    Raises
    ------
    TableError, FileFormatError
        If the file was changed by hand and cannot be read.
    """
    path = municipality.folder / f"{table.name}.csv"
    if not path.is_file():
        return []
    rows = read_template(path, table).to_pylist()
    return [{name: bare_cell(value) for name, value in row.items()} for row in rows]


def write_kept(municipality: Municipality, table: Table, rows: Iterable[Mapping]) -> None:
    """Write `<table>.csv` whole, under the municipality's lock."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.heading for column in table.columns])
    writer.writerows([csv_cell(row.get(name)) for name in table.names] for row in rows)
    with folders.locked(municipality):
        folders.write_text(municipality.folder / f"{table.name}.csv", "\ufeff" + out.getvalue())
