"""What do the tender analyses need besides the lines: limits, CPV codes under the light regime, contracts with days?

Limits and codes come with the product, contracts from the municipality's register. Lots of a contract are added,
because a contract is valued whole; suppliers of one lot share its value.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from procurement_kit.columns import DATE, FLAG, KRONER, TEXT, Column, Table
from procurement_kit.settings import Municipality
from procurement_kit.steps.contract_register import ContractRegister, contract_terms, read_contracts
from procurement_kit.templates import read_template
from procurement_kit.tender_basis import THRESHOLD_KINDS, KnownContract, TenderBasis, Threshold

if TYPE_CHECKING:
    from decimal import Decimal

    from procurement_kit.classifier.tree import CategoryTree

TENDER_THRESHOLDS = Table("tender_thresholds", "Tærskler", "Limits in kroner by kind and day of the notice.", (
    Column("threshold_kind", TEXT, "Tærskel", "Which limit.", required=True, allowed=THRESHOLD_KINDS),
    Column("threshold_amount", KRONER, "Kroner", "Kroner excl. VAT.", required=True),
    Column("valid_from_date", DATE, "Gælder fra", "First day of a notice it holds for.", required=True),
    Column("valid_to_date", DATE, "Gælder til", "Last day of a notice it holds for.", required=True),
    Column("source", TEXT, "Kilde", "Where it stands.", required=True),
    Column("is_verified", FLAG, "Bekræftet", "Seen at its source.", required=True),
), key=("threshold_kind", "valid_from_date"))  # fmt: skip
LIGHT_REGIME = Table("light_regime", "Light-regimet", "CPV codes under the light regime.", (
    Column("from_cpv", TEXT, "Fra CPV", "First code of the range.", required=True),
    Column("to_cpv", TEXT, "Til CPV", "Last code of the range.", required=True),
    Column("heading_en", TEXT, "Overskrift", "Heading of the annex."),
    Column("source", TEXT, "Kilde", "Where it stands."),
), key=("from_cpv", "to_cpv", "heading_en"))  # fmt: skip


@cache
def read_thresholds() -> tuple[Threshold, ...]:
    """The dated limits that come with the product."""
    rows = _knowledge(TENDER_THRESHOLDS)
    return tuple(
        Threshold(
            row["threshold_kind"], row["threshold_amount"], row["valid_from_date"], row["valid_to_date"],
            row["source"], row["is_verified"],
        )
        for row in rows
    )  # fmt: skip


@cache
def read_light_ranges() -> tuple[tuple[str, str], ...]:
    """Ranges of CPV codes under the light regime."""
    return tuple((row["from_cpv"], row["to_cpv"]) for row in _knowledge(LIGHT_REGIME))


def _knowledge(table: Table) -> list[dict]:
    with as_file(files("procurement_kit") / "knowledge" / f"{table.name}.csv") as path:
        return read_template(path, table).to_pylist()


def read_tender_inputs(members: Iterable[Municipality], trees: "Mapping[str, CategoryTree]") -> TenderBasis:
    """Limits, codes, and the contracts of every member's register.

    Parameters
    ----------
    members : iterable of Municipality
        One, or those of a community.
    trees : mapping of str to CategoryTree
        By folder name.

    Raises
    ------
    TableError
        If a register cannot be used.
    """
    members = list(members)
    contracts = [
        contract
        for member in members
        for contract in known_contracts(read_contracts(member, trees[member.name]), member.name)
    ]
    titles = {member.name: member.title for member in members}
    return TenderBasis(tuple(contracts), read_thresholds(), read_light_ranges(), titles)


def known_contracts(register: ContractRegister, municipality: str) -> list[KnownContract]:
    """The register's contracts as one municipality has them, lots and suppliers of a contract put together."""
    rows_of: dict[str, list[dict]] = defaultdict(list)
    for row in register.contracts:
        rows_of[row["contract_number"]].append(row)
    spans: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for term in contract_terms(register, municipality, {}):
        if term.municipality == municipality:
            spans[term.number].append((term.first, term.last))
    return [_contract(municipality, rows_of[number], spans[number]) for number in sorted(spans)]


def _contract(municipality: str, rows: list[dict], spans: list[tuple[date, date]]) -> KnownContract:
    head = rows[0]
    options = [row["option_to_date"] for row in rows if row["option_to_date"] and not row["is_option_used"]]
    notices = [row["notice_month_count"] for row in rows if row["notice_month_count"] is not None]
    return KnownContract(
        municipality=municipality,
        number=head["contract_number"],
        title=head["contract_title"],
        categories=tuple(sorted({code for row in rows for code in (row["category_codes"] or "").split()})),
        first=min(first for first, _ in spans),
        last=max(last for _, last in spans),
        owner=head["contract_owner"] or "own",
        option_last=max(options, default=None),
        notice_months=max(notices, default=None),
        value=_over_lots(rows, "contract_value_amount"),
        maximum=_over_lots(rows, "maximum_amount"),
        maximum_quantity=_over_lots(rows, "maximum_quantity"),
        quantity_unit=next((row["maximum_quantity_unit"] for row in rows if row["maximum_quantity_unit"]), ""),
    )


def _over_lots(rows: list[dict], column: str) -> "Decimal | None":
    """Sum over lots; what stands beside several suppliers of a lot is the lot's, and counted once."""
    lots: dict[str | None, Decimal] = {}
    for row in rows:
        if row[column] is not None:
            lots[row["lot_number"]] = max(lots.get(row["lot_number"], row[column]), row[column])
    return sum(lots.values()) if lots else None
