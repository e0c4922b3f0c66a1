"""Which levers could be pulled in a category, and how many kroner would each work on?

Every krone stands under one lever or is left alone, for one reason: the first of the list that holds. A saving, low and
high, is shown only where the user has set a range; nothing is assumed.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from procurement_kit.category_basis import LeverRange, range_of
from procurement_kit.contract_tables import LEVER_NAMES
from procurement_kit.exact import NOTHING, is_person, total

if TYPE_CHECKING:
    from procurement_kit.classifier.tree import CategoryTree

HEAD_SHARE = Decimal("0.80")
LEFT_ALONE = ("granted_to_citizen", "public_tariff", "not_addressable", "person", "voluntary", "undecided")
PLACES = (*LEVER_NAMES, *LEFT_ALONE)
FLAGS = {"granted_to_citizen": "is_granted_to_citizen", "public_tariff": "is_public_tariff"}


def placed_cells(cells: Iterable[Mapping], tree: "CategoryTree") -> list[dict]:
    """Give each cell of category, supplier and contract status its one lever, or why it is left alone.

    Parameters
    ----------
    cells : iterable of mapping
        `category_code`, `supplier_key`, `contract_status`, `is_voluntary`, `is_addressable`, `net_amount`.
    tree : CategoryTree
        Says what is granted to citizens or under a public tariff.
    """
    flagged = {reason: tree.codes_where(flag) for reason, flag in FLAGS.items()}
    found = [{**cell, "lever": _left_alone(cell, flagged) or _by_status(cell)} for cell in cells]
    head = _head([cell for cell in found if cell["lever"] == "tender"])
    for cell in found:
        if cell["lever"] == "tender" and cell["supplier_key"] not in head:
            cell["lever"] = "consolidate"
    return found


def _left_alone(cell: Mapping, flagged: Mapping[str, frozenset[str]]) -> str | None:
    reasons = {reason: cell["category_code"] in codes for reason, codes in flagged.items()}
    reasons |= {"not_addressable": not cell["is_addressable"], "person": is_person(cell["supplier_key"])}
    reasons["voluntary"] = cell["contract_status"] == "wrong_supplier" and cell["is_voluntary"]
    return next((reason for reason, holds in reasons.items() if holds), None)


def _by_status(cell: Mapping) -> str:
    by_status = {"wrong_supplier": "use_contract", "on_contract": "tighten_contract", "no_known_contract": "tender"}
    return by_status.get(cell["contract_status"], "undecided")


def _head(cells: Iterable[Mapping]) -> set[str | None]:
    """Suppliers that hold the first 80 % of the kroner without a contract, the crossing one counted in."""
    kroner: dict[str | None, Decimal] = {}
    for cell in cells:
        kroner[cell["supplier_key"]] = kroner.get(cell["supplier_key"], NOTHING) + cell["net_amount"]
    positive = sorted((-amount, key or "", key) for key, amount in kroner.items() if amount > 0)
    whole, running, head = -sum((row[0] for row in positive), NOTHING), NOTHING, set()
    for amount, _, key in positive:
        if running >= HEAD_SHARE * whole:
            break
        running, head = running - amount, head | {key}
    return head


def lever_rows(cells: Iterable[Mapping], tree: "CategoryTree", ranges: Iterable[LeverRange]) -> list[dict]:
    """One row per lever and range with the kroner it works on, and the saving where a range is set."""
    parts: dict[tuple, list[Mapping]] = {}
    ranges = tuple(ranges)
    for cell in cells:
        is_lever = cell["lever"] in LEVER_NAMES
        held = range_of(ranges, cell["lever"], tree.path(cell["category_code"])) if is_lever else None
        parts.setdefault((cell["lever"], held and held.category_code), []).append({**cell, "range": held})
    order = sorted(parts, key=lambda part: (PLACES.index(part[0]), part[1] is None, part[1] or ""))
    return [_row(lever, parts[lever, code]) for lever, code in order]


def _row(lever: str, cells: list[Mapping]) -> dict:
    held, basis = cells[0]["range"], total(cells)
    suppliers = {cell["supplier_key"] for cell in cells if cell["supplier_key"]}
    row = {"lever": lever, "net_amount": basis, "supplier_count": len(suppliers), "range_category_code": None}
    row |= dict.fromkeys(("low_share", "high_share", "lever_low_amount", "lever_high_amount", "range_source"))
    if held is None:
        return row if lever in LEVER_NAMES else {**row, "range_source": "left_alone"}
    counted = max(basis, NOTHING)
    said = ", ".join(filter(None, (held.source, held.set_by, held.set_date and held.set_date.isoformat())))
    return row | {
        "range_category_code": held.category_code,
        "low_share": held.low_share,
        "high_share": held.high_share,
        "lever_low_amount": _ore(counted * held.low_share),
        "lever_high_amount": _ore(counted * held.high_share),
        "range_source": said,
    }


def _ore(amount: Decimal) -> Decimal:
    return amount.quantize(NOTHING, rounding=ROUND_HALF_EVEN)
