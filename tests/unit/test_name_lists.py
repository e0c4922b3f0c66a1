"""Does `match-suppliers` keep a list as it is and say who each supplier is?"""

import csv
import json

import pytest

from procurement_kit.__main__ import main
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError
from procurement_kit.name_lists import match_list

LIST = (
    "Løbenr;Leverandør;CVR;Beløb;Note\n"
    '1;"Nordby Rør; VVS A/S";;-12,50;=1+1\n'
    "2;NORDBY ROER VVS;;3,00;til 010190-1234\n"
    "3;Sydby Lindely ApS;DK 99999993;1.234,00;@navn\n"
    "4;Sydby Lindely;;-4;\n"
    "5;Plejefamilie Ejer;;5;\n"
    "6;Plejefamilie Ejer;;5;\n"
    "7;Østby Lindholm Byg;;1;\n"
    "8;Østby Lindholm Byg Finans;;1;\n"
)


@pytest.fixture
def listed(tmp_path):
    def write(text=LIST, encoding="utf-8"):
        path = tmp_path / "kreditorer.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def read(path, delimiter=";"):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_rows_order_and_columns_are_kept(listed, tmp_path, encoding):
    out = tmp_path / "fundet.csv"
    outcome = match_list(
        listed(encoding=encoding), out, columns={"supplier_name": "Leverandør", "supplier_number": "CVR"}
    )
    rows = read(out)
    assert [row["Løbenr"] for row in rows] == list("12345678")
    assert list(rows[0]) == [
        "Løbenr", "Leverandør", "CVR", "Beløb", "Note", "supplier_key", "supplier_label", "match_score", "match_evidence",
    ]  # fmt: skip
    assert rows[0]["Leverandør"] == "Nordby Rør; VVS A/S"
    assert rows[0]["supplier_key"] == rows[1]["supplier_key"] == "s:nordby roer vvs"
    assert rows[2]["supplier_key"] == rows[3]["supplier_key"] == "n:99999993"
    assert rows[3]["match_evidence"] == "«Sydby Lindely ApS»: the same words"
    assert outcome.facts["rows"] == 8
    assert outcome.facts["suppliers"] == 6


def test_creditor_number_and_place_speak_for_and_against_names_that_are_alike(listed, tmp_path):
    text = (
        "Navn;Konto;Adresse;Postnr\nNordby Lindely;7;;\nNordby Lindely Finans;7;;\nSydby Ravn;1;Havnen 1;1000\n"
        "Sydby Ravn Service;2;HAVNEN 1;\nVestby Holm;3;;1000\nVestby Holm Skov;4;;8000\n"
    )
    columns = {"supplier_name": "Navn", "supplier_number": ""}
    match_list(listed(text), tmp_path / "navne.csv", columns=columns)
    places = {"supplier_account_number": "Konto", "address": "Adresse", "postcode": "Postnr"}
    match_list(listed(text), tmp_path / "alt.csv", columns=columns | places)
    by_name, by_all = ([row["supplier_key"] for row in read(tmp_path / f"{name}.csv")] for name in ("navne", "alt"))
    assert len(set(by_name)) == 6
    assert [len(set(by_all[place : place + 2])) for place in (0, 2, 4)] == [1, 1, 2]
    assert "the same creditor number" in read(tmp_path / "alt.csv")[0]["match_evidence"]


def test_formulas_are_made_harmless_and_amounts_stay(listed, tmp_path):
    out = tmp_path / "fundet.csv"
    match_list(listed(), out, columns={"supplier_name": "Leverandør"})
    rows = read(out)
    assert [row["Note"] for row in rows][:3] == ["'=1+1", "til ******", "'@navn"]
    assert [row["Beløb"] for row in rows][:4] == ["-12,50", "3,00", "1.234,00", "-4"]


def test_personal_numbers_are_masked_and_persons_stay_alone(listed, tmp_path):
    out = tmp_path / "fundet.csv"
    text = LIST + "9;Ejer 010190-1234;;1;\n10;Ejer 010190-1234;;1;\n11;Firma (CPR-ABCDEFGH2345);;1;\n"
    outcome = match_list(listed(text), out, columns={"supplier_name": "Leverandør"})
    rows = read(out)
    assert "010190" not in out.read_text(encoding="utf-8-sig")
    assert "ABCDEFGH2345" not in out.read_text(encoding="utf-8-sig")
    assert [rows[place]["supplier_key"] for place in (4, 5, 8, 9)] == ["p:row 6", "p:row 7", "p:row 10", "p:row 11"]
    assert rows[4]["supplier_label"] == ""
    assert outcome.facts["masked_cells"] == 4


def test_doubtful_pairs_go_to_a_file_beside_and_that_is_said(listed, tmp_path):
    out = tmp_path / "fundet.csv"
    outcome = match_list(listed(), out, columns={"supplier_name": "Leverandør", "supplier_number": "CVR"})
    assert [row["right_name"] for row in read(tmp_path / "fundet_doubtful.csv")] == ["Østby Lindholm Byg Finans"]
    assert "fundet_doubtful.csv" in "\n".join(outcome.sentences)
    match_list(listed("Leverandør\nNordby\nSydby\n"), out, columns={"supplier_name": "Leverandør"})
    assert read(tmp_path / "fundet_doubtful.csv") == []  # nothing stays of the list before


def test_no_doubtful_pair_no_second_file(listed, tmp_path):
    outcome = match_list(
        listed("navn\tx\nNordby\t1\nSydby\t2\n"), tmp_path / "fundet.csv", columns={"supplier_name": "navn"}
    )
    assert read(tmp_path / "fundet.csv", "\t")[1]["supplier_key"] == "s:sydby"
    assert outcome.facts["doubtful_written"] is None
    assert not (tmp_path / "fundet_doubtful.csv").exists()


@pytest.mark.parametrize(
    ("text", "column", "error", "said"),
    [
        (LIST, "Leverandor", ParameterError, "Did you mean «Leverandør»"),
        ("", "Leverandør", FileFormatError, "is empty"),
        ("Leverandør;x\n", "Leverandør", FileFormatError, "no rows"),
        ("Leverandør;x\nNordby\nSydby;1;2\n", "Leverandør", FileFormatError, "row 3"),
        ("Leverandør;supplier_key\nNordby;1\n", "Leverandør", ParameterError, "already"),
        ("Navn;Navn\nNordby;1\n", "Navn", ParameterError, "twice"),
        ("\x00\x01binary", "Leverandør", FileFormatError, "not a text file"),
    ],
)
def test_what_cannot_be_read_is_said(listed, tmp_path, text, column, error, said):
    with pytest.raises(error, match=said):
        match_list(listed(text), tmp_path / "fundet.csv", columns={"supplier_name": column})
    assert not (tmp_path / "fundet.csv").exists()


def test_places_that_are_wrong_are_refused(listed, tmp_path):
    path = listed()
    with pytest.raises(ParameterError, match="overwritten"):
        match_list(path, tmp_path / "." / "kreditorer.csv", columns={"supplier_name": "Leverandør"})
    with pytest.raises(ParameterError, match="no CSV"):
        match_list(path, tmp_path / "fundet.xlsx", columns={"supplier_name": "Leverandør"})
    with pytest.raises(InputNotFoundError):
        match_list(tmp_path / "missing.csv", tmp_path / "fundet.csv", columns={"supplier_name": "Leverandør"})
    assert path.read_bytes() == LIST.encode()


def test_the_command_answers_in_words_and_as_json(listed, tmp_path, monkeypatch, capsys):
    command = ["procurement-kit", "match-suppliers", str(listed()), "--column", "Leverandør", "--number", "CVR"]
    command += ["--out", str(tmp_path / "fundet.csv")]
    for extra, check in (
        ([], lambda said: "8 rows are 6 suppliers" in said),
        (["--json"], lambda said: json.loads(said)["merges"]),
    ):
        monkeypatch.setattr("sys.argv", [*command, *extra])
        with pytest.raises(SystemExit) as left:
            main()
        assert not left.value.code
        assert check(capsys.readouterr().out)
