"""How are lines joined and summed so that no line and no øre is lost?

Lookups join with `identical_to` on the original columns, because a plain join loses every line whose key is empty.
Only counts and sums of decimals leave the engine, as Python values; whatever is not a sum is computed there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.errors import CheckFailedError, NoDataError
from procurement_kit.names import without_tokens

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from procurement_kit.periods import Period

FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2999, 12, 31)
SPAN = {"from_date": "date", "to_date": "date"}
SUM_TYPE = "decimal(38,2)"
NOTHING = Decimal("0.00")
PERSON_PREFIX = "p:"
PERSONS_KEY, PERSONS_LABEL = "persons", "Privatpersoner"


# --- joining --------------------------------------------------------------------------------------------------------


def add_lookup(
    lines: "ibis.Table", lookup: "ibis.Table", keys: Sequence[str] | Mapping[str, str], *, is_dated: bool = False
) -> "ibis.Table":
    """Join a lookup whose keys are unique; every line stays, once.

    Parameters
    ----------
    lines : ibis.Table
        Whatever shall get the lookup's columns.
    lookup : ibis.Table
        Unique per key; if dated, unique per key and day.
    keys : sequence or mapping of str
        Key columns, or columns of `lines` mapped to columns of `lookup`.
    is_dated : bool
        Whether `invoice_date` must lie between the lookup's `from_date` and `to_date`, both included.

    Raises
    ------
    CheckFailedError
        If the lookup has a column, beside its keys, that the lines have too.
    """
    pairs = dict(keys) if isinstance(keys, Mapping) else {key: key for key in keys}
    matches = [lines[column].identical_to(lookup[key]) for column, key in pairs.items()]
    if is_dated:
        matches.append(lines["invoice_date"].between(lookup["from_date"], lookup["to_date"]))
    kept = [name for name in lookup.columns if name not in (*pairs.values(), *SPAN)]
    return _of_both(lines.left_join(lookup, matches), lines.columns, kept)


def _of_both(joined: "ibis.expr.types.Join", left: Sequence[str], right: Sequence[str]) -> "ibis.Table":
    """Columns of both sides of a join by name: `select` would follow each of a hundred back through all steps."""
    from ibis.expr import operations

    if twice := sorted(set(left) & set(right)):
        raise CheckFailedError(
            f"A lookup would take the place of columns that are there: {', '.join(twice)}.",
            todo="leave them out of the lines first, by `without`",
        )
    chain = joined.op()
    looked_up = {name: operations.Field(chain.rest[-1].table, name) for name in right}
    return chain.copy(values={**{name: chain.values[name] for name in left}, **looked_up}).to_expr()


def not_in_lookup(rows: "ibis.Table", lookup: "ibis.Table", keys: Sequence[str]) -> "ibis.Table":
    """The rows whose keys a lookup does not have yet; empty keys are compared like others."""
    return rows.anti_join(lookup, [rows[key].identical_to(lookup[key]) for key in keys])


def without(lines: "ibis.Table", names: Iterable[str]) -> "ibis.Table":
    """The table without those of the named columns it has, so that a step can run twice."""
    present = [name for name in names if name in lines.columns]
    return lines.drop(*present) if present else lines


# --- counting and summing -------------------------------------------------------------------------------------------


def records(table: "ibis.Table") -> list[dict]:
    """All rows of a small table as Python values, nulls as None."""
    from procurement_kit.narrowing import narrowed

    return narrowed(table).to_pyarrow().to_pylist()


def tally(lines: "ibis.Table") -> dict:
    """Number of lines, number of lines with an amount, and the sum of the net amounts.

    Returns
    -------
    dict
        `line_count`, `amount_count` and `net_amount` (Decimal kroner).
    """
    found = records(
        lines.aggregate(line_count=lines.count(), amount_count=lines.net_amount.count(), net_amount=exact_sum(lines))
    )[0]
    return {**found, "net_amount": found["net_amount"] or NOTHING}


def require_same(before: dict, after: dict, step: str) -> None:
    """Refuse a step that lost or multiplied lines or kroner.

    Raises
    ------
    CheckFailedError
        If the tallies differ.

    Examples
    --------
    >>> require_same({"line_count": 2}, {"line_count": 3}, "units")
    Traceback (most recent call last):
    procurement_kit.errors.CheckFailedError: The step «units» changed the lines.
      - line_count: 2 before, 3 after
    Expected: the same number of lines and the same kroner before and after
    To do: look for a key that stands twice in the tables this step joins
    """
    problems = [
        f"{name}: {value} before, {after[name]} after" for name, value in before.items() if value != after[name]
    ]
    if problems:
        raise CheckFailedError(
            f"The step «{step}» changed the lines.",
            problems=problems,
            expected="the same number of lines and the same kroner before and after",
            todo="look for a key that stands twice in the tables this step joins",
        )


def exact_sum(lines: "ibis.Table", where: "ibis.Value | None" = None, column: str = "net_amount") -> "ibis.Value":
    """Sum of an amount, exact on every engine; null where there is nothing to sum."""
    return lines[column].sum(where=where).cast(SUM_TYPE)


def sums_by(lines: "ibis.Table", *by: str, **more: "ibis.Value") -> list[dict]:
    """Lines, documents, suppliers and kroner per group, sorted by the keys with empty keys last.

    Parameters
    ----------
    lines : ibis.Table
        Lines of the spend cube.
    *by : str
        Columns to group by; none gives one row.
    **more : ibis.Value
        Further aggregates; those that are decimals are 0.00 where there is nothing to sum.

    Returns
    -------
    list of dict
        The keys, `line_count`, `document_count`, `supplier_count`, `net_amount` and the further ones.
    """
    measures = {
        "line_count": lines.count(),
        "document_count": lines.document_id.nunique(),
        "supplier_count": lines.supplier_key.nunique(),
        "net_amount": exact_sum(lines),
        **more,
    }
    grouped = lines.group_by(by).aggregate(**measures) if by else lines.aggregate(**measures)
    amounts = [name for name, type_ in grouped.schema().items() if name in measures and type_.is_decimal()]
    rows = [
        {**row, **{name: row[name] or NOTHING for name in amounts if row[name] is None}} for row in records(grouped)
    ]
    return sorted(rows, key=lambda row: key_order(row[name] for name in by))


def key_order(keys: Iterable[object]) -> tuple:
    """A sort key that puts empty keys last.

    Examples
    --------
    >>> sorted([("b",), (None,), ("a",)], key=key_order)
    [('a',), ('b',), (None,)]
    """
    return tuple((key is None, "" if key is None else key) for key in keys)


def total(rows: Iterable[Mapping], column: str = "net_amount") -> Decimal:
    """Exact sum of one column of rows.

    Examples
    --------
    >>> total([{"net_amount": Decimal("1.10")}, {"net_amount": Decimal("-0.10")}])
    Decimal('1.00')
    """
    return sum((row[column] for row in rows), NOTHING)


def _without_token(value: object) -> object:
    """A text without the tokens that stand for personal numbers: they never enter a finding."""
    return without_tokens(value) if isinstance(value, str) and "CPR-" in value else value


def frame(rows: Sequence[Mapping], columns: Sequence[str]) -> "pd.DataFrame":
    """Rows as a pandas table with exactly these columns; amounts stay Decimal, empty stays None.

    Counts and flags without gaps become whole numbers and Booleans, everything else is kept as it is.
    """
    import pandas as pd

    cells = [[_without_token(row.get(name)) for name in columns] for row in rows]
    table = pd.DataFrame(cells, columns=list(columns), dtype=object)
    for name in columns:
        kinds = {type(value) for value in table[name]}
        if kinds == {int}:
            table[name] = table[name].astype("int64")
        elif kinds == {bool}:
            table[name] = table[name].astype(bool)
    return table


# --- what several analyses show alike -------------------------------------------------------------------------------


def lines_in(cube: "ibis.Table", period: "Period") -> "ibis.Table":
    """The lines whose invoice date lies in the period, both ends included."""
    return cube.filter(cube.invoice_date.between(period.first_date, period.last_date))


def require_lines(line_count: int, period: "Period") -> None:
    """Refuse a period in which there is nothing.

    Raises
    ------
    NoDataError
        If there is no line.
    """
    if not line_count:
        raise NoDataError(
            f"There is no invoice line in the period {period.label}.",
            expected="a period of which invoices have been imported",
            todo="choose another period, or import its invoices",
        )


def with_category_names(
    rows: Iterable[Mapping], name_of: Callable[[str, str], str], column: str = "category_code"
) -> list[dict]:
    """Rows with the Danish and English name of their category; both empty where the category is.

    Parameters
    ----------
    rows : iterable of mapping
        With the column that holds the category code.
    name_of : callable
        Gives the name of a code in a language, for instance `tree.name`.
    column : str
        Column that holds the code.
    """
    languages = {"category_name_da": "da", "category_name_en": "en"}
    return [
        {**row, **{name: row[column] and name_of(row[column], tongue) for name, tongue in languages.items()}}
        for row in rows
    ]


def without_persons(rows: Iterable[Mapping], *beside: str) -> list[dict]:
    """Rows per supplier with all persons put together as one, so that no person stands alone.

    Parameters
    ----------
    rows : iterable of mapping
        With `supplier_key` and `supplier_label`, one row per key and `beside`; counts and amounts are summed.
    *beside : str
        Columns the rows are grouped by besides the supplier.

    Returns
    -------
    list of dict
        With `supplier_group`: supplier, persons, or unknown where no supplier is known.

    Examples
    --------
    >>> person = {"supplier_label": "Privatperson", "net_amount": Decimal("1.00")}
    >>> both = without_persons([{"supplier_key": "p:1", **person}, {"supplier_key": "p:2", **person}])
    >>> [(row["supplier_label"], row["net_amount"]) for row in both]
    [('Privatpersoner', Decimal('2.00'))]
    """
    persons: dict[tuple, dict] = {}
    shown = []
    for row in rows:
        if not is_person(row["supplier_key"]):
            shown.append({**row, "supplier_group": "supplier" if row["supplier_key"] else "unknown"})
            continue
        place = tuple(row[name] for name in beside)
        if place not in persons:
            names = {"supplier_key": PERSONS_KEY, "supplier_label": PERSONS_LABEL, "supplier_group": "persons"}
            persons[place] = {**row, **names}
            continue
        sums = persons[place]
        sums |= {name: sums[name] + value for name, value in row.items() if _is_sum(name, value)}
    return [*shown, *persons.values()]


def is_person(supplier_key: str | None) -> bool:
    """Whether a supplier key is a person's; the key says it, because one supplier may be found in several ways."""
    return (supplier_key or "").startswith(PERSON_PREFIX)


def _is_sum(name: str, value: object) -> bool:
    return name.endswith(("_amount", "_count")) and value is not None


def largest_first(row: Mapping) -> tuple:
    """A sort key: most kroner first, ties by key, rows without a key last."""
    key = next((row[name] for name in ("category_code", "supplier_key") if name in row), "")
    return key is None, -row["net_amount"], key or ""
