from decimal import Decimal

import pytest

from procurement_kit.classifier.accuracy_finding import evaluate_classifier, finding_of
from procurement_kit.classifier.evaluation import evaluate_levels
from procurement_kit.errors import ParameterError
from procurement_kit.publishing.evaluation_figures import draw_calibration
from procurement_kit.publishing.sentences import show


@pytest.fixture(scope="module")
def measured(labelled, tree):
    return evaluate_levels(labelled, tree, split="later-year", levels=(1, 2), peers=True)


@pytest.fixture
def finding(measured, tree):
    return finding_of(measured, tree)


def test_levels_and_peers_stand_side_by_side(finding, measured):
    by_level, by_peer = finding.tables["by_level"], finding.tables["by_peer"].set_index("measured_by")
    assert by_level["category_level"].tolist() == [1, 2]
    assert by_peer.loc["most_frequent_category", "accuracy_lines_share"] == Decimal("0.25")
    assert by_peer.loc["ours", "accuracy_lines_share"] == Decimal(str(measured[2]["ours"]["accuracy_lines"]))
    assert finding.numbers["best_peer_line_share"].value == Decimal("1.0")
    assert measured[1]["peers"] == {}


def test_it_names_the_split_and_the_duplicates(finding):
    assert (finding.key, finding.parameters) == ("evaluation", {"split": "later-year", "level": "2"})
    assert finding.numbers["duplicate_count"].value == 0
    assert "evaluation_duplicates" in finding.caveats
    assert "evaluation_few" in finding.caveats
    assert "too few to judge the classifier by; at least 200 are needed" in show(finding, language="en").text
    assert "for få til at bedømme klassifikatoren" in show(finding).text
    assert not finding.failed_checks


def test_a_bin_that_is_lost_is_seen(measured, tree):
    ours = measured[2]["ours"] | {"calibration_curve": measured[2]["ours"]["calibration_curve"][1:]}
    broken = finding_of({2: measured[2] | {"ours": ours}}, tree)
    assert [check.name for check in broken.failed_checks] == ["calibration holds every line measured"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("da", "Trænet uden det seneste år"), ("en", "Trained without the latest year")],
)
def test_it_is_told_in_both_languages(finding, language, words):
    told = show(finding, language=language)
    assert told.text.startswith(words)
    assert ("dubletter" if language == "da" else "duplicates") in told.text
    for table in finding.tables:
        assert "<table" in show(finding, table=table, language=language).html


def test_without_amounts_nothing_is_said_of_kroner(labelled, tree):
    found = evaluate_classifier(labelled.assign(amount=None), tree, split="later-year", peers=False)
    assert found.numbers["right_amount_share"].value is None
    assert "evaluation_no_amount" in found.caveats
    assert "af kronerne" not in show(found).text.splitlines()[0]


def with_lead(measured, what, low, high):
    """The measures with the lead over every peer between two ends in lines or kroner, and decided in the other."""
    sure = {"by": 0.5, "from": 0.4, "to": 0.6, "is_decided": True}
    lead = {"by": 0.0, "from": low, "to": high, "is_decided": low > 0 or high < 0}
    ahead = {"lines": sure, "amount": sure} | {what: lead}
    peers = {name: peer | {"ours_ahead": ahead} for name, peer in measured[2]["peers"].items()}
    return {2: measured[2] | {"peers": peers}}


@pytest.mark.parametrize(("what", "words"), [("lines", "af linjerne"), ("amount", "af kronerne")])
def test_a_lead_that_other_suppliers_could_turn_is_called_undecided(measured, tree, what, words):
    told = finding_of(with_lead(measured, what, -0.12, 0.06), tree)
    assert "evaluation_undecided" in told.caveats
    sentence = next(line for line in show(told).text.splitlines() if "ikke afgjort" in line).replace("\xa0", " ")
    assert f"mellem −12 % og +6 % {words}" in sentence
    assert told.tables["by_peer"].iloc[1][f"ahead_{what}_low_share"] == Decimal("-0.12")


@pytest.mark.parametrize(("low", "high"), [(0.01, 0.06), (-0.12, -0.02)])
def test_a_lead_or_a_lag_beyond_doubt_is_not(measured, tree, low, high):
    assert "evaluation_undecided" not in finding_of(with_lead(measured, "amount", low, high), tree).caveats


def test_a_random_split_is_refused(labelled, tree):
    with pytest.raises(ParameterError, match="random split is not quoted"):
        evaluate_classifier(labelled, tree, split="random")


def test_the_curve_is_drawn_the_same_every_time(finding):
    drawn, again = draw_calibration(finding), draw_calibration(finding)
    assert drawn.svg == again.svg
    assert "Så ofte har den ret" in drawn.svg
    assert "How often it is right" in draw_calibration(finding, language="en").svg
