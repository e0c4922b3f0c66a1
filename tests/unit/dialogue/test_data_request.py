"""Does the data request ask for what is needed, in words a municipality takes seriously?"""

from datetime import date

import openpyxl
import pytest

from procurement_kit import store
from procurement_kit.dialogue.data_request import SYSTEMS, fields, write_data_request
from procurement_kit.errors import ParameterError
from procurement_kit.personal_numbers import count_person_numbers
from procurement_kit.settings import SETTINGS_FILE
from procurement_kit.tables import CONTROL_TOTALS
from procurement_kit.templates import read_template

DAY = date(2026, 1, 15)


def request(municipality, **more):
    outcome = write_data_request(municipality, today=DAY, **more)
    return outcome, {
        name: municipality.folder / "dialogue" / path.rsplit("/", 1)[-1]
        for name, path in outcome.facts["paths"].items()
    }


def rows_of(path):
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


def test_two_whole_years_are_asked_for_when_nothing_is_said(municipality):
    outcome, paths = request(municipality)
    assert outcome.facts["period"] == "2024-01..2025-12"
    assert "1. januar 2024 – 31. december 2025" in paths["letter"].read_text(encoding="utf-8")
    assert "to hele regnskabsår" not in paths["letter"].read_text(encoding="utf-8")


def test_a_shorter_period_is_asked_for_with_the_advice_to_take_two_years(municipality):
    outcome, paths = request(municipality, period="2025Q3")
    assert "to hele regnskabsår" in paths["letter"].read_text(encoding="utf-8")
    assert any("Two whole years" in sentence for sentence in outcome.sentences)


@pytest.mark.parametrize(
    "words",
    ["OIOUBL", "pr. måned", "REGK31", "GLN/EAN", "Kontraktregistret", "Kontoplan", "CSV i UTF-8 med semikolon", "æ, ø og å",
     "med eller uden moms", "positivt eller negativt", "kontroltal-2024-01_2025-12.xlsx", "ikke CPR-numre", "nøgle",
     "databehandler", "Databehandleraftalen", "15. januar 2027", "SFTP", "almindelig e-mail", "12. februar 2026",
     "som funktion", "som systemet skriver dem", "[afsender", "[sagsnummer]", "[modtager",
     "En borgers navn i en fritekst", "lad derfor sådanne betalinger blive ude"],
)  # fmt: skip
def test_the_letter_says(municipality, words):
    assert words in request(municipality)[1]["letter"].read_text(encoding="utf-8")


def test_nothing_is_promised_on_names_and_one_way_of_writing_dates_contradicts_no_other(municipality):
    _, paths = request(municipality, systems=SYSTEMS)
    texts = [paths["letter"].read_text(encoding="utf-8"), *(str(row) for row in rows_of(paths["fields"]))]
    assert not [text for text in texts if "privatpersoner fjernes" in text or "åååå" in text]


@pytest.mark.parametrize(
    "words", ["én række pr. fil", "egen valuta", "eget fortegn", "Sumlinjer regnes ikke med", "kun for e-fakturaer"]
)
def test_the_form_for_control_totals_has_a_guide(municipality, words):
    book = openpyxl.load_workbook(request(municipality)[1]["control_totals"])
    assert book.sheetnames == ["Kontroltal", "Vejledning"]
    assert any(words in row[0] for row in book["Vejledning"].iter_rows(values_only=True))


def test_sections_and_lines_are_numbered(municipality):
    text = request(municipality)[1]["letter"].read_text(encoding="utf-8")
    assert [line[3] for line in text.splitlines() if line.startswith("## ")] == ["1", "2", "3", "4", "5", "6"]
    assert "- 2.1 Udtræk" in text


def test_only_the_systems_asked_for_are_in_the_letter_and_on_the_list(municipality):
    _, paths = request(municipality, systems=("prisme", "einvoices"))
    text = paths["letter"].read_text(encoding="utf-8")
    assert "Prisme 365" in text and "KMD Opus" not in text
    assert {row[0] for row in rows_of(paths["fields"])[1:]} == {"E-fakturaer", "Prisme 365: kreditorposteringer"}


def test_each_field_says_why_what_it_is_called_and_whether_it_is_needed(municipality):
    heading, *rows = rows_of(request(municipality, systems=SYSTEMS)[1]["fields"])
    assert heading[:4] == ("System", "Felt", "Hvorfor", "Nødvendigt")
    assert all(all(row) for row in rows)
    assert {row[3] for row in rows} == {"ja", "gerne"}
    assert {field["system"] for field in fields()} == set(SYSTEMS)
    (art,) = [row for row in rows if row[1] == "Artskonto"]
    assert "to første cifre" in art[4]


def test_numbers_in_examples_keep_their_zeros_and_signs(municipality):
    cells = {row[6] for row in rows_of(request(municipality, systems=SYSTEMS)[1]["fields"])[1:]}
    assert {"00100001", "000123", "-1.234,50"} <= cells


def test_the_form_for_control_totals_is_read_back(municipality):
    _, paths = request(municipality)
    book = openpyxl.load_workbook(paths["control_totals"])
    for place, value in enumerate(("posteringer_2025.csv", "1.234", None, "-5.000,50"), start=1):
        book.worksheets[0].cell(2, place).value = value
    book.worksheets[0].cell(2, 2).value = 1234
    book.save(paths["control_totals"])
    (row,) = read_template(paths["control_totals"], CONTROL_TOTALS).to_pylist()
    assert (row["source_name"], row["line_count"], str(row["amount"])) == ("posteringer_2025.csv", 1234, "-5000.5000")


def test_the_html_letter_asks_nobody_for_anything_and_says_the_same(municipality):
    _, paths = request(municipality)
    html = paths["letter_html"].read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "<html lang='da'>" in html and "default-src 'none'" in html
    assert "http://" not in html and "https://" not in html and "<script" not in html
    assert "@page{size:A4" in html
    assert "Databehandleraftalen" in html


def test_a_title_cannot_put_code_into_the_letter(data_home):
    from procurement_kit.keys import write_key

    write_key("k", b"0" * 32)
    municipality = store.create_municipality("x", title="<script>alert(1)</script> Kommune", privacy_key="k")
    html = request(municipality)[1]["letter_html"].read_text(encoding="utf-8")
    assert "<script" not in html and "&lt;script&gt;" in html


def test_english_is_a_setting(municipality):
    path = municipality.folder / SETTINGS_FILE
    path.write_text(path.read_text(encoding="utf-8") + 'language = "en"\n', encoding="utf-8")
    _, paths = request(store.open_municipality(municipality.name))
    text = paths["letter"].read_text(encoding="utf-8")
    assert "data-processing agreement" in text and "Vi " not in text
    assert rows_of(paths["fields"])[0][1] == "Field"


def test_the_same_request_gives_the_same_bytes(municipality):
    one = {name: path.read_bytes() for name, path in request(municipality)[1].items()}
    two = {name: path.read_bytes() for name, path in request(municipality)[1].items()}
    assert one == two


def test_nothing_in_the_request_looks_like_a_person(municipality):
    _, paths = request(municipality, systems=SYSTEMS)
    texts = [paths["letter"].read_text(encoding="utf-8"), *(str(row) for row in rows_of(paths["fields"]))]
    assert not sum(map(count_person_numbers, texts))


def test_an_unknown_system_is_answered_with_the_nearest(municipality):
    with pytest.raises(ParameterError, match="kmd_opus"):
        request(municipality, systems=("kmd_opos",))
    with pytest.raises(ParameterError, match="no known system"):
        request(municipality, systems=())


def test_a_leap_day_has_a_day_a_year_later(municipality):
    outcome = write_data_request(municipality, today=date(2028, 2, 29))
    text = (municipality.folder / "dialogue" / outcome.facts["paths"]["letter"].rsplit("/", 1)[-1]).read_text("utf-8")
    assert "28. februar 2029" in text
