"""Which prices have been agreed, per contract, item, unit and day?

The list is the one the spend cube was built with, so that a price is compared with what the cube calls on contract.
"""

from typing import TYPE_CHECKING

from procurement_kit import store
from procurement_kit.settings import Municipality
from procurement_kit.steps.contracts import ITEM_TYPES

if TYPE_CHECKING:
    import ibis


def read_agreed_prices(municipality: Municipality) -> "ibis.Table":
    """Read the agreed prices the spend cube was last built with.

    Parameters
    ----------
    municipality : Municipality
        Whose `contract_items.csv`; no rows where it had none.

    Returns
    -------
    ibis.Table
        `list_contract`, `list_item`, `list_unit`, `agreed_price` (kroner per unit), `from_date`, `to_date`.
    """
    return store.read_lookup(municipality, "contract_items", ITEM_TYPES)
