"""What is a column, what is a table, and what is missing from one?

Types are Ibis types; amounts are decimals, identifiers are text and keep leading zeros.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from procurement_kit.errors import TableError, nearest

TEXT, DATE, FLAG, WHOLE = "string", "date", "boolean", "int64"
KRONER, DOCUMENT_AMOUNT, QUANTITY = "decimal(18,2)", "decimal(18,4)", "decimal(18,6)"
DOCUMENT_SUM = "decimal(38,4)"  # a ledger file is one document: its lines may add up to more than one amount can be


@dataclass(frozen=True)
class Column:
    """One column: name, Ibis type, Danish heading, meaning, and where it comes from.

    `intake_field` is the field of the canonical invoice line it carries; `added_by` the step that adds it; `also` holds
    further headings it is known by in files of others.
    """

    name: str
    type: str
    heading: str
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    example: str = ""
    intake_field: str = ""
    added_by: str = "intake"
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A named list of columns.

    `key` is unique; `is_template` says that a consultant fills it in, all but the columns in `computed`.
    """

    name: str
    heading: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    is_template: bool = False
    computed: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Column:
        """The column of that name."""
        return self._by_name()[name]

    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def filled_in(self) -> tuple[Column, ...]:
        """The columns a person can fill in: neither added by a step nor computed by intake."""
        return tuple(c for c in self.columns if c.added_by == "intake" and c.name not in self.computed)

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in order."""
        return tuple(column.name for column in self.columns)

    def schema(self, *steps: str) -> dict[str, str]:
        """Name → Ibis type, of all columns or of those the named steps add."""
        return {c.name: c.type for c in self.columns if not steps or c.added_by in steps}


def column_of(name: str, type_: str, heading: str, meaning: str, field: str = "", **rest) -> Column:
    """A column of invoice lines; `field` is the field of the canonical line it carries."""
    return Column(name, type_, heading, meaning, intake_field=field, **rest)


def require(present: Iterable[str], needed: Iterable[str], *, where: str) -> None:
    """Refuse a table that lacks columns, all at once and with the nearest name.

    Raises
    ------
    TableError
        If a needed column is missing.

    Examples
    --------
    >>> require(["suplier_name"], ["supplier_name"], where="contracts.csv")
    Traceback (most recent call last):
    procurement_kit.errors.TableError: contracts.csv: columns are missing.
      - supplier_name is missing. Did you mean «suplier_name»?
    Expected: every column named above
    To do: add the columns, or correct their headings
    """
    present = list(present)
    missing = [name for name in needed if name not in present]
    if missing:
        raise TableError(
            f"{where}: columns are missing.",
            problems=[f"{name} is missing.{nearest(name, present)}" for name in missing],
            expected="every column named above",
            todo="add the columns, or correct their headings",
        )
