"""Does the explanation of a line name who decided, say what the classifier sees, and keep to itself what is personal?"""

import json

import pytest

from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.review.explained import explain_line, page_words
from tests.reviewing import LINES, PAPER, fill_town


@pytest.fixture
def town(municipality):
    return fill_town(municipality)


def test_the_classifiers_view_in_words(town):
    told = explain_line(town, "L0001")
    assert (told.category_code, told.category_source) == ("0101", "model")
    assert told.sentences[0] == "Klassifikatoren har lagt linjen i Kopipapir (0101)."
    assert told.sentences[1].startswith("Klassifikatorens bud er Kopipapir (0101) (")
    assert "tekst «kopipapir» (+" in told.sentences[2]
    assert told.table["lead"].is_monotonic_decreasing
    assert told.headings == ("Felt", "Ord", "For 0101", f"For {told.model.runner_up_code}", "Forskel")


def test_a_rule_is_named_and_the_classifiers_view_stands_beside(town):
    told = explain_line(town, "L0006")
    assert told.sentences[0] == "En regel har lagt linjen i Skolebus (0202): «R-007»."
    assert told.model.best_code == "0202"
    assert any("«skolebus»" in sentence for sentence in told.sentences)


@pytest.mark.parametrize(
    ("source", "reason", "said"),
    [
        ("review", "decisions.csv row 4", "En gennemgået beslutning har lagt linjen i Taxa (0201): «decisions.csv row 4»."),
        ("accessory", "L0001", "Linjen er et tillæg og følger den største anden linje på sin faktura til Taxa (0201): «L0001»."),
        ("scope", "art_47", "Linjen er ikke indkøb («art_47»). Den står i Taxa (0201)."),
    ],
)  # fmt: skip
def test_whoever_decided_is_named_first(municipality, source, reason, said):
    line = {**PAPER, "line_text": "taxa", "net": "1.00", "category_source": source, "category_reason": reason, "category_code": "0201"}  # fmt: skip
    town = fill_town(municipality, [{**line, "category_proposed_code": "0201"}], with_classifier=False)
    assert explain_line(town, "L0001").sentences == (said, "Der er ingen klassifikator at spørge.")


def test_a_parent_is_claimed_where_the_classifier_is_sure_of_no_more(municipality):
    line = {**PAPER, "line_text": "taxa", "net": "1.00", "category_code": "02", "category_proposed_code": "0201"}
    town = fill_town(municipality, [line], with_classifier=False)
    assert explain_line(town, "L0001").sentences[0].startswith("Klassifikatoren er sikker nok på Kørsel (02), men ikke")


def test_an_unplaced_line_says_so(town):
    told = explain_line(town, "L0003")
    assert told.category_code is None
    assert told.sentences[0] == "Ingen kategori er sikker nok. Linjen er ikke placeret."
    assert told.sentences[-1] == "Leverandøren er ny for klassifikatoren."


def test_invoice_texts_are_escaped_in_a_notebook(town):
    told = explain_line(town, "L0004")
    html = told._repr_html_()
    assert "<script" not in html and "<img" not in html
    assert "<td>tekst</td>" in html
    assert repr(told) == "\n".join(told.sentences)


def test_the_token_of_a_personal_number_is_not_shown(municipality):
    lines = [{**line, "line_text": "taxa CPR-ABCDEFGH2345"} for line in LINES[:1]]
    told = explain_line(fill_town(municipality, lines), "L0001")
    assert "abcdefgh2345" not in (told.text + told._repr_html_() + str(told.table.to_dict())).casefold()


def test_english_by_setting(town):
    settings = town.folder / "municipality.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + 'language = "en"\n', encoding="utf-8")
    from procurement_kit.store import open_municipality

    told = explain_line(open_municipality(town.name), "L0001")
    assert told.sentences[0] == "The classifier has placed the line in Copy paper (0101)."


def test_a_line_that_is_not_there_and_a_cube_that_is_not_built(town, data_home):
    from procurement_kit.store import create_municipality

    with pytest.raises(ParameterError, match="no line «L9999»"):
        explain_line(town, "L9999")
    with pytest.raises(NoDataError, match="classify"):
        explain_line(create_municipality("ny", privacy_key="test-key"), "L0001")


@pytest.mark.parametrize("part", ["", "audit_", "page_"])
def test_both_languages_have_the_same_texts(part):
    from procurement_kit.review.wording import _texts

    def paths(found, at=""):
        return {p for key, value in found.items() for p in (paths(value, f"{at}.{key}") if isinstance(value, dict) else [f"{at}.{key}"])}  # fmt: skip

    assert paths(_texts(f"{part}da")) == paths(_texts(f"{part}en"))


def test_points_have_their_sign_and_the_languages_decimal_mark(municipality):
    assert page_words(municipality).points(-0.5) == "−0,50"


def test_the_command_answers_in_words_and_in_figures(town):
    from procurement_kit.explaining import explain

    outcome = explain(town.name, "L0006")
    assert outcome.sentences[0] == "En regel har lagt linjen i Skolebus (0202): «R-007»."
    facts = json.loads(json.dumps(outcome.facts))
    model = facts["model"]
    assert facts["category_source"] == "rule"
    assert model["best_start"] + sum(pull["best"] for pull in model["pulls"]) > model["runner_up_start"]
