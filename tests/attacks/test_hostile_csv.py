"""Hostile CSV files are held back with a reason, whole or row by row; the others are taken in."""

import gzip
import re

import pytest

from procurement_kit.errors import FileFormatError, ProcurementError
from procurement_kit.intake.load import import_files

# Name → how it is made from the headings and one sound row, and what the reason must say.
HOSTILE = {
    "empty.csv": (lambda head, row: b"", "empty"),
    "spaces.csv": (lambda head, row: b" \r\n \r\n", "empty"),
    "a_million_empty_lines.csv": (lambda head, row: b"\r\n" * 1_000_000, "empty|headings"),
    "binary.csv": (lambda head, row: b"a;b\r\n\x00\x01\x02", "not a text file"),
    "workbook.csv": (lambda head, row: b"PK\x03\x04" + b"x" * 100, "not a text file"),
    "portable.csv": (lambda head, row: b"%PDF-1.7", "not a text file"),
    "gzip_without_its_name.csv": (lambda head, row: gzip.compress(head + row), "not a text file"),
    "open_quote.csv": (
        lambda head, row: head + row + b'2;"01-03-2025;99999993;X;29;1;100,00\r\n' + row * 5,
        "quotation mark|quoted",
    ),
    "damaged.csv.gz": (lambda head, row: gzip.compress(head + row * 1000)[:-40], "gzip"),
    "plain.csv.gz": (lambda head, row: head + row, "gzip"),
    "bomb.csv.gz": (lambda head, row: gzip.compress(head + b" " * 200_000_000), "inflates|more than|longer"),
    "long_cell.csv": (lambda head, row: head + b"1;" + b"x" * 200_000 + b";99999993;X;29;1;100,00\r\n", "characters"),
    "one_line.csv": (lambda head, row: head + b"x" * 100_000_000, ""),
    "one_line_of_cells.csv": (lambda head, row: head + b"x;" * 25_000_000, ""),
    "no_line_at_all.csv": (lambda head, row: b"x" * 100_000_000, ""),
    "headings.csv": (lambda head, row: b";".join([b"CVR"] * 10_000) + b"\r\n" + row, "headings"),
    "personal_headings.csv": (lambda head, row: b"010190-1234;020290-5678\r\n1;2\r\n", "headings"),
    "ebcdic.csv": (lambda head, row: (head + row).decode().encode("cp500"), ""),
}
HEAVY = ("a_million_empty_lines.csv", "bomb.csv.gz", "one_line.csv", "one_line_of_cells.csv", "no_line_at_all.csv")


def made(texts, name):
    make, reason = HOSTILE[name]
    return make(texts.headings.encode(), texts.row.format("H").encode()), reason


LIGHT = [name for name in HOSTILE if name not in HEAVY]


@pytest.fixture(scope="module")
def found(attack_at_once, texts):
    return attack_at_once({name: made(texts, name)[0] for name in LIGHT})


@pytest.mark.parametrize("name", LIGHT)
def test_a_hostile_ledger_is_held_back_and_the_others_are_taken_in(found, name):
    assert re.search(HOSTILE[name][1], found.reason(name))
    assert len(found.lines) == 0


@pytest.mark.parametrize("name", HEAVY)
def test_a_bomb_costs_neither_time_nor_memory(measured_attack, texts, name):
    content, reason = made(texts, name)
    assert re.search(reason, measured_attack({name: content}).reason(name))


@pytest.mark.parametrize("name", ["binary.csv", "open_quote.csv", "damaged.csv.gz", "long_cell.csv", "empty.csv"])
def test_a_hostile_ledger_that_is_alone_is_an_error_and_nothing_is_written(municipality, tmp_path, texts, name):
    (tmp_path / name).write_bytes(made(texts, name)[0])
    with pytest.raises(FileFormatError):
        import_files(municipality, [tmp_path / name], profile="ledger_dk")
    assert not [path for path in (municipality.folder / "lines").iterdir() if not path.name.startswith(".")]


def test_a_million_empty_lines_between_two_rows_are_no_rows(measured_attack, texts):
    content = texts.headings + texts.row.format("N-1") + "\r\n" * 1_000_000 + texts.row.format("N-2")
    found = measured_attack({"gaps.csv": content.encode()})
    assert found.lines[["voucher_number", "source_row"]].to_numpy().tolist() == [["N-1", 2], ["N-2", 1_000_003]]


def test_rows_of_another_shape_are_held_back_one_by_one(attack, texts):
    rows = [texts.row.format("S"), "1;2\r\n", "I alt;;;;;;100,00\r\n", "1;01-03-2025;99999993;X;29;1;100,00;x\r\n"]
    found = attack({"rows.csv": texts.ledger(*rows)})
    assert found.lines["voucher_number"].tolist() == ["S"]
    assert found.set_aside["source_row"].tolist() == [3, 4, 5]
    assert found.set_aside["set_aside_reason"].str.startswith("row ").all()


def test_a_null_byte_or_control_character_in_a_cell_harms_its_own_row_at_most(attack, texts):
    rows = [texts.row.format("S"), texts.row.format("\x07bell\x1b[31m"), texts.row.format("T")]
    found = attack({"control.csv": texts.ledger(*rows)})
    kept = found.lines["voucher_number"].tolist()
    assert kept[0] == "S" and kept[-1] == "T"
    assert not any("\x1b" in number or "\x07" in number for number in kept)


def test_a_null_byte_far_down_holds_its_row_back(attack, texts):
    rows = [texts.row.format(f"N-{n}") for n in range(30_000)]
    found = attack({"nul.csv": texts.ledger(*rows, "1;\x00\r\n")})
    assert found.set_aside["source_row"].tolist() == [30_002]
    assert len(found.lines) == 30_000


def test_a_wrong_encoding_that_the_profile_names_is_said_so(municipality, tmp_path, texts):
    profile = tmp_path / "wrong.toml"
    from procurement_kit.intake.profiles import find_profile, profile_folders

    source = next(f / "ledger_dk.toml" for f in profile_folders() if (f / "ledger_dk.toml").is_file())
    text = source.read_text(encoding="utf-8")
    assert 'encoding = "' in text
    profile.write_text(re.sub(r'encoding = "[^"]*"', 'encoding = "utf-8"', text), encoding="utf-8")
    assert find_profile(profile).encoding == "utf-8"
    (tmp_path / "a.csv").write_bytes((texts.headings + texts.row.format("Ærø")).encode("cp1252"))
    with pytest.raises(FileFormatError, match="not text in utf-8"):
        import_files(municipality, [tmp_path / "a.csv"], profile=profile)


def test_an_error_never_quotes_a_personal_number(municipality, tmp_path):
    path = tmp_path / "010190-1234.csv"
    path.write_bytes(b"010190-1234;020290-5678\r\n1;2\r\n")
    with pytest.raises(ProcurementError) as error:
        import_files(municipality, [path], profile="ledger_dk")
    assert "010190" not in str(error.value)
    assert "020290" not in str(error.value)
