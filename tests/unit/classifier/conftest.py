"""A small tree and labelled lines that one can follow by hand."""

import pandas as pd
import pytest

from procurement_kit.classifier.training import train
from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.tables import CLASSIFIER_FEATURES

NODES = [
    ("01", None, "Kontor", "Office"),
    ("0101", "01", "Kopipapir", "Copy paper"),
    ("0102", "01", "Kontorstole", "Office chairs"),
    ("02", None, "Kørsel", "Transport"),
    ("0201", "02", "Taxa", "Taxi"),
    ("0202", "02", "Skolebus", "School bus"),
]
TEXTS = {
    "0101": ("kopipapir a4 hvidt", "papir til printer", "kopipapir a3", "farvet papir"),
    "0102": ("kontorstol sort", "stol med armlæn", "kontorstol blå", "stol til møderum"),
    "0201": ("taxa til læge", "taxakørsel aften", "taxa retur", "tur med taxa"),
    "0202": ("skolebus rute tre", "buskørsel svømning", "skolebus morgen", "bus til lejrskole"),
}


@pytest.fixture(scope="session")
def tree():
    return tree_of_rows(NODES)


def feature_rows(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(CLASSIFIER_FEATURES) | row for row in rows], dtype=object)


@pytest.fixture(scope="session")
def features_of():
    return feature_rows


@pytest.fixture(scope="session")
def labelled():
    """Four categories, four texts each, from three suppliers over three years: 48 distinct lines of 100 kroner."""
    rows, codes, dates = [], [], []
    for code, texts in TEXTS.items():
        for number, text in enumerate(texts):
            for firm in ("Nord", "Syd", "Vest"):
                rows.append({"line_text": text, "supplier_name": f"{firm} {code} ApS"})
                codes.append(code)
                dates.append(f"{2022 + number}-05-01")
    return feature_rows(*rows).assign(category_code=codes, amount=100.0, invoice_date=pd.to_datetime(dates))


@pytest.fixture(scope="session")
def classifier(labelled, tree):
    return train(labelled, tree)
