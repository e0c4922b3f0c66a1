import io
import zipfile
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from pptx import Presentation

from procurement_kit.errors import SettingsError
from procurement_kit.publishing.house_style import ACCENT, HouseStyle, contrast, house_style
from procurement_kit.publishing.html import Cover, render_html
from procurement_kit.publishing.pages import page_views
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.slides import write_slides
from procurement_kit.publishing.workbook import write_workbook
from procurement_kit.settings import Municipality, read_settings

PNG_START = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def logo():
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (120, 40), "#225533").save(file, format="PNG")
    return file.getvalue()


@pytest.fixture
def municipality(tmp_path):
    return Municipality("proeveby", tmp_path, "Prøveby Kommune", "key")


@pytest.fixture
def pages(writer):
    return page_views(read_recipe("municipal_report"), writer)


@pytest.fixture
def cover(logo):
    style = HouseStyle("Prøveby <b>Indkøb</b>", logo, "#225533")
    return Cover("Rapport", "Prøveby Kommune", "2025", "95 % placeret", (), style)


def test_without_settings_a_report_looks_as_the_kits_own(municipality, pages, writer):
    style = house_style(municipality)
    assert style == HouseStyle()
    plain = Cover("Rapport", "Prøveby Kommune", "2025", "", ())
    assert render_html(replace(plain, style=style), pages, writer) == render_html(plain, pages, writer)


def test_html_has_the_logo_in_itself_the_name_as_text_and_the_colour_in_light_dark_and_print(cover, pages, writer):
    html = render_html(cover, pages, writer)
    assert '<img src="data:image/png;base64,' in html
    assert "Prøveby &lt;b&gt;Indkøb&lt;/b&gt;" in html
    assert "<b>Indkøb" not in html
    after = html[html.rindex(f"--accent:{ACCENT}") :]
    assert after.count("--accent:#225533") == 2  # on screen and in print
    assert "--accent:#225533" not in after.split("prefers-color-scheme:dark")[1].split("@media print")[0]


@pytest.mark.parametrize("accent", ["#225533", "#8a1020", "#000000", "#00609a"])
def test_the_colour_can_be_read_in_light_and_dark(accent):
    style = HouseStyle(accent=accent)
    assert contrast(accent, "#ffffff") >= 4.5
    dark = style.css.partition("dark){:root{--accent:")[2][:7] or "#7fc0ea"
    assert contrast(dark, "#161c23") >= 4.5


def test_slides_and_workbook_carry_name_logo_and_colour(cover, pages, writer, tmp_path):
    write_slides(tmp_path / "a.pptx", cover, pages)
    front = Presentation(tmp_path / "a.pptx").slides[0]
    assert any(shape.shape_type == 13 for shape in front.shapes)  # a picture
    assert any("Prøveby <b>Indkøb</b>" in shape.text_frame.text for shape in front.shapes if shape.has_text_frame)
    write_workbook(tmp_path / "a.xlsx", cover, pages, {}, writer)
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert "Prøveby <b>Indkøb</b>" in sheet["B1"].value
    assert sheet["B1"].font.color.rgb == "FF225533"
    assert any(name.startswith("xl/media/") for name in zipfile.ZipFile(tmp_path / "a.xlsx").namelist())


def test_a_logo_is_read_from_the_municipalitys_folder(municipality, logo):
    (municipality.folder / "logo.png").write_bytes(logo)
    assert house_style(replace(municipality, logo="logo.png")).logo == logo


@pytest.mark.parametrize(
    ("content", "word"),
    [(None, "is not there"), (b"<svg onload='alert(1)'/>", "cannot be used"), (PNG_START + b"0" * 600_000, "cannot")],
)
def test_a_logo_that_cannot_be_used_is_refused(municipality, content, word):
    if content is not None:
        (municipality.folder / "logo.png").write_bytes(content)
    with pytest.raises(SettingsError, match=word):
        house_style(replace(municipality, logo="logo.png"))


def test_a_colour_nobody_can_read_is_refused_with_one_that_can(municipality):
    with pytest.raises(SettingsError, match="too light") as error:
        house_style(replace(municipality, accent_colour="#FFD700"))
    offered = error.value.todo.rpartition(" ")[2]
    assert contrast(offered, "#ffffff") >= 4.5


@pytest.mark.parametrize(
    ("line", "word"),
    [('accent_colour = "red"', "accent_colour"), ('logo = "../other/logo.png"', "logo"), ('logo = "logo.svg"', "logo")],
)
def test_settings_of_another_form_are_refused_when_they_are_read(tmp_path, line, word):
    (tmp_path / "municipality.toml").write_text(f'title = "A"\nprivacy_key = "k"\n{line}\n', encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_settings(tmp_path)
    assert any(word in problem for problem in error.value.problems)
