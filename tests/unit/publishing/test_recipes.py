import pytest

from procurement_kit.errors import InputNotFoundError, SettingsError
from procurement_kit.publishing.recipes import notebook_path, read_recipe

GOOD = """
title = { da = "Rapport", en = "Report" }
notebook = "20_municipal_report"
outputs = ["report.html"]
language = "da"
edition = "political"

[[pages]]
key = "areas"
number = 3
findings = ["spend"]
figure = "spend_by_area"

[[pages]]
key = "leaks"
number = 9
findings = ["compliance"]
table = "compliance.leaks"
is_internal = true
"""


def recipe(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_recipe(path)


def test_the_standard_recipe_is_found_by_name():
    found = read_recipe("municipal_report")
    assert [page.number for page in found.pages] == list(range(1, 14))
    assert found.outputs == ("report.html", "report.xlsx", "report.pptx", "findings", "report.pdf")
    assert notebook_path(found.notebook).is_file()


def test_a_recipe_can_be_any_toml_file(tmp_path):
    found = recipe(tmp_path, GOOD)
    assert found.name == "mine"
    assert found.pages[0].anchor == "s03"


def test_the_political_edition_leaves_internal_pages_out(tmp_path):
    assert [page.key for page in recipe(tmp_path, GOOD).shown_pages] == ["areas"]
    assert len(recipe(tmp_path, GOOD.replace("political", "internal")).shown_pages) == 2


def test_all_problems_are_named_at_once_with_the_nearest_key(tmp_path):
    wrong = GOOD.replace("notebook", "notbook").replace('"political"', '"public"').replace("figure", "figur")
    wrong = wrong.replace("number = 9", "number = 3").replace("compliance.leaks", "leaks")
    with pytest.raises(SettingsError) as caught:
        recipe(tmp_path, wrong)
    problems = "\n".join(caught.value.problems)
    assert "notbook is not known. Did you mean «notebook»?" in problems
    assert "notebook is missing" in problems
    assert "edition is «public»" in problems
    assert "page 1 («areas»): figur is not known. Did you mean «figure»?" in problems
    assert "page 2 («leaks»): table is «leaks»" in problems
    assert "number «3» stands on two pages" in problems


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('outputs = ["report.html"]', 'outputs = ["report.docx"]', "outputs"),
        ("number = 3", 'number = "3"', "number is of the wrong type"),
        ("is_internal = true", 'is_internal = "ja"', "is_internal is of the wrong type"),
        ('findings = ["spend"]', 'findings = ["spent"]', "findings"),
        ('title = { da = "Rapport", en = "Report" }', 'title = { da = "Rapport" }', "title"),
    ],
)
def test_values_are_checked(tmp_path, old, new, named):
    with pytest.raises(SettingsError, match=named):
        recipe(tmp_path, GOOD.replace(old, new))


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="not valid TOML"):
        recipe(tmp_path, "pages = [")


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputNotFoundError, match="Did you mean «municipal_report»"):
        read_recipe("municipal_raport")
    with pytest.raises(InputNotFoundError, match="20_municipal_report"):
        notebook_path("20_municipal")
