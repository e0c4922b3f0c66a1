import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from procurement_kit.classifier import evaluation
from procurement_kit.classifier.accuracy_finding import finding_of
from procurement_kit.classifier.explanations import explain
from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.relabelling import (
    DATED,
    FEWEST_ROWS,
    UNCHANGED,
    WEIGHT,
    HalfYears,
    half_year_starts,
    half_years_apart,
    relabelled_share,
    with_half_years,
)
from procurement_kit.classifier.scoring import TableScorer
from procurement_kit.classifier.splits import rows_tested, split_lines
from procurement_kit.classifier.storage import load_classifier, write_classifier
from procurement_kit.classifier.training import fit_linear, train
from procurement_kit.publishing.sentences import show
from procurement_kit.tables import CLASSIFIER_FEATURES
from tests.unit.classifier.conftest import feature_rows

DAYS = ("2022-02-01", "2022-09-01", "2023-02-01", "2023-09-01")
TEXTS = [f"{what} {size} {colour}" for what in ("papir", "karton", "blok", "kuvert") for size in range(10, 50, 4)
         for colour in ("hvid", "grøn", "rød")]  # fmt: skip


def lines_of(code_of, texts=TEXTS, days=DAYS, suppliers=("Nord", "Syd", "Vest", "Øst")):
    """Two lines of each text on each day, from suppliers in turn; labelled by `code_of(number, day)`."""
    rows, codes, dates = [], [], []
    for number, text in enumerate(texts):
        for day in days:
            for _ in range(2):
                rows.append({"line_text": text, "supplier_name": suppliers[number % len(suppliers)]})
                codes.append(code_of(number, day))
                dates.append(day)
    return feature_rows(*rows).assign(category_code=codes, amount=100.0, invoice_date=pd.to_datetime(dates))


@pytest.fixture(scope="module")
def renamed():
    """Paper is 0101 until 2022 and 0102 from 2023; taxis stay where they are."""
    paper = lines_of(lambda _, day: "0101" if day < "2023" else "0102")
    taxis = lines_of(lambda *_: "0201", texts=[f"taxa {n}" for n in range(30)], suppliers=("Taxa A", "Taxa B"))
    return pd.concat([paper, taxis], ignore_index=True)


@pytest.fixture(scope="module")
def classifier(renamed, tree):
    return train(renamed, tree)


def row(features_of, text="papir 10 hvid", supplier="Nord"):
    return features_of({"line_text": text, "supplier_name": supplier})


def test_lines_relabelled_in_another_half_year_are_counted(tree):
    # of the six pairs of half-years four differ, and no pair of lines within one
    assert relabelled_share(lines_of(lambda _, day: "0101" if day < "2023" else "0102"), tree) == pytest.approx(4 / 6)
    assert relabelled_share(lines_of(lambda *_: "0101"), tree) == 0.0


def test_what_differs_within_a_half_year_too_is_no_change(tree):
    lines = lines_of(lambda *_: "0101")
    lines["category_code"] = ["0101", "0102"] * (len(lines) // 2)
    assert relabelled_share(lines, tree) == pytest.approx(0.5 - 1.0)
    assert half_year_starts(lines, tree) == ()


def test_a_category_said_more_exactly_is_no_change(tree):
    assert relabelled_share(lines_of(lambda _, day: "01" if day < "2023" else "0102"), tree) == 0.0


def test_few_repeated_rows_tell_nothing(tree):
    few = lines_of(lambda _, day: "0101" if day < "2023" else "0102", texts=TEXTS[: FEWEST_ROWS - 1])
    assert relabelled_share(few, tree) == 0.0


def test_half_years_count_from_the_second_on(renamed, tree):
    assert half_year_starts(renamed, tree) == ("2022-07-01", "2023-01-01", "2023-07-01")


def test_undated_lines_neither_hinder_nor_count(renamed, tree):
    undated = renamed.assign(invoice_date=pd.NaT)
    assert half_year_starts(undated, tree) == ()
    assert half_year_starts(pd.concat([renamed, undated], ignore_index=True), tree) == half_year_starts(renamed, tree)


def test_a_half_year_is_a_feature_that_stays_on():
    dates = pd.Series(pd.to_datetime(["2022-06-30", "2022-07-01", "2023-05-01", None]))
    found = with_half_years(sparse.csr_matrix(np.ones((4, 1))), dates, ("2022-07-01", "2023-01-01")).toarray()
    assert found.tolist() == [[1, 0, 0], [1, WEIGHT, 0], [1, WEIGHT, WEIGHT], [1, WEIGHT, WEIGHT]]


@pytest.mark.parametrize("codes", [["0101", "0102"] * 3, ["0101", "0102", "0201"] * 2])
def test_newest_scores_and_steps_are_those_that_were_fitted(codes):
    starts, dates = (
        ("2022-07-01", "2023-01-01"),
        pd.Series(pd.to_datetime(["2022-01-01", "2022-08-01", "2023-02-01"] * 2)),
    )
    matrix = sparse.csr_matrix(np.random.default_rng(0).random((6, 4)))
    dated = with_half_years(matrix, dates, starts)
    fitted = fit_linear(dated, np.array(codes), np.ones(6), 0)
    linear, areas, half_years = half_years_apart(fitted, fitted, starts)
    assert linear.coef_.shape[1] == matrix.shape[1]
    assert areas.intercept_.tolist() == linear.intercept_.tolist()
    behind = half_years.behind(dates)[:, : half_years.steps.shape[1] // 2]
    newest = linear.decision_function(matrix)
    expected = fitted.decision_function(dated)
    if expected.ndim == 1:
        newest, expected = (np.column_stack([-scores, scores]) for scores in (newest, expected))
    assert np.allclose(newest + behind, expected, atol=1e-6)


def test_without_half_years_nothing_is_changed(labelled, tree):
    classifier = train(labelled, tree)
    assert classifier.half_years is UNCHANGED
    assert classifier.card["half_year_starts"] == []
    fields = clean_features(labelled)
    dated = classifier.scores(fields.assign(dated=labelled["invoice_date"]))
    assert (dated == classifier.scores(fields)).all()


def test_one_area_has_a_column_of_steps_too():
    linear = fit_linear(sparse.csr_matrix(np.eye(6)), np.array(["a", "b", "c"] * 2), np.ones(6), 0)
    assert half_years_apart(linear, None, ("2022-07-01",))[2].steps.shape == (1, 4)


def test_a_line_is_placed_as_lines_are_labelled_last(classifier, features_of):
    assert classifier.predict(row(features_of))["category_proposed_code"].tolist() == ["0102"]


def test_a_dated_row_is_placed_as_it_was_labelled_then(classifier, features_of):
    fields = clean_features(row(features_of))
    best = [
        classifier.classes[classifier.probabilities(fields.assign(**{DATED: pd.Timestamp(day)}))[0].argmax()]
        for day in ("2022-03-01", "2022-06-30", "2023-07-01", "2030-01-01")
    ]
    assert best == ["0101", "0101", "0102", "0102"]


def test_what_did_not_change_stays_in_its_place_at_any_time(classifier, features_of):
    fields = clean_features(row(features_of, "taxa 5", "Taxa A"))
    for day in DAYS:
        shares = classifier.probabilities(fields.assign(**{DATED: pd.Timestamp(day)}))
        assert classifier.classes[shares[0].argmax()] == "0201"


def test_whole_tables_are_placed_as_single_rows_are(classifier, renamed):
    import pyarrow as pa

    features = renamed[list(CLASSIFIER_FEATURES)].drop_duplicates(ignore_index=True)
    placed = TableScorer(classifier).place(pa.Table.from_pandas(features.astype("string"), preserve_index=False))
    predicted = classifier.predict(features)
    coded = classifier.levels.coded("proposed", placed["proposed"])
    assert coded.tolist() == predicted["category_proposed_code"].tolist()
    assert np.allclose(placed["proposed_confidence"], predicted["category_proposed_confidence"], atol=1e-9, rtol=0)


def test_explanations_still_add_up(classifier, features_of):
    features = row(features_of)
    found = explain(classifier, features)
    scores = classifier.all_scores(clean_features(features))
    place = classifier.classes.index(found.best_code)
    area = list(classifier.levels.areas).index(found.best_code[:2])
    assert found.best_score == pytest.approx(scores.classes[0, place] + scores.areas[0, area], abs=1e-6)


def test_half_years_are_kept_with_the_classifier(classifier, renamed, tmp_path):
    write_classifier(classifier, tmp_path / "kept")
    again = load_classifier(tmp_path / "kept")
    assert again.half_years.starts == classifier.half_years.starts
    assert (again.half_years.steps == classifier.half_years.steps).all()
    fields = clean_features(renamed).assign(dated=renamed["invoice_date"])
    assert (again.probabilities(fields) == classifier.probabilities(fields)).all()


def test_scores_of_earlier_times_add_up_step_by_step():
    half_years = HalfYears(("2022-07-01", "2023-01-01"), np.array([[1.0, 0.0], [0.5, -2.0]]))
    dates = pd.Series(pd.to_datetime(["2022-01-01", "2022-10-01", "2023-01-01"]))
    assert half_years.behind(dates).tolist() == [[-1.5, 2.0], [-0.5, 2.0], [0.0, 0.0]]


def test_the_day_of_a_tested_row_does_not_hang_on_its_category(tree, renamed):
    split = split_lines(renamed, "unseen-suppliers")
    rows = rows_tested(split, tree)
    middle = rows.groupby(["text", "supplier_key"])[DATED].nunique()
    assert (middle == 1).all()
    assert rows[DATED].notna().all()


def test_evaluation_says_what_is_right_if_all_are_placed_as_labelled_last(tree):
    suppliers = tuple(f"Firma {n}" for n in range(8))
    halves = lines_of(lambda _, day: "0101" if day < "2023" else "0102", suppliers=suppliers, days=DAYS[:1] + DAYS[3:])
    early = [f"{text} gammel" for text in TEXTS[:60]]  # bought in the first year only, and labelled as then
    old = lines_of(lambda *_: "0101", texts=early, days=DAYS[:1], suppliers=suppliers)
    taxis = lines_of(lambda *_: "0201", texts=[f"taxa {n}" for n in range(30)], suppliers=suppliers)
    labelled = pd.concat([halves, old, taxis], ignore_index=True)
    measured = evaluation.evaluate(labelled, tree, split="unseen-suppliers", level=2, peers=False)
    ours = measured["ours"]
    assert ours["accuracy_lines"] > ours["as_labelled_last"]["accuracy_lines"]
    finding = finding_of({2: measured}, tree)
    assert "evaluation_relabelled" in finding.caveats
    assert float(finding.numbers["labelled_last_right_share"].value) == ours["as_labelled_last"]["accuracy_lines"]
    assert "som der kategoriseres nu" in show(finding).text
    assert (
        "as_labelled_last"
        not in evaluation.evaluate(
            labelled.assign(category_code=labelled["category_code"].replace("0102", "0101")),
            tree,
            split="unseen-suppliers",
            level=2,
            peers=False,
        )["ours"]
    )
