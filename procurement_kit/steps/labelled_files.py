"""Which lines with a known category does any labelled file hold?

Read with intake's own readers, checks and masking through an import profile with [labels]; nothing is stored. Only to
measure on: amount, date or supplier may be missing from the file, and what cannot be measured then is said. The labels
become a tree; spellings that look alike are joined where that is safe, and named.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.classifier.spellings import SpellingGroup, alike, complete_path
from procurement_kit.classifier.tree import CategoryTree, tree_from_labels
from procurement_kit.errors import NoDataError, SettingsError
from procurement_kit.intake.headings import heading_key
from procurement_kit.intake.ledger_totals import REASON as IS_TOTAL
from procurement_kit.intake.ledgers import NO_INVOICE, LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import Masker, blank
from procurement_kit.intake.profiles import LABELS, PartRule, Profile, Source, profile_of, profile_path, read_content
from procurement_kit.intake.rows import ROWS_PER_BATCH, LedgerFile, Rows
from procurement_kit.tables import CLASSIFIER_FEATURES

ISO, NO_CURRENCY = "yyyy-mm-dd", "XXX"
ADDED = {"document_amount": "0", "invoice_date": "1900-01-01", "supplier_name": ""}  # stand in for columns not named
SLIP_SHARE = 0.02  # a spelling this much rarer than one it looks like is a slip of the pen
UNIT = "buyer_unit_name"
BUYER = ("buyer_name", "buyer_number")
_READ = (
    *(UNIT if name == "unit_name" else name for name in CLASSIFIER_FEATURES),
    *LABELS, *BUYER, "document_amount", "document_currency", "invoice_date", "set_aside_reason",
)  # fmt: skip


@dataclass(frozen=True)
class LabelledFile:
    """The labelled lines of a file.

    Parameters
    ----------
    labelled : DataFrame
        CLASSIFIER_FEATURES, category_code, amount (in the file's currency, empty where there is none), invoice_date,
        buyer_name where the profile maps one.
    tree : CategoryTree
        Made of the labels.
    facts : dict
        What was read, what was left out and why, which spellings were joined, what cannot be measured.
    """

    labelled: pd.DataFrame
    tree: CategoryTree
    facts: dict


def read_labelled_file(path: Path, profile: str) -> LabelledFile:
    """Read a labelled file through an import profile, to measure a classifier on it.

    Parameters
    ----------
    path : Path
        CSV, CSV.GZ or XLSX.
    profile : str
        Name of a profile, or a TOML file; only [labels] and one column to read are needed in it.

    Raises
    ------
    InputNotFoundError, FileFormatError, SettingsError, TableError
        If file or profile cannot be used; with all problems at once.
    NoDataError
        If no line carries a category.
    """
    whole, missing = _measuring_profile(profile)
    file = open_ledger(path, whole)
    if missing:
        file = _WithColumns(file, {_heading(name): ADDED[name] for name in missing})
    rows = _rows(file, whole)
    kept, left_out = _usable(rows)
    labels = [complete_path(row) for row in kept[list(LABELS)].itertuples(index=False)]
    counts = Counter(labels)
    if not set(counts) - {()}:
        raise NoDataError(
            f"{blank(path.name)}: no line carries a category.",
            expected="cells in the columns that [labels] of the profile names",
            todo="correct [labels] in the profile",
        )
    joined: list[list[str]] = []
    tree, codes = tree_from_labels(counts, confirm=lambda group: _is_same(group, joined))
    kept = kept.assign(category_code=[codes.get(path) for path in labels])
    labelled = kept[kept["category_code"].notna()].reset_index(drop=True)
    labelled, unmeasured = _without_invented(labelled, missing)
    facts = {
        "file": blank(path.name),
        "profile": whole.format_name,
        "lines_read": len(rows),
        "lines_labelled": len(labelled),
        "lines_left_out": left_out,
        "lines_without_amount": int(labelled["amount"].isna().sum()),
        "categories_by_level": {str(n): len(tree.at_level(n)) for n in range(1, tree.depth + 1)},
        "spellings_joined": joined,
        "not_measured": unmeasured,
    }
    return LabelledFile(labelled, tree, facts)


# --- the profile ----------------------------------------------------------------------------------------------------


def _measuring_profile(profile: str) -> tuple[Profile, tuple[str, ...]]:
    """The profile with what is not needed to measure filled in, and which columns that were."""
    path = profile_path(profile)
    content = read_content(path)
    columns, constants = (content.get(key) for key in ("columns", "constants"))
    if not isinstance(columns, dict) or not isinstance(constants or {}, dict):
        return profile_of(content, where=path.name), ()  # which says what is wrong with it
    filled = {"name": path.stem, "version": "1", "vat_basis": "unknown", "sign": "positive_is_spend"} | content
    filled["constants"] = dict(constants or {})
    dates = {"invoice_date", "posting_date"} & set(columns)
    named = {**columns, **filled["constants"], **({"invoice_date": ""} if dates else {})}
    missing = tuple(name for name in ADDED if name not in named)
    filled["columns"] = columns | {name: _heading(name) for name in missing}
    if "document_currency" not in columns:
        filled["constants"].setdefault("document_currency", NO_CURRENCY)
    found = profile_of(filled, where=path.name)
    _refuse_labels(found, path.name)
    formats = (*found.date_formats, *([ISO] if "invoice_date" in missing else []))
    return replace(found, date_formats=tuple(dict.fromkeys(formats))), missing


def _headings(source: Source | PartRule) -> set[str]:
    return set(map(heading_key, source.headings))


def _heading(name: str) -> str:
    return f"[stands in] {name}"


def _refuse_labels(profile: Profile, where: str) -> None:
    """Refuse a profile without labels, and one whose labels would be read as features too."""
    labels = {name: _headings(profile.columns[name]) for name in LABELS if name in profile.columns}
    if "labelled_category_1" not in labels:
        raise SettingsError(
            f"{where}: the profile names no known categories.",
            expected='[labels] with labelled_category_1 = "the heading of the column"',
            todo="add [labels] to the profile",
        )
    answers = set().union(*labels.values())
    sources = {name: _headings(source) for name, source in profile.columns.items() if name not in LABELS}
    sources |= {name: _headings(rule) for name, rule in profile.parts.items()}
    problems = [
        f"{name} is read from «{heading}», which holds the category."
        for name, headings in sources.items()
        for heading in sorted(headings & answers)
        if name in CLASSIFIER_FEATURES or name == UNIT
    ]
    if problems:
        raise SettingsError(
            f"{where}: the classifier would read the answer.",
            problems=problems,
            todo="take these columns out of [columns]",
        )


# --- rows -----------------------------------------------------------------------------------------------------------


class _WithColumns:
    """A ledger file with further columns that hold one value each, for what its profile does not name."""

    def __init__(self, file: LedgerFile, added: dict[str, str]):
        self._file, self._values = file, tuple(added.values())
        self.path, self.name, self.header = file.path, file.name, [*file.header, *added]

    def batches(self, *, size: int = ROWS_PER_BATCH) -> Iterator[Rows]:
        """The rows below the headings in bounded batches."""
        for rows in self._file.batches(size=size):
            added = [pa.repeat(pa.scalar(value, pa.string()), rows.row_count) for value in self._values]
            yield replace(rows, columns=[*rows.columns, *added])


def _rows(file: LedgerFile, profile: Profile) -> pd.DataFrame:
    """The columns that are measured on; without a municipality there are neither rates nor a key that outlives this."""
    provenance = {"municipality_name": "", "source_name": "", "source_hash": ""}
    batches = ledger_batches(file, profile, Masker(b"measuring"), Rates(""), provenance=provenance, facts=LedgerFacts())
    tables = [batch.select(list(_READ)) for batch in batches]
    if not tables:
        raise NoDataError(f"{blank(file.path.name)} holds no rows.", todo="export it again")
    table = pa.concat_tables(tables)
    amounts = pc.cast(table["document_amount"], pa.float64())
    table = table.set_column(table.schema.get_field_index("document_amount"), "document_amount", amounts)
    return table.to_pandas().rename(columns={UNIT: "unit_name", "document_amount": "amount"})


def _usable(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rows that can be measured on, and how many are left out by reason; one without amount or date can."""
    reasons = rows["set_aside_reason"].str.replace(r"^row \d+: ", "", regex=True)
    can_stay = reasons.isna() | reasons.str.contains("amount|date|currency", na=False)
    can_stay &= ~reasons.isin([NO_INVOICE, IS_TOTAL])
    kept = rows[can_stay].reset_index(drop=True)
    is_unread = reasons[can_stay].str.contains("amount|currency", na=False).to_numpy()
    kept.loc[is_unread, "amount"] = None
    return kept, {reason: int(count) for reason, count in sorted(reasons[~can_stay].value_counts().items())}


def _without_invented(labelled: pd.DataFrame, missing: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Lines without the values that only stood in for missing ones; and what cannot be measured for that reason."""
    said = {}
    dates = pd.to_datetime(labelled["invoice_date"])
    buyers = labelled[BUYER[0]].fillna(labelled[BUYER[1]])
    currencies = sorted(labelled.loc[labelled["amount"].notna(), "document_currency"].dropna().unique())
    if "document_amount" in missing or not labelled["amount"].notna().any():
        said["amount"] = "the lines have no amount: figures of kroner are empty"
    elif len(currencies) > 1:
        said["amount"] = f"the amounts are in several currencies ({', '.join(currencies)}): figures of kroner are empty"
    if "invoice_date" in missing:
        said["later-year"] = "the lines have no date"
        dates = pd.Series(pd.NaT, index=labelled.index)
    if not labelled["supplier_name"].notna().any() and not labelled["supplier_number"].notna().any():
        said["unseen-suppliers"] = "the lines name no supplier"
    if not buyers.notna().any():
        said["unseen-buyers"] = "the lines name no buyer"
    amounts = labelled["amount"].astype(float) if "amount" not in said else float("nan")
    found = labelled[[*CLASSIFIER_FEATURES, "category_code"]].assign(amount=amounts, invoice_date=dates)
    return found if "unseen-buyers" in said else found.assign(buyer_name=buyers), said


# --- labels ---------------------------------------------------------------------------------------------------------


def _is_same(group: SpellingGroup, joined: list[list[str]]) -> bool:
    """Whether two spellings are surely one category: nobody can be asked here.

    The same words apart from capitals, «and» and plural; a name that is part of another at the top level; or a
    spelling so rare beside the other that it is a slip.
    """
    (name, often), (label, seldom) = group.spellings
    is_part = not group.parent and alike(name, label) == 0
    is_same = alike(name, label) == 1 or is_part or seldom <= SLIP_SHARE * often
    if is_same:
        joined.append([*group.parent, f"{label} → {name}"])
    return is_same
