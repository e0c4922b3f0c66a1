import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from procurement_kit.classifier import peers
from procurement_kit.classifier.features import FIELDS


def rows(*texts, supplier="", at_level=None):
    made = pd.DataFrame([dict.fromkeys(FIELDS, "") | {"text": text, "supplier_key": supplier} for text in texts])
    return made if at_level is None else made.assign(at_level=at_level)


@pytest.fixture
def known():
    taxa = rows("taxa tur", "taxa nat", "taxa retur", supplier="nord", at_level="02")
    paper = rows("kopipapir a4", "farvet papir", supplier="syd", at_level="01")
    return pd.concat([taxa, paper, rows("papir", supplier="nord", at_level="01")], ignore_index=True)


def test_what_one_does_by_hand(known):
    asked = pd.concat([rows("x", supplier="syd"), rows("x", supplier="nord"), rows("x", supplier="vest")])
    assert peers.most_frequent(known, asked).best.tolist() == ["01", "01", "01"]
    assert peers.suppliers_most_frequent(known, asked).best.tolist() == ["01", "02", "01"]


def test_words_decide_and_the_fit_has_converged(known):
    said = peers.word_logistic_regression(known, rows("taxa aften", "papir a3"))
    assert said.best.tolist() == ["02", "01"]
    assert ((said.probability > 0.5) & (said.probability <= 1)).all()
    assert said.facts["converged"]
    assert said.facts["rounds"] < peers.MOST_ROUNDS


def test_one_category_needs_no_fit(known):
    said = peers.word_logistic_regression(known[known["at_level"] == "01"], rows("taxa"))
    assert (said.best.tolist(), said.probability) == (["01"], None)


def test_without_the_package_it_is_said(known, monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    assert peers.fasttext(known, rows("taxa")).not_measured == peers.NO_FASTTEXT


def test_fasttext_is_asked_with_a_list(known, monkeypatch):
    """A stand-in for the package: what it is given to learn, what it is asked, and a row it has no label for."""
    seen = {}

    class Model:
        def predict(self, texts, k):
            seen["asked"] = texts
            return [["__label__1"], []], [np.array([1.00001]), np.array([])]

    def train_supervised(input, **settings):  # noqa: A002  as the package calls it
        seen["learned"], seen["settings"] = Path(input).read_text(encoding="utf-8").splitlines(), settings
        return Model()

    monkeypatch.setitem(sys.modules, "fasttext", SimpleNamespace(train_supervised=train_supervised))
    said = peers.fasttext(known, rows("taxa", ""))
    assert seen["asked"] == ["taxa", ""]
    assert seen["learned"][:1] == ["__label__1 taxa tur"]
    assert seen["settings"]["wordNgrams"] == 2
    assert said.best.tolist() == ["02", "01"]
    assert said.probability.tolist() == [1.0, 0.0]
