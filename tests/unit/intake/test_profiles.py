"""A profile is strict: every slip is named, with the nearest word."""

from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from procurement_kit.errors import InputNotFoundError, SettingsError
from procurement_kit.intake.profiles import Profile, RowRule, Source, find_profile, profile_names, read_profile

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
        ("[constants]", "[parts]\nart_code = {start = 1}\n[constants]", "column is missing"),
        ("[constants]", "[parts]\nart_code = {column = 5}\n[constants]", "column is neither a heading nor"),
        ("[constants]", "[parts]\nart_code = 'Art'\n[constants]", "[parts] art_code is not a rule"),
        (
            "[constants]",
            "[parts]\nart_code = {column = {join = ['A']}}\n[constants]",
            "column is neither a heading nor",
        ),
        ("[constants]", "[parts]\nart_code = {column = 'K', start = 'x'}\n[constants]", "start is not a whole number"),
        ("[constants]", "[parts]\nart_code = {column = 'K', length = 0}\n[constants]", "length is not a whole number"),
        ("[constants]", "[parts]\nart_kode = {column = 'K'}\n[constants]", "Did you mean «art_code»"),
        ("[constants]", "[parts]\nquantity = {column = 'K'}\n[constants]", "is not a text column"),
        ("[constants]", "[parts]\nline_text = {column = 'K'}\n[constants]", "is in [columns] too"),
        ("[constants]", "[parts]\nart_code = {column = 'K', lenght = 2}\n[constants]", "Did you mean «length»"),
        ("[constants]", "[parts]\nart_code = {column = 'K', start = 0}\n[constants]", "start is not a whole number"),
        ("[constants]", "[parts]\nart_code = {column = 'K', pattern = '(\\d)(\\d)'}\n[constants]", "exactly one group"),
        ("[constants]", "[parts]\nart_code = {column = 'K', pattern = '('}\n[constants]", "not a regular expression"),
        ("[constants]", "[parts]\nart_code = {column = 'K', pattern = 5}\n[constants]", "not a regular expression"),
        ("[constants]", "[parts]\nart_code = {column = 'K', start = 1, pattern = '(a)'}\n[constants]", "not both"),
        ("[constants]", "[art]\ncolumn = 'K'\n[constants]", "art is not a key of a profile"),
        ("[constants]", '[format]\nkind = "spool"\n[constants]', "allowed are csv, sap_spool"),
        ("[constants]", "[format]\nsheet = 0\n[constants]", "sheet is neither"),
        ("[constants]", '[format]\nsheet = " "\n[constants]', "sheet is neither"),
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
    slips = 'optional = 5\n[format]\ndate_formats = []\nencoding = "rot_13"\n[pad]\nall = -1\n[parts]\nart_code = 7\n'
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


def test_rows_that_are_no_invoices_are_held_back_with_their_amount(tmp_path, lines_read):
    """A payment stands beside its invoice with the opposite sign; counted, it would take the invoice away."""
    path = tmp_path / "kreditor.csv"
    rows = [
        "Voucher;Fakturadato;Leverandør;Beløb",
        "EFAK-1;01-03-2025;Eksempel;-100,00",
        "BET-1;02-03-2025;Eksempel;100,00",
    ]
    path.write_text("\r\n".join([*rows, ""]), encoding="utf-8")
    columns = {
        "voucher_number": Source(("Voucher",)),
        "invoice_date": Source(("Fakturadato",)),
        "supplier_name": Source(("Leverandør",)),
        "document_amount": Source(("Beløb",)),
    }
    constants = {"document_currency": "DKK"}
    profile = Profile(
        "p", "1", "incl", "negative_is_spend", columns, constants=constants, rows=RowRule(("Voucher",), "^EFAK-")
    )
    invoice, payment = lines_read(path, profile)
    assert (invoice["set_aside_status"], invoice["document_amount"]) == (None, Decimal("100.0000"))
    assert (payment["set_aside_status"], payment["document_amount"]) == ("held_back", Decimal("-100.0000"))
    assert payment["set_aside_reason"] == "row 3: the profile says that such rows are no invoices"


@pytest.mark.parametrize(
    "rows", ['column = "Voucher"', 'column = "Voucher"\npattern = "("', 'pattern = "x"\ncolumn = 1']
)
def test_a_row_rule_with_a_slip_is_refused(tmp_path, rows):
    text = (Path(__file__).parents[3] / "data_templates/profiles/ledger_dk.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(f"{text}\n[rows]\n{rows}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\[rows\]"):
        read_profile(path)
