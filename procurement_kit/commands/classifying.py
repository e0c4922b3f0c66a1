"""How do lines get their category: tree, training, classification, and how good it is?"""

import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

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
    candidate: Annotated[
        bool, typer.Option("--candidate", help="Leave the one in use; see «compare», take it in with «adopt».")
    ] = False,
    start_from: Annotated[
        str, typer.Option("--from", help="Municipality whose classifier places what nobody has labelled here.")
    ] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Train the municipality's classifier on its labelled lines; the one it replaces is kept.

    Example: procurement-kit train rudersdal --until 2024-12-31
    Example: procurement-kit train holbaek --from rudersdal
    """
    prepare(data, as_json)
    from procurement_kit import learning

    answer(learning.train(name, until=until, candidate=candidate, start_from=start_from), as_json)


@app.command()
def compare(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Show what a candidate, and rules and decisions made since the last classification, would move.

    Example: procurement-kit compare rudersdal
    """
    prepare(data, as_json)
    from procurement_kit import adoption

    answer(adoption.compare(name), as_json)


@app.command()
def adopt(
    name: Name,
    back: Annotated[bool, typer.Option("--back", help="Go back to the classifier that was in use before.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a candidate into use; the classifier it replaces is kept.

    Example: procurement-kit adopt rudersdal
    """
    prepare(data, as_json)
    from procurement_kit import adoption

    answer(adoption.adopt(name, back=back), as_json)


@app.command()
def rules(
    name: Name,
    add: Annotated[str, typer.Option(help="Category of a new rule, as category=1801.", metavar="CATEGORY")] = "",
    supplier: Annotated[str, typer.Option(help="With --add: company number, or name as printed.")] = "",
    account: Annotated[str, typer.Option(help="With --add: number or name of the account.")] = "",
    text: Annotated[str, typer.Option(help="With --add: words that stand beside each other in the text.")] = "",
    unit: Annotated[str, typer.Option(help="With --add: the ordering unit.")] = "",
    holds_for: Annotated[str, typer.Option(help="With --add: what the rule is meant for, in words.")] = "",
    remove: Annotated[str, typer.Option(help="Identity of a rule to take out.", metavar="RULE_ID")] = "",
    by: Annotated[str, typer.Option(help="Function of whoever decides, never a name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Save; without it only the changes are shown.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List what each rule decides, conflicts and silent rules; or show what one more or one fewer would change.

    Example: procurement-kit rules rudersdal
    Example: procurement-kit rules rudersdal --add category=1801 --supplier "Eksempel Kontor A/S" --by indkøb --yes
    Example: procurement-kit rules rudersdal --remove R-004
    """
    prepare(data, as_json)
    from procurement_kit import rulebook

    cells = {"supplier": supplier, "account": account, "text": text, "unit": unit, "holds_for": holds_for}
    if (add and remove) or (not add and any(cells.values())):
        raise ParameterError(
            "It is not clear which rule is meant.",
            expected="--add with what it looks at, or --remove, or neither",
            todo="choose one of them",
        )
    if add:
        outcome = rulebook.add_rule(name, {"category": add, **cells}, by=by, yes=yes)
    elif remove:
        outcome = rulebook.remove_rule(name, remove, by=by, yes=yes)
    else:
        outcome = rulebook.describe_rules(name)
    answer(outcome, as_json)


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
    name: Annotated[
        Optional[str],  # noqa: UP045  typer reads this form
        typer.Argument(help="Folder name of the municipality; or leave it out and name a labelled file."),
    ] = None,
    split: Annotated[str, typer.Option(help="later-year, unseen-suppliers or unseen-buyers.")] = "unseen-suppliers",
    level: Annotated[
        Literal["1", "2", "3", "all"], typer.Option(help="Level of the category tree, or all of them in one run.")
    ] = "1",
    peers: Annotated[bool, typer.Option("--peers", help="Measure the named peers in the same run.")] = False,
    labelled: Annotated[str, typer.Option(help="A file whose lines carry categories (CSV, CSV.GZ, XLSX).")] = "",
    profile: Annotated[str, typer.Option(help="With --labelled: profile with [labels], a name or TOML file.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Measure the classifier on lines it has not seen: of a municipality, or of any labelled file.

    A file is read, measured on and not stored.

    Example: procurement-kit evaluate rudersdal --split later-year --level 2 --peers
    Example: procurement-kit evaluate --labelled lines.csv --profile council_spend --split later-year --json
    Example: procurement-kit evaluate --labelled lines.csv --profile council_spend --level all --peers
    """
    prepare(data, as_json)
    from procurement_kit import measuring

    number = None if level == "all" else int(level)
    outcome = measuring.evaluate(name or "", labelled=labelled, profile=profile, split=split, level=number, peers=peers)
    answer(outcome, as_json)


@app.command()
def review(
    name: Name,
    count: Annotated[int, typer.Option(help="Groups at most on the sheet of all.", min=1)] = 500,
    order: Annotated[
        str, typer.Option(help="kroner: what moves most kroner first; learning: what the classifier learns most from.")
    ] = "kroner",
    read: Annotated[
        Optional[Path],  # noqa: UP045  typer reads this form
        typer.Option(help="Read the workbook that was filled in back."),
    ] = None,
    by: Annotated[str, typer.Option(help="With --read: function of answers that bear none, never a name.")] = "",
    propose_rules: Annotated[
        bool, typer.Option("--propose-rules", help="Show the rules that unanimous decisions amount to.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --propose-rules: save them.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write what is worth a look, by kroner times doubt, as a workbook to decide in; or read it back.

    Example: procurement-kit review rudersdal
    Example: procurement-kit review rudersdal --read gennemgang.xlsx --by indkøbskonsulent
    Example: procurement-kit review rudersdal --propose-rules --yes
    """
    prepare(data, as_json)
    from procurement_kit import reviewing

    if (read and propose_rules) or (yes and not propose_rules) or (by and not read):
        raise ParameterError(
            "It is not clear what is meant.",
            expected="--read FILE with --by, or --propose-rules with --yes, or neither",
            todo="choose one of them",
        )
    if read:
        return answer(reviewing.read_review(name, read, by=by), as_json)
    if propose_rules:
        return answer(reviewing.propose_rules(name, confirmed=yes), as_json)
    return answer(reviewing.write_review(name, count=count, order=order), as_json)


@app.command()
def audit(
    name: Name,
    count: Annotated[int, typer.Option(help="Lines to draw.", min=1)] = 200,
    period: Annotated[str, typer.Option(help="2025, 2025Q3 or 2025-07; by default the last full year.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed draws the same lines.")] = 1,
    blind: Annotated[bool, typer.Option("--blind", help="Hide the proposed category.")] = False,
    read: Annotated[
        Optional[Path],  # noqa: UP045  typer reads this form
        typer.Option(help="Read the judged workbook back."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Draw lines by kroner for a person to judge, and say how many kroner stand in a wrong category.

    Example: procurement-kit audit rudersdal --count 200 --period 2025
    Example: procurement-kit audit rudersdal --read stikprøve-2025.xlsx
    """
    prepare(data, as_json)
    from procurement_kit import auditing

    if read:
        return answer(auditing.read_audit(name, read), as_json)
    return answer(auditing.draw_audit(name, period, count=count, seed=seed, is_blind=blind), as_json)


def _two_files(read: tuple[Path, Path] | None) -> tuple[Path, Path] | None:
    """Refuse an option that was taken for the second file."""
    if option := next((path for path in read or () if str(path).startswith("-")), None):
        raise typer.BadParameter(
            f"two files are needed, one of each labeller, but «{option}» stands where a file is expected. "
            "Write: --read FILE_A FILE_B"
        )
    return read


@app.command()
def labellers(
    name: Name,
    count: Annotated[int, typer.Option(help="Distinct lines to draw.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same lines.")] = 1,
    read: Annotated[
        Optional[tuple[Path, Path]],  # noqa: UP045  typer reads this form
        typer.Option(help="Read both labellers' workbooks back and compare them.", callback=_two_files),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Lines both agree on become known lines.")] = False,
    by: Annotated[str, typer.Option(help="With --keep: function that decides, never a name.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let two persons label the same lines, and say how far they agree.

    Example: procurement-kit labellers rudersdal --count 200
    Example: procurement-kit labellers rudersdal --read mærkning_A.xlsx mærkning_B.xlsx --keep --by indkøbskonsulent
    """
    prepare(data, as_json)
    from procurement_kit import auditing

    if (keep and not read) or (by and not keep):
        raise ParameterError(
            "What both labellers agree on is kept while their workbooks are read.",
            expected="--read FILE_A FILE_B --keep --by FUNCTION",
            todo="add --read with both files" if keep else "add --keep, or leave --by out",
        )
    if read:
        return answer(auditing.compare_labelling(name, read, keep=keep, by=by), as_json)
    return answer(auditing.draw_labelling(name, count=count, seed=seed), as_json)


@app.command()
def explain(
    name: Name,
    line_id: Annotated[str, typer.Argument(help="Identity of the line, as in the workbook.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say why a line lies in its category: what decided, and which words spoke for it and for the runner-up.

    Example: procurement-kit explain demo 4c1f…
    """
    prepare(data, as_json)
    from procurement_kit import explaining

    answer(explaining.explain(name, line_id), as_json)
