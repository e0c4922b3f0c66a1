"""A file with a personal number in it never appears, whatever kind of file it is; the error says where, not which."""

import json

import pytest
import xlsxwriter

from procurement_kit.errors import PrivacyError
from procurement_kit.outgoing import (
    outgoing,
    personal_places_below,
    personal_places_in,
    refuse_personal,
    texts_of,
    visible_text,
    write_outgoing,
)

NUMBER = "010190-1234"


def write_book(path, *, text="Kopipapir", sheet="Ark", comment="", header="", title="", rich=False, name=""):
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": title})
        page = book.add_worksheet(sheet)
        page.write_row(0, 0, ["Konto", "Tekst", "Beløb"])
        page.write_row(1, 0, ["0101901234", "Papir"])
        page.write_number(1, 2, 1010901234)  # kroner, not a number of a person
        page.write_string(2, 1, text)
        if rich:
            page.write_rich_string(3, 1, book.add_format({"bold": True}), "010190", "-1234")
        if comment:
            page.write_comment(0, 0, comment)
        if header:
            page.set_header(header)
        if name:
            book.define_name(name, "=Ark!$A$1")
            page.write_url(4, 1, "internal:'Ark'!A1", tip=NUMBER)


PLANTED_BOOKS = {
    "cell": ({"text": NUMBER}, "sheet «Ark», row 3"),
    "rich text": ({"rich": True}, "sheet «Ark», row 4"),
    "token": ({"text": "CPR-ABCDEFGHIJKL"}, "sheet «Ark», row 3"),
    "sheet name": ({"sheet": NUMBER}, "the name of a sheet"),
    "comment": ({"comment": f"til {NUMBER}"}, "a comment"),
    "header": ({"header": f"&L{NUMBER}"}, "the header, footer or a link of a sheet"),
    "title": ({"title": NUMBER}, "the properties"),
    "tip": ({"name": "navn"}, "the header, footer or a link of a sheet"),
}


@pytest.mark.parametrize("planted", PLANTED_BOOKS)
def test_a_workbook_with_a_number_anywhere_never_appears(tmp_path, planted):
    given, where = PLANTED_BOOKS[planted]
    with pytest.raises(PrivacyError) as caught, outgoing(tmp_path / "bog.xlsx") as unfinished:
        write_book(unfinished, **given)
    assert where in str(caught.value)
    assert "bog.xlsx" in str(caught.value)
    assert "1234" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_without_appears_and_bare_digits_in_an_account_column_may_stay(tmp_path):
    with outgoing(tmp_path / "bog.xlsx") as unfinished:
        write_book(unfinished)
    assert [path.name for path in tmp_path.iterdir()] == ["bog.xlsx"]


def notebook(output):
    return json.dumps({"cells": [{"source": ["x = 1"], "outputs": []}, {"source": "y", "outputs": [output]}]})


PLANTED_TEXTS = {
    "report.html": f"<p>Indkøb</p><p>til {NUMBER}</p>",
    "split.html": "<table><tr><td>010190</td><td>1234</td><td>cpr</td></tr></table>".replace("</td><td>1", "-1"),
    "attribute.html": f"<p title='{NUMBER}'>Indkøb</p>",
    "hidden.html": "<p>010190&shy;-1234</p>",
    "entity.html": "<p>010190&#45;1234</p>",
    "linjer.csv": f"Tekst;Beløb\nPapir;1,00\nYdelse {NUMBER};2,00\n",
    "bare.csv": "Tekst;Beløb\n0101901234;2,00\n",
    "brev.md": f"# Brev\n\nVedr. {NUMBER}\n",
    "brev.txt": f"Vedr. {NUMBER}",
    "profil.toml": f'name = "{NUMBER}"',
    "record.json": json.dumps({"inputs": [{"name": f"faktura {NUMBER}.xml"}]}),
    "key.json": json.dumps({NUMBER: 1}),
    "stream.ipynb": notebook({"output_type": "stream", "text": [f"til {NUMBER}\n"]}),
    "html.ipynb": notebook({"data": {"text/html": f"<td>{NUMBER}</td>"}}),
    "error.ipynb": notebook({"output_type": "error", "evalue": NUMBER, "traceback": []}),
    "code.ipynb": json.dumps({"cells": [{"source": f"find('{NUMBER}')"}]}),
}


@pytest.mark.parametrize("name", PLANTED_TEXTS)
def test_a_text_file_with_a_number_never_appears_and_what_was_there_stays(tmp_path, name):
    path = tmp_path / name
    path.write_text("i går", encoding="utf-8")
    with pytest.raises(PrivacyError) as caught:
        write_outgoing(path, PLANTED_TEXTS[name])
    assert name in str(caught.value)
    assert "1234" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == "i går"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "where"),
    [("linjer.csv", "linjer.csv, row 3"), ("brev.md", "brev.md, line 3"), ("stream.ipynb", "stream.ipynb, cell 2"),
     ("attribute.html", "attribute.html, an attribute"), ("record.json", "record.json, inputs.name")],
)  # fmt: skip
def test_the_error_says_where(tmp_path, name, where):
    with pytest.raises(PrivacyError) as caught:
        write_outgoing(tmp_path / name, PLANTED_TEXTS[name])
    assert where in caught.value.problems[0]


SOUND_TEXTS = {
    "konti.csv": "Konto;Beløb;Ordrenummer\n0101901234;1010901234,50;0101901234\n",
    "sum.csv": "Tekst;Beløb\nI alt;1010901234,50\n",
    "record.json": json.dumps({"net_amount": "1010901234.50", "hash": "9f86d081884c7d659a2feaa0c55ad015", "n": 5}),
    "report.html": "<style>a{width:0101901234px}</style><path d='0101901234'><p>CVR 99999993</p>",
    "figur.ipynb": notebook({"data": {"image/png": "0101901234", "text/plain": "<Figure>"}}),
}


@pytest.mark.parametrize("name", SOUND_TEXTS)
def test_amounts_accounts_drawings_and_hashes_are_no_persons(tmp_path, name):
    write_outgoing(tmp_path / "ny" / name, SOUND_TEXTS[name])
    assert (tmp_path / "ny" / name).is_file()


def test_an_account_with_a_hyphenated_number_is_refused(tmp_path):
    with pytest.raises(PrivacyError, match="row 2"):
        write_outgoing(tmp_path / "konti.csv", f"Konto\n{NUMBER}\n")


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), outgoing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("halv")
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_looked_through_names_and_damaged_files_too(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "ren.txt").write_text("Papir", encoding="utf-8")
    (tmp_path / "a" / f"{NUMBER}.pdf").write_bytes(b"%PDF")
    (tmp_path / "a" / "brev.md").write_text(f"Vedr. {NUMBER}", encoding="utf-8")
    (tmp_path / "ødelagt.xlsx").write_bytes(b"PK")
    (tmp_path / "halv.json").write_text("{", encoding="utf-8")
    assert personal_places_below(tmp_path) == [
        "the name of a/******.pdf", "a/brev.md, line 1", "halv.json, cannot be read", "ødelagt.xlsx, cannot be read",
    ]  # fmt: skip
    assert personal_places_below(tmp_path / "findes ikke") == []


def test_bytes_that_are_no_text_hold_nothing_a_reader_can_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\x81\x8d\x00")
    assert personal_places_in(path) == []


def test_each_place_is_named_once_and_without_the_number():
    with pytest.raises(PrivacyError) as caught:
        refuse_personal([(f"række {NUMBER}", NUMBER), (f"række {NUMBER}", NUMBER), ("b", "Papir")])
    assert caught.value.problems == ("række ****** holds a number that can be a CPR number",)


def test_the_visible_text_of_a_page():
    assert visible_text("<p>Æ &amp; Ø</p><style>x</style>").split() == ["Æ", "&", "Ø"]


def test_a_large_workbook_is_read_faster_than_its_cells_are(tmp_path):
    import time

    from openpyxl import load_workbook

    path = tmp_path / "stor.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for row in range(3000):
            page.write_row(row, 0, [f"tekst {row} {place}" for place in range(8)])
    start = time.process_time()
    refuse_personal(texts_of(path))
    ours = time.process_time() - start
    start = time.process_time()
    assert sum(1 for sheet in load_workbook(path) for _ in sheet.iter_rows(values_only=True)) == 3000
    assert ours < 2 * (time.process_time() - start)
