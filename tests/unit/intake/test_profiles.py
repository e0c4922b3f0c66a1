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
        ('name = "mine"', 'name = "mine"\noptional = 5', "optional is not a list of columns"),
        ('name = "mine"', 'name = "mine"\noptional = "line_text"', "optional is not a list of columns"),
        ('name = "mine"', 'name = "mine"\noptional = [["line_text"]]', "optional is not a list of columns"),
        ('name = "mine"', 'name = ["mine"]', "name is not a text"),
        ("[constants]", "[labels]\nnot_a_category = 5\n[constants]", "not_a_category is not a list of texts"),
        ("[constants]", "[labels]\nnot_a_category = 0\n[constants]", "not_a_category is not a list of texts"),
        ("[constants]", '[format]\ndate_formats = [["a"]]\n[constants]', "date_formats is not a list"),
        ("[constants]", "[format]\ndate_formats = []\n[constants]", "date_formats is not a list"),
        ("[constants]", "[format]\ndate_formats = 5\n[constants]", "date_formats is not a list"),
        ("[constants]", '[format]\nencoding = "rot_13"\n[constants]', "encoding «rot_13» is unknown"),
        ("[constants]", '[format]\nencoding = "base64"\n[constants]', "encoding «base64» is unknown"),
        ("[constants]", '[format]\nencoding = "unicode-1-1-utf-7"\n[constants]', "is unknown"),
        ("[constants]", "[format]\nencoding = 850\n[constants]", "encoding «850» is unknown"),
        ("[constants]", '[format]\nencoding = "a\\u0000b"\n[constants]', "is unknown"),
        ("[constants]", "[format]\nheader_row = true\n[constants]", "header_row"),
        ("[constants]", '[constants]\ninvoice_date = "foo"', "[constants] invoice_date: «foo» is not a date"),
        ("[constants]", '[constants]\nquantity = "foo"', "[constants] quantity: «foo» is not an amount"),
        ("[constants]", '[constants]\nquantity = "0,0000001"', "[constants] quantity: has more than 6 decimals"),
        ("[constants]", '[constants]\nvat_rate = "100000"', "[constants] vat_rate: is too large"),
        ("[constants]", '[constants]\nis_copy = "måske"', "[constants] is_copy: «måske» is neither ja nor nej"),
        ("[constants]", '[constants]\ndocument_type = "x"', "[constants] document_type: «x» is not one of invoice"),
        ("[constants]", '[constants]\nsupplier_country = ["DK"]', "[constants] supplier_country: is not a text"),
        ("[constants]", '[art]\ncolumn = "K"\nstart = "x"\n[constants]', "[art] start is not a whole number"),
        ("[constants]", '[art]\ncolumn = "K"\nstart = -1\n[constants]', "[art] start is not a whole number"),
        ("[constants]", '[art]\ncolumn = "K"\nlength = 0\n[constants]', "[art] length is not a whole number"),
        ("[constants]", "[art]\ncolumn = 7\n[constants]", "[art] column is neither a heading"),
        ("[constants]", '[art]\ncolumn = {join = ["A", "B"]}\n[constants]', "[art] column is neither a heading"),
        ("[constants]", '[credit]\ncolumn = 7\nvalues = ["K"]\n[constants]', "[credit] holds column"),
        ("[constants]", "[credit]\n[constants]", "[credit] holds column"),
        ("[constants]", "[pad]\nsupplier_name = -8\n[constants]", "not a number of digits"),
        ("[constants]", "[pad]\nsupplier_name = true\n[constants]", "not a number of digits"),
    ],
)
def test_every_slip_is_named(profile_file, old, new, problem):
    with pytest.raises(SettingsError) as error:
        read_profile(profile_file(SOUND.replace(old, new)))
    assert any(problem in found for found in error.value.problems)


def test_all_slips_are_named_at_once(profile_file):
    slips = 'optional = 5\n[format]\ndate_formats = []\nencoding = "rot_13"\n[pad]\nall = -1\n[art]\ncolumn = 7\n'
    with pytest.raises(SettingsError) as error:
        read_profile(profile_file(SOUND.replace("[columns]", slips + "[columns]")))
    assert len(error.value.problems) == 5


def test_constants_are_read_as_the_profile_writes_its_cells(profile_file):
    constants = 'delivery_from_date = "2025-01-31"\nquantity = "1.5"\nis_copy = false\nvat_rate = 25\n[format]\n'
    layout = 'decimal_mark = "."\ndate_formats = ["yyyy-mm-dd"]\n'
    profile = read_profile(profile_file(SOUND + constants + layout))
    assert profile.constants["delivery_from_date"] == "2025-01-31"
    assert (profile.constants["quantity"], profile.constants["vat_rate"]) == ("1.5", "25")


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
