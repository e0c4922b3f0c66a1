"""Is a recipe of one's own right?"""

from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, answer, app, prepare

recipe = typer.Typer(no_args_is_help=True, help="Recipes: which pages make up a report.")
app.add_typer(recipe, name="recipe")


@recipe.command("check")
def check(
    file: Annotated[str, typer.Argument(help="A TOML file, or the name of a recipe.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what a recipe makes, or everything that is wrong with it.

    Copy reports/municipal_report.toml to recipes/ in the data folder, change it, and check it before it is used.

    Example: procurement-kit recipe check recipes/skoler.toml
    """
    prepare(data, as_json)
    from procurement_kit.recipe_check import check_recipe

    answer(check_recipe(file), as_json)
