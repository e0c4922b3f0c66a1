"""The phrases of the standard tree: every group has some in each language, and none is there twice."""

import pytest

from procurement_kit.classifier.features import clean_text
from procurement_kit.classifier.tree import standard_phrases, standard_tree
from procurement_kit.names import normalise_text
from procurement_kit.tables import CATEGORY_PHRASES

NO_PURCHASES = "90"  # what is no purchase is said in Danish ledgers only
OTHER_NORDIC = ("no", "sv", "fi")
FEWEST = {"no": 6, "sv": 6, "fi": 2}  # phrases of a group


@pytest.fixture(scope="module")
def phrases():
    table = standard_phrases()
    fields = table["phrase_kind"].where(table["phrase_kind"].isin(["supplier", "account"]), "text")
    return table.assign(area=table["category_code"].str[:2], group=table["category_code"].str[:4], field=fields)


def test_every_phrase_says_its_kind_and_its_language(phrases):
    for column in ("phrase_kind", "phrase_language"):
        assert set(phrases[column]) <= set(CATEGORY_PHRASES[column].allowed)


def test_no_category_has_a_phrase_twice(phrases):
    written = phrases.assign(words=phrases["phrase"].map(normalise_text))
    again = written[written.duplicated(["category_code", "field", "words"])]
    assert again["phrase"].tolist() == []


def test_every_group_has_phrases_in_each_nordic_language(phrases):
    tree = standard_tree()
    groups = [code for code in tree.at_level(2) if tree.parent(code) != NO_PURCHASES]
    counts = phrases.groupby(["phrase_language", "group"]).size()
    assert min(counts["da"][groups]) >= 20
    for language in OTHER_NORDIC:
        missing = [code for code in groups if counts[language].get(code, 0) < FEWEST[language]]
        assert missing == [], language


def test_the_other_nordic_languages_are_spread_over_the_areas(phrases):
    for language in OTHER_NORDIC:
        counts = phrases[phrases["phrase_language"].eq(language)]["area"].value_counts()
        assert counts.drop(NO_PURCHASES, errors="ignore").min() >= 30, language
        assert counts.max() < 0.2 * counts.sum(), language


def test_few_words_stand_alone_in_several_areas(phrases):
    written = phrases.assign(words=phrases["phrase"].map(normalise_text))
    added = written[written["phrase_language"].ne("da") | written["phrase_kind"].eq("tender")]
    areas = written[written["words"].isin(set(added["words"]))].groupby("words")["area"].nunique()
    assert (areas > 1).mean() < 0.01


def test_phrases_in_other_languages_say_what_is_bought(phrases):
    texts = phrases[phrases["phrase_language"].ne("da")]["phrase"]
    assert [text for text in texts if not clean_text(text)] == []
