import pytest

from procurement_kit.errors import FileFormatError, NoDataError, SettingsError
from procurement_kit.steps.labelled_files import read_labelled_file

PROFILE = """
name = "opdigtet"
version = "1"
vat_basis = "ex"
sign = "positive_is_spend"
[format]
date_formats = ["dd-mm-yyyy"]
[columns]
document_amount = "beløb"
document_currency = "valuta"
invoice_date = "dato"
supplier_name = "leverandør"
line_text = "tekst"
buyer_unit_name = "enhed"
[labels]
labelled_category_1 = "område"
labelled_category_2 = "gruppe"
not_a_category = ["Ukendt"]
"""
HEAD = "beløb;valuta;dato;leverandør;tekst;enhed;område;gruppe"


@pytest.fixture
def read(tmp_path):
    def run(*rows: str, profile: str = PROFILE, head: str = HEAD):
        (tmp_path / "p.toml").write_text(profile, encoding="utf-8")
        path = tmp_path / "linjer.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return read_labelled_file(path, str(tmp_path / "p.toml"))

    return run


ROW = "1.000,50;DKK;31-01-2025;Nord ApS;papir a4;Skolen;Kontor;Papir"


def test_labels_become_a_tree_and_the_unit_is_read(read):
    found = read(ROW, "5,00;DKK;01-02-2025;Syd ApS;taxa;;Kørsel;", "7,00;DKK;01-02-2025;Syd ApS;andet;;Ukendt;Ukendt")
    assert [(code, found.tree.name(code)) for code in found.tree.codes] == [
        ("01", "Kontor"), ("0101", "Papir"), ("02", "Kørsel"),
    ]  # fmt: skip
    first = found.labelled.iloc[0]
    assert (first["category_code"], first["amount"], first["unit_name"]) == ("0101", 1000.5, "Skolen")
    assert found.labelled["category_code"].tolist() == ["0101", "02"]
    assert (found.facts["lines_read"], found.facts["lines_labelled"]) == (3, 2)


def test_a_line_without_amount_stays_and_a_total_does_not(read):
    found = read(ROW, ";DKK;01-02-2025;Syd ApS;stol;;Kontor;Papir", "1.000,50;DKK;01-02-2025;;I alt;;;")
    assert found.facts["lines_without_amount"] == 1
    assert found.labelled["amount"].isna().tolist() == [False, True]
    assert found.facts["lines_left_out"] == {"looks like a total of the rows above": 1}


def test_amounts_in_several_currencies_are_not_added(read):
    found = read(ROW, "9,00;SEK;01-02-2025;Syd ApS;stol;;Kontor;Papir")
    assert found.labelled["amount"].isna().all()
    assert "several currencies (DKK, SEK)" in found.facts["not_measured"]["amount"]


def test_only_sure_spellings_are_joined(read):
    rows = [
        ROW.replace("Papir", name) for name in ["Møbler og papir"] * 60 + ["Møbler & papir"] * 30 + ["Møbler og papri"]
    ]
    rows += [ROW.replace("Papir", name) for name in ["Datatjenester"] * 5 + ["Datortjenester"] * 3]
    rows += [ROW.replace("Kontor", "Kontor og skole")]
    found = read(*rows)
    names = {found.tree.name(code) for code in found.tree.at_level(2)}
    assert names == {"Møbler og papir", "Datatjenester", "Datortjenester", "Papir"}
    assert found.facts["spellings_joined"] == [
        ["Kontor og skole → Kontor"],
        ["Kontor", "Møbler & papir → Møbler og papir"],
        ["Kontor", "Møbler og papri → Møbler og papir"],
    ]


def test_personal_numbers_do_not_come_through(read):
    found = read(ROW.replace("papir a4", "hjælp til 010190-1234"))
    assert "010190" not in found.labelled["line_text"].iloc[0]


def test_columns_that_are_missing_are_stood_in_for_and_said(read):
    bare = '[columns]\nline_text = "tekst"\n[labels]\nlabelled_category_1 = "område"\n'
    found = read("papir;Kontor;3", "taxa;Kørsel;4", profile=bare, head="tekst;område;amount")
    assert found.labelled["amount"].isna().all() and found.labelled["invoice_date"].isna().all()
    assert found.labelled["supplier_name"].isna().all()
    assert set(found.facts["not_measured"]) == {"amount", "later-year", "unseen-suppliers", "unseen-buyers"}
    assert found.facts["profile"] == "p 1"


def test_what_cannot_be_read_is_refused(read, tmp_path):
    with pytest.raises(NoDataError, match="no line carries a category"):
        read(ROW.replace("Kontor", "Ukendt"))
    with pytest.raises(SettingsError) as error:
        read(ROW, profile=PROFILE.replace('line_text = "tekst"', 'line_txt = "tekst"\nitem_name = "område"'))
    assert "line_txt" in str(error.value)
    with pytest.raises(SettingsError, match="would read the answer"):
        read(ROW, profile=PROFILE.replace('line_text = "tekst"', 'line_text = {join = ["tekst", "Gruppe "]}'))
    with pytest.raises(FileFormatError):
        (tmp_path / "tom.csv").write_text("")
        (tmp_path / "p.toml").write_text(PROFILE, encoding="utf-8")
        read_labelled_file(tmp_path / "tom.csv", str(tmp_path / "p.toml"))
