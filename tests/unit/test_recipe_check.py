"""Does checking a recipe explain what is wrong with it?"""

import pytest
from typer.testing import CliRunner

from procurement_kit.commands import recipes  # noqa: F401  puts the command in its place
from procurement_kit.commands.frame import app
from procurement_kit.errors import SettingsError
from procurement_kit.publishing.recipes import read_recipe, recipe_folders
from procurement_kit.recipe_check import KNOWN_IN, _tables, check_recipe

MINE = """
extends = "municipal_report"
title = { da = "Skolernes rapport", en = "The schools' report" }

[[pages]]
key = "tail"
number = 1
findings = ["tail"]
table = "tail.by_group"
columns = ["category_name", "tail_proposal"]
"""


def check(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return check_recipe(path)


def test_the_recipes_of_the_project_can_all_be_used(data_home):
    for name in ("municipal_report", "municipal_report_political", "kpis"):
        assert check_recipe(name).facts["recipe"] == name


def test_the_political_edition_leaves_page_nine_out(data_home):
    facts = check_recipe("municipal_report_political").facts
    assert 9 not in facts["pages"]
    assert {1, 4, 5, 8, 11, 12} <= set(facts["pages"])
    assert read_recipe("municipal_report_political").folder_name("2025") == "2025-political"


def test_a_copy_says_only_what_differs(tmp_path, data_home):
    outcome = check(tmp_path, MINE)
    assert outcome.facts["pages"] == {1: "tail"}
    assert "notebooks/20_municipal_report.ipynb" in outcome.sentences[1]


def test_all_that_is_wrong_is_said_at_once_with_the_nearest_name(tmp_path, data_home):
    wrong = MINE.replace("tail_proposal", "tail_propsal").replace('key = "tail"', 'key = "tali"')
    wrong = wrong.replace("extends", 'notebook = "20_municipal_reprt"\nextends')
    with pytest.raises(SettingsError) as caught:
        check(tmp_path, wrong + 'more_tables = ["tail.definition"]\n')
    problems = "\n".join(caught.value.problems)
    assert "Did you mean «tail_proposal»?" in problems
    assert "texts/en.toml has no pages.tali. Did you mean «tail»?" in problems
    assert "Did you mean «definitions»?" in problems
    assert "Did you mean «20_municipal_report»?" in problems


def test_a_recipe_in_the_data_folder_is_found_by_name(data_home):
    folder = recipe_folders()[0]
    folder.mkdir(parents=True)
    (folder / "skoler.toml").write_text(MINE, encoding="utf-8")
    assert read_recipe("skoler").title["da"] == "Skolernes rapport"


def test_every_finding_it_knows_says_its_tables():
    assert all(_tables(key) for key in KNOWN_IN)


def test_the_command_prints_what_the_recipe_makes(data_home):
    ran = CliRunner().invoke(app, ["recipe", "check", "municipal_report", "--json"])
    assert ran.exit_code == 0
    assert '"political"' not in ran.stdout
    assert "report.xlsx" in ran.stdout
