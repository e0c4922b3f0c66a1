import pandas as pd
import pytest

from procurement_kit.classifier.evaluation import MEASURED, evaluate
from procurement_kit.errors import NoDataError, ParameterError

OURS = {
    *MEASURED, "ece_by_chance", "too_few", "all_lines", "without_largest", "text", "promise", "confusions", "calibration_curve",
}  # fmt: skip


def test_a_later_year_is_measured_beside_its_peers(labelled, tree):
    found = evaluate(labelled, tree, split="later-year", level=1)
    assert (found["split"], found["level"], found["lines"], found["duplicates_removed"]) == ("later-year", 1, 12, 0)
    assert set(found["ours"]) == OURS
    assert found["peers"]["suppliers_most_frequent_category"]["accuracy_lines"] == 1.0
    assert found["peers"]["most_frequent_category"]["accuracy_lines"] == 0.5
    words = found["peers"]["word_tfidf_logistic_regression"]
    assert set(MEASURED) <= set(words)
    assert words["converged"]
    ahead = found["peers"]["most_frequent_category"]["ours_ahead"]
    gap = found["ours"]["accuracy_lines"] - found["peers"]["most_frequent_category"]["accuracy_lines"]
    assert ahead["lines"]["by"] == pytest.approx(gap)
    assert ahead["lines"]["from"] <= ahead["lines"]["by"] <= ahead["lines"]["to"]
    assert "ours_ahead" not in found["ours"]
    assert words["ece"] is not None


def test_lines_seen_in_training_count_among_all_lines_only(labelled, tree):
    again = labelled.iloc[:4].assign(invoice_date=labelled["invoice_date"].max())
    repeated = pd.concat([labelled, again], ignore_index=True)
    found = evaluate(repeated, tree, split="later-year", peers=False)
    assert (found["lines"], found["duplicates_removed"], found["peers"]) == (12, 4, {})
    assert found["ours"]["all_lines"]["lines"] == found["lines_tested"] == 16


def test_all_lines_weigh_a_repeated_line_as_often_as_it_came(labelled, tree):
    right = labelled[labelled["line_text"].eq("taxa til læge")].assign(invoice_date=pd.Timestamp(2025, 5, 1))
    many = pd.concat([labelled, *[right.iloc[[0]].assign(line_text="helt nyt", supplier_name="Ukendt")] * 12])
    frequent = evaluate(many, tree, split="later-year", level=1)["peers"]["most_frequent_category"]
    assert frequent["accuracy_lines"] == pytest.approx(6 / 13, abs=1e-4)
    assert frequent["all_lines"]["accuracy_lines"] == 0.25
    assert frequent["all_lines"]["accuracy_amount"] == 0.25


def test_unseen_suppliers_share_no_supplier_with_training(labelled, tree):
    found = evaluate(labelled, tree, level=2)
    assert found["lines"] == 12
    by_hand, frequent = (found["peers"][n] for n in ("suppliers_most_frequent_category", "most_frequent_category"))
    assert by_hand["accuracy_lines"] == frequent["accuracy_lines"]


def test_without_amounts_the_figures_of_kroner_are_empty(labelled, tree):
    found = evaluate(labelled.assign(amount=None), tree, split="later-year")
    for who in (found["ours"], found["peers"]["most_frequent_category"]):
        assert (who["accuracy_amount"], who["coverage_at_95"], who["all_lines"]["accuracy_amount"]) == (None,) * 3
        assert who["accuracy_lines"] is not None
    assert found["ours"]["promise"]["claimed_amount_share"] is None


def test_the_same_seed_gives_the_same_figures(labelled, tree):
    assert evaluate(labelled, tree, level=2, peers=False) == evaluate(labelled, tree, level=2, peers=False)


def test_buyers_are_needed_to_split_by_them(labelled, tree):
    with pytest.raises(NoDataError, match="name no buyer"):
        evaluate(labelled, tree, split="unseen-buyers")
    several = labelled.assign(municipality_name=["nord", "syd", "øst", "vest"] * 12)
    assert evaluate(several, tree, split="unseen-buyers", peers=False)["lines"] == 12


def test_wrong_choices_are_refused(labelled, tree):
    with pytest.raises(ParameterError, match="random split is not quoted"):
        evaluate(labelled, tree, split="random")
    with pytest.raises(ParameterError, match="is not a level"):
        evaluate(labelled, tree, level=4)
    with pytest.raises(NoDataError, match="No line is left"):
        evaluate(labelled, tree, level=3)
    with pytest.raises(NoDataError, match="no labelled line"):
        evaluate(labelled.iloc[:0], tree)
