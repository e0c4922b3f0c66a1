"""What does the classifier propose for the groups to review?"""

import pandas as pd
import pytest

from procurement_kit.classifier import storage, training
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.review.proposals import BEST_COLUMNS, best_codes, proposed
from procurement_kit.review.queue import lines_to_review
from procurement_kit.tables import CLASSIFIER_FEATURES
from tests.unit.review.conftest import CHAIRS, PAPER


def test_the_best_three_stand_side_by_side():
    class Model:
        def propose(self, features, *, count):
            rows = [(0, 1, "18", 0.6), (0, 2, "19", 0.3), (1, 1, "20", 0.9), (1, 2, "18", 0.1)]
            return pd.DataFrame(rows, columns=["row", "rank", "category_code", "probability"])

    table = proposed(Model(), pd.DataFrame(index=range(2)))
    assert list(table["best_1_code"]) == ["18", "20"]
    assert list(table["best_2_probability"]) == [0.3, 0.1]
    assert table["best_3_code"].isna().all()


def test_without_a_classifier_nothing_is_proposed(cubed):
    municipality = cubed({**PAPER, "net": "1.00"})
    found = best_codes(municipality, pd.Series(["L0001"]))
    assert list(found.columns) == list(BEST_COLUMNS)
    assert found.isna().all(axis=None)


def test_a_trained_classifier_proposes_for_the_line_with_most_kroner(cubed):
    rows = [
        dict.fromkeys(CLASSIFIER_FEATURES) | {"supplier_name": name, "item_name": f"{text} {n}"}
        for name, text in (("Papirhuset A/S", "kopipapir"), ("Stolefabrikken", "stole"))
        for n in ("stor", "lille", "hvid", "ny", "brugt", "blå")
    ]
    labelled = pd.DataFrame(rows, dtype=object).assign(amount=1.0, invoice_date=pd.Timestamp("2025-01-01"))
    labelled["category_code"] = ["1801"] * 6 + ["1802"] * 6
    no_phrases = pd.DataFrame(columns=["category_code", "phrase_kind", "phrase"])
    municipality = cubed({**PAPER, "net": "1.00"}, {**CHAIRS, "net": "5.00"})
    storage.save(training.train(labelled, standard_tree(), phrases=no_phrases), municipality)
    groups = lines_to_review(municipality).set_index("text")
    assert (groups["best_1_code"]["Kopipapir"], groups["best_1_code"]["Stole"]) == ("1801", "1802")
    assert groups["best_1_probability"]["Stole"] >= groups["best_2_probability"]["Stole"]
    assert groups[["best_1_probability", "best_2_probability"]].sum(axis=1).tolist() == pytest.approx([1, 1])
