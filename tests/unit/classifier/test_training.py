import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed

from procurement_kit.classifier import training
from procurement_kit.classifier.later_year import days_of_later_year
from procurement_kit.classifier.splits import split_lines
from procurement_kit.classifier.training import (
    COST,
    COST_OF_PHRASES,
    LABELLED,
    LEAST_WEIGHT,
    borrowed_rows,
    distinct_rows,
    labelled_pairs,
    later_year_fold,
    phrase_rows,
    train,
    training_rows,
)
from procurement_kit.errors import NoDataError, TableError
from tests.unit.classifier.conftest import TEXTS

NO_LINES = pd.DataFrame(columns=list(LABELLED))


def test_duplicates_are_one_row_with_the_most_frequent_category(tree, features_of):
    lines = features_of(*[{"line_text": text} for text in ("Papir A4", "papir, a4", "PAPIR A4", "stol")])
    lines = lines.assign(
        category_code=["0101", "0102", "0101", "0102"],
        amount=[10.0, 99.0, -5.0, 1.0],
        invoice_date=pd.to_datetime(["2024-05-01", "2024-01-01", "2023-05-01", "2024-01-01"]),
    )
    rows = distinct_rows(lines, tree)
    assert rows[["text", "category_code", "lines", "amount"]].to_numpy().tolist() == [
        ["papir a4", "0101", 2, 15.0],
        ["stol", "0102", 1, 1.0],
    ]
    assert rows["first_date"].iloc[0] == pd.Timestamp("2023-05-01")


def test_a_category_outside_the_tree_is_refused(tree, features_of):
    lines = features_of({"line_text": "x"}).assign(category_code="0111", amount=1.0, invoice_date=pd.NaT)
    with pytest.raises(TableError, match="«0111» is not in the tree"):
        distinct_rows(lines, tree)


def test_a_category_bought_in_one_text_is_learned_too(tree, labelled):
    lines = labelled[labelled["category_code"] != "0202"]
    one = lines.iloc[:1].assign(supplier_name="Vognmand Vest", line_text="skolebus rute 7", category_code="0202")
    again = train(pd.concat([lines, *[one] * 5], ignore_index=True), tree).predict(one)
    assert again["category_proposed_code"].tolist() == ["0202"]


def test_phrases_outside_the_tree_are_left_out(tree):
    phrases = pd.DataFrame({"category_code": ["0101", "9999"], "phrase_kind": "word", "phrase": ["a4", "b"]})
    rows = phrase_rows(phrases, tree)
    assert rows[["text", "amount", "is_phrase"]].to_numpy().tolist() == [["a4", 0.0, True]]


def test_names_of_categories_count_only_where_something_was_learned(tree, labelled):
    rows = training_rows(labelled[labelled["category_code"] != "0202"], tree, None)
    assert "skolebus" not in " ".join(rows["text"]) and "taxa" in set(rows["supplier"])
    assert len(rows) == 36 + 3 * 3


def test_the_card_says_what_it_learned_from(classifier):
    card = classifier.card
    assert (card["labelled_lines"], card["labelled_rows"], card["phrases"], card["classes"]) == (48, 48, 12, 4)
    assert card["last_date"] == "2025-05-01"
    assert card["rows_per_category"] == {"0101": 15, "0102": 15, "0201": 15, "0202": 15}
    assert {"scikit-learn", "skops", "python"} <= set(card["versions"])
    assert {"unseen-suppliers", "known-suppliers", "later-year"} >= set(card["accuracy"])
    assert card["basis"] == "lines"


def test_the_same_seed_gives_the_same_predictions(classifier, labelled, tree):
    again = train(labelled.sample(frac=1, random_state=1), tree)
    assert again.card["predictions_hash"] == classifier.card["predictions_hash"]
    assert again.card["training_hash"] == classifier.card["training_hash"]


def coefficients(lines, tree):
    training.WORTH_SHARING = 0
    return train(lines, tree).linear.coef_


def test_training_inside_a_worker_gives_the_same_as_ever(labelled, tree):
    random = np.random.default_rng(3)
    words = [" ".join(f"ord{n}" for n in random.integers(0, 60, 4)) for _ in range(len(labelled) * 12)]
    lines = pd.concat([labelled] * 12, ignore_index=True).assign(line_text=words)
    one, other = Parallel(n_jobs=2, backend="loky")(delayed(coefficients)(lines, tree) for _ in range(2))
    assert np.array_equal(one, other)


def test_a_cold_start_learns_from_phrases_alone_and_is_careful(tree):
    words = {"0101": "papir kopi a4 hvid karton", "0201": "taxa tur kørsel vogn chauffør"}
    phrases = pd.DataFrame(
        [(code, "word", f"{word} nr {n}") for code, text in words.items() for word in text.split() for n in (1, 2)],
        columns=["category_code", "phrase_kind", "phrase"],
    )
    classifier = train(NO_LINES, tree, phrases=phrases)
    assert (classifier.card["labelled_lines"], classifier.card["basis"]) == (0, "phrases")
    assert all(t >= 0.9 for c in classifier.calibrations.values() for t in c.thresholds.values())
    assert (classifier.areas.C, classifier.linear.C) == (COST_OF_PHRASES, COST)


def test_areas_are_held_back_only_as_long_as_phrases_are_all_there_is(classifier):
    assert COST_OF_PHRASES < COST
    assert (classifier.areas.C, classifier.linear.C) == (COST, COST)


def test_nothing_to_tell_apart_is_an_error(tree, labelled):
    with pytest.raises(NoDataError, match="fewer than two categories"):
        train(labelled[labelled["category_code"] == "0101"], tree)
    with pytest.raises(NoDataError, match="fewer than two categories"):
        train(NO_LINES, tree)


def test_the_later_year_needs_two_years_of_lines():
    dates = pd.Series(pd.to_datetime(["2023-01-01", "2024-06-01", "2025-06-01", None]))
    days = days_of_later_year(dates)
    assert later_year_fold(pd.DataFrame({"first_date": dates}), days).tolist() == [-1, -1, 0, -1]
    assert later_year_fold(pd.DataFrame({"first_date": dates[1:]}), days).tolist() == [-1, -1, -1]
    assert later_year_fold(pd.DataFrame({"first_date": dates}), None).tolist() == [-1, -1, -1, -1]


def test_the_cards_later_year_is_the_one_evaluation_tests(tree, labelled):
    """Lines in every month of 2022 to 2024 and in two of 2025: 2024 is tested, and 2025 is not learned from then."""
    months = pd.date_range("2022-01-01", "2025-02-01", freq="MS")
    dated = pd.concat([labelled.iloc[[place % 48]].assign(line_text=f"nr {place}", invoice_date=day)
                       for place, day in enumerate(months.repeat(4))], ignore_index=True)  # fmt: skip
    card = train(dated, tree).card
    split = split_lines(dated, "later-year")
    assert card["later_year"] == [split.facts["first_date_tested"], split.facts["last_date_tested"]]
    assert card["later_year"] == ["2024-01-01", "2024-12-31"]
    assert card["accuracy"]["later-year"]["1"]["rows"] == len(split.tested) == 48
    days = days_of_later_year(dated["invoice_date"])
    folds = later_year_fold(dated.rename(columns={"invoice_date": "first_date"}), days)
    assert [int((folds == fold).sum()) for fold in (-1, 0, 1)] == [96, 48, 8]


def test_a_handful_of_labels_beside_phrases_is_calibrated_on_the_phrases_too(tree, labelled, features_of):
    words = [(code, f"{text} {number}") for code, texts in TEXTS.items() for text in texts for number in range(6)]
    phrases = pd.DataFrame(words, columns=["category_code", "phrase"]).assign(phrase_kind="word")
    few = labelled.iloc[:6]
    card = train(few, tree, phrases=phrases).card
    assert card["basis"] == "phrases"
    assert list(card["accuracy"]) == ["left-out-phrases"]
    assert card["thresholds"]["new_supplier"]["1"] <= 1


def test_later_lines_weigh_more_and_never_less_than_a_tenth(tree, features_of):
    rows = features_of(*[{"line_text": text} for text in ("ny", "gammel", "ældgammel")])
    dates = pd.to_datetime(["2025-01-01", "2024-07-03", "2015-01-01"])
    pairs = labelled_pairs(rows.assign(category_code="0101", amount=1.0, invoice_date=dates), tree)
    weights = dict(zip(pairs["text"], pairs["weight"] ** 2, strict=True))
    assert weights["gammel"] / weights["ny"] == pytest.approx(0.5)
    assert weights["ældgammel"] / weights["ny"] == pytest.approx(LEAST_WEIGHT)
    assert pairs["weight"].mean() == pytest.approx(1.0)


def test_a_row_under_two_categories_stands_under_both_and_counts_as_one(tree, features_of):
    rows = features_of(*[{"line_text": "papir"}] * 3).assign(amount=1.0, invoice_date=pd.Timestamp("2025-01-01"))
    pairs = labelled_pairs(rows.assign(category_code=["0101", "0101", "0102"]), tree)
    assert list(zip(pairs["category_code"], pairs["lines"], strict=True)) == [("0101", 2), ("0102", 1)]
    assert pairs["row"].nunique() == 1


def test_what_is_known_to_the_area_only_teaches_the_area_only(tree, labelled, features_of):
    vague = features_of(*[{"line_text": f"kontorting {n}"} for n in range(6)])
    vague = vague.assign(category_code="01", amount=1.0, invoice_date=pd.Timestamp("2025-01-01"))
    classifier = train(pd.concat([labelled, vague], ignore_index=True), tree)
    assert "01" not in classifier.classes
    assert classifier.predict(features_of({"line_text": "kontorting 9"}))["category_1_best_code"].item() == "01"


def test_another_municipalitys_classifier_is_a_start_and_own_labels_outweigh_it(tree, labelled, features_of):
    own = labelled[labelled["category_code"].isin(("0101", "0201"))]
    claimed = features_of(*[{"line_text": f"hæve sænke bord {n}"} for n in range(8)], {"line_text": "kopipapir a3"})
    claimed = claimed.assign(category_code=["0102"] * 8 + ["0201"], amount=0, invoice_date=None)
    alone, helped = train(own, tree), train(own, tree, borrowed=claimed)
    asked = features_of({"line_text": "hæve sænke bord"}, {"line_text": "kopipapir a3"})
    assert "0102" not in alone.classes
    assert helped.predict(asked)["category_2_best_code"].tolist() == ["0102", "0101"]
    assert (alone.card["borrowed_rows"], helped.card["borrowed_rows"]) == (0, 9)
    assert helped.card["labelled_rows"] == alone.card["labelled_rows"]
    assert helped.known_suppliers == alone.known_suppliers


def test_what_is_known_here_or_not_in_the_tree_is_not_borrowed(tree, labelled, features_of):
    lines = labelled_pairs(labelled, tree)
    met = labelled.head(1).assign(category_code="0202")
    strange = features_of({"line_text": "noget"}).assign(category_code="9999", amount=0, invoice_date=None)
    assert len(borrowed_rows(pd.concat([met, strange], ignore_index=True), lines, tree)) == 0
