import pandas as pd
import pytest

from procurement_kit.classifier.evaluation import evaluate
from procurement_kit.errors import NoDataError, ParameterError

MEASURES = {"accuracy_lines", "accuracy_amount", "macro_f1", "ece", "coverage_at_95"}


def test_a_later_year_is_measured_beside_its_peers(labelled, tree):
    found = evaluate(labelled, tree, split="later-year", level=1)
    assert (found["split"], found["level"], found["lines"], found["duplicates_removed"]) == ("later-year", 1, 12, 0)
    assert set(found["ours"]) == MEASURES
    assert found["peers"]["suppliers_most_frequent_category"]["accuracy_lines"] == 1.0
    assert found["peers"]["most_frequent_category"]["accuracy_lines"] == 0.5
    assert set(found["peers"]["word_tfidf_logistic_regression"]) == MEASURES


def test_lines_seen_in_training_are_not_measured(labelled, tree):
    again = labelled.iloc[:4].assign(invoice_date=labelled["invoice_date"].max())
    repeated = pd.concat([labelled, again], ignore_index=True)
    found = evaluate(repeated, tree, split="later-year", peers=False)
    assert (found["lines"], found["duplicates_removed"], found["peers"]) == (12, 4, {})


def test_unseen_suppliers_share_no_supplier_with_training(labelled, tree):
    found = evaluate(labelled, tree, level=2)
    assert found["lines"] == 12
    by_hand, frequent = (found["peers"][n] for n in ("suppliers_most_frequent_category", "most_frequent_category"))
    assert by_hand["accuracy_lines"] == frequent["accuracy_lines"]


def test_buyers_are_needed_to_split_by_them(labelled, tree):
    with pytest.raises(NoDataError, match="no column municipality_name"):
        evaluate(labelled, tree, split="unseen-buyers")
    several = labelled.assign(municipality_name=["nord", "syd", "øst", "vest"] * 12)
    assert evaluate(several, tree, split="unseen-buyers", peers=False)["lines"] == 12


def test_wrong_choices_are_refused(labelled, tree):
    with pytest.raises(ParameterError, match="is not a split"):
        evaluate(labelled, tree, split="random")
    with pytest.raises(ParameterError, match="is not a level"):
        evaluate(labelled, tree, level=4)
    with pytest.raises(NoDataError, match="No line is left"):
        evaluate(labelled, tree, level=3)
    with pytest.raises(NoDataError, match="no labelled line"):
        evaluate(labelled.iloc[:0], tree)
