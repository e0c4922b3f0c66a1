"""How do lines get their category: tree, training, classification, and how good it is?"""

import sys
from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare
from procurement_kit.errors import ParameterError


@app.command()
def tree(
    name: Name,
    from_labels: Annotated[
        bool, typer.Option("--from-labels", help="Make the municipality's own tree from the categories in its lines.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Accept every proposed joining of spellings.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Keep every spelling apart.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the category tree a municipality uses, or make one from labelled lines.

    Spellings that look alike are asked about one by one, unless --yes or --no answers for all.

    Example: procurement-kit tree rudersdal --from-labels
    """
    prepare(data, as_json)
    from procurement_kit import learning

    if not from_labels:
        return answer(learning.describe_tree(name), as_json)
    same = None if yes == no else yes
    if same is None and (as_json or not sys.stdin.isatty()):
        raise ParameterError(
            "Spellings that look alike need an answer, and nobody can be asked here.",
            expected="--yes or --no, or a terminal",
            todo="run it in a terminal, or add --yes or --no",
        )
    return answer(learning.make_tree(name, _asker(same)), as_json)


def _asker(same: bool | None):  # noqa: ANN202
    def confirm(spellings: list[str]) -> bool:
        question = f"Are these the same category? {' | '.join(spellings)}"
        return typer.confirm(question) if same is None else same

    return confirm


@app.command()
def train(
    name: Name,
    until: Annotated[str, typer.Option(help="Learn from lines up to and including this date, yyyy-mm-dd.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Train the municipality's classifier on its labelled lines.

    Example: procurement-kit train rudersdal --until 2024-12-31
    """
    prepare(data, as_json)
    from procurement_kit import learning

    answer(learning.train(name, until=until), as_json)


@app.command()
def classify(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Place every line in a category and build the spend cube.

    Example: procurement-kit classify rudersdal
    """
    prepare(data, as_json)
    from procurement_kit import workbench

    answer(workbench.classify(name), as_json)


@app.command()
def evaluate(
    name: Name,
    split: Annotated[str, typer.Option(help="later-year, unseen-suppliers or unseen-buyers.")] = "unseen-suppliers",
    level: Annotated[int, typer.Option(help="Level of the category tree.", min=1, max=3)] = 1,
    peers: Annotated[bool, typer.Option("--peers", help="Measure the named peers in the same run.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Measure the classifier on lines it has not seen.

    Example: procurement-kit evaluate rudersdal --split later-year --level 2 --peers
    """
    prepare(data, as_json)
    from procurement_kit import learning

    answer(learning.evaluate(name, split=split, level=level, peers=peers), as_json)
