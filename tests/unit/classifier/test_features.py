import pandas as pd
import pytest

from procurement_kit.classifier.features import clean_features, clean_text, mapped, phrase_fields
from procurement_kit.errors import TableError


def test_fields_are_kept_apart(features_of):
    row = features_of(
        {
            "supplier_name": "Ærø Papir A/S",
            "item_name": "Kopipapir A4",
            "line_text": "80 g hvid",
            "account_number": "0.29.100",
            "account_name": "Kontorhold",
            "service_name": "Folkeskoler",
            "unit_name": "Skolevangen",
            "unit_code": "CT",
            "item_unspsc_code": "14111507",
            "item_cpv_code": "30197600-2",
        }
    )
    cleaned = clean_features(row).iloc[0]
    assert cleaned["supplier"] == "ærø papir"
    assert cleaned["supplier_key"] == "aeroe papir"
    assert cleaned["text"] == "kopipapir a4 80 g hvid"
    assert cleaned["account"] == "0 29 100 kontorhold"
    assert (cleaned["service"], cleaned["unit"], cleaned["measure"]) == ("folkeskoler", "skolevangen", "ct")
    assert cleaned["hint"] == "u14 u1411 u141115 c30 c301 c30197"
    assert cleaned["context"].count(" ") == 0


def test_the_same_text_twice_is_one_text(features_of):
    cleaned = clean_features(features_of({"item_name": "Kopipapir", "line_text": "KOPIPAPIR"}))
    assert cleaned["text"].item() == "kopipapir"


@pytest.mark.parametrize("text", ["Jf. aftale", "jf aftale 2024", "12345", "1 234,50", "", None])
def test_texts_that_say_nothing_count_as_missing(text):
    assert clean_text(text) == ""


def test_a_stop_phrase_inside_a_text_does_not_empty_it():
    assert clean_text("Kopipapir jf. aftale") == "kopipapir"


@pytest.mark.parametrize(
    "text",
    [
        "Bygherren udbyder opgaven: asfalt på eksisterende veje",
        "Oppdragsgiver inviterer til minikonkurranse for innkjøp av asfalt",
        "Beställaren inbjuder till förnyad konkurrensutsättning avseende asfalt",
        "Kaupunki pyytää tarjouspyynnön mukaisesti: asfalt hankinta puitesopimus",
    ],
)
def test_the_words_of_tendering_say_less_than_what_is_bought_in_any_nordic_language(text):
    left = clean_text(text).split()
    assert "asfalt" in left
    assert len(left) <= len(text.split()) / 2


def test_a_supplier_without_name_is_known_by_its_number(features_of):
    assert clean_features(features_of({"supplier_number": "12 34 56 78"}))["supplier_key"].item() == "12345678"


def test_missing_columns_are_named():
    with pytest.raises(TableError, match="supplier_name is missing"):
        clean_features(pd.DataFrame({"suplier_name": ["a"]}))


def test_each_distinct_value_is_cleaned_once():
    seen = []
    column = pd.Series(["a", "b", "a", None], index=[5, 6, 7, 8])
    result = mapped(column, lambda value: seen.append(value) or value.upper())
    assert result.tolist() == ["A", "B", "A", ""]
    assert result.index.tolist() == [5, 6, 7, 8]
    assert seen == ["a", "b"]


def test_phrases_go_to_the_field_of_their_kind():
    phrases = pd.DataFrame({"phrase_kind": ["supplier", "account", "size"], "phrase": ["Taxi", "Kørsel", "A4 80 g"]})
    fields = phrase_fields(phrases)
    assert fields[["supplier", "account", "text"]].to_numpy().tolist() == [
        ["taxi", "", ""],
        ["", "kørsel", ""],
        ["", "", "a4 80 g"],
    ]
