"""Who is really paid: which names in any list are the same supplier, and who was paid by a municipality?"""

from pathlib import Path
from typing import Annotated

import typer

from procurement_kit.commands.frame import Data, Json, Name, answer, app, prepare
from procurement_kit.errors import ParameterError


@app.command("match-suppliers")
def match_suppliers(
    names: Annotated[Path, typer.Argument(help="CSV file with headings; encoding and delimiter are found.")],
    column: Annotated[str, typer.Option(help="Heading of the column with suppliers' names.")],
    out: Annotated[Path, typer.Option(help="CSV file to write: the same rows and columns, and who each supplier is.")],
    number: Annotated[str, typer.Option(help="Heading of the column with company numbers, if there is one.")] = "",
    account: Annotated[str, typer.Option(help="Heading of the column with creditor numbers.")] = "",
    address: Annotated[str, typer.Option(help="Heading of the column with addresses.")] = "",
    postcode: Annotated[str, typer.Option(help="Heading of the column with postcodes.")] = "",
    city: Annotated[str, typer.Option(help="Heading of the column with cities.")] = "",
    as_json: Json = False,
) -> None:
    """Say which names in a list are the same supplier; adds supplier_key, with label, score and evidence.

    Doubtful pairs are not joined; they go to a second file beside the one written.

    Example: procurement-kit match-suppliers names.csv --column supplier_name --out matched.csv
    Example: procurement-kit match-suppliers kreditorer.csv --column Navn --number CVR --postcode Postnr --out ud.csv
    """
    prepare(None, as_json)
    from procurement_kit import name_lists

    columns = {
        "supplier_name": column, "supplier_number": number, "supplier_account_number": account,
        "address": address, "postcode": postcode, "city": city,
    }  # fmt: skip
    answer(name_lists.match_list(names, out, columns=columns), as_json)


@app.command()
def suppliers(
    name: Name,
    review: Annotated[str, typer.Option(help="Write the pairs in doubt as a workbook.", metavar="FILE.xlsx")] = "",
    read: Annotated[str, typer.Option(help="Read that workbook back, filled in.", metavar="FILE.xlsx")] = "",
    merges: Annotated[bool, typer.Option("--list-merges", help="List what was joined, with evidence.")] = False,
    undo: Annotated[int, typer.Option(help="Take the joining with this number back.", metavar="N")] = 0,
    by: Annotated[str, typer.Option(help="Function of whoever decides, never a name.")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show who was really paid, what was joined for it and what is in doubt; write the doubts out, read answers in.

    Example: procurement-kit suppliers rudersdal
    Example: procurement-kit suppliers rudersdal --review pairs.xlsx
    Example: procurement-kit suppliers rudersdal --read pairs.xlsx --by indkøb
    Example: procurement-kit suppliers rudersdal --list-merges
    Example: procurement-kit suppliers rudersdal --undo 3 --by indkøb
    """
    prepare(data, as_json)
    from procurement_kit import supplier_review

    if sum(map(bool, (review, read, merges, undo))) > 1:
        raise ParameterError(
            "It is not clear what is meant.",
            expected="one of --review, --read, --list-merges and --undo, or none",
            todo="choose one of them",
        )
    if review:
        outcome = supplier_review.write_supplier_review(name, Path(review))
    elif read:
        outcome = supplier_review.read_supplier_review(name, Path(read), by=by)
    elif merges:
        outcome = supplier_review.list_merges(name)
    elif undo:
        outcome = supplier_review.undo_merge(name, undo, by=by)
    else:
        outcome = supplier_review.describe_suppliers(name)
    answer(outcome, as_json)
