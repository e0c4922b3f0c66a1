"""Does an explanation sum to the score, and does it name the words a person would name?"""

import numpy as np
import pytest

from procurement_kit.classifier.explanations import explain, word_shares
from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.model import FieldPart
from procurement_kit.classifier.training import train
from procurement_kit.errors import ParameterError, TableError

LINES = (
    {"line_text": "kopipapir a4 hvidt", "supplier_name": "Nord 0101 ApS"},
    {"line_text": "taxa taxa til stol", "supplier_name": "Ukendt Firma"},
    {"line_text": "skolebus rute tre", "account_name": "kørsel", "unit_name": "Skolen", "unit_code": "EA"},
    {"item_name": "Ærø papir", "line_text": "papir til printer", "item_unspsc_code": "14111507"},
    {"line_text": "ganske ubekendt"},
)


def own_scores(classifier, features):
    """What the classifier itself says of each category: its score and its area's."""
    scores = classifier.all_scores(clean_features(features))
    whole = scores.classes[0] + scores.areas[0, classifier.levels.area_of_class]
    return dict(zip(classifier.classes, whole, strict=True))


def vectoriser_part(field="text", **settings):
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["kopipapir a4 hvidt", "papir a4", "taxa til stol"]
    return FieldPart(field, TfidfVectorizer(dtype=np.float32, lowercase=False, **settings).fit(texts), 1.0)


@pytest.mark.parametrize("line", LINES)
def test_starts_and_pulls_sum_to_the_classifiers_own_scores(classifier, features_of, line):
    features = features_of(line)
    told, own = explain(classifier, features), own_scores(classifier, features)
    assert told.best_score == pytest.approx(own[told.best_code], abs=1e-6)
    assert told.runner_up_score == pytest.approx(own[told.runner_up_code], abs=1e-6)


@pytest.mark.parametrize("line", LINES)
def test_what_is_there_before_a_word_is_read_is_the_intercept(classifier, features_of, line):
    """So that the sum cannot come out right by putting into the start what the words lack."""
    told, bare = explain(classifier, features_of(line)), own_scores(classifier, features_of({}))
    assert told.best_start == pytest.approx(bare[told.best_code], abs=1e-9)
    assert told.runner_up_start == pytest.approx(bare[told.runner_up_code], abs=1e-9)


def test_each_field_adds_what_its_parts_score(classifier, features_of):
    features = features_of(LINES[2])
    fields, told = clean_features(features), explain(classifier, features)
    best, expected = classifier.classes.index(told.best_code), {}
    for field in {part.field for part in classifier.parts}:
        added = classifier.split(classifier.field_scores(field, [fields[field].iloc[0]]))
        expected[field] = added.classes[0, best] + added.areas[0, classifier.levels.area_of_class[best]]
    for field, (best_sum, _) in told.by_field().items():
        assert best_sum == pytest.approx(expected[field], abs=1e-6)
    assert {field for field, score in expected.items() if abs(score) > 1e-9} <= set(told.by_field())


def test_the_two_are_the_most_probable_with_their_probabilities(classifier, features_of):
    features = features_of({"line_text": "kopipapir a4"})
    told = explain(classifier, features)
    found = classifier.propose(features, count=2)
    assert [told.best_code, told.runner_up_code] == found["category_code"].tolist()
    assert [told.best_probability, told.runner_up_probability] == pytest.approx(found["probability"].tolist())


def test_the_word_that_says_it_speaks_most_for_it(classifier, features_of):
    told = explain(classifier, features_of({"line_text": "taxa til læge"}))
    assert told.best_code == "0201"
    assert (told.pulls[0].field, told.pulls[0].word) == ("text", "taxa")
    assert told.pulls[0].best > max(0, told.pulls[0].runner_up)
    assert [pull.lead for pull in told.pulls] == sorted((pull.lead for pull in told.pulls), reverse=True)


def test_the_same_word_in_two_fields_is_kept_apart(classifier, features_of):
    told = explain(classifier, features_of({"line_text": "kopipapir", "account_name": "Kopipapir"}))
    assert {pull.field for pull in told.pulls if pull.word == "kopipapir"} >= {"text", "account"}


def test_whether_the_supplier_was_met_in_training_is_said(classifier, features_of):
    known = explain(classifier, features_of({"supplier_name": "Nord 0101", "line_text": "taxa"}))
    new = explain(classifier, features_of({"supplier_name": "Øst", "line_text": "taxa"}))
    assert (known.is_known_supplier, new.is_known_supplier) == (True, False)


def test_without_words_nothing_pulls(classifier, features_of):
    told = explain(classifier, features_of({}))
    assert told.pulls == ()
    assert told.best_score == told.best_start


def test_two_categories_for_which_one_row_of_coefficients_is_kept(labelled, tree, features_of):
    two = train(labelled[labelled["category_code"].isin(["0101", "0201"])], tree)
    features = features_of({"line_text": "kopipapir a4"})
    told, own = explain(two, features), own_scores(two, features)
    assert told.best_score == pytest.approx(own[told.best_code], abs=1e-6)
    assert sum(pull.best for pull in told.pulls) == pytest.approx(-sum(pull.runner_up for pull in told.pulls), abs=1e-5)


def test_more_than_one_row_and_missing_columns_are_refused(classifier, features_of):
    with pytest.raises(ParameterError, match="2 rows"):
        explain(classifier, features_of({}, {}))
    with pytest.raises(TableError, match="missing"):
        explain(classifier, features_of({})[["line_text"]])


# --- which words hold a feature -------------------------------------------------------------------------------------


def shares_by_name(part, text):
    names = part.vectoriser.get_feature_names_out()
    return {names[column]: dict(shares) for column, shares in word_shares(part, text).items()}


def test_a_pair_of_words_counts_for_both():
    part = vectoriser_part(ngram_range=(1, 2), token_pattern=r"\S+")
    shares = shares_by_name(part, "kopipapir a4")
    assert shares == {"kopipapir": {"kopipapir": 1}, "a4": {"a4": 1}, "kopipapir a4": {"kopipapir": 0.5, "a4": 0.5}}


def test_letters_in_a_row_count_for_the_words_that_hold_them():
    part = vectoriser_part(analyzer="char_wb", ngram_range=(5, 5))
    shares = shares_by_name(part, "kopipapir papir papir")
    assert shares["papir"] == {"kopipapir": pytest.approx(1 / 3), "papir": pytest.approx(2 / 3)}
    assert shares[" kopi"] == {"kopipapir": 1}


def test_letters_across_a_space_count_for_the_words_beside_it():
    part = vectoriser_part(analyzer="char", ngram_range=(3, 3))
    assert shares_by_name(part, "papir a4")["r a"] == {"papir": 0.5, "a4": 0.5}


@pytest.mark.parametrize(
    "settings",
    [
        {"ngram_range": (1, 2), "token_pattern": r"\S+"},
        {"analyzer": "char_wb", "ngram_range": (3, 5)},
        {"analyzer": "char", "ngram_range": (2, 4)},
    ],
)
def test_shares_of_every_feature_in_the_text_sum_to_one(settings):
    part = vectoriser_part(**settings)
    shares = word_shares(part, "papir a4 til taxa a4")
    assert set(shares) == set(part.vectoriser.transform(["papir a4 til taxa a4"]).indices)
    assert [sum(of.values()) for of in shares.values()] == pytest.approx([1.0] * len(shares))


def test_where_all_lies_in_one_area_the_categories_own_scores_are_all_there_is(labelled, tree, features_of):
    one = train(labelled[labelled["category_code"].isin(["0101", "0102"])], tree)
    features = features_of({"line_text": "kopipapir a4"})
    assert one.areas is None
    told, own = explain(one, features), own_scores(one, features)
    assert told.best_score == pytest.approx(own[told.best_code], abs=1e-6)
