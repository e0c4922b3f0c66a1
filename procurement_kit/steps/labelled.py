"""Which lines have a known category?

Those a decision has been taken on, those of `labelled_lines.csv`, and those the source labels itself, in that order.
Labels are read through the spellings a municipality's own tree was made from; a label that is a code of the tree stands
for itself.
"""

from datetime import date

import pandas as pd

from procurement_kit import store
from procurement_kit.classifier.rules import apply_rules, printed_cells, read_decisions, rows_of_file
from procurement_kit.classifier.spellings import complete_path
from procurement_kit.classifier.tree import CategoryTree, read_spellings
from procurement_kit.errors import NoDataError
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import lines_in_scope
from procurement_kit.tables import CLASSIFIER_FEATURES, DECISIONS, INVOICE_LINES, LABEL_LEVELS, LABELLED_LINES

LABEL_COLUMNS = tuple(f"labelled_category_{level}" for level in LABEL_LEVELS)
LABELLED_FILE = "labelled_lines.csv"
DECISIONS_FILE = f"{DECISIONS.name}.csv"
_COMPARED = (
    "supplier_number", "supplier_name", "item_name", "line_text", "account_number", "account_name", "unit_name",
)  # fmt: skip
PRINTED = ("supplier_number", "supplier_name", "text", "account_number", "account_name", "unit")


def label_counts(municipality: Municipality) -> dict[tuple, int]:
    """Lines per printed label path.

    Raises
    ------
    NoDataError
        If no line carries a category.
    """
    lines = store.read_lines(municipality)
    labelled = lines.filter(lines.labelled_category_1.notnull())
    counted = labelled.group_by(LABEL_COLUMNS).aggregate(n=labelled.count())
    rows = counted.to_pyarrow().to_pylist()
    if not rows:
        raise NoDataError(
            f"No line of «{municipality.name}» carries a category.",
            expected="lines imported with [labels] in their profile",
            todo="name the label columns in the import profile, then import again",
        )
    return {tuple(row[name] for name in LABEL_COLUMNS): row["n"] for row in rows}


def labelled_lines(municipality: Municipality, tree: CategoryTree, *, until: date | None = None) -> pd.DataFrame:
    """Lines whose category is known: those decided on, those of `labelled_lines.csv`, and those the source labels.

    A line that a decision is about is listed with what was decided, whatever else is said of it.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it.
    tree : CategoryTree
        The tree it uses.
    until : date, optional
        Only lines dated up to and including this day; rows of the file that no line bears are always used.

    Returns
    -------
    DataFrame
        Features of the classifier, category_code, amount (kroner), invoice_date; buyer_name where the source names it.

    Raises
    ------
    NoDataError
        If lines carry labels that the tree does not have.
    TableError
        If a decision or a row of the file names a category that is not in the tree, or holds a personal number.
    """
    decided = _decided(municipality, tree, until)
    labelled = [_labelled_in_source(municipality, tree, until), _labelled_by_hand(municipality, tree, until)]
    others = [part[~part["line_id"].isin(set(decided["line_id"]))] for part in labelled]
    found = [part for part in (*others, decided) if len(part)] or others[1:]
    return pd.concat(found, ignore_index=True).drop(columns="line_id")


def _decided(municipality: Municipality, tree: CategoryTree, until: date | None) -> pd.DataFrame:
    """Lines that a row of `decisions.csv` decides; decisions are held against distinct printed values."""
    columns = ["line_id", *CLASSIFIER_FEATURES, "category_code", "amount", "invoice_date"]
    path = municipality.folder / DECISIONS_FILE
    decisions = read_decisions(rows_of_file(path, DECISIONS, tree), tree)
    if not decisions:
        return pd.DataFrame(columns=columns)
    lines = lines_in_scope(municipality)
    lines = lines.filter(lines.invoice_date <= until) if until else lines
    printed = lines.select(*_COMPARED).distinct().to_pyarrow().to_pandas().astype(object)
    printed = printed.where(printed.notna(), None)
    found = apply_rules(printed_cells(printed), decisions)
    rows = printed[found >= 0].assign(category_code=[decisions[place].category_code for place in found[found >= 0]])
    types = {name: INVOICE_LINES[name].type for name in (*_COMPARED, "category_code")}
    lookup = store.table_of(rows.to_dict("records"), types).rename({f"decided_{name}": name for name in types})
    joined = lines.inner_join(lookup, [lines[name].identical_to(lookup[f"decided_{name}"]) for name in _COMPARED])
    wanted = joined.select(
        "line_id", *CLASSIFIER_FEATURES, "invoice_date", category_code="decided_category_code", amount="net_amount"
    )
    return wanted.to_pyarrow().to_pandas().sort_values("line_id", ignore_index=True)[columns]


def _labelled_in_source(municipality: Municipality, tree: CategoryTree, until: date | None) -> pd.DataFrame:
    lines = lines_in_scope(municipality)
    lines = lines.filter(lines.labelled_category_1.notnull())
    lines = lines.filter(lines.invoice_date <= until) if until else lines
    wanted = lines.select(
        "line_id", *CLASSIFIER_FEATURES, *LABEL_COLUMNS, "buyer_name", "invoice_date", amount=lines.net_amount
    )
    table = wanted.to_pyarrow().to_pandas()
    codes = read_spellings(municipality)
    paths = [complete_path(row) for row in table[list(LABEL_COLUMNS)].itertuples(index=False)]
    found = [codes.get(path) or _code_as_printed(path, tree) for path in paths]
    if table.shape[0] and not any(found):
        raise NoDataError(
            f"The categories on the lines of «{municipality.name}» are not in its tree.",
            expected="labels that are codes or names of the tree",
            todo=f"run: procurement-kit tree {municipality.name} --from-labels",
        )
    table = table.drop(columns=list(LABEL_COLUMNS)).assign(category_code=found)
    return table[table["category_code"].notna()]


def _code_as_printed(path: tuple[str, ...], tree: CategoryTree) -> str | None:
    return next((label for label in reversed(path) if label in tree), None)


def _labelled_by_hand(municipality: Municipality, tree: CategoryTree, until: date | None) -> pd.DataFrame:
    """Rows of the file; one that lines bear stands for those lines, with their kroner, date and all features."""
    columns = ["line_id", *CLASSIFIER_FEATURES, "category_code", "amount", "invoice_date"]
    path = municipality.folder / LABELLED_FILE
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    rows = pd.DataFrame(rows_of_file(path, LABELLED_LINES, tree), columns=list(LABELLED_LINES.names), dtype=object)
    lines = _lines_of_suppliers(municipality, sorted(set(rows["supplier_name"].dropna())), until)
    found = rows.assign(printed=_printed(rows))[["printed", "category_code"]].drop_duplicates("printed")
    on_lines = lines.assign(printed=_printed(lines)).merge(found, on="printed")
    others = rows[~_printed(rows).isin(on_lines["printed"])].rename(columns={"text": "line_text", "unit": "unit_name"})
    return pd.concat([on_lines.reindex(columns=columns), others.reindex(columns=columns)], ignore_index=True)


def _lines_of_suppliers(municipality: Municipality, names: list[str], until: date | None) -> pd.DataFrame:
    lines = lines_in_scope(municipality)
    lines = lines.filter(lines.supplier_name.isin([*names, ""]))
    lines = lines.filter(lines.invoice_date <= until) if until else lines
    wanted = lines.select("line_id", *CLASSIFIER_FEATURES, "invoice_date", amount=lines.net_amount)
    table = wanted.to_pyarrow().to_pandas()
    texts = (table["item_name"].fillna("").astype(str) + " " + table["line_text"].fillna("").astype(str)).str.strip()
    return table.assign(text=texts, unit=table["unit_name"])


def _printed(rows: pd.DataFrame) -> pd.Series:
    first, *others = (rows[name].fillna("").astype(str) for name in PRINTED)
    return first.str.cat(others, sep="\x1f")
