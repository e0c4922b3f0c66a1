"""A profile is strict: every slip is named, with the nearest word."""

from dataclasses import FrozenInstanceError

import pytest

from procurement_kit.errors import InputNotFoundError, SettingsError
from procurement_kit.intake.profiles import Source, find_profile, profile_names, read_profile

SOUND = """
name = "mine"
version = "2"
vat_basis = "ex"
sign = "positive_is_spend"
[columns]
document_amount = "Beløb"
invoice_date = ["Dato", "Fakturadato"]
supplier_name = "Navn"
line_text = {join = ["Tekst", "Note"]}
[constants]
document_currency = "DKK"
"""


@pytest.fixture
def profile_file(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_sound_profile(profile_file):
    profile = read_profile(profile_file(SOUND))
    assert profile.format_name == "mine 2"
    assert profile.columns["invoice_date"] == Source(("Dato", "Fakturadato"))
    assert profile.columns["line_text"] == Source(("Tekst", "Note"), is_joined=True)
    with pytest.raises(FrozenInstanceError):
        profile.sign = "negative_is_spend"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('sign = "positive_is_spend"', 'sing = "positive_is_spend"', "Did you mean «sign»"),
        ('vat_basis = "ex"', 'vat_basis = "excl"', "allowed are ex, incl, unknown"),
        ("supplier_name =", "suplier_name =", "Did you mean «supplier_name»"),
        ("document_amount =", "net_amount =", "map the amount of the export to document_amount"),
        ("supplier_name =", "line_id =", "is computed by intake"),
        ('document_currency = "DKK"', "", "document_currency is neither"),
        ('line_text = {join = ["Tekst", "Note"]}', 'quantity = {join = ["A", "B"]}', "text columns only"),
        ("invoice_date =", "delivery_from_date =", "neither invoice_date nor posting_date"),
        ("[constants]", '[format]\ndelimeter = ";"\n[constants]', "Did you mean «delimiter»"),
        ("[constants]", '[format]\ndecimal_mark = ";"\n[constants]', "decimal_mark is «;»"),
        ("[constants]", '[format]\ndate_formats = ["mm/dd/yyyy"]\n[constants]', "date_formats is not a list"),
        ("[constants]", '[format]\nencoding = "klingon"\n[constants]', "encoding «klingon» is unknown"),
        ("[constants]", "[format]\nheader_row = 0\n[constants]", "header_row"),
        ("[constants]", '[missing]\nsuplier_name = ["x"]\n[constants]', "Did you mean «supplier_name»"),
        ("[constants]", '[missing]\nall = "x"\n[constants]', "not a list of texts"),
        ("[constants]", '[labels]\nlabelled_category_4 = "x"\n[constants]', "is not a label"),
        ("[constants]", "[art]\nstart = 1\n[constants]", "column is missing"),
        ("[constants]", '[art]\ncolumn = "K"\npattern = "(\\\\d)(\\\\d)"\n[constants]', "exactly one group"),
        ("[constants]", '[persons]\nname = ["x"]\n[constants]', "[persons] holds one key"),
        ("[constants]", '[credit]\ncolumn = "D/K"\n[constants]', "[credit] holds column"),
        ("[constants]", '[pad]\nsupplier_name = "8"\n[constants]', "not a number of digits"),
        ('name = "mine"', 'name = "mine"\nformat = "csv"', "is not a section"),
        ('name = "mine"', 'name = "mine"\noptional = ["voucher_number"]', "is not one of the columns"),
    ],
)
def test_every_slip_is_named(profile_file, old, new, problem):
    with pytest.raises(SettingsError) as error:
        read_profile(profile_file(SOUND.replace(old, new)))
    assert any(problem in found for found in error.value.problems)


def test_what_is_not_toml_is_said(profile_file):
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_profile(profile_file("name = "))


def test_shipped_profiles_are_sound_and_found_by_name():
    assert {"council_spend", "ledger_dk"} <= set(profile_names())
    for name in ("council_spend", "ledger_dk"):
        assert find_profile(name).name == name


def test_the_municipalitys_own_profile_comes_first(municipality):
    (municipality.folder / "profiles" / "ledger_dk.toml").write_text(SOUND, encoding="utf-8")
    assert find_profile("ledger_dk", municipality).name == "mine"


def test_an_unknown_profile_lists_those_there_are(municipality):
    with pytest.raises(InputNotFoundError, match="Did you mean «ledger_dk»") as error:
        find_profile("ledgr_dk", municipality)
    assert "council_spend" in error.value.expected


def test_a_profile_is_found_by_path(profile_file):
    assert find_profile(profile_file(SOUND)).name == "mine"
