"""Which choices does a municipality have, and what happens to a wrong one?"""

from decimal import Decimal

import pytest

from procurement_kit.errors import ParameterError, SettingsError
from procurement_kit.settings import SETTINGS_FILE, check_name, read_settings, settings_text

GOOD = 'title = "Prøveby Kommune"\nprivacy_key = "k"\n'


def settings(folder, text):
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return read_settings(folder)


def test_defaults(tmp_path):
    municipality = settings(tmp_path, GOOD)
    assert (municipality.currency, municipality.language, municipality.engine) == ("DKK", "da", "duckdb")
    assert municipality.promised_right_share == Decimal("0.95")
    assert municipality.name == tmp_path.name


def test_a_misspelt_key_is_an_error_with_the_nearest_known_key(tmp_path):
    with pytest.raises(SettingsError, match="Did you mean «currency»"):
        settings(tmp_path, GOOD + 'curency = "DKK"\n')


def test_all_wrong_values_are_told_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        settings(
            tmp_path, GOOD + 'language = "no"\ncurrency = "kroner"\npromised_right_share = "1.2"\nengine = "dask"\n'
        )
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize("share", ['"NaN"', '"sNaN"', '"Infinity"', "nan", "-inf", "true", '"half"'])
def test_a_share_that_is_no_number_is_a_wrong_value(tmp_path, share):
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, GOOD + f"promised_right_share = {share}\n")
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].endswith("expected a number between 0.5 and 1.")


def test_a_byte_order_mark_from_notepad_is_accepted(tmp_path):
    assert settings(tmp_path, "\ufeff" + GOOD).title == "Prøveby Kommune"


def test_missing_title_and_key_are_named(tmp_path):
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, "")
    assert [p.split()[0] for p in caught.value.problems] == ["title", "privacy_key"]


def test_what_is_not_toml_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="not valid TOML"):
        settings(tmp_path, "title = Prøveby")


def test_a_title_with_quotes_survives(tmp_path):
    assert settings(tmp_path, settings_text('Den "nye" \\ kommune', "k")).title == 'Den "nye" \\ kommune'


@pytest.mark.parametrize("name", ["../x", "Rudersdal", "", "a b", "a/b", ".", "x" * 65])
def test_names_that_cannot_be_folders_are_refused(name):
    with pytest.raises(ParameterError):
        check_name(name)


def test_danish_names_can_be_folders():
    assert check_name("høje-taastrup_2") == "høje-taastrup_2"
