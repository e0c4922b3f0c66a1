"""A town of six lines with a tree, a classifier and a spend cube of its own, small enough to review by hand."""

import json
from functools import cache

import pandas as pd
import pyarrow as pa

from procurement_kit import folders, store
from procurement_kit.classifier import storage
from procurement_kit.classifier.training import train
from procurement_kit.classifier.tree import tree_of_rows, write_own_tree
from procurement_kit.steps.spend_cube import CUBE, RECORD_FILE
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES
from tests.unit.classifier.conftest import NODES as PURCHASES
from tests.unit.classifier.conftest import TEXTS
from tests.unit.review.conftest import UNPLACED, in_cube

NODES = [*PURCHASES, ("90", None, "Ikke indkøb", "Not procurement"), ("9004", "90", "Intern handel", "Internal")]
HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'> taxa"
PAPER = {"supplier_number": "00100001", "supplier_name": "Papirhuset A/S", "account_name": "Kontorhold"}
CARS = {"supplier_number": "00100002", "supplier_name": "<b>Ærø</b> Kørsel ApS", "unit_name": "Skolen"}
SURE = {
    "category_code": "0101",
    "category_confidence": "0.95",
    "category_proposed_code": "0101",
    "category_proposed_confidence": "0.95",
}
LINES = (
    {**PAPER, **SURE, "line_text": "kopipapir a4", "net": "1000.00"},
    {**PAPER, **SURE, "line_text": "kopipapir a4", "net": "500.00"},
    {**PAPER, **UNPLACED, "line_text": "stol til kontor", "net": "9000.00", "category_proposed_code": "0102", "category_proposed_confidence": "0.40"},
    {**CARS, **UNPLACED, "line_text": HOSTILE, "net": "5000.00", "category_proposed_code": "0201", "category_proposed_confidence": "0.50"},
    {"supplier_name": "Privatperson", "supplier_key": "p:1", **UNPLACED, "line_text": "tur CPR-ABCDEFGH2345", "net": "200.00", "category_proposed_code": "0201", "category_proposed_confidence": "0.30"},
    {**CARS, "category_source": "rule", "category_code": "0202", "category_reason": "R-007", "category_confidence": "1", "line_text": "skolebus", "net": "300.00", "category_proposed_code": "0202", "category_proposed_confidence": "0.80"},
)  # fmt: skip


def labelled_rows() -> pd.DataFrame:
    rows = [
        {
            **dict.fromkeys(CLASSIFIER_FEATURES),
            "line_text": text,
            "supplier_name": f"{firm} {code} ApS",
            "category_code": code,
        }
        for code, texts in TEXTS.items()
        for text in texts
        for firm in ("Nord", "Syd", "Vest")
    ]
    return pd.DataFrame(rows, dtype=object).assign(amount=100.0, invoice_date=pd.Timestamp("2024-05-01"))


@cache
def trained():
    """A classifier that learned from `TEXTS`; made once, since training takes a second."""
    return train(labelled_rows(), tree_of_rows(NODES))


def fill_town(municipality, lines=LINES, *, with_classifier=True):
    """Let a municipality hold these lines, the tree and a classifier that learned from `TEXTS`."""
    tree = tree_of_rows(NODES)
    write_own_tree(municipality, tree, {})
    if with_classifier:
        storage.save(trained(), municipality)
    schema = store.arrow_schema(INVOICE_LINES.schema())
    with folders.staged(municipality, municipality.folder / CUBE) as folder:
        with store.parquet_parts(folder / "lines", schema) as write:
            write(pa.Table.from_pylist(in_cube(lines), schema=schema))
        folders.write_text(folder / RECORD_FILE, json.dumps({"fingerprint": "", "steps": {}, "caveats": {}}))
    return municipality
